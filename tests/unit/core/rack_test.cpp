/* SPDX-License-Identifier: GPL-2.0-only */
/* RACK-TLP: RFC 8985 by its sections, its examples among them. */
#include "flight.h"

#include "core/constants.h"

using namespace script;

namespace
{

/* The window in ms that RACK allows for reordering now; @i: the first segment not yet sent. */
ns window(Script &s, u32 &i)
{
	s.mark();
	fly(s, i, i + 2);
	s.at(RTT);
	s.send(ack(i, {{i + 1, i + 2}}));
	s.silence();
	const ns due = s.due();
	s.send(ack(i + 2));
	s.silence();
	i += 2;
	return due - RTT;
}

/* One loss that is repaired by fast recovery; reordering was seen before. */
void recover(Script &s, u32 &i)
{
	s.mark();
	fly(s, i, i + 2);
	s.at(RTT);
	s.send(ack(i, {{i + 1, i + 2}}));
	s.at(s.due());
	s.expect(data(i));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.at(s.now() + RTT);
	s.send(ack(i + 2));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	i += 2;
}

/* D-SACK of the last segment that was acknowledged. */
Seg superfluous(u32 i)
{
	return ack(i, {{i - 1, i}});
}

void slow_timer(rub_config &config)
{
	config.rto_min = 1000000000;
}

} // namespace

/* Section 9.1, example 1: the first and the last of three are lost, sent 30 ms apart. */
TEST(Rack, Example1TailOfAnApplicationFlight)
{
	Script s(slow_timer);

	connect_sack(s);
	for (u32 i = 0; i < 3; i++) {
		s.at(30ms * i);
		fly(s, i, i + 1);
		s.tcb.flags |= RUB_F_NODELAY;
	}
	s.at(130ms);
	s.send(ack(0, {{1, 2}}));
	s.expect(data(0)); /* R1 */
	s.silence();
	s.at(230ms);
	s.send(ack(2));
	s.expect(data(2)); /* R3 */
	s.silence();
	s.at(330ms);
	s.send(ack(3));
	s.silence();
	EXPECT_TRUE(s.never_due());
}

/* Section 9.1, example 2: R1 is lost, and found out by R2. */
TEST(Rack, Example2LostRetransmission)
{
	Script s(slow_timer);

	connect_sack(s);
	for (u32 i = 0; i < 3; i++) {
		s.at(30ms * i);
		fly(s, i, i + 1);
	}
	s.at(160ms);
	s.send(ack(0, {{2, 3}}));
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.at(260ms);
	s.send(ack(0, {{1, 3}}));
	s.expect(data(0));
	s.silence();
	s.at(360ms);
	s.send(ack(3));
	EXPECT_TRUE(s.never_due());
}

/* Section 9.1, example 3: what comes within min_RTT/4 was reordered, what does not is lost. */
TEST(Rack, Example3Reordering)
{
	for (bool lost : {false, true}) {
		Script s(slow_timer);
		u32 i = 0;

		connect_sack(s);
		EXPECT_EQ(window(s, i), 25ms); /* reordering is seen */
		s.mark();
		s.write(2 * MSS + 1);
		s.expect(data(2));
		s.expect(data(3));
		s.call(RUB_CALL_SEND, 0);
		s.tcb.flags |= RUB_F_NODELAY;
		s.drain();
		s.expect(seg(ACK | PSH, nth(4), 1, 1));
		s.at(100ms);
		s.send(seg(ACK, 1, nth(2)).sack({{nth(4), nth(4) + 1}}));
		s.silence();
		EXPECT_EQ(s.due(), 125ms);
		if (lost) {
			s.expect_at(125ms, data(2)); /* PRR: one of the two now */
			s.silence();
			EXPECT_EQ(s.tcb.out.lost, MSS);
			s.send(seg(ACK, 1, nth(4) + 1));
			continue;
		}
		s.at(124ms);
		s.send(seg(ACK, 1, nth(4) + 1));
		s.silence();
		EXPECT_TRUE(s.never_due());
	}
}

/* Section 6.2, step 4: DupThresh counts until reordering is seen, and never after. */
TEST(Rack, DupThreshUntilReorderingIsSeen)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	fly(s, 0, 5);
	s.at(100ms);
	s.send(ack(0, {{2, 4}}));
	s.silence();
	s.send(ack(0, {{2, 5}}));
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.at(200ms);
	s.send(ack(5));
	i = 5;
	EXPECT_EQ(window(s, i), 25ms);
	s.mark();
	s.tcb.cc.cwnd = 4 * MSS;
	fly(s, i, i + 4);
	s.at(100ms);
	s.send(ack(i, {{i + 1, i + 4}}));
	s.silence();
	s.expect_at(125ms, data(i));
	s.send(ack(i + 4));
}

