/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUBIC against RFC 9438 as it is written there: real numbers, segments and seconds.
 */
#include <algorithm>
#include <cmath>
#include <functional>

#include "cc_path.h"

namespace
{

/* RFC 9438 section 4, with its names. */
struct Reference {
	static constexpr double C = 0.4, beta = 0.7;

	double rtt, cwnd = 0, w_max = 0, cwnd_prior = 0, w_est = 0, k = 0, t_epoch = 0;

	/* Sections 4.6 and 4.7; everything that the window allows is in flight. */
	void congestion()
	{
		cwnd_prior = cwnd;
		w_max = cwnd < w_max ? cwnd * (1 + beta) / 2 : cwnd;
		cwnd = std::max(cwnd * beta, 2.0);
	}
	void begin(double now)
	{
		t_epoch = now;
		w_est = cwnd;
		if (cwnd >= w_max) {
			w_max = cwnd;
			k = 0;
		} else {
			k = std::cbrt((w_max - cwnd) / C);
		}
	}
	double w_cubic(double t) const { return C * std::pow(t - k, 3) + w_max; }
	void ack(double now, double segments_acked)
	{
		const double t = now - t_epoch, next = w_cubic(t + rtt);
		const double alpha = w_est >= cwnd_prior ? 1 : 3 * (1 - beta) / (1 + beta);

		w_est += alpha * segments_acked / cwnd;
		if (w_cubic(t) < w_est) {
			cwnd = std::max(cwnd, w_est);
			return;
		}
		const double target = std::clamp(next, cwnd, 1.5 * cwnd);
		cwnd += (target - cwnd) / cwnd * segments_acked;
	}
};

struct Shape {
	const char *name;
	u16 mss;
	unsigned rtt_ms, segments, rounds;
};

class Cubic : public testing::TestWithParam<Shape>
{
};

Path cubic(u16 mss, unsigned rtt_ms, u32 segments)
{
	Path path(RUBATO_CONGESTION_CUBIC, mss, rtt_ms * RUB_NS_PER_MS);

	path.tcb.cc.cwnd = segments * mss;
	return path;
}

double seconds(const Path &path)
{
	return static_cast<double>(path.env.now) / 1e9;
}

/* Plays @rounds of both; returns the largest difference, as a share of the window. */
double follow(Path &path, Reference &ref, unsigned rounds)
{
	const double mss = path.tcb.snd_mss;
	bool begun = false;
	double worst = 0;

	for (unsigned i = 0; i < rounds; i++) {
		path.round([&](u32 acked) {
			if (!begun)
				ref.begin(seconds(path));
			begun = true;
			ref.ack(seconds(path), acked / mss);
		});
		worst = std::max(worst, std::abs(path.tcb.cc.cwnd / mss - ref.cwnd) / ref.cwnd);
	}
	return worst;
}

} // namespace

TEST_P(Cubic, FollowsTheRfcOverTime)
{
	const Shape &shape = GetParam();
	Path path = cubic(shape.mss, shape.rtt_ms, shape.segments);
	Reference ref{.rtt = shape.rtt_ms / 1e3};

	ref.cwnd = shape.segments;
	ref.congestion();
	path.lose();
	EXPECT_NEAR(path.tcb.cc.cwnd / double(shape.mss), ref.cwnd, 1);
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
	EXPECT_LT(follow(path, ref, shape.rounds), 0.005);
}

/* A second loss below W_max: fast convergence, and the curve starts over. */
TEST_P(Cubic, FollowsTheRfcThroughASecondLoss)
{
	const Shape &shape = GetParam();
	Path path = cubic(shape.mss, shape.rtt_ms, shape.segments);
	Reference ref{.rtt = shape.rtt_ms / 1e3};

	ref.cwnd = shape.segments;
	ref.congestion();
	path.lose();
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
	(void)follow(path, ref, 3);
	const bool below = ref.cwnd < ref.w_max;
	ref.cwnd = path.tcb.cc.cwnd / double(shape.mss);
	ref.congestion();
	path.lose();
	path.tcb.cc.ssthresh = path.tcb.cc.cwnd = static_cast<u32>(ref.cwnd * shape.mss);
	EXPECT_LT(follow(path, ref, shape.rounds), 0.005);
	EXPECT_TRUE(below || shape.segments < 30);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Cubic,
			 testing::Values(Shape{"RenoRegion", 1460, 10, 20, 200},
					 Shape{"Usual", 1460, 50, 100, 150},
					 Shape{"LongPath", 1460, 200, 400, 80},
					 Shape{"Fat", 1460, 100, 20000, 40},
					 Shape{"SmallSegments", 536, 100, 300, 100},
					 Shape{"Jumbo", 8948, 30, 1000, 200}),
			 [](const auto &shape_info) { return shape_info.param.name; });

