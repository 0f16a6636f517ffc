// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies (RFC 4987 section 3.6 and appendix A): a half-open connection that is kept in its
 * SYN+ACK instead of in memory. The ISS holds a period's number and an index of the MSS; the low
 * bits of TSval hold what else the SYN offered, so that without timestamps there is no option but
 * the MSS. A keyed hash binds all of it, and the window scale that we announced, to the four-tuple
 * and the peer's ISN.
 */
#include "core/siphash.h"
#include "core/tcb.h"

#ifdef RUBATO_PLANT_BUG
/* The bug that the suite must catch: a cookie is good for a period more. */
#define PLANTED_PERIODS 1u
#else
#define PLANTED_PERIODS 0u
#endif

static const u16 mss_table[] = RUB_COOKIE_MSS;

#define MSS_ENTRIES (sizeof(mss_table) / sizeof(mss_table[0]))

/* The ISS: 8 bits of the period, 24 bits of hash plus index; both on top of the peer's ISN. */
#define PERIOD_SHIFT	24
#define HASH_MASK	0xffffffu
#define PERIOD_MASK	0xffu

/* The low bits of TSval. */
#define TS_SCALE	0x0fu	/* the peer's shift */
#define TS_NO_SCALE	0x0fu	/* window scale was not agreed on */
#define TS_SACK		0x10u
#define TS_ECN		0x20u
#define TS_MASK		0x3fu

static u64 period_of(rub_ns now)
{
	return div_u64(div_u64(now, RUB_COOKIE_TICK), RUB_COOKIE_PERIOD);
}

bool rub_cookie_awaited(rub_ns last, const struct rub_env *env)
{
	return last && period_of(env->now) - period_of(last) < RUB_COOKIE_PERIODS;
}

/* Where the numbers of this four-tuple start. */
static u32 base(const struct rub_half *half, const struct rub_env *env)
{
	return (u32)rub_siphash(env->cookie_key, NULL, 0) + half->irs;
}

static u32 seal(const struct rub_half *half, const struct rub_env *env, u64 period)
{
	u64 words[] = { period, half->irs, half->opts, half->snd_scale, half->rcv_scale };

	return (u32)rub_siphash(env->cookie_key, words, sizeof(words) / sizeof(words[0]));
}

static u32 mss_index(u16 announced)
{
	u32 mss = announced ? announced : RUB_MSS_DEFAULT, i = MSS_ENTRIES - 1;

	while (i && mss_table[i] > mss)
		i--;
	return i;
}

/* Never ahead of the clock: the connection's next TSval would be older for the peer's PAWS. */
static u32 tsval_with(const struct rub_half *half, u32 tsval)
{
	u32 bits = half->opts & RUB_OPT_WSCALE ? half->snd_scale : TS_NO_SCALE, value;

	if (half->opts & RUB_OPT_SACK)
		bits |= TS_SACK;
	if (half->opts & RUB_OPT_ECN)
		bits |= TS_ECN;
	value = (tsval & ~TS_MASK) | bits;
	return seq_after(value, tsval) ? value - (TS_MASK + 1) : value;
}

static void options_of(struct rub_half *half, const struct rub_seg *seg, const struct rub_env *env)
{
	if (!(seg->opts & RUB_OPT_TS))
		return;
	half->opts = RUB_OPT_TS;
	half->ts_recent = seg->tsval;
	half->ts_offset = env->ts_offset;
	if (seg->tsecr & TS_SACK)
		half->opts |= RUB_OPT_SACK;
	if (seg->tsecr & TS_ECN)
		half->opts |= RUB_OPT_ECN;
	if ((seg->tsecr & TS_SCALE) == TS_NO_SCALE)
		return;
	half->opts |= RUB_OPT_WSCALE;
	half->snd_scale = (u8)(seg->tsecr & TS_SCALE);
	half->rcv_scale = rub_own_scale(env);
}

void rub_cookie_answer(const struct rub_seg *seg, const struct rub_env *env, struct rub_tx *tx)
{
	struct rub_half half;
	u64 period = period_of(env->now);

	rub_half_init(&half, seg, env);
	if (!(half.opts & RUB_OPT_TS)) {
		half.opts = 0;
		half.snd_scale = 0;
		half.rcv_scale = 0;
	}
	half.iss = base(&half, env) + ((u32)period << PERIOD_SHIFT) +
		   ((seal(&half, env, period) + mss_index(seg->mss)) & HASH_MASK);
	rub_half_synack(&half, seg, env, tx);
	if (half.opts & RUB_OPT_TS)
		tx->tsval = tsval_with(&half, tx->tsval);
}

enum rubato_reason rub_cookie_accept(const struct rub_seg *seg, const struct rub_env *env,
				     struct rub_half *half)
{
	u64 period = period_of(env->now);
	u32 cookie, age, index;

	if ((seg->flags & (RUB_SYN | RUB_RST | RUB_ACK)) != RUB_ACK)
		return RUBATO_REASON_BAD_COOKIE;
	memset(half, 0, sizeof(*half));
	half->irs = seg->seq - 1;
	half->iss = seg->ack - 1;
	options_of(half, seg, env);
	cookie = half->iss - base(half, env);
	age = ((u32)period - (cookie >> PERIOD_SHIFT)) & PERIOD_MASK;
	if (age >= RUB_COOKIE_PERIODS + PLANTED_PERIODS)
		return RUBATO_REASON_BAD_COOKIE;
	index = (cookie - seal(half, env, period - age)) & HASH_MASK;
	if (index >= MSS_ENTRIES)
		return RUBATO_REASON_BAD_COOKIE;
	half->peer_mss = mss_table[index];
	half->adv_mss = env->adv_mss;
	half->rcv_wnd = rub_first_window(env);
	half->again = true; /* nobody knows when it left but the timestamp */
	rub_clock_start(&half->run, env->now);
	return RUBATO_REASON_NONE;
}
