/* SPDX-License-Identifier: GPL-2.0-only */
/* What the path takes is found out by what it delivers: RFC 4821, with RFC 8899's terms. */
#include "script.h"

#include "core/constants.h"
#include "core/tcb.h"

using namespace script;

namespace
{

constexpr u16 MAX = 1460;  /* MAX_PLPMTU: what IP and the peer say */
constexpr u16 BASE = 1024; /* BASE_PLPMTU */
constexpr u32 WND = 60000;
/* RFC 4821 section 7.4: the probe and DupThresh segments behind it. */
constexpr u32 ENOUGH = MAX + 3 * BASE;
/* Between BASE and MAX - 1: where the search goes on when MAX was lost. */
constexpr u16 HALF = BASE + (MAX - 1 - BASE + 1) / 2;
constexpr ns RAISE = 600s; /* RFC 4821 section 7.3 */

Seg data(u32 seq, u32 len)
{
	return seg(ACK, seq, 1, len).maybe(PSH);
}

/* A connection whose path takes MAX, as IP says; one round trip of RTT was measured. */
struct Path : Script {
	explicit Path(rubato_mtu_probing mode, bool with_sack = false, u16 peer_mss = MAX,
		      const Tweak &more = nullptr)
		: Script([&](rub_config &c) {
			  c.knobs.mtu_probing = static_cast<u8>(mode);
			  c.knobs.sack = with_sack;
			  if (more)
				  more(c);
		  })
	{
		env.path_mss = env.adv_mss = MAX;
		open();
		expect(seg(SYN));
		at(RTT);
		send(seg(SYN | ACK, 0, 1).with_mss(peer_mss).window(WND).with_sack_ok(with_sack));
		expect(seg(ACK, 1, 1));
		silence();
		mark();
		rub_set(&tcb, RUB_OPTION_NODELAY, true, &env);
	}

	void acks(u32 ack, std::vector<Range> blocks = {})
	{
		send(seg(ACK, 1, ack).window(WND).sack(std::move(blocks)));
	}

	/* The three segments behind a probe that begins at 1. */
	void expect_behind(u32 size)
	{
		for (u32 i = 0; i < 3; i++)
			expect(data(1 + size + i * BASE, BASE));
		silence();
	}

	/* A probe of MAX, and just enough behind it. */
	void probe()
	{
		write(ENOUGH);
		expect(data(1, MAX));
		expect_behind(MAX);
	}

	/* What leaves next for the first time has this size, be it a probe or not. */
	void next_is(u16 size, bool probes, where loc = where::current())
	{
		const u32 from = tcb.snd_nxt - iss;

		units.clear();
		write(4 * MAX);
		ASSERT_FALSE(units.empty());
		EXPECT_EQ(units.front().probe, probes) << loc.line();
		expect(data(from, size), loc);
		take();
	}

	void puts(u32 bytes)
	{
		write(bytes);
		take();
	}

	/* All that is queued leaves and is acknowledged. */
	void acks_all()
	{
		take();
		for (int i = 0; i < 100 && tcb.snd_una != tcb.snd_end; i++) {
			acks(tcb.snd_max - iss);
			take();
		}
		EXPECT_EQ(tcb.snd_una, tcb.snd_end);
	}

	/* What may leave without waiting for acknowledgements, as large as the tests need it. */
	void open_cwnd() { tcb.cc.cwnd = 20 * MAX; }

	bool complete() const { return rub_plpmtud_complete(&tcb); }
};

/* SACK or not: what a loss looks like differs, what follows from it does not. */
class Probe : public testing::TestWithParam<bool>
{
protected:
	/* The i-th of the segments behind the probe of MAX has arrived, and the probe has not. */
	static void duplicate(Path &s, u32 i)
	{
		if (GetParam())
			s.acks(1, {{1 + MAX, 1 + MAX + i * BASE}});
		else
			s.acks(1);
	}

	static void lose_probe(Path &s)
	{
		s.probe();
		s.at(RTT);
		duplicate(s, 1);
		s.silence();
		duplicate(s, 2);
		s.silence();
		duplicate(s, 3);
	}
};

} // namespace

INSTANTIATE_TEST_SUITE_P(NewReno, Probe, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Sack, Probe, testing::Values(true));

/* RFC 4821 section 7.2: with `always` eff_pmtu begins small, at a size that works nearly
 * everywhere. */
TEST(Plpmtud, AlwaysBeginsAtTheBase)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	s.write(2 * BASE);
	s.expect(data(1, BASE));
	s.expect(data(1 + BASE, BASE));
	s.acks_all();
}

