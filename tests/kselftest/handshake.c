// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a connection: both doors, the states on the way, refusal, and every way to wait
 * for it or not (RFC 9293 section 3.5; the calls as TCP's on Linux).
 */
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

/* ---- one host */

FIXTURE(local) {
	struct nl *nl;
};

FIXTURE_SETUP(local)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
}

FIXTURE_TEARDOWN(local)
{
	nl_leave(self->nl);
}

TEST_F(local, both_doors_make_the_same_socket)
{
	int family = socket(AF_RUBATO, SOCK_STREAM, 0);
	int protocol = socket(AF_INET, SOCK_STREAM, IPPROTO_RUBATO);
	int fd[] = { family, protocol };
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, fd[i]);
		EXPECT_EQ(AF_INET, get_int(fd[i], SOL_SOCKET, SO_DOMAIN));
		EXPECT_EQ(SOCK_STREAM, get_int(fd[i], SOL_SOCKET, SO_TYPE));
		EXPECT_EQ(IPPROTO_RUBATO, get_int(fd[i], SOL_SOCKET, SO_PROTOCOL));
	}
	ASSERT_EQ(0, bind_to(protocol, "127.0.0.1", 0));
	ASSERT_EQ(0, listen(protocol, 1));
	EXPECT_EQ(0, connect_to(family, "127.0.0.1", local_port(protocol)));
	EXPECT_LE(0, accept_one(protocol));
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) ? 0 : cookie;
}

/* SO_COOKIE names a socket, also one that was made of a listener whose cookie is known. */
TEST_F(local, children_have_cookies_of_their_own)
{
	struct conn c;
	uint64_t listener;

	ASSERT_EQ(0, connect_here(&c));
	listener = cookie_of(c.listener);
	EXPECT_NE(0ULL, listener);
	ASSERT_LE(0, connect_to(open_socket(), "127.0.0.1", c.port));
	EXPECT_NE(listener, cookie_of(accept_one(c.listener)));
	EXPECT_NE(listener, cookie_of(c.server));
}

TEST_F(local, wrong_doors_are_refused)
{
	EXPECT_EQ(-ESOCKTNOSUPPORT, answer(socket(AF_RUBATO, SOCK_DGRAM, 0)));
	EXPECT_EQ(-ESOCKTNOSUPPORT, answer(socket(AF_RUBATO, SOCK_SEQPACKET, 0)));
	/* 1 is IPv6: known, not built. */
	EXPECT_EQ(-EPROTONOSUPPORT, answer(socket(AF_RUBATO, SOCK_STREAM, 1)));
	EXPECT_EQ(-EPROTONOSUPPORT, answer(socket(AF_RUBATO, SOCK_STREAM, IPPROTO_TCP)));
}

TEST_F(local, listener_and_connection_are_listed)
{
	const struct nl_sock *s;
	struct conn c;
	int client;

	ASSERT_EQ(0, connect_here(&c));
	client = local_port(c.client);
	EXPECT_EQ(RUBATO_LISTEN, nl_state(self->nl, c.port, 0));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, client, c.port));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, c.port, client));
	EXPECT_EQ(client, port_of(c.server, true));
	EXPECT_EQ(c.port, port_of(c.server, false));
	EXPECT_EQ(c.port, port_of(c.client, true));

	s = nl_sock(self->nl, client, c.port);
	ASSERT_NE(NULL, s);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), s->local);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), s->peer);
	EXPECT_EQ(0U, s->recv_queue);
	EXPECT_EQ(0U, s->send_queue);
	EXPECT_EQ(0U, s->clock);	/* idle: no clock runs */
	EXPECT_NE(0ULL, s->inode);
	EXPECT_EQ(3, nl_sock(self->nl, -1, -1) ? nl_count(self->nl, RUBATO_LISTEN) +
		  nl_count(self->nl, RUBATO_ESTABLISHED) : -1);
}

