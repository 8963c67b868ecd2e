# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Double of Gentoo's systemd.eclass, after its documentation: what our ebuild calls of it.

systemd_dounit() { (insinto /usr/lib/systemd/system && doins "$@"); }
