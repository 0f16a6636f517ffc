/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol: RFC 9293's state machine as pure functions over plain structs. No
 * allocation, no I/O, no locks, no clock: the caller brings the time and whatever else
 * changes from call to call in struct rub_env, holds its own lock over the struct, and
 * does what the result says.
 *
 * How a connection is driven:
 *
 *	rub_segment / rub_call / rub_expire	change it; they never send
 *	while (rub_transmit(tcb, env, &tx))	what is to be sent now, one unit at a time
 *		build and send it;
 *		rub_sent(tcb, &tx, len or -errno, env);
 *	arm a timer for rub_due(tcb, env)	when it has come, rub_expire()
 *
 * Listeners, half-open connections, TIME_WAIT entries and strays have no queue: they are
 * given one segment and fill at most one answer.
 */
#ifndef RUBATO_CORE_CORE_H
#define RUBATO_CORE_CORE_H

#include "core/bind.h"
#include "core/policy.h"

RUB_BEGIN_DECLS

/* TCP's flag byte (RFC 9293 section 3.1). */
#define RUB_FIN 0x01u
#define RUB_SYN 0x02u
#define RUB_RST 0x04u
#define RUB_PSH 0x08u
#define RUB_ACK 0x10u
#define RUB_URG 0x20u

/* Holes that a receiver keeps track of; a segment that would open one more is dropped. */
#define RUB_OOO_MAX 32

/**
 * struct rub_seg - a parsed segment
 * @seq: SEG.SEQ
 * @ack: SEG.ACK; meaningful with RUB_ACK
 * @len: payload bytes, without SYN and FIN
 * @wnd: SEG.WND as it stands in the header
 * @mss: the MSS option's value, 0 if absent
 * @flags: RUB_FIN ...
 */
struct rub_seg {
	u32 seq, ack, len;
	u16 wnd, mss;
	u8 flags;
};

/**
 * struct rub_env - what the world looks like during one call
 * @now: monotonic ns
 * @policy: the clocks that hold for this connection
 * @isn_hash: keyed hash of the four-tuple (RFC 6528's F())
 * @rcv_free: bytes of receive buffer beyond RCV.NXT, out-of-order bytes counted as free
 * @rcv_buf: bytes of receive buffer in all, 0 for "large"
 * @path_mss: largest payload that the path takes: MTU less IP and TCP headers
 * @adv_mss: the MSS to announce
 * @gso_max: largest unit that rub_transmit may propose; one segment if it is less than that
 */
struct rub_env {
	rub_ns now;
	const struct rub_policy *policy;
	u64 isn_hash;
	u32 rcv_free, rcv_buf;
	u16 path_mss;
	u16 adv_mss;
	u32 gso_max;
};

struct rub_range {
	u32 from, to; /* [from, to) in sequence space */
};

/**
 * struct rub_anchor - the clock that runs
 * @last: when the last try left, or the clock was started
 * @dropped: when a try was dropped locally, 0 for none since @last
 * @tries: tries since @last was started afresh: the index of the next gap
 * @first: the start of the current wait; only give-up looks at it
 * @life: tries since @first
 *
 * LAW: times that were, never times that will be. rub_due() alone makes deadlines.
 */
struct rub_anchor {
	rub_ns last, dropped, first;
	u32 tries, life;
};

/**
 * struct rub_tcb - one connection
 *
 * The shell embeds it and reads it through the accessors below; only core/ writes it.
 */
struct rub_tcb {
	u8 state;	/* enum rubato_state */
	u8 clock;	/* enum rubato_clock that runs: what rub_due() is about */
	u16 flags;	/* RUB_F_* (core/tcb.h) */
	int error;	/* positive errno of a dead connection; 0 for a clean end */
	int soft_error;	/* what ICMP said; told if a clock gives up (RFC 5461) */

	u32 iss, snd_una, snd_nxt, snd_max, snd_end; /* snd_end: behind the last byte queued */
	u32 snd_wnd, snd_wl1, snd_wl2, snd_wnd_max;
	u32 irs, rcv_nxt, rcv_edge, rcv_fin;	/* rcv_edge: the right edge we offered */
	u16 snd_mss, adv_mss;

	u32 rtt_seq;
	rub_ns rtt_start, srtt, rttvar;
	u32 cwnd, ssthresh, recover;
	u32 dupacks;
	u32 held;	/* steps of back-off kept until the next RTT sample (RFC 6298 section 5) */
	u32 reset_seq;	/* RUB_F_REFUSE: the number of the RST that answers a bad ACK */

