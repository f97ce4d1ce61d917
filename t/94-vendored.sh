#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What "make check-vendored" stands on, without the programs themselves: theirs
# go out of a file, ours come in, lines are counted right, and the adapters are
# C that wants the public header alone. Run in the build directory.

src=$(cd "${srcdir:-.}" && pwd)
here=$src/t/vendored
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
work=$tmp package=p tree=$tmp/tree
export work package tree
# shellcheck source=t/vendored/kit.sh
. "$here/kit.sh"
echo 1..8
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
is() { # EXPECTED WHAT: standard input is that
	printf '%s\n' "$1" >"$tmp/expected"
	diff "$tmp/expected" - >"$tmp/out" 2>&1
	ok $? "$2"
}

cat >"$tmp/theirs.c" <<'C'
/* theirs */
static int first(int);
static int
first(int a)
{
	return a; /* a comment */
}
#if 1
int second(int a)
{
	if (a) {
		return first(a);
	}
	return 0;
}
#else
int second(int a)
{
	return a;
}
#endif
int third(void)
{
	return second(1);
}
C
cut_out "$tmp/theirs.c" ours.c first second
ok $? 'functions are taken out'
is '/* theirs */
static int first(int);
#include "ours.c"
#if 1
#else
#endif
int third(void)
{
	return second(1);
}' 'all of each, each of a name; ours where the first was, prototypes stay' \
    <"$tmp/theirs.c"
code_lines <"$work/theirs.p" >"$tmp/n"
is 16 'what went is counted' <"$tmp/n"
printf '/* a\n b */ x;\n\n// c\ny; /* d */\nz /* e\n*/\n' | code_lines >"$tmp/n"
is 3 'blank lines and comments are not' <"$tmp/n"
cp "$tmp/theirs.c" "$tmp/same.c"
! cut_out "$tmp/theirs.c" ours.c third nobody 2>"$tmp/out"
ok $? 'a function that is not there is an error'
cmp "$tmp/theirs.c" "$tmp/same.c" >"$tmp/out" 2>&1
ok $? 'and leaves the file'

grep -n 'fdferry__' "$here"/*/*.c >"$tmp/out"
test $? = 1
ok $? 'no adapter uses what is private'

# Those that stand alone, compiled: the others are parts of files of theirs.
cat >"$tmp/part.c" <<C
#include <sys/types.h>
#include "$here/io-fdpass/fdpass.c"
#include "$here/wayland/os.c"
int uses_send(int s, int fd) { return fd_send(s, fd) + fd_recv(s); }
C
${CC:-cc} -I"$src/lib" -o "$tmp/part.o" -c "$tmp/part.c" >"$tmp/out" 2>&1
ok $? 'adapters compile'
