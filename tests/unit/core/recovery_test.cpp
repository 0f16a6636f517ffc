/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is missing goes again: NewReno (RFC 5681, RFC 6582, RFC 3042), SACK (RFC 2018, RFC 6675),
 * the path's MTU.
 */
#include "flight.h"

#include "core/constants.h"

using namespace script;

namespace
{

/* Without SACK: ten in flight of many, cwnd ten. */
void reno(Script &s)
{
	s.connect();
	s.write(18 * MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(data(i));
	s.silence();
	s.at(100ms);
}

/* Three duplicates: 0 went again; two new ones left before it by limited transmit. */
void reno_recovers(Script &s)
{
	reno(s);
	s.send(ack(0));
	s.expect(data(10));
	s.silence();
	s.send(ack(0));
	s.expect(data(11));
	s.silence();
	s.send(ack(0));
	s.expect(data(0));
	s.silence();
	/* RFC 5681 section 3.2 (2): without what limited transmit sent; (3). */
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 8u * MSS);
}

} // namespace

/* RFC 3042: a new segment for each of the first two, at most cwnd + 2 segments. */
TEST(LimitedTransmit, ASegmentForEachOfTheFirstTwo)
{
	Script s;

	reno_recovers(s);
	EXPECT_EQ(s.tcb.snd_max - s.tcb.snd_una, 12u * MSS);
}

/* Section 2: only if the peer's window allows. */
TEST(LimitedTransmit, NotBeyondThePeersWindow)
{
	Script s;

	s.connect(10 * MSS + 500);
	s.write(18 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.send(ack(0).window(10 * MSS + 500));
	s.silence();
	s.send(ack(0).window(10 * MSS + 500));
	s.silence();
}

/* Nothing new to send: nothing is sent again in its place. */
TEST(LimitedTransmit, NothingNewNothingSent)
{
	Script s;

	s.connect();
	fly(s, 0, 4);
	s.send(ack(0));
	s.silence();
	s.send(ack(0));
	s.silence();
}

/* An ACK of new data ends it: cwnd alone counts again. */
TEST(LimitedTransmit, CountsDuplicatesInARow)
{
	Script s;

	reno(s);
	s.tcb.cc.ssthresh = 10 * MSS; /* congestion avoidance: cwnd hardly grows */
	s.send(ack(0));
	s.expect(data(10));
	s.send(ack(1)); /* 10 in flight */
	s.silence();
	s.send(ack(1));
	s.expect(data(11));
	s.silence();
}

/* RFC 5681 section 3.2 (4): a segment for each further duplicate, once cwnd has passed flight. */
TEST(NewReno, FurtherDuplicatesInflate)
{
	Script s;

	reno_recovers(s);
	for (u32 n = 1; n <= 4; n++) {
		s.send(ack(0));
		EXPECT_EQ(s.tcb.cc.cwnd, (8 + n) * MSS);
		s.silence(); /* 12 in flight */
	}
	s.send(ack(0));
	s.expect(data(12));
	s.silence();
	s.send(ack(0));
	s.expect(data(13));
	s.silence();
}

/* RFC 6582 section 3.2 (3): a full acknowledgement; cwnd is min(ssthresh, FlightSize + SMSS). */
TEST(NewReno, FullAcknowledgement)
{
	Script s;

	reno_recovers(s);
	for (u32 n = 0; n < 9; n++) {
		s.send(ack(0));
		s.take();
	}
	/* 12 to 16 left meanwhile. */
	s.at(200ms);
	s.send(ack(12));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	s.silence();
	s.send(ack(13));
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS + MSS / 5); /* congestion avoidance */
	(void)s.take();
}

/* The same with nothing in flight behind it: two segments, no burst. */
TEST(NewReno, FullAcknowledgementWithoutABurst)
{
	Script s;

	s.connect();
	fly(s, 0, 10);
	s.at(100ms);
	for (int n = 0; n < 3; n++)
		s.send(ack(0));
	s.expect(data(0));
	s.at(200ms);
	s.send(ack(10));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 2u * MSS);
	s.write(6 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
}

