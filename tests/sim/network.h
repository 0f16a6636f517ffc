/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path between two hosts: it loses, duplicates, reorders, delays, corrupts and marks; it may
 * have a bottleneck with a queue, be out for a while or for ever, become slow at once, and change
 * its MTU: what is too long is then answered by ICMP, or vanishes (a black hole).
 */
#ifndef RUBATO_SIM_NETWORK_H
#define RUBATO_SIM_NETWORK_H

#include <queue>
#include <vector>

#include "plan.h"

namespace sim
{

struct Packet {
	rub_seg seg;
	rub_ns arrives;
	u64 serial;
	u32 offset;	 /* of the payload's first byte in its stream */
	u32 incarnation; /* of the connection that sent it */
	u32 length;	 /* of its longest segment: payload and options */
	u16 cut;	 /* a unit in one piece: its segments' payload */
	u16 mss;	 /* ICMP: what fits; 0 on a segment */
	u16 pair;
	u8 to;

	bool operator>(const Packet &o) const
	{
		return arrives != o.arrives ? arrives > o.arrives : serial > o.serial;
	}
};

class Network
{
public:
	Network(const PathPlan &path, Random &r) : plan(path), random(r), mss(path.mss) {}

	/* @start: when the run began. Return: how many copies will arrive. */
	u32 launch(Packet packet, rub_ns now, rub_ns start);
	rub_ns next() const { return queue.empty() ? RUB_NEVER : queue.top().arrives; }
	bool empty() const { return queue.empty(); }
	Packet take();
	void change_mtu() { mss = plan.mss_later; }
	u16 fits() const { return mss; }

private:
	void push(Packet &packet, rub_ns when);
	bool too_long(Packet &packet, rub_ns now);
	/* Through the bottleneck. False: its queue is full. */
	bool pass(Packet &packet, rub_ns &now);

	const PathPlan &plan;
	Random &random;
	u16 mss;
	u64 serial = 0;
	rub_ns busy[2]{}; /* the bottleneck, to either side, until then */
	std::priority_queue<Packet, std::vector<Packet>, std::greater<>> queue;
};

} // namespace sim

#endif
