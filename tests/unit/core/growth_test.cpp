/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the congestion window remembers, and when it forgets: exact values, by congestion.c alone.
 */
#include <functional>

#include "cc_path.h"

namespace
{

constexpr rub_ns MS = 1'000'000;
constexpr u8 NEWRENO = RUBATO_CONGESTION_NEWRENO, CUBIC = RUBATO_CONGESTION_CUBIC;

class Growth : public testing::TestWithParam<u8>
{
protected:
	Path path{GetParam(), 1000, 100 * MS};

	void exchange(Path &on, u32 bytes)
	{
		on.send(bytes);
		on.env.now += on.rtt;
		on.ack(on.flight());
	}
	/* As if the numbers had gone on by @bytes, all of it acknowledged. */
	void go_on(u32 bytes)
	{
		path.tcb.snd_una = path.tcb.snd_max = path.tcb.snd_max + bytes;
		path.tcb.cc.round = path.tcb.snd_una;
		rub_cc_acked(&path.tcb, 1000, &path.env);
	}
	u32 cwnd() const { return path.tcb.cc.cwnd; }
};

/* A window in congestion avoidance that is in use. */
void settle(Path &path, u32 cwnd)
{
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh = cwnd;
	path.tcb.cc.used = cwnd;
}

/* The echo of a mark on what left last, in an acknowledgement of @ack. */
void echo(Path &path, u32 ack)
{
	rub_seg seg{};

	path.tcb.opts |= RUB_OPT_ECN;
	seg.flags = RUB_ACK | RUB_ECE;
	seg.ack = ack;
	rub_ecn_echo(&path.tcb, &seg, &path.env);
}

} // namespace

/* RFC 6928 section 2: min(10 MSS, max(2 MSS, 14600)). */
TEST(InitialWindow, ByTheSegmentSize)
{
	static constexpr struct {
		u16 mss;
		u32 window;
	} rows[] = {{48, 480},	   {1000, 10000}, {1459, 14590}, {1460, 14600}, {1461, 14600},
		    {5000, 14600}, {7300, 14600}, {7301, 14602}, {8000, 16000}, {65495, 130990}};

	for (const auto &row : rows) {
		Path path{NEWRENO, row.mss, 100 * MS};

		EXPECT_EQ(path.tcb.cc.cwnd, row.window) << row.mss;
	}
}

/* RFC 5681 section 3.1: one segment after a SYN that was lost. */
TEST(InitialWindow, AfterALostSyn)
{
	Path path{NEWRENO, 1000, 100 * MS};

	path.tcb.flags |= RUB_F_SYN_LOST;
	rub_cc_init(&path.tcb);
	EXPECT_EQ(path.tcb.cc.cwnd, 1000u);
}

/* Wherever numbers begin: nothing was reduced before, and an ACK counts in full. */
TEST_P(Growth, BeginsAlikeForEveryIss)
{
	for (u32 iss : {0u, 1u, 0x7fffffffu, 0x80000000u, 0x90000000u, 0xfffffff0u}) {
		Path fresh{GetParam(), 1000, 100 * MS};
		Path marked{GetParam(), 1000, 100 * MS};

		for (Path *p : {&fresh, &marked}) {
			p->tcb.iss = iss;
			p->tcb.snd_una = p->tcb.snd_nxt = p->tcb.snd_max = iss + 1;
			rub_cc_init(&p->tcb);
			p->send();
		}
		fresh.ack(10000);
		EXPECT_EQ(fresh.tcb.cc.cwnd, 20000u) << iss;
		echo(marked, iss + 1001);
		EXPECT_LT(marked.tcb.cc.cwnd, 10000u) << iss;
	}
}

/* RFC 3168 section 6.1.2: once a window; what is said again by a duplicate ACK is no news. */
TEST_P(Growth, AnEchoCountsOnceAWindowForEver)
{
	settle(path, 80000);
	path.send();
	echo(path, path.tcb.snd_una + 1000);
	const u32 once = cwnd();
	ASSERT_LT(once, 80000u);
	path.ack(path.flight());
	path.send(1000);
	echo(path, path.tcb.snd_una); /* of the window that was reduced for */
	EXPECT_EQ(cwnd(), once);
	path.ack(1000);
	path.send(1000);
	echo(path, path.tcb.snd_una); /* of what left behind it */
	EXPECT_LT(cwnd(), once);
}

