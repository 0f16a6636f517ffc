// SPDX-License-Identifier: GPL-2.0-only
/*
 * Active reuse: may connect() take a tuple that waits in TIME_WAIT? conformance.md section 2.
 * What makes it safe is PAWS (RFC 7323 section 5): both incarnations carry timestamps, and those
 * of the new one are later.
 */
#include "core/core.h"

int rub_tw_reuse(const struct rub_tw *tw, const struct rub_env *env, bool picked)
{
	const struct rub_policy *policy = env->policy;

	if (!(tw->opts & RUB_OPT_TS) || !policy->knobs.timestamps)
		return -EADDRNOTAVAIL;
	/* Whoever bound the port wants this very one; for the others there are more. */
	if (!picked)
		return 0;
	if (!policy->knobs.time_wait_reuse)
		return -EADDRNOTAVAIL;
	return env->now - tw->last < policy->tw_reuse_delay ? -EADDRNOTAVAIL : 0;
}
