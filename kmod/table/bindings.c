// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds which local port, and how a free one is found: candidates come from core/ports.h
 * (RFC 6056 section 3.3.4), even ones first for connect(), odd ones for bind(). Whether two may
 * share a port is rub_bind_conflict()'s to say.
 *
 * locks[] guards the buckets, many to one lock; connection buckets nest inside. The table of
 * ports needs none.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <net/ip.h>
#include "core/ports.h"
#include "table/parts.h"

#define N_LOCKS 256u

/* One bucket for 32 KiB of memory; no more than there are ports. */
#define BUCKET_SHIFT 15
#define BITS_MIN 10
#define BITS_MAX 16

enum { EVEN, ODD };

static struct hlist_head *buckets;
static u32 bits;
static spinlock_t locks[N_LOCKS];
static struct rub_port_table *port_table;
static siphash_key_t key;

static u32 bucket_of(const struct net *net, u16 port)
{
	return hash_32(net_hash_mix(net) + port, bits);
}

static spinlock_t *lock_of(u32 bucket)
{
	return &locks[bucket & (N_LOCKS - 1)];
}

static bool is_connected(const struct rub_bound *bound)
{
	return bound->state != RUBATO_CLOSED && bound->state != RUBATO_LISTEN;
}

/*
 * May @binding hold @port beside the others that do? A @connecting one need not mind those that
 * are connected: the four-tuple tells them apart.
 */
static int check(u32 bucket, const struct net *net, u16 port,
		 const struct rubato_binding *binding, const struct rub_bound *new,
		 enum rubato_bind_mode mode, bool connecting)
{
	const struct rubato_binding *other;
	struct rub_bound old;
	int err;

	hlist_for_each_entry(other, &buckets[bucket], link) {
		if (other == binding || other->port != port || !net_eq(other->net, net))
			continue;
		other->describe(other, &old);
		if (connecting && is_connected(&old))
			continue;
		err = rub_bind_conflict(new, &old, mode);
		if (err)
			return err;
	}
	return 0;
}

static void hold(u32 bucket, struct net *net, u16 port, struct rubato_binding *binding)
{
	binding->net = net;
	binding->port = port;
	hlist_add_head(&binding->link, &buckets[bucket]);
}

/* What a port that nobody asked for is measured by: sharing it would be an accident. */
static void describe_alone(const struct rubato_binding *binding, struct rub_bound *bound)
{
	binding->describe(binding, bound);
	bound->reuse_addr = false;
	bound->reuse_port = false;
}

static bool is_reserved(void *net, u16 port)
{
	return inet_is_local_reserved_port(net, port);
}

static struct rub_port_range range_of(struct net *net, u8 parity)
{
	struct rub_port_range range = { .parity = parity, .reserved = is_reserved, .arg = net };
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	range.low = low;
	range.high = high;
	return range;
}

