// SPDX-License-Identifier: GPL-2.0-only
/*
 * What came out of order: a bounded, sorted list of disjoint ranges beyond RCV.NXT. The
 * bytes themselves are with the shell.
 */
#include "core/tcb.h"

bool rub_ooo_has(const struct rub_tcb *tcb, u32 from, u32 to)
{
	u32 i;

	for (i = 0; i < tcb->n_ooo; i++)
		if (!seq_before(from, tcb->ooo[i].from) && !seq_after(to, tcb->ooo[i].to))
			return true;
	return false;
}

static void remove_ranges(struct rub_tcb *tcb, u32 at, u32 n)
{
	memmove(&tcb->ooo[at], &tcb->ooo[at + n], (tcb->n_ooo - at - n) * sizeof(tcb->ooo[0]));
	tcb->n_ooo -= n;
}

/* [from, to) is not wholly held. Merges with whatever it overlaps or touches. */
enum rubato_reason rub_ooo_add(struct rub_tcb *tcb, u32 from, u32 to)
{
	u32 i, end;

	for (i = 0; i < tcb->n_ooo && seq_before(tcb->ooo[i].to, from); i++)
		;
	for (end = i; end < tcb->n_ooo && !seq_after(tcb->ooo[end].from, to); end++) {
		from = seq_min(from, tcb->ooo[end].from);
		to = seq_max(to, tcb->ooo[end].to);
	}
	if (end == i) {
		if (tcb->n_ooo == RUB_OOO_MAX)
			return RUBATO_REASON_OOO_FULL;
		memmove(&tcb->ooo[i + 1], &tcb->ooo[i], (tcb->n_ooo - i) * sizeof(tcb->ooo[0]));
		tcb->n_ooo++;
	} else {
		remove_ranges(tcb, i + 1, end - i - 1);
	}
	tcb->ooo[i].from = from;
	tcb->ooo[i].to = to;
	return RUBATO_REASON_NONE;
}

void rub_ooo_advance(struct rub_tcb *tcb)
{
	u32 n;

	for (n = 0; n < tcb->n_ooo && !seq_after(tcb->ooo[n].from, tcb->rcv_nxt); n++)
		tcb->rcv_nxt = seq_max(tcb->rcv_nxt, tcb->ooo[n].to);
	remove_ranges(tcb, 0, n);
}
