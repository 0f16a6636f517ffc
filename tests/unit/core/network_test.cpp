/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two cores, joined by a network that loses, duplicates and reorders, in virtual time. Each
 * run follows from its seed; --gtest_filter and RUBATO_SEED repeat one. Checked after every
 * event: conformance.md section 6, 1 to 4; at the end: every byte there, both sides closed.
 */
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <queue>
#include <random>

#include "script.h"

using namespace script;

namespace
{

constexpr rub_ns MSEC = 1'000'000;
constexpr rub_ns SEC = 1000 * MSEC;
constexpr unsigned SEEDS = 300;

using Random = std::mt19937_64;

u64 pick(Random &random, u64 low, u64 high)
{
	return low + random() % (high - low + 1);
}

struct Packet {
	rub_seg seg;
	std::vector<u8> payload;
	rub_ns arrives;
	u64 serial;
	int to;
	bool operator>(const Packet &o) const
	{
		return arrives != o.arrives ? arrives > o.arrives : serial > o.serial;
	}
};

/* One host: a connection, its queues, a process that writes, reads and closes as it likes. */
class Host
{
public:
	enum class Phase { LISTEN, HALF, CONNECTION, TIME_WAIT, GONE };

	Host(Random &r, const rub_policy &p, bool passive, rub_ns now) : random(r), policy(p)
	{
		rub_init(&tcb);
		choose_options();
		env.policy = &policy;
		env.ts_offset = static_cast<u32>(r());
		env.rnd = static_cast<u32>(r());
		env.now = now;
		env.isn_hash = r();
		env.path_mss = static_cast<u16>(pick(r, 100, 1460));
		env.adv_mss = env.path_mss;
		env.gso_max = static_cast<u32>(env.path_mss * pick(r, 1, 20));
		buffer = static_cast<u32>(pick(r, 0, 2) ? pick(r, 1500, 60000)
							: pick(r, 60000, 4'000'000));
		env.rcv_max = static_cast<u32>(pick(r, 0, 1) ? pick(r, buffer, 64'000'000) : 0);
		to_send.resize(pick(r, 0, 4) ? pick(r, 0, 30000) : 0);
		for (u8 &byte : to_send)
			byte = static_cast<u8>(r());
		phase = passive ? Phase::LISTEN : Phase::CONNECTION;
		drop_rate = pick(r, 0, 3) ? 0 : 5;
	}

	/* Each side its own. */
	void choose_options()
	{
		rub_knobs &knobs = policy.knobs;

		for (u8 *knob : {&knobs.timestamps, &knobs.sack, &knobs.window_scale, &knobs.ecn})
			*knob = static_cast<u8>(pick(random, 0, 3) != 0);
	}

	/* New clocks; the knobs stay. */
	void retune(const rub_policy &p)
	{
		const rub_knobs knobs = policy.knobs;

		policy = p;
		policy.knobs = knobs;
	}

	rub_ns due()
	{
		switch (phase) {
		case Phase::HALF:
			return rub_half_due(&half, &env);
		case Phase::CONNECTION:
			return rub_due(&tcb, &env);
		case Phase::TIME_WAIT:
			return rub_tw_due(&tw, &env);
		default:
			return RUB_NEVER;
		}
	}

	void collect(const rub_rx &rx, const rub_seg *seg = nullptr,
		     const std::vector<u8> *payload = nullptr)
	{
		if (rx.mask & RUB_RX_KEEP)
			keep(rx.keep, *seg, *payload);
		if (rx.mask & RUB_RX_ACKED)
			acked += rx.acked;
		if (rx.mask & RUB_RX_PEER_FIN)
			peer_fin = true;
		if (rx.mask & RUB_RX_CONNECTED)
			connected = true;
		if (rx.mask & RUB_RX_DEAD) {
			dead = true;
			error = rx.error;
		}
		if (rx.mask & RUB_RX_TIME_WAIT)
			time_wait = true;
		if (rx.mask & RUB_RX_ADVANCED)
			advance();
		room();
	}

	void keep(const rub_range &range, const rub_seg &seg, const std::vector<u8> &payload)
	{
		ASSERT_GE(static_cast<s32>(range.from - seg.seq), 0) << "kept what was not in it";
		ASSERT_LE(range.to - seg.seq, seg.len) << "kept what was not in it";
		ASSERT_GT(static_cast<s32>(range.to - range.from), 0);
		for (u32 s = range.from; s != range.to; s++) {
			const u32 at = s - (tcb.irs + 1);

			if (at >= held.size()) {
				held.resize(at + 1);
				have.resize(at + 1);
			}
			held[at] = payload[s - seg.seq];
			have[at] = true;
		}
	}