/* Figure 2: at K the window is back at W_max, whatever the path's length. */
TEST(CubicShape, IsBackAtTheOldWindowAfterK)
{
	for (unsigned rtt_ms : {20u, 100u}) {
		Path path = cubic(1000, rtt_ms, 1000);
		const double k = std::cbrt(1000 * 0.3 / 0.4);

		path.lose();
		path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
		const double start = seconds(path);
		while (seconds(path) - start < k)
			path.round();
		EXPECT_NEAR(path.tcb.cc.cwnd / 1000.0, 1000, 10) << rtt_ms;
	}
}

/* The window after a loss is 0.7 of what was in flight, at least two segments. */
TEST(CubicShape, FallsToSevenTenths)
{
	Path path = cubic(1000, 100, 100);

	path.send();
	rub_cc_congestion(&path.tcb, path.flight(), &path.env);
	EXPECT_EQ(path.tcb.cc.ssthresh, 70000u);
	rub_cc_congestion(&path.tcb, 1000, &path.env);
	EXPECT_EQ(path.tcb.cc.ssthresh, 2000u);
}

/* Section 4.9: nothing was lost after all. */
TEST(CubicShape, UndoRestoresTheCurve)
{
	Path path = cubic(1000, 100, 200);

	path.lose();
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
	for (int i = 0; i < 5; i++)
		path.round();
	const rub_cc before = path.tcb.cc;
	path.lose();
	ASSERT_LT(path.tcb.cc.cwnd, before.cwnd);
	rub_cc_undo(&path.tcb);
	EXPECT_EQ(path.tcb.cc.cwnd, before.cwnd);
	EXPECT_EQ(path.tcb.cc.ssthresh, before.ssthresh);
	EXPECT_EQ(path.tcb.cc.cubic.w_max, before.cubic.w_max);
	EXPECT_EQ(path.tcb.cc.cubic.epoch, before.cubic.epoch);
	EXPECT_EQ(path.tcb.cc.cubic.k, before.cubic.k);
}

/* Section 4.8: after a timeout K is 0, and the curve starts where slow start ended. */
TEST(CubicShape, AfterATimeoutTheCurveStartsAtTheThreshold)
{
	Path path = cubic(1000, 100, 100);

	path.send();
	rub_cc_timeout(&path.tcb, path.flight(), true, &path.env);
	EXPECT_EQ(path.tcb.cc.cwnd, 1000u);
	EXPECT_EQ(path.tcb.cc.ssthresh, 70000u);
	path.tcb.snd_una = path.tcb.snd_max;
	for (int i = 0; i < 20 && path.tcb.cc.cwnd <= 70000; i++)
		path.round();
	EXPECT_EQ(path.tcb.cc.cubic.k, 0u);
	EXPECT_NEAR(path.tcb.cc.cubic.w_max, 70000, 100);
}

/* Section 5.8: the time in which nothing was sent moves the curve, not the window. */
TEST(CubicShape, IdleTimeDoesNotCount)
{
	Path busy = cubic(1000, 100, 100), idle = cubic(1000, 100, 100);

	for (Path *path : {&busy, &idle}) {
		path->lose();
		path->tcb.cc.cwnd = path->tcb.cc.ssthresh;
		for (int i = 0; i < 5; i++)
			path->round();
		path->ack(path->flight());
	}
	idle.env.now += 150 * RUB_NS_PER_MS; /* below the RTO: no restart */
	for (int i = 0; i < 5; i++) {
		busy.round();
		idle.round();
	}
	EXPECT_NEAR(idle.tcb.cc.cwnd, busy.tcb.cc.cwnd, 200);
}

