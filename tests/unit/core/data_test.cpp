/* SPDX-License-Identifier: GPL-2.0-only */
/* Data both ways: RFC 9293 sections 3.7 and 3.8, and 3.10.7.4 "process the segment text". */
#include "script.h"

using namespace script;

TEST(Send, OneSmallWrite)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100).as_unit(RUB_UNIT_DATA));
	s.silence();
	EXPECT_EQ(rub_queued(&s.tcb), 100u);
	EXPECT_EQ(rub_first(&s.tcb), s.iss + 1);
	s.send(seg(ACK, 1, 101));
	s.silence();
	EXPECT_TRUE(s.saw(RUB_RX_ACKED));
	EXPECT_EQ(s.happened.acked, 100u);
	EXPECT_EQ(rub_queued(&s.tcb), 0u);
	EXPECT_EQ(rub_first(&s.tcb), s.iss + 101);
	EXPECT_TRUE(s.never_due());
}

/* MUST-61: PSH on the last buffered segment, and only there. */
TEST(Send, CutsAtTheMss)
{
	Script s;

	s.connect();
	s.write(2 * MSS + MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, MSS));
	s.silence();
}

/* Nagle: what is less than a full segment waits while anything is in flight. */
TEST(Send, NagleHoldsASmallSegmentUntilAllIsAcknowledged)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.write(10);
	s.silence();
	s.write(20);
	s.silence();
	s.send(seg(ACK, 1, 11));
	s.expect(seg(ACK | PSH, 11, 1, 30));
	s.silence();
}

TEST(Send, NagleLetsAFullSegmentPass)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.write(MSS + 5);
	s.expect(seg(ACK, 11, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 11 + MSS));
	s.expect(seg(ACK | PSH, 11 + MSS, 1, 5));
}

/* MUST-17: an application can switch it off. */
TEST(Send, NodelaySendsSmallSegmentsAtOnce)
{
	Script s;

	s.connect();
	EXPECT_FALSE(rub_is_set(&s.tcb, RUB_OPTION_NODELAY));
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_NODELAY));
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.write(20);
	s.expect(seg(ACK | PSH, 11, 1, 20));
	rub_set(&s.tcb, RUB_OPTION_NODELAY, false, &s.env);
	s.write(5);
	s.silence();
	s.send(seg(ACK, 1, 31));
	s.expect(seg(ACK | PSH, 31, 1, 5));
}

/* What waits leaves when the option is set. */
TEST(Send, NodelayFreesWhatNagleHolds)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.write(20);
	s.silence();
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	s.drain();
	s.expect(seg(ACK | PSH, 11, 1, 20));
}

TEST(Send, StopsAtThePeersWindow)
{
	Script s;

	s.connect(2500);
	s.write(4 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.silence(); /* 500 are usable: no full segment, less than half of the window */
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(2500));
	s.expect(seg(ACK, 1 + 2 * MSS, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + 3 * MSS, 1, MSS));
}

/* Section 3.8.6.2.1 rule 3: at least half of the largest window ever seen. */
TEST(Send, FillsASmallWindow)
{
	Script s;

	s.connect(600);
	s.write(MSS);
	s.expect(seg(ACK, 1, 1, 600));
	s.silence();
	s.send(seg(ACK, 1, 601).window(600));
	s.expect(seg(ACK | PSH, 601, 1, 400));
}

