// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SACK options that we send: RFC 2018 section 4 (which blocks, in which order) and RFC 2883
 * section 4 (what came twice). The ranges themselves are reassembly.c's; here is only in which
 * order they changed.
 */
#include "core/tcb.h"

/* Bytes of an option with its padding (RFC 2018 section 3, RFC 7323 appendix A), and of a block. */
#define HEAD	4U
#define BLOCK	8U

/* Blocks that fit beside the options that @tx has. */
static u32 room(const struct rub_tcb *tcb, const struct rub_tx *tx)
{
	u32 bytes = RUB_OPTIONS_MAX - rub_options_len(tx);

	/* On a path for tiny segments payload goes before blocks. */
	bytes = min_t(u32, bytes, tcb->snd_mss / 2U);
	return bytes < HEAD ? 0 : (bytes - HEAD) / BLOCK;
}

u32 rub_sack_space(const struct rub_tx *tx)
{
	return tx->n_sack ? HEAD + tx->n_sack * BLOCK : 0;
}

static const struct rub_range *range_of(const struct rub_tcb *tcb, u32 seq)
{
	u32 i;

	for (i = 0; i < tcb->n_ooo; i++)
		if (!seq_before(seq, tcb->ooo[i].from) && seq_before(seq, tcb->ooo[i].to))
			return &tcb->ooo[i];
	return NULL;
}

/* Ranges that have merged count once, those that RCV.NXT has passed not at all. */
void rub_sack_touch(struct rub_tcb *tcb, u32 seq)
{
	const struct rub_range *touched = range_of(tcb, seq), *range;
	u32 recent[RUB_SACK_MAX], n = 0, i;

	recent[n++] = seq;
	for (i = 0; i < tcb->n_recent && n < RUB_SACK_MAX; i++) {
		range = range_of(tcb, tcb->recent[i]);
		if (range && range != touched)
			recent[n++] = tcb->recent[i];
	}
	memcpy(tcb->recent, recent, n * sizeof(recent[0]));
	tcb->n_recent = n;
}

/* The first part of [from, to) that is held or delivered already; empty if none is. */
static struct rub_range duplicate(const struct rub_tcb *tcb, u32 from, u32 to)
{
	struct rub_range dup = { from, from };
	u32 i;

	if (seq_before(from, tcb->rcv_nxt)) {
		dup.to = seq_min(to, tcb->rcv_nxt);
		return dup;
	}
	for (i = 0; i < tcb->n_ooo; i++) {
		if (!seq_after(tcb->ooo[i].to, from))
			continue;
		if (seq_before(tcb->ooo[i].from, to)) {
			dup.from = seq_max(from, tcb->ooo[i].from);
			dup.to = seq_min(to, tcb->ooo[i].to);
		}
		break;
	}
	return dup;
}

/*
 * The latest one counts (section 4, (1)). Pieces of what may have been one segment are told as
 * one while no ACK has left.
 */
void rub_sack_duplicate(struct rub_tcb *tcb, u32 from, u32 to)
{
	struct rub_range dup, *told = &tcb->dsack;

	if (!(tcb->opts & RUB_OPT_SACK))
		return;
	dup = duplicate(tcb, from, to);
	if (dup.from == dup.to)
		return;
	if (told->from != told->to && told->to == dup.from)
		told->to = dup.to;
	else
		*told = dup;
}

/* Unless one of the blocks from number @first on is the same. */
static void add_block(struct rub_tx *tx, u32 first, const struct rub_range *range)
{
	u32 i;

	for (i = first; i < tx->n_sack; i++)
		if (tx->sack[i].from == range->from)
			return;
	tx->sack[tx->n_sack++] = *range;
}

void rub_sack_blocks(const struct rub_tcb *tcb, struct rub_tx *tx)
{
	const struct rub_range *range;
	u32 most, first = 0, i;

	if (!(tcb->opts & RUB_OPT_SACK) || tcb->flags & RUB_F_SYN_OUT)
		return;
	most = room(tcb, tx);
	if (tcb->dsack.from != tcb->dsack.to && most) {
		tx->sack[tx->n_sack++] = tcb->dsack;
		first = 1;
	}
	for (i = 0; i < tcb->n_recent && tx->n_sack < most; i++) {
		range = range_of(tcb, tcb->recent[i]);
		if (range)
			add_block(tx, first, range);
	}
	/* Merging has left room: what has not changed for longer. */
	for (i = 0; i < tcb->n_ooo && tx->n_sack < most; i++)
		add_block(tx, first, &tcb->ooo[i]);
}

void rub_sack_told(struct rub_tcb *tcb, const struct rub_tx *tx)
{
	if (tx->n_sack)
		tcb->dsack.to = tcb->dsack.from;
}
