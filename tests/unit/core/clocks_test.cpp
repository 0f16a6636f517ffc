/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every clock beside the others: an orphan's, what a retune, a local drop and a soft error do to
 * each while it runs, and which of several ends a connection. DESIGN.md section 3.
 */
#include "script.h"

using namespace script;

namespace
{

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

void cork(Script &s)
{
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
}

/* The connection gave up by this clock, so long after the first send, after so many tries. */
void gave_up(const Script &s, rubato_clock clock, ns elapsed, u32 tries)
{
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP | RUB_RX_DEAD));
	EXPECT_EQ(s.happened.clock, clock);
	EXPECT_EQ(s.happened.elapsed, in_ns(elapsed));
	EXPECT_EQ(s.happened.tries, tries);
}

void orphans_fin(rub_config &c)
{
	c.fin = schedule("1s 2s 3s");
	c.data = schedule("100s 100s");
}

} // namespace

TEST(OrphanClocks, LastAckGivesUp)
{
	Script s(orphans_fin);

	s.to_close_wait();
	s.mark();
	s.close();
	s.expect(seg(FIN | ACK, 1, 2));
	s.expect_at(1s, seg(FIN | ACK, 1, 2).retransmitted(1).by(RUBATO_CLOCK_FIN));
	s.expect_at(3s, seg(FIN | ACK, 1, 2).retransmitted(2).by(RUBATO_CLOCK_FIN));
	s.dies_at(6s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_FIN, 6s, 2);
}

/* The peer's FIN acknowledges nothing, so it is no progress. */
TEST(OrphanClocks, ClosingGivesUp)
{
	Script s(orphans_fin);

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.at(500ms);
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_CLOSING);
	s.expect_at(1s, seg(FIN | ACK, 1, 2).retransmitted(1));
	s.expect_at(3s, seg(FIN | ACK, 1, 2).retransmitted(2));
	s.dies_at(6s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_FIN, 6s, 2);
}

TEST(OrphanClocks, FinWait1GivesUpAfterItsLastProgress)
{
	Script s(orphans_fin);

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 10, false), 0);
	s.close();
	s.expect(seg(FIN | PSH | ACK, 1, 1, 10));
	s.expect_at(1s, seg(FIN | PSH | ACK, 1, 1, 10).retransmitted(1));
	s.at(1500ms);
	s.send(seg(ACK, 1, 11));
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	s.expect_at(2500ms, seg(FIN | ACK, 11, 1).retransmitted(1));
	s.expect_at(4500ms, seg(FIN | ACK, 11, 1).retransmitted(2));
	s.dies_at(7500ms, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_FIN, 6s, 2);
}

/* What the peer says without closing does not keep an orphan in FIN_WAIT_2. */
TEST(OrphanClocks, FinWait2IsNotProlonged)
{
	Script s([](rub_config &c) {
		c.fin_wait_2 = in_ns(10s);
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(2s);
	});

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
	for (ns t : {3s, 6s, 9s}) {
		s.at(t);
		s.send(seg(SYN, 1));
		s.expect(seg(ACK, 2, 1));
		s.send(seg(ACK, 1, 2));
		s.silence();
		s.send(seg(FIN | ACK, 101, 2)); /* behind a hole */
		s.expect(seg(ACK, 2, 1));
		EXPECT_EQ(s.due(), 10s);
	}
	s.dies_at(10s, 0);
	gave_up(s, RUBATO_CLOCK_FIN_WAIT_2, 10s, 0);
}

/* RFC 1122 section 4.2.2.13: new data is lost, wherever it lies in the window. */
TEST(OrphanClocks, DataBehindAHoleResetsToo)
{
	Script s;

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.send(seg(ACK, 1, 2));
	s.send(seg(ACK | PSH, 101, 2, 10));
	s.kept({});
	s.expect(seg(RST, 2));
	s.died(ECONNRESET);
}

