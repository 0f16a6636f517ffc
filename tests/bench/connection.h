/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to be measured: the core on one side, and as little as possible of the shell and of
 * the peer around it. What it costs is the core's.
 */
#ifndef RUBATO_BENCH_CONNECTION_H
#define RUBATO_BENCH_CONNECTION_H

#include "core/core.h"

namespace bench
{

/* Ethernet's MTU less 40 bytes of headers, and less 12 for timestamps. */
constexpr u16 path_mss = 1460;
constexpr u32 full = 1448;
constexpr u32 buffer = 1u << 20;
/* Between two segments of a gigabit. */
constexpr rub_ns spacing = 12000;

class Connection
{
public:
	/* ESTABLISHED by an active open, with every option that the built-in policy offers. */
	Connection();
	Connection(const Connection &) = delete;
	Connection &operator=(const Connection &) = delete;

	/* The peer's next segment in order. */
	rub_seg from_peer(u8 flags, u32 len);
	/* It arrives, `spacing` after the last one. */
	void arrives(const rub_seg &seg);
	/* Sends all there is to send, as the shell does at the end of a batch; how many units. */
	unsigned drain();

	rub_tcb tcb;
	rub_env env = {};
	rub_rx rx;
	rub_tx tx; /* the last unit sent */

private:
	rub_policy policy_;
	u32 peer_nxt_;
	u32 peer_clock_ = 1;
};

} // namespace bench

#endif
