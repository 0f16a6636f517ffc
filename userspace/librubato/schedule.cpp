// SPDX-License-Identifier: GPL-2.0-only
// Schedules as text. Every error names the word that is wrong and what would be right.
#include <rubato/clocks.hpp>
#include <rubato/duration.hpp>
#include <rubato/schedule.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace rubato
{
namespace
{

std::vector<std::string_view> split_words(std::string_view text)
{
	constexpr std::string_view blanks = " \t";
	std::vector<std::string_view> words;
	for (std::size_t at = text.find_first_not_of(blanks); at < text.size();) {
		std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
		words.push_back(text.substr(at, end - at));
		at = text.find_first_not_of(blanks, end);
	}
	return words;
}

Result<std::uint64_t> parse_bounded(std::string_view word, std::string_view duration)
{
	Result<std::uint64_t> ns = parse_duration(duration);
	if (!ns)
		return word == duration ? ns : error("'{}': {}", word, ns.error().message);
	if (*ns < RUBATO_GAP_MIN)
		return error("'{}' is too short: expected at least {}", word,
			     format_duration(RUBATO_GAP_MIN));
	if (*ns > RUBATO_GAP_MAX)
		return error("'{}' is too long: expected at most {}", word,
			     format_duration(RUBATO_GAP_MAX));
	return ns;
}

// One schedule, word by word. Remembers the words, for the rules that need the whole.
class Parser
{
public:
	explicit Parser(rubato_clock clock) : clock_(clock) {}
	Result<rubato_schedule> parse(std::string_view text);

private:
	Result<rubato_schedule> parse_reference(const std::vector<std::string_view> &words);
	Result<void> take(std::string_view word);
	Result<void> take_gap(std::string_view word);
	Result<void> take_rto(std::string_view word);
	Result<void> take_factor(std::string_view word);
	Result<void> take_option(std::string_view word, std::string_view name,
				 std::string_view value);
	Result<void> take_tries(std::string_view word, std::string_view value);
	Result<void> claim(std::uint8_t flag, std::string_view word, std::string_view name);
	Result<void> check_whole() const;

	bool has(std::uint8_t flag) const { return schedule_.flags & flag; }

	rubato_clock clock_;
	rubato_schedule schedule_ = {};
	std::string_view first_option_, max_word_, tries_word_;
};

Result<rubato_schedule> Parser::parse(std::string_view text)
{
	std::vector<std::string_view> words = split_words(text);
	if (words.empty())
		return error(
			"empty schedule: expected gaps as in '6s 24s 45s', 'rto x2 give-up=3m' "
			"or 'as syn'");
	if (words.front() == "as")
		return parse_reference(words);
	for (std::string_view word : words)
		if (Result<void> taken = take(word); !taken)
			return taken.error();
	if (Result<void> checked = check_whole(); !checked)
		return checked.error();
	return schedule_;
}

Result<rubato_schedule> Parser::parse_reference(const std::vector<std::string_view> &words)
{
	if (words.size() < 2)
		return error("'as' needs the name of a schedule, as in 'as syn'");
	if (words.size() > 2)
		return error("'{}' after 'as {}': a reference stands alone", words[2], words[1]);
	Result<const ClockInfo *> target = clock_by_name(words[1]);
	if (!target)
		return target.error();
	if ((*target)->kind != Kind::schedule)
		return error("'as {}': {} is not a schedule", words[1], words[1]);
	if ((*target)->id == clock_)
		return error("'as {}' refers to itself", words[1]);
	schedule_.flags = RUBATO_SCHED_AS;
	schedule_.as = (*target)->id;
	return schedule_;
}

Result<void> Parser::take(std::string_view word)
{
	std::size_t equals = word.find('=');
	if (equals != std::string_view::npos)
		return take_option(word, word.substr(0, equals), word.substr(equals + 1));
	if (word == "rto")
		return take_rto(word);
	if (word.front() == 'x')
		return take_factor(word);
	if (std::string_view(".-+0123456789").find(word.front()) != std::string_view::npos)
		return take_gap(word);
	return error("'{}' is neither a gap (as 1.5s or rto) nor one of xN max= tries= give-up=",
		     word);
}

Result<void> Parser::take_gap(std::string_view word)
{
	if (!first_option_.empty())
		return error("gap '{}' after '{}': gaps come first", word, first_option_);
	if (has(RUBATO_SCHED_RTO))
		return error("gap '{}' beside rto: rto must be the only gap", word);
	if (schedule_.n_gaps == RUBATO_GAPS_MAX)
		return error("gap '{}' is one too many: expected at most {}", word,
			     RUBATO_GAPS_MAX);
	Result<std::uint64_t> ns = parse_bounded(word, word);
	if (!ns)
		return ns.error();
	schedule_.gap[schedule_.n_gaps++] = *ns;
	return {};
}

Result<void> Parser::take_rto(std::string_view word)
{
	if (!first_option_.empty())
		return error("gap '{}' after '{}': gaps come first", word, first_option_);
	if (has(RUBATO_SCHED_RTO) || schedule_.n_gaps)
		return error("'{}' beside another gap: rto must be the only gap", word);
	schedule_.flags |= RUBATO_SCHED_RTO;
	return {};
}

Result<void> Parser::claim(std::uint8_t flag, std::string_view word, std::string_view name)
{
	if (has(flag))
		return error("'{}': {} is given twice", word, name);
	schedule_.flags |= flag;
	if (first_option_.empty())
		first_option_ = word;
	return {};
}

Result<void> Parser::take_factor(std::string_view word)
{
	if (Result<void> claimed = claim(RUBATO_SCHED_FACTOR, word, "xN"); !claimed)
		return claimed;
	Result<std::uint64_t> factor = parse_thousandths(word.substr(1));
	if (!factor)
		return error(
			"'{}': expected x and a number from 1 to 16 with at most three decimals, "
			"as x2 or x1.5",
			word);
	if (*factor < RUBATO_FACTOR_ONE || *factor > RUBATO_FACTOR_MAX)
		return error("'{}' is out of range: expected x1 to x16", word);
	schedule_.factor = static_cast<std::uint32_t>(*factor);
	return {};
}

Result<void> Parser::take_option(std::string_view word, std::string_view name,
				 std::string_view value)
{
	if (name == "tries")
		return take_tries(word, value);
	bool is_max = name == "max";
	if (!is_max && name != "give-up")
		return error("'{}': unknown option '{}': expected max=, tries= or give-up=", word,
			     name);
	std::uint8_t flag = is_max ? RUBATO_SCHED_MAX : RUBATO_SCHED_GIVE_UP;
	if (Result<void> claimed = claim(flag, word, name); !claimed)
		return claimed;
	Result<std::uint64_t> ns = parse_bounded(word, value);
	if (!ns)
		return ns.error();
	(is_max ? schedule_.max : schedule_.give_up) = *ns;
	if (is_max)
		max_word_ = word;
	return {};
}

Result<void> Parser::take_tries(std::string_view word, std::string_view value)
{
	if (Result<void> claimed = claim(RUBATO_SCHED_TRIES, word, "tries"); !claimed)
		return claimed;
	std::uint32_t tries = 0;
	auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), tries);
	if (value.empty() || end != value.data() + value.size() ||
	    failure == std::errc::invalid_argument)
		return error("'{}': expected a whole number of retransmissions, as tries=8", word);
	if (failure == std::errc::result_out_of_range || tries > RUBATO_TRIES_MAX)
		return error("'{}' is out of range: expected 0 to {}", word, RUBATO_TRIES_MAX);
	schedule_.tries = tries;
	tries_word_ = word;
	return {};
}

