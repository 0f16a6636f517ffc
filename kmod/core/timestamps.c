// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timestamps: the clock (RFC 7323 section 5.4), which one to echo (section 4.3), and PAWS
 * (sections 5.3 and 5.5). Used by connections, half-open entries and TIME_WAIT alike.
 */
#include "core/tcb.h"

/* Real time, whatever the tempo; an offset of the address pair hides how long the host is up. */
u32 rub_tsval(const struct rub_env *env, u32 offset)
{
	return (u32)div_u64(env->now, RUB_TS_TICK) + offset;
}

/* Section 3.2: TSecr is zero without an ACK. */
void rub_tx_timestamp(struct rub_tx *tx, const struct rub_env *env, u32 offset, u32 recent)
{
	tx->opts |= RUB_OPT_TS;
	tx->tsval = rub_tsval(env, offset);
	tx->tsecr = tx->flags & RUB_ACK ? recent : 0;
}

/* Section 5.2: half the circle apart, neither is later. Sequence numbers leave that open. */
bool rub_ts_later(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/* Rule R1 with section 5.5: what was taken too long ago proves nothing. */
bool rub_paws_old(const struct rub_seg *seg, u32 recent, rub_ns recent_at, rub_ns now)
{
	if (!(seg->opts & RUB_OPT_TS) || seg->flags & RUB_RST)
		return false;
	return rub_ts_later(recent, seg->tsval) && now - recent_at <= RUB_PAWS_IDLE;
}

/*
 * Rule R3. Not before the ACK field was found good: whoever guesses a sequence number only could
 * push TS.Recent ahead, and PAWS would refuse the peer from then on (CVE-2005-0356).
 */
void rub_ts_take(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env)
{
	if (!(tcb->opts & seg->opts & RUB_OPT_TS) || seq_after(seg->seq, tcb->last_ack_sent))
		return;
	/* An older one has passed rub_paws_old(): then the idle one is replaced. */
	tcb->ts_recent = seg->tsval;
	tcb->ts_recent_at = env->now;
}
