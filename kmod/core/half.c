// SPDX-License-Identifier: GPL-2.0-only
/*
 * LISTEN, and SYN_RCVD of a passive open: RFC 9293 sections 3.10.7.2 and 3.10.7.4, with a
 * small struct instead of a whole connection. Options: RFC 7323, RFC 2018, RFC 3168.
 */
#include "core/tcb.h"

static enum rub_verdict drop(struct rub_tx *tx, enum rubato_reason reason)
{
	tx->reason = (u8)reason;
	return RUB_DROP;
}

static void timestamp(const struct rub_half *half, const struct rub_env *env,
		      struct rub_tx *tx)
{
	if (half->opts & RUB_OPT_TS)
		rub_tx_timestamp(tx, env, half->ts_offset, half->ts_recent);
}

void rub_half_synack(const struct rub_half *half, const struct rub_seg *syn,
		     const struct rub_env *env, struct rub_tx *tx)
{
	rub_tx_ack(tx, half->iss, half->irs + 1, (u16)half->rcv_wnd);
	tx->unit = RUB_UNIT_SYNACK;
	tx->flags |= RUB_SYN;
	tx->mss = half->adv_mss;
	rub_tx_offer(tx, half->opts, half->rcv_scale);
	timestamp(half, env, tx);
	if (syn)
		tx->reason = rub_left_on_syn(syn);
}

static enum rub_verdict limited(struct rub_half *half, const struct rub_env *env,
				struct rub_tx *tx)
{
	if (rub_limit(&half->challenge_start, &half->challenges, env))
		return RUB_ANSWER;
	return drop(tx, RUBATO_REASON_RATE_LIMIT);
}

static enum rub_verdict challenge(struct rub_half *half, const struct rub_env *env,
				  struct rub_tx *tx)
{
	rub_tx_ack(tx, half->iss + 1, half->irs + 1, (u16)(half->rcv_wnd >> half->rcv_scale));
	timestamp(half, env, tx);
	return limited(half, env, tx);
}

u32 rub_first_window(const struct rub_env *env)
{
	return env->rcv_free < RUB_WINDOW_MAX ? env->rcv_free : RUB_WINDOW_MAX;
}

void rub_half_init(struct rub_half *half, const struct rub_seg *syn, const struct rub_env *env)
{
	memset(half, 0, sizeof(*half));
	half->irs = syn->seq;
	half->rcv_wnd = rub_first_window(env);
	half->snd_wnd = syn->wnd;
	half->peer_mss = syn->mss;
	half->adv_mss = env->adv_mss;
	half->opts = rub_negotiate(syn, rub_offer(env->policy));
	if (half->opts & RUB_OPT_WSCALE) {
		half->snd_scale = rub_peer_scale(syn);
		half->rcv_scale = rub_own_scale(env);
	}
	if (half->opts & RUB_OPT_TS) {
		half->ts_recent = syn->tsval;
		half->ts_offset = env->ts_offset;
	}
	rub_clock_start(&half->run, env->now);
}

enum rub_verdict rub_listen_segment(const struct rub_seg *seg, const struct rub_env *env,
				    struct rub_half *half, struct rub_tx *tx)
{
	if (seg->flags & RUB_RST)
		return drop(tx, RUBATO_REASON_LISTEN_RST);
	if (seg->flags & RUB_ACK) {
		rub_tx_reset_for(tx, seg);
		return RUB_ANSWER;
	}
	if (!(seg->flags & RUB_SYN))
		return drop(tx, RUBATO_REASON_LISTEN_NO_SYN);
	rub_half_init(half, seg, env);
	half->iss = rub_isn(env);
	rub_half_synack(half, seg, env, tx);
	return RUB_CREATE;
}

/* Our SYN+ACK was lost, or is late: say it again. */
static enum rub_verdict syn_again(struct rub_half *half, const struct rub_seg *syn,
				  const struct rub_env *env, struct rub_tx *tx)
{
	if (half->opts & syn->opts & RUB_OPT_TS)
		half->ts_recent = syn->tsval;
	/* RFC 3168 section 6.1.1.1: who hears nothing may do without; then both do. */
	if (!(rub_negotiate(syn, half->opts) & RUB_OPT_ECN))
		half->opts &= (u8)~RUB_OPT_ECN;
	rub_half_synack(half, syn, env, tx);
	return limited(half, env, tx);
}

/*
 * RFC 7323 section 3.2: what lacks the timestamp that was agreed on is dropped. But for what
 * completes the handshake: some who stand between and answer for a peer leave it out there, and
 * the ACK number proves that our SYN+ACK was seen.
 */
static bool lacks_timestamp(const struct rub_half *half, const struct rub_seg *seg)
{
	if (!(half->opts & ~seg->opts & RUB_OPT_TS) || seg->flags & (RUB_RST | RUB_SYN))
		return false;
	return !(seg->flags & RUB_ACK) || seg->ack != half->iss + 1 ||
	       !rub_acceptable(seg, half->irs + 1, half->rcv_wnd);
}

