/* SPDX-License-Identifier: GPL-2.0-only */
/* F-RTO: a timeout that was spurious is found out by what comes next. RFC 5682. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

u32 nth(u32 i)
{
	return 1 + i * MSS;
}

Seg data(u32 i)
{
	return seg(ACK, nth(i), 1, MSS).maybe(PSH);
}

/*
 * n segments in flight since time 0, and as many queued as there are in all; no answer until the
 * timer expires and sends the first again. cwnd was 10 segments, and is one.
 */
void timed_out(Script &s, bool sack, u32 n, u32 all)
{
	s.connect();
	if (sack)
		s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.cc.cwnd = n * MSS;
	/* No loss probe: it would be the first to send something again. */
	s.tcb.loss.tlp.measured = false;
	s.write(all * MSS);
	for (u32 i = 0; i < n; i++)
		s.expect(data(i));
	s.expect_at(RTO, data(0).retransmitted(1));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, MSS);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
}

void undone(const Script &s, u32 cwnd, u32 ssthresh)
{
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	EXPECT_EQ(s.tcb.out.lost, 0u);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, ssthresh);
}

} // namespace

class Frto : public testing::TestWithParam<bool>
{
};

INSTANTIATE_TEST_SUITE_P(Basic, Frto, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Sack, Frto, testing::Values(true));

/*
 * The purpose. Sections 2.1 and 3.1, steps 1, 2b and 3b: the answers were only late; two new
 * segments leave instead of what seemed lost, and the next answer shows that it was not.
 */
TEST_P(Frto, LateAnswersGiveTheWindowBack)
{
	Script s;

	timed_out(s, GetParam(), 6, 12);
	s.at(310ms);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(6));
	s.expect(data(7));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	undone(s, 7 * MSS, RUB_SSTHRESH_INFINITE); /* slow start goes on: a segment acknowledged */
	s.expect(data(8));
	s.silence();
	s.send(seg(ACK, 1, nth(8)));
	EXPECT_EQ(s.take().size(), 3u);
	s.send(seg(ACK, 1, nth(9)));
	s.send(seg(ACK, 1, nth(12)));
	EXPECT_TRUE(s.never_due());
}

/* Steps 2a: what was in flight is acknowledged as a whole. Nothing tells what did it. */
TEST_P(Frto, AnAnswerToEverythingProvesNothing)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, nth(4)));
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	s.expect(data(4));
	s.expect(data(5));
	s.silence();
	s.send(seg(ACK, 1, nth(5)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	(void)s.take();
}

/* Step 2: less than what went again may be a lie. Slow start goes on with what is lost. */
TEST_P(Frto, AnAnswerToAPartProvesNothing)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, 1 + 500)); /* cwnd 1500, 500 in flight */
	s.expect(data(1));
	s.silence();
	s.send(seg(ACK, 1, nth(1))); /* cwnd 2000 */
	s.expect(data(2));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.expect(data(3)); /* congestion avoidance: cwnd 2500 */
	s.silence();
}

/* Step 2b: without new data slow start goes on, and what it sends again proves nothing. */
TEST_P(Frto, WithoutNewDataTheLostGoesAgain)
{
	Script s;

	timed_out(s, GetParam(), 4, 4);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(seg(ACK, nth(1), 1, MSS));
	s.expect(seg(ACK, nth(2), 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	s.expect(seg(ACK | PSH, nth(3), 1, MSS));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	s.send(seg(ACK, 1, nth(4)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}

/* The same where the peer's window allows nothing new. */
TEST_P(Frto, WithoutAWindowTheLostGoesAgain)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, nth(1)).window(3 * MSS));
	s.expect(seg(ACK, nth(1), 1, MSS));
	s.expect(seg(ACK, nth(2), 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, nth(2)).window(2 * MSS));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	(void)s.take();
}

/* Step 2b: one new segment is enough; nothing else leaves beside it. */
TEST_P(Frto, OneNewSegmentIsEnough)
{
	Script s;

	timed_out(s, GetParam(), 4, 5);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
}

/* Section 2.1, step 1: once more for the same segment; the answers may still be late. */
TEST_P(Frto, ASecondTimeoutOfTheSameSegmentBeginsAgain)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.expect_at(3 * RTO, data(0).retransmitted(2));
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(2)));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE); /* as before the first */
	(void)s.take();
}

