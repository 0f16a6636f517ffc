// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events to the two multicast groups: the same message, sequence and acknowledgement numbers only
 * in events-full, whose listeners could reset the connection anyway.
 *
 * An event takes a number only if somebody listens to either group, once for both. A listener
 * therefore sees consecutive numbers from its first event on; a hole means that one was lost, and
 * whoever joins later starts at any number. Messages are built before the lock and numbered under
 * it; a message that no memory was left for leaves a hole and ENOBUFS.
 *
 * rubato_report_net.lock (softirq-safe) orders numbering and delivery; innermost but for netlink's
 * own. The family is RCU-protected: control/ takes it back before it unregisters it.
 */
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/rubato_netlink.h>
#include "report/parts.h"

/* All attributes that an event can have, twice over. */
#define MESSAGE_SIZE 512

static const struct genl_family __rcu *lent;

void rubato_report_attach(const struct genl_family *family)
{
	rcu_assign_pointer(lent, family);
	if (!family)
		synchronize_rcu();
}

static bool has_listeners(const struct genl_family *family, struct net *net, unsigned int group)
{
	/* A kernel that cannot restrict who joins has no group events-full. */
	return group < family->n_mcgrps && genl_has_listeners(family, net, group);
}

bool rubato_report_wanted(struct net *net)
{
	const struct genl_family *family;
	bool wanted;

	rcu_read_lock();
	family = rcu_dereference(lent);
	wanted = family && (has_listeners(family, net, RUBATO_GROUP_EVENTS) ||
			    has_listeners(family, net, RUBATO_GROUP_EVENTS_FULL));
	rcu_read_unlock();
	return wanted;
}

u64 rubato_report_seq(struct net *net)
{
	return atomic64_read(&rubato_report_net(net)->seq);
}

int rubato_report_put_tuple(struct sk_buff *skb, const struct rubato_tuple_attrs *attrs,
			    const struct rub_tuple *tuple)
{
	if (nla_put_u16(skb, attrs->family, AF_INET) ||
	    nla_put_in_addr(skb, attrs->local, tuple->local) ||
	    nla_put_in_addr(skb, attrs->peer, tuple->peer) ||
	    nla_put_u16(skb, attrs->local_port, tuple->local_port) ||
	    nla_put_u16(skb, attrs->peer_port, tuple->peer_port))
		return -EMSGSIZE;
	return 0;
}

static const struct rubato_tuple_attrs event_tuple = {
	.family = RUBATO_EVENT_FAMILY,
	.local = RUBATO_EVENT_LOCAL_ADDRESS,
	.peer = RUBATO_EVENT_PEER_ADDRESS,
	.local_port = RUBATO_EVENT_LOCAL_PORT,
	.peer_port = RUBATO_EVENT_PEER_PORT,
};

static int put_segment(struct sk_buff *skb, const struct rub_seg *seg, bool full)
{
	if (!seg)
		return 0;
	if (nla_put_u32(skb, RUBATO_EVENT_SEG_FLAGS, seg->flags) ||
	    nla_put_u32(skb, RUBATO_EVENT_SEG_LEN, seg->len) ||
	    nla_put_u32(skb, RUBATO_EVENT_SEG_WINDOW, seg->wnd))
		return -EMSGSIZE;
	if (!full)
		return 0;
	if (nla_put_u32(skb, RUBATO_EVENT_SEG_SEQ, seg->seq) ||
	    nla_put_u32(skb, RUBATO_EVENT_SEG_ACK, seg->ack))
		return -EMSGSIZE;
	return 0;
}

static int put_state(struct sk_buff *skb, const struct rubato_event *event)
{
	if (nla_put_u32(skb, RUBATO_EVENT_NEW_STATE, event->new_state) ||
	    nla_put_u32(skb, RUBATO_EVENT_CAUSE, event->cause) ||
	    nla_put_u32(skb, RUBATO_EVENT_CLOCK, event->clock) ||
	    nla_put_u32(skb, RUBATO_EVENT_ERRNO, event->error))
		return -EMSGSIZE;
	return 0;
}

