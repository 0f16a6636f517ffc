/* SPDX-License-Identifier: GPL-2.0-only */
/* LISTEN and SYN_RCVD of a passive open: RFC 9293 sections 3.10.7.2 and 3.10.7.4. */
#include <utility>

#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

/* Where the sequence spaces of the scripts begin, for a while. */
class Bases
{
public:
	Bases(u32 iss, u32 irs)
		: iss_(std::exchange(base_iss, iss)), irs_(std::exchange(base_irs, irs))
	{
	}
	~Bases()
	{
		base_iss = iss_;
		base_irs = irs_;
	}
	Bases(const Bases &) = delete;
	Bases &operator=(const Bases &) = delete;

private:
	u32 iss_, irs_;
};

/* A half-open connection: SYN in, SYN+ACK out. */
void half_open(Script &s)
{
	s.mark();
	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
}

} // namespace

TEST(Listen, SynIsAnsweredBySynAck)
{
	Script s;

	s.listen();
	s.send(seg(SYN));
	EXPECT_EQ(s.verdict, RUB_CREATE);
	s.expect(seg(SYN | ACK, 0, 1).window(BUFFER).with_mss(MSS).as_unit(RUB_UNIT_SYNACK));
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(Listen, ResetIsIgnored)
{
	Script s;

	s.listen();
	s.send(seg(RST, 5));
	s.silence();
	s.dropped_for(RUBATO_REASON_LISTEN_RST);
	s.send(seg(RST | ACK, 5, 9));
	s.silence();
	s.send(seg(RST | SYN, 5));
	s.silence();
	s.state_is(RUBATO_LISTEN);
}

TEST(Listen, AckIsAnsweredByReset)
{
	Script s;

	s.listen();
	s.send(seg(ACK, 5, 9));
	EXPECT_EQ(s.verdict, RUB_ANSWER);
	s.expect(seg(RST, 9, 0));
	s.send(seg(SYN | ACK, 5, 9));
	s.expect(seg(RST, 9, 0));
	s.send(seg(FIN | ACK | PSH, 5, 9, 20));
	s.expect(seg(RST, 9, 0));
	s.state_is(RUBATO_LISTEN);
}

TEST(Listen, NothingButSynOpens)
{
	Script s;

	s.listen();
	s.send(seg(0, 5, 0, 20));
	s.silence();
	s.dropped_for(RUBATO_REASON_LISTEN_NO_SYN);
	s.send(seg(FIN, 5));
	s.silence();
	s.dropped_for(RUBATO_REASON_LISTEN_NO_SYN);
	s.state_is(RUBATO_LISTEN);
}

/* Nobody keeps the SYN's data: it is not acknowledged, and the peer sends it again. */
TEST(Listen, DataOnTheSynIsLeftToBeSentAgain)
{
	Script s;

	s.listen();
	s.send(seg(SYN, 0, 0, 100));
	s.dropped_for(RUBATO_REASON_SYN_TEXT);
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(SYN, 0, 0, 100)); /* and again */
	s.dropped_for(RUBATO_REASON_SYN_TEXT);
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(SYN, 0, 0));
	s.dropped_for(RUBATO_REASON_NONE);
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.kept({{1, 101}});
	s.expect(seg(ACK, 1, 101));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Listen, FinOnTheSynIsLeftToBeSentAgain)
{
	Script s;

	s.listen();
	s.send(seg(SYN | FIN));
	s.dropped_for(RUBATO_REASON_SYN_TEXT);
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 1, 2));
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Listen, IssIsTheKeyedHashPlusTheClock)
{
	Script s;
	rub_seg syn{};
	rub_tx tx;

	syn.seq = 77;
	syn.flags = SYN;
	s.env.isn_hash = 0x1234567890ull;
	s.env.now = 40'000;
	ASSERT_EQ(rub_listen_segment(&syn, &s.env, &s.half, &tx), RUB_CREATE);
	EXPECT_EQ(tx.seq, static_cast<u32>(0x1234567890ull + 10));
	EXPECT_EQ(tx.ack, 78u);
}

