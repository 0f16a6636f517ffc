// SPDX-License-Identifier: GPL-2.0-only
/*
 * What conn/ has in each network namespace, and its end. Sockets hold their namespace, orphans
 * too, and listeners take their half-open connections along: at the end only TIME_WAIT entries
 * are left, and packets that still come in. No lock; each part has its own.
 */
#include <net/inet_common.h>
#include <net/netns/generic.h>
#include "conn/internal.h"

static unsigned int conn_net_id;

struct rubato_conn_net *rubato_conn_net(const struct net *net)
{
	return net_generic(net, conn_net_id);
}

static int __net_init conn_net_init(struct net *net)
{
	struct rubato_conn_net *cn = rubato_conn_net(net);
	int err;

	cn->net = net;
	err = inet_ctl_sock_create(&cn->ctl, PF_INET, SOCK_RAW, rubato_protocol, net);
	if (err)
		return err;
	rubato_deadlines_init(&cn->halves, rubato_half_expired);
	rubato_ages_init(&cn->tws, rubato_time_wait_max, rubato_tw_due, rubato_tw_expired);
	INIT_WORK(&cn->retune, rubato_retune_work);
	return 0;
}

/* A grace period lies between this and conn_net_exit(): no packet is on its way in then. */
static void __net_exit conn_net_pre_exit(struct net *net)
{
	WRITE_ONCE(rubato_conn_net(net)->closing, true);
}

static void __net_exit conn_net_exit(struct net *net)
{
	struct rubato_conn_net *cn = rubato_conn_net(net);

	cancel_work_sync(&cn->retune);
	rubato_deadlines_stop(&cn->halves);
	rubato_tw_purge(cn);
	rubato_ages_stop(&cn->tws);
	inet_ctl_sock_destroy(cn->ctl);
}

static struct pernet_operations conn_net_ops = {
	.init = conn_net_init,
	.pre_exit = conn_net_pre_exit,
	.exit = conn_net_exit,
	.id = &conn_net_id,
	.size = sizeof(struct rubato_conn_net),
};

int rubato_net_init(void)
{
	return register_pernet_subsys(&conn_net_ops);
}

void rubato_net_exit(void)
{
	unregister_pernet_subsys(&conn_net_ops);
}
