/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the sender holds back, and for how long: RFC 9293 sections 3.7.4 (Nagle) and 3.8.6.2.1
 * (the silly window, MUST-38), and TCP_CORK as tcp(7) has it.
 */
#include "script.h"

using namespace script;

namespace
{

/* Section 3.8.6.2.1: "in the range 0.1 - 1.0 seconds"; tcp(7): "a ceiling of 200 milliseconds". */
constexpr ns OVERRIDE = 200ms;

void cork(Script &s, bool on)
{
	rub_set(&s.tcb, RUB_OPTION_CORK, on, &s.env);
	s.drain();
}

} // namespace

TEST(Nagle, OneSmallSegmentIsInFlightAtATime)
{
	Script s;

	s.connect();
	s.write(1);
	s.expect(seg(ACK | PSH, 1, 1, 1));
	for (int i = 0; i < 50; i++) {
		s.write(1);
		s.silence();
	}
	s.send(seg(ACK, 1, 2));
	s.expect(seg(ACK | PSH, 2, 1, 50));
	s.silence();
}

/* "or until the TCP endpoint can send a full-sized segment" */
TEST(Nagle, AFullSegmentLeavesAlone)
{
	Script s;

	s.connect();
	s.write(1);
	s.expect(seg(ACK | PSH, 1, 1, 1));
	s.write(MSS - 1);
	s.silence();
	s.write(2);
	s.expect(seg(ACK, 2, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 2 + MSS));
	s.expect(seg(ACK | PSH, 2 + MSS, 1, 1));
}

/* The RFC's rule, not Minshall's: behind full segments in flight a small one waits, too. */
TEST(Nagle, TheEndOfAWriteWaitsBehindItsFullSegments)
{
	Script s;

	s.connect();
	s.write(MSS + 10);
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, 10));
}

TEST(Nagle, NodelayLeavesNothingBack)
{
	Script s;

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	s.write(MSS + 10);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, 10));
}

TEST(Nagle, AFinTakesTheRestAlong)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.write(10);
	s.silence();
	s.shutdown();
	s.expect(seg(FIN | ACK | PSH, 11, 1, 10));
}

TEST(Cork, HoldsASmallSegmentThoughNothingIsInFlight)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(10);
	s.silence();
	s.write(10);
	s.silence();
	cork(s, false);
	s.expect(seg(ACK | PSH, 1, 1, 20));
}

TEST(Cork, FullSegmentsPass)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(2 * MSS + 10);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	s.silence();
	s.write(MSS - 10);
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, MSS));
}

TEST(Cork, IsStrongerThanNodelay)
{
	Script s;

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	cork(s, true);
	s.write(10);
	s.silence();
	cork(s, false);
	s.expect(seg(ACK | PSH, 1, 1, 10));
}

/* Pulled, it is Nagle's turn. */
TEST(Cork, PulledLeavesTheRestToNagle)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	cork(s, true);
	s.write(10);
	s.silence();
	cork(s, false);
	s.silence();
	s.send(seg(ACK, 1, 11));
	s.expect(seg(ACK | PSH, 11, 1, 10));
}

TEST(Cork, LetsTheRestGoAfterItsCeiling)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(10);
	s.silence();
	EXPECT_EQ(s.due(), OVERRIDE);
	s.at(100ms);
	s.write(10); /* the first byte counts */
	s.silence();
	s.expect_at(OVERRIDE, seg(ACK | PSH, 1, 1, 20).as_unit(RUB_UNIT_DATA));
	s.send(seg(ACK, 1, 21));
	s.write(5); /* and again */
	s.expect_at(2 * OVERRIDE, seg(ACK | PSH, 21, 1, 5));
}

/* The ceiling counts from when nothing is in flight any more: until then an ACK decides. */
TEST(Cork, TheCeilingCountsFromTheLastAcknowledgement)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(MSS + 10);
	s.expect(seg(ACK, 1, 1, MSS));
	s.at(150ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.silence();
	s.expect_at(150ms + OVERRIDE, seg(ACK | PSH, 1 + MSS, 1, 10));
}

TEST(Cork, AFinIsNotHeld)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(10);
	s.silence();
	s.shutdown();
	s.expect(seg(FIN | ACK | PSH, 1, 1, 10));
}

/* Whatever leaves by the ceiling is data in flight: the data schedule looks after it. */
TEST(Cork, WhatTheCeilingSentIsRetransmitted)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(10);
	s.expect_at(OVERRIDE, seg(ACK | PSH, 1, 1, 10));
	s.expect_at(OVERRIDE + RTO,
		    seg(ACK | PSH, 1, 1, 10).by(RUBATO_CLOCK_DATA).retransmitted(1));
	s.send(seg(ACK, 1, 11));
	EXPECT_TRUE(s.never_due());
}

/* Nothing that persist does: no probe, no back-off, no give-up. */
TEST(Cork, NeverGivesUp)
{
	Script s([](rub_config &config) { config.data = schedule("1s 1s"); });
	ns t = 0s;

	s.connect();
	cork(s, true);
	for (u32 i = 0; i < 20; i++) {
		s.write(10);
		s.silence();
		t += OVERRIDE;
		s.expect_at(t, seg(ACK | PSH, 1 + 10 * i, 1, 10));
		s.send(seg(ACK, 1, 11 + 10 * i));
	}
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Cork, ALocalDropOfWhatTheCeilingSentIsTriedAgain)
{
	Script s;

	s.connect();
	cork(s, true);
	s.write(10);
	s.drop_next(1);
	s.at(OVERRIDE);
	EXPECT_EQ(s.dropped(), 1u);
	s.expect_at(OVERRIDE + ns(s.policy.rto_min), seg(ACK | PSH, 1, 1, 10));
}