/* The same: "set eff_pmtu to search_high, and rely on ICMP PTB messages". */
TEST(Plpmtud, BlackHoleAndOffBeginAsIpSays)
{
	for (auto mode : {RUBATO_MTU_PROBING_OFF, RUBATO_MTU_PROBING_BLACK_HOLE}) {
		Path s(mode);

		EXPECT_EQ(rub_mss(&s.tcb), MAX);
		EXPECT_TRUE(s.complete());
		s.next_is(MAX, false);
		s.acks_all();
	}
}

TEST(Plpmtud, BlackHoleIsBuiltIn)
{
	EXPECT_EQ(rub_config_builtin.knobs.mtu_probing, RUBATO_MTU_PROBING_BLACK_HOLE);
}

/* Never more than the peer announced (MUST-16), in either direction. */
TEST(Plpmtud, ThePeersMssIsTheLargest)
{
	Path small(RUBATO_MTU_PROBING_ALWAYS, false, 600);

	EXPECT_EQ(rub_mss(&small.tcb), 600);
	small.next_is(600, false);
	small.acks_all();

	Path s(RUBATO_MTU_PROBING_ALWAYS, false, 1200);

	s.next_is(1200, true);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), 1200);
	s.next_is(1200, false);
	s.acks_all();
}

TEST(Plpmtud, AcceptedConnectionsBeginAtTheBaseToo)
{
	Script s([](rub_config &c) { c.knobs.mtu_probing = RUBATO_MTU_PROBING_ALWAYS; });

	s.env.path_mss = 9000;
	s.listen();
	s.send(seg(SYN).with_mss(8960));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 1));
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
}

/* RFC 8899 section 5.3.2: the gain of a step is as large as it can be. */
TEST(Plpmtud, TheLargestIsTheFirstProbe)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	EXPECT_FALSE(s.complete());
	s.units.clear();
	s.write(ENOUGH);
	ASSERT_EQ(s.units.size(), 4u);
	EXPECT_TRUE(s.units[0].probe);
	EXPECT_EQ(s.units[0].cut, MAX);
	EXPECT_EQ(s.units[0].unit, RUB_UNIT_DATA);
	EXPECT_FALSE(s.units[1].probe);
	s.expect(data(1, MAX));
	s.expect_behind(MAX);
	s.acks_all();
}

/* A probe is one segment, whatever the shell could take; the rest goes in units as ever. */
TEST(Plpmtud, AProbeIsNoSuperSegment)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.env.gso_max = 65536;
	s.units.clear();
	s.write(ENOUGH);
	ASSERT_EQ(s.units.size(), 2u);
	EXPECT_EQ(s.units[0].len, MAX);
	EXPECT_EQ(s.units[0].cut, MAX);
	EXPECT_EQ(s.units[1].len, 3u * BASE);
	EXPECT_EQ(s.units[1].cut, BASE);
	s.take();
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
}

/* Section 7.6.1, and section 4: the window in bytes is not raised by it. */
TEST_P(Probe, SuccessRaisesTheSegmentsAndNotTheWindow)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	s.probe();
	s.at(RTT);
	const u32 cwnd = s.tcb.cc.cwnd;
	s.acks(1 + MAX);
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd); /* too little of it is used to grow */
	EXPECT_TRUE(s.complete());
	s.acks_all();
	s.next_is(MAX, false);
	s.acks_all();
}

/* "The probe is acknowledged as having been received": by SACK alone, too. */
TEST(Plpmtud, ASackIsAnAnswer)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);

	s.write(BASE); /* in flight before it; its ACK is late */
	s.expect(data(1, BASE));
	s.write(ENOUGH);
	s.expect(data(1 + BASE, MAX));
	s.take();
	s.at(RTT);
	s.acks(1, {{1 + BASE, BASE + MAX}}); /* all but its last byte */
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	s.acks(1, {{1 + BASE, 1 + BASE + MAX}});
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

/* Not before all of it is acknowledged. */
TEST(Plpmtud, APartOfItIsNoAnswer)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.probe();
	s.acks(MAX);
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	s.acks(1 + MAX);
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

/* The preconditions of section 7.4. */

TEST(Plpmtud, NotWithoutEnoughData)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.write(ENOUGH - 1);
	s.expect(data(1, BASE));
	EXPECT_EQ(s.take().size(), 4u);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
}

TEST(Plpmtud, NotWithoutThePeersWindow)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.send(seg(ACK, 1, 1).window(ENOUGH - 1));
	s.write(2 * ENOUGH);
	s.expect(data(1, BASE));
	s.take();
	s.send(seg(ACK, 1, s.tcb.snd_max - s.iss).window(ENOUGH));
	s.expect(data(1 + 4 * BASE, MAX));
	s.take();
	s.acks_all();
}

