/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 6928's initial window, RFC 5681 and RFC 6582 (NewReno) without SACK. */
#include "script.h"

using namespace script;

namespace
{

void sent_segments(Script &s, u32 from, u32 n)
{
	for (u32 i = from; i < from + n; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
}

/* n full segments in flight, none waiting. */
void in_flight(Script &s, u32 n)
{
	s.connect();
	s.write(n * MSS);
	sent_segments(s, 0, n);
	s.silence();
}

void duplicate(Script &s, u32 ack)
{
	s.send(seg(ACK, 1, ack));
}

} // namespace

/* min(10 MSS, max(2 MSS, 14600)) */
TEST(Congestion, InitialWindowIsTenSegments)
{
	Script s;

	s.connect();
	s.write(15 * MSS);
	sent_segments(s, 0, 10);
	s.silence();
}

TEST(Congestion, InitialWindowOfLargeSegmentsIsBounded)
{
	Script s;

	s.env.path_mss = 4000;
	s.env.gso_max = 4000;
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(4000).window(60000));
	s.expect(seg(ACK, 1, 1));
	s.write(40000);
	u32 bytes = 0;
	for (const Sent &sent : s.take())
		bytes += sent.tx.len;
	EXPECT_GT(bytes, 8000u);
	EXPECT_LE(bytes, 14600u);
}

/* Slow start: one SMSS more for each ACK of new data. */
TEST(Congestion, SlowStartGrowsByOneSegmentAnAck)
{
	Script s;

	s.connect();
	s.write(20 * MSS);
	sent_segments(s, 0, 10);
	s.silence();
	s.send(seg(ACK, 1, 1 + MSS));
	sent_segments(s, 10, 2);
	s.silence();
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	sent_segments(s, 12, 2);
	s.silence();
}

/* ACK division: cwnd grows by what is acknowledged, not by how often. */
TEST(Congestion, AckDivisionGainsNothing)
{
	Script s;

	in_flight(s, 10);
	const u32 before = s.tcb.cc.cwnd;
	for (u32 i = 1; i <= 10; i++)
		s.send(seg(ACK, 1, 1 + i * 100));
	EXPECT_LE(s.tcb.cc.cwnd, before + MSS);
}

TEST(Congestion, TimeoutLeavesOneSegment)
{
	Script s;

	in_flight(s, 8);
	s.at(RTO);
	s.expect(seg(ACK, 1, 1, MSS).maybe(PSH).retransmitted(1));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, u32(MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS); /* FlightSize / 2 */
}

/* max(FlightSize / 2, 2 SMSS) */
TEST(Congestion, ThresholdIsAtLeastTwoSegments)
{
	Script s;

	in_flight(s, 1);
	s.at(RTO);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}

/* A second timeout of the same segment must not halve the threshold again. */
TEST(Congestion, SecondTimeoutKeepsTheThreshold)
{
	Script s;

	in_flight(s, 8);
	s.at(RTO);
	s.expect(seg(ACK, 1, 1, MSS));
	s.at(3 * RTO);
	s.expect(seg(ACK, 1, 1, MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, u32(MSS));
}

TEST(FastRetransmit, ThirdDuplicateAckSendsTheMissingSegment)
{
	Script s;

	in_flight(s, 5);
	duplicate(s, 1);
	s.silence();
	duplicate(s, 1);
	s.silence();
	duplicate(s, 1);
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	EXPECT_EQ(s.tcb.cc.cwnd, 2500u + 3 * MSS);
}

TEST(FastRetransmit, FurtherDuplicatesSendItNoSecondTime)
{
	Script s;

	in_flight(s, 8);
	for (int i = 0; i < 3; i++)
		duplicate(s, 1);
	s.expect(seg(ACK, 1, 1, MSS));
	for (int i = 0; i < 4; i++) {
		duplicate(s, 1);
		s.silence();
	}
}

/* A full acknowledgement deflates the window and ends recovery. */
TEST(FastRetransmit, FullAckEndsRecovery)
{
	Script s;

	in_flight(s, 5);
	for (int i = 0; i < 3; i++)
		duplicate(s, 1);
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + 5 * MSS));
	s.silence();
	EXPECT_EQ(s.happened.acked, 5u * MSS);
	EXPECT_LE(s.tcb.cc.cwnd, 2500u);
	EXPECT_TRUE(s.never_due());
}

