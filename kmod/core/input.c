// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment arrives: RFC 9293 sections 3.10.7.3 (SYN_SENT) and 3.10.7.4 (the other states), in
 * its order and with its names. Each step returns false when the segment goes no further.
 */
#include "core/tcb.h"

/* Of this file only, in a segment's opts: it was a SYN, so its window is not scaled. */
#define WAS_SYN 0x80u

static bool drop(struct rub_rx *rx, enum rubato_reason reason)
{
	rx->reason = (u8)reason;
	return false;
}

/* An ACK that answers what we do not believe: RFC 5961, limited per connection. */
static bool challenge(struct rub_tcb *tcb, const struct rub_env *env, struct rub_rx *rx,
		      enum rubato_reason reason)
{
	if (!rub_limit(&tcb->challenge_start, &tcb->challenges, env))
		return drop(rx, RUBATO_REASON_RATE_LIMIT);
	tcb->flags |= RUB_F_ACK;
	return drop(rx, reason);
}

/* An RST is due because of @seg. */
static void reset_for(struct rub_tcb *tcb, const struct rub_seg *seg, u32 flag)
{
	rub_clear(tcb, RUB_F_RESET_TS);
	tcb->flags |= seg->opts & RUB_OPT_TS ? flag | RUB_F_RESET_TS : flag;
	tcb->reset_seq = seg->ack;
	tcb->reset_ts = seg->tsval;
}

/* RFC 7323 section 2.3. */
static u32 offered_window(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	bool syn = seg->flags & RUB_SYN || seg->opts & WAS_SYN;

	return (u32)seg->wnd << (syn ? 0 : tcb->snd_scale);
}

static void set_send_window(struct rub_tcb *tcb, const struct rub_seg *seg)
{
	tcb->snd_wnd = offered_window(tcb, seg);
	if (tcb->snd_wnd_max < tcb->snd_wnd)
		tcb->snd_wnd_max = tcb->snd_wnd;
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
}

/*
 * What acknowledges more left later, also if it is a retransmission: by SEG.SEQ alone SND.UNA
 * would move under a window that is old, and the right edge beyond any offered.
 */
void rub_take_window(struct rub_tcb *tcb, const struct rub_seg *seg)
{
	if (seq_after(seg->ack, tcb->snd_wl2) || !seq_before(seg->seq, tcb->snd_wl1))
		set_send_window(tcb, seg);
}

/* Our SYN is acknowledged: what an estimate of the path starts from. */
static void syn_acked(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env)
{
	rub_rtt_acked(tcb, seg, env);
	rub_cc_init(tcb);
	rub_loss_init(tcb);
}

/* SYN_SENT: ISS < SEG.ACK =< SND.NXT, nothing else acknowledges our SYN. */
static bool syn_sent_ack(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx)
{
	if (!(seg->flags & RUB_ACK))
		return true;
	if (seq_after(seg->ack, tcb->iss) && !seq_after(seg->ack, tcb->snd_max))
		return true;
	if (!(seg->flags & RUB_RST))
		reset_for(tcb, seg, RUB_F_REFUSE);
	return drop(rx, RUBATO_REASON_BAD_ACK);
}

/* The peer's SYN says which of our offers hold. */
static void agree(struct rub_tcb *tcb, const struct rub_seg *syn, const struct rub_env *env)
{
	tcb->opts = rub_negotiate(syn, tcb->opts);
	if (tcb->opts & RUB_OPT_WSCALE)
		tcb->snd_scale = rub_peer_scale(syn);
	else
		tcb->rcv_scale = 0;
	if (tcb->opts & RUB_OPT_TS) {
		tcb->ts_recent = syn->tsval;
		tcb->ts_recent_at = env->now;
	}
	tcb->peer_mss = syn->mss;
	rub_plpmtud_init(tcb, env);
}

