/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A window that is not used proves nothing: RFC 5681 section 4.1 (restart), RFC 7661 (growth,
 * and what becomes of a window that is not used for long).
 */
#include "script.h"

#include <functional>

#include "cc_path.h"

using namespace script;

namespace
{

constexpr rub_ns MS = 1'000'000;

class Validation : public testing::TestWithParam<u8>
{
protected:
	Path path{GetParam(), 1000, 100 * MS};

	/* @bytes and their acknowledgement, a round trip later. */
	void exchange(u32 bytes)
	{
		path.send(bytes);
		path.env.now += path.rtt;
		path.ack(path.flight());
	}
	u32 cwnd() const { return path.tcb.cc.cwnd; }
};

} // namespace

/* pipeACK < cwnd / 2: the non-validated phase. */
TEST_P(Validation, AWindowThatIsNotUsedDoesNotGrow)
{
	for (int i = 0; i < 100; i++)
		exchange(4000);
	EXPECT_EQ(cwnd(), 10000u);
}

TEST_P(Validation, OneThatIsUsedByHalfGrows)
{
	exchange(5000);
	EXPECT_GT(cwnd(), 10000u);
}

/* It grows no further than twice what is used. */
TEST_P(Validation, GrowthEndsAtTwiceTheUse)
{
	for (int i = 0; i < 50; i++)
		exchange(8000);
	EXPECT_GE(cwnd(), 16000u);
	EXPECT_LE(cwnd(), 24000u);
}

TEST_P(Validation, CongestionAvoidanceDoesNotGrowEither)
{
	path.tcb.cc.ssthresh = 8000;
	for (int i = 0; i < 100; i++)
		exchange(3000);
	EXPECT_EQ(cwnd(), 10000u);
}

/* RFC 5681 section 4.1: idle for more than an RTO, then no more than the restart window. */
TEST_P(Validation, AnIdleRtoLeavesTheRestartWindow)
{
	for (int i = 0; i < 3; i++)
		path.round();
	path.ack(path.flight());
	const u32 had = cwnd();
	const rub_ns rto = rub_rto(&path.tcb, &path.policy);
	ASSERT_GT(had, 40000u);
	path.env.now = path.tcb.cc.left + rto;
	EXPECT_EQ(rub_cc_window(&path.tcb, &path.env), had); /* not exceeding it */
	path.env.now++;
	EXPECT_EQ(rub_cc_window(&path.tcb, &path.env), 10000u);
	EXPECT_EQ(cwnd(), had); /* until something leaves */
	path.send();
	EXPECT_EQ(path.flight(), 10000u);
	EXPECT_EQ(cwnd(), 10000u);
}

/* Three quarters of what was had are asked for by slow start again. */
TEST_P(Validation, WhatWasHadIsRemembered)
{
	path.round();
	path.tcb.cc.ssthresh = 15000;
	path.ack(path.flight());
	path.tcb.cc.cwnd = 80000;
	path.env.now += 3600 * RUB_NS_PER_S;
	path.send();
	EXPECT_EQ(path.tcb.cc.ssthresh, 60000u);
}

/* What waits for its acknowledgement is not idle: that is the retransmission timer's. */
TEST_P(Validation, DataInFlightIsNotIdle)
{
	path.round();
	const u32 had = cwnd();
	ASSERT_GT(path.flight(), 0u);
	path.env.now += 3600 * RUB_NS_PER_S;
	EXPECT_EQ(rub_cc_window(&path.tcb, &path.env), had);
}

/* A connection that has not sent yet has its initial window, however late it comes. */
TEST_P(Validation, BeforeTheFirstDataNothingIsIdle)
{
	path.tcb.cc.cwnd = 30000;
	path.env.now += 3600 * RUB_NS_PER_S;
	EXPECT_EQ(rub_cc_window(&path.tcb, &path.env), 30000u);
}

/* RFC 7661 section 4.4.3: after five minutes half of it, and the rest remembered. */
TEST_P(Validation, AWindowLongUnusedIsHalved)
{
	for (int i = 0; i < 3; i++)
		path.round();
	path.ack(path.flight());
	for (int i = 0; i < 3; i++)
		exchange(1000); /* the rounds that used it are forgotten */
	path.tcb.cc.cwnd = 80000;
	path.tcb.cc.ssthresh = 20000;
	const rub_ns start = path.tcb.cc.valid;
	while (path.env.now - start <= 300 * RUB_NS_PER_S - path.rtt) {
		EXPECT_EQ(cwnd(), 80000u);
		exchange(1000);
	}
	exchange(1000);
	exchange(1000);
	EXPECT_EQ(cwnd(), 40000u);
	EXPECT_EQ(path.tcb.cc.ssthresh, 60000u);
}

/* A divided ACK gains nothing, a stretched one loses nothing (RFC 3465). */
TEST_P(Validation, ItIsBytesThatCount)
{
	Path one{GetParam(), 1000, 100 * MS}, many{GetParam(), 1000, 100 * MS};

	one.send();
	many.send();
	one.ack(10000);
	for (int i = 0; i < 1000; i++)
		many.ack(10);
	EXPECT_EQ(one.tcb.cc.cwnd, many.tcb.cc.cwnd);
	EXPECT_EQ(one.tcb.cc.cwnd, 20000u);
}

/* After a timeout an ACK may cover what left the network long ago: one segment each. */
TEST_P(Validation, AfterATimeoutAnAckCountsOneSegment)
{
	path.send();
	rub_cc_timeout(&path.tcb, path.flight(), true, &path.env);
	path.ack(1000);
	EXPECT_EQ(cwnd(), 2000u);
	path.ack(5000);
	EXPECT_EQ(cwnd(), 3000u);
	path.ack(path.flight());
	EXPECT_EQ(cwnd(), 4000u);
	path.send(); /* what leaves from here on counts in full */
	path.ack(path.flight());
	EXPECT_GE(cwnd(), path.tcb.cc.ssthresh);
}

/* RFC 3465 section 2.1: SMSS for a window of data, whatever the ACKs look like. */
TEST(NewRenoGrowth, IsASegmentARoundTrip)
{
	for (u32 step : {100u, 1000u, 2000u, 7000u}) {
		Path path{RUBATO_CONGESTION_NEWRENO, 1000, 100 * MS};

		path.tcb.cc.cwnd = 70000;
		path.tcb.cc.ssthresh = 70000;
		for (u32 round = 1; round <= 10; round++) {
			path.send();
			const u32 window = path.flight();
			for (u32 done = 0; done < window; done += step)
				path.ack(std::min(step, window - done));
			EXPECT_NEAR(path.tcb.cc.cwnd, 70000 + round * 1000, round * 40) << step;
		}
	}
}

INSTANTIATE_TEST_SUITE_P(Under, Validation,
			 testing::Values(RUBATO_CONGESTION_CUBIC, RUBATO_CONGESTION_NEWRENO),
			 [](const auto &algorithm) {
				 return algorithm.param ? "NewReno" : "Cubic";
			 });

/* cwnd is never less than a segment, also when segments have grown since. */
TEST(CongestionWindow, ASegmentMayAlwaysLeaveWhenNothingIsInFlight)
{
	Script s;

	s.connect();
	s.tcb.cc.cwnd = MSS / 2;
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
}
