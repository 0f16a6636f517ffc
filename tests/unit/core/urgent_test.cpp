/* SPDX-License-Identifier: GPL-2.0-only */
/* Urgent data: RFC 9293 sections 3.8.5 and 3.10.7.4 (sixth), RFC 6093. */
#include "script.h"

using namespace script;

namespace
{

void write_urgent(Script &s, u32 bytes)
{
	ASSERT_EQ(s.call(RUB_CALL_SEND_URGENT, bytes), 0);
}

} // namespace

/* MUST-62: the pointer is the number of the octet behind the urgent data, as an offset. */
TEST(Urgent, Must62ThePointerIsBehindTheLastUrgentByte)
{
	Script s;

	s.connect();
	write_urgent(s, 5);
	s.expect(seg(ACK | PSH | URG, 1, 1, 5).urgent(5));
	s.send(seg(ACK, 1, 6));
	s.write(5);
	s.expect(seg(ACK | PSH, 6, 1, 5));
}

/* MUST-30: it exists; urgent data is data (RFC 6093), and leaves with what was queued before it. */
TEST(Urgent, Must30PointsOverOrdinaryData)
{
	Script s;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND, 100, false), 0);
	ASSERT_EQ(s.call(RUB_CALL_SEND_URGENT, 1, false), 0);
	ASSERT_EQ(s.call(RUB_CALL_SEND, 50, false), 0);
	s.drain();
	s.expect(seg(ACK | PSH | URG, 1, 1, 151).urgent(101));
}

TEST(Urgent, EverySegmentBeforeTheEndSaysSo)
{
	Script s;

	s.connect();
	s.env.gso_max = 64 * MSS; /* each has a pointer of its own: no super-segments */
	write_urgent(s, 2 * MSS + 100);
	s.expect(seg(ACK | URG, 1, 1, MSS).urgent(2 * MSS + 100));
	s.expect(seg(ACK | URG, 1 + MSS, 1, MSS).urgent(MSS + 100));
	s.expect(seg(ACK | PSH | URG, 1 + 2 * MSS, 1, 100).urgent(100));
	s.silence();
	s.write(MSS); /* beyond it nothing is urgent */
	s.expect(seg(ACK | PSH, 101 + 2 * MSS, 1, MSS));
}

TEST(Urgent, ARetransmissionSaysSoToo)
{
	Script s;

	s.connect();
	write_urgent(s, 5);
	s.expect(seg(ACK | PSH | URG, 1, 1, 5).urgent(5));
	s.expect_at(RTO, seg(ACK | PSH | URG, 1, 1, 5).urgent(5));
	s.send(seg(ACK, 1, 6));
	s.silence();
}

TEST(Urgent, AnAcknowledgementSaysSoWhileTheWindowIsClosed)
{
	Script s;

	s.connect(0);
	write_urgent(s, 5);
	s.silence();
	s.send(seg(ACK | PSH, 1, 1, 10).window(0));
	s.expect(seg(ACK | URG, 1, 11).urgent(5));
	s.send(seg(ACK, 11, 1));
	s.expect(seg(ACK | PSH | URG, 1, 11, 5).urgent(5));
}

/* MUST-31: of any length. The field has 16 bits: it says as much as it can. */
TEST(Urgent, Must31PointsFartherThan64K)
{
	Script s;
	u32 at;

	s.connect(60000);
	write_urgent(s, 70000);
	const std::vector<Sent> first = s.take();
	ASSERT_FALSE(first.empty());
	for (const Sent &sent : first) {
		const u32 ahead = s.iss + 70001 - sent.tx.seq;

		EXPECT_TRUE(sent.tx.flags & URG);
		EXPECT_EQ(sent.tx.urg, ahead < 65535 ? ahead : 65535);
	}
	at = first.back().tx.seq + first.back().tx.len - s.iss;
	while (at < 70001) {
		s.send(seg(ACK, 1, at).window(60000));
		const std::vector<Sent> more = s.take();
		ASSERT_FALSE(more.empty());
		for (const Sent &sent : more) {
			const u32 ahead = s.iss + 70001 - sent.tx.seq;

			EXPECT_TRUE(sent.tx.flags & URG);
			EXPECT_EQ(sent.tx.urg, ahead < 65535 ? ahead : 65535);
		}
		at = more.back().tx.seq + more.back().tx.len - s.iss;
	}
}

TEST(Urgent, NeitherNagleNorACorkHoldsItBack)
{
	Script s;

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	rub_set(&s.tcb, RUB_OPTION_CORK, true, &s.env);
	s.write(10);
	s.silence();
	write_urgent(s, 1);
	s.expect(seg(ACK | PSH | URG, 11, 1, 11).urgent(11));
}

