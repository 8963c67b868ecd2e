#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions of several connections (RFC 7143 4.2, 6.3): logins that join one, one CmdSN for all of them
# with delivery in its order, task management across them, logout, loss and reinstatement of one.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/connections.py <<'END'
import glob, os, random, struct, sys

sys.path.insert(0, "/run/jobs")
import pdu
from pdu import (ABORT_TASK, ABORT_TASK_SET, LUN_RESET, ORDERED, R2T, RESPONSE, TUR, Nexus, Refused, check)

TARGET = sys.argv[1]
INITIATOR = "iqn.2007-10.com.github:sahlberg:libiscsi:connections"
SESSION = f"/sys/kernel/scst_tgt/targets/iscsi/{TARGET}/sessions/{INITIATOR}"
SESSION_CLOSED, NO_CID = 0, 1
COMPLETE, NO_TASK = 0, 1
OWN = ("HeaderDigest=None", "DataDigest=None")


def write(lba, blocks=1):
    return struct.pack(">BBIBH", 0x2A, 0, lba, 0, blocks)


def read(lba, blocks=1):
    return struct.pack(">BBIBH", 0x28, 0, lba, 0, blocks)


def block(number):
    return struct.pack(">I", number) * 128


def nexus(*keys):
    n = Nexus(TARGET, INITIATOR, "MaxConnections=8", *keys)
    n.until_ready(n.connections[1])
    return n


def refusal(n, cid, *keys):
    try:
        n.connect(cid, *keys)
        return 0
    except Refused as e:
        return e.status


def good(c, itt):
    return c.end(itt)[3] == 0


def shown():
    """The CIDs of the session's connections."""
    return sorted(int(open(f).read()) for f in glob.glob(SESSION + "/*/cid"))


def logins():
    n = nexus()
    check("MaxConnections is the lesser of both", n.settled.get("MaxConnections"), "4")
    check("it is shown", open(SESSION + "/MaxConnections").read(), "4\n")
    b = n.connect(2, *OWN, ahead=7)
    check("a further connection has the session's handle", b.tsih, n.tsih)
    check("... is told what the session has received", b.exp_cmd_sn, n.sn)
    check("each has a directory", shown(), [1, 2])
    check("what was settled before is refused", refusal(n, 3, "MaxBurstLength=65536"), 0x0200)
    n.tsih ^= 0x5555
    check("a session that is not there", refusal(n, 3), 0x020A)
    n.tsih ^= 0x5555
    n.isid, isid = b"\x80abcde", n.isid
    check("another port's session", refusal(n, 3), 0x020A)
    n.isid = isid
    n.connect(3)
    n.connect(4)
    check("no more than were agreed on", refusal(n, 5), 0x0206)
    check("all of them work", [good(c, c.command(TUR)) for c in n.connections.values()], [True] * 4)
    check("logging out of the session", b.logout(0), SESSION_CLOSED)
    check("... ends all", [c.closed() for c in n.connections.values()], [True] * 4)


def order():
    n = nexus("InitialR2T=No", "FirstBurstLength=65536")
    a, b = n.connections[1], n.connect(2)
    sn = n.sn
    early = b.command(write(0), block(2), sn=sn + 1, attr=ORDERED)
    check("what comes too early is held", b.quiet(1), True)
    late = a.command(write(0), block(1), sn=sn, attr=ORDERED)
    check("... until its turn has come", (good(a, late), good(b, early)), (True, True))
    n.sn = sn + 2
    a.end(a.command(read(0), wanted=512))
    check("... and is done in order", a.data == block(2), True)

    sn = n.sn
    ping = b.nop(sn + 3)
    again = b.command(read(5), wanted=512, sn=sn + 2)
    data = b"".join(block(100 + i) for i in range(8))
    w = b.command(write(8, 8), data[:1024], sn=sn + 1, total=4096, final=False)
    b.data_out(w, 0xFFFFFFFF, 0, 1024, data[1024:2048], final=False)
    b.data_out(w, 0xFFFFFFFF, 1, 2048, data[2048:])
    check("a held write waits with its unsolicited data", b.quiet(1), True)
    b.command(TUR, sn=sn + 1, itt=w)
    b.end(b.nop())  # so that it has come before what goes another way
    first = a.command(TUR, sn=sn)
    n.sn = sn + 4
    good(a, first)
    ended = [int.from_bytes(b.read()[0][16:20], "big") for _ in range(3)]
    check("all go when the missing one has come", sorted(ended), sorted([w, again, ping]))
    a.end(a.command(read(8, 8), wanted=4096))
    check("... with their data", a.data == data, True)
    a.logout(0)


