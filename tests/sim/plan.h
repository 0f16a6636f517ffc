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
	bool bulk;   /* it sends megabytes */
	u32 drops;   /* units that the host itself drops, percent */
	rub_ns late; /* a timer comes so much late at most */
};

/* Times count from the start of the run. */
struct PathPlan {
	u16 mss, mss_later;			  /* from the middle of the run on */
	bool black_hole;			  /* no ICMP tells of either */
	u32 loss, duplication, corruption, marks; /* percent */
	rub_ns delay, jitter;
	u32 strays; /* percent that take a detour */
	rub_ns detour;
	u64 rate;		   /* of the bottleneck, bytes a second; 0: none */
	u32 queue;		   /* before it, bytes */
	rub_ns outage, outage_for; /* nothing arrives */
	rub_ns slow, slow_for;	   /* everything waits until it is over */
	bool whole; /* a unit crosses in one piece, as between two hosts on one machine */
	bool unreachable;
};

struct Plan {
	u64 seed;
	int sabotage; /* 0, or the invariant that is to catch a planted fault */
	HostPlan host[2];
	PathPlan path;
	u32 pairs, backlog, incarnations;
	bool simultaneous;
	bool retunes;
	u32 forgeries;	  /* bursts of segments from somebody who sees nothing */
	rub_ns reboot_at; /* of the second host; 0: none */
};

Plan draw_plan(u64 seed);
/* The same, both ISNs always @isn. */
Plan with_isn(Plan plan, u32 isn);
/*
 * Old duplicates meet new incarnations that have nothing but TIME_WAIT to protect them: no
 * timestamps, the same ISN again and again. @kept: TIME_WAIT is; else msl is 0.
 */
Plan draw_old_duplicates(u64 seed, bool kept);
/* Clocks from a set of valid ones, anything else of the policy at random; msl at least @msl. */
void retune(rub_config &config, Random &random, rub_ns msl);

} // namespace sim

#endif
