/* SPDX-License-Identifier: GPL-2.0-only */
/* Window scale: RFC 7323 section 2. */
#include <algorithm>

#include "script.h"

using namespace script;

namespace
{

void scaled(rub_config &config)
{
	config.knobs.window_scale = 1;
}

/* Our buffer asks for @ours, the peer's SYN+ACK has @theirs. */
void connect_scaled(Script &s, u32 buffer, u8 ours, u8 theirs, u16 window)
{
	s.buffer = buffer;
	s.env.rcv_free = s.env.rcv_buf = buffer;
	s.mark();
	s.open();
	s.expect(seg(SYN).with_scale(ours));
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).with_scale(theirs).window(window));
	s.expect(ours ? seg(ACK, 1, 1).window(static_cast<u16>(buffer >> ours)) : seg(ACK, 1, 1));
	s.mark();
}

} // namespace

/* The smallest shift that lets the whole buffer be offered, at most 14 (section 2.3). */
TEST(WindowScale, OursFollowsFromTheLargestBuffer)
{
	static constexpr struct {
		u32 most;
		u8 shift;
	} rows[] = {{1, 0},	  {65535, 0},	  {65536, 1},	  {131071, 1},	      {131072, 2},
		    {1 << 20, 5}, {64 << 20, 11}, {1u << 30, 15}, {65535u << 14, 14}, {~0u, 16}};

	for (const auto &row : rows) {
		Script s(scaled);

		s.env.rcv_max = row.most;
		s.open();
		s.expect(seg(SYN).with_scale(std::min<u8>(row.shift, 14)));
	}
}

/* What may become of the buffer; else what it is; and never less than what is free in it. */
TEST(WindowScale, OursIsOfTheLargestThatIsKnown)
{
	static constexpr struct {
		u32 free, buffer, max;
		u8 shift;
	} rows[] = {{1 << 20, 0, 0, 5},
		    {1 << 20, 1 << 10, 1 << 10, 5},
		    {8000, 1 << 20, 0, 5},
		    {8000, 8000, 1 << 20, 5},
		    {65536, 65535, 0, 1}};

	for (const auto &row : rows) {
		rub_policy policy{};
		rub_env env{};

		policy.knobs.window_scale = 1;
		env.policy = &policy;
		env.now = 1;
		env.rcv_free = row.free;
		env.rcv_buf = row.buffer;
		env.rcv_max = row.max;
		rub_seg syn{};
		rub_half half;
		rub_tx tx;

		syn.flags = SYN;
		syn.opts = RUB_OPT_WSCALE;
		ASSERT_EQ(rub_listen_segment(&syn, &env, &half, &tx), RUB_CREATE);
		EXPECT_EQ(tx.wscale, row.shift) << row.free;
	}
}

TEST(WindowScale, IsNotOfferedWhereTheKnobIsOff)
{
	Script s;

	s.env.rcv_max = 1 << 20;
	s.open();
	ASSERT_EQ(s.units.size(), 1u);
	EXPECT_EQ(s.units[0].opts & RUB_OPT_WSCALE, 0);
	s.expect(seg(SYN));
}

/* "otherwise, it MUST set both Snd.Wind.Shift and Rcv.Wind.Shift to zero" */
TEST(WindowScale, NeitherIsScaledUnlessBothOffered)
{
	Script s(scaled);

	s.buffer = 1 << 20;
	s.open();
	s.expect(seg(SYN).with_scale(5).window(65535));
	s.send(seg(SYN | ACK, 0, 1).window(100));
	s.expect(seg(ACK, 1, 1).window(65535));
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, 100).window(65535));
	s.send(seg(ACK, 1, 101).window(1000));
	s.expect(seg(ACK, 101, 1, MSS).window(65535));
}

