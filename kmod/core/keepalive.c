// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keepalive: RFC 9293 section 3.8.4. It runs while nothing is in flight and nothing is queued;
 * otherwise the data's own schedule tells whether the peer lives. After keepalive.idle without a
 * segment from the peer, keepalive.probes begins: a probe is its first send, each further one
 * a try. Whatever the peer sends is an answer.
 */
#include "core/tcb.h"

bool rub_keepalive_on(const struct rub_tcb *tcb, const struct rub_policy *policy)
{
	switch (tcb->state) {
	case RUBATO_ESTABLISHED:
	case RUBATO_CLOSE_WAIT:
	case RUBATO_FIN_WAIT_2:
		break;
	default:
		return false;
	}
	return tcb->flags & RUB_F_KEEPALIVE || policy->knobs.keepalive_force;
}

u8 rub_keepalive_clock(const struct rub_tcb *tcb, const struct rub_env *env)
{
	if (!rub_keepalive_on(tcb, env->policy))
		return RUBATO_CLOCK_NONE;
	return tcb->clock == RUBATO_CLOCK_KEEPALIVE_PROBES ? RUBATO_CLOCK_KEEPALIVE_PROBES :
							     RUBATO_CLOCK_KEEPALIVE_IDLE;
}

bool rub_keepalive_quiet(u8 clock)
{
	return clock == RUBATO_CLOCK_NONE || clock == RUBATO_CLOCK_KEEPALIVE_IDLE ||
	       clock == RUBATO_CLOCK_KEEPALIVE_PROBES;
}

void rub_keepalive_heard(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (!rub_keepalive_quiet(tcb->clock))
		return;
	if (tcb->clock == RUBATO_CLOCK_KEEPALIVE_PROBES) {
		rub_clear(tcb, RUB_F_PROBE | RUB_F_PROBED);
		tcb->clock = RUBATO_CLOCK_KEEPALIVE_IDLE;
	}
	rub_clock_start(&tcb->run, env->now);
}

void rub_keepalive_expire(struct rub_tcb *tcb, const struct rub_env *env)
{
	tcb->clock = RUBATO_CLOCK_KEEPALIVE_PROBES;
	rub_clock_start(&tcb->run, env->now);
	tcb->flags |= RUB_F_PROBE;
}

void rub_keepalive_left(struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_clear(tcb, RUB_F_PROBE);
	rub_clock_left(&tcb->run, env->now);
	if (!(tcb->flags & RUB_F_PROBED)) {
		tcb->flags |= RUB_F_PROBED;
		return;
	}
	tcb->run.tries++;
	tcb->run.life++;
}