static void syn_sent_syn(struct rub_tcb *tcb, const struct rub_seg *seg,
			 const struct rub_env *env, struct rub_rx *rx)
{
	tcb->irs = seg->seq;
	tcb->rcv_nxt = seg->seq + 1;
	tcb->rcv_up = tcb->rcv_nxt;
	tcb->rcv_edge += tcb->rcv_nxt; /* what our SYN offered counts from here */
	tcb->last_ack_sent = tcb->rcv_nxt;
	agree(tcb, seg, env);
	set_send_window(tcb, seg);
	if (seg->flags & RUB_ACK) {
		rub_clear(tcb, RUB_F_SYN_OUT);
		tcb->soft_error = 0;
		tcb->snd_una = seg->ack;
		tcb->snd_nxt = seq_max(tcb->snd_nxt, tcb->snd_una);
		rub_clock_progress(tcb, env);
		syn_acked(tcb, seg, env);
		tcb->flags |= RUB_F_ACK;
		rub_enter(tcb, rx, RUBATO_ESTABLISHED);
		return;
	}
	/* Simultaneous open: our SYN goes again, with an ACK. */
	tcb->snd_wl2 = tcb->iss;
	tcb->snd_nxt = tcb->iss;
	rx->reason = rub_left_on_syn(seg);
	rub_enter(tcb, rx, RUBATO_SYN_RCVD);
}

/* Section 3.10.7.3. True: the segment brings text or a FIN behind a completed handshake. */
static bool syn_sent(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		     struct rub_rx *rx)
{
	if (!syn_sent_ack(tcb, seg, rx))
		return false;
	if (seg->flags & RUB_RST) {
		if (!(seg->flags & RUB_ACK))
			return drop(rx, RUBATO_REASON_BAD_RST);
		rub_die(tcb, rx, ECONNREFUSED);
		return false;
	}
	if (!(seg->flags & RUB_SYN))
		return drop(rx, RUBATO_REASON_LISTEN_NO_SYN);
	syn_sent_syn(tcb, seg, env, rx);
	return tcb->state == RUBATO_ESTABLISHED;
}

/* Nothing of this text can be taken. */
static enum rubato_reason why_no_text(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	u32 end = seg->seq + rub_seg_len(seg);

	if (tcb->flags & RUB_F_PEER_FIN && seq_after(seg->seq + seg->len, tcb->rcv_fin))
		return RUBATO_REASON_AFTER_FIN;
	return seq_after(end, tcb->rcv_nxt) ? RUBATO_REASON_BAD_SEQ : RUBATO_REASON_OLD_DATA;
}

/* What is not acceptable is answered, but for an RST. */
static bool unacceptable(struct rub_tcb *tcb, const struct rub_seg *seg,
			 const struct rub_env *env, struct rub_rx *rx, enum rubato_reason reason)
{
	/* What carries text or a FIN always: the peer may have missed our ACK. */
	if (!seg->len && !(seg->flags & RUB_FIN))
		return challenge(tcb, env, rx, reason);
	tcb->flags |= RUB_F_ACK;
	return drop(rx, reason);
}

/*
 * Before the first: timestamps (RFC 7323 sections 3.2 and 5.3, R1). A SYN without any is answered
 * (RFC 5961 section 4.2): that peer has lost the connection. The ACK of a handshake may come
 * without, too: some paths strip it there.
 */
static bool check_timestamp(struct rub_tcb *tcb, const struct rub_seg *seg,
			    const struct rub_env *env, struct rub_rx *rx)
{
	if (!(tcb->opts & RUB_OPT_TS) || seg->flags & RUB_RST)
		return true;
	if (!(seg->opts & RUB_OPT_TS) && !(seg->flags & RUB_SYN) &&
	    tcb->state != RUBATO_SYN_RCVD)
		return drop(rx, RUBATO_REASON_NO_TIMESTAMP);
	if (!rub_paws_old(seg, tcb->ts_recent, tcb->ts_recent_at, env->now))
		return true;
	return unacceptable(tcb, seg, env, rx, RUBATO_REASON_PAWS);
}

/* First: sequence number. */
static bool check_sequence(struct rub_tcb *tcb, struct rub_seg *seg, const struct rub_env *env,
			   struct rub_rx *rx)
{
	u32 wnd = tcb->rcv_edge - tcb->rcv_nxt;

