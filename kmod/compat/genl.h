/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels in generic netlink. Every difference that the module meets stands in
 * this folder, found by compiling a snippet of probe/ (Documentation/porting.md), never by version:
 * stable kernels take things over.
 */
#ifndef RUBATO_COMPAT_GENL_H
#define RUBATO_COMPAT_GENL_H

#include <net/genetlink.h>

/* An element of a table of groups: for the capable only, or none if the kernel has none such. */
#ifdef RUBATO_HAS_GENL_ADMIN_GROUPS
#define RUBATO_ADMIN_GROUP(index, title) \
	[index] = { .name = title, .flags = GENL_MCAST_CAP_NET_ADMIN },
#else
#define RUBATO_ADMIN_GROUP(index, title)
#endif

/* The attributes of the request that began a dump. */
static inline struct nlattr **rubato_dump_attrs(struct netlink_callback *cb)
{
#ifdef RUBATO_HAS_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif
