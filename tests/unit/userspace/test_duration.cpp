// SPDX-License-Identifier: GPL-2.0-only
// Durations: DESIGN.md section 3, "number unit: ns us ms s m h, decimals allowed".
#include <rubato/duration.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

using rubato::brief_duration;
using rubato::format_duration;
using rubato::format_thousandths;
using rubato::parse_duration;
using rubato::parse_thousandths;
using testing::HasSubstr;

namespace
{

constexpr std::uint64_t us = 1'000, ms = 1'000 * us, s = 1'000 * ms, m = 60 * s, h = 60 * m;

void expect_ns(const char *text, std::uint64_t ns)
{
	auto parsed = parse_duration(text);
	ASSERT_TRUE(parsed) << parsed.error().message;
	EXPECT_EQ(*parsed, ns) << text;
}

// The error must hold the offending text and what was expected.
void expect_error(const char *text, const char *hint)
{
	auto parsed = parse_duration(text);
	ASSERT_FALSE(parsed) << text << " gave " << *parsed;
	if (*text) {
		EXPECT_THAT(parsed.error().message, HasSubstr("'" + std::string(text) + "'"));
	}
	EXPECT_THAT(parsed.error().message, HasSubstr(hint));
}

} // namespace

TEST(Duration, EveryUnit)
{
	expect_ns("7ns", 7);
	expect_ns("7us", 7 * us);
	expect_ns("7ms", 7 * ms);
	expect_ns("7s", 7 * s);
	expect_ns("7m", 7 * m);
	expect_ns("7h", 7 * h);
}

TEST(Duration, Decimals)
{
	expect_ns("1.5s", 1500 * ms);
	expect_ns("0.25ms", 250 * us);
	expect_ns("1.000000001s", s + 1);
	expect_ns("2.5m", 150 * s);
	expect_ns("0.1h", 6 * m);
	expect_ns("1.500000000000000000000000s", 1500 * ms);
}

TEST(Duration, ZeroWithAndWithoutUnit)
{
	expect_ns("0", 0);
	expect_ns("0s", 0);
	expect_ns("0.0ms", 0);
}

TEST(Duration, LeadingZeros)
{
	expect_ns("007s", 7 * s);
}

TEST(Duration, Empty)
{
	expect_error("", "empty duration");
}

TEST(Duration, NoUnit)
{
	expect_error("15", "no unit");
	expect_error("1.5", "no unit");
}

TEST(Duration, UnknownUnit)
{
	expect_error("1x", "'x'");
	expect_error("1sec", "'sec'");
	expect_error("1S", "'S'");
	expect_error("1d", "ns us ms s m h");
	expect_error("1 s", "' s'");
	expect_error("1ss", "'ss'");
}

TEST(Duration, Negative)
{
	expect_error("-1s", "not a duration");
}

TEST(Duration, SignAndExponentAreNoNumbers)
{
	expect_error("+1s", "not a duration");
	expect_error("1e3s", "'e3s'");
}

TEST(Duration, BadPoints)
{
	expect_error("1.5.s", "'.s'");
	expect_error("1.s", "not a duration");
	expect_error(".5s", "not a duration");
	expect_error("1..5s", "not a duration");
	expect_error(".", "not a duration");
	expect_error("s", "not a duration");
	expect_error("1,5s", "',5s'");
}

TEST(Duration, FinerThanANanosecond)
{
	expect_error("1.5ns", "finer than a nanosecond");
	expect_error("0.0000000001s", "finer than a nanosecond");
	expect_error("0.00000000000000000000000001h", "finer than a nanosecond");
}

TEST(Duration, LargestAndOverflow)
{
	expect_ns("18446744073709551615ns", std::numeric_limits<std::uint64_t>::max());
	expect_error("18446744073709551616ns", "too long");
	expect_error("18446744073709551615s", "too long");
	expect_error("99999999999999999999999999999999999999999999999999h", "too long");
	// 2^64 / 3600e9 = 5124095.57...: the whole part fits, the fraction makes it too long.
	expect_ns("5124095h", 5124095 * h);
	expect_error("5124095.9h", "too long");
}

TEST(Duration, FormatIsShortestThenWhole)
{
	EXPECT_EQ(format_duration(0), "0s");
	EXPECT_EQ(format_duration(1), "1ns");
	EXPECT_EQ(format_duration(40 * ms), "40ms");
	EXPECT_EQ(format_duration(200 * ms), "200ms");
	EXPECT_EQ(format_duration(1500 * ms), "1.5s");
	EXPECT_EQ(format_duration(64 * s), "64s");
	EXPECT_EQ(format_duration(75 * s), "75s");
	EXPECT_EQ(format_duration(90 * s), "90s");
	EXPECT_EQ(format_duration(150 * s), "150s");
	EXPECT_EQ(format_duration(180 * s), "3m");
	EXPECT_EQ(format_duration(675 * s), "675s");
	EXPECT_EQ(format_duration(10 * m), "10m");
	EXPECT_EQ(format_duration(2 * h), "2h");
	EXPECT_EQ(format_duration(s + 500 * us), "1.0005s");
}

TEST(Duration, RoundTripOfRandomNumbers)
{
	std::mt19937_64 random(20240501);
	for (int i = 0; i < 20000; i++) {
		std::uint64_t ns = random() >> (random() % 64);
		auto parsed = parse_duration(format_duration(ns));
		ASSERT_TRUE(parsed) << format_duration(ns) << ": " << parsed.error().message;
		ASSERT_EQ(*parsed, ns) << format_duration(ns);
	}
}

TEST(Duration, RoundTripOfRoundNumbers)
{
	std::mt19937_64 random(7);
	for (std::uint64_t unit : {us, ms, s, m, h})
		for (int i = 0; i < 2000; i++) {
			std::uint64_t ns = random() % 5000 * unit / (1 + random() % 8);
			auto parsed = parse_duration(format_duration(ns));
			ASSERT_TRUE(parsed) << format_duration(ns);
			ASSERT_EQ(*parsed, ns) << format_duration(ns);
		}
}

TEST(Duration, BriefHasThreeDigits)
{
	EXPECT_EQ(brief_duration(0), "0s");
	EXPECT_EQ(brief_duration(31'482'913'000), "31.5s");
	EXPECT_EQ(brief_duration(75'000'123'456), "75s");
	EXPECT_EQ(brief_duration(4'199'999'999), "4.2s");
	EXPECT_EQ(brief_duration(1'234'567), "1.23ms");
	EXPECT_EQ(brief_duration(10 * m), "10m");
	EXPECT_EQ(brief_duration(2 * h), "2h");
}

TEST(Duration, Thousandths)
{
	EXPECT_EQ(*parse_thousandths("2"), 2000u);
	EXPECT_EQ(*parse_thousandths("1.5"), 1500u);
	EXPECT_EQ(*parse_thousandths("0.01"), 10u);
	EXPECT_EQ(*parse_thousandths("1.2500"), 1250u);
	EXPECT_FALSE(parse_thousandths("1.2345"));
	EXPECT_FALSE(parse_thousandths(""));
	EXPECT_FALSE(parse_thousandths("-1"));
	EXPECT_FALSE(parse_thousandths("2x"));
	EXPECT_FALSE(parse_thousandths("99999999999999999999"));
	for (std::uint64_t n = 0; n < 3000; n++)
		ASSERT_EQ(*parse_thousandths(format_thousandths(n)), n);
}
