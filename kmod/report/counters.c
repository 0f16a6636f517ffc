// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and gauges of each network namespace. Per CPU, no lock; a reader adds the CPUs up. A
 * gauge may be raised on one CPU and lowered on another: only the sum means something.
 */
#include <linux/percpu.h>
#include "report/parts.h"

struct rubato_counts {
	u64 counter[RUBATO_COUNT_MAX];
	u64 drop[RUBATO_REASON_MAX + 1];
	u64 gauge[RUBATO_GAUGE_MAX];	/* modulo 2^64: one CPU's may be negative */
};

int rubato_counts_init(struct rubato_report_net *rn)
{
	rn->counts = alloc_percpu_gfp(struct rubato_counts, GFP_KERNEL_ACCOUNT);
	return rn->counts ? 0 : -ENOMEM;
}

void rubato_counts_exit(struct rubato_report_net *rn)
{
	free_percpu(rn->counts);
}

void rubato_count(struct net *net, enum rubato_counter counter)
{
	this_cpu_inc(rubato_report_net(net)->counts->counter[counter]);
}

void rubato_count_drop(struct net *net, enum rubato_reason reason)
{
	if (reason != RUBATO_REASON_NONE)
		this_cpu_inc(rubato_report_net(net)->counts->drop[reason]);
}

void rubato_gauge_add(struct net *net, enum rubato_gauge gauge, int n)
{
	this_cpu_add(rubato_report_net(net)->counts->gauge[gauge], n);
}

static u64 sum(const u64 __percpu *value)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(*per_cpu_ptr(value, cpu));
	return total;
}

u64 rubato_counter_read(struct net *net, enum rubato_counter counter)
{
	return sum(&rubato_report_net(net)->counts->counter[counter]);
}

u64 rubato_drop_read(struct net *net, enum rubato_reason reason)
{
	return sum(&rubato_report_net(net)->counts->drop[reason]);
}

u64 rubato_gauge_read(struct net *net, enum rubato_gauge gauge)
{
	s64 total = sum(&rubato_report_net(net)->counts->gauge[gauge]);

	/* The CPUs are not read at one moment. */
	return max_t(s64, total, 0);
}
