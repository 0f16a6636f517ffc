// SPDX-License-Identifier: GPL-2.0-only
/* What a dump was asked with is reached through struct genl_info, as for other requests. */
#include <net/genetlink.h>

struct nlattr **probe(struct netlink_callback *cb);
struct nlattr **probe(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
