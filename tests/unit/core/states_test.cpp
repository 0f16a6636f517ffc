/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every state does with the same event: calls (RFC 9293 sections 3.10.2 to 3.10.5), RSTs (RFC
 * 5961 section 3.2), SYNs (section 4.2), and FINs that cross with data.
 */
#include <set>

#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

/* A connection in each state that a rub_tcb can be in, and the numbers that it has then. */
struct Place {
	rubato_state state;
	void (*enter)(Script &s);
	u32 snd_nxt, rcv_nxt;
	int reset; /* what an RST is told as */
	bool may_send;
};

void to_syn_rcvd(Script &s)
{
	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN, 0, 0));
	s.expect(seg(SYN | ACK, 0, 1));
}

const Place places[] = {
	{RUBATO_SYN_RCVD, to_syn_rcvd, 1, 1, ECONNREFUSED, true},
	{RUBATO_ESTABLISHED, [](Script &s) { s.connect(); }, 1, 1, ECONNRESET, true},
	{RUBATO_FIN_WAIT_1, [](Script &s) { s.to_fin_wait_1(); }, 2, 1, ECONNRESET, false},
	{RUBATO_FIN_WAIT_2, [](Script &s) { s.to_fin_wait_2(); }, 2, 1, ECONNRESET, false},
	{RUBATO_CLOSING, [](Script &s) { s.to_closing(); }, 2, 2, 0, false},
	/* Documentation/differences.md: as Linux. */
	{RUBATO_CLOSE_WAIT, [](Script &s) { s.to_close_wait(); }, 1, 2, EPIPE, true},
	{RUBATO_LAST_ACK, [](Script &s) { s.to_last_ack(); }, 2, 2, 0, false},
};

/* TIME_WAIT, before the shell has drained it and made a rub_tw of it. */
void to_time_wait_in_a_batch(Script &s)
{
	s.to_fin_wait_2();
	s.deliver(seg(FIN | ACK, 1, 2));
	ASSERT_EQ(rub_state(&s.tcb), RUBATO_TIME_WAIT);
}

} // namespace

/* "1) If the RST bit is set and the sequence number is outside the current receive window, silently
 * drop the segment." Nothing ends one number before the window, and nothing past its edge. */
TEST(States, RstOutsideTheWindowIsSilence)
{
	for (const Place &place : places) {
		for (u32 seq : {place.rcv_nxt - 1, 2 + BUFFER, place.rcv_nxt + 0x80000000u}) {
			Script s;

			place.enter(s);
			s.send(seg(RST, seq));
			s.silence();
			s.dropped_for(RUBATO_REASON_BAD_RST);
			s.state_is(place.state);
		}
	}
}

/* "2) ... exactly matches the next expected sequence number (RCV.NXT), then TCP endpoints MUST
 * reset the connection in the manner prescribed below according to the connection state." */
TEST(States, RstAtTheNextNumberEnds)
{
	for (const Place &place : places) {
		Script s, with_ack;

		place.enter(s);
		s.send(seg(RST, place.rcv_nxt));
		s.silence();
		s.entered({RUBATO_CLOSED});
		s.died(place.reset);
		place.enter(with_ack);
		with_ack.send(seg(RST | ACK, place.rcv_nxt, 0x12345678));
		with_ack.silence();
		with_ack.died(place.reset);
	}
}

/* "3) ... does not exactly match the next expected sequence value, yet is within the current
 * receive window, TCP endpoints MUST send an acknowledgment (challenge ACK)" */
TEST(States, RstInsideTheWindowIsChallenged)
{
	for (const Place &place : places) {
		for (u32 seq : {place.rcv_nxt + 1, BUFFER}) {
			Script s;

			place.enter(s);
			s.send(seg(RST, seq));
			s.expect(seg(ACK, place.snd_nxt, place.rcv_nxt).as_unit(RUB_UNIT_ACK));
			s.silence();
			s.dropped_for(RUBATO_REASON_BAD_RST);
			s.state_is(place.state);
		}
	}
}

