/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * rubato: TCP's full state machine as a loadable protocol family in which every
 * clock is data. This header holds the numbers and structs that the kernel, the
 * command line and programs share. The netlink commands and attributes are in
 * rubato_netlink.h.
 *
 *	socket(AF_RUBATO, SOCK_STREAM, 0)			IPv4
 *	socket(AF_INET, SOCK_STREAM, IPPROTO_RUBATO)		the same socket
 *
 * Addresses are plain sockaddr_in. A rubato segment is a TCP segment bit for bit
 * (RFC 9293); only the IP header's protocol field differs.
 */
#ifndef _UAPI_LINUX_RUBATO_H
#define _UAPI_LINUX_RUBATO_H

#include <linux/types.h>

/* The family's default number: AF_ASH's slot, which no kernel ever used. */
#define AF_RUBATO		18
#define PF_RUBATO		AF_RUBATO
/* The default IP protocol number: RFC 3692, for experiments. */
#define IPPROTO_RUBATO		253
#define SOL_RUBATO		253

/* States of RFC 9293 section 3.3.2, with Linux's numbers (TCP_ESTABLISHED = 1 ...). */
enum rubato_state {
	RUBATO_ESTABLISHED	= 1,
	RUBATO_SYN_SENT		= 2,
	RUBATO_SYN_RCVD		= 3,
	RUBATO_FIN_WAIT_1	= 4,
	RUBATO_FIN_WAIT_2	= 5,
	RUBATO_TIME_WAIT	= 6,
	RUBATO_CLOSED		= 7,
	RUBATO_CLOSE_WAIT	= 8,
	RUBATO_LAST_ACK		= 9,
	RUBATO_LISTEN		= 10,
	RUBATO_CLOSING		= 11,
	RUBATO_STATE_MAX	= RUBATO_CLOSING,
};

/*
 * Every clock and knob has one number, which is also its attribute number in the
 * netlink nest "policy". Schedules are struct rubato_schedule, durations are u64
 * nanoseconds, knobs are u32.
 */
enum rubato_clock {
	RUBATO_CLOCK_NONE		= 0,
	RUBATO_CLOCK_MSL		= 1,	/* duration: TIME_WAIT lasts 2 x msl */
	RUBATO_CLOCK_SYN		= 2,	/* schedule */
	RUBATO_CLOCK_SYNACK		= 3,	/* schedule */
	RUBATO_CLOCK_DATA		= 4,	/* schedule */
	RUBATO_CLOCK_FIN		= 5,	/* schedule: all that an orphan still sends */
	RUBATO_CLOCK_PERSIST		= 6,	/* schedule: zero-window probes */
	RUBATO_CLOCK_KEEPALIVE_IDLE	= 7,	/* duration */
	RUBATO_CLOCK_KEEPALIVE_PROBES	= 8,	/* schedule */
	RUBATO_CLOCK_FIN_WAIT_2		= 9,	/* duration: an orphan waits for FIN */
	RUBATO_CLOCK_DELACK		= 10,	/* duration */
	RUBATO_CLOCK_USER_TIMEOUT	= 11,	/* duration */
	RUBATO_CLOCK_RTO_MIN		= 12,	/* duration */
	RUBATO_CLOCK_RTO_MAX		= 13,	/* duration */
	RUBATO_CLOCK_RTO_INITIAL	= 14,	/* duration */
	RUBATO_KNOB_TIMESTAMPS		= 15,
	RUBATO_KNOB_SACK		= 16,
	RUBATO_KNOB_WINDOW_SCALE	= 17,
	RUBATO_KNOB_ECN			= 18,
	RUBATO_KNOB_CONGESTION		= 19,
	RUBATO_KNOB_BIND_MODE		= 20,
	RUBATO_KNOB_TW_RST		= 21,
	RUBATO_KNOB_TW_REUSE		= 22,
	RUBATO_CLOCK_TW_REUSE_DELAY	= 23,	/* duration */
	RUBATO_KNOB_KEEPALIVE_FORCE	= 24,
	RUBATO_KNOB_ISN			= 25,
	RUBATO_KNOB_MTU_PROBING		= 26,
	RUBATO_CLOCK_MAX		= RUBATO_KNOB_MTU_PROBING,
};

/* Values of the knobs that are a choice; timestamps, sack, window-scale, ecn, tw-reuse and
 * keepalive.force are 0 or 1.
 */