/* The numbers as on paper: SYN, SYN+ACK, ACK, each acknowledging the other's plus one. */
TEST_F(local, events_tell_the_handshake_with_its_numbers)
{
	struct nl *full = nl_open();
	struct nl_event e;
	int listener, client;
	uint32_t iss;

	ASSERT_NE(NULL, full);
	ASSERT_EQ(0, nl_join(full, 1));
	listener = listen_on("127.0.0.1", 0);
	client = open_socket();
	ASSERT_EQ(0, bind_to(client, "127.0.0.1", 0));
	ASSERT_EQ(0, connect_to(client, "127.0.0.1", local_port(listener)));

	ASSERT_EQ(RUBATO_SYN_SENT, nl_next_state(full, local_port(client), &e));
	EXPECT_EQ(RUBATO_CLOSED, e.old_state);
	EXPECT_EQ(0xc2U, e.flags);	/* SYN, ECE and CWR: RFC 3168 section 6.1.1 */
	ASSERT_TRUE(e.has_seqs);
	iss = e.seg_seq;
	ASSERT_EQ(RUBATO_ESTABLISHED, nl_next_state(full, local_port(client), &e));
	EXPECT_EQ(RUBATO_SYN_SENT, e.old_state);
	EXPECT_EQ(RUBATO_CAUSE_RECEIVED, e.cause);
	EXPECT_EQ(0x52U, e.flags);	/* SYN+ACK, ECE */
	EXPECT_EQ(iss + 1, e.seg_ack);
	nl_close(full);
}

TEST_F(local, plain_events_hide_sequence_numbers_and_count)
{
	struct nl *plain = nl_open();
	struct nl_event e, next;
	struct conn c;

	ASSERT_NE(NULL, plain);
	ASSERT_EQ(0, nl_join(plain, 0));
	ASSERT_EQ(0, connect_here(&c));
	ASSERT_EQ(RUBATO_SYN_SENT, nl_next_state(plain, local_port(c.client), &e));
	EXPECT_FALSE(e.has_seqs);
	ASSERT_EQ(0, nl_event(plain, &next));
	EXPECT_EQ(e.seq + 1, next.seq);
	EXPECT_LE(e.time, next.time);
	nl_close(plain);
}

TEST_F(local, refused_at_once)
{
	uint64_t start = now();
	int fd = open_socket();

	EXPECT_EQ(-ECONNREFUSED, connect_to(fd, "127.0.0.1", 4999));
	/* Before the first SYN would have left again: rto-initial is 1 s. */
	EXPECT_GT(SEC, now() - start);
	EXPECT_EQ(0, nl_state(self->nl, -1, 4999));
}

TEST_F(local, refused_socket_may_try_again)
{
	int fd = open_socket(), listener;

	ASSERT_EQ(-ECONNREFUSED, connect_to(fd, "127.0.0.1", 4999));
	listener = listen_on("127.0.0.1", 4999);
	ASSERT_LE(0, listener);
	EXPECT_EQ(0, connect_to(fd, "127.0.0.1", 4999));
	EXPECT_LE(0, accept_one(listener));
}

TEST_F(local, any_address_means_this_host)
{
	int listener = listen_on("0.0.0.0", 0), fd = open_socket();

	ASSERT_LE(0, listener);
	EXPECT_EQ(0, connect_to(fd, "0.0.0.0", local_port(listener)));
	EXPECT_LE(0, accept_one(listener));
}

TEST_F(local, connect_refuses_bad_addresses)
{
	struct sockaddr_in a = address("127.0.0.1", 4999);
	int fd = open_socket();

	EXPECT_EQ(-EINVAL, answer(connect(fd, (struct sockaddr *)&a, 1)));
	EXPECT_EQ(-EINVAL, answer(connect(fd, (struct sockaddr *)&a, sizeof(a) - 1)));
	a.sin_family = AF_INET6;
	EXPECT_EQ(-EAFNOSUPPORT, answer(connect(fd, (struct sockaddr *)&a, sizeof(a))));
	/* RFC 9293 MUST-46: never to anything but one host. */
	EXPECT_EQ(-ENETUNREACH, connect_to(fd, "224.0.0.1", 4999));
	EXPECT_EQ(-ENETUNREACH, connect_to(fd, "255.255.255.255", 4999));
	/* There is no way to it. */
	EXPECT_EQ(-ENETUNREACH, connect_to(fd, "198.51.100.1", 4999));
	EXPECT_EQ(0, nl_count(self->nl, RUBATO_SYN_SENT));
}

TEST_F(local, connect_to_oneself_is_a_simultaneous_open)
{
	char text[6] = {};
	int fd = open_socket();

	ASSERT_EQ(0, bind_to(fd, "127.0.0.1", 0));
	ASSERT_EQ(0, impatient(fd));
	ASSERT_EQ(0, connect_to(fd, "127.0.0.1", local_port(fd)));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, local_port(fd), local_port(fd)));
	ASSERT_EQ(0, send_all(fd, "hello", 5));
	ASSERT_EQ(0, recv_all(fd, text, 5));
	EXPECT_STREQ("hello", text);
}

