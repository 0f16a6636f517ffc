// SPDX-License-Identifier: GPL-2.0-only
// What an event has in common with all others: it begins and ends, sends what may be sent (RFC 9293
// sections 3.8.6.2.1, 3.7.4), acknowledges what must be acknowledged, and may end the connection.
#include <algorithm>

#include "oracle.h"

namespace oracle
{

bool Tcp::in(std::initializer_list<State> states) const
{
	return std::ranges::find(states, tcb_.state) != states.end();
}

bool Tcp::fin_acked() const
{
	return tcb_.fin_sent && lt(tcb_.fin_seq, tcb_.snd.una);
}

bool Tcp::work_pending() const
{
	return tcb_.unsent || (tcb_.fin_queued && !tcb_.fin_sent);
}

void Tcp::begin()
{
	out_ = {};
	ack_now_ = ack_may_ = false;
}

// An acknowledgment "should be piggybacked on a segment being transmitted if possible" (seventh
// step).
Outcome Tcp::end()
{
	if (ack_now_ && !out_.dead) {
		const bool carried = std::ranges::any_of(out_.sent, [&](const Sent &sent) {
			return (sent.flags & RUB_ACK) && sent.ack == tcb_.rcv.nxt;
		});
		if (!carried)
			send_ack();
	}
	if (tcb_.ack_owed || (ack_may_ && out_.sent.empty())) {
		// Delayed (3.8.6.3): it may leave at once all the same.
		const Tcb kept = tcb_;
		send_ack();
		out_.sent.back().may = true;
		tcb_ = kept;
	}
	out_.next = tcb_.state;
	out_.running = running();
	return out_;
}

void Tcp::acknowledged()
{
	tcb_.ack_owed = false;
	tcb_.unacked_in = 0;
	tcb_.last_ack_sent = tcb_.rcv.nxt;
}

void Tcp::enter_time_wait()
{
	// "start the time-wait timer, turn off the other timers"
	tcb_.state = State::time_wait;
	tcb_.retransmission_queue.clear();
	out_.restarted_2msl = true;
}

void Tcp::delete_tcb(Error error)
{
	tcb_ = {};
	out_.error = error;
	out_.dead = true;
}

// "<SEQ=SND.NXT><CTL=RST>" of the ABORT call. "If an <RST> is being generated because of a user
// abort, and Snd.TS.OK is set, then a Timestamps option SHOULD be included in the <RST>." (RFC
// 7323 5.2)
void Tcp::reset_connection(Error error)
{
	emit(RUB_RST, tcb_.snd.nxt, 0);
	delete_tcb(error);
}

// The same, because of a segment.
void Tcp::reset_connection_for(const rub_seg &seg)
{
	reset_connection(Error::none);
	echo(seg, out_.sent.back());
}

// 3.8.6.2.1: "Send data: (1) if a maximum-sized segment can be sent, i.e., if: min(D,U) >=
// Eff.snd.MSS; (2) or if the data is pushed and all queued data can be sent now, i.e., if: [SND.NXT
// = SND.UNA and] PUSHed and D <= U (the bracketed condition is imposed by the Nagle algorithm); (3)
// or if at least a fraction Fs of the maximum window can be sent, i.e., if: [SND.NXT = SND.UNA and]
// min(D,U) >= Fs * Max(SND.WND)". Then the FIN, on the last of it or alone.
void Tcp::push_out()
{
	auto &snd = tcb_.snd;

	if (in({State::closed, State::listen, State::syn_sent, State::syn_received}))
		return;
	for (;;) {
		const std::uint32_t right = snd.una + snd.wnd;
		const std::uint32_t usable = lt(snd.nxt, right) ? right - snd.nxt : 0;
		const std::uint32_t len = std::min({snd.mss, tcb_.unsent, usable});
		const bool idle = snd.nxt == snd.una;
		const bool text = len && (len == snd.mss || (idle && len == tcb_.unsent) ||
					  (idle && 2 * len >= snd.max_wnd));
		const bool fin =
			tcb_.fin_queued && !tcb_.fin_sent && len == tcb_.unsent && len < usable;

		if (!text && !(fin && !tcb_.unsent))
			return;
		const Piece piece = {snd.nxt, len, false, fin};
		tcb_.retransmission_queue.push_back(piece);
		if (fin) {
			tcb_.fin_sent = true;
			tcb_.fin_seq = snd.nxt + len;
		}
		tcb_.unsent -= len;
		snd.nxt += len + fin;
		retransmit(piece);
	}
}

void Tcp::emit(std::uint8_t flags, std::uint32_t seq, std::uint32_t len)
{
	Sent sent;

	sent.flags = flags;
	sent.seq = seq;
	sent.len = len;
	if (flags & RUB_ACK) {
		sent.ack = tcb_.rcv.nxt;
		acknowledged();
	}
	// Nobody uses the window of a RST, or of a peer that has sent its FIN.
	if (!(flags & RUB_RST) && !tcb_.fin_received)
		sent.wnd = static_cast<std::uint16_t>(std::min<std::uint32_t>(tcb_.rcv.wnd, 65535));
	// "Once TSopt has been successfully negotiated, ... the TSopt MUST be sent in every
	// non-<RST> segment for the duration of the connection" (RFC 7323 3.2); "If the ACK bit is
	// not set in the outgoing TCP header, the sender of that segment SHOULD set the TSecr field
	// to zero."
	sent.ts = tcb_.state == State::syn_sent ? config_.timestamps : tcb_.ts_ok;
	sent.tsecr = sent.ts && (flags & RUB_ACK) ? tcb_.ts_recent : 0;
	// "SHOULD send an MSS Option in every SYN segment when its receive MSS differs from the
	// default" (SHLD-5), and no other one (MUST-65).
	sent.mss = (flags & RUB_SYN) ? config_.mss : 0;
	out_.sent.push_back(sent);
}

// <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
void Tcp::send_ack()
{
	emit(RUB_ACK, tcb_.snd.nxt, 0);
}

// 3.10.7.1: "The acknowledgment and sequence field values are selected to make the reset sequence
// acceptable to the TCP endpoint that sent the offending segment." "If the ACK bit is off, sequence
// number zero is used, <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>. If the ACK bit is on,
// <SEQ=SEG.ACK><CTL=RST>".
void Tcp::send_reset_for(const rub_seg &seg)
{
	Sent sent;

	if (seg.flags & RUB_ACK) {
		sent.flags = RUB_RST;
		sent.seq = seg.ack;
	} else {
		sent.flags = RUB_RST | RUB_ACK;
		sent.ack = seg.seq + seg_len(seg);
	}
	echo(seg, sent);
	out_.sent.push_back(sent);
}

// "if the segment causing the <RST> to be generated contains a Timestamps option, the <RST> should
// also contain a Timestamps option. In the <RST> segment, SEG.TSecr SHOULD be set to SEG.TSval from
// the incoming segment" (RFC 7323 5.2)
void Tcp::echo(const rub_seg &seg, Sent &reset)
{
	reset.ts = seg.opts & RUB_OPT_TS;
	reset.tsecr = reset.ts ? seg.tsval : 0;
}

// 3.8.6.2.2: "The suggested SWS avoidance algorithm for the receiver is to keep RCV.NXT+RCV.WND
// fixed until the reduction satisfies: RCV.BUFF - RCV.USER - RCV.WND >= min( Fr * RCV.BUFF,
// Eff.snd.MSS ) where Fr is a fraction whose recommended value is 1/2 ... When the inequality is
// satisfied, RCV.WND is set to RCV.BUFF-RCV.USER."
void Tcp::update_receive_window()
{
	const std::uint32_t reduction = config_.rcv_buff - tcb_.rcv.user - tcb_.rcv.wnd;

	if (reduction >= std::min(config_.rcv_buff / 2, tcb_.snd.mss))
		tcb_.rcv.wnd = config_.rcv_buff - tcb_.rcv.user;
}

// 3.7.1: "Eff.snd.MSS = min(SendMSS+20, MMS_S) - TCPhdrsize - IPoptionsize"; "If an MSS Option is
// not received at connection setup, TCP implementations MUST assume a default send MSS of 536 (576
// - 40) for IPv4".
void Tcp::take_mss(const rub_seg &syn)
{
	const std::uint32_t send_mss = syn.mss ? syn.mss : 536;

	tcb_.snd.mss = std::min<std::uint32_t>(send_mss, config_.mss) - option_bytes();
}

// The options of every segment: Timestamps, padded to 12 bytes (RFC 7323 appendix A).
std::uint32_t Tcp::option_bytes() const
{
	return tcb_.ts_ok ? 12 : 0;
}

} // namespace oracle
