# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Double of Gentoo's git-r3.eclass: no network here, so the checkout is a copy of the given one.
# shellcheck disable=SC2154 # the ebuild's variables

git-r3_src_unpack() {
	[[ ${EGIT_REPO_URI-} ]] || die "EGIT_REPO_URI is not set"
	[[ $CHECKOUT ]] || die "phases was not told a --checkout"
	local into=${EGIT_CHECKOUT_DIR:-$WORKDIR/$P}
	mkdir -p "$into" || die
	git -c safe.directory='*' -C "$CHECKOUT" ls-files -z -co --exclude-standard |
		tar -C "$CHECKOUT" --null -T - --ignore-failed-read -c | tar -C "$into" -x || die "no checkout"
}

EXPORT_FUNCTIONS src_unpack
