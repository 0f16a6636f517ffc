// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl without a command: what is loaded, what goes on, what is not as built in.
#include "options.hpp"

#include <rubato/client.hpp>
#include <rubato/json.hpp>
#include <rubato/names.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>

namespace rubatoctl
{
namespace
{

// In this order people think of a connection's life.
constexpr std::uint32_t state_order[] = {
	RUBATO_LISTEN,	   RUBATO_SYN_SENT,   RUBATO_SYN_RCVD, RUBATO_ESTABLISHED,
	RUBATO_FIN_WAIT_1, RUBATO_FIN_WAIT_2, RUBATO_CLOSING,  RUBATO_TIME_WAIT,
	RUBATO_CLOSE_WAIT, RUBATO_LAST_ACK,   RUBATO_CLOSED,
};

std::map<std::uint32_t, std::size_t> count_states(const rubato::SocketList &list)
{
	std::map<std::uint32_t, std::size_t> counts;
	for (const rubato::SocketEntry &socket : list.sockets)
		counts[socket.state]++;
	return counts;
}

std::string states_text(const rubato::SocketList &list)
{
	auto counts = count_states(list);
	std::string text;
	for (std::uint32_t state : state_order)
		if (counts[state])
			text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[state],
					    rubato::state_name(state));
	return text.empty() ? "none" : text;
}

bool is_changed(const rubato::Setting &setting)
{
	return setting.source != RUBATO_SOURCE_BUILTIN;
}

void print_changed(const rubato::Policy &policy)
{
	bool any = false;
	for (const auto &[id, setting] : policy.settings) {
		const rubato::ClockInfo *clock = rubato::find_clock(id);
		if (!clock || !is_changed(setting))
			continue;
		fmt::print("{:<10} {:<17} {}\n", any ? "" : "clocks", clock->name,
			   rubato::format_value(*clock, setting.value));
		any = true;
	}
	if (!any)
		fmt::print("{:<10} all as built in ('rubatoctl show' lists them)\n", "clocks");
}

void print_text(const rubato::Info &info, const rubato::Policy &policy,
		const rubato::SocketList &list)
{
	fmt::print("{:<10} {}, address family {}, IP protocol {}\n", "rubato", info.version,
		   info.family, info.protocol);
	fmt::print("{:<10} {}\n", "tempo", rubato::format_tempo(policy.tempo));
	fmt::print("{:<10} {}\n", "sockets", states_text(list));
	print_changed(policy);
}

void print_as_json(const rubato::Info &info, const rubato::Policy &policy,
		   const rubato::SocketList &list)
{
	nlohmann::ordered_json states = nlohmann::ordered_json::object();
	for (const auto &[state, count] : count_states(list))
		states[rubato::state_name(state)] = count;
	print_json({{"info", rubato::to_json(info)},
		    {"sockets", states},
		    {"policy", rubato::to_json(policy)}});
}

std::string command_list()
{
	std::string text = "Commands ('rubatoctl COMMAND --help' tells more):\n";
	for (const Command &command : commands())
		text += fmt::format("  {:<9} {}\n", command.name, command.summary);
	return text;
}

} // namespace

int summary(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "the summary as JSON")(
		"netns", po::value<std::string>()->value_name("NAME"),
		"work in the network namespace of this name")("version,V",
							      "this program's version");
	std::string list_text = command_list();
	options.explain(list_text);
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	if (options.has("version")) {
		fmt::print("rubatoctl {}\n", RUBATOCTL_VERSION);
		return exit_ok;
	}

	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return fail(command, client.error());
	rubato::Result<rubato::Info> info = client->info();
	if (!info)
		return fail(command, info.error());
	rubato::Result<rubato::Policy> policy = client->policy();
	if (!policy)
		return fail(command, policy.error());
	rubato::Result<rubato::SocketList> list = client->sockets({});
	if (!list)
		return fail(command, list.error());
	if (options.has("json"))
		print_as_json(*info, *policy, *list);
	else
		print_text(*info, *policy, *list);
	return exit_ok;
}

} // namespace rubatoctl
