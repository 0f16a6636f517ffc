/* SPDX-License-Identifier: GPL-2.0-only */
/* core/records.c against a naive model: a state for each sequence number. */
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/tcb.h"

namespace
{

struct Model {
	rub_tcb tcb;
	std::vector<rub_node> lent;
	std::vector<u8> state; /* of [una, nxt) */
	u32 una, nxt;
	rub_ns now = 1;

	Model(u32 start, u16 n) : lent(n), una(start), nxt(start)
	{
		rub_init(&tcb);
		if (n)
			rub_lend(&tcb, lent.data(), n);
	}
	rub_out &out() { return tcb.out; }
	u8 at(u32 seq) const { return state[seq - una]; }
	void fill(u32 from, u32 to, u8 s)
	{
		for (u32 i = from - una; i != to - una; i++)
			state[i] = s;
	}
	void check()
	{
		ASSERT_TRUE(rub_rec_sound(&tcb.out, una, nxt));
		for (u32 seq = una; seq != nxt; seq++) {
			const u16 i = rub_rec_find(&tcb.out, seq);
			ASSERT_NE(i, RUB_NO_NODE);
			ASSERT_EQ(rub_rec_at(&tcb.out, i)->flags & RUB_N_STATES, at(seq))
				<< seq - una;
		}
	}
	/* The lowest sequence number of the record that rub_rec_first() should find. */
	void check_search(u8 states, u32 seq)
	{
		const u16 i = rub_rec_first(&tcb.out, states, seq);
		u32 want = seq;

		while (want != nxt && !(at(want) & states))
			want++;
		if (want == nxt)
			ASSERT_EQ(i, RUB_NO_NODE);
		else
			ASSERT_EQ(i, rub_rec_find(&tcb.out, want));
		const u16 j = rub_rec_last(&tcb.out, states, seq);
		want = seq;
		while (want != una && !(at(want - 1) & states))
			want--;
		if (want == una)
			ASSERT_EQ(j, RUB_NO_NODE);
		else
			ASSERT_EQ(j, rub_rec_find(&tcb.out, want - 1));
	}
	void step(std::mt19937 &rng)
	{
		const u32 len = 1 + rng() % 9;
		const u32 seq = una == nxt ? una : una + static_cast<u32>(rng()) % (nxt - una);

		now += rng() % 2;
		switch (rng() % 6) {
		case 0:
			if (!rub_rec_room(&out()) || nxt - una > 300)
				return;
			rub_rec_add(&out(), nxt, nxt + len, now);
			nxt += len;
			state.insert(state.end(), len, RUB_N_FLYING);
			return;
		case 1:
			mark(seq, RUB_N_LOST);
			return;
		case 2:
			mark(seq, RUB_N_SACKED);
			return;
		case 3:
			again(seq, len);
			return;
		case 4:
			if (una != nxt)
				acknowledge(seq + 1);
			return;
		default:
			if (una != nxt) {
				static const u8 some[] = {RUB_N_FLYING, RUB_N_LOST, RUB_N_SACKED,
							  RUB_N_FLYING | RUB_N_LOST};
				check_search(some[rng() % 4], seq);
			}
		}
	}
	/* From @seq to the end of its record. */
	void mark(u32 seq, u8 s)
	{
		u16 i = rub_rec_find(&out(), seq);

		if (i == RUB_NO_NODE || rub_rec_at(&out(), i)->flags & s)
			return;
		if (rub_rec_at(&out(), i)->from != seq) {
			if (!rub_rec_room(&out()))
				return;
			i = rub_rec_split(&out(), i, seq);
		}
		fill(seq, rub_rec_at(&out(), i)->to, s);
		i = rub_rec_set(&out(), i, s);
		ASSERT_EQ(i, rub_rec_find(&out(), seq));
	}
	void again(u32 seq, u32 len)
	{
		const u16 i = rub_rec_find(&out(), seq);

		if (i == RUB_NO_NODE || rub_rec_at(&out(), i)->flags & RUB_N_SACKED)
			return;
		const u32 to = seq_min(seq + len, rub_rec_at(&out(), i)->to);
		const bool tight = rub_rec_room(&out()) == false ||
				   out().n + 3 > RUB_NODES_INLINE + out().n_lent;

		rub_rec_resent(&out(), seq, to, now);
		if (tight) { /* what was joined elsewhere is known less exactly: take it over */
			for (u32 s = una; s != nxt; s++)
				state[s - una] =
					rub_rec_at(&out(), rub_rec_find(&out(), s))->flags &
					RUB_N_STATES;
		}
		fill(seq, to, RUB_N_FLYING);
	}
	void acknowledge(u32 ack)
	{
		u16 i;

		while ((i = rub_rec_head(&out())) != RUB_NO_NODE &&
		       seq_before(rub_rec_at(&out(), i)->from, ack))
			rub_rec_trim(&out(), i, ack);
		state.erase(state.begin(), state.begin() + (ack - una));
		una = ack;
	}
};

class Records : public testing::TestWithParam<std::tuple<u32, int>>
{
};

} // namespace

/* Whatever happens, tree, list and counts hold, and nothing is forgotten or made up. */
TEST_P(Records, AgreeWithAStateForEachNumber)
{
	const auto [start, n] = GetParam();

	for (u32 seed = 0; seed < 20; seed++) {
		std::mt19937 rng(seed);
		Model m(start, static_cast<u16>(n));

		for (int i = 0; i < 400; i++) {
			ASSERT_NO_FATAL_FAILURE(m.step(rng)) << "seed " << seed << " step " << i;
			ASSERT_NO_FATAL_FAILURE(m.check()) << "seed " << seed << " step " << i;
		}
		m.acknowledge(m.nxt);
		EXPECT_EQ(m.out().n, 0);
		EXPECT_EQ(m.out().sacked + m.out().lost + m.out().again, 0u);
	}
}

