// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may share a port: conformance.md section 3. Only sockets whose addresses overlap are in
 * each other's way; then the mode says which of SO_REUSEADDR and SO_REUSEPORT help.
 */
#include "core/bind.h"

#ifdef RUBATO_PLANT_BUG
/* The bug that the suites must catch: SO_REUSEADDR shares a listener's port. */
#define PLANTED_SHARING true
#else
#define PLANTED_SHARING false
#endif

static bool same_address(const struct rub_address *a, const struct rub_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool is_v4(const struct rub_address *a)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(a->b, mapped, sizeof(mapped));
}

/* Does @wide receive whatever is sent to @narrow? */
static bool covers(const struct rub_bound *wide, const struct rub_bound *narrow)
{
	static const struct rub_address any6;
	struct rub_address any4 = rub_address_v4(0);

	if (same_address(&wide->addr, &any6))
		return !wide->v6only || !is_v4(&narrow->addr);
	if (same_address(&wide->addr, &any4))
		return is_v4(&narrow->addr);
	return same_address(&wide->addr, &narrow->addr);
}

/* Sets of addresses are nested or disjoint, so one of two that overlap covers the other. */
static bool overlap(const struct rub_bound *a, const struct rub_bound *b)
{
	if (a->ifindex && b->ifindex && a->ifindex != b->ifindex)
		return false;
	return covers(a, b) || covers(b, a);
}

static bool linux_allows(const struct rub_bound *new_one, const struct rub_bound *old)
{
	if (new_one->reuse_addr && old->reuse_addr &&
	    (old->state != RUBATO_LISTEN || PLANTED_SHARING))
		return true;
	return new_one->reuse_port && old->reuse_port &&
	       (new_one->uid == old->uid || old->state == RUBATO_TIME_WAIT);
}

/* Whoever asks for reuse is only in the way of an unconnected socket on the very same address. */
static bool bsd_allows(const struct rub_bound *new_one, const struct rub_bound *old)
{
	if (!new_one->reuse_addr && !new_one->reuse_port)
		return false;
	if (old->state != RUBATO_CLOSED && old->state != RUBATO_LISTEN)
		return true;
	if (!same_address(&new_one->addr, &old->addr))
		return true;
	return new_one->reuse_port && old->reuse_port;
}

static bool time_wait_allows(const struct rub_bound *new_one, const struct rub_bound *old)
{
	return new_one->reuse_addr && old->state == RUBATO_TIME_WAIT;
}

int rub_bind_conflict(const struct rub_bound *new_one, const struct rub_bound *old,
		      enum rubato_bind_mode mode)
{
	bool allowed;

	if (!overlap(new_one, old))
		return 0;
	switch (mode) {
	case RUBATO_BIND_BSD:
		allowed = bsd_allows(new_one, old);
		break;
	case RUBATO_BIND_TIME_WAIT:
		allowed = time_wait_allows(new_one, old);
		break;
	default:
		allowed = linux_allows(new_one, old);
	}
	return allowed ? 0 : -EADDRINUSE;
}
