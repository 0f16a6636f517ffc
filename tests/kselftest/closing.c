// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ending a connection: in order from either side or both, half of it, by force, and with
 * data left over (RFC 9293 sections 3.6 and 3.9.1.4, RFC 2525 section 2.17).
 */
#include <linux/xfrm.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

FIXTURE(closing) {
	struct conn c;
	struct nl *nl;
	int client, server;	/* ports */
};

FIXTURE_SETUP(closing)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_EQ(0, connect_here(&self->c));
	self->client = local_port(self->c.client);
	self->server = self->c.port;
	/* Only the connection itself is left. */
	ASSERT_EQ(0, close(self->c.listener));
}

FIXTURE_TEARDOWN(closing)
{
	nl_leave(self->nl);
}

/* The state of each side, once it is that; the end of patience shows what it was instead. */
#define CLIENT_BECOMES(state) \
	BECOMES(nl_state(self->nl, self->client, self->server) == (state), PATIENCE)
#define SERVER_BECOMES(state) \
	BECOMES(nl_state(self->nl, self->server, self->client) == (state), PATIENCE)
#define GONE 0

/* IPsec policies of sockets: how many go out by one. */
static int policies(void)
{
	FILE *count = popen("ip -s xfrm policy count", "r");
	int in = -1, out = -1;

	if (count && fscanf(count, "%*[^(](Sock: IN %d OUT %d", &in, &out) != 2)
		out = -1;
	if (count)
		pclose(count);
	return out;
}

/* A listener's is its children's, too; each goes with its socket. */
TEST(ipsec_policies_go_with_their_sockets)
{
	struct xfrm_userpolicy_info policy = {
		.dir = XFRM_POLICY_OUT, .action = XFRM_POLICY_ALLOW, .sel.family = AF_INET,
		.lft = { .soft_byte_limit = XFRM_INF, .hard_byte_limit = XFRM_INF,
			 .soft_packet_limit = XFRM_INF, .hard_packet_limit = XFRM_INF },
	};
	int listener, client, child;

	ASSERT_LE(0, ns_new());
	listener = listen_on("127.0.0.1", 5000);
	ASSERT_LE(0, listener);
	run("modprobe -q xfrm_user || true");
	if (setsockopt(listener, SOL_IP, IP_XFRM_POLICY, &policy, sizeof(policy)))
		SKIP(return, "no IPsec in this kernel: %s", strerror(errno));
	EXPECT_EQ(1, policies());
	client = open_socket();
	ASSERT_EQ(0, connect_to(client, "127.0.0.1", 5000));
	child = accept_one(listener);
	ASSERT_LE(0, child);
	EXPECT_EQ(2, policies());
	ASSERT_EQ(0, close(child));
	ASSERT_EQ(0, close(client));
	ASSERT_EQ(0, close(listener));
	EXPECT_TRUE(BECOMES(policies() == 0, PATIENCE));
}

TEST_F(closing, client_closes_first)
{
	char byte;

	ASSERT_EQ(0, close(self->c.client));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_FIN_WAIT_2));
	EXPECT_TRUE(SERVER_BECOMES(RUBATO_CLOSE_WAIT));
	EXPECT_EQ(1ULL, nl_counter(self->nl, RUBATO_STATS_ORPHANS));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_TIME_WAIT));
	EXPECT_TRUE(SERVER_BECOMES(GONE));
	EXPECT_EQ(0ULL, nl_counter(self->nl, RUBATO_STATS_ORPHANS));
	EXPECT_EQ(1ULL, nl_counter(self->nl, RUBATO_STATS_TIME_WAIT));
}

TEST_F(closing, server_closes_first)
{
	char byte;

	ASSERT_EQ(0, close(self->c.server));
	EXPECT_TRUE(SERVER_BECOMES(RUBATO_FIN_WAIT_2));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_CLOSE_WAIT));
	EXPECT_EQ(0, recv_some(self->c.client, &byte, 1));
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_TRUE(SERVER_BECOMES(RUBATO_TIME_WAIT));
	EXPECT_TRUE(CLIENT_BECOMES(GONE));
}

