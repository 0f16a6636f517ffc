// SPDX-License-Identifier: GPL-2.0-only
// The one parser and the one formatter of schedules. The options follow the gaps in any order,
// each once:
//
//   schedule  = gap { " " gap } [ "xN" ] [ "max=" duration ] [ "tries=" n ] [ "give-up=" duration ]
//   gap       = duration | "rto"       rto only as the sole gap, and with xN
//   reference = "as" clock
#pragma once

#include <linux/rubato.h>
#include <rubato/result.hpp>

#include <string>
#include <string_view>

namespace rubato
{

// `clock` is the schedule's owner: only persist may be endless, and none may refer to itself.
Result<rubato_schedule> parse_schedule(std::string_view text, rubato_clock clock);

// parse_schedule(format_schedule(x)) == x for every valid x.
std::string format_schedule(const rubato_schedule &schedule);

bool same_schedule(const rubato_schedule &a, const rubato_schedule &b);

} // namespace rubato
