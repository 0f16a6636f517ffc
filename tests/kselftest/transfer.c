// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes, both ways: whatever the cable loses, repeats or reorders and however the processes
 * read and write, what arrives is what was sent (RFC 9293 sections 3.7 to 3.9).
 */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

#define CHUNK 16384

/* The stream's bytes are a function of their place, so order and loss both show. */
static unsigned char byte_at(uint64_t place, unsigned int salt)
{
	uint64_t x = (place + 1) * 0x9e3779b97f4a7c15ULL ^ salt;

	return (x >> 32) ^ (x >> 56);
}

static void fill(unsigned char *buffer, size_t len, uint64_t place, unsigned int salt)
{
	size_t i;

	for (i = 0; i < len; i++)
		buffer[i] = byte_at(place + i, salt);
}

static bool right(const unsigned char *buffer, size_t len, uint64_t place, unsigned int salt)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (buffer[i] != byte_at(place + i, salt))
			return false;
	return true;
}

static int write_stream(int fd, uint64_t total, unsigned int salt)
{
	unsigned char buffer[CHUNK];
	uint64_t place = 0;
	int err = 0;

	while (!err && place < total) {
		size_t n = total - place < CHUNK ? total - place : CHUNK;

		fill(buffer, n, place, salt);
		err = send_all(fd, buffer, n);
		place += n;
	}
	return err;
}

/* Reads at most @step bytes at a time until @total and end of file. -EBADMSG: a wrong byte. */
static int read_stream(int fd, uint64_t total, unsigned int salt, size_t step)
{
	unsigned char buffer[CHUNK];
	uint64_t place = 0;
	int n;

	for (;;) {
		n = recv_some(fd, buffer, step);
		if (n <= 0)
			break;
		if (place + n > total || !right(buffer, n, place, salt))
			return -EBADMSG;
		place += n;
	}
	return n < 0 ? n : place == total ? 0 : -EPIPE;
}

/* A process that writes all of it and closes; its exit status is 0 if that went well. */
static pid_t writer(int fd, uint64_t total, unsigned int salt)
{
	pid_t child = fork();
	int err;

	if (child)
		return child;
	err = write_stream(fd, total, salt);
	if (!err)
		err = answer(shutdown(fd, SHUT_WR));
	_exit(err ? 1 : 0);
}

/* Both directions at once: two writers, and a second reader beside this process. */
static int exchange(struct conn *c, uint64_t total, size_t step)
{
	pid_t child[3];
	int status, err, i;

	child[0] = writer(c->client, total, 1);
	child[1] = writer(c->server, total, 2);
	child[2] = fork();
	if (!child[2])
		_exit(read_stream(c->client, total, 2, step) ? 1 : 0);
	err = read_stream(c->server, total, 1, step);
	for (i = 0; i < 3; i++)
		if (waitpid(child[i], &status, 0) != child[i] || status)
			err = err ?: -(100 + i);
	return err;
}

FIXTURE(cable) {
	struct hosts hosts;
	struct conn c;
	struct nl *nl;
};

FIXTURE_VARIANT(cable) {
	const char *netem;
	uint64_t total;
	bool loses;
};

FIXTURE_VARIANT_ADD(cable, clean) {
	.netem = NULL, .total = 1 << 20,
};

FIXTURE_VARIANT_ADD(cable, lossy) {
	.netem = "delay 2ms loss 4%", .total = 400 << 10, .loses = true,
};

FIXTURE_VARIANT_ADD(cable, reordering) {
	.netem = "delay 5ms reorder 75% 50% gap 3", .total = 300 << 10,
};

FIXTURE_VARIANT_ADD(cable, doubling) {
	.netem = "delay 2ms duplicate 20%", .total = 300 << 10,
};

FIXTURE_SETUP(cable)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	/* Losses cost round trips, not patience. */
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_RTO_MIN, 20 * MS));
	ASSERT_EQ(0, ns_enter(self->hosts.b));
	{
		struct nl *other = nl_open();

		ASSERT_NE(NULL, other);
		ASSERT_EQ(0, nl_set_duration(other, RUBATO_POLICY_RTO_MIN, 20 * MS));
		nl_close(other);
	}
	ASSERT_EQ(0, ns_enter(self->hosts.a));
	ASSERT_EQ(0, connect_across(&self->c, ADDR_B, self->hosts.b, self->hosts.a));
	if (variant->netem) {
		ASSERT_EQ(0, hosts_netem(&self->hosts, variant->netem));
	}
}

FIXTURE_TEARDOWN(cable)
{
	hosts_leave(&self->hosts);
	nl_close(self->nl);
}

TEST_F_TIMEOUT(cable, both_ways_at_once, 120)
{
	ASSERT_EQ(0, exchange(&self->c, variant->total, CHUNK));
	if (variant->loses) {
		EXPECT_LT(0ULL, nl_counter(self->nl, RUBATO_STATS_RETRANSMISSIONS));
	}
}

/* ---- one host */

FIXTURE(stream) {
	struct conn c;
	struct nl *nl;
};

