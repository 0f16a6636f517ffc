// SPDX-License-Identifier: GPL-2.0-only
/*
 * Half-open connections (RFC 9293 section 3.10.7.2, and 3.10.7.4 in SYN-RECEIVED): a SYN came in
 * for a listener. Small entries, so that a flood of SYNs costs little.
 *
 * rubato_half.lock guards the protocol's state of one entry; inside it come the child's socket
 * lock, the listener's accept.lock, the table's locks. Whoever takes the entry out of the
 * connection table (one succeeds) takes it off everything else.
 */
#include <linux/filter.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

/* Half-open connections of one listener, whatever its backlog: 300 KiB, not more. */
#define HALVES_MAX 1024u

static struct kmem_cache *half_cache;

int rubato_half_init(void)
{
	half_cache = kmem_cache_create("rubato_half", sizeof(struct rubato_half), 0,
				       SLAB_HWCACHE_ALIGN, NULL);
	return half_cache ? 0 : -ENOMEM;
}

/* After rcu_barrier(). */
void rubato_half_exit(void)
{
	kmem_cache_destroy(half_cache);
}

static void free_half(struct rcu_head *rcu)
{
	kmem_cache_free(half_cache, container_of(rcu, struct rubato_half, rcu));
}

void rubato_half_put(struct rubato_half *half)
{
	if (!refcount_dec_and_test(&half->refs))
		return;
	sock_put(half->listener);
	call_rcu(&half->rcu, free_half);
}

/* What holds for an entry: its namespace's policy, its listener's buffer. */
struct half_env {
	struct rub_env env;
	struct rubato_policy *policy;
};

static void half_env(const struct sock *listener, u64 isn_hash, const struct dst_entry *dst,
		     struct half_env *he)
{
	struct rub_env *env = &he->env;

	memset(env, 0, sizeof(*env));
	he->policy = rubato_policy_get(sock_net(listener));
	env->now = ktime_get_ns();
	env->policy = &he->policy->core;
	env->isn_hash = isn_hash;
	env->rnd = get_random_u32();
	env->rcv_buf = READ_ONCE(listener->sk_rcvbuf) / 2;
	env->rcv_free = env->rcv_buf;
	env->path_mss = dst ? rubato_wire_path_mss(dst) : TCP_MSS_DEFAULT;
	env->adv_mss = dst ? rubato_wire_adv_mss(dst) : TCP_MSS_DEFAULT;
	env->gso_max = env->path_mss;
}

static void half_env_done(struct half_env *he)
{
	rubato_policy_put(he->policy);
}

/* half->lock held, hashed */
static void arm(struct rubato_half *half, const struct rub_env *env)
{
	struct rubato_conn_net *cn = rubato_conn_net(half->node.net);

	refcount_inc(&half->refs);
	if (!rubato_deadlines_arm(&cn->halves, &half->due, rub_half_due(&half->core, env)))
		refcount_dec(&half->refs);	/* it was on the queue, with its reference */
}

void rubato_half_retire(struct rubato_half *half)
{
	struct rubato_conn_net *cn = rubato_conn_net(half->node.net);
	struct rubato_accept *accept = &rubato_sk(half->listener)->accept;

	spin_lock_bh(&accept->lock);
	if (!list_empty(&half->link)) {
		list_del_init(&half->link);
		accept->n_halves--;
	}
	spin_unlock_bh(&accept->lock);
	if (rubato_deadlines_disarm(&cn->halves, &half->due))
		rubato_half_put(half);
	rubato_gauge_add(half->node.net, RUBATO_GAUGE_HALF_OPEN, -1);
	rubato_half_put(half);	/* the table's */
}

/* half->lock held; the caller has a reference. */
static void end(struct rubato_half *half, const struct rubato_cause *cause)
{
	if (!rubato_node_remove(&half->node))
		return;
	rubato_note_state(half->node.net, half->cookie, &half->node.tuple, RUBATO_SYN_RCVD,
			  RUBATO_CLOSED, cause);
	rubato_half_retire(half);
}

void rubato_half_drop(struct rubato_half *half, const struct rubato_cause *cause)
{
	spin_lock_bh(&half->lock);
	end(half, cause);
	spin_unlock_bh(&half->lock);
}

/* The SYN+ACK, perhaps again. half->lock held. */
static void synack_sent(struct rubato_half *half, const struct rub_tx *tx, int result,
			const struct rub_env *env)
{
	rub_ns due;

	rub_half_sent(&half->core, tx, result, env);
	due = rub_half_due(&half->core, env);
	if (!result && tx->again)
		rubato_note_again(half->node.net, half->cookie, &half->node.tuple,
				  RUBATO_SYN_RCVD, tx, due > env->now ? due - env->now : 0);
	arm(half, env);
}

