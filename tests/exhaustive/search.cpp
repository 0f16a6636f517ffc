// SPDX-License-Identifier: GPL-2.0-only
/* Breadth first over the worlds: see search.h. */
#include "search.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace exhaustive
{

namespace
{

/* 64 bits of a state; among 10^7 states two collide with a chance below 10^-5. */
u64 hash(const std::vector<u8> &bytes)
{
	u64 h = 0x9e3779b97f4a7c15ULL ^ bytes.size();
	size_t i = 0;

	for (; i + 8 <= bytes.size(); i += 8) {
		u64 word;

		memcpy(&word, &bytes[i], 8);
		h = (h ^ word) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	for (; i < bytes.size(); i++)
		h = (h ^ bytes[i]) * 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 29;
}

/* How a state was reached. */
struct Step {
	u32 from;
	Event event;
};

/*
 * What is kept of a state is how it was reached; the state itself is played again from its parent
 * when its turn comes. So 10^7 states take a few hundred megabytes.
 */
class Search
{
public:
	Search(const Bounds &b, size_t m, std::unordered_set<u64> &s)
		: bounds(b), policy(policy_of(b)), most(m), seen(s), parent(b, policy)
	{
	}

	Result run()
	{
		size_t at = 0;

		visit(World(bounds, policy), {0, {}});
		for (; at < steps.size() && !result.broken && steps.size() < most; at++)
			expand(static_cast<u32>(at));
		result.whole = at == steps.size() && !result.broken;
		result.states = steps.size();
		result.depth = depth(static_cast<u32>(steps.size() - 1));
		return std::move(result);
	}

private:
	void visit(const World &world, const Step &step)
	{
		world.normalise(bytes);
		if (!seen.insert(hash(bytes)).second)
			return;
		steps.push_back(step);
		if (!result.pairs[pair_of(world.state(0), world.state(1))]++)
			result.ways[pair_of(world.state(0), world.state(1))] = told(step);
	}

	/* One more event. */
	void expand(u32 at)
	{
		const World world = rebuild(at);

		for (const Event &event : world.events()) {
			World after = world;

			result.transitions++;
			if ((result.broken = after.apply(event))) {
				result.path = told({at, event});
				return;
			}
			visit(after, {at, event});
		}
	}

	/* The events that lead to a state. */
	std::vector<Event> path(u32 at) const
	{
		std::vector<Event> events;

		for (; at; at = steps[at].from)
			events.push_back(steps[at].event);
		std::reverse(events.begin(), events.end());
		return events;
	}

	unsigned depth(u32 at) const { return static_cast<unsigned>(path(at).size()); }

	World play(u32 at) const
	{
		World world(bounds, policy);

		for (const Event &event : path(at))
			world.apply(event);
		return world;
	}

	/* Brothers follow each other: their parent is played once. */
	World rebuild(u32 at)
	{
		if (!at)
			return World(bounds, policy);
		if (steps[at].from != parent_at) {
			parent_at = steps[at].from;
			parent = play(parent_at);
		}
		World world = parent;

		world.apply(steps[at].event);
		return world;
	}

	/* Each event on the way to @last, with the states that it led to. */
	std::vector<std::string> told(const Step &last) const
	{
		std::vector<Event> events = path(last.from);
		std::vector<std::string> lines;
		World world(bounds, policy);

		if (steps.size() > 1)
			events.push_back(last.event);
		for (const Event &event : events) {
			lines.push_back(world.describe(event));
			world.apply(event);
			lines.back() += "   -> " + state_name(world.state(0)) + " " +
					state_name(world.state(1));
		}
		return lines;
	}

	const Bounds &bounds;
	const rub_policy policy;
	const size_t most;
	std::unordered_set<u64> &seen;
	std::vector<Step> steps;
	std::vector<u8> bytes;
	World parent;
	u32 parent_at = 0;
	Result result;
};

} // namespace

Result search(const Scenario &scenario, size_t most, std::unordered_set<u64> &seen)
{
	return Search(scenario.bounds, most, seen).run();
}

const std::vector<Scenario> scenarios = {
	{"from closed to closed", 40, {.writes = 1}},
	{"closing in every order", 20, {.writes = 0, .aborts = 0, .established = true}},
	{"closing with data", 20, {.writes = 1, .aborts = 0, .established = true}},
	{"data without an end",
	 10,
	 {.shutdowns = 0, .closes = 0, .aborts = 0, .established = true}},
	{"data with SACK",
	 10,
	 {.shutdowns = 1, .closes = 0, .aborts = 0, .established = true, .sack = true}},
};

rub_policy policy_of(const Bounds &bounds)
{
	rub_config config = rub_config_builtin;
	rub_policy policy;

	/* Timestamps are times; a search without times has no use for them. */
	config.knobs = {};
	config.knobs.sack = bounds.sack;
	config.knobs.congestion = RUBATO_CONGESTION_NEWRENO;
	rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
	return policy;
}

std::string state_name(int state)
{
	static const char *const names[] = {"?",	  "ESTABLISHED", "SYN_SENT",  "SYN_RCVD",
					    "FIN_WAIT_1", "FIN_WAIT_2",	 "TIME_WAIT", "CLOSED",
					    "CLOSE_WAIT", "LAST_ACK",	 "LISTEN",    "CLOSING"};

	return state > 0 && state <= RUBATO_STATE_MAX ? names[state] : names[0];
}

} // namespace exhaustive
