#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Disks with protection information: Linux finds them to be such and checks end to end; what goes
# wrong with data, guard or tags anywhere is told by the check that fails and the block; other
# commands keep the information right; in line and by CDBs of 32 bytes over iSCSI.
# image: target
# timeout: 1200
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

truncate -s 256M /var/lib/one /var/lib/block
truncate -s 64M /var/lib/two /var/lib/three /var/lib/own /var/lib/made /var/lib/plain
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
device() {
	printf '\tDEVICE %s {\n' "$1"
	shift
	printf '\t\t%s\n' "$@"
	printf '\t}\n'
}
{
	echo 'HANDLER vdisk_fileio {'
	device one 'filename /var/lib/one' 'dif_type 1'
	device two 'filename /var/lib/two' 'dif_type 2'
	device three 'filename /var/lib/three' 'dif_type 3'
	device own 'filename /var/lib/own' 'dif_type 1' 'dif_static_app_tag 0x4711' 'thin_provisioned 1'
	device made 'filename /var/lib/made' 'dif_mode scst' 'dif_type 1'
	device plain 'filename /var/lib/plain'
	echo '}'
	echo 'HANDLER vdisk_blockio {'
	device block "filename $loop" 'dif_type 1'
	echo '}'
	cat <<END
TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 one
		LUN 1 two
		LUN 2 three
		LUN 3 own
		LUN 4 made
		LUN 5 plain
		LUN 6 block
	}
}
TARGET_DRIVER iscsi {
	enabled 1
	TARGET $target {
		enabled 1
		LUN 0 own
		LUN 1 two
	}
}
END
} >/etc/scst.conf
serve
udevadm settle
tree=/sys/kernel/scst_tgt
tags=/var/lib/scst/dif_tags
tag_head=4096

disk_named() {
	for unit in /dev/sd?; do
		! sg_inq "$unit" | grep -q "Product identification: $1 *\$" || echo "$unit"
	done
}
one=$(disk_named one) own=$(disk_named own) plain=$(disk_named plain) block=$(disk_named block)
two=$(disk_named two) three=$(disk_named three) made=$(disk_named made)

# is_so DISK FORMAT TYPE: what Linux has made of it.
is_so() {
	[ "$(cat "/sys/block/$(basename "$1")/integrity/format")" = "$2" ] &&
		sg_readcap --16 "$1" | grep -q "$3"
}
check "Linux finds type 1" is_so "$one" T10-DIF-TYPE1-CRC 'prot_en=1, p_type=0'
check "Linux finds type 2" is_so "$two" T10-DIF-TYPE1-CRC 'prot_en=1, p_type=1'
check "Linux finds type 3" is_so "$three" T10-DIF-TYPE3-CRC 'prot_en=1, p_type=2'
check "Linux finds type 1 of a block device" is_so "$block" T10-DIF-TYPE1-CRC 'prot_en=1, p_type=0'
check "Linux finds nothing where there is nothing" is_so "$plain" none 'prot_en=0'

# Random writes by many, each read back: what they write overlaps nothing else of their time.
for disk in "$one" "$two" "$three" "$own" "$made" "$block"; do
	check "$disk holds what it is given" fio --name=verify --filename="$disk" --direct=1 --ioengine=libaio \
		--iodepth=16 --bsrange=512-256k --blockalign=512 --rw=randrw --verify=crc32c \
		--verify_fatal=1 --size=48M --output="$RESULTS/fio.$(basename "$disk")"
done
whole() { dd if="$1" of=/dev/null bs=1M iflag=direct status=none; }
for disk in "$one" "$two" "$three" "$own" "$made" "$block"; do
	check "all of $disk can be read" whole "$disk"
done

# Readers and writers of the same blocks: none may see data without what goes with it.
check "readers of what is being written see no mixture" fio --filename="$one" --direct=1 --ioengine=libaio \
	--iodepth=8 --bs=16k --size=1M --time_based --runtime=15 --name=writes --rw=randwrite \
	--name=reads --rw=randread --output="$RESULTS/fio.mixture"
none_failed() { [ "$(tail -n 1 "$1/dif_checks_failed")" = "$(printf '0\t0\t0')" ]; }
check "no check has failed yet" none_failed $tree/targets/scst_local/near

# --- what is wrong is found ---

# It would look at disks that were written to, and be told too.
stop_udev

