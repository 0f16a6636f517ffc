/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RFC 9293's MUSTs that live on the wire, by the numbers of its appendix B. The table of all of
 * them is the file musts; tests/laws/cases fails on a gap.
 */
#include "script.h"

#include <array>

using namespace script;

namespace
{

rub_seg parsed(std::initializer_list<u8> bytes, u8 flags = SYN)
{
	std::array<u8, RUB_OPTIONS_MAX> area{};
	rub_seg seg{};

	std::copy(bytes.begin(), bytes.end(), area.begin());
	seg.flags = flags;
	EXPECT_TRUE(rub_options_parse(area.data(), static_cast<u32>(bytes.size()), &seg));
	return seg;
}

bool refused(std::initializer_list<u8> bytes)
{
	std::array<u8, RUB_OPTIONS_MAX> area{};
	rub_seg seg{};

	std::copy(bytes.begin(), bytes.end(), area.begin());
	seg.flags = SYN;
	return !rub_options_parse(area.data(), static_cast<u32>(bytes.size()), &seg);
}

/* The ISS of a connection opened @t later than others, with F() = @f. */
u32 iss_of(ns t, u64 f)
{
	Script s;
	rub_tcb tcb;
	rub_rx rx;
	rub_tx tx{};

	s.env.now += static_cast<rub_ns>(t.count());
	s.env.isn_hash = f;
	rub_init(&tcb);
	EXPECT_EQ(rub_call(&tcb, RUB_CALL_OPEN, 0, &s.env, &rx), 0);
	EXPECT_TRUE(rub_transmit(&tcb, &s.env, &tx));
	return tx.seq;
}

} // namespace

/* Section 3.1: as a signed number this window would be negative, and nothing could leave. */
TEST(Must, N1TheWindowIsUnsigned)
{
	Script s;

	s.connect(65535);
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.send(seg(ACK, 1, 101).window(32768));
	s.write(200);
	s.expect(seg(ACK | PSH, 101, 1, 200));
}

TEST(Must, N4EndOfListNoOperationAndMssAreUnderstood)
{
	EXPECT_EQ(parsed({1, 1, 1, 1, 2, 4, 0x05, 0xb4}).mss, 1460);
	/* What follows the end of the list is padding, whatever it looks like. */
	EXPECT_EQ(parsed({0, 0, 0, 0, 2, 4, 0x05, 0xb4}).mss, 0);
}

/* Section 3.1; an option that belongs on a SYN harms no other segment. */
TEST(Must, N5AnOptionMayComeInAnySegment)
{
	for (u8 flags : {SYN, ACK, u8(SYN | ACK), u8(FIN | ACK), RST, u8(0)}) {
		const rub_seg got =
			parsed({2, 4, 0x05, 0xb4, 1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9}, flags);

		EXPECT_TRUE(got.opts & RUB_OPT_TS) << flag_names(flags);
		EXPECT_EQ(got.tsval, 7u);
		EXPECT_EQ(got.tsecr, 9u);
	}
}

TEST(Must, N6UnknownOptionsAreIgnoredWithoutError)
{
	EXPECT_EQ(parsed({254, 6, 1, 2, 3, 4, 2, 4, 0x02, 0x18}).mss, 536);
	EXPECT_EQ(parsed({77, 2, 253, 4, 9, 9, 2, 4, 0x02, 0x18}).mss, 536);
}

TEST(Must, N7IllegalLengthsAreNoticed)
{
	EXPECT_TRUE(refused({2, 0, 0, 0}));
	EXPECT_TRUE(refused({254, 0, 0, 0}));
	EXPECT_TRUE(refused({254, 1, 0, 0}));
	EXPECT_TRUE(refused({254, 5, 0, 0}));
	EXPECT_TRUE(refused({1, 1, 1, 254})); /* not even a length */
}

/* Section 3.4.1: one more every 4 microseconds. */
TEST(Must, N8TheIssFollowsAClock)
{
	EXPECT_EQ(iss_of(1s, 7777) - iss_of(0s, 7777), 250000u);
	EXPECT_EQ(iss_of(4us, 7777) - iss_of(0s, 7777), 1u);
}