TEST(Plpmtud, NotInTooSmallAWindowOfOurs)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.tcb.cc.cwnd = ENOUGH - 1;
	s.write(ENOUGH);
	s.expect(data(1, BASE));
	s.take();
	s.acks_all();

	Path t(RUBATO_MTU_PROBING_ALWAYS);

	t.tcb.cc.cwnd = ENOUGH;
	t.write(ENOUGH);
	t.expect(data(1, MAX));
	t.take();
	t.acks_all();
}

TEST(Plpmtud, NotWhenItIsOff)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.tune([](rub_config &c) { c.knobs.mtu_probing = RUBATO_MTU_PROBING_OFF; });
	s.next_is(BASE, false);
	s.acks_all();
	s.tune([](rub_config &c) { c.knobs.mtu_probing = RUBATO_MTU_PROBING_BLACK_HOLE; });
	s.next_is(MAX, true);
	s.acks_all();
}

TEST(Plpmtud, OneAtATime)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.probe();
	s.next_is(BASE, false);
	s.acks_all();
}

/* No hint of a loss: a duplicate acknowledgement; with SACK, a hole. */
TEST_P(Probe, NotWhileSomethingMayBeMissing)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	s.write(2 * BASE);
	s.take();
	if (GetParam())
		s.acks(1, {{1 + BASE, 1 + 2 * BASE}});
	else
		s.acks(1);
	s.next_is(BASE, false);
	s.acks_all();
	s.next_is(MAX, true);
	s.acks_all();
}

/* Section 7.4: what would leave waits until there is room in cwnd for all of the probe. */
TEST(Plpmtud, NewDataWaitsForItsRoom)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.write(4 * BASE);
	s.take();
	s.tcb.cc.cwnd = s.tcb.cc.ssthresh = 4 * BASE + MAX - 1;
	s.write(ENOUGH);
	s.silence();
	s.acks(1 + BASE);
	s.expect(data(1 + 4 * BASE, MAX));
	s.acks_all();
}

/* With nothing in flight no acknowledgement would make room: so none is waited for. */
TEST(Plpmtud, NothingIsHeldBackWithNothingInFlight)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.tcb.cc.cwnd = BASE;
	s.write(ENOUGH);
	s.expect(data(1, BASE));
	s.silence();
	s.tcb.cc.cwnd = 10 * BASE;
	s.acks_all();
	s.take();
	s.acks_all();
}

/* Records: without one for it the probe waits as any other unit. */
TEST(Plpmtud, AProbeNeedsARecord)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.nodes_max = 0;
	for (int i = 0; i < 3; i++)
		s.puts(10);
	EXPECT_FALSE(rub_rec_room(&s.tcb.out));
	s.write(ENOUGH);
	s.silence();
	s.nodes_max = 4096;
	s.drain();
	s.expect(data(31, MAX));
	s.take();
	s.acks_all();
}

/* Section 7.6.2: only the probe is lost. It is no sign of congestion, and its data goes again. */
TEST_P(Probe, FailureIsNoCongestion)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());
	const u32 cwnd = s.tcb.cc.cwnd;

	lose_probe(s);
	s.expect(data(1, BASE));
	s.expect(data(1 + BASE, MAX - BASE));
	s.silence();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	s.at(2 * RTT);
	s.acks_all();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	EXPECT_EQ(s.tcb.mtu.high, MAX - 1);
	EXPECT_FALSE(s.complete());
}

/* Whatever is said of it while it is repaired; more duplicates are of what had left. */
TEST_P(Probe, FailureIsRepairedInPeace)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	lose_probe(s);
	s.take();
	for (int i = 0; i < 5; i++)
		duplicate(s, 3);
	s.silence();
	s.acks(1 + BASE, GetParam() ? std::vector<Range>{{1 + MAX, 1 + MAX + 3 * BASE}}
				    : std::vector<Range>{});
	s.silence();
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	s.acks_all();
	EXPECT_EQ(s.tcb.mtu.high, MAX - 1);
}

/*
 * Section 7.6.2: "the simplest estimate of the interval to the next congestion event is the same
 * number of round trips as the current congestion window in packets". Then the search halves.
 */
TEST_P(Probe, AfterAFailureAWindowOfRoundTrips)
{
	for (bool time_is_over : {false, true}) {
		Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

		lose_probe(s);
		s.take();
		s.at(2 * RTT);
		s.acks_all();
		const ns wait(s.tcb.cc.cwnd / BASE * s.tcb.srtt);
		EXPECT_EQ(s.tcb.cc.cwnd, 10u * BASE);
		s.at(2 * RTT + wait - (time_is_over ? 0ns : 1ns));
		s.next_is(time_is_over ? HALF : BASE, time_is_over);
		s.acks_all();
	}
}