/* A process that shut down but still holds it takes the data. */
TEST(OrphanClocks, WhoShutDownIsNoOrphan)
{
	Script s;

	s.to_fin_wait_2();
	s.send(seg(ACK | PSH, 1, 2, 10));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 2, 11));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* The silly window holds an orphan's data back: it ends by fin, before the override. */
TEST(OrphanClocks, GivesUpWhileItsDataIsHeldBack)
{
	Script s([](rub_config &c) { c.fin = schedule("rto x2 give-up=150ms"); });

	s.connect(2 * MSS);
	s.write(3 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.close();
	s.silence();
	s.at(50ms);
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(100));
	s.silence();
	EXPECT_EQ(s.due(), 200ms);
	s.dies_at(200ms, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_PERSIST, 150ms, 0);
}

/* DESIGN.md section 3: "gap", "xN", beyond what 64 bits times N hold: 24 h, 16 d, 256 d, 4096 d. */
TEST(Growth, IsExactBeyondTwoWeeks)
{
	Script s([](rub_config &c) { c.data = schedule("24h x16 tries=3"); });

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(24h, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
	s.expect_at(17 * 24h, seg(ACK | PSH, 1, 1, MSS).retransmitted(2));
	s.expect_at(273 * 24h, seg(ACK | PSH, 1, 1, MSS).retransmitted(3));
	s.dies_at(4369 * 24h, ETIMEDOUT);
}

/* The nominal end of forty such gaps is beyond any number: it never comes, and nothing breaks. */
TEST(Growth, BeyondAnyNumberIsNever)
{
	Script s([](rub_config &c) { c.data = schedule("24h x16 tries=40"); });

	s.connect();
	s.drop_next(1);
	s.write(MSS);
	s.silence();
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(200ms + 24h, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
	s.expect_at(200ms + 17 * 24h, seg(ACK | PSH, 1, 1, MSS).retransmitted(2));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Parts of a nanosecond are cut off, at every length. */
TEST(Growth, ByThousandths)
{
	Script s([](rub_config &c) { c.data = schedule("1000001ns x1.001 tries=2"); });

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(1000001ns, seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(1000001ns + 1001001ns, seg(ACK | PSH, 1, 1, MSS)); /* 1001001.001 */
	s.dies_at(2001002ns + 1002002ns, ETIMEDOUT);		       /* 1002002.001 */
}

TEST(Growth, TheNominalEndOfDroppedTriesObeysMax)
{
	Script s([](rub_config &c) { c.data = schedule("1s x2 max=4s tries=5"); });

	s.connect();
	s.drop_next(1'000'000);
	s.write(MSS);
	s.dies_at(1s + 2s + 4s + 4s + 4s + 4s, ETIMEDOUT);
	s.drop_next(0);
}

/* "Whichever comes first ends it", behind the last try too. */
TEST(Growth, GiveUpEndsTheLastGap)
{
	Script s([](rub_config &c) { c.data = schedule("1s x1 tries=3 give-up=3500ms"); });

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	for (u32 n = 1; n <= 3; n++)
		s.expect_at(n * 1s, seg(ACK | PSH, 1, 1, MSS).retransmitted(n));
	s.dies_at(3500ms, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_DATA, 3500ms, 3);
}

/* Persist's own end comes before data's. */
TEST(Growth, PersistEndsByItself)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1 tries=2");
		c.data = schedule("1s x1 tries=50");
	});

	s.connect(0);
	s.write(MSS);
	s.expect_at(1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.expect_at(2s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.dies_at(3s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_PERSIST, 2s, 2);
}

/* RFC 6298 (5.7) raises the RTO to 3 s; a policy that begins with more keeps it. */
TEST(Growth, ALostSynDoesNotShortenTheRto)
{
	Script s([](rub_config &c) { c.rto_initial = in_ns(5s); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(5s, seg(SYN).retransmitted(1));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(5s, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Both end it at the same instant: the schedule is what ended. */
TEST(WhichClock, ATieIsTheSchedules)
{
	Script s([](rub_config &c) {
		c.data = schedule("1s x1 give-up=5s");
		c.user_timeout = in_ns(5s);
	});

	s.connect();
	s.write(MSS);
	s.take();
	s.at(5s - 1ns);
	s.take();
	s.dies_at(5s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

/* Data, then a closed window whose probes are answered for a while, then silence. */
TEST(WhichClock, UserTimeoutCountsFromTheFirstUnansweredProbe)
{
	Script s([](rub_config &c) {
		c.data = schedule("1s x1 tries=100");
		c.persist = schedule("1s x1");
		c.user_timeout = in_ns(3500ms);
	});

	s.connect(MSS);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.at(500ms);
	s.send(seg(ACK, 1, 1 + MSS).window(0));
	s.silence();
	for (u32 n = 1; n <= 5; n++) {
		s.expect_at(500ms + n * 1s, seg(ACK, 1 + MSS, 1, 1).by(RUBATO_CLOCK_PERSIST));
		s.send(seg(ACK, 1, 1 + MSS).window(0));
	}
	for (u32 n = 6; n <= 9; n++)
		s.expect_at(500ms + n * 1s, seg(ACK, 1 + MSS, 1, 1));
	s.dies_at(10s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_USER_TIMEOUT, 3500ms, 4);
}

/* What keepalive has waited and tried is none of the window probes'. */
TEST(WhichClock, AClosedWindowStartsAfreshWhileKeepaliveProbes)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(10s);
		c.keepalive_probes = schedule("1s x1 tries=9");
		c.persist = schedule("1s x1");
		c.data = schedule("1s x1 tries=2");
	});

	s.connect(0);
	for (u32 n = 0; n < 4; n++)
		s.expect_at(10s + n * 1s, seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.at(13500ms);
	s.write(MSS);
	s.silence();
	for (u32 n = 1; n <= 2; n++)
		s.expect_at(13500ms + n * 1s, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.dies_at(16500ms, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_PERSIST, 2s, 2);
}

/* RFC 5482: how long data stays unacknowledged, so from when it left. */
TEST(WhichClock, DataAmidKeepaliveProbesHasAUserTimeoutOfItsOwn)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(10s);
		c.keepalive_probes = schedule("1s x1 tries=9");
		c.data = schedule("1s x1 tries=100");
		c.user_timeout = in_ns(5s);
	});

	s.connect();
	for (u32 n = 0; n < 3; n++)
		s.expect_at(10s + n * 1s, seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.at(12500ms);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	for (u32 n = 1; n <= 4; n++)
		s.expect_at(12500ms + n * 1s, seg(ACK | PSH, 1, 1, 10).retransmitted(n));
	s.dies_at(17500ms, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_USER_TIMEOUT, 5s, 4);
}

/* LAW: next try = max(now, last + gap[tries]). */
TEST(RetuneClocks, Persist)
{
	Script s([](rub_config &c) { c.persist = schedule("10s x1"); });

	s.connect(0);
	s.write(MSS);
	s.at(2s);
	s.tune([](rub_config &c) { c.persist = schedule("4s x1"); });
	EXPECT_EQ(s.due(), 4s);
	s.tune([](rub_config &c) { c.persist = schedule("20s x1"); });
	EXPECT_EQ(s.due(), 20s);
	s.at(5s);
	s.tune([](rub_config &c) { c.persist = schedule("1s x1"); });
	s.at(5s);
	s.expect(seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.silence();
	s.expect_at(6s, seg(ACK, 1, 1, 1));
	s.send(seg(ACK, 1, 1 + 1).window(0));
}

TEST(RetuneClocks, KeepaliveIdle)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(60s);
		c.keepalive_probes = schedule("10s x1 tries=3");
	});

	s.connect();
	s.at(30s);
	s.tune([](rub_config &c) { c.keepalive_idle = in_ns(40s); });
	EXPECT_EQ(s.due(), 40s);
	s.tune([](rub_config &c) { c.keepalive_idle = in_ns(100s); });
	EXPECT_EQ(s.due(), 100s);
	s.tune([](rub_config &c) { c.keepalive_idle = in_ns(10s); });
	s.at(30s);
	s.expect(seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.silence();
	EXPECT_EQ(s.due(), 40s);
}

TEST(RetuneClocks, KeepaliveProbes)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(60s);
		c.keepalive_probes = schedule("10s x1 tries=3");
	});

	s.connect();
	s.expect_at(60s, seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.at(65s);
	s.tune([](rub_config &c) { c.keepalive_probes = schedule("20s x1 tries=3"); });
	EXPECT_EQ(s.due(), 80s);
	s.tune([](rub_config &c) { c.keepalive_probes = schedule("2s x1 tries=3"); });
	s.at(65s);
	s.expect(seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.silence();
	s.expect_at(67s, seg(ACK, 0, 1));
	s.expect_at(69s, seg(ACK, 0, 1));
	s.dies_at(71s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_KEEPALIVE_PROBES, 11s, 3);
}

TEST(RetuneClocks, OrphansFin)
{
	Script s([](rub_config &c) { c.fin = schedule("10s 10s"); });

	s.connect();
	s.close();
	s.expect(seg(FIN | ACK, 1, 1));
	s.at(2s);
	s.tune([](rub_config &c) { c.fin = schedule("4s 4s"); });
	EXPECT_EQ(s.due(), 4s);
	s.tune([](rub_config &c) { c.fin = schedule("20s 4s"); });
	EXPECT_EQ(s.due(), 20s);
	s.tune([](rub_config &c) { c.fin = schedule("1s 4s"); });
	s.at(2s);
	s.expect(seg(FIN | ACK, 1, 1).retransmitted(1));
	s.dies_at(6s, ETIMEDOUT);
}

TEST(RetuneClocks, FinWait2LaterAndPast)
{
	Script later([](rub_config &c) { c.fin_wait_2 = in_ns(10s); }), past;

	later.to_fin_wait_2();
	later.close();
	later.at(5s);
	later.tune([](rub_config &c) { c.fin_wait_2 = in_ns(30s); });
	later.at(30s - 1ns);
	later.state_is(RUBATO_FIN_WAIT_2);
	later.dies_at(30s, 0);

	past.to_fin_wait_2();
	past.close();
	past.at(5s);
	past.tune([](rub_config &c) { c.fin_wait_2 = in_ns(2s); });
	past.dies_at(5s, 0);
	gave_up(past, RUBATO_CLOCK_FIN_WAIT_2, 5s, 0);
}

TEST(RetuneClocks, TimeWait)
{
	for (ns msl : {1s, 3s, 10s}) {
		Script s([](rub_config &c) { c.msl = in_ns(5s); });

		s.to_time_wait();
		EXPECT_EQ(s.due(), 10s);
		s.at(4s);
		s.tune([msl](rub_config &c) { c.msl = in_ns(msl); });
		EXPECT_EQ(s.due(), 2 * msl);
		s.at(std::max<ns>(4s, 2 * msl) - 1ns);
		s.at(std::max<ns>(4s, 2 * msl));
		EXPECT_EQ(s.phase, Script::Phase::GONE);
	}
}

TEST(RetuneClocks, SynAckOfCrossedSyns)
{
	Script s([](rub_config &c) { c.synack = schedule("10s 10s 10s"); });

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.at(2s);
	s.tune([](rub_config &c) { c.synack = schedule("5s 10s 10s"); });
	EXPECT_EQ(s.due(), 5s);
	s.tune([](rub_config &c) { c.synack = schedule("1s 3s"); });
	s.at(2s);
	s.expect(seg(SYN | ACK, 0, 1).retransmitted(1).by(RUBATO_CLOCK_SYNACK));
	s.silence();
	s.dies_at(5s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_SYNACK, 5s, 1);
}

/* LAW: a try dropped locally is none: again after rto-min (200 ms), and the nominal end holds. */
TEST(DroppedTries, Data)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.drop_next(1);
	s.expect_at(1200ms, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
	s.expect_at(2200ms, seg(ACK | PSH, 1, 1, MSS).retransmitted(2));
	s.dies_at(3s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_DATA, 3s, 2);
}

TEST(DroppedTries, Persist)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1 tries=3");
		c.data = schedule("1h 1h");
	});

	s.connect(0);
	s.write(MSS);
	s.drop_next(2);
	s.expect_at(1400ms, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.send(seg(ACK, 1, 2).window(0));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(DroppedTries, KeepaliveKeepsItsEnd)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(10s);
		c.keepalive_probes = schedule("1s x1 tries=2");
	});

	s.connect();
	s.drop_next(1);
	s.expect_at(10200ms, seg(ACK, 0, 1).as_unit(RUB_UNIT_KEEPALIVE));
	s.expect_at(11200ms, seg(ACK, 0, 1));
	s.expect_at(12200ms, seg(ACK, 0, 1));
	s.dies_at(13s, ETIMEDOUT);
}

