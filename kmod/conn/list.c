// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots for listings: listeners, then whatever hangs in the connection table. Each is taken
 * under the lock of what it shows, one after the other; the walk itself is under RCU.
 */
#include <net/tcp.h>
#include "conn/internal.h"

void rubato_describe(struct rubato_info *info, const struct rub_view *view, rub_ns due, rub_ns now)
{
	memset(info, 0, sizeof(*info));
	info->state = view->state;
	info->clock = view->clock;
	info->tries = view->tries;
	info->remaining = due == RUB_NEVER ? RUB_NEVER : due > now ? due - now : 0;
	info->srtt = view->srtt;
	info->cwnd = view->cwnd;
	info->seqs = true;
	info->snd_una = view->snd_una;
	info->snd_nxt = view->snd_nxt;
	info->rcv_nxt = view->rcv_nxt;
}

static void describe_listener(struct sock *sk, struct rubato_info *info)
{
	struct rubato_sock *rs = rubato_sk(sk);

	memset(info, 0, sizeof(*info));
	info->state = RUBATO_LISTEN;
	info->tuple.local = rs->inet.inet_rcv_saddr;
	info->tuple.local_port = rs->inet.inet_num;
	info->remaining = RUB_NEVER;
	info->recv_queue = READ_ONCE(rs->accept.n_children);
	info->send_queue = READ_ONCE(rs->accept.backlog);
}

/*
 * @still: nobody changes the connection meanwhile. Else plain numbers are read, and the deadline is
 * the timer's, which is at most earlier: the core must not be asked while it is at work.
 */
static void describe_conn(struct sock *sk, struct rubato_info *info, bool still)
{
	struct rubato_sock *rs = rubato_sk(sk);
	rub_ns due = READ_ONCE(rs->armed);
	struct rub_view view;
	struct rub_env env;

	rubato_env(sk, &env);
	rub_view(&rs->tcb, &view);
	if (still)
		due = rub_due(&rs->tcb, &env);
	rubato_describe(info, &view, rs->live && due ? due : RUB_NEVER, env.now);
	info->tuple = rs->node.tuple;
	info->recv_queue = rubato_conn_unread(sk);
	info->send_queue = rs->write_len;
	info->rto = rub_rto(&rs->tcb, &rs->policy->core);
}

static void describe(struct sock *sk, struct rubato_info *info, bool still)
{
	if (sk->sk_state == TCP_LISTEN)
		describe_listener(sk, info);
	else
		describe_conn(sk, info, still);
	info->cookie = rubato_sk(sk)->cookie;
	info->uid = __kuid_val(sk->sk_uid);
	info->inode = sock_i_ino(sk);
}

void rubato_conn_describe(struct sock *sk, struct rubato_info *info)
{
	describe(sk, info, true);
}

/*
 * A process may be at work in a socket that it owns, and is not waited for: the numbers may then be
 * of two moments, which a listing can bear. The dst is safe under RCU.
 */
static void describe_sock(struct sock *sk, struct rubato_info *info)
{
	local_bh_disable();
	bh_lock_sock(sk);
	describe(sk, info, !sock_owned_by_user(sk));
	bh_unlock_sock(sk);
	local_bh_enable();
}

struct visitor {
	bool (*visit)(const struct rubato_info *info, void *arg);
	void *arg;
};

static bool visit_listener(struct rubato_listener *listener, void *arg)
{
	struct rubato_sock *rs = container_of(listener, struct rubato_sock, listener);
	const struct visitor *v = arg;
	struct rubato_info info;
	struct sock *sk = rubato_hold_sock(rs);

	if (!sk)
		return true;
	describe_sock(sk, &info);
	sock_put(sk);
	/* It may have stopped to listen meanwhile. */
	return info.state != RUBATO_LISTEN || v->visit(&info, v->arg);
}

static bool visit_node(struct rubato_node *node, void *arg)
{
	const struct visitor *v = arg;
	struct rubato_info info;
	struct rubato_half *half;
	struct rubato_tw *tw;
	struct sock *sk;

	switch (node->kind) {
	case RUBATO_NODE_HALF:
		half = rubato_node_half(node);
		if (!refcount_inc_not_zero(&half->refs))
			return true;
		rubato_half_describe(half, &info);
		rubato_half_put(half);
		break;
	case RUBATO_NODE_TW:
		tw = rubato_node_tw(node);
		if (!refcount_inc_not_zero(&tw->refs))
			return true;
		rubato_tw_describe(tw, &info);
		rubato_tw_put(tw);
		break;
	default:
		sk = rubato_hold_sock(rubato_node_sock(node));
		if (!sk)
			return true;
		describe_sock(sk, &info);
		sock_put(sk);
		/* It may have ended meanwhile. */
		if (info.state == RUBATO_CLOSED || info.state == RUBATO_LISTEN)
			return true;
		break;
	}
	return v->visit(&info, v->arg);
}

bool rubato_conn_list(struct net *net, struct rubato_list_pos *pos,
		      bool (*visit)(const struct rubato_info *info, void *arg), void *arg)
{
	struct visitor v = { .visit = visit, .arg = arg };

	if (!pos->listeners_done) {
		if (!rubato_listener_walk(net, &pos->walk, visit_listener, &v))
			return false;
		pos->listeners_done = true;
		memset(&pos->walk, 0, sizeof(pos->walk));
	}
	return rubato_node_walk(net, &pos->walk, visit_node, &v);
}