/* Two segments and a byte are more than DupThresh - 1 segments' bytes; two are not. */
TEST(Rack, DupThreshIsOfBytes)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 4);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(3)}}));
	s.silence();
	EXPECT_EQ(s.due(), 125ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(3) + 1}}));
	s.expect(data(0));
	s.silence();
}

/* Step 3: only what never went again tells of reordering. */
TEST(Rack, ARetransmissionIsNoReordering)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 5);
	s.at(100ms);
	s.send(ack(0, {{2, 5}}));
	s.expect(data(0));
	s.expect(data(1));
	s.at(200ms);
	s.send(ack(0, {{1, 5}})); /* R1, not R0: it goes a third time */
	s.expect(data(0));
	EXPECT_FALSE(s.tcb.loss.rack.reordering);
	s.send(ack(5));
	EXPECT_FALSE(s.tcb.loss.rack.reordering);
	(void)s.take();
}

/* Steps 3: nor what is told of late in another order; blocks are taken from the lowest up. */
TEST(Rack, TheOrderOfBlocksIsNoReordering)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 8);
	s.at(100ms);
	s.send(ack(0, {{6, 7}, {4, 5}, {2, 3}}));
	EXPECT_FALSE(s.tcb.loss.rack.reordering);
	(void)s.take();
	s.send(ack(8));
	EXPECT_TRUE(s.tcb.loss.rack.reordering); /* 5, for one, never went again */
}

/* Step 2: a retransmission that seems answered in less than min_RTT was not what is answered. */
TEST(Rack, AnAnswerThatIsTooFastMeasuresNothing)
{
	Script s(slow_timer);

	connect_sack(s);
	const rub_ns sent = s.env.now;
	fly(s, 0, 4);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.at(199ms);
	s.send(ack(4));
	EXPECT_EQ(s.tcb.loss.rack.rtt, 100'000'000u);
	EXPECT_EQ(s.tcb.loss.rack.xmit_ts, sent);
	EXPECT_EQ(s.tcb.loss.rack.end_seq - s.iss, nth(4));
}

/* At min_RTT it counts. */
TEST(Rack, AnAnswerAfterMinRttMeasures)
{
	Script s(slow_timer);

	connect_sack(s);
	const rub_ns sent = s.env.now;
	fly(s, 0, 4);
	s.at(110ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.at(210ms);
	s.send(ack(4));
	EXPECT_EQ(s.tcb.loss.rack.rtt, 100'000'000u);
	EXPECT_EQ(s.tcb.loss.rack.xmit_ts, sent + 110'000'000u);
	EXPECT_EQ(s.tcb.loss.rack.end_seq - s.iss, nth(1));
}

/* Step 2: the echo tells even where the time does not. */
TEST(Rack, AnEchoOfTheOriginalMeasuresNothing)
{
	for (bool original : {true, false}) {
		Script s([](rub_config &c) {
			c.rto_min = 1000000000;
			c.knobs.timestamps = 1;
			c.knobs.sack = 1;
		});
		const u16 len = MSS - 12;

		s.mark();
		s.open();
		s.expect(seg(SYN));
		s.at(RTT);
		s.send(seg(SYN | ACK, 0, 1).with_sack_ok().with_ts(5, 0));
		s.expect(seg(ACK, 1, 1));
		s.mark();
		const rub_ns sent = s.env.now;
		const u32 tsval = static_cast<u32>(sent / 1'000'000);
		s.write(4 * len);
		EXPECT_EQ(s.take().size(), 4u);
		s.at(100ms);
		s.send(seg(ACK, 1, 1).with_ts(6, tsval).sack({{1u + len, 1u + 4 * len}}));
		s.expect(seg(ACK, 1, 1, len));
		s.at(250ms);
		/* RFC 7323: the echo is of the segment that moved the left edge. */
		s.send(seg(ACK, 1, 1 + 4 * len).with_ts(7, original ? tsval : tsval + 100));
		EXPECT_EQ(s.tcb.loss.rack.xmit_ts, original ? sent : sent + 100'000'000u);
		EXPECT_EQ(s.tcb.loss.rack.rtt, original ? 100'000'000u : 150'000'000u);
		(void)s.take();
	}
}

/* RACK_sent_after(): of what left at the same time the higher number left later. */
TEST(Rack, TiesAreBrokenBySequence)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 4);
	s.at(100ms);
	s.send(ack(0, {{2, 3}}));
	s.silence();
	s.expect_at(125ms, data(0));
	s.silence();
	EXPECT_EQ(s.tcb.out.lost, MSS); /* 1; 3 may be on its way */
	s.at(130ms);
	s.send(ack(0, {{2, 4}}));
	s.expect(data(1));
	s.silence();
	s.send(ack(4));
}