	void advance()
	{
		const u32 end = tcb.rcv_nxt - (tcb.irs + 1) - (peer_fin ? 1 : 0);

		ASSERT_LE(end, held.size()) << "RCV.NXT went over bytes that nobody holds";
		ASSERT_GE(end, in_order) << "RCV.NXT went back";
		for (; in_order < end; in_order++)
			ASSERT_TRUE(have[in_order]) << "RCV.NXT went over a hole";
	}

	void room()
	{
		const u32 unread = in_order - read_bytes;

		env.rcv_free = unread < buffer ? buffer - unread : 0;
		env.rcv_buf = buffer;
	}

	bool all_sent() const { return written == to_send.size(); }
	bool closed() const { return phase == Phase::TIME_WAIT || phase == Phase::GONE; }

	Random &random;
	rub_policy policy;
	Phase phase;
	rub_tcb tcb{};
	rub_half half{};
	rub_tw tw{};
	rub_env env{};
	u32 buffer;
	std::vector<u8> to_send, held;
	std::vector<bool> have;
	u32 written = 0, acked = 0, in_order = 0, read_bytes = 0;
	bool peer_fin = false, connected = false, dead = false, time_wait = false;
	bool shut = false, let_go = false;
	int error = 0;
	u64 drop_rate;
	rub_ns next_act = 0;
	u32 last_edge = 0;
	bool edge_known = false;
};

class World
{
public:
	explicit World(u64 seed) : random(seed)
	{
		config = rub_config_builtin;
		if (pick(random, 0, 1))
			config.data = schedule("200ms 400ms x2 max=5s give-up=30m");
		if (pick(random, 0, 1))
			config.persist = schedule("500ms x2 max=5s");
		config.msl = pick(random, 1, 20) * SEC;
		rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
		loss = pick(random, 0, 25);
		duplication = pick(random, 0, 15);
		delay = pick(random, 1, 100) * MSEC;
		jitter = pick(random, 0, 1) ? pick(random, 0, 300) * MSEC : 0;
		const bool simultaneous = pick(random, 0, 5) == 0;

		now = 1'000'000 * SEC;
		host[0] = std::make_unique<Host>(random, policy, false, now);
		host[1] = std::make_unique<Host>(random, policy, !simultaneous, now);
		open(0);
		if (simultaneous)
			open(1);
	}

	void play()
	{
		const rub_ns end = now + 7200 * SEC;

		for (u64 events = 0; !testing::Test::HasFatalFailure(); events++) {
			ASSERT_LT(events, 2'000'000u) << "it never ends";
			if (host[0]->closed() && host[1]->closed() && wire.empty())
				break;
			const rub_ns next = next_event();

			ASSERT_NE(next, RUB_NEVER) << "nothing is due, and it is not over";
			ASSERT_LT(next, end) << "still not over after two hours";
			now = std::max(now, next);
			happen();
			check();
		}
		finish();
	}

private:
	void set_time()
	{
		for (auto &h : host)
			h->env.now = now;
	}

	void open(int i)
	{
		Host &h = *host[i];
		rub_rx rx;

		set_time();
		h.room();
		ASSERT_EQ(rub_call(&h.tcb, RUB_CALL_OPEN, 0, &h.env, &rx), 0);
		h.collect(rx);
		drain(i);
	}

	rub_ns next_event()
	{
		rub_ns next = RUB_NEVER;

		if (!wire.empty())
			next = wire.top().arrives;
		for (auto &h : host) {
			next = std::min(next, h->due());
			if (acts(*h))
				next = std::min(next, h->next_act);
		}
		return next;
	}

	/* Does its process still have something to do by itself? */
	static bool acts(const Host &h)
	{
		if (h.phase != Host::Phase::CONNECTION || !h.connected || h.let_go)
			return false;
		return !h.all_sent() || !h.shut || h.read_bytes < h.in_order || h.peer_fin;
	}

	void happen()
	{
		set_time();
		if (!wire.empty() && wire.top().arrives <= now) {
			const Packet p = wire.top();

			wire.pop();
			arrive(p);
			return;
		}
		for (int i = 0; i < 2; i++) {
			if (host[i]->due() <= now)
				expire(i);
			else if (acts(*host[i]) && host[i]->next_act <= now)
				act(i);
		}
		if (pick(random, 0, 400) == 0)
			retune();
	}

