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
#include "core/segment.h"

RUB_BEGIN_DECLS

/* Holes that a receiver keeps track of; a segment that would open one more is dropped. */
#define RUB_OOO_MAX 32

/**
 * struct rub_env - what the world looks like during one call
 * @now: monotonic ns
 * @policy: the clocks that hold for this connection
 * @isn_hash: keyed hash of the four-tuple (RFC 6528's F())
 * @cookie_key: secret of the four-tuple for SYN cookies, the same at every call
 * @ts_offset: keyed hash of the address pair: where TSval starts (RFC 7323 section 5.4)
 * @rnd: fresh random bits
 * @rcv_free: bytes of receive buffer beyond RCV.NXT, out-of-order bytes counted as free
 * @rcv_buf: bytes of receive buffer in all, 0 for "large"
 * @rcv_max: the largest that the receive buffer may become, for the window scale; 0: @rcv_buf
 * @path_mss: largest payload that the path takes: MTU less IP and TCP headers without options
 * @adv_mss: the MSS to announce
 * @gso_max: largest unit that rub_transmit may propose; one segment if it is less than that
 * @edt: a queue discipline holds each unit until tx->not_before, so rub_transmit() need not
 *	(earliest departure time); else it answers RUB_HOLD_PACED
 * @reincarnates: a new connection takes the place of one in TIME_WAIT, whose SND.NXT was
 * @old_nxt: what the new ISS has to be beyond
 */
struct rub_env {
	rub_ns now;
	const struct rub_policy *policy;
	u64 isn_hash;
	u64 cookie_key[2];
	u32 ts_offset, rnd;
	u32 rcv_free, rcv_buf, rcv_max;
	u16 path_mss;
	u16 adv_mss;
	u32 gso_max;
	bool edt;
	bool reincarnates;
	u32 old_nxt;
};

/**
 * struct rub_anchor - the clock that runs
 * @last: when the last try left, or the clock was started
 * @dropped: when a try was dropped locally, 0 for none since @last or once it is tried again
 * @stuck: when the try that has not left yet was dropped first, 0 for none
 * @slip: how long tries were held up by local drops: the nominal end does not move by it
 * @tries: tries since @last was started afresh: the index of the next gap
 * @first: the start of the current wait; only give-up looks at it
 * @life: tries since @first
 *
 * LAW: times that were, never times that will be. rub_due() alone makes deadlines.
 */
struct rub_anchor {
	rub_ns last, dropped, stuck, slip, first;
	u32 tries, life;
};

/* Records that a connection has without being lent any. */
#define RUB_NODES_INLINE 4
/* No node: the end of a list, a leaf's child. */
#define RUB_NO_NODE 0xffffu

/**
 * struct rub_node - a record: sequence numbers that left together and are not acknowledged
 * @from: first sequence number
 * @to: behind the last; a FIN counts
 * @sent: when it left the last time
 * @flags: RUB_N_* (core/records.h)
 * @below: states that occur below it in the tree, its own included
 *
 * The other fields are core/records.c's: links by index, never by address, so that whoever
 * lends them may move them.
 */
struct rub_node {
	u32 from, to;
	u16 left, right, up;
	u16 older, newer;
	u8 flags, below;
	rub_ns sent;
};

/**
 * struct rub_out - what is in flight, as records: core/records.c
 * @lent: nodes beyond the inline ones, the shell's memory; RUB_NODES_INLINE is the first's index
 * @n_lent: how many
 * @free: list of nodes that were in use once
 * @fresh: the first of those that never were
 * @root: of the tree ordered by sequence number
 * @oldest: of the list in the order of @sent: what is neither acknowledged nor lost
 * @newest: its end
 * @n: records in use
 * @sacked: bytes that SACK has acknowledged
 * @lost: bytes considered lost and not sent again since
 * @again: bytes in flight that are not there for the first time
 */
struct rub_out {
	struct rub_node node[RUB_NODES_INLINE];
	struct rub_node *lent;
	u16 n_lent, free, fresh, root, oldest, newest, n;
	u32 sacked, lost, again;
};

