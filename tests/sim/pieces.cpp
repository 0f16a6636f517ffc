/* SPDX-License-Identifier: GPL-2.0-only */
#include "pieces.h"

#include <algorithm>

#include "invariants.h"

#include "core/tcb.h"

namespace sim
{

namespace
{

bool has(const rub_tcb &t, u32 seq)
{
	if (!seq_le(t.rcv_nxt, seq))
		return true;
	return std::any_of(t.ooo, t.ooo + t.n_ooo, [seq](const rub_range &r) {
		return seq_le(r.from, seq) && !seq_le(r.to, seq);
	});
}

/* Of the bytes that @before did not have: which are in @ranges? */
std::vector<bool> fresh(const rub_tcb &before, const std::vector<rub_range> &ranges,
			const rub_seg &seg)
{
	std::vector<bool> bytes(seg.len);

	for (const rub_range &range : ranges) {
		for (u32 seq = range.from; seq != range.to; seq++)
			bytes[seq - seg.seq] = !has(before, seq);
	}
	return bytes;
}

/* Its first segment says CWR and brings nothing: what it says is old (RFC 3168 section 6.1.3). */
bool old_cwr(const rub_tcb &before, const rub_seg &sent, u16 cut)
{
	const u32 first = std::min<u32>(cut, sent.len);
	u32 held = 0;

	while (held < first && has(before, sent.seq + held))
		held++;
	return sent.flags & RUB_CWR && held == first;
}

bool owes_ack(const rub_tcb &t)
{
	return t.flags & RUB_F_ACK || t.ack_from;
}

bool same_ranges(const rub_tcb &a, const rub_tcb &b)
{
	return a.n_ooo == b.n_ooo &&
	       std::equal(a.ooo, a.ooo + a.n_ooo, b.ooo, [](const auto &x, const auto &y) {
		       return x.from == y.from && x.to == y.to;
	       });
}

} // namespace

Twin::Twin(const rub_tcb &tcb, const rub_env &world) : env(world), before(tcb), twin(tcb)
{
	if (!tcb.out.lent)
		return;
	nodes.assign(tcb.out.lent, tcb.out.lent + tcb.out.n_lent);
	twin.out.lent = nodes.data();
}

/* Each as the peer would have sent it: FIN and PSH on the last, CWR on the first. */
void Twin::play(const rub_seg &sent, u16 cut)
{
	for (u32 done = 0; done < sent.len; done += cut) {
		rub_seg piece = sent;
		rub_rx rx;

		piece.seq += done;
		piece.len = std::min<u32>(cut, sent.len - done);
		if (done + piece.len < sent.len)
			piece.flags &= static_cast<u8>(~(RUB_FIN | RUB_PSH));
		if (done)
			piece.flags &= static_cast<u8>(~RUB_CWR);
		rub_segment(&twin, &piece, &env, &rx);
		if (rx.mask & RUB_RX_KEEP)
			kept.push_back(rx.keep);
		if (rx.mask & RUB_RX_DEAD)
			error = rx.error;
		mask |= rx.mask;
	}
}

void Twin::compare(const rub_tcb &t, const rub_rx &rx, const rub_seg &whole, const rub_seg &sent,
		   u16 cut)
{
	constexpr u32 TOLD = RUB_RX_CONNECTED | RUB_RX_ADVANCED | RUB_RX_PEER_FIN |
			     RUB_RX_TIME_WAIT | RUB_RX_DEAD | RUB_RX_URGENT | RUB_RX_ACKED;
	constexpr u32 FLAGS = RUB_F_ORPHAN | RUB_F_FIN | RUB_F_RESET | RUB_F_REFUSE |
			      RUB_F_PEER_FIN | RUB_F_FIN_RCVD | RUB_F_SYN_OUT | RUB_F_URGENT |
			      RUB_F_ECE;
	std::vector<rub_range> whole_kept;

	if (before.n_ooo == RUB_OOO_MAX || whole.flags & RUB_URG)
		return;
	play(sent, cut);
	if (rx.mask & RUB_RX_KEEP)
		whole_kept.push_back(rx.keep);
	require(10, t.state == twin.state, "another state");
	require(10, t.rcv_nxt == twin.rcv_nxt, "another RCV.NXT");
	require(10, t.rcv_edge == twin.rcv_edge, "another edge offered");
	require(10, same_ranges(t, twin), "other holes");
	require(10, fresh(before, whole_kept, sent) == fresh(before, kept, sent),
		"other bytes are kept");
	require(10, t.snd_una == twin.snd_una, "another SND.UNA");
	require(10, t.snd_wnd == twin.snd_wnd || !seq_le(before.snd_wl1, sent.seq),
		"another SND.WND");
	require(10, t.ts_recent == twin.ts_recent, "another TS.Recent");
	const u32 flags = old_cwr(before, sent, cut) ? FLAGS & ~RUB_F_ECE : FLAGS;

	require(10, (t.flags & flags) == (twin.flags & flags), "other flags");
	require(10, (rx.mask & TOLD) == (mask & TOLD), "the process is told something else");
	require(10, !(mask & RUB_RX_DEAD) || rx.error == error, "another error");
	if (rub_is_dead(&t))
		return;
	require(10, t.rcv_fin == twin.rcv_fin, "another place of the FIN");
	require(10, owes_ack(t) == owes_ack(twin), "only one owes an acknowledgement");
	require(10, rub_queued(&t) == rub_queued(&twin) && t.snd_nxt == twin.snd_nxt,
		"something else remains to be sent");
}

} // namespace sim
