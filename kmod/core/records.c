// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of what is in flight: memory that the shell lends, linked by index.
 */
#include "core/tcb.h"

struct rub_node *rub_lend(struct rub_tcb *tcb, struct rub_node *nodes, u16 n)
{
	struct rub_node *before = tcb->out.lent;

	if (before)
		memcpy(nodes, before, tcb->out.n_lent * sizeof(*nodes));
	tcb->out.lent = nodes;
	tcb->out.n_lent = n;
	return before;
}

struct rub_node *rub_unlend(struct rub_tcb *tcb)
{
	struct rub_node *lent = tcb->out.lent;

	tcb->out.lent = NULL;
	tcb->out.n_lent = 0;
	return lent;
}
