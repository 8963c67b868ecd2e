#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# quickstart on a machine whose kernel takes modules: it installs, serves and proves; a second run
# changes nothing; --stop stops and --undo takes it back. Compiling the programs under emulation takes
# hours, so quickstart finds their packages in its cache, under the key that it computes itself from
# the checkout; that they build is for the layer "packages". dkms compiles the modules in here.
# image: builder
# timeout: 1800
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

cp -r "$JOBS/checkout" /root/scst
cd /root/scst || exit
mkdir -p /root/.cache/scst/packages
cp -r "$JOBS/debs" "/root/.cache/scst/packages/$(cat "$JOBS/debs.name")"
git config --global --add safe.directory /root/scst
check "quickstart" ./quickstart </dev/null
check "it needed no build" test ! -e /root/.cache/scst/packages.log
check "it took the native road" test -d /sys/kernel/scst_tgt
iscsi-ls -s "iscsi://$portal" >"$RESULTS/ls"
check "the LUN is there" grep -q 'Lun:0 ' "$RESULTS/ls"
touch /root/mark
check "a second run" ./quickstart </dev/null
find /etc /usr /var/lib/dkms /var/lib/scst -newer /root/mark >"$RESULTS/changed"
check "it changed nothing" test ! -s "$RESULTS/changed"
check "quickstart --stop" ./quickstart --stop
refused "it still serves" answers
check "quickstart --undo" ./quickstart --undo
refused "modules stay installed" modinfo scst
