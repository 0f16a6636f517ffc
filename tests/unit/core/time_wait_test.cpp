/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TIME_WAIT: every row of conformance.md section 1 that needs no timestamps, RFC 9293 section
 * 3.6.1 and RFC 1337. RCV.NXT is 2 in these scripts, SND.NXT is 2.
 */
#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

/* Halfway through a TIME_WAIT of 60 s: whether the 2 MSL started again can be seen. */
void halfway(Script &s)
{
	s.to_time_wait();
	s.at(30s);
}

void still_ends_at_60s(Script &s)
{
	EXPECT_EQ(s.due(), 60s);
	s.state_is(RUBATO_TIME_WAIT);
}

} // namespace

/* MUST-13 */
TEST(TimeWait, LastsTwiceMsl)
{
	Script s;

	s.to_time_wait();
	EXPECT_EQ(s.due(), 60s);
	s.at(60s - 1ns);
	s.state_is(RUBATO_TIME_WAIT);
	s.at(60s);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
	s.silence();
}

TEST(TimeWait, ItsNumbersAreTheConnections)
{
	Script s;

	s.to_time_wait();
	EXPECT_EQ(s.tw.snd_nxt, s.iss + 2);
	EXPECT_EQ(s.tw.rcv_nxt, s.irs + 2);
}

TEST(TimeWait, MslOfZeroIsNone)
{
	Script s([](rub_config &c) { c.msl = 0; });

	s.to_time_wait();
	EXPECT_LE(s.due(), 0s);
}

