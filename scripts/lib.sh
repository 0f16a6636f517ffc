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

# Where the unpacked kernel image and its modules are kept.
kernel_dir() { printf '%s/kernel/%s\n' "$CACHE" "$1"; }

# The release, e.g. 6.1.0-56-amd64, of the kernel that a word names: 6.1 is what the installed
# linux-headers-amd64 stands for, 6.12 what scripts/setup has unpacked; any other word is a release.
# Without one RUBATO_KERNEL, or 6.1.
kernel_release() {
	local word=${1:-${RUBATO_KERNEL:-6.1}} depends
	case $word in
	6.1)
		# The first word of its dependency is the only place that names it without asking apt.
		depends=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 2>/dev/null) || return 1
		depends=${depends#linux-headers-}
		printf '%s\n' "${depends%% *}"
		;;
	6.12) readlink "$(kernel_dir 6.12)" ;;
	*) printf '%s\n' "$word" ;;
	esac
}

# What brings the kernel that a word names.
kernel_setup() {
	case ${1:-${RUBATO_KERNEL:-6.1}} in
	6.12) printf 'scripts/setup %s\n' "${1:-$RUBATO_KERNEL}" ;;
	*) printf 'scripts/setup\n' ;;
	esac
}

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
	for dir in "$(kernel_dir "$1")/lib/modules/$1/build" "/lib/modules/$1/build" "/usr/src/linux-headers-$1"; do
		[ -e "$dir/Makefile" ] && { printf '%s\n' "$dir"; return; }
	done
	return 1
}

# Where scripts/build-module leaves the module for a release, or the one with a bug of that name.
module_path() { printf '%s/kernel/%s/kmod/rubato.ko\n' "$BUILD" "$1${2:+-$2}"; }

# The folders of our built tools as the head of a PATH, "dir:dir:", whatever CMake calls them.
tool_path() {
	[ -d "$BUILD/host/userspace" ] || return 0
	find "$BUILD/host/userspace" -type f -perm -u+x -name 'rubato*' ! -name '*.so*' -printf '%h:' | tr -d '\n'
}

# ---- apt, as root

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# Another apt may be at work (unattended upgrades): wait for it.
apt_get() { as_root apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }
