// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queues of a connection. The core speaks of byte ranges; here they are in skbs:
 *
 *	sk_write_queue		queued and not acknowledged; copied into each packet that leaves
 *	sk_receive_queue	in order, from copied_seq to queued_seq
 *	ooo			beyond that, in order of their first byte; they may overlap
 *
 * Trimming cannot fail: a received skb keeps what it has, and rubato_cb tells which sequence
 * numbers its bytes are. What overlaps is passed over when it is read.
 *
 * All guarded by the socket lock; bytes are charged to the socket as they stand in memory.
 */
#include <net/sock.h>
#include <net/tcp.h>
#include "conn/internal.h"

/* A payload this small is not worth a packet of its own if it can join the one before it. */
#define TINY 512
/* Merged packets are freed together, when the last byte is read: not too many of them. */
#define MERGED_MAX 16384

static bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/* ---- sk_write_queue ---- */

static struct sk_buff *new_chunk(struct sock *sk)
{
	struct sk_buff *skb = alloc_skb(SKB_MAX_ORDER(0, 0), sk->sk_allocation);

	if (!skb)
		return NULL;
	if (!sk_wmem_schedule(sk, skb->truesize)) {
		kfree_skb(skb);
		return NULL;
	}
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

static void free_chunk(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_write_queue);
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	kfree_skb(skb);
}

int rubato_conn_append(struct sock *sk, struct msghdr *msg, size_t len, size_t *copied)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct sk_buff *skb;
	size_t n;

	*copied = 0;
	while (*copied < len) {
		skb = skb_peek_tail(&sk->sk_write_queue);
		if (!skb || !skb_tailroom(skb)) {
			if (!sk_stream_memory_free(sk))
				return 0;
			skb = new_chunk(sk);
			if (!skb)
				/* With bytes in the queue, their acknowledgement brings memory. */
				return skb_queue_empty(&sk->sk_write_queue) ? -ENOMEM : 0;
		}
		n = min_t(size_t, len - *copied, skb_tailroom(skb));
		if (!copy_from_iter_full(skb_tail_pointer(skb), n, &msg->msg_iter))
			return -EFAULT;
		__skb_put(skb, n);
		rs->write_len += n;
		rs->fresh += n;
		*copied += n;
	}
	return 0;
}

void rubato_queue_acked(struct sock *sk, u32 bytes)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct sk_buff *skb;

	WARN_ON_ONCE(bytes > rs->write_len);
	bytes = min(bytes, rs->write_len);
	rs->write_len -= bytes;
	while (bytes) {
		skb = skb_peek(&sk->sk_write_queue);
		if (bytes < skb->len) {
			__skb_pull(skb, bytes);
			return;
		}
		bytes -= skb->len;
		free_chunk(sk, skb);
	}
}

/* Payload of @to: @len bytes from @offset in the queue on. Return: 0 or -errno. */
int rubato_queue_copy_out(struct sock *sk, u32 offset, struct sk_buff *to, u32 len)
{
	struct sk_buff *skb;
	u32 done = 0, n;
	int err;

	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (offset >= skb->len) {
			offset -= skb->len;
			continue;
		}
		n = min(len - done, skb->len - offset);
		err = skb_store_bits(to, done, skb->data + offset, n);
		if (err)
			return err;
		done += n;
		offset = 0;
		if (done == len)
			return 0;
	}
	WARN_ON_ONCE(1);	/* the core asked for more than was queued */
	return -EINVAL;
}

void rubato_queue_purge_write(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_write_queue)))
		free_chunk(sk, skb);
	rs->write_len = 0;
	rs->fresh = 0;
}

/* ---- what came in ---- */

/*
 * Memory for the payload of @skb, before the core sees it. What is out of order may fill the
 * receive buffer once; what is in order is what makes room again and may fill it twice. The
 * window, in turn, bounds what is in order, and rubato_queue_keep() merges what is small.
 */
bool rubato_queue_room(struct sock *sk, struct sk_buff *skb)
{
	const struct rubato_sock *rs = rubato_sk(sk);
	bool in_order = !rs->synced || !seq_before(rs->queued_seq, rubato_cb(skb)->seq);
	u32 limit = (u32)READ_ONCE(sk->sk_rcvbuf) * (in_order ? 2 : 1);

	if ((u32)atomic_read(&sk->sk_rmem_alloc) >= limit)
		return false;
	return sk_rmem_schedule(sk, skb, skb->truesize);
}

/* Does @skb hold its range and nothing else, so that bytes may be put behind or before? */
static bool is_exact(struct sk_buff *skb)
{
	return skb->len == rubato_cb(skb)->to - rubato_cb(skb)->from;
}

/* Throws away what is outside the range as far as that is free of charge. */
static void trim(struct sk_buff *skb, u32 from, u32 to)
{
	struct rubato_cb *cb = rubato_cb(skb);

	cb->to = to;
	if (to - cb->from < skb->len && !skb_is_nonlinear(skb))
		__skb_trim(skb, to - cb->from);
	if (from - cb->from <= skb_headlen(skb)) {
		__skb_pull(skb, from - cb->from);
		cb->from = from;
	}
}

/* A page of room for this small packet and those that follow it; itself if there is no memory. */
static struct sk_buff *roomy(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *page;

	if (skb->len > TINY || skb_tailroom(skb) > TINY)
		return skb;
	page = alloc_skb(SKB_MAX_ORDER(0, 0), GFP_ATOMIC);
	if (!page)
		return skb;
	if (!sk_rmem_schedule(sk, page, page->truesize) ||
	    skb_copy_bits(skb, 0, skb_put(page, skb->len), skb->len)) {
		kfree_skb(page);
		return skb;
	}
	*rubato_cb(page) = *rubato_cb(skb);
	consume_skb(skb);
	return page;
}

