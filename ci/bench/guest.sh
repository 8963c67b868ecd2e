#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's side of ci/bench/run: our target, LIO and tgt side by side, each with the same three
# backings, measured in turn. Leaves results.jsonl, one line a measurement.
# image: target
# timeout: 7200
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh
# ROUNDS, SECONDS_EACH, CASES, FIO_CASES, BACKINGS, TARGETS, EXTRAS, PROFILE
# shellcheck disable=SC1091 # written by ci/bench/run
. /run/jobs/settings

iqn=iqn.2026-11.org.example
lun_mib=128
store=/mnt/store
jsonl=$RESULTS/results.jsonl

portal_of() {
	case $1 in
	scst) echo 127.0.0.1:3260 ;;
	lio) echo 127.0.0.1:3261 ;;
	tgt) echo 127.0.0.1:3262 ;;
	esac
}

# tgt keeps LUN 0 for itself.
lun_of() { [ "$1" = tgt ] && echo 1 || echo 0; }

url_of() { echo "iscsi://$(portal_of "$1")/$iqn:$1-$2/$(lun_of "$1")"; }

# Files that are there to the last block, one a target, and loop disks on others of that kind.
prepare_store() {
	mkdir -p $store
	mount -t tmpfs -o size=2g,huge=never none $store
	modprobe loop
	for t in $TARGETS; do
		for kind in file loop; do
			dd if=/dev/zero of="$store/$t.$kind" bs=1M count=$lun_mib status=none
		done
		losetup --direct-io=off "$(losetup -f)" $store/"$t".loop
	done
}

loop_of() { losetup -j $store/"$1".loop -O NAME -n | tr -d ' '; }