TEST(TimeWait, RetuneShortensARunningOne)
{
	Script s;

	s.to_time_wait();
	s.at(500ms);
	s.tune([](rub_config &c) { c.msl = in_ns(1s); });
	EXPECT_EQ(s.due(), 2s);
	s.at(2s - 1ns);
	s.state_is(RUBATO_TIME_WAIT);
	s.at(2s);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(TimeWait, RetuneBelowWhatHasPassedEndsIt)
{
	Script s;

	s.to_time_wait();
	s.at(30s);
	s.tune([](rub_config &c) { c.msl = in_ns(1s); });
	EXPECT_LE(s.due(), 30s);
	s.at(30s);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(TimeWait, RetuneLengthensARunningOne)
{
	Script s;

	s.to_time_wait();
	s.at(59s);
	s.tune([](rub_config &c) { c.msl = in_ns(120s); });
	EXPECT_EQ(s.due(), 240s);
}

TEST(TimeWait, TempoDividesIt)
{
	Script s;

	s.to_time_wait();
	s.tune(nullptr, 10 * RUBATO_TEMPO_ONE);
	EXPECT_EQ(s.due(), 6s);
}

/* The only restart. */
TEST(TimeWait, RetransmittedFinIsAcknowledgedAndRestartsIt)
{
	Script s;

	halfway(s);
	s.send(seg(FIN | ACK, 1, 2));
	EXPECT_EQ(s.verdict, RUB_ANSWER);
	s.expect(seg(ACK, 2, 2).as_unit(RUB_UNIT_ACK));
	s.silence();
	EXPECT_EQ(s.due(), 90s);
	s.at(90s - 1ns);
	s.state_is(RUBATO_TIME_WAIT);
	s.at(90s);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(TimeWait, RetransmittedFinWithItsDataRestartsItToo)
{
	Script s;

	s.to_fin_wait_2();
	s.send(seg(ACK, 1, 2, 100));
	s.expect(seg(ACK, 2, 101));
	s.send(seg(FIN | ACK, 101, 2));
	s.expect(seg(ACK, 2, 102));
	s.mark();
	s.at(30s);
	s.send(seg(FIN | PSH | ACK, 1, 2, 100));
	s.expect(seg(ACK, 2, 102));
	EXPECT_EQ(s.due(), 90s);
}

TEST(TimeWait, FinElsewhereDoesNotRestartIt)
{
	Script s;

	halfway(s);
	s.send(seg(FIN | ACK, 2, 2));
	s.expect(seg(ACK, 2, 2));
	still_ends_at_60s(s);
	s.send(seg(FIN | ACK, 0xfffff000, 2));
	s.expect(seg(ACK, 2, 2));
	still_ends_at_60s(s);
}

TEST(TimeWait, ResetElsewhereIsDropped)
{
	Script s;

	halfway(s);
	for (u32 seq : {0u, 1u, 3u, 1000u, 0x80000002u}) {
		s.send(seg(RST, seq));
		s.silence();
		EXPECT_EQ(s.verdict, RUB_DROP);
		s.dropped_for(RUBATO_REASON_TW_RST);
		s.send(seg(RST | ACK, seq, 2));
		s.silence();
	}
	still_ends_at_60s(s);
}

TEST(TimeWait, ExactResetEndsIt)
{
	Script s;

	halfway(s);
	s.send(seg(RST, 2));
	s.silence();
	EXPECT_EQ(s.verdict, RUB_REMOVE);
	EXPECT_EQ(s.phase, Script::Phase::GONE);
}

TEST(TimeWait, SynAckNeverReopens)
{
	Script s;

	halfway(s);
	for (u32 seq : {0u, 2u, 3u, 5000u}) {
		s.send(seg(SYN | ACK, seq, 2));
		EXPECT_EQ(s.verdict, RUB_ANSWER);
		s.expect(seg(ACK, 2, 2));
		s.silence();
		still_ends_at_60s(s);
	}
}

/* Without timestamps: a new incarnation only if SEQ > RCV.NXT. */
TEST(TimeWait, NewSynReincarnates)
{
	for (u32 seq : {3u, 1000u, 0x7fffffffu}) {
		Script s;

		halfway(s);
		s.send(seg(SYN, seq));
		s.silence();
		EXPECT_EQ(s.verdict, RUB_REINCARNATE) << "seq " << seq;
	}
}

TEST(TimeWait, OldSynIsRefused)
{
	Script s;

	halfway(s);
	for (u32 seq : {2u, 1u, 0u, 0x90000000u, 0xffff0000u}) {
		s.send(seg(SYN, seq));
		EXPECT_EQ(s.verdict, RUB_ANSWER);
		s.expect(seg(ACK, 2, 2));
		s.silence();
		still_ends_at_60s(s);
	}
}

/* What the reincarnation sends starts beyond the old connection's numbers. */
TEST(TimeWait, ReincarnationStartsBeyondTheOldOne)
{
	Script s;
	rub_seg syn{};
	rub_tx tx;

	s.to_time_wait();
	syn.seq = s.irs + 3;
	syn.flags = SYN;
	syn.wnd = PEER_WND;
	ASSERT_EQ(rub_tw_segment(&s.tw, &syn, &s.env, &tx), RUB_REINCARNATE);
	s.env.isn_hash = s.tw.snd_nxt - 100000 - s.env.now / 4000;
	s.succeeds(s.tw.snd_nxt);
	ASSERT_EQ(rub_listen_segment(&syn, &s.env, &s.half, &tx), RUB_CREATE);
	EXPECT_EQ(tx.flags, SYN | ACK);
	EXPECT_GT(static_cast<s32>(tx.seq - s.tw.snd_nxt), 0);
	EXPECT_EQ(tx.ack, s.irs + 4);
}

/* "If the accepted SYN proves to be an old duplicate, return to TIME_WAIT": it has waited on. */
TEST(TimeWait, AnOldDuplicateSynBringsItBack)
{
	Script s;
	rub_seg in{};
	rub_tx tx;

	halfway(s);
	in.seq = s.irs + 500;
	in.flags = SYN;
	in.wnd = PEER_WND;
	ASSERT_EQ(rub_tw_segment(&s.tw, &in, &s.env, &tx), RUB_REINCARNATE);
	s.succeeds(s.tw.snd_nxt);
	ASSERT_EQ(rub_listen_segment(&in, &s.env, &s.half, &tx), RUB_CREATE);
	rub_half_sent(&s.half, &tx, 0, &s.env);
	/* The peer knows nothing of it, and resets by the SYN+ACK's number. */
	in.seq = s.irs + 501;
	in.flags = RST;
	ASSERT_EQ(rub_half_segment(&s.half, &in, &s.env, &tx), RUB_REMOVE);
	still_ends_at_60s(s);
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	EXPECT_EQ(s.due(), 90s);
}

/* "New incarnation" with nobody listening: ACK, no restart. */
TEST(TimeWait, NewSynWithNobodyListening)
{
	Script s;
	rub_tx tx;

	halfway(s);
	s.send(seg(SYN, 3));
	ASSERT_EQ(s.verdict, RUB_REINCARNATE);
	ASSERT_EQ(rub_tw_refuse(&s.tw, &s.env, &tx), RUB_ANSWER);
	EXPECT_EQ(tx.flags, ACK);
	EXPECT_EQ(tx.seq, s.iss + 2);
	EXPECT_EQ(tx.ack, s.irs + 2);
	EXPECT_EQ(tx.len, 0u);
	still_ends_at_60s(s);
}

TEST(TimeWait, RefusalsAreLimitedToo)
{
	Script s;
	rub_tx tx;
	u32 answers = 0;

	halfway(s);
	for (int i = 0; i < 100; i++)
		answers += rub_tw_refuse(&s.tw, &s.env, &tx) == RUB_ANSWER;
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
	EXPECT_EQ(tx.reason, RUBATO_REASON_RATE_LIMIT);
	still_ends_at_60s(s);
}

/* Asking whether it may be reborn changes nothing: the entry stays until the handshake is done. */
TEST(TimeWait, ReincarnationLeavesTheEntryAsItIs)
{
	Script s;

	halfway(s);
	const rub_tw before = s.tw;
	s.send(seg(SYN, 1000));
	ASSERT_EQ(s.verdict, RUB_REINCARNATE);
	EXPECT_EQ(s.tw.snd_nxt, before.snd_nxt);
	EXPECT_EQ(s.tw.rcv_nxt, before.rcv_nxt);
	still_ends_at_60s(s);
}

TEST(TimeWait, WithoutAckBitIsDropped)
{
	Script s;

	halfway(s);
	s.send(seg(0, 2, 0, 10));
	s.silence();
	EXPECT_EQ(s.verdict, RUB_DROP);
	s.send(seg(FIN, 1));
	s.silence();
	s.send(seg(0, 2));
	s.silence();
	still_ends_at_60s(s);
}

/* An attacker cannot pin the entry: data is answered, and restarts nothing. */
TEST(TimeWait, DataDoesNotRestartIt)
{
	Script s;

	halfway(s);
	for (u32 seq : {1u, 2u, 3u, 7000u, 0xffff0000u}) {
		s.send(seg(ACK | PSH, seq, 2, 10));
		s.expect(seg(ACK, 2, 2));
		s.silence();
		still_ends_at_60s(s);
	}
}

TEST(TimeWait, BareAckAtRcvNxtIsDropped)
{
	Script s;

	halfway(s);
	for (u32 ack : {0u, 1u, 2u, 3u}) {
		s.send(seg(ACK, 2, ack));
		s.silence();
		EXPECT_EQ(s.verdict, RUB_DROP);
	}
	still_ends_at_60s(s);
}

TEST(TimeWait, BareAckElsewhereIsAnswered)
{
	Script s;

	halfway(s);
	s.send(seg(ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.send(seg(ACK, 3, 2));
	s.expect(seg(ACK, 2, 2));
	still_ends_at_60s(s);
}

TEST(TimeWait, AnswersAreLimited)
{
	Script s;
	u32 answers = 0;

	halfway(s);
	for (int i = 0; i < 100; i++) {
		s.send(seg(ACK | PSH, 3, 2, 10));
		answers += s.take().size();
	}
	EXPECT_EQ(answers, RUB_CHALLENGE_MAX);
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
	s.at(36s);
	s.send(seg(ACK | PSH, 3, 2, 10));
	s.expect(seg(ACK, 2, 2));
	still_ends_at_60s(s);
}

/* The last ACK is lost: the peer's FIN comes again, also if answers are limited just now. */
TEST(TimeWait, FinIsAcknowledgedEvenAtTheLimit)
{
	Script s;

	halfway(s);
	for (int i = 0; i < 100; i++) {
		s.send(seg(ACK | PSH, 3, 2, 10));
		(void)s.take();
	}
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	EXPECT_EQ(s.due(), 90s);
}

/* Reached by a simultaneous close, the peer may still send its FIN again. */
TEST(TimeWait, AfterClosing)
{
	Script s;

	s.to_closing();
	s.send(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
	s.mark();
	s.send(seg(FIN | ACK, 1, 1));
	s.expect(seg(ACK, 2, 2));
	EXPECT_EQ(s.due(), 60s);
}

/* CLOSED: RFC 9293 section 3.10.7.1. */
TEST(Stray, WithAckIsResetByItsAck)
{
	Script s;

	s.phase = Script::Phase::GONE;
	s.send(seg(ACK, 5, 77));
	s.expect(seg(RST, 77, 0).as_unit(RUB_UNIT_RST));
	s.send(seg(ACK | PSH | FIN, 5, 78, 10));
	s.expect(seg(RST, 78, 0));
	s.send(seg(SYN | ACK, 5, 79));
	s.expect(seg(RST, 79, 0));
}

TEST(Stray, WithoutAckIsResetBehindItsEnd)
{
	Script s;
	rub_seg in{};
	rub_tx tx;

	(void)s;
	in.seq = 5000;
	in.flags = SYN;
	ASSERT_TRUE(rub_stray_segment(&in, &tx));
	EXPECT_EQ(tx.flags, RST | ACK);
	EXPECT_EQ(tx.seq, 0u);
	EXPECT_EQ(tx.ack, 5001u);
	EXPECT_EQ(tx.len, 0u);
	EXPECT_EQ(tx.mss, 0u);

	in.len = 100;
	ASSERT_TRUE(rub_stray_segment(&in, &tx));
	EXPECT_EQ(tx.ack, 5101u);

	in.flags = SYN | FIN;
	ASSERT_TRUE(rub_stray_segment(&in, &tx));
	EXPECT_EQ(tx.ack, 5102u);

	in.seq = 0xffffffff;
	in.len = 0;
	in.flags = FIN;
	ASSERT_TRUE(rub_stray_segment(&in, &tx));
	EXPECT_EQ(tx.ack, 0u);
	EXPECT_EQ(tx.flags, RST | ACK);

	in.flags = 0;
	ASSERT_TRUE(rub_stray_segment(&in, &tx));
	EXPECT_EQ(tx.ack, 0xffffffffu);
}

TEST(Stray, ResetIsNeverAnswered)
{
	Script s;

	s.phase = Script::Phase::GONE;
	for (u8 flags : {RST, u8(RST | ACK), u8(RST | SYN), u8(RST | FIN | ACK)}) {
		s.send(seg(flags, 5, 77));
		s.silence();
	}
}
