/* SPDX-License-Identifier: GPL-2.0-only */
/* The sender with SACK: RFC 2018, RFC 2883, RFC 6675, RFC 6937, RFC 8985. */
#include "script.h"

#include "core/tcb.h"

using namespace script;

namespace
{

/* SACK agreed on, nothing else; n segments in flight since time 0. */
void in_flight(Script &s, u32 n)
{
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(n * MSS);
	for (u32 i = 0; i < n; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
	s.silence();
}

u32 nth(u32 i)
{
	return 1 + i * MSS;
}

void sound(const Script &s)
{
	EXPECT_TRUE(rub_rec_sound(&s.tcb.out, s.tcb.snd_una, s.tcb.snd_nxt));
}

} // namespace

/* RFC 8985 section 6.2: three segments SACKed and no reordering seen: lost at once. */
TEST(Sack, ThreeSegmentsSackedSendTheFirstAgain)
{
	Script s;

	in_flight(s, 5);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(2)}}));
	s.silence();
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(3)}}));
	s.silence();
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(4)}}));
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
	EXPECT_EQ(s.tcb.run.tries, 0u);
	sound(s);
	s.send(seg(ACK, 1, nth(5)));
	s.silence();
	EXPECT_EQ(s.tcb.out.n, 0);
	EXPECT_TRUE(s.never_due());
}

/* Only what is missing goes again. */
TEST(Sack, TwoHolesAreFilledAndNothingElse)
{
	Script s;

	in_flight(s, 8);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(5), nth(8)}, {nth(1), nth(3)}}));
	s.expect(seg(ACK, nth(0), 1, MSS));
	(void)s.take();
	s.send(seg(ACK, 1, nth(3)).sack({{nth(5), nth(8)}}));
	(void)s.take();
	sound(s);
	s.send(seg(ACK, 1, nth(8)));
	s.silence();
	EXPECT_EQ(s.tcb.out.n, 0);
}

/* RFC 8985 section 6.2: one SACKed segment: a quarter of the least RTT later it is lost. */
TEST(Sack, ReorderingTimer)
{
	Script s;

	in_flight(s, 2);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(2)}}));
	s.silence();
	s.expect_at(125ms, seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, nth(2)));
}

/* Reordering within the window sends nothing. */
TEST(Sack, ReorderingIsForgiven)
{
	Script s;

	in_flight(s, 3);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(2)}}));
	s.at(110ms);
	s.send(seg(ACK, 1, nth(3)));
	s.silence();
	EXPECT_TRUE(s.never_due());
	EXPECT_TRUE(s.tcb.loss.rack.reordering);
}

/* Upside down, beyond what was sent, covering what is asked for: as if they were not there. */
TEST(Sack, IncredibleBlocksAreIgnored)
{
	Script s;

	u16 wnd = PEER_WND; /* another each time: none is a duplicate acknowledgement */

	in_flight(s, 5);
	for (const Range &r : {Range{nth(4), nth(1)}, Range{nth(3), nth(6)}, Range{nth(0), nth(2)},
			       Range{nth(2), nth(2)}, Range{0x80000000, 0x80000100},
			       Range{0u - 2 * PEER_WND, 0u - PEER_WND}, Range{nth(0), nth(0)}}) {
		s.send(seg(ACK, 1, 1).window(--wnd).sack({r}));
		s.silence();
		EXPECT_EQ(s.tcb.out.sacked, 0u);
		EXPECT_EQ(s.tcb.loss.rack.mult, 1); /* nor are they D-SACK */
		sound(s);
	}
}

/* RFC 2883 section 4.2: a duplicate inside what is held out of order; to the octet. */
TEST(Sack, ADuplicateInsideTheSecondBlock)
{
	static constexpr struct {
		Range first, second;
		bool is;
	} rows[] = {
		{{2001, 3001}, {2001, 4001}, true},  {{3001, 4001}, {2001, 4001}, true},
		{{2001, 4001}, {2001, 4001}, true},  {{2000, 3001}, {2001, 4001}, false},
		{{3001, 4002}, {2001, 4001}, false}, {{2001, 3001}, {4001, 5001}, false},
	};

	for (const auto &row : rows) {
		Script s;

		in_flight(s, 5);
		s.send(seg(ACK, 1, 1).window(PEER_WND - 1).sack({row.first, row.second}));
		EXPECT_EQ(s.tcb.loss.rack.mult, row.is ? 2 : 1);
		sound(s);
		(void)s.take();
	}
}

