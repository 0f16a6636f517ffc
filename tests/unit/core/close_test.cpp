/* SPDX-License-Identifier: GPL-2.0-only */
/* Closing in every order: RFC 9293 section 3.6, figures 12 and 13; calls by section 3.10.4. */
#include "script.h"

using namespace script;

TEST(Close, FirstToClose)
{
	Script s;

	s.connect();
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1).as_unit(RUB_UNIT_DATA));
	s.entered({RUBATO_FIN_WAIT_1});
	s.send(seg(ACK, 1, 2));
	s.silence();
	s.entered({RUBATO_FIN_WAIT_2});
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.entered({RUBATO_TIME_WAIT});
	EXPECT_TRUE(s.saw(RUB_RX_PEER_FIN | RUB_RX_TIME_WAIT));
	EXPECT_EQ(s.phase, Script::Phase::TIME_WAIT);
}

TEST(Close, SecondToClose)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 1, 2));
	s.entered({RUBATO_CLOSE_WAIT});
	EXPECT_TRUE(s.saw(RUB_RX_PEER_FIN));
	EXPECT_FALSE(rub_may_receive(&s.tcb));
	EXPECT_TRUE(rub_may_send(&s.tcb));
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 2));
	s.entered({RUBATO_LAST_ACK});
	s.send(seg(ACK, 2, 2));
	s.silence();
	s.entered({RUBATO_CLOSED});
	s.died(0);
}

TEST(Close, BothAtOnce)
{
	Script s;

	s.connect();
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	s.entered({RUBATO_CLOSING});
	s.send(seg(ACK, 2, 2));
	s.silence();
	s.entered({RUBATO_TIME_WAIT});
	EXPECT_EQ(s.phase, Script::Phase::TIME_WAIT);
}

TEST(Close, FinThatAcknowledgesOursLeadsStraightToTimeWait)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.entered({RUBATO_FIN_WAIT_2, RUBATO_TIME_WAIT});
	EXPECT_EQ(s.phase, Script::Phase::TIME_WAIT);
}

/* In CLOSING an ACK that does not cover our FIN is ignored. */
TEST(Close, ClosingIgnoresOtherAcks)
{
	Script s;

	s.to_closing();
	s.send(seg(ACK, 2, 1));
	s.silence();
	s.state_is(RUBATO_CLOSING);
	s.send(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Close, FinWait1IsEnteredAtTheCallNotWhenTheFinLeaves)
{
	Script s;

	s.connect(1000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.shutdown();
	s.silence(); /* the window is full: no FIN yet */
	s.entered({RUBATO_FIN_WAIT_1});
	EXPECT_TRUE(s.saw(RUB_RX_CAUSE));
	EXPECT_EQ(s.happened.cause_flags, FIN | ACK);
	EXPECT_EQ(s.happened.cause_seq, 1u + 2 * MSS);
	EXPECT_EQ(s.happened.cause_ack, 1u);
	EXPECT_EQ(s.happened.cause_wnd, BUFFER);
	EXPECT_FALSE(rub_may_send(&s.tcb));
	s.send(seg(ACK, 1, 1 + MSS).window(5000));
	s.expect(seg(FIN | PSH | ACK, 1 + MSS, 1, MSS));
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 2 + 2 * MSS));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* Closing sends what is queued, then FIN. */
TEST(Close, DataThenFinInOneSegment)
{
	Script s;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 500, false), 0);
	s.shutdown();
	s.expect(seg(FIN | PSH | ACK, 1, 1, 500));
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 501));
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	EXPECT_EQ(s.happened.acked, 500u);
	s.send(seg(ACK, 1, 502));
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_EQ(s.happened.acked, 0u); /* a FIN is no byte */
}

TEST(Close, DataThenFinInTurn)
{
	Script s;

	s.connect();
	s.write(500);
	s.expect(seg(ACK | PSH, 1, 1, 500));
	s.shutdown();
	s.expect(seg(FIN | ACK, 501, 1));
	s.send(seg(ACK, 1, 502));
	EXPECT_EQ(s.happened.acked, 500u);
	s.state_is(RUBATO_FIN_WAIT_2);
}

