// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which configurations are allowed, and what becomes of one: references resolved, tempo
 * applied. DESIGN.md section 3.
 */
#include "core/policy.h"
#include "core/constants.h"

enum rub_kind rub_clock_kind(enum rubato_clock clock)
{
	switch (clock) {
	case RUBATO_CLOCK_SYN:
	case RUBATO_CLOCK_SYNACK:
	case RUBATO_CLOCK_DATA:
	case RUBATO_CLOCK_FIN:
	case RUBATO_CLOCK_PERSIST:
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		return RUB_KIND_SCHEDULE;
	case RUBATO_CLOCK_MSL:
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
	case RUBATO_CLOCK_FIN_WAIT_2:
	case RUBATO_CLOCK_DELACK:
	case RUBATO_CLOCK_USER_TIMEOUT:
	case RUBATO_CLOCK_RTO_MIN:
	case RUBATO_CLOCK_RTO_MAX:
	case RUBATO_CLOCK_RTO_INITIAL:
	case RUBATO_CLOCK_TW_REUSE_DELAY:
		return RUB_KIND_DURATION;
	default:
		return clock > RUBATO_CLOCK_NONE && clock <= RUBATO_CLOCK_MAX ?
			       RUB_KIND_KNOB : RUB_KIND_NONE;
	}
}

struct rubato_schedule *rub_config_schedule(struct rub_config *config, enum rubato_clock clock)
{
	switch (clock) {
	case RUBATO_CLOCK_SYN:
		return &config->syn;
	case RUBATO_CLOCK_SYNACK:
		return &config->synack;
	case RUBATO_CLOCK_DATA:
		return &config->data;
	case RUBATO_CLOCK_FIN:
		return &config->fin;
	case RUBATO_CLOCK_PERSIST:
		return &config->persist;
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		return &config->keepalive_probes;
	default:
		return NULL;
	}
}

rub_ns *rub_config_duration(struct rub_config *config, enum rubato_clock clock)
{
	switch (clock) {
	case RUBATO_CLOCK_MSL:
		return &config->msl;
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
		return &config->keepalive_idle;
	case RUBATO_CLOCK_FIN_WAIT_2:
		return &config->fin_wait_2;
	case RUBATO_CLOCK_DELACK:
		return &config->delack;
	case RUBATO_CLOCK_USER_TIMEOUT:
		return &config->user_timeout;
	case RUBATO_CLOCK_RTO_MIN:
		return &config->rto_min;
	case RUBATO_CLOCK_RTO_MAX:
		return &config->rto_max;
	case RUBATO_CLOCK_RTO_INITIAL:
		return &config->rto_initial;
	case RUBATO_CLOCK_TW_REUSE_DELAY:
		return &config->tw_reuse_delay;
	default:
		return NULL;
	}
}

/* The field of @knobs that @knob names, and the largest value it may have. */
static u8 *knob_of(struct rub_knobs *knobs, enum rubato_clock knob, u8 *max)
{
	*max = 1;
	switch (knob) {
	case RUBATO_KNOB_TIMESTAMPS:
		return &knobs->timestamps;
	case RUBATO_KNOB_SACK:
		return &knobs->sack;
	case RUBATO_KNOB_WINDOW_SCALE:
		return &knobs->window_scale;
	case RUBATO_KNOB_ECN:
		return &knobs->ecn;
	case RUBATO_KNOB_CONGESTION:
		*max = RUBATO_CONGESTION_MAX;
		return &knobs->congestion;
	case RUBATO_KNOB_BIND_MODE:
		*max = RUBATO_BIND_MAX;
		return &knobs->bind_mode;
	case RUBATO_KNOB_TW_RST:
		*max = RUBATO_TW_RST_MAX;
		return &knobs->time_wait_rst;
	case RUBATO_KNOB_TW_REUSE:
		return &knobs->time_wait_reuse;
	case RUBATO_KNOB_KEEPALIVE_FORCE:
		return &knobs->keepalive_force;
	case RUBATO_KNOB_MTU_PROBING:
		*max = RUBATO_MTU_PROBING_MAX;
		return &knobs->mtu_probing;
	default:
		return NULL;
	}
}

