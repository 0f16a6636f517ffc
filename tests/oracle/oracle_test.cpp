// SPDX-License-Identifier: GPL-2.0-only
// The oracle against the RFC's own words: figures of RFC 9293 section 3.5 and 3.6, and one sentence
// of section 3.10 (or of RFC 5961, RFC 7323, conformance.md section 1) each.
#include <gtest/gtest.h>

#include "rows.h"

using namespace oracle;

namespace
{

constexpr std::uint32_t iss = 100, irs = 300;

Tcp fresh(bool timestamps = false)
{
	Config config;
	config.iss = iss;
	config.mss = 1000;
	config.timestamps = timestamps;
	return Tcp(config);
}

rub_seg seg(unsigned flags, std::uint32_t seq, std::uint32_t ack = 0, std::uint32_t len = 0)
{
	rub_seg seg = {};
	seg.flags = static_cast<std::uint8_t>(flags);
	seg.seq = seq;
	seg.ack = ack;
	seg.len = len;
	seg.wnd = 4000;
	seg.mss = (flags & RUB_SYN) ? 1000 : 0;
	return seg;
}

rub_seg stamped(rub_seg seg, std::uint32_t tsval)
{
	seg.opts |= RUB_OPT_TS;
	seg.tsval = tsval;
	return seg;
}

// SND.NXT = 101, RCV.NXT = 301 afterwards.
Tcp established(bool timestamps = false)
{
	Tcp tcp = fresh(timestamps);
	tcp.call(Call::open, 1);
	rub_seg answer = seg(RUB_SYN | RUB_ACK, irs, iss + 1);
	tcp.arrives(timestamps ? stamped(answer, 1000) : answer);
	EXPECT_EQ(tcp.tcb().state, State::established);
	return tcp;
}

// `flags seq ack len`, and nothing else left.
void expect_sent(const Outcome &outcome, unsigned flags, std::uint32_t seq, std::uint32_t ack = 0,
		 std::uint32_t len = 0)
{
	ASSERT_EQ(outcome.sent.size(), 1u) << describe(outcome);
	const Sent &sent = outcome.sent[0];
	EXPECT_EQ(sent.flags, flags) << describe(outcome);
	EXPECT_EQ(sent.seq, seq) << describe(outcome);
	EXPECT_EQ(sent.ack, ack) << describe(outcome);
	EXPECT_EQ(sent.len, len) << describe(outcome);
	EXPECT_FALSE(sent.may) << describe(outcome);
}

void expect_silence(const Outcome &outcome)
{
	EXPECT_TRUE(outcome.sent.empty()) << describe(outcome);
}

} // namespace

// The figures.

TEST(Figure, 6_BasicThreeWayHandshake)
{
	Tcp a = fresh(), b = fresh();
	b.call(Call::open, 0);
	expect_sent(a.call(Call::open, 1), RUB_SYN, 100);
	EXPECT_EQ(a.tcb().state, State::syn_sent);

	const Outcome syn_received = b.arrives(seg(RUB_SYN, 100));
	expect_sent(syn_received, RUB_SYN | RUB_ACK, iss, 101);
	EXPECT_EQ(syn_received.next, State::syn_received);

	const Outcome at_a = a.arrives(seg(RUB_SYN | RUB_ACK, 300, 101));
	expect_sent(at_a, RUB_ACK, 101, 301);
	EXPECT_EQ(at_a.next, State::established);

	const Outcome at_b = b.arrives(seg(RUB_ACK, 101, iss + 1));
	expect_silence(at_b);
	EXPECT_EQ(at_b.next, State::established);
}

TEST(Figure, 7_SimultaneousOpen)
{
	Tcp a = fresh();
	a.call(Call::open, 1);
	const Outcome crossed = a.arrives(seg(RUB_SYN, 300));
	EXPECT_EQ(crossed.next, State::syn_received);
	expect_sent(crossed, RUB_SYN | RUB_ACK, 100, 301);
	EXPECT_EQ(a.arrives(seg(RUB_ACK, 301, 101)).next, State::established);
}

TEST(Figure, 8_OldDuplicateSyn)
{
	// Line 4: A, in SYN-SENT, gets an ACK of a number that it did not send, and resets.
	Tcp a = fresh();
	a.call(Call::open, 1);
	const Outcome outcome = a.arrives(seg(RUB_SYN | RUB_ACK, 300, 91));
	expect_sent(outcome, RUB_RST, 91);
	EXPECT_EQ(outcome.next, State::syn_sent);
}

