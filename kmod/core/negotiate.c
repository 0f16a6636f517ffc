// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a SYN offers and what both sides agree on: window scale (RFC 7323 section 2), timestamps
 * (section 3.2), SACK (RFC 2018 section 2), ECN (RFC 3168 section 6.1.1), MSS (RFC 9293 section
 * 3.7.1). Used by both ends of an open: connection, half-open entry, cookie.
 */
#include "core/tcb.h"

u8 rub_offer(const struct rub_policy *policy)
{
	const struct rub_knobs *knobs = &policy->knobs;
	u8 opts = 0;

	if (knobs->timestamps)
		opts |= RUB_OPT_TS;
	if (knobs->sack)
		opts |= RUB_OPT_SACK;
	if (knobs->window_scale)
		opts |= RUB_OPT_WSCALE;
	if (knobs->ecn)
		opts |= RUB_OPT_ECN;
	return opts;
}

/* RFC 3168 section 6.1.1: an ECN-setup SYN has both flags, an ECN-setup SYN+ACK has ECE only. */
static bool ecn_setup(const struct rub_seg *syn)
{
	u8 ecn = syn->flags & (RUB_ECE | RUB_CWR);

	return ecn == (syn->flags & RUB_ACK ? RUB_ECE : (RUB_ECE | RUB_CWR));
}

u8 rub_negotiate(const struct rub_seg *syn, u8 offered)
{
	u8 theirs = syn->opts & (RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);

	if (ecn_setup(syn))
		theirs |= RUB_OPT_ECN;
	return theirs & offered;
}

/* RFC 7323 section 2.3: the smallest shift with which the whole buffer can be offered. */
u8 rub_own_scale(const struct rub_env *env)
{
	u32 most = env->rcv_max ? env->rcv_max : env->rcv_buf;
	u8 shift = 0;

	if (most < env->rcv_free)
		most = env->rcv_free;
	while (shift < RUB_WSCALE_MAX && most >> shift > RUB_WINDOW_MAX)
		shift++;
	return shift;
}

/* RFC 7323 section 2.3: more than 14 means 14. */
u8 rub_peer_scale(const struct rub_seg *syn)
{
	return syn->wscale < RUB_WSCALE_MAX ? syn->wscale : RUB_WSCALE_MAX;
}

void rub_tx_offer(struct rub_tx *tx, u8 opts, u8 scale)
{
	tx->opts |= opts & (RUB_OPT_SACK | RUB_OPT_WSCALE);
	if (opts & RUB_OPT_WSCALE)
		tx->wscale = scale;
	if (opts & RUB_OPT_ECN)
		tx->flags |= tx->flags & RUB_ACK ? RUB_ECE : (RUB_ECE | RUB_CWR);
}

/* RFC 9293 section 3.7.1: Eff.snd.MSS = min(SendMSS, MMS_S) less the options of every segment. */
u16 rub_eff_mss(u16 announced, u16 path_mss, u8 opts)
{
	u32 mss = announced ? announced : RUB_MSS_DEFAULT;
	u32 space = opts & RUB_OPT_TS ? RUB_TS_SPACE : 0;

	if (mss < RUB_MSS_FLOOR)
		mss = RUB_MSS_FLOOR;
	mss = mss < path_mss ? mss : path_mss;
	/* Never nothing, whatever path is told: a segment must move something. */
	return (u16)(mss > space ? mss - space : 1);
}
