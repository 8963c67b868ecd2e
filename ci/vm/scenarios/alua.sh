#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One disk behind two target ports: the initiator's multipath sees one map with the priorities of our
# states, follows a switch of the ports under load, and no write is lost. What sg3_utils read is
# compared word by word.
# image: target
# timeout: 900
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
groups=$tree/device_groups/dg/target_groups
cat >/etc/multipath.conf <<'END'
defaults {
	find_multipaths no
	user_friendly_names yes
	path_grouping_policy group_by_prio
	failback immediate
	polling_interval 2
	no_path_retry queue
}
END
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/disk0

		expl_alua 1
	}
}

$(ports disk0 near far)

DEVICE_GROUP dg {
	DEVICE disk0

	TARGET_GROUP here {
		group_id 1
		preferred 1
		state active

		TARGET near
	}

	TARGET_GROUP there {
		group_id 2
		state nonoptimized

		TARGET elsewhere {
			rel_tgt_id 33
		}
		TARGET far
	}
}
END

written_through() { cat "$tree/targets/scst_local/$1/sessions"/*/write_cmd_count; }
has_written() { [ "$(written_through "$1")" -gt "$2" ]; }
# moves TARGET: writes go through it now.
moves() { await 90 has_written "$1" "$(written_through "$1")"; }
priorities() { multipath -ll 2>/dev/null | sed -n 's/.*prio=\([0-9]*\).*/\1/p' | sort -rn | paste -sd' '; }
sees() { [ "$(priorities)" = "$1" ]; }
set_state() { echo "$2" >"$groups/$1/state"; }

truncate -s 128M /var/lib/disk0
modprobe -a scst scst_vdisk scst_local dm_multipath scsi_dh_alua
check "the configuration is taken" scstadmin -noprompt -config /etc/scst.conf
scstadmin -write_config /root/written >/dev/null
scstadmin -noprompt -config /root/written >"$RESULTS/again" || fail "its own file is refused"
check "what is written back means the same" grep -q ' 0 change(s)' "$RESULTS/again"
# The initiator may have looked at the disks before they were in a group.
udevadm settle
for unit in /sys/block/sd?; do
	echo 1 >"$unit/device/delete"
done
for host in /sys/class/scsi_host/host*; do
	[ "$(cat "$host/proc_name")" != scst_local ] || echo '- - -' >"$host/scan"
done
udevadm settle
near=$(disk_of 0xb) far=$(disk_of 0xc)
check "a disk behind each port" test -b "$near" -a -b "$far"

for unit in "$near" "$far"; do
	# The first commands meet the unit attentions of the set-up.
	until sg_turs "$unit" >/dev/null 2>&1; do :; done
done
sg_rtpg -d "$near" >"$RESULTS/rtpg"
cat >/tmp/rtpg <<'END'
Report target port groups:
  target port group id : 0x1 , Pref=1, Rtpg_fmt=0
    target port group asymmetric access state : 0x00 (active/optimized)
    T_SUP : 1, O_SUP : 1, LBD_SUP : 0, U_SUP : 1, S_SUP : 1, AN_SUP : 1, AO_SUP : 1
    status code : 0x00 (no status available)
    vendor unique status : 0x00
    target port count : 01
    Relative target port ids:
      0x0b
  target port group id : 0x2 , Pref=0, Rtpg_fmt=0
    target port group asymmetric access state : 0x01 (active/non optimized)
    T_SUP : 1, O_SUP : 1, LBD_SUP : 0, U_SUP : 1, S_SUP : 1, AN_SUP : 1, AO_SUP : 1
    status code : 0x02 (target port asym. state changed by implicit lu behaviour)
    vendor unique status : 0x00
    target port count : 02
    Relative target port ids:
      0x21
      0x0c
END
check "sg_rtpg" diff -u /tmp/rtpg "$RESULTS/rtpg"
sg_vpd -p di "$far" >"$RESULTS/vpd"
check "VPD page 83h names the group" grep -q 'Target port group: 0x2' "$RESULTS/vpd"
sg_inq "$far" >"$RESULTS/inquiry"
check "standard INQUIRY offers both kinds of change" grep -q 'TPGS=3' "$RESULTS/inquiry"

check "multipathd starts" systemctl restart multipathd.service
await 60 sees "50 10" || fail "no map with the priority of each port: $(multipath -ll)"
udevadm settle
map=$(find /dev/mapper -name 'mpath*')
check "one map" test -b "$map"
fio --name=verify --filename="$map" --direct=1 --ioengine=libaio --iodepth=16 --bs=4k-64k \
	--size=96M --rw=randwrite --verify=crc32c --loops=15 >"$RESULTS/fio" 2>&1 &
load=$!
check "writes go through the near port" moves near
set_state there active
set_state here standby
check "implicit change: writes go through the far port" moves far
kill -0 $load || fail "the load has ended before the ports changed: $(tail -n 5 "$RESULTS/fio")"
sg_stpg -o -t 1 "$near" || sg_stpg -o -t 1 "$near" || fail "SET TARGET PORT GROUPS is refused"
check "the state follows the command" grep -q '^active' "$groups/here/state"
set_state there unavailable
check "explicit change: writes go through the near port again" moves near
kill -0 $load || fail "the load has ended before the ports changed back: $(tail -n 5 "$RESULTS/fio")"
wait $load || fail "fio found a difference: $(tail -n 20 "$RESULTS/fio")"
say "ok: fio verified what it wrote through two switches"
check "an unavailable port says so" test "$(sg_turs -v "$far" 2>&1 | grep -c 'unavailable state')" -ge 1
sg_inq "$far" >"$RESULTS/inquiry"
check "INQUIRY still answers there" grep -q 'PQual=1' "$RESULTS/inquiry"
check "REPORT TARGET PORT GROUPS too" sg_rtpg "$far"

systemctl stop multipathd.service
multipath -F
check "the configuration goes" scstadmin -noprompt -clear_config -force
check "nothing of the groups is left" test ! -e "$tree/device_groups/dg"
check "unload" rmmod scst_local scst_vdisk scst
check "the kernel log is clean" kernel_log_is_clean