/* Who does not know F() does not know the ISS: all of its 32 bits move with it. */
TEST(Must, N9TheIssHidesBehindF)
{
	for (u32 bit = 0; bit < 32; bit++)
		EXPECT_EQ(iss_of(0s, u64(1) << bit) - iss_of(0s, 0), 1u << bit);
}

TEST(Must, N10SimultaneousOpen)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.state_is(RUBATO_SYN_RCVD);
	s.send(seg(SYN | ACK, 0, 1));
	s.maybe(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

/* Section 3.10.7.4: a reset leads back to LISTEN, or refuses the active OPEN. */
TEST(Must, N11SynReceivedRemembersHowItGotThere)
{
	Script passive, active;

	passive.listen();
	passive.send(seg(SYN));
	passive.expect(seg(SYN | ACK, 0, 1));
	passive.send(seg(RST, 1));
	passive.silence();
	passive.state_is(RUBATO_LISTEN);

	active.open();
	active.expect(seg(SYN));
	active.send(seg(SYN));
	active.expect(seg(SYN | ACK, 0, 1));
	active.send(seg(RST, 1));
	active.died(ECONNREFUSED);
}

TEST(Must, N13TimeWaitLastsTwiceMsl)
{
	Script s, brief([](rub_config &c) { c.msl = 1'000'000'000; });

	s.to_time_wait();
	EXPECT_EQ(s.due(), ns(2 * s.config.msl));
	brief.to_time_wait();
	brief.at(2s - 1ns);
	brief.state_is(RUBATO_TIME_WAIT);
	brief.at(2s);
	brief.state_is(RUBATO_CLOSED);
}

TEST(Must, N14TheMssOptionIsSentAndObeyed)
{
	Script active, passive;

	active.env.adv_mss = 1460;
	active.open();
	active.expect(seg(SYN).with_mss(1460));
	active.send(seg(SYN | ACK, 0, 1).with_mss(400));
	active.expect(seg(ACK, 1, 1));
	active.write(800);
	active.expect(seg(ACK, 1, 1, 400));
	active.expect(seg(ACK | PSH, 401, 1, 400));

	passive.env.adv_mss = 1300;
	passive.listen();
	passive.send(seg(SYN).with_mss(300));
	passive.expect(seg(SYN | ACK, 0, 1).with_mss(1300));
	passive.send(seg(ACK, 1, 1));
	passive.write(600);
	passive.expect(seg(ACK, 1, 1, 300));
	passive.expect(seg(ACK | PSH, 301, 1, 300));
}

TEST(Must, N15WithoutMssOptionItIs536)
{
	Script s;

	s.open();
	s.expect(seg(SYN));
	s.send(seg(SYN | ACK, 0, 1).with_mss(0));
	s.expect(seg(ACK, 1, 1));
	s.write(2 * 536);
	s.expect(seg(ACK, 1, 1, 536));
	s.expect(seg(ACK | PSH, 537, 1, 536));
}

TEST(Must, N16SegmentsAreAsSmallAsPeerAndPathDemand)
{
	for (u16 path : {u16(700), u16(900), u16(1400)}) {
		Script s;
		const u16 smaller = std::min<u16>(path, 900);

		s.env.path_mss = path;
		s.env.gso_max = 1; /* one segment a unit, however large it is */
		s.open();
		s.expect(seg(SYN));
		s.send(seg(SYN | ACK, 0, 1).with_mss(900));
		s.expect(seg(ACK, 1, 1));
		s.write(2u * smaller);
		s.expect(seg(ACK, 1, 1, smaller));
		s.expect(seg(ACK | PSH, 1u + smaller, 1, smaller));
	}
}

/* RFC 6298 section 3: what was sent twice measures nothing, so the next segment still waits twice
 * the RTO; what is acknowledged at once does, and does not. */
TEST(Must, N18KarnsAlgorithm)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.expect_at(RTO, seg(ACK | PSH, 1, 1, MSS));
	s.at(RTO + 1ms);
	s.send(seg(ACK, 1, 1 + MSS));
	s.mark();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.expect_at(2 * RTO, seg(ACK | PSH, 1 + MSS, 1, MSS));
}

/* RFC 5681 section 3.1: however much was in flight, after a timeout one segment is. */
TEST(Must, N19CongestionControl)
{
	Script s;

	s.connect();
	s.write(30 * MSS);
	EXPECT_EQ(s.take().size(), 10u); /* RFC 6928 */
	s.at(RTO);
	s.expect(seg(ACK, 1, 1, MSS));
	s.silence();
	s.send(seg(ACK, 1, 1 + 10 * MSS));
	EXPECT_LE(s.take().size(), 2u);
}

/* Section 3.8.4. */
TEST(Must, N26KeepaliveOnlyWhenNothingCame)
{
	Script s([](rub_config &c) { c.keepalive_idle = 10'000'000'000; });

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, true, &s.env);
	for (u32 i = 0; i < 5; i++) {
		s.at(9s * (i + 1));
		s.send(seg(ACK | PSH, 1 + i, 1, 1));
		s.expect(seg(ACK, 1, 2 + i));
	}
	s.expect_at(55s, seg(ACK, 0, 6).as_unit(RUB_UNIT_KEEPALIVE));
}

TEST(Must, N28KeepaliveWaitsTwoHoursByDefault)
{
	EXPECT_GE(ns(rub_config_builtin.keepalive_idle), 2h);
}

/* One probe unanswered means nothing, the answer to the next one that all is well. */
TEST(Must, N29AnUnansweredKeepaliveIsNoDeath)
{
	Script s([](rub_config &c) {
		c.keepalive_idle = 10'000'000'000;
		c.keepalive_probes = schedule("1s x1 tries=3");
	});

	s.connect();
	rub_set(&s.tcb, RUB_OPTION_KEEPALIVE, true, &s.env);
	s.expect_at(10s, seg(ACK, 0, 1));
	s.expect_at(11s, seg(ACK, 0, 1));
	s.expect_at(12s, seg(ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(s.due(), 22s);
}

/* Section 3.8.6: the usable window becomes negative; nothing new leaves, and it recovers. */
TEST(Must, N34AShrinkingWindowIsSurvived)
{
	Script s;

	s.connect(5000);
	s.write(8 * MSS);
	EXPECT_EQ(s.take().size(), 5u);
	s.send(seg(ACK, 1, 1 + MSS).window(1000));
	s.silence();
	s.send(seg(ACK, 1, 1 + 5 * MSS).window(5000));
	EXPECT_EQ(s.take().size(), 3u);
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Must, N35AWindowShrunkToZeroIsProbed)
{
	Script s;

	s.connect(2000);
	s.write(4 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(0));
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK, 1 + 2 * MSS, 1, 1).as_unit(RUB_UNIT_PROBE).maybe(PSH));
}

TEST(Must, N36AZeroWindowIsProbed)
{
	Script s;

	s.connect(0);
	s.write(MSS);
	s.silence();
	s.expect_at(RTO, seg(ACK, 1, 1, 1).maybe(PSH));
	s.send(seg(ACK, 1, 1).window(0));
	s.expect_at(3 * RTO, seg(ACK, 1, 1, 1).maybe(PSH));
	s.send(seg(ACK, 1, 1));
	s.expect(seg(ACK | PSH, 1, 1, MSS));
}

/* The printer has run out of paper for a day. */
TEST(Must, N37AnsweredProbesKeepTheConnectionOpen)
{
	Script s;

	s.connect(0);
	s.write(MSS);
	while (s.now() < 24h) {
		s.at(s.due());
		s.expect(seg(ACK, 1, 1, 1).maybe(PSH));
		s.send(seg(ACK, 1, 1).window(0));
		s.state_is(RUBATO_ESTABLISHED);
	}
}

/* Section 3.8.6.2.1: a window that opens by a little is not filled at once. */
TEST(Must, N38TheSenderAvoidsSillyWindows)
{
	Script s;

	s.connect(2000);
	s.write(5 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(10));
	s.silence();
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(MSS));
	s.expect(seg(ACK, 1 + 2 * MSS, 1, MSS));
}

/* Section 3.8.6.2.2: the edge moves by a full segment, or by half of the buffer. */
TEST(Must, N39TheReceiverAvoidsSillyWindows)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	for (u32 i = 0; i < 9; i++) {
		s.read(MSS / 10);
		s.silence();
	}
	s.read(MSS / 10);
	s.expect(seg(ACK, 1, 1 + BUFFER).window(MSS));
}

/* Section 3.8.6.3, at the longest delay there is. */
TEST(Must, N40AnAckWaitsLessThanHalfASecond)
{
	Script s([](rub_config &c) { c.delack = RUBATO_DELACK_MAX; });

	s.connect();
	for (u32 i = 0; i < 40; i++) {
		s.mark();
		s.send(seg(ACK | PSH, 1 + i, 1, 1));
		size_t acks = s.take().size(); /* the beginning is not delayed */

		s.at(500ms - 1ns);
		acks += s.take().size();
		EXPECT_EQ(acks, 1u);
	}
}

/* Sections 3.9.2.2 and 3.8.3: unreachable is remembered, told when we give up, and no more. */
TEST(Must, N54AnIcmpErrorIsActedUpon)
{
	Script s([](rub_config &c) { c.data = schedule("1s 1s"); });

	s.connect();
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10));
	ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, ENETUNREACH), 0);
	s.expect_at(1s, seg(ACK | PSH, 1, 1, 10));
	s.dies_at(2s, ENETUNREACH);
}

