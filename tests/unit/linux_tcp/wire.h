/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A wire whose other end is the test: a TUN device of this namespace, on which the kernel's TCP
 * meets segments that are made by hand.
 */
#ifndef RUBATO_TESTS_LINUX_TCP_WIRE_H
#define RUBATO_TESTS_LINUX_TCP_WIRE_H

#include <cstdint>
#include <string>

#include "core/segment.h"
#include "sockets.h"

namespace linux_tcp
{

/* Of a segment from the kernel. */
struct Ports {
	uint16_t kernel, peer;
};

class Wire
{
public:
	/* The kernel's address, and the one that the test answers for. */
	static constexpr uint32_t KERNEL = 0x0a000001, PEER = 0x0a000002; /* 10.0.0.1, 10.0.0.2 */

	Wire();
	/* Why there is none; empty if there is. */
	const std::string &why_not() const { return why_not_; }

	/* @seg, with its timestamps if it says so, to the kernel. */
	void send(Ports ports, const rub_seg &seg) const;
	/* The next segment between these ports of the kernel's and ours; throws if none comes. */
	rub_seg receive(Ports ports) const;
	/* True: that, in @seg; false if one between @others comes before it. */
	bool receive_before(Ports ports, Ports others, rub_seg &seg) const;

private:
	std::string open();

	Fd tun_;
	std::string why_not_;
};

} // namespace linux_tcp

#endif
