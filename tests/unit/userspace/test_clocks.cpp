// SPDX-License-Identifier: GPL-2.0-only
// The tables of clocks, states and reasons against the header and the netlink spec, and values
// with their bounds.
#include <rubato/names.hpp>
#include <rubato/value.hpp>

#include <linux/rubato_netlink.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

using rubato::Kind;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace
{

std::string read_file(const char *path)
{
	std::ifstream file(path);
	std::ostringstream text;
	text << file.rdbuf();
	EXPECT_THAT(text.str(), Not(IsEmpty())) << path;
	return text.str();
}

// RUBATO_CLOCK_FIN_WAIT_2 is "fin-wait-2".
std::string dashed(std::string name)
{
	std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
		return c == '_' ? '-' : static_cast<char>(std::tolower(c));
	});
	return name;
}

// Enumerators of the header whose names match, by number.
std::map<int, std::string> enumerators(const std::string &pattern)
{
	std::map<int, std::string> found;
	std::string text = read_file(UAPI_HEADER);
	std::regex line(pattern + "\\s*=\\s*(\\d+),");
	for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at)
		found[std::stoi((*at)[2])] = (*at)[1];
	return found;
}

const rubato::ClockInfo &clock(rubato_clock id)
{
	return *rubato::find_clock(id);
}

rubato::Value value(rubato_clock id, const char *text)
{
	auto parsed = rubato::parse_value(clock(id), text);
	EXPECT_TRUE(parsed) << parsed.error().message;
	return parsed ? *parsed : rubato::Value();
}

void expect_error(rubato_clock id, const char *text, const char *hint)
{
	auto parsed = rubato::parse_value(clock(id), text);
	ASSERT_FALSE(parsed) << text;
	EXPECT_THAT(parsed.error().message,
		    AllOf(HasSubstr(std::string(clock(id).name) + ": "),
			  HasSubstr("'" + std::string(text) + "'"), HasSubstr(hint)));
}

} // namespace

TEST(Clocks, TableFollowsTheHeader)
{
	auto names = enumerators("RUBATO_(?:CLOCK|KNOB)_([A-Z0-9_]+)");
	names.erase(RUBATO_CLOCK_NONE);
	ASSERT_EQ(names.size(), std::size_t{RUBATO_CLOCK_MAX});
	ASSERT_EQ(rubato::clocks().size(), names.size());
	for (const auto &[id, name] : names) {
		std::string own(rubato::find_clock(static_cast<std::uint32_t>(id))->name);
		std::replace(own.begin(), own.end(), '.', '-');
		EXPECT_EQ(own, dashed(name));
	}
}

TEST(Clocks, NumbersAreTheAttributes)
{
	EXPECT_EQ(int{RUBATO_CLOCK_MSL}, int{RUBATO_POLICY_MSL});
	EXPECT_EQ(int{RUBATO_CLOCK_KEEPALIVE_PROBES}, int{RUBATO_POLICY_KEEPALIVE_PROBES});
	EXPECT_EQ(int{RUBATO_KNOB_ISN}, int{RUBATO_POLICY_ISN});
}

TEST(Clocks, KindsFollowTheSpec)
{
	std::string spec = read_file(NETLINK_SPEC);
	std::size_t begin = spec.find("name-prefix: rubato-policy-\n");
	ASSERT_NE(begin, std::string::npos);
	spec = spec.substr(begin, spec.find("name: policy-source") - begin);
	std::regex line("- \\{name: ([a-z0-9-]+), type: (u32|u64|nest)");
	std::size_t seen = 0;
	for (std::sregex_iterator at(spec.begin(), spec.end(), line), end; at != end; ++at) {
		const rubato::ClockInfo &info = rubato::clocks()[seen++];
		std::string own(info.name), type = (*at)[2];
		std::replace(own.begin(), own.end(), '.', '-');
		EXPECT_EQ(own, (*at)[1]);
		bool fits = type == "nest"  ? info.kind == Kind::schedule
			    : type == "u32" ? info.kind == Kind::choice
					    : info.kind == Kind::duration || info.kind == Kind::isn;
		EXPECT_TRUE(fits) << own << " is " << type;
	}
	EXPECT_EQ(seen, rubato::clocks().size());
}

