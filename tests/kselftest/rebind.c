// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind(): which addresses and ports, and who may have one that somebody else has; connect():
 * which port it picks. The rows for SO_REUSEADDR (RA) and SO_REUSEPORT (RP) are those measured on
 * Linux's TCP:
 *
 *	conflict = overlap && !(RA_new && RA_old && old != LISTEN) && !(RP_new && RP_old)
 */
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

#define A "127.0.0.1"
#define B "127.0.0.2"
#define ANY "0.0.0.0"

FIXTURE(rebind) {
	struct nl *nl;
	int port;	/* a fresh one for every cell */
};

FIXTURE_SETUP(rebind)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	self->port = 20000;
}

FIXTURE_TEARDOWN(rebind)
{
	nl_leave(self->nl);
}

/* What the old socket is doing; each row of the table is one. */
enum old_state {
	OLD_BOUND,
	OLD_LISTEN,
	OLD_LISTEN_WITH_CHILD,
	OLD_ESTABLISHED,
	OLD_CLOSE_WAIT,
	OLD_FIN_WAIT_2,
	OLD_FIN_WAIT_2_ORPHAN,
	OLD_TIME_WAIT,
	OLD_STATES,
};

static const char *const old_names[OLD_STATES] = {
	"BOUND", "LISTEN", "LISTEN with a child", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2",
	"FIN_WAIT_2 orphan", "TIME_WAIT",
};

/* Descriptors that keep the old socket in its state. */
struct old {
	int fd[3];
	int n;
};

static void old_keep(struct old *old, int fd)
{
	old->fd[old->n++] = fd;
}

static void old_drop(struct old *old)
{
	while (old->n)
		close_hard(old->fd[--old->n]);
}

/* Takes the connection on @port as far as @state; @accepted and @client are its ends. */
static int old_advance(struct old *old, struct nl *nl, enum old_state state, int accepted,
		       int client, int port, int peer)
{
	int want = 0;

	switch (state) {
	case OLD_CLOSE_WAIT:
		shutdown(client, SHUT_WR);
		want = RUBATO_CLOSE_WAIT;
		break;
	case OLD_FIN_WAIT_2:
		shutdown(accepted, SHUT_WR);
		want = RUBATO_FIN_WAIT_2;
		break;
	case OLD_FIN_WAIT_2_ORPHAN:
		close(accepted);
		want = RUBATO_FIN_WAIT_2;
		break;
	case OLD_TIME_WAIT:
		close(accepted);
		if (!BECOMES(nl_state(nl, peer, port) == RUBATO_CLOSE_WAIT, PATIENCE))
			return -ETIMEDOUT;
		close(client);
		want = RUBATO_TIME_WAIT;
		break;
	default:
		want = RUBATO_ESTABLISHED;
	}
	if (state != OLD_FIN_WAIT_2_ORPHAN && state != OLD_TIME_WAIT)
		old_keep(old, accepted);
	if (state != OLD_TIME_WAIT)
		old_keep(old, client);
	return BECOMES(nl_state(nl, port, peer) == want, PATIENCE) ? 0 : -ETIMEDOUT;
}

/* Options of a socket: bits. */
#define RA 1
#define RP 2

static const char *const option_names[] = { "", " RA", " RP", " RA RP" };

static void set_options(int fd, int options)
{
	reuse(fd, options & RA);
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, !!(options & RP));
}

/* A socket on @ip and @port in @state, with these options. */
static int old_make(struct old *old, struct nl *nl, enum old_state state, const char *ip, int port,
		    int options)
{
	int fd = open_socket(), client, accepted, err;

	old->n = 0;
	set_options(fd, options);
	err = bind_to(fd, ip, port);
	if (err)
		return err;
	if (state == OLD_BOUND) {
		old_keep(old, fd);
		return 0;
	}
	err = answer(listen(fd, 5));
	if (err)
		return err;
	if (state == OLD_LISTEN) {
		old_keep(old, fd);
		return 0;
	}
	client = open_socket();
	err = connect_to(client, A, port);
	if (err)
		return err;
	accepted = accept_one(fd);
	if (accepted < 0)
		return accepted;
	if (state == OLD_LISTEN_WITH_CHILD)
		old_keep(old, fd);
	else
		close(fd);
	return old_advance(old, nl, state, accepted, client, port, local_port(client));
}

