// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll() and epoll: every answer as TCP gives it, at every stage of a connection's life.
 */
#include <sys/epoll.h>
#include <limits.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

FIXTURE(ready) {
	struct conn c;
	struct nl *nl;
};

FIXTURE_SETUP(ready)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_EQ(0, connect_here(&self->c));
}

FIXTURE_TEARDOWN(ready)
{
	nl_leave(self->nl);
}

TEST_F(ready, new_socket)
{
	int fd = open_socket();

	EXPECT_EQ(POLLOUT | POLLHUP, events_now(fd));
	ASSERT_EQ(0, bind_to(fd, "127.0.0.1", 0));
	EXPECT_EQ(POLLOUT | POLLHUP, events_now(fd));
}

TEST_F(ready, listener)
{
	int fd = open_socket();

	EXPECT_EQ(0, events_now(self->c.listener));
	ASSERT_EQ(0, connect_to(fd, "127.0.0.1", self->c.port));
	EXPECT_EQ(POLLIN, wait_events(self->c.listener, POLLIN));
	ASSERT_LE(0, accept_one(self->c.listener));
	EXPECT_EQ(0, events_now(self->c.listener));
}

TEST_F(ready, connection)
{
	char byte;

	EXPECT_EQ(POLLOUT, events_now(self->c.server));
	ASSERT_EQ(0, send_all(self->c.client, "x", 1));
	EXPECT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
	EXPECT_EQ(POLLIN | POLLOUT, events_now(self->c.server));
	ASSERT_EQ(1, recv_some(self->c.server, &byte, 1));
	EXPECT_EQ(POLLOUT, events_now(self->c.server));
}

TEST_F(ready, low_water_mark)
{
	ASSERT_EQ(0, set_int(self->c.server, SOL_SOCKET, SO_RCVLOWAT, 3));
	ASSERT_EQ(0, send_all(self->c.client, "ab", 2));
	ASSERT_TRUE(BECOMES(nl_sock(self->nl, self->c.port,
				    local_port(self->c.client))->recv_queue == 2, PATIENCE));
	EXPECT_EQ(POLLOUT, events_now(self->c.server));
	ASSERT_EQ(0, send_all(self->c.client, "c", 1));
	EXPECT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
}

/* More than the window ever lets in: what is there is readable all the same, or nobody would move. */
TEST_F(ready, low_water_mark_above_the_window)
{
	static char block[65536];

	ASSERT_EQ(0, set_int(self->c.server, SOL_SOCKET, SO_RCVLOWAT, INT_MAX));
	ASSERT_EQ(0, nonblocking(self->c.client, true));
	while (send(self->c.client, block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
	EXPECT_EQ(POLLIN, wait_events(self->c.server, POLLIN));
}

TEST_F(ready, peer_has_closed)
{
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	EXPECT_EQ(POLLRDHUP, wait_events(self->c.server, POLLRDHUP));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT, events_now(self->c.server));
	EXPECT_EQ(POLLOUT, events_now(self->c.client));
}

TEST_F(ready, both_have_closed)
{
	char byte;

	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_EQ(0, recv_some(self->c.server, &byte, 1));
	ASSERT_EQ(0, shutdown(self->c.server, SHUT_WR));
	EXPECT_EQ(POLLHUP, wait_events(self->c.client, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT | POLLHUP, events_now(self->c.client));
}

TEST_F(ready, reset)
{
	ASSERT_EQ(0, close_hard(self->c.client));
	EXPECT_EQ(POLLERR | POLLHUP, wait_events(self->c.server, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT | POLLHUP | POLLERR, events_now(self->c.server));
	EXPECT_EQ(ECONNRESET, pending_error(self->c.server));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT | POLLHUP, events_now(self->c.server));
}

/* A waiting epoll is woken, level and edge triggered alike. */
TEST_F(ready, epoll_is_woken_by_each_event)
{
	struct epoll_event want = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC), status;
	pid_t child;
	char byte;

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->c.server, &want));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	child = fork();
	if (!child) {
		/* Answers one byte for each that comes, then closes. */
		if (send_all(self->c.client, "1", 1) || recv_all(self->c.client, &byte, 1) ||
		    send_all(self->c.client, "2", 1) || recv_all(self->c.client, &byte, 1))
			_exit(1);
		_exit(shutdown(self->c.client, SHUT_WR) ? 2 : 0);
	}
	/* Edge triggered: told once, though the byte was not read. */
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, PATIENCE / MS));
	EXPECT_EQ(EPOLLIN, got.events);
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(0, send_all(self->c.server, "a", 1));
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, PATIENCE / MS));
	EXPECT_EQ(EPOLLIN, got.events);
	ASSERT_EQ(0, send_all(self->c.server, "b", 1));
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, PATIENCE / MS));
	EXPECT_EQ((uint32_t)(EPOLLIN | EPOLLRDHUP), got.events);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F_TIMEOUT(ready, epoll_tells_that_there_is_room_again, 60)
{
	struct epoll_event want = { .events = EPOLLOUT | EPOLLET }, got;
	static char block[65536];
	int ep = epoll_create1(EPOLL_CLOEXEC), n;
	pid_t child;
	int status;

	ASSERT_EQ(0, nonblocking(self->c.client, true));
	while (send(self->c.client, block, sizeof(block), 0) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->c.client, &want));
	/* What is still on its way may make room; then it is filled again. */
	while (epoll_wait(ep, &got, 1, 300) == 1)
		while (send(self->c.client, block, sizeof(block), 0) > 0)
			;
	child = fork();
	if (!child) {
		while (recv_some(self->c.server, block, sizeof(block)) > 0)
			;
		_exit(0);
	}
	n = epoll_wait(ep, &got, 1, PATIENCE / MS);
	EXPECT_EQ(1, n);
	EXPECT_EQ(EPOLLOUT, got.events);
	EXPECT_LT(0, send(self->c.client, "x", 1, 0));
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_EQ(child, waitpid(child, &status, 0));
}

/* Two processes wait for one connection: both may be woken, exactly one gets it. */
TEST_F(ready, one_connection_for_two_waiters)
{
	int gate[2], i, status, got = 0;
	pid_t child[2];

	ASSERT_EQ(0, pipe(gate));
	ASSERT_EQ(0, set_timeout(self->c.listener, SO_RCVTIMEO, 3 * SEC));
	for (i = 0; i < 2; i++) {
		child[i] = fork();
		if (!child[i]) {
			if (write(gate[1], "!", 1) != 1)
				_exit(3);
			status = accept_one(self->c.listener);
			_exit(status >= 0 ? 0 : status == -EAGAIN ? 1 : 2);
		}
	}
	for (i = 0; i < 2; i++) {
		char byte;

		ASSERT_EQ(1, read(gate[0], &byte, 1));
	}
	ASSERT_EQ(0, connect_to(open_socket(), "127.0.0.1", self->c.port));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_GE(1, WEXITSTATUS(status));
		got += WEXITSTATUS(status) == 0;
	}
	EXPECT_EQ(1, got);
}

TEST_HARNESS_MAIN
