// SPDX-License-Identifier: GPL-2.0-only
// RFC 9293 sections 3.10.1 to 3.10.5, the user's calls, and what IP reports (3.9.2.2). 3.10.6,
// STATUS, returns the state, which every outcome holds. "Queue for processing" is answered with ok.
#include <algorithm>

#include "oracle.h"

namespace oracle
{

Outcome Tcp::call(Call call, std::uint32_t argument)
{
	begin();
	switch (call) {
	case Call::open:
		open(argument);
		break;
	case Call::send:
		send(argument);
		break;
	case Call::receive:
		receive(argument);
		break;
	case Call::shutdown:
		shutdown();
		break;
	case Call::close:
		close();
		break;
	case Call::abort:
		abort();
		break;
	case Call::mtu:
		mtu(argument);
		break;
	case Call::soft_error:
		soft_error();
		break;
	}
	return end();
}

// 3.10.1 OPEN Call
void Tcp::open(bool active)
{
	// "Return "error: connection already exists"."
	if (!in({State::closed, State::listen})) {
		out_.reply = Reply::already_exists;
		return;
	}
	out_.reply = Reply::ok;
	// "CLOSED: If passive, enter the LISTEN state and return."
	if (!active) {
		if (tcb_.state == State::listen)
			out_.reply = Reply::already_exists;
		tcb_.state = State::listen;
		return;
	}
	// "A SYN segment of the form <SEQ=ISS><CTL=SYN> is sent. Set SND.UNA to ISS, SND.NXT to
	// ISS+1, enter SYN-SENT state, and return." "LISTEN: If the OPEN call is active ..., then
	// change the connection from passive to active, select an ISS. Send a SYN segment ... Enter
	// SYN-SENT state."
	tcb_ = {};
	tcb_.state = State::syn_sent;
	tcb_.iss = config_.iss;
	tcb_.snd.una = tcb_.iss;
	tcb_.snd.nxt = tcb_.iss + 1;
	tcb_.rcv.wnd = config_.rcv_buff;
	tcb_.retransmission_queue = {{tcb_.iss, 0, true, false}};
	emit(RUB_SYN, tcb_.iss, 0);
}

// 3.10.2 SEND Call
void Tcp::send(std::uint32_t bytes)
{
	switch (tcb_.state) {
	case State::closed:
		// "return "error: connection does not exist"."
		out_.reply = Reply::no_connection;
		break;
	case State::listen:
		// "If the remote socket was not specified, then return "error: remote socket
		// unspecified"." A listener here never has one.
		out_.reply = Reply::no_connection;
		break;
	case State::syn_sent:
	case State::syn_received:
		// "Queue the data for transmission after entering ESTABLISHED state."
		tcb_.unsent += bytes;
		out_.reply = Reply::ok;
		break;
	case State::established:
	case State::close_wait:
		// "Segmentize the buffer and send it with a piggybacked acknowledgment
		// (acknowledgment value = RCV.NXT)."
		tcb_.unsent += bytes;
		out_.reply = Reply::ok;
		push_out();
		break;
	default:
		// "Return "error: connection closing" and do not service request."
		out_.reply = Reply::closing;
	}
}

// 3.10.3 RECEIVE Call
void Tcp::receive(std::uint32_t bytes)
{
	switch (tcb_.state) {
	case State::closed:
		out_.reply = Reply::no_connection;
		return;
	case State::listen:
	case State::syn_sent:
	case State::syn_received:
		// "Queue for processing after entering ESTABLISHED state."
		out_.reply = Reply::ok;
		return;
	case State::close_wait:
		// "If no text is awaiting delivery, the RECEIVE will get an "error: connection
		// closing" response. Otherwise, any remaining data can be used to satisfy the
		// RECEIVE."
		out_.reply = tcb_.rcv.user ? Reply::ok : Reply::closing;
		out_.read = std::min(bytes, tcb_.rcv.user);
		tcb_.rcv.user -= out_.read;
		return;
	case State::established:
	case State::fin_wait_1:
	case State::fin_wait_2:
		// "If insufficient incoming segments are queued to satisfy the request, queue the
		// request." "Reassemble queued incoming segments into receive buffer and return to
		// user."
		out_.reply = Reply::ok;
		out_.read = std::min(bytes, tcb_.rcv.user);
		tcb_.rcv.user -= out_.read;
		// A window that opens by the receiver's algorithm of 3.8.6.2.2 is told at once: it
		// "will really be sent to the receiver".
		{
			const std::uint32_t before = tcb_.rcv.wnd;
			update_receive_window();
			ack_now_ = tcb_.rcv.wnd != before;
		}
		return;
	default:
		// "CLOSING, LAST-ACK, TIME-WAIT: Return "error: connection closing"."
		out_.reply = Reply::closing;
	}
}

// 3.10.4 CLOSE Call
void Tcp::shutdown()
{
	switch (tcb_.state) {
	case State::closed:
		out_.reply = Reply::no_connection;
		break;
	case State::listen:
	case State::syn_sent:
		// LISTEN: "Delete TCB, enter CLOSED state, and return." SYN-SENT: "Delete the TCB
		// and return "error: closing" responses to any queued SENDs, or RECEIVEs."
		delete_tcb(Error::none);
		out_.reply = Reply::ok;
		break;
	case State::syn_received:
		// "If no SENDs have been issued and there is no pending data to send, then form a
		// FIN segment and send it, and enter FIN-WAIT-1 state; otherwise, queue for
		// processing after entering ESTABLISHED state."
		out_.reply = Reply::ok;
		tcb_.fin_queued = true;
		if (!tcb_.unsent) {
			tcb_.state = State::fin_wait_1;
			push_out();
		}
		break;
	case State::established:
		// "Queue this until all preceding SENDs have been segmentized, then form a FIN
		// segment and send it. In any case, enter FIN-WAIT-1 state."
		out_.reply = Reply::ok;
		tcb_.fin_queued = true;
		tcb_.state = State::fin_wait_1;
		push_out();
		break;
	case State::close_wait:
		// "Queue this request until all preceding SENDs have been segmentized; then send a
		// FIN segment, enter LAST-ACK state."
		out_.reply = Reply::ok;
		tcb_.fin_queued = true;
		tcb_.state = State::last_ack;
		push_out();
		break;
	default:
		// "Strictly speaking, this is an error and should receive an "error: connection
		// closing" response." "CLOSING, LAST-ACK, TIME-WAIT: Respond with "error:
		// connection closing"."
		out_.reply = Reply::closing;
	}
}

// The same, by a process that also stops reading. "If such a host issues a CLOSE call while
// received data is still pending in the TCP connection, ... its TCP implementation SHOULD send a
// RST to show that data was lost (SHLD-3)." (3.6.1)
void Tcp::close()
{
	tcb_.process = false;
	if (tcb_.rcv.user &&
	    in({State::established, State::fin_wait_1, State::fin_wait_2, State::close_wait})) {
		reset_connection(Error::none);
		out_.reply = Reply::ok;
		return;
	}
	shutdown();
}

// 3.10.5 ABORT Call. The "connection reset" notification of queued calls is not counted as an
// error: the user asked for it.
void Tcp::abort()
{
	switch (tcb_.state) {
	case State::closed:
		out_.reply = Reply::no_connection;
		return;
	case State::listen:
	case State::syn_sent:
		// "All queued SENDs and RECEIVEs should be given "connection reset" notification.
		// Delete the TCB, enter CLOSED state, and return."
		delete_tcb(Error::none);
		break;
	case State::closing:
	case State::last_ack:
	case State::time_wait:
		// "Respond with "ok" and delete the TCB, enter CLOSED state, and return."
		delete_tcb(Error::none);
		break;
	default:
		// "Send a reset segment: <SEQ=SND.NXT><CTL=RST>. ... all segments queued for
		// transmission (except for the RST formed above) or retransmission should be
		// flushed. Delete the TCB, enter CLOSED state, and return."
		reset_connection(Error::none);
	}
	out_.reply = Reply::ok;
}

// IP learnt a smaller MTU. RFC 1191 section 6.4: "It is sufficient to treat this as any other
// dropped segment, and wait until the retransmission timer expires ... Alternatively, the
// retransmission could be done in immediate response ... only one segment should be retransmitted
// until acknowledgements begin to arrive again".
void Tcp::mtu(std::uint32_t path_mss)
{
	if (in({State::closed, State::listen, State::time_wait}))
		return;
	tcb_.snd.mss = std::min(tcb_.snd.mss, path_mss - option_bytes());
	const std::uint32_t mss = tcb_.snd.mss;
	if (tcb_.retransmission_queue.empty() || tcb_.retransmission_queue.front().len <= mss)
		return;
	Piece front = tcb_.retransmission_queue.front();
	front.len = mss;
	front.fin = false;
	retransmit(front, true);
}

// "Since these Unreachable messages indicate soft error conditions, a TCP implementation MUST NOT
// abort the connection (MUST-56), and it SHOULD make the information available to the application
// (SHLD-25)."
void Tcp::soft_error()
{
	out_.soft_error = !in({State::closed, State::listen, State::time_wait});
}

} // namespace oracle