TEST(Figure, 10_HalfOpenDiscovery)
{
	// The rebooted side answers data with <SEQ=100><CTL=RST>, the other aborts.
	Tcp a = fresh();
	expect_sent(a.arrives(seg(RUB_ACK, 300, 100, 10)), RUB_RST, 100);
	Tcp b = established();
	const Outcome outcome = b.arrives(seg(RUB_RST, 301));
	EXPECT_EQ(outcome.next, State::closed);
	EXPECT_EQ(outcome.error, Error::reset);
	expect_silence(outcome);
}

TEST(Figure, 11_ResetReturnsToListen)
{
	Tcp b = fresh();
	b.call(Call::open, 0);
	b.arrives(seg(RUB_SYN, 500));
	const Outcome outcome = b.arrives(seg(RUB_RST, 501));
	EXPECT_EQ(outcome.next, State::listen);
	EXPECT_EQ(outcome.error, Error::none);
	expect_silence(outcome);
}

TEST(Figure, 12_NormalClose)
{
	Tcp a = established();
	expect_sent(a.call(Call::shutdown, 0), RUB_FIN | RUB_ACK, 101, 301);
	EXPECT_EQ(a.tcb().state, State::fin_wait_1);
	const Outcome acked = a.arrives(seg(RUB_ACK, 301, 102));
	EXPECT_EQ(acked.next, State::fin_wait_2);
	expect_silence(acked);
	const Outcome fin = a.arrives(seg(RUB_FIN | RUB_ACK, 301, 102));
	EXPECT_EQ(fin.next, State::time_wait);
	EXPECT_TRUE(fin.eof);
	EXPECT_TRUE(fin.restarted_2msl);
	expect_sent(fin, RUB_ACK, 102, 302);
	const Outcome end = a.fires(Clock::two_msl);
	EXPECT_EQ(end.next, State::closed);
	EXPECT_TRUE(end.dead);
}

TEST(Figure, 12_NormalCloseOtherSide)
{
	Tcp b = established();
	const Outcome fin = b.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	EXPECT_EQ(fin.next, State::close_wait);
	expect_sent(fin, RUB_ACK, 101, 302);
	expect_sent(b.call(Call::shutdown, 0), RUB_FIN | RUB_ACK, 101, 302);
	EXPECT_EQ(b.tcb().state, State::last_ack);
	const Outcome end = b.arrives(seg(RUB_ACK, 302, 102));
	EXPECT_EQ(end.next, State::closed);
	EXPECT_TRUE(end.dead);
	EXPECT_EQ(end.error, Error::none);
	expect_silence(end);
}

TEST(Figure, 13_SimultaneousClose)
{
	Tcp a = established();
	a.call(Call::shutdown, 0);
	const Outcome fin = a.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	EXPECT_EQ(fin.next, State::closing);
	expect_sent(fin, RUB_ACK, 102, 302);
	const Outcome acked = a.arrives(seg(RUB_ACK, 302, 102));
	EXPECT_EQ(acked.next, State::time_wait);
	EXPECT_TRUE(acked.restarted_2msl);
	expect_silence(acked);
}

// 3.10.7.1

TEST(Closed, ResetNumbersAreAcceptableToTheSender)
{
	Tcp tcp = fresh();
	expect_sent(tcp.arrives(seg(RUB_SYN, 700)), RUB_RST | RUB_ACK, 0, 701);
	expect_sent(tcp.arrives(seg(0, 700, 0, 20)), RUB_RST | RUB_ACK, 0, 720);
	expect_sent(tcp.arrives(seg(RUB_FIN | RUB_ACK, 700, 55)), RUB_RST, 55);
	expect_silence(tcp.arrives(seg(RUB_RST, 700)));
	expect_silence(tcp.arrives(seg(RUB_RST | RUB_ACK, 700, 55)));
}

TEST(Closed, ResetCarriesTheTimestampOfWhatItAnswers)
{
	Tcp tcp = fresh();
	const Outcome outcome = tcp.arrives(stamped(seg(RUB_SYN, 700), 42));
	ASSERT_EQ(outcome.sent.size(), 1u);
	EXPECT_TRUE(outcome.sent[0].ts);
	EXPECT_EQ(outcome.sent[0].tsecr, 42u);
}

// 3.10.7.2

TEST(Listen, RstIsIgnoredAckIsReset)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 0);
	expect_silence(tcp.arrives(seg(RUB_RST, 1)));
	expect_silence(tcp.arrives(seg(RUB_RST | RUB_ACK, 1, 9)));
	expect_sent(tcp.arrives(seg(RUB_ACK, 1, 9)), RUB_RST, 9);
	expect_sent(tcp.arrives(seg(RUB_SYN | RUB_ACK, 1, 9)), RUB_RST, 9);
	expect_silence(tcp.arrives(seg(0, 1)));
	EXPECT_EQ(tcp.tcb().state, State::listen);
}