/* MAY-2: a reincarnation's ISS is beyond what the old connection used, whatever the clock. */
TEST(Listen, IssOfAReincarnationIsBeyondTheFloor)
{
	for (u32 floor : {0u, 1u, 1000u, 0x7fffffffu, 0xfffffff0u}) {
		for (u32 offset : {0u, 1u, 0x10000u, 0x7fff0000u, 0x80000001u, 0xffffff00u}) {
			Script s;
			rub_seg syn{};
			rub_tx tx;

			syn.seq = 77;
			syn.flags = SYN;
			s.env.isn_hash = floor + offset - s.env.now / 4000;
			s.succeeds(floor);
			ASSERT_EQ(rub_listen_segment(&syn, &s.env, &s.half, &tx), RUB_CREATE);
			EXPECT_GT(static_cast<s32>(tx.seq - floor), 0)
				<< "floor " << floor << ", clock's ISN " << floor + offset;
		}
	}
}

TEST(SynRcvd, AckEstablishes)
{
	Script s;

	half_open(s);
	s.send(seg(ACK, 1, 1));
	EXPECT_EQ(s.verdict, RUB_ESTABLISH);
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	s.entered({RUBATO_ESTABLISHED});
	EXPECT_TRUE(s.saw(RUB_RX_CONNECTED));
	EXPECT_TRUE(s.never_due());
}

TEST(SynRcvd, PeersMssAndWindowCarryOver)
{
	Script s;

	s.listen();
	s.send(seg(SYN).with_mss(400));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1).window(800));
	s.silence();
	s.write(1600);
	s.expect(seg(ACK, 1, 1, 400));
	s.expect(seg(ACK, 401, 1, 400));
	s.silence();
}

TEST(SynRcvd, WithoutMssOptionSegmentsAre536)
{
	Script s;

	s.listen();
	s.send(seg(SYN).with_mss(0));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.write(536);
	s.expect(seg(ACK | PSH, 1, 1, 536));
}

TEST(SynRcvd, DataOnTheThirdAckIsTaken)
{
	Script s;

	half_open(s);
	s.send(seg(ACK | PSH, 1, 1, 250));
	s.kept({{1, 251}});
	EXPECT_TRUE(s.saw(RUB_RX_ADVANCED));
	s.expect(seg(ACK, 1, 251));
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(SynRcvd, FinOnTheThirdAckIsTaken)
{
	Script s;

	half_open(s);
	s.send(seg(FIN | ACK, 1, 1, 10));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 12));
	s.entered({RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT});
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* The third ACK is lost; the data behind it does its work, though it leaves a hole. */
TEST(SynRcvd, DataBeyondAHoleEstablishesToo)
{
	Script s;

	half_open(s);
	s.send(seg(ACK | PSH, 101, 1, 100));
	s.kept({{101, 201}});
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(ACK, 1, 1, 100));
	s.expect(seg(ACK, 1, 201));
}

