#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The Linux kernel's own initiator: a file system made, filled and found again after a new login,
# plainly and with header and data digests.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

sums() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }

# round NAME: mkfs, copy, checksum, relogin, checksum, fsck.
round() {
	login
	check "$1: mkfs.ext4" mkfs.ext4 -q -F "$disk"
	check "$1: mount" mount "$disk" /mnt
	check "$1: copy a tree" cp -a /usr/lib/python3.* /mnt/tree
	sums /usr/lib/python3.* >"$RESULTS/source"
	check "$1: unmount" umount /mnt
	logout
	login
	check "$1: mount after a new login" mount -o ro "$disk" /mnt
	sums /mnt/tree >"$RESULTS/copy"
	check "$1: there is something to compare" test "$(wc -l <"$RESULTS/source")" -gt 100
	check "$1: every file is as it was" cmp "$RESULTS/source" "$RESULTS/copy"
	check "$1: unmount again" umount /mnt
	check "$1: fsck finds nothing" e2fsck -fn "$disk"
	logout
}

write_conf writable
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >"$RESULTS/discovery"
check "discovery finds the target" grep -q "$target" "$RESULTS/discovery"
round "no digest"
for digest in HeaderDigest DataDigest; do
	iscsiadm -m node -T "$target" -p "$portal" -o update \
		-n "node.conn[0].iscsi.$digest" -v CRC32C
done
round "both digests"
login
limit() { iscsiadm -m session -P 2 | grep -q "MaxXmitDataSegmentLength: $1\$"; }
refused "it sends segments of 32 KiB" limit 32768
echo 32768 >"/sys/kernel/scst_tgt/targets/iscsi/$target/MaxRecvDataSegmentLength"
check "a limit that changes reaches the initiator" await 30 limit 32768
check "which goes on" dd if=/dev/zero of="$disk" bs=256k count=16 oflag=direct status=none
logout
check "the kernel log is clean" kernel_log_is_clean