TEST_F(local, connected_and_listening_sockets_do_not_connect)
{
	struct conn c;

	ASSERT_EQ(0, connect_here(&c));
	EXPECT_EQ(-EISCONN, connect_to(c.client, "127.0.0.1", c.port));
	EXPECT_EQ(-EISCONN, connect_to(c.listener, "127.0.0.1", c.port));
	EXPECT_EQ(RUBATO_LISTEN, nl_state(self->nl, c.port, 0));
}

/* connect() to AF_UNSPEC lets go of the peer, who learns it by RST. */
TEST_F(local, disconnect_resets_and_frees_the_socket)
{
	struct sockaddr_in none = { .sin_family = AF_UNSPEC };
	struct conn c;
	char byte;

	ASSERT_EQ(0, connect_here(&c));
	ASSERT_EQ(0, answer(connect(c.client, (struct sockaddr *)&none, sizeof(none))));
	EXPECT_EQ(-ENOTCONN, port_of(c.client, true));
	EXPECT_EQ(-ECONNRESET, recv_some(c.server, &byte, 1));
	EXPECT_EQ(0, connect_to(c.client, "127.0.0.1", c.port));
	EXPECT_LE(0, accept_one(c.listener));
}

/* ---- accept() */

TEST_F(local, accept_does_not_wait_when_told_not_to)
{
	struct sockaddr_in peer = {};
	socklen_t len = sizeof(peer);
	struct conn c;
	int fd, late;

	ASSERT_EQ(0, connect_here(&c));
	ASSERT_EQ(0, nonblocking(c.listener, true));
	EXPECT_EQ(-EAGAIN, accept_one(c.listener));
	late = open_socket();
	ASSERT_EQ(0, connect_to(late, "127.0.0.1", c.port));
	fd = accept4(c.listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(peer), len);
	EXPECT_EQ(AF_INET, peer.sin_family);
	EXPECT_EQ(local_port(late), ntohs(peer.sin_port));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

TEST_F(local, accept_times_out)
{
	int listener = listen_on("127.0.0.1", 0);
	uint64_t start;

	ASSERT_EQ(0, set_timeout(listener, SO_RCVTIMEO, 200 * MS));
	start = now();
	EXPECT_EQ(-EAGAIN, accept_one(listener));
	EXPECT_LE(200 * MS - TICKS, now() - start);
	EXPECT_GT(200 * MS + LATE, now() - start);
}

TEST_F(local, accept_needs_a_listener)
{
	int fd = open_socket();

	EXPECT_EQ(-EINVAL, accept_one(fd));
	ASSERT_EQ(0, bind_to(fd, "127.0.0.1", 0));
	EXPECT_EQ(-EINVAL, accept_one(fd));
}

/* A process that waits in accept() is told when the listener stops listening. */
TEST_F(local, accept_ends_when_listening_ends)
{
	int listener = listen_on("127.0.0.1", 0), status;
	pid_t child;

	ASSERT_LE(0, listener);
	child = fork();
	if (!child) {
		alarm(PATIENCE / SEC);
		_exit(accept_one(listener) == -EINVAL ? 0 : 1);
	}
	/* It may not have got as far as waiting; the answer is the same then. */
	ASSERT_EQ(0, shutdown(listener, SHUT_RD));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, nl_count(self->nl, RUBATO_LISTEN));
}

/* Children that nobody took are reset when the listener goes. */
TEST_F(local, listener_that_closes_resets_its_children)
{
	int listener = listen_on("127.0.0.1", 0), fd = open_socket();
	char byte;

	ASSERT_EQ(0, impatient(fd));
	ASSERT_EQ(0, connect_to(fd, "127.0.0.1", local_port(listener)));
	ASSERT_EQ(0, close(listener));
	EXPECT_EQ(-ECONNRESET, recv_some(fd, &byte, 1));
	EXPECT_TRUE(BECOMES(!nl_sock(self->nl, -1, -1), PATIENCE));
}