/* The shell drops a source quench; and whatever it would tell, the core has nothing to slow down
 * by. */
TEST(Must, N55NoIcmpErrorSlowsSending)
{
	Script s;

	s.connect();
	s.write(2 * MSS);
	EXPECT_EQ(s.take().size(), 2u);
	const u32 before = s.tcb.cc.cwnd;
	for (int error : {EPROTO, EHOSTUNREACH, ENETUNREACH})
		ASSERT_EQ(s.call(RUB_CALL_SOFT_ERROR, static_cast<u32>(error)), 0);
	EXPECT_EQ(s.tcb.cc.cwnd, before);
	s.write(8 * MSS);
	EXPECT_EQ(s.take().size(), 8u);
}

TEST(Must, N56SoftErrorsNeverAbort)
{
	for (int error : {ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EPROTO}) {
		Script opening, open, closing;

		opening.open();
		opening.expect(seg(SYN));
		ASSERT_EQ(opening.call(RUB_CALL_SOFT_ERROR, static_cast<u32>(error)), 0);
		opening.state_is(RUBATO_SYN_SENT);
		open.connect();
		ASSERT_EQ(open.call(RUB_CALL_SOFT_ERROR, static_cast<u32>(error)), 0);
		open.state_is(RUBATO_ESTABLISHED);
		open.write(10);
		open.expect(seg(ACK | PSH, 1, 1, 10));
		closing.to_fin_wait_1();
		ASSERT_EQ(closing.call(RUB_CALL_SOFT_ERROR, static_cast<u32>(error)), 0);
		closing.state_is(RUBATO_FIN_WAIT_1);
	}
}