/* RFC 5961 section 4.2, RFC 9293's fourth step; in SYN_RCVD "handle per the directions for
 * synchronized states", but the peer's own SYN again has nothing wrong about it (figure 7). */
TEST(States, SynIsChallenged)
{
	for (const Place &place : places) {
		for (u32 seq : {place.rcv_nxt, place.rcv_nxt + 5, place.rcv_nxt + 100'000}) {
			Script s;

			place.enter(s);
			s.send(seg(SYN, seq));
			s.expect(seg(ACK, place.snd_nxt, place.rcv_nxt));
			s.silence();
			s.state_is(place.state);
		}
	}
}

/* RFC 5961 section 5.2: above SND.NXT; in SYN_RCVD such an ACK is answered by an RST. */
TEST(States, AnAckOfWhatWasNeverSentIsChallenged)
{
	for (const Place &place : places) {
		Script s;

		place.enter(s);
		s.send(seg(ACK, place.rcv_nxt, place.snd_nxt + 1));
		if (place.state == RUBATO_SYN_RCVD)
			s.expect(seg(RST, place.snd_nxt + 1));
		else
			s.expect(seg(ACK, place.snd_nxt, place.rcv_nxt));
		s.silence();
		s.dropped_for(RUBATO_REASON_BAD_ACK);
		s.state_is(place.state);
	}
}

/* Fifth: "If SND.UNA < SEG.ACK"; else "form a reset segment <SEQ=SEG.ACK><CTL=RST>". */
TEST(States, AnAckThatCoversNoSynIsResetInSynRcvd)
{
	for (u32 ack : {0u, 0u - 1, 0x80000000u}) {
		Script s;

		to_syn_rcvd(s);
		s.send(seg(ACK, 1, ack));
		s.expect(seg(RST, ack));
		s.silence();
		s.dropped_for(RUBATO_REASON_BAD_ACK);
		s.state_is(RUBATO_SYN_RCVD);
	}
}

/* "if the ACK bit is off, drop the segment and return" */
TEST(States, WithoutAnAckNothingIsTaken)
{
	for (const Place &place : places) {
		Script s;

		place.enter(s);
		s.send(seg(PSH, place.rcv_nxt, 0, 10));
		s.silence();
		s.kept({});
		s.dropped_for(RUBATO_REASON_NO_ACK);
		s.send(seg(FIN, place.rcv_nxt));
		s.silence();
		s.state_is(place.state);
	}
}

/* RFC 9293 section 3.10.2: SEND. */
TEST(States, SendIsServedUntilWeClose)
{
	for (const Place &place : places) {
		Script s;

		place.enter(s);
		EXPECT_EQ(rub_may_send(&s.tcb), place.may_send);
		if (place.may_send) {
			EXPECT_EQ(s.call(RUB_CALL_SEND, 10), 0);
			EXPECT_EQ(rub_queued(&s.tcb), 10u);
		} else {
			s.refuses(RUB_CALL_SEND, 10);
			EXPECT_EQ(s.call(RUB_CALL_SEND_URGENT, 10), -EPIPE);
		}
		s.take();
	}
}

/* Section 3.9.1: "error: connection does not exist", and nothing has changed. */
TEST(States, EveryCallIsRefusedInClosed)
{
	for (enum rub_call call :
	     {RUB_CALL_SEND, RUB_CALL_SEND_URGENT, RUB_CALL_RECEIVE, RUB_CALL_SHUTDOWN,
	      RUB_CALL_CLOSE, RUB_CALL_ABORT, RUB_CALL_MTU, RUB_CALL_SOFT_ERROR}) {
		Script fresh, ended;

		fresh.refuses(call, 1);
		EXPECT_EQ(fresh.call(call, 1), -ENOTCONN);
		ended.connect();
		ended.send(seg(RST, 1));
		ended.died(ECONNRESET);
		ended.refuses(call, 1);
		EXPECT_EQ(ended.call(call, 1), -ENOTCONN);
	}
}

TEST(States, WhatIsNoCallIsRefused)
{
	Script s;

	s.connect();
	s.refuses(static_cast<enum rub_call>(RUB_CALL_SOFT_ERROR + 1), 0);
	EXPECT_EQ(s.call(static_cast<enum rub_call>(RUB_CALL_SOFT_ERROR + 1), 0), -EINVAL);
}

TEST(States, OpenIsRefusedInEveryOther)
{
	for (const Place &place : places) {
		Script s;

		place.enter(s);
		s.refuses(RUB_CALL_OPEN, 0);
		EXPECT_EQ(s.call(RUB_CALL_OPEN, 0), -EISCONN);
	}
}

/* Section 3.10.7.1, and what a batch brings after the last FIN. */
TEST(States, NothingIsTakenAfterTheEnd)
{
	Script fresh, time_wait;

	fresh.send(seg(ACK | PSH, 1, 1, 10));
	fresh.silence();
	fresh.kept({});
	fresh.dropped_for(RUBATO_REASON_CLOSED);

	to_time_wait_in_a_batch(time_wait);
	time_wait.deliver(seg(ACK | PSH, 2, 2, 10));
	time_wait.kept({});
	time_wait.dropped_for(RUBATO_REASON_CLOSED);
	time_wait.drain();
	time_wait.expect(seg(ACK, 2, 2));
	time_wait.state_is(RUBATO_TIME_WAIT);
}

/* Section 3.10.5: "<SEQ=SND.NXT><CTL=RST>" in the states that have something to lose. */
TEST(States, AbortResets)
{
	for (const Place &place : places) {
		const bool silent = place.state == RUBATO_CLOSING || place.state == RUBATO_LAST_ACK;
		Script s;

		place.enter(s);
		s.abort(ECONNABORTED);
		EXPECT_EQ(s.saw(RUB_RX_CAUSE), !silent);
		if (!silent) {
			EXPECT_EQ(s.happened.cause_flags, RST);
			EXPECT_EQ(s.happened.cause_seq, place.snd_nxt);
			EXPECT_EQ(s.happened.cause_ack, 0u);
			EXPECT_EQ(s.happened.cause_wnd, 0u);
			s.expect(seg(RST, place.snd_nxt));
		}
		s.silence();
		s.died(ECONNABORTED);
	}
}

/* Documentation/differences.md: to the RFC it is FIN-WAIT-1 or CLOSE-WAIT until the FIN leaves. */
TEST(States, AbortResetsWhileTheFinHasNotLeft)
{
	Script closing, last_ack;

	closing.connect(MSS);
	closing.write(2 * MSS);
	closing.expect(seg(ACK, 1, 1, MSS));
	closing.shutdown();
	closing.send(seg(FIN | ACK, 1, 1).window(MSS));
	closing.expect(seg(ACK, 1 + MSS, 2));
	closing.state_is(RUBATO_CLOSING);
	closing.abort(ECONNABORTED);
	closing.expect(seg(RST, 1 + MSS));

	last_ack.connect(MSS);
	last_ack.write(2 * MSS);
	last_ack.expect(seg(ACK, 1, 1, MSS));
	last_ack.send(seg(FIN | ACK, 1, 1).window(MSS));
	last_ack.expect(seg(ACK, 1 + MSS, 2));
	last_ack.shutdown();
	last_ack.state_is(RUBATO_LAST_ACK);
	last_ack.abort(ECONNABORTED);
	last_ack.expect(seg(RST, 1 + MSS));
	last_ack.died(ECONNABORTED);
}

/* "TIME-WAIT: Respond with "ok" and delete the TCB, enter CLOSED state, and return." */
TEST(States, AbortInTimeWaitIsSilent)
{
	Script s;

	to_time_wait_in_a_batch(s);
	ASSERT_EQ(s.call(RUB_CALL_ABORT, ECONNABORTED, false), 0);
	EXPECT_FALSE(s.saw(RUB_RX_CAUSE));
	s.drain();
	s.silence();
	EXPECT_TRUE(rub_is_dead(&s.tcb));
	EXPECT_TRUE(s.never_due());
}

/* RFC 5961 section 7: "no more than 10 in any 5 second window"; here how many is drawn. */
TEST(States, ChallengesAreCountedFromTheFirst)
{
	std::set<u32> allowances;

	for (u32 rnd = 0; rnd < 100; rnd++) {
		Script s;
		u32 answers = 0;

		s.env.rnd = rnd;
		s.connect();
		s.at(1s);
		s.send(seg(SYN, 1));
		answers += s.take().size();
		s.at(5999ms);
		for (u32 i = 0; i < 20; i++) {
			s.send(seg(SYN, 1));
			answers += s.take().size();
		}
		s.at(6s - 1ns);
		s.send(seg(RST, 2));
		s.silence();
		s.dropped_for(RUBATO_REASON_RATE_LIMIT);
		s.at(6s);
		s.send(seg(RST, 2));
		s.expect(seg(ACK, 1, 1));
		allowances.insert(answers);
	}
	EXPECT_EQ(allowances, (std::set<u32>{5, 6, 7, 8, 9, 10}));
}

/* Every kind of challenge draws on one allowance. */
TEST(States, ChallengesShareOneAllowance)
{
	Script s;
	u32 answers = 0;

	s.connect();
	s.write(10);
	s.take();
	for (u32 i = 0; i < 10; i++) {
		for (const Seg &in : {seg(SYN, 1), seg(RST, 2), seg(ACK, 1, 500),
				      seg(ACK, 1, 0u - PEER_WND - 100), seg(ACK, 0, 1)}) {
			s.send(in);
			answers += s.take().size();
		}
	}
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
	s.state_is(RUBATO_ESTABLISHED);
}

/* Section 3.6: simultaneous close, each FIN with data that the other has not acknowledged. */
TEST(States, CrossedFinsWithData)
{
	Script s;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 300, false), 0);
	s.shutdown();
	s.expect(seg(FIN | PSH | ACK, 1, 1, 300));
	s.send(seg(FIN | PSH | ACK, 1, 1, 200));
	s.kept({{1, 201}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED | RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 302, 202));
	s.entered({RUBATO_CLOSING});
	s.send(seg(ACK, 202, 302));
	EXPECT_EQ(s.happened.acked, 300u);
	s.silence();
	s.entered({RUBATO_TIME_WAIT});
}