/* However wide, however long: no wrap, no division by nothing. */
TEST(CubicShape, NeverBeyondTheLargestWindow)
{
	for (u16 mss : {u16(1), u16(48), u16(1460), u16(65495)}) {
		Path path(RUBATO_CONGESTION_CUBIC, mss, 100 * RUB_NS_PER_MS);

		path.tcb.cc.cwnd = RUB_CWND_MAX - 5000;
		path.tcb.cc.ssthresh = 2 * mss;
		for (int i = 0; i < 50; i++) {
			path.send();
			const u32 before = path.tcb.cc.cwnd;
			path.env.now += 3600 * RUB_NS_PER_S;
			path.ack(path.flight());
			EXPECT_GE(path.tcb.cc.cwnd, std::min(before, 10u * mss));
			EXPECT_LE(path.tcb.cc.cwnd, RUB_CWND_MAX);
		}
	}
}

/* A retune: the other algorithm goes on from the same window, at once. */
TEST(CubicShape, TheKnobChangesWhileTheConnectionIsOpen)
{
	Path path = cubic(1000, 100, 500);

	path.lose();
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh;
	for (int i = 0; i < 3; i++)
		path.round();
	const u32 before = path.tcb.cc.cwnd;
	path.policy.knobs.congestion = RUBATO_CONGESTION_NEWRENO;
	path.round();
	EXPECT_NEAR(path.tcb.cc.cwnd, before + 1000, 20);
	path.send();
	rub_cc_congestion(&path.tcb, 400000, &path.env);
	EXPECT_EQ(path.tcb.cc.ssthresh, 200000u);
	path.policy.knobs.congestion = RUBATO_CONGESTION_CUBIC;
	rub_cc_congestion(&path.tcb, 400000, &path.env);
	EXPECT_EQ(path.tcb.cc.ssthresh, 280000u);
}

namespace
{

/* Congestion avoidance begins with the first acknowledgement, of nothing that would move it. */
Path beginning(u16 mss, u32 cwnd, u32 w_max)
{
	Path path(RUBATO_CONGESTION_CUBIC, mss, 100 * RUB_NS_PER_MS);

	path.tcb.cc.algorithm = RUBATO_CONGESTION_CUBIC;
	path.tcb.cc.cwnd = path.tcb.cc.ssthresh = cwnd;
	path.tcb.cc.cubic.w_max = w_max;
	return path;
}

/* A moment of congestion avoidance, @ms behind K; W_cubic is @w_max at K. */
Path moment(u32 cwnd, u32 w_max, u32 w_est, u32 prior, unsigned ms = 0)
{
	Path path = beginning(1000, cwnd, w_max);

	path.tcb.cc.cubic = {};
	path.tcb.cc.cubic.w_max = w_max;
	path.tcb.cc.cubic.w_est = w_est;
	path.tcb.cc.cubic.prior = prior;
	path.tcb.cc.cubic.epoch = path.env.now - ms * RUB_NS_PER_MS;
	path.tcb.cc.cubic.seen = path.env.now;
	path.tcb.cc.cubic.runs = true;
	return path;
}

} // namespace

/* Figure 2: K = cubic_root((W_max - cwnd_epoch) / C), to the millisecond. */
TEST(CubicNumbers, KIsTheCubicRoot)
{
	for (u32 mss : {1u, 536u, 1460u, 65495u}) {
		for (u32 below : {0u, 1u, 2u, 999u, 1000u, 29999u, 1234567u, 0x3fffffffu - 2000u}) {
			Path path = beginning(static_cast<u16>(mss), 2000, 2000 + below);
			const long double n = below * 2.5e9L / mss;

			rub_cubic_acked(&path.tcb, 1, &path.env);
			const long double k = path.tcb.cc.cubic.k;
			EXPECT_LE(k * k * k, n) << mss << ' ' << below;
			EXPECT_GT((k + 1) * (k + 1) * (k + 1), n - 1) << mss << ' ' << below;
			EXPECT_EQ(path.tcb.cc.cubic.w_max, 2000 + below);
		}
	}
}

