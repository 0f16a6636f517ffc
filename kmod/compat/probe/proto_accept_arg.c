// SPDX-License-Identifier: GPL-2.0-only
/* proto_ops.accept takes its arguments in a struct. */
#include <net/sock.h>

int probe(struct socket *sock, struct socket *newsock, struct proto_accept_arg *arg);
struct proto_ops probed = { .accept = probe };