/* Section 7.6.4: "the same-sized probe SHOULD be attempted again as soon as" all is repaired. */
TEST(Plpmtud, InconclusiveIfSomethingBeforeItIsLostToo)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);

	s.puts(BASE);
	s.puts(ENOUGH);
	s.at(RTT);
	s.acks(1, {{1 + BASE + MAX, 1 + MAX + 4 * BASE}});
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_LT(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), BASE); /* its data arrived, it did not */
	s.open_cwnd();
	s.next_is(MAX, true);
	s.acks_all();
}

/* The probe itself arrives, only what left before it is missing: that says enough of it. */
TEST(Plpmtud, SuccessThoughSomethingBeforeItIsLost)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);

	s.puts(BASE);
	s.puts(ENOUGH);
	s.at(RTT);
	s.acks(1, {{1 + BASE, 1 + MAX + 4 * BASE}});
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

/* Found out while the probe's data is on its way again: congestion after all (section 4). */
TEST(Plpmtud, InconclusiveIfSomethingBehindItIsLostToo)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);
	const u32 end = 1 + MAX + 7 * BASE;

	s.write(MAX + 7 * BASE);
	s.take();
	s.at(RTT);
	s.acks(1, {{1 + MAX, 1 + MAX + 3 * BASE}});
	EXPECT_EQ(s.take().size(), 2u);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	s.acks(1, {{1 + MAX + 4 * BASE, end}, {1 + MAX, 1 + MAX + 3 * BASE}});
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_LT(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.expect(data(1 + MAX + 3 * BASE, BASE));
	s.acks_all();
	s.open_cwnd();
	s.next_is(MAX, true);
	s.acks_all();
}

/* The same without SACK: the acknowledgement of the probe's data stops at another hole. */
TEST(Plpmtud, InconclusiveIfAPartialAcknowledgementShowsMore)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.write(MAX + 7 * BASE);
	s.take();
	s.at(RTT);
	for (int i = 0; i < 6; i++) {
		s.acks(1);
		EXPECT_EQ(s.take().size(), i == 2 ? 2u : 0u);
	}
	s.at(2 * RTT);
	s.acks(1 + MAX + 3 * BASE);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	EXPECT_LT(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.expect(data(1 + MAX + 3 * BASE, BASE));
	s.acks_all();
	s.open_cwnd();
	s.next_is(MAX, true);
	s.acks_all();
}

/* Without SACK the duplicates mean the probe only if it is what they ask for. */
TEST(Plpmtud, DuplicatesForWhatIsBeforeItAreCongestion)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.puts(BASE);
	s.puts(ENOUGH);
	s.at(RTT);
	for (int i = 0; i < 3; i++)
		s.acks(1);
	s.expect(data(1, BASE));
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.acks(1 + BASE + MAX); /* the probe arrived */
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

/* Section 7.6.3: a timeout, with nothing lost before the probe. It is congestion, and five times as
 * rare. */
TEST(Plpmtud, FailureByTimeout)
{
	for (bool time_is_over : {false, true}) {
		Path s(RUBATO_MTU_PROBING_ALWAYS);

		s.probe();
		s.expect_at(RTO, data(1, BASE).retransmitted(1));
		EXPECT_LT(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
		EXPECT_EQ(s.tcb.cc.cwnd, BASE);
		s.at(RTO + RTT);
		s.acks_all();
		EXPECT_EQ(s.tcb.mtu.high, MAX - 1);
		s.tcb.cc.cwnd = 10 * BASE;
		const ns wait(5 * 10 * s.tcb.srtt);
		s.at(RTO + RTT + wait - (time_is_over ? 0ns : 1ns));
		s.next_is(time_is_over ? HALF : BASE, time_is_over);
		s.acks_all();
	}
}

/* What left before it was lost, too; or its data is lost once more: that says nothing of its size.
 */
TEST(Plpmtud, ATimeoutIsInconclusiveIfMoreIsLost)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.puts(BASE);
	s.puts(ENOUGH);
	s.expect_at(RTO, data(1, BASE).retransmitted(1));
	s.acks_all();
	s.open_cwnd();
	s.next_is(MAX, true);
	s.acks_all();

	Path t(RUBATO_MTU_PROBING_ALWAYS);

	t.probe();
	t.expect_at(RTO, data(1, BASE).retransmitted(1));
	t.expect_at(3 * RTO, data(1, BASE).retransmitted(2));
	t.acks_all();
	t.open_cwnd();
	t.next_is(MAX, true);
	t.acks_all();
}

/* A timeout that was spurious (F-RTO): the probe was only late. */
TEST(Plpmtud, ASpuriousTimeoutIsInconclusive)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.probe();
	s.expect_at(RTO, data(1, BASE).retransmitted(1));
	s.write(4 * BASE);
	s.acks(1 + MAX);
	s.take();
	s.acks(1 + MAX + BASE);
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_OPEN);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	s.acks_all();
	EXPECT_EQ(s.tcb.mtu.high, MAX);
	s.open_cwnd();
	s.next_is(MAX, true);
	s.acks_all();
}

