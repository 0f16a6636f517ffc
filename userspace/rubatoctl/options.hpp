// SPDX-License-Identifier: GPL-2.0-only
// What the subcommands share: their table, their option parsing (Boost.Program_options, whose
// exceptions end here), and the exit codes.
#pragma once

#include <rubato/result.hpp>

#include <boost/program_options.hpp>
#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rubatoctl
{

namespace po = boost::program_options;

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

using Arguments = std::vector<std::string>;

struct Command {
	std::string_view name;
	std::string_view synopsis; // what follows the name
	std::string_view summary;
	int (*run)(const Command &command, const Arguments &arguments);
};

std::span<const Command> commands();

// A command's options. "help" is added; words that are no options go to "words" if they are
// wanted, else they are errors.
class Options
{
public:
	explicit Options(const Command &command);

	po::options_description_easy_init add() { return options_.add_options(); }
	void take_words() { words_ = true; }
	// Text below the options in --help.
	void explain(std::string_view text) { explanation_ = text; }

	// An exit code if the command ends here: after --help, or for bad usage.
	std::optional<int> parse(const Arguments &arguments);

	bool has(const char *name) const { return values_.count(name) > 0; }
	template <typename T>
	T get(const char *name) const
	{
		return values_[name].as<T>();
	}
	Arguments words() const;

private:
	void print_help() const;

	const Command &command_;
	po::options_description options_;
	po::variables_map values_;
	std::string_view explanation_;
	bool words_ = false;
};

// "rubatoctl show: MESSAGE" on stderr; the exit code is returned.
int fail(const Command &command, const rubato::Error &error);
int misuse(const Command &command, const rubato::Error &error);

void print_json(const nlohmann::ordered_json &json);

int summary(const Command &command, const Arguments &arguments);
int show(const Command &command, const Arguments &arguments);
int set(const Command &command, const Arguments &arguments);
int tempo(const Command &command, const Arguments &arguments);
int sockets(const Command &command, const Arguments &arguments);
int monitor(const Command &command, const Arguments &arguments);
int stats(const Command &command, const Arguments &arguments);
int run(const Command &command, const Arguments &arguments);

} // namespace rubatoctl
