# SPDX-License-Identifier: GPL-2.0-only
# What every script here shares: where things are, how it speaks, which kernel is used. Sourced by
# bash scripts, never run. Nothing in it writes to the host outside the build and the cache folder.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=$REPO/build
CACHE=${RUBATO_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rubato}
# Called by make or not, a build in here is one of its own: no inherited variables, no job server.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Users of sudo-less shells often lack these; depmod and modprobe live there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*"; }
complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { complain "$*"; exit 1; }

# The kernel release that the installed linux-headers-amd64 stands for, e.g. 6.1.0-56-amd64.
# The first word of its dependency is the only place that names it without asking apt.
kernel_release() {
	local depends
	depends=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 2>/dev/null) || return 1
	depends=${depends#linux-headers-}
	printf '%s\n' "${depends%% *}"
}

# Where the unpacked kernel image and its modules are kept.
kernel_dir() { printf '%s/kernel/%s\n' "$CACHE" "$1"; }

# Runs a command with its output in a log file; shows the log only when the command fails.
quietly() {
	local log=$1
	shift
	mkdir -p "${log%/*}"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		complain "failed: $* (whole log: $log)"
		return 1
	fi
}

# The folder in which kbuild builds a module for a release.
kernel_headers() {
	local dir
	for dir in "/lib/modules/$1/build" "/usr/src/linux-headers-$1"; do
		[ -e "$dir/Makefile" ] && { printf '%s\n' "$dir"; return; }
	done
	return 1
}

# Where scripts/build-module leaves the module for a release.
module_path() { printf '%s/kernel/%s/kmod/rubato.ko\n' "$BUILD" "$1"; }

# The folders of our built tools as the head of a PATH, "dir:dir:", whatever CMake calls them.
tool_path() {
	[ -d "$BUILD/host/userspace" ] || return 0
	find "$BUILD/host/userspace" -type f -perm -u+x -name 'rubato*' ! -name '*.so*' -printf '%h:' | tr -d '\n'
}