/**
 * struct rub_rack - RFC 8985's RACK, with its names: core/rack.c
 * @xmit_ts: when what was delivered last of all, in the order of sending, left; 0: nothing was
 * @rtt: of what was delivered last
 * @end_seq: behind it
 * @fack: the highest sequence number acknowledged or SACKed
 * @dsack_round: SND.NXT when a D-SACK widened the window; not again before it is acknowledged
 * @mult: reo_wnd_mult
 * @persist: reo_wnd_persist
 * @reordering: reordering_seen
 * @in_round: @dsack_round holds
 */
struct rub_rack {
	rub_ns xmit_ts, rtt;
	u32 end_seq, fack, dsack_round;
	u8 mult, persist;
	bool reordering, in_round;
};

/**
 * struct rub_tlp - RFC 8985's loss probe: core/rack.c
 * @end_seq: SND.NXT when it left
 * @out: it is not answered: @end_seq holds
 * @again: it was a retransmission (is_retrans)
 * @measured: an RTT sample was had since the last one
 */
struct rub_tlp {
	u32 end_seq;
	bool out, again, measured;
};

/**
 * struct rub_loss - loss recovery: core/recovery.c
 * @mode: enum rub_loss_mode (core/tcb.h)
 * @undo: the last congestion response may prove wrong; the next three say how
 * @recover: SND.MAX when recovery began (RFC 6582; RFC 6675: RecoveryPoint)
 * @dupacks: duplicate acknowledgements in a row
 * @start: SND.UNA when recovery began
 * @again: bytes sent again since then that no D-SACK called superfluous
 * @again_at: when the first of them left; 0: none did
 * @frto: enum rub_frto (core/tcb.h)
 * @frto_end: behind what the retransmission timer sent again
 * @flight: RecoverFS (RFC 6937)
 * @prr_delivered: RFC 6937
 * @prr_out: RFC 6937
 */
struct rub_loss {
	u8 mode, frto;
	bool undo;
	u32 recover, dupacks;
	u32 start, again, frto_end;
	rub_ns again_at;
	u32 flight, prr_delivered, prr_out;
	struct rub_rack rack;
	struct rub_tlp tlp;
};

/**
 * struct rub_cubic - CUBIC: core/cubic.c, with RFC 9438's names
 * @w_max: bytes
 * @w_est: bytes
 * @carry: of w_est, below a byte: in units of 1/cwnd
 * @prior: cwnd_prior, bytes
 * @k: ms
 * @epoch: t_epoch, when this congestion avoidance began; moved over what was not used
 * @seen: up to when time has counted
 * @runs: @epoch, @seen and @k hold
 */
struct rub_cubic {
	u32 w_max, w_est, carry, prior, k;
	rub_ns epoch, seen;
	bool runs;
};

/**
 * struct rub_hystart - leaving the first slow start in time: core/hystart.c, with RFC 9406's names
 * @baseline: cssBaselineMinRtt; 0 outside Conservative Slow Start
 * @rtt: currentRoundMinRTT, 0 for infinite
 * @last: lastRoundMinRTT, 0 for infinite
 * @samples: rttSampleCount
 * @rounds: of Conservative Slow Start
 */
struct rub_hystart {
	rub_ns baseline, rtt, last;
	u32 samples, rounds;
};

/**
 * struct rub_cc - congestion control: core/congestion.c
 * @cwnd: bytes
 * @ssthresh: bytes
 * @carry: of cwnd, below a byte: in units of 1/cwnd
 * @round: SND.MAX when this round began; the next begins when it is acknowledged
 * @used: largest FlightSize of this round
 * @used_before: and of the last
 * @reduced: SND.MAX at the last reduction; marks on what left before say nothing new
 * @limited: SND.MAX at the last timeout: up to there slow start counts a segment an ACK
 * @algorithm: enum rubato_congestion in effect
 * @marked: the ACK that arrives carries ECE: nothing grows
 * @echoed: when an ECN-Echo found cwnd at one segment: nothing new for an RTO; 0 for never
 * @left: when data left last; 0 for never
 * @valid: when cwnd was last known to be used (RFC 7661)
 * @before: what the last reduction changed, for rub_cc_undo()
 */
struct rub_cc {
	u32 cwnd, ssthresh, carry;
	u32 round, used, used_before;
	u32 reduced, limited;
	u8 algorithm;
	bool marked;
	rub_ns echoed, left, valid;
	struct rub_cubic cubic;
	struct rub_hystart hystart;
	struct {
		u32 cwnd, ssthresh;
		struct rub_cubic cubic;
	} before;
};