TEST(SynRcvd, BadAckIsAnsweredByReset)
{
	Script s;

	half_open(s);
	s.send(seg(ACK, 1, 0));
	s.expect(seg(RST, 0, 0));
	s.send(seg(ACK, 1, 2));
	s.expect(seg(RST, 2, 0));
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(SynRcvd, ExactResetReturnsToListen)
{
	Script s;

	half_open(s);
	s.send(seg(RST, 1));
	s.silence();
	EXPECT_EQ(s.verdict, RUB_REMOVE);
	s.state_is(RUBATO_LISTEN);
}

TEST(SynRcvd, ResetInTheWindowIsChallenged)
{
	Script s;

	half_open(s);
	s.send(seg(RST, 2));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(RST, BUFFER));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(SynRcvd, ResetOutsideTheWindowIsDropped)
{
	Script s;

	half_open(s);
	s.send(seg(RST, 0));
	s.silence();
	s.send(seg(RST, 2 + BUFFER));
	s.silence();
	s.state_is(RUBATO_SYN_RCVD);
}

/*
 * It lies before the window. Step one of section 3.10.7.4 answers with a bare ACK, which a peer
 * in SYN_SENT drops for want of a SYN; as every stack does, the SYN+ACK is said again
 * (Documentation/differences.md).
 */
TEST(SynRcvd, SynAgainIsAnsweredBySynAckAgain)
{
	Script s;

	half_open(s);
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(SynRcvd, SegmentBeyondTheWindowIsAcknowledged)
{
	Script s;

	half_open(s);
	s.send(seg(ACK, 1 + BUFFER, 1, 10));
	s.expect(seg(ACK, 1, 1));
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(SynRcvd, SegmentWithoutAckIsDropped)
{
	Script s;

	half_open(s);
	s.send(seg(0, 1, 0, 10));
	s.silence();
	s.dropped_for(RUBATO_REASON_NO_ACK);
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(SynRcvd, SynAckIsSentAgainAndGivenUp)
{
	Script s([](rub_config &c) { c.synack = schedule("1s 2s 3s"); });

	half_open(s);
	s.expect_at(1s, seg(SYN | ACK, 0, 1).retransmitted(1).by(RUBATO_CLOCK_SYNACK));
	s.expect_at(3s, seg(SYN | ACK, 0, 1).retransmitted(2));
	s.at(6s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(6s);
	s.silence();
	EXPECT_EQ(s.verdict, RUB_REMOVE);
	s.state_is(RUBATO_LISTEN);
}

/* RFC 6298: the first RTO is 1 s, each further one twice the last; here until 180 s. */
TEST(SynRcvd, DefaultScheduleDoublesFromOneSecond)
{
	Script s;

	half_open(s);
	for (ns t : {1s, 3s, 7s, 15s, 31s, 63s, 127s})
		s.expect_at(t, seg(SYN | ACK, 0, 1));
	s.at(180s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(180s);
	s.state_is(RUBATO_LISTEN);
}

TEST(SynRcvd, ExpiringTooEarlyDoesNothing)
{
	Script s;
	rub_tx tx;

	half_open(s);
	EXPECT_EQ(rub_half_expire(&s.half, &s.env, &tx), RUB_DROP);
	s.expect_at(1s, seg(SYN | ACK, 0, 1));
}

/* A local drop is no try: again after rto-min, and the nominal end holds. */
TEST(SynRcvd, LocalDropIsNoTry)
{
	Script s([](rub_config &c) { c.synack = schedule("1s 2s 3s"); });

	half_open(s);
	s.drop_next(1);
	s.expect_at(1200ms, seg(SYN | ACK, 0, 1).retransmitted(1));
	EXPECT_EQ(s.dropped(), 1u);
}

/* Not even the first one left: it is the first when it does, and the schedule begins there. */
TEST(SynRcvd, LocalDropOfTheFirstIsNoTryEither)
{
	Script s([](rub_config &c) { c.synack = schedule("1s 2s 3s"); });

	s.mark();
	s.listen();
	s.drop_next(1);
	s.send(seg(SYN));
	s.silence();
	s.expect_at(200ms, seg(SYN | ACK, 0, 1).by(RUBATO_CLOCK_NONE));
	EXPECT_EQ(s.half.run.tries, 0u);
	s.expect_at(1200ms, seg(SYN | ACK, 0, 1).retransmitted(1));
	s.expect_at(3200ms, seg(SYN | ACK, 0, 1).retransmitted(2));
	s.at(6s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(6s);
	s.state_is(RUBATO_LISTEN);
}

TEST(SynRcvd, LocalDropsKeepTheNominalEnd)
{
	Script s([](rub_config &c) { c.synack = schedule("1s 2s 3s"); });

	half_open(s);
	s.drop_next(100000);
	s.at(6s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(6s);
	s.state_is(RUBATO_LISTEN);
	s.drop_next(0);
}

TEST(SynRcvd, AnswersAreLimited)
{
	Script s;
	unsigned answers = 0;

	half_open(s);
	for (int i = 0; i < 100; i++) {
		s.send(seg(RST, 2));
		answers += s.take().size();
	}
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
	s.state_is(RUBATO_SYN_RCVD);
}

/* 3 * R = 300 ms, measured by the SYN+ACK and its ACK. */
TEST(SynRcvd, TheHandshakeMeasuresTheRtt)
{
	Script s;

	s.accept();
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), static_cast<rub_ns>(RTO.count()));
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(RTO, seg(ACK | PSH, 1, 1, MSS).retransmitted(1));
}

/* Karn, and RFC 6298 section 5.7: no sample from a SYN+ACK that left twice, and 3 s then. */
TEST(SynRcvd, NoMeasurementAfterARetransmission)
{
	Script s;

	half_open(s);
	s.expect_at(1s, seg(SYN | ACK, 0, 1));
	s.at(1500ms); /* timed from the first one, the RTO would be 4.5 s */
	s.send(seg(ACK, 1, 1));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(3s, seg(ACK | PSH, 1, 1, MSS));
}

/* Karn: the ACK may answer either SYN+ACK, whoever asked for the second one. */
TEST(SynRcvd, AnsweredAgainIsNeverTimed)
{
	Script s;

	half_open(s);
	s.at(900ms);
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.at(950ms);
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), s.policy.rto_initial);
}

/* The clock's own SYN+ACK is not earlier for an answer that could not leave. */
TEST(SynRcvd, DroppedAnswerMovesNoClock)
{
	Script s([](rub_config &c) { c.synack = schedule("6s 24s 45s"); });

	half_open(s);
	s.at(1s);
	s.drop_next(1);
	s.send(seg(SYN));
	s.silence();
	s.expect_at(6s, seg(SYN | ACK, 0, 1));
}

/* An answer to a repeated SYN is no try: the schedule goes on as if it had not left. */
TEST(SynRcvd, AnAnswerMovesNoClock)
{
	Script s([](rub_config &c) { c.synack = schedule("6s 24s 45s"); });

	half_open(s);
	for (ns t : {1s, 2s, 5s}) {
		s.at(t);
		s.send(seg(SYN));
		s.expect(seg(SYN | ACK, 0, 1).by(RUBATO_CLOCK_NONE));
	}
	s.expect_at(6s, seg(SYN | ACK, 0, 1).retransmitted(1));
	s.at(20s);
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.expect_at(30s, seg(SYN | ACK, 0, 1).retransmitted(2));
	s.at(75s - 1ns);
	s.state_is(RUBATO_SYN_RCVD);
	s.at(75s);
	s.state_is(RUBATO_LISTEN);
}

/* tries=n: n retransmissions, then one more gap (DESIGN.md section 3); the linux profile has 5. */
TEST(SynRcvd, RetransmissionsAreCounted)
{
	for (u32 tries : {0u, 1u, 5u}) {
		Script s([tries](rub_config &c) {
			c.synack = schedule("1s x2 tries=" + std::to_string(tries));
		});
		ns next = 1s, gap = 1s;

		half_open(s);
		for (u32 i = 1; i <= tries; i++) {
			s.expect_at(next, seg(SYN | ACK, 0, 1).retransmitted(i));
			gap *= 2;
			next += gap;
		}
		s.at(next - 1ns);
		s.silence();
		s.state_is(RUBATO_SYN_RCVD);
		s.at(next);
		s.silence();
		s.state_is(RUBATO_LISTEN);
	}
}

/* RFC 5961 section 7: how many a period of 5 s allows is drawn, from 5 to 10. */
TEST(SynRcvd, TheLimitIsDrawn)
{
	for (u32 rnd = 0; rnd < 12; rnd++) {
		Script s;

		s.env.rnd = rnd;
		half_open(s);
		for (u32 i = 0; i < RUB_CHALLENGE_MIN + rnd % 6; i++) {
			s.send(seg(RST, 2));
			s.expect(seg(ACK, 1, 1));
		}
		for (ns t : {0ms, 500ms}) {
			s.at(t);
			s.send(seg(RST, 2));
			s.silence();
		}
	}
}

/* What became of a challenge ACK is nothing to the clock of the SYN+ACK. */
TEST(SynRcvd, AnAckIsNoSynAck)
{
	Script s;
	rub_seg in{};
	rub_tx tx;

	half_open(s);
	in.flags = RST;
	in.seq = s.irs + 2;
	s.at(500ms);
	ASSERT_EQ(rub_half_segment(&s.half, &in, &s.env, &tx), RUB_ANSWER);
	for (int result : {0, -ENOBUFS}) {
		const rub_half before = s.half;

		rub_half_sent(&s.half, &tx, result, &s.env);
		EXPECT_EQ(memcmp(&before, &s.half, sizeof(before)), 0);
	}
	s.expect_at(1s, seg(SYN | ACK, 0, 1).retransmitted(1));
}

/* Whatever else it says, an RST is never answered by a SYN+ACK. */
TEST(SynRcvd, ASynWithRstIsAnRst)
{
	Script s;

	half_open(s);
	s.send(seg(SYN | RST));
	s.silence();
	s.dropped_for(RUBATO_REASON_BAD_RST);
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(SYN | RST, 1));
	s.silence();
	s.state_is(RUBATO_LISTEN);
}

/* RFC 9293 section 3.1: the window field has 16 bits; never more than there is room for. */
TEST(SynRcvd, TheSynAcksWindowIsTheBufferAsFarAsItGoes)
{
	for (const auto &[room, window] :
	     {std::pair{0u, 0}, {65534u, 65534}, {65535u, 65535}, {65536u, 65535}}) {
		Script s;

		s.buffer = room;
		s.listen();
		s.send(seg(SYN));
		s.expect(seg(SYN | ACK, 0, 1).window(static_cast<u16>(window)));
	}
}

/* The SYN's window is the first that was offered: RFC 5961 section 5.2's MAX.SND.WND. */
TEST(SynRcvd, TheSynsWindowWasOffered)
{
	Script s;

	s.listen();
	s.send(seg(SYN).window(40000));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1).window(100));
	s.silence();
	s.send(seg(ACK, 1, 1u - 40000).window(100));
	s.silence();
	s.send(seg(ACK, 1, 0u - 40000).window(100));
	s.expect(seg(ACK, 1, 1));
	s.dropped_for(RUBATO_REASON_OLD_ACK);
}

/* RFC 5961 section 7: what SYN_RCVD spent is spent; establishing brings no further answers. */
TEST(SynRcvd, TheChildInheritsTheLimit)
{
	Script s;

	half_open(s);
	for (u32 i = 0; i < RUB_CHALLENGE_MAX; i++) {
		s.send(seg(RST, 2));
		s.expect(seg(ACK, 1, 1));
	}
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	s.send(seg(RST, 2));
	s.silence();
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
	s.at(5s - 1ns);
	s.send(seg(RST, 2));
	s.silence();
	s.at(5s);
	s.send(seg(RST, 2));
	s.expect(seg(ACK, 1, 1));
}

/* Wherever the numbers begin: text both ways, urgent data, and the RTT of the handshake. */
TEST(SynRcvd, NumbersBeginAnywhere)
{
	for (u32 ours : {0u, 0x7fffffffu, 0x80000000u, 0xc0000000u, 0xffffffffu}) {
		for (u32 theirs : {0u, 0x7fffffffu, 0x80000000u, 0xc0000000u, 0xffffffffu}) {
			const Bases bases(ours, theirs);
			Script s;

			half_open(s);
			s.at(RTT);
			s.send(seg(ACK | PSH | URG, 1, 1, 10).urgent(10));
			s.kept({{1, 11}});
			EXPECT_TRUE(s.saw(RUB_RX_URGENT));
			EXPECT_EQ(rub_rcv_first(&s.tcb), theirs + 1);
			EXPECT_EQ(rub_first(&s.tcb), ours + 1);
			s.expect(seg(ACK, 1, 11));
			EXPECT_EQ(rub_rto(&s.tcb, &s.policy), static_cast<rub_ns>(RTO.count()));
			s.write(MSS);
			s.expect(seg(ACK | PSH, 1, 11, MSS));
			s.send(seg(ACK, 11, 1 + MSS));
			s.silence();
			EXPECT_EQ(rub_queued(&s.tcb), 0u);
			EXPECT_TRUE(s.never_due());
		}
	}
}

/* A child may have been another connection; the options that are set on it stay. */
TEST(SynRcvd, AChildInThePlaceOfAnother)
{
	Script s;
	rub_seg third{};
	rub_rx rx;
	rub_tcb fresh;

	s.connect();
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.write(2 * MSS);
	s.take();
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1 + 2 * MSS));
	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));

	third.flags = ACK;
	third.seq = s.irs + 1;
	third.ack = s.iss + 1;
	third.wnd = PEER_WND;
	rub_init(&fresh);
	rub_set(&fresh, RUB_OPTION_NODELAY, true, &s.env);
	rub_from_half(&fresh, &s.half, &third, &s.env, &rx);
	ASSERT_EQ(rub_state(&fresh), RUBATO_ESTABLISHED);
	(void)rub_unlend(&s.tcb);
	rub_set(&s.tcb, RUB_OPTION_NODELAY, true, &s.env);
	rub_from_half(&s.tcb, &s.half, &third, &s.env, &rx);
	EXPECT_TRUE(rub_is_set(&s.tcb, RUB_OPTION_NODELAY));
	EXPECT_EQ(memcmp(&fresh, &s.tcb, sizeof(fresh)), 0);
}

