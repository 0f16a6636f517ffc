/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening: RFC 9293 sections 3.5, 3.7.1 and 3.10.7.3; the active side and simultaneous open. */
#include "script.h"

#include "core/records.h"

using namespace script;

TEST(Open, SynCarriesIssWindowAndMss)
{
	Script s;

	s.open();
	s.expect(seg(SYN, 0, 0).window(BUFFER).with_mss(MSS).as_unit(RUB_UNIT_SYN));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
	s.entered({RUBATO_SYN_SENT});
	EXPECT_TRUE(rub_connecting(&s.tcb));
	EXPECT_FALSE(rub_synchronized(&s.tcb));
	EXPECT_FALSE(rub_is_dead(&s.tcb));
}

TEST(Open, TellsTheSynThatTheCallQueued)
{
	Script s;

	s.open();
	EXPECT_TRUE(s.saw(RUB_RX_CAUSE));
	EXPECT_EQ(s.happened.cause_flags, SYN);
	EXPECT_EQ(s.happened.cause_seq, 0u);
	EXPECT_EQ(s.happened.cause_wnd, BUFFER);
	s.expect(seg(SYN));
}

/* RFC 3168 section 6.1.1: an ECN-setup SYN. */
TEST(Open, TheSynThatTheCallQueuedOffersEcn)
{
	Script s([](rub_config &c) { c.knobs.ecn = 1; });

	s.open();
	EXPECT_EQ(s.happened.cause_flags, SYN | ECE | CWR);
	s.expect(seg(SYN | ECE | CWR));
}

TEST(Open, SynAckCompletesIt)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1).as_unit(RUB_UNIT_ACK));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	s.entered({RUBATO_ESTABLISHED});
	EXPECT_TRUE(s.saw(RUB_RX_CONNECTED));
	EXPECT_TRUE(rub_synchronized(&s.tcb));
	EXPECT_FALSE(rub_connecting(&s.tcb));
	EXPECT_TRUE(rub_may_send(&s.tcb));
	EXPECT_TRUE(rub_may_receive(&s.tcb));
	EXPECT_TRUE(s.never_due());
}

/* Section 3.4.1: ISN = M + F(), M ticking every 4 us. */
TEST(Open, IssIsTheKeyedHashPlusTheClock)
{
	for (u64 hash : {0ull, 12345ull, 0xfedcba9876543210ull}) {
		Script s;
		rub_rx rx;
		rub_tx tx;

		s.env.isn_hash = hash;
		s.env.now = 4'000'000'000'000 + 4000;
		ASSERT_EQ(rub_call(&s.tcb, RUB_CALL_OPEN, 0, &s.env, &rx), 0);
		ASSERT_TRUE(rub_transmit(&s.tcb, &s.env, &tx));
		EXPECT_EQ(tx.seq, static_cast<u32>(hash + 1'000'000'000 + 1));
	}
}

/* MUST-15: 536 without the option. MUST-16: the smaller of the peer's and the path's. */
TEST(Open, WithoutMssOptionSegmentsAre536)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(0));
	s.expect(seg(ACK, 1, 1));
	s.write(600);
	s.expect(seg(ACK, 1, 1, 536));
	s.silence(); /* Nagle holds the rest */
	s.send(seg(ACK, 1, 537));
	s.expect(seg(ACK | PSH, 537, 1, 64));
}

TEST(Open, PeersSmallerMssHolds)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(700));
	s.expect(seg(ACK, 1, 1));
	s.write(1400);
	s.expect(seg(ACK, 1, 1, 700));
	s.expect(seg(ACK | PSH, 701, 1, 700));
}

TEST(Open, PathsSmallerMssHolds)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(9000));
	s.expect(seg(ACK, 1, 1));
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
}

/* conformance.md section 7: an MSS floor of 48, or a peer makes us send a storm of bytes. */
TEST(Open, TinyMssIsRaisedToTheFloor)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(1));
	s.expect(seg(ACK, 1, 1));
	s.write(96);
	s.expect(seg(ACK, 1, 1, 48));
	s.expect(seg(ACK | PSH, 49, 1, 48));
}

TEST(Open, MssIsKnownOnceTheSynAckCame)
{
	Script s;

	EXPECT_EQ(rub_mss(&s.tcb), 0u);
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(700));
	s.expect(seg(ACK, 1, 1));
	EXPECT_EQ(rub_mss(&s.tcb), 700u);
	EXPECT_EQ(rub_rcv_first(&s.tcb), s.irs + 1);
}

TEST(Open, AckOfTheIssIsAnsweredByReset)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(ACK, 50, 0));
	s.expect(seg(RST, 0, 0).as_unit(RUB_UNIT_RST));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
	s.dropped_for(RUBATO_REASON_BAD_ACK);
}

TEST(Open, AckBeyondTheSynIsAnsweredByReset)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(ACK, 50, 2));
	s.expect(seg(RST, 2, 0));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