enum rubato_congestion {
	RUBATO_CONGESTION_CUBIC		= 0,
	RUBATO_CONGESTION_NEWRENO	= 1,
	RUBATO_CONGESTION_MAX		= RUBATO_CONGESTION_NEWRENO,
};

enum rubato_bind_mode {
	RUBATO_BIND_LINUX		= 0,
	RUBATO_BIND_BSD			= 1,
	RUBATO_BIND_TIME_WAIT		= 2,
	RUBATO_BIND_MAX			= RUBATO_BIND_TIME_WAIT,
};

enum rubato_tw_rst {
	RUBATO_TW_RST_EXACT		= 0,	/* RST at RCV.NXT ends TIME_WAIT */
	RUBATO_TW_RST_IGNORE		= 1,	/* none does (RFC 1337) */
	RUBATO_TW_RST_AFTER_CHALLENGE	= 2,	/* only shortly after a challenged SYN */
	RUBATO_TW_RST_MAX		= RUBATO_TW_RST_AFTER_CHALLENGE,
};

/* RFC 4821. */
enum rubato_mtu_probing {
	RUBATO_MTU_PROBING_OFF		= 0,	/* the path's MTU is what ICMP says */
	RUBATO_MTU_PROBING_BLACK_HOLE	= 1,	/* until large segments get no answer at all */
	RUBATO_MTU_PROBING_ALWAYS	= 2,	/* small at first, larger as the path shows */
	RUBATO_MTU_PROBING_MAX		= RUBATO_MTU_PROBING_ALWAYS,
};

/* isn: 0 is the keyed hash of RFC 6528; RUBATO_ISN_FIXED + n is always n (the lab only). */
#define RUBATO_ISN_KEYED	0ULL
#define RUBATO_ISN_FIXED	(1ULL << 32)
#define RUBATO_ISN_MAX		(RUBATO_ISN_FIXED | 0xffffffffULL)

/* Where an effective value comes from. */
enum rubato_source {
	RUBATO_SOURCE_BUILTIN	= 0,
	RUBATO_SOURCE_DEFAULT	= 1,	/* the network namespace's default */
	RUBATO_SOURCE_RULE	= 2,
	RUBATO_SOURCE_SOCKET	= 3,
};

#define RUBATO_GAPS_MAX		16
#define RUBATO_FACTOR_ONE	1000U	/* growth is in thousandths: x1.5 is 1500 */
#define RUBATO_FACTOR_MAX	16000U

/* Which optional fields of a schedule were given. */
#define RUBATO_SCHED_RTO	0x01U	/* the sole gap is the measured RTO; gap[] is empty */
#define RUBATO_SCHED_FACTOR	0x02U	/* grows: each further gap is the last one x factor */
#define RUBATO_SCHED_MAX	0x04U	/* no gap is longer than max */
#define RUBATO_SCHED_TRIES	0x08U	/* at most this many retransmissions, then one more gap */
#define RUBATO_SCHED_GIVE_UP	0x10U	/* ends this long after the first send */
#define RUBATO_SCHED_AS		0x20U	/* refers to another schedule; nothing else is set */
#define RUBATO_SCHED_FLAGS	0x3fU

/**
 * struct rubato_schedule - when to send again, and when to give up
 * @gap: the wait after send 0, 1, ... in nanoseconds; the last is the wait before giving
 *	up, or, with RUBATO_SCHED_FACTOR, what grows
 * @max: longest gap, ns
 * @give_up: ns after the first send
 * @tries: retransmissions
 * @factor: growth in thousandths, RUBATO_FACTOR_ONE to RUBATO_FACTOR_MAX
 * @as: enum rubato_clock of the schedule that this one refers to
 * @n_gaps: gaps used, 0 with RUBATO_SCHED_RTO or RUBATO_SCHED_AS
 * @flags: RUBATO_SCHED_*; fields whose flag is clear are zero
 * @reserved: zero
 */
struct rubato_schedule {
	__u64 gap[RUBATO_GAPS_MAX];
	__u64 max;
	__u64 give_up;
	__u32 tries;
	__u32 factor;
	__u16 as;
	__u8  n_gaps;
	__u8  flags;
	__u32 reserved;
};