/**
 * struct rub_plpmtud - the path's MTU: core/plpmtud.c. Sizes are payloads, as snd_mss is
 * @path: what IP said last, within the peer's MSS
 * @high: search_high (RFC 4821): the largest size that the path may take
 * @probe: PROBED_SIZE (RFC 8899) of the probe that is not decided, 0 for none
 * @headway: windows to wait after @since before the next probe (RFC 4821 section 7.6.2)
 * @own: snd_mss was found by probes or a black hole: it may be less than what IP says
 * @halve: the largest size was tried in this search
 * @lost: the probe is lost; decided once what was in flight then is acknowledged
 * @repair: until SND.UNA is at @end, what was too big goes again and is no sign of congestion
 * @from: the probe's first number
 * @to: behind the probe's last
 * @end: SND.MAX when @repair began
 * @window: beside cwnd, while what was too big goes again; 0 for none (RFC 1191 section 6.4)
 * @since: when a search was completed, or a probe lost
 */
struct rub_plpmtud {
	u16 path, high, probe;
	u8 headway;
	u8 own : 1, halve : 1, lost : 1, repair : 1;
	u32 from, to, end, window;
	rub_ns since;
};

/**
 * struct rub_tcb - one connection
 *
 * The shell embeds it and reads it through the accessors below; only core/ writes it.
 */
struct rub_tcb {
	u8 state;	/* enum rubato_state */
	u8 clock;	/* enum rubato_clock that runs: what rub_due() is about */
	u8 opts;	/* RUB_OPT_*: what both sides agreed on; before that, what we offered */
	u8 snd_scale, rcv_scale; /* Snd.Wind.Shift, Rcv.Wind.Shift (RFC 7323 section 2.3) */
	u32 flags;	/* RUB_F_* (core/tcb.h) */
	int error;	/* positive errno of a dead connection; 0 for a clean end */
	int soft_error;	/* what ICMP said; told if a clock gives up (RFC 5461) */

	u32 iss, snd_una, snd_nxt, snd_max, snd_end; /* snd_end: behind the last byte queued */
	u32 snd_wnd, snd_wl1, snd_wl2, snd_wnd_max;
	u32 snd_up, rcv_up;	/* behind the last urgent byte: queued (RUB_F_URGENT), announced */
	u32 irs, rcv_nxt, rcv_edge, rcv_fin;	/* rcv_edge: the right edge we offered */
	u16 snd_mss, adv_mss;	/* snd_mss: payload of a full segment, options taken off */
	u16 peer_mss;		/* what the peer's SYN announced, 0 for nothing */

	u32 ts_recent, ts_offset, last_ack_sent; /* RFC 7323 section 4.3 */
	rub_ns ts_recent_at;	/* when ts_recent was taken; 0 for never */

	u32 rtt_seq;
	rub_ns rtt_start, srtt, rttvar, min_rtt; /* min_rtt: 0 for none */
	u32 held;	/* steps of back-off kept until the next RTT sample (RFC 6298 section 5) */
	u32 reset_seq;	/* RUB_F_REFUSE: the number of the RST that answers a bad ACK */
	u32 reset_ts;	/* RUB_F_RESET_TS: TSval of the segment that an RST answers */

	struct rub_cc cc;
	struct rub_plpmtud mtu;
	struct rub_loss loss;
	struct rub_out out;

	struct rub_anchor run;
	rub_ns ack_from;	/* the delayed acknowledgement waits since then; 0 for none */
	rub_ns text_at;		/* when text came the last time; 0 for never */
	u16 rcv_mss;		/* the longest segment that came, as far as we allow it */
	u8 quick;		/* acknowledgements that will not be delayed */
	rub_ns probe_from;	/* the loss probe waits since then; 0: none is wanted */
	rub_ns paced_from;	/* when the paced bytes began to leave */
	u32 paced, unpaced;	/* how many they are; how many more are free */
	rub_ns challenge_start;	/* 0: never */
	u32 challenges;		/* that may still leave since then */

