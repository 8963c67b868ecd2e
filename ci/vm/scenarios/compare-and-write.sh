#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Two sessions that race for one block by COMPARE AND WRITE: each that was told it had won has
# counted up by one, and nobody else has.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cat >/root/race.py <<'END'
"""race.py TRIES DISK DISK: a process for each disk; prints who won how often."""
import ctypes
import fcntl
import multiprocessing
import os
import sys

SG_IO, TO_DEV, FROM_DEV = 0x2285, -2, -3
GOOD, CHECK_CONDITION, MISCOMPARE = 0, 2, 0xE
BLOCK = 512


class Header(ctypes.Structure):
    """struct sg_io_hdr of <scsi/sg.h>"""

    _fields_ = [
        ("interface_id", ctypes.c_int),
        ("direction", ctypes.c_int),
        ("cdb_len", ctypes.c_ubyte),
        ("max_sense", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("length", ctypes.c_uint),
        ("data", ctypes.c_void_p),
        ("cdb", ctypes.c_void_p),
        ("sense", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sense_len", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("residual", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    ]


class Command:
    """One CDB with its buffer, sent as often as one likes."""

    def __init__(self, file, cdb, direction, length):
        self.file = file
        self.data = ctypes.create_string_buffer(length)
        self.sense = ctypes.create_string_buffer(64)
        self.cdb = ctypes.create_string_buffer(bytes(cdb), len(cdb))
        self.header = Header(
            interface_id=ord("S"),
            direction=direction,
            cdb_len=len(cdb),
            max_sense=64,
            length=length,
            data=ctypes.addressof(self.data),
            cdb=ctypes.addressof(self.cdb),
            sense=ctypes.addressof(self.sense),
            timeout=30000,
        )

    def send(self):
        """True: GOOD. False: MISCOMPARE. Anything else is an error."""
        fcntl.ioctl(self.file, SG_IO, self.header)
        if self.header.status == GOOD and not self.header.host_status:
            return True
        key = self.sense.raw[2] & 0xF if self.sense.raw[0] & 0x7F == 0x70 else self.sense.raw[1] & 0xF
        if self.header.status != CHECK_CONDITION or key != MISCOMPARE:
            raise OSError(f"status {self.header.status:#x}, sense {self.sense.raw[:18].hex()}")
        return False


def race(disk, tries, start, wins):
    file = os.open(disk, os.O_RDWR)
    read = Command(file, [0x88] + [0] * 12 + [1, 0, 0], FROM_DEV, BLOCK)
    swap = Command(file, [0x89] + [0] * 12 + [1, 0, 0], TO_DEV, 2 * BLOCK)
    start.wait()
    won = 0
    for _ in range(tries):
        read.send()
        count = int.from_bytes(read.data.raw[:8], "big")
        swap.data[0:8] = count.to_bytes(8, "big")
        swap.data[BLOCK : BLOCK + 8] = (count + 1).to_bytes(8, "big")
        won += swap.send()
    wins.put((disk, won))


def main():
    tries, disks = int(sys.argv[1]), sys.argv[2:]
    start, wins = multiprocessing.Barrier(len(disks)), multiprocessing.Queue()
    racers = [multiprocessing.Process(target=race, args=(d, tries, start, wins)) for d in disks]
    for racer in racers:
        racer.start()
    won = dict(wins.get(timeout=3000) for _ in racers)
    for racer in racers:
        racer.join()
    with open(disks[0], "rb") as file:
        read = Command(file.fileno(), [0x88] + [0] * 12 + [1, 0, 0], FROM_DEV, BLOCK)
        read.send()
    count = int.from_bytes(read.data.raw[:8], "big")
    lost = len(disks) * tries - sum(won.values())
    print(f"{len(disks) * tries} tries, won {won}, lost {lost}, counted {count}")
    # Had nobody ever lost, they would not have met.
    sys.exit(count != sum(won.values()) or not lost)


main()
END
truncate -s 1M /var/lib/disk
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE disk {
		filename /var/lib/disk
	}
}

$(ports disk near far)
END
check "the configuration is taken" systemctl start scst.service
udevadm settle
disk=$(disk_of 0xb) other=$(disk_of 0xc)
for unit in "$disk" "$other"; do
	check "a disk behind each port" await 10 sg_turs "$unit"
done
check "all who won have counted" python3 /root/race.py 50000 "$disk" "$other"
check "the kernel log is clean" kernel_log_is_clean
