// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an acknowledgement leaves: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2. One that is due
 * at once is RUB_F_ACK; one that may wait, for more to acknowledge or for data to ride on, is
 * the anchor ack_from. Whatever leaves with an ACK takes both along.
 *
 * Beyond the RFCs: at the start and after a pause nothing is delayed (quick), unless the process
 * has shown that it answers data by data before the delay is over.
 */
#include "core/tcb.h"

/* What a full-sized segment of the peer's carries. */
static u32 full_segment(const struct rub_tcb *tcb)
{
	return max_t(u32, tcb->rcv_mss, min_t(u32, tcb->adv_mss, RUB_MSS_DEFAULT));
}

/* Its own path or its options may make the peer's segments shorter than what we announced. */
static void measure(struct rub_tcb *tcb, u32 len)
{
	u32 most = rub_eff_mss(tcb->adv_mss, tcb->adv_mss, tcb->opts);

	tcb->rcv_mss = (u16)max_t(u32, tcb->rcv_mss, min_t(u32, len, most));
}

static bool at_once(const struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->flags & RUB_F_QUICKACK || !rub_delack(env->policy))
		return true;
	if (tcb->quick && !(tcb->flags & RUB_F_ANSWERS))
		return true;
	return tcb->rcv_nxt - tcb->last_ack_sent >= 2 * full_segment(tcb);
}

void rub_ack_text(struct rub_tcb *tcb, const struct rub_seg *seg, bool smooth,
		  const struct rub_env *env)
{
	measure(tcb, seg->len);
	if (!tcb->text_at || env->now - tcb->text_at > rub_rto(tcb, env->policy))
		tcb->quick = RUB_QUICK_ACKS;
	tcb->text_at = env->now;
	if (!smooth || at_once(tcb, env))
		tcb->flags |= RUB_F_ACK;
	else if (!tcb->ack_from)
		tcb->ack_from = env->now;
}

/* The process did not answer in time; it is not expected to the next time. */
void rub_ack_expire(struct rub_tcb *tcb)
{
	tcb->flags |= RUB_F_ACK;
	rub_clear(tcb, RUB_F_ANSWERS);
}

void rub_ack_left(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env)
{
	rub_clear(tcb, RUB_F_ACK);
	tcb->ack_from = 0;
	if (tcb->quick && tx->ack != tcb->last_ack_sent)
		tcb->quick--;
	tcb->last_ack_sent = tx->ack;
	if (tx->len && !tx->again && tcb->text_at &&
	    env->now - tcb->text_at < rub_delack(env->policy)) {
		tcb->flags |= RUB_F_ANSWERS;
		rub_clear(tcb, RUB_F_QUICKACK);
	}
	rub_sack_told(tcb, tx);
}

/*
 * Dropped locally. What is owed for data is tried again after the delay; anything else, and
 * without a delay, when the peer sends again.
 */
void rub_ack_dropped(struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_clear(tcb, RUB_F_ACK);
	tcb->ack_from = 0;
	if (tcb->rcv_nxt != tcb->last_ack_sent && rub_delack(env->policy))
		tcb->ack_from = env->now;
}
