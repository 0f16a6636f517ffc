// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a refused request is told: the clock's name as people write it, and what is wrong. One text
 * for each pair, because netlink on 6.1 takes no formatted ones. No lock: constants.
 */
#include "control/parts.h"

/* What any clock can be refused for. */
#define COMMON(name)								\
	[RUBATO_REFUSE_TWICE] = name ": given twice",				\
	[RUBATO_REFUSE_MALFORMED] = name ": wrong length or type of attribute"

#define SCHEDULE(name) {							\
	COMMON(name),								\
	[RUB_FLAW_FLAGS] = name ": a field is set that its flags do not announce", \
	[RUB_FLAW_EMPTY] = name ": no gap, no rto and no reference",		\
	[RUB_FLAW_TOO_MANY_GAPS] = name ": more than 16 gaps",			\
	[RUB_FLAW_GAP] = name ": gap outside 1 ms .. 24 h",			\
	[RUBATO_REFUSE_MAX_GAP] = name ": max outside 1 ms .. 24 h",		\
	[RUBATO_REFUSE_GIVE_UP] = name ": give-up outside 1 ms .. 24 h",	\
	[RUB_FLAW_RTO] = name ": rto must be the only gap, and needs a factor",	\
	[RUB_FLAW_FACTOR] = name ": factor outside 1 .. 16",			\
	[RUB_FLAW_NEEDS_FACTOR] = name ": max and tries need a factor",		\
	[RUB_FLAW_TRIES] = name ": tries outside 0 .. 1000",			\
	[RUB_FLAW_ENDLESS] = name ": would never give up; only persist may",	\
	[RUB_FLAW_REFERENCE] = name ": refers to itself in the end, to no schedule, or has more fields", \
	[RUBATO_REFUSE_UNKNOWN] = name ": a schedule has no such attribute",	\
}

#define DURATION(name, bounds) {						\
	COMMON(name),								\
	[RUB_FLAW_RANGE] = name ": outside " bounds,				\
	[RUB_FLAW_ORDER] = name ": above rto-max",			\
}

#define KNOB(name, values) {							\
	COMMON(name),								\
	[RUB_FLAW_RANGE] = name ": neither " values,				\
}
#define SWITCH(name) KNOB(name, "0 (off) nor 1 (on)")

static const char *const texts[RUBATO_CLOCK_MAX + 1][RUBATO_REFUSE_N] = {
	[RUBATO_CLOCK_NONE] = {
		[RUBATO_REFUSE_UNKNOWN] = "policy: no such clock or knob",
		[RUBATO_REFUSE_MALFORMED] = "policy: malformed",
	},
	[RUBATO_CLOCK_MSL] = DURATION("msl", "0 .. 10 min"),
	[RUBATO_CLOCK_SYN] = SCHEDULE("syn"),
	[RUBATO_CLOCK_SYNACK] = SCHEDULE("synack"),
	[RUBATO_CLOCK_DATA] = SCHEDULE("data"),
	[RUBATO_CLOCK_FIN] = SCHEDULE("fin"),
	[RUBATO_CLOCK_PERSIST] = SCHEDULE("persist"),
	[RUBATO_CLOCK_KEEPALIVE_IDLE] = DURATION("keepalive.idle", "1 ms .. 24 h"),
	[RUBATO_CLOCK_KEEPALIVE_PROBES] = SCHEDULE("keepalive.probes"),
	[RUBATO_CLOCK_FIN_WAIT_2] = DURATION("fin-wait-2", "1 ms .. 24 h"),
	[RUBATO_CLOCK_DELACK] = DURATION("delack", "0 .. 499 ms"),
	[RUBATO_CLOCK_USER_TIMEOUT] = DURATION("user-timeout", "0 .. 24 h"),
	[RUBATO_CLOCK_RTO_MIN] = DURATION("rto-min", "1 ms .. 10 min"),
	[RUBATO_CLOCK_RTO_MAX] = DURATION("rto-max", "1 ms .. 10 min"),
	[RUBATO_CLOCK_RTO_INITIAL] = DURATION("rto-initial", "1 ms .. 10 min"),
	[RUBATO_KNOB_TIMESTAMPS] = SWITCH("timestamps"),
	[RUBATO_KNOB_SACK] = SWITCH("sack"),
	[RUBATO_KNOB_WINDOW_SCALE] = SWITCH("window-scale"),
	[RUBATO_KNOB_ECN] = SWITCH("ecn"),
	[RUBATO_KNOB_CONGESTION] = KNOB("congestion", "0 (cubic) nor 1 (newreno)"),
	[RUBATO_KNOB_BIND_MODE] = KNOB("bind-mode", "0 (linux), 1 (bsd) nor 2 (time-wait)"),
	[RUBATO_KNOB_TW_RST] = KNOB("tw-rst", "0 (exact), 1 (ignore) nor 2 (after-challenge)"),
	[RUBATO_KNOB_TW_REUSE] = SWITCH("tw-reuse"),
	[RUBATO_CLOCK_TW_REUSE_DELAY] = DURATION("tw-reuse-delay", "0 .. 10 min"),
	[RUBATO_KNOB_KEEPALIVE_FORCE] = SWITCH("keepalive.force"),
	[RUBATO_KNOB_ISN] = KNOB("isn", "0 (keyed) nor 2^32 + N (fixed N), N below 2^32"),
	[RUBATO_KNOB_MTU_PROBING] = KNOB("mtu-probing", "0 (off), 1 (black-hole) nor 2 (always)"),
};

