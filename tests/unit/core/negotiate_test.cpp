/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What SYNs agree on beside timestamps and window scale: SACK-permitted (RFC 2018 section 2), ECN
 * (RFC 3168 section 6.1.1), the MSS (RFC 9293 section 3.7.1), and the ISN (section 3.4.1).
 */
#include "script.h"

#include "core/constants.h"

using namespace script;

namespace
{

void ecn(rub_config &config)
{
	config.knobs.ecn = 1;
}

/* Sends its data as ECN-capable? */
bool is_capable(Script &s)
{
	s.write(10);
	const std::vector<Sent> sent = s.take();

	EXPECT_EQ(sent.size(), 1u);
	return !sent.empty() && sent[0].tx.ecn == RUB_ECT0;
}

} // namespace

TEST(Negotiate, SackPermittedIsSaidByTheKnob)
{
	Script on([](rub_config &config) { config.knobs.sack = 1; }), off;

	on.open();
	on.expect(seg(SYN).with_sack_ok());
	off.open();
	off.expect(seg(SYN).with_sack_ok(false));
}

TEST(Negotiate, AnEcnSetupSynAckAgrees)
{
	Script s(ecn);

	s.open();
	s.expect(seg(SYN | ECE | CWR));
	s.send(seg(SYN | ACK | ECE, 0, 1));
	s.expect(seg(ACK, 1, 1));
	EXPECT_TRUE(is_capable(s));
}

/* Section 6.1.1.2: a peer that reflects the reserved bits does not know ECN. */
TEST(Negotiate, AnyOtherSynAckDoesNot)
{
	for (u8 flags : {u8(0), CWR, u8(ECE | CWR)}) {
		Script s(ecn);

		s.open();
		s.expect(seg(SYN | ECE | CWR));
		s.send(seg(static_cast<u8>(SYN | ACK | flags), 0, 1));
		s.expect(seg(ACK, 1, 1));
		EXPECT_FALSE(is_capable(s));
	}
}

TEST(Negotiate, WithoutTheKnobNoEcn)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK | ECE, 0, 1));
	s.expect(seg(ACK, 1, 1));
	EXPECT_FALSE(is_capable(s));
}

/* Section 6.1.1.1; and a host that sent a SYN without ECN MUST NOT set ECT (section 6.1.1). */
TEST(Negotiate, ARetransmittedSynFallsBackAndForbidsEct)
{
	Script s(ecn);

	s.mark();
	s.open();
	s.expect(seg(SYN | ECE | CWR));
	s.expect_at(1s, seg(SYN));
	s.expect_at(3s, seg(SYN));
	s.send(seg(SYN | ACK | ECE, 0, 1)); /* the answer to the first */
	s.expect(seg(ACK, 1, 1));
	EXPECT_FALSE(is_capable(s));
}

TEST(Negotiate, CrossedEcnSetupSynsAgree)
{
	Script s(ecn);

	s.open();
	s.expect(seg(SYN | ECE | CWR));
	s.send(seg(SYN | ECE | CWR));
	s.expect(seg(SYN | ACK | ECE, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_TRUE(is_capable(s));
}

/* MUST-15: 536 for a peer that announces none. Timestamps come off it (MUST-16). */
TEST(Negotiate, Must15Must16TheMssLessTheOptions)
{
	static constexpr struct {
		u16 announced;
		bool times;
		u32 payload;
	} rows[] = {{0, false, 536},  {0, true, 524},	  {MSS, true, 988}, {600, false, 600},
		    {600, true, 588}, {65535, true, 988}, {1, false, 48},   {1, true, 36},
		    {47, false, 48},  {48, false, 48},	  {49, false, 49}};

	for (const auto &row : rows) {
		Script s([](rub_config &config) { config.knobs.timestamps = 1; });
		Seg synack = seg(SYN | ACK, 0, 1).with_mss(row.announced);

		s.open();
		s.expect(seg(SYN));
		s.send(row.times ? synack.with_ts(1, 1) : synack);
		s.take();
		EXPECT_EQ(rub_mss(&s.tcb), row.payload) << row.announced;
	}
}

/* Whatever a path is told to take, a segment moves something: else nothing ever would. */
TEST(Negotiate, ASegmentIsNeverEmpty)
{
	static constexpr struct {
		u16 path;
		bool times;
		u32 payload;
	} rows[] = {{0, false, 1}, {1, false, 1}, {2, false, 2}, {0, true, 1},
		    {12, true, 1}, {13, true, 1}, {14, true, 2}};

	for (const auto &row : rows) {
		Script s([&row](rub_config &config) { config.knobs.timestamps = row.times; });
		Seg synack = seg(SYN | ACK, 0, 1);

		s.env.path_mss = row.path;
		s.open();
		s.expect(seg(SYN));
		s.send(row.times ? synack.with_ts(1, 1) : synack);
		s.take();
		EXPECT_EQ(rub_mss(&s.tcb), row.payload) << row.path;
	}
}

TEST(Negotiate, TheIsnMayBeFixed)
{
	for (u32 isn : {0u, 4711u, 0xffffffffu}) {
		Script s([isn](rub_config &config) { config.knobs.isn = RUBATO_ISN_FIXED + isn; });

		s.env.isn_hash = 12345;
		ASSERT_EQ(s.call(RUB_CALL_OPEN, 0), 0);
		ASSERT_EQ(s.units.size(), 1u);
		EXPECT_EQ(s.units[0].seq, isn);
		s.take();
	}
}

/* conformance.md section 1: a new incarnation's ISS exceeds the old SND.NXT, fixed or not. */
TEST(Negotiate, AFixedIsnIsStillBeyondAnOldIncarnation)
{
	Script s([](rub_config &config) { config.knobs.isn = RUBATO_ISN_FIXED + 1000; });

	s.succeeds(5000);
	ASSERT_EQ(s.call(RUB_CALL_OPEN, 0), 0);
	ASSERT_EQ(s.units.size(), 1u);
	EXPECT_GT(s.units[0].seq, 5000u);
	s.take();
}

/* Its SND.NXT may be 0, which is no number for "there was none". */
TEST(Negotiate, AnOldIncarnationMayEndAtZero)
{
	Script s([](rub_config &config) { config.knobs.isn = RUBATO_ISN_FIXED + 0xfffffff0; });

	s.succeeds(0);
	ASSERT_EQ(s.call(RUB_CALL_OPEN, 0), 0);
	ASSERT_EQ(s.units.size(), 1u);
	EXPECT_GT(static_cast<s32>(s.units[0].seq), 0);
	s.take();
}
