// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(), select(), epoll: is there anything to do? Looks without the lock: whoever changes
 * the answer wakes us, so an outdated look is repeated.
 */
#include <linux/poll.h>
#include "socket/calls.h"

static bool readable(struct sock *sk)
{
	u32 unread = rubato_conn_unread(sk);
	/* More than the window lets in would never come: TCP's bound is that of its buffer, too. */
	u32 wanted = READ_ONCE(sk->sk_rcvbuf) / 4;

	return unread && unread >= min_t(u32, sock_rcvlowat(sk, 0, INT_MAX), wanted);
}

static bool writable(struct sock *sk)
{
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return true;	/* send() answers at once: EPIPE */
	if (sk_stream_is_writeable(sk))
		return true;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Whoever frees memory looks at the bit after freeing: look again after setting it. */
	smp_mb__after_atomic();
	return sk_stream_is_writeable(sk);
}

static __poll_t poll_data(struct sock *sk)
{
	__poll_t mask = 0;

	if (readable(sk))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (writable(sk))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

__poll_t rubato_poll_call(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	int state, shutdown;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return rubato_conn_accept_ready(sk) ? EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		mask |= poll_data(sk);
	/* After the rest: who sets an error wakes us for it, before or after this look. */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