TEST_F(closing, end_of_file_stays_and_comes_after_the_data)
{
	char text[8] = {};

	ASSERT_EQ(0, send_all(self->c.client, "last", 4));
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_TRUE(SERVER_BECOMES(RUBATO_CLOSE_WAIT));
	EXPECT_EQ(4, recv_some(self->c.server, text, sizeof(text)));
	EXPECT_STREQ("last", text);
	EXPECT_EQ(0, recv_some(self->c.server, text, 1));
	EXPECT_EQ(0, recv_some(self->c.server, text, 1));
}

TEST_F(closing, half_close_with_data_still_flowing)
{
	static char block[12000], back[12000];
	char byte;
	int i;

	for (i = 0; i < (int)sizeof(block); i++)
		block[i] = i * 7;
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_FIN_WAIT_2));
	/* The other half works on, both ways of it: data out, nothing more in. */
	ASSERT_EQ(0, send_all(self->c.server, block, sizeof(block)));
	ASSERT_EQ(0, recv_all(self->c.client, back, sizeof(back)));
	EXPECT_EQ(0, memcmp(block, back, sizeof(block)));
	EXPECT_EQ(-EPIPE, answer(send(self->c.client, "x", 1, MSG_NOSIGNAL)));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_FIN_WAIT_2));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_EQ(0, recv_some(self->c.client, &byte, 1));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_TIME_WAIT));
}

TEST_F(closing, shutdown_for_reading_is_end_of_file_here_only)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->c.client, SHUT_RD));
	EXPECT_EQ(0, recv_some(self->c.client, &byte, 1));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, self->client, self->server));
	ASSERT_EQ(0, send_all(self->c.client, "x", 1));
	EXPECT_EQ(1, recv_some(self->c.server, &byte, 1));
}

TEST_F(closing, shutdown_of_both_is_a_close)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->c.client, SHUT_RDWR));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	EXPECT_EQ(0, recv_some(self->c.client, &byte, 1));
	EXPECT_EQ(-EPIPE, answer(send(self->c.client, "x", 1, MSG_NOSIGNAL)));
	ASSERT_EQ(0, shutdown(self->c.server, SHUT_RDWR));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_TIME_WAIT));
	EXPECT_TRUE(SERVER_BECOMES(GONE));
	EXPECT_EQ(-ENOTCONN, answer(shutdown(self->c.server, SHUT_WR)));
}

TEST_F(closing, shutdown_refuses)
{
	int fd = open_socket();

	EXPECT_EQ(-ENOTCONN, answer(shutdown(fd, SHUT_RD)));
	EXPECT_EQ(-ENOTCONN, answer(shutdown(fd, SHUT_WR)));
	EXPECT_EQ(-ENOTCONN, answer(shutdown(fd, SHUT_RDWR)));
	EXPECT_EQ(-EINVAL, answer(shutdown(self->c.client, 3)));
	EXPECT_EQ(-EINVAL, answer(shutdown(self->c.client, -1)));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, self->client, self->server));
}

TEST_F(closing, linger_zero_resets)
{
	char byte;

	ASSERT_EQ(0, close_hard(self->c.client));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLHUP | POLLERR,
		  wait_events(self->c.server, POLLIN | POLLRDHUP));
	EXPECT_EQ(-ECONNRESET, recv_some(self->c.server, &byte, 1));
	/* Told once; then it is only closed. */
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	EXPECT_EQ(-EPIPE, answer(send(self->c.server, "x", 1, MSG_NOSIGNAL)));
	EXPECT_TRUE(CLIENT_BECOMES(GONE));
	EXPECT_TRUE(SERVER_BECOMES(GONE));
}