# spoil NAME BLOCK BYTE: another value in one byte of a block's information.
spoil() {
	at=$((tag_head + 8 * $2 + $3))
	byte=$(dd if="$tags/$1.dif" bs=1 skip=$at count=1 status=none | od -An -tu1)
	# shellcheck disable=SC2059 # made of the byte
	printf "\\$(printf %o $((byte ^ 1)))" | dd of="$tags/$1.dif" bs=1 seek=$at conv=notrunc status=none
}
# reads_as DISK BLOCK PROTECT TEXT: the answer to a READ(10) of one block.
# shellcheck disable=SC2086 # sg_raw takes bytes as words
reads_as() {
	len=520
	[ "$3" != 0 ] || len=512
	cdb="28 $(printf '%02x 00 00 %02x %02x' $(($3 << 5)) $(($2 >> 8)) $(($2 & 255))) 00 00 01 00"
	sg_raw -r $len "$1" $cdb >/tmp/answer 2>&1 || :
	grep -q "$4" /tmp/answer || { cat /tmp/answer; false; }
}
block_names() { grep -q "Info fld=0x$1" /tmp/answer; }
head -c 1M /dev/urandom >/root/data
write_1m() { dd if=/root/data of="$1" bs=1M oflag=direct seek=1 status=none; }
check "a mebibyte is written" write_1m "$one"
spoil one 2050 0
check "a wrong guard is found" reads_as "$one" 2050 0 'guard check failed'
check "by its block" block_names 802
check "a wrong guard is not given to Linux either" sh -c "! dd if=$one of=/dev/null bs=4k skip=256 count=1 iflag=direct 2>/dev/null"
check "with RDPROTECT 3 nothing is checked" reads_as "$one" 2050 3 '^ 200 '
check "with RDPROTECT 2 not the guard" reads_as "$one" 2050 2 '^ 200 '
check "with RDPROTECT 4 just that" reads_as "$one" 2050 4 'guard check failed'
spoil one 2052 7
check "a wrong reference tag is found" reads_as "$one" 2052 1 'reference tag check failed'
check "with RDPROTECT 4 it is not" reads_as "$one" 2052 4 '^ 200 '
check "reserved values are refused" reads_as "$one" 2051 6 'Invalid field in cdb'
check "a disk without protection refuses them" reads_as "$plain" 2051 1 'Invalid field in cdb'
check "type 2 has them only in 32 bytes" reads_as "$two" 2051 1 'Invalid command operation code'
check "a mebibyte is written to another" write_1m "$own"
spoil own 2053 3
check "a wrong application tag is found" reads_as "$own" 2053 0 'application tag check failed'
counted() { [ "$(tail -n 1 "$1/dif_checks_failed" | tr '\t' ' ')" = "$2" ]; }
check "the disk has counted" counted $tree/devices/own '1 0 0'
check "and others have not" counted $tree/devices/two '0 0 0'
check "the count is cleared" sh -c "echo 0 >$tree/devices/own/dif_checks_failed"
check "to zero" counted $tree/devices/own '0 0 0'

# Data that is not what was written.
check "a mebibyte is written to the third" write_1m "$three"
printf 'changed' | dd of=/var/lib/three bs=1 seek=$(((1 << 20) + 512)) conv=notrunc status=none
check "changed data is found" reads_as "$three" 2049 0 'guard check failed'
check "and nothing but it" reads_as "$three" 2050 1 '^ 200 '
check "writing heals" write_1m "$one"
check "what was wrong is right" whole "$one"
check "writing heals the other" write_1m "$own"

# --- other commands ---

check "WRITE SAME" sg_write_same --16 --lba=4096 --num=1000 --in=/dev/zero "$own"
check "WRITE SAME that unmaps" sg_write_same --16 --unmap --lba=6000 --num=1000 --in=/dev/zero "$own"
check "UNMAP" sg_unmap --lba=2048 --num=64 --force "$own"
head -c 1024 /dev/zero >/tmp/zeros
check "COMPARE AND WRITE" sg_compare_and_write --in=/tmp/zeros --lba=4096 --num=1 --xferlen=1024 "$own"
check "VERIFY" sg_verify --lba=0 --count=8192 "$own"
check "EXTENDED COPY" sg_xcopy if="$plain" of="$own" bs=512 count=2048 seek=8192
check "all of it can be read" whole "$own"
check "FORMAT UNIT for its own type" sg_format --format --quick --wait --fmtpinfo=2 "$own"
refused "FORMAT UNIT takes protection away" sg_format --format --quick --wait "$own"
check "a formatted disk can be read" whole "$own"
check "and written" write_1m "$own"