def shuffled():
    """600 ordered writes to 16 blocks on 4 connections: the last of each block counts."""
    n = nexus()
    for cid in (2, 3, 4):
        n.connect(cid)
    rng = random.Random(11)
    last = {}
    for _ in range(25):
        tags = {cid: [] for cid in n.connections}
        batch = []
        for _ in range(24):
            cid, lba = rng.randrange(1, 5), rng.randrange(16)
            batch.append((cid, lba, n.next_sn(), n.next_itt()))
            last[lba] = n.sn
        rng.shuffle(batch)
        for cid, lba, sn, itt in batch:
            n.connections[cid].command(write(lba), block(sn + 1), sn=sn, itt=itt, attr=ORDERED)
            tags[cid].append(itt)
        for cid, c in n.connections.items():
            ended = [c.wanted(RESPONSE)[0] for _ in tags[cid]]
            assert sorted(tags[cid]) == sorted(int.from_bytes(h[16:20], "big") for h in ended)
            assert all(h[3] == 0 for h in ended)
    c = n.connections[1]
    c.end(c.command(read(0, 16), wanted=16 * 512))
    check("commands are delivered in the order of CmdSN", [c.data[i * 512:i * 512 + 4] for i in sorted(last)],
          [struct.pack(">I", last[i]) for i in sorted(last)])
    c.logout(0)


def management():
    n = nexus("InitialR2T=Yes")
    a, b = n.connections[1], n.connect(2)
    sn = n.sn
    itt = a.command(write(0, 8), total=4096)
    a.wanted(R2T)
    check("a task is aborted from another connection", b.manage(ABORT_TASK, itt, sn), COMPLETE)
    check("... without a response", a.quiet(1), True)
    check("one that is not there", b.manage(ABORT_TASK, 0x7777, sn), NO_TASK)
    itts = [c.command(write(0, 8), total=4096) for c in (a, b)]
    check("both wait for data", (a.wanted(R2T)[0][20:24] != b"", b.wanted(R2T)[0][20:24] != b""), (True, True))
    a.acknowledge()
    check("a reset takes those of all connections", b.manage(LUN_RESET), COMPLETE)
    b.pong()
    check("... without a response", (a.quiet(1), b.quiet(1)), (True, True))
    n.until_ready(a)
    sn = n.sn
    n.sn = sn + 2
    held = b.command(TUR, sn=sn + 1)
    check("a number that nobody has sent", a.manage(ABORT_TASK, 0x7777, sn), COMPLETE)
    check("... counts as received", good(b, held), True)
    sn = n.sn
    n.sn = sn + 3
    gone = b.command(write(0), block(7), sn=sn + 1)
    stays = b.command(TUR, sn=sn + 2)
    check("an early one is aborted", a.manage(ABORT_TASK, gone, sn + 1), COMPLETE)
    first = a.command(TUR, sn=sn)
    check("... and those around it are done", (good(a, first), good(b, stays)), (True, True))
    itts = [a.command(TUR), b.command(TUR)]
    check("the window goes on", (good(a, itts[0]), good(b, itts[1])), (True, True))
    a.logout(0)


def early_management():
    """Management of many tasks concerns all that was sent before it, wherever that is."""
    n = nexus("InitialR2T=Yes")
    a, b = n.connections[1], n.connect(2)
    sn = n.next_sn()
    itt = a.ask(ABORT_TASK_SET)
    check("it waits for a command that was sent before", a.quiet(1), True)
    b.command(write(0, 8), total=4096, sn=sn)
    check("which has come, and is aborted", a.end(itt)[2], COMPLETE)
    a.pong()
    b.s.settimeout(1)
    try:
        b.wanted(R2T)
    except TimeoutError:
        pass
    check("... without a response", b.quiet(1), True)
    check("both go on", (good(a, a.command(TUR)), good(b, b.command(TUR))), (True, True))
    a.logout(0)


def fence():
    """Who is told that tasks were aborted has seen all that came before, and nothing that comes after."""
    n = nexus()
    a, b = n.connections[1], n.connect(2)
    check("an answer", good(b, b.command(TUR)), True)
    a.acknowledge()
    itt = a.ask(LUN_RESET)
    check("a reset is not answered before the initiator has it", a.quiet(1), True)
    b.pong()
    check("... and is then", a.end(itt)[2], COMPLETE)
    later = b.command(TUR)
    check("no other connection answers before it has that", b.quiet(1), True)
    a.pong()
    check("... and does then", b.end(later)[3], 2)
    b.pong()
    check("the reset is told once", (good(a, a.command(TUR)), good(b, b.command(TUR))), (True, True))
    a.acknowledge()
    b.acknowledge()
    itts = a.ask(LUN_RESET), a.ask(ABORT_TASK_SET)
    ends = []
    for itt in itts:
        ends.append(a.end(itt)[2])
        a.pong()
    check("two of them go one after the other", ends, [COMPLETE] * 2)
    check("the first is told", b.end(b.command(TUR))[3], 2)
    b.pong()
    b.command(TUR)
    b.wanted(RESPONSE)
    itt = a.ask(LUN_RESET)
    check("a connection that is lost meanwhile", a.quiet(1), True)
    b.s.close()
    check("... is not waited for", a.end(itt)[2], COMPLETE)
    a.pong()
    b = n.connect(2)
    n.until_ready(b)
    a.acknowledge()
    b.command(TUR)
    b.wanted(RESPONSE)
    a.ask(LUN_RESET)
    check("one that the reset came on", a.quiet(1), True)
    a.s.close()
    b.pong()
    n.until_ready(b)
    check("... neither", good(b, b.command(TUR)), True)
    b.logout(0)


