// SPDX-License-Identifier: GPL-2.0-only
/*
 * exhaustive [--states N] [REASONS]
 *
 * Visits N distinct states of two cores, or all there are within the bounds of its scenarios, and
 * prints which pairs of states were reached. REASONS says of each pair that is not reached why:
 * "STATE STATE: why". Without it only the laws are judged: for a walk too short to reach all.
 * Exit status 1: a state broke a law, or a pair and REASONS do not agree.
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "search.h"

using namespace exhaustive;

namespace
{

struct Options {
	size_t states = 1'000'000;
	std::string reasons;
};

[[noreturn]] void usage(const std::string &what)
{
	std::cerr << "exhaustive: " << what << "\nusage: exhaustive [--states N] [REASONS]\n";
	exit(2);
}

size_t number(const char *option, const char *text)
{
	char *end = nullptr;
	const size_t n = text ? strtoull(text, &end, 10) : 0;

	if (!text || !*text || *end)
		usage(std::string(option) + " needs a number");
	return n;
}

Options parse(int argc, char **argv)
{
	Options o;

	for (int i = 1; i < argc; i++) {
		const std::string word = argv[i];

		if (word == "--states") {
			o.states = number(argv[i], argv[i + 1]);
			i++;
		} else if (word.starts_with("-")) {
			usage("no option " + word);
		} else {
			o.reasons = word;
		}
	}
	return o;
}

int state_of(const std::string &name)
{
	for (int s = 1; s <= RUBATO_STATE_MAX; s++)
		if (state_name(s) == name)
			return s;
	return 0;
}

/* "STATE STATE: why", # for comments. */
std::map<Pair, std::string> read_reasons(const std::string &file)
{
	std::map<Pair, std::string> reasons;
	std::ifstream in(file);
	std::string line;

	if (!in)
		usage("cannot read " + file);
	while (std::getline(in, line)) {
		const size_t space = line.find(' '), colon = line.find(": ");

		if (line.empty() || line[0] == '#')
			continue;
		const int a = space == std::string::npos ? 0 : state_of(line.substr(0, space));
		const int b = colon == std::string::npos || colon < space
				      ? 0
				      : state_of(line.substr(space + 1, colon - space - 1));
		if (!a || !b)
			usage(file + ": not a pair of states and a reason: " + line);
		reasons[pair_of(a, b)] = line.substr(colon + 2);
	}
	return reasons;
}

void print_pairs(const Result &result)
{
	printf("%-12s", "");
	for (int b = 1; b <= RUBATO_STATE_MAX; b++)
		printf(" %9.9s", state_name(b).c_str());
	printf("\n");
	for (int a = 1; a <= RUBATO_STATE_MAX; a++) {
		printf("%-12s", state_name(a).c_str());
		for (int b = 1; b <= RUBATO_STATE_MAX; b++) {
			const auto it = result.pairs.find({a, b});

			if (b < a)
				printf(" %9s", "");
			else
				printf(" %9zu", it == result.pairs.end() ? 0 : it->second);
		}
		printf("\n");
	}
}

/* A reason that begins so is of the search's size: a larger one may reach the pair. */
constexpr std::string_view DEEPER = "deeper than";

void print_way(const std::vector<std::string> &way)
{
	for (const std::string &step : way)
		printf("	%s\n", step.c_str());
}

/* Return: how many pairs and reasons do not agree. */
int compare(const Result &result, const std::map<Pair, std::string> &reasons)
{
	int wrong = 0;

	for (int a = 1; a <= RUBATO_STATE_MAX; a++) {
		for (int b = a; b <= RUBATO_STATE_MAX; b++) {
			const bool reached = result.pairs.contains({a, b});
			const auto why = reasons.find({a, b});

			if (reached == (why == reasons.end()))
				continue;
			if (reached && why->second.starts_with(DEEPER))
				continue;
			wrong++;
			printf("%s %s: %s\n", state_name(a).c_str(), state_name(b).c_str(),
			       reached ? ("reached, though: " + why->second).c_str()
				       : "not reached, and no reason is given");
			if (reached)
				print_way(result.ways.at({a, b}));
		}
	}
	for (const auto &[pair, why] : reasons)
		if (!result.pairs.contains(pair))
			printf("unreached: %s %s: %s\n", state_name(pair.first).c_str(),
			       state_name(pair.second).c_str(), why.c_str());
	return wrong;
}

void merge(Result &all, const Result &one)
{
	all.states += one.states;
	all.transitions += one.transitions;
	all.depth = std::max(all.depth, one.depth);
	all.whole = all.whole && one.whole;
	for (const auto &[pair, n] : one.pairs)
		all.pairs[pair] += n;
	all.ways.insert(one.ways.begin(), one.ways.end());
}

int tell_broken(const Scenario &scenario, const Result &result)
{
	printf("broken: %s\nin '%s', by\n", result.broken->c_str(), scenario.name);
	print_way(result.path);
	return 1;
}

} // namespace

int main(int argc, char **argv)
{
	const Options o = parse(argc, argv);
	const bool judged = !o.reasons.empty();
	const auto reasons = judged ? read_reasons(o.reasons) : std::map<Pair, std::string>();
	std::unordered_set<u64> seen;
	Result all;

	for (const Scenario &scenario : scenarios) {
		const Result one = search(scenario, o.states * scenario.share / 100 + 1, seen);

		if (one.broken)
			return tell_broken(scenario, one);
		printf("%s: %zu states, %zu transitions, %u deep%s\n", scenario.name, one.states,
		       one.transitions, one.depth, one.whole ? ", nothing left" : "");
		merge(all, one);
	}
	print_pairs(all);
	const int wrong = judged ? compare(all, reasons) : 0;

	printf("exhaustive: %zu states, %zu transitions, %zu pairs of states\n", all.states,
	       all.transitions, all.pairs.size());
	return wrong ? 1 : 0;
}
