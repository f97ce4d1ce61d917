#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/91-headers.sh - the public header needs nothing: C89 to C23, C++98 to
# C++20, pedantic, warnings as errors, before and after other headers; it
# asks for no platform; the map and the export list name every function.
srcdir=${srcdir:-.}
cc=${CC:-cc}
cxx=${CXX_CONSUMER:-none}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
n=0
strict="-Wall -Wextra -Wshadow -Wundef -pedantic -Werror"
cat >"$dir/a.c" <<'END'
#include <fdferry.h>
#include <fdferry.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
int use(struct fdferry_opts *o, const struct timespec *t,
    const struct fdferry_info *info);
int use(struct fdferry_opts *o, const struct timespec *t,
    const struct fdferry_info *info)
{
	o->deadline = t;
	return fdferry_kind_name(FDFERRY_KIND_FILE) == 0
	    || fdferry_kind_name(info->kind) == 0
	    || FDFERRY_KIND_BIT(FDFERRY_KIND_PIDFD) == 0;
}
END
cp "$dir/a.c" "$dir/a.cc"
c="c89 c99 c11 c17 c2x"
cpp="c++98 c++11 c++14 c++17 c++20"
echo 1..14
try() {
	n=$((n + 1))
	name=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$dir/out"
	fi
}
skip() {
	n=$((n + 1))
	echo "ok $n # SKIP $1"
}
# each LANGUAGE FILE COMPILER... - every standard that the compiler knows.
# shellcheck disable=SC2086 # several words on purpose
each() {
	language=$1 file=$2 stds=$3
	shift 3
	for std in $stds; do
		if "$@" -std=$std -c -o "$dir/x.o" -x "$language" /dev/null \
		    >/dev/null 2>&1; then
			try "the header in $std" "$@" -std=$std $strict \
			    -I"$srcdir/lib" -c -o "$dir/a.o" "$file"
		else
			skip "no $std"
		fi
	done
}
# shellcheck disable=SC2086
each c "$dir/a.c" "$c" $cc
if [ "$cxx" != none ]; then
	# shellcheck disable=SC2086
	each c++ "$dir/a.cc" "$cpp" $cxx
else
	for std in $cpp; do skip "no C++ compiler"; done
fi

# Conditions: the guard, the prefix, the visibility macro, C++. Nothing of a platform.
sed -n 's/^#[ 	]*\(if\|ifdef\|ifndef\|elif\)[ 	]*/\1 /p' \
    "$srcdir/lib/fdferry.h" >"$dir/conditions"
cat >"$dir/expected" <<'END'
ifndef FDFERRY_H
ifdef FDFERRY_SYMBOL_PREFIX
if defined _WIN32 || defined __CYGWIN__
if defined FDFERRY_BUILDING && defined DLL_EXPORT && !defined FDFERRY_STATIC
elif defined __GNUC__ && __GNUC__ >= 4 && defined FDFERRY_STATIC
elif defined __GNUC__ && __GNUC__ >= 4
ifdef __cplusplus
ifdef __cplusplus
END
try "no condition but the guard, the prefix, visibility and C++" \
    diff "$dir/expected" "$dir/conditions"
# What is declared, what the list says, what the map says: the same.
sed -n 's/^FDFERRY_API.*[ *]\(fdferry_[a-z_]*\)(.*/\1/p' \
    "$srcdir/lib/fdferry.h" | sort >"$dir/declared"
sed -n 's/^	\(fdferry_[a-z_]*\);$/\1/p' "$srcdir/lib/fdferry.map" |
    sort >"$dir/map"
same() {
	test -s "$dir/declared" && diff "$dir/declared" "$1"
}
try "the list names every function" same "$srcdir/lib/fdferry.sym"
try "the map names every function" same "$dir/map"
# Each answer of detect.h is asked by the code; what is only told is in told.h.
asked() {
	grep -oE 'FDFERRY_HAVE_[A-Z0-9_]+' "$srcdir/lib/detect.h" |
	    grep -v HAVE_CONFIG | sort -u >"$dir/answers"
	test -s "$dir/answers" || return 1
	for file in "$srcdir"/lib/*.c "$srcdir"/lib/backend.h \
	    "$srcdir"/lib/quirks.h "$srcdir"/src/*/*.c; do
		test "${file##*/}" = features.c || cat "$file"
	done | grep -oE 'FDFERRY_HAVE_[A-Z0-9_]+' | sort -u |
	    comm -23 "$dir/answers" - >"$dir/unasked"
	cat "$dir/unasked"
	test ! -s "$dir/unasked"
}
try "the code asks for every answer of detect.h" asked
