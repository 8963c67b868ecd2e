#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Threads of devices: how many there are, who shares them, on which CPU they run; they come and go
# under I/O that is verified, and the module goes with them. Where a target is served.
# image: target
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
driver=$tree/targets/scst_local
device=$tree/devices/file
truncate -s 64M /var/lib/file
{
	printf 'HANDLER vdisk_fileio {\n\tDEVICE file {\n\t\tfilename /var/lib/file\n\t\tthreads_num 3\n\t}\n}\n\n'
	ports file one two three
} >/etc/scst.conf
check "the configuration is taken" systemctl start scst.service
udevadm settle
disk=$(disk_of 0xb)
[ -b "$disk" ] || fail "no disk"

# The threads that serve LUN 0 of a target.
pids() { cat "$driver/$1"/sessions/*/lun0/thread_pid; }
all_pids() { pgrep '^scst_file/' | sort -n; }
nr_threads() { all_pids | wc -l; }
there_are() { [ "$(nr_threads)" = "$1" ]; }
share() { [ "$(pids "$1")" = "$(pids "$2")" ]; }
is() { [ "$(tr '\n' ' ' <"$1")" = "$2 " ]; }
set_to() { echo "$2" >"$1" 2>/dev/null; }

say "# who shares them"
check "each initiator has three" there_are 9
check "it is said so" is $device/threads_num '3 [key]'
check "they are told of" [ "$(for t in one two three; do pids $t; done | tr ' ' '\n' | sort -n)" = "$(all_pids)" ]
check "all share two" sh -c "echo shared >$device/threads_pool_type && echo 2 >$device/threads_num"
check "nobody else has any" await 10 there_are 2
check "they do" share one two
check "it is said so" is $device/threads_pool_type 'shared [key]'
echo per_initiator >$device/threads_pool_type
check "each has two again" await 10 there_are 6
refused "two initiators share threads" share one two
check "two targets join" sh -c "echo 5 >$driver/one/io_grouping_type; echo 5 >$driver/three/io_grouping_type"
check "they share threads" share one three
refused "the other one does too" share one two
check "there are four" await 10 there_are 4
echo never >$driver/three/io_grouping_type
refused "who left shares threads still" share one three
check "there are six" await 10 there_are 6
echo auto >$driver/one/io_grouping_type
for value in -1 1025 many; do refused "threads_num is $value" set_to $device/threads_num $value; done
refused "threads are pooled by chance" set_to $device/threads_pool_type chance

say "# where they run"
allowed() { awk '/^Cpus_allowed:/ { print $2 }' "/proc/$1/status"; }
pinned() { for pid in $(pids "$1"); do [ "$(allowed "$pid")" = "$2" ] || return 1; done; }
check "a target is bound to a CPU" set_to $driver/one/cpu_mask 2
check "its threads are" pinned one 2
check "those of another one are not" pinned two 3
check "it is said so" is $driver/one/cpu_mask '2 [key]'
for mask in 0 4 all; do refused "the mask is $mask" set_to $driver/one/cpu_mask $mask; done

# Without threads: in workers, which are traced.
trace=/sys/kernel/tracing
[ -d $trace/events ] || mount -t tracefs none $trace
# served_on CPU...: where work of scst_local for its first target was executed, in a hundred reads from
# either CPU.
served_on() {
	echo >$trace/trace
	echo 1 >$trace/events/workqueue/workqueue_execute_start/enable
	for cpu in 0 1; do
		taskset -c $cpu dd if="$disk" of=/dev/null bs=4k count=100 iflag=direct status=none
	done
	echo 0 >$trace/events/workqueue/workqueue_execute_start/enable
	grep -E 'function (local_work|scst_deferred)' $trace/trace | grep -oE '\[[0-9]+\]' | sort -u | tr -d '\n'
}
echo 0 >$device/threads_num
check "no threads are left" await 10 there_are 0
check "without threads it is served on its CPU" [ "$(served_on)" = "[001]" ]
check "the mask is taken back" set_to $driver/one/cpu_mask 3
check "it is served on both" [ "$(served_on)" = "[000][001]" ]

say "# under I/O"
fio --name=verify --filename="$disk" --direct=1 --ioengine=libaio --iodepth=16 --bsrange=4k-64k --rw=randrw \
	--verify=crc32c --verify_fatal=1 --verify_backlog=64 --size=60M --time_based --runtime=20 \
	--output="$RESULTS/fio" &
io=$!
changes=0
while kill -0 $io 2>/dev/null; do
	for nr in 4 0 1 2; do
		echo $nr >$device/threads_num || fail "threads_num is not taken under I/O"
		echo $((changes % 3 + 1)) >$driver/one/cpu_mask
		echo $((changes % 2 + 1)) >$driver/one/io_grouping_type
		[ $((changes % 5)) != 0 ] || echo shared >$device/threads_pool_type
		[ $((changes % 7)) != 0 ] || echo per_initiator >$device/threads_pool_type
		changes=$((changes + 1))
	done
done
check "I/O is right through $changes changes" wait $io
check "there were some" [ $changes -gt 20 ]
echo 3 >$driver/one/cpu_mask
echo auto >$driver/one/io_grouping_type
echo per_initiator >$device/threads_pool_type
echo 2 >$device/threads_num
check "each initiator has two" await 10 there_are 6
check "it is saved" scstadmin -write_config /root/saved
check "with its threads" grep -q 'threads_num 2' /root/saved
check "a session goes" sh -c "echo del_target three >$driver/mgmt"
check "its threads go" await 10 there_are 4
fio --name=load --filename="$disk" --direct=1 --ioengine=libaio --iodepth=32 --bs=4k --rw=randrw --time_based \
	--runtime=300 >"$RESULTS/fio.load" 2>&1 &
io=$!
sleep 2
check "the handler goes under I/O" timeout 60 rmmod scst_vdisk
if wait $io; then fail "I/O has succeeded without it"; fi
check "no threads are left" there_are 0
check "the services stop" systemctl stop scst.service
check "the kernel log is clean" kernel_log_is_clean
