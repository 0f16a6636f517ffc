// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control: slow start (RFC 5681, RFC 9406), the initial window (RFC 6928) and what
 * the algorithms share; NewReno's own part, RFC 5681's congestion avoidance, too. CUBIC's is
 * cubic.c. Bytes, never segments: neither a divided nor a stretched ACK changes what is gained
 * (RFC 3465). What is missing is recovery.c's concern.
 *
 * Validation. The window grows only while at least half of it is used, which is RFC 7661's
 * criterion; what is used is the largest FlightSize of this round and of the last one. After an
 * idle RTO it falls to the restart window (RFC 5681 section 4.1): RFC 7661 would keep it, but
 * nothing is known any more of a path that nobody has used. What was had is remembered in
 * ssthresh, so slow start gets there again.
 */
#include "core/tcb.h"

static u32 bounded(u64 cwnd)
{
	return (u32)min_t(u64, cwnd, RUB_CWND_MAX);
}

/* IW of RFC 6928, and RW of RFC 5681 section 4.1. */
u32 rub_initial_window(const struct rub_tcb *tcb)
{
	u32 mss = tcb->snd_mss;

	return min_t(u32, RUB_IW_SEGMENTS * mss, max_t(u32, 2 * mss, RUB_IW_BYTES));
}

static void new_round(struct rub_tcb *tcb)
{
	tcb->cc.round = tcb->snd_max;
	tcb->cc.used_before = tcb->cc.used;
	tcb->cc.used = rub_flight(tcb);
}

void rub_cc_init(struct rub_tcb *tcb)
{
	struct rub_cc *cc = &tcb->cc;

	cc->ssthresh = RUB_SSTHRESH_INFINITE;
	/* RFC 5681 section 3.1: one segment after a lost SYN. */
	cc->cwnd = tcb->flags & RUB_F_SYN_LOST ? tcb->snd_mss : rub_initial_window(tcb);
	cc->reduced = tcb->iss;
	cc->limited = tcb->iss;
	new_round(tcb);
}

/* The knob may change at any time: the window stays, what CUBIC knew of it does not. */
static void follow_policy(struct rub_tcb *tcb, const struct rub_env *env)
{
	u8 algorithm = env->policy->knobs.congestion;

	if (tcb->cc.algorithm == algorithm)
		return;
	tcb->cc.algorithm = algorithm;
	memset(&tcb->cc.cubic, 0, sizeof(tcb->cc.cubic));
}

/* Nothing is in flight, and nothing left for an RTO. */
static bool idle(const struct rub_tcb *tcb, const struct rub_env *env)
{
	const struct rub_cc *cc = &tcb->cc;

	return tcb->snd_una == tcb->snd_max && cc->left &&
	       env->now - cc->left > rub_rto(tcb, env->policy);
}

u32 rub_cc_window(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 cwnd = max_t(u32, tcb->cc.cwnd, tcb->snd_mss);

	return idle(tcb, env) ? min_t(u32, cwnd, rub_initial_window(tcb)) : cwnd;
}

/* RFC 7661 section 4.4.3: three quarters of what was had can be asked for again. */
static void remember(struct rub_cc *cc)
{
	cc->ssthresh = max_t(u32, cc->ssthresh, cc->cwnd - cc->cwnd / 4);
}

void rub_cc_sent(struct rub_tcb *tcb, u32 fresh, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;
	u32 cwnd = rub_cc_window(tcb, env), out = rub_flight(tcb) + fresh;

	if (cwnd < cc->cwnd) {
		remember(cc);
		cc->cwnd = cwnd;
		cc->cubic.runs = false;
		/* Nor does it count that the window was used before. */
		cc->used = out;
		cc->used_before = out;
	}
	/* RFC 9438 section 5.8: no time passes for CUBIC while nothing is in flight. */
	if (tcb->snd_una == tcb->snd_max)
		rub_cubic_pause(tcb, env);
	cc->used = max_t(u32, cc->used, out);
	cc->left = env->now;
}

/* RFC 7661 section 4.3: at least half of the window is used. */
static bool validated(const struct rub_cc *cc)
{
	return max_t(u32, cc->used, cc->used_before) >= cc->cwnd - cc->cwnd / 2;
}

/* RFC 7661 section 4.4.3: five minutes are too long to keep what is not used. */
static void not_validated(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;
	u32 most = max_t(u32, cc->cwnd / 2, rub_initial_window(tcb));

	rub_cubic_pause(tcb, env);
	/* Never used enough yet: the five minutes begin. */
	if (!cc->valid)
		cc->valid = env->now;
	if (env->now - cc->valid <= RUB_CWV_PERIOD)
		return;
	cc->valid = env->now;
	remember(cc);
	cc->cwnd = min_t(u32, cc->cwnd, most);
	cc->cubic.runs = false;
}

/* RFC 3465 section 2.2: bytes, but not more of one ACK than a sender without pacing may burst. */
static u32 slow_start_credit(const struct rub_tcb *tcb, u32 acked)
{
	u32 segments = RUB_SLOW_START_SEGMENTS;

	/* Section 2.3: after a timeout an ACK covers what left the network long ago. */
	if (!seq_after(tcb->snd_una, tcb->cc.limited))
		segments = 1;
	else if (rub_pacing(tcb))
		return acked;
	return min_t(u32, acked, segments * tcb->snd_mss);
}