TEST(DroppedTries, OrphansFin)
{
	Script s([](rub_config &c) { c.fin = schedule("1s 1s"); });

	s.connect();
	s.drop_next(1);
	s.close();
	s.silence();
	s.expect_at(200ms, seg(FIN | ACK, 1, 1));
	s.expect_at(1200ms, seg(FIN | ACK, 1, 1).retransmitted(1));
	s.dies_at(2s, ETIMEDOUT);
}

/* RFC 9293 section 3.8.6.2.1's override, dropped: again after rto-min as well. */
TEST(DroppedTries, WhatACorkHeldBack)
{
	Script s;

	s.connect();
	cork(s);
	s.write(10);
	s.silence();
	s.drop_next(1);
	s.at(200ms);
	EXPECT_EQ(s.dropped(), 1u);
	s.expect_at(400ms, seg(ACK | PSH, 1, 1, 10));
	s.send(seg(ACK, 1, 11));
}

/* What was dropped is the next wait's no more once there was progress. */
TEST(DroppedTries, ProgressForgetsThem)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	s.connect();
	s.drop_next(1);
	s.write(MSS);
	s.expect_at(200ms, seg(ACK | PSH, 1, 1, MSS));
	s.at(300ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(1300ms, seg(ACK | PSH, 1 + MSS, 1, MSS).retransmitted(1));
	s.expect_at(2300ms, seg(ACK | PSH, 1 + MSS, 1, MSS).retransmitted(2));
	s.dies_at(3300ms, ETIMEDOUT);
}

