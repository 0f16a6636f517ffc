/* SPDX-License-Identifier: GPL-2.0-only */
/* What leaves an end: drained from the core, judged, cut into segments, put on the network. */
#include "endpoint.h"

#include "core/tcb.h"

namespace sim
{

namespace
{

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

bool Endpoint::lend()
{
	const u16 now = rub_lent(&conn->tcb);
	u16 more = std::min<u16>(host().most_lent, static_cast<u16>(now ? 2 * now : 4));

	stage.did(Mechanism::NO_RECORDS);
	if (stage.sabotaged(7))
		more = std::min<u16>(4000, static_cast<u16>(now ? 2 * now : 4));
	if (more <= now)
		return false;
	std::vector<rub_node> nodes(more);
	const rub_node *old = rub_lend(&conn->tcb, nodes.data(), more);

	require(7, old == (conn->lent.empty() ? nullptr : conn->lent.data()),
		"other records came back than were lent");
	stage.left.lent += !old;
	conn->lent = std::move(nodes);
	return true;
}

/* What the connection does, as its own state tells. */
void Endpoint::note(const rub_tx &tx)
{
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
	if (tx.not_before > stage.now)
		stage.did(Mechanism::DEPARTURE_TIME);
}

Endpoint::Drained Endpoint::drain()
{
	Drained all;

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
		const bool probe = t.flags & RUB_F_TLP;
		const Base base = {t.iss, t.irs, !(t.flags & RUB_F_REFUSE)};

		all.units++;
		all.acks += tx.unit == RUB_UNIT_ACK;
		all.resets += tx.unit == RUB_UNIT_RST;
		all.tries += tx.clock != RUBATO_CLOCK_NONE;
		note(tx);
		check_room(t, tx, conn->memory);
		conn->watch.proposed(t, tx, table(), stage.now);
		result = tx.len;
		if (stage.random.percent(host().drops)) {
			stage.did(Mechanism::LOCAL_DROP);
			result = -ENOBUFS;
		} else if (tx.len > 1 && stage.random.once_in(20)) {
			result = stage.random.number(1, tx.len);
		}
		if (result >= 0)
			send(tx, static_cast<u32>(result), base);
		rub_sent(&t, &tx, result, &env);
		conn->watch.left(t, tx, result >= 0, probe, table(), stage.now);
	}
	return all;
}

/* Sends what may leave; then the connection ends, or waits, if it has come to that. */
void Endpoint::settle()
{
	drain();
	if (conn && conn->dead) {
		end();
		draw();
	} else if (conn && conn->time_wait) {
		const auto &streams = history.streams[conn->incarnation];

		require(1, streams[0].haunted || streams[1].haunted || streams[side].delivered,
			"TIME_WAIT, and the peer did not get everything");
		stage.did(Mechanism::TIME_WAIT);
		tw.emplace();
		stage.left.time_waits++;
		had_time_wait = true;
		rub_tw_init(&*tw, &conn->tcb, &world());
		tw->since = stage.now;
		tw->iss = conn->tcb.iss;
		tw->irs = conn->tcb.irs;
		tw->memory = conn->memory;
		end();
		draw();
	}
}

/* A unit of @len bytes, cut into segments unless the path takes it whole. */
void Endpoint::send(const rub_tx &tx, u32 len, const Base &base)
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
		launch(p, tx, base);
		done += n;
	} while (done < len);
}

/* What leaves a connection, as it stands in the segment. */
void Endpoint::judge(const Packet &p)
{
	auto &streams = history.streams[conn->incarnation];
	const u32 fin = p.seg.flags & RUB_FIN ? 1 : 0;
	const u32 end = p.seg.seq + p.seg.len + fin - (conn->tcb.iss + 1);

	check_edge(conn->tcb, p.seg, conn->memory);
	if (conn->ghost)
		return;
	if (p.seg.len || fin)
		streams[side].sent = std::max(streams[side].sent, end);
	if (p.seg.flags & RUB_ACK && !streams[!side].haunted && rub_synchronized(&conn->tcb))
		require(3, p.seg.ack - (conn->tcb.irs + 1) <= streams[!side].sent,
			"an acknowledgement of what was not sent");
}

void Endpoint::launch(Packet &p, const rub_tx &tx, const Base &base)
{
	u32 seq = 0, ack = 0;

	if (conn && stage.sabotaged(2) && stage.random.once_in(20))
		p.seg.wnd /= 2;
	if (conn && stage.sabotaged(3) && stage.random.once_in(20))
		p.seg.ack++;
	if (conn && p.seg.flags & RUB_ACK)
		judge(p);
	if (base.known && p.seg.flags != (RUB_RST | RUB_ACK))
		seq = p.seg.seq - base.iss;
	if (base.known && p.seg.flags & RUB_ACK)
		ack = p.seg.ack - base.irs;
	p.pair = pair;
	p.to = !side;
	if (!conn)
		p.incarnation = static_cast<u32>(history.streams.size()) - 1;
	stage.totals.segments++;
	stage.totals.retransmissions += tx.again && p.seg.len;
	if (p.seg.flags & RUB_ECE && !(p.seg.flags & RUB_SYN))
		stage.did(Mechanism::ECN_ECHO);
	if (p.seg.n_sack && seq_le(p.seg.sack[0].to, p.seg.ack))
		stage.did(Mechanism::DSACK);
	stage.trace.add(stage.now);
	stage.trace.add(static_cast<u64>(seq) << 32 | ack);
	stage.trace.add(static_cast<u64>(p.seg.len) << 32 | static_cast<u64>(p.seg.flags) << 16 |
			p.seg.wnd);
	stage.trace.add(static_cast<u64>(p.seg.tsval) << 32 | p.seg.tsecr);
	stage.trace.add(static_cast<u64>(p.seg.mss) << 32 | static_cast<u64>(p.seg.opts) << 24 |
			static_cast<u64>(p.seg.wscale) << 16 | static_cast<u64>(p.seg.ecn) << 8 |
			p.seg.n_sack);
	if (p.seg.flags & RUB_URG)
		stage.trace.add(p.seg.urg);
	for (u32 i = 0; i < p.seg.n_sack; i++)
		stage.trace.add(static_cast<u64>(p.seg.sack[i].from - base.irs) << 32 |
				(p.seg.sack[i].to - base.irs));
	if (stage.sabotaged(11) && p.seg.seq + p.seg.len < p.seg.seq)
		return;
	const u32 copies =
		stage.network.launch(p, std::max(stage.now, tx.not_before), Trace::START);

	if (stage.picture && base.known)
		stage.picture->sent(stage.now, side, p, seq, tx.again, tx.unit == RUB_UNIT_PROBE,
				    copies);
	if (stage.trace.verbose())
		stage.trace.line(stage.now,
				 std::string(side, '\t') + std::to_string(pair) +
					 (side ? "B sends " : "A sends ") + text_of(p, seq, ack) +
					 (copies ? copies > 1 ? "  (twice)" : "" : "  (lost)"));
}

void Endpoint::answer(rub_verdict verdict, const rub_tx &tx, const Base &base)
{
	if (verdict != RUB_ANSWER && verdict != RUB_CREATE && verdict != RUB_REMOVE_ANSWER)
		return;
	const bool dropped = stage.random.percent(host().drops);

	if (!dropped)
		send(tx, 0, base);
	if (half && tx.unit == RUB_UNIT_SYNACK)
		rub_half_sent(&*half, &tx, dropped ? -ENOBUFS : 0, &env);
}

} // namespace sim