/* In CLOSING the data is acknowledged first, and the FIN alone goes again. RTO: 250 ms, by samples
 * of 100 ms (RTTVAR = 3/4 of 50 ms). */
TEST(States, CrossedFinsOfWhichOneIsLost)
{
	Script s;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 300, false), 0);
	s.shutdown();
	s.expect(seg(FIN | PSH | ACK, 1, 1, 300));
	s.send(seg(FIN | PSH | ACK, 1, 1, 200));
	s.expect(seg(ACK, 302, 202));
	s.at(RTT);
	s.send(seg(ACK, 202, 301));
	EXPECT_EQ(s.happened.acked, 300u);
	s.silence();
	s.state_is(RUBATO_CLOSING);
	s.expect_at(RTT + 250ms, seg(FIN | ACK, 301, 202).retransmitted(1));
	s.send(seg(ACK, 202, 302));
	EXPECT_EQ(s.happened.acked, 0u);
	s.state_is(RUBATO_TIME_WAIT);
}

/* The hole before the peer's FIN is filled by what acknowledges ours: both steps at once. */
TEST(States, TheHoleBeforeTheFinIsFilledByTheAckOfOurs)
{
	Script s;

	s.to_fin_wait_1();
	s.send(seg(FIN | PSH | ACK, 101, 1, 100));
	s.kept({{101, 201}});
	s.expect(seg(ACK, 2, 1));
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 2, 100));
	s.kept({{1, 101}});
	s.entered({RUBATO_FIN_WAIT_2, RUBATO_TIME_WAIT});
	s.expect(seg(ACK, 2, 202));
}

