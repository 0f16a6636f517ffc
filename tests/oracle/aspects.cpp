// SPDX-License-Identifier: GPL-2.0-only
#include "aspects.h"

#include <cstring>

namespace oracle
{

namespace
{

std::string flags_of(const std::vector<Sent> &sent)
{
	std::string text;

	for (const Sent &one : sent) {
		const std::string full = describe(one);
		text += (text.empty() ? "" : " ") + full.substr(1, full.find(' ') - 1);
		if (one.len)
			text += "+data";
	}
	return text.empty() ? "silence" : text;
}

} // namespace

void compare_sent(Aspects &aspects, const Outcome &oracle, const Seen &core)
{
	std::vector<Sent> want = oracle.sent;

	if (want.size() != core.sent.size())
		std::erase_if(want, [](const Sent &sent) { return sent.may; });
	if (flags_of(want) != flags_of(core.sent)) {
		aspects.words("sent", flags_of(want), flags_of(core.sent));
		return;
	}
	for (std::size_t i = 0; i < want.size(); i++) {
		const Sent &a = want[i], &b = core.sent[i];
		const auto what = [&](const char *field) {
			return flags_of({a}) + (a.may ? " (may)" : "") + " " + field;
		};
		aspects.number(what("seq"), a.seq, b.seq);
		aspects.number(what("ack"), a.ack, b.ack);
		aspects.number(what("len"), a.len, b.len);
		if (a.wnd)
			aspects.number(what("wnd"), *a.wnd, *b.wnd);
		aspects.flag(what("timestamps"), a.ts, b.ts);
		if (a.ts && b.ts)
			aspects.number(what("tsecr"), a.tsecr, b.tsecr);
		aspects.number(what("mss"), a.mss, b.mss);
	}
}

namespace
{

std::string errno_of(Error error)
{
	switch (error) {
	case Error::none:
		return "none";
	case Error::refused:
		return "ECONNREFUSED";
	case Error::reset:
		return "ECONNRESET";
	case Error::timed_out:
		return "ETIMEDOUT";
	}
	return "?";
}

// The clock of a connection that core.h shows: all but the delayed ACK and the loss probe.
std::string main_clock(const std::set<Clock> &running)
{
	for (Clock clock : {Clock::persist, Clock::retransmission, Clock::fin_wait_2,
			    Clock::two_msl, Clock::keepalive})
		if (running.contains(clock))
			return name(clock);
	return "none";
}

} // namespace

Aspects compare(const Row &row, const Outcome &oracle, const Seen &core, bool told)
{
	Aspects aspects;

	if (core.absent) {
		aspects.list.push_back("absent: no function of the core");
		return aspects;
	}
	if (!core.broken.empty())
		aspects.list.push_back("broken: " + core.broken);
	aspects.words("next", name(oracle.next), name(core.next));
	compare_sent(aspects, oracle, core);
	if (const auto *call = std::get_if<Call>(&row.event)) {
		if (oracle.reply != Reply::none)
			aspects.flag("served", oracle.reply == Reply::ok, !core.refused);
		aspects.flag("soft error told", oracle.soft_error, core.soft_error);
		aspects.number("read", oracle.read, core.read);
		// Who aborts is not told of it.
		told = told && *call != Call::abort;
	}
	if (told)
		aspects.words("error", errno_of(oracle.error),
			      core.error ? strerrorname_np(core.error) : "none");
	aspects.flag("dead", oracle.dead, core.dead);
	aspects.number("delivered", oracle.delivered, core.delivered);
	aspects.number("held", oracle.held, core.held);
	aspects.flag("eof", oracle.eof, core.eof);
	aspects.number("freed", oracle.freed, core.freed);
	aspects.flag("2 MSL restarted", oracle.restarted_2msl, core.restarted_2msl);
	aspects.flag("new incarnation", oracle.new_incarnation, core.new_incarnation);
	if (oracle.next == core.next) {
		aspects.words("clock", main_clock(oracle.running),
			      core.clock ? name(*core.clock) : "none");
		aspects.flag("deadline", !oracle.running.empty(), core.due);
	}
	return aspects;
}

} // namespace oracle
