/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has brought other TCPs down, hung them or been used against them. The table of all cases,
 * with the tests in other files that show them, is the file survives.
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

/* SACK agreed on; @n segments in flight since time 0. */
void in_flight(Script &s, u32 n)
{
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(n * MSS);
	for (u32 i = 0; i < n; i++)
		s.expect(seg(ACK, nth(i), 1, MSS).maybe(PSH));
}

void half_open(Script &s)
{
	s.mark();
	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
}

} // namespace

TEST(Survive, SimultaneousOpenWhereThePeerKnowsNoOption)
{
	Script s(modern);

	s.open();
	s.expect(seg(SYN).maybe(ECE | CWR));
	s.send(seg(SYN).with_mss(0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	s.write(2 * 536);
	s.expect(seg(ACK, 1, 1, 536).with_sack_ok(false));
	s.expect(seg(ACK | PSH, 537, 1, 536));
}

/* The SYN comes back to its sender: both ends are one. */
TEST(Survive, SelfConnect)
{
	Script s;

	s.irs = s.iss; /* it speaks to itself */
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(SYN | ACK, 0, 1));
	s.maybe(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1)); /* and so its own ACK */
	s.silence();
}

TEST(Survive, SimultaneousCloseWithOurFinLost)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_CLOSING);
	s.expect_at(RTO, seg(FIN | ACK, 1, 2));
	s.send(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Survive, SimultaneousCloseWithThePeersFinLost)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(ACK, 2, 2)); /* behind its lost FIN */
	s.maybe(seg(ACK, 2, 1));
	s.state_is(RUBATO_FIN_WAIT_2);
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Survive, BothFinsLostThenBothAgain)
{
	Script s;

	s.to_fin_wait_1();
	s.expect_at(RTO, seg(FIN | ACK, 1, 1));
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	s.send(seg(FIN | ACK, 1, 1)); /* our ACK was lost */
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_CLOSING);
	s.send(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Survive, ResetOneByteOff)
{
	for (u32 seq : {0u, 2u}) {
		Script s;

		s.connect();
		s.send(seg(RST, seq));
		s.maybe(seg(ACK, 1, 1));
		s.state_is(RUBATO_ESTABLISHED);
	}
}

TEST(Survive, ResetOneByteOffInSynReceived)
{
	for (u32 seq : {0u, 2u}) {
		Script s;

		half_open(s);
		s.send(seg(RST, seq));
		s.maybe(seg(ACK, 1, 1));
		s.state_is(RUBATO_SYN_RCVD);
		s.send(seg(ACK, 1, 1));
		s.state_is(RUBATO_ESTABLISHED);
	}
}

/*
 * CVE-2016-5696: who counts challenge ACKs on his own connection learns of the other's only
 * if they share a limit. However many were drawn from one, the other still has all of its own.
 */
TEST(Survive, ChallengeAcksAreNotCountedAcrossConnections)
{
	auto challenges = [](Script &s) {
		u32 n = 0;

		for (u32 i = 0; i < 2000; i++) {
			s.send(seg(SYN, 5));
			n += static_cast<u32>(s.take().size());
		}
		return n;
	};
	Script alone, attacked, other;

	alone.connect();
	attacked.connect();
	other.connect();
	const u32 usual = challenges(alone);
	EXPECT_LT(usual, 2000u);
	EXPECT_EQ(challenges(attacked), usual);
	EXPECT_EQ(challenges(other), usual);
}

TEST(Survive, FinWithDataBeyondTheWindow)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK | PSH, 1, 1, BUFFER + 500));
	s.kept({{1, 1 + BUFFER}});
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.state_is(RUBATO_ESTABLISHED); /* the FIN was cut off with the rest */
	s.read(BUFFER);
	s.expect(seg(ACK, 1, 1 + BUFFER));
	s.send(seg(FIN | ACK | PSH, 1 + BUFFER, 1, 500));
	s.expect(seg(ACK, 1, 502 + BUFFER));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* Whether it is taken now or with the next try, the peer's FIN gets through. */
