#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who sees a LUN, and who may write to it.
# image: target
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

url=iscsi://$portal/$target/0
stranger=iqn.2026-11.org.example:stranger

write_conf writable
serve
iscsi-ls -s "iscsi://$portal" >"$RESULTS/ls.allowed"
check "a listed initiator sees the LUN" grep -q 'Lun:0 ' "$RESULTS/ls.allowed"
iscsi-ls -s -i "$stranger" "iscsi://$portal" >"$RESULTS/ls.stranger" 2>&1
refused "an unlisted initiator sees a LUN" grep -q 'Lun:' "$RESULTS/ls.stranger"
# INQUIRY to a LUN that is not there succeeds by the book, with a qualifier; reading does not.
refused "an unlisted initiator reads the capacity" iscsi-readcapacity16 -i "$stranger" "$url"
check "a listed one does" iscsi-readcapacity16 "$url"

systemctl stop iscsi-scstd.service scst.service
write_conf read-only
sha256sum /var/lib/disk0 >"$RESULTS/before"
serve
# The suite writes in every way there is, and wants DATA PROTECT each time. On a LUN that can be
# written it skips itself, hence the count of what it looked at.
timeout 120 iscsi-test-cu -d -f -v -t ALL.ReadOnly "$url" >"$RESULTS/read-only" 2>&1
check "the read-only suite ends well" test $? = 0
check "it tried to write, in vain each time" \
	grep -aqE '^ *asserts +[1-9][0-9]+ +([1-9][0-9]+) +\1 +0 ' "$RESULTS/read-only"
check "the file is untouched" sha256sum --quiet -c "$RESULTS/before"
check "the kernel log is clean" kernel_log_is_clean
