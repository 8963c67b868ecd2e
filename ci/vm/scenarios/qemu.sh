#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU's own iSCSI driver: the disk of a guest is written through it, compared, and its file system is
# in order, also in what the target has on disk; discarded blocks are given back; with CHAP.
# image: target
# packages: qemu-block-extra,qemu-utils
# timeout: 900
# cpus: 1
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

name=iqn.2008-11.org.linux-kvm
secret=a-secret-of-a-guest
url=iscsi://guest%$secret@$portal/$target/0
truncate -s 256M /var/lib/disk0
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/disk0
		thin_provisioned 1
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1
		IncomingUser "guest $secret"

		GROUP allowed {
			LUN 0 disk0

			INITIATOR $name*
		}
	}
}
END
serve
say "# the disk of a guest"
truncate -s 256M /root/image
mkfs.ext4 -q -F /root/image
mount -o loop /root/image /mnt
cp -a /usr/lib/python3.* /mnt/
umount /mnt
check "it is written" qemu-img convert -n -f raw -O raw /root/image "$url"
check "it reads as it was written" qemu-img compare -f raw -F raw /root/image "$url"
check "it is there without QEMU" cmp /root/image /var/lib/disk0
check "its file system is in order" e2fsck -fn /var/lib/disk0

say "# pieces of it"
pieces() {
	qemu-io -f raw -t none -c "$1" "$url" >"$RESULTS/qemu-io" 2>&1 && ! grep -iE 'error|fail' "$RESULTS/qemu-io"
}
at=0
for length in 512 4k 64k 1M 3M; do
	check "a pattern of $length is written" pieces "write -P 0x5a $((at + 512)) $length"
	check "and read" pieces "read -P 0x5a $((at + 512)) $length"
	at=$((at + 8388608))
done
check "zeros are written" pieces "write -z 0 1M"
check "and read" pieces "read -P 0 0 1M"
check "it is flushed" pieces "flush"
used() { du -k /var/lib/disk0 | cut -f1; }
check "a place is filled" pieces "write -P 0x11 64M 64M"
before=$(used)
check "blocks are discarded" pieces "discard 64M 64M"
check "they are given back" [ "$(used)" -lt $((before - 60000)) ]
refused "it is opened with another secret" \
	qemu-img info -f raw "iscsi://guest%not-the-secret-@$portal/$target/0" 2>/dev/null
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
