/* SPDX-License-Identifier: GPL-2.0-only */
/* Keepalive: RFC 9293 section 3.8.4, DESIGN.md section 3. */
#include "script.h"

using namespace script;

namespace
{

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

/* Idle for 10 s, then three probes a second apart; the error at 13 s. */
void brisk(rub_config &c)
{
	c.keepalive_idle = in_ns(10s);
	c.keepalive_probes = schedule("1s x1 tries=2");
}

void turn_on(Script &s)
{
	rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, true, &s.env);
}

/* Probe number @n, one octet behind @nxt; no data (SHLD-12). */
Seg probe(u32 n, u32 nxt = 1, u32 ack = 1)
{
	Seg s = seg(ACK, nxt - 1, ack).as_unit(RUB_UNIT_KEEPALIVE);

	s = s.by(RUBATO_CLOCK_KEEPALIVE_PROBES);
	s.tries = n;
	return s;
}

} // namespace

/* MUST-24, MUST-25: off unless asked for. */
TEST(Keepalive, IsOffByDefault)
{
	Script s(brisk);

	s.connect();
	EXPECT_TRUE(s.never_due());
	s.at(24h);
	s.state_is(RUBATO_ESTABLISHED);
}

/* MUST-28: two hours if nobody says otherwise; then as DESIGN.md's default column. */
TEST(Keepalive, DefaultsAreTwoHoursAndNineProbes)
{
	Script s;

	s.connect();
	turn_on(s);
	EXPECT_EQ(s.due(), 2h);
	for (u32 n = 0; n < 9; n++)
		s.expect_at(2h + n * 75s, probe(n + 1));
	s.dies_at(2h + 9 * 75s, ETIMEDOUT);
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP | RUB_RX_DEAD));
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_KEEPALIVE_PROBES);
	EXPECT_EQ(s.happened.tries, 8u);
	EXPECT_EQ(s.happened.elapsed, in_ns(9 * 75s));
}

TEST(Keepalive, ShowsWhichClockRuns)
{
	Script s(brisk);

	s.connect();
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_NONE);
	turn_on(s);
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_KEEPALIVE_IDLE);
	s.expect_at(10s, probe(1));
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_KEEPALIVE_PROBES);
	s.send(seg(ACK, 1, 1));
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_KEEPALIVE_IDLE);
	EXPECT_EQ(s.due(), 20s);
}

/* MUST-27: one probe that is not answered does not mean that the connection is dead. */
TEST(Keepalive, AnyAnswerStartsItAfresh)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.expect_at(10s, probe(1));
	s.expect_at(11s, probe(2));
	s.expect_at(12s, probe(3));
	s.at(12999ms);
	s.send(seg(ACK, 1, 1));
	s.expect_at(22999ms, probe(1));
	s.expect_at(23999ms, probe(2));
	s.expect_at(24999ms, probe(3));
	s.dies_at(25999ms, ETIMEDOUT);
}

/* MUST-26: not while anything was received within the interval. */
TEST(Keepalive, DataThatArrivesPostponesIt)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.at(9s);
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	EXPECT_EQ(s.due(), 19s);
	s.at(18s);
	s.send(seg(ACK, 101, 1));
	s.expect_at(28s, probe(1, 1, 101));
	s.send(seg(ACK, 101, 1));
}

/* The peer's own keepalive: it is answered, and shows that the peer lives. */
TEST(Keepalive, ThePeersProbeIsAnsweredAndCounts)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.at(9s);
	s.send(seg(ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	EXPECT_EQ(s.due(), 19s);
}

/* With unacknowledged data the data schedule owns liveness (MUST-26: nothing outstanding). */
TEST(Keepalive, RestsWhileDataIsInFlight)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.data = schedule("20s 20s");
	});

	s.connect();
	turn_on(s);
	s.at(5s);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(25s, seg(ACK | PSH, 1, 1, MSS).retransmitted(1).by(RUBATO_CLOCK_DATA));
	s.at(30s);
	s.send(seg(ACK, 1, 1 + MSS));
	s.expect_at(40s, probe(1, 1 + MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

TEST(Keepalive, RestsWhileTheWindowIsClosed)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.persist = schedule("30s x1");
	});

	s.connect(0);
	turn_on(s);
	s.write(MSS);
	s.expect_at(30s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.send(seg(ACK, 1, 1).window(5000));
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* What a process writes while probes are out is the data schedule's from then on. */
TEST(Keepalive, WritingWhileProbingGoesOverToData)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.data = schedule("5s 5s");
	});

	s.connect();
	turn_on(s);
	s.expect_at(10s, probe(1));
	s.expect_at(11s, probe(2));
	s.at(11500ms);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(16500ms, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
	s.dies_at(21500ms, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

TEST(Keepalive, InCloseWait)
{
	Script s(brisk);

	s.to_close_wait();
	turn_on(s);
	s.expect_at(10s, probe(1, 1, 2));
	s.send(seg(ACK, 2, 1));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* Our FIN is acknowledged, a process still waits for the peer's. */
TEST(Keepalive, InFinWait2OfAProcess)
{
	Script s(brisk);

	s.to_fin_wait_2();
	turn_on(s);
	s.expect_at(10s, probe(1, 2));
	s.expect_at(11s, probe(2, 2));
	s.expect_at(12s, probe(3, 2));
	s.dies_at(13s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_KEEPALIVE_PROBES);
}

/* An orphan has its own clock there. */
TEST(Keepalive, NotForAnOrphan)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.fin_wait_2 = in_ns(60s);
	});

	s.to_fin_wait_2();
	turn_on(s);
	s.expect_at(10s, probe(1, 2));
	s.at(10500ms);
	s.close();
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_FIN_WAIT_2);
	s.at(70500ms - 1ns);
	s.silence();
	s.at(70500ms);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(Keepalive, NotBeforeTheHandshake)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = in_ns(100ms);
		c.syn = schedule("3s 3s");
	});

	s.mark();
	s.open();
	s.expect(seg(SYN));
	turn_on(s);
	s.expect_at(3s, seg(SYN));
	s.dies_at(6s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYN);
}

