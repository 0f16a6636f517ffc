/* SPDX-License-Identifier: GPL-2.0-only */
/* Breadth first over all that can happen, so the path to a broken state is a shortest one. */
#ifndef RUBATO_TESTS_EXHAUSTIVE_SEARCH_H
#define RUBATO_TESTS_EXHAUSTIVE_SEARCH_H

#include <map>
#include <unordered_set>
#include <utility>

#include "world.h"

namespace exhaustive
{

/* Unordered: the sides are alike. */
using Pair = std::pair<int, int>;

inline Pair pair_of(int a, int b)
{
	return a < b ? Pair(a, b) : Pair(b, a);
}

struct Result {
	size_t states = 0, transitions = 0;
	bool whole = true; /* nothing was left to be visited */
	unsigned depth = 0;
	std::map<Pair, size_t> pairs;
	std::map<Pair, std::vector<std::string>> ways; /* a shortest one to each of these */
	Broken broken;
	std::vector<std::string> path; /* to the broken state */
};

/* One beginning, and what may happen from there. */
struct Scenario {
	const char *name;
	unsigned share; /* of the states, in hundredths */
	Bounds bounds;
};

extern const std::vector<Scenario> scenarios;

/* At most @most states of @scenario, distinct from all that an earlier call has @seen. */
Result search(const Scenario &scenario, size_t most, std::unordered_set<u64> &seen);

/* The policy that the search runs under. */
rub_policy policy_of(const Bounds &bounds);

std::string state_name(int state);

} // namespace exhaustive

#endif