	/* Simultaneous open: the peer's SYN again, now with an ACK (figure 8). */
	if (tcb->flags & RUB_F_SYN_OUT && seg->flags & RUB_SYN && seg->seq == tcb->irs) {
		seg->flags &= (u8)~RUB_SYN;
		seg->opts |= WAS_SYN;
		seg->seq++;
	}
	if (rub_acceptable(seg, tcb->rcv_nxt, wnd))
		return true;
	if (seg->flags & RUB_RST)
		return drop(rx, RUBATO_REASON_BAD_RST);
	if (seg->len)
		rub_sack_duplicate(tcb, seg->seq, seg->seq + seg->len);
	return unacceptable(tcb, seg, env, rx,
			    rub_seg_len(seg) ? why_no_text(tcb, seg) : RUBATO_REASON_BAD_SEQ);
}

/* Second: RST bit, by RFC 5961 section 3.2. */
static bool check_rst(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	int error;

	if (!(seg->flags & RUB_RST))
		return true;
	if (seg->seq != tcb->rcv_nxt)
		return challenge(tcb, env, rx, RUBATO_REASON_BAD_RST);
	switch (tcb->state) {
	case RUBATO_SYN_RCVD:
		error = ECONNREFUSED;
		break;
	case RUBATO_CLOSE_WAIT:
		error = EPIPE;
		break;
	case RUBATO_CLOSING:
	case RUBATO_LAST_ACK:
		error = rub_fin_left(tcb) ? 0 : ECONNRESET; /* accepted bytes never left */
		break;
	default:
		error = ECONNRESET;
	}
	rub_die(tcb, rx, error);
	return false;
}

/* Fourth: SYN bit, by RFC 5961 section 4.2. A passive SYN_RCVD is a struct rub_half. */
static bool check_syn(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	if (!(seg->flags & RUB_SYN))
		return true;
	return challenge(tcb, env, rx, RUBATO_REASON_SYN_IN_WINDOW);
}

/* SYN_RCVD becomes ESTABLISHED if our SYN is acknowledged. */
static bool syn_rcvd_ack(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx)
{
	if (!seq_after(seg->ack, tcb->snd_una) || seq_after(seg->ack, tcb->snd_max)) {
		reset_for(tcb, seg, RUB_F_REFUSE);
		return drop(rx, RUBATO_REASON_BAD_ACK);
	}
	set_send_window(tcb, seg);
	rub_enter(tcb, rx, RUBATO_ESTABLISHED);
	return true;
}

/* RFC 5681 section 2: what a duplicate acknowledgement is. An answer to a probe is none. */
static bool duplicate_ack(const struct rub_tcb *tcb, const struct rub_seg *seg)
{
	return seg->ack == tcb->snd_una && tcb->snd_max != tcb->snd_una && !rub_seg_len(seg) &&
	       offered_window(tcb, seg) == tcb->snd_wnd && tcb->clock != RUBATO_CLOCK_PERSIST;
}

void rub_take_ack(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		  struct rub_rx *rx)
{
	u32 first = rub_first(tcb), acked = seg->ack - tcb->snd_una;
	bool syn = tcb->flags & RUB_F_SYN_OUT;

	tcb->snd_una = seg->ack;
	tcb->snd_nxt = syn ? tcb->snd_max : seq_max(tcb->snd_nxt, seg->ack);
	rub_urgent_acked(tcb);
	rub_clear(tcb, RUB_F_RTO | RUB_F_PROBE | RUB_F_TLP | RUB_F_SYN_OUT);
	tcb->soft_error = 0;
	if (rub_first(tcb) != first) {
		rx->mask |= RUB_RX_ACKED;
		rx->acked = rub_first(tcb) - first;
	}
	rub_clock_progress(tcb, env);
	if (syn)
		syn_acked(tcb, seg, env);
	if (acked > syn) /* a FIN may have followed the SYN */
		rub_loss_ack(tcb, seg, acked - syn, false, env);
}

/* The peer lives, though its window is closed (MUST-37). An orphan lives no longer for it. */
static void answered(struct rub_tcb *tcb, const struct rub_env *env)
{
	bool closed = tcb->clock == RUBATO_CLOCK_PERSIST ||
		      (tcb->clock == RUBATO_CLOCK_DATA && !tcb->snd_wnd);

	if (!closed || tcb->flags & RUB_F_ORPHAN)
		return;
	tcb->run.first = env->now;
	tcb->run.life = 0;
}