/* What stands behind the blocks that there are is none. */
TEST(Sack, ABlockThatIsNotThereIsNotLookedAt)
{
	Script s;
	rub_seg seg{};
	rub_rx rx;

	in_flight(s, 3);
	seg.flags = ACK;
	seg.seq = s.irs + 1;
	seg.ack = s.iss + 1;
	seg.wnd = PEER_WND;
	seg.n_sack = 1;
	seg.sack[0] = {s.iss + nth(1), s.iss + nth(2)};
	seg.sack[1] = {s.iss + nth(1), s.iss + nth(3)};
	rub_segment(&s.tcb, &seg, &s.env, &rx);
	EXPECT_EQ(s.tcb.out.sacked, MSS);
	EXPECT_EQ(s.tcb.loss.rack.mult, 1);
	(void)s.take();
}

/* RFC 2018 section 8: after a timeout nothing that SACK told is relied on. */
TEST(Sack, RenegingReceiverGetsEverythingAgain)
{
	Script s;

	in_flight(s, 4);
	s.at(100ms);
	s.send(seg(ACK, 1, 1).sack({{nth(1), nth(4)}}));
	s.expect(seg(ACK, 1, 1, MSS));
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, MSS).retransmitted(1));
	EXPECT_EQ(s.tcb.out.sacked, 0u);
	sound(s);
	s.send(seg(ACK, 1, nth(1)));
	s.expect(seg(ACK, nth(1), 1, MSS));
	(void)s.take();
	s.send(seg(ACK, 1, nth(4)));
	(void)s.take();
	EXPECT_EQ(s.tcb.out.n, 0);
}

/* RFC 8985 section 7: two round trips without an answer send the last segment again, once. */
TEST(TailLossProbe, SendsTheLastSegmentAgain)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });

	in_flight(s, 3);
	s.expect_at(200ms, seg(ACK | PSH, nth(2), 1, MSS));
	EXPECT_EQ(s.tcb.run.tries, 0u);
	/* RTO starts again when the probe left. */
	EXPECT_EQ(s.due(), 1200ms);
	s.at(300ms);
	s.send(seg(ACK, 1, 1).sack({{nth(2), nth(3)}}));
	/* Section 7.4.1: what left before the probe is lost. */
	s.expect(seg(ACK, nth(0), 1, MSS));
	s.expect(seg(ACK, nth(1), 1, MSS));
	s.silence();
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.send(seg(ACK, 1, nth(3)));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
}

TEST(TailLossProbe, ANewSegmentIsPreferred)
{
	Script s([](rub_config &c) { c.rto_min = 1000000000; });

	in_flight(s, 3);
	s.write(100); /* Nagle holds it back */
	s.silence();
	s.expect_at(200ms, seg(ACK | PSH, nth(3), 1, 100));
	s.send(seg(ACK, 1, nth(3) + 100));
	EXPECT_TRUE(s.never_due());
}

/* With the few records of its own alone a connection still gets everything across. */
TEST(Sack, WithoutRecordsLent)
{
	Script s;

	s.nodes_max = 0;
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(10 * MSS);
	u32 una = 1;
	for (int i = 0; i < 200 && una != nth(10); i++) {
		u32 end = una;
		for (const Sent &sent : s.take())
			end = std::max(end, sent.tx.seq - s.iss + sent.tx.len);
		if (end == una) {
			s.at(s.due());
			continue;
		}
		una = std::max(una, end);
		s.send(seg(ACK, 1, una));
		sound(s);
	}
	EXPECT_EQ(una, nth(10));
}

/* Without a node to split a record by, a block inside it is ignored, whatever number it ends at. */
TEST(Sack, ABlockThatNoRecordIsLeftForIsIgnored)
{
	Script s;

	s.nodes_max = 0;
	s.env.gso_max = 3 * MSS;
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(12 * MSS);
	ASSERT_FALSE(s.take().empty());
	while (rub_rec_room(&s.tcb.out)) {
		s.write(3 * MSS);
		ASSERT_FALSE(s.take().empty());
	}
	s.send(seg(ACK, 1, 1).sack({{1 + MSS, 1 + 2 * MSS}}));
	EXPECT_EQ(s.tcb.out.sacked, 0u);
	s.send(seg(ACK, 1, 1).sack({{1, 1 + MSS}}));
	EXPECT_EQ(s.tcb.out.sacked, 0u);
	s.take();
	sound(s);
}

/* A node for the lower end of a block, none for the upper: what is lost stays one record. */
TEST(Sack, ABlockThatOneNodeIsLeftForIsIgnoredWhole)
{
	Script s;

	s.nodes_max = 0;
	s.env.gso_max = 8 * MSS;
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
	s.write(8 * MSS);
	ASSERT_FALSE(s.take().empty());
	while (s.tcb.clock == RUBATO_CLOCK_DATA && !s.tcb.out.lost) {
		s.at(s.due());
		s.take();
	}
	ASSERT_EQ(s.tcb.out.n, 2);
	s.send(seg(ACK, 1, 1).sack({{nth(4), nth(5)}}));
	EXPECT_EQ(s.tcb.out.sacked, 0u);
	sound(s);
}
