/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simultaneous open (RFC 9293 section 3.5, figure 8) of two hosts that offer different options:
 * each of 16 sets on either side. What both SYNs offered is in force, and nothing else (RFC 7323
 * sections 2.2 and 3.2, RFC 2018 section 2, RFC 3168 section 6.1.1).
 */
#include <tuple>

#include "script.h"

using namespace script;

namespace
{

constexpr u32 PEER_TS = 70000;
constexpr u8 ALL = RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE | RUB_OPT_ECN;
/* Ours for a buffer of a megabyte, and the peer's. */
constexpr u8 OUR_SHIFT = 5, PEER_SHIFT = 3;

/* Those that stand in the option field. */
u8 written(unsigned opts)
{
	return static_cast<u8>(opts & ~RUB_OPT_ECN);
}

class Crossed : public testing::TestWithParam<std::tuple<u8, u8>>
{
protected:
	const u8 ours = std::get<0>(GetParam()), theirs = std::get<1>(GetParam());
	const u8 both = ours & theirs;
	Script s{[this](rub_config &c) {
		c.knobs.timestamps = !!(ours & RUB_OPT_TS);
		c.knobs.sack = !!(ours & RUB_OPT_SACK);
		c.knobs.window_scale = !!(ours & RUB_OPT_WSCALE);
		c.knobs.ecn = !!(ours & RUB_OPT_ECN);
	}};

	/* One segment, and nothing beside it. */
	rub_tx only()
	{
		const std::vector<Sent> sent = s.take();

		EXPECT_EQ(sent.size(), 1u);
		return sent.empty() ? rub_tx{} : sent[0].tx;
	}
	Seg timed(const Seg &seg) const
	{
		return both & RUB_OPT_TS ? seg.with_ts(PEER_TS + 1, 0) : seg;
	}
	Seg syn(u8 flags) const
	{
		Seg seg = script::seg(static_cast<u8>(SYN | flags));

		if (theirs & RUB_OPT_TS)
			seg = seg.with_ts(PEER_TS, 0);
		if (theirs & RUB_OPT_SACK)
			seg = seg.with_sack_ok();
		if (theirs & RUB_OPT_WSCALE)
			seg = seg.with_scale(PEER_SHIFT);
		return seg;
	}
	void cross();
};

/* Both SYNs are on the way; then ours says what it has learned. */
void Crossed::cross()
{
	s.env.rcv_max = 1 << 20;
	s.open();
	const rub_tx first = only();

	EXPECT_EQ(first.opts, written(ours));
	EXPECT_EQ(first.flags, ours & RUB_OPT_ECN ? SYN | ECE | CWR : SYN);
	s.send(syn(theirs & RUB_OPT_ECN ? ECE | CWR : 0));
	const rub_tx synack = only();

	EXPECT_EQ(synack.flags, both & RUB_OPT_ECN ? SYN | ACK | ECE : SYN | ACK);
	EXPECT_EQ(synack.opts, written(both));
	EXPECT_EQ(synack.wnd, BUFFER) << "a SYN's window is scaled";
	EXPECT_EQ(synack.tsecr, both & RUB_OPT_TS ? PEER_TS : 0);
	EXPECT_EQ(synack.wscale, both & RUB_OPT_WSCALE ? OUR_SHIFT : 0);
	s.state_is(RUBATO_SYN_RCVD);
}

} // namespace

TEST_P(Crossed, WhatBothOfferedIsInForce)
{
	cross();
	s.send(timed(seg(ACK, 1, 1).window(1000)));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(s.tcb.opts, both);
	EXPECT_EQ(s.tcb.snd_wnd, both & RUB_OPT_WSCALE ? 1000u << PEER_SHIFT : 1000u);
	EXPECT_EQ(rub_mss(&s.tcb), both & RUB_OPT_TS ? MSS - 12u : MSS);
	s.write(10);
	const rub_tx data = only();

	EXPECT_EQ(data.opts, both & RUB_OPT_TS);
	EXPECT_EQ(data.ecn, both & RUB_OPT_ECN ? RUB_ECT0 : RUB_NOT_ECT);
	EXPECT_EQ(data.wnd, both & RUB_OPT_WSCALE ? BUFFER >> OUR_SHIFT : BUFFER);
	/* Text with a hole before it: told by SACK if that was agreed on. */
	s.send(timed(seg(ACK, 101, 1, 100).window(1000)));
	EXPECT_EQ(only().n_sack, both & RUB_OPT_SACK ? 1 : 0);
}

/* The peer's SYN+ACK has what it made of both SYNs; its window is not scaled either. */
TEST_P(Crossed, CrossedSynAcks)
{
	cross();
	Seg synack =
		seg(static_cast<u8>(SYN | ACK | (both & RUB_OPT_ECN ? ECE : 0)), 0, 1).window(1000);

	if (both & RUB_OPT_SACK)
		synack = synack.with_sack_ok();
	if (both & RUB_OPT_WSCALE)
		synack = synack.with_scale(PEER_SHIFT);
	s.send(timed(synack));
	s.state_is(RUBATO_ESTABLISHED);
	EXPECT_EQ(s.tcb.opts, both);
	EXPECT_EQ(s.tcb.snd_wnd, 1000u);
	s.take();
}

INSTANTIATE_TEST_SUITE_P(Options, Crossed,
			 testing::Combine(testing::Range(u8(0), u8(ALL + 1)),
					  testing::Range(u8(0), u8(ALL + 1))));
