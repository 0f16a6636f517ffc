/* SPDX-License-Identifier: GPL-2.0-only */
/* The SACK options that we send: RFC 2018 sections 4 and 7, RFC 2883 sections 4 and 5. */
#include "script.h"

using namespace script;

namespace
{

void sack_on(rub_config &config)
{
	config.knobs.sack = 1;
}

/* A passive open on which SACK is agreed. */
void accept_sack(Script &s)
{
	s.listen();
	s.send(seg(SYN).with_sack_ok());
	s.expect(seg(SYN | ACK, 0, 1).with_sack_ok());
	s.send(seg(ACK, 1, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

bool held(const rub_tcb &tcb, const rub_range &block)
{
	for (u32 i = 0; i < tcb.n_ooo; i++) {
		if (tcb.ooo[i].from == block.from && tcb.ooo[i].to == block.to)
			return true;
	}
	return false;
}

/*
 * The tables of the RFCs: their numbers, in which the data begins at @base, segments as they
 * arrive, and the ACK that each is answered with.
 */
class Table
{
public:
	Table(Script &script, u32 first) : s(script), base(first) { accept_sack(s); }

	void row(u32 from, u32 to, u32 ack, std::vector<Range> blocks, where loc = where::current())
	{
		for (Range &r : blocks)
			r = {number(r.from), number(r.to)};
		s.send(seg(ACK, number(from), 1, to - from), loc);
		s.expect(seg(ACK, 1, number(ack)).sack(std::move(blocks)), loc);
		s.silence(loc);
	}

	/* It arrives, but its ACK is lost, or of no interest. */
	void arrives(u32 from, u32 to, where loc = where::current())
	{
		s.send(seg(ACK, number(from), 1, to - from), loc);
		s.take();
	}

private:
	u32 number(u32 n) const { return n - base + 1; }

	Script &s;
	u32 base;
};

} // namespace

/* "In this situation the network has lost or mis-ordered data": otherwise no option. */
TEST(SackOut, Rfc2018Case1InOrderThereIsNone)
{
	Script s(sack_on);
	Table t(s, 5000);

	t.row(5000, 5500, 5500, {});
	t.row(5500, 6000, 6000, {});
	t.row(6000, 6500, 6500, {});
	t.row(6500, 7000, 7000, {});
}

TEST(SackOut, Rfc2018Case2TheFirstIsLost)
{
	Script s(sack_on);
	Table t(s, 5000);

	t.row(5500, 6000, 5000, {{5500, 6000}});
	t.row(6000, 6500, 5000, {{5500, 6500}});
	t.row(6500, 7000, 5000, {{5500, 7000}});
	t.row(7000, 7500, 5000, {{5500, 7500}});
	t.row(7500, 8000, 5000, {{5500, 8000}});
	t.row(8000, 8500, 5000, {{5500, 8500}});
	t.row(8500, 9000, 5000, {{5500, 9000}});
}

TEST(SackOut, Rfc2018Case3EverySecondIsLost)
{
	Script s(sack_on);
	Table t(s, 5000);

	t.row(5000, 5500, 5500, {});
	t.row(6000, 6500, 5500, {{6000, 6500}});
	t.row(7000, 7500, 5500, {{7000, 7500}, {6000, 6500}});
	t.row(8000, 8500, 5500, {{8000, 8500}, {7000, 7500}, {6000, 6500}});
	t.row(6500, 7000, 5500, {{6000, 7500}, {8000, 8500}});
	t.row(5500, 6000, 7500, {{8000, 8500}});
	t.row(7500, 8000, 8500, {});
}

/* Four fit; each is told at least three times, as others come. */
TEST(SackOut, TheMostRecentFour)
{
	Script s(sack_on);
	Table t(s, 0);

	t.arrives(100, 200);
	t.arrives(300, 400);
	t.arrives(500, 600);
	t.row(700, 800, 0, {{700, 800}, {500, 600}, {300, 400}, {100, 200}});
	t.row(900, 1000, 0, {{900, 1000}, {700, 800}, {500, 600}, {300, 400}});
	/* An old one grows: it is the most recent, whole. */
	t.row(200, 250, 0, {{100, 250}, {900, 1000}, {700, 800}, {500, 600}});
}

/* RFC 7323 section 2.2 with RFC 2018 section 3: three beside timestamps. */
TEST(SackOut, ThreeBesideTimestamps)
{
	Script s([](rub_config &config) {
		config.knobs.sack = 1;
		config.knobs.timestamps = 1;
	});
	u32 at = 101;

	s.listen();
	s.send(seg(SYN).with_sack_ok().with_ts(7, 0));
	const std::vector<Sent> synack = s.take();
	ASSERT_EQ(synack.size(), 1u);
	ASSERT_TRUE(synack[0].tx.opts & RUB_OPT_TS);
	s.send(seg(ACK, 1, 1).with_ts(7, synack[0].tx.tsval));
	for (int i = 0; i < 3; i++, at += 200) {
		s.send(seg(ACK, at, 1, 100).with_ts(7, synack[0].tx.tsval));
		s.take();
	}
	s.send(seg(ACK, at, 1, 100).with_ts(7, synack[0].tx.tsval));
	const std::vector<Sent> sent = s.take();
	ASSERT_EQ(sent.size(), 1u);
	ASSERT_TRUE(sent[0].tx.opts & RUB_OPT_TS);
	EXPECT_EQ(sent[0].tx.n_sack, 3);
	EXPECT_EQ(sent[0].tx.sack[0].from, s.irs + at);
	EXPECT_LE(rub_options_len(&sent[0].tx), RUB_OPTIONS_MAX);
}

/* "As many distinct SACK blocks as possible": what merging leaves room for is told as well. */
TEST(SackOut, MergingMakesRoomForOlderOnes)
{
	Script s(sack_on);
	Table t(s, 0);

	for (u32 at = 100; at < 1300; at += 200)
		t.arrives(at, at + 100);
	/* Held: 100, 300, 500, 700, 900, 1100. */
	t.row(1000, 1100, 0, {{900, 1200}, {700, 800}, {500, 600}, {100, 200}});
}

/* Section 4: "If the data receiver has not received a SACK-Permitted option [...] MUST NOT". */
TEST(SackOut, NotAgreedIsNotSent)
{
	Script s(sack_on);

	s.listen();
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1).with_sack_ok(false));
	s.send(seg(ACK, 1, 1));
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1));
}