u64 rub_knob_get(const struct rub_knobs *knobs, enum rubato_clock knob)
{
	u8 max, *field = knob_of((struct rub_knobs *)knobs, knob, &max);

	if (knob == RUBATO_KNOB_ISN)
		return knobs->isn;
	return field ? *field : 0;
}

static bool isn_ok(u64 value)
{
	return !value || (value >= RUBATO_ISN_FIXED && value <= RUBATO_ISN_MAX);
}

enum rub_flaw rub_knob_set(struct rub_knobs *knobs, enum rubato_clock knob, u64 value)
{
	u8 max, *field = knob_of(knobs, knob, &max);

	if (knob == RUBATO_KNOB_ISN && isn_ok(value)) {
		knobs->isn = value;
		return RUB_FLAW_NONE;
	}
	if (!field || value > max)
		return RUB_FLAW_RANGE;
	*field = (u8)value;
	return RUB_FLAW_NONE;
}

/* A field whose flag is clear must be zero, so that equal schedules are equal bytes. */
static bool clean(const struct rubato_schedule *s)
{
	u32 i;

	if (s->flags & ~RUBATO_SCHED_FLAGS || s->reserved)
		return false;
	if ((!(s->flags & RUBATO_SCHED_FACTOR) && s->factor) ||
	    (!(s->flags & RUBATO_SCHED_MAX) && s->max) ||
	    (!(s->flags & RUBATO_SCHED_TRIES) && s->tries) ||
	    (!(s->flags & RUBATO_SCHED_GIVE_UP) && s->give_up) ||
	    (!(s->flags & RUBATO_SCHED_AS) && s->as))
		return false;
	for (i = s->n_gaps; i < RUBATO_GAPS_MAX; i++)
		if (s->gap[i])
			return false;
	return true;
}

static bool gap_ok(rub_ns gap)
{
	return gap >= RUBATO_GAP_MIN && gap <= RUBATO_GAP_MAX;
}

static enum rub_flaw check_reference(const struct rubato_schedule *s, enum rubato_clock clock)
{
	if (s->flags != RUBATO_SCHED_AS || s->n_gaps)
		return RUB_FLAW_REFERENCE;
	if (rub_clock_kind((enum rubato_clock)s->as) != RUB_KIND_SCHEDULE || s->as == clock)
		return RUB_FLAW_REFERENCE;
	return RUB_FLAW_NONE;
}

static bool ends(const struct rubato_schedule *s)
{
	return !(s->flags & RUBATO_SCHED_FACTOR) ||
	       s->flags & (RUBATO_SCHED_TRIES | RUBATO_SCHED_GIVE_UP);
}

enum rub_flaw rub_schedule_check(const struct rubato_schedule *s, enum rubato_clock clock)
{
	u32 i;

	if (s->n_gaps > RUBATO_GAPS_MAX)
		return RUB_FLAW_TOO_MANY_GAPS;
	if (!clean(s))
		return RUB_FLAW_FLAGS;
	if (s->flags & RUBATO_SCHED_AS)
		return check_reference(s, clock);
	if (s->flags & RUBATO_SCHED_RTO) {
		if (s->n_gaps || !(s->flags & RUBATO_SCHED_FACTOR))
			return RUB_FLAW_RTO;
	} else if (!s->n_gaps) {
		return RUB_FLAW_EMPTY;
	}
	for (i = 0; i < s->n_gaps; i++)
		if (!gap_ok(s->gap[i]))
			return RUB_FLAW_GAP;
	if (s->flags & RUBATO_SCHED_FACTOR &&
	    (s->factor < RUBATO_FACTOR_ONE || s->factor > RUBATO_FACTOR_MAX))
		return RUB_FLAW_FACTOR;
	if (s->flags & (RUBATO_SCHED_MAX | RUBATO_SCHED_TRIES) &&
	    !(s->flags & RUBATO_SCHED_FACTOR))
		return RUB_FLAW_NEEDS_FACTOR;
	if ((s->flags & RUBATO_SCHED_MAX && !gap_ok(s->max)) ||
	    (s->flags & RUBATO_SCHED_GIVE_UP && !gap_ok(s->give_up)))
		return RUB_FLAW_GAP;
	if (s->tries > RUBATO_TRIES_MAX)
		return RUB_FLAW_TRIES;
	if (clock != RUBATO_CLOCK_PERSIST && !ends(s))
		return RUB_FLAW_ENDLESS;
	return RUB_FLAW_NONE;
}