/* Beyond the backlog (n + 1, as TCP) the handshake is not completed, and is not refused. */
TEST_F(local, full_backlog_holds_others_back)
{
	int listener = open_socket(), fd[3], i;

	ASSERT_EQ(0, bind_to(listener, "127.0.0.1", 0));
	ASSERT_EQ(0, listen(listener, 1));
	for (i = 0; i < 3; i++) {
		fd[i] = open_socket();
		ASSERT_EQ(0, nonblocking(fd[i], true));
		ASSERT_EQ(-EINPROGRESS, connect_to(fd[i], "127.0.0.1", local_port(listener)));
		if (i < 2) {
			ASSERT_EQ(POLLOUT, wait_events(fd[i], POLLOUT));
		}
	}
	EXPECT_TRUE(BECOMES(nl_drops(self->nl, RUBATO_REASON_ACCEPT_QUEUE_FULL) > 0 ||
			    nl_drops(self->nl, RUBATO_REASON_SYN_QUEUE_FULL) > 0, PATIENCE));
	EXPECT_EQ(0, pending_error(fd[2]));
	/* Room: the third gets through by its own retransmission. */
	ASSERT_LE(0, accept_one(listener));
	ASSERT_LE(0, accept_one(listener));
	ASSERT_EQ(0, impatient(listener));
	EXPECT_LE(0, accept_one(listener));
	EXPECT_EQ(POLLOUT, wait_events(fd[2], POLLOUT));
}

/* ---- two hosts */

FIXTURE(across) {
	struct hosts hosts;
	struct nl *nl;
};

FIXTURE_SETUP(across)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
}

FIXTURE_TEARDOWN(across)
{
	hosts_leave(&self->hosts);
	nl_close(self->nl);
}

TEST_F(across, non_blocking_connect)
{
	int listener, fd = open_socket();

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	listener = listen_on(ADDR_B, 5000);
	ASSERT_LE(0, listener);
	/* Slow enough that the answers in between can be seen. */
	ASSERT_EQ(0, hosts_netem(&self->hosts, "delay 300ms"));
	ASSERT_EQ(0, nonblocking(fd, true));
	EXPECT_EQ(-EINPROGRESS, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(-EALREADY, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(RUBATO_SYN_SENT, nl_state(self->nl, local_port(fd), 5000));
	EXPECT_EQ(0, events_now(fd));
	EXPECT_EQ(-ENOTCONN, port_of(fd, true));
	EXPECT_EQ(POLLOUT, wait_events(fd, POLLOUT));
	EXPECT_EQ(0, pending_error(fd));
	EXPECT_EQ(0, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(-EISCONN, connect_to(fd, ADDR_B, 5000));
	EXPECT_LE(0, accept_one(listener));
}

TEST_F(across, non_blocking_refusal)
{
	int fd = open_socket();

	ASSERT_EQ(0, hosts_netem(&self->hosts, "delay 100ms"));
	ASSERT_EQ(0, nonblocking(fd, true));
	ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, wait_events(fd, POLLOUT));
	EXPECT_EQ(ECONNREFUSED, pending_error(fd));
	EXPECT_EQ(0, pending_error(fd));
	EXPECT_EQ(-ECONNABORTED, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(0, nl_count(self->nl, RUBATO_SYN_SENT));
}

/* The third ACK is on its way for 400 ms: both half-way states can be listed. */
TEST_F(across, half_way_states_are_listed)
{
	struct nl *other;
	int listener, fd;

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	other = nl_open();
	ASSERT_NE(NULL, other);
	listener = listen_on(ADDR_B, 5000);
	ASSERT_LE(0, listener);
	ASSERT_EQ(0, hosts_netem(&self->hosts, "delay 200ms"));
	fd = open_socket();
	ASSERT_EQ(0, nonblocking(fd, true));
	ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_B, 5000));
	EXPECT_EQ(RUBATO_SYN_SENT, nl_state(self->nl, local_port(fd), 5000));
	EXPECT_EQ(RUBATO_CLOCK_SYN, (int)nl_sock(self->nl, local_port(fd), 5000)->clock);
	EXPECT_TRUE(BECOMES(nl_state(other, 5000, local_port(fd)) == RUBATO_SYN_RCVD, PATIENCE));
	EXPECT_EQ(1ULL, nl_counter(other, RUBATO_STATS_HALF_OPEN));
	EXPECT_TRUE(BECOMES(nl_state(other, 5000, local_port(fd)) == RUBATO_ESTABLISHED, PATIENCE));
	EXPECT_EQ(0ULL, nl_counter(other, RUBATO_STATS_HALF_OPEN));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, local_port(fd), 5000));
	nl_close(other);
}

