// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive window: what is offered, and when a larger one is worth a segment of its own.
 * RFC 9293 section 3.8.6.2.2: silly-window avoidance of the receiver.
 */
#include "core/tcb.h"

/* Half of the buffer as far as the window can offer it: Fr * RCV.BUFF. */
static u32 half_buffer(const struct rub_env *env)
{
	u32 buf = env->rcv_buf && env->rcv_buf < RUB_WINDOW_MAX ? env->rcv_buf : RUB_WINDOW_MAX;

	return buf / 2;
}

/* RFC 9293 section 3.8.6.2.2: the right edge moves by a worthwhile step or not at all. */
u32 rub_window(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 cur = tcb->rcv_edge - tcb->rcv_nxt, step = env->adv_mss;
	u32 free = env->rcv_free < RUB_WINDOW_MAX ? env->rcv_free : RUB_WINDOW_MAX;

	if (half_buffer(env) < step)
		step = half_buffer(env);
	return free > cur && free - cur >= step ? free : cur;
}

/* The process has read: is the window so much larger that the peer should hear of it? */
bool rub_window_update_due(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 cur = tcb->rcv_edge - tcb->rcv_nxt, wnd = rub_window(tcb, env);

	if (!rub_synchronized(tcb) || !rub_may_receive(tcb))
		return false;
	return wnd != cur && (cur < env->adv_mss || wnd - cur >= 2U * env->adv_mss ||
			      wnd - cur >= half_buffer(env));
}