/* What bind() and then listen() say. */
static int try_new(const char *ip, int port, int options)
{
	int fd = open_socket(), err;

	set_options(fd, options);
	err = bind_to(fd, ip, port);
	if (!err)
		err = answer(listen(fd, 5));
	close(fd);
	return err;
}

static bool old_listens(enum old_state state)
{
	return state == OLD_LISTEN || state == OLD_LISTEN_WITH_CHILD;
}

/* All cells of one pair of addresses. Return: cells that were not as the table says. */
static int wrong_cells(struct __test_metadata *_metadata, FIXTURE_DATA(rebind) *self,
		       const char *old_ip, const char *new_ip, bool overlap)
{
	int state, options, wrong = 0;

	for (state = 0; state < OLD_STATES; state++) {
		for (options = 0; options < 16; options++) {
			int theirs = options & 3, ours = options >> 2, both = theirs & ours;
			bool conflict = overlap && !(both & RA && !old_listens(state)) &&
					!(both & RP);
			struct old old;
			int got, err;

			err = old_make(&old, self->nl, state, old_ip, ++self->port, theirs);
			got = err ?: try_new(new_ip, self->port, ours);
			if (err || got != (conflict ? -EADDRINUSE : 0)) {
				TH_LOG("%s on %s%s, new on %s%s: %s%s", old_names[state], old_ip,
				       option_names[theirs], new_ip, option_names[ours],
				       err ? "cannot be made: " : "", strerror(-got));
				wrong++;
			}
			old_drop(&old);
		}
	}
	return wrong;
}

TEST_F_TIMEOUT(rebind, same_address, 60)
{
	EXPECT_EQ(0, wrong_cells(_metadata, self, A, A, true));
}

TEST_F_TIMEOUT(rebind, any_to_one, 60)
{
	EXPECT_EQ(0, wrong_cells(_metadata, self, ANY, A, true));
}

TEST_F_TIMEOUT(rebind, one_to_any, 60)
{
	EXPECT_EQ(0, wrong_cells(_metadata, self, A, ANY, true));
}

TEST_F_TIMEOUT(rebind, any_to_any, 60)
{
	EXPECT_EQ(0, wrong_cells(_metadata, self, ANY, ANY, true));
}

TEST_F_TIMEOUT(rebind, other_address, 60)
{
	EXPECT_EQ(0, wrong_cells(_metadata, self, A, B, false));
}

/* Two sockets with SO_REUSEADDR on one port: only one of them can listen. */
TEST_F(rebind, second_listen_is_refused_until_the_first_closes)
{
	int first = open_socket(), second = open_socket();

	ASSERT_EQ(0, reuse(first, true));
	ASSERT_EQ(0, reuse(second, true));
	ASSERT_EQ(0, bind_to(first, A, 5000));
	ASSERT_EQ(0, bind_to(second, A, 5000));
	ASSERT_EQ(0, listen(first, 1));
	EXPECT_EQ(-EADDRINUSE, answer(listen(second, 1)));
	EXPECT_EQ(1, nl_count(self->nl, RUBATO_LISTEN));
	ASSERT_EQ(0, close(first));
	EXPECT_EQ(0, listen(second, 1));
}

TEST_F(rebind, option_counts_when_it_is_set_after_bind)
{
	int first = open_socket(), second = open_socket();

	ASSERT_EQ(0, bind_to(first, A, 5000));
	ASSERT_EQ(0, reuse(second, true));
	EXPECT_EQ(-EADDRINUSE, bind_to(second, A, 5000));
	ASSERT_EQ(0, reuse(first, true));
	EXPECT_EQ(0, bind_to(second, A, 5000));
}

/* A killed server's port: TIME_WAIT only lets it back if both servers had the option. */
TEST_F(rebind, restarted_server)
{
	struct old old;

	ASSERT_EQ(0, old_make(&old, self->nl, OLD_TIME_WAIT, ANY, 8080, RA));
	EXPECT_EQ(-EADDRINUSE, try_new(ANY, 8080, 0));
	EXPECT_EQ(0, try_new(ANY, 8080, RA));
	EXPECT_EQ(1, nl_count(self->nl, RUBATO_TIME_WAIT));
	old_drop(&old);
}

