// SPDX-License-Identifier: GPL-2.0-only
// Tables of words, indexed by the header's numbers.
#include <rubato/names.hpp>

#include <linux/rubato_netlink.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace rubato
{
namespace
{

constexpr std::array<std::string_view, RUBATO_STATE_MAX + 1> states = {
	"",	     "ESTABLISHED", "SYN_SENT",	  "SYN_RCVD", "FIN_WAIT_1", "FIN_WAIT_2",
	"TIME_WAIT", "CLOSED",	    "CLOSE_WAIT", "LAST_ACK", "LISTEN",	    "CLOSING",
};

constexpr std::array<std::string_view, 4> sources = {"builtin", "default", "rule", "socket"};

constexpr std::array<std::string_view, 5> causes = {"", "received", "sent", "call", "clock"};

constexpr std::array<std::string_view, RUBATO_REASON_MAX + 1> reasons = {
	"none",		 "too-short",	   "bad-offset",
	"bad-checksum",	 "bad-option",	   "bad-address",
	"no-socket",	 "syn-queue-full", "accept-queue-full",
	"no-memory",	 "rcv-buffer",	   "listen-rst",
	"listen-no-syn", "bad-ack",	   "old-ack",
	"no-ack",	 "bad-seq",	   "bad-rst",
	"syn-in-window", "old-data",	   "ooo-full",
	"after-fin",	 "tw-rst",	   "tw-old",
	"closed",	 "rate-limit",	   "tw-full",
	"paws",		 "no-timestamp",   "bad-cookie",
	"syn-text",
};

struct Flag {
	std::uint32_t bit;
	std::string_view name;
};

// In the order in which textbooks say them.
constexpr std::array<Flag, 8> flags_table = {{
	{0x02, "SYN"},
	{0x01, "FIN"},
	{0x04, "RST"},
	{0x08, "PSH"},
	{0x20, "URG"},
	{0x40, "ECE"},
	{0x80, "CWR"},
	{0x10, "ACK"},
}};

template <std::size_t N>
std::string lookup(const std::array<std::string_view, N> &table, std::uint32_t number,
		   std::string_view what)
{
	if (number < N && !table[number].empty())
		return std::string(table[number]);
	return fmt::format("{} {}", what, number);
}

} // namespace

std::string state_name(std::uint32_t state)
{
	return lookup(states, state, "state");
}

std::string source_name(std::uint32_t source)
{
	return lookup(sources, source, "source");
}

std::string cause_name(std::uint32_t cause)
{
	return lookup(causes, cause, "cause");
}

std::string reason_name(std::uint32_t reason)
{
	return lookup(reasons, reason, "reason");
}

std::string errno_name(int code)
{
	const char *name = strerrorname_np(code);
	return name ? name : fmt::format("errno {}", code);
}

std::string flag_names(std::uint32_t flags, std::string_view separator)
{
	std::string text;
	for (const Flag &flag : flags_table)
		if (flags & flag.bit)
			text += (text.empty() ? "" : std::string(separator)) +
				std::string(flag.name);
	return text;
}

Result<rubato_state> parse_state(std::string_view text)
{
	std::string wanted(text);
	std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) {
		return c == '-' ? '_' : static_cast<char>(std::toupper(c));
	});
	for (std::uint32_t i = 1; i < states.size(); i++)
		if (states[i] == wanted)
			return static_cast<rubato_state>(i);
	std::string expected;
	for (std::uint32_t i = 1; i < states.size(); i++)
		expected += (i > 1 ? ", " : "") + std::string(states[i]);
	return error("unknown state '{}': expected one of {}", text, expected);
}

Result<std::uint32_t> parse_states(std::string_view text)
{
	std::uint32_t mask = 0;
	for (;;) {
		std::size_t comma = std::min(text.find(','), text.size());
		Result<rubato_state> state = parse_state(text.substr(0, comma));
		if (!state)
			return state.error();
		mask |= 1U << *state;
		if (comma == text.size())
			return mask;
		text.remove_prefix(comma + 1);
	}
}

} // namespace rubato
