/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timestamps of connections: RFC 7323 sections 3 (the option), 4 (RTTM, which one to echo) and
 * 5 (PAWS). That every segment has one once agreed on, with the clock's TSval, is the harness's
 * to see.
 */
#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

constexpr u32 PEER = 5000; /* the peer's clock at its SYN */
constexpr u32 PAYLOAD = MSS - 12;

void times(rub_config &config)
{
	config.knobs.timestamps = 1;
}

u32 clock_of(const Script &s)
{
	return static_cast<u32>(s.env.now / 1'000'000) + s.env.ts_offset;
}

/* As connect(), both with timestamps. */
void connect_timed(Script &s, u32 peer = PEER)
{
	s.mark();
	s.open();
	s.expect(seg(SYN).with_ts(clock_of(s), 0));
	const u32 val = clock_of(s);
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).with_ts(peer, val));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), peer));
	s.state_is(RUBATO_ESTABLISHED);
	s.mark();
}

} // namespace

TEST(Timestamps, AreOfferedWhereTheKnobIsOn)
{
	Script on(times), off;

	on.env.ts_offset = 0xfffff000;
	on.open();
	on.expect(seg(SYN).with_ts(clock_of(on), 0));
	off.open();
	ASSERT_EQ(off.units.size(), 1u);
	EXPECT_EQ(off.units[0].opts, 0);
	off.expect(seg(SYN));
}

TEST(Timestamps, AreNotUsedUnlessThePeersSynHadThem)
{
	Script s(times);

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	/* Section 3.2: one that was not negotiated MUST be ignored. */
	s.send(seg(ACK | PSH, 1, 1 + MSS, 10).with_ts(1, 1));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1 + MSS, 11));
}

TEST(Timestamps, AreIgnoredWhereTheKnobIsOff)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_ts(PEER, 0));
	s.expect(seg(ACK, 1, 1));
}

TEST(Timestamps, TakeTheirRoomFromThePayload)
{
	Script s(times);

	connect_timed(s);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, PAYLOAD));
	s.expect(seg(ACK, 1 + PAYLOAD, 1, PAYLOAD));
	s.send(seg(ACK, 1, 1 + 2 * PAYLOAD).with_ts(PEER + 1, clock_of(s)));
	s.expect(seg(ACK | PSH, 1 + 2 * PAYLOAD, 1, 24));
}

/* DESIGN.md section 3: tempo never touches TSval. */
TEST(Timestamps, TheClockIsRealTimeWhateverTheTempo)
{
	Script s(times);

	connect_timed(s);
	const u32 before = clock_of(s);
	s.tune(nullptr, 100 * RUBATO_TEMPO_ONE);
	s.at(2s);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10).with_ts(before + 2000, PEER));
}

/* Section 5.2: "because of a user abort, and Snd.TS.OK is set". */
TEST(Timestamps, OnTheRstOfAnAbort)
{
	Script s(times), without;

	connect_timed(s);
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1).with_ts(clock_of(s), 0));
	without.connect();
	without.abort(ECONNABORTED);
	ASSERT_EQ(without.units.back().unit, RUB_UNIT_RST);
	EXPECT_EQ(without.units.back().opts, 0);
	without.expect(seg(RST, 1));
}

/* Section 5.2: TSecr is SEG.TSval of "the segment causing the <RST>", TSval is zero. */
TEST(Timestamps, AnRstEchoesWhatItAnswers)
{
	Script syn_sent(times), syn_rcvd(times), orphan(times);

	syn_sent.open();
	syn_sent.expect(seg(SYN));
	syn_sent.send(seg(ACK, 50, 2).with_ts(777, 3));
	syn_sent.expect(seg(RST, 2).with_ts(0, 777));
	syn_sent.send(seg(ACK, 50, 3));
	EXPECT_EQ(syn_sent.units.back().opts, 0);
	syn_sent.expect(seg(RST, 3));

	syn_rcvd.open();
	syn_rcvd.expect(seg(SYN));
	syn_rcvd.send(seg(SYN).with_ts(PEER, 0));
	syn_rcvd.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(syn_rcvd), PEER));
	syn_rcvd.send(seg(ACK, 1, 2).with_ts(PEER + 1, 0));
	syn_rcvd.expect(seg(RST, 2).with_ts(0, PEER + 1));
	syn_rcvd.state_is(RUBATO_SYN_RCVD);

	connect_timed(orphan);
	orphan.close();
	orphan.expect(seg(FIN | ACK, 1, 1));
	orphan.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER + 9, 0));
	orphan.died(ECONNRESET);
	orphan.expect(seg(RST, 2).with_ts(0, PEER + 9));
}