/* Step 4: (N + 1) min_RTT / 4 after N round trips with a D-SACK, at most SRTT. */
TEST(Rack, EachRoundWithADsackWidensTheWindow)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	for (ns want : {50ms, 75ms, 100ms, 100ms}) {
		s.send(superfluous(i));
		EXPECT_EQ(window(s, i), want);
	}
}

/* Once a round: until what had left by then is acknowledged. */
TEST(Rack, MoreDsacksOfARoundSayNoMore)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	s.mark();
	fly(s, 2, 4);
	s.at(RTT);
	s.send(ack(2, {{0, 1}}));
	s.send(ack(2, {{1, 2}}));
	s.send(ack(3, {{1, 2}}));
	s.send(ack(4, {{2, 3}})); /* the next round */
	i = 4;
	EXPECT_EQ(window(s, i), 75ms);
}

/* The factor lasts 16 recoveries, and is then 1 again. */
TEST(Rack, TheWindowPersistsForSixteenRecoveries)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	s.send(superfluous(i));
	for (int n = 0; n < 15; n++)
		recover(s, i);
	EXPECT_EQ(window(s, i), 50ms);
	recover(s, i);
	EXPECT_EQ(window(s, i), 25ms);
}

/* A D-SACK with the ACK that ends a recovery begins the 16 afresh; that one is not of them. */
TEST(Rack, ADsackAtTheEndOfARecovery)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	s.mark();
	fly(s, i, i + 2);
	s.at(RTT);
	s.send(ack(i, {{i + 1, i + 2}}));
	s.at(s.due());
	s.expect(data(i));
	s.send(ack(i + 2, {{i - 1, i}})); /* not of what went again: no undo */
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	i += 2;
	for (int n = 0; n < 15; n++)
		recover(s, i);
	EXPECT_EQ(window(s, i), 50ms);
	recover(s, i);
	EXPECT_EQ(window(s, i), 25ms);
}

/* However many rounds: the factor does not wrap. */
TEST(Rack, TheFactorHasABound)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	for (int n = 0; n < 300; n++)
		s.send(superfluous(i));
	EXPECT_EQ(window(s, i), 100ms);
	EXPECT_EQ(s.tcb.loss.rack.mult, RUB_REO_WND_MULT_MAX);
}

/* Without an RTT sample yet (Karn: the SYN left twice) the delivery itself is the measurement. */
TEST(Rack, ReorderingIsForgivenBeforeTheFirstSample)
{
	Script s([](rub_config &c) { c.knobs.sack = 1; });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok());
	s.expect(seg(ACK, 1, 1));
	s.mark();
	ASSERT_EQ(s.tcb.srtt, 0u);
	s.tcb.cc.cwnd = 10 * MSS;
	fly(s, 0, 3);
	s.at(80ms);
	s.send(ack(0, {{1, 2}}));
	s.silence();
	EXPECT_EQ(s.due(), 100ms);
	s.expect_at(100ms, data(0));
	s.silence();
	s.send(ack(3));
}

/* Section 6.3 and RFC 9.3: what is lost of a retransmission goes again in TIMEOUT mode as well. */
TEST(Rack, WorksAfterATimeoutToo)
{
	Script s;

	connect_sack(s);
	s.tcb.loss.tlp.measured = false;
	fly(s, 0, 6);
	s.expect_at(RTO, data(0));
	s.mark();
	s.at(100ms);
	s.send(ack(1));
	s.expect(data(1));
	s.expect(data(2));
	s.silence();
	s.at(200ms);
	s.send(ack(1, {{2, 3}})); /* 1 is lost again: 2 left with it, and is here */
	s.expect(data(1));
	s.expect(data(3));
	(void)s.take();
	s.send(ack(6));
}

