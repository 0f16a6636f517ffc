// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket-get: a dump of listeners, connections, half-open ones and TIME_WAIT entries, filtered
 * here so that a busy namespace does not flood the reader. Snapshots are conn/'s, which takes the
 * locks; the dump's place is kept in the netlink callback.
 *
 * event-seq is the number of the newest event when the dump began: a reader who applies the events
 * after it to the listing ends up with what is. The dump says NLM_F_DUMP_INTR when the policy
 * changed meanwhile: then the remaining times are of two minds.
 */
#include "compat/genl.h"
#include "control/parts.h"
#include "conn/conn.h"
#include "policy/policy.h"
#include "report/report.h"

#define ALL_STATES (((1u << (RUBATO_STATE_MAX + 1)) - 1) & ~1u)

/* What a filter may say is checked by read_filter(). */
const struct nla_policy rubato_socket_policy[RUBATO_SOCKET_MAX + 1] = {
	[RUBATO_SOCKET_FAMILY] = { .type = NLA_U16 },
	[RUBATO_SOCKET_LOCAL_ADDRESS] = { .type = NLA_BINARY, .len = 16 },
	[RUBATO_SOCKET_PEER_ADDRESS] = { .type = NLA_BINARY, .len = 16 },
	[RUBATO_SOCKET_LOCAL_PORT] = { .type = NLA_U16 },
	[RUBATO_SOCKET_PEER_PORT] = { .type = NLA_U16 },
	[RUBATO_SOCKET_STATES] = { .type = NLA_U32 },
};

/* Which fields of a filter's tuple were given. */
#define HAS_LOCAL 0x1u
#define HAS_PEER 0x2u
#define HAS_LOCAL_PORT 0x4u
#define HAS_PEER_PORT 0x8u

/**
 * struct dump - a dump between two calls
 * @event_seq: number of the newest event when it began
 * @pos: where to go on
 * @tuple: filter: the fields that @has names
 * @states: filter: mask of 1 << state
 * @has: HAS_*
 * @begun: the filter has been read
 * @done: everything has been visited
 */
struct dump {
	u64 event_seq;
	struct rubato_list_pos pos;
	struct rub_tuple tuple;
	u16 states;
	u8 has;
	bool begun, done;
};
static_assert(sizeof(struct dump) <= sizeof_field(struct netlink_callback, ctx));
static_assert(ALL_STATES <= U16_MAX);

/* One call of the dump: what visit() needs. */
struct round {
	struct dump *dump;
	struct sk_buff *skb;
	struct netlink_callback *cb;
	bool full; /* may see sequence numbers */
};

static int read_states(struct dump *dump, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	u32 states = attr ? nla_get_u32(attr) : ALL_STATES;

	if (!states || states & ~ALL_STATES) {
		rubato_nl_explain(extack, attr, "states: not a mask of 1 << state, 1 to 11");
		return -EINVAL;
	}
	dump->states = states;
	return 0;
}

static int read_address(const struct nlattr *attr, bool local, __be32 *address,
			struct netlink_ext_ack *extack)
{
	switch (nla_len(attr)) {
	case sizeof(*address):
		*address = nla_get_in_addr(attr);
		return 0;
	case 16:
		rubato_nl_explain(extack, attr,
				  local ? "local-address: only IPv4 in this version" :
					  "peer-address: only IPv4 in this version");
		return -EAFNOSUPPORT;
	default:
		rubato_nl_explain(extack, attr,
				  local ? "local-address: neither 4 nor 16 bytes" :
					  "peer-address: neither 4 nor 16 bytes");
		return -EINVAL;
	}
}

static int read_addresses(struct dump *dump, struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	const struct nlattr *family = attrs[RUBATO_SOCKET_FAMILY];
	const struct nlattr *local = attrs[RUBATO_SOCKET_LOCAL_ADDRESS];
	const struct nlattr *peer = attrs[RUBATO_SOCKET_PEER_ADDRESS];
	int err = 0;

	if (family && nla_get_u16(family) != AF_INET) {
		rubato_nl_explain(extack, family, "family: only AF_INET in this version");
		return -EAFNOSUPPORT;
	}
	if (local) {
		dump->has |= HAS_LOCAL;
		err = read_address(local, true, &dump->tuple.local, extack);
	}
	if (peer && !err) {
		dump->has |= HAS_PEER;
		err = read_address(peer, false, &dump->tuple.peer, extack);
	}
	return err;
}

/*
 * In the dump's first call and not before it begins: on 6.1 only then there is an extack, which
 * goes out with NLMSG_DONE.
 */
static int read_filter(struct dump *dump, struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	int err;

	err = read_states(dump, attrs[RUBATO_SOCKET_STATES], extack);
	if (!err)
		err = read_addresses(dump, attrs, extack);
	if (err)
		return err;
	if (attrs[RUBATO_SOCKET_LOCAL_PORT]) {
		dump->tuple.local_port = nla_get_u16(attrs[RUBATO_SOCKET_LOCAL_PORT]);
		dump->has |= HAS_LOCAL_PORT;
	}
	if (attrs[RUBATO_SOCKET_PEER_PORT]) {
		dump->tuple.peer_port = nla_get_u16(attrs[RUBATO_SOCKET_PEER_PORT]);
		dump->has |= HAS_PEER_PORT;
	}
	return 0;
}

