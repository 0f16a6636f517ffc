#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rmmod is refused while a socket, a connection or an orphan exists, works when they are gone,
# takes TIME_WAIT along, and what is loaded after it works. RUBATO_KO names the module's file.
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")" || exit 1

[ -n "${RUBATO_KO:-}" ] || skip_all "RUBATO_KO does not name the module's file"

loaded() { grep -q '^rubato ' /proc/modules; }
unused() { [ "$(cat /sys/module/rubato/refcnt)" = 0 ]; }
no_trace() { ! loaded && ! grep -qi '^rubato' /proc/net/protocols && ! [ -e /sys/module/rubato ]; }

# Starts the helper, which holds one thing until drop; fails if it cannot.
hold() {
	local answer
	coproc HOLDER { exec ./helper_hold "$1"; }
	read -r -t 30 answer <&"${HOLDER[0]}" && [ "$answer" = ready ]
}

# Its end, and its status: 0 if all went well.
drop() {
	local pid=$HOLDER_PID
	eval "exec ${HOLDER[1]}>&-"
	wait "$pid"
}

# What is held keeps the module; when it is gone, it can go.
keeps_the_module() {
	hold "$1" || return
	refused rmmod rubato && loaded
	local kept=$?
	drop && becomes unused && return $kept
}

outlived_by_time_wait() {
	hold time-wait && drop && becomes unused && rmmod rubato && no_trace
}

works_again() { insmod "$RUBATO_KO" && hold connection && drop && becomes unused; }

plan 8
check "the module is loaded and unused" becomes unused
check "a socket keeps it" keeps_the_module socket
check "a listener keeps it" keeps_the_module listener
check "a connection keeps it" keeps_the_module connection
check "an orphan keeps it" keeps_the_module orphan
check "TIME_WAIT does not keep it, and goes without a trace" outlived_by_time_wait
check "loaded again, connections work" works_again
check "and it goes again" eval 'rmmod rubato && no_trace && insmod "$RUBATO_KO"'
finish
