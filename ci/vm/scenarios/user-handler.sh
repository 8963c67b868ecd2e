#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk that is a program: it serves real I/O, answers of a program that hangs can be aborted, one
# that is killed leaves clean errors, its successor goes on where it was, and nothing stays.
# image: target
# timeout: 300
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
file=/var/lib/prog
cat >/etc/scst.conf <<END
HANDLER dev_user {
	DEVICE prog
}

HANDLER vdisk_nullio {
	DEVICE null
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 prog

			INITIATOR $initiator
		}
	}
}
END
# Says to the kernel what a program must not say, then what is right; holds the first WRITE for ever.
cat >/root/hostile.py <<'END'
import array, errno, fcntl, os, random, struct, time

REGISTER, REPLY, CAPACITY = (1 << 30 | n << 16 | 0x7500 | i for i, n in ((1, 104), (3, 120), (5, 8)))
GET, BOTH = (3 << 30 | n << 16 | 0x7500 | i for i, n in ((2, 64), (4, 184)))
DATA = 65536
room = array.array("B", bytes(DATA))
HERE = room.buffer_info()[0]
fd = os.open("/dev/scst_user", os.O_RDWR)

def device(abi=1, flags=0, name=b"prog", kind=0, block=512, data=DATA):
    return struct.pack("II72sB3xIQII", abi, flags, name, kind, block, 262144, data, 0)

def buffer(address=HERE, size=DATA):
    return struct.pack("QIIQ40x", address, size, 0, 0)

def reply(handle, status=0, length=0, sense=b"", address=HERE, sense_len=None):
    n = len(sense) if sense_len is None else sense_len
    return struct.pack("QQIBBH96s", handle, address, length, status, n, 0, sense)

def call(number, data, want=0):
    block, got = bytearray(data), 0
    try:
        fcntl.ioctl(fd, number, block, True)
    except OSError as e:
        got = e.errno
    if got != want:
        print("ioctl", number & 255, "gave", got, "not", want, flush=True)
        os._exit(1)
    return block

call(GET, buffer(), errno.ENOTCONN)
call(7, bytes(8), errno.ENOTCONN)
call(REGISTER, device(abi=2), errno.EPROTO)
for bad in (device(flags=6), device(name=b""), device(name=b"n" * 72), device(name=b".."),
            device(name=b"a b"), device(name=b"mgmt"), device(kind=1), device(block=513),
            device(block=8192), device(data=256), device(data=1 << 31)):
    call(REGISTER, bad, errno.EINVAL)
call(REGISTER, device(block=4096), errno.EEXIST)
call(REGISTER, device(name=b"null"), errno.EEXIST)
call(REGISTER, device())
call(REGISTER, device(), errno.EBUSY)
call(GET, buffer(size=DATA - 1), errno.EINVAL)
call(REPLY, reply(0), errno.ESRCH)
call(REPLY, reply(1 << 32), errno.ESRCH)
os.set_blocking(fd, False)
rng = random.Random(3)
for _ in range(3000):
    number, size = rng.choice(((REPLY, 120), (BOTH, 184), (REPLY, 24)))
    try:
        fcntl.ioctl(fd, number, bytearray(rng.randbytes(size).ljust(184)), True)
    except OSError as e:
        if e.errno not in (errno.EINVAL, errno.ESRCH, errno.EAGAIN):
            raise
os.set_blocking(fd, True)
print("serving", flush=True)

def no_reply(handle, length):
    for bad in (reply(handle, 0x55), reply(handle, 2), reply(handle, 2, sense=bytes(18)),
                reply(handle, 2, sense=b"p" * 7), reply(handle, 2, sense=b"p" * 18, sense_len=200),
                reply(handle, 0, sense=b"p" * 18), reply(handle, 0, length + 1),
                reply(handle, 8, 1), reply(handle, 0, 0xffffffff)):
        call(REPLY, bad, errno.EINVAL)
    call(REPLY, reply(handle + (1 << 32)), errno.ESRCH)

