// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything is per network namespace, and a namespace that ends takes all that is in it
 * along: connections, half-open ones, TIME_WAIT. That it is gone shows at its end of a cable,
 * which then leaves the other end too.
 */
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

FIXTURE(two) {
	int a, b;
	struct nl *nl_a, *nl_b;
};

FIXTURE_SETUP(two)
{
	self->b = ns_new();
	ASSERT_LE(0, self->b);
	self->nl_b = nl_open();
	ASSERT_NE(NULL, self->nl_b);
	self->a = ns_new();
	ASSERT_LE(0, self->a);
	self->nl_a = nl_open();
	ASSERT_NE(NULL, self->nl_a);
}

FIXTURE_TEARDOWN(two)
{
	nl_leave(self->nl_a);
	nl_leave(self->nl_b);
}

TEST_F(two, one_port_in_each)
{
	int a, b;

	a = listen_on("127.0.0.1", 5000);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, ns_enter(self->b));
	b = listen_on("127.0.0.1", 5000);
	ASSERT_LE(0, b);
	EXPECT_EQ(1, nl_count(self->nl_a, RUBATO_LISTEN));
	EXPECT_EQ(1, nl_count(self->nl_b, RUBATO_LISTEN));
	/* A connection finds the one of its own. */
	ASSERT_EQ(0, connect_to(open_socket(), "127.0.0.1", 5000));
	EXPECT_LE(0, accept_one(b));
	ASSERT_EQ(0, nonblocking(a, true));
	EXPECT_EQ(-EAGAIN, accept_one(a));
	EXPECT_EQ(0, nl_count(self->nl_a, RUBATO_ESTABLISHED));
	EXPECT_EQ(2, nl_count(self->nl_b, RUBATO_ESTABLISHED));
}

TEST_F(two, connect_does_not_cross)
{
	ASSERT_LE(0, listen_on("127.0.0.1", 5000));
	ASSERT_EQ(0, ns_enter(self->b));
	EXPECT_EQ(-ECONNREFUSED, connect_to(open_socket(), "127.0.0.1", 5000));
}

/* A socket stays in the namespace that made it, wherever its process goes. */
TEST_F(two, sockets_stay_where_they_were_made)
{
	int fd = open_socket();

	ASSERT_LE(0, listen_on("127.0.0.1", 5000));
	ASSERT_EQ(0, ns_enter(self->b));
	EXPECT_EQ(0, connect_to(fd, "127.0.0.1", 5000));
}

TEST_F(two, policies_are_independent)
{
	struct nl_policy before, after;

	ASSERT_EQ(0, nl_get_policy(self->nl_b, &before));
	ASSERT_EQ(0, nl_set_duration(self->nl_a, RUBATO_POLICY_MSL, SEC));
	ASSERT_EQ(0, nl_set_tempo(self->nl_a, 3 * RUBATO_TEMPO_ONE));
	ASSERT_EQ(0, nl_get_policy(self->nl_b, &after));
	EXPECT_TRUE(nl_policy_equal(&before, &after));
	ASSERT_EQ(0, nl_get_policy(self->nl_a, &after));
	EXPECT_EQ(SEC, nl_policy_number(&after, RUBATO_A_POLICY, RUBATO_POLICY_MSL));
}

