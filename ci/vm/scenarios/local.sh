#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# scst_local: several sessions of a target, each with the LUNs of its group; sessions that come and
# go, one of them under I/O; what INQUIRY and reservations tell of the transport.
# image: target
# timeout: 400
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
driver=$tree/targets/scst_local
near=$driver/near
truncate -s 64M /var/lib/file
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE file {
		filename /var/lib/file
	}
}

HANDLER vdisk_nullio {
	DEVICE null {
		size_mb 64
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 file
		LUN 1 null

		GROUP guests {
			LUN 0 null {
				read_only 1
			}

			INITIATOR guest*
		}
	}
}
END
systemctl start scst.service || fail "the target does not start"
# disk_of SESSION MODEL: the disk by which the machine sees it there; false if there is none.
disk_of() {
	host=$(readlink -f "$near/sessions/$1/host") || return 1
	for model in "$host"/target*/*/model; do
		[ "$(tr -d ' ' <"$model" 2>/dev/null)" = "$2" ] || continue
		name=$(ls "${model%/model}/block" 2>/dev/null) || return 1
		echo "/dev/$name"
		return
	done
	return 1
}
has_disk() { disk_of "$1" "$2" >/dev/null; }
reads() { dd if="$1" of=/dev/null bs=4k count=16 iflag=direct status=none; }
writes() { dd if=/dev/zero of="$1" bs=4k count=16 oflag=direct status=none 2>/dev/null; }
# mgmt COMMAND: to the driver's mgmt file.
mgmt() { echo "$1" 2>/dev/null >$driver/mgmt; }
there() { [ -d "$driver/$1" ]; }
gone() { ! there "$1"; }

say "# sessions"
check "a session stands there at once" there near/sessions/near
check "with its disks soon" await 30 has_disk near file
mgmt 'add_session near guest1'
check "so does one that is added" there near/sessions/guest1
check "it has the LUN of its group" await 30 has_disk guest1 null
refused "and no other" has_disk guest1 file
udevadm settle
check "which it reads" reads "$(disk_of guest1 null)"
refused "and does not write" writes "$(disk_of guest1 null)"
refused "the same name again" mgmt 'add_session near guest1'
refused "a session of a target that is not there" mgmt 'add_session far guest2'
mgmt 'add_target pair session_name=left; session_name=right'
check "a target can begin with two" there pair/sessions/left
check "the second too" there pair/sessions/right
echo 'add null 0' >$driver/pair/luns/mgmt
check "they are hosts" await 30 test -e $driver/pair/sessions/left/host
check "each its own" await 30 test -e $driver/pair/sessions/right/host
refused "two of one name" mgmt 'add_target twins session_name=one; session_name=one'

say "# what never waits"
null=$(disk_of near null)
# All that goes the fast way, and what is too long for it.
fio --name=mix --filename="$null" --rw=randrw --bsrange=512-1M --iodepth=32 \
	--numjobs=2 --ioengine=libaio --direct=1 --time_based --runtime=5 --group_reporting \
	--output="$RESULTS/fio" || fail "fio on nullio"
check "a disk that keeps nothing takes all of it" grep -qE '^ *(READ|WRITE):' "$RESULTS/fio"
dd if="$null" bs=256k count=4 iflag=direct status=none | tr -d '\0' | wc -c >"$RESULTS/not-zero"
check "and reads as zeros" test "$(cat "$RESULTS/not-zero")" = 0

say "# a session that ends under I/O"
guest=$(disk_of guest1 null)
(while reads "$guest"; do :; done) 2>/dev/null &
reader=$!
check "a session is deleted while it is read" mgmt 'del_session near guest1'
check "it is gone when that returns" gone near/sessions/guest1
wait $reader
refused "a second time there is none" mgmt 'del_session near guest1'
mgmt 'add_session near guest1'
check "it can come back" await 30 has_disk guest1 null
check "the other session has lost nothing" reads "$(disk_of near file)"

say "# the transport"
file=$(disk_of near file)
described() { sg_inq --descriptors "$file" >"$RESULTS/inq" && grep -q "$1" "$RESULTS/inq"; }
set_id() { echo "$1" 2>/dev/null >$near/sessions/near/transport_id; }
check "INQUIRY tells of SAS" described 'SAS (no version claimed)'
echo 0x0960 >$near/scsi_transport_version
echo 0d40 >$near/phys_transport_version
check "or of what is set" described 'iSCSI (no version claimed)'
check "of the physical transport too" described 'FC-AL'
id=460000005000000000000001000000000000000000000000
check "a TransportID can be set" set_id $id
refused "one of 25 bytes" set_id ${id}00
refused "half a byte" set_id ${id}0
sg_persist --out --register --param-sark=0x1 "$file" >/dev/null || fail "no registration"
sg_persist --in --read-full-status "$file" >"$RESULTS/full-status"
check "reservations know the session by it" grep -qi 'SAS address: 0x5000000000000001' \
	"$RESULTS/full-status"
sg_persist --out --register --param-rk=0x1 "$file" >/dev/null
check "the kernel log is clean" kernel_log_is_clean