TEST(Listen, TextWithTheSynWaitsForEstablished)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 0);
	const Outcome syn = tcp.arrives(seg(RUB_SYN, irs, 0, 10));
	expect_sent(syn, RUB_SYN | RUB_ACK, iss, irs + 1);
	EXPECT_EQ(syn.delivered, 0u);
	const Outcome ack = tcp.arrives(seg(RUB_ACK, irs + 11, iss + 1));
	EXPECT_EQ(ack.next, State::established);
	EXPECT_EQ(ack.delivered, 10u);
	expect_sent(ack, RUB_ACK, iss + 1, irs + 11);
}

// 3.10.7.3

TEST(SynSent, BareAckOfOurSynIsDropped)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, irs, iss + 1));
	expect_silence(outcome);
	EXPECT_EQ(outcome.next, State::syn_sent);
}

TEST(SynSent, RstNeedsAnAcceptableAck)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	expect_silence(tcp.arrives(seg(RUB_RST, irs)));
	expect_silence(tcp.arrives(seg(RUB_RST | RUB_ACK, irs, iss)));
	EXPECT_EQ(tcp.tcb().state, State::syn_sent);
	const Outcome outcome = tcp.arrives(seg(RUB_RST | RUB_ACK, 0, iss + 1));
	EXPECT_EQ(outcome.error, Error::reset);
	EXPECT_EQ(outcome.next, State::closed);
}

TEST(SynSent, UnacceptableAckIsReset)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	expect_sent(tcp.arrives(seg(RUB_ACK, irs, iss)), RUB_RST, iss);
	expect_sent(tcp.arrives(seg(RUB_ACK, irs, iss + 2)), RUB_RST, iss + 2);
}

TEST(SynSent, TextWithSynAckIsTaken)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	const Outcome outcome = tcp.arrives(seg(RUB_SYN | RUB_ACK, irs, iss + 1, 10));
	EXPECT_EQ(outcome.next, State::established);
	EXPECT_EQ(outcome.delivered, 10u);
	expect_sent(outcome, RUB_ACK, iss + 1, irs + 11);
}

// 3.10.7.4, first

TEST(Sequence, Table6)
{
	Tcp tcp = established();
	// RCV.WND = 8000
	expect_sent(tcp.arrives(seg(RUB_ACK, 300, 101)), RUB_ACK, 101, 301);
	expect_silence(tcp.arrives(seg(RUB_ACK, 301, 101)));
	expect_silence(tcp.arrives(seg(RUB_ACK, 301 + 7999, 101)));
	expect_sent(tcp.arrives(seg(RUB_ACK, 301 + 8000, 101)), RUB_ACK, 101, 301);
	// Text that ends before RCV.NXT, and text that ends on it.
	expect_sent(tcp.arrives(seg(RUB_ACK, 291, 101, 10)), RUB_ACK, 101, 301);
	EXPECT_EQ(tcp.arrives(seg(RUB_ACK, 291, 101, 11)).delivered, 1u);
}

TEST(Sequence, UnacceptableRstIsDropped)
{
	Tcp tcp = established();
	expect_silence(tcp.arrives(seg(RUB_RST, 300)));
	expect_silence(tcp.arrives(seg(RUB_RST, 301 + 8000)));
	EXPECT_EQ(tcp.tcb().state, State::established);
}

TEST(Sequence, OnlyNewPartsAreProcessed)
{
	Tcp tcp = established();
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 251, 101, 100));
	EXPECT_EQ(outcome.delivered, 50u);
	EXPECT_EQ(tcp.tcb().rcv.nxt, 351u);
}

TEST(Sequence, TextBeyondTheWindowIsTrimmedAndItsFinWithIt)
{
	Tcp tcp = established();
	const Outcome outcome = tcp.arrives(seg(RUB_ACK | RUB_FIN, 301, 101, 9000));
	EXPECT_EQ(outcome.delivered, 8000u);
	EXPECT_FALSE(outcome.eof);
	EXPECT_EQ(tcp.tcb().rcv.wnd, 0u);
	// "When the receive window is zero no segments should be acceptable except ACK segments."
	expect_sent(tcp.arrives(seg(RUB_ACK, 8301, 101, 1)), RUB_ACK, 101, 8301);
	expect_silence(tcp.arrives(seg(RUB_ACK, 8301, 101)));
	EXPECT_EQ(tcp.arrives(seg(RUB_RST, 8301)).next, State::closed);
}

// RFC 7323

TEST(Timestamps, OldOnesAreAcknowledgedAndDropped)
{
	Tcp tcp = established(true);
	const Outcome outcome = tcp.arrives(stamped(seg(RUB_ACK, 301, 101, 10), 999));
	expect_sent(outcome, RUB_ACK, 101, 301);
	EXPECT_EQ(outcome.delivered, 0u);
	EXPECT_EQ(tcp.tcb().ts_recent, 1000u);
}

