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
	return sizeof(struct tcphdr) + rub_options_len(tx);
}

/* Room for @len more bytes of payload; what it costs is charged as it is. */
static bool add_payload(struct sk_buff *skb, u32 len, struct page_frag *frag)
{
	u32 n, i;

	for (i = 0; len; i++) {
		if (i == MAX_SKB_FRAGS || !skb_page_frag_refill(1, frag, GFP_ATOMIC))
			return false;
		n = min(len, frag->size - frag->offset);
		get_page(frag->page);
		skb_fill_page_desc(skb, i, frag->page, frag->offset, n);
		frag->offset += n;
		skb->len += n;
		skb->data_len += n;
		skb->truesize += n;
		len -= n;
	}
	return true;
}

struct sk_buff *rubato_wire_alloc(const struct rub_tx *tx, struct page_frag *frag)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	if (!add_payload(skb, tx->len, frag)) {
		kfree_skb(skb);
		return NULL;
	}
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
	if (tx->flags & RUB_URG)
		th->urg_ptr = htons(tx->urg);
	rub_options_write(tx, (u8 *)(th + 1));
	return fill_checksum(skb, tuple, dev);
}