/* Section 3.10.7.4: five segments at once are one acknowledgement, also around a hole. */
TEST(Must, N58AcksAreAggregated)
{
	Script s;

	s.connect();
	for (u32 i = 0; i < 5; i++)
		s.deliver(seg(ACK | PSH, 1 + i * 100, 1, 100));
	s.drain();
	s.expect(seg(ACK, 1, 501));
	s.silence();
}

TEST(Must, N59AllThatIsQueuedIsProcessedBeforeAnAckLeaves)
{
	Script s;

	s.connect();
	s.deliver(seg(ACK, 201, 1, 100));
	s.deliver(seg(ACK, 101, 1, 100));
	s.deliver(seg(FIN | ACK, 301, 1));
	s.deliver(seg(ACK, 1, 1, 100));
	s.drain();
	s.expect(seg(ACK, 1, 302));
	s.silence();
	s.state_is(RUBATO_CLOSE_WAIT);
}

TEST(Must, N62TheUrgentPointerIsBehindTheUrgentData)
{
	Script s;

	s.connect();
	ASSERT_EQ(s.call(RUB_CALL_SEND_URGENT, 3), 0);
	s.expect(seg(ACK | PSH | URG, 1, 1, 3).urgent(3));
	s.send(seg(ACK | PSH | URG, 1, 4, 1).urgent(1));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.expect(seg(ACK, 4, 2));
}

