// SPDX-License-Identifier: GPL-2.0-only
// The oracle: a naive, slow transcription of RFC 9293 section 3.10, with RFC 5961 and RFC 7323
// where RFC 9293 refers to them, and section 1 of conformance.md for TIME-WAIT. Written from those
// texts alone: it shares only the segment type with the core, so that the two cannot share a
// mistake.
//
//	arrives.cpp	3.10.7 SEGMENT ARRIVES, all states but TIME-WAIT
//	time_wait.cpp	segments in TIME-WAIT (conformance.md section 1, in place of 3.10.7.4)
//	calls.cpp	3.10.1 to 3.10.5, and the two calls that RFC 9293 section 3.9.2.2 implies
//	timeouts.cpp	3.10.8, and the clocks of RFC 9293 section 3.8 and RFC 8985
//	output.cpp	the segments that leave (3.8.6.2.1, 3.8.6.2.2)
//	rows.h		the situations and events that are compared
//
// There is no time in here: a clock runs or does not, and fires when it is told to. Nor is there
// congestion control: what is sent fits any initial window. Bytes are counted, never stored.
#ifndef RUBATO_TESTS_ORACLE_ORACLE_H
#define RUBATO_TESTS_ORACLE_ORACLE_H

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/segment.h"

namespace oracle
{

enum class State {
	closed,
	listen,
	syn_sent,
	syn_received,
	established,
	fin_wait_1,
	fin_wait_2,
	close_wait,
	closing,
	last_ack,
	time_wait,
};

// `shutdown` is the RFC's CLOSE: "I have no more to send". `close` is that, and the process also
// gives the connection up (RFC 9293 section 3.6.1, the half-duplex close). `mtu` and `soft_error`
// are what IP reports (3.9.2.2).
enum class Call { open, send, receive, shutdown, close, abort, mtu, soft_error };

enum class Clock {
	retransmission,
	persist,
	keepalive,
	fin_wait_2,
	delayed_ack,
	user_timeout,
	loss_probe,
	two_msl,
};

// What a call returns.
enum class Reply {
	none,
	ok,
	no_connection,	// "error: connection does not exist"
	already_exists, // "error: connection already exists"
	closing,	// "error: connection closing"
};

// What the user is told of a connection's end.
enum class Error {
	none,
	refused,   // "connection refused"
	reset,	   // "connection reset"
	timed_out, // "connection aborted due to user timeout"
};

const char *name(State state);
const char *name(Call call);
const char *name(Clock clock);
const char *name(Reply reply);
const char *name(Error error);

// A segment that leaves.
struct Sent {
	std::uint8_t flags = 0; // FIN, SYN, RST, ACK; PSH is left open
	std::uint32_t seq = 0;
	std::uint32_t ack = 0; // with ACK
	std::uint32_t len = 0;
	std::optional<std::uint16_t> wnd; // where an RFC defines it
	bool ts = false;
	std::uint32_t tsecr = 0;
	std::uint16_t mss = 0; // the MSS option, 0 for none
	bool may = false;      // allowed to leave now, later, or not at all

	bool operator==(const Sent &) const = default;
};

// What an event brought.
struct Outcome {
	State next = State::closed;
	std::vector<Sent> sent;
	Reply reply = Reply::none;    // of a call
	Error error = Error::none;    // signalled to the user
	bool dead = false;	      // the TCB was deleted by this event
	bool soft_error = false;      // reported, without any other effect
	std::uint32_t delivered = 0;  // text that was taken in order, for the user to read
	std::uint32_t held = 0;	      // text that is kept until the gap before it is filled
	std::uint32_t read = 0;	      // text that RECEIVE gave to the user
	bool eof = false;	      // "connection closing": the peer's FIN was reached
	bool urgent = false;	      // the user is told of urgent data
	std::uint32_t freed = 0;      // text of ours that the peer acknowledged
	bool restarted_2msl = false;  // the TIME-WAIT clock started anew
	bool new_incarnation = false; // TIME-WAIT lets a SYN through to the listener
	std::set<Clock> running;      // afterwards

	bool operator==(const Outcome &) const = default;
};

// A segment on the retransmission queue.
struct Piece {
	std::uint32_t seq, len;
	bool syn, fin;
};

// Text, and perhaps a FIN, that arrived before what precedes it.
struct Held {
	std::uint32_t from, to;
	bool fin;
};

// Section 3.3.1, with the RFC's names. SND.UP is left out: no row sends urgent data.
struct Tcb {
	State state = State::closed;
	bool passive = false; // "MUST keep track of whether a connection has reached SYN-RECEIVED
			      // state as the result of a passive OPEN" (MUST-11)
	bool process = true; // a process still holds the connection

	std::uint32_t iss = 0, irs = 0;
	struct {
		std::uint32_t una = 0, nxt = 0, wnd = 0, wl1 = 0, wl2 = 0;
		std::uint32_t max_wnd = 0; // MAX.SND.WND (RFC 5961 section 5.2)
		std::uint32_t mss = 0;	   // Eff.snd.MSS
	} snd;
	struct {
		std::uint32_t nxt = 0, wnd = 0, up = 0;
		std::uint32_t user = 0; // RCV.USER: received, acknowledged, not yet read
	} rcv;

