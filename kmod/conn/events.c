// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told of a connection: events to whoever listens, and counters. No lock of its own:
 * called by whoever holds the lock of what it is about, so that events of one connection are in
 * order.
 */
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

void rubato_note_state(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 from, u8 to,
		       const struct rubato_cause *cause)
{
	struct rubato_event event = {
		.cmd = RUBATO_CMD_STATE_EVENT,
		.cookie = cookie,
		.tuple = tuple,
		.old_state = from,
		.new_state = to,
		.cause = cause->kind,
		.clock = cause->clock,
		.seg = cause->seg,
	};

	if (rubato_report_wanted(net))
		rubato_report_event(net, &event);
}

void rubato_note_again(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 state,
		       const struct rub_tx *tx, rub_ns next)
{
	struct rub_seg seg = { .seq = tx->seq, .ack = tx->ack, .len = tx->len, .wnd = tx->wnd,
			       .mss = tx->mss, .flags = tx->flags };
	struct rubato_event event = {
		.cmd = RUBATO_CMD_RETRANSMIT_EVENT,
		.cookie = cookie,
		.tuple = tuple,
		.old_state = state,
		.clock = tx->clock,
		.tries = tx->tries,
		.seg = &seg,
		.next = next,
	};

	if (rubato_report_wanted(net))
		rubato_report_event(net, &event);
}

void rubato_note_gave_up(struct net *net, u64 cookie, const struct rub_tuple *tuple, u8 state,
			 u8 clock, u32 tries, int error, rub_ns elapsed)
{
	struct rubato_event event = {
		.cmd = RUBATO_CMD_GIVE_UP_EVENT,
		.cookie = cookie,
		.tuple = tuple,
		.old_state = state,
		.clock = clock,
		.tries = tries,
		.error = error,
		.elapsed = elapsed,
	};

	rubato_count(net, RUBATO_COUNT_GIVE_UPS);
	if (rubato_report_wanted(net))
		rubato_report_event(net, &event);
}

/* @result: 0 or -errno */
void rubato_note_sent(struct net *net, const struct rub_tx *tx, int result)
{
	if (result) {
		rubato_count(net, RUBATO_COUNT_LOCAL_DROPS);
		return;
	}
	rubato_count(net, RUBATO_COUNT_SEGMENTS_OUT);
	if (tx->flags & RUB_RST)
		rubato_count(net, RUBATO_COUNT_RESETS_OUT);
	if (tx->again)
		rubato_count(net, RUBATO_COUNT_RETRANSMISSIONS);
}
