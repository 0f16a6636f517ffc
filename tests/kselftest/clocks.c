// SPDX-License-Identifier: GPL-2.0-only
/*
 * Schedules on a real kernel: when segments leave again and when it is given up, for each
 * clock that is built. Never early; late by what the machine below needs.
 */
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

/* BSD's connect: 6 s, 24 s, and 45 s more. At 100 times the tempo: 60, 240 and 450 ms. */
static const uint64_t bsd_syn[] = { 6 * SEC, 24 * SEC, 45 * SEC, 0 };
static const uint64_t short_gaps[] = { 50 * MS, 100 * MS, 200 * MS, 0 };
#define SHORT_GAPS_END (350 * MS)

FIXTURE(clocks) {
	struct hosts hosts;
	struct nl *nl, *events;
};

FIXTURE_SETUP(clocks)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	self->nl = nl_open();
	self->events = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_NE(NULL, self->events);
	ASSERT_EQ(0, nl_join(self->events, 0));
}

FIXTURE_TEARDOWN(clocks)
{
	hosts_leave(&self->hosts);
	nl_close(self->events);
	nl_close(self->nl);
}

TEST_F(clocks, dead_host_is_given_up_by_the_schedule)
{
	uint64_t start, end;
	int fd = open_socket();

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_SYN, bsd_syn));
	ASSERT_EQ(0, nl_set_tempo(self->nl, 100 * RUBATO_TEMPO_ONE));
	start = now();
	EXPECT_EQ(-ETIMEDOUT, connect_to(fd, ADDR_DEAD, 5000));
	end = now();
	EXPECT_LE(start + 750 * MS, end);
	EXPECT_GE(start + 750 * MS + LATE, end);
	EXPECT_EQ(NULL, nl_sock(self->nl, -1, 5000));
}

TEST_F(clocks, syns_leave_when_the_schedule_says)
{
	struct nl_event e;
	uint64_t start;
	int fd = open_socket();

	ASSERT_EQ(0, bind_to(fd, ADDR_A, 5001));
	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_SYN, bsd_syn));
	ASSERT_EQ(0, nl_set_tempo(self->nl, 100 * RUBATO_TEMPO_ONE));
	start = now();
	ASSERT_EQ(-ETIMEDOUT, connect_to(fd, ADDR_DEAD, 5000));

	ASSERT_EQ(0, nl_event_of(self->events, RUBATO_CMD_RETRANSMIT_EVENT, 5001, &e));
	EXPECT_EQ(1U, e.tries);
	EXPECT_EQ(RUBATO_CLOCK_SYN, (int)e.clock);
	EXPECT_EQ(0x02U, e.flags);
	EXPECT_LE(start + 60 * MS, e.time);
	EXPECT_GE(start + 60 * MS + LATE, e.time);
	ASSERT_EQ(0, nl_event_of(self->events, RUBATO_CMD_RETRANSMIT_EVENT, 5001, &e));
	EXPECT_EQ(2U, e.tries);
	EXPECT_LE(start + 300 * MS, e.time);
	EXPECT_GE(start + 300 * MS + LATE, e.time);
	/* No third: the last gap is the wait before giving up. */
	do {
		ASSERT_EQ(0, nl_event(self->events, &e));
		EXPECT_NE(RUBATO_CMD_RETRANSMIT_EVENT, e.cmd);
	} while (e.cmd != RUBATO_CMD_GIVE_UP_EVENT);
	EXPECT_EQ(RUBATO_CLOCK_SYN, (int)e.clock);
	EXPECT_EQ(2U, e.tries);
	EXPECT_EQ(ETIMEDOUT, (int)e.error);
	EXPECT_LE(750 * MS, e.elapsed);
	EXPECT_GE(750 * MS + LATE, e.elapsed);
	EXPECT_EQ(1ULL, nl_counter(self->nl, RUBATO_STATS_GIVE_UPS));
	EXPECT_EQ(2ULL, nl_counter(self->nl, RUBATO_STATS_RETRANSMISSIONS));
}

