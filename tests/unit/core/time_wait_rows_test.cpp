/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TIME_WAIT: conformance.md section 1, each row by its name, with and without timestamps, for each
 * value of tw-rst. RCV.NXT is 2 in these scripts, SND.NXT is 2, TS.Recent is R.
 */
#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

constexpr u32 R = 70000;
constexpr ns WAITED = 20s, END = 60s;

enum class Does { DROP, ACKS, ENDS, REINCARNATES };

struct Row {
	const char *name;
	bool then; /* timestamps were agreed on */
	bool on;   /* they are on now */
	Seg in;
	Does does;
	bool restarts = false;
	u32 recent = R; /* afterwards */
};

Seg at(u8 flags, u32 seq, u32 len, u32 tsval)
{
	return seg(flags, seq, flags & ACK ? 2 : 0, len).with_ts(tsval, 0);
}

/* Rows that mean the same for each tw-rst. */
const Row rows[] = {
	{"RstElsewhere", true, true, at(RST, 3, 0, R + 1), Does::DROP},
	{"RstBelow", true, true, at(RST, 1, 0, R + 1), Does::DROP},
	{"RstElsewhereBare", false, true, seg(RST, 3), Does::DROP},
	{"SynAckLater", true, true, at(SYN | ACK, 1000, 0, R + 1), Does::ACKS},
	{"SynAckOlder", true, true, at(SYN | ACK, 1000, 0, R - 1), Does::ACKS},
	{"SynAckBare", false, true, seg(SYN | ACK, 1000, 2), Does::ACKS},
	{"SynLaterTsval", true, true, at(SYN, 0x90000000, 0, R + 1), Does::REINCARNATES},
	{"SynLaterTsvalAtRcvNxt", true, true, at(SYN, 2, 0, R + 1), Does::REINCARNATES},
	{"SynSameTsvalBeyond", true, true, at(SYN, 3, 0, R), Does::REINCARNATES},
	{"SynSameTsvalAtRcvNxt", true, true, at(SYN, 2, 0, R), Does::ACKS},
	{"SynSameTsvalBelow", true, true, at(SYN, 0, 0, R), Does::ACKS},
	{"SynOlderTsvalBeyond", true, true, at(SYN, 1000, 0, R - 1), Does::ACKS},
	{"SynOlderTsvalBelow", true, true, at(SYN, 0, 0, R - 1), Does::ACKS},
	{"SynTsvalAcrossTheWrap", true, true, at(SYN, 0, 0, R + 0x7fffffff), Does::REINCARNATES},
	{"SynTsvalHalfwayBehind", true, true, at(SYN, 1000, 0, R - 0x7fffffff), Does::ACKS},
	/* RFC 7323 section 5.2: neither is later. Linux takes it for a new incarnation. */
	{"SynTsvalOpposite", true, true, at(SYN, 1000, 0, R + 0x80000000), Does::ACKS},
	{"SynWithTsvalOldHadNone", false, true, at(SYN, 0, 0, 1), Does::REINCARNATES, false, 0},
	{"SynWithTsval0OldHadNone", false, true, at(SYN, 0, 0, 0), Does::REINCARNATES, false, 0},
	{"SynWithLateTsvalOldHadNone", false, true, at(SYN, 0, 0, ~0u), Does::REINCARNATES, false,
	 0},
	{"SynWithTsvalOldHadNoneOff", false, false, at(SYN, 0, 0, 1), Does::ACKS, false, 0},
	{"SynWithTsvalOffNowBelow", true, false, at(SYN, 2, 0, R + 1), Does::ACKS},
	{"SynWithTsvalOffNowBeyond", true, false, at(SYN, 3, 0, R - 1), Does::REINCARNATES},
	{"SynWithoutTsvalBeyond", true, true, seg(SYN, 3), Does::REINCARNATES},
	{"SynWithoutTsvalAtRcvNxt", true, true, seg(SYN, 2), Does::ACKS},
	{"SynBareBeyond", false, true, seg(SYN, 3), Does::REINCARNATES, false, 0},
	{"SynBareAtRcvNxt", false, true, seg(SYN, 2), Does::ACKS, false, 0},
	{"NoAckBit", true, true, at(0, 2, 10, R + 1), Does::DROP},
	{"NoAckBitOldFin", true, true, at(FIN, 1, 0, R - 1), Does::DROP},
	{"OldByPawsFin", true, true, at(FIN | ACK, 1, 0, R - 1), Does::ACKS},
	{"OldByPawsData", true, true, at(ACK | PSH, 2, 10, R - 1), Does::ACKS},
	{"OldByPawsBareAck", true, true, at(ACK, 2, 0, R - 1), Does::ACKS},
	{"OppositeTsvalIsNotOld", true, true, at(ACK, 2, 0, R + 0x80000000), Does::DROP},
	{"PawsNeedsAnAgreement", false, true, at(ACK, 2, 0, R - 1), Does::DROP, false, 0},
	{"FinAgainSameTsval", true, true, at(FIN | ACK, 1, 0, R), Does::ACKS, true, R},
	{"FinAgainLaterTsval", true, true, at(FIN | ACK, 1, 0, R + 5), Does::ACKS, true, R + 5},
	{"FinAgainWithData", true, true, at(FIN | ACK | PSH, 0xffffffce, 51, R + 5), Does::ACKS,
	 true, R + 5},
	{"FinAgainWithoutTsval", true, true, seg(FIN | ACK, 1, 2), Does::ACKS, true, R},
	{"FinAgainBare", false, true, seg(FIN | ACK, 1, 2), Does::ACKS, true, 0},
	{"FinAgainTsvalNotAgreedOn", false, true, at(FIN | ACK, 1, 0, R), Does::ACKS, true, 0},
	{"FinElsewhere", true, true, at(FIN | ACK, 2, 0, R + 5), Does::ACKS},
	{"DataBeyond", true, true, at(ACK | PSH, 3, 10, R + 5), Does::ACKS},
	{"DataAtRcvNxt", true, true, at(ACK | PSH, 2, 10, R + 5), Does::ACKS},
	{"DataBelow", true, true, at(ACK | PSH, 1, 1, R + 5), Does::ACKS},
	{"BareAckBelow", true, true, at(ACK, 1, 0, R + 5), Does::ACKS},
	{"BareAckBeyond", true, true, at(ACK, 3, 0, R + 5), Does::ACKS},
	{"BareAckAtRcvNxt", true, true, at(ACK, 2, 0, R + 5), Does::DROP},
	{"BareAckAtRcvNxtNoTsval", true, true, seg(ACK, 2, 2), Does::DROP},
};

