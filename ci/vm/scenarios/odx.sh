#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Third-party copies: tokens that carry data between LUNs of different sessions, and end as soon as
# the data changes; EXTENDED COPY(LID4); operations in the background, asked about, aborted, ended by
# a reset and by the end of their session; what the target driver copy_manager lets be reached.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

for name in one two four; do truncate -s 64M /var/lib/$name; done
cat >/etc/scst.conf <<'END'
HANDLER vdisk_fileio {
	DEVICE one {
		filename /var/lib/one
		thin_provisioned 1
	}

	DEVICE two {
		filename /var/lib/two
	}

	DEVICE four {
		filename /var/lib/four
		blocksize 4096
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		rel_tgt_id 11

		LUN 0 one
	}

	TARGET far {
		rel_tgt_id 12

		LUN 0 two
	}

	TARGET large {
		rel_tgt_id 13

		LUN 0 four
	}
}
END
check "the configuration is taken" systemctl start scst.service
udevadm settle
one=$(disk_of 0xb) two=$(disk_of 0xc) four=$(disk_of 0xd)
for unit in "$one" "$two" "$four"; do
	check "a disk behind each port" await 10 sg_turs "$unit"
done
stop_udev

cat >/root/odx.py <<'END'
import os
import sys
import time

sys.path.insert(0, "/run/jobs")
from sgio import *

one, two, four = sys.argv[2:5]
DATA = b"".join(i.to_bytes(4, "big") for i in range(1 << 18))  # 1 MiB
PARAMETER, INVALID_CDB, OUT_OF_RANGE = (5, 0x26, 0), (5, 0x24, 0), (5, 0x21, 0)
UNKNOWN, EXPIRED, CANCELLED, DELETED = [(5, 0x23, q) for q in (4, 7, 8, 9)]
LONG = 32 * 65535  # blocks


def refused(sense, function, *args, **more):
    try:
        function(*args, **more)
    except Failed as e:
        assert e.sense == sense, (e.sense, sense)
        return e
    raise AssertionError("taken, not refused with %x/%02x/%02x" % sense)


