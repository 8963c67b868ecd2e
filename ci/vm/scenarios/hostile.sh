#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Everything that ci/hostile knows to do wrong: each case ends as RFC 7143 says, while another session
# reads; no memory stays behind.
# image: target
# timeout: 1200
# program: ci/hostile
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

name=iqn.2026-11.org.example:hostile
closed=iqn.2026-11.org.example:closed
truncate -s 64M /var/lib/file
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE file {
		filename /var/lib/file
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1
		HeaderDigest CRC32C,None
		DataDigest CRC32C,None
		ErrorRecoveryLevel 2

		GROUP allowed {
			LUN 0 file

			INITIATOR $name
		}
	}

	TARGET $closed {
		enabled 1
		IncomingUser "joe joes-own-secret"

		LUN 0 file
	}
}
END
serve
# What the kernel has allocated, once it has given back what it can; by the daemon.
kernel_kib() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo
}
daemon_kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$(pidof iscsi-scstd)/status"; }
attack() { /run/jobs/hostile "$portal" "$target" $closed $name "$@" >"$RESULTS/hostile$1" 2>&1; }

# Once before counting, so that what is allocated once has been.
attack 'discovery: opcode 1' || { cat "$RESULTS"/hostile*; }
kernel=$(kernel_kib) daemon=$(daemon_kib) pid=$(pidof iscsi-scstd)
attack ''
code=$?
grep -E '^(FAILED|#)' "$RESULTS/hostile"
number=$(grep -c '^ok' "$RESULTS/hostile")
say "# $number cases ended as they may"
check "every case ends as it may" [ $code = 0 ]
check "there are many" [ "$number" -ge 300 ]
check "it is the same daemon" [ "$(pidof iscsi-scstd)" = "$pid" ]
no_sessions() { ! find /sys/kernel/scst_tgt/targets/iscsi/*/sessions -mindepth 1 -maxdepth 1 | grep .; }
check "no session stays" await 60 no_sessions
say "# kernel: $kernel KiB, then $(kernel_kib); daemon: $daemon KiB, then $(daemon_kib)"
# A session takes some 50 KiB, and there were more than five hundred. KASAN holds back what was freed
# (up to a 32nd of all memory); there kmemleak finds what is lost.
room=4096
[ ! -e /sys/kernel/debug/kmemleak ] || room=$(awk '/^MemTotal:/ { print int($2 / 32) }' /proc/meminfo)
check "the kernel's memory comes back" [ "$(kernel_kib)" -lt $((kernel + room)) ]
check "the daemon's too" [ "$(daemon_kib)" -lt $((daemon + 4096)) ]
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
