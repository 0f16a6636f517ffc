// SPDX-License-Identifier: GPL-2.0-only
// One line per event:
//
//	  0.000102  10.0.0.1:40112 > 10.0.0.2:80  CLOSED -> SYN_SENT  send SYN seq=1000
//
// The arrow points as the segment flew: > sent, < received, - no segment.
#include <rubato/event_text.hpp>

#include <rubato/duration.hpp>
#include <rubato/names.hpp>

#include <linux/rubato_netlink.h>

#include <algorithm>

namespace rubato
{
namespace
{

constexpr std::uint32_t flag_rst = 0x04, flag_syn = 0x02, flag_ack = 0x10;

// "ESTABLISHED -> CLOSE_WAIT", the longest change there is.
constexpr std::size_t state_width = 25;

constexpr std::string_view dim = "\033[2m", bold = "\033[1m", red = "\033[1;31m",
			   yellow = "\033[33m", plain = "\033[0m";

std::string paint(bool colour, std::string_view how, std::string text)
{
	return colour && !text.empty() ? fmt::format("{}{}{}", how, text, plain) : text;
}

char arrow(const Event &event)
{
	switch (event.kind) {
	case Event::Kind::retransmit:
		return '>';
	case Event::Kind::state:
		return event.cause == RUBATO_CAUSE_SENT	      ? '>'
		       : event.cause == RUBATO_CAUSE_RECEIVED ? '<'
							      : '-';
	case Event::Kind::give_up:
	case Event::Kind::policy:
		break;
	}
	return '-';
}

// The call behind a change of state that no segment explains.
std::string_view call_name(std::uint32_t state)
{
	switch (state) {
	case RUBATO_LISTEN:
		return "listen";
	case RUBATO_SYN_SENT:
		return "connect";
	case RUBATO_CLOSED:
	case RUBATO_FIN_WAIT_1:
	case RUBATO_LAST_ACK:
		return "close";
	}
	return "call";
}

std::string expiry(std::uint32_t clock)
{
	if (clock == RUBATO_CLOCK_MSL)
		return "2 x msl are over";
	return clock ? clock_name(clock) + " ran out" : "a clock ran out";
}

std::string with_error(std::string text, std::uint32_t error)
{
	return error ? fmt::format("{}: {}", text, errno_name(static_cast<int>(error))) : text;
}

std::string plural(std::uint64_t n, std::string_view one, std::string_view many)
{
	return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string give_up_text(const Event &event)
{
	std::string text = "gives up: " + (event.clock ? clock_name(event.clock) : "no clock");
	if (event.elapsed)
		text += " after " + brief_duration(*event.elapsed);
	text += ", " + plural(event.tries, "retry", "retries");
	return with_error(text, event.error);
}

std::string policy_text(const Event &event)
{
	std::string text = "the clocks were changed";
	if (event.tempo)
		text += fmt::format(", tempo {}", format_tempo(*event.tempo));
	if (event.generation)
		text += fmt::format(" (generation {})", *event.generation);
	return text;
}

} // namespace

std::string segment_text(const Segment &segment)
{
	std::string text = flag_names(segment.flags);
	if (text.empty())
		text = "no flags";
	if (segment.seq)
		text += fmt::format(" seq={}", *segment.seq);
	if (segment.ack && segment.flags & flag_ack)
		text += fmt::format(" ack={}", *segment.ack);
	if (segment.length)
		text += fmt::format(" len={}", segment.length);
	// A closed window explains what happens next; an open one is noise here.
	if (segment.window && !*segment.window && !(segment.flags & flag_rst))
		text += " win=0";
	return text;
}

std::string EventText::time_column(std::uint64_t time)
{
	if (!first_)
		first_ = time;
	// Two processors may hand in two events in the wrong order.
	double since = static_cast<double>(static_cast<std::int64_t>(time - *first_)) / 1e9;
	return paint(style_.colour, dim, fmt::format("{:>10.6f}", since));
}

std::string EventText::connection_column(const Event &event)
{
	std::string local = to_string(event.local), peer = to_string(event.peer);
	local_width_ = std::max(local_width_, local.size());
	peer_width_ = std::max(peer_width_, peer.size());
	return fmt::format("{:<{}} {} {:<{}}", local, local_width_, arrow(event), peer,
			   peer_width_);
}

std::string EventText::state_column(const Event &event) const
{
	std::string text;
	if (event.old_state)
		text = state_name(*event.old_state);
	if (event.new_state && event.kind == Event::Kind::state)
		text += " -> " + state_name(*event.new_state);
	text = fmt::format("{:<{}}", text, state_width);
	return event.kind == Event::Kind::state ? paint(style_.colour, bold, text) : text;
}

// What the two sides began to count from, as far as this event tells.
void EventText::learn_start(const Event &event)
{
	if (!style_.relative || !event.segment || !event.segment->seq)
		return;
	const Segment &segment = *event.segment;
	bool received = arrow(event) == '<';
	Start &start = starts_[event.cookie];
	if (segment.flags & flag_syn)
		(received ? start.peer : start.local) = *segment.seq;
	// What ends SYN_RCVD or SYN_SENT acknowledges our SYN and nothing else.
	bool handshake = event.old_state == RUBATO_SYN_RCVD || event.old_state == RUBATO_SYN_SENT;
	if (received && handshake && segment.ack && segment.flags & flag_ack && !start.local)
		start.local = *segment.ack - 1;
}

std::string EventText::segment(const Event &event)
{
	if (!event.segment)
		return {};
	Segment shown = *event.segment;
	auto found = starts_.find(event.cookie);
	if (found != starts_.end()) {
		bool received = arrow(event) == '<';
		const auto &from = received ? found->second.peer : found->second.local;
		const auto &to = received ? found->second.local : found->second.peer;
		if (shown.seq && from)
			shown.seq = *shown.seq - *from;
		if (shown.ack && to)
			shown.ack = *shown.ack - *to;
	}
	// What a call has only queued has no window yet.
	if (event.kind == Event::Kind::state && event.cause == RUBATO_CAUSE_SENT)
		shown.window.reset();
	return segment_text(shown);
}

std::string EventText::what(const Event &event)
{
	std::string flown = segment(event);
	switch (event.kind) {
	case Event::Kind::retransmit: {
		std::string text = "fast retransmit";
		if (event.clock)
			text = fmt::format("retransmit {} by {}", event.tries,
					   clock_name(event.clock));
		if (!flown.empty())
			text += ": " + flown;
		if (event.next)
			text += "; next in " + brief_duration(*event.next);
		return paint(style_.colour, yellow, text);
	}
	case Event::Kind::give_up:
		return paint(style_.colour, red, give_up_text(event));
	case Event::Kind::policy:
		return policy_text(event);
	case Event::Kind::state:
		break;
	}

	std::string text;
	switch (event.cause) {
	case RUBATO_CAUSE_RECEIVED:
		text = flown.empty() ? "recv" : "recv " + flown;
		break;
	case RUBATO_CAUSE_SENT:
		text = flown.empty() ? "send" : "send " + flown;
		break;
	case RUBATO_CAUSE_CLOCK:
		text = expiry(event.clock);
		break;
	case RUBATO_CAUSE_CALL:
		text = call_name(event.new_state.value_or(0));
		break;
	default:
		text = cause_name(event.cause);
	}
	return with_error(text, event.error);
}

std::string EventText::line(const Event &event)
{
	std::string time = time_column(event.time);
	if (event.kind == Event::Kind::policy)
		return fmt::format("{}  {}", time, what(event));
	learn_start(event);
	std::string text = fmt::format("{}  {}  {}  {}", time, connection_column(event),
				       state_column(event), what(event));
	if (event.kind == Event::Kind::state && event.new_state == RUBATO_CLOSED)
		starts_.erase(event.cookie);
	return text;
}

std::string EventText::line(const Lost &lost) const
{
	std::string text = "events were lost: this reader is too slow";
	if (lost.count)
		text = plural(*lost.count, "event", "events") + " lost";
	return fmt::format("{:>10}  {}", "", paint(style_.colour, red, "*** " + text + " ***"));
}

} // namespace rubato
