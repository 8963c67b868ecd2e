#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The HOWTO of 2009 by one command, in a guest that runs OpenRC and has no LSB functions: a kernel
# 2.6.29 patched, configured, built, installed and given a boot entry; SCST 1.0.1.1 built in its
# order; services and configuration; all of it taken back. Kernel and release are the fixtures of the
# installer's tests; what stands for the Gentoo of that time is os-release, the boot menu, the kernel
# before, and a compiler that says its age.
# image: installer
# init: openrc-init
# packages: make,patch
# disk: 6G
# folder: installer/tests/fixtures
# timeout: 600
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

# OpenRC's own has no /usr/local.
PATH=/usr/local/sbin:/usr/local/bin:$PATH
export PATH
files=/root/files

# has WHAT FILE TEXT: a line of the file.
has() { check "$1" grep -qxF -e "$3" "$2"; }
hasnt() { refused "$1" grep -qF -e "$3" "$2"; }

# archive FOLDER [ENDING]: of a fixture, as it was published.
archive() { tar -C "$JOBS/fixtures" -czf "$files/$1.tar.${2:-gz}" "$1"; }

make_gentoo() {
	rm /etc/os-release
	printf 'ID=gentoo\nPRETTY_NAME="Gentoo Base System release 1.12.13"\n' >/etc/os-release
	cp /etc/os-release /usr/lib/os-release
	rm -f /usr/sbin/update-initramfs # drivers are built in there
	mkdir -p /boot/grub /usr/src/linux-2.6.30-gentoo-r6
	cat >/boot/grub/grub.conf <<'END'
default 0
timeout 5

title Gentoo Linux 2.6.30-r6
root (hd0,0)
kernel /boot/kernel-2.6.30-gentoo-r6 root=/dev/vda ro
END
	rm -f /boot/config-*
	printf 'CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_SCSI=m\nCONFIG_SYSFS=y\n' \
		>/boot/config-2.6.30-gentoo-r6
	ln -sfn linux-2.6.30-gentoo-r6 /usr/src/linux
	printf '#!/bin/sh\necho 4.3.4\n' >/usr/local/bin/gcc
	# Modules of the fixtures are texts.
	cat >/usr/local/sbin/modprobe <<'END'
#!/bin/sh
echo "$*" >>/var/log/modprobe
END
	chmod 755 /usr/local/bin/gcc /usr/local/sbin/modprobe
}

check "OpenRC is the first process" [ "$(readlink /proc/1/exe)" = "$(readlink -f /sbin/openrc-init)" ]
refused "there are LSB functions" test -e /lib/lsb/init-functions
make_gentoo

# 3: the archives, of which no net is asked.
mkdir -p $files
archive linux-2.6.29 bz2
archive scst-1.0.1.1
archive scstadmin-1.0.6
archive iscsi-scst-1.0.1.1
everything / >"$RESULTS/before"
mkdir /root/empty
refused "it begins without its archives" sh -c \
	'scst-install --kernel 2.6.29 --yes --offline /root/empty </dev/null >/root/refusals'
has "what is missing is named" /root/refusals \
	'refused: /root/empty has no scst-1.0.1.1.tar.gz'
check "one command goes the way of the HOWTO" \
	scst-install --kernel 2.6.29 --yes --offline $files </dev/null

# 4 and 5: unpacked, for the kernel that the release has patches for.
check "the core is unpacked" test -e /usr/src/scst-1.0.1.1/src/Makefile
check "the tool is unpacked" test -e /usr/src/scstadmin-1.0.6/Makefile
check "the iSCSI target is unpacked" test -e /usr/src/iscsi-scst-1.0.1.1/Makefile

# 6: the link, and the five patches.
tree=/usr/src/linux-2.6.29
check "/usr/src/linux leads to the kernel" [ "$(readlink /usr/src/linux)" = linux-2.6.29 ]
has "io_context" $tree/block/blk-ioc.c 'EXPORT_SYMBOL(copy_io_context);'
check "exec_req_fifo" grep -q SCSI_EXEC_REQ_FIFO_DEFINED $tree/include/scsi/scsi_device.h
check "readahead-context" grep -q 'context read-ahead' $tree/mm/readahead.c
check "readahead" grep -q 'repaired read-ahead' $tree/mm/readahead.c
check "put_page_callback" grep -q net_set_get_put_page_callbacks $tree/include/linux/net.h
check "put_page_callback brings a file" test -e $tree/net/ipv4/tcp_zero_copy.c

