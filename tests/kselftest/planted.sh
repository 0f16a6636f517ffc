#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Do the kselftests catch a bug? Builds the module with RUBATO_PLANT_BUG, whose TIME_WAIT lasts
# 1 x msl, and runs the timewait program on it in a VM: the cases that measure must fail, those
# that do not must pass. Run on the host (scripts/setup has been); not one of the kselftests.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

PROGRAM=$BUILD/kselftest/rubato/timewait
MUST_FAIL=(lasts_two_msl event_tells_the_end tempo_divides_it retune_shortens_a_running_one)
MUST_PASS=(no_msl_no_wait retune_below_what_has_passed_ends_it_at_once)

# The mirror that scripts/build-module made, once more with the bug; the module's path in KO.
build_planted() {
	local release tree headers
	release=$(kernel_release) || die "linux-headers-amd64 is missing; run scripts/setup"
	headers=$(kernel_headers "$release") || die "no headers of kernel $release on this machine"
	tree=$BUILD/kernel/planted-$release
	mkdir -p "$tree"
	rsync -rlpt --delete --filter='P *.o' --filter='P *.ko' --filter='P *.mod' \
		--filter='P *.mod.c' --filter='P *.cmd' --filter='P Module.symvers' \
		--filter='P modules.order' --filter='P .tmp*' "$REPO/kmod" "$REPO/include" "$tree/"
	quietly "$BUILD/log/module-planted.log" make -s -j"$(nproc)" -C "$headers" M="$tree/kmod" \
		KCFLAGS="-Werror -DRUBATO_PLANT_BUG" modules || die "the planted module does not build"
	KO=$tree/kmod/rubato.ko
}

# The result line of one case.
result() { grep -E "^(not )?ok [0-9]+ timewait\.$1\$" "$LOG" || echo "no result of $1"; }

mkdir -p "$BUILD/log"
quietly "$BUILD/log/planted-build.log" "$REPO/scripts/build-kselftest" ||
	die "the kselftests do not build"
build_planted
LOG=$BUILD/log/planted.log
# The program's status says that cases failed; the VM's own complaints are 124 and 125.
status=0
"$REPO/scripts/vm" --timeout 150 -- bash -c 'insmod "$1" && exec "$2"' - "$KO" "$PROGRAM" \
	>"$LOG" 2>&1 || status=$?
[ "$status" -lt 124 ] || { cat "$LOG" >&2; die "the VM: exit status $status"; }

. "$REPO/tests/kselftest/lib.sh"
plan $((${#MUST_FAIL[@]} + ${#MUST_PASS[@]}))
for case in "${MUST_FAIL[@]}"; do
	check "the planted bug is caught by $case" grep -q '^not ok' <<<"$(result "$case")"
done
for case in "${MUST_PASS[@]}"; do
	check "and $case is not touched by it" grep -q '^ok' <<<"$(result "$case")"
done
finish