static void answer(struct rubato_half *half, const struct rub_tx *tx, const struct rub_env *env)
{
	int err = rubato_answer(half->node.net, &half->node.tuple, half->node.ifindex, tx);

	if (tx->unit == RUB_UNIT_SYNACK)
		synack_sent(half, tx, err, env);
}

/* half->lock held, hashed; the caller has a reference. @skb is consumed. */
static void segment(struct rubato_half *half, struct sk_buff *skb)
{
	struct rub_seg seg;
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED, .seg = &seg };
	struct half_env he;
	struct rub_tx tx;

	rubato_wire_segment(skb, &seg);
	half_env(half->listener, half->isn_hash, NULL, &he);
	switch (rub_half_segment(&half->core, &seg, &he.env, &tx)) {
	case RUB_ESTABLISH:
		rubato_accept_child(half, skb);
		skb = NULL;
		break;
	case RUB_ANSWER:
		rubato_count_drop(half->node.net, tx.reason);
		answer(half, &tx, &he.env);
		break;
	case RUB_REMOVE_ANSWER:
		answer(half, &tx, &he.env);
		end(half, &cause);
		break;
	case RUB_REMOVE:
		end(half, &cause);
		break;
	default:
		rubato_count_drop(half->node.net, tx.reason);
		break;
	}
	half_env_done(&he);
	kfree_skb(skb);
}

bool rubato_half_receive(struct rubato_half *half, struct sk_buff *skb)
{
	bool hashed;

	if (!refcount_inc_not_zero(&half->refs))
		return false;
	if (sk_filter_trim_cap(half->listener, skb, skb->len)) {
		rubato_half_put(half);
		kfree_skb(skb);
		return true;
	}
	spin_lock_bh(&half->lock);
	hashed = rubato_node_hashed(&half->node);
	if (hashed)
		segment(half, skb);
	spin_unlock_bh(&half->lock);
	rubato_half_put(half);
	return hashed;
}

/* The schedule has ended. half->lock held. */
static void give_up(struct rubato_half *half, const struct rub_env *env)
{
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_CLOCK, .clock = RUBATO_CLOCK_SYNACK };
	struct rub_view view;

	rub_half_view(&half->core, &view);
	rubato_note_gave_up(half->node.net, half->cookie, &half->node.tuple, RUBATO_SYN_RCVD,
			    RUBATO_CLOCK_SYNACK, view.tries, ETIMEDOUT, env->now - view.first);
	end(half, &cause);
}

/* The queue has taken it off: its reference is ours. */
void rubato_half_expired(struct timerqueue_node *due)
{
	struct rubato_half *half = container_of(due, struct rubato_half, due);
	struct half_env he;
	struct rub_tx tx;

	spin_lock_bh(&half->lock);
	if (rubato_node_hashed(&half->node)) {
		half_env(half->listener, half->isn_hash, NULL, &he);
		switch (rub_half_expire(&half->core, &he.env, &tx)) {
		case RUB_ANSWER:
			answer(half, &tx, &he.env);
			break;
		case RUB_REMOVE:
			give_up(half, &he.env);
			break;
		default:
			arm(half, &he.env);
			break;
		}
		half_env_done(&he);
	}
	spin_unlock_bh(&half->lock);
	rubato_half_put(half);
}

/* The policy has changed. */
void rubato_half_rearm(struct rubato_half *half)
{
	struct half_env he;

	if (!refcount_inc_not_zero(&half->refs))
		return;
	spin_lock_bh(&half->lock);
	if (rubato_node_hashed(&half->node)) {
		half_env(half->listener, half->isn_hash, NULL, &he);
		arm(half, &he.env);
		half_env_done(&he);
	}
	spin_unlock_bh(&half->lock);
	rubato_half_put(half);
}

static bool is_full(const struct rubato_accept *accept)
{
	return READ_ONCE(accept->n_halves) >= max(HALVES_MAX, READ_ONCE(accept->backlog));
}

/*
 * Return: false if there is no room, unless it @passes at once, or one stands there already.
 * half->lock held.
 */
