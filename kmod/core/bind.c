// SPDX-License-Identifier: GPL-2.0-only
/* Who may share a port: conformance.md section 3. */
#include "core/core.h"

static bool overlap(const struct rub_bound *a, const struct rub_bound *b)
{
	return (!a->addr || !b->addr || a->addr == b->addr) &&
	       (!a->ifindex || !b->ifindex || a->ifindex == b->ifindex);
}

int rub_bind_conflict(const struct rub_bound *new_one, const struct rub_bound *old,
		      enum rub_bind_mode mode)
{
	(void)mode; /* one so far */
	if (!overlap(new_one, old))
		return 0;
	if (new_one->reuse_addr && old->reuse_addr && old->state != RUBATO_LISTEN)
		return 0;
	if (new_one->reuse_port && old->reuse_port &&
	    (new_one->uid == old->uid || old->state == RUBATO_TIME_WAIT))
		return 0;
	return -EADDRINUSE;
}
