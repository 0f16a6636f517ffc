/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets of the family for the tests. Functions answer a descriptor, a count or 0, else a
 * negative errno, so that a test can say which errno it expects.
 */
#ifndef RUBATO_TEST_SOCK_H
#define RUBATO_TEST_SOCK_H

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/tcp.h>
#include <linux/rubato.h>
#include "test_net.h"

static inline int answer(int result)
{
	return result < 0 ? -errno : result;
}

static inline struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static inline int open_socket(void)
{
	return answer(socket(AF_RUBATO, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static inline int set_int(int fd, int level, int option, int value)
{
	return answer(setsockopt(fd, level, option, &value, sizeof(value)));
}

static inline int get_int(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(fd, level, option, &value, &len) ? -errno : value;
}

/* The pending error of a socket, positive; asking clears it. */
static inline int pending_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

static inline int reuse(int fd, bool on)
{
	return set_int(fd, SOL_SOCKET, SO_REUSEADDR, on);
}

static inline int bind_to(int fd, const char *ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return answer(bind(fd, (struct sockaddr *)&a, sizeof(a)));
}

static inline int connect_to(int fd, const char *ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return answer(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static inline int port_of(int fd, bool peer)
{
	struct sockaddr_in a = {};
	socklen_t len = sizeof(a);
	int err;

	err = peer ? getpeername(fd, (struct sockaddr *)&a, &len) :
		     getsockname(fd, (struct sockaddr *)&a, &len);
	return err ? -errno : ntohs(a.sin_port);
}

static inline int local_port(int fd)
{
	return port_of(fd, false);
}

/* A listener with SO_REUSEADDR, so that tests may use a port again. */
static inline int listen_on(const char *ip, int port)
{
	int fd = open_socket(), err;

	if (fd < 0)
		return fd;
	err = reuse(fd, true);
	if (!err)
		err = bind_to(fd, ip, port);
	if (!err)
		err = answer(listen(fd, 16));
	if (!err)
		return fd;
	close(fd);
	return err;
}

static inline int accept_one(int fd)
{
	return answer(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
}

/* SO_LINGER; @seconds below 0 switches it off. */
static inline int linger_for(int fd, int seconds)
{
	struct linger l = { .l_onoff = seconds >= 0, .l_linger = seconds };

	return answer(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

/* close() that resets. */
static inline int close_hard(int fd)
{
	linger_for(fd, 0);
	return answer(close(fd));
}

static inline int nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return answer(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

static inline int set_timeout(int fd, int option, uint64_t ns)
{
	struct timeval t = { .tv_sec = ns / SEC, .tv_usec = ns % SEC / 1000 };

	return answer(setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t)));
}

/* A wait that hangs becomes an error instead: EAGAIN after PATIENCE. */
static inline int impatient(int fd)
{
	int err = set_timeout(fd, SO_RCVTIMEO, PATIENCE);

	return err ? err : set_timeout(fd, SO_SNDTIMEO, PATIENCE);
}

static inline int events_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

/* Waits for one of @events. Return: all that is there then. */
static inline int wait_events(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, PATIENCE / MS) < 0 ? -errno : p.revents;
}

/* A connection: @client on host or address @ip, @server its other end, and the listener. */
struct conn {
	int listener, client, server;
	int port;	/* the server's */
};

/*
 * Listens on @ip (in namespace @server_ns, or here if -1) and connects from here. Which port
 * is the listener's choice. Leaves the caller where it was: in @here.
 */
static inline int connect_across(struct conn *c, const char *ip, int server_ns, int here)
{
	int err;

	if (server_ns >= 0 && ns_enter(server_ns))
		return -EIO;
	c->listener = listen_on(ip, 0);
	if (server_ns >= 0 && ns_enter(here))
		return -EIO;
	if (c->listener < 0)
		return c->listener;
	c->port = local_port(c->listener);
	c->client = open_socket();
	if (c->client < 0)
		return c->client;
	err = connect_to(c->client, ip, c->port);
	if (err)
		return err;
	c->server = accept_one(c->listener);
	if (c->server < 0)
		return c->server;
	err = impatient(c->client);
	return err ? err : impatient(c->server);
}

/* The same on one host. */
static inline int connect_here(struct conn *c)
{
	return connect_across(c, "127.0.0.1", -1, -1);
}

/* All of it, or the first error. */
static inline int send_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
	}
	return 0;
}

/* Exactly @len bytes. Return: 0, -EPIPE at an early end of file, or -errno. */
static inline int recv_all(int fd, void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	while (len) {
		n = recv(fd, p, len, 0);
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		len -= n;
	}
	return 0;
}

static inline int recv_some(int fd, void *data, size_t len)
{
	ssize_t n = recv(fd, data, len, 0);

	return n < 0 ? -errno : n;
}

#endif
