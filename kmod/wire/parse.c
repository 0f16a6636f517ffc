// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way in: a packet becomes a struct rub_seg (RFC 9293 sections 3.1 and 3.2), or a reason
 * why not. Nothing here is locked: the packet is ours alone.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "wire/wire.h"

/* MUST-57: neither from nor to anything that is not one host. */
static bool unicast(const struct sk_buff *skb)
{
	const struct iphdr *ip = ip_hdr(skb);

	if (skb->pkt_type != PACKET_HOST)
		return false;
	if (skb_rtable(skb) && skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return false;
	return !ipv4_is_multicast(ip->saddr) && !ipv4_is_lbcast(ip->saddr) &&
	       !ipv4_is_zeronet(ip->saddr);
}

void rubato_wire_tuple(const struct sk_buff *skb, struct rub_tuple *tuple)
{
	const struct tcphdr *th = tcp_hdr(skb);

	tuple->local = ip_hdr(skb)->daddr;
	tuple->peer = ip_hdr(skb)->saddr;
	tuple->local_port = ntohs(th->dest);
	tuple->peer_port = ntohs(th->source);
}

bool rubato_wire_segment(const struct sk_buff *skb, struct rub_seg *seg)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	unsigned int size = __tcp_hdrlen(th);

	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->len = skb->len - size;
	seg->wnd = ntohs(th->window);
	seg->urg = ntohs(th->urg_ptr);
	seg->flags = tcp_flag_byte(th);
	seg->ecn = ip_hdr(skb)->tos & INET_ECN_MASK;
	return rub_options_parse((const u8 *)(th + 1), size - sizeof(*th), seg);
}

enum rubato_reason rubato_wire_parse(struct sk_buff *skb, struct rub_tuple *tuple,
				     struct rub_seg *seg)
{
	unsigned int size;

	if (!unicast(skb))
		return RUBATO_REASON_BAD_ADDRESS;
	if (!pskb_may_pull(skb, sizeof(struct tcphdr)))
		return RUBATO_REASON_TOO_SHORT;
	size = tcp_hdrlen(skb);
	if (size < sizeof(struct tcphdr))
		return RUBATO_REASON_BAD_OFFSET;
	if (!pskb_may_pull(skb, size))
		return RUBATO_REASON_TOO_SHORT;
	if (skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo) || skb_checksum_complete(skb))
		return RUBATO_REASON_BAD_CHECKSUM;
	if (!rubato_wire_segment(skb, seg))
		return RUBATO_REASON_BAD_OPTION;
	rubato_wire_tuple(skb, tuple);
	return RUBATO_REASON_NONE;
}
