#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every module goes while disks are read and written through it: in time, with errors for the
# initiators and for nobody else, and nothing of it stays.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

deadline=60
gone() { [ ! -e "/sys/module/$1" ]; }
loaded() { [ -d "/sys/kernel/scst_tgt/$1" ]; }
ended() { [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }
# Sectors that were written to a disk.
written() { awk '{ print $7 }' "/sys/block/$1/stat"; }
moving() { [ "$(written "$1")" -gt "$2" ]; }

# Random reads and writes, many at once, until they fail.
begin_io() {
	name=$(basename "$(readlink -f "$1")")
	begun=$(written "$name")
	fio --name=load --filename="/dev/$name" --direct=1 --ioengine=libaio --iodepth=32 --bsrange=4k-256k \
		--rw=randrw --time_based --runtime=300 >"$RESULTS/fio.$name" 2>&1 &
	io=$!
	check "I/O on $2" await 120 moving "$name" $((begun + 2000))
}

# end_io WHAT: within the deadline, and not because all was well.
end_io() {
	check "I/O ends without $1" await $deadline ended "$io"
	if wait "$io"; then fail "I/O has succeeded without $1"; fi
}

unload() { check "$1 goes under I/O" timeout $deadline rmmod "$1" && check "it has gone" gone "$1"; }

truncate -s 64M /var/lib/file /var/lib/block
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
local_conf() {
	cat >/etc/scst.conf <<END
HANDLER $1 {
	DEVICE disk {
		$2
	}
}

$(ports disk near)
END
	check "the configuration is taken ($1)" systemctl start scst.service
	udevadm settle
	disk=$(disk_of 0xb)
	check "a disk" await 10 sg_turs "$disk"
}

local_conf vdisk_fileio 'filename /var/lib/file'
begin_io "$disk" "a file through scst_local"
# Linux holds the module of a host of which a disk is open.
refused "scst_local goes while its disk is open" rmmod scst_local
check "I/O goes on" await 60 moving "$(basename "$disk")" $(($(written "$(basename "$disk")") + 2000))
check "its target goes" timeout $deadline sh -c "echo del_target near >/sys/kernel/scst_tgt/targets/scst_local/mgmt"
end_io "the target"
check "scst_local goes" await $deadline rmmod scst_local
systemctl stop scst.service

# What the kernel has allocated in pieces, and counts exactly once its caches are shrunk. A cache of
# ours is gone with its module, or the kernel has put its pieces into one of somebody else.
pieces() {
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done
	{
		awk '$1 ~ /^kmalloc/ { print $2 }' /proc/slabinfo
		cut -d' ' -f1 /sys/kernel/slab/scst_*/objects 2>/dev/null
	} | awk '{ n += $1 } END { print n }'
}
no_cache_of_ours() { ! find /sys/kernel/slab -type d \( -name 'scst*' -o -name 'isc_*' \) | grep .; }

go_under_io() {
	for kind in 'vdisk_fileio filename /var/lib/file' "vdisk_blockio filename $loop" 'vdisk_nullio size_mb 64'; do
		local_conf "${kind%% *}" "${kind#* }"
		begin_io "$disk" "${kind%% *}"
		unload scst_vdisk
		end_io "the handler"
		systemctl stop scst.service
		check "nothing stays" gone scst
	done
}
go_under_io
first=$(pieces)
go_under_io
second=$(pieces)
# Some six thousand commands in between, twenty LUNs and devices; what others hold comes and goes.
say "# pieces of memory: $first, then $second"
check "no command leaves memory behind" [ "$second" -lt $((first + 500)) ]

# The kernel's initiator gives up at once instead of waiting for its target.
sed -i 's/^node.session.timeo.replacement_timeout.*/node.session.timeo.replacement_timeout = 3/' /etc/iscsi/iscsid.conf
write_conf writable
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
begin_io "$disk" "a file through iSCSI"
check "the daemon stops under I/O" systemctl stop iscsi-scstd.service
loaded targets/iscsi && unload iscsi_scst
end_io "the portal"
logout
check "the rest stops" systemctl stop scst.service
check "nothing stays" gone scst
check "no cache either" await 10 no_cache_of_ours
check "the kernel log is clean" kernel_log_is_clean