/* MUST-38, and its override: a silly window is not filled at once, but not for ever either. */
TEST(Send, ASillyWindowIsNotFilledAtOnce)
{
	Script s;

	s.connect(10000);
	s.write(10000);
	for (u32 i = 0; i < 10; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.write(MSS);
	s.silence();
	s.send(seg(ACK, 1, 10001).window(100));
	s.silence();
	s.at(60s);
	const std::vector<Sent> sent = s.take();
	ASSERT_FALSE(sent.empty());
	EXPECT_EQ(sent.front().tx.seq, s.iss + 10001);
	EXPECT_GE(sent.front().tx.len, 1u);
	EXPECT_LE(sent.front().tx.len, 100u);
}

TEST(Send, EveryDataSegmentCarriesTheAck)
{
	Script s;

	s.connect();
	s.deliver(seg(ACK | PSH, 1, 1, 50));
	ASSERT_EQ(s.call(RUB_CALL_SEND, 100, false), 0);
	s.drain();
	s.expect(seg(ACK | PSH, 1, 51, 100));
	s.silence(); /* the acknowledgement rode along */
}

/* One proposal for several segments; FIN and PSH go on the last of them. */
TEST(Send, UnitsBiggerThanASegmentAreCutByTheShell)
{
	Script s;

	s.connect();
	s.env.gso_max = 3 * MSS;
	s.write(3 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, MSS));
	ASSERT_FALSE(s.units.empty());
	EXPECT_EQ(s.units.back().len, 3u * MSS);
	EXPECT_EQ(s.units.back().cut, MSS);
	s.send(seg(ACK, 1, 1 + 3 * MSS));
	s.write(5 * MSS);
	for (u32 i = 3; i < 8; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	for (const rub_tx &unit : s.units)
		EXPECT_LE(unit.len, s.env.gso_max);
}

/* Two-phase sending: what was not built was not sent, and comes next. */
TEST(Send, CommitsOnlyWhatLeft)
{
	Script s;

	s.connect();
	s.build_at_most(400);
	s.write(MSS);
	s.expect(seg(ACK, 1, 1, 400));
	s.build_at_most(~0u);
	s.send(seg(ACK, 1, 401));
	s.expect(seg(ACK | PSH, 401, 1, 600));
	EXPECT_EQ(s.happened.acked, 400u);
}

TEST(Send, AFinThatWasNotBuiltIsNotSent)
{
	Script s;

	s.connect();
	s.build_at_most(400);
	ASSERT_EQ(s.call(RUB_CALL_SEND, 500, false), 0);
	ASSERT_EQ(s.call(RUB_CALL_SHUTDOWN, 0, false), 0);
	rub_tx tx;
	ASSERT_TRUE(rub_transmit(&s.tcb, &s.env, &tx));
	EXPECT_EQ(tx.flags & FIN, FIN);
	rub_sent(&s.tcb, &tx, 400, &s.env);
	s.build_at_most(~0u);
	s.drain();
	/* The rest may wait for the acknowledgement (Nagle), or leave with its FIN. */
	s.maybe(seg(FIN | PSH | ACK, 401, 1, 100));
	s.send(seg(ACK, 1, 401));
	s.maybe(seg(FIN | PSH | ACK, 401, 1, 100));
	s.send(seg(ACK, 1, 502));
	s.state_is(RUBATO_FIN_WAIT_2);
}

TEST(Send, ASmallerPathMakesSmallerSegments)
{
	Script s;

	s.connect();
	s.env.path_mss = 600;
	s.env.gso_max = 600;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(1200);
	s.expect(seg(ACK, 1, 1, 600));
	s.expect(seg(ACK | PSH, 601, 1, 600));
}

TEST(Receive, InOrder)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.kept({{1, 101}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED));
	EXPECT_EQ(rub_rcv_nxt(&s.tcb), s.irs + 101);
	s.expect(seg(ACK, 1, 101).window(BUFFER - 100).as_unit(RUB_UNIT_ACK));
	s.silence();
}

/* MUST-58, MUST-59: one ACK for what was processed together. */
TEST(Receive, ABatchGetsOneAck)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 4; i++)
		s.deliver(seg(ACK | PSH, 1 + 100 * i, 1, 100));
	s.drain();
	s.expect(seg(ACK, 1, 401));
	s.silence();
}

TEST(Receive, BareAckIsNotAnswered)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.kept({});
}

TEST(Receive, HoleIsKeptAndFilled)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 101, 1, 100));
	s.kept({{101, 201}});
	EXPECT_FALSE(s.saw(RUB_RX_ADVANCED));
	s.expect(seg(ACK, 1, 1).window(BUFFER)); /* a duplicate ACK, at once (RFC 5681) */
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.kept({{1, 101}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED));
	s.expect(seg(ACK, 1, 201).window(BUFFER - 200));
}