TEST(Timestamps, RstIsExempt)
{
	Tcp tcp = established(true);
	EXPECT_EQ(tcp.arrives(stamped(seg(RUB_RST, 301), 999)).next, State::closed);
}

TEST(Timestamps, MissingOneIsDroppedSilentlyAndSynIsChallenged)
{
	Tcp tcp = established(true);
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, 101, 10));
	expect_silence(outcome);
	EXPECT_EQ(outcome.delivered, 0u);
	expect_sent(tcp.arrives(seg(RUB_SYN, 301)), RUB_ACK, 101, 301);
	EXPECT_EQ(tcp.tcb().state, State::established);
}

TEST(Timestamps, RecentFollowsWhatIsNotAheadOfTheLastAck)
{
	Tcp tcp = established(true);
	// "An <ACK> for an out-of-order segment SHOULD ... contain the timestamp from the most
	// recent segment that advanced RCV.NXT."
	Outcome outcome = tcp.arrives(stamped(seg(RUB_ACK, 401, 101, 10), 1005));
	ASSERT_EQ(outcome.sent.size(), 1u);
	EXPECT_EQ(outcome.sent[0].tsecr, 1000u);
	// "the timestamp from the latest segment (which filled the hole) MUST be echoed"
	outcome = tcp.arrives(stamped(seg(RUB_ACK, 301, 101, 100), 1006));
	ASSERT_EQ(outcome.sent.size(), 1u);
	EXPECT_EQ(outcome.sent[0].ack, 411u);
	EXPECT_EQ(outcome.sent[0].tsecr, 1006u);
	EXPECT_FALSE(outcome.sent[0].may);
}

TEST(Timestamps, NotNegotiatedThenIgnored)
{
	Tcp tcp = established(false);
	EXPECT_EQ(tcp.arrives(stamped(seg(RUB_ACK, 301, 101, 10), 1)).delivered, 10u);
}

// second

TEST(Rst, InTheWindowIsChallenged)
{
	Tcp tcp = established();
	const Outcome outcome = tcp.arrives(seg(RUB_RST, 302));
	expect_sent(outcome, RUB_ACK, 101, 301);
	EXPECT_EQ(outcome.next, State::established);
	EXPECT_EQ(tcp.arrives(seg(RUB_RST, 301)).error, Error::reset);
}

TEST(Rst, AfterBothClosedTheUserIsNotTold)
{
	Tcp tcp = established();
	tcp.call(Call::shutdown, 0);
	tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	ASSERT_EQ(tcp.tcb().state, State::closing);
	const Outcome outcome = tcp.arrives(seg(RUB_RST, 302));
	EXPECT_EQ(outcome.next, State::closed);
	EXPECT_EQ(outcome.error, Error::none);
}

TEST(Rst, ActiveSynReceivedIsRefused)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	tcp.arrives(seg(RUB_SYN, irs));
	const Outcome outcome = tcp.arrives(seg(RUB_RST, irs + 1));
	EXPECT_EQ(outcome.next, State::closed);
	EXPECT_EQ(outcome.error, Error::refused);
}

// fourth

TEST(Syn, IsChallengedWhateverItsNumber)
{
	for (std::uint32_t seq : {0u, 300u, 301u, 5000u, 9000u}) {
		Tcp tcp = established();
		const Outcome outcome = tcp.arrives(seg(RUB_SYN, seq));
		expect_sent(outcome, RUB_ACK, 101, 301);
		EXPECT_EQ(outcome.next, State::established);
	}
}

TEST(Syn, InTheWindowReturnsAPassiveOpenToListen)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 0);
	tcp.arrives(seg(RUB_SYN, irs));
	// The same SYN again is outside of the window.
	expect_sent(tcp.arrives(seg(RUB_SYN, irs)), RUB_ACK, iss + 1, irs + 1);
	const Outcome outcome = tcp.arrives(seg(RUB_SYN, irs + 10));
	EXPECT_EQ(outcome.next, State::listen);
	expect_silence(outcome);
}

// fifth

TEST(Ack, WithoutTheBitTheSegmentIsDropped)
{
	Tcp tcp = established();
	const Outcome outcome = tcp.arrives(seg(0, 301, 101, 10));
	expect_silence(outcome);
	EXPECT_EQ(outcome.delivered, 0u);
}

