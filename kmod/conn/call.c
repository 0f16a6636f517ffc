// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process asks for: RFC 9293 section 3.9.1, below the system calls. Addresses, ports and
 * hashing are the shell's; what the connection makes of it is the core's. Socket lock held.
 */
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>
#include "conn/internal.h"
#include "report/report.h"
#include <linux/rubato_netlink.h>

/* ---- names ---- */

static void set_port(struct sock *sk, u16 port)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_num = port;
	inet->inet_sport = htons(port);
}

static void set_local(struct sock *sk, __be32 local)
{
	inet_sk(sk)->inet_saddr = local;
	sk_rcv_saddr_set(sk, local);
}

/* The policy of this moment: a change from here on finds us in the table. */
static void take_policy(struct rubato_sock *rs)
{
	struct rubato_policy *old = rs->policy;

	/* A listing may look at any moment: never point at what is given away. */
	WRITE_ONCE(rs->policy, rubato_policy_get(sock_net(&rs->inet.sk)));
	rubato_policy_put(old);
}

static enum rubato_bind_mode bind_mode(const struct rubato_sock *rs)
{
	return rs->policy->core.knobs.bind_mode;
}

int rubato_conn_bind(struct sock *sk, __be32 local, u16 port)
{
	struct rubato_sock *rs = rubato_sk(sk);
	__be32 before = rs->inet.inet_rcv_saddr;
	int err;

	if (sk->sk_state != TCP_CLOSE || rs->inet.inet_num)
		return -EINVAL;
	take_policy(rs);
	set_local(sk, local);
	err = rubato_bind(sock_net(sk), &rs->binding, port, bind_mode(rs));
	if (err) {
		set_local(sk, before);
		return err;
	}
	set_port(sk, rs->binding.port);
	return 0;
}

/* Gives up what the process did not choose: port and address. */
static void forget_local(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		rubato_unbind(&rs->binding);
		set_port(sk, 0);
	}
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		set_local(sk, 0);
}

static void forget_peer(struct sock *sk)
{
	inet_sk(sk)->inet_dport = 0;
	sk_daddr_set(sk, 0);
	sk_dst_reset(sk);
}

/* ---- listen ---- */

static u32 clamp_backlog(const struct sock *sk, int backlog)
{
	return min_t(u32, backlog, READ_ONCE(sock_net(sk)->core.sysctl_somaxconn));
}

int rubato_conn_listen(struct sock *sk, int backlog)
{
	static const struct rubato_cause cause = { .kind = RUBATO_CAUSE_CALL };
	struct rubato_sock *rs = rubato_sk(sk);
	int err;

	WRITE_ONCE(rs->accept.backlog, clamp_backlog(sk, backlog));
	sk->sk_max_ack_backlog = rs->accept.backlog;
	if (sk->sk_state == TCP_LISTEN)
		return 0;
	if (sk->sk_state != TCP_CLOSE || rs->live || !rs->inet.inet_num)
		return -EINVAL;

	take_policy(rs);
	/* Seen as listening before the question, so that of two at most one is told yes. */
	rubato_show_state(sk, TCP_LISTEN);
	err = rubato_bind_check(&rs->binding, bind_mode(rs));
	if (err) {
		rubato_show_state(sk, TCP_CLOSE);
		return err;
	}
	memset(&rs->node.tuple, 0, sizeof(rs->node.tuple));
	rs->node.tuple.local = rs->inet.inet_rcv_saddr;
	rs->node.tuple.local_port = rs->inet.inet_num;
	rs->listener.local = rs->inet.inet_rcv_saddr;
	rs->listener.port = rs->inet.inet_num;
	rs->listener.ifindex = sk->sk_bound_dev_if;
	spin_lock_bh(&rs->accept.lock);
	rs->accept.closed = false;
	spin_unlock_bh(&rs->accept.lock);
	rubato_listener_insert(&rs->listener);
	rubato_note_state(sock_net(sk), rs->cookie, &rs->node.tuple, RUBATO_CLOSED, RUBATO_LISTEN,
			  &cause);
	return 0;
}

/* ---- connect ---- */

/* A socket that was connected before starts anew; what the process set stays. */
static void renew(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	rub_renew(&rs->tcb);
	rubato_queue_purge_write(sk);
	rubato_queue_purge_read(sk);
	rubato_queue_purge_ooo(sk);
	/* Not the children's, if it goes on as a listener. */
	if (sk->sk_frag.page)
		put_page(sk->sk_frag.page);
	sk->sk_frag.page = NULL;
	sk->sk_frag.offset = 0;
	rs->copied_seq = 0;
	rs->queued_seq = 0;
	rs->synced = false;
	rs->peer_fin = false;
	rs->wake = 0;
	sk->sk_shutdown = 0;
	sock_reset_flag(sk, SOCK_DONE);
}

/* The route to @peer by which the source address is chosen. */
static struct rtable *find_route(struct sock *sk, __be32 peer, u16 port)
{
	struct inet_sock *inet = inet_sk(sk);
	struct rtable *rt;

