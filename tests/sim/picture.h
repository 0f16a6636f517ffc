/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run as a time-sequence graph, as tcptrace draws it: for each direction what its sender sent,
 * sent again and lost, and the acknowledgements, SACK blocks and window edges that reached it;
 * below, the states of both ends. Time that nothing happens in is cut out and marked.
 */
#ifndef RUBATO_SIM_PICTURE_H
#define RUBATO_SIM_PICTURE_H

#include <string>
#include <vector>

#include "random.h"

namespace sim
{

struct Packet;

class Picture
{
public:
	/* A segment leaves side @side; its numbers count from the ISNs. @copies of it will arrive.
	 */
	void sent(rub_ns now, u8 side, const Packet &packet, u32 seq, bool again, bool probe,
		  u32 copies);
	/* An acknowledgement reaches side @side: what it says of what that side sent. */
	void acked(rub_ns now, u8 side, const Packet &packet, u32 iss, u32 scale);
	void state(rub_ns now, u16 pair, u8 side, u8 state);
	/* Something happened to side @side (or, if it is 2, to the path). */
	void event(rub_ns now, u8 side, const std::string &what);
	/* @title stands above it. False: @file cannot be written. */
	bool write(const std::string &file, const std::string &title, u16 pair) const;

	struct Mark {
		rub_ns at;
		enum Kind : u8 { DATA, AGAIN, PROBE, LOST, ACK, SACK, EDGE, SYN, FIN, RST } kind;
		u8 side; /* whose stream */
		u16 pair;
		u32 from, to;
	};
	struct Stay {
		rub_ns at;
		u16 pair;
		u8 side, state;
	};
	struct Event {
		rub_ns at;
		u8 side;
		std::string what;
	};

private:
	std::vector<Mark> marks;
	std::vector<Stay> stays;
	std::vector<Event> events;
};

} // namespace sim

#endif