def hold_out_data():
    """Of a command that brings data: where there is no room for them it stays in the queue."""
    while True:
        try:
            got = bytearray(buffer(address=16))
            fcntl.ioctl(fd, GET, got, True)
            call(REPLY, reply(struct.unpack_from("Q", got, 16)[0], 8))
        except OSError as e:
            if e.errno == errno.EFAULT:
                break
            raise
    got = call(GET, buffer())
    if got[48] != 0x2A or struct.unpack_from("I", got, 32)[0] != 512:
        print("no WRITE of a block:", got.hex(), flush=True)
        os._exit(1)
    with open("/root/taken", "wb") as f:
        f.write(bytes(room[:512]))
    print("held", flush=True)
    time.sleep(1000)

while True:
    handle, lun, length, out, way, flags, cdb = struct.unpack("16xQIIIBB10x16s", call(GET, buffer()))
    no_reply(handle, length if way == 2 else 0)
    if cdb[0] == 0x28:
        call(REPLY, reply(handle, 0, length, address=16), errno.EFAULT)
        room[:length] = array.array("B", b"Z" * length)
        call(REPLY, reply(handle, 0, length))
        call(REPLY, reply(handle), errno.ESRCH)
        hold_out_data()
    elif way == 2:
        call(REPLY, reply(handle, 2, sense=bytes([0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20] + [0] * 5)))
    else:
        call(REPLY, reply(handle))
    call(REPLY, reply(handle), errno.ESRCH)
END
served() { [ "$(cat $tree/devices/prog/served)" = "$1" ]; }
# What the initiator made of the disk while it was not ready, it looks at again.
comes_back() {
	start_program && await 10 sg_turs "$generic" && echo 1 >/sys/block/"$unit"/device/rescan &&
		await 10 has_size
}
has_size() { [ "$(cat /sys/block/"$unit"/size)" = 262144 ]; }
start_program() {
	scst-user-disk prog $file &
	program=$!
	await 20 served 1
}
# What kill says of itself is not for the log of this scenario.
kill_program() {
	kill -KILL "$program"
	wait "$program" 2>/dev/null || [ $? = 137 ]
}
# A command of the initiator is with the program, or waits for it.
under_way() { grep -q . $tree/trace_cmds; }
ended() { ! kill -0 "$1" 2>/dev/null; }

truncate -s 128M $file
serve
check "the configuration makes a device that nobody serves yet" served 0
check "the configuration is written back" sh -c \
	"scstadmin -write_config /root/written >/dev/null && grep -q 'DEVICE prog' /root/written"
check "/dev/scst_user is for root alone" test "$(stat -c '%a %U' /dev/scst_user)" = "600 root"
check "a program serves it" start_program
refused "a second one serves it too" scst-user-disk prog $file
refused "a name with a slash is taken" scst-user-disk a/b $file
refused "the module goes while it is served" rmmod scst_user

start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
unit=$(basename "$(readlink -f "$disk")")
# Not the block device: opening and closing that makes the initiator send commands of its own.
generic=/dev/$(ls /sys/block/"$unit"/device/scsi_generic)
check "a file system" mkfs.ext4 -q "$disk"
mount "$disk" /mnt
head -c 24M /dev/urandom >/root/data
cp /root/data /mnt/data
umount /mnt
check "the file holds it" sh -c "fsck.ext4 -fn $file >/dev/null"
# What umount has written is not what the next mount reads: the initiator's cache is dropped.
blockdev --flushbufs "$disk"
mount -o ro "$disk" /mnt
check "data are right" cmp /root/data /mnt/data
umount /mnt
check "fio verifies what it wrote" fio --name=verify --filename="$(readlink -f "$disk")" --direct=1 --ioengine=libaio \
	--iodepth=16 --bs=4k-512k --offset=64M --size=32M --rw=randwrite --verify=crc32c \
	--output="$RESULTS/fio"
sg_vpd -p di "$disk" >"$RESULTS/vpd"
check "INQUIRY is the program's, and knows the port" grep -q 'Relative target port' "$RESULTS/vpd"
check "EXTENDED COPY knows the disk by what the program said" \
	python3 -c 'import sys