/* A FIN that stands before text which is held contradicts it; the text was first. */
TEST(States, AFinBeforeHeldTextIsNone)
{
	Script filled, hole;

	filled.connect();
	filled.send(seg(ACK, 101, 1, 100));
	filled.expect(seg(ACK, 1, 1));
	filled.send(seg(FIN | ACK, 1, 1, 100));
	filled.expect(seg(ACK, 1, 201));
	EXPECT_FALSE(filled.saw(RUB_RX_PEER_FIN));
	filled.state_is(RUBATO_ESTABLISHED);
	filled.send(seg(FIN | ACK, 201, 1));
	filled.expect(seg(ACK, 1, 202));
	filled.state_is(RUBATO_CLOSE_WAIT);

	hole.connect();
	hole.send(seg(ACK, 301, 1, 100));
	hole.expect(seg(ACK, 1, 1));
	hole.send(seg(FIN | ACK, 101, 1, 100));
	hole.expect(seg(ACK, 1, 1));
	hole.send(seg(ACK, 1, 1, 100));
	hole.expect(seg(ACK, 1, 201));
	EXPECT_FALSE(hole.saw(RUB_RX_PEER_FIN));
	hole.state_is(RUBATO_ESTABLISHED);
	hole.send(seg(ACK, 201, 1, 100));
	hole.expect(seg(ACK, 1, 401));
	hole.state_is(RUBATO_ESTABLISHED);
	hole.send(seg(FIN | ACK, 401, 1));
	hole.expect(seg(ACK, 1, 402));
	hole.state_is(RUBATO_CLOSE_WAIT);
}

