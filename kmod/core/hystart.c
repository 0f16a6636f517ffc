// SPDX-License-Identifier: GPL-2.0-only
/*
 * HyStart++ (RFC 9406): the first slow start ends when round trips grow longer, before the
 * bottleneck's buffer is full. A growing round trip leads to Conservative Slow Start, which goes
 * on slower, and back if it was a false alarm; after five rounds of it slow start is over.
 * Later slow starts know their ssthresh and are none of this file's (section 4.3).
 */
#include "core/tcb.h"

static bool first_slow_start(const struct rub_cc *cc)
{
	return cc->ssthresh == RUB_SSTHRESH_INFINITE;
}

/* Section 4.2: MinRttThresh =< lastRoundMinRTT / 8 =< MaxRttThresh. */
static rub_ns threshold(rub_ns last)
{
	rub_ns thresh = min_t(rub_ns, last / RUB_HYSTART_DIVISOR, RUB_HYSTART_THRESH_MAX);

	return max_t(rub_ns, thresh, RUB_HYSTART_THRESH_MIN);
}

void rub_hystart_sample(struct rub_tcb *tcb, rub_ns sample)
{
	struct rub_hystart *hy = &tcb->cc.hystart;

	if (!first_slow_start(&tcb->cc))
		return;
	sample = max_t(rub_ns, sample, 1); /* 0 stands for infinite */
	hy->rtt = hy->rtt ? min_t(rub_ns, hy->rtt, sample) : sample;
	if (++hy->samples < RUB_HYSTART_SAMPLES)
		return;
	if (hy->baseline) {
		/* A false alarm: slow start as before. */
		if (hy->rtt < hy->baseline)
			hy->baseline = 0;
	} else if (hy->last && hy->rtt >= hy->last + threshold(hy->last)) {
		hy->baseline = hy->rtt;
		hy->rounds = 0;
	}
}

void rub_hystart_round(struct rub_tcb *tcb)
{
	struct rub_hystart *hy = &tcb->cc.hystart;

	if (!first_slow_start(&tcb->cc))
		return;
	/* The round in which it began counts, though it was none in full. */
	if (hy->baseline && ++hy->rounds >= RUB_HYSTART_ROUNDS)
		tcb->cc.ssthresh = tcb->cc.cwnd;
	hy->last = hy->rtt;
	hy->rtt = 0;
	hy->samples = 0;
}

/* What slow start's growth is divided by. */
u32 rub_hystart_divisor(const struct rub_tcb *tcb)
{
	return first_slow_start(&tcb->cc) && tcb->cc.hystart.baseline ? RUB_HYSTART_GROWTH : 1;
}
