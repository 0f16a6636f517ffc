// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to send: rub_transmit() proposes one unit at a time and changes nothing, rub_sent()
 * commits what became of it. RFC 9293 sections 3.7.4 (Nagle), 3.8.6 (windows and silly-window
 * avoidance, both ways), 3.8.6.1 (zero-window probes).
 */
#include "core/tcb.h"

static void segment_init(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx,
			 u8 unit, u32 seq)
{
	memset(tx, 0, sizeof(*tx));
	tx->unit = unit;
	tx->seq = seq;
	tx->ack = tcb->rcv_nxt;
	tx->flags = RUB_ACK;
	tx->wnd = rub_window_field(tcb, env, tx->flags);
	if (tcb->opts & RUB_OPT_TS)
		rub_tx_timestamp(tx, env, tcb->ts_offset, tcb->ts_recent);
	/* After what else has options: SACK blocks take what room is left, payload the rest. */
	rub_sack_blocks(tcb, tx);
	rub_urgent_mark(tcb, tx);
	tx->cut = (u16)(tcb->snd_mss - rub_sack_space(tx));
}

/* A send that the running clock asked for is one of its tries. */
static void mark_try(const struct rub_tcb *tcb, struct rub_tx *tx)
{
	tx->clock = tcb->clock;
	tx->tries = tcb->run.tries + 1;
}

/* Room for sequence numbers from @seq on, by the peer's window alone. */
static u32 window_room(const struct rub_tcb *tcb, u32 seq)
{
	u32 edge = tcb->snd_una + tcb->snd_wnd;

	return seq_after(edge, seq) ? edge - seq : 0;
}

/*
 * The same for what left before. RFC 7323 section 2.4 (4): the window that it left into may since
 * have been rounded down by the shift; the peer takes it all the same.
 */
static u32 window_room_again(const struct rub_tcb *tcb, u32 seq)
{
	u32 edge = tcb->snd_una + tcb->snd_wnd, unrounded = edge + (1U << tcb->snd_scale) - 1;

	edge = seq_max(edge, seq_min(unrounded, tcb->snd_nxt));
	return seq_after(edge, seq) ? edge - seq : 0;
}

/*
 * RFC 3042, limited transmit: the first two duplicates let a segment out each, as something has
 * left the network. With SACK the pipe tells as much.
 */
static u32 limited_transmit(const struct rub_tcb *tcb)
{
	u32 n = tcb->loss.dupacks;

	if (tcb->opts & RUB_OPT_SACK || tcb->loss.mode != RUB_LOSS_OPEN || n >= RUB_DUPTHRESH)
		return 0;
	return n * tcb->snd_mss;
}

static u32 congestion_room(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u64 most = (u64)rub_cc_window(tcb, env) + limited_transmit(tcb);
	u32 used = rub_pipe(tcb);

	if (tcb->mtu.window)
		most = min_t(u64, most, tcb->mtu.window);
	return (u32)(max_t(u64, most, used) - used);
}

/* Queued bytes that have not left. */
static u32 unsent_bytes(const struct rub_tcb *tcb)
{
	return seq_before(tcb->snd_nxt, tcb->snd_end) ? tcb->snd_end - tcb->snd_nxt : 0;
}

/*
 * May the end of the queue leave as less than a full segment? Nagle's rule is the RFC's own
 * (section 3.7.4): Minshall's variant sends one more small segment, which saves a delay only
 * where a peer delays acknowledgements longer than this protocol does. Neither it nor a cork
 * holds back a FIN or urgent data.
 */
static bool may_be_short(const struct rub_tcb *tcb, bool alone)
{
	if (tcb->flags & RUB_F_FIN || rub_urgent_from(tcb, tcb->snd_nxt))
		return true;
	if (tcb->flags & RUB_F_CORK)
		return false;
	return tcb->flags & RUB_F_NODELAY || (alone && tcb->snd_nxt == tcb->snd_una);
}

/*
 * How much of @queued bytes may go as a unit, @room allowing. RFC 9293 section 3.8.6.2.1: a
 * full segment; or all there is, if Nagle allows; or half the largest window ever offered.
 */
static u32 worthwhile(const struct rub_tcb *tcb, u32 queued, u32 room, u32 mss)
{
	u32 len = min_t(u32, queued, room), tail = len % mss;

	if (!tail)
		return len;
	if (len == queued && may_be_short(tcb, len == tail))
		return len;
	if (len > tail)
		return len - tail;
	if (len == room && len >= tcb->snd_wnd_max / 2)
		return len;
	return 0;
}

