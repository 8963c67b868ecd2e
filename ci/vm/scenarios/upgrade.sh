#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Packages are upgraded under a session that writes and verifies: the initiator notices nothing, the
# new modules wait for a restart. What other targets have left on the machine is reported, and stays.
# image: target
# timeout: 2400
# cpus: 1
# slow: yes
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

old=$(dpkg-query -W -f '${Version}' scst-dkms)
new=${old%-*}.1-1
modules=/lib/modules/$(uname -r)
packages='scst-dkms scstadmin iscsi-scst'

# newer PACKAGE: the same under a higher version. Its modules are those that are here already, for an
# emulated CPU compiles for minutes.
newer() {
	tree=/var/tmp/newer/$1
	dpkg-deb -R "$JOBS/debs/$1"_*.deb "$tree"
	sed -i "s/^Version: .*/Version: $new/" "$tree/DEBIAN/control"
	if [ "$1" = scst-dkms ]; then
		mv "$tree/usr/src/scst-${old%-*}" "$tree/usr/src/scst-${new%-*}"
		echo "${new%-*}" >"$tree/usr/src/scst-${new%-*}/VERSION"
		sed -i "s/${old%-*}/${new%-*}/" "$tree/usr/src/scst-${new%-*}/dkms.conf" \
			"$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
		printf 'modules:\n\tcp /var/tmp/built/*.ko .\n\t: >Module.symvers\n' \
			>"$tree/usr/src/scst-${new%-*}/Makefile"
	fi
	dpkg-deb --root-owner-group -b "$tree" "/var/tmp/newer/$1.deb" >/dev/null
}

# Writes and verifies until it is told to stop; the first failure is kept. For fio a colon ends a name.
keep_writing() {
	until [ -e /run/stop-writing ]; do
		fio --name=writer --filename="$(readlink -f "$disk")" --rw=randwrite --bs=4k --size=2M --direct=1 \
			--verify=crc32c --do_verify=1 --verify_fatal=1 >/var/tmp/fio 2>&1 || {
			cp /var/tmp/fio /run/write-failed
			return
		}
		echo round >>/run/rounds
	done
}

rounds() { wc -l </run/rounds; }

has_written_since() {
	[ ! -e /run/write-failed ] || {
		cat /run/write-failed
		fail "the initiator could not write, or read back"
	}
	[ "$(rounds)" -gt "$1" ]
}

# Of the session: whatever a new login or an error would change.
session() { (cd /sys/class/iscsi_session && grep -H . session*/state session*/creator); }

lio=/sys/kernel/config/target/iscsi/iqn.2026-11.org.example:lio

mkdir -p /var/tmp/built /var/tmp/newer "$modules/extra/dev_handlers"
cp "$modules"/updates/dkms/*.ko /var/tmp/built/
for package in $packages; do newer "$package"; done

write_conf writable
serve
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
login
: >/run/rounds
keep_writing &
writer=$!
check "the initiator writes and verifies" await 300 has_written_since 0

: >"$modules/extra/iscsi-scst.ko"
: >"$modules/extra/dev_handlers/scst_vdisk.ko"
printf '#!/bin/sh\n' >/usr/local/sbin/scstadmin
modprobe iscsi_target_mod
check "LIO has a target" mkdir -p "$lio"
session >/var/tmp/session
daemon=$(pidof iscsi-scstd)
before=$(rounds)
apt-get -qy install /var/tmp/newer/*.deb >"$RESULTS/apt" 2>&1 </dev/null || {
	tail -n 30 "$RESULTS/apt"
	fail "apt does not upgrade the packages"
}
check "the packages are upgraded" [ "$(dpkg-query -W -f '${Version}' scst-dkms)" = "$new" ]
check "writing went on, and goes on" await 300 has_written_since $((before + 1))
refused "something could not be written or read back" test -e /run/write-failed
session >/var/tmp/session.after
check "the session is the same" cmp /var/tmp/session /var/tmp/session.after
refused "the initiator saw an error" sh -c 'dmesg | grep "detected conn error"'
check "the daemon is the same" [ "$(pidof iscsi-scstd)" = "$daemon" ]
check "dkms has the new modules, and no other" sh -c \
	"[ \"\$(dkms status -m scst | cut -d, -f1)\" = 'scst/${new%-*}' ]"
check "who upgrades is told that they wait" grep -q 'goes on with the modules' "$RESULTS/apt"
for left in "$modules/extra/iscsi-scst.ko" "$modules/extra/dev_handlers/scst_vdisk.ko" \
	/usr/local/sbin/scstadmin; do
	check "apt reports $left" grep -q "$left" "$RESULTS/apt"
	check "it stays" test -e "$left"
done
check "apt reports that LIO serves" grep -q 'LIO serves' "$RESULTS/apt"
scst-install doctor >"$RESULTS/doctor" || true
check "the doctor sees the other installation" grep -q '/usr/local/sbin/scstadmin' "$RESULTS/doctor"
check "the doctor sees LIO" grep -q 'LIO serves' "$RESULTS/doctor"
rmdir "$lio"
rm -r "$modules/extra" /usr/local/sbin/scstadmin

# A daemon of the new package serves with the old modules, while the session goes on.
before=$(rounds)
check "the daemon is restarted" systemctl restart iscsi-scstd.service
check "the portal answers" await 30 answers
check "writing goes on" await 300 has_written_since $((before + 1))
touch /run/stop-writing
wait "$writer"
refused "something could not be written or read back" test -e /run/write-failed
session >/var/tmp/session.after
check "the session is the same still" cmp /var/tmp/session /var/tmp/session.after
logout

depmod
check "a restart loads the new modules" systemctl restart scst.service iscsi-scstd.service
check "the portal answers" await 30 answers
login
check "the LUN is back" dd if="$disk" of=/dev/null bs=1M count=8 iflag=direct status=none
logout
check "the kernel log is clean" kernel_log_is_clean
