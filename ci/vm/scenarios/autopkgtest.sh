#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The tests that the Debian source package comes with, which want a machine with the packages:
# programs, and a served LUN. (The one that builds modules runs in a chroot: ci/debian/test.)
# image: target
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

AUTOPKGTEST_TMP=$(mktemp -d)
export AUTOPKGTEST_TMP
check "the programs start" sh "$JOBS/tests/programs"
check "a LUN is served" sh "$JOBS/tests/serve"
refused "it is still served" answers
refused "modules stay" grep -q '^scst' /proc/modules
check "the kernel log is clean" kernel_log_is_clean
