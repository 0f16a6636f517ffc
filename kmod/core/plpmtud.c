// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large a segment the path takes: RFC 1191 and RFC 8201 where ICMP tells, RFC 4821 where it
 * does not, with RFC 8899's terms. SND.MSS is PLPMTU (eff_pmtu). All sizes are payloads of full
 * segments, as SND.MSS is: headers and the options of every segment taken off.
 *
 * With mtu-probing black-hole SND.MSS begins as what IP says, so ICMP works as ever; only a
 * full-stop timeout (RFC 4821 section 7.7) makes us look ourselves. Always: it begins at
 * BASE_PLPMTU. Then segments of data larger than SND.MSS are sent as probes, one at a time. The
 * states of RFC 8899 section 5.2 are not stored, they follow from the sizes:
 *
 *	SEARCHING	search_high is RUB_PLPMTUD_STEP or more above SND.MSS
 *	SEARCH_COMPLETE	it is not
 *	BASE		SEARCHING where a black hole left SND.MSS at BASE_PLPMTU; what went again
 *			and got through confirms it: nothing is probed while data is missing
 *	ERROR		SND.MSS is below BASE_PLPMTU, which is probed first
 *
 * The first probe of a search is the largest size: a full stop was more often an outage than a
 * black hole, and most paths take what IP says. If it is lost, halving goes on.
 */
#include "core/tcb.h"

/* MAX_PLPMTU. */
static u16 max_plpmtu(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return rub_eff_mss(tcb->peer_mss, env->path_mss, tcb->opts);
}

static u16 at_most(u16 size, u16 max)
{
	return size < max ? size : max;
}

/* A size that counts no options, as MSS does, for this connection. */
static u16 plain(const struct rub_tcb *tcb, const struct rub_env *env, u16 mss)
{
	return at_most(rub_eff_mss(mss, mss, tcb->opts), max_plpmtu(tcb, env));
}

static u16 base_plpmtu(const struct rub_tcb *tcb, const struct rub_env *env)
{
	return plain(tcb, env, RUB_BASE_PLPMTU);
}

static bool is_off(const struct rub_env *env)
{
	return env->policy->knobs.mtu_probing == RUBATO_MTU_PROBING_OFF;
}

void rub_plpmtud_init(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	memset(mtu, 0, sizeof(*mtu));
	mtu->path = mtu->high = tcb->snd_mss = max_plpmtu(tcb, env);
	mtu->since = env->now;
	if (env->policy->knobs.mtu_probing != RUBATO_MTU_PROBING_ALWAYS)
		return;
	tcb->snd_mss = base_plpmtu(tcb, env);
	mtu->own = true;
}

bool rub_plpmtud_complete(const struct rub_tcb *tcb)
{
	return tcb->mtu.high < tcb->snd_mss + RUB_PLPMTUD_STEP;
}

/* search_high. When PMTU_RAISE_TIMER has expired it is MAX_PLPMTU again. */
static u16 search_high(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u16 max = max_plpmtu(tcb, env);

	return rub_plpmtud_complete(tcb) ? max : at_most(tcb->mtu.high, max);
}

/* PROBED_SIZE, if it is time; 0 if not, or there is none (RFC 8899 section 5.3.2). */
static u16 probed_size(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u16 high = search_high(tcb, env), base = base_plpmtu(tcb, env), low = tcb->snd_mss;

	if (env->now < rub_plpmtud_due(tcb) || high < low + RUB_PLPMTUD_STEP)
		return 0;
	if (low < base && base < high)
		return base;
	if (rub_plpmtud_complete(tcb) || !tcb->mtu.halve)
		return high;
	return (u16)(low + (high - low + 1) / 2);
}

/* RFC 4821 section 7.4: no outstanding probe or loss, nor a hint of one; all of it would be new. */
static bool undisturbed(const struct rub_tcb *tcb)
{
	return tcb->snd_nxt == tcb->snd_max && tcb->loss.mode == RUB_LOSS_OPEN &&
	       !tcb->out.sacked && !tcb->loss.dupacks && !tcb->mtu.probe && !tcb->mtu.repair;
}

u16 rub_plpmtud_size(const struct rub_tcb *tcb, const struct rub_env *env)
{
	u32 edge = tcb->snd_una + tcb->snd_wnd, need;
	u16 size;

	if (is_off(env) || !undisturbed(tcb))
		return 0;
	size = probed_size(tcb, env);
	if (!size)
		return 0;
	/* Section 7.4: so that fast retransmit notices a loss, DupThresh segments follow. */
	need = size + RUB_DUPTHRESH * tcb->snd_mss;
	if (seq_before(tcb->snd_end, tcb->snd_nxt + need) || seq_before(edge, tcb->snd_nxt + need))
		return 0;
	return rub_cc_window(tcb, env) < need ? 0 : size;
}