def negotiation():
    """A limit that changes is told to who asks once the target has asked for that."""
    def limit(length):
        with open(f"/sys/kernel/scst_tgt/targets/iscsi/{TARGET}/MaxRecvDataSegmentLength", "w") as f:
            f.write(str(length))

    limit(8192)
    n = nexus("MaxRecvDataSegmentLength=8192")
    a = n.connections[1]
    check("it is told at login", n.settled.get("MaxRecvDataSegmentLength"), "8192")
    limit(8192)
    check("the same again is no change", a.quiet(1), True)
    limit(16384)
    head, _ = a.wanted(pdu.ASYNC)
    check("the target asks for negotiation", head[36], 4)
    check("... and gives time for it", int.from_bytes(head[42:44], "big") > 0, True)
    check("it tells what has changed", a.text("MaxRecvDataSegmentLength=4096"),
          {"MaxRecvDataSegmentLength": "16384"})
    check("... and nothing when nothing has", a.text("MaxRecvDataSegmentLength=4096"), {})
    a.command(write(0, 32), bytes(16384))
    check("data of the new length is taken", a.wanted(RESPONSE)[0][3], 0)
    a.logout(0)


def ends():
    n = nexus("InitialR2T=Yes")
    a, b, c = n.connections[1], n.connect(2), n.connect(3)
    b.command(write(0, 8), total=4096)
    b.wanted(R2T)
    check("a connection is logged out from another", a.logout(1, 2), SESSION_CLOSED)
    check("... and is closed then", b.closed(), True)
    check("... and no longer shown", shown(), [1, 3])
    check("one that is not there", a.logout(1, 2), NO_CID)
    check("the others go on", (good(a, a.command(TUR)), good(c, c.command(TUR))), (True, True))
    check("it may come again", good(n.connect(2), n.connections[2].command(TUR)), True)
    old = n.connections[3]
    old.command(write(0, 8), total=4096)
    old.wanted(R2T)
    new = n.connect(3)
    check("one of the same CID takes the place of the old one", (old.closed(), good(new, new.command(TUR))), (True, True))
    check("... and only that", shown(), [1, 2, 3])
    n.connections[2].command(write(0, 8), total=4096)
    n.connections[2].s.close()
    check("a connection that is lost takes nothing along", good(a, a.command(TUR)), True)
    check("logging out of one's own", new.logout(1, 3), SESSION_CLOSED)
    check("... closes it alone", (new.closed(), good(a, a.command(TUR))), (True, True))
    n.connect(4)
    again = Nexus(TARGET, INITIATOR, isid=n.isid)
    check("a session of the same port ends all of the old one's", (a.closed(), n.connections[4].closed()), (True, True))
    again.until_ready(again.connections[1])
    check("... and its handle is worth nothing", refusal(n, 2), 0x020A)
    again.connections[1].logout(0)


for part in (logins, order, shuffled, management, early_management, fence, negotiation, ends):
    pdu.await_gone(SESSION)
    part()
sys.exit(pdu.failed)
END

write_conf writable
sed -i 's/^\t\tHeaderDigest.*/\t\tMaxConnections 4/; /DataDigest/d' /etc/scst.conf
serve
check "several connections of a session" python3 /root/connections.py "$target"
in_journal() { [ -n "$(journalctl -q --no-pager -u iscsi-scstd "$@")" ]; }
check "the journal tells refused logins apart" await 20 in_journal ISCSI_LOGIN_STATUS=0206 "ISCSI_TARGET=$target"
refused "it tells of a login that there was not" in_journal ISCSI_LOGIN_STATUS=0201
cat >/run/systemd/system/iscsi-scstd.socket <<'UNIT'
[Socket]
ListenStream=3260
UNIT
systemctl stop iscsi-scstd.service
systemctl daemon-reload
check "systemd listens in its place" systemctl start iscsi-scstd.socket
check "a login is served while systemd starts the daemon" answers
check "... on systemd's socket" systemctl is-active -q iscsi-scstd.socket iscsi-scstd.service
systemctl stop iscsi-scstd.socket
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