/* A schedule set while the SYN is on its way counts from when that left. */
TEST_F(clocks, retune_of_a_running_connect)
{
	uint64_t start, end;
	int fd = open_socket();

	ASSERT_EQ(0, nonblocking(fd, true));
	start = now();
	ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_DEAD, 5000));
	ASSERT_LT(500 * MS, nl_sock(self->nl, -1, 5000)->remaining);
	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_SYN, short_gaps));
	ASSERT_EQ(POLLERR | POLLHUP, wait_events(fd, 0));
	end = now();
	EXPECT_EQ(ETIMEDOUT, pending_error(fd));
	EXPECT_LE(start + SHORT_GAPS_END, end);
	EXPECT_GE(start + SHORT_GAPS_END + LATE, end);
}

/* The same on the other side: the SYN+ACK, to somebody who never answers. */
TEST_F(clocks, half_open_is_given_up_by_the_synack_schedule)
{
	struct nl *other;
	uint64_t start, seen;
	int listener, fd;

	ASSERT_EQ(0, ns_enter(self->hosts.b));
	other = nl_open();
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, nl_set_gaps(other, RUBATO_POLICY_SYNACK, short_gaps));
	listener = listen_on(ADDR_B, 5000);
	ASSERT_LE(0, listener);
	/* What B sends gets lost: A's SYN arrives, the SYN+ACK does not. */
	ASSERT_EQ(0, netem("vb", "loss 100%"));
	ASSERT_EQ(0, ns_enter(self->hosts.a));
	fd = open_socket();
	ASSERT_EQ(0, nonblocking(fd, true));
	start = now();
	ASSERT_EQ(-EINPROGRESS, connect_to(fd, ADDR_B, 5000));
	ASSERT_TRUE(BECOMES(nl_state(other, 5000, -1) == RUBATO_LISTEN &&
			    nl_count(other, RUBATO_SYN_RCVD) == 1, LATE));
	seen = now();
	ASSERT_EQ(0, close(fd));	/* no second SYN */
	ASSERT_TRUE(BECOMES(!nl_count(other, RUBATO_SYN_RCVD), PATIENCE));
	EXPECT_LE(start + SHORT_GAPS_END, now());
	EXPECT_GE(seen + SHORT_GAPS_END + LATE, now());
	EXPECT_EQ(2ULL, nl_counter(other, RUBATO_STATS_RETRANSMISSIONS));
	nl_close(other);
}

/* ---- of an open connection */

FIXTURE(open_clocks) {
	struct hosts hosts;
	struct nl *nl, *events, *other;
	struct conn c;
	int client;
};

FIXTURE_SETUP(open_clocks)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	ASSERT_EQ(0, ns_enter(self->hosts.b));
	self->other = nl_open();
	ASSERT_EQ(0, ns_enter(self->hosts.a));
	self->nl = nl_open();
	self->events = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_NE(NULL, self->events);
	ASSERT_NE(NULL, self->other);
	ASSERT_EQ(0, nl_join(self->events, 0));
	ASSERT_EQ(0, connect_across(&self->c, ADDR_B, self->hosts.b, self->hosts.a));
	self->client = local_port(self->c.client);
}

FIXTURE_TEARDOWN(open_clocks)
{
	hosts_leave(&self->hosts);
	nl_close(self->other);
	nl_close(self->events);
	nl_close(self->nl);
}

/* The host is dead: what we send is lost, and so would be any answer. */
TEST_F(open_clocks, data_is_given_up_by_the_schedule)
{
	struct nl_event e;
	uint64_t start, end;
	char byte;

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_DATA, short_gaps));
	ASSERT_EQ(0, netem("va", "loss 100%"));
	start = now();
	ASSERT_EQ(0, send_all(self->c.client, "x", 1));
	EXPECT_EQ(-ETIMEDOUT, recv_some(self->c.client, &byte, 1));
	end = now();
	EXPECT_LE(start + SHORT_GAPS_END, end);
	EXPECT_GE(start + SHORT_GAPS_END + LATE, end);
	EXPECT_EQ(2ULL, nl_counter(self->nl, RUBATO_STATS_RETRANSMISSIONS));
	EXPECT_EQ(0, nl_state(self->nl, self->client, self->c.port));
	do {
		ASSERT_EQ(0, nl_event(self->events, &e));
	} while (e.cmd != RUBATO_CMD_GIVE_UP_EVENT);
	EXPECT_EQ(RUBATO_CLOCK_DATA, (int)e.clock);
	EXPECT_EQ(RUBATO_ESTABLISHED, (int)e.old_state);
	EXPECT_EQ(ETIMEDOUT, (int)e.error);
	EXPECT_LE(SHORT_GAPS_END, e.elapsed);
}

