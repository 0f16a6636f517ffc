// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT (RFC 9293 section 3.10.7.4, conformance.md section 1): small entries, one timer per
 * namespace, oldest first. A new SYN may reincarnate the connection; the entry then stays beside
 * the half-open one until that is established.
 *
 * rubato_tw.lock guards one entry's protocol state and its ends; it is taken inside a socket's
 * lock and never beside another one of its kind. The queue of ages owns an entry's own
 * reference: whoever takes it off puts it.
 */
#include <linux/slab.h>
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

unsigned int rubato_time_wait_max = 131072;

static struct kmem_cache *tw_cache;

int rubato_tw_module_init(void)
{
	tw_cache = kmem_cache_create("rubato_time_wait", sizeof(struct rubato_tw), 0, 0, NULL);
	return tw_cache ? 0 : -ENOMEM;
}

/* After rcu_barrier(). */
void rubato_tw_module_exit(void)
{
	kmem_cache_destroy(tw_cache);
}

static void free_tw(struct rcu_head *rcu)
{
	kmem_cache_free(tw_cache, container_of(rcu, struct rubato_tw, rcu));
}

void rubato_tw_put(struct rubato_tw *tw)
{
	if (refcount_dec_and_test(&tw->refs))
		call_rcu(&tw->rcu, free_tw);
}

static void describe_binding(const struct rubato_binding *binding, struct rub_bound *bound)
{
	const struct rubato_tw *tw = container_of(binding, struct rubato_tw, binding);

	bound->addr = rub_address_v4((__force u32)tw->node.tuple.local);
	bound->v6only = false;
	bound->ifindex = tw->node.ifindex;
	bound->uid = tw->uid;
	bound->reuse_addr = tw->reuse_addr;
	bound->reuse_port = tw->reuse_port;
	bound->state = RUBATO_TIME_WAIT;
}

/* It is out of the connection table, by whoever calls. */
static void retire(struct rubato_tw *tw, const struct rubato_cause *cause)
{
	struct net *net = tw->node.net;

	rubato_unbind(&tw->binding);
	rubato_gauge_add(net, RUBATO_GAUGE_TIME_WAIT, -1);
	rubato_note_state(net, tw->cookie, &tw->node.tuple, RUBATO_TIME_WAIT, RUBATO_CLOSED,
			  cause);
}

/* tw->lock held. Idempotent. */
static void end(struct rubato_tw *tw, const struct rubato_cause *cause)
{
	if (rubato_node_remove(&tw->node))
		retire(tw, cause);
}

/* The queue has taken it off, for its age or for want of room: its reference is ours. */
static void end_and_put(struct rubato_tw *tw, const struct rubato_cause *cause)
{
	spin_lock_bh(&tw->lock);
	end(tw, cause);
	spin_unlock_bh(&tw->lock);
	rubato_tw_put(tw);
}

static void evict(struct list_head *age)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_CLOCK };
	struct rubato_tw *tw;

	if (!age)
		return;
	tw = container_of(age, struct rubato_tw, age);
	rubato_count_drop(tw->node.net, RUBATO_REASON_TW_FULL);
	end_and_put(tw, &cause);
}

/* ---- time ---- */

static rub_ns due_under(const struct rubato_tw *tw, const struct rubato_policy *policy)
{
	struct rub_env env = { .now = ktime_get_ns(), .policy = &policy->core };

	return rub_tw_due(&tw->core, &env);
}

static rub_ns due_now(const struct rubato_tw *tw)
{
	struct rubato_policy *policy = rubato_policy_get(tw->node.net);
	rub_ns due = due_under(tw, policy);

	rubato_policy_put(policy);
	return due;
}

/* The queue's question, under its lock. */
rub_ns rubato_tw_due(struct rubato_ages *queue, struct list_head *age)
{
	return due_now(container_of(age, struct rubato_tw, age));
}

void rubato_tw_expired(struct rubato_ages *queue, struct list_head *age)
{
	static const struct rubato_cause cause = {
		.kind = RUBATO_CAUSE_CLOCK,
		.clock = RUBATO_CLOCK_MSL,
	};
	struct rubato_tw *tw = container_of(age, struct rubato_tw, age);
	struct list_head *evicted = NULL;
	bool again;

	spin_lock_bh(&tw->lock);
	/* A retransmitted FIN may have come between the queue and us. */
	again = rubato_node_hashed(&tw->node) && due_now(tw) > ktime_get_ns();
	if (again)
		rubato_ages_arm(queue, &tw->age, &evicted);
	else
		end(tw, &cause);
	spin_unlock_bh(&tw->lock);
	if (!again)
		rubato_tw_put(tw);
	evict(evicted);
}

/* ---- birth ---- */

