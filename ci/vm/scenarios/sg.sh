#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What sg3_utils print of a disk, word by word as in sg.golden, without a network in between.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

truncate -s 64M /var/lib/disk
cat >/etc/scst.conf <<END
setup_id 0x7357

HANDLER vdisk_fileio {
	DEVICE disk {
		filename /var/lib/disk
		thin_provisioned 1

		expl_alua 1
		naa_id 0x5000000000000001
		usn 0123456789
	}
}

$(ports disk near far)

DEVICE_GROUP dg {
	DEVICE disk

	TARGET_GROUP here {
		group_id 1
		preferred 1
		state active

		TARGET near
	}

	TARGET_GROUP there {
		group_id 2
		state nonoptimized

		TARGET far
	}
}
END
check "the configuration is taken" systemctl start scst.service
udevadm settle

disk=$(disk_of 0xb) other=$(disk_of 0xc)
for unit in "$disk" "$other"; do
	check "a disk behind each port" await 10 sg_turs "$unit"
done
stop_udev
printf '%512s' scst >/var/tmp/pattern
cat /var/tmp/pattern /var/tmp/pattern >/var/tmp/patterns
{ printf '\0\0\0\0\012\012\020' && head -c 9 /dev/zero; } >/var/tmp/modes # TST is not to be changed
{ head -c 20 /dev/zero && printf '\010\0\0\0'; } >/var/tmp/keys            # SPEC_I_PT
check "everything is as expected" python3 /run/jobs/golden.py /run/jobs/sg.golden "$RESULTS/sg.golden" \
	DISK="$disk" OTHER="$other" PATTERNS=/var/tmp/patterns PATTERN=/var/tmp/pattern MODES=/var/tmp/modes KEYS=/var/tmp/keys
check "the kernel log is clean" kernel_log_is_clean