/* Step 1: not once an acknowledgement came, nor for what a second timeout finds in RTO recovery. */
TEST_P(Frto, NotWhileATimeoutIsBeingRepaired)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.mark();
	s.at(s.due());
	s.expect(data(1).retransmitted(1));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	/* The conventional recovery: nothing new before what is lost. */
	s.expect(data(2));
	s.expect(data(3));
	s.silence();
	s.send(seg(ACK, 1, nth(3)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	(void)s.take();
}

/* Nor in fast recovery (section 3.1: SHOULD NOT). */
TEST_P(Frto, NotInFastRecovery)
{
	Script s;

	s.connect();
	if (GetParam())
		s.tcb.opts |= RUB_OPT_SACK;
	s.write(12 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.at(100ms);
	for (u32 i = 2; i < 5; i++) {
		s.send(GetParam() ? seg(ACK, 1, 1).sack({{nth(1), nth(i)}}) : seg(ACK, 1, 1));
		s.take();
	}
	ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.at(s.due());
	s.expect(data(0).retransmitted(1));
	s.send(seg(ACK, 1, nth(4)));
	s.expect(data(4));
	s.expect(data(5));
	s.silence();
	s.send(seg(ACK, 1, nth(5)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	(void)s.take();
}

/* Section 2.1, step 2a: with a duplicate first, reordering or duplication cannot be told apart. */
TEST(FrtoBasic, ADuplicateFirstEndsIt)
{
	Script s;

	timed_out(s, false, 4, 8);
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(1));
	s.expect(data(2));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	(void)s.take();
}

/* Step 3a: a duplicate is the answer to new data; cwnd is 3 segments and the lost goes again. */
TEST(FrtoBasic, ADuplicateAfterNewDataGoesOnWithTheLost)
{
	Script s;

	timed_out(s, false, 4, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(1)));
	EXPECT_EQ(s.tcb.cc.cwnd, 3u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.expect(data(1));
	s.silence();
	s.send(seg(ACK, 1, nth(1)));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	s.expect(data(2));
	(void)s.take();
}

/* Step 3: what neither acknowledges nor is a duplicate is ignored: a window update. */
TEST_P(Frto, AWindowUpdateIsIgnored)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, 1).window(PEER_WND - 1));
	s.send(seg(ACK, 1, nth(1)).window(PEER_WND - 1));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(1)).window(PEER_WND - 2));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	s.send(seg(ACK, 1, nth(2)));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* Section 2.1, step 3b: it acknowledges new data, too. All of it arrived, and only one went again.
 */
TEST(FrtoBasic, AnAnswerToNewDataToo)
{
	Script s;

	timed_out(s, false, 4, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(6)));
	undone(s, 8 * MSS, RUB_SSTHRESH_INFINITE); /* an ACK is worth a window at most */
	(void)s.take();
}

/* Section 3.1, step 3a says otherwise: what covers more than RecoveryPoint; cwnd 3 at most. */
TEST(FrtoSack, AnAnswerToNewDataTooProvesNothing)
{
	Script s;

	timed_out(s, true, 4, 12);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(6)));
	EXPECT_EQ(s.tcb.cc.cwnd, 3u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	(void)s.take();
}

/* Step 2: duplicates before the answer only fill the scoreboard. */
TEST(FrtoSack, DuplicatesFirstAreWaitedFor)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(2)}}));
	s.silence();
	s.send(seg(ACK, 1, nth(2)));
	s.expect(data(5));
	s.expect(data(6));
	s.silence();
	s.send(seg(ACK, 1, nth(2)).sack({{nth(3), nth(4)}}));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* Step 3b: SACK of what left before, though a duplicate: reordering. */
TEST(FrtoSack, ABlockOfWhatWasThereBefore)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(5));
	s.expect(data(6));
	s.send(seg(ACK, 1, nth(1)).sack({{nth(2), nth(3)}}));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* Step 3a: a block of what left since, alone or beside an older one. */
TEST(FrtoSack, ABlockOfNewDataGoesOnWithTheLost)
{
	for (const std::vector<Range> &blocks : {std::vector<Range>{{nth(5), nth(6)}},
						 {{nth(5), nth(6)}, {nth(3), nth(4)}},
						 {{nth(3), nth(4)}, {nth(5), nth(6)}}}) {
		Script s;

		timed_out(s, true, 5, 8);
		s.send(seg(ACK, 1, nth(1)));
		s.expect(data(5));
		s.expect(data(6));
		s.send(seg(ACK, 1, nth(1)).sack(blocks));
		EXPECT_EQ(s.tcb.cc.cwnd, 3u * MSS);
		EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
		/* One is in the pipe. */
		s.expect(data(1));
		s.expect(data(2));
		s.silence();
		EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	}
}

/* Step 3a: a duplicate that acknowledges nothing new. */
TEST(FrtoSack, ADuplicateWithoutNews)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, 1).sack({{nth(2), nth(3)}}));
	s.send(seg(ACK, 1, nth(1)).sack({{nth(2), nth(3)}}));
	s.expect(data(5));
	s.expect(data(6));
	s.send(seg(ACK, 1, nth(1)).sack({{nth(2), nth(3)}}));
	EXPECT_EQ(s.tcb.cc.cwnd, 3u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	s.expect(data(1)); /* two are in the pipe */
	s.silence();
}

/*
 * Step 1 forgets what SACK told. Once more for the same segment it would be news again: the
 * second retransmission's duplicate would prove what is not so.
 */
