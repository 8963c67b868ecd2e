#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What libiscsi's suite has beyond the everyday commands, each on a kind of disk that has it: a thin
# file, a block device, removable, read-only, with a cache that counts as stored, and none at all.
# image: target
# timeout: 1800
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

suites() {
	on=$1
	shift
	for suite in "$@"; do
		say "# on $on"
		run_suite "iscsi://$portal/iqn.2026-11.org.example:$on/0" "$suite"
	done
}

for name in thin removable readonly stored block; do
	dd if=/dev/zero of=/var/lib/$name bs=1M count=64 status=none
done
check "a loop device" modprobe loop
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
disk thin vdisk_fileio 'filename /var/lib/thin' 'thin_provisioned 1'
disk removable vdisk_fileio 'filename /var/lib/removable' 'removable 1'
disk readonly vdisk_fileio 'filename /var/lib/readonly' 'read_only 1'
disk stored vdisk_fileio 'filename /var/lib/stored' 'nv_cache 1'
disk block vdisk_blockio "filename $loop"
disk none vdisk_nullio 'size_mb 64'
disks_conf
serve
refused "somebody else gets a device that is served" mount "$loop" /mnt

suites thin Mandatory CompareAndWrite OrWrite ExtendedCopy ReceiveCopyResults Prefetch10 \
	Prefetch16 ReadDefectData10 ReadDefectData12 Unmap Verify10 Verify12 Verify16 \
	WriteSame10 WriteSame16 WriteVerify10 WriteVerify12 WriteVerify16 Reserve6 PrinReadKeys PrinReportCapabilities \
	PrinServiceactionRange ProutRegister ProutReserve ProutClear ProutPreempt
suites block Read10 Read16 Write10 Write16 Verify16 WriteVerify16 WriteSame16 Unmap \
	CompareAndWrite OrWrite
suites removable StartStopUnit PreventAllow NoMedia
suites readonly ReadOnly
suites stored WriteAtomic16
suites none WriteAtomic16
all_suites_passed
check "the target still answers" answers

# Reservations are not guessed at: where something else stands in their place the device is not made,
# the rest is.
say "# a file that is not ours"
systemctl stop iscsi-scstd.service scst.service
printf 'not ours' >/var/lib/scst/pr/thin
systemctl start scst.service
refused "its device is made" test -e /sys/kernel/scst_tgt/devices/thin
check "the others are" test -e /sys/kernel/scst_tgt/devices/stored
check "the kernel says which file" sh -c 'dmesg | grep -q "/var/lib/scst/pr/thin is not a file of ours"'
check "the file is left alone" grep -q '^not ours$' /var/lib/scst/pr/thin
check "the kernel log is clean" kernel_log_is_clean
