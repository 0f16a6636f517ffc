// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections by four-tuple: full ones, half-open ones and TIME_WAIT entries of all namespaces
 * in one hash.
 *
 * Readers use RCU alone. locks[] guards the buckets, many to one lock; it is held for one
 * bucket at a time and nests inside a binding bucket. New nodes go to the tail with the next higher
 * place and hand it to their replacement, so a walk knows where to go on whatever came and went.
 */
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h> /* rculist_nulls.h forgets it */
#include <linux/rculist_nulls.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include "table/parts.h"

#define N_LOCKS 1024u

/* One bucket for 32 KiB of memory. */
#define BUCKET_SHIFT 15
#define BITS_MIN 10
#define BITS_MAX 20

static struct hlist_nulls_head *buckets;
static u32 n_buckets;
static spinlock_t locks[N_LOCKS];
static siphash_key_t key;

static u32 bucket_of(const struct net *net, const struct rub_tuple *t)
{
	u64 hash = siphash_4u32((__force u32)t->local, (__force u32)t->peer,
				(u32)t->local_port << 16 | t->peer_port, net_hash_mix(net), &key);

	return (u32)hash & (n_buckets - 1);
}

static spinlock_t *lock_of(u32 bucket)
{
	return &locks[bucket & (N_LOCKS - 1)];
}

static bool same(const struct rubato_node *node, const struct net *net,
		 const struct rub_tuple *tuple)
{
	return rub_tuple_equal(&node->tuple, tuple) && net_eq(node->net, net);
}

struct rubato_node *rubato_node_find(struct net *net, const struct rub_tuple *tuple, int ifindex)
{
	u32 bucket = bucket_of(net, tuple);
	struct hlist_nulls_node *pos;
	struct rubato_node *node, *tw;

	do {
		tw = NULL;
		hlist_nulls_for_each_entry_rcu(node, pos, &buckets[bucket], link) {
			if (!same(node, net, tuple) ||
			    (node->ifindex && node->ifindex != ifindex))
				continue;
			if (node->kind != RUBATO_NODE_TW)
				return node;
			tw = node;
		}
		/* A node that moved to another chain took us along: look again. */
	} while (get_nulls_value(pos) != bucket);
	return tw;
}

/* May both stand in the table? Only a new incarnation beside the TIME_WAIT of the old one. */
static bool excludes(const struct rubato_node *old, const struct rubato_node *new)
{
	if (!same(old, new->net, &new->tuple))
		return false;
	if (old->ifindex && new->ifindex && old->ifindex != new->ifindex)
		return false;
	return new->kind != RUBATO_NODE_HALF || old->kind != RUBATO_NODE_TW;
}

/* After four thousand million insertions into a bucket that never ran empty. */
static void renumber(u32 bucket)
{
	struct hlist_nulls_node *pos;
	struct rubato_node *node;
	u32 place = 0;

	hlist_nulls_for_each_entry(node, pos, &buckets[bucket], link)
		WRITE_ONCE(node->place, ++place);
}

int rubato_node_insert(struct rubato_node *new)
{
	u32 bucket = bucket_of(new->net, &new->tuple);
	struct hlist_nulls_node **tail = &buckets[bucket].first;
	struct rubato_node *node, *last = NULL;
	spinlock_t *lock = lock_of(bucket);
	struct hlist_nulls_node *pos;
	int err = 0;

	spin_lock_bh(lock);
	hlist_nulls_for_each_entry(node, pos, &buckets[bucket], link) {
		if (excludes(node, new)) {
			err = -EADDRNOTAVAIL;
			goto out;
		}
		last = node;
		tail = &pos->next;
	}
	if (last && last->place >= U32_MAX - 1)
		renumber(bucket);
	WRITE_ONCE(new->place, last ? last->place + 1 : 1);
	WRITE_ONCE(new->link.next, pos);
	WRITE_ONCE(new->link.pprev, tail);
	/* Readers see a whole node or none. */
	smp_store_release(tail, &new->link);
out:
	spin_unlock_bh(lock);
	return err;
}

bool rubato_node_remove(struct rubato_node *node)
{
	spinlock_t *lock;
	bool hashed;

	/* One that never was hashed has no namespace yet. */
	if (!rubato_node_hashed(node))
		return false;
	lock = lock_of(bucket_of(node->net, &node->tuple));
	spin_lock_bh(lock);
	hashed = rubato_node_hashed(node);
	if (hashed)
		hlist_nulls_del_init_rcu(&node->link);
	spin_unlock_bh(lock);
	return hashed;
}

