// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its operations, its groups, and info-get. Generic netlink runs one
 * request at a time (no parallel_ops); validation is strict, so an operation without a table of
 * its own refuses every attribute.
 */
#include <linux/module.h>
#include "compat/genl.h"
#include "conn/conn.h"
#include "control/control.h"
#include "control/parts.h"
#include "report/report.h"

unsigned int rubato_control_family;

/* A clock's attribute is its number. */
#define SAME(name) \
	static_assert((int)RUBATO_POLICY_##name == (int)RUBATO_CLOCK_##name && \
		      (int)RUBATO_POLICY_SOURCE_##name == (int)RUBATO_CLOCK_##name)
#define SAME_KNOB(name) \
	static_assert((int)RUBATO_POLICY_##name == (int)RUBATO_KNOB_##name && \
		      (int)RUBATO_POLICY_SOURCE_##name == (int)RUBATO_KNOB_##name)
SAME(MSL);
SAME(SYN);
SAME(SYNACK);
SAME(DATA);
SAME(FIN);
SAME(PERSIST);
SAME(KEEPALIVE_IDLE);
SAME(KEEPALIVE_PROBES);
SAME(FIN_WAIT_2);
SAME(DELACK);
SAME(USER_TIMEOUT);
SAME(RTO_MIN);
SAME(RTO_MAX);
SAME(RTO_INITIAL);
SAME_KNOB(TIMESTAMPS);
SAME_KNOB(SACK);
SAME_KNOB(WINDOW_SCALE);
SAME_KNOB(ECN);
SAME_KNOB(CONGESTION);
SAME_KNOB(BIND_MODE);
SAME_KNOB(TW_RST);
SAME_KNOB(TW_REUSE);
SAME(TW_REUSE_DELAY);
SAME_KNOB(KEEPALIVE_FORCE);
SAME_KNOB(ISN);
SAME_KNOB(MTU_PROBING);
static_assert((int)RUBATO_POLICY_SOURCE_MAX == (int)RUBATO_CLOCK_MAX);
static_assert((int)RUBATO_POLICY_PAD == (int)RUBATO_CLOCK_MAX + 1);
static_assert(ARRAY_SIZE(rubato_main_policy) == RUBATO_A_MAX + 1);
static_assert(ARRAY_SIZE(rubato_socket_policy) == RUBATO_SOCKET_MAX + 1);

int rubato_nl_reply(struct genl_info *info, u8 cmd, size_t size,
		    int (*put)(struct sk_buff *skb, struct net *net))
{
	struct sk_buff *reply = genlmsg_new(size, GFP_KERNEL);
	void *header;
	int err;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &rubato_genl_family, 0, cmd);
	err = header ? put(reply, genl_info_net(info)) : -EMSGSIZE;
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int put_info(struct sk_buff *skb, struct net *net)
{
	if (nla_put_string(skb, RUBATO_A_VERSION, THIS_MODULE->version ?: "unknown") ||
	    nla_put_u32(skb, RUBATO_A_ABI, RUBATO_ABI) ||
	    nla_put_u32(skb, RUBATO_A_FAMILY, rubato_control_family) ||
	    nla_put_u32(skb, RUBATO_A_PROTOCOL, rubato_protocol))
		return -EMSGSIZE;
	return 0;
}

int rubato_nl_info_get(struct sk_buff *skb, struct genl_info *info)
{
	return rubato_nl_reply(info, RUBATO_CMD_INFO_GET, NLMSG_DEFAULT_SIZE, put_info);
}

static const struct genl_ops ops[] = {
	{
		.cmd = RUBATO_CMD_INFO_GET,
		.doit = rubato_nl_info_get,
	},
	{
		.cmd = RUBATO_CMD_POLICY_GET,
		.doit = rubato_nl_policy_get,
	},
	{
		.cmd = RUBATO_CMD_POLICY_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = rubato_nl_policy_set,
		.policy = rubato_main_policy,
		.maxattr = RUBATO_A_MAX,
	},
	{
		.cmd = RUBATO_CMD_SOCKET_GET,
		.dumpit = rubato_nl_socket_dump,
		.policy = rubato_socket_policy,
		.maxattr = RUBATO_SOCKET_MAX,
	},
	{
		.cmd = RUBATO_CMD_STATS_GET,
		.doit = rubato_nl_stats_get,
	},
};

/*
 * Sequence numbers would help a blind attacker. A kernel that cannot ask who joins a group does
 * not get events-full at all; report/ then sends to the other one alone.
 */
static const struct genl_multicast_group groups[] = {
	[RUBATO_GROUP_EVENTS] = { .name = RUBATO_MCGRP_EVENTS },
	RUBATO_ADMIN_GROUP(RUBATO_GROUP_EVENTS_FULL, RUBATO_MCGRP_EVENTS_FULL)
};

struct genl_family rubato_genl_family __ro_after_init = {
	.name = RUBATO_GENL_NAME,
	.version = RUBATO_GENL_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int rubato_control_init(unsigned int family)
{
	int err;

	rubato_control_family = family;
	err = genl_register_family(&rubato_genl_family);
	if (!err)
		rubato_report_attach(&rubato_genl_family);
	return err;
}

void rubato_control_exit(void)
{
	rubato_report_attach(NULL);
	genl_unregister_family(&rubato_genl_family);
}
