// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sender's scoreboard: what ACK and SACK say arrived. RFC 2018 section 5, RFC 2883 section 4
 * (D-SACK), RFC 6675 section 4 (Update, IsLost). Blocks that cannot be true are ignored.
 */
#include "core/tcb.h"

/*
 * RFC 6298 section 3: one sample a flight, of what left @once (Karn). An ACK that also covers what
 * left twice or was SACKed may have waited for a hole to be filled; then only the timestamp that
 * it echoes tells.
 */
static void measure(struct rub_tcb *tcb, rub_ns sent, bool once, const struct rub_seg *seg,
		    const struct rub_env *env)
{
	if (once)
		rub_rtt_sample(tcb, env->now - sent);
	else if (!rub_rtt_echo(tcb, seg, env))
		return;
	tcb->rtt_seq = tcb->snd_nxt + 1;
}

void rub_sack_acked(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		    struct rub_news *news)
{
	struct rub_out *out = &tcb->out;
	const struct rub_node *n;
	bool first = true, once = false;
	rub_ns sent = 0;
	u32 end;
	u16 i;

	for (i = rub_rec_head(out); i != RUB_NO_NODE; i = rub_rec_head(out)) {
		n = rub_rec(out, i);
		if (!seq_before(n->from, tcb->snd_una))
			break;
		end = seq_min(n->to, tcb->snd_una);
		if (first) {
			sent = n->sent;
			once = true;
			first = false;
		}
		once &= !(n->flags & (RUB_N_AGAIN | RUB_N_SACKED));
		if (!(n->flags & RUB_N_SACKED)) {
			news->delivered += end - n->from;
			rub_rack_delivered(tcb, n, end, seg, env);
		}
		rub_rec_trim(out, i, end);
	}
	if (once)
		rub_hystart_sample(tcb, env->now - sent);
	if (seq_before(tcb->snd_una, tcb->rtt_seq))
		return;
	tcb->rtt_seq = tcb->snd_una; /* it follows, lest it seem to lie ahead one day */
	if (!first)
		measure(tcb, sent, once, seg, env);
}

static void take_block(struct rub_tcb *tcb, u32 from, u32 to, const struct rub_seg *seg,
		       const struct rub_env *env, struct rub_news *news)
{
	struct rub_out *out = &tcb->out;
	const struct rub_node *n;
	u32 next;
	u16 i;

	for (; seq_before(from, to); from = next) {
		i = rub_rec_first(out, RUB_N_FLYING | RUB_N_LOST, from);
		if (i == RUB_NO_NODE)
			return;
		n = rub_rec(out, i);
		if (!seq_before(n->from, to))
			return;
		next = seq_min(n->to, to);
		if (seq_before(n->from, from) || seq_before(to, n->to)) {
			if (!rub_rec_room(out)) {
				news->blind = true;
				if (n->flags & RUB_N_LOST)
					rub_rec_set(out, i, RUB_N_LOST); /* cut below in vain */
				continue;
			}
			if (seq_before(n->from, from)) {
				rub_rec_split(out, i, from);
				next = from;
				continue;
			}
			rub_rec_split(out, i, to);
		}
		rub_rack_delivered(tcb, n, n->to, seg, env);
		news->sacked += rub_rec_len(n);
		news->delivered += rub_rec_len(n);
		rub_rec_set(out, i, RUB_N_SACKED);
	}
}

/* RFC 2883 section 4: the first block is a duplicate if it is acknowledged, or inside the next. */
static bool is_dsack(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	const struct rub_range *b = seg->sack;

	if (!seq_before(b->from, b->to) || seq_after(b->to, tcb->snd_max) ||
	    seq_before(b->from, tcb->snd_una - tcb->snd_wnd_max))
		return false;
	if (!seq_after(b->to, seg->ack))
		return true;
	return seg->n_sack > 1 && !seq_before(b->from, b[1].from) && !seq_after(b->to, b[1].to);
}

/*
 * What may be true of a block: above SND.UNA (or it would be acknowledged), not above SND.MAX, and
 * not upside down. Probes beyond SND.NXT have no record.
 */
static bool is_credible(const struct rub_tcb *tcb, const struct rub_range *b)
{
	return seq_before(b->from, b->to) && seq_after(b->from, tcb->snd_una) &&
	       !seq_after(b->to, tcb->snd_max);
}

/* From the lowest up: RFC 8985 section 6.2 step 3 would else see reordering where there is none. */
void rub_sack_blocks_in(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
			struct rub_news *news)
{
	struct rub_range sorted[RUB_SACK_MAX];
	u32 i, j, n = 0;

	if (seg->n_sack && is_dsack(tcb, seg)) {
		news->dsack = true;
		news->again = seg->sack[0];
	}
	for (i = news->dsack; i < seg->n_sack; i++) {
		if (!is_credible(tcb, &seg->sack[i]))
			continue;
		for (j = n++; j && seq_before(seg->sack[i].from, sorted[j - 1].from); j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = seg->sack[i];
	}
	for (i = 0; i < n; i++)
		take_block(tcb, sorted[i].from, sorted[i].to, seg, env, news);
}

/* IsLost(): DupThresh ranges, or more than DupThresh - 1 segments' bytes, SACKed above it. */
static bool lost_below(const struct rub_tcb *tcb, u32 *edge)
{
	const struct rub_out *out = &tcb->out;
	u32 ranges = 0, bytes = 0;
	u16 i;

	for (*edge = tcb->snd_nxt; ranges < RUB_DUPTHRESH; ranges++) {
		if (bytes > (RUB_DUPTHRESH - 1) * tcb->snd_mss)
			return true;
		i = rub_rec_last(out, RUB_N_SACKED, *edge);
		if (i == RUB_NO_NODE)
			return false;
		*edge = rub_rec_at(out, i)->from;
		bytes += rub_rec_len(rub_rec_at(out, i));
	}
	return true;
}

bool rub_sack_detect(struct rub_tcb *tcb)
{
	struct rub_out *out = &tcb->out;
	const struct rub_node *n;
	u32 edge, seq = tcb->snd_una;
	bool any = false;
	u16 i;

	if (!lost_below(tcb, &edge))
		return false;
	while ((i = rub_rec_first(out, RUB_N_FLYING, seq)) != RUB_NO_NODE) {
		n = rub_rec(out, i);
		seq = n->to;
		if (!seq_before(n->from, edge))
			break;
		/* What was sent again is judged by time alone, or by the timeout. */
		if (n->flags & RUB_N_AGAIN)
			continue;
		rub_rec_set(out, i, RUB_N_LOST);
		any = true;
	}
	return any;
}
