# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scenarios of init systems share: the packages are installed by apt, a LUN is configured,
# the services go through their verbs, the LUN is back after a reboot, purge leaves nothing.
# $init: systemd, sysvinit or openrc.
# shellcheck source=ci/vm/lib.sh
. /run/jobs/lib.sh

: "${init:?}"
ours='scst-dkms scstadmin iscsi-scst'

# service NAME VERB: as an admin of this machine calls it; keeps what it says in $RESULTS/verbs.
service() {
	echo "== $1 $2" >>"$RESULTS/verbs"
	case $init in
	systemd) systemctl "$2" "$1.service" ;;
	openrc) rc-service "$1" "$2" ;;
	sysvinit) "/etc/init.d/$1" "$2" ;;
	esac >>"$RESULTS/verbs" 2>&1
}

# code CODE NAME VERB: the verb ends with this code.
code() {
	wanted=$1
	shift
	got=0
	service "$@" || got=$?
	[ "$got" = "$wanted" ] || {
		tail -n 20 "$RESULTS/verbs"
		fail "$1 $2 ends with $got, not with $wanted"
	}
	say "ok: $1 $2 ends with $wanted"
}

# Is the service started at boot?
at_boot() {
	case $init in
	systemd) systemctl --quiet is-enabled "$1.service" ;;
	openrc) rc-update show | grep -q "^ *$1 |" ;;
	sysvinit) ls "/etc/rc2.d/"S??"$1" >/dev/null 2>&1 ;;
	esac
}

# Two services that are asked one after the other, in their order.
both() { code 0 scst "$1" && code 0 iscsi-scstd "$1"; }

none_loaded() { ! grep -q '^scst\|^iscsi_scst' /proc/modules; }

has_lun() { iscsi-ls -s "iscsi://$portal" 2>/dev/null | grep -q "^Lun:$1 "; }

# Who wants to know the order of things sees it in the log of the boot.
install_packages() {
	for package in $ours; do set -- "$@" "$(echo "$JOBS/debs/$package"_*.deb)"; done
	DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "$@" \
		>"$RESULTS/apt" 2>&1 </dev/null || {
		tail -n 40 "$RESULTS/apt"
		fail "apt does not install the packages"
	}
	say "ok: apt installs the packages"
}

unconfigured() {
	check "scst is started at boot" at_boot scst
	check "iscsi-scstd is started at boot" at_boot iscsi-scstd
	check "nothing was started by the installation" none_loaded
	code 3 scst status
	code 3 iscsi-scstd status
	# systemd passes over a service whose condition does not hold; the LSB has a code for it.
	case $init in
	systemd) code 0 scst start ;;
	*) code 6 scst start ;;
	esac
	check "without a configuration nothing is loaded" none_loaded
}

verbs() {
	both start
	check "the portal answers" await 30 answers
	code 0 scst status
	code 0 iscsi-scstd status
	both start
	check "a start of what runs does no harm" has_lun 0
	refused "there is a second LUN" has_lun 1
	sed -i 's/^\( *\t*\)LUN 0 disk0.*/&\n\1LUN 1 disk0/' /etc/scst.conf
	code 0 scst reload
	check "reload brings it" has_lun 1
	code 0 scst restart
	check "restart: LUNs are served again" await 30 has_lun 1
	[ "$init" = openrc ] || {
		code 0 scst try-restart
		check "try-restart: they are again" await 30 has_lun 1
	}
	code 0 iscsi-scstd restart
	check "the daemon alone was restarted" await 30 has_lun 1
	code 0 iscsi-scstd stop
	code 3 iscsi-scstd status
	code 0 scst stop
	code 3 scst status
	check "stop unloads the modules" none_loaded
	both stop
}

# Of those who know the codes of the LSB.
lsb_codes() {
	code 7 scst reload
	code 0 scst try-restart
	check "try-restart of what is stopped starts nothing" none_loaded
	code 2 scst no-such-verb
	code 2 iscsi-scstd no-such-verb
	both start
	check "the portal answers" await 30 answers
	kill -KILL "$(cat /run/iscsi-scstd.pid)"
	check "the daemon is dead" await 10 sh -c '! grep -q iscsi-scstd /proc/[0-9]*/comm 2>/dev/null'
	code 1 iscsi-scstd status
	code 0 iscsi-scstd start
	check "it is started after a crash" await 30 answers
	# Without the daemon's own stop: what holds the modules goes first.
	code 0 scst stop
	check "stop of the target ends the daemon as well" none_loaded
}

purge() {
	# shellcheck disable=SC2086 # several packages
	DEBIAN_FRONTEND=noninteractive apt-get -qy purge $ours >>"$RESULTS/apt" 2>&1 </dev/null || {
		tail -n 40 "$RESULTS/apt"
		fail "apt does not purge the packages"
	}
	refused "it still serves" answers
	check "the modules are unloaded" none_loaded
	rm -f /etc/scst.conf /var/lib/disk0
	file_list /root/stamp >"$RESULTS/after"
	{
		comm -13 "$RESULTS/before" "$RESULTS/after"
		grep '^/' "$RESULTS/before" | comm -23 - "$RESULTS/after"
	} | tee "$RESULTS/differences"
	[ ! -s "$RESULTS/differences" ] || fail "purge left the differences above"
	say "ok: purge leaves nothing"
}
