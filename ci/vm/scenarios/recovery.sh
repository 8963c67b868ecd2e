#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Error recovery above level 0 (RFC 7143 7): what was sent is sent again on SNACK, what came damaged or
# not at all is asked for by R2T, damaged requests are repeated with their CmdSN; what is kept for
# that has bounds. Tasks of a connection that is lost go on at another one, for a time.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/recovery.py <<'END'
import os, struct, sys, time

sys.path.insert(0, "/run/jobs")
import pdu
from pdu import (DATA_IN, NOP_IN, R2T, REJECT, RESPONSE, TASK_REASSIGN, TEXT_RESPONSE, TUR, Nexus, Refused,
                 check)

TARGET = sys.argv[1]
INITIATOR = "iqn.2007-10.com.github:sahlberg:libiscsi:recovery"
DATA, STATUS, DATA_ACK, R_DATA = 0, 1, 2, 3
BAD_DIGEST, NOT_KEPT, PROTOCOL = 2, 3, 4
HEADER, PAYLOAD = "HeaderDigest", "DataDigest"
DIGESTS = ("HeaderDigest=CRC32C", "DataDigest=CRC32C")
A_BIT = 0x40


def write(lba, blocks=1):
    return struct.pack(">BBIBH", 0x2A, 0, lba, 0, blocks)


def read(lba, blocks=1):
    return struct.pack(">BBIBH", 0x28, 0, lba, 0, blocks)


def start(*keys, level=1):
    n = Nexus(TARGET, INITIATOR, f"ErrorRecoveryLevel={level}", "MaxConnections=4", *keys)
    c = n.connections[1]
    n.until_ready(c)
    return c


def number(head, at):
    return int.from_bytes(head[at:at + 4], "big")


def text(c, key):
    data = key.encode() + b"\0"
    c.send(0x44, 0x80, c.nexus.next_itt(), struct.pack(">III", 0xFFFFFFFF, c.nexus.sn, c.ack), data)
    c.wanted(TEXT_RESPONSE)


def acknowledge(c):
    c.withheld = None
    c.end(c.nop())


def fetch(c, blocks):
    """The PDUs of a read, and its tag. Its status is not acknowledged."""
    c.withheld = c.exp_stat_sn
    itt = c.command(read(0, blocks), wanted=blocks * 512)
    found = []
    while not found or found[-1][0][0] & 0x3F != RESPONSE:
        found.append(c.read())
    return itt, found


def same(a, b):
    """ExpCmdSN and MaxCmdSN are what they are now."""
    return a[0][:28] + a[0][36:] == b[0][:28] + b[0][36:] and a[1] == b[1]


def rejected(c):
    return c.wanted(REJECT)[0][2]


def snack_of_data():
    c = start("MaxRecvDataSegmentLength=1024")
    check("the level is the lesser of both", c.settled.get("ErrorRecoveryLevel"), "1")
    itt, sent = fetch(c, 8)
    check("data and status come apart", [p[0][0] & 0x3F for p in sent], [DATA_IN] * 4 + [RESPONSE])
    c.snack(DATA, itt, 1, 2)
    check("two PDUs are sent again", [same(c.wanted(DATA_IN), sent[i]) for i in (1, 2)], [True] * 2)
    c.snack(DATA, itt, 2, 0)
    check("... all from one on", [same(c.wanted(DATA_IN), sent[i]) for i in (2, 3)], [True] * 2)
    c.snack(DATA, itt, 3, 2)
    check("... but none that there was not", rejected(c), PROTOCOL)
    c.snack(STATUS, begin=number(sent[4][0], 24), run=1)
    check("a status is sent again", same(c.wanted(RESPONSE, again=True), sent[4]), True)
    check("... without anything else", c.quiet(1), True)
    text(c, "MaxRecvDataSegmentLength=512")
    c.snack(DATA, itt, 0, 0)
    check("of another length there are no replicas", rejected(c), NOT_KEPT)
    c.snack(R_DATA, itt, tag=0x1234)
    again = [c.wanted(DATA_IN) for _ in range(8)]
    check("... but all data in other pieces", b"".join(p[1] for p in again), b"".join(p[1] for p in sent[:4]))
    check("... which are numbered", [number(p[0], 36) for p in again], list(range(8)))
    status = c.wanted(RESPONSE, again=True)[0]
    check("... and the status, with its StatSN", status[24:28], sent[4][0][24:28])
    check("... and the SNACK's tag", number(status, 20), 0x1234)
    c.snack(DATA, itt, 7, 1)
    check("these can be had once more", same(c.wanted(DATA_IN), again[7]), True)
    acknowledge(c)
    c.snack(DATA, itt, 7, 1)
    check("what was acknowledged is not kept", rejected(c), PROTOCOL)
    c.snack(STATUS, begin=number(status, 24), run=1)
    check("... nor its status", rejected(c), PROTOCOL)
    c.logout(0)