/* The retransmission of the probe's data is lost: that is congestion. */
TEST(Plpmtud, ItsDataLostOnceMoreIsCongestion)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);

	s.write(MAX + 7 * BASE);
	s.take();
	s.at(RTT);
	s.acks(1, {{1 + MAX, 1 + MAX + 3 * BASE}});
	EXPECT_EQ(s.take().size(), 2u);
	s.at(2 * RTT);
	s.acks(1, {{1 + BASE, 1 + MAX + 3 * BASE}}); /* its second half arrived */
	EXPECT_EQ(s.tcb.loss.mode, RUB_LOSS_RECOVERY);
	s.expect(data(1, BASE));
	s.acks_all();
	EXPECT_EQ(s.tcb.mtu.high, MAX);
}

/* Each step halves what is left, until less than a step of 8 is. */
TEST(Plpmtud, TheSearchHalves)
{
	for (u16 limit : {1032, 1242, 1300, 1459}) {
		Path s(RUBATO_MTU_PROBING_ALWAYS, true);
		u16 low = BASE, high = MAX, probes = 0;

		for (bool first = true; high - low >= 8; first = false) {
			const u16 size = first ? MAX : static_cast<u16>(low + (high - low + 1) / 2);
			const u32 una = s.tcb.snd_nxt - s.iss;

			ASSERT_LT(probes++, 12);
			s.at(s.now() + 1000s);
			if (rub_plpmtud_complete(&s.tcb))
				break;
			s.next_is(size, true);
			if (size <= limit) {
				low = size;
				s.acks_all();
				continue;
			}
			high = size - 1;
			s.at(s.now() + RTT);
			s.acks(una, {{una + size, s.tcb.snd_max - s.iss}});
			s.take();
			s.acks_all();
		}
		EXPECT_TRUE(s.complete());
		EXPECT_EQ(rub_mss(&s.tcb), low);
		EXPECT_LE(low, limit);
		EXPECT_GT(low, limit - 8);
	}
}

/*
 * Section 7.3: "When the timer expires, search_high should be reset to its initial value"; 10
 * minutes after the search was complete. Nothing wakes up for it: it is looked at when data leaves.
 */
TEST(Plpmtud, TheSearchIsRaisedAgain)
{
	for (bool time_is_over : {false, true}) {
		Path s(RUBATO_MTU_PROBING_ALWAYS, true);

		s.tcb.mtu.high = BASE + 10; /* one probe is left */
		s.next_is(BASE + 10, true);
		s.at(RTT);
		s.acks_all();
		EXPECT_TRUE(s.complete());
		EXPECT_TRUE(s.never_due());
		s.at(RTT + RAISE - (time_is_over ? 0ns : 1ns));
		s.next_is(time_is_over ? MAX : BASE + 10, time_is_over);
		s.acks_all();
	}
}

/* The new search begins at the top, whatever the last one was at; and 8 bytes are worth it. */
TEST(Plpmtud, ANewSearchBeginsAtTheTop)
{
	for (u16 gain : {7, 8}) {
		Path s(RUBATO_MTU_PROBING_ALWAYS, true);

		s.tcb.snd_mss = s.tcb.mtu.high = static_cast<u16>(MAX - gain);
		s.tcb.mtu.halve = true;
		s.at(RAISE);
		s.next_is(gain == 8 ? MAX : MAX - 7, gain == 8);
		s.acks_all();
	}
}

/* With black-hole: IP has forgotten what a router said once. RFC 1191 section 6.3, by a probe. */
TEST(Plpmtud, WhatIpForgotIsProbed)
{
	for (auto mode : {RUBATO_MTU_PROBING_OFF, RUBATO_MTU_PROBING_BLACK_HOLE}) {
		Path s(mode, true);
		const bool probes = mode == RUBATO_MTU_PROBING_BLACK_HOLE;

		s.at(5s);
		s.env.path_mss = 1300;
		ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
		s.env.path_mss = MAX;
		s.at(5s + RAISE - 1ns);
		s.next_is(1300, false);
		s.acks_all();
		s.at(5s + RAISE);
		s.next_is(probes ? MAX : 1300, probes);
		s.acks_all();
	}
}

