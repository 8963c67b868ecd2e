#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Mistakes as people make them: each gives one error that names the file, the line or the thing, and
# leaves nothing half-done.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

tree=/sys/kernel/scst_tgt
conf=/root/bad.conf

# one_error WHAT PATTERN: the configuration gives one error, in a line that matches the pattern.
one_error() {
	if scstadmin -noprompt -config "$conf" >/root/out 2>/root/errors; then
		fail "$1 is taken"
	fi
	cat /root/errors
	check "$1: one error" test "$(grep -c '^/root/bad.conf:[0-9]' /root/errors)" = 1
	check "$1: it says what and where" grep -Eq "$2" /root/errors
}
clear_all() { scstadmin -noprompt -clear_config -force >/root/out 2>&1 || fail "clear: $(cat /root/out)"; }

truncate -s 16M /var/lib/disk0
modprobe -a scst scst_vdisk scst_local iscsi_scst

cat >$conf <<'END'
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/disk0
		colour blue
	}
}
END
one_error "an unknown attribute" 'bad\.conf:4.*colour'
clear_all

cat >$conf <<'END'
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/not-there
	}
}
TARGET_DRIVER scst_local {
	TARGET here {
		LUN 0 disk0
	}
}
END
one_error "a missing file" 'bad\.conf:2.*disk0'
refused "the device without its file is there" test -e $tree/devices/disk0
clear_all

cat >$conf <<'END'
HANDLER vdisk_fileio {
	DEVICE disk0 {
		filename /var/lib/disk0
	}
}
TARGET_DRIVER scst_local {
	TARGET here {
		LUN 0 disk0
		LUN 0 disk0
	}
}
END
one_error "a duplicate LUN" 'bad\.conf:9.*LUN 0'
refused "a target of that file is there" test -e $tree/targets/scst_local/here
clear_all

cat >$conf <<'END'
TARGET_DRIVER iscsi {
	TARGET disk_of_mine {
		enabled 1
	}
}
END
one_error "a bad target name" 'bad\.conf:2.*disk_of_mine'
refused "a target of that name is there" test -e $tree/targets/iscsi/disk_of_mine
clear_all

write_conf writable
python3 -c 'import socket, time
s = socket.create_server(("", 3260))
print("listening", flush=True)
time.sleep(600)' >/root/squatter &
squatter=$!
await 20 grep -q listening /root/squatter
refused "iscsi-scstd starts on a port that is taken" systemctl start iscsi-scstd.service
journalctl -u iscsi-scstd -o cat | tail -n 5
check "its log names the port" sh -c 'journalctl -u iscsi-scstd -o cat | grep -q "3260.*in use"'
systemctl stop iscsi-scstd.service scst.service
rm /etc/scst.conf
scst-install apply --yes --road native --size 16M </dev/null >/root/out 2>&1 &&
	fail "scst-install takes a machine whose port is taken"
cat /root/out
check "scst-install names the port and who has it" grep -q '3260.*python' /root/out
refused "it has written a configuration" test -e /etc/scst.conf
kill $squatter

setpriv --reuid 65534 --clear-groups scst-install apply --yes --road native </dev/null >/root/out 2>&1 &&
	fail "scst-install installs without being root"
cat /root/out
check "without root: it says so" grep -qi 'root' /root/out
unshare -m sh -c 'mount -t tmpfs -o size=8M none /var/lib &&
	scst-install apply --yes --road native --size 4M </dev/null' >/root/out 2>&1 &&
	fail "scst-install begins on a full file system"
cat /root/out
check "full file system: it says which" grep -q '/var/lib has .* MiB free, .* needed' /root/out
check "the kernel log is clean" kernel_log_is_clean
