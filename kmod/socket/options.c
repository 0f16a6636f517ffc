// SPDX-License-Identifier: GPL-2.0-only
/*
 * setsockopt(), getsockopt(), ioctl(). SOL_SOCKET never comes here, SOL_IP is the kernel's
 * own; SOL_TCP as far as it is built, so that programs made for TCP find what they set.
 * Guarded by the socket lock.
 */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <asm/ioctls.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include "socket/calls.h"

/* TCP answers EPROTO; joining would leave memberships behind that nobody drops. */
static bool is_membership(int option)
{
	switch (option) {
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_MSFILTER:
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_MSFILTER:
		return true;
	}
	return false;
}

/* The core's name for an option of TCP's that is on or off; -1 if it has none. */
static int switch_of(int option)
{
	switch (option) {
	case TCP_NODELAY:
		return RUB_OPTION_NODELAY;
	case TCP_CORK:
		return RUB_OPTION_CORK;
	case TCP_QUICKACK:
		return RUB_OPTION_QUICKACK;
	}
	return -1;
}

static int set_switch(struct sock *sk, enum rub_option option, sockptr_t value, unsigned int len)
{
	int on;

	if (len < sizeof(on))
		return -EINVAL;
	if (copy_from_sockptr(&on, value, sizeof(on)))
		return -EFAULT;
	lock_sock(sk);
	rubato_conn_set(sk, option, on);
	release_sock(sk);
	return 0;
}

int rubato_setsockopt_call(struct socket *sock, int level, int option, sockptr_t value,
			   unsigned int len)
{
	struct sock *sk = sock->sk;

	if (level == SOL_IP && is_membership(option))
		return -EPROTO;
	if (level == SOL_IP)
		return ip_setsockopt(sk, level, option, value, len);
	if (level == SOL_TCP && switch_of(option) >= 0)
		return set_switch(sk, switch_of(option), value, len);
	return -ENOPROTOOPT;
}

static u32 to_us(rub_ns ns)
{
	return min_t(u64, div_u64(ns, NSEC_PER_USEC), U32_MAX);
}

/* The kernel's layout, as far as a snapshot knows it; windows in segments, times in us. */
static void fill_tcp_info(struct sock *sk, struct tcp_info *tcp)
{
	struct rubato_info info = {};
	u32 mss = rubato_conn_mss(sk);

	memset(tcp, 0, sizeof(*tcp));
	tcp->tcpi_state = sk->sk_state;
	rubato_conn_describe(sk, &info);
	if (sk->sk_state == TCP_LISTEN) {
		tcp->tcpi_unacked = info.recv_queue;	/* as TCP: children to accept, */
		tcp->tcpi_sacked = info.send_queue;	/* and the backlog */
		return;
	}
	tcp->tcpi_retransmits = min_t(u32, info.tries, U8_MAX);
	tcp->tcpi_rto = to_us(info.rto);
	tcp->tcpi_rtt = to_us(info.srtt);
	tcp->tcpi_snd_mss = mss;
	tcp->tcpi_advmss = mss;
	tcp->tcpi_snd_cwnd = mss ? max_t(u32, info.cwnd / mss, 1) : 0;
}

/* Up to *@user_len bytes of a value, as TCP's options do. */
static int give(const void *value, int size, char __user *user, int __user *user_len)
{
	int len;

	if (get_user(len, user_len))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, size);
	if (put_user(len, user_len) || copy_to_user(user, value, len))
		return -EFAULT;
	return 0;
}

static int get_tcp_option(struct sock *sk, int option, char __user *value, int __user *len)
{
	struct tcp_info info;
	int number;

	switch (option) {
	case TCP_NODELAY:
	case TCP_CORK:
	case TCP_QUICKACK:
		number = rubato_conn_is_set(sk, switch_of(option));
		return give(&number, sizeof(number), value, len);
	case TCP_MAXSEG:
		number = rubato_conn_mss(sk);
		return give(&number, sizeof(number), value, len);
	case TCP_INFO:
		lock_sock(sk);
		fill_tcp_info(sk, &info);
		release_sock(sk);
		return give(&info, sizeof(info), value, len);
	}
	return -ENOPROTOOPT;
}

int rubato_getsockopt_call(struct socket *sock, int level, int option, char __user *value,
			   int __user *len)
{
	struct sock *sk = sock->sk;

	if (level == SOL_IP)
		return ip_getsockopt(sk, level, option, value, len);
	if (level == SOL_TCP)
		return get_tcp_option(sk, option, value, len);
	return -ENOPROTOOPT;
}

int rubato_ioctl_call(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	int number = 0;

	switch (cmd) {
	case SIOCINQ:
	case SIOCOUTQ:
		lock_sock(sk);
		if (sk->sk_state == TCP_LISTEN)
			number = -EINVAL;
		else if (cmd == SIOCINQ)
			number = rubato_conn_unread(sk);
		else
			number = rub_queued(&rubato_sk(sk)->tcb);
		release_sock(sk);
		break;
	case SIOCATMARK:
		break;	/* no urgent data: never at the mark, as TCP without any */
	default:
		return inet_ioctl(sock, cmd, arg);
	}
	return number < 0 ? number : put_user(number, (int __user *)arg);
}
