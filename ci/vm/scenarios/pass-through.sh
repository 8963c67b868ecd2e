#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A real SCSI disk (scsi_debug) goes to initiators as it is: what it says of itself, its data, its
# errors; a disk in use is refused; one that vanishes leaves errors and nothing else. dev_disk_perf
# moves no data.
# image: target
# timeout: 300
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
debug=/sys/bus/pseudo/drivers/scsi_debug

# The H:C:I:L of the first disk whose host is of this driver, and the disk itself.
hcil_of() {
	for unit in /sys/class/scsi_disk/*; do
		name=${unit##*/}
		[ "$(cat "/sys/class/scsi_host/host${name%%:*}/proc_name" 2>/dev/null)" = "$1" ] &&
			echo "$name" && return
	done
	return 1
}
disk_at() { echo "/dev/$(ls "/sys/class/scsi_disk/$1/device/block")"; }

plug_in() {
	modprobe scsi_debug dev_size_mb=64 ndelay=200000 || fail "no scsi_debug"
	await 20 hcil_of scsi_debug >/dev/null || fail "no disk comes up"
	hcil=$(hcil_of scsi_debug)
	real=$(disk_at "$hcil")
	udevadm settle
}

# configure HANDLER: the disk is seen through iSCSI and through scst_local.
configure() {
	cat >/etc/scst.conf <<END
HANDLER $1 {
	DEVICE $hcil
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 $hcil

			INITIATOR $initiator
		}
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 $hcil
	}
}
END
	serve
	iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
	login
	await 20 hcil_of scst_local >/dev/null || fail "no disk behind scst_local"
	near=$(disk_at "$(hcil_of scst_local)")
	udevadm settle
}

# The service would wait for the sessions of scst_local, which go with their targets only.
stop() {
	logout
	for each in near scst_local_tgt; do
		echo "del_target $each" >$tree/targets/scst_local/mgmt
	done
	check "the services stop" systemctl stop iscsi-scstd.service scst.service
	refused "modules stay" grep -q '^scst' /proc/modules
}

# same WHAT COMMAND...: what the command prints of the real disk it prints of both others.
same() {
	title=$1
	shift
	"$@" "$real" >/var/tmp/real 2>&1
	for other in "$near" "$disk"; do
		"$@" "$other" >/var/tmp/other 2>&1
		check "$title: $(wc -c </var/tmp/real) bytes" cmp /var/tmp/real /var/tmp/other
	done
	[ -s /var/tmp/real ] || fail "$title: nothing"
}

inquiry() { sg_raw -b -r 96 "$1" 12 00 00 00 60 00 2>/dev/null; }
page() { sg_raw -b -r 252 "$2" 12 01 "$1" 00 fc 00 2>/dev/null; }
mode_pages() { sg_raw -b -r 252 "$1" 1a 00 3f 00 fc 00 2>/dev/null; }
bad_block() { sg_raw -r 512 "$1" 28 00 00 00 12 34 00 00 01 00 2>&1; }

# Status and additional sense code of TEST UNIT READY, which no kernel hides here.
ready() { sg_raw "$1" 00 00 00 00 00 00 2>&1; }
capacity_changed() { ready "$1" | grep -q 'Capacity data has changed'; }
last_block() { sg_readcap --brief "$1"; }

modprobe -a scst scst_disk
plug_in
assign() { echo "add_device $1" >$tree/handlers/dev_disk/mgmt; }
mkfs.ext4 -q "$real"
check "the disk is mounted" mount "$real" /mnt
refused "a mounted disk is taken" assign "$hcil"
check "it says why" sh -c "dmesg | tail -n 3 | grep -q 'failed: -16, somebody uses it'"
umount /mnt
refused "a name that is not quite right is taken" assign "0$hcil"
refused "a disk that is not there is taken" assign 99:0:0:0
modprobe -r scst_disk scst

start_initiator
configure dev_disk
check "the link leads to the SCSI device" \
	[ "$(readlink -f "$tree/devices/$hcil/scsi_device")" = "$(readlink -f "/sys/class/scsi_device/$hcil/device")" ]
check "it is written back" sh -c \
	"scstadmin -write_config /root/written >/dev/null && grep -q 'DEVICE $hcil' /root/written"
