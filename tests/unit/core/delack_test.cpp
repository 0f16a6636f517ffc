/* SPDX-License-Identifier: GPL-2.0-only */
/* When an acknowledgement leaves: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2. */
#include "script.h"

using namespace script;

namespace
{

/* 40 ms, as built in; 100 ms would be the most beside an rto-min of 200 ms. */
constexpr ns DELAY = 40ms;

void delayed(rub_config &config)
{
	config.delack = DELAY.count();
}

/* The process answers once, so that acknowledgements may wait for its answers. */
void answers_data(Script &s)
{
	s.deliver(seg(ACK | PSH, 1, 1, 100));
	ASSERT_EQ(s.call(RUB_CALL_SEND, 100, false), 0);
	s.drain();
	s.expect(seg(ACK | PSH, 1, 101, 100));
	s.send(seg(ACK, 101, 101));
	s.silence();
}

/* Its numbers after that: 101 and 101. */
constexpr u32 NEXT = 101;

} // namespace

TEST(Delack, WaitsForTheDelay)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.kept({{NEXT, NEXT + 100}});
	EXPECT_EQ(s.due(), DELAY);
	s.expect_at(DELAY, seg(ACK, NEXT, NEXT + 100).as_unit(RUB_UNIT_ACK).by(RUBATO_CLOCK_NONE));
	EXPECT_TRUE(s.never_due());
}

/* The first byte that waits counts, not the last. */
TEST(Delack, MoreTextDoesNotProlongIt)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.at(30ms);
	s.send(seg(ACK | PSH, NEXT + 100, NEXT, 100));
	s.silence();
	s.expect_at(DELAY, seg(ACK, NEXT, NEXT + 200));
	s.at(1s);
	s.silence();
}

TEST(Delack, DataTakesItAlong)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.at(10ms);
	s.write(50);
	s.expect(seg(ACK | PSH, NEXT, NEXT + 100, 50));
	s.send(seg(ACK, NEXT + 100, NEXT + 50));
	s.at(1s);
	s.silence();
}

/* SHLD-19: at least every second full-sized segment. */
TEST(Delack, TheSecondFullSegmentIsAcknowledgedAtOnce)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, MSS));
	s.silence();
	s.send(seg(ACK, NEXT + MSS, NEXT, MSS));
	s.expect(seg(ACK, NEXT, NEXT + 2 * MSS));
	s.send(seg(ACK, NEXT + 2 * MSS, NEXT, MSS));
	s.silence();
	s.send(seg(ACK, NEXT + 3 * MSS, NEXT, MSS));
	s.expect(seg(ACK, NEXT, NEXT + 4 * MSS));
}

/* A peer whose path or options take shorter segments: two of its own are two. */
TEST(Delack, FullIsWhatThePeerSends)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, 700));
	s.silence();
	s.send(seg(ACK, NEXT + 700, NEXT, 700));
	s.expect(seg(ACK, NEXT, NEXT + 1400));
}

TEST(Delack, SmallSegmentsAreCountedByTheirBytes)
{
	Script s(delayed);
	u32 at = NEXT;

	s.connect();
	answers_data(s);
	s.send(seg(ACK, at, NEXT, MSS));
	s.silence();
	for (at += MSS; at + 100 < NEXT + 2 * MSS; at += 100) {
		s.send(seg(ACK | PSH, at, NEXT, 100));
		s.silence();
	}
	s.send(seg(ACK | PSH, at, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT + 2 * MSS));
}

/* Invariant: one super-segment has the effect of its pieces. */
TEST(Delack, ASuperSegmentIsAsManySegments)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, 3 * MSS));
	s.expect(seg(ACK, NEXT, NEXT + 3 * MSS));
	s.send(seg(ACK, NEXT + 3 * MSS, NEXT, MSS));
	s.silence();
}

