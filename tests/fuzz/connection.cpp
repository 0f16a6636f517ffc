// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection against whatever can happen to it: segments, calls, time, other clocks, local
 * drops, records lent or not. It is opened by itself or by the peer, with a half-open entry or with
 * a cookie, and when it has ended the next one may come. end.h says what is judged.
 *
 * Input: the host, then events of a byte each (kind in the low half, how in the high half), some
 * with operands. Segments are written relative to the connection's own numbers, so that an
 * input means the same wherever they begin, and gets deep.
 */
#include <algorithm>

#include "clocks.h"
#include "core/constants.h"
#include "end.h"
#include "fuzz.h"

namespace
{

using fuzz::End;
using fuzz::Input;
using fuzz::Packet;

constexpr rub_ns USEC = 1000, MSEC = 1000 * USEC, SEC = 1000 * MSEC, DAY = 86400 * SEC;
constexpr u32 PEER_ISS = 0xfffff000;
/* A longer program says nothing new. */
constexpr u32 EVENTS_MAX = 400;
/* Queued and not acknowledged, in full segments: what one event may bring to send. */
constexpr u32 QUEUE_SEGMENTS = 64;

fuzz::Host host_of(Input &in)
{
	static constexpr u32 BUFFERS[] = {65536, 1, 100, 4000, 1 << 20, 200 << 20, 0, 3000};
	static constexpr u16 MSSES[] = {1460, 536, 1, 48, 100, 8960, 65495};
	static constexpr u32 UNITS[] = {65536, 0, 1460, 5000};
	const u8 how = in.byte();
	fuzz::Host host = {};

	host.buffer = in.pick(BUFFERS);
	host.buffer_max = how & 0x01 ? std::max<u32>(host.buffer, 4 << 20) : 0;
	host.path_mss = in.pick(MSSES);
	host.adv_mss = host.path_mss == 1 ? 48 : host.path_mss;
	host.gso_max = UNITS[how >> 1 & 3];
	host.edt = how & 0x08;
	host.listens = how & 0x10;
	host.cookies = how & 0x20;
	host.most_lent = static_cast<u16>(how & 0x40 ? how & 0x80 ? 0 : 5 : 500);
	host.isn_hash = how & 0x80 ? 0xfffffff0 : 0x1234567890abcdef;
	return host;
}

class Program
{
public:
	Program(Input &input, const fuzz::Host &host)
		: in(input), now(START), config(rub_config_builtin), end(host, config, now)
	{
		const u8 knobs = in.byte();

		config.knobs.timestamps = !(knobs & 1);
		config.knobs.sack = !(knobs & 2);
		config.knobs.window_scale = !(knobs & 4);
		config.knobs.ecn = !(knobs & 8);
		config.knobs.congestion = knobs >> 4 & 1;
		end.retune(config, RUBATO_TEMPO_ONE);
		if (knobs & 0x20)
			end.set(RUB_OPTION_NODELAY, true);
		if (knobs & 0x40)
			now += 400 * DAY;
		peer_scale = knobs & 0x80 ? 7 : 0;
	}

	void run()
	{
		if (end.where().listens)
			handshake();
		else
			end.open(true);
		for (u32 i = 0; i < EVENTS_MAX && !in.empty(); i++) {
			event();
			end.out.clear();
		}
	}

private:
	static constexpr rub_ns START = 1000 * SEC;

	/* Where the connection's numbers are. */
	struct Numbers {
		u32 una, nxt, max, rcv, edge, mss;
		u8 opts;
	};
	Numbers numbers() const;
	rub_seg acknowledgement(u8 flags) const;
	rub_seg syn(u8 how) const;
	void deliver(const rub_seg &seg) { end.arrive({seg, false, 0, 0, now}); }
	void handshake();

	void event();
	void acks(u8 how);
	void data(u8 how);
	void fin(u8 how);
	void out_of_order(u8 how);
	void sacks(u8 how);
	void any(u8 how);
	void resets(u8 how);
	void write(u8 how);
	void call(u8 how);
	void wait(u8 how);
	void world(u8 how);