TEST(Urgent, QueuedBeforeTheHandshakeItIsNotOnTheSyn)
{
	Script s;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	write_urgent(s, 3);
	s.silence();
	s.expect_at(1s, seg(SYN));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK | PSH | URG, 1, 1, 3).urgent(3));
}

TEST(Urgent, ZeroBytesAreNotUrgent)
{
	Script s;

	s.connect();
	write_urgent(s, 0);
	s.silence();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
}

TEST(Urgent, OldUrgencyDoesNotComeBackWhenNumbersWrap)
{
	Script s;

	s.connect();
	write_urgent(s, 1);
	s.expect(seg(ACK | PSH | URG, 1, 1, 1).urgent(1));
	s.send(seg(ACK, 1, 2));
	EXPECT_FALSE(s.tcb.snd_up != s.iss + 2);
	/* 2^31 bytes later snd_up would lie ahead again. */
	s.tcb.snd_una = s.tcb.snd_nxt = s.tcb.snd_max = s.tcb.snd_end = s.iss + 0x90000000u;
	s.tcb.snd_wl2 = s.tcb.snd_una;
	s.write(10);
	s.expect(seg(ACK | PSH, 0x90000000u, 1, 10));
}

/* MUST-32: the process is told when there was none before; the byte stays in the stream. */
TEST(Urgent, Must32TheProcessIsTold)
{
	Script s;
	rub_rx rx;
	rub_seg in{};

	s.connect();
	in.seq = s.irs + 1;
	in.ack = s.iss + 1;
	in.len = 10;
	in.wnd = PEER_WND;
	in.flags = ACK | PSH | URG;
	in.urg = 4;
	rub_segment(&s.tcb, &in, &s.env, &rx);
	EXPECT_TRUE(rx.mask & RUB_RX_URGENT);
	EXPECT_EQ(rx.urgent, s.irs + 5);
	EXPECT_TRUE(rx.mask & RUB_RX_KEEP);
	EXPECT_EQ(rx.keep.from, s.irs + 1);
	EXPECT_EQ(rx.keep.to, s.irs + 11);
	s.drain();
	s.expect(seg(ACK, 1, 11));
}

/* Also before the data itself is here. */
TEST(Urgent, IsToldAheadOfItsData)
{
	Script s;

	s.connect();
	s.send(seg(ACK | URG, 1, 1).urgent(500));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.silence(); /* a pure ACK is not answered */
	s.send(seg(ACK | URG, 1, 1, 100).urgent(500));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT)); /* signaled already */
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK | URG, 101, 1, 400).urgent(400));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 501));
}

/* MUST-32: and whenever the pointer advances. */
TEST(Urgent, Must32AnAdvanceIsToldAgain)
{
	Script s;

	s.connect();
	s.send(seg(ACK | URG, 1, 1, 10).urgent(100));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 11));
	s.send(seg(ACK | URG, 11, 1, 10).urgent(91));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 21));
}

/* "The urgent pointer cannot recede", but whoever sends may be wrong. */
TEST(Urgent, APointerThatRecedesIsIgnored)
{
	Script s;

	s.connect();
	s.send(seg(ACK | URG, 1, 1, 10).urgent(100));
	s.expect(seg(ACK, 1, 11));
	s.send(seg(ACK | URG, 11, 1, 10).urgent(5));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 21));
}

TEST(Urgent, APointerToWhatIsHereAlreadyIsNotNews)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK | URG, 101, 1).urgent(0));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.send(seg(ACK | URG, 51, 1, 60).urgent(20)); /* points to 71 */
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 111));
}

TEST(Urgent, WithoutTheBitThePointerMeansNothing)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, 10).urgent(5));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 1, 11));
}

/* CLOSE_WAIT: "this should not occur since a FIN has been received": ignored. */
TEST(Urgent, BehindAFinItIsIgnored)
{
	Script s;

	s.to_close_wait();
	s.send(seg(ACK | URG, 2, 1).urgent(100));
	EXPECT_FALSE(s.saw(RUB_RX_URGENT));
	s.silence();
}

TEST(Urgent, InFinWait2ItIsTold)
{
	Script s;

	s.to_fin_wait_2();
	s.send(seg(ACK | URG, 1, 2, 10).urgent(10));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 2, 11));
}

/* A pointer far behind what is received now must not look new when numbers wrap. */
TEST(Urgent, AnOldPointerIsForgotten)
{
	Script s;
	const u32 far = 0x90000000u;

	s.connect();
	s.send(seg(ACK | URG, 1, 1, 10).urgent(10));
	s.expect(seg(ACK, 1, 11));
	s.tcb.rcv_nxt += far;
	s.tcb.rcv_edge += far;
	s.tcb.snd_wl1 += far;
	s.deliver(seg(ACK | PSH, 11 + far, 1, 10)); /* takes the pointer along */
	s.deliver(seg(ACK | URG, 21 + far, 1, 10).urgent(10));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.drain();
	s.take();
}
