/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariants 8 and 9, and of 4 how long silence may last: the clock that runs, told anew from what
 * can be seen of a connection (progress, what leaves, which clock it says to run), with waits from
 * the timetable. So every try and every end has one time at which it must come:
 *
 *	max(when retuned, last + gap[tries])	and no later than a timer of this host is late
 *
 * A host that drops what it sends itself is not judged: those tries slip.
 */
#ifndef RUBATO_SIM_WATCH_H
#define RUBATO_SIM_WATCH_H

#include "timetable.h"

#include "core/core.h"

namespace sim
{

/* When the wait began, when the last try left, how many there were since. */
struct Anchors {
	rub_ns first = 0, last = 0;
	u32 tries = 0, life = 0;

	void start(rub_ns now)
	{
		first = now;
		life = 0;
		restart_gaps(now);
	}
	void restart_gaps(rub_ns now)
	{
		last = now;
		tries = 0;
	}
	void tried(rub_ns now)
	{
		last = now;
		tries++;
		life++;
	}
};

/* @now is no later than @at, or than @asked, when @at may have become so, and a timer's @late. */
inline bool is_in_time(rub_ns at, rub_ns asked, rub_ns late, rub_ns now)
{
	return at == RUB_NEVER || now <= std::max(at, asked) + late;
}

/* When @course, its waits those of @gaps, ends what began at @run; RUB_NEVER: not yet to be said.
 */
rub_ns end_of(const Course &course, const Course &gaps, const Anchors &run, const Rto &rto);

class Watch
{
public:
	/* @late: how late a timer may be; @drops: the host drops some of what it sends. */
	void begin(rub_ns late, bool drops);

	/* A segment is there, before the core is told. */
	void heard(const rub_tcb &tcb, rub_ns now);
	/* A timer has come, before the core is told. */
	void expires(const rub_tcb &tcb, const Timetable &table, rub_ns now);
	/* The core was called. */
	void look(const rub_tcb &tcb, rub_ns now);
	/* The core proposes @tx: is it a try, and is it its time? */
	void proposed(const rub_tcb &tcb, const rub_tx &tx, const Timetable &table, rub_ns now);
	/* @tx left, or not; @tcb knows. @probe: it was a loss probe. */
	void left(const rub_tcb &tcb, const rub_tx &tx, bool gone, bool probe,
		  const Timetable &table, rub_ns now);
	void retuned(rub_ns now) { told = asked = now; }
	/* An option was set: what is overdue by it comes now. */
	void changed(rub_ns now) { asked = now; }
	/* @tcb, as it was before, has given up. */
	void gave_up(const rub_tcb &tcb, const rub_rx &rx, const Timetable &table, rub_ns now);
	/* Nothing is overdue: no try, no end, no acknowledgement. */
	void check(const rub_tcb &tcb, const Timetable &table, rub_ns now);

private:
	rub_ns end(const rub_tcb &tcb, const Timetable &table) const;
	rub_ns next(const rub_tcb &tcb, const Timetable &table) const;
	/* The same, if what is new data besides waits for all that may hold it back. */
	rub_ns latest(const rub_tcb &tcb, const Timetable &table) const;
	void check_ack(const rub_tcb &tcb, const Timetable &table, rub_ns now);
	/* Of something that is to come at @at: 9 if a retune has come since the last try, else 8.
	 */
	void must(bool holds, const char *what, rub_ns at, rub_ns now) const;
	bool in_time(rub_ns at, rub_ns now) const;

	Anchors run;
	u8 clock = RUBATO_CLOCK_NONE;
	u32 una = 0, acked = 0;
	rub_ns told = 0, asked = 0, owed = 0, late = 0;
	rub_ns quiet = 0; /* heard last, when probing began */
	bool judged = true, orphan = false, held = false, known = false;
	bool answered = false; /* a probe of the window, perhaps */
	bool ripe = false;     /* a try was due when the window turned out to be shut */
};

} // namespace sim

#endif
