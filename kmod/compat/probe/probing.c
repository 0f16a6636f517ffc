// SPDX-License-Identifier: GPL-2.0-only
/* Compiles everywhere: the headers that the other probes use are found at all. */
#include <net/genetlink.h>
#include <net/inet_sock.h>
#include <net/route.h>
#include <net/sock.h>
