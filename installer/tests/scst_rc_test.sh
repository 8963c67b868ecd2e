#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests scst-rc on a made-up root with made-up modprobe and scstadmin. $1: scst-rc
set -eu
rc=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 count=0

begin() {
	name=$1
	count=$((count + 1))
}

fresh() {
	rm -rf "${work:?}/root" "${work:?}/bin" "$work/calls"
	mkdir -p "$work/root/etc/default" "$work/root/var/lib" "$work/bin"
	: >"$work/calls"
	# modprobe: loading scst brings the sysfs tree, removing it takes the tree away.
	cat >"$work/bin/modprobe" <<-END
		#!/bin/sh
		echo "modprobe \$*" >>"$work/calls"
		case \$* in
		*broken*) exit 1 ;;
		"-r "*) [ ! -e "$work/root/no-files" ] || exit 1 ;;
		esac
		case \$* in
		"-r scst") rm -rf "$work/root/sys/kernel/scst_tgt" "$work/root/sys/module/scst" ;;
		"-r "*) rm -rf "$work/root/sys/module/scst/holders/\${2}" ;;
		scst | "scst "*) mkdir -p "$work/root/sys/kernel/scst_tgt" "$work/root/sys/module/scst/holders" ;;
		*) mkdir -p "$work/root/sys/module/scst/holders/\$1" ;;
		esac
	END
	# As the kernel's own: it needs no files, and says nothing of what depends on what.
	cat >"$work/bin/rmmod" <<-END
		#!/bin/sh
		echo "rmmod \$*" >>"$work/calls"
		rm -rf "$work/root/sys/module/scst/holders/\$1"
		[ "\$1" != scst ] || rm -rf "$work/root/sys/kernel/scst_tgt" "$work/root/sys/module/scst"
	END
	cat >"$work/bin/scstadmin" <<-END
		#!/bin/sh
		echo "scstadmin \$*" >>"$work/calls"
		[ ! -e "$work/root/partly" ] || mkdir -p \
			"$work/root/sys/kernel/scst_tgt/targets/iscsi/iqn.x/luns"
		[ ! -e "$work/root/fails" ]
	END
	chmod +x "$work/bin/modprobe" "$work/bin/rmmod" "$work/bin/scstadmin"
	printf 'HANDLER vdisk_fileio {\n}\nHANDLER vdisk_nullio {\n}\nTARGET_DRIVER iscsi {\n}\n' \
		>"$work/root/etc/scst.conf"
}

run() { SCST_RC_ROOT="$work/root" PATH="$work/bin:$PATH" "$rc" "$@" 2>"$work/err" >"$work/out"; }

# expect CODE VERB...: the verb ends with this code.
expect() {
	wanted=$1
	shift
	code=0
	run "$@" || code=$?
	[ "$code" = "$wanted" ] || fail "scst-rc $*: exit $code, wanted $wanted: $(cat "$work/err")"
}

fail() {
	echo "not ok: $name: $*"
	failed=1
}

calls() { grep -v clear_config "$work/calls" | sed "s,$work/root,," | tr '\n' ';'; }

begin 'start loads what scst.conf needs, in order and once, then applies it'
fresh
expect 0 start
[ "$(calls)" = 'modprobe scst;modprobe scst_vdisk;modprobe iscsi_scst;scstadmin -config /etc/scst.conf -noprompt;' ] ||
	fail "$(calls)"
[ -d "$work/root/var/lib/scst/pr" ] || fail "no state folder"

begin 'status tells running from not running'
expect 0 status
fresh
expect 3 status

begin 'a part of the configuration that fails leaves the rest serving'
fresh
touch "$work/root/fails" "$work/root/partly"
expect 0 start
grep -q 'everything else is served' "$work/err" || fail "not logged"
[ -d "$work/root/sys/kernel/scst_tgt" ] || fail "taken down"

begin 'a configuration of which nothing works is taken down again'
fresh
touch "$work/root/fails"
expect 6 start
[ ! -d "$work/root/sys/kernel/scst_tgt" ] || fail "still there"

begin 'without scst.conf it starts empty and says so'
fresh
rm "$work/root/etc/scst.conf"
expect 0 start
grep -q 'nothing is configured' "$work/err" || fail "not said"

begin 'a missing core module means not installed'
fresh
sed -i 's/^scst |.*) mkdir/never) mkdir/; s/\*broken\*)/scst)/' "$work/bin/modprobe"
expect 5 start

begin 'a missing handler module costs that handler only'
fresh
printf 'HANDLER dev_broken {\n}\n' >>"$work/root/etc/scst.conf"
expect 0 start
grep -q 'module scst_broken cannot be loaded' "$work/err" || fail "not said"

