#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a READ or a WRITE costs in pieces of memory, its data aside: one, by any way and of any size
# up to 1 MiB. The kernel's own trace of its allocator says who asked for how many.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

commands=64
trace=/sys/kernel/tracing
[ -d $trace/events ] || mount -t tracefs tracefs $trace

truncate -s 256M /var/lib/disk0 /var/lib/direct
head -c 256M /dev/zero >/var/lib/disk0
head -c 256M /dev/zero >/var/lib/block
loop=$(losetup -f --show /var/lib/block) || fail "no loop device"
cat >/etc/scst.conf <<END
HANDLER vdisk_fileio {
	DEVICE file {
		filename /var/lib/disk0
	}

	DEVICE direct {
		filename /var/lib/direct
		o_direct 1
	}
}

HANDLER vdisk_blockio {
	DEVICE block {
		filename $loop
	}
}

HANDLER vdisk_nullio {
	DEVICE null {
		size_mb 256
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		LUN 0 file
		LUN 1 direct
		LUN 2 block
		LUN 3 null
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET $target {
		enabled 1

		GROUP allowed {
			LUN 0 file
			LUN 1 direct
			LUN 2 block
			LUN 3 null

			INITIATOR $initiator
			INITIATOR $tools
		}
	}
}
END
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null || fail "no discovery"
login
near=$(readlink -f /sys/kernel/scst_tgt/targets/scst_local/near/sessions/near/host)
far=/sys/class/iscsi_session/session1/device

# node HOST LUN: the disk's generic device.
node() { find -L "$1" -maxdepth 3 -path "*target*:0:0:$2/scsi_generic" -exec ls {} \; 2>/dev/null; }
nodes() { for lun in 0 1 2 3; do [ -n "$(node "$near" $lun)" ] && [ -n "$(node "$far" $lun)" ] || return 1; done; }
check "both ways see all disks" await 60 nodes
stop_udev

# traced COMMAND...: what our modules have asked for meanwhile goes to $RESULTS/asked.
traced() {
	echo 1 >$trace/options/stacktrace
	# Only so it tells whose module a function is in.
	echo 1 >$trace/options/sym-offset
	echo 8192 >$trace/buffer_size_kb
	echo >$trace/trace
	for event in kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node; do
		[ ! -d $trace/events/kmem/$event ] || echo 1 >$trace/events/kmem/$event/enable
	done
	"$@" >"$RESULTS/dd" 2>&1 || fail "$*: $(cat "$RESULTS/dd")"
	echo 0 >$trace/events/kmem/enable
	cp $trace/trace "$RESULTS/trace"
	python3 /run/jobs/allocations.py scst scst_vdisk scst_local iscsi_scst <"$RESULTS/trace" >"$RESULTS/asked"
}
lost() { grep -q 'LOST' "$RESULTS/trace"; }
asked() { awk '{ n += $1 } END { print n + 0 }' "$RESULTS/asked"; }

# cost TEXT BLOCKS UNIT READ|WRITE LEAST: commands of so many blocks of 512 bytes ask for one piece
# each, and at least for LEAST. Opening and looking at the disk is a few commands more.
cost() {
	case=$1 blocks=$2 least=$5
	set -- if="$3" of=/dev/null "$4"
	[ "$3" = READ ] || set -- if=/dev/zero of="${1#if=}"
	traced sg_dd bs=512 bpt="$blocks" count=$((blocks * commands)) "$1" "$2"
	pieces=$(asked)
	say "# $case: $pieces for $commands commands"
	cat "$RESULTS/asked"
	refused "the trace of $case has holes" lost
	check "$case: one piece a command" [ "$pieces" -le $((commands + 8)) ]
	check "$case: the trace has seen what there is" [ "$pieces" -ge "$least" ]
}

lun=0
for name in file direct block null; do
	for size in 4 64 256 1024; do
		for dir in READ WRITE; do
			cost "$dir of $size KiB, $name, scst_local" $((size * 2)) "/dev/$(node "$near" $lun)" $dir 0
			cost "$dir of $size KiB, $name, iSCSI" $((size * 2)) "/dev/$(node "$far" $lun)" $dir $commands
		done
	done
	lun=$((lun + 1))
done
start_udev
check "the kernel log is clean" kernel_log_is_clean
