// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listener's queue of children, and their making: the third ACK turns a half-open connection
 * into a full one, exactly one, or leaves it as it is (RFC 9293 section 3.10.7.4, SYN-RECEIVED).
 *
 * accept.lock guards the queue and the list of half-open ones; the swap in the connection table
 * and the queueing are one step under it. It is taken inside rubato_half.lock and inside the
 * child's socket lock; the listener's own lock is not needed.
 */
#include <net/tcp.h>
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

bool rubato_accept_full(const struct sock *listener)
{
	const struct rubato_accept *accept = &rubato_sk(listener)->accept;

	return READ_ONCE(accept->n_children) > READ_ONCE(accept->backlog);
}

static void set_addresses(struct sock *sk, const struct rubato_half *half)
{
	const struct rub_tuple *t = &half->node.tuple;
	struct rubato_sock *rs = rubato_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_saddr = t->local;
	sk_rcv_saddr_set(sk, t->local);
	sk_daddr_set(sk, t->peer);
	inet->inet_num = t->local_port;
	inet->inet_sport = htons(t->local_port);
	inet->inet_dport = htons(t->peer_port);
	rs->node.tuple = *t;
	rs->node.ifindex = half->node.ifindex;
	rs->cookie = half->cookie;
	rub_inherit(&rs->tcb, &rubato_sk(half->listener)->tcb);
}

/* Nobody has seen it. */
static void discard(struct sock *sk)
{
	rubato_sk(sk)->live = false;
	sk->sk_state = TCP_CLOSE;
	sock_orphan(sk);
	sock_put(sk);
}

/*
 * The child takes the entry's place and a place in the queue, or neither. An entry in TIME_WAIT
 * that it reincarnates is handed back in @old.
 */
static bool publish(struct rubato_half *half, struct sock *child, struct rubato_node **old)
{
	struct rubato_sock *listener = rubato_sk(half->listener), *rs = rubato_sk(child);
	struct rubato_accept *accept = &listener->accept;
	bool done;

	spin_lock_bh(&accept->lock);
	done = !accept->closed && !rubato_accept_full(half->listener) &&
	       rubato_node_replace(&half->node, &rs->node, old);
	if (done) {
		rubato_bind_inherit(&rs->binding, &listener->binding);
		list_add_tail(&rs->accept_link, &accept->children);
		WRITE_ONCE(accept->n_children, accept->n_children + 1);
	}
	spin_unlock_bh(&accept->lock);
	return done;
}

/* The child's lock is held; it stands where the entry stood. */
static void succeed(struct rubato_half *half, struct sock *child, struct sk_buff *skb,
		    const struct rub_rx *rx, struct rubato_node *old)
{
	if (old)
		rubato_tw_replaced(rubato_node_tw(old));
	rubato_count(sock_net(child), RUBATO_COUNT_PASSIVE_OPENS);
	rubato_drive_result(child, skb, RUBATO_SYN_RCVD, rx);
	/* A change of policy since the clone was missed by the walk: it was not hashed. */
	rubato_retune_sock(child);
	rubato_half_retire(half);
}

/* Return: why there is no child; @skb is still the caller's then. */
static enum rubato_reason make_child(struct rubato_half *half, struct sock *child,
				     struct sk_buff *skb)
{
	struct rubato_node *old;
	struct rub_env env;
	struct rub_seg seg;
	struct rub_rx rx;

	set_addresses(child, half);
	rubato_wire_segment(skb, &seg);
	if ((seg.len && !rubato_queue_room(child, skb)) || !rubato_wire_reroute(child))
		return RUBATO_REASON_NO_MEMORY;
	rubato_begin(child);
	rubato_env(child, &env);
	rub_from_half(&rubato_sk(child)->tcb, &half->core, &seg, &env, &rx);
	if (!publish(half, child, &old))
		return RUBATO_REASON_ACCEPT_QUEUE_FULL;
	succeed(half, child, skb, &rx, old);
	return RUBATO_REASON_NONE;
}

void rubato_accept_child(struct rubato_half *half, struct sk_buff *skb)
{
	enum rubato_reason reason = RUBATO_REASON_ACCEPT_QUEUE_FULL;
	struct sock *listener = half->listener, *child = NULL;

	if (!rubato_accept_full(listener)) {
		reason = RUBATO_REASON_NO_MEMORY;
		child = rubato_sock_clone(listener);
	}
	if (child) {
		bh_lock_sock(child);
		reason = make_child(half, child, skb);
		bh_unlock_sock(child);
	}
	if (reason == RUBATO_REASON_NONE) {
		listener->sk_data_ready(listener);
		return;
	}
	/* The entry stays as it is: its SYN+ACK brings the ACK again. */
	if (child)
		discard(child);
	rubato_count_drop(half->node.net, reason);
	kfree_skb(skb);
}

/* ---- the process's side ---- */

struct sock *rubato_conn_accept(struct sock *listener)
{
	struct rubato_accept *accept = &rubato_sk(listener)->accept;
	struct rubato_sock *rs;

	spin_lock_bh(&accept->lock);
	rs = list_first_entry_or_null(&accept->children, struct rubato_sock, accept_link);
	if (rs) {
		list_del_init(&rs->accept_link);
		WRITE_ONCE(accept->n_children, accept->n_children - 1);
	}
	spin_unlock_bh(&accept->lock);
	return rs ? &rs->inet.sk : NULL;
}

bool rubato_conn_accept_ready(const struct sock *listener)
{
	return READ_ONCE(rubato_sk(listener)->accept.n_children);
}

/* Never accepted: the peer learns it by RST. */
static void refuse(struct sock *child)
{
	lock_sock_nested(child, SINGLE_DEPTH_NESTING);
	rubato_conn_abort(child, ECONNRESET);
	rubato_conn_close(child);
	release_sock(child);
	sock_put(child);
}

static struct rubato_half *first_half(struct rubato_accept *accept)
{
	struct rubato_half *half;

	spin_lock_bh(&accept->lock);
	half = list_first_entry_or_null(&accept->halves, struct rubato_half, link);
	if (half) {
		/* Off the list now, so that the next call finds another one. */
		list_del_init(&half->link);
		accept->n_halves--;
		refcount_inc(&half->refs);
	}
	spin_unlock_bh(&accept->lock);
	return half;
}

/* The listener listens no more: nobody comes in, who waits is turned away. Its lock is held. */
void rubato_unlisten(struct sock *sk)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_CALL };
	struct rubato_sock *rs = rubato_sk(sk);
	struct rubato_half *half;
	struct sock *child;

	rubato_listener_remove(&rs->listener);
	spin_lock_bh(&rs->accept.lock);
	rs->accept.closed = true;
	spin_unlock_bh(&rs->accept.lock);

	while ((half = first_half(&rs->accept))) {
		rubato_half_drop(half, &cause);
		rubato_half_put(half);
	}
	while ((child = rubato_conn_accept(sk)))
		refuse(child);
	rubato_show_state(sk, TCP_CLOSE);
	sk->sk_state_change(sk);	/* accept() and poll() look again */
	rubato_note_state(sock_net(sk), rs->cookie, &rs->node.tuple, RUBATO_LISTEN,
			  RUBATO_CLOSED, &cause);
}
