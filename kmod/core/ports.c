// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 6056 section 3.3.4, algorithm 4 (double-hash port selection): for one destination the ports
 * increase, and what they are for another one does not follow from them. The range is two
 * interleaved ones, the even and the odd ports, so that connect() and bind() stay out of each
 * other's way.
 */
#include "core/ports.h"

#ifdef RUBATO_PLANT_BUG
/* The bug that the suite must catch: the last port of each parity is forgotten. */
#define PLANTED_PORTS 1u
#else
#define PLANTED_PORTS 0u
#endif

static void set_side(struct rub_ports *search, u32 side, u32 parity)
{
	u32 low = search->range->low ? search->range->low : 1u, high = search->range->high;
	u32 first = low + ((low ^ parity) & 1);

	search->first[side] = first;
	search->n[side] = first > high ? 0 : (high - first) / 2 + 1 - PLANTED_PORTS;
}

void rub_ports_start(struct rub_ports *search, const struct rub_port_range *range, u32 offset)
{
	u32 parity = range->parity & 1;

	search->range = range;
	search->offset = offset;
	set_side(search, 0, parity);
	set_side(search, 1, !parity);
	search->next = 0;
	search->left = search->n[0] + search->n[1];
}

int rub_ports_next(struct rub_ports *search)
{
	const struct rub_port_range *range = search->range;

	while (search->left) {
		u32 number = search->next++;
		u32 side = number / RUB_PORT_RUN & 1;
		u32 i = number / (2 * RUB_PORT_RUN) * RUB_PORT_RUN + number % RUB_PORT_RUN;
		u32 n = search->n[side];
		u16 port;

		if (i >= n)
			continue; /* the shorter parity's last run */
		search->left--;
		port = (u16)(search->first[side] + 2 * ((search->offset % n + i) % n));
		if (range->reserved && range->reserved(range->arg, port))
			continue;
		search->steps = i + 1;
		return port;
	}
	return -EADDRNOTAVAIL;
}

/* G(): bits that F() does not use. */
static u32 slot_of(u64 hash)
{
	return (u32)(hash >> 32) % RUB_PORT_SLOTS;
}

/* F() has 31 bits, so that the sum never wraps: the ports would leap. */
u32 rub_port_offset(const struct rub_port_table *table, u64 hash)
{
	return ((u32)hash >> 1) + READ_ONCE(table->slot[slot_of(hash)]);
}

void rub_port_advance(struct rub_port_table *table, u64 hash, const struct rub_ports *search)
{
	u16 *slot = &table->slot[slot_of(hash)];

	WRITE_ONCE(*slot, (u16)(READ_ONCE(*slot) + search->steps));
}
