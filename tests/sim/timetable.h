/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the clocks of a host come to, worked out once more and naively from its configuration and
 * tempo: nothing here asks the core's policy or due.c, which invariants 8 and 9 judge by it.
 */
#ifndef RUBATO_SIM_TIMETABLE_H
#define RUBATO_SIM_TIMETABLE_H

#include <vector>

#include "random.h"

namespace sim
{

/* What the gap called rto is at the moment: its length, its longest back-off, steps kept. */
struct Rto {
	rub_ns base = 0, longest = 0;
	u32 held = 0;
};

/* A schedule: sends, the waits between them, and when it ends. */
class Course
{
public:
	Course(const rubato_schedule &schedule, u32 tempo);

	/* The wait that follows send number @n, the first being 0. */
	rub_ns gap(u32 n, const Rto &rto) const;
	bool follows_rto() const { return gaps.empty(); }
	/* Retransmissions that it allows; RUB_NEVER if only time ends it. */
	u64 most() const { return limit; }
	/* After the first send; RUB_NEVER if only tries end it. */
	rub_ns give_up() const { return end; }

private:
	std::vector<rub_ns> gaps; /* none: rto */
	u32 factor;		  /* thousandths; 0: it does not grow */
	rub_ns longest, end;
	u64 limit;
};

class Timetable
{
public:
	Timetable(const rub_config &config, u32 tempo);

	const Course &course(u8 clock) const;
	rub_ns msl, keepalive_idle, fin_wait_2, delack, user_timeout;
	/* Before anything was measured. */
	Rto unmeasured() const;
	rub_ns rto_min, rto_max;

private:
	Course syn, synack, data, fin, persist, keepalive;
	rub_ns rto_initial;
};

} // namespace sim

#endif
