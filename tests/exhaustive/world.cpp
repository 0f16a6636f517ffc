// SPDX-License-Identifier: GPL-2.0-only
/* The events of the search: what can happen next, and what comes of it. See world.h. */
#include "world.h"

#include <cstring>
#include <sstream>

#include "both_ways.h"

namespace exhaustive
{

World::World(const Bounds &b, const rub_policy &p)
	: bounds(&b), policy(&p), now(b.start), losses(b.losses), duplicates(b.duplicates)
{
	for (Side &side : sides) {
		memset(static_cast<void *>(&side), 0, sizeof(side));
		side.process.opens = b.opens;
		side.process.listens = b.listens;
		side.process.writes = b.writes;
		side.process.shutdowns = b.shutdowns;
		side.process.closes = b.closes;
		side.process.aborts = b.aborts;
		rub_init(&side.tcb);
		rub_lend(&side.tcb, side.node, NODES);
	}
	wire.fill({});
	if (b.established)
		establish();
}

/* A opens, B listens; the three segments of the handshake arrive. */
void World::establish()
{
	apply({Kind::LISTEN, 1});
	apply({Kind::OPEN, 0});
	while (n_wire)
		apply({Kind::DELIVER, 0});
}

void World::copy(const World &other)
{
	bounds = other.bounds;
	policy = other.policy;
	now = other.now;
	losses = other.losses;
	duplicates = other.duplicates;
	n_wire = other.n_wire;
	wire = other.wire;
	/* With the padding, which normalise() looks at. */
	memcpy(static_cast<void *>(&sides), &other.sides, sizeof(sides));
	broken = other.broken;
	repoint();
}

/* The only address in a connection is that of its lent nodes. */
void World::repoint()
{
	for (Side &side : sides)
		if (side.tcb.out.lent)
			side.tcb.out.lent = side.node;
}

u32 World::unread(unsigned side) const
{
	const Side &s = sides[side];

	if (s.phase != Phase::CONNECTION || !rub_synchronized(&s.tcb))
		return 0;
	return rub_rcv_nxt(&s.tcb) - rub_rcv_first(&s.tcb) - s.process.saw_fin - s.process.read;
}

rub_env World::env(unsigned side) const
{
	rub_env e;

	memset(&e, 0, sizeof(e));
	e.now = now;
	e.policy = policy;
	/* isn = fixed would be the same for both sides; the tick of the ISN clock is taken off. */
	e.isn_hash = bounds->iss[side] - now / 4000;
	e.rcv_buf = BUFFER;
	e.rcv_free = BUFFER - unread(side);
	e.path_mss = MSS;
	e.adv_mss = MSS;
	e.gso_max = MSS;
	return e;
}

int World::state(unsigned side) const
{
	const Side &s = sides[side];

	switch (s.phase) {
	case Phase::LISTEN:
		return RUBATO_LISTEN;
	case Phase::HALF:
		return RUBATO_SYN_RCVD;
	case Phase::TIME_WAIT:
		return RUBATO_TIME_WAIT;
	case Phase::CONNECTION:
		return rub_state(&s.tcb);
	case Phase::CLOSED:
		break;
	}
	return RUBATO_CLOSED;
}

rub_ns World::due(unsigned side) const
{
	const Side &s = sides[side];
	const rub_env e = env(side);

	switch (s.phase) {
	case Phase::HALF:
		return rub_half_due(&s.half, &e);
	case Phase::CONNECTION:
		return rub_due(&s.tcb, &e);
	case Phase::TIME_WAIT:
		return rub_tw_due(&s.tw, &e);
	default:
		return RUB_NEVER;
	}
}

static bool may_write(const Side &s)
{
	return s.phase == Phase::CONNECTION && s.process.holds && !s.process.half_closed &&
	       s.process.writes && rub_may_send(&s.tcb);
}

std::vector<Event> World::events() const
{
	std::vector<Event> v;

	for (u8 i = 0; i < n_wire; i++) {
		v.push_back({Kind::DELIVER, i});
		if (losses)
			v.push_back({Kind::LOSE, i});
		if (duplicates)
			v.push_back({Kind::DUPLICATE, i});
	}
	for (u8 i = 0; i < 2; i++) {
		const Side &s = sides[i];
		const Process &p = s.process;
		const bool connection = s.phase == Phase::CONNECTION && p.holds;

		if (due(i) != RUB_NEVER && s.fired < bounds->firings)
			v.push_back({Kind::FIRE, i});
		if (s.phase == Phase::CLOSED && p.opens)
			v.push_back({Kind::OPEN, i});
		if (s.phase == Phase::CLOSED && p.listens)
			v.push_back({Kind::LISTEN, i});
		if (may_write(s))
			v.push_back({Kind::WRITE, i});
		if (connection && unread(i))
			v.push_back({Kind::READ, i});
		if (connection && !p.half_closed && p.shutdowns && rub_synchronized(&s.tcb))
			v.push_back({Kind::SHUTDOWN, i});
		if (connection && p.closes)
			v.push_back({Kind::CLOSE, i});
		if (connection && p.aborts)
			v.push_back({Kind::ABORT, i});
	}
	return v;
}

/* A segment goes on the wire if there is room. */
bool World::put(unsigned from, const rub_tx &tx)
{
	if (n_wire == WIRE)
		return false;
	OnWire &w = wire[n_wire++];
	const u8 to = static_cast<u8>(1 - from);

	memset(&w, 0, sizeof(w));
	w.to = to;
	w.seg.seq = tx.seq;
	w.seg.ack = tx.ack;
	w.seg.len = tx.len;
	w.seg.wnd = tx.wnd;
	w.seg.mss = tx.mss;
	w.seg.urg = tx.urg;
	w.seg.flags = tx.flags;
	w.seg.opts = tx.opts;
	w.seg.wscale = tx.wscale;
	w.seg.ecn = tx.ecn;
	w.seg.n_sack = tx.n_sack;
	memcpy(w.seg.sack, tx.sack, tx.n_sack * sizeof(tx.sack[0]));
	return true;
}

/* The process's connection is no more. */
void World::end(unsigned side)
{
	Side &s = sides[side];

	s.phase = s.process.listening ? Phase::LISTEN : Phase::CLOSED;
	s.process.holds = false;
	rub_renew(&s.tcb);
	memset(s.node, 0, sizeof(s.node));
}

void World::take(unsigned side, const rub_rx &rx)
{
	Process &p = sides[side].process;

	if (rx.mask & RUB_RX_PEER_FIN)
		p.saw_fin = true;
	if (rx.mask & RUB_RX_DEAD)
		p.error = rx.error;
}

/* Once per event: what is to be sent leaves as far as the wire takes it. */
void World::drain(unsigned side)
{
	Side &s = sides[side];
	const rub_env e = env(side);
	rub_tx tx;

	if (s.phase != Phase::CONNECTION)
		return;
	for (unsigned i = 0; n_wire < WIRE && rub_transmit(&s.tcb, &e, &tx); i++) {
		if (i == 100) {
			broken = "rub_transmit() never says that there is nothing to send";
			return;
		}
		put(side, tx);
		rub_sent(&s.tcb, &tx, tx.len, &e);
	}
}

void World::settle(unsigned side)
{
	Side &s = sides[side];
	const rub_env e = env(side);

	drain(side);
	if (s.phase != Phase::CONNECTION)
		return;
	if (rub_state(&s.tcb) == RUBATO_TIME_WAIT) {
		rub_tw_init(&s.tw, &s.tcb, &e);
		s.phase = Phase::TIME_WAIT;
		s.process.holds = false;
		s.process.waited = true;
	} else if (rub_is_dead(&s.tcb)) {
		end(side);
	}
}

void World::answer(unsigned side, rub_verdict verdict, const rub_tx &tx)
{
	Side &s = sides[side];
	const rub_env e = env(side);
	bool left;

	switch (verdict) {
	case RUB_ANSWER:
	case RUB_CREATE:
	case RUB_REMOVE_ANSWER:
		left = put(side, tx);
		if (tx.unit == RUB_UNIT_SYNACK)
			rub_half_sent(&s.half, &tx, left ? 0 : -ENOBUFS, &e);
		break;
	default:
		break;
	}
}

/* The ACK of the last FIN came from @peer: it waits, or has waited, unless it was disturbed. */
void World::ended_cleanly(const Side &peer)
{
	const Process &p = peer.process;

	if (peer.phase != Phase::TIME_WAIT && !p.waited && !p.error && !p.reset)
		broken = "a clean close, and nobody was in TIME_WAIT";
}

void World::deliver(unsigned to, const rub_seg &seg)
{
	Side &s = sides[to];
	const rub_env e = env(to);
	rub_verdict verdict;
	bool last_ack;
	rub_tx tx;
	rub_rx rx;

	s.fired = 0;
	memset(&tx, 0, sizeof(tx));
	switch (s.phase) {
	case Phase::CLOSED:
		if (rub_stray_segment(&seg, &tx))
			put(to, tx);
		break;
	case Phase::LISTEN:
		verdict = rub_listen_segment(&seg, &e, &s.half, &tx);
		if (verdict == RUB_CREATE)
			s.phase = Phase::HALF;
		answer(to, verdict, tx);
		break;
	case Phase::HALF:
		verdict = rub_half_segment(&s.half, &seg, &e, &tx);
		answer(to, verdict, tx);
		if (verdict == RUB_ESTABLISH) {
			s.phase = Phase::CONNECTION;
			s.process.holds = true;
			s.process.children++;
			s.process.read = 0;
			s.process.saw_fin = false;
			rub_from_half(&s.tcb, &s.half, &seg, &e, &rx);
			take(to, rx);
		} else if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
			s.phase = Phase::LISTEN;
		}
		break;
	case Phase::CONNECTION:
		last_ack = rub_state(&s.tcb) == RUBATO_LAST_ACK;
		if (const char *differs = both_ways::segment(s.tcb, seg, e, rx))
			broken = differs;
		take(to, rx);
		if (last_ack && rub_is_dead(&s.tcb) && !(seg.flags & RUB_RST))
			ended_cleanly(sides[1 - to]);
		break;
	case Phase::TIME_WAIT:
		verdict = rub_tw_segment(&s.tw, &seg, &e, &tx);
		if (verdict == RUB_REINCARNATE)
			verdict = rub_tw_refuse(&s.tw, &e, &tx);
		answer(to, verdict, tx);
		if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER)
			end(to);
		break;
	}
}

