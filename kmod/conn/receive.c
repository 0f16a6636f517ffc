// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way in: IP hands us a packet, wire/ parses it, table/ says whose it is, and the owner's
 * lock is taken for the core (RFC 9293 section 3.10.7). Lookups are under RCU alone; what was
 * found may be gone when its lock is held, and then we look again.
 */
#include <linux/filter.h>
#include <linux/siphash.h>
#include <net/ip.h>
#include <net/netns/hash.h>
#include <net/protocol.h>
#include <net/tcp.h>
#include "conn/internal.h"
#include "report/report.h"

static siphash_key_t isn_key __read_mostly, ts_key __read_mostly, cookie_key __read_mostly;

/* RFC 6528's F(): keyed by a secret of this boot. */
u64 rubato_isn_hash(const struct net *net, const struct rub_tuple *t)
{
	return siphash_4u32((__force u32)t->local, (__force u32)t->peer,
			    (u32)t->local_port << 16 | t->peer_port, net_hash_mix(net), &isn_key);
}

/* RFC 7323 section 5.4: of the address pair alone, for RFC 6191 compares incarnations by it. */
u32 rubato_ts_offset(const struct net *net, const struct rub_tuple *t)
{
	return siphash_3u32((__force u32)t->local, (__force u32)t->peer, net_hash_mix(net),
			    &ts_key);
}

/* The two halves of a key differ in one word. */
void rubato_cookie_key(const struct net *net, const struct rub_tuple *t, u64 key[2])
{
	u32 ports = (u32)t->local_port << 16 | t->peer_port, mix = net_hash_mix(net);

	key[0] = siphash_4u32((__force u32)t->local, (__force u32)t->peer, ports, mix,
			      &cookie_key);
	key[1] = siphash_4u32((__force u32)t->local, (__force u32)t->peer, ports, ~mix,
			      &cookie_key);
}

static void drop(struct net *net, struct sk_buff *skb, enum rubato_reason reason)
{
	rubato_count_drop(net, reason);
	kfree_skb(skb);
}

/* A process holds the lock: it takes the packet when it lets go. */
static void add_to_backlog(struct sock *sk, struct sk_buff *skb)
{
	u32 limit = READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) + SZ_64K;

	skb_dst_drop(skb);
	skb->dev = NULL;
	if (sk_add_backlog(sk, skb, limit))
		drop(sock_net(sk), skb, RUBATO_REASON_RCV_BUFFER);
}

static bool still_of(const struct rubato_sock *rs, const struct rub_tuple *tuple)
{
	return rs->live && rub_tuple_equal(&rs->node.tuple, tuple);
}

/*
 * Return: false if the socket left the table, or became another connection: look again. One that
 * is hashed is never refused, or we would find it again for ever: a process that we interrupted
 * may be just about to begin or to end it, and takes the packet when it lets go.
 */
