#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Persistent reservations of every type between two initiators, one per port: who may read and write
# beside the holder, registered or not (SPC-4 5.13.1, table 65), how a reservation is released,
# preempted and told of, and that RESERVE(6) does not mix with it.
# image: target
# timeout: 500
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

truncate -s 16M /var/lib/disk
cat >/etc/scst.conf <<'END'
HANDLER vdisk_fileio {
	DEVICE disk {
		filename /var/lib/disk
	}
}

TARGET_DRIVER scst_local {
	TARGET near {
		rel_tgt_id 11

		LUN 0 disk
	}

	TARGET far {
		rel_tgt_id 12

		LUN 0 disk
	}
}
END
check "the configuration is taken" systemctl start scst.service
stop_udev
near=$(disk_of 0xb) far=$(disk_of 0xc)
[ -b "$near" ] || fail "there is no disk near"
[ -b "$far" ] || fail "there is no disk far"

# What sg3_utils say by their exit code
good=0 attention=6 conflict=24
head -c 512 /dev/urandom >/root/block

# code COMMAND...: its exit code, whatever it prints.
code() {
	code=0
	"$@" >/root/printed 2>&1 || code=$?
	echo $code
}
does() {
	case $2 in
	read) code sg_raw -r 512 "$1" 28 00 00 00 00 00 00 00 01 00 ;;
	write) code sg_raw -s 512 -i /root/block "$1" 2a 00 00 00 00 00 00 00 01 00 ;;
	look) code sg_raw -r 96 "$1" 12 00 00 00 60 00 ;;
	ready) code sg_raw "$1" 00 00 00 00 00 00 ;;
	reserve6) code sg_raw "$1" 16 00 00 00 00 00 ;;
	esac
}

# expect WHAT DISK ACT CODE
expect() {
	got=$(does "$2" "$3")
	check "$1 ($got)" [ "$got" = "$4" ]
}
out() {
	disk=$1
	shift
	code sg_persist --out "$@" "$disk"
}
# says WHAT WANTED GOT
says() { check "$1 ($3)" [ "$2" = "$3" ]; }
# Until nothing is left to be told.
calm() { until [ "$(does "$1" ready)" = $good ]; do :; done; }
# the_holder_is KEY of the reservation, as the other one sees it
the_holder_is() { sg_persist --in --read-reservation "$2" | grep -qi "key *= *0x$1\$"; }

# one TYPE WHO READ WRITE: what the other may while this one holds it, as WHO: unregistered, registered.
one() {
	expect "type $1: the $2 other reads" "$far" read "$3"
	expect "type $1: the $2 other writes" "$far" write "$4"
	expect "type $1: the $2 other looks" "$far" look $good
	expect "type $1: the $2 other asks whether it is ready" "$far" ready $good
}

# type NUMBER UNREGISTERED-READ -WRITE REGISTERED-READ -WRITE ALL-HOLD
type() {
	number=$1 of_all=$6
	says "type $1: this one registers" 0 "$(out "$near" --register --param-sark=0xa)"
	says "... and reserves" 0 "$(out "$near" --reserve --param-rk=0xa --prout-type="$1")"
	expect "type $1: the holder reads" "$near" read $good
	expect "type $1: the holder writes" "$near" write $good
	one "$1" unregistered "$2" "$3"
	says "type $1: the unregistered other can't release it" $conflict \
		"$(out "$far" --release --param-rk=0 --prout-type="$1")"
	says "... nor can it clear" $conflict "$(out "$far" --clear --param-rk=0xb)"
	says "the other registers" 0 "$(out "$far" --register --param-sark=0xb)"
	one "$1" registered "$4" "$5"
	says "type $1: a second reservation" "$([ "$of_all" = yes ] && echo 0 || echo $conflict)" \
		"$(out "$far" --reserve --param-rk=0xb --prout-type="$1")"
	says "type $1: one of another type" $conflict \
		"$(out "$far" --reserve --param-rk=0xb --prout-type=$(($1 == 1 ? 3 : 1)))"
	expect "type $1: RESERVE(6) beside it" "$near" reserve6 $conflict
	released
	preempted
}

released() {
	says "type $number: released as another type it is refused" 5 \
		"$(out "$near" --release --param-rk=0xa --prout-type=$((number == 1 ? 3 : 1)))"
	says "... as its own it goes" 0 "$(out "$near" --release --param-rk=0xa --prout-type="$number")"
	case $number in
	5 | 6 | 7 | 8) expect "... and the other registrant is told" "$far" ready $attention ;;
	esac
	calm "$far"
	expect "... so that it may write" "$far" write $good
}

# The other takes it, with the write that this one has no right to any more.
preempted() {
	says "type $number: reserved again" 0 "$(out "$near" --reserve --param-rk=0xa --prout-type="$number")"
	sark=0xa
	[ "$of_all" = no ] || sark=0
	says "the other preempts it" 0 \
		"$(out "$far" --preempt --param-rk=0xb --param-sark=$sark --prout-type="$number")"
	expect "... which this one is told" "$near" ready $attention
	calm "$near"
	expect "... and it may not write" "$near" write $conflict
	check "the other holds it" the_holder_is "$([ "$of_all" = yes ] && echo 0 || echo b)" "$near"
	says "a registration ignored" 0 "$(out "$near" --register-ignore --param-sark=0xa)"
	says "the other clears all" 0 "$(out "$far" --clear --param-rk=0xb)"
	expect "... which this one is told" "$near" ready $attention
	calm "$near"
	calm "$far"
	expect "... and it may write" "$near" write $good
	check "nobody is registered" sh -c "sg_persist --in --read-keys $near | grep -q 'NO registered'"
}

calm "$near"
calm "$far"
#    unregistered      registered          all hold it
type 1 $good $conflict $good $conflict no
type 3 $conflict $conflict $conflict $conflict no
type 5 $good $conflict $good $good no
type 6 $conflict $conflict $good $good no
type 7 $good $conflict $good $good yes
type 8 $conflict $conflict $good $good yes

expect "RESERVE(6)" "$near" reserve6 $good
expect "... keeps the other out" "$far" read $conflict
says "... and no persistent one beside it" $conflict "$(out "$far" --register --param-sark=0xb)"
start_udev
systemctl stop scst.service
check "the kernel log is clean" kernel_log_is_clean