begin 'the settings file adds modules'
fresh
echo 'SCST_TARGET_MODULES="scst_local"' >"$work/root/etc/default/scst"
expect 0 start
calls | grep -q 'modprobe iscsi_scst;modprobe scst_local;' || fail "$(calls)"

begin 'the settings file gives parameters to modules'
fresh
printf 'scst_parameters="a=1 b=2"\nscst_local_parameters=c=3\nSCST_TARGET_MODULES=scst-local\n' \
	>"$work/root/etc/default/scst"
expect 0 start
[ "$(calls)" = 'modprobe scst a=1 b=2;modprobe scst_vdisk;modprobe iscsi_scst;modprobe scst-local c=3;scstadmin -config /etc/scst.conf -noprompt;' ] ||
	fail "$(calls)"

begin 'start waits for disks that come late'
fresh
printf 'HANDLER vdisk_fileio {\n\tDEVICE a {\n\t\tfilename /dev/late\n\t}\n}\n' >"$work/root/etc/scst.conf"
mkdir "$work/root/dev"
# The imitated clock: at the second look at it the disk is there.
# shellcheck disable=SC2016 # that script expands them
printf '#!/bin/sh\necho "sleep $*" >>"%s"\n[ "$(grep -c sleep "%s")" -lt 2 ] || : >"%s"\n' \
	"$work/calls" "$work/calls" "$work/root/dev/late" >"$work/bin/sleep"
chmod +x "$work/bin/sleep"
expect 0 start
calls | grep -q 'sleep 1;sleep 1;scstadmin' || fail "$(calls)"
grep -q 'waiting for /dev/late' "$work/err" || fail "not said"

begin 'a disk that does not come at all does not hold up the others'
fresh
printf 'HANDLER vdisk_fileio {\n\tDEVICE a {\n\t\tfilename "/dev/never" # x\n\t}\n}\n' >"$work/root/etc/scst.conf"
echo SCST_DEVICE_TIMEOUT=0 >"$work/root/etc/default/scst"
expect 0 start
grep -q 'not there after 0 s: /dev/never - what is there is served' "$work/err" || fail "$(cat "$work/err")"
calls | grep -q 'scstadmin -config' || fail "$(calls)"

begin 'stop disables, closes sessions after the deadline, clears, unloads, never saves'
fresh
echo 'SCST_STOP_TIMEOUT=0' >"$work/root/etc/default/scst"
expect 0 start
target=$work/root/sys/kernel/scst_tgt/targets/iscsi/iqn.x
mkdir -p "$target/sessions/iqn.ini"
echo 1 >"$target/enabled"
echo 1 >"${target%/*}/enabled"
mkfifo "$target/sessions/iqn.ini/force_close"
# The imitated kernel: the session ends when it is told to.
(cat "$target/sessions/iqn.ini/force_close" >/dev/null && cat "$target/enabled" "${target%/*}/enabled" >"$work/disabled" && rm -r "$target/sessions/iqn.ini") &
expect 0 stop
wait
[ "$(tr -d '\n' <"$work/disabled")" = 00 ] || fail "not disabled: $(cat "$work/disabled")"
grep -q 'scstadmin -clear_config -force -noprompt' "$work/calls" || fail "not cleared"
! grep -q write_config "$work/calls" || fail "saved"
[ ! -d "$work/root/sys/kernel/scst_tgt" ] || fail "still loaded"
tail -n1 "$work/calls" | grep -qx 'modprobe -r scst' || fail "the core did not go last"

begin 'stop unloads modules whose files are gone, as they are when packages are removed together'
fresh
expect 0 start
touch "$work/root/no-files"
expect 0 stop
[ ! -d "$work/root/sys/kernel/scst_tgt" ] || fail "still loaded: $(cat "$work/err")"
! grep -q 'still in use' "$work/err" || fail "$(cat "$work/err")"

begin 'stop of what does not run is fine, reload of it is not'
fresh
expect 0 stop
expect 7 reload
expect 0 try-restart
[ ! -s "$work/calls" ] || fail "$(calls)"

begin 'reload applies without reloading modules'
fresh
expect 0 start
: >"$work/calls"
expect 0 reload
[ "$(calls)" = 'scstadmin -config /etc/scst.conf -noprompt;' ] || fail "$(calls)"

begin 'unknown verbs are refused'
expect 2 dance
expect 2

[ "$failed" = 0 ] && echo "All tests passed (scst-rc in $count test cases)"
exit "$failed"
