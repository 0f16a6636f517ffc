/* SPDX-License-Identifier: GPL-2.0-only */
#include "invariants.h"

#include "core/constants.h"
#include "core/records.h"
#include "core/tcb.h"

namespace sim
{

namespace
{

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
	}
	m.known = true;
	m.rcv_edge = t.rcv_edge;
	m.rcv_nxt = t.rcv_nxt;
}

/* Nobody waits for ever by our own fault. An open connection may: the peer, or the process, acts.
 */
bool has_work(const rub_tcb &t)
{
	return t.state == RUBATO_SYN_SENT || t.state == RUBATO_SYN_RCVD || rub_queued(&t) ||
	       t.snd_una != t.snd_max;
}

} // namespace

void check_connection(const rub_tcb &t, const rub_env &env, Memory &m)
{
	check_sequence(t, m);
	if (rub_is_dead(&t))
		return;
	require(4, !has_work(t) || rub_due(&t, &env) != RUB_NEVER,
		"work is pending and nothing is due");
	/* No record is of the SYN, and it alone goes again; a FIN may have followed it. */
	const bool syn = t.flags & RUB_F_SYN_OUT;
	if (rub_synchronized(&t))
		require(5, rub_rec_sound(&t.out, t.snd_una + syn, syn ? t.snd_max : t.snd_nxt),
			"the scoreboard does not equal its recount");
	require(7, t.n_ooo <= RUB_OOO_MAX, "more holes than there may be");
	require(7, t.out.n <= RUB_NODES_INLINE + t.out.n_lent, "more records than were lent");
}

void check_unit(const rub_tcb &t, const rub_tx &tx, const rub_tcb *peer, Memory &m)
{
	const u32 fin = tx.flags & RUB_FIN ? 1 : 0;

	if (tx.unit == RUB_UNIT_RST)
		return;
	if (peer && tx.unit == RUB_UNIT_DATA && rub_synchronized(peer))
		require(2, seq_le(tx.seq + tx.len + fin, peer->rcv_edge),
			"data beyond the edge that the peer offered");
	if (!(tx.flags & RUB_ACK))
		return;
	if (peer && rub_synchronized(peer))
		require(3, seq_le(tx.ack, peer->snd_max),
			"an acknowledgement of what was not sent");
	if (!rub_synchronized(&t) || tx.flags & RUB_SYN)
		return;
	/* The field rounds down to its unit: RFC 7323 section 2.4 allows for so much, no more. */
	const u32 edge = tx.ack + (static_cast<u32>(tx.wnd) << t.rcv_scale);
	const u32 unit = (1U << t.rcv_scale) - 1;

	require(2, !m.known || seq_le(m.told, edge + unit),
		"the right edge in a segment went back");
	if (!m.known || seq_le(m.told, edge))
		m.told = edge;
}

void check_answers(const rub_seg &seg, const rub_rx &rx, u32 acks, u32 resets, rub_ns now,
		   Memory &m)
{
	const bool pure = !seg.len && !(seg.flags & (RUB_SYN | RUB_FIN | RUB_RST));

	if (seg.flags & RUB_RST)
		require(6, resets == 0, "an RST was answered by an RST");
	if (pure)
		require(6, acks <= 1, "a pure ACK was answered more than once");
	if (!acks)
		return;
	switch (rx.reason) {
	case RUBATO_REASON_BAD_RST:
	case RUBATO_REASON_SYN_IN_WINDOW:
	case RUBATO_REASON_BAD_ACK:
	case RUBATO_REASON_OLD_ACK:
		break;
	default:
		return;
	}
	if (!m.limited_from || now - m.limited_from >= RUB_CHALLENGE_PERIOD) {
		m.limited_from = now;
		m.answers = 0;
	}
	/* A period of ours may span two of the connection's. */
	require(6, ++m.answers <= 2 * RUB_CHALLENGE_MAX, "more challenge ACKs than are allowed");
}

void check_timer(rub_ns now, Memory &m)
{
	m.expired = m.expired_at == now ? m.expired + 1 : 1;
	m.expired_at = now;
	require(4, m.expired < 16, "a deadline that has come does not go away");
}

void check_gave_up(const rubato_schedule &s, rub_ns first, rub_ns now, rub_ns late)
{
	rub_ns end = 0;

	if (s.flags & ~RUBATO_SCHED_GIVE_UP)
		return; /* it grows or follows the RTT: tests of the unit say when it ends */
	for (u32 i = 0; i < s.n_gaps; i++)
		end += s.gap[i];
	if (s.flags & RUBATO_SCHED_GIVE_UP && s.give_up < end)
		end = s.give_up;
	require(8, now >= first + end, "it gave up too early");
	require(8, now <= first + end + late, "it gave up too late");
}

} // namespace sim
