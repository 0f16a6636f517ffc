/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of a process, one file each; ops.c makes the table of them. All are struct
 * proto_ops callbacks: they take the socket lock themselves.
 */
#ifndef RUBATO_SOCKET_CALLS_H
#define RUBATO_SOCKET_CALLS_H

#include <linux/net.h>
#include <net/sock.h>
#include "conn/conn.h"

extern const struct proto_ops rubato_stream_ops;

int rubato_bind_call(struct socket *sock, struct sockaddr *uaddr, int len);
int rubato_connect_call(struct socket *sock, struct sockaddr *uaddr, int len, int flags);
int rubato_listen_call(struct socket *sock, int backlog);
int rubato_accept_call(struct socket *sock, struct socket *newsock, int flags);
int rubato_sendmsg_call(struct socket *sock, struct msghdr *msg, size_t len);
int rubato_recvmsg_call(struct socket *sock, struct msghdr *msg, size_t len, int flags);
__poll_t rubato_poll_call(struct file *file, struct socket *sock, poll_table *wait);
int rubato_setsockopt_call(struct socket *sock, int level, int option, sockptr_t value,
			   unsigned int len);
int rubato_getsockopt_call(struct socket *sock, int level, int option, char __user *value,
			   int __user *len);
int rubato_ioctl_call(struct socket *sock, unsigned int cmd, unsigned long arg);
int rubato_shutdown_call(struct socket *sock, int how);
int rubato_release_call(struct socket *sock);

#endif
