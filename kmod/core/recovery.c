// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is missing, and when it goes again. With SACK: RACK-TLP (RFC 8985), RFC 6675 where RACK has
 * measured nothing, proportional rate reduction (RFC 6937). Without: fast retransmit (RFC 5681
 * section 3.2) and NewReno (RFC 6582). A response that proves wrong (spurious.c) is undone. Bytes,
 * never segments.
 */
#include "core/tcb.h"

void rub_loss_init(struct rub_tcb *tcb)
{
	memset(&tcb->loss, 0, sizeof(tcb->loss));
	tcb->loss.recover = tcb->iss;
	tcb->rtt_seq = tcb->snd_una;
	rub_rack_init(tcb);
}

/* The segment that the peer asks for is lost. */
static void lose_first(struct rub_tcb *tcb)
{
	struct rub_out *out = &tcb->out;
	u16 i = rub_rec_head(out);

	if (i == RUB_NO_NODE)
		return; /* what duplicates are of is a window probe */
	if (rub_rec_len(rub_rec(out, i)) > tcb->snd_mss)
		rub_rec_cut(out, i, rub_rec(out, i)->from + tcb->snd_mss);
	rub_rec_set(out, i, RUB_N_LOST);
}

/* Whatever is begun now may prove wrong. */
static void begin(struct rub_tcb *tcb, u8 mode)
{
	struct rub_loss *loss = &tcb->loss;

	loss->mode = mode;
	loss->recover = tcb->snd_max;
	loss->start = tcb->snd_una;
	loss->undo = true;
	loss->again = 0;
	loss->again_at = 0;
	loss->flight = rub_flight(tcb);
	loss->prr_delivered = 0;
	loss->prr_out = 0;
	loss->tlp.out = false;
	rub_clear(tcb, RUB_F_FAST | RUB_F_TLP);
}

/* RFC 5681 section 3.2: what limited transmit sent beyond cwnd does not count. */
static void enter_recovery(struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 in_flight = rub_flight(tcb);
	/* RFC 3168 section 6.1.2: an ECN-Echo of this window has reduced it already. */
	bool fresh = !seq_before(tcb->snd_una, tcb->cc.reduced);

	rub_plpmtud_inconclusive(tcb);
	if (fresh)
		rub_cc_congestion(tcb, in_flight < tcb->cc.cwnd ? in_flight : tcb->cc.cwnd, env);
	begin(tcb, RUB_LOSS_RECOVERY);
	tcb->loss.undo = fresh;
	tcb->flags |= RUB_F_FAST;
}

static void leave(struct rub_tcb *tcb)
{
	if (tcb->loss.mode == RUB_LOSS_RECOVERY)
		rub_cc_recovered(tcb, rub_flight(tcb));
	tcb->loss.mode = RUB_LOSS_OPEN;
	rub_clear(tcb, RUB_F_FAST);
}

/* NewReno. RFC 6582 section 3.2: step 3 for a partial acknowledgement, else it is a full one. */
static void newreno_recover(struct rub_tcb *tcb, u32 acked)
{
	u32 mss = tcb->snd_mss;

	if (!seq_before(tcb->snd_una, tcb->loss.recover)) {
		leave(tcb);
		return;
	}
	tcb->cc.cwnd = tcb->cc.cwnd > acked ? tcb->cc.cwnd - acked : 0;
	if (acked >= mss)
		tcb->cc.cwnd += mss;
	if (tcb->cc.cwnd < mss)
		tcb->cc.cwnd = mss;
	lose_first(tcb);
	tcb->flags |= RUB_F_FAST;
}

static void newreno_enter(struct rub_tcb *tcb, const struct rub_env *env)
{
	lose_first(tcb);
	if (rub_plpmtud_lost(tcb))
		return;
	enter_recovery(tcb, env);
	tcb->cc.cwnd = tcb->cc.ssthresh + RUB_DUPTHRESH * tcb->snd_mss;
}

