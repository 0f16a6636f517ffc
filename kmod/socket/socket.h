/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door of processes: what main.c starts and stops, last and first.
 */
#ifndef RUBATO_SOCKET_H
#define RUBATO_SOCKET_H

extern int rubato_family;	/* the address family's number, module parameter "family" */

/**
 * rubato_socket_init - open both doors: socket(AF_RUBATO) and socket(AF_INET, , IPPROTO_RUBATO)
 *
 * Last to start: nothing can fail after it. Return: 0 or -errno; nobody had a socket then.
 */
int rubato_socket_init(void);
/* Close both doors. No socket exists: each holds the module. */
void rubato_socket_exit(void);

#endif
