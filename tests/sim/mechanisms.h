/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the protocol can do. A run notes what it did: a simulation that never brings a mechanism
 * about proves nothing about it.
 */
#ifndef RUBATO_SIM_MECHANISMS_H
#define RUBATO_SIM_MECHANISMS_H

#include <bitset>

namespace sim
{

#define SIM_MECHANISMS(X)                                      \
	X(TIMEOUT, "retransmission timeout")                   \
	X(FAST_RECOVERY, "fast recovery without SACK")         \
	X(SACK_RECOVERY, "fast recovery with SACK")            \
	X(LOSS_PROBE, "tail loss probe")                       \
	X(PERSIST, "zero-window probe")                        \
	X(KEEPALIVE, "keepalive probe")                        \
	X(DELAYED_ACK, "delayed ACK")                          \
	X(DSACK, "D-SACK")                                     \
	X(UNDO_DSACK, "undo by D-SACK")                        \
	X(UNDO_TIMESTAMP, "undo by timestamps")                \
	X(FRTO, "undo by F-RTO")                               \
	X(FRTO_SACK, "undo by F-RTO with SACK")                \
	X(PRR, "proportional rate reduction")                  \
	X(REORDERING, "reordering seen")                       \
	X(REORDERING_WIDER, "reordering window widened")       \
	X(SACK_COUNT, "loss by RFC 6675")                      \
	X(HYSTART_CSS, "HyStart++: slow start more slowly")    \
	X(HYSTART_RESUME, "HyStart++: a false alarm")          \
	X(HYSTART_EXIT, "HyStart++: slow start left")          \
	X(CUBIC_FRIENDLY, "CUBIC: as Reno")                    \
	X(CUBIC_CONCAVE, "CUBIC: concave")                     \
	X(CUBIC_CONVEX, "CUBIC: convex")                       \
	X(PAWS, "dropped by PAWS")                             \
	X(SCALED, "window beyond 64 KiB")                      \
	X(ECN_ECHO, "ECN echo")                                \
	X(ECN_REDUCED, "ECN reduction")                        \
	X(URGENT, "urgent data")                               \
	X(PACED, "held by the pace")                           \
	X(DEPARTURE_TIME, "paced by departure time")           \
	X(NO_RECORDS, "held for want of records")              \
	X(LOCAL_DROP, "local drop")                            \
	X(HOLES_FULL, "one hole too many")                     \
	X(MTU, "ICMP: too big")                                \
	X(MTU_GREW, "MTU grew")                                \
	X(COOKIE, "SYN cookie accepted")                       \
	X(SYNACK_AGAIN, "SYN+ACK again")                       \
	X(SIMULTANEOUS_OPEN, "simultaneous open")              \
	X(SIMULTANEOUS_CLOSE, "simultaneous close")            \
	X(CHALLENGE, "challenge ACK")                          \
	X(LIMITED, "challenge ACK not sent: limit")            \
	X(FORGED, "forged segment")                            \
	X(RESET, "reset by the peer")                          \
	X(ABORT, "abort")                                      \
	X(REBOOT, "reboot")                                    \
	X(RETUNE, "retune")                                    \
	X(GAVE_UP, "gave up")                                  \
	X(USER_TIMEOUT, "gave up by user-timeout")             \
	X(ORPHAN_FIN_WAIT_2, "orphan left FIN_WAIT_2")         \
	X(TIME_WAIT, "TIME_WAIT")                              \
	X(TIME_WAIT_AGAIN, "TIME_WAIT begun again")            \
	X(REINCARNATION, "reincarnation from TIME_WAIT")       \
	X(ACTIVE_REUSE, "connect() took a tuple in TIME_WAIT") \
	X(SUPER_SEGMENT, "super-segment")

enum class Mechanism {
#define X(name, text) name,
	SIM_MECHANISMS(X)
#undef X
		COUNT,
};

constexpr size_t MECHANISMS = static_cast<size_t>(Mechanism::COUNT);

inline const char *mechanism_text(size_t i)
{
	static const char *const texts[] = {
#define X(name, text) text,
		SIM_MECHANISMS(X)
#undef X
	};

	return texts[i];
}

using Happened = std::bitset<MECHANISMS>;

} // namespace sim

#endif