TEST(WindowScale, TheWindowOfASynIsNot)
{
	Script s(scaled);

	connect_scaled(s, 8000, 0, 7, 100);
	s.write(4 * MSS);
	s.expect(seg(ACK, 1, 1, 100));
	/* Of every other segment it is. */
	s.send(seg(ACK, 1, 101).window(16));
	s.expect(seg(ACK, 101, 1, MSS));
	s.expect(seg(ACK, 101 + MSS, 1, MSS));
	s.silence();
}

/* "MUST use 14 instead of the specified value" */
TEST(WindowScale, MoreThanFourteenMeansFourteen)
{
	for (u8 shift : {u8(14), u8(15), u8(255)}) {
		Script s(scaled);

		connect_scaled(s, 8000, 0, shift, 0);
		s.send(seg(ACK, 1, 1).window(1));
		EXPECT_EQ(s.tcb.snd_wnd, 1u << 14);
	}
}

/* Crossed SYNs: the SYN+ACK's window is that of a SYN. */
TEST(WindowScale, TheWindowOfACrossedSynAckIsNot)
{
	Script s(scaled);

	s.open();
	s.expect(seg(SYN).with_scale(0));
	s.send(seg(SYN).with_scale(7).window(500));
	EXPECT_EQ(s.tcb.snd_wnd, 500u);
	s.expect(seg(SYN | ACK, 0, 1).with_scale(0));
	s.send(seg(SYN | ACK, 0, 1).with_scale(7).window(600));
	s.take();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(s.tcb.snd_wnd, 600u);
	s.send(seg(ACK, 1, 1).window(600));
	EXPECT_EQ(s.tcb.snd_wnd, 600u << 7);
}

TEST(WindowScale, OursIs)
{
	Script s(scaled);

	connect_scaled(s, 1 << 20, 5, 0, PEER_WND);
	s.send(seg(ACK | PSH, 1, 1, 320));
	s.expect(seg(ACK, 1, 321).window(((1 << 20) - 320) >> 5));
}

/*
 * Section 2.4: an edge between two units cannot be said. What is offered never lies beyond the
 * buffer, stays within a unit of what was promised, and what was promised is taken.
 */
TEST(WindowScale, RoundingNeverPromisesMoreNorTakesBackWhatWasPromised)
{
	constexpr u32 SIZE = 1 << 20, UNIT = 1 << 5;
	Script s(scaled);
	u32 best = 1 + SIZE, seq = 1, retreats = 0; /* the handshake's ACK promised it all */

	connect_scaled(s, SIZE, 5, 0, PEER_WND);
	for (u32 n = 1; seq + n < 1 + SIZE; n = n * 7 % 997 + 1) {
		s.send(seg(ACK, seq, 1, n));
		seq += n;
		for (const Sent &sent : s.take()) {
			const u32 edge = sent.tx.ack - s.irs + sent.tx.wnd * UNIT;

			ASSERT_LE(edge, 1 + SIZE) << "more than the buffer holds";
			ASSERT_GT(edge + UNIT, best) << "taken back by more than rounding";
			retreats += edge < best;
		}
		ASSERT_EQ(s.tcb.rcv_edge - s.irs, best);
	}
	EXPECT_GT(retreats, 0u) << "the script never met the case";
	/* The last byte of the best promise is in the window, whatever was said last. */
	s.send(seg(ACK, best - 1, 1, 1));
	s.kept({{best - 1, best}});
	s.take();
}

/* With room in the buffer the edge that is said never retreats at all. */
TEST(WindowScale, RoundingIsUpWhereThereIsRoom)
{
	constexpr u32 SIZE = 1 << 20, UNIT = 1 << 5;
	Script s(scaled);
	u32 best = 1 + SIZE, seq = 1;

	connect_scaled(s, SIZE, 5, 0, PEER_WND);
	s.send(seg(ACK, seq, 1, 500));
	s.take();
	s.read(500);
	s.take();
	for (seq = 501; seq < 900; seq += 7) {
		s.send(seg(ACK, seq, 1, 7));
		for (const Sent &sent : s.take()) {
			const u32 edge = sent.tx.ack - s.irs + sent.tx.wnd * UNIT;

			ASSERT_GE(edge, best);
			ASSERT_LE(edge, 1 + SIZE + 500);
			best = edge;
		}
	}
}

