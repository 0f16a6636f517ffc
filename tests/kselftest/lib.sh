# SPDX-License-Identifier: GPL-2.0-only
# What the test scripts share: results in the kernel's test format, and waiting. Sourced by bash.

number=0
failed=0

plan() { printf 'TAP version 13\n1..%d\n' "$1"; }
skip_all() { echo "1..0 # SKIP $*"; exit 4; }

# check TEXT COMMAND...: one case, passed if the command succeeds
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

refused() { ! "$@" 2>/dev/null; }

# becomes COMMAND...: polls until it succeeds, 15 s at most
becomes() {
	local end=$((SECONDS + 15))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		read -r -t 0.05 <> <(:)
	done
	return 0 # not the status of the wait
}

finish() { exit "$failed"; }
