// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of what is in flight (RFC 6675 section 3's scoreboard, RFC 8985 section 5.1's
 * per-segment variables): a treap by sequence number, a list by time, counts. records.h says what
 * holds. Memory is the connection's own few nodes and what the shell lends, linked by index.
 */
#include "core/records.h"
#include "core/tcb.h"

static u16 capacity(const struct rub_out *out)
{
	return RUB_NODES_INLINE + out->n_lent;
}

void rub_rec_init(struct rub_out *out)
{
	out->free = out->root = out->oldest = out->newest = RUB_NO_NODE;
	out->n = out->fresh = 0;
	out->sacked = out->lost = out->again = 0;
}

struct rub_node *rub_lend(struct rub_tcb *tcb, struct rub_node *nodes, u16 n)
{
	struct rub_node *before = tcb->out.lent;
	u32 most = RUB_NO_NODE - RUB_NODES_INLINE;

	if (before)
		memcpy(nodes, before, tcb->out.n_lent * sizeof(*nodes));
	tcb->out.lent = nodes;
	tcb->out.n_lent = (u16)(n < most ? n : most);
	return before;
}

struct rub_node *rub_unlend(struct rub_tcb *tcb)
{
	struct rub_node *lent = tcb->out.lent;

	rub_rec_init(&tcb->out);
	tcb->out.lent = NULL;
	tcb->out.n_lent = 0;
	return lent;
}

bool rub_rec_room(const struct rub_out *out)
{
	return out->n + RUB_NODES_KEPT < capacity(out);
}

/* Nodes. */

static u16 take_node(struct rub_out *out)
{
	u16 i = out->free;

	if (i != RUB_NO_NODE)
		out->free = rub_rec(out, i)->newer;
	else if (out->fresh < capacity(out))
		i = out->fresh++;
	else
		return RUB_NO_NODE;
	out->n++;
	return i;
}

static void give_node(struct rub_out *out, u16 i)
{
	rub_rec(out, i)->newer = out->free;
	out->free = i;
	out->n--;
}

/* The list by time. */

static void link_after(struct rub_out *out, u16 i, u16 older)
{
	struct rub_node *n = rub_rec(out, i);

	n->older = older;
	n->newer = older == RUB_NO_NODE ? out->oldest : rub_rec(out, older)->newer;
	if (n->older == RUB_NO_NODE)
		out->oldest = i;
	else
		rub_rec(out, n->older)->newer = i;
	if (n->newer == RUB_NO_NODE)
		out->newest = i;
	else
		rub_rec(out, n->newer)->older = i;
}

static void unlink_time(struct rub_out *out, u16 i)
{
	struct rub_node *n = rub_rec(out, i);

	if (n->older == RUB_NO_NODE)
		out->oldest = n->newer;
	else
		rub_rec(out, n->older)->newer = n->newer;
	if (n->newer == RUB_NO_NODE)
		out->newest = n->older;
	else
		rub_rec(out, n->newer)->older = n->older;
}

/* The counts. Unsigned, so that -len takes away. */
static void account(struct rub_out *out, const struct rub_node *n, u32 len)
{
	if (n->flags & RUB_N_SACKED)
		out->sacked += len;
	else if (n->flags & RUB_N_LOST)
		out->lost += len;
	else if (n->flags & RUB_N_AGAIN)
		out->again += len;
}

/* The tree. */

/* A node's rank, larger nearer the root: a fixed mixing of its index, one to one. */
static u32 rank(u16 i)
{
	u32 x = (i + 1U) * 0x9e3779b1U;

	x ^= x >> 15;
	x *= 0x85ebca6bU;
	x ^= x >> 13;
	x *= 0xc2b2ae35U;
	return x ^ x >> 16;
}

static u8 below(const struct rub_out *out, u16 i)
{
	return i == RUB_NO_NODE ? 0 : rub_rec_at(out, i)->below;
}

/* What occurs below @i: itself and both subtrees. Return: whether that changed. */
static bool pull(struct rub_out *out, u16 i)
{
	struct rub_node *n = rub_rec(out, i);
	u8 was = n->below;

	n->below = (n->flags & RUB_N_STATES) | below(out, n->left) | below(out, n->right);
	return n->below != was;
}

static void pull_up(struct rub_out *out, u16 i)
{
	while (i != RUB_NO_NODE && pull(out, i))
		i = rub_rec(out, i)->up;
}

/* Whatever pointed down to @old points to @new. */
static void replace(struct rub_out *out, u16 up, u16 old, u16 new)
{
	struct rub_node *n;

	if (new != RUB_NO_NODE)
		rub_rec(out, new)->up = up;
	if (up == RUB_NO_NODE) {
		out->root = new;
		return;
	}
	n = rub_rec(out, up);
	if (n->left == old)
		n->left = new;
	else
		n->right = new;
}

