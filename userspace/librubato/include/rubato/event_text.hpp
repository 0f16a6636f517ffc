// SPDX-License-Identifier: GPL-2.0-only
// Events as lines for a person, in columns, with time relative to the first one.
#pragma once

#include <rubato/model.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace rubato
{

struct EventStyle {
	bool colour = false;
	bool relative = false; // sequence numbers count from the connection's own start
	std::optional<std::uint64_t> since = {}; // CLOCK_MONOTONIC, ns; else the first event
};

class EventText
{
public:
	explicit EventText(EventStyle style = {}) : style_(style), first_(style.since) {}

	// One line without its newline.
	std::string line(const Event &event);
	std::string line(const Lost &lost) const;

private:
	struct Start { // initial sequence numbers, as far as they were seen
		std::optional<std::uint32_t> local, peer;
	};

	std::string time_column(std::uint64_t time);
	std::string connection_column(const Event &event);
	std::string state_column(const Event &event) const;
	std::string what(const Event &event);
	std::string segment(const Event &event);
	void learn_start(const Event &event);

	EventStyle style_;
	std::optional<std::uint64_t> first_;
	std::size_t local_width_ = 15; // "10.0.0.10:40000"; grows as needed
	std::size_t peer_width_ = 15;
	std::unordered_map<std::uint64_t, Start> starts_;
};

// "SYN+ACK seq=7000 ack=1001 len=5"
std::string segment_text(const Segment &segment);

} // namespace rubato
