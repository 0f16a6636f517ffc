// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control: slow start, congestion avoidance and fast retransmit (RFC 5681),
 * NewReno's fast recovery (RFC 6582), the initial window (RFC 6928). Bytes, never segments.
 */
#include "core/tcb.h"

static u32 flight(const struct rub_tcb *tcb)
{
	return tcb->snd_max - tcb->snd_una;
}

static u32 half_flight(const struct rub_tcb *tcb)
{
	u32 half = flight(tcb) / 2, floor = 2U * tcb->snd_mss;

	return half > floor ? half : floor;
}

void rub_cc_init(struct rub_tcb *tcb)
{
	u32 mss = tcb->snd_mss, cap = 2 * mss > RUB_IW_BYTES ? 2 * mss : RUB_IW_BYTES;

	tcb->ssthresh = ~0U;
	tcb->recover = tcb->iss;
	/* RFC 5681 section 3.1: one segment after a lost SYN. */
	if (tcb->flags & RUB_F_SYN_LOST)
		tcb->cwnd = mss;
	else
		tcb->cwnd = RUB_IW_SEGMENTS * mss < cap ? RUB_IW_SEGMENTS * mss : cap;
}

static void open_window(struct rub_tcb *tcb, u32 acked)
{
	u32 mss = tcb->snd_mss, more;

	if (tcb->cwnd < tcb->ssthresh)
		more = acked < mss ? acked : mss;
	else
		more = mss * mss / tcb->cwnd ? mss * mss / tcb->cwnd : 1;
	if (tcb->cwnd < ~0U - more)
		tcb->cwnd += more;
}

/* RFC 6582 section 3.2: step 3 for a partial acknowledgement, step 4 for a full one. */
static void recover(struct rub_tcb *tcb, u32 acked)
{
	u32 mss = tcb->snd_mss, left = flight(tcb);

	if (!seq_before(tcb->snd_una, tcb->recover)) {
		left = (left > mss ? left : mss) + mss;
		tcb->cwnd = tcb->ssthresh < left ? tcb->ssthresh : left;
		tcb->flags &= (u16)~(RUB_F_RECOVERY | RUB_F_FAST);
		return;
	}
	tcb->cwnd = tcb->cwnd > acked ? tcb->cwnd - acked : 0;
	if (acked >= mss)
		tcb->cwnd += mss;
	if (tcb->cwnd < mss)
		tcb->cwnd = mss;
	tcb->flags |= RUB_F_FAST;
}

void rub_cc_acked(struct rub_tcb *tcb, u32 acked)
{
	tcb->dupacks = 0;
	if (tcb->flags & RUB_F_RECOVERY) {
		recover(tcb, acked);
		return;
	}
	open_window(tcb, acked);
	/* It follows, or 2 GiB later it would seem to lie ahead. */
	if (seq_after(tcb->snd_una, tcb->recover))
		tcb->recover = tcb->snd_una - 1;
}

void rub_cc_duplicate(struct rub_tcb *tcb)
{
	if (tcb->flags & RUB_F_RECOVERY) {
		tcb->cwnd += tcb->snd_mss;
		return;
	}
	if (++tcb->dupacks != RUB_DUPTHRESH)
		return;
	/* RFC 6582 section 3.2 step 2: not again for what an earlier recovery sent. */
	if (!seq_after(tcb->snd_una, tcb->recover))
		return;
	tcb->ssthresh = half_flight(tcb);
	tcb->recover = tcb->snd_max;
	tcb->cwnd = tcb->ssthresh + RUB_DUPTHRESH * tcb->snd_mss;
	tcb->flags |= RUB_F_RECOVERY | RUB_F_FAST;
}

/* RFC 5681 section 3.1 and RFC 6582 section 3.2 step 5. Before snd_nxt is pulled back. */
void rub_cc_timeout(struct rub_tcb *tcb)
{
	if (!tcb->run.tries)
		tcb->ssthresh = half_flight(tcb);
	tcb->cwnd = tcb->snd_mss;
	tcb->recover = tcb->snd_max;
	tcb->dupacks = 0;
	tcb->flags &= (u16)~(RUB_F_RECOVERY | RUB_F_FAST);
}
