// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about what we sent (RFC 9293 section 3.9.2.2, RFC 5927): believed only if the
 * quoted sequence number is one that is in flight. The path's MTU is taken, everything else is
 * remembered and never ends a connection (MUST-56).
 *
 * The socket lock guards the connection; while a process holds it, the news waits for it.
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/inet_connection_sock.h>
#include <net/ip.h>
#include "conn/internal.h"
#include "report/report.h"

void rubato_mtu_reduced(struct sock *sk)
{
	struct dst_entry *dst = inet_csk_update_pmtu(sk, rubato_sk(sk)->mtu);

	if (!dst || inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk))
		return;
	rubato_drive_call(sk, RUB_CALL_MTU, 0);
}

static void mtu_reduced(struct sock *sk, u32 mtu)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rs->mtu = mtu;
	if (sock_owned_by_user(sk))
		set_bit(RUBATO_DEFER_MTU, &rs->deferred);
	else
		rubato_mtu_reduced(sk);
}

static void soft_error(struct sock *sk, int error)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rs->soft_error = error;
	if (sock_owned_by_user(sk))
		set_bit(RUBATO_DEFER_SOFT_ERROR, &rs->deferred);
	else
		rubato_drive_call(sk, RUB_CALL_SOFT_ERROR, error);
}

static void redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = sock_owned_by_user(sk) ? NULL : __sk_dst_check(sk, 0);

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static void handle(struct sock *sk, struct sk_buff *skb, u32 info)
{
	const struct icmphdr *icmp = icmp_hdr(skb);

	switch (icmp->type) {
	case ICMP_REDIRECT:
		redirect(sk, skb);
		break;
	case ICMP_PARAMETERPROB:
		soft_error(sk, EPROTO);
		break;
	case ICMP_TIME_EXCEEDED:
		soft_error(sk, EHOSTUNREACH);
		break;
	case ICMP_DEST_UNREACH:
		if (icmp->code == ICMP_FRAG_NEEDED)
			mtu_reduced(sk, info);
		else if (icmp->code <= NR_ICMP_UNREACH)
			soft_error(sk, icmp_err_convert[icmp->code].errno);
		break;
	}
}

/* RFC 5927 section 4.1: the number quoted was sent and is not acknowledged. */
static bool in_flight(const struct rubato_sock *rs, u32 seq)
{
	struct rub_view view;

	rub_view(&rs->tcb, &view);
	return seq - view.snd_una <= view.snd_nxt - view.snd_una;
}

/* Called under rcu_read_lock(); IP has seen to it that 8 bytes of our header are there. */
int rubato_icmp_error(struct sk_buff *skb, u32 info)
{
	const struct iphdr *ip = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + ip->ihl * 4);
	struct rub_tuple tuple = {
		.local = ip->saddr,
		.peer = ip->daddr,
		.local_port = ntohs(th->source),
		.peer_port = ntohs(th->dest),
	};
	struct rubato_node *node;
	struct rubato_sock *rs;
	struct sock *sk;

	node = rubato_node_find(dev_net(skb->dev), &tuple, inet_iif(skb));
	/* A small entry has no path to learn and nobody to tell. */
	if (!node || node->kind != RUBATO_NODE_CONN)
		return node ? 0 : -ENOENT;
	rs = rubato_node_sock(node);
	sk = rubato_hold_sock(rs);
	if (!sk)
		return -ENOENT;
	bh_lock_sock(sk);
	if (rs->live && rub_tuple_equal(&rs->node.tuple, &tuple) && in_flight(rs, ntohl(th->seq)))
		handle(sk, skb, info);
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}
