/* SPDX-License-Identifier: GPL-2.0-only */
/* Pacing: when new data leaves on a path of some length (core/pacing.c). */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

constexpr u16 WIDE = 60000;

/* Connected, paced by rub_transmit() itself; the handshake took @rtt. */
void paced(Script &s, ns rtt = RTT)
{
	s.env.edt = false;
	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(rtt);
	s.send(seg(SYN | ACK, 0, 1).window(WIDE));
	s.expect(seg(ACK, 1, 1));
	s.mark();
}

bool held(const Script &s)
{
	rub_tx tx;

	return !rub_transmit(&s.tcb, &s.env, &tx) && tx.hold == RUB_HOLD_PACED;
}

u32 bytes(const std::vector<Sent> &sent)
{
	u32 n = 0;

	for (const Sent &one : sent)
		n += one.tx.len;
	return n;
}

/* An initial window has left, and all but one segment of it is acknowledged after RTT. */
void second_flight(Script &s)
{
	paced(s);
	s.write(100 * MSS);
	ASSERT_EQ(bytes(s.take()), 10u * MSS);
	s.at(RTT);
	s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
}

} // namespace

/* RFC 6928: an initial window may be a burst. */
TEST(Pacing, TheInitialWindowLeavesAtOnce)
{
	Script s;

	paced(s);
	s.write(100 * MSS);
	EXPECT_EQ(bytes(s.take()), 10u * MSS);
	EXPECT_FALSE(held(s)); /* it is the window that holds the rest */
}

/* Slow start: 2 cwnd / SRTT, two segments at a time. */
TEST(Pacing, SlowStartIsSpreadAtTwiceTheWindowARoundTrip)
{
	Script s;

	second_flight(s);
	ASSERT_EQ(s.tcb.cc.cwnd, 19u * MSS);
	const ns gap = RTT * 2 / (2 * 19);
	for (u32 i = 0; i < 9; i++) {
		if (i) {
			EXPECT_TRUE(held(s)) << i;
			EXPECT_NEAR((s.due() - RTT).count(), (i * gap).count(), 5000) << i;
			s.at(s.due());
		}
		EXPECT_EQ(bytes(s.take()), 2u * MSS) << i;
	}
	EXPECT_FALSE(held(s));
}

/* Congestion avoidance: 1.2 cwnd / SRTT. */
TEST(Pacing, LaterAtOneAndAFifth)
{
	Script s;

	paced(s);
	s.tcb.cc.ssthresh = 5 * MSS;
	s.write(100 * MSS);
	EXPECT_EQ(bytes(s.take()), 10u * MSS);
	s.at(RTT);
	s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	EXPECT_EQ(bytes(s.take()), 2u * MSS);
	const double cwnd = s.tcb.cc.cwnd, gap = 1e8 * 2 * MSS / (1.2 * cwnd);
	EXPECT_NEAR(static_cast<double>((s.due() - RTT).count()), gap, 5000);
}

/* The same under CUBIC. */
TEST(Pacing, CubicIsPacedAlike)
{
	Script s([](rub_config &c) { c.knobs.congestion = RUBATO_CONGESTION_CUBIC; });

	second_flight(s);
	EXPECT_EQ(bytes(s.take()), 2u * MSS);
	EXPECT_NEAR((s.due() - RTT).count(), (RTT * 2 / (2 * 19)).count(), 5000);
}

/* RUB_PACE_RTT_MIN: a host or a rack. */
TEST(Pacing, ShortPathsAreNot)
{
	Script s;

	paced(s, 900us);
	s.write(100 * MSS);
	EXPECT_EQ(bytes(s.take()), 10u * MSS);
	s.at(900us);
	s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	EXPECT_FALSE(held(s));
	EXPECT_GE(bytes(s.take()), 16u * MSS);
}

/* A millisecond's worth is one unit, as large as the shell takes it. */
TEST(Pacing, AUnitIsAMillisecondOfThePace)
{
	Script s;

	s.env.gso_max = 64 * MSS;
	paced(s, 10ms);
	s.tcb.cc.cwnd = 50 * MSS;
	s.write(100 * MSS);
	s.units.clear();
	(void)s.take();
	s.at(s.due());
	ASSERT_FALSE(s.units.empty());
	EXPECT_GE(s.units.back().len, 9u * MSS); /* 2 * 50 segments in 10 ms */
	EXPECT_LE(s.units.back().len, 10u * MSS);
	(void)s.take();
}

