/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds after every event, whatever a seed brings: the numbers are those of the design's list
 * of invariants.
 *
 *	 0  ours: the fast path does what the full one does
 *	 1  delivered bytes are a prefix of those sent, and all of them at a clean close
 *	 2  UNA <= NXT <= MAX; nothing beyond the edge that was offered but probes, of one number;
 *	    our own edge never retreats, neither the connection's nor that in its segments
 *	 3  RCV.NXT never goes back; nothing is acknowledged that was not sent
 *	 4  work pending means a finite deadline; a deadline that has come goes away; no try and no
 *	    acknowledgement is overdue, so silence lasts as long as the policy says
 *	 5  the scoreboard's counts equal a recount, and what it takes for SACKed the peer has
 *	 6  no answer to an RST but a challenge ACK, at most one ACK to a pure ACK and none to one
 *	    that is in order, challenge ACKs as RFC 5961 section 7 limits them
 *	 7  memory is bounded: records, holes, bytes held; half-open entries
 *	 8  every try and every end comes at its time (watch.h), every TIME_WAIT lasts 2 MSL
 *	 9  so it does when retuned, and a retune brings one send at most
 *	10  a super-segment does what its segments would have done one by one (pieces.h)
 *	11  with another ISN the same seed brings the same trace, shifted
 *	12  the same seed brings the same trace, and at the end nothing is left
 *	13  no byte of an old incarnation reaches a new one
 */
#ifndef RUBATO_SIM_INVARIANTS_H
#define RUBATO_SIM_INVARIANTS_H

#include <stdexcept>
#include <string>

#include "core/core.h"

namespace sim
{

class Violation : public std::runtime_error
{
public:
	Violation(int n, const std::string &what)
		: std::runtime_error("invariant " + std::to_string(n) + ": " + what), number(n)
	{
	}
	const int number;
};

inline void require(int number, bool holds, const char *what)
{
	if (!holds) [[unlikely]]
		throw Violation(number, what);
}

inline bool seq_le(u32 a, u32 b)
{
	return static_cast<s32>(b - a) >= 0;
}

/* What an endpoint must remember to be judged. */
struct Memory {
	bool known = false;
	u32 rcv_nxt = 0, rcv_edge = 0, told = 0;
	u32 offered = 0;	 /* the furthest edge that the peer's segments brought */
	rub_ns limited_from = 0; /* the period in which answers are counted */
	u32 answers = 0;
	rub_ns expired_at = 0;
	u32 expired = 0;
};

/* A segment came: what the connection was before. */
struct Before {
	u32 rcv_nxt, rcv_edge;
	bool owes_ack, synchronized;
};

/* 2 to 5 and 7, of one connection. */
void check_connection(const rub_tcb &tcb, const rub_env &env, Memory &memory);
/* 2: @tx, proposed, stays within what the peer offered. */
void check_room(const rub_tcb &tcb, const rub_tx &tx, const Memory &memory);
/* 2: the edge in a segment that leaves. */
void check_edge(const rub_tcb &tcb, const rub_seg &seg, Memory &memory);
/* 2: @seg arrives, and what it offers counts. */
void note_offer(const rub_tcb &tcb, const rub_seg &seg, Memory &memory);
/* 6: @seg brought @acks and @resets. @challenged: one ACK of those that are limited. */
void check_answers(const rub_seg &seg, const rub_rx &rx, const Before &before, u32 acks,
		   u32 resets);
void check_limit(rub_ns now, Memory &memory);
/* 6: is this what RFC 5961 limits? */
bool is_challenged(const rub_seg &seg, const rub_rx &rx);
/* 4: a timer came, and again at the same time. */
void check_timer(rub_ns now, Memory &memory);

} // namespace sim

#endif
