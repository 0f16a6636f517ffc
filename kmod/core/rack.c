// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 8985: RACK, loss detection by time (section 6), and TLP, the tail loss probe (section 7).
 * Both need SACK. A record is RFC 8985's segment; its two deadlines are in due.c.
 *
 * Two things are as the clocks of a policy want them. A probe never takes the place of a try: where
 * PTO is not before the next try there is no probe. And having probed starts only a gap called rto
 * again; a gap in seconds stays what the policy says.
 */
#include "core/tcb.h"

void rub_rack_init(struct rub_tcb *tcb)
{
	struct rub_rack *rack = &tcb->loss.rack;

	rack->mult = 1;
	rack->fack = tcb->snd_una;
	tcb->loss.tlp.measured = true;
}

static bool sent_after(rub_ns t1, u32 seq1, rub_ns t2, u32 seq2)
{
	return t1 > t2 || (t1 == t2 && seq_after(seq1, seq2));
}

bool rub_rack_sent_after(const struct rub_rack *rack, const struct rub_node *n)
{
	return sent_after(rack->xmit_ts, rack->end_seq, n->sent, n->to);
}

bool rub_echoes_before(const struct rub_tcb *tcb, const struct rub_seg *seg, rub_ns then)
{
	u32 tsval = (u32)div_u64(then, RUB_TS_TICK) + tcb->ts_offset;

	return tcb->opts & seg->opts & RUB_OPT_TS && seq_before(seg->tsecr, tsval);
}

/* Section 6.2, steps 2 and 3. */
void rub_rack_delivered(struct rub_tcb *tcb, const struct rub_node *n, u32 end,
			const struct rub_seg *seg, const struct rub_env *env)
{
	struct rub_rack *rack = &tcb->loss.rack;
	rub_ns rtt = env->now - n->sent;

	if (seq_after(end, rack->fack))
		rack->fack = end;
	else if (seq_before(end, rack->fack) && !(n->flags & RUB_N_AGAIN))
		rack->reordering = true;
	/* A spurious retransmission would seem to have been answered at once. */
	if (n->flags & RUB_N_AGAIN &&
	    (rub_echoes_before(tcb, seg, n->sent) || rtt < tcb->min_rtt))
		return;
	rack->rtt = rtt ? rtt : 1;
	if (sent_after(n->sent, end, rack->xmit_ts, rack->end_seq)) {
		rack->xmit_ts = n->sent;
		rack->end_seq = end;
	}
}

/* Step 4, RACK_update_reo_wnd(): the factor; @recovered: by this ACK a recovery is over. */
void rub_rack_adapt(struct rub_tcb *tcb, const struct rub_news *news, bool recovered)
{
	struct rub_rack *rack = &tcb->loss.rack;

	if (rack->in_round && !seq_before(tcb->snd_una, rack->dsack_round))
		rack->in_round = false;
	if (news->dsack && !rack->in_round) {
		rack->in_round = true;
		rack->dsack_round = tcb->snd_nxt;
		if (rack->mult < RUB_REO_WND_MULT_MAX)
			rack->mult++;
		rack->persist = RUB_REO_WND_PERSIST;
	} else if (recovered) {
		if (rack->persist)
			rack->persist--;
		if (!rack->persist)
			rack->mult = 1;
	}
}

/*
 * Step 4: the window. Before RFC 6298 has a sample, as after a SYN that left twice, what was
 * delivered last is the only measurement there is.
 */
rub_ns rub_rack_window(const struct rub_tcb *tcb)
{
	const struct rub_rack *rack = &tcb->loss.rack;
	rub_ns least = tcb->srtt ? tcb->min_rtt : rack->rtt, wnd, most;

	if (!rack->reordering && (tcb->loss.mode != RUB_LOSS_OPEN ||
				  tcb->out.sacked > (RUB_DUPTHRESH - 1) * tcb->snd_mss))
		return 0;
	wnd = rack->mult * (least >> RUB_REO_WND_SHIFT);
	most = tcb->srtt ? tcb->srtt : rack->rtt;
	return wnd < most ? wnd : most;
}

/* Step 5. The oldest in flight is the first to be lost. */
bool rub_rack_detect(struct rub_tcb *tcb, const struct rub_env *env)
{
	bool any = false;

	while (rub_reorder_due(tcb) <= env->now) {
		rub_rec_set(&tcb->out, tcb->out.oldest, RUB_N_LOST);
		any = true;
	}
	return any;
}

/* Section 7.2, and section 7.3's two conditions. Something is in flight: probe_from. */
bool rub_tlp_wanted(const struct rub_tcb *tcb)
{
	return tcb->opts & RUB_OPT_SACK && tcb->probe_from && tcb->loss.mode == RUB_LOSS_OPEN &&
	       !tcb->out.sacked && !tcb->out.lost && !tcb->loss.tlp.out &&
	       tcb->loss.tlp.measured && rub_synchronized(tcb);
}

/* Section 7.4.2, TLP_process_ack(). */
bool rub_tlp_repaired(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news)
{
	struct rub_tlp *tlp = &tcb->loss.tlp;

	if (!tlp->out || seq_before(seg->ack, tlp->end_seq))
		return false;
	if (!tlp->again || (news->dsack && news->again.to == tlp->end_seq)) {
		tlp->out = false; /* new data arrived; or both did: case 1 */
		return false;
	}
	if (seq_after(seg->ack, tlp->end_seq))
		return true; /* the recovery that is due ends it */
	if (news->duplicate && !seg->n_sack)
		tlp->out = false; /* case 2 */
	return false;
}

/* Section 7.3, the end of TLP_send_probe(). */
void rub_tlp_left(struct rub_tcb *tcb, bool again, const struct rub_env *env)
{
	struct rub_tlp *tlp = &tcb->loss.tlp;
	struct rub_wait wait = rub_wait_of(tcb, env);

	tlp->out = true;
	tlp->again = again;
	tlp->end_seq = tcb->snd_nxt;
	tlp->measured = false;
	if (wait.gaps->flags & RUBATO_SCHED_RTO)
		tcb->run.last = env->now;
}
