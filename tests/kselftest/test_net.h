/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time, deadlines and network namespaces for the tests. Each test makes namespaces of its
 * own and drops them by ending; functions that return int answer 0 or a negative errno.
 *
 * Never early is exact: times are taken before the call that starts a wait and after the
 * observation that ends it, on CLOCK_MONOTONIC. Late is allowed up to LATE: the machine
 * below may be an emulated one with work of its own.
 */
#ifndef RUBATO_TEST_NET_H
#define RUBATO_TEST_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ULL
#define SEC 1000000000ULL
/* How late may something be that depends on this machine only. */
#define LATE (800 * MS)
/*
 * SO_RCVTIMEO and its kin are the kernel's own, counted in ticks that an emulated processor may
 * take late and then catch up with: these alone may be so much shorter.
 */
#define TICKS (30 * MS)
/* When to give up waiting for something that has no time of its own. */
#define PATIENCE (15 * SEC)

static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SEC + t.tv_nsec;
}

static inline void breathe(void)
{
	struct timespec ms = { .tv_nsec = MS };

	nanosleep(&ms, NULL);
}

/* Polls until @condition holds; false if it did not within @patience ns. */
#define BECOMES(condition, patience) __extension__ ({		\
	uint64_t give_up_ = now() + (patience);			\
	bool holds_;						\
	while (!(holds_ = (condition)) && now() < give_up_)	\
		breathe();					\
	holds_;							\
})

/* A program with its arguments, as the shell takes them. Its output goes to our stderr. */
__attribute__((format(printf, 1, 2))) static inline int run(const char *format, ...)
{
	char command[1024];
	va_list args;
	int n;

	n = snprintf(command, sizeof(command), "exec >&2; ");
	va_start(args, format);
	vsnprintf(command + n, sizeof(command) - n, format, args);
	va_end(args);
	n = system(command);
	if (n)
		fprintf(stderr, "failed: %s\n", command);
	return n ? -EIO : 0;
}

static inline int loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	err = ioctl(fd, SIOCSIFFLAGS, &lo) ? -errno : 0;
	close(fd);
	return err;
}

/* Enters a new namespace with its loopback up. Return: a descriptor of it, or -errno. */
static inline int ns_new(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	if (loopback_up())
		return -EIO;
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline int ns_enter(int ns)
{
	return setns(ns, CLONE_NEWNET) ? -errno : 0;
}

#define ADDR_A "10.0.0.1"
#define ADDR_B "10.0.0.2"
#define MAC_A "02:00:00:00:00:01"
#define MAC_B "02:00:00:00:00:02"
#define ADDR_DEAD "10.0.0.9"	/* a neighbour that A and B believe in and that is nobody */

/* Two hosts and a cable: "va" in @a with ADDR_A, "vb" in @b with ADDR_B. */
struct hosts {
	int a, b;
};

/* One host of the two. Static neighbours: no ARP, and ADDR_DEAD has an address of nobody. */
static inline int hosts_configure(int ns, const char *dev, const char *addr, const char *mac,
				  const char *peer, const char *peer_mac)
{
	if (ns_enter(ns))
		return -EIO;
	/* One program for all of it: starting one is slow on an emulated processor. */
	return run("ip -batch - <<E\n"
		   "link set %s address %s\n"
		   "addr add %s/24 brd + dev %s\n"
		   "link set %s up\n"
		   "neigh add %s lladdr %s dev %s\n"
		   "neigh add " ADDR_DEAD " lladdr 02:00:00:00:00:99 dev %s\n"
		   "E\n", dev, mac, addr, dev, dev, peer, peer_mac, dev, dev);
}

/* Joins two namespaces, from A. */
static inline int hosts_join(const struct hosts *h)
{
	if (ns_enter(h->a) ||
	    run("ip link add va type veth peer name vb netns /proc/%d/fd/%d", getpid(), h->b) ||
	    hosts_configure(h->b, "vb", ADDR_B, MAC_B, ADDR_A, MAC_A))
		return -EIO;
	return hosts_configure(h->a, "va", ADDR_A, MAC_A, ADDR_B, MAC_B);
}

/* Leaves the caller on host A. */
static inline int hosts_new(struct hosts *h)
{
	h->b = ns_new();
	if (h->b < 0)
		return h->b;
	h->a = ns_new();
	return h->a < 0 ? h->a : hosts_join(h);
}

/* What the cable does to packets that leave @dev ("loss 5%", "delay 100ms"), from now on. */
static inline int netem(const char *dev, const char *what)
{
	return run("tc qdisc replace dev %s root netem %s", dev, what);
}

/* On both ends; leaves the caller on host A. */
static inline int hosts_netem(const struct hosts *h, const char *what)
{
	if (ns_enter(h->b) || netem("vb", what) || ns_enter(h->a))
		return -EIO;
	return netem("va", what);
}

#endif
