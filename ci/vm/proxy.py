# SPDX-License-Identifier: GPL-2.0-only
"""Between an initiator and the target: passes PDUs on, and does to them what it is told.

proxy.py PORT PORTAL: listens on 127.0.0.1:PORT. Each line on standard input is an order, and is
answered by one line once it has been carried out:

  cut OPCODE    both connections end in the middle of the next PDU with this opcode (hexadecimal)
  stall         nothing is passed on any more
  go            it is again, with what has come meanwhile
"""
import socket
import sys
import threading

from pdu import receive


class Orders:
    """What is to be done, and who has done it."""

    def __init__(self):
        self.changed = threading.Condition()
        self.opcode = None              # the one to cut at
        self.stalled = False

    def carry_out(self, line):
        verb, *rest = line.split()
        with self.changed:
            if verb == "cut":
                self.opcode = int(rest[0], 16)
                self.changed.notify_all()
                return self.changed.wait_for(lambda: self.opcode is None, 90)
            if verb not in ("stall", "go"):
                return False
            self.stalled = verb == "stall"
            self.changed.notify_all()
            return True

    def cuts(self, opcode):
        """Is the connection to end at this PDU?"""
        with self.changed:
            self.changed.wait_for(lambda: not self.stalled)
            if opcode != self.opcode:
                return False
            self.opcode = None
            self.changed.notify_all()
            return True


def pass_on(orders, source, to, ends):
    """One direction, until either end closes, or it is cut."""
    try:
        while True:
            head = receive(source, 48)
            rest = head and receive(source, head[4] * 4 + (int.from_bytes(head[5:8], "big") + 3 & ~3))
            if rest is None:
                break
            pdu = head + rest
            if orders.cuts(head[0] & 0x3F):
                to.sendall(pdu[:len(pdu) // 2])
                break
            to.sendall(pdu)
    except OSError:
        pass
    for s in ends:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(orders, port, portal):
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(portal)
        except OSError:
            near.close()
            continue
        for s in (near, far):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, to in ((near, far), (far, near)):
            threading.Thread(target=pass_on, args=(orders, source, to, (near, far)), daemon=True).start()


def main():
    host, port = sys.argv[2].rsplit(":", 1)
    orders = Orders()
    threading.Thread(target=serve, args=(orders, int(sys.argv[1]), (host, int(port))), daemon=True).start()
    for line in sys.stdin:
        print("done" if orders.carry_out(line) else "failed", flush=True)


if __name__ == "__main__":
    main()
