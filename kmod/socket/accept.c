// SPDX-License-Identifier: GPL-2.0-only
/*
 * accept(): waits for a child of the listener and gives it to the new socket. Guarded by the
 * listener's socket lock; the queue of children has a lock of its own below. Waiters are
 * exclusive: one child wakes one process.
 */
#include <linux/sched/signal.h>
#include "socket/calls.h"

/* 0 once a child waits, else why there will be none: the order of the questions is TCP's. */
static int wait_for_child(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!rubato_conn_accept_ready(sk) && sk->sk_state == TCP_LISTEN)
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);

		err = 0;
		if (rubato_conn_accept_ready(sk))
			break;
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

static struct sock *take_child(struct sock *sk, int flags, int *err)
{
	long timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	struct sock *child;

	for (;;) {
		*err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			return NULL;
		child = rubato_conn_accept(sk);
		if (child)
			return child;
		*err = -EAGAIN;
		if (!timeo)
			return NULL;
		*err = wait_for_child(sk, timeo);
		if (*err)
			return NULL;
	}
}

int rubato_accept_call(struct socket *sock, struct socket *newsock, int flags)
{
	struct sock *sk = sock->sk;
	struct sock *child;
	int err;

	lock_sock(sk);
	child = take_child(sk, flags, &err);
	release_sock(sk);
	if (!child)
		return err;

	/* It may be dead by now; the process learns that from the new socket. */
	lock_sock(child);
	sock_graft(child, newsock);
	newsock->state = SS_CONNECTED;
	release_sock(child);
	return 0;
}
