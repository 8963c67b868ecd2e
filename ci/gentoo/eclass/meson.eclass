# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Double of Gentoo's meson.eclass, after its documentation: what our ebuild calls of it.
# shellcheck disable=SC2154 # the ebuild's variables

meson_feature() { usex "$1" "-D${2-$1}=enabled" "-D${2-$1}=disabled"; }

meson_src_configure() {
	BUILD_DIR=${BUILD_DIR:-$WORKDIR/$P-build}
	meson setup --buildtype plain --libdir lib --localstatedir /var/lib --prefix /usr \
		--sysconfdir /etc --wrap-mode nodownload -Db_pch=false -Dwerror=false \
		"${emesonargs[@]}" "$@" "${EMESON_SOURCE:-$S}" "$BUILD_DIR" || die "configure failed"
}
meson_src_compile() { eninja -C "$BUILD_DIR" "$@"; }
meson_src_test() { meson test --print-errorlogs -C "$BUILD_DIR" "$@" || die "tests failed"; }
meson_src_install() {
	meson install -C "$BUILD_DIR" --destdir "$D" --no-rebuild "$@" || die "install failed"
	einstalldocs
}

EXPORT_FUNCTIONS src_configure src_compile src_test src_install