static void newreno_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env)
{
	tcb->loss.dupacks = 0;
	if (tcb->loss.mode == RUB_LOSS_RECOVERY) {
		newreno_recover(tcb, acked);
		return;
	}
	if (tcb->loss.mode == RUB_LOSS_TIMEOUT && !seq_before(tcb->snd_una, tcb->loss.recover))
		leave(tcb);
	rub_cc_acked(tcb, acked, env);
	/* It follows, or 2 GiB later it would seem to lie ahead. */
	if (seq_after(tcb->snd_una, tcb->loss.recover))
		tcb->loss.recover = tcb->snd_una - 1;
	if (rub_plpmtud_another(tcb))
		newreno_enter(tcb, env);
}

static void newreno_duplicate(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->loss.mode == RUB_LOSS_RECOVERY) {
		tcb->cc.cwnd += tcb->snd_mss;
	} else if (++tcb->loss.dupacks == RUB_DUPTHRESH &&
		   /* RFC 6582 section 3.2 step 2: not again for what an earlier recovery sent. */
		   seq_after(tcb->snd_una, tcb->loss.recover)) {
		newreno_enter(tcb, env);
	}
}

/* RFC 6937 section 3, with the slow start reduction bound. */
static void reduce(struct rub_tcb *tcb, u32 delivered)
{
	struct rub_loss *loss = &tcb->loss;
	u32 pipe = rub_pipe(tcb), ssthresh = tcb->cc.ssthresh, limit, count = 0, due;

	loss->prr_delivered += delivered;
	if (pipe > ssthresh) {
		due = (u32)div_u64((u64)loss->prr_delivered * ssthresh + loss->flight - 1,
				   loss->flight);
		if (due > loss->prr_out)
			count = due - loss->prr_out;
	} else {
		limit = loss->prr_delivered > loss->prr_out ?
			loss->prr_delivered - loss->prr_out : 0;
		limit = (limit > delivered ? limit : delivered) + tcb->snd_mss;
		count = ssthresh - pipe < limit ? ssthresh - pipe : limit;
	}
	tcb->cc.cwnd = pipe + count;
}

/* What was thought lost is in flight; nothing of it is timed. */
static void find_again(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_out *out = &tcb->out;
	const struct rub_node *n;
	u16 i;

	while ((i = rub_rec_first(out, RUB_N_LOST, tcb->snd_una)) != RUB_NO_NODE) {
		n = rub_rec(out, i);
		rub_rec_resent(out, n->from, n->to, env->now);
	}
}

/* RFC 4015 section 3.2: what is in flight stays there; an ECN-Echo keeps the window small. */
static void undo(struct rub_tcb *tcb, const struct rub_env *env)
{
	tcb->loss.undo = false;
	tcb->loss.frto = RUB_FRTO_OFF;
	rub_plpmtud_inconclusive(tcb);
	if (tcb->loss.mode != RUB_LOSS_OPEN) {
		find_again(tcb, env);
		leave(tcb);
		tcb->loss.recover = tcb->loss.start; /* RFC 5682: duplicates count again */
	}
	if (!tcb->cc.marked)
		rub_cc_undo(tcb);
}

/*
 * RACK decides; RFC 6675's IsLost() and DupThresh do while RACK knows of nothing delivered, or what
 * blocks told found no node. Its NextSeg() is not needed (RFC 8985 section 9.2): where a hole goes
 * again by rule 3 RACK sends it when the reordering window has passed, and the tail, rule 4's
 * rescue, when a retransmission that left after it is delivered.
 */
static bool detect(struct rub_tcb *tcb, const struct rub_news *news, const struct rub_env *env)
{
	bool lost = rub_rack_detect(tcb, env);

	if (tcb->loss.rack.xmit_ts && !news->blind)
		return lost;
	lost |= rub_sack_detect(tcb);
	if (tcb->loss.mode == RUB_LOSS_OPEN && tcb->loss.dupacks >= RUB_DUPTHRESH) {
		lose_first(tcb);
		lost = true;
	}
	return lost;
}