TEST(Clocks, EveryOneHasALineOfText)
{
	for (const rubato::ClockInfo &info : rubato::clocks()) {
		EXPECT_THAT(std::string(info.doc), Not(IsEmpty())) << info.name;
		auto found = rubato::clock_by_name(info.name);
		ASSERT_TRUE(found);
		EXPECT_EQ((*found)->id, info.id);
	}
}

TEST(Clocks, UnknownNames)
{
	EXPECT_THAT(rubato::clock_by_name("mls").error().message,
		    AllOf(HasSubstr("'mls'"), HasSubstr("did you mean msl?")));
	EXPECT_THAT(rubato::clock_by_name("fin_wait_2").error().message,
		    HasSubstr("did you mean fin-wait-2?"));
	EXPECT_THAT(rubato::clock_by_name("gravity").error().message,
		    AllOf(HasSubstr("'gravity'"), Not(HasSubstr("did you mean"))));
	EXPECT_FALSE(rubato::clock_by_name(""));
	EXPECT_FALSE(rubato::clock_by_name("MSL"));
}

TEST(Clocks, UnknownNumbers)
{
	EXPECT_EQ(rubato::find_clock(0), nullptr);
	EXPECT_EQ(rubato::find_clock(RUBATO_CLOCK_MAX + 1), nullptr);
	EXPECT_EQ(rubato::clock_name(99), "clock 99");
}

TEST(Values, MslBounds)
{
	EXPECT_EQ(std::get<std::uint64_t>(value(RUBATO_CLOCK_MSL, "0")), 0u);
	EXPECT_EQ(std::get<std::uint64_t>(value(RUBATO_CLOCK_MSL, "10m")), RUBATO_MSL_MAX);
	expect_error(RUBATO_CLOCK_MSL, "601s", "at most 10m");
	expect_error(RUBATO_CLOCK_MSL, "-1s", "not a duration");
	expect_error(RUBATO_CLOCK_MSL, "fast", "not a duration");
}

TEST(Values, RtoBounds)
{
	for (rubato_clock id :
	     {RUBATO_CLOCK_RTO_MIN, RUBATO_CLOCK_RTO_MAX, RUBATO_CLOCK_RTO_INITIAL}) {
		value(id, "1ms");
		value(id, "10m");
		expect_error(id, "0.9ms", "at least 1ms");
		expect_error(id, "11m", "at most 10m");
	}
}

TEST(Values, FinWait2Bounds)
{
	value(RUBATO_CLOCK_FIN_WAIT_2, "24h");
	expect_error(RUBATO_CLOCK_FIN_WAIT_2, "25h", "at most 24h");
}

TEST(Values, Choices)
{
	EXPECT_EQ(std::get<std::uint32_t>(value(RUBATO_KNOB_ECN, "off")), 0u);
	EXPECT_EQ(std::get<std::uint32_t>(value(RUBATO_KNOB_ECN, "on")), 1u);
	EXPECT_EQ(std::get<std::uint32_t>(value(RUBATO_KNOB_BIND_MODE, "time-wait")), 2u);
	EXPECT_EQ(rubato::format_value(clock(RUBATO_KNOB_TW_RST), std::uint32_t{2}),
		  "after-challenge");
	expect_error(RUBATO_KNOB_CONGESTION, "vegas", "cubic, newreno");
	expect_error(RUBATO_KNOB_SACK, "1", "off, on");
}

TEST(Values, Isn)
{
	EXPECT_EQ(rubato::format_value(clock(RUBATO_KNOB_ISN), value(RUBATO_KNOB_ISN, "keyed")),
		  "keyed");
	EXPECT_EQ(rubato::format_value(clock(RUBATO_KNOB_ISN), value(RUBATO_KNOB_ISN, "fixed 0")),
		  "fixed 0");
	EXPECT_EQ(rubato::format_value(clock(RUBATO_KNOB_ISN),
				       value(RUBATO_KNOB_ISN, "fixed 4294967295")),
		  "fixed 4294967295");
	expect_error(RUBATO_KNOB_ISN, "fixed 4294967296", "below 2^32");
	expect_error(RUBATO_KNOB_ISN, "random", "keyed");
}

TEST(Values, SchedulesNameTheClock)
{
	expect_error(RUBATO_CLOCK_SYN, "6q", "unit");
}