/* Ends the unit: FIN if it reaches it and there is room for its number, PSH at the queue's end. */
static void finish_data(const struct rub_tcb *tcb, struct rub_tx *tx, u32 len, bool fin_fits)
{
	tx->len = len;
	if (tx->seq + len == tcb->snd_end) {
		if (len)
			tx->flags |= RUB_PSH;
		if (tcb->flags & RUB_F_FIN && fin_fits)
			tx->flags |= RUB_FIN;
	}
	tx->again = seq_before(tx->seq, tcb->snd_max);
}

/* Whole segments, as many as the shell takes and the pace allows at once. */
static u32 largest_unit(const struct rub_tcb *tcb, const struct rub_env *env, u32 cut)
{
	u32 most = max_t(u32, min_t(u32, rub_pace_quantum(tcb), env->gso_max), cut);

	return most - most % cut;
}

/* The end of a proposal of new data: a record can be had for it. */
static bool has_record(const struct rub_tcb *tcb, struct rub_tx *tx)
{
	if (rub_rec_room(&tcb->out))
		return true;
	tx->hold = RUB_HOLD_NODES;
	return false;
}

/*
 * RFC 4821 section 7.4: new data waits until cwnd has room for all of the probe; the window never
 * falls by more than that, and something is in flight whose acknowledgement makes room.
 */
static bool propose_mtu_probe(const struct rub_tcb *tcb, const struct rub_env *env, u16 size,
			      struct rub_tx *tx)
{
	segment_init(tcb, env, tx, RUB_UNIT_DATA, tcb->snd_nxt);
	tx->cut = (u16)(size - rub_sack_space(tx));
	tx->probe = true;
	finish_data(tcb, tx, tx->cut, true);
	return congestion_room(tcb, env) >= tx->cut && has_record(tcb, tx);
}

/* New data. False: nothing may go now. */
static bool propose_new(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	u32 room = window_room(tcb, tcb->snd_nxt), more = congestion_room(tcb, env), len, most;
	u16 size = rub_plpmtud_size(tcb, env);

	if (!rub_unsent(tcb))
		return false;
	if (size)
		return propose_mtu_probe(tcb, env, size, tx);
	segment_init(tcb, env, tx, RUB_UNIT_DATA, tcb->snd_nxt);
	room = min_t(u32, room, more);
	/* Every segment has an urgent pointer of its own. */
	most = tx->flags & RUB_URG ? tx->cut : largest_unit(tcb, env, tx->cut);
	len = worthwhile(tcb, unsent_bytes(tcb), room, tx->cut);
	len = min_t(u32, len, most);
	finish_data(tcb, tx, len, room > len);
	if (!tx->len && !(tx->flags & RUB_FIN))
		return false;
	return has_record(tcb, tx);
}

/* Retransmits from @seq, in record @n: at most @most bytes, and the FIN if it is this record's. */
static bool finish_again(const struct rub_tcb *tcb, const struct rub_node *n, u32 most,
			 struct rub_tx *tx)
{
	u32 len = seq_min(n->to, tcb->snd_end) - tx->seq, room = window_room_again(tcb, tx->seq);
	/* A FIN that never left may go along. */
	bool fin = seq_after(n->to, tcb->snd_end) || tcb->snd_nxt == tcb->snd_end;

	if (len > most)
		len = most - most % tx->cut;
	len = min_t(u32, len, room);
	finish_data(tcb, tx, len, fin && room > len);
	tx->again = true;
	return tx->len || tx->flags & RUB_FIN;
}

/*
 * The lowest that is lost. It left before: neither Nagle nor the silly window holds it back again.
 * One segment of it goes whatever cwnd says when the clock has fired or recovery begins.
 */
static bool propose_lost(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	u16 i = rub_rec_first(&tcb->out, RUB_N_LOST, tcb->snd_una);
	const struct rub_node *n = rub_rec_at(&tcb->out, i);
	u32 most;

	segment_init(tcb, env, tx, RUB_UNIT_DATA, n->from);
	most = tx->flags & RUB_URG ? tx->cut : largest_unit(tcb, env, tx->cut);
	if (tcb->flags & (RUB_F_RTO | RUB_F_FAST) || !rub_pipe(tcb))
		most = tx->cut;
	else
		most = min_t(u32, most, congestion_room(tcb, env));
	if (tcb->flags & RUB_F_RTO)
		mark_try(tcb, tx);
	return most && finish_again(tcb, n, most, tx);
}