static bool conn_receive(struct rubato_sock *rs, struct sk_buff *skb,
			 const struct rub_tuple *tuple)
{
	struct sock *sk = rubato_hold_sock(rs);
	bool ours;

	if (!sk)
		return false;
	bh_lock_sock(sk);
	ours = rubato_node_hashed(&rs->node) && rub_tuple_equal(&rs->node.tuple, tuple);
	if (ours && sk_filter_trim_cap(sk, skb, skb->len)) {
		kfree_skb(skb);
	} else if (ours && sock_owned_by_user(sk)) {
		add_to_backlog(sk, skb);
	} else if (ours) {
		rubato_drive_segment(sk, skb);
		rubato_settle(sk);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
	return ours;
}

static bool node_receive(struct rubato_node *node, struct sk_buff *skb,
			 const struct rub_tuple *tuple, int ifindex)
{
	switch (node->kind) {
	case RUBATO_NODE_HALF:
		return rubato_half_receive(rubato_node_half(node), skb);
	case RUBATO_NODE_TW:
		return rubato_tw_receive(rubato_node_tw(node), skb, tuple, ifindex);
	default:
		return conn_receive(rubato_node_sock(node), skb, tuple);
	}
}

/* A listener for the segment, with a reference; NULL if nobody listens. */
struct sock *rubato_find_listener(struct net *net, const struct rub_tuple *tuple, int ifindex)
{
	struct rubato_listener *listener;

	listener = rubato_listener_find(net, tuple->local, tuple->local_port, ifindex);
	if (!listener)
		return NULL;
	return rubato_hold_sock(container_of(listener, struct rubato_sock, listener));
}

/* A lookup that a moving entry led astray must not reset somebody's connection. */
bool rubato_is_anothers(struct net *net, const struct rub_tuple *tuple, const struct sk_buff *skb)
{
	return rubato_node_find(net, tuple, skb->skb_iif);
}

/* CLOSED (RFC 9293 section 3.10.7.1) */
static void stray(struct net *net, struct sk_buff *skb, const struct rub_tuple *tuple)
{
	struct rub_seg seg;
	struct rub_tx tx;

	rubato_wire_segment(skb, &seg);
	if (!rubato_is_anothers(net, tuple, skb) && rub_stray_segment(&seg, &tx))
		rubato_answer(net, tuple, 0, &tx);
	drop(net, skb, RUBATO_REASON_NO_SOCKET);
}

/* Whose is it? Under rcu_read_lock(), softirqs off. */
static void dispatch(struct net *net, struct sk_buff *skb, int ifindex)
{
	struct rubato_node *node;
	struct rub_tuple tuple;
	struct sock *listener;

	rubato_wire_tuple(skb, &tuple);
	while ((node = rubato_node_find(net, &tuple, ifindex)))
		if (node_receive(node, skb, &tuple, ifindex))
			return;
	listener = rubato_find_listener(net, &tuple, ifindex);
	if (!listener) {
		stray(net, skb, &tuple);
		return;
	}
	rubato_listen_receive(listener, skb, &tuple, NULL);
	sock_put(listener);
}

static int receive(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	enum rubato_reason reason;
	struct rub_tuple tuple;
	struct rub_seg seg;

	if (READ_ONCE(rubato_conn_net(net)->closing)) {
		kfree_skb(skb);
		return 0;
	}
	rubato_count(net, RUBATO_COUNT_SEGMENTS_IN);
	reason = rubato_wire_parse(skb, &tuple, &seg);
	if (reason != RUBATO_REASON_NONE) {
		drop(net, skb, reason);
		return 0;
	}
	if (seg.flags & RUB_RST)
		rubato_count(net, RUBATO_COUNT_RESETS_IN);
	rubato_cb(skb)->seq = seg.seq;
	dispatch(net, skb, inet_iif(skb));
	return 0;
}

/* release_sock() hands over what came meanwhile; release_cb() settles for all of it. */
int rubato_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rub_tuple tuple;

	rubato_wire_tuple(skb, &tuple);
	if (still_of(rs, &tuple)) {
		rubato_drive_segment(sk, skb);
		/* What ended is somebody else's from the next segment on. */
		if (rs->pending)
			rubato_settle(sk);
		else
			set_bit(RUBATO_DEFER_SETTLE, &rs->deferred);
		return 0;
	}
	rcu_read_lock();
	local_bh_disable();
	dispatch(sock_net(sk), skb, skb->skb_iif);
	local_bh_enable();
	rcu_read_unlock();
	return 0;
}

static const struct net_protocol rubato_net_protocol = {
	.handler = receive,
	.err_handler = rubato_icmp_error,
	.icmp_strict_tag_validation = 1,
};

int rubato_receive_init(void)
{
	int err;

	get_random_bytes(&isn_key, sizeof(isn_key));
	get_random_bytes(&ts_key, sizeof(ts_key));
	get_random_bytes(&cookie_key, sizeof(cookie_key));
	err = inet_add_protocol(&rubato_net_protocol, rubato_protocol);
	if (err)
		pr_err("rubato: IP protocol %u is taken\n", rubato_protocol);
	return err;
}

/* Waits for those who are in receive(). */
void rubato_receive_exit(void)
{
	inet_del_protocol(&rubato_net_protocol, rubato_protocol);
}
