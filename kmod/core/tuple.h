/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of a connection as every room names them: ours first, the peer's second.
 */
#ifndef RUBATO_CORE_TUPLE_H
#define RUBATO_CORE_TUPLE_H

#include "core/shim.h"

/**
 * struct rub_tuple - both ends of a connection; of a listener, the peer's half is 0
 * @local: IPv4 address, network order
 * @peer: IPv4 address, network order
 * @local_port: host order
 * @peer_port: host order
 */
struct rub_tuple {
	__be32 local, peer;
	u16 local_port, peer_port;
};

static inline bool rub_tuple_equal(const struct rub_tuple *a, const struct rub_tuple *b)
{
	return a->local == b->local && a->peer == b->peer &&
	       a->local_port == b->local_port && a->peer_port == b->peer_port;
}

#endif