/* "signal ... connection closing" once: a FIN noted twice is one, and the first place counts. */
TEST(States, TheFirstFinIsTheFin)
{
	Script s;

	s.connect();
	s.send(seg(FIN | ACK, 101, 1));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(FIN | ACK, 51, 1));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 1, 1, 60));
	s.kept({{1, 61}});
	s.expect(seg(ACK, 1, 61));
	EXPECT_FALSE(s.saw(RUB_RX_PEER_FIN));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 61, 1, 60));
	s.kept({{61, 101}}); /* what is behind it is cut off */
	EXPECT_TRUE(s.saw(RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 1, 102));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* FIN_WAIT_1, nothing of ours acknowledged: the peer's data is taken, its ACKs move both along. */
TEST(States, HalfClosedWithDataBothWays)
{
	Script s;

	s.connect();
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.shutdown();
	s.expect(seg(FIN | ACK, 1 + 2 * MSS, 1));
	s.send(seg(ACK | PSH, 1, 1 + MSS, 500));
	s.kept({{1, 501}});
	EXPECT_EQ(s.happened.acked, u32(MSS));
	s.expect(seg(ACK, 2 + 2 * MSS, 501));
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK | PSH, 501, 1 + 2 * MSS, 500));
	EXPECT_EQ(s.happened.acked, u32(MSS));
	s.expect(seg(ACK, 2 + 2 * MSS, 1001));
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK | PSH, 1001, 2 + 2 * MSS, 500));
	EXPECT_EQ(s.happened.acked, 0u);
	s.expect(seg(ACK, 2 + 2 * MSS, 1501));
	s.entered({RUBATO_FIN_WAIT_2});
}