TEST(Receive, SeveralHolesAreFilledInAnyOrder)
{
	Script s;

	s.connect();
	for (u32 from : {401u, 201u, 801u, 601u}) {
		s.send(seg(ACK, from, 1, 100));
		s.kept({{from, from + 100}});
		s.expect(seg(ACK, 1, 1));
	}
	EXPECT_EQ(s.tcb.n_ooo, 4u);
	s.send(seg(ACK, 1, 1, 200));
	s.expect(seg(ACK, 1, 301));
	s.send(seg(ACK, 701, 1, 100));
	s.expect(seg(ACK, 1, 301));
	EXPECT_EQ(s.tcb.n_ooo, 2u);
	s.send(seg(ACK, 501, 1, 100));
	s.expect(seg(ACK, 1, 301));
	EXPECT_EQ(s.tcb.n_ooo, 1u);
	s.send(seg(ACK, 301, 1, 100));
	s.expect(seg(ACK, 1, 901));
	EXPECT_EQ(s.tcb.n_ooo, 0u);
}

TEST(Receive, DuplicateIsAcknowledgedAndNotKept)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.kept({});
	EXPECT_FALSE(s.saw(RUB_RX_ADVANCED));
	s.expect(seg(ACK, 1, 101));
	s.silence();
}

TEST(Receive, OnlyTheNewPartIsKept)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK, 51, 1, 100));
	s.kept({{101, 151}});
	s.expect(seg(ACK, 1, 151));
}

TEST(Receive, DuplicateBeyondAHoleIsNotKeptTwice)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 101, 1, 100));
	s.kept({});
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 120, 1, 50));
	s.kept({});
	s.expect(seg(ACK, 1, 1));
}

/* Whatever overlaps, each byte arrives once, and no range runs outside its segment. */
TEST(Receive, OverlapsAroundAHole)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 151, 1, 100));
	ASSERT_EQ(s.happened.keep.size(), 1u);
	EXPECT_GE(s.happened.keep[0].from, 151u);
	EXPECT_LE(s.happened.keep[0].from, 201u);
	EXPECT_EQ(s.happened.keep[0].to, 251u);
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 51, 1, 300));
	ASSERT_EQ(s.happened.keep.size(), 1u);
	EXPECT_EQ(s.happened.keep[0], (Range{51, 351}));
	s.expect(seg(ACK, 1, 1));
	EXPECT_EQ(s.tcb.n_ooo, 1u);
	s.send(seg(ACK, 1, 1, 60));
	s.expect(seg(ACK, 1, 351));
}

TEST(Receive, WhatExceedsTheWindowIsCutOff)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, BUFFER + 500));
	s.kept({{1, 1 + BUFFER}});
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.silence();
}

TEST(Receive, BeyondTheWindowIsDroppedAndAcknowledged)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1 + BUFFER, 1, 10));
	s.kept({});
	s.expect(seg(ACK, 1, 1));
	s.dropped_for(RUBATO_REASON_BAD_SEQ);
	s.send(seg(ACK, BUFFER, 1, 10)); /* its first byte is the window's last */
	s.kept({{BUFFER, BUFFER + 1}});
	s.expect(seg(ACK, 1, 1));
}

/* "Segment length 0, receive window 0: SEG.SEQ = RCV.NXT". */
TEST(Receive, ZeroWindowTakesAcksButNoData)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.send(seg(ACK, 1, 1, BUFFER));
	s.expect(seg(ACK, 101, 1 + BUFFER).window(0));
	s.send(seg(ACK | PSH, 1 + BUFFER, 1, 1)); /* a probe */
	s.kept({});
	s.expect(seg(ACK, 101, 1 + BUFFER).window(0));
	s.send(seg(ACK, 1 + BUFFER, 101));
	s.silence();
	EXPECT_EQ(s.happened.acked, 100u);
}

/* "special allowance should be made to accept valid ACKs": a probe's acknowledgement counts. */
TEST(Receive, AckOnAProbeOfOurZeroWindowCounts)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.send(seg(ACK, 1, 1, BUFFER));
	s.expect(seg(ACK, 101, 1 + BUFFER).window(0));
	s.send(seg(ACK | PSH, 1 + BUFFER, 101, 1));
	s.expect(seg(ACK, 101, 1 + BUFFER).window(0));
	EXPECT_EQ(s.happened.acked, 100u);
}