/* The window closes over what was dropped: persist counts from then. */
TEST(DroppedTries, AClosedWindowForgetsThem)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	s.connect();
	s.drop_next(1);
	s.write(MSS);
	s.silence();
	s.at(100ms);
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(1100ms, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.send(seg(ACK, 1, 1));
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

/* An RST or a challenge ACK is said once. */
TEST(DroppedTries, AnswersAreNotTriedAgain)
{
	Script challenged, aborted;

	challenged.connect();
	challenged.drop_next(1);
	challenged.send(seg(RST, 2));
	challenged.silence();
	EXPECT_TRUE(challenged.never_due());
	challenged.at(100s);
	challenged.silence();

	aborted.connect();
	aborted.drop_next(1);
	aborted.abort(ECONNABORTED);
	aborted.silence();
	aborted.died(ECONNABORTED);
}

/* RFC 9293 section 3.9.2.2, RFC 5461: what ICMP said explains why a clock gave up: each of them. */
TEST(SoftErrors, ExplainEveryGiveUp)
{
	static constexpr struct {
		rubato_clock clock;
		void (*begin)(Script &s);
	} rows[] = {
		{RUBATO_CLOCK_SYN, [](Script &s) { s.open(); }},
		{RUBATO_CLOCK_SYNACK,
		 [](Script &s) {
			 s.open();
			 s.take();
			 s.send(seg(SYN));
		 }},
		{RUBATO_CLOCK_DATA,
		 [](Script &s) {
			 s.connect();
			 s.write(10);
		 }},
		{RUBATO_CLOCK_FIN,
		 [](Script &s) {
			 s.connect();
			 s.close();
		 }},
		{RUBATO_CLOCK_PERSIST,
		 [](Script &s) {
			 s.connect(0);
			 s.write(10);
		 }},
		{RUBATO_CLOCK_KEEPALIVE_PROBES,
		 [](Script &s) {
			 s.connect();
			 rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, true, &s.env);
		 }},
	};

	for (const auto &row : rows) {
		for (int error : {0, EHOSTUNREACH}) {
			Script s([](rub_config &c) {
				c.syn = c.synack = c.data = c.fin = schedule("1s 1s");
				c.persist = schedule("1s x1");
				c.keepalive_idle = in_ns(1s);
				c.keepalive_probes = schedule("1s 1s");
			});

			row.begin(s);
			s.take();
			if (error) {
				ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, static_cast<u32>(error)), 0);
			}
			for (int i = 0; i < 10 && s.phase != Script::Phase::GONE; i++) {
				s.at(s.due());
				s.take();
			}
			s.died(error ? error : ETIMEDOUT);
			EXPECT_EQ(s.happened.clock, row.clock);
		}
	}
}