/*
 * Options: RFC 7323, RFC 2018, RFC 3168, everything on (modern).
 */
namespace
{

constexpr u32 PEER_TS = 70000;

/* RFC 7323 section 5.4, with the offset that the harness gives: 0. */
u32 clock_of(const Script &s)
{
	return static_cast<u32>(s.env.now / 1'000'000) + s.env.ts_offset;
}

Seg full_syn(u32 tsval = PEER_TS)
{
	return seg(SYN).with_ts(tsval, 0).with_scale(3).with_sack_ok();
}

/* A half-open connection that has agreed on timestamps, window scale 3 and SACK. */
void half_open_with_options(Script &s)
{
	s.mark();
	s.listen();
	s.send(full_syn());
	s.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(s), PEER_TS).with_scale(0).with_sack_ok());
}

} // namespace

/* Only what the SYN offered, and that: RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2. */
TEST(PassiveOptions, SynAckHasWhatTheSynHad)
{
	for (unsigned bits = 0; bits < 8; bits++) {
		Script s(modern);
		Seg syn = seg(SYN);

		if (bits & 1)
			syn = syn.with_ts(PEER_TS, 0);
		if (bits & 2)
			syn = syn.with_scale(3);
		if (bits & 4)
			syn = syn.with_sack_ok();
		s.listen();
		s.send(syn);
		const auto out = s.take();

		ASSERT_EQ(out.size(), 1u);
		EXPECT_EQ(out[0].tx.opts, (bits & 1 ? RUB_OPT_TS : 0) |
						  (bits & 2 ? RUB_OPT_WSCALE : 0) |
						  (bits & 4 ? RUB_OPT_SACK : 0));
		EXPECT_EQ(out[0].tx.flags, SYN | ACK);
	}
}

