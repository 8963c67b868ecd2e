#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a session does over time: RspTimeout, NOP-In, QueuedCommands of a live session, Text
# requests, the messages that LUNs have changed and that it is time to log out.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/session.py <<'END'
import socket, struct, sys, time

sys.path.insert(0, "/run/jobs")
import pdu

TARGET, INITIATOR = sys.argv[2:4]
TGT = "/sys/kernel/scst_tgt/targets/iscsi/" + TARGET
READ = bytes([0x28, 0, 0, 0, 0, 0, 0, 0, 8])
WRITE = bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 8])
NO_TAG = 0xFFFFFFFF

def put(name, value):
    with open(TGT + "/" + name, "w") as f:
        f.write(value)

def login(*keys):
    return pdu.login(TARGET, INITIATOR, *keys, timeout=30)

def ready(s):
    """Takes the unit attentions of a new session; the next CmdSN."""
    for cmd_sn in range(1, 10):
        s.sendall(pdu.scsi(0, 0x81, 0, bytes(6), cmd_sn=cmd_sn))
        if pdu.read_pdu(s)[3] == 0:
            return cmd_sn + 1
    raise AssertionError("the LUN does not become ready")

def nop_out(s, cmd_sn, itt=7, ttt=NO_TAG):
    s.sendall(pdu.bhs(0x40, itt=itt, rest=struct.pack(">III", ttt, cmd_sn, 1)))

def seconds_until_closed(s, answer_pings=0):
    start = time.monotonic()
    while True:
        try:
            head = pdu.read_pdu(s)
        except ConnectionError:
            head = None
        if head is None:
            return time.monotonic() - start
        if head[0] & 0x3F == 0x20 and answer_pings:
            answer_pings -= 1
            nop_out(s, 1, NO_TAG, int.from_bytes(head[20:24], "big"))

def text(s, keys, cmd_sn):
    data = b"".join(k.encode() + b"\0" for k in keys)
    s.sendall(pdu.bhs(0x04, 0x80, length=len(data), itt=9,
                      rest=struct.pack(">III", NO_TAG, cmd_sn, 1)) + data + bytes(-len(data) % 4))
    head, answer = pdu.read_whole(s)
    assert head[0] == 0x24 and head[1] == 0x80 and head[20:24] == b"\xff" * 4, head
    return answer.split(b"\0")[:-1]

def no_data():
    """A write whose data never comes ends the connection after RspTimeout."""
    put("RspTimeout", "3")
    s = login()
    s.sendall(pdu.scsi(0, 0xA1, 4096, WRITE, cmd_sn=ready(s)))
    assert pdu.read_pdu(s)[0] == 0x31
    took = seconds_until_closed(s)
    assert 2 < took < 25, took

def slow_data():
    """One that goes on, if slowly, does not."""
    s = login("MaxBurstLength=4096")
    s.sendall(pdu.scsi(0, 0xA1, 4096, WRITE, cmd_sn=ready(s)))
    ttt = pdu.read_pdu(s)[20:24]
    for n in range(8):
        time.sleep(1)
        s.sendall(pdu.bhs(0x05, 0x80 if n == 7 else 0, length=512, itt=5,
                          rest=ttt + bytes(12) + struct.pack(">II", n, n * 512)) + bytes(512))
    head = pdu.read_pdu(s)
    assert head[0] == 0x21 and head[3] == 0, head

def pieces():
    """A PDU may come in pieces of any size."""
    s = login()
    sn = ready(s)
    data = bytes(range(256)) * 16
    whole = pdu.scsi(4096, 0xA1, 4096, WRITE, cmd_sn=sn) + data
    for cuts in [(48,), (4,), (20, 48), (7, 48, 50), (48, 4143), (1, 2, 47, 49, 1000, 4000)]:
        for begin, end in zip((0, *cuts), (*cuts, len(whole))):
            s.sendall(whole[begin:end])
            time.sleep(0.1)
        head = pdu.read_pdu(s)
        assert head[0] == 0x21 and head[3] == 0, (cuts, head)
        sn += 1
        whole = whole[:24] + sn.to_bytes(4, "big") + whole[28:]
    s.sendall(whole[:48])
    time.sleep(0.5)
    nop = pdu.bhs(0x40, itt=7, rest=struct.pack(">III", NO_TAG, sn + 1, 1))
    s.sendall(whole[48:] + nop)
    assert [pdu.read_pdu(s)[0] for _ in range(2)] == [0x21, 0x20]
    s.sendall(pdu.scsi((1 << 24) - 1, 0xA1, 4096, WRITE, cmd_sn=sn + 1))
    took = seconds_until_closed(s)
    assert took < 5, took

