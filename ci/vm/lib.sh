# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What scenarios share. Source it with: . /run/jobs/lib.sh

say() { printf '%s\n' "$*"; }

# Ends the scenario as failed, with what the kernel last said.
fail() {
	printf 'FAILED: %s\n' "$*"
	dmesg | tail -n 15
	exit 1
}

# check WHAT COMMAND...: runs the command; its failure is the scenario's.
check() {
	what=$1
	shift
	"$@" || fail "$what"
	say "ok: $what"
}

# refused WHAT COMMAND...: the command must fail; WHAT is what must not be.
refused() {
	what=$1
	shift
	if "$@"; then fail "$what, and must not"; fi
	say "ok, it is not so that $what"
}

# await SECONDS COMMAND...: until the command succeeds; for conditions that announce themselves
# nowhere. False when the time is up.
await() {
	until_second=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt "$until_second" ] || return 1
		sleep 0.2
	done
}

# The kernel's log on standard input, without the one complaint that a log-out of its own initiator
# may draw, and that is not about us: scsi_transport_iscsi unbinds a session on a queue for memory
# reclaim, and the device core waits there for runtime power management if that happens to be under
# way (6.1, a race).
not_the_initiators() {
	own='WQ_MEM_RECLAIM iscsi_ctrl_[0-9:]* *__iscsi_unbind_session .* is flushing !WQ_MEM_RECLAIM pm:'
	sed "/$own/,/end trace/d"
}

# Nothing that a kernel developer would have to look at.
kernel_log_is_clean() {
	! dmesg | not_the_initiators |
		grep -E 'WARNING:|BUG:|Oops|Call Trace|general protection|refcount_t|possible circular|still has objects'
}

# everything ROOT: what scst-install may touch, path by path, with what is in it where that is not much.
everything() {
	(
		cd "$1" || exit 1
		find boot etc lib/modules usr/local usr/sbin usr/src var/lib -xdev \
			\( -path var/lib/scst-install -o -path var/lib/guest-job \) -prune -o \
			-printf '/%p %y %m %u:%g %l\n'
		find etc usr/local usr/src -xdev -type f -exec sha256sum {} +
	) | sort
}

# Ends this boot; the scenario runs again after it with BOOT one higher.
next_boot() { exit 75; }

portal=127.0.0.1:3260
target=iqn.2026-11.org.example:disk
initiator=iqn.2026-11.org.example:initiator
tools='iqn.2007-10.com.github:sahlberg:libiscsi:*'

# write_conf writable|read-only: one file of 256 MiB as LUN 0 for the tools of libiscsi and for
# open-iscsi.
write_conf() {
	truncate -s 256M /var/lib/disk0
	read_only=''
	[ "$1" = writable ] || read_only=' {
				read_only 1
			}'
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
		HeaderDigest CRC32C,None
		DataDigest CRC32C,None

		GROUP allowed {
			LUN 0 disk0$read_only

			INITIATOR $tools
			INITIATOR $initiator
		}
	}
}
END
}

# disk NAME HANDLER ATTRIBUTE...: a device and a target of its own, for the tools of libiscsi, in the
# configuration that disks_conf writes.
disk_devices='' disk_targets=''
disk() {
	name=$1 handler=$2
	shift 2
	disk_devices="$disk_devices
HANDLER $handler {
	DEVICE $name {
$(printf '\t\t%s\n' "$@")
	}
}"
	disk_targets="$disk_targets
	TARGET iqn.2026-11.org.example:$name {
		enabled 1

		GROUP allowed {
			LUN 0 $name

			INITIATOR $tools
		}
	}"
}

disks_conf() {
	printf '%s\nTARGET_DRIVER iscsi {\n\tenabled 1\n%s\n}\n' "$disk_devices" "$disk_targets" >/etc/scst.conf
}

# ports DEVICE TARGET...: prints the section of scst_local in which each target has the device as
# LUN 0. Their ports have the numbers 11, 12 and so on.
ports() {
	port_device=$1 port_number=11
	shift
	printf 'TARGET_DRIVER scst_local {\n'
	for port_target; do
		[ $port_number = 11 ] || echo
		printf '\tTARGET %s {\n\t\trel_tgt_id %d\n\n\t\tLUN 0 %s\n\t}\n' \
			"$port_target" $port_number "$port_device"
		port_number=$((port_number + 1))
	done
	printf '}\n'
}