	u32 n_ooo;
	struct rub_range ooo[RUB_OOO_MAX]; /* sorted, disjoint, not touching */
	u32 n_recent;
	u32 recent[RUB_SACK_MAX]; /* a number of each range that changed lately, the latest first */
	struct rub_range dsack;	/* came twice, and the peer does not know yet; or empty */
};

/**
 * struct rub_half - a half-open connection: a SYN came in for a listener (SYN_RCVD)
 */
struct rub_half {
	u32 irs, iss;
	u32 rcv_wnd;	/* what the SYN+ACK offered, unscaled as on any SYN */
	u32 snd_wnd;	/* what the SYN offered */
	u16 peer_mss, adv_mss;
	u8 opts;	/* RUB_OPT_* that both sides agreed on */
	u8 snd_scale, rcv_scale;
	bool left;	/* a SYN+ACK has left */
	bool again;	/* more than once: never timed (Karn) */
	u32 ts_recent, ts_offset;
	struct rub_anchor run;
	rub_ns challenge_start;	/* 0: never */
	u32 challenges;		/* that may still leave since then */
	rub_ns rtt_start;
};

/**
 * struct rub_tw - a finished connection that waits 2 MSL
 */
struct rub_tw {
	u32 snd_nxt, rcv_nxt;
	u16 wnd;
	u8 opts;		/* RUB_OPT_TS: timestamps were agreed on */
	u32 ts_recent, ts_offset;
	rub_ns ts_recent_at;
	rub_ns last;		/* the start of the 2 MSL */
	rub_ns challenged;	/* when a bare SYN was answered with a challenge ACK, 0: never */
	rub_ns challenge_start;	/* 0: never */
	u32 challenges;		/* that may still leave since then */
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
 * @urgent: RUB_RX_URGENT: the number behind the last urgent byte. The byte is in the stream as
 *	any other; whether the process has reached it, the reader of the queue can tell.
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
	u32 urgent;
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
#define RUB_RX_URGENT	 0x200u	/* there is urgent data ahead, or further ahead than before */

/* What a unit is; rub_sent() commits by it. */
enum rub_unit {
	RUB_UNIT_SYN,
	RUB_UNIT_SYNACK,
	RUB_UNIT_DATA,	/* payload, FIN, or both */
	RUB_UNIT_PROBE,	/* payload or FIN beyond the window */
	RUB_UNIT_ACK,
	RUB_UNIT_RST,
	RUB_UNIT_KEEPALIVE, /* an octet back, so that the peer has to answer */
};

/* Why rub_transmit() has nothing. */
enum rub_hold {
	RUB_HOLD_NOTHING,	/* until something happens */
	RUB_HOLD_PACED,		/* until rub_due() */
	RUB_HOLD_NODES,		/* until rub_lend() */
};

/**
 * struct rub_tx - one segment to build
 * @seq: SEG.SEQ; payload is the queue's bytes from here
 * @ack: SEG.ACK, 0 without RUB_ACK
 * @len: payload bytes, at most gso_max; cut it at @cut into segments, FIN and PSH on the last
 * @wnd: the window field
 * @mss: MSS option to send, 0 for none
 * @urg: the urgent pointer, with RUB_URG
 * @opts: RUB_OPT_TS, RUB_OPT_SACK (SACK-permitted), RUB_OPT_WSCALE: options to write
 * @wscale: with RUB_OPT_WSCALE
 * @tsval: with RUB_OPT_TS
 * @tsecr: with RUB_OPT_TS
 * @n_sack: SACK blocks to write
 * @sack: the blocks
 * @ecn: IP's ECN field
 * @not_before: when it may leave at the earliest, monotonic ns, for a queue discipline that
 *	paces; 0 for at once
 * @hold: enum rub_hold; valid when rub_transmit() returned false
 * @cut: the payload size at which a unit is cut into segments
 * @flags: RUB_FIN ...
 * @unit: enum rub_unit
 * @clock: enum rubato_clock whose try this is, 0 for a first send and what no clock asked for
 * @again: has left before: a retransmission
 * @probe: one segment, larger than rub_mss(), to see whether the path takes it (RFC 4821): it must
 *	not be fragmented. If it cannot even leave, rub_sent() is told -EMSGSIZE
 * @tries: which retransmission or probe this is, from 1; 0 for a first send
 * @reason: of rub_*_segment(): enum rubato_reason why (a part of) the segment was dropped
 */
struct rub_tx {
	u32 seq, ack, len;
	u16 wnd, mss, cut, urg;
	u8 flags, unit, clock, reason;
	u8 opts, wscale, n_sack, ecn, hold;
	bool again, probe;
	u32 tries;
	u32 tsval, tsecr;
	struct rub_range sack[RUB_SACK_MAX];
	rub_ns not_before;
};

enum rub_call {
	RUB_CALL_OPEN,		/* active open */
	RUB_CALL_SEND,		/* arg: bytes that were queued */
	RUB_CALL_SEND_URGENT,	/* arg: bytes that were queued, the last of them urgent */
	RUB_CALL_RECEIVE,	/* the process read; env->rcv_free has grown */
	RUB_CALL_SHUTDOWN,	/* no more to send: FIN behind what is queued */
	RUB_CALL_CLOSE,		/* the process let go; arg: unread bytes, RST if any */
	RUB_CALL_ABORT,		/* arg: positive errno, RST */
	RUB_CALL_MTU,		/* env->path_mss may have changed */
	RUB_CALL_SOFT_ERROR,	/* arg: positive errno (ICMP); remembered, never aborts (MUST-56) */
};

/* Option bytes that a TCP header can hold. */
#define RUB_OPTIONS_MAX 40u

/**
 * rub_options_parse - read a header's options
 * @bytes: what stands between the fixed header and the payload
 * @len: how many, at most RUB_OPTIONS_MAX
 * @seg: its flags are filled; mss, opts, wscale, tsval, tsecr, n_sack and sack get filled
 *
 * Unknown options are passed over (RFC 9293 section 3.2, MUST-6); a known one with a wrong length
 * is as if it were unknown.
 * Return: false if a length runs past the header or is below 2 (MUST-7); @seg is not to be used.
 */
bool rub_options_parse(const u8 *bytes, u32 len, struct rub_seg *seg);
/* How many bytes rub_options_write() will write: a multiple of 4, at most RUB_OPTIONS_MAX. */
u32 rub_options_len(const struct rub_tx *tx);
void rub_options_write(const struct rub_tx *tx, u8 *bytes);

/* A new connection in CLOSED. */
void rub_init(struct rub_tcb *tcb);
/* The same in the place of an ended one: the options that are set and the records lent stay. */
void rub_renew(struct rub_tcb *tcb);

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

/**
 * rub_lend - more records
 * @nodes: memory for @n of them, more than are lent now; what is in use is moved there
 *
 * Without any, RUB_NODES_INLINE units can be in flight. After RUB_HOLD_NODES lend more, up to
 * your bound; at the bound nothing is lost: sending goes on when an acknowledgement frees one.
 *
 * Return: the memory lent before, which is the caller's again; NULL if there was none.
 */
struct rub_node *rub_lend(struct rub_tcb *tcb, struct rub_node *nodes, u16 n);
/* How many are lent now. */
static inline u16 rub_lent(const struct rub_tcb *tcb)
{
	return tcb->out.n_lent;
}
/* A dead connection gives back what was lent; NULL if nothing was. */
struct rub_node *rub_unlend(struct rub_tcb *tcb);

/*
 * LAW: the only source of deadlines. Monotonic ns, possibly past; RUB_NEVER for none. A retune
 * needs no call of its own: ask again with the new policy in env, and at most one send follows.
 */
rub_ns rub_due(const struct rub_tcb *tcb, const struct rub_env *env);
rub_ns rub_half_due(const struct rub_half *half, const struct rub_env *env);
rub_ns rub_tw_due(const struct rub_tw *tw, const struct rub_env *env);

/*
 * Socket options that the protocol obeys; they survive rub_renew() and an open. After a change
 * drain rub_transmit() and ask rub_due() again; @env may be NULL in CLOSED.
 */
enum rub_option {
	RUB_OPTION_NODELAY,	/* TCP_NODELAY: no Nagle (RFC 9293 section 3.7.4) */
	RUB_OPTION_CORK,	/* TCP_CORK, MSG_MORE: full segments only */
	RUB_OPTION_KEEPALIVE,	/* SO_KEEPALIVE (RFC 9293 section 3.8.4) */
	/* TCP_QUICKACK: no delayed acknowledgement, until data is answered by data */
	RUB_OPTION_QUICKACK,
};

void rub_set(struct rub_tcb *tcb, enum rub_option option, bool on, const struct rub_env *env);
bool rub_is_set(const struct rub_tcb *tcb, enum rub_option option);
/* @tcb, not yet open, takes the options over that are set on @from. */
void rub_inherit(struct rub_tcb *tcb, const struct rub_tcb *from);

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
	view->cwnd = tcb->cc.cwnd;
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
	RUB_ANSWER,	/* send tx; its reason may say that a part was dropped */
	RUB_CREATE,	/* LISTEN: a new half-open connection; send tx */
	RUB_ESTABLISH,	/* half-open: make the child, rub_from_half() */
	RUB_REMOVE,	/* the entry ends; nothing to send */
	RUB_REMOVE_ANSWER, /* the entry ends; send tx */
	RUB_REINCARNATE, /* TIME_WAIT: the SYN is the listener's; see below */
};

