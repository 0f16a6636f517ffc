/* SPDX-License-Identifier: GPL-2.0-only */
/* Zero and shrinking windows: RFC 9293 sections 3.8.6 and 3.8.6.1, MUST-34 to MUST-37. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

Seg probe(u32 seq)
{
	return seg(ACK, seq, 1, 1).as_unit(RUB_UNIT_PROBE).by(RUBATO_CLOCK_PERSIST).maybe(PSH);
}

/* Two segments queued since time 0, and no window to send them in. */
void shut_out(Script &s)
{
	s.connect(0);
	s.write(2 * MSS);
	s.silence();
}

} // namespace

/* SHLD-29, SHLD-30: first after the RTO, then backing off. */
TEST(Persist, ProbesWithOneOctetAndBacksOff)
{
	Script s;

	shut_out(s);
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_PERSIST);
	s.expect_at(300ms, probe(1));
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(900ms, probe(1));
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(2100ms, probe(1));
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(4500ms, probe(1));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Persist, CountsItsProbes)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	shut_out(s);
	s.expect_at(1s, probe(1));
	s.expect_at(2s, probe(1));
	const u32 second = s.tcb.run.tries;
	s.expect_at(3s, probe(1));
	EXPECT_EQ(s.tcb.run.tries, second + 1);
}

TEST(Persist, ObeysItsSchedule)
{
	Script s([](rub_config &c) { c.persist = schedule("1s 2s x3 max=10s"); });
	ns t = 0s;

	shut_out(s);
	for (ns gap : {1s, 2s, 6s, 10s, 10s, 10s}) {
		t += gap;
		s.expect_at(t, probe(1));
		s.send(seg(ACK, 1, 1).window(0));
		s.silence();
	}
}

TEST(Persist, OpenedWindowIsFilledAtOnce)
{
	Script s;

	shut_out(s);
	s.expect_at(300ms, probe(1));
	s.send(seg(ACK, 1, 1).window(5000));
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.silence();
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_DATA);
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	EXPECT_EQ(s.happened.acked, 2u * MSS);
	EXPECT_TRUE(s.never_due());
}

/* The receiver may take the octet: it is acknowledged, and the next probe carries the next. */
TEST(Persist, AcceptedOctetIsGone)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	shut_out(s);
	s.expect_at(1s, probe(1));
	s.send(seg(ACK, 1, 2).window(0));
	EXPECT_EQ(s.happened.acked, 1u);
	s.silence();
	s.at(2s);
	s.expect(probe(2));
	s.send(seg(ACK, 1, 2).window(5000));
	s.expect(seg(ACK, 2, 1, MSS));
	s.silence(); /* Nagle */
	s.send(seg(ACK, 1, 2 + MSS));
	s.expect(seg(ACK | PSH, 2 + MSS, 1, MSS - 1));
}

/* "as long as the receiving TCP peer continues to send acknowledgments" (MUST-37). */
TEST(Persist, AnsweredProbesKeepItOpenForEver)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x2 max=60s");
		c.data = schedule("rto x2 max=1s give-up=10s");
	});

	shut_out(s);
	for (int i = 0; i < 1000 && !testing::Test::HasFailure(); i++) {
		s.at(s.due());
		s.expect(probe(1));
		s.send(seg(ACK, 1, 1).window(0));
	}
	EXPECT_GT(s.now(), 50000s);
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1).window(5000));
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
}

/* Unanswered, it gives up by data's rule: give-up counts from the first unanswered probe. */
TEST(Persist, UnansweredGivesUpByDatasRule)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.data = schedule("rto x2 max=1s give-up=4500ms");
	});

	shut_out(s);
	for (ns t : {1s, 2s, 3s, 4s, 5s})
		s.expect_at(t, probe(1));
	s.dies_at(5500ms, ETIMEDOUT);
	EXPECT_TRUE(s.saw(RUB_RX_GAVE_UP));
}

TEST(Persist, AnAnswerStartsTheGiveUpAfresh)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.data = schedule("rto x2 max=1s give-up=4500ms");
	});

	shut_out(s);
	for (ns t : {1s, 2s, 3s, 4s})
		s.expect_at(t, probe(1));
	s.send(seg(ACK, 1, 1).window(0)); /* at 4 s */
	for (ns t : {5s, 6s, 7s, 8s, 9s})
		s.expect_at(t, probe(1));
	s.dies_at(9500ms, ETIMEDOUT);
}

