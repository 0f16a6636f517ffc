// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out, second half: IPv4. A connection's units go by its socket and its cached route,
 * answers without a socket by the namespace's control socket. The socket lock guards a
 * connection's route and flow; the control socket is only read.
 */
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>
#include "compat/inet.h"
#include "wire/wire.h"

#define HEADERS (sizeof(struct iphdr) + sizeof(struct tcphdr))

u16 rubato_wire_path_mss(const struct dst_entry *dst)
{
	u32 mtu = dst_mtu(dst);

	/* IPv4 promises 68 bytes; less is a misconfigured route. */
	return min_t(u32, max_t(u32, mtu, IPV4_MIN_MTU), IP_MAX_MTU) - HEADERS;
}

u16 rubato_wire_adv_mss(const struct dst_entry *dst)
{
	return dst_metric_advmss(dst);
}

/* As the IP layer's result tells: a packet that a congested qdisc took has left. */
static int left(int result)
{
	if (result == NET_XMIT_SUCCESS || result == NET_XMIT_CN)
		return 0;
	return result < 0 ? result : -ENOBUFS;
}

struct rtable *rubato_wire_route(struct sock *ctl, const struct rub_tuple *tuple, int ifindex)
{
	struct net *net = sock_net(ctl);
	struct flowi4 fl4;

	flowi4_init_output(&fl4, ifindex, 0, 0, RT_SCOPE_UNIVERSE, ctl->sk_protocol,
			   FLOWI_FLAG_ANYSRC, tuple->peer, tuple->local,
			   htons(tuple->peer_port), htons(tuple->local_port),
			   sock_net_uid(net, NULL));
	security_sk_classify_flow(ctl, flowi4_to_flowi_common(&fl4));
	return ip_route_output_flow(net, &fl4, ctl);
}

int rubato_wire_answer(struct sock *ctl, struct rtable *rt, const struct rub_tuple *tuple,
		       const struct rub_tx *tx)
{
	struct sk_buff *skb = rubato_wire_alloc(tx, NULL);
	int err;

	if (!skb) {
		ip_rt_put(rt);
		return -ENOMEM;
	}
	skb_dst_set(skb, &rt->dst);
	err = rubato_wire_build(skb, tuple, tx, rt->dst.dev);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	return left(ip_build_and_send_pkt(skb, ctl, tuple->local, tuple->peer, NULL, 0));
}

/* __ip_queue_xmit() would find one as well, but we have to know its device before. */
struct dst_entry *rubato_wire_reroute(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst = __sk_dst_check(sk, 0);
	struct rtable *rt;

	if (dst)
		return dst;
	rt = ip_route_output_ports(sock_net(sk), &inet->cork.fl.u.ip4, sk, inet->inet_daddr,
				   inet->inet_saddr, inet->inet_dport, inet->inet_sport,
				   sk->sk_protocol, rubato_route_tos(sk), sk->sk_bound_dev_if);
	if (IS_ERR(rt))
		return NULL;
	sk_setup_caps(sk, &rt->dst);
	return &rt->dst;
}

int rubato_wire_send(struct sock *sk, struct sk_buff *skb, const struct rub_tuple *tuple,
		     const struct rub_tx *tx)
{
	struct dst_entry *dst;
	int err = -EHOSTUNREACH;

	/* The route's device may go meanwhile. */
	rcu_read_lock();
	dst = rubato_wire_reroute(sk);
	if (dst)
		err = rubato_wire_build(skb, tuple, tx, dst->dev);
	rcu_read_unlock();
	if (err)
		goto drop;
	skb_set_owner_w(skb, sk);
	/* IP's ECN field is TCP's to set (RFC 3168 section 6.1); the rest is the process's. */
	return left(__ip_queue_xmit(sk, skb, &inet_sk(sk)->cork.fl,
				    (inet_sk(sk)->tos & ~INET_ECN_MASK) | tx->ecn));
drop:
	kfree_skb(skb);
	return err;
}