/*
 * Reincarnation: rub_listen_segment() with env->reincarnates. The SYN always gets a half-open
 * entry, never a cookie: the ISS has to be beyond the old SND.NXT. Keep the rub_tw until
 * rub_from_half() made the child, and find the half-open entry before it. If that ends before
 * (RUB_REMOVE: the peer's RST says that the SYN was an old duplicate; or nobody answers), the
 * rub_tw is found again and goes on: it has waited all along.
 */

/**
 * rub_listen_segment - LISTEN (RFC 9293 section 3.10.7.2)
 * @half: filled on RUB_CREATE
 */
enum rub_verdict rub_listen_segment(const struct rub_seg *seg, const struct rub_env *env,
				    struct rub_half *half, struct rub_tx *tx);
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

/* @tcb has reached TIME_WAIT and was drained; its timestamps are taken over. */
void rub_tw_init(struct rub_tw *tw, const struct rub_tcb *tcb, const struct rub_env *env);
/* conformance.md section 1; env: also policy, ts and rnd. tw->last: the 2 MSL start again. */
enum rub_verdict rub_tw_segment(struct rub_tw *tw, const struct rub_seg *seg,
				const struct rub_env *env, struct rub_tx *tx);

/* RUB_REINCARNATE, but nobody listens: RUB_ANSWER, an ACK without a restart, or RUB_DROP. */
enum rub_verdict rub_tw_refuse(struct rub_tw *tw, const struct rub_env *env, struct rub_tx *tx);

