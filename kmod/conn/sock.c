// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket as the kernel sees it: struct proto, birth, death and waking. The socket lock guards
 * everything here.
 */
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/tcp.h>
#include <net/xfrm.h>
#include "conn/internal.h"
#include "report/report.h"

unsigned int rubato_protocol = IPPROTO_RUBATO;

static struct lock_class_key sock_lock_keys[2];
static atomic64_t last_cookie;

/* Memory accounting, as struct proto asks for it. */
static atomic_long_t memory_allocated ____cacheline_aligned_in_smp;
static DEFINE_PER_CPU(int, memory_per_cpu_fw_alloc);
static long memory_limits[3] __read_mostly;	/* pages: low, pressure, high */
static int wmem_limits[3] = { PAGE_SIZE, 16 * 1024, 4 * 1024 * 1024 };
static int rmem_limits[3] = { PAGE_SIZE, 128 * 1024, 6 * 1024 * 1024 };

u64 rubato_new_cookie(void)
{
	return atomic64_inc_return(&last_cookie);
}

/* Wakes writers only when a worthwhile part of the buffer is free, so that they do not dribble. */
static void write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/* Says what rubato_sock.wake has collected. An orphan has nobody to tell. */
void rubato_sock_wake(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u8 wake = rs->wake;

	rs->wake = 0;
	if (!wake || sock_flag(sk, SOCK_DEAD))
		return;
	if (wake & RUBATO_WAKE_DATA)
		sk->sk_data_ready(sk);
	/* poll() sets the bit and then looks at the queue; we freed, and then look at the bit. */
	if (wake & RUBATO_WAKE_SPACE)
		smp_mb();
	if (wake & RUBATO_WAKE_SPACE && sk->sk_socket &&
	    test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
	if (!(wake & RUBATO_WAKE_STATE))
		return;
	if (sk->sk_err)
		sk_error_report(sk);
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP : POLL_OUT);
}

static void describe_binding(const struct rubato_binding *binding, struct rub_bound *bound)
{
	const struct rubato_sock *rs = container_of(binding, struct rubato_sock, binding);
	const struct sock *sk = &rs->inet.sk;

	bound->addr = rub_address_v4((__force u32)rs->inet.inet_rcv_saddr);
	bound->v6only = false;
	bound->ifindex = READ_ONCE(sk->sk_bound_dev_if);
	bound->uid = __kuid_val(sk->sk_uid);
	bound->reuse_addr = sk->sk_reuse;
	bound->reuse_port = sk->sk_reuseport;
	bound->state = READ_ONCE(sk->sk_state);
}

/* Frees what a socket has of its own. Any context: the last packet in flight may bring us here. */
static void destruct(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rubato_queue_purge_write(sk);
	rubato_queue_purge_ooo(sk);
	kfree(rub_unlend(&rs->tcb));
	rubato_policy_put(rs->policy);
	xfrm_sk_free_policy(sk);
	rubato_gauge_add(sock_net(sk), RUBATO_GAUGE_SOCKETS, -1);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	inet_sock_destruct(sk);
}

/* Our part of a socket that is new or was cloned; the policy comes from the namespace. */
void rubato_sock_setup(struct rubato_sock *rs)
{
	struct sock *sk = &rs->inet.sk;

	memset((char *)rs + sizeof(rs->inet), 0, sizeof(*rs) - sizeof(rs->inet));
	rub_init(&rs->tcb);
	rs->policy = rubato_policy_get(sock_net(sk));
	rs->node.kind = RUBATO_NODE_CONN;
	rs->node.net = sock_net(sk);
	rs->listener.net = sock_net(sk);
	rs->binding.net = sock_net(sk);
	rs->binding.describe = describe_binding;
	spin_lock_init(&rs->accept.lock);
	INIT_LIST_HEAD(&rs->accept.children);
	INIT_LIST_HEAD(&rs->accept.halves);
	INIT_LIST_HEAD(&rs->accept_link);
	__skb_queue_head_init(&rs->ooo);
	rubato_timer_init(rs);
	rubato_gauge_add(sock_net(sk), RUBATO_GAUGE_SOCKETS, 1);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
}

