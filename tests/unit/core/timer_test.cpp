/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clocks: RFC 6298's retransmission timer, and the schedules of DESIGN.md section 3 with the
 * law on their two anchors.
 */
#include "script.h"

using namespace script;

namespace
{

/* A connection with one segment in flight since time 0. */
void in_flight(Script &s)
{
	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

Seg again(u32 n)
{
	return seg(ACK | PSH, 1, 1, MSS).retransmitted(n).by(RUBATO_CLOCK_DATA);
}

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

} // namespace

/* Section 2.1: 1 s before any measurement; section 5.5: twice that each time. */
TEST(Rto, SynStartsAtOneSecondAndDoubles)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	u32 n = 0;
	for (ns t : {1s, 3s, 7s, 15s, 31s, 63s, 127s})
		s.expect_at(t, seg(SYN).retransmitted(++n).by(RUBATO_CLOCK_SYN));
	s.dies_at(180s, ETIMEDOUT);
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP));
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYN);
	EXPECT_EQ(s.happened.elapsed, in_ns(180s));
	EXPECT_EQ(s.happened.tries, 7u);
}

/* Section 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR. */
TEST(Rto, FirstMeasurement)
{
	Script s;

	s.connect();
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), in_ns(RTO));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(RTO, again(1));
}

/* Section 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|, then SRTT = 7/8 SRTT + 1/8 R'. */
TEST(Rto, SecondMeasurement)
{
	Script s;

	in_flight(s);
	s.at(200ms);
	s.send(seg(ACK, 1, 1 + MSS));
	/* RTTVAR = 37.5 + 25 = 62.5 ms; SRTT = 87.5 + 25 = 112.5 ms. */
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), in_ns(362'500us));
}

TEST(Rto, MeasurementsConverge)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 60; i++) {
		s.write(MSS);
		s.expect(seg(ACK | PSH, 1 + i * MSS, 1, MSS));
		s.at(s.now() + 250ms);
		s.send(seg(ACK, 1, 1 + (i + 1) * MSS));
	}
	EXPECT_GE(rub_rto(&s.tcb, &s.policy), in_ns(250ms));
	EXPECT_LE(rub_rto(&s.tcb, &s.policy), in_ns(255ms));
}

/* Section 3, Karn: a segment that left twice measures nothing. */
TEST(Rto, RetransmittedSegmentMeasuresNothing)
{
	Script s;

	in_flight(s);
	s.expect_at(RTO, again(1));
	s.at(500ms);
	s.send(seg(ACK, 1, 1 + MSS));
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), in_ns(RTO));
}

