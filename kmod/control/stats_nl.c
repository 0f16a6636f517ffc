// SPDX-License-Identifier: GPL-2.0-only
/* stats-get: the namespace's counters, every reason for a drop included. No lock. */
#include "control/parts.h"
#include "report/report.h"

static const int counter_attr[RUBATO_COUNT_MAX] = {
	[RUBATO_COUNT_ACTIVE_OPENS] = RUBATO_STATS_ACTIVE_OPENS,
	[RUBATO_COUNT_PASSIVE_OPENS] = RUBATO_STATS_PASSIVE_OPENS,
	[RUBATO_COUNT_SEGMENTS_IN] = RUBATO_STATS_SEGMENTS_IN,
	[RUBATO_COUNT_SEGMENTS_OUT] = RUBATO_STATS_SEGMENTS_OUT,
	[RUBATO_COUNT_RESETS_IN] = RUBATO_STATS_RESETS_IN,
	[RUBATO_COUNT_RESETS_OUT] = RUBATO_STATS_RESETS_OUT,
	[RUBATO_COUNT_RETRANSMISSIONS] = RUBATO_STATS_RETRANSMISSIONS,
	[RUBATO_COUNT_GIVE_UPS] = RUBATO_STATS_GIVE_UPS,
	[RUBATO_COUNT_LOCAL_DROPS] = RUBATO_STATS_LOCAL_DROPS,
	[RUBATO_COUNT_SYNCOOKIES_SENT] = RUBATO_STATS_SYNCOOKIES_SENT,
	[RUBATO_COUNT_SYNCOOKIES_RECEIVED] = RUBATO_STATS_SYNCOOKIES_RECEIVED,
};

static const int gauge_attr[RUBATO_GAUGE_MAX] = {
	[RUBATO_GAUGE_SOCKETS] = RUBATO_STATS_SOCKETS,
	[RUBATO_GAUGE_HALF_OPEN] = RUBATO_STATS_HALF_OPEN,
	[RUBATO_GAUGE_TIME_WAIT] = RUBATO_STATS_TIME_WAIT,
	[RUBATO_GAUGE_ORPHANS] = RUBATO_STATS_ORPHANS,
};

static int put_drop(struct sk_buff *skb, struct net *net, enum rubato_reason reason)
{
	struct nlattr *nest = nla_nest_start(skb, RUBATO_STATS_DROP);

	if (!nest || nla_put_u32(skb, RUBATO_DROP_REASON, reason) ||
	    nla_put_u64_64bit(skb, RUBATO_DROP_COUNT, rubato_drop_read(net, reason),
			      RUBATO_DROP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_stats(struct sk_buff *skb, struct net *net)
{
	u32 i;

	for (i = 0; i < RUBATO_COUNT_MAX; i++)
		if (nla_put_u64_64bit(skb, counter_attr[i], rubato_counter_read(net, i),
				      RUBATO_STATS_PAD))
			return -EMSGSIZE;
	for (i = 0; i < RUBATO_GAUGE_MAX; i++)
		if (nla_put_u64_64bit(skb, gauge_attr[i], rubato_gauge_read(net, i),
				      RUBATO_STATS_PAD))
			return -EMSGSIZE;
	for (i = RUBATO_REASON_NONE + 1; i <= RUBATO_REASON_MAX; i++)
		if (put_drop(skb, net, i))
			return -EMSGSIZE;
	return 0;
}

int rubato_nl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	return rubato_nl_reply(info, RUBATO_CMD_STATS_GET, NLMSG_DEFAULT_SIZE, put_stats);
}
