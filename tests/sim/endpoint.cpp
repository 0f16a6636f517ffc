/* SPDX-License-Identifier: GPL-2.0-only */
/* An end's life, its timers, and what it does with what arrives. */
#include "endpoint.h"

#include <utility>

#include "both_ways.h"
#include "observe.h"

namespace sim
{

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
	env.reincarnates = false;
	return env;
}

/* A TIME_WAIT that ended at @nxt gives its tuple. After world(). */
void Endpoint::succeed(u32 nxt)
{
	env.reincarnates = true;
	env.old_nxt = nxt;
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
	if (host().bulk)
		p.bytes = r.number(1000000, 6000000);
	p.chunk = r.number(1, std::max(p.bytes, 2U));
	p.pause = r.pick(1, r.once_in(8) ? 5000 : host().bulk ? 20 : 300) * MSEC;
	p.patience = stage.now + r.pick(30, 900) * SEC;
	p.next_act = stage.now + r.pick(0, 100) * MSEC;
	p.urgent = r.once_in(4) ? 20 : 0;
	p.ending = r.percent(60) ? Ending::SHUTDOWN : r.percent(75) ? Ending::CLOSE : Ending::ABORT;
	conn.emplace();
	stage.left.connections++;
	conn->incarnation = incarnation;
	conn->process = p;
	conn->watch.begin(host().late, host().drops);
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

	if (!stage.sabotaged(12))
		stage.left.lent -= lent != nullptr;
	stage.left.connections--;
	conn.reset();
}

bool Endpoint::open(u32 incarnation)
{
	std::optional<u32> old;
	rub_rx rx;

	if (conn || half)
		return false;
	if (tw) {
		if (rub_tw_reuse(&*tw, &world(), stage.random.percent(50)))
			return false;
		old = tw->snd_nxt;
		drop_time_wait();
		stage.did(Mechanism::ACTIVE_REUSE);
	}
	begin(incarnation);
	unclean = had_time_wait = false;
	world();
	if (old)
		succeed(*old);
	require(4, !rub_call(&conn->tcb, RUB_CALL_OPEN, 0, &env, &rx), "open() failed");
	history.iss[side] = conn->tcb.iss;
	collect(rx, nullptr);
	settle();
	return true;
}

void Endpoint::reboot()
{
	end();
	drop_half();
	drop_time_wait();
	unclean = true;
}

void Endpoint::drop_half()
{
	if (half)
		stage.left.half_open--;
	half.reset();
}

void Endpoint::drop_time_wait()
{
	if (tw)
		stage.left.time_waits--;
	tw.reset();
}

/* Timers. */

rub_ns Endpoint::due()
{
	rub_ns at = RUB_NEVER;

	env.now = stage.now;
	if (conn && !(stage.sabotaged(4) && conn->tcb.clock == RUBATO_CLOCK_PERSIST))
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
		armed_for = armed = at;
		if (at != RUB_NEVER && host().late)
			armed += stage.random.pick(0, host().late);
		if (at != RUB_NEVER && stage.sabotaged(8))
			armed += host().late + 100 * MSEC;
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
	if (conn && rub_due(&conn->tcb, &world()) <= stage.now)
		expire_connection();
	if (half)
		expire_half();
	if (tw && rub_tw_due(&*tw, &env) <= stage.now)
		expire_time_wait();
}

void Endpoint::expire_connection()
{
	const bool delayed = rub_ack_due(&conn->tcb, &env) <= stage.now;
	rub_rx rx;

	check_timer(stage.now, conn->memory);
	conn->watch.expires(conn->tcb, table(), stage.now);
	rub_expire(&conn->tcb, &env, &rx);
	if (delayed && !rub_is_dead(&conn->tcb))
		stage.did(Mechanism::DELAYED_ACK);
	if (rx.mask & RUB_RX_GAVE_UP) {
		stage.did(Mechanism::GAVE_UP);
		if (rx.clock == RUBATO_CLOCK_FIN_WAIT_2)
			stage.did(Mechanism::ORPHAN_FIN_WAIT_2);
		if (rx.clock == RUBATO_CLOCK_USER_TIMEOUT)
			stage.did(Mechanism::USER_TIMEOUT);
		conn->watch.gave_up(conn->tcb, rx, table(), stage.now);
	}
	collect(rx, nullptr);
	settle();
}

