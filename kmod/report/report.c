// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops report's part of each network namespace. No lock. */
#include "report/parts.h"

unsigned int rubato_report_net_id;

static int __net_init report_net_init(struct net *net)
{
	struct rubato_report_net *rn = rubato_report_net(net);

	spin_lock_init(&rn->lock);
	atomic64_set(&rn->seq, 0);
	return rubato_counts_init(rn);
}

static void __net_exit report_net_exit(struct net *net)
{
	rubato_counts_exit(rubato_report_net(net));
}

static struct pernet_operations report_net_ops = {
	.init = report_net_init,
	.exit = report_net_exit,
	.id = &rubato_report_net_id,
	.size = sizeof(struct rubato_report_net),
};

int rubato_report_init(void)
{
	return register_pernet_subsys(&report_net_ops);
}

void rubato_report_exit(void)
{
	unregister_pernet_subsys(&report_net_ops);
}
