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
