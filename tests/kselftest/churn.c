// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many connections at once, opened, used and ended in every way by processes that do not wait
 * for each other. Whatever happens to them, afterwards nothing is left: no socket, no
 * half-open connection, no TIME_WAIT, no orphan, and every port is free.
 */
#include <sys/prctl.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

#define CLIENTS 6
#define ROUNDS 60
#define SERVERS 3

FIXTURE(churn) {
	struct hosts hosts;
	struct nl *nl;
	unsigned int seed;
};

FIXTURE_VARIANT(churn) {
	const char *netem;
	void (*beside)(struct nl *nl[2]);
};

FIXTURE_VARIANT_ADD(churn, clean) {
	.netem = NULL,
};

FIXTURE_VARIANT_ADD(churn, lossy) {
	.netem = "delay 1ms loss 5%",
};

/* Timers fire while a retune sets them anew: time runs fast and slow by turns. */
static void retune(struct nl *nl[2])
{
	int i;

	for (i = 0;; i++)
		if (nl_set_tempo(nl[i & 1], i & 2 ? RUBATO_TEMPO_MAX : RUBATO_TEMPO_ONE))
			_exit(2);
}

FIXTURE_VARIANT_ADD(churn, retuned) {
	.netem = "delay 1ms loss 5%",
	.beside = retune,
};

/* Everything is listed while processes are at work in it. */
static void list(struct nl *nl[2])
{
	int i;

	for (i = 0;; i++)
		nl_sock(nl[i & 1], -1, -1);
}

FIXTURE_VARIANT_ADD(churn, listed) {
	.netem = "delay 1ms loss 5%",
	.beside = list,
};

/* Losses and waits cost little. */
static int hurry(int ns)
{
	static const uint64_t gaps[] = { 50 * MS, 100 * MS, 200 * MS, 400 * MS, 0 };
	struct nlattr *policy;
	struct nl *nl;
	int err;

	if (ns_enter(ns))
		return -EIO;
	nl = nl_open();
	if (!nl)
		return -errno;
	policy = nl_set_begin(nl);
	nl_u64(nl, RUBATO_POLICY_MSL, 100 * MS);
	nl_u64(nl, RUBATO_POLICY_FIN_WAIT_2, 500 * MS);
	nl_u64(nl, RUBATO_POLICY_RTO_MIN, 10 * MS);
	nl_u64(nl, RUBATO_POLICY_RTO_INITIAL, 50 * MS);
	nl_put_gaps(nl, RUBATO_POLICY_SYN, gaps);
	nl_put_gaps(nl, RUBATO_POLICY_FIN, gaps);
	nl_put_gaps(nl, RUBATO_POLICY_DATA, gaps);
	err = nl_set_commit(nl, policy);
	nl_close(nl);
	return err;
}

FIXTURE_SETUP(churn)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	ASSERT_EQ(0, hurry(self->hosts.b));
	ASSERT_EQ(0, hurry(self->hosts.a));
	if (variant->netem) {
		ASSERT_EQ(0, hosts_netem(&self->hosts, variant->netem));
	}
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	self->seed = now();
	TH_LOG("seed %u", self->seed);
}

FIXTURE_TEARDOWN(churn)
{
	hosts_leave(&self->hosts);
	nl_close(self->nl);
}

static char block[30000];

/* One way to end a connection. */
static void end_somehow(int fd, unsigned int *seed)
{
	switch (rand_r(seed) % 5) {
	case 0:
		close_hard(fd);
		return;
	case 1:
		shutdown(fd, SHUT_WR);
		recv_some(fd, block, sizeof(block));
		break;
	case 2:
		shutdown(fd, SHUT_RDWR);
		break;
	case 3:
		linger_for(fd, 1);
		break;
	}
	close(fd);
}

static void use_somehow(int fd, unsigned int *seed)
{
	set_timeout(fd, SO_RCVTIMEO, 50 * MS);
	set_timeout(fd, SO_SNDTIMEO, 50 * MS);
	if (rand_r(seed) % 2)
		send_all(fd, block, rand_r(seed) % sizeof(block));
	if (rand_r(seed) % 2)
		recv_some(fd, block, rand_r(seed) % sizeof(block));
	if (rand_r(seed) % 4 == 0)
		set_int(fd, SOL_TCP, TCP_NODELAY, 1);
}

/* Ends when the listener does. */
static void serve(int listener, unsigned int seed)
{
	int fd;

	for (;;) {
		fd = accept_one(listener);
		if (fd == -EINVAL)
			return;
		if (fd < 0)
			continue;
		use_somehow(fd, &seed);
		end_somehow(fd, &seed);
	}
}

static void visit(unsigned int seed)
{
	int i, fd, port;

	for (i = 0; i < ROUNDS; i++) {
		port = rand_r(&seed) % 10 ? 5000 : 5001;	/* nobody is at 5001 */
		fd = open_socket();
		if (rand_r(&seed) % 3 == 0)
			nonblocking(fd, true);
		connect_to(fd, ADDR_B, port);
		use_somehow(fd, &seed);
		end_somehow(fd, &seed);
	}
}

/* Does @beside to both namespaces until it is killed. */
static void disturb(const struct hosts *h, void (*beside)(struct nl *nl[2]))
{
	struct nl *nl[2];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < 2; i++) {
		nl[i] = ns_enter(i ? h->b : h->a) ? NULL : nl_open();
		if (!nl[i])
			_exit(1);
	}
	beside(nl);
}

static bool all_gone(struct nl *nl)
{
	struct nl_stats s;

	return !nl_stats(nl, &s) && !s.count[RUBATO_STATS_SOCKETS] &&
	       !s.count[RUBATO_STATS_HALF_OPEN] && !s.count[RUBATO_STATS_TIME_WAIT] &&
	       !s.count[RUBATO_STATS_ORPHANS] && !nl_sock(nl, -1, -1);
}

TEST_F_TIMEOUT(churn, leaves_nothing, 150)
{
	pid_t client[CLIENTS], server[SERVERS], beside = 0;
	int listener, i, status;
	struct nl *other;

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	other = nl_open();
	ASSERT_NE(NULL, other);
	listener = listen_on(ADDR_B, 5000);
	ASSERT_LE(0, listener);
	for (i = 0; i < SERVERS; i++) {
		server[i] = fork();
		if (!server[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(listener, self->seed + i);
			_exit(0);
		}
	}
	if (variant->beside) {
		beside = fork();
		if (!beside)
			disturb(&self->hosts, variant->beside);
	}
	ASSERT_EQ(0, ns_enter(self->hosts.a));
	for (i = 0; i < CLIENTS; i++) {
		client[i] = fork();
		if (!client[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			visit(self->seed + 100 + i);
			_exit(0);
		}
	}
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(client[i], waitpid(client[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	if (beside) {
		EXPECT_EQ(0, kill(beside, SIGKILL));
		ASSERT_EQ(beside, waitpid(beside, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	EXPECT_LT(0ULL, nl_counter(other, RUBATO_STATS_PASSIVE_OPENS));
	ASSERT_EQ(0, shutdown(listener, SHUT_RD));
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(server[i], waitpid(server[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	ASSERT_EQ(0, close(listener));
	EXPECT_TRUE(BECOMES(all_gone(self->nl), PATIENCE));
	EXPECT_TRUE(BECOMES(all_gone(other), PATIENCE));

	/* The one port that everybody used is free without any option. */
	ASSERT_EQ(0, ns_enter(self->hosts.b));
	EXPECT_EQ(0, bind_to(open_socket(), ADDR_B, 5000));
	nl_close(other);
}

TEST_HARNESS_MAIN
