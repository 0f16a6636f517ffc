// SPDX-License-Identifier: GPL-2.0-only
// Durations as people write them: a number and a unit, "1.5s". Inside, u64 nanoseconds.
#pragma once

#include <rubato/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rubato
{

// Units ns us ms s m h, decimals allowed; "0" needs no unit. Nothing is rounded: what is finer
// than a nanosecond is an error.
Result<std::uint64_t> parse_duration(std::string_view text);

// The shortest exact text, so that parse_duration(format_duration(x)) == x.
std::string format_duration(std::uint64_t ns);

// Three digits for a person to read; not exact.
std::string brief_duration(std::uint64_t ns);

// A plain number in thousandths: "1.5" is 1500. At most three decimals.
Result<std::uint64_t> parse_thousandths(std::string_view text);
std::string format_thousandths(std::uint64_t thousandths);

} // namespace rubato