static bool matches(const struct dump *dump, const struct rubato_info *info)
{
	const struct rub_tuple *want = &dump->tuple, *is = &info->tuple;

	return dump->states & 1u << info->state &&
	       (!(dump->has & HAS_LOCAL) || is->local == want->local) &&
	       (!(dump->has & HAS_PEER) || is->peer == want->peer) &&
	       (!(dump->has & HAS_LOCAL_PORT) || is->local_port == want->local_port) &&
	       (!(dump->has & HAS_PEER_PORT) || is->peer_port == want->peer_port);
}

static const struct rubato_tuple_attrs socket_tuple = {
	.family = RUBATO_SOCKET_FAMILY,
	.local = RUBATO_SOCKET_LOCAL_ADDRESS,
	.peer = RUBATO_SOCKET_PEER_ADDRESS,
	.local_port = RUBATO_SOCKET_LOCAL_PORT,
	.peer_port = RUBATO_SOCKET_PEER_PORT,
};

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, RUBATO_SOCKET_PAD);
}

static int put_identity(struct sk_buff *skb, const struct rubato_info *info)
{
	if (put_u64(skb, RUBATO_SOCKET_COOKIE, info->cookie) ||
	    nla_put_u32(skb, RUBATO_SOCKET_STATE, info->state) ||
	    rubato_report_put_tuple(skb, &socket_tuple, &info->tuple) ||
	    nla_put_u32(skb, RUBATO_SOCKET_UID, info->uid) ||
	    put_u64(skb, RUBATO_SOCKET_INODE, info->inode))
		return -EMSGSIZE;
	return 0;
}

static int put_clock(struct sk_buff *skb, const struct rubato_info *info)
{
	if (nla_put_u32(skb, RUBATO_SOCKET_CLOCK, info->clock) ||
	    nla_put_u32(skb, RUBATO_SOCKET_TRIES, info->tries) ||
	    (info->remaining != RUB_NEVER &&
	     put_u64(skb, RUBATO_SOCKET_REMAINING, info->remaining)))
		return -EMSGSIZE;
	return 0;
}

static int put_flow(struct sk_buff *skb, const struct rubato_info *info, bool full)
{
	if (nla_put_u32(skb, RUBATO_SOCKET_RECV_QUEUE, info->recv_queue) ||
	    nla_put_u32(skb, RUBATO_SOCKET_SEND_QUEUE, info->send_queue) ||
	    (info->rto && put_u64(skb, RUBATO_SOCKET_RTO, info->rto)) ||
	    (info->srtt && put_u64(skb, RUBATO_SOCKET_SRTT, info->srtt)) ||
	    (info->cwnd && nla_put_u32(skb, RUBATO_SOCKET_CWND, info->cwnd)))
		return -EMSGSIZE;
	if (!full || !info->seqs)
		return 0;
	if (nla_put_u32(skb, RUBATO_SOCKET_SND_UNA, info->snd_una) ||
	    nla_put_u32(skb, RUBATO_SOCKET_SND_NXT, info->snd_nxt) ||
	    nla_put_u32(skb, RUBATO_SOCKET_RCV_NXT, info->rcv_nxt))
		return -EMSGSIZE;
	return 0;
}

/* false: the message buffer is full, and this one comes first in the next. */
static bool visit(const struct rubato_info *info, void *arg)
{
	struct round *round = arg;
	struct netlink_callback *cb = round->cb;
	struct sk_buff *skb = round->skb;
	void *header;

	if (!matches(round->dump, info))
		return true;
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &rubato_genl_family, NLM_F_MULTI, RUBATO_CMD_SOCKET_GET);
	if (!header)
		return false;
	genl_dump_check_consistent(cb, header);
	if (put_identity(skb, info) || put_clock(skb, info) ||
	    put_flow(skb, info, round->full) ||
	    put_u64(skb, RUBATO_SOCKET_EVENT_SEQ, round->dump->event_seq)) {
		genlmsg_cancel(skb, header);
		return false;
	}
	genlmsg_end(skb, header);
	return true;
}

static u32 generation_of(struct net *net)
{
	struct rubato_policy *policy = rubato_policy_get(net);
	u32 generation = policy->generation;

	rubato_policy_put(policy);
	return generation;
}

int rubato_nl_socket_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(skb->sk);
	struct dump *dump = (struct dump *)cb->ctx;
	struct round round = {
		.dump = dump,
		.skb = skb,
		.cb = cb,
		.full = netlink_ns_capable(cb->skb, net->user_ns, CAP_NET_ADMIN),
	};
	int err;

	if (!dump->begun) {
		err = read_filter(dump, rubato_dump_attrs(cb), cb->extack);
		if (err)
			return err;
		dump->event_seq = rubato_report_seq(net);
		dump->begun = true;
	}
	cb->seq = generation_of(net);
	if (!dump->done)
		dump->done = rubato_conn_list(net, &dump->pos, visit, &round);
	if (!dump->done && !skb->len)
		return -EMSGSIZE;
	return skb->len;
}
