#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One life of a machine whose power is cut while scst-install works on it: the system of the disk
# /dev/vdb, which outlives the guest, gets the kernel road of the HOWTO of 2009 again and again. Each
# life first ends what the one before left, by "resume" or by "rollback" in turn, and compares the file
# system with what it was, or was to become. ci/test/power-cut ends the lives.
#
# The file "life" beside this one says which it is: "first" makes the system and its two lists, "last"
# tidies up and ends by itself, a number is one that is cut.
# image: installer
# init: openrc-init
# packages: make,patch
# disk: 6G
# folder: installer/tests/fixtures
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

life=$(cat "$JOBS/life")
keep=/mnt/keep
root=$keep/root
files=$keep/files

# What the road needs of a machine of that time; the fixtures stand for kernel and release.
make_system() {
	mkdir -p $root $files
	(cd / && find bin boot etc lib lib64 root sbin usr var -xdev \( -path usr/share/doc -o -path usr/share/locale \
		-o -path usr/share/man -o -path usr/share/zoneinfo -o -path usr/lib/python3 -o -path 'lib/modules/*' \
		-o -path 'usr/lib/modules/*' -o -path var/cache -o -path var/lib/dpkg \) -prune -o -print0) |
		tar -C / --null --no-recursion -T - -c | tar -C $root -x
	mkdir -p $root/proc $root/sys $root/dev $root/run $root/tmp $root/var/cache $root/boot/grub \
		$root/usr/src/linux-2.6.30-gentoo-r6
	rm -f $root/etc/os-release $root/usr/sbin/update-initramfs $root/boot/config-*
	printf 'ID=gentoo\nPRETTY_NAME="Gentoo Base System release 1.12.13"\n' >$root/etc/os-release
	printf 'CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_SCSI=m\nCONFIG_SYSFS=y\n' >$root/boot/config-2.6.30-gentoo-r6
	printf 'default 0\n\ntitle Gentoo Linux 2.6.30-r6\nroot (hd0,0)\nkernel /boot/kernel-2.6.30-gentoo-r6 root=/dev/vda ro\n' \
		>$root/boot/grub/grub.conf
	ln -sfn linux-2.6.30-gentoo-r6 $root/usr/src/linux
	rm $root/usr/bin/gcc
	printf '#!/bin/sh\necho 4.3.4\n' >$root/usr/bin/gcc
	chmod 755 $root/usr/bin/gcc
	tar -C "$JOBS/fixtures" -cjf $files/linux-2.6.29.tar.bz2 linux-2.6.29
	for release in scst-1.0.1.1 scstadmin-1.0.6 iscsi-scst-1.0.1.1; do
		tar -C "$JOBS/fixtures" -czf $files/$release.tar.gz $release
	done
}

# "before", "after" or "neither"; then what differs from each is kept.
state() {
	everything $root >$keep/now
	for known in before after; do
		! cmp -s $keep/$known $keep/now || { echo $known && return; }
	done
	echo neither
	diff $keep/before $keep/now | head -n 20 >"$RESULTS/unlike-before"
	diff $keep/after $keep/now | head -n 20 >"$RESULTS/unlike-after"
}
is() { [ "$(state)" = "$1" ]; }
is_known() { now=$(state) && [ "$now" != neither ]; }

install() { scst-install --root $root "$@" </dev/null >>"$RESULTS/install" 2>&1; }
apply() { install --kernel 2.6.29 --yes --offline $files apply; }
uninstall() { install --yes uninstall; }

# What the life before left; the journal says by exit code 75 whether there is something to go on with.
interrupted() {
	code=0
	install status || code=$?
	[ $code = 75 ]
}
tidy_up() {
	if interrupted; then
		if [ $((life % 2)) = 0 ]; then way=resume; else way=rollback; fi
		check "it was interrupted: $way ends" install --yes $way
		check "... in a known state" is_known
		say "# $way: $now"
		[ $way = resume ] || check "... which is the old one" [ "$now" = before ]
		refused "anything is left to go on with" interrupted
	fi
	check "it is as it was, or as it was to become" is_known
	[ "$now" = before ] || check "it can be undone" uninstall
	check "nothing of it is left" is before
}

mkdir -p $keep
[ "$life" != first ] || mkfs.ext4 -q /dev/vdb
check "the disk is mounted" mount /dev/vdb $keep
for folder in proc sys dev; do
	[ "$life" = first ] || mount --bind /$folder $root/$folder
done
case $life in
first)
	make_system
	for folder in proc sys dev; do
		mount --bind /$folder $root/$folder
	done
	everything $root >$keep/before
	check "a run that nobody disturbs" apply
	everything $root >$keep/after
	check "it changes something" [ "$(diff $keep/before $keep/after | wc -l)" -gt 20 ]
	check "it is undone" uninstall
	check "nothing of it is left" is before
	;;
last)
	life=1
	tidy_up
	;;
*)
	tidy_up
	while :; do
		say "# begins in second $(cut -d. -f1 /proc/uptime)"
		check "a run" apply
		check "it is undone" uninstall
	done
	;;
esac
for folder in proc sys dev; do
	umount $root/$folder
done
umount $keep