/**
 * rub_tw_reuse - may connect() take this tuple? conformance.md section 2
 * @env: now, and the policy of the one who connects
 * @picked: connect() picked the port; else the process bound it
 *
 * Return: 0 (then the entry ends; RUB_CALL_OPEN with env->reincarnates), or -EADDRNOTAVAIL.
 */
int rub_tw_reuse(const struct rub_tw *tw, const struct rub_env *env, bool picked);

/*
 * SYN cookies (RFC 4987 section 3.6), for a listener without room for another half-open
 * connection. Pure: everything is in the SYN+ACK's ISS and its timestamp.
 *
 * rub_cookie_answer: @tx becomes the SYN+ACK to @seg, a SYN that rub_listen_segment() would
 * create a half-open connection for. There is none, so rub_half_sent() is not called.
 * rub_cookie_awaited: may an answer to a cookie still come, when the last one left at @last (0:
 * none ever did)? If not, do not ask rub_cookie_accept(): who guesses numbers gets fewer chances.
 * rub_cookie_accept: does @seg, an ACK that a listener got, answer such a SYN+ACK? Fills @half as
 * if it had existed, for rub_from_half(). Return: RUBATO_REASON_NONE, or why not.
 */
void rub_cookie_answer(const struct rub_seg *seg, const struct rub_env *env, struct rub_tx *tx);
bool rub_cookie_awaited(rub_ns last, const struct rub_env *env);
enum rubato_reason rub_cookie_accept(const struct rub_seg *seg, const struct rub_env *env,
				     struct rub_half *half);

/* CLOSED (RFC 9293 section 3.10.7.1): true: send tx, an RST. */
bool rub_stray_segment(const struct rub_seg *seg, struct rub_tx *tx);

RUB_END_DECLS

#endif
