// SPDX-License-Identifier: GPL-2.0-only
// The table at the top of rows.h, as code.
#include "rows.h"

namespace oracle
{

namespace
{

constexpr std::uint32_t row_data = 100, row_send = 1000, row_read = 2000, row_mss = 500;

constexpr State states[] = {
	State::closed,	    State::listen,     State::syn_sent,	  State::syn_received,
	State::established, State::fin_wait_1, State::fin_wait_2, State::close_wait,
	State::closing,	    State::last_ack,   State::time_wait,
};
constexpr Flags flag_classes[] = {Flags::none,	  Flags::ack,	  Flags::ack_data, Flags::syn,
				  Flags::syn_ack, Flags::fin_ack, Flags::rst,	   Flags::rst_ack};
constexpr Seq seqs[] = {Seq::far_left, Seq::before,	Seq::exact,
			Seq::inside,   Seq::right_edge, Seq::beyond};
constexpr Ack acks[] = {Ack::below, Ack::una, Ack::between, Ack::nxt, Ack::above};
constexpr Ts stamps[] = {Ts::absent, Ts::good, Ts::old};
constexpr Call calls[] = {Call::open,  Call::send,  Call::receive, Call::shutdown,
			  Call::close, Call::abort, Call::mtu,	   Call::soft_error};
constexpr Clock clocks[] = {Clock::retransmission, Clock::persist,     Clock::keepalive,
			    Clock::fin_wait_2,	   Clock::delayed_ack, Clock::user_timeout,
			    Clock::loss_probe,	   Clock::two_msl};

const char *text(Flags flags)
{
	constexpr const char *names[] = {"none",    "ACK",     "ACK+data", "SYN",
					 "SYN+ACK", "FIN+ACK", "RST",	   "RST+ACK"};
	return names[static_cast<int>(flags)];
}

const char *text(Seq seq)
{
	constexpr const char *names[] = {"far-left",	  "RCV.NXT-1",	"RCV.NXT",
					 "inside-window", "right-edge", "beyond"};
	return names[static_cast<int>(seq)];
}

const char *text(Ack ack)
{
	constexpr const char *names[] = {"below-SND.UNA", "SND.UNA", "between", "SND.NXT",
					 "above-SND.NXT"};
	return names[static_cast<int>(ack)];
}

const char *text(Ts ts)
{
	constexpr const char *names[] = {"absent", "good", "old"};
	return names[static_cast<int>(ts)];
}

std::uint8_t bits(Flags flags)
{
	switch (flags) {
	case Flags::none:
		return 0;
	case Flags::ack:
	case Flags::ack_data:
		return RUB_ACK;
	case Flags::syn:
		return RUB_SYN;
	case Flags::syn_ack:
		return RUB_SYN | RUB_ACK;
	case Flags::fin_ack:
		return RUB_FIN | RUB_ACK;
	case Flags::rst:
		return RUB_RST;
	case Flags::rst_ack:
		return RUB_RST | RUB_ACK;
	}
	return 0;
}

// Scripts.

using Script = std::vector<Step>;

constexpr CallStep active_open = {Call::open, 1}, passive_open = {Call::open, 0};
constexpr CallStep shut = {Call::shutdown, 0}, close = {Call::close, 0};
constexpr PeerStep peer_syn = {RUB_SYN}, peer_syn_ack = {RUB_SYN | RUB_ACK}, peer_ack = {RUB_ACK};
constexpr PeerStep peer_fin = {RUB_FIN | RUB_ACK, 0, 4000, true};

CallStep send(std::uint32_t bytes)
{
	return {Call::send, bytes};
}

PeerStep peer_data(std::uint32_t bytes)
{
	return {RUB_ACK, bytes};
}

// "Open", and then these.
Script open_and(std::initializer_list<Step> steps)
{
	Script script = {active_open, peer_syn_ack, send(4000), peer_ack};
	script.insert(script.end(), steps);
	return script;
}

Script canonical(State state)
{
	switch (state) {
	case State::closed:
		return {};
	case State::listen:
		return {passive_open};
	case State::syn_sent:
		return {active_open};
	case State::syn_received:
		return {passive_open, peer_syn};
	case State::established:
		return open_and({send(2000)});
	case State::fin_wait_1:
		return open_and({peer_data(100), send(1000), shut});
	case State::fin_wait_2:
		return open_and({close, peer_ack});
	case State::close_wait:
		return open_and({peer_data(100), peer_fin, send(2000)});
	case State::closing:
		return open_and({send(1000), shut, peer_fin});
	case State::last_ack:
		return open_and({peer_fin, send(1000), shut});
	case State::time_wait:
		return open_and({shut, peer_ack, peer_fin});
	}
	return {};
}

Script for_call(State state)
{
	if (state == State::syn_received)
		return {active_open, peer_syn};
	if (state == State::fin_wait_2)
		return open_and({peer_data(1000), peer_data(1000), shut, peer_ack});
	return canonical(state);
}

Script for_persist(State state)
{
	constexpr PeerStep closed_window = {RUB_ACK, 0, 0};
	constexpr PeerStep fin_closed_window = {RUB_FIN | RUB_ACK, 0, 0, true};

	switch (state) {
	case State::established:
		return open_and({closed_window, send(1000)});
	case State::fin_wait_1:
		return open_and({closed_window, send(1000), shut});
	case State::closing:
		return open_and({closed_window, send(1000), shut, fin_closed_window});
	case State::close_wait:
		return open_and({fin_closed_window, send(1000)});
	case State::last_ack:
		return open_and({fin_closed_window, send(1000), shut});
	default:
		return canonical(state);
	}
}

Script for_keepalive(State state)
{
	switch (state) {
	case State::established:
		return open_and({});
	case State::close_wait:
		return open_and({peer_fin});
	case State::fin_wait_2:
		return open_and({shut, peer_ack});
	default:
		return canonical(state);
	}
}

Script for_delayed_ack(State state)
{
	switch (state) {
	case State::established:
		return open_and({UntilDelayed{row_data}});
	case State::fin_wait_1:
		return open_and({send(1000), shut, UntilDelayed{row_data}});
	case State::fin_wait_2:
		return open_and({shut, peer_ack, UntilDelayed{row_data}});
	default:
		return canonical(state);
	}
}

// Before the peer's SYN, its numbers are those that it would bring.
std::uint32_t rcv_nxt(const Tcp &tcp, const Numbers &numbers)
{
	const State state = tcp.tcb().state;
	const bool unknown =
		state == State::closed || state == State::listen || state == State::syn_sent;

	return unknown ? numbers.irs + 1 : tcp.tcb().rcv.nxt;
}

std::uint32_t snd_una(const Tcp &tcp, const Numbers &numbers)
{
	const State state = tcp.tcb().state;

	return state == State::closed || state == State::listen ? numbers.iss : tcp.tcb().snd.una;
}

std::uint32_t snd_nxt(const Tcp &tcp, const Numbers &numbers)
{
	const State state = tcp.tcb().state;

	return state == State::closed || state == State::listen ? numbers.iss : tcp.tcb().snd.nxt;
}

std::uint32_t seq_of(Seq seq, const Tcp &tcp, const Numbers &numbers)
{
	const std::uint32_t nxt = rcv_nxt(tcp, numbers);
	const std::uint32_t wnd = tcp.tcb().rcv.wnd ? tcp.tcb().rcv.wnd : tcp.config().rcv_buff;

	switch (seq) {
	case Seq::far_left:
		return nxt - 100'000;
	case Seq::before:
		return nxt - 1;
	case Seq::exact:
		return nxt;
	case Seq::inside:
		return nxt + 500;
	case Seq::right_edge:
		return nxt + wnd;
	case Seq::beyond:
		return nxt + wnd + 1000;
	}
	return nxt;
}

std::uint32_t below(const Tcp &tcp, const Numbers &numbers)
{
	const auto &snd = tcp.tcb().snd;

	switch (tcp.tcb().state) {
	case State::established:
	case State::fin_wait_1:
	case State::closing:
		return snd.una - snd.max_wnd;
	case State::fin_wait_2:
	case State::close_wait:
	case State::last_ack:
	case State::time_wait:
		return snd.una - snd.max_wnd - 1;
	default:
		return numbers.iss - 1;
	}
}

std::uint32_t between(const Tcp &tcp, const Numbers &numbers)
{
	switch (tcp.tcb().state) {
	case State::established:
	case State::close_wait:
		return snd_una(tcp, numbers) + 500;
	case State::fin_wait_1:
	case State::closing:
	case State::last_ack:
		return snd_nxt(tcp, numbers) - 1;
	default:
		return snd_nxt(tcp, numbers);
	}
}

std::uint32_t ack_of(Ack ack, const Tcp &tcp, const Numbers &numbers)
{
	switch (ack) {
	case Ack::below:
		return below(tcp, numbers);
	case Ack::una:
		return snd_una(tcp, numbers);
	case Ack::between:
		return between(tcp, numbers);
	case Ack::nxt:
		return snd_nxt(tcp, numbers);
	case Ack::above:
		return snd_nxt(tcp, numbers) + 1;
	}
	return 0;
}

// What every segment of the peer has in common; a SYN brings its options.
rub_seg peer_segment(std::uint8_t flags, const Numbers &numbers)
{
	rub_seg seg = {};

	seg.flags = flags;
	seg.wnd = 4000;
	if (flags & RUB_SYN) {
		seg.mss = numbers.mss();
		seg.opts = RUB_OPT_SACK;
	}
	return seg;
}

struct Take {
	Tcp &tcp;
	const Numbers &numbers;

