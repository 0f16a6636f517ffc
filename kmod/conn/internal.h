/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of conn/ share. Locks are those of conn.h, and two more: rubato_half.lock and
 * rubato_tw.lock, each over one entry. The order is in Documentation/locking.md.
 */
#ifndef RUBATO_CONN_INTERNAL_H
#define RUBATO_CONN_INTERNAL_H

#include <linux/refcount.h>
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include "conn/conn.h"
#include "wire/wire.h"

/**
 * struct rubato_conn_net - what conn/ has in each network namespace
 * @net: the namespace
 * @ctl: sends answers that belong to no socket
 * @halves: deadlines of half-open connections
 * @tws: TIME_WAIT entries, oldest first
 * @retune: walks the table after a change of policy
 * @closing: no packet is looked at any more
 */
struct rubato_conn_net {
	struct net *net;
	struct sock *ctl;
	struct rubato_deadlines halves;
	struct rubato_ages tws;
	struct work_struct retune;
	bool closing;
};

struct rubato_conn_net *rubato_conn_net(const struct net *net);
int rubato_net_init(void);
void rubato_net_exit(void);

/* What brought a state about: for events. */
struct rubato_cause {
	u8 kind;			/* RUBATO_CAUSE_* */
	u8 clock;			/* enum rubato_clock, of RUBATO_CAUSE_CLOCK */
	const struct rub_seg *seg;	/* of RUBATO_CAUSE_RECEIVED and RUBATO_CAUSE_SENT */
};

/* In skb->cb of every packet that belongs to a connection. */
struct rubato_cb {
	u32 seq;		/* SEG.SEQ */
	u32 from, to;		/* queued: sequence numbers of the bytes from skb->data on */
};

static inline struct rubato_cb *rubato_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rubato_cb) > sizeof_field(struct sk_buff, cb));
	return (struct rubato_cb *)skb->cb;
}

/* Who is to be woken when a connection has settled. */
#define RUBATO_WAKE_STATE	0x1u
#define RUBATO_WAKE_DATA	0x2u
#define RUBATO_WAKE_SPACE	0x4u

/* What waits for the process to let go of the socket lock; bits of rubato_sock.deferred. */
enum {
	RUBATO_DEFER_SETTLE,
	RUBATO_DEFER_TIMER,
	RUBATO_DEFER_RETUNE,
	RUBATO_DEFER_MTU,
	RUBATO_DEFER_SOFT_ERROR,
};

/* sock.c */
u64 rubato_new_cookie(void);
void rubato_sock_setup(struct rubato_sock *rs);
struct sock *rubato_sock_clone(struct sock *listener);
void rubato_sock_wake(struct sock *sk);

/* timer.c. Socket lock held. */
void rubato_timer_init(struct rubato_sock *rs);
void rubato_timer_arm(struct sock *sk, rub_ns due);
void rubato_timer_cancel(struct sock *sk);

/* drive.c: the core's calls, and what follows from them. Socket lock held. */
void rubato_env(const struct sock *sk, struct rub_env *env);
int rubato_drive_call(struct sock *sk, enum rub_call call, u32 arg);
void rubato_drive_segment(struct sock *sk, struct sk_buff *skb);
void rubato_drive_result(struct sock *sk, struct sk_buff *skb, u8 from, const struct rub_rx *rx);
void rubato_drive_timer(struct sock *sk);
void rubato_apply(struct sock *sk, u8 from, const struct rub_rx *rx,
		  const struct rubato_cause *cause);
void rubato_sync(struct sock *sk);
void rubato_settle(struct sock *sk);
void rubato_release_cb(struct sock *sk);
void rubato_begin(struct sock *sk);

/* queue.c. Socket lock held. */
bool rubato_queue_room(struct sock *sk, struct sk_buff *skb);
void rubato_queue_keep(struct sock *sk, struct sk_buff *skb, const struct rub_range *keep);
void rubato_queue_advance(struct sock *sk);
void rubato_queue_acked(struct sock *sk, u32 bytes);
int rubato_queue_copy_out(struct sock *sk, u32 offset, struct sk_buff *to, u32 len);
void rubato_queue_purge_write(struct sock *sk);
void rubato_queue_purge_read(struct sock *sk);
void rubato_queue_purge_ooo(struct sock *sk);

/* transmit.c. Socket lock held. */
void rubato_transmit(struct sock *sk, struct rub_env *env);
/* An answer of no connection: 0 or -errno. */
int rubato_answer(struct net *net, const struct rub_tuple *tuple, int ifindex,
		  const struct rub_tx *tx);

/* events.c */
void rubato_note_state(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 from, u8 to,
		       const struct rubato_cause *cause);
void rubato_note_again(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 state,
		       const struct rub_tx *tx, rub_ns next);
void rubato_note_gave_up(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 state,
			 u8 clock, u32 tries, int error, rub_ns elapsed);
void rubato_note_sent(struct net *net, const struct rub_tx *tx, int result);

/* receive.c */
int rubato_receive_init(void);
void rubato_receive_exit(void);
int rubato_backlog_rcv(struct sock *sk, struct sk_buff *skb);
u64 rubato_isn_hash(const struct net *net, const struct rub_tuple *tuple);
u32 rubato_ts_offset(const struct net *net, const struct rub_tuple *tuple);
void rubato_cookie_key(const struct net *net, const struct rub_tuple *tuple, u64 key[2]);
bool rubato_is_anothers(struct net *net, const struct rub_tuple *tuple, const struct sk_buff *skb);
struct sock *rubato_find_listener(struct net *net, const struct rub_tuple *tuple, int ifindex);

