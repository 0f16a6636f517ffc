// SPDX-License-Identifier: GPL-2.0-only
// The core against the oracle, row by row:
//
//	oracle_compare [--row=PATTERN] LIST...
//
// Each row runs with and without timestamps agreed on, and wherever the sequence space wraps; it
// differs if it does in any of these runs. A difference is one aspect of one row ("next", "sent",
// "error" ...). Each must be in a LIST; what is in none fails, and so does a line that matches
// nothing. Closes with "oracle: N rows, M differ".
#include <fnmatch.h>

#include <iostream>
#include <string_view>

#include "aspects.h"
#include "report.h"

using namespace oracle;

namespace
{

// One row: both are led through the script, then given the event.

struct Result {
	Aspects aspects;
	std::string oracle, core;
};

class Pair
{
public:
	Pair(const Row &row, const Numbers &numbers)
		: row_(row), numbers_(numbers), situation_(situation(row)),
		  tcp_(config_of(situation_, numbers)), core_(row, situation_, numbers)
	{
	}

	Result run()
	{
		for (const Step &step : situation_.script) {
			std::visit([&](const auto &one) { take(one); }, step);
			if (!missed_.empty())
				return {{{missed_}}, "", ""};
		}
		return event();
	}

private:
	void take(const CallStep &step)
	{
		const Outcome outcome = tcp_.call(step.call, step.argument);
		reach(outcome, core_.call(step.call, step.argument));
	}
	void take(const PeerStep &step)
	{
		const rub_seg seg = segment_of(step, tcp_, numbers_);
		const Outcome outcome = tcp_.arrives(seg);
		reach(outcome, core_.arrives(seg));
	}
	void take(const UntilDelayed &step)
	{
		// A quick start acknowledges at once, but not for ever.
		for (int i = 0; i < 60 && missed_.empty(); i++) {
			take(PeerStep{RUB_ACK, step.len, 4000, true});
			if (tcp_.tcb().ack_owed)
				return;
		}
		missed_ = "script: no acknowledgment is ever delayed";
	}

	// A step of the script: the segments must be the oracle's, the state and the numbers too.
	void reach(const Outcome &outcome, const Seen &seen)
	{
		Aspects aspects;

		compare_sent(aspects, outcome, seen);
		aspects.words("next", name(outcome.next), name(seen.next));
		if (!seen.broken.empty())
			aspects.list.push_back("broken: " + seen.broken);
		if (!aspects.list.empty())
			missed_ = "script: " + aspects.list[0];
		note_acknowledgment(seen);
	}

	void note_acknowledgment(const Seen &seen)
	{
		for (const Sent &sent : seen.sent)
			if ((sent.flags & RUB_ACK) && sent.ack == tcp_.tcb().rcv.nxt)
				tcp_.acknowledged();
	}

	Result event()
	{
		const bool told = tcp_.tcb().process;
		Outcome outcome;
		Seen seen;

		if (const auto *segment = std::get_if<SegmentClass>(&row_.event)) {
			const rub_seg seg = segment_of(*segment, tcp_, numbers_);
			outcome = tcp_.arrives(seg);
			seen = core_.arrives(seg);
		} else if (const auto *call = std::get_if<Call>(&row_.event)) {
			outcome = tcp_.call(*call, argument_of(*call, numbers_));
			seen = core_.call(*call, argument_of(*call, numbers_));
		} else {
			const Clock clock = std::get<Clock>(row_.event);
			outcome = tcp_.fires(clock);
			seen = core_.fires(clock);
		}
		// What left need not wait: the clocks are those that run without it.
		note_acknowledgment(seen);
		outcome.running = tcp_.running();
		return {compare(row_, outcome, seen, told), describe(outcome), describe(seen)};
	}

	const Row &row_;
	const Numbers &numbers_;
	Situation situation_;
	Tcp tcp_;
	CoreHost core_;
	std::string missed_;
};

struct Run {
	const char *name;
	Numbers numbers;
};

// SND.UNA + 1000, in the middle of what is in flight, is 0; RCV.NXT soon is; both cross 2^31.
constexpr std::uint32_t wrap = 0u - 5001, half = 0x8000'0000u;
const Run runs[] = {
	{"timestamps", {}},
	{"no timestamps", {1'000'000, 5'000'000, 70'000, false}},
	{"timestamps, all wrap", {wrap, 0u - 300, 0u - 2, true}},
	{"timestamps, all cross 2^31", {half - 5001, half - 300, half - 2, true}},
	{"no timestamps, all wrap", {wrap, 0u - 300, 0, false}},
};

std::vector<Difference> differences_of(const Row &row)
{
	std::vector<Difference> differences;

	for (const Run &run : runs) {
		const Result result = Pair(row, run.numbers).run();
		for (const std::string &what : result.aspects.list)
			differences.push_back({what, run.name, result.oracle, result.core});
	}
	return differences;
}

} // namespace

int main(int argc, char **argv)
{
	std::vector<Entry> entries;
	std::string pattern = "*";

	for (int i = 1; i < argc; i++) {
		const std::string_view word = argv[i];
		if (word.starts_with("--row=")) {
			pattern = word.substr(6);
		} else if (word.starts_with("-")) {
			std::cerr << "oracle_compare: '" << word
				  << "' is unknown; there are --row=PATTERN and lists\n";
			return 2;
		} else if (const std::string error = read_list(argv[i], entries); !error.empty()) {
			std::cerr << "oracle_compare: " << error << "\n";
			return 2;
		}
	}

	Report report(std::move(entries));
	for (const Row &row : all_rows())
		if (!fnmatch(pattern.c_str(), row.name().c_str(), 0))
			report.add(row.name(), differences_of(row));
	return report.print(pattern == "*") ? 0 : 1;
}