/* "SHOULD be included in all ACKs": in those that ride on data, too, which makes room. */
TEST(SackOut, OnDataItTakesPayloadsRoom)
{
	Script s(sack_on);

	accept_sack(s);
	s.send(seg(ACK, 101, 1, 100));
	s.expect(seg(ACK, 1, 1).sack({{101, 201}}));
	s.write(3 * MSS);
	for (const Sent &sent : s.take()) {
		EXPECT_EQ(sent.tx.n_sack, 1);
		EXPECT_LE(sent.tx.len + rub_options_len(&sent.tx), MSS);
		EXPECT_GT(sent.tx.len, 0u);
	}
}

/* The whole queue of holes: bounded, and never a block that is not held. */
TEST(SackOut, OnlyWhatIsHeldIsTold)
{
	Script s(sack_on);

	accept_sack(s);
	for (u32 i = 0; i < 2 * RUB_OOO_MAX; i++) {
		s.send(seg(ACK, 51 + 20 * ((i * 7) % (2 * RUB_OOO_MAX)), 1, 10));
		for (const Sent &sent : s.take()) {
			for (unsigned n = 0; n < sent.tx.n_sack; n++)
				EXPECT_TRUE(held(s.tcb, sent.tx.sack[n]));
		}
	}
}

/* RFC 2883, section 4.1.1 */
TEST(DSack, Example1ADuplicateSegment)
{
	Script s(sack_on);
	Table t(s, 0);

	for (u32 at = 0; at < 4000; at += 500)
		t.arrives(at, at + 500);
	t.row(3000, 3500, 4000, {{3000, 3500}});
}

