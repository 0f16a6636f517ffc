// SPDX-License-Identifier: GPL-2.0-only
/*
 * The current policy of each network namespace: DESIGN.md section 3.
 *
 * rubato_policy_net.mutex serialises those who change it, and the hook that follows a change:
 * no two retunes of one namespace run at once. Readers take RCU, then a reference.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/netns/generic.h>
#include "policy/policy.h"

struct rubato_policy_net {
	struct rubato_policy __rcu *current_policy;
	struct mutex mutex;
};

static unsigned int policy_net_id;
static void (*change_hook)(struct net *net);

static struct rubato_policy_net *policy_net(const struct net *net)
{
	return net_generic(net, policy_net_id);
}

struct rubato_policy *rubato_policy_get(struct net *net)
{
	struct rubato_policy_net *pn = policy_net(net);
	struct rubato_policy *policy;

	rcu_read_lock();
	/* One that just lost its last reference has a successor. */
	do {
		policy = rcu_dereference(pn->current_policy);
	} while (!refcount_inc_not_zero(&policy->refs));
	rcu_read_unlock();
	return policy;
}

struct rubato_policy *rubato_policy_hold(struct rubato_policy *policy)
{
	refcount_inc(&policy->refs);
	return policy;
}

void rubato_policy_put(struct rubato_policy *policy)
{
	if (policy && refcount_dec_and_test(&policy->refs))
		kfree_rcu(policy, rcu);
}

/* Puts one changed value into @config. Return: false if there is no such clock. */
static bool merge_clock(struct rub_config *config, const struct rub_config *from,
			enum rubato_clock clock)
{
	/* The accessors serve writers as well; nothing is written to @from. */
	struct rub_config *source = (struct rub_config *)from;

	switch (rub_clock_kind(clock)) {
	case RUB_KIND_SCHEDULE:
		*rub_config_schedule(config, clock) = *rub_config_schedule(source, clock);
		return true;
	case RUB_KIND_DURATION:
		*rub_config_duration(config, clock) = *rub_config_duration(source, clock);
		return true;
	case RUB_KIND_KNOB:
		return !rub_knob_set(&config->knobs, clock, rub_knob_get(&from->knobs, clock));
	default:
		return false;
	}
}

/* @policy becomes what @change makes of it. Return: 0, -EINVAL or -ERANGE. */
static int merge(struct rubato_policy *policy, const struct rubato_policy_change *change,
		 enum rubato_clock *clock, enum rub_flaw *flaw)
{
	u32 i;

	*clock = RUBATO_CLOCK_NONE;
	*flaw = RUB_FLAW_NONE;
	for (i = 0; i < BITS_PER_TYPE(change->set); i++) {
		if (!(change->set & 1u << i))
			continue;
		if (!merge_clock(&policy->config, &change->config, i)) {
			*clock = i;
			return -EINVAL;
		}
		policy->source[i] = RUBATO_SOURCE_DEFAULT;
	}
	if (change->tempo) {
		if (change->tempo < RUBATO_TEMPO_MIN || change->tempo > RUBATO_TEMPO_MAX) {
			*flaw = RUB_FLAW_RANGE;
			return -ERANGE;
		}
		policy->tempo = change->tempo;
	}
	*flaw = rub_config_check(&policy->config, clock);
	if (*flaw)
		return *flaw == RUB_FLAW_RANGE ? -ERANGE : -EINVAL;
	return 0;
}

static bool differ(const struct rubato_policy *a, const struct rubato_policy *b)
{
	return a->tempo != b->tempo || memcmp(a->source, b->source, sizeof(a->source)) ||
	       memcmp(&a->config, &b->config, sizeof(a->config));
}

/* A successor of @old with @change in it; NULL if it would be the same. */
static struct rubato_policy *successor(const struct rubato_policy *old,
				       const struct rubato_policy_change *change,
				       enum rubato_clock *clock, enum rub_flaw *flaw)
{
	struct rubato_policy *new = kmemdup(old, sizeof(*old), GFP_KERNEL_ACCOUNT);
	int err;

	if (!new)
		return ERR_PTR(-ENOMEM);
	err = merge(new, change, clock, flaw);
	if (err || !differ(old, new)) {
		kfree(new);
		return ERR_PTR(err);
	}
	rub_policy_compile(&new->config, new->tempo, &new->core);
	new->generation++;
	refcount_set(&new->refs, 1);
	return new;
}

int rubato_policy_apply(struct net *net, const struct rubato_policy_change *change,
			enum rubato_clock *clock, enum rub_flaw *flaw)
{
	struct rubato_policy_net *pn = policy_net(net);
	struct rubato_policy *old, *new;

	mutex_lock(&pn->mutex);
	old = rcu_dereference_protected(pn->current_policy, lockdep_is_held(&pn->mutex));
	new = successor(old, change, clock, flaw);
	if (!IS_ERR_OR_NULL(new)) {
		rcu_assign_pointer(pn->current_policy, new);
		rubato_policy_put(old);
		if (change_hook)
			change_hook(net);
	}
	mutex_unlock(&pn->mutex);
	return PTR_ERR_OR_ZERO(new);
}

void rubato_policy_on_change(void (*hook)(struct net *net))
{
	change_hook = hook;
}

static int __net_init policy_net_init(struct net *net)
{
	struct rubato_policy_net *pn = policy_net(net);
	struct rubato_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);

	if (!policy)
		return -ENOMEM;
	policy->config = rub_config_builtin;
	policy->tempo = RUBATO_TEMPO_ONE;
	policy->generation = 1;
	memset(policy->source, RUBATO_SOURCE_BUILTIN, sizeof(policy->source));
	rub_policy_compile(&policy->config, policy->tempo, &policy->core);
	refcount_set(&policy->refs, 1);
	mutex_init(&pn->mutex);
	RCU_INIT_POINTER(pn->current_policy, policy);
	return 0;
}

/* After everybody's pernet exit who reads policies: this part was registered first. */
static void __net_exit policy_net_exit(struct net *net)
{
	struct rubato_policy_net *pn = policy_net(net);
	struct rubato_policy *policy = rcu_dereference_protected(pn->current_policy, true);

	RCU_INIT_POINTER(pn->current_policy, NULL);
	rubato_policy_put(policy);
}

static struct pernet_operations policy_net_ops = {
	.init = policy_net_init,
	.exit = policy_net_exit,
	.id = &policy_net_id,
	.size = sizeof(struct rubato_policy_net),
};

int rubato_policy_init(void)
{
	return register_pernet_subsys(&policy_net_ops);
}

void rubato_policy_exit(void)
{
	unregister_pernet_subsys(&policy_net_ops);
}