def snack_of_status():
    c = start()
    first = c.withheld = c.exp_stat_sn
    pings = [c.nop() for _ in range(3)]
    told = [c.wanted(NOP_IN) for _ in pings]
    c.command(b"\xff" + bytes(5))
    sense = c.wanted(RESPONSE)
    c.snack(STATUS, begin=first + 1, run=0)
    check("statuses are sent again, with their sense data",
          [same(c.read(again=True), p) for p in (*told[1:], sense)], [True] * 3)
    c.snack(STATUS, begin=first + 9, run=1)
    check("one that there was not", rejected(c), PROTOCOL)
    c.logout(0)


def data_is_acknowledged():
    c = start("MaxRecvDataSegmentLength=131072")
    itt, sent = fetch(c, 1024)
    check("the end of a long read is to be acknowledged", [bool(p[0][1] & A_BIT) for p in sent[:4]],
          [False] * 3 + [True])
    c.snack(DATA_ACK, 0xFFFFFFFF, begin=4, tag=number(sent[3][0], 20))
    c.snack(DATA, itt, 3, 1)
    check("then it is not kept any longer", rejected(c), PROTOCOL)
    c.logout(0)


def snack_of_r2t():
    c = start("InitialR2T=Yes")
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096)
    asked = c.wanted(R2T)
    c.snack(DATA, itt, 0, 1)
    check("an R2T is sent again", same(c.wanted(R2T), asked), True)
    c.snack(DATA, itt, 1, 1)
    check("... but none that there was not", rejected(c), PROTOCOL)
    c.data_out(itt, number(asked[0], 20), 0, 0, data)
    check("the write is done", c.end(itt)[3], 0)
    c.logout(0)


def pieces(c, itt, ttt, data, offset, left_out=(), spoil={}):
    """One burst of 1 KiB PDUs, some of which get lost or are damaged."""
    parts = [data[i:i + 1024] for i in range(0, len(data), 1024)]
    for i, part in enumerate(parts):
        if i not in left_out:
            c.data_out(itt, ttt, i, offset + i * 1024, part, i == len(parts) - 1, spoil.get(i))


def asks_again(c, what, data, itt, offset, sn):
    """The rest is asked for, sent, and the command done."""
    head = c.wanted(R2T)[0]
    check(what, [number(head, at) for at in (36, 40, 44)], [sn, offset, 4096 - offset])
    pieces(c, itt, number(head, 20), data[offset:], offset)
    head = c.end(itt)
    check("... and the write is done", (head[3], number(head, 36)), (0, sn + 1))
    c.end(c.command(read(0, 8), wanted=4096))
    check("... with what was sent", c.data == data, True)


def lost_data():
    c = start("InitialR2T=Yes")
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096)
    pieces(c, itt, number(c.wanted(R2T)[0], 20), data, 0, left_out=(1,))
    asks_again(c, "a PDU is missing: the rest is asked for", data, itt, 1024, 1)
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096)
    pieces(c, itt, number(c.wanted(R2T)[0], 20), data, 0, left_out=(3,))
    asks_again(c, "the last PDU is missing", data, itt, 3072, 1)
    c.logout(0)
    c = start("InitialR2T=No", "FirstBurstLength=4096")
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096, final=False)
    pieces(c, itt, 0xFFFFFFFF, data, 0, left_out=(2,))
    asks_again(c, "a PDU of unsolicited data is missing", data, itt, 2048, 0)
    c.logout(0)