const char *const rst_names[] = {"Exact", "Ignore", "AfterChallenge"};

u32 clock_of(const Script &s)
{
	return static_cast<u32>(s.env.now / 1'000'000) + s.tcb.ts_offset;
}

/* WAITED into a TIME_WAIT of 60 s: a restart can be told, and one of half the length. */
void waiting(Script &s, bool then, bool on, u8 tw_rst)
{
	s.to_time_wait();
	s.tcb.opts = then ? RUB_OPT_TS | RUB_OPT_SACK : 0;
	s.tcb.ts_recent = then ? R : 0;
	s.tcb.ts_recent_at = s.env.now;
	s.tcb.ts_offset = 4711;
	rub_tw_init(&s.tw, &s.tcb, &s.env);
	s.tune([=](rub_config &c) {
		c.knobs.timestamps = on;
		c.knobs.time_wait_rst = tw_rst;
	});
	s.at(WAITED);
}

void is_acked(Script &s, bool then, u32 recent)
{
	const auto out = s.take();

	ASSERT_EQ(out.size(), 1u);
	const rub_tx &tx = out[0].tx;

	EXPECT_EQ(tx.flags, ACK);
	EXPECT_EQ(tx.seq, s.iss + 2);
	EXPECT_EQ(tx.ack, s.irs + 2);
	EXPECT_EQ(tx.len, 0u);
	EXPECT_EQ(tx.n_sack, 0);
	ASSERT_EQ(tx.opts, then ? RUB_OPT_TS : 0);
	if (then) {
		EXPECT_EQ(tx.tsval, clock_of(s));
		EXPECT_EQ(tx.tsecr, recent);
	}
}

class TimeWaitRow : public testing::TestWithParam<std::tuple<Row, u8>>
{
};

} // namespace

TEST_P(TimeWaitRow, IsObeyed)
{
	const auto &[row, tw_rst] = GetParam();
	Script s;

	waiting(s, row.then, row.on, tw_rst);
	const ns before = s.due();

	s.send(row.in);
	switch (row.does) {
	case Does::DROP:
		s.silence();
		EXPECT_EQ(s.verdict, RUB_DROP);
		EXPECT_NE(s.verdict_reason, RUBATO_REASON_NONE);
		break;
	case Does::ACKS:
		EXPECT_EQ(s.verdict, RUB_ANSWER);
		is_acked(s, row.then, row.recent);
		break;
	case Does::ENDS:
		s.silence();
		EXPECT_EQ(s.verdict, RUB_REMOVE);
		return;
	case Does::REINCARNATES:
		s.silence();
		EXPECT_EQ(s.verdict, RUB_REINCARNATE);
		break;
	}
	s.state_is(RUBATO_TIME_WAIT);
	EXPECT_EQ(s.due(), row.restarts ? WAITED + before : before);
	EXPECT_EQ(s.tw.ts_recent, row.then ? row.recent : 0u);
}

