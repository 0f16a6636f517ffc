// SPDX-License-Identifier: GPL-2.0-only
/* The flags of struct inet_sock are bits of one word, with accessors. */
#include <net/inet_sock.h>

bool probe(struct sock *sk);
bool probe(struct sock *sk)
{
	inet_set_bit(MC_LOOP, sk);
	inet_set_bit(MC_ALL, sk);
	return inet_test_bit(BIND_ADDRESS_NO_PORT, sk);
}
