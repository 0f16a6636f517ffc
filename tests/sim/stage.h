/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts of a run share: its time, chance, network, clocks, trace and counts. */
#ifndef RUBATO_SIM_STAGE_H
#define RUBATO_SIM_STAGE_H

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>
#include <string>

#include "mechanisms.h"
#include "network.h"
#include "picture.h"
#include "timetable.h"

namespace sim
{

constexpr size_t STATES = RUBATO_STATE_MAX + 1;

const char *state_name(u8 state);
std::string flag_names(u8 flags);

struct Totals {
	u64 events = 0, segments = 0, retransmissions = 0, bytes = 0;
	Happened happened;
	std::bitset<STATES * STATES> pairs; /* of states, both ends at once */
};

/* A hash of everything that happened, sequence numbers counted from the ISNs; or the text of it. */
class Trace
{
public:
	explicit Trace(bool verbose) : loud(verbose) {}

	bool verbose() const { return loud; }
	u64 hash() const { return sum; }
	void add(u64 word) { sum = (sum ^ word) * 0x100000001b3ULL; }
	void line(rub_ns now, const std::string &text) const
	{
		if (loud)
			printf("%14.6f  %s\n", static_cast<double>(now - START) / 1e9,
			       text.c_str());
	}

	/* Where virtual time begins: a host does not boot at 0. */
	static constexpr rub_ns START = 1'000'000 * SEC;

private:
	bool loud;
	u64 sum = 0xcbf29ce484222325ULL;
};

/* Everything that is there, on both hosts: nothing when all is over. */
struct Counters {
	s64 connections = 0, half_open = 0, time_waits = 0;
	s64 lent = 0;  /* blocks of records */
	s64 bytes = 0; /* received and not read, or out of order */
};

struct Stage {
	Stage(const Plan &p, bool verbose, Picture *drawing)
		: plan(p), random(p.seed ^ 0x5eed), network(plan.path, random), trace(verbose),
		  picture(drawing)
	{
	}

	void did(Mechanism m) { totals.happened.set(static_cast<size_t>(m)); }
	/* The planted fault that invariant @n must catch. */
	bool sabotaged(int n) const { return plan.sabotage == n; }
	/* @side's clocks are now those of config[side], under tempo[side]. */
	void tune(u8 side)
	{
		rub_policy_compile(&config[side], tempo[side], &policy[side]);
		table[side] = Timetable(config[side], tempo[side]);
		retuned[side] = now;
	}

	const Plan plan;
	Random random;
	Network network;
	Trace trace;
	Picture *picture; /* or none */
	Totals totals;
	Counters left;
	rub_ns now = Trace::START;
	rub_config config[2]{plan.host[0].config, plan.host[1].config};
	u32 tempo[2]{RUBATO_TEMPO_ONE, RUBATO_TEMPO_ONE};
	rub_policy policy[2];
	Timetable table[2]{{config[0], tempo[0]}, {config[1], tempo[1]}};
	rub_ns retuned[2]{};
	u32 cookies = 0;
};

} // namespace sim

#endif
