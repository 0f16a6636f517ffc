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
#include "stage.h"

namespace sim
{

/* What both ends of a tuple are known to have done, one entry an incarnation. */
struct History {
	struct Stream {
		u32 written = 0;
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
	void check();

	bool empty() const { return !conn && !half && !tw; }
	bool waits() const { return tw && !conn && !half; }
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
		u32 written = 0, in_order = 0, read = 0;
		bool connected = false, peer_fin = false, dead = false, time_wait = false;
		std::vector<rub_node> lent;
		Memory memory;
	};

	const HostPlan &host() const { return stage.plan.host[side]; }
	rub_env &world();
	rub_ns due();
	void expire();
	void expire_half();
	void act();
	bool acts() const;
	bool write(Process &p);
	bool read();
	void finish();

	void begin(u32 incarnation);
	void end();
	void collect(const rub_rx &rx, const Packet *packet);
	void keep(const rub_range &range, const Packet &packet);
	void advance();
	void steps(const rub_rx &rx);
	void drain(u32 &acks, u32 &resets);
	void drain();
	const rub_tcb *counterpart() const;
	bool lend();
	void note(const rub_tx &tx, const rub_tx *proposed);

	void listen(const Packet &packet, u32 floor);
	void half_segment(const Packet &packet);
	void time_wait_segment(const Packet &packet);
	void establish(const rub_half &from, const Packet &packet);
	void answer(rub_verdict verdict, const rub_tx &tx);
	void drop_half();
	void send(const rub_tx &tx, u32 len);
	void launch(Packet &packet);

	Stage &stage;
	History &history;
	Endpoint *peer = nullptr;
	const u16 pair;
	const u8 side;
	const bool listens;
	rub_env env{};
	std::optional<Connection> conn;
	std::optional<rub_half> half;
	std::optional<rub_tw> tw;
	rub_ns armed_for = RUB_NEVER, armed = RUB_NEVER;
	bool unclean = false; /* it ended without a TIME_WAIT on either side */
};

} // namespace sim

#endif