TEST(Ack, SynReceivedResetsAWrongOne)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 0);
	tcp.arrives(seg(RUB_SYN, irs));
	for (std::uint32_t ack : {iss - 1, iss, iss + 2}) {
		const Outcome outcome = tcp.arrives(seg(RUB_ACK, irs + 1, ack));
		expect_sent(outcome, RUB_RST, ack);
		EXPECT_EQ(outcome.next, State::syn_received);
	}
	EXPECT_EQ(tcp.arrives(seg(RUB_ACK, irs + 1, iss + 1)).next, State::established);
}

TEST(Ack, RangeOfRfc5961)
{
	Tcp tcp = established();
	// MAX.SND.WND = 4000, SND.UNA = SND.NXT = 101
	for (std::uint32_t ack : {101u - 4001, 102u}) {
		const Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, ack, 10));
		expect_sent(outcome, RUB_ACK, 101, 301);
		EXPECT_EQ(outcome.delivered, 0u);
	}
	EXPECT_EQ(tcp.arrives(seg(RUB_ACK, 301, 101u - 4000, 10)).delivered, 10u);
}

TEST(Ack, FreesWhatItCovers)
{
	Tcp tcp = established();
	tcp.call(Call::send, 2000);
	EXPECT_EQ(tcp.tcb().retransmission_queue.size(), 2u);
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, 101 + 1500));
	EXPECT_EQ(outcome.freed, 1500u);
	EXPECT_EQ(tcp.tcb().retransmission_queue.size(), 1u);
	expect_silence(outcome);
}

TEST(Ack, WindowFollowsOnlyNewerSegments)
{
	Tcp tcp = established();
	rub_seg update = seg(RUB_ACK, 301, 101);
	update.wnd = 5000;
	tcp.arrives(update);
	EXPECT_EQ(tcp.tcb().snd.wnd, 5000u);
	tcp.call(Call::send, 1000);
	update.ack = 101 + 1000;
	update.wnd = 3000;
	tcp.arrives(update);
	EXPECT_EQ(tcp.tcb().snd.wnd, 3000u);
	update.ack = 101;
	update.wnd = 6000;
	tcp.arrives(update);
	EXPECT_EQ(tcp.tcb().snd.wnd, 3000u);
	EXPECT_EQ(tcp.tcb().snd.max_wnd, 5000u);
}

TEST(Ack, FinWait1GoesOnInFinWait2)
{
	Tcp tcp = established();
	tcp.call(Call::shutdown, 0);
	const Outcome outcome = tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 102));
	EXPECT_EQ(outcome.next, State::time_wait);
	EXPECT_EQ(outcome.freed, 0u);
	expect_sent(outcome, RUB_ACK, 102, 302);
}

TEST(Ack, ClosingIgnoresWhatDoesNotAckItsFin)
{
	Tcp tcp = established();
	tcp.call(Call::send, 1000);
	tcp.call(Call::shutdown, 0);
	tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 302, 1101));
	EXPECT_EQ(outcome.next, State::closing);
	EXPECT_EQ(outcome.freed, 1000u);
	expect_silence(outcome);
}

// sixth

TEST(Urg, TellsTheUserOnce)
{
	Tcp tcp = established();
	rub_seg urgent = seg(RUB_ACK | RUB_URG, 301, 101, 10);
	urgent.urg = 50;
	EXPECT_TRUE(tcp.arrives(urgent).urgent);
	urgent.seq = 311;
	urgent.urg = 60;
	EXPECT_FALSE(tcp.arrives(urgent).urgent);
}

// seventh

TEST(Text, AcknowledgmentMayWaitForTheSecondFullSegment)
{
	Tcp tcp = established();
	Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, 101, 1000));
	ASSERT_EQ(outcome.sent.size(), 1u);
	EXPECT_TRUE(outcome.sent[0].may);
	EXPECT_TRUE(outcome.running.contains(Clock::delayed_ack));
	outcome = tcp.arrives(seg(RUB_ACK, 1301, 101, 1000));
	expect_sent(outcome, RUB_ACK, 101, 2301);
	EXPECT_FALSE(outcome.running.contains(Clock::delayed_ack));
}

TEST(Text, OutOfOrderIsHeldAndAcknowledgedAtOnce)
{
	Tcp tcp = established();
	Outcome outcome = tcp.arrives(seg(RUB_ACK, 401, 101, 50));
	expect_sent(outcome, RUB_ACK, 101, 301);
	EXPECT_EQ(outcome.held, 50u);
	EXPECT_EQ(outcome.delivered, 0u);
	outcome = tcp.arrives(seg(RUB_ACK, 301, 101, 100));
	expect_sent(outcome, RUB_ACK, 101, 451);
	EXPECT_EQ(outcome.delivered, 150u);
}

