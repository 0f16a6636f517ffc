/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clocks apply. Each network namespace has one current policy: its defaults over the
 * built-in values, compiled under its tempo. A policy is immutable and reference-counted;
 * a change publishes a new one and tells conn/ through a hook.
 *
 * Locks: rubato_policy_net.mutex serialises writers; readers use RCU or hold a reference.
 */
#ifndef RUBATO_POLICY_H
#define RUBATO_POLICY_H

#include <linux/refcount.h>
#include <linux/rcupdate.h>
#include <net/net_namespace.h>
#include "core/policy.h"

/**
 * struct rubato_policy - what connections point to
 * @core: what the core obeys
 * @config: what was configured, for listings
 * @source: enum rubato_source of each clock, by enum rubato_clock
 * @tempo: thousandths
 * @generation: counts the namespace's changes, from 1
 */
struct rubato_policy {
	struct rub_policy core;
	struct rub_config config;
	u8 source[RUBATO_CLOCK_MAX + 1];
	u32 tempo;
	u32 generation;
	refcount_t refs;
	struct rcu_head rcu;
};

/* The namespace's current policy, with a reference. Any context. Never NULL. */
struct rubato_policy *rubato_policy_get(struct net *net);
struct rubato_policy *rubato_policy_hold(struct rubato_policy *policy);
void rubato_policy_put(struct rubato_policy *policy);

/**
 * struct rubato_policy_change - a request, all or nothing
 * @config: the values to set; only those in @set are looked at
 * @set: mask of 1 << enum rubato_clock
 * @tempo: thousandths, 0 to leave it
 */
struct rubato_policy_change {
	struct rub_config config;
	u32 set;
	u32 tempo;
};

/**
 * rubato_policy_apply - check the whole outcome and publish it
 * @net: the namespace
 * @change: what to change
 * @clock: on -EINVAL or -ERANGE, the clock at fault
 * @flaw: on -EINVAL or -ERANGE, what is wrong with it
 *
 * Process context. Return: 0, -EINVAL, -ERANGE (RUB_FLAW_RANGE) or -ENOMEM; nothing has
 * changed then.
 */
int rubato_policy_apply(struct net *net, const struct rubato_policy_change *change,
			enum rubato_clock *clock, enum rub_flaw *flaw);

/* conn/ registers what follows a change: process context, the new policy is current. */
void rubato_policy_on_change(void (*hook)(struct net *net));

int rubato_policy_init(void);	/* registers the pernet part */
void rubato_policy_exit(void);

#endif