void World::fire(unsigned side)
{
	Side &s = sides[side];
	const rub_ns at = due(side);
	rub_verdict verdict;
	rub_tx tx;
	rub_rx rx;

	s.fired++;
	now = at > now ? at : now;
	const rub_env e = env(side);
	memset(&tx, 0, sizeof(tx));
	switch (s.phase) {
	case Phase::HALF:
		verdict = rub_half_expire(&s.half, &e, &tx);
		answer(side, verdict, tx);
		if (verdict == RUB_REMOVE)
			s.phase = Phase::LISTEN;
		break;
	case Phase::CONNECTION:
		rub_expire(&s.tcb, &e, &rx);
		take(side, rx);
		break;
	case Phase::TIME_WAIT:
		end(side);
		break;
	default:
		break;
	}
}

void World::call(unsigned side, enum rub_call which, u32 arg)
{
	const rub_env e = env(side);
	rub_rx rx;

	if (!rub_call(&sides[side].tcb, which, arg, &e, &rx))
		take(side, rx);
}

Broken World::apply(const Event &event)
{
	const bool on_wire = event.kind <= Kind::DUPLICATE;
	const unsigned side = on_wire ? wire[event.which].to : event.which;
	Process &p = sides[side].process;

	if (on_wire) {
		const rub_seg seg = wire[event.which].seg;

		if (event.kind == Kind::DUPLICATE) {
			duplicates--;
		} else {
			for (unsigned i = event.which; i + 1 < n_wire; i++)
				wire[i] = wire[i + 1];
			wire[--n_wire] = {};
		}
		if (event.kind == Kind::LOSE)
			losses--;
		else
			deliver(side, seg);
	}
	switch (event.kind) {
	case Kind::FIRE:
		fire(side);
		break;
	case Kind::OPEN:
		p.opens--;
		p.holds = true;
		sides[side].phase = Phase::CONNECTION;
		call(side, RUB_CALL_OPEN, 0);
		break;
	case Kind::LISTEN:
		p.listens--;
		p.listening = true;
		sides[side].phase = Phase::LISTEN;
		break;
	case Kind::WRITE: {
		const u32 bytes = p.writes % 2 ? MSS + 1 : 1;

		p.writes--;
		p.written += bytes;
		call(side, RUB_CALL_SEND, bytes);
		break;
	}
	case Kind::READ:
		p.read += unread(side);
		call(side, RUB_CALL_RECEIVE, 0);
		break;
	case Kind::SHUTDOWN:
		p.shutdowns--;
		p.half_closed = true;
		call(side, RUB_CALL_SHUTDOWN, 0);
		break;
	case Kind::CLOSE: {
		const u32 left = unread(side);

		p.closes--;
		p.holds = false;
		p.reset |= left != 0;
		call(side, RUB_CALL_CLOSE, left);
		break;
	}
	case Kind::ABORT:
		p.aborts--;
		p.holds = false;
		p.reset = true;
		call(side, RUB_CALL_ABORT, ECONNABORTED);
		break;
	default:
		break;
	}
	settle(side);
	settle(1 - side);
	return broken ? broken : check();
}

