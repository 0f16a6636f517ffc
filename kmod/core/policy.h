/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the clocks are set to. struct rub_config is what somebody configured, with
 * references and before tempo; struct rub_policy is what connections obey: immutable,
 * every reference resolved, tempo applied. Pure functions; who holds, publishes and
 * counts policies is kmod/policy.
 */
#ifndef RUBATO_CORE_POLICY_H
#define RUBATO_CORE_POLICY_H

#include "core/shim.h"

RUB_BEGIN_DECLS

/**
 * struct rub_knobs - what is chosen, not timed; the same configured and in effect
 * @isn: RUBATO_ISN_KEYED, or RUBATO_ISN_FIXED + n
 * @timestamps: offered and accepted (RFC 7323)
 * @sack: offered and accepted (RFC 2018)
 * @window_scale: offered and accepted (RFC 7323)
 * @ecn: offered and accepted (RFC 3168)
 * @congestion: enum rubato_congestion
 * @bind_mode: enum rubato_bind_mode
 * @time_wait_rst: enum rubato_tw_rst
 * @time_wait_reuse: connect() may take a chosen port whose tuple is in TIME_WAIT
 * @keepalive_force: keepalive without SO_KEEPALIVE too
 * @mtu_probing: enum rubato_mtu_probing
 */
struct rub_knobs {
	u64 isn;
	u8 timestamps, sack, window_scale, ecn;
	u8 congestion, bind_mode, time_wait_rst, time_wait_reuse, keepalive_force;
	u8 mtu_probing;
};

/* The clocks and knobs that this core obeys, as they were configured. Durations in ns. */
struct rub_config {
	struct rubato_schedule syn, synack, data, fin, persist, keepalive_probes;
	rub_ns msl, keepalive_idle, fin_wait_2, delack, user_timeout;
	rub_ns rto_min, rto_max, rto_initial, tw_reuse_delay;
	struct rub_knobs knobs;
};

/* Schedules hold no RUBATO_SCHED_AS here. */
struct rub_policy {
	struct rubato_schedule syn, synack, data, fin, persist, keepalive_probes;
	rub_ns msl, keepalive_idle, fin_wait_2, delack, user_timeout;
	rub_ns rto_min, rto_max, rto_initial, tw_reuse_delay;
	struct rub_knobs knobs;
};

/* The built-in values: the default column of DESIGN.md section 3. */
extern const struct rub_config rub_config_builtin;

/* How a clock is written. */
enum rub_kind {
	RUB_KIND_NONE,		/* no such clock */
	RUB_KIND_DURATION,
	RUB_KIND_SCHEDULE,
	RUB_KIND_KNOB,
};

enum rub_kind rub_clock_kind(enum rubato_clock clock);

/* The field of @config that @clock names; NULL unless its kind is the one asked for. */
struct rubato_schedule *rub_config_schedule(struct rub_config *config, enum rubato_clock clock);
rub_ns *rub_config_duration(struct rub_config *config, enum rubato_clock clock);

/**
 * enum rub_flaw - what is wrong with a configuration, for a message that names it
 */
enum rub_flaw {
	RUB_FLAW_NONE,
	RUB_FLAW_RANGE,		/* a duration outside its bounds */
	RUB_FLAW_FLAGS,		/* unknown flag, or a field set whose flag is clear */
	RUB_FLAW_EMPTY,		/* no gap, no rto, no reference */
	RUB_FLAW_TOO_MANY_GAPS,
	RUB_FLAW_GAP,		/* a gap outside RUBATO_GAP_MIN .. RUBATO_GAP_MAX */
	RUB_FLAW_RTO,		/* rto goes alone, and with a factor */
	RUB_FLAW_FACTOR,
	RUB_FLAW_NEEDS_FACTOR,	/* max or tries without growth */
	RUB_FLAW_TRIES,
	RUB_FLAW_ENDLESS,	/* only persist may be endless */
	RUB_FLAW_REFERENCE,	/* not a schedule, itself, a circle, or with other fields */
	RUB_FLAW_ORDER,		/* rto-min above rto-max */
};

/**
 * rub_schedule_check - is this struct a schedule that DESIGN.md section 3 allows?
 * @s: from outside, nothing about it is trusted
 * @clock: the schedule it is meant for
 */
enum rub_flaw rub_schedule_check(const struct rubato_schedule *s, enum rubato_clock clock);

/**
 * rub_config_check - are all clocks in bounds, references resolvable, bounds in order?
 * @clock: set to the clock that is at fault
 */
enum rub_flaw rub_config_check(const struct rub_config *config, enum rubato_clock *clock);

/* A knob's value; 0 if @knob is none. */
u64 rub_knob_get(const struct rub_knobs *knobs, enum rubato_clock knob);
/* Return: RUB_FLAW_NONE, or RUB_FLAW_RANGE and nothing has changed. */
enum rub_flaw rub_knob_set(struct rub_knobs *knobs, enum rubato_clock knob, u64 value);

/* A few words for @flaw, lower case, no full stop. */
const char *rub_flaw_text(enum rub_flaw flaw);

/**
 * rub_policy_compile - resolve references, apply tempo
 * @config: has passed rub_config_check()
 * @tempo: thousandths; divides every configured duration. A result below 1 ms is raised
 *	to 1 ms, zero stays zero.
 */
void rub_policy_compile(const struct rub_config *config, u32 tempo, struct rub_policy *policy);

/* One duration under @tempo. */
rub_ns rub_tempo(rub_ns configured, u32 tempo);

RUB_END_DECLS

#endif
