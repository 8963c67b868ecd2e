#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Malformed and oversized PDUs, before and after login: each ends its own connection, or is
# rejected, and touches nothing else. A session of the Linux initiator reads and compares all the while.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/malformed.py <<'END'
import random, struct, sys

sys.path.insert(0, "/run/jobs")
import pdu
from pdu import bhs, connect, read_pdu, scsi

def login():
    return pdu.login(sys.argv[1], sys.argv[2])

rng = random.Random(7)
WRITE = bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 8])
BEFORE = {
    "garbage": rng.randbytes(4096),
    "a command without login": scsi(0, 0xC1, 512, bytes([0x28])),
    "a login that announces 16 MiB": bhs(0x43, 0x87, length=0xFFFFFF) + bytes(65536),
    "a login of random keys": bhs(0x43, 0x87, length=400) + rng.randbytes(400),
    "a login without any key": bhs(0x43, 0x87),
}
AFTER = {
    "an unknown opcode": bhs(0x1F),
    "an opcode of the target's": bhs(0x21),
    "a data segment of 16 MiB": scsi(0xFFFFFF, 0xA1, 4096, WRITE) + bytes(65536),
    "more immediate data than expected": scsi(65536, 0xA1, 512, WRITE) + bytes(65536),
    "an additional header of 1020 bytes": bhs(0x01, 0x81, ahs=255) + bytes(1020),
    "garbage": rng.randbytes(8192),
}

def ended(s):
    """Whether the target ends the connection, or rejects the PDU by the book."""
    try:
        while (head := read_pdu(s)) is not None:
            if head[0] & 0x3F == 0x3F:
                return True
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True

def attack(where, what, make, sent):
    s = make()
    try:
        s.sendall(sent)
    except ConnectionError:
        pass
    good = ended(s)
    print(f"{'ok' if good else 'FAILED'}: {where} login: {what}", flush=True)
    return good

def half(make, what):
    """A PDU that stops in its middle, with the connection: nothing may wait for the rest."""
    s = make()
    s.sendall(scsi(512, 0xA1, 512, WRITE)[:30])
    s.close()
    print(f"ok: {what}", flush=True)

def stray_data():
    """Data for no command may be on its way after an abort: it is dropped, and the connection lives."""
    s = login()
    s.sendall(bhs(0x05, 0x80, length=512, itt=99, rest=b"\xff\xff\xff\xff") + bytes(512))
    s.sendall(bhs(0x40, 0x80, itt=0x77, rest=struct.pack(">III", 0xFFFFFFFF, 1, 1)))
    answer = read_pdu(s)
    good = answer is None or answer[0] & 0x3F in (0x20, 0x3F)
    print(f"{'ok' if good else 'FAILED'}: after login: data for no command", flush=True)
    s.close()
    return good

good = [attack("before", what, connect, sent) for what, sent in BEFORE.items()]
good += [attack("after", what, login, sent) for what, sent in AFTER.items()]
good.append(stray_data())
half(connect, "before login: half a header")
half(login, "after login: half a header")
idle = [connect() for _ in range(50)]
login().close()
print("ok: a login gets through beside 50 silent connections", flush=True)
sys.exit(not all(good))
END

write_conf writable
head -c 64M /dev/urandom | dd of=/var/lib/disk0 conv=notrunc status=none
head -c 64M /var/lib/disk0 | sha256sum >"$RESULTS/wanted"
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
login
session=$(iscsiadm -m session)
while [ ! -e /root/enough ]; do
	dd if="$disk" bs=1M count=64 iflag=direct status=none | sha256sum |
		cmp -s - "$RESULTS/wanted" || touch /root/differs
	echo . >>/root/rounds
done &
check "every malformed PDU is dealt with on its own connection" \
	python3 /root/malformed.py "$target" iqn.2007-10.com.github:sahlberg:libiscsi:malformed
touch /root/enough
wait
check "the other session read all the while" test -s /root/rounds
refused "it read something else" test -e /root/differs
check "it is still the same session" test "$(iscsiadm -m session)" = "$session"
refused "the kernel had to log in again" sh -c 'dmesg | grep -q "connection[0-9:]* detected conn error"'
check "the target still answers" answers
logout
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
