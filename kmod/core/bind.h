/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may share a local port: the question that bind() and listen() ask of every other socket
 * on it.
 */
#ifndef RUBATO_CORE_BIND_H
#define RUBATO_CORE_BIND_H

#include "core/shim.h"

RUB_BEGIN_DECLS

/**
 * struct rub_address - a local address of either family
 * @b: network order; IPv4 is mapped, ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), and IPv4's any
 *	is ::ffff:0.0.0.0
 */
struct rub_address {
	u8 b[16];
};

/* @addr: IPv4, network order. */
static inline struct rub_address rub_address_v4(u32 addr)
{
	struct rub_address a = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0 } };

	memcpy(&a.b[12], &addr, sizeof(addr));
	return a;
}

/**
 * struct rub_bound - what bind() asks of a socket on the same port
 * @addr: its local address
 * @v6only: IPV6_V6ONLY; without it, :: stands for IPv4's addresses too
 * @ifindex: SO_BINDTODEVICE, 0 for none
 * @uid: the owner
 * @reuse_addr: SO_REUSEADDR
 * @reuse_port: SO_REUSEPORT
 * @state: enum rubato_state; RUBATO_CLOSED for one that is only bound
 */
struct rub_bound {
	struct rub_address addr;
	u32 ifindex;
	u32 uid;
	bool v6only, reuse_addr, reuse_port;
	u8 state;
};

/**
 * rub_bind_conflict - may both be bound to one port? conformance.md section 3
 * @new_one: who asks, by bind() or listen()
 * @old: who has it
 * @mode: of the one who asks: linux (both must have agreed to share), bsd (the old one is not
 *	asked for SO_REUSEADDR) or time-wait (SO_REUSEADDR opens a TIME_WAIT and nothing else)
 *
 * Return: 0 or -EADDRINUSE.
 */
int rub_bind_conflict(const struct rub_bound *new_one, const struct rub_bound *old,
		      enum rubato_bind_mode mode);

RUB_END_DECLS

#endif