/* Section 3.7.1 names the SYN; whatever else is sent has no such option. */
TEST(Must, N65TheMssOptionIsOnSynsOnly)
{
	Script s;

	s.open();
	s.expect(seg(SYN).with_mss(MSS));
	s.send(seg(SYN | ACK, 0, 1));
	s.expect(seg(ACK, 1, 1).with_mss(0));
	s.write(10);
	s.expect(seg(ACK | PSH, 1, 1, 10).with_mss(0));
	s.shutdown();
	s.expect(seg(FIN | ACK, 11, 1).with_mss(0));
	s.abort(ECONNABORTED);
	s.expect(seg(RST | ACK, 12, 1).with_mss(0).maybe(ACK));
}

/* Section 3.4: the window is closed, and no byte of the segment is taken. */
TEST(Must, N66ResetAndUrgentCountAtAZeroWindow)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1, BUFFER));
	s.expect(seg(ACK, 1, 1 + BUFFER).window(0));
	s.send(seg(ACK | URG, 1 + BUFFER, 1).urgent(10));
	EXPECT_TRUE(s.saw(RUB_RX_URGENT));
	s.maybe(seg(ACK, 1, 1 + BUFFER).window(0));
	s.send(seg(RST, 1 + BUFFER));
	s.died(ECONNRESET);
}

/* What the shell says it can take, options uncounted (RFC 6691), is what is announced. */
TEST(Must, N67TheMssAnnouncedIsWhatCanBeTaken)
{
	for (u16 mss : {u16(48), u16(536), u16(1460), u16(65495)}) {
		Script active(modern), passive(modern);

		active.env.adv_mss = passive.env.adv_mss = mss;
		active.open();
		active.expect(seg(SYN).with_mss(mss).maybe(ECE | CWR));
		passive.listen();
		passive.send(seg(SYN));
		passive.expect(seg(SYN | ACK, 0, 1).with_mss(mss));
	}
}

TEST(Must, N64OptionsNeedNoAlignment)
{
	EXPECT_EQ(parsed({1, 2, 4, 0x05, 0xb4}).mss, 1460);
	EXPECT_EQ(parsed({254, 3, 9, 2, 4, 0x05, 0xb4}).mss, 1460);
	EXPECT_EQ(parsed({8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, ACK).tsval, 0x01020304u);
	EXPECT_EQ(parsed({1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, ACK).tsecr, 0x05060708u);
}

/* Walks what is written for every set of options as RFC 9293 section 3.1 lays it out. */
TEST(Must, N68EveryOptionWrittenHasItsLength)
{
	for (u8 opts = 0; opts < 8; opts++) {
		std::array<u8, RUB_OPTIONS_MAX> area;
		rub_tx tx{};

		tx.flags = SYN;
		tx.mss = 1460;
		tx.opts = opts;
		tx.wscale = 7;
		area.fill(0xee);
		const u32 len = rub_options_len(&tx);
		ASSERT_LE(len, RUB_OPTIONS_MAX);
		ASSERT_EQ(len % 4, 0u);
		rub_options_write(&tx, area.data());
		u32 i = 0;
		while (i < len && area[i] != 0) {
			if (area[i] == 1) {
				i++;
				continue;
			}
			ASSERT_LT(i + 1, len);
			ASSERT_GE(area[i + 1], 2);
			i += area[i + 1];
		}
		EXPECT_LE(i, len);
		for (u32 k = len; k < RUB_OPTIONS_MAX; k++)
			EXPECT_EQ(area[k], 0xee) << "written beyond its length";
	}
}

/* Nothing but zeros behind an End of Option List. */
TEST(Must, N69PaddingIsZero)
{
	for (u8 opts = 0; opts < 8; opts++) {
		std::array<u8, RUB_OPTIONS_MAX> area;
		rub_tx tx{};
		u32 i = 0;

		tx.flags = SYN;
		tx.mss = 1460;
		tx.opts = opts;
		area.fill(0xee);
		const u32 len = rub_options_len(&tx);
		rub_options_write(&tx, area.data());
		while (i < len && area[i] != 0)
			i += area[i] == 1 ? 1u : area[i + 1];
		for (; i < len; i++)
			EXPECT_EQ(area[i], 0);
	}
}