/* "if the segment ... contains a Timestamps option": the abort after it is not because of it. */
TEST(Timestamps, AnAbortBeforeARefusalLeftIsAnAborts)
{
	Script s(times);

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN).with_ts(PEER, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.deliver(seg(ACK, 1, 2).with_ts(PEER + 1, 0));
	ASSERT_EQ(s.call(RUB_CALL_ABORT, ECONNABORTED, false), 0);
	s.drain();
	s.expect(seg(RST, 1).with_ts(clock_of(s), 0));
}

/* An RST is said once, whether it could leave or not. */
TEST(Timestamps, TheLastOfTwoRefusalsIsEchoed)
{
	Script s(times);

	s.open();
	s.expect(seg(SYN));
	s.deliver(seg(ACK, 50, 2).with_ts(777, 3));
	s.deliver(seg(ACK, 50, 3));
	s.drain();
	EXPECT_EQ(s.units.back().opts, 0);
	s.expect(seg(RST, 3));
	s.drop_next(1);
	s.send(seg(ACK, 50, 4).with_ts(778, 3));
	s.silence();
	s.send(seg(ACK, 50, 5));
	EXPECT_EQ(s.units.back().opts, 0);
	s.expect(seg(RST, 5));
}

TEST(Timestamps, AStraysRstEchoesIt)
{
	Script s;

	s.phase = Script::Phase::GONE;
	s.send(seg(ACK, 5, 77).with_ts(4711, 1));
	s.expect(seg(RST, 77).with_ts(0, 4711));
	s.send(seg(ACK, 5, 77));
	EXPECT_EQ(s.units.back().opts, 0);
	s.expect(seg(RST, 77));
}

TEST(Timestamps, AListenersRstEchoesIt)
{
	Script s(times);

	s.listen();
	s.send(seg(ACK, 5, 77).with_ts(4711, 1));
	s.expect(seg(RST, 77).with_ts(0, 4711));
	s.state_is(RUBATO_LISTEN);
	s.send(seg(SYN).with_ts(PEER, 0));
	s.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(s), PEER));
	s.send(seg(ACK, 1, 2).with_ts(PEER + 3, 0)); /* half-open */
	s.expect(seg(RST, 2).with_ts(0, PEER + 3));
	s.state_is(RUBATO_SYN_RCVD);
}

/* Section 4.3, (A): the earliest unacknowledged segment is echoed. */
TEST(Timestamps, EchoOfADelayedAcknowledgement)
{
	Script s([](rub_config &config) {
		times(config);
		config.delack = 40'000'000;
	});

	connect_timed(s);
	s.tcb.quick = 0; /* past the start */
	s.deliver(seg(ACK, 1, 1, 100).with_ts(PEER + 1, clock_of(s)));
	s.deliver(seg(ACK, 101, 1, 100).with_ts(PEER + 2, clock_of(s)));
	s.deliver(seg(ACK, 201, 1, 100).with_ts(PEER + 3, clock_of(s)));
	s.write(1);
	s.expect(seg(ACK | PSH, 1, 301, 1).with_ts(clock_of(s), PEER + 1));
}

/* Section 4.3, (B) and (C): the table of its second example. */
TEST(Timestamps, EchoAboutAHole)
{
	Script s(times);
	const u32 a = 1, b = 101, c = 201, d = 301, e = 401;

	connect_timed(s);
	s.send(seg(ACK, a, 1, 100).with_ts(PEER + 1, 0));
	s.expect(seg(ACK, 1, b).with_ts(clock_of(s), PEER + 1));
	s.send(seg(ACK, c, 1, 100).with_ts(PEER + 3, 0));
	s.expect(seg(ACK, 1, b).with_ts(clock_of(s), PEER + 1));
	s.send(seg(ACK, b, 1, 100).with_ts(PEER + 2, 0));
	s.expect(seg(ACK, 1, d).with_ts(clock_of(s), PEER + 2));
	s.send(seg(ACK, e, 1, 100).with_ts(PEER + 5, 0));
	s.expect(seg(ACK, 1, d).with_ts(clock_of(s), PEER + 2));
	s.send(seg(ACK, d, 1, 100).with_ts(PEER + 4, 0));
	s.expect(seg(ACK, 1, e + 100).with_ts(clock_of(s), PEER + 4));
}

