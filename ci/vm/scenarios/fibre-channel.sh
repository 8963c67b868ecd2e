#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Two ports of Fibre Channel as Linux shows them (software FCoE, VN2VN over a pair of Ethernet devices):
# scst-install finds them, makes each a target of SCST 3.9, and has what modprobe must know in the
# initramfs; the doctor compares. Kernel, release and the compiler's age are fixtures as in
# legacy-openrc; ports, update-initramfs and doctor are real.
# image: installer
# packages: make,patch,initramfs-tools,iproute2
# folder: installer/tests/fixtures
# disk: 6G
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

PATH=/usr/local/sbin:/usr/local/bin:$PATH
export PATH
files=/root/files
tree=/usr/src/linux-4.19.300
image=/boot/initrd.img-4.19.300
settings=etc/modprobe.d/scst-fibre-channel.conf
stranger=20:00:02:00:00:00:00:09

# The name of a port of /sys/class/fc_host, as scst.conf spells it.
port_name() { sed -E 's/^0x//; s/(..)/\1:/g; s/:$//' "$1/port_name"; }
online() { [ "$(cat /sys/class/fc_host/*/port_state 2>/dev/null | grep -c Online)" = "$1" ]; }
# install: of the release by one command.
install() {
	scst-install --kernel 4.19.300 --stack 3.9 --kernel-config /root/config --offline $files \
		--fc --allow '50:01:43:80:*' --yes </dev/null
}
in_image() { lsinitramfs $image | grep -qx "$1"; }
# finds ID VERDICT: the doctor about a check.
finds() {
	scst-install doctor --json >/root/doctor
	python3 -c 'import json, sys
found = [c["verdict"] for c in json.load(open("/root/doctor"))["checks"] if c["id"] == sys.argv[1]]
sys.exit(f"found {found}" if found != [sys.argv[2]] else 0)' "$1" "$2"
}

modprobe -a fcoe veth || fail "no software FCoE"
ip link add ve0 type veth peer name ve1
for n in 0 1; do
	ip link set ve$n address 02:00:00:00:00:0$((n + 1)) up
done
# What the first port sends crashes the kernel if it comes in while the second one is being made.
echo ve0 >/sys/module/libfcoe/parameters/create_vn2vn
check "a port is online" await 30 online 1
ip link set ve0 down
echo ve1 >/sys/module/libfcoe/parameters/create_vn2vn
ip link set ve0 up
check "two ports are online" await 60 online 2

scst-install facts --json >/root/facts
cat >/root/compare.py <<'END'
import glob, json, os

ports = {p["host"]: p for p in json.load(open("/root/facts"))["fc_ports"]}
hosts = [os.path.basename(path) for path in glob.glob("/sys/class/fc_host/*")]
assert sorted(ports) == sorted(hosts) and len(hosts) == 2, ports
for host in hosts:
    name = open(f"/sys/class/fc_host/{host}/port_name").read().strip()
    assert "0x" + ports[host]["name"].replace(":", "") == name, (ports, name)
    assert ports[host]["driver"] == "fcoe" and ports[host]["state"] == "Online", ports
END
check "scst-install sees what the kernel shows" python3 /root/compare.py

# The kernel is a tree that is here, the release an archive; both are fixtures. What was built in a tree
# of the user's stays there.
mkdir $files
everything / >"$RESULTS/before"
cp -r "$JOBS/fixtures/linux-2.6.29" $tree
sed -i 's/^VERSION = .*/VERSION = 4/; s/^PATCHLEVEL = .*/PATCHLEVEL = 19/; s/^SUBLEVEL = .*/SUBLEVEL = 300/' $tree/Makefile
tar -C "$JOBS/fixtures" -czf $files/v3.9.tar.gz scst-3.9
printf 'CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_SCSI=m\nCONFIG_SYSFS=y\n' >/root/config
printf '#!/bin/sh\necho 8.3.0\n' >/usr/local/bin/gcc
chmod 755 /usr/local/bin/gcc

check "one command installs it with Fibre Channel" install
for port in /sys/class/fc_host/*; do
	name=$(port_name "$port")
	check "port $name is a target" grep -qxF "	TARGET $name {" /etc/scst.conf
done
check "only that initiator sees the LUN by them" [ "$(grep -c 'INITIATOR 50:01:43:80:\*' /etc/scst.conf)" = 2 ]
check "the driver is loaded at boot" \
	grep -qx 'SCST_MODULES="scst scst_vdisk iscsi_scst fcst"' /usr/local/lib/scst/scst
check "it is built" test -e /lib/modules/4.19.300/extra/fcst.ko
check "the kernel has an initramfs" test -s $image
check "the doctor finds the targets' ports" finds F02 ok
check "and a link" finds F03 ok

# A user's own entry, of a driver that modprobe has to be told about.
mkdir -p /etc/scst-install/catalog.d
cat >/etc/scst-install/catalog.d/fcoe.toml <<'END'
[[hba]]
name = "fcoe"
drivers = ["fcoe"]
stack = "upstream"
target_driver = "fcst"
modules = ["fcst"]
targets = ["fcst", "fcst_install"]
settings = ["options fcst quiet=1"]
why = "this is a test"
END
refused "the initramfs has the settings" in_image $settings
check "with settings for modprobe" install
check "they are written" grep -qx 'options fcst quiet=1' /$settings
check "and the initramfs has them" in_image $settings
rm -r /etc/scst-install

cp /etc/scst.conf /root/scst.conf
sed -i "s/TARGET $name /TARGET $stranger /" /etc/scst.conf
check "the doctor finds a target of another machine's port" finds F02 fault
cp /root/scst.conf /etc/scst.conf
ip link set ve1 down
check "the ports go down" await 60 online 0
check "the doctor finds that too" finds F03 warning

check "uninstall" scst-install uninstall --yes
rm -r $tree /usr/local/bin/gcc
everything / >"$RESULTS/after"
diff "$RESULTS/before" "$RESULTS/after" || fail "uninstall left the differences above"
say "ok: the file system is as it was"
