/* SPDX-License-Identifier: GPL-2.0-only */
/* Scripts of a sender: full segments in flight, by their number from 0. */
#ifndef RUBATO_TESTS_FLIGHT_H
#define RUBATO_TESTS_FLIGHT_H

#include "script.h"

#include "core/tcb.h"

namespace script
{

/* Sequence number of segment @i. */
inline u32 nth(u32 i)
{
	return 1 + i * MSS;
}

/* Segment @i, for the first time or again. */
inline Seg data(u32 i)
{
	return seg(ACK, nth(i), 1, MSS).maybe(PSH);
}

/* Everything before segment @i, and the blocks beyond, by segments. */
inline Seg ack(u32 i, std::vector<Range> segments = {})
{
	for (Range &r : segments)
		r = {nth(r.from), nth(r.to)};
	return seg(ACK, 1, nth(i)).sack(std::move(segments));
}

/* Connected at time 0, RTT 100 ms, with SACK and nothing else. */
inline void connect_sack(Script &s)
{
	s.connect();
	s.tcb.opts |= RUB_OPT_SACK;
}

/* Segments @from to @to are written and leave now, all at once. */
inline void fly(Script &s, u32 from, u32 to, where loc = where::current())
{
	s.write((to - from) * MSS, loc);
	for (u32 i = from; i < to; i++)
		s.expect(data(i), loc);
	s.silence(loc);
}

inline void is_sound(const Script &s)
{
	EXPECT_TRUE(rub_rec_sound(&s.tcb.out, s.tcb.snd_una, s.tcb.snd_nxt));
}

} // namespace script

#endif