	struct rub_anchor run;
	rub_ns challenge_start;
	u32 challenges;

	u32 n_ooo;
	struct rub_range ooo[RUB_OOO_MAX]; /* sorted, disjoint, not touching */
};

/**
 * struct rub_half - a half-open connection: a SYN came in for a listener (SYN_RCVD)
 */
struct rub_half {
	u32 irs, iss;
	u32 rcv_wnd;	/* what the SYN+ACK offered */
	u32 snd_wnd;	/* what the SYN offered */
	u16 peer_mss, adv_mss;
	bool left;	/* a SYN+ACK has left */
	bool again;	/* more than once: never timed (Karn) */
	struct rub_anchor run;
	rub_ns challenge_start;
	u32 challenges;
	rub_ns rtt_start;
};

/**
 * struct rub_tw - a finished connection that waits 2 MSL
 */
struct rub_tw {
	u32 snd_nxt, rcv_nxt;
	u16 wnd;
	rub_ns last;	/* the start of the 2 MSL */
	rub_ns challenge_start;
	u32 challenges;
};

/* Transitions that one call can bring. */
#define RUB_RX_STEPS_MAX 4

/**
 * struct rub_rx - what happened
 * @mask: RUB_RX_*: which of the rest is valid, and what else happened
 * @reason: enum rubato_reason why (a part of) the segment was dropped; always valid
 * @n_steps: states entered, in order; always valid
 * @step: enum rubato_state
 * @cause_seq: RUB_RX_CAUSE: the segment that a call queued (SYN, FIN or RST)
 * @cause_ack: its acknowledgement number
 * @cause_flags: its flags
 * @cause_wnd: its window
 * @keep: RUB_RX_KEEP: bytes of this segment to hold; they may overlap what is held already
 *	at their front or end, never lie wholly in it
 * @acked: RUB_RX_ACKED: payload bytes newly acknowledged; free them
 * @clock: RUB_RX_GAVE_UP: enum rubato_clock whose schedule ended
 * @tries: RUB_RX_GAVE_UP
 * @elapsed: RUB_RX_GAVE_UP: ns since the first send
 * @error: RUB_RX_DEAD: positive errno for the process, 0 for a clean end
 */
struct rub_rx {
	u32 mask;
	u8 reason;
	u8 n_steps;
	u8 step[RUB_RX_STEPS_MAX];
	u8 cause_flags;
	u8 clock;
	u16 cause_wnd;
	u32 cause_seq, cause_ack;
	struct rub_range keep;
	u32 acked;
	u32 tries;
	rub_ns elapsed;
	int error;
};

#define RUB_RX_KEEP	 0x001u
#define RUB_RX_ACKED	 0x002u
#define RUB_RX_CONNECTED 0x004u	/* entered ESTABLISHED: wake connect() */
#define RUB_RX_ADVANCED	 0x008u	/* RCV.NXT moved: what is held below it may be delivered */
#define RUB_RX_PEER_FIN	 0x010u	/* the peer's FIN was reached: end of file behind the data */
#define RUB_RX_TIME_WAIT 0x020u	/* drain rub_transmit(), then rub_tw_init() and drop the tcb */
#define RUB_RX_DEAD	 0x040u	/* drain rub_transmit() (an RST may be due), then free */
#define RUB_RX_GAVE_UP	 0x080u
#define RUB_RX_CAUSE	 0x100u

/* What a unit is; rub_sent() commits by it. */
enum rub_unit {
	RUB_UNIT_SYN,
	RUB_UNIT_SYNACK,
	RUB_UNIT_DATA,	/* payload, FIN, or both */
	RUB_UNIT_PROBE,	/* payload or FIN beyond the window */
	RUB_UNIT_ACK,
	RUB_UNIT_RST,
};

/**
 * struct rub_tx - one segment to build
 * @seq: SEG.SEQ; payload is the queue's bytes from here
 * @ack: SEG.ACK, 0 without RUB_ACK
 * @len: payload bytes, at most gso_max; cut it at @mss into segments, FIN and PSH on the last
 * @wnd: the window field
 * @mss: MSS option to send, 0 for none
 * @cut: the payload size at which a unit is cut into segments
 * @flags: RUB_FIN ...
 * @unit: enum rub_unit
 * @clock: enum rubato_clock whose try this is, 0 for a first send and what no clock asked for
 * @again: has left before: a retransmission
 * @tries: which retransmission or probe this is, from 1; 0 for a first send
 * @reason: of rub_*_segment(): enum rubato_reason when nothing is to be sent
 */
