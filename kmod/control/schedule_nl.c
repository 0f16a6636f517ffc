// SPDX-License-Identifier: GPL-2.0-only
/*
 * A schedule's nest to and from struct rubato_schedule: one attribute for each field, the gaps in
 * their order. Which schedules make sense is core's to say. No lock.
 */
#include "control/parts.h"

static const struct nla_policy schedule_policy[RUBATO_SCHEDULE_MAX + 1] = {
	[RUBATO_SCHEDULE_GAP] = { .type = NLA_U64 },
	[RUBATO_SCHEDULE_RTO] = { .type = NLA_FLAG },
	[RUBATO_SCHEDULE_FACTOR] = NLA_POLICY_RANGE(NLA_U32, RUBATO_FACTOR_ONE, RUBATO_FACTOR_MAX),
	[RUBATO_SCHEDULE_MAX_GAP] = { .type = NLA_U64 },
	[RUBATO_SCHEDULE_TRIES] = NLA_POLICY_MAX(NLA_U32, RUBATO_TRIES_MAX),
	[RUBATO_SCHEDULE_GIVE_UP] = { .type = NLA_U64 },
	[RUBATO_SCHEDULE_AS] = { .type = NLA_U32 },
};
static_assert(ARRAY_SIZE(schedule_policy) == RUBATO_SCHEDULE_MAX + 1);

/* Netlink's own words name neither the clock nor the bounds. */
static int refuse_invalid(struct netlink_ext_ack *extack, const struct nlattr *nest,
			  enum rubato_clock clock, int err)
{
	const struct nlattr *attr = extack->bad_attr ?: nest;
	int type = attr == nest ? 0 : nla_type(attr);

	if (err == -ERANGE && type == RUBATO_SCHEDULE_FACTOR)
		return rubato_nl_refuse(extack, attr, clock, RUB_FLAW_FACTOR);
	if (err == -ERANGE && type == RUBATO_SCHEDULE_TRIES)
		return rubato_nl_refuse(extack, attr, clock, RUB_FLAW_TRIES);
	if (attr != nest && (type <= RUBATO_SCHEDULE_PAD || type > RUBATO_SCHEDULE_MAX))
		return rubato_nl_refuse(extack, attr, clock, RUBATO_REFUSE_UNKNOWN);
	return rubato_nl_refuse(extack, attr, clock, RUBATO_REFUSE_MALFORMED);
}

/* Return: 0, or what is wrong: enum rub_flaw or enum rubato_refusal. */
static unsigned int parse_field(const struct nlattr *attr, struct rubato_schedule *s)
{
	static const u8 flag_of[RUBATO_SCHEDULE_MAX + 1] = {
		[RUBATO_SCHEDULE_RTO] = RUBATO_SCHED_RTO,
		[RUBATO_SCHEDULE_FACTOR] = RUBATO_SCHED_FACTOR,
		[RUBATO_SCHEDULE_MAX_GAP] = RUBATO_SCHED_MAX,
		[RUBATO_SCHEDULE_TRIES] = RUBATO_SCHED_TRIES,
		[RUBATO_SCHEDULE_GIVE_UP] = RUBATO_SCHED_GIVE_UP,
		[RUBATO_SCHEDULE_AS] = RUBATO_SCHED_AS,
	};
	u8 flag = flag_of[nla_type(attr)];

	if (s->flags & flag)
		return RUBATO_REFUSE_TWICE;
	s->flags |= flag;
	switch (nla_type(attr)) {
	case RUBATO_SCHEDULE_GAP:
		if (s->n_gaps == RUBATO_GAPS_MAX)
			return RUB_FLAW_TOO_MANY_GAPS;
		s->gap[s->n_gaps++] = nla_get_u64(attr);
		break;
	case RUBATO_SCHEDULE_FACTOR:
		s->factor = nla_get_u32(attr);
		break;
	case RUBATO_SCHEDULE_MAX_GAP:
		s->max = nla_get_u64(attr);
		break;
	case RUBATO_SCHEDULE_TRIES:
		s->tries = nla_get_u32(attr);
		break;
	case RUBATO_SCHEDULE_GIVE_UP:
		s->give_up = nla_get_u64(attr);
		break;
	case RUBATO_SCHEDULE_AS:
		if (nla_get_u32(attr) > RUBATO_CLOCK_MAX)
			return RUB_FLAW_REFERENCE;
		s->as = nla_get_u32(attr);
		break;
	}
	return 0;
}

static bool gap_ok(u64 gap)
{
	return gap >= RUBATO_GAP_MIN && gap <= RUBATO_GAP_MAX;
}