/* @i takes its parent's place. */
static void rotate_up(struct rub_out *out, u16 i)
{
	struct rub_node *n = rub_rec(out, i);
	u16 p = n->up, mid;
	struct rub_node *parent = rub_rec(out, p);

	replace(out, parent->up, p, i);
	if (parent->left == i) {
		mid = parent->left = n->right;
		n->right = p;
	} else {
		mid = parent->right = n->left;
		n->left = p;
	}
	parent->up = i;
	if (mid != RUB_NO_NODE)
		rub_rec(out, mid)->up = p;
	pull(out, p);
	pull(out, i);
}

static u16 leftmost(const struct rub_out *out, u16 i)
{
	while (i != RUB_NO_NODE && rub_rec_at(out, i)->left != RUB_NO_NODE)
		i = rub_rec_at(out, i)->left;
	return i;
}

static u16 rightmost(const struct rub_out *out, u16 i)
{
	while (i != RUB_NO_NODE && rub_rec_at(out, i)->right != RUB_NO_NODE)
		i = rub_rec_at(out, i)->right;
	return i;
}

/* @i, its fields filled, becomes the successor of @after. */
static void insert_after(struct rub_out *out, u16 i, u16 after)
{
	struct rub_node *n = rub_rec(out, i), *at;

	n->left = n->right = n->up = RUB_NO_NODE;
	n->below = n->flags & RUB_N_STATES;
	if (after == RUB_NO_NODE) {
		out->root = i;
		return;
	}
	at = rub_rec(out, after);
	if (at->right == RUB_NO_NODE) {
		at->right = i;
	} else {
		after = leftmost(out, at->right);
		rub_rec(out, after)->left = i;
	}
	n->up = after;
	pull_up(out, after);
	while (n->up != RUB_NO_NODE && rank(n->up) < rank(i))
		rotate_up(out, i);
}

static void remove_tree(struct rub_out *out, u16 i)
{
	struct rub_node *n = rub_rec(out, i);
	u16 up;

	while (n->left != RUB_NO_NODE && n->right != RUB_NO_NODE)
		rotate_up(out, rank(n->left) > rank(n->right) ? n->left : n->right);
	up = n->up;
	replace(out, up, i, n->left != RUB_NO_NODE ? n->left : n->right);
	/* The rotations above saw @i's state: every ancestor may know it no longer. */
	for (; up != RUB_NO_NODE; up = rub_rec(out, up)->up)
		pull(out, up);
}

u16 rub_rec_find(const struct rub_out *out, u32 seq)
{
	const struct rub_node *n;
	u16 i = out->root;

	while (i != RUB_NO_NODE) {
		n = rub_rec_at(out, i);
		if (seq_before(seq, n->from))
			i = n->left;
		else if (seq_before(seq, n->to))
			return i;
		else
			i = n->right;
	}
	return RUB_NO_NODE;
}

u16 rub_rec_head(const struct rub_out *out)
{
	return leftmost(out, out->root);
}

u16 rub_rec_tail(const struct rub_out *out)
{
	return rightmost(out, out->root);
}

u16 rub_rec_next(const struct rub_out *out, u16 i)
{
	const struct rub_node *n = rub_rec_at(out, i);

	if (n->right != RUB_NO_NODE)
		return leftmost(out, n->right);
	while (n->up != RUB_NO_NODE && rub_rec_at(out, n->up)->right == i) {
		i = n->up;
		n = rub_rec_at(out, i);
	}
	return n->up;
}

u16 rub_rec_prev(const struct rub_out *out, u16 i)
{
	const struct rub_node *n = rub_rec_at(out, i);

	if (n->left != RUB_NO_NODE)
		return rightmost(out, n->left);
	while (n->up != RUB_NO_NODE && rub_rec_at(out, n->up)->left == i) {
		i = n->up;
		n = rub_rec_at(out, i);
	}
	return n->up;
}

/* The lowest in one of @states in the subtree @i, which has some. */
static u16 lowest(const struct rub_out *out, u8 states, u16 i)
{
	const struct rub_node *n;

	for (;;) {
		n = rub_rec_at(out, i);
		if (below(out, n->left) & states)
			i = n->left;
		else if (n->flags & states)
			return i;
		else
			i = n->right;
	}
}

static u16 highest(const struct rub_out *out, u8 states, u16 i)
{
	const struct rub_node *n;

	for (;;) {
		n = rub_rec_at(out, i);
		if (below(out, n->right) & states)
			i = n->right;
		else if (n->flags & states)
			return i;
		else
			i = n->left;
	}
}

