// SPDX-License-Identifier: GPL-2.0-only
// Holes in the events' numbers are loss, and are told.
#include <rubato/monitor.hpp>

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

using rubato::SequenceWatch;

namespace
{

std::uint64_t lost_of(std::initializer_list<std::uint64_t> numbers)
{
	SequenceWatch watch;
	std::uint64_t lost = 0;
	for (std::uint64_t seq : numbers)
		lost += watch.feed(seq);
	return lost;
}

} // namespace

TEST(SequenceWatch, NothingLost)
{
	EXPECT_EQ(lost_of({5, 6, 7, 8}), 0u);
	EXPECT_EQ(lost_of({}), 0u);
}

TEST(SequenceWatch, TheFirstNumberIsTheStart)
{
	EXPECT_EQ(lost_of({1'000'000}), 0u);
	EXPECT_EQ(lost_of({1'000'000, 1'000'001}), 0u);
}

TEST(SequenceWatch, AHoleIsLoss)
{
	EXPECT_EQ(lost_of({1, 2, 5, 6}), 2u);
	EXPECT_EQ(lost_of({1, 3, 5, 7}), 3u);
}

TEST(SequenceWatch, AHoleIsToldAtOnceAndWhole)
{
	SequenceWatch watch;
	EXPECT_EQ(watch.feed(1), 0u);
	EXPECT_EQ(watch.feed(1002), 1000u);
	EXPECT_EQ(watch.feed(1003), 0u);
}

// A module that was loaded anew begins at 1 again; that is no loss of 2^64 events.
TEST(SequenceWatch, NumbersThatStartAgain)
{
	EXPECT_EQ(lost_of({500, 501, 1, 2}), 0u);
	EXPECT_EQ(lost_of({7, 7}), 0u);
}

TEST(SequenceWatch, RandomLoss)
{
	std::mt19937_64 random(11);
	SequenceWatch watch;
	std::uint64_t dropped = 0, lost = 0;
	watch.feed(0);
	for (std::uint64_t seq = 1; seq <= 5000; seq++) {
		if (random() % 8 == 0 && seq != 5000)
			dropped++;
		else
			lost += watch.feed(seq);
	}
	EXPECT_GT(dropped, 0u);
	EXPECT_EQ(lost, dropped);
}
