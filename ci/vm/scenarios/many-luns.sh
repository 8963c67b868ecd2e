#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# 10,000 LUNs: an initiator sees all of them, each answers, and a LUN that is mapped and seen by one
# session takes less than 16 KiB of memory, its place in sysfs included. The REPORT LUNS well-known
# logical unit lists them as well, and Linux has disks of those that need the flat form.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

count=10000
disk null vdisk_nullio 'size_mb 16'
disks_conf
serve
luns=/sys/kernel/scst_tgt/targets/iscsi/iqn.2026-11.org.example:null/ini_groups/allowed/luns

# What the kernel has for itself and can't give back.
kernel_kib() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo
}

# In one process: the sysfs tree is written to, not a shell started for each.
cat >/root/map.py <<'END'
import sys

with open(sys.argv[1] + "/mgmt", "w", buffering=1) as mgmt:
    for lun in range(1, int(sys.argv[3])):
        mgmt.write(f"{sys.argv[2]} null {lun}\n" if sys.argv[2] == "add" else f"{sys.argv[2]} {lun}\n")
END

cat >/root/look.py <<'END'
import sys

sys.path.insert(0, "/run/jobs")
import pdu

count = int(sys.argv[2])
WELL_KNOWN = 0xC101


class Looker(pdu.Session):
    def lun(self, number):
        return (number if number == WELL_KNOWN else 0x4000 | number).to_bytes(2, "big") + bytes(6)

    def luns(self, lun, select):
        """What REPORT LUNS tells: status, list."""
        room = 16 + 8 * count
        cdb = bytes([0xA0, 0, select, 0, 0, 0]) + room.to_bytes(4, "big") + bytes(2)
        status, data = self.ask(lun, cdb, room)
        assert int.from_bytes(data[:4], "big") == len(data) - 8
        return status, [data[i:i + 8] for i in range(8, len(data), 8)]

    def ask(self, lun, cdb, expected):
        """Status and data of a command to @lun."""
        rest = pdu.struct.pack(">III", expected, self.sn, 1) + cdb.ljust(16, b"\0")
        self.s.sendall(pdu.bhs(0x01, 0xC1 if expected else 0x81, itt=9, lun=self.lun(lun), rest=rest))
        self.sn += 1
        found = b""
        while True:
            head, data = pdu.read_whole(self.s)
            if head[0] & 0x3F == pdu.DATA_IN:
                found += data
                if not head[1] & 1:
                    continue
            return head[3], found


s = Looker(sys.argv[1], "iqn.2007-10.com.github:sahlberg:libiscsi:many", timeout=600)
s.until_ready()
known = s.lun(WELL_KNOWN)
status, all_luns = s.luns(0, 0)
pdu.check("REPORT LUNS lists all, each once", (status, len(all_luns), len(set(all_luns))), (0, count, count))
pdu.check("with select 1 the well-known ones", s.luns(0, 1), (0, [known]))
pdu.check("with select 2 both", s.luns(0, 2), (0, all_luns + [known]))
pdu.check("with select 10h none", s.luns(0, 0x10), (0, []))
pdu.check("with select 11h all", s.luns(0, 0x11), (0, all_luns))
pdu.check("the well-known one lists them as well", s.luns(WELL_KNOWN, 0), (0, all_luns))
pdu.check("it is a well-known logical unit", s.ask(WELL_KNOWN, bytes([0x12, 0, 0, 0, 36, 0]), 36)[1][0], 0x1E)
pdu.check("which is ready", s.ask(WELL_KNOWN, pdu.TUR, 0)[0], 0)
pdu.check("and reads nothing", s.ask(WELL_KNOWN, pdu.READ, 512)[0], 2)
attention = [s.ask(lun, pdu.TUR, 0)[0] for lun in range(1, count)]
pdu.check("each tells its unit attention", set(attention), {2})
pdu.check("each is ready", {s.ask(lun, pdu.TUR, 0)[0] for lun in range(1, count)}, {0})
print("seen", flush=True)
sys.stdin.read()
sys.exit(pdu.failed)
END

before=$(kernel_kib)
check "10,000 LUNs are mapped" python3 /root/map.py $luns add $count
mkfifo /root/hold
python3 /root/look.py iqn.2026-11.org.example:null $count </root/hold >/root/look.out &
looker=$!
exec 4>/root/hold
await 300 grep -q '^seen' /root/look.out
cat /root/look.out
after=$(kernel_kib)
say "# memory: $before KiB of the kernel before, $after KiB with them"
each=$(((after - before) * 1024 / count))
check "a LUN takes $each bytes, less than 16 KiB" [ $each -lt 16384 ]
check "and more than nothing, so this has measured" [ $each -gt 256 ]
exec 4>&-
check "what the initiator saw" wait $looker
check "they are taken away" python3 /root/map.py $luns del $count
await 60 test "$(find $luns -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1
left=$(kernel_kib)
say "# memory: $left KiB in the end"
check "and their memory with them" [ $((left - before)) -lt $(((after - before) / 4)) ]
check "the target still answers" answers
local=/sys/kernel/scst_tgt/targets/scst_local
modprobe scst_local
echo 'add_target near' >$local/mgmt
for lun in 0 255 256 16383; do
	echo "add null $lun" >$local/near/luns/mgmt
done
four_disks() { [ "$(lsblk -dno VENDOR | grep -c SCST_FIO)" = 4 ]; }
check "Linux has a disk of each of four LUNs" await 60 four_disks
for disk in /dev/sd?; do
	check "... and reads $disk" dd if="$disk" of=/dev/null bs=4096 count=1 iflag=direct status=none
done
echo 'del 16383' >$local/near/luns/mgmt
three_disks() { [ "$(lsblk -dno VENDOR | grep -c SCST_FIO)" = 3 ]; }
check "one goes with its LUN" await 60 three_disks
systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