TEST(PassiveOptions, NothingIsAgreedOnThatThePolicyForbids)
{
	Script s;

	s.listen();
	s.send(full_syn());
	const auto out = s.take();

	ASSERT_EQ(out.size(), 1u);
	EXPECT_EQ(out[0].tx.opts, 0);
	EXPECT_EQ(s.half.opts, 0);
}

/* RFC 7323 section 2.2: "The window field in a segment where the SYN bit is set is not scaled." */
TEST(PassiveOptions, OnlyTheSynAcksWindowIsUnscaled)
{
	Script s(modern);

	s.env.rcv_max = 1 << 20;
	s.listen();
	s.send(full_syn().window(500));
	/* 2^20 >> 5 fits 16 bits, 2^20 >> 4 does not. */
	s.expect(seg(SYN | ACK, 0, 1).with_scale(5).window(BUFFER));
	EXPECT_EQ(s.half.snd_wnd, 500u);
	s.send(seg(RST, 2));
	s.expect(seg(ACK, 1, 1).window(BUFFER >> 5));
}

/* RFC 7323 section 2.3: a shift of more than 14 means 14. */
TEST(PassiveOptions, AShiftBeyond14Is14)
{
	Script s(modern);

	s.listen();
	s.send(seg(SYN).with_scale(15));
	(void)s.take();
	EXPECT_EQ(s.half.snd_scale, 14);
}

