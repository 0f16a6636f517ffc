// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl show, set and tempo: the namespace's clocks.
#include "options.hpp"

#include <rubato/client.hpp>
#include <rubato/json.hpp>
#include <rubato/names.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rubatoctl
{
namespace
{

constexpr std::string_view value_help =
	"A duration is a number and a unit (ns us ms s m h): 1.5s.\n"
	"A schedule is gaps, then growth:\n"
	"  syn='6s 24s 45s'                   sends at 0, 6, 30 s, gives up at 75 s\n"
	"  syn='1s 1s 1s x2 tries=8'          linear, then doubling, 8 retransmissions\n"
	"  data='rto x2 max=64s give-up=10m'  from the measured RTO, doubled, capped\n"
	"  synack='as syn'                    whatever syn is\n"
	"'tempo=N' may stand among them. Open connections follow at once.\n";

rubato::Result<rubato::Policy> read_policy()
{
	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return client.error();
	return client->policy();
}

// Keeps the named clocks; all of them if none is named.
rubato::Result<rubato::Policy> select(rubato::Policy policy, const Arguments &names)
{
	if (names.empty())
		return policy;
	rubato::Policy chosen = policy;
	chosen.settings.clear();
	for (const std::string &name : names) {
		rubato::Result<const rubato::ClockInfo *> clock = rubato::clock_by_name(name);
		if (!clock)
			return clock.error();
		auto found = policy.settings.find((*clock)->id);
		if (found == policy.settings.end())
			return rubato::error("{}: the loaded module does not have it yet", name);
		chosen.settings.insert(*found);
	}
	return chosen;
}

std::string effective_text(const rubato::ClockInfo &clock, const rubato::Setting &setting)
{
	if (!setting.effective || rubato::same_value(setting.value, *setting.effective))
		return {};
	return rubato::format_value(clock, *setting.effective);
}

void print_line(std::string line)
{
	line.erase(line.find_last_not_of(' ') + 1);
	fmt::print("{}\n", line);
}

void print_policy(const rubato::Policy &policy)
{
	std::size_t name_width = 5, value_width = 5;
	for (const auto &[id, setting] : policy.settings) {
		const rubato::ClockInfo &clock = *rubato::find_clock(id);
		name_width = std::max(name_width, clock.name.size());
		value_width =
			std::max(value_width, rubato::format_value(clock, setting.value).size());
	}
	auto row = [&](std::string_view name, std::string_view value, std::string_view source,
		       std::string_view effective) {
		print_line(fmt::format("{:<{}}  {:<{}}  {:<8}  {}", name, name_width, value,
				       value_width, source, effective));
	};
	row("CLOCK", "VALUE", "SOURCE", "IN EFFECT, IF IT DIFFERS");
	for (const auto &[id, setting] : policy.settings) {
		const rubato::ClockInfo &clock = *rubato::find_clock(id);
		row(clock.name, rubato::format_value(clock, setting.value),
		    rubato::source_name(setting.source), effective_text(clock, setting));
	}
}

rubato::Result<rubato::PolicyChange> parse_change(const Arguments &words)
{
	rubato::PolicyChange change;
	constexpr std::string_view tempo_key = "tempo=";
	for (const std::string &word : words) {
		if (word.starts_with(tempo_key)) {
			if (change.tempo)
				return rubato::error("tempo is given twice");
			rubato::Result<std::uint32_t> tempo = rubato::parse_tempo(
				std::string_view(word).substr(tempo_key.size()));
			if (!tempo)
				return tempo.error();
			change.tempo = *tempo;
			continue;
		}
		rubato::Result<rubato::Assignment> assignment = rubato::parse_assignment(word);
		if (!assignment)
			return assignment.error();
		for (const rubato::Assignment &other : change.assignments)
			if (other.clock == assignment->clock)
				return rubato::error("{} is given twice", other.clock->name);
		change.assignments.push_back(*assignment);
	}
	return change;
}

int apply(const Command &command, const rubato::PolicyChange &change)
{
	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return fail(command, client.error());
	rubato::Result<void> done = client->set_policy(change);
	return done ? exit_ok : fail(command, done.error());
}

std::string clock_list()
{
	std::string text = "Clocks and knobs:\n";
	for (const rubato::ClockInfo &clock : rubato::clocks())
		text += fmt::format("  {:<17} {}\n", clock.name, clock.doc);
	return text;
}

} // namespace

int show(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "as JSON");
	options.take_words();
	std::string list_text = clock_list();
	options.explain(list_text);
	if (std::optional<int> code = options.parse(arguments))
		return *code;

	// An unknown name is told even without the module.
	for (const std::string &name : options.words())
		if (auto clock = rubato::clock_by_name(name); !clock)
			return misuse(command, clock.error());
	rubato::Result<rubato::Policy> policy = read_policy();
	if (!policy)
		return fail(command, policy.error());
	rubato::Result<rubato::Policy> chosen = select(*policy, options.words());
	if (!chosen)
		return fail(command, chosen.error());
	if (options.has("json")) {
		print_json(rubato::to_json(*chosen));
		return exit_ok;
	}
	if (options.words().empty())
		fmt::print("tempo {}\n", rubato::format_tempo(chosen->tempo));
	print_policy(*chosen);
	return exit_ok;
}

int set(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "show all clocks afterwards, as JSON");
	options.take_words();
	options.explain(value_help);
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	Arguments words = options.words();
	if (words.empty())
		return misuse(command, rubato::error("expected CLOCK=VALUE, as msl=1s"));
	rubato::Result<rubato::PolicyChange> change = parse_change(words);
	if (!change)
		return misuse(command, change.error());
	int code = apply(command, *change);
	return code || !options.has("json") ? code : show(command, {"-j"});
}

int tempo(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "as JSON");
	options.take_words();
	options.explain(
		"At tempo 100 a clock of 60s runs out after 600ms. Measured times, and the\n"
		"clock itself, are not touched. Results below 1ms become 1ms.\n");
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	Arguments words = options.words();
	if (words.size() > 1)
		return misuse(command,
			      rubato::error("expected one number, not '{}' too", words[1]));
	if (!words.empty()) {
		rubato::Result<std::uint32_t> value = rubato::parse_tempo(words.front());
		if (!value)
			return misuse(command, value.error());
		if (int code = apply(command, {{}, *value}); code || !options.has("json"))
			return code;
	}
	rubato::Result<rubato::Policy> policy = read_policy();
	if (!policy)
		return fail(command, policy.error());
	if (options.has("json"))
		print_json({{"tempo", policy->tempo / 1000.0}, {"generation", policy->generation}});
	else
		fmt::print("{}\n", rubato::format_tempo(policy->tempo));
	return exit_ok;
}

} // namespace rubatoctl