sys.path.insert(0, "/run/jobs")
from sgio import *
copy4(sys.argv[1], 1, [cscd(designator(sys.argv[1]))], [segment(0, 0, 8, 0, 0)])' "$disk"

kill -STOP "$program"
dd if="$disk" of=/dev/null bs=4k count=1 skip=30000 iflag=direct status=none 2>/dev/null &
read=$!
check "a command is with a program that hangs" await 10 under_way
check "a reset of the LUN does not wait for the program" timeout 20 sg_reset -d "$generic"
kill -CONT "$program"
wait $read || say "the command that was aborted has failed, which it may"
check "the program goes on" await 10 sg_turs "$disk"

# Nobody else is to send commands now: udev would look at a disk that somebody has closed.
udevadm settle
udevadm control --stop-exec-queue
kill_program
python3 /root/hostile.py >"$RESULTS/hostile" 2>&1 &
program=$!
tells() { grep -q "$1" "$RESULTS/hostile" || { ended "$program" && fail "it ended: $(cat "$RESULTS/hostile")"; }; }
check "a program that lies serves it" await 20 tells serving
check "what it gets wrong is refused, what it gets right is taken" await 20 sg_turs "$generic"
check "a block is read from it" sg_raw -r 512 -o /root/read "$generic" 28 00 00 00 00 00 00 00 01 00
check "data come from where it said, not from elsewhere" grep -q 'ZZZZZZZZ' /root/read
head -c 512 /dev/urandom >/root/block
sg_raw -s 512 -i /root/block "$generic" 2a 00 00 00 00 00 00 00 01 00 >"$RESULTS/killed" 2>&1 &
write=$!
check "it holds a command" await 20 tells held
check "with the data that came" cmp /root/block /root/taken
kill_program
wait $write && fail "a command has succeeded whose program was killed"
check "it ends as failed in the target" grep -iq 'internal target failure' "$RESULTS/killed"
check "the device is still there" served 0
sg_turs -v "$generic" >"$RESULTS/gone" 2>&1
check "it says that somebody has to come" grep -q 'manual intervention required' "$RESULTS/gone"
sg_inq "$generic" >"$RESULTS/absent"
check "INQUIRY says that nothing is connected" grep -q 'PQual=1' "$RESULTS/absent"

udevadm control --start-exec-queue

check "the program comes back, and the disk is ready" comes_back
for direction in if=/dev/zero\ of="$disk"\ oflag=direct\ seek=256 if="$disk"\ of=/dev/null\ iflag=direct; do
	# shellcheck disable=SC2086 # words wanted
	dd $direction bs=256k count=200000 status=none 2>/dev/null &
	loads="${loads-} $!"
done
writes() { [ "$(cat $tree/targets/iscsi/"$target"/sessions/*/write_cmd_count)" -gt "$1" ]; }
before=$(cat $tree/targets/iscsi/"$target"/sessions/*/write_cmd_count)
check "load" await 20 writes $((before + 20))
check "the program is killed under load" kill_program
for load in $loads; do
	check "I/O ends" await 30 ended "$load"
	wait "$load" && fail "I/O has succeeded without a program"
done
check "the program comes back once more, and the disk is ready" comes_back
mount -o ro "$disk" /mnt
check "data are still right" cmp /root/data /mnt/data
umount /mnt

kill -STOP "$program"
dd if="$disk" of=/dev/null bs=4k count=1 skip=30000 iflag=direct status=none 2>/dev/null &
read=$!
check "a command is with a program that hangs" await 10 under_way
check "its device is deleted, and does not wait for it" \
	timeout 20 sh -c "echo del_device prog >$tree/handlers/dev_user/mgmt"
wait $read && fail "a command has succeeded whose device was deleted"
kill -CONT "$program"
check "the program ends when its device is deleted" wait "$program"
check "a program makes its device where there is none" start_program
check "it is deleted again" sh -c "echo del_device prog >$tree/handlers/dev_user/mgmt"
check "the program ends" wait "$program"
logout
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "nothing stays" test ! -d $tree -a ! -d /sys/module/scst_user
check "the kernel log is clean" kernel_log_is_clean
