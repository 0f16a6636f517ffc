// SPDX-License-Identifier: GPL-2.0-only
// The namespace's events as they happen, and an honest word when some were lost.
#pragma once

#include <rubato/socket.hpp>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace rubato
{

// Watches the events' numbers. The kernel numbers and delivers under one lock, so a hole is loss
// and never a matter of order; where one begins to listen is arbitrary.
class SequenceWatch
{
public:
	// How many were lost between the event before and this one.
	std::uint64_t feed(std::uint64_t seq)
	{
		std::uint64_t expected = last_ ? *last_ + 1 : seq;
		last_ = seq;
		return seq > expected ? seq - expected : 0;
	}

private:
	std::optional<std::uint64_t> last_;
};

class Monitor
{
public:
	using Item = std::variant<Event, Lost>;

	// Joins events-full if it may, else events.
	static Result<Monitor> open();

	bool full() const { return full_; }
	int fd() const { return socket_.fd(); }

	// Adds what has arrived, which may be nothing. Items before an error are added, too.
	Result<void> read(std::vector<Item> &items);

private:
	Monitor(Socket socket, bool full) : socket_(std::move(socket)), full_(full) {}
	Result<void> take(Bytes datagram, std::vector<Item> &items);

	Socket socket_;
	SequenceWatch watch_;
	bool full_;
};

} // namespace rubato