/* "SHOULD NOT abort": an orphan's FIN_WAIT_2 ends in order, whatever ICMP said. */
TEST(SoftErrors, AreNoneOfFinWait2)
{
	Script s([](rub_config &c) { c.fin_wait_2 = in_ns(5s); });

	s.to_fin_wait_2();
	s.close();
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	s.dies_at(5s, 0);
}

TEST(SoftErrors, ExplainAUserTimeout)
{
	Script s([](rub_config &c) { c.user_timeout = in_ns(500ms); });

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, ENETUNREACH), 0);
	s.at(500ms - 1ns);
	s.take();
	s.dies_at(500ms, ENETUNREACH);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_USER_TIMEOUT);
}

/* An abort is the process's own word: it is told its error, not the network's. */
TEST(SoftErrors, DoNotExplainAnAbortOrAnRst)
{
	Script aborted, reset;

	aborted.connect();
	ASSERT_EQ(aborted.call(RUB_CALL_SOFT_ERROR, ENETUNREACH), 0);
	aborted.abort(ECONNABORTED);
	aborted.expect(seg(RST, 1));
	aborted.died(ECONNABORTED);
	reset.connect();
	ASSERT_EQ(reset.call(RUB_CALL_SOFT_ERROR, ENETUNREACH), 0);
	reset.send(seg(RST, 1));
	reset.died(ECONNRESET);
}

