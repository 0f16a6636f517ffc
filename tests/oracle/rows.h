// SPDX-License-Identifier: GPL-2.0-only
// clang-format off: a table
// The 8,096 rows of conformance.md section 9: 11 states x (720 segment classes + 8 calls + 8
// clocks), in one order. A row is a situation, reached by a script, and one event.
//
// The script drives any TCP: the user's calls, and segments that the peer sends. Both sides
// negotiate timestamps and SACK, neither a window scale nor ECN. Our MSS and the peer's: 1012,
// so that a full segment has 1000 bytes beside its timestamps; our receive buffer: 8000 bytes; the
// peer's window: 4000, so MAX.SND.WND = 4000. "Open" is SYN, SYN+ACK, ACK, and then 4000 bytes sent
// and acknowledged, so that SND.UNA - MAX.SND.WND is a number that was in use. "Shutdown" is the
// RFC's CLOSE; "close" makes an orphan.
//
// CLOSED       nothing
// LISTEN       passive open
// SYN_SENT     active open
// SYN_RCVD     passive open, SYN: a half-open connection, which belongs to no process.
//              Calls: active open, SYN.
// ESTABLISHED  open, send 2000: two segments in flight, nothing unread.
// FIN_WAIT_1   open, 100 bytes from the peer, send 1000, shutdown: text and FIN in flight, 100
//              bytes unread.
// FIN_WAIT_2   open, close, ACK: an orphan.
//              Calls: open, twice 1000 bytes from the peer, shutdown, ACK: 2000 bytes unread.
// CLOSE_WAIT   open, 100 bytes from the peer, FIN, send 2000: two segments in flight, 100 bytes
//              unread.
// CLOSING      open, send 1000, shutdown, FIN: text and FIN in flight.
// LAST_ACK     open, FIN, send 1000, shutdown: text and FIN in flight.
// TIME_WAIT    open, shutdown, ACK, FIN.
//
// A clock's row starts from the same situation, unless the clock needs another one to run there:
//
// persist      ESTABLISHED: open, ACK with window 0, send 1000. FIN_WAIT_1: the same, shutdown.
//              CLOSING: the same, FIN. CLOSE_WAIT: open, FIN with window 0, send 1000. LAST_ACK:
//              the same, shutdown.
// keepalive    is on. ESTABLISHED: open. CLOSE_WAIT: open, FIN. FIN_WAIT_2: open, shutdown, ACK.
// delayed ACK  ESTABLISHED: open. FIN_WAIT_1: open, send 1000, shutdown. FIN_WAIT_2: open,
//              shutdown, ACK. Then 100 bytes at a time from the peer, until an ACK is delayed.
// user timeout is set.
//
// The segment classes, by the numbers of that situation. Before a SYN has arrived, RCV.NXT and
// RCV.WND are those that the peer's SYN will bring; where there is no connection, SND.UNA and
// SND.NXT are ISS.
//
// SEQ  far-left       RCV.NXT - 100,000
//      RCV.NXT-1, RCV.NXT
//      inside-window  RCV.NXT + 500
//      right-edge     RCV.NXT + RCV.WND, the first number outside; TIME_WAIT: RCV.WND as it was
//      beyond         1000 more
// ACK  below-SND.UNA  ESTABLISHED, FIN_WAIT_1, CLOSING: SND.UNA - MAX.SND.WND, the last that RFC
//                     5961 accepts; FIN_WAIT_2, CLOSE_WAIT, LAST_ACK, TIME_WAIT: one less;
//                     elsewhere ISS - 1
//      SND.UNA
//      between        ESTABLISHED, CLOSE_WAIT: SND.UNA + 500, in the middle of a segment;
//                     FIN_WAIT_1, CLOSING, LAST_ACK: SND.NXT - 1, all text but not the FIN;
//                     elsewhere nothing is between: SND.NXT
//      SND.NXT
//      above-SND.NXT  SND.NXT + 1
//                     Without the ACK bit the field holds the same number, and means nothing.
// TS   absent; good: TS.Recent + 1; old: TS.Recent - 1
//
// "ACK with data" carries 100 bytes. SEND sends 1000, RECEIVE takes up to 2000, mtu makes the MSS
// 512, 500 bytes beside timestamps.
// clang-format on
#ifndef RUBATO_TESTS_ORACLE_ROWS_H
#define RUBATO_TESTS_ORACLE_ROWS_H

#include <variant>

#include "oracle.h"

namespace oracle
{

enum class Flags { none, ack, ack_data, syn, syn_ack, fin_ack, rst, rst_ack };
enum class Seq { far_left, before, exact, inside, right_edge, beyond };
enum class Ack { below, una, between, nxt, above };
enum class Ts { absent, good, old };

struct SegmentClass {
	Flags flags;
	Seq seq;
	Ack ack;
	Ts ts;
};

using Event = std::variant<SegmentClass, Call, Clock>;

struct Row {
	State state;
	Event event;

	std::string name() const;
};

// All of them, in the order of conformance.md section 9.
std::vector<Row> all_rows();

// Where a run's numbers start, which outcomes must not depend on, and whether its connections agree
// on timestamps. Without them a full segment has 1000 bytes too: the MSS is 1000.
struct Numbers {
	std::uint32_t iss = 1'000'000;
	std::uint32_t irs = 5'000'000;
	std::uint32_t peer_ts = 70'000;
	bool timestamps = true;

	std::uint16_t mss() const { return timestamps ? 1012 : 1000; }
};

// One step of a script.
struct CallStep {
	Call call;
	std::uint32_t argument; // as Tcp::call() takes it
};
// The peer's next segment in order, which acknowledges all, or with `stale` only what it did
// before.
struct PeerStep {
	std::uint8_t flags;
	std::uint32_t len = 0;
	std::uint16_t wnd = 4000;
	bool stale = false;
};
// Segments of `len` bytes, until one's acknowledgment is delayed.
struct UntilDelayed {
	std::uint32_t len;
};
using Step = std::variant<CallStep, PeerStep, UntilDelayed>;

struct Situation {
	std::vector<Step> script;
	bool keepalive = false;
	bool user_timeout = false;
};

Situation situation(const Row &row);

// The oracle at a script's beginning.
Config config_of(const Situation &situation, const Numbers &numbers);

// The argument of a row's call.
std::uint32_t argument_of(Call call, const Numbers &numbers);

// A step's or a row's segment, in numbers. The oracle has come as far as the script has.
rub_seg segment_of(const PeerStep &step, const Tcp &tcp, const Numbers &numbers);
rub_seg segment_of(const SegmentClass &segment, const Tcp &tcp, const Numbers &numbers);

// The oracle alone, led through a script, and through a row.
Tcp reached(const Situation &situation, const Numbers &numbers);
Outcome outcome_of(const Row &row, Tcp &tcp, const Numbers &numbers);

} // namespace oracle

#endif