static bool is_culprit(const struct nlattr *attr, enum rub_flaw flaw)
{
	int type = nla_type(attr);

	switch (flaw) {
	case RUB_FLAW_GAP:
		return (type == RUBATO_SCHEDULE_GAP || type == RUBATO_SCHEDULE_MAX_GAP ||
			type == RUBATO_SCHEDULE_GIVE_UP) && !gap_ok(nla_get_u64(attr));
	case RUB_FLAW_RTO:
		return type == RUBATO_SCHEDULE_RTO;
	case RUB_FLAW_FACTOR:
		return type == RUBATO_SCHEDULE_FACTOR;
	case RUB_FLAW_NEEDS_FACTOR:
		return type == RUBATO_SCHEDULE_MAX_GAP || type == RUBATO_SCHEDULE_TRIES;
	case RUB_FLAW_TRIES:
		return type == RUBATO_SCHEDULE_TRIES;
	case RUB_FLAW_REFERENCE:
		return type == RUBATO_SCHEDULE_AS;
	default:
		return false;
	}
}

const struct nlattr *rubato_nl_schedule_culprit(const struct nlattr *nest, enum rub_flaw flaw)
{
	const struct nlattr *attr;
	int rest;

	nla_for_each_nested(attr, nest, rest)
		if (is_culprit(attr, flaw))
			return attr;
	return nest;
}

static int refuse_flaw(struct netlink_ext_ack *extack, const struct nlattr *nest,
		       enum rubato_clock clock, enum rub_flaw flaw)
{
	const struct nlattr *attr = rubato_nl_schedule_culprit(nest, flaw);
	unsigned int refusal = flaw;

	if (flaw == RUB_FLAW_GAP && nla_type(attr) == RUBATO_SCHEDULE_MAX_GAP)
		refusal = RUBATO_REFUSE_MAX_GAP;
	if (flaw == RUB_FLAW_GAP && nla_type(attr) == RUBATO_SCHEDULE_GIVE_UP)
		refusal = RUBATO_REFUSE_GIVE_UP;
	return rubato_nl_refuse(extack, attr, clock, refusal);
}

int rubato_nl_schedule_parse(const struct nlattr *nest, enum rubato_clock clock,
			     struct rubato_schedule *schedule, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	unsigned int refusal;
	enum rub_flaw flaw;
	int err, rest;

	memset(schedule, 0, sizeof(*schedule));
	err = nla_validate_nested(nest, RUBATO_SCHEDULE_MAX, schedule_policy, extack);
	if (err)
		return refuse_invalid(extack, nest, clock, err);
	nla_for_each_nested(attr, nest, rest) {
		refusal = parse_field(attr, schedule);
		if (refusal)
			return rubato_nl_refuse(extack, attr, clock, refusal);
	}
	flaw = rub_schedule_check(schedule, clock);
	return flaw ? refuse_flaw(extack, nest, clock, flaw) : 0;
}

static int put_fields(struct sk_buff *skb, const struct rubato_schedule *s)
{
	u32 i;

	for (i = 0; i < s->n_gaps; i++)
		if (nla_put_u64_64bit(skb, RUBATO_SCHEDULE_GAP, s->gap[i], RUBATO_SCHEDULE_PAD))
			return -EMSGSIZE;
	if ((s->flags & RUBATO_SCHED_RTO && nla_put_flag(skb, RUBATO_SCHEDULE_RTO)) ||
	    (s->flags & RUBATO_SCHED_FACTOR &&
	     nla_put_u32(skb, RUBATO_SCHEDULE_FACTOR, s->factor)) ||
	    (s->flags & RUBATO_SCHED_MAX &&
	     nla_put_u64_64bit(skb, RUBATO_SCHEDULE_MAX_GAP, s->max, RUBATO_SCHEDULE_PAD)) ||
	    (s->flags & RUBATO_SCHED_TRIES &&
	     nla_put_u32(skb, RUBATO_SCHEDULE_TRIES, s->tries)) ||
	    (s->flags & RUBATO_SCHED_GIVE_UP &&
	     nla_put_u64_64bit(skb, RUBATO_SCHEDULE_GIVE_UP, s->give_up, RUBATO_SCHEDULE_PAD)) ||
	    (s->flags & RUBATO_SCHED_AS && nla_put_u32(skb, RUBATO_SCHEDULE_AS, s->as)))
		return -EMSGSIZE;
	return 0;
}

int rubato_nl_schedule_put(struct sk_buff *skb, int type, const struct rubato_schedule *schedule)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest)
		return -EMSGSIZE;
	if (put_fields(skb, schedule)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}
