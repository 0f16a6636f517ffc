/* SPDX-License-Identifier: GPL-2.0-only */
/* RST and SYN where they do not belong: RFC 9293 section 3.10.7.4, RFC 5961 sections 3, 4 and 7. */
#include <algorithm>

#include "script.h"

#include "core/constants.h"

using namespace script;

TEST(Reset, ExactOneEndsIt)
{
	Script s;

	s.connect();
	s.send(seg(RST, 1));
	s.silence();
	s.died(ECONNRESET);
	s.entered({RUBATO_CLOSED});
}

TEST(Reset, ItsAckMeansNothing)
{
	Script s;

	s.connect();
	s.send(seg(RST | ACK, 1, 99999));
	s.silence();
	s.died(ECONNRESET);
}

TEST(Reset, InsideTheWindowIsChallenged)
{
	Script s;

	s.connect();
	for (u32 seq : {2u, 4000u, BUFFER}) {
		s.send(seg(RST, seq));
		s.expect(seg(ACK, 1, 1));
		s.silence();
		s.dropped_for(RUBATO_REASON_BAD_RST);
		s.state_is(RUBATO_ESTABLISHED);
	}
}

TEST(Reset, OutsideTheWindowIsDroppedSilently)
{
	Script s;

	s.connect();
	for (u32 seq : {0u, 2u + BUFFER, 0x80000000u, 0xffff0000u}) {
		s.send(seg(RST, seq));
		s.silence();
		s.state_is(RUBATO_ESTABLISHED);
		s.send(seg(RST | ACK, seq, 1));
		s.silence();
		s.state_is(RUBATO_ESTABLISHED);
	}
}

/*
 * A peer whose window is full of bytes that were lost has no lower number for its RST; challenged,
 * it resets with the right one (Documentation/differences.md).
 */
TEST(Reset, AtTheRightEdgeIsChallenged)
{
	Script s;

	s.connect();
	s.send(seg(RST, 1 + BUFFER));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

/* To the RFC this is still CLOSE_WAIT: 50 segments were accepted and never left. */
TEST(Reset, InLastAckBeforeTheFinLeftIsAnError)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 1, 2));
	s.write(50 * MSS);
	s.take();
	s.shutdown();
	s.state_is(RUBATO_LAST_ACK);
	s.send(seg(RST, 2));
	s.died(ECONNRESET);
}

/* A peer that restarted: our challenge ACK makes it reset us with exactly the right number. */
TEST(Reset, ChallengeLetsARestartedPeerReset)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.send(seg(SYN, 3000));
	s.expect(seg(ACK, 101, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
}

TEST(Reset, ExactAtAZeroWindow)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.send(seg(RST, 2 + BUFFER));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(RST, 1 + BUFFER));
	s.died(ECONNRESET);
}

/* RCV.NXT counts, not the end of what waits beyond a hole. */
TEST(Reset, BehindAHoleIsChallenged)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(RST, 201));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
}

/* In CLOSE_WAIT the error is Linux's: what was to be sent is lost (Documentation/differences.md).
 */
TEST(Reset, EndsFinWaitsAndCloseWaitWithAnError)
{
	Script s, t, u;

	s.to_fin_wait_1();
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
	t.to_fin_wait_2();
	t.send(seg(RST, 1));
	t.died(ECONNRESET);
	u.to_close_wait();
	u.send(seg(RST, 2));
	u.died(EPIPE);
}

/* "enter the CLOSED state, delete the TCB": there is no one to be told of an error. */
TEST(Reset, EndsClosingAndLastAckQuietly)
{
	Script s, t;

	s.to_closing();
	s.send(seg(RST, 2));
	s.silence();
	s.died(0);
	t.to_last_ack();
	t.send(seg(RST, 2));
	t.silence();
	t.died(0);
}

TEST(Reset, OffByOneInClosingAndLastAckIsChallenged)
{
	Script s, t;

	s.to_closing();
	s.send(seg(RST, 3));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_CLOSING);
	s.send(seg(RST, 1));
	s.silence();
	t.to_last_ack();
	t.send(seg(RST, 3));
	t.expect(seg(ACK, 2, 2));
	t.state_is(RUBATO_LAST_ACK);
}

TEST(Syn, InTheWindowIsChallenged)
{
	Script s;

	s.connect();
	for (u32 seq : {1u, 2u, 4000u}) {
		s.send(seg(SYN, seq));
		s.expect(seg(ACK, 1, 1));
		s.silence();
		s.dropped_for(RUBATO_REASON_SYN_IN_WINDOW);
		s.state_is(RUBATO_ESTABLISHED);
	}
}

/* "irrespective of the sequence number" */
TEST(Syn, OutsideTheWindowIsChallengedToo)
{
	Script s;

	s.connect();
	for (u32 seq : {0u, 0x80000000u, 1u + BUFFER}) {
		s.send(seg(SYN, seq));
		s.expect(seg(ACK, 1, 1));
		s.silence();
		s.state_is(RUBATO_ESTABLISHED);
	}
}

