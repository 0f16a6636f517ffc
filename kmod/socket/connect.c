// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(): starts the handshake (RFC 9293 section 3.9.1.1, OPEN) and waits for its end, or
 * not. sock->state remembers what the process was told, the connection below what is true.
 * Guarded by the socket lock.
 */
#include <linux/sched/signal.h>
#include <net/route.h>
#include "socket/calls.h"

static bool connecting(const struct sock *sk)
{
	return rub_connecting(&rubato_sk(sk)->tcb);
}

/* Waits while the handshake runs. Returns what is left of @timeo. */
static long wait_for_handshake(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (connecting(sk)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
		if (signal_pending(current) || !timeo)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return timeo;
}

/* 0.0.0.0 means this host, as everywhere in Linux. */
static __be32 real_peer(const struct sock *sk, __be32 peer)
{
	return peer ?: inet_sk(sk)->inet_saddr ?: htonl(INADDR_LOOPBACK);
}

/* The first call: sends the SYN. */
static int start(struct sock *sk, const struct sockaddr_in *addr, int len)
{
	__be32 peer;
	int type;

	if (len < (int)sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	peer = real_peer(sk, addr->sin_addr.s_addr);
	type = inet_addr_type(sock_net(sk), peer);
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		return -ENETUNREACH;
	WRITE_ONCE(sk->sk_err, 0);	/* of an earlier life */
	return rubato_conn_connect(sk, peer, ntohs(addr->sin_port));
}

/* The handshake was started: by this call, which then answers EINPROGRESS, or an earlier one. */
static int finish(struct socket *sock, struct sock *sk, int flags, int unfinished)
{
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int err, disconnects = sk->sk_disconnects;

	if (connecting(sk)) {
		if (!timeo)
			return unfinished;
		timeo = wait_for_handshake(sk, timeo);
		if (disconnects != sk->sk_disconnects)
			return -EPIPE; /* somebody else started it anew */
		if (connecting(sk))
			return signal_pending(current) ? sock_intr_errno(timeo) : unfinished;
	}
	/* Connected, and perhaps even closed by the peer again; or it came to nothing. */
	if (sk->sk_state != TCP_CLOSE) {
		sock->state = SS_CONNECTED;
		return 0;
	}
	err = sock_error(sk) ?: -ECONNABORTED;
	rubato_conn_disconnect(sk);
	sock->state = SS_UNCONNECTED;
	return err;
}

static int connect_locked(struct socket *sock, const struct sockaddr_in *addr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	switch (sock->state) {
	case SS_UNCONNECTED:
		err = start(sk, addr, len);
		if (err)
			return err;
		sock->state = SS_CONNECTING;
		return finish(sock, sk, flags, -EINPROGRESS);
	case SS_CONNECTING:
		return finish(sock, sk, flags, -EALREADY);
	case SS_CONNECTED:
		return -EISCONN;
	default:
		return -EINVAL;
	}
}

int rubato_connect_call(struct socket *sock, struct sockaddr *uaddr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	lock_sock(sk);
	if (uaddr->sa_family == AF_UNSPEC) {
		rubato_conn_disconnect(sk);
		sock->state = SS_UNCONNECTED;
		err = 0;
	} else {
		err = connect_locked(sock, (struct sockaddr_in *)uaddr, len, flags);
	}
	release_sock(sk);
	return err;
}
