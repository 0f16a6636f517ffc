/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of one tuple on one host: what of half-open connection, connection and TIME_WAIT entry
 * there is, handled as the shell does, and the process that holds it.
 */
#ifndef RUBATO_SIM_ENDPOINT_H
#define RUBATO_SIM_ENDPOINT_H

#include <optional>
#include <vector>

#include "invariants.h"
#include "pieces.h"
#include "stage.h"
#include "watch.h"

namespace sim
{

/* What both ends of a tuple are known to have done, one entry an incarnation. */
struct History {
	struct Stream {
		u32 written = 0;
		u32 sent = 0;		/* numbers behind the SYN that have left, the FIN's too */
		bool finished = false;	/* nothing more will be written */
		bool delivered = false; /* the peer has reached the FIN */
		bool began = false;
		bool haunted = false; /* by a ghost: nothing is known of what it says */
	};
	std::vector<std::array<Stream, 2>> streams{1};
	u32 iss[2]{};
};

class Endpoint
{
public:
	Endpoint(Stage &stage, History &history, u16 pair, u8 side, bool listens);

	Endpoint(const Endpoint &) = delete;
	Endpoint &operator=(const Endpoint &) = delete;
	~Endpoint();

	void meet(Endpoint &other) { peer = &other; }

	/* connect(). False: the tuple is taken. */
	bool open(u32 incarnation);
	void arrive(const Packet &packet);
	/* When something is to be done here next: a timer, late as timers are, or the process. */
	rub_ns next();
	void wake();
	void retuned();
	void reboot();
	/* The route has forgotten what ICMP said; the path takes more than before. */
	void path_grew();
	/* Somebody who sees nothing of this connection sends @n segments in its name. */
	void forged(u32 n);
	void check();

	bool empty() const { return !conn && !half && !tw; }
	bool waits() const { return tw && !conn && !half; }
	/* There was a TIME_WAIT since the last open. */
	bool waited() const { return had_time_wait; }
	bool aborted() const { return unclean; }
	u8 state() const;

private:
	enum class Ending { SHUTDOWN, CLOSE, ABORT };

	struct Process {
		u32 bytes, chunk;
		rub_ns pause, patience, next_act;
		u64 urgent;
		Ending ending;
		bool shut, gone;
	};

	struct Connection {
		rub_tcb tcb;
		u32 incarnation;
		/* Of an old cookie's ACK, after the true one has ended: nobody speaks to it. */
		bool ghost = false;
		Process process;
		std::vector<u64> held; /* of the peer's stream: a tag for each byte, 0: not here */
		u32 written = 0, in_order = 0, read = 0, kept = 0;
		bool connected = false, peer_fin = false, dead = false, time_wait = false;
		std::vector<rub_node> lent;
		Memory memory;
		Watch watch;
	};

	/* A half-open entry or one in TIME_WAIT, and when it began to wait by our own reckoning. */
	struct Half : rub_half {
		Anchors run_seen;
		Memory memory;
	};
	struct TimeWait : rub_tw {
		rub_ns since;
		u32 iss, irs;
		Memory memory;
	};
	/* Where the numbers of what leaves begin; unknown if it answers what nobody knows. */
	struct Base {
		u32 iss, irs;
		bool known;
	};
	/* What left in one go. */
	struct Drained {
		u32 acks = 0, resets = 0, tries = 0, units = 0;
	};

	const HostPlan &host() const { return stage.plan.host[side]; }
	const Timetable &table() const { return stage.table[side]; }
	/* Since when the clocks are what they are. */
	rub_ns told() const { return stage.retuned[side]; }
	rub_env &world();
	void succeed(u32 nxt);
	rub_ns due();
	void expire();
	void expire_connection();
	void expire_half();
	void expire_time_wait();
	void act();
	bool acts() const;
	bool write(Process &p);
	bool read();
	void finish();

	void begin(u32 incarnation);
	void end();
	void options();
	void collect(const rub_rx &rx, const Packet *packet);
	void keep(const rub_range &range, const Packet &packet);
	void advance();
	void steps(const rub_rx &rx);
	/* Everything that may leave now. */
	Drained drain();
	void settle();
	bool lend();
	void note(const rub_tx &tx);
	void check_sacked() const;

	void segment(const Packet &packet);
	void too_big(u16 mss);
	rub_seg forgery();
	void listen(const Packet &packet);
	void half_segment(const Packet &packet);
	void time_wait_segment(const Packet &packet);
	void establish(const rub_half &from, const Packet &packet);
	void answer(rub_verdict verdict, const rub_tx &tx, const Base &base);
	void drop_half();
	void drop_time_wait();
	void send(const rub_tx &tx, u32 len, const Base &base);
	void judge(const Packet &packet);
	void launch(Packet &packet, const rub_tx &tx, const Base &base);
	void draw();

	Stage &stage;
	History &history;
	Endpoint *peer = nullptr;
	const u16 pair;
	const u8 side;
	const bool listens;
	rub_env env{};
	std::optional<Connection> conn;
	std::optional<Half> half;
	std::optional<TimeWait> tw;
	rub_ns armed_for = RUB_NEVER, armed = RUB_NEVER;
	bool unclean = false; /* it ended without a TIME_WAIT on either side */
	bool had_time_wait = false;
	u8 drawn = 0; /* the state that the picture shows */
};

} // namespace sim

#endif
