# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Double of Gentoo's linux-mod-r1.eclass and of the part of linux-info.eclass that it needs, after
# their documentation. The kernel is the one in KERNEL_DIR; nothing is signed.
# shellcheck disable=SC2034,SC2154 # the ebuild's variables

IUSE="dist-kernel modules-sign +strip ${MODULES_OPTIONAL_IUSE}"
declare -gA modules_install=()

### linux-info
get_version() {
	[[ ! ${KV_FULL-} ]] || return 0
	KV_DIR=$KERNEL_DIR KV_OUT_DIR=$KERNEL_DIR
	# Debian's kernel.release is not what its kernels call themselves.
	KV_FULL=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$KV_OUT_DIR/include/generated/utsrelease.h")
	[[ $KV_FULL ]] || die "$KV_OUT_DIR is not the build tree of a configured kernel"
	IFS=.- read -r KV_MAJOR KV_MINOR KV_PATCH _ <<<"$KV_FULL"
}
kernel_is() {
	get_version
	local operator=$1
	shift
	local have=("$KV_MAJOR" "$KV_MINOR" "$KV_PATCH") wanted=$*
	have=("${have[@]:0:$#}")
	ver_test "$(IFS=. && echo "${have[*]}")" "$operator" "${wanted// /.}"
}
linux_chkconfig_present() { grep -qE "^CONFIG_$1=[ym]" "$KV_OUT_DIR/.config"; }

# CONFIG_CHECK: FOO must be set, !FOO must not; with ~ in front it is only told.
check_config() {
	local word option missing=0 says
	for word in $CONFIG_CHECK; do
		option=${word#\~}
		if [[ $option == !* ]]; then
			! linux_chkconfig_present "${option#!}" && continue
			option=${option#!} says="must not be set"
		else
			linux_chkconfig_present "$option" && continue
			says="is not set when it should be"
		fi
		local error=ERROR_$option warning=WARNING_$option
		if [[ $word == \~* ]]; then
			ewarn "${!warning-CONFIG_$option $says}"
		else
			eerror "${!error-CONFIG_$option $says}"
			missing=1
		fi
	done
	[[ $missing == 0 ]] || die "the kernel $KV_FULL lacks what is named above"
}

### linux-mod-r1
modules_off() { [[ ${MODULES_OPTIONAL_IUSE-} ]] && ! use "${MODULES_OPTIONAL_IUSE#+}"; }

modules_need_setup() { [[ ${MODULES_MAKEARGS[*]-} ]] || die "linux-mod-r1_pkg_setup was not called"; }

linux-mod-r1_pkg_setup() {
	! modules_off || return 0
	get_version
	local kernel=${KV_FULL%%[!0-9.]*} most=${MODULES_KERNEL_MAX-}
	[[ ! ${MODULES_KERNEL_MIN-} ]] || ver_test "$kernel" -ge "$MODULES_KERNEL_MIN" ||
		die "kernel $KV_FULL is older than $MODULES_KERNEL_MIN"
	if [[ $most ]]; then
		local dots=${most//[!.]/}
		! ver_test "$(cut -d. -f "1-$((${#dots} + 1))" <<<"$kernel")" -gt "$most" ||
			ewarn "kernel $KV_FULL is newer than $most, which this is known to work with"
	fi
	local CONFIG_CHECK="${CONFIG_CHECK-} MODULES !TRIM_UNUSED_KSYMS"
	check_config
	MODULES_MAKEARGS=(V=1 CC=gcc LD=ld AR=ar NM=nm OBJCOPY=objcopy OBJDUMP=objdump
		READELF=readelf STRIP=strip CONFIG_MODULE_COMPRESS= DEPMOD=true INSTALL_MOD_STRIP=)
}

# modlist: NAME=INSTALL_DIR:SOURCE_DIR:BUILD_DIR:TARGET
linux-mod-r1_src_compile() {
	! modules_off || return 0
	modules_need_setup
	[[ ${#modlist[@]} -gt 0 ]] || die "modlist is empty"
	local entry name to from build target done=' '
	for entry in "${modlist[@]}"; do
		name=${entry%%=*}
		IFS=: read -r to from build target <<<"${entry#*=}"
		from=$(cd "${from:-.}" && pwd) || die "$name: no folder $from"
		modules_install[${build:-$from}/$name.ko]=${to:-extra}
		[[ $done != *" $from:$target "* ]] || continue
		done+="$from:$target "
		# shellcheck disable=SC2086 # one target, several or none
		emake -C "$from" "${MODULES_MAKEARGS[@]}" "${modargs[@]}" $target
	done
}

linux-mod-r1_src_install() {
	! modules_off || return 0
	modules_need_setup
	[[ ${#modules_install[@]} -gt 0 ]] || die "linux-mod-r1_src_compile was not called"
	local module
	for module in "${!modules_install[@]}"; do
		(insinto "/lib/modules/$KV_FULL/${modules_install[$module]}" && doins "$module")
	done
	if use strip; then
		find "$D/lib/modules" -name '*.ko' -exec strip --strip-debug {} + || die "strip failed"
	fi
	einstalldocs
}

linux-mod-r1_pkg_postinst() {
	! modules_off || return 0
	modules_need_setup
	depmod -b "$ROOT" "$KV_FULL" || die "depmod failed"
}

EXPORT_FUNCTIONS pkg_setup src_compile src_install pkg_postinst