/* An idle connection whose peer's host died: keepalive notices, as its clocks say. */
TEST_F(open_clocks, keepalive_notices_a_dead_host)
{
	struct nl_event e;
	uint64_t start, end;
	char byte;

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_KEEPALIVE_PROBES, short_gaps));
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_KEEPALIVE_IDLE, 100 * MS));
	ASSERT_EQ(0, netem("va", "loss 100%"));
	start = now();
	ASSERT_EQ(0, set_int(self->c.client, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(-ETIMEDOUT, recv_some(self->c.client, &byte, 1));
	end = now();
	/* The peer was heard last in the handshake, before the cable was cut. */
	EXPECT_LE(start + SHORT_GAPS_END, end);
	EXPECT_GE(start + 100 * MS + SHORT_GAPS_END + LATE, end);
	do {
		ASSERT_EQ(0, nl_event(self->events, &e));
	} while (e.cmd != RUBATO_CMD_GIVE_UP_EVENT);
	EXPECT_EQ(RUBATO_CLOCK_KEEPALIVE_PROBES, (int)e.clock);
	EXPECT_EQ(ETIMEDOUT, (int)e.error);
}

/* Answered probes keep it open; keepalive.force needs no SO_KEEPALIVE. */
TEST_F(open_clocks, keepalive_force_reaches_an_open_connection)
{
	struct nlattr *policy = nl_set_begin(self->nl);
	struct nl_event e;
	int i;

	nl_u64(self->nl, RUBATO_POLICY_KEEPALIVE_IDLE, 20 * MS);
	nl_u32(self->nl, RUBATO_POLICY_KEEPALIVE_FORCE, 1);
	ASSERT_EQ(0, nl_set_commit(self->nl, policy));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, nl_event_of(self->events, RUBATO_CMD_RETRANSMIT_EVENT, self->client,
					 &e));
		EXPECT_EQ(RUBATO_CLOCK_KEEPALIVE_PROBES, (int)e.clock);
		EXPECT_EQ(1U, e.tries);
	}
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, self->client, self->c.port));
}

/* user-timeout ends what the data schedule would go on with. */
TEST_F(open_clocks, user_timeout_caps_data)
{
	struct nl_event e;
	uint64_t start, end;
	char byte;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_USER_TIMEOUT, 300 * MS));
	ASSERT_EQ(0, netem("va", "loss 100%"));
	start = now();
	ASSERT_EQ(0, send_all(self->c.client, "x", 1));
	EXPECT_EQ(-ETIMEDOUT, recv_some(self->c.client, &byte, 1));
	end = now();
	EXPECT_LE(start + 300 * MS, end);
	EXPECT_GE(start + 300 * MS + LATE, end);
	do {
		ASSERT_EQ(0, nl_event(self->events, &e));
	} while (e.cmd != RUBATO_CMD_GIVE_UP_EVENT);
	EXPECT_EQ(RUBATO_CLOCK_USER_TIMEOUT, (int)e.clock);
}

/* Progress starts the schedule anew: a cable that heals in time loses nothing. */
TEST_F(open_clocks, data_gets_through_when_the_cable_heals)
{
	static const uint64_t patient[] = {
		30 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS,
		500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 500 * MS, 0,
	};
	char byte = 0;

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_DATA, patient));
	ASSERT_EQ(0, netem("va", "loss 100%"));
	ASSERT_EQ(0, send_all(self->c.client, "x", 1));
	ASSERT_TRUE(BECOMES(nl_counter(self->nl, RUBATO_STATS_RETRANSMISSIONS) > 0, PATIENCE));
	ASSERT_EQ(1U, nl_sock(self->nl, self->client, self->c.port)->send_queue);
	ASSERT_EQ(0, netem("va", "loss 0%"));
	ASSERT_EQ(1, recv_some(self->c.server, &byte, 1));
	EXPECT_EQ('x', byte);
	EXPECT_TRUE(BECOMES(!nl_sock(self->nl, self->client, self->c.port)->send_queue, PATIENCE));
	EXPECT_EQ(0ULL, nl_counter(self->nl, RUBATO_STATS_GIVE_UPS));
}