static int take(struct net *net, struct rubato_binding *binding, u16 port,
		enum rubato_bind_mode mode, bool alone)
{
	u32 bucket = bucket_of(net, port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	if (alone)
		describe_alone(binding, &new);
	else
		binding->describe(binding, &new);
	err = check(bucket, net, port, binding, &new, mode, false);
	if (!err)
		hold(bucket, net, port, binding);
	spin_unlock_bh(lock_of(bucket));
	return err;
}

static int pick(struct net *net, struct rubato_binding *binding, enum rubato_bind_mode mode)
{
	struct rub_port_range range = range_of(net, ODD);
	struct rub_ports search;
	int port;

	rub_ports_start(&search, &range, get_random_u32());
	while ((port = rub_ports_next(&search)) > 0) {
		if (!take(net, binding, port, mode, true))
			return 0;
		cond_resched();
	}
	return -EADDRINUSE;
}

int rubato_bind(struct net *net, struct rubato_binding *binding, u16 port,
		enum rubato_bind_mode mode)
{
	if (WARN_ON_ONCE(!hlist_unhashed(&binding->link)))
		return -EINVAL;
	return port ? take(net, binding, port, mode, false) : pick(net, binding, mode);
}

int rubato_bind_check(const struct rubato_binding *binding, enum rubato_bind_mode mode)
{
	u32 bucket = bucket_of(binding->net, binding->port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	binding->describe(binding, &new);
	err = check(bucket, binding->net, binding->port, binding, &new, mode, false);
	spin_unlock_bh(lock_of(bucket));
	return err;
}

void rubato_bind_inherit(struct rubato_binding *binding, const struct rubato_binding *from)
{
	u32 bucket = bucket_of(from->net, from->port);

	spin_lock_bh(lock_of(bucket));
	if (!WARN_ON_ONCE(!hlist_unhashed(&binding->link)))
		hold(bucket, from->net, from->port, binding);
	spin_unlock_bh(lock_of(bucket));
}

void rubato_unbind(struct rubato_binding *binding)
{
	u32 bucket;

	if (hlist_unhashed_lockless(&binding->link))
		return;
	bucket = bucket_of(binding->net, binding->port);
	spin_lock_bh(lock_of(bucket));
	hlist_del_init(&binding->link);
	spin_unlock_bh(lock_of(bucket));
}

/*
 * Both tables under the binding's lock, so that nobody binds a port that is just being taken.
 * @old: who has the four-tuple and is to go; NULL if nobody may have it
 */
static int take_for_connect(struct rubato_binding *binding, struct rubato_node *node, u16 port,
			    struct rubato_node *old)
{
	u32 bucket = bucket_of(node->net, port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	describe_alone(binding, &new);
	err = check(bucket, node->net, port, binding, &new, RUBATO_BIND_LINUX, true);
	if (!err) {
		node->tuple.local_port = port;
		err = old ? rubato_node_succeed(old, node) : rubato_node_insert(node);
	}
	if (!err)
		hold(bucket, node->net, port, binding);
	spin_unlock_bh(lock_of(bucket));
	return err;
}

int rubato_bind_succeed(struct rubato_binding *binding, struct rubato_node *node,
			struct rubato_node *old)
{
	return take_for_connect(binding, node, old->tuple.local_port, old);
}

int rubato_bind_connect(struct rubato_binding *binding, struct rubato_node *node,
			int (*reuse)(struct rubato_node *node))
{
	struct rub_port_range range = range_of(node->net, EVEN);
	const struct rub_tuple *t = &node->tuple;
	struct rub_ports search;
	int port, err;
	u64 hash;

	if (WARN_ON_ONCE(!hlist_unhashed(&binding->link)))
		return -EINVAL;
	/* RFC 6056's F() and G(): parts of one keyed hash. */
	hash = siphash_4u32((__force u32)t->local, (__force u32)t->peer, t->peer_port,
			    net_hash_mix(node->net), &key);
	rub_ports_start(&search, &range, rub_port_offset(port_table, hash));
	while ((port = rub_ports_next(&search)) > 0) {
		err = take_for_connect(binding, node, port, NULL);
		if (err == -EADDRNOTAVAIL && reuse)
			err = reuse(node);
		if (!err) {
			rub_port_advance(port_table, hash, &search);
			return 0;
		}
		cond_resched();
	}
	node->tuple.local_port = 0;
	return port;
}

int rubato_bindings_init(void)
{
	u32 i;

	bits = rubato_table_bits(BUCKET_SHIFT, BITS_MIN, BITS_MAX);
	buckets = kvcalloc(1u << bits, sizeof(*buckets), GFP_KERNEL);
	port_table = kvmalloc(sizeof(*port_table), GFP_KERNEL);
	if (!buckets || !port_table) {
		kvfree(port_table);
		kvfree(buckets);
		return -ENOMEM;
	}
	for (i = 0; i < N_LOCKS; i++)
		spin_lock_init(&locks[i]);
	get_random_bytes(&key, sizeof(key));
	get_random_bytes(port_table, sizeof(*port_table));
	return 0;
}

void rubato_bindings_exit(void)
{
	u32 i;

	for (i = 0; i < 1u << bits; i++)
		WARN_ON_ONCE(!hlist_empty(&buckets[i]));
	kvfree(port_table);
	kvfree(buckets);
}