/* Section 9.3's example: ten segments, all lost. The probe and slow start: 1, 2, 4, 3. */
TEST(Tlp, RepairsAWholeFlight)
{
	Script s(slow_timer);

	connect_sack(s);
	s.tcb.cc.cwnd = 20 * MSS;
	fly(s, 0, 10);
	s.expect_at(200ms, data(9));
	s.silence();
	s.at(300ms);
	s.send(ack(0, {{9, 10}}));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.at(400ms);
	s.send(ack(1, {{9, 10}}));
	s.expect(data(2));
	s.expect(data(3));
	s.silence();
	s.send(ack(2, {{9, 10}}));
	s.expect(data(4));
	s.expect(data(5));
	s.silence();
	s.at(500ms);
	s.send(ack(3, {{9, 10}}));
	s.expect(data(6));
	s.expect(data(7));
	s.silence();
	s.send(ack(4, {{9, 10}}));
	s.expect(data(8));
	s.silence();
	s.send(ack(5, {{9, 10}}));
	s.send(ack(6, {{9, 10}}));
	s.silence();
	s.at(600ms);
	s.send(ack(7, {{9, 10}}));
	s.send(ack(8, {{9, 10}}));
	s.silence();
	s.send(ack(10));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	/* Nothing is in flight any more: no burst (RFC 6582 section 3.2 step 3). */
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	EXPECT_TRUE(s.never_due());
}

/* Section 7.4.2: new data was the probe; its ACK means nothing else. */
TEST(Tlp, NewDataDelivered)
{
	Script s(slow_timer);

	connect_sack(s);
	s.tcb.cc.cwnd = 2 * MSS;
	s.write(4 * MSS);
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.expect_at(200ms, data(2)); /* cwnd or not */
	s.silence();
	s.at(250ms);
	s.send(ack(3));
	EXPECT_FALSE(s.tcb.loss.tlp.out);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.expect(data(3));
	s.send(ack(4));
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
}

/* Case 1: the D-SACK matches TLP.end_seq: both arrived. */
TEST(Tlp, Case1ADsackOfTheProbe)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2));
	s.at(210ms);
	s.send(ack(3));
	EXPECT_TRUE(s.tcb.loss.tlp.out); /* the original, or the probe: not known yet */
	s.send(ack(3, {{2, 3}}));
	EXPECT_FALSE(s.tcb.loss.tlp.out);
	fly(s, 3, 4);
	s.send(ack(4));
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
}

/* A D-SACK of something else is no answer to the probe. */
TEST(Tlp, AnotherDsackIsNoAnswer)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2));
	s.at(300ms);
	s.send(ack(3, {{0, 1}}));
	EXPECT_TRUE(s.tcb.loss.tlp.out);
	fly(s, 3, 4);
	s.send(ack(4));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}

/* Case 2: a duplicate without SACK, from a peer that does not say D-SACK. */
TEST(Tlp, Case2ADuplicateWithoutSack)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2));
	s.at(210ms);
	s.send(ack(3));
	fly(s, 3, 4); /* a duplicate needs something in flight */
	s.send(ack(3));
	EXPECT_FALSE(s.tcb.loss.tlp.out);
	s.send(ack(4));
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
}

/* A window update is no duplicate, nor is what a duplicate with SACK tells about. */
TEST(Tlp, Case2OnlyADuplicate)
{
	for (const Seg &other : {ack(3).window(PEER_WND - 1), ack(3, {{4, 5}})}) {
		Script s(slow_timer);

		connect_sack(s);
		fly(s, 0, 3);
		s.expect_at(200ms, data(2));
		s.at(210ms);
		s.send(ack(3));
		fly(s, 3, 5);
		s.send(other);
		EXPECT_TRUE(s.tcb.loss.tlp.out);
		s.send(ack(5));
		EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	}
}

/* More than TLP.end_seq is acknowledged and nothing told of two: one was lost. As in recovery. */
TEST(Tlp, ARepairedLossIsCongestion)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 8);
	s.at(100ms);
	s.send(ack(7));
	s.expect_at(500ms, data(7)); /* one in flight: 2 SRTT and a delayed ACK's 200 ms */
	s.at(600ms);
	s.send(ack(8));
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.mark();
	fly(s, 8, 14);
	s.at(100ms);
	s.send(ack(9));
	/* FlightSize 5 when it was found out. */
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	EXPECT_EQ(s.tcb.cc.cwnd, 2500u);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	s.silence();
	s.send(ack(14));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u); /* once */
}