static struct rubato_tw *new_tw(struct sock *sk, const struct rub_env *env)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rubato_tw *tw = kmem_cache_zalloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!tw)
		return NULL;
	tw->node.net = sock_net(sk);
	tw->node.tuple = rs->node.tuple;
	tw->node.ifindex = rs->node.ifindex;
	tw->node.kind = RUBATO_NODE_TW;
	tw->binding.describe = describe_binding;
	INIT_LIST_HEAD(&tw->age);
	spin_lock_init(&tw->lock);
	refcount_set(&tw->refs, 1);
	rub_tw_init(&tw->core, &rs->tcb, env);
	tw->cookie = rs->cookie;
	tw->uid = __kuid_val(sk->sk_uid);
	tw->reuse_addr = sk->sk_reuse;
	tw->reuse_port = sk->sk_reuseport;
	return tw;
}

static void publish(struct rubato_tw *tw, struct rubato_sock *rs, struct list_head **evicted)
{
	struct net *net = tw->node.net;

	spin_lock_bh(&tw->lock);
	if (WARN_ON_ONCE(!rubato_node_replace(&rs->node, &tw->node, NULL))) {
		spin_unlock_bh(&tw->lock);
		rubato_tw_put(tw);
		return;
	}
	rubato_bind_inherit(&tw->binding, &rs->binding);
	rubato_gauge_add(net, RUBATO_GAUGE_TIME_WAIT, 1);
	rubato_ages_arm(&rubato_conn_net(net)->tws, &tw->age, evicted);
	spin_unlock_bh(&tw->lock);
}

/* Nothing waits: the msl is 0, or there is no memory for an entry. */
static void skip(struct sock *sk, u8 clock)
{
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_CLOCK, .clock = clock };
	struct rubato_sock *rs = rubato_sk(sk);

	rubato_note_state(sock_net(sk), rs->cookie, &rs->node.tuple, RUBATO_TIME_WAIT,
			  RUBATO_CLOSED, &cause);
}

void rubato_tw_enter(struct sock *sk, const struct rub_env *env)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct list_head *evicted = NULL;
	struct rubato_tw *tw = new_tw(sk, env);

	if (!tw) {
		rubato_count_drop(sock_net(sk), RUBATO_REASON_NO_MEMORY);
		skip(sk, RUBATO_CLOCK_NONE);
		return;
	}
	if (due_under(tw, rs->policy) <= env->now) {
		rubato_tw_put(tw);
		skip(sk, RUBATO_CLOCK_MSL);
		return;
	}
	publish(tw, rs, &evicted);
	evict(evicted);
}

/* ---- active reuse ---- */

/* The TIME_WAIT of this tuple, with a reference, or NULL. */
static struct rubato_tw *get_tw(const struct rubato_node *of)
{
	struct rubato_tw *tw = NULL;
	struct rubato_node *node;

	rcu_read_lock();
	node = rubato_node_find(of->net, &of->tuple, of->ifindex);
	if (node && node->kind == RUBATO_NODE_TW) {
		tw = rubato_node_tw(node);
		if (!refcount_inc_not_zero(&tw->refs))
			tw = NULL;
	}
	rcu_read_unlock();
	return tw;
}

/* tw->lock held. The entry gives its tuple, and its port if @rs has none. */
static int hand_over(struct rubato_tw *tw, struct rubato_sock *rs)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_CALL };
	struct rub_env env = { .now = ktime_get_ns(), .policy = &rs->policy->core };
	bool picked = !rs->inet.inet_num;
	struct rub_view view;
	int err = rub_tw_reuse(&tw->core, &env, picked);

	if (err)
		return err;
	err = picked ? rubato_bind_succeed(&rs->binding, &rs->node, &tw->node) :
		       rubato_node_succeed(&tw->node, &rs->node);
	if (err)
		return err;
	rub_tw_view(&tw->core, &view);
	rs->reincarnates = true;
	rs->old_nxt = view.snd_nxt;
	retire(tw, &cause);
	if (rubato_ages_disarm(&rubato_conn_net(tw->node.net)->tws, &tw->age))
		rubato_tw_put(tw);
	return 0;
}

int rubato_tw_reuse(struct rubato_sock *rs)
{
	struct rubato_tw *tw = get_tw(&rs->node);
	int err;

	if (!tw)
		return -EADDRNOTAVAIL;
	spin_lock_bh(&tw->lock);
	err = hand_over(tw, rs);
	spin_unlock_bh(&tw->lock);
	rubato_tw_put(tw);
	return err;
}

/* ---- segments ---- */

/* tw->lock held. The 2 MSL have started again. */
static void restart(struct rubato_tw *tw, struct list_head **evicted)
{
	struct rubato_ages *queue = &rubato_conn_net(tw->node.net)->tws;

	/* If the queue has taken it off just now, rubato_tw_expired() will look at its age. */
	if (rubato_ages_disarm(queue, &tw->age))
		rubato_ages_arm(queue, &tw->age, evicted);
}

/* tw->lock held; the caller has a reference. */
static void end_by(struct rubato_tw *tw, const struct rub_seg *seg)
{
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED, .seg = seg };

	end(tw, &cause);
	if (rubato_ages_disarm(&rubato_conn_net(tw->node.net)->tws, &tw->age))
		rubato_tw_put(tw);
}

