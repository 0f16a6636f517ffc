// SPDX-License-Identifier: GPL-2.0-only
/*
 * recv(): RFC 9293 section 3.9.1.3. Takes what is there, waits for what is wanted, and tells
 * end of file and errors in the order that TCP does. Guarded by the socket lock.
 */
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include "socket/calls.h"

/**
 * struct reader - one recv() on its way
 * @sk: locked
 * @msg: where to; NULL to throw away (MSG_TRUNC)
 * @len: at most so many bytes
 * @target: return when so many are there
 * @copied: so many are done
 * @offset: of a peek, beyond the first unread byte
 * @peek: leave it where it is
 * @timeo: jiffies that we may still wait
 */
struct reader {
	struct sock *sk;
	struct msghdr *msg;
	size_t len, target, copied;
	u32 offset;
	bool peek;
	long timeo;
};

/* Takes what is there. Return: 0 or -errno. */
static int take(struct reader *r)
{
	int n = rubato_conn_copy(r->sk, r->msg, r->len - r->copied, r->peek, &r->offset);

	if (n < 0)
		return n;
	r->copied += n;
	return 0;
}

/* Something was read: is that all that will come, or all that we may wait for? */
static bool enough(const struct reader *r)
{
	const struct sock *sk = r->sk;

	return r->copied >= r->target || !r->timeo || sk->sk_err || sk->sk_state == TCP_CLOSE ||
	       (sk->sk_shutdown & RCV_SHUTDOWN) || signal_pending(current);
}

/* Nothing was read: 0 to go on waiting, 1 for end of file, else -errno. */
static int why_nothing(const struct reader *r)
{
	struct sock *sk = r->sk;

	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!r->timeo)
		return -EAGAIN;
	return signal_pending(current) ? sock_intr_errno(r->timeo) : 0;
}

static void consumed(struct reader *r)
{
	if (r->copied && !r->peek)
		rubato_conn_consumed(r->sk);
}

static int receive_locked(struct reader *r)
{
	int err;

	if (r->sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	for (;;) {
		err = take(r);
		if (err)
			return err;
		if (r->copied ? enough(r) : r->len == 0)
			return 0;
		if (!r->copied) {
			err = why_nothing(r);
			if (err)
				return err < 0 ? err : 0;
		}
		/* The window may have to open before more can come. */
		consumed(r);
		err = sk_wait_data(r->sk, &r->timeo, skb_peek_tail(&r->sk->sk_receive_queue));
		if (err < 0)
			return r->copied ? 0 : err; /* disconnected: what comes is another's */
	}
}

int rubato_recvmsg_call(struct socket *sock, struct msghdr *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct reader r = { .sk = sk, .msg = msg, .len = len };
	int err;

	if (flags & MSG_ERRQUEUE)
		return inet_recv_error(sk, msg, len, &msg->msg_namelen);
	if (flags & MSG_OOB)
		return -EINVAL;	/* TCP's answer when there is no urgent data */
	if ((flags & MSG_TRUNC) && !(flags & MSG_PEEK))
		r.msg = NULL;

	lock_sock(sk);
	r.peek = flags & MSG_PEEK;
	r.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	r.target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	err = receive_locked(&r);
	consumed(&r);
	release_sock(sk);
	return r.copied ? r.copied : err;
}