TEST(Survive, FinAtZeroWindow)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.send(seg(FIN | ACK, 1 + BUFFER, 1));
	EXPECT_EQ(s.take().size(), 1u);
	s.read(BUFFER);
	s.take();
	s.send(seg(FIN | ACK, 1 + BUFFER, 1));
	s.expect(seg(ACK, 1, 2 + BUFFER).window(BUFFER - 1)); /* the FIN has a number */
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Survive, FinOutOfOrder)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 201, 1));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK | PSH, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1, 100));
	s.expect(seg(ACK, 1, 202));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* Two ends that each think the other is out of window answer each other's ACKs for ever, unless...
 */
TEST(Survive, AckStorm)
{
	Script s;
	u32 answers = 0;

	s.connect();
	for (u32 i = 0; i < 5000; i++) {
		s.send(seg(ACK, 0x70000000, 1));
		answers += static_cast<u32>(s.take().size());
	}
	EXPECT_LT(answers, 1000u);
	s.write(10); /* and it still works */
	s.expect(seg(ACK | PSH, 1, 1, 10));
}

TEST(Survive, AckFloodOfWhatWasNeverSent)
{
	Script s;
	u32 answers = 0;

	s.connect();
	for (u32 i = 0; i < 5000; i++) {
		s.send(seg(ACK, 1, 50000 + i));
		answers += static_cast<u32>(s.take().size());
	}
	EXPECT_LT(answers, 1000u);
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Survive, AckFloodOnAHalfOpenConnection)
{
	Script s;

	half_open(s);
	for (u32 i = 0; i < 1000; i++) {
		s.send(seg(ACK, 1, 90000 + i));
		s.expect(seg(RST, 90000 + i)); /* stateless, one for one */
	}
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

/* CVE-2019-11477: every combination of many tiny holes, on segments of the smallest size. */
TEST(Survive, SackPanic)
{
	Script s;

	s.env.gso_max = 65536;
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(8).window(65535));
	s.expect(seg(ACK, 1, 1));
	s.tcb.opts |= RUB_OPT_SACK;
	EXPECT_GE(rub_mss(&s.tcb), 48u);
	s.write(60000);
	s.take();
	const u32 out = s.tcb.snd_nxt - s.iss - 1;
	for (u32 round = 0; round < 3; round++) {
		for (u32 at = 1 + round; at + 1 < out; at += 7) {
			s.send(seg(ACK, 1, 1).window(65535).sack({{at, at + 1}}));
			s.take();
			ASSERT_TRUE(rub_rec_sound(&s.tcb.out, s.tcb.snd_una, s.tcb.snd_nxt));
		}
	}
	s.send(seg(ACK, 1, 1 + out).window(65535));
	s.take();
	EXPECT_EQ(s.tcb.snd_una, s.iss + 1 + out);
}

/* What was SACKed and then forgotten is sent again, and arrives. */
TEST(Survive, Reneging)
{
	Script s;

	in_flight(s, 4);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(4)}}));
	s.take();
	for (u32 i = 0; i < 4 && s.tcb.snd_una != s.iss + nth(4); i++) {
		s.at(s.due());
		EXPECT_GE(s.take().size(), 1u);
		s.send(seg(ACK, 1, nth(i + 1))); /* one segment a time is all that it keeps */
		s.take();
	}
	EXPECT_EQ(s.tcb.snd_una, s.iss + nth(4));
	EXPECT_TRUE(s.never_due());
}

TEST(Survive, InvertedSackBlocks)
{
	Script s;

	in_flight(s, 5);
	for (const Range &r : {Range{nth(3), nth(1)}, Range{nth(5), nth(0)}, Range{1, 0xfffffff0},
			       Range{0x7fffffff, 1}}) {
		s.send(seg(ACK, 1, 1).window(PEER_WND - 1).sack({r}));
		EXPECT_EQ(s.tcb.out.sacked, 0u);
		EXPECT_TRUE(rub_rec_sound(&s.tcb.out, s.tcb.snd_una, s.tcb.snd_nxt));
		s.take();
	}
	s.send(seg(ACK, 1, nth(5)));
	s.take();
	EXPECT_TRUE(s.never_due());
}

