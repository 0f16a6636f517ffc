/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of proto_ops.accept: one by one, or in a struct. */
#ifndef RUBATO_COMPAT_ACCEPT_H
#define RUBATO_COMPAT_ACCEPT_H

#include <linux/net.h>
#include <net/sock.h>

/* Defines `name` for the table of calls; it calls `call(sock, newsock, flags)`. */
#ifdef RUBATO_HAS_PROTO_ACCEPT_ARG
#define RUBATO_DEFINE_ACCEPT(name, call)						\
	static int name(struct socket *sock, struct socket *newsock,			\
			struct proto_accept_arg *arg)					\
	{										\
		return call(sock, newsock, arg->flags);					\
	}
#else
#define RUBATO_DEFINE_ACCEPT(name, call)						\
	static int name(struct socket *sock, struct socket *newsock, int flags, bool kern)	\
	{										\
		return call(sock, newsock, flags);					\
	}
#endif

#endif
