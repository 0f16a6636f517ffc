// SPDX-License-Identifier: GPL-2.0-only
// Segments in TIME-WAIT: the table of conformance.md section 1, row by row, first match. It stands
// in place of RFC 9293 section 3.10.7.4 and RFC 6191, from which it differs on purpose. `tw-rst` is
// exact.
#include "oracle.h"

namespace oracle
{

void Tcp::time_wait_state(const rub_seg &seg)
{
	const bool syn = seg.flags & RUB_SYN, ack = seg.flags & RUB_ACK, ts = seg.opts & RUB_OPT_TS;
	const std::uint32_t nxt = tcb_.rcv.nxt;

	// "RST, SEQ != RCV.NXT | drop silently", "RST, SEQ == RCV.NXT | by tw-rst: exact (default:
	// ends it)"
	if (seg.flags & RUB_RST) {
		if (seg.seq == nxt)
			delete_tcb(Error::none);
		return;
	}
	// "SYN+ACK | never reopens; challenge ACK"
	if (syn && ack) {
		send_ack();
		return;
	}
	if (syn) {
		// "SYN, timestamps negotiated then and on now, TSval > ts_recent | new
		// incarnation"; "SYN, TSval == ts_recent, SEQ > RCV.NXT | new incarnation"; "SYN
		// with timestamps, the old incarnation had none | new incarnation"; "SYN without
		// timestamps | new incarnation only if SEQ > RCV.NXT".
		bool fresh = lt(nxt, seg.seq);
		if (ts && config_.timestamps && !tcb_.ts_ok)
			fresh = true;
		else if (ts && config_.timestamps && seg.tsval != tcb_.ts_recent)
			fresh = lt(tcb_.ts_recent, seg.tsval);
		// "refused with a rate-limited ACK, no restart", "else ACK, no restart"
		if (fresh)
			out_.new_incarnation = true;
		else
			send_ack();
		return;
	}
	// "no ACK bit | drop"
	if (!ack)
		return;
	// "old by PAWS | rate-limited ACK, no restart"
	if (tcb_.ts_ok && ts && lt(seg.tsval, tcb_.ts_recent)) {
		send_ack();
		return;
	}
	// "retransmitted FIN (ends at RCV.NXT) | ACK, restart 2 MSL, update ts_recent: the only
	// restart"
	if ((seg.flags & RUB_FIN) && seg.seq + seg_len(seg) == nxt) {
		if (tcb_.ts_ok && ts)
			tcb_.ts_recent = seg.tsval;
		send_ack();
		out_.restarted_2msl = true;
		return;
	}
	// "data or other out-of-window | rate-limited ACK, no restart"; RCV.WND counts as 0.
	// "bare ACK at RCV.NXT | drop, no restart"
	if (seg_len(seg) || seg.seq != nxt)
		send_ack();
}

} // namespace oracle
