// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a socket's calls, one for both doors. No lock, no state of its own.
 *
 * The family is PF_INET, not AF_RUBATO: addresses are plain sockaddr_in, and that is what
 * security modules look for. Pages of sendfile() and splice() are copied by the defaults.
 */
#include <linux/module.h>
#include <net/inet_common.h>
#include "compat/accept.h"
#include "socket/calls.h"

RUBATO_DEFINE_ACCEPT(accept_with_args, rubato_accept_call)

const struct proto_ops rubato_stream_ops = {
	.family = PF_INET,
	.owner = THIS_MODULE,
	.release = rubato_release_call,
	.bind = rubato_bind_call,
	.connect = rubato_connect_call,
	.socketpair = sock_no_socketpair,
	.accept = accept_with_args,
	.getname = inet_getname,
	.poll = rubato_poll_call,
	.ioctl = rubato_ioctl_call,
	.gettstamp = sock_gettstamp,
	.listen = rubato_listen_call,
	.shutdown = rubato_shutdown_call,
	.setsockopt = rubato_setsockopt_call,
	.getsockopt = rubato_getsockopt_call,
	.sendmsg = rubato_sendmsg_call,
	.recvmsg = rubato_recvmsg_call,
	.mmap = sock_no_mmap,
};
