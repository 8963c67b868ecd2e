# Copyright 2026 the authors of this implementation
# Distributed under the terms of the GNU General Public License v2

EAPI=8

MODULES_OPTIONAL_IUSE="+modules"
inherit cmake linux-mod-r1 meson systemd

DESCRIPTION="SCSI target with the public interface of SCST: modules, daemon and tools"
HOMEPAGE="https://scst.example/"

# One text for all versions: the file's name decides.
if [[ ${PV} == 9999 ]]; then
	# The project has no public home yet: EGIT_OVERRIDE_REPO_SCST_SCST names your clone.
	inherit git-r3
	EGIT_REPO_URI="https://scst.example/scst.git"
else
	SRC_URI="${P}.tar.xz"
	RESTRICT="fetch"
	KEYWORDS="~amd64"
fi

LICENSE="GPL-2"
SLOT="0"
IUSE="installer +iscsi local passthrough systemd test"
REQUIRED_USE="local? ( modules ) passthrough? ( modules )"
RESTRICT+=" !test? ( test )"

RDEPEND="
	dev-libs/libfmt:=
	installer? (
		app-arch/libarchive:=
		app-crypt/gpgme:=
		dev-cpp/tomlplusplus:=
		dev-libs/openssl:=
		net-libs/libiscsi:=
		net-misc/curl
		sys-apps/kmod:=
		sys-apps/util-linux
	)
	iscsi? (
		dev-libs/openssl:=
		sys-libs/libcap
		sys-libs/libseccomp
		systemd? ( sys-apps/systemd:= )
	)
"
# The programs of src/ are configured together, whichever of them is built.
DEPEND="
	${RDEPEND}
	dev-libs/openssl
	sys-libs/libcap
	sys-libs/libseccomp
	systemd? ( sys-apps/systemd )
	installer? (
		dev-cpp/cli11
		dev-cpp/nlohmann_json
	)
	test? ( dev-cpp/catch )
"
BDEPEND="virtual/pkgconfig"

MODULES_KERNEL_MIN=5.10
MODULES_KERNEL_MAX=7

# The parts of the tree that its two build systems see, and where they build.
CMAKE_USE_DIR="${S}/installer"
EMESON_SOURCE="${S}/src"

in_programs() {
	local BUILD_DIR=${WORKDIR}/programs
	"$@"
}

in_installer() {
	! use installer && return
	local BUILD_DIR=${WORKDIR}/installer
	"$@"
}

pkg_nofetch() {
	einfo "${P} is not published anywhere yet. In a checkout of its tree run"
	einfo "  ci/source overlay DIR"
	einfo "and copy DIR/distfiles/${P}.tar.xz to your DISTDIR; DIR/overlay has the Manifest"
	einfo "that belongs to it."
}

pkg_setup() {
	use modules || return 0

	local CONFIG_CHECK="BLOCK SYSFS"
	local ERROR_BLOCK="CONFIG_BLOCK: the target serves block devices"
	local ERROR_SYSFS="CONFIG_SYSFS: the target is configured below /sys/kernel/scst_tgt"
	if use iscsi; then
		CONFIG_CHECK+=" INET"
		local ERROR_INET="CONFIG_INET: iSCSI needs TCP (USE=iscsi)"
		# crc32c() moved from a module of its own into that of crc32().
		if kernel_is -lt 6 14; then
			CONFIG_CHECK+=" LIBCRC32C"
			local ERROR_LIBCRC32C="CONFIG_LIBCRC32C: iSCSI digests need it (USE=iscsi)"
		else
			CONFIG_CHECK+=" CRC32"
			local ERROR_CRC32="CONFIG_CRC32: iSCSI digests need it (USE=iscsi)"
		fi
	fi
	if use local; then
		CONFIG_CHECK+=" SCSI"
		local ERROR_SCSI="CONFIG_SCSI: scst_local is a SCSI host adapter (USE=local)"
	fi
	if use passthrough; then
		CONFIG_CHECK+=" BLK_DEV_SD"
		local ERROR_BLK_DEV_SD="CONFIG_BLK_DEV_SD: scst_disk passes commands to SCSI disks (USE=passthrough)"
	fi
	# Only one target can have port 3260.
	CONFIG_CHECK+=" ~!ISCSI_TARGET"
	local WARNING_ISCSI_TARGET="CONFIG_ISCSI_TARGET: do not start the kernel's own iSCSI target as well"

	linux-mod-r1_pkg_setup
}

src_configure() {
	local emesonargs=( $(meson_feature test tests) $(meson_feature systemd) )
	in_programs meson_src_configure

	local mycmakeargs=( -DBUILD_TESTING=$(usex test) )
	in_installer cmake_src_configure
}

src_compile() {
	# One run of make builds them all; the list says which of them are installed.
	local modlist=( {scst,scst_user,scst_vdisk}=extra:src::modules )
	use iscsi && modlist+=( iscsi_scst=extra:src::modules )
	use local && modlist+=( scst_local=extra:src::modules )
	use passthrough && modlist+=( scst_disk=extra:src::modules )
	local modargs=( KDIR="${KV_OUT_DIR}" )
	linux-mod-r1_src_compile

	local targets=( scstadmin scst-user-disk $(usev iscsi iscsi-scstd) $(usev test unit) )
	in_programs meson_src_compile "${targets[@]}"
	in_installer cmake_src_compile
}

src_test() {
	in_programs meson_src_test
	in_installer cmake_src_test
}

src_install() {
	linux-mod-r1_src_install
	in_programs meson_src_install --tags "scstadmin$(usev iscsi ,iscsi-scst)"
	in_installer cmake_src_install

	exeinto /usr/lib/scst
	doexe initscripts/common/scst-rc
	newconfd initscripts/default/scst scst
	doinitd initscripts/openrc/scst
	systemd_dounit initscripts/systemd/scst.service
	if use iscsi; then
		doinitd initscripts/openrc/iscsi-scstd
		systemd_dounit initscripts/systemd/iscsi-scstd.service
	fi
}

pkg_postinst() {
	linux-mod-r1_pkg_postinst

	if [[ ${REPLACING_VERSIONS} ]]; then
		elog "A running target keeps the modules it was started with. To use the new ones, at a"
		elog "time when initiators can do without their disks:"
		elog "  rc-service scst restart       (OpenRC)"
		elog "  systemctl restart scst        (systemd)"
	else
		elog "What is served stands in /etc/scst.conf; scst.conf(5) has an example. Then"
		elog "  rc-update add scst default$(usev iscsi '; rc-update add iscsi-scstd default')"
		elog "or, with systemd,"
		elog "  systemctl enable --now scst$(usev iscsi ' iscsi-scstd')"
		elog "Settings of the services: /etc/conf.d/scst"
	fi
	if use modules && ! use dist-kernel; then
		elog "After each kernel update: emerge @module-rebuild"
	fi
}
