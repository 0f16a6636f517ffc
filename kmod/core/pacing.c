// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pacing: new data leaves at 2 cwnd/SRTT in slow start and 1.2 cwnd/SRTT later, under either
 * congestion control, so that neither a restart nor a stretched ACK puts a burst into a queue
 * somewhere (RFC 7661 section 4.4.2, RFC 9406 section 4.3).
 *
 * It matters only on a path of some length: round trips below RUB_PACE_RTT_MIN are not paced.
 * An initial window may leave at once whenever nothing is in flight (RFC 6928, RFC 5681 section
 * 4.1); after it, a quantum: RUB_PACE_QUANTUM of the pace, or two segments. Retransmissions and
 * probes never wait, but count. The pace is the path's, so tempo has nothing to do with it.
 *
 * Stored is how much has left since when; the deadline follows from it in due.c.
 */
#include "core/tcb.h"

bool rub_pacing(const struct rub_tcb *tcb)
{
	return tcb->srtt >= RUB_PACE_RTT_MIN;
}

static u32 rtt_steps(const struct rub_tcb *tcb)
{
	return (u32)(min_t(rub_ns, tcb->srtt, RUB_PACE_RTT_MAX) >> RUB_PACE_SHIFT);
}

static bool slow_start(const struct rub_tcb *tcb)
{
	return tcb->cc.cwnd < tcb->cc.ssthresh;
}

/* What may leave at once whatever the pace. */
static u32 free_burst(const struct rub_tcb *tcb)
{
	u32 least = 2U * tcb->snd_mss;

	if (tcb->snd_una == tcb->snd_max)
		return rub_initial_window(tcb);
	return max_t(u32, tcb->unpaced, least);
}

u32 rub_pace_quantum(const struct rub_tcb *tcb)
{
	u64 window = tcb->cc.cwnd;
	u32 least = free_burst(tcb);

	if (!rub_pacing(tcb))
		return RUB_CWND_MAX;
	window += slow_start(tcb) ? window : window / 5;
	window = div_u64(window * (RUB_PACE_QUANTUM >> RUB_PACE_SHIFT), rtt_steps(tcb));
	return max_t(u32, window, least);
}

rub_ns rub_pace_span(const struct rub_tcb *tcb)
{
	u32 cwnd = tcb->cc.cwnd, bytes = min_t(u32, tcb->paced, cwnd);
	rub_ns span;

	if (!rub_pacing(tcb))
		return 0;
	span = div_u64((u64)rtt_steps(tcb) * bytes, cwnd) << RUB_PACE_SHIFT;
	return slow_start(tcb) ? span / 2 : span - span / 6;
}

bool rub_pace_holds(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	rub_ns due = rub_pace_due(tcb), echo = rub_echo_due(tcb, env);

	if ((due <= env->now && echo <= env->now) || tx->unit != RUB_UNIT_DATA || tx->again ||
	    !tx->len)
		return false;
	if (!env->edt || echo > env->now)
		return true;
	tx->not_before = due;
	return false;
}

/* @len bytes leave; before SND.MAX moves. */
void rub_pace_sent(struct rub_tcb *tcb, u32 len, const struct rub_env *env)
{
	rub_ns until = tcb->paced_from + rub_pace_span(tcb);
	u32 free;

	if (until <= env->now) {
		/* A timer that came late is made up for, an application that did is not. */
		if (env->now - until > RUB_PACE_QUANTUM)
			until = env->now;
		tcb->paced_from = until;
		tcb->paced = 0;
		/* With the quantum's two segments it is an initial window. */
		if (tcb->snd_una == tcb->snd_max)
			tcb->unpaced = rub_initial_window(tcb) - 2U * tcb->snd_mss;
	}
	free = min_t(u32, len, tcb->unpaced);
	tcb->unpaced -= free;
	tcb->paced += len - free;
}
