// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one timer of a connection (DESIGN.md section 3: every deadline is rub_due()'s): a soft
 * hrtimer, re-armed lazily: an earlier one that fires for nothing looks again.
 *
 * rubato_sock.timer_lock guards @armed and the setting of the timer, and with them the timer's
 * reference to the socket: it has one exactly while @armed is not 0. The socket lock would not do:
 * the timer fires before it has that lock, and may be set anew while it waits for it.
 */
#include <net/sock.h>
#include "conn/internal.h"

/* Return: the timer's reference is the caller's. Else it was set anew, and keeps it. */
static bool take_fired(struct rubato_sock *rs)
{
	bool fired;

	spin_lock(&rs->timer_lock);
	fired = !hrtimer_is_queued(&rs->timer);
	if (fired)
		WRITE_ONCE(rs->armed, 0);
	spin_unlock(&rs->timer_lock);
	return fired;
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct rubato_sock *rs = container_of(timer, struct rubato_sock, timer);
	struct sock *sk = &rs->inet.sk;

	if (!take_fired(rs))
		return HRTIMER_NORESTART;
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		set_bit(RUBATO_DEFER_TIMER, &rs->deferred);
	else
		rubato_drive_timer(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

void rubato_timer_init(struct rubato_sock *rs)
{
	spin_lock_init(&rs->timer_lock);
	hrtimer_init(&rs->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	rs->timer.function = fire;
}

/* Not later than @due. The caller has a reference, and the socket lock. */
void rubato_timer_arm(struct sock *sk, rub_ns due)
{
	struct rubato_sock *rs = rubato_sk(sk);
	rub_ns armed = READ_ONCE(rs->armed);

	/* Should it just fire, it waits for the socket lock, and asks again. */
	if (due == RUB_NEVER || (armed && armed <= due))
		return;
	spin_lock_bh(&rs->timer_lock);
	if (!rs->armed)
		sock_hold(sk);
	WRITE_ONCE(rs->armed, due);
	hrtimer_start(&rs->timer, rubato_deadline(due), HRTIMER_MODE_ABS_SOFT);
	spin_unlock_bh(&rs->timer_lock);
}

/*
 * The caller has another reference than the timer's. One that is just firing finds nothing to do;
 * if it was set anew as well it cannot be taken off, so it comes at once and gives its reference
 * back.
 */
void rubato_timer_cancel(struct sock *sk)
{
	struct rubato_sock *rs = rubato_sk(sk);
	int was;

	spin_lock_bh(&rs->timer_lock);
	was = hrtimer_try_to_cancel(&rs->timer);
	if (was == 1) {
		WRITE_ONCE(rs->armed, 0);
		__sock_put(sk);
	} else if (was < 0 && hrtimer_is_queued(&rs->timer)) {
		WRITE_ONCE(rs->armed, 1);
		hrtimer_start(&rs->timer, ktime_get(), HRTIMER_MODE_ABS_SOFT);
	}
	spin_unlock_bh(&rs->timer_lock);
}
