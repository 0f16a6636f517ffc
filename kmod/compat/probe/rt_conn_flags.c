// SPDX-License-Identifier: GPL-2.0-only
/* The type of service of a socket's route has SO_DONTROUTE mixed into it. */
#include <net/route.h>

u8 probe(const struct sock *sk);
u8 probe(const struct sock *sk)
{
	return RT_CONN_FLAGS(sk);
}
