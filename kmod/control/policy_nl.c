// SPDX-License-Identifier: GPL-2.0-only
/*
 * policy-get and policy-set: a namespace's clocks and tempo. Checks and publishing are policy/'s,
 * which also holds the lock; here they get their wire form and their words.
 */
#include <linux/sizes.h>
#include "control/parts.h"
#include "policy/policy.h"
#include "report/report.h"

RUBATO_NL_BOUNDED(check_tempo, RUBATO_A_TEMPO, RUBATO_TEMPO_MIN, RUBATO_TEMPO_MAX,
		  "tempo: outside 0.01 .. 1000 (10 .. 1000000 thousandths)")

/* The nest is taken apart here: netlink would not name the clock that it refuses. */
const struct nla_policy rubato_main_policy[RUBATO_A_MAX + 1] = {
	[RUBATO_A_TEMPO] = { .type = NLA_U32 },
	[RUBATO_A_POLICY] = { .type = NLA_NESTED },
};

static const struct nla_policy clock_policy[RUBATO_POLICY_MAX + 1] = {
	[RUBATO_POLICY_MSL] = { .type = NLA_U64 },
	[RUBATO_POLICY_SYN] = { .type = NLA_NESTED },
	[RUBATO_POLICY_SYNACK] = { .type = NLA_NESTED },
	[RUBATO_POLICY_DATA] = { .type = NLA_NESTED },
	[RUBATO_POLICY_FIN] = { .type = NLA_NESTED },
	[RUBATO_POLICY_PERSIST] = { .type = NLA_NESTED },
	[RUBATO_POLICY_KEEPALIVE_IDLE] = { .type = NLA_U64 },
	[RUBATO_POLICY_KEEPALIVE_PROBES] = { .type = NLA_NESTED },
	[RUBATO_POLICY_FIN_WAIT_2] = { .type = NLA_U64 },
	[RUBATO_POLICY_DELACK] = { .type = NLA_U64 },
	[RUBATO_POLICY_USER_TIMEOUT] = { .type = NLA_U64 },
	[RUBATO_POLICY_RTO_MIN] = { .type = NLA_U64 },
	[RUBATO_POLICY_RTO_MAX] = { .type = NLA_U64 },
	[RUBATO_POLICY_RTO_INITIAL] = { .type = NLA_U64 },
	[RUBATO_POLICY_TIMESTAMPS] = { .type = NLA_U32 },
	[RUBATO_POLICY_SACK] = { .type = NLA_U32 },
	[RUBATO_POLICY_WINDOW_SCALE] = { .type = NLA_U32 },
	[RUBATO_POLICY_ECN] = { .type = NLA_U32 },
	[RUBATO_POLICY_CONGESTION] = { .type = NLA_U32 },
	[RUBATO_POLICY_BIND_MODE] = { .type = NLA_U32 },
	[RUBATO_POLICY_TW_RST] = { .type = NLA_U32 },
	[RUBATO_POLICY_TW_REUSE] = { .type = NLA_U32 },
	[RUBATO_POLICY_TW_REUSE_DELAY] = { .type = NLA_U64 },
	[RUBATO_POLICY_KEEPALIVE_FORCE] = { .type = NLA_U32 },
	[RUBATO_POLICY_ISN] = { .type = NLA_U64 },
	[RUBATO_POLICY_MTU_PROBING] = { .type = NLA_U32 },
};
static_assert(ARRAY_SIZE(clock_policy) == RUBATO_POLICY_MAX + 1);

/* Both nests with every gap in use, and what stands around them. */
#define REPLY_SIZE SZ_8K

/* The compiled clocks in the form in which configured ones are put. */
static void effective(const struct rub_policy *p, struct rub_config *config)
{
	*config = (struct rub_config) {
		.syn = p->syn,
		.synack = p->synack,
		.data = p->data,
		.fin = p->fin,
		.persist = p->persist,
		.keepalive_probes = p->keepalive_probes,
		.msl = p->msl,
		.keepalive_idle = p->keepalive_idle,
		.fin_wait_2 = p->fin_wait_2,
		.delack = p->delack,
		.user_timeout = p->user_timeout,
		.rto_min = p->rto_min,
		.rto_max = p->rto_max,
		.rto_initial = p->rto_initial,
		.tw_reuse_delay = p->tw_reuse_delay,
		.knobs = p->knobs,
	};
}

