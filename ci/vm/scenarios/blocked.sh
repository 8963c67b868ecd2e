#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device that is blocked for maintenance: what is under way ends first, what comes is held and goes
# on afterwards; so with all devices at once. Nothing hangs that has to go while it is blocked. One
# that is inactive leaves its disk to others, and comes back with another.
# image: target
# timeout: 300
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
truncate -s 16M /var/lib/slow
modprobe dm-delay
loop=$(losetup -f --show /var/lib/slow) || fail "no loop device"
echo "0 32768 delay $loop 0 0 $loop 0 2000" | dmsetup create slow || fail "no slow disk"
cat >/etc/scst.conf <<END
HANDLER vdisk_blockio {
	DEVICE slow {
		filename /dev/mapper/slow
	}
}

$(ports slow near)

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 slow

			INITIATOR $tools
		}
	}
}
END
serve
udevadm settle
disk=$(disk_of 0xb)
check "a disk" await 10 sg_turs "$disk"
udevadm settle
# Not the block device: nobody else is to send commands.
generic=/dev/$(ls "/sys/block/$(basename "$disk")/device/scsi_generic")

block=$tree/devices/slow/block
ended() { [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }
begin_write() {
	sg_raw -s 4096 -i /dev/zero "$generic" 2a 00 00 00 00 08 00 00 08 00 2>/dev/null &
	write=$!
	check "a write is under way" await 10 grep -q "CDB 2a" $tree/trace_cmds
}
begin_read() {
	sg_raw -r 4096 -o /dev/null "$generic" 28 00 00 00 00 00 00 00 08 00 2>/dev/null &
	read=$!
	check "a read comes" await 10 grep -q "CDB 28" $tree/trace_cmds
}
# Others that come after it would be done by now.
held() {
	sleep 1
	! ended "$1"
}

begin_write
echo 1 >$block || fail "it cannot be blocked"
check "what was under way has ended when it is blocked" [ "$(cat $block)" = "1 0" ]
check "well" wait "$write"
begin_read
check "what comes is held" held "$read"
check "it is blocked twice" sh -c "echo 1 >$block"
check "it is let go once" sh -c "echo 0 >$block"
check "and is blocked still" held "$read"
check "it is let go" sh -c "echo 0 >$block"
check "what was held goes on" await 5 ended "$read"
check "well" wait "$read"
refused "it is let go again" sh -c "echo 0 2>/dev/null >$block"

begin_write
refused "all is suspended in a second" sh -c "echo 1 2>/dev/null >$tree/suspend"
check "nothing is" [ "$(cat $tree/suspend)" = 0 ]
check "all is suspended" sh -c "echo 0 >$tree/suspend"
check "the write has ended before" wait "$write"
begin_read
check "what comes is held" held "$read"
refused "one device is let go alone" sh -c "echo 0 2>/dev/null >$block"
check "an abort does not wait" timeout 20 sg_reset -d "$generic"
check "what was aborted is held no longer" await 20 ended "$read"
check "all goes on" sh -c "echo -1 >$tree/suspend"
check "the disk too" await 10 sg_turs "$generic"

say "# inactive"
device=$tree/devices/slow
turn() { echo "$1" 2>/dev/null >$device/active; }
name_it() { echo "$1" 2>/dev/null >$device/filename; }
asked() { sg_raw "$generic" "$@" >"$RESULTS/asked" 2>&1; }
refused "another file while it is active" name_it /dev/mapper/other
begin_write
check "it is made inactive" turn 0
check "the write has ended before, well" wait "$write"
check "it says so" grep -qx 0 $device/active
refused "a read is answered" asked -r 4096 28 00 00 00 00 00 00 00 08 00
check "not ready, somebody has to do something" grep -qi 'manual intervention' "$RESULTS/asked"
refused "nor is it ready" asked 00 00 00 00 00 00
check "what it is it tells all the same" asked -r 36 12 00 00 00 24 00
check "nobody holds the disk" dmsetup remove slow
refused "it is active without a disk" turn 1
check "it stays as it is" grep -qx 0 $device/active
truncate -s 32M /var/lib/other
loop=$(losetup -f --show /var/lib/other) || fail "no second loop device"
echo "0 65536 delay $loop 0 0 $loop 0 2000" | dmsetup create other || fail "no second disk"
udevadm settle
check "it gets another disk" name_it /dev/mapper/other
check "it is active again" turn 1
refused "initiators are not told" asked 00 00 00 00 00 00
check "that the medium may be another" grep -qi 'medium may have changed\|capacity data has changed' \
	"$RESULTS/asked"
check "then it is ready" await 10 sg_turs "$generic"
check "with the other's size" sh -c "sg_readcap $generic | grep -q '65535'"
check "once more is no mistake" turn 1

check "it is blocked" sh -c "echo 1 >$block"
refused "an initiator gets an answer" timeout 3 iscsi-readcapacity16 "iscsi://$portal/$target/0"
no_session() { [ -z "$(ls "$tree/targets/iscsi/$target/sessions")" ]; }
check "a session ends with what it has there" await 10 no_session
begin_read
check "it is deleted all the same" timeout 20 sh -c "echo del_device slow >$tree/handlers/vdisk_blockio/mgmt"
check "what was held has ended" await 40 ended "$read"
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
