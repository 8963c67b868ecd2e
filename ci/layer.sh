# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the layers of ci/check share. A layer is a program that prints one line `ok WHAT` or
# `not ok WHAT` for each thing it looked at, and whatever explains a failure before that line.
# shellcheck disable=SC2034 # used by those who source this

top=$(readlink -f "$(dirname "$0")")
top=${top%/ci*}
# One folder for each checkout, locked for as long as this layer and what it starts run.
cache=$("$top/ci/cache" tree check)
exec 6<"$cache.lock"
flock -s 6
jobs=$(nproc)
cd "$top" || exit

ok() { printf 'ok %s\n' "$*"; }
not_ok() { printf 'not ok %s\n' "$*"; }

# verdict CODE WHAT...
verdict() {
	code=$1
	shift
	if [ "$code" = 0 ]; then ok "$@"; else not_ok "$@"; fi
}

# The tree's own files that match the given pathspecs, committed or not, one a line.
files() {
	git -c safe.directory='*' ls-files -co --exclude-standard -- "$@" | while read -r file; do
		[ ! -e "$file" ] || printf '%s\n' "$file"
	done
}

# meson_tree TREE OPTION...: configures src/ there, and again when what that depends on has changed.
# Meson does not see that a file has come into lib/, and only a build would see a new meson.build.
meson_tree() {
	tree_of=$1
	shift
	state=$({
		printf '%s\n' "$@" src/lib/*.c
		cat src/meson.build src/meson_options.txt src/build-dev.ini
	} | sha256sum)
	if [ -e "$tree_of/build.ninja" ]; then
		[ "$state" != "$(cat "$tree_of.state" 2>/dev/null)" ] || return 0
		set -- --reconfigure "$@"
	fi
	meson setup "$@" "$tree_of" src && printf '%s\n' "$state" >"$tree_of.state"
}

# each COMMAND...: runs it with one file of standard input at a time, as many at once as there are
# CPUs; the command prints its verdict itself.
each() { tr '\n' '\0' | xargs -0 -r -n 1 -P "$jobs" "$@"; }

# remember NAME KEY COMMAND...: the verdicts of COMMAND; when all were good under this KEY before,
# those of then, with the time.
remember() {
	seen=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/scst/recipes/$1-$2
	said=$cache/$1.log
	name=$1
	shift 2
	if [ -e "$seen" ]; then
		touch -a "$seen"
		sed "/(unchanged since/!s/$/ (unchanged since $(date -ur "$seen" '+%Y-%m-%d %H:%M') UTC)/" "$seen"
		return
	fi
	code=0
	"$@" >"$said" 2>&1 || code=$?
	cat "$said"
	if ! grep -q '^not ok ' "$said"; then
		[ $code = 0 ] || {
			not_ok "$name: ended with $code before its end"
			return
		}
		mkdir -p "${seen%/*}"
		find "${seen%/*}" -mtime +30 -delete
		grep '^ok ' "$said" >"$seen.new" && mv "$seen.new" "$seen"
	fi
}

# reach_mirrors ROOT: apt in there reaches its mirrors as apt here does.
reach_mirrors() {
	[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$1/etc/"
	apt-config dump | grep -E '^Acquire::(https?::.*|Check-(Date|Valid-Until)) ' \
		>"$1/etc/apt/apt.conf.d/99host" || true
}

kernel_files() {
	files 'src/core/*.[ch]' 'src/handlers/*.[ch]' 'src/targets/*.[ch]' 'src/include/*.h' \
		'src/lib/*.[ch]' 'src/compat/*.[ch]'
}

# Headers of Debian 12's kernel, which the lint and build layers use.
kernel_tree() {
	tree=$(find /lib/modules -maxdepth 2 -path '*/6.1.*-amd64/build' | sort -V | tail -n 1)
	[ -n "$tree" ] || {
		not_ok "no headers of a 6.1 kernel; install linux-headers-amd64"
		exit 1
	}
	printf '%s\n' "$tree"
}

# A copy of the kernel sources to build in: kbuild leaves its objects beside the sources.
module_copy() {
	rm -rf "$1"
	mkdir -p "$1"
	(cd src && cp -r Kbuild Makefile include lib compat core handlers targets ../VERSION "$1")
}
