// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which clock runs, and its anchors. At most one runs for a connection: a retransmission
 * schedule while something is in flight, persist while the peer's window (or a cork, or the silly
 * window: RUB_F_HELD) holds back what is queued, fin-wait-2 while an orphan waits, keepalive while
 * there is nothing to do. RFC 9293 section 3.8, RFC 6298 section 5.
 */
#include "core/tcb.h"

void rub_clock_start(struct rub_anchor *run, rub_ns now)
{
	run->first = now;
	run->life = 0;
	rub_clock_restart_gaps(run, now);
}

/* The gaps count from now; what has passed of the give-up has passed. */
void rub_clock_restart_gaps(struct rub_anchor *run, rub_ns now)
{
	run->last = now;
	run->dropped = 0;
	run->stuck = 0;
	run->slip = 0;
	run->tries = 0;
}

void rub_clock_left(struct rub_anchor *run, rub_ns now)
{
	if (run->stuck)
		run->slip += now - run->stuck;
	run->last = now;
	run->dropped = 0;
	run->stuck = 0;
}

void rub_clock_dropped(struct rub_anchor *run, rub_ns now, bool is_try)
{
	run->dropped = now;
	if (is_try && !run->stuck)
		run->stuck = now;
}

static bool retransmits(u8 clock)
{
	return clock == RUBATO_CLOCK_DATA || clock == RUBATO_CLOCK_FIN;
}

/* Newly acknowledged data: everything starts afresh (RFC 6298 (5.3)). */
void rub_clock_progress(struct rub_tcb *tcb, const struct rub_env *env)
{
	/*
	 * What left twice gave no sample: the RTO stays backed off until one is had (Karn), or
	 * a path slower than the RTO would never be measured.
	 */
	if (retransmits(tcb->clock) && tcb->run.tries)
		tcb->held += tcb->run.tries;
	rub_clock_start(&tcb->run, env->now);
}

static u8 clock_of(const struct rub_tcb *tcb, const struct rub_env *env)
{
	switch (tcb->state) {
	case RUBATO_CLOSED:
	case RUBATO_TIME_WAIT:
		return RUBATO_CLOCK_NONE;
	case RUBATO_SYN_SENT:
		return RUBATO_CLOCK_SYN;
	case RUBATO_FIN_WAIT_2:
		return tcb->flags & RUB_F_ORPHAN ? RUBATO_CLOCK_FIN_WAIT_2 :
						   rub_keepalive_clock(tcb, env);
	default:
		break;
	}
	if (tcb->flags & RUB_F_SYN_OUT)
		return RUBATO_CLOCK_SYNACK;
	if (tcb->snd_nxt - tcb->snd_una != tcb->out.lost || rub_sendable(tcb, env))
		return tcb->flags & RUB_F_ORPHAN ? RUBATO_CLOCK_FIN : RUBATO_CLOCK_DATA;
#ifdef RUBATO_PLANT_NO_PERSIST
	/* The bug that the exhaustive search must catch: it is about liveness, not about time. */
	return RUBATO_CLOCK_NONE;
#endif
	if (tcb->out.lost || rub_unsent(tcb))
		return RUBATO_CLOCK_PERSIST;
	return rub_keepalive_clock(tcb, env);
}

/* Persist runs though the window has room: a cork, or the sender's silly-window avoidance. */
static bool is_held(const struct rub_tcb *tcb, u8 clock)
{
	return clock == RUBATO_CLOCK_PERSIST &&
	       seq_after(tcb->snd_una + tcb->snd_wnd, tcb->snd_nxt);
}

/* True if persist goes on, but for the other reason: it starts afresh. */
static bool reason_changed(struct rub_tcb *tcb, u8 clock)
{
	u32 flag = is_held(tcb, clock) ? RUB_F_HELD : 0, old = tcb->flags & RUB_F_HELD;

	rub_clear(tcb, RUB_F_HELD);
	tcb->flags |= flag;
	return flag != old && clock == tcb->clock;
}

/*
 * To be called at the end of whatever may have changed what is in flight or queued. The
 * give-up (first, life) goes on between the retransmission schedule and persist: silence is
 * silence, whichever of the two counts it.
 */
void rub_clock_update(struct rub_tcb *tcb, const struct rub_env *env)
{
	u8 clock = clock_of(tcb, env), old = tcb->clock;

	if (reason_changed(tcb, clock))
		rub_clock_restart_gaps(&tcb->run, env->now);
	if (clock == old)
		return;
	tcb->clock = clock;
	if (old == RUBATO_CLOCK_KEEPALIVE_PROBES)
		rub_clear(tcb, RUB_F_PROBE | RUB_F_PROBED);
	if (rub_keepalive_quiet(old) && rub_keepalive_quiet(clock))
		return; /* switched on or off: the peer was heard when it was heard */
	if (retransmits(old) && retransmits(clock))
		return; /* data becomes fin: orphaning has set the anchors */
	if ((retransmits(old) && clock == RUBATO_CLOCK_PERSIST) ||
	    (old == RUBATO_CLOCK_PERSIST && retransmits(clock))) {
		/* What the other clock asked for has not left and is none of this one's tries. */
		rub_clear(tcb, clock == RUBATO_CLOCK_PERSIST ? RUB_F_RTO : RUB_F_PROBE);
		rub_clock_restart_gaps(&tcb->run, env->now);
		return;
	}
	rub_clock_start(&tcb->run, env->now);
}

/*
 * RFC 5961 section 7. Each connection counts by itself, and how many a period allows is drawn: so
 * nobody learns from what is left of a shared or known allowance (CVE-2016-5696).
 */
bool rub_limit(rub_ns *start, u32 *left, const struct rub_env *env)
{
	if (!*start || env->now - *start >= RUB_CHALLENGE_PERIOD) {
		*start = env->now;
		*left = RUB_CHALLENGE_MIN +
			env->rnd % (RUB_CHALLENGE_MAX - RUB_CHALLENGE_MIN + 1);
	}
	if (!*left)
		return false;
	--*left;
	return true;
}
