// SPDX-License-Identifier: GPL-2.0-only
/* What holds after every event at an End. */
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/constants.h"
#include "core/tcb.h"
#include "end.h"
#include "fuzz.h"
#include "sequence.h"

namespace fuzz
{

namespace
{

/* RFC 9293 section 3.3.2, figure 5; an abort or the end of a schedule closes from anywhere. */
bool may_follow(u8 from, u8 to)
{
	if (to == RUBATO_CLOSED)
		return true;
	switch (from) {
	case RUBATO_CLOSED:
		return to == RUBATO_SYN_SENT;
	case RUBATO_SYN_SENT:
		return to == RUBATO_SYN_RCVD || to == RUBATO_ESTABLISHED;
	case RUBATO_SYN_RCVD:
		return to == RUBATO_ESTABLISHED || to == RUBATO_FIN_WAIT_1;
	case RUBATO_ESTABLISHED:
		return to == RUBATO_FIN_WAIT_1 || to == RUBATO_CLOSE_WAIT;
	case RUBATO_FIN_WAIT_1:
		return to == RUBATO_FIN_WAIT_2 || to == RUBATO_CLOSING;
	case RUBATO_CLOSE_WAIT:
		return to == RUBATO_LAST_ACK;
	case RUBATO_FIN_WAIT_2:
	case RUBATO_CLOSING:
		return to == RUBATO_TIME_WAIT;
	default:
		return false;
	}
}

const char *name_of(u8 state)
{
	static const char *const names[] = {"?",	  "ESTABLISHED", "SYN_SENT",  "SYN_RCVD",
					    "FIN_WAIT_1", "FIN_WAIT_2",	 "TIME_WAIT", "CLOSED",
					    "CLOSE_WAIT", "LAST_ACK",	 "LISTEN",    "CLOSING"};

	return names[state];
}

/* RFC 5961: what is answered, and how often, must not help who guesses. */
bool is_challenge(u8 reason)
{
	return reason == RUBATO_REASON_BAD_RST || reason == RUBATO_REASON_SYN_IN_WINDOW ||
	       reason == RUBATO_REASON_BAD_ACK || reason == RUBATO_REASON_OLD_ACK;
}

} // namespace

/* The position in the peer's stream that a number near RCV.NXT stands for. */
u64 End::position(u32 seq) const
{
	const s32 ahead = static_cast<s32>(seq - (first_ + static_cast<u32>(in_order_)));

	return in_order_ + static_cast<u64>(static_cast<s64>(ahead));
}

void End::judge_steps(const rub_rx &rx)
{
	EXPECT(rx.reason <= RUBATO_REASON_MAX);
	EXPECT(rx.n_steps <= RUB_RX_STEPS_MAX);
	for (u32 i = 0; i < rx.n_steps; i++) {
		EXPECT(may_follow(was_, rx.step[i]));
		was_ = rx.step[i];
	}
	EXPECT(was_ == tcb_->state);
	EXPECT(rub_is_dead(tcb_.get()) == (dead_ || rx.mask & RUB_RX_DEAD));
	EXPECT(!(rx.mask & RUB_RX_GAVE_UP) || rx.mask & RUB_RX_DEAD);
	EXPECT(!(rx.mask & RUB_RX_DEAD) || rx.error >= 0);
}

/* A byte is kept once, if it was in the segment and in the window. */
void End::judge_keep(const rub_rx &rx, const Packet &packet)
{
	const u64 from = position(rx.keep.from), to = position(rx.keep.to);

	EXPECT(!orphan_);
	EXPECT(seq_lt(rx.keep.from, rx.keep.to));
	EXPECT(from >= in_order_ && to > from);
	EXPECT(!received_.has(from, to));
	EXPECT(seq_le(rx.keep.to, tcb_->rcv_edge));
	/* A SYN's text stands behind it. */
	const u32 text = packet.seg.seq + !!(packet.seg.flags & RUB_SYN);

	EXPECT(seq_le(text, rx.keep.from) && rx.keep.to - text <= packet.seg.len);
	if (peer && packet.genuine) {
		EXPECT(packet.offset + (rx.keep.from - packet.seg.seq) == from);
		EXPECT(to <= peer->at(packet.stream).written);
	}
	received_.add(from, to);
}

/* RCV.NXT is behind what came in order, and behind the FIN. */
void End::judge_delivery(const rub_rx &rx, const Packet *packet)
{
	const u64 before = in_order_;
	const bool fin = rx.mask & RUB_RX_PEER_FIN;

	if (!rub_synchronized(tcb_.get()) && !known_)
		return;
	in_order_ = received_.in_order();
	EXPECT(!fin || !peer_fin_);
	EXPECT(in_order_ == before || rx.mask & RUB_RX_ADVANCED);
	EXPECT(in_order_ == before || !peer_fin_);
	peer_fin_ |= fin;
	EXPECT(rub_rcv_nxt(tcb_.get()) == first_ + static_cast<u32>(in_order_) + peer_fin_);
	if (fin && peer && packet->genuine) {
		EXPECT(peer->at(packet->stream).finished);
		EXPECT(peer->at(packet->stream).written == in_order_);
	}
}

void End::judge_answer(const Packet &packet, const rub_rx &rx)
{
	const rub_seg &seg = packet.seg;

	/* A SYN's text comes again, an RST's says why. Who is in TIME_WAIT or has acknowledged a
	 * FIN wants no more. */
	EXPECT(!seg.len || seg.flags & (RUB_SYN | RUB_RST) || rx.reason ||
	       rx.mask & (RUB_RX_KEEP | RUB_RX_TIME_WAIT) || (rx.mask & RUB_RX_DEAD && peer_fin_));
	EXPECT(!(seg.flags & RUB_RST) || !resets_);
	EXPECT(!(seg.flags & RUB_RST) || rx.mask & RUB_RX_DEAD || rx.reason);
	if (!acks_ || !is_challenge(rx.reason))
		return;
	if (!limited_from_ || now_ - limited_from_ >= RUB_CHALLENGE_PERIOD) {
		limited_from_ = now_;
		limited_ = 0;
	}
	/* A period of ours may span two of the connection's. */
	EXPECT(++limited_ <= 2 * RUB_CHALLENGE_MAX);
}

/* Text and FIN come from the queue and go where the window is. */
void End::judge_text(const rub_tx &tx)
{
	const rub_tcb &t = *tcb_;
	const bool fin = tx.flags & RUB_FIN;
	const u32 end = tx.seq + tx.len, edge = t.snd_una + t.snd_wnd;

	EXPECT(tx.len || fin);
	EXPECT(seq_le(t.snd_una, tx.seq) && seq_le(tx.seq, t.snd_nxt));
	EXPECT(seq_le(end, t.snd_end));
	EXPECT(!fin || (t.flags & RUB_F_FIN && end == t.snd_end));
	EXPECT(!tx.len || (tx.cut && (tx.cut <= t.snd_mss || tx.probe)));
	EXPECT(!tx.probe || (tx.len == tx.cut && tx.len <= env_.path_mss && !fin && !tx.again));
	EXPECT(tx.len <= std::max<u32>(tx.cut, host_.gso_max));
	EXPECT(tx.unit == RUB_UNIT_PROBE || tx.again == seq_lt(tx.seq, t.snd_max));
	if (tx.unit == RUB_UNIT_DATA)
		EXPECT(seq_le(end + fin, edge));
	else
		EXPECT(tx.len + fin <= 1 && seq_le(edge, tx.seq));
}

/* RFC 2018 section 4: only what is here is told; the first block may be a duplicate (RFC 2883). */
void End::judge_blocks(const rub_tx &tx)
{
	for (u32 i = 0; i < tx.n_sack; i++) {
		const u32 from = tx.sack[i].from, to = tx.sack[i].to;

		EXPECT(seq_lt(from, to));
		if (!i && seq_le(to, tcb_->rcv_nxt))
			continue;
		EXPECT(seq_lt(tcb_->rcv_nxt, from));
		EXPECT(received_.has(position(from), position(to)));
	}
}

/* What left offers no more than there is room for, and never less than was offered before. */
void End::judge_edge(const rub_tx &tx)
{
	const rub_tcb &t = *tcb_;

	if (!(tx.flags & RUB_ACK) || tx.flags & RUB_SYN || !rub_synchronized(&t))
		return;
	const u32 unit = 1U << t.rcv_scale,
		  said = tx.ack + (static_cast<u32>(tx.wnd) << t.rcv_scale);

	EXPECT(!known_ || seq_lt(told_, said + unit));
	EXPECT(seq_le(said, t.rcv_edge));
	if (!known_ || seq_lt(told_, said))
		told_ = said;
}

void End::judge_unit(const rub_tx &tx)
{
	const rub_tcb &t = *tcb_;
	const u32 n = rub_options_len(&tx);

	EXPECT(n <= RUB_OPTIONS_MAX && n % 4 == 0);
	/* One of its own size, so that a byte too many is noticed. */
	std::vector<u8> exact(n);

	rub_options_write(&tx, exact.data());
	EXPECT(!(tx.flags & RUB_ACK) || tx.unit == RUB_UNIT_RST || tx.ack == t.rcv_nxt);
	EXPECT((tx.flags & RUB_RST) == (tx.unit == RUB_UNIT_RST ? RUB_RST : 0));
	EXPECT(!dead_ || tx.unit == RUB_UNIT_RST);
	EXPECT(tx.tries == 0 || tx.clock);
	if (tx.unit == RUB_UNIT_RST)
		return;
	switch (tx.unit) {
	case RUB_UNIT_SYN:
	case RUB_UNIT_SYNACK:
		EXPECT(tx.seq == t.iss && tx.flags & RUB_SYN && !tx.len);
		EXPECT(!(tx.flags & RUB_ACK) == (tx.unit == RUB_UNIT_SYN));
		return;
	case RUB_UNIT_DATA:
	case RUB_UNIT_PROBE:
		judge_text(tx);
		break;
	case RUB_UNIT_KEEPALIVE:
		EXPECT(tx.seq == t.snd_nxt - 1);
		fallthrough;
	default:
		EXPECT(!tx.len && !(tx.flags & (RUB_FIN | RUB_SYN)));
	}
	if (!rub_synchronized(&t))
		return;
	judge_blocks(tx);
	/* Room that is not there is offered only if it was promised before. */
	const u32 edge = tx.ack + (static_cast<u32>(tx.wnd) << t.rcv_scale);

	EXPECT(seq_le(edge, t.rcv_edge) || edge - t.rcv_nxt <= env_.rcv_free);
}

/* Nobody waits for ever by our own fault; an open connection may: the peer, or the process, acts.
 */
bool End::has_work() const
{
	const rub_tcb &t = *tcb_;

	return rub_connecting(&t) || rub_queued(&t) || t.snd_una != t.snd_max ||
	       (t.flags & RUB_F_FIN && seq_le(t.snd_una, t.snd_end)) || orphan_;
}

/* Holes that are remembered: sorted, apart, inside the window, and really here. */
void End::judge_ranges()
{
	const rub_tcb &t = *tcb_;
	u32 last = t.rcv_nxt;

	EXPECT(t.n_ooo <= RUB_OOO_MAX && t.n_recent <= RUB_SACK_MAX);
	for (u32 i = 0; i < t.n_ooo; i++) {
		const rub_range &r = t.ooo[i];

		EXPECT(seq_lt(last, r.from) && seq_lt(r.from, r.to) && seq_le(r.to, t.rcv_edge));
		EXPECT(received_.has(position(r.from), position(r.to)));
		last = r.to;
	}
}

void End::judge_anchors()
{
	const rub_tcb &t = *tcb_;
	const rub_ns were[] = {
		t.run.last,  t.run.dropped,   t.run.stuck,	 t.run.first,  t.ts_recent_at,
		t.rtt_start, t.ack_from,      t.text_at,	 t.probe_from, t.cc.left,
		t.cc.valid,  t.loss.again_at, t.challenge_start, t.paced_from, t.loss.rack.xmit_ts,
		t.mtu.since};

	for (const rub_ns at : were)
		EXPECT(at <= now_);
}

/* What is worth a look after each unit that leaves. */
void End::judge_unit_left()
{
	const rub_tcb &t = *tcb_;

	EXPECT(seq_le(t.snd_una, t.snd_nxt) && seq_le(t.snd_nxt, t.snd_max));
	EXPECT(t.out.n <= RUB_NODES_INLINE + t.out.n_lent);
	EXPECT(!known_ || seq_le(edge_, t.rcv_edge));
	edge_ = t.rcv_edge;
}

void End::judge()
{
	const rub_tcb &t = *tcb_;

	TELL("%s at %llu us: una %u nxt +%u max +%u end +%u wnd %u, rcv +%u edge +%u, flags %x "
	     "clock "
	     "%u due %lld us\n",
	     name_of(t.state), now_ / 1000, t.snd_una - t.iss, t.snd_nxt - t.snd_una,
	     t.snd_max - t.snd_una, t.snd_end - t.snd_una, t.snd_wnd, t.rcv_nxt - first_,
	     t.rcv_edge - t.rcv_nxt, t.flags, t.clock, static_cast<s64>(due() - now_) / 1000);
	judge_anchors();
	if (dead_ || rub_is_dead(&t))
		return;
	EXPECT(seq_le(t.snd_una, t.snd_nxt) && seq_le(t.snd_nxt, t.snd_max));
	EXPECT(acked_ + rub_queued(&t) == streams_.back().written);
	EXPECT(t.out.n <= RUB_NODES_INLINE + t.out.n_lent);
	EXPECT(!has_work() || t.state == RUBATO_TIME_WAIT || due() != RUB_NEVER);
	EXPECT(t.snd_mss && (t.flags & RUB_F_SYN_OUT || t.cc.cwnd));
	if (!rub_synchronized(&t))
		return;
	EXPECT(t.flags & RUB_F_SYN_OUT || rub_rec_sound(&t.out, t.snd_una, t.snd_nxt));
	if (!known_)
		told_ = t.rcv_nxt;
	EXPECT(!known_ || seq_le(edge_, t.rcv_edge));
	EXPECT(seq_le(t.rcv_nxt, t.rcv_edge));
	known_ = true;
	edge_ = t.rcv_edge;
	judge_ranges();
}

} // namespace fuzz
