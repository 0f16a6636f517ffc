/* SPDX-License-Identifier: GPL-2.0-only */
#include "invariants.h"

#include "core/tcb.h"

namespace sim
{

namespace
{

/* RFC 5961 section 7. */
constexpr rub_ns LIMIT_PERIOD = 5'000'000'000;
constexpr u32 LIMIT = 10;

void check_sequence(const rub_tcb &t, Memory &m)
{
	require(2, seq_le(t.snd_una, t.snd_nxt), "SND.UNA is beyond SND.NXT");
	require(2, seq_le(t.snd_nxt, t.snd_max), "SND.NXT is beyond SND.MAX");
	if (!rub_synchronized(&t))
		return;
	if (m.known) {
		require(2, seq_le(m.rcv_edge, t.rcv_edge), "the right edge offered went back");
		require(3, seq_le(m.rcv_nxt, t.rcv_nxt), "RCV.NXT went back");
	} else {
		m.told = t.rcv_nxt;
		m.offered = t.snd_una + t.snd_wnd;
	}
	m.known = true;
	m.rcv_edge = t.rcv_edge;
	m.rcv_nxt = t.rcv_nxt;
}

/*
 * Something that we must see to ourselves: a handshake, bytes, a FIN, an acknowledgement owed; and
 * whatever no process holds. Else an open connection waits for the peer or the process.
 */
bool has_work(const rub_tcb &t)
{
	const u32 end = t.snd_end + !!(t.flags & RUB_F_FIN);

	return !rub_synchronized(&t) || t.snd_una != end || t.snd_una != t.snd_max ||
	       t.flags & RUB_F_ORPHAN;
}

/* Once more from the records themselves. */
void recount(const rub_tcb &t)
{
	/* No record is of the SYN, and it alone goes again; a FIN may have followed it. */
	const bool syn = t.flags & RUB_F_SYN_OUT;
	const u32 first = t.snd_una + syn, end = syn ? t.snd_max : t.snd_nxt;
	u32 at = first, sacked = 0, lost = 0, again = 0, n = 0;

	for (u16 i = rub_rec_head(&t.out); i != RUB_NO_NODE; i = rub_rec_next(&t.out, i)) {
		const rub_node &node = *rub_rec_at(&t.out, i);
		const u32 len = node.to - node.from;

		require(5, node.from == at && len, "the records have a gap, or overlap");
		at = node.to;
		n++;
		switch (node.flags & RUB_N_STATES) {
		case RUB_N_SACKED:
			sacked += len;
			break;
		case RUB_N_LOST:
			lost += len;
			break;
		case RUB_N_FLYING:
			again += node.flags & RUB_N_AGAIN ? len : 0;
			break;
		default:
			throw Violation(5, "a record is in no state, or in two");
		}
	}
	require(5, at == end || !n, "the records do not end at SND.NXT");
	require(5, n == t.out.n, "there are other records than are counted");
	require(5, sacked == t.out.sacked, "other bytes are SACKed than are counted");
	require(5, lost == t.out.lost, "other bytes are lost than are counted");
	require(5, again == t.out.again, "other bytes are there again than are counted");
	require(5, rub_rec_sound(&t.out, first, end), "the records are not sound");
}

} // namespace

void check_connection(const rub_tcb &t, const rub_env &env, Memory &m)
{
	check_sequence(t, m);
	if (rub_is_dead(&t))
		return;
	require(4, !has_work(t) || rub_due(&t, &env) != RUB_NEVER,
		"work is pending and nothing is due");
	if (rub_synchronized(&t))
		recount(t);
	require(7, t.n_ooo <= RUB_OOO_MAX, "more holes than there may be");
	require(7, t.n_recent <= RUB_SACK_MAX, "more SACK blocks than there may be");
	require(7, t.out.n <= RUB_NODES_INLINE + t.out.n_lent, "more records than were lent");
}

void check_room(const rub_tcb &t, const rub_tx &tx, const Memory &m)
{
	const u32 end = tx.seq + tx.len + !!(tx.flags & RUB_FIN);

	require(7, rub_options_len(&tx) <= RUB_OPTIONS_MAX, "options longer than a header takes");
	if (!rub_synchronized(&t) || !m.known)
		return;
	if (tx.unit == RUB_UNIT_DATA)
		require(2, seq_le(end, m.offered), "data beyond the edge that the peer offered");
	else if (tx.unit == RUB_UNIT_PROBE)
		require(2, seq_le(end, m.offered + 1), "a probe of more than one number");
	else
		require(2, tx.len == 0, "text in what is neither data nor a probe");
}

void check_edge(const rub_tcb &t, const rub_seg &seg, Memory &m)
{
	if (!(seg.flags & RUB_ACK) || seg.flags & (RUB_RST | RUB_SYN) || !rub_synchronized(&t))
		return;
	/* The field rounds down to its unit: RFC 7323 section 2.4 allows for so much, no more. */
	const u32 edge = seg.ack + (static_cast<u32>(seg.wnd) << t.rcv_scale);
	const u32 unit = (1U << t.rcv_scale) - 1;

	require(2, !m.known || seq_le(m.told, edge + unit),
		"the right edge in a segment went back");
	if (!m.known || seq_le(m.told, edge))
		m.told = edge;
}

void note_offer(const rub_tcb &t, const rub_seg &seg, Memory &m)
{
	const u32 edge =
		seg.ack + (static_cast<u32>(seg.wnd) << (seg.flags & RUB_SYN ? 0 : t.snd_scale));

	if (m.known && seg.flags & RUB_ACK && seq_le(seg.ack, t.snd_max) && seq_le(m.offered, edge))
		m.offered = edge;
}

bool is_challenged(const rub_seg &seg, const rub_rx &rx)
{
	switch (rx.reason) {
	case RUBATO_REASON_BAD_RST:
	case RUBATO_REASON_SYN_IN_WINDOW:
	case RUBATO_REASON_BAD_ACK:
	case RUBATO_REASON_OLD_ACK:
		return true;
	case RUBATO_REASON_PAWS:
	case RUBATO_REASON_BAD_SEQ:
	case RUBATO_REASON_OLD_DATA:
	case RUBATO_REASON_AFTER_FIN:
		return !seg.len && !(seg.flags & RUB_FIN); /* else the peer may have missed it */
	default:
		return false;
	}
}

/*
 * RFC 9293 section 3.10.7.4, RFC 5961 sections 3.2 and 4.2. An ACK that was owed before, because
 * the host dropped it, is no answer.
 */
void check_answers(const rub_seg &seg, const rub_rx &rx, const Before &before, u32 acks, u32 resets)
{
	const u32 numbers = seg.len + !!(seg.flags & RUB_SYN) + !!(seg.flags & RUB_FIN);

	require(6, resets <= 1, "a segment was answered by more than one RST");
	if (before.owes_ack)
		return;
	if (!numbers)
		require(6, acks <= 1, "a pure ACK was answered more than once");
	if (seg.flags & RUB_RST) {
		require(6, resets == 0, "an RST was answered by an RST");
		require(6,
			!acks || (before.synchronized && seg.seq != before.rcv_nxt &&
				  seq_le(before.rcv_nxt, seg.seq) &&
				  seq_le(seg.seq, before.rcv_edge)),
			"an RST was answered that is not inside the window");
	} else if (!numbers && seg.seq == before.rcv_nxt && rx.reason == RUBATO_REASON_NONE &&
		   before.synchronized) {
		require(6, acks == 0, "an ACK in order was answered");
	}
}

/* A period begins with the first that leaves after the last one is over. */
void check_limit(rub_ns now, Memory &m)
{
	if (!m.limited_from || now - m.limited_from >= LIMIT_PERIOD) {
		m.limited_from = now;
		m.answers = 0;
	}
	require(6, ++m.answers <= LIMIT, "more challenge ACKs than are allowed");
}

void check_timer(rub_ns now, Memory &m)
{
	m.expired = m.expired_at == now ? m.expired + 1 : 1;
	m.expired_at = now;
	require(4, m.expired < 16, "a deadline that has come does not go away");
}

} // namespace sim