/* A partial acknowledgement: the next goes again, cwnd is deflated by it and a segment added. */
TEST(NewReno, PartialAcknowledgement)
{
	Script s;

	reno_recovers(s);
	for (u32 n = 0; n < 5; n++) {
		s.send(ack(0));
		s.take();
	}
	EXPECT_EQ(s.tcb.cc.cwnd, 13u * MSS); /* 12 left at the last */
	s.at(200ms);
	s.send(ack(3));
	EXPECT_EQ(s.tcb.cc.cwnd, (13 - 3 + 1) * MSS);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.expect(data(3));
	s.expect(data(13)); /* cwnd 11, ten in flight */
	s.silence();
	s.send(ack(3)); /* RFC 5681 section 3.2 (4) still holds */
	EXPECT_EQ(s.tcb.cc.cwnd, 12u * MSS);
	s.expect(data(14));
	s.silence();
	s.at(300ms);
	s.send(ack(12));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	(void)s.take();
}

/* "If the partial ACK acknowledges at least one SMSS": else nothing is added back. */
TEST(NewReno, APartialAcknowledgementOfLessThanASegment)
{
	Script s;

	reno_recovers(s);
	s.send(seg(ACK, 1, 1 + 400));
	EXPECT_EQ(s.tcb.cc.cwnd, 8u * MSS - 400);
	s.expect(seg(ACK, 401, 1, 600));
	s.silence();
	s.send(seg(ACK, 1, 1 + 400 + MSS));
	EXPECT_EQ(s.tcb.cc.cwnd, 8u * MSS - 400);
	(void)s.take();
}

/* However much it acknowledges, a segment's window is left. */
TEST(NewReno, DeflationLeavesASegment)
{
	Script s;

	reno_recovers(s);
	s.send(ack(11));
	EXPECT_EQ(s.tcb.cc.cwnd, MSS);
	s.expect(data(11));
	s.silence();
	s.send(ack(12));
	(void)s.take();
}

/* The timer starts again with it (RFC 6298 (5.3)), and is no try. */
TEST(NewReno, APartialAcknowledgementStartsTheTimerAgain)
{
	Script s;

	reno_recovers(s);
	s.at(200ms);
	s.send(ack(3));
	s.take();
	EXPECT_EQ(s.due(), 200ms + ns(rub_rto(&s.tcb, &s.policy)));
	EXPECT_EQ(s.tcb.run.tries, 0u);
	s.send(ack(12));
	(void)s.take();
}

/* Section 3.2 (2): "covers more than recover", to the octet. */
TEST(NewReno, DuplicatesOfTheSameFlightBeginNothing)
{
	for (u32 more : {0u, 1u}) {
		Script s;

		reno_recovers(s);
		s.at(200ms);
		s.send(ack(12));
		s.take();
		s.send(seg(ACK, 1, nth(12) + more));
		s.take();
		for (int n = 0; n < 3; n++) {
			s.send(seg(ACK, 1, nth(12) + more));
			s.take();
		}
		EXPECT_EQ(s.tcb.loss.mode, more ? RUB_LOSS_RECOVERY : RUB_LOSS_OPEN);
	}
}

/* Only a full segment goes again of a unit that the shell may send at once. */
TEST(NewReno, OfAUnitOneSegmentGoesAgain)
{
	Script s;

	s.env.gso_max = 8 * MSS;
	s.connect();
	s.write(4 * MSS);
	EXPECT_EQ(s.take().size(), 4u);
	for (int n = 0; n < 3; n++)
		s.send(ack(0));
	s.expect(data(0));
	s.silence();
	EXPECT_EQ(s.tcb.out.n, 2);
	is_sound(s);
	s.send(ack(4));
}