static bool publish(struct rubato_half *half, bool passes)
{
	struct net *net = half->node.net;
	struct rubato_accept *accept = &rubato_sk(half->listener)->accept;
	enum rubato_reason reason = RUBATO_REASON_NONE;

	spin_lock_bh(&accept->lock);
	/* It may listen elsewhere by now. */
	if (accept->closed ||
	    rubato_sk(half->listener)->listener.port != half->node.tuple.local_port)
		reason = RUBATO_REASON_NO_SOCKET;
	else if (!passes && is_full(accept))
		reason = RUBATO_REASON_SYN_QUEUE_FULL;
	else if (rubato_node_insert(&half->node))
		reason = RUBATO_REASON_SYN_IN_WINDOW;	/* the same SYN was faster elsewhere */
	else {
		list_add_tail(&half->link, &accept->halves);
		accept->n_halves++;
	}
	spin_unlock_bh(&accept->lock);
	if (reason != RUBATO_REASON_NONE)
		rubato_count_drop(net, reason);
	else
		rubato_gauge_add(net, RUBATO_GAUGE_HALF_OPEN, 1);
	return reason == RUBATO_REASON_NONE;
}

static struct rubato_half *new_half(struct sock *listener, const struct rub_tuple *tuple,
				    const struct rub_half *core, u64 isn_hash)
{
	struct rubato_half *half = kmem_cache_zalloc(half_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!half)
		return NULL;
	half->node.net = sock_net(listener);
	half->node.tuple = *tuple;
	half->node.ifindex = READ_ONCE(listener->sk_bound_dev_if);
	half->node.kind = RUBATO_NODE_HALF;
	timerqueue_init(&half->due);
	INIT_LIST_HEAD(&half->link);
	spin_lock_init(&half->lock);
	refcount_set(&half->refs, 1);
	half->core = *core;
	half->listener = listener;
	half->cookie = rubato_new_cookie();
	half->isn_hash = isn_hash;
	sock_hold(listener);
	return half;
}

/* A SYN is welcome: the entry, and its SYN+ACK by @rt, whose reference is taken over. */
static void create(struct sock *listener, const struct rub_tuple *tuple, const struct rub_seg *seg,
		   const struct rub_half *core, const struct rub_tx *tx, const struct rub_env *env,
		   struct rtable *rt)
{
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED, .seg = seg };
	struct net *net = sock_net(listener);
	struct rubato_half *half;
	int err;

	half = new_half(listener, tuple, core, env->isn_hash);
	if (!half) {
		rubato_count_drop(net, RUBATO_REASON_NO_MEMORY);
		ip_rt_put(rt);
		return;
	}
	/* Nobody else may drive it before its SYN+ACK has left and its clock runs. */
	spin_lock_bh(&half->lock);
	if (!publish(half, false)) {
		spin_unlock_bh(&half->lock);
		rubato_half_put(half);
		ip_rt_put(rt);
		return;
	}
	rubato_note_state(net, half->cookie, tuple, RUBATO_LISTEN, RUBATO_SYN_RCVD, &cause);
	err = rubato_wire_answer(rubato_conn_net(net)->ctl, rt, tuple, tx);
	rubato_note_sent(net, tx, err);
	synack_sent(half, tx, err, env);
	spin_unlock_bh(&half->lock);
}

/* No room: the SYN+ACK is all that remembers the SYN. @rt's reference is taken over. */
static void send_cookie(struct sock *listener, const struct rub_tuple *tuple,
			const struct rub_seg *seg, struct rub_env *env, struct rtable *rt)
{
	struct net *net = sock_net(listener);
	struct rub_tx tx;

	rubato_cookie_key(net, tuple, env->cookie_key);
	rub_cookie_answer(seg, env, &tx);
	WRITE_ONCE(rubato_sk(listener)->accept.cookie_sent, env->now);
	rubato_count(net, RUBATO_COUNT_SYNCOOKIES_SENT);
	rubato_note_sent(net, &tx, rubato_wire_answer(rubato_conn_net(net)->ctl, rt, tuple, &tx));
}

/* The entry that there was no room for stands until the child is made of it. @skb is consumed. */
static void pass(struct sock *listener, const struct rub_tuple *tuple, const struct rub_seg *seg,
		 const struct rub_half *core, const struct rub_env *env, struct sk_buff *skb)
{
	struct rubato_cause cause = { .kind = RUBATO_CAUSE_RECEIVED, .seg = seg };
	struct rubato_half *half = new_half(listener, tuple, core, env->isn_hash);

	if (!half) {
		rubato_count_drop(sock_net(listener), RUBATO_REASON_NO_MEMORY);
		kfree_skb(skb);
		return;
	}
	spin_lock_bh(&half->lock);
	if (publish(half, true)) {
		refcount_inc(&half->refs);
		rubato_note_state(half->node.net, half->cookie, tuple, RUBATO_LISTEN,
				  RUBATO_SYN_RCVD, &cause);
		rubato_accept_child(half, skb);
		end(half, &cause); /* if there is no child: nothing would bring the ACK again */
	} else {
		kfree_skb(skb);
	}
	spin_unlock_bh(&half->lock);
	rubato_half_put(half);
}

