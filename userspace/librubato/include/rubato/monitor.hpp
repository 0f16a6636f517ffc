// SPDX-License-Identifier: GPL-2.0-only
// The namespace's events as they happen, and an honest word when some were lost.
#pragma once

#include <rubato/socket.hpp>

#include <variant>
#include <vector>

namespace rubato
{

// Watches the events' numbers. Two processors may hand in two events in the wrong order, so a
// number that is missing counts as lost only when it has been overtaken by `patience` others.
class SequenceWatch
{
public:
	static constexpr std::uint64_t patience = 32;

	// How many events are certainly lost now that this one has arrived.
	std::uint64_t feed(std::uint64_t seq);
	// No more will come: what is still missing is lost.
	std::uint64_t finish();

private:
	std::uint64_t expire(std::uint64_t below);

	struct Hole {
		std::uint64_t first, end;
	};
	std::vector<Hole> holes_;
	std::uint64_t next_ = 0;
	bool started_ = false;
};

class Monitor
{
public:
	using Item = std::variant<Event, Lost>;

	// Joins events-full if it may, else events.
	static Result<Monitor> open();

	bool full() const { return full_; }
	int fd() const { return socket_.fd(); }

	// What has arrived; empty when there is nothing at the moment.
	Result<std::vector<Item>> read();
	// Holes that nothing has filled, at the end.
	std::vector<Item> finish();

private:
	Monitor(Socket socket, bool full) : socket_(std::move(socket)), full_(full) {}
	Result<void> take(Bytes datagram, std::vector<Item> &items);

	Socket socket_;
	SequenceWatch watch_;
	bool full_;
};

} // namespace rubato
