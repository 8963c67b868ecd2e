#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What Linux builds on disks holds on ours: two minutes of random writes that are verified, on each
# handler that keeps data; ext4 and XFS; RAID 5 over four LUNs, without and with protection information,
# also with one of them gone.
# image: target
# timeout: 1800
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

truncate -s 1G /var/lib/file /var/lib/block
for n in 0 1 2 3; do
	truncate -s 512M /var/lib/raid$n /var/lib/dif$n
done
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
modprobe scsi_debug dev_size_mb=256 delay=0 || fail "no scsi_debug"
udevadm settle
for unit in /sys/class/scsi_disk/*; do
	! grep -q scsi_debug "$unit/device/model" || real=${unit##*/}
done
[ -n "${real-}" ] || fail "no disk of scsi_debug"
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE file {
		filename /var/lib/file
	}
$(for n in 0 1 2 3; do
	printf '\tDEVICE raid%s {\n\t\tfilename /var/lib/raid%s\n\t}\n' $n $n
	printf '\tDEVICE dif%s {\n\t\tfilename /var/lib/dif%s\n\t\tdif_type 1\n\t}\n' $n $n
done)
}

HANDLER vdisk_blockio {
	DEVICE block {
		filename $loop
	}
}

HANDLER dev_user {
	DEVICE prog
}

HANDLER dev_disk {
	DEVICE $real
}

TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 file
		LUN 1 block
$(for n in 0 1 2 3; do
	printf '\t\tLUN %s raid%s\n\t\tLUN %s dif%s\n' $((2 + n)) $n $((6 + n)) $n
done)
		LUN 10 prog
		LUN 11 $real
	}
}
END
check "the configuration is taken" systemctl start scst.service
truncate -s 512M /var/lib/prog
scst-user-disk prog /var/lib/prog >"$RESULTS/prog.log" 2>&1 &
prog=$!
served() { [ "$(cat /sys/kernel/scst_tgt/devices/prog/served)" = 1 ]; }
check "a program serves" await 20 served
near=$(basename "$(readlink -f /sys/kernel/scst_tgt/targets/scst_local/near/sessions/*/host)")
udevadm settle
# The disk that Linux sees as this LUN.
disk_at() { find /sys/class/scsi_disk/"${near#host}":*:"$1"/device/block -mindepth 1 -maxdepth 1 -printf '/dev/%f\n'; }

disk_named() {
	for unit in /dev/sd?; do
		! sg_inq "$unit" | grep -q "Product identification: $1 *\$" || echo "$unit"
	done
}
file=$(disk_named file) block=$(disk_named block)

# Without its program it was no disk yet (PERIPHERAL QUALIFIER 001b): Linux has to look once more.
for unit in /sys/class/scsi_device/"${near#host}":*:10; do
	echo 1 >"$unit/device/delete"
done
echo "- - 10" >"/sys/class/scsi_host/$near/scan"
udevadm settle
user=$(disk_at 10) passed_on=$(disk_at 11)
for disk in "$file" "$block" "$user" "$passed_on"; do
	size=$(($(blockdev --getsize64 "$disk") / 1048576 - 100))
	check "two minutes of $disk" fio --name=verify --filename="$disk" --direct=1 --ioengine=libaio --iodepth=32 \
		--bsrange=4k-1m --rw=randrw --verify=crc32c --verify_fatal=1 --verify_backlog=512 --size="${size}M" \
		--time_based --runtime=120 --output="$RESULTS/fio.$(basename "$disk")"
done

head -c 64M /dev/urandom >/root/data
# holds_files TYPE DISK CHECK...: a file system that is made, filled, found again and in order.
holds_files() {
	type=$1 on=$2
	shift 2
	check "$type on $on is made" "mkfs.$type" -q "$on"
	mount "$on" /mnt && cp /root/data /mnt/data && umount /mnt
	blockdev --flushbufs "$on"
	mount "$on" /mnt
	check "$type on $on has its data" cmp /root/data /mnt/data
	umount /mnt
	check "$type on $on is in order" "$@" "$on"
}
holds_files ext4 "$file" fsck.ext4 -fn
wipefs -qa "$file"
holds_files xfs "$file" xfs_repair -n
holds_files xfs "$block" xfs_repair -n

# array NAME LUN: RAID 5 of the disks NAME0 to NAME3, of which the second is LUN.
array() {
	raid=$(for n in 0 1 2 3; do disk_named "$1$n"; done)
	# shellcheck disable=SC2086 # four words
	check "RAID 5 of four LUNs" mdadm --create /dev/md0 --run --level=5 --raid-devices=4 --assume-clean $raid
	holds_files ext4 /dev/md0 fsck.ext4 -fn
	wipefs -qa /dev/md0
	holds_files xfs /dev/md0 xfs_repair -n
	check "a LUN goes" sh -c "echo del $2 >/sys/kernel/scst_tgt/targets/scst_local/near/luns/mgmt"
	# The array looks at a disk when it writes to it.
	mount /dev/md0 /mnt
	check "the array is written to without it" dd if=/root/data of=/mnt/more bs=1M conv=fsync status=none
	check "what it had is there" cmp /root/data /mnt/data
	check "what it has got is there" cmp /root/data /mnt/more
	umount /mnt
	check "the array knows" sh -c "mdadm --detail /dev/md0 | grep -q degraded"
	mdadm --stop /dev/md0 >/dev/null 2>&1
}
array raid 3
for n in 0 1 2 3; do
	profile=/sys/block/$(basename "$(disk_named dif$n)")/integrity/format
	check "Linux knows of the protection of dif$n" grep -q T10-DIF-TYPE1-CRC "$profile"
done
array dif 7
kill $prog
wait $prog
check "the services stop" systemctl stop scst.service
check "the kernel log is clean" kernel_log_is_clean