TEST(Persist, UnansweredGivesUpByDatasTriesToo)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.data = schedule("1s x1 tries=3");
	});

	shut_out(s);
	s.at(60s);
	const size_t probes = s.take().size();
	EXPECT_GE(probes, 3u);
	EXPECT_LE(probes, 4u);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
	s.died(ETIMEDOUT);
}

/* An orphan's persist gives up by fin's rule even if it is answered, so none lives for ever. */
TEST(Persist, OrphanGivesUpEvenIfAnswered)
{
	Script s([](rub_config &c) {
		c.persist = schedule("1s x1");
		c.fin = schedule("rto x2 max=1s give-up=5500ms");
	});

	shut_out(s);
	s.close();
	s.silence();
	for (ns t : {1s, 2s, 3s, 4s, 5s}) {
		s.expect_at(t, probe(1));
		s.send(seg(ACK, 1, 1).window(0));
		s.silence();
	}
	s.dies_at(5500ms, ETIMEDOUT);
}

TEST(Persist, AFinIsItsOwnProbe)
{
	Script s;

	s.connect(0);
	s.shutdown();
	/* Nothing else fits: it leaves now, beyond the window, or as the first probe. */
	s.at(300ms);
	const std::vector<Sent> sent = s.take();
	ASSERT_GE(sent.size(), 1u);
	for (const Sent &fin : sent) {
		EXPECT_EQ(fin.tx.flags, FIN | ACK);
		EXPECT_EQ(fin.tx.seq, s.iss + 1);
		EXPECT_EQ(fin.tx.len, 0u);
	}
	s.send(seg(ACK, 1, 2).window(0));
	s.state_is(RUBATO_FIN_WAIT_2);
}

TEST(Persist, FinBehindTheLastOctet)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	s.connect(0);
	s.write(1);
	s.shutdown();
	s.silence();
	s.at(1s);
	s.expect(probe(1).maybe(PSH | FIN));
	s.send(seg(ACK, 1, 2).window(0));
	EXPECT_EQ(s.happened.acked, 1u);
	s.at(3s);
	const std::vector<Sent> sent = s.take();
	ASSERT_FALSE(sent.empty());
	EXPECT_EQ(sent[0].tx.flags & FIN, FIN);
	EXPECT_EQ(sent[0].tx.seq, s.iss + 2);
	s.send(seg(ACK, 1, 3).window(0));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* A window that closes behind data in flight: that data obeys the data schedule. */
TEST(Persist, WindowThatFillsUpIsProbedAfterTheLastAck)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	s.connect(2000);
	s.write(3 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.at(100ms);
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(0));
	s.silence();
	EXPECT_EQ(s.tcb.clock, RUBATO_CLOCK_PERSIST);
	s.expect_at(1100ms, probe(1 + 2 * MSS));
}

/* MUST-34, SHLD-15, SHLD-16: nothing new; the old is sent again as far as it fits. */
TEST(Persist, ShrunkenWindowSendsNothingNew)
{
	Script s;

	s.connect(5000);
	s.write(6 * MSS);
	for (u32 i = 0; i < 5; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS).window(1000)); /* the right edge went from 5001 to 2001 */
	s.silence();
	s.send(seg(ACK, 1, 1 + 5 * MSS).window(5000));
	s.expect(seg(ACK | PSH, 1 + 5 * MSS, 1, MSS));
}

TEST(Persist, ShrunkenWindowRetransmitsWithin)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s 1s"); });

	s.connect(5000);
	s.write(5 * MSS);
	for (u32 i = 0; i < 5; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.send(seg(ACK, 1, 1 + MSS).window(1000));
	s.silence();
	s.expect_at(1s, seg(ACK, 1 + MSS, 1, MSS));
	s.silence();
}

