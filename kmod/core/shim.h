/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one header of the core that differs between the kernel and userspace: types,
 * division and assertions. No other file in core/ may include a kernel header.
 */
#ifndef RUBATO_CORE_SHIM_H
#define RUBATO_CORE_SHIM_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#include <linux/math64.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#define RUB_ASSERT(c) WARN_ON_ONCE(!(c))
#else
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
/* The kernel's u64 is unsigned long long everywhere: one printf format serves both. */
typedef unsigned long long u64;
typedef int32_t s32;
typedef long long s64;
#define RUB_ASSERT(c) assert(c)
#define fallthrough __attribute__((fallthrough))
/* As the kernel has them: of one type, and each side evaluated once. */
#define min_t(type, a, b) \
	({ type min_a = (type)(a), min_b = (type)(b); min_a < min_b ? min_a : min_b; })
#define max_t(type, a, b) \
	({ type max_a = (type)(a), max_b = (type)(b); max_a < max_b ? max_b : max_a; })
/* One load or store, whoever else looks at the same moment. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}
#endif

#ifdef __KERNEL__
#include <linux/errno.h>
#endif
#include <linux/rubato.h>

#ifdef __cplusplus
#define RUB_BEGIN_DECLS extern "C" {
#define RUB_END_DECLS }
#else
#define RUB_BEGIN_DECLS
#define RUB_END_DECLS
#endif

/* Monotonic nanoseconds, and nanoseconds as a span. */
typedef u64 rub_ns;
#define RUB_NEVER (~0ULL)

#endif