/* Section 4.1.2 */
TEST(DSack, Example2AnOutOfOrderSegmentAndADuplicate)
{
	Script s(sack_on);
	Table t(s, 0);

	for (u32 at = 0; at < 4000; at += 500)
		t.arrives(at, at + 500);
	t.row(4500, 5000, 4000, {{4500, 5000}});
	t.row(3000, 3500, 4000, {{3000, 3500}, {4500, 5000}});
}

/* Section 4.1.3 */
TEST(DSack, Example3ADuplicateOfAnOutOfOrderSegment)
{
	Script s(sack_on);
	Table t(s, 0);

	for (u32 at = 0; at < 4000; at += 500)
		t.arrives(at, at + 500);
	t.row(4500, 5000, 4000, {{4500, 5000}});
	t.row(5000, 5500, 4000, {{4500, 5500}});
	t.row(5000, 5500, 4000, {{5000, 5500}, {4500, 5500}});
}

/* Section 4.2.1 */
TEST(DSack, Example4ASingleDuplicateSubsegment)
{
	Script s(sack_on);
	Table t(s, 500);

	t.row(500, 1000, 1000, {});
	t.row(2000, 2500, 1000, {{2000, 2500}});
	t.row(1000, 1500, 1500, {{2000, 2500}});
	t.row(1000, 2000, 2500, {{1000, 1500}});
}

/* Section 4.2.2 */
TEST(DSack, Example5TwoSubsegmentsCoveredByTheAck)
{
	Script s(sack_on);
	Table t(s, 500);

	t.row(500, 1000, 1000, {});
	t.row(3000, 3500, 1000, {{3000, 3500}});
	t.row(1000, 1500, 1500, {{3000, 3500}});
	t.row(2000, 2500, 1500, {{2000, 2500}, {3000, 3500}});
	t.row(1000, 2500, 2500, {{1000, 1500}, {3000, 3500}});
}

/*
 * Section 4.2.3, with the second delayed segment where the text has it, not contiguous with the
 * first: 2500-2999. (In the RFC's figure it is 2000-2499, which RFC 2018 would tell as one block
 * with 1500-1999.)
 */
TEST(DSack, Example6TwoSubsegmentsNotCoveredByTheAck)
{
	Script s(sack_on);
	Table t(s, 500);

	t.row(500, 1000, 1000, {});
	t.row(3500, 4000, 1000, {{3500, 4000}});
	t.row(1500, 2000, 1000, {{1500, 2000}, {3500, 4000}});
	t.row(2500, 3000, 1000, {{2500, 3000}, {1500, 2000}, {3500, 4000}});
	t.row(1500, 3000, 1000, {{1500, 2000}, {1500, 3000}, {3500, 4000}});
}

/* Section 5.1 */
TEST(DSack, ReplicationByTheNetwork)
{
	Script s(sack_on);
	Table t(s, 500);

	t.row(500, 1000, 1000, {});
	t.row(1000, 1500, 1500, {});
	t.row(1000, 1500, 1500, {{1000, 1500}});
}

/* Section 5.2 */
TEST(DSack, FalseRetransmitDueToReordering)
{
	Script s(sack_on);
	Table t(s, 500);

	t.row(500, 1000, 1000, {});
	t.row(1500, 2000, 1000, {{1500, 2000}});
	t.row(2000, 2500, 1000, {{1500, 2500}});
	t.row(2500, 3000, 1000, {{1500, 3000}});
	t.row(1000, 1500, 3000, {});
	t.row(1000, 1500, 3000, {{1000, 1500}});
}

/* Section 4, (2): in at most one block: the next ACK does not repeat it. */
TEST(DSack, IsToldOnce)
{
	Script s(sack_on);
	Table t(s, 0);

	t.row(0, 500, 500, {});
	t.row(0, 500, 500, {{0, 500}});
	t.row(500, 1000, 1000, {});
	t.row(2000, 2500, 1000, {{2000, 2500}});
	t.row(0, 500, 1000, {{0, 500}, {2000, 2500}});
	t.row(2500, 3000, 1000, {{2000, 3000}});
}

/* An ACK that could not leave has told nothing. */
TEST(DSack, ALocalDropTellsNothing)
{
	Script s(sack_on);
	Table t(s, 0);

	t.row(0, 500, 500, {});
	s.drop_next(1);
	t.arrives(0, 500);
	t.row(500, 1000, 1000, {{0, 500}});
}