/* RFC 5681 section 4.2: out of order, at once; as is what fills a gap, wholly or in part. */
TEST(Delack, NothingAboutAHoleIsDelayed)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT + 100, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT));
	s.send(seg(ACK, NEXT + 300, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT));
	s.send(seg(ACK, NEXT, NEXT, 50)); /* part of the first gap */
	s.expect(seg(ACK, NEXT, NEXT + 50));
	s.send(seg(ACK, NEXT + 50, NEXT, 50));
	s.expect(seg(ACK, NEXT, NEXT + 200));
	s.send(seg(ACK, NEXT + 200, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT + 400));
	s.send(seg(ACK, NEXT + 400, NEXT, 100)); /* all is well again */
	s.silence();
}

TEST(Delack, DuplicatesAreAnsweredAtOnce)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT - 100, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT));
	s.send(seg(ACK, NEXT - 50, NEXT, 100)); /* half of it is new */
	s.expect(seg(ACK, NEXT, NEXT + 50));
	s.send(seg(ACK, NEXT + 100, NEXT, 10));
	s.expect(seg(ACK, NEXT, NEXT + 50));
	s.send(seg(ACK, NEXT + 100, NEXT, 10));
	s.expect(seg(ACK, NEXT, NEXT + 50));
}

TEST(Delack, WhatDidNotFitTheWindowIsAnsweredAtOnce)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.read(100);
	s.send(seg(ACK, NEXT, NEXT, MSS)); /* waits */
	s.silence();
	s.send(seg(ACK, NEXT + MSS, NEXT, BUFFER));
	s.expect(seg(ACK, NEXT, BUFFER + 1).window(0));
}

TEST(Delack, AFinIsAcknowledgedAtOnce)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.send(seg(FIN | ACK, NEXT + 100, NEXT));
	s.expect(seg(ACK, NEXT, NEXT + 101));
	s.state_is(RUBATO_CLOSE_WAIT);
	EXPECT_TRUE(s.never_due());
}

TEST(Delack, OurFinTakesItAlong)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.shutdown();
	s.expect(seg(FIN | ACK, NEXT, NEXT + 100));
	s.send(seg(ACK, NEXT + 100, NEXT + 1));
	s.at(1s);
	s.silence();
}

TEST(Delack, AWindowUpdateTakesItAlong)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, 7 * MSS));
	s.expect(seg(ACK, NEXT, NEXT + 7 * MSS).window(BUFFER - 100 - 7 * MSS));
	s.send(seg(ACK | PSH, NEXT + 7 * MSS, NEXT, 100));
	s.silence();
	s.read(7 * MSS);
	s.expect(seg(ACK, NEXT, NEXT + 7 * MSS + 100));
	s.at(1s);
	s.silence();
}

/* At the start the peer's congestion window waits for every acknowledgement. */
TEST(Delack, TheBeginningIsNotDelayed)
{
	Script s(delayed);
	u32 at = 1;

	s.connect();
	for (int i = 0; i < 10; i++, at += 100) {
		s.send(seg(ACK | PSH, at, 1, 100));
		s.expect(seg(ACK, 1, at + 100));
	}
	for (int i = 0; i < 20; i++, at += 100) {
		s.send(seg(ACK | PSH, at, 1, 100));
		s.take();
	}
	s.at(10ms); /* less than any RTO: no pause */
	s.send(seg(ACK | PSH, at, 1, 100));
	s.silence();
}

/* After longer than an RTO of silence the peer may have fallen back to its initial window. */
TEST(Delack, APauseIsABeginning)
{
	Script s(delayed);
	u32 at = 1;

	s.connect();
	for (int i = 0; i < 30; i++, at += 100) {
		s.send(seg(ACK | PSH, at, 1, 100));
		s.take();
	}
	s.send(seg(ACK | PSH, at, 1, 100));
	s.silence();
	at += 100;
	s.expect_at(DELAY, seg(ACK, 1, at));
	s.at(RTO + 1ms);
	s.send(seg(ACK | PSH, at, 1, 100));
	s.expect(seg(ACK, 1, at + 100));
}

