# SPDX-License-Identifier: GPL-2.0-only
"""Many sessions: crowd.py TARGET INITIATOR COUNT [--at-once N] [--until FILE]

Logs in COUNT sessions, at most N at a time (default: all at once); {n} in INITIATOR is the number of
the session. With --until it says "ready" then, answers what the target asks them, and ends them when
there is the file. Exits with 1 if one did not get in, or was lost.
"""
import argparse
import os
import selectors
import socket
import sys
import time

sys.path.insert(0, "/run/jobs")
import pdu

LIMIT = 1200  # seconds for all to get in
NOP_OUT, NO_TAG = 0x40, 0xFFFFFFFF


class Member:
    """One session, of an address of few others: a source may have only so many at once."""

    def __init__(self, n, names):
        self.n, self.names, self.heard = n, names, b""
        self.s = socket.socket()
        self.s.bind((f"127.0.{1 + n // 40}.{1 + n % 40}", 0))
        self.s.setblocking(False)
        self.s.connect_ex(pdu.PORTAL)

    def log_in(self):
        text = self.names + bytes(-len(self.names) % 4)
        isid = b"\x80" + self.n.to_bytes(5, "big")
        head = pdu.struct.pack(">BBBBBBH6sHIHHII", 0x43, 0x87, 0, 0, 0, 0, len(self.names), isid, 0, 1, 1, 0, 1, 0)
        self.s.send(head.ljust(48, b"\0") + text)

    def got_in(self):
        """Raises what speaks against it."""
        head = self.s.recv(48, socket.MSG_WAITALL)
        if len(head) != 48:
            raise ConnectionError(f"{len(head)} bytes of a response")
        self.s.recv(-(-int.from_bytes(head[5:8], "big") // 4) * 4)
        if head[36] or head[0] & 0x3F != 0x23:
            raise pdu.Refused(int.from_bytes(head[36:38], "big"))

    def answer(self):
        """How many pings were answered; None: the target has ended it."""
        part = self.s.recv(4096)
        if not part:
            return None
        self.heard += part
        count = 0
        while len(self.heard) >= 48:
            head, self.heard = self.heard[:48], self.heard[48:]
            assert head[0] & 0x3F == pdu.NOP_IN and not int.from_bytes(head[5:8], "big"), head
            ttt = int.from_bytes(head[20:24], "big")
            if ttt != NO_TAG:
                rest = pdu.struct.pack(">III", ttt, 1, int.from_bytes(head[24:28], "big"))
                self.s.send(pdu.bhs(NOP_OUT, itt=NO_TAG, rest=rest, lun=head[8:16]))
                count += 1
        return count


class Crowd:
    """All of them: who is on the way in, who is in, who was refused, who was lost later."""

    def __init__(self, args):
        self.args, self.ready = args, selectors.DefaultSelector()
        self.begun = self.under_way = self.inside = self.refused = self.answered = self.lost = 0

    def begin(self):
        member = Member(self.begun, names(self.args, self.begun))
        self.ready.register(member.s, selectors.EVENT_WRITE, member.log_in)
        self.begun, self.under_way = self.begun + 1, self.under_way + 1

    def arrived(self, member):
        """What its login came to."""
        self.under_way -= 1
        try:
            member.got_in()
        except (OSError, pdu.Refused) as why:
            print(f"# {member.n}: {why!r}", flush=True)
            self.refused += 1
            self.ready.unregister(member.s)
            return
        self.inside += 1
        self.ready.modify(member.s, selectors.EVENT_READ, member.answer)

    def heard(self, member):
        try:
            count = member.answer()
        except OSError:
            count = None
        if count is None:
            self.ready.unregister(member.s)
            self.lost += 1
        else:
            self.answered += count

    def turn(self, seconds):
        """What has come meanwhile; what is registered with a socket is what it is ready for."""
        for key, _ in self.ready.select(seconds):
            act = key.data
            member = act.__self__
            if act == member.log_in:
                try:
                    member.log_in()
                except OSError:
                    pass  # it is told once more when it wants to read
                self.ready.modify(member.s, selectors.EVENT_READ, member.got_in)
            elif act == member.got_in:
                self.arrived(member)
            else:
                self.heard(member)

    def arrive(self):
        until = time.monotonic() + LIMIT
        while self.inside + self.refused < self.args.count and time.monotonic() < until:
            while self.begun < self.args.count and self.under_way < self.args.at_once:
                self.begin()
            self.turn(10)

    def stay(self):
        while not os.path.exists(self.args.until):
            self.turn(1)


def names(args, n):
    keys = ("InitiatorName=" + args.initiator.replace("{n}", str(n)), "TargetName=" + args.target, "SessionType=Normal")
    return b"".join(key.encode() + b"\0" for key in keys)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("initiator")
    parser.add_argument("count", type=int)
    parser.add_argument("--at-once", type=int)
    parser.add_argument("--until")
    args = parser.parse_args()
    args.at_once = args.at_once or args.count
    began = time.monotonic()
    crowd = Crowd(args)
    crowd.arrive()
    print(f"# {crowd.inside} of {args.count} got in, {time.monotonic() - began:.1f} s", flush=True)
    if args.until:
        print("ready", flush=True)
        crowd.stay()
        print(f"# {crowd.answered} pings were answered, {crowd.lost} sessions lost", flush=True)
    sys.exit(crowd.inside != args.count or crowd.lost != 0)


main()
