/* SPDX-License-Identifier: GPL-2.0-only */
#include "network.h"

namespace sim
{

namespace
{

/* IP's and TCP's headers without options. */
constexpr u32 HEADERS = 40;

bool during(rub_ns from, rub_ns length, rub_ns now)
{
	return length && now >= from && now - from < length;
}

} // namespace

void Network::push(Packet &packet, rub_ns when)
{
	packet.arrives = when;
	packet.serial = serial++;
	queue.push(packet);
}

bool Network::too_long(Packet &packet, rub_ns now)
{
	if (packet.length <= mss)
		return false;
	if (!plan.black_hole) {
		packet.mss = mss;
		packet.to = !packet.to;
		push(packet, now + plan.delay);
	}
	return true;
}

bool Network::pass(Packet &packet, rub_ns &now)
{
	rub_ns &until = busy[packet.to];
	const rub_ns wait = until > now ? until - now : 0;
	const u32 waiting = static_cast<u32>(wait * plan.rate / SEC);

	if (!plan.rate)
		return true;
	if (waiting > plan.queue)
		return false;
	if (packet.seg.ecn != RUB_NOT_ECT && plan.marks && waiting > plan.queue / 2)
		packet.seg.ecn = RUB_CE;
	until = now + wait + (packet.seg.len + HEADERS) * SEC / plan.rate;
	now = until;
	return true;
}

u32 Network::launch(Packet packet, rub_ns now, rub_ns start)
{
	const u32 copies = random.percent(plan.duplication) ? 2 : 1;
	rub_ns slow = 0;
	u32 arrive = 0;

	if (plan.unreachable || during(plan.outage, plan.outage_for, now - start))
		return 0;
	if (too_long(packet, now))
		return 0;
	if (packet.seg.ecn != RUB_NOT_ECT && random.percent(plan.marks))
		packet.seg.ecn = RUB_CE;
	if (during(plan.slow, plan.slow_for, now - start))
		slow = plan.slow + plan.slow_for - (now - start); /* all held until it is over */
	if (!pass(packet, now))
		return 0;
	for (u32 i = 0; i < copies; i++) {
		rub_ns way = plan.delay + (plan.jitter ? random.bits() % plan.jitter : 0);

		/* A checksum finds what was corrupted: then it is lost. */
		if (random.percent(plan.loss) || random.percent(plan.corruption))
			continue;
		if (random.percent(plan.strays))
			way = std::max(way, random.bits() % plan.detour);
		push(packet, now + slow + way);
		arrive++;
	}
	return arrive;
}

Packet Network::take()
{
	const Packet packet = queue.top();

	queue.pop();
	return packet;
}

} // namespace sim
