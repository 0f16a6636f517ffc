/* SPDX-License-Identifier: GPL-2.0-only */
/* ECN from the handshake to the smallest window: RFC 3168 section 6.1, every field. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

void ecn(rub_config &config)
{
	config.knobs.ecn = 1;
}

u32 nth(u32 i)
{
	return 1 + i * MSS;
}

Seg data(u32 i)
{
	return seg(ACK, nth(i), 1, MSS).maybe(PSH).ecn(RUB_ECT0);
}

/* Both SYNs said so; established at time 0 with an RTT of 100 ms. */
void agreed(Script &s)
{
	s.mark();
	s.open();
	s.expect(seg(SYN | ECE | CWR).ecn(RUB_NOT_ECT));
	s.at(RTT);
	s.send(seg(SYN | ACK | ECE, 0, 1));
	s.expect(seg(ACK, 1, 1).ecn(RUB_NOT_ECT));
	s.mark();
}

/* cwnd is one segment, and that segment is in flight. */
void smallest(Script &s)
{
	agreed(s);
	s.tcb.cc.cwnd = MSS;
	s.write(4 * MSS);
	s.expect(data(0));
	s.silence();
	s.at(100ms);
}

} // namespace

/* The sender's side: CE on the way, ECE until CWR, one reduction for the window. */
TEST(EcnPath, TheSenderReducesOnceAWindowAndSaysSo)
{
	Script s(ecn);

	agreed(s);
	s.write(20 * MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(data(i));
	s.silence();
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, nth(2)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	s.silence(); /* eight are in flight */
	s.send(seg(ACK | ECE, 1, nth(4)));
	s.silence();
	s.send(seg(ACK | ECE, 1, nth(6)));
	s.expect(seg(ACK | CWR, nth(10), 1, MSS).ecn(RUB_ECT0));
	s.silence();
	s.send(seg(ACK | ECE, 1, nth(10))); /* the peer has not had CWR */
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	for (u32 i = 11; i < 15; i++)
		s.expect(data(i));
	s.silence();
	s.send(seg(ACK, 1, nth(11)));
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS + MSS / 5);
	s.expect(data(15));
	s.silence();
	s.send(seg(ACK | ECE, 1, nth(12))); /* another window's mark */
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	EXPECT_EQ(s.tcb.cc.cwnd, 2500u);
	s.silence();
}

/* The receiver's side: every ACK says ECE from CE to CWR, delayed or not, with data or without. */
TEST(EcnPath, TheReceiverEchoesUntilCwr)
{
	Script s(ecn);

	agreed(s);
	s.send(seg(ACK, 1, 1, MSS).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, 1, nth(1)).ecn(RUB_NOT_ECT));
	s.send(seg(ACK, nth(1), 1, MSS).ecn(RUB_ECT0));
	s.expect(seg(ACK | ECE, 1, nth(2)).ecn(RUB_NOT_ECT));
	s.write(100);
	s.expect(seg(ACK | PSH | ECE, 1, nth(2), 100).ecn(RUB_ECT0));
	s.send(seg(ACK | CWR, nth(2), 101, MSS).ecn(RUB_ECT0));
	s.expect(seg(ACK, 101, nth(3)).ecn(RUB_NOT_ECT));
	s.send(seg(ACK, nth(3), 101, MSS).ecn(RUB_ECT0));
	s.expect(seg(ACK, 101, nth(4)).ecn(RUB_NOT_ECT));
}