/* Section 3.5, figure 8: an old half-open peer's SYN+ACK is reset, and our SYN goes on. */
TEST(Open, SynAckOfAnOldSynIsAnsweredByReset)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 300, 91));
	s.expect(seg(RST, 91, 0));
	s.state_is(RUBATO_SYN_SENT);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Open, BadAckWithResetIsDroppedSilently)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(RST | ACK, 0, 2));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
	s.send(seg(RST | ACK, 0, 0));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

TEST(Open, ResetWithoutAckIsDroppedSilently)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(RST, 0, 0));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

TEST(Open, ResetThatAcknowledgesTheSynRefuses)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(RST | ACK, 0, 1));
	s.silence();
	s.died(ECONNREFUSED);
	s.entered({RUBATO_CLOSED});
}

TEST(Open, AckWithoutSynIsDropped)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
	s.send(seg(ACK | PSH, 1, 1, 10));
	s.silence();
	s.send(seg(0, 1, 0, 10));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

/* Section 3.10.7.4, eighth: SEG.SEQ cannot be validated. */
TEST(Open, FinInSynSentIsDropped)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(FIN | ACK, 1, 1));
	s.silence();
	s.send(seg(FIN, 1, 0));
	s.silence();
	s.state_is(RUBATO_SYN_SENT);
}

TEST(Open, DataOnTheSynAckIsTaken)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1, 100));
	s.kept({{1, 101}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED | RUB_RX_CONNECTED));
	s.expect(seg(ACK, 1, 101));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Open, FinOnTheSynAckIsTaken)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | FIN | ACK, 0, 1));
	s.entered({RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT});
	EXPECT_TRUE(s.saw(RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 1, 2));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* Section 3.10.2: SEND before ESTABLISHED is queued. The acknowledgement rides on it. */
TEST(Open, DataWrittenEarlyLeavesWithTheHandshakesAck)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.write(300);
	s.silence();
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK | PSH, 1, 1, 300));
	s.silence();
}

TEST(Open, ASecondOpenIsRefused)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.refuses(RUB_CALL_OPEN, 0);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.refuses(RUB_CALL_OPEN, 0);
}

/* Section 3.10.4: delete the TCB; nothing is sent. */
TEST(Open, CloseBeforeConnectedSendsNothing)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.close();
	s.silence();
	s.died(0);
	/* The SYN+ACK that was under way meets nobody. */
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(RST, 1, 0));
}

TEST(Open, AbortBeforeConnectedSendsNothing)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.abort(ECONNABORTED);
	s.silence();
	s.died(ECONNABORTED);
}

/* MUST-10, figure 7. */
TEST(SimultaneousOpen, CrossedSynsConnect)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1).as_unit(RUB_UNIT_SYNACK));
	s.state_is(RUBATO_SYN_RCVD);
	s.entered({RUBATO_SYN_RCVD});
	EXPECT_TRUE(rub_connecting(&s.tcb));
	EXPECT_FALSE(s.saw(RUB_RX_CONNECTED));
	s.send(seg(SYN | ACK, 0, 1));
	/* Its SYN was seen before; step one answers that with an ACK, the figure without. */
	s.maybe(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_TRUE(s.saw(RUB_RX_CONNECTED));
}

TEST(SimultaneousOpen, BareAckCompletesItToo)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

TEST(SimultaneousOpen, SynAckIsSentAgainByItsOwnSchedule)
{
	Script s([](rub_config &c) {
		c.syn = schedule("10s 10s");
		c.synack = schedule("2s 3s 4s");
	});

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.at(1s);
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.expect_at(3s, seg(SYN | ACK, 0, 1).retransmitted(1).by(RUBATO_CLOCK_SYNACK));
	s.expect_at(6s, seg(SYN | ACK, 0, 1).retransmitted(2));
	s.dies_at(10s, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYNACK);
}

/* The options of the peer's SYN hold, though it came without an ACK. */
TEST(SimultaneousOpen, MssOfTheCrossedSynHolds)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0).with_mss(500));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.write(1000);
	s.expect(seg(ACK, 1, 1, 500));
	s.expect(seg(ACK | PSH, 501, 1, 500));
}

/* RFC 6298 section 5.7 holds on this way too: the SYN had to be sent again. */
TEST(SimultaneousOpen, LostSynMeansThreeSeconds)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.expect_at(1s, seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(3s, seg(ACK | PSH, 1, 1, MSS));
}

/* MUST-11: it came from an active open, so the reset refuses it. */
TEST(SimultaneousOpen, ResetRefuses)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(RST, 1, 0));
	s.silence();
	s.died(ECONNREFUSED);
}

TEST(SimultaneousOpen, BadAckIsAnsweredByReset)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 2));
	s.expect(seg(RST, 2, 0));
	s.silence();
	s.state_is(RUBATO_SYN_RCVD);
}

namespace
{

/* SYNs have crossed at time 0; our SYN+ACK is out. */
void crossed(Script &s, u16 peer_wnd = PEER_WND)
{
	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0).window(peer_wnd));
	s.expect(seg(SYN | ACK, 0, 1));
}

} // namespace