void rub_plpmtud_left(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	if (rub_plpmtud_complete(tcb))
		mtu->halve = false; /* a new search */
	mtu->high = search_high(tcb, env);
	mtu->headway = 0;
	mtu->probe = (u16)(tx->cut + rub_sack_space(tx));
	mtu->lost = false;
	mtu->from = tx->seq;
	mtu->to = tx->seq + tx->len;
}

/* Sections 7.6.2 and 7.6.3. */
static void failed(struct rub_tcb *tcb, u16 size, u8 headway, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	/* Unless a router has told meanwhile: that size is the next. */
	if (mtu->high >= size) {
		mtu->high = size - 1;
		mtu->halve = true;
	}
	mtu->headway = headway;
	mtu->since = env->now;
}

void rub_plpmtud_refused(struct rub_tcb *tcb, const struct rub_tx *tx, const struct rub_env *env)
{
	if (rub_plpmtud_complete(tcb))
		tcb->mtu.high = search_high(tcb, env);
	failed(tcb, (u16)(tx->cut + rub_sack_space(tx)), 0, env);
}

/* Section 7.6.1. */
static void succeeded(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	tcb->snd_mss = at_most(mtu->probe, max_plpmtu(tcb, env));
	mtu->probe = 0;
	mtu->own = true;
	mtu->since = env->now;
}

/* By ACK or by SACK. */
static bool arrived(const struct rub_tcb *tcb)
{
	const struct rub_plpmtud *mtu = &tcb->mtu;
	const struct rub_node *n;
	u16 i;

	if (!seq_before(tcb->snd_una, mtu->to))
		return true;
	i = rub_rec_find(&tcb->out, mtu->from);
	if (i == RUB_NO_NODE)
		return false;
	n = rub_rec_at(&tcb->out, i);
	return n->flags & RUB_N_SACKED && !seq_before(n->to, mtu->to);
}

/* RFC 1191 section 6.4: what was too big goes by slow start, though cwnd stays as it is. */
static void open_window(struct rub_tcb *tcb, u32 delivered)
{
	u32 *window = &tcb->mtu.window;

	*window += delivered;
	if (!tcb->out.lost || *window >= tcb->cc.cwnd)
		*window = 0;
}

void rub_plpmtud_acked(struct rub_tcb *tcb, u32 delivered, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	if (mtu->window)
		open_window(tcb, delivered);
	if (mtu->probe && !mtu->lost && arrived(tcb))
		succeeded(tcb, env);
	if (!mtu->repair || seq_before(tcb->snd_una, mtu->end))
		return;
	mtu->repair = false;
	if (!mtu->probe)
		return;
	/* Only the probe was lost: it was too big. */
	failed(tcb, mtu->probe, mtu->headway, env);
	mtu->probe = 0;
}

/* The probe's data goes again; why it was lost is open until all in flight now is acknowledged. */
static void lose_probe(struct rub_tcb *tcb, u8 headway)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	mtu->lost = true;
	mtu->headway = headway;
	mtu->repair = true;
	mtu->end = tcb->snd_max;
}

/* It is one packet: all of it is lost, and the path is not congested. */
static void resend_probe(struct rub_tcb *tcb)
{
	struct rub_out *out = &tcb->out;
	u16 i;

	lose_probe(tcb, RUB_PLPMTUD_HEADWAY);
	for (;;) {
		i = rub_rec_first(out, RUB_N_FLYING, tcb->mtu.from);
		if (i == RUB_NO_NODE || !seq_before(rub_rec(out, i)->from, tcb->mtu.to))
			break;
		rub_rec_set(out, i, RUB_N_LOST);
	}
	tcb->flags |= RUB_F_FAST;
	/* Duplicates of what has left say nothing that is not known. */
	if (tcb->loss.mode == RUB_LOSS_OPEN)
		tcb->loss.recover = tcb->snd_max;
}

bool rub_plpmtud_lost(struct rub_tcb *tcb)
{
	const struct rub_plpmtud *mtu = &tcb->mtu;
	struct rub_out *out = &tcb->out;
	u16 first = rub_rec_first(out, RUB_N_LOST, tcb->snd_una);
	u16 last = rub_rec_last(out, RUB_N_LOST, tcb->snd_nxt);

	if (!mtu->probe || mtu->lost || first == RUB_NO_NODE)
		return false;
	if (rub_rec(out, first)->from != mtu->from || seq_after(rub_rec(out, last)->to, mtu->to))
		return false;
	resend_probe(tcb);
	return true;
}

