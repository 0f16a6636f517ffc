// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl stats: counters, and drops by reason.
#include "options.hpp"

#include <rubato/client.hpp>
#include <rubato/json.hpp>
#include <rubato/names.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rubatoctl
{

int stats(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "as JSON");
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return fail(command, client.error());
	rubato::Result<rubato::Stats> stats = client->stats();
	if (!stats)
		return fail(command, stats.error());
	if (options.has("json")) {
		print_json(rubato::to_json(*stats));
		return exit_ok;
	}
	for (const rubato::Counter &counter : stats->counters)
		fmt::print("{:<18} {:>12}\n", counter.name, counter.value);
	// Most reasons have never come up.
	std::erase_if(stats->drops, [](const rubato::Drop &drop) { return !drop.count; });
	fmt::print("{}\n", stats->drops.empty() ? "no segment was dropped" : "dropped, by reason");
	for (const rubato::Drop &drop : stats->drops)
		fmt::print("  {:<16} {:>12}\n", rubato::reason_name(drop.reason), drop.count);
	return exit_ok;
}

} // namespace rubatoctl