/*
 * Section 3.10.4, SYN-RECEIVED: "If no SENDs have been issued and there is no pending data to send,
 * then form a FIN segment and send it, and enter FIN-WAIT-1 state".
 */
TEST(SimultaneousOpen, CloseSendsTheFinAtOnce)
{
	Script s;

	crossed(s);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1).as_unit(RUB_UNIT_DATA));
	s.silence();
	s.entered({RUBATO_FIN_WAIT_1});
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	EXPECT_EQ(s.happened.acked, 0u);
	s.send(seg(ACK, 1, 2));
	s.silence();
	s.entered({RUBATO_FIN_WAIT_2});
	EXPECT_TRUE(s.never_due());
}

TEST(SimultaneousOpen, OneAckCoversSynAndEarlyFin)
{
	Script s;

	crossed(s);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1));
	s.at(RTT);
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.entered({RUBATO_FIN_WAIT_2, RUBATO_TIME_WAIT});
	EXPECT_EQ(s.happened.acked, 0u);
}

/* "otherwise, queue for processing after entering ESTABLISHED state" */
TEST(SimultaneousOpen, CloseWithDataPendingWaitsForTheAck)
{
	Script s;

	crossed(s);
	s.write(10);
	s.silence();
	s.shutdown();
	s.silence();
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 1));
	s.expect(seg(FIN | PSH | ACK, 1, 1, 10));
	s.send(seg(ACK, 1, 12));
	EXPECT_EQ(s.happened.acked, 10u);
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* Section 3.8.6: the FIN's number has to be inside the window, which the SYN precedes. */
TEST(SimultaneousOpen, AnEarlyFinWaitsForTheWindow)
{
	Script closed, open;

	crossed(closed, 1);
	closed.shutdown();
	closed.silence();
	closed.send(seg(ACK, 1, 1).window(1));
	closed.expect(seg(FIN | ACK, 1, 1));
	crossed(open, 2);
	open.shutdown();
	open.expect(seg(FIN | ACK, 1, 1));
}

/* RFC 6298 (5.4): "Retransmit the earliest segment that has not been acknowledged". */
TEST(SimultaneousOpen, TheSynAckIsSentAgainBeforeAnEarlyFin)
{
	Script s([](rub_config &c) { c.synack = schedule("2s 3s 4s"); });

	crossed(s);
	s.at(1s);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1));
	s.expect_at(2s, seg(SYN | ACK, 0, 1).retransmitted(1).by(RUBATO_CLOCK_SYNACK));
	s.expect_at(5s, seg(SYN | ACK, 0, 1).retransmitted(2));
	s.silence();
	s.send(seg(ACK, 1, 1)); /* RFC 6298 (5.7): 3 s, and the FIN counts from now */
	s.silence();
	s.expect_at(8s, seg(FIN | ACK, 1, 1).retransmitted(1).by(RUBATO_CLOCK_DATA));
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/* The ACK of our SYN comes while the SYN+ACK is to leave again. */
TEST(SimultaneousOpen, AnEarlyFinStaysInFlightWhateverTheSynAckDoes)
{
	Script s([](rub_config &c) { c.synack = schedule("1s 3s 4s"); });

	crossed(s);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1));
	s.drop_next(1);
	s.at(1s);
	EXPECT_EQ(s.dropped(), 1u);
	s.send(seg(ACK, 1, 1));
	s.silence();
	EXPECT_TRUE(rub_rec_sound(&s.tcb.out, s.iss + 1, s.iss + 2));
	s.send(seg(ACK, 1, 2));
	s.state_is(RUBATO_FIN_WAIT_2);
	EXPECT_TRUE(s.never_due());
}

/* A FIN that was dropped locally never left: it does so when rto-min is over. */
TEST(SimultaneousOpen, AnEarlyFinDroppedLocallyIsTriedAgain)
{
	Script s([](rub_config &c) { c.synack = schedule("2s 3s 4s"); });

	crossed(s);
	s.drop_next(1);
	s.shutdown();
	s.silence();
	s.expect_at(200ms, seg(FIN | ACK, 1, 1));
	s.expect_at(2s, seg(SYN | ACK, 0, 1).retransmitted(1));
}

TEST(SimultaneousOpen, AbortSendsReset)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1, 0));
	s.died(ECONNABORTED);
}

/* Aborted before its SYN could leave: nothing leaves any more. */
TEST(Open, AnAbortBeforeTheSynLeftSaysNothing)
{
	Script s;
	rub_tx tx;

	ASSERT_EQ(s.call(RUB_CALL_OPEN, 0, false), 0);
	ASSERT_EQ(s.call(RUB_CALL_ABORT, ECONNABORTED, false), 0);
	s.state_is(RUBATO_CLOSED);
	EXPECT_FALSE(rub_transmit(&s.tcb, &s.env, &tx));
}