TEST(Rto, BacksOffAndIsCapped)
{
	Script s([](rub_config &c) { c.data = schedule("rto x2 max=1s give-up=4s"); });

	in_flight(s);
	s.expect_at(300ms, again(1));
	s.expect_at(900ms, again(2));
	s.expect_at(1900ms, again(3));
	s.expect_at(2900ms, again(4));
	s.expect_at(3900ms, again(5));
	s.dies_at(4s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
	EXPECT_EQ(s.happened.elapsed, in_ns(4s));
}

TEST(Rto, BackOffByOtherFactors)
{
	Script s([](rub_config &c) { c.data = schedule("rto x1.5 give-up=10m"); });

	in_flight(s);
	s.expect_at(300ms, again(1));
	s.expect_at(750ms, again(2));
	s.expect_at(1425ms, again(3));
	s.expect_at(2437500us, again(4));
	s.send(seg(ACK, 1, 1 + MSS));
	EXPECT_TRUE(s.never_due());
}

/* rto-max caps the back-off of a gap that starts from rto ... */
TEST(Rto, RtoMaxCapsTheBackOff)
{
	Script s([](rub_config &c) {
		c.data = schedule("rto x2 give-up=10m");
		c.rto_max = in_ns(1s);
	});

	in_flight(s);
	for (ns t : {300ms, 900ms, 1900ms, 2900ms, 3900ms})
		s.expect_at(t, seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* ... but never below SRTT + 4 RTTVAR. */
TEST(Rto, RtoMaxNeverCutsTheMeasuredRto)
{
	Script s([](rub_config &c) {
		c.data = schedule("rto x2 give-up=10m");
		c.rto_min = in_ns(10ms);
		c.rto_max = in_ns(200ms);
	});

	in_flight(s);
	s.expect_at(300ms, again(1));
	s.expect_at(600ms, again(2));
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(Rto, RtoMinRaisesIt)
{
	Script s([](rub_config &c) { c.rto_min = in_ns(700ms); });

	in_flight(s);
	s.expect_at(700ms, again(1));
	s.expect_at(2100ms, again(2));
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(Rto, RtoInitialRulesTheFirstSyn)
{
	Script s([](rub_config &c) {
		c.rto_initial = in_ns(250ms);
		c.syn = schedule("rto x2 tries=3");
	});

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(250ms, seg(SYN));
	s.expect_at(750ms, seg(SYN));
	s.expect_at(1750ms, seg(SYN));
	s.dies_at(3750ms, ETIMEDOUT);
}

/* Section 5.7: 3 s once data flows, if a SYN had to be sent again. */
TEST(Rto, ThreeSecondsAfterALostSyn)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.at(1100ms);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(3s, again(1));
	s.expect_at(9s, again(2));
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(s.now() + 100ms);
	s.send(seg(ACK, 1, 1 + 2 * MSS)); /* the first measurement ends it */
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), in_ns(300ms));
}

TEST(Rto, ThreeSecondsAfterALostSynObeyRtoMax)
{
	Script s([](rub_config &c) { c.rto_max = in_ns(2s); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(2s, again(1));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Section 5.3: new data acknowledged starts the timer again, from now. */
TEST(Rto, ProgressStartsItAgain)
{
	Script s;

	s.connect();
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(200ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.expect_at(200ms + 362'500us, seg(ACK | PSH, 1 + MSS, 1, MSS).retransmitted(1));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
}

/* Section 5.2. */
TEST(Rto, StopsWhenAllIsAcknowledged)
{
	Script s;

	in_flight(s);
	s.at(100ms);
	s.send(seg(ACK, 1, 1 + MSS));
	EXPECT_TRUE(s.never_due());
	s.at(3600s);
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

/* Section 5.1: a second segment does not push the timer of the first one away. */
TEST(Rto, SendingMoreDoesNotRestartIt)
{
	Script s;

	in_flight(s);
	s.at(250ms);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(RTO - 1ns);
	s.silence();
	s.at(RTO);
	const std::vector<Sent> sent = s.take();
	ASSERT_EQ(sent.size(), 1u);
	EXPECT_EQ(sent[0].tx.seq, s.iss + 1);
	EXPECT_EQ(sent[0].tx.len, u32(MSS));
}

/*
 * RFC 6298 section 5: the RTO stays doubled until there is a measurement again, and what left
 * twice gives none (Karn). Progress sets tries = 0 all the same.
 */
TEST(Rto, BackOffHoldsUntilASampleIsHad)
{
	Script s;

	in_flight(s);
	s.expect_at(300ms, again(1));
	s.expect_at(900ms, again(2));
	s.at(1s);
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(2200ms, seg(ACK | PSH, 1 + MSS, 1, MSS).retransmitted(1));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
}

/* A sample of 100 ms: SRTT 100 ms, RTTVAR 3/4 of 50 ms, so the RTO is 250 ms. */
TEST(Rto, ASampleEndsTheBackOff)
{
	Script s;

	in_flight(s);
	s.expect_at(300ms, again(1));
	s.at(400ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(500ms);
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, MSS));
	s.expect_at(750ms, seg(ACK | PSH, 1 + 2 * MSS, 1, MSS).retransmitted(1));
	s.send(seg(ACK, 1, 1 + 3 * MSS));
}

TEST(Rto, DuplicateAckIsNoProgress)
{
	Script s;

	in_flight(s);
	s.at(200ms);
	s.send(seg(ACK, 1, 1));
	s.expect_at(RTO, again(1));
	s.send(seg(ACK, 1, 1));
	s.expect_at(3 * RTO, again(2));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* The built-in data schedule: at most 64 s apart, given up 10 minutes after the first send. */
TEST(Rto, DefaultDataSchedule)
{
	Script s;
	ns t = 0s, gap = RTO;

	in_flight(s);
	for (u32 n = 1; t + gap < 600s; n++) {
		t += gap;
		s.expect_at(t, again(n));
		gap = std::min<ns>(2 * gap, 64s);
	}
	s.dies_at(600s, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(600s));
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

/* What the schedule tells of itself while it runs. */
TEST(Rto, DueIsTheNextTry)
{
	Script s;

	in_flight(s);
	EXPECT_EQ(s.due(), RTO);
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_DATA);
	s.at(100ms);
	EXPECT_EQ(s.due(), RTO);
	s.expect_at(RTO, again(1));
	EXPECT_EQ(s.due(), 3 * RTO);
	s.send(seg(ACK, 1, 1 + MSS));
}

/* BSD's connect: SYNs at 0, 6 and 30 s, the error at 75 s (conformance.md section 6, 8). */
TEST(Schedule, BsdConnect)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(6s, seg(SYN).retransmitted(1));
	s.expect_at(30s, seg(SYN).retransmitted(2));
	s.dies_at(75s, ETIMEDOUT);
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP | RUB_RX_DEAD));
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYN);
	EXPECT_EQ(s.happened.elapsed, in_ns(75s));
	EXPECT_EQ(s.happened.tries, 2u);
	s.entered({RUBATO_CLOSED});
}

/* Linear, then doubling; 8 retransmissions, then one more gap. */
TEST(Schedule, LinearThenDoubling)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s x2 tries=8"); });

	in_flight(s);
	s.expect_at(1s, again(1));
	s.expect_at(2s, again(2));
	s.expect_at(3s, again(3));
	s.expect_at(5s, again(4));
	s.expect_at(9s, again(5));
	s.expect_at(17s, again(6));
	s.expect_at(33s, again(7));
	s.expect_at(65s, again(8));
	s.dies_at(129s, ETIMEDOUT);
}

TEST(Schedule, FactorOneRepeats)
{
	Script s([](rub_config &c) { c.data = schedule("75s x1 tries=8"); });

	in_flight(s);
	for (u32 n = 1; n <= 8; n++)
		s.expect_at(n * 75s, again(n));
	s.dies_at(9 * 75s, ETIMEDOUT);
}

TEST(Schedule, MaxCapsGrowth)
{
	Script s([](rub_config &c) { c.syn = schedule("1s x4 max=5s tries=3"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.expect_at(5s, seg(SYN));
	s.expect_at(10s, seg(SYN));
	s.dies_at(15s, ETIMEDOUT);
}

/* Literal gaps and their growth obey only max. */
TEST(Schedule, LiteralGapsIgnoreTheRtoBounds)
{
	Script s([](rub_config &c) {
		c.rto_min = in_ns(500ms);
		c.rto_max = in_ns(2s);
		c.rto_initial = in_ns(1s);
		c.data = schedule("10ms x10 tries=4");
	});

	in_flight(s);
	s.expect_at(10ms, again(1));
	s.expect_at(110ms, again(2));
	s.expect_at(1110ms, again(3));
	s.expect_at(11110ms, again(4));
	s.dies_at(111110ms, ETIMEDOUT);
}

TEST(Schedule, SingleGapIsOneSend)
{
	Script s([](rub_config &c) { c.syn = schedule("50ms"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.dies_at(50ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.tries, 0u);
}

/* Whichever comes first ends it. */
TEST(Schedule, GiveUpEndsAListEarly)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s give-up=20s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(6s, seg(SYN));
	s.dies_at(20s, ETIMEDOUT);
}

TEST(Schedule, ListEndsBeforeALaterGiveUp)
{
	Script s([](rub_config &c) { c.syn = schedule("1s 2s give-up=20s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.dies_at(3s, ETIMEDOUT);
}

TEST(Schedule, TriesOfZeroIsOneGap)
{
	Script s([](rub_config &c) { c.syn = schedule("2s x2 tries=0"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.dies_at(2s, ETIMEDOUT);
}

/* Sixteen gaps, the most there can be. */
TEST(Schedule, SixteenGaps)
{
	Script s([](rub_config &c) {
		c.syn = schedule("1s 2s 1s 2s 1s 2s 1s 2s 1s 2s 1s 2s 1s 2s 1s 2s");
	});
	ns t = 0s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	for (u32 n = 1; n < 16; n++) {
		t += n % 2 ? 1s : 2s;
		s.expect_at(t, seg(SYN).retransmitted(n));
	}
	s.dies_at(24s, ETIMEDOUT);
}

TEST(Schedule, LongGrowthDoesNotOverflow)
{
	Script s([](rub_config &c) { c.data = schedule("24h x16 max=24h tries=1000"); });

	in_flight(s);
	for (u32 n = 1; n <= 1000; n++)
		s.expect_at(n * 24h, again(n));
	s.dies_at(1001 * 24h, ETIMEDOUT);
}

/* Literal gaps and their growth obey only max: weeks are no reason to stop. */
TEST(Schedule, GrowthIsExactForMonths)
{
	Script s([](rub_config &c) { c.syn = schedule("24h x2 tries=6"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	for (u32 n = 1; n <= 6; n++)
		s.expect_at(((1u << n) - 1) * 24h, seg(SYN).retransmitted(n));
	s.dies_at(127 * 24h, ETIMEDOUT);
}

/* Progress starts give-up's count afresh. */
TEST(Schedule, GiveUpCountsFromTheLastProgress)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 give-up=3500ms"); });

	s.connect();
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.at(900ms);
	s.send(seg(ACK, 1, 1 + MSS));
	for (ns t : {1900ms, 2900ms, 3900ms})
		s.expect_at(t, seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.dies_at(4400ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(3500ms));
}

/* synack is "as syn" by default: a reference, resolved when the policy is compiled. */
TEST(Schedule, ReferenceFollowsItsTarget)
{
	Script s([](rub_config &c) { c.syn = schedule("2s 3s"); });

	s.mark();
	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.expect_at(2s, seg(SYN | ACK, 0, 1));
	s.at(5s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(5s);
	s.state_is(RUBATO_LISTEN);
}

/* LAW: after a late try, last = now. */
TEST(Schedule, LateTryMovesTheRest)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	in_flight(s);
	s.late(1700ms);
	s.expect(again(1));
	s.silence();
	s.expect_at(2700ms, again(2));
	s.dies_at(3700ms, ETIMEDOUT);
}

/* Nobody looked for longer than the whole schedule: one send, not one for each gap. */
TEST(Schedule, MuchTooLateSendsOnce)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s 1s 1s"); });

	in_flight(s);
	s.late(60s);
	s.expect(again(1));
	s.silence();
	s.expect_at(61s, again(2));
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(Schedule, ExpiringTooEarlyDoesNothing)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });
	rub_rx rx;

	in_flight(s);
	rub_expire(&s.tcb, &s.env, &rx);
	s.drain();
	s.silence();
	s.expect_at(1s, again(1));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* LAW: a local drop is not a try; again after rto-min ... */
TEST(Schedule, LocalDropIsNoTry)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.drop_next(2);
	s.expect_at(6400ms, seg(SYN).retransmitted(1));
	EXPECT_EQ(s.dropped(), 2u);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
}

/* ... and the nominal end still holds. */
TEST(Schedule, LocalDropsKeepTheNominalEnd)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.drop_next(1000000);
	s.dies_at(75s, ETIMEDOUT);
	EXPECT_GT(s.dropped(), 2u);
	s.drop_next(0);
}

/* DESIGN.md section 3: the nominal end still holds when the try does leave after all, late. */
TEST(Schedule, ATryHeldUpByLocalDropsKeepsTheNominalEnd)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.drop_next(30); /* every rto-min = 200 ms from 6 s on: the next one leaves at 12 s */
	s.expect_at(12s, seg(SYN));
	EXPECT_EQ(s.dropped(), 30u);
	s.expect_at(36s, seg(SYN)); /* the gap counts from when it left */
	s.dies_at(75s, ETIMEDOUT);
}

TEST(Schedule, ATryHeldUpBeyondTheNextGapEndsNominally)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.drop_next(300);
	s.expect_at(66s, seg(SYN));
	s.dies_at(75s, ETIMEDOUT); /* and not a third one at 90 s */
}

TEST(Schedule, AFirstSendHeldUpKeepsTheNominalEnd)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.drop_next(10);
	s.open();
	s.expect_at(2s, seg(SYN));
	s.expect_at(8s, seg(SYN));
	s.expect_at(32s, seg(SYN));
	s.dies_at(75s, ETIMEDOUT);
}

TEST(Schedule, TheVeryFirstSendMayBeDropped)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.drop_next(1);
	s.open();
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	s.expect_at(200ms, seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
}

TEST(Schedule, DroppedDataIsSentAfterRtoMin)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	s.connect();
	s.drop_next(1);
	s.write(MSS);
	s.silence();
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
	EXPECT_EQ(s.happened.acked, u32(MSS));
}

TEST(Schedule, DropsUnderGiveUpKeepItsEnd)
{
	Script s([](rub_config &c) { c.data = schedule("rto x2 max=1s give-up=5s"); });

	in_flight(s);
	s.drop_next(1000000);
	s.dies_at(5s, ETIMEDOUT);
	s.drop_next(0);
}

/* Retune: next try = max(now, last + gap[tries]). */
TEST(Retune, LongerWaitsOn)
{
	Script s([](rub_config &c) { c.data = schedule("2s 2s 2s"); });

	in_flight(s);
	s.at(1s);
	s.tune([](rub_config &c) { c.data = schedule("5s 5s"); });
	EXPECT_EQ(s.due(), 5s);
	s.expect_at(5s, again(1));
	s.dies_at(10s, ETIMEDOUT);
}

TEST(Retune, ShorterThanElapsedSendsOnceAtOnce)
{
	Script s([](rub_config &c) { c.data = schedule("10s 10s 10s"); });

	in_flight(s);
	s.at(5s);
	s.tune([](rub_config &c) { c.data = schedule("1s 1s 10s"); });
	EXPECT_LE(s.due(), 5s);
	s.at(5s);
	s.expect(again(1));
	s.silence();
	s.expect_at(6s, again(2));
	s.dies_at(16s, ETIMEDOUT);
}

TEST(Retune, FewerGapsThanTriesSendsNothingMore)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s 1s 1s 1s"); });

	in_flight(s);
	for (u32 n = 1; n <= 3; n++)
		s.expect_at(n * 1s, again(n));
	s.at(3500ms);
	s.tune([](rub_config &c) { c.data = schedule("1s 4s"); });
	EXPECT_EQ(s.due(), 7s); /* last + the final gap */
	s.dies_at(7s, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(7s));
}

TEST(Retune, FewerGapsThanTriesEndsNowIfThatIsPast)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s 1s 1s 1s"); });

	in_flight(s);
	for (u32 n = 1; n <= 3; n++)
		s.expect_at(n * 1s, again(n));
	s.at(3500ms);
	s.tune([](rub_config &c) { c.data = schedule("1s 200ms"); });
	EXPECT_LE(s.due(), 3500ms);
	s.dies_at(3500ms, ETIMEDOUT);
}

TEST(Retune, FewerTriesThanTriedEndsIt)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 tries=100"); });

	in_flight(s);
	for (u32 n = 1; n <= 5; n++)
		s.expect_at(n * 1s, again(n));
	s.tune([](rub_config &c) { c.data = schedule("1s x1 tries=2"); });
	s.dies_at(6s, ETIMEDOUT);
}

TEST(Retune, AGiveUpAlreadyPassedEndsItNow)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 give-up=10m"); });

	in_flight(s);
	for (u32 n = 1; n <= 5; n++)
		s.expect_at(n * 1s, again(n));
	s.at(5500ms);
	s.tune([](rub_config &c) { c.data = schedule("1s x1 give-up=3s"); });
	EXPECT_LE(s.due(), 5500ms);
	s.dies_at(5500ms, ETIMEDOUT);
}

TEST(Retune, ALaterGiveUpCountsFromFirst)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 give-up=3s"); });

	in_flight(s);
	s.expect_at(1s, again(1));
	s.tune([](rub_config &c) { c.data = schedule("2s x1 give-up=6s"); });
	s.expect_at(3s, again(2));
	s.expect_at(5s, again(3));
	s.dies_at(6s, ETIMEDOUT);
}

/* Again and again to ever shorter ones: each retune brings one send at most. */
TEST(Retune, EachBringsAtMostOneSend)
{
	Script s([](rub_config &c) { c.data = schedule("1h x1 tries=1000"); });
	u32 sends = 0;

	in_flight(s);
	s.at(100s);
	for (u32 i = 0; i < 50; i++) {
		s.tune([i](rub_config &c) {
			c.data = schedule(std::to_string(50 - i) + "s x1 tries=1000");
		});
		s.at(s.now());
		const size_t n = s.take().size();
		EXPECT_LE(n, 1u);
		sends += n;
	}
	EXPECT_EQ(sends, 1u);
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(Retune, SynWhileConnecting)
{
	Script s([](rub_config &c) { c.syn = schedule("60s 60s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(10s);
	s.tune([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });
	s.at(10s);
	s.expect(seg(SYN).retransmitted(1));
	s.expect_at(34s, seg(SYN).retransmitted(2));
	s.dies_at(79s, ETIMEDOUT);
}

TEST(Retune, RtoBoundsHoldAtOnce)
{
	Script s;

	in_flight(s);
	s.at(100ms);
	s.tune([](rub_config &c) { c.rto_min = in_ns(5s); });
	EXPECT_EQ(s.due(), 5s);
	s.expect_at(5s, again(1));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Changing tempo is a retune: the schedule shrinks, what was measured does not. */
TEST(Retune, TempoHoldsAtOnce)
{
	Script s([](rub_config &c) { c.syn = schedule("6s 24s 45s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(10ms);
	s.tune(nullptr, 100 * RUBATO_TEMPO_ONE);
	EXPECT_EQ(s.due(), 60ms);
	s.expect_at(60ms, seg(SYN));
	s.expect_at(300ms, seg(SYN));
	s.dies_at(750ms, ETIMEDOUT);
}

TEST(Retune, NothingHappensToAnIdleConnection)
{
	Script s;

	s.connect();
	s.at(100s);
	s.tune([](rub_config &c) { c.data = schedule("1ms"); });
	EXPECT_TRUE(s.never_due());
	s.at(1000s);
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Retune, HalfOpenTakesTheNewScheduleAtOnce)
{
	Script s([](rub_config &c) { c.synack = schedule("10s 10s 10s"); });

	s.mark();
	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.at(5s);
	s.tune([](rub_config &c) { c.synack = schedule("1s 3s"); });
	s.at(5s);
	s.expect(seg(SYN | ACK, 0, 1));
	s.silence();
	s.at(8s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(8s);
	s.state_is(RUBATO_LISTEN);
}

TEST(Retune, FinWait2)
{
	Script s([](rub_config &c) { c.fin_wait_2 = in_ns(60s); });

	s.to_fin_wait_2();
	s.close();
	s.at(10s);
	s.tune([](rub_config &c) { c.fin_wait_2 = in_ns(15s); });
	EXPECT_EQ(s.due(), 15s);
	s.tune([](rub_config &c) { c.fin_wait_2 = in_ns(5s); });
	EXPECT_LE(s.due(), 10s);
	s.at(10s);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

/*
 * An orphan is ruled by fin, afresh: first = now, tries = 0. The last try stays where it was, so
 * the next one comes a gap after it.
 */
TEST(Schedule, OrphaningStartsFinAfresh)
{
	Script s([](rub_config &c) {
		c.data = schedule("2s 2s 2s 2s");
		c.fin = schedule("1s 3s");
	});

	in_flight(s);
	s.expect_at(2s, again(1));
	s.at(2500ms);
	s.close();
	(void)s.take(); /* the FIN may leave now, or with the data once that is sent again */
	s.at(3s - 1ns);
	s.silence();
	s.at(3s);
	{
		const std::vector<Sent> sent = s.take();
		ASSERT_GE(sent.size(), 1u);
		EXPECT_EQ(sent[0].tx.seq, s.iss + 1);
		EXPECT_EQ(sent[0].tx.clock, RUBATO_CLOCK_FIN);
		EXPECT_EQ(sent[0].tx.tries, 1u);
	}
	s.dies_at(6s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_FIN);
	EXPECT_EQ(s.happened.elapsed, in_ns(3500ms));
}

TEST(Schedule, OrphansFinGivesUp)
{
	Script s([](rub_config &c) { c.fin = schedule("1s 2s 3s"); });

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.expect_at(1s, seg(FIN | ACK, 1, 1).retransmitted(1).by(RUBATO_CLOCK_FIN));
	s.expect_at(3s, seg(FIN | ACK, 1, 1).retransmitted(2));
	s.dies_at(6s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_FIN);
}

/* Only newly acknowledged data is an orphan's progress. */
TEST(Schedule, OrphansProgressIsAcknowledgedData)
{
	Script s([](rub_config &c) { c.fin = schedule("2s 2s"); });

	s.connect(1000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.close();
	s.at(1s);
	s.send(seg(ACK, 1, 1).window(1000)); /* an answer, but no progress */
	s.at(1500ms);
	s.send(seg(ACK, 1, 1 + MSS).window(5000));
	s.expect(seg(FIN | PSH | ACK, 1 + MSS, 1, MSS));
	s.expect_at(3500ms, seg(FIN | PSH | ACK, 1 + MSS, 1, MSS));
	s.dies_at(5500ms, ETIMEDOUT);
}

/* A shutdown is no orphan: its FIN obeys data, not fin. */
TEST(Schedule, ShutdownsFinObeysData)
{
	Script s([](rub_config &c) {
		c.data = schedule("3s 4s");
		c.fin = schedule("1s 1s");
	});

	s.to_fin_wait_1();
	s.expect_at(3s, seg(FIN | ACK, 1, 1).by(RUBATO_CLOCK_DATA));
	s.dies_at(7s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

/* DESIGN.md section 3: literal gaps obey max, those that stand first too. */
TEST(Schedule, MaxCapsEveryLiteralGap)
{
	Script s([](rub_config &c) { c.syn = schedule("5s 10s x2 max=3s tries=3"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(3s, seg(SYN));
	s.expect_at(6s, seg(SYN));
	s.expect_at(9s, seg(SYN));
	s.dies_at(12s, ETIMEDOUT);
}

/* A schedule of a thousand tries whose every try is dropped locally: ends when it would have. */
TEST(Schedule, ThousandDroppedTriesEndNominally)
{
	Script s([](rub_config &c) { c.syn = schedule("1s x1 tries=1000"); });

	s.drop_next(1000000);
	s.mark();
	s.open();
	s.dies_at(1001s, ETIMEDOUT);
}

/* What ICMP said of an outage that ended does not explain a later one. */
TEST(Rto, ProgressForgetsASoftError)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s"); });

	in_flight(s);
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	s.at(100ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(1100ms, seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.dies_at(2100ms, ETIMEDOUT);
}