/* icmp.c */
int rubato_icmp_error(struct sk_buff *skb, u32 info);
void rubato_mtu_reduced(struct sock *sk);

/**
 * struct rubato_half - a half-open connection of a listener
 * @node: in the connection table
 * @due: on rubato_conn_net.halves
 * @link: on the listener's accept.halves, guarded by its lock
 * @lock: guards @core; outside the listener's accept.lock
 * @refs: one while it is hashed, one while it is on the queue, one for each who looks
 * @core: the protocol's state
 * @listener: with a reference
 * @cookie: the child inherits it
 * @isn_hash: of the four-tuple
 */
struct rubato_half {
	struct rubato_node node;
	struct timerqueue_node due;
	struct list_head link;
	spinlock_t lock;
	refcount_t refs;
	struct rub_half core;
	struct sock *listener;
	u64 cookie, isn_hash;
	struct rcu_head rcu;
};

/* half.c */
int rubato_half_init(void);
void rubato_half_exit(void);
/* Return: false if the entry went meanwhile: look again. @skb is consumed otherwise. */
bool rubato_half_receive(struct rubato_half *half, struct sk_buff *skb);
/* @listener: with a reference of the caller's. @skb is consumed. */
void rubato_listen_receive(struct sock *listener, struct sk_buff *skb,
			   const struct rub_tuple *tuple, const u32 *old_nxt);
void rubato_half_put(struct rubato_half *half);
/* Without a word to the peer: the listener goes. */
void rubato_half_drop(struct rubato_half *half, const struct rubato_cause *cause);
/* The connection table or the queue lost it: take it off the rest. */
void rubato_half_retire(struct rubato_half *half);
void rubato_half_rearm(struct rubato_half *half);
void rubato_half_expired(struct timerqueue_node *due);
void rubato_half_describe(struct rubato_half *half, struct rubato_info *info);

/* accept.c */
/* The third ACK, half.lock held: one child or none. @skb is consumed. */
void rubato_accept_child(struct rubato_half *half, struct sk_buff *skb);
bool rubato_accept_full(const struct sock *listener);
void rubato_unlisten(struct sock *sk);

/**
 * struct rubato_tw - a finished connection that waits 2 MSL
 * @node: in the connection table
 * @binding: holds the local port
 * @age: on rubato_conn_net.tws
 * @lock: guards @core; taken inside a socket's lock
 * @refs: one while it exists, which the queue owns; one for each who looks
 * @core: the protocol's state
 * @cookie: the connection's
 * @uid: the owner's, for bind()
 * @reuse_addr: for bind()
 * @reuse_port: likewise
 */
struct rubato_tw {
	struct rubato_node node;
	struct rubato_binding binding;
	struct list_head age;
	spinlock_t lock;
	refcount_t refs;
	struct rub_tw core;
	u64 cookie;
	u32 uid;
	bool reuse_addr, reuse_port;
	struct rcu_head rcu;
};

/* timewait.c */
int rubato_tw_module_init(void);
void rubato_tw_module_exit(void);
/* @sk, locked, has drained and becomes an entry; the caller goes on to end the sock. */
void rubato_tw_enter(struct sock *sk, const struct rub_env *env);
bool rubato_tw_receive(struct rubato_tw *tw, struct sk_buff *skb, const struct rub_tuple *tuple,
		       int ifindex);
void rubato_tw_put(struct rubato_tw *tw);
/* A new incarnation took its place in the connection table. */
void rubato_tw_replaced(struct rubato_tw *tw);
/* @rs has its tuple: takes it from a TIME_WAIT that may go (rub_tw_reuse()). 0 or -errno. */
int rubato_tw_reuse(struct rubato_sock *rs);
rub_ns rubato_tw_due(struct rubato_ages *queue, struct list_head *age);
void rubato_tw_expired(struct rubato_ages *queue, struct list_head *age);
void rubato_tw_purge(struct rubato_conn_net *cn);
void rubato_tw_describe(struct rubato_tw *tw, struct rubato_info *info);

/* list.c */
void rubato_describe(struct rubato_info *info, const struct rub_view *view, rub_ns due,
		     rub_ns now);

/* retune.c */
void rubato_retune_work(struct work_struct *work);
void rubato_retune_hook(struct net *net);
/* Socket lock held: takes the namespace's current policy. */
void rubato_retune_sock(struct sock *sk);

/* What poll() reads without a lock, after everything that led to it. */
static inline void rubato_show_state(struct sock *sk, int state)
{
	smp_wmb();	/* pairs with inet_sk_state_load(); inet_sk_state_store() is not exported */
	inet_sk_set_state(sk, state);
}

static inline struct rubato_sock *rubato_node_sock(struct rubato_node *node)
{
	return container_of(node, struct rubato_sock, node);
}

static inline struct rubato_half *rubato_node_half(struct rubato_node *node)
{
	return container_of(node, struct rubato_half, node);
}

static inline struct rubato_tw *rubato_node_tw(struct rubato_node *node)
{
	return container_of(node, struct rubato_tw, node);
}

/* A reference to what a lookup found; NULL if it is on its way out. */
static inline struct sock *rubato_hold_sock(struct rubato_sock *rs)
{
	struct sock *sk = &rs->inet.sk;

	return refcount_inc_not_zero(&sk->sk_refcnt) ? sk : NULL;
}

#endif
