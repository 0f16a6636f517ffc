// SPDX-License-Identifier: GPL-2.0-only
// What a clock or knob is set to, whatever its kind, and its text.
#pragma once

#include <rubato/clocks.hpp>
#include <rubato/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rubato
{

// u64: durations in nanoseconds and the isn knob; u32: the index of a choice.
using Value = std::variant<std::uint64_t, std::uint32_t, rubato_schedule>;

// Errors begin with the clock's name and name the offending word.
Result<Value> parse_value(const ClockInfo &clock, std::string_view text);
std::string format_value(const ClockInfo &clock, const Value &value);
bool same_value(const Value &a, const Value &b);

struct Assignment {
	const ClockInfo *clock;
	Value value;
};

// "CLOCK=VALUE"
Result<Assignment> parse_assignment(std::string_view text);

// A factor from 0.01 to 1000, in thousandths.
Result<std::uint32_t> parse_tempo(std::string_view text);
std::string format_tempo(std::uint32_t tempo);

} // namespace rubato
