// SPDX-License-Identifier: GPL-2.0-only
// The core, driven as kmod/conn drives it, in the oracle's terms: one host with one listener or one
// connection, its queues counted in bytes, and a peer that gets what rub_transmit() proposes. It
// knows the core by core.h alone.
#ifndef RUBATO_TESTS_ORACLE_CORE_HOST_H
#define RUBATO_TESTS_ORACLE_CORE_HOST_H

#include "core/core.h"

#include "rows.h"

namespace oracle
{

// What the core made of an event.
struct Seen {
	State next = State::closed;
	std::vector<Sent> sent;
	bool refused = false; // a call was not served
	int error = 0;	      // the process is told this errno
	bool dead = false;
	bool soft_error = false;
	std::uint32_t delivered = 0, held = 0, read = 0, freed = 0;
	bool eof = false;
	bool restarted_2msl = false;
	bool new_incarnation = false;
	std::optional<Clock> clock; // the one that runs, the delayed ACK and the loss probe aside
	bool due = false;	    // some deadline is armed
	bool absent = false;	    // the core has no function for this event
	std::string broken;	    // a promise of core.h that was not kept
};

std::string describe(const Seen &seen);

class CoreHost
{
public:
	CoreHost(const Row &row, const Situation &situation, const Numbers &numbers);
	CoreHost(const CoreHost &) = delete;
	CoreHost &operator=(const CoreHost &) = delete;

	Seen call(Call call, std::uint32_t argument);
	Seen arrives(rub_seg seg);
	// Lets the time come at which `clock` fires in a row that is about it: all others are far
	// away.
	Seen fires(Clock clock);

	State state() const;
	std::uint32_t snd_una() const { return tcb_.snd_una; }
	std::uint32_t rcv_nxt() const { return tcb_.rcv_nxt; }

private:
	// What stands for this tuple in the host's tables.
	enum class Entry { connection, listener, half, time_wait };

	void begin();
	Seen end();
	void closed_call(Call call, std::uint32_t argument);
	void serve(enum rub_call call, std::uint32_t argument);
	void receive(std::uint32_t bytes);
	void connection_segment(const rub_seg &seg);
	void half_segment(const rub_seg &seg);
	void time_wait_segment(const rub_seg &seg);
	void took(const rub_rx &rx);
	void keep(const rub_range &range);
	void deliver();
	void drain();
	void lend();
	void left(const rub_tx &tx);
	void answer(const rub_tx &tx);
	void expire_connection();
	rub_ns due() const;
	std::optional<Clock> clock() const;

	Entry entry_ = Entry::connection;
	std::uint32_t iss_;
	rub_policy policy_;
	rub_env env_ = {};
	rub_tcb tcb_;
	rub_half half_ = {};
	rub_tw tw_ = {};
	std::vector<rub_node> nodes_;
	std::vector<rub_range> kept_; // bytes beyond what was delivered
	std::uint32_t delivered_to_ = 0;
	std::uint32_t unread_ = 0;
	bool peer_fin_ = false;
	std::uint32_t tsval_ = 0; // the last one that left
	Seen seen_;
};

} // namespace oracle

#endif