INSTANTIATE_TEST_SUITE_P(Conformance, TimeWaitRow,
			 testing::Combine(testing::ValuesIn(rows), testing::Values(0, 1, 2)),
			 [](const auto &info) {
				 return std::string(std::get<0>(info.param).name) + "TwRst" +
					rst_names[std::get<1>(info.param)];
			 });

/* "RST, SEQ == RCV.NXT": ends it by `exact` only; PAWS has no say (RFC 7323 section 5.3). */
TEST(TimeWaitRst, AtRcvNxtIsObeyedByTwRst)
{
	for (bool then : {false, true}) {
		for (u8 tw_rst :
		     {RUBATO_TW_RST_EXACT, RUBATO_TW_RST_IGNORE, RUBATO_TW_RST_AFTER_CHALLENGE}) {
			for (u32 tsval : {R - 1, R, R + 1}) {
				Script s;

				waiting(s, then, true, tw_rst);
				s.send(at(RST, 2, 0, tsval));
				s.silence();
				if (tw_rst == RUBATO_TW_RST_EXACT) {
					EXPECT_EQ(s.verdict, RUB_REMOVE);
				} else {
					EXPECT_EQ(s.verdict, RUB_DROP);
					s.dropped_for(RUBATO_REASON_TW_RST);
					EXPECT_EQ(s.due(), END);
				}
			}
		}
	}
}

/* A half-open peer recovers: its SYN is challenged, its RST ends the entry. */
TEST(TimeWaitRst, AfterAChallengeEndsIt)
{
	for (ns after : {0ns, ns(RUB_CHALLENGE_ECHO) - 1ns}) {
		Script s;

		waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
		s.send(at(SYN, 2, 0, R));
		is_acked(s, true, R);
		s.at(WAITED + after);
		s.send(seg(RST, 2));
		s.silence();
		EXPECT_EQ(s.verdict, RUB_REMOVE);
	}
}

TEST(TimeWaitRst, LongAfterAChallengeDoesNot)
{
	Script s;

	waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
	s.send(at(SYN, 2, 0, R));
	is_acked(s, true, R);
	s.at(WAITED + ns(RUB_CHALLENGE_ECHO));
	s.send(seg(RST, 2));
	EXPECT_EQ(s.verdict, RUB_DROP);
	EXPECT_EQ(s.due(), END);
}

TEST(TimeWaitRst, AfterAChallengeElsewhereDoesNot)
{
	Script s;

	waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
	s.send(at(SYN, 2, 0, R));
	is_acked(s, true, R);
	s.send(seg(RST, 3));
	EXPECT_EQ(s.verdict, RUB_DROP);
	s.state_is(RUBATO_TIME_WAIT);
}

TEST(TimeWaitRst, OnlyABareSynsChallengeCounts)
{
	for (const Seg &in : {at(SYN | ACK, 2, 0, R), at(ACK | PSH, 3, 10, R), at(ACK, 1, 0, R - 1),
			      at(FIN | ACK, 1, 0, R)}) {
		Script s;

		waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
		s.send(in);
		is_acked(s, true, R);
		s.send(seg(RST, 2));
		EXPECT_EQ(s.verdict, RUB_DROP);
	}
}

/* "New incarnation" with nobody listening is challenged too. */
TEST(TimeWaitRst, ARefusedIncarnationWasChallenged)
{
	Script s;
	rub_tx tx;

	waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
	ASSERT_EQ(rub_tw_refuse(&s.tw, &s.env, &tx), RUB_ANSWER);
	EXPECT_EQ(tx.opts, RUB_OPT_TS);
	EXPECT_EQ(tx.tsecr, R);
	s.send(seg(RST, 2));
	EXPECT_EQ(s.verdict, RUB_REMOVE);
}

/* What the limit kept back challenged nobody. */
TEST(TimeWaitRst, ASilentChallengeIsNone)
{
	Script s;

	waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
	for (int i = 0; i < 100; i++) {
		s.send(at(SYN | ACK, 2, 0, R));
		(void)s.take();
	}
	s.send(at(SYN, 2, 0, R));
	s.silence();
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
	s.send(seg(RST, 2));
	EXPECT_EQ(s.verdict, RUB_DROP);
	s.dropped_for(RUBATO_REASON_TW_RST);
}

