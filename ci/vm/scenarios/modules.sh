#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Modules come, go and come again without a complaint, idle and after use.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

gone() { [ ! -d /sys/kernel/scst_tgt ] && ! grep -q '^scst' /proc/modules; }

for round in 1 2 3; do
	check "round $round: load" modprobe -a scst scst_vdisk scst_local iscsi_scst
	check "round $round: the tree is there" test -f /sys/kernel/scst_tgt/version
	for handler in vdisk_fileio vdisk_nullio; do
		check "round $round: handler $handler" test -d "/sys/kernel/scst_tgt/handlers/$handler"
	done
	check "round $round: unload" rmmod iscsi_scst scst_local scst_vdisk scst
	check "round $round: nothing stays" gone
done
for round in 1 2; do
	write_conf writable
	serve
	check "service round $round: use" iscsi-readcapacity16 "iscsi://$portal/$target/0"
	check "service round $round: stop" systemctl stop iscsi-scstd.service scst.service
	check "service round $round: nothing stays" gone
done
check "the kernel log is clean" kernel_log_is_clean
