/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who finds whom. Three tables, each keyed per network namespace:
 *
 *	connections	by four-tuple: full connections, half-open ones and TIME_WAIT entries
 *	listeners	by local port and address
 *	bindings	by local port: whatever holds one, TIME_WAIT entries included
 *
 * and two sorts of waiting list with one timer for all that is on it:
 *
 *	queue of deadlines	entries with a deadline each (half-open)
 *	queue of ages		entries that wait equally long, oldest first (TIME_WAIT)
 *
 * The tables know nothing of what hangs in them but struct rubato_node and struct
 * rubato_binding. Lookups are lock-free under RCU; whoever owns a node frees it after a
 * grace period and decides whether a reference may still be taken.
 *
 * Whatever is embedded starts as zeroes (a deadline's node: timerqueue_init(); an age's entry:
 * INIT_LIST_HEAD()). A node or listener that was removed may be inserted again at once: readers
 * notice when they were led into another chain.
 *
 * Locks: spinlocks shared by buckets (BH-disabling here), one per queue. Binding buckets nest
 * outside connection buckets; queue locks are innermost.
 */
#ifndef RUBATO_TABLE_H
#define RUBATO_TABLE_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/list_nulls.h>
#include <linux/timerqueue.h>
#include <net/net_namespace.h>
#include "core/core.h"
#include "core/tuple.h"

enum rubato_node_kind {
	RUBATO_NODE_CONN,
	RUBATO_NODE_HALF,
	RUBATO_NODE_TW,
};

/**
 * struct rubato_node - what hangs in the connection table
 * @link: of the bucket; zeroed before the first use
 * @net: not counted: namespace exit empties the table first
 * @tuple: does not change while hashed
 * @ifindex: bound device, 0 for any
 * @place: rises along the bucket; the table's own
 * @kind: enum rubato_node_kind
 */
struct rubato_node {
	struct hlist_nulls_node link;
	struct net *net;
	struct rub_tuple tuple;
	int ifindex;
	u32 place;
	u8 kind;
};

/**
 * rubato_node_find - the node of a four-tuple
 *
 * A half-open connection is found before the TIME_WAIT entry of the same tuple. Under
 * rcu_read_lock(); the node may be on its way out, or to another tuple: take a reference that can
 * fail, and look at rubato_node_hashed() and the tuple when you have it.
 */
struct rubato_node *rubato_node_find(struct net *net, const struct rub_tuple *tuple, int ifindex);

/**
 * rubato_node_insert - hash a node whose tuple must be free
 *
 * Return: 0, or -EADDRNOTAVAIL when the tuple is taken. A half-open node may stand beside a
 * TIME_WAIT one, nothing else may stand twice.
 */
int rubato_node_insert(struct rubato_node *node);
/* Removes; false if it was not hashed (any more). Idempotent. */
bool rubato_node_remove(struct rubato_node *node);
/**
 * rubato_node_replace - under one bucket lock: half-open becomes full, full becomes TIME_WAIT
 *
 * With @also, a TIME_WAIT node of the same tuple (an old incarnation) is removed too and
 * handed back for its owner to free; NULL if there is none.
 * Return: false if @old was not hashed any more: then nothing has changed.
 */
bool rubato_node_replace(struct rubato_node *old, struct rubato_node *new,
			 struct rubato_node **also);
/**
 * rubato_node_succeed - @new gets the tuple of @old, a TIME_WAIT, for a connection of its own
 *
 * Return: 0, or -EADDRNOTAVAIL if @old has left or somebody else has the tuple too.
 */
int rubato_node_succeed(struct rubato_node *old, struct rubato_node *new);
static inline bool rubato_node_hashed(const struct rubato_node *node)
{
	return !hlist_nulls_unhashed_lockless(&node->link);
}

/**
 * struct rubato_walk - where a walk goes on; zeroed to start, kept by the caller between calls
 * @bucket: the bucket
 * @place: the first place in it that has not been visited
 */
struct rubato_walk {
	u32 bucket, place;
};

/**
 * rubato_node_walk - visit the nodes of one namespace, bucket by bucket
 * @net: the namespace
 * @pos: where to go on (a netlink dump, a retune in batches)
 * @visit: called under rcu_read_lock() with no lock held; false stops the walk, and the next
 *	call visits the same node again
 * @arg: for @visit
 *
 * Whatever comes and goes between the calls: a node that stays in the table (its replacement
 * counts as the same) is visited exactly once, one that comes meanwhile at most once.
 * Return: true when the walk is complete.
 */
bool rubato_node_walk(struct net *net, struct rubato_walk *pos,
		      bool (*visit)(struct rubato_node *node, void *arg), void *arg);

/**
 * struct rubato_listener - what hangs in the listener table; embedded in a socket
 * @link: of the bucket; zeroed before the first use
 * @net: not counted
 * @local: address, network order, 0 for any
 * @port: host order
 * @ifindex: bound device, 0 for any
 * @place: as a node's
 */
struct rubato_listener {
	struct hlist_nulls_node link;
	struct net *net;
	__be32 local;
	u16 port;
	int ifindex;
	u32 place;
};
void rubato_listener_insert(struct rubato_listener *listener);
bool rubato_listener_remove(struct rubato_listener *listener);
/* The most specific one: bound device, then address, before any. Under rcu_read_lock(). */
struct rubato_listener *rubato_listener_find(struct net *net, __be32 local, u16 port, int ifindex);
/* As rubato_node_walk(). */
bool rubato_listener_walk(struct net *net, struct rubato_walk *pos,
			  bool (*visit)(struct rubato_listener *listener, void *arg), void *arg);

