// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measured round-trip time: RFC 6298 section 2, Karn's algorithm (section 3), and RTTM by
 * timestamps (RFC 7323 section 4). Of data, sack.c takes the samples; here that of our SYN.
 */
#include "core/tcb.h"

void rub_rtt_sample(struct rub_tcb *tcb, rub_ns sample)
{
	rub_ns delta;

	tcb->held = 0;
	sample = max_t(rub_ns, sample, 1); /* srtt 0 means that nothing was measured */
	tcb->min_rtt = tcb->min_rtt ? min_t(rub_ns, tcb->min_rtt, sample) : sample;
	tcb->loss.tlp.measured = true;
	if (!tcb->srtt) {
		tcb->srtt = sample;
		tcb->rttvar = sample / 2;
		return;
	}
	delta = max_t(rub_ns, sample, tcb->srtt) - min_t(rub_ns, sample, tcb->srtt);
	tcb->rttvar = tcb->rttvar - tcb->rttvar / 4 + delta / 4;
	tcb->srtt = tcb->srtt - tcb->srtt / 8 + sample / 8; /* what is left is never 0 */
}

/*
 * The echo names the one that arrived, so what left twice has a sample too. Its ticks are coarse:
 * it counts only where our own watch cannot tell.
 */
bool rub_rtt_echo(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env)
{
	u32 ticks = rub_tsval(env, tcb->ts_offset) - seg->tsecr;

	if (!(tcb->opts & seg->opts & RUB_OPT_TS) || ticks > div_u64(RUB_ECHO_MAX, RUB_TS_TICK))
		return false;
	rub_rtt_sample(tcb, (rub_ns)max_t(u32, ticks, 1) * RUB_TS_TICK);
	return true;
}

/* Our SYN is acknowledged. If it left twice the watch is stopped (Karn). */
void rub_rtt_acked(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env)
{
	if (tcb->flags & RUB_F_RTT)
		rub_rtt_sample(tcb, env->now - tcb->rtt_start);
	else
		rub_rtt_echo(tcb, seg, env);
}
