# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The functions of EAPI 8 that our ebuild and the doubles of its eclasses use, after the Package
# Manager Specification; see `phases`, which sources this.
# shellcheck disable=SC2034,SC2154 # variables of the ebuild and of phases

die() {
	[[ ! ${nonfatal-} ]] || return 1
	printf ' * ERROR: %s::%s %s phase failed: %s\n' "$CATEGORY" "$PF" "${EBUILD_PHASE-}" "$*" >&2
	for ((frame = 0; frame < ${#FUNCNAME[@]} - 1; frame++)); do
		printf ' *   %s, line %s\n' "${FUNCNAME[frame + 1]}" "${BASH_LINENO[frame]}" >&2
	done
	# Subshells end with the run.
	kill -s TERM $$
	exit 1
}
trap 'exit 1' TERM

# PMS has commands fail loudly; bash would go on after one that is not there.
command_not_found_handle() { die "there is no command or known function '$1'"; }

nonfatal() { local nonfatal=1 && "$@"; }
einfo() { printf ' * %s\n' "$*" >&2; }
elog() { printf ' * LOG: %s\n' "$*" >&2; }
ewarn() { printf ' * WARN: %s\n' "$*" >&2; }
eqawarn() { printf ' * QA: %s\n' "$*" >&2; }
eerror() { printf ' * ERROR: %s\n' "$*" >&2; }

has() {
	local item=$1 other
	shift
	for other; do [[ $other != "$item" ]] || return 0; done
	return 1
}

### Eclasses: what they set for these variables is added to what the ebuild sets.
accumulated=(IUSE REQUIRED_USE DEPEND RDEPEND BDEPEND IDEPEND RESTRICT)
declare -A from_eclasses=() inherited=()

inherit() {
	local ECLASS name
	for ECLASS; do
		[[ ! ${inherited[$ECLASS]-} ]] || continue
		inherited[$ECLASS]=1
		[[ -e $here/eclass/$ECLASS.eclass ]] || die "there is no double of $ECLASS.eclass"
		declare -A kept=()
		for name in "${accumulated[@]}"; do kept[$name]=${!name-} && unset -v "$name"; done
		# shellcheck source=/dev/null
		. "$here/eclass/$ECLASS.eclass"
		for name in "${accumulated[@]}"; do
			from_eclasses[$name]+=" ${!name-}"
			printf -v "$name" %s "${kept[$name]}"
		done
	done
}

collect_from_eclasses() {
	local name
	for name in "${accumulated[@]}"; do
		printf -v "$name" '%s %s' "${!name-}" "${from_eclasses[$name]-}"
	done
}

EXPORT_FUNCTIONS() {
	local phase
	for phase; do eval "$phase() { ${ECLASS}_$phase \"\$@\"; }"; done
}

### USE
declare -A use_state=()

# set_use FLAGS: the defaults of IUSE, changed by FLAGS.
set_use() {
	local flag word
	local -a asked
	read -ra asked <<<"$1"
	for flag in $IUSE; do
		case $flag in
		+*) use_state[${flag#+}]=1 ;;
		*) use_state[${flag#-}]=${use_state[${flag#-}]-} ;;
		esac
	done
	for word in "${asked[@]}"; do
		if [[ $word == '-*' ]]; then
			for flag in "${!use_state[@]}"; do use_state[$flag]=; done
			continue
		fi
		flag=${word#-}
		in_iuse "$flag" || fail "$PF has no USE flag $flag"
		if [[ $word == -* ]]; then use_state[$flag]=; else use_state[$flag]=1; fi
	done
}

in_iuse() { [[ -v use_state[$1] ]]; }

use() {
	in_iuse "${1#!}" || die "USE flag ${1#!} is not in IUSE"
	if [[ $1 == !* ]]; then [[ ! ${use_state[${1#!}]} ]]; else [[ ${use_state[$1]} ]]; fi
}
usev() { use "$1" && printf '%s\n' "${2-${1#!}}"; }
usex() { if use "$1"; then echo "${2-yes}${4-}"; else echo "${3-no}${5-}"; fi; }

# Only groups of the form `flag? ( flag )` are known.
check_required_use() {
	local rest=$REQUIRED_USE
	while [[ $rest =~ ^[[:space:]]*([!a-z-]+)\?[[:space:]]*\([[:space:]]*([!a-z-]+)[[:space:]]*\)(.*) ]]; do
		local flag=${BASH_REMATCH[1]} needs=${BASH_REMATCH[2]}
		rest=${BASH_REMATCH[3]}
		! use "$flag" || use "$needs" || fail "USE=$flag needs USE=$needs (REQUIRED_USE)"
	done
	[[ ! ${rest//[[:space:]]/} ]] || fail "REQUIRED_USE: not understood here: $rest"
}

### Phases
run_phase() {
	EBUILD_PHASE=${1#*_}
	printf '>>> %s\n' "$1" >&2
	case $1 in
	src_unpack) fetch && cd "$WORKDIR" ;;
	src_*) cd "$S" ;;
	pkg_preinst) cp -a "$D/." "$ROOT/" && cd "$T" ;;
	*) cd "$T" ;;
	esac || die "cannot enter the folder of $1"
	if declare -F "$1" >/dev/null; then
		"$1"
	elif declare -F "default_$1" >/dev/null; then
		"default_$1"
	fi
}

# Sources must be there and be those of the Manifest, if it has them.
fetch() {
	local name line hash value
	A=''
	for name in ${SRC_URI-}; do
		A+=" ${name##*/}"
		if [[ ! -e $DISTDIR/${name##*/} ]]; then
			! declare -F pkg_nofetch >/dev/null || pkg_nofetch
			die "there is no ${name##*/} in $DISTDIR"
		fi
	done
	for name in $A; do
		line=$(grep "^DIST $name " "${FILESDIR%/files}/Manifest" 2>/dev/null) || {
			ewarn "no Manifest line for $name; Portage would refuse it"
			continue
		}
		read -r _ _ size _ blake _ sha <<<"$line"
		[[ $size == "$(stat -Lc %s "$DISTDIR/$name")" &&
			$blake == "$(b2sum <"$DISTDIR/$name" | cut -d' ' -f1)" &&
			$sha == "$(sha512sum <"$DISTDIR/$name" | cut -d' ' -f1)" ]] ||
			die "$name is not what the Manifest says"
	done
}

# shellcheck disable=SC2086 # a list
default_src_unpack() { [[ ! $A ]] || unpack $A; }
default_src_prepare() {
	[[ ! ${PATCHES[*]-} ]] || eapply "${PATCHES[@]}"
	eapply_user
}
default_src_install() { einstalldocs; }

unpack() {
	local name
	for name; do
		tar --no-same-owner -xf "$DISTDIR/$name" || die "cannot unpack $name"
	done
}
eapply() {
	local patch
	for patch; do
		patch -p1 -f -g0 --no-backup-if-mismatch <"$patch" >&2 || die "$patch does not apply"
	done
}
eapply_user() { :; } # nobody's patches

# shellcheck disable=SC2086 # several options
emake() { make $MAKEOPTS "$@" || die "make failed"; }
# shellcheck disable=SC2086 # several options
eninja() { ninja -v $MAKEOPTS "$@" || die "ninja failed"; }

### Installing. Destinations last until the end of the phase.
insinto() { into_files=$1; }
exeinto() { into_programs=$1; }

# put MODE DESTINATION FILE NAME
put() {
	[[ $EBUILD_PHASE == install ]] || die "installs outside src_install"
	install -D -m "$1" "$3" "$D/${2#/}/$4" || die "cannot install $3"
}

# put_all MODE DESTINATION FILE...
put_all() {
	local mode=$1 destination=$2 file
	shift 2
	for file; do put "$mode" "$destination" "$file" "${file##*/}"; done
}
doins() { put_all 0644 "${into_files-/}" "$@"; }
doexe() { put_all 0755 "${into_programs-/}" "$@"; }
doinitd() { put_all 0755 /etc/init.d "$@"; }
newconfd() { put 0644 /etc/conf.d "$1" "$2"; }
dodoc() { put_all 0644 "/usr/share/doc/$PF" "$@"; }
einstalldocs() {
	local doc
	for doc in README* ChangeLog AUTHORS NEWS TODO CHANGES THANKS BUGS FAQ CREDITS CHANGELOG; do
		[[ ! -s $doc ]] || dodoc "$doc"
	done
}

### Versions: numbers with dots, which is all that is compared here.
ver_test() {
	[[ $1 =~ ^[0-9.]+$ && $3 =~ ^[0-9.]+$ ]] || die "ver_test: only numbers are known here: $*"
	local order
	order=$(printf '%s\n%s\n' "$1" "$3" | sort -V | head -n 1)
	case $2 in
	-eq) [[ $1 == "$3" ]] ;;
	-lt) [[ $1 != "$3" && $order == "$1" ]] ;;
	-gt) [[ $1 != "$3" && $order == "$3" ]] ;;
	-le) [[ $1 == "$3" || $order == "$1" ]] ;;
	-ge) [[ $1 == "$3" || $order == "$3" ]] ;;
	*) die "ver_test: $2" ;;
	esac
}
ver_cut() { cut -d. -f"$1" <<<"${2-$PV}"; }
