// SPDX-License-Identifier: GPL-2.0-only
// Names and one-line descriptions, for rows and messages.
#include "oracle.h"

namespace oracle
{

const char *name(State state)
{
	switch (state) {
	case State::closed:
		return "CLOSED";
	case State::listen:
		return "LISTEN";
	case State::syn_sent:
		return "SYN_SENT";
	case State::syn_received:
		return "SYN_RCVD";
	case State::established:
		return "ESTABLISHED";
	case State::fin_wait_1:
		return "FIN_WAIT_1";
	case State::fin_wait_2:
		return "FIN_WAIT_2";
	case State::close_wait:
		return "CLOSE_WAIT";
	case State::closing:
		return "CLOSING";
	case State::last_ack:
		return "LAST_ACK";
	case State::time_wait:
		return "TIME_WAIT";
	}
	return "?";
}

const char *name(Call call)
{
	switch (call) {
	case Call::open:
		return "open";
	case Call::send:
		return "send";
	case Call::receive:
		return "receive";
	case Call::shutdown:
		return "shutdown";
	case Call::close:
		return "close";
	case Call::abort:
		return "abort";
	case Call::mtu:
		return "mtu";
	case Call::soft_error:
		return "soft-error";
	}
	return "?";
}

const char *name(Clock clock)
{
	switch (clock) {
	case Clock::retransmission:
		return "retransmission";
	case Clock::persist:
		return "persist";
	case Clock::keepalive:
		return "keepalive";
	case Clock::fin_wait_2:
		return "fin-wait-2";
	case Clock::delayed_ack:
		return "delayed-ack";
	case Clock::user_timeout:
		return "user-timeout";
	case Clock::loss_probe:
		return "loss-probe";
	case Clock::two_msl:
		return "2msl";
	}
	return "?";
}

const char *name(Reply reply)
{
	switch (reply) {
	case Reply::none:
		return "no reply";
	case Reply::ok:
		return "ok";
	case Reply::no_connection:
		return "connection does not exist";
	case Reply::already_exists:
		return "connection already exists";
	case Reply::closing:
		return "connection closing";
	}
	return "?";
}

const char *name(Error error)
{
	switch (error) {
	case Error::none:
		return "no error";
	case Error::refused:
		return "connection refused";
	case Error::reset:
		return "connection reset";
	case Error::timed_out:
		return "user timeout";
	}
	return "?";
}

std::string describe(const Sent &sent)
{
	std::string text;
	const auto flag = [&](unsigned bit, const char *word) {
		if (sent.flags & bit)
			text += (text.empty() ? "" : "+") + std::string(word);
	};

	flag(RUB_SYN, "SYN");
	flag(RUB_FIN, "FIN");
	flag(RUB_RST, "RST");
	flag(RUB_ACK, "ACK");
	text = "<" + text + " seq=" + std::to_string(sent.seq);
	if (sent.flags & RUB_ACK)
		text += " ack=" + std::to_string(sent.ack);
	if (sent.len)
		text += " len=" + std::to_string(sent.len);
	if (sent.wnd)
		text += " wnd=" + std::to_string(*sent.wnd);
	if (sent.ts)
		text += " tsecr=" + std::to_string(sent.tsecr);
	if (sent.mss)
		text += " mss=" + std::to_string(sent.mss);
	return text + (sent.may ? ">?" : ">");
}

std::string describe(const Outcome &outcome)
{
	std::string text = name(outcome.next);
	const auto count = [&](const char *word, std::uint32_t bytes) {
		if (bytes)
			text += std::string(" ") + word + "=" + std::to_string(bytes);
	};
	const auto mark = [&](const char *word, bool set) {
		if (set)
			text += std::string(" ") + word;
	};

	for (const Sent &sent : outcome.sent)
		text += " " + describe(sent);
	mark("silence", outcome.sent.empty());
	if (outcome.reply != Reply::none)
		text += std::string(" \"") + name(outcome.reply) + "\"";
	if (outcome.error != Error::none)
		text += std::string(" \"") + name(outcome.error) + "\"";
	mark("dead", outcome.dead);
	mark("soft-error", outcome.soft_error);
	count("delivered", outcome.delivered);
	count("held", outcome.held);
	count("read", outcome.read);
	mark("eof", outcome.eof);
	mark("urgent", outcome.urgent);
	count("freed", outcome.freed);
	mark("restarted-2msl", outcome.restarted_2msl);
	mark("new-incarnation", outcome.new_incarnation);
	for (Clock clock : outcome.running)
		text += std::string(" [") + name(clock) + "]";
	return text;
}

} // namespace oracle
