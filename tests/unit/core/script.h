/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scripted segments: "send this, expect exactly that, then silence".
 *
 * A Script owns one side of a connection through its whole life (listener, half-open,
 * connection, TIME_WAIT, nobody) with a policy and a virtual clock, and speaks to it as its
 * peer, its process and the shell around it. Every segment that it emits must be expected by
 * the test; one that was not is a failure at the next step, and at the end.
 *
 * Sequence numbers in scripts are relative: ours to our ISS, the peer's to its own, so the SYN
 * is 0 and the first byte 1. The command line moves both bases (--iss, --irs): the same scripts
 * must hold wherever the sequence space wraps.
 */
#ifndef RUBATO_TESTS_SCRIPT_H
#define RUBATO_TESTS_SCRIPT_H

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <source_location>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "core/core.h"

namespace script
{

using namespace std::chrono_literals;
using ns = std::chrono::nanoseconds;
using where = std::source_location;

constexpr u8 FIN = RUB_FIN;
constexpr u8 SYN = RUB_SYN;
constexpr u8 RST = RUB_RST;
constexpr u8 PSH = RUB_PSH;
constexpr u8 ACK = RUB_ACK;
constexpr u8 URG = RUB_URG;
constexpr u8 ECE = RUB_ECE;
constexpr u8 CWR = RUB_CWR;

/* Where both sequence spaces begin; set from the command line. */
extern u32 base_iss, base_irs;

constexpr u16 MSS = 1000;	/* of the path, of what we announce and of the peer */
constexpr u16 PEER_WND = 20000; /* the window that the peer offers unless a script says so */
constexpr u32 BUFFER = 8000;	/* our receive buffer */
constexpr ns RTT = 100ms;	/* of the handshake in connect() and accept() */
/* RFC 6298 section 2.2: RTO = R + 4 * R / 2. */
constexpr ns RTO = 3 * RTT;

/* A schedule in DESIGN.md section 3's text form. Scripts write them; aborts on bad text. */
rubato_schedule schedule(std::string_view text);

std::string state_name(int state);
std::string flag_names(u8 flags);

struct Range {
	u32 from, to; /* relative to the ISS of whoever sent what it is about */
	bool operator==(const Range &) const = default;
};

struct Timestamps {
	u32 val, ecr; /* as they stand on the wire */
	bool operator==(const Timestamps &) const = default;
};

/*
 * A segment, to be sent by the peer or to be expected from us. What is not said means: sent,
 * the peer's usual window and no option; expected, the window that RFC 9293 section 3.8.6.2.2
 * demands, an MSS option exactly on a SYN, and no SACK block, urgent pointer or ECN mark;
 * timestamps, window scale and SACK-permitted are compared when they are said.
 */
struct Seg {
	u8 flags = 0;
	u32 seq = 0, ack = 0, len = 0;
	std::optional<u16> wnd, mss;
	std::optional<u16> urg;
	std::optional<Timestamps> ts;
	std::optional<u8> scale;
	std::optional<bool> sack_ok;
	std::vector<Range> blocks;	/* SACK */
	u8 mark = RUB_NOT_ECT;		/* IP's ECN field */
	std::optional<int> unit, clock;
	std::optional<bool> again;
	std::optional<u32> tries;
	u8 may = 0; /* flags that are either way right */
	bool any_len = false;

	Seg window(u16 v) const
	{
		Seg s = *this;
		s.wnd = v;
		return s;
	}
	Seg with_mss(u16 v) const
	{
		Seg s = *this;
		s.mss = v;
		return s;
	}
	Seg as_unit(rub_unit v) const
	{
		Seg s = *this;
		s.unit = v;
		return s;
	}
	Seg by(rubato_clock v) const
	{
		Seg s = *this;
		s.clock = v;
		return s;
	}
	Seg retransmitted(u32 n) const
	{
		Seg s = *this;
		s.again = true;
		s.tries = n;
		return s;
	}
	Seg with_ts(u32 val, u32 ecr) const
	{
		Seg s = *this;
		s.ts = Timestamps{val, ecr};
		return s;
	}
	Seg with_scale(u8 v) const
	{
		Seg s = *this;
		s.scale = v;
		return s;
	}
	Seg with_sack_ok(bool v = true) const
	{
		Seg s = *this;
		s.sack_ok = v;
		return s;
	}
	Seg sack(std::vector<Range> v) const
	{
		Seg s = *this;
		s.blocks = std::move(v);
		return s;
	}
	Seg urgent(u16 pointer) const
	{
		Seg s = *this;
		s.urg = pointer;
		return s;
	}
	Seg ecn(u8 codepoint) const
	{
		Seg s = *this;
		s.mark = codepoint;
		return s;
	}
	Seg maybe(u8 v) const
	{
		Seg s = *this;
		s.may = v;
		return s;
	}
	Seg of_any_length() const
	{
		Seg s = *this;
		s.any_len = true;
		return s;
	}
};

/* Everything on, as the built-in values have it: for Script's tweak. */
inline void modern(rub_config &config)
{
	config.knobs = rub_config_builtin.knobs;
	config.delack = rub_config_builtin.delack;
}

inline Seg seg(u8 flags, u32 seq = 0, u32 ack = 0, u32 len = 0)
{
	Seg s;
	s.flags = flags;
	s.seq = seq;
	s.ack = ack;
	s.len = len;
	return s;
}

struct Sent {
	rub_tx tx;
	rub_ns at;
};

/* What the last step made happen: every rub_rx since it began. */
struct Happened {
	u32 mask = 0;
	std::vector<int> reasons; /* those that are not NONE */
	std::vector<int> steps;
	std::vector<Range> keep;
	u32 acked = 0;
	int error = 0;
	int clock = 0;
	u32 tries = 0;
	rub_ns elapsed = 0;
	u32 cause_seq = 0, cause_ack = 0;
	u16 cause_wnd = 0;
	u8 cause_flags = 0;
};

class Script
{
public:
	using Tweak = std::function<void(rub_config &)>;