TEST(FrtoSack, WhatWasToldBeforeASecondTimeoutIsNoNews)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, 1).sack({{nth(2), nth(3)}}));
	s.expect_at(3 * RTO, data(0).retransmitted(2));
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(1));
	s.expect(data(2));
	s.silence();
	s.send(seg(ACK, 1, nth(1)).sack({{1, nth(1)}, {nth(2), nth(3)}}));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	(void)s.take();
}

/* The same before the first: something is missing already. */
TEST(FrtoSack, NotWithSomethingSacked)
{
	Script s([](rub_config &c) { c.data = schedule("120ms x2 tries=15"); });

	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.loss.tlp.measured = false;
	s.tcb.cc.cwnd = 5 * MSS;
	s.write(8 * MSS);
	EXPECT_EQ(s.take().size(), 5u);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(2), nth(3)}})); /* lost at 125 ms */
	s.expect(data(5));
	s.silence();
	s.expect_at(120ms, data(0).retransmitted(1));
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(1));
	s.expect(data(2));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
}

/* An old ACK that brings blocks is neither new nor a duplicate. */
TEST(FrtoSack, AnOldAckIsIgnored)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(5));
	s.expect(data(6));
	s.send(seg(ACK, 1, 1).sack({{nth(2), nth(3)}}));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	s.send(seg(ACK, 1, nth(1)).sack({{nth(2), nth(4)}}));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* RFC 5682 sets recover back: duplicates mean a loss again. */
TEST(FrtoBasic, FastRetransmitWorksAfterIt)
{
	Script s;

	timed_out(s, false, 6, 12);
	s.send(seg(ACK, 1, nth(1)));
	s.take();
	s.send(seg(ACK, 1, nth(2)));
	s.take();
	for (int i = 0; i < 2; i++) {
		s.send(seg(ACK, 1, nth(2)));
		s.take();
	}
	s.send(seg(ACK, 1, nth(2)));
	s.expect(data(2));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	(void)s.take();
}

/* RFC 4015 section 3.2: with an ECN-Echo the path is congested; but nothing goes again. */
TEST_P(Frto, AnEchoOfCongestionKeepsTheWindowSmall)
{
	Script s;

	timed_out(s, GetParam(), 6, 12);
	s.tcb.opts |= RUB_OPT_ECN;
	s.send(seg(ACK, 1, nth(1)));
	s.take();
	s.send(seg(ACK | ECE, 1, nth(2)));
	undone(s, 2 * MSS, 3 * MSS);
	s.silence();
}

/* A probe of a closed window took a byte along; its answer is no original's. */
TEST_P(Frto, AWindowProbeEndsIt)
{
	Script s;

	timed_out(s, GetParam(), 4, 8);
	s.send(seg(ACK, 1, nth(1)).window(0));
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK, nth(1), 1, 1).as_unit(RUB_UNIT_PROBE));
	s.send(seg(ACK, 1, nth(1) + 1));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.expect(seg(ACK, nth(1) + 1, 1, MSS));
	(void)s.take();
}

/* What brings a block counts as a duplicate (RFC 6675 section 2), whatever its window. */
TEST(FrtoSack, ABlockWithAnotherWindow)
{
	Script s;

	timed_out(s, true, 5, 8);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(5));
	s.expect(data(6));
	s.send(seg(ACK, 1, nth(1)).window(PEER_WND - 1).sack({{nth(2), nth(3)}}));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* The timer's segment could not leave: what is acknowledged was there before all the same. */
TEST_P(Frto, ARetransmissionThatDidNotLeave)
{
	Script s;

	s.connect();
	if (GetParam())
		s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.cc.cwnd = 4 * MSS;
	s.tcb.loss.tlp.measured = false;
	s.write(8 * MSS);
	EXPECT_EQ(s.take().size(), 4u);
	s.drop_next(1);
	s.at(RTO);
	s.silence();
	s.send(seg(ACK, 1, nth(1)));
	s.expect(data(4));
	s.expect(data(5));
	s.send(seg(ACK, 1, nth(2)));
	undone(s, 5 * MSS, RUB_SSTHRESH_INFINITE);
	(void)s.take();
}

/* Something was lost already: too large for the path. */
TEST_P(Frto, NotWithSomethingLost)
{
	Script s;

	s.connect();
	if (GetParam())
		s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.loss.tlp.measured = false;
	s.write(16 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.tcb.cc.cwnd = 1000;
	s.env.path_mss = 500;
	s.call(RUB_CALL_MTU, 0);
	EXPECT_EQ(s.take().size(), 1u); /* RFC 1191 section 6.4 */
	s.mark();
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, 500).retransmitted(1));
	s.send(seg(ACK, 1, 501));
	s.expect(seg(ACK, 501, 1, 500));
	s.expect(seg(ACK, 1001, 1, 500));
	s.silence();
}
