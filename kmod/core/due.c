// SPDX-License-Identifier: GPL-2.0-only
/*
 * LAW: every deadline comes from this file. It reads anchors (times that were) and the
 * policy, and writes nothing; so a retune is only a new question.
 */
#include "core/tcb.h"

#ifdef RUBATO_PLANT_BUG
/* The bug that the suites must catch: a gap too early, and half a TIME_WAIT. */
#define PLANTED_TRIES 1U
#define MSLS 1U
#else
#define PLANTED_TRIES 0U
#define MSLS 2U
#endif

static rub_ns add(rub_ns at, rub_ns span)
{
	return span > RUB_NEVER - at ? RUB_NEVER : at + span;
}

/* Exact, and never for what takes decades. */
static rub_ns grow(rub_ns gap, u32 factor)
{
	rub_ns whole = div_u64(gap, RUBATO_FACTOR_ONE);
	u32 rest = (u32)(gap - whole * RUBATO_FACTOR_ONE);

	if (whole >= RUB_NEVER / RUBATO_FACTOR_MAX)
		return RUB_NEVER;
	return whole * factor + rest * factor / RUBATO_FACTOR_ONE;
}

static rub_ns cap_of(const struct rubato_schedule *s, const struct rub_wait *wait)
{
	rub_ns cap = s->flags & RUBATO_SCHED_RTO ? wait->cap : RUB_NEVER;

	return s->flags & RUBATO_SCHED_MAX && s->max < cap ? s->max : cap;
}

static u32 last_gap(const struct rubato_schedule *s)
{
	return s->flags & RUBATO_SCHED_RTO ? 0 : s->n_gaps - 1U;
}

/* The wait after send number @n, the first being 0. */
static rub_ns gap_after(const struct rubato_schedule *s, u32 n, const struct rub_wait *wait)
{
	bool rto = s->flags & RUBATO_SCHED_RTO;
	rub_ns cap = cap_of(s, wait), gap;
	u32 i, last = last_gap(s);

	if (rto)
		n += wait->held;
	gap = rto ? wait->base : s->gap[n < last ? n : last];
	if (s->flags & RUBATO_SCHED_FACTOR && s->factor != RUBATO_FACTOR_ONE)
		for (i = last; i < n && gap < cap; i++)
			gap = grow(gap, s->factor);
	return gap < cap ? gap : cap;
}

/* The sum of @count waits from the one after send number @n on; a step a wait. */
static rub_ns gaps_from(const struct rubato_schedule *s, u32 n, u64 count,
			const struct rub_wait *wait)
{
	rub_ns cap = cap_of(s, wait), gap = gap_after(s, n, wait), sum = 0;

	for (; count; count--, n++) {
		sum = add(sum, gap);
		if (n < last_gap(s))
			gap = gap_after(s, n + 1, wait);
		else if (s->flags & RUBATO_SCHED_FACTOR)
			gap = grow(gap, s->factor);
		gap = gap < cap ? gap : cap;
	}
	return sum;
}

/* Retransmissions that a schedule allows; RUB_NEVER if only time ends it. */
static u64 limit_of(const struct rubato_schedule *s)
{
	if (s->flags & RUBATO_SCHED_TRIES)
		return s->tries;
	return s->flags & RUBATO_SCHED_FACTOR ? RUB_NEVER : s->n_gaps - 1U;
}

static u32 index_of(const struct rub_anchor *run)
{
	return run->tries + PLANTED_TRIES;
}

/* When @rule ends the wait whose gaps @wait gives. */
static rub_ns end_by(const struct rubato_schedule *rule, const struct rub_anchor *run,
		     const struct rub_wait *wait)
{
	u64 limit = limit_of(rule);
	rub_ns end = RUB_NEVER, at = run->last;
	u32 n;

	if (rule->flags & RUBATO_SCHED_GIVE_UP)
		end = add(run->first, rule->give_up);
	if (limit == RUB_NEVER)
		return end;
	if (run->life >= limit) {
		n = index_of(run);
		if (wait->gaps == wait->rule && n > limit)
			n = (u32)limit; /* retuned to fewer: the final gap counts */
		at = add(at, gap_after(wait->gaps, n, wait));
	} else if (run->stuck || run->slip) {
		/* Tries that could not leave when they were due do not move the nominal end. */
		at = add(at, gaps_from(wait->gaps, index_of(run), limit - run->life + 1, wait));
	} else {
		return end;
	}
	at -= run->slip;
	return at < end ? at : end;
}

/* The schedule's own end. */
static rub_ns nominal_end(const struct rub_anchor *run, const struct rub_wait *wait)
{
	rub_ns own, rule;

	own = end_by(wait->gaps, run, wait);
	rule = wait->rule == wait->gaps ? own : end_by(wait->rule, run, wait);
	return own < rule ? own : rule;
}

/* RFC 5482: as long as that may go by without an acknowledgement. */
static rub_ns user_end(const struct rub_anchor *run, const struct rub_wait *wait)
{
	return wait->user ? add(run->first, wait->user) : RUB_NEVER;
}

