#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module goes and comes back while nothing uses it, and leaves no trace in between.
# RUBATO_KO names its file; without it (a module from elsewhere is loaded) the test is skipped.

[ -n "${RUBATO_KO:-}" ] || { echo "1..0 # SKIP RUBATO_KO does not name the module's file"; exit 4; }

number=0
failed=0
check() {
	local what=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $what"
	else
		echo "not ok $number $what"
		failed=1
	fi
}
loaded() { grep -q '^rubato ' /proc/modules; }
gone() { ! loaded && ! grep -qE '^(RUBATO|rubato)' /proc/net/protocols; }
comes_and_goes() {
	local n
	for n in 1 2 3 4 5; do
		rmmod rubato && insmod "$RUBATO_KO" || return
	done
}

echo "TAP version 13"
echo "1..5"
check "the module is loaded" loaded
check "rmmod works while nothing uses it" rmmod rubato
check "nothing of it is left" gone
check "insmod works again" insmod "$RUBATO_KO"
check "five more rounds" comes_and_goes
exit $failed