/* CVE-2018-5390: tiny segments that never close a hole; what they may cost is bounded. */
TEST(Survive, SegmentSmack)
{
	Script s;
	u32 kept = 0;

	s.connect();
	for (u32 i = 0; i < 3000; i++) {
		s.send(seg(ACK, 3 + 2 * i, 1, 1));
		kept += static_cast<u32>(s.happened.keep.size());
		s.take();
	}
	EXPECT_LE(kept, u32(RUB_OOO_MAX));
	s.send(seg(ACK, 1, 1, 100));
	s.take();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_GE(s.tcb.rcv_nxt - s.irs, 101u);
}

TEST(Survive, WrapInsideASuperSegment)
{
	const u32 iss = base_iss, irs = base_irs;

	base_iss = base_irs = 0u - 2500;
	{
		Script s;

		s.env.gso_max = 65536;
		s.connect();
		s.write(6 * MSS);
		for (u32 i = 0; i < 6; i++)
			s.expect(seg(ACK, nth(i), 1, MSS).maybe(PSH));
		s.send(seg(ACK, 1, nth(6)));
		s.silence();
		EXPECT_TRUE(s.never_due());
		s.send(seg(ACK | PSH, 1, nth(6), 6 * MSS));
		s.kept({{1, nth(6)}});
		s.expect(seg(ACK, nth(6), nth(6)));
	}
	base_iss = iss;
	base_irs = irs;
}

/* RFC 7323 section 5.5: after 24.8 days TSval has wrapped half-way; the timestamp is forgotten. */
TEST(Survive, PawsAfter25DaysIdle)
{
	Script s(modern);

	s.mark();
	s.listen();
	s.send(seg(SYN).with_ts(1000, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1).with_ts(1001, 0));
	s.take();
	s.at(25 * 24h);
	s.send(seg(ACK | PSH, 1, 1, 10).with_ts(1001 + 0x80000000u + 5000, 0));
	s.kept({{1, 11}});
	s.take();
}

TEST(Survive, OptimisticAcks)
{
	Script s;

	s.connect();
	s.write(30 * MSS);
	const u32 out = static_cast<u32>(s.take().size());
	const u32 cwnd = s.tcb.cc.cwnd;
	s.send(seg(ACK, 1, nth(out) + 1)); /* of a byte that has not left */
	s.take();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.snd_una, s.iss + 1);
	s.send(seg(ACK, 1, nth(out)));
	s.take();
	EXPECT_EQ(s.tcb.snd_una, s.iss + nth(out));
}

TEST(Survive, AckDivision)
{
	Script one, many;

	one.connect();
	many.connect();
	one.write(10 * MSS);
	many.write(10 * MSS);
	one.take();
	many.take();
	one.send(seg(ACK, 1, nth(1)));
	for (u32 i = 1; i <= MSS; i++)
		many.send(seg(ACK, 1, 1 + i));
	EXPECT_LE(many.tcb.cc.cwnd, one.tcb.cc.cwnd);
}

/* The timer of a connection that has just ended is late: it finds nothing to do. */
TEST(Survive, TimerAgainstClose)
{
	Script s;
	rub_rx rx;
	rub_tx tx;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.abort(ECONNABORTED);
	s.expect(seg(RST | ACK, 1 + MSS, 1).maybe(ACK));
	s.env.now += 1'000'000'000;
	rub_expire(&s.tcb, &s.env, &rx);
	EXPECT_FALSE(rx.mask & RUB_RX_DEAD);
	EXPECT_FALSE(rub_transmit(&s.tcb, &s.env, &tx));
	EXPECT_EQ(rub_due(&s.tcb, &s.env), RUB_NEVER);
}

/* A SYN flood's victim without room still answers, and keeps nothing. */
TEST(Survive, SynFloodIsAnsweredByCookies)
{
	Script s;

	s.cookies = true;
	s.listen();
	for (u32 i = 0; i < 1000; i++) {
		s.send(seg(SYN, i));
		EXPECT_EQ(s.take().size(), 1u);
		s.state_is(RUBATO_LISTEN);
	}
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.take();
	s.state_is(RUBATO_ESTABLISHED);
}