TEST(Receive, ReadingReopensAClosedWindow)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.read(BUFFER);
	s.expect(seg(ACK, 1, 1 + BUFFER).window(BUFFER));
	s.silence();
}

/* MUST-39: the right edge moves by a full segment or half of the buffer, never by a little. */
TEST(Receive, WindowDoesNotOpenByALittle)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.read(MSS - 1);
	s.silence();
	s.send(seg(ACK, 1 + BUFFER, 1, 1));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.read(1);
	s.expect(seg(ACK, 1, 1 + BUFFER).window(MSS));
}

/* SHLD-14: the right edge never retreats, whatever the process leaves unread. */
TEST(Receive, TheRightEdgeNeverRetreats)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 8; i++) {
		s.send(seg(ACK, 1 + i * 500, 1, 500));
		s.expect(seg(ACK, 1, 501 + i * 500)
				 .window(static_cast<u16>(BUFFER - 500 - i * 500)));
	}
	s.buffer = 5000; /* the buffer is cut under it */
	s.send(seg(ACK, 4001, 1, 500));
	s.expect(seg(ACK, 1, 4501).window(BUFFER - 4500));
}

TEST(Receive, HolesAreBounded)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < RUB_OOO_MAX; i++) {
		s.send(seg(ACK, 11 + 20 * i, 1, 10));
		s.kept({{11 + 20 * i, 21 + 20 * i}});
		s.expect(seg(ACK, 1, 1));
	}
	s.send(seg(ACK, 11 + 20 * RUB_OOO_MAX, 1, 10));
	s.kept({});
	s.expect(seg(ACK, 1, 1));
	s.dropped_for(RUBATO_REASON_OOO_FULL);
	/* What closes a hole still fits. */
	s.send(seg(ACK, 21, 1, 10));
	s.kept({{21, 31}});
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 1, 1, 10));
	s.expect(seg(ACK, 1, 41));
}

TEST(Receive, SequenceNumbersWrapInsideASegment)
{
	const u32 irs = base_irs;

	base_irs = 0xffffffff - 50;
	{
		Script s;

		s.connect();
		s.send(seg(ACK | PSH, 1, 1, 100));
		s.kept({{1, 101}});
		s.expect(seg(ACK, 1, 101));
		s.send(seg(FIN | ACK, 101, 1));
		s.expect(seg(ACK, 1, 102));
	}
	base_irs = irs;
}

TEST(Send, SequenceNumbersWrapInsideASegment)
{
	const u32 iss = base_iss;

	base_iss = 0xffffffff - 500;
	{
		Script s;

		s.connect();
		s.write(2 * MSS);
		s.expect(seg(ACK, 1, 1, MSS));
		s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
		s.at(RTT);
		s.send(seg(ACK, 1, 1 + MSS));
		EXPECT_EQ(s.happened.acked, u32(MSS));
		/* Measured as before: RTTVAR = 37.5 ms, SRTT = 100 ms, RTO = 250 ms from here. */
		s.expect_at(RTT + 250ms, seg(ACK | PSH, 1 + MSS, 1, MSS));
		s.send(seg(ACK, 1, 1 + 2 * MSS));
		s.shutdown();
		s.expect(seg(FIN | ACK, 1 + 2 * MSS, 1));
	}
	base_iss = iss;
}

TEST(Receive, BothDirectionsAtOnce)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK | PSH, 1, 1, 200));
	s.expect(seg(ACK, 1 + MSS, 201));
	s.send(seg(ACK | PSH, 201, 1 + MSS, 200));
	EXPECT_EQ(s.happened.acked, u32(MSS));
	s.expect(seg(ACK, 1 + MSS, 401));
	EXPECT_TRUE(s.never_due());
}

/* RFC 5461: what ICMP said is the better reason, once a clock has given up. */
TEST(Send, SoftErrorIsToldAtTheGiveUp)
{
	Script s([](rub_config &c) { c.syn = schedule("1s 1s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	s.expect_at(1s, seg(SYN));
	s.dies_at(2s, EHOSTUNREACH);
}

/* A soft error is remembered, and aborts nothing (MUST-56). */
TEST(Send, SoftErrorDoesNotAbort)
{
	Script s([](rub_config &c) { c.syn = schedule("1s 1s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
	s.expect_at(1s, seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}
