/* SPDX-License-Identifier: GPL-2.0-only */
#include "endpoint.h"

#include <algorithm>
#include <utility>

#include "both_ways.h"
#include "core/tcb.h"

namespace sim
{

namespace
{

constexpr u32 SEND_BUFFER = 200000;

/* Which byte of which stream; never 0. */
u64 tag_of(u32 incarnation, u8 side, u32 offset)
{
	return (static_cast<u64>(incarnation) + 1) << 33 | static_cast<u64>(side) << 32 | offset;
}

std::string text_of(const Packet &p, u32 seq, u32 ack)
{
	std::string s = flag_names(p.seg.flags) + " seq=" + std::to_string(seq);

	if (p.seg.flags & RUB_ACK)
		s += " ack=" + std::to_string(ack);
	s += " len=" + std::to_string(p.seg.len) + " wnd=" + std::to_string(p.seg.wnd);
	for (u32 i = 0; i < p.seg.n_sack; i++)
		s += " sack+" + std::to_string(p.seg.sack[i].from - p.seg.ack) + ".." +
		     std::to_string(p.seg.sack[i].to - p.seg.ack);
	return s;
}

} // namespace

Endpoint::Endpoint(Stage &s, History &h, u16 p, u8 which, bool passive)
	: stage(s), history(h), pair(p), side(which), listens(passive)
{
	env.policy = &stage.policy[side];
	env.isn_hash = host().isn_hash + pair;
	env.cookie_key[0] = host().cookie_key[0] + pair;
	env.cookie_key[1] = host().cookie_key[1];
	env.ts_offset = host().ts_offset;
	env.path_mss = host().adv_mss;
	env.adv_mss = host().adv_mss;
	env.gso_max = host().gso_max;
	env.rcv_buf = host().buffer;
	env.edt = host().edt;
}

Endpoint::~Endpoint()
{
	end();
}

/* What the core may know now. */
rub_env &Endpoint::world()
{
	const u32 unread = conn && !conn->process.gone ? conn->in_order - conn->read : 0;

	env.now = stage.now;
	env.rnd = static_cast<u32>(stage.random.bits());
	env.rcv_free = unread < host().buffer ? host().buffer - unread : 0;
	return env;
}

u8 Endpoint::state() const
{
	if (conn)
		return rub_state(&conn->tcb);
	if (half)
		return RUBATO_SYN_RCVD;
	if (tw)
		return RUBATO_TIME_WAIT;
	return listens ? RUBATO_LISTEN : RUBATO_CLOSED;
}

void Endpoint::begin(u32 incarnation)
{
	Random &r = stage.random;
	Process p{};

	p.bytes = r.once_in(5) ? 0 : r.number(1, host().buffer > 60000 ? 300000 : 40000);
	p.chunk = r.number(1, std::max(p.bytes, 2U));
	p.pause = r.pick(1, r.once_in(8) ? 5000 : 300) * MSEC;
	p.patience = stage.now + r.pick(30, 900) * SEC;
	p.next_act = stage.now + r.pick(0, 100) * MSEC;
	p.urgent = r.once_in(4) ? 20 : 0;
	p.ending = r.percent(60) ? Ending::SHUTDOWN : r.percent(75) ? Ending::CLOSE : Ending::ABORT;
	conn.emplace();
	conn->incarnation = incarnation;
	conn->process = p;
	conn->ghost = std::exchange(history.streams[incarnation][side].began, true);
	if (conn->ghost) {
		history.streams[incarnation][side].haunted = true;
		conn->process.bytes = 0;
		conn->process.patience = stage.now;
	}
	rub_init(&conn->tcb);
	rub_set(&conn->tcb, RUB_OPTION_NODELAY, r.once_in(4), nullptr);
	rub_set(&conn->tcb, RUB_OPTION_CORK, r.once_in(12), nullptr);
	rub_set(&conn->tcb, RUB_OPTION_KEEPALIVE, r.percent(50), nullptr);
	rub_set(&conn->tcb, RUB_OPTION_QUICKACK, r.once_in(8), nullptr);
}

/* The connection goes; what was lent to it comes back. */
void Endpoint::end()
{
	if (!conn)
		return;
	const rub_node *lent = rub_unlend(&conn->tcb);

	stage.nodes -= lent != nullptr;
	conn.reset();
}

bool Endpoint::open(u32 incarnation)
{
	u32 floor = 0;
	rub_rx rx;

	if (conn || half)
		return false;
	if (tw) {
		if (rub_tw_reuse(&*tw, &world(), stage.random.percent(50)))
			return false;
		floor = tw->snd_nxt;
		tw.reset();
		stage.did(Mechanism::ACTIVE_REUSE);
	}
	begin(incarnation);
	unclean = false;
	require(4, !rub_call(&conn->tcb, RUB_CALL_OPEN, floor, &world(), &rx), "open() failed");
	history.iss[side] = conn->tcb.iss;
	collect(rx, nullptr);
	drain();
	return true;
}

void Endpoint::reboot()
{
	end();
	drop_half();
	tw.reset();
	unclean = true;
}

void Endpoint::drop_half()
{
	if (half)
		stage.half_open--;
	half.reset();
}

/* Timers. */

rub_ns Endpoint::due()
{
	rub_ns at = RUB_NEVER;

	env.now = stage.now;
	if (conn)
		at = rub_due(&conn->tcb, &env);
	if (half)
		at = std::min(at, rub_half_due(&*half, &env));
	if (tw)
		at = std::min(at, rub_tw_due(&*tw, &env));
	return at;
}

rub_ns Endpoint::next()
{
	const rub_ns at = due();

	if (at != armed_for) {
		armed_for = at;
		armed = at == RUB_NEVER || !host().late ? at
							: at + stage.random.pick(0, host().late);
	}
	return acts() ? std::min(armed, conn->process.next_act) : armed;
}

void Endpoint::wake()
{
	if (armed <= stage.now) {
		armed_for = armed = RUB_NEVER;
		expire();
	} else if (acts() && conn->process.next_act <= stage.now) {
		act();
	}
}

void Endpoint::expire()
{
	rub_rx rx;

	if (conn && rub_due(&conn->tcb, &world()) <= stage.now) {
		check_timer(stage.now, conn->memory);
		const bool delayed = conn->tcb.ack_from;
		const u8 before = conn->tcb.state;
		const rub_ns first = conn->tcb.run.first;

		rub_expire(&conn->tcb, &env, &rx);
		if (delayed && !conn->tcb.ack_from && !rub_is_dead(&conn->tcb))
			stage.did(Mechanism::DELAYED_ACK);
		if (rx.mask & RUB_RX_GAVE_UP) {
			stage.did(Mechanism::GAVE_UP);
			if (rx.clock == RUBATO_CLOCK_FIN_WAIT_2)
				stage.did(Mechanism::ORPHAN_FIN_WAIT_2);
			if (before == RUBATO_SYN_SENT && !stage.retuned && !host().drops)
				check_gave_up(env.policy->syn, first, stage.now,
					      (rx.tries + 1) * host().late);
		}
		collect(rx, nullptr);
		drain();
	}
	if (half)
		expire_half();
	if (tw && rub_tw_due(&*tw, &env) <= stage.now) {
		stage.trace.add(stage.now);
		tw.reset();
	}
}

void Endpoint::expire_half()
{
	rub_tx tx;
	const rub_verdict verdict = rub_half_expire(&*half, &world(), &tx);

	if (verdict == RUB_ANSWER && tx.again)
		stage.did(Mechanism::SYNACK_AGAIN);
	answer(verdict, tx);
	if (verdict == RUB_REMOVE) {
		if (!stage.retuned && !host().drops)
			check_gave_up(env.policy->synack, half->run.first, stage.now,
				      (half->run.life + 1) * host().late);
		drop_half();
	}
}

/* One retune, one send at most: what the old clock would have sent is sent now, once. */
void Endpoint::retuned()
{
	rub_rx rx;
	rub_tx tx;

	if (!conn || rub_due(&conn->tcb, &world()) > stage.now)
		return;
	const u32 life = conn->tcb.run.life;

	rub_expire(&conn->tcb, &env, &rx);
	collect(rx, nullptr);
	drain();
	if (conn) {
		require(9, conn->tcb.run.life <= life + 1, "a retune brought more than one try");
		require(9, !rub_transmit(&conn->tcb, &env, &tx), "a retune goes on sending");
	}
}

/* The process. */

bool Endpoint::acts() const
{
	return conn && !conn->process.gone;
}

bool Endpoint::write(Process &p)
{
	const u32 room = SEND_BUFFER - std::min(SEND_BUFFER, rub_queued(&conn->tcb));
	const u32 n = std::min({p.chunk, p.bytes - conn->written, room});
	const bool urgent = n && stage.random.percent(p.urgent);
	rub_rx rx;

	if (!n || !rub_may_send(&conn->tcb))
		return false;
	conn->written += n;
	history.streams[conn->incarnation][side].written += n;
	if (urgent)
		stage.did(Mechanism::URGENT);
	require(4,
		!rub_call(&conn->tcb, urgent ? RUB_CALL_SEND_URGENT : RUB_CALL_SEND, n, &world(),
			  &rx),
		"send() failed in a state that allows it");
	collect(rx, nullptr);
	return true;
}

bool Endpoint::read()
{
	rub_rx rx;

	if (conn->read == conn->in_order)
		return false;
	conn->read += stage.random.number(1, conn->in_order - conn->read);
	require(4, !rub_call(&conn->tcb, RUB_CALL_RECEIVE, 0, &world(), &rx), "recv() failed");
	collect(rx, nullptr);
	return true;
}

void Endpoint::finish()
{
	Process &p = conn->process;
	rub_rx rx;

	if (!conn->ghost)
		history.streams[conn->incarnation][side].finished = true;
	if (p.ending == Ending::ABORT) {
		stage.did(Mechanism::ABORT);
		p.gone = true;
		unclean = true;
		rub_call(&conn->tcb, RUB_CALL_ABORT, ECONNABORTED, &world(), &rx);
	} else if (p.ending == Ending::SHUTDOWN && !p.shut) {
		p.shut = true;
		rub_call(&conn->tcb, RUB_CALL_SHUTDOWN, 0, &world(), &rx);
	} else {
		const u32 unread = conn->in_order - conn->read;

		p.gone = true;
		unclean |= unread != 0;
		rub_call(&conn->tcb, RUB_CALL_CLOSE, unread, &world(), &rx);
	}
	collect(rx, nullptr);
}

void Endpoint::act()
{
	Process &p = conn->process;
	const bool impatient = stage.now >= p.patience;

	p.next_act = stage.now + stage.random.pick(1, p.pause);
	if (impatient && p.shut)
		p.ending = Ending::CLOSE;
	if (impatient) {
		finish();
	} else if ((!conn->connected || stage.random.percent(50) || !read()) && !write(p) &&
		   !read()) {
		const bool all = conn->connected && conn->written == p.bytes;

		if (all && (!p.shut || conn->peer_fin))
			finish();
		else
			p.next_act += stage.random.pick(100, 1000) * MSEC; /* nothing to do */
	}
	drain();
}

/* What the core said. */

void Endpoint::collect(const rub_rx &rx, const Packet *packet)
{
	if (rx.mask & RUB_RX_KEEP)
		keep(rx.keep, *packet);
	if (rx.mask & RUB_RX_CONNECTED)
		conn->connected = true;
	if (rx.mask & RUB_RX_PEER_FIN)
		conn->peer_fin = true;
	if (rx.mask & RUB_RX_DEAD) {
		conn->dead = true;
		unclean |= rx.error != 0;
	}
	if (rx.mask & RUB_RX_TIME_WAIT)
		conn->time_wait = true;
	if (rx.mask & (RUB_RX_ADVANCED | RUB_RX_PEER_FIN))
		advance();
	steps(rx);
}

void Endpoint::steps(const rub_rx &rx)
{
	for (u32 i = 0; i < rx.n_steps; i++) {
		stage.trace.add(rx.step[i] + (static_cast<u64>(side) << 8) + stage.now);
		if (stage.trace.verbose())
			stage.trace.line(stage.now, std::string(side, '\t') + std::to_string(pair) +
							    (side ? "B is " : "A is ") +
							    state_name(rx.step[i]));
		if (rx.step[i] == RUBATO_CLOSING)
			stage.did(Mechanism::SIMULTANEOUS_CLOSE);
	}
	if (rx.reason == RUBATO_REASON_PAWS)
		stage.did(Mechanism::PAWS);
}

void Endpoint::keep(const rub_range &range, const Packet &p)
{
	const u32 first = rub_rcv_first(&conn->tcb);

	require(7, seq_le(p.seg.seq, range.from) && range.to - p.seg.seq <= p.seg.len,
		"kept what the segment did not have");
	require(7, static_cast<s32>(range.to - range.from) > 0, "kept nothing");
	require(7, seq_le(range.to, conn->tcb.rcv_edge), "kept more than the window takes");
	for (u32 s = range.from; s != range.to; s++) {
		const u32 at = s - first;

		if (at >= conn->held.size())
			conn->held.resize(at + 1);
		conn->held[at] = tag_of(p.incarnation, !side, p.offset + (s - p.seg.seq));
	}
}

void Endpoint::advance()
{
	const u32 end = rub_rcv_nxt(&conn->tcb) - rub_rcv_first(&conn->tcb) - conn->peer_fin;
	const auto &stream = history.streams[conn->incarnation][!side];

	require(1, end <= conn->held.size(), "RCV.NXT went over bytes that nobody holds");
	require(3, end >= conn->in_order, "RCV.NXT went back");
	for (; conn->in_order < end; conn->in_order++) {
		const u64 tag = conn->held[conn->in_order];

		require(1, tag != 0, "RCV.NXT went over a hole");
		require(13, tag >> 33 == conn->incarnation + 1, "a byte of another incarnation");
		require(1, tag == tag_of(conn->incarnation, !side, conn->in_order),
			"a byte in the wrong place");
		stage.totals.bytes++;
	}
	require(1, end <= stream.written, "more was delivered than was sent");
	if (conn->peer_fin) {
		require(1, stream.haunted || (stream.finished && end == stream.written),
			"the FIN was reached and bytes are missing");
		if (!conn->ghost)
			history.streams[conn->incarnation][!side].delivered = true;
	}
}

void Endpoint::check()
{
	if (half)
		require(4, rub_half_due(&*half, &env) != RUB_NEVER,
			"a half-open entry stays for ever");
	if (tw)
		require(4, rub_tw_due(&*tw, &env) != RUB_NEVER, "TIME_WAIT stays for ever");
	if (conn)
		check_connection(conn->tcb, world(), conn->memory);
}

/* Sending. */

void Endpoint::drain()
{
	u32 acks = 0, resets = 0;

	drain(acks, resets);
}

/* Who speaks to this connection. */
const rub_tcb *Endpoint::counterpart() const
{
	const auto &other = peer->conn;

	if (!other || other->ghost || conn->ghost || other->incarnation != conn->incarnation)
		return nullptr;
	return &other->tcb;
}

bool Endpoint::lend()
{
	const u16 now = rub_lent(&conn->tcb);
	const u16 more = std::min<u16>(host().most_lent, static_cast<u16>(now ? 2 * now : 4));

	stage.did(Mechanism::NO_RECORDS);
	if (more <= now)
		return false;
	std::vector<rub_node> nodes(more);
	const rub_node *old = rub_lend(&conn->tcb, nodes.data(), more);

	require(7, old == (conn->lent.empty() ? nullptr : conn->lent.data()),
		"other records came back than were lent");
	stage.nodes += !old;
	conn->lent = std::move(nodes);
	return true;
}

void Endpoint::note(const rub_tx &tx, const rub_tx *proposed)
{
	stage.totals.retransmissions += tx.again && tx.len;
	if (!proposed)
		return;
	const rub_tcb &t = conn->tcb;

	if (tx.unit == RUB_UNIT_KEEPALIVE)
		stage.did(Mechanism::KEEPALIVE);
	if (tx.clock == RUBATO_CLOCK_PERSIST)
		stage.did(Mechanism::PERSIST);
	if (tx.unit == RUB_UNIT_SYNACK)
		stage.did(Mechanism::SIMULTANEOUS_OPEN);
	if (tx.unit != RUB_UNIT_DATA)
		return;
	if (t.flags & RUB_F_TLP)
		stage.did(Mechanism::LOSS_PROBE);
	if (tx.again && t.flags & RUB_F_RTO)
		stage.did(Mechanism::TIMEOUT);
	if (tx.again && t.loss.mode == RUB_LOSS_RECOVERY)
		stage.did(t.opts & RUB_OPT_SACK ? Mechanism::SACK_RECOVERY
						: Mechanism::FAST_RECOVERY);
	if (tx.flags & RUB_CWR)
		stage.did(Mechanism::ECN_REDUCED);
	if (tx.cut && tx.len > tx.cut)
		stage.did(Mechanism::SUPER_SEGMENT);
}

/* Everything that may leave now; how many bare ACKs and RSTs that were. */
void Endpoint::drain(u32 &acks, u32 &resets)
{
	for (u32 n = 0; conn; n++) {
		rub_tcb &t = conn->tcb;
		rub_tx tx;
		s64 result;

		require(4, n < 10000, "rub_transmit() never ends");
		if (!rub_transmit(&t, &world(), &tx)) {
			if (tx.hold == RUB_HOLD_PACED)
				stage.did(Mechanism::PACED);
			if (tx.hold != RUB_HOLD_NODES || !lend())
				break;
			continue;
		}
		acks += tx.unit == RUB_UNIT_ACK;
		resets += tx.unit == RUB_UNIT_RST;
		note(tx, &tx);
		result = tx.len;
		if (stage.random.percent(host().drops)) {
			stage.did(Mechanism::LOCAL_DROP);
			result = -ENOBUFS;
		} else if (tx.len > 1 && stage.random.once_in(20)) {
			result = stage.random.number(1, tx.len);
		}
		if (result >= 0) {
			check_unit(t, tx, counterpart(), conn->memory);
			send(tx, static_cast<u32>(result));
		}
		rub_sent(&t, &tx, result, &env);
	}
	if (conn && conn->dead) {
		end();
	} else if (conn && conn->time_wait) {
		const auto &streams = history.streams[conn->incarnation];

		require(1, streams[0].haunted || streams[1].haunted || streams[side].delivered,
			"TIME_WAIT, and the peer did not get everything");
		tw.emplace();
		rub_tw_init(&*tw, &conn->tcb, &world());
		stage.did(Mechanism::TIME_WAIT);
		end();
	}
}

/* A unit of @len bytes, cut into segments unless the path takes it whole. */
void Endpoint::send(const rub_tx &tx, u32 len)
{
	const bool whole = stage.plan.path.whole;
	u32 done = 0;

	do {
		const u32 n = tx.cut && !whole ? std::min<u32>(tx.cut, len - done) : len - done;
		Packet p{};

		p.seg.seq = tx.seq + done;
		p.seg.ack = tx.ack;
		p.seg.len = n;
		p.seg.tsval = tx.tsval;
		p.seg.tsecr = tx.tsecr;
		p.seg.wnd = tx.wnd;
		p.seg.mss = tx.mss;
		p.seg.urg = tx.urg;
		p.seg.flags = tx.flags;
		p.seg.opts = tx.opts;
		p.seg.wscale = tx.wscale;
		p.seg.ecn = tx.ecn;
		p.seg.n_sack = tx.n_sack;
		std::copy(tx.sack, tx.sack + tx.n_sack, p.seg.sack);
		if (done + n < tx.len)
			p.seg.flags &= static_cast<u8>(~(RUB_FIN | RUB_PSH));
		if (done)
			p.seg.flags &= static_cast<u8>(~RUB_CWR);
		p.cut = tx.cut;
		p.length = (tx.cut ? std::min<u32>(tx.cut, n) : n) + (n ? rub_options_len(&tx) : 0);
		if (conn && n)
			p.offset = p.seg.seq - (conn->tcb.iss + 1);
		p.incarnation = conn ? conn->incarnation : 0;
		launch(p);
		done += n;
	} while (done < len);
}

void Endpoint::launch(Packet &p)
{
	const u32 seq = p.seg.seq - (p.seg.seq ? history.iss[side] : 0);
	const u32 ack = p.seg.ack - (p.seg.ack ? history.iss[!side] : 0);

	p.pair = pair;
	p.to = !side;
	if (!conn)
		p.incarnation = static_cast<u32>(history.streams.size()) - 1;
	stage.totals.segments++;
	if (p.seg.flags & RUB_ECE && !(p.seg.flags & RUB_SYN))
		stage.did(Mechanism::ECN_ECHO);
	if (p.seg.n_sack && seq_le(p.seg.sack[0].to, p.seg.ack))
		stage.did(Mechanism::DSACK);
	stage.trace.add(stage.now);
	stage.trace.add(static_cast<u64>(seq) << 32 | ack);
	stage.trace.add(static_cast<u64>(p.seg.len) << 32 | static_cast<u64>(p.seg.flags) << 16 |
			p.seg.wnd);
	stage.trace.add(static_cast<u64>(p.seg.tsval) << 32 | p.seg.tsecr);
	const u32 copies = stage.network.launch(p, stage.now);

	if (stage.trace.verbose())
		stage.trace.line(stage.now,
				 std::string(side, '\t') + std::to_string(pair) +
					 (side ? "B sends " : "A sends ") + text_of(p, seq, ack) +
					 (copies ? copies > 1 ? "  (twice)" : "" : "  (lost)"));
}

void Endpoint::answer(rub_verdict verdict, const rub_tx &tx)
{
	if (verdict != RUB_ANSWER && verdict != RUB_CREATE && verdict != RUB_REMOVE_ANSWER)
		return;
	const bool dropped = stage.random.percent(host().drops);

	note(tx, nullptr);
	if (!dropped)
		send(tx, 0);
	if (half && tx.unit == RUB_UNIT_SYNACK)
		rub_half_sent(&*half, &tx, dropped ? -ENOBUFS : 0, &env);
}

/* Receiving. */

void Endpoint::arrive(const Packet &p)
{
	rub_tx tx;
	rub_rx rx;

	world();
	if (p.mss) {
		stage.did(Mechanism::MTU);
		env.path_mss = std::min(env.path_mss, p.mss);
		if (conn && !rub_call(&conn->tcb, RUB_CALL_MTU, 0, &env, &rx))
			drain();
		return;
	}
	if (conn) {
		u32 acks = 0, resets = 0;
		Memory &memory = conn->memory;
		const u32 incarnation = conn->incarnation;

		if (!(p.seg.flags & RUB_SYN) &&
		    static_cast<u32>(p.seg.wnd) << conn->tcb.snd_scale > 65535)
			stage.did(Mechanism::SCALED);
		const char *const differs = both_ways::segment(conn->tcb, p.seg, env, rx);

		require(0, !differs, differs);
		if (rx.mask & RUB_RX_DEAD && p.seg.flags & RUB_RST)
			stage.did(Mechanism::RESET);
		collect(rx, &p);
		Memory kept = memory;

		drain(acks, resets);
		if (acks && (rx.reason == RUBATO_REASON_BAD_RST ||
			     rx.reason == RUBATO_REASON_SYN_IN_WINDOW))
			stage.did(Mechanism::CHALLENGE);
		const bool lives = conn && conn->incarnation == incarnation;

		check_answers(p.seg, rx, acks, resets, stage.now, lives ? conn->memory : kept);
	} else if (half) {
		half_segment(p);
	} else if (tw) {
		time_wait_segment(p);
	} else if (listens) {
		listen(p, 0);
	} else if (rub_stray_segment(&p.seg, &tx)) {
		require(6, !(p.seg.flags & RUB_RST), "an RST was answered");
		send(tx, 0);
	}
}

void Endpoint::listen(const Packet &p, u32 floor)
{
	const u8 kind = p.seg.flags & (RUB_SYN | RUB_ACK | RUB_RST);
	const bool full = !floor && stage.half_open >= stage.plan.backlog;
	rub_half fresh;
	rub_tx tx;

	if (kind == RUB_ACK && stage.cookies &&
	    rub_cookie_accept(&p.seg, &env, &fresh) == RUBATO_REASON_NONE) {
		stage.did(Mechanism::COOKIE);
		history.iss[side] = fresh.iss;
		establish(fresh, p);
		return;
	}
	if (kind == RUB_SYN && full) {
		rub_cookie_answer(&p.seg, &env, &tx);
		stage.cookies++;
		history.iss[side] = tx.seq;
		answer(RUB_ANSWER, tx);
		return;
	}
	const rub_verdict verdict = rub_listen_segment(&p.seg, &env, floor, &fresh, &tx);

	if (verdict == RUB_CREATE) {
		half = fresh;
		history.iss[side] = fresh.iss;
		stage.half_open++;
	}
	answer(verdict, tx);
}

void Endpoint::half_segment(const Packet &p)
{
	rub_tx tx;
	const rub_verdict verdict = rub_half_segment(&*half, &p.seg, &env, &tx);

	answer(verdict, tx);
	if (verdict == RUB_ESTABLISH) {
		const rub_half from = *half;

		drop_half();
		establish(from, p);
	} else if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
		drop_half();
	}
}

void Endpoint::establish(const rub_half &from, const Packet &p)
{
	rub_rx rx;

	tw.reset();
	unclean = false;
	begin(p.incarnation);
	rub_from_half(&conn->tcb, &from, &p.seg, &world(), &rx);
	collect(rx, &p);
	drain();
}

void Endpoint::time_wait_segment(const Packet &p)
{
	const rub_ns before = tw->last;
	rub_tx tx;
	rub_verdict verdict = rub_tw_segment(&*tw, &p.seg, &env, &tx);

	if (verdict == RUB_ANSWER && tw->last != before)
		stage.did(Mechanism::TIME_WAIT_AGAIN);
	if (verdict == RUB_REINCARNATE && listens) {
		stage.did(Mechanism::REINCARNATION);
		listen(p, tw->snd_nxt);
		return;
	}
	if (verdict == RUB_REINCARNATE)
		verdict = rub_tw_refuse(&*tw, &env, &tx);
	answer(verdict, tx);
	if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
		tw.reset();
		unclean = true;
	}
}

} // namespace sim
