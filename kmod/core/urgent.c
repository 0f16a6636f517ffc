// SPDX-License-Identifier: GPL-2.0-only
/*
 * The urgent pointer: RFC 9293 section 3.8.5, RFC 6093. It points behind the urgent data (MUST-62),
 * which stays in the stream (RFC 6093 section 4); the pointer is only told of. However far away the
 * end of it is (MUST-31): a header can say 65535, and the next one says more.
 */
#include "core/tcb.h"

void rub_urgent_queued(struct rub_tcb *tcb)
{
	tcb->snd_up = tcb->snd_end;
	tcb->flags |= RUB_F_URGENT;
}

bool rub_urgent_from(const struct rub_tcb *tcb, u32 seq)
{
	return tcb->flags & RUB_F_URGENT && seq_before(seq, tcb->snd_up);
}

void rub_urgent_mark(const struct rub_tcb *tcb, struct rub_tx *tx)
{
	u32 ahead = tcb->snd_up - tx->seq;

	if (!rub_urgent_from(tcb, tx->seq) || tcb->flags & RUB_F_SYN_OUT)
		return;
	tx->flags |= RUB_URG;
	tx->urg = (u16)min_t(u32, ahead, RUB_URGENT_MAX);
}

void rub_urgent_acked(struct rub_tcb *tcb)
{
	if (!rub_urgent_from(tcb, tcb->snd_una))
		rub_clear(tcb, RUB_F_URGENT);
}

/* MUST-32: the process hears of it when there was none before, and whenever it advances. */
void rub_urgent_take(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx)
{
	u32 up = seg->seq + seg->urg;

	if (!(seg->flags & RUB_URG) || !rub_may_receive(tcb) || !seq_after(up, tcb->rcv_up))
		return;
	tcb->rcv_up = up;
	rx->mask |= RUB_RX_URGENT;
	rx->urgent = up;
}

/* A pointer that was passed means nothing any more, and must not look new when numbers wrap. */
void rub_urgent_advance(struct rub_tcb *tcb)
{
	tcb->rcv_up = seq_max(tcb->rcv_up, tcb->rcv_nxt);
}
