/* SPDX-License-Identifier: GPL-2.0-only */
/* Proportional rate reduction: RFC 6937, its two examples and what it guarantees. */
#include "flight.h"

#include <algorithm>

using namespace script;

namespace
{

/* Bytes of data that have left since the last time. */
u32 sent(Script &s)
{
	u32 bytes = 0;

	for (const Sent &one : s.take())
		bytes += one.tx.len;
	return bytes;
}

/* Section 3's pseudo-code, with the slow start reduction bound. */
struct Prr {
	u32 ssthresh, recover_fs, delivered = 0, out = 0;

	s64 sndcnt(u32 pipe, u32 by_this_ack)
	{
		delivered += by_this_ack;
		if (pipe > ssthresh)
			return (static_cast<s64>(delivered) * ssthresh + recover_fs - 1) /
				       recover_fs -
			       out;
		const s64 limit =
			std::max<s64>(static_cast<s64>(delivered) - out, by_this_ack) + MSS;

		return std::min<s64>(static_cast<s64>(ssthresh) - pipe, limit);
	}
};

/* Section 3.1: cwnd, FlightSize and pipe are 20 segments, and there is always more. */
void bulk(Script &s)
{
	s.connect(60000);
	s.tcb.opts |= RUB_OPT_SACK;
	s.tcb.cc.cwnd = 20 * MSS;
	s.tcb.cc.ssthresh = 20 * MSS;
	s.write(100 * MSS);
	for (u32 i = 0; i < 20; i++)
		s.expect(data(i));
	s.silence();
	s.at(100ms);
}

Seg wide(u32 i, std::vector<Range> segments = {})
{
	return ack(i, std::move(segments)).window(60000);
}

} // namespace

/*
 * Section 3.1, first example: segment 0 is lost. Two new ones by limited transmit, the
 * retransmission, then about one for two ACKs, until pipe is ssthresh.
 */
TEST(Prr, OneLoss)
{
	Script s;
	u32 total = 0;

	bulk(s);
	s.send(wide(0, {{1, 2}}));
	s.expect(data(20));
	s.silence();
	s.send(wide(0, {{1, 3}}));
	s.expect(data(21));
	s.silence();
	Prr prr{10 * MSS, 22 * MSS};
	for (u32 n = 3; n < 20; n++) {
		const u32 before = s.tcb.loss.prr_out;

		s.send(wide(0, {{1, n + 1}}));
		EXPECT_EQ(s.tcb.cc.ssthresh, 10u * MSS);
		/* In flight of 22: what was SACKed is not, nor 0 before it went again. */
		const u32 pipe =
			22 * MSS - n * MSS - (n == 3 ? MSS : 0) + before - (n > 3 ? MSS : 0);
		const s64 count = prr.sndcnt(pipe, MSS);
		const u32 bytes = sent(s);

		if (n == 3) {
			EXPECT_EQ(bytes, MSS); /* fast retransmit, whatever count is */
		} else {
			EXPECT_EQ(bytes, count >= MSS ? MSS : 0u) << n;
			EXPECT_EQ(s.tcb.cc.cwnd, pipe + std::max<s64>(count, 0)) << n;
		}
		total += bytes;
		prr.out += bytes;
	}
	EXPECT_EQ(total, 8u * MSS);
	EXPECT_EQ(rub_pipe(&s.tcb), 10u * MSS);
	s.at(200ms);
	s.send(wide(20));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY); /* until 22 */
	sent(s);
	s.send(wide(22));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	EXPECT_LE(s.tcb.cc.cwnd, 10u * MSS);
	sent(s);
}

/* Section 3.1, second example: 0 to 14 are lost. "PRR-SSRB": pipe 4 5 6, sent 2R 2R 2R. */
TEST(Prr, FifteenLossesInABurst)
{
	Script s;

	bulk(s);
	s.send(wide(0, {{15, 16}}));
	s.expect(data(20));
	s.silence();
	s.at(101ms);
	s.send(wide(0, {{15, 17}}));
	s.expect(data(21));
	s.silence();
	for (u32 n = 0; n < 3; n++) {
		s.at(102ms + n * 1ms);
		s.send(wide(0, {{15, 18 + n}}));
		EXPECT_EQ(s.tcb.cc.ssthresh, 10u * MSS);
		EXPECT_EQ(s.tcb.cc.cwnd, (4 + n + 2) * MSS); /* pipe + sndcnt */
		s.expect(data(2 * n));
		s.expect(data(2 * n + 1));
		s.silence();
		is_sound(s);
	}
	/* A round trip later: each ACK lets two out until pipe is ssthresh. */
	s.at(201ms);
	s.send(wide(0, {{15, 22}})); /* the two new ones: pipe 6, limit 3 */
	EXPECT_EQ(s.tcb.cc.cwnd, 9u * MSS);
	EXPECT_EQ(sent(s), 3u * MSS);
	s.at(202ms);
	s.send(wide(1, {{15, 22}})); /* pipe 8, which is 2 below ssthresh */
	EXPECT_EQ(s.tcb.cc.cwnd, 10u * MSS);
	EXPECT_EQ(sent(s), 2u * MSS);
	s.send(wide(2, {{15, 22}})); /* pipe 9 */
	EXPECT_EQ(s.tcb.cc.cwnd, 10u * MSS);
	EXPECT_EQ(sent(s), 1u * MSS);
}

