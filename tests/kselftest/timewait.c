// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT lasts 2 x msl: never less, hardly more; and a change of msl or tempo reaches the
 * entries that wait already (RFC 9293 sections 3.6.1 and 3.10.7.4). A module built with
 * RUBATO_PLANT_BUG waits 1 x msl, and this program must fail on it.
 */
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

#define MSL (600 * MS)
#define TWO_MSL (2 * MSL)

FIXTURE(timewait) {
	struct nl *nl;
	int client, server;	/* ports */
	uint64_t before;	/* a moment before the entry was made */
	uint64_t after;		/* and one when it was there */
};

/* Leaves an entry of the client's in TIME_WAIT. */
static int make_time_wait(FIXTURE_DATA(timewait) *self)
{
	struct conn c;
	char byte;
	int err;

	err = connect_here(&c);
	if (err)
		return err;
	self->client = local_port(c.client);
	self->server = c.port;
	close(c.client);
	err = recv_some(c.server, &byte, 1);
	if (err)
		return err;
	self->before = now();
	close(c.server);
	close(c.listener);
	if (!BECOMES(nl_state(self->nl, self->client, self->server) == RUBATO_TIME_WAIT, SEC))
		return -ETIMEDOUT;
	self->after = now();
	return 0;
}

/* When the entry was first seen to be gone. */
static uint64_t gone_at(FIXTURE_DATA(timewait) *self, uint64_t patience)
{
	if (!BECOMES(!nl_state(self->nl, self->client, self->server), patience))
		return ~0ULL;
	return now();
}

FIXTURE_SETUP(timewait)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
}

FIXTURE_TEARDOWN(timewait)
{
	nl_leave(self->nl);
}

TEST_F(timewait, lasts_two_msl)
{
	uint64_t gone;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, MSL));
	ASSERT_EQ(0, make_time_wait(self));
	gone = gone_at(self, PATIENCE);
	EXPECT_LE(self->before + TWO_MSL, gone);
	EXPECT_GE(self->after + TWO_MSL + LATE, gone);
	EXPECT_EQ(0ULL, nl_counter(self->nl, RUBATO_STATS_TIME_WAIT));
}

TEST_F(timewait, event_tells_the_end)
{
	struct nl *events = nl_open();
	struct nl_event e;

	ASSERT_NE(NULL, events);
	ASSERT_EQ(0, nl_join(events, 0));
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, MSL));
	ASSERT_EQ(0, make_time_wait(self));
	do {
		ASSERT_LT(0, nl_next_state(events, self->client, &e));
	} while (e.new_state != RUBATO_CLOSED);
	EXPECT_EQ(RUBATO_TIME_WAIT, e.old_state);
	EXPECT_EQ(RUBATO_CAUSE_CLOCK, e.cause);
	EXPECT_EQ(RUBATO_CLOCK_MSL, (int)e.clock);
	EXPECT_LE(self->before + TWO_MSL, e.time);
	EXPECT_GE(self->after + TWO_MSL + LATE, e.time);
	nl_close(events);
}

TEST_F(timewait, listing_shows_the_running_clock)
{
	const struct nl_sock *s;
	uint64_t passed;

	ASSERT_EQ(0, make_time_wait(self));
	s = nl_sock(self->nl, self->client, self->server);
	ASSERT_NE(NULL, s);
	passed = now() - self->before;
	EXPECT_EQ(RUBATO_CLOCK_MSL, (int)s->clock);
	EXPECT_EQ(0ULL, s->inode);
	/* The default is 30 s. */
	EXPECT_GE(60 * SEC, s->remaining);
	EXPECT_LE(60 * SEC - passed, s->remaining);
}

TEST_F(timewait, tempo_divides_it)
{
	uint64_t gone;

	/* 30 s x 2 at 100 times the tempo. */
	ASSERT_EQ(0, nl_set_tempo(self->nl, 100 * RUBATO_TEMPO_ONE));
	ASSERT_EQ(0, make_time_wait(self));
	gone = gone_at(self, PATIENCE);
	EXPECT_LE(self->before + 600 * MS, gone);
	EXPECT_GE(self->after + 600 * MS + LATE, gone);
}

TEST_F(timewait, retune_shortens_a_running_one)
{
	uint64_t gone;

	ASSERT_EQ(0, make_time_wait(self));
	ASSERT_LT(50 * SEC, nl_sock(self->nl, self->client, self->server)->remaining);
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, MSL));
	gone = gone_at(self, PATIENCE);
	EXPECT_LE(self->before + TWO_MSL, gone);
	EXPECT_GE(self->after + TWO_MSL + LATE, gone);
}

/* Shorter than what has passed already: it ends now. */
TEST_F(timewait, retune_below_what_has_passed_ends_it_at_once)
{
	uint64_t set;

	ASSERT_EQ(0, make_time_wait(self));
	ASSERT_TRUE(BECOMES(now() > self->after + 20 * MS, PATIENCE));
	set = now();
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 2 * MS));
	EXPECT_GE(set + LATE, gone_at(self, PATIENCE));
}

TEST_F(timewait, retune_prolongs_a_running_one)
{
	uint64_t gone;

	/* Long enough that the second change comes before the end. */
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 500 * MS));
	ASSERT_EQ(0, make_time_wait(self));
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 900 * MS));
	gone = gone_at(self, PATIENCE);
	EXPECT_LE(self->before + 1800 * MS, gone);
	EXPECT_GE(self->after + 1800 * MS + LATE, gone);
}

TEST_F(timewait, no_msl_no_wait)
{
	struct conn c;
	char byte;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 0));
	ASSERT_EQ(0, connect_here(&c));
	ASSERT_EQ(0, close(c.client));
	ASSERT_EQ(0, recv_some(c.server, &byte, 1));
	ASSERT_EQ(0, close(c.server));
	ASSERT_EQ(0, close(c.listener));
	EXPECT_TRUE(BECOMES(!nl_sock(self->nl, -1, -1), LATE));
	EXPECT_EQ(0ULL, nl_counter(self->nl, RUBATO_STATS_TIME_WAIT));
}

/* Many at once: none leaves early, all are gone at the end. */
TEST_F(timewait, many_wait_side_by_side)
{
	uint64_t before[30], after;
	int i, n;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 1000 * MS));
	for (i = 0; i < 30; i++) {
		ASSERT_EQ(0, make_time_wait(self));
		before[i] = self->before;
	}
	after = self->after;
	/* Those whose time is not over when the listing has come must have been in it. */
	do {
		uint64_t look;
		int waiting = 0;

		n = nl_count(self->nl, RUBATO_TIME_WAIT);
		look = now();
		for (i = 0; i < 30; i++)
			waiting += look < before[i] + 2000 * MS;
		ASSERT_LE(waiting, n);
	} while (n > 0 && now() < after + 2000 * MS + LATE);
	EXPECT_EQ(0, n);
}

/* Without SO_REUSEADDR only the end of the wait frees the port. */
TEST_F(timewait, port_may_be_used_again_when_it_is_over)
{
	int fd = open_socket();

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, MSL));
	ASSERT_EQ(0, make_time_wait(self));
	EXPECT_EQ(-EADDRINUSE, bind_to(fd, "127.0.0.1", self->client));
	ASSERT_TRUE(BECOMES(!nl_state(self->nl, self->client, self->server), PATIENCE));
	EXPECT_EQ(0, bind_to(fd, "127.0.0.1", self->client));
}

TEST_HARNESS_MAIN