/* FIN_WAIT_2: our window closes and opens again; the FIN behind it is taken once it fits. */
TEST(States, FinWait2TellsOfItsWindow)
{
	Script s;

	s.to_fin_wait_2();
	s.send(seg(ACK | PSH, 1, 2, BUFFER));
	s.expect(seg(ACK, 2, 1 + BUFFER).window(0));
	s.send(seg(FIN | ACK, 1 + BUFFER, 2));
	s.expect(seg(ACK, 2, 1 + BUFFER).window(0));
	s.state_is(RUBATO_FIN_WAIT_2);
	s.read(BUFFER);
	s.expect(seg(ACK, 2, 1 + BUFFER).window(BUFFER));
	s.send(seg(FIN | ACK, 1 + BUFFER, 2));
	s.expect(seg(ACK, 2, 2 + BUFFER));
	s.state_is(RUBATO_TIME_WAIT);
}

/* CLOSE_WAIT: our data goes, is lost, goes again; the peer's ACKs are taken, its text is not. */
TEST(States, CloseWaitSendsAndSendsAgain)
{
	Script s;

	s.to_close_wait();
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 2, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 2, MSS));
	s.at(RTT);
	s.send(seg(ACK, 2, 1 + MSS));
	EXPECT_EQ(s.happened.acked, u32(MSS));
	s.expect_at(RTT + 250ms, seg(ACK | PSH, 1 + MSS, 2, MSS).retransmitted(1));
	s.send(seg(ACK, 2, 1 + 2 * MSS));
	EXPECT_EQ(s.happened.acked, u32(MSS));
	EXPECT_TRUE(s.never_due());
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* Section 3.10.7.4: an ACK that covers the FIN only in LAST_ACK "deletes the TCB"; one that covers
 * the data before it does not. */
TEST(States, LastAckTakesAcksOfItsData)
{
	Script s;

	s.to_close_wait();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 300, false), 0);
	s.shutdown();
	s.expect(seg(FIN | PSH | ACK, 1, 2, 300));
	s.send(seg(ACK, 2, 301));
	EXPECT_EQ(s.happened.acked, 300u);
	s.silence();
	s.state_is(RUBATO_LAST_ACK);
	s.send(seg(ACK, 2, 302));
	s.entered({RUBATO_CLOSED});
	s.died(0);
	EXPECT_FALSE(s.saw(RUB_RX_GAVE_UP));
}

/* The SYN is to leave again, and its ACK comes before it can: data follows the SYN all the same. */
TEST(States, ASynAckWhileTheSynWaitsToLeaveAgain)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	s.drop_next(1);
	s.at(1s);
	EXPECT_EQ(s.dropped(), 1u);
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	s.send(seg(ACK, 1, 11));
	EXPECT_EQ(s.happened.acked, 10u);
}

/* Section 3.10.7.3: nothing but a SYN is taken, whatever its number: there is no RCV.NXT yet. */
TEST(States, SynSentTakesNoText)
{
	for (u8 flags : {u8(ACK | PSH), u8(PSH), u8(RST), u8(RST | ACK)}) {
		Script s;

		s.open();
		s.expect(seg(SYN));
		for (u32 number : {0u, 1u, 10u, 4000u}) {
			s.send(seg(flags, number - s.irs, flags == (ACK | PSH) ? 1 : 2, 100));
			s.kept({});
			EXPECT_FALSE(s.saw(RUB_RX_ADVANCED));
			s.silence();
			s.state_is(RUBATO_SYN_SENT);
		}
	}
}

/* Text on a crossed SYN is not kept, so it is not acknowledged: the peer sends it again. */
TEST(States, TextOnACrossedSynIsLeftToBeSentAgain)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | FIN, 0, 0, 10));
	s.kept({});
	s.dropped_for(RUBATO_REASON_SYN_TEXT);
	s.expect(seg(SYN | ACK, 0, 1));
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(FIN | ACK, 1, 1, 10));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 12));
	s.entered({RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT});
}