TEST(Text, RightEdgeStaysUntilASegmentFits)
{
	Tcp tcp = established();
	tcp.arrives(seg(RUB_ACK, 301, 101, 500));
	EXPECT_EQ(tcp.tcb().rcv.wnd, 7500u);
	EXPECT_EQ(tcp.call(Call::receive, 500).read, 500u);
	EXPECT_EQ(tcp.tcb().rcv.wnd, 7500u);
	tcp.arrives(seg(RUB_ACK, 801, 101, 500));
	const Outcome outcome = tcp.call(Call::receive, 500);
	EXPECT_EQ(tcp.tcb().rcv.wnd, 8000u);
	expect_sent(outcome, RUB_ACK, 101, 1301);
	EXPECT_EQ(outcome.sent[0].wnd, 8000);
}

TEST(Text, ToAnOrphanIsAnsweredByRst)
{
	Tcp tcp = established();
	tcp.call(Call::close, 0);
	tcp.arrives(seg(RUB_ACK, 301, 102));
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, 102, 10));
	EXPECT_EQ(outcome.next, State::closed);
	expect_sent(outcome, RUB_RST, 102);
}

// eighth

TEST(Fin, OutOfOrderWaitsForTheGap)
{
	Tcp tcp = established();
	Outcome outcome = tcp.arrives(seg(RUB_FIN | RUB_ACK, 401, 101));
	expect_sent(outcome, RUB_ACK, 101, 301);
	EXPECT_FALSE(outcome.eof);
	outcome = tcp.arrives(seg(RUB_ACK, 301, 101, 100));
	EXPECT_TRUE(outcome.eof);
	EXPECT_EQ(outcome.next, State::close_wait);
	expect_sent(outcome, RUB_ACK, 101, 402);
}

TEST(Fin, AgainIsAcknowledgedAgain)
{
	Tcp tcp = established();
	tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	const Outcome outcome = tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	expect_sent(outcome, RUB_ACK, 101, 302);
	EXPECT_EQ(outcome.next, State::close_wait);
	EXPECT_FALSE(outcome.eof);
}

// conformance.md section 1

namespace
{

// SND.NXT = 102, RCV.NXT = 302, TS.Recent = 1003
Tcp time_wait(bool timestamps)
{
	Tcp tcp = established(timestamps);
	const auto on = [&](rub_seg seg, std::uint32_t tsval) {
		return timestamps ? stamped(seg, tsval) : seg;
	};
	tcp.call(Call::shutdown, 0);
	tcp.arrives(on(seg(RUB_ACK, 301, 102), 1002));
	tcp.arrives(on(seg(RUB_FIN | RUB_ACK, 301, 102), 1003));
	EXPECT_EQ(tcp.tcb().state, State::time_wait);
	return tcp;
}

} // namespace

TEST(TimeWait, Rst)
{
	Tcp tcp = time_wait(false);
	expect_silence(tcp.arrives(seg(RUB_RST, 303)));
	EXPECT_EQ(tcp.tcb().state, State::time_wait);
	EXPECT_EQ(tcp.arrives(seg(RUB_RST, 302)).next, State::closed);
}

TEST(TimeWait, SynAckNeverReopens)
{
	Tcp tcp = time_wait(true);
	const Outcome outcome = tcp.arrives(stamped(seg(RUB_SYN | RUB_ACK, 9000, 102), 2000));
	EXPECT_FALSE(outcome.new_incarnation);
	expect_sent(outcome, RUB_ACK, 102, 302);
}

TEST(TimeWait, SynWithTimestamps)
{
	Tcp tcp = time_wait(true);
	EXPECT_TRUE(tcp.arrives(stamped(seg(RUB_SYN, 1), 1004)).new_incarnation);
	EXPECT_TRUE(tcp.arrives(stamped(seg(RUB_SYN, 303), 1003)).new_incarnation);
	EXPECT_FALSE(tcp.arrives(stamped(seg(RUB_SYN, 302), 1003)).new_incarnation);
	expect_sent(tcp.arrives(stamped(seg(RUB_SYN, 303), 1002)), RUB_ACK, 102, 302);
}

TEST(TimeWait, SynWithoutTimestamps)
{
	for (bool timestamps : {false, true}) {
		Tcp tcp = time_wait(timestamps);
		EXPECT_TRUE(tcp.arrives(seg(RUB_SYN, 303)).new_incarnation);
		const Outcome outcome = tcp.arrives(seg(RUB_SYN, 302));
		EXPECT_FALSE(outcome.new_incarnation);
		EXPECT_FALSE(outcome.restarted_2msl);
		expect_sent(outcome, RUB_ACK, 102, 302);
	}
}

