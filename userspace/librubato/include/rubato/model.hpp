// SPDX-License-Identifier: GPL-2.0-only
// What the kernel tells, as plain structs. An absent optional is an attribute that was not sent:
// not measured yet, or not for this reader to see.
#pragma once

#include <rubato/address.hpp>
#include <rubato/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rubato
{

struct Info {
	std::string version;
	std::uint32_t abi = 0;
	std::uint32_t family = 0;
	std::uint32_t protocol = 0;
};

struct Setting {
	Value value;
	std::uint32_t source = RUBATO_SOURCE_BUILTIN;
	std::optional<Value> effective; // references resolved, tempo applied
};

struct Policy {
	std::uint32_t generation = 0;
	std::uint32_t tempo = RUBATO_TEMPO_ONE;
	std::map<std::uint32_t, Setting>
		settings; // by enum rubato_clock; what is not built is absent
};

struct PolicyChange {
	std::vector<Assignment> assignments;
	std::optional<std::uint32_t> tempo;
};

struct SocketFilter {
	std::optional<std::uint32_t> states; // a mask of 1 << state
	EndpointFilter local;
	EndpointFilter peer;
};

struct SocketEntry {
	std::uint64_t cookie = 0;
	std::uint32_t state = 0;
	Endpoint local;
	Endpoint peer;
	std::uint32_t uid = 0;
	std::uint64_t inode = 0;
	std::uint32_t clock = RUBATO_CLOCK_NONE;
	std::uint32_t tries = 0;
	std::optional<std::uint64_t> remaining;
	std::uint32_t recv_queue = 0;
	std::uint32_t send_queue = 0;
	std::optional<std::uint64_t> rto;
	std::optional<std::uint64_t> srtt;
	std::optional<std::uint32_t> cwnd;
	std::optional<std::uint32_t> snd_una;
	std::optional<std::uint32_t> snd_nxt;
	std::optional<std::uint32_t> rcv_nxt;
	std::optional<std::uint64_t> event_seq;
};

struct SocketList {
	std::vector<SocketEntry> sockets;
	std::optional<std::uint64_t> event_seq; // events up to this one are in the list
	bool complete = true;			// false: the table changed while it was read
};

struct Segment {
	std::uint32_t flags = 0;
	std::uint32_t length = 0;
	std::optional<std::uint32_t> window;
	std::optional<std::uint32_t> seq;
	std::optional<std::uint32_t> ack;
};

struct Event {
	enum class Kind { state, retransmit, give_up, policy };

	Kind kind = Kind::state;
	std::uint64_t seq = 0;
	std::uint64_t time = 0; // CLOCK_MONOTONIC, ns
	std::uint64_t cookie = 0;
	Endpoint local;
	Endpoint peer;
	std::optional<std::uint32_t> old_state;
	std::optional<std::uint32_t> new_state;
	std::uint32_t cause = 0;
	std::uint32_t clock = RUBATO_CLOCK_NONE;
	std::uint32_t tries = 0;
	std::uint32_t error = 0;
	std::optional<Segment> segment;
	std::optional<std::uint64_t> elapsed;
	std::optional<std::uint64_t> next;
	std::optional<std::uint32_t> generation;
	std::optional<std::uint32_t> tempo;
};

// Events that never arrived: a hole in their numbers, or a receive buffer that overran (then
// nobody knows how many until the next one arrives).
struct Lost {
	std::optional<std::uint64_t> count;
};

struct Counter {
	std::string_view name;
	std::uint64_t value;
};

struct Drop {
	std::uint32_t reason;
	std::uint64_t count;
};

struct Stats {
	std::vector<Counter> counters;
	std::vector<Drop> drops;
};

} // namespace rubato