def half():
    """One that ends within a PDU is seen to end."""
    s = login()
    s.sendall((pdu.scsi(4096, 0xA1, 4096, WRITE, cmd_sn=ready(s)) + bytes(4096))[:1000])
    time.sleep(0.5)
    s.shutdown(socket.SHUT_WR)
    took = seconds_until_closed(s)
    assert took < 5, took

def pings():
    """An initiator that answers pings stays, one that stops goes."""
    put("NopInInterval", "1")
    put("NopInTimeout", "2")
    s = login()
    took = seconds_until_closed(s, answer_pings=4)
    assert took > 5, took
    put("NopInInterval", "30")

def window():
    """QueuedCommands counts for live sessions."""
    s = login()
    nop_out(s, 1)
    head = pdu.read_pdu(s)
    exp, most = struct.unpack(">II", head[28:36])
    assert most - exp + 1 == 32, (exp, most)
    put("QueuedCommands", "100")
    nop_out(s, 1)
    exp, most = struct.unpack(">II", pdu.read_pdu(s)[28:36])
    assert most - exp + 1 == 100, (exp, most)
    put("QueuedCommands", "8")
    nop_out(s, 1)
    exp, after = struct.unpack(">II", pdu.read_pdu(s)[28:36])
    assert after == most, (after, most)      # it never shrinks
    put("QueuedCommands", "32")

def texts():
    """Text requests in full feature phase."""
    s = login()
    sn = ready(s)
    answer = text(s, ["SendTargets="], sn)
    assert answer == [b"TargetName=" + TARGET.encode(), b"TargetAddress=127.0.0.1:3260,1"], answer
    assert text(s, ["SendTargets=All"], sn + 1) == [b"SendTargets=Reject"]
    assert text(s, ["SendTargets=iqn.2001-01.example:other"], sn + 2) == []
    assert text(s, ["X-com.example.x=1", "HeaderDigest=None"], sn + 3) == [
        b"X-com.example.x=NotUnderstood", b"HeaderDigest=Reject"]
    assert text(s, ["MaxRecvDataSegmentLength=512"], sn + 4) == []
    s.sendall(pdu.scsi(0, 0xC1, 4096, READ, itt=6, cmd_sn=sn + 5))
    lengths = []
    while True:
        head, data = pdu.read_whole(s)
        lengths.append(len(data))
        if head[0] == 0x21 or head[1] & 1:
            break
    assert lengths == [512] * 8, lengths

def luns():
    """A LUN that comes is told."""
    s = login()
    with open(TGT + "/ini_groups/allowed/luns/mgmt", "w") as f:
        f.write("add disk0 1")
    head, data = pdu.read_whole(s)
    assert head[0] == 0x32 and head[36] == 0 and head[16:20] == b"\xff" * 4, head
    assert data[2] & 0x7F in (0x70, 0x72) and data[2 + 12:2 + 14] == b"\x3f\x0e", data
    with open(TGT + "/ini_groups/allowed/luns/mgmt", "w") as f:
        f.write("del 1")

def silence():
    """... unless the target says nothing of its own accord."""
    put("aen_disabled", "1")
    s = login()
    with open(TGT + "/ini_groups/allowed/luns/mgmt", "w") as f:
        f.write("add disk0 1")
    nop_out(s, 1)
    assert pdu.read_pdu(s)[0] == 0x20
    with open(TGT + "/ini_groups/allowed/luns/mgmt", "w") as f:
        f.write("del 1")
    put("aen_disabled", "0")

def disabled():
    """Who does not log out of a disabled target when asked to has to go."""
    s = login()
    put("enabled", "0")
    head = pdu.read_pdu(s)
    assert head[0] == 0x32 and head[36] == 1 and head[42:44] == b"\0\5", head
    nop_out(s, 1)
    assert pdu.read_pdu(s)[0] == 0x20
    took = seconds_until_closed(s)
    assert 3 < took < 25, took
    put("enabled", "1")

globals()[sys.argv[1]]()
END

write_conf writable
serve
for part in no_data slow_data pieces half pings window texts luns silence disabled; do
	check "$(sed -n "/^def $part(/{n;s/^ *\"\"\"\(.*\)\"\"\"$/\1/p}" /root/session.py)" \
		python3 /root/session.py $part "$target" iqn.2007-10.com.github:sahlberg:libiscsi:session
done
check "the target still answers" answers
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
