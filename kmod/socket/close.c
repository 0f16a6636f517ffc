// SPDX-License-Identifier: GPL-2.0-only
/*
 * shutdown() and close(): RFC 9293 section 3.9.1.4. What is queued still leaves, then FIN;
 * close() hands the connection on as an orphan. Guarded by the socket lock.
 */
#include "socket/calls.h"

/* shutdown() during a handshake: what a later connect() will be told. */
static void settle(struct socket *sock, const struct sock *sk)
{
	if (sock->state != SS_CONNECTING)
		return;
	if (rub_connecting(&rubato_sk(sk)->tcb) || sk->sk_state == TCP_CLOSE)
		sock->state = SS_DISCONNECTING;
	else
		sock->state = SS_CONNECTED;
}

/* An unfinished open is given up, but after crossing SYNs a FIN may follow (section 3.10.4). */
static bool ends_handshake(struct sock *sk, int how)
{
	const struct rub_tcb *tcb = &rubato_sk(sk)->tcb;

	if (!rub_connecting(tcb))
		return false;
	if (how & SEND_SHUTDOWN)
		rubato_conn_shutdown(sk);
	return rub_connecting(tcb) || sk->sk_state == TCP_CLOSE;
}

/* @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both */
static int shutdown_locked(struct socket *sock, struct sock *sk, int how)
{
	settle(sock, sk);
	if (sk->sk_state == TCP_LISTEN && !(how & RCV_SHUTDOWN))
		return 0;	/* it has nothing to send */
	if (sk->sk_state == TCP_LISTEN) {
		rubato_conn_disconnect(sk);
		return 0;
	}
	if (ends_handshake(sk, how)) {
		rubato_conn_disconnect(sk);
		WRITE_ONCE(sk->sk_err, ECONNRESET);	/* for who waits in connect() */
		sock->state = SS_UNCONNECTED;
		return 0;
	}
	sk->sk_shutdown |= how;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	return how & SEND_SHUTDOWN ? rubato_conn_shutdown(sk) : 0;
}

int rubato_shutdown_call(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err;

	how++;	/* SHUT_RD, SHUT_WR, SHUT_RDWR are 0, 1, 2: as a mask 1, 2, 3 */
	if (!how || (how & ~SHUTDOWN_MASK))
		return -EINVAL;
	lock_sock(sk);
	err = shutdown_locked(sock, sk, how);
	sk->sk_state_change(sk);	/* accept(), recv(), send(), poll() look again */
	release_sock(sk);
	return err;
}

/* SO_LINGER with a time: FIN now, then wait for its acknowledgement, but not for ever. */
static void linger(struct sock *sk, long timeo)
{
	if (rubato_conn_unread(sk) || rubato_conn_shutdown(sk))
		return;
	sk_stream_wait_close(sk, timeo);
}

static void close_locked(struct sock *sk)
{
	bool lingers = sock_flag(sk, SOCK_LINGER) && !(current->flags & PF_EXITING);

	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		rubato_conn_abort(sk, 0);
	else if (lingers && sk->sk_state != TCP_LISTEN)
		linger(sk, sk->sk_lingertime);
	rubato_conn_close(sk);
}

int rubato_release_call(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return 0;
	lock_sock(sk);
	close_locked(sk);
	sock->sk = NULL;
	release_sock(sk);
	sock_put(sk);	/* the process's reference */
	return 0;
}