TEST(Close, HalfClosedStillReceives)
{
	Script s;

	s.to_fin_wait_2();
	EXPECT_TRUE(rub_may_receive(&s.tcb));
	s.send(seg(ACK | PSH, 1, 2, 300));
	s.kept({{1, 301}});
	s.expect(seg(ACK, 2, 301));
	s.send(seg(ACK | PSH, 301, 2, 300));
	s.expect(seg(ACK, 2, 601));
	s.state_is(RUBATO_FIN_WAIT_2);
	s.send(seg(FIN | ACK, 601, 2));
	s.expect(seg(ACK, 2, 602));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Close, FinWait1StillReceives)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(ACK | PSH, 1, 1, 300));
	s.kept({{1, 301}});
	s.expect(seg(ACK, 2, 301));
	s.state_is(RUBATO_FIN_WAIT_1);
}

TEST(Close, CloseWaitStillSends)
{
	Script s;

	s.to_close_wait();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 2, MSS));
	s.send(seg(ACK, 2, 1 + MSS));
	EXPECT_EQ(s.happened.acked, u32(MSS));
	s.shutdown();
	s.expect(seg(FIN | ACK, 1 + MSS, 2));
	s.state_is(RUBATO_LAST_ACK);
	s.send(seg(ACK, 2, 2 + MSS));
	s.died(0);
}

TEST(Close, FinWithDataIsBoth)
{
	Script s;

	s.connect();
	s.send(seg(FIN | PSH | ACK, 1, 1, 100));
	s.kept({{1, 101}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED | RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 1, 102));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Close, FinWithDataAndAckOfOurFin)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(FIN | PSH | ACK, 1, 2, 100));
	s.kept({{1, 101}});
	s.expect(seg(ACK, 2, 102));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Close, FinBeforeItsDataWaits)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 101, 1));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_FALSE(s.saw(RUB_RX_PEER_FIN));
	s.send(seg(ACK, 1, 1, 100));
	s.kept({{1, 101}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED | RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 1, 102));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Close, FinWithLaterDataWaitsForTheHole)
{
	Script s;

	s.connect();
	s.send(seg(FIN | PSH | ACK, 101, 1, 50));
	s.kept({{101, 151}});
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1, 100));
	s.expect(seg(ACK, 1, 152));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Close, EarlyFinInFinWait2)
{
	Script s;

	s.to_fin_wait_2();
	s.send(seg(FIN | ACK, 101, 2));
	s.expect(seg(ACK, 2, 1));
	s.state_is(RUBATO_FIN_WAIT_2);
	s.send(seg(ACK, 1, 2, 100));
	s.expect(seg(ACK, 2, 102));
	s.state_is(RUBATO_TIME_WAIT);
}

/* The window ends right before the FIN: it does not fit, and must not be taken. */
TEST(Close, FinBeyondTheWindowIsCutOff)
{
	Script s;

	s.connect();
	s.send(seg(FIN | PSH | ACK, 1, 1, BUFFER));
	s.kept({{1, 1 + BUFFER}});
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.state_is(RUBATO_ESTABLISHED);
	s.read(BUFFER);
	s.expect(seg(ACK, 1, 1 + BUFFER).window(BUFFER));
	s.send(seg(FIN | ACK, 1 + BUFFER, 1));
	s.expect(seg(ACK, 1, 2 + BUFFER));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Close, RepeatedFinIsAcknowledgedAgain)
{
	Script s;

	s.to_close_wait();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 1, 2));
	s.silence();
	s.state_is(RUBATO_CLOSE_WAIT);
	EXPECT_FALSE(s.saw(RUB_RX_PEER_FIN));
}

/*
 * Section 3.10.7.4, fifth: "CLOSING ... enter the TIME-WAIT state", and only "otherwise, ignore the
 * segment"; so the eighth is reached: "send an acknowledgment for the FIN".
 */
TEST(Close, AFinThatEndsClosingIsAcknowledged)
{
	Script s;

	s.to_closing();
	s.send(seg(FIN | ACK, 2, 2));
	s.expect(seg(ACK, 2, 2));
	s.silence();
	s.entered({RUBATO_TIME_WAIT});
	EXPECT_FALSE(s.saw(RUB_RX_PEER_FIN));
	EXPECT_EQ(s.phase, Script::Phase::TIME_WAIT);
}