/* "Retuned to fewer gaps than tries: no send, it ends at max(now, last + final gap)", if it grows.
 */
TEST(RetuneClocks, FewerTriesOfAGrowingSchedule)
{
	Script s([](rub_config &c) { c.data = schedule("1s x2 tries=100"); });

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	u32 n = 0;
	for (ns t : {1s, 3s, 7s, 15s})
		s.expect_at(t, seg(ACK | PSH, 1, 1, MSS).retransmitted(++n));
	s.at(16s);
	s.tune([](rub_config &c) { c.data = schedule("1s x2 tries=2"); });
	EXPECT_EQ(s.due(), 19s); /* gaps of 1, 2 and 4 s */
	s.dies_at(19s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_DATA, 19s, 4);
}

/* The keepalive that could not leave is not what data leaves as. */
TEST(DroppedTries, DataAfterADroppedKeepaliveIsAFirstSend)
{
	Script s([](rub_config &c) {
		c.knobs.keepalive_force = 1;
		c.keepalive_idle = in_ns(10s);
		c.keepalive_probes = schedule("1s x1 tries=2");
		c.data = schedule("1s x1 tries=5");
	});

	s.connect();
	s.drop_next(1);
	s.at(10100ms);
	EXPECT_EQ(s.dropped(), 1u);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10).by(RUBATO_CLOCK_NONE));
	s.expect_at(11100ms, seg(ACK | PSH, 1, 1, 10).retransmitted(1).by(RUBATO_CLOCK_DATA));
	s.send(seg(ACK, 1, 11));
}