TEST(Pacing, AnAcknowledgementNeverWaits)
{
	Script s;

	second_flight(s);
	(void)s.take();
	ASSERT_TRUE(held(s));
	s.send(seg(ACK | PSH, 1, 1 + 9 * MSS, 100).window(WIDE));
	const std::vector<Sent> sent = s.take();
	ASSERT_EQ(sent.size(), 1u);
	EXPECT_EQ(sent[0].tx.len, 0u);
	EXPECT_TRUE(held(s));
}

TEST(Pacing, ARetransmissionNeverWaits)
{
	Script s;

	second_flight(s);
	(void)s.take();
	ASSERT_TRUE(held(s));
	for (int i = 0; i < 3; i++)
		s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	const std::vector<Sent> sent = s.take();
	ASSERT_FALSE(sent.empty());
	EXPECT_EQ(sent[0].tx.seq, s.iss + 1 + 9 * MSS);
	EXPECT_TRUE(sent[0].tx.again);
	EXPECT_EQ(sent[0].at, s.env.now);
}

/* A FIN behind what waits, waits with it; alone it has nothing to spread. */
TEST(Pacing, TheFinComesBehindTheData)
{
	Script s;

	second_flight(s);
	(void)s.take();
	ASSERT_TRUE(held(s));
	s.shutdown();
	s.silence();
	EXPECT_TRUE(held(s));
}

/* The path's, not the clocks': tempo never touches it. */
TEST(Pacing, TempoNeverTouchesIt)
{
	Script s;

	second_flight(s);
	(void)s.take();
	const ns due = s.due();
	s.tune(nullptr, 4 * RUBATO_TEMPO_ONE);
	EXPECT_EQ(s.due(), due);
}

/* A timer that is late by less than a quantum costs nothing: the next deadline is nominal. */
TEST(Pacing, ALateTimerIsMadeUpFor)
{
	Script s;

	second_flight(s);
	(void)s.take();
	const ns first = s.due();
	s.at(first - 1ns);
	s.env.now += 500'001;
	s.drain();
	EXPECT_EQ(bytes(s.take()), 2u * MSS);
	EXPECT_NEAR((s.due() - first).count(), (first - RTT).count(), 5000);
}

/* What the process did not send in time is not made up for. */
TEST(Pacing, APauseIsNotMadeUpFor)
{
	Script s;

	second_flight(s);
	(void)s.take();
	const ns gap = s.due() - RTT;
	s.env.now += 30'000'000;
	s.drain();
	EXPECT_EQ(bytes(s.take()), 2u * MSS);
	EXPECT_NEAR((s.due() - s.now()).count(), gap.count(), 5000);
}

/* Nothing in flight: as much as an initial window at once, again. */
TEST(Pacing, AFreshStartMayBurstAgain)
{
	Script s;

	paced(s);
	s.tcb.cc.cwnd = 40 * MSS;
	s.write(12 * MSS);
	(void)s.take();
	s.at(50ms);
	(void)s.take();
	s.send(seg(ACK, 1, 1 + 12 * MSS).window(WIDE));
	s.write(30 * MSS);
	EXPECT_EQ(bytes(s.take()), 10u * MSS);
	EXPECT_TRUE(held(s));
	s.at(s.due());
	EXPECT_EQ(bytes(s.take()), 2u * MSS);
}

/* With a queue discipline that holds units, nothing waits here: each says when it may leave. */
TEST(Pacing, ADepartureTimeGoesAlong)
{
	Script s;

	s.env.edt = true;
	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).window(WIDE));
	s.expect(seg(ACK, 1, 1));
	s.write(100 * MSS);
	for (const Sent &sent : s.take())
		EXPECT_EQ(sent.tx.not_before, 0u);
	s.at(2 * RTT);
	s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	EXPECT_FALSE(held(s));
	const std::vector<Sent> sent = s.take();
	ASSERT_EQ(sent.size(), 18u);
	EXPECT_EQ(sent[0].tx.not_before, 0u);
	EXPECT_EQ(sent[1].tx.not_before, 0u);
	for (u32 i = 2; i < 18; i++)
		EXPECT_NEAR(static_cast<double>(sent[i].tx.not_before - s.env.now),
			    1e8 * i / (2 * 19), 5000)
			<< i;
}

