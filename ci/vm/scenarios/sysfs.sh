#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every file of the sysfs tree against the table sysfs.rows: what it reads, its mode, which values it
# takes and which it refuses with what; then those whose effect only an initiator can see.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
for name in file block disc; do
	truncate -s 64M /var/lib/$name
done
modprobe loop
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE file {
		filename /var/lib/file
		dif_type 1
		dif_static_app_tag 0x1234
	}
}

HANDLER vdisk_blockio {
	DEVICE block {
		filename $loop
	}
}

HANDLER vcdrom {
	DEVICE cd
}

HANDLER dev_user {
	DEVICE prog
}

HANDLER vdisk_nullio {
	DEVICE null {
		size_mb 64
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 file
		LUN 1 block
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1
		NopInInterval 0

		LUN 0 block

		GROUP allowed {
			LUN 0 file
			LUN 1 null {
				read_only 1
			}

			INITIATOR $initiator
		}
	}
}

DEVICE_GROUP dg {
	DEVICE file

	TARGET_GROUP here {
		group_id 1
		state active

		TARGET near
	}

	TARGET_GROUP there {
		group_id 2
		state nonoptimized

		TARGET elsewhere {
			rel_tgt_id 33
		}
	}
}
END
serve
echo 30 >$tree/targets/iscsi/$target/NopInInterval
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
udevadm settle
check "every file is as the table says" python3 /run/jobs/sysfs.py $tree /run/jobs/sysfs.rows

# TEST UNIT READY through the scst_local target: 0, or 6 for a unit attention. (sg_turs tries again.)
near=$(find /sys/class/scsi_device/*/device/scsi_generic -mindepth 1 -maxdepth 1 -name 'sg*' |
	while read -r generic; do
		# Blanks behind the name are cut off by this.
		read -r model <"${generic%/scsi_generic/*}/model"
		[ "$model" != block ] || echo "/dev/${generic##*/}"
	done | head -n 1)
[ -n "$near" ] || fail "no SCSI device behind scst_local"
ready() { sg_raw "$near" 00 00 00 00 00 00 >/dev/null 2>&1; }
hctl=$(basename "$(readlink -f "/sys/class/scsi_generic/${near##*/}/device")")
file=/dev/$(ls "/sys/class/scsi_device/${hctl%:*}:0/device/scsi_generic")
luns=$tree/targets/scst_local/near/luns/mgmt
check "unit attentions come to an end" await 10 ready
# A unit attention makes udev look at the disk again, which would take the next one from under us.
udevadm settle
echo "replace null 1" >$luns
refused "another device answers unannounced after 'replace'" ready
check "the unit attention comes once" ready
echo "replace_no_ua block 1" >$luns
check "'replace_no_ua' raises none" ready

say "# forwarding"
here=$tree/device_groups/dg/target_groups/here/state
file_ready() { sg_raw "$file" 00 00 00 00 00 00 >/dev/null 2>&1; }
check "its unit attentions come to an end too" await 10 file_ready
echo unavailable >"$here"
file_ready # a unit attention once more: that the state has changed
refused "a path in state unavailable does nothing" file_ready
echo 1 >$tree/targets/scst_local/near/forwarding
check "a forwarding target does not look at it" file_ready
echo 0 >$tree/targets/scst_local/near/forwarding
refused "it goes on when that is switched off again" file_ready
echo active >"$here"
check "the path comes back" await 10 file_ready

session=$tree/targets/iscsi/$target/sessions/$initiator
say "# counters"
echo 0 >"$session/read_cmd_count"
before=$(cat "$session/read_unaligned_cmd_count")
dd if="$disk" of=/dev/null bs=512 skip=1 count=1 iflag=direct status=none
check "a read of 512 bytes counts as unaligned" \
	test "$(cat "$session/read_unaligned_cmd_count")" = $((before + 1))
dd if="$disk" of=/dev/null bs=4096 skip=1 count=1 iflag=direct status=none
check "one of 4 KiB does not" test "$(cat "$session/read_unaligned_cmd_count")" = $((before + 1))
sg_raw "$disk" c1 00 00 00 00 00 >/dev/null 2>&1
check "an operation nobody knows is counted" test "$(cat "$session/unknown_cmd_count")" -ge 1

say "# latency"
# taken FILE LINE: FILE has a line that begins so.
taken() { grep -q "^$2 " "$1"; }
# Of $3 commands: at least, on average, at most; execution is a part of the whole.
in_order() {
	grep "^$2 " "$1" | awk '{ exit !($2 >= n && $3 > 0 && $3 <= $4 && $4 <= $5 && $6 <= $7 &&
		$7 <= $8 && $3 <= $6 && $5 <= $8) }' n="$3"
}
echo 0 >"$session/latency"
dd if="$disk" of=/dev/null bs=4096 skip=1 count=1 iflag=direct status=none
check "nothing is measured unasked" taken "$session/latency" "read 0"
echo 1 >$tree/measure_latency
dd if="$disk" of=/dev/null bs=4096 count=4 iflag=direct status=none
echo 0 >$tree/measure_latency
check "four reads are measured, execution within the whole" in_order "$session/latency" read 4
check "they are of their LUN" in_order "$session/lun0/latency" read 4
check "and not of the other" taken "$session/lun1/latency" "read 0"
echo 0 >"$session/lun0/latency"
check "writing zeroes" taken "$session/latency" "read 0"

# fio takes the colons of the path by names for several files.
disk=$(readlink -f "$disk")
say "# a queue of one command"
echo 1 >$tree/devices/file/max_tgt_dev_commands
full=$(cat "$session/commands")
check "an initiator copes with TASK SET FULL" fio --name=queue --filename="$disk" --rw=randrw \
	--bs=4k --iodepth=16 --ioengine=libaio --direct=1 --size=2M --verify=crc32c --output="$RESULTS/fio"
echo 64 >$tree/devices/file/max_tgt_dev_commands
check "no command is left over" test "$full" -ge "$(cat "$session/active_commands")"
say "# force_close"
old=$(stat -c %i "$session")
new_session() { [ "$(stat -c %i "$session" 2>/dev/null || echo "$old")" != "$old" ]; }
echo 1 >"$session/force_close"
check "a session that was closed is gone, and its initiator comes back" await 60 new_session
gone() { ! [ -e "$1" ]; }
echo 1 >$tree/targets/scst_local/near/sessions/near/force_close
check "so is one of scst_local" await 30 gone $tree/targets/scst_local/near/sessions/near
dumped() { dmesg | grep -q "device block: reservation of type 0, 0 registrations"; }
check "dump_prs has written to the kernel log" dumped
logout
check "the kernel log is clean" kernel_log_is_clean
