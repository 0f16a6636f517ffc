// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind() and listen(): is this address ours, is this port allowed? Who else holds the port
 * is asked further down (conn/, table/, RFC 9293 section 3.9.1 and conformance table 3).
 * Guarded by the socket lock.
 */
#include <linux/capability.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "compat/inet.h"
#include "socket/calls.h"

/* As inet_bind(): AF_UNSPEC passes for AF_INET if it says "any", old programs do that. */
static int check_family(const struct sockaddr_in *addr)
{
	if (addr->sin_family == AF_INET)
		return 0;
	if (addr->sin_family == AF_UNSPEC && addr->sin_addr.s_addr == htonl(INADDR_ANY))
		return 0;
	return -EAFNOSUPPORT;
}

/* Is @local one of this host's addresses, or may the socket use a foreign one? */
static int check_address(struct sock *sk, __be32 local)
{
	struct net *net = sock_net(sk);
	u32 table = l3mdev_fib_table_by_index(net, sk->sk_bound_dev_if) ?: RT_TABLE_LOCAL;
	int type;

	if (local == htonl(INADDR_ANY))
		return 0;
	type = inet_addr_type_table(net, local, table);
	/* Nothing that is not unicast ever gets through (MUST-57): refuse it here already. */
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		return -EADDRNOTAVAIL;
	return inet_addr_valid_or_nonlocal(net, inet_sk(sk), local, type) ? 0 : -EADDRNOTAVAIL;
}

static int check_port(struct net *net, u16 port)
{
	if (port && inet_port_requires_bind_service(net, port) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;
	return 0;
}

static int bind_locked(struct sock *sk, __be32 local, u16 port)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (sk->sk_state != TCP_CLOSE || inet->inet_num)
		return -EINVAL;
	if (!port && rubato_binds_without_port(sk)) {
		inet->inet_rcv_saddr = local;	/* connect() will pick the port */
		inet->inet_saddr = local;
	} else {
		err = rubato_conn_bind(sk, local, port);
		if (err)
			return err;
	}
	if (local)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	return 0;
}

int rubato_bind_call(struct socket *sock, struct sockaddr *uaddr, int len)
{
	const struct sockaddr_in *addr = (struct sockaddr_in *)uaddr;
	struct sock *sk = sock->sk;
	u16 port;
	int err;

	if (len < (int)sizeof(*addr))
		return -EINVAL;
	port = ntohs(addr->sin_port);
	err = check_family(addr);
	if (!err)
		err = check_address(sk, addr->sin_addr.s_addr);
	if (!err)
		err = check_port(sock_net(sk), port);
	if (err)
		return err;

	lock_sock(sk);
	err = bind_locked(sk, addr->sin_addr.s_addr, port);
	release_sock(sk);
	return err;
}

int rubato_listen_call(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED)
		goto out;
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		goto out;
	err = 0;
	if (!inet_sk(sk)->inet_num)
		err = rubato_conn_bind(sk, inet_sk(sk)->inet_rcv_saddr, 0);
	if (!err)
		err = rubato_conn_listen(sk, backlog);
out:
	release_sock(sk);
	return err;
}