/* A local drop waits for rto-min; pacing asks for no earlier timer. */
TEST(Pacing, ALocalDropDecidesAlone)
{
	Script s;

	second_flight(s);
	(void)s.take();
	s.drop_next(1);
	s.at(s.due());
	s.silence();
	EXPECT_FALSE(held(s));
	EXPECT_EQ(s.due(), s.now() + 200ms); /* rto-min */
}

TEST(Pacing, NeitherDoesADroppedRetransmissionWakeItUp)
{
	Script s;

	second_flight(s);
	(void)s.take();
	ASSERT_TRUE(held(s));
	s.drop_next(1);
	for (int i = 0; i < 3; i++)
		s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	s.silence();
	ASSERT_EQ(s.dropped(), 1u);
	EXPECT_EQ(s.due(), s.now() + 200ms);
}

/*
 * A schedule whose gap is shorter than the pace: what never left cannot have been lost. No timer
 * comes before the pace lets it go, and when it goes that is no try and no congestion.
 */
TEST(Pacing, WhatThePaceHoldsIsNotTriedAgain)
{
	Script s([](rub_config &c) { c.data = schedule("20ms x2 give-up=60s"); });

	paced(s);
	s.tcb.paced_from = s.env.now;
	s.tcb.paced = 100 * MSS; /* as after a timeout: the window is far smaller than what left */
	s.tcb.unpaced = 0;
	s.write(5 * MSS);
	ASSERT_TRUE(held(s));
	const u32 cwnd = s.tcb.cc.cwnd;
	ASSERT_GT((s.due() - s.now()).count(), ns(20ms).count());
	s.at(s.due());
	EXPECT_EQ(bytes(s.take()), 5u * MSS);
	EXPECT_EQ(s.tcb.run.tries, 0u);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
}

/* RUB_PACE_RTT_MIN exactly: "round trips below [it] are not paced". */
TEST(PacingRate, BeginsAtAMillisecond)
{
	Script s;

	s.connect();
	s.tcb.srtt = 1'000'000;
	EXPECT_TRUE(rub_pacing(&s.tcb));
	s.tcb.srtt = 999'999;
	EXPECT_FALSE(rub_pacing(&s.tcb));
}

namespace
{

/* In the middle of a transfer, at cwnd and SRTT as given; nothing may burst but a quantum. */
void moving(Script &s, u32 cwnd, ns srtt, u32 ssthresh)
{
	s.connect();
	s.tcb.cc.cwnd = cwnd;
	s.tcb.cc.ssthresh = ssthresh;
	s.tcb.srtt = static_cast<rub_ns>(srtt.count());
	s.tcb.snd_nxt = s.tcb.snd_max = s.tcb.snd_una + MSS;
	s.tcb.paced = s.tcb.unpaced = 0;
	s.tcb.paced_from = s.env.now;
}

} // namespace

/* A millisecond of 2 cwnd / SRTT in slow start, of 1.2 cwnd / SRTT from ssthresh on. */
TEST(PacingRate, TheQuantumIsAMillisecondOfIt)
{
	static constexpr struct {
		u32 cwnd, ssthresh, quantum;
	} rows[] = {{500'000, 500'001, 100'000}, {500'000, 500'000, 60'000},
		    {500'000, 100'000, 60'000},	 {10'000, 20'000, 2'000},
		    {12'000, 20'000, 2'400},	 {12'000, 12'000, 2'000}};

	for (const auto &row : rows) {
		Script s;

		moving(s, row.cwnd, 10ms, row.ssthresh);
		EXPECT_NEAR(rub_pace_quantum(&s.tcb), row.quantum, row.quantum / 1000) << row.cwnd;
	}
}

/* The time that a window takes: half a round trip in slow start, five sixths of one later. */
TEST(PacingRate, AWindowTakesItsShareOfTheRoundTrip)
{
	Script s;

	moving(s, 60'000, 60ms, 60'001);
	s.tcb.paced = 60'000;
	EXPECT_NEAR(rub_pace_span(&s.tcb), 30e6, 500);
	s.tcb.cc.ssthresh = 60'000;
	EXPECT_NEAR(rub_pace_span(&s.tcb), 50e6, 500);
	s.tcb.paced = 6'000;
	EXPECT_NEAR(rub_pace_span(&s.tcb), 5e6, 500);
	s.tcb.paced = 600'000; /* never more than a window's */
	EXPECT_NEAR(rub_pace_span(&s.tcb), 50e6, 500);
}

