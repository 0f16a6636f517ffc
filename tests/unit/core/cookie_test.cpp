/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYN cookies (RFC 4987 section 3.6, appendix A): what the listener forgot comes back with the
 * ACK, nothing else does, and nobody can make one up.
 */
#include <algorithm>
#include <array>
#include <random>

#include "script.h"

#include "core/constants.h"
#include "core/siphash.h"

using namespace script;

namespace
{

constexpr ns PERIOD = std::chrono::seconds(RUB_COOKIE_PERIOD);

rub_seg syn(u32 irs, u16 mss, u8 opts = 0, u8 wscale = 0)
{
	rub_seg s{};

	s.flags = SYN;
	s.seq = irs;
	s.wnd = PEER_WND;
	s.mss = mss;
	s.opts = opts;
	s.wscale = wscale;
	s.tsval = 5000;
	return s;
}

/* The ACK that a peer sends to this SYN+ACK. */
rub_seg answer_to(const rub_tx &synack)
{
	rub_seg s{};

	s.flags = ACK;
	s.seq = synack.ack;
	s.ack = synack.seq + 1;
	s.wnd = PEER_WND;
	s.opts = synack.opts & RUB_OPT_TS;
	s.tsval = 5100;
	s.tsecr = synack.tsval;
	return s;
}

struct Cookie : testing::Test {
	Script s{modern};
	rub_tx tx;
	rub_half half;

	rubato_reason accept(const rub_seg &seg) { return rub_cookie_accept(&seg, &s.env, &half); }
	rub_seg offered(const rub_seg &seg)
	{
		rub_cookie_answer(&seg, &s.env, &tx);
		return answer_to(tx);
	}
	/* The clock at the beginning of a period. */
	void align()
	{
		const auto period = static_cast<rub_ns>(PERIOD.count());

		s.env.now += period - s.env.now % period;
		s.mark();
	}
};

constexpr u8 ALL = RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE;

} // namespace

/* Of the vectors that its authors published: key 00 01 .. 0f, message 00 01 .., whole words. */
TEST(SipHash, PublishedVectors)
{
	constexpr u64 published[] = {0x726fdb47dd0e0e31, 0x93f5f5799a932462, 0x3f2acc7f57c29bdb,
				     0xb8ad50c6f649af94, 0x7127512f72f27cce, 0x0e3ea96b5304a7d0,
				     0xe612a3cb9ecba951, 0xb78dbfaf3a8d83bd};
	const u64 key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	std::vector<u64> words;

	for (const u64 hash : published) {
		EXPECT_EQ(rub_siphash(key, words.data(), static_cast<u32>(words.size())), hash)
			<< words.size() << " words";
		words.push_back(0x0706050403020100 + words.size() * 0x0808080808080808);
	}
}

/* Appendix A of its paper, 15 bytes 00 01 .. 0e: the state after each word, and the end. */
TEST(SipHash, TheWalkThroughOfItsPaper)
{
	u64 v[4] = {0x7469686173716475, 0x6b617f6d656e6665, 0x6b7f62616d677361, 0x7b6b696e727e6c7b};

	rub_sip_word(v, 0x0706050403020100);
	EXPECT_EQ(v[0], 0x4a017198de0a59e0u);
	EXPECT_EQ(v[1], 0x0d52f6f62a4f59a4u);
	EXPECT_EQ(v[2], 0x634cb3577b01fd3du);
	EXPECT_EQ(v[3], 0xa5224d6f55c7d9c8u);
	rub_sip_word(v, 0x0f0e0d0c0b0a0908);
	EXPECT_EQ(v[0], 0x3c85b3ab6f55be51u);
	EXPECT_EQ(v[1], 0x414fc3fb98efe374u);
	EXPECT_EQ(v[2], 0xccf13ea527b9f4bdu);
	EXPECT_EQ(v[3], 0x5293f5da84008f82u);
	v[2] ^= 0xff;
	rub_sip_rounds(v, 4);
	EXPECT_EQ(v[0] ^ v[1] ^ v[2] ^ v[3], 0xa129ca6149be45e5u);
}

