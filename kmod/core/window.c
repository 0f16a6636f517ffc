// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive window: what is offered, how it stands in a header, and when a larger one is worth
 * a segment of its own. RFC 9293 section 3.8.6.2.2: silly-window avoidance of the receiver;
 * RFC 7323 sections 2.3 and 2.4: scaling, and edges that it rounds.
 */
#include "core/tcb.h"

/* RFC 7323 section 2.2: the window of a SYN is never scaled. */
static u8 scale_of(const struct rub_tcb *tcb, u8 flags)
{
	return flags & RUB_SYN ? 0 : tcb->rcv_scale;
}

/* A full segment of the peer's. */
static u32 full_segment(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return rub_eff_mss(env->adv_mss, env->adv_mss, tcb->opts);
}

static u32 whole_units(u32 bytes, u8 scale)
{
	return bytes >> scale << scale;
}

/* As far as a header can say it. */
static u32 offerable(u32 bytes, u8 scale)
{
	return min_t(u32, bytes, RUB_WINDOW_MAX << scale);
}

/* Fr * RCV.BUFF, as far as the window can offer it; never nothing. */
static u32 half_buffer(const struct rub_env *env, u8 scale)
{
	u32 most = offerable(env->rcv_buf ? env->rcv_buf : RUB_CWND_MAX, scale);

	return most - most / 2;
}

/* Section 3.8.6.2.2: the right edge moves by a worthwhile step or not at all. To: 0 for not. */
static u32 step_to(const struct rub_tcb *tcb, const struct rub_env *env, u8 scale)
{
	u32 step = min_t(u32, full_segment(tcb, env), half_buffer(env, scale));
	u32 free = whole_units(offerable(env->rcv_free, scale), scale);
	u32 cur = tcb->rcv_edge - tcb->rcv_nxt;

	return free >= cur + step ? free : 0;
}

/*
 * RFC 7323 section 2.4: an edge that stays cannot always be said. It is rounded up if there is
 * room; else down, and what rcv_edge promised is taken all the same.
 */
static u32 window(const struct rub_tcb *tcb, const struct rub_env *env, u8 scale)
{
	u32 cur = tcb->rcv_edge - tcb->rcv_nxt, wnd = step_to(tcb, env, scale);

	if (wnd)
		return wnd;
	wnd = whole_units(cur + (1U << scale) - 1, scale);
	return wnd <= offerable(env->rcv_free, scale) ? wnd : whole_units(cur, scale);
}

u16 rub_window_field(const struct rub_tcb *tcb, const struct rub_env *env, u8 flags)
{
	u8 scale = scale_of(tcb, flags);

	return (u16)(offerable(window(tcb, env, scale), scale) >> scale);
}

u32 rub_window_bytes(const struct rub_tcb *tcb, u16 field, u8 flags)
{
	return (u32)field << scale_of(tcb, flags);
}

/* The process has read: is the window so much larger that the peer should hear of it? */
bool rub_window_update_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 cur = tcb->rcv_edge - tcb->rcv_nxt, wnd = step_to(tcb, env, tcb->rcv_scale);
	u32 mss = full_segment(tcb, env);

	if (!wnd || !rub_synchronized(tcb) || !rub_may_receive(tcb))
		return false;
	return cur < mss || wnd - cur >= 2 * mss ||
	       wnd - cur >= half_buffer(env, tcb->rcv_scale);
}
