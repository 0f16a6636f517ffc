// SPDX-License-Identifier: GPL-2.0-only
/* A clock ran out: RFC 9293 section 3.10.8, RFC 6298 section 5.4 to 5.7. */
#include "core/tcb.h"

/* The schedule is at its end. What ICMP said meanwhile is the better explanation. */
static void give_up(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx, u8 clock,
		    int error)
{
	rx->mask |= RUB_RX_GAVE_UP;
	rx->clock = clock;
	rx->tries = tcb->run.life;
	rx->elapsed = env->now - tcb->run.first;
	if (error && tcb->soft_error)
		error = tcb->soft_error;
	rub_die(tcb, rx, error);
}

static void try_again(struct rub_tcb *tcb, const struct rub_env *env)
{
	if (tcb->run.dropped) {
		tcb->run.dropped = 0; /* the same try: it has not left yet */
		return;
	}
	if (tcb->clock == RUBATO_CLOCK_PERSIST || tcb->clock == RUBATO_CLOCK_KEEPALIVE_PROBES) {
		tcb->flags |= RUB_F_PROBE;
		return;
	}
	if (tcb->snd_nxt == tcb->snd_una)
		return; /* the pace or an ECN echo held it all: it leaves now, for the first time */
	if (tcb->flags & RUB_F_SYN_OUT)
		tcb->snd_nxt = tcb->iss;
	else
		rub_loss_timeout(tcb, env);
	/* A window that shrank to nothing under what is in flight is probed at once (MUST-35). */
	tcb->flags |= tcb->snd_wnd || tcb->flags & RUB_F_SYN_OUT ? RUB_F_RTO : RUB_F_PROBE;
}

/* The clock that runs: tcb->clock. */
static void clock_expire(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx)
{
	struct rub_wait wait;
	u8 clock = tcb->clock;

	switch (clock) {
	case RUBATO_CLOCK_NONE: /* keepalive.force came since */
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
		rub_keepalive_expire(tcb, env);
		return;
	case RUBATO_CLOCK_FIN_WAIT_2:
		give_up(tcb, env, rx, clock, 0);
		return;
	default:
		break;
	}
	wait = rub_wait_of(tcb, env);
	if (env->now >= rub_wait_end(&tcb->run, &wait)) {
		if (rub_wait_user_ends(&tcb->run, &wait))
			clock = RUBATO_CLOCK_USER_TIMEOUT;
		give_up(tcb, env, rx, clock, ETIMEDOUT);
		return;
	}
	try_again(tcb, env);
	rub_clock_update(tcb, env);
}

void rub_expire(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx)
{
	rub_rx_init(rx);
	if (env->now >= rub_ack_due(tcb, env))
		rub_ack_expire(tcb);
	if (env->now >= rub_reorder_due(tcb))
		rub_loss_reorder(tcb, env);
	if (env->now >= rub_probe_due(tcb, env)) {
		tcb->probe_from = 0;
		tcb->flags |= RUB_F_TLP;
	}
	if (env->now >= rub_clock_due(tcb, env))
		clock_expire(tcb, env, rx);
}