TEST_F(Cookie, ItsSynAckIsAListeners)
{
	s.listen();
	s.cookies = true;
	s.send(seg(SYN).with_ts(5000, 0).with_scale(7).with_sack_ok());
	s.expect(seg(SYN | ACK, 0, 1)
			 .window(BUFFER)
			 .with_mss(MSS)
			 .with_scale(0)
			 .with_sack_ok()
			 .as_unit(RUB_UNIT_SYNACK));
	s.state_is(RUBATO_LISTEN);
}

/* RFC 7323 section 3.2: TSecr is the SYN's TSval. */
TEST_F(Cookie, ItsSynAckEchoesTheTimestamp)
{
	offered(syn(77, MSS, ALL, 3));
	EXPECT_TRUE(tx.opts & RUB_OPT_TS);
	EXPECT_EQ(tx.tsecr, 5000u);
	EXPECT_EQ(tx.ack, 78u);
}

TEST_F(Cookie, TheAckBringsTheConnectionBack)
{
	s.listen();
	s.cookies = true;
	s.send(seg(SYN).with_mss(536));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK | PSH, 1, 1, 250).window(4000));
	s.kept({{1, 251}});
	s.entered({RUBATO_ESTABLISHED});
	EXPECT_TRUE(s.saw(RUB_RX_CONNECTED));
	s.state_is(RUBATO_ESTABLISHED);
	(void)s.take(); /* its acknowledgement, which may be delayed */
	EXPECT_EQ(rub_mss(&s.tcb), 536u);
	EXPECT_EQ(rub_rcv_nxt(&s.tcb), s.irs + 251);
}

TEST_F(Cookie, ABadOneIsResetAsAnyAckToAListener)
{
	s.listen();
	s.cookies = true;
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.send(seg(ACK, 1, 0x5555));
	s.expect(seg(RST, 0x5555, 0));
	s.state_is(RUBATO_LISTEN);
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
}

/* Every set of options, with every shift: more than 14 means 14 (RFC 7323 section 2.3). */
TEST_F(Cookie, OptionsComeBackWithTimestamps)
{
	for (u8 opts = 0; opts <= ALL; opts++) {
		if (!(opts & RUB_OPT_TS))
			continue;
		for (u8 shift = 0; shift <= 15; shift++) {
			for (bool ecn : {false, true}) {
				rub_seg in = syn(77, 1460, opts, shift);

				s.env.ts_offset = 4711;
				s.config.knobs.ecn = 1;
				s.tune(nullptr);
				if (ecn)
					in.flags |= ECE | CWR;
				ASSERT_EQ(accept(offered(in)), RUBATO_REASON_NONE);
				EXPECT_EQ(half.opts, opts | (ecn ? RUB_OPT_ECN : 0));
				EXPECT_EQ(half.snd_scale,
					  opts & RUB_OPT_WSCALE ? std::min<u8>(shift, 14) : 0);
				EXPECT_EQ(tx.flags & (ECE | CWR), ecn ? ECE : 0);
				EXPECT_EQ(half.ts_recent, 5100u);
				EXPECT_EQ(half.ts_offset, 4711u);
			}
		}
	}
}

/* There is nowhere to keep them: so they are not agreed on. */
TEST_F(Cookie, WithoutTimestampsThereIsNoOptionButTheMss)
{
	rub_seg in = syn(77, 1460, RUB_OPT_SACK | RUB_OPT_WSCALE, 7);

	in.flags |= ECE | CWR;
	s.env.rcv_max = 1 << 20;
	ASSERT_EQ(accept(offered(in)), RUBATO_REASON_NONE);
	EXPECT_EQ(tx.opts, 0);
	EXPECT_EQ(tx.flags, SYN | ACK);
	EXPECT_EQ(tx.mss, MSS);
	EXPECT_EQ(half.opts, 0);
	EXPECT_EQ(half.snd_scale, 0);
	EXPECT_EQ(half.rcv_scale, 0);
	EXPECT_EQ(half.peer_mss, 1460);
}

TEST_F(Cookie, WhatThePolicyForbidsIsNotAgreedOn)
{
	s.tune([](rub_config &c) {
		c.knobs.sack = 0;
		c.knobs.window_scale = 0;
		c.knobs.ecn = 0;
	});
	ASSERT_EQ(accept(offered(syn(77, 1460, ALL, 7))), RUBATO_REASON_NONE);
	EXPECT_EQ(half.opts, RUB_OPT_TS);
	s.tune([](rub_config &c) { c.knobs.timestamps = 0; });
	ASSERT_EQ(accept(offered(syn(77, 1460, ALL, 7))), RUBATO_REASON_NONE);
	EXPECT_EQ(half.opts, 0);
}

