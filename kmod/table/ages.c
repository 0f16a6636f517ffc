// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue of ages: entries that all wait equally long, in order of the start of their wait
 * (TIME_WAIT), one soft hrtimer for all. Only the head has a deadline to look at, so a retune of
 * any number of entries costs one question. Never early: @due is asked again when the timer fires.
 *
 * queue->lock guards list, count and the setting of the timer; innermost, held while @due runs.
 */
#include <linux/spinlock.h>
#include "table/parts.h"

#define BATCH 64

static struct list_head *oldest(struct rubato_ages *queue)
{
	return list_empty(&queue->list) ? NULL : queue->list.next;
}

static void take(struct rubato_ages *queue, struct list_head *entry)
{
	list_del_init(entry);
	queue->n--;
}

static void set_timer(struct rubato_ages *queue)
{
	struct list_head *head = oldest(queue);

	/* Not in the past: the softirq would call fire() again without letting anybody else. */
	if (head)
		hrtimer_start(&queue->timer,
			      max(rubato_deadline(queue->due(queue, head)), ktime_get()),
			      HRTIMER_MODE_ABS_SOFT);
}

/* Takes the oldest off if it is due; else sets the timer for it and returns NULL. */
static struct list_head *take_due(struct rubato_ages *queue, bool more)
{
	struct list_head *entry;

	spin_lock_bh(&queue->lock);
	entry = oldest(queue);
	if (entry && more && rubato_deadline(queue->due(queue, entry)) <= ktime_get()) {
		take(queue, entry);
	} else {
		set_timer(queue);
		entry = NULL;
	}
	spin_unlock_bh(&queue->lock);
	return entry;
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct rubato_ages *queue = container_of(timer, struct rubato_ages, timer);
	struct list_head *entry;
	u32 n = 0;

	while ((entry = take_due(queue, n++ < BATCH)))
		queue->expire(queue, entry);
	return HRTIMER_NORESTART; /* take_due() has started it if it must run again */
}

void rubato_ages_init(struct rubato_ages *queue, u32 max,
		      rub_ns (*due)(struct rubato_ages *queue, struct list_head *entry),
		      void (*expire)(struct rubato_ages *queue, struct list_head *entry))
{
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->list);
	queue->n = 0;
	queue->max = max;
	hrtimer_init(&queue->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	queue->timer.function = fire;
	queue->due = due;
	queue->expire = expire;
}

void rubato_ages_arm(struct rubato_ages *queue, struct list_head *entry,
		     struct list_head **evicted)
{
	*evicted = NULL;
	spin_lock_bh(&queue->lock);
	if (!list_empty(entry))
		take(queue, entry);
	if (queue->n && queue->n >= queue->max) {
		*evicted = oldest(queue);
		take(queue, *evicted);
	}
	list_add_tail(entry, &queue->list);
	/* Behind another the timer is set already, for that one or an earlier one. */
	if (queue->n++ == 0)
		set_timer(queue);
	spin_unlock_bh(&queue->lock);
}

bool rubato_ages_disarm(struct rubato_ages *queue, struct list_head *entry)
{
	bool queued;

	spin_lock_bh(&queue->lock);
	queued = !list_empty(entry);
	if (queued)
		take(queue, entry);
	spin_unlock_bh(&queue->lock);
	return queued;
}

void rubato_ages_retune(struct rubato_ages *queue)
{
	spin_lock_bh(&queue->lock);
	set_timer(queue);
	spin_unlock_bh(&queue->lock);
}

struct list_head *rubato_ages_pop(struct rubato_ages *queue)
{
	struct list_head *entry;

	spin_lock_bh(&queue->lock);
	entry = oldest(queue);
	if (entry)
		take(queue, entry);
	spin_unlock_bh(&queue->lock);
	return entry;
}

void rubato_ages_stop(struct rubato_ages *queue)
{
	hrtimer_cancel(&queue->timer);
}