void Endpoint::expire_half()
{
	const Course &course = table().course(RUBATO_CLOCK_SYNACK);
	const Rto rto = table().unmeasured();
	rub_ns at = end_of(course, course, half->run_seen, rto);
	rub_tx tx;
	const rub_verdict verdict = rub_half_expire(&*half, &world(), &tx);

	if (verdict == RUB_ANSWER && tx.again) {
		stage.did(Mechanism::SYNACK_AGAIN);
		at = half->run_seen.last + course.gap(half->run_seen.tries, rto);
	}
	if (verdict != RUB_DROP && !host().drops) {
		require(8, stage.now >= at, "a half-open entry is served too early");
		require(8, is_in_time(at, told(), host().late, stage.now),
			"a half-open entry is served too late");
	}
	if (verdict == RUB_ANSWER)
		half->run_seen.tried(stage.now);
	answer(verdict, tx, {half->iss, half->irs, true});
	if (verdict == RUB_REMOVE)
		drop_half();
}

void Endpoint::expire_time_wait()
{
	const rub_ns at = tw->since + 2 * table().msl;

	require(8, stage.now >= at, "TIME_WAIT lasts less than 2 MSL");
	require(8, is_in_time(at, told(), host().late, stage.now),
		"TIME_WAIT lasts longer than 2 MSL");
	stage.trace.add(stage.now);
	drop_time_wait();
}

/* One retune, one send at most: what the old clock would have sent is sent now, once. */
void Endpoint::retuned()
{
	rub_rx rx;
	rub_tx tx;

	if (!conn)
		return;
	conn->watch.retuned(stage.now);
	if (stage.sabotaged(9))
		conn->tcb.run.last = stage.now;
	if (rub_due(&conn->tcb, &world()) > stage.now)
		return;
	conn->watch.expires(conn->tcb, table(), stage.now);
	rub_expire(&conn->tcb, &env, &rx);
	if (rx.mask & RUB_RX_GAVE_UP)
		conn->watch.gave_up(conn->tcb, rx, table(), stage.now);
	collect(rx, nullptr);
	const Drained left = drain();

	require(9, left.tries <= 1, "a retune brought more than one try");
	require(9, left.tries + left.acks <= 1, "a retune brought a try and an ACK beside it");
	require(9, !rub_transmit(&conn->tcb, &env, &tx) || tx.hold, "a retune goes on sending");
	settle();
}

void Endpoint::check()
{
	if (half) {
		const Course &course = table().course(RUBATO_CLOCK_SYNACK);
		const rub_ns end = end_of(course, course, half->run_seen, table().unmeasured());

		require(4, rub_half_due(&*half, &env) != RUB_NEVER,
			"a half-open entry stays for ever");
		require(8, host().drops || is_in_time(end, told(), host().late, stage.now),
			"a half-open entry should be gone");
	}
	if (tw)
		require(4, rub_tw_due(&*tw, &env) != RUB_NEVER, "TIME_WAIT stays for ever");
	if (!conn)
		return;
	if (stage.sabotaged(5) && stage.random.once_in(100))
		conn->tcb.out.lost++;
	check_connection(conn->tcb, world(), conn->memory);
	require(7, rub_lent(&conn->tcb) <= host().most_lent, "more records than the bound");
	conn->watch.check(conn->tcb, table(), stage.now);
	check_sacked();
	draw();
}

/* What the sender takes for SACKed is there. */
void Endpoint::check_sacked() const
{
	const rub_tcb &t = conn->tcb;

	if (!t.out.sacked || !peer->conn || peer->conn->ghost || conn->ghost ||
	    peer->conn->incarnation != conn->incarnation)
		return;
	const std::vector<u64> &held = peer->conn->held;

	for (u16 i = rub_rec_head(&t.out); i != RUB_NO_NODE; i = rub_rec_next(&t.out, i)) {
		const rub_node &node = *rub_rec_at(&t.out, i);
		const u32 first = node.from - (t.iss + 1), last = node.to - 1 - (t.iss + 1);

		if (!(node.flags & RUB_N_SACKED))
			continue;
		require(5, last < held.size() && held[first] && held[last],
			"SACKed by the scoreboard, and not with the peer");
	}
}

/* Receiving. */

