// SPDX-License-Identifier: GPL-2.0-only
/*
 * Was a response to loss wrong? Three ways to tell: D-SACK calls everything superfluous that went
 * again (RFC 2883), timestamps show that originals were answered (RFC 3522, RFC 4015), or after a
 * timeout something is acknowledged that did not go again: F-RTO (RFC 5682, basic and with SACK).
 * What follows from it is recovery.c's concern.
 */
#include "core/tcb.h"

/*
 * Step 1, when the retransmission timer expires, before anything changes. Not while something is
 * missing already, for what fills that hole acknowledges originals, too; but again where the timer
 * expires again for the same segment. What SACK told must not be news a second time.
 */
void rub_frto_begin(struct rub_tcb *tcb)
{
	struct rub_loss *loss = &tcb->loss;
	bool whole = loss->mode == RUB_LOSS_OPEN && !tcb->out.lost;

	if (!whole && (loss->mode != RUB_LOSS_TIMEOUT || loss->frto != RUB_FRTO_AGAIN))
		loss->frto = RUB_FRTO_OFF;
	else
		loss->frto = tcb->out.sacked ? RUB_FRTO_OFF : RUB_FRTO_AGAIN;
	loss->frto_end = tcb->snd_una;
}

/* [.., to) went again: the timer's segment, or slow start goes on as if there were no F-RTO. */
void rub_frto_again(struct rub_tcb *tcb, u32 to)
{
	struct rub_loss *loss = &tcb->loss;

	if (loss->frto == RUB_FRTO_AGAIN)
		loss->frto_end = seq_max(loss->frto_end, to);
	else
		loss->frto = RUB_FRTO_OFF;
}

/* Step 2: all that went again is acknowledged, and not everything: two new segments may tell. */
static void frto_first(struct rub_tcb *tcb, const struct rub_news *news)
{
	struct rub_loss *loss = &tcb->loss;

	/* A duplicate tells nothing with SACK, and of reordering without. */
	if (!news->acked && (tcb->opts & RUB_OPT_SACK || !news->duplicate))
		return;
	if (news->acked && !seq_before(tcb->snd_una, loss->frto_end) &&
	    seq_before(tcb->snd_una, loss->recover))
		loss->frto = RUB_FRTO_NEW;
	else
		loss->frto = RUB_FRTO_OFF;
}

/* Does @seg, by ACK or SACK, tell of more than what had left when the timer expired? */
static bool covers_new(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	u32 i;

	for (i = 0; i < seg->n_sack; i++)
		if (seq_after(seg->sack[i].to, tcb->loss.recover))
			return true;
	return seq_after(tcb->snd_una, tcb->loss.recover);
}

/* Step 3: the next ACK, by an original or by what left since? In the latter case cwnd is 3 MSS. */
static bool frto_second(struct rub_tcb *tcb, const struct rub_seg *seg,
			const struct rub_news *news)
{
	bool sack = tcb->opts & RUB_OPT_SACK;

	if (!news->acked && !news->duplicate && (!news->sacked || seg->ack != tcb->snd_una))
		return false;
	tcb->loss.frto = RUB_FRTO_OFF;
	if (sack ? news->delivered && !covers_new(tcb, seg) : news->acked)
		return true;
	if (!news->acked)
		tcb->cc.cwnd = RUB_FRTO_SEGMENTS * tcb->snd_mss;
	else
		tcb->cc.limited = tcb->snd_una; /* slow start adds one to two */
	return false;
}

static bool frto(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news)
{
	struct rub_loss *loss = &tcb->loss;

	/* A window probe took bytes along that are not marked as sent again. */
	if (tcb->clock == RUBATO_CLOCK_PERSIST)
		loss->frto = RUB_FRTO_OFF;
	if (loss->frto == RUB_FRTO_AGAIN)
		frto_first(tcb, news);
	else if (loss->frto == RUB_FRTO_NEW)
		return frto_second(tcb, seg, news);
	return false;
}

/* D-SACK has called everything superfluous that was sent again. */
static bool all_superfluous(struct rub_tcb *tcb, const struct rub_news *news)
{
	struct rub_loss *loss = &tcb->loss;
	u32 len = news->again.to - news->again.from;

	if (!news->dsack || !loss->undo || !loss->again ||
	    seq_before(news->again.from, loss->start) ||
	    seq_after(news->again.to, loss->recover))
		return false;
	loss->again -= len < loss->again ? len : loss->again;
	return !loss->again;
}

/*
 * RFC 4015: TSecr is of a segment that left before the first that was sent again. After a timeout
 * the first acknowledgement tells; in fast recovery only the last: one may be lost, another late.
 */
static bool originals_arrived(const struct rub_tcb *tcb, const struct rub_seg *seg,
			      const struct rub_news *news)
{
	const struct rub_loss *loss = &tcb->loss;

	if (!news->acked || !loss->undo || loss->mode == RUB_LOSS_OPEN || !loss->again_at)
		return false;
	if (loss->mode == RUB_LOSS_TIMEOUT ? tcb->snd_una - news->acked != loss->start :
					     seq_before(tcb->snd_una, loss->recover))
		return false;
	return rub_echoes_before(tcb, seg, loss->again_at);
}

bool rub_spurious(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news)
{
	/* Each has to take note of what it is told. */
	bool wrong = frto(tcb, seg, news);

	wrong |= originals_arrived(tcb, seg, news);
	wrong |= all_superfluous(tcb, news);
	return wrong;
}
