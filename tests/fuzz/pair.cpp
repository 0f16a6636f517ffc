// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ends and the network between them, which the input steers: it delivers, drops, duplicates,
 * reorders, marks, delays beyond any clock, and delivers again what came long ago. (What it
 * corrupts, the checksum drops.) Text is judged by where it stood in the stream of who sent it:
 * what is delivered is a prefix of that, and all of it at the FIN. Nothing is acknowledged that was
 * not sent; without time passing the talk ends; and when the network is good at last and both
 * processes close, everything is gone after 2 MSL.
 *
 * Input: both hosts, then events of a byte each (kind in the low half, how in the high half; of
 * that, bit 0 mostly says at which end), some with operands.
 */
#include <algorithm>
#include <vector>

#include "clocks.h"
#include "end.h"
#include "fuzz.h"
#include "sequence.h"

namespace
{

using fuzz::End;
using fuzz::Input;
using fuzz::Packet;

constexpr rub_ns MSEC = 1'000'000, SEC = 1000 * MSEC;
constexpr u32 EVENTS_MAX = 200;
/* Each process writes no more; each direction holds no more segments, nor remembers more. */
constexpr u32 STREAM_MAX = 12000, WIRE_MAX = 100, HISTORY_MAX = 200;
/* Segments that two ends may exchange while no time passes; events until both are gone. */
constexpr u32 TALK_MAX = 3000, ENDING_MAX = 20000;

fuzz::Host host_of(Input &in, u64 isn_hash)
{
	static constexpr u32 BUFFERS[] = {65536, 4000, 1 << 20, 2000};
	static constexpr u16 MSSES[] = {1460, 536, 100, 1000};
	static constexpr u32 UNITS[] = {65536, 0, 3000, 1460};
	const u8 how = in.byte();
	fuzz::Host host = {};

	host.buffer = BUFFERS[how & 3];
	host.path_mss = host.adv_mss = MSSES[how >> 2 & 3];
	host.gso_max = UNITS[how >> 4 & 3];
	host.edt = how & 0x40;
	host.most_lent = static_cast<u16>(how & 0x80 ? 3 : 200);
	host.isn_hash = isn_hash;
	return host;
}

fuzz::Host second_of(Input &in, u8 how)
{
	fuzz::Host host = host_of(in, how & 0x80 ? 0xfffff800 : 0x123456789);

	host.listens = !(how & 1);
	host.cookies = how & 2;
	return host;
}

rub_config config_of(u8 how)
{
	rub_config config = rub_config_builtin;

	config.knobs.timestamps = !(how & 4);
	config.knobs.sack = !(how & 8);
	config.knobs.window_scale = !(how & 0x10);
	config.knobs.ecn = !(how & 0x20);
	config.knobs.congestion = how >> 6 & 1;
	return config;
}

class Pair
{
public:
	Pair(Input &input, u8 how)
		: in(input), config{config_of(how), config_of(how)},
		  ends{End(host_of(in, 0xffffff00), config[0], now),
		       End(second_of(in, how), config[1], now)}
	{
		ends[0].peer = &ends[1].streams();
		ends[1].peer = &ends[0].streams();
		ends[0].open(true);
		if (how & 1)
			ends[1].open(true);
		collect();
	}

	void run()
	{
		for (u32 i = 0; i < EVENTS_MAX && !in.empty(); i++) {
			event();
			collect();
		}
		finish();
	}

private:
	void event();
	void deliver(u32 to, std::size_t which, bool keep);
	void talk(u32 most);
	void collect();
	void judge(const Packet &packet, u32 from) const;
	bool partners() const;
	void process(u8 how);
	void write(u32 side, u32 bytes, bool urgent);
	void fire(u32 side);
	void wait(u8 how);
	void world(u8 how);
	void finish();
	bool quiet() const { return wire[0].empty() && wire[1].empty(); }
	bool gone() const;
	void serve(u32 side);
	bool last_calls();

