/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts of a run share: its time, chance, network, trace and counts. */
#ifndef RUBATO_SIM_STAGE_H
#define RUBATO_SIM_STAGE_H

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>
#include <string>

#include "mechanisms.h"
#include "network.h"

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

struct Stage {
	Stage(const Plan &p, bool verbose)
		: plan(p), random(p.seed ^ 0x5eed), network(plan.path, random), trace(verbose)
	{
	}

	void did(Mechanism m) { totals.happened.set(static_cast<size_t>(m)); }

	const Plan plan;
	Random random;
	Network network;
	Trace trace;
	Totals totals;
	rub_ns now = Trace::START;
	rub_policy policy[2];
	bool retuned = false; /* once a run was retuned, no schedule held all the time */
	u32 half_open = 0;
	u32 cookies = 0;
	s64 nodes = 0; /* blocks of records that are lent */
};

} // namespace sim

#endif
