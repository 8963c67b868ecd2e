#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The tools and the conformance suite of libiscsi against a file-backed LUN. One process a suite, so
# that one that hangs is named. Skipped tests are listed with the suite's own reason.
# image: target
# timeout: 1800
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

url=iscsi://$portal/$target/0

run_suite() {
	suite=$1
	log=$RESULTS/iscsi-test-cu.$suite
	code=0
	timeout 180 iscsi-test-cu -d -v -t "ALL.$suite" "$url" >"$log" 2>&1 || code=$?
	grep -a 'SKIPPED' "$log" | sort -u | sed "s/^ */skipped: $suite: /"
	# The summary's line reads: tests TOTAL RAN PASSED FAILED INACTIVE.
	# shellcheck disable=SC2046 # words wanted
	set -- $(sed -n 's/^ *tests  *//p' "$log")
	if [ "$code" = 0 ] && [ "${2:-0}" -gt 0 ] && [ "${4:-1}" = 0 ]; then
		say "passed: $suite, $3 of $2 tests"
		return
	fi
	say "FAILED: $suite: exit code $code, ${4:-?} of ${2:-?} tests failed"
	grep -a -B 3 -A 3 'FAILED' "$log" | tail -n 30
	failed="$failed $suite"
}

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

failed=''
for suite in TestUnitReady Inquiry ReadCapacity10 ReadCapacity16 Read6 Read10 Read12 Read16 \
	Write10 Write12 Write16 ModeSense6 ReportSupportedOpcodes \
	iSCSIcmdsn iSCSIdatasn iSCSIResiduals iSCSITMF; do
	run_suite $suite
done
[ -z "$failed" ] || fail "suites:$failed"
check "the target still answers" answers
check "the kernel log is clean" kernel_log_is_clean