/* Bounds that the kernel enforces, in nanoseconds. */
#define RUBATO_NS_PER_MS	1000000ULL
#define RUBATO_GAP_MIN		1000000ULL		/* 1 ms */
#define RUBATO_GAP_MAX		86400000000000ULL	/* 24 h */
#define RUBATO_MSL_MAX		600000000000ULL		/* 10 min; 0 is allowed */
#define RUBATO_FIN_WAIT_2_MAX	86400000000000ULL	/* 24 h */
#define RUBATO_RTO_BOUND_MIN	1000000ULL		/* 1 ms */
#define RUBATO_RTO_BOUND_MAX	600000000000ULL		/* 10 min */
#define RUBATO_TRIES_MAX	1000U
#define RUBATO_IDLE_MAX		86400000000000ULL	/* 24 h: keepalive.idle */
#define RUBATO_DELACK_MAX	499000000ULL		/* RFC 9293 section 3.8.6.3: below 0.5 s */
#define RUBATO_USER_TIMEOUT_MAX	86400000000000ULL	/* 24 h; 0 is off */
#define RUBATO_TW_REUSE_DELAY_MAX 600000000000ULL	/* 10 min */

/* Tempo divides every configured duration; in thousandths: 0.01 to 1000. */
#define RUBATO_TEMPO_ONE	1000U
#define RUBATO_TEMPO_MIN	10U
#define RUBATO_TEMPO_MAX	1000000U

/* Why a segment was dropped, or an entry refused. Each has a counter of its own. */
enum rubato_reason {
	RUBATO_REASON_NONE		= 0,
	/* the wire */
	RUBATO_REASON_TOO_SHORT		= 1,	/* shorter than its header says */
	RUBATO_REASON_BAD_OFFSET	= 2,	/* data offset below 5 words */
	RUBATO_REASON_BAD_CHECKSUM	= 3,
	RUBATO_REASON_BAD_OPTION	= 4,	/* an option's length runs past the header */
	RUBATO_REASON_BAD_ADDRESS	= 5,	/* not unicast */
	/* nobody to give it to */
	RUBATO_REASON_NO_SOCKET		= 6,
	RUBATO_REASON_SYN_QUEUE_FULL	= 7,
	RUBATO_REASON_ACCEPT_QUEUE_FULL	= 8,
	RUBATO_REASON_NO_MEMORY		= 9,
	RUBATO_REASON_RCV_BUFFER	= 10,	/* the receive buffer is full */
	/* the protocol, RFC 9293 section 3.10.7 */
	RUBATO_REASON_LISTEN_RST	= 11,
	RUBATO_REASON_LISTEN_NO_SYN	= 12,
	RUBATO_REASON_BAD_ACK		= 13,	/* acknowledges what was not sent */
	RUBATO_REASON_OLD_ACK		= 14,	/* older than RFC 5961 section 5.2 allows */
	RUBATO_REASON_NO_ACK		= 15,	/* ACK bit clear where it must be set */
	RUBATO_REASON_BAD_SEQ		= 16,	/* outside the window */
	RUBATO_REASON_BAD_RST		= 17,	/* RST not exactly at RCV.NXT */
	RUBATO_REASON_SYN_IN_WINDOW	= 18,
	RUBATO_REASON_OLD_DATA		= 19,	/* had it already */
	RUBATO_REASON_OOO_FULL		= 20,	/* too many holes */
	RUBATO_REASON_AFTER_FIN		= 21,	/* data beyond the peer's FIN */
	RUBATO_REASON_TW_RST		= 22,
	RUBATO_REASON_TW_OLD		= 23,
	RUBATO_REASON_CLOSED		= 24,	/* the connection was gone already */
	RUBATO_REASON_RATE_LIMIT	= 25,	/* an answer was due but the limit was reached */
	RUBATO_REASON_TW_FULL		= 26,	/* a TIME_WAIT entry had to go early */
	RUBATO_REASON_PAWS		= 27,	/* an old timestamp, RFC 7323 section 5 */
	RUBATO_REASON_NO_TIMESTAMP	= 28,	/* timestamps agreed on, none there: section 3.2 */
	RUBATO_REASON_BAD_COOKIE	= 29,	/* an ACK to a listener with no valid SYN cookie */
	RUBATO_REASON_SYN_TEXT		= 30,	/* text or FIN with a SYN: not acknowledged */
	RUBATO_REASON_MAX		= RUBATO_REASON_SYN_TEXT,
};

#endif /* _UAPI_LINUX_RUBATO_H */
