/* SPDX-License-Identifier: GPL-2.0-only */
/* The process that holds a connection, and what the core tells it: every byte is known by a tag. */
#include "endpoint.h"

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

} // namespace

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

/* Some change of mind in the middle of it. */
void Endpoint::options()
{
	static const rub_option all[] = {RUB_OPTION_NODELAY, RUB_OPTION_CORK, RUB_OPTION_KEEPALIVE,
					 RUB_OPTION_QUICKACK};
	const rub_option option = all[stage.random.pick(0, 3)];

	rub_set(&conn->tcb, option, !rub_is_set(&conn->tcb, option), &world());
	conn->watch.look(conn->tcb, stage.now);
	conn->watch.changed(stage.now);
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
	if (stage.random.once_in(30))
		options();
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
	settle();
}

/* What the core said. */

void Endpoint::collect(const rub_rx &rx, const Packet *packet)
{
	const auto &streams = history.streams[conn->incarnation];

	conn->watch.look(conn->tcb, stage.now);
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
	/* LAST_ACK ended by its ACK: what was said is known to be there. */
	if (rx.mask & RUB_RX_DEAD && !rx.error && conn->peer_fin &&
	    conn->tcb.snd_una == conn->tcb.snd_end + 1)
		require(1, streams[0].haunted || streams[1].haunted || streams[side].delivered,
			"closed cleanly, and the peer did not get everything");
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
		if (stage.picture)
			stage.picture->state(stage.now, pair, side, drawn = rx.step[i]);
		if (rx.step[i] == RUBATO_CLOSING)
			stage.did(Mechanism::SIMULTANEOUS_CLOSE);
	}
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
		conn->kept += !conn->held[at];
		conn->held[at] = tag_of(p.incarnation, !side, p.offset + (s - p.seg.seq));
		if (stage.sabotaged(1) && stage.random.once_in(1000))
			conn->held[at]++;
	}
	require(7, conn->kept - conn->read <= host().buffer,
		"more bytes are held than the receive buffer takes");
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

} // namespace sim
