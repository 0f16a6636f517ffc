// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl: the table of subcommands, and the options that stand before one.
#include "options.hpp"

#include <rubato/socket.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

namespace rubatoctl
{
namespace
{

constexpr std::array<Command, 7> table = {{
	{"show", "[-j] [CLOCK...]", "Shows the clocks: value, source, and what is in effect.",
	 show},
	{"set", "CLOCK=VALUE...", "Sets clocks of this network namespace, all or nothing.", set},
	{"tempo", "[-j] [N]", "Shows or sets the factor that divides every clock, 0.01 to 1000.",
	 tempo},
	{"sockets", "[-j] [-e] [--state STATE,...] [--local ADDR[:PORT]] [--peer ADDR[:PORT]]",
	 "Lists connections with the clock that runs in each.", sockets},
	{"monitor", "[-j] [--count N] [--until-idle TIME]",
	 "Tells state changes, retransmissions and give-ups as they happen.", monitor},
	{"stats", "[-j]", "Shows the namespace's counters, and drops by reason.", stats},
	{"run", "[--] COMMAND [ARGUMENT...]", "Runs an unmodified program over rubato.", run},
}};

constexpr Command bare = {"", "[--netns NAME] [COMMAND [ARGUMENT...]]",
			  "Without COMMAND: a summary of this network namespace.", summary};

// The options before the subcommand.
struct Global {
	Arguments own, rest;
	std::string netns;
};

rubato::Result<Global> split_global(const Arguments &arguments)
{
	Global global;
	std::size_t i = 0;
	for (; i < arguments.size() && arguments[i].starts_with('-'); i++) {
		constexpr std::string_view netns = "--netns";
		if (arguments[i] == netns) {
			if (++i == arguments.size())
				return rubato::error(
					"--netns needs the name of a network namespace");
			global.netns = arguments[i];
		} else if (arguments[i].starts_with("--netns=")) {
			global.netns = arguments[i].substr(netns.size() + 1);
		} else {
			global.own.push_back(arguments[i]);
			continue;
		}
		if (global.netns.empty())
			return rubato::error("--netns needs the name of a network namespace");
	}
	global.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
	return global;
}

int dispatch(const Global &global)
{
	if (global.rest.empty())
		return summary(bare, global.own);
	if (!global.own.empty())
		return global.own.front() == "--help" || global.own.front() == "-h"
			       ? summary(bare, global.own)
			       : misuse(bare,
					rubato::error("unknown option '{}' before '{}'",
						      global.own.front(), global.rest.front()));
	for (const Command &command : table)
		if (command.name == global.rest.front())
			return command.run(command, {global.rest.begin() + 1, global.rest.end()});
	return misuse(bare, rubato::error("unknown command '{}'", global.rest.front()));
}

// A full disk must not look like success.
int finish(int code)
{
	if (std::fflush(stdout) == 0 && !std::ferror(stdout))
		return code;
	fmt::print(stderr, "rubatoctl: cannot write the output: {}\n", strerror(errno));
	return code ? code : exit_failed;
}

} // namespace

std::span<const Command> commands()
{
	return table;
}

int start(const Arguments &arguments)
{
	rubato::Result<Global> global = split_global(arguments);
	if (!global)
		return misuse(bare, global.error());
	if (!global->netns.empty())
		if (rubato::Result<void> entered = rubato::enter_namespace(global->netns); !entered)
			return fail(bare, entered.error());
	return finish(dispatch(*global));
}

} // namespace rubatoctl

int main(int argc, char **argv)
{
	try {
		return rubatoctl::start({argv + 1, argv + argc});
	} catch (const std::exception &failure) {
		fmt::print(stderr, "rubatoctl: {}\n", failure.what());
		return rubatoctl::exit_failed;
	}
}