/* ESTABLISHED: the acknowledgement and the window update. */
static bool established_ack(struct rub_tcb *tcb, const struct rub_seg *seg,
			    const struct rub_env *env, struct rub_rx *rx)
{
	bool duplicate = duplicate_ack(tcb, seg);

	/* RFC 5961 section 5.2. */
	if (seq_after(seg->ack, tcb->snd_max))
		return challenge(tcb, env, rx, RUBATO_REASON_BAD_ACK);
	if (seq_before(seg->ack, tcb->snd_una - tcb->snd_wnd_max))
		return challenge(tcb, env, rx, RUBATO_REASON_OLD_ACK);
	if (seq_before(seg->ack, tcb->snd_una)) {
		/* A duplicate: its text counts, and what it tells of duplicates (D-SACK). */
		if (seg->n_sack)
			rub_loss_ack(tcb, seg, 0, false, env);
		return true;
	}
	answered(tcb, env);
	rub_clear(tcb, RUB_F_TLP);
	rub_ecn_echo(tcb, seg, env);
	if (seq_after(seg->ack, tcb->snd_una))
		rub_take_ack(tcb, seg, env, rx);
	else
		rub_loss_ack(tcb, seg, 0, duplicate, env);
	rub_take_window(tcb, seg);
	return true;
}

/* Fifth: ACK field. */
static bool check_ack(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	if (!(seg->flags & RUB_ACK))
		return drop(rx, RUBATO_REASON_NO_ACK);
	if (tcb->state == RUBATO_SYN_RCVD && !syn_rcvd_ack(tcb, seg, rx))
		return false;
	if (!established_ack(tcb, seg, env, rx))
		return false;
	rub_ts_take(tcb, seg, env);
	if (!rub_fin_acked(tcb))
		return true;
	switch (tcb->state) {
	case RUBATO_FIN_WAIT_1:
		rub_enter(tcb, rx, RUBATO_FIN_WAIT_2);
		return true;
	case RUBATO_CLOSING:
		rub_enter(tcb, rx, RUBATO_TIME_WAIT);
		return true; /* a FIN is acknowledged once more */
	case RUBATO_LAST_ACK:
		rub_die(tcb, rx, 0);
		return false;
	default:
		return true;
	}
}

/* What of the text is new and inside the window; false if nothing is. */
static bool trim(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_range *text)
{
	u32 edge = tcb->rcv_edge;

	if (tcb->flags & RUB_F_PEER_FIN)
		edge = seq_min(edge, tcb->rcv_fin);
	text->from = seq_max(seg->seq, tcb->rcv_nxt);
	text->to = seq_min(seg->seq + seg->len, edge);
	return seq_before(text->from, text->to);
}

/* New data for a process that is gone: RFC 1122 section 4.2.2.13 wants an RST. */
static bool abort_orphan(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx)
{
	rub_die(tcb, rx, ECONNRESET);
	reset_for(tcb, seg, RUB_F_RESET);
	return drop(rx, RUBATO_REASON_CLOSED);
}

/* Seventh: the segment text. */
static bool take_text(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	bool smooth = !tcb->n_ooo && seg->seq == tcb->rcv_nxt;
	enum rubato_reason reason;
	struct rub_range text;

	if (!seg->len)
		return true;
	if (!rub_may_receive(tcb)) /* a peer that sent FIN has no more text */
		return drop(rx, RUBATO_REASON_AFTER_FIN);
	if (!trim(tcb, seg, &text)) {
		tcb->flags |= RUB_F_ACK;
		rub_sack_duplicate(tcb, seg->seq, seg->seq + seg->len);
		drop(rx, why_no_text(tcb, seg));
		return true;
	}
	rub_ecn_arrived(tcb, seg);
	if (tcb->flags & RUB_F_ORPHAN)
		return abort_orphan(tcb, seg, rx);
	rub_sack_duplicate(tcb, seg->seq, text.to);
	if (rub_ooo_has(tcb, text.from, text.to)) {
		tcb->flags |= RUB_F_ACK;
		rub_sack_touch(tcb, text.from);
		drop(rx, RUBATO_REASON_OLD_DATA);
		return true;
	}
	if (text.from == tcb->rcv_nxt) {
		tcb->rcv_nxt = text.to;
		rub_ooo_advance(tcb);
		rub_urgent_advance(tcb);
		rx->mask |= RUB_RX_ADVANCED;
	} else {
		reason = rub_ooo_add(tcb, text.from, text.to);
		if (reason) {
			tcb->flags |= RUB_F_ACK;
			return drop(rx, reason);
		}
		rub_sack_touch(tcb, text.from);
	}
	rub_ack_text(tcb, seg, smooth && text.to == seg->seq + seg->len, env);
	rx->mask |= RUB_RX_KEEP;
	rx->keep = text;
	return true;
}

