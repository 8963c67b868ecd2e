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
