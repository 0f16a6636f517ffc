/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds after every event, whatever a seed brings: the numbers are those of the design's list
 * of invariants.
 *
 *	 0  ours: the fast path does what the full one does
 *	 1  delivered bytes are a prefix of those sent, and all of them at the FIN
 *	 2  UNA <= NXT <= MAX; nothing beyond the offered edge but probes; our edge never retreats
 *	 3  RCV.NXT never goes back; nothing is acknowledged that was not sent
 *	 4  work pending means a finite deadline, and a deadline that has come goes away
 *	 5  the scoreboard's counts equal a recount
 *	 6  no RST answers an RST, at most one ACK a pure ACK, challenge ACKs are limited
 *	 7  memory is bounded
 *	 8  giving up is exact
 *	 9  a retune brings one send at most
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

class Endpoint;

/* What an endpoint must remember to be judged. */
struct Memory {
	bool known = false;
	u32 rcv_nxt = 0, rcv_edge = 0, told = 0;
	rub_ns limited_from = 0; /* the period in which answers are counted */
	u32 answers = 0;
	rub_ns expired_at = 0;
	u32 expired = 0;
};

/* 2 to 5 and 7, of one connection. */
void check_connection(const rub_tcb &tcb, const rub_env &env, Memory &memory);
/* 2 and 3, of a unit that the connection proposes; @peer: the other end, if it is there. */
void check_unit(const rub_tcb &tcb, const rub_tx &tx, const rub_tcb *peer, Memory &memory);
/* 6: @seg brought @acks and @resets. */
void check_answers(const rub_seg &seg, const rub_rx &rx, u32 acks, u32 resets, rub_ns now,
		   Memory &memory);
/* 4: a timer came, and again at the same time. */
void check_timer(rub_ns now, Memory &memory);
/* 8: @schedule of fixed gaps, begun at @first, gave up; @late: how late a timer may be. */
void check_gave_up(const rubato_schedule &schedule, rub_ns first, rub_ns now, rub_ns late);

} // namespace sim

#endif