/* Section 7.2: 2 SRTT; 1 s without SRTT; 200 ms more for one segment; never later than the RTO. */
TEST(Tlp, Pto)
{
	Script two(slow_timer), one(slow_timer), none([](rub_config &c) { c.knobs.sack = 1; }),
		late;

	connect_sack(two);
	fly(two, 0, 2);
	two.expect_at(200ms, data(1));

	connect_sack(one);
	fly(one, 0, 1);
	one.expect_at(400ms, data(0));

	none.mark();
	none.open();
	none.expect(seg(SYN));
	none.expect_at(1s, seg(SYN));
	none.send(seg(SYN | ACK, 0, 1).with_sack_ok());
	none.expect(seg(ACK, 1, 1));
	none.mark();
	none.tcb.cc.cwnd = 2 * MSS;
	fly(none, 0, 2);
	none.expect_at(1s, data(1)); /* the RTO is 3 s */

	/* PTO 400 ms, RTO 300 ms: the timer's try does as well. */
	connect_sack(late);
	fly(late, 0, 1);
	late.expect_at(300ms, data(0).by(RUBATO_CLOCK_DATA).retransmitted(1));
}

/* New data and ACKs of new data start it again. */
TEST(Tlp, PtoStartsAgain)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.at(50ms);
	fly(s, 3, 4);
	EXPECT_EQ(s.due(), 250ms);
	s.at(100ms);
	s.send(ack(1));
	EXPECT_EQ(s.due(), 300ms);
	s.send(ack(1).window(PEER_WND - 1)); /* not new data */
	EXPECT_EQ(s.due(), 300ms);
	s.at(101ms);
	s.send(ack(4));
	EXPECT_TRUE(s.never_due());
}

/* Section 7.3: one at a time, and not before there was an RTT sample since the last one. */
TEST(Tlp, OneProbeThenTheTimer)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2).by(RUBATO_CLOCK_NONE));
	s.silence();
	s.expect_at(1200ms, data(0).by(RUBATO_CLOCK_DATA).retransmitted(1));
}

TEST(Tlp, NoProbeWithoutASampleSinceTheLast)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2));
	s.at(300ms);
	s.send(ack(3)); /* of what left twice: no sample */
	s.send(ack(3, {{2, 3}}));
	s.mark();
	fly(s, 3, 6);
	EXPECT_EQ(s.due(), 1000ms);
	s.at(100ms);
	s.send(ack(4)); /* a sample */
	EXPECT_EQ(s.due(), 300ms);
	s.send(ack(6));
}

/* Section 7.2: not in recovery, nor with something SACKed. */
TEST(Tlp, NotWhileSomethingElseTells)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 5);
	s.at(100ms);
	s.send(ack(1, {{2, 3}}));
	EXPECT_EQ(s.due(), 125ms); /* RACK's */
	s.at(125ms);
	s.expect(data(1));
	/* What left before: RTO, 1 s after the last ACK of new data. */
	EXPECT_EQ(s.due(), 1100ms);
	s.send(ack(5));
}

/* No room in the window for new data: the last segment again. */
TEST(Tlp, WithoutAWindowTheLastGoesAgain)
{
	Script s(slow_timer);

	s.connect(2 * MSS);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(4 * MSS);
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.expect_at(200ms, data(1));
	s.silence();
	s.send(ack(2).window(2 * MSS));
	EXPECT_EQ(s.take().size(), 2u);
	s.send(ack(4));
}

/* Room for a part of it only. */
TEST(Tlp, NewDataFitsTheWindow)
{
	Script s(slow_timer);

	s.connect(2 * MSS + 300);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(4 * MSS);
	s.expect(data(0));
	s.expect(data(1));
	s.silence();
	s.expect_at(200ms, seg(ACK, nth(2), 1, 300));
	s.silence();
	s.send(seg(ACK, 1, nth(2) + 300));
	s.expect(seg(ACK, nth(2) + 300, 1, MSS));
	s.send(seg(ACK, 1, nth(3) + 300));
	s.expect(seg(ACK | PSH, nth(3) + 300, 1, 700));
	s.send(ack(4));
}

/* The probe was dropped locally: the timer's try does as well, and no second one is made. */
TEST(Tlp, AProbeThatDidNotLeave)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.drop_next(1);
	s.at(200ms);
	s.silence();
	EXPECT_FALSE(s.tcb.loss.tlp.out);
	s.expect_at(1s, data(0).retransmitted(1));
}

/* A unit of several segments: its last segment goes again, not the rest. */
TEST(Tlp, OfAUnitTheLastSegmentGoesAgain)
{
	Script s(slow_timer);

	s.env.gso_max = 4 * MSS;
	connect_sack(s);
	s.write(3 * MSS);
	for (u32 i = 0; i < 3; i++)
		s.expect(data(i));
	ASSERT_EQ(s.units.size(), 3u); /* with the SYN and its ACK */
	s.expect_at(200ms, data(2));
	s.silence();
	is_sound(s);
	s.send(ack(3));
}