	void operator()(const CallStep &step) const { tcp.call(step.call, step.argument); }
	void operator()(const PeerStep &step) const { tcp.arrives(segment_of(step, tcp, numbers)); }
	// The oracle delays the first.
	void operator()(const UntilDelayed &step) const
	{
		(*this)(PeerStep{RUB_ACK, step.len, 4000, true});
	}
};

} // namespace

std::string Row::name() const
{
	std::string full = std::string(oracle::name(state)) + " / ";

	if (const auto *segment = std::get_if<SegmentClass>(&event))
		return full + text(segment->flags) + " seq=" + text(segment->seq) +
		       " ack=" + text(segment->ack) + " ts=" + text(segment->ts);
	if (const auto *call = std::get_if<Call>(&event))
		return full + "call " + oracle::name(*call);
	return full + "clock " + oracle::name(std::get<Clock>(event));
}

std::vector<Row> all_rows()
{
	std::vector<Row> rows;

	for (State state : states) {
		for (Flags flags : flag_classes)
			for (Seq seq : seqs)
				for (Ack ack : acks)
					for (Ts ts : stamps)
						rows.push_back(
							{state, SegmentClass{flags, seq, ack, ts}});
		for (Call call : calls)
			rows.push_back({state, call});
		for (Clock clock : clocks)
			rows.push_back({state, clock});
	}
	return rows;
}

Situation situation(const Row &row)
{
	if (std::holds_alternative<Call>(row.event))
		return {for_call(row.state)};
	if (const auto *clock = std::get_if<Clock>(&row.event)) {
		if (*clock == Clock::persist)
			return {for_persist(row.state)};
		if (*clock == Clock::keepalive)
			return {for_keepalive(row.state), true};
		if (*clock == Clock::delayed_ack)
			return {for_delayed_ack(row.state)};
		if (*clock == Clock::user_timeout)
			return {canonical(row.state), false, true};
	}
	return {canonical(row.state)};
}

std::uint32_t argument_of(Call call, const Numbers &numbers)
{
	switch (call) {
	case Call::open:
		return 1;
	case Call::send:
		return row_send;
	case Call::receive:
		return row_read;
	case Call::mtu:
		return row_mss + (numbers.timestamps ? 12 : 0);
	default:
		return 0;
	}
}

rub_seg segment_of(const PeerStep &step, const Tcp &tcp, const Numbers &numbers)
{
	rub_seg seg = peer_segment(step.flags, numbers);

	seg.seq = rcv_nxt(tcp, numbers) - ((step.flags & RUB_SYN) ? 1 : 0);
	seg.len = step.len;
	seg.wnd = step.wnd;
	if (step.flags & RUB_ACK)
		seg.ack = step.stale ? snd_una(tcp, numbers) : snd_nxt(tcp, numbers);
	if (!numbers.timestamps)
		return seg;
	seg.opts |= RUB_OPT_TS;
	seg.tsval = (step.flags & RUB_SYN) ? numbers.peer_ts : tcp.tcb().ts_recent + 1;
	return seg;
}

rub_seg segment_of(const SegmentClass &segment, const Tcp &tcp, const Numbers &numbers)
{
	rub_seg seg = peer_segment(bits(segment.flags), numbers);
	const bool known = tcp.tcb().ts_ok;

	seg.seq = seq_of(segment.seq, tcp, numbers);
	seg.ack = ack_of(segment.ack, tcp, numbers);
	if (segment.flags == Flags::ack_data)
		seg.len = row_data;
	if (segment.ts != Ts::absent) {
		seg.opts |= RUB_OPT_TS;
		seg.tsval = known ? tcp.tcb().ts_recent : numbers.peer_ts;
		seg.tsval += segment.ts == Ts::good ? 1 : -1;
	}
	return seg;
}

Config config_of(const Situation &situation, const Numbers &numbers)
{
	Config config;
	config.iss = numbers.iss;
	config.mss = numbers.mss();
	config.timestamps = numbers.timestamps;
	config.keepalive = situation.keepalive;
	config.user_timeout = situation.user_timeout;
	return config;
}

Tcp reached(const Situation &situation, const Numbers &numbers)
{
	Tcp tcp(config_of(situation, numbers));

	for (const Step &step : situation.script)
		std::visit(Take{tcp, numbers}, step);
	return tcp;
}

Outcome outcome_of(const Row &row, Tcp &tcp, const Numbers &numbers)
{
	if (const auto *segment = std::get_if<SegmentClass>(&row.event))
		return tcp.arrives(segment_of(*segment, tcp, numbers));
	if (const auto *call = std::get_if<Call>(&row.event))
		return tcp.call(*call, argument_of(*call, numbers));
	return tcp.fires(std::get<Clock>(row.event));
}

} // namespace oracle
