// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops the tables. No lock: runs before and after everything else. */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include "table/parts.h"

u32 rubato_table_bits(u32 shift, u32 min, u32 max)
{
	u64 buckets = ((u64)totalram_pages() << PAGE_SHIFT) >> shift;

	return clamp_t(u32, buckets ? ilog2(buckets) : 0, min, max);
}

/**
 * rubato_table_init - allocate the tables, sized by the machine's memory
 *
 * Return: 0 or -ENOMEM.
 */
int rubato_table_init(void)
{
	int err;

	rubato_listeners_init();
	err = rubato_connections_init();
	if (err)
		return err;
	err = rubato_bindings_init();
	if (err)
		rubato_connections_exit();
	return err;
}

/**
 * rubato_table_exit - free the tables
 *
 * They are empty, and a grace period has passed since the last lookup.
 */
void rubato_table_exit(void)
{
	rubato_bindings_exit();
	rubato_connections_exit();
}
