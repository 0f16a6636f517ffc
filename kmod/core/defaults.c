// SPDX-License-Identifier: GPL-2.0-only
/*
 * The built-in values: the default column of the table of clocks (DESIGN.md section 3). The
 * only file of core/ beside constants.h that may hold a time.
 */
#include "core/constants.h"
#include "core/policy.h"

#define AS(c) { .as = (c), .flags = RUBATO_SCHED_AS }

const struct rub_config rub_config_builtin = {
	/* rto x2 give-up=180s: RFC 9293's R2 for SYN is at least 3 minutes (MUST-23) */
	.syn = {
		.factor = 2 * RUBATO_FACTOR_ONE,
		.give_up = 180 * RUB_NS_PER_S,
		.flags = RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR | RUBATO_SCHED_GIVE_UP,
	},
	.synack = AS(RUBATO_CLOCK_SYN),
	/* rto x2 max=64s give-up=10m */
	.data = {
		.factor = 2 * RUBATO_FACTOR_ONE,
		.max = 64 * RUB_NS_PER_S,
		.give_up = 600 * RUB_NS_PER_S,
		.flags = RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR | RUBATO_SCHED_MAX |
			 RUBATO_SCHED_GIVE_UP,
	},
	.fin = AS(RUBATO_CLOCK_DATA),
	/* rto x2 max=60s */
	.persist = {
		.factor = 2 * RUBATO_FACTOR_ONE,
		.max = 60 * RUB_NS_PER_S,
		.flags = RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR | RUBATO_SCHED_MAX,
	},
	/* 75s x1 tries=8 */
	.keepalive_probes = {
		.gap = { 75 * RUB_NS_PER_S },
		.n_gaps = 1,
		.factor = RUBATO_FACTOR_ONE,
		.tries = 8,
		.flags = RUBATO_SCHED_FACTOR | RUBATO_SCHED_TRIES,
	},
	.msl = 30 * RUB_NS_PER_S,
	.keepalive_idle = 7200 * RUB_NS_PER_S,
	.fin_wait_2 = 60 * RUB_NS_PER_S,
	.delack = 40 * RUB_NS_PER_MS,
	.tw_reuse_delay = 1 * RUB_NS_PER_S,
	.rto_min = 200 * RUB_NS_PER_MS,
	.rto_max = 120 * RUB_NS_PER_S,
	.rto_initial = 1 * RUB_NS_PER_S,
	.knobs = {
		.timestamps = 1,
		.sack = 1,
		.window_scale = 1,
		.ecn = 1,
		.keepalive_force = 0,
		.mtu_probing = RUBATO_MTU_PROBING_BLACK_HOLE,
	},
};