FIXTURE_SETUP(stream)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_EQ(0, connect_here(&self->c));
}

FIXTURE_TEARDOWN(stream)
{
	nl_leave(self->nl);
}

TEST_F_TIMEOUT(stream, big_transfer_with_small_reads, 120)
{
	pid_t child = writer(self->c.client, 300 << 10, 7);
	int status;

	EXPECT_EQ(0, read_stream(self->c.server, 300 << 10, 7, 97));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F_TIMEOUT(stream, small_writes_arrive_in_order, 60)
{
	unsigned char byte;
	int status, i;
	pid_t child;

	child = fork();
	if (!child)
		_exit(read_stream(self->c.server, 3000, 3, CHUNK) ? 1 : 0);
	for (i = 0; i < 3000; i++) {
		byte = byte_at(i, 3);
		ASSERT_EQ(0, send_all(self->c.client, &byte, 1));
	}
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(stream, peek_leaves_the_data)
{
	char text[8] = {};

	ASSERT_EQ(0, send_all(self->c.client, "abcdef", 6));
	EXPECT_EQ(3, recv(self->c.server, text, 3, MSG_PEEK | MSG_WAITALL));
	EXPECT_STREQ("abc", text);
	EXPECT_EQ(6, recv(self->c.server, text, 6, MSG_WAITALL));
	EXPECT_STREQ("abcdef", text);
	EXPECT_EQ(-EAGAIN, answer(recv(self->c.server, text, 1, MSG_PEEK | MSG_DONTWAIT)));
}

TEST_F(stream, trunc_throws_the_data_away)
{
	char text[8] = {};

	ASSERT_EQ(0, send_all(self->c.client, "abcdef", 6));
	EXPECT_EQ(4, recv(self->c.server, text, 4, MSG_TRUNC | MSG_WAITALL));
	EXPECT_STREQ("", text);
	EXPECT_EQ(2, recv(self->c.server, text, 8, 0));
	EXPECT_STREQ("ef", text);
}

TEST_F(stream, waitall_waits_for_all_or_the_end)
{
	char text[8] = {};
	int status;
	pid_t child = fork();

	if (!child) {
		/* The other end reads the first half only when it waits for the rest. */
		if (send_all(self->c.client, "abc", 3) || send_all(self->c.client, "def", 3) ||
		    shutdown(self->c.client, SHUT_WR))
			_exit(1);
		_exit(0);
	}
	EXPECT_EQ(5, recv(self->c.server, text, 5, MSG_WAITALL));
	EXPECT_STREQ("abcde", text);
	EXPECT_EQ(1, recv(self->c.server, text, 5, MSG_WAITALL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(stream, receive_times_out)
{
	uint64_t start;
	char byte;

	ASSERT_EQ(0, set_timeout(self->c.server, SO_RCVTIMEO, 200 * MS));
	start = now();
	EXPECT_EQ(-EAGAIN, recv_some(self->c.server, &byte, 1));
	EXPECT_LE(200 * MS - TICKS, now() - start);
	EXPECT_GT(200 * MS + LATE, now() - start);
	EXPECT_EQ(-EAGAIN, answer(recv(self->c.server, &byte, 1, MSG_DONTWAIT)));
}

TEST_F(stream, bad_buffers_lose_nothing)
{
	char text[4] = {};

	EXPECT_EQ(-EFAULT, answer(send(self->c.client, (void *)8, 4, MSG_NOSIGNAL)));
	ASSERT_EQ(0, send_all(self->c.client, "abc", 3));
	ASSERT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
	EXPECT_EQ(-EFAULT, answer(recv(self->c.server, (void *)8, 3, 0)));
	EXPECT_EQ(0, recv_all(self->c.server, text, 3));
	EXPECT_STREQ("abc", text);
}

TEST_F(stream, queues_are_told)
{
	char text[4];
	int n;

	ASSERT_EQ(0, send_all(self->c.client, "abc", 3));
	ASSERT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
	ASSERT_EQ(0, ioctl(self->c.server, FIONREAD, &n));
	EXPECT_EQ(3, n);
	EXPECT_EQ(3U, nl_sock(self->nl, self->c.port, local_port(self->c.client))->recv_queue);
	ASSERT_EQ(0, recv_all(self->c.server, text, 3));
	ASSERT_EQ(0, ioctl(self->c.server, FIONREAD, &n));
	EXPECT_EQ(0, n);
	/* Acknowledged: the sender's queue is empty too. */
	EXPECT_TRUE(BECOMES(!ioctl(self->c.client, TIOCOUTQ, &n) && !n, PATIENCE));
	EXPECT_EQ(-EINVAL, answer(ioctl(self->c.listener, FIONREAD, &n)));
}

TEST_F(stream, options_of_tcp)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int fd = self->c.client;

	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(1, get_int(fd, SOL_TCP, TCP_NODELAY));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_NODELAY, 0));
	EXPECT_EQ(0, get_int(fd, SOL_TCP, TCP_NODELAY));
	/* Not above what the loopback takes: MTU 65536 less two headers of 20. */
	EXPECT_LE(536, get_int(fd, SOL_TCP, TCP_MAXSEG));
	EXPECT_GE(65536 - 40, get_int(fd, SOL_TCP, TCP_MAXSEG));
	ASSERT_EQ(0, getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(RUBATO_ESTABLISHED, info.tcpi_state);
	EXPECT_LE(200000U, info.tcpi_rto);	/* rto-min */
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_CORK, 1));
	EXPECT_EQ(1, get_int(fd, SOL_TCP, TCP_CORK));
	EXPECT_EQ(0, set_int(fd, SOL_TCP, TCP_QUICKACK, 1));
	EXPECT_EQ(1, get_int(fd, SOL_TCP, TCP_QUICKACK));
	EXPECT_EQ(0, get_int(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(0, set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(1, get_int(fd, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(-ENOPROTOOPT, get_int(fd, SOL_TCP, TCP_KEEPIDLE));
	EXPECT_EQ(-ENOPROTOOPT, set_int(fd, IPPROTO_UDP, 1, 1));
	EXPECT_EQ(0, set_int(fd, SOL_IP, IP_TTL, 17));
	EXPECT_EQ(17, get_int(fd, SOL_IP, IP_TTL));
	EXPECT_EQ(-EINVAL, answer(setsockopt(fd, SOL_TCP, TCP_NODELAY, &len, 1)));
}

TEST_F(stream, urgent_data_is_refused_aloud)
{
	char byte = 0;

	EXPECT_EQ(-EOPNOTSUPP, answer(send(self->c.client, "!", 1, MSG_OOB | MSG_NOSIGNAL)));
	EXPECT_EQ(-EINVAL, answer(recv(self->c.server, &byte, 1, MSG_OOB)));
	EXPECT_EQ(-EAGAIN, answer(recv(self->c.server, &byte, 1, MSG_DONTWAIT)));
}

/* Fills until nothing more goes: the window is shut and the send buffer full. */
static uint64_t fill_up(int fd)
{
	unsigned char buffer[CHUNK];
	uint64_t sent = 0;
	int n, m;

	for (;;) {
		fill(buffer, sizeof(buffer), sent, 9);
		n = send(fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sent += n;
			continue;
		}
		/* What is under way may still make room; a poll that fails twice is the end. */
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		m = poll(&p, 1, 300);
		if (m <= 0)
			return sent;
	}
}

/* RFC 9293 section 3.8.6.1: nobody reads, the window shuts, and opens again without loss. */
TEST_F_TIMEOUT(stream, shut_window_opens_again, 60)
{
	int client = local_port(self->c.client), status;
	const struct nl_sock *s;
	uint64_t sent;
	pid_t child;

	sent = fill_up(self->c.client);
	ASSERT_LT(0ULL, sent);
	EXPECT_EQ(0, events_now(self->c.client) & POLLOUT);
	s = nl_sock(self->nl, client, self->c.port);
	ASSERT_NE(NULL, s);
	EXPECT_LT(0U, s->send_queue);
	EXPECT_TRUE(BECOMES(nl_sock(self->nl, client, self->c.port)->clock ==
			    RUBATO_CLOCK_PERSIST, PATIENCE));
	child = fork();
	if (!child)
		_exit(read_stream(self->c.server, sent, 9, CHUNK) ? 1 : 0);
	EXPECT_EQ(POLLOUT, wait_events(self->c.client, POLLOUT));
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Blocked in send(), told by a timeout and by a signal how much went. */
TEST_F_TIMEOUT(stream, send_times_out, 60)
{
	static char block[4 << 20];
	uint64_t start;
	int n;

	ASSERT_EQ(0, set_timeout(self->c.client, SO_SNDTIMEO, 300 * MS));
	start = now();
	n = send(self->c.client, block, sizeof(block), MSG_NOSIGNAL);
	EXPECT_LT(0, n);
	EXPECT_GT((int)sizeof(block), n);
	EXPECT_LE(300 * MS - TICKS, now() - start);
	/* What the other end took meanwhile made room for a little more, not for all. */
	EXPECT_TRUE(BECOMES(answer(send(self->c.client, block, 4096, MSG_DONTWAIT)) == -EAGAIN,
			    PATIENCE));
}

/* sendfile() through the page cache, as web servers do. */
TEST_F_TIMEOUT(stream, sendfile, 60)
{
	unsigned char buffer[CHUNK];
	uint64_t place = 0, total = 200 << 10;
	int file, status;
	pid_t child;

	file = memfd_create("page-cache", MFD_CLOEXEC);
	ASSERT_LE(0, file);
	for (; place < total; place += sizeof(buffer)) {
		fill(buffer, sizeof(buffer), place, 5);
		ASSERT_EQ((ssize_t)sizeof(buffer), write(file, buffer, sizeof(buffer)));
	}
	total = place;
	child = fork();
	if (!child)
		_exit(read_stream(self->c.server, total, 5, CHUNK) ? 1 : 0);
	off_t offset = 0;
	while ((uint64_t)offset < total)
		ASSERT_LT(0, sendfile(self->c.client, file, &offset, total - offset));
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
