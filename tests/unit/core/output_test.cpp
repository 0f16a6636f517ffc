/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leaves, how much of it and when: the corners of RFC 9293 section 3.8.6, RFC 3042, RFC 8985
 * section 7.3 and of sending in two phases.
 */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

u32 nth(u32 i)
{
	return 1 + i * MSS;
}

/* Full segments number @from and on. */
void sent_segments(Script &s, u32 from, u32 n)
{
	for (u32 i = from; i < from + n; i++)
		s.expect(seg(ACK, nth(i), 1, MSS).maybe(PSH));
}

/* Connected with SACK, the retransmission timer far away; @n segments in flight since 0. */
void probing(Script &s, u32 n, u16 wnd = PEER_WND)
{
	s.connect(wnd);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(n * MSS);
	sent_segments(s, 0, n);
	s.silence();
}

void patient(rub_config &c)
{
	c.rto_min = 1'000'000'000;
}

/* Time passes, and the shell has not drained yet. */
void expire(Script &s, ns t)
{
	rub_rx rx;

	s.env.now += static_cast<rub_ns>(t.count());
	rub_expire(&s.tcb, &s.env, &rx);
}

} // namespace

/* RFC 3042 section 2: "on the first and second duplicate ACKs", and by no more than two segments.
 */
TEST(LimitedTransmit, EndsWithTheSecondDuplicate)
{
	Script s;

	s.connect(60000);
	s.write(40 * MSS);
	sent_segments(s, 0, 10);
	for (int i = 0; i < 3; i++) {
		s.send(seg(ACK, 1, 1).window(60000));
		s.take();
	}
	const u32 max = s.tcb.snd_max - s.iss;
	s.send(seg(ACK, 1, max).window(60000)); /* recovery is over; its end is SND.UNA */
	const u32 n = static_cast<u32>(s.take().size());
	ASSERT_GT(n, 0u);
	s.send(seg(ACK, 1, max).window(60000));
	s.expect(seg(ACK, max + n * MSS, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, max).window(60000));
	s.expect(seg(ACK, max + (n + 1) * MSS, 1, MSS));
	s.silence();
	for (int i = 0; i < 5; i++) { /* RFC 6582 section 3.2 step 2: no fast retransmit here */
		s.send(seg(ACK, 1, max).window(60000));
		s.silence();
	}
}

/* RFC 8985 section 7.3: a new segment "if new data and the receive window allow", one of them. */
TEST(LossProbe, IsOneFullNewSegmentBeyondCwnd)
{
	Script s(patient);

	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(20 * MSS);
	sent_segments(s, 0, 10);
	s.silence();
	s.expect_at(200ms, seg(ACK, nth(10), 1, MSS).as_unit(RUB_UNIT_DATA));
	s.silence();
	EXPECT_EQ(s.tcb.run.tries, 0u);
}

TEST(LossProbe, FitsThePeersWindow)
{
	Script s(patient);

	probing(s, 3, 3 * MSS + 300);
	s.write(MSS);
	s.silence();
	s.expect_at(200ms, seg(ACK, nth(3), 1, 300));
	s.silence();
}

/* No room for what is new: what left last goes again, whole segments of it alone. */
TEST(LossProbe, WithoutRoomTheLastSegmentGoesAgain)
{
	Script s(patient);

	probing(s, 3, 3 * MSS);
	s.write(MSS);
	s.silence();
	s.expect_at(200ms, seg(ACK, nth(2), 1, MSS));
	s.silence();
}

/* Of a large unit, its last segment: what is full stays full. */
TEST(LossProbe, OfAUnitTheLastSegmentGoesAgain)
{
	for (u32 bytes : {2 * MSS + 1u, 2 * MSS + 500u, 3u * MSS}) {
		Script s(patient);

		s.env.gso_max = 64 * MSS;
		s.connect();
		s.tcb.opts |= RUB_OPT_SACK;
		rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
		s.write(bytes);
		s.take();
		s.expect_at(200ms, seg(ACK | PSH, nth(2), 1, bytes - 2 * MSS));
		s.silence();
	}
}

/* The window has shrunk to nothing under what is in flight: no probe, the timer will tell. */
TEST(LossProbe, NotIntoAWindowThatHasShrunk)
{
	Script s(patient);

	probing(s, 3);
	s.at(50ms);
	s.send(seg(ACK, 1, 1).window(0));
	s.silence();
	s.at(900ms);
	s.silence();
	EXPECT_EQ(s.tcb.out.lost, 0u);
}

/* A FIN that has not left is new, too. */
TEST(LossProbe, TakesTheFinAlong)
{
	Script s(patient);

	s.connect(3 * MSS);
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(3 * MSS);
	sent_segments(s, 0, 3);
	s.shutdown(); /* its number is beyond the window */
	s.silence();
	s.expect_at(200ms, seg(ACK | PSH, nth(2), 1, MSS));
	s.send(seg(ACK, 1, 1).window(4 * MSS));
	s.take();
}

/* A local drop: no probe has left, nothing waits for its answer; the timer is nominal. */
TEST(LossProbe, DroppedLocallyItIsNone)
{
	Script s(patient);

	probing(s, 3);
	s.drop_next(1);
	s.at(200ms);
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	EXPECT_FALSE(s.tcb.loss.tlp.out);
	EXPECT_EQ(s.tcb.run.dropped, 0u);
	s.at(999ms);
	s.silence();
	s.expect_at(1s, seg(ACK, 1, 1, MSS).retransmitted(1));
}