/* Puts the bytes of @skb behind those of @prev. Return: false if they stay apart. */
static bool merge(struct sock *sk, struct sk_buff *prev, struct sk_buff *skb)
{
	bool stolen;
	int delta;

	if (!is_exact(prev) || !is_exact(skb) || rubato_cb(prev)->to != rubato_cb(skb)->from)
		return false;
	if (prev->len + skb->len > MERGED_MAX)
		return false;
	if (!skb_try_coalesce(prev, skb, &stolen, &delta))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	rubato_cb(prev)->to = rubato_cb(skb)->to;
	kfree_skb_partial(skb, stolen);
	return true;
}

/* @prev, if any, ends where @skb starts or later. */
static void put_behind(struct sock *sk, struct sk_buff_head *list, struct sk_buff *prev,
		       struct sk_buff *skb)
{
	if (prev && merge(sk, prev, skb))
		return;
	if (prev && !skb->sk)
		skb = roomy(sk, skb);
	if (!skb->sk)
		skb_set_owner_r(skb, sk);
	if (prev)
		__skb_queue_after(list, prev, skb);
	else
		__skb_queue_head(list, skb);
}

/* At the end of what is in order: from queued_seq on. */
static void put_in_order(struct sock *sk, struct sk_buff *skb)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u32 to = rubato_cb(skb)->to;

	trim(skb, rs->queued_seq, to);
	put_behind(sk, &sk->sk_receive_queue, skb_peek_tail(&sk->sk_receive_queue), skb);
	WRITE_ONCE(rs->queued_seq, to);
}

static void put_out_of_order(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *ooo = &rubato_sk(sk)->ooo;
	struct sk_buff *prev;

	skb_queue_reverse_walk(ooo, prev)
		if (!seq_before(rubato_cb(skb)->from, rubato_cb(prev)->from))
			break;
	put_behind(sk, ooo, prev == (struct sk_buff *)ooo ? NULL : prev, skb);
}

/**
 * rubato_queue_keep - put away what the core accepted of a segment
 * @sk: locked
 * @skb: starts at the TCP header; consumed. Has passed rubato_queue_room().
 * @keep: sequence numbers
 */
void rubato_queue_keep(struct sock *sk, struct sk_buff *skb, const struct rub_range *keep)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rubato_cb *cb = rubato_cb(skb);

	cb->from = cb->seq + !!(tcp_flag_byte(tcp_hdr(skb)) & RUB_SYN);
	__skb_pull(skb, tcp_hdrlen(skb));
	skb_dst_drop(skb);
	skb_orphan(skb);
	skb->dev = NULL;
	cb->to = cb->from + skb->len;
	trim(skb, keep->from, keep->to);

	if (!seq_before(rs->queued_seq, keep->to))
		kfree_skb(skb);	/* the core never asks for what was delivered */
	else if (seq_before(rs->queued_seq, keep->from))
		put_out_of_order(sk, skb);
	else
		put_in_order(sk, skb);
}

/* RCV.NXT has moved: what waited for it is in order now. */
void rubato_queue_advance(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct sk_buff *skb;

	while ((skb = skb_peek(&rs->ooo))) {
		if (seq_before(rs->queued_seq, rubato_cb(skb)->from))
			return;
		__skb_unlink(skb, &rs->ooo);
		if (seq_before(rs->queued_seq, rubato_cb(skb)->to))
			put_in_order(sk, skb);
		else
			kfree_skb(skb);
	}
}

void rubato_queue_purge_ooo(struct sock *sk)
{
	__skb_queue_purge(&rubato_sk(sk)->ooo);
}

void rubato_queue_purge_read(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	__skb_queue_purge(&sk->sk_receive_queue);
	WRITE_ONCE(rs->copied_seq, rs->queued_seq);
}

/* ---- the process reads ---- */

u32 rubato_conn_unread(const struct sock *sk)
{
	const struct rubato_sock *rs = rubato_sk(sk);

	return READ_ONCE(rs->queued_seq) - READ_ONCE(rs->copied_seq);
}

/* Of one skb, from @seq on. Return: bytes, or -EFAULT. */
static int copy_from_skb(struct sk_buff *skb, u32 seq, struct msghdr *msg, size_t len)
{
	const struct rubato_cb *cb = rubato_cb(skb);
	u32 n = min_t(size_t, cb->to - seq, len);

	if (msg && skb_copy_datagram_msg(skb, seq - cb->from, msg, n))
		return -EFAULT;
	return n;
}

int rubato_conn_copy(struct sock *sk, struct msghdr *msg, size_t len, bool peek, u32 *offset)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u32 seq = rs->copied_seq + (peek ? *offset : 0);
	struct sk_buff *skb, *next;
	int done = 0, n;

	len = min_t(size_t, len, INT_MAX);
	skb_queue_walk_safe(&sk->sk_receive_queue, skb, next) {
		if (done == len)
			break;
		if (!seq_before(seq, rubato_cb(skb)->to))
			continue;
		n = copy_from_skb(skb, seq, msg, len - done);
		if (n < 0)
			return done ?: n;
		seq += n;
		done += n;
		if (peek) {
			*offset += n;
			continue;
		}
		WRITE_ONCE(rs->copied_seq, seq);
		if (seq == rubato_cb(skb)->to) {
			__skb_unlink(skb, &sk->sk_receive_queue);
			__kfree_skb(skb);
		}
	}
	return done;
}
