#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module goes and comes back while nothing uses it, and leaves no trace in between. That
# nothing uses it any more after all other tests is a test too: whatever leaked would hold it.
# RUBATO_KO names its file; without it (a module from elsewhere is loaded) the test is skipped.
. "$(dirname "$0")/lib.sh"

[ -n "${RUBATO_KO:-}" ] || skip_all "RUBATO_KO does not name the module's file"

loaded() { grep -q '^rubato ' /proc/modules; }
unused() { [ "$(cat /sys/module/rubato/refcnt)" = 0 ]; }
gone() { ! loaded && ! grep -qE '^(RUBATO|rubato)' /proc/net/protocols; }
comes_and_goes() {
	local n
	for n in 1 2 3 4 5; do
		rmmod rubato && insmod "$RUBATO_KO" || return
	done
}

plan 6
check "the module is loaded" loaded
check "nothing uses it" becomes unused
check "rmmod works while nothing uses it" rmmod rubato
check "nothing of it is left" gone
check "insmod works again" insmod "$RUBATO_KO"
check "five more rounds" comes_and_goes
finish
