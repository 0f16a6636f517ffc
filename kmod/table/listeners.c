// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners by local port, of all namespaces. Readers use RCU alone; lock guards every bucket:
 * listening starts and stops rarely.
 */
#include <linux/hash.h>
#include <linux/rculist.h> /* rculist_nulls.h forgets it */
#include <linux/rculist_nulls.h>
#include <linux/spinlock.h>
#include "table/parts.h"

#define BITS 10

static struct hlist_nulls_head buckets[1 << BITS];
static DEFINE_SPINLOCK(lock);

static u32 bucket_of(const struct net *net, u16 port)
{
	return hash_32(net_hash_mix(net) + port, BITS);
}

/* At the tail, with the next higher place: a walk that goes on later meets none twice. */
void rubato_listener_insert(struct rubato_listener *listener)
{
	struct hlist_nulls_head *head = &buckets[bucket_of(listener->net, listener->port)];
	struct rubato_listener *other;
	struct hlist_nulls_node *pos;

	spin_lock_bh(&lock);
	listener->place = 1;
	hlist_nulls_for_each_entry(other, pos, head, link)
		listener->place = other->place + 1;
	if (!WARN_ON_ONCE(!hlist_nulls_unhashed(&listener->link)))
		hlist_nulls_add_tail_rcu(&listener->link, head);
	spin_unlock_bh(&lock);
}

bool rubato_listener_remove(struct rubato_listener *listener)
{
	bool hashed;

	spin_lock_bh(&lock);
	hashed = !hlist_nulls_unhashed(&listener->link);
	if (hashed)
		hlist_nulls_del_init_rcu(&listener->link);
	spin_unlock_bh(&lock);
	return hashed;
}

/* 0: not for it; the more specific, the more. */
static int score(const struct rubato_listener *listener, const struct net *net, __be32 local,
		 u16 port, int ifindex)
{
	if (listener->port != port || !net_eq(listener->net, net))
		return 0;
	if (listener->ifindex && listener->ifindex != ifindex)
		return 0;
	if (listener->local && listener->local != local)
		return 0;
	return 1 + (listener->ifindex ? 2 : 0) + (listener->local ? 1 : 0);
}

struct rubato_listener *rubato_listener_find(struct net *net, __be32 local, u16 port, int ifindex)
{
	u32 bucket = bucket_of(net, port);
	struct rubato_listener *listener, *best;
	struct hlist_nulls_node *pos;
	int n, most;

	do {
		best = NULL;
		most = 0;
		hlist_nulls_for_each_entry_rcu(listener, pos, &buckets[bucket], link) {
			n = score(listener, net, local, port, ifindex);
			if (n > most) {
				most = n;
				best = listener;
			}
		}
	} while (get_nulls_value(pos) != bucket);
	return best;
}

static bool walk_bucket(struct net *net, struct rubato_walk *pos,
			bool (*visit)(struct rubato_listener *listener, void *arg), void *arg)
{
	struct rubato_listener *listener;
	struct hlist_nulls_node *link;
	bool complete = true;
	u32 place;

	rcu_read_lock();
again:
	hlist_nulls_for_each_entry_rcu(listener, link, &buckets[pos->bucket], link) {
		place = READ_ONCE(listener->place);
		if (place < pos->place || !net_eq(listener->net, net))
			continue;
		/* Led away by a listener that moved. */
		if (bucket_of(net, listener->port) != pos->bucket)
			goto again;
		if (!visit(listener, arg)) {
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

bool rubato_listener_walk(struct net *net, struct rubato_walk *pos,
			  bool (*visit)(struct rubato_listener *listener, void *arg), void *arg)
{
	for (; pos->bucket < ARRAY_SIZE(buckets); pos->bucket++, pos->place = 0)
		if (!hlist_nulls_empty(&buckets[pos->bucket]) &&
		    !walk_bucket(net, pos, visit, arg))
			return false;
	return true;
}

void rubato_listeners_init(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		INIT_HLIST_NULLS_HEAD(&buckets[i], i);
}
