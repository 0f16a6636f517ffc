/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all states share: which segments are acceptable (RFC 9293 section 3.10.7.4, first step), and
 * where the ISS of a reincarnation begins.
 */
#include "script.h"

#include "core/constants.h"

using namespace script;

/* RFC 9293 section 3.4: nothing half the sequence space away is in a window. */
TEST(Acceptable, HalfTheSequenceSpaceAwayIsNot)
{
	for (u32 far : {0x7fffffffu, 0x80000000u, 0x80000001u, 0x80000064u, 0x80000000u + BUFFER}) {
		for (u32 len : {1u, 10u, 1000u}) {
			Script s;

			s.connect();
			s.send(seg(ACK | PSH, 1 + far, 1, len));
			s.kept({});
			EXPECT_FALSE(s.happened.reasons.empty());
			s.expect(seg(ACK, 1, 1));
		}
	}
}

/* Longer than the window, and around it: what lies in it is what was asked for. */
TEST(Acceptable, AroundTheWindow)
{
	for (u32 before : {1u, 50u, 999u}) {
		Script s;

		s.connect();
		s.send(seg(ACK, 1, 1, BUFFER - 1000));
		s.expect(seg(ACK, 1, 1 + BUFFER - 1000));
		s.send(seg(ACK | PSH, 1 + BUFFER - 1000 - before, 1, before + 5000));
		s.kept({{1 + BUFFER - 1000, 1 + BUFFER}});
		s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	}
}

/* One that ends at RCV.NXT brings nothing; one number more is new. */
TEST(Acceptable, TheLeftEdge)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK, 51, 1, 50));
	s.kept({});
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK, 51, 1, 51));
	s.kept({{101, 102}});
	s.expect(seg(ACK, 1, 102));
	/* A FIN is a number as any other. */
	s.send(seg(FIN | ACK, 52, 1, 50));
	s.expect(seg(ACK, 1, 103));
	s.state_is(RUBATO_CLOSE_WAIT);
}

/* MUST-66, and "special allowance should be made to accept valid ACKs": in SYN_RCVD as later. */
TEST(Acceptable, HalfOpenWithoutAWindow)
{
	static constexpr struct {
		u8 flags;
		u32 seq, len;
		rubato_state then;
	} rows[] = {
		{ACK, 1, 0, RUBATO_ESTABLISHED},       {ACK | PSH, 1, 10, RUBATO_ESTABLISHED},
		{FIN | ACK, 1, 0, RUBATO_ESTABLISHED}, {RST, 1, 0, RUBATO_LISTEN},
		{RST | ACK, 1, 10, RUBATO_LISTEN},     {ACK, 2, 0, RUBATO_SYN_RCVD},
		{ACK | PSH, 0, 10, RUBATO_SYN_RCVD},   {ACK | PSH, 2, 10, RUBATO_SYN_RCVD},
		{SYN | ACK, 1, 0, RUBATO_SYN_RCVD},    {RST, 2, 0, RUBATO_SYN_RCVD},
	};

	for (const auto &row : rows) {
		Script s;

		s.buffer = 0;
		s.listen();
		s.send(seg(SYN));
		s.expect(seg(SYN | ACK, 0, 1).window(0));
		s.send(seg(row.flags, row.seq, 1, row.len));
		s.state_is(row.then);
		EXPECT_EQ(s.happened.keep.size(), 0u);
		/* What is refused is answered, so that the peer learns of the window; an RST never.
		 */
		if (row.len && !(row.flags & RST))
			s.expect(seg(ACK, 1, 1).window(0));
		s.take();
	}
}

/* The ISN clock is not there yet: beyond every window that the old incarnation could have had. */
TEST(Isn, AReincarnationsStepIsALargestWindowAndMore)
{
	for (u32 behind : {0u, 1u, 1u << 30}) {
		Script s;
		rub_seg syn{};
		rub_tx tx;

		syn.flags = SYN;
		s.env.isn_hash = 500000 - s.env.now / RUB_ISN_TICK;
		s.succeeds(500000 + behind);
		ASSERT_EQ(rub_listen_segment(&syn, &s.env, &s.half, &tx), RUB_CREATE);
		EXPECT_EQ(tx.seq, 500000 + behind + 65535 + 2);
	}
}