/* An ACK that nobody waits for: it may answer a cookie. Return: it did, @skb is consumed. */
static bool cookie_receive(struct sock *listener, const struct rub_tuple *tuple,
			   const struct rub_seg *seg, struct rub_env *env, struct sk_buff *skb)
{
	struct net *net = sock_net(listener);
	struct rub_half core;
	enum rubato_reason reason;

	if (!rub_cookie_awaited(READ_ONCE(rubato_sk(listener)->accept.cookie_sent), env))
		return false;
	rubato_cookie_key(net, tuple, env->cookie_key);
	reason = rub_cookie_accept(seg, env, &core);
	if (reason != RUBATO_REASON_NONE) {
		rubato_count_drop(net, reason);
		return false;
	}
	rubato_count(net, RUBATO_COUNT_SYNCOOKIES_RECEIVED);
	pass(listener, tuple, seg, &core, env, skb);
	return true;
}

/**
 * rubato_listen_receive - a segment for a listener
 * @listener: with a reference of the caller's
 * @skb: consumed
 * @tuple: of @skb
 * @old_nxt: SND.NXT of the TIME_WAIT that it succeeds, or NULL
 */
void rubato_listen_receive(struct sock *listener, struct sk_buff *skb,
			   const struct rub_tuple *tuple, const u32 *old_nxt)
{
	struct net *net = sock_net(listener);
	int ifindex = READ_ONCE(listener->sk_bound_dev_if);
	struct half_env he;
	struct rub_half core;
	struct rub_seg seg;
	struct rtable *rt;
	struct rub_tx tx;

	/* What a filter or a cgroup keeps from the listener gets no answer either. */
	if (sk_filter_trim_cap(listener, skb, skb->len)) {
		kfree_skb(skb);
		return;
	}
	rt = rubato_wire_route(rubato_conn_net(net)->ctl, tuple, ifindex);
	if (IS_ERR(rt)) {
		rubato_count(net, RUBATO_COUNT_LOCAL_DROPS);
		kfree_skb(skb);
		return;
	}
	rubato_wire_segment(skb, &seg);
	half_env(listener, rubato_isn_hash(net, tuple), &rt->dst, &he);
	he.env.ts_offset = rubato_ts_offset(net, tuple);
	he.env.reincarnates = old_nxt;
	he.env.old_nxt = old_nxt ? *old_nxt : 0;
	switch (rub_listen_segment(&seg, &he.env, &core, &tx)) {
	case RUB_CREATE:
		rubato_count_drop(net, tx.reason);
		if (rubato_accept_full(listener)) {
			rubato_count_drop(net, RUBATO_REASON_ACCEPT_QUEUE_FULL);
			ip_rt_put(rt);
		} else if (!old_nxt && is_full(&rubato_sk(listener)->accept)) {
			send_cookie(listener, tuple, &seg, &he.env, rt);
		} else {
			create(listener, tuple, &seg, &core, &tx, &he.env, rt);
		}
		break;
	case RUB_ANSWER:
		if (cookie_receive(listener, tuple, &seg, &he.env, skb)) {
			skb = NULL;
			ip_rt_put(rt);
			break;
		}
		if (rubato_is_anothers(net, tuple, skb)) {
			rubato_count_drop(net, RUBATO_REASON_NO_SOCKET);
			ip_rt_put(rt);
			break;
		}
		rubato_note_sent(net, &tx, rubato_wire_answer(rubato_conn_net(net)->ctl, rt, tuple,
							      &tx));
		break;
	default:
		rubato_count_drop(net, tx.reason);
		ip_rt_put(rt);
		break;
	}
	half_env_done(&he);
	kfree_skb(skb);
}

void rubato_half_describe(struct rubato_half *half, struct rubato_info *info)
{
	struct half_env he;
	struct rub_view view;
	rub_ns due;

	half_env(half->listener, half->isn_hash, NULL, &he);
	spin_lock_bh(&half->lock);
	rub_half_view(&half->core, &view);
	due = rub_half_due(&half->core, &he.env);
	spin_unlock_bh(&half->lock);
	half_env_done(&he);
	rubato_describe(info, &view, due, he.env.now);
	info->cookie = half->cookie;
	info->tuple = half->node.tuple;
	info->uid = __kuid_val(half->listener->sk_uid);
}
