// SPDX-License-Identifier: GPL-2.0-only
/*
 * rubato.ko: starts the rooms from the lowest floor up and stops them in reverse. Nothing
 * here is locked: the kernel runs start and stop alone. Protocol: RFC 9293.
 */
#include <linux/module.h>
#include <linux/stringify.h>
#include "conn/conn.h"
#include "control/control.h"
#include "policy/policy.h"
#include "report/report.h"
#include "socket/socket.h"
#include "table/table.h"

struct room {
	const char *name;
	int (*start)(void);
	void (*stop)(void);
};

static int start_control(void)
{
	return rubato_control_init(rubato_family);
}

/*
 * Lowest first. Sockets last: once there is one, nothing may fail any more, for the kernel does not
 * wait for the users of a module that failed to start.
 */
static const struct room rooms[] = {
	{ "policy", rubato_policy_init, rubato_policy_exit },
	{ "report", rubato_report_init, rubato_report_exit },
	{ "table", rubato_table_init, rubato_table_exit },
	{ "conn", rubato_conn_init, rubato_conn_exit },
	{ "control", start_control, rubato_control_exit },
	{ "socket", rubato_socket_init, rubato_socket_exit },
};

static void stop(unsigned int n)
{
	while (n--)
		rooms[n].stop();
}

static int __init rubato_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		err = rooms[i].start();
		if (err) {
			pr_err("rubato: %s did not start: error %d\n", rooms[i].name, -err);
			stop(i);
			return err;
		}
	}
	return 0;
}

/* No socket exists: each holds the module. */
static void __exit rubato_exit(void)
{
	stop(ARRAY_SIZE(rooms));
}

module_init(rubato_init);
module_exit(rubato_exit);

module_param_named(protocol, rubato_protocol, uint, 0444);
MODULE_PARM_DESC(protocol, "IP protocol number (default " __stringify(IPPROTO_RUBATO) ")");
module_param_named(time_wait_max, rubato_time_wait_max, uint, 0444);
MODULE_PARM_DESC(time_wait_max, "TIME_WAIT entries in each network namespace (default 131072)");

MODULE_DESCRIPTION("TCP's full state machine as a protocol family in which every clock is data");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