def damaged():
    c = start("InitialR2T=Yes", *DIGESTS)
    check("digests are on", [c.settled.get(k) for k in (HEADER, PAYLOAD)], ["CRC32C"] * 2)
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096)
    pieces(c, itt, number(c.wanted(R2T)[0], 20), data, 0, spoil={1: HEADER})
    asks_again(c, "a damaged header: the rest is asked for", data, itt, 1024, 1)
    data = os.urandom(4096)
    itt = c.command(write(0, 8), total=4096)
    pieces(c, itt, number(c.wanted(R2T)[0], 20), data, 0, spoil={2: PAYLOAD})
    check("damaged data is rejected", rejected(c), BAD_DIGEST)
    asks_again(c, "... and the rest is asked for", data, itt, 2048, 1)

    n = c.nexus
    sn, itts = n.sn, [n.next_itt() for _ in range(3)]
    n.sn += 3
    block = os.urandom(512)
    c.command(write(3), block, sn=sn, itt=itts[0], spoil=HEADER)
    c.command(TUR, sn=sn + 1, itt=itts[1])
    c.command(TUR, sn=sn + 2, itt=itts[2])
    check("after a damaged request the others wait", c.quiet(1), True)
    c.command(write(3), block, sn=sn, itt=itts[0], spoil=PAYLOAD)
    check("with damaged data it is rejected", rejected(c), BAD_DIGEST)
    check("... and they wait", c.quiet(1), True)
    c.command(write(3), block, sn=sn, itt=itts[0])
    ended = [c.wanted(RESPONSE)[0] for _ in itts]
    check("repeated it lets them go on", sorted((number(h, 16), h[3]) for h in ended), [(i, 0) for i in sorted(itts)])
    c.command(write(3), bytes(512), sn=sn, itt=itts[0])
    c.end(c.command(read(3), wanted=512))
    check("repeated without need it does nothing", c.data == block, True)
    for _ in range(3):
        c.send(0x40, 0x80, 9, struct.pack(">III", 0xFFFFFFFF, n.sn, c.ack), spoil=HEADER)
    check("a stream that is lost is closed", c.closed(), True)


def bounds():
    c = start()
    c.withheld = c.exp_stat_sn
    count = 0
    while count < 600 and c.nop() and c.read():
        count += 1
    check("who acknowledges nothing is closed", 500 < count < 520, True)


DONE, NO_TASK, STILL_ALLEGIANT, NOT_SUPPORTED = 0, 1, 3, 4
RECOVERY = 2


def lose(c, by):
    """The connection breaks, and the other one says so."""
    c.s.close()
    return by.logout(RECOVERY, c.cid)


def taken(c, itt, exp_data_sn=0):
    return c.manage(TASK_REASSIGN, itt, exp_data_sn=exp_data_sn)


def reads_go_on():
    a = start("MaxRecvDataSegmentLength=1024", level=2)
    b = a.nexus.connect(2, "MaxRecvDataSegmentLength=1024")
    itt, sent = fetch(a, 8)
    check("a task of a connection that works", taken(b, itt), STILL_ALLEGIANT)
    check("the connection is logged out for recovery", lose(a, b), 0)
    check("... with the time there is", (b.time_to_wait, b.time_to_retain), (2, 20))
    b.withheld = b.exp_stat_sn
    check("a task is taken over", taken(b, itt, 2), DONE)
    check("... and goes on where it was", [b.wanted(DATA_IN)[1] for _ in range(2)], [p[1] for p in sent[2:4]])
    check("... up to its status", b.wanted(RESPONSE)[0][3], 0)
    check("then it is that connection's", taken(b, itt), STILL_ALLEGIANT)
    acknowledge(b)
    check("... until it has ended", taken(b, itt), NO_TASK)
    check("who has left is not there", b.logout(RECOVERY, 7), 1)
    b.logout(0)


