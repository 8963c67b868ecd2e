#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A CD drive whose discs come and go: the initiator mounts one, the door is locked meanwhile, the next
# disc is noticed, a drive without one says so.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

drive=/sys/kernel/scst_tgt/devices/cd
# A disc with a file system of 4 KiB blocks does as well as one of ISO 9660.
for name in first second; do
	truncate -s 16M /var/lib/$name
	mkdir /var/tmp/$name
	head -c 4M /dev/urandom >/var/tmp/$name/data
	mkfs.ext4 -q -b 4096 -L $name -d /var/tmp/$name /var/lib/$name
done
cat >/etc/scst.conf <<END
HANDLER vcdrom {
	DEVICE cd {
		filename /var/lib/first
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 cd

			INITIATOR $initiator
		}
	}
}
END
serve
check "the configuration is written back" sh -c \
	"scstadmin -write_config /root/written >/dev/null && grep -q 'filename /var/lib/first' /root/written"
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
insert() { echo "$1" >$drive/filename; }
# What eject(1) does. udev may be about to lock the drive.
eject_disc() { sg_prevent --allow "$disk" && sg_start --eject "$disk" 2>/dev/null; }
load_disc() { sg_prevent --allow "$disk" && sg_start --load "$disk" 2>/dev/null; }
label() { [ "$(blkid -p -s LABEL -o value "$disk")" = "$1" ]; }

check "the first disc is read" label first
check "it is mounted" mount -o ro "$disk" /mnt
check "its data are right" cmp /var/tmp/first/data /mnt/data
umount /mnt
# udev locks the drive of every disc that it finds, and gives it free when the button is pressed.
refused "the disc is taken out of the locked drive" insert ""
check "the initiator is asked for it, and the second one goes in" await 60 insert /var/lib/second
check "it is noticed" await 10 label second
check "it is mounted" mount -o ro "$disk" /mnt
check "its data are right" cmp /var/tmp/second/data /mnt/data
umount /mnt
check "the initiator unlocks the drive and ejects the disc" await 20 eject_disc
refused "the drive is ready without a disc" sg_turs "$disk"
check "it says what is missing" sh -c "sg_turs -v $disk 2>&1 | grep -q 'Medium not present'"
check "the initiator loads it again" await 20 load_disc
check "it is ready" await 10 sg_turs "$disk"
check "an empty name takes the disc out, after asking" await 60 insert ""
check "so the attribute says" grep -qx none $drive/filename
refused "an empty drive is ready" sg_turs "$disk"
refused "a path that does not begin with / is taken" insert var/lib/first
check "the same drive takes a disc again" insert /var/lib/first
check "it is noticed" await 10 label first
sg_raw -r 512 "$disk" 43 00 00 00 00 00 00 02 00 00 >"$RESULTS/toc" 2>&1
check "it has a table of contents" grep -q 'Received 20 bytes' "$RESULTS/toc"
refused "something is written to it" dd if=/dev/zero of="$disk" bs=2048 count=1 oflag=direct status=none
logout
check "the target still answers" iscsiadm -m discovery -t sendtargets -p "$portal"
check "the kernel log is clean" kernel_log_is_clean
