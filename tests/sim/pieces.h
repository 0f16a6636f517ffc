/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariant 10: a super-segment has the same effect as its segments one by one. A twin of the
 * connection, made before the unit arrives, gets those; then the two are compared.
 *
 * The same: states, RCV.NXT, the bytes kept, holes, the edge offered, urgent pointer, what the
 * peer is known to have and to offer, TS.Recent, whether it lives and what the process is told,
 * whether an acknowledgement is owed at all, and what is to leave next.
 *
 * May differ, and is not compared: whether the acknowledgement is owed at once or may wait (a full
 * segment counts, and pieces are counted one by one); SND.WL1, the number of the last segment, and
 * SND.WND if a unit begins before it: a later piece passes for newer, as it would have by itself;
 * which number stands for a range in the order of SACK blocks, and the range of a D-SACK, which
 * tells of one segment; challenge ACKs, which are limited by segments; what RACK, PRR and cwnd
 * make of one ACK that came many times over; whether CWR is heard, if only its segment is a
 * duplicate and others of the unit are not. And if all places for holes are taken, a unit that
 * joins holes is kept where its first segment alone, which opens one more, is not.
 */
#ifndef RUBATO_SIM_PIECES_H
#define RUBATO_SIM_PIECES_H

#include <vector>

#include "core/core.h"

namespace sim
{

class Twin
{
public:
	Twin(const rub_tcb &tcb, const rub_env &env);
	/* @tcb took @whole in one piece; @sent: what the peer sent, segments of @cut bytes. */
	void compare(const rub_tcb &tcb, const rub_rx &rx, const rub_seg &whole,
		     const rub_seg &sent, u16 cut);

private:
	void play(const rub_seg &sent, u16 cut);

	const rub_env env;
	const rub_tcb before; /* its records are not looked at */
	rub_tcb twin;
	std::vector<rub_node> nodes;
	std::vector<rub_range> kept;
	u32 mask = 0;
	int error = 0;
};

} // namespace sim

#endif