/* Seventh: "CLOSING ... Ignore the segment text." */
TEST(Close, TextThatEndsClosingIsIgnored)
{
	Script s;

	s.to_closing();
	s.send(seg(ACK | PSH, 2, 2, 10));
	s.silence();
	s.kept({});
	s.dropped_for(RUBATO_REASON_AFTER_FIN);
	s.entered({RUBATO_TIME_WAIT});
}

TEST(Close, RepeatedFinInClosingAndLastAck)
{
	Script s, t;

	s.to_closing();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_CLOSING);
	t.to_last_ack();
	t.send(seg(FIN | ACK, 1, 1));
	t.expect(seg(ACK, 2, 2));
	t.state_is(RUBATO_LAST_ACK);
}

TEST(Close, FinIsSentAgain)
{
	Script s;

	s.to_fin_wait_1();
	s.expect_at(RTO, seg(FIN | ACK, 1, 1).retransmitted(1));
	s.expect_at(3 * RTO, seg(FIN | ACK, 1, 1).retransmitted(2));
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_TRUE(s.never_due());
}

TEST(Close, FinIsSentAgainInLastAckAndClosing)
{
	Script s, t;

	s.to_last_ack();
	s.expect_at(RTO, seg(FIN | ACK, 1, 2).retransmitted(1));
	s.send(seg(ACK, 2, 2));
	s.died(0);
	t.to_closing();
	t.expect_at(RTO, seg(FIN | ACK, 1, 2).retransmitted(1));
	t.send(seg(ACK, 2, 2));
	t.state_is(RUBATO_TIME_WAIT);
}

/* An old ACK while our FIN is on its way changes nothing. */
TEST(Close, AckWithoutOurFinKeepsLastAck)
{
	Script s;

	s.to_last_ack();
	s.send(seg(ACK, 2, 1));
	s.silence();
	s.state_is(RUBATO_LAST_ACK);
}

/* "should not occur": text after the FIN is ignored. */
TEST(Close, DataAfterTheFinIsIgnored)
{
	Script s;

	s.to_close_wait();
	s.send(seg(ACK | PSH, 2, 1, 10));
	s.maybe(seg(ACK, 1, 2));
	s.silence();
	s.kept({});
	EXPECT_FALSE(s.saw(RUB_RX_ADVANCED));
	s.state_is(RUBATO_CLOSE_WAIT);
	s.dropped_for(RUBATO_REASON_AFTER_FIN);
}

TEST(Close, DataBeyondAnEarlyFinIsIgnored)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 101, 1));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK | PSH, 102, 1, 10));
	s.maybe(seg(ACK, 1, 1));
	s.kept({});
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 102));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Close, NothingCanBeSentAfterIt)
{
	Script s, t;

	s.to_fin_wait_1();
	s.refuses(RUB_CALL_SEND, 10);
	s.send(seg(ACK, 1, 2));
	s.refuses(RUB_CALL_SEND, 10);
	t.to_last_ack();
	t.refuses(RUB_CALL_SEND, 10);
}

TEST(Close, ClosedConnectionRefusesCalls)
{
	Script s;

	s.refuses(RUB_CALL_SEND, 10);
	s.refuses(RUB_CALL_SHUTDOWN, 0);
}

/* "as long as a second FIN is not emitted". */
TEST(Close, ASecondCloseSendsNoSecondFin)
{
	Script s;

	s.to_fin_wait_1();
	s.call(RUB_CALL_SHUTDOWN, 0);
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 2));
	s.call(RUB_CALL_SHUTDOWN, 0);
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_2);
}

TEST(Close, AbortSendsReset)
{
	Script s;

	s.connect();
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1, 0).as_unit(RUB_UNIT_RST));
	s.silence();
	s.died(ECONNABORTED);
}

/* <SEQ=SND.NXT>, and what was queued is not sent any more. */
TEST(Close, AbortWithDataInFlightResetsBehindIt)
{
	Script s;

	s.connect(1000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1 + MSS, 0));
	s.silence();
	s.died(ECONNABORTED);
}