	u32 length(u8 how) const;
	u32 flight(const Numbers &n, u8 part) const;

	Input &in;
	rub_ns now;
	rub_config config;
	End end;
	u8 peer_scale;
};

Program::Numbers Program::numbers() const
{
	const rub_tcb &t = end.tcb();
	const rub_half &h = end.half();
	const rub_tw &w = end.time_wait();

	switch (end.phase()) {
	case End::Phase::CONNECTION:
		if (t.state == RUBATO_SYN_SENT)
			return {t.snd_una,    t.snd_nxt, t.snd_max, PEER_ISS + 1,
				PEER_ISS + 1, t.snd_mss, t.opts};
		return {t.snd_una,  t.snd_nxt,		 t.snd_max,	t.rcv_nxt,
			t.rcv_edge, rub_mss(&end.tcb()), end.tcb().opts};
	case End::Phase::HALF:
		return {h.iss, h.iss + 1, h.iss + 1, h.irs + 1, h.irs + 1 + h.rcv_wnd,
			1000,  h.opts};
	case End::Phase::TIME_WAIT:
		return {w.snd_nxt, w.snd_nxt, w.snd_nxt, w.rcv_nxt, w.rcv_nxt, 1000, w.opts};
	default:
		break;
	}
	/* What answers the SYN+ACK of a cookie. */
	const u32 iss = end.last_sent().seq;

	return {iss,
		iss + 1,
		iss + 1,
		PEER_ISS + 1,
		PEER_ISS + 1,
		1000,
		static_cast<u8>(end.last_sent().opts & RUB_OPT_TS)};
}

/* What an honest peer would send now: nothing missing, nothing new. */
rub_seg Program::acknowledgement(u8 flags) const
{
	const Numbers n = numbers();
	rub_seg seg = {};

	seg.seq = n.rcv;
	seg.ack = flags & RUB_ACK ? n.max : 0;
	seg.wnd = 65535;
	seg.flags = flags;
	if (n.opts & RUB_OPT_TS) {
		seg.opts = RUB_OPT_TS;
		seg.tsval = static_cast<u32>(now / MSEC);
		seg.tsecr = end.last_sent().tsval;
	}
	return seg;
}

rub_seg Program::syn(u8 how) const
{
	static constexpr u16 MSSES[] = {1460, 0, 1, 9000};
	rub_seg seg = acknowledgement(how & 1 ? RUB_SYN | RUB_ACK : RUB_SYN);

	seg.seq = numbers().rcv - 1;
	seg.mss = MSSES[how >> 2 & 3];
	seg.opts = how & 2 ? 0 : RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE;
	seg.wscale = peer_scale;
	seg.tsval = static_cast<u32>(now / MSEC);
	if (!(how & 2))
		seg.flags |= seg.flags & RUB_ACK ? RUB_ECE : RUB_ECE | RUB_CWR;
	return seg;
}

void Program::handshake()
{
	deliver(syn(in.byte() & ~1U));
	deliver(acknowledgement(RUB_ACK));
}

u32 Program::length(u8 how) const
{
	const u32 mss = std::max<u32>(end.where().adv_mss, 1);
	const u32 lengths[] = {mss, 1,	     2 * mss, 10 * mss, mss - 1, mss + 1, 65535, 65536,
			       10,  3 * mss, mss / 2, 500,	7,	 2000,	  30000, 48};

	return lengths[how];
}

/* A number in what is not acknowledged, by sixteenths. */
u32 Program::flight(const Numbers &n, u8 part) const
{
	return n.una + static_cast<u32>(static_cast<u64>(n.max - n.una) * part / 16);
}

void Program::acks(u8 how)
{
	static constexpr u16 WINDOWS[] = {0, 1, 500, 1460, 3000, 10000, 40000, 32768};
	rub_seg seg = acknowledgement(RUB_ACK);

	if (how & 8)
		seg.wnd = WINDOWS[how & 7];
	else if (how)
		seg.ack = flight(numbers(), static_cast<u8>(2 * how));
	deliver(seg);
}

void Program::data(u8 how)
{
	rub_seg seg = acknowledgement(RUB_ACK | RUB_PSH);

	seg.len = length(how);
	deliver(seg);
}

void Program::fin(u8 how)
{
	rub_seg seg = acknowledgement(RUB_FIN | RUB_ACK);

	seg.len = how & 1 ? length(how) : 0;
	if (how & 2)
		seg.ack = numbers().una;
	if (how & 4)
		seg.seq--;
	if (how & 8)
		seg.seq += 100;
	deliver(seg);
}

void Program::out_of_order(u8 how)
{
	const Numbers n = numbers();
	rub_seg seg = acknowledgement(RUB_ACK);

	seg.len = how & 1 ? 10 : length(0);
	if (how & 8)
		seg.seq = n.edge - (how & 6) * seg.len / 4;
	else
		seg.seq = n.rcv + (how / 2 + 1) * 3 * (seg.len / 2 + 1);
	if (how == 15)
		seg.seq = n.rcv - seg.len / 2;
	deliver(seg);
}

/* Duplicate acknowledgements that tell of what arrived behind a hole. */
void Program::sacks(u8 how)
{
	const Numbers n = numbers();
	rub_seg seg = acknowledgement(RUB_ACK);
	const u8 which = in.byte();

	seg.ack = n.una;
	seg.n_sack = static_cast<u8>(1 + (how & 3) % RUB_SACK_MAX);
	for (u32 i = 0; i < seg.n_sack; i++) {
		const u8 from = static_cast<u8>((which >> 4) + 4 * i) & 15;

		seg.sack[i] = {flight(n, from), flight(n, static_cast<u8>(from + 1 + (which & 3)))};
	}
	if (how & 4) /* D-SACK: below the acknowledgement, or what the next block covers */
		seg.sack[0] = which & 4 ? rub_range{n.una - 100, n.una} : seg.sack[seg.n_sack - 1];
	if (how & 8) { /* nonsense */
		seg.sack[0].from += static_cast<u32>(in.small());
		std::swap(seg.sack[0].from, seg.sack[0].to);
	}
	deliver(seg);
}

void Program::any(u8 how)
{
	const Numbers n = numbers();
	const u32 places[] = {n.rcv, n.edge, n.una, n.max, n.nxt, n.rcv - n.mss, n.edge - n.mss, 0};
	const u16 mask = in.word();
	rub_seg seg = acknowledgement(how & 1 ? RUB_ACK : in.byte());

	if (mask & 0x0001)
		seg.seq = places[how >> 1] + static_cast<u32>(in.small());
	if (mask & 0x0002)
		seg.ack = in.pick(places) + static_cast<u32>(in.small());
	if (mask & 0x0004)
		seg.len = mask & 0x0008 ? in.word() : in.byte();
	if (mask & 0x0010)
		seg.wnd = in.word();
	if (mask & 0x0020) {
		seg.flags |= RUB_URG;
		seg.urg = in.word();
	}
	if (mask & 0x0040)
		seg.opts = in.byte() & (RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE);
	if (mask & 0x0080)
		seg.tsval += static_cast<u32>(in.small());
	if (mask & 0x0100)
		seg.tsecr += static_cast<u32>(in.small());
	if (mask & 0x0200)
		seg.ecn = in.byte() & 3;
	if (mask & 0x0400)
		seg.seq = in.number();
	if (mask & 0x0800)
		seg.ack = in.number();
	if (mask & 0x1000)
		seg.tsval = in.number();
	if (mask & 0x2000)
		seg.flags ^= in.byte();
	if (mask & 0x4000) {
		seg.n_sack = static_cast<u8>(in.byte() % (RUB_SACK_MAX + 1));
		for (u32 i = 0; i < seg.n_sack; i++)
			seg.sack[i] = {n.una + in.word(), n.una + in.word()};
	}
	if (mask & 0x8000) {
		seg.mss = in.word();
		seg.wscale = in.byte();
	}
	deliver(seg);
}

void Program::resets(u8 how)
{
	const Numbers n = numbers();
	rub_seg seg = acknowledgement(how & 1 ? RUB_RST | RUB_ACK : RUB_RST);

	if (how & 2)
		seg.seq = how & 4 ? n.edge : n.rcv + 1;
	else if (how & 4)
		seg.seq = n.rcv - 1;
	if (how & 8)
		seg.ack++;
	deliver(seg);
}

void Program::write(u8 how)
{
	const u32 most = QUEUE_SEGMENTS * std::max<u32>(rub_mss(&end.tcb()), 1);
	const u32 queued = rub_queued(&end.tcb()), bytes = length(how);

	if (queued < most)
		end.write(std::min(bytes, most - queued), in.byte() % 8 == 1);
}

void Program::call(u8 how)
{
	switch (how) {
	case 0:
	case 1:
		end.read(in.word());
		break;
	case 2:
		end.read(~0U);
		break;
	case 3:
	case 4:
		end.call(RUB_CALL_SHUTDOWN, 0);
		break;
	case 5:
		end.read(~0U);
		fallthrough;
	case 6:
		end.close();
		break;
	case 7:
		end.call(RUB_CALL_ABORT, ECONNABORTED);
		break;
	case 8:
	case 9:
		end.where().path_mss = static_cast<u16>(1 + in.word() % 9000);
		end.call(RUB_CALL_MTU, 0);
		break;
	case 10:
		end.call(RUB_CALL_SOFT_ERROR, EHOSTUNREACH);
		break;
	case 11:
		end.open(in.flip());
		break;
	default: {
		const u8 which = in.byte();

		end.set(static_cast<rub_option>(how & 3), which & 1);
	}
	}
}

void Program::wait(u8 how)
{
	static constexpr rub_ns STEPS[] = {USEC,     MSEC,     10 * MSEC,  100 * MSEC, SEC,
					   10 * SEC, 60 * SEC, 3600 * SEC, DAY,	       25 * DAY};
	const rub_ns due = end.due();

	if (how < 5 && due != RUB_NEVER) {
		now = std::max(now, due - (how == 4)); /* 4: a moment too early */
		if (how != 3)			       /* 3: and the timer is late */
			end.fire();
	} else if (how >= 6) {
		now += STEPS[how - 6] * (1 + in.byte() % 16);
		if (how & 1)
			end.fire();
	} else {
		end.fire();
	}
}

/* What is around it changes. */
void Program::world(u8 how)
{
	static constexpr u32 BUFFERS[] = {0, 1, 1000, 65536, 1 << 20};

	switch (how) {
	case 0:
	case 1:
	case 2:
		end.fates(in.byte());
		break;
	case 3:
		end.batch(true);
		break;
	case 4:
		end.batch(false);
		fallthrough;
	case 5:
		end.drain();
		break;
	case 6:
		end.where().buffer = in.pick(BUFFERS);
		break;
	case 7:
		end.where().most_lent = in.byte();
		break;
	case 8:
		end.retune(config, fuzz::tempo(in));
		break;
	default:
		if (fuzz::change(in, config))
			end.retune(config, RUBATO_TEMPO_ONE);
	}
}

void Program::event()
{
	const u8 what = in.byte(), how = what >> 4;

	switch (what & 15) {
	case 0:
	case 1:
		acks(how);
		break;
	case 2:
		data(how);
		break;
	case 3:
		fin(how);
		break;
	case 4:
		out_of_order(how);
		break;
	case 5:
		sacks(how);
		break;
	case 6:
		any(how);
		break;
	case 7:
		deliver(syn(how));
		break;
	case 8:
		resets(how);
		break;
	case 9:
	case 10:
		write(how);
		break;
	case 11:
		call(how);
		break;
	case 12:
	case 13:
		wait(how);
		break;
	default:
		world(how);
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in(data, size);
	const fuzz::Host host = host_of(in);

	Program(in, host).run();
	return 0;
}