/* MUST-14 and its like: never more than the peer takes; RFC 9293 section 3.7.1's default. */
TEST_F(Cookie, TheMssIsNeverRoundedUp)
{
	for (u32 mss = RUB_MSS_FLOOR; mss <= 65535; mss += 7) {
		ASSERT_EQ(accept(offered(syn(77, static_cast<u16>(mss)))), RUBATO_REASON_NONE);
		ASSERT_LE(half.peer_mss, mss);
	}
	for (u16 common : {536, 1220, 1440, 1460, 8960}) {
		ASSERT_EQ(accept(offered(syn(77, common))), RUBATO_REASON_NONE);
		EXPECT_EQ(half.peer_mss, common);
	}
	ASSERT_EQ(accept(offered(syn(77, 0))), RUBATO_REASON_NONE);
	EXPECT_EQ(half.peer_mss, RUB_MSS_DEFAULT);
}

/* Each size of the table and its neighbours: down to the size below, up to the one above. */
TEST_F(Cookie, TheMssAtEveryEdgeOfItsTable)
{
	constexpr std::array<u16, 16> sizes{48,	  128,	256,  536,  1024, 1220, 1300, 1360,
					    1400, 1420, 1440, 1452, 1460, 4016, 8192, 8960};

	for (size_t i = 0; i < sizes.size(); i++) {
		const u16 below = i ? sizes[i - 1] : sizes[0];

		ASSERT_EQ(accept(offered(syn(77, sizes[i] - 1))), RUBATO_REASON_NONE);
		EXPECT_EQ(half.peer_mss, below);
		for (u16 more : {0, 1}) {
			const auto mss = static_cast<u16>(sizes[i] + more);

			ASSERT_EQ(accept(offered(syn(77, mss))), RUBATO_REASON_NONE);
			EXPECT_EQ(half.peer_mss, sizes[i]);
		}
	}
}

/* RFC 9293 section 3.7.1's floor against CVE-2019-11479 holds for a cookie too. */
TEST_F(Cookie, AnMssBelowTheFloorIsTheFloor)
{
	for (u16 mss : {1, 8, 47}) {
		ASSERT_EQ(accept(offered(syn(77, mss))), RUBATO_REASON_NONE);
		EXPECT_EQ(half.peer_mss, RUB_MSS_FLOOR);
	}
}

TEST_F(Cookie, LastsBetweenOneAndTwoPeriods)
{
	for (ns age : {0s, 1s, 20s, 63s}) {
		align();
		s.at(age);
		const rub_seg ack = offered(syn(77, 1460, ALL, 7));

		s.at(age + PERIOD);
		EXPECT_EQ(accept(ack), RUBATO_REASON_NONE);
		s.at(2 * PERIOD - 1ns);
		EXPECT_EQ(accept(ack), RUBATO_REASON_NONE);
		s.at(2 * PERIOD);
		EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
		s.at(age + 2 * PERIOD);
		EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
	}
}

/* The period's number has 8 bits in the ISS, but all of it is in the hash. */
TEST_F(Cookie, IsNotValidAgainWhenThePeriodsWrap)
{
	align();
	const rub_seg ack = offered(syn(77, 1460, ALL, 7));

	s.at(256 * PERIOD);
	EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
	s.at(257 * PERIOD);
	EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
}

TEST_F(Cookie, HoldsForOneFourTupleOnly)
{
	const rub_seg ack = offered(syn(77, 1460, ALL, 7));

	for (int word : {0, 1}) {
		for (int bit : {0, 31, 63}) {
			s.env.cookie_key[word] ^= 1ull << bit;
			EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
			s.env.cookie_key[word] ^= 1ull << bit;
		}
	}
	EXPECT_EQ(accept(ack), RUBATO_REASON_NONE);
}

TEST_F(Cookie, HoldsForOneSynOnly)
{
	const rub_seg ack = offered(syn(77, 1460, ALL, 7));

	for (u32 bit = 0; bit < 32; bit++) {
		rub_seg other = ack;

		other.seq ^= 1u << bit;
		EXPECT_EQ(accept(other), RUBATO_REASON_BAD_COOKIE) << "bit " << bit;
	}
}

