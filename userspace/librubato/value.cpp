// SPDX-License-Identifier: GPL-2.0-only
// Values by their clock's kind.
#include <rubato/duration.hpp>
#include <rubato/schedule.hpp>
#include <rubato/value.hpp>

#include <charconv>

namespace rubato
{
namespace
{

constexpr std::uint64_t isn_fixed = std::uint64_t{1} << 32;

Result<Value> parse_bounded(const ClockInfo &clock, std::string_view text)
{
	Result<std::uint64_t> ns = parse_duration(text);
	if (!ns)
		return ns.error();
	if (*ns < clock.min)
		return error("'{}' is too short: expected at least {}", text,
			     format_duration(clock.min));
	if (*ns > clock.max)
		return error("'{}' is too long: expected at most {}", text,
			     format_duration(clock.max));
	return Value(*ns);
}

Result<Value> parse_choice(const ClockInfo &clock, std::string_view text)
{
	std::string expected;
	for (std::size_t i = 0; i < clock.choices.size(); i++) {
		if (clock.choices[i] == text)
			return Value(static_cast<std::uint32_t>(i));
		expected += (i ? ", " : "") + std::string(clock.choices[i]);
	}
	return error("'{}' is not one of {}", text, expected);
}

Result<Value> parse_isn(std::string_view text)
{
	if (text == "keyed")
		return Value(std::uint64_t{0});
	constexpr std::string_view fixed = "fixed ";
	if (text.starts_with(fixed)) {
		std::string_view digits = text.substr(fixed.size());
		std::uint32_t number = 0;
		auto [end, failure] =
			std::from_chars(digits.data(), digits.data() + digits.size(), number);
		if (failure == std::errc() && end == digits.data() + digits.size())
			return Value(isn_fixed | number);
	}
	return error("'{}' is neither 'keyed' nor 'fixed N' with N below 2^32", text);
}

Result<Value> parse_kind(const ClockInfo &clock, std::string_view text)
{
	switch (clock.kind) {
	case Kind::duration:
		return parse_bounded(clock, text);
	case Kind::schedule: {
		Result<rubato_schedule> schedule = parse_schedule(text, clock.id);
		return schedule ? Result<Value>(Value(*schedule)) : schedule.error();
	}
	case Kind::choice:
		return parse_choice(clock, text);
	case Kind::isn:
		break;
	}
	return parse_isn(text);
}

std::string format_choice(const ClockInfo &clock, std::uint32_t index)
{
	return index < clock.choices.size() ? std::string(clock.choices[index])
					    : std::to_string(index);
}

} // namespace

Result<Value> parse_value(const ClockInfo &clock, std::string_view text)
{
	Result<Value> value = parse_kind(clock, text);
	return value ? value : error("{}: {}", clock.name, value.error().message);
}

std::string format_value(const ClockInfo &clock, const Value &value)
{
	if (const auto *schedule = std::get_if<rubato_schedule>(&value))
		return format_schedule(*schedule);
	if (const auto *index = std::get_if<std::uint32_t>(&value))
		return format_choice(clock, *index);
	std::uint64_t number = std::get<std::uint64_t>(value);
	if (clock.kind == Kind::duration)
		return format_duration(number);
	return number & isn_fixed ? fmt::format("fixed {}", number & ~isn_fixed) : "keyed";
}

bool same_value(const Value &a, const Value &b)
{
	if (a.index() != b.index())
		return false;
	if (const auto *schedule = std::get_if<rubato_schedule>(&a))
		return same_schedule(*schedule, std::get<rubato_schedule>(b));
	if (const auto *index = std::get_if<std::uint32_t>(&a))
		return *index == std::get<std::uint32_t>(b);
	return std::get<std::uint64_t>(a) == std::get<std::uint64_t>(b);
}

Result<Assignment> parse_assignment(std::string_view text)
{
	std::size_t equals = text.find('=');
	if (equals == std::string_view::npos)
		return error("'{}': expected CLOCK=VALUE, as msl=1s", text);
	Result<const ClockInfo *> clock = clock_by_name(text.substr(0, equals));
	if (!clock)
		return clock.error();
	Result<Value> value = parse_value(**clock, text.substr(equals + 1));
	if (!value)
		return value.error();
	return Assignment{*clock, *value};
}

Result<std::uint32_t> parse_tempo(std::string_view text)
{
	Result<std::uint64_t> tempo = parse_thousandths(text);
	if (!tempo)
		return error("tempo: {}", tempo.error().message);
	if (*tempo < RUBATO_TEMPO_MIN || *tempo > RUBATO_TEMPO_MAX)
		return error("tempo: '{}' is out of range: expected {} to {}", text,
			     format_tempo(RUBATO_TEMPO_MIN), format_tempo(RUBATO_TEMPO_MAX));
	return static_cast<std::uint32_t>(*tempo);
}

std::string format_tempo(std::uint32_t tempo)
{
	return format_thousandths(tempo);
}

} // namespace rubato
