# SPDX-License-Identifier: GPL-2.0-only
"""An iSCSI initiator of single PDUs (RFC 7143), for scenarios that do what no proper one does."""
import os
import socket
import struct

PORTAL = ("127.0.0.1", 3260)


def bhs(opcode, flags=0x80, ahs=0, length=0, itt=1, rest=b"", lun=bytes(8)):
    head = struct.pack(">BBxxBBH8sI", opcode, flags, ahs, length >> 16, length & 0xFFFF, lun, itt)
    return (head + rest).ljust(48, b"\0")


def connect(timeout=20):
    s = socket.create_connection(PORTAL, 10)
    s.settimeout(timeout)
    return s


def receive(s, length):
    data = b""
    while len(data) < length:
        part = s.recv(length - len(data))
        if not part:
            return None
        data += part
    return data


def read_whole(s):
    """Header and data segment; None at the end of the connection."""
    head = receive(s, 48)
    if head is None:
        return None
    length = int.from_bytes(head[5:8], "big")
    data = receive(s, (length + 3) & ~3)
    return None if data is None else (head, data[:length])


def read_pdu(s):
    whole = read_whole(s)
    return whole and whole[0]


def login(target, initiator, *more, timeout=20):
    s = connect(timeout)
    keys = b"".join(k.encode() + b"\0" for k in (
        "InitiatorName=" + initiator, "TargetName=" + target, "SessionType=Normal",
        "HeaderDigest=None", "DataDigest=None", "ImmediateData=Yes", "InitialR2T=Yes", *more))
    isid = b"\x80" + os.urandom(5)
    pdu = struct.pack(">BBBBBBH6sHIHHII", 0x43, 0x87, 0, 0, 0, 0, len(keys), isid, 0, 1, 0, 0, 1, 0)
    s.sendall(pdu.ljust(48, b"\0") + keys + bytes(-len(keys) % 4))
    answer = read_pdu(s)
    assert answer and answer[0] & 0x3F == 0x23 and answer[36] == 0 and answer[1] & 0x80, answer
    return s


def scsi(length, flags, expected, cdb, itt=5, cmd_sn=1):
    rest = struct.pack(">III", expected, cmd_sn, 1) + cdb.ljust(16, b"\0")
    return bhs(0x01, flags, length=length, itt=itt, rest=rest)


# Task attributes (RFC 7143 11.3.1), task management functions (11.5.1), and commands to block 0.
SIMPLE, ORDERED, HEAD, ACA = 1, 2, 3, 4
ABORT_TASK, ABORT_TASK_SET, CLEAR_ACA, CLEAR_TASK_SET, LUN_RESET = 1, 2, 3, 4, 5
TUR = bytes(6)
READ = bytes([0x28, 0, 0, 0, 0, 8, 0, 0, 1])
WRITE = bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 1])
RESPONSE, TM_RESPONSE, DATA_IN = 0x21, 0x22, 0x25


class Session:
    """A session whose commands are sent one by one, each with its task attribute."""

    def __init__(self, target, initiator, timeout=60):
        self.s = login(target, initiator, timeout=timeout)
        self.sn = 1

    def send(self, itt, attr, cdb, out=b""):
        """@out: data of the command; READ brings a block, WRITE sends one of zeros."""
        if cdb[0] == WRITE[0] and not out:
            out = bytes(512)
        expected = len(out) or (512 if cdb[0] == READ[0] else 0)
        flags = 0x80 | attr | (0x20 if out else 0x40 if expected else 0)
        self.s.sendall(scsi(len(out), flags, expected, cdb, itt, self.sn) + out)
        self.sn += 1

    def manage(self, itt, function, of=0xFFFFFFFF, of_sn=0):
        """Task management, as an immediate command."""
        rest = struct.pack(">IIIII", of, self.sn, 1, of_sn, 0)
        self.s.sendall(bhs(0x42, 0x80 | function, itt=itt, rest=rest))

    def ended(self, count):
        """[tag, status or response] of the next commands that end."""
        found = []
        while len(found) < count:
            whole = read_whole(self.s)
            assert whole, "the target has closed the connection"
            head, data = whole
            opcode, itt = head[0] & 0x3F, int.from_bytes(head[16:20], "big")
            with_status = opcode == DATA_IN and head[1] & 0x01
            if opcode == TM_RESPONSE:
                found.append((itt, head[2]))
            elif opcode == RESPONSE or with_status:
                found.append((itt, head[3]))
            if opcode == RESPONSE and data:
                self.sense = data[2:]
                print("# sense of", itt, data[2:20].hex(), flush=True)
        return found

    def until_ready(self):
        """Takes the unit attentions that stand before everything else."""
        self.send(1, SIMPLE, TUR)
        while self.ended(1) != [(1, 0)]:
            self.send(1, SIMPLE, TUR)

    def settled(self):
        """Waits until the target has all that was sent; what is under way goes on."""
        self.send(2, HEAD, TUR)
        assert self.ended(1) == [(2, 0)]

    def quiet(self, seconds):
        """Does nothing come for so long?"""
        self.s.settimeout(seconds)
        try:
            return not self.s.recv(1, socket.MSG_PEEK)
        except socket.timeout:
            return True
        finally:
            self.s.settimeout(60)


failed = 0


def check(what, got, wanted):
    global failed
    print(f"{'ok' if got == wanted else 'FAILED'}: {what}" + ("" if got == wanted else f": {got}, not {wanted}"),
          flush=True)
    failed |= got != wanted