/* MUST-38: the sender avoids the silly window; its override is not persist's schedule. */
TEST(SillyWindow, Must38LeavesByTheOverrideOnly)
{
	Script s([](rub_config &config) { config.persist = schedule("60s 60s x1"); });

	s.connect(10000);
	s.write(10000 + MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.silence();
	s.at(50ms);
	s.send(seg(ACK, 1, 10001).window(100));
	s.silence();
	s.expect_at(50ms + OVERRIDE, seg(ACK, 10001, 1, 100));
}

/* A window that opens a little counts from then, not from the last probe. */
TEST(SillyWindow, OpenedALittleStartsTheOverride)
{
	Script s;

	s.connect(10000);
	s.write(10000 + MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.send(seg(ACK, 1, 10001).window(0));
	s.silence();
	s.at(10ms);
	s.send(seg(ACK, 1, 10001).window(100));
	s.silence();
	s.expect_at(10ms + OVERRIDE, seg(ACK, 10001, 1, 100));
}

TEST(SillyWindow, ClosedAgainIsProbedByPersist)
{
	Script s([](rub_config &config) { config.persist = schedule("7s 7s x1"); });

	s.connect(10000);
	s.write(10000 + MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.send(seg(ACK, 1, 10001).window(100));
	s.silence();
	s.at(100ms);
	s.send(seg(ACK, 1, 10001).window(0));
	s.silence();
	s.expect_at(7100ms, seg(ACK, 10001, 1, 1).as_unit(RUB_UNIT_PROBE));
}

/* An orphan that is held back still ends by its schedule. */
TEST(SillyWindow, AnOrphanEndsAllTheSame)
{
	Script s([](rub_config &config) {
		config.data = schedule("10s 10s");
		config.fin = schedule("50ms 50ms");
	});

	s.connect(10000);
	s.write(10000 + MSS);
	for (u32 i = 0; i < 10; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.send(seg(ACK, 1, 10001).window(100));
	s.silence();
	s.close();
	s.at(20s);
	s.take();
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

/*
 * "a full-sized segment" is Eff.snd.MSS: less all options of this segment (RFC 9293 section 3.7.1),
 * timestamps and SACK blocks, too.
 */
TEST(Nagle, OptionsMakeAFullSegmentShorter)
{
	Script s([](rub_config &c) {
		c.knobs.timestamps = 1;
		c.knobs.sack = 1;
	});

	s.open();
	s.expect(seg(SYN));
	const u32 echo = s.units.at(0).tsval;
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok().with_ts(7, echo));
	s.expect(seg(ACK, 1, 1));
	s.write(1);
	s.expect(seg(ACK | PSH, 1, 1, 1));
	s.write(987);
	s.silence(); /* 12 bytes of timestamps: 988 would be full */
	s.send(seg(ACK, 101, 1, 100).with_ts(7, echo));
	/* 12 more of a block make what is queued more than full. */
	s.expect(seg(ACK, 2, 1, 976).sack({{101, 201}}));
	s.silence();
	s.send(seg(ACK, 301, 1, 100).with_ts(7, echo));
	s.expect(seg(ACK, 978, 1).sack({{301, 401}, {101, 201}}));
	s.write(956); /* two blocks are 20 bytes: 968 is full, and 967 are queued */
	s.silence();
	s.write(1);
	s.expect(seg(ACK | PSH, 978, 1, 968).sack({{301, 401}, {101, 201}}));
	s.silence();
}

/* RFC 9293 section 3.8.6.2.1 (3): half of the largest window; of scaled ones in bytes. */
TEST(SillyWindow, HalfOfTheLargestScaledWindowIsNotSilly)
{
	for (u16 units : {5, 4}) {
		Script s([](rub_config &c) { c.knobs.window_scale = 1; });

		s.open();
		s.expect(seg(SYN).with_scale(0));
		s.send(seg(SYN | ACK, 0, 1).with_scale(7).window(100));
		s.expect(seg(ACK, 1, 1));
		s.send(seg(ACK, 1, 1).window(10)); /* 1280 bytes, the largest */
		s.write(5 * MSS);
		s.expect(seg(ACK, 1, 1, MSS));
		s.silence(); /* 280 bytes would be silly */
		s.mark();
		s.send(seg(ACK, 1, 1 + MSS).window(units));
		if (units == 4) { /* 512 bytes */
			s.silence();
			s.expect_at(OVERRIDE, seg(ACK, 1 + MSS, 1, 512));
		} else {
			s.expect(seg(ACK, 1 + MSS, 1, 640));
		}
		s.silence();
	}
}

/* Nor is what fills the window less than silly when more is queued than fits. */
TEST(SillyWindow, OneByteLessThanHalfIs)
{
	Script s;

	s.connect(1500);
	s.write(5 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + MSS).window(749));
	s.silence();
	s.send(seg(ACK, 1, 1 + MSS).window(750));
	s.expect(seg(ACK, 1 + MSS, 1, 750));
}