static int put_retransmit(struct sk_buff *skb, const struct rubato_event *event)
{
	if (nla_put_u32(skb, RUBATO_EVENT_CLOCK, event->clock) ||
	    nla_put_u32(skb, RUBATO_EVENT_TRIES, event->tries))
		return -EMSGSIZE;
	if (event->next != RUB_NEVER &&
	    nla_put_u64_64bit(skb, RUBATO_EVENT_NEXT, event->next, RUBATO_EVENT_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_give_up(struct sk_buff *skb, const struct rubato_event *event)
{
	if (nla_put_u32(skb, RUBATO_EVENT_CLOCK, event->clock) ||
	    nla_put_u32(skb, RUBATO_EVENT_TRIES, event->tries) ||
	    nla_put_u32(skb, RUBATO_EVENT_ERRNO, event->error) ||
	    nla_put_u64_64bit(skb, RUBATO_EVENT_ELAPSED, event->elapsed, RUBATO_EVENT_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_connection(struct sk_buff *skb, const struct rubato_event *event, bool full)
{
	int err;

	if (nla_put_u64_64bit(skb, RUBATO_EVENT_COOKIE, event->cookie, RUBATO_EVENT_PAD) ||
	    rubato_report_put_tuple(skb, &event_tuple, event->tuple) ||
	    nla_put_u32(skb, RUBATO_EVENT_OLD_STATE, event->old_state))
		return -EMSGSIZE;
	switch (event->cmd) {
	case RUBATO_CMD_STATE_EVENT:
		err = put_state(skb, event);
		break;
	case RUBATO_CMD_RETRANSMIT_EVENT:
		err = put_retransmit(skb, event);
		break;
	case RUBATO_CMD_GIVE_UP_EVENT:
		return put_give_up(skb, event);
	default:
		WARN_ONCE(1, "rubato: no such event: %u\n", event->cmd);
		return -EINVAL;
	}
	return err ?: put_segment(skb, event->seg, full);
}

/* What both kinds of event are sent from: a connection's, or the policy's. */
struct news {
	u8 cmd;
	const struct rubato_event *event;
	u32 generation, tempo;
	u64 time;
};

static int put_news(struct sk_buff *skb, const struct news *news, bool full)
{
	if (nla_put_u64_64bit(skb, RUBATO_EVENT_TIME, news->time, RUBATO_EVENT_PAD))
		return -EMSGSIZE;
	if (news->event)
		return put_connection(skb, news->event, full);
	if (nla_put_u32(skb, RUBATO_EVENT_GENERATION, news->generation) ||
	    nla_put_u32(skb, RUBATO_EVENT_TEMPO, news->tempo))
		return -EMSGSIZE;
	return 0;
}

/**
 * struct draft - a message that waits for its number
 * @skb: NULL if nobody listens, or no memory was left
 * @seq: the number's place in it
 * @wanted: somebody listens
 */
struct draft {
	struct sk_buff *skb;
	void *seq;
	bool wanted;
};

static void build(struct draft *draft, const struct genl_family *family, struct net *net,
		  const struct news *news, unsigned int group)
{
	struct sk_buff *skb;
	void *header;

	draft->skb = NULL;
	draft->wanted = has_listeners(family, net, group);
	if (!draft->wanted)
		return;
	skb = genlmsg_new(MESSAGE_SIZE, GFP_ATOMIC);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, family, 0, news->cmd);
	if (!header || nla_put_u64_64bit(skb, RUBATO_EVENT_SEQ, 0, RUBATO_EVENT_PAD))
		goto fail;
	draft->seq = skb_tail_pointer(skb) - sizeof(u64);
	if (put_news(skb, news, group == RUBATO_GROUP_EVENTS_FULL))
		goto fail;
	genlmsg_end(skb, header);
	draft->skb = skb;
	return;
fail:
	nlmsg_free(skb);
}

static void deliver(struct draft *draft, const struct genl_family *family, struct net *net,
		    u64 seq, unsigned int group)
{
	if (draft->skb) {
		memcpy(draft->seq, &seq, sizeof(seq));
		genlmsg_multicast_netns(family, net, draft->skb, 0, group, GFP_ATOMIC);
	} else if (draft->wanted) {
		genl_set_err(family, net, 0, group, -ENOBUFS);
	}
}

static void publish(struct net *net, struct news *news)
{
	struct rubato_report_net *rn = rubato_report_net(net);
	const struct genl_family *family;
	struct draft plain, full;
	u64 seq;

	rcu_read_lock();
	family = rcu_dereference(lent);
	if (!family)
		goto out;
	news->time = ktime_get_ns();
	build(&plain, family, net, news, RUBATO_GROUP_EVENTS);
	build(&full, family, net, news, RUBATO_GROUP_EVENTS_FULL);
	if (!plain.wanted && !full.wanted)
		goto out;
	spin_lock_bh(&rn->lock);
	seq = atomic64_inc_return(&rn->seq);
	deliver(&plain, family, net, seq, RUBATO_GROUP_EVENTS);
	deliver(&full, family, net, seq, RUBATO_GROUP_EVENTS_FULL);
	spin_unlock_bh(&rn->lock);
out:
	rcu_read_unlock();
}

void rubato_report_event(struct net *net, const struct rubato_event *event)
{
	struct news news = { .cmd = event->cmd, .event = event };

	publish(net, &news);
}

void rubato_report_policy(struct net *net, u32 generation, u32 tempo)
{
	struct news news = {
		.cmd = RUBATO_CMD_POLICY_EVENT,
		.generation = generation,
		.tempo = tempo,
	};

	publish(net, &news);
}