/* Down to @seq; the last turn to the left whose node or right subtree has one is the answer. */
u16 rub_rec_first(const struct rub_out *out, u8 states, u32 seq)
{
	const struct rub_node *n;
	u16 i = out->root, own = RUB_NO_NODE, right = RUB_NO_NODE;

	while (i != RUB_NO_NODE && below(out, i) & states) {
		n = rub_rec_at(out, i);
		if (!seq_after(n->to, seq)) {
			i = n->right;
			continue;
		}
		if (n->flags & states) {
			own = i;
		} else if (below(out, n->right) & states) {
			own = RUB_NO_NODE;
			right = n->right;
		}
		i = n->left;
	}
	if (own != RUB_NO_NODE || right == RUB_NO_NODE)
		return own;
	return lowest(out, states, right);
}

u16 rub_rec_last(const struct rub_out *out, u8 states, u32 seq)
{
	const struct rub_node *n;
	u16 i = out->root, own = RUB_NO_NODE, left = RUB_NO_NODE;

	while (i != RUB_NO_NODE && below(out, i) & states) {
		n = rub_rec_at(out, i);
		if (!seq_before(n->from, seq)) {
			i = n->left;
			continue;
		}
		if (n->flags & states) {
			own = i;
		} else if (below(out, n->left) & states) {
			own = RUB_NO_NODE;
			left = n->left;
		}
		i = n->right;
	}
	if (own != RUB_NO_NODE || left == RUB_NO_NODE)
		return own;
	return highest(out, states, left);
}

/* Records. */

static void drop_record(struct rub_out *out, u16 i)
{
	if (rub_rec(out, i)->flags & RUB_N_FLYING)
		unlink_time(out, i);
	remove_tree(out, i);
	give_node(out, i);
}

/* @keep, in its own state, takes the range of its neighbour @gone. */
static void absorb(struct rub_out *out, u16 keep, u16 gone)
{
	struct rub_node *k = rub_rec(out, keep), *g = rub_rec(out, gone);
	u32 len = rub_rec_len(g);

	account(out, g, -len);
	account(out, k, -rub_rec_len(k));
	if (k->to == g->from)
		k->to = g->to;
	else
		k->from = g->from;
	k->flags |= g->flags & RUB_N_AGAIN;
	account(out, k, rub_rec_len(k));
	drop_record(out, gone);
}

/* Which of two neighbours keeps its state when they must become one. */
static bool outweighs(const struct rub_node *a, const struct rub_node *b)
{
	u8 states = (a->flags | b->flags) & RUB_N_STATES;

	if (states == RUB_N_FLYING)
		return a->sent >= b->sent;
	if (states & RUB_N_LOST)
		return a->flags & RUB_N_LOST;
	return a->flags & RUB_N_FLYING;
}

/* A neighbour in the same state takes @i over; what is flying stays apart. Return: where it is. */
static u16 join(struct rub_out *out, u16 i, u16 beside)
{
	u8 state = rub_rec(out, i)->flags & (RUB_N_LOST | RUB_N_SACKED);

	if (beside == RUB_NO_NODE || !(rub_rec(out, beside)->flags & state))
		return i;
	absorb(out, beside, i);
	return beside;
}

static u16 join_both(struct rub_out *out, u16 i)
{
	i = join(out, i, rub_rec_prev(out, i));
	return join(out, i, rub_rec_next(out, i));
}

/* No node is free: joins the two highest records, or the two lowest if @spare is of those. */
static void squeeze(struct rub_out *out, u16 spare)
{
	u16 b = rub_rec_tail(out), a = rub_rec_prev(out, b);

	if (a == spare || b == spare) {
		a = rub_rec_head(out);
		b = rub_rec_next(out, a);
	}
	if (outweighs(rub_rec(out, a), rub_rec(out, b))) {
		absorb(out, a, b);
		join_both(out, a);
	} else {
		absorb(out, b, a);
		join_both(out, b);
	}
}

void rub_rec_add(struct rub_out *out, u32 from, u32 to, rub_ns now)
{
	u16 tail = rub_rec_tail(out), i = take_node(out);
	struct rub_node *n;

	if (i == RUB_NO_NODE) {
		squeeze(out, RUB_NO_NODE);
		tail = rub_rec_tail(out);
		i = take_node(out);
	}
	n = rub_rec(out, i);
	n->from = from;
	n->to = to;
	n->sent = now;
	n->flags = RUB_N_FLYING;
	insert_after(out, i, tail);
	link_after(out, i, out->newest);
}