/* Pieces and the super-segment that GRO makes of them are told alike. */
TEST(DSack, PiecesInABatchAreOne)
{
	Script s(sack_on);

	accept_sack(s);
	s.send(seg(ACK, 1, 1, 2 * MSS));
	s.expect(seg(ACK, 1, 1 + 2 * MSS));
	s.deliver(seg(ACK, 1, 1, MSS));
	s.deliver(seg(ACK, 1 + MSS, 1, MSS));
	s.drain();
	s.expect(seg(ACK, 1, 1 + 2 * MSS).sack({{1, 1 + 2 * MSS}}));
	s.send(seg(ACK, 1, 1, 2 * MSS));
	s.expect(seg(ACK, 1, 1 + 2 * MSS).sack({{1, 1 + 2 * MSS}}));
}

/* Behind its FIN the peer's old data is a duplicate as any other. */
TEST(DSack, BehindTheFin)
{
	Script s(sack_on);

	accept_sack(s);
	s.send(seg(ACK | PSH | FIN, 1, 1, 100));
	s.expect(seg(ACK, 1, 102));
	s.send(seg(ACK | PSH | FIN, 1, 1, 100));
	s.expect(seg(ACK, 1, 102).sack({{1, 101}}));
}

/* Section 4, (1): one block of what is duplicate in the latest segment; pieces apart are two. */
TEST(DSack, OfTwoThatAreApartTheLatestIsTold)
{
	Script s(sack_on);

	accept_sack(s);
	s.send(seg(ACK, 1, 1, 3 * MSS));
	s.expect(seg(ACK, 1, 1 + 3 * MSS));
	s.deliver(seg(ACK, 1, 1, MSS));
	s.deliver(seg(ACK, 1 + 2 * MSS, 1, MSS));
	s.drain();
	s.expect(seg(ACK, 1, 1 + 3 * MSS).sack({{1 + 2 * MSS, 1 + 3 * MSS}}));
}

/* Only the part that was here already: before RCV.NXT, or in what is held, from its front or end.
 */
TEST(DSack, IsTheDuplicatePartAlone)
{
	Script s(sack_on);
	Table t(s, 0);

	t.row(0, 500, 500, {});
	t.row(400, 600, 600, {{400, 500}});
	t.row(1000, 1500, 600, {{1000, 1500}});
	t.row(1400, 1600, 600, {{1400, 1500}, {1000, 1600}});
	t.row(900, 1001, 600, {{1000, 1001}, {900, 1600}});
	t.row(800, 900, 600, {{800, 1600}}); /* it touches what is held, no more */
	t.row(1600, 1700, 600, {{800, 1700}});
	t.row(2000, 2100, 600, {{2000, 2100}, {800, 1700}});
	t.row(1900, 2100, 600, {{2000, 2100}, {1900, 2100}, {800, 1700}});
}

/* A path for tiny segments: payload goes before blocks; half of a segment is theirs at most. */
TEST(SackOut, TinySegmentsHaveNoRoomForBlocks)
{
	static constexpr struct {
		u16 mss;
		u8 blocks;
	} rows[] = {{6, 0},  {7, 0},  {8, 0},  {23, 0}, {24, 1},
		    {39, 1}, {40, 2}, {56, 3}, {72, 4}, {100, 4}};

	for (const auto &row : rows) {
		Script s(sack_on);

		s.env.path_mss = row.mss;
		s.env.gso_max = row.mss;
		accept_sack(s);
		for (u32 at = 101; at < 900; at += 200) {
			s.send(seg(ACK, at, 1, 100));
			s.take();
		}
		s.send(seg(ACK, 901, 1, 100));
		const std::vector<Sent> sent = s.take();
		ASSERT_EQ(sent.size(), 1u);
		EXPECT_EQ(sent[0].tx.n_sack, row.blocks) << row.mss;
		s.write(row.mss);
		for (const Sent &one : s.take())
			EXPECT_GE(2 * one.tx.len, row.mss) << row.mss;
	}
}