static void by_sack(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news,
		    const struct rub_env *env)
{
	struct rub_loss *loss = &tcb->loss;
	bool repaired = rub_tlp_repaired(tcb, seg, news), lost = false;
	u8 before = loss->mode;

	if (news->acked)
		loss->dupacks = 0;
	else if (news->duplicate || news->sacked)
		loss->dupacks++;
	if (rub_spurious(tcb, seg, news))
		undo(tcb, env);
	if (loss->mode != RUB_LOSS_OPEN && !seq_before(tcb->snd_una, loss->recover)) {
		leave(tcb);
		/* Of what left since: another window's loss, unless it was too big for the path. */
		lost = tcb->out.lost && !tcb->mtu.repair;
	}
	rub_rack_adapt(tcb, news, before != RUB_LOSS_OPEN && loss->mode == RUB_LOSS_OPEN);
	if (repaired) {
		enter_recovery(tcb, env);
		leave(tcb);
	}
	lost |= detect(tcb, news, env);
	if (lost && loss->mode == RUB_LOSS_OPEN && !rub_plpmtud_lost(tcb))
		enter_recovery(tcb, env);
	if (loss->mode == RUB_LOSS_RECOVERY)
		reduce(tcb, news->delivered);
	else if (news->acked && before != RUB_LOSS_RECOVERY && !repaired) /* cwnd is set already */
		rub_cc_acked(tcb, news->acked, env);
}

void rub_loss_ack(struct rub_tcb *tcb, const struct rub_seg *seg, u32 acked, bool duplicate,
		  const struct rub_env *env)
{
	struct rub_news news = { .acked = acked, .duplicate = duplicate };

	rub_sack_acked(tcb, seg, env, &news);
	tcb->probe_from = tcb->snd_nxt == tcb->snd_una ? 0 : acked ? env->now : tcb->probe_from;
	if (tcb->opts & RUB_OPT_SACK) {
		rub_sack_blocks_in(tcb, seg, env, &news);
		rub_plpmtud_acked(tcb, news.delivered, env);
		by_sack(tcb, seg, &news, env);
		return;
	}
	rub_plpmtud_acked(tcb, news.delivered, env);
	if (rub_spurious(tcb, seg, &news))
		undo(tcb, env);
	if (acked)
		newreno_acked(tcb, acked, env);
	else if (duplicate)
		newreno_duplicate(tcb, env);
}

void rub_loss_reorder(struct rub_tcb *tcb, const struct rub_env *env)
{
	rub_rack_detect(tcb, env);
	if (tcb->loss.mode == RUB_LOSS_OPEN && !rub_plpmtud_lost(tcb))
		enter_recovery(tcb, env);
	if (tcb->loss.mode == RUB_LOSS_RECOVERY)
		reduce(tcb, 0);
}

/*
 * RFC 5681 section 3.1 and RFC 6582 section 3.2 step 5: everything goes again, in order, as the
 * window allows. What SACK told is forgotten, the receiver may have dropped it (RFC 2018 section
 * 8); the next ACK tells it anew.
 */
void rub_loss_timeout(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_out *out = &tcb->out;
	u32 seq = tcb->snd_una;
	u16 i;

	rub_plpmtud_timeout(tcb, env);
	rub_frto_begin(tcb);
	rub_cc_timeout(tcb, rub_flight(tcb), !tcb->run.tries, env);
	while ((i = rub_rec_first(out, RUB_N_FLYING | RUB_N_SACKED, seq)) != RUB_NO_NODE) {
		seq = rub_rec(out, i)->to;
		rub_rec_set(out, i, RUB_N_LOST);
	}
	begin(tcb, RUB_LOSS_TIMEOUT);
	tcb->loss.undo = !tcb->run.tries;
}

void rub_loss_sent(struct rub_tcb *tcb, u32 from, u32 to, const struct rub_env *env)
{
	struct rub_loss *loss = &tcb->loss;
	u32 old = seq_min(to, tcb->snd_nxt);

	if (seq_before(from, old)) {
		rub_rec_resent(&tcb->out, from, old, env->now);
		loss->again += old - from;
		if (!loss->again_at)
			loss->again_at = env->now;
		rub_frto_again(tcb, old);
		rub_plpmtud_again(tcb, from, old);
	}
	if (seq_before(tcb->snd_nxt, to)) {
		rub_rec_add(&tcb->out, tcb->snd_nxt, to, env->now);
		/* A window probe has taken it along before: not to be timed (Karn). */
		if (seq_before(tcb->snd_nxt, tcb->snd_max))
			rub_rec_resent(&tcb->out, tcb->snd_nxt, seq_min(to, tcb->snd_max), env->now);
		tcb->snd_nxt = to;
		tcb->probe_from = env->now;
	}
	loss->prr_out += to - from;
}
