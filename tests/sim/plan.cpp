/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <initializer_list>
#include <stdexcept>

namespace sim
{

namespace
{

struct Growth {
	u32 factor = 0;
	rub_ns max = 0, give_up = 0;
	u32 tries = 0;
};

/* No gap: rto. */
rubato_schedule gaps(std::initializer_list<rub_ns> list, const Growth &g = {})
{
	rubato_schedule s{};

	for (rub_ns gap : list)
		s.gap[s.n_gaps++] = gap;
	s.factor = g.factor;
	s.max = g.max;
	s.give_up = g.give_up;
	s.tries = g.tries;
	s.flags = static_cast<u8>(
		(list.size() ? 0 : RUBATO_SCHED_RTO) | (g.factor ? RUBATO_SCHED_FACTOR : 0) |
		(g.max ? RUBATO_SCHED_MAX : 0) | (g.give_up ? RUBATO_SCHED_GIVE_UP : 0) |
		(g.tries ? RUBATO_SCHED_TRIES : 0));
	return s;
}

rubato_schedule same_as(u16 clock)
{
	rubato_schedule s{};

	s.as = clock;
	s.flags = RUBATO_SCHED_AS;
	return s;
}

rubato_schedule open_schedule(Random &r)
{
	switch (r.pick(0, 3)) {
	case 0:
		return gaps({6 * SEC, 24 * SEC, 45 * SEC});
	case 1:
		return gaps({r.pick(1, 3000) * MSEC},
			    {.factor = 2000, .give_up = r.pick(20, 180) * SEC});
	case 2:
		return gaps({SEC}, {.factor = 2000, .tries = r.number(2, 6)});
	default:
		return rub_config_builtin.syn;
	}
}

/* The last is long: a path that is bad, and a window that stays shut, are to be survived. */
rubato_schedule data_schedule(Random &r)
{
	switch (r.pick(0, 7)) {
	case 0:
		return gaps({200 * MSEC, 400 * MSEC},
			    {.factor = 2000, .max = 5 * SEC, .give_up = 1800 * SEC});
	case 1:
	case 2:
		return gaps({r.pick(50, 2000) * MSEC},
			    {.factor = 1500, .max = r.pick(2, 20) * SEC, .give_up = 900 * SEC});
	case 3:
		return gaps({SEC, SEC, 2 * SEC, 4 * SEC, 8 * SEC, 16 * SEC, 32 * SEC, 64 * SEC});
	case 4:
		return gaps({}, {.factor = 2000, .tries = r.number(8, 15)});
	default:
		return rub_config_builtin.data;
	}
}

rubato_schedule persist_schedule(Random &r)
{
	switch (r.pick(0, 2)) {
	case 0:
		return gaps({500 * MSEC}, {.factor = 2000, .max = 5 * SEC});
	case 1:
		return gaps({SEC, 2 * SEC, 4 * SEC}, {.factor = 1500, .max = 20 * SEC});
	default:
		return rub_config_builtin.persist;
	}
}

rub_config draw_config(Random &r)
{
	rub_config c = rub_config_builtin;

	retune(c, r, SEC);
	c.knobs.timestamps = r.percent(70);
	c.knobs.sack = r.percent(75);
	c.knobs.window_scale = r.percent(70);
	c.knobs.ecn = r.percent(50);
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
	h.gso_max = std::min(h.adv_mss * r.number(1, 60), 65535U);
	h.buffer = r.percent(30) ? r.number(60000, 500000) : r.number(1500, 60000);
	h.most_lent = static_cast<u16>(r.percent(80) ? 1000 : r.pick(0, 8));
	h.edt = r.percent(50);
	h.bulk = r.once_in(40);
	h.drops = r.percent(75) ? 0 : 5;
	h.late = r.percent(50) ? 0 : r.pick(1, 5) * MSEC;
	return h;
}

PathPlan draw_path(Random &r)
{
	PathPlan p{};

	p.mss = static_cast<u16>(r.pick(200, 1460));
	p.mss_later = r.percent(70) ? p.mss : static_cast<u16>(r.pick(200, 1460));
	p.black_hole = r.once_in(5);
	p.loss = r.percent(30) ? 0 : r.number(0, 25);
	p.duplication = r.percent(50) ? 0 : r.number(0, 15);
	p.corruption = r.percent(70) ? 0 : r.number(0, 3);
	p.marks = r.percent(50) ? 0 : r.number(0, 10);
	p.delay = r.pick(1, 100) * MSEC;
	p.jitter = r.percent(50) ? r.pick(0, 300) * MSEC : 0;
	p.strays = r.percent(70) ? 0 : r.number(1, 3);
	p.detour = r.pick(1, 60) * SEC;
	if (r.percent(30)) {
		p.rate = r.pick(20, 2000) * 1000;
		p.queue = r.number(10, 200) * 1000;
	}
	if (r.once_in(8)) {
		p.outage = r.pick(0, 10000) * MSEC;
		p.outage_for = r.once_in(3) ? 24 * 3600 * SEC : r.pick(100, 60000) * MSEC;
	}
	if (r.percent(20)) {
		p.slow = r.pick(0, 5000) * MSEC;
		p.slow_for = r.pick(200, 4000) * MSEC;
	}
	p.whole = r.percent(40);
	p.unreachable = r.once_in(40);
	return p;
}

/* A clean path and much to send: what congestion control does when nothing disturbs it. */
void let_it_flow(Plan &p, Random &r)
{
	p.path.loss = r.percent(60) ? 0 : 1;
	p.path.corruption = p.path.duplication = 0;
	p.path.jitter = 0;
	p.path.strays = 0;
	p.path.unreachable = false;
	p.path.outage_for = p.path.slow_for = 0;
	p.pairs = p.incarnations = 1;
	for (HostPlan &h : p.host) {
		h.buffer = std::max(h.buffer, 300000U);
		h.config.knobs.window_scale = true;
		h.most_lent = 1000;
		h.drops = 0;
	}
}

/* As long as a segment may live on this path. */
rub_ns lifetime(const PathPlan &p)
{
	const rub_ns way = std::max(p.delay + p.jitter, p.strays ? p.detour : 0);

	return p.slow_for + way + (p.rate ? 2 * p.queue * SEC / p.rate : 0);
}

/* RFC 9293 section 3.4.2: nothing lives longer than the MSL; and the old one is remembered. */
void keep_apart(Plan &p)
{
	for (HostPlan &h : p.host) {
		h.config.msl = std::max(h.config.msl, lifetime(p.path) + 500 * MSEC);
		h.config.knobs.time_wait_rst = RUBATO_TW_RST_IGNORE;
	}
	p.reboot_at = 0;
	p.simultaneous = false;
}

} // namespace

void retune(rub_config &c, Random &r, rub_ns msl)
{
	enum rubato_clock bad;

	c.msl = std::max(msl, r.pick(1, 30) * SEC);
	c.syn = open_schedule(r);
	c.synack = r.percent(50) ? same_as(RUBATO_CLOCK_SYN) : open_schedule(r);
	c.data = data_schedule(r);
	c.fin = r.percent(50) ? same_as(RUBATO_CLOCK_DATA) : data_schedule(r);
	c.persist = persist_schedule(r);
	c.keepalive_probes = r.percent(70)
				     ? gaps({r.pick(1, 10) * SEC, 5 * SEC, 5 * SEC})
				     : gaps({r.pick(1, 5) * SEC}, {.factor = 1000, .tries = 4});
	c.keepalive_idle = r.pick(5, 120) * SEC;
	c.fin_wait_2 = r.pick(1, 60) * SEC;
	c.delack = r.pick(0, 200) * MSEC;
	c.user_timeout = r.percent(85) ? 0 : r.pick(20, 200) * SEC;
	c.rto_min = r.pick(10, 1000) * MSEC;
	c.rto_max = r.pick(10, 120) * SEC;
	c.rto_initial = r.pick(200, 3000) * MSEC;
	c.tw_reuse_delay = r.pick(0, 3000) * MSEC;
	c.knobs.congestion = r.percent(50) ? RUBATO_CONGESTION_NEWRENO : RUBATO_CONGESTION_CUBIC;
	c.knobs.keepalive_force = r.once_in(8);
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
	p.forgeries = r.once_in(10) ? r.number(1, 4) : 0;
	p.reboot_at = r.once_in(12) ? r.pick(1, 30000) * MSEC : 0;
	if (p.host[0].bulk || p.host[1].bulk)
		let_it_flow(p, r);
	if (p.incarnations > 1)
		keep_apart(p);
	return p;
}

Plan with_isn(Plan p, u32 isn)
{
	for (HostPlan &h : p.host)
		h.config.knobs.isn = RUBATO_ISN_FIXED + isn;
	return p;
}

Plan draw_old_duplicates(u64 seed, bool kept)
{
	Random r(seed);
	Plan p = with_isn(draw_plan(seed), 1000000);

	p.pairs = 1;
	p.backlog = 3;
	p.incarnations = 3;
	p.retunes = false;
	p.forgeries = 0;
	p.path.unreachable = p.path.black_hole = false;
	p.path.outage_for = p.path.slow_for = 0;
	p.path.delay = r.pick(1, 20) * MSEC;
	p.path.jitter = 0;
	p.path.loss = r.number(0, 5);
	p.path.duplication = 10;
	p.path.strays = 10;
	p.path.detour = 10 * SEC;
	for (HostPlan &h : p.host) {
		h.config.knobs.timestamps = false;
		h.bulk = false;
	}
	keep_apart(p);
	if (!kept)
		p.host[0].config.msl = p.host[1].config.msl = 0;
	return p;
}

} // namespace sim
