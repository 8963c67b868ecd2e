#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Error recovery above level 0 (RFC 7143 7): what was sent is sent again on SNACK, what came damaged or
# not at all is asked for by R2T, damaged requests are repeated with their CmdSN; what is kept for
# that has bounds.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/recovery.py <<'END'
import os, struct, sys

sys.path.insert(0, "/run/jobs")
import pdu
from pdu import DATA_IN, NOP_IN, R2T, REJECT, RESPONSE, TEXT_RESPONSE, TUR, Nexus, check

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


def start(*keys):
    n = Nexus(TARGET, INITIATOR, "ErrorRecoveryLevel=2", *keys)
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
    check("the level is the lesser of both", c.settled.get("ErrorRecoveryLevel"), LEVEL)
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


def not_agreed():
    n = Nexus(TARGET, INITIATOR)
    c = n.connections[1]
    n.until_ready(c)
    c.snack(STATUS)
    check("at level 0 there is no SNACK", rejected(c), NOT_KEPT)
    c.logout(0)


LEVEL = open(f"/sys/kernel/scst_tgt/targets/iscsi/{TARGET}/ErrorRecoveryLevel").read().split()[0]
for part in (snack_of_data, snack_of_status, data_is_acknowledged, snack_of_r2t, lost_data, damaged, bounds, not_agreed):
    part()
sys.exit(pdu.failed)
END

write_conf writable
sed -i 's/^\t\tHeaderDigest/\t\tErrorRecoveryLevel 1\n&/' /etc/scst.conf
serve
check "error recovery" python3 /root/recovery.py "$target"
check "the target still answers" answers
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