TEST(Close, AbortInFinWaitAndCloseWaitResets)
{
	Script s, t, u;

	s.to_fin_wait_1();
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 2, 0));
	t.to_fin_wait_2();
	t.abort(ECONNABORTED);
	t.expect(seg(RST, 2, 0));
	u.to_close_wait();
	u.abort(ECONNABORTED);
	u.expect(seg(RST, 1, 0));
}

/* Section 3.10.5: "Respond with ok and delete the TCB". */
TEST(Close, AbortInClosingAndLastAckIsSilent)
{
	Script s, t;

	s.to_closing();
	s.abort(ECONNABORTED);
	s.silence();
	EXPECT_TRUE(rub_is_dead(&s.tcb));
	t.to_last_ack();
	t.abort(ECONNABORTED);
	t.silence();
	EXPECT_TRUE(rub_is_dead(&t.tcb));
}

/* RFC 1122 section 4.2.2.13: unread data is lost, and the peer is told so by a reset. */
TEST(Orphan, CloseWithUnreadDataResets)
{
	Script s, t;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.close();
	s.expect(seg(RST, 1, 101).maybe(ACK));
	EXPECT_TRUE(s.saw(RUB_RX_DEAD));
	EXPECT_TRUE(rub_is_dead(&s.tcb));

	t.connect();
	t.send(seg(FIN | ACK | PSH, 1, 1, 100));
	t.expect(seg(ACK, 1, 102));
	t.close();
	t.expect(seg(RST, 1, 102).maybe(ACK));
	EXPECT_TRUE(t.saw(RUB_RX_DEAD));
}

TEST(Orphan, CloseAfterReadingAllIsClean)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.read(100);
	s.silence();
	s.close();
	s.expect(seg(FIN | ACK, 1, 101));
	s.state_is(RUBATO_FIN_WAIT_1);
}

/* "if new data is received after CLOSE is called ... SHOULD send a RST" (SHLD-3). */
TEST(Orphan, DataToAnOrphanResets)
{
	Script s, t;

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK | PSH, 1, 1, 10));
	ASSERT_TRUE(s.saw(RUB_RX_DEAD));
	s.dropped_for(RUBATO_REASON_CLOSED);
	s.expect(seg(RST, 2, 1).maybe(ACK).as_unit(RUB_UNIT_RST));

	t.connect();
	t.close();
	t.expect(seg(FIN | ACK, 1, 1));
	t.send(seg(ACK, 1, 2));
	t.state_is(RUBATO_FIN_WAIT_2);
	t.send(seg(ACK | PSH, 1, 2, 10));
	ASSERT_TRUE(t.saw(RUB_RX_DEAD));
	t.expect(seg(RST, 2, 1).maybe(ACK));
}

/* What it had already is not new. */
TEST(Orphan, OldDataToAnOrphanIsAcknowledged)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.read(100);
	s.close();
	s.expect(seg(FIN | ACK, 1, 101));
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 2, 101));
	s.state_is(RUBATO_FIN_WAIT_1);
}

TEST(Orphan, HalfClosedConnectionBecomesOneAtClose)
{
	Script s([](rub_config &c) { c.fin_wait_2 = 60'000'000'000; });

	s.to_fin_wait_2();
	s.at(3600s); /* a process may hold it for ever */
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_TRUE(s.never_due());
	s.mark();
	s.close();
	s.silence();
	EXPECT_EQ(s.due(), 60s);
	s.at(60s - 1ns);
	s.state_is(RUBATO_FIN_WAIT_2);
	s.at(60s);
	EXPECT_TRUE(s.saw(RUB_RX_DEAD));
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(Orphan, FinWait2ClockStartsWithTheState)
{
	Script s([](rub_config &c) { c.fin_wait_2 = 5'000'000'000; });

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.at(100ms);
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_EQ(s.due(), 5100ms);
	s.at(5s);
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
}

/* A half-closed connection whose process goes while the peer still sends. */
TEST(Orphan, CloseInLastAckAndClosingKeepsTheFin)
{
	Script s, t;

	s.to_last_ack();
	s.close();
	s.silence();
	s.state_is(RUBATO_LAST_ACK);
	s.send(seg(ACK, 2, 2));
	s.died(0);
	t.to_closing();
	t.close();
	t.silence();
	t.send(seg(ACK, 2, 2));
	t.state_is(RUBATO_TIME_WAIT);
}
