/* SPDX-License-Identifier: GPL-2.0-only */
/* The path takes more or less than before: RFC 1191, RFC 8201; RFC 9293 section 3.7.2. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

TEST(Mtu, SmallerSegmentsAtOnce)
{
	Script s;

	s.connect();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.silence();
	s.write(800);
	s.expect(seg(ACK, 1, 1, 400));
	s.expect(seg(ACK | PSH, 401, 1, 400));
	s.send(seg(ACK, 1, 801));
}

TEST(Mtu, LargerSegmentsAgain)
{
	Script s;

	s.connect();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = MSS;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Never more than the peer announced (MUST-16). */
TEST(Mtu, NeverBeyondThePeersMss)
{
	Script s;

	s.connect();
	s.env.path_mss = 9000;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
}

TEST(Mtu, AcceptedConnectionsKnowThePeersMssToo)
{
	Script s;

	s.accept();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = 9000;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* What is not open has no path, and remembers no error of one. */
TEST(Mtu, NotOfAConnectionThatIsNotOpen)
{
	Script s;

	s.refuses(RUB_CALL_MTU, 0);
	s.refuses(RUB_CALL_SOFT_ERROR, EHOSTUNREACH);
}

namespace
{

Seg data(u32 seq, u32 len)
{
	return seg(ACK, seq, 1, len).maybe(PSH);
}

void shrinks_to(Script &s, u16 mss)
{
	s.env.path_mss = mss;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
}

void agrees_on_sack(Script &s, bool sack)
{
	if (sack)
		s.tcb.opts |= RUB_OPT_SACK;
}

} // namespace

class Shrink : public testing::TestWithParam<bool>
{
};

INSTANTIATE_TEST_SUITE_P(NewReno, Shrink, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Sack, Shrink, testing::Values(true));

/*
 * RFC 1191 section 6.4: "should not change the congestion window. It should, however, trigger the
 * slow-start mechanism (i.e., only one segment should be retransmitted until acknowledgements begin
 * to arrive again)."
 */
TEST_P(Shrink, WhatWasTooBigGoesAgainBySlowStart)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(5 * MSS);
	s.take();
	const u32 cwnd = s.tcb.cc.cwnd;
	shrinks_to(s, 400);
	s.expect(data(1, 400));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	s.send(seg(ACK, 1, 401));
	s.expect(data(401, 400));
	s.expect(data(801, 400));
	s.silence();
	s.send(seg(ACK, 1, 1201));
	for (u32 i = 0; i < 4; i++)
		s.expect(data(1201 + i * 400, 400));
	s.silence();
	s.send(seg(ACK, 1, 2801));
	for (u32 i = 0; i < 5; i++)
		s.expect(data(2801 + i * 400, 400));
	s.expect(data(4801, 200));
	s.silence();
	s.send(seg(ACK, 1, 5001));
	EXPECT_GE(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.mtu.window, 0u);
}

/* The window is for what was too big; new data follows cwnd again when that is repaired. */
TEST_P(Shrink, NewDataWaitsUntilItIsRepaired)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(2 * MSS);
	s.take();
	shrinks_to(s, 500);
	s.expect(data(1, 500));
	s.write(8 * 500);
	s.silence();
	s.send(seg(ACK, 1, 501));
	EXPECT_EQ(s.take().size(), 2u);
	s.send(seg(ACK, 1, 1501)); /* the last of it leaves, and as much new as slow start allows */
	EXPECT_EQ(s.take().size(), 4u);
	s.send(seg(ACK, 1, 3501));
	EXPECT_EQ(s.take().size(), 5u); /* all that is left */
	s.send(seg(ACK, 1, 6001));
}

/* A cwnd that is smaller than what slow start would allow still holds. */
TEST_P(Shrink, NeverMoreThanCwnd)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(4 * MSS);
	s.take();
	s.tcb.cc.cwnd = s.tcb.cc.ssthresh = 1000;
	shrinks_to(s, 400);
	s.expect(data(1, 400));
	s.send(seg(ACK, 1, 401));
	s.take();
	s.send(seg(ACK, 1, 801));
	s.take();
	EXPECT_LE(rub_pipe(&s.tcb), s.tcb.cc.cwnd);
	s.send(seg(ACK, 1, 1201));
	s.take();
	EXPECT_LE(rub_pipe(&s.tcb), s.tcb.cc.cwnd);
	s.send(seg(ACK, 1, 4001));
	EXPECT_EQ(s.tcb.mtu.window, 0u);
}

