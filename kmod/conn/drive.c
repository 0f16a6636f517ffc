// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's calls and what follows from them: what RFC 9293 section 3.10 leaves to the host.
 * A call changes the tcb; rubato_apply() does what its result says; rubato_settle(), once per
 * batch, sends what is due, lets the connection end if it ended, wakes and sets the timer.
 *
 * All with the socket lock held: owned by a process, or its spinlock in softirq.
 */
#include <net/tcp.h>
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

/* Half of the buffer is for payload, the rest for what skbs cost beside it. */
static u32 receive_buffer(const struct sock *sk)
{
	return READ_ONCE(sk->sk_rcvbuf) / 2;
}

/* The smallest MTU, 68, full of IP options leaves nothing; the packet is fragmented then. */
#define MSS_LEAST 8

/* IP options that the process set travel in every packet. */
static u32 options_size(const struct sock *sk)
{
	const struct ip_options_rcu *opt;

	opt = rcu_dereference_protected(inet_sk(sk)->inet_opt, lockdep_sock_is_held(sk));
	return opt ? opt->opt.optlen : 0;
}

void rubato_env(const struct sock *sk, struct rub_env *env)
{
	const struct rubato_sock *rs = rubato_sk(sk);
	const struct dst_entry *dst = __sk_dst_get((struct sock *)sk);
	u32 unread = rubato_conn_unread(sk);

	memset(env, 0, sizeof(*env));
	env->now = ktime_get_ns();
	env->policy = &rs->policy->core;
	env->isn_hash = rs->isn_hash;
	env->ts_offset = rs->ts_offset;
	env->reincarnates = rs->reincarnates;
	env->old_nxt = rs->old_nxt;
	env->rnd = get_random_u32();
	env->rcv_buf = receive_buffer(sk);
	env->rcv_free = env->rcv_buf > unread ? env->rcv_buf - unread : 0;
	if (dst) {
		env->path_mss = max_t(int, rubato_wire_path_mss(dst) - options_size(sk), MSS_LEAST);
		env->adv_mss = rubato_wire_adv_mss(dst);
	} else {
		env->path_mss = TCP_MSS_DEFAULT;
		env->adv_mss = TCP_MSS_DEFAULT;
	}
	env->gso_max = rub_mss(&rs->tcb);	/* a unit is one segment */
}

/*
 * What other parts of the kernel see. TIME_WAIT and SYN_RCVD would make a small entry of the
 * sock in their eyes (sk_fullsock()), so they never show.
 */
static int visible_state(u8 state)
{
	switch (state) {
	case RUBATO_TIME_WAIT:
		return TCP_CLOSE;
	case RUBATO_SYN_RCVD:
		return TCP_SYN_SENT;
	default:
		return state;
	}
}

void rubato_sync(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u8 state = rub_state(&rs->tcb);

	/* Before the state that makes poll() look at them. */
	if (!rs->synced && rub_synchronized(&rs->tcb)) {
		rs->synced = true;
		rs->copied_seq = rub_rcv_first(&rs->tcb);
		rs->queued_seq = rs->copied_seq;
	}
	if (sk->sk_state != visible_state(state))
		rubato_show_state(sk, visible_state(state));
}

static void note_steps(struct sock *sk, u8 from, const struct rub_rx *rx,
		       const struct rubato_cause *cause)
{
	const struct rubato_sock *rs = rubato_sk(sk);
	struct rub_seg seg = { .seq = rx->cause_seq, .ack = rx->cause_ack,
			       .wnd = rx->cause_wnd, .flags = rx->cause_flags };
	struct rubato_cause sent = { .kind = RUBATO_CAUSE_SENT, .seg = &seg };
	u8 i;

	if (rx->mask & RUB_RX_CAUSE)
		cause = &sent;
	for (i = 0; i < rx->n_steps; i++) {
		rubato_note_state(sock_net(sk), rs->cookie, &rs->node.tuple, from, rx->step[i],
				  cause);
		from = rx->step[i];
	}
}

/* The peer's FIN: end of file behind what is queued. */
static void peer_finished(struct sock *sk)
{
	rubato_sk(sk)->peer_fin = true;
	sk->sk_shutdown |= RCV_SHUTDOWN;
	sock_set_flag(sk, SOCK_DONE);
}

/**
 * rubato_apply - do what the core's result says, except sending, ending and waking
 * @sk: locked
 * @from: the state before the call
 * @rx: the result; bytes to keep are queued already
 * @cause: of the call, for events
 */
void rubato_apply(struct sock *sk, u8 from, const struct rub_rx *rx,
		  const struct rubato_cause *cause)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rubato_count_drop(sock_net(sk), rx->reason);
	rubato_sync(sk);
	if (rx->mask & RUB_RX_ACKED) {
		rubato_queue_acked(sk, rx->acked);
		rs->wake |= RUBATO_WAKE_SPACE;
	}
	if (rx->mask & RUB_RX_ADVANCED) {
		rubato_queue_advance(sk);
		rs->wake |= RUBATO_WAKE_DATA;
	}
	if (rx->mask & RUB_RX_PEER_FIN) {
		peer_finished(sk);
		rs->wake |= RUBATO_WAKE_STATE | RUBATO_WAKE_DATA;
	}
	/* The reason first, then the state that it leads to. */
	if (rx->mask & RUB_RX_GAVE_UP)
		rubato_note_gave_up(sock_net(sk), rs->cookie, &rs->node.tuple, from, rx->clock,
				    rx->tries, rx->mask & RUB_RX_DEAD ? rx->error : 0,
				    rx->elapsed);
	if (rx->n_steps) {
		rs->wake |= RUBATO_WAKE_STATE;
		note_steps(sk, from, rx, cause);
	}
	if (rx->mask & RUB_RX_CONNECTED)
		rs->wake |= RUBATO_WAKE_SPACE;
	if (rx->mask & RUB_RX_DEAD)
		rs->error = rx->error;
	rs->pending |= rx->mask & (RUB_RX_TIME_WAIT | RUB_RX_DEAD);
}

