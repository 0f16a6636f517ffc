/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a connection as a shell drives it: closed, listening, half-open, open, in TIME_WAIT.
 * After every event it is judged by the invariants of the design's list that concern one end:
 *
 *	2  UNA <= NXT <= MAX; nothing beyond the peer's window but probes; our edge never retreats
 *	3  RCV.NXT never goes back, and is what came in order
 *	4  work pending means a deadline, and one that has come goes away
 *	5  the scoreboard's counts equal a recount
 *	6  no RST answers an RST, at most one ACK leaves at a time, challenge ACKs are limited
 *	7  memory is bounded
 *
 * and by what core.h promises: rub_transmit() changes nothing and ends, a call that fails changes
 * nothing, what is kept is new and inside the window, what is freed adds up to what was queued,
 *each drop has a reason, anchors are times that were.
 */
#ifndef RUBATO_FUZZ_END_H
#define RUBATO_FUZZ_END_H

#include <memory>
#include <optional>
#include <vector>

#include "core/core.h"
#include "received.h"

namespace fuzz
{

/* A segment, and which bytes it carries if an End sent it. */
struct Packet {
	rub_seg seg;
	bool genuine; /* @stream and @offset hold */
	u32 stream;   /* the sender's how-manieth connection */
	u32 offset;   /* of its first byte in that */
	rub_ns born;
};

/* What becomes of a unit that the shell was given. */
enum class Fate : u8 { SENT, HALF, DROPPED, REFUSED };

/* The host that an End lives on. */
struct Host {
	u32 buffer, buffer_max; /* of the receiver */
	u16 path_mss, adv_mss;
	u32 gso_max;
	bool edt;
	u16 most_lent; /* records */
	u64 isn_hash;
	bool listens, cookies;
	u32 backlog; /* 0: cookies only */
};

class End
{
public:
	enum class Phase : u8 { CLOSED, LISTEN, HALF, CONNECTION, TIME_WAIT };

	/* What one connection was given to send. */
	struct Stream {
		u64 written = 0;
		bool finished = false;
	};

	End(const Host &host, const rub_config &config, const rub_ns &clock);

	/* Events. */
	void arrive(const Packet &packet);
	void open(bool picked);
	/* Any call but open, in whatever state; what fails changes nothing. */
	void call(enum rub_call which, u32 arg);
	void write(u32 bytes, bool urgent);
	void read(u32 bytes);
	/* The process lets go, with whatever it has not read. */
	void close();
	void set(rub_option option, bool on);
	void retune(const rub_config &config, u32 tempo);
	/* The timer, on time or not. */
	void fire();
	void drain();

	rub_ns due();
	Host &where() { return host_; }
	const Host &where() const { return host_; }
	/* Fates of the next units, two bits each, over and over. */
	void fates(u8 pattern) { fates_ = pattern; }
	/* Do events drain at once? Else drain() is to be called. */
	void batch(bool on) { batched_ = on; }

	Phase phase() const { return phase_; }
	u8 state() const;
	const rub_tcb &tcb() const { return *tcb_; }
	const rub_half &half() const { return half_; }
	const rub_tw &time_wait() const { return tw_; }
	const rub_tx &last_sent() const { return last_; }
	const std::vector<Stream> &streams() const { return streams_; }
	u64 in_order() const { return in_order_; }
	u64 unread() const { return in_order_ - read_; }
	bool at_end_of_file() const { return peer_fin_; }
	bool orphan() const { return orphan_; }
	/* How many connections there were. */
	u32 born() const { return static_cast<u32>(streams_.size()); }

	/* What left since it was taken last. */
	std::vector<Packet> out;
	/* The other end's streams, if what arrives is to be judged by them. */
	const std::vector<Stream> *peer = nullptr;

private:
	rub_env &world();
	rub_env &succeeds(u32 old_nxt);
	void begin(u32 first);
	void end();
	void collect(const rub_rx &rx, const Packet *packet);
	void judge_steps(const rub_rx &rx);
	void judge_keep(const rub_rx &rx, const Packet &packet);
	void judge_delivery(const rub_rx &rx, const Packet *packet);
	void judge_answer(const Packet &packet, const rub_rx &rx);
	void judge_unit(const rub_tx &tx);
	void judge_text(const rub_tx &tx);
	void judge_blocks(const rub_tx &tx);
	void judge_edge(const rub_tx &tx);
	void judge_unit_left();
	void judge();
	void judge_ranges();
	void judge_anchors();
	bool has_work() const;
	u64 position(u32 seq) const;

	void settle();
	void arrive_open(const Packet &packet);
	void arrive_half(const Packet &packet);
	void arrive_time_wait(const Packet &packet);
	void arrive_listen(const Packet &packet, std::optional<u32> old = {});
	void establish(const rub_half &from, const Packet &packet);
	void half_ends();
	void fire_half();
	bool answer(const Packet &packet, rub_verdict verdict, const rub_tx &tx);
	bool propose(rub_tx &tx);
	bool lend();
	s64 fate(u32 len);
	void emit(const rub_tx &tx, u32 len);

	Host host_;
	const rub_ns &now_;
	rub_policy policy_ = {};
	rub_env env_ = {};
	Phase phase_;
	std::unique_ptr<rub_tcb> tcb_;
	rub_half half_ = {};
	rub_tw tw_ = {};
	bool waits_ = false; /* the TIME_WAIT that a half-open connection may succeed */
	std::vector<rub_node> lent_;
	rub_tx last_ = {};
	u8 fates_ = 0, next_fate_ = 0;
	bool batched_ = false;
	u32 random_ = 1;

	/* The connection, as its shell and its process know it. */
	std::vector<Stream> streams_;
	Received received_;
	u8 was_ = 0;	     /* its state after the last event */
	u32 first_ = 0;	     /* of the peer's stream, once known */
	u32 edge_ = 0;	     /* what it offered */
	u32 told_ = 0;	     /* the highest that a segment said */
	bool known_ = false; /* these hold */
	u64 in_order_ = 0, read_ = 0, acked_ = 0;
	bool peer_fin_ = false, orphan_ = false, dead_ = false, time_wait_ = false;
	rub_ns limited_from_ = 0;
	u32 limited_ = 0;
	u32 acks_ = 0, resets_ = 0; /* of the last drain */
};

} // namespace fuzz

#endif
