// SPDX-License-Identifier: GPL-2.0-only
// RFC 9293 section 3.10.8, timeouts, and the clocks that other sections bring: persist (3.8.6.1),
// keepalive (3.8.4), the delayed ACK (3.8.6.3), the loss probe (RFC 8985 section 7), and DESIGN.md
// section 3's limit to what an orphan waits for in FIN-WAIT-2. When they fire is not asked here.
#include "oracle.h"

namespace oracle
{

std::set<Clock> Tcp::running() const
{
	std::set<Clock> set;
	const bool in_flight = !tcb_.retransmission_queue.empty();
	const bool synchronized = !in({State::closed, State::listen, State::syn_sent,
				       State::syn_received, State::time_wait});
	// The window is closed, and something waits for it.
	const bool blocked = synchronized && tcb_.snd.wnd == 0 && work_pending();

	// "if it's not running, start it ... so that it will expire after RTO seconds" (RFC
	// 6298 5.1)
	if (in_flight && !blocked)
		set.insert(Clock::retransmission);
	if (blocked)
		set.insert(Clock::persist);
	// "Keep-alive packets MUST only be sent when no sent data is outstanding" (MUST-26). An
	// orphan in FIN-WAIT-2 has a clock of its own; an orphan elsewhere has data outstanding.
	if (config_.keepalive && !in_flight && !work_pending() && tcb_.process &&
	    in({State::established, State::close_wait, State::fin_wait_2}))
		set.insert(Clock::keepalive);
	if (tcb_.state == State::fin_wait_2 && !tcb_.process)
		set.insert(Clock::fin_wait_2);
	if (tcb_.ack_owed)
		set.insert(Clock::delayed_ack);
	// "If data is not successfully delivered to the destination within the timeout period"
	// (3.9.1.1); RFC 5482 section 3: "how long transmitted data may remain unacknowledged".
	if (config_.user_timeout && synchronized && (in_flight || work_pending()))
		set.insert(Clock::user_timeout);
	// RFC 8985 section 7.2, after text or FIN was sent; 7.3: "there is no other previous loss
	// probe still in flight"
	if (synchronized && in_flight && !blocked && !tcb_.loss_probe_sent)
		set.insert(Clock::loss_probe);
	if (tcb_.state == State::time_wait)
		set.insert(Clock::two_msl);
	return set;
}

Outcome Tcp::fires(Clock clock)
{
	begin();
	if (!running().contains(clock))
		return end();
	switch (clock) {
	case Clock::retransmission:
		// "send the segment at the front of the retransmission queue again, reinitialize
		// the retransmission timer, and return."
		retransmit(tcb_.retransmission_queue.front());
		break;
	case Clock::persist:
		probe_window();
		break;
	case Clock::keepalive:
		// "Such a segment generally contains SEG.SEQ = SND.NXT-1"; "An implementation
		// SHOULD send a keep-alive segment with no data (SHLD-12)"
		emit(RUB_ACK, tcb_.snd.nxt - 1, 0);
		break;
	case Clock::fin_wait_2:
	case Clock::two_msl:
		// "If the time-wait timeout expires on a connection, delete the TCB, enter the
		// CLOSED state, and return." DESIGN.md section 3: an orphan waits in FIN-WAIT-2 no
		// longer than `fin-wait-2`; nothing is left to be told to anybody.
		delete_tcb(Error::none);
		break;
	case Clock::delayed_ack:
		send_ack();
		break;
	case Clock::user_timeout:
		// "flush all queues, signal the user "error: connection aborted due to user
		// timeout" in general and for any outstanding calls, delete the TCB, enter the
		// CLOSED state"
		delete_tcb(Error::timed_out);
		break;
	case Clock::loss_probe:
		probe_loss();
		break;
	}
	return end();
}

void Tcp::retransmit(const Piece &piece, bool may)
{
	std::uint8_t flags = piece.syn ? RUB_SYN : piece.fin ? RUB_FIN | RUB_ACK : RUB_ACK;

	if (piece.syn && tcb_.state != State::syn_sent)
		flags |= RUB_ACK;
	emit(flags, piece.seq, piece.len);
	out_.sent.back().may = may;
}

// "The sending TCP peer must regularly transmit at least one octet of new data (if available), or
// retransmit to the receiving TCP peer even if the send window is zero, in order to "probe" the
// window."
void Tcp::probe_window()
{
	if (!tcb_.retransmission_queue.empty()) {
		retransmit(tcb_.retransmission_queue.front());
		return;
	}
	Piece probe = {tcb_.snd.nxt, 0, false, false};
	if (tcb_.unsent) {
		probe.len = 1;
		tcb_.unsent--;
	} else {
		probe.fin = tcb_.fin_sent = true;
		tcb_.fin_seq = tcb_.snd.nxt;
	}
	tcb_.snd.nxt++;
	tcb_.retransmission_queue.push_back(probe);
	retransmit(probe);
}

// RFC 8985 section 7.3: "the sender SHOULD transmit a previously unsent data segment, if one exists
// and the receive window allows ... If such an unsent segment is not available, then the sender
// SHOULD retransmit the highest-sequence segment sent so far"
void Tcp::probe_loss()
{
	const std::uint32_t before = tcb_.snd.nxt;

	push_out();
	if (tcb_.snd.nxt == before)
		retransmit(tcb_.retransmission_queue.back());
	tcb_.loss_probe_sent = true;
}

} // namespace oracle
