/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of core/ share and nobody outside sees: the flags of a connection and the
 * helpers between the steps of RFC 9293 section 3.10.
 */
#ifndef RUBATO_CORE_TCB_H
#define RUBATO_CORE_TCB_H

#include "core/constants.h"
#include "core/core.h"
#include "core/records.h"
#include "core/seq.h"

RUB_BEGIN_DECLS

#define RUB_F_ORPHAN	0x000001u	/* no process holds it any more */
#define RUB_F_FIN	0x000002u	/* our FIN is queued behind snd_end */
#define RUB_F_ACK	0x000004u	/* an acknowledgement is due */
#define RUB_F_RTO	0x000008u	/* the clock fired: send snd_una, whatever holds it back */
#define RUB_F_FAST	0x000010u	/* fast retransmission of snd_una is due */
#define RUB_F_PROBE	0x000020u	/* persist or keepalive fired: a probe is due */
#define RUB_F_RESET	0x000040u	/* an RST is due, the last thing that we say */
#define RUB_F_REFUSE	0x000080u	/* an RST that answers a bad ACK is due; we live on */
#define RUB_F_RTT	0x000100u	/* our SYN is being timed, since rtt_start */
#define RUB_F_NODELAY	0x000200u
#define RUB_F_PEER_FIN	0x000400u	/* rcv_fin is known, perhaps ahead of rcv_nxt */
#define RUB_F_FIN_RCVD	0x000800u	/* rcv_nxt is beyond it */
#define RUB_F_SYN_LOST	0x001000u	/* our SYN left more than once */
#define RUB_F_NO_ECT	0x002000u	/* a SYN without ECN left: no ECT (RFC 3168, 6.1.1) */
#define RUB_F_SYN_OUT	0x004000u	/* our SYN is not acknowledged; SND.UNA is ISS */

#define RUB_F_TLP	0x008000u	/* a tail-loss probe is due */
#define RUB_F_CORK	0x010000u
#define RUB_F_KEEPALIVE	0x020000u
#define RUB_F_QUICKACK	0x040000u
#define RUB_F_URGENT	0x200000u	/* not all bytes before snd_up, urgent, are acknowledged */
#define RUB_F_HELD	0x080000u	/* persist runs for what a cork or a silly window holds */
#define RUB_F_ANSWERS	0x100000u	/* data is answered by data: ACKs can ride along */
#define RUB_F_PROBED	0x400000u	/* a keepalive probe is not answered */
#define RUB_F_ECE	0x1000000u	/* CE arrived: ECE until the peer says CWR */
#define RUB_F_CWR	0x2000000u	/* the next new data says CWR */
#define RUB_F_RESET_TS	0x4000000u	/* the RST that is due echoes reset_ts */
/* What a process has set: a new connection on the same socket keeps it. */
#define RUB_F_OPTIONS	(RUB_F_NODELAY | RUB_F_CORK | RUB_F_KEEPALIVE | RUB_F_QUICKACK)

static inline void rub_clear(struct rub_tcb *tcb, u32 flags)
{
	tcb->flags &= ~flags;
}

enum rub_loss_mode {
	RUB_LOSS_OPEN,		/* nothing is missing */
	RUB_LOSS_RECOVERY,	/* fast recovery: RFC 6582, RFC 6675, RFC 8985 */
	RUB_LOSS_TIMEOUT,	/* RTO recovery: until what was in flight then is acknowledged */
};

enum rub_frto {
	RUB_FRTO_OFF,
	RUB_FRTO_AGAIN,		/* the timer's segment went again and is not acknowledged */
	RUB_FRTO_NEW,		/* it is; two new segments go before what is lost */
};

/* states.c */
void rub_rx_init(struct rub_rx *rx);
void rub_enter(struct rub_tcb *tcb, struct rub_rx *rx, enum rubato_state state);
void rub_die(struct rub_tcb *tcb, struct rub_rx *rx, int error);
/* Our FIN has left; to the RFC, only then do LAST_ACK and CLOSING begin. */
bool rub_fin_left(const struct rub_tcb *tcb);
/* Our FIN has left and is acknowledged. */
bool rub_fin_acked(const struct rub_tcb *tcb);
/* The first FIN or byte of data that never left. */
u32 rub_unsent(const struct rub_tcb *tcb);