std::string World::describe(const Event &event) const
{
	static const char *const names[] = {"deliver",	"lose",	  "duplicate", "fire",
					    "open",	"listen", "write",     "read",
					    "shutdown", "close",  "abort"};
	std::ostringstream o;

	o << names[static_cast<unsigned>(event.kind)];
	if (event.kind > Kind::DUPLICATE) {
		o << " "
		  << "AB"[event.which];
		return o.str();
	}
	const OnWire &w = wire[event.which];
	const unsigned from = 1 - w.to;

	o << " to "
	  << "AB"[w.to] << " <";
	for (unsigned i = 0; i < 8; i++)
		if (w.seg.flags & (1u << i))
			o << "FSRPAUEC"[i];
	o << " seq=" << w.seg.seq - bounds->iss[from];
	if (w.seg.flags & RUB_ACK)
		o << " ack=" << w.seg.ack - bounds->iss[w.to];
	o << " len=" << w.seg.len << " wnd=" << w.seg.wnd;
	for (unsigned i = 0; i < w.seg.n_sack; i++)
		o << " sack=" << w.seg.sack[i].from - bounds->iss[w.to] << "-"
		  << w.seg.sack[i].to - bounds->iss[w.to];
	o << ">";
	return o.str();
}

} // namespace exhaustive
