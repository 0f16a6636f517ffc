/* SPDX-License-Identifier: GPL-2.0-only */
/* RTT samples: RFC 6298 sections 2 and 3, RFC 7323 section 4. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

constexpr rub_ns MS = 1'000'000;

/* A connection that has measured nothing, whose peer echoes @ticks of age. */
struct Echo {
	Script s;
	rub_seg seg{};

	explicit Echo(u32 ticks)
	{
		s.connect();
		s.tcb.opts |= RUB_OPT_TS;
		s.tcb.srtt = s.tcb.rttvar = s.tcb.min_rtt = 0;
		seg.opts = RUB_OPT_TS;
		seg.tsecr = rub_tsval(&s.env, s.tcb.ts_offset) - ticks;
	}
	bool take() { return rub_rtt_echo(&s.tcb, &seg, &s.env); }
};

} // namespace

/* Section 2.2: SRTT <- R, RTTVAR <- R/2. */
TEST(RttSample, First)
{
	Script s;

	s.connect();
	EXPECT_EQ(s.tcb.srtt, 100 * MS);
	EXPECT_EQ(s.tcb.rttvar, 50 * MS);
	EXPECT_EQ(s.tcb.min_rtt, 100 * MS);
}

/* Section 2.3: RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R'|, then SRTT <- 7/8 SRTT + 1/8 R'. */
TEST(RttSample, Next)
{
	static constexpr struct {
		rub_ns sample, srtt, rttvar, least;
	} rows[] = {{900 * MS, 200 * MS, 237'500'000, 100 * MS},
		    {20 * MS, 90 * MS, 57'500'000, 20 * MS},
		    {100 * MS, 100 * MS, 37'500'000, 100 * MS}};

	for (const auto &row : rows) {
		Script s;

		s.connect();
		rub_rtt_sample(&s.tcb, row.sample);
		EXPECT_EQ(s.tcb.srtt, row.srtt) << row.sample;
		EXPECT_EQ(s.tcb.rttvar, row.rttvar) << row.sample;
		EXPECT_EQ(s.tcb.min_rtt, row.least) << row.sample;
	}
}

/* An answer at the same instant is a sample like any other: there is one from now on. */
TEST(RttSample, OfNoTime)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	EXPECT_EQ(s.tcb.srtt, 1u);
	EXPECT_EQ(s.tcb.min_rtt, 1u);
	for (int i = 0; i < 100; i++)
		rub_rtt_sample(&s.tcb, 0);
	EXPECT_EQ(s.tcb.srtt, 1u);
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), 200 * MS);
}

/* RFC 7323 section 4: what the echo tells, in whole ticks; less than one is one. */
TEST(RttEcho, CountsTicks)
{
	static constexpr struct {
		u32 ticks;
		rub_ns sample;
	} rows[] = {{0, MS}, {1, MS}, {2, 2 * MS}, {150, 150 * MS}, {240'000, 240'000 * MS}};

	for (const auto &row : rows) {
		Echo e(row.ticks);

		EXPECT_TRUE(e.take());
		EXPECT_EQ(e.s.tcb.srtt, row.sample);
	}
}

/* Older than a segment and its answer can live (RFC 9293 section 3.4.2), or of the future: a lie.
 */
TEST(RttEcho, LiesAreNoSamples)
{
	for (u32 ticks : {240'001u, 0x7fffffffu, 0x80000000u, ~0u}) {
		Echo e(ticks);

		EXPECT_FALSE(e.take()) << ticks;
		EXPECT_EQ(e.s.tcb.srtt, 0u) << ticks;
	}
}

TEST(RttEcho, NeedsTimestampsOnBothSides)
{
	Echo theirs(5), ours(5);

	theirs.s.tcb.opts = 0;
	EXPECT_FALSE(theirs.take());
	ours.seg.opts = 0;
	EXPECT_FALSE(ours.take());
}

/* Karn: a SYN that left twice is timed by its echo alone. */
TEST(RttEcho, OfASynThatLeftTwice)
{
	for (bool timestamps : {false, true}) {
		Script s([&](rub_config &c) { c.knobs.timestamps = timestamps; });

		s.mark();
		s.open();
		s.take();
		s.at(1s);
		const std::vector<Sent> again = s.take();
		ASSERT_EQ(again.size(), 1u);
		s.at(1s + 30ms);
		if (timestamps)
			s.send(seg(SYN | ACK, 0, 1).with_ts(9, again[0].tx.tsval));
		else
			s.send(seg(SYN | ACK, 0, 1));
		s.take();
		EXPECT_EQ(s.tcb.srtt, timestamps ? 30 * MS : 0);
	}
}

/* A sample ends the back-off that Karn's algorithm kept (RFC 6298 section 5). */
TEST(RttSample, EndsTheBackOff)
{
	Script s;

	s.connect();
	s.tcb.held = 3;
	rub_rtt_sample(&s.tcb, 100 * MS);
	EXPECT_EQ(s.tcb.held, 0u);
}