/* A connection starts to live: hashed, addresses set. */
void rubato_begin(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rs->isn_hash = rubato_isn_hash(sock_net(sk), &rs->node.tuple);
	rs->ts_offset = rubato_ts_offset(sock_net(sk), &rs->node.tuple);
	rs->pending = 0;
	rs->error = 0;
	rs->live = true;
}

/* It has ended, the process may still read what came. Idempotent. */
static void end(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	if (!rs->live)
		return;
	rs->live = false;
	rs->pending = 0;
	rubato_timer_cancel(sk);
	rubato_node_remove(&rs->node);
	/* A port that the process chose stays its own until it closes. */
	if (rs->orphan || !(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		rubato_unbind(&rs->binding);
		rs->inet.inet_num = 0;	/* inet_sport stays, for getsockname() */
	}
	rubato_queue_purge_write(sk);
	rubato_queue_purge_ooo(sk);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (rs->error)
		WRITE_ONCE(sk->sk_err, rs->error);
	if (sk->sk_state != TCP_CLOSE)
		rubato_show_state(sk, TCP_CLOSE);
	rs->wake |= RUBATO_WAKE_STATE;
}

/* The orphan's reference to itself. Whoever drives it holds another. */
static void let_go(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	if (!rs->orphan || rs->live)
		return;
	rs->orphan = false;
	rubato_gauge_add(sock_net(sk), RUBATO_GAUGE_ORPHANS, -1);
	__sock_put(sk);
}

/**
 * rubato_settle - the end of a batch: send, end, wake, set the timer
 * @sk: locked
 *
 * The caller holds a reference: an orphan that ends here gives up its own.
 */
void rubato_settle(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rub_env env;

	if (rs->live) {
		rubato_env(sk, &env);
		rubato_transmit(sk, &env);
		if (rs->pending & RUB_RX_TIME_WAIT)
			rubato_tw_enter(sk, &env);
		if (rs->pending)
			end(sk);
		else
			rubato_timer_arm(sk, rub_due(&rs->tcb, &env));
	}
	rubato_sock_wake(sk);
	let_go(sk);
}

/* A call of a process, settled. Return: what the core answered. */
int rubato_drive_call(struct sock *sk, enum rub_call call, u32 arg)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_CALL };
	struct rubato_sock *rs = rubato_sk(sk);
	u8 from = rub_state(&rs->tcb);
	struct rub_env env;
	struct rub_rx rx;
	int err;

	rubato_env(sk, &env);
	err = rub_call(&rs->tcb, call, arg, &env, &rx);
	if (!err)
		rubato_apply(sk, from, &rx, &cause);
	rubato_settle(sk);
	return err;
}

/* What the core made of a segment. @skb starts at the TCP header and is consumed. */
void rubato_drive_result(struct sock *sk, struct sk_buff *skb, u8 from, const struct rub_rx *rx)
{
	struct rub_seg seg;
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED, .seg = &seg };

	rubato_wire_segment(skb, &seg);
	rubato_sync(sk);
	if (rx->mask & RUB_RX_KEEP)
		rubato_queue_keep(sk, skb, &rx->keep);
	else
		kfree_skb(skb);
	rubato_apply(sk, from, rx, &cause);
}

/* A segment; the caller settles. @skb starts at the TCP header and is consumed. */
void rubato_drive_segment(struct sock *sk, struct sk_buff *skb)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u8 from = rub_state(&rs->tcb);
	struct rub_env env;
	struct rub_seg seg;
	struct rub_rx rx;

	rubato_wire_segment(skb, &seg);
	/* What the core accepts is never lost: ask for the memory first. */
	if (seg.len && !rubato_queue_room(sk, skb)) {
		rubato_count_drop(sock_net(sk), RUBATO_REASON_RCV_BUFFER);
		kfree_skb(skb);
		return;
	}
	rubato_env(sk, &env);
	rub_segment(&rs->tcb, &seg, &env, &rx);
	rubato_drive_result(sk, skb, from, &rx);
}

/* The timer has fired, perhaps for a deadline that is none any more. */
void rubato_drive_timer(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_CLOCK };
	struct rub_view view;
	struct rub_env env;
	struct rub_rx rx;

	if (!rs->live)
		return;
	rubato_env(sk, &env);
	if (rub_due(&rs->tcb, &env) <= env.now) {
		rub_view(&rs->tcb, &view);
		cause.clock = view.clock;
		rub_expire(&rs->tcb, &env, &rx);
		rubato_apply(sk, view.state, &rx, &cause);
	}
	rubato_settle(sk);
}

/* release_sock(): what came while a process held the lock. */
void rubato_release_cb(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	unsigned long deferred = xchg(&rs->deferred, 0);

	if (!deferred)
		return;
	if (deferred & BIT(RUBATO_DEFER_RETUNE))
		rubato_retune_sock(sk);
	if (deferred & BIT(RUBATO_DEFER_MTU) && rs->live)
		rubato_mtu_reduced(sk);
	if (deferred & BIT(RUBATO_DEFER_SOFT_ERROR) && rs->live)
		rubato_drive_call(sk, RUB_CALL_SOFT_ERROR, rs->soft_error);
	if (deferred & BIT(RUBATO_DEFER_TIMER))
		rubato_drive_timer(sk);
	if (deferred & BIT(RUBATO_DEFER_SETTLE))
		rubato_settle(sk);
}