/* Crossed ECN-setup SYNs; then marks count in both directions. */
TEST(EcnPath, ASimultaneousOpenAgreesToo)
{
	Script s(ecn);

	s.open();
	s.expect(seg(SYN | ECE | CWR).ecn(RUB_NOT_ECT));
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK | ECE, 0, 1).ecn(RUB_NOT_ECT));
	s.send(seg(SYN | ACK | ECE, 0, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.write(10 * MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(data(i));
	s.send(seg(ACK | ECE, 1, nth(10)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	s.send(seg(ACK, 1, nth(10), 100).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, nth(10), 101).ecn(RUB_NOT_ECT));
	s.write(MSS);
	s.expect(seg(ACK | PSH | ECE | CWR, nth(10), 101, MSS).ecn(RUB_ECT0));
}

/* As the passive side. */
TEST(EcnPath, APassiveOpenAgreesToo)
{
	Script s(ecn);

	s.mark();
	s.listen();
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK | ECE, 0, 1).ecn(RUB_NOT_ECT));
	s.at(RTT);
	s.send(seg(ACK, 1, 1));
	s.write(10 * MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(data(i));
	s.send(seg(ACK | ECE, 1, nth(10)));
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	s.write(MSS);
	s.expect(seg(ACK | PSH | CWR, nth(10), 1, MSS).ecn(RUB_ECT0));
}

/* Section 6.1.2: ssthresh is two segments at least (RFC 5681), cwnd one: it is halved still. */
TEST(EcnPath, TheWindowFallsToOneSegment)
{
	Script s(ecn);

	agreed(s);
	s.tcb.cc.cwnd = 2 * MSS;
	s.tcb.cc.ssthresh = 2 * MSS;
	s.write(4 * MSS);
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.send(seg(ACK | ECE, 1, nth(2)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, MSS);
	s.expect(seg(ACK | CWR, nth(2), 1, MSS).ecn(RUB_ECT0)); /* now, not after an RTO */
	s.silence();
}

/* 2.5 segments halved would be a segment and a quarter; 1.5 not less than a segment. */
TEST(EcnPath, TheWindowIsHalvedBelowSsthreshToo)
{
	for (auto [before, after] : {std::pair{1500u, 1000u}, {2000u, 1000u}}) {
		Script s(ecn);

		agreed(s);
		s.tcb.cc.cwnd = before;
		s.write(MSS);
		s.expect(data(0));
		s.send(seg(ACK | ECE, 1, nth(1)));
		EXPECT_EQ(s.tcb.cc.cwnd, after);
	}
}

/* More is in flight than cwnd has: ssthresh, half of that, is no reduction; half of cwnd is. */
TEST(EcnPath, TheWindowIsHalvedWhateverIsInFlight)
{
	Script s(ecn);

	agreed(s);
	s.write(10 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.tcb.cc.cwnd = 3 * MSS;
	s.send(seg(ACK | ECE, 1, nth(1)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 1500u);
}

/* Section 6.1.2: with cwnd at one segment only the timer lets the next one out, to the ns. */
TEST(EcnPath, AnEchoAtOneSegmentWaitsForTheTimer)
{
	for (bool edt : {true, false}) {
		Script s(ecn);

		s.env.edt = edt;
		smallest(s);
		s.send(seg(ACK | ECE, 1, nth(1)));
		EXPECT_EQ(s.tcb.cc.cwnd, MSS);
		s.silence();
		const ns rto = ns(rub_rto(&s.tcb, &s.policy));
		EXPECT_EQ(s.due(), 100ms + rto);
		s.expect_at(100ms + rto, seg(ACK | CWR, nth(1), 1, MSS)
						 .as_unit(RUB_UNIT_DATA)
						 .by(RUBATO_CLOCK_NONE)
						 .ecn(RUB_ECT0));
		s.silence();
		EXPECT_EQ(s.tcb.run.tries, 0u); /* no timeout: nothing was in flight */
		/* Its retransmission timer starts when it left. */
		EXPECT_EQ(s.due(), 100ms + 2 * rto);
		s.at(150ms + rto);
		s.send(seg(ACK, 1, nth(2)));
		EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
		s.expect(data(2));
		s.expect(data(3));
	}
}

/* A cork's ceiling does not come before that timer: who asked then would be told "now" for ever. */
TEST(EcnPath, WhatACorkHoldsWaitsForTheTimerToo)
{
	Script s(ecn);

	agreed(s);
	s.tcb.cc.cwnd = MSS;
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
	s.write(MSS + 10);
	s.expect(data(0));
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, nth(1)));
	s.silence();
	const ns rto = ns(rub_rto(&s.tcb, &s.policy));
	ASSERT_GT(rto, 200ms); /* the ceiling */
	s.expect_at(100ms + rto, seg(ACK | PSH | CWR, nth(1), 1, 10).ecn(RUB_ECT0));
}

/* Again and again, as long as the path is marked. */
TEST(EcnPath, EachEchoAtOneSegmentWaitsAgain)
{
	Script s(ecn);

	smallest(s);
	s.send(seg(ACK | ECE, 1, nth(1)));
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK | CWR, nth(1), 1, MSS).ecn(RUB_ECT0));
	s.mark();
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, nth(2)));
	s.silence();
	s.expect_at(100ms + ns(rub_rto(&s.tcb, &s.policy)),
		    seg(ACK | CWR, nth(2), 1, MSS).ecn(RUB_ECT0));
}

