#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/91-headers.sh - the public header needs nothing: C89 to C2x, C++98 on,
# pedantic, warnings as errors; the map and the export list name every
# public function.
srcdir=${srcdir:-.}
cc=${CC:-cc}
cxx=${CXX_CONSUMER:-none}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
n=0
strict="-Wall -Wextra -Wshadow -Wundef -pedantic -Werror"
printf '#include <fdferry.h>\nint main(void) { return fdferry_version() == 0; }\n' >"$dir/a.c"
cp "$dir/a.c" "$dir/a.cc"
echo 1..5
try() {
	n=$((n + 1))
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $n - $*"
	else
		echo "not ok $n - $*"
		sed 's/^/# /' "$dir/out"
	fi
}
skip() {
	n=$((n + 1))
	echo "ok $n # SKIP $1"
}
# shellcheck disable=SC2086 # several words on purpose
for std in c89 c99; do
	if $cc -std=$std -c -o "$dir/x.o" -x c /dev/null >/dev/null 2>&1; then
		try $cc -std=$std $strict -I"$srcdir/lib" -c -o "$dir/a.o" "$dir/a.c"
	else
		skip "$cc has no -std=$std"
	fi
done
# shellcheck disable=SC2086
for std in c++98 c++17; do
	if [ "$cxx" != none ]; then
		try $cxx -std=$std $strict -I"$srcdir/lib" -c -o "$dir/a.o" "$dir/a.cc"
	else
		skip "no C++ compiler"
	fi
done
missing=
for f in $(grep -oE 'fdferry_[a-z_]+\(' "$srcdir/lib/fdferry.h" | tr -d '(' | sort -u); do
	grep -q "^$f\$" "$srcdir/lib/fdferry.sym" || missing="$missing $f"
	grep -q "	$f;" "$srcdir/lib/fdferry.map" || missing="$missing $f"
done
try test -z "$missing"