# --- iSCSI: in line, and with long CDBs ---

cat >/root/inline.py <<'END'
import struct, sys

sys.path.insert(0, "/run/jobs")
import pdu

GUARD, APP, REF = 0x1001, 0x1002, 0x1003
INVALID_OPCODE = 0x2000


def crc(data):
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x18BB7 if value & 0x8000 else 0)) & 0xFFFF
    return value


def tuples(data, ref, app=0):
    """Each block of @data with what protects it."""
    blocks = [data[at:at + 512] for at in range(0, len(data), 512)]
    return b"".join(b + struct.pack(">HHI", crc(b), app, ref + i) for i, b in enumerate(blocks))


class Session:
    def __init__(self):
        self.socket = pdu.login(sys.argv[1], sys.argv[2], "MaxRecvDataSegmentLength=65536")
        self.sn = 0

    def send(self, cdb, lun=0, out=b"", expected=0):
        self.sn += 1
        flags = 0xA1 if out else 0xC1
        ahs = b""
        if len(cdb) > 16:
            ahs = struct.pack(">HBB", len(cdb) - 15, 1, 0) + cdb[16:]
        rest = struct.pack(">III", len(out) or expected, self.sn, 1) + cdb[:16].ljust(16, b"\0")
        head = pdu.bhs(0x01, flags, ahs=len(ahs) // 4, length=len(out), itt=self.sn, rest=rest,
                       lun=bytes([0, lun]) + bytes(6))
        self.socket.sendall(head + ahs + out + bytes(-len(out) % 4))

    def abort(self):
        """What ABORT TASK of the last command is answered with."""
        rest = struct.pack(">IIIII", self.sn, self.sn + 1, 1, self.sn, 0)
        self.socket.sendall(pdu.bhs(0x42, 0x81, itt=0x7777, rest=rest))
        return pdu.read_pdu(self.socket)[2]

    def run(self, cdb, lun=0, out=b"", expected=0):
        """(data, ASC and ASCQ, INFORMATION) of a command."""
        self.send(cdb, lun, out, expected)
        got = b""
        while True:
            head, data = pdu.read_whole(self.socket)
            if head[0] & 0x3F == 0x25:
                got += data
                if head[1] & 0x01:
                    return got, 0, 0
            elif head[0] & 0x3F == 0x21:
                sense = data[2:]
                code = sense[12] << 8 | sense[13] if sense else 0
                if code == 0x2900:  # power on
                    return self.run(cdb, lun, out, expected)
                return got, code, int.from_bytes(sense[3:7], "big") if sense else 0
            else:
                sys.exit(f"unexpected PDU {head.hex()}")


def rw10(opcode, protect, lba, blocks):
    return struct.pack(">BBIBHB", opcode, protect << 5, lba, 0, blocks, 0)


def rw32(action, protect, lba, blocks, ref):
    return struct.pack(">B6xBHBxQIHHI", 0x7F, 0x18, action, protect << 5, lba, ref, 0, 0, blocks)


failed = False


def check(what, good):
    global failed
    failed = failed or not good
    print(f"{'ok' if good else 'FAILED'}: {what}", flush=True)