TEST(TimeWait, OnlyARetransmittedFinRestarts)
{
	Tcp tcp = time_wait(true);
	Outcome outcome = tcp.arrives(stamped(seg(RUB_FIN | RUB_ACK, 301, 102), 1010));
	EXPECT_TRUE(outcome.restarted_2msl);
	expect_sent(outcome, RUB_ACK, 102, 302);
	EXPECT_EQ(outcome.sent[0].tsecr, 1010u);
	outcome = tcp.arrives(stamped(seg(RUB_FIN | RUB_ACK, 301, 102), 1009));
	EXPECT_FALSE(outcome.restarted_2msl);
	outcome = tcp.arrives(stamped(seg(RUB_ACK, 302, 102, 10), 1010));
	EXPECT_FALSE(outcome.restarted_2msl);
	expect_sent(outcome, RUB_ACK, 102, 302);
	expect_silence(tcp.arrives(stamped(seg(RUB_ACK, 302, 102), 1010)));
	expect_silence(tcp.arrives(seg(0, 302, 102)));
}

// 3.10.1 to 3.10.5

TEST(CallOnClosed, ConnectionDoesNotExist)
{
	for (Call call : {Call::send, Call::receive, Call::shutdown, Call::close, Call::abort}) {
		Tcp tcp = fresh();
		EXPECT_EQ(tcp.call(call, 1).reply, Reply::no_connection) << name(call);
	}
}

TEST(CallOpen, OnAConnectionAlreadyExists)
{
	Tcp tcp = established();
	EXPECT_EQ(tcp.call(Call::open, 1).reply, Reply::already_exists);
	EXPECT_EQ(tcp.tcb().state, State::established);
}

TEST(CallSend, WaitsForEstablished)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	expect_silence(tcp.call(Call::send, 500));
	const Outcome outcome = tcp.arrives(seg(RUB_SYN | RUB_ACK, irs, iss + 1));
	expect_sent(outcome, RUB_ACK, iss + 1, irs + 1, 500);
}

TEST(CallSend, StaysWithinTheWindow)
{
	Tcp tcp = established();
	EXPECT_EQ(tcp.call(Call::send, 6000).sent.size(), 4u);
	EXPECT_EQ(tcp.tcb().unsent, 2000u);
}

TEST(CallSend, NagleHoldsTheSmallOne)
{
	Tcp tcp = established();
	EXPECT_EQ(tcp.call(Call::send, 100).sent.size(), 1u);
	expect_silence(tcp.call(Call::send, 100));
}

TEST(CallSend, AfterCloseIsAnError)
{
	Tcp tcp = established();
	tcp.call(Call::shutdown, 0);
	const Outcome outcome = tcp.call(Call::send, 100);
	EXPECT_EQ(outcome.reply, Reply::closing);
	expect_silence(outcome);
}

TEST(CallReceive, InCloseWaitGivesWhatIsLeft)
{
	Tcp tcp = established();
	tcp.arrives(seg(RUB_FIN | RUB_ACK, 301, 101, 10));
	EXPECT_EQ(tcp.call(Call::receive, 100).read, 10u);
	EXPECT_EQ(tcp.call(Call::receive, 100).reply, Reply::closing);
}

TEST(CallClose, SendsWhatWasQueuedBeforeTheFin)
{
	Tcp tcp = established();
	tcp.call(Call::send, 5000);
	expect_silence(tcp.call(Call::shutdown, 0));
	EXPECT_EQ(tcp.tcb().state, State::fin_wait_1);
	const Outcome outcome = tcp.arrives(seg(RUB_ACK, 301, 101 + 4000));
	expect_sent(outcome, RUB_FIN | RUB_ACK, 101 + 4000, 301, 1000);
}

TEST(CallClose, InSynReceivedSendsFinOrWaits)
{
	Tcp idle = fresh();
	idle.call(Call::open, 1);
	Tcp busy = idle;
	idle.arrives(seg(RUB_SYN, irs));
	EXPECT_EQ(idle.call(Call::shutdown, 0).next, State::fin_wait_1);

	busy.call(Call::send, 10);
	busy.arrives(seg(RUB_SYN, irs));
	EXPECT_EQ(busy.call(Call::shutdown, 0).next, State::syn_received);
	const Outcome outcome = busy.arrives(seg(RUB_ACK, irs + 1, iss + 1));
	EXPECT_EQ(outcome.next, State::fin_wait_1);
	expect_sent(outcome, RUB_FIN | RUB_ACK, iss + 1, irs + 1, 10);
}

TEST(CallClose, WithUnreadTextIsAReset)
{
	Tcp tcp = established();
	tcp.arrives(seg(RUB_ACK, 301, 101, 10));
	const Outcome outcome = tcp.call(Call::close, 0);
	EXPECT_EQ(outcome.next, State::closed);
	expect_sent(outcome, RUB_RST, 101);
}

