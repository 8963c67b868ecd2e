#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Asks the kernel tree one question per file of probes/ by compiling it:
#   probe.sh MAKE KDIR PROBES_DIR OUTPUT_HEADER
# A probe that compiles defines the macro of its file name. control_pass must
# compile and control_fail must not, or the answers mean nothing (a broken
# compiler would look like an ancient kernel).
set -eu
make=$1 kdir=$2 probes=$3 out=$4

find "$probes" -name '*.o' -exec rm -f {} +
# Most probes fail on some kernel, so the exit code says nothing; the log is for the controls.
# A warning counts as no, so the caller's W=1 must not decide what a kernel has.
log=$("$make" -k -C "$kdir" M="$probes" W= modules 2>&1) || :

if [ ! -f "$probes/control_pass.o" ]; then
	printf '%s\n' "$log" >&2
	echo "probe: a file that must compile does not; is the compiler of $kdir here?" >&2
	exit 1
fi
if [ -f "$probes/control_fail.o" ]; then
	echo "probe: a file that must not compile does; the answers of $kdir cannot be trusted" >&2
	exit 1
fi

new=$out.$$
{
	echo "/* Made by probe.sh: what this kernel has. */"
	for c in "$probes"/have_*.c; do
		name=$(basename "$c" .c)
		if [ -f "$probes/$name.o" ]; then
			echo "#define $(echo "$name" | tr '[:lower:]' '[:upper:]') 1"
		fi
	done
} > "$new"
if cmp -s "$new" "$out"; then rm "$new"; else mv "$new" "$out"; fi
