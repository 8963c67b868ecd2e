#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's side of ci/bench/run --apply: how long it takes until many targets with ten LUNs each
# are there, by scstadmin, by targetcli, by writes to LIO's configfs from one process and by tgtadm,
# one after the other on the same machine. Leaves results.jsonl, one line a measurement.
# image: target
# timeout: 7200
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh
# ROUNDS, CASES (TARGETS:LUNS[:the only one that does it]), TARGETS
# shellcheck disable=SC1091 # written by ci/bench/run
. /run/jobs/settings

store=/mnt/store
jsonl=$RESULTS/results.jsonl
longest=900

many() { python3 "$JOBS/apply.py" "$1" $store "$targets" "$luns"; }
now() { date +%s.%N; }

# timed COMMAND...: sets took to the seconds that it needs; 124 if it does not end.
timed() {
	begun=$(now) code=0
	timeout $longest "$@" >"$RESULTS/output.$t" 2>&1 || code=$?
	took=$(echo "$begun $(now)" | awk '{ printf "%.2f", $2 - $1 }')
	return $code
}

count_of() { find "$1" -mindepth "$2" -maxdepth "$2" -path "$3" | wc -l; }

# apply_T: sets took. count_T: the LUNs that are there then. clear_T: as if nothing had been.
apply_scst() {
	many conf >/etc/scst.conf
	timed scstadmin -config /etc/scst.conf
}
count_scst() { count_of /sys/kernel/scst_tgt/targets/iscsi 3 '*/luns/[0-9]*'; }
clear_scst() {
	scstadmin -clear_config -force -noprompt >/dev/null
}

count_lio() { count_of /sys/kernel/config/target/iscsi 4 '*/lun/lun_*'; }
apply_lio() { timed python3 "$JOBS/apply.py" lio $store "$targets" "$luns"; }
clear_lio() { targetcli clearconfig confirm=true >/dev/null; }

count_targetcli() { count_lio; }
apply_targetcli() {
	many json >/root/saveconfig.json
	timed targetcli restoreconfig /root/saveconfig.json
}
clear_targetcli() { clear_lio; }

count_tgt() { tgtadm --lld iscsi --op show --mode target | grep -c 'Backing store path: /'; }
apply_tgt() {
	systemctl stop tgt.service 2>/dev/null
	# It has sixteen threads for each LUN.
	systemd-run -q --scope -p TasksMax=infinity tgtd --iscsi portal=127.0.0.1:3262 ||
		fail "tgtd does not start"
	await 20 tgtadm --lld iscsi --op show --mode target >/dev/null || fail "tgtd does not answer"
	timed python3 "$JOBS/apply.py" tgt $store "$targets" "$luns"
}
clear_tgt() { pkill -KILL -x tgtd; }

# note TARGET CASE ROUND
note() {
	t=$1 code=0
	"apply_$t" || code=$?
	there=$("count_$t")
	if [ $code = 0 ] && [ "$there" = $((targets * luns)) ]; then
		said="\"seconds\":$took"
	elif [ $code = 124 ]; then
		said="\"seconds\":$took,\"unfinished\":$there"
	else
		said="\"failed\":\"$there LUNs, exit code $code\""
	fi
	say "{\"target\":\"$t\",\"backing\":\"file\",\"round\":$3,\"case\":\"$2\",$said}" | tee -a "$jsonl"
	"clear_$t" || fail "$t is not cleared"
}

mkdir -p $store
mount -t tmpfs -o size=1g,nr_inodes=200k none $store
modprobe -a target_core_mod target_core_file iscsi_target_mod scst scst_vdisk
mkdir -p /sys/kernel/config/target/iscsi /etc/rtslib-fb-target/pr /etc/rtslib-fb-target/alua
disk null vdisk_nullio 'size_mb 16'
disks_conf
serve
uname -r >"$RESULTS/kernel"
round=1
while [ $round -le "$ROUNDS" ]; do
	for case in $CASES; do
		# shellcheck disable=SC2046 # words wanted
		set -- $(echo "$case" | tr ':' ' ')
		targets=$1 luns=$2
		for t in ${3:-$TARGETS}; do
			note "$t" "$case" $round
		done
	done
	round=$((round + 1))
done
check "the kernel log is clean" kernel_log_is_clean