/* RFC 6298: the SYN left once, and the SYN+ACK never: what answers is timed from the SYN. */
TEST(DroppedTries, ACrossedSynThatAloneLeftIsTimed)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(50ms);
	s.drop_next(1);
	s.send(seg(SYN));
	s.silence();
	s.at(100ms);
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), in_ns(RTO));
}

/* DESIGN.md section 3: an orphan's end is by `fin`, "so that none lives forever": silence is
 * silence, whichever of the two clocks counts it. */
TEST(OrphanClocks, AWindowThatOpensGivesNoMoreTime)
{
	Script s([](rub_config &c) {
		c.fin = schedule("1s x1 give-up=5s");
		c.persist = schedule("1s x1");
	});

	s.connect(0);
	s.write(MSS);
	s.close();
	for (ns t : {1s, 2s}) {
		s.expect_at(t, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
		s.send(seg(ACK, 1, 1).window(0));
	}
	s.at(2500ms);
	s.send(seg(ACK, 1, 1));
	s.expect(seg(FIN | PSH | ACK, 1, 1, MSS));
	s.expect_at(3500ms, seg(FIN | PSH | ACK, 1, 1, MSS).by(RUBATO_CLOCK_FIN));
	s.expect_at(4500ms, seg(FIN | PSH | ACK, 1, 1, MSS).by(RUBATO_CLOCK_FIN));
	s.dies_at(5s, ETIMEDOUT);
	EXPECT_EQ(s.happened.elapsed, in_ns(5s));
}

TEST(OrphanClocks, AWindowThatClosesGivesNoMoreTime)
{
	Script s([](rub_config &c) {
		c.fin = schedule("1s x1 give-up=5s");
		c.persist = schedule("1s x1");
	});

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 10, false), 0);
	s.close();
	s.expect(seg(FIN | PSH | ACK, 1, 1, 10));
	s.at(500ms);
	s.send(seg(ACK, 1, 1).window(0));
	s.silence();
	for (ns t : {1s, 2s, 3s, 4s})
		s.expect_at(t, seg(ACK, 1, 1, 1).by(RUBATO_CLOCK_PERSIST));
	s.dies_at(5s, ETIMEDOUT);
	gave_up(s, RUBATO_CLOCK_PERSIST, 5s, 4);
}

/* What the path's MTU is says nothing about why the peer is silent. */
TEST(SoftErrors, AreNotForgottenOverTheMtu)
{
	Script s([](rub_config &c) { c.data = schedule("1s"); });

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH), 0);
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.dies_at(1s, EHOSTUNREACH);
}

/* New data that was dropped beside a flight delays none of its tries, so it moves no end. */
TEST(DroppedTries, NewDataBesideAFlightIsNoTry)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.at(500ms);
	s.drop_next(1);
	s.write(MSS);
	s.expect_at(700ms, seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(1s, seg(ACK, 1, 1, MSS).maybe(PSH).retransmitted(1));
	s.expect_at(2s, seg(ACK, 1, 1, MSS).maybe(PSH).retransmitted(2));
	s.dies_at(3s, ETIMEDOUT);
}
