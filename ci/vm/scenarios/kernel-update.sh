#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A newer kernel comes through apt while the target serves. A build of the modules that fails leaves
# those of the running kernel alone and says where to look; the next one succeeds by itself, and
# after the reboot into the new kernel the target is back with its data.
# image: target
# kernel: last-but-one
# packages: kexec-tools
# timeout: 5400
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

url=iscsi://$portal/$target/0
source=$(find /usr/src -maxdepth 1 -name 'scst-*' | head -n 1)
new=$(dpkg-deb -f "$JOBS"/late/linux-image-amd64_*.deb Depends | sed -n 's/^linux-image-\([^ ,]*\).*/\1/p')
modules_of() { find "/lib/modules/$1/updates/dkms" -name '*.ko*' -exec sha256sum {} +; }
update() { apt-get -qy --no-install-recommends install "$JOBS"/late/*.deb; }

case $BOOT in
1)
	check "there is a newer kernel" [ "$new" != "$(uname -r)" ]
	say "from $(uname -r) to $new"
	set_up_target
	check "data are written" dd if=/var/tmp/data of="$disk" bs=1M oflag=direct status=none
	modules_of "$(uname -r)" | sort >/var/tmp/modules
	check "the running kernel has modules" test -s /var/tmp/modules

	cp "$source/core/main.c" /var/tmp/main.c
	echo '#error made to fail' >>"$source/core/main.c"
	refused "apt is content with a build that failed" update >"$RESULTS/apt.failed" 2>&1
	log=$(sed -n 's/.*Consult \(\/[^ ]*make\.log\).*/\1/p' "$RESULTS/apt.failed" | head -n 1)
	check "it says where to look" test -n "$log"
	check "there stands why" grep -q 'made to fail' "$log"
	modules_of "$(uname -r)" | sort | cmp - /var/tmp/modules || fail "the running kernel's modules have changed"
	check "the target serves" iscsi-readcapacity16 "$url"
	cp /var/tmp/main.c "$source/core/main.c"
	check "what was left goes on" dpkg --configure -a
	check "the new kernel has modules" sh -c "[ \$(ls /lib/modules/$new/updates/dkms | wc -l) = $(wc -l </var/tmp/modules) ]"
	modules_of "$(uname -r)" | sort | cmp - /var/tmp/modules || fail "the running kernel's modules have changed"
	check "the disk is there all the time" cmp -n 33554432 /var/tmp/data "$disk"
	logout
	check "the new kernel is loaded" kexec -l "/boot/vmlinuz-$new" --initrd="/boot/initrd.img-$new" --reuse-cmdline
	next_boot
	;;
2)
	check "it is the new kernel" [ "$(uname -r)" = "$new" ]
	check "the target is back by itself" await 60 answers
	case $(modinfo -F filename scst) in
	"/lib/modules/$new/updates/dkms/"*) say "ok: with the modules that dkms built for it" ;;
	*) fail "scst is $(modinfo -F filename scst)" ;;
	esac
	start_initiator
	iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
	login
	check "so are the data" cmp -n 33554432 /var/tmp/data "$disk"
	logout
	check "scst-install finds nothing changed" scst-install status
	check "the kernel log is clean" kernel_log_is_clean
	;;
esac