/* clock.c: which clock runs, and its anchors. */
void rub_clock_start(struct rub_anchor *run, rub_ns now);
/* A try has left, or was dropped locally and is none. */
void rub_clock_left(struct rub_anchor *run, rub_ns now);
/* @is_try: what was dropped is a try, or the first of a flight; not what goes beside one. */
void rub_clock_dropped(struct rub_anchor *run, rub_ns now, bool is_try);
void rub_clock_restart_gaps(struct rub_anchor *run, rub_ns now);
void rub_clock_update(struct rub_tcb *tcb, const struct rub_env *env);
void rub_clock_progress(struct rub_tcb *tcb, const struct rub_env *env);
/* RFC 5961 section 7: may one more challenge ACK leave? Then it is counted. */
bool rub_limit(rub_ns *start, u32 *left, const struct rub_env *env);

/*
 * input.c: a segment by RFC 9293 section 3.10.7, and the steps that fast.c shares with it. @rx has
 * been through rub_rx_init().
 */
void rub_full_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx);
/* SND.UNA < SEG.ACK =< SND.MAX: the octets up to SEG.ACK have arrived. */
void rub_take_ack(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		  struct rub_rx *rx);
/* The window that @seg offers, unless it is older than the one that holds. */
void rub_take_window(struct rub_tcb *tcb, const struct rub_seg *seg);

/* fast.c: the same for the commonest. False: nothing has changed, it is rub_full_segment()'s. */
bool rub_fast_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx);

/* due.c: when. */
struct rub_wait {
	const struct rubato_schedule *gaps; /* when the next try is */
	const struct rubato_schedule *rule; /* when it ends; often the same */
	rub_ns base;	/* the gap called rto */
	rub_ns cap;	/* its longest back-off */
	rub_ns again;	/* after a local drop */
	rub_ns user;	/* user-timeout, 0 for none: whatever the rule says, it ends then */
	u32 held;	/* back-off that rto keeps from before: Karn */
	bool answered;	/* nothing is unanswered: no end yet */
};
struct rub_wait rub_wait_of(const struct rub_tcb *tcb, const struct rub_env *env);
struct rub_wait rub_half_wait(const struct rub_env *env);
/* When it ends, by the rule or by user-timeout; the latter alone. */
rub_ns rub_wait_end(const struct rub_anchor *run, const struct rub_wait *wait);
bool rub_wait_user_ends(const struct rub_anchor *run, const struct rub_wait *wait);
rub_ns rub_wait_due(const struct rub_anchor *run, const struct rub_wait *wait);
/* In effect, 0 for none. */
rub_ns rub_delack(const struct rub_policy *policy);
rub_ns rub_ack_due(const struct rub_tcb *tcb, const struct rub_env *env);
/* Of the clock that runs alone. */
rub_ns rub_clock_due(const struct rub_tcb *tcb, const struct rub_env *env);
/* When the next paced data may leave; 0 for at once. */
rub_ns rub_pace_due(const struct rub_tcb *tcb);
/* When the next new data may leave after an ECN-Echo (RFC 3168 section 6.1.2); 0 for at once. */
rub_ns rub_echo_due(const struct rub_tcb *tcb, const struct rub_env *env);
rub_ns rub_fin_wait_2_due(const struct rub_tcb *tcb, const struct rub_env *env);
/* RFC 8985: when the oldest record in flight is lost, if nothing tells otherwise until then. */
rub_ns rub_reorder_due(const struct rub_tcb *tcb);
rub_ns rub_probe_due(const struct rub_tcb *tcb, const struct rub_env *env);
/* Before that no larger size is probed; nothing has to wake up for it. */
rub_ns rub_plpmtud_due(const struct rub_tcb *tcb);

