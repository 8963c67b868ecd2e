#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages on a machine that systemd starts: installed, configured, rebooted, purged; the verbs of
# the services, and what the login daemon may do.
# image: bare
# timeout: 2400
# slow: yes
init=systemd
# shellcheck source=ci/vm/init.sh
. /run/jobs/init.sh

case $BOOT in
1)
	: >/root/stamp
	file_list >"$RESULTS/before"
	install_packages
	check "systemd finds nothing wrong with the units" \
		systemd-analyze verify --man=no scst.service iscsi-scstd.service
	systemd-analyze security --no-pager iscsi-scstd.service >"$RESULTS/security" || true
	# In tenths.
	check "the exposure of iscsi-scstd is below 3" \
		systemd-analyze security --threshold=29 iscsi-scstd.service >/dev/null
	unconfigured
	write_conf writable
	verbs
	both start
	next_boot
	;;
2)
	check "the target is back by itself" await 60 answers
	check "so are its LUNs" has_lun 1
	purge
	check "the kernel log is clean" kernel_log_is_clean
	;;
esac