/* Section 3.8.6: SND.WND of what the handshake's ACK says, larger or smaller than the SYN's. */
TEST(States, TheHandshakesAckSaysTheWindow)
{
	for (u16 wnd : {u16(500), u16(5000)}) {
		Script s;

		s.open();
		s.expect(seg(SYN));
		s.send(seg(SYN, 0, 0).window(1500));
		s.expect(seg(SYN | ACK, 0, 1));
		s.send(seg(ACK, 1, 1).window(wnd));
		EXPECT_EQ(s.tcb.snd_wnd, wnd);
		EXPECT_EQ(s.tcb.snd_wl1, s.irs + 1);
		EXPECT_EQ(s.tcb.snd_wl2, s.iss + 1);
	}
}

/* SND.WL1 and SND.WL2: "prevent using old segments to update the window". */
TEST(States, AnOldSegmentSaysNothingAboutTheWindow)
{
	Script s;

	s.connect(5000);
	s.send(seg(ACK | PSH, 1, 1, 10).window(4000));
	s.expect(seg(ACK, 1, 11));
	s.send(seg(ACK | PSH, 11, 1, 10).window(3000));
	s.expect(seg(ACK, 1, 21));
	EXPECT_EQ(s.tcb.snd_wnd, 3000u);
	s.send(seg(ACK | PSH, 10, 1, 15).window(2000)); /* 4 new bytes, SEG.SEQ < SND.WL1 */
	s.expect(seg(ACK, 1, 25));
	EXPECT_EQ(s.tcb.snd_wnd, 3000u);
	s.send(seg(ACK, 11, 1, 20).window(1000)); /* SEG.SEQ = SND.WL1, SEG.ACK = SND.WL2 */
	s.expect(seg(ACK, 1, 31));
	EXPECT_EQ(s.tcb.snd_wnd, 1000u);
}

/* DESIGN.md: each drop has its reason. */
TEST(States, TextThatDoesNotFitHasItsReason)
{
	Script full, after_fin;

	full.connect();
	full.send(seg(ACK | PSH, 1, 1, BUFFER));
	full.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	full.send(seg(ACK | PSH, 1 + BUFFER, 1, 10));
	full.kept({});
	full.dropped_for(RUBATO_REASON_BAD_SEQ);
	full.expect(seg(ACK, 1, 1 + BUFFER).window(0));

	after_fin.connect();
	after_fin.send(seg(FIN | ACK, 101, 1));
	after_fin.expect(seg(ACK, 1, 1));
	after_fin.send(seg(ACK | PSH, 102, 1, 10));
	after_fin.kept({});
	after_fin.dropped_for(RUBATO_REASON_AFTER_FIN);
	after_fin.take();
}

/* What is held already is not kept twice, whichever hole it stands behind. */
TEST(States, HeldTextIsNotKeptAgain)
{
	Script s;

	s.connect();
	for (u32 from : {101u, 301u, 501u}) {
		s.send(seg(ACK, from, 1, 100));
		s.kept({{from, from + 100}});
		s.expect(seg(ACK, 1, 1));
	}
	for (u32 from : {101u, 301u, 340u, 501u}) {
		s.send(seg(ACK, from, 1, 60));
		s.kept({});
		s.dropped_for(RUBATO_REASON_OLD_DATA);
		s.expect(seg(ACK, 1, 1));
	}
	s.send(seg(ACK, 340, 1, 100));
	s.kept({{340, 440}});
	s.expect(seg(ACK, 1, 1));
}

/* Section 3.7.1: before the handshake 536, whatever options are offered. */
TEST(States, TheMssBeforeTheHandshakeIsTheDefault)
{
	Script s(modern);

	s.open();
	EXPECT_EQ(rub_mss(&s.tcb), 536u);
	s.take();
}