TEST(CallAbort, SendsRstOnlyWhereThePeerMayCare)
{
	Tcp tcp = established();
	expect_sent(tcp.call(Call::abort, 0), RUB_RST, 101);
	EXPECT_EQ(tcp.tcb().state, State::closed);

	Tcp last_ack = established();
	last_ack.arrives(seg(RUB_FIN | RUB_ACK, 301, 101));
	last_ack.call(Call::shutdown, 0);
	const Outcome outcome = last_ack.call(Call::abort, 0);
	expect_silence(outcome);
	EXPECT_TRUE(outcome.dead);
}

TEST(CallSoftError, ChangesNothing)
{
	Tcp tcp = fresh();
	tcp.call(Call::open, 1);
	const Outcome outcome = tcp.call(Call::soft_error, 0);
	EXPECT_TRUE(outcome.soft_error);
	EXPECT_EQ(outcome.next, State::syn_sent);
	EXPECT_FALSE(outcome.dead);
	expect_silence(outcome);
}

TEST(CallMtu, MayRetransmitOneSegmentThatWasTooBig)
{
	Tcp tcp = established();
	tcp.call(Call::send, 2000);
	const Outcome outcome = tcp.call(Call::mtu, 500);
	ASSERT_EQ(outcome.sent.size(), 1u);
	EXPECT_TRUE(outcome.sent[0].may);
	EXPECT_EQ(outcome.sent[0].len, 500u);
	EXPECT_EQ(outcome.sent[0].mss, 0u);
}

// 3.10.8

TEST(Timeout, RetransmissionSendsTheFront)
{
	Tcp tcp = established();
	tcp.call(Call::send, 2000);
	expect_sent(tcp.fires(Clock::retransmission), RUB_ACK, 101, 301, 1000);
	Tcp opening = fresh();
	opening.call(Call::open, 1);
	expect_sent(opening.fires(Clock::retransmission), RUB_SYN, 100);
	Tcp half = fresh();
	half.call(Call::open, 0);
	half.arrives(seg(RUB_SYN, irs));
	expect_sent(half.fires(Clock::retransmission), RUB_SYN | RUB_ACK, 100, 301);
}

TEST(Timeout, PersistSendsAnOctetOfNewData)
{
	Tcp tcp = established();
	rub_seg closed = seg(RUB_ACK, 301, 101);
	closed.wnd = 0;
	tcp.arrives(closed);
	expect_silence(tcp.call(Call::send, 1000));
	EXPECT_TRUE(tcp.running().contains(Clock::persist));
	EXPECT_FALSE(tcp.running().contains(Clock::retransmission));
	expect_sent(tcp.fires(Clock::persist), RUB_ACK, 101, 301, 1);
}

TEST(Timeout, KeepaliveAsksWithTheNumberBefore)
{
	Config config;
	config.iss = iss;
	config.keepalive = true;
	config.timestamps = false;
	Tcp tcp(config);
	tcp.call(Call::open, 1);
	tcp.arrives(seg(RUB_SYN | RUB_ACK, irs, iss + 1));
	expect_sent(tcp.fires(Clock::keepalive), RUB_ACK, 100, 301);
	// "MUST only be sent when no sent data is outstanding"
	tcp.call(Call::send, 1000);
	expect_silence(tcp.fires(Clock::keepalive));
}

TEST(Timeout, LossProbeSendsTheLast)
{
	Tcp tcp = established();
	tcp.call(Call::send, 2000);
	expect_sent(tcp.fires(Clock::loss_probe), RUB_ACK, 1101, 301, 1000);
	expect_silence(tcp.fires(Clock::loss_probe));
}

TEST(Timeout, UserTimeoutEndsTheConnection)
{
	Config config;
	config.iss = iss;
	config.user_timeout = true;
	config.timestamps = false;
	Tcp tcp(config);
	tcp.call(Call::open, 1);
	tcp.arrives(seg(RUB_SYN | RUB_ACK, irs, iss + 1));
	tcp.call(Call::send, 1000);
	const Outcome outcome = tcp.fires(Clock::user_timeout);
	EXPECT_EQ(outcome.error, Error::timed_out);
	EXPECT_TRUE(outcome.dead);
	expect_silence(outcome);
}

TEST(Timeout, AClockThatDoesNotRunDoesNothing)
{
	Tcp tcp = established();
	for (Clock clock :
	     {Clock::retransmission, Clock::persist, Clock::keepalive, Clock::fin_wait_2,
	      Clock::delayed_ack, Clock::user_timeout, Clock::loss_probe, Clock::two_msl}) {
		const Outcome outcome = tcp.fires(clock);
		expect_silence(outcome);
		EXPECT_EQ(outcome.next, State::established) << name(clock);
	}
}
