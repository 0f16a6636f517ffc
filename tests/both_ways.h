/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast path proven: a segment goes the full way through a copy of the connection, then through
 * the connection by rub_segment(), and both must have come to the same, byte for byte. Whatever
 * hands segments to the core in a test hands them over by this.
 */
#ifndef RUBATO_TESTS_BOTH_WAYS_H
#define RUBATO_TESTS_BOTH_WAYS_H

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/tcb.h"

namespace both_ways
{

inline bool same(const rub_rx &a, const rub_rx &b)
{
	if (a.mask != b.mask || a.reason != b.reason || a.n_steps != b.n_steps ||
	    !std::equal(a.step, a.step + a.n_steps, b.step))
		return false;
	if (a.mask & RUB_RX_KEEP && (a.keep.from != b.keep.from || a.keep.to != b.keep.to))
		return false;
	if (a.mask & RUB_RX_URGENT && a.urgent != b.urgent)
		return false;
	if (a.mask & RUB_RX_ACKED && a.acked != b.acked)
		return false;
	return !(a.mask & RUB_RX_DEAD) || a.error == b.error;
}

/* rub_segment(). Return: what differs between the two ways, or nullptr. */
[[nodiscard]] inline const char *segment(rub_tcb &tcb, const rub_seg &seg, const rub_env &env,
					 rub_rx &rx)
{
	const rub_node *const lent = tcb.out.lent;
	std::vector<rub_node> nodes(lent, lent + tcb.out.n_lent);
	rub_rx full = {};
	rub_tcb twin;

	std::memcpy(&twin, &tcb, sizeof(twin)); /* its padding too */
	twin.out.lent = nodes.data();
	rub_rx_init(&full);
	rub_full_segment(&twin, &seg, &env, &full);
	rub_segment(&tcb, &seg, &env, &rx);

	twin.out.lent = tcb.out.lent;
	if (!same(rx, full))
		return "the fast path told something else than the full one";
	if (std::memcmp(&tcb, &twin, sizeof(tcb)) != 0)
		return "the fast path left another connection than the full one";
	if (!nodes.empty() && std::memcmp(lent, nodes.data(), nodes.size() * sizeof(rub_node)) != 0)
		return "the fast path left other records than the full one";
	return nullptr;
}

} // namespace both_ways

#endif
