#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# scst-install installs from a staged tree, serves, and takes all of it back: the file system is as
# it was, file by file.
# image: bare
# timeout: 1500
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

mkdir /root/payload
for deb in scst-dkms scstadmin iscsi-scst; do
	dpkg-deb -x "$JOBS/debs/$deb"_*.deb /root/payload
done
# dkms is real, what it calls hands out what was built of the same sources when this image was made:
# an emulated CPU compiles for minutes. With --full, quickstart-native.sh and killed.sh compile.
printf 'modules:\n\tcp /var/cache/modules/%s/*.ko .\n' "$(uname -r)" \
	>"$(echo /root/payload/usr/src/scst-*)/Makefile"
depmod
: >/root/stamp
file_list >"$RESULTS/before"
check "apply" scst-install apply --yes --road native --payload /root/payload --size 64M \
	--allow "$tools" </dev/null
check "it serves" scst-install verify
check "a second apply has nothing to do" sh -c \
	"scst-install apply --yes --road native --payload /root/payload --size 64M --allow '$tools' |
		grep -q 'Nothing to do'"
check "status: as installed" scst-install status
check "uninstall" scst-install uninstall --yes
refused "it still serves" answers
refused "modules stay" grep -q '^scst' /proc/modules
file_list /root/stamp >"$RESULTS/after"
{
	comm -13 "$RESULTS/before" "$RESULTS/after"
	grep '^/' "$RESULTS/before" | comm -23 - "$RESULTS/after"
} | tee "$RESULTS/differences"
[ ! -s "$RESULTS/differences" ] || fail "uninstall left the differences above"
say "ok: the file system is as it was"
check "the kernel log is clean" kernel_log_is_clean