s = Session()
data = bytes(i * 7 & 0xFF for i in range(4 * 512))
good = tuples(data, 40)
check("information comes with the data", s.run(rw10(0x2A, 1, 40, 4), out=good)[1] == 0)
tagged = tuples(data, 40, 0x4711)
check("and goes with it, with the disk's application tag", s.run(rw10(0x28, 1, 40, 4), expected=4 * 520)[0] == tagged)
check("data alone without RDPROTECT", s.run(rw10(0x28, 0, 40, 4), expected=2048)[0] == data)
bad = bytearray(good)
bad[2 * 520 + 512] ^= 1
check("a wrong guard in the third block", s.run(rw10(0x2A, 1, 40, 4), out=bytes(bad))[1:] == (GUARD, 42))
bad = bytearray(good)
bad[520 + 5] ^= 1
check("changed data in the second block", s.run(rw10(0x2A, 4, 40, 4), out=bytes(bad))[1:] == (GUARD, 41))
check("a wrong reference tag", s.run(rw10(0x2A, 1, 41, 4), out=good)[1:] == (REF, 41))
check("nothing of it was written", s.run(rw10(0x28, 1, 40, 4), expected=4 * 520)[0] == tagged)
check("VERIFY compares data", s.run(rw10(0x2F, 1, 40, 4)[:1] + b"\x22" + rw10(0x2F, 1, 40, 4)[2:], out=good)[1] == 0)
other = tuples(bytes(2048), 40)
check("and finds what differs", s.run(rw10(0x2F, 1, 40, 4)[:1] + b"\x22" + rw10(0x2F, 1, 40, 4)[2:], out=other)[1] == 0x1D00)
same = tuples(data[:512], 80)
check("WRITE SAME", s.run(rw10(0x41, 1, 80, 9), out=same)[1] == 0)
check("counts the reference tags on", s.run(rw10(0x28, 1, 80, 9), expected=9 * 520)[0] == tuples(data[:512] * 9, 80, 0x4711))
check("a disk that is not of type 2 has no 32-byte form", s.run(rw32(9, 1, 40, 4, 40), expected=4 * 520)[1] == INVALID_OPCODE)
check("a cut READ", s.run(rw10(0x28, 1, 40, 4), expected=700)[0] == tagged[:700])
check("WRITE(32)", s.run(rw32(0x0B, 1, 40, 4, 0x12345678), 1, out=tuples(data, 0x12345678, 9))[1] == 0)
check("READ(32)", s.run(rw32(9, 1, 40, 4, 0x12345678), 1, expected=4 * 520)[0] == tuples(data, 0x12345678, 9))
check("READ(32) that expects another tag", s.run(rw32(9, 1, 41, 3, 0x12345678), 1, expected=3 * 520)[1:] == (REF, 41))
check("VERIFY(32)", s.run(rw32(0x0A, 1, 41, 3, 0x12345679), 1)[1] == 0)
check("WRITE AND VERIFY(32)", s.run(rw32(0x0C, 1, 60, 4, 7), 1, out=tuples(data, 7))[1] == 0)
check("WRITE SAME(32)", s.run(rw32(0x0D, 1, 90, 3, 99), 1, out=tuples(data[:512], 99))[1] == 0)
check("READ(32) of it", s.run(rw32(9, 1, 90, 3, 99), 1, expected=3 * 520)[0] == tuples(data[:512] * 3, 99))
check("32 bytes of another service action", s.run(rw32(0x7F, 0, 0, 0, 0), 1)[1] == 0x2400)
with open("/sys/kernel/scst_tgt/devices/own/block", "w", buffering=1) as block:
    block.write("1\n")
    s.send(rw10(0x28, 1, 40, 4), expected=4 * 520)
    check("a READ that is aborted before it begins", s.abort() == 0)
    block.write("0\n")
check("and one that is not", s.run(rw10(0x28, 1, 40, 4), expected=4 * 520)[0] == tagged)
sys.exit(failed)
END
check "iSCSI carries it in line" python3 /root/inline.py "$target" "$initiator"

start_udev

# --- what is kept ---

check "the services stop" systemctl stop scst.service
check "the configuration is taken again" systemctl start scst.service
udevadm settle
# The others were spoiled, or have tags that Linux does not expect.
for name in one own made block; do
	check "$name is as it was" whole "$(disk_named $name)"
done
check "with its tags" reads_as "$(disk_named own)" 40 1 '^ 200 .* 47 11 00 00 00 28'
add() { echo "add_device other filename=/var/lib/other; $1" >$tree/handlers/vdisk_fileio/mgmt; }
truncate -s 32M /var/lib/other
echo "no such thing" >/var/lib/foreign
refused "a foreign file is taken" add 'dif_type=1; dif_filename=/var/lib/foreign'
check "and it is left alone" grep -q 'no such thing' /var/lib/foreign
cp "$tags/one.dif" "$tags/two.dif" /var/lib/
refused "the file of another type is taken" add 'dif_type=1; dif_filename=/var/lib/two.dif'
refused "the file of a larger disk is taken" add 'dif_type=1; dif_filename=/var/lib/one.dif'
refused "the file of a disk that is there is taken" add "dif_type=1; dif_filename=$tags/one.dif"
check "the reason is told" sh -c "dmesg | grep -q 'one.dif holds the protection information of another'"
refused "a type 4 is taken" add 'dif_type=4'
refused "an unknown mode is taken" add 'dif_mode=dev_check|sometimes'
refused "a folder is taken that is not there" add 'dif_type=1; dif_filename=/var/lib/nowhere/other.dif'
check "the reason is told" sh -c "dmesg | grep -q 'foreign is not a file of ours'"
check "the services stop again" systemctl stop scst.service
check "the kernel log is clean" kernel_log_is_clean