void Endpoint::too_big(u16 mss)
{
	rub_rx rx;

	stage.did(Mechanism::MTU);
	env.path_mss = std::min(env.path_mss, mss);
	if (!conn || rub_call(&conn->tcb, RUB_CALL_MTU, 0, &env, &rx))
		return;
	collect(rx, nullptr);
	settle();
}

void Endpoint::path_grew()
{
	const u16 now = std::min(host().adv_mss, stage.network.fits());
	rub_rx rx;

	world();
	if (now <= env.path_mss)
		return;
	stage.did(Mechanism::MTU_GREW);
	env.path_mss = now;
	if (!conn || rub_call(&conn->tcb, RUB_CALL_MTU, 0, &env, &rx))
		return;
	collect(rx, nullptr);
	settle();
}

/* By somebody who knows the addresses and ports, and guesses. Never exactly RCV.NXT. */
rub_seg Endpoint::forgery()
{
	const rub_tcb &t = conn->tcb;
	const u32 window = t.rcv_edge - t.rcv_nxt;
	Random &r = stage.random;
	rub_seg s{};

	s.seq = t.rcv_nxt;
	s.flags = RUB_ACK;
	s.wnd = static_cast<u16>(r.bits());
	switch (r.pick(0, 4)) {
	case 0:
		s.flags = RUB_RST;
		s.seq += window > 1 ? r.number(1, window - 1) : 0U - 5;
		break;
	case 1:
		s.flags = RUB_RST;
		s.seq -= r.number(1, 1U << 30);
		break;
	case 2:
		s.flags = RUB_SYN;
		s.seq += r.number(0, 1U << 30);
		break;
	case 3:
		s.ack = t.snd_max + r.number(1, 1U << 30);
		break;
	default:
		s.ack = t.snd_una - t.snd_wnd_max - r.number(1, 1U << 29);
	}
	if (t.opts & RUB_OPT_TS && r.percent(80)) {
		s.opts = RUB_OPT_TS;
		s.tsval = t.ts_recent;
	}
	return s;
}

void Endpoint::forged(u32 n)
{
	for (; n && conn && !conn->ghost && rub_synchronized(&conn->tcb); n--) {
		const rub_tcb before = conn->tcb;
		Packet p{};

		stage.did(Mechanism::FORGED);
		p.seg = forgery();
		world();
		segment(p);
		require(6, conn.has_value(), "a forged segment ended the connection");
		require(6,
			conn->tcb.state == before.state && conn->tcb.rcv_nxt == before.rcv_nxt &&
				conn->tcb.snd_una == before.snd_una,
			"a forged segment was taken for the peer's");
	}
}

void Endpoint::arrive(const Packet &p)
{
	rub_tx tx;

	world();
	if (stage.sabotaged(13) && p.seg.flags & RUB_SYN)
		drop_time_wait();
	if (p.mss) {
		too_big(p.mss);
	} else if (conn) {
		segment(p);
	} else if (half) {
		half_segment(p);
	} else if (tw) {
		time_wait_segment(p);
	} else if (listens) {
		listen(p);
	} else if (rub_stray_segment(&p.seg, &tx)) {
		require(6, !(p.seg.flags & RUB_RST), "an RST was answered");
		/* "SEQ=0" of section 3.10.7.1 is the one number that no ISN moves: 11 moves it. */
		if (!(p.seg.flags & RUB_ACK))
			tx.seq += static_cast<u32>(host().config.knobs.isn);
		send(tx, 0, {});
	}
}

/* To the connection. */
void Endpoint::segment(const Packet &p)
{
	rub_tcb &t = conn->tcb;
	Memory &m = conn->memory;
	const Before before = {t.rcv_nxt, t.rcv_edge, (t.flags & RUB_F_ACK) != 0,
			       rub_synchronized(&t) || t.state == RUBATO_SYN_RCVD};
	const Observer observer(t, p.seg, stage);
	std::optional<Twin> twin;
	rub_seg seg = p.seg;
	rub_rx rx;

	if (p.cut && seg.len > p.cut)
		twin.emplace(t, env);
	if (stage.sabotaged(10) && twin)
		seg.len -= p.cut;
	if (stage.sabotaged(6))
		t.challenge_start = 0;
	note_offer(t, seg, m);
	conn->watch.heard(conn->tcb, stage.now);
	const char *const differs = both_ways::segment(t, seg, env, rx);

	require(0, !differs, differs);
	if (twin)
		twin->compare(t, rx, seg, p.seg, p.cut);
	if (stage.picture && seg.flags & RUB_ACK && rub_synchronized(&t))
		stage.picture->acked(stage.now, side, p, t.iss, t.snd_scale);
	observer.look(t, rx, env);
	collect(rx, &p);
	if (is_challenged(seg, rx) && t.flags & RUB_F_ACK && !before.owes_ack) {
		stage.did(Mechanism::CHALLENGE);
		check_limit(stage.now, m);
	}
	const Drained left = drain();

	check_answers(seg, rx, before, left.acks, left.resets);
	settle();
}