def ended(device, list_id, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        status = copy_status(device, list_id)
        if status.state not in (0x11, 0x12):
            return status
    raise AssertionError("operation %x does not end" % list_id)


def fill():
    for lba in range(0, 2048, 512):
        write(one, lba, DATA[lba * 512:(lba + 512) * 512])


def tokens():
    fill()
    populate(one, 7, (100, 48), (200, 1848), rod_type=VULNERABLE)
    made = information(one, 7, room=64)
    assert made.count == 1896 and made.units == 0xF1 and made.state == 1
    made = information(one, 7)
    assert len(made.token) == 512, "a token that was not told whole is still there"
    assert information(one, 7).token is None
    meant = DATA[100 * 512:148 * 512] + DATA[200 * 512:]
    write_token(two, 1, made.token, (1000, 1000), (10, 896))
    assert b"".join(read(two, a, n) for a, n in ((1000, 1000), (10, 896))) == meant
    told = information(two, 1)
    assert (told.action, told.state, told.count, told.token) == (0x11, 1, 1896, None)
    write_token(four, 1, made.token, (10, 237))
    assert b"".join(read(four, 10 + i, 79, 4096) for i in (0, 79, 158)) == meant
    write_token(two, 2, made.token, (0, 10), offset=40)
    assert read(two, 0, 10) == meant[40 * 512:50 * 512]


def other_block_sizes():
    """Small blocks out of large ones, and a rest that is less than a large one."""
    fill()
    write(four, 0, DATA[:65536], 4096)
    token = token_of(four, 1, (0, 16))
    write_token(two, 1, token, (3, 9), offset=5)
    assert read(two, 3, 9) == DATA[5 * 512:14 * 512]
    write(four, 300, b"\xff" * 8192, 4096)
    e = refused((0xA, 0x0D, 0x04), write_token, four, 2, token_of(one, 2, (0, 9)), (300, 3))
    assert e.info() == 2
    assert read(four, 300, 2, 4096) == DATA[:9 * 512] + bytes(8192 - 9 * 512)
    told = copy_status(four, 2)
    assert (told.state, told.count, told.sense) == (3, 2, (0xA, 0x0D, 0x04))


def the_end_of_tokens():
    fill()
    token = token_of(one, 1, (0, 100), (200, 100))
    forged = bytearray(token)
    forged[400] ^= 1
    refused(UNKNOWN, write_token, two, 1, bytes(forged), (0, 1))
    foreign = bytearray(token)
    foreign[8:16] = os.urandom(8)
    refused(UNKNOWN, write_token, two, 1, bytes(foreign), (0, 1))
    write(one, 150, DATA[:512])
    write(one, 300, DATA[:512])
    write_token(two, 1, token, (0, 200))
    write(one, 299, DATA[:512])
    e = refused(CANCELLED, write_token, two, 1, token, (0, 1))
    assert e.field() == 16
    changes = (
        lambda: scsi(one, b"\x42\0\0\0\0\0\0\0\x18\0",
                     out=struct.pack(">HH4xQI4x", 22, 16, 1990, 11)),  # UNMAP
        lambda: scsi(one, bytes((0x41, 0, 0, 0, 7, 248, 0, 0, 8, 0)), out=DATA[:512]),  # WRITE SAME
        lambda: scsi(one, bytes((0x04, 0, 0, 0, 0, 0))),  # FORMAT UNIT
    )
    for change in changes:
        token = token_of(one, 1, (2000, 48))
        change()
        refused(CANCELLED, write_token, two, 1, token, (0, 1))
    token = token_of(one, 1, (0, 10))
    write_token(two, 1, token, (0, 10), delete=True)
    refused(DELETED, write_token, two, 1, token, (0, 1))
    token = token_of(one, 1, (0, 10), timeout=1)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        time.sleep(1.5)  # each use would begin the time anew
        try:
            write_token(two, 1, token, (0, 1))
        except Failed as e:
            assert e.sense == EXPIRED, e.sense
            break
    else:
        raise AssertionError("the token does not expire")


def all_tokens():
    """Those of other units are not told, and what is told is no token yet."""
    token = token_of(one, 1, (0, 10))
    told = scsi(one, cdb_in(0x08, 0, 65536), room=65536)
    assert token[:96] in [told[8 + i:104 + i] for i in range(0, len(told) - 8, 96)]
    assert len(scsi(two, cdb_in(0x08, 0, 65536), room=65536)) == 8
    refused(UNKNOWN, write_token, two, 1, token[:96].ljust(512, b"\0"), (0, 1))


def zeros():
    write(two, 0, b"\xff" * 524288)
    write_token(two, 1, zero_token(), (1, 500), (600, 24))
    left = b"\xff" * 512 + bytes(500 * 512) + b"\xff" * (99 * 512) + bytes(24 * 512)
    assert read(two, 0, 1024) == left.ljust(524288, b"\xff")


def limits():
    refused(PARAMETER, populate, one, 1, (0, 10), (9, 1))
    refused(PARAMETER, populate, one, 1, (0, 10), timeout=601)
    refused(PARAMETER, populate, one, 1, (0, 10), rod_type=0x00800002)
    refused(OUT_OF_RANGE, populate, one, 1, (131072, 1))
    refused((5, 0x26, 8), populate, one, 1, *[(i, 1) for i in range(65)])
    populate(one, 1, (5, 0))
    assert information(one, 1).token is None
    made = [token_of(two, i, (0, 1)) for i in range(256)]
    refused((5, 0x55, 0x0D), populate, two, 256, (0, 1))
    write_token(one, 1, made[0], (0, 1), delete=True)
    populate(two, 256, (0, 1))
    write(two, 0, DATA[:512])
    refused(CANCELLED, write_token, one, 1, made[255], (0, 1))
    refused(INVALID_CDB, information, one, 0x7FFFFFFF)


def background():
    fill()
    populate(one, 1, (0, 2048), immed=True)
    assert ended(one, 1).state == 1
    token = information(one, 1).token
    write_token(two, 2, token, (0, 2048), immed=True)
    told = ended(two, 2)
    assert (told.state, told.count, told.delay) == (1, 2048, 0xFFFFFFFE)
    assert read(two, 0, 1024) == DATA[:524288]
    token = token_of(one, 1, (0, 4096))
    write_token(one, 3, token, (1000, 4096), immed=True)  # over what it stands for itself
    told = ended(one, 3)
    assert (told.state, told.status, told.sense) == (2, 2, CANCELLED), vars(told)
    assert 0 < told.count < 4096


def long_copy(list_id):
    """32 times the same half of the disk"""
    names = [cscd(designator(one))]
    copy4(one, list_id, names, [segment(0, 0xFFFF, 65535, 0, 65536)] * 32, immed=True)


def copies():
    fill()
    names = [cscd(designator(one)), cscd(designator(two))]
    e = refused((0xA, 0x0D, 0x02), copy4, one, 9, names, [segment(0, 1, 8, 0, 0)])
    assert e.field() == 48 + 32, "the CSCD that the session does not see"
    copy4(one, 0xFEDCBA98, names[:1], [segment(0, 0xFFFF, 1000, 0, 3000)])
    assert read(one, 3000, 1000) == read(one, 0, 1000)
    told = copy_status(one, 0xFEDCBA98)
    assert (told.action, told.state, told.count, told.segments) == (1, 1, 512000, 1)
    e = refused((5, 0x26, 9), copy4, one, 9, names[:1], [b"\x0b" + segment(0, 0, 8, 0, 0)[1:]])
    assert e.field() == 48 + 32
    refused(INVALID_CDB, copy4, one, 0, names[:1], [], usage=3, immed=True)
    refused(INVALID_CDB, abort, one, 0xFEDCBA98)
    long_copy(10)
    refused((5, 0, 0x16), long_copy, 10)
    abort(one, 10)
    told = copy_status(one, 10)
    assert (told.state, told.status, told.sense_len) == (0x60, 0x40, 0), vars(told)
    assert told.count < LONG * 512


def beyond():
    """allow_not_connected_copy is set."""
    fill()
    names = [cscd(designator(one)), cscd(designator(two))]
    copy4(one, 9, names, [segment(0, 1, 1000, 0, 3000)])
    assert read(two, 3000, 1000) == read(one, 0, 1000)


def begin_long():
    populate(one, 10, (0, 1))
    long_copy(11)
    assert copy_status(one, 11).state == 0x12


def after_reset():
    """What was under way was ended, what had ended is forgotten."""
    for _ in range(3):
        try:
            scsi(one, bytes(6))
            break
        except Failed as e:
            assert e.sense[0] == 6, e.sense
    assert copy_status(one, 11).state == 0x60
    refused(INVALID_CDB, copy_status, one, 10)


def make_token():
    fill()
    with open("/root/token", "wb") as f:
        f.write(token_of(one, 1, (0, 10)))


def use_token(*sense):
    with open("/root/token", "rb") as f:
        token = f.read()
    if sense:
        refused(tuple(int(s, 16) for s in sense), write_token, two, 1, token, (5, 10))
    else:
        write_token(two, 1, token, (5, 10))
        assert read(two, 5, 10) == DATA[:5120]


globals()[sys.argv[1]](*sys.argv[5:])
END
odx() {
	function=$1
	shift
	python3 /root/odx.py "$function" "$one" "$two" "$four" "$@"
}
manager=/sys/kernel/scst_tgt/targets/copy_manager

check "tokens carry data between two sessions" odx tokens
check "blocks of other sizes do not matter" odx other_block_sizes
check "tokens end when they should" odx the_end_of_tokens
check "tokens that are listed are none yet" odx all_tokens
check "the token of zeros writes zeros" odx zeros
check "the limits hold" odx limits
check "operations go on in the background" odx background
check "EXTENDED COPY(LID4) copies what the session sees" odx copies

check "a copy beyond that can be allowed" sh -c "echo 1 >$manager/allow_not_connected_copy"
check "it is made then" odx beyond
check "that is saved" scstadmin -write_config /root/saved.conf
check "with the attribute" grep -q 'allow_not_connected_copy 1' /root/saved.conf
refused "LUNs are saved that are there by themselves" grep -q copy_manager_tgt /root/saved.conf
check "it can be forbidden again" sh -c "echo 0 >$manager/allow_not_connected_copy"
refused "it is made still" odx beyond

check "a long copy begins" odx begin_long
sg_reset --no-esc --device "$one" || sg_reset --device "$one"
check "a reset of the unit ends it" odx after_reset

# Each disk of the three has one LUN of the copy manager.
lun_of() {
	for lun in "$manager"/copy_manager_tgt/luns/[0-9]*; do
		[ "$(basename "$(readlink "$lun/device")")" != "$1" ] || basename "$lun"
	done
}
check "a token is made" odx make_token
check "the device is taken from the copy manager" \
	sh -c "echo del $(lun_of one) >$manager/copy_manager_tgt/luns/mgmt"
check "what the token stands for is out of reach" odx use_token 5 23 0
refused "a token is made of a device that is taken away" odx make_token
check "that is saved too" scstadmin -write_config /root/saved.conf
check "with the LUNs that are left" grep -q 'LUN [0-9]* two' /root/saved.conf
refused "with the one that is not" grep -qz "TARGET copy_manager_tgt {[^}]* one" /root/saved.conf
check "the configuration is dropped" scstadmin -clear_config -force -noprompt
check "and comes back" scstadmin -config /root/saved.conf -force -noprompt
check "without the device" test -z "$(lun_of one)"
check "and with the others" test -n "$(lun_of two)"
check "nothing is to be done for the same file" sh -c \
	"scstadmin -write_config /root/again.conf && cmp /root/saved.conf /root/again.conf"
check "a device can be given to it again" \
	sh -c "echo add one 7 >$manager/copy_manager_tgt/luns/mgmt"
check "a LUN that somebody has is taken over" \
	sh -c "echo add two 7 >$manager/copy_manager_tgt/luns/mgmt"
check "each has one still" test "$(lun_of one | wc -w) $(lun_of two)" = "1 7"

udevadm settle
one=$(disk_of 0xb) two=$(disk_of 0xc) four=$(disk_of 0xd)
check "a disk behind each port again" await 10 sg_turs "$one"
check "a token is made again" odx make_token
check "it is of use in another session" odx use_token
check "a long copy begins in the background" odx begin_long
check "its session ends" sh -c "echo del_target near >/sys/kernel/scst_tgt/targets/scst_local/mgmt"
check "the token outlives the session that it was made in" odx use_token
check "its device goes" sh -c "echo del_device one >/sys/kernel/scst_tgt/handlers/vdisk_fileio/mgmt"
check "and with it the token" odx use_token 5 23 6
# The service would wait for the sessions of scst_local, which go with their targets only.
for each in /sys/kernel/scst_tgt/targets/scst_local/*/luns; do
	each=${each%/luns}
	check "target ${each##*/} goes" \
		sh -c "echo del_target ${each##*/} >/sys/kernel/scst_tgt/targets/scst_local/mgmt"
done
check "the service stops" systemctl stop scst.service
refused "modules stay" grep -q '^scst' /proc/modules
check "the kernel log is clean" kernel_log_is_clean
