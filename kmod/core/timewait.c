// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT with a small struct: conformance.md section 1, row by row; RFC 9293 sections 3.6.1 and
 * 3.10.7.4, RFC 6191, RFC 1337. It waits 2 MSL, answers a retransmitted FIN and starts again then,
 * and nothing else moves it.
 */
#include "core/tcb.h"

#ifdef RUBATO_PLANT_BUG
/* The bug that the suite must catch: data restarts it, as Linux does. */
#define PLANTED_RESTART true
#else
#define PLANTED_RESTART false
#endif

void rub_tw_init(struct rub_tw *tw, const struct rub_tcb *tcb, const struct rub_env *env)
{
	*tw = (struct rub_tw){
		.snd_nxt = tcb->snd_max,
		.rcv_nxt = tcb->rcv_nxt,
		.wnd = (u16)((tcb->rcv_edge - tcb->rcv_nxt) >> tcb->rcv_scale),
		.opts = tcb->opts & RUB_OPT_TS,
		.ts_recent = tcb->ts_recent,
		.ts_recent_at = tcb->ts_recent_at,
		.ts_offset = tcb->ts_offset,
		.last = env->now,
		.challenge_start = tcb->challenge_start,
		.challenges = tcb->challenges,
	};
}

static enum rub_verdict drop(struct rub_tx *tx, enum rubato_reason reason)
{
	tx->reason = (u8)reason;
	return RUB_DROP;
}

static enum rub_verdict answer(const struct rub_tw *tw, const struct rub_env *env,
			       struct rub_tx *tx)
{
	rub_tx_ack(tx, tw->snd_nxt, tw->rcv_nxt, tw->wnd);
	if (tw->opts & RUB_OPT_TS)
		rub_tx_timestamp(tx, env, tw->ts_offset, tw->ts_recent);
	return RUB_ANSWER;
}

static enum rub_verdict limited(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx)
{
	if (rub_limit(&tw->challenge_start, &tw->challenges, env))
		return answer(tw, env, tx);
	return drop(tx, RUBATO_REASON_RATE_LIMIT);
}

/* Who sent the SYN and knows nothing of the old connection answers this with an RST. */
enum rub_verdict rub_tw_refuse(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx)
{
	enum rub_verdict verdict = limited(tw, env, tx);

	if (verdict == RUB_ANSWER)
		tw->challenged = env->now;
	return verdict;
}

static enum rub_verdict reset(const struct rub_tw *tw, const struct rub_seg *seg,
			      const struct rub_env *env, struct rub_tx *tx)
{
	bool ends = false;

	if (seg->seq == tw->rcv_nxt) {
		switch (env->policy->knobs.time_wait_rst) {
		case RUBATO_TW_RST_EXACT:
			ends = true;
			break;
		case RUBATO_TW_RST_AFTER_CHALLENGE:
			ends = tw->challenged && env->now - tw->challenged < RUB_CHALLENGE_ECHO;
			break;
		default:
			break;
		}
	}
	return ends ? RUB_REMOVE : drop(tx, RUBATO_REASON_TW_RST);
}

/* May this SYN begin a new incarnation? RFC 6191; in doubt what RFC 9293 section 3.6.1 says. */
static bool reincarnates(const struct rub_tw *tw, const struct rub_seg *syn,
			 const struct rub_env *env)
{
	bool later = seq_after(syn->seq, tw->rcv_nxt);

	if (!(rub_negotiate(syn, rub_offer(env->policy)) & RUB_OPT_TS))
		return later;
	if (!(tw->opts & RUB_OPT_TS))
		return true;
	return syn->tsval == tw->ts_recent ? later : rub_ts_later(syn->tsval, tw->ts_recent);
}

static enum rub_verdict syn(struct rub_tw *tw, const struct rub_seg *seg,
			    const struct rub_env *env, struct rub_tx *tx)
{
	if (seg->flags & RUB_ACK)
		return limited(tw, env, tx);
	if (reincarnates(tw, seg, env))
		return RUB_REINCARNATE;
	return rub_tw_refuse(tw, env, tx);
}

enum rub_verdict rub_tw_segment(struct rub_tw *tw, const struct rub_seg *seg,
				const struct rub_env *env, struct rub_tx *tx)
{
	u32 end = seg->seq + rub_seg_len(seg);

	if (seg->flags & RUB_RST)
		return reset(tw, seg, env, tx);
	if (seg->flags & RUB_SYN)
		return syn(tw, seg, env, tx);
	if (!(seg->flags & RUB_ACK))
		return drop(tx, RUBATO_REASON_NO_ACK);
	if (tw->opts & RUB_OPT_TS && rub_paws_old(seg, tw->ts_recent, tw->ts_recent_at, env->now))
		return limited(tw, env, tx);
	if (seg->flags & RUB_FIN && end == tw->rcv_nxt) {
		tw->last = env->now; /* the only restart */
		if (tw->opts & seg->opts & RUB_OPT_TS) {
			tw->ts_recent = seg->tsval;
			tw->ts_recent_at = env->now;
		}
		return answer(tw, env, tx);
	}
	if (!rub_seg_len(seg) && seg->seq == tw->rcv_nxt)
		return drop(tx, RUBATO_REASON_TW_OLD);
	if (seg->len && PLANTED_RESTART)
		tw->last = env->now;
	return limited(tw, env, tx);
}