/*
 * What is lost goes before what is new. Not while F-RTO finds out whether it is lost (RFC 5682
 * section 2.1, step 2b); but something has to leave, or nothing would come back.
 */
static bool propose_data(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	if (tcb->loss.frto == RUB_FRTO_NEW) {
		if (propose_new(tcb, env, tx))
			return true;
		if (rub_pipe(tcb))
			return false;
	}
	return tcb->out.lost ? propose_lost(tcb, env, tx) : propose_new(tcb, env, tx);
}

bool rub_sendable(const struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_tx tx;

	return propose_data(tcb, env, &tx);
}

/*
 * RFC 8985 section 7.3: a new segment, cwnd or not, else the last one again. Something is in
 * flight, or an acknowledgement had called the probe off.
 */
static bool propose_loss_probe(const struct rub_tcb *tcb, const struct rub_env *env,
			       struct rub_tx *tx)
{
	u32 room = window_room(tcb, tcb->snd_nxt), len = unsent_bytes(tcb), seq;
	const struct rub_node *n = rub_rec_at(&tcb->out, rub_rec_tail(&tcb->out));

	segment_init(tcb, env, tx, RUB_UNIT_DATA, tcb->snd_nxt);
	if (rub_unsent(tcb) && room) {
		len = min_t(u32, min_t(u32, len, tx->cut), room);
		finish_data(tcb, tx, len, room > len);
		return true;
	}
	seq = n->from;
	len = seq_min(n->to, tcb->snd_end) - seq;
	if (len > tx->cut)
		seq += (len - 1) / tx->cut * tx->cut;
	segment_init(tcb, env, tx, RUB_UNIT_DATA, seq);
	return finish_again(tcb, n, tx->cut, tx);
}

/* Persist fired: what the window allows after all, else one octet beyond it, else the FIN. */
static bool propose_probe(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	u32 seq = tcb->out.lost ? tcb->snd_una : tcb->snd_nxt;
	u32 queued = seq_before(seq, tcb->snd_end) ? tcb->snd_end - seq : 0;
	u32 room = window_room_again(tcb, seq), len = room ? room : 1;

	if (!rub_unsent(tcb) && !tcb->out.lost)
		return false;
	segment_init(tcb, env, tx, room ? RUB_UNIT_DATA : RUB_UNIT_PROBE, seq);
	len = min_t(u32, min_t(u32, len, tx->cut), queued);
	finish_data(tcb, tx, len, !len || room > len);
	mark_try(tcb, tx);
	return true;
}

/* Our SYN is not acknowledged: SYN, or SYN+ACK in a simultaneous open. */
static bool propose_syn(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	u8 opts = tcb->opts;

	if (tcb->snd_nxt != tcb->iss)
		return false;
	segment_init(tcb, env, tx, RUB_UNIT_SYN, tcb->iss);
	tx->mss = env->adv_mss;
	tx->flags = RUB_SYN | RUB_ACK;
	tx->again = tcb->flags & RUB_F_RTO;
	if (tcb->state == RUBATO_SYN_SENT) {
		tx->flags = RUB_SYN;
		tx->ack = 0;
		tx->tsecr = 0;
		/* RFC 3168 section 6.1.1.1: something on the path may drop an ECN-setup SYN. */
		if (tx->again)
			opts &= (u8)~RUB_OPT_ECN;
	} else {
		tx->unit = RUB_UNIT_SYNACK;
	}
	tx->wnd = rub_window_field(tcb, env, tx->flags);
	rub_tx_offer(tx, opts, tcb->rcv_scale);
	if (tx->again)
		mark_try(tcb, tx);
	return true;
}

/*
 * Section 3.10.4, SYN-RECEIVED: with nothing queued the FIN does not wait for the ACK of our SYN.
 * Once; if it is lost it goes again when that ACK is here.
 */
static bool propose_early_fin(const struct rub_tcb *tcb, const struct rub_env *env,
			      struct rub_tx *tx)
{
	if (!(tcb->flags & RUB_F_FIN) || tcb->snd_max != tcb->snd_end ||
	    tcb->snd_end != tcb->iss + 1 || !window_room(tcb, tcb->snd_end))
		return false;
	segment_init(tcb, env, tx, RUB_UNIT_DATA, tcb->snd_end);
	tx->flags |= RUB_FIN;
	return true;
}

/*
 * SEG.SEQ of a segment without text: SND.NXT as the RFC has it, but never beyond the peer's
 * window, which may have shrunk or never have taken a probe.
 */