/* Return: what of @acked is left for congestion avoidance. */
static u32 slow_start(struct rub_tcb *tcb, u32 acked)
{
	struct rub_cc *cc = &tcb->cc;
	u32 room = cc->ssthresh - cc->cwnd, credit = slow_start_credit(tcb, acked);
	u32 more = min_t(u32, credit / rub_hystart_divisor(tcb), room);

	cc->cwnd = bounded((u64)cc->cwnd + more);
	return more < room ? 0 : credit - room;
}

/* @num / cwnd bytes, and what remains below a byte for the next time. */
u32 rub_cc_share(u64 num, u32 *carry, u32 cwnd)
{
	u64 share;

	num += *carry;
	share = div_u64(num, cwnd);
	*carry = (u32)(num - share * cwnd);
	return bounded(share);
}

/* RFC 5681 section 3.1, by bytes (RFC 3465 section 2.1): SMSS more for a window of data. */
static void avoid_congestion(struct rub_tcb *tcb, u32 acked)
{
	struct rub_cc *cc = &tcb->cc;

	cc->cwnd = bounded((u64)cc->cwnd +
			   rub_cc_share((u64)acked * tcb->snd_mss, &cc->carry, cc->cwnd));
}

/* A number that every acknowledgement from now on lies beyond, a duplicate one, too. */
static u32 behind(const struct rub_tcb *tcb)
{
	return tcb->snd_una - 1;
}

/* Numbers that lie behind follow SND.UNA, or 2 GiB later they would seem to lie ahead. */
static void follow_una(struct rub_tcb *tcb)
{
	tcb->cc.reduced = seq_max(tcb->cc.reduced, behind(tcb));
	tcb->cc.limited = seq_max(tcb->cc.limited, behind(tcb));
}

void rub_cc_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;

	follow_policy(tcb, env);
	cc->cwnd = max_t(u32, cc->cwnd, tcb->snd_mss); /* which grows with the path's MTU */
	if (!validated(cc)) {
		not_validated(tcb, env);
	} else if (!cc->marked) {
		/* No ACK is worth more than a window. */
		acked = min_t(u32, acked, cc->cwnd);
		if (cc->cwnd < cc->ssthresh)
			acked = slow_start(tcb, acked);
		if (acked && cc->algorithm == RUBATO_CONGESTION_CUBIC)
			rub_cubic_acked(tcb, acked, env);
		else if (acked)
			avoid_congestion(tcb, acked);
		cc->valid = env->now;
	}
	follow_una(tcb);
	if (!seq_before(tcb->snd_una, cc->round)) {
		new_round(tcb);
		rub_hystart_round(tcb);
	}
}

/* As it was, for rub_cc_undo(). */
static void keep_before(struct rub_cc *cc)
{
	cc->before.cwnd = cc->cwnd;
	cc->before.ssthresh = cc->ssthresh;
	cc->before.cubic = cc->cubic;
}

/* RFC 5681 section 3.1 equation (4), and RFC 9438 section 4.6. */
static void reduce(struct rub_tcb *tcb, u32 in_flight, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;
	u32 ssthresh = in_flight / 2;

	follow_policy(tcb, env);
	keep_before(cc);
	cc->carry = 0;
	if (cc->algorithm == RUBATO_CONGESTION_CUBIC)
		ssthresh = rub_cubic_reduce(tcb, in_flight);
	cc->ssthresh = max_t(u32, ssthresh, 2 * tcb->snd_mss);
}

void rub_cc_congestion(struct rub_tcb *tcb, u32 in_flight, const struct rub_env *env)
{
	reduce(tcb, in_flight, env);
	tcb->cc.reduced = tcb->snd_max;
	rub_ecn_reduced(tcb);
}

void rub_cc_timeout(struct rub_tcb *tcb, u32 in_flight, bool first, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;

	if (first)
		reduce(tcb, in_flight, env);
	cc->cwnd = tcb->snd_mss;
	cc->reduced = tcb->snd_max;
	cc->limited = tcb->snd_max;
	/* RFC 9438 section 4.8: what comes after starts from where slow start ends. */
	cc->cubic.w_max = cc->cwnd;
	cc->cubic.runs = false;
	rub_ecn_reduced(tcb);
}

void rub_cc_recovered(struct rub_tcb *tcb, u32 in_flight)
{
	u32 mss = tcb->snd_mss;

	tcb->cc.cwnd = min_t(u32, tcb->cc.ssthresh, max_t(u32, in_flight, mss) + mss);
}

void rub_cc_undo(struct rub_tcb *tcb)
{
	struct rub_cc *cc = &tcb->cc;

	cc->cwnd = max_t(u32, cc->cwnd, cc->before.cwnd);
	cc->ssthresh = max_t(u32, cc->ssthresh, cc->before.ssthresh);
	cc->cubic = cc->before.cubic;
	cc->reduced = behind(tcb);
	cc->limited = behind(tcb);
}
