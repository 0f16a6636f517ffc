// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out: the core proposes units, we build them from sk_write_queue and tell the core what
 * left (DESIGN.md section 5, two-phase sending). Answers that belong to no connection go by the
 * namespace's control socket. The socket lock guards the queue and the route.
 */
#include "conn/internal.h"
#include "report/report.h"

/* Records lent to a connection at first, and at most: 32 KiB. */
#define RECORDS_FIRST	16U
#define RECORDS_MAX	1024U

static int send_unit(struct sock *sk, const struct rub_tx *tx)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct sk_buff *skb = rubato_wire_alloc(tx, &sk->sk_frag);
	int err;

	if (!skb)
		return -ENOMEM;
	if (tx->len) {
		err = rubato_queue_copy_out(sk, tx->seq - rub_first(&rs->tcb), skb, tx->len);
		if (err) {
			kfree_skb(skb);
			return err;
		}
	}
	return rubato_wire_send(sk, skb, &rs->node.tuple, tx);
}

/* More records for what is in flight: twice as many as before, up to a bound. */
static bool lend(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u32 n = rub_lent(&rs->tcb) ? 2U * rub_lent(&rs->tcb) : RECORDS_FIRST;
	struct rub_node *nodes;

	if (n > RECORDS_MAX)
		return false;
	nodes = kmalloc_array(n, sizeof(*nodes), GFP_ATOMIC | __GFP_NOWARN);
	if (!nodes)
		return false;
	kfree(rub_lend(&rs->tcb, nodes, n));
	return true;
}

static bool next_unit(struct sock *sk, const struct rub_env *env, struct rub_tx *tx)
{
	while (!rub_transmit(&rubato_sk(sk)->tcb, env, tx))
		if (tx->hold != RUB_HOLD_NODES || !lend(sk))
			return false;
	return true;
}

/* Sends until the core says that there is nothing. */
void rubato_transmit(struct sock *sk, struct rub_env *env)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct net *net = sock_net(sk);
	struct rub_tx tx;
	rub_ns due;
	int err;

	while (next_unit(sk, env, &tx)) {
		err = send_unit(sk, &tx);
		rub_sent(&rs->tcb, &tx, err ? (s64)err : tx.len, env);
		rubato_note_sent(net, &tx, err);
		if (err || !(tx.again || tx.tries))
			continue;
		due = rub_due(&rs->tcb, env);
		rubato_note_again(net, rs->cookie, &rs->node.tuple, rub_state(&rs->tcb), &tx,
				  due > env->now ? due - env->now : 0);
	}
}

int rubato_answer(struct net *net, const struct rub_tuple *tuple, int ifindex,
		  const struct rub_tx *tx)
{
	struct sock *ctl = rubato_conn_net(net)->ctl;
	struct rtable *rt = rubato_wire_route(ctl, tuple, ifindex);
	int err;

	err = IS_ERR(rt) ? PTR_ERR(rt) : rubato_wire_answer(ctl, rt, tuple, tx);
	rubato_note_sent(net, tx, err);
	return err;
}