u32 rub_acceptable_seq(const struct rub_tcb *tcb)
{
	return seq_min(tcb->snd_max, tcb->snd_una + tcb->snd_wnd);
}

static bool propose_reset(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	if (!(tcb->flags & (RUB_F_REFUSE | RUB_F_RESET)))
		return false;
	rub_tx_reset_to(tx, tcb->flags & RUB_F_REFUSE ? tcb->reset_seq : rub_acceptable_seq(tcb));
	/* RFC 7323 section 5.2. */
	if (tcb->flags & RUB_F_RESET_TS)
		rub_tx_reset_echo(tx, tcb->reset_ts);
	else if (tcb->flags & RUB_F_RESET && tcb->opts & RUB_OPT_TS)
		rub_tx_timestamp(tx, env, tcb->ts_offset, tcb->ts_recent);
	return true;
}

static bool has_send_side(const struct rub_tcb *tcb)
{
	switch (tcb->state) {
	case RUBATO_ESTABLISHED:
	case RUBATO_CLOSE_WAIT:
	case RUBATO_FIN_WAIT_1:
	case RUBATO_CLOSING:
	case RUBATO_LAST_ACK:
		return true;
	default:
		return false;
	}
}

/* What takes up sequence numbers. */
static bool propose_sequence(const struct rub_tcb *tcb, const struct rub_env *env,
			     struct rub_tx *tx)
{
	if (tcb->flags & RUB_F_SYN_OUT)
		return propose_syn(tcb, env, tx) || propose_early_fin(tcb, env, tx);
	if (!has_send_side(tcb))
		return false;
	if (tcb->flags & RUB_F_PROBE && propose_probe(tcb, env, tx))
		return true;
	if (tcb->flags & RUB_F_TLP && propose_loss_probe(tcb, env, tx))
		return true;
	return propose_data(tcb, env, tx);
}

/* RFC 9293 section 3.8.4: SND.NXT-1 is outside the peer's window, so it has to answer. */
static bool propose_keepalive(const struct rub_tcb *tcb, const struct rub_env *env,
			      struct rub_tx *tx)
{
	if (tcb->clock != RUBATO_CLOCK_KEEPALIVE_PROBES || !(tcb->flags & RUB_F_PROBE))
		return false;
	segment_init(tcb, env, tx, RUB_UNIT_KEEPALIVE, tcb->snd_nxt - 1);
	mark_try(tcb, tx);
	tx->tries += !!(tcb->flags & RUB_F_PROBED); /* the first is no try of the schedule */
	return true;
}

static bool propose(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	u8 hold;

	if (propose_reset(tcb, env, tx))
		return true;
	if (tcb->state == RUBATO_CLOSED)
		return false;
	/* After a local drop nothing of ours goes before rub_due(); an ACK may. */
	if (!tcb->run.dropped && propose_sequence(tcb, env, tx)) {
		if (tcb->flags & RUB_F_TLP || !rub_pace_holds(tcb, env, tx))
			return true;
		hold = RUB_HOLD_PACED;
	} else {
		hold = tx->hold;
	}
	if (!tcb->run.dropped && propose_keepalive(tcb, env, tx))
		return true;
	tx->hold = hold;
	if (!(tcb->flags & RUB_F_ACK) || tcb->state == RUBATO_SYN_SENT)
		return false;
	segment_init(tcb, env, tx, RUB_UNIT_ACK, rub_acceptable_seq(tcb));
	return true;
}

bool rub_transmit(const struct rub_tcb *tcb, const struct rub_env *env, struct rub_tx *tx)
{
	tx->hold = RUB_HOLD_NOTHING;
	if (!propose(tcb, env, tx))
		return false;
	rub_ecn_mark(tcb, tx);
	return true;
}

static void sent_syn(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env)
{
	if (tx->again)
		tcb->flags |= RUB_F_SYN_LOST;
	if (tcb->opts & RUB_OPT_ECN && !(tx->flags & RUB_ECE))
		tcb->flags |= RUB_F_NO_ECT;
	if (tx->again || seq_before(tx->seq, tcb->snd_max)) {
		rub_clear(tcb, RUB_F_RTT); /* Karn: nobody can tell which one is answered */
	} else {
		tcb->flags |= RUB_F_RTT;
		tcb->rtt_start = env->now;
	}
	tcb->snd_max = seq_max(tcb->snd_max, tcb->iss + 1);
	tcb->snd_nxt = tcb->snd_max; /* a FIN may have followed it */
}

