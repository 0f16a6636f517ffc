/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of what is in flight: one for each transmitted unit, split where an acknowledgement
 * tells its bytes apart, joined where nothing tells them apart any more. Together they cover
 * [SND.UNA, SND.NXT) without a gap.
 *
 * Each is in exactly one of three states:
 *
 *	FLYING	it left, and nothing more is known: part of the pipe
 *	LOST	it is considered lost and has not been sent again; neighbours are joined
 *	SACKED	SACK has acknowledged it; neighbours are joined
 *
 * A tree ordered by sequence number finds them (a treap: a node's rank is a hash of its index);
 * each node knows which states occur below it, so that the next record in some state is found by
 * a descent, whatever lies between. The flying ones hang in a list in the order in which they left
 * (RFC 8985 section 6.2). Every operation costs the logarithm of the number of records at most.
 */
#ifndef RUBATO_CORE_RECORDS_H
#define RUBATO_CORE_RECORDS_H

#include "core/core.h"
#include "core/seq.h"

RUB_BEGIN_DECLS

#define RUB_N_FLYING	0x1u
#define RUB_N_LOST	0x2u
#define RUB_N_SACKED	0x4u
#define RUB_N_STATES	0x7u
#define RUB_N_AGAIN	0x8u	/* (some of) it left more than once: never timed (Karn) */

/* Nodes that new data and SACK leave for retransmissions. */
#define RUB_NODES_KEPT	1u

static inline struct rub_node *rub_rec(struct rub_out *out, u16 i)
{
	return i < RUB_NODES_INLINE ? &out->node[i] : &out->lent[i - RUB_NODES_INLINE];
}

static inline const struct rub_node *rub_rec_at(const struct rub_out *out, u16 i)
{
	return i < RUB_NODES_INLINE ? &out->node[i] : &out->lent[i - RUB_NODES_INLINE];
}

static inline u32 rub_rec_len(const struct rub_node *n)
{
	return n->to - n->from;
}

/* No record; what is lent stays lent. */
void rub_rec_init(struct rub_out *out);
/* Is there a node for a unit of new data, or for splitting one by SACK? */
bool rub_rec_room(const struct rub_out *out);

/* The record that holds @seq; the lowest and highest; neighbours. RUB_NO_NODE if there is none. */
u16 rub_rec_find(const struct rub_out *out, u32 seq);
u16 rub_rec_head(const struct rub_out *out);
u16 rub_rec_tail(const struct rub_out *out);
u16 rub_rec_next(const struct rub_out *out, u16 i);
u16 rub_rec_prev(const struct rub_out *out, u16 i);
/* The lowest record in one of @states that reaches beyond @seq. */
u16 rub_rec_first(const struct rub_out *out, u8 states, u32 seq);
/* The highest record in one of @states that begins before @seq. */
u16 rub_rec_last(const struct rub_out *out, u8 states, u32 seq);

/*
 * [from, to) left for the first time and follows what left before. Never fails, as
 * rub_rec_resent() does not; who asks rub_rec_room() before keeps records exact.
 */
void rub_rec_add(struct rub_out *out, u32 from, u32 to, rub_ns now);
/*
 * [from, to), inside one record, left again. Never fails: without a node it joins two records
 * elsewhere, at the price of knowing less about them.
 */
void rub_rec_resent(struct rub_out *out, u32 from, u32 to, rub_ns now);
/* Everything before @seq in record @i, or all of it, is done with. */
void rub_rec_trim(struct rub_out *out, u16 i, u32 seq);
/* Cuts at @seq, strictly inside: @i keeps the lower part. Return: the upper one's index. */
u16 rub_rec_split(struct rub_out *out, u16 i, u32 seq);
/* The same with a node in any case, as rub_rec_resent(). */
u16 rub_rec_cut(struct rub_out *out, u16 i, u32 seq);
/* Into LOST or SACKED, joining neighbours. Return: the index of what it has become part of. */
u16 rub_rec_set(struct rub_out *out, u16 i, u8 state);

/* For tests: everything above holds, and the counts equal a recount, over [una, nxt). */
bool rub_rec_sound(const struct rub_out *out, u32 una, u32 nxt);

RUB_END_DECLS

#endif