	rt = ip_route_connect(&inet->cork.fl.u.ip4, peer, inet->inet_saddr, sk->sk_bound_dev_if,
			      sk->sk_protocol, inet->inet_sport, htons(port), sk);
	if (!IS_ERR(rt) && rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

static int reuse(struct rubato_node *node)
{
	return rubato_tw_reuse(container_of(node, struct rubato_sock, node));
}

static int pick_port(struct rubato_sock *rs)
{
	bool may_reuse = rs->policy->core.knobs.time_wait_reuse;
	int err = rubato_bind_connect(&rs->binding, &rs->node, may_reuse ? reuse : NULL);

	if (!err)
		set_port(&rs->inet.sk, rs->node.tuple.local_port);
	return err;
}

/* Hashes the connection, picks a port for it if it has none. */
static int enter_table(struct sock *sk, __be32 peer, u16 port)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rub_tuple *t = &rs->node.tuple;
	int err;

	t->local = rs->inet.inet_saddr;
	t->peer = peer;
	t->local_port = rs->inet.inet_num;
	t->peer_port = port;
	rs->node.ifindex = sk->sk_bound_dev_if;
	rs->reincarnates = false;
	take_policy(rs);
	if (!rs->inet.inet_num)
		return pick_port(rs);
	err = rubato_node_insert(&rs->node);
	return err ? rubato_tw_reuse(rs) : 0;
}

static int open_connection(struct sock *sk, struct rtable *rt, __be32 peer, u16 port)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	__be16 sport = inet->inet_sport;
	int err;

	set_local(sk, fl4->saddr);
	sk_daddr_set(sk, fl4->daddr);
	inet->inet_dport = htons(port);
	err = enter_table(sk, fl4->daddr, port);
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	rt = ip_route_newports(fl4, rt, sport, inet->inet_dport, inet->inet_sport,
			       inet->inet_dport, sk);
	if (IS_ERR(rt)) {
		rubato_node_remove(&rs->node);
		return PTR_ERR(rt);
	}
	sk_setup_caps(sk, &rt->dst);
	sk_set_txhash(sk);
	atomic_set(&inet->inet_id, get_random_u16());
	take_policy(rs);
	rubato_begin(sk);
	err = rubato_drive_call(sk, RUB_CALL_OPEN, 0);
	if (err) {
		rs->live = false;
		rubato_node_remove(&rs->node);
		return err;
	}
	rubato_count(sock_net(sk), RUBATO_COUNT_ACTIVE_OPENS);
	return 0;
}

int rubato_conn_connect(struct sock *sk, __be32 peer, u16 port)
{
	__be32 local = inet_sk(sk)->inet_saddr;
	bool chose_port = inet_sk(sk)->inet_num;
	struct rtable *rt;
	int err;

	if (sk->sk_state != TCP_CLOSE || rubato_sk(sk)->live)
		return -EISCONN;
	rt = find_route(sk, peer, port);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	renew(sk);
	err = open_connection(sk, rt, peer, port);
	if (!err)
		return 0;
	if (!chose_port) {
		rubato_unbind(&rubato_sk(sk)->binding);
		set_port(sk, 0);
	}
	set_local(sk, local);
	forget_peer(sk);
	return err;
}

/* ---- data ---- */

void rubato_conn_push(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u32 fresh = rs->fresh;

	if (!fresh || !rs->live)
		return;
	rs->fresh = 0;
	rubato_drive_call(sk, RUB_CALL_SEND, fresh);
}

void rubato_conn_consumed(struct sock *sk)
{
	if (rubato_sk(sk)->live)
		rubato_drive_call(sk, RUB_CALL_RECEIVE, 0);
}

/* ---- the end ---- */

int rubato_conn_shutdown(struct sock *sk)
{
	if (!rubato_sk(sk)->live)
		return -ENOTCONN;
	return rubato_drive_call(sk, RUB_CALL_SHUTDOWN, 0);
}

void rubato_conn_abort(struct sock *sk, int error)
{
	if (sk->sk_state == TCP_LISTEN)
		rubato_unlisten(sk);
	else if (rubato_sk(sk)->live)
		rubato_drive_call(sk, RUB_CALL_ABORT, error);
}

/* From here on the connection keeps itself alive. */
static void become_orphan(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);

	sock_orphan(sk);
	if (!rs->live)
		return;
	rs->orphan = true;
	sock_hold(sk);
	rubato_gauge_add(sock_net(sk), RUBATO_GAUGE_ORPHANS, 1);
}

void rubato_conn_close(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	u32 unread = rubato_conn_unread(sk);

	if (sk->sk_state == TCP_LISTEN)
		rubato_unlisten(sk);
	sk->sk_shutdown = SHUTDOWN_MASK;
	become_orphan(sk);
	rubato_queue_purge_read(sk);
	if (rs->live)
		rubato_drive_call(sk, RUB_CALL_CLOSE, unread);
	if (!rs->live)
		rubato_unbind(&rs->binding);
}

void rubato_conn_disconnect(struct sock *sk)
{
	/* Whoever sleeps in a call for the old connection must not go on with a new one. */
	sk->sk_disconnects++;
	rubato_conn_abort(sk, ECONNRESET);
	renew(sk);
	forget_local(sk);
	forget_peer(sk);
	sk->sk_err = 0;
}

/* ---- options ---- */

void rubato_conn_set(struct sock *sk, enum rub_option option, bool on)
{
	struct rubato_sock *rs = rubato_sk(sk);
	struct rub_env env;

	if (!rs->live) {
		rub_set(&rs->tcb, option, on, NULL);
		return;
	}
	rubato_env(sk, &env);
	rub_set(&rs->tcb, option, on, &env);
	rubato_settle(sk);
}

bool rubato_conn_is_set(const struct sock *sk, enum rub_option option)
{
	return rub_is_set(&rubato_sk(sk)->tcb, option);
}

u32 rubato_conn_mss(const struct sock *sk)
{
	return rub_mss(&rubato_sk(sk)->tcb);
}