TEST(PassiveOptions, WithoutWindowScaleNothingIsScaled)
{
	Script s(modern);

	s.env.rcv_max = 1 << 20;
	s.listen();
	s.send(seg(SYN).with_ts(PEER_TS, 0));
	(void)s.take();
	EXPECT_EQ(s.half.snd_scale, 0);
	EXPECT_EQ(s.half.rcv_scale, 0);
	s.send(seg(RST, 2));
	s.expect(seg(ACK, 1, 1).window(BUFFER));
}

TEST(PassiveOptions, SynAckAgainHasThemTooAndAFreshTimestamp)
{
	Script s(modern);

	half_open_with_options(s);
	const u32 before = clock_of(s);

	s.expect_at(1s, seg(SYN | ACK, 0, 1)
				.with_ts(before + 1000, PEER_TS)
				.with_scale(0)
				.with_sack_ok()
				.retransmitted(1));
}

TEST(PassiveOptions, SynAgainWithALaterTimestampIsEchoed)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(full_syn(PEER_TS + 900));
	s.expect(seg(SYN | ACK, 0, 1).with_ts(clock_of(s), PEER_TS + 900));
}

/* RFC 7323 section 5.3, R1: not acceptable, an ACK in reply. */
TEST(PassiveOptions, SynAgainWithAnOlderTimestampIsChallenged)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(full_syn(PEER_TS - 1));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), PEER_TS));
	s.state_is(RUBATO_SYN_RCVD);
}

