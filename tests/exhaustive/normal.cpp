// SPDX-License-Identifier: GPL-2.0-only
/*
 * When two states are one, and what must hold in each.
 *
 * Normalised are sequence numbers (ours to our ISS, the peer's to its own) and times: of an
 * anchor only whether it is set remains, because any clock that runs may fire next, so no gap
 * decides what can happen. What was measured (SRTT, RTTVAR) goes with them: it only makes gaps.
 * (RACK compares times: with SACK a state stands for the times in which it was reached first.)
 * Everything else counts as it is, byte by byte, so a field that is added to a connection is part
 * of the state until somebody says that it is a time or a number. normal_test.cpp shifts both and
 * finds one that was forgotten.
 */
#include "world.h"

#include <cstring>

#include "core/records.h"
#include "core/tcb.h" /* which numbers of a connection mean something is told by its flags */

namespace exhaustive
{

namespace
{

template <typename T>
void append(std::vector<u8> &bytes, const T &value)
{
	const u8 *p = reinterpret_cast<const u8 *>(&value);

	bytes.insert(bytes.end(), p, p + sizeof(value));
}

void flag(rub_ns &t)
{
	t = t != 0;
}

void forget(rub_anchor &run)
{
	run.first = run.last = 0;
	flag(run.dropped);
	flag(run.stuck);
	flag(run.slip);
}

/* A number that means nothing is its own base: 0. */
void relative(u32 &number, u32 base)
{
	number -= base;
}

/* A range that means nothing is none. */
void relative(rub_range &range, u32 base, bool valid)
{
	range.from = valid ? range.from - base : 0;
	range.to = valid ? range.to - base : 0;
}

void forget_measurements(rub_tcb &t)
{
	t.rtt_start = 0;
	t.rtt_seq = 0;
	t.srtt = t.srtt != 0;
	t.rttvar = 0;
	t.challenge_start = 0;
}

/* Congestion control's rounds are numbers of ours, what it measures are times. */
void normalise(rub_cc &cc, u32 ours)
{
	for (u32 *n : {&cc.round, &cc.reduced, &cc.limited})
		relative(*n, ours);
	for (rub_ns *at : {&cc.echoed, &cc.left, &cc.valid, &cc.hystart.baseline, &cc.hystart.rtt,
			   &cc.hystart.last, &cc.cubic.epoch, &cc.cubic.seen})
		flag(*at);
}

void normalise_numbers(rub_tcb &t)
{
	const u32 ours = t.iss, theirs = t.irs;
	const bool met = t.state != RUBATO_SYN_SENT;

	for (u32 *n : {&t.snd_una, &t.snd_nxt, &t.snd_max, &t.snd_end, &t.iss})
		relative(*n, ours);
	relative(t.reset_seq, t.flags & RUB_F_REFUSE ? ours : t.reset_seq);
	if (!met)
		return;
	relative(t.snd_wl2, ours);
	for (u32 *n : {&t.snd_wl1, &t.rcv_nxt, &t.rcv_edge, &t.irs, &t.rcv_up})
		relative(*n, theirs);
	relative(t.rcv_fin, t.flags & RUB_F_PEER_FIN ? theirs : t.rcv_fin);
	t.last_ack_sent = 0; /* means something with timestamps only */
	for (u32 i = 0; i < RUB_OOO_MAX; i++)
		relative(t.ooo[i], theirs, i < t.n_ooo);
	for (u32 i = 0; i < RUB_SACK_MAX; i++)
		relative(t.recent[i], i < t.n_recent ? theirs : t.recent[i]);
	relative(t.dsack, theirs, t.dsack.from != t.dsack.to);
}

/* Loss detection: numbers of ours, and when they left. */
void normalise(rub_loss &loss, u32 ours)
{
	relative(loss.recover, ours);
	relative(loss.rack.fack, ours);
	relative(loss.start, loss.undo ? ours : loss.start);
	relative(loss.frto_end, loss.frto ? ours : loss.frto_end);
	relative(loss.rack.end_seq, loss.rack.xmit_ts ? ours : loss.rack.end_seq);
	relative(loss.rack.dsack_round, loss.rack.in_round ? ours : loss.rack.dsack_round);
	relative(loss.tlp.end_seq, loss.tlp.out ? ours : loss.tlp.end_seq);
	for (rub_ns *at : {&loss.again_at, &loss.rack.xmit_ts, &loss.rack.rtt})
		flag(*at);
}

/* Which node a record has, and the shape of their tree, is nobody's business. */
void put_records(std::vector<u8> &bytes, const rub_out &out, u32 ours)
{
	for (u16 i = rub_rec_head(&out); i != RUB_NO_NODE; i = rub_rec_next(&out, i)) {
		const rub_node *n = rub_rec_at(&out, i);

		append(bytes, n->from - ours);
		append(bytes, n->to - ours);
		append(bytes, n->flags);
	}
	for (u16 i = out.oldest; i != RUB_NO_NODE; i = rub_rec_at(&out, i)->newer)
		append(bytes, rub_rec_at(&out, i)->from - ours);
	append(bytes, out.sacked);
	append(bytes, out.lost);
	append(bytes, out.again);
}

void put_connection(std::vector<u8> &bytes, const rub_tcb &tcb)
{
	rub_tcb t;

	/* Padding is part of the bytes, and rub_init() has cleared it. */
	memcpy(static_cast<void *>(&t), &tcb, sizeof(t));
	normalise_numbers(t);
	if (!(t.flags & RUB_F_SYN_OUT)) {
		normalise(t.cc, tcb.iss);
		normalise(t.loss, tcb.iss);
	}
	flag(t.cc.left); /* a FIN may leave before our SYN is acknowledged */
	forget(t.run);
	forget_measurements(t);
	/* The search for the path's MTU is off; ICMP does not come. */
	for (rub_ns *at :
	     {&t.ack_from, &t.text_at, &t.probe_from, &t.paced_from, &t.ts_recent_at, &t.mtu.since})
		flag(*at);
	memset(static_cast<void *>(&t.out), 0, sizeof(t.out));
	append(bytes, t);
	put_records(bytes, tcb.out, tcb.iss);
}

void put_half(std::vector<u8> &bytes, const rub_half &half)
{
	rub_half h;

	memcpy(&h, &half, sizeof(h));
	h.iss = h.irs = 0;
	h.rtt_start = h.challenge_start = 0;
	forget(h.run);
	append(bytes, h);
}

void put_tw(std::vector<u8> &bytes, const rub_tw &tw, u32 ours, u32 theirs)
{
	rub_tw t;

	memcpy(&t, &tw, sizeof(t));
	t.snd_nxt -= ours;
	t.rcv_nxt -= theirs;
	t.last = t.challenge_start = 0;
	flag(t.challenged);
	flag(t.ts_recent_at);
	append(bytes, t);
}

void put_segment(std::vector<u8> &bytes, const OnWire &on, const u32 iss[2])
{
	const u32 sender = iss[1 - on.to], receiver = iss[on.to];
	OnWire w;

	memcpy(&w, &on, sizeof(w));
	w.seg.seq -= numberless(w.seg) ? 0 : sender;
	w.seg.ack -= w.seg.flags & RUB_ACK ? receiver : 0;
	for (unsigned i = 0; i < w.seg.n_sack; i++) {
		w.seg.sack[i].from -= receiver;
		w.seg.sack[i].to -= receiver;
	}
	append(bytes, w);
}

} // namespace

void World::normalise(std::vector<u8> &bytes) const
{
	bytes.clear();
	append(bytes, losses);
	append(bytes, duplicates);
	append(bytes, n_wire);
	for (unsigned i = 0; i < n_wire; i++)
		put_segment(bytes, wire[i], bounds->iss);
	for (unsigned i = 0; i < 2; i++) {
		const Side &s = sides[i];

		append(bytes, s.phase);
		append(bytes, s.fired);
		append(bytes, s.process);
		if (s.phase == Phase::CONNECTION)
			put_connection(bytes, s.tcb);
		else if (s.phase == Phase::HALF)
			put_half(bytes, s.half);
		else if (s.phase == Phase::TIME_WAIT)
			put_tw(bytes, s.tw, bounds->iss[i], bounds->iss[1 - i]);
	}
}

bool World::ended() const
{
	return !n_wire && due(0) == RUB_NEVER && due(1) == RUB_NEVER;
}

static bool after(u32 a, u32 b)
{
	return static_cast<s32>(a - b) > 0;
}

/* conformance.md section 6, of one connection alone. */
Broken World::check(unsigned side) const
{
	const Side &s = sides[side];
	const rub_tcb &t = s.tcb;
	const bool dead = rub_is_dead(&t);

	if (s.phase != Phase::CONNECTION || dead)
		return {};
	if (after(t.snd_una, t.snd_nxt) || after(t.snd_nxt, t.snd_max))
		return "2: not SND.UNA <= SND.NXT <= SND.MAX";
	if (after(t.snd_max, t.snd_end + 1))
		return "2: SND.MAX beyond what was queued and a FIN";
	if (rub_synchronized(&t) && after(t.rcv_nxt, t.rcv_edge))
		return "2: RCV.NXT beyond the window";
	/* No record is of the SYN, and it alone goes again; a FIN may have followed it. */
	const bool syn = t.flags & RUB_F_SYN_OUT;
	if (rub_synchronized(&t) &&
	    !rub_rec_sound(&t.out, t.snd_una + syn, syn ? t.snd_max : t.snd_nxt))
		return "5: the records do not add up";
	const bool work = rub_queued(&t) || !rub_synchronized(&t) || t.snd_una != t.snd_max;
	if (work && due(side) == RUB_NEVER)
		return "4: work pending, and no deadline";
	if (!s.process.holds && due(side) == RUB_NEVER)
		return "4: an orphan without a deadline";
	return {};
}

/* Of a connection and the peer that it is with. */
Broken World::check_peer(unsigned side) const
{
	const Side &s = sides[side], &peer = sides[1 - side];

	if (s.phase != Phase::CONNECTION || peer.phase != Phase::CONNECTION ||
	    !rub_synchronized(&s.tcb) || s.tcb.irs != peer.tcb.iss || rub_is_dead(&s.tcb) ||
	    rub_is_dead(&peer.tcb) || !rub_synchronized(&peer.tcb) || peer.tcb.irs != s.tcb.iss)
		return {};
	/* Without time the ISN clock stands still: a second child has the numbers of the first. */
	if (s.process.children > 1 || peer.process.children > 1)
		return {};
	if (after(s.tcb.rcv_nxt, peer.tcb.snd_max))
		return "3: acknowledges what was not sent";
	if (after(s.tcb.snd_una, peer.tcb.rcv_nxt))
		return "1: believes to be acknowledged what was not received";
	if (after(s.tcb.snd_max, peer.tcb.rcv_edge + 1))
		return "2: sent beyond the offered window, and more than a probe (" +
		       std::to_string(s.tcb.snd_max - s.tcb.iss) + " of " +
		       std::to_string(peer.tcb.rcv_edge - s.tcb.iss) + ")";
	if (rub_rcv_nxt(&s.tcb) - rub_rcv_first(&s.tcb) > peer.process.written + 1)
		return "1: received more than was written";
	return {};
}

Broken World::check() const
{
	for (unsigned i = 0; i < 2; i++) {
		if (Broken b = check(i))
			return std::string("AB").substr(i, 1) + ": " + *b;
		if (Broken b = check_peer(i))
			return std::string("AB").substr(i, 1) + ": " + *b;
	}
	if (ended())
		for (unsigned i = 0; i < 2; i++)
			if (sides[i].phase == Phase::CONNECTION && !sides[i].process.holds)
				return "4: nothing will ever happen, and a connection is left";
	return {};
}

} // namespace exhaustive
