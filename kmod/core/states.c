// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's birth, its transitions, its death, and what others may know of it.
 */
#include "core/tcb.h"

void rub_init(struct rub_tcb *tcb)
{
	memset(tcb, 0, sizeof(*tcb));
	tcb->state = RUBATO_CLOSED;
	rub_rec_init(&tcb->out);
}

void rub_renew(struct rub_tcb *tcb)
{
	struct rub_node *lent = tcb->out.lent;
	u32 options = tcb->flags & RUB_F_OPTIONS;
	u16 n_lent = tcb->out.n_lent;

	rub_init(tcb);
	tcb->flags = options;
	tcb->out.lent = lent;
	tcb->out.n_lent = n_lent;
}

void rub_inherit(struct rub_tcb *tcb, const struct rub_tcb *from)
{
	rub_clear(tcb, RUB_F_OPTIONS);
	tcb->flags |= from->flags & RUB_F_OPTIONS;
}

void rub_rx_init(struct rub_rx *rx)
{
	rx->mask = 0;
	rx->reason = RUBATO_REASON_NONE;
	rx->n_steps = 0;
}

void rub_enter(struct rub_tcb *tcb, struct rub_rx *rx, enum rubato_state state)
{
	tcb->state = (u8)state;
	RUB_ASSERT(rx->n_steps < RUB_RX_STEPS_MAX);
	if (rx->n_steps < RUB_RX_STEPS_MAX)
		rx->step[rx->n_steps++] = (u8)state;
	if (state == RUBATO_ESTABLISHED)
		rx->mask |= RUB_RX_CONNECTED;
	if (state == RUBATO_TIME_WAIT)
		rx->mask |= RUB_RX_TIME_WAIT;
}

/* Whatever was due is not any more; only an RST may still leave. */
void rub_die(struct rub_tcb *tcb, struct rub_rx *rx, int error)
{
	rub_clear(tcb, RUB_F_ACK | RUB_F_RTO | RUB_F_FAST | RUB_F_PROBE | RUB_F_TLP |
			   RUB_F_REFUSE | RUB_F_RESET_TS | RUB_F_HELD);
	tcb->clock = RUBATO_CLOCK_NONE;
	tcb->ack_from = 0;
	tcb->error = error;
	rub_enter(tcb, rx, RUBATO_CLOSED);
	rx->mask |= RUB_RX_DEAD;
	rx->error = error;
}

bool rub_fin_left(const struct rub_tcb *tcb)
{
	return seq_after(tcb->snd_max, tcb->snd_end);
}

bool rub_fin_acked(const struct rub_tcb *tcb)
{
	return seq_after(tcb->snd_una, tcb->snd_end);
}

u32 rub_unsent(const struct rub_tcb *tcb)
{
	return tcb->snd_end + !!(tcb->flags & RUB_F_FIN) - tcb->snd_nxt;
}

bool rub_may_send(const struct rub_tcb *tcb)
{
	switch (tcb->state) {
	case RUBATO_SYN_SENT:
	case RUBATO_SYN_RCVD:
	case RUBATO_ESTABLISHED:
	case RUBATO_CLOSE_WAIT:
		return !(tcb->flags & RUB_F_FIN);
	default:
		return false;
	}
}

bool rub_may_receive(const struct rub_tcb *tcb)
{
	switch (tcb->state) {
	case RUBATO_SYN_SENT:
	case RUBATO_SYN_RCVD:
	case RUBATO_ESTABLISHED:
	case RUBATO_FIN_WAIT_1:
	case RUBATO_FIN_WAIT_2:
		return true;
	default:
		return false;
	}
}

bool rub_synchronized(const struct rub_tcb *tcb)
{
	switch (tcb->state) {
	case RUBATO_CLOSED:
	case RUBATO_SYN_SENT:
	case RUBATO_SYN_RCVD:
		return false;
	default:
		return true;
	}
}

bool rub_connecting(const struct rub_tcb *tcb)
{
	return tcb->state == RUBATO_SYN_SENT || tcb->state == RUBATO_SYN_RCVD;
}

bool rub_is_dead(const struct rub_tcb *tcb)
{
	return tcb->state == RUBATO_CLOSED;
}

u32 rub_first(const struct rub_tcb *tcb)
{
	u32 first = tcb->flags & RUB_F_SYN_OUT ? tcb->iss + 1 : tcb->snd_una;

	return seq_min(first, tcb->snd_end);
}

u32 rub_queued(const struct rub_tcb *tcb)
{
	return tcb->snd_end - rub_first(tcb);
}

static const u32 option_flag[] = {
	[RUB_OPTION_NODELAY] = RUB_F_NODELAY,
	[RUB_OPTION_CORK] = RUB_F_CORK,
	[RUB_OPTION_KEEPALIVE] = RUB_F_KEEPALIVE,
	[RUB_OPTION_QUICKACK] = RUB_F_QUICKACK,
};

void rub_set(struct rub_tcb *tcb, enum rub_option option, bool on, const struct rub_env *env)
{
	if (on)
		tcb->flags |= option_flag[option];
	else
		rub_clear(tcb, option_flag[option]);
	if (option == RUB_OPTION_QUICKACK && on && tcb->ack_from)
		rub_ack_expire(tcb);
	rub_clock_update(tcb, env);
}

bool rub_is_set(const struct rub_tcb *tcb, enum rub_option option)
{
	return tcb->flags & option_flag[option];
}
