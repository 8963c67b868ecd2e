#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages on a machine that sysvinit starts: installed, configured, rebooted, purged; the verbs
# of the services and their LSB codes.
# image: bare
# init: sysvinit
# timeout: 2400
# slow: yes
init=sysvinit
# shellcheck source=ci/vm/init.sh
. /run/jobs/init.sh

case $BOOT in
1)
	: >/root/stamp
	file_list >"$RESULTS/before"
	install_packages
	unconfigured
	write_conf writable
	verbs
	lsb_codes
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