/* Each of the ways in which a half-open connection ends gives its slot back. */
TEST(Survive, EveryFailedHandshakeFreesItsSlot)
{
	Script reset, silent;

	half_open(reset);
	reset.send(seg(RST, 1));
	reset.state_is(RUBATO_LISTEN);
	half_open(silent);
	while (silent.phase == Script::Phase::HALF) {
		silent.at(silent.due());
		silent.take();
	}
	silent.state_is(RUBATO_LISTEN);
	EXPECT_EQ(silent.verdict, RUB_REMOVE);
}

/* Its FIN never leaves: the process has gone, so there is an end to answered probes as well. */
TEST(Survive, OrphanInFinWait1AtAZeroWindow)
{
	Script s;

	s.connect(0);
	s.write(MSS);
	s.close();
	s.state_is(RUBATO_FIN_WAIT_1);
	while (s.phase == Script::Phase::CONNECTION && s.now() < 24h) {
		s.at(s.due());
		if (s.take().empty() || s.phase != Script::Phase::CONNECTION)
			continue;
		s.send(seg(ACK, 1, 1).window(0));
		s.take();
	}
	EXPECT_EQ(s.phase, Script::Phase::GONE);
	s.take();
}

TEST(Survive, OrphanInFinWait2Ends)
{
	Script s;

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_EQ(s.due(), ns(s.config.fin_wait_2));
	s.at(s.due());
	s.take();
	s.state_is(RUBATO_CLOSED);
}

TEST(Survive, DataToAnOrphanIsReset)
{
	Script s;

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK, 1, 2));
	s.send(seg(ACK | PSH, 1, 2, 10));
	s.expect(seg(RST, 2).maybe(ACK).window(0));
	s.state_is(RUBATO_CLOSED);
}

TEST(Survive, HalfCloseOurWay)
{
	Script s;

	s.connect();
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK, 1, 2));
	for (u32 i = 0; i < 20; i++) {
		s.send(seg(ACK | PSH, 1 + i * 100, 2, 100));
		s.expect(seg(ACK, 2, 101 + i * 100));
	}
	s.send(seg(FIN | ACK, 2001, 2));
	s.expect(seg(ACK, 2, 2002));
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(Survive, HalfCloseThePeersWay)
{
	Script s;

	s.to_close_wait();
	for (u32 i = 0; i < 20; i++) {
		s.write(100);
		s.expect(seg(ACK | PSH, 1 + i * 100, 2, 100));
		s.send(seg(ACK, 2, 101 + i * 100));
	}
	s.shutdown();
	s.expect(seg(FIN | ACK, 2001, 2));
	s.send(seg(ACK, 2, 2002));
	s.died(0);
}

/* While data is unacknowledged its own schedule says when the peer is dead, not keepalive. */
TEST(Survive, KeepaliveWithUnackedData)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = 1'000'000'000;
		c.keepalive_probes = schedule("1s x1 tries=1");
		c.data = schedule("10s 10s");
	});

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, true, &s.env);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.expect_at(10s, seg(ACK | PSH, 1, 1, 10).by(RUBATO_CLOCK_DATA));
	s.dies_at(20s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

/* Every connection for itself: one try at once, the next one a whole gap later. */
TEST(Survive, RetuneToShorterThanElapsed)
{
	for (u32 i = 0; i < 200; i++) {
		Script s([](rub_config &c) { c.data = schedule("1h x1 tries=100"); });

		s.connect();
		s.write(10);
		s.expect(seg(ACK | PSH, 1, 1, 10));
		s.at(100s + i * 1ms);
		s.tune([](rub_config &c) { c.data = schedule("5s x1 tries=100"); });
		s.at(s.now());
		s.expect(seg(ACK | PSH, 1, 1, 10));
		s.silence();
		EXPECT_EQ(s.due(), s.now() + 5s);
	}
}
