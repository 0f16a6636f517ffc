// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measured round-trip time: RFC 6298 section 2, and Karn's algorithm (section 3). Of data,
 * sack.c takes the samples; here that of our SYN.
 */
#include "core/tcb.h"

void rub_rtt_sample(struct rub_tcb *tcb, rub_ns sample)
{
	rub_ns delta;

	tcb->held = 0;
	if (!sample)
		sample = 1; /* srtt 0 means that nothing was measured */
	rub_hystart_sample(tcb, sample);
	if (!tcb->min_rtt || sample < tcb->min_rtt)
		tcb->min_rtt = sample;
	tcb->loss.tlp.measured = true;
	if (!tcb->srtt) {
		tcb->srtt = sample;
		tcb->rttvar = sample / 2;
		return;
	}
	delta = sample > tcb->srtt ? sample - tcb->srtt : tcb->srtt - sample;
	tcb->rttvar = tcb->rttvar - tcb->rttvar / 4 + delta / 4;
	tcb->srtt = tcb->srtt - tcb->srtt / 8 + sample / 8;
	if (!tcb->srtt)
		tcb->srtt = 1;
}

/* Our SYN is acknowledged. If it left twice it is not timed: rub_sent() stops the watch (Karn). */
void rub_rtt_acked(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (!(tcb->flags & RUB_F_RTT) || seq_before(tcb->snd_una, tcb->rtt_seq))
		return;
	rub_clear(tcb, RUB_F_RTT);
	rub_rtt_sample(tcb, env->now - tcb->rtt_start);
}