/* Section 4.8: without a W_max above it the window is where the curve is flat: K = 0. */
TEST(CubicNumbers, AboveWMaxKIsNothing)
{
	for (u32 w_max : {0u, 1999u, 2000u}) {
		Path path = beginning(1000, 2000, w_max);

		rub_cubic_acked(&path.tcb, 1, &path.env);
		EXPECT_EQ(path.tcb.cc.cubic.k, 0u);
		EXPECT_EQ(path.tcb.cc.cubic.w_max, 2000u);
	}
}

/* Section 4.7, fast convergence: (1 + beta) / 2 of a window that is smaller than before. */
TEST(CubicNumbers, FastConvergence)
{
	static constexpr struct {
		u32 before, now, w_max;
	} rows[] = {{100'001, 100'000, 85'000},
		    {100'000, 100'000, 100'000},
		    {99'999, 100'000, 100'000}};

	for (const auto &row : rows) {
		Path path = beginning(1000, row.now, row.before);

		rub_cc_congestion(&path.tcb, row.now, &path.env);
		EXPECT_EQ(path.tcb.cc.cubic.w_max, row.w_max) << row.before;
		EXPECT_EQ(path.tcb.cc.ssthresh, 70'000u);
		EXPECT_EQ(path.tcb.cc.cubic.prior, 100'000u);
	}
}

/* Section 4.3: alpha is 9/17 until W_est has reached cwnd_prior, and 1 from there on. */
TEST(CubicNumbers, AlphaIsOneFromCwndPriorOn)
{
	static constexpr struct {
		u32 prior, cwnd;
	} rows[] = {{20'001, 20'529}, {20'000, 21'000}, {19'999, 21'000}};

	for (const auto &row : rows) {
		Path path = moment(20'000, 10'000, 20'000, row.prior);

		rub_cubic_acked(&path.tcb, 20'000, &path.env);
		EXPECT_EQ(path.tcb.cc.cwnd, row.cwnd) << row.prior;
	}
}

/* "if W_cubic(t) < W_est": not where they are equal; and the window never falls for it. */
TEST(CubicNumbers, RenosEstimateIsAFloor)
{
	Path equal = moment(20'000, 20'000, 20'000, 0);
	equal.tcb.srtt = 10 * RUB_NS_PER_S;
	rub_cubic_acked(&equal.tcb, 2, &equal.env); /* target 30000: 10000 / 20000 of 2 bytes */
	EXPECT_EQ(equal.tcb.cc.cwnd, 20'001u);

	Path less = moment(20'000, 19'999, 20'000, 0);
	less.tcb.srtt = 10 * RUB_NS_PER_S;
	rub_cubic_acked(&less.tcb, 2, &less.env);
	EXPECT_EQ(less.tcb.cc.cwnd, 20'000u);

	Path above = moment(25'000, 10'000, 20'000, 0);
	rub_cubic_acked(&above.tcb, 1, &above.env);
	EXPECT_EQ(above.tcb.cc.cwnd, 25'000u);
}

/* Section 4.2: the target is at most 1.5 cwnd, at least cwnd. */
TEST(CubicNumbers, TheTargetIsClamped)
{
	Path far = moment(20'000, 20'000, 0, 0, 100'000);
	rub_cubic_acked(&far.tcb, 20'000, &far.env);
	EXPECT_EQ(far.tcb.cc.cwnd, 30'000u);

	Path odd = moment(20'001, 20'001, 0, 0, 100'000);
	rub_cubic_acked(&odd.tcb, 20'001, &odd.env);
	EXPECT_EQ(odd.tcb.cc.cwnd, 30'001u);

	Path below = moment(50'000, 20'000, 0, 0);
	rub_cubic_acked(&below.tcb, 20'000, &below.env);
	EXPECT_EQ(below.tcb.cc.cwnd, 50'000u);
}

/* Section 4.4: a round trip ahead of now. C * (2 s)^3 = 3.2 segments, of an ACK of a window. */
TEST(CubicNumbers, TheTargetIsARoundTripAhead)
{
	Path path = moment(100'000, 100'000, 0, 0, 1500);

	path.tcb.srtt = 500 * RUB_NS_PER_MS;
	rub_cubic_acked(&path.tcb, 100'000, &path.env);
	EXPECT_EQ(path.tcb.cc.cwnd, 103'200u);
}

/* Before K the curve lies below W_max by as much; section 4.4's concave region. */
TEST(CubicNumbers, BeforeKTheCurveIsConcave)
{
	Path path = moment(95'000, 100'000, 0, 0);

	path.tcb.cc.cubic.k = 2500;
	path.tcb.srtt = 500 * RUB_NS_PER_MS;
	rub_cubic_acked(&path.tcb, 95'000, &path.env); /* 100 - 0.4 * 2^3 = 96.8 */
	EXPECT_EQ(path.tcb.cc.cwnd, 96'800u);
}

/* A path whose segments have grown since: the curve does not fall below nothing. */
TEST(CubicNumbers, NeverBelowNothing)
{
	Path path = moment(10'000, 20'000, 10'000, 10'000);

	path.tcb.cc.cubic.k = 5000; /* 50 segments: of 1000 bytes more than W_max */
	rub_cubic_acked(&path.tcb, 10'000, &path.env);
	EXPECT_EQ(path.tcb.cc.cwnd, 11'000u); /* Reno's */
}

/* However long: milliseconds to the third power would not fit. */
TEST(CubicNumbers, HoursBehindKItStillGrows)
{
	for (unsigned ms :
	     {1u << 20, (1u << 20) + 1, 1u << 21, 2'642'245u, 2'642'246u, 1u << 22, 1u << 30}) {
		Path path = moment(20'000, 20'000, 0, 0, ms);

		path.tcb.srtt = 0;
		rub_cubic_acked(&path.tcb, 20'000, &path.env);
		EXPECT_EQ(path.tcb.cc.cwnd, 30'000u) << ms;
	}
}

/* At a gigabyte, the largest window (RFC 7323 section 2.3), to the byte. */
TEST(CubicNumbers, EndsAtTheLargestWindow)
{
	Path path = moment(RUB_CWND_MAX - 10'000, RUB_CWND_MAX - 10'000, 0, 0, 100'000);
	rub_cubic_acked(&path.tcb, 100'000, &path.env);
	EXPECT_EQ(path.tcb.cc.cwnd, RUB_CWND_MAX);

	Path reno = moment(RUB_CWND_MAX - 10, 10'000, RUB_CWND_MAX - 10, 0);
	rub_cubic_acked(&reno.tcb, RUB_CWND_MAX, &reno.env);
	EXPECT_EQ(reno.tcb.cc.cwnd, RUB_CWND_MAX);
}

/* What Reno's estimate gained below a byte is not gained again in the next epoch. */
TEST(CubicNumbers, AnEpochStartsTheEstimatesSharesAfresh)
{
	Path path = beginning(1, 1000, 0);

	path.tcb.cc.cubic.carry = 999;
	rub_cubic_acked(&path.tcb, 1, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.w_est, 1000u);
	rub_cubic_acked(&path.tcb, 998, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.w_est, 1000u);
	rub_cubic_acked(&path.tcb, 1, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.w_est, 1001u);
}

/* Section 5.8: what has passed since the last acknowledgement is added to t_epoch, once. */
TEST(CubicNumbers, APauseMovesTheEpoch)
{
	Path path = moment(20'000, 20'000, 0, 0, 1500);
	const rub_ns epoch = path.tcb.cc.cubic.epoch;

	path.env.now += 700 * RUB_NS_PER_MS;
	rub_cubic_pause(&path.tcb, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.epoch, epoch + 700 * RUB_NS_PER_MS);
	rub_cubic_pause(&path.tcb, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.epoch, epoch + 700 * RUB_NS_PER_MS);
	path.env.now += 50 * RUB_NS_PER_MS;
	rub_cubic_acked(&path.tcb, 1, &path.env); /* this time counts */
	path.env.now += 30 * RUB_NS_PER_MS;
	rub_cubic_pause(&path.tcb, &path.env);
	EXPECT_EQ(path.tcb.cc.cubic.epoch, epoch + 730 * RUB_NS_PER_MS);
}
