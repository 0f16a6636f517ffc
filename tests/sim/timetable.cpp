/* SPDX-License-Identifier: GPL-2.0-only */
#include "timetable.h"

namespace sim
{

namespace
{

/* Tempo divides; what is below a millisecond then is a millisecond, nothing stays nothing. */
rub_ns scaled(rub_ns configured, u32 tempo)
{
	return configured ? std::max(configured * 1000 / tempo, MSEC) : 0;
}

const rubato_schedule &resolved(const rub_config &config, const rubato_schedule &schedule)
{
	const rubato_schedule *s = &schedule;

	while (s->flags & RUBATO_SCHED_AS) {
		switch (s->as) {
		case RUBATO_CLOCK_SYN:
			s = &config.syn;
			break;
		case RUBATO_CLOCK_SYNACK:
			s = &config.synack;
			break;
		case RUBATO_CLOCK_FIN:
			s = &config.fin;
			break;
		case RUBATO_CLOCK_PERSIST:
			s = &config.persist;
			break;
		case RUBATO_CLOCK_KEEPALIVE_PROBES:
			s = &config.keepalive_probes;
			break;
		default:
			s = &config.data;
		}
	}
	return *s;
}

} // namespace

Course::Course(const rubato_schedule &s, u32 tempo)
	: factor(s.flags & RUBATO_SCHED_FACTOR ? s.factor : 0),
	  longest(s.flags & RUBATO_SCHED_MAX ? scaled(s.max, tempo) : RUB_NEVER),
	  end(s.flags & RUBATO_SCHED_GIVE_UP ? scaled(s.give_up, tempo) : RUB_NEVER),
	  limit(RUB_NEVER)
{
	for (u32 i = 0; i < s.n_gaps; i++)
		gaps.push_back(scaled(s.gap[i], tempo));
	/* Without growth the list is the whole schedule: the last gap is the wait for the end. */
	if (!factor)
		limit = gaps.size() - 1;
	else if (s.flags & RUBATO_SCHED_TRIES)
		limit = s.tries;
}

rub_ns Course::gap(u32 n, const Rto &rto) const
{
	const rub_ns most = gaps.empty() ? std::min(longest, rto.longest) : longest;
	rub_ns g = gaps.empty() ? rto.base : gaps[std::min<size_t>(n, gaps.size() - 1)];
	u64 growths = gaps.empty() ? u64{n} + rto.held : n;

	if (!gaps.empty())
		growths = n >= gaps.size() ? n - (gaps.size() - 1) : 0;
	for (; factor > 1000 && growths && g < most; growths--)
		g = g * factor / 1000;
	return std::min(g, most);
}

Timetable::Timetable(const rub_config &c, u32 tempo)
	: msl(scaled(c.msl, tempo)), keepalive_idle(scaled(c.keepalive_idle, tempo)),
	  fin_wait_2(scaled(c.fin_wait_2, tempo)), user_timeout(scaled(c.user_timeout, tempo)),
	  rto_min(scaled(c.rto_min, tempo)), rto_max(scaled(c.rto_max, tempo)),
	  syn(resolved(c, c.syn), tempo), synack(resolved(c, c.synack), tempo),
	  data(resolved(c, c.data), tempo), fin(resolved(c, c.fin), tempo),
	  persist(resolved(c, c.persist), tempo), keepalive(resolved(c, c.keepalive_probes), tempo),
	  rto_initial(scaled(c.rto_initial, tempo))
{
	/* "In effect at most half of rto-min, and 499 ms." */
	delack = std::min({scaled(c.delack, tempo), rto_min / 2, 499 * MSEC});
}

const Course &Timetable::course(u8 clock) const
{
	switch (clock) {
	case RUBATO_CLOCK_SYN:
		return syn;
	case RUBATO_CLOCK_SYNACK:
		return synack;
	case RUBATO_CLOCK_FIN:
		return fin;
	case RUBATO_CLOCK_PERSIST:
		return persist;
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		return keepalive;
	default:
		return data;
	}
}

Rto Timetable::unmeasured() const
{
	return {std::max(std::min(rto_initial, rto_max), rto_min), rto_max, 0};
}

} // namespace sim