/* keepalive.c: RFC 9293 section 3.8.4. */
/* This connection keeps itself alive when it is idle. */
bool rub_keepalive_on(const struct rub_tcb *tcb, const struct rub_policy *policy);
/* The clock of a connection with nothing to send. */
u8 rub_keepalive_clock(const struct rub_tcb *tcb, const struct rub_env *env);
/* Is @clock one of those? Then the anchor is when the peer was heard last. */
bool rub_keepalive_quiet(u8 clock);
void rub_keepalive_heard(struct rub_tcb *tcb, const struct rub_env *env);
/* keepalive.idle is over. */
void rub_keepalive_expire(struct rub_tcb *tcb, const struct rub_env *env);
void rub_keepalive_left(struct rub_tcb *tcb, const struct rub_env *env);

/* rtt.c: RFC 6298. */
void rub_rtt_sample(struct rub_tcb *tcb, rub_ns sample);
/* @seg moved SND.UNA: a sample by the timestamp echoed (RFC 7323 section 4); false if none. */
bool rub_rtt_echo(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env);
/* @seg acknowledged our SYN. */
void rub_rtt_acked(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env);

/*
 * congestion.c: how much may be in flight. It knows nothing of segments or of what is missing;
 * recovery.c tells it, and may move cwnd itself while it recovers. @in_flight is FlightSize.
 */
/* The handshake of a new connection is done. */
void rub_cc_init(struct rub_tcb *tcb);
/* IW of RFC 6928, and RW of RFC 5681 section 4.1. */
u32 rub_initial_window(const struct rub_tcb *tcb);
/* cwnd for what would leave now: after an idle period no more than the restart window. */
u32 rub_cc_window(const struct rub_tcb *tcb, const struct rub_env *env);
/* @fresh bytes leave for the first time, or nothing new; before SND.MAX moves. */
void rub_cc_sent(struct rub_tcb *tcb, u32 fresh, const struct rub_env *env);
/* Outside recovery, @acked bytes were newly acknowledged; SND.UNA has moved. */
void rub_cc_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env);
/* Once a window: something was lost or marked with @in_flight bytes out: ssthresh falls. */
void rub_cc_congestion(struct rub_tcb *tcb, u32 in_flight, const struct rub_env *env);
/* The retransmission timer; @first: not yet backed off (RFC 5681 section 3.1). */
void rub_cc_timeout(struct rub_tcb *tcb, u32 in_flight, bool first, const struct rub_env *env);
/* Recovery is over: cwnd as RFC 6582 section 3.2 step 3 has it, without a burst. */
void rub_cc_recovered(struct rub_tcb *tcb, u32 in_flight);
/* Nothing was lost after all: what the last congestion or timeout changed is as before. */
void rub_cc_undo(struct rub_tcb *tcb);

/* @num / @cwnd bytes; @carry is what remains below a byte. */
u32 rub_cc_share(u64 num, u32 *carry, u32 cwnd);

/* cubic.c: congestion avoidance by RFC 9438. */
void rub_cubic_acked(struct rub_tcb *tcb, u32 acked, const struct rub_env *env);
u32 rub_cubic_reduce(struct rub_tcb *tcb, u32 in_flight);
void rub_cubic_pause(struct rub_tcb *tcb, const struct rub_env *env);

/* hystart.c: RFC 9406. */
void rub_hystart_sample(struct rub_tcb *tcb, rub_ns sample);
void rub_hystart_round(struct rub_tcb *tcb);
u32 rub_hystart_divisor(const struct rub_tcb *tcb);

/* pacing.c: new data spread over the round trip. */
bool rub_pacing(const struct rub_tcb *tcb);
/* The largest unit of new data. */
u32 rub_pace_quantum(const struct rub_tcb *tcb);
/* What left since paced_from, as time. */
rub_ns rub_pace_span(const struct rub_tcb *tcb);
/* @tx, new data, has to wait; or says itself when it may leave. */
bool rub_pace_holds(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx);
void rub_pace_sent(struct rub_tcb *tcb, u32 len, const struct rub_env *env);

/* ecn.c: RFC 3168 once both sides agreed. */
/* The window was reduced: the peer is told (CWR). */
void rub_ecn_reduced(struct rub_tcb *tcb);
/* Text that we take. */
void rub_ecn_arrived(struct rub_tcb *tcb, const struct rub_seg *seg);
/* An acceptable ACK, before SND.UNA moves. */
void rub_ecn_echo(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env);
void rub_ecn_mark(const struct rub_tcb *tcb, struct rub_tx *tx);

