#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# iSNS with Debian's server and initiator: the target is found there, gone when it is disabled, and
# there again when the server has lost everything; its portals follow the addresses of the machine;
# with access control only who shares a discovery domain with it gets in.
# image: target
# packages: open-isns-utils
# late-packages: open-isns-server
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

here=192.0.2.1
there=192.0.2.2
portal=$here:3260
disk=/dev/disk/by-path/ip-$portal-iscsi-$target-lun-0
sys=/sys/kernel/scst_tgt/targets/iscsi
tgt=$sys/$target

# What the server has; the local socket sees it all.
query() { isnsadm --local --query "$@" 2>/dev/null; }
known() { query iscsi-name="$target" | grep -q "iSCSI name *= \"$target\""; }
unknown() { ! known; }
start_server() { systemctl start isnsd.service || fail "isnsd does not start"; }
stop_server() { systemctl stop isnsd.service; }
forget_all() { find /var/lib/isns -mindepth 1 -delete; }

# The initiator's own registration, and how it finds targets.
register() {
	isnsadm --register entity=host.example initiator="$initiator" portal=$here:3229 >/dev/null
}
deregister() { isnsadm --deregister "iscsi-name=$initiator" >/dev/null; }
discover() { timeout 30 iscsiadm -m discovery -t isns -p $here >"$RESULTS/discovery" 2>&1; }
found() { discover && grep -q "^$1:3260,1 $target" "$RESULTS/discovery"; }
not_found() { discover && ! grep -q "^$1:3260" "$RESULTS/discovery"; }

# as NAME: does it get in? as_stranger: under a name that the server never heard of.
as() { iscsi-inq -i "$1" "iscsi://$portal/$target/0" >/dev/null 2>&1; }
as_stranger() { iscsi-inq "iscsi://$portal/$target/0" >/dev/null 2>&1; }
turned_away() { ! as "$1"; }
listed() { iscsi-ls "iscsi://$portal" 2>/dev/null | grep -q "$target"; }

# Its own set-up would make keys, which takes minutes, and start it before it is configured.
touch /etc/isns/auth_key
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
DEBIAN_FRONTEND=noninteractive dpkg -i "$JOBS"/late/*.deb >"$RESULTS/dpkg" 2>&1 ||
	fail "isnsd cannot be installed: $(tail -n 5 "$RESULTS/dpkg")"
rm /usr/sbin/policy-rc.d

ip address add $here/32 dev lo
cat >/etc/isns/isnsd.conf <<END
SourceName = iqn.2026-11.org.example:isns
Database = /var/lib/isns
RegistrationPeriod = 60
DefaultDiscoveryDomain = 1
SLPRegister = 0
Security = 0
END
cat >/etc/isns/isnsadm.conf <<END
SourceName = $initiator
ServerAddress = $here
Security = 0
END
mkdir -p /var/lib/isns
start_server

write_conf writable
sed -i "/^TARGET_DRIVER iscsi/a\\	iSNSServer $here\\n\\tisns_entity_name storage.example" /etc/scst.conf
serve
start_initiator
check "the server knows the target" await 30 known
check "under the name of the entity" sh -c "isnsadm --local --query entity-id=storage.example | grep -q storage.example"
refused "scstadmin would set it anew" sh -c "scstadmin -check_config /etc/scst.conf | grep -i isns"
check "the initiator registers" register
check "and finds the target" await 30 found $here
login
check "it reads the disk" dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
logout

echo 0 >$tgt/enabled
check "a target that is disabled is gone from the server" await 30 unknown
echo 1 >$tgt/enabled
check "one that is enabled is back" await 30 known

stop_server
forget_all
start_server
check "a server that has lost everything is told again" await 90 known
check "the initiator registers again" register
check "and finds the target again" await 30 found $here

ip address add $there/32 dev lo
check "a new address is a new portal" await 30 found $there
echo "add_target_attribute $target allowed_portal $here" >$sys/mgmt
check "a target that is not allowed there is not found there" await 30 not_found $there
check "but where it is allowed" found $here
echo "del_target_attribute $target allowed_portal $here" >$sys/mgmt
ip address del $there/32 dev lo
check "an address that has gone is no portal any more" await 30 not_found $there

say "# access control"
check "without it a stranger gets in" as_stranger
echo "$here AccessControl" >$sys/iSNSServer
check "the initiator gets in" await 30 as "$initiator"
refused "a stranger gets in" as_stranger
refused "a stranger sees the target" listed
check "the log says why" sh -c "journalctl -u iscsi-scstd | grep -q 'refused: Permission denied (status 0202)'"
login
check "the Linux initiator gets in too" \
	dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
check "the initiator deregisters" deregister
check "and is turned away from then on" await 30 turned_away "$initiator"
check "its session goes on" dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
logout
check "the initiator registers" register
check "and gets in again" await 90 as "$initiator"

isnsadm --local --dd-register dd-name=room "member-name=$target" >"$RESULTS/domain" 2>&1 ||
	fail "no discovery domain: $(cat "$RESULTS/domain")"
check "an initiator outside of the target's domain is turned away" await 90 turned_away "$initiator"
# This server keeps one member of a domain only, so that none can be made with both: without any, all
# share the default one.
stop_server
forget_all
start_server
check "the target is told to the server again" await 90 known
check "the initiator registers once more" register
check "without that domain it gets in" await 90 as "$initiator"

stop_server
check "while the server is away, what it said counts" as "$initiator"
systemctl restart iscsi-scstd.service
await 30 grep -q open $sys/open_state
begin=$(cut -d. -f1 /proc/uptime)
refused "who knows nothing from the server lets anybody in" as "$initiator"
check "nor does that take long" test $(($(cut -d. -f1 /proc/uptime) - begin)) -le 5
start_server
check "with the server the initiator is back" await 90 as "$initiator"

say "# the end"
check "scstadmin saves the server" scstadmin -write_config /root/saved.conf
check "it is in the file" grep -q "iSNSServer \"$here AccessControl\"" /root/saved.conf
echo >$sys/iSNSServer
check "switched off, the target is gone from the server" await 30 unknown
check "and a stranger gets in" as_stranger
echo $here >$sys/iSNSServer
check "switched on, it is back" await 30 known
systemctl stop iscsi-scstd.service
check "a daemon that ends takes it along" unknown
refused "the daemon's filter refused anything" sh -c "dmesg | grep 'type=1326.*iscsi-scstd'"
check "the kernel log is clean" kernel_log_is_clean
