// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment arrives, and the fast path: Van Jacobson's header prediction. In ESTABLISHED, the next
 * text in order, an acknowledgement of what is in flight, or both at once, with nothing else about
 * it, goes straight to what such a segment changes. Everything else is input.c's.
 *
 * It is input.c with the steps left out that have nothing to do: it decides nothing that input.c
 * does not. Tests hand every segment to both and compare all that they leave (tests/both_ways.h).
 */
#include "core/tcb.h"

/* Any of these is input.c's. */
#define RARE (RUB_FIN | RUB_SYN | RUB_RST | RUB_URG | RUB_ECE | RUB_CWR)

#ifdef RUBATO_PLANT_BUG
/* What the tests must catch: PAWS is left out. */
#define PLANTED_TRUST true
#else
#define PLANTED_TRUST false
#endif

/* Timestamps as agreed on, and not old by PAWS. */
static bool timely(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	if (!(tcb->opts & RUB_OPT_TS))
		return true;
	return seg->opts & RUB_OPT_TS &&
	       (!seq_before(seg->tsval, tcb->ts_recent) || PLANTED_TRUST);
}

/* Of what RFC 9293 section 3.10.7.4 looks at, everything but the ACK field and the text. */
static bool predicted(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	return tcb->state == RUBATO_ESTABLISHED && seg->seq == tcb->rcv_nxt &&
	       (seg->flags & (RARE | RUB_ACK)) == RUB_ACK && timely(tcb, seg);
}

/* The text is inside the window, and nothing is known of what comes behind it. */
static bool fits(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	return !seq_after(seg->seq + seg->len, tcb->rcv_edge) && !tcb->n_ooo &&
	       !(tcb->flags & RUB_F_PEER_FIN) && seg->ecn != RUB_CE;
}

/* SEG.ACK says nothing, and there is nothing that it could say. */
static bool idle(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	return tcb->snd_una == tcb->snd_max && tcb->clock != RUBATO_CLOCK_PERSIST &&
	       !seg->n_sack && !tcb->loss.tlp.out && !tcb->loss.rack.in_round;
}

static void take_text(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	rx->mask |= RUB_RX_ADVANCED | RUB_RX_KEEP;
	rx->keep.from = seg->seq;
	rx->keep.to = seg->seq + seg->len;
	tcb->rcv_nxt = rx->keep.to;
	rub_urgent_advance(tcb);
	rub_ack_text(tcb, seg, true, env);
}

bool rub_fast_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	bool acks = seq_after(seg->ack, tcb->snd_una);

	if (!predicted(tcb, seg) || seq_after(seg->ack, tcb->snd_max))
		return false;
	if (seg->len ? !fits(tcb, seg) : !acks)
		return false;
	if (!acks && (seg->ack != tcb->snd_una || !idle(tcb, seg)))
		return false;
	tcb->cc.marked = false;
	if (acks)
		rub_take_ack(tcb, seg, env, rx);
	rub_take_window(tcb, seg);
	rub_ts_take(tcb, seg, env);
	if (seg->len)
		take_text(tcb, seg, env, rx);
	rub_keepalive_heard(tcb, env);
	rub_clock_update(tcb, env);
	return true;
}

void rub_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		 struct rub_rx *rx)
{
	rub_rx_init(rx);
	if (!rub_fast_segment(tcb, seg, env, rx))
		rub_full_segment(tcb, seg, env, rx);
}