static int put_knob(struct sk_buff *skb, enum rubato_clock knob, u64 value)
{
	if (clock_policy[knob].type == NLA_U64)
		return nla_put_u64_64bit(skb, knob, value, RUBATO_POLICY_PAD);
	return nla_put_u32(skb, knob, (u32)value);
}

static int put_clock(struct sk_buff *skb, struct rub_config *config, enum rubato_clock clock)
{
	switch (rub_clock_kind(clock)) {
	case RUB_KIND_SCHEDULE:
		return rubato_nl_schedule_put(skb, clock, rub_config_schedule(config, clock));
	case RUB_KIND_DURATION:
		return nla_put_u64_64bit(skb, clock, *rub_config_duration(config, clock),
					 RUBATO_POLICY_PAD);
	case RUB_KIND_KNOB:
		return put_knob(skb, clock, rub_knob_get(&config->knobs, clock));
	default:
		return 0;
	}
}

static int put_config(struct sk_buff *skb, int type, struct rub_config *config)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	u32 clock;

	if (!nest)
		return -EMSGSIZE;
	for (clock = 1; clock <= RUBATO_CLOCK_MAX; clock++)
		if (put_clock(skb, config, clock))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_sources(struct sk_buff *skb, const struct rubato_policy *policy)
{
	struct nlattr *nest = nla_nest_start(skb, RUBATO_A_SOURCE);
	u32 clock;

	if (!nest)
		return -EMSGSIZE;
	for (clock = 1; clock <= RUBATO_CLOCK_MAX; clock++)
		if (nla_put_u32(skb, clock, policy->source[clock]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_policy(struct sk_buff *skb, struct net *net)
{
	struct rubato_policy *policy = rubato_policy_get(net);
	struct rub_config compiled;
	int err = -EMSGSIZE;

	effective(&policy->core, &compiled);
	if (!nla_put_u32(skb, RUBATO_A_GENERATION, policy->generation) &&
	    !nla_put_u32(skb, RUBATO_A_TEMPO, policy->tempo) &&
	    !put_config(skb, RUBATO_A_POLICY, &policy->config) &&
	    !put_sources(skb, policy) &&
	    !put_config(skb, RUBATO_A_EFFECTIVE, &compiled))
		err = 0;
	rubato_policy_put(policy);
	return err;
}

int rubato_nl_policy_get(struct sk_buff *skb, struct genl_info *info)
{
	return rubato_nl_reply(info, RUBATO_CMD_POLICY_GET, REPLY_SIZE, put_policy);
}

/**
 * struct request - a policy-set being read
 * @change: what it asks for
 * @attr: where it asks for each clock
 */
struct request {
	struct rubato_policy_change change;
	const struct nlattr *attr[RUBATO_CLOCK_MAX + 1];
};

/* Netlink's own words do not name the clock. */
static int refuse_invalid(struct netlink_ext_ack *extack, const struct nlattr *nest)
{
	const struct nlattr *attr = extack->bad_attr;
	int type;

	if (!attr)
		return rubato_nl_refuse(extack, nest, RUBATO_CLOCK_NONE, RUBATO_REFUSE_MALFORMED);
	type = nla_type(attr);
	if (!type || type > RUBATO_CLOCK_MAX)
		return rubato_nl_refuse(extack, attr, RUBATO_CLOCK_NONE, RUBATO_REFUSE_UNKNOWN);
	return rubato_nl_refuse(extack, attr, type, RUBATO_REFUSE_MALFORMED);
}

static int parse_knob(const struct nlattr *attr, enum rubato_clock knob, struct rub_config *config,
		      struct netlink_ext_ack *extack)
{
	u64 value = clock_policy[knob].type == NLA_U64 ? nla_get_u64(attr) : nla_get_u32(attr);
	enum rub_flaw flaw = rub_knob_set(&config->knobs, knob, value);

	return flaw ? rubato_nl_refuse(extack, attr, knob, flaw) : 0;
}

static int parse_clock(const struct nlattr *attr, struct request *request,
		       struct netlink_ext_ack *extack)
{
	struct rub_config *config = &request->change.config;
	enum rubato_clock clock = nla_type(attr);

	if (request->attr[clock])
		return rubato_nl_refuse(extack, attr, clock, RUBATO_REFUSE_TWICE);
	request->attr[clock] = attr;
	request->change.set |= 1u << clock;
	switch (rub_clock_kind(clock)) {
	case RUB_KIND_SCHEDULE:
		return rubato_nl_schedule_parse(attr, clock, rub_config_schedule(config, clock),
						extack);
	case RUB_KIND_KNOB:
		return parse_knob(attr, clock, config, extack);
	default:
		*rub_config_duration(config, clock) = nla_get_u64(attr);
		return 0;
	}
}

static int parse_clocks(const struct nlattr *nest, struct request *request,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int err, rest;

	if (nla_validate_nested(nest, RUBATO_POLICY_MAX, clock_policy, extack))
		return refuse_invalid(extack, nest);
	nla_for_each_nested(attr, nest, rest) {
		err = parse_clock(attr, request, extack);
		if (err)
			return err;
	}
	return 0;
}

/*
 * The outcome is refused as a whole: for a clock of the request, or for one that a change of
 * another one brought into trouble (rto-min above a lowered rto-max, a circle of references).
 */
static int refuse_outcome(struct netlink_ext_ack *extack, const struct request *request,
			  const struct nlattr *nest, enum rubato_clock clock, enum rub_flaw flaw)
{
	const struct nlattr *attr = request->attr[clock];
	u32 i;

	for (i = 1; !attr && i <= RUBATO_CLOCK_MAX; i++)
		if (rub_clock_kind(i) == rub_clock_kind(clock) &&
		    (flaw != RUB_FLAW_ORDER || i == RUBATO_CLOCK_RTO_MAX))
			attr = request->attr[i];
	if (!attr)
		attr = nest;
	else if (rub_clock_kind(nla_type(attr)) == RUB_KIND_SCHEDULE)
		attr = rubato_nl_schedule_culprit(attr, flaw);
	return rubato_nl_refuse(extack, attr, clock, flaw);
}

/* Tells the namespace's listeners, unless the request asked for what was already so. */
static void announce(struct net *net, u32 generation_before)
{
	struct rubato_policy *policy = rubato_policy_get(net);

	if (policy->generation != generation_before)
		rubato_report_policy(net, policy->generation, policy->tempo);
	rubato_policy_put(policy);
}

static u32 generation_of(struct net *net)
{
	struct rubato_policy *policy = rubato_policy_get(net);
	u32 generation = policy->generation;

	rubato_policy_put(policy);
	return generation;
}

static int parse(struct genl_info *info, struct request *request)
{
	const struct nlattr *nest = info->attrs[RUBATO_A_POLICY];
	const struct nlattr *tempo = info->attrs[RUBATO_A_TEMPO];
	int err;

	memset(request, 0, sizeof(*request));
	if (tempo) {
		err = check_tempo(tempo, info->extack);
		if (err)
			return err;
		request->change.tempo = nla_get_u32(tempo);
	}
	if (nest) {
		err = parse_clocks(nest, request, info->extack);
		if (err)
			return err;
	}
	if (!request->change.set && !tempo) {
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	return 0;
}

int rubato_nl_policy_set(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	u32 generation = generation_of(net);
	enum rubato_clock clock;
	struct request request;
	enum rub_flaw flaw;
	int err;

	err = parse(info, &request);
	if (err)
		return err;
	err = rubato_policy_apply(net, &request.change, &clock, &flaw);
	if (err == -EINVAL || err == -ERANGE)
		return refuse_outcome(info->extack, &request, info->attrs[RUBATO_A_POLICY], clock,
				      flaw);
	if (!err)
		announce(net, generation);
	return err;
}
