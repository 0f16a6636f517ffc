// SPDX-License-Identifier: GPL-2.0-only
/*
 * send(): RFC 9293 section 3.9.1.2. Copies into the send queue as far as its memory goes,
 * waits for more unless told not to, and says how much was taken. Guarded by the socket lock.
 */
#include <net/sock.h>
#include "socket/calls.h"

/* Urgent data, fast open: refused aloud, ignoring them would change what is said. */
#define REFUSED_FLAGS (MSG_OOB | MSG_FASTOPEN)

/* May data be queued now? Waits while the handshake runs. */
static int wait_until_sendable(struct sock *sk, long *timeo)
{
	if (!rub_synchronized(&rubato_sk(sk)->tcb)) {
		int err = sk_stream_wait_connect(sk, timeo);

		if (err)
			return err;
	}
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	return 0;
}

/* Sets @copied to what was queued; an error may come beside it. */
static int append_all(struct sock *sk, struct msghdr *msg, long *timeo, size_t *copied)
{
	size_t n;
	int err;

	while (msg_data_left(msg)) {
		err = rubato_conn_append(sk, msg, msg_data_left(msg), &n);
		*copied += n;
		if (err)
			return err;
		if (!msg_data_left(msg))
			break;

		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (*copied)
			rubato_conn_push(sk);
		/* Also tells of errors and of shutdown, by another thread or the peer's RST. */
		err = sk_stream_wait_memory(sk, timeo);
		if (err)
			return err;
	}
	return 0;
}

static int send_locked(struct sock *sk, struct msghdr *msg)
{
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	size_t copied = 0;
	int err;

	err = wait_until_sendable(sk, &timeo);
	if (!err) {
		sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
		err = append_all(sk, msg, &timeo, &copied);
	}
	if (copied) {
		rubato_conn_push(sk);
		return copied;
	}
	return err ? sk_stream_error(sk, msg->msg_flags, err) : 0;
}

int rubato_sendmsg_call(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	int sent;

	if (msg->msg_flags & REFUSED_FLAGS)
		return -EOPNOTSUPP;
	lock_sock(sk);
	sent = send_locked(sk, msg);
	release_sock(sk);
	return sent;
}