/* A peer cannot give itself what it was not given. */
TEST_F(Cookie, OptionsCannotBeForged)
{
	const rub_seg ack = offered(syn(77, 1460, RUB_OPT_TS, 0));

	for (u32 bit = 0; bit < 6; bit++) {
		rub_seg other = ack;

		other.tsecr ^= 1u << bit;
		EXPECT_EQ(accept(other), RUBATO_REASON_BAD_COOKIE) << "bit " << bit;
	}
	rub_seg bare = ack;

	bare.opts = 0;
	EXPECT_EQ(accept(bare), RUBATO_REASON_BAD_COOKIE);
}

/* What the SYN+ACK promised must still hold, or the windows would be misread. */
TEST_F(Cookie, IsVoidWhenOurWindowScaleIsAnother)
{
	s.env.rcv_max = 1 << 20;
	const rub_seg ack = offered(syn(77, 1460, ALL, 7));

	EXPECT_EQ(accept(ack), RUBATO_REASON_NONE);
	EXPECT_EQ(half.rcv_scale, tx.wscale);
	s.env.rcv_max = 4 << 20;
	EXPECT_EQ(accept(ack), RUBATO_REASON_BAD_COOKIE);
}

/* 24 bits of hash: next to a good one only the 16 sizes of MSS are, and they change nothing else.
 */
TEST_F(Cookie, ItsNeighboursAreOnlyTheOtherSizes)
{
	const rub_seg ack = offered(syn(77, 1460, ALL, 7));
	int good = 0;

	for (u32 d = 0; d < 4096; d++) {
		rub_seg other = ack;

		other.ack += d - 2048;
		good += accept(other) == RUBATO_REASON_NONE;
	}
	EXPECT_EQ(good, 16);
}

/* Two of 256 periods, 16 of 2^24 numbers: one guess in 2^27 succeeds. */
TEST_F(Cookie, GuessesFail)
{
	std::mt19937 rng(1);
	int good = 0;

	for (int i = 0; i < 1 << 18; i++) {
		rub_seg guess = answer_to({});

		guess.seq = static_cast<u32>(rng());
		guess.ack = static_cast<u32>(rng());
		good += accept(guess) == RUBATO_REASON_NONE;
	}
	EXPECT_LE(good, 1);
}

/* For PAWS the SYN+ACK must not be from the future: what follows would look old. */
TEST_F(Cookie, TsvalIsNeverAheadOfTheClock)
{
	for (u32 offset : {0u, 1u, 63u, 64u, 0x7fffffffu, 0xfffffff0u}) {
		for (u8 shift = 0; shift <= 15; shift++) {
			s.env.ts_offset = offset;
			s.env.now += 1'234'567;
			offered(syn(77, 1460, shift % 2 ? ALL : RUB_OPT_TS, shift));
			const u32 clock = static_cast<u32>(s.env.now / 1'000'000) + offset;

			EXPECT_LT(clock - tx.tsval, 64u);
		}
	}
}

/* RFC 9293 section 3.4.1: numbers of the same tuple rise as the clock does. */
TEST_F(Cookie, NumbersRiseFromPeriodToPeriod)
{
	align();
	offered(syn(77, 1460));
	u32 before = tx.seq;

	for (int i = 1; i <= 300; i++) {
		s.at(i * PERIOD);
		EXPECT_EQ(accept(offered(syn(77, 1460))), RUBATO_REASON_NONE);
		EXPECT_GT(static_cast<s32>(tx.seq - before), 0);
		before = tx.seq;
	}
}

/* And within a period as the peer's do: by more than the 24 bits of hash. */
TEST_F(Cookie, NumbersRiseWithThePeers)
{
	align();
	for (u32 irs = 77, i = 0; i < 300; i++, irs += 1 << 25) {
		offered(syn(irs, 1460));
		const u32 before = tx.seq;

		offered(syn(irs + (1 << 25), 1460));
		EXPECT_GT(static_cast<s32>(tx.seq - before), 0);
	}
}