/* RFC 2018 section 7: eight segments of 500 octets. Case 1: the last four are lost. */
TEST(Rfc2018, Case1TheLastFourAreLost)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });
	const auto n = [](u32 edge) { return edge - 4999; };

	s.env.path_mss = 500;
	connect_sack(s);
	s.write(4000);
	EXPECT_EQ(s.take().size(), 8u);
	s.at(100ms);
	s.send(seg(ACK, 1, n(7000)));
	s.silence();
	s.expect_at(300ms, seg(ACK | PSH, n(8500), 1, 500)); /* the loss probe */
	s.silence();
	s.at(400ms);
	s.send(seg(ACK, 1, n(7000)).sack({{n(8500), n(9000)}}));
	s.expect(seg(ACK, n(7000), 1, 500));
	s.expect(seg(ACK, n(7500), 1, 500));
	s.silence();
	s.at(500ms);
	s.send(seg(ACK, 1, n(8000)).sack({{n(8500), n(9000)}}));
	s.expect(seg(ACK, n(8000), 1, 500));
	s.silence();
	s.at(600ms);
	s.send(seg(ACK, 1, n(9000)));
	EXPECT_TRUE(s.never_due());
}

/* Case 2: the first is lost, seven duplicates tell of the others. It goes again, once, alone. */
TEST(Rfc2018, Case2TheFirstIsLost)
{
	Script s;
	const auto n = [](u32 edge) { return edge - 4999; };

	s.env.path_mss = 500;
	connect_sack(s);
	s.write(4000);
	EXPECT_EQ(s.take().size(), 8u);
	s.at(100ms);
	for (u32 right = 6000; right <= 9000; right += 500) {
		s.send(seg(ACK, 1, 1).sack({{n(5500), n(right)}}));
		if (right == 7000)
			s.expect(seg(ACK, 1, 1, 500));
		s.silence();
		EXPECT_EQ(s.tcb.out.sacked, right - 5500);
	}
	s.at(200ms);
	s.send(seg(ACK, 1, n(9000)));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2000u);
	EXPECT_TRUE(s.never_due());
}

/* Case 3: every other one is lost. */
TEST(Rfc2018, Case3EveryOtherIsLost)
{
	Script s;
	const auto n = [](u32 edge) { return edge - 4999; };

	s.env.path_mss = 500;
	connect_sack(s);
	s.write(4000);
	EXPECT_EQ(s.take().size(), 8u);
	s.at(100ms);
	s.send(seg(ACK, 1, n(5500)));
	s.silence();
	s.send(seg(ACK, 1, n(5500)).sack({{n(6000), n(6500)}}));
	s.silence();
	s.send(seg(ACK, 1, n(5500)).sack({{n(7000), n(7500)}, {n(6000), n(6500)}}));
	s.silence();
	s.send(seg(ACK, 1, n(5500))
		       .sack({{n(8000), n(8500)}, {n(7000), n(7500)}, {n(6000), n(6500)}}));
	/* 5500, 6500 and 7500 are lost; of 8500 nothing is known. */
	EXPECT_EQ(s.tcb.out.sacked, 1500u);
	s.expect(seg(ACK, n(5500), 1, 500));
	s.expect(seg(ACK, n(6500), 1, 500));
	EXPECT_EQ(s.take().size(), 0u);
	EXPECT_EQ(s.tcb.out.lost, 500u);
	/* The 4th arrives, then the 2nd. */
	s.at(200ms);
	s.send(seg(ACK, 1, n(5500)).sack({{n(6000), n(7500)}, {n(8000), n(8500)}}));
	EXPECT_EQ(s.tcb.out.sacked, 2000u);
	/* It left after the 2nd's first retransmission, and after the 8th: RACK. */
	s.expect(seg(ACK, n(5500), 1, 500));
	s.expect(seg(ACK, n(7500), 1, 500));
	s.silence();
	s.send(seg(ACK, 1, n(7500)).sack({{n(8000), n(8500)}}));
	s.expect(seg(ACK | PSH, n(8500), 1, 500));
	s.silence();
	is_sound(s);
	s.send(seg(ACK, 1, n(9000)));
	EXPECT_TRUE(s.never_due());
}

/*
 * RFC 6675 section 4, NextSeg() (3): a hole below what was SACKed, of which IsLost() does not say
 * so, and nothing new to send. RACK sends it again when the reordering window has passed.
 */
TEST(Rfc6675, Rule3IsRacks)
{
	Script s;

	connect_sack(s);
	fly(s, 0, 6);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.silence();
	s.at(101ms);
	s.send(ack(0, {{1, 4}, {5, 6}})); /* 4: one range above it, one segment */
	s.expect(data(4));
	s.silence();
	s.send(ack(6));
}

