/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4). */
#ifndef RUBATO_CORE_SEQ_H
#define RUBATO_CORE_SEQ_H

#include "core/shim.h"

static inline bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_after(u32 a, u32 b)
{
	return seq_before(b, a);
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_before(a, b) ? b : a;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_before(a, b) ? a : b;
}

#endif