# 7: options, the kernel, its modules, its entry at the end of the menu.
for symbol in INET BLK_DEV_SD TCP_ZERO_COPY_TRANSFER_COMPLETION_NOTIFICATION; do
	has "option $symbol" $tree/.config CONFIG_$symbol=y
done
hasnt "a tuning option was switched on unasked" $tree/.config CONFIG_PREEMPT_NONE=y
check "the kernel is in /boot" cmp $tree/arch/x86/boot/bzImage /boot/kernel-2.6.29
check "its modules are installed" test -e /lib/modules/2.6.29/modules.dep
check "what is booted by default stays" grep -qx 'default 0' /boot/grub/grub.conf
has "it has a boot entry" /boot/grub/grub.conf 'kernel /boot/kernel-2.6.29 root=/dev/vda ro'
refused "a kernel that does not run becomes the default" scst-install confirm

# 8, 9 and 10: in that order; scst_disk is not started.
check "the core is installed" test -e /lib/modules/2.6.29/extra/scst.ko
check "its handler too" test -e /lib/modules/2.6.29/extra/dev_handlers/scst_vdisk.ko
check "so is scstadmin" test -e /usr/local/sbin/scstadmin
check "so is the iSCSI target" test -e /lib/modules/2.6.29/extra/iscsi-scst.ko
check "so is its daemon" test -e /usr/local/sbin/iscsi-scstd
has "scst_disk is left out" /etc/init.d/scst 'SCST_MODULES="scst scst_vdisk"'

# 11: scripts without LSB functions; OpenRC itself runs them, the core before the daemon.
hasnt "the script asks for LSB functions" /etc/init.d/scst init-functions
for program in scstadmin iscsi-scstd; do
	printf '#!/bin/sh\necho "%s $*" >>/var/log/modprobe\n' $program >/usr/local/sbin/stand-in-$program
	chmod 755 /usr/local/sbin/stand-in-$program
	mv /usr/local/sbin/$program /root/$program
	ln -s stand-in-$program /usr/local/sbin/$program
done
check "OpenRC starts the iSCSI target" rc-service iscsi-scst start
check "and the core with it" rc-service scst status
check "in the right order" [ "$(paste -sd, /var/log/modprobe)" = \
	"scst,scst_vdisk,scstadmin -config /etc/scst.conf,scst,iscsi-scst,iscsi-scstd " ]
for program in scstadmin iscsi-scstd; do
	mv /root/$program /usr/local/sbin/$program
	rm /usr/local/sbin/stand-in-$program
done

# 12 to 14: the three files and the two that say who is let in, everybody denied first.
check "the target has a name" grep -q '^Target iqn\.' /etc/iscsi-scstd.conf
has "the disk is in the configuration" /etc/scst.conf \
	'DEVICE disk0,/var/lib/scst/luns/disk0.img,,512'
check "in the group of the target" grep -q '^\[ASSIGNMENT Default_iqn\.' /etc/scst.conf
has "nobody is let in" /etc/initiators.deny 'ALL ALL'
refused "anybody is let in unasked" grep -q '^[^#]' /etc/initiators.allow

# 15: in the default runlevel.
for service in scst iscsi-scst; do
	check "$service is in the default runlevel" \
		sh -c "rc-update show default | grep -q '^ *$service |'"
done

check "a second run has nothing to do" sh -c \
	"scst-install --kernel 2.6.29 --yes --offline $files </dev/null | grep -q 'Nothing to do'"
check "status: as installed" scst-install status
check "uninstall" scst-install uninstall --yes
rm -f /var/log/modprobe
everything / >"$RESULTS/after"
diff "$RESULTS/before" "$RESULTS/after" || fail "uninstall left the differences above"
say "ok: the file system is as it was"