TEST_F(two, counters_and_events_are_independent)
{
	struct nl *events;
	struct nl_event e;
	struct timeval soon = { .tv_usec = 1000 };
	struct conn c;

	ASSERT_EQ(0, ns_enter(self->b));
	events = nl_open();
	ASSERT_NE(NULL, events);
	ASSERT_EQ(0, nl_join(events, 1));
	ASSERT_EQ(0, ns_enter(self->a));
	ASSERT_EQ(0, connect_here(&c));
	EXPECT_EQ(1ULL, nl_counter(self->nl_a, RUBATO_STATS_ACTIVE_OPENS));
	EXPECT_EQ(0ULL, nl_counter(self->nl_b, RUBATO_STATS_ACTIVE_OPENS));
	EXPECT_EQ(0ULL, nl_counter(self->nl_b, RUBATO_STATS_SEGMENTS_IN));
	/* They are sent before the call that causes them returns. */
	setsockopt(events->fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	EXPECT_EQ(-EAGAIN, nl_event(events, &e));
	nl_close(events);
}

TEST_F(two, a_new_namespace_has_the_built_in_policy)
{
	struct nl_policy policy;
	struct nl *nl;

	ASSERT_EQ(0, nl_set_duration(self->nl_a, RUBATO_POLICY_MSL, SEC));
	ASSERT_LE(0, ns_new());
	nl = nl_open();
	ASSERT_NE(NULL, nl);
	ASSERT_EQ(0, nl_get_policy(nl, &policy));
	EXPECT_EQ(30 * SEC, nl_policy_number(&policy, RUBATO_A_POLICY, RUBATO_POLICY_MSL));
	EXPECT_EQ(1U, nl_policy_number(&policy, RUBATO_A_GENERATION, 0));
	nl_close(nl);
}

/* ---- the end of a namespace */

/* Each leaves something behind in host B; called there, with host A at the other end. */
struct leaving {
	const char *name;
	int (*leave)(struct hosts *h);
};

static int leave_connection(struct hosts *h)
{
	struct conn c;

	return connect_across(&c, ADDR_A, h->a, h->b);
}

static int leave_listener(struct hosts *h)
{
	(void)h;
	return listen_on(ADDR_B, 5000) < 0;
}

static int leave_time_wait(struct hosts *h)
{
	struct nl *nl = nl_open();
	struct conn c;
	char byte;
	int err;

	err = connect_across(&c, ADDR_A, h->a, h->b);
	if (err || !nl)
		return -1;
	close(c.client);
	err = recv_some(c.server, &byte, 1);
	close(c.server);
	return err ?: !BECOMES(nl_count(nl, RUBATO_TIME_WAIT) == 1, PATIENCE);
}

/* A hears nothing of what B answers: the connection stays half open in B. */
static int leave_half_open(struct hosts *h)
{
	struct nl *nl = nl_open();
	int fd, err;

	if (!nl || listen_on(ADDR_B, 5000) < 0 || netem("vb", "loss 100%") || ns_enter(h->a))
		return -1;
	fd = open_socket();
	nonblocking(fd, true);
	err = connect_to(fd, ADDR_B, 5000);
	if (err != -EINPROGRESS)
		return err;
	return !BECOMES(nl_count(nl, RUBATO_SYN_RCVD) == 1, PATIENCE);
}

static int leave_syn_sent(struct hosts *h)
{
	int fd = open_socket();

	(void)h;
	nonblocking(fd, true);
	return connect_to(fd, ADDR_DEAD, 5000) != -EINPROGRESS;
}

/* An orphan that still has data to send keeps the namespace, as long as `fin` says. */
static int leave_orphan(struct hosts *h)
{
	static const uint64_t gaps[] = { 50 * MS, 100 * MS, 0 };
	struct nl *nl = nl_open();
	struct conn c;

	if (!nl || connect_across(&c, ADDR_A, h->a, h->b))
		return -1;
	if (nl_set_gaps(nl, RUBATO_POLICY_FIN, gaps) || netem("vb", "loss 100%"))
		return -1;
	if (send_all(c.client, "nobody will read this", 21))
		return -1;
	return close(c.client);
}

/* Data that arrived out of order, and data that nobody read. */
static int leave_queues(struct hosts *h)
{
	static char block[20000];
	struct conn c;

	if (connect_across(&c, ADDR_A, h->a, h->b) || send_all(c.client, block, sizeof(block)))
		return -1;
	return send_all(c.server, block, sizeof(block));
}

static const struct leaving leavings[] = {
	{ "a listener", leave_listener },
	{ "a connection", leave_connection },
	{ "queued data", leave_queues },
	{ "SYN_SENT", leave_syn_sent },
	{ "a half-open connection", leave_half_open },
	{ "TIME_WAIT", leave_time_wait },
	{ "an orphan", leave_orphan },
};

/*
 * A process that makes host B, leaves something there and exits. Its namespace A is ours, so
 * that our end of the cable shows when B is gone.
 */
static int make_and_leave(const struct leaving *l, int ours)
{
	struct hosts h = { .a = ours };

	h.b = ns_new();
	if (h.b < 0)
		return 10;
	if (hosts_join(&h) || ns_enter(h.b))
		return 11;
	return l->leave(&h) ? 13 : 0;
}

TEST_F_TIMEOUT(two, namespace_ends_with_anything_in_it, 120)
{
	unsigned int i;
	int status;
	pid_t child;

	for (i = 0; i < sizeof(leavings) / sizeof(leavings[0]); i++) {
		child = fork();
		if (!child)
			_exit(make_and_leave(&leavings[i], self->a));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("%s: could not be left behind (%d)", leavings[i].name, status >> 8);
		}
		EXPECT_TRUE(BECOMES(!if_nametoindex("va"), PATIENCE)) {
			TH_LOG("%s keeps its namespace", leavings[i].name);
		}
	}
	/* What was left in A is A's. */
	EXPECT_EQ(0ULL, nl_counter(self->nl_a, RUBATO_STATS_HALF_OPEN));
}

TEST_HARNESS_MAIN
