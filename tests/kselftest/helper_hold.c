// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds something of the module's until its standard input ends: helper_hold WHAT. Says
 * "ready" once it is there. Everything but TIME_WAIT is in a namespace of its own.
 */
#include "test_netlink.h"
#include "test_sock.h"

static int hold_socket(void)
{
	return open_socket() < 0;
}

static int hold_listener(void)
{
	return listen_on("127.0.0.1", 0) < 0;
}

static int hold_connection(void)
{
	struct conn c;

	return connect_here(&c);
}

/* A connection without a process, whose FIN gets lost. */
static int hold_orphan(void)
{
	struct conn c;

	if (connect_here(&c) || netem("lo", "loss 100%"))
		return -1;
	return close(c.client) || close(c.server) || close(c.listener);
}

/* Lets the orphans go: their schedule ends at once. */
static int drop_orphan(void)
{
	static const uint64_t gap[] = { MS, 0 };
	struct nl *nl = nl_open();

	return !nl || nl_set_gaps(nl, RUBATO_POLICY_FIN, gap) ||
	       !BECOMES(!nl_sock(nl, -1, -1), PATIENCE);
}

/* In the namespace that we were started in: it outlives us. */
static int hold_time_wait(void)
{
	struct nl *nl = nl_open();
	struct conn c;
	char byte;

	if (!nl || connect_here(&c))
		return -1;
	close(c.client);
	if (recv_some(c.server, &byte, 1) || close(c.server) || close(c.listener))
		return -1;
	return !BECOMES(nl_count(nl, RUBATO_TIME_WAIT) == 1, PATIENCE);
}

static const struct {
	const char *name;
	int (*hold)(void), (*drop)(void);
	bool here;
} things[] = {
	{ "socket", hold_socket, NULL, false },
	{ "listener", hold_listener, NULL, false },
	{ "connection", hold_connection, NULL, false },
	{ "orphan", hold_orphan, drop_orphan, false },
	{ "time-wait", hold_time_wait, NULL, true },
};

int main(int argc, char **argv)
{
	unsigned int i;
	char byte;

	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		if (argc != 2 || strcmp(argv[1], things[i].name))
			continue;
		if ((!things[i].here && ns_new() < 0) || things[i].hold()) {
			fprintf(stderr, "%s: cannot hold it: %s\n", argv[1], strerror(errno));
			return 1;
		}
		puts("ready");
		fflush(stdout);
		while (read(0, &byte, 1) > 0)
			;
		return things[i].drop ? things[i].drop() : 0;
	}
	fprintf(stderr, "usage: helper_hold socket|listener|connection|orphan|time-wait\n");
	return 2;
}