/*
 * What an acknowledgement told. sack.c fills it, rack.c and recovery.c draw the conclusions.
 */
struct rub_news {
	u32 acked;	/* by so much SND.UNA moved */
	u32 delivered;	/* bytes that arrived and that we did not know of (RFC 6937) */
	u32 sacked;	/* of these, by SACK */
	struct rub_range again; /* with @dsack: what arrived more than once */
	bool dsack;
	bool duplicate;	/* RFC 5681 section 2 */
	bool blind;	/* SACK told something that there was no node for */
};

/* sack.c: the scoreboard. Records below SND.UNA go; SACK blocks are noted. */
void rub_sack_acked(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		    struct rub_news *news);
void rub_sack_blocks_in(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
			struct rub_news *news);
/* RFC 6675 section 4, IsLost(): marks what is. Return: whether anything is newly lost. */
bool rub_sack_detect(struct rub_tcb *tcb);

/* rack.c: RFC 8985. */
void rub_rack_init(struct rub_tcb *tcb);
/* Record @n, up to @end, is newly acknowledged or SACKed. */
void rub_rack_delivered(struct rub_tcb *tcb, const struct rub_node *n, u32 end,
			const struct rub_seg *seg, const struct rub_env *env);
/* @recovered: by this ACK a recovery is over. */
void rub_rack_adapt(struct rub_tcb *tcb, const struct rub_news *news, bool recovered);
rub_ns rub_rack_window(const struct rub_tcb *tcb);
/* Marks what is lost by now. Return: whether anything is newly lost. */
bool rub_rack_detect(struct rub_tcb *tcb, const struct rub_env *env);
bool rub_rack_sent_after(const struct rub_rack *rack, const struct rub_node *n);
/* TSecr shows that @seg was caused by what left before @then. */
bool rub_echoes_before(const struct rub_tcb *tcb, const struct rub_seg *seg, rub_ns then);
/* May a loss probe be scheduled? */
bool rub_tlp_wanted(const struct rub_tcb *tcb);
/* True: the probe repaired a loss that the congestion control has not heard of. */
bool rub_tlp_repaired(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news);
void rub_tlp_left(struct rub_tcb *tcb, bool again, const struct rub_env *env);

/* recovery.c: what is missing, and when it goes again. */
void rub_loss_init(struct rub_tcb *tcb);
/* An acceptable ACK came; SND.UNA has moved by @acked. */
void rub_loss_ack(struct rub_tcb *tcb, const struct rub_seg *seg, u32 acked, bool duplicate,
		  const struct rub_env *env);
void rub_loss_timeout(struct rub_tcb *tcb, const struct rub_env *env);
/* The reordering timer. */
void rub_loss_reorder(struct rub_tcb *tcb, const struct rub_env *env);
/* [from, to) left, for the first time or again. */
void rub_loss_sent(struct rub_tcb *tcb, u32 from, u32 to, const struct rub_env *env);

/* plpmtud.c: how large a segment the path takes: RFC 1191, RFC 4821, RFC 8899. */
/* Both SYNs are known: SND.MSS. */
void rub_plpmtud_init(struct rub_tcb *tcb, const struct rub_env *env);
/* IP may have learnt another MTU. */
void rub_plpmtud_path(struct rub_tcb *tcb, const struct rub_env *env);
/* SEARCH_COMPLETE: a larger size is worth no probe before PMTU_RAISE_TIMER. */
bool rub_plpmtud_complete(const struct rub_tcb *tcb);
/* What the next new data is to be as a probe, in place of SND.MSS; 0 for none. */
u16 rub_plpmtud_size(const struct rub_tcb *tcb, const struct rub_env *env);
/* @tx, a probe, has left, or was too big for the first hop. Before snd_nxt moves. */
void rub_plpmtud_left(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env);
void rub_plpmtud_refused(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env);
/* [from, to) leaves again: nobody can tell then whether a probe in it arrived. */
void rub_plpmtud_again(struct rub_tcb *tcb, u32 from, u32 to);
/* An ACK was taken, which told of @delivered bytes. */
void rub_plpmtud_acked(struct rub_tcb *tcb, u32 delivered, const struct rub_env *env);
/* Something is newly lost. True: it is the probe alone, which goes again and is no congestion. */
bool rub_plpmtud_lost(struct rub_tcb *tcb);
/* Without SACK: the ACK that came for the probe's data shows that more is missing. */
bool rub_plpmtud_another(const struct rub_tcb *tcb);
/* More than the probe was lost, or nothing was: the path has not been found too small. */
void rub_plpmtud_inconclusive(struct rub_tcb *tcb);
/* The retransmission timer has expired; before anything else changes. */
void rub_plpmtud_timeout(struct rub_tcb *tcb, const struct rub_env *env);