	Input &in;
	rub_ns now = 1000 * SEC;
	rub_config config[2];
	End ends[2];
	std::vector<Packet> wire[2], history[2]; /* by where they go */
};

/*
 * Both are what the other one speaks to. One born of a replayed SYN within the same instant has the
 * numbers of the first, and hears of what that one sent.
 */
bool Pair::partners() const
{
	for (const End &end : ends)
		if (end.phase() != End::Phase::CONNECTION || end.born() != 1 ||
		    !rub_synchronized(&end.tcb()))
			return false;
	return ends[0].tcb().irs == ends[1].tcb().iss && ends[1].tcb().irs == ends[0].tcb().iss;
}

/* Invariants 2 and 3 by the other end's own numbers. */
void Pair::judge(const Packet &packet, u32 from) const
{
	const rub_tcb &other = ends[1 - from].tcb();
	const rub_seg &seg = packet.seg;

	if (!partners() || seg.flags & (RUB_SYN | RUB_RST))
		return;
	EXPECT(fuzz::seq_le(seg.ack, other.snd_max));
	/* A probe is one octet beyond the edge. */
	EXPECT(fuzz::seq_le(seg.seq + seg.len + !!(seg.flags & RUB_FIN), other.rcv_edge + 1));
}

/* What the ends have sent goes on the wire; what does not fit is lost. */
void Pair::collect()
{
	for (u32 from = 0; from < 2; from++) {
		const u32 to = 1 - from;

		for (const Packet &packet : ends[from].out) {
			judge(packet, from);
			if (wire[to].size() < WIRE_MAX)
				wire[to].push_back(packet);
			if (history[to].size() < HISTORY_MAX)
				history[to].push_back(packet);
		}
		ends[from].out.clear();
	}
}

void Pair::deliver(u32 to, std::size_t which, bool keep)
{
	if (wire[to].empty())
		return;
	const auto at = wire[to].begin() + static_cast<long>(which % wire[to].size());
	const Packet packet = *at;

	if (!keep)
		wire[to].erase(at);
	ends[to].arrive(packet);
	collect();
}

/* No time passes, and nothing is lost. */
void Pair::talk(u32 most)
{
	for (u32 i = 0; i < most && !quiet(); i++) {
		EXPECT(i + 1 < TALK_MAX);
		deliver(wire[i & 1].empty() ? 1 - (i & 1) : i & 1, 0, false);
	}
}

void Pair::write(u32 side, u32 bytes, bool urgent)
{
	End &end = ends[side];

	/* Only the first connection of each: what comes of a replayed handshake has no process. */
	if (end.born() != 1 || end.streams()[0].written > STREAM_MAX)
		return;
	end.write(bytes, urgent);
}

void Pair::process(u8 how)
{
	static constexpr u32 BYTES[] = {1, 100, 1460, 5000, 10000, 20000};
	const u32 side = how & 1;
	End &end = ends[side];

	switch (how >> 1) {
	case 0:
	case 1:
	case 2:
		write(side, in.pick(BYTES), false);
		break;
	case 3:
		write(side, in.pick(BYTES), true);
		break;
	case 4:
		end.read(in.word());
		break;
	case 5:
		end.call(RUB_CALL_SHUTDOWN, 0);
		break;
	case 6:
		end.close();
		break;
	default:
		if (in.byte() == 0xab)
			end.call(RUB_CALL_ABORT, ECONNABORTED);
		else
			end.read(~0U);
	}
}

void Pair::fire(u32 side)
{
	const rub_ns due = ends[side].due();

	if (due != RUB_NEVER)
		now = std::max(now, due);
	ends[side].fire();
}

void Pair::wait(u8 how)
{
	static constexpr rub_ns STEPS[] = {MSEC, 10 * MSEC, 50 * MSEC, 200 * MSEC,
					   SEC,	 10 * SEC,  60 * SEC,  3600 * SEC};
	const u32 side = how & 1;

	if (how < 6) {
		/* The earlier of the two, or this one and the other is late. */
		fire(how >= 2 && ends[1 - side].due() < ends[side].due() ? 1 - side : side);
		return;
	}
	now += STEPS[how >> 1] * (1 + in.byte() % 4);
	ends[side].fire();
}

void Pair::world(u8 how)
{
	const u32 side = how & 1;
	End &end = ends[side];

	switch (how >> 1) {
	case 0:
		end.fates(in.byte());
		break;
	case 1:
		end.batch(in.flip());
		end.drain();
		break;
	case 2:
		end.where().path_mss = static_cast<u16>(100 + in.word() % 2000);
		end.call(RUB_CALL_MTU, 0);
		break;
	case 3: {
		const u8 which = in.byte();

		end.set(static_cast<rub_option>(which & 3), which & 4);
		break;
	}
	case 4: /* congestion: what may be marked is */
		for (Packet &packet : wire[side])
			if (packet.seg.ecn != RUB_NOT_ECT)
				packet.seg.ecn = RUB_CE;
		break;
	default:
		if (fuzz::change(in, config[side]))
			end.retune(config[side], RUBATO_TEMPO_ONE);
	}
}

void Pair::event()
{
	const u8 what = in.byte(), how = what >> 4;
	const u32 side = how & 1;

	switch (what & 15) {
	case 0:
	case 1:
		for (u32 i = 0; i < 1U + (how >> 1); i++)
			deliver(side, 0, false);
		break;
	case 2:
		deliver(side, how >> 1, false);
		break;
	case 3:
		deliver(side, how >> 1, true);
		break;
	case 4: /* lost */
		if (!wire[side].empty())
			wire[side].erase(wire[side].begin() +
					 static_cast<long>((how >> 1) % wire[side].size()));
		break;
	case 5: /* all that is on the way is lost */
		wire[side].clear();
		break;
	case 6: /* of long ago */
		if (!history[side].empty())
			ends[side].arrive(history[side][in.byte() % history[side].size()]);
		break;
	case 7:
	case 8:
		talk(how ? 4U * how : TALK_MAX);
		break;
	case 9:
	case 10:
	case 11:
		process(how);
		break;
	case 12:
	case 13:
		wait(how);
		break;
	default:
		world(how);
	}
}

bool Pair::gone() const
{
	for (const End &end : ends)
		if (end.phase() != End::Phase::CLOSED && end.phase() != End::Phase::LISTEN)
			return false;
	return quiet();
}

/* A process that reads what there is, has no more to say, and lets go at the end of file. */
void Pair::serve(u32 side)
{
	End &end = ends[side];

	if (end.phase() != End::Phase::CONNECTION || end.orphan())
		return;
	if (end.unread())
		end.read(~0U);
	if (end.phase() == End::Phase::CONNECTION && !end.streams().back().finished)
		end.call(RUB_CALL_SHUTDOWN, 0);
	if (end.phase() == End::Phase::CONNECTION && end.at_end_of_file() && !end.unread())
		end.close();
	collect();
}

/* Nothing is due: a peer that is no more is not waited for. Return: whether that helps. */
bool Pair::last_calls()
{
	bool any = false;

	for (End &end : ends) {
		if (end.phase() != End::Phase::CONNECTION || end.orphan())
			continue;
		end.close();
		any = true;
	}
	collect();
	return any;
}

void Pair::finish()
{
	for (End &end : ends) {
		end.fates(0);
		end.batch(false);
		end.drain();
	}
	collect();
	for (u32 i = 0; !gone(); i++) {
		EXPECT(i < ENDING_MAX);
		talk(TALK_MAX);
		serve(0);
		serve(1);
		if (!quiet())
			continue;
		const rub_ns due[] = {ends[0].due(), ends[1].due()};

		if (std::min(due[0], due[1]) != RUB_NEVER)
			fire(due[1] < due[0]);
		else if (!gone())
			EXPECT(last_calls());
		collect();
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in(data, size);
	const u8 how = in.byte();

	Pair(in, how).run();
	return 0;
}