def writes_go_on():
    a = start("InitialR2T=Yes", level=2)
    n = a.nexus
    b = n.connect(2)
    data = os.urandom(4096)
    itt = a.command(write(0, 8), total=4096)
    other = a.command(write(16, 8), total=4096)
    ttt = number(a.wanted(R2T)[0], 20)
    a.wanted(R2T)
    a.data_out(itt, ttt, 0, 0, data[:1024], final=False)
    a.end(a.nop())
    check("the connection is logged out for recovery", lose(a, b), 0)
    check("a write is taken over", taken(b, itt, 1), DONE)
    asks_again(b, "... and what has not come is asked for", data, itt, 1024, 1)
    check("one that waits is aborted", b.manage(pdu.ABORT_TASK, other, n.sn - 2), DONE)
    check("... and cannot be taken over", taken(b, other, 1), NO_TASK)
    b.logout(0)


def executing_goes_on():
    a = start(level=2)
    n = a.nexus
    n.until_ready(a, lun=1)
    b = n.connect(2)
    itt = a.command(write(0), bytes(512), lun=1)
    a.end(a.nop())
    check("the connection is logged out for recovery", lose(a, b), 0)
    check("a task that is being done is taken over", taken(b, itt), DONE)
    check("... and answered where it is now", b.end(itt)[3], 0)
    itt = b.command(write(0), bytes(512), lun=1)
    b.end(b.nop())
    again = n.connect(2)
    check("a new connection of the same CID begins at once", again.end(again.nop())[0] & 0x3F, NOP_IN)
    check("... and takes over", taken(again, itt), DONE)
    check("... what the old one did", again.end(itt)[3], 0)
    again.logout(0)


def time_is_up():
    a = start("DefaultTime2Retain=2", "DefaultTime2Wait=0", level=2)
    n = a.nexus
    itt = a.command(write(0, 8), total=4096)
    a.wanted(R2T)
    a.s.close()
    b = n.connect(3)
    check("a session whose only connection is lost goes on", b.end(b.nop())[0] & 0x3F, NOP_IN)
    until = time.monotonic() + 60
    while (answer := taken(b, 0x7777)) == NO_TASK and os.path.isdir(SESSION + "/127.0.0.1") and time.monotonic() < until:
        time.sleep(0.2)
    check("what nobody takes over in time is dropped", (answer, taken(b, itt)), (NO_TASK, NO_TASK))
    b.s.close()
    try:
        while time.monotonic() < until:
            n.connect(3).s.close()
            time.sleep(4)
        check("a session that nobody goes on with ends", False, True)
    except Refused as e:
        check("a session that nobody goes on with ends", e.status, 0x020A)


def not_agreed():
    n = Nexus(TARGET, INITIATOR)
    c = n.connections[1]
    n.until_ready(c)
    c.snack(STATUS)
    check("at level 0 there is no SNACK", rejected(c), NOT_KEPT)
    check("... no task is taken over", taken(c, 0x7777), NOT_SUPPORTED)
    check("... and no connection recovered", c.logout(RECOVERY, 2), 2)
    c.logout(0)


SESSION = f"/sys/kernel/scst_tgt/targets/iscsi/{TARGET}/sessions/{INITIATOR}"
for part in (snack_of_data, snack_of_status, data_is_acknowledged, snack_of_r2t, lost_data, damaged, bounds,
             reads_go_on, writes_go_on, executing_goes_on, time_is_up, not_agreed):
    pdu.await_gone(SESSION)
    part()
sys.exit(pdu.failed)
END

modprobe -a loop dm-delay
truncate -s 16M /var/lib/slow
loop=$(losetup -f --show /var/lib/slow) || fail "no loop device"
echo "0 32768 delay $loop 0 0 $loop 0 2000" | dmsetup create slow || fail "no slow disk"
write_conf writable
sed -i 's/^\t\tHeaderDigest/\t\tErrorRecoveryLevel 2\n\t\tMaxConnections 4\n&/; s/^\t\t\tLUN 0 .*/&\n\t\t\tLUN 1 slow/' /etc/scst.conf
cat >>/etc/scst.conf <<'CONF'

HANDLER vdisk_blockio {
	DEVICE slow {
		filename /dev/mapper/slow
	}
}
CONF
serve
check "error recovery" python3 /root/recovery.py "$target"
check "the target still answers" answers
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