/* Section 7.7: R1, three retransmissions, and no answer: a black hole. Then the size is halved. */
TEST(BlackHole, TheFourthTryIsSmall)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

	s.write(MAX);
	s.expect(data(1, MAX));
	s.expect_at(300ms, data(1, MAX).retransmitted(1));
	s.expect_at(900ms, data(1, MAX).retransmitted(2));
	s.expect_at(2100ms, data(1, MAX).retransmitted(3));
	s.expect_at(4500ms, data(1, BASE).retransmitted(4));
	EXPECT_EQ(s.tcb.cc.cwnd, BASE);
	s.expect_at(9300ms, data(1, BASE / 2).retransmitted(5));
	s.expect_at(18900ms, data(1, BASE / 4).retransmitted(6));
	s.expect_at(38100ms, data(1, BASE / 8).retransmitted(7));
	s.expect_at(76500ms, data(1, BASE / 16).retransmitted(8));
	/* Never below the floor of any MSS (CVE-2019-11479). */
	s.expect_at(140500ms, data(1, 48).retransmitted(9));
	s.expect_at(204500ms, data(1, 48).retransmitted(10));
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), 48u);
}

TEST(BlackHole, NotWhenItIsOff)
{
	Path s(RUBATO_MTU_PROBING_OFF);

	s.write(MAX);
	s.expect(data(1, MAX));
	s.at(2100ms);
	s.take();
	s.expect_at(4500ms, data(1, MAX).retransmitted(4));
	s.expect_at(9300ms, data(1, MAX).retransmitted(5));
	s.acks_all();
}

/* Too small to be the path's MTU's fault: an outage. A FIN takes no room. */
TEST(BlackHole, SmallSegmentsGetNoSmaller)
{
	for (bool fin : {false, true}) {
		Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

		s.write(BASE);
		s.take();
		if (fin)
			s.shutdown();
		s.take();
		s.at(60s);
		for (const Sent &sent : s.take())
			EXPECT_EQ(sent.tx.len, BASE);
		EXPECT_EQ(rub_mss(&s.tcb), MAX);
		s.acks(1 + BASE + fin);
	}

	Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

	s.write(BASE + 1);
	s.take();
	s.at(4499ms);
	s.take();
	s.expect_at(4500ms, data(1, BASE).retransmitted(4));
	s.acks_all();
}

/* "there was not an ICMP message indicating a reason" */
TEST(BlackHole, NotIfIcmpSaysWhy)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

	s.write(MAX);
	s.take();
	s.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH);
	s.at(4499ms);
	s.take();
	s.expect_at(4500ms, data(1, MAX).retransmitted(4));
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
}

/* A peer that answers, and has no room, is no black hole. */
TEST(BlackHole, NotIfTheWindowIsClosed)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

	s.write(MAX);
	s.take();
	s.at(2100ms);
	s.take();
	s.send(seg(ACK, 1, 1).window(0));
	s.at(10s);
	s.take();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

/* What is acknowledged in between is progress: the tries count anew. */
TEST(BlackHole, OnlyOneSegmentsTriesCount)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE);

	s.write(2 * MAX);
	s.take();
	s.at(2100ms);
	s.take();
	s.acks(1 + MAX);
	s.take();
	s.at(4600ms);
	s.take();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.acks_all();
}

namespace
{

/* A black hole was seen, and the path takes @size: what was lost has arrived in segments of it. */
void fall_to(Path &s, u16 size)
{
	s.write(MAX);
	s.take();
	while (rub_mss(&s.tcb) > size) {
		s.at(s.due());
		s.take();
	}
	ASSERT_EQ(rub_mss(&s.tcb), size);
	s.acks_all();
	s.open_cwnd();
}

} // namespace

/* BASE: what got through confirms it; the search begins at once (RFC 8899 section 5.2). */
TEST(BlackHole, ThenTheSearchGoesUp)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true);

	fall_to(s, BASE);
	EXPECT_FALSE(s.complete());
	s.next_is(MAX, true);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	EXPECT_TRUE(s.complete());
}

/* Also a search that had come to an end before, and one that waited. */
TEST(BlackHole, TheSearchForgetsWhatWasBefore)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true);

	s.tcb.mtu.high = s.tcb.snd_mss = 1400;
	s.tcb.mtu.halve = true;
	s.tcb.mtu.headway = 5;
	fall_to(s, BASE);
	s.next_is(MAX, true);
	s.acks_all();
}

/* ERROR: below BASE_PLPMTU; that is what is confirmed first (RFC 8899 section 5.2). */
TEST(BlackHole, BelowTheBaseTheBaseIsProbedFirst)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true);

	fall_to(s, BASE / 4);
	s.next_is(BASE, true);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	s.next_is(MAX, true);
	s.acks_all();
}

/* A path that does not take BASE_PLPMTU: the search goes on below it. */
TEST(BlackHole, APathSmallerThanTheBase)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true);

	fall_to(s, BASE / 2);
	const u32 una = s.tcb.snd_nxt - s.iss;
	s.next_is(BASE, true);
	s.at(s.now() + RTT);
	s.acks(una, {{una + BASE, s.tcb.snd_max - s.iss}});
	s.take();
	s.acks_all();
	EXPECT_EQ(s.tcb.mtu.high, BASE - 1);
	s.at(s.now() + 100s);
	s.next_is(BASE / 2 + BASE / 4, true);
	s.acks_all();
}

