# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Double of Gentoo's cmake.eclass, after its documentation: what our ebuild calls of it.
# shellcheck disable=SC2154 # the ebuild's variables

cmake_src_prepare() {
	[[ -e ${CMAKE_USE_DIR:-$S}/CMakeLists.txt ]] || die "no CMakeLists.txt in ${CMAKE_USE_DIR:-$S}"
	default_src_prepare
	cmake_prepared=1
}
cmake_src_configure() {
	[[ ${cmake_prepared-} ]] || die "cmake_src_prepare was not called"
	cmake -S "${CMAKE_USE_DIR:-$S}" -B "${BUILD_DIR:=${S}_build}" -G Ninja \
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO= \
		-DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_DOCDIR="/usr/share/doc/$PF" \
		"${mycmakeargs[@]}" || die "configure failed"
}
cmake_src_compile() { eninja -C "$BUILD_DIR" "$@"; }
cmake_src_test() { ctest --test-dir "$BUILD_DIR" --output-on-failure "$@" || die "tests failed"; }
cmake_src_install() {
	DESTDIR=$D ninja -C "$BUILD_DIR" install "$@" || die "install failed"
	(cd "$S" && einstalldocs)
}

EXPORT_FUNCTIONS src_prepare src_configure src_compile src_test src_install
