#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Task sets (SAM-5 5.6, 5.9, 8.2; SPC-4 7.5.8): ACA conditions are made, obeyed and cleared; QERR ends
# other commands; TAS tells those that another initiator has aborted; with TST 000b all initiators have
# one task set; with QUEUE ALGORITHM MODIFIER 0h a read does not overtake the write of what it reads.
# image: target
# timeout: 500
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

modprobe -a loop dm-delay
for d in own shared; do
	dd if=/dev/zero of=/var/lib/$d bs=1M count=16 status=none
	loop=$(losetup -f --show /var/lib/$d) || fail "no loop device"
	echo "0 32768 delay $loop 0 0 $loop 0 2000" | dmsetup create $d || fail "no slow disk"
done
disk own vdisk_blockio 'filename /dev/mapper/own'
disk shared vdisk_blockio 'filename /dev/mapper/shared' 'tst 0'
disks_conf
serve

cat >/root/task-set.py <<'END'
import sys

sys.path.insert(0, "/run/jobs")
import pdu
from pdu import (ABORT_TASK_SET, ACA, CLEAR_ACA, CLEAR_TASK_SET, HEAD, LUN_RESET, ORDERED, READ, SIMPLE, TUR,
                 WRITE, check)

GOOD, CHECK, BUSY, ACA_ACTIVE, ABORTED = 0, 2, 8, 0x30, 0x40
DONE = 0
NACA = 4
BAD = bytes([0x28, 0, 0xFF, 0, 0, 0, 0, 0, 1, 0])        # beyond the last block
BAD_NACA = BAD[:9] + bytes([NACA])
TUR_NACA = bytes([0, 0, 0, 0, 0, NACA])
READ_0 = bytes([0x28, 0, 0, 0, 0, 0, 0, 0, 1])            # what WRITE writes
PREFIX = "iqn.2007-10.com.github:sahlberg:libiscsi:"


def control(byte2=0, byte3=0x10, byte5=0, tst=1):
    """MODE SELECT(6) of the control page."""
    page = bytes([0x0A, 10, tst << 5 | byte2, byte3, 0, byte5, 0, 0, 0xFF, 0xFF, 0, 0])
    return bytes([0x15, 0x10, 0, 0, 16, 0]), bytes(4) + page


def select(s, other, **fields):
    s.send(2, SIMPLE, *control(**fields))
    check(f"control page {fields}", s.ended(1), [(2, GOOD)])
    other.until_ready()


def pair(disk):
    both = [pdu.Session("iqn.2026-11.org.example:" + disk, PREFIX + name) for name in ("one", "two")]
    for s in both:
        s.until_ready()
    return both


def aca(a, b):
    a.send(10, ACA, TUR)
    check("an ACA command without an ACA condition is refused", a.ended(1), [(10, CHECK)])
    check("... as an invalid message", a.sense[2:3] + a.sense[12:14], b"\x05\x49\x00")
    a.send(11, SIMPLE, WRITE)
    a.send(12, ORDERED, WRITE)
    a.send(13, HEAD, BAD_NACA)
    check("a command with NACA fails", a.ended(1), [(13, CHECK)])
    a.send(14, SIMPLE, READ)
    check("others are told ACA ACTIVE", a.ended(1), [(14, ACA_ACTIVE)])
    b.send(14, SIMPLE, READ)
    check("but not those of another nexus", b.ended(1), [(14, GOOD)])
    a.send(15, ACA, READ)
    check("an ACA command is done", a.ended(1), [(15, GOOD)])
    check("the write that was under way ends", a.ended(1), [(11, GOOD)])
    check("the one that had not begun is held", a.quiet(3), True)
    b.manage(16, CLEAR_ACA)
    check("CLEAR ACA of another nexus", b.ended(1), [(16, DONE)])
    a.send(17, SIMPLE, TUR)
    check("... changes nothing", a.ended(1), [(17, ACA_ACTIVE)])
    a.manage(18, CLEAR_ACA)
    check("CLEAR ACA, and what was held goes on", a.ended(2), [(18, DONE), (12, GOOD)])
    a.send(19, HEAD, BAD_NACA)
    a.send(20, ACA, BAD)
    a.send(21, SIMPLE, TUR)
    check("an ACA command that fails ends the condition", a.ended(3), [(19, CHECK), (20, CHECK), (21, GOOD)])
    a.send(22, SIMPLE, BAD_NACA)
    a.send(23, ACA, BAD_NACA)
    a.send(24, SIMPLE, TUR)
    check("... or makes the next one", a.ended(3), [(22, CHECK), (23, CHECK), (24, ACA_ACTIVE)])
    a.manage(25, LUN_RESET)
    check("a reset ends it", a.ended(1), [(25, DONE)])
    a.until_ready()
    b.until_ready()
    select(a, b, byte2=0x10)
    a.send(26, SIMPLE, BAD_NACA)
    a.send(27, ACA, TUR)
    a.manage(28, CLEAR_ACA)
    check("with TMF_ONLY no command is taken", a.ended(3), [(26, CHECK), (27, ACA_ACTIVE), (28, DONE)])
    select(a, b)


