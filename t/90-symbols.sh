#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/90-symbols.sh - public names are fdferry_, private ones fdferry__, and
# the shared library exports exactly the list in lib/fdferry.sym.
srcdir=${srcdir:-.}
lib=${FDFERRY_LIBDIR:-.}/.libs
nm=${NM:-nm}
if ! $nm --version >/dev/null 2>&1; then
	echo "1..0 # SKIP no nm"
	exit 0
fi
echo 1..2
n=0
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
if [ -f "$lib/libfdferry.a" ]; then
	bad=$($nm -g "$lib/libfdferry.a" | awk 'NF == 3 && $2 != "U" {print $3}' |
	    sed 's/^_fdferry/fdferry/' | grep -v '^fdferry_' | head -5)
	[ -z "$bad" ]
	result $? "static library: every global name starts with fdferry_ $bad"
else
	n=1
	echo "ok 1 # SKIP no static library"
fi
so=$(ls "$lib"/libfdferry.so 2>/dev/null)
if [ -n "$so" ]; then
	$nm -D --defined-only "$so" | awk '$2 != "A" {print $3}' |
	    sed 's/@.*//' | sort >"${TMPDIR:-/tmp}/fdferry-sym.$$"
	diff "${TMPDIR:-/tmp}/fdferry-sym.$$" "$srcdir/lib/fdferry.sym" >&2
	result $? "shared library exports exactly lib/fdferry.sym"
	rm -f "${TMPDIR:-/tmp}/fdferry-sym.$$"
else
	echo "ok 2 # SKIP no ELF shared library"
fi