/* What was written later waits as long, not longer. */
TEST(EcnPath, TheWaitCountsFromTheEcho)
{
	Script s(ecn);

	agreed(s);
	s.tcb.cc.cwnd = MSS;
	s.write(MSS);
	s.expect(data(0));
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, nth(1)));
	const ns until = 100ms + ns(rub_rto(&s.tcb, &s.policy));
	EXPECT_TRUE(s.never_due());
	s.at(200ms);
	s.write(MSS);
	s.silence();
	s.expect_at(until, seg(ACK | PSH | CWR, nth(1), 1, MSS).ecn(RUB_ECT0));
	s.send(seg(ACK, 1, nth(2)));
	s.at(until + 1s);
	s.write(MSS);
	s.expect(data(2));
}

/* A part of it is in flight still: that is timed as ever, and nothing probes meanwhile. */
TEST(EcnPath, WhatIsInFlightIsTimedAsEver)
{
	Script s([](rub_config &c) {
		c.knobs.ecn = 1;
		c.knobs.sack = 1;
		c.rto_min = 2000000000;
	});

	s.mark();
	s.open();
	s.expect(seg(SYN | ECE | CWR));
	s.at(RTT);
	s.send(seg(SYN | ACK | ECE, 0, 1).with_sack_ok());
	s.expect(seg(ACK, 1, 1));
	s.mark();
	s.tcb.cc.cwnd = MSS;
	s.write(4 * MSS);
	s.expect(data(0));
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, 1 + 500));
	s.silence();
	s.expect_at(2100ms, seg(ACK, 501, 1, 500).retransmitted(1).ecn(RUB_NOT_ECT));
	s.silence();
}

/* Nothing in flight is no silence of the peer's: a schedule without a retransmission lets it out.
 */
TEST(EcnPath, TheWaitIsNoTryOfTheSchedule)
{
	Script s([](rub_config &c) {
		c.knobs.ecn = 1;
		c.data = schedule("300ms");
	});

	smallest(s);
	s.send(seg(ACK | ECE, 1, nth(1)));
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK | CWR, nth(1), 1, MSS).ecn(RUB_ECT0));
	s.mark();
	s.dies_at(300ms, ETIMEDOUT);
}

/* A reduction after a recovery is the last word: a late D-SACK does not bring the window back. */
TEST(EcnPath, AnUndoDoesNotCancelAReduction)
{
	Script s(ecn);

	agreed(s);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(10 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(4)}}));
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, nth(10)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	s.write(2 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
	s.send(seg(ACK | ECE, 1, nth(12)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	const u32 cwnd = s.tcb.cc.cwnd;
	s.send(seg(ACK, 1, nth(12)).sack({{1, nth(1)}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
}

/* RFC 3168 section 6.1.2: once for a window, be it marked or lost. */
TEST(EcnPath, ALossInAWindowThatWasMarkedReducesNoMore)
{
	Script s(ecn);

	agreed(s);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(20 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.at(100ms);
	s.send(seg(ACK | ECE, 1, nth(1)));
	s.take();
	const u32 ssthresh = s.tcb.cc.ssthresh;
	EXPECT_EQ(ssthresh, 5u * MSS);
	s.send(seg(ACK | ECE, 1, nth(1)).sack({{nth(2), nth(6)}}));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.take();
	EXPECT_EQ(s.tcb.cc.ssthresh, ssthresh);
}

/* A reduction that was undone has not answered a mark. */
TEST(EcnPath, AMarkAfterAnUndoneReductionReduces)
{
	Script s(ecn);

	agreed(s);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(10 * MSS);
	s.take();
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(4)}}));
	s.take();
	ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.at(110ms);
	s.send(seg(ACK, 1, nth(4)).sack({{1, nth(1)}}));
	s.take();
	ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	const u32 cwnd = s.tcb.cc.cwnd;
	s.at(120ms);
	s.send(seg(ACK | ECE, 1, nth(6)));
	s.take();
	EXPECT_LT(s.tcb.cc.cwnd, cwnd);
}

/* Held back by ourselves until the timer: no silence of the peer's. */
TEST(EcnPath, TheWaitForTheTimerIsNoSilence)
{
	Script s([](rub_config &c) {
		ecn(c);
		c.user_timeout = 150'000'000;
	});

	smallest(s);
	s.send(seg(ACK | ECE, 1, nth(1)));
	s.silence();
	const ns left = 100ms + ns(rub_rto(&s.tcb, &s.policy));
	s.expect_at(left, seg(ACK | CWR, nth(1), 1, MSS).ecn(RUB_ECT0));
	s.at(left + 100ms);
	s.send(seg(ACK, 1, nth(2)));
	s.state_is(RUBATO_ESTABLISHED);
	s.take();
}