def qerr(a, b):
    select(a, b, byte3=0x16)
    a.send(30, SIMPLE, WRITE)
    a.send(31, ORDERED, READ)
    a.send(32, HEAD, BAD)
    check("QERR 11b: a command fails", a.ended(1), [(32, CHECK)])
    a.send(33, SIMPLE, READ)
    check("... and takes those before it along", a.ended(1), [(33, GOOD)])
    check("... without a word", a.quiet(4), True)
    select(a, b)


def restricted(a, b):
    a.send(40, SIMPLE, WRITE)
    a.send(41, SIMPLE, READ_0)
    check("reads overtake writes", a.ended(2), [(41, GOOD), (40, GOOD)])
    select(a, b, byte3=0)
    a.send(42, SIMPLE, WRITE)
    a.send(43, SIMPLE, READ_0)
    a.send(44, SIMPLE, READ)
    check("with algorithm 0h those of the same block do not", a.ended(3), [(44, GOOD), (42, GOOD), (43, GOOD)])
    select(a, b)


def told(a, b):
    a.send(50, SIMPLE, WRITE)
    a.settled()
    b.manage(51, LUN_RESET)
    check("TAS 0: a command ends without a word", b.ended(1), [(51, DONE)])
    a.send(52, SIMPLE, TUR)
    check("... but a unit attention", a.ended(1), [(52, CHECK)])
    a.until_ready()
    b.until_ready()
    select(a, b, byte5=0x40)
    a.send(53, SIMPLE, WRITE)
    a.send(54, ORDERED, READ)
    a.settled()
    b.manage(55, LUN_RESET)
    check("TAS 1: the function is done", b.ended(1), [(55, DONE)])
    check("... and each command ends with TASK ABORTED", sorted(a.ended(2)), [(53, ABORTED), (54, ABORTED)])
    a.until_ready()
    b.until_ready()


def one_set(a, b):
    a.send(60, SIMPLE, WRITE)
    a.settled()
    b.send(61, ORDERED, READ)
    check("TST 0: an ordered command waits for those of others", b.quiet(1), True)
    check("... until they end", a.ended(1) + b.ended(1), [(60, GOOD), (61, GOOD)])
    a.send(62, HEAD, WRITE)
    a.settled()
    b.send(63, SIMPLE, READ)
    check("a simple one waits for the other's head of queue", a.ended(1) + b.ended(1), [(62, GOOD), (63, GOOD)])
    a.send(64, SIMPLE, BAD_NACA)
    check("an ACA condition", a.ended(1), [(64, CHECK)])
    b.send(65, SIMPLE, TUR)
    b.send(66, SIMPLE, TUR_NACA)
    b.send(67, ACA, TUR)
    check("... is everybody's", b.ended(3), [(65, BUSY), (66, ACA_ACTIVE), (67, ACA_ACTIVE)])
    a.manage(68, CLEAR_ACA)
    check("... until it is cleared", a.ended(1), [(68, DONE)])
    b.send(69, SIMPLE, TUR)
    check("... for all", b.ended(1), [(69, GOOD)])
    a.send(70, SIMPLE, BAD_NACA)
    check("an ACA condition again", a.ended(1), [(70, CHECK)])
    b.send(71, SIMPLE, TUR)
    check("... stands in the other's way", b.ended(1), [(71, BUSY)])
    a.s.close()
    b.send(72, SIMPLE, TUR)
    while b.ended(1) != [(72, GOOD)]:
        b.send(72, SIMPLE, TUR)
    check("it goes with its nexus", True, True)
    a = pdu.Session("iqn.2026-11.org.example:shared", PREFIX + "one")
    a.until_ready()
    a.send(73, SIMPLE, WRITE)
    a.settled()
    b.manage(74, CLEAR_TASK_SET)
    check("CLEAR TASK SET takes the commands of all", b.ended(1), [(74, DONE)])
    a.send(75, SIMPLE, TUR)
    check("... and tells by a unit attention", a.ended(1), [(75, CHECK)])
    check("... that another has cleared them", a.sense[2:3] + a.sense[12:14], b"\x06\x2f\x00")
    select(a, b, byte3=0x12, tst=0)
    a.send(76, SIMPLE, WRITE)
    a.settled()
    b.send(77, SIMPLE, BAD)
    check("QERR 01b: a command of one fails", b.ended(1), [(77, CHECK)])
    a.send(78, SIMPLE, TUR)
    check("... and ends those of all", a.ended(1), [(78, CHECK)])
    check("... which is told", a.sense[2:3] + a.sense[12:14], b"\x06\x2f\x00")


own, other = pair("own")
aca(own, other)
qerr(own, other)
restricted(own, other)
told(own, other)
one_set(*pair("shared"))
sys.exit(pdu.failed)
END
check "task sets" python3 /root/task-set.py
check "the target still answers" answers
systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
