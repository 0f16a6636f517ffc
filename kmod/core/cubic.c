// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC's congestion avoidance: RFC 9438 (sections 4.1 to 4.9), in bytes and milliseconds, all
 * integers. Slow start, the timeout and what is common to every algorithm are congestion.c's.
 */
#include "core/tcb.h"

/* The largest x whose cube is at most @n; a bit a step. */
static u32 cube_root(u64 n)
{
	u64 root = 0, step;
	u32 shift = 63;

	for (;; shift -= 3) {
		root *= 2;
		step = 3 * root * (root + 1) + 1; /* (root + 1)^3 - root^3 */
		if (n >> shift >= step) {
			n -= step << shift;
			root++;
		}
		if (!shift)
			return (u32)root;
	}
}

/* C * (@ms / 1000)^3 segments, in bytes; C = 0.4. */
static u32 cubed(u64 ms, u32 mss)
{
	u64 bytes;

	ms = min_t(u64, ms, RUB_CUBIC_MS_MAX);
	/* In steps of 1/2500 segment; times MSS below 2^57. */
	bytes = div_u64(ms * ms * ms, RUB_CUBIC_CUBE) * mss;
	return (u32)min_t(u64, div_u64(bytes, RUB_CUBIC_STEPS), RUB_CWND_MAX);
}

/* Figure 1: W_cubic(t), @t in ms. */
static u32 w_cubic(const struct rub_tcb *tcb, u64 t)
{
	const struct rub_cubic *cubic = &tcb->cc.cubic;
	/* One of the two is nothing. */
	u32 above = cubed(max_t(u64, t, cubic->k) - cubic->k, tcb->snd_mss);
	u32 below = cubed(cubic->k - min_t(u64, t, cubic->k), tcb->snd_mss);

	return cubic->w_max + above - min_t(u32, below, cubic->w_max);
}

/* Figure 2: K = cubic_root((W_max - cwnd_epoch) / C), in ms. */
static u32 k_of(u32 below, u32 mss)
{
	/* Below 2^30 times 2.5 * 10^9 ms^3/s^3. */
	return cube_root(div_u64(below * RUB_CUBIC_INVERSE_C, mss));
}

/* Congestion avoidance begins: section 4.2, and 4.8 and 4.10 where nothing is known. */
static void begin(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_cubic *cubic = &tcb->cc.cubic;
	u32 cwnd = tcb->cc.cwnd;

	cubic->runs = true;
	cubic->epoch = env->now;
	cubic->w_est = cwnd;
	cubic->carry = 0;
	cubic->w_max = max_t(u32, cubic->w_max, cwnd);
	cubic->k = k_of(cubic->w_max - cwnd, tcb->snd_mss);
}

/* Figure 4: what Reno would have, growing by alpha until cwnd_prior is reached. */
static void estimate(struct rub_tcb *tcb, u32 acked)
{
	struct rub_cubic *cubic = &tcb->cc.cubic;
	u64 gain = (u64)acked * tcb->snd_mss;

	if (cubic->w_est < cubic->prior)
		gain = div_u64(gain * RUB_CUBIC_ALPHA_NUM, RUB_CUBIC_ALPHA_DEN);
	gain = (u64)cubic->w_est + rub_cc_share(gain, &cubic->carry, tcb->cc.cwnd);
	cubic->w_est = (u32)min_t(u64, gain, RUB_CWND_MAX);
}

void rub_cubic_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env)
{
	struct rub_cc *cc = &tcb->cc;
	u32 target, most = cc->cwnd + cc->cwnd / 2;
	u64 t;

	if (!cc->cubic.runs)
		begin(tcb, env);
	cc->cubic.seen = env->now;
	estimate(tcb, acked);
	t = div_u64(env->now - cc->cubic.epoch, RUB_CUBIC_TICK);
	/* Section 4.3: never slower than Reno. */
	if (w_cubic(tcb, t) < cc->cubic.w_est) {
		cc->cwnd = max_t(u32, cc->cwnd, cc->cubic.w_est);
		return;
	}
	/* Sections 4.4 and 4.5: where the window is to be a round trip from now. */
	target = w_cubic(tcb, t + div_u64(tcb->srtt, RUB_CUBIC_TICK));
	target = max_t(u32, min_t(u32, target, most), cc->cwnd);
	target = cc->cwnd + rub_cc_share((u64)(target - cc->cwnd) * acked, &cc->carry, cc->cwnd);
	cc->cwnd = min_t(u32, target, RUB_CWND_MAX);
}

/* Sections 4.6 and 4.7; @in_flight: FlightSize. Return: ssthresh. */
u32 rub_cubic_reduce(struct rub_tcb *tcb, u32 in_flight)
{
	struct rub_cubic *cubic = &tcb->cc.cubic;
	u32 cwnd = tcb->cc.cwnd;

	cubic->prior = cwnd;
	cubic->runs = false;
	/* Fast convergence: a window that falls again and again leaves room for others. */
	if (cwnd < cubic->w_max)
		cubic->w_max = (u32)div_u64((u64)cwnd * (RUB_CUBIC_BETA_DEN + RUB_CUBIC_BETA_NUM),
					    2 * RUB_CUBIC_BETA_DEN);
	else
		cubic->w_max = cwnd;
	return (u32)div_u64((u64)in_flight * RUB_CUBIC_BETA_NUM, RUB_CUBIC_BETA_DEN);
}

/* Section 5.8: the time since the last acknowledgement was not used and does not count. */
void rub_cubic_pause(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_cubic *cubic = &tcb->cc.cubic;

	if (!cubic->runs)
		return;
	cubic->epoch += env->now - cubic->seen;
	cubic->seen = env->now;
}
