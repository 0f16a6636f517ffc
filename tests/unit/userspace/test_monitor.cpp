// SPDX-License-Identifier: GPL-2.0-only
// Holes in the events' numbers: loss is told, order is not mistaken for loss.
#include <rubato/monitor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

using rubato::SequenceWatch;

namespace
{

std::uint64_t lost_of(const std::vector<std::uint64_t> &numbers)
{
	SequenceWatch watch;
	std::uint64_t lost = 0;
	for (std::uint64_t seq : numbers)
		lost += watch.feed(seq);
	return lost + watch.finish();
}

} // namespace

TEST(SequenceWatch, NothingLost)
{
	EXPECT_EQ(lost_of({5, 6, 7, 8}), 0u);
	EXPECT_EQ(lost_of({}), 0u);
}

TEST(SequenceWatch, TheFirstNumberIsTheStart)
{
	SequenceWatch watch;
	EXPECT_EQ(watch.feed(1'000'000), 0u);
	EXPECT_EQ(watch.finish(), 0u);
}

TEST(SequenceWatch, AHoleIsLoss)
{
	EXPECT_EQ(lost_of({1, 2, 5, 6}), 2u);
	EXPECT_EQ(lost_of({1, 3, 5, 7}), 3u);
}

TEST(SequenceWatch, ALargeHoleIsToldAtOnceAndWhole)
{
	SequenceWatch watch;
	EXPECT_EQ(watch.feed(1), 0u);
	EXPECT_EQ(watch.feed(1002), 1000u);
	EXPECT_EQ(watch.finish(), 0u);
}

TEST(SequenceWatch, ASmallHoleIsToldAfterAWhile)
{
	SequenceWatch watch;
	watch.feed(1);
	std::uint64_t lost = 0;
	for (std::uint64_t seq = 4; seq < 4 + 2 * SequenceWatch::patience; seq++)
		lost += watch.feed(seq);
	EXPECT_EQ(lost, 2u);
	EXPECT_EQ(watch.finish(), 0u);
}

TEST(SequenceWatch, LatecomersAreNotLost)
{
	EXPECT_EQ(lost_of({1, 3, 2, 4}), 0u);
	EXPECT_EQ(lost_of({1, 6, 4, 2, 3, 5, 7}), 0u);
	EXPECT_EQ(lost_of({1, 6, 4, 3, 5, 7}), 1u);
}

TEST(SequenceWatch, NumbersFromBeforeTheStart)
{
	EXPECT_EQ(lost_of({10, 9, 11, 12}), 0u);
}

TEST(SequenceWatch, RandomLossAndOrder)
{
	std::mt19937_64 random(11);
	for (int round = 0; round < 200; round++) {
		std::vector<std::uint64_t> numbers = {0};
		std::uint64_t dropped = 0;
		for (std::uint64_t seq = 1; seq < 500; seq++) {
			if (random() % 8 == 0 && seq < 490)
				dropped++;
			else
				numbers.push_back(seq);
		}
		// Neighbours change places, far less than the patience.
		for (std::size_t i = 1; i + 6 < numbers.size(); i += 6)
			std::shuffle(numbers.begin() + static_cast<std::ptrdiff_t>(i),
				     numbers.begin() + static_cast<std::ptrdiff_t>(i + 4), random);
		ASSERT_EQ(lost_of(numbers), dropped) << "round " << round;
	}
}