# Another build than the packages' can be measured: ci/bench/run --modules.
take_modules() {
	[ -d "$JOBS/modules" ] || return 0
	to=/lib/modules/$(uname -r)/updates/dkms
	find /lib/modules \( -name 'scst*.ko*' -o -name 'iscsi_scst.ko*' \) -exec rm {} +
	mkdir -p "$to"
	cp "$JOBS"/modules/*.ko "$to"
	depmod
}

block_handler() {
	[ -d /sys/kernel/scst_tgt/handlers/vdisk_blockio ] && echo vdisk_blockio || echo vdisk_fileio
}

start_scst() {
	take_modules
	modprobe scst_vdisk
	cat >/etc/scst.conf <<END
HANDLER vdisk_nullio {
	DEVICE null {
		size_mb $lun_mib
	}
}
HANDLER vdisk_fileio {
	DEVICE file {
		filename $store/scst.file
	}
$([ "$(block_handler)" = vdisk_blockio ] && printf '}\nHANDLER vdisk_blockio {')
	DEVICE loop {
		filename $(loop_of scst)
	}
}
TARGET_DRIVER iscsi {
	enabled 1
$(for b in null file loop; do
		printf 'TARGET %s:scst-%s {\nHeaderDigest CRC32C,None\nLUN 0 %s\nenabled 1\n}\n' \
			"$iqn" $b $b
	done)
}
END
	serve
}

lio_backstore() {
	core=/sys/kernel/config/target/core/$1
	mkdir -p "$core"
	echo "$2" >"$core/control"
	[ $# -lt 3 ] || echo "$3" >"$core/udev_path"
	echo 1 >"$core/enable"
}

lio_target() {
	tpg=/sys/kernel/config/target/iscsi/$iqn:lio-$1/tpgt_1
	mkdir -p "$tpg/lun/lun_0" "$tpg/np/$(portal_of lio)"
	ln -s "/sys/kernel/config/target/core/$2" "$tpg/lun/lun_0/backing"
	echo 0 >"$tpg/attrib/authentication"
	echo 1 >"$tpg/attrib/generate_node_acls"
	echo 0 >"$tpg/attrib/demo_mode_write_protect"
	echo CRC32C,None >"$tpg/param/HeaderDigest"
	echo 1 >"$tpg/enable"
}

start_lio() {
	modprobe -a target_core_mod target_core_file target_core_iblock iscsi_target_mod
	bytes=$((lun_mib << 20))
	lio_backstore rd_mcp_0/null "rd_pages=$((bytes / 4096)),rd_nullio=1"
	lio_backstore fileio_0/file \
		"fd_dev_name=$store/lio.file,fd_dev_size=$bytes,fd_buffered_io=1"
	lio_backstore iblock_0/loop "udev_path=$(loop_of lio)" "$(loop_of lio)"
	lio_target null rd_mcp_0/null
	lio_target file fileio_0/file
	lio_target loop iblock_0/loop
}

tgt_target() {
	tgtadm --lld iscsi --op new --mode target --tid "$1" -T "$iqn:tgt-$2"
	tgtadm --lld iscsi --op new --mode logicalunit --tid "$1" --lun 1 --bstype "$3" -b "$4"
	tgtadm --lld iscsi --op update --mode target --tid "$1" --name HeaderDigest \
		--value CRC32C,None
	tgtadm --lld iscsi --op bind --mode target --tid "$1" -I ALL
}

start_tgt() {
	systemctl stop tgt.service 2>/dev/null
	tgtd --iscsi "portal=$(portal_of tgt)" || fail "tgtd does not start"
	await 20 tgtadm --lld iscsi --op show --mode target >/dev/null || fail "tgtd does not answer"
	tgt_target 1 null null $store/tgt.file
	tgt_target 2 file rdwr $store/tgt.file
	tgt_target 3 loop rdwr "$(loop_of tgt)"
}

# note TARGET BACKING ROUND COMMAND... CASE: one measurement as a line of JSON.
note() {
	t=$1 b=$2 r=$3
	shift 3
	for c in "$@"; do :; done
	line=$("$@" 2>"$RESULTS/error") ||
		line="{\"case\":\"$c\",\"failed\":\"$(tr -cd '[:alnum:] :./-' <"$RESULTS/error")\"}"
	say "{\"target\":\"$t\",\"backing\":\"$b\",\"round\":$r,${line#\{}" >>"$jsonl"
}

iscsiadm_for() {
	t=$1 b=$2
	shift 2
	iscsiadm -m node -T "$iqn:$t-$b" -p "$(portal_of "$t")" "$@" >/dev/null
}

# note_fio TARGET BACKING ROUND: the cases of fio, on a disk of the kernel's initiator, which is
# logged in for as long, as its sessions talk also when nobody reads or writes.
note_fio() {
	iscsiadm_for "$1" "$2" -o new
	iscsiadm_for "$1" "$2" --login || fail "no login to $1"
	disk=/dev/disk/by-path/ip-$(portal_of "$1")-iscsi-$iqn:$1-$2-lun-$(lun_of "$1")
	await 60 test -b "$disk" || fail "no disk of $1"
	udevadm settle
	echo none >"/sys/block/$(basename "$(readlink -f "$disk")")/queue/scheduler"
	for case in $FIO_CASES; do
		note "$1" "$2" "$3" python3 "$JOBS/fio.py" "$disk" "$SECONDS_EACH" "$case"
	done
	iscsiadm_for "$1" "$2" --logout || fail "no logout of $1"
	iscsiadm_for "$1" "$2" -o delete
}

measure_round() {
	for case in $CASES; do
		[ "$(echo "$case" | awk -F: '{print NF}')" != 3 ] ||
			note tcp none "$1" "$JOBS/tcp" "$SECONDS_EACH" "$case"
		for backing in $BACKINGS; do
			for t in $TARGETS; do
				note "$t" "$backing" "$1" "$JOBS/load" "$(url_of "$t" "$backing")" \
					"$SECONDS_EACH" "$case"
			done
		done
	done
	for backing in $BACKINGS; do
		[ -n "$FIO_CASES" ] || break
		for t in $TARGETS; do
			note_fio "$t" "$backing" "$1"
		done
	done
	[ "$EXTRAS" = yes ] || return 0
	for t in $TARGETS; do
		note "$t" null "$1" "$JOBS/load" "$(url_of "$t" null)" "$SECONDS_EACH" logins
	done
}

# Where our target's time goes, case by case.
profile() {
	for case in $CASES; do
		for backing in $BACKINGS; do
			for t in $TARGETS; do
				perf record -e cpu-clock -F 500 -a -g -o /tmp/perf.data -- "$JOBS/load" \
					"$(url_of "$t" "$backing")" "$SECONDS_EACH" "$case" >/dev/null 2>&1
				perf report -i /tmp/perf.data --no-children -g none --percent-limit 0.4 \
					--sort comm,dso,symbol --stdio \
					>"$RESULTS/perf.$t.$backing.$case" 2>/dev/null
			done
		done
	done
}

prepare_store
for t in $TARGETS; do
	"start_$t"
done
[ -z "$FIO_CASES" ] || start_initiator
uname -r >"$RESULTS/kernel"
round=1
while [ $round -le "$ROUNDS" ]; do
	say "round $round"
	measure_round $round
	round=$((round + 1))
done
if [ "$EXTRAS" = yes ]; then
	for t in $TARGETS; do
		note "$t" null 1 "$JOBS/load" "$(url_of "$t" null)" 200 idle
	done
fi
[ "$PROFILE" != yes ] || profile
check "the kernel log is clean" kernel_log_is_clean