void Endpoint::listen(const Packet &p)
{
	const u8 kind = p.seg.flags & (RUB_SYN | RUB_ACK | RUB_RST);
	const bool full = !env.reincarnates && stage.left.half_open >= stage.plan.backlog;
	Half fresh{};
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
		answer(RUB_ANSWER, tx, {tx.seq, p.seg.seq, true});
		return;
	}
	const rub_verdict verdict = rub_listen_segment(&p.seg, &env, &fresh, &tx);

	require(6, !(p.seg.flags & RUB_RST) || verdict == RUB_DROP, "an RST was answered");
	if (verdict == RUB_CREATE) {
		half = fresh;
		half->run_seen.start(stage.now);
		history.iss[side] = fresh.iss;
		stage.left.half_open++;
		answer(verdict, tx, {fresh.iss, fresh.irs, true});
	} else {
		answer(verdict, tx, {});
	}
}

void Endpoint::half_segment(const Packet &p)
{
	rub_tx tx;
	const rub_verdict verdict = rub_half_segment(&*half, &p.seg, &env, &tx);
	const bool answers = verdict == RUB_ANSWER || verdict == RUB_REMOVE_ANSWER;

	if (answers && tx.unit == RUB_UNIT_RST)
		require(6, !(p.seg.flags & RUB_RST), "an RST was answered by an RST");
	else if (answers)
		check_limit(stage.now, half->memory);
	answer(verdict, tx, {half->iss, half->irs, tx.unit != RUB_UNIT_RST});
	if (verdict == RUB_ESTABLISH) {
		const Half from = *half;

		drop_half();
		establish(from, p);
		if (conn) {
			conn->memory.limited_from = from.memory.limited_from;
			conn->memory.answers = from.memory.answers;
		}
	} else if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
		drop_half();
	}
}

void Endpoint::establish(const rub_half &from, const Packet &p)
{
	rub_rx rx;

	drop_time_wait();
	unclean = had_time_wait = false;
	begin(p.incarnation);
	rub_from_half(&conn->tcb, &from, &p.seg, &world(), &rx);
	collect(rx, &p);
	settle();
}

void Endpoint::time_wait_segment(const Packet &p)
{
	const u32 end = p.seg.seq + p.seg.len + !!(p.seg.flags & RUB_FIN);
	rub_tx tx;
	rub_verdict verdict = rub_tw_segment(&*tw, &p.seg, &env, &tx);

	if (verdict == RUB_ANSWER && tw->last == stage.now && p.seg.flags & RUB_FIN &&
	    end == tw->rcv_nxt) {
		stage.did(Mechanism::TIME_WAIT_AGAIN);
		tw->since = stage.now;
	} else if (verdict == RUB_ANSWER) {
		check_limit(stage.now, tw->memory);
	}
	require(8, tw->last == tw->since, "something else than the FIN began TIME_WAIT again");
	require(6, !(p.seg.flags & RUB_RST) || verdict != RUB_ANSWER, "an RST was answered");
	if (verdict == RUB_REINCARNATE && listens) {
		stage.did(Mechanism::REINCARNATION);
		succeed(tw->snd_nxt);
		listen(p);
		return;
	}
	if (verdict == RUB_REINCARNATE)
		verdict = rub_tw_refuse(&*tw, &env, &tx);
	answer(verdict, tx, {tw->iss, tw->irs, tx.unit != RUB_UNIT_RST});
	if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
		drop_time_wait();
		unclean = true;
	}
}

void Endpoint::draw()
{
	if (stage.picture && state() != drawn)
		stage.picture->state(stage.now, pair, side, drawn = state());
}

} // namespace sim