/* Section 5.3, R1: an old duplicate is answered and dropped, whatever its number. */
TEST(Paws, AnOldSegmentIsAnsweredAndDropped)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER - 1, clock_of(s)));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), PEER));
	s.kept({});
	s.dropped_for(RUBATO_REASON_PAWS);
	s.send(seg(FIN | ACK, 1, 1).with_ts(PEER - 0x7fffffff, clock_of(s)));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	/* The same TSval is not old. */
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER, clock_of(s)));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11));
}

/* Its ACK means nothing either; and answers to ACKs are limited, or two hosts would never end. */
TEST(Paws, OldAcksAreLimited)
{
	Script s(times);
	u32 answers = 0;

	connect_timed(s);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	for (int i = 0; i < 50; i++) {
		s.send(seg(ACK, 1, 11).with_ts(PEER - 1, 0));
		EXPECT_FALSE(s.saw(RUB_RX_ACKED));
		if (s.take().empty())
			s.dropped_for(RUBATO_REASON_RATE_LIMIT);
		else
			answers++;
	}
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
}

/* Section 5.3: "if the RST bit is not set". */
TEST(Paws, AnRstIsNeverOld)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(RST, 1).with_ts(PEER - 1, 0));
	s.silence();
	s.died(ECONNRESET);
}

TEST(Paws, TheClockMayWrap)
{
	Script s(times);

	connect_timed(s, 0xfffffffe);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(3, 0));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), 3));
	s.send(seg(ACK | PSH, 11, 1, 10).with_ts(0xfffffffe, 0));
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), 3));
	s.dropped_for(RUBATO_REASON_PAWS);
}

/* Section 5.5. The peer's clock has passed its sign bit, or it ticks faster than we know. */
TEST(Paws, TwentyFourDaysOfIdlenessInvalidateIt)
{
	Script s(times);

	connect_timed(s);
	s.at(24 * 24h);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER - 1, 0));
	s.expect(seg(ACK, 1, 1));
	s.dropped_for(RUBATO_REASON_PAWS);
	s.at(24 * 24h + 1ns);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER - 1, 0));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), PEER - 1));
}

/* It is counted from the segment that TS.Recent was taken of, not from the handshake. */
TEST(Paws, IdlenessCountsFromTheLastOneTaken)
{
	Script s(times);

	connect_timed(s);
	s.at(20 * 24h);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER + 1, 0));
	s.expect(seg(ACK, 1, 11));
	s.at(44 * 24h);
	s.send(seg(ACK | PSH, 11, 1, 10).with_ts(PEER, 0));
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), PEER + 1));
	s.dropped_for(RUBATO_REASON_PAWS);
	s.at(44 * 24h + 1ns);
	s.send(seg(ACK | PSH, 11, 1, 10).with_ts(PEER, 0));
	s.kept({{11, 21}});
	s.expect(seg(ACK, 1, 21).with_ts(clock_of(s), PEER));
}

/* Section 5.2: "s < t if 0 < (t - s) < 2^31": half the circle away nothing is older. */
TEST(Paws, HalfTheCircleAwayIsNotOld)
{
	for (const auto &[tsval, old] : {std::pair{PEER - 0x7fffffff, true},
					 {PEER + 0x80000000, false},
					 {PEER + 0x7fffffff, false}}) {
		Script s(times);

		connect_timed(s);
		s.send(seg(ACK | PSH, 1, 1, 10).with_ts(tsval, 0));
		if (old)
			s.dropped_for(RUBATO_REASON_PAWS);
		else
			s.kept({{1, 11}});
		s.take();
	}
}

/* Section 5.3's own example: queued segments are not looked at again. */
TEST(Paws, WhatIsQueuedStaysGood)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(ACK, 101, 1, 100).with_ts(PEER + 1, 0));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 1, 1, 100).with_ts(PEER + 2, 0));
	s.expect(seg(ACK, 1, 201).with_ts(clock_of(s), PEER + 2));
}

/* CVE-2005-0356: a guessed sequence number with a far TSval must not freeze the connection. */
TEST(Paws, ABadAckDoesNotMoveTsRecent)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(ACK, 1, 1000).with_ts(PEER + 0x70000000, 0));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), PEER));
	s.dropped_for(RUBATO_REASON_BAD_ACK);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER + 1, 0));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), PEER + 1));
}