/**
 * struct rubato_binding - holds a local port; embedded in sockets and TIME_WAIT entries
 * @describe: fills what rub_bind_conflict() asks, as it is now (SO_REUSEADDR set after bind
 *	counts); called under the bucket lock
 */
struct rubato_binding {
	struct hlist_node link;
	struct net *net;
	u16 port;
	void (*describe)(const struct rubato_binding *binding, struct rub_bound *bound);
};

/**
 * rubato_bind - take a port
 * @net: whose ports
 * @binding: unbound
 * @port: host order; 0 picks one (odd ones preferred, reserved ones skipped) that nobody with an
 *	overlapping address holds, whatever the options
 * @mode: by which sharing is judged
 *
 * Process context. Return: 0 with binding->port set, -EADDRINUSE (also when no port is left).
 */
int rubato_bind(struct net *net, struct rubato_binding *binding, u16 port,
		enum rubato_bind_mode mode);
/*
 * The conflict check alone, against all others: listen() repeats it. @describe must say
 * RUBATO_LISTEN already, or two sockets that listen at the same time both pass.
 */
int rubato_bind_check(const struct rubato_binding *binding, enum rubato_bind_mode mode);
/* A second holder of the same port without a check: a child, or a TIME_WAIT entry. */
void rubato_bind_inherit(struct rubato_binding *binding, const struct rubato_binding *from);
/* Idempotent; binding->port stays as it was. */
void rubato_unbind(struct rubato_binding *binding);
/**
 * rubato_bind_connect - pick a port for connect() and hash the node, RFC 6056 algorithm 4
 * @binding: unbound
 * @node: tuple filled but for local_port
 * @reuse: asked, without a lock, when only the four-tuple is in the way: 0 after
 *	rubato_bind_succeed() or -errno; NULL for never
 *
 * Even ports first; a port whose four-tuple is taken is passed over, one that others hold for
 * other peers is shared with them, and one that somebody only bound or listens on is not taken.
 * Process context.
 * Return: 0, or -EADDRNOTAVAIL when none is left.
 */
int rubato_bind_connect(struct rubato_binding *binding, struct rubato_node *node,
			int (*reuse)(struct rubato_node *node));
/* As rubato_node_succeed(), and the port of @old is taken as rubato_bind_connect() takes one. */
int rubato_bind_succeed(struct rubato_binding *binding, struct rubato_node *node,
			struct rubato_node *old);

/*
 * Queue of deadlines. Entries carry the absolute time; expiry is called in softirq context
 * without the lock, for one due entry at a time, after it was taken off: from then on the entry
 * is the callback's, and disarming it answers false.
 */
struct rubato_deadlines {
	spinlock_t lock;
	struct timerqueue_head head;
	struct hrtimer timer;
	void (*expire)(struct timerqueue_node *node);
};
void rubato_deadlines_init(struct rubato_deadlines *queue,
			   void (*expire)(struct timerqueue_node *node));
/* Puts on the queue, or moves. @due from rub_half_due(). Return: true if it was not on it. */
bool rubato_deadlines_arm(struct rubato_deadlines *queue, struct timerqueue_node *node, rub_ns due);
/* Return: true if it was on the queue (then the caller owns what the queue held). */
bool rubato_deadlines_disarm(struct rubato_deadlines *queue, struct timerqueue_node *node);
/* Waits for a running expiry; nobody arms any more. What is still on the queue stays there. */
void rubato_deadlines_stop(struct rubato_deadlines *queue);

/*
 * Queue of ages: in order of the start of their wait, so a retune only re-arms the head.
 * @due tells the deadline of an entry under the current policy (rub_tw_due()); it is called under
 * the lock. @expire is called as for deadlines.
 */
struct rubato_ages {
	spinlock_t lock;
	struct list_head list;
	u32 n, max;
	struct hrtimer timer;
	rub_ns (*due)(struct rubato_ages *queue, struct list_head *entry);
	void (*expire)(struct rubato_ages *queue, struct list_head *entry);
};
void rubato_ages_init(struct rubato_ages *queue, u32 max,
		      rub_ns (*due)(struct rubato_ages *queue, struct list_head *entry),
		      void (*expire)(struct rubato_ages *queue, struct list_head *entry));
/* Appends, or moves to the end. At the bound the oldest is handed back in @evicted. */
void rubato_ages_arm(struct rubato_ages *queue, struct list_head *entry,
		     struct list_head **evicted);
/* Return: true if it was on the queue; false also while it expires. */
bool rubato_ages_disarm(struct rubato_ages *queue, struct list_head *entry);
void rubato_ages_retune(struct rubato_ages *queue);
/* Takes the oldest off, or NULL: for emptying at namespace exit. */
struct list_head *rubato_ages_pop(struct rubato_ages *queue);
void rubato_ages_stop(struct rubato_ages *queue);	/* as rubato_deadlines_stop() */

int rubato_table_init(void);
void rubato_table_exit(void);

/* A deadline of the core as a timer takes it: RUB_NEVER and its kin do not wrap into the past. */
static inline ktime_t rubato_deadline(rub_ns due)
{
	return ns_to_ktime(min_t(u64, due, KTIME_MAX));
}

#endif
