/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A response to loss that proves wrong is undone: D-SACK (RFC 2883, RFC 3708's rule that all that
 * went again has to be reported) and timestamps (RFC 3522, RFC 4015).
 */
#include "flight.h"

#include "core/constants.h"

using namespace script;

namespace
{

constexpr u32 LEN = MSS - RUB_TS_SPACE; /* of a full segment with timestamps */

u32 at_ts(u32 i)
{
	return 1 + i * LEN;
}

/* Agreed on timestamps, with SACK or without, n segments in flight since time 0 of ten in all. */
u32 timed_flight(Script &s, bool sack, u32 n)
{
	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok(sack).with_ts(5, 0));
	s.expect(seg(ACK, 1, 1));
	s.mark();
	s.tcb.cc.cwnd = n * MSS;
	s.tcb.loss.tlp.measured = false; /* no loss probe */
	s.write(2 * n * LEN);
	EXPECT_EQ(s.take().size(), n);
	return static_cast<u32>(s.env.now / 1'000'000);
}

void with_timestamps(rub_config &config)
{
	config.knobs.timestamps = 1;
	config.knobs.sack = 1;
}

/* Ten segments, cwnd ten; 0 went again at 100 ms. */
void one_again(Script &s)
{
	connect_sack(s);
	s.tcb.cc.cwnd = 10 * MSS;
	fly(s, 0, 10);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.silence();
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
}

void is_undone(const Script &s, u32 cwnd)
{
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.out.lost, 0u);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	is_sound(s);
}

} // namespace

/* All that fast retransmit sent is reported: after the recovery, or while it lasts. */
TEST(Undo, ADsackAfterTheRecovery)
{
	Script s;

	one_again(s);
	s.at(110ms);
	s.send(ack(10));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	s.send(ack(10, {{0, 1}}));
	is_undone(s, 10 * MSS);
}

TEST(Undo, ADsackDuringTheRecovery)
{
	Script s;

	one_again(s);
	s.at(110ms);
	s.send(ack(5));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.send(ack(5, {{0, 1}}));
	is_undone(s, 10 * MSS);
	s.send(ack(10));
}

/* What waited to go again is in flight, and measures nothing. */
TEST(Undo, WhatSeemedLostIsInFlight)
{
	Script s;

	connect_sack(s);
	s.tcb.cc.cwnd = 20 * MSS;
	fly(s, 0, 20);
	s.at(100ms);
	s.send(ack(0, {{3, 6}}));
	s.expect(data(0)); /* PRR: pipe 14, ssthresh 10 */
	s.silence();
	EXPECT_EQ(s.tcb.out.lost, 2u * MSS);
	s.at(110ms);
	s.send(ack(1, {{0, 1}, {3, 6}}));
	is_undone(s, 20 * MSS);
	EXPECT_EQ(rub_pipe(&s.tcb), 16u * MSS);
	s.silence();
	const rub_ns srtt = s.tcb.srtt;
	s.at(120ms);
	s.send(ack(3));
	EXPECT_EQ(s.tcb.srtt, srtt);
	s.send(ack(20));
}

