/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <initializer_list>
#include <stdexcept>

namespace sim
{

namespace
{

rubato_schedule gaps(std::initializer_list<rub_ns> list, u32 factor = 0, rub_ns max = 0,
		     rub_ns give_up = 0)
{
	rubato_schedule s{};

	for (rub_ns gap : list)
		s.gap[s.n_gaps++] = gap;
	s.factor = factor;
	s.max = max;
	s.give_up = give_up;
	s.flags = static_cast<u8>(
		(list.size() ? 0 : RUBATO_SCHED_RTO) | (factor ? RUBATO_SCHED_FACTOR : 0) |
		(max ? RUBATO_SCHED_MAX : 0) | (give_up ? RUBATO_SCHED_GIVE_UP : 0));
	return s;
}

rubato_schedule open_schedule(Random &r)
{
	switch (r.pick(0, 2)) {
	case 0:
		return gaps({6 * SEC, 24 * SEC, 45 * SEC});
	case 1:
		return gaps({r.pick(1, 3000) * MSEC}, 2000, 0, r.pick(20, 180) * SEC);
	default:
		return rub_config_builtin.syn;
	}
}

rubato_schedule data_schedule(Random &r)
{
	switch (r.pick(0, 3)) {
	case 0:
		return gaps({200 * MSEC, 400 * MSEC}, 2000, 5 * SEC, 1800 * SEC);
	case 1:
		return gaps({r.pick(50, 2000) * MSEC}, 1500, r.pick(2, 20) * SEC, 900 * SEC);
	default:
		return rub_config_builtin.data;
	}
}

rub_config draw_config(Random &r)
{
	rub_config c = rub_config_builtin;

	retune(c, r);
	if (r.percent(50))
		c.syn = open_schedule(r);
	c.msl = r.pick(1, 30) * SEC;
	c.knobs.timestamps = r.percent(70);
	c.knobs.sack = r.percent(75);
	c.knobs.window_scale = r.percent(70);
	c.knobs.ecn = r.percent(50);
	c.knobs.congestion = r.percent(50) ? RUBATO_CONGESTION_NEWRENO : RUBATO_CONGESTION_CUBIC;
	c.knobs.time_wait_rst = static_cast<u8>(r.pick(0, RUBATO_TW_RST_MAX));
	c.knobs.time_wait_reuse = r.percent(50);
	return c;
}

HostPlan draw_host(Random &r)
{
	HostPlan h{};

	h.config = draw_config(r);
	h.isn_hash = r.bits();
	h.cookie_key[0] = r.bits();
	h.cookie_key[1] = r.bits();
	h.ts_offset = static_cast<u32>(r.bits());
	h.adv_mss = static_cast<u16>(r.pick(100, 1460));
	h.gso_max = h.adv_mss * r.number(1, 40);
	h.buffer = r.percent(30) ? r.number(60000, 500000) : r.number(1500, 60000);
	h.most_lent = static_cast<u16>(r.percent(80) ? 1000 : r.pick(0, 8));
	h.edt = r.percent(50);
	h.drops = r.percent(75) ? 0 : 5;
	h.late = r.percent(50) ? 0 : r.pick(1, 5) * MSEC;
	return h;
}

PathPlan draw_path(Random &r)
{
	PathPlan p{};

	p.mss = static_cast<u16>(r.pick(200, 1460));
	p.mss_later = r.percent(70) ? p.mss : static_cast<u16>(r.pick(200, 1460));
	p.loss = r.percent(30) ? 0 : r.number(0, 25);
	p.duplication = r.percent(50) ? 0 : r.number(0, 15);
	p.corruption = r.percent(70) ? 0 : r.number(0, 3);
	p.marks = r.percent(50) ? 0 : r.number(0, 10);
	p.delay = r.pick(1, 100) * MSEC;
	p.jitter = r.percent(50) ? r.pick(0, 300) * MSEC : 0;
	p.strays = r.percent(70) ? 0 : r.number(1, 3);
	p.detour = r.pick(1, 60) * SEC;
	p.whole = r.percent(40);
	p.unreachable = r.once_in(25);
	return p;
}

} // namespace

void retune(rub_config &c, Random &r)
{
	enum rubato_clock bad;

	c.data = data_schedule(r);
	c.persist = r.percent(50) ? gaps({500 * MSEC}, 2000, 5 * SEC) : rub_config_builtin.persist;
	c.keepalive_probes = gaps({r.pick(1, 10) * SEC, 5 * SEC, 5 * SEC});
	c.keepalive_idle = r.pick(5, 120) * SEC;
	c.fin_wait_2 = r.pick(1, 60) * SEC;
	c.delack = r.pick(0, 200) * MSEC;
	c.user_timeout = r.percent(85) ? 0 : r.pick(20, 200) * SEC;
	c.rto_min = r.pick(10, 1000) * MSEC;
	c.rto_max = r.pick(10, 120) * SEC;
	if (rub_config_check(&c, &bad) != RUB_FLAW_NONE)
		throw std::logic_error("the plan draws an invalid configuration");
}

Plan draw_plan(u64 seed)
{
	Random r(seed);
	Plan p{};

	p.seed = seed;
	p.host[0] = draw_host(r);
	p.host[1] = draw_host(r);
	p.path = draw_path(r);
	p.pairs = r.percent(60) ? 1 : r.number(2, 3);
	p.backlog = r.percent(60) ? 3 : 0;
	p.incarnations = r.percent(60) ? 1 : r.number(2, 3);
	p.simultaneous = r.once_in(6);
	p.retunes = r.percent(40);
	p.reboot_at = r.once_in(12) ? r.pick(1, 30000) * MSEC : 0;
	if (p.incarnations > 1) {
		/* RFC 9293 section 3.4.2: nothing lives longer than the MSL. */
		const rub_ns msl = std::min(p.host[0].config.msl, p.host[1].config.msl);

		p.path.detour = std::min(p.path.detour, msl - 500 * MSEC);
		/* The old one has to be remembered. */
		for (HostPlan &h : p.host)
			h.config.knobs.time_wait_rst = RUBATO_TW_RST_IGNORE;
		p.reboot_at = 0;
		p.simultaneous = false;
	}
	return p;
}

} // namespace sim
