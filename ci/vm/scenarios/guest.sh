#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The test bed itself: shares, results, exit codes and reboots work before anything relies on them.
# image: plain
# timeout: 300
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

case $BOOT in
1)
	refused "the jobs share can be written" touch /run/jobs/x
	check "results can be written" touch "$RESULTS/file"
	echo kept >/var/tmp/kept
	next_boot
	;;
2)
	check "the disk outlives a reboot" grep -q kept /var/tmp/kept
	check "the kernel log is clean" kernel_log_is_clean
	check "Debian started the machine" test "$(ps -o comm= 1)" = systemd
	;;
esac
