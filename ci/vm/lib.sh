# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scenarios share. Source it with: . /run/jobs/lib.sh

say() { printf '%s\n' "$*"; }

# Ends the scenario as failed, with what the kernel last said.
fail() {
	printf 'FAILED: %s\n' "$*"
	dmesg | tail -n 15
	exit 1
}

# check WHAT COMMAND...: runs the command; its failure is the scenario's.
check() {
	what=$1
	shift
	"$@" || fail "$what"
	say "ok: $what"
}

# refused WHAT COMMAND...: the command must fail.
refused() {
	what=$1
	shift
	if "$@"; then fail "$what: was not refused"; fi
	say "ok: $what"
}

# await SECONDS COMMAND...: until the command succeeds; for conditions that announce themselves
# nowhere. False when the time is up.
await() {
	until_second=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt "$until_second" ] || return 1
		sleep 0.2
	done
}

# Nothing that a kernel developer would have to look at.
kernel_log_is_clean() {
	! dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|general protection|refcount_t|possible circular|still has objects'
}

# Ends this boot; the scenario runs again after it with BOOT one higher.
next_boot() { exit 75; }
