// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out, first half: a struct rub_tx becomes a TCP header with its options and checksum
 * (RFC 9293 sections 3.1 and 3.2). Nothing here is locked: the packet is ours alone.
 */
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "wire/wire.h"

static unsigned int header_size(const struct rub_tx *tx)
{
	return sizeof(struct tcphdr) + (tx->mss ? TCPOLEN_MSS : 0);
}

struct sk_buff *rubato_wire_alloc(const struct rub_tx *tx)
{
	struct sk_buff *skb;
	int err;

	/* Pages for the payload: a loopback's segment would ask for 64 KiB in one piece. */
	skb = alloc_skb_with_frags(MAX_TCP_HEADER, tx->len, PAGE_ALLOC_COSTLY_ORDER, &err,
				   GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb->data_len = tx->len;
	skb->len = tx->len;
	return skb;
}

/*
 * A device that sums only what it knows as TCP or UDP would look at the IP header's protocol;
 * those that sum from csum_start do not.
 */
static int fill_checksum(struct sk_buff *skb, const struct rub_tuple *tuple,
			 const struct net_device *dev)
{
	struct tcphdr *th = tcp_hdr(skb);

	th->check = ~csum_tcpudp_magic(tuple->local, tuple->peer, skb->len, IPPROTO_TCP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	if (dev && dev->features & NETIF_F_HW_CSUM)
		return 0;
	return skb_checksum_help(skb);
}

int rubato_wire_build(struct sk_buff *skb, const struct rub_tuple *tuple, const struct rub_tx *tx,
		      const struct net_device *dev)
{
	unsigned int size = header_size(tx);
	struct tcphdr *th = skb_push(skb, size);

	skb_reset_transport_header(skb);
	memset(th, 0, size);
	th->source = htons(tuple->local_port);
	th->dest = htons(tuple->peer_port);
	th->seq = htonl(tx->seq);
	th->ack_seq = htonl(tx->ack);
	th->doff = size / 4;
	tcp_flag_byte(th) = tx->flags;
	th->window = htons(tx->wnd);
	if (tx->mss)
		put_unaligned_be32(TCPOPT_MSS << 24 | TCPOLEN_MSS << 16 | tx->mss, th + 1);
	return fill_checksum(skb, tuple, dev);
}
