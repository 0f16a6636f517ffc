/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of report/ share with each other, and with nobody else. */
#ifndef RUBATO_REPORT_PARTS_H
#define RUBATO_REPORT_PARTS_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <net/netns/generic.h>
#include "report/report.h"

struct rubato_counts;

/**
 * struct rubato_report_net - report's part of a network namespace
 * @counts: counters and gauges
 * @lock: held while an event is numbered and sent, so that they arrive in order
 * @seq: number of the newest event; written under @lock
 */
struct rubato_report_net {
	struct rubato_counts __percpu *counts;
	spinlock_t lock;
	atomic64_t seq;
};

extern unsigned int rubato_report_net_id;

static inline struct rubato_report_net *rubato_report_net(const struct net *net)
{
	return net_generic(net, rubato_report_net_id);
}

int rubato_counts_init(struct rubato_report_net *rn);
void rubato_counts_exit(struct rubato_report_net *rn);

#endif
