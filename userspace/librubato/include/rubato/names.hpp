// SPDX-License-Identifier: GPL-2.0-only
// The words for the header's numbers: states, sources, causes, reasons, flags.
#pragma once

#include <linux/rubato.h>
#include <rubato/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace rubato
{

// RFC 9293's names with underscores: "SYN_SENT". Unknown numbers give "state 42" and the like.
std::string state_name(std::uint32_t state);
std::string source_name(std::uint32_t source);
std::string cause_name(std::uint32_t cause);
std::string reason_name(std::uint32_t reason);
std::string errno_name(int code);

// "SYN+ACK": TCP's flag byte.
std::string flag_names(std::uint32_t flags, std::string_view separator = "+");

// "TIME_WAIT", "time-wait", "Time_Wait".
Result<rubato_state> parse_state(std::string_view text);

// "established,time-wait": a mask of 1 << state.
Result<std::uint32_t> parse_states(std::string_view text);

} // namespace rubato