/* The schedule that @clock comes down to; NULL if its references go round in a circle. */
static const struct rubato_schedule *resolve(const struct rub_config *config,
					     enum rubato_clock clock)
{
	/* The accessor serves writers as well; nothing is written here. */
	struct rub_config *c = (struct rub_config *)config;
	const struct rubato_schedule *s = rub_config_schedule(c, clock);
	u32 hops;

	for (hops = 0; s && s->flags & RUBATO_SCHED_AS; hops++) {
		if (hops == RUBATO_CLOCK_MAX)
			return NULL;
		s = rub_config_schedule(c, (enum rubato_clock)s->as);
	}
	return s;
}

static enum rub_flaw check_duration(const struct rub_config *config, enum rubato_clock clock)
{
	rub_ns value = *rub_config_duration((struct rub_config *)config, clock);

	switch (clock) {
	case RUBATO_CLOCK_MSL:
		return value <= RUBATO_MSL_MAX ? RUB_FLAW_NONE : RUB_FLAW_RANGE;
	case RUBATO_CLOCK_FIN_WAIT_2:
		return value >= RUBATO_GAP_MIN && value <= RUBATO_FIN_WAIT_2_MAX ?
			       RUB_FLAW_NONE : RUB_FLAW_RANGE;
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
		return value >= RUBATO_GAP_MIN && value <= RUBATO_IDLE_MAX ?
			       RUB_FLAW_NONE : RUB_FLAW_RANGE;
	case RUBATO_CLOCK_DELACK:
		return value <= RUBATO_DELACK_MAX ? RUB_FLAW_NONE : RUB_FLAW_RANGE;
	case RUBATO_CLOCK_USER_TIMEOUT:
		return value <= RUBATO_USER_TIMEOUT_MAX ? RUB_FLAW_NONE : RUB_FLAW_RANGE;
	case RUBATO_CLOCK_TW_REUSE_DELAY:
		return value <= RUBATO_TW_REUSE_DELAY_MAX ? RUB_FLAW_NONE : RUB_FLAW_RANGE;
	default:
		return value >= RUBATO_RTO_BOUND_MIN && value <= RUBATO_RTO_BOUND_MAX ?
			       RUB_FLAW_NONE : RUB_FLAW_RANGE;
	}
}

static enum rub_flaw check_schedule(const struct rub_config *config, enum rubato_clock clock)
{
	const struct rubato_schedule *s = rub_config_schedule((struct rub_config *)config, clock);
	enum rub_flaw flaw = rub_schedule_check(s, clock);

	if (flaw)
		return flaw;
	s = resolve(config, clock);
	if (!s)
		return RUB_FLAW_REFERENCE;
	/* `data as persist` must not make data endless. */
	return clock == RUBATO_CLOCK_PERSIST || ends(s) ? RUB_FLAW_NONE : RUB_FLAW_ENDLESS;
}

static enum rub_flaw check_knob(const struct rub_config *config, enum rubato_clock knob)
{
	struct rub_knobs copy = config->knobs;

	return rub_knob_set(&copy, knob, rub_knob_get(&copy, knob));
}

enum rub_flaw rub_config_check(const struct rub_config *config, enum rubato_clock *clock)
{
	enum rub_flaw flaw;
	u32 i;