static void sent_data(struct rub_tcb *tcb, const struct rub_tx *tx, u32 len,
		      const struct rub_env *env)
{
	u32 end = tx->seq + len + !!(tx->flags & RUB_FIN && len == tx->len);

	if (tx->again)
		rub_clear(tcb, RUB_F_RTO | RUB_F_FAST);
	rub_clear(tcb, RUB_F_PROBE);
	if (tx->flags & RUB_CWR)
		rub_clear(tcb, RUB_F_CWR);
	rub_cc_sent(tcb, seq_after(end, tcb->snd_max) ? end - tcb->snd_max : 0, env);
	rub_pace_sent(tcb, len, env);
	/* A probe beyond the window is in flight only if the peer takes it. */
	if (tx->probe && len == tx->len)
		rub_plpmtud_left(tcb, tx, env);
	if (tx->unit == RUB_UNIT_DATA)
		rub_loss_sent(tcb, tx->seq, end, env);
	tcb->snd_max = seq_max(tcb->snd_max, end);
	if (tcb->flags & RUB_F_TLP)
		rub_tlp_left(tcb, tx->again, env);
	rub_clear(tcb, RUB_F_TLP);
}

/* The first of a flight: the clock counts from when it left, not from when it was due. */
static bool begins_flight(const struct rub_tcb *tcb, const struct rub_tx *tx)
{
	return tx->unit < RUB_UNIT_PROBE && !tx->clock && !tx->again && tx->seq == tcb->snd_una;
}

/* A local drop is no try: again after rto-min, and the nominal end still holds. */
static void not_sent(struct rub_tcb *tcb, const struct rub_tx *tx, s64 result,
		     const struct rub_env *env)
{
	if (tx->unit == RUB_UNIT_RST)
		rub_clear(tcb, RUB_F_RESET | RUB_F_REFUSE | RUB_F_RESET_TS);
	else if (tx->unit == RUB_UNIT_ACK)
		rub_ack_dropped(tcb, env);
	else if (tx->probe && result == -EMSGSIZE)
		rub_plpmtud_refused(tcb, tx, env);
	else if (tcb->flags & RUB_F_TLP)
		rub_clear(tcb, RUB_F_TLP); /* the clock's next try does as well */
	else
		rub_clock_dropped(&tcb->run, env->now, tx->clock || begins_flight(tcb, tx));
}

/* Silence counts from the first that can be answered: what we held back ourselves could not. */
static bool counts_silence(const struct rub_tcb *tcb, const struct rub_tx *tx)
{
	if (tcb->flags & RUB_F_ORPHAN || tcb->run.life)
		return false;
	return tx->clock == RUBATO_CLOCK_PERSIST || (begins_flight(tcb, tx) && !tcb->run.stuck);
}

void rub_sent(struct rub_tcb *tcb, const struct rub_tx *tx, s64 result, const struct rub_env *env)
{
	if (result < 0 || (!result && tx->len)) {
		not_sent(tcb, tx, result, env);
		rub_clock_update(tcb, env);
		return;
	}
	if (counts_silence(tcb, tx))
		tcb->run.first = env->now;
	if (begins_flight(tcb, tx))
		rub_clock_left(&tcb->run, env->now);
	switch (tx->unit) {
	case RUB_UNIT_RST:
		rub_clear(tcb, RUB_F_RESET | RUB_F_REFUSE | RUB_F_RESET_TS);
		return;
	case RUB_UNIT_SYN:
	case RUB_UNIT_SYNACK:
		sent_syn(tcb, tx, env);
		break;
	case RUB_UNIT_DATA:
	case RUB_UNIT_PROBE:
		sent_data(tcb, tx, (u32)result, env);
		break;
	case RUB_UNIT_KEEPALIVE:
		tcb->rcv_edge = seq_max(tcb->rcv_edge, tcb->rcv_nxt +
				rub_window_bytes(tcb, tx->wnd, tx->flags));
		rub_keepalive_left(tcb, env);
		return; /* its ACK does not count: the peer refuses the segment */
	default:
		break;
	}
	if (tx->flags & RUB_ACK)
		rub_ack_left(tcb, tx, env);
	tcb->rcv_edge = seq_max(tcb->rcv_edge,
				tcb->rcv_nxt + rub_window_bytes(tcb, tx->wnd, tx->flags));
	rub_clock_update(tcb, env);
	if (tx->clock && tx->clock == tcb->clock) {
		rub_clear(tcb, RUB_F_RTO);
		rub_clock_left(&tcb->run, env->now);
		tcb->run.tries++;
		tcb->run.life++;
	}
}