/* @new takes @old's very place: a reader meets one of them, a walk only one. */
static void supplant(struct rubato_node *old, struct rubato_node *new)
{
	struct hlist_nulls_node *next = old->link.next;

	WRITE_ONCE(new->place, old->place);
	WRITE_ONCE(new->link.next, next);
	WRITE_ONCE(new->link.pprev, old->link.pprev);
	smp_store_release(old->link.pprev, &new->link);
	if (!is_a_nulls(next))
		WRITE_ONCE(next->pprev, &new->link.next);
	WRITE_ONCE(old->link.pprev, NULL);
}

static struct rubato_node *take_old_incarnation(u32 bucket, const struct rubato_node *of)
{
	struct hlist_nulls_node *pos;
	struct rubato_node *node;

	hlist_nulls_for_each_entry(node, pos, &buckets[bucket], link) {
		if (node == of || node->kind != RUBATO_NODE_TW ||
		    !same(node, of->net, &of->tuple))
			continue;
		if (node->ifindex && of->ifindex && node->ifindex != of->ifindex)
			continue;
		hlist_nulls_del_init_rcu(&node->link);
		return node;
	}
	return NULL;
}

bool rubato_node_replace(struct rubato_node *old, struct rubato_node *new,
			 struct rubato_node **also)
{
	u32 bucket = bucket_of(new->net, &new->tuple);
	spinlock_t *lock = lock_of(bucket);
	bool hashed;

	if (also)
		*also = NULL;
	spin_lock_bh(lock);
	hashed = rubato_node_hashed(old);
	if (hashed) {
		if (also)
			*also = take_old_incarnation(bucket, old);
		supplant(old, new);
	}
	spin_unlock_bh(lock);
	return hashed;
}

int rubato_node_succeed(struct rubato_node *old, struct rubato_node *new)
{
	u32 bucket = bucket_of(new->net, &new->tuple);
	spinlock_t *lock = lock_of(bucket);
	struct hlist_nulls_node *pos;
	struct rubato_node *node;
	int err = 0;

	spin_lock_bh(lock);
	if (!rubato_node_hashed(old))
		err = -EADDRNOTAVAIL;
	hlist_nulls_for_each_entry(node, pos, &buckets[bucket], link)
		if (node != old && excludes(node, new))
			err = -EADDRNOTAVAIL;
	if (!err)
		supplant(old, new);
	spin_unlock_bh(lock);
	return err;
}

static bool walk_bucket(struct net *net, struct rubato_walk *pos,
			bool (*visit)(struct rubato_node *node, void *arg), void *arg)
{
	struct hlist_nulls_node *link;
	struct rubato_node *node;
	bool complete = true;
	u32 place;

	rcu_read_lock();
again:
	hlist_nulls_for_each_entry_rcu(node, link, &buckets[pos->bucket], link) {
		place = READ_ONCE(node->place);
		if (place < pos->place || !net_eq(node->net, net))
			continue;
		/* Led away by a node that moved: places of another bucket mean nothing here. */
		if (bucket_of(net, &node->tuple) != pos->bucket)
			goto again;
		if (!visit(node, arg)) {
			complete = false;
			goto out;
		}
		pos->place = place + 1;
	}
	if (get_nulls_value(link) != pos->bucket)
		goto again;
out:
	rcu_read_unlock();
	return complete;
}

bool rubato_node_walk(struct net *net, struct rubato_walk *pos,
		      bool (*visit)(struct rubato_node *node, void *arg), void *arg)
{
	for (; pos->bucket < n_buckets; pos->bucket++, pos->place = 0)
		if (!hlist_nulls_empty(&buckets[pos->bucket]) &&
		    !walk_bucket(net, pos, visit, arg))
			return false;
	return true;
}

int rubato_connections_init(void)
{
	u32 i;

	n_buckets = 1u << rubato_table_bits(BUCKET_SHIFT, BITS_MIN, BITS_MAX);
	buckets = kvmalloc_array(n_buckets, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < n_buckets; i++)
		INIT_HLIST_NULLS_HEAD(&buckets[i], i);
	for (i = 0; i < N_LOCKS; i++)
		spin_lock_init(&locks[i]);
	get_random_bytes(&key, sizeof(key));
	return 0;
}

void rubato_connections_exit(void)
{
	u32 i;

	for (i = 0; i < n_buckets; i++)
		WARN_ON_ONCE(!hlist_nulls_empty(&buckets[i]));
	kvfree(buckets);
}