/* MUST-35: shrunk to zero, it is probed in the standard way. */
TEST(Persist, WindowShrunkToZeroIsProbed)
{
	Script s([](rub_config &c) {
		c.data = schedule("1s x1 give-up=10m");
		c.persist = schedule("1s x1");
	});

	s.connect(5000);
	s.write(5 * MSS);
	for (u32 i = 0; i < 5; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.send(seg(ACK, 1, 1).window(0));
	s.silence();
	s.at(1s);
	{
		const std::vector<Sent> sent = s.take();
		ASSERT_GE(sent.size(), 1u);
		EXPECT_EQ(sent[0].tx.seq, s.iss + 1);
		EXPECT_GE(sent[0].tx.len, 1u);
	}
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1 + 5 * MSS).window(5000));
	s.silence();
	EXPECT_EQ(s.happened.acked, 5u * MSS);
	EXPECT_TRUE(s.never_due());
}

TEST(Persist, NothingToSendIsNothingToProbe)
{
	Script s;

	s.connect(0);
	EXPECT_TRUE(s.never_due());
	s.at(3600s);
	s.silence();
}

/* A lost window update: the probe finds out. */
TEST(Persist, ProbeRecoversALostWindowUpdate)
{
	Script s;

	shut_out(s);
	s.expect_at(300ms, probe(1));
	s.send(seg(ACK, 1, 2).window(8000)); /* the octet fitted */
	EXPECT_EQ(s.happened.acked, 1u);
	s.expect(seg(ACK, 2, 1, MSS));
	s.send(seg(ACK, 1, 2 + MSS));
	s.expect(seg(ACK | PSH, 2 + MSS, 1, MSS - 1));
}

TEST(Persist, LocalDropOfAProbeIsNoProbe)
{
	Script s([](rub_config &c) { c.persist = schedule("1s x1"); });

	shut_out(s);
	s.drop_next(1);
	s.expect_at(1200ms, probe(1));
}

/* An answer to a probe says that the peer lives, not that a segment was lost (RFC 5681). */
TEST(Persist, AnswersAreNoDuplicateAcks)
{
	Script s;

	shut_out(s);
	const u32 cwnd = s.tcb.cc.cwnd;
	for (ns t : {300ms, 900ms, 2100ms, 4500ms}) {
		s.expect_at(t, probe(1));
		s.send(seg(ACK, 1, 1).window(0));
	}
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
}

/* An answer to the last probe comes before the next one, which is due, has left: none is wanted. */
TEST(Persist, AnAnswerStopsTheProbeThatIsDue)
{
	Script s;
	rub_rx rx;

	shut_out(s);
	s.expect_at(300ms, probe(1));
	s.env.now += ns(600ms).count();
	rub_expire(&s.tcb, &s.env, &rx);
	ASSERT_TRUE(s.tcb.flags & RUB_F_PROBE);
	s.send(seg(ACK, 1, 2).window(0));
	s.silence();
}

/* The peer is heard when it opens the window: what is not answered after that is silence since
 * then. */
TEST(Persist, SilenceCountsFromTheLastAnswer)
{
	Script s([](rub_config &config) { config.data = schedule("rto x2 give-up=10s"); });

	shut_out(s);
	s.expect_at(300ms, probe(1));
	s.at(500ms);
	s.send(seg(ACK, 1, 1));
	s.take();
	s.at(10500ms - 1ns);
	s.take();
	s.state_is(RUBATO_ESTABLISHED);
	s.dies_at(10500ms, ETIMEDOUT);
}

/* MUST-37, in the middle of a flight: the shift's rounding leaves some octets of room, no window.
 */
TEST(Persist, AWindowThatShrankToNothingMayStaySoWithAnyShift)
{
	for (u8 shift : {u8(0), u8(7)}) {
		Script s([](rub_config &c) {
			c.data = schedule("rto x2 max=1s give-up=10s");
			c.knobs.window_scale = 1;
		});

		s.buffer = 1 << 20;
		s.mark();
		s.open();
		s.expect(seg(SYN).of_any_length());
		s.at(RTT);
		s.send(seg(SYN | ACK, 0, 1).with_scale(shift).window(10000));
		s.take();
		s.write(5 * MSS);
		s.take();
		s.send(seg(ACK, 1, 1).window(0));
		for (u32 i = 0; i < 40; i++) {
			s.at(s.due());
			s.take();
			s.send(seg(ACK, 1, 1).window(0));
			s.take();
			s.state_is(RUBATO_ESTABLISHED);
		}
	}
}
