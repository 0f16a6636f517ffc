// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT with a small struct: conformance.md section 1, without timestamps. It waits
 * 2 MSL, answers a retransmitted FIN and starts again then, and nothing else moves it.
 */
#include "core/tcb.h"

void rub_tw_init(struct rub_tw *tw, const struct rub_tcb *tcb, const struct rub_env *env)
{
	memset(tw, 0, sizeof(*tw));
	tw->snd_nxt = tcb->snd_max;
	tw->rcv_nxt = tcb->rcv_nxt;
	tw->wnd = (u16)(tcb->rcv_edge - tcb->rcv_nxt);
	tw->last = env->now;
	tw->challenge_start = tcb->challenge_start;
	tw->challenges = tcb->challenges;
}

static enum rub_verdict drop(struct rub_tx *tx, enum rubato_reason reason)
{
	tx->reason = (u8)reason;
	return RUB_DROP;
}

static enum rub_verdict answer(const struct rub_tw *tw, struct rub_tx *tx)
{
	rub_tx_ack(tx, tw->snd_nxt, tw->rcv_nxt, tw->wnd);
	return RUB_ANSWER;
}

static enum rub_verdict limited(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx)
{
	if (rub_limit(&tw->challenge_start, &tw->challenges, env))
		return answer(tw, tx);
	return drop(tx, RUBATO_REASON_RATE_LIMIT);
}

enum rub_verdict rub_tw_refuse(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx)
{
	return limited(tw, env, tx);
}

enum rub_verdict rub_tw_segment(struct rub_tw *tw, const struct rub_seg *seg,
				const struct rub_env *env, struct rub_tx *tx)
{
	u32 end = seg->seq + rub_seg_len(seg);

	if (seg->flags & RUB_RST)
		return seg->seq == tw->rcv_nxt ? RUB_REMOVE : drop(tx, RUBATO_REASON_TW_RST);
	if (seg->flags & RUB_SYN) {
		if (!(seg->flags & RUB_ACK) && seq_after(seg->seq, tw->rcv_nxt))
			return RUB_REINCARNATE;
		return limited(tw, env, tx);
	}
	if (!(seg->flags & RUB_ACK))
		return drop(tx, RUBATO_REASON_NO_ACK);
	if (seg->flags & RUB_FIN && end == tw->rcv_nxt) {
		tw->last = env->now; /* the only restart */
		return answer(tw, tx);
	}
	if (!rub_seg_len(seg) && seg->seq == tw->rcv_nxt)
		return drop(tx, RUBATO_REASON_TW_OLD);
	return limited(tw, env, tx);
}
