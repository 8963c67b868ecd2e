#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One row of ci/matrix.toml: no warning at W=1, dkms' modules load, a disk is served through
# scst_local and, where our programs run, through iSCSI; then everything goes without a complaint.
# Leaves what the support table says in $RESULTS/facts.
# image: stack
# timeout: 1200
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

state=/var/lib/guest-job
tree=/sys/kernel/scst_tgt
local=$tree/targets/scst_local/scst_local_tgt
fact() { printf '%s=%s\n' "$1" "$2" >>"$RESULTS/facts"; }

manage() { printf '%s\n' "$2" >"$tree/$1"; }

# The guest's own disk is no SCSI disk.
local_disk() { disk=/dev/sda && [ -b "$disk" ]; }

# Random data go to the disk and come back from it.
use_disk() {
	head -c 64M /dev/urandom >/var/tmp/data
	check "$1: write 64 MiB" dd if=/var/tmp/data of="$disk" bs=1M oflag=direct status=none
	check "$1: flush" blockdev --flushbufs "$disk"
	dd if="$disk" of=/var/tmp/back bs=256k count=256 iflag=direct status=none
	check "$1: they come back" cmp /var/tmp/data /var/tmp/back
}

gone() { [ ! -e "$1" ]; }

# A block is unmapped whose neighbours in the page cache are dirty: kernels differ in what they do then.
use_block_device() {
	truncate -s 64M /var/lib/block
	modprobe loop
	check "open a block device" manage handlers/vdisk_blockio/mgmt \
		"add_device block filename=$(losetup -f --show /var/lib/block); thin_provisioned=1"
	check "map it" manage targets/scst_local/scst_local_tgt/luns/mgmt "add block 1"
	check "its disk is there" await 60 test -b /dev/sdb
	udevadm settle
	head -c 512 /dev/urandom >/var/tmp/block
	check "eight blocks are written" sg_write_same --10 --in=/var/tmp/block --xferlen=512 --lba=0 --num=8 /dev/sdb
	check "one of them is unmapped" sg_write_same --10 --unmap --in=/dev/zero --xferlen=512 --lba=0 --num=1 /dev/sdb
	check "unmap the LUN" manage targets/scst_local/scst_local_tgt/luns/mgmt "del 1"
	check "its disk goes" await 30 gone /dev/sdb
	check "close the block device" manage handlers/vdisk_blockio/mgmt "del_device block"
}

fact release "$(uname -r)"
fact upstream "$(sed 's/.*Debian \([0-9.]*\).*/\1/' /proc/version)"
fact compiler "$(cat $state/compiler)"
fact dkms "$(dpkg-query -W -f '${source:Upstream-Version}' dkms)"
cp $state/w1.log "$RESULTS/"
[ "$(cat $state/w1.code)" = 0 ] || {
	grep -E 'error|Error' $state/w1.log | head -n 20
	fail "the modules do not build with W=1"
}
# kbuild says this one about every module outside the tree when the kernel's image is not at hand.
refused "the build warned" sh -c "grep -i warning $state/w1.log | grep -v 'Skipping BTF'"
fact built yes

check "load" modprobe -a scst scst_vdisk scst_local
case $(modinfo -F filename scst) in
*/updates/dkms/*) say "ok: it is dkms' module" ;;
*) fail "scst is $(modinfo -F filename scst), not dkms'" ;;
esac
fact loaded yes
truncate -s 512M /var/lib/disk0
check "open a device" manage handlers/vdisk_fileio/mgmt "add_device disk0 filename=/var/lib/disk0"
check "map it" manage targets/scst_local/scst_local_tgt/luns/mgmt "add disk0 0"
check "a session is there" test -d "$local/sessions"
await 60 local_disk || fail "no disk comes up"
use_disk local
use_block_device
fact local yes
check "unmap it" manage targets/scst_local/scst_local_tgt/luns/mgmt "del 0"
check "the disk goes" await 30 gone /dev/sda
check "close the device" manage handlers/vdisk_fileio/mgmt "del_device disk0"
check "unload" rmmod scst_local scst_vdisk scst
if [ -x /usr/sbin/iscsi-scstd ]; then
	write_conf writable
	serve
	check "iSCSI: libiscsi lists the target" sh -c "iscsi-ls 'iscsi://$portal' | grep -q '$target'"
	check "iSCSI: it reads the capacity" iscsi-readcapacity16 "iscsi://$portal/$target/0"
	start_initiator
	iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
	disk=/dev/disk/by-path/ip-$portal-iscsi-$target-lun-0
	login
	use_disk iSCSI
	logout
	check "the services stop" systemctl stop iscsi-scstd.service scst.service
	fact iscsi yes
fi
refused "modules stay" grep -q '^scst' /proc/modules
modules_left() { find /lib/modules /var/lib/dkms/scst -name '*.ko*' 2>/dev/null | grep scst; }
check "dkms has modules" modules_left
check "dkms removes them" dkms remove -m scst -v "$(modinfo -F version scst)" --all
refused "one stays" modules_left
refused "dkms still knows of them" sh -c 'dkms status | grep scst'
check "the kernel log is clean" kernel_log_is_clean
fact clean yes
