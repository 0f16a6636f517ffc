// SPDX-License-Identifier: GPL-2.0-only
// Durations and plain decimal numbers, without floating point: text and number agree exactly.
#include <rubato/duration.hpp>

#include <array>
#include <limits>

namespace rubato
{
namespace
{

__extension__ using Wide = unsigned __int128;

struct Unit {
	std::string_view name;
	std::uint64_t ns;
};

// Largest first.
constexpr std::array<Unit, 6> units = {{
	{"h", 3'600'000'000'000},
	{"m", 60'000'000'000},
	{"s", 1'000'000'000},
	{"ms", 1'000'000},
	{"us", 1'000},
	{"ns", 1},
}};

constexpr std::string_view digits = "0123456789";

// More decimals than any unit above can need.
constexpr std::size_t decimals_max = 18;

struct Decimal {
	std::string_view whole;
	std::string_view fraction; // without trailing zeros
	std::string_view rest;	   // what follows the number
};

// "1.5s": splits; nothing if it does not begin with digits, or has no digits after its point.
std::optional<Decimal> split_decimal(std::string_view text)
{
	Decimal result;
	std::size_t end = std::min(text.find_first_not_of(digits), text.size());
	if (end == 0)
		return std::nullopt;
	result.whole = text.substr(0, end);
	result.rest = text.substr(end);
	if (!result.rest.starts_with('.'))
		return result;

	std::string_view tail = result.rest.substr(1);
	end = std::min(tail.find_first_not_of(digits), tail.size());
	if (end == 0)
		return std::nullopt;
	result.rest = tail.substr(end);
	result.fraction = tail.substr(0, end);
	while (result.fraction.ends_with('0'))
		result.fraction.remove_suffix(1);
	return result;
}

enum class Scaled { ok, too_fine, too_large };

// number x unit, if that is a whole number of 64 bits.
Scaled scale(const Decimal &number, std::uint64_t unit, std::uint64_t &value)
{
	constexpr Wide limit = std::numeric_limits<std::uint64_t>::max();
	Wide total = 0;
	for (char c : number.whole) {
		total = total * 10 + static_cast<unsigned>(c - '0');
		if (total > limit)
			return Scaled::too_large;
	}
	total *= unit;

	if (number.fraction.size() > decimals_max)
		return Scaled::too_fine;
	Wide fraction = 0, power = 1;
	for (char c : number.fraction) {
		fraction = fraction * 10 + static_cast<unsigned>(c - '0');
		power *= 10;
	}
	fraction *= unit;
	if (fraction % power)
		return Scaled::too_fine;
	total += fraction / power;
	if (total > limit)
		return Scaled::too_large;
	value = static_cast<std::uint64_t>(total);
	return Scaled::ok;
}

// value / unit as an exact decimal number; empty if it has none.
std::string unscale(std::uint64_t value, std::uint64_t unit)
{
	std::string text = std::to_string(value / unit);
	std::uint64_t rest = value % unit;
	if (!rest)
		return text;
	text += '.';
	for (std::size_t i = 0; rest && i < decimals_max; i++) {
		text += static_cast<char>('0' + rest * 10 / unit);
		rest = rest * 10 % unit;
	}
	return rest ? std::string() : text;
}

} // namespace

Result<std::uint64_t> parse_duration(std::string_view text)
{
	if (text.empty())
		return error("empty duration: expected a number and a unit, as in 1.5s");
	if (text == "0")
		return std::uint64_t{0};
	std::optional<Decimal> number = split_decimal(text);
	if (!number)
		return error("'{}' is not a duration: expected a number and a unit, as in 1.5s",
			     text);
	if (number->rest.empty())
		return error("'{}' has no unit: expected one of ns us ms s m h, as in {}s", text,
			     text);
	for (const Unit &unit : units) {
		if (unit.name != number->rest)
			continue;
		std::uint64_t ns = 0;
		switch (scale(*number, unit.ns, ns)) {
		case Scaled::ok:
			return ns;
		case Scaled::too_fine:
			return error("'{}' is finer than a nanosecond", text);
		case Scaled::too_large:
			return error("'{}' is too long: more than 584 years", text);
		}
	}
	return error("'{}' has the unknown unit '{}': expected one of ns us ms s m h", text,
		     number->rest);
}

std::string format_duration(std::uint64_t ns)
{
	if (!ns)
		return "0s";
	std::string best;
	bool best_whole = false;
	for (const Unit &unit : units) {
		if (ns < unit.ns)
			continue;
		std::string text = unscale(ns, unit.ns);
		if (text.empty())
			continue;
		text += unit.name;
		// Between equally short ones a whole number reads better: 150s, not 2.5m.
		bool whole = ns % unit.ns == 0;
		if (best.empty() || text.size() < best.size() ||
		    (text.size() == best.size() && whole && !best_whole)) {
			best = text;
			best_whole = whole;
		}
	}
	return best;
}

std::string brief_duration(std::uint64_t ns)
{
	// A unit is used from here on: 75 s is not 1.25 m.
	static constexpr std::array<std::uint64_t, 6> from = {
		7'200'000'000'000, 120'000'000'000, 1'000'000'000, 1'000'000, 1'000, 0,
	};
	for (std::size_t i = 0; i < units.size(); i++)
		if (ns >= from[i] && ns)
			return fmt::format("{:.3g}{}",
					   static_cast<double>(ns) /
						   static_cast<double>(units[i].ns),
					   units[i].name);
	return "0s";
}

Result<std::uint64_t> parse_thousandths(std::string_view text)
{
	std::optional<Decimal> number = split_decimal(text);
	std::uint64_t value = 0;
	if (!number || !number->rest.empty())
		return error("'{}' is not a number, as 2 or 1.5", text);
	switch (scale(*number, 1000, value)) {
	case Scaled::ok:
		return value;
	case Scaled::too_fine:
		return error("'{}' has more than three decimals", text);
	case Scaled::too_large:
		break;
	}
	return error("'{}' is too large", text);
}

std::string format_thousandths(std::uint64_t thousandths)
{
	return unscale(thousandths, 1000);
}

} // namespace rubato
