/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened: events to whoever listens, and counters. Events go to two multicast
 * groups, the same message with and without sequence numbers, and cost nothing while
 * nobody listens. Counters are per CPU and per network namespace.
 *
 * Locks: one of the namespace while an event is numbered and sent, so that they arrive in order;
 * innermost, softirq-safe. Counters take none.
 */
#ifndef RUBATO_REPORT_H
#define RUBATO_REPORT_H

#include <net/genetlink.h>
#include <net/net_namespace.h>
#include "core/core.h"
#include "core/tuple.h"

enum rubato_counter {
	RUBATO_COUNT_ACTIVE_OPENS,
	RUBATO_COUNT_PASSIVE_OPENS,
	RUBATO_COUNT_SEGMENTS_IN,
	RUBATO_COUNT_SEGMENTS_OUT,
	RUBATO_COUNT_RESETS_IN,
	RUBATO_COUNT_RESETS_OUT,
	RUBATO_COUNT_RETRANSMISSIONS,
	RUBATO_COUNT_GIVE_UPS,
	RUBATO_COUNT_LOCAL_DROPS,
	RUBATO_COUNT_SYNCOOKIES_SENT,
	RUBATO_COUNT_SYNCOOKIES_RECEIVED,
	RUBATO_COUNT_MAX,
};

/* What exists now; kept by those who make and free it. */
enum rubato_gauge {
	RUBATO_GAUGE_SOCKETS,
	RUBATO_GAUGE_HALF_OPEN,
	RUBATO_GAUGE_TIME_WAIT,
	RUBATO_GAUGE_ORPHANS,
	RUBATO_GAUGE_MAX,
};

void rubato_count(struct net *net, enum rubato_counter counter);
/* RUBATO_REASON_NONE is none. */
void rubato_count_drop(struct net *net, enum rubato_reason reason);
void rubato_gauge_add(struct net *net, enum rubato_gauge gauge, int n);
/* Sums over the CPUs. */
u64 rubato_counter_read(struct net *net, enum rubato_counter counter);
u64 rubato_drop_read(struct net *net, enum rubato_reason reason);
u64 rubato_gauge_read(struct net *net, enum rubato_gauge gauge);

/**
 * struct rubato_event - one event, as conn/ knows it
 * @cmd: RUBATO_CMD_STATE_EVENT, RUBATO_CMD_RETRANSMIT_EVENT or RUBATO_CMD_GIVE_UP_EVENT
 * @cookie: of the connection
 * @tuple: its addresses
 * @old_state: state before, or the state it is in
 * @new_state: of a state event
 * @cause: RUBATO_CAUSE_*, of a state event
 * @clock: enum rubato_clock, 0 for none
 * @tries: of the clock
 * @error: positive errno, 0 for none
 * @seg: the segment that caused it, or that left; NULL for none
 * @elapsed: give-up: ns since the first send
 * @next: retransmission: ns until the next try, RUB_NEVER for none
 */
struct rubato_event {
	u8 cmd;
	u64 cookie;
	const struct rub_tuple *tuple;
	u8 old_state, new_state, cause, clock;
	u32 tries;
	int error;
	const struct rub_seg *seg;
	rub_ns elapsed, next;
};

/* Is anybody listening in @net? Cheap; ask before filling an event. */
bool rubato_report_wanted(struct net *net);
/* Numbers the event and sends it to both groups, if anybody listens. Not in a hard interrupt. */
void rubato_report_event(struct net *net, const struct rubato_event *event);
/* RUBATO_CMD_POLICY_EVENT. */
void rubato_report_policy(struct net *net, u32 generation, u32 tempo);
/* The number of the namespace's newest event. Events that nobody listened to have none. */
u64 rubato_report_seq(struct net *net);

/* Puts the addresses and ports of @tuple; the four attribute numbers differ by set. */
struct rubato_tuple_attrs {
	int family, local, peer, local_port, peer_port;
};
int rubato_report_put_tuple(struct sk_buff *skb, const struct rubato_tuple_attrs *attrs,
			    const struct rub_tuple *tuple);

/* The family whose groups carry the events: control/ lends it; NULL takes it back and waits. */
void rubato_report_attach(const struct genl_family *family);

/* Multicast groups by index in the family: control/ registers them in this order. */
enum { RUBATO_GROUP_EVENTS, RUBATO_GROUP_EVENTS_FULL };

int rubato_report_init(void);
void rubato_report_exit(void);

#endif
