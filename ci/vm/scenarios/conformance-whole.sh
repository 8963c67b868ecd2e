#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All of libiscsi's conformance suite against every kind of disk: no test fails without a reason that
# suite.expect gives, and each passes somewhere. "ci/conformance" makes docs/conformance.md of it.
# image: target
# timeout: 4500
# cpus: 1
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

file_of() {
	dd if=/dev/zero of="/var/lib/$1" bs=1M count=64 status=none
	echo "/var/lib/$1"
}
loop_of() { losetup -f --show "$(file_of "$1")"; }

modprobe -a loop dm-delay
loop=$(loop_of block)
slow=$(loop_of slow)
# A disk whose writes take eight seconds: what goes on in the background is seen at work.
echo "0 131072 delay $slow 0 0 $slow 0 8000" | dmsetup create slow || fail "no slow disk"
disk file vdisk_fileio "filename $(file_of file)"
disk thin vdisk_fileio "filename $(file_of thin)" 'thin_provisioned 1'
disk 4k vdisk_fileio "filename $(file_of 4k)" 'thin_provisioned 1' 'blocksize 4096'
disk removable vdisk_fileio "filename $(file_of removable)" 'removable 1'
disk readonly vdisk_fileio "filename $(file_of readonly)" 'read_only 1'
disk stored vdisk_fileio "filename $(file_of stored)" 'nv_cache 1'
disk block vdisk_blockio "filename $loop"
disk slow vdisk_blockio 'filename /dev/mapper/slow'
disk dif vdisk_fileio "filename $(file_of dif)" 'thin_provisioned 1' 'dif_type 1'
disk null vdisk_nullio 'size_mb 64' 'thin_provisioned 1'
disks_conf
serve

# The suites on one disk; a second way leads to the same one.
whole() {
	on=$1
	shift
	iqn=iqn.2026-11.org.example:$on
	python3 /run/jobs/suite.py "$@" "$RESULTS/rows" "$on" "iscsi://$portal/$iqn/0" \
		"iscsi://127.0.0.2:3260/$iqn/0" || bad="$bad $on"
}

bad=''
for on in file thin 4k removable readonly stored block dif null; do
	whole $on
done
# Waiting for eight seconds after each write is for the one test that needs it.
whole slow --only Sanitize.Reset
[ -z "$bad" ] || fail "on:$bad"
check "each test passes somewhere" python3 /run/jobs/suite.py --passes-somewhere "$RESULTS/rows"
check "the target still answers" answers
check "the kernel log is clean" kernel_log_is_clean
