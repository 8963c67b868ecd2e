#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Ten thousand sessions that do nothing but answer pings: they stay, another one goes on working, the
# memory that they take is bounded and comes back.
# image: target
# timeout: 2400
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

count=10000
sessions=/sys/kernel/scst_tgt/targets/iscsi/$target/sessions
write_conf writable
sed -i "s/INITIATOR $initiator/&\n\t\t\tINITIATOR $initiator-*/; s/^\t\tenabled 1\$/&\n\t\tNopInInterval 30\n\t\tNopInTimeout 60/" /etc/scst.conf
serve
free_kib() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemAvailable:/ { print $2 }' /proc/meminfo
}
nr_sessions() { find $sessions -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
# A first few, so that what is made once is there.
check "a hundred come and go" python3 /run/jobs/crowd.py "$target" "$initiator-{n}" 100
no_session() { [ "$(nr_sessions)" = 0 ]; }
check "they have gone" await 60 no_session
before=$(free_kib)
prlimit --nofile=$((count + 100)) python3 /run/jobs/crowd.py "$target" "$initiator-{n}" $count --at-once 64 --until /root/enough >"$RESULTS/crowd" 2>&1 &
crowd=$!
all_in() { grep -q '^ready' "$RESULTS/crowd" || ! kill -0 $crowd 2>/dev/null; }
check "they have come" await 1300 all_in
cat "$RESULTS/crowd"
check "ten thousand sessions" [ "$(nr_sessions)" = $count ]
resident=$(awk '/^VmRSS:/ { print $2 }' /proc/$crowd/status)
taken=$((before - $(free_kib) - resident))
say "# $((taken / count)) KiB each, both ends of the connection included"
check "that is under 64 KiB" [ $((taken / count)) -lt 64 ]
check "another one works" timeout 60 iscsi-readcapacity16 "iscsi://$portal/$target/0"
sleep 100
check "all are there after pings were due three times" [ "$(nr_sessions)" = $count ]
check "another one still works" timeout 60 iscsi-readcapacity16 "iscsi://$portal/$target/0"
: >/root/enough
check "none was lost" wait $crowd
cat "$RESULTS/crowd"
check "all have gone" await 120 no_session
back=$((before - $(free_kib)))
say "# $back KiB less are free than before"
check "their memory is back" [ $back -lt 20000 ]
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