/* "halve": a window that is below ssthresh already, as what is in flight shows, too. */
TEST_P(Growth, AnEchoHalvesAWindowBelowTheThreshold)
{
	settle(path, 20000);
	path.send();
	path.tcb.cc.cwnd = 6000;
	echo(path, path.tcb.snd_una + 1000);
	EXPECT_GE(path.tcb.cc.ssthresh, 10000u);
	EXPECT_EQ(cwnd(), 3000u);
}

/* However many bytes later: sequence numbers come round (RFC 9293 section 3.4). */
TEST_P(Growth, AnEchoCountsAfterGigabytes)
{
	settle(path, 80000);
	for (int i = 0; i < 12; i++) {
		go_on(0x38000000);
		settle(path, 80000);
		path.send();
		echo(path, path.tcb.snd_una + 1000);
		EXPECT_LT(cwnd(), 80000u) << i;
		path.ack(path.flight());
		settle(path, 80000);
	}
	/* Without a reduction for as long as it takes. */
	for (int i = 0; i < 9; i++) {
		go_on(0x38000000);
		settle(path, 80000);
		path.send();
		Path now = path;
		now.env.policy = &now.policy;
		echo(now, now.tcb.snd_una + 1000);
		EXPECT_LT(now.tcb.cc.cwnd, 80000u) << i;
		path.ack(path.flight());
	}
}

/* RFC 3465 section 2.3 is about what left before a timeout, not about what leaves long after. */
TEST_P(Growth, ATimeoutIsForgottenAfterGigabytes)
{
	path.send();
	rub_cc_timeout(&path.tcb, path.flight(), true, &path.env);
	path.ack(path.flight());
	for (int i = 0; i < 9; i++) {
		go_on(0x38000000);
		path.tcb.cc.ssthresh = RUB_SSTHRESH_INFINITE;
		path.tcb.cc.cwnd = 10000;
		path.send();
		path.ack(10000);
		EXPECT_EQ(cwnd(), 20000u) << i;
	}
}

/* RFC 7323 section 2.3: no window is larger than a gigabyte, to the byte. */
TEST_P(Growth, EndsAtTheLargestWindow)
{
	path.tcb.cc.cwnd = RUB_CWND_MAX - 1001;
	path.tcb.cc.used = RUB_CWND_MAX;
	path.tcb.cc.round = path.tcb.snd_una + 10000;
	path.ack(1000);
	EXPECT_EQ(cwnd(), RUB_CWND_MAX - 1);
	path.ack(1000);
	EXPECT_EQ(cwnd(), RUB_CWND_MAX);
	path.ack(1000);
	EXPECT_EQ(cwnd(), RUB_CWND_MAX);
}

/* RFC 5681 section 3.1: from ssthresh on, the rest of an ACK counts for congestion avoidance. */
TEST(NewRenoGrowth, WhatSlowStartLeavesIsNotLost)
{
	Path path{NEWRENO, 1000, 100 * MS};

	settle(path, 9000);
	path.tcb.cc.ssthresh = 10000;
	path.send();
	path.ack(3000);
	EXPECT_EQ(path.tcb.cc.cwnd, 10200u); /* 1000 to ssthresh, 2000 * SMSS / cwnd behind it */
}

/* No ACK is worth more than a window (RFC 3465 section 2.1: SMSS for a window). */
TEST(NewRenoGrowth, AnAckOfMoreThanAWindowCountsAsOne)
{
	Path path{NEWRENO, 1000, 100 * MS};

	settle(path, 40000);
	path.send();
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh = 10000; /* reduced since */
	path.ack(40000);
	EXPECT_EQ(path.tcb.cc.cwnd, 11000u);
}