/* Only what was too big; a segment of exactly the new size was not. */
TEST_P(Shrink, SmallSegmentsDoNotGoAgain)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	for (u32 bytes : {300, 400, 401, 100}) {
		s.write(bytes);
		s.take();
	}
	shrinks_to(s, 400);
	s.expect(data(701, 400));
	s.silence();
	EXPECT_EQ(s.tcb.out.lost, 1u);
	s.send(seg(ACK, 1, 701));
	s.expect(data(1101, 1));
	s.silence();
	s.send(seg(ACK, 1, 1202));
}

/* RFC 1191 section 6.4: "MUST not retransmit in response to every Datagram Too Big message". */
TEST_P(Shrink, TheSameWordAgainSaysNothing)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(5 * MSS);
	s.take();
	shrinks_to(s, 400);
	s.expect(data(1, 400));
	for (int i = 0; i < 4; i++) {
		shrinks_to(s, 400);
		s.silence();
	}
	s.send(seg(ACK, 1, 401));
	s.take();
	s.send(seg(ACK, 1, 5001));
}

/* RFC 8201 section 5.4: "must not be considered as a congestion notification". */
TEST_P(Shrink, DuplicatesMeanNoCongestion)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	for (u32 bytes : {1000, 400, 400, 400, 400, 400}) {
		s.write(bytes);
		s.take();
	}
	const u32 cwnd = s.tcb.cc.cwnd;
	shrinks_to(s, 400);
	s.expect(data(1, 400));
	for (u32 i = 1; i <= 5; i++) {
		Seg dup = seg(ACK, 1, 1);
		if (GetParam())
			dup = dup.sack({{1 + MSS, 1 + MSS + i * 400}});
		s.send(dup);
		s.take();
	}
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	s.send(seg(ACK, 1, 3001));
}

/* The path changes while something else is repaired: that goes on, and cwnd is recovery's. */
TEST_P(Shrink, DuringRecovery)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(6 * MSS);
	s.take();
	s.at(RTT);
	for (u32 i = 1; i <= 3; i++) {
		Seg dup = seg(ACK, 1, 1);
		if (GetParam())
			dup = dup.sack({{1 + MSS, 1 + MSS + i * MSS}});
		s.send(dup);
		s.take();
	}
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	const u32 ssthresh = s.tcb.cc.ssthresh, recover = s.tcb.loss.recover;
	shrinks_to(s, 400);
	for (const Sent &sent : s.take())
		EXPECT_LE(sent.tx.len, 400u);
	EXPECT_EQ(s.tcb.cc.ssthresh, ssthresh);
	EXPECT_EQ(s.tcb.loss.recover, recover);
	for (int i = 0; i < 30 && s.tcb.snd_una != s.tcb.snd_end; i++) {
		s.send(seg(ACK, 1, s.tcb.snd_una - s.iss + 400));
		for (const Sent &sent : s.take())
			EXPECT_LE(sent.tx.len, 400u);
	}
	EXPECT_EQ(s.tcb.snd_una, s.tcb.snd_end);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
}

/* Nothing comes back: the retransmission timer takes over, and its own slow start. */
TEST_P(Shrink, TheTimerTakesOver)
{
	Script s;

	s.connect();
	agrees_on_sack(s, GetParam());
	s.write(5 * MSS);
	s.take();
	shrinks_to(s, 400);
	s.expect(data(1, 400));
	s.at(RTO);
	s.expect(data(1, 400).retransmitted(1));
	EXPECT_EQ(s.tcb.mtu.window, 0u);
	s.send(seg(ACK, 1, 401));
	s.take();
	s.send(seg(ACK, 1, 5001));
}

