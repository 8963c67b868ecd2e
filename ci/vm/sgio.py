# SPDX-License-Identifier: GPL-2.0-only
"""SCSI commands by SG_IO, and third-party copies put together by hand (SPC-4, SBC-4)."""
import array
import fcntl
import os
import struct

SG_IO = 0x2285
TO_DEVICE, FROM_DEVICE, NO_DATA = -2, -3, -1

VULNERABLE, ZERO = 0x00800001, 0xFFFF0001


class Failed(Exception):
    """A command that did not end with GOOD: its status, and (key, ASC, ASCQ)."""

    def __init__(self, status, sense):
        self.status = status
        self.raw = sense
        self.sense = (sense[2] & 0x0F, sense[12], sense[13])
        super().__init__("status %02xh, sense %x/%02x/%02x" % ((status,) + self.sense))

    def field(self):
        """The byte that the field pointer names, or None."""
        return struct.unpack(">H", self.raw[16:18])[0] if self.raw[15] & 0x80 else None

    def info(self):
        return struct.unpack(">I", self.raw[3:7])[0] if self.raw[0] & 0x80 else None


def scsi(device, cdb, out=None, room=0):
    """Executes; returns the data that came."""
    data = array.array("B", out if out is not None else bytes(room) or b"\0")
    length = len(out) if out is not None else room
    direction = TO_DEVICE if out is not None else FROM_DEVICE if room else NO_DATA
    command, sense = array.array("B", cdb), array.array("B", bytes(32))
    header = array.array("B", struct.pack(
        "iiBBHIPPPIIiPBBBBHHiII", ord("S"), direction, len(cdb), len(sense), 0, length,
        data.buffer_info()[0], command.buffer_info()[0], sense.buffer_info()[0], 60000, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0))
    fd = os.open(device, os.O_RDWR)
    try:
        fcntl.ioctl(fd, SG_IO, header)
    finally:
        os.close(fd)
    status, host, residual = struct.unpack("B3xHxxi", header.tobytes()[64:76])
    if status or host:
        raise Failed(status or 0xFF, sense.tobytes())
    return data.tobytes()[:length - residual]


def cdb_out(action, list_id, length):
    return struct.pack(">BB4xIIxx", 0x83, action, list_id, length)


def cdb_in(action, list_id, room):
    return struct.pack(">BBI4xIxx", 0x84, action, list_id, room)


def ranges(*pairs):
    return b"".join(struct.pack(">QI4x", lba, blocks) for lba, blocks in pairs)


def populate(device, list_id, *pairs, timeout=0, rod_type=None, immed=False):
    where = ranges(*pairs)
    flags = (1 if immed else 0) | (2 if rod_type is not None else 0)
    body = struct.pack(">BxIIxxH", flags, timeout, rod_type or 0, len(where)) + where
    body = struct.pack(">H", len(body)) + body
    scsi(device, cdb_out(0x10, list_id, len(body)), out=body)


class Status:
    def __init__(self, data):
        (self.available, self.action, self.state, self.commands, self.delay, self.status,
         field, self.sense_len, self.units, self.count, self.segments) = struct.unpack(
             ">IBBHIBBBBQH", data[:26])
        sense = data[32:32 + self.sense_len]
        self.sense = (sense[2] & 0x0F, sense[12], sense[13]) if self.sense_len else None
        rest = data[32 + field:]
        tokens = struct.unpack(">I", rest[:4])[0] if len(rest) >= 4 else 0
        self.token = rest[6:4 + tokens] if tokens else None


def information(device, list_id, room=1024):
    return Status(scsi(device, cdb_in(0x07, list_id, room), room=room))


def copy_status(device, list_id):
    return Status(scsi(device, cdb_in(0x05, list_id, 128), room=128))


def token_of(device, list_id, *pairs, **more):
    populate(device, list_id, *pairs, **more)
    return information(device, list_id).token


def zero_token():
    return struct.pack(">IxxH", ZERO, 0x1F8).ljust(512, b"\0")


def write_token(device, list_id, token, *pairs, offset=0, immed=False, delete=False):
    where = ranges(*pairs)
    body = struct.pack(">B5xQ", (1 if immed else 0) | (2 if delete else 0), offset) + token
    body += struct.pack(">6xH", len(where)) + where
    body = struct.pack(">H", len(body)) + body
    scsi(device, cdb_out(0x11, list_id, len(body)), out=body)


def abort(device, list_id):
    scsi(device, struct.pack(">BBI10x", 0x83, 0x1C, list_id))


def designator(device):
    """Of the logical unit, NAA or else EUI-64, as page 83h has it."""
    page = scsi(device, bytes((0x12, 1, 0x83, 2, 0, 0)), room=512)
    best, at = None, 4
    while at + 4 <= len(page):
        d = page[at:at + 4 + page[at + 3]]
        if d[1] & 0x3F == 3 or (d[1] & 0x3F == 2 and best is None):
            best = d
        at += len(d)
    return best


def cscd(name, block=512):
    return (b"\xe4\0\0\0" + name).ljust(29, b"\0") + block.to_bytes(3, "big")


def segment(source, target, blocks, source_lba, target_lba):
    return struct.pack(">BBHHHxxHQQ", 2, 0, 0x18, source, target, blocks, source_lba, target_lba)


def copy4(device, list_id, cscds, segments, usage=0, immed=False):
    """EXTENDED COPY(LID4)"""
    c, s = b"".join(cscds), b"".join(segments)
    head = struct.pack(">BBH11xBB3xI18xHHH", 1, usage << 3, 0x20, 1 if immed else 0, 0xFF, list_id,
                       len(c), len(s), 0)
    body = head + c + s
    scsi(device, struct.pack(">BB8xIxx", 0x83, 0x01, len(body)), out=body)


def read(device, lba, blocks, block=512):
    return scsi(device, struct.pack(">BBQIxx", 0x88, 0, lba, blocks), room=blocks * block)


def write(device, lba, data, block=512):
    scsi(device, struct.pack(">BBQIxx", 0x8A, 0, lba, len(data) // block), out=data)
