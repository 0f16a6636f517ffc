/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequence numbers as RFC 9293 section 3.4 compares them. */
#ifndef RUBATO_FUZZ_SEQUENCE_H
#define RUBATO_FUZZ_SEQUENCE_H

#include "core/shim.h"

namespace fuzz
{

constexpr bool seq_lt(u32 a, u32 b)
{
	return static_cast<s32>(a - b) < 0;
}

constexpr bool seq_le(u32 a, u32 b)
{
	return !seq_lt(b, a);
}

} // namespace fuzz

#endif
