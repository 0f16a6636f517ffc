/* SPDX-License-Identifier: GPL-2.0-only */
#include "network.h"

namespace sim
{

void Network::push(Packet &packet, rub_ns when)
{
	packet.arrives = when;
	packet.serial = serial++;
	queue.push(packet);
}

u32 Network::launch(Packet packet, rub_ns now)
{
	const u32 copies = random.percent(plan.duplication) ? 2 : 1;
	u32 arrive = 0;

	if (plan.unreachable)
		return 0;
	if (packet.length > mss) {
		packet.mss = mss;
		packet.to = !packet.to;
		push(packet, now + plan.delay);
		return 0;
	}
	if (packet.seg.ecn != RUB_NOT_ECT && random.percent(plan.marks))
		packet.seg.ecn = RUB_CE;
	for (u32 i = 0; i < copies; i++) {
		rub_ns way = plan.delay + (plan.jitter ? random.bits() % plan.jitter : 0);

		/* A checksum finds what was corrupted: then it is lost. */
		if (random.percent(plan.loss) || random.percent(plan.corruption))
			continue;
		if (random.percent(plan.strays))
			way = std::max(way, random.bits() % plan.detour);
		push(packet, now + way);
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