/* Round trips beyond a minute count as a minute: 2^36 ns. */
TEST(PacingRate, HasALongestRoundTrip)
{
	for (u64 srtt :
	     {(1ull << 36) - 256, 1ull << 36, (1ull << 36) + 1, 1ull << 37, 1ull << 62}) {
		Script s;

		moving(s, 60'000, ns(static_cast<s64>(srtt)), 60'000);
		s.tcb.paced = 60'000;
		EXPECT_NEAR(static_cast<double>(rub_pace_span(&s.tcb)), 5.0 / 6 * (1ull << 36),
			    500);
	}
}

/* A timer may be late by a quantum, to the nanosecond; later than that, the past is past. */
TEST(PacingRate, LatenessUpToAQuantumIsMadeUpFor)
{
	for (rub_ns late : {0u, 1u, 1'000'000u, 1'000'001u}) {
		Script s;

		moving(s, 60'000, 60ms, 60'000);
		s.tcb.paced = 1200;
		const rub_ns due = s.env.now + rub_pace_span(&s.tcb);
		s.env.now = due + late;
		rub_pace_sent(&s.tcb, 600, &s.env);
		EXPECT_EQ(s.tcb.paced_from, late > 1'000'000 ? s.env.now : due) << late;
		EXPECT_EQ(s.tcb.paced, 600u);
	}
}

/* What leaves before its time, as a retransmission may, adds to what left before. */
TEST(PacingRate, WhatComesEarlyAddsUp)
{
	Script s;

	moving(s, 60'000, 60ms, 60'000);
	s.tcb.paced = 1200;
	const rub_ns from = s.tcb.paced_from;
	s.env.now += rub_pace_span(&s.tcb) - 1;
	rub_pace_sent(&s.tcb, 600, &s.env);
	EXPECT_EQ(s.tcb.paced_from, from);
	EXPECT_EQ(s.tcb.paced, 1800u);
}

/* While the path is short nothing adds up that would be held against it when it grows longer. */
TEST(PacingRate, ShortPathsOweNothing)
{
	Script s;

	moving(s, 60'000, 900us, 60'000);
	for (int i = 0; i < 3; i++)
		rub_pace_sent(&s.tcb, 20'000, &s.env);
	EXPECT_EQ(rub_pace_due(&s.tcb), 0u);
	s.tcb.srtt = 60'000'000;
	EXPECT_EQ(s.tcb.paced, 20'000u);
}

/* A zero-window probe is the clock's, whatever the pace (RFC 9293 section 3.8.6.1). */
TEST(Pacing, AProbeNeverWaits)
{
	Script s([](rub_config &c) { c.persist = schedule("20ms 20ms x1"); });

	paced(s);
	s.send(seg(ACK, 1, 1).window(0));
	s.tcb.paced_from = s.env.now;
	s.tcb.paced = 100 * MSS;
	s.tcb.unpaced = 0;
	s.write(MSS);
	s.silence();
	ASSERT_GT(s.tcb.paced_from + rub_pace_span(&s.tcb), s.env.now + 20'000'000);
	s.expect_at(20ms, seg(ACK, 1, 1, 1).as_unit(RUB_UNIT_PROBE));
}

/* A FIN alone has no payload to spread. */
TEST(Pacing, AFinAloneNeverWaits)
{
	Script s;

	paced(s);
	s.write(10 * MSS);
	EXPECT_EQ(bytes(s.take()), 10u * MSS);
	s.send(seg(ACK, 1, 1 + 9 * MSS).window(WIDE));
	s.tcb.paced_from = s.env.now;
	s.tcb.paced = 100 * MSS;
	ASSERT_GT(rub_pace_due(&s.tcb), s.env.now);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1 + 10 * MSS, 1));
}

/* RFC 3168 section 6.1.2: what an echo at one segment holds back leaves at the RTO, not behind it.
 */
TEST(PacingRate, AnEchosWaitEndsAtTheRto)
{
	Script s;
	rub_tx tx{};

	moving(s, 60'000, 60ms, 60'000);
	s.tcb.paced = 60'000;
	tx.unit = RUB_UNIT_DATA;
	tx.len = MSS;
	const rub_ns rto = rub_rto(&s.tcb, &s.policy);
	s.tcb.cc.echoed = s.env.now - rto;
	EXPECT_FALSE(rub_pace_holds(&s.tcb, &s.env, &tx));
	EXPECT_EQ(tx.not_before, rub_pace_due(&s.tcb)); /* the queue discipline holds it */
	s.tcb.cc.echoed++;
	EXPECT_TRUE(rub_pace_holds(&s.tcb, &s.env, &tx));
}