int rubato_conn_init_sock(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	sock_lock_init_class_and_name(sk, "slock-AF_RUBATO", &sock_lock_keys[0],
				      "sk_lock-AF_RUBATO", &sock_lock_keys[1]);
	sk->sk_destruct = destruct;
	sk->sk_write_space = write_space;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sock_set_flag(sk, SOCK_RCU_FREE);
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	rubato_sock_setup(rs);
	rs->cookie = rubato_new_cookie();
	return 0;
}

/* A child of @listener, known to nobody; NULL without memory. */
struct sock *rubato_sock_clone(struct sock *listener)
{
	struct sock *sk = sk_clone_lock(listener, GFP_ATOMIC);
	struct inet_sock *inet;

	if (!sk)
		return NULL;
	__acquire(&sk->sk_lock.slock);	/* sparse does not know */
	__sock_put(sk);	/* sk_clone_lock() gives one for a timer, too */
	bh_unlock_sock(sk);
	sk->sk_state = TCP_CLOSE;
	sock_lock_init_class_and_name(sk, "slock-AF_RUBATO", &sock_lock_keys[0],
				      "sk_lock-AF_RUBATO", &sock_lock_keys[1]);
	atomic64_set(&sk->sk_cookie, 0);	/* SO_COOKIE is a socket's own */
	inet = inet_sk(sk);
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	inet->mc_list = NULL;
	atomic_set(&inet->inet_id, get_random_u16());
	/* The bit means that the process chose them: it chose the listener's. */
	sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	rubato_sock_setup(rubato_sk(sk));
	return sk;
}

/* inet_create() and the other door call it for a socket that came to nothing. */
static void unhash(struct sock *sk)
{
	rubato_node_remove(&rubato_sk(sk)->node);
}

/* SO_KEEPALIVE; the flag itself is the kernel's. */
static void keepalive(struct sock *sk, int on)
{
	rubato_conn_set(sk, RUB_OPTION_KEEPALIVE, on);
}

struct proto rubato_prot = {
	.name			= "RUBATO",
	.owner			= THIS_MODULE,
	.obj_size		= sizeof(struct rubato_sock),
	.init			= rubato_conn_init_sock,
	.unhash			= unhash,
	.keepalive		= keepalive,
	.backlog_rcv		= rubato_backlog_rcv,
	.release_cb		= rubato_release_cb,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &memory_per_cpu_fw_alloc,
	.sysctl_mem		= memory_limits,
	.sysctl_wmem		= wmem_limits,
	.sysctl_rmem		= rmem_limits,
};

/* All sockets together may hold a sixteenth of the memory, as TCP's. */
static void set_memory_limits(void)
{
	unsigned long pages = max(nr_free_buffer_pages() / 16, 128UL);

	memory_limits[0] = pages / 4 * 3;
	memory_limits[1] = pages;
	memory_limits[2] = memory_limits[0] * 2;
}

int rubato_conn_init(void)
{
	int err;

	if (!rubato_protocol || rubato_protocol >= IPPROTO_RAW || rubato_protocol == IPPROTO_TCP) {
		pr_err("rubato: protocol=%u is not between 1 and %d, or is TCP's\n",
		       rubato_protocol, IPPROTO_RAW - 1);
		return -EINVAL;
	}
	set_memory_limits();
	err = rubato_half_init();
	if (err)
		return err;
	err = rubato_tw_module_init();
	if (err)
		goto half;
	err = proto_register(&rubato_prot, 1);
	if (err)
		goto tw;
	err = rubato_net_init();
	if (err)
		goto proto;
	err = rubato_receive_init();
	if (err)
		goto net;
	rubato_policy_on_change(rubato_retune_hook);
	return 0;
net:
	rubato_net_exit();
proto:
	proto_unregister(&rubato_prot);
tw:
	rubato_tw_module_exit();
half:
	rubato_half_exit();
	return err;
}

void rubato_conn_exit(void)
{
	rubato_policy_on_change(NULL);
	rubato_receive_exit();
	rubato_net_exit();
	/* Entries, sockets and what they carry are freed after a grace period. */
	rcu_barrier();
	proto_unregister(&rubato_prot);
	rubato_tw_module_exit();
	rubato_half_exit();
}
