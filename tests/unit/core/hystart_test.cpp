/* SPDX-License-Identifier: GPL-2.0-only */
/* HyStart++, RFC 9406: when the first slow start ends. */
#include <functional>

#include "cc_path.h"
#include "script.h"

namespace
{

constexpr rub_ns MS = 1'000'000;

class HyStart : public testing::TestWithParam<u8>
{
protected:
	Path path{GetParam(), 1000, 40 * MS};

	/* A round whose samples are all @rtt, an ACK a segment. Returns by what cwnd grew. */
	double round(rub_ns rtt, unsigned samples = 100)
	{
		path.send();
		const u32 before = path.tcb.cc.cwnd, window = path.flight();

		for (u32 done = 0; done < window; done += 1000) {
			if (samples) {
				rub_hystart_sample(&path.tcb, rtt);
				samples--;
			}
			path.ack(std::min(1000u, window - done));
			path.send();
		}
		path.env.now += rtt;
		return path.tcb.cc.cwnd / double(before);
	}
	bool over() const { return path.tcb.cc.cwnd >= path.tcb.cc.ssthresh; }
};

} // namespace

TEST_P(HyStart, ASteadyRoundTripDoublesTheWindow)
{
	for (int i = 0; i < 6; i++)
		EXPECT_NEAR(round(40 * MS), 2, 0.01);
	EXPECT_FALSE(over());
}

/* RttThresh = max(4 ms, min(lastRoundMinRTT / 8, 16 ms)); at 40 ms it is 5 ms. */
TEST_P(HyStart, AnIncreaseOfAnEighthSlowsItDown)
{
	round(40 * MS);
	round(45 * MS);
	EXPECT_NEAR(round(45 * MS), 1.25, 0.01); /* CSS_GROWTH_DIVISOR = 4 */
	EXPECT_FALSE(over());
}

TEST_P(HyStart, LessThanTheThresholdIsNothing)
{
	round(40 * MS);
	round(45 * MS - 1);
	EXPECT_NEAR(round(45 * MS - 1), 2, 0.01);
}

TEST_P(HyStart, TheThresholdIsAtLeastFourMilliseconds)
{
	round(10 * MS);
	round(14 * MS - 1);
	EXPECT_NEAR(round(14 * MS - 1), 2, 0.01);
	round(18 * MS - 1);
	EXPECT_NEAR(round(18 * MS - 1), 1.25, 0.01);
}

/* A round trip too short for the clock is one, too: not the infinite one that a round begins with.
 */
TEST_P(HyStart, ARoundTripOfNothingCounts)
{
	round(0);
	round(5 * MS);
	EXPECT_NEAR(round(5 * MS), 1.25, 0.01);
}

TEST_P(HyStart, TheThresholdIsAtMostSixteenMilliseconds)
{
	round(400 * MS);
	round(416 * MS);
	EXPECT_NEAR(round(416 * MS), 1.25, 0.01);
}

/* N_RTT_SAMPLE = 8 */
TEST_P(HyStart, SevenSamplesProveNothing)
{
	round(40 * MS);
	round(80 * MS, 7);
	EXPECT_NEAR(round(80 * MS, 7), 2, 0.01);
}

/* The eighth sample decides in the middle of a round. */
TEST_P(HyStart, EightSamplesAreEnough)
{
	round(40 * MS);
	round(80 * MS, 8);
	EXPECT_NEAR(round(80 * MS, 8), 1.25, 0.01);
}

/* CSS_ROUNDS = 5, the round counted in which it began. */
TEST_P(HyStart, FiveRoundsEndSlowStart)
{
	round(40 * MS);
	round(60 * MS);
	for (int i = 0; i < 3; i++) {
		round(60 * MS);
		EXPECT_FALSE(over()) << i;
	}
	round(60 * MS);
	EXPECT_TRUE(over());
	const u32 cwnd = path.tcb.cc.cwnd;
	round(60 * MS);
	EXPECT_LE(path.tcb.cc.cwnd, cwnd + 5000); /* congestion avoidance */
}

TEST_P(HyStart, AFalseAlarmLeadsBack)
{
	round(40 * MS);
	round(60 * MS);
	EXPECT_NEAR(round(60 * MS), 1.25, 0.01);
	EXPECT_GT(round(42 * MS), 1.25);
	EXPECT_NEAR(round(42 * MS), 2, 0.01);
	EXPECT_FALSE(over());
}

/* Section 4.3: only the first slow start, whose ssthresh is arbitrarily high. */
TEST_P(HyStart, ALaterSlowStartIsNotSlowedDown)
{
	round(40 * MS);
	rub_cc_timeout(&path.tcb, 400000, true, &path.env);
	path.tcb.snd_una = path.tcb.snd_max;
	round(40 * MS);
	round(80 * MS);
	EXPECT_NEAR(round(80 * MS), 2, 0.01);
}