	for (i = RUBATO_CLOCK_NONE + 1; i <= RUBATO_CLOCK_MAX; i++) {
		*clock = (enum rubato_clock)i;
		switch (rub_clock_kind(*clock)) {
		case RUB_KIND_SCHEDULE:
			flaw = check_schedule(config, *clock);
			break;
		case RUB_KIND_DURATION:
			flaw = check_duration(config, *clock);
			break;
		default:
			flaw = check_knob(config, *clock);
		}
		if (flaw)
			return flaw;
	}
	if (config->rto_min > config->rto_max) {
		*clock = RUBATO_CLOCK_RTO_MIN;
		return RUB_FLAW_ORDER;
	}
	*clock = RUBATO_CLOCK_NONE;
	return RUB_FLAW_NONE;
}

const char *rub_flaw_text(enum rub_flaw flaw)
{
	switch (flaw) {
	case RUB_FLAW_NONE:
		return "nothing is wrong";
	case RUB_FLAW_RANGE:
		return "out of range";
	case RUB_FLAW_FLAGS:
		return "a field is set that its flags do not announce";
	case RUB_FLAW_EMPTY:
		return "no gap given";
	case RUB_FLAW_TOO_MANY_GAPS:
		return "more than 16 gaps";
	case RUB_FLAW_GAP:
		return "a duration outside 1 ms to 24 h";
	case RUB_FLAW_RTO:
		return "rto must be the only gap, with a factor";
	case RUB_FLAW_FACTOR:
		return "factor outside x1 to x16";
	case RUB_FLAW_NEEDS_FACTOR:
		return "max and tries need a factor";
	case RUB_FLAW_TRIES:
		return "more than 1000 tries";
	case RUB_FLAW_ENDLESS:
		return "would never end; only persist may";
	case RUB_FLAW_REFERENCE:
		return "refers to itself or to what is no schedule";
	case RUB_FLAW_ORDER:
		return "rto-min is above rto-max";
	}
	return "unknown flaw";
}

rub_ns rub_tempo(rub_ns configured, u32 tempo)
{
	rub_ns ns;

	if (!configured)
		return 0;
	/* The largest duration, 24 h, times 1000 stays below 2^57. */
	ns = div_u64(configured * RUBATO_TEMPO_ONE, tempo);
	return ns < RUB_TEMPO_FLOOR ? RUB_TEMPO_FLOOR : ns;
}

static void compile_schedule(const struct rub_config *config, enum rubato_clock clock, u32 tempo,
			     struct rubato_schedule *out)
{
	u32 i;

	*out = *resolve(config, clock);
	for (i = 0; i < out->n_gaps; i++)
		out->gap[i] = rub_tempo(out->gap[i], tempo);
	out->max = rub_tempo(out->max, tempo);
	out->give_up = rub_tempo(out->give_up, tempo);
}

void rub_policy_compile(const struct rub_config *config, u32 tempo, struct rub_policy *policy)
{
	compile_schedule(config, RUBATO_CLOCK_SYN, tempo, &policy->syn);
	compile_schedule(config, RUBATO_CLOCK_SYNACK, tempo, &policy->synack);
	compile_schedule(config, RUBATO_CLOCK_DATA, tempo, &policy->data);
	compile_schedule(config, RUBATO_CLOCK_FIN, tempo, &policy->fin);
	compile_schedule(config, RUBATO_CLOCK_PERSIST, tempo, &policy->persist);
	compile_schedule(config, RUBATO_CLOCK_KEEPALIVE_PROBES, tempo, &policy->keepalive_probes);
	policy->msl = rub_tempo(config->msl, tempo);
	policy->keepalive_idle = rub_tempo(config->keepalive_idle, tempo);
	policy->fin_wait_2 = rub_tempo(config->fin_wait_2, tempo);
	policy->delack = rub_tempo(config->delack, tempo);
	policy->user_timeout = rub_tempo(config->user_timeout, tempo);
	policy->tw_reuse_delay = rub_tempo(config->tw_reuse_delay, tempo);
	policy->rto_min = rub_tempo(config->rto_min, tempo);
	policy->rto_max = rub_tempo(config->rto_max, tempo);
	policy->rto_initial = rub_tempo(config->rto_initial, tempo);
	policy->knobs = config->knobs;
}