/* Always: the base is lost as well. And a search that succeeded before a black hole came. */
TEST(BlackHole, AlwaysSeesThemToo)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.write(BASE);
	s.take();
	s.at(4500ms);
	EXPECT_EQ(rub_mss(&s.tcb), BASE); /* "set both to the initial value for search_low" */
	s.take();
	s.expect_at(9300ms, data(1, BASE / 2).retransmitted(5));
	s.acks_all();

	Path t(RUBATO_MTU_PROBING_ALWAYS, true);

	t.probe();
	t.acks_all();
	EXPECT_EQ(rub_mss(&t.tcb), MAX);
	fall_to(t, BASE);
	t.next_is(MAX, true);
	t.acks_all();
}

/* RFC 7323: options are taken off every size, so that the packets are as large as meant. */
TEST(BlackHole, TimestampsAreTakenOff)
{
	Script s([](rub_config &c) {
		c.knobs.timestamps = 1;
		c.knobs.mtu_probing = RUBATO_MTU_PROBING_BLACK_HOLE;
	});

	s.env.path_mss = s.env.adv_mss = MAX;
	s.open();
	s.take();
	s.at(RTT);
	s.send(seg(SYN | ACK, 0, 1)
		       .with_mss(MAX)
		       .window(WND)
		       .with_ts(700, static_cast<u32>((s.env.now - 100'000'000) / 1'000'000)));
	s.take();
	s.mark();
	EXPECT_EQ(rub_mss(&s.tcb), MAX - 12u);
	s.write(MAX - 12);
	s.take();
	s.at(4500ms);
	EXPECT_EQ(s.take().back().tx.len, BASE - 12u);
	s.at(210s);
	EXPECT_EQ(s.take().back().tx.len, 48 - 12u);
}

/* The probe is one packet of the size, whatever the options are that it happens to carry. */
TEST(Plpmtud, SackBlocksAreTakenOffTheProbe)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, true);

	s.send(seg(ACK, 101, 1, 100).window(WND));
	s.take();
	s.units.clear();
	s.write(ENOUGH);
	ASSERT_FALSE(s.units.empty());
	EXPECT_TRUE(s.units[0].probe);
	EXPECT_EQ(s.units[0].n_sack, 1);
	EXPECT_EQ(s.units[0].len, MAX - 12u);
	s.take();
	s.send(seg(ACK, 1, s.tcb.snd_max - s.iss, 100).window(WND));
	s.take();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
}

/* A drop at home is no answer: the same again, after rto-min as any data. */
TEST(Plpmtud, ALocalDropIsNoFailure)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.drop_next(1);
	s.write(ENOUGH);
	s.silence();
	s.expect_at(200ms, data(1, MAX));
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
}

/* The first hop does not even take it: that is an answer, and nothing was lost. */
TEST(Plpmtud, TooBigForTheFirstHop)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.drop_next(1, EMSGSIZE);
	s.write(ENOUGH);
	s.expect(data(1, HALF));
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), HALF);
	EXPECT_EQ(s.tcb.mtu.high, MAX - 1);

	/* The same when the search is begun anew. */
	Path t(RUBATO_MTU_PROBING_ALWAYS);

	t.tcb.mtu.high = BASE;
	t.at(RAISE);
	t.drop_next(1, EMSGSIZE);
	t.write(ENOUGH);
	t.expect(data(1, HALF));
	t.acks_all();
	EXPECT_EQ(rub_mss(&t.tcb), HALF);
}

/* The shell has less of it at hand: what leaves is no probe. */
TEST(Plpmtud, APartOfItIsNoProbe)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.build_at_most(MAX - 1);
	s.write(ENOUGH);
	s.expect(data(1, MAX - 1));
	EXPECT_EQ(s.tcb.mtu.probe, 0);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
}

/* RFC 8899: PLPMTU < PL_PTB_SIZE < PROBED_SIZE. Only the probe was too big, and no congestion. */
TEST_P(Probe, IcmpAnswersTheProbe)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());
	const u32 cwnd = s.tcb.cc.cwnd;

	s.probe();
	s.env.path_mss = 1300;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.expect(data(1, BASE));
	s.expect(data(1 + BASE, MAX - BASE));
	s.silence();
	/* The same again says nothing new (RFC 1191 section 6.4); nor do duplicates. */
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.silence();
	for (u32 i = 1; i <= 3; i++)
		duplicate(s, i);
	s.silence();
	s.acks_all();
	EXPECT_EQ(s.tcb.cc.cwnd, cwnd);
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(rub_mss(&s.tcb), BASE);
	/* What the router said is the next probe, in its time. */
	s.at(s.now() + 10s);
	s.next_is(1300, true);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), 1300u);
}