TEST_F(across, connect_times_out_by_the_socket_option)
{
	int fd = open_socket();
	uint64_t start;

	ASSERT_EQ(0, set_timeout(fd, SO_SNDTIMEO, 200 * MS));
	start = now();
	/* Linux's answer: the handshake goes on. */
	EXPECT_EQ(-EINPROGRESS, connect_to(fd, ADDR_DEAD, 5000));
	EXPECT_LE(200 * MS - TICKS, now() - start);
	EXPECT_GT(200 * MS + LATE, now() - start);
	EXPECT_EQ(RUBATO_SYN_SENT, nl_state(self->nl, local_port(fd), 5000));
}

static void on_signal(int number)
{
	(void)number;
}

TEST_F(across, signal_interrupts_connect_but_not_the_handshake)
{
	struct sigaction act = { .sa_handler = on_signal };	/* no SA_RESTART */
	int fd = open_socket(), status;
	pid_t parent = getpid(), child;

	ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
	child = fork();
	if (!child) {
		/* Again until it has hit the connect(): before it there is no SYN_SENT. */
		if (BECOMES(nl_state(self->nl, -1, 5000) == RUBATO_SYN_SENT, PATIENCE))
			while (getppid() == parent && !kill(parent, SIGUSR1))
				breathe();
		_exit(0);
	}
	EXPECT_EQ(-EINTR, connect_to(fd, ADDR_DEAD, 5000));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(RUBATO_SYN_SENT, nl_state(self->nl, local_port(fd), 5000));
	ASSERT_EQ(0, nonblocking(fd, true));
	EXPECT_EQ(-EALREADY, connect_to(fd, ADDR_DEAD, 5000));
}

/* A process that closes in SYN_SENT leaves nothing behind (RFC 9293 section 3.10.4). */
TEST_F(across, close_ends_an_unfinished_handshake)
{
	int fd = open_socket();

	ASSERT_EQ(0, nonblocking(fd, true));
	ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_DEAD, 5000));
	ASSERT_EQ(0, close(fd));
	EXPECT_TRUE(BECOMES(!nl_sock(self->nl, -1, -1), PATIENCE));
}

TEST_F(across, shutdown_ends_an_unfinished_handshake)
{
	int how, fd;

	for (how = SHUT_RD; how <= SHUT_RDWR; how++) {
		fd = open_socket();
		ASSERT_EQ(0, nonblocking(fd, true));
		ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_DEAD, 5000));
		EXPECT_EQ(0, answer(shutdown(fd, how)));
		EXPECT_EQ(0, nl_count(self->nl, RUBATO_SYN_SENT));
		EXPECT_EQ(-ENOTCONN, answer(shutdown(fd, how)));
		/* As TCP leaves it, for whoever still waits in connect(). */
		EXPECT_EQ(ECONNRESET, pending_error(fd));
		EXPECT_EQ(-EINPROGRESS, connect_to(fd, ADDR_DEAD, 5000));
		EXPECT_EQ(0, pending_error(fd));
		ASSERT_EQ(0, close(fd));
	}
}

/* Both call, neither listens: crossing SYNs make one connection (RFC 9293 figure 7). */
TEST_F(across, simultaneous_open)
{
	struct nl_event e;
	struct nl *events = nl_open();
	int a, b;

	ASSERT_NE(NULL, events);
	ASSERT_EQ(0, nl_join(events, 0));
	ASSERT_EQ(0, hosts_netem(&self->hosts, "delay 200ms"));
	a = open_socket();
	ASSERT_EQ(0, bind_to(a, ADDR_A, 5001));
	ASSERT_EQ(0, nonblocking(a, true));
	ASSERT_EQ(0, ns_enter(self->hosts.b));
	b = open_socket();
	ASSERT_EQ(0, bind_to(b, ADDR_B, 5002));
	ASSERT_EQ(0, nonblocking(b, true));
	ASSERT_EQ(-EINPROGRESS, connect_to(b, ADDR_A, 5001));
	ASSERT_EQ(-EINPROGRESS, connect_to(a, ADDR_B, 5002));
	EXPECT_EQ(POLLOUT, wait_events(a, POLLOUT));
	EXPECT_EQ(POLLOUT, wait_events(b, POLLOUT));
	EXPECT_EQ(RUBATO_SYN_SENT, nl_next_state(events, 5001, &e));
	EXPECT_EQ(RUBATO_SYN_RCVD, nl_next_state(events, 5001, &e));
	EXPECT_EQ(0xc2U, e.flags);	/* SYN, ECE and CWR */
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_next_state(events, 5001, &e));
	nl_close(events);
}

TEST_HARNESS_MAIN
