// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two doors: socket(AF_RUBATO, SOCK_STREAM, 0) and socket(AF_INET, SOCK_STREAM,
 * IPPROTO_RUBATO). Both make the same socket: an inet_sock of family AF_INET on
 * rubato_prot. Nothing here is locked: registration is serialised by the kernel, and a new
 * socket is known to nobody yet.
 */
#include <linux/module.h>
#include <linux/stringify.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include "compat/inet.h"
#include "socket/calls.h"
#include "socket/socket.h"

int rubato_family = AF_RUBATO;
module_param_named(family, rubato_family, int, 0444);
MODULE_PARM_DESC(family, "Address family number (default " __stringify(AF_RUBATO) ")");

/* So that socket() loads the module; for the default numbers only. */
MODULE_ALIAS_NETPROTO(AF_RUBATO);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, IPPROTO_RUBATO, 1 /* SOCK_STREAM */);

/* The protocol argument of the family's door. */
enum { DOOR_IPV4, DOOR_IPV6 };

/* What inet_create() does for the other door. */
static void init_inet(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	sk->sk_destruct = inet_sock_destruct;
	sk->sk_protocol = rubato_protocol;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;

	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	atomic_set(&inet->inet_id, 0);
	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	rubato_init_multicast(sk);
}

static int family_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct sock *sk;
	int err;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != DOOR_IPV4)	/* DOOR_IPV6 is known, and not built yet */
		return -EPROTONOSUPPORT;

	sk = sk_alloc(net, PF_INET, GFP_KERNEL, &rubato_prot, kern);
	if (!sk)
		return -ENOBUFS;
	sock->state = SS_UNCONNECTED;
	sock->ops = &rubato_stream_ops;
	sock_init_data(sock, sk);
	init_inet(sk);

	err = sk->sk_prot->init(sk);
	if (err) {
		sk_common_release(sk);
		sock->sk = NULL;
	}
	return err;
}

static const struct net_proto_family rubato_net_family = {
	.create = family_create,
	.owner = THIS_MODULE,
};

/* Filled at start: the numbers are module parameters. */
static struct net_proto_family registered_family;
static struct inet_protosw registered_protosw = {
	.type = SOCK_STREAM,
	.prot = &rubato_prot,
	.ops = &rubato_stream_ops,
};

int rubato_socket_init(void)
{
	int err;

	if (rubato_family <= AF_UNSPEC || rubato_family >= NPROTO) {
		pr_err("rubato: family=%d is not between 1 and %d\n", rubato_family, NPROTO - 1);
		return -EINVAL;
	}
	registered_family = rubato_net_family;
	registered_family.family = rubato_family;
	err = sock_register(&registered_family);
	if (err) {
		pr_err("rubato: family %d is taken\n", rubato_family);
		return err;
	}
	registered_protosw.protocol = rubato_protocol;
	inet_register_protosw(&registered_protosw);
	return 0;
}

void rubato_socket_exit(void)
{
	inet_unregister_protosw(&registered_protosw);
	sock_unregister(rubato_family);
}