bool rub_plpmtud_another(const struct rub_tcb *tcb)
{
	u16 i = rub_rec_head(&tcb->out);

	if (!tcb->mtu.probe || !tcb->mtu.repair || i == RUB_NO_NODE)
		return false;
	return (rub_rec_at(&tcb->out, i)->flags & (RUB_N_FLYING | RUB_N_AGAIN)) == RUB_N_FLYING;
}

/* Section 7.6.4: the same size again as soon as nothing is missing. */
void rub_plpmtud_inconclusive(struct rub_tcb *tcb)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	if (mtu->probe && mtu->lost) {
		mtu->probe = 0;
		mtu->headway = 0;
	}
	mtu->repair = false;
	mtu->window = 0;
}

void rub_plpmtud_again(struct rub_tcb *tcb, u32 from, u32 to)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	if (!mtu->lost && seq_before(from, mtu->to) && seq_after(to, mtu->from))
		mtu->probe = 0;
}

/* What the retransmission timer's last try carried. */
static u32 tried(const struct rub_tcb *tcb)
{
	const struct rub_node *n = rub_rec_at(&tcb->out, rub_rec_head(&tcb->out));
	u32 len = seq_min(n->to, tcb->snd_end) - tcb->snd_una;

	return len < tcb->snd_mss ? len : tcb->snd_mss;
}

/*
 * Section 7.7: R1 tries of the same segment without an answer, and no ICMP message that says why.
 * Small segments that are lost make no smaller ones.
 */
static void full_stop(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;
	u16 base = base_plpmtu(tcb, env), least = plain(tcb, env, RUB_MSS_FLOOR), size;

	if (is_off(env) || tcb->run.tries < RUB_R1 || tcb->soft_error || !tcb->snd_wnd)
		return;
	size = tcb->snd_mss;
	if (size > base)
		size = base;
	else if (tcb->run.tries > RUB_R1)
		size = size / 2 > least ? size / 2 : least;
	if (size >= tried(tcb))
		return;
	tcb->snd_mss = size;
	mtu->high = max_plpmtu(tcb, env);
	mtu->own = true;
	mtu->halve = false;
	mtu->headway = 0;
}

void rub_plpmtud_timeout(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;
	bool first = mtu->probe && !mtu->lost && mtu->from == tcb->snd_una;

	rub_plpmtud_inconclusive(tcb);
	if (first)
		lose_probe(tcb, RUB_PLPMTUD_HEADWAY_TIMEOUT);
	else
		mtu->probe = 0;
	full_stop(tcb, env);
}

/* SND.MSS has shrunk: what is in flight in larger segments never arrived. */
static void resend_too_big(struct rub_tcb *tcb)
{
	struct rub_plpmtud *mtu = &tcb->mtu;
	struct rub_out *out = &tcb->out;
	u32 seq = tcb->snd_una, lost = out->lost;
	u16 i;

	while ((i = rub_rec_first(out, RUB_N_FLYING, seq)) != RUB_NO_NODE) {
		seq = rub_rec(out, i)->to;
		if (rub_rec_len(rub_rec(out, i)) > tcb->snd_mss)
			rub_rec_set(out, i, RUB_N_LOST);
	}
	if (out->lost == lost)
		return;
	mtu->repair = true;
	mtu->end = tcb->snd_max;
	mtu->window = rub_pipe(tcb) + tcb->snd_mss;
	if (tcb->loss.mode == RUB_LOSS_OPEN)
		tcb->loss.recover = tcb->snd_max;
}

/* MAX_PLPMTU is more than it was. Whoever found SND.MSS by probes goes on by probes. */
static void grown(struct rub_tcb *tcb, u16 max, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;

	mtu->high = max;
	mtu->halve = false;
	if (is_off(env) || !mtu->own)
		tcb->snd_mss = max;
}

void rub_plpmtud_path(struct rub_tcb *tcb, const struct rub_env *env)
{
	struct rub_plpmtud *mtu = &tcb->mtu;
	u16 max = max_plpmtu(tcb, env);

	if (max > mtu->path)
		grown(tcb, max, env);
	mtu->path = max;
	if (mtu->high > max) {
		mtu->high = max;
		mtu->halve = false;
	}
	if (mtu->probe > max && !mtu->lost)
		resend_probe(tcb);
	if (tcb->snd_mss <= max)
		return;
	tcb->snd_mss = max;
	mtu->since = env->now;
	if (!(tcb->flags & RUB_F_SYN_OUT))
		resend_too_big(tcb);
}