INSTANTIATE_TEST_SUITE_P(, Records,
			 testing::Combine(testing::Values(1u, 0xffffff80u, 0x7fffff80u),
					  testing::Values(0, 4, 200)));

/* Lending more moves what is in use and loses none of it. */
TEST(RecordsLent, SurviveMoving)
{
	Model m(1, 8);
	std::vector<rub_node> more(64);

	for (u32 i = 0; i < 11; i++) {
		ASSERT_TRUE(rub_rec_room(&m.out()));
		rub_rec_add(&m.out(), 1 + i, 2 + i, i);
	}
	EXPECT_FALSE(rub_rec_room(&m.out()));
	EXPECT_EQ(rub_lend(&m.tcb, more.data(), 64), m.lent.data());
	m.lent.assign(m.lent.size(), rub_node{});
	EXPECT_TRUE(rub_rec_room(&m.out()));
	EXPECT_TRUE(rub_rec_sound(&m.out(), 1, 12));
	EXPECT_EQ(rub_unlend(&m.tcb), more.data());
}

namespace
{

/* Five records of ten numbers each: flying, sacked, flying again, lost, flying. */
struct Five {
	rub_tcb tcb;
	std::vector<rub_node> lent = std::vector<rub_node>(8);

	Five()
	{
		rub_init(&tcb);
		rub_lend(&tcb, lent.data(), 8);
		for (u32 i = 0; i < 5; i++)
			rub_rec_add(&tcb.out, 100 + 10 * i, 110 + 10 * i, 1 + i);
		rub_rec_set(&tcb.out, at(110), RUB_N_SACKED);
		rub_rec_resent(&tcb.out, 120, 130, 9);
		rub_rec_set(&tcb.out, at(130), RUB_N_LOST);
	}
	u16 at(u32 seq) { return rub_rec_find(&tcb.out, seq); }
	rub_node &node(u32 seq) { return *rub_rec(&tcb.out, at(seq)); }
	bool sound(u32 una = 100, u32 nxt = 150) { return rub_rec_sound(&tcb.out, una, nxt); }
};

} // namespace

/* The judge of the others: each thing that it looks at, spoilt alone, it notices. */
TEST(RecordsSound, NoticesWhatIsSpoilt)
{
	using Spoil = void (*)(Five &);
	static constexpr Spoil spoils[] = {
		[](Five &f) { f.tcb.out.sacked++; },
		[](Five &f) { f.tcb.out.lost--; },
		[](Five &f) { f.tcb.out.again++; },
		[](Five &f) { f.tcb.out.n++; },
		[](Five &f) { f.tcb.out.n--; },
		[](Five &f) { f.node(120).from++; },
		[](Five &f) { f.node(140).to = 140; },
		[](Five &f) { f.node(140).to = 139; },
		[](Five &f) { f.node(100).flags |= RUB_N_LOST; },
		[](Five &f) { f.node(110).flags = 0; },
		[](Five &f) { f.node(120).flags &= static_cast<u8>(~RUB_N_AGAIN); },
		[](Five &f) { f.node(140).sent = 0; },
		[](Five &f) { f.node(100).sent = 100; },
		[](Five &f) { f.tcb.out.newest = f.at(100); },
		[](Five &f) { f.tcb.out.oldest = f.at(140); },
		[](Five &f) { f.tcb.out.oldest = f.at(110); },
		[](Five &f) { f.node(140).older = f.at(120); },
		[](Five &f) { f.node(120).newer = f.at(100); }, /* round and round */
		[](Five &f) { rub_rec(&f.tcb.out, f.tcb.out.root)->below = 0; },
	};
	size_t i = 0;

	for (const Spoil spoil : spoils) {
		Five f;

		ASSERT_TRUE(f.sound());
		spoil(f);
		EXPECT_FALSE(f.sound()) << i;
		i++;
	}
}

/* Its neighbours still fit, and no count tells. */
TEST(RecordsSound, NoticesARecordOfNothing)
{
	Five f;

	f.node(100).from = 110;
	EXPECT_FALSE(f.sound(110));
}

/* Parents and ranks of the tree: each node's in turn. */
TEST(RecordsSound, NoticesABrokenTree)
{
	for (u32 seq = 100; seq < 150; seq += 10) {
		Five f;
		const u16 up = f.node(seq).up;

		if (up == RUB_NO_NODE)
			continue;
		f.node(seq).up = f.at(seq);
		EXPECT_FALSE(f.sound()) << seq;
	}
}

/* The range, and neighbours that should be one. */
TEST(RecordsSound, NoticesAnotherRange)
{
	Five f;

	EXPECT_FALSE(f.sound(99));
	EXPECT_FALSE(f.sound(101));
	EXPECT_FALSE(f.sound(100, 149));
	EXPECT_FALSE(f.sound(100, 151));
	rub_rec_split(&f.tcb.out, f.at(110), 115);
	EXPECT_FALSE(f.sound());

	rub_tcb none;
	rub_init(&none);
	EXPECT_TRUE(rub_rec_sound(&none.out, 1, 1));
	EXPECT_TRUE(rub_rec_sound(&none.out, 1, 2)); /* a SYN, a probe: it has none */
}
