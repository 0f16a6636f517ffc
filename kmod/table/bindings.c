// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds which local port, and how a free one is found: RFC 6056 section 3.3.4 (algorithm 4,
 * double-hash port selection) for connect(), a random start for bind(). Whether two may share a
 * port is rub_bind_conflict()'s to say.
 *
 * locks[] guards the buckets, many to one lock; connection buckets nest inside. The perturbation
 * table is read and written without a lock: a lost increment costs one more step.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <net/ip.h>
#include "table/parts.h"

#define N_LOCKS 256u

/* One bucket for 32 KiB of memory; no more than there are ports. */
#define BUCKET_SHIFT 15
#define BITS_MIN 10
#define BITS_MAX 16

/* RFC 6056 calls it table[]; a small one lets a peer guess its contents. */
#define PERTURB_BITS 16

static struct hlist_head *buckets;
static u32 bits;
static spinlock_t locks[N_LOCKS];
static u16 *perturb;
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
		 bool connecting)
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
		err = rub_bind_conflict(new, &old, RUBATO_BIND_LINUX);
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

static int take(struct net *net, struct rubato_binding *binding, u16 port, bool picked)
{
	u32 bucket = bucket_of(net, port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	binding->describe(binding, &new);
	if (picked) {
		/* Nobody asked for this port: sharing it would be an accident. */
		new.reuse_addr = false;
		new.reuse_port = false;
	}
	err = check(bucket, net, port, binding, &new, false);
	if (!err)
		hold(bucket, net, port, binding);
	spin_unlock_bh(lock_of(bucket));
	return err;
}

/* The ports of one parity in the namespace's range: first, first + 2, ... */
struct ports {
	u32 first, n;
};

static struct ports ports_of(struct net *net, u32 parity)
{
	struct ports ports;
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	ports.first = (u32)low + (((u32)low ^ parity) & 1);
	ports.n = ports.first > (u32)high ? 0 : ((u32)high - ports.first) / 2 + 1;
	return ports;
}

static u16 nth_port(const struct ports *ports, u32 start, u32 i)
{
	return ports->first + 2 * ((start % ports->n + i) % ports->n);
}

/* Ports of one parity in a row before the other one gets a chance. */
#define RUN 64u

/**
 * struct search - looking for a free port
 * @take: tries to take one; 0 or -errno
 * @binding: what is to hold it
 * @node: what is to be hashed with it; NULL for bind()
 * @start: where to begin
 * @steps: filled: how far from there the port was
 */
struct search {
	int (*take)(const struct search *search, struct net *net, u16 port);
	struct rubato_binding *binding;
	struct rubato_node *node;
	u32 start, steps;
};

static int try_run(struct search *search, struct net *net, const struct ports *ports, u32 from)
{
	u32 i, end = min(from + RUN, ports->n);
	u16 port;

	for (i = from; i < end; i++) {
		port = nth_port(ports, search->start, i);
		if (!inet_is_local_reserved_port(net, port) && !search->take(search, net, port)) {
			search->steps = i + 1;
			return 0;
		}
		cond_resched();
	}
	return -EADDRINUSE;
}

/*
 * Every port once, those of @parity first, by runs: once they are all taken, a search must not go
 * through all of them to find that out each time.
 */
static int search_port(struct search *search, struct net *net, u32 parity)
{
	struct ports preferred = ports_of(net, parity), other = ports_of(net, !parity);
	u32 from;

	for (from = 0; from < max(preferred.n, other.n); from += RUN)
		if (!try_run(search, net, &preferred, from) ||
		    !try_run(search, net, &other, from))
			return 0;
	return -EADDRINUSE;
}

static int take_picked(const struct search *search, struct net *net, u16 port)
{
	return take(net, search->binding, port, true);
}

int rubato_bind(struct net *net, struct rubato_binding *binding, u16 port)
{
	struct search search = { .take = take_picked, .binding = binding };

	if (WARN_ON_ONCE(!hlist_unhashed(&binding->link)))
		return -EINVAL;
	if (port)
		return take(net, binding, port, false);
	search.start = get_random_u32();
	/* Odd ones first: connect() prefers the even ones. */
	return search_port(&search, net, 1);
}

int rubato_bind_check(const struct rubato_binding *binding)
{
	u32 bucket = bucket_of(binding->net, binding->port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	binding->describe(binding, &new);
	err = check(bucket, binding->net, binding->port, binding, &new, false);
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

/* Both tables under the binding's lock, so that nobody binds a port that is just being taken. */
static int take_for_connect(const struct search *search, struct net *net, u16 port)
{
	struct rubato_binding *binding = search->binding;
	u32 bucket = bucket_of(net, port);
	struct rub_bound new;
	int err;

	spin_lock_bh(lock_of(bucket));
	binding->describe(binding, &new);
	err = check(bucket, net, port, binding, &new, true);
	if (!err) {
		search->node->tuple.local_port = port;
		err = rubato_node_insert(search->node);
	}
	if (!err)
		hold(bucket, net, port, binding);
	spin_unlock_bh(lock_of(bucket));
	return err;
}

int rubato_bind_connect(struct rubato_binding *binding, struct rubato_node *node)
{
	struct search search = { .take = take_for_connect, .binding = binding, .node = node };
	const struct rub_tuple *t = &node->tuple;
	u16 *slot;
	u64 hash;

	if (WARN_ON_ONCE(!hlist_unhashed(&binding->link)))
		return -EINVAL;
	/* RFC 6056's F() and G(): the two halves of one keyed hash. */
	hash = siphash_4u32((__force u32)t->local, (__force u32)t->peer, t->peer_port,
			    net_hash_mix(node->net), &key);
	slot = &perturb[hash >> (64 - PERTURB_BITS)];
	search.start = (u32)hash + READ_ONCE(*slot);
	if (search_port(&search, node->net, 0)) {
		node->tuple.local_port = 0;
		return -EADDRNOTAVAIL;
	}
	WRITE_ONCE(*slot, READ_ONCE(*slot) + search.steps);
	return 0;
}

int rubato_bindings_init(void)
{
	u32 i;

	bits = rubato_table_bits(BUCKET_SHIFT, BITS_MIN, BITS_MAX);
	buckets = kvcalloc(1u << bits, sizeof(*buckets), GFP_KERNEL);
	perturb = kvmalloc_array(1u << PERTURB_BITS, sizeof(*perturb), GFP_KERNEL);
	if (!buckets || !perturb) {
		kvfree(perturb);
		kvfree(buckets);
		return -ENOMEM;
	}
	for (i = 0; i < N_LOCKS; i++)
		spin_lock_init(&locks[i]);
	get_random_bytes(&key, sizeof(key));
	get_random_bytes(perturb, sizeof(*perturb) << PERTURB_BITS);
	return 0;
}

void rubato_bindings_exit(void)
{
	u32 i;

	for (i = 0; i < 1u << bits; i++)
		WARN_ON_ONCE(!hlist_empty(&buckets[i]));
	kvfree(perturb);
	kvfree(buckets);
}