/* What came back is in force: scaled windows, timestamps, SACK. */
TEST_F(Cookie, TheConnectionUsesItsOptions)
{
	s.listen();
	s.cookies = true;
	s.send(seg(SYN).with_mss(536).with_ts(5000, 0).with_scale(3).with_sack_ok());
	s.expect(seg(SYN | ACK, 0, 1).with_scale(0).with_sack_ok());
	const u32 echo = s.units.back().tsval;

	s.send(seg(ACK, 1, 1).with_ts(5100, echo).window(131));
	s.state_is(RUBATO_ESTABLISHED);
	s.write(3000);
	/* 131 << 3 are two segments of 536 less the 12 of a timestamp. */
	s.expect(seg(ACK, 1, 1, 524));
	s.expect(seg(ACK, 525, 1, 524));
	s.silence();
	s.send(seg(ACK, 1, 1).with_ts(5200, echo).window(131).sack({{525, 1049}}));
	EXPECT_EQ(s.tcb.out.sacked, 524u);
}

/* As if a half-open connection had existed, begun by the ACK. */
TEST_F(Cookie, FillsWhatAHalfOpenConnectionHas)
{
	const rub_seg in = syn(77, 1460, ALL, 7);
	rub_half kept;
	rub_tx synack;

	s.env.rcv_max = 1 << 20;
	s.env.ts_offset = 4711;
	ASSERT_EQ(rub_listen_segment(&in, &s.env, &kept, &synack), RUB_CREATE);
	const rub_seg ack = offered(in);

	s.env.now += 5'000'000'000;
	ASSERT_EQ(accept(ack), RUBATO_REASON_NONE);
	EXPECT_EQ(half.irs, kept.irs);
	EXPECT_EQ(half.iss, tx.seq);
	EXPECT_EQ(half.opts, kept.opts);
	EXPECT_EQ(half.snd_scale, kept.snd_scale);
	EXPECT_EQ(half.rcv_scale, kept.rcv_scale);
	EXPECT_EQ(half.rcv_wnd, kept.rcv_wnd);
	EXPECT_EQ(half.peer_mss, kept.peer_mss);
	EXPECT_EQ(half.adv_mss, kept.adv_mss);
	EXPECT_EQ(half.ts_offset, kept.ts_offset);
	EXPECT_EQ(rub_half_due(&half, &s.env), s.env.now + s.policy.rto_initial);
}

TEST_F(Cookie, NothingButAnAckBringsOne)
{
	const rub_seg ack = offered(syn(77, 1460));

	for (u8 flags : {u8(0), SYN, RST, u8(SYN | ACK), u8(RST | ACK), FIN}) {
		rub_seg other = ack;

		other.flags = flags;
		EXPECT_EQ(accept(other), RUBATO_REASON_BAD_COOKIE) << flag_names(flags);
	}
	rub_seg with_fin = ack;

	with_fin.flags = FIN | ACK;
	EXPECT_EQ(accept(with_fin), RUBATO_REASON_NONE);
}

/* A cookie that left in this period or in the one before may still be answered; before that, none. */
TEST_F(Cookie, AnAnswerIsAwaitedForTwoPeriods)
{
	rub_env env = s.env;

	EXPECT_FALSE(rub_cookie_awaited(0, &env)) << "none ever left";
	const rub_ns start = 1000 * static_cast<rub_ns>(PERIOD.count());

	env.now = start + 2 * PERIOD.count() - 1;
	EXPECT_TRUE(rub_cookie_awaited(start, &env));
	EXPECT_TRUE(rub_cookie_awaited(env.now, &env));
	EXPECT_FALSE(rub_cookie_awaited(start - 1, &env));
	env.now++;
	EXPECT_FALSE(rub_cookie_awaited(start, &env));
	EXPECT_FALSE(rub_cookie_awaited(start + PERIOD.count() - 1, &env));
	EXPECT_TRUE(rub_cookie_awaited(start + PERIOD.count(), &env));
}

/* Nothing says how often the SYN+ACK left: only its timestamp can measure. */
TEST_F(Cookie, WithoutTimestampsItMeasuresNothing)
{
	s.listen();
	s.cookies = true;
	s.send(seg(SYN));
	s.expect(seg(SYN | ACK, 0, 1));
	s.at(RTT);
	s.send(seg(ACK, 1, 1));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(rub_rto(&s.tcb, &s.policy), s.policy.rto_initial);
}
