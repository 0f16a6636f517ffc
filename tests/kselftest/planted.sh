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

# The result line of one case.
result() { grep -E "^(not )?ok [0-9]+ timewait\.$1\$" "$LOG" || echo "no result of $1"; }

mkdir -p "$BUILD/log"
quietly "$BUILD/log/planted-build.log" "$REPO/scripts/build-kselftest" ||
	die "the kselftests do not build"
quietly "$BUILD/log/planted-module.log" "$REPO/scripts/build-module" --plant BUG ||
	die "the planted module does not build"
KO=$(module_path "$(kernel_release)" BUG)
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