/* A dialogue has a pause before each request; its answers carry the acknowledgements. */
TEST(Delack, ADialogueIsDelayedAfterAPauseToo)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.at(10s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.at(10s + DELAY); /* no answer came in time: it is none any more */
	s.expect(seg(ACK, NEXT, NEXT + 100));
	s.at(20s);
	s.send(seg(ACK | PSH, NEXT + 100, NEXT, 100));
	s.expect(seg(ACK, NEXT, NEXT + 200));
}

TEST(Delack, QuickackSendsWhatWaitsAndDelaysNothing)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	rub_set(&s.tcb, RUB_OPTION_QUICKACK, true, &s.env);
	s.drain();
	s.expect(seg(ACK, NEXT, NEXT + 100));
	for (u32 i = 1; i < 40; i++) {
		s.send(seg(ACK | PSH, NEXT + 100 * i, NEXT, 100));
		s.expect(seg(ACK, NEXT, NEXT + 100 * (i + 1)));
	}
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_QUICKACK));
	rub_set(&s.tcb, RUB_OPTION_QUICKACK, false, &s.env);
	s.send(seg(ACK | PSH, NEXT + 4000, NEXT, 100));
	s.silence();
}

/* tcp(7): not permanent; a dialogue ends it. */
TEST(Delack, QuickackEndsWhenDataIsAnsweredByData)
{
	Script s(delayed);

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_QUICKACK, true, &s.env);
	answers_data(s);
	EXPECT_FALSE(rub_is_set(&s.tcb, RUB_OPTION_QUICKACK));
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
}

/* At most half of rto-min: a peer with the same clocks must not retransmit for it. */
TEST(Delack, AtMostHalfOfRtoMin)
{
	Script s([](rub_config &config) {
		config.delack = 450'000'000;
		config.rto_min = 200'000'000;
	});

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.expect_at(100ms, seg(ACK, NEXT, NEXT + 100));
}

/* MUST-40: less than 0.5 s, whatever is configured and however slow tempo makes it. */
TEST(Delack, Must40LessThanHalfASecond)
{
	Script s([](rub_config &config) {
		config.delack = RUBATO_DELACK_MAX;
		config.rto_min = 10'000'000'000;
		config.rto_max = 120'000'000'000;
	});

	s.connect();
	s.tune(nullptr, 10);
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.expect_at(499ms, seg(ACK, NEXT, NEXT + 100));
}

TEST(Delack, ARetuneCountsFromWhenItBeganToWait)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.at(10ms);
	s.tune([](rub_config &config) { config.delack = 90'000'000; });
	EXPECT_EQ(s.due(), 90ms);
	s.at(50ms);
	s.silence();
	s.tune([](rub_config &config) { config.delack = 20'000'000; });
	EXPECT_EQ(s.due(), 20ms); /* passed: it leaves now, once */
	s.late(50ms);
	s.expect(seg(ACK, NEXT, NEXT + 100));
	s.at(1s);
	s.silence();
}

TEST(Delack, OffIsOff)
{
	Script s([](rub_config &config) { config.delack = 0; });

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 1));
	s.expect(seg(ACK, NEXT, NEXT + 1));
}

/* A local drop is tried again after the delay: the peer must not wait for its own RTO. */
TEST(Delack, LocalDropIsTriedAgain)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.drop_next(1);
	s.at(DELAY);
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	s.expect_at(2 * DELAY, seg(ACK, NEXT, NEXT + 100));
	s.at(1s);
	s.silence();
}