struct rub_tx {
	u32 seq, ack, len;
	u16 wnd, mss, cut;
	u8 flags, unit, clock, reason;
	bool again;
	u32 tries;
};

enum rub_call {
	RUB_CALL_OPEN,		/* active open: CLOSED -> SYN_SENT */
	RUB_CALL_SEND,		/* arg: bytes that were queued */
	RUB_CALL_RECEIVE,	/* the process read; env->rcv_free has grown */
	RUB_CALL_SHUTDOWN,	/* no more to send: FIN behind what is queued */
	RUB_CALL_CLOSE,		/* the process let go; arg: unread bytes, RST if any */
	RUB_CALL_ABORT,		/* arg: positive errno, RST */
	RUB_CALL_MTU,		/* env->path_mss may have shrunk */
	RUB_CALL_SOFT_ERROR,	/* arg: positive errno (ICMP); remembered, never aborts (MUST-56) */
};

/* A new connection in CLOSED. */
void rub_init(struct rub_tcb *tcb);

void rub_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		 struct rub_rx *rx);
void rub_expire(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx);

/**
 * rub_call - what a process asks for
 *
 * Return: 0, or a negative errno when the state does not allow it (RFC 9293 section 3.9.1);
 * nothing has changed then.
 */
int rub_call(struct rub_tcb *tcb, enum rub_call call, u32 arg, const struct rub_env *env,
	     struct rub_rx *rx);

/**
 * rub_transmit - what to send now
 *
 * Changes nothing: until rub_sent() commits, it proposes the same again.
 * Return: false if there is nothing to send.
 */
bool rub_transmit(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx);

/**
 * rub_sent - commit what became of a proposal
 * @result: payload bytes that left (at most tx->len), or a negative errno, or 0 though there
 *	was payload: it was dropped locally, which is no try
 */
void rub_sent(struct rub_tcb *tcb, const struct rub_tx *tx, s64 result,
	      const struct rub_env *env);

/*
 * LAW: the only source of deadlines. Monotonic ns, possibly past; RUB_NEVER for none. A retune
 * needs no call of its own: ask again with the new policy in env, and at most one send follows.
 */
rub_ns rub_due(const struct rub_tcb *tcb, const struct rub_env *env);
rub_ns rub_half_due(const struct rub_half *half, const struct rub_env *env);
rub_ns rub_tw_due(const struct rub_tw *tw, const struct rub_env *env);

/* TCP_NODELAY: on switches Nagle's algorithm (RFC 9293 section 3.7.4) off. */
void rub_set_nodelay(struct rub_tcb *tcb, bool on);
bool rub_nodelay(const struct rub_tcb *tcb);