	/* Plain TCP unless tweaked: no knob on, NewReno, every acknowledgement at once. */
	explicit Script(const Tweak &tweak = nullptr);
	~Script();
	Script(const Script &) = delete;
	Script &operator=(const Script &) = delete;

	/* The peer. */
	void send(const Seg &seg, where loc = where::current());
	void deliver(const Seg &seg, where loc = where::current()); /* not drained: a batch */
	void drain();
	void expect(const Seg &want, where loc = where::current());
	void maybe(const Seg &want, where loc = where::current());
	void silence(where loc = where::current());
	std::vector<Sent> take(); /* what is left to be expected */

	/* The process. */
	void open(where loc = where::current());
	void write(u32 bytes, where loc = where::current());
	void read(u32 bytes, where loc = where::current());
	void shutdown(where loc = where::current());
	void close(where loc = where::current()); /* with the unread bytes there are */
	void abort(int error, where loc = where::current());
	void succeeds(u32 old_nxt); /* a TIME_WAIT that ended there */
	int call(enum rub_call which, u32 arg, bool drained = true, where loc = where::current());
	void refuses(enum rub_call which, u32 arg, where loc = where::current());

	/* Time, counted from mark(). */
	void mark() { zero = env.now; }
	ns now() const { return ns(env.now - zero); }
	void at(ns t, where loc = where::current());
	void late(ns t, where loc = where::current()); /* nobody looked at the clock until t */
	void expect_at(ns t, const Seg &want, where loc = where::current());
	void dies_at(ns t, int error, where loc = where::current());
	ns due(where loc = where::current());
	bool never_due();
	void tune(const Tweak &tweak, u32 tempo = RUBATO_TEMPO_ONE, where loc = where::current());

	/* The shell. */
	/* The next n proposals fail locally. */
	void drop_next(u32 n, int error = ENOBUFS)
	{
		drops = n;
		drop_error = error;
	}
	void build_at_most(u32 bytes) { build_limit = bytes; }
	u32 dropped() const { return n_dropped; }

	/* What is. */
	void state_is(rubato_state state, where loc = where::current());
	void entered(std::vector<int> steps, where loc = where::current());
	void kept(std::vector<Range> ranges, where loc = where::current());
	void dropped_for(rubato_reason reason, where loc = where::current());
	void died(int error, where loc = where::current());
	bool saw(u32 mask) const { return (happened.mask & mask) == mask; }
	u32 unread() const;

	/* A connection in the state that its name says, at time 0, all quiet. */
	void connect(u16 peer_wnd = PEER_WND, where loc = where::current());
	void listen();
	void accept(where loc = where::current());
	void to_fin_wait_1(where loc = where::current());
	void to_fin_wait_2(where loc = where::current());
	void to_closing(where loc = where::current());
	void to_close_wait(where loc = where::current());
	void to_last_ack(where loc = where::current());
	void to_time_wait(where loc = where::current());

	enum class Phase { CONNECTION, LISTEN, HALF, TIME_WAIT, GONE };

	Phase phase = Phase::CONNECTION;
	rub_config config;
	rub_policy policy;
	rub_env env;
	rub_tcb tcb;
	rub_half half;
	rub_tw tw;
	Happened happened;
	rub_verdict verdict = RUB_DROP;
	int verdict_reason = 0;
	std::vector<rub_tx> units; /* as proposed, before they were cut into segments */
	u32 buffer = BUFFER;
	bool cookies = false;		/* the listener has no room for half-open connections */
	u16 nodes_max = 4096;		/* records that the shell lends at most */
	std::vector<rub_node> nodes;
	u32 iss, irs;

private:
	void step(where loc);
	void collect(const rub_rx &rx);
	void room();
	void arrive(const Seg &seg, where loc);
	void listener_gets(const rub_seg &seg);
	bool cookie_listener_gets(const rub_seg &seg);
	void become_child(const rub_seg &seg);
	void answer(rub_verdict v, rub_tx &tx);
	void emit(const rub_tx &tx);
	void run(rub_ns t, where loc);
	rub_ns deadline();
	void expire();
	bool matches(const Sent &sent, const Seg &want, std::string &why);
	bool lend();
	void options_match(const Sent &sent, const Seg &want, std::ostringstream &o) const;
	u16 window_for(const rub_tx &tx);

	void timestamps_hold(const rub_tx &tx);

	/* What RFC 7323 section 3.2 asks of every segment once both SYNs had timestamps. */
	bool ts_offered = false, ts_agreed = false;
	std::vector<u32> ts_heard; /* TSvals of the peer */

	std::deque<Sent> out;
	rub_ns zero = 0;
	u32 read_pos;
	bool fin_seen = false;
	u32 model_edge = 0;
	u32 drops = 0, n_dropped = 0;
	int drop_error = ENOBUFS;
	u32 build_limit = ~0u;
};

std::string describe(const Sent &sent, const Script &s);

} // namespace script

#endif