/* RFC 3465 section 2.2: without pacing an ACK brings a burst, so L limits what it is worth. */
TEST_P(Growth, WithoutPacingAnAckCountsEightSegments)
{
	path.tcb.srtt = RUB_PACE_RTT_MIN - 1;
	path.send();
	path.ack(10000);
	EXPECT_EQ(cwnd(), 18000u);
}

/* What was gained below a byte is not gained again behind a reduction. */
TEST(NewRenoGrowth, AReductionStartsTheSharesAfresh)
{
	Path path{NEWRENO, 1, 100 * MS};

	settle(path, 1000);
	path.tcb.snd_max += 3000;
	path.ack(1); /* 1/1000 byte */
	rub_cc_congestion(&path.tcb, 2000, &path.env);
	ASSERT_EQ(path.tcb.cc.ssthresh, 1000u);
	path.ack(999);
	EXPECT_EQ(path.tcb.cc.cwnd, 1000u);
	path.ack(1);
	EXPECT_EQ(path.tcb.cc.cwnd, 1001u);
}

/* RFC 5681 section 3.1: cwnd is counted in segments of the path as it is now. */
TEST_P(Growth, ALargerPathRaisesTheSmallestWindow)
{
	path.send();
	rub_cc_timeout(&path.tcb, path.flight(), true, &path.env);
	ASSERT_EQ(cwnd(), 1000u);
	path.tcb.snd_mss = 4000;
	path.ack(1000);
	EXPECT_EQ(cwnd(), 5000u);
}

/* RFC 7661 section 4.4.3: max(cwnd / 2, IW) and three quarters remembered; exactly when. */
TEST_P(Growth, WhatIsUnusedIsKeptForFiveMinutesExactly)
{
	settle(path, 80000);
	path.send();
	path.ack(path.flight());
	path.tcb.cc.cwnd = 80000;
	path.tcb.cc.ssthresh = 20000;
	path.tcb.cc.used = path.tcb.cc.used_before = 0;
	const rub_ns last = path.env.now;
	path.tcb.cc.left = last + 300 * RUB_NS_PER_S;
	path.env.now = last + 300 * RUB_NS_PER_S;
	path.send(1000);
	path.ack(1000);
	EXPECT_EQ(cwnd(), 80000u);
	path.env.now++;
	path.send(1000);
	path.ack(1000);
	EXPECT_EQ(cwnd(), 40000u);
	EXPECT_EQ(path.tcb.cc.ssthresh, 60000u);
	path.send(1000); /* the next five minutes have begun */
	path.ack(1000);
	EXPECT_EQ(cwnd(), 40000u);
}

TEST_P(Growth, NothingUnusedFallsBelowTheInitialWindow)
{
	static constexpr struct {
		u32 had, kept, ssthresh;
	} rows[] = {{30000, 15000, 22500},
		    {12000, 10000, 9000},
		    {10000, 10000, 7500},
		    {4000, 4000, 3000}};

	for (const auto &row : rows) {
		Path p{GetParam(), 1000, 100 * MS};

		p.tcb.cc.cwnd = row.had;
		p.tcb.cc.ssthresh = 2000;
		p.tcb.cc.valid = p.env.now - 300 * RUB_NS_PER_S - 1;
		p.send(1000);
		p.ack(1000);
		EXPECT_EQ(p.tcb.cc.cwnd, row.kept) << row.had;
		EXPECT_EQ(p.tcb.cc.ssthresh, row.ssthresh) << row.had;
	}
}

/* A window in use is valid: only from when it was used last do five minutes count. */
TEST_P(Growth, UseRestartsTheFiveMinutes)
{
	settle(path, 20000);
	for (int i = 0; i < 4000; i++) { /* 400 s */
		path.send();
		path.env.now += 100 * MS;
		path.ack(path.flight());
		path.tcb.cc.cwnd = 20000;
	}
	path.tcb.cc.used = path.tcb.cc.used_before = 0;
	for (int i = 0; i < 3; i++)
		exchange(path, 1000);
	EXPECT_EQ(cwnd(), 20000u);
}