/* spurious.c: RFC 5682 (F-RTO), and whether a response to loss was wrong. */
/* The retransmission timer has expired. */
void rub_frto_begin(struct rub_tcb *tcb);
/* What ends at @to was sent again. */
void rub_frto_again(struct rub_tcb *tcb, u32 to);
/* @seg proves that nothing had to go again. To be asked once for each ACK. */
bool rub_spurious(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_news *news);

/* FlightSize (RFC 5681): sent and not cumulatively acknowledged. */
static inline u32 rub_flight(const struct rub_tcb *tcb)
{
	return tcb->snd_max - tcb->snd_una;
}
/* Bytes in the network: RFC 6675's pipe. */
static inline u32 rub_pipe(const struct rub_tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una - tcb->out.sacked - tcb->out.lost;
}

/* reassembly.c: what came out of order. */
enum rubato_reason rub_ooo_add(struct rub_tcb *tcb, u32 from, u32 to);
bool rub_ooo_has(const struct rub_tcb *tcb, u32 from, u32 to);
/* Moves RCV.NXT over what touches it. */
void rub_ooo_advance(struct rub_tcb *tcb);

/* ack.c: when an acknowledgement leaves. What is not said to it is due at once: RUB_F_ACK. */
/* The text of @seg was taken; @smooth: all of it, in order, nothing missing before or after. */
void rub_ack_text(struct rub_tcb *tcb, const struct rub_seg *seg, bool smooth,
		  const struct rub_env *env);
void rub_ack_expire(struct rub_tcb *tcb);
/* @tx with RUB_ACK has left, with payload or without; or could not leave. */
void rub_ack_left(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env);
void rub_ack_dropped(struct rub_tcb *tcb, const struct rub_env *env);

/* sack_out.c: what we tell in SACK options. */
/* The segment that begins at @seq is held beyond RCV.NXT: new, or once more. */
void rub_sack_touch(struct rub_tcb *tcb, u32 seq);
/* [from, to) came, and is not taken yet: is a part of it here already? */
void rub_sack_duplicate(struct rub_tcb *tcb, u32 from, u32 to);
/* As many blocks as fit beside the options that @tx has. */
void rub_sack_blocks(const struct rub_tcb *tcb, struct rub_tx *tx);
/* What the blocks of @tx take of a segment's payload. */
u32 rub_sack_space(const struct rub_tx *tx);
/* What a segment told is not told twice. */
void rub_sack_told(struct rub_tcb *tcb, const struct rub_tx *tx);

/* urgent.c: RFC 9293 section 3.8.5. */
/* The last byte queued is urgent. */
void rub_urgent_queued(struct rub_tcb *tcb);
/* Urgent data lies behind @seq. */
bool rub_urgent_from(const struct rub_tcb *tcb, u32 seq);
/* URG and the pointer on a segment whose seq is set. */
void rub_urgent_mark(const struct rub_tcb *tcb, struct rub_tx *tx);
/* SND.UNA has moved. */
void rub_urgent_acked(struct rub_tcb *tcb);
/* Sixth: check the URG bit. */
void rub_urgent_take(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx);
/* RCV.NXT has moved. */
void rub_urgent_advance(struct rub_tcb *tcb);