enum rub_verdict rub_half_segment(struct rub_half *half, const struct rub_seg *seg,
				  const struct rub_env *env, struct rub_tx *tx)
{
	u32 rcv_nxt = half->irs + 1;

	if (lacks_timestamp(half, seg))
		return drop(tx, RUBATO_REASON_NO_TIMESTAMP);
	if (half->opts & RUB_OPT_TS &&
	    rub_paws_old(seg, half->ts_recent, half->run.first, env->now))
		return challenge(half, env, tx);
	if ((seg->flags & (RUB_SYN | RUB_ACK | RUB_RST)) == RUB_SYN && seg->seq == half->irs)
		return syn_again(half, seg, env, tx);
	if (!rub_acceptable(seg, rcv_nxt, half->rcv_wnd)) {
		if (seg->flags & RUB_RST)
			return drop(tx, RUBATO_REASON_BAD_RST);
		return challenge(half, env, tx);
	}
	if (seg->flags & RUB_RST) {
		if (seg->seq == rcv_nxt)
			return RUB_REMOVE;
		return challenge(half, env, tx);
	}
	if (seg->flags & RUB_SYN)
		return RUB_REMOVE; /* a passive open returns to LISTEN */
	if (!(seg->flags & RUB_ACK))
		return drop(tx, RUBATO_REASON_NO_ACK);
	if (seg->ack != half->iss + 1) {
		rub_tx_reset_for(tx, seg);
		return RUB_ANSWER;
	}
	return RUB_ESTABLISH;
}

enum rub_verdict rub_half_expire(struct rub_half *half, const struct rub_env *env,
				 struct rub_tx *tx)
{
	struct rub_wait wait = rub_half_wait(env);

	if (env->now < rub_half_due(half, env))
		return drop(tx, RUBATO_REASON_NONE);
	if (env->now >= rub_wait_end(&half->run, &wait))
		return RUB_REMOVE;
	rub_half_synack(half, NULL, env, tx);
	if (half->left) {
		tx->clock = RUBATO_CLOCK_SYNACK;
		tx->tries = half->run.tries + 1;
		tx->again = true;
	}
	return RUB_ANSWER;
}

void rub_half_sent(struct rub_half *half, const struct rub_tx *tx, int result,
		   const struct rub_env *env)
{
	if (tx->unit != RUB_UNIT_SYNACK)
		return;
	if (half->left && !tx->clock) {
		half->again |= result >= 0;
		return; /* answered a SYN that came again: no try of the clock */
	}
	if (result < 0) {
		rub_clock_dropped(&half->run, env->now, true);
		return;
	}
	rub_clock_left(&half->run, env->now);
	if (half->left) {
		half->run.tries++;
		half->run.life++;
		half->again = true;
	} else {
		half->rtt_start = env->now;
	}
	half->left = true;
}

/*
 * Nothing is set that the ACK brings or ends: the send window and its WL1 and WL2, the clock. The
 * same checks as rub_half_segment()'s let it pass.
 */
void rub_from_half(struct rub_tcb *tcb, const struct rub_half *half, const struct rub_seg *seg,
		   const struct rub_env *env, struct rub_rx *rx)
{
	rub_renew(tcb);
	tcb->state = RUBATO_SYN_RCVD;
	tcb->flags |= RUB_F_SYN_OUT;
	tcb->iss = half->iss;
	tcb->snd_una = half->iss;
	tcb->snd_end = half->iss + 1;
	tcb->snd_nxt = tcb->snd_end;
	tcb->snd_max = tcb->snd_end;
	tcb->snd_wnd_max = half->snd_wnd;
	tcb->irs = half->irs;
	tcb->rcv_nxt = half->irs + 1;
	tcb->rcv_edge = tcb->rcv_nxt + half->rcv_wnd;
	tcb->rcv_up = tcb->rcv_nxt;
	tcb->last_ack_sent = tcb->rcv_nxt;
	tcb->opts = half->opts;
	tcb->snd_scale = half->snd_scale;
	tcb->rcv_scale = half->rcv_scale;
	tcb->ts_recent = half->ts_recent;
	tcb->ts_recent_at = half->run.first;
	tcb->ts_offset = half->ts_offset;
	tcb->adv_mss = half->adv_mss;
	tcb->peer_mss = half->peer_mss;
	rub_plpmtud_init(tcb, env);
	tcb->challenge_start = half->challenge_start;
	tcb->challenges = half->challenges;
	if (half->run.tries)
		tcb->flags |= RUB_F_SYN_LOST;
	if (!half->again) {
		tcb->flags |= RUB_F_RTT;
		tcb->rtt_start = half->rtt_start;
	}
	rub_segment(tcb, seg, env, rx);
}