/* Section 4: nothing is sent beyond what was delivered, and a segment an ACK, below ssthresh. */
TEST(Prr, NoBurstWhateverTheLosses)
{
	for (u32 lost = 1; lost < 18; lost++) {
		Script s;
		u32 delivered = 0, out = 0, acks = 0;

		bulk(s);
		s.send(wide(0, {{lost, lost + 1}}));
		sent(s);
		s.send(wide(0, {{lost, lost + 2}}));
		sent(s);
		for (u32 i = lost + 2; i < 20; i++) {
			s.send(wide(0, {{lost, i + 1}}));
			ASSERT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
			const u32 bytes = sent(s);

			delivered += MSS;
			acks++;
			out += bytes;
			EXPECT_LE(bytes, 2u * MSS);
			EXPECT_LE(out, delivered + acks * MSS);
			EXPECT_LE(rub_pipe(&s.tcb), std::max(s.tcb.cc.cwnd, 20u * MSS));
		}
	}
}

/* "The consequence of missing ACKs is that later ACKs will show a larger DeliveredData." */
TEST(Prr, AStretchedAckCountsAsItsSegments)
{
	Script each, once;

	for (Script *s : {&each, &once}) {
		bulk(*s);
		s->send(wide(0, {{1, 2}}));
		sent(*s);
		s->send(wide(0, {{1, 3}}));
		sent(*s);
		s->send(wide(0, {{1, 4}}));
		EXPECT_EQ(sent(*s), MSS);
	}
	u32 total = 0;
	for (u32 i = 4; i < 10; i++) {
		each.send(wide(0, {{1, i + 1}}));
		total += sent(each);
	}
	once.send(wide(0, {{1, 10}}));
	EXPECT_EQ(sent(once), total);
	EXPECT_EQ(once.tcb.loss.prr_delivered, each.tcb.loss.prr_delivered);
	EXPECT_EQ(once.tcb.loss.prr_out, each.tcb.loss.prr_out);
}

/* An ACK that delivers nothing lets nothing out: duplicates without news are no clock. */
TEST(Prr, AnAckWithoutNewsSendsNothing)
{
	Script s;

	bulk(s);
	for (u32 i = 1; i < 12; i++) {
		s.send(wide(0, {{1, i + 1}}));
		sent(s);
	}
	for (int n = 0; n < 20; n++) {
		s.send(wide(0, {{1, 12}}));
		s.silence();
	}
}

/* Partial acknowledgements are deliveries, but for what SACK had told of before. */
TEST(Prr, DeliveredIsWhatWasNotKnown)
{
	Script s;

	bulk(s);
	s.send(wide(0, {{2, 5}}));
	EXPECT_EQ(s.tcb.loss.prr_delivered, 3u * MSS);
	sent(s);
	s.at(200ms);
	s.send(wide(1, {{2, 5}}));
	EXPECT_EQ(s.tcb.loss.prr_delivered, 4u * MSS);
	sent(s);
	s.send(wide(5));
	EXPECT_EQ(s.tcb.loss.prr_delivered, 5u * MSS); /* 1; 2 to 4 were known */
	sent(s);
	s.send(wide(6, {{7, 9}}));
	EXPECT_EQ(s.tcb.loss.prr_delivered, 8u * MSS);
	sent(s);
}

/* After recovery cwnd is ssthresh where that much is in flight: min(ssthresh, FlightSize + MSS). */
TEST(Prr, EndsAtSsthresh)
{
	Script s;

	bulk(s);
	for (u32 i = 1; i < 20; i++) {
		s.send(wide(0, {{1, i + 1}}));
		sent(s);
	}
	s.at(200ms);
	s.send(wide(22));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	const u32 flight = 7 * MSS; /* 22 to 28, that PRR let out */
	EXPECT_EQ(s.tcb.cc.cwnd, flight + MSS);
	EXPECT_EQ(s.tcb.cc.ssthresh, 10u * MSS);
	sent(s);
}

/* Each recovery counts from nothing. */
TEST(Prr, ASecondRecoveryStartsAfresh)
{
	Script s;

	bulk(s);
	for (u32 i = 1; i < 20; i++) {
		s.send(wide(0, {{1, i + 1}}));
		sent(s);
	}
	s.at(200ms);
	s.send(wide(22));
	sent(s);
	s.at(300ms);
	const u32 next = (s.tcb.snd_max - s.iss - 1) / MSS;
	ASSERT_GT(next, 26u);
	s.send(wide(22, {{23, 24}}));
	sent(s);
	s.send(wide(22, {{23, 25}}));
	sent(s);
	s.send(wide(22, {{23, 26}}));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_EQ(s.tcb.loss.prr_delivered, MSS);
	EXPECT_EQ(s.tcb.loss.prr_out, sent(s));
}