/* output.c */
/* Data or a FIN could leave now, if the shell asked. */
bool rub_sendable(const struct rub_tcb *tcb, const struct rub_env *env);
u32 rub_acceptable_seq(const struct rub_tcb *tcb);

/* window.c: what we offer, and when it is worth a segment. */
u16 rub_window_field(const struct rub_tcb *tcb, const struct rub_env *env, u8 flags);
/* What the window field of a segment of ours with @flags means. */
u32 rub_window_bytes(const struct rub_tcb *tcb, u16 field, u8 flags);
bool rub_window_update_due(const struct rub_tcb *tcb, const struct rub_env *env);

/* segment.c: what half-open and TIME_WAIT entries share with a full connection. */
static inline u32 rub_seg_len(const struct rub_seg *seg)
{
	return seg->len + !!(seg->flags & RUB_SYN) + !!(seg->flags & RUB_FIN);
}
/* RFC 9293 section 3.10.7.4, first step: the four cases of its table. */
bool rub_acceptable(const struct rub_seg *seg, u32 rcv_nxt, u32 rcv_wnd);
u32 rub_isn(const struct rub_env *env);
/* The answers that need no connection. */
void rub_tx_ack(struct rub_tx *tx, u32 seq, u32 ack, u16 wnd);
void rub_tx_reset_to(struct rub_tx *tx, u32 seq);
/* The RST that @seg, no RST itself, asks for (RFC 9293 section 3.10.7.1). */
void rub_tx_reset_for(struct rub_tx *tx, const struct rub_seg *seg);
/* RFC 7323 section 5.2: it echoes the timestamp of what it answers; its own is zero. */
void rub_tx_reset_echo(struct rub_tx *tx, u32 tsval);

/* negotiate.c: RUB_OPT_* that we are willing to use. */
u8 rub_offer(const struct rub_policy *policy);
/* What we offered (or are willing to use) and @syn, a SYN or SYN+ACK, agrees to. */
u8 rub_negotiate(const struct rub_seg *syn, u8 offered);
/* The shifts to use once RUB_OPT_WSCALE is agreed on: for the windows we send; for the peer's. */
u8 rub_own_scale(const struct rub_env *env);
u8 rub_peer_scale(const struct rub_seg *syn);
/*
 * Writes @opts on a SYN (what we offer) or SYN+ACK (what was agreed on), flags set already: all
 * but timestamps, which rub_tx_timestamp() adds.
 */
void rub_tx_offer(struct rub_tx *tx, u8 opts, u8 scale);
/* Payload of a full segment: @announced by the peer's SYN, 0 if it did not. */
u16 rub_eff_mss(u16 announced, u16 path_mss, u8 opts);

/* timestamps.c: the clock that TSval shows, and the option on a segment whose flags are set. */
u32 rub_tsval(const struct rub_env *env, u32 offset);
void rub_tx_timestamp(struct rub_tx *tx, const struct rub_env *env, u32 offset, u32 recent);
/* TSval @a is later than @b. */
bool rub_ts_later(u32 a, u32 b);
/* PAWS: @seg is an old duplicate. False if it has no timestamp or is an RST. */
bool rub_paws_old(const struct rub_seg *seg, u32 recent, rub_ns recent_at, rub_ns now);
/* @seg is acceptable, not old and its ACK is good: TS.Recent if it is to be echoed. */
void rub_ts_take(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env);

/* half.c: what a cookie's answer shares with a half-open connection's. */
u32 rub_first_window(const struct rub_env *env);
/* All but the ISS. */
void rub_half_init(struct rub_half *half, const struct rub_seg *syn, const struct rub_env *env);
/* @syn: what it answers, or NULL: it goes again by its clock. */
void rub_half_synack(const struct rub_half *half, const struct rub_seg *syn,
		     const struct rub_env *env, struct rub_tx *tx);
/* Text or a FIN with a SYN is not acknowledged: the peer sends it again. */
static inline u8 rub_left_on_syn(const struct rub_seg *syn)
{
	return syn->len || syn->flags & RUB_FIN ? RUBATO_REASON_SYN_TEXT : RUBATO_REASON_NONE;
}

RUB_END_DECLS

#endif