TEST(PassiveOptions, AckOldByPawsDoesNotEstablish)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(seg(ACK, 1, 1).with_ts(PEER_TS - 1, clock_of(s)));
	s.expect(seg(ACK, 1, 1).with_ts(clock_of(s), PEER_TS));
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(ACK, 1, 1).with_ts(PEER_TS, clock_of(s)));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

/* Section 5.3: PAWS never holds up an RST. */
TEST(PassiveOptions, ExactResetWorksWithAnyTimestamp)
{
	for (bool ts : {false, true}) {
		Script s(modern);

		half_open_with_options(s);
		s.send(ts ? seg(RST, 1).with_ts(PEER_TS - 5000, 0) : seg(RST, 1));
		s.silence();
		s.state_is(RUBATO_LISTEN);
	}
}

/* conformance.md section 7: timestamps negotiated but missing on the handshake's ACK. */
TEST(PassiveOptions, TheHandshakesAckMayLackTheTimestamp)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_TRUE(s.tcb.opts & RUB_OPT_TS);
	EXPECT_EQ(s.tcb.ts_recent, PEER_TS);
}

/* The last number at which it can stand: the right edge. */
TEST(PassiveOptions, TheHandshakesAckAtTheRightEdgeMayLackIt)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(seg(ACK, 1 + BUFFER, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

/* Then TS.Recent is the SYN's, and as old as that: RFC 7323 section 5.5. */
TEST(PassiveOptions, WithoutItTheSynsTimestampIsAsOldAsTheSyn)
{
	for (bool idle : {false, true}) {
		Script s(modern);

		s.env.now += 400 * RUB_PAWS_IDLE;
		half_open_with_options(s);
		s.at(500ms);
		s.send(seg(ACK, 1, 1));
		s.state_is(RUBATO_ESTABLISHED);
		s.at(24 * 24h + (idle ? 1ns : 0ns));
		s.send(seg(ACK | PSH, 1, 1, 10).with_ts(PEER_TS - 1, 0));
		if (idle)
			s.kept({{1, 11}});
		else
			s.dropped_for(RUBATO_REASON_PAWS);
		s.take();
	}
}

/* RFC 7323 section 3.2: everything else without one is dropped silently. */
TEST(PassiveOptions, WhatElseLacksTheTimestampIsDropped)
{
	Script s(modern);

	half_open_with_options(s);
	for (const Seg &in : {seg(ACK, 1, 0), seg(ACK, 1, 2), seg(0, 1, 0, 10), seg(ACK, 0, 1),
			      seg(ACK, 2 + BUFFER, 1), seg(ACK, 2 + BUFFER, 1, 10)}) {
		s.send(in);
		s.silence();
		s.dropped_for(RUBATO_REASON_NO_TIMESTAMP);
		s.state_is(RUBATO_SYN_RCVD);
	}
}

TEST(PassiveOptions, TheChildTakesThemOver)
{
	Script s(modern);

	s.env.ts_offset = 12345;
	s.env.rcv_max = 1 << 20;
	s.listen();
	s.send(full_syn());
	(void)s.take();
	s.send(seg(ACK, 1, 1).with_ts(PEER_TS + 100, clock_of(s)));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(s.tcb.opts, RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);
	EXPECT_EQ(s.tcb.snd_scale, 3);
	EXPECT_EQ(s.tcb.rcv_scale, 5);
	EXPECT_EQ(s.tcb.ts_offset, 12345u);
	/* RFC 9293 section 3.7.1: the options of every segment are taken off. */
	EXPECT_EQ(rub_mss(&s.tcb), MSS - 12u);
}

/* RFC 3168 section 6.1.1: an ECN-setup SYN, and the SYN+ACK with ECE alone. */
TEST(PassiveOptions, EcnSetupSynIsAnsweredByEcnSetupSynAck)
{
	Script s([](rub_config &c) { c.knobs.ecn = 1; });

	s.listen();
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK | ECE, 0, 1));
	s.send(seg(ACK, 1, 1));
	EXPECT_TRUE(s.tcb.opts & RUB_OPT_ECN);
}