/* RFC 9293's window of a connection: 1 GiB at most, and no arithmetic overflows there. */
TEST(WindowScale, ThePeersLargestWindow)
{
	Script s(scaled);

	connect_scaled(s, 8000, 0, 14, 65535);
	s.send(seg(ACK, 1, 1).window(65535));
	EXPECT_EQ(s.tcb.snd_wnd, 65535u << 14);
	s.write(3 * MSS);
	for (u32 i = 0; i < 3; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	/* RFC 5961 section 5.2 with MAX.SND.WND of a gigabyte. */
	s.send(seg(ACK, 1, 1 - (65535u << 14)).window(65535));
	s.silence();
	s.send(seg(ACK, 1, 0 - (65535u << 14)).window(65535));
	s.expect(seg(ACK, 1 + 3 * MSS, 1));
	s.dropped_for(RUBATO_REASON_OLD_ACK);
}

/*
 * RFC 9293 section 3.4: numbers are compared modulo 2^32, so a long way before a large window looks
 * like a way behind it. Such a segment does not surround the window.
 */
TEST(WindowScale, WhatIsFarBeforeALargeWindowIsNotTaken)
{
	constexpr u32 LARGE = 512u << 20, FAR = 0x80000000u - LARGE;

	for (u32 before : {FAR - 100, FAR, FAR + 100, 0x7fffffffu, 0x80000000u}) {
		Script s(scaled);

		connect_scaled(s, LARGE, 14, 0, 65535);
		s.send(seg(ACK, 1 - before, 1, 100));
		s.kept({});
		s.dropped_for(RUBATO_REASON_OLD_DATA);
		s.expect(seg(ACK, 1, 1).window(LARGE >> 14));
	}
}

/* Section 2.3: every window but a SYN's is scaled, a keepalive's too; what it offers is taken. */
TEST(WindowScale, TheWindowOfAKeepaliveIs)
{
	Script s([](rub_config &config) {
		scaled(config);
		config.knobs.keepalive_force = 1;
	});

	connect_scaled(s, 1 << 20, 5, 0, 65535);
	s.buffer = 2 << 20;
	s.env.rcv_free = s.env.rcv_buf = s.buffer;
	s.expect_at(2h, seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE).window(65535));
	EXPECT_EQ(s.tcb.rcv_edge - s.tcb.rcv_nxt, 65535u << 5);
	s.send(seg(ACK | PSH, 1 + (1 << 20), 1, 100));
	s.kept({{1 + (1 << 20), 101 + (1 << 20)}});
	s.take();
}

namespace
{

/* 2,000 bytes fill the window that the SYN+ACK offered; the first half has to be sent again. */
void two_segments_lost(Script &s)
{
	connect_scaled(s, 8000, 0, 7, 2000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(RTO, seg(ACK, 1, 1, MSS).retransmitted(1));
}

} // namespace

/*
 * Section 2.4 (4): "if the sequence number is out of window by less than 2^Rcv.Wind.Shift, then do
 * normal retransmission(s)". The peer has room for 1,000 bytes, and can say 7 * 128 = 896.
 */
TEST(WindowScale, WhatLeftBeforeGoesAgainThoughTheWindowWasRoundedDown)
{
	Script s(scaled);

	two_segments_lost(s);
	s.send(seg(ACK, 1, 1 + MSS).window(7));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.write(10);
	s.silence(); /* (3): "The initial transmission MUST be within the window announced" */
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(7));
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, 10));
}