/* What was set and lent before an open is there after it. */
TEST(States, AnOpenKeepsOptionsAndRecords)
{
	Script s;
	std::vector<rub_node> nodes(8);

	ASSERT_EQ(rub_lend(&s.tcb, nodes.data(), 8), nullptr);
	for (rub_option option :
	     {RUB_OPTION_NODELAY, RUB_OPTION_CORK, RUB_OPTION_KEEPALIVE, RUB_OPTION_QUICKACK}) {
		EXPECT_FALSE(rub_is_set(&s.tcb, option));
		rub_set(&s.tcb, option, true, nullptr);
		EXPECT_TRUE(rub_is_set(&s.tcb, option));
	}
	rub_set(&s.tcb, RUB_OPTION_CORK, false, nullptr);
	s.open();
	s.expect(seg(SYN));
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_NODELAY));
	EXPECT_FALSE(rub_is_set(&s.tcb, RUB_OPTION_CORK));
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_KEEPALIVE));
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_QUICKACK));
	EXPECT_EQ(rub_lent(&s.tcb), 8u);
	EXPECT_EQ(rub_unlend(&s.tcb), nodes.data());
}

/* A FIN "MUST be acknowledged": at once, though the text that reaches it might wait. */
TEST(States, TheAckOfAFinDoesNotWaitForTheDelay)
{
	Script s([](rub_config &c) { c.delack = 40'000'000; });
	u32 seq = 1;

	s.connect();
	for (; seq <= 40; seq++) { /* the beginning is not delayed */
		s.send(seg(ACK | PSH, seq, 1, 1));
		s.take();
		s.at(s.now() + 50ms);
		s.take();
	}
	s.send(seg(FIN | ACK, seq + 10, 1));
	s.expect(seg(ACK, 1, seq));
	s.send(seg(ACK | PSH, seq, 1, 10));
	EXPECT_TRUE(s.saw(RUB_RX_PEER_FIN));
	s.expect(seg(ACK, 1, seq + 11));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* RFC 2883 section 4: a D-SACK counts on an ACK that is old by now, too. */
TEST(States, ADuplicateToldLateCounts)
{
	Script s([](rub_config &c) { c.knobs.sack = 1; });

	s.mark();
	s.open();
	s.expect(seg(SYN).with_sack_ok());
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1).with_sack_ok());
	s.expect(seg(ACK, 1, 1));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	EXPECT_EQ(s.tcb.loss.rack.mult, 1);
	s.send(seg(ACK, 1, 1 + MSS).sack({{1, 1 + MSS}}));
	EXPECT_EQ(s.tcb.loss.rack.mult, 2);
	s.silence();
}

/* "delete the TCB, enter the CLOSED state, and return": the segment goes no further. */
TEST(States, TheLastAckIsTheLastOfAll)
{
	Script s;

	s.to_last_ack();
	s.send(seg(FIN | PSH | ACK, 2, 2, 10));
	s.silence();
	s.kept({});
	s.dropped_for(RUBATO_REASON_NONE);
	s.entered({RUBATO_CLOSED});
	s.died(0);
}

/* Section 3.10.7.3, second: "drop the segment, enter CLOSED state, delete TCB, and return". */
TEST(States, WhatRefusesGoesNoFurther)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(RST | FIN | ACK, 0, 1, 10));
	s.silence();
	s.kept({});
	s.dropped_for(RUBATO_REASON_NONE);
	s.died(ECONNREFUSED);
}

/* accept(): the child has the listener's options, and none that it had before. */
TEST(States, OptionsAreInherited)
{
	Script listener, child;

	rub_set(&listener.tcb, RUB_OPTION_NODELAY, true, nullptr);
	rub_set(&listener.tcb, RUB_OPTION_KEEPALIVE, true, nullptr);
	rub_set(&child.tcb, RUB_OPTION_CORK, true, nullptr);
	rub_inherit(&child.tcb, &listener.tcb);
	EXPECT_TRUE(rub_is_set(&child.tcb, RUB_OPTION_NODELAY));
	EXPECT_TRUE(rub_is_set(&child.tcb, RUB_OPTION_KEEPALIVE));
	EXPECT_FALSE(rub_is_set(&child.tcb, RUB_OPTION_CORK));
	EXPECT_FALSE(rub_is_set(&child.tcb, RUB_OPTION_QUICKACK));
}