/* It runs beside the retransmission clock and does not disturb it. */
TEST(Delack, BesideTheRetransmissionClock)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, NEXT, NEXT, MSS));
	s.at(10ms);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.expect_at(10ms + DELAY, seg(ACK, NEXT + MSS, NEXT + 100));
	s.at(5s);
	const std::vector<Sent> sent = s.take();
	ASSERT_GE(sent.size(), 2u);
	EXPECT_TRUE(sent[0].tx.again);
	EXPECT_EQ(sent[0].tx.seq, s.iss + NEXT);
	EXPECT_EQ(sent[0].tx.tries, 1u);
}

TEST(Delack, TheDeadWaitForNothing)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.send(seg(RST, NEXT + 100));
	s.died(ECONNRESET);
	s.silence();
}

/* Invariant 6: a pure ACK is never answered, whatever waits. */
TEST(Delack, APureAckIsNotAnswered)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	for (int i = 0; i < 20; i++) {
		s.send(seg(ACK, NEXT + 100, NEXT));
		s.silence();
	}
}

/* Two full segments are two of what we announced, where that is less than the default MSS. */
TEST(Delack, FullIsNoMoreThanWeAnnounced)
{
	Script s(delayed);

	s.env.adv_mss = 300;
	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, 300));
	s.silence();
	s.send(seg(ACK, NEXT + 300, NEXT, 299));
	s.silence();
	s.send(seg(ACK, NEXT + 599, NEXT, 1));
	s.expect(seg(ACK, NEXT, NEXT + 600));
}

/* ... and no less than the default MSS: a peer that sends little says nothing of its segments. */
TEST(Delack, FullIsNoLessThanTheDefault)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK, NEXT, NEXT, 535));
	s.silence();
	s.send(seg(ACK, NEXT + 535, NEXT, 536));
	s.silence();
	s.send(seg(ACK, NEXT + 1071, NEXT, 1));
	s.expect(seg(ACK, NEXT, NEXT + 1072));
}

/* Without a delay there is no clock that would say it again; the peer will, by sending again. */
TEST(Delack, OffALocalDropIsAnsweredWhenThePeerSendsAgain)
{
	Script s([](rub_config &config) { config.delack = 0; });

	s.connect();
	s.drop_next(1);
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	EXPECT_TRUE(s.never_due());
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
}

/* A pause is longer than an RTO: at the RTO exactly it is none. */
TEST(Delack, AnRtoExactlyIsNoPause)
{
	for (ns pause : {RTO, RTO + 1ns}) {
		Script s(delayed);
		u32 at = 1;

		s.connect();
		for (int i = 0; i < 30; i++, at += 100) {
			s.send(seg(ACK | PSH, at, 1, 100));
			s.take();
		}
		s.at(DELAY);
		s.take();
		s.at(pause);
		s.send(seg(ACK | PSH, at, 1, 100));
		if (pause == RTO)
			s.silence();
		else
			s.expect(seg(ACK, 1, at + 100));
	}
}

/* Data that leaves when the delay is over is no answer that an ACK could have waited for. */
TEST(Delack, AnAnswerComesBeforeTheDelayIsOver)
{
	for (ns late : {DELAY - 1ns, DELAY}) {
		Script s(delayed);

		s.connect();
		s.send(seg(ACK | PSH, 1, 1, 100));
		s.expect(seg(ACK, 1, 101));
		s.at(late);
		s.write(100);
		s.expect(seg(ACK | PSH, 1, 101, 100));
		s.send(seg(ACK | PSH, 101, 101, 100));
		if (late < DELAY)
			s.silence();
		else
			s.expect(seg(ACK, 101, 201));
	}
}

/* Switched off while one waits: it is due at once, and dropped locally it is not due for ever. */
TEST(Delack, SwitchedOffADropIsNotTriedAgain)
{
	Script s(delayed);

	s.connect();
	answers_data(s);
	s.send(seg(ACK | PSH, NEXT, NEXT, 100));
	s.silence();
	s.drop_next(1);
	s.tune([](rub_config &config) { config.delack = 0; });
	s.at(s.now());
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	EXPECT_TRUE(s.never_due());
}