/* "the ICMP message may be received either before or after the protocol loss indication" */
TEST_P(Probe, IcmpAfterTheLoss)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	lose_probe(s);
	s.take();
	s.env.path_mss = 1300;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.silence();
	s.acks_all();
	s.at(s.now() + 10s);
	s.next_is(1300, true);
	s.acks_all();
}

/* A router that knows of less than what is in use: all that was too big goes again, smaller. */
TEST_P(Probe, IcmpBelowWhatIsInUse)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	s.probe();
	s.env.path_mss = 500;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.expect(data(1, 500));
	s.silence();
	EXPECT_EQ(rub_mss(&s.tcb), 500u);
	s.acks_all();
	EXPECT_EQ(s.tcb.cc.ssthresh, RUB_SSTHRESH_INFINITE);
	EXPECT_EQ(rub_mss(&s.tcb), 500u);
	EXPECT_TRUE(s.complete());
	s.next_is(500, false);
	s.acks_all();
}

/* IP's word raises what it alone has set; what was found by probes, probes raise. */
TEST(Plpmtud, ALargerPath)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true, 8960);

	s.env.path_mss = 1400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = 2000;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.next_is(2000, false);
	s.acks_all();

	Path t(RUBATO_MTU_PROBING_ALWAYS, true, 8960);

	t.probe();
	t.acks_all();
	t.env.path_mss = 2000;
	ASSERT_EQ(t.call(RUB_CALL_MTU, 0), 0);
	EXPECT_EQ(rub_mss(&t.tcb), MAX);
	t.open_cwnd();
	t.units.clear();
	t.write(10 * MAX);
	t.expect(data(1 + ENOUGH, 2000));
	t.acks_all();
	EXPECT_EQ(rub_mss(&t.tcb), 2000u);

	/* Off since: IP's word again. */
	t.tune([](rub_config &c) { c.knobs.mtu_probing = RUBATO_MTU_PROBING_OFF; });
	t.env.path_mss = 3000;
	ASSERT_EQ(t.call(RUB_CALL_MTU, 0), 0);
	EXPECT_EQ(rub_mss(&t.tcb), 3000u);
}

/* What a router repeats after IP had forgotten it counts as if it were new. */
TEST(Plpmtud, TheSameWordAfterALargerProbe)
{
	Path s(RUBATO_MTU_PROBING_BLACK_HOLE, true);

	s.env.path_mss = 1300;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = MAX;
	s.at(RAISE);
	s.next_is(MAX, true);
	s.acks_all();
	EXPECT_EQ(rub_mss(&s.tcb), MAX);
	s.env.path_mss = 1300;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	EXPECT_EQ(rub_mss(&s.tcb), 1300u);
}

/* The octet of a window probe has left before: who acknowledges it has said nothing of a size. */
TEST(Plpmtud, WhatAWindowProbeSentIsNoPartOfAProbe)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	s.open_cwnd();
	s.send(seg(ACK, 1, 1).window(0));
	s.write(2 * ENOUGH);
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, 1).as_unit(RUB_UNIT_PROBE));
	s.acks(1); /* the window opens, the octet was not taken */
	ASSERT_FALSE(s.units.empty());
	EXPECT_FALSE(s.units.front().probe);
	s.expect(data(1, BASE));
	s.take();
}

/* A router that says what a lost probe has said already does not begin the search anew. */
TEST_P(Probe, IcmpThatIsNoNewsGoesOnHalving)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS, GetParam());

	lose_probe(s);
	s.take();
	s.at(2 * RTT);
	s.acks_all();
	ASSERT_EQ(s.tcb.mtu.high, MAX - 1);
	s.env.path_mss = MAX - 1;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.at(2 * RTT + ns(s.tcb.cc.cwnd / BASE * s.tcb.srtt));
	s.next_is(HALF, true);
	s.acks_all();
}

/* A wait beyond the end of time is for ever, and does not come around. */
TEST(Plpmtud, AHeadwayOfDecadesIsNever)
{
	Path s(RUBATO_MTU_PROBING_ALWAYS);

	ASSERT_FALSE(s.complete());
	s.tcb.mtu.headway = RUB_PLPMTUD_HEADWAY_TIMEOUT;
	s.tcb.srtt =
		RUB_NEVER / (RUB_PLPMTUD_HEADWAY_TIMEOUT * (s.tcb.cc.cwnd / s.tcb.snd_mss)) + 1;
	EXPECT_EQ(rub_plpmtud_due(&s.tcb), RUB_NEVER);
}