// The rules that no single word breaks.
Result<void> Parser::check_whole() const
{
	if (!schedule_.n_gaps && !has(RUBATO_SCHED_RTO))
		return error("no gap before '{}': expected durations or rto", first_option_);
	if (has(RUBATO_SCHED_FACTOR)) {
		if (clock_ != RUBATO_CLOCK_PERSIST &&
		    !has(RUBATO_SCHED_TRIES | RUBATO_SCHED_GIVE_UP))
			return error(
				"x{} without tries= or give-up= never ends: only persist may be "
				"endless",
				format_thousandths(schedule_.factor));
		return {};
	}
	if (has(RUBATO_SCHED_RTO))
		return error("'rto' needs xN, as in 'rto x2'");
#ifndef RUBATO_PLANT_BUG // the planted bug that the tests must catch
	if (has(RUBATO_SCHED_MAX))
		return error("'{}' without xN: the gaps are the whole schedule", max_word_);
#endif
	if (has(RUBATO_SCHED_TRIES))
		return error("'{}' without xN: the gaps are the whole schedule", tries_word_);
	return {};
}

} // namespace

Result<rubato_schedule> parse_schedule(std::string_view text, rubato_clock clock)
{
	return Parser(clock).parse(text);
}

std::string format_schedule(const rubato_schedule &schedule)
{
	if (schedule.flags & RUBATO_SCHED_AS)
		return "as " + clock_name(schedule.as);
	std::string text = schedule.flags & RUBATO_SCHED_RTO ? "rto" : "";
	for (std::size_t i = 0; i < std::min<std::size_t>(schedule.n_gaps, RUBATO_GAPS_MAX); i++)
		text += (text.empty() ? "" : " ") + format_duration(schedule.gap[i]);
	if (schedule.flags & RUBATO_SCHED_FACTOR)
		text += " x" + format_thousandths(schedule.factor);
	if (schedule.flags & RUBATO_SCHED_MAX)
		text += " max=" + format_duration(schedule.max);
	if (schedule.flags & RUBATO_SCHED_TRIES)
		text += " tries=" + std::to_string(schedule.tries);
	if (schedule.flags & RUBATO_SCHED_GIVE_UP)
		text += " give-up=" + format_duration(schedule.give_up);
	return text;
}

bool same_schedule(const rubato_schedule &a, const rubato_schedule &b)
{
	// Fields whose flag is clear are zero, so the bytes tell.
	static_assert(sizeof(rubato_schedule) == 8 * RUBATO_GAPS_MAX + 32);
	return std::memcmp(&a, &b, sizeof(a)) == 0;
}

} // namespace rubato
