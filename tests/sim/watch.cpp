/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

#include <utility>

#include "invariants.h"

#include "core/tcb.h"

namespace sim
{

namespace
{

/* RFC 9293 section 3.8.6.2.1: the override of what a cork or the silly window holds back. */
constexpr rub_ns OVERRIDE = 200 * MSEC;

bool is_quiet(u8 clock)
{
	return clock == RUBATO_CLOCK_NONE || clock == RUBATO_CLOCK_KEEPALIVE_IDLE ||
	       clock == RUBATO_CLOCK_KEEPALIVE_PROBES;
}

bool retransmits(u8 clock)
{
	return clock == RUBATO_CLOCK_DATA || clock == RUBATO_CLOCK_FIN;
}

/* RFC 6298: (2.3), (2.4), (5.7). */
Rto rto_of(const rub_tcb &t, const Timetable &table)
{
	Rto rto = table.unmeasured();

	if (t.srtt)
		rto.base = std::max(table.rto_min, t.srtt + std::max(MSEC, 4 * t.rttvar));
	else if (t.flags & RUB_F_SYN_LOST && rub_synchronized(&t))
		rto.base = std::max(rto.base, std::min(3 * SEC, table.rto_max));
	rto.longest = std::max(table.rto_max, rto.base);
	rto.held = t.held;
	return rto;
}

} // namespace

rub_ns end_of(const Course &course, const Course &gaps, const Anchors &run, const Rto &rto)
{
	rub_ns end = RUB_NEVER;
	u32 n = run.tries;

	if (course.give_up() != RUB_NEVER)
		end = run.first + course.give_up();
	if (run.life < course.most())
		return end;
	/* Retuned to fewer gaps than tries: the final gap counts. */
	if (&course == &gaps && n > course.most())
		n = static_cast<u32>(course.most());
	return std::min(end, run.last + gaps.gap(n, rto));
}

void Watch::begin(rub_ns how_late, bool drops)
{
	late = how_late;
	judged = !drops;
}

void Watch::heard(const rub_tcb &t, rub_ns now)
{
	if (is_quiet(clock))
		run.start(now);
	answered = !orphan &&
		   (clock == RUBATO_CLOCK_PERSIST || (clock == RUBATO_CLOCK_DATA && !t.snd_wnd));
}

void Watch::expires(const rub_tcb &t, const Timetable &table, rub_ns now)
{
	ripe = retransmits(clock) && t.snd_una != t.snd_nxt && now >= next(t, table);
}

void Watch::look(const rub_tcb &t, rub_ns now)
{
	const u8 old = clock;
	const bool was_orphan = orphan, was_held = held;

	clock = t.clock;
	orphan = t.flags & RUB_F_ORPHAN;
	held = t.flags & RUB_F_HELD;
	if (t.snd_una != una || !known)
		run.start(now); /* progress */
	/* The SYN+ACK of a half-open entry acknowledged the SYN. */
	if (!known && t.state != RUBATO_SYN_SENT)
		acked = t.irs + 1;
	una = t.snd_una;
	known = true;
	if (orphan && !was_orphan) {
		run.first = asked = now;
		run.tries = run.life = 0;
	}
	/* What the peer sent was good, and it may keep its window shut: silence begins anew. */
	if (answered && t.run.first == now) {
		run.first = now;
		run.life = 0;
	}
	answered = false;
	if (clock == old) {
		if (held != was_held)
			run.restart_gaps(now);
		return;
	}
	if (is_quiet(old) && clock == RUBATO_CLOCK_KEEPALIVE_PROBES) {
		quiet = run.last;
		run.start(now);
	}
	if ((is_quiet(old) && is_quiet(clock)) || (retransmits(old) && retransmits(clock)))
		return;
	/* Silence is silence, whichever of the two counts it; and orphans get no more time. */
	if ((retransmits(old) && clock == RUBATO_CLOCK_PERSIST) ||
	    (old == RUBATO_CLOCK_PERSIST && retransmits(clock)) ||
	    (orphan && clock != RUBATO_CLOCK_FIN_WAIT_2))
		run.restart_gaps(now);
	else
		run.start(now);
}

bool Watch::in_time(rub_ns at, rub_ns now) const
{
	return is_in_time(at, asked, late, now);
}

void Watch::must(bool holds, const char *what, rub_ns at, rub_ns now) const
{
	if (holds)
		return;
	const auto ago = [now](rub_ns then) {
		return std::to_string((static_cast<double>(now) - static_cast<double>(then)) /
				      static_cast<double>(SEC));
	};

	throw Violation(told > run.last ? 9 : 8,
			std::string(what) + ": clock " + std::to_string(clock) + ", try " +
				std::to_string(run.tries) + ", first " + ago(run.first) +
				" s ago, last " + ago(run.last) + " s ago, to be " + ago(at) +
				" s ago");
}

/* When the next try is to leave, as far as a try is what comes next. */
rub_ns Watch::next(const rub_tcb &t, const Timetable &table) const
{
	if (held)
		return run.last + OVERRIDE;
	return run.last + table.course(clock).gap(run.tries, rto_of(t, table));
}

/* RFC 3168 section 6.1.2 holds it back for an RTO after the echo, its pace for a round trip. */
rub_ns Watch::latest(const rub_tcb &t, const Timetable &table) const
{
	rub_ns at = next(t, table);

	if (!held)
		return at;
	if (t.cc.echoed)
		at = std::max(at, t.cc.echoed + rto_of(t, table).base);
	return std::max(at, run.last + t.srtt);
}

rub_ns Watch::end(const rub_tcb &t, const Timetable &table) const
{
	const Rto rto = rto_of(t, table);
	const Course &gaps = table.course(clock);
	rub_ns at;

	if (clock == RUBATO_CLOCK_NONE || clock == RUBATO_CLOCK_KEEPALIVE_IDLE)
		return RUB_NEVER;
	if (clock == RUBATO_CLOCK_FIN_WAIT_2)
		return run.first + table.fin_wait_2;
	/* A window may stay closed as long as the peer answers (MUST-37). */
	if (clock == RUBATO_CLOCK_PERSIST && !orphan && !run.life)
		return RUB_NEVER;
	at = end_of(gaps, gaps, run, rto);
	if (clock == RUBATO_CLOCK_PERSIST) {
		const u8 rule = orphan ? RUBATO_CLOCK_FIN : RUBATO_CLOCK_DATA;

		at = std::min(at, end_of(table.course(rule), gaps, run, rto));
	}
	if (table.user_timeout && !orphan && clock != RUBATO_CLOCK_SYN &&
	    clock != RUBATO_CLOCK_SYNACK)
		at = std::min(at, run.first + table.user_timeout);
	return at;
}

void Watch::proposed(const rub_tcb &t, const rub_tx &tx, const Timetable &table, rub_ns now)
{
	const bool at_once = std::exchange(ripe, false) && tx.clock == RUBATO_CLOCK_PERSIST;

	/* MUST-35: data's try was due; the window is shut, so it is a probe. */
	if (!tx.clock || !judged || (at_once && run.last == now && !run.tries))
		return;
	const bool first_probe = tx.unit == RUB_UNIT_KEEPALIVE && tx.tries == 1;
	const rub_ns idle = quiet + table.keepalive_idle, at = first_probe ? idle : next(t, table),
		     by = first_probe ? idle : latest(t, table);

	must(now >= at, "a try leaves too early", at, now);
	must(in_time(by, now), "a try leaves too late", by, now);
}

void Watch::left(const rub_tcb &t, const rub_tx &tx, bool gone, bool probe, const Timetable &table,
		 rub_ns now)
{
	if (!gone) {
		look(t, now);
		return;
	}
	const bool first = tx.unit < RUB_UNIT_PROBE && !tx.clock && !tx.again && tx.seq == una;

	/* What was held back until now nobody could have answered. */
	if ((first || tx.clock == RUBATO_CLOCK_PERSIST) && !run.life && !orphan)
		run.first = now;
	if (first)
		run.last = now;
	if (probe && tx.unit == RUB_UNIT_DATA && table.course(clock).follows_rto())
		run.last = now;
	if (tx.flags & RUB_ACK && tx.unit != RUB_UNIT_KEEPALIVE)
		acked = tx.ack;
	look(t, now);
	if (tx.unit == RUB_UNIT_KEEPALIVE && tx.tries == 1)
		run.restart_gaps(now);
	else if (tx.clock && tx.clock == t.clock)
		run.tried(now);
}

void Watch::gave_up(const rub_tcb &t, const rub_rx &rx, const Timetable &table, rub_ns now)
{
	if (!judged)
		return;
	const rub_ns at = end(t, table);

	must(now >= at, "it gives up too early", at, now);
	must(in_time(at, now), "it gives up too late", at, now);
	must(rx.elapsed == now - run.first, "it says a wrong time since the first send", at, now);
	must(rx.tries == run.life, "it says a wrong number of tries", at, now);
}

/* RFC 9293 section 3.8.6.3: what came is acknowledged in time. */
void Watch::check_ack(const rub_tcb &t, const Timetable &table, rub_ns now)
{
	if (!rub_synchronized(&t) || t.rcv_nxt == acked)
		owed = 0;
	else if (!owed)
		owed = now;
	require(4, !owed || in_time(owed + table.delack, now), "an acknowledgement is overdue");
}

void Watch::check(const rub_tcb &t, const Timetable &table, rub_ns now)
{
	if (!judged || rub_is_dead(&t))
		return;
	const rub_ns over = end(t, table);

	check_ack(t, table, now);
	must(in_time(over, now), "it should have given up", over, now);
	if (is_quiet(clock) || clock == RUBATO_CLOCK_FIN_WAIT_2)
		return;
	/* What only its pace holds back is no try. */
	if (t.snd_una == t.snd_nxt && clock != RUBATO_CLOCK_PERSIST)
		return;
	const rub_ns at = std::min(latest(t, table), over);

	if (!in_time(at, now))
		must(false, "a try is overdue", at, now);
}

} // namespace sim