/* RFC 6582: a partial one names the next hole, which is sent at once. */
TEST(FastRetransmit, PartialAckSendsTheNextHole)
{
	Script s;

	in_flight(s, 6);
	for (int i = 0; i < 3; i++)
		duplicate(s, 1);
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	s.expect(seg(ACK, 1 + 2 * MSS, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + 4 * MSS));
	s.expect(seg(ACK, 1 + 4 * MSS, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + 6 * MSS));
	s.silence();
	EXPECT_TRUE(s.never_due());
}

/* Retransmissions by duplicate ACKs are not tries (DESIGN.md section 3). */
TEST(FastRetransmit, IsNoTry)
{
	Script s;

	in_flight(s, 5);
	for (int i = 0; i < 3; i++)
		duplicate(s, 1);
	s.expect(seg(ACK, 1, 1, MSS));
	EXPECT_EQ(s.tcb.run.tries, 0u);
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, MSS).retransmitted(1));
}

/* RFC 5681 section 2: outstanding data, no data in it, no SYN or FIN, same ACK, same window. */
TEST(FastRetransmit, WhatIsNotADuplicateDoesNotCount)
{
	Script s;

	in_flight(s, 5);
	for (u32 i = 0; i < 5; i++) {
		s.send(seg(ACK | PSH, 1 + i, 1, 1)); /* data */
		s.expect(seg(ACK, 1 + 5 * MSS, 2 + i));
	}
	for (u16 i = 1; i <= 5; i++) {
		s.send(seg(ACK, 6, 1).window(PEER_WND - i)); /* another window */
		s.silence();
	}
}

TEST(FastRetransmit, NothingOutstandingNothingDuplicate)
{
	Script s;

	in_flight(s, 1);
	s.send(seg(ACK, 1, 1 + MSS));
	for (int i = 0; i < 5; i++) {
		duplicate(s, 1 + MSS);
		s.silence();
	}
}

TEST(FastRetransmit, ANewAckStartsTheCountAgain)
{
	Script s;

	in_flight(s, 6);
	duplicate(s, 1);
	duplicate(s, 1);
	s.send(seg(ACK, 1, 1 + MSS));
	duplicate(s, 1 + MSS);
	duplicate(s, 1 + MSS);
	s.silence();
	duplicate(s, 1 + MSS);
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
}

/* RFC 6582 step 4: after a timeout, duplicates of what was sent before start nothing. */
TEST(FastRetransmit, NotAgainAfterATimeout)
{
	Script s;

	in_flight(s, 5);
	s.at(RTO);
	s.expect(seg(ACK, 1, 1, MSS));
	for (int i = 0; i < 5; i++) {
		duplicate(s, 1);
		s.silence();
	}
}

/* Step 4 of RFC 5681 section 3.2: each further duplicate lets one more segment out. */
TEST(FastRetransmit, InflatedWindowLetsNewDataOut)
{
	Script s;

	s.connect();
	s.write(20 * MSS);
	sent_segments(s, 0, 10);
	duplicate(s, 1);
	(void)s.take(); /* limited transmit may send one new segment on each of the first two */
	duplicate(s, 1);
	(void)s.take();
	duplicate(s, 1);
	{
		const std::vector<Sent> sent = s.take();
		ASSERT_FALSE(sent.empty());
		EXPECT_EQ(sent[0].tx.seq, s.iss + 1);
	}
	u32 fresh = 0;
	for (int i = 0; i < 7; i++) {
		duplicate(s, 1);
		for (const Sent &sent : s.take()) {
			EXPECT_GE(static_cast<s32>(sent.tx.seq - s.iss), 1 + 10 * MSS);
			fresh++;
		}
	}
	EXPECT_GE(fresh, 1u);
	EXPECT_LE(fresh, 7u);
}
