#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A target that swallows commands, as one does that hangs: its initiator aborts them, and finds that
# they were there; its session lives; nothing keeps the target from being taken down.
# image: target
# timeout: 400
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
write_conf writable
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
udevadm settle
hole=$(ls $tree/targets/iscsi/"$target"/ini_groups/*/black_hole)
session=$(ls -d $tree/targets/iscsi/"$target"/sessions/*)
born=$(stat -c %i "$session")
echo 5 >"/sys/block/$(basename "$(readlink -f "$disk")")/device/timeout"

# The unit attention of a new session is told of like this, too.
resets() { dmesg | grep -c 'device reset occurred'; }
before=$(resets)
ended() { [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }
begin_read() {
	dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null &
	read=$!
	check "$1" await 10 grep -q 'CDB 28' $tree/trace_cmds
}

echo 1 >"$hole"
begin_read "a read is swallowed"
sleep 3
refused "it is answered" ended $read
echo 0 >"$hole"
check "its initiator aborts it and tries again" await 60 ended $read
check "with success" wait $read
check "the session is the same" test "$(stat -c %i "$session")" = "$born"
check "nothing was reset" test "$(resets)" = "$before"

echo 3 >"$hole"
dd if=/dev/zero of="$disk" bs=64k count=1 oflag=direct status=none 2>/dev/null &
write=$!
check "a write is swallowed, data and all" await 10 grep -q 'CDB 2a' $tree/trace_cmds
check "what moves no data is answered" timeout 4 sg_turs "$disk"
echo 0 >"$hole"
check "the write is tried again, too" await 60 ended $write
check "with success" wait $write

echo 1 >"$hole"
begin_read "a read is swallowed again"
check "its device can be deleted meanwhile" \
	timeout 20 sh -c "echo 'del_device disk0' >$tree/handlers/vdisk_fileio/mgmt"
echo 0 >"$hole"
check "the read ends" await 90 ended $read
refused "well" wait $read
logout
check "the kernel log is clean" kernel_log_is_clean
