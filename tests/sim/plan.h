/* SPDX-License-Identifier: GPL-2.0-only */
/* What a seed stands for: two hosts, a path between them, and what happens to them. */
#ifndef RUBATO_SIM_PLAN_H
#define RUBATO_SIM_PLAN_H

#include "random.h"

namespace sim
{

struct HostPlan {
	rub_config config;
	u64 isn_hash, cookie_key[2];
	u32 ts_offset;
	u16 adv_mss;
	u32 gso_max, buffer;
	u16 most_lent;
	bool edt;
	u32 drops;   /* units that the host itself drops, percent */
	rub_ns late; /* a timer comes so much late at most */
};

struct PathPlan {
	u16 mss, mss_later;			  /* from the middle of the run on */
	u32 loss, duplication, corruption, marks; /* percent */
	rub_ns delay, jitter;
	u32 strays; /* percent that take a detour */
	rub_ns detour;
	bool whole; /* a unit crosses in one piece, as between two hosts on one machine */
	bool unreachable;
};

struct Plan {
	u64 seed;
	HostPlan host[2];
	PathPlan path;
	u32 pairs, backlog, incarnations;
	bool simultaneous;
	bool retunes;
	rub_ns reboot_at; /* of the second host; 0: none */
};

Plan draw_plan(u64 seed);
/* Clocks from a set of valid ones, anything else of the policy at random. */
void retune(rub_config &config, Random &random);

} // namespace sim

#endif
