#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Task attributes (SAM-5 8.6): on a disk whose writes take two seconds, reads that are SIMPLE overtake a
# write, ORDERED ones wait for it, HEAD OF QUEUE ones wait for nothing, and what waits can be aborted.
# image: target
# timeout: 400
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

dd if=/dev/zero of=/var/lib/slow bs=1M count=16 status=none
modprobe -a loop dm-delay
loop=$(losetup -f --show /var/lib/slow) || fail "no loop device"
echo "0 32768 delay $loop 0 0 $loop 0 2000" | dmsetup create slow || fail "no slow disk"
disk slow vdisk_blockio 'filename /dev/mapper/slow'
disks_conf
serve

cat >/root/attributes.py <<'END'
import sys

sys.path.insert(0, "/run/jobs")
import pdu

from pdu import ABORT_TASK, HEAD, LUN_RESET, ORDERED, READ, SIMPLE, TUR, WRITE, check

s = pdu.Session(sys.argv[1], "iqn.2007-10.com.github:sahlberg:libiscsi:order")
s.until_ready()

s.send(10, SIMPLE, WRITE)
s.send(11, SIMPLE, READ)
check("a simple read overtakes a write", s.ended(2), [(11, 0), (10, 0)])

for itt, attr, cdb in (20, SIMPLE, WRITE), (21, ORDERED, READ), (22, SIMPLE, READ), (23, HEAD, READ):
    s.send(itt, attr, cdb)
check("an ordered one waits, and all that is newer; the head of the queue does not", s.ended(4),
      [(23, 0), (20, 0), (21, 0), (22, 0)])

s.send(30, HEAD, WRITE)
s.send(31, SIMPLE, READ)
check("a simple one waits for the head of the queue", s.ended(2), [(30, 0), (31, 0)])

s.send(40, SIMPLE, WRITE)
of_sn = s.sn
s.send(41, ORDERED, READ)
s.send(42, SIMPLE, READ)
s.manage(43, ABORT_TASK, 41, of_sn)
check("an ordered one that waits is aborted, and lets the next one go", sorted(s.ended(2)), [(42, 0), (43, 0)])
check("the write ends", s.ended(1), [(40, 0)])

s.send(50, SIMPLE, WRITE)
s.send(51, ORDERED, READ)
s.send(52, ORDERED, WRITE)
s.manage(53, LUN_RESET)
check("a reset takes those that wait", s.ended(1), [(53, 0)])
s.send(54, SIMPLE, TUR)
check("the reset is told", s.ended(1), [(54, 2)])
s.send(55, ORDERED, READ)
check("an ordered one alone waits for nothing", s.ended(1), [(55, 0)])
for itt in range(60, 80):
    s.send(itt, ORDERED, READ)
check("ordered ones come in their order", s.ended(20), [(itt, 0) for itt in range(60, 80)])
sys.exit(pdu.failed)
END
check "task attributes" python3 /root/attributes.py iqn.2026-11.org.example:slow
check "the target still answers" answers
systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