/* What the shell may know of a connection; it never decides on a state of its own. */
bool rub_may_send(const struct rub_tcb *tcb);	/* ESTABLISHED, CLOSE_WAIT, and before: queue */
bool rub_may_receive(const struct rub_tcb *tcb);	/* the peer may still send */
bool rub_synchronized(const struct rub_tcb *tcb);
bool rub_connecting(const struct rub_tcb *tcb);	/* SYN_SENT, or SYN_RCVD after it */
bool rub_is_dead(const struct rub_tcb *tcb);
/* Payload bytes queued and not acknowledged; the first of them has sequence number rub_first(). */
u32 rub_queued(const struct rub_tcb *tcb);
u32 rub_first(const struct rub_tcb *tcb);
/* The sequence number of the next byte to be delivered to the process's queue. */
static inline u32 rub_rcv_nxt(const struct rub_tcb *tcb)
{
	return tcb->rcv_nxt;
}
/* The sequence number of the first byte that the peer could send; known once its SYN came. */
static inline u32 rub_rcv_first(const struct rub_tcb *tcb)
{
	return tcb->irs + 1;
}
/* enum rubato_state. */
static inline u8 rub_state(const struct rub_tcb *tcb)
{
	return tcb->state;
}
/* Largest payload of a segment; before the handshake the default of RFC 9293 section 3.7.1. */
static inline u32 rub_mss(const struct rub_tcb *tcb)
{
	return tcb->snd_mss;
}
/* What listings and events show. */
struct rub_view {
	u8 state, clock;	/* enum rubato_state, enum rubato_clock that runs or 0 */
	u32 tries;
	rub_ns first;		/* the start of the current wait */
	u32 snd_una, snd_nxt, rcv_nxt;
	rub_ns srtt;
	u32 cwnd;
};
static inline void rub_view(const struct rub_tcb *tcb, struct rub_view *view)
{
	view->state = tcb->state;
	view->clock = tcb->clock;
	view->tries = tcb->run.tries;
	view->first = tcb->run.first;
	view->snd_una = tcb->snd_una;
	view->snd_nxt = tcb->snd_nxt;
	view->rcv_nxt = tcb->rcv_nxt;
	view->srtt = tcb->srtt;
	view->cwnd = tcb->cwnd;
}
static inline void rub_half_view(const struct rub_half *half, struct rub_view *view)
{
	memset(view, 0, sizeof(*view));
	view->state = RUBATO_SYN_RCVD;
	view->clock = RUBATO_CLOCK_SYNACK;
	view->tries = half->run.tries;
	view->first = half->run.first;
	view->snd_una = half->iss;
	view->snd_nxt = half->iss + 1;
	view->rcv_nxt = half->irs + 1;
}
static inline void rub_tw_view(const struct rub_tw *tw, struct rub_view *view)
{
	memset(view, 0, sizeof(*view));
	view->state = RUBATO_TIME_WAIT;
	view->clock = RUBATO_CLOCK_MSL;
	view->first = tw->last;
	view->snd_una = tw->snd_nxt;
	view->snd_nxt = tw->snd_nxt;
	view->rcv_nxt = tw->rcv_nxt;
}
/* The measured RTO within the policy's bounds, ns. */
rub_ns rub_rto(const struct rub_tcb *tcb, const struct rub_policy *policy);

enum rub_verdict {
	RUB_DROP,	/* tx->reason says why; nothing else changes */
	RUB_ANSWER,	/* send tx */
	RUB_CREATE,	/* LISTEN: a new half-open connection; send tx */
	RUB_ESTABLISH,	/* half-open: make the child, rub_from_half() */
	RUB_REMOVE,	/* the entry ends; nothing to send */
	RUB_REMOVE_ANSWER, /* the entry ends; send tx */
	RUB_REINCARNATE, /* TIME_WAIT: hand the SYN to the listener with iss_floor = tw->snd_nxt */
};

/**
 * rub_listen_segment - LISTEN (RFC 9293 section 3.10.7.2)
 * @iss_floor: the ISS must be beyond it (a reincarnation), or 0
 * @half: filled on RUB_CREATE
 */
enum rub_verdict rub_listen_segment(const struct rub_seg *seg, const struct rub_env *env,
				    u32 iss_floor, struct rub_half *half, struct rub_tx *tx);
/* SYN_RCVD of a passive open. RUB_ESTABLISH leaves the entry for the caller to remove. */
enum rub_verdict rub_half_segment(struct rub_half *half, const struct rub_seg *seg,
				  const struct rub_env *env, struct rub_tx *tx);
/* Due: RUB_ANSWER (the SYN+ACK again) or RUB_REMOVE (given up), else RUB_DROP: not yet. */
enum rub_verdict rub_half_expire(struct rub_half *half, const struct rub_env *env,
				 struct rub_tx *tx);
/* What became of a SYN+ACK: 0 or a negative errno; a local drop is no try. */
void rub_half_sent(struct rub_half *half, const struct rub_tx *tx, int result,
		   const struct rub_env *env);
/* The third ACK, with its data: @tcb becomes ESTABLISHED or beyond. */
void rub_from_half(struct rub_tcb *tcb, const struct rub_half *half, const struct rub_seg *seg,
		   const struct rub_env *env, struct rub_rx *rx);

/* @tcb has reached TIME_WAIT and was drained. */
void rub_tw_init(struct rub_tw *tw, const struct rub_tcb *tcb, const struct rub_env *env);
/* conformance.md section 1. tw->last moves when the 2 MSL start again. */
enum rub_verdict rub_tw_segment(struct rub_tw *tw, const struct rub_seg *seg,
				const struct rub_env *env, struct rub_tx *tx);

/* RUB_REINCARNATE, but nobody listens: RUB_ANSWER, an ACK without a restart, or RUB_DROP. */
enum rub_verdict rub_tw_refuse(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx);

/* CLOSED (RFC 9293 section 3.10.7.1): true: send tx, an RST. */
bool rub_stray_segment(const struct rub_seg *seg, struct rub_tx *tx);

RUB_END_DECLS

#endif