/* tw->lock held. Return: false for a SYN that may reincarnate the connection. */
static bool segment(struct rubato_tw *tw, const struct rub_seg *seg, struct list_head **evicted)
{
	struct net *net = tw->node.net;
	struct rubato_policy *policy = rubato_policy_get(net);
	struct rub_env env = {
		.now = ktime_get_ns(),
		.policy = &policy->core,
		.rnd = get_random_u32(),
	};
	rub_ns last = tw->core.last;
	bool reincarnate = false;
	struct rub_tx tx;

	switch (rub_tw_segment(&tw->core, seg, &env, &tx)) {
	case RUB_REINCARNATE:
		reincarnate = true;
		break;
	case RUB_ANSWER:
		rubato_answer(net, &tw->node.tuple, tw->node.ifindex, &tx);
		break;
	case RUB_REMOVE_ANSWER:
		rubato_answer(net, &tw->node.tuple, tw->node.ifindex, &tx);
		end_by(tw, seg);
		break;
	case RUB_REMOVE:
		end_by(tw, seg);
		break;
	default:
		rubato_count_drop(net, tx.reason);
		break;
	}
	if (tw->core.last != last)
		restart(tw, evicted);
	rubato_policy_put(policy);
	return !reincarnate;
}

/* A new incarnation with nobody listening. tw->lock held. */
static void refuse(struct rubato_tw *tw)
{
	struct net *net = tw->node.net;
	struct rubato_policy *policy = rubato_policy_get(net);
	struct rub_env env = {
		.now = ktime_get_ns(),
		.policy = &policy->core,
		.rnd = get_random_u32(),
	};
	struct rub_tx tx;

	if (rub_tw_refuse(&tw->core, &env, &tx) == RUB_ANSWER)
		rubato_answer(net, &tw->node.tuple, tw->node.ifindex, &tx);
	else
		rubato_count_drop(net, tx.reason);
	rubato_policy_put(policy);
}

/* @skb is consumed; the caller has a reference to @tw. */
static void reincarnate(struct rubato_tw *tw, struct sk_buff *skb, const struct rub_tuple *tuple,
			int ifindex)
{
	struct sock *listener = rubato_find_listener(tw->node.net, tuple, ifindex);
	struct rub_view view;

	spin_lock_bh(&tw->lock);
	rub_tw_view(&tw->core, &view);
	if (!listener)
		refuse(tw);
	spin_unlock_bh(&tw->lock);
	if (!listener) {
		kfree_skb(skb);
		return;
	}
	rubato_listen_receive(listener, skb, tuple, &view.snd_nxt);
	sock_put(listener);
}

bool rubato_tw_receive(struct rubato_tw *tw, struct sk_buff *skb, const struct rub_tuple *tuple,
		       int ifindex)
{
	struct list_head *evicted = NULL;
	bool hashed, done = false;
	struct rub_seg seg;

	if (!refcount_inc_not_zero(&tw->refs))
		return false;
	rubato_wire_segment(skb, &seg);
	spin_lock_bh(&tw->lock);
	hashed = rubato_node_hashed(&tw->node);
	if (hashed)
		done = segment(tw, &seg, &evicted);
	spin_unlock_bh(&tw->lock);
	if (hashed && !done)
		reincarnate(tw, skb, tuple, ifindex);
	else if (hashed)
		kfree_skb(skb);
	rubato_tw_put(tw);
	evict(evicted);
	return hashed;
}

/* The table has handed it back: the child of its reincarnation stands in its place. */
void rubato_tw_replaced(struct rubato_tw *tw)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED };

	spin_lock_bh(&tw->lock);
	retire(tw, &cause);
	if (rubato_ages_disarm(&rubato_conn_net(tw->node.net)->tws, &tw->age))
		rubato_tw_put(tw);
	spin_unlock_bh(&tw->lock);
}

/* The namespace goes: nobody listens to events of it any more. */
void rubato_tw_purge(struct rubato_conn_net *cn)
{
	struct list_head *age;
	struct rubato_tw *tw;

	while ((age = rubato_ages_pop(&cn->tws))) {
		tw = container_of(age, struct rubato_tw, age);
		if (rubato_node_remove(&tw->node)) {
			rubato_unbind(&tw->binding);
			rubato_gauge_add(cn->net, RUBATO_GAUGE_TIME_WAIT, -1);
		}
		rubato_tw_put(tw);
		cond_resched();
	}
}

void rubato_tw_describe(struct rubato_tw *tw, struct rubato_info *info)
{
	rub_ns due, now = ktime_get_ns();
	struct rub_view view;

	spin_lock_bh(&tw->lock);
	due = due_now(tw);
	rub_tw_view(&tw->core, &view);
	spin_unlock_bh(&tw->lock);
	rubato_describe(info, &view, due, now);
	info->cookie = tw->cookie;
	info->tuple = tw->node.tuple;
	info->uid = tw->uid;
}
