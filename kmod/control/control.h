/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator sees: the generic netlink family "rubato". Requests and replies follow
 * Documentation/netlink/specs/rubato.yaml; scripts/nlcheck compares it with the tables here.
 */
#ifndef RUBATO_CONTROL_H
#define RUBATO_CONTROL_H

/**
 * rubato_control_init - register the family and lend its groups to report/
 * @family: the address family's number, for info-get
 *
 * Everything below must be up: from here on requests come in. Return: 0 or -errno.
 */
int rubato_control_init(unsigned int family);
/* After it no request runs and no event leaves. */
void rubato_control_exit(void);

#endif
