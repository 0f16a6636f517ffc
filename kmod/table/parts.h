/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of table/ share with each other, and with nobody else. */
#ifndef RUBATO_TABLE_PARTS_H
#define RUBATO_TABLE_PARTS_H

#include <linux/ktime.h>
#include <net/netns/hash.h>
#include "table/table.h"

/* Log2 of the buckets of a table that takes one for every 1 << @shift bytes of memory. */
u32 rubato_table_bits(u32 shift, u32 min, u32 max);

int rubato_connections_init(void);
void rubato_connections_exit(void);
void rubato_listeners_init(void);
int rubato_bindings_init(void);
void rubato_bindings_exit(void);

#endif