/* An orphan goes by `fin`, from the moment it lost its process. */
TEST_F(open_clocks, orphan_is_given_up_by_the_fin_schedule)
{
	uint64_t start, end;

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_FIN, short_gaps));
	ASSERT_EQ(0, netem("va", "loss 100%"));
	start = now();
	ASSERT_EQ(0, close(self->c.client));
	EXPECT_EQ(RUBATO_FIN_WAIT_1, nl_state(self->nl, self->client, self->c.port));
	ASSERT_TRUE(BECOMES(!nl_sock(self->nl, self->client, -1), PATIENCE));
	end = now();
	EXPECT_LE(start + SHORT_GAPS_END, end);
	EXPECT_GE(start + SHORT_GAPS_END + LATE, end);
	EXPECT_EQ(0ULL, nl_counter(self->nl, RUBATO_STATS_ORPHANS));
}

/* An orphan whose FIN was acknowledged waits `fin-wait-2` for the other's. */
TEST_F(open_clocks, orphan_in_fin_wait_2_ends_by_its_clock)
{
	uint64_t start, seen;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_FIN_WAIT_2, 700 * MS));
	start = now();
	ASSERT_EQ(0, close(self->c.client));
	ASSERT_TRUE(BECOMES(nl_state(self->nl, self->client, -1) == RUBATO_FIN_WAIT_2, LATE));
	seen = now();
	EXPECT_EQ(RUBATO_CLOCK_FIN_WAIT_2, (int)nl_sock(self->nl, self->client, -1)->clock);
	ASSERT_TRUE(BECOMES(!nl_sock(self->nl, self->client, -1), PATIENCE));
	EXPECT_LE(start + 700 * MS, now());
	EXPECT_GE(seen + 700 * MS + LATE, now());
}

/* ... and a process that holds the socket waits as long as it likes. */
TEST_F(open_clocks, half_closed_socket_has_no_such_clock)
{
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_FIN_WAIT_2, 10 * MS));
	ASSERT_EQ(0, shutdown(self->c.client, SHUT_WR));
	ASSERT_TRUE(BECOMES(nl_state(self->nl, self->client, -1) == RUBATO_FIN_WAIT_2, PATIENCE));
	EXPECT_EQ(0U, nl_sock(self->nl, self->client, -1)->clock);
}

/* Nobody reads: probes by `persist`, without end while they are answered. */
TEST_F_TIMEOUT(open_clocks, zero_window_is_probed, 60)
{
	static char block[65536];
	struct nl_event e;
	int n = 0;

	ASSERT_EQ(0, nl_set_gaps(self->nl, RUBATO_POLICY_DATA, short_gaps));
	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_RTO_MIN, 40 * MS));
	do {
		struct pollfd p = { .fd = self->c.client, .events = POLLOUT };

		if (poll(&p, 1, 300) <= 0)
			break;
	} while (send(self->c.client, block, sizeof(block), MSG_DONTWAIT) > 0);
	ASSERT_TRUE(BECOMES(nl_sock(self->nl, self->client, -1)->clock == RUBATO_CLOCK_PERSIST,
			    PATIENCE));
	/* More probes than `data` would allow tries, each answered with a window of none. */
	while (n < 5) {
		ASSERT_EQ(0, nl_event(self->events, &e));
		n += e.cmd == RUBATO_CMD_RETRANSMIT_EVENT && e.clock == RUBATO_CLOCK_PERSIST;
		ASSERT_NE(RUBATO_CMD_GIVE_UP_EVENT, e.cmd);
	}
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, self->client, -1));
	EXPECT_EQ(0, pending_error(self->c.client));
}

TEST_HARNESS_MAIN
