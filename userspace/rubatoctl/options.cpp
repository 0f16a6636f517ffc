// SPDX-License-Identifier: GPL-2.0-only
// Option parsing, help and messages, the same for every subcommand.
#include "options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <sstream>

namespace rubatoctl
{
namespace
{

std::string full_name(const Command &command)
{
	return command.name.empty() ? "rubatoctl" : fmt::format("rubatoctl {}", command.name);
}

int complain(const Command &command, const rubato::Error &error, int code)
{
	std::fflush(stdout);
	fmt::print(stderr, "{}: {}\n", full_name(command), error.message);
	return code;
}

} // namespace

Options::Options(const Command &command) : command_(command), options_("Options")
{
	options_.add_options()("help,h", "this text");
}

void Options::print_help() const
{
	std::ostringstream text;
	text << options_;
	fmt::print("Usage: {}{}{}\n{}\n\n{}", full_name(command_),
		   command_.synopsis.empty() ? "" : " ", command_.synopsis, command_.summary,
		   text.str());
	if (!explanation_.empty())
		fmt::print("\n{}", explanation_);
}

std::optional<int> Options::parse(const Arguments &arguments)
{
	constexpr int style =
		po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
	po::options_description all;
	po::positional_options_description positional;
	all.add(options_);
	if (words_) {
		all.add_options()("words", po::value<Arguments>());
		positional.add("words", -1);
	}
	try {
		po::store(po::command_line_parser(arguments)
				  .options(all)
				  .positional(positional)
				  .style(style)
				  .run(),
			  values_);
		po::notify(values_);
	} catch (const po::too_many_positional_options_error &) {
		return misuse(command_, rubato::error("takes no further words"));
	} catch (const po::error &failure) {
		return misuse(command_, {failure.what(), 0});
	}
	if (!has("help"))
		return std::nullopt;
	print_help();
	return exit_ok;
}

Arguments Options::words() const
{
	return has("words") ? get<Arguments>("words") : Arguments();
}

int fail(const Command &command, const rubato::Error &error)
{
	return complain(command, error, exit_failed);
}

int misuse(const Command &command, const rubato::Error &error)
{
	complain(command, error, exit_usage);
	fmt::print(stderr, "Try '{} --help'.\n", full_name(command));
	return exit_usage;
}

void print_json(const nlohmann::ordered_json &json)
{
	fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

} // namespace rubatoctl
