// SPDX-License-Identifier: GPL-2.0-only
#include "core_host.h"

#include <algorithm>
#include <cstring>

namespace oracle
{

namespace
{

constexpr rub_ns ms = 1'000'000, s = 1'000 * ms;
// A clock that a row is about fires within this, no other does.
constexpr rub_ns soon = 30 * s, far = 3'600 * s, farthest_rto = 600 * s;
constexpr std::uint32_t rcv_buff = 8000;
// More units than any row sends.
constexpr int too_many = 64;

rubato_schedule every(rub_ns gap)
{
	rubato_schedule schedule = {};

	schedule.gap[0] = gap;
	schedule.n_gaps = 1;
	schedule.flags = RUBATO_SCHED_FACTOR | RUBATO_SCHED_TRIES;
	schedule.factor = RUBATO_FACTOR_ONE;
	schedule.tries = 100;
	return schedule;
}

// All clocks far away but `near`. The loss probe is no clock of a policy: it runs only with SACK.
rub_policy policy_for(std::optional<Clock> near)
{
	rub_config config = rub_config_builtin;
	rub_policy policy;
	const auto when = [&](Clock clock, rub_ns far_away) {
		return near == clock ? s : far_away;
	};
	const rubato_schedule sends = every(when(Clock::retransmission, far));

	config.knobs.sack = !near || near == Clock::loss_probe;
	config.knobs.window_scale = 0;
	config.knobs.ecn = 0;
	config.knobs.congestion = RUBATO_CONGESTION_NEWRENO;
	if (near) {
		config.syn = config.synack = config.data = config.fin = sends;
		config.persist = every(when(Clock::persist, far));
		config.keepalive_idle = when(Clock::keepalive, far);
		config.keepalive_probes = every(far);
		config.fin_wait_2 = when(Clock::fin_wait_2, far);
		config.msl = when(Clock::two_msl, farthest_rto);
		config.user_timeout = near == Clock::user_timeout ? s : 0;
		config.rto_min = config.rto_initial = config.rto_max = farthest_rto;
		config.delack = near == Clock::delayed_ack ? 100 * ms : config.delack;
	}
	rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
	return policy;
}

std::optional<Clock> near_clock(const Row &row)
{
	const auto *clock = std::get_if<Clock>(&row.event);
	return clock ? std::optional(*clock) : std::nullopt;
}

State state_of(std::uint8_t state)
{
	switch (state) {
	case RUBATO_LISTEN:
		return State::listen;
	case RUBATO_SYN_SENT:
		return State::syn_sent;
	case RUBATO_SYN_RCVD:
		return State::syn_received;
	case RUBATO_ESTABLISHED:
		return State::established;
	case RUBATO_FIN_WAIT_1:
		return State::fin_wait_1;
	case RUBATO_FIN_WAIT_2:
		return State::fin_wait_2;
	case RUBATO_CLOSE_WAIT:
		return State::close_wait;
	case RUBATO_CLOSING:
		return State::closing;
	case RUBATO_LAST_ACK:
		return State::last_ack;
	case RUBATO_TIME_WAIT:
		return State::time_wait;
	default:
		return State::closed;
	}
}

} // namespace

CoreHost::CoreHost(const Row &row, const Situation &situation, const Numbers &numbers)
	: iss_(numbers.iss), policy_(policy_for(near_clock(row)))
{
	policy_.knobs.timestamps = numbers.timestamps;
	env_.now = far;
	env_.policy = &policy_;
	env_.ts_offset = 12345;
	env_.rcv_free = env_.rcv_buf = rcv_buff;
	env_.path_mss = env_.adv_mss = numbers.mss();
	env_.gso_max = 1; // a unit is a segment
	rub_init(&tcb_);
	if (situation.keepalive)
		rub_set(&tcb_, RUB_OPTION_KEEPALIVE, true, &env_);
}

State CoreHost::state() const
{
	switch (entry_) {
	case Entry::connection:
		return rub_is_dead(&tcb_) ? State::closed : state_of(rub_state(&tcb_));
	case Entry::listener:
		return State::listen;
	case Entry::half:
		return State::syn_received;
	case Entry::time_wait:
		return State::time_wait;
	}
	return State::closed;
}

void CoreHost::begin()
{
	seen_ = {};
	env_.now += ms;
	// ISN = M + F(...), and M counts 4 us (RFC 9293 section 3.4.1).
	env_.isn_hash = iss_ - static_cast<std::uint32_t>(env_.now / 4000);
}

Seen CoreHost::end()
{
	seen_.next = state();
	seen_.due = due() != RUB_NEVER;
	seen_.clock = clock();
	return seen_;
}

// Calls.

Seen CoreHost::call(Call call, std::uint32_t argument)
{
	begin();
	if (entry_ == Entry::connection && call == Call::open && argument == 0) {
		entry_ = Entry::listener;
		return end();
	}
	if (entry_ != Entry::connection) {
		seen_.absent = true;
		return end();
	}
	switch (call) {
	case Call::open:
		serve(RUB_CALL_OPEN, 0);
		break;
	case Call::send:
		serve(RUB_CALL_SEND, argument);
		break;
	case Call::receive:
		receive(argument);
		break;
	case Call::shutdown:
		serve(RUB_CALL_SHUTDOWN, 0);
		break;
	case Call::close:
		serve(RUB_CALL_CLOSE, unread_);
		break;
	case Call::abort:
		serve(RUB_CALL_ABORT, ECONNABORTED);
		break;
	case Call::mtu:
		env_.path_mss = static_cast<u16>(argument);
		serve(RUB_CALL_MTU, 0);
		break;
	case Call::soft_error:
		serve(RUB_CALL_SOFT_ERROR, EHOSTUNREACH);
		seen_.soft_error = tcb_.soft_error == EHOSTUNREACH;
		break;
	}
	return end();
}

void CoreHost::serve(enum rub_call call, std::uint32_t argument)
{
	rub_rx rx;

	seen_.refused = ::rub_call(&tcb_, call, argument, &env_, &rx) < 0;
	if (seen_.refused)
		return;
	took(rx);
	drain();
}

// recv(): what is there; else end of file, an error, or it waits.
void CoreHost::receive(std::uint32_t bytes)
{
	seen_.read = std::min(bytes, unread_);
	if (!seen_.read) {
		seen_.refused = !rub_may_receive(&tcb_);
		return;
	}
	unread_ -= seen_.read;
	env_.rcv_free += seen_.read;
	serve(RUB_CALL_RECEIVE, 0);
}

// Segments.

Seen CoreHost::arrives(rub_seg seg)
{
	rub_tx tx;

	begin();
	if (seg.opts & RUB_OPT_TS)
		seg.tsecr = tsval_;
	switch (entry_) {
	case Entry::connection:
		if (rub_state(&tcb_) != RUBATO_CLOSED)
			connection_segment(seg);
		else if (rub_stray_segment(&seg, &tx))
			answer(tx);
		break;
	case Entry::listener:
		switch (rub_listen_segment(&seg, &env_, &half_, &tx)) {
		case RUB_CREATE:
			entry_ = Entry::half;
			answer(tx);
			rub_half_sent(&half_, &tx, 0, &env_);
			break;
		case RUB_ANSWER:
			answer(tx);
			break;
		case RUB_DROP:
			break;
		default:
			seen_.broken = "a verdict that is not the listener's";
		}
		break;
	case Entry::half:
		half_segment(seg);
		break;
	case Entry::time_wait:
		time_wait_segment(seg);
		break;
	}
	return end();
}

void CoreHost::connection_segment(const rub_seg &seg)
{
	rub_rx rx;

	rub_segment(&tcb_, &seg, &env_, &rx);
	took(rx);
	drain();
}

void CoreHost::half_segment(const rub_seg &seg)
{
	rub_tx tx;
	rub_rx rx;

	const enum rub_verdict verdict = rub_half_segment(&half_, &seg, &env_, &tx);
	switch (verdict) {
	case RUB_ANSWER:
		answer(tx);
		if (tx.flags & RUB_SYN)
			rub_half_sent(&half_, &tx, 0, &env_);
		break;
	case RUB_ESTABLISH:
		entry_ = Entry::connection;
		rub_init(&tcb_);
		rub_from_half(&tcb_, &half_, &seg, &env_, &rx);
		delivered_to_ = half_.irs + 1;
		took(rx);
		drain();
		break;
	case RUB_REMOVE:
	case RUB_REMOVE_ANSWER:
		if (verdict == RUB_REMOVE_ANSWER)
			answer(tx);
		entry_ = Entry::listener;
		seen_.dead = true;
		break;
	case RUB_DROP:
		break;
	default:
		seen_.broken = "a verdict that is not a half-open connection's";
	}
}

void CoreHost::time_wait_segment(const rub_seg &seg)
{
	rub_tx tx;
	const rub_ns before = rub_tw_due(&tw_, &env_);

	switch (rub_tw_segment(&tw_, &seg, &env_, &tx)) {
	case RUB_ANSWER:
		answer(tx);
		break;
	case RUB_REMOVE:
		entry_ = Entry::connection;
		rub_init(&tcb_);
		seen_.dead = true;
		return;
	case RUB_REINCARNATE:
		seen_.new_incarnation = true;
		break;
	case RUB_DROP:
		break;
	default:
		seen_.broken = "a verdict that is not TIME_WAIT's";
	}
	seen_.restarted_2msl = rub_tw_due(&tw_, &env_) != before;
}

// Clocks.

Seen CoreHost::fires(Clock)
{
	rub_tx tx;

	begin();
	const rub_ns at = due();
	if (at == RUB_NEVER || at > env_.now + soon)
		return end();
	env_.now = std::max(env_.now, at);
	switch (entry_) {
	case Entry::connection:
		expire_connection();
		break;
	case Entry::half:
		if (rub_half_expire(&half_, &env_, &tx) == RUB_ANSWER) {
			answer(tx);
			rub_half_sent(&half_, &tx, 0, &env_);
		}
		break;
	case Entry::time_wait:
		entry_ = Entry::connection;
		rub_init(&tcb_);
		seen_.dead = true;
		break;
	case Entry::listener:
		break;
	}
	return end();
}

void CoreHost::expire_connection()
{
	rub_rx rx;

	rub_expire(&tcb_, &env_, &rx);
	took(rx);
	drain();
}

rub_ns CoreHost::due() const
{
	switch (entry_) {
	case Entry::connection:
		return rub_is_dead(&tcb_) || rub_state(&tcb_) == RUBATO_CLOSED
			       ? RUB_NEVER
			       : rub_due(&tcb_, &env_);
	case Entry::half:
		return rub_half_due(&half_, &env_);
	case Entry::time_wait:
		return rub_tw_due(&tw_, &env_);
	case Entry::listener:
		return RUB_NEVER;
	}
	return RUB_NEVER;
}

std::optional<Clock> CoreHost::clock() const
{
	if (entry_ == Entry::half)
		return Clock::retransmission;
	if (entry_ == Entry::time_wait)
		return Clock::two_msl;
	if (entry_ == Entry::listener || rub_is_dead(&tcb_))
		return std::nullopt;
	struct rub_view view;
	::rub_view(&tcb_, &view);
	switch (view.clock) {
	case RUBATO_CLOCK_SYN:
	case RUBATO_CLOCK_SYNACK:
	case RUBATO_CLOCK_DATA:
	case RUBATO_CLOCK_FIN:
		return Clock::retransmission;
	case RUBATO_CLOCK_PERSIST:
		return Clock::persist;
	case RUBATO_CLOCK_KEEPALIVE_IDLE:
	case RUBATO_CLOCK_KEEPALIVE_PROBES:
		return Clock::keepalive;
	case RUBATO_CLOCK_FIN_WAIT_2:
		return Clock::fin_wait_2;
	default:
		return std::nullopt;
	}
}

// What a call of the core brought.
void CoreHost::took(const rub_rx &rx)
{
	if (rx.mask & RUB_RX_KEEP)
		keep(rx.keep);
	if (rx.mask & RUB_RX_ACKED)
		seen_.freed += rx.acked;
	if (rx.mask & RUB_RX_CONNECTED && !delivered_to_)
		delivered_to_ = rub_rcv_first(&tcb_);
	if (rx.mask & RUB_RX_PEER_FIN) {
		seen_.eof = true;
		peer_fin_ = true;
	}
	if (rx.mask & RUB_RX_ADVANCED)
		deliver();
	if (rx.mask & RUB_RX_DEAD) {
		seen_.dead = true;
		seen_.error = rx.error;
	}
	if (rx.n_steps && state_of(rx.step[rx.n_steps - 1]) != state_of(rub_state(&tcb_)))
		seen_.broken = "the last step is not the state";
}

// The bytes that the core asks for are kept; those that it says are in order must be among them.
void CoreHost::keep(const rub_range &range)
{
	for (u32 at = range.from; at != range.to; at++) {
		const bool have = std::ranges::any_of(kept_, [&](const rub_range &kept) {
			return le(kept.from, at) && lt(at, kept.to);
		});
		if (!have && !lt(at, rub_rcv_nxt(&tcb_)))
			seen_.held++;
	}
	kept_.push_back(range);
}

void CoreHost::deliver()
{
	const u32 to = rub_rcv_nxt(&tcb_) - (peer_fin_ ? 1 : 0);

	for (; lt(delivered_to_, to); delivered_to_++) {
		const bool have = std::ranges::any_of(kept_, [&](const rub_range &kept) {
			return le(kept.from, delivered_to_) && lt(delivered_to_, kept.to);
		});
		if (!have)
			seen_.broken = "bytes are in order that were never kept";
		seen_.delivered++;
		unread_++;
		env_.rcv_free--;
	}
}

void CoreHost::drain()
{
	rub_tx tx;

	for (int i = 0; i < too_many; i++) {
		if (rub_transmit(&tcb_, &env_, &tx)) {
			left(tx);
			rub_sent(&tcb_, &tx, tx.len, &env_);
		} else if (tx.hold == RUB_HOLD_NODES && nodes_.empty()) {
			lend();
		} else if (tx.hold == RUB_HOLD_PACED) {
			env_.now = std::max(env_.now, rub_due(&tcb_, &env_));
			rub_rx rx;
			rub_expire(&tcb_, &env_, &rx);
			took(rx);
		} else {
			if (rub_state(&tcb_) == RUBATO_TIME_WAIT) {
				rub_tw_init(&tw_, &tcb_, &env_);
				entry_ = Entry::time_wait;
				seen_.restarted_2msl = true;
			}
			return;
		}
	}
	seen_.broken = "rub_transmit() does not come to an end";
}

void CoreHost::lend()
{
	nodes_.resize(RUB_NODES_INLINE + too_many);
	rub_lend(&tcb_, nodes_.data(), static_cast<u16>(nodes_.size()));
}

void CoreHost::left(const rub_tx &tx)
{
	Sent sent;

	sent.flags = tx.flags & (RUB_FIN | RUB_SYN | RUB_RST | RUB_ACK);
	sent.seq = tx.seq;
	sent.ack = (tx.flags & RUB_ACK) ? tx.ack : 0;
	sent.len = tx.len;
	sent.wnd = tx.wnd;
	sent.ts = tx.opts & RUB_OPT_TS;
	sent.tsecr = sent.ts ? tx.tsecr : 0;
	sent.mss = tx.mss;
	if (sent.ts && !(tx.flags & RUB_RST))
		tsval_ = tx.tsval;
	seen_.sent.push_back(sent);
}

void CoreHost::answer(const rub_tx &tx)
{
	left(tx);
}

std::string describe(const Seen &seen)
{
	Outcome outcome;
	std::string text;

	outcome.next = seen.next;
	outcome.sent = seen.sent;
	outcome.dead = seen.dead;
	outcome.soft_error = seen.soft_error;
	outcome.delivered = seen.delivered;
	outcome.held = seen.held;
	outcome.read = seen.read;
	outcome.eof = seen.eof;
	outcome.freed = seen.freed;
	outcome.restarted_2msl = seen.restarted_2msl;
	outcome.new_incarnation = seen.new_incarnation;
	if (seen.clock)
		outcome.running = {*seen.clock};
	text = describe(outcome);
	if (seen.error)
		text += std::string(" ") + strerrorname_np(seen.error);
	return text + (seen.refused ? " refused" : "");
}

} // namespace oracle
