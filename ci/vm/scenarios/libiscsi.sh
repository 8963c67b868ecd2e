#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The tools and the conformance suite of libiscsi against a file-backed LUN. One process a suite, so
# that one that hangs is named. Skipped tests are listed with the suite's own reason.
# image: target
# timeout: 1800
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

url=iscsi://$portal/$target/0

write_conf writable
serve
iscsi-ls -s "iscsi://$portal" >"$RESULTS/ls"
check "iscsi-ls lists the target" grep -q "$target" "$RESULTS/ls"
check "iscsi-ls lists LUN 0" grep -q 'Lun:0 ' "$RESULTS/ls"
iscsi-inq "$url" >"$RESULTS/inq"
check "iscsi-inq sees a disk" grep -q DIRECT_ACCESS "$RESULTS/inq"
iscsi-inq -e 1 -c 0 "$url" >"$RESULTS/pages" || fail "iscsi-inq reads no list of VPD pages"
# Those that the tool has no name for it does not read either.
sed -n '/unknown/d; s/^Page:\(0x[0-9a-f]*\).*/\1/p' "$RESULTS/pages" >"$RESULTS/page-numbers"
check "there are VPD pages" test -s "$RESULTS/page-numbers"
while read -r page; do
	check "iscsi-inq reads VPD page $page" sh -c \
		"iscsi-inq -e 1 -c $((page)) '$url' >>'$RESULTS/inq'"
done <"$RESULTS/page-numbers"
iscsi-readcapacity16 "$url" >"$RESULTS/capacity"
check "iscsi-readcapacity16 reads 256 MiB" grep -Eq 'LBA:524287$|[Tt]otal size:268435456' "$RESULTS/capacity"

for suite in TestUnitReady Inquiry ReadCapacity10 ReadCapacity16 Read6 Read10 Read12 Read16 \
	Write10 Write12 Write16 ModeSense6 ReportSupportedOpcodes \
	iSCSIcmdsn iSCSIdatasn iSCSIResiduals iSCSITMF; do
	run_suite "$url" $suite
done
all_suites_passed
check "the target still answers" answers
check "the kernel log is clean" kernel_log_is_clean