/* Section 3.2: "a TCP SHOULD silently drop the segment", and never abort for it. */
TEST(Timestamps, ASegmentWithoutIsDroppedSilently)
{
	Script s(times);

	connect_timed(s);
	for (const Seg &lacking :
	     {seg(ACK | PSH, 1, 1, 10), seg(FIN | ACK, 1, 1), seg(ACK, 1, 1)}) {
		s.send(lacking);
		s.silence();
		s.kept({});
		s.dropped_for(RUBATO_REASON_NO_TIMESTAMP);
		s.state_is(RUBATO_ESTABLISHED);
	}
}

TEST(Timestamps, AnRstNeedsNone)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(RST, 1));
	s.silence();
	s.died(ECONNRESET);
}

/* A peer that has lost the connection: RFC 5961 section 4.2 before RFC 7323 section 3.2. */
TEST(Timestamps, ASynWithoutIsChallenged)
{
	Script s(times);

	connect_timed(s);
	s.send(seg(SYN, 1));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), PEER));
	s.dropped_for(RUBATO_REASON_SYN_IN_WINDOW);
}

/* conformance.md section 7: negotiated, but missing on the handshake's ACK. */
TEST(Timestamps, MissingOnTheHandshakesAckOfAPassiveOpen)
{
	Script s(times);

	s.listen();
	s.send(seg(SYN).with_ts(PEER, 0));
	s.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(s), PEER));
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER + 1, clock_of(s)));
	s.expect(seg(ACK, 1, 11).with_ts(clock_of(s), PEER + 1));
}

TEST(Timestamps, MissingOnTheHandshakesAckOfCrossedSyns)
{
	Script s(times);

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN).with_ts(PEER, 0));
	s.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(s), PEER));
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

/* conformance.md section 7: simultaneous open with different options. */
TEST(Timestamps, CrossedSynsOfWhichOneHasNone)
{
	Script s([](rub_config &config) {
		times(config);
		config.knobs.sack = 1;
		config.knobs.window_scale = 1;
	});

	s.open();
	s.expect(seg(SYN).with_scale(0).with_sack_ok());
	s.send(seg(SYN).with_sack_ok());
	ASSERT_EQ(s.units.size(), 2u);
	EXPECT_EQ(s.units[1].opts, RUB_OPT_SACK);
	s.expect(seg(SYN | ACK, 0, 1).with_sack_ok());
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok());
	s.state_is(RUBATO_ESTABLISHED);
	s.take();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

/* Section 4.1: the echo tells which SYN was answered, so the RTT is known (Karn's gap). */
TEST(Rttm, ASynThatLeftTwice)
{
	Script s(times);

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	const u32 second = clock_of(s);
	s.at(1s + 50ms);
	s.send(seg(SYN | ACK, 0, 1).with_ts(PEER, second));
	s.expect(seg(ACK, 1, 1));
	/* RFC 6298 (2.2): SRTT 50 ms, RTO = 50 + 4 * 25, at least rto-min. */
	EXPECT_EQ(s.tcb.srtt, 50'000'000u);
}

TEST(Rttm, DataThatLeftTwice)
{
	Script s(times);

	connect_timed(s);
	const rub_ns before = s.tcb.srtt;
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.expect_at(RTO, seg(ACK | PSH, 1, 1, 10));
	const u32 second = clock_of(s);
	s.at(RTO + 180ms);
	s.send(seg(ACK, 1, 11).with_ts(PEER + 400, second));
	/* RFC 6298 (2.3): SRTT = 7/8 * 100 + 1/8 * 180. */
	EXPECT_EQ(before, 100'000'000u);
	EXPECT_EQ(s.tcb.srtt, 110'000'000u);
}

/* An echo from the future, or of what is older than any segment lives, is a lie. */
TEST(Rttm, ALieIsNoSample)
{
	for (const u32 lie : {u32(-10), u32(241'000)}) {
		Script s(times);

		connect_timed(s);
		s.write(10);
		s.expect(seg(ACK | PSH, 1, 1, 10));
		s.expect_at(RTO, seg(ACK | PSH, 1, 1, 10));
		s.send(seg(ACK, 1, 11).with_ts(PEER + 400, clock_of(s) - lie));
		EXPECT_EQ(s.tcb.srtt, 100'000'000u);
	}
}
