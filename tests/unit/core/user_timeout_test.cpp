/* SPDX-License-Identifier: GPL-2.0-only */
/* user-timeout (RFC 5482): how long what was sent may stay without an answer. DESIGN.md section 3.
 */
#include "script.h"

using namespace script;

namespace
{

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

void five_seconds(rub_config &c)
{
	c.data = schedule("1s x1 tries=100");
	c.user_timeout = in_ns(5s);
}

Seg again(u32 n)
{
	return seg(ACK | PSH, 1, 1, MSS).retransmitted(n).by(RUBATO_CLOCK_DATA);
}

void in_flight(Script &s)
{
	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

} // namespace

TEST(UserTimeout, CapsData)
{
	Script s(five_seconds);

	in_flight(s);
	for (u32 n = 1; n <= 4; n++)
		s.expect_at(n * 1s, again(n));
	s.dies_at(5s, ETIMEDOUT);
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP | RUB_RX_DEAD));
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(5s));
	EXPECT_EQ(s.happened.tries, 4u);
}

/* It caps, it does not prolong; and then it is not what ended it. */
TEST(UserTimeout, DoesNotProlong)
{
	Script s([](rub_config &c) {
		c.data = schedule("1s 1s");
		c.user_timeout = in_ns(5s);
	});

	in_flight(s);
	s.expect_at(1s, again(1));
	s.dies_at(2s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

TEST(UserTimeout, OfZeroIsOff)
{
	Script s([](rub_config &c) {
		c.data = schedule("100s 100s");
		c.user_timeout = 0;
	});

	in_flight(s);
	s.expect_at(100s, again(1));
	s.dies_at(200s, ETIMEDOUT);
}

/* Also in the middle of a gap: the deadline itself is earlier. */
TEST(UserTimeout, EndsAGapEarly)
{
	Script s([](rub_config &c) {
		c.data = schedule("1h x1 tries=3");
		c.user_timeout = in_ns(10ms);
	});

	in_flight(s);
	EXPECT_EQ(s.due(), 10ms);
	s.dies_at(10ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.tries, 0u);
}

TEST(UserTimeout, CountsFromTheLastProgress)
{
	Script s(five_seconds);

	s.connect();
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(900ms);
	s.send(seg(ACK, 1, 1 + MSS));
	for (u32 n = 1; n <= 4; n++)
		s.expect_at(900ms + n * 1s, seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.dies_at(5900ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(5s));
}

/* A duplicate is no progress. */
TEST(UserTimeout, DuplicateAcksDoNotPostponeIt)
{
	Script s(five_seconds);

	in_flight(s);
	for (u32 n = 1; n <= 4; n++) {
		s.expect_at(n * 1s, again(n));
		s.send(seg(ACK, 1, 1));
	}
	s.dies_at(5s, ETIMEDOUT);
}

TEST(UserTimeout, IdleConnectionsHaveNone)
{
	Script s(five_seconds);

	s.connect();
	EXPECT_TRUE(s.never_due());
	s.at(1h);
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(UserTimeout, CapsKeepalive)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = in_ns(60s);
		c.keepalive_probes = schedule("10s x1 tries=9");
		c.knobs.keepalive_force = 1;
		c.user_timeout = in_ns(25s);
	});

	s.connect();
	for (u32 n = 0; n < 3; n++)
		s.expect_at(60s + n * 10s, seg(ACK, 0, 1).by(RUBATO_CLOCK_KEEPALIVE_PROBES));
	s.dies_at(85s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(25s));
}

/* Persist gives up by data's rule: so the cap is data's too, from the first unanswered probe. */
TEST(UserTimeout, CapsUnansweredWindowProbes)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.user_timeout = in_ns(3500ms);
	});

	s.connect(0);
	s.write(MSS);
	s.expect_at(1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.send(seg(ACK, 1, 1).window(0));
	for (u32 n = 2; n <= 5; n++)
		s.expect_at(n * 1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.dies_at(5500ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
}

/* A peer that answers may keep its window closed (MUST-37). */
TEST(UserTimeout, AnsweredWindowProbesHaveNone)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.user_timeout = in_ns(3500ms);
	});

	s.connect(0);
	s.write(MSS);
	for (u32 n = 1; n <= 20; n++) {
		s.expect_at(n * 1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
		s.send(seg(ACK, 1, 1).window(0));
	}
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1).window(5000));
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* It caps data and keepalive, nothing else. */
TEST(UserTimeout, DoesNotCapSyn)
{
	Script s([](rub_config &c) {
		c.syn = schedule("6s 24s 45s");
		c.user_timeout = in_ns(1s);
	});

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(6s, seg(SYN));
	s.expect_at(30s, seg(SYN));
	s.dies_at(75s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYN);
}

TEST(UserTimeout, DoesNotCapAnOrphansFin)
{
	Script s([](rub_config &c) {
		c.fin = schedule("2s 3s");
		c.user_timeout = in_ns(1s);
	});

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.expect_at(2s, seg(FIN | ACK, 1, 1).retransmitted(1));
	s.dies_at(5s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_FIN);
}

/* A shutdown is no orphan: its FIN is data's. */
TEST(UserTimeout, CapsAShutdownsFin)
{
	Script s([](rub_config &c) {
		c.data = schedule("2s 3s");
		c.user_timeout = in_ns(1s);
	});

	s.to_fin_wait_1();
	s.dies_at(1s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
}

TEST(UserTimeout, RetunedToOneThatHasPassedEndsItNow)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 tries=100"); });

	in_flight(s);
	for (u32 n = 1; n <= 3; n++)
		s.expect_at(n * 1s, again(n));
	s.at(3500ms);
	s.tune([](rub_config &c) { c.user_timeout = in_ns(2s); });
	EXPECT_LE(s.due(), 3500ms);
	s.dies_at(3500ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
}

TEST(UserTimeout, RetunedToALaterOneOrOff)
{
	Script s(five_seconds);

	in_flight(s);
	for (u32 n = 1; n <= 4; n++)
		s.expect_at(n * 1s, again(n));
	s.tune([](rub_config &c) { c.user_timeout = in_ns(6500ms); });
	s.expect_at(5s, again(5));
	s.expect_at(6s, again(6));
	s.tune([](rub_config &c) { c.user_timeout = 0; });
	s.expect_at(7s, again(7));
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(UserTimeout, TempoDividesIt)
{
	Script s([](rub_config &c) {
		c.data = schedule("1h 1h");
		c.user_timeout = in_ns(60s);
	});

	in_flight(s);
	s.tune(nullptr, 100 * RUBATO_TEMPO_ONE);
	s.dies_at(600ms, ETIMEDOUT);
}

/* What a cork held back nobody could have answered: silence counts from when it left. */
TEST(UserTimeout, DoesNotCountWhileACorkHolds)
{
	Script s([](rub_config &c) { c.user_timeout = in_ns(150ms); });

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
	s.write(10);
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, 10)); /* the cork's ceiling */
	s.at(349ms);
	s.send(seg(ACK, 1, 11));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(UserTimeout, CountsFromWhenTheCorkLetGo)
{
	Script s([](rub_config &c) {
		c.data = schedule("1s 1s");
		c.user_timeout = in_ns(150ms);
	});

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
	s.write(10);
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, 10));
	s.dies_at(350ms, ETIMEDOUT);
}