	void put(int from, const rub_tx &tx, u32 len)
	{
		const Host &h = *host[from];
		u32 done = 0;

		do {
			const u32 n = tx.cut && len - done > tx.cut ? tx.cut : len - done;
			const bool last = done + n == len;
			Packet p;

			if (n) {
				ASSERT_LE(n + rub_options_len(&tx), h.env.path_mss)
					<< "options make a segment longer than the path takes";
			}
			p.seg = {};
			p.seg.seq = tx.seq + done;
			p.seg.ack = tx.ack;
			p.seg.len = n;
			p.seg.wnd = tx.wnd;
			p.seg.mss = tx.mss;
			p.seg.opts = tx.opts;
			p.seg.wscale = tx.wscale;
			p.seg.tsval = tx.tsval;
			p.seg.tsecr = tx.tsecr;
			p.seg.urg = tx.urg;
			p.seg.ecn = tx.ecn;
			p.seg.n_sack = tx.n_sack;
			std::copy_n(tx.sack, tx.n_sack, p.seg.sack);
			p.seg.flags = tx.flags;
			if (!last || len < tx.len)
				p.seg.flags &= static_cast<u8>(~(FIN | PSH));
			for (u32 i = 0; i < n; i++)
				p.payload.push_back(h.to_send.at(p.seg.seq + i - (h.tcb.iss + 1)));
			p.to = !from;
			launch(p);
			done += n;
		} while (done < len);
	}

	void launch(Packet &p)
	{
		const int copies = pick(random, 1, 100) <= duplication ? 2 : 1;

		for (int i = 0; i < copies; i++) {
			if (pick(random, 1, 100) <= loss)
				continue;
			p.arrives = now + delay + (jitter ? random() % jitter : 0);
			p.serial = serial++;
			wire.push(p);
		}
	}

	void drain(int i)
	{
		Host &h = *host[i];

		for (int n = 0; h.phase == Host::Phase::CONNECTION; n++) {
			rub_tx tx;
			s64 result;

			ASSERT_LT(n, 10000) << "rub_transmit() never ends";
			h.room();
			if (!rub_transmit(&h.tcb, &h.env, &tx))
				break;
			if (h.drop_rate && pick(random, 1, 100) <= h.drop_rate) {
				result = -ENOBUFS;
			} else {
				u32 len = tx.len;

				if (len > 1 && pick(random, 0, 20) == 0)
					len = static_cast<u32>(pick(random, 1, len));
				put(i, tx, len);
				result = len;
			}
			rub_sent(&h.tcb, &tx, result, &h.env);
		}
		if (h.phase != Host::Phase::CONNECTION)
			return;
		if (h.dead) {
			h.phase = Host::Phase::GONE;
		} else if (h.time_wait) {
			rub_tw_init(&h.tw, &h.tcb, &h.env);
			h.phase = Host::Phase::TIME_WAIT;
		}
	}

	void answer(int i, rub_verdict verdict, const rub_tx &tx)
	{
		if (verdict != RUB_ANSWER && verdict != RUB_CREATE && verdict != RUB_REMOVE_ANSWER)
			return;
		put(i, tx, 0);
		if (tx.unit == RUB_UNIT_SYNACK)
			rub_half_sent(&host[i]->half, &tx, 0, &host[i]->env);
	}

	void arrive(const Packet &p)
	{
		Host &h = *host[p.to];
		rub_verdict verdict;
		rub_tx tx;
		rub_rx rx;

		h.room();
		switch (h.phase) {
		case Host::Phase::LISTEN:
			verdict = rub_listen_segment(&p.seg, &h.env, 0, &h.half, &tx);
			if (verdict == RUB_CREATE)
				h.phase = Host::Phase::HALF;
			answer(p.to, verdict, tx);
			break;
		case Host::Phase::HALF:
			verdict = rub_half_segment(&h.half, &p.seg, &h.env, &tx);
			answer(p.to, verdict, tx);
			if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER) {
				h.phase = Host::Phase::LISTEN;
			} else if (verdict == RUB_ESTABLISH) {
				rub_init(&h.tcb);
				rub_from_half(&h.tcb, &h.half, &p.seg, &h.env, &rx);
				h.phase = Host::Phase::CONNECTION;
				h.collect(rx, &p.seg, &p.payload);
				drain(p.to);
			}
			break;
		case Host::Phase::CONNECTION:
			rub_segment(&h.tcb, &p.seg, &h.env, &rx);
			h.collect(rx, &p.seg, &p.payload);
			drain(p.to);
			break;
		case Host::Phase::TIME_WAIT:
			verdict = rub_tw_segment(&h.tw, &p.seg, &h.env, &tx);
			answer(p.to, verdict, tx);
			if (verdict == RUB_REMOVE || verdict == RUB_REMOVE_ANSWER)
				h.phase = Host::Phase::GONE;
			break;
		case Host::Phase::GONE:
			if (rub_stray_segment(&p.seg, &tx))
				put(p.to, tx, 0);
			break;
		}
	}

