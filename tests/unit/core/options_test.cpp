/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of a header: RFC 9293 section 3.2 (MUST-4 to MUST-7, MUST-64), RFC 7323 sections 2.2
 * and 3.2, RFC 2018 sections 2 and 3.
 */
#include <algorithm>
#include <memory>

#include "script.h"

using namespace script;

namespace
{

using Bytes = std::vector<u8>;

const Bytes MSS_1460 = {2, 4, 0x05, 0xb4};
const Bytes SCALE_7 = {3, 3, 7};
const Bytes SACK_OK = {4, 2};
const Bytes TIMES = {8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
const Bytes BLOCKS = {5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0, 0, 3, 0xff, 0, 0, 4};

Bytes operator+(Bytes a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

bool parse(const Bytes &bytes, rub_seg &seg, u8 flags = SYN)
{
	/* A copy of exactly that size: a byte read beyond it is a sanitizer's finding. */
	const std::unique_ptr<u8[]> copy(new u8[bytes.size()]);

	std::copy(bytes.begin(), bytes.end(), copy.get());
	memset(&seg, 0xa5, sizeof(seg));
	seg.flags = flags;
	return rub_options_parse(copy.get(), static_cast<u32>(bytes.size()), &seg);
}

Bytes write(const rub_tx &tx)
{
	Bytes bytes(rub_options_len(&tx));

	if (!bytes.empty())
		rub_options_write(&tx, bytes.data());
	return bytes;
}

} // namespace

TEST(Options, NoneAtAll)
{
	rub_seg seg;

	ASSERT_TRUE(parse({}, seg));
	EXPECT_EQ(seg.opts, 0);
	EXPECT_EQ(seg.mss, 0);
	EXPECT_EQ(seg.n_sack, 0);
}

TEST(Options, OfASynInAnyOrder)
{
	std::vector<Bytes> order = {MSS_1460, SCALE_7, SACK_OK, TIMES};

	std::ranges::sort(order);
	do {
		Bytes bytes;
		rub_seg seg;

		for (const Bytes &option : order)
			bytes = bytes + option;
		ASSERT_TRUE(parse(bytes, seg));
		EXPECT_EQ(seg.mss, 1460);
		EXPECT_EQ(seg.opts, RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);
		EXPECT_EQ(seg.wscale, 7);
		EXPECT_EQ(seg.tsval, 0x01020304u);
		EXPECT_EQ(seg.tsecr, 0x05060708u);
	} while (std::ranges::next_permutation(order).found);
}

/* MUST-4: End of option list and No-operation; MUST-64: options may begin on any octet. */
TEST(Options, Must4Must64NoOperationsAnywhereAndTheEnd)
{
	rub_seg seg;

	for (size_t nops = 0; nops < 8; nops++) {
		ASSERT_TRUE(parse(Bytes(nops, 1) + MSS_1460 + Bytes(nops, 1) + SCALE_7, seg));
		EXPECT_EQ(seg.mss, 1460);
		EXPECT_EQ(seg.wscale, 7);
	}
	/* Behind the end stands padding, whatever it looks like. */
	ASSERT_TRUE(parse(MSS_1460 + Bytes{0} + SCALE_7 + Bytes{3, 0}, seg));
	EXPECT_EQ(seg.opts, 0);
	EXPECT_EQ(seg.mss, 1460);
}

TEST(Options, Must5OnAnySegment)
{
	rub_seg seg;

	for (unsigned flags = 0; flags < 256; flags++) {
		ASSERT_TRUE(parse(TIMES, seg, static_cast<u8>(flags)));
		EXPECT_EQ(seg.opts, RUB_OPT_TS);
	}
}

TEST(Options, Must6UnknownKindsArePassedOver)
{
	for (unsigned kind = 9; kind < 256; kind++) {
		for (u8 size = 2; size < 36; size++) {
			Bytes unknown(size, 0xee);
			rub_seg seg;

			unknown[0] = static_cast<u8>(kind);
			unknown[1] = size;
			ASSERT_TRUE(parse(unknown + MSS_1460, seg));
			EXPECT_EQ(seg.mss, 1460) << "kind " << kind << " size " << int(size);
			EXPECT_EQ(seg.opts, 0);
		}
	}
}

TEST(Options, Must7ALengthBelowTwoIsIllegal)
{
	for (unsigned kind = 2; kind < 256; kind++) {
		for (u8 size : {u8(0), u8(1)}) {
			rub_seg seg;

			EXPECT_FALSE(
				parse(MSS_1460 + Bytes{static_cast<u8>(kind), size, 1, 1}, seg));
		}
	}
}

/* Whole as long as the cut falls between options. */
TEST(Options, EveryTruncation)
{
	const Bytes all = MSS_1460 + SCALE_7 + Bytes{1} + SACK_OK + TIMES + BLOCKS;
	const std::vector<size_t> whole = {0, 4, 7, 8, 10, 20, 38};

	ASSERT_EQ(all.size(), 38u);
	for (size_t size = 0; size <= all.size(); size++) {
		const bool good = std::ranges::find(whole, size) != whole.end();
		rub_seg seg;

		EXPECT_EQ(parse(Bytes(all.begin(), all.begin() + static_cast<long>(size)), seg),
			  good)
			<< size;
	}
}

TEST(Options, AKnownKindOfTheWrongLengthIsUnknown)
{
	for (u8 kind : {u8(2), u8(3), u8(4), u8(5), u8(8)}) {
		for (u8 size = 2; size <= 40; size++) {
			Bytes option(size, 0xee);
			rub_seg seg;

			if ((kind == 2 && size == 4) || (kind == 3 && size == 3) ||
			    (kind == 4 && size == 2) || (kind == 8 && size == 10) ||
			    (kind == 5 && size > 2 && size % 8 == 2))
				continue;
			option[0] = kind;
			option[1] = size;
			for (u8 flags : {SYN, ACK}) {
				ASSERT_TRUE(parse(option, seg, flags));
				EXPECT_EQ(seg.opts, 0);
				EXPECT_EQ(seg.mss, 0);
				EXPECT_EQ(seg.n_sack, 0);
			}
		}
	}
}

/* RFC 9293 section 3.2, RFC 7323 section 2.2, RFC 2018 section 2: on a SYN, else ignored. */
TEST(Options, OfAHandshakeCountOnASynOnly)
{
	rub_seg seg;

	ASSERT_TRUE(parse(MSS_1460 + SCALE_7 + SACK_OK + TIMES, seg, ACK));
	EXPECT_EQ(seg.opts, RUB_OPT_TS);
	EXPECT_EQ(seg.mss, 0);
	ASSERT_TRUE(parse(BLOCKS, seg, SYN));
	EXPECT_EQ(seg.n_sack, 0);
}

TEST(Options, SackBlocks)
{
	rub_seg seg;

	ASSERT_TRUE(parse(BLOCKS, seg, ACK));
	ASSERT_EQ(seg.n_sack, 2);
	EXPECT_EQ(seg.sack[0].from, 1u);
	EXPECT_EQ(seg.sack[0].to, 2u);
	EXPECT_EQ(seg.sack[1].from, 0xff000003u);
	EXPECT_EQ(seg.sack[1].to, 0xff000004u);
}

/* Byte for byte: each option as its RFC draws it, aligned as RFC 7323 appendix A recommends. */
TEST(Options, TheBytesOfEveryForm)
{
	const Bytes mss = {2, 4, 0x05, 0xb4}, scale = {1, 3, 3, 7}, sack_ok = {4, 2},
		    times = {8, 10, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67}, nops = {1, 1},
		    blocks = {1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0, 0, 3, 0xff, 0, 0, 4};
	const struct {
		bool mss;
		u8 opts, n_sack;
		Bytes bytes;
	} rows[] = {
		{false, 0, 0, {}},
		{true, 0, 0, mss},
		{true, RUB_OPT_SACK, 0, mss + sack_ok + nops},
		{true, RUB_OPT_TS, 0, mss + nops + times},
		{true, RUB_OPT_WSCALE, 0, mss + scale},
		{true, RUB_OPT_SACK | RUB_OPT_WSCALE, 0, mss + sack_ok + nops + scale},
		{true, RUB_OPT_TS | RUB_OPT_WSCALE, 0, mss + nops + times + scale},
		{true, RUB_OPT_TS | RUB_OPT_SACK, 0, mss + sack_ok + times},
		{true, RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE, 0,
		 mss + sack_ok + times + scale},
		{false, RUB_OPT_TS, 0, nops + times},
		{false, 0, 2, blocks},
		{false, RUB_OPT_TS, 2, nops + times + blocks},
		{true, RUB_OPT_WSCALE, 2, mss + scale + blocks},
	};

	for (const auto &row : rows) {
		rub_tx tx{};

		tx.mss = row.mss ? 1460 : 0;
		tx.opts = row.opts;
		tx.wscale = 7;
		tx.tsval = 0x89abcdef;
		tx.tsecr = 0x01234567;
		tx.n_sack = row.n_sack;
		tx.sack[0] = {1, 2};
		tx.sack[1] = {0xff000003, 0xff000004};
		EXPECT_EQ(write(tx), row.bytes) << unsigned(row.opts);
	}
}

TEST(Options, WhatIsWrittenIsReadAgain)
{
	for (unsigned opts = 0; opts < 8; opts++) {
		for (u16 mss : {u16(0), u16(1), u16(0xfffe)}) {
			rub_tx tx{};
			rub_seg seg;

			tx.opts = static_cast<u8>(opts);
			tx.mss = mss;
			tx.wscale = 14;
			tx.tsval = 0x89abcdef;
			tx.tsecr = 0x01234567;

			const Bytes bytes = write(tx);

			EXPECT_EQ(bytes.size() % 4, 0u);
			EXPECT_LE(bytes.size(), RUB_OPTIONS_MAX);
			ASSERT_TRUE(parse(bytes, seg));
			EXPECT_EQ(seg.opts, opts);
			EXPECT_EQ(seg.mss, mss);
			EXPECT_EQ(seg.wscale, opts & RUB_OPT_WSCALE ? 14 : 0);
			EXPECT_EQ(seg.tsval, opts & RUB_OPT_TS ? tx.tsval : 0);
			EXPECT_EQ(seg.tsecr, opts & RUB_OPT_TS ? tx.tsecr : 0);
		}
	}
}

/* Four blocks fit, three beside timestamps (RFC 2018 section 3). */
TEST(Options, SackBlocksAreReadAgain)
{
	for (bool times : {false, true}) {
		for (u8 n = 0; n <= (times ? 3 : 4); n++) {
			rub_tx tx{};
			rub_seg seg;

			tx.opts = times ? RUB_OPT_TS : 0;
			tx.n_sack = n;
			for (u32 i = 0; i < n; i++)
				tx.sack[i] = {0xfffffff0u + 8 * i, 0xfffffff4u + 8 * i};

			const Bytes bytes = write(tx);

			EXPECT_EQ(bytes.size(), (times ? 12u : 0u) + (n ? 4u + 8u * n : 0u));
			ASSERT_TRUE(parse(bytes, seg, ACK));
			EXPECT_EQ(seg.opts, tx.opts) << "an option of ten bytes is no timestamp";
			ASSERT_EQ(seg.n_sack, n);
			for (u32 i = 0; i < n; i++) {
				EXPECT_EQ(seg.sack[i].from, tx.sack[i].from);
				EXPECT_EQ(seg.sack[i].to, tx.sack[i].to);
			}
		}
	}
}
