// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explicit congestion notification of a connection whose sides agreed on it (RFC 3168 section
 * 6.1): a mark that a router set is echoed until the sender says that it heard, and the sender
 * reduces its window once for a window of data, as for a loss.
 */
#include "core/tcb.h"

static bool agreed(const struct rub_tcb *tcb)
{
	return tcb->opts & RUB_OPT_ECN && !(tcb->flags & RUB_F_SYN_OUT);
}

/* Section 6.1.2: for whatever reason. */
void rub_ecn_reduced(struct rub_tcb *tcb)
{
	if (agreed(tcb))
		tcb->flags |= RUB_F_CWR;
}

/* Section 6.1.3. A CWR packet may bring a new mark itself. Without agreement it is never echoed. */
void rub_ecn_arrived(struct rub_tcb *tcb, const struct rub_seg *seg)
{
	if (seg->flags & RUB_CWR)
		rub_clear(tcb, RUB_F_ECE);
	if (seg->ecn == RUB_CE)
		tcb->flags |= RUB_F_ECE;
}

/*
 * Section 6.1.2: cwnd has a floor of one segment, though ssthresh has one of two (RFC 5681). From
 * there on only time can reduce the rate: the next segment waits for the retransmission timer.
 */
static void reduce(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;
	u32 mss = tcb->snd_mss;

	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
	else if (cc->cwnd > mss)
		cc->cwnd = max_t(u32, cc->cwnd / 2, mss);
	else
		cc->echoed = env->now;
}

/* Section 6.1.2. An echo of what left before the last reduction, a loss's too, is no news. */
void rub_ecn_echo(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;

	cc->marked = agreed(tcb) && seg->flags & RUB_ECE;
	if (!cc->marked || tcb->snd_una == tcb->snd_max || !seq_after(seg->ack, cc->reduced))
		return;
	rub_cc_congestion(tcb, tcb->snd_max - tcb->snd_una, env);
	tcb->loss.undo = false; /* what came before is no longer what an undo would bring back */
	reduce(tcb, env);
}

/*
 * ECT on what leaves for the first time and fits the peer's window: sections 6.1.4 (no pure
 * ACK), 6.1.5 (no retransmission) and 6.1.6 (no probe); never after a SYN without ECN.
 */
void rub_ecn_mark(const struct rub_tcb *tcb, struct rub_tx *tx)
{
	if (!agreed(tcb) || !(tx->flags & RUB_ACK))
		return;
	if (tcb->flags & RUB_F_ECE)
		tx->flags |= RUB_ECE;
	if (tcb->flags & RUB_F_NO_ECT || tx->unit != RUB_UNIT_DATA || tx->again || !tx->len)
		return;
	tx->ecn = RUB_ECT0;
	if (tcb->flags & RUB_F_CWR)
		tx->flags |= RUB_CWR;
}