u16 rub_rec_split(struct rub_out *out, u16 i, u32 seq)
{
	u16 j = take_node(out);
	struct rub_node *n = rub_rec(out, i), *rest;

	if (j == RUB_NO_NODE)
		return j;
	rest = rub_rec(out, j);
	rest->from = seq;
	rest->to = n->to;
	rest->sent = n->sent;
	rest->flags = n->flags;
	n->to = seq;
	insert_after(out, j, i);
	if (n->flags & RUB_N_FLYING)
		link_after(out, j, i);
	return j;
}

u16 rub_rec_cut(struct rub_out *out, u16 i, u32 seq)
{
	if (out->n == capacity(out))
		squeeze(out, i);
	return rub_rec_split(out, i, seq);
}

static void enter(struct rub_out *out, u16 i, u8 flags)
{
	struct rub_node *n = rub_rec(out, i);

	account(out, n, -rub_rec_len(n));
	if (n->flags & RUB_N_FLYING)
		unlink_time(out, i);
	n->flags = flags;
	if (flags & RUB_N_FLYING)
		link_after(out, i, out->newest);
	account(out, n, rub_rec_len(n));
	pull_up(out, i);
}

u16 rub_rec_set(struct rub_out *out, u16 i, u8 state)
{
	enter(out, i, state | (rub_rec(out, i)->flags & RUB_N_AGAIN));
	return join_both(out, i);
}

void rub_rec_resent(struct rub_out *out, u32 from, u32 to, rub_ns now)
{
	u16 i = rub_rec_find(out, from);

	if (i == RUB_NO_NODE)
		return;
	if (rub_rec(out, i)->from != from)
		i = rub_rec_cut(out, i, from);
	if (seq_before(to, rub_rec(out, i)->to))
		rub_rec_cut(out, i, to);
	rub_rec(out, i)->sent = now;
	enter(out, i, RUB_N_FLYING | RUB_N_AGAIN);
}

void rub_rec_trim(struct rub_out *out, u16 i, u32 seq)
{
	struct rub_node *n = rub_rec(out, i);
	u32 len = rub_rec_len(n), gone = seq - n->from;

	gone = seq_before(seq, n->to) ? gone : len;
	account(out, n, -gone);
	if (gone == len)
		drop_record(out, i);
	else
		n->from = seq;
}

/* Is the tree's node @i linked, ranked and summed up as it should be? */
static bool node_sound(const struct rub_out *out, u16 i)
{
	const struct rub_node *n = rub_rec_at(out, i);
	u8 state = n->flags & RUB_N_STATES;

	if (state & (state - 1) || !state || !seq_before(n->from, n->to))
		return false;
	if (n->left != RUB_NO_NODE &&
	    (rub_rec_at(out, n->left)->up != i || rank(n->left) > rank(i)))
		return false;
	if (n->right != RUB_NO_NODE &&
	    (rub_rec_at(out, n->right)->up != i || rank(n->right) > rank(i)))
		return false;
	return n->below == (state | below(out, n->left) | below(out, n->right));
}

/* The list by time: linked both ways, in order, only what flies. Return: how many; ~0: not so. */
static u32 list_sound(const struct rub_out *out)
{
	u16 i, older = RUB_NO_NODE;
	u32 n = 0;

	for (i = out->oldest; i != RUB_NO_NODE && n <= out->n; i = rub_rec_at(out, i)->newer) {
		const struct rub_node *node = rub_rec_at(out, i);

		if (!(node->flags & RUB_N_FLYING) || node->older != older)
			return ~0U;
		if (older != RUB_NO_NODE && rub_rec_at(out, older)->sent > node->sent)
			return ~0U;
		older = i;
		n++;
	}
	return older == out->newest ? n : ~0U;
}

bool rub_rec_sound(const struct rub_out *out, u32 una, u32 nxt)
{
	u32 sacked = 0, lost = 0, again = 0, n = 0, flying = 0, len;
	u8 before = 0, state;
	u16 i;

	for (i = rub_rec_head(out); i != RUB_NO_NODE; i = rub_rec_next(out, i)) {
		const struct rub_node *node = rub_rec_at(out, i);

		state = node->flags & RUB_N_STATES;
		if (node->from != una || !node_sound(out, i) || ++n > out->n)
			return false;
		if (state != RUB_N_FLYING && state == before)
			return false; /* would have been joined */
		len = rub_rec_len(node);
		sacked += state == RUB_N_SACKED ? len : 0;
		lost += state == RUB_N_LOST ? len : 0;
		again += state == RUB_N_FLYING && node->flags & RUB_N_AGAIN ? len : 0;
		flying += state == RUB_N_FLYING;
		before = state;
		una = node->to;
	}
	return (una == nxt || !n) && n == out->n && list_sound(out) == flying &&
	       sacked == out->sacked && lost == out->lost && again == out->again;
}
