#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who gets in, and where: CHAP one way and mutual with libiscsi and the Linux kernel's initiator,
# accounts of targets and of discovery, portals, redirection, IPv6.
# image: target
# timeout: 900
# cpus: 1
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

sys=/sys/kernel/scst_tgt/targets/iscsi
tgt=$sys/$target
secret=joes-own-secret
back=the-targets-secret

mgmt() { echo "$*" >$sys/mgmt; }
mode_of() { stat -c %a "$1"; }
# inq [USER%SECRET@][PORTAL]: does the LUN answer?
inq() { iscsi-inq "iscsi://$1/$target/0" >/dev/null 2>&1; }
listed() { iscsi-ls "iscsi://$1" 2>/dev/null | grep -q "$target"; }
refuses() { ! mgmt "$@" 2>/dev/null; }

write_conf writable
serve
check "without an account anybody on the list gets in" inq "$portal"

mgmt add_target_attribute "$target" IncomingUser joe $secret
check "the account is there" sh -c "[ \"\$(cat $tgt/IncomingUser)\" = \"joe $secret
[key]\" ]"
check "root alone may read it" test "$(mode_of $tgt/IncomingUser)" = 600
mgmt add_target_attribute "$target" incominguser jim jims-own-secret
check "the second one has a number" grep -q '^jim ' $tgt/IncomingUser1
check "a short secret is refused" refuses add_target_attribute "$target" IncomingUser al too-short
check "an account that is there is refused" \
	refuses add_target_attribute "$target" IncomingUser joe another-secret
check "the deletion of one that is not is refused" \
	refuses del_target_attribute "$target" IncomingUser nobody
check "a portal of the driver is refused" refuses add_attribute allowed_portal 10.0.0.1
mgmt add_target_attribute "$target" OutgoingUser first $back
mgmt add_target_attribute "$target" OutgoingUser disk $back
check "there is one OutgoingUser, the last" sh -c "grep -q '^disk ' $tgt/OutgoingUser && [ ! -e $tgt/OutgoingUser1 ]"

check "libiscsi logs in with the secret" inq "joe%$secret@$portal"
check "and as the other user" inq "jim%jims-own-secret@$portal"
refused "one gets in without a secret" inq "$portal"
refused "one gets in with a wrong secret" inq "joe%joes-old-secret@$portal"
refused "one gets in with another user's secret" inq "jim%$secret@$portal"
check "discovery needs no account of a target" listed "$portal"
mgmt add_attribute IncomingUser scout scouts-own-secret
refused "discovery works without its account" listed "$portal"
check "discovery works with its account" listed "scout%scouts-own-secret@$portal"
refused "discovery works with a target's account" listed "joe%$secret@$portal"
mgmt del_attribute IncomingUser scout
check "and without one again" listed "$portal"

check "scstadmin saves the accounts" scstadmin -write_config /root/saved.conf
check "they are in the file" grep -q "IncomingUser.*joe $secret" /root/saved.conf
check "the file is for root alone" test "$(mode_of /root/saved.conf)" = 600
mgmt del_target_attribute "$target" IncomingUser jim
mgmt del_target_attribute "$target" IncomingUser joe
check "without accounts anybody on the list gets in again" inq "$portal"
check "scstadmin brings the accounts back" scstadmin -config /root/saved.conf
check "and they count" inq "joe%$secret@$portal"
refused "one gets in without them" inq "$portal"

set_node() { iscsiadm -m node -T "$target" -p "$portal" -o update -n "$1" -v "$2"; }
start_initiator
iscsiadm -m discovery -t sendtargets -p "$portal" >/dev/null
set_node node.session.auth.authmethod CHAP
set_node node.session.auth.username joe
set_node node.session.auth.password $secret
for algorithm in MD5 SHA1 SHA256 SHA3-256; do
	set_node node.session.auth.chap_algs $algorithm
	login
	check "the disk can be read after CHAP with $algorithm" \
		dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
	logout
done
set_node node.session.auth.username_in disk
set_node node.session.auth.password_in $back
login
check "the disk can be read after mutual CHAP" \
	dd if="$disk" of=/dev/null bs=64k count=16 iflag=direct status=none
logout
set_node node.session.auth.password_in not-the-targets-own
refused "the initiator trusts a target with a wrong secret" \
	iscsiadm -m node -T "$target" -p "$portal" --login

mgmt del_target_attribute "$target" IncomingUser joe
mgmt del_target_attribute "$target" IncomingUser jim
other=127.0.0.2:3260
mgmt add_target_attribute "$target" allowed_portal 127.0.0.2
check "the allowed portal serves" inq $other
check "and lists" listed $other
refused "another portal serves" inq "$portal"
refused "another portal lists" listed "$portal"
mgmt add_target_attribute "$target" allowed_portal '127.*'
check "a pattern allows too" inq "$portal"
mgmt del_target_attribute "$target" allowed_portal 127.0.0.2
mgmt del_target_attribute "$target" allowed_portal '127.*'

check "a redirection is taken" sh -c "echo '127.0.0.2 temp' >$tgt/redirect"
check "and shown" grep -qx '127.0.0.2 temp' $tgt/redirect
check "the initiator follows it" inq "$portal"
check "the log tells" sh -c "journalctl -u iscsi-scstd | grep -q 'redirected to 127.0.0.2:3260'"
refused "a redirection to nowhere is taken" sh -c "echo 'nowhere temp' >$tgt/redirect" 2>/dev/null
refused "an unknown kind is taken" sh -c "echo '127.0.0.2 soon' >$tgt/redirect" 2>/dev/null
check "an empty one switches it off" sh -c "echo >$tgt/redirect"
check "and nothing is shown" sh -c "[ -z \"\$(cat $tgt/redirect)\" ]"

check "IPv6 serves" inq '[::1]:3260'
check "and lists" listed '[::1]:3260'

echo 1 >$tgt/per_portal_acl
echo "clear" >$tgt/ini_groups/allowed/initiators/mgmt
echo "add $tools#127.0.0.1" >$tgt/ini_groups/allowed/initiators/mgmt
check "a group with the portal in its pattern sees the LUN" inq "$portal"
refused "it does through another portal" inq $other

journalctl --no-pager >"$RESULTS/everything"
dmesg >>"$RESULTS/everything"
refused "a secret is in a log" grep -qE "$secret|$back|jims-own-secret|scouts-own-secret|too-short" \
	"$RESULTS/everything"
check "the kernel log is clean" kernel_log_is_clean
