// SPDX-License-Identifier: GPL-2.0-only
/*
 * LISTEN, and SYN_RCVD of a passive open: RFC 9293 sections 3.10.7.2 and 3.10.7.4, with a
 * small struct instead of a whole connection.
 */
#include "core/tcb.h"

static enum rub_verdict drop(struct rub_tx *tx, enum rubato_reason reason)
{
	tx->reason = (u8)reason;
	return RUB_DROP;
}

static enum rub_verdict synack(const struct rub_half *half, struct rub_tx *tx)
{
	rub_tx_ack(tx, half->iss, half->irs + 1, (u16)half->rcv_wnd);
	tx->unit = RUB_UNIT_SYNACK;
	tx->flags |= RUB_SYN;
	tx->mss = half->adv_mss;
	return RUB_ANSWER;
}

static enum rub_verdict limited(struct rub_half *half, const struct rub_env *env,
				struct rub_tx *tx, enum rub_verdict answer)
{
	if (rub_limit(&half->challenge_start, &half->challenges, env))
		return answer;
	return drop(tx, RUBATO_REASON_RATE_LIMIT);
}

static enum rub_verdict challenge(struct rub_half *half, const struct rub_env *env,
				  struct rub_tx *tx)
{
	rub_tx_ack(tx, half->iss + 1, half->irs + 1, (u16)half->rcv_wnd);
	return limited(half, env, tx, RUB_ANSWER);
}

static u32 first_window(const struct rub_env *env)
{
	return env->rcv_free < RUB_WINDOW_MAX ? env->rcv_free : RUB_WINDOW_MAX;
}

enum rub_verdict rub_listen_segment(const struct rub_seg *seg, const struct rub_env *env,
				    u32 iss_floor, struct rub_half *half, struct rub_tx *tx)
{
	if (seg->flags & RUB_RST)
		return drop(tx, RUBATO_REASON_LISTEN_RST);
	if (seg->flags & RUB_ACK) {
		rub_tx_reset_to(tx, seg->ack);
		return RUB_ANSWER;
	}
	if (!(seg->flags & RUB_SYN))
		return drop(tx, RUBATO_REASON_LISTEN_NO_SYN);
	memset(half, 0, sizeof(*half));
	half->irs = seg->seq;
	half->iss = rub_isn(env, iss_floor);
	half->rcv_wnd = first_window(env);
	half->snd_wnd = seg->wnd;
	half->peer_mss = seg->mss;
	half->adv_mss = env->adv_mss;
	rub_clock_start(&half->run, env->now);
	/* Text or a FIN on the SYN is not acknowledged: the peer sends it again. */
	synack(half, tx);
	return RUB_CREATE;
}

enum rub_verdict rub_half_segment(struct rub_half *half, const struct rub_seg *seg,
				  const struct rub_env *env, struct rub_tx *tx)
{
	u32 rcv_nxt = half->irs + 1;

	/* Our SYN+ACK was lost, or is late: say it again. */
	if ((seg->flags & (RUB_SYN | RUB_ACK | RUB_RST)) == RUB_SYN && seg->seq == half->irs)
		return limited(half, env, tx, synack(half, tx));
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
		rub_tx_reset_to(tx, seg->ack);
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
	synack(half, tx);
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
		rub_clock_dropped(&half->run, env->now);
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

void rub_from_half(struct rub_tcb *tcb, const struct rub_half *half, const struct rub_seg *seg,
		   const struct rub_env *env, struct rub_rx *rx)
{
	rub_renew(tcb);
	tcb->state = RUBATO_SYN_RCVD;
	tcb->flags |= RUB_F_SYN_OUT;
	tcb->clock = RUBATO_CLOCK_SYNACK;
	tcb->run = half->run;
	tcb->iss = half->iss;
	tcb->snd_una = half->iss;
	tcb->snd_nxt = half->iss + 1;
	tcb->snd_max = half->iss + 1;
	tcb->snd_end = half->iss + 1;
	tcb->snd_wnd = half->snd_wnd;
	tcb->snd_wnd_max = half->snd_wnd;
	tcb->snd_wl1 = half->irs;
	tcb->snd_wl2 = half->iss;
	tcb->irs = half->irs;
	tcb->rcv_nxt = half->irs + 1;
	tcb->rcv_edge = tcb->rcv_nxt + half->rcv_wnd;
	tcb->last_ack_sent = tcb->rcv_nxt;
	tcb->rcv_up = tcb->rcv_nxt;
	tcb->adv_mss = half->adv_mss;
	tcb->snd_mss = rub_eff_mss(half->peer_mss, env->path_mss, tcb->opts);
	tcb->challenge_start = half->challenge_start;
	tcb->challenges = half->challenges;
	if (half->run.tries)
		tcb->flags |= RUB_F_SYN_LOST;
	if (!half->again) {
		tcb->flags |= RUB_F_RTT;
		tcb->rtt_seq = half->iss + 1;
		tcb->rtt_start = half->rtt_start;
	}
	rub_segment(tcb, seg, env, rx);
}