/* RFC 5681 section 4.1: what was used before an idle time validates nothing behind it. */
TEST_P(Growth, UseBeforeAnIdleTimeDoesNotCount)
{
	settle(path, 80000);
	for (int i = 0; i < 3; i++)
		exchange(path, ~0u);
	path.env.now += 60 * RUB_NS_PER_S;
	for (int i = 0; i < 5; i++) {
		exchange(path, 1000);
		EXPECT_EQ(cwnd(), 10000u) << i;
	}
}

/* Nor where the last acknowledgement before it ended a recovery, and no round. */
TEST_P(Growth, UseBeforeARecoveryDoesNotCountEither)
{
	settle(path, 80000);
	for (int i = 0; i < 3; i++)
		exchange(path, ~0u);
	path.send();
	path.tcb.snd_una = path.tcb.snd_max;
	path.tcb.cc.cwnd = 80000;
	path.env.now += 60 * RUB_NS_PER_S;
	for (int i = 0; i < 5; i++) {
		exchange(path, 1000);
		EXPECT_EQ(cwnd(), 10000u) << i;
	}
}

/* Half of the window is use enough (RFC 7661 section 4.2), a byte less is not; of an odd one, more.
 */
TEST_P(Growth, HalfOfTheWindowIsUse)
{
	for (u32 short_of : {0u, 1u}) {
		Path p{GetParam(), 1, 100 * MS};

		settle(p, 10001);
		p.tcb.cc.ssthresh = RUB_SSTHRESH_INFINITE;
		p.tcb.cc.used = p.tcb.cc.used_before = 0;
		p.tcb.cc.valid = p.env.now;
		p.tcb.cc.round = p.tcb.snd_una + 100000;
		p.send(5001 - short_of);
		p.ack(1);
		EXPECT_EQ(p.tcb.cc.cwnd, 10001u + !short_of);
	}
}