/* NextSeg() (4), the rescue: the tail is lost, too. The retransmission's ACK tells RACK. */
TEST(Rfc6675, Rule4IsRacks)
{
	Script s;

	connect_sack(s);
	fly(s, 0, 8);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.silence();
	s.at(200ms);
	s.send(ack(4)); /* 4 to 7 are lost, and nothing beyond them is left to tell */
	s.expect(data(4));
	s.expect(data(5)); /* PRR: pipe 0, ssthresh 4 */
	s.expect(data(6));
	s.expect(data(7));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_EQ(s.tcb.run.tries, 0u);
	s.at(300ms);
	s.send(ack(8));
	EXPECT_TRUE(s.never_due());
}

/* Section 5 (1): DupAcks counts where no node could take the blocks; one segment goes again. */
TEST(Rfc6675, DupThreshWithoutRecords)
{
	Script s;

	s.nodes_max = 0;
	s.env.gso_max = 4 * MSS;
	connect_sack(s);
	s.write(4 * MSS);
	EXPECT_EQ(s.take().size(), 4u);
	for (u32 i = 4; i < 6; i++) {
		s.write(MSS);
		EXPECT_EQ(s.take().size(), 1u);
	}
	s.at(100ms);
	ASSERT_FALSE(rub_rec_room(&s.tcb.out));
	s.send(ack(0, {{1, 2}}));
	s.silence();
	s.send(ack(0, {{1, 3}}));
	s.silence();
	EXPECT_EQ(s.tcb.out.sacked, 0u);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_EQ(s.tcb.cc.ssthresh, 3u * MSS);
	is_sound(s);
	s.at(200ms);
	s.send(ack(6));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
}

/*
 * Before RACK knows of anything delivered: the probe is answered in less than min_RTT, so by the
 * original, and says nothing about time. Duplicates do.
 */
TEST(Rfc6675, DupThreshBeforeRackKnowsOfAnything)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });

	connect_sack(s);
	fly(s, 0, 5);
	s.expect_at(200ms, data(4));
	s.at(250ms);
	s.send(ack(0, {{4, 5}}));
	EXPECT_EQ(s.tcb.loss.rack.xmit_ts, 0u);
	s.silence();
	s.send(ack(0, {{4, 5}}));
	s.silence();
	s.send(ack(0, {{4, 5}}));
	s.expect(data(0));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.send(ack(5));
}

/* Section 4, IsLost(): three ranges, or more than two segments' bytes, above it. */
TEST(Rfc6675, IsLost)
{
	static constexpr struct {
		std::initializer_list<Range> sacked;
		u32 lost; /* how many of eight segments of 1000 octets, from the lowest */
	} rows[] = {
		{{{1001, 2001}, {3001, 4001}}, 0},
		{{{1001, 1002}, {3001, 3002}, {5001, 5002}}, 1},
		{{{1001, 2001}, {3001, 4001}, {5001, 6001}}, 1},
		{{{3001, 3002}, {5001, 5002}, {7001, 7002}}, 3},
		{{{1001, 3001}}, 0},
		{{{1001, 3001}, {5001, 5002}}, 1},
		{{{1001, 4001}}, 1},
		{{{3001, 6001}}, 3},
		{{{1001, 2001}, {4001, 7001}}, 3}, /* 0, 2 and 3 */
		{{{5001, 8001}}, 5},
	};

	for (const auto &row : rows) {
		Script s;

		connect_sack(s);
		fly(s, 0, 8);
		for (const Range &r : row.sacked) {
			u16 i = rub_rec_find(&s.tcb.out, s.iss + r.from);
			u32 from = r.from;

			while (from < r.to) {
				const rub_node *n = rub_rec(&s.tcb.out, i);
				const u32 end = std::min(n->to - s.iss, r.to);

				if (n->from - s.iss < from)
					i = rub_rec_cut(&s.tcb.out, i, s.iss + from);
				if (rub_rec(&s.tcb.out, i)->to - s.iss > end)
					rub_rec_cut(&s.tcb.out, i, s.iss + end);
				rub_rec_set(&s.tcb.out, i, RUB_N_SACKED);
				from = end;
				i = rub_rec_find(&s.tcb.out, s.iss + from);
			}
		}
		EXPECT_EQ(rub_sack_detect(&s.tcb), row.lost > 0);
		EXPECT_EQ(s.tcb.out.lost, row.lost * MSS);
		EXPECT_FALSE(rub_sack_detect(&s.tcb)); /* nothing new */
		is_sound(s);
		s.take();
	}
}