/* Where the peer's FIN is; it counts when everything before it is here. */
static void note_fin(struct rub_tcb *tcb, const struct rub_seg *seg)
{
	u32 fin = seg->seq + seg->len;

	if (!(seg->flags & RUB_FIN) || tcb->flags & RUB_F_PEER_FIN)
		return;
	/* Outside the window, or before what we hold: a lie or an accident. */
	if (seq_before(fin, tcb->rcv_nxt) || !seq_before(fin, tcb->rcv_edge))
		return;
	if (tcb->n_ooo && seq_after(tcb->ooo[tcb->n_ooo - 1].to, fin))
		return;
	tcb->rcv_fin = fin;
	tcb->flags |= RUB_F_PEER_FIN;
}

/* Eighth: FIN bit. */
static void take_fin(struct rub_tcb *tcb, const struct rub_seg *seg, struct rub_rx *rx)
{
	if (seg->flags & RUB_FIN)
		tcb->flags |= RUB_F_ACK;
	note_fin(tcb, seg);
	if (!(tcb->flags & RUB_F_PEER_FIN) || tcb->flags & RUB_F_FIN_RCVD ||
	    tcb->rcv_nxt != tcb->rcv_fin)
		return;
	tcb->rcv_nxt++; /* inside the window: note_fin() */
	tcb->flags |= RUB_F_FIN_RCVD | RUB_F_ACK;
	rx->mask |= RUB_RX_PEER_FIN;
	switch (tcb->state) {
	case RUBATO_ESTABLISHED:
		rub_enter(tcb, rx, RUBATO_CLOSE_WAIT);
		break;
	case RUBATO_FIN_WAIT_1:
		rub_enter(tcb, rx, RUBATO_CLOSING);
		break;
	default: /* FIN_WAIT_2 */
		rub_enter(tcb, rx, RUBATO_TIME_WAIT);
	}
}

static void arrives(struct rub_tcb *tcb, struct rub_seg *seg, const struct rub_env *env,
		    struct rub_rx *rx)
{
	switch (tcb->state) {
	case RUBATO_CLOSED:
	case RUBATO_TIME_WAIT:
		drop(rx, RUBATO_REASON_CLOSED);
		return;
	case RUBATO_SYN_SENT:
		if (!syn_sent(tcb, seg, env, rx))
			return;
		seg->seq++; /* the SYN is done with */
		break;
	default:
		if (!check_timestamp(tcb, seg, env, rx) || !check_sequence(tcb, seg, env, rx) ||
		    !check_rst(tcb, seg, env, rx) || !check_syn(tcb, seg, env, rx) ||
		    !check_ack(tcb, seg, env, rx))
			return;
	}
	/* Third, security: nothing to do. */
	rub_urgent_take(tcb, seg, rx);
	if (take_text(tcb, seg, env, rx))
		take_fin(tcb, seg, rx);
}

void rub_full_segment(struct rub_tcb *tcb, const struct rub_seg *seg, const struct rub_env *env,
		      struct rub_rx *rx)
{
	struct rub_seg copy = *seg;

	copy.opts &= (u8)~WAS_SYN;
	arrives(tcb, &copy, env, rx);
	rub_keepalive_heard(tcb, env);
	rub_clock_update(tcb, env);
}