/* RFC 2883 section 4: one of two is reported; the other may have been lost. */
TEST(Undo, NotBeforeAllIsReported)
{
	Script s;

	connect_sack(s);
	s.tcb.cc.cwnd = 10 * MSS;
	fly(s, 0, 10);
	s.at(100ms);
	s.send(ack(0, {{2, 8}}));
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.at(110ms);
	s.send(ack(10));
	s.send(ack(10, {{0, 1}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	s.send(ack(10, {{1, 2}}));
	is_undone(s, 10 * MSS);
}

/* What did not go again in this recovery does not count: before it, or beyond. */
TEST(Undo, AnotherDsackDoesNotCount)
{
	Script s;

	connect_sack(s);
	s.tcb.cc.cwnd = 10 * MSS;
	fly(s, 0, 10);
	s.at(100ms);
	s.send(ack(2, {{3, 6}}));
	s.expect(data(2));
	(void)s.take();
	s.at(110ms);
	s.send(ack(10));
	(void)s.take();
	s.send(ack(10, {{1, 2}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS); /* FlightSize was 8 */
	fly(s, 10, 11);
	s.send(ack(11, {{10, 11}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS);
	s.send(ack(11, {{2, 3}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
}

/* It may report more at once than went again. */
TEST(Undo, ADsackOfMoreThanWentAgain)
{
	Script s;

	one_again(s);
	s.at(110ms);
	s.send(ack(10));
	s.send(ack(10, {{0, 3}}));
	is_undone(s, 10 * MSS);
}

/* Once: what a later event reduced stays reduced. */
TEST(Undo, IsDoneOnce)
{
	Script s;

	one_again(s);
	s.at(110ms);
	s.send(ack(10));
	s.send(ack(10, {{0, 1}}));
	is_undone(s, 10 * MSS);
	s.tcb.cc.cwnd = 3 * MSS;
	s.send(ack(10, {{0, 1}}));
	EXPECT_EQ(s.tcb.cc.cwnd, 3u * MSS);
}

/* The window may have grown beyond what it was: it is not taken away. */
TEST(Undo, NeverMakesTheWindowSmaller)
{
	Script s;

	one_again(s);
	s.at(110ms);
	s.send(ack(10));
	s.tcb.cc.cwnd = 30 * MSS;
	s.send(ack(10, {{0, 1}}));
	is_undone(s, 30 * MSS);
}

/* After a timeout: the timer's segment arrived twice. */
TEST(Undo, ADsackAfterATimeout)
{
	Script s;

	connect_sack(s);
	s.tcb.loss.tlp.measured = false;
	s.tcb.cc.cwnd = 4 * MSS;
	fly(s, 0, 4);
	s.expect_at(RTO, data(0));
	s.send(ack(4));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.send(ack(4, {{0, 1}}));
	is_undone(s, 4 * MSS);
}

/* After two the path was silent for long: no (RFC 4015 undoes the first response only). */
TEST(Undo, NotAfterASecondTimeout)
{
	Script s;

	connect_sack(s);
	s.tcb.loss.tlp.measured = false;
	s.tcb.cc.cwnd = 4 * MSS;
	fly(s, 0, 4);
	s.expect_at(RTO, data(0));
	s.expect_at(3 * RTO, data(0));
	s.send(ack(4));
	s.send(ack(4, {{0, 1}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}

class UndoByTime : public testing::TestWithParam<bool>
{
};

INSTANTIATE_TEST_SUITE_P(NewReno, UndoByTime, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Sack, UndoByTime, testing::Values(true));

/* RFC 3522: the first acceptable ACK after a timeout echoes what left before. */
TEST_P(UndoByTime, AfterATimeout)
{
	Script s(with_timestamps);
	const u32 zero = timed_flight(s, GetParam(), 4);

	s.at(RTO);
	s.expect(seg(ACK, 1, 1, LEN).retransmitted(1));
	s.send(seg(ACK, 1, at_ts(1)).with_ts(6, zero));
	is_undone(s, 4 * MSS + LEN);
	EXPECT_EQ(s.take().size(), 2u);
}

/* It echoes the retransmission: nothing arrived before. */
TEST_P(UndoByTime, NotIfTheRetransmissionIsEchoed)
{
	Script s(with_timestamps);
	const u32 zero = timed_flight(s, GetParam(), 4);

	s.at(RTO);
	s.expect(seg(ACK, 1, 1, LEN));
	s.at(400ms);
	s.send(seg(ACK, 1, at_ts(4)).with_ts(6, zero + 300));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * LEN);
	(void)s.take();
}

/* Only the first after it: later ones are caused by what left since. */
TEST_P(UndoByTime, NotByALaterAck)
{
	Script s(with_timestamps);
	const u32 zero = timed_flight(s, GetParam(), 4);

	s.at(RTO);
	s.expect(seg(ACK, 1, 1, LEN));
	s.at(400ms);
	s.send(seg(ACK, 1, 1 + 500).with_ts(6, zero + 300)); /* of a part: no F-RTO either */
	s.take();
	s.send(seg(ACK, 1, at_ts(2)).with_ts(7, zero));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * LEN);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	(void)s.take();
}

/* In fast recovery the last one tells: one may be lost, another late. */
TEST_P(UndoByTime, AfterFastRecovery)
{
	for (bool echo : {true, false}) {
		Script s(with_timestamps);
		const u32 zero = timed_flight(s, GetParam(), 6);

		s.at(100ms);
		for (u32 i = 1; i < 4; i++) {
			Seg dup = seg(ACK, 1, 1).with_ts(6, zero);

			s.send(GetParam() ? dup.sack({{at_ts(1), at_ts(i + 1)}}) : dup);
			s.take();
		}
		ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
		EXPECT_EQ(s.tcb.cc.ssthresh, 3u * MSS);
		s.at(110ms);
		s.send(seg(ACK, 1, at_ts(2)).with_ts(7, zero)); /* partial: it proves nothing */
		EXPECT_EQ(s.tcb.cc.ssthresh, 3u * MSS);
		EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
		s.take();
		const u32 end = s.tcb.loss.recover - s.iss;
		s.send(seg(ACK, 1, end).with_ts(8, echo ? zero + 99 : zero + 100));
		EXPECT_EQ(s.tcb.cc.ssthresh, echo ? RUB_SSTHRESH_INFINITE : 3 * MSS);
		EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
		(void)s.take();
	}
}

/* Undone by time; a D-SACK of the same later does not do it again. */
TEST_P(UndoByTime, IsDoneOnce)
{
	Script s(with_timestamps);
	const u32 zero = timed_flight(s, GetParam(), 4);

	s.at(RTO);
	s.expect(seg(ACK, 1, 1, LEN));
	s.send(seg(ACK, 1, at_ts(1)).with_ts(6, zero));
	is_undone(s, 4 * MSS + LEN);
	s.take();
	s.tcb.cc.cwnd = 2 * MSS;
	s.send(seg(ACK, 1, at_ts(1)).with_ts(6, zero).sack({{1, at_ts(1)}}));
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	s.take();
	s.send(seg(ACK, 1, s.tcb.snd_max - s.iss).with_ts(7, zero));
	(void)s.take();
}

/* A probe repaired the loss: nothing went again in a recovery, and no D-SACK takes it back. */
TEST(Undo, NotOfWhatAProbeRepaired)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });

	connect_sack(s);
	fly(s, 0, 4);
	s.expect_at(200ms, data(3));
	s.at(300ms);
	s.send(ack(4));
	fly(s, 4, 8);
	s.send(ack(5));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.send(ack(8));
	s.send(ack(8, {{6, 7}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}
