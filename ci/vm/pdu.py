# SPDX-License-Identifier: GPL-2.0-only
"""An iSCSI initiator of single PDUs (RFC 7143), for scenarios that do what no proper one does."""
import os
import socket
import struct
import time

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


def crc32c(data, table=[]):
    """Castagnoli, as digests have it (RFC 7143 13.1)."""
    if not table:
        for n in range(256):
            for _ in range(8):
                n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
            table.append(n)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Refused(Exception):
    """A login that was refused; .status is class and detail."""

    def __init__(self, status):
        super().__init__(f"login refused with status {status:04x}")
        self.status = status


def log_in(s, keys, isid, tsih=0, cid=1, cmd_sn=1):
    """One request for all: (header, pairs) of the response, or Refused."""
    text = b"".join(k.encode() + b"\0" for k in keys)
    pdu = struct.pack(">BBBBBBH6sHIHHII", 0x43, 0x87, 0, 0, 0, 0, len(text), isid, tsih, 1, cid, 0, cmd_sn, 0)
    s.sendall(pdu.ljust(48, b"\0") + text + bytes(-len(text) % 4))
    head, answer = read_whole(s)
    assert head[0] & 0x3F == 0x23, head
    if head[36]:
        raise Refused(int.from_bytes(head[36:38], "big"))
    assert head[1] & 0x80, head
    return head, dict(pair.decode().split("=", 1) for pair in answer.split(b"\0") if pair)


def login(target, initiator, *more, timeout=20):
    s = connect(timeout)
    log_in(s, ("InitiatorName=" + initiator, "TargetName=" + target, "SessionType=Normal",
               "HeaderDigest=None", "DataDigest=None", "ImmediateData=Yes", "InitialR2T=Yes", *more),
           b"\x80" + os.urandom(5))
    return s


def scsi(length, flags, expected, cdb, itt=5, cmd_sn=1):
    rest = struct.pack(">III", expected, cmd_sn, 1) + cdb.ljust(16, b"\0")
    return bhs(0x01, flags, length=length, itt=itt, rest=rest)


# Task attributes (RFC 7143 11.3.1), task management functions (11.5.1), and commands to block 0.
SIMPLE, ORDERED, HEAD, ACA = 1, 2, 3, 4
ABORT_TASK, ABORT_TASK_SET, CLEAR_ACA, CLEAR_TASK_SET, LUN_RESET, TASK_REASSIGN = 1, 2, 3, 4, 5, 8
TUR = bytes(6)
READ = bytes([0x28, 0, 0, 0, 0, 8, 0, 0, 1])
WRITE = bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 1])
NOP_IN, RESPONSE, TM_RESPONSE, TEXT_RESPONSE, DATA_IN, R2T, ASYNC, REJECT = 0x20, 0x21, 0x22, 0x24, 0x25, 0x31, 0x32, 0x3F


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


def await_gone(path, seconds=30):
    """A session leaves the tree after its last connection; till then the next has another name."""
    until = time.monotonic() + seconds
    while os.path.exists(path):
        if time.monotonic() > until:
            raise TimeoutError(f"{path} is still there")
        time.sleep(0.05)


class Nexus:
    """A session of several connections: its CmdSN, and what its leading login has settled."""

    def __init__(self, target, initiator, *keys, cid=1, isid=None, timeout=30):
        self.names = ("InitiatorName=" + initiator, "TargetName=" + target, "SessionType=Normal")
        self.isid = isid or b"\x80" + os.urandom(5)
        self.timeout = timeout
        self.tsih, self.sn, self.itt = 0, 1, 1
        self.connections = {}
        lead = self.connect(cid, "ImmediateData=Yes", *keys)
        self.tsih, self.settled = lead.tsih, lead.settled

    def connect(self, cid, *keys, ahead=0):
        """A further connection, in place of the one that has this CID; @ahead: CmdSNs on their way."""
        self.connections[cid] = Connection(self, cid, keys, self.sn + ahead)
        return self.connections[cid]

    def next_sn(self):
        self.sn += 1
        return self.sn - 1

    def next_itt(self):
        self.itt += 1
        return self.itt

    def until_ready(self, on, lun=0):
        """Takes the unit attentions that stand before everything else."""
        for _ in range(10):
            if on.end(on.command(TUR, lun=lun))[3] == 0:
                return
        raise AssertionError("the LUN does not become ready")