/* Nothing was lost: cwnd and ssthresh are what they were, and an ACK counts in full again. */
TEST_P(Growth, AnUndoneTimeoutLeavesNothingBehind)
{
	path.send();
	rub_cc_timeout(&path.tcb, path.flight(), true, &path.env);
	ASSERT_EQ(cwnd(), 1000u);
	path.tcb.snd_una += 5000; /* the ACK that tells */
	rub_cc_undo(&path.tcb);
	rub_cc_acked(&path.tcb, 5000, &path.env);
	EXPECT_EQ(cwnd(), 15000u);
	EXPECT_EQ(path.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
}

/* What has grown meanwhile stays. */
TEST_P(Growth, AnUndoTakesNothingBack)
{
	settle(path, 20000);
	path.send();
	rub_cc_congestion(&path.tcb, path.flight(), &path.env);
	path.tcb.cc.cwnd = 30000;
	path.tcb.cc.ssthresh = 25000;
	rub_cc_undo(&path.tcb);
	EXPECT_EQ(cwnd(), 30000u);
	EXPECT_EQ(path.tcb.cc.ssthresh, 25000u);
}

/* RFC 6582 section 3.2 step 3: min(ssthresh, max(FlightSize, SMSS) + SMSS). */
TEST_P(Growth, RecoveryEndsWithoutABurst)
{
	static constexpr struct {
		u32 flight, cwnd;
	} rows[] = {{0, 2000},	  {999, 2000},	{1000, 2000}, {1001, 2001},
		    {6999, 7999}, {7000, 8000}, {7001, 8000}};

	for (const auto &row : rows) {
		path.tcb.cc.ssthresh = 8000;
		rub_cc_recovered(&path.tcb, row.flight);
		EXPECT_EQ(cwnd(), row.cwnd) << row.flight;
	}
}

INSTANTIATE_TEST_SUITE_P(Under, Growth, testing::Values(CUBIC, NEWRENO), [](const auto &algorithm) {
	return algorithm.param ? "NewReno" : "Cubic";
});

/* RFC 9438 section 4.2: an epoch begins where congestion avoidance does, whatever came before. */
class CubicEpoch : public testing::Test
{
protected:
	Path path{CUBIC, 1000, 100 * MS};

	void SetUp() override
	{
		path.tcb.cc.cwnd = 200000;
		path.lose();
		path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
		for (int i = 0; i < 5; i++)
			path.round();
		ASSERT_TRUE(path.tcb.cc.cubic.runs);
		ASSERT_GT(path.tcb.cc.cubic.k, 0u);
	}
	/* Slow start up to ssthresh, and a round behind it: the window moves as slow start lets it.
	 */
	void back_to_avoidance()
	{
		const u32 ssthresh = path.tcb.cc.ssthresh;
		rub_ns began = 0;

		for (int i = 0; i < 20 && !began; i++) {
			path.round([&](u32 acked) {
				const u32 before = path.tcb.cc.cwnd;
				rub_tcb probe = path.tcb;

				probe.snd_una += acked;
				rub_cc_acked(&probe, acked, &path.env);
				EXPECT_LE(probe.cc.cwnd, before + acked);
				if (!began && probe.cc.cwnd >= ssthresh)
					began = path.env.now;
			});
		}
		ASSERT_NE(began, 0u);
		EXPECT_TRUE(path.tcb.cc.cubic.runs);
		EXPECT_GE(path.tcb.cc.cubic.epoch, began);
		EXPECT_LE(path.tcb.cc.cubic.epoch, began + 20 * MS);
	}
};

TEST_F(CubicEpoch, BehindAnIdleTime)
{
	path.ack(path.flight());
	path.env.now += 60 * RUB_NS_PER_S;
	back_to_avoidance();
}

TEST_F(CubicEpoch, BehindAWindowLongUnused)
{
	path.ack(path.flight());
	path.tcb.cc.used = path.tcb.cc.used_before = 0;
	path.tcb.cc.valid = path.env.now - 301 * RUB_NS_PER_S;
	path.send(1000);
	path.ack(1000);
	ASSERT_LT(path.tcb.cc.cwnd, path.tcb.cc.ssthresh);
	back_to_avoidance();
}

/* Section 4.8, also where the timer had expired before and that proved wrong. */
TEST_F(CubicEpoch, BehindASecondTimeout)
{
	path.ack(path.flight());
	path.send(50000);
	path.tcb.cc.ssthresh = 30000;
	rub_cc_timeout(&path.tcb, path.flight(), false, &path.env);
	EXPECT_EQ(path.tcb.cc.ssthresh, 30000u);
	path.ack(path.flight());
	back_to_avoidance();
	EXPECT_EQ(path.tcb.cc.cubic.k, 0u);
	EXPECT_NEAR(path.tcb.cc.cubic.w_max, 30000, 2000);
}

/* Where the knob changed and changed back, what CUBIC knew is old. */
TEST_F(CubicEpoch, BehindAnotherAlgorithm)
{
	path.policy.knobs.congestion = NEWRENO;
	path.round();
	path.policy.knobs.congestion = CUBIC;
	const rub_ns now = path.env.now;
	const u32 cwnd = path.tcb.cc.cwnd;
	path.round();
	EXPECT_GE(path.tcb.cc.cubic.epoch, now);
	EXPECT_EQ(path.tcb.cc.cubic.k, 0u);
	EXPECT_EQ(path.tcb.cc.cubic.w_max, cwnd);
	EXPECT_EQ(path.tcb.cc.cubic.prior, 0u);
}

/* RFC 9438 section 5.8: nor does time count in which too little was sent to use the window. */
TEST_F(CubicEpoch, TimeOfAWindowUnusedDoesNotCount)
{
	Path limited = path;

	limited.env.policy = &limited.policy;
	for (Path *p : {&path, &limited}) {
		p->ack(p->flight());
		p->tcb.cc.used = p->tcb.cc.used_before = 0;
	}
	limited.send(1000); /* never idle */
	for (int i = 0; i < 50; i++) {
		limited.send(1000);
		limited.env.now += 100 * MS;
		limited.ack(1000);
	}
	limited.ack(1000);
	for (int i = 0; i < 5; i++) {
		path.round();
		limited.round();
	}
	EXPECT_NEAR(limited.tcb.cc.cwnd, path.tcb.cc.cwnd, 2000);
}
