#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A LUN is replaced, and a session moved to another group, without a moment in which there is none;
# what the initiator holds on the device stays. What is under way with the device before is aborted
# by task management for the LUN, and ends with its session.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
truncate -s 64M /var/lib/one
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE one {
		filename /var/lib/one
	}
}

HANDLER vdisk_nullio {
	DEVICE other {
		size_mb 64
	}
}

$(ports one near far)

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 one

			INITIATOR $tools
			INITIATOR $initiator
		}
	}
}
END
serve
udevadm settle
generic_of() { echo "/dev/$(ls "/sys/block/$(basename "$(disk_of "$1")")/device/scsi_generic")"; }
near=$(disk_of 0xb)
check "a disk" test -b "$near"
driver=$tree/targets/scst_local

say "# under I/O"
(
	until [ -e /root/enough ]; do
		fio --name=near --filename="$near" --direct=1 --ioengine=libaio --iodepth=16 --bsrange=4k-64k --rw=randrw \
			--verify=crc32c --verify_fatal=1 --verify_backlog=64 --size=60M --time_based --runtime=10 >>"$RESULTS/fio" 2>&1 ||
			: >/root/wrong
	done
) &
writer=$!
moving() { [ "$(awk '{ print $7 }' "/sys/block/${near##*/}/stat")" -gt "$1" ]; }
check "I/O is under way" await 120 moving 1000
round=0
while [ $round -lt 200 ]; do
	round=$((round + 1))
	echo "replace_no_ua one 0" >$driver/near/luns/mgmt || fail "it is not replaced, $round"
	[ $((round % 20)) != 0 ] || echo "replace one 0" >$driver/near/luns/mgmt || fail "it is not replaced, $round"
done
say "replaced 210 times"
name=$(cat $driver/near/sessions/*/initiator_name)
for group in a b; do
	echo "create $group" >$driver/near/ini_groups/mgmt
	echo "add one 0" >$driver/near/ini_groups/$group/luns/mgmt
done
echo "add $name" >$driver/near/ini_groups/a/initiators/mgmt
check "the session is in another group" test -e "$driver/near/ini_groups/a/luns/0"
round=0
while [ $round -lt 20 ]; do
	round=$((round + 1))
	echo "move $name b" >$driver/near/ini_groups/a/initiators/mgmt || fail "it is not moved, $round"
	echo "move $name a" >$driver/near/ini_groups/b/initiators/mgmt || fail "it is not moved back, $round"
done
say "moved 40 times"
at=$(awk '{ print $7 }' "/sys/block/${near##*/}/stat")
check "I/O goes on" await 120 moving $((at + 500))
: >/root/enough
wait $writer
refused "what was written is not what is read, or a command failed" test -e /root/wrong
refused "the kernel has seen an error of the disk" sh -c 'dmesg | grep -E "I/O error|Logical unit not supported"'

say "# what it holds"
near=$(generic_of 0xb) far=$(generic_of 0xc)
ready() { sg_raw "$1" 00 00 00 00 00 00 >/dev/null 2>&1; }
check "both have nothing to tell" sh -c "sg_turs -n 3 $near; sg_turs -n 3 $far"
stop_udev
check "one reserves it" sg_raw "$near" 16 00 00 00 00 00
refused "the other has it" ready "$far"
echo "replace_no_ua one 0" >$driver/near/ini_groups/a/luns/mgmt
check "who reserved it has it still" ready "$near"
refused "the other has it" ready "$far"
check "it is given free" sg_raw "$near" 17 00 00 00 00 00
check "the other has it" ready "$far"
start_udev

say "# what is under way"
cat >/root/replace.py <<'END'
import glob, sys

sys.path.insert(0, "/run/jobs")
import pdu

TREE = "/sys/kernel/scst_tgt"
TARGET, INITIATOR = sys.argv[1:3]
LUNS = f"{TREE}/targets/iscsi/{TARGET}/ini_groups/allowed/luns/mgmt"
COMPLETE, NO_TASK, NO_LUN = 0, 1, 2


def put(path, value):
    with open(path, "w") as f:
        f.write(value)


def check(what, is_, wanted):
    assert is_ == wanted, f"{what}: {is_}, and not {wanted}"
    print("ok:", what, flush=True)


def held(s, tag):
    """A read of the device that is blocked, and the CmdSN of it."""
    s.send(tag, pdu.SIMPLE, pdu.READ)
    check("a read is held", s.quiet(1), True)
    return s.sn - 1


block = TREE + "/devices/one/block"
s = pdu.Session(TARGET, INITIATOR)
s.until_ready()
put(block, "1")
sn = held(s, 10)
put(LUNS, "replace_no_ua other 0")
s.settled()
check("the LUN has been replaced, the read is held still", s.quiet(1), True)
s.manage(11, pdu.ABORT_TASK, 10, sn)
check("it is aborted", s.ended(1), [(11, COMPLETE)])
s.manage(12, pdu.ABORT_TASK, 10, sn)
check("once", s.ended(1), [(12, NO_TASK)])

put(LUNS, "replace_no_ua one 0")
held(s, 20)
put(LUNS, "replace_no_ua other 0")
s.settled()
s.manage(21, pdu.LUN_RESET)
check("it ends by a reset of the LUN", s.ended(1), [(21, COMPLETE)])
s.until_ready()

put(LUNS, "replace_no_ua one 0")
sn = held(s, 30)
put(LUNS, "del 0")
s.manage(31, pdu.ABORT_TASK, 30, sn)
check("it is aborted though there is no LUN any more", s.ended(1), [(31, COMPLETE)])
s.manage(32, pdu.LUN_RESET)
check("nothing is left of it", s.ended(1), [(32, NO_LUN)])

put(block, "0")
put(LUNS, "add one 0")
s.until_ready()
put(block, "1")
held(s, 40)
put(LUNS, "replace_no_ua other 0")
s.s.close()
for session in glob.glob(f"{TREE}/targets/iscsi/{TARGET}/sessions/*"):
    pdu.await_gone(session)
print("ok: it ends with its session", flush=True)
put(block, "0")
END
# A failure leaves it blocked, and the guest's shutdown waiting for its disks.
trap 'sh -c "echo 0 >$tree/devices/one/block" 2>/dev/null' EXIT
check "all of it ends" timeout 120 python3 /root/replace.py "$target" "$initiator"
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
