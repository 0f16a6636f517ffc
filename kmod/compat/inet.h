/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernels in struct inet_sock and in routing by a socket. */
#ifndef RUBATO_COMPAT_INET_H
#define RUBATO_COMPAT_INET_H

#include <net/inet_sock.h>
#include <net/route.h>

/* IP_BIND_ADDRESS_NO_PORT is set. */
static inline bool rubato_binds_without_port(const struct sock *sk)
{
#ifdef RUBATO_HAS_INET_FLAG_BITS
	return inet_test_bit(BIND_ADDRESS_NO_PORT, sk);
#else
	return inet_sk(sk)->bind_address_no_port;
#endif
}

/* What a new socket starts with: its own multicasts come back, all groups are heard. */
static inline void rubato_init_multicast(struct sock *sk)
{
#ifdef RUBATO_HAS_INET_FLAG_BITS
	inet_set_bit(MC_LOOP, sk);
	inet_set_bit(MC_ALL, sk);
#else
	inet_sk(sk)->mc_loop = 1;
	inet_sk(sk)->mc_all = 1;
#endif
}

/*
 * What ip_route_output_ports() takes for the type of service of a socket's route. It asks for
 * SO_DONTROUTE itself where that is no longer mixed in; 6.1 has ip_sock_rt_tos() and does not ask.
 */
static inline u8 rubato_route_tos(const struct sock *sk)
{
#ifdef RUBATO_HAS_RT_CONN_FLAGS
	return RT_CONN_FLAGS(sk);
#else
	return ip_sock_rt_tos(sk);
#endif
}

#endif
