#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel that scst-install has built out of Debian's source, with our stack in it, is booted and
# serves the LUN of the starter configuration. See ci/test/kernel-road.
# image: target
# packages: linux-source-6.1,flex,bison,bc,patch,libelf-dev,libssl-dev
# disk: 8G
# timeout: 600
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

kernel=$(uname -r)
check "it is the kernel that was built: $kernel" sh -c "dpkg -S /boot/vmlinuz-$kernel 2>&1 | grep -q 'no path found'"
check "a second run had nothing to do" grep -q 'Nothing to do' /var/lib/guest-job/second
file=$(modinfo -F filename scst)
case $file in
*/kernel/drivers/scst/scst.ko | '(builtin)') say "ok: scst is $file" ;;
*) fail "scst is $file" ;;
esac
say "built as: $file" >"$RESULTS/kind"
check "the core is there" await 60 test -d /sys/kernel/scst_tgt
check "the services run" await 60 systemctl is-active --quiet scst.service iscsi-scstd.service
check "the portal answers" await 60 answers
target=$(iscsi-ls "iscsi://$portal" | sed -n 's/^Target:\([^ ]*\).*/\1/p')
check "it is the starter configuration's target" grep -q "TARGET $target {" /etc/scst.conf
check "libiscsi reads its capacity" sh -c "iscsi-readcapacity16 'iscsi://$portal/$target/0' | grep -q 'Total size:268435456'"
run_suite "iscsi://$portal/$target/0" Read10
run_suite "iscsi://$portal/$target/0" Write10
all_suites_passed
check "the services stop" systemctl stop iscsi-scstd.service scst.service
refused "it says that it runs" /usr/lib/scst/scst-rc status
check "and start again" systemctl start scst.service iscsi-scstd.service
check "it serves again" await 60 answers
check "the kernel log is clean" kernel_log_is_clean