TEST(Syn, SynAckAgainIsAcknowledgedAgain)
{
	Script s;

	s.connect();
	s.send(seg(SYN | ACK, 0, 1)); /* our ACK was lost */
	s.expect(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Syn, ItsDataAndFinAreNotTaken)
{
	Script s;

	s.connect();
	s.send(seg(SYN | FIN | ACK, 1, 1, 50));
	s.kept({});
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Syn, InEverySynchronizedState)
{
	Script a, b, c, d, e;

	a.to_fin_wait_1();
	a.send(seg(SYN, 1));
	a.expect(seg(ACK, 2, 1));
	a.state_is(RUBATO_FIN_WAIT_1);
	b.to_fin_wait_2();
	b.send(seg(SYN, 1));
	b.expect(seg(ACK, 2, 1));
	b.state_is(RUBATO_FIN_WAIT_2);
	c.to_closing();
	c.send(seg(SYN, 2));
	c.expect(seg(ACK, 2, 2));
	c.state_is(RUBATO_CLOSING);
	d.to_close_wait();
	d.send(seg(SYN, 2));
	d.expect(seg(ACK, 1, 2));
	d.state_is(RUBATO_CLOSE_WAIT);
	e.to_last_ack();
	e.send(seg(SYN, 2));
	e.expect(seg(ACK, 2, 2));
	e.state_is(RUBATO_LAST_ACK);
}

/* RFC 5961 section 7: a limit on challenge ACKs, per connection (CVE-2016-5696). */
TEST(Challenge, IsLimited)
{
	Script s;
	u32 answers = 0;

	s.connect();
	for (u32 i = 0; i < 1000; i++) {
		s.send(seg(i % 2 ? SYN : RST, 2 + i));
		answers += s.take().size();
	}
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
	s.state_is(RUBATO_ESTABLISHED);
	s.at(5s);
	s.send(seg(RST, 2));
	s.expect(seg(ACK, 1, 1));
}

TEST(Challenge, AnotherConnectionHasALimitOfItsOwn)
{
	Script s, t;

	s.connect();
	t.connect();
	for (u32 i = 0; i < 100; i++) {
		s.send(seg(SYN, 2));
		(void)s.take();
	}
	t.send(seg(SYN, 2));
	t.expect(seg(ACK, 1, 1));
}

/* The limit is on challenges: data must go on being acknowledged. */
TEST(Challenge, LimitDoesNotTouchOrdinaryAcks)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 100; i++) {
		s.send(seg(SYN, 2));
		(void)s.take();
	}
	for (u32 i = 0; i < 20; i++) {
		s.send(seg(ACK | PSH, 1 + i, 1, 1));
		s.expect(seg(ACK, 1, 2 + i));
	}
}

/* RFC 5961 section 7: what was due and could not be said has a reason of its own. */
TEST(Challenge, TheLimitIsTold)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < RUB_CHALLENGE_MAX; i++) {
		s.send(seg(RST, 2));
		s.dropped_for(RUBATO_REASON_BAD_RST);
		s.expect(seg(ACK, 1, 1));
	}
	for (const Seg &bad : {seg(RST, 2), seg(SYN, 2), seg(ACK, 1, 5), seg(SYN, 0)}) {
		s.send(bad);
		s.silence();
		s.dropped_for(RUBATO_REASON_RATE_LIMIT);
	}
}

/* How many it is in a period nobody can foretell, but never more than the RFC's ten. */
TEST(Challenge, TheAllowanceIsDrawn)
{
	std::vector<u32> seen;

	for (u32 rnd = 0; rnd < 60; rnd++) {
		Script s;
		u32 answers = 0;

		s.env.rnd = rnd * 2654435761u;
		s.connect();
		for (int i = 0; i < 20; i++) {
			s.send(seg(SYN, 2));
			answers += static_cast<u32>(s.take().size());
		}
		EXPECT_GE(answers, RUB_CHALLENGE_MIN);
		EXPECT_LE(answers, RUB_CHALLENGE_MAX);
		seen.push_back(answers);
	}
	std::ranges::sort(seen);
	EXPECT_GT(std::ranges::unique(seen).begin() - seen.begin(), 3) << "hardly drawn";
}

/* CVE-2016-5696: what one connection spends, no other one sees. */
TEST(Challenge, TheLimitIsEachConnectionsOwn)
{
	Script spent, other;

	spent.connect();
	for (int i = 0; i < 20; i++) {
		spent.send(seg(RST, 2));
		spent.take();
	}
	other.connect();
	for (u32 i = 0; i < RUB_CHALLENGE_MAX; i++) {
		other.send(seg(RST, 2));
		other.expect(seg(ACK, 1, 1));
	}
}