/* What went again is judged by time alone: RFC 6675's HighRxt. */
TEST(Rfc6675, IsLostNotOfARetransmission)
{
	Script s;

	connect_sack(s);
	fly(s, 0, 5);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.expect(data(0));
	EXPECT_FALSE(rub_sack_detect(&s.tcb));
	EXPECT_EQ(s.tcb.out.lost, 0u);
	s.send(ack(5));
}

/* Section 5.1: after a timeout in recovery no new one begins before RecoveryPoint. */
TEST(Rfc6675, NoRecoveryBeforeWhatATimeoutFoundInFlight)
{
	Script s;

	connect_sack(s);
	s.tcb.loss.tlp.measured = false;
	s.tcb.cc.cwnd = 6 * MSS;
	s.write(12 * MSS);
	EXPECT_EQ(s.take().size(), 6u);
	s.at(100ms);
	s.send(ack(0, {{1, 4}}));
	s.take();
	s.at(s.due());
	s.take();
	ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	const u32 ssthresh = s.tcb.cc.ssthresh;
	s.send(ack(1, {{2, 5}}));
	s.take();
	s.send(ack(1, {{2, 6}}));
	s.take();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_TIMEOUT);
	EXPECT_EQ(s.tcb.cc.ssthresh, ssthresh);
	s.send(seg(ACK, 1, s.tcb.loss.recover - s.iss));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	(void)s.take();
}

/* A smaller MTU: what was larger goes again by slow start, what was not stays; no congestion. */
TEST(PathMtu, WhatWasTooLargeGoesAgain)
{
	Script s;

	connect_sack(s);
	s.tcb.flags |= RUB_F_NODELAY;
	fly(s, 0, 2);
	s.write(300);
	s.expect(seg(ACK | PSH, nth(2), 1, 300));
	s.at(100ms);
	const u32 cwnd = s.tcb.cc.cwnd;
	s.env.path_mss = 400;
	s.call(RUB_CALL_MTU, 0);
	s.expect(seg(ACK, 1, 1, 400));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	s.send(seg(ACK, 1, 401).sack({{nth(2), nth(2) + 300}}));
	for (u32 from = 401; from < 1601; from += 400)
		s.expect(seg(ACK, from, 1, 400));
	s.silence();
	s.send(seg(ACK, 1, 1201).sack({{nth(2), nth(2) + 300}}));
	s.expect(seg(ACK, 1601, 1, 400));
	s.silence();
	EXPECT_GE(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	is_sound(s);
	s.send(seg(ACK, 1, nth(2) + 300));
}

/* What SACK told of arrived, large or not. A unit goes again as a whole. */
TEST(PathMtu, WhatArrivedStays)
{
	Script s;

	connect_sack(s);
	fly(s, 0, 3);
	s.at(100ms);
	s.send(ack(0, {{1, 2}}));
	s.env.path_mss = 600;
	s.call(RUB_CALL_MTU, 0);
	s.expect(seg(ACK, 1, 1, 600));
	s.silence();
	s.env.path_mss = 599;
	s.call(RUB_CALL_MTU, 0);
	s.expect(seg(ACK, 1, 1, 599));
	s.silence();
	s.send(seg(ACK, 1, 600));
	s.expect(seg(ACK, 600, 1, 401));
	s.expect(seg(ACK, nth(2), 1, 599));
	s.silence();
	s.send(seg(ACK, 1, nth(2) + 599));
	s.expect(seg(ACK | PSH, nth(2) + 599, 1, 401));
	is_sound(s);
	s.send(ack(3));
}

/* However small the partial acknowledgements, and however many: a segment's window is left. */
TEST(NewReno, DeflationByManySmallOnes)
{
	Script s;

	reno_recovers(s);
	for (u32 acked = 500; acked < 12 * MSS; acked += 500) {
		s.send(seg(ACK, 1, 1 + acked));
		EXPECT_EQ(s.tcb.cc.cwnd, std::max<u32>(8 * MSS - acked, MSS));
		EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
		s.take();
		if (s.tcb.cc.cwnd == MSS)
			break;
	}
	s.send(seg(ACK, 1, s.tcb.snd_una - s.iss + 500));
	EXPECT_EQ(s.tcb.cc.cwnd, MSS);
	(void)s.take();
}

/* Duplicates of a window probe: nothing that has left could go again. */
TEST(NewReno, DuplicatesOfAProbe)
{
	Script s;

	s.connect(0);
	s.write(2 * MSS);
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, 1).as_unit(RUB_UNIT_PROBE));
	s.drop_next(1);
	s.send(ack(0).window(5000)); /* it opens, and what leaves is dropped locally */
	s.silence();
	for (int n = 0; n < 4; n++) {
		s.send(ack(0).window(5000));
		s.silence();
	}
	s.at(s.due());
	s.expect(data(0));
	(void)s.take();
}