rub_ns rub_wait_end(const struct rub_anchor *run, const struct rub_wait *wait)
{
	rub_ns end = nominal_end(run, wait), user = user_end(run, wait);

	if (wait->answered)
		return RUB_NEVER;
	return end < user ? end : user;
}

bool rub_wait_user_ends(const struct rub_anchor *run, const struct rub_wait *wait)
{
	return user_end(run, wait) < nominal_end(run, wait);
}

rub_ns rub_wait_due(const struct rub_anchor *run, const struct rub_wait *wait)
{
	rub_ns end = rub_wait_end(run, wait), next;

	if (run->dropped)
		next = add(run->dropped, wait->again);
	else
		next = add(run->last, gap_after(wait->gaps, index_of(run), wait));
	return next < end ? next : end;
}

/* RFC 6298 (2.3), without bounds; RUB_NEVER before the first measurement. */
static rub_ns measured(const struct rub_tcb *tcb)
{
	rub_ns var = 4 * tcb->rttvar;

	if (!tcb->srtt)
		return RUB_NEVER;
	return tcb->srtt + (var > RUB_RTT_GRANULARITY ? var : RUB_RTT_GRANULARITY);
}

static rub_ns bounded(rub_ns rto, const struct rub_policy *policy)
{
	if (rto > policy->rto_max)
		rto = policy->rto_max;
	return rto > policy->rto_min ? rto : policy->rto_min;
}

rub_ns rub_rto(const struct rub_tcb *tcb, const struct rub_policy *policy)
{
	rub_ns rto = measured(tcb);

	/* rto-max never cuts what was measured: every try would be too early. */
	if (rto != RUB_NEVER)
		return rto > policy->rto_min ? rto : policy->rto_min;
	rto = policy->rto_initial;
	if (tcb->flags & RUB_F_SYN_LOST && rub_synchronized(tcb) && rto < RUB_RTO_AFTER_SYN_LOSS)
		rto = RUB_RTO_AFTER_SYN_LOSS;
	return bounded(rto, policy);
}

struct rub_wait rub_wait_of(const struct rub_tcb *tcb, const struct rub_env *env)
{
	const struct rub_policy *policy = env->policy;
	bool orphan = tcb->flags & RUB_F_ORPHAN;
	struct rub_wait wait = {
		.base = rub_rto(tcb, policy),
		.cap = policy->rto_max,
		.again = policy->rto_min,
		.user = orphan ? 0 : policy->user_timeout,
		.held = tcb->held,
	};

	if (wait.cap < wait.base)
		wait.cap = wait.base;
	switch (tcb->clock) {
	case RUBATO_CLOCK_SYN:
		wait.gaps = wait.rule = &policy->syn;
		wait.user = 0;
		break;
	case RUBATO_CLOCK_SYNACK:
		wait.gaps = wait.rule = &policy->synack;
		wait.user = 0;
		break;
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		wait.gaps = wait.rule = &policy->keepalive_probes;
		break;
	case RUBATO_CLOCK_PERSIST:
		wait.gaps = &policy->persist;
		wait.rule = orphan ? &policy->fin : &policy->data;
		/* A window may stay closed as long as the peer answers (MUST-37). */
		wait.answered = !orphan && !tcb->run.life;
		break;
	default:
		wait.gaps = wait.rule = orphan ? &policy->fin : &policy->data;
		/* What we hold back ourselves nobody could have answered. */
		wait.answered = !orphan && tcb->snd_nxt == tcb->snd_una && !tcb->run.stuck;
	}
	return wait;
}

struct rub_wait rub_half_wait(const struct rub_env *env)
{
	const struct rub_policy *policy = env->policy;
	struct rub_wait wait = {
		.gaps = &policy->synack,
		.rule = &policy->synack,
		.base = bounded(policy->rto_initial, policy),
		.cap = policy->rto_max,
		.again = policy->rto_min,
	};

	return wait;
}

rub_ns rub_fin_wait_2_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return add(tcb->run.first, env->policy->fin_wait_2);
}

static rub_ns keepalive_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_wait wait;

	if (!rub_keepalive_on(tcb, env->policy))
		return RUB_NEVER;
	if (tcb->clock != RUBATO_CLOCK_KEEPALIVE_PROBES)
		return add(tcb->run.last, env->policy->keepalive_idle);
	wait = rub_wait_of(tcb, env);
	return rub_wait_due(&tcb->run, &wait);
}

/* Half of rto-min: the peer's is not known, and ours says what such a network takes. */
rub_ns rub_delack(const struct rub_policy *policy)
{
	rub_ns most = policy->rto_min / 2;

	if (most > RUB_DELACK_MAX)
		most = RUB_DELACK_MAX;
	return policy->delack < most ? policy->delack : most;
}

rub_ns rub_ack_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return tcb->ack_from ? add(tcb->ack_from, rub_delack(env->policy)) : RUB_NEVER;
}