/* A loss ends the first slow start, and with it Conservative Slow Start: ssthresh is the loss's. */
TEST_P(HyStart, ALossEndsIt)
{
	round(40 * MS);
	round(60 * MS);
	round(60 * MS);
	ASSERT_NE(path.tcb.cc.hystart.baseline, 0u);
	path.lose();
	const u32 ssthresh = path.tcb.cc.ssthresh;
	for (int i = 0; i < 10; i++)
		round(60 * MS);
	EXPECT_EQ(path.tcb.cc.ssthresh, ssthresh);
}

/* What was measured while a loss was believed in says nothing of slow start, if it is undone. */
TEST_P(HyStart, AnUndoneLossLeavesNoAlarm)
{
	round(40 * MS);
	round(40 * MS);
	path.send();
	rub_cc_congestion(&path.tcb, path.flight(), &path.env);
	for (int i = 0; i < 20; i++)
		rub_hystart_sample(&path.tcb, 80 * MS);
	rub_cc_undo(&path.tcb);
	EXPECT_EQ(rub_hystart_divisor(&path.tcb), 1u);
}

INSTANTIATE_TEST_SUITE_P(Under, HyStart,
			 testing::Values(RUBATO_CONGESTION_CUBIC, RUBATO_CONGESTION_NEWRENO),
			 [](const auto &algorithm) {
				 return algorithm.param ? "NewReno" : "Cubic";
			 });

/* Section 4.2: against a round without a sample, whose minimum is infinite, nothing has grown. */
TEST_P(HyStart, ARoundWithoutSamplesProvesNothing)
{
	round(40 * MS);
	round(40 * MS, 0); /* Karn: all of it left twice */
	round(40 * MS, 0);
	round(80 * MS, 0);
	EXPECT_NEAR(round(80 * MS), 2, 0.01);
}

/* The least of a round counts (currentRoundMinRTT), whatever comes before and behind it. */
TEST_P(HyStart, TheLeastSampleOfARoundCounts)
{
	round(40 * MS);
	path.send();
	const u32 before = path.tcb.cc.cwnd, window = path.flight();
	for (u32 done = 0; done < window; done += 1000) {
		rub_hystart_sample(&path.tcb, done == 3000 ? 44 * MS : 90 * MS);
		path.ack(1000);
		path.send();
	}
	EXPECT_NEAR(path.tcb.cc.cwnd / double(before), 2, 0.01);
	EXPECT_FALSE(over());
}

/* Back from Conservative Slow Start only for less than the baseline: equal is no false alarm. */
TEST_P(HyStart, TheBaselineItselfIsNoFalseAlarm)
{
	round(40 * MS);
	round(60 * MS);
	EXPECT_NEAR(round(60 * MS), 1.25, 0.01);
	EXPECT_NEAR(round(60 * MS - 1), 2, 0.2);
	EXPECT_NEAR(round(60 * MS - 1), 2, 0.01);
}

/* A second alarm has five rounds of its own. */
TEST_P(HyStart, TheRoundsOfASecondAlarmCountAfresh)
{
	round(40 * MS);
	for (int i = 0; i < 4; i++)
		round(60 * MS);
	EXPECT_FALSE(over());
	round(40 * MS);
	EXPECT_FALSE(over());
	round(80 * MS);
	for (int i = 0; i < 3; i++) {
		EXPECT_FALSE(over()) << i;
		round(80 * MS);
	}
	round(80 * MS);
	round(80 * MS); /* its rounds end a few segments before ours */
	EXPECT_TRUE(over());
}

/*
 * Section 4.2: every acknowledgement is a sample, eight of a round tell. (RFC 6298 needs one a
 * flight; that is the timer's estimate.)
 */
TEST(HyStartScript, AConnectionThatSlowsDownLeavesSlowStart)
{
	using namespace script;
	constexpr u16 WIDE = 60000;
	Script s;
	u32 acked = 1;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(40ms);
	s.send(seg(SYN | ACK, 0, 1).window(WIDE));
	s.expect(seg(ACK, 1, 1));
	s.write(200 * script::MSS);
	s.take();
	/* Rounds of 40 ms, then such whose answers all take 60 ms: RttThresh is 5 ms. */
	for (ns trip : {40ms, 40ms, 60ms, 60ms}) {
		const u32 end = s.tcb.snd_nxt - s.iss;

		s.at(s.now() + trip);
		s.take();
		for (; acked < end; s.take())
			s.send(seg(ACK, 1, acked += script::MSS).window(WIDE));
	}
	EXPECT_NE(s.tcb.cc.hystart.baseline, 0u);
}