answers() { iscsi-ls "iscsi://$portal" >/dev/null 2>&1; }

# Starts the services and waits until the portal answers.
serve() {
	systemctl start scst.service iscsi-scstd.service ||
		fail "the services do not start: $(journalctl -u scst -u iscsi-scstd --no-pager | tail -n 15)"
	await 30 answers || fail "the portal does not answer: $(journalctl -u iscsi-scstd --no-pager | tail)"
}

# The initiator of the Linux kernel, under a name of ours.
start_initiator() {
	echo "InitiatorName=$initiator" >/etc/iscsi/initiatorname.iscsi
	systemctl start iscsid.service || fail "iscsid does not start"
}

# run_suite URL SUITE: one suite of libiscsi's conformance tests in a process of its own, so that one
# that hangs is named. Tests that skip are listed with the suite's own reason.
failed_suites=''
run_suite() {
	url=$1 suite=$2
	log=$RESULTS/iscsi-test-cu.$suite
	code=0
	begun=$(cut -d. -f1 /proc/uptime)
	timeout 400 iscsi-test-cu -d -v -t "ALL.$suite" "$url" >"$log" 2>&1 || code=$?
	grep -a 'SKIPPED' "$log" | sort -u | sed "s/^ */skipped: $suite: /"
	# The summary's line reads: tests TOTAL RAN PASSED FAILED INACTIVE.
	took=$(($(cut -d. -f1 /proc/uptime) - begun))
	# shellcheck disable=SC2046 # words wanted
	set -- $(sed -n 's/^ *tests  *//p' "$log")
	if [ "$code" = 0 ] && [ "${2:-0}" -gt 0 ] && [ "${4:-1}" = 0 ]; then
		say "passed: $suite, $3 of $2 tests, $took s"
		return
	fi
	say "FAILED: $suite: exit code $code, ${4:-?} of ${2:-?} tests failed"
	grep -a -B 3 -A 3 'FAILED' "$log" | tail -n 30
	failed_suites="$failed_suites $suite"
}

all_suites_passed() { [ -z "$failed_suites" ] || fail "suites:$failed_suites"; }

disk=/dev/disk/by-path/ip-$portal-iscsi-$target-lun-0

login() {
	iscsiadm -m node -T "$target" -p "$portal" --login >/dev/null || fail "no login"
	await 300 test -b "$disk" || fail "no disk came up at $disk"
}

# What scst-install makes of a machine, with the disk there; 32 MiB for it in /var/tmp/data.
set_up_target() {
	check "scst-install sets up a target" scst-install apply --yes --road native --size 256M \
		--target "$target" --allow "$initiator" --allow "$tools" </dev/null
	check "the portal answers" await 30 answers
	start_initiator
	iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
	login
	head -c 32M /dev/urandom >/var/tmp/data
}

logout() {
	iscsiadm -m node -T "$target" -p "$portal" --logout >/dev/null || fail "no logout"
	udevadm settle
}

# disk_of PORT: the disk that the initiator sees behind the port of this number.
disk_of() {
	for unit in /dev/sd?; do
		! sg_vpd -p di "$unit" 2>/dev/null | grep -q "Relative target port: $1\$" || echo "$unit"
	done
}

# udev looks at a disk that has something to tell, or that somebody has written to, and would hear
# what a scenario is to hear.
stop_udev() {
	udevadm settle
	systemctl stop systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd.service
}
start_udev() { systemctl start systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service; }

# file_list [STAMP]: path, kind, mode, owner and digest of everything that is meant to stay as it is.
# Left out: what lives in memory, caches and logs, the installer's journal, the keys and the state of
# others that tell of something having happened and not of something being there. With STAMP only
# files whose inode changed after that file was made are hashed: nothing, not even utime, sets the
# time of that change back, so the others still hold what they held then.
file_list() {
	newer=${1:+-cnewer $1}
	set -- / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \
		-o -path /root -o -path /var/log -o -path /var/cache -o -path /var/tmp \
		-o -path /var/lib/scst-install -o -path '/var/lib/dkms/mok.*' -o -path /var/lib/guest-job \
		-o -path /var/lib/systemd \) -prune -o
	{
		find "$@" -printf '%p %y %m %u:%g %l\n'
		# shellcheck disable=SC2086 # no option, no argument
		find "$@" -type f $newer -print0 | xargs -0r sha256sum
	} | sort
}
