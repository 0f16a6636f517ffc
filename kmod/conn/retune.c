// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of policy reaches what is open: a work item walks the namespace's connections in
 * batches; TIME_WAIT entries only need their queue's timer set anew. DESIGN.md section 3.
 *
 * Each connection is retuned under its own lock; one that a process owns at that moment is
 * retuned when the process lets go.
 */
#include "conn/internal.h"

/* Connections between two chances for others to run. */
#define BATCH 64

void rubato_retune_sock(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rubato_policy *old = rs->policy;

	WRITE_ONCE(rs->policy, rubato_policy_get(sock_net(sk)));
	rubato_policy_put(old);
	/* What was armed may be too late now; rubato_settle() asks for the new deadline. */
	rubato_settle(sk);
}

static void retune_conn(struct rubato_sock *rs)
{
	struct sock *sk = rubato_hold_sock(rs);

	if (!sk)
		return;
	local_bh_disable();
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		set_bit(RUBATO_DEFER_RETUNE, &rs->deferred);
	else
		rubato_retune_sock(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}

static bool visit(struct rubato_node *node, void *arg)
{
	u32 *left = arg;

	if (!*left)
		return false;
	--*left;
	switch (node->kind) {
	case RUBATO_NODE_CONN:
		retune_conn(rubato_node_sock(node));
		break;
	case RUBATO_NODE_HALF:
		rubato_half_rearm(rubato_node_half(node));
		break;
	}
	return true;
}

void rubato_retune_work(struct work_struct *work)
{
	struct rubato_conn_net *cn = container_of(work, struct rubato_conn_net, retune);
	struct rubato_walk pos = {};
	u32 left = BATCH;

	while (!rubato_node_walk(cn->net, &pos, visit, &left)) {
		cond_resched();
		left = BATCH;
	}
}

/* The new policy is current: what comes from now on takes it by itself. */
void rubato_retune_hook(struct net *net)
{
	struct rubato_conn_net *cn = rubato_conn_net(net);

	rubato_ages_retune(&cn->tws);
	queue_work(system_unbound_wq, &cn->retune);
}