/* The host came back and does not know us: the probe finds out. */
TEST(Keepalive, AResetAnswersToo)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.expect_at(10s, probe(1));
	s.send(seg(RST, 1));
	s.died(ECONNRESET);
}

/* What ICMP said meanwhile is the better explanation, but ends nothing by itself (MUST-56). */
TEST(Keepalive, ASoftErrorExplainsTheEnd)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.expect_at(10s, probe(1));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	s.expect_at(11s, probe(2));
	s.expect_at(12s, probe(3));
	s.dies_at(13s, EHOSTUNREACH);
}

/* A child of accept() idles from the third ACK on. */
TEST(Keepalive, OfAnAcceptedConnection)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.knobs.keepalive_force = 1;
	});

	s.accept();
	s.expect_at(10s, probe(1));
	s.send(seg(ACK, 1, 1));
}

/* keepalive.force: without SO_KEEPALIVE too; a retune, so it needs no call. */
TEST(Keepalive, ForceTurnsItOnForOpenConnections)
{
	Script s(brisk);

	s.connect();
	s.at(4s);
	s.tune([](rub_config &c) { c.knobs.keepalive_force = 1; });
	EXPECT_EQ(s.due(), 10s);
	s.expect_at(10s, probe(1));
	s.tune([](rub_config &c) { c.knobs.keepalive_force = 0; });
	EXPECT_TRUE(s.never_due());
	s.at(100s);
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Keepalive, TurnedOffWhileProbing)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.expect_at(10s, probe(1));
	rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, false, &s.env);
	EXPECT_TRUE(s.never_due());
	s.at(100s);
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

/* Invariant 9: shorter than already elapsed fires once, at once. */
TEST(Keepalive, RetuneToShorterThanElapsedProbesOnceAtOnce)
{
	Script s;

	s.connect();
	turn_on(s);
	s.at(1h);
	s.tune(brisk);
	s.at(1h);
	s.expect(probe(1));
	s.silence();
	s.expect_at(1h + 1s, probe(2));
	s.send(seg(ACK, 1, 1));
	EXPECT_EQ(s.due(), 1h + 11s);
}

TEST(Keepalive, RetuneToFewerProbesEndsIt)
{
	Script s([](rub_config &c) {
		brisk(c);
		c.keepalive_probes = schedule("1s x1 tries=9");
	});

	s.connect();
	turn_on(s);
	for (u32 n = 0; n < 5; n++)
		s.expect_at(10s + n * 1s, probe(n + 1));
	s.tune([](rub_config &c) { c.keepalive_probes = schedule("1s 3s"); });
	s.dies_at(17s, ETIMEDOUT);
}

TEST(Keepalive, TempoShortensIt)
{
	Script s;

	s.connect();
	turn_on(s);
	s.tune(nullptr, 100 * RUBATO_TEMPO_ONE);
	for (u32 n = 0; n < 9; n++)
		s.expect_at(72s + n * 750ms, probe(n + 1));
	s.dies_at(72s + 9 * 750ms, ETIMEDOUT);
}

/* Nobody looked at the clock for long: one probe, not one for each gap. */
TEST(Keepalive, LateProbesOnce)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.late(60s);
	s.expect(probe(1));
	s.silence();
	s.expect_at(61s, probe(2));
	s.expect_at(62s, probe(3));
	s.dies_at(63s, ETIMEDOUT);
}

/* A local drop is no try: again after rto-min, and the nominal end still holds. */
TEST(Keepalive, LocalDropIsNoTry)
{
	Script s(brisk);

	s.connect();
	turn_on(s);
	s.drop_next(2);
	s.expect_at(10400ms, probe(1));
	s.expect_at(11400ms, probe(2));
	s.drop_next(1);
	s.expect_at(12600ms, probe(3));
	s.dies_at(13s, ETIMEDOUT);
}

TEST(Keepalive, ListOfGaps)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = in_ns(1s);
		c.keepalive_probes = schedule("2s 5s 1s");
	});

	s.connect();
	turn_on(s);
	s.expect_at(1s, probe(1));
	s.expect_at(3s, probe(2));
	s.expect_at(8s, probe(3));
	s.dies_at(9s, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(8s));
	EXPECT_EQ(s.happened.tries, 2u);
}

/* The probe lies outside the peer's window: what it acknowledges is not heard of. */
TEST(Keepalive, ProbeDoesNotReplaceADelayedAck)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = in_ns(1ms);
		c.keepalive_probes = schedule("10s 10s");
		c.delack = in_ns(100ms);
	});

	s.connect();
	for (u32 i = 0; i < 40; i++) { /* past the quick start */
		s.send(seg(ACK, 1 + i, 1, 1));
		(void)s.take();
	}
	turn_on(s);
	s.expect_at(1ms, probe(1, 1, 41));
	s.expect_at(100ms, seg(ACK, 1, 41));
}

/* The peer is heard between the clock and the probe: none leaves, nor does anything in its name. */
TEST(Keepalive, HeardBeforeTheProbeCouldLeave)
{
	Script s(brisk);
	rub_rx rx;

	s.connect();
	turn_on(s);
	s.env.now += in_ns(10s);
	rub_expire(&s.tcb, &s.env, &rx);
	s.deliver(seg(ACK, 1, 1));
	s.drain();
	s.silence();
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
	s.write(10); /* corked, and no zero-window probe either */
	s.silence();
}
