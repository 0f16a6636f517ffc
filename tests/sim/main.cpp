/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: many runs on every processor, one told aloud or drawn; see usage(). */
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "world.h"

using namespace sim;

namespace
{

/* Runs so many that each mechanism must have happened in some. */
constexpr u64 REPRESENTATIVE = 2000;
/* Of these, one in so many is run again: the same trace, and with other ISNs. Of more, all. */
constexpr u64 REPEATED = 8;
/* Pictures of failures that are drawn unasked. */
constexpr u64 PICTURES = 3;
/* Where differences of numbers turn over. */
constexpr u32 ISNS[] = {0, 0x7fffffff, 0xfffffffd};

struct Options {
	u64 seeds = REPRESENTATIVE, first = 1;
	std::optional<u64> seed;
	std::optional<u32> isn; /* every connection's */
	std::string picture;
	int sabotage = 0;
	u64 mute = MECHANISMS; /* this mechanism is not noted */
	bool old_duplicates = false;

	bool again(u64 number) const
	{
		return seed || sabotage || seeds > REPRESENTATIVE || number % REPEATED == 0;
	}
};

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

/* What came of a run; @failed: of which invariant. */
struct Outcome {
	Totals totals;
	u64 trace = 0;
	int failed = -1;
	std::string what;
	u16 pair = 0;
};

Outcome run(const Plan &plan, bool verbose = false, Picture *picture = nullptr)
{
	World world(plan, verbose, picture);
	Outcome out;

	try {
		world.play();
	} catch (const Violation &violation) {
		out.failed = violation.number;
		out.what = violation.what();
		out.pair = world.at();
		if (picture)
			picture->event(world.now(), 2, out.what);
	}
	out.totals = world.totals();
	out.trace = world.trace();
	return out;
}

Plan plan_of(u64 seed, const Options &options)
{
	Plan plan = options.sabotage == 13 ? draw_old_duplicates(seed, true) : draw_plan(seed);

	plan.sabotage = options.sabotage;
	return options.isn ? with_isn(plan, *options.isn) : plan;
}

/* With every other ISN the run is the same, shifted: 11. */
void vary_isn(const Plan &plan, Outcome &out)
{
	std::optional<u64> trace;

	for (u32 isn : ISNS) {
		const Outcome other = run(with_isn(plan, isn));

		if (other.failed >= 0) {
			out.failed = other.failed;
			out.what = other.what + " (ISN " + std::to_string(isn) + ")";
			out.pair = other.pair;
			return;
		}
		if (!trace)
			trace = other.trace;
		if (*trace != other.trace) {
			out.failed = 11;
			out.what = "invariant 11: with ISN " + std::to_string(isn) +
				   " another trace than with ISN 0 (replay both: --isn)";
			return;
		}
	}
}

/* All that a seed has to stand. */
Outcome judge(u64 seed, const Options &options)
{
	const Plan plan = plan_of(seed, options);
	Outcome out = run(plan);

	if (options.mute < MECHANISMS)
		return out;
	if (out.failed >= 0 || !options.again(seed))
		return out;
	if (run(plan).trace != out.trace) {
		out.failed = 12;
		out.what = "invariant 12: the same seed brought another trace";
		return out;
	}
	vary_isn(plan, out);
	return out;
}

/* This program, as somebody types it at the repository's root. */
std::string typed(const std::string &path)
{
	const std::string relative = std::filesystem::relative(path, SIM_ROOT);

	return relative.empty() || relative.starts_with("..") ? path : relative;
}

std::string program()
{
	return std::filesystem::read_symlink("/proc/self/exe");
}

bool draw(u64 seed, const Options &options, const std::string &file)
{
	Picture picture;
	const Outcome out = run(plan_of(seed, options), false, &picture);
	const std::string title =
		"seed " + std::to_string(seed) + (out.failed < 0 ? "" : ": " + out.what);

	if (picture.write(file, title, out.pair))
		return true;
	fprintf(stderr, "sim: cannot write %s\n", file.c_str());
	return false;
}

void complain(u64 seed, const Outcome &out, const Options &options, bool with_picture)
{
	const std::string self = typed(program()),
			  picture = program() + "-seed-" + std::to_string(seed) + ".svg";
	const std::string sabotage =
		options.sabotage ? " --sabotage " + std::to_string(options.sabotage) : "";

	fflush(stdout);
	fprintf(stderr, "not ok seed %llu: %s\n    replay: %s%s --seed %llu\n", seed,
		out.what.c_str(), self.c_str(), sabotage.c_str(), seed);
	if (with_picture && draw(seed, options, picture))
		fprintf(stderr, "    picture: %s\n", typed(picture).c_str());
}

/* Calls @one for each seed, on every processor, until it returns false. */
template <typename One>
void for_all(const Options &options, One one)
{
	std::atomic<u64> next{options.first};
	std::atomic<bool> goes_on{true};
	std::vector<std::jthread> workers;

	for (u32 i = 0; i < std::max(1U, std::thread::hardware_concurrency()); i++) {
		workers.emplace_back([&] {
			for (u64 seed; goes_on && (seed = next++) < options.first + options.seeds;)
				if (!one(seed))
					goes_on = false;
		});
	}
}

Sum run_all(const Options &options)
{
	std::mutex lock;
	Sum sum;

	for_all(options, [&](u64 seed) {
		const Outcome out = judge(seed, options);
		const std::lock_guard guard(lock);

		sum.add(out.totals);
		if (out.failed >= 0)
			complain(seed, out, options, sum.failures++ < PICTURES);
		return true;
	});
	if (options.mute < MECHANISMS)
		sum.times[options.mute] = 0;
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
	for (size_t i = 0; i < MECHANISMS && !complete; i++) {
		if (!sum.times[i])
			printf("not ok mechanism: it never happened: %s\n", mechanism_text(i));
	}
	printf("sim: %llu seeds, %llu failed\n", sum.runs, sum.failures);
	return complete;
}

/* The planted fault is found, by the invariant that it belongs to. */
bool is_caught(const Options &options)
{
	std::mutex lock;
	u64 runs = 0, others = 0;
	bool caught = false;

	for_all(options, [&](u64 seed) {
		const Outcome out = judge(seed, options);
		const std::lock_guard guard(lock);

		runs++;
		if (out.failed >= 0)
			complain(seed, out, options, false);
		others += out.failed >= 0 && out.failed != options.sabotage;
		caught |= out.failed == options.sabotage;
		return !caught;
	});
	printf("sim: sabotage %d %s: %llu seeds, %llu failed by other invariants\n",
	       options.sabotage, caught ? "is caught" : "is not caught", runs, others);
	return caught;
}

/* 13, both ways: what TIME_WAIT keeps away comes through without it, in the same run. */
bool old_duplicates(const Options &options)
{
	std::mutex lock;
	u64 failures = 0, corrupted = 0, first = 0;

	for_all(options, [&](u64 seed) {
		const Outcome kept = run(draw_old_duplicates(seed, true));
		const bool without = run(draw_old_duplicates(seed, false)).failed == 13;
		const std::lock_guard guard(lock);

		if (kept.failed >= 0) {
			fprintf(stderr, "not ok seed %llu: with TIME_WAIT: %s\n", seed,
				kept.what.c_str());
			failures++;
		} else if (without) {
			first = corrupted++ ? std::min(first, seed) : seed;
		}
		return true;
	});
	printf("sim: %llu seeds with TIME_WAIT, %llu failed; with msl 0 an old byte reached a new "
	       "incarnation in %llu of them, first in seed %llu\n",
	       options.seeds, failures, corrupted, first);
	return !failures && corrupted;
}

/* One seed: told aloud, or drawn. */
bool show(const Options &options)
{
	const u64 seed = *options.seed;

	if (!options.picture.empty())
		return draw(seed, options, options.picture);
	const Outcome out = run(plan_of(seed, options), true);
	const Outcome judged = out.failed < 0 ? judge(seed, options) : out;

	fflush(stdout);
	if (judged.failed >= 0)
		complain(seed, judged, options, false);
	return judged.failed < 0;
}

constexpr char USAGE[] =
	"usage: sim [--seeds N] [--first N]             N runs, with seeds from the first on\n"
	"       sim --seed N                            one run, told aloud\n"
	"       sim --seed N --isn ISN                  the same with this initial sequence number\n"
	"       sim --seed N --picture FILE.svg         one run as a time-sequence graph\n"
	"       sim --old-duplicates [--seeds N]        what TIME_WAIT is good for\n"
	"       sim --sabotage INVARIANT [--seeds N]    is a fault caught that is planted for it?\n"
	"       sim --mute MECHANISM [--seeds N]        as if it never happened: is that "
	"noticed?\n";

[[noreturn]] void usage()
{
	fputs(USAGE, stderr);
	exit(2);
}

u64 number(const char *text, u64 most)
{
	char *end = nullptr;
	const u64 value = text && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;

	if (!end || *end || value > most) {
		fprintf(stderr, "sim: '%s' is no number from 0 to %llu\n", text ? text : "", most);
		usage();
	}
	return value;
}

Options parse(int argc, char **argv)
{
	Options o;

	for (int i = 1; i < argc; i++) {
		const std::string_view name = argv[i];

		if (name == "--old-duplicates") {
			o.old_duplicates = true;
			continue;
		}
		const char *const value = argv[++i]; /* argv ends with NULL */

		if (name == "--seeds")
			o.seeds = number(value, ~0U);
		else if (name == "--first")
			o.first = number(value, ~0ULL >> 1);
		else if (name == "--seed")
			o.seed = number(value, ~0ULL >> 1);
		else if (name == "--isn")
			o.isn = static_cast<u32>(number(value, ~0U));
		else if (name == "--sabotage")
			o.sabotage = static_cast<int>(number(value, 13));
		else if (name == "--mute")
			o.mute = number(value, MECHANISMS - 1);
		else if (name == "--picture" && value)
			o.picture = value;
		else
			usage();
	}
	if (!o.picture.empty() && !o.seed)
		usage();
	return o;
}

} // namespace

int main(int argc, char **argv)
{
	const Options options = parse(argc, argv);

	if (options.seed)
		return !show(options);
	if (options.sabotage)
		return !is_caught(options);
	if (options.old_duplicates)
		return !old_duplicates(options);
	const Sum sum = run_all(options);

	return report(sum) && !sum.failures ? 0 : 1;
}
