/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two hosts with a core each, and the wire between them: everything that a state of the search is.
 * A World is copied as a whole; nothing in it is shared.
 *
 * Time is not a dimension of the search. Any clock that runs may be the next to fire: the time
 * jumps to its deadline if that lies ahead, and the other clocks, fired later, are late. So every
 * order of clocks is tried, whatever the gaps are.
 */
#ifndef RUBATO_TESTS_EXHAUSTIVE_WORLD_H
#define RUBATO_TESTS_EXHAUSTIVE_WORLD_H

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/core.h"

namespace exhaustive
{

constexpr unsigned WIRE = 3;  /* segments in flight at most */
constexpr unsigned NODES = 6; /* records lent to a side */
constexpr u32 MSS = 100;
constexpr u32 BUFFER = MSS; /* of a receiver: one segment closes the window */

/* What a run of the search allows. */
struct Bounds {
	u8 losses = 1, duplicates = 1;
	/* What each process may do, how often. Writes are of one byte and of an MSS and a byte. */
	u8 opens = 1, listens = 1, writes = 2, shutdowns = 1, closes = 1, aborts = 1;
	u8 firings = 2;		  /* of a side's clocks, between two segments that arrive there */
	bool established = false; /* begin there, and not at the beginning */
	bool sack = false;
	u32 iss[2] = {1000, 5000};
	rub_ns start = 1'000'000'000'000ULL;
};

enum class Phase : u8 { CLOSED, LISTEN, HALF, CONNECTION, TIME_WAIT };

enum class Kind : u8 {
	DELIVER, /* which: index on the wire */
	LOSE,
	DUPLICATE, /* delivered, and still on the wire */
	FIRE,	   /* the side's clock */
	OPEN,
	LISTEN,
	WRITE,
	READ,
	SHUTDOWN,
	CLOSE,
	ABORT,
};

struct Event {
	Kind kind;
	u8 which; /* side, or index on the wire */
};

/* What a process may still do on its side, and what it knows. */
struct Process {
	u8 opens, listens, writes, shutdowns, closes, aborts; /* left */
	u8 children;					      /* of the listener */
	bool listening, holds, half_closed;
	bool saw_fin, reset, waited;
	u32 written, read;
	int error;
};

struct Side {
	Phase phase;
	u8 fired;
	Process process;
	rub_tcb tcb;
	rub_half half;
	rub_tw tw;
	rub_node node[NODES];
};

struct OnWire {
	u8 to;
	rub_seg seg;
};

/* An RST that answers what has no ACK has 0 (RFC 9293 section 3.10.7.1), a number of nobody. */
inline bool numberless(const rub_seg &seg)
{
	return (seg.flags & (RUB_RST | RUB_ACK)) == (RUB_RST | RUB_ACK) && !seg.seq;
}

/* A law that a state breaks. */
using Broken = std::optional<std::string>;

class World
{
public:
	World(const Bounds &bounds, const rub_policy &policy);
	World(const World &other) { copy(other); }
	World &operator=(const World &other)
	{
		if (this != &other)
			copy(other);
		return *this;
	}

	std::vector<Event> events() const;
	/* Return: what was broken by it, if anything. */
	Broken apply(const Event &event);
	std::string describe(const Event &event) const;
	/* enum rubato_state of a side. */
	int state(unsigned side) const;
	/* It is about a segment whose number is nobody's: what becomes of it depends on the ISNs.
	 */
	bool numberless(const Event &event) const
	{
		return event.kind <= Kind::DUPLICATE &&
		       exhaustive::numberless(wire[event.which].seg);
	}
	/* Equal for worlds that differ only in where time and sequence numbers begin. */
	void normalise(std::vector<u8> &bytes) const;
	/* No segment, no clock, and nobody may do anything. */
	bool ended() const;
	Broken check() const;

private:
	void copy(const World &other);
	void establish();
	void repoint();
	rub_env env(unsigned side) const;
	void deliver(unsigned to, const rub_seg &seg);
	void ended_cleanly(const Side &peer);
	void fire(unsigned side);
	void call(unsigned side, enum rub_call which, u32 arg);
	void take(unsigned side, const rub_rx &rx);
	void drain(unsigned side);
	void settle(unsigned side);
	bool put(unsigned from, const rub_tx &tx);
	void answer(unsigned side, rub_verdict verdict, const rub_tx &tx);
	rub_ns due(unsigned side) const;
	void end(unsigned side);
	u32 unread(unsigned side) const;
	Broken check(unsigned side) const;
	Broken check_peer(unsigned side) const;

	const Bounds *bounds;
	const rub_policy *policy;
	rub_ns now;
	u8 losses, duplicates, n_wire = 0;
	std::array<OnWire, WIRE> wire;
	std::array<Side, 2> sides;
	Broken broken;
};

} // namespace exhaustive

#endif
