// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what should be one state one state? The same events under other ISNs and another time must
 * lead through the same normalised states; a field of a connection that holds a time or a number
 * and was forgotten in normal.cpp differs.
 */
#include <random>

#include <gtest/gtest.h>

#include "search.h"

using namespace exhaustive;

namespace
{

/* Random events on several worlds at once; their states must stay the same. */
void walk(std::vector<Bounds> bounds, unsigned seed, unsigned steps)
{
	const rub_policy policy = policy_of(bounds[0]);
	std::mt19937 random(seed);
	std::vector<World> worlds;
	std::vector<u8> first, other;
	std::string path;

	for (const Bounds &b : bounds)
		worlds.emplace_back(b, policy);
	for (unsigned i = 0; i < steps; i++) {
		const std::vector<Event> events = worlds[0].events();

		if (events.empty())
			return;
		const Event event = events[random() % events.size()];

		if (worlds[0].numberless(event))
			return;
		path += worlds[0].describe(event) + "\n";
		for (World &w : worlds)
			ASSERT_EQ(w.apply(event), Broken()) << path;
		worlds[0].normalise(first);
		for (size_t k = 1; k < worlds.size(); k++) {
			worlds[k].normalise(other);
			ASSERT_EQ(first, other) << "world " << k << ", seed " << seed << "\n"
						<< path;
		}
	}
}

Bounds many(bool sack)
{
	return {.losses = 5, .duplicates = 5, .writes = 6, .aborts = 0, .firings = 3, .sack = sack};
}

void walks(Bounds shifted, bool sack)
{
	const Bounds plain = many(sack);

	shifted.writes = plain.writes;
	for (unsigned seed = 1; seed <= 200 && !testing::Test::HasFailure(); seed++)
		walk({plain, shifted}, seed, 60);
}

} // namespace

TEST(Normal, SequenceNumbersAreRelative)
{
	for (bool sack : {false, true}) {
		Bounds b = many(sack);

		b.iss[0] = 0x7fffffffu;
		b.iss[1] = 0xfffffffdu;
		walks(b, sack);
		b.iss[0] = 0xfffffff0u;
		b.iss[1] = 77;
		walks(b, sack);
	}
}

TEST(Normal, TimesAreNone)
{
	for (bool sack : {false, true}) {
		Bounds b = many(sack);

		/* A whole number of the ISN clock's ticks. */
		b.start += 4000ULL * 123456789;
		walks(b, sack);
	}
}

/* What differs stays different. */
TEST(Normal, OtherStatesAreOthers)
{
	const Bounds b = many(false);
	const rub_policy policy = policy_of(b);
	World one(b, policy), two(b, policy);
	std::vector<u8> first, second;

	one.apply({Kind::OPEN, 0});
	two.apply({Kind::OPEN, 1});
	one.normalise(first);
	two.normalise(second);
	EXPECT_NE(first, second);
	two = one;
	two.normalise(second);
	EXPECT_EQ(first, second);
	two.apply({Kind::LOSE, 0});
	two.normalise(second);
	EXPECT_NE(first, second);
}

/* A copy shares nothing with its original, lent records included. */
TEST(World, CopiesAreIndependent)
{
	Bounds b = many(true);

	b.established = true;
	const rub_policy policy = policy_of(b);
	World one(b, policy);
	std::vector<u8> before, after;

	one.apply({Kind::WRITE, 0});
	one.normalise(before);
	World two = one;

	for (unsigned i = 0; i < 6; i++)
		two.apply(two.events().front());
	one.normalise(after);
	EXPECT_EQ(before, after);
}
