/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of control/ share with each other, and with nobody else.
 *
 * An nla_policy table lists exactly what requests may carry; scripts/nlcheck compares types and
 * bounds with the spec. All texts are static: on 6.1 netlink keeps only a pointer to them.
 */
#ifndef RUBATO_CONTROL_PARTS_H
#define RUBATO_CONTROL_PARTS_H

#include <linux/rubato_netlink.h>
#include <net/genetlink.h>
#include "core/core.h"

/* Grows when attributes or commands are added. */
#define RUBATO_ABI 1

extern struct genl_family rubato_genl_family;
extern unsigned int rubato_control_family; /* the address family's number */

extern const struct nla_policy rubato_main_policy[RUBATO_A_MAX + 1];
extern const struct nla_policy rubato_socket_policy[RUBATO_SOCKET_MAX + 1];

int rubato_nl_info_get(struct sk_buff *skb, struct genl_info *info);
int rubato_nl_policy_get(struct sk_buff *skb, struct genl_info *info);
int rubato_nl_policy_set(struct sk_buff *skb, struct genl_info *info);
int rubato_nl_socket_dump(struct sk_buff *skb, struct netlink_callback *cb);
int rubato_nl_stats_get(struct sk_buff *skb, struct genl_info *info);

/**
 * rubato_nl_reply - answer a request with one message
 * @info: the request
 * @cmd: RUBATO_CMD_*
 * @size: room for the attributes
 * @put: puts them; 0 or -EMSGSIZE
 *
 * Return: 0 or -errno.
 */
int rubato_nl_reply(struct genl_info *info, u8 cmd, size_t size,
		    int (*put)(struct sk_buff *skb, struct net *net));

/* A schedule's nest, to and from the struct. A refusal is explained in @extack. */
int rubato_nl_schedule_parse(const struct nlattr *nest, enum rubato_clock clock,
			     struct rubato_schedule *schedule, struct netlink_ext_ack *extack);
int rubato_nl_schedule_put(struct sk_buff *skb, int type, const struct rubato_schedule *schedule);
/* The attribute in a schedule's nest that @flaw is about; the nest itself if none is. */
const struct nlattr *rubato_nl_schedule_culprit(const struct nlattr *nest, enum rub_flaw flaw);

/* Why a clock's attribute is refused, beyond what enum rub_flaw knows. */
enum rubato_refusal {
	RUBATO_REFUSE_FLAWS = RUB_FLAW_ORDER, /* up to here the numbers are enum rub_flaw's */
	RUBATO_REFUSE_MAX_GAP,		/* RUB_FLAW_GAP is about max */
	RUBATO_REFUSE_GIVE_UP,		/* RUB_FLAW_GAP is about give-up */
	RUBATO_REFUSE_UNKNOWN,		/* an attribute that a schedule does not have */
	RUBATO_REFUSE_TWICE,
	RUBATO_REFUSE_MALFORMED,	/* wrong length, or no nest */
	RUBATO_REFUSE_N,
};

/**
 * rubato_nl_refuse - explain a refusal
 * @extack: where to
 * @attr: the offending attribute
 * @clock: the clock that the text names
 * @refusal: enum rubato_refusal, or enum rub_flaw
 *
 * Return: the errno that goes with it, negative.
 */
int rubato_nl_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
		     enum rubato_clock clock, unsigned int refusal);

/* The same for what is no clock: @text is a constant that names the thing. */
void rubato_nl_explain(struct netlink_ext_ack *extack, const struct nlattr *attr,
		       const char *text);

/*
 * Defines the check of a u32 with bounds. By hand, because netlink's own text would not name them,
 * and not by NLA_POLICY_VALIDATE_FN, because 6.1 warns when it tells a client of an integer's
 * policy that is a function. scripts/nlcheck takes the bounds from here.
 */
#define RUBATO_NL_BOUNDED(name, type, low, high, text)					\
static int name(const struct nlattr *attr, struct netlink_ext_ack *extack)		\
{											\
	if (nla_get_u32(attr) >= (low) && nla_get_u32(attr) <= (high))			\
		return 0;								\
	rubato_nl_explain(extack, attr, text);						\
	return -ERANGE;									\
}

#endif