/* What it was for is acknowledged before it could leave: it leaves no more, now or later. */
TEST(LossProbe, AnAcknowledgementComesFirst)
{
	Script s(patient);

	probing(s, 3);
	expire(s, 200ms);
	s.deliver(seg(ACK, 1, nth(3)));
	s.drain();
	s.silence();
	s.write(MSS);
	s.expect(seg(ACK | PSH, nth(3), 1, MSS));
	EXPECT_FALSE(s.tcb.loss.tlp.out); /* no probe: new data, with a probe of its own */
	/* 2 SRTT + 200 ms for an ACK delayed (RFC 8985 section 7.2); SRTT is 7/8 * 100 + 200 / 8 ms
	 */
	s.expect_at(200ms + 425ms, seg(ACK | PSH, nth(3), 1, MSS));
}

/* RFC 7323 section 3.2: in SYN_SENT nothing is agreed on, so an RST has no timestamps. */
TEST(Reset, InSynSentItHasNoTimestamps)
{
	Script s([](rub_config &c) { c.knobs.timestamps = 1; });

	s.open();
	s.take();
	s.send(seg(ACK, 0, 5));
	const std::vector<Sent> sent = s.take();
	ASSERT_EQ(sent.size(), 1u);
	EXPECT_EQ(sent[0].tx.flags, RST);
	EXPECT_EQ(sent[0].tx.seq, s.iss + 5);
	EXPECT_EQ(sent[0].tx.opts & RUB_OPT_TS, 0);
}

/* An RST is said once: one that could not leave is lost as on the way. */
TEST(Reset, DroppedLocallyItIsNotSaidAgain)
{
	Script s;

	s.connect();
	s.drop_next(1);
	s.abort(ECONNABORTED);
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	s.died(ECONNABORTED);
}

TEST(Reset, OneThatRefusesIsNotSaidAgainEither)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.drop_next(1);
	s.send(seg(ACK, 0, 5));
	s.silence();
	EXPECT_EQ(s.dropped(), 1u);
	s.drain();
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

/* A unit of which nothing could be built has not left: no try, again after rto-min. */
TEST(Sent, NothingOfAUnitIsALocalDrop)
{
	Script s;
	rub_tx tx;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 100, false), 0);
	ASSERT_TRUE(rub_transmit(&s.tcb, &s.env, &tx));
	ASSERT_EQ(tx.len, 100u);
	rub_sent(&s.tcb, &tx, 0, &s.env);
	EXPECT_EQ(s.tcb.snd_nxt, s.tcb.snd_una);
	EXPECT_FALSE(rub_transmit(&s.tcb, &s.env, &tx));
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, 100));
	s.send(seg(ACK, 1, 101));
}

/* MUST-35 to 38: a receiver's window update before the handshake has nobody to go to. */
TEST(WindowUpdate, NotBeforeTheHandshake)
{
	Script s;

	s.buffer = 1000;
	s.open();
	s.expect(seg(SYN).window(1000));
	s.buffer = 60000;
	ASSERT_EQ(s.call(RUB_CALL_RECEIVE, 0), 0);
	s.silence();
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1).window(60000));
}

/* Nor behind the peer's FIN: it has nothing to send. */
TEST(WindowUpdate, NotBehindTheFin)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH | FIN, 1, 1, BUFFER - 1));
	s.expect(seg(ACK, 1, 1 + BUFFER));
	s.read(BUFFER - 1);
	s.silence();
}

/*
 * RFC 9293 section 3.8.6.2.2, and as much as is worth a segment of its own: below a full segment
 * any step of the right edge is, above it two segments or half of the buffer.
 */
TEST(WindowUpdate, TwoSegmentsAreWorthOne)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 3 * MSS));
	s.expect(seg(ACK, 1, 1 + 3 * MSS));
	s.read(2 * MSS - 1);
	s.silence();
	s.read(1);
	s.expect(seg(ACK, 1, 1 + 3 * MSS).window(BUFFER - MSS));
}

TEST(WindowUpdate, HalfOfASmallBufferIsWorthOne)
{
	Script s;

	s.buffer = 2400;
	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 1400));
	s.expect(seg(ACK, 1, 1401).window(1000));
	s.read(1199); /* the edge may move by 1000; half of the buffer is 1200 */
	s.silence();
	s.read(1);
	s.expect(seg(ACK, 1, 1401).window(2200));
}

TEST(WindowUpdate, BelowAFullSegmentAnyStepIsWorthOne)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, BUFFER - MSS + 1));
	s.expect(seg(ACK, 1, BUFFER - MSS + 2).window(MSS - 1));
	s.read(MSS - 1);
	s.silence();
	s.read(1);
	s.expect(seg(ACK, 1, BUFFER - MSS + 2).window(2 * MSS - 1));
}

/* One full segment left: a peer that fills it will be told with its acknowledgement. */
TEST(WindowUpdate, WithAFullSegmentLeftOneMoreIsNotWorthIt)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, BUFFER - MSS));
	s.expect(seg(ACK, 1, 1 + BUFFER - MSS).window(MSS));
	s.read(MSS);
	s.silence();
	s.read(MSS - 1);
	s.silence();
	s.read(1);
	s.expect(seg(ACK, 1, 1 + BUFFER - MSS).window(3 * MSS));
}