/* RFC 5681 section 3.1: of what left in a recovery another window's loss is another reduction. */
TEST(Recovery, ALossOfWhatLeftSinceIsANewOne)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });

	s.connect(60000);
	s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.cc.cwnd = 20 * MSS;
	s.write(40 * MSS);
	EXPECT_EQ(s.take().size(), 20u);
	s.at(100ms);
	for (u32 i = 2; i < 13; i++) {
		s.send(ack(0, {{1, i}}).window(60000));
		s.take();
	}
	ASSERT_EQ(s.tcb.cc.ssthresh, 10u * MSS);
	ASSERT_EQ(s.tcb.loss.recover - s.iss, nth(22));
	ASSERT_GE(s.tcb.snd_nxt - s.iss, nth(25));
	s.at(200ms);
	/* 22 is lost, which left in the recovery; the pipe is full. */
	s.tcb.cc.cwnd = s.tcb.cc.ssthresh = 2 * MSS;
	s.send(ack(0, {{1, 12}, {23, 25}}).window(60000));
	s.take();
	ASSERT_GT(s.tcb.out.lost, 0u);
	s.send(ack(22, {{23, 25}}).window(60000));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_EQ(s.tcb.loss.start - s.iss, nth(22));
	(void)s.take();
}

/* One sample a flight, of an octet too. */
TEST(Sample, EachOctetThatIsAloneIsMeasured)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 3; i++) {
		const rub_ns srtt = s.tcb.srtt;

		s.mark();
		s.write(1);
		s.expect(seg(ACK | PSH, 1 + i, 1, 1));
		s.at(200ms);
		s.send(seg(ACK, 1, 2 + i));
		EXPECT_EQ(s.tcb.srtt, srtt - srtt / 8 + 25'000'000);
	}
}

/* The same of an accepted connection, wherever the sequence space begins. */
TEST(Sample, OfAnAcceptedConnection)
{
	for (u32 iss : {0xfffffff0u, 0x7ffffff0u, 0u}) {
		Script s;

		s.iss = iss;
		s.accept();
		const rub_ns srtt = s.tcb.srtt;
		s.write(1);
		s.expect(seg(ACK | PSH, 1, 1, 1));
		s.at(200ms);
		s.send(seg(ACK, 1, 2));
		EXPECT_EQ(s.tcb.srtt, srtt - srtt / 8 + 25'000'000);
	}
}

/* Karn: a window probe has taken the octet along before, so its ACK measures nothing. */
TEST(Sample, NotOfWhatAWindowProbeHasSent)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x2"); });

	s.connect(0);
	s.write(2 * MSS);
	s.expect_at(1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	const rub_ns before = s.tcb.min_rtt;
	s.at(1090ms);
	s.send(seg(ACK, 1, 1).window(5000)); /* left before the probe arrived */
	s.take();
	s.at(1100ms);
	s.send(seg(ACK, 1, 2).window(5000)); /* the probe's octet */
	EXPECT_EQ(s.tcb.min_rtt, before);
	EXPECT_TRUE(rub_rec_sound(&s.tcb.out, s.tcb.snd_una, s.tcb.snd_nxt));
}
