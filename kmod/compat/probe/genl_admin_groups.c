// SPDX-License-Identifier: GPL-2.0-only
/* A multicast group can be for the capable only. */
#include <net/genetlink.h>

struct genl_multicast_group probe = { .name = "probe", .flags = GENL_MCAST_CAP_NET_ADMIN };
