#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# scst-install is killed with -9 after each record of its journal, one run for each; resume then
# reaches the very end state of a run that nobody disturbed.
# It takes about a minute for each of some 25 records without KVM, hence only with --full; the
# everyday check kills the executor at every record on a folder (installer/tests/kill_test.cc).
# image: bare
# timeout: 3600
# cpus: 1
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

apply() {
	scst-install apply --yes --road native --payload /root/payload --size 64M --allow "$tools" \
		</dev/null >>"$RESULTS/apply" 2>&1
}

# Without dkms' own log of its build, which tells the time.
end_state() {
	file_list /root/stamp | grep -v '/log/make\.log$'
	systemctl is-enabled scst.service iscsi-scstd.service
	systemctl is-active scst.service iscsi-scstd.service
	iscsi-ls -s "iscsi://$portal"
}

uninstall() { scst-install uninstall --yes >>"$RESULTS/apply" 2>&1; }

: >/root/stamp
mkdir /root/payload
for deb in scst-dkms scstadmin iscsi-scst; do
	dpkg-deb -x "$JOBS/debs/$deb"_*.deb /root/payload
done
check "an undisturbed run" apply
# Compiling is the compiler's matter and slow in here: from now on "make" hands out what it built.
mkdir /root/modules
cp /lib/modules/*/updates/dkms/*.ko /root/modules/
check "undoing it" uninstall
printf 'modules:\n\tcp /root/modules/*.ko .\n' >"$(echo /root/payload/usr/src/scst-*)/Makefile"
rm -r /var/lib/scst-install
check "an undisturbed run with the modules at hand" apply
end_state >"$RESULTS/expected"
records=$(wc -l </var/lib/scst-install/journal)
check "undoing that" uninstall
check "a run writes records" test "$records" -gt 5
n=1
while [ "$n" -le "$records" ]; do
	rm -r /var/lib/scst-install
	SCST_INSTALL_DIE_AFTER=$n apply
	[ $? = 137 ] || fail "killed after record $n: was not killed"
	scst-install resume >>"$RESULTS/apply" 2>&1 || fail "killed after record $n: resume failed"
	await 30 answers || fail "killed after record $n: does not serve"
	end_state >"$RESULTS/state"
	diff "$RESULTS/expected" "$RESULTS/state" || fail "killed after record $n: another end state"
	uninstall || fail "killed after record $n: uninstall failed"
	say "ok: killed after record $n of $records (second $(cut -d. -f1 /proc/uptime))"
	n=$((n + 1))
done
check "the kernel log is clean" kernel_log_is_clean
