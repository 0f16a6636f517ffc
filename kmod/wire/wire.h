/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skb <-> segment. A rubato segment is a TCP segment, checksum over TCP's own pseudo-header
 * included; only the IP header's protocol field differs, and that is the sender's socket's.
 *
 * Locks: none; a packet belongs to whoever handles it.
 */
#ifndef RUBATO_WIRE_H
#define RUBATO_WIRE_H

#include <linux/skbuff.h>
#include <net/route.h>
#include "core/core.h"
#include "core/tuple.h"

/**
 * rubato_wire_parse - read a segment
 * @skb: data at the TCP header, network header set; headers are linear on success
 * @tuple: filled: our half is the destination
 * @seg: filled
 *
 * Return: 0, or why the packet is to be dropped; nothing is filled then.
 */
enum rubato_reason rubato_wire_parse(struct sk_buff *skb, struct rub_tuple *tuple,
				     struct rub_seg *seg);

/*
 * The segment of a packet that was parsed before and still starts at its TCP header: too large
 * to be kept in skb->cb, cheap to be read again. True then.
 */
bool rubato_wire_segment(const struct sk_buff *skb, struct rub_seg *seg);

/* The four-tuple of a packet that was parsed before. */
void rubato_wire_tuple(const struct sk_buff *skb, struct rub_tuple *tuple);

/**
 * rubato_wire_alloc - an empty packet for @tx with room for all headers in front
 * @frag: where pages for the payload are taken from; NULL if there is none
 *
 * Any context. Return: tx->len bytes of payload are to be filled in by the caller, in pages
 * beyond the first header; NULL without memory.
 */
struct sk_buff *rubato_wire_alloc(const struct rub_tx *tx, struct page_frag *frag);

/**
 * rubato_wire_build - put the TCP header in front
 * @dev: what it leaves by; the checksum is left to it only if it can sum anything
 *
 * Return: 0 or -errno; the packet is the caller's in either case.
 */
int rubato_wire_build(struct sk_buff *skb, const struct rub_tuple *tuple, const struct rub_tx *tx,
		      const struct net_device *dev);

/* The route of an answer without a socket; an ERR_PTR if there is none. */
struct rtable *rubato_wire_route(struct sock *ctl, const struct rub_tuple *tuple, int ifindex);

/* What fits behind IP and TCP headers, and what we announce as that. */
u16 rubato_wire_path_mss(const struct dst_entry *dst);
u16 rubato_wire_adv_mss(const struct dst_entry *dst);

/**
 * rubato_wire_answer - send one segment without payload and without a socket of its own
 * @ctl: the namespace's control socket, which says the IP protocol
 * @rt: from rubato_wire_route(); the reference is taken over
 *
 * Return: 0 or -errno: it did not leave.
 */
int rubato_wire_answer(struct sock *ctl, struct rtable *rt, const struct rub_tuple *tuple,
		       const struct rub_tx *tx);

/* The connection's route, looked up again if it does not hold any more; NULL if there is none. */
struct dst_entry *rubato_wire_reroute(struct sock *sk);

/**
 * rubato_wire_send - send a unit of a connection
 * @sk: locked; its route is in sk_dst_cache or looked up again
 * @skb: from rubato_wire_alloc(), payload filled; consumed
 *
 * Return: 0 or -errno: it did not leave.
 */
int rubato_wire_send(struct sock *sk, struct sk_buff *skb, const struct rub_tuple *tuple,
		     const struct rub_tx *tx);

#endif
