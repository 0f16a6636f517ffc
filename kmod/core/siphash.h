/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over whole 64-bit words: the keyed pseudorandom
 * function behind SYN cookies.
 */
#ifndef RUBATO_CORE_SIPHASH_H
#define RUBATO_CORE_SIPHASH_H

#include "core/shim.h"

static inline u64 rub_rotate(u64 x, u32 by)
{
	return x << by | x >> (64 - by);
}

static inline void rub_sip_rounds(u64 v[4], u32 n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rub_rotate(v[1], 13) ^ v[0];
		v[3] = rub_rotate(v[3], 16) ^ v[2];
		v[0] = rub_rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rub_rotate(v[3], 21) ^ v[0];
		v[1] = rub_rotate(v[1], 17) ^ v[2];
		v[2] = rub_rotate(v[2], 32);
	}
}

static inline void rub_sip_word(u64 v[4], u64 word)
{
	v[3] ^= word;
	rub_sip_rounds(v, 2);
	v[0] ^= word;
}

/* @words are what the bytes of a message would be, read little-endian. */
static inline u64 rub_siphash(const u64 key[2], const u64 *words, u32 n)
{
	u64 v[4] = {
		key[0] ^ 0x736f6d6570736575ULL,
		key[1] ^ 0x646f72616e646f6dULL,
		key[0] ^ 0x6c7967656e657261ULL,
		key[1] ^ 0x7465646279746573ULL,
	};
	u32 i;

	for (i = 0; i < n; i++)
		rub_sip_word(v, words[i]);
	rub_sip_word(v, (u64)(8 * n) << 56);
	v[2] ^= 0xff;
	rub_sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