TEST_F(rebind, bind_checks_the_address)
{
	struct sockaddr_in a = address(A, 5000);
	int fd = open_socket();

	EXPECT_EQ(-EINVAL, answer(bind(fd, (struct sockaddr *)&a, sizeof(a) - 1)));
	a.sin_family = AF_INET6;
	EXPECT_EQ(-EAFNOSUPPORT, answer(bind(fd, (struct sockaddr *)&a, sizeof(a))));
	a.sin_family = AF_UNSPEC;
	EXPECT_EQ(-EAFNOSUPPORT, answer(bind(fd, (struct sockaddr *)&a, sizeof(a))));
	EXPECT_EQ(-EADDRNOTAVAIL, bind_to(fd, "198.51.100.1", 5000));
	EXPECT_EQ(-EADDRNOTAVAIL, bind_to(fd, "224.0.0.1", 5000));
	EXPECT_EQ(-EADDRNOTAVAIL, bind_to(fd, "255.255.255.255", 5000));
	EXPECT_EQ(0, local_port(fd));
	/* Old programs leave the family out; "any" passes. */
	a = address(ANY, 5000);
	a.sin_family = AF_UNSPEC;
	EXPECT_EQ(0, answer(bind(fd, (struct sockaddr *)&a, sizeof(a))));
	EXPECT_EQ(5000, local_port(fd));
}

TEST_F(rebind, foreign_address_with_freebind)
{
	int fd = open_socket();

	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_FREEBIND, 1));
	EXPECT_EQ(0, bind_to(fd, "198.51.100.1", 5000));
}

TEST_F(rebind, second_bind_is_refused)
{
	int fd = open_socket();

	ASSERT_EQ(0, bind_to(fd, A, 5000));
	EXPECT_EQ(-EINVAL, bind_to(fd, A, 5001));
	EXPECT_EQ(-EINVAL, bind_to(fd, A, 5000));
	EXPECT_EQ(5000, local_port(fd));
}

/* bind() to port 0 and listen() without bind() choose one. */
TEST_F(rebind, ports_are_chosen)
{
	int fd[3], port[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = open_socket();
		if (i < 2) {
			ASSERT_EQ(0, bind_to(fd[i], A, 0));
		}
		ASSERT_EQ(0, listen(fd[i], 1));
		port[i] = local_port(fd[i]);
		/* ip_local_port_range of a new namespace */
		EXPECT_LE(32768, port[i]);
		EXPECT_GE(60999, port[i]);
		/* The even ones are connect()'s. */
		EXPECT_EQ(1, port[i] % 2);
	}
	EXPECT_NE(port[0], port[1]);
	EXPECT_NE(port[0], port[2]);
	EXPECT_NE(port[1], port[2]);
}

/* One port left in the range: the second socket finds none, and says so. */
TEST_F(rebind, no_port_is_left)
{
	int first = open_socket(), second = open_socket(), third = open_socket(), listener;

	ASSERT_EQ(0, run("echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range"));
	listener = listen_on(A, 5000);
	ASSERT_EQ(0, connect_to(first, A, 5000));
	EXPECT_EQ(40000, local_port(first));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_to(second, A, 5000));
	EXPECT_EQ(-EADDRINUSE, bind_to(third, A, 0));
	ASSERT_EQ(0, close_hard(first));
	EXPECT_EQ(0, connect_to(second, A, 5000));
	EXPECT_LE(0, listener);
}

/* To one destination the ports rise by two; those of another one are others. */
TEST_F(rebind, connect_picks_even_ports_in_turn)
{
	int fd[4], port[4], i, step;

	ASSERT_LE(0, listen_on(A, 5000));
	for (i = 0; i < 4; i++) {
		fd[i] = open_socket();
		ASSERT_EQ(0, connect_to(fd[i], A, 5000));
		port[i] = local_port(fd[i]);
		EXPECT_EQ(0, port[i] % 2);
		if (!i)
			continue;
		step = port[i] - port[i - 1];
		EXPECT_TRUE(step == 2 || step < -28000);
	}
}

TEST_F(rebind, reserved_ports_are_not_picked)
{
	int fd = open_socket(), other = open_socket();

	ASSERT_EQ(0, run("echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range"));
	ASSERT_EQ(0, run("echo 40000-40002 > /proc/sys/net/ipv4/ip_local_reserved_ports"));
	ASSERT_LE(0, listen_on(A, 5000));
	ASSERT_EQ(0, connect_to(fd, A, 5000));
	EXPECT_EQ(40003, local_port(fd));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_to(other, A, 5000));
	/* Whoever asks for one by its number gets it. */
	EXPECT_EQ(0, bind_to(other, A, 40001));
}