TEST(Values, Assignments)
{
	auto good = rubato::parse_assignment("syn=1s x2 tries=3");
	ASSERT_TRUE(good);
	EXPECT_EQ(good->clock->id, RUBATO_CLOCK_SYN);
	EXPECT_EQ(rubato::format_value(*good->clock, good->value), "1s x2 tries=3");
	EXPECT_THAT(rubato::parse_assignment("msl").error().message,
		    AllOf(HasSubstr("'msl'"), HasSubstr("CLOCK=VALUE")));
	EXPECT_THAT(rubato::parse_assignment("msk=1s").error().message, HasSubstr("'msk'"));
	EXPECT_THAT(rubato::parse_assignment("=1s").error().message, HasSubstr("missing"));
	EXPECT_THAT(rubato::parse_assignment("msl=").error().message,
		    AllOf(HasSubstr("msl: "), HasSubstr("empty")));
}

TEST(Values, Tempo)
{
	EXPECT_EQ(*rubato::parse_tempo("1"), 1000u);
	EXPECT_EQ(*rubato::parse_tempo("0.01"), 10u);
	EXPECT_EQ(*rubato::parse_tempo("1000"), 1000000u);
	EXPECT_EQ(rubato::format_tempo(1500), "1.5");
	for (const char *bad : {"0", "0.009", "1000.001", "-1", "", "fast", "1x", "1.0001"})
		EXPECT_THAT(rubato::parse_tempo(bad).error().message, HasSubstr("tempo: ")) << bad;
}

TEST(Names, StatesFollowTheHeader)
{
	auto states = enumerators("RUBATO_((?!CLOCK|KNOB|SOURCE|REASON|STATE|CONGESTION|BIND|TW_RST|MTU_PROBING)[A-Z0-9_]+)");
	ASSERT_EQ(states.size(), std::size_t{RUBATO_STATE_MAX});
	for (const auto &[number, name] : states)
		EXPECT_EQ(rubato::state_name(static_cast<std::uint32_t>(number)), name);
	EXPECT_EQ(rubato::state_name(0), "state 0");
	EXPECT_EQ(rubato::state_name(12), "state 12");
}

TEST(Names, ReasonsFollowTheHeader)
{
	auto reasons = enumerators("RUBATO_REASON_([A-Z0-9_]+)");
	ASSERT_EQ(reasons.size(), std::size_t{RUBATO_REASON_MAX} + 1);
	for (const auto &[number, name] : reasons)
		EXPECT_EQ(rubato::reason_name(static_cast<std::uint32_t>(number)), dashed(name));
	EXPECT_EQ(rubato::reason_name(77), "reason 77");
}

TEST(Names, SourcesAndCauses)
{
	EXPECT_EQ(rubato::source_name(RUBATO_SOURCE_BUILTIN), "builtin");
	EXPECT_EQ(rubato::source_name(RUBATO_SOURCE_DEFAULT), "default");
	EXPECT_EQ(rubato::source_name(RUBATO_SOURCE_SOCKET), "socket");
	EXPECT_EQ(rubato::cause_name(RUBATO_CAUSE_RECEIVED), "received");
	EXPECT_EQ(rubato::cause_name(RUBATO_CAUSE_CLOCK), "clock");
	EXPECT_EQ(rubato::errno_name(ETIMEDOUT), "ETIMEDOUT");
}

TEST(Names, Flags)
{
	EXPECT_EQ(rubato::flag_names(0x02), "SYN");
	EXPECT_EQ(rubato::flag_names(0x12), "SYN+ACK");
	EXPECT_EQ(rubato::flag_names(0x11), "FIN+ACK");
	EXPECT_EQ(rubato::flag_names(0x14), "RST+ACK");
	EXPECT_EQ(rubato::flag_names(0x18), "PSH+ACK");
	EXPECT_EQ(rubato::flag_names(0), "");
}

TEST(Names, StateLists)
{
	EXPECT_EQ(*rubato::parse_states("TIME_WAIT"), 1u << RUBATO_TIME_WAIT);
	EXPECT_EQ(*rubato::parse_states("established,time-wait"),
		  1u << RUBATO_ESTABLISHED | 1u << RUBATO_TIME_WAIT);
	EXPECT_THAT(rubato::parse_states("established,tired").error().message,
		    AllOf(HasSubstr("'tired'"), HasSubstr("TIME_WAIT")));
	EXPECT_FALSE(rubato::parse_states(""));
	EXPECT_FALSE(rubato::parse_states("listen,"));
}
