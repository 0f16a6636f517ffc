// SPDX-License-Identifier: GPL-2.0-only
// The table of clocks and knobs: number, name, kind, bounds and a line of explanation.
#pragma once

#include <linux/rubato.h>
#include <rubato/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rubato
{

enum class Kind {
	duration, // u64 nanoseconds
	schedule, // struct rubato_schedule
	choice,	  // u32, the index of a word
	isn,	  // u64: 0 keyed, 2^32 + N for "fixed N"
};

struct ClockInfo {
	rubato_clock id;
	std::string_view name;
	Kind kind;
	std::string_view doc;
	std::uint64_t min = 0; // durations only, as are the bounds of rubato.h
	std::uint64_t max = RUBATO_GAP_MAX;
	std::span<const std::string_view> choices = {};
};

// In the order of their numbers, without gaps: clocks()[i].id == i + 1.
std::span<const ClockInfo> clocks();

// nullptr for a number of which this version does not know.
const ClockInfo *find_clock(std::uint32_t id);

// The error tells the name that was probably meant.
Result<const ClockInfo *> clock_by_name(std::string_view name);

// Never empty: an unknown number gives "clock 42".
std::string clock_name(std::uint32_t id);

} // namespace rubato
