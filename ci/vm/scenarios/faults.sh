#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Whatever goes wrong between Linux's initiator and the target, or with either: what is written is
# verified all the while, and not one command fails or is stuck.
# image: target
# timeout: 1800
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
sys=$tree/targets/iscsi/$target
near=127.0.0.1:3261
truncate -s 256M /var/lib/disk0
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/disk0
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1
		NopInInterval 5
		NopInTimeout 5

		GROUP allowed {
			LUN 0 disk0

			INITIATOR $initiator
		}
	}
}
END
serve
mkfifo /root/orders /root/answers
python3 /run/jobs/proxy.py 3261 "$portal" </root/orders >/root/answers &
exec 8>/root/orders 9</root/answers
answer() { read -r said <&9 && [ "$said" = "$1" ]; }
order() { echo "$1" >&8 && answer 'done'; }
check "something stands between them" answer ready

# They wait for the target as long as it takes.
sed -i -e 's/^node.session.timeo.replacement_timeout.*/node.session.timeo.replacement_timeout = 600/' \
	-e 's/^node.conn\[0\].timeo.noop_out_interval.*/node.conn[0].timeo.noop_out_interval = 2/' \
	-e 's/^node.conn\[0\].timeo.noop_out_timeout.*/node.conn[0].timeo.noop_out_timeout = 4/' /etc/iscsi/iscsid.conf
start_initiator
# use PORTAL: the disk behind it is $disk.
use() {
	iscsiadm -m node -o new -T "$target" -p "$1" >/dev/null || fail "no record of $1"
	iscsiadm -m node -T "$target" -p "$1" --login >/dev/null || fail "no login through $1"
	disk=/dev/disk/by-path/ip-$1-iscsi-$target-lun-0
	await 60 test -b "$disk" || fail "no disk comes up through $1"
	name=$(basename "$(readlink -f "$disk")")
}
leave() {
	iscsiadm -m node -T "$target" -p "$1" --logout >/dev/null || fail "no logout"
	iscsiadm -m node -o delete -T "$target" -p "$1" >/dev/null
}
# What waits for the target shall not hold up the guest after the scenario has failed.
give_up() {
	rm -f /root/going
	for waits in /sys/class/iscsi_session/*/recovery_tmo; do
		[ ! -e "$waits" ] || echo 1 >"$waits"
	done
}
trap give_up EXIT
written() { awk '{ print $7 }' "/sys/block/$name/stat"; }
moving() { [ "$(written)" -gt "$1" ]; }
# goes_on WHAT: I/O does, after it.
goes_on() {
	at=$(written)
	check "$1: I/O goes on" await 120 moving $((at + 500))
}
begin_io() {
	: >/root/going
	(
		round=0
		while [ -e /root/going ]; do
			round=$((round + 1))
			fio --name="verify$round" --filename="/dev/$name" --direct=1 --ioengine=libaio --iodepth=16 \
				--bsrange=4k-256k --rw=randrw --verify=crc32c --verify_fatal=1 --verify_backlog=64 \
				--size=200M --time_based --runtime=20 >>"$RESULTS/fio" 2>&1 || : >/root/wrong
		done
	) &
	io=$!
	goes_on "$1"
}
end_io() {
	rm /root/going
	wait $io
	refused "fio has found fault" test -e /root/wrong
}

use $near
# Both ask whether the other is there as long as nothing else is to be said.
for opcode in 00 20; do
	check "cut within a PDU $opcode" order "cut $opcode"
	check "the disk is read after it" dd if="/dev/$name" of=/dev/null bs=4k count=10 iflag=direct status=none
done
begin_io "through the proxy"
# Requests and data of the initiator; responses, data and requests for data of the target.
for opcode in 01 05 21 25 31; do
	check "cut within a PDU $opcode" order "cut $opcode"
	goes_on "cut at $opcode"
done
check "nothing gets through" order stall
sleep 30
check "it does again" order go
goes_on "30 s of silence"
check "packets are lost and overtake each other" \
	tc qdisc add dev lo root netem delay 3ms 2ms loss 2% reorder 25% 50% limit 10000
sleep 20
goes_on "meanwhile"
tc qdisc del dev lo root
goes_on "a good network again"

kill -9 "$(pidof iscsi-scstd)"
goes_on "the daemon was killed"
check "there is another one" await 30 pidof iscsi-scstd
check "logins go on" await 30 answers
kill -9 "$(pidof iscsid)"
systemctl restart iscsid.service
goes_on "the initiator's daemon was killed"
echo 0 >"$sys/enabled"
sleep 10
echo 1 >"$sys/enabled"
goes_on "the target was away for 10 s"
for n in 1 2 3; do
	echo "replace disk0 0" >"$sys/ini_groups/allowed/luns/mgmt"
	goes_on "the LUN was replaced, $n"
done
for n in 1 2 3; do
	echo 1 >"$(find "$sys/sessions/" -mindepth 1 -maxdepth 1 -type d)/force_close"
	goes_on "the session was closed by force, $n"
done

# All that is free, again and again, and what the page cache has.
(
	while [ -e /root/going ]; do
		free=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
		python3 -c "import sys; x = bytearray(int(sys.argv[1]) * 1024 * 9 // 10)" "$free"
	done
) &
pressure=$!
sleep 20
goes_on "little memory"
end_io
wait $pressure
leave $near

ip address add 192.0.2.9/32 dev lo
use 192.0.2.9:3260
begin_io "through another address"
ip address del 192.0.2.9/32 dev lo
sleep 15
ip address add 192.0.2.9/32 dev lo
goes_on "the portal's address was away for 15 s"
end_io
leave 192.0.2.9:3260

check "a thousand logins at once" python3 /run/jobs/crowd.py "$target" "$initiator" 1000
no_sessions() { [ -z "$(ls "$sys/sessions")" ]; }
check "they all end" await 60 no_sessions
check "the services stop" systemctl stop iscsi-scstd.service scst.service
check "the kernel log is clean" kernel_log_is_clean
