// SPDX-License-Identifier: GPL-2.0-only
// RFC 9293 section 3.10.7, SEGMENT ARRIVES, with the RFC's sentences beside it. TIME-WAIT has a
// file of its own. The third check of each state (security/compartment) compares what no segment
// here carries.
#include <algorithm>

#include "oracle.h"

namespace oracle
{

Outcome Tcp::arrives(const rub_seg &seg)
{
	begin();
	switch (tcb_.state) {
	case State::closed:
		closed_state(seg);
		break;
	case State::listen:
		listen_state(seg);
		break;
	case State::syn_sent:
		syn_sent_state(seg);
		break;
	case State::time_wait:
		time_wait_state(seg);
		break;
	default:
		other_states(seg);
	}
	return end();
}

// 3.10.7.1 CLOSED STATE
void Tcp::closed_state(const rub_seg &seg)
{
	// "An incoming segment containing a RST is discarded. An incoming segment not containing a
	// RST causes a RST to be sent in response."
	if (!(seg.flags & RUB_RST))
		send_reset_for(seg);
}

// 3.10.7.2 LISTEN STATE
void Tcp::listen_state(const rub_seg &seg)
{
	// "First, check for a RST: ... An incoming RST should be ignored. Return."
	if (seg.flags & RUB_RST)
		return;
	// "Second, check for an ACK: Any acknowledgment is bad if it arrives on a connection still
	// in the LISTEN state. An acceptable reset segment should be formed ... Return."
	if (seg.flags & RUB_ACK) {
		send_reset_for(seg);
		return;
	}
	// "Third, check for a SYN" and "Fourth, other data or control: This should not be reached.
	// Drop the segment and return."
	if (!(seg.flags & RUB_SYN))
		return;

	// "Set RCV.NXT to SEG.SEQ+1, IRS is set to SEG.SEQ, and any other control or text should be
	// queued for processing later."
	tcb_ = {};
	tcb_.passive = true;
	tcb_.irs = seg.seq;
	tcb_.rcv.nxt = seg.seq + 1;
	tcb_.rcv.wnd = config_.rcv_buff;
	if (seg.len || (seg.flags & RUB_FIN))
		hold(seg.seq + 1, seg.seq + 1 + seg.len, seg.flags & RUB_FIN);
	// "Check for a TSopt option; if one is found, save SEG.TSval in the variable TS.Recent and
	// turn on the Snd.TS.OK bit." (RFC 7323 appendix D)
	tcb_.ts_ok = config_.timestamps && (seg.opts & RUB_OPT_TS);
	tcb_.ts_recent = seg.tsval;
	// "SND.NXT is set to ISS+1 and SND.UNA to ISS. The connection state should be changed to
	// SYN-RECEIVED."
	tcb_.iss = config_.iss;
	tcb_.snd.una = tcb_.iss;
	tcb_.snd.nxt = tcb_.iss + 1;
	tcb_.snd.wnd = tcb_.snd.max_wnd = seg.wnd;
	take_mss(seg);
	tcb_.state = State::syn_received;
	tcb_.retransmission_queue = {{tcb_.iss, 0, true, false}};
	// "ISS should be selected and a SYN segment sent of the form:
	//	<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>"
	emit(RUB_SYN | RUB_ACK, tcb_.iss, 0);
}

// 3.10.7.3 SYN-SENT STATE
void Tcp::syn_sent_state(const rub_seg &seg)
{
	bool ack_acceptable = false;

	if (!syn_sent_check_ack(seg, ack_acceptable))
		return;
	// "Second, check the RST bit: ... If the ACK was acceptable, then signal to the user
	// "error: connection reset", drop the segment, enter CLOSED state, delete TCB, and return.
	// Otherwise (no ACK), drop the segment and return." (The text's comparison with RCV.NXT has
	// no meaning yet; RFC 5961 section 3.2: "In the SYN-SENT state ..., the RST is acceptable
	// if the ACK field acknowledges the SYN.")
	if (seg.flags & RUB_RST) {
		if (ack_acceptable)
			delete_tcb(Error::reset);
		return;
	}
	// "Fifth, if neither of the SYN or RST bits is set, then drop the segment and return."
	if (seg.flags & RUB_SYN)
		syn_sent_check_syn(seg);
}

// "First, check the ACK bit"
bool Tcp::syn_sent_check_ack(const rub_seg &seg, bool &acceptable)
{
	if (!(seg.flags & RUB_ACK))
		return true;
	// "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset (unless the RST bit is set, if so
	// drop the segment and return) <SEQ=SEG.ACK><CTL=RST> and discard the segment. Return."
	if (le(seg.ack, tcb_.iss) || lt(tcb_.snd.nxt, seg.ack)) {
		if (!(seg.flags & RUB_RST))
			send_reset_for(seg);
		return false;
	}
	// "If SND.UNA < SEG.ACK =< SND.NXT, then the ACK is acceptable."
	acceptable = true;
	return true;
}

// "Fourth, check the SYN bit: This step should be reached only if the ACK is ok, or there is no
// ACK, and the segment did not contain a RST."
void Tcp::syn_sent_check_syn(const rub_seg &seg)
{
	// "RCV.NXT is set to SEG.SEQ+1, IRS is set to SEG.SEQ. SND.UNA should be advanced to equal
	// SEG.ACK (if there is an ACK), and any segments on the retransmission queue that are
	// thereby acknowledged should be removed."
	tcb_.irs = seg.seq;
	tcb_.rcv.nxt = seg.seq + 1;
	tcb_.rcv.wnd = config_.rcv_buff;
	if (seg.flags & RUB_ACK) {
		tcb_.snd.una = seg.ack;
		tcb_.retransmission_queue.clear();
	}
	tcb_.ts_ok = config_.timestamps && (seg.opts & RUB_OPT_TS);
	tcb_.ts_recent = seg.tsval;
	tcb_.last_ack_sent = tcb_.rcv.nxt;
	// "Set the variables: SND.WND <- SEG.WND, SND.WL1 <- SEG.SEQ, SND.WL2 <- SEG.ACK"
	tcb_.snd.wnd = tcb_.snd.max_wnd = seg.wnd;
	tcb_.snd.wl1 = seg.seq;
	tcb_.snd.wl2 = (seg.flags & RUB_ACK) ? seg.ack : tcb_.iss;
	take_mss(seg);

	// "If SND.UNA > ISS (our SYN has been ACKed), change the connection state to ESTABLISHED,
	// form an ACK segment <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> and send it. Data or controls
	// that were queued for transmission MAY be included."
	if (lt(tcb_.iss, tcb_.snd.una)) {
		tcb_.state = State::established;
		push_out();
		ack_now_ = true;
		// "If there are other controls or text in the segment, then continue processing at
		// the sixth step under Section 3.10.7.4 ...; otherwise, return."
		rub_seg rest = seg;
		rest.seq++;
		rest.flags &= ~RUB_SYN;
		sixth_check_urg(rest);
		if (seventh_process_text(rest))
			eighth_check_fin(rest);
		return;
	}
	// "Otherwise, enter SYN-RECEIVED, form a SYN,ACK segment
	// <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> and send it. ... If there are other controls or text
	// in the segment, queue them for processing after the ESTABLISHED state has been reached,
	// return."
	tcb_.state = State::syn_received;
	emit(RUB_SYN | RUB_ACK, tcb_.iss, 0);
	if (seg.len || (seg.flags & RUB_FIN))
		hold(seg.seq + 1, seg.seq + 1 + seg.len, seg.flags & RUB_FIN);
}

// 3.10.7.4 Other States
void Tcp::other_states(const rub_seg &seg)
{
	if (!first_check_sequence(seg))
		return;
	if (!second_check_rst(seg))
		return;
	if (!fourth_check_syn(seg))
		return;
	if (!fifth_check_ack(seg))
		return;
	sixth_check_urg(seg);
	if (!seventh_process_text(seg))
		return;
	eighth_check_fin(seg);
}

// "First, check sequence number"
bool Tcp::first_check_sequence(const rub_seg &seg)
{
	const bool rst = seg.flags & RUB_RST;

	// "PAWS processing MUST take precedence over the regular TCP acceptability check" (RFC 7323
	// section 5.3)
	if (tcb_.ts_ok && !rst && !timestamp_passes(seg))
		return false;

	// "If an incoming segment is not acceptable, an acknowledgment should be sent in reply
	// (unless the RST bit is set, if so drop the segment and return) ... After sending the
	// acknowledgment, drop the unacceptable segment and return."
	if (!acceptable(seg)) {
		if (!rst)
			send_ack();
		return false;
	}

	// "R3) If an arriving segment satisfies SEG.TSval >= TS.Recent and SEG.SEQ <=
	// Last.ACK.sent, then record its timestamp in TS.Recent." (RFC 7323 section 5.3; of a RST
	// "information from the Timestamps option MUST NOT be used to update connection
	// state", 5.2)
	if (tcb_.ts_ok && !rst && (seg.opts & RUB_OPT_TS) && le(tcb_.ts_recent, seg.tsval) &&
	    le(seg.seq, tcb_.last_ack_sent))
		tcb_.ts_recent = seg.tsval;
	return true;
}

// RFC 7323 sections 3.2 and 5.3, once timestamps are agreed on, for anything but a RST.
bool Tcp::timestamp_passes(const rub_seg &seg)
{
	// "If a non-<RST> segment is received without a TSopt, a TCP SHOULD silently drop the
	// segment." A SYN is no segment of the connection that agreed, and RFC 5961 section 4.2 has
	// a MUST for it "irrespective of the sequence number": a peer that restarted without
	// timestamps has to be challenged.
	if (!(seg.opts & RUB_OPT_TS))
		return seg.flags & RUB_SYN;
	// "R1) If there is a Timestamps option in the arriving segment, SEG.TSval < TS.Recent, ...
	// and if the RST bit is not set, then treat the arriving segment as not acceptable: Send an
	// acknowledgment in reply ... and drop the segment."
	if (lt(seg.tsval, tcb_.ts_recent)) {
		send_ack();
		return false;
	}
	return true;
}

// Table 6, Segment Acceptability Tests
bool Tcp::acceptable(const rub_seg &seg) const
{
	const std::uint32_t nxt = tcb_.rcv.nxt, edge = nxt + tcb_.rcv.wnd;
	const std::uint32_t len = seg_len(seg), last = seg.seq + len - 1;

	if (len == 0 && tcb_.rcv.wnd == 0)
		return seg.seq == nxt;
	if (len == 0)
		return le(nxt, seg.seq) && lt(seg.seq, edge);
	if (tcb_.rcv.wnd == 0)
		return false;
	return (le(nxt, seg.seq) && lt(seg.seq, edge)) || (le(nxt, last) && lt(last, edge));
}

// "Second, check the RST bit", as in RFC 5961 section 3
bool Tcp::second_check_rst(const rub_seg &seg)
{
	if (!(seg.flags & RUB_RST))
		return true;
		// "1) If the RST bit is set and the sequence number is outside the current receive
		// window, silently drop the segment." That is the first check's.

		// "3) If the RST bit is set and the sequence number does not exactly match the next
		// expected sequence value, yet is within the current receive window, TCP endpoints
		// MUST send an acknowledgment (challenge ACK)"
#ifdef RUBATO_PLANT_BUG
		// The planted bug: RFC 793's rule, any RST within the window. The comparison must
		// see it.
#else
	if (seg.seq != tcb_.rcv.nxt) {
		send_ack();
		return false;
	}
#endif
	// "2) If the RST bit is set and the sequence number exactly matches the next expected
	// sequence number (RCV.NXT), then TCP endpoints MUST reset the connection in the manner
	// prescribed below according to the connection state."
	switch (tcb_.state) {
	case State::syn_received:
		// "If this connection was initiated with a passive OPEN ..., then return this
		// connection to LISTEN state and return. The user need not be informed. If this
		// connection was initiated with an active OPEN ..., signal the user "connection
		// refused". ... in the active OPEN case, enter the CLOSED state and delete the TCB"
		if (tcb_.passive) {
			delete_tcb(Error::none);
			tcb_.state = State::listen;
		} else {
			delete_tcb(Error::refused);
		}
		return false;
	case State::closing:
	case State::last_ack:
		// "If the RST bit is set, then enter the CLOSED state, delete the TCB, and return."
		delete_tcb(Error::none);
		return false;
	default:
		// "any outstanding RECEIVEs and SEND should receive "reset" responses. All segment
		// queues should be flushed. Users should also receive an unsolicited general
		// "connection reset" signal. Enter the CLOSED state, delete the TCB, and return."
		delete_tcb(Error::reset);
		return false;
	}
}

// "Fourth, check the SYN bit"
bool Tcp::fourth_check_syn(const rub_seg &seg)
{
	if (!(seg.flags & RUB_SYN))
		return true;
	// "SYN-RECEIVED STATE: If the connection was initiated with a passive OPEN, then return
	// this connection to the LISTEN state and return. Otherwise, handle per the directions for
	// synchronized states below."
	if (tcb_.state == State::syn_received && tcb_.passive) {
		delete_tcb(Error::none);
		tcb_.state = State::listen;
		return false;
	}
	// "in these synchronized states, if the SYN bit is set, irrespective of the sequence
	// number, TCP endpoints MUST send a "challenge ACK" to the remote peer ... After sending
	// the acknowledgment, TCP implementations MUST drop the unacceptable segment"
	send_ack();
	return false;
}

// "Fifth, check the ACK field"
bool Tcp::fifth_check_ack(const rub_seg &seg)
{
	// "if the ACK bit is off, drop the segment and return"
	if (!(seg.flags & RUB_ACK))
		return false;
	if (tcb_.state == State::syn_received && !ack_in_syn_received(seg))
		return false;
	return ack_in_synchronized(seg);
}

// "SYN-RECEIVED STATE". RFC 5961's range comes before it in the text, but would leave nothing to
// the reset that is asked for here and in 3.5.2, group 2: "If the connection is in any
// non-synchronized state (LISTEN, SYN-SENT, SYN-RECEIVED), and the incoming segment acknowledges
// something not yet sent (the segment carries an unacceptable ACK), ... a reset is sent." So that
// range is for the others.
bool Tcp::ack_in_syn_received(const rub_seg &seg)
{
	// "If SND.UNA < SEG.ACK =< SND.NXT, then enter ESTABLISHED state and continue processing
	// with the variables below set to: SND.WND <- SEG.WND, SND.WL1 <- SEG.SEQ, SND.WL2 <-
	// SEG.ACK"
	if (lt(tcb_.snd.una, seg.ack) && le(seg.ack, tcb_.snd.nxt)) {
		tcb_.state = tcb_.fin_queued ? State::fin_wait_1 : State::established;
		tcb_.snd.wnd = tcb_.snd.max_wnd = seg.wnd;
		tcb_.snd.wl1 = seg.seq;
		tcb_.snd.wl2 = seg.ack;
		return true;
	}
	// "If the segment acknowledgment is not acceptable, form a reset segment
	// <SEQ=SEG.ACK><CTL=RST> and send it." (3.5.2: "The connection remains in the same state.")
	send_reset_for(seg);
	return false;
}

// The synchronized states
bool Tcp::ack_in_synchronized(const rub_seg &seg)
{
	// "TCP stacks that implement RFC 5961 MUST add an input check that the ACK value is
	// acceptable only if it is in the range of ((SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT).
	// All incoming segments whose ACK value doesn't satisfy the above condition MUST be
	// discarded and an ACK sent back."
	if (lt(seg.ack, tcb_.snd.una - tcb_.snd.max_wnd) || lt(tcb_.snd.nxt, seg.ack)) {
		send_ack();
		return false;
	}
	// "FIN-WAIT-1, FIN-WAIT-2, CLOSING: In addition to the processing for the ESTABLISHED
	// state" "CLOSE-WAIT: Do the same processing as for the ESTABLISHED state."
	ack_as_established(seg);

	switch (tcb_.state) {
	case State::fin_wait_1:
		// "if the FIN segment is now acknowledged, then enter FIN-WAIT-2 and continue
		// processing in that state."
		if (fin_acked())
			tcb_.state = State::fin_wait_2;
		return true;
	case State::closing:
		// "if the ACK acknowledges our FIN, then enter the TIME-WAIT state; otherwise,
		// ignore the segment." Then the eighth check's line for CLOSING, and its
		// acknowledgment of a FIN, would never be reached: it may leave.
		if (!fin_acked()) {
			ack_may_ = seg.flags & RUB_FIN;
			return false;
		}
		enter_time_wait();
		return true;
	case State::last_ack:
		// "If our FIN is now acknowledged, delete the TCB, enter the CLOSED state, and
		// return."
		if (!fin_acked())
			return true;
		delete_tcb(Error::none);
		return false;
	default:
		return true;
	}
}

// "ESTABLISHED STATE"
void Tcp::ack_as_established(const rub_seg &seg)
{
	auto &snd = tcb_.snd;

	// "If SND.UNA < SEG.ACK =< SND.NXT, then set SND.UNA <- SEG.ACK. Any segments on the
	// retransmission queue that are thereby entirely acknowledged are removed. Users should
	// receive positive acknowledgments for buffers that have been SENT and fully acknowledged
	// ... If the ACK is a duplicate (SEG.ACK =< SND.UNA), it can be ignored."
	if (lt(snd.una, seg.ack)) {
		out_.freed = seg.ack - snd.una;
		if (snd.una == tcb_.iss)
			out_.freed--;
		if (tcb_.fin_sent && seg.ack == tcb_.fin_seq + 1)
			out_.freed--;
		snd.una = seg.ack;
		std::erase_if(tcb_.retransmission_queue, [&](const Piece &piece) {
			return le(piece.seq + piece.len + piece.syn + piece.fin, seg.ack);
		});
	}
	// "If SND.UNA =< SEG.ACK =< SND.NXT, the send window should be updated. If (SND.WL1 <
	// SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)), set SND.WND <- SEG.WND, set
	// SND.WL1 <- SEG.SEQ, and set SND.WL2 <- SEG.ACK."
	if (le(snd.una, seg.ack) &&
	    (lt(snd.wl1, seg.seq) || (snd.wl1 == seg.seq && le(snd.wl2, seg.ack)))) {
		snd.wnd = seg.wnd;
		snd.wl1 = seg.seq;
		snd.wl2 = seg.ack;
		snd.max_wnd = std::max(snd.max_wnd, snd.wnd);
	}
	push_out();
}

// "Sixth, check the URG bit"
void Tcp::sixth_check_urg(const rub_seg &seg)
{
	if (!(seg.flags & RUB_URG))
		return;
	// "CLOSE-WAIT ... TIME-WAIT: This should not occur since a FIN has been received from the
	// remote side. Ignore the URG."
	if (!in({State::established, State::fin_wait_1, State::fin_wait_2}))
		return;
	// "RCV.UP <- max(RCV.UP,SEG.UP), and signal the user that the remote side has urgent data
	// if the urgent pointer (RCV.UP) is in advance of the data consumed. If the user has
	// already been signaled ... for this continuous sequence of urgent data, do not signal the
	// user again."
	const std::uint32_t up = seg.seq + seg.urg, consumed = tcb_.rcv.nxt - tcb_.rcv.user;
	const bool urgent_mode = tcb_.rcv.up && lt(consumed, tcb_.rcv.up);

	if (tcb_.rcv.up && le(up, tcb_.rcv.up))
		return;
	tcb_.rcv.up = up;
	out_.urgent = lt(consumed, up) && !urgent_mode;
}

// "Seventh, process the segment text"
bool Tcp::seventh_process_text(const rub_seg &seg)
{
	// "CLOSE-WAIT ... TIME-WAIT: This should not occur since a FIN has been received from the
	// remote side. Ignore the segment text."
	if (!in({State::established, State::fin_wait_1, State::fin_wait_2}))
		return true;

	// What was queued with the SYN is processed "after the ESTABLISHED state has been reached".
	absorb_held();

	// "If a segment's contents straddle the boundary between old and new, only the new parts
	// are processed" and "trimming off any portions that lie outside the window" (first check)
	const std::uint32_t edge = tcb_.rcv.nxt + tcb_.rcv.wnd;
	std::uint32_t from = seg.seq, to = seg.seq + seg.len;
	if (lt(from, tcb_.rcv.nxt))
		from = tcb_.rcv.nxt;
	if (lt(edge, to))
		to = edge;
	if (le(to, from))
		return true;

	// "If ... new data is received after CLOSE is called, its TCP implementation SHOULD send a
	// RST to show that data was lost (SHLD-3)." (3.6.1)
	if (!tcb_.process) {
		reset_connection_for(seg);
		return false;
	}
	if (from == tcb_.rcv.nxt) {
		take_text(to - from);
		absorb_held();
		return true;
	}
	// "Segments with higher beginning sequence numbers SHOULD be held for later processing
	// (SHLD-31)." "A TCP receiver SHOULD send an immediate duplicate ACK when an out-of-order
	// segment arrives." (RFC 5681 section 3.2)
	hold(from, to, false);
	out_.held = to - from;
	ack_now_ = true;
	return true;
}

// "Eighth, check the FIN bit"
void Tcp::eighth_check_fin(const rub_seg &seg)
{
	if (!(seg.flags & RUB_FIN))
		return;
	const std::uint32_t at = seg.seq + seg.len;

	// "trimming off any portions that lie outside the window (including SYN and FIN)"
	if (lt(at, tcb_.rcv.nxt) || !lt(at, tcb_.rcv.nxt + tcb_.rcv.wnd))
		return;
	// The stream ended at the FIN that was received: there is none to advance over. "Remain in
	// the CLOSE-WAIT [CLOSING, LAST-ACK] state", and "send an acknowledgment for the FIN".
	// "A TCP implementation MAY send an ACK segment acknowledging RCV.NXT when a valid segment
	// arrives that is in the window but not at the left window edge (MAY-13)."
	if (tcb_.fin_received) {
		ack_now_ = at == tcb_.rcv.nxt;
		ack_may_ = true;
		return;
	}
	// "Segments with higher beginning sequence numbers SHOULD be held for later processing"
	if (at != tcb_.rcv.nxt) {
		hold(at, at, true);
		ack_now_ = true;
		return;
	}
	take_fin();
}

// "Once the TCP endpoint takes responsibility for the data, it advances RCV.NXT over the data
// accepted, and adjusts RCV.WND as appropriate to the current buffer availability. The total of
// RCV.NXT and RCV.WND should not be reduced."
void Tcp::take_text(std::uint32_t bytes)
{
	tcb_.rcv.nxt += bytes;
	tcb_.rcv.wnd -= bytes;
	tcb_.rcv.user += bytes;
	out_.delivered += bytes;
	update_receive_window();
	// "When the TCP endpoint takes responsibility for delivering the data to the user, it must
	// also acknowledge the receipt of the data." It may wait (3.8.6.3): "An ACK SHOULD be
	// generated for at least every second full-sized segment or 2*RMSS bytes of new data".
	tcb_.ack_owed = true;
	tcb_.unacked_in += bytes;
	if (tcb_.unacked_in >= 2 * (config_.mss - option_bytes()))
		ack_now_ = true;
}

void Tcp::hold(std::uint32_t from, std::uint32_t to, bool fin)
{
	tcb_.held.push_back({from, to, fin});
}

// What was held and now begins at RCV.NXT or before it. "a TCP receiver SHOULD send an immediate
// ACK when the incoming segment fills in all or part of a gap in the sequence space" (RFC 5681
// section 3.2)
void Tcp::absorb_held()
{
	for (bool found = true; found;) {
		found = false;
		for (std::size_t i = 0; i < tcb_.held.size(); i++) {
			const Held held = tcb_.held[i];
			if (lt(tcb_.rcv.nxt, held.from))
				continue;
			tcb_.held.erase(tcb_.held.begin() + static_cast<std::ptrdiff_t>(i));
			ack_now_ = true;
			if (lt(tcb_.rcv.nxt, held.to))
				take_text(held.to - tcb_.rcv.nxt);
			if (held.fin && held.to == tcb_.rcv.nxt && !tcb_.fin_received)
				take_fin();
			found = true;
			break;
		}
	}
}

// "If the FIN bit is set, signal the user "connection closing" and return any pending RECEIVEs with
// same message, advance RCV.NXT over the FIN, and send an acknowledgment for the FIN."
void Tcp::take_fin()
{
	out_.eof = true;
	tcb_.fin_received = true;
	tcb_.rcv.nxt++;
	tcb_.rcv.wnd--;
	ack_now_ = true;
	switch (tcb_.state) {
	case State::syn_received:
	case State::established:
		// "Enter the CLOSE-WAIT state."
		tcb_.state = State::close_wait;
		break;
	case State::fin_wait_1:
		// "If our FIN has been ACKed (perhaps in this segment), then enter TIME-WAIT, start
		// the time-wait timer, turn off the other timers; otherwise, enter the CLOSING
		// state."
		tcb_.state = State::closing;
		if (fin_acked())
			enter_time_wait();
		break;
	case State::fin_wait_2:
		// "Enter the TIME-WAIT state. Start the time-wait timer, turn off the other
		// timers."
		enter_time_wait();
		break;
	default:
		break;
	}
}

} // namespace oracle