/* The texts above spell these bounds out. */
static_assert(RUBATO_GAPS_MAX == 16 && RUBATO_TRIES_MAX == 1000);
static_assert(RUBATO_FACTOR_ONE == 1000 && RUBATO_FACTOR_MAX == 16 * RUBATO_FACTOR_ONE);
static_assert(RUBATO_GAP_MIN == RUBATO_NS_PER_MS);
static_assert(RUBATO_GAP_MAX == 24ULL * 3600 * 1000 * RUBATO_NS_PER_MS);
static_assert(RUBATO_FIN_WAIT_2_MAX == RUBATO_GAP_MAX);
static_assert(RUBATO_IDLE_MAX == RUBATO_GAP_MAX && RUBATO_USER_TIMEOUT_MAX == RUBATO_GAP_MAX);
static_assert(RUBATO_DELACK_MAX == 499 * RUBATO_NS_PER_MS);
static_assert(RUBATO_TW_REUSE_DELAY_MAX == RUBATO_MSL_MAX);
static_assert(RUBATO_CONGESTION_MAX == 1 && RUBATO_BIND_MAX == 2 && RUBATO_TW_RST_MAX == 2);
static_assert(RUBATO_MTU_PROBING_MAX == 2);
static_assert(RUBATO_MSL_MAX == 600ULL * 1000 * RUBATO_NS_PER_MS);
static_assert(RUBATO_RTO_BOUND_MIN == RUBATO_NS_PER_MS && RUBATO_RTO_BOUND_MAX == RUBATO_MSL_MAX);

static int error_of(unsigned int refusal)
{
	switch (refusal) {
	case RUB_FLAW_RANGE:
	case RUB_FLAW_GAP:
	case RUB_FLAW_FACTOR:
	case RUB_FLAW_TRIES:
	case RUBATO_REFUSE_MAX_GAP:
	case RUBATO_REFUSE_GIVE_UP:
		return -ERANGE;
	default:
		return -EINVAL;
	}
}

void rubato_nl_explain(struct netlink_ext_ack *extack, const struct nlattr *attr,
		       const char *text)
{
	if (!extack)
		return;
	/* NL_SET_ERR_MSG() takes only literals. */
	extack->_msg = text;
	NL_SET_BAD_ATTR(extack, attr);
}

int rubato_nl_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
		     enum rubato_clock clock, unsigned int refusal)
{
	const char *text = texts[clock][refusal];

	if (WARN_ON_ONCE(!text))
		text = "a clock is refused";
	rubato_nl_explain(extack, attr, text);
	return error_of(refusal);
}
