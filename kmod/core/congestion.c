// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control: slow start and congestion avoidance (RFC 5681), the initial window
 * (RFC 6928). Bytes, never segments. What is missing is recovery.c's concern.
 */
#include "core/tcb.h"

void rub_cc_init(struct rub_tcb *tcb)
{
	u32 mss = tcb->snd_mss, cap = 2 * mss > RUB_IW_BYTES ? 2 * mss : RUB_IW_BYTES;

	tcb->cc.ssthresh = ~0U;
	/* RFC 5681 section 3.1: one segment after a lost SYN. */
	if (tcb->flags & RUB_F_SYN_LOST)
		tcb->cc.cwnd = mss;
	else
		tcb->cc.cwnd = RUB_IW_SEGMENTS * mss < cap ? RUB_IW_SEGMENTS * mss : cap;
}

void rub_cc_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env)
{
	u32 mss = tcb->snd_mss, more;

	(void)env;
	if (tcb->cc.cwnd < tcb->cc.ssthresh)
		more = acked < mss ? acked : mss;
	else
		more = mss * mss / tcb->cc.cwnd ? mss * mss / tcb->cc.cwnd : 1;
	if (tcb->cc.cwnd < ~0U - more)
		tcb->cc.cwnd += more;
}

static u32 half(const struct rub_tcb *tcb, u32 in_flight)
{
	u32 floor = 2U * tcb->snd_mss;

	return in_flight / 2 > floor ? in_flight / 2 : floor;
}

void rub_cc_congestion(struct rub_tcb *tcb, u32 in_flight, const struct rub_env *env)
{
	(void)env;
	tcb->cc.ssthresh = half(tcb, in_flight);
}

void rub_cc_timeout(struct rub_tcb *tcb, u32 in_flight, bool first, const struct rub_env *env)
{
	(void)env;
	if (first)
		tcb->cc.ssthresh = half(tcb, in_flight);
	tcb->cc.cwnd = tcb->snd_mss;
}