class Connection:
    def __init__(self, nexus, cid, keys, cmd_sn):
        self.nexus, self.cid = nexus, cid
        self.s = connect(nexus.timeout)
        head, self.settled = log_in(self.s, nexus.names + keys, nexus.isid, nexus.tsih, cid, cmd_sn)
        self.tsih = int.from_bytes(head[14:16], "big")
        self.exp_cmd_sn = int.from_bytes(head[28:32], "big")
        self.exp_stat_sn = int.from_bytes(head[24:28], "big") + 1
        self.withheld = None            # a StatSN: neither this status nor a later one is acknowledged

    @property
    def ack(self):
        return self.exp_stat_sn if self.withheld is None else self.withheld

    def digest(self, key, data):
        return struct.pack("<I", crc32c(data)) if self.settled.get(key) == "CRC32C" and data else b""

    def send(self, opcode, flags, itt, rest, data=b"", lun=bytes(8), spoil=None):
        """@spoil: "HeaderDigest" or "DataDigest", which is to be wrong."""
        head = bhs(opcode, flags, length=len(data), itt=itt, rest=rest, lun=lun)
        data += bytes(-len(data) % 4)
        digests = {key: self.digest(key, part) for key, part in (("HeaderDigest", head), ("DataDigest", data))}
        if spoil:
            digests[spoil] = bytes(b ^ 0x5A for b in digests[spoil])
        self.s.sendall(head + digests["HeaderDigest"] + data + digests["DataDigest"])

    def receive_pdu(self):
        if not any(self.settled.get(key) == "CRC32C" for key in ("HeaderDigest", "DataDigest")):
            return read_whole(self.s)
        head = receive(self.s, 48)
        if head is None:
            return None
        length = int.from_bytes(head[5:8], "big")
        padded = length + 3 & ~3
        rest = [self.digest("HeaderDigest", head)]
        assert receive(self.s, len(rest[0])) == rest[0], "a header digest of the target is wrong"
        data = receive(self.s, padded)
        digest = self.digest("DataDigest", data)
        assert receive(self.s, len(digest)) == digest, "a data digest of the target is wrong"
        return head, data[:length]

    def command(self, cdb, out=b"", wanted=0, sn=None, itt=None, attr=SIMPLE, final=True, total=None, spoil=None,
                lun=0):
        """Sends a SCSI command, and @out of its @total bytes as immediate data; its task tag."""
        itt = itt or self.nexus.next_itt()
        sn = self.nexus.next_sn() if sn is None else sn
        expected = (len(out) if total is None else total) or wanted
        flags = attr | (0x80 if final else 0) | (0x20 if out or total else 0x40 if wanted else 0)
        self.send(0x01, flags, itt, struct.pack(">III", expected, sn, self.ack) + cdb.ljust(16, b"\0"), out,
                  lun=struct.pack(">H6x", lun), spoil=spoil)
        return itt

    def data_out(self, itt, ttt, data_sn, offset, data, final=True, spoil=None):
        self.send(0x05, 0x80 if final else 0, itt,
                  struct.pack(">IIIIII", ttt, 0, self.ack, 0, data_sn, offset), data, spoil=spoil)

    def snack(self, kind, itt=0xFFFFFFFF, begin=0, run=0, tag=0xFFFFFFFF):
        self.send(0x10, 0x80 | kind, itt, struct.pack(">IIIIIII", tag, 0, self.ack, 0, 0, begin, run))

    def ask(self, function, of=0xFFFFFFFF, of_sn=0, exp_data_sn=0, lun=bytes(8)):
        """Task management, as an immediate command; its task tag."""
        itt = self.nexus.next_itt()
        self.send(0x42, 0x80 | function, itt,
                  struct.pack(">IIIII", of, self.nexus.sn, self.ack, of_sn, exp_data_sn), lun=lun)
        return itt

    def manage(self, function, *more, **named):
        """The same; the response code."""
        return self.end(self.ask(function, *more, **named))[2]

    def acknowledge(self, ttt=0xFFFFFFFF, lun=bytes(8)):
        """All that has come, by a NOP-Out that nothing answers; the answer to the target's own ping."""
        self.send(0x40, 0x80, 0xFFFFFFFF, struct.pack(">III", ttt, self.nexus.sn, self.ack), lun=lun)

    def pong(self):
        """The next PDU has to be a ping, which is answered."""
        head, _ = self.wanted(NOP_IN)
        self.acknowledge(int.from_bytes(head[20:24], "big"), head[8:16])

    def text(self, *keys):
        """The pairs of the answer to a text request, which is an immediate one."""
        itt, data = self.nexus.next_itt(), b"".join(k.encode() + b"\0" for k in keys)
        self.send(0x44, 0x80, itt, struct.pack(">III", 0xFFFFFFFF, self.nexus.sn, self.ack), data)
        _, answer = self.wanted(TEXT_RESPONSE)
        return dict(pair.decode().split("=", 1) for pair in answer.split(b"\0") if pair)

    def nop(self, sn=None):
        """A ping: immediate, or with the CmdSN."""
        itt = self.nexus.next_itt()
        self.send(0x40 if sn is None else 0x00, 0x80, itt,
                  struct.pack(">III", 0xFFFFFFFF, self.nexus.sn if sn is None else sn, self.ack))
        return itt

    def logout(self, reason, cid=0):
        """The response code; an immediate request."""
        itt = self.nexus.next_itt()
        self.send(0x46, 0x80 | reason, itt, struct.pack(">HHII", cid, 0, self.nexus.sn, self.ack))
        head = self.end(itt)
        self.time_to_wait, self.time_to_retain = struct.unpack(">HH", head[40:44])
        return head[2]

    def read(self, again=False):
        """The next PDU; None: the target has closed the connection. @again: one that was sent before."""
        try:
            whole = self.receive_pdu()
        except ConnectionError:
            return None
        if whole and not again:
            self.note_status(whole[0])
        return whole

    def note_status(self, head):
        opcode = head[0] & 0x3F
        unnumbered = (opcode == R2T or opcode == DATA_IN and not head[1] & 0x01
                      or opcode == NOP_IN and head[16:20] == b"\xff" * 4)
        if not unnumbered:
            stat_sn = int.from_bytes(head[24:28], "big")
            assert stat_sn == self.exp_stat_sn, f"StatSN {stat_sn} came, {self.exp_stat_sn} was due"
            self.exp_stat_sn += 1

    def wanted(self, opcode, again=False):
        """The next PDU, which has to be of this kind."""
        whole = self.read(again)
        assert whole and whole[0][0] & 0x3F == opcode, whole
        return whole

    def end(self, itt):
        """The header of what ends this request; data of a read is kept in .data."""
        self.data, self.sense = b"", b""
        while True:
            whole = self.read()
            assert whole, "the target has closed the connection"
            head, data = whole
            if head[0] & 0x3F == NOP_IN and head[16:20] == b"\xff" * 4:
                self.acknowledge(int.from_bytes(head[20:24], "big"), head[8:16])
                continue
            assert int.from_bytes(head[16:20], "big") == itt, head
            if head[0] & 0x3F == DATA_IN:
                self.data += data
                if head[1] & 0x01:
                    return head
            else:
                self.sense = data[2:]
                return head

    def quiet(self, seconds):
        """Does nothing come for so long?"""
        self.s.settimeout(seconds)
        try:
            return not self.s.recv(1, socket.MSG_PEEK)
        except socket.timeout:
            return True
        finally:
            self.s.settimeout(self.nexus.timeout)

    def closed(self):
        """Does the target end the connection, without another word?"""
        return self.read() is None


failed = 0


def check(what, got, wanted):
    global failed
    print(f"{'ok' if got == wanted else 'FAILED'}: {what}" + ("" if got == wanted else f": {got}, not {wanted}"),
          flush=True)
    failed |= got != wanted
