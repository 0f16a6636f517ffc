// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue of deadlines: entries that each bring their own (half-open connections), one soft hrtimer
 * for all. Never early: an entry is due when the clock has reached the time that it was armed
 * with, and the timer is set for that very time.
 *
 * queue->lock guards the tree and the setting of the timer; innermost. The timer may fire for an
 * entry that has left: it looks again and sets itself anew.
 */
#include <linux/spinlock.h>
#include "table/parts.h"

/* Expiries in one go; more wait for the next, so that a flood does not hold the softirq. */
#define BATCH 64

static bool is_queued(const struct timerqueue_node *node)
{
	return !RB_EMPTY_NODE(&node->node);
}

static void set_timer(struct rubato_deadlines *queue)
{
	struct timerqueue_node *head = timerqueue_getnext(&queue->head);

	/* Not in the past: the softirq would call fire() again without letting anybody else. */
	if (head)
		hrtimer_start(&queue->timer, max(head->expires, ktime_get()),
			      HRTIMER_MODE_ABS_SOFT);
}

/* Takes the first entry off if it is due; else sets the timer for it and returns NULL. */
static struct timerqueue_node *take_due(struct rubato_deadlines *queue, bool more)
{
	struct timerqueue_node *node;

	spin_lock_bh(&queue->lock);
	node = timerqueue_getnext(&queue->head);
	if (node && more && node->expires <= ktime_get()) {
		timerqueue_del(&queue->head, node);
	} else {
		set_timer(queue);
		node = NULL;
	}
	spin_unlock_bh(&queue->lock);
	return node;
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct rubato_deadlines *queue = container_of(timer, struct rubato_deadlines, timer);
	struct timerqueue_node *node;
	u32 n = 0;

	while ((node = take_due(queue, n++ < BATCH)))
		queue->expire(node);
	return HRTIMER_NORESTART; /* take_due() has started it if it must run again */
}

void rubato_deadlines_init(struct rubato_deadlines *queue,
			   void (*expire)(struct timerqueue_node *node))
{
	spin_lock_init(&queue->lock);
	timerqueue_init_head(&queue->head);
	hrtimer_init(&queue->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	queue->timer.function = fire;
	queue->expire = expire;
}

bool rubato_deadlines_arm(struct rubato_deadlines *queue, struct timerqueue_node *node, rub_ns due)
{
	bool fresh;

	spin_lock_bh(&queue->lock);
	fresh = !is_queued(node);
	if (!fresh)
		timerqueue_del(&queue->head, node);
	node->expires = rubato_deadline(due);
	if (timerqueue_add(&queue->head, node))
		set_timer(queue);
	spin_unlock_bh(&queue->lock);
	return fresh;
}

bool rubato_deadlines_disarm(struct rubato_deadlines *queue, struct timerqueue_node *node)
{
	bool queued;

	spin_lock_bh(&queue->lock);
	queued = is_queued(node);
	if (queued)
		timerqueue_del(&queue->head, node);
	spin_unlock_bh(&queue->lock);
	return queued;
}

void rubato_deadlines_stop(struct rubato_deadlines *queue)
{
	hrtimer_cancel(&queue->timer);
}
