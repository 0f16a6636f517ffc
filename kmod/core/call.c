// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process asks for: RFC 9293 sections 3.10.1 to 3.10.5. Listening is not here: a
 * listener has no connection of its own.
 */
#include "core/tcb.h"

/* The segment that a call queued, as it would leave now. */
static void cause(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx, u32 seq,
		  u8 flags)
{
	rx->mask |= RUB_RX_CAUSE;
	rx->cause_seq = seq;
	rx->cause_ack = flags & RUB_ACK ? tcb->rcv_nxt : 0;
	rx->cause_flags = flags;
	rx->cause_wnd = flags & RUB_RST ? 0 : rub_window_field(tcb, env, flags);
}

static int call_open(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx)
{
	if (tcb->state != RUBATO_CLOSED)
		return -EISCONN;
	rub_renew(tcb);
	tcb->flags |= RUB_F_SYN_OUT;
	tcb->iss = rub_isn(env);
	tcb->snd_una = tcb->iss;
	tcb->snd_nxt = tcb->iss;
	tcb->snd_max = tcb->iss;
	tcb->snd_end = tcb->iss + 1;
	tcb->adv_mss = env->adv_mss;
	tcb->opts = rub_offer(env->policy);
	tcb->rcv_scale = rub_own_scale(env);
	tcb->ts_offset = env->ts_offset;
	tcb->snd_mss = rub_eff_mss(0, env->path_mss, 0);
	cause(tcb, env, rx, tcb->iss,
	      tcb->opts & RUB_OPT_ECN ? RUB_SYN | RUB_ECE | RUB_CWR : RUB_SYN);
	rub_enter(tcb, rx, RUBATO_SYN_SENT);
	return 0;
}

static int call_send(struct rub_tcb *tcb, u32 bytes, bool urgent)
{
	if (tcb->state == RUBATO_CLOSED)
		return -ENOTCONN;
	if (!rub_may_send(tcb))
		return -EPIPE;
	tcb->snd_end += bytes;
	if (urgent && bytes)
		rub_urgent_queued(tcb);
	return 0;
}

static int call_receive(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->state == RUBATO_CLOSED)
		return -ENOTCONN;
	if (rub_window_update_due(tcb, env))
		tcb->flags |= RUB_F_ACK;
	return 0;
}

/* The state is entered now, not when the FIN leaves: it may wait behind what is queued. */
static void queue_fin(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx,
		      enum rubato_state state)
{
	tcb->flags |= RUB_F_FIN;
	cause(tcb, env, rx, tcb->snd_end, RUB_FIN | RUB_ACK);
	rub_enter(tcb, rx, state);
}

static int call_shutdown(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx)
{
	switch (tcb->state) {
	case RUBATO_CLOSED:
		return -ENOTCONN;
	case RUBATO_SYN_SENT:
		rub_die(tcb, rx, 0);
		return 0;
	case RUBATO_SYN_RCVD:
	case RUBATO_ESTABLISHED:
		queue_fin(tcb, env, rx, RUBATO_FIN_WAIT_1);
		return 0;
	case RUBATO_CLOSE_WAIT:
		queue_fin(tcb, env, rx, RUBATO_LAST_ACK);
		return 0;
	default:
		return 0; /* the FIN is on its way already */
	}
}

/* Section 3.10.5. @error is what the process is told. */
static int call_abort(struct rub_tcb *tcb, int error, const struct rub_env *env,
		      struct rub_rx *rx)
{
	switch (tcb->state) {
	case RUBATO_CLOSED:
		return -ENOTCONN;
	case RUBATO_SYN_SENT:
	case RUBATO_TIME_WAIT:
		break;
	case RUBATO_CLOSING:
	case RUBATO_LAST_ACK:
		if (rub_fin_left(tcb))
			break;
		fallthrough;
	default:
		tcb->flags |= RUB_F_RESET;
		cause(tcb, env, rx, rub_acceptable_seq(tcb), RUB_RST);
	}
	rub_die(tcb, rx, error);
	return 0;
}

/* The process lets go. Unread data means that it was lost: RFC 1122 section 4.2.2.13. */
static int call_close(struct rub_tcb *tcb, u32 unread, const struct rub_env *env,
		      struct rub_rx *rx)
{
	if (tcb->state == RUBATO_CLOSED)
		return -ENOTCONN;
	tcb->flags |= RUB_F_ORPHAN;
	if (unread)
		return call_abort(tcb, 0, env, rx);
	/* `fin` starts afresh; only newly acknowledged data is progress from here on. */
	tcb->run.first = env->now;
	tcb->run.tries = 0;
	tcb->run.slip = 0;
	tcb->run.life = 0;
	return call_shutdown(tcb, env, rx);
}

static int call_mtu(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->state == RUBATO_CLOSED)
		return -ENOTCONN;
	rub_plpmtud_path(tcb, env);
	return 0;
}

/* Remembered, in case that a clock gives up. */
static int call_soft_error(struct rub_tcb *tcb, int error)
{
	if (tcb->state == RUBATO_CLOSED)
		return -ENOTCONN;
	tcb->soft_error = error;
	return 0;
}

int rub_call(struct rub_tcb *tcb, enum rub_call call, u32 arg, const struct rub_env *env,
	     struct rub_rx *rx)
{
	int err = -EINVAL;

	rub_rx_init(rx);
	switch (call) {
	case RUB_CALL_OPEN:
		err = call_open(tcb, env, rx);
		break;
	case RUB_CALL_SEND:
	case RUB_CALL_SEND_URGENT:
		err = call_send(tcb, arg, call == RUB_CALL_SEND_URGENT);
		break;
	case RUB_CALL_RECEIVE:
		err = call_receive(tcb, env);
		break;
	case RUB_CALL_SHUTDOWN:
		err = call_shutdown(tcb, env, rx);
		break;
	case RUB_CALL_CLOSE:
		err = call_close(tcb, arg, env, rx);
		break;
	case RUB_CALL_ABORT:
		err = call_abort(tcb, (int)arg, env, rx);
		break;
	case RUB_CALL_MTU:
		err = call_mtu(tcb, env);
		break;
	case RUB_CALL_SOFT_ERROR:
		err = call_soft_error(tcb, (int)arg);
		break;
	}
	if (!err)
		rub_clock_update(tcb, env);
	return err;
}