/* Super-segments are cut anew, each piece as small as the path wants it. */
TEST_P(Shrink, SuperSegmentsAreCutAnew)
{
	Script s;

	s.env.gso_max = 65536;
	s.connect();
	agrees_on_sack(s, GetParam());
	s.units.clear();
	s.write(6 * MSS);
	EXPECT_EQ(s.units.size(), 1u);
	s.take();
	s.units.clear();
	shrinks_to(s, 700);
	ASSERT_EQ(s.units.size(), 1u);
	EXPECT_EQ(s.units[0].len, 700u);
	EXPECT_EQ(s.units[0].cut, 700);
	s.take();
	s.units.clear();
	s.send(seg(ACK, 1, 701));
	s.expect(data(701, 700));
	s.expect(data(1401, 700));
	for (const rub_tx &unit : s.units)
		EXPECT_EQ(unit.cut, 700);
	s.send(seg(ACK, 1, 6001));
}

/* A lie in an ICMP message: segments become tiny, never nothing, never a storm, and recover. */
TEST_P(Shrink, ALieIsSurvived)
{
	for (u16 lie : {47, 28, 1, 0}) {
		Script s;

		s.connect();
		agrees_on_sack(s, GetParam());
		s.write(3 * MSS);
		s.take();
		shrinks_to(s, lie);
		s.expect(data(1, std::max<u16>(lie, 1)));
		s.silence();
		shrinks_to(s, MSS);
		s.take();
		s.send(seg(ACK, 1, 3001));
		s.write(MSS);
		s.expect(data(3001, MSS));
		s.send(seg(ACK, 1, 4001));
	}
}

/* Before the peer's SYN there is nothing to send again, and 536 to go by (MUST-15). */
TEST(Mtu, OfAConnectionThatIsBeingOpened)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	shrinks_to(s, 300);
	s.silence();
	EXPECT_EQ(rub_mss(&s.tcb), 300u);
	shrinks_to(s, MSS);
	EXPECT_EQ(rub_mss(&s.tcb), 536u);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	EXPECT_EQ(rub_mss(&s.tcb), MSS);
}

/* The windows are scaled, the segments are not: the whole of a large window is used. */
TEST_P(Shrink, InAScaledWindow)
{
	Script s([&](rub_config &c) {
		c.knobs.window_scale = 1;
		c.knobs.sack = GetParam();
	});

	s.open();
	s.expect(seg(SYN));
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).window(8000).with_scale(7).with_sack_ok(GetParam()));
	s.take();
	s.tcb.cc.cwnd = 200000;
	s.send(seg(ACK, 1, 1).window(1000)); /* 128,000 */
	s.write(100 * MSS);
	EXPECT_EQ(s.take().size(), 100u);
	shrinks_to(s, 500);
	s.expect(data(1, 500));
	s.silence();
	for (u32 una = 501, step = 500; una < 1 + 100 * MSS; una += step) {
		s.send(seg(ACK, 1, una).window(1000));
		step = static_cast<u32>(s.take().size()) * 500;
		ASSERT_GT(step, 0u);
	}
	EXPECT_EQ(s.tcb.out.lost, 0u);
	s.send(seg(ACK, 1, 1 + 100 * MSS).window(1000));
}

/* A hole in the middle, told by SACK, stays a hole: what arrived does not go again. */
TEST(Mtu, WhatSackToldStays)
{
	Script s;

	s.connect();
	agrees_on_sack(s, true);
	s.write(6 * MSS);
	s.take();
	s.send(seg(ACK, 1, 1).sack({{1 + 2 * MSS, 1 + 3 * MSS}}));
	s.take();
	shrinks_to(s, 400);
	std::vector<Range> sent;
	for (int i = 0; i < 30 && s.tcb.snd_una != s.tcb.snd_end; i++) {
		for (const Sent &one : s.take())
			sent.push_back({one.tx.seq - s.iss, one.tx.seq - s.iss + one.tx.len});
		if (sent.empty())
			break;
		const u32 end = sent.back().to;
		s.send(seg(ACK, 1, end == 1 + 2 * MSS ? 1 + 3 * MSS : end));
	}
	EXPECT_EQ(s.tcb.snd_una, s.tcb.snd_end);
	for (const Range &r : sent)
		EXPECT_TRUE(r.to <= 1 + 2 * MSS || r.from >= 1 + 3 * MSS) << r.from;
}
