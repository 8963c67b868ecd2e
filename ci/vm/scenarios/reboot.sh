#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scst-install set up comes back by itself after a reboot: target, LUN and data.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

# Where the initiator shows, and sets, what the caching mode page says; it saves the page.
cache_type() { echo "/sys/block/$(basename "$(readlink -f "$disk")")/device/scsi_disk"/*/cache_type; }

case $BOOT in
1)
	set_up_target
	echo "write through" >"$(cache_type)"
	check "the disk's cache is off" grep -q "write through" "$(cache_type)"
	printf 'rack 7' | sg_ident --set "$disk" || fail "it takes no identifying information"
	check "data are written" dd if=/var/tmp/data of="$disk" bs=1M oflag=direct status=none
	logout
	next_boot
	;;
2)
	check "the target is back by itself" await 60 answers
	iscsi-ls -s "iscsi://$portal" >"$RESULTS/ls"
	check "so is its LUN" grep -q 'Lun:0 ' "$RESULTS/ls"
	start_initiator
	iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
	login
	dd if="$disk" of=/var/tmp/back bs=1M count=32 iflag=direct status=none
	check "its cache is off still" grep -q "write through" "$(cache_type)"
	check "it knows what it was told to be" [ "$(sg_ident --ascii "$disk")" = "rack 7" ]
	check "so are the data" cmp /var/tmp/data /var/tmp/back
	logout
	check "scst-install finds nothing changed" scst-install status
	check "the kernel log is clean" kernel_log_is_clean
	;;
esac