/* A FIN alone is the last segment. */
TEST(Tlp, TheFinGoesAgain)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 2);
	s.shutdown();
	s.expect(seg(FIN | ACK, nth(2), 1));
	s.expect_at(200ms, seg(FIN | ACK, nth(2), 1));
	s.silence();
	s.send(seg(ACK, 1, nth(2) + 1));
}

/* A gap in seconds is what the policy says: a probe does not start it again. */
TEST(Tlp, AFixedGapStaysWhatItIs)
{
	Script s([](rub_config &c) { c.data = schedule("1s x2 tries=5"); });

	connect_sack(s);
	fly(s, 0, 3);
	s.expect_at(200ms, data(2));
	s.expect_at(1s, data(0).retransmitted(1));
	s.expect_at(3s, data(0).retransmitted(2));
}

/* What is lost waits for cwnd: it goes next, not a probe. */
TEST(Tlp, NotWithSomethingLost)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 4);
	s.tcb.cc.cwnd = 1000;
	s.env.path_mss = 500;
	s.call(RUB_CALL_MTU, 0);
	EXPECT_EQ(s.take().size(), 1u); /* RFC 1191 section 6.4 */
	EXPECT_EQ(s.due(), 1s);
}

/* The reordering timer in recovery, once reordering was seen: no second reduction. */
TEST(Rack, TheReorderingTimerInRecovery)
{
	Script s(slow_timer);
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	s.mark();
	s.tcb.cc.cwnd = 8 * MSS;
	fly(s, 2, 6);
	s.at(10ms);
	fly(s, 6, 10);
	s.at(110ms);
	s.send(ack(2, {{9, 10}}));
	s.silence();
	EXPECT_EQ(s.due(), 125ms + 10ms - 10ms); /* 2 to 5 */
	s.expect_at(125ms, data(2));
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS);
	EXPECT_EQ(s.tcb.out.lost, 3u * MSS);
	EXPECT_EQ(s.due(), 135ms); /* 6 to 8 */
	s.at(135ms);
	s.expect(data(3)); /* PRR: pipe 1 of 4 */
	EXPECT_EQ(s.tcb.out.lost, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 4u * MSS);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.take();
	s.send(ack(10));
}

/* And after a timeout: what is lost goes as slow start lets it. */
TEST(Rack, TheReorderingTimerAfterATimeout)
{
	Script s;
	u32 i = 0;

	connect_sack(s);
	EXPECT_EQ(window(s, i), 25ms);
	s.mark();
	s.tcb.loss.tlp.measured = false;
	s.tcb.cc.cwnd = 6 * MSS;
	fly(s, 2, 8);
	s.at(s.due());
	s.expect(data(2));
	s.mark();
	s.at(100ms);
	s.send(ack(3));
	s.expect(data(3));
	s.expect(data(4));
	s.at(200ms);
	s.send(ack(3, {{4, 5}}));
	s.expect(data(5));
	s.silence();
	const u32 cwnd = s.tcb.cc.cwnd, ssthresh = s.tcb.cc.ssthresh;
	s.expect_at(225ms, data(3));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, ssthresh);
	s.send(ack(8));
}

/* A dead connection waits for nothing. */
TEST(Rack, NothingIsDueOnceDead)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	s.at(100ms);
	s.send(ack(0, {{1, 2}}));
	EXPECT_EQ(s.due(), 125ms);
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
}

TEST(Tlp, NothingIsDueOnceDead)
{
	Script s(slow_timer);

	connect_sack(s);
	fly(s, 0, 3);
	EXPECT_EQ(s.due(), 200ms);
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
}

/* RFC 8985 section 7.2: an ACK calls the probe off, if it only opens the window. */
TEST(Tlp, IsCalledOffByAnAcknowledgement)
{
	Script s(modern);

	s.mark();
	s.open();
	s.take();
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok().window(5000));
	s.take();
	s.tcb.cc.cwnd = 2 * MSS;
	s.write(9 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
	s.send(seg(ACK, 1, 1).window(0));
	s.at(s.due());
	EXPECT_TRUE(s.take().empty()); /* no room for it */
	s.send(seg(ACK, 1, 1).window(5000));
	EXPECT_TRUE(s.take().empty()); /* cwnd is full */
}
