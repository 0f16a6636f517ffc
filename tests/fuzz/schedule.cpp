// SPDX-License-Identifier: GPL-2.0-only
/*
 * The schedule grammar and what the core makes of it. Any text is a schedule or gets an error that
 * names the place; what is one prints, and reads again the same; the library and the core agree on
 * what is allowed. Then the core's deadlines for it, try by try, are those of a naive reading of
 * DESIGN.md section 3: none before its anchor, each after the last, and an end.
 *
 * Input: which schedule it is for; then text, or a struct.
 */
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <rubato/clocks.hpp>
#include <rubato/schedule.hpp>

#include "clocks.h"
#include "core/core.h"
#include "fuzz.h"

namespace
{

using fuzz::Input;

constexpr rub_ns START = 1'000'000'000'000;
constexpr rub_ns DECADES = 30ULL * 365 * 86400 * 1'000'000'000;
/* An end may be 24 hours of milliseconds away. */
constexpr u32 TRIES_SEEN = 300;

constexpr rubato_clock SCHEDULES[] = {RUBATO_CLOCK_SYN,	    RUBATO_CLOCK_SYNACK,
				      RUBATO_CLOCK_DATA,    RUBATO_CLOCK_FIN,
				      RUBATO_CLOCK_PERSIST, RUBATO_CLOCK_KEEPALIVE_PROBES};

/* Does the message say where? A word of the text, or that a whole is missing something. */
bool names_place(std::string_view text, std::string_view message)
{
	constexpr std::string_view blanks = " \t";

	for (std::size_t at = text.find_first_not_of(blanks); at < text.size();) {
		const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());

		if (message.find(text.substr(at, end - at)) != message.npos)
			return true;
		at = text.find_first_not_of(blanks, end);
	}
	return message.find("never ends") != message.npos ||
	       text.find_first_not_of(blanks) == text.npos;
}

/* Section 3, one send after the other: when the next one is due, or the end. */
class Naive
{
public:
	Naive(const rubato_schedule &schedule, const rub_policy &policy)
		: s(schedule), rto(std::clamp(policy.rto_initial, policy.rto_min, policy.rto_max)),
		  rto_max(policy.rto_max)
	{
	}
	/* "n retransmissions, then one more gap, then gives up" */
	bool last_gap() const { return sent > retransmissions(); }
	rub_ns due() const
	{
		const rub_ns g = gap(sent - 1), next = g > RUB_NEVER - last ? RUB_NEVER : last + g;

		/* "Whichever comes first ends it." */
		return s.flags & RUBATO_SCHED_GIVE_UP ? std::min(next, START + s.give_up) : next;
	}
	bool ends() const { return last_gap() || due() == START + s.give_up; }
	void send(rub_ns now)
	{
		last = now;
		sent++;
	}

private:
	u64 retransmissions() const
	{
		if (s.flags & RUBATO_SCHED_TRIES)
			return s.tries;
		return s.flags & RUBATO_SCHED_FACTOR ? RUB_NEVER - 1 : s.n_gaps - 1U;
	}
	rub_ns gap(u64 n) const
	{
		const bool measured = s.flags & RUBATO_SCHED_RTO;
		const u64 listed = measured ? 1 : s.n_gaps;
		rub_ns most = s.flags & RUBATO_SCHED_MAX ? s.max : RUB_NEVER;
		__uint128_t g = measured ? rto : s.gap[std::min(n, listed - 1)];

		if (measured) /* "gaps that start from rto obey rto-min and rto-max too" */
			most = std::min(most, std::max(rto_max, rto));
		/* "xN goes on with the last gap times N each time" */
		for (u64 i = listed - 1; i < n && g < most; i++)
			if (s.factor == RUBATO_FACTOR_ONE)
				break;
			else
				g = g * s.factor / RUBATO_FACTOR_ONE;
		return static_cast<rub_ns>(std::min<__uint128_t>(g, most));
	}

	const rubato_schedule &s;
	const rub_ns rto, rto_max;
	rub_ns last = START;
	u64 sent = 1;
};

/* A SYN+ACK that nobody answers. */
void follow(const rubato_schedule &schedule)
{
	rub_config config = rub_config_builtin;
	rub_policy policy;
	rub_seg syn = {};
	rub_env env = {};
	rub_half half = {};
	rub_tx tx = {};
	rubato_clock at;

	config.synack = schedule;
	if (rub_config_check(&config, &at))
		return;
	rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
	env.policy = &policy;
	env.now = START;
	syn.flags = RUB_SYN;
	EXPECT(rub_listen_segment(&syn, &env, &half, &tx) == RUB_CREATE);
	rub_half_sent(&half, &tx, 0, &env);

	Naive naive(policy.synack, policy);

	for (u32 i = 0; i < TRIES_SEEN; i++) {
		const rub_ns due = rub_half_due(&half, &env);

		/* Decades are never, and what is further says so. */
		if (naive.due() - START > DECADES) {
			EXPECT(due - START > DECADES);
			return;
		}
		EXPECT(due == naive.due());
		EXPECT(due > env.now && due < RUB_NEVER);
		env.now = due;
		const rub_verdict verdict = rub_half_expire(&half, &env, &tx);

		EXPECT(verdict == (naive.ends() ? RUB_REMOVE : RUB_ANSWER));
		if (verdict == RUB_REMOVE)
			return;
		rub_half_sent(&half, &tx, 0, &env);
		naive.send(env.now);
	}
}

/* It prints, and reads again the same. */
void print(const rubato_schedule &schedule, rubato_clock clock)
{
	const std::string text = rubato::format_schedule(schedule);
	const rubato::Result<rubato_schedule> again = rubato::parse_schedule(text, clock);

	TELL("%s\n", text.c_str());
	EXPECT(again && rubato::same_schedule(*again, schedule));
	EXPECT(rubato::format_schedule(*again) == text);
}

void read(std::string_view text, rubato_clock clock)
{
	const rubato::Result<rubato_schedule> read = rubato::parse_schedule(text, clock);

	if (!read) {
		TELL("%s\n", read.error().message.c_str());
		EXPECT(!read.error().message.empty());
		EXPECT(names_place(text, read.error().message));
		return;
	}
	EXPECT(rub_schedule_check(&*read, clock) == RUB_FLAW_NONE);
	print(*read, clock);
	follow(*read);
}

void take(const rubato_schedule &schedule, rubato_clock clock)
{
	const rub_flaw flaw = rub_schedule_check(&schedule, clock);

	EXPECT(strcmp(rub_flaw_text(flaw), "unknown flaw") != 0);
	if (flaw) {
		/* For a listing, even of what no kernel would have. */
		rubato::format_schedule(schedule);
		return;
	}
	print(schedule, clock);
	follow(schedule);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (!size)
		return 0;
	const rubato_clock clock = SCHEDULES[(data[0] & 0x7f) % std::size(SCHEDULES)];
	Input in(data + 1, size - 1);

	if (data[0] & 0x80)
		take(fuzz::schedule(in), clock);
	else
		read({reinterpret_cast<const char *>(data) + 1, size - 1}, clock);
	return 0;
}