TEST(PassiveOptions, ASynWithOneOfTheFlagsIsNone)
{
	for (u8 flag : {ECE, CWR}) {
		Script s([](rub_config &c) { c.knobs.ecn = 1; });

		s.listen();
		s.send(seg(u8(SYN | flag)));
		s.expect(seg(SYN | ACK, 0, 1));
		EXPECT_FALSE(s.half.opts & RUB_OPT_ECN);
	}
}

/* As long as it offers ECN each time, nothing speaks against it. */
TEST(PassiveOptions, SynAgainWithEcnKeepsIt)
{
	Script s([](rub_config &c) { c.knobs.ecn = 1; });

	s.listen();
	for (int i = 0; i < 2; i++) {
		s.send(seg(SYN | ECE | CWR));
		s.expect(seg(SYN | ACK | ECE, 0, 1));
	}
	s.send(seg(ACK, 1, 1));
	EXPECT_TRUE(s.tcb.opts & RUB_OPT_ECN);
}

/*
 * A SYN that came again with other options: some peers leave them out at last. What was agreed on
 * stands, as in Linux, for the SYN+ACK that is on its way may be answered yet.
 */
TEST(PassiveOptions, SynAgainWithOtherOptionsChangesNothing)
{
	for (const Seg &other : {seg(SYN).with_mss(0), seg(SYN).with_mss(300).with_scale(9),
				 seg(SYN).with_ts(PEER_TS + 5, 0), seg(SYN).with_sack_ok()}) {
		Script s(modern);

		half_open_with_options(s);
		s.send(other.window(77));
		s.expect(seg(SYN | ACK, 0, 1)
				 .with_ts(clock_of(s), other.ts ? PEER_TS + 5 : PEER_TS)
				 .with_scale(0)
				 .with_sack_ok());
		s.send(seg(ACK, 1, 1).with_ts(PEER_TS + 10, clock_of(s)).window(250));
		s.state_is(RUBATO_ESTABLISHED);
		EXPECT_EQ(s.tcb.opts, RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);
		EXPECT_EQ(rub_mss(&s.tcb), MSS - 12u);
		/* RFC 7323 section 2.2: the handshake's ACK is scaled, by the first SYN's shift. */
		EXPECT_EQ(s.tcb.snd_wnd, 250u << 3);
	}
}

/* With another number it is no SYN of this handshake: RFC 9293's step four, back to LISTEN. */
TEST(PassiveOptions, AnotherSynInTheWindowEndsIt)
{
	Script s(modern);

	half_open_with_options(s);
	s.send(seg(SYN, 5).with_ts(PEER_TS + 5, 0));
	s.silence();
	EXPECT_EQ(s.verdict, RUB_REMOVE);
	s.state_is(RUBATO_LISTEN);
}

/* Section 6.1.1.1: the peer heard nothing and does without: the SYN+ACK does too. */
TEST(PassiveOptions, SynAgainWithoutEcnEndsIt)
{
	Script s([](rub_config &c) { c.knobs.ecn = 1; });

	s.listen();
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK | ECE, 0, 1));
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	EXPECT_FALSE(s.tcb.opts & RUB_OPT_ECN);
}

TEST(PassiveOptions, ChallengesAreLimited)
{
	Script s(modern);
	u32 answers = 0;

	half_open_with_options(s);
	for (int i = 0; i < 100; i++) {
		s.send(full_syn(PEER_TS - 1));
		answers += s.take().size();
	}
	EXPECT_GE(answers, RUB_CHALLENGE_MIN);
	EXPECT_LE(answers, RUB_CHALLENGE_MAX);
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
}

/* The RST is an answer of its own: the half-open connection waits on for its ACK. */
TEST(PassiveOpen, AWrongAckMakesNoChild)
{
	Script s;

	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 2));
	s.expect(seg(RST, 2));
	EXPECT_EQ(s.phase, Script::Phase::HALF);
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}