	bool ts_ok = false; // Snd.TS.OK (RFC 7323)
	std::uint32_t ts_recent = 0, last_ack_sent = 0;

	std::uint32_t unsent = 0; // queued text that has not left
	bool fin_queued = false, fin_sent = false, fin_received = false;
	std::uint32_t fin_seq = 0;
	std::vector<Piece> retransmission_queue;
	std::vector<Held> held;

	bool ack_owed = false;	      // text was taken and its acknowledgment may wait
	std::uint32_t unacked_in = 0; // such text, in bytes
	bool loss_probe_sent = false; // RFC 8985 section 7.3
};

struct Config {
	std::uint32_t iss = 0;
	std::uint32_t rcv_buff = 8000; // RCV.BUFF
	std::uint16_t mss = 1012;      // MMS_R - 20 and MMS_S - 20 (3.7.1)
	bool timestamps = true;
	bool keepalive = false;
	bool user_timeout = false;
};

// One connection, and the listener that it may have come from.
class Tcp
{
public:
	explicit Tcp(const Config &config) : config_(config) {}

	// OPEN: `argument` is 1 if active, 0 if passive. SEND and RECEIVE: bytes. mtu: MMS_S - 20.
	Outcome call(Call call, std::uint32_t argument);
	Outcome arrives(const rub_seg &seg);
	// A clock that does not run does nothing.
	Outcome fires(Clock clock);
	// The acknowledgment that was owed and could wait has left.
	void acknowledged();

	const Tcb &tcb() const { return tcb_; }
	const Config &config() const { return config_; }
	std::set<Clock> running() const;

private:
	// 3.10.7, state by state and step by step. A step says whether the next one is reached.
	void closed_state(const rub_seg &seg);
	void listen_state(const rub_seg &seg);
	void syn_sent_state(const rub_seg &seg);
	void other_states(const rub_seg &seg);
	void time_wait_state(const rub_seg &seg);
	bool syn_sent_check_ack(const rub_seg &seg, bool &acceptable);
	void syn_sent_check_syn(const rub_seg &seg);
	bool first_check_sequence(const rub_seg &seg);
	bool timestamp_passes(const rub_seg &seg);
	bool acceptable(const rub_seg &seg) const;
	bool second_check_rst(const rub_seg &seg);
	bool fourth_check_syn(const rub_seg &seg);
	bool fifth_check_ack(const rub_seg &seg);
	bool ack_in_syn_received(const rub_seg &seg);
	bool ack_in_synchronized(const rub_seg &seg);
	void ack_as_established(const rub_seg &seg);
	void sixth_check_urg(const rub_seg &seg);
	bool seventh_process_text(const rub_seg &seg);
	void eighth_check_fin(const rub_seg &seg);
	void take_text(std::uint32_t bytes);
	void hold(std::uint32_t from, std::uint32_t to, bool fin);
	void absorb_held();
	void take_fin();

	void open(bool active);
	void send(std::uint32_t bytes);
	void receive(std::uint32_t bytes);
	void shutdown();
	void close();
	void abort();
	void mtu(std::uint32_t path_mss);
	void soft_error();

	void retransmit(const Piece &piece, bool may = false);
	void probe_window();
	void probe_loss();

	bool in(std::initializer_list<State> states) const;
	bool fin_acked() const;
	bool work_pending() const;
	void begin();
	Outcome end();
	void enter_time_wait();
	void delete_tcb(Error error);
	void reset_connection(Error error);
	void reset_connection_for(const rub_seg &seg);
	static void echo(const rub_seg &seg, Sent &reset);

	void push_out();
	void emit(std::uint8_t flags, std::uint32_t seq, std::uint32_t len);
	void send_ack();
	void send_reset_for(const rub_seg &seg);
	void update_receive_window();
	void take_mss(const rub_seg &syn);
	std::uint32_t option_bytes() const;

	Config config_;
	Tcb tcb_;
	Outcome out_;
	bool ack_now_ = false; // this event's acknowledgment must not wait
	bool ack_may_ = false; // this event may be acknowledged
};

// Sequence numbers: "all arithmetic ... is modulo 2^32" (3.4).
constexpr bool lt(std::uint32_t a, std::uint32_t b)
{
	return static_cast<std::int32_t>(a - b) < 0;
}
constexpr bool le(std::uint32_t a, std::uint32_t b)
{
	return !lt(b, a);
}

// SEG.LEN: "the number of octets occupied by the data in the segment (counting SYN and FIN)".
constexpr std::uint32_t seg_len(const rub_seg &seg)
{
	return seg.len + ((seg.flags & RUB_SYN) ? 1 : 0) + ((seg.flags & RUB_FIN) ? 1 : 0);
}

// One line each, for messages.
std::string describe(const Sent &sent);
std::string describe(const Outcome &outcome);

} // namespace oracle

#endif