refused "the real disk is mounted meanwhile" mount "$real" /mnt
same "INQUIRY" inquiry
same "serial number" page 80
same "device identification" page 83
same "block limits" page b0
same "mode pages" mode_pages
check "an unknown command is refused" sh -c "sg_raw $disk c0 00 00 00 00 00 2>&1 | grep -q 'Invalid command operation code'"

head -c 24M /dev/urandom >/var/tmp/data
check "24 MiB are written through iSCSI" dd if=/var/tmp/data of="$disk" bs=1M oflag=direct status=none
dd if="$real" of=/var/tmp/back bs=1M count=24 iflag=direct status=none
check "they stand on the real disk" cmp /var/tmp/data /var/tmp/back
dd if="$near" of=/var/tmp/back bs=256k count=96 iflag=direct status=none
check "scst_local reads them" cmp /var/tmp/data /var/tmp/back
check "the disk verifies them" sg_verify --lba=0 --count=4096 "$disk"
check "EXTENDED COPY and tokens know it by its own designators" \
	python3 -c 'import sys
sys.path.insert(0, "/run/jobs")
from sgio import *
near, other = sys.argv[1:]
copy4(near, 1, [cscd(designator(near))], [segment(0, 0, 1000, 0, 60000)])
assert read(near, 60000, 1000) == read(near, 0, 1000)
token = token_of(near, 2, (0, 1000))
assert designator(near) in token
write_token(other, 3, token, (70000, 1000))
assert read(near, 70000, 1000) == read(near, 0, 1000)' "$near" "$disk"
mkfs.ext4 -q "$near"
check "a file system is mounted" mount "$near" /mnt
cp /var/tmp/data /mnt/
umount /mnt
check "it is in order, seen from iSCSI" e2fsck -fn "$disk"

echo 2 >$debug/opts
refused "a bad block is read" dd if="$disk" of=/dev/null bs=512 skip=4660 count=1 iflag=direct status=none
same "sense of the bad block" bad_block
check "it is that of the disk" sh -c "sg_raw -r 512 $disk 28 00 00 00 12 34 00 00 01 00 2>&1 | grep -q 'Medium Error'"
echo 0 >$debug/opts

# Once from the disk, once from us: for the disk both are one initiator.
stop_udev
echo 1 >$debug/virtual_gb
check "the initiator that asks first is told that the disk has grown" await 10 capacity_changed "$near"
check "so is the other" await 10 capacity_changed "$disk"
start_udev
check "it sees the new size" [ "$(last_block "$disk")" = "$(last_block "$real")" ]

read_on() { while dd if="$disk" of=/dev/null bs=64k iflag=direct status=none 2>/dev/null; do :; done; }
was_read() { cat "$tree/targets/iscsi/$target/sessions"/*/read_io_count_kb; }
goes_on() { [ "$(was_read)" -gt "$begun" ]; }
begun=$(was_read)
read_on &
check "it is being read" await 10 goes_on
echo -1 >$debug/add_host
check "the reader ends when the disk has gone" wait $!
refused "it can still be read" dd if="$near" of=/dev/null bs=512 count=1 iflag=direct status=none
stop
check "nobody holds the disk any more" await 10 rmmod scsi_debug

plug_in
head -c 4M /dev/urandom | dd of="$real" bs=1M oflag=direct status=none
dd if="$real" of=/var/tmp/before bs=1M count=4 iflag=direct status=none
configure dev_disk_perf
same "dev_disk_perf: INQUIRY" inquiry
check "dev_disk_perf: a write is answered" dd if=/var/tmp/data of="$disk" bs=1M count=4 oflag=direct status=none
dd if="$disk" of=/var/tmp/back bs=1M count=4 iflag=direct status=none
check "dev_disk_perf: reads give zeros" cmp -n 4194304 /var/tmp/back /dev/zero
dd if="$real" of=/var/tmp/back bs=1M count=4 iflag=direct status=none
check "dev_disk_perf: the disk is as before" cmp /var/tmp/before /var/tmp/back
refused "dev_disk_perf: what lies behind the end is read" sg_raw -r 512 "$disk" 28 00 7f ff ff ff 00 00 01 00
stop
check "the disk is free again" await 10 rmmod scsi_debug
check "the kernel log is clean" kernel_log_is_clean
