/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim [--seeds N] [--first N]: many runs, on every processor. sim --seed N: one, told aloud.
 */
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "world.h"

using namespace sim;

namespace
{

/* Runs so many that each mechanism must have happened in some. */
constexpr u64 REPRESENTATIVE = 2000;
/* Each so many is run once more: the same seed, the same trace. */
constexpr u64 REPEATED = 8;

struct Sum {
	u64 runs = 0, events = 0, segments = 0, retransmissions = 0, bytes = 0, failures = 0;
	u64 times[MECHANISMS]{};
	std::bitset<STATES * STATES> pairs;

	void add(const Totals &t)
	{
		runs++;
		events += t.events;
		segments += t.segments;
		retransmissions += t.retransmissions;
		bytes += t.bytes;
		pairs |= t.pairs;
		for (size_t i = 0; i < MECHANISMS; i++)
			times[i] += t.happened[i];
	}
};

u64 run(u64 seed, bool verbose, Totals &totals)
{
	World world(draw_plan(seed), verbose, nullptr);

	try {
		world.play();
	} catch (const Violation &) {
		totals = world.totals();
		throw;
	}
	totals = world.totals();
	return world.trace();
}

/* False: an invariant does not hold, and why was printed. */
bool judge(u64 seed, bool verbose, Totals &totals)
{
	try {
		const u64 trace = run(seed, verbose, totals);
		Totals again;

		if (seed % REPEATED == 0)
			require(12, run(seed, false, again) == trace,
				"the same seed brought another trace");
		return true;
	} catch (const Violation &violation) {
		fflush(stdout);
		fprintf(stderr, "not ok seed %llu: %s\n    replay: sim --seed %llu\n", seed,
			violation.what(), seed);
		return false;
	}
}

Sum run_all(u64 first, u64 seeds)
{
	std::atomic<u64> next{first};
	std::mutex lock;
	std::vector<std::jthread> workers;
	Sum sum;

	for (u32 i = 0; i < std::max(1U, std::thread::hardware_concurrency()); i++) {
		workers.emplace_back([&] {
			for (u64 seed; (seed = next++) < first + seeds;) {
				Totals totals;
				const bool good = judge(seed, false, totals);
				const std::lock_guard guard(lock);

				sum.add(totals);
				sum.failures += !good;
			}
		});
	}
	workers.clear();
	return sum;
}

/* False: something never happened. */
bool report(const Sum &sum)
{
	bool complete = true;

	for (size_t i = 0; i < MECHANISMS; i++) {
		printf("%8llu  %s\n", sum.times[i], mechanism_text(i));
		complete &= sum.times[i] != 0 || sum.runs < REPRESENTATIVE;
	}
	printf("%llu events, %llu segments, %llu retransmissions, %llu bytes delivered, "
	       "%zu pairs of states\n",
	       sum.events, sum.segments, sum.retransmissions, sum.bytes, sum.pairs.count());
	if (!complete)
		printf("not ok: a mechanism never happened\n");
	printf("sim: %llu seeds, %llu failed\n", sum.runs, sum.failures);
	return complete;
}

int usage()
{
	fprintf(stderr, "usage: sim [--seeds N] [--first N] | sim --seed N\n");
	return 2;
}

} // namespace

int main(int argc, char **argv)
{
	u64 seeds = REPRESENTATIVE, first = 1, one = 0;
	bool single = false;

	for (int i = 1; i < argc; i += 2) {
		char *end = nullptr;
		const u64 value = i + 1 < argc ? strtoull(argv[i + 1], &end, 10) : 0;

		if (!end || *end || end == argv[i + 1])
			return usage();
		if (!strcmp(argv[i], "--seeds"))
			seeds = value;
		else if (!strcmp(argv[i], "--first"))
			first = value;
		else if (!strcmp(argv[i], "--seed"))
			one = value, single = true;
		else
			return usage();
	}
	if (single) {
		Totals totals;

		return judge(one, true, totals) ? 0 : 1;
	}
	const Sum sum = run_all(first, seeds);

	return report(sum) && !sum.failures ? 0 : 1;
}
