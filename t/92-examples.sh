#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/92-examples.sh - every C program in README.md and in fdferry(3) compiles
# without a warning and runs.
srcdir=${srcdir:-.}
build=${FDFERRY_LIBDIR:-.}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
# A name without a space, for options that are words.
build=$(cd "$build" && pwd) && ln -s "$build" "$dir/build" || exit 99
build=$dir/build

# README: fenced as c. Manual: literal displays with a main(), mdoc undone.
awk '/^```c$/ { on = 1; n++; next } /^```$/ { on = 0 }
    on { print > (dir "/readme" n ".c") }' dir="$dir" "$srcdir/README.md"
awk '/^\.Bd / { on = 1; n++; next } /^\.Ed/ { on = 0 }
    on { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-")
	print > (dir "/manual" n ".c") }' dir="$dir" "$srcdir/man/fdferry.3"
programs=
for file in "$dir"/*.c; do
	if grep -q 'main(' "$file"; then programs="$programs $file"; fi
done
# shellcheck disable=SC2086 # names are words
set -- $programs
if test $# -lt 3; then
	echo "Bail out! $# examples found, 3 or more expected"
	exit 99
fi
echo "1..$(($# * 2 + 1))"

# As the library was built, so that a sanitized library can be linked; but in
# the compiler's own dialect, as a reader would.
value() { sed -n "s/^$1 = //p" "$build/Makefile" | head -n 1; }
flags=$(echo "$(value CPPFLAGS) $(value CFLAGS) $(value LDFLAGS)" |
    sed 's/-std=[^ ]*//g')
prefix=$(value fdferry_prefix)
test -z "$prefix" ||
    flags="$flags -DFDFERRY_SYMBOL_PREFIX=$prefix -I$build/lib"
libs=$(value FDFERRY_LIBS)
if test -f "$build/.libs/libfdferry.a"; then
	library=$build/.libs/libfdferry.a
else
	library="-L$build/.libs -lfdferry"
	LD_LIBRARY_PATH=$build/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
fi

n=0
say() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out"
	fi
}
none=$(grep -c 'FDFERRY_BACKEND_NONE 1' "$build/lib/fdferry-config.h")
# Does the system tell who is at the other end of a pair? Some tell it of those
# who connected only.
cat >"$dir/pair.txt" <<'END'
#include <fdferry.h>
#include <sys/socket.h>
int main(void)
{
	struct fdferry_peercred peer;
	int pair[2];

	peer.size = sizeof peer;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0
	    || fdferry_peer(pair[0], &peer) != 0;
}
END
strangers=0
# shellcheck disable=SC2086 # flags are words
if ${CC:-cc} $flags -I"$srcdir/lib" -o "$dir/pair" -x c "$dir/pair.txt" \
    -x none $library $libs >"$dir/out" 2>&1; then
	"$dir/pair" || strangers=1
fi
for file; do
	name=$(basename "$file" .c)
	# shellcheck disable=SC2086 # flags are words
	${CC:-cc} $flags -Wall -Wextra -Werror -I"$srcdir/lib" \
	    -o "$dir/program" "$file" $library $libs >"$dir/out" 2>&1
	say $? "the example $name compiles"
	if test "$none" != 0; then
		n=$((n + 1))
		echo "ok $n - $name runs # SKIP no backend"
		continue
	fi
	if test "$strangers" != 0 && grep -q uids "$file"; then
		n=$((n + 1))
		echo "ok $n - $name runs # SKIP the system tells no user"
		continue
	fi
	(cd "$dir" && exec ./program) >"$dir/out" 2>&1 </dev/null
	say $? "the example $name runs"
	rm -f "$dir/program"
done
# What the README shows is C++ as well.
cxx=${CXX_CONSUMER:-none}
if test "$cxx" = none ||
    ! echo 'int x;' | $cxx -std=c++98 -fsyntax-only -x c++ - >/dev/null 2>&1; then
	n=$((n + 1))
	echo "ok $n - the program of README.md in C++98 # SKIP no such compiler"
else
	# shellcheck disable=SC2086
	$cxx -std=c++98 -pedantic -Wall -Wextra -Werror -D_GNU_SOURCE ${prefix:+-DFDFERRY_SYMBOL_PREFIX=$prefix} -I"$build/lib" \
	    -I"$srcdir/lib" -fsyntax-only -x c++ "$dir/readme1.c" >"$dir/out" 2>&1
	say $? "the program of README.md in C++98"
fi
