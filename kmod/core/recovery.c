// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is missing, and when it goes again: fast retransmit (RFC 5681 section 3.2) and NewReno's
 * fast recovery (RFC 6582).
 */
#include "core/tcb.h"

static u32 flight(const struct rub_tcb *tcb)
{
	return tcb->snd_max - tcb->snd_una;
}

void rub_loss_init(struct rub_tcb *tcb)
{
	tcb->loss.mode = RUB_LOSS_OPEN;
	tcb->loss.dupacks = 0;
	tcb->loss.recover = tcb->iss;
}

/* RFC 6582 section 3.2: step 3 for a partial acknowledgement, step 4 for a full one. */
static void recover(struct rub_tcb *tcb, u32 acked)
{
	u32 mss = tcb->snd_mss;

	if (!seq_before(tcb->snd_una, tcb->loss.recover)) {
		rub_cc_recovered(tcb, flight(tcb));
		tcb->loss.mode = RUB_LOSS_OPEN;
		rub_clear(tcb, RUB_F_FAST);
		return;
	}
	tcb->cc.cwnd = tcb->cc.cwnd > acked ? tcb->cc.cwnd - acked : 0;
	if (acked >= mss)
		tcb->cc.cwnd += mss;
	if (tcb->cc.cwnd < mss)
		tcb->cc.cwnd = mss;
	tcb->flags |= RUB_F_FAST;
}

void rub_loss_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env)
{
	tcb->loss.dupacks = 0;
	if (tcb->loss.mode == RUB_LOSS_RECOVERY) {
		recover(tcb, acked);
		return;
	}
	rub_cc_acked(tcb, acked, env);
	/* It follows, or 2 GiB later it would seem to lie ahead. */
	if (seq_after(tcb->snd_una, tcb->loss.recover))
		tcb->loss.recover = tcb->snd_una - 1;
}

void rub_loss_duplicate(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->loss.mode == RUB_LOSS_RECOVERY) {
		tcb->cc.cwnd += tcb->snd_mss;
		return;
	}
	if (++tcb->loss.dupacks != RUB_DUPTHRESH)
		return;
	/* RFC 6582 section 3.2 step 2: not again for what an earlier recovery sent. */
	if (!seq_after(tcb->snd_una, tcb->loss.recover))
		return;
	rub_cc_congestion(tcb, flight(tcb), env);
	tcb->loss.recover = tcb->snd_max;
	tcb->cc.cwnd = tcb->cc.ssthresh + RUB_DUPTHRESH * tcb->snd_mss;
	tcb->loss.mode = RUB_LOSS_RECOVERY;
	tcb->flags |= RUB_F_FAST;
}

/* RFC 5681 section 3.1 and RFC 6582 section 3.2 step 5. Before snd_nxt is pulled back. */
void rub_loss_timeout(struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_cc_timeout(tcb, flight(tcb), !tcb->run.tries, env);
	tcb->loss.recover = tcb->snd_max;
	tcb->loss.dupacks = 0;
	tcb->loss.mode = RUB_LOSS_OPEN;
	rub_clear(tcb, RUB_F_FAST);
}