/* Six units less than what is in flight are no rounding: that window was taken back. */
TEST(WindowScale, NothingGoesAgainBeyondWhatRoundingExplains)
{
	Script s(scaled);

	two_segments_lost(s);
	s.send(seg(ACK, 1, 1 + MSS).window(1));
	s.expect(seg(ACK, 1 + MSS, 1, 128 + 127));
	s.silence();
}

/* The peer has room for 50 bytes, and can only say 0. */
TEST(WindowScale, AWindowRoundedDownToZeroTakesWhatLeftBefore)
{
	Script s(scaled);

	connect_scaled(s, 8000, 0, 7, MSS + 50);
	ASSERT_EQ(s.call(RUB_CALL_SEND, MSS + 40, false), 0);
	s.shutdown();
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(FIN | PSH | ACK, 1 + MSS, 1, 40));
	s.expect_at(RTO, seg(ACK, 1, 1, MSS).retransmitted(1));
	s.send(seg(ACK, 1, 1 + MSS).window(0));
	s.expect(seg(FIN | PSH | ACK, 1 + MSS, 1, 40));
	s.send(seg(ACK, 1, 2 + MSS + 40).window(0));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* The same where the clock finds it so. */
TEST(WindowScale, TheClockSendsAgainWhatARoundedWindowTakes)
{
	Script s(scaled);

	connect_scaled(s, 8000, 0, 7, 50);
	s.write(40);
	s.expect(seg(ACK | PSH, 1, 1, 40));
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(RTO, seg(ACK | PSH, 1, 1, 40).retransmitted(1).by(RUBATO_CLOCK_DATA));
	s.expect_at(3 * RTO, seg(ACK | PSH, 1, 1, 40).retransmitted(2));
	s.send(seg(ACK, 1, 41).window(0));
	EXPECT_TRUE(s.never_due());
}

/* Section 2.4: rounded up where there is room, and be it to the byte; with a byte less, down. */
TEST(WindowScale, RoundingIsUpToTheLastByteOfRoom)
{
	for (u32 reads : {19u, 20u}) {
		constexpr u32 SIZE = 1 << 20;
		Script s(scaled);

		connect_scaled(s, SIZE, 5, 0, PEER_WND);
		s.send(seg(ACK, 1, 1, 500));
		s.take();
		s.read(reads);
		s.silence();
		s.send(seg(ACK, 1, 1,
			   500)); /* SIZE - 500 is 32752.375 units, SIZE - 480 is 32753 */
		s.expect(seg(ACK, 1, 501).window(reads == 20 ? 32753 : 32752));
	}
}

/* RFC 9293 section 3.8.6.2.2: whatever the scale, the edge moves by a full segment, in whole units.
 */
TEST(WindowScale, AClosedWindowOpensByAFullSegment)
{
	constexpr u32 SIZE = 1 << 18, UNIT = 1 << 3;
	Script s(scaled);

	connect_scaled(s, SIZE, 3, 0, PEER_WND);
	s.send(seg(ACK, 1, 1, SIZE));
	s.expect(seg(ACK, 1, 1 + SIZE).window(0));
	s.read(MSS - 1);
	s.silence();
	s.read(1);
	s.expect(seg(ACK, 1, 1 + SIZE).window(MSS / UNIT));
	s.read(7); /* MSS + 7 would be as many units */
	s.silence();
}

/* The smallest buffers: a step of half of it, at least a byte. */
TEST(WindowScale, ABufferOfAFewBytes)
{
	for (u32 size : {1u, 2u, 3u}) {
		Script s;

		s.buffer = size;
		s.connect();
		s.send(seg(ACK | PSH, 1, 1, size));
		s.expect(seg(ACK, 1, 1 + size).window(0));
		ASSERT_EQ(s.call(RUB_CALL_RECEIVE, 0), 0); /* nothing was read */
		s.silence();
		if (size == 3) {
			s.read(1); /* less than half */
			s.silence();
		}
		s.read(1);
		s.expect(seg(ACK, 1, 1 + size).window(size == 3 ? 2 : 1));
	}
}
