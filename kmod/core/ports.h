/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which local port a connection gets when its process named none: RFC 6056 section 3.3.4,
 * algorithm 4. Whoever searches asks for one candidate after the other until one is free:
 *
 *	rub_ports_start(&search, &range, rub_port_offset(table, hash));
 *	while ((port = rub_ports_next(&search)) > 0)
 *		if (it is free)
 *			rub_port_advance(table, hash, &search), done;
 */
#ifndef RUBATO_CORE_PORTS_H
#define RUBATO_CORE_PORTS_H

#include "core/shim.h"

RUB_BEGIN_DECLS

/* RFC 6056's TABLE_LENGTH: the larger, the less one destination tells of another. */
#define RUB_PORT_SLOTS (1u << 16)

/* Candidates of the preferred parity in a row before the other one gets a chance. */
#define RUB_PORT_RUN 64u

/**
 * struct rub_port_table - RFC 6056's table[]; its owner fills it with random bytes
 *
 * Read and written without a lock: an increment that is lost costs one more step.
 */
struct rub_port_table {
	u16 slot[RUB_PORT_SLOTS];
};

/**
 * struct rub_port_range - the ports that may be chosen
 * @low: the first; 0 is no port
 * @high: the last
 * @parity: the preferred ones: 0 even (connect), 1 odd (bind)
 * @reserved: is this one kept for somebody? NULL if none is
 * @arg: for @reserved
 */
struct rub_port_range {
	u16 low, high;
	u8 parity;
	bool (*reserved)(void *arg, u16 port);
	void *arg;
};

/**
 * struct rub_ports - a search
 * @range: must live as long
 * @first: of each parity, the preferred one first
 * @n: how many ports of each parity there are
 * @offset: where each parity begins, modulo how many it has
 * @next: the number of the next candidate, runs of both parities taking turns
 * @left: ports that have not been looked at
 * @steps: how far the last candidate was from the start of its parity, itself included
 */
struct rub_ports {
	const struct rub_port_range *range;
	u32 first[2], n[2];
	u32 offset, next, left, steps;
};

/* @offset: rub_port_offset(), or a random number where there is no destination yet. */
void rub_ports_start(struct rub_ports *search, const struct rub_port_range *range, u32 offset);

/**
 * rub_ports_next - the next candidate
 *
 * Each port of the range that is not reserved once. One of the other parity comes only after
 * RUB_PORT_RUN of the preferred one in a row (fewer at the end), so that a search need not go
 * through half of the range each time once that half is taken.
 * Return: a port, or -EADDRNOTAVAIL when there is no other.
 */
int rub_ports_next(struct rub_ports *search);

/**
 * rub_port_offset - RFC 6056's offset + table[index]
 * @hash: keyed hash of both addresses and the peer's port; F() and G() are parts of it that do
 *	not overlap
 */
u32 rub_port_offset(const struct rub_port_table *table, u64 hash);

/* The search's last candidate was taken: the next search for this destination begins behind it. */
void rub_port_advance(struct rub_port_table *table, u64 hash, const struct rub_ports *search);

RUB_END_DECLS

#endif