rub_ns rub_pace_due(const struct rub_tcb *tcb)
{
	/* A quantum leaves at once, in however many units. */
	return tcb->paced < rub_pace_quantum(tcb) ? 0 : add(tcb->paced_from, rub_pace_span(tcb));
}

rub_ns rub_echo_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return tcb->cc.echoed ? add(tcb->cc.echoed, rub_rto(tcb, env->policy)) : 0;
}

/* What holds back new data that cwnd and the peer's window let through. */
static rub_ns held_until(const struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_ns pace = env->edt ? 0 : rub_pace_due(tcb), echo = rub_echo_due(tcb, env);

	return pace > echo ? pace : echo;
}

/*
 * RFC 9293 section 3.8.6.2.1 (4): the override of what is held back despite an open window. It
 * is new data, which has its pace.
 */
static rub_ns override_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_wait wait = rub_wait_of(tcb, env);
	rub_ns end = rub_wait_end(&tcb->run, &wait), next = add(tcb->run.last, RUB_OVERRIDE);
	rub_ns held = held_until(tcb, env);

	if (tcb->run.dropped)
		next = add(tcb->run.dropped, wait.again);
	next = next > held ? next : held;
	return next < end ? next : end;
}

/* New data waits for nothing but its pace. What could have left already waits for more. */
static rub_ns paced_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_ns due = held_until(tcb, env);

	if (due <= env->now || !tcb->clock || tcb->run.dropped ||
	    !rub_sendable(tcb, env))
		return RUB_NEVER;
	return due;
}

/* With nothing in flight there is no try: what is queued waits for its pace, and leaves then. */
static rub_ns try_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_wait wait = rub_wait_of(tcb, env);
	rub_ns due = rub_wait_due(&tcb->run, &wait), held = held_until(tcb, env);

	if (tcb->snd_nxt != tcb->snd_una || tcb->clock == RUBATO_CLOCK_PERSIST)
		return due;
	return due > held ? due : held;
}

rub_ns rub_clock_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->flags & RUB_F_HELD)
		return override_due(tcb, env);
	switch (tcb->clock) {
	case RUBATO_CLOCK_NONE:
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		return keepalive_due(tcb, env);
	case RUBATO_CLOCK_FIN_WAIT_2:
		return rub_fin_wait_2_due(tcb, env);
	default:
		return try_due(tcb, env);
	}
}

rub_ns rub_reorder_due(const struct rub_tcb *tcb)
{
	const struct rub_rack *rack = &tcb->loss.rack;
	const struct rub_node *n;

	if (!(tcb->opts & RUB_OPT_SACK) || !rack->xmit_ts || !rub_synchronized(tcb) ||
	    tcb->out.oldest == RUB_NO_NODE)
		return RUB_NEVER;
	n = rub_rec_at(&tcb->out, tcb->out.oldest);
	if (!rub_rack_sent_after(rack, n))
		return RUB_NEVER;
	return add(add(n->sent, rack->rtt), rub_rack_window(tcb));
}

/* RFC 8985 section 7.2; at the time of the next try that try does as well. */
rub_ns rub_probe_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_ns pto = RUB_PTO_INITIAL, at;

	if (!rub_tlp_wanted(tcb) || rub_echo_due(tcb, env) > env->now)
		return RUB_NEVER;
	if (tcb->srtt) {
		pto = 2 * tcb->srtt;
		if (tcb->snd_nxt - tcb->snd_una <= tcb->snd_mss)
			pto += RUB_TLP_MAX_ACK_DELAY;
	}
	at = add(tcb->probe_from, pto);
	return at < rub_clock_due(tcb, env) ? at : RUB_NEVER;
}

/* RFC 4821 sections 7.3, 7.6.2: a round trip for each segment of a window; or the raise timer. */
rub_ns rub_plpmtud_due(const struct rub_tcb *tcb)
{
	const struct rub_plpmtud *mtu = &tcb->mtu;
	u32 segments = tcb->cc.cwnd / tcb->snd_mss;

	if (rub_plpmtud_complete(tcb))
		return add(mtu->since, RUB_PMTU_RAISE);
	if (segments && tcb->srtt > div_u64(RUB_NEVER / RUB_PLPMTUD_HEADWAY_TIMEOUT, segments))
		return RUB_NEVER;
	return add(mtu->since, mtu->headway * segments * tcb->srtt);
}

static rub_ns earlier(rub_ns a, rub_ns b)
{
	return a < b ? a : b;
}

rub_ns rub_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_ns due = earlier(rub_clock_due(tcb, env), rub_ack_due(tcb, env));

	due = earlier(due, earlier(rub_reorder_due(tcb), rub_probe_due(tcb, env)));
	return earlier(due, paced_due(tcb, env));
}

rub_ns rub_half_due(const struct rub_half *half, const struct rub_env *env)
{
	struct rub_wait wait = rub_half_wait(env);

	return rub_wait_due(&half->run, &wait);
}

rub_ns rub_tw_due(const struct rub_tw *tw, const struct rub_env *env)
{
	return add(tw->last, MSLS * env->policy->msl);
}
