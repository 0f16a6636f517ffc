// SPDX-License-Identifier: GPL-2.0-only
/*
 * What full connections, half-open ones, TIME_WAIT entries and listeners share: the
 * acceptability test, ISNs, and answers that need no connection.
 */
#include "core/tcb.h"

bool rub_acceptable(const struct rub_seg *seg, u32 rcv_nxt, u32 rcv_wnd)
{
	u32 len = rub_seg_len(seg), first = seg->seq - rcv_nxt;

	/*
	 * What carries nothing may stand at the right edge itself: a peer whose window is full
	 * of bytes that were lost has no lower number to give its ACK or RST.
	 */
	if (!len)
		return first <= rcv_wnd;
	/* Window zero: text is refused later, but valid ACKs and RSTs are taken (MUST-66). */
	if (!rcv_wnd)
		return !first && !(seg->flags & RUB_SYN);
	/* It begins in the window, or before and reaches RCV.NXT, perhaps beyond the window. */
	return first < rcv_wnd || rcv_nxt - seg->seq < len;
}

/*
 * RFC 9293 section 3.4.1: ISN = M + F(four-tuple, secret), or the one that the policy fixes; but
 * beyond what an old incarnation sent.
 */
u32 rub_isn(const struct rub_env *env)
{
	u64 knob = env->policy->knobs.isn;
	u32 isn = (u32)(env->isn_hash + div_u64(env->now, RUB_ISN_TICK));

	if (knob & RUBATO_ISN_FIXED)
		isn = (u32)knob;
	if (env->reincarnates && !seq_after(isn, env->old_nxt))
		return env->old_nxt + RUB_ISS_STEP;
	return isn;
}

static void tx_init(struct rub_tx *tx, u8 unit, u8 flags, u32 seq, u32 ack)
{
	memset(tx, 0, sizeof(*tx));
	tx->unit = unit;
	tx->flags = flags;
	tx->seq = seq;
	tx->ack = ack;
}

void rub_tx_ack(struct rub_tx *tx, u32 seq, u32 ack, u16 wnd)
{
	tx_init(tx, RUB_UNIT_ACK, RUB_ACK, seq, ack);
	tx->wnd = wnd;
}

void rub_tx_reset_to(struct rub_tx *tx, u32 seq)
{
	tx_init(tx, RUB_UNIT_RST, RUB_RST, seq, 0);
}

void rub_tx_reset_echo(struct rub_tx *tx, u32 tsval)
{
	tx->opts |= RUB_OPT_TS;
	tx->tsecr = tsval;
}

void rub_tx_reset_for(struct rub_tx *tx, const struct rub_seg *seg)
{
	if (seg->flags & RUB_ACK)
		rub_tx_reset_to(tx, seg->ack);
	else
		tx_init(tx, RUB_UNIT_RST, RUB_RST | RUB_ACK, 0, seg->seq + rub_seg_len(seg));
	if (seg->opts & RUB_OPT_TS)
		rub_tx_reset_echo(tx, seg->tsval);
}

/* RFC 9293 section 3.10.7.1: CLOSED. */
bool rub_stray_segment(const struct rub_seg *seg, struct rub_tx *tx)
{
	if (seg->flags & RUB_RST)
		return false;
	rub_tx_reset_for(tx, seg);
	return true;
}