TEST_F(closing, reset_is_told_to_the_sender_first)
{
	ASSERT_EQ(0, close_hard(self->c.client));
	ASSERT_EQ(POLLERR | POLLHUP, wait_events(self->c.server, 0));
	EXPECT_EQ(-ECONNRESET, answer(send(self->c.server, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(-EPIPE, answer(send(self->c.server, "x", 1, MSG_NOSIGNAL)));
}

/* Unread data: the peer must learn that not all was read (RFC 9293 section 3.6.1). */
TEST_F(closing, close_with_unread_data_resets)
{
	char byte;

	ASSERT_EQ(0, send_all(self->c.client, "unread", 6));
	ASSERT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_EQ(-ECONNRESET, recv_some(self->c.client, &byte, 1));
	EXPECT_TRUE(SERVER_BECOMES(GONE));
	EXPECT_TRUE(CLIENT_BECOMES(GONE));
}

/* Nobody is there to read it any more: RST, so that the sender does not go on. */
TEST_F(closing, data_to_an_orphan_resets)
{
	int err;

	ASSERT_EQ(0, close(self->c.server));
	EXPECT_TRUE(SERVER_BECOMES(RUBATO_FIN_WAIT_2));
	ASSERT_EQ(0, send_all(self->c.client, "too late", 8));
	EXPECT_TRUE(SERVER_BECOMES(GONE));
	ASSERT_TRUE(wait_events(self->c.client, 0) & POLLERR);
	err = pending_error(self->c.client);
	EXPECT_TRUE(err == ECONNRESET || err == EPIPE);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	pipes += number == SIGPIPE;
}

TEST_F(closing, sending_after_the_end_is_a_broken_pipe)
{
	struct sigaction act = { .sa_handler = on_pipe };

	ASSERT_EQ(0, sigaction(SIGPIPE, &act, NULL));
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	EXPECT_EQ(-EPIPE, answer(send(self->c.client, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, pipes);
	EXPECT_EQ(-EPIPE, answer(send(self->c.client, "x", 1, 0)));
	EXPECT_EQ(1, pipes);
	EXPECT_EQ(-EPIPE, answer(write(self->c.client, "x", 1)));
	EXPECT_EQ(2, pipes);
}

TEST_F(closing, unconnected_sockets_refuse_data)
{
	int fd = open_socket();
	char byte;

	/* As TCP on Linux answers. */
	EXPECT_EQ(-EPIPE, answer(send(fd, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(-ENOTCONN, recv_some(fd, &byte, 1));
	EXPECT_EQ(-ENOTCONN, port_of(fd, true));
	ASSERT_EQ(0, bind_to(fd, "127.0.0.1", 0));
	ASSERT_EQ(0, listen(fd, 1));
	EXPECT_EQ(-EPIPE, answer(send(fd, "x", 1, MSG_NOSIGNAL)));
	EXPECT_EQ(-ENOTCONN, recv_some(fd, &byte, 1));
}

TEST_F(closing, a_killed_process_closes_in_order)
{
	char byte;
	int status;
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	/* Only the child holds the client now. */
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, self->client, self->server));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	EXPECT_TRUE(CLIENT_BECOMES(RUBATO_FIN_WAIT_2));
}

/* Closing sends what is queued before the FIN, though the reader is slow. */
TEST_F(closing, queued_data_survives_the_close)
{
	static char block[200000], back[200000];
	int i, sent;
	char byte;

	for (i = 0; i < (int)sizeof(block); i++)
		block[i] = i * 13;
	sent = send(self->c.client, block, sizeof(block), MSG_DONTWAIT);
	ASSERT_LT(0, sent);
	ASSERT_EQ(0, close(self->c.client));
	ASSERT_EQ(0, recv_all(self->c.server, back, sent));
	EXPECT_EQ(0, memcmp(block, back, sent));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
}

/* ---- two hosts: what needs a slow cable */

FIXTURE(slow) {
	struct hosts hosts;
	struct conn c;
	struct nl *nl, *events;
	int client;
};

FIXTURE_SETUP(slow)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	self->nl = nl_open();
	self->events = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_NE(NULL, self->events);
	ASSERT_EQ(0, connect_across(&self->c, ADDR_B, self->hosts.b, self->hosts.a));
	self->client = local_port(self->c.client);
	ASSERT_EQ(0, nl_join(self->events, 0));
	ASSERT_EQ(0, hosts_netem(&self->hosts, "delay 150ms"));
}

FIXTURE_TEARDOWN(slow)
{
	hosts_leave(&self->hosts);
	nl_close(self->events);
	nl_close(self->nl);
}

/* Both FINs are on their way at once (RFC 9293 section 3.6, figure 13). */
TEST_F(slow, simultaneous_close)
{
	struct nl *other;
	struct nl_event e;

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	other = nl_open();
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, close(self->c.client));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_EQ(RUBATO_FIN_WAIT_1, nl_next_state(self->events, self->client, &e));
	EXPECT_EQ(RUBATO_CLOSING, nl_next_state(self->events, self->client, &e));
	EXPECT_EQ(RUBATO_TIME_WAIT, nl_next_state(self->events, self->client, &e));
	EXPECT_TRUE(BECOMES(nl_state(other, self->c.port, self->client) == RUBATO_TIME_WAIT,
			    PATIENCE));
	nl_close(other);
}

/* FIN_WAIT_1 begins at close(), not when the FIN is acknowledged. */
TEST_F(slow, states_of_an_active_close_in_order)
{
	struct nl_event e;
	char byte;

	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	EXPECT_EQ(RUBATO_FIN_WAIT_1, nl_state(self->nl, self->client, self->c.port));
	EXPECT_EQ(RUBATO_FIN_WAIT_1, nl_next_state(self->events, self->client, &e));
	EXPECT_EQ(0x11U, e.flags);	/* FIN+ACK */
	EXPECT_EQ(RUBATO_FIN_WAIT_2, nl_next_state(self->events, self->client, &e));
	EXPECT_EQ(RUBATO_CAUSE_RECEIVED, e.cause);
	EXPECT_EQ(0x10U, e.flags);
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_EQ(RUBATO_TIME_WAIT, nl_next_state(self->events, self->client, &e));
	EXPECT_EQ(0x11U, e.flags);
}

TEST_F(slow, last_ack_is_seen_on_the_passive_side)
{
	struct nl *other;
	char byte;

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	other = nl_open();
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_EQ(0, recv_some(self->c.server, &byte, 1));
	ASSERT_EQ(0, close(self->c.server));
	EXPECT_EQ(RUBATO_LAST_ACK, nl_state(other, self->c.port, self->client));
	EXPECT_TRUE(BECOMES(!nl_state(other, self->c.port, self->client), PATIENCE));
	EXPECT_EQ(RUBATO_TIME_WAIT, nl_state(self->nl, self->client, self->c.port));
	nl_close(other);
}

/* SO_LINGER with a time returns when the FIN is acknowledged: one round trip of 300 ms. */
TEST_F(slow, linger_waits_for_the_acknowledgement)
{
	uint64_t start;

	ASSERT_EQ(0, linger_for(self->c.client, 10));
	start = now();
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_LE(300 * MS, now() - start);
	EXPECT_GT(300 * MS + LATE, now() - start);
	EXPECT_EQ(RUBATO_FIN_WAIT_2, nl_state(self->nl, self->client, self->c.port));
}

/* ... and does not wait for ever when nobody acknowledges it. */
TEST_F(slow, linger_is_bounded)
{
	uint64_t start;

	ASSERT_EQ(0, netem("va", "loss 100%"));
	ASSERT_EQ(0, linger_for(self->c.client, 1));
	start = now();
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_LE(SEC - TICKS, now() - start);
	EXPECT_GT(SEC + LATE, now() - start);
	EXPECT_EQ(RUBATO_FIN_WAIT_1, nl_state(self->nl, self->client, self->c.port));
}

TEST_HARNESS_MAIN