	void expire(int i)
	{
		Host &h = *host[i];
		rub_verdict verdict;
		rub_tx tx;
		rub_rx rx;

		switch (h.phase) {
		case Host::Phase::HALF:
			verdict = rub_half_expire(&h.half, &h.env, &tx);
			answer(i, verdict, tx);
			if (verdict == RUB_REMOVE)
				h.phase = Host::Phase::LISTEN;
			break;
		case Host::Phase::CONNECTION:
			rub_expire(&h.tcb, &h.env, &rx);
			h.collect(rx);
			drain(i);
			break;
		case Host::Phase::TIME_WAIT:
			h.phase = Host::Phase::GONE;
			break;
		default:
			break;
		}
	}

	void act(int i)
	{
		Host &h = *host[i];
		rub_rx rx;

		h.next_act = now + pick(random, 1, 500) * MSEC;
		h.room();
		if (h.read_bytes < h.in_order && pick(random, 0, 1)) {
			h.read_bytes +=
				static_cast<u32>(pick(random, 1, h.in_order - h.read_bytes));
			h.room();
			ASSERT_EQ(rub_call(&h.tcb, RUB_CALL_RECEIVE, 0, &h.env, &rx), 0);
		} else if (!h.all_sent()) {
			const u32 left = static_cast<u32>(h.to_send.size()) - h.written;
			const u32 n = static_cast<u32>(pick(random, 1, left));

			h.written += n;
			ASSERT_EQ(rub_call(&h.tcb, RUB_CALL_SEND, n, &h.env, &rx), 0);
		} else if (!h.shut) {
			h.shut = true;
			ASSERT_EQ(rub_call(&h.tcb, RUB_CALL_SHUTDOWN, 0, &h.env, &rx), 0);
		} else if (h.peer_fin && h.read_bytes == h.in_order) {
			h.let_go = true;
			ASSERT_EQ(rub_call(&h.tcb, RUB_CALL_CLOSE, 0, &h.env, &rx), 0);
		} else {
			return;
		}
		h.collect(rx);
		drain(i);
	}

	void retune()
	{
		config.data = schedule(pick(random, 0, 1) ? "rto x2 max=64s give-up=30m"
							  : "100ms 1s x2 max=2s give-up=40m");
		config.rto_min = pick(random, 10, 1000) * MSEC;
		rub_policy_compile(&config, RUBATO_TEMPO_ONE, &policy);
		for (auto &h : host)
			h->retune(policy);
	}

	void check()
	{
		for (auto &h : host) {
			const rub_tcb &t = h->tcb;

			if (h->phase != Host::Phase::CONNECTION)
				continue;
			ASSERT_GE(static_cast<s32>(t.snd_nxt - t.snd_una), 0);
			ASSERT_GE(static_cast<s32>(t.snd_max - t.snd_nxt), 0);
			ASSERT_LE(h->acked, h->written);
			if (rub_synchronized(&t)) {
				if (h->edge_known) {
					ASSERT_GE(static_cast<s32>(t.rcv_edge - h->last_edge), 0)
						<< "the offered right edge went back";
				}
				h->edge_known = true;
				h->last_edge = t.rcv_edge;
			}
			/* Liveness: what is not acknowledged has a clock. */
			if (!rub_synchronized(&t) || rub_queued(&t) || t.snd_una != t.snd_max) {
				ASSERT_NE(rub_due(&t, &h->env), RUB_NEVER)
					<< "work is pending and no deadline, in "
					<< state_name(t.state);
			}
		}
	}

	void finish()
	{
		for (int i = 0; i < 2; i++) {
			const Host &h = *host[i];
			const Host &peer = *host[!i];

			EXPECT_EQ(h.error, 0) << strerror(h.error);
			EXPECT_TRUE(h.connected);
			EXPECT_EQ(h.in_order, peer.to_send.size());
			EXPECT_TRUE(std::equal(peer.to_send.begin(), peer.to_send.end(),
					       h.held.begin(), h.held.begin() + h.in_order))
				<< "host " << i << " got other bytes than were sent";
			/* A reset by a peer that has it all already may stand for the last ACKs. */
			EXPECT_LE(h.acked, h.to_send.size());
		}
	}

	Random random;
	rub_config config;
	rub_policy policy;
	std::unique_ptr<Host> host[2];
	std::priority_queue<Packet, std::vector<Packet>, std::greater<>> wire;
	rub_ns now = 0, delay, jitter;
	u64 loss, duplication, serial = 0;
};

} // namespace

TEST(Network, EveryByteArrivesAndBothClose)
{
	const char *one = getenv("RUBATO_SEED");
	const u64 first = one ? strtoull(one, nullptr, 0) : 1;
	const u64 last = one ? first : SEEDS;

	for (u64 seed = first; seed <= last; seed++) {
		SCOPED_TRACE("RUBATO_SEED=" + std::to_string(seed));
		World(seed).play();
		if (HasFailure())
			break;
	}
}
