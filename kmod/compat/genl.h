/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions in generic netlink. Every difference that the module meets
 * stands in this folder, asked by what the headers have, never by their version: stable kernels
 * take things over.
 */
#ifndef RUBATO_COMPAT_GENL_H
#define RUBATO_COMPAT_GENL_H

#include <net/genetlink.h>

/* Multicast groups for the capable only: 6.7, and 6.1's stable series. */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define RUBATO_HAS_ADMIN_GROUPS
#endif

#endif