TEST(TimeWaitLimit, EveryAnswerButTheFinsIsLimited)
{
	for (const Seg &in : {at(SYN, 2, 0, R), at(SYN | ACK, 2, 0, R), at(ACK, 2, 0, R - 1),
			      at(ACK | PSH, 3, 10, R), at(FIN | ACK, 2, 0, R)}) {
		Script s;
		u32 answers = 0;

		waiting(s, true, true, 0);
		for (int i = 0; i < 100; i++) {
			s.send(in);
			answers += s.take().size();
		}
		EXPECT_GE(answers, RUB_CHALLENGE_MIN);
		EXPECT_LE(answers, RUB_CHALLENGE_MAX);
		s.dropped_for(RUBATO_REASON_RATE_LIMIT);
		EXPECT_EQ(s.due(), END);
		s.send(at(FIN | ACK, 1, 0, R));
		is_acked(s, true, R);
		EXPECT_EQ(s.due(), WAITED + END);
	}
}

/* The connection's allowance is the entry's: closing brings an attacker no further answers. */
TEST(TimeWaitLimit, WhatTheConnectionSpentIsSpent)
{
	Script s;

	s.to_fin_wait_2();
	for (u32 i = 0; i < RUB_CHALLENGE_MAX; i++) {
		s.send(seg(SYN, 1));
		s.expect(seg(ACK, 2, 1));
	}
	s.send(seg(SYN, 1));
	s.silence();
	s.send(seg(FIN | ACK, 1, 2));
	s.expect(seg(ACK, 2, 2));
	s.state_is(RUBATO_TIME_WAIT);
	s.send(seg(ACK | PSH, 3, 2, 10));
	s.silence();
	s.dropped_for(RUBATO_REASON_RATE_LIMIT);
}

/* An entry in memory that another one had: nobody was challenged yet. */
TEST(TimeWaitRst, ANewEntryHasChallengedNobody)
{
	Script s;

	waiting(s, true, true, RUBATO_TW_RST_AFTER_CHALLENGE);
	s.send(at(SYN, 2, 0, R));
	is_acked(s, true, R);
	rub_tw_init(&s.tw, &s.tcb, &s.env);
	s.send(seg(RST, 2));
	EXPECT_EQ(s.verdict, RUB_DROP);
}

/* RFC 7323 section 5.5: idle for 24 days, of which the entry was there for the last minute only. */
TEST(TimeWaitPaws, IdlenessCountsFromWhenTheConnectionHeardLast)
{
	for (ns before : {24 * 24h - WAITED, 24 * 24h - WAITED + 1ns}) {
		Script s;

		s.to_time_wait();
		s.tcb.opts = RUB_OPT_TS;
		s.tcb.ts_recent = R;
		s.tcb.ts_recent_at = s.env.now - static_cast<rub_ns>(before.count());
		s.tcb.ts_offset = 4711;
		rub_tw_init(&s.tw, &s.tcb, &s.env);
		s.at(WAITED);
		s.send(at(ACK, 2, 0, R - 1));
		if (before + WAITED > 24 * 24h) {
			s.silence();
			s.dropped_for(RUBATO_REASON_TW_OLD);
		} else {
			is_acked(s, true, R);
		}
	}
}

/* A retransmitted FIN's TSval is as fresh as the entry. */
TEST(TimeWaitPaws, AFinAgainIsHeard)
{
	Script s;

	s.to_time_wait();
	s.tcb.opts = RUB_OPT_TS;
	s.tcb.ts_recent = R;
	s.tcb.ts_recent_at = s.env.now - RUB_PAWS_IDLE;
	s.tcb.ts_offset = 4711;
	rub_tw_init(&s.tw, &s.tcb, &s.env);
	s.send(at(FIN | ACK, 1, 0, R + 5));
	is_acked(s, true, R + 5);
	s.at(WAITED);
	s.send(at(ACK, 2, 0, R + 4));
	is_acked(s, true, R + 5);
}

/* conformance.md section 7: none of them ends it, reopens it or starts it again. */
TEST(TimeWaitSurvives, SynOlderSynSynAck)
{
	Script s;

	waiting(s, true, true, 0);
	s.send(at(SYN, 1000, 0, R + 10));
	EXPECT_EQ(s.verdict, RUB_REINCARNATE);
	s.send(at(SYN, 500, 0, R - 10));
	is_acked(s, true, R);
	s.send(at(SYN | ACK, 1000, 0, R + 10));
	is_acked(s, true, R);
	s.state_is(RUBATO_TIME_WAIT);
	EXPECT_EQ(s.due(), END);
}

/* Windows are scaled as on the connection (RFC 7323 section 2.3). */
TEST(TimeWaitOptions, ItsWindowIsScaled)
{
	Script s;

	s.to_time_wait();
	s.tcb.rcv_scale = 5;
	s.tcb.rcv_edge = s.tcb.rcv_nxt + 64000;
	rub_tw_init(&s.tw, &s.tcb, &s.env);
	s.send(seg(ACK, 3, 2));
	s.expect(seg(ACK, 2, 2).window(64000 >> 5));
}