/* A port that somebody only bound is not shared by accident, whatever both allow. */
TEST_F(rebind, connect_does_not_pick_a_bound_port)
{
	int bound = open_socket(), fd = open_socket();

	ASSERT_EQ(0, run("echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range"));
	ASSERT_LE(0, listen_on(A, 5000));
	set_options(bound, RA | RP);
	set_options(fd, RA | RP);
	ASSERT_EQ(0, bind_to(bound, A, 40000));
	ASSERT_EQ(0, connect_to(fd, A, 5000));
	EXPECT_EQ(40001, local_port(fd));
}

/* Every port to one destination waits: the answer comes at once, and other destinations go on. */
TEST_F_TIMEOUT(rebind, time_wait_uses_up_the_ports, 60)
{
	const int n = 1000;
	int listener = listen_on(A, 5000), other = listen_on(A, 5001), fd, accepted, i;
	uint64_t began;
	char byte;

	/* None may end before the last has begun, however slow the machine is. */
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 300 * SEC));
	ASSERT_EQ(0, run("echo 40000 40999 > /proc/sys/net/ipv4/ip_local_port_range"));
	for (i = 0; i < n; i++) {
		fd = open_socket();
		ASSERT_EQ(0, connect_to(fd, A, 5000));
		accepted = accept_one(listener);
		ASSERT_LE(0, accepted);
		close(fd);
		ASSERT_EQ(0, recv_some(accepted, &byte, 1)); /* or both would wait */
		close(accepted);
	}
	EXPECT_TRUE(BECOMES(nl_counter(self->nl, RUBATO_STATS_TIME_WAIT) == n, PATIENCE)) {
		TH_LOG("%llu wait", (unsigned long long)nl_counter(self->nl, RUBATO_STATS_TIME_WAIT));
	}
	fd = open_socket();
	began = now();
	EXPECT_EQ(-EADDRNOTAVAIL, connect_to(fd, A, 5000));
	TH_LOG("%d ports: EADDRNOTAVAIL after %llu us", n, (unsigned long long)(now() - began) / 1000);
	EXPECT_GT(SEC, now() - began);
	EXPECT_EQ(0, connect_to(fd, A, 5001));
	EXPECT_LE(0, other);
}

/* The same source port to another peer is another connection. */
TEST_F(rebind, port_is_shared_between_peers)
{
	int first = open_socket(), second = open_socket();

	ASSERT_LE(0, listen_on(A, 5000));
	ASSERT_LE(0, listen_on(A, 5001));
	ASSERT_EQ(0, reuse(first, true));
	ASSERT_EQ(0, reuse(second, true));
	ASSERT_EQ(0, bind_to(first, A, 6000));
	ASSERT_EQ(0, connect_to(first, A, 5000));
	ASSERT_EQ(0, bind_to(second, A, 6000));
	/* The very same four numbers are taken. */
	EXPECT_EQ(-EADDRNOTAVAIL, connect_to(second, A, 5000));
	EXPECT_EQ(0, connect_to(second, A, 5001));
}

TEST_F(rebind, privileged_port_needs_the_capability)
{
	pid_t child;
	int status, fd = open_socket();

	ASSERT_EQ(0, bind_to(fd, A, 80));
	child = fork();
	if (!child) {
		/* Another user has no capability. */
		if (setgid(65534) || setuid(65534))
			_exit(2);
		fd = open_socket();
		if (bind_to(fd, A, 81) != -EACCES)
			_exit(3);
		_exit(bind_to(fd, A, 1024) ? 4 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* IP_BIND_ADDRESS_NO_PORT: the address now, the port when it is known to whom. */
TEST_F(rebind, port_may_be_chosen_by_connect)
{
	struct sockaddr_in a = {};
	socklen_t len = sizeof(a);
	int fd = open_socket(), listener = listen_on(A, 5000);

	ASSERT_EQ(0, set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_EQ(0, bind_to(fd, B, 0));
	EXPECT_EQ(0, local_port(fd));
	ASSERT_EQ(0, connect_to(fd, A, 5000));
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&a, &len));
	EXPECT_EQ(inet_addr(B), a.sin_addr.s_addr);
	EXPECT_NE(0, a.sin_port);
	EXPECT_LE(0, listener);
}

TEST_HARNESS_MAIN
