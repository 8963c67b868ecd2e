#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's side of ci/bench/run --local: disks of this very machine that keep nothing, by our
# scst_local, by LIO's tcm_loop and by scsi_debug, measured in turn. Leaves results.jsonl, one line a
# measurement.
# image: target
# timeout: 3600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh
# ROUNDS, SECONDS_EACH, CASES, TARGETS
# shellcheck disable=SC1091 # written by ci/bench/run
. /run/jobs/settings

lun_mib=128
jsonl=$RESULTS/results.jsonl

# The disks of the SCSI vendor $1 (as INQUIRY says it).
disks_by() { lsblk -dno PATH,VENDOR | awk -v vendor="$1" '$2 == vendor { print $1 }'; }

start_scst() {
	modprobe -a scst scst_vdisk
	echo "add_device null size_mb=$lun_mib" >/sys/kernel/scst_tgt/handlers/vdisk_nullio/mgmt
	modprobe scst_local
	echo 'add_target near' >/sys/kernel/scst_tgt/targets/scst_local/mgmt
	echo 'add null 0' >/sys/kernel/scst_tgt/targets/scst_local/near/luns/mgmt
}

start_tcm_loop() {
	modprobe -a target_core_mod tcm_loop
	config=/sys/kernel/config/target wwn=naa.5001405000000001
	mkdir -p $config/core/rd_mcp_0/null
	echo "rd_pages=$((lun_mib << 8)),rd_nullio=1" >$config/core/rd_mcp_0/null/control
	echo 1 >$config/core/rd_mcp_0/null/enable
	mkdir -p $config/loopback/$wwn/tpgt_1/lun/lun_0
	echo naa.5001405000000002 >$config/loopback/$wwn/tpgt_1/nexus
	ln -s $config/core/rd_mcp_0/null $config/loopback/$wwn/tpgt_1/lun/lun_0/backing
}

start_scsi_debug() {
	modprobe scsi_debug dev_size_mb=$lun_mib fake_rw=1 delay=0
}

vendor_of() {
	case $1 in
	scst) echo SCST_FIO ;;
	tcm_loop) echo LIO-ORG ;;
	scsi_debug) echo Linux ;;
	esac
}

has_disk() { [ -n "$(disks_by "$(vendor_of "$1")")" ]; }

# note TARGET ROUND CASE: one measurement as a line of JSON.
note() {
	line=$("$JOBS/disk" "$(disks_by "$(vendor_of "$1")")" "$SECONDS_EACH" "$3" 2>"$RESULTS/error") ||
		line="{\"case\":\"$3\",\"failed\":\"$(tr -cd '[:alnum:] :./-' <"$RESULTS/error")\"}"
	say "{\"target\":\"$1\",\"backing\":\"null\",\"round\":$2,${line#\{}" >>"$jsonl"
}

for t in $TARGETS; do
	"start_$t"
	await 60 has_disk "$t" || fail "$t has no disk"
done
for disk in $(lsblk -dno PATH | grep '/sd'); do
	echo none >"/sys/block/${disk##*/}/queue/scheduler"
done
uname -r >"$RESULTS/kernel"
round=1
while [ $round -le "$ROUNDS" ]; do
	say "round $round"
	for case in $CASES; do
		for t in $TARGETS; do
			note "$t" $round "$case"
		done
	done
	round=$((round + 1))
done
check "the kernel log is clean" kernel_log_is_clean
