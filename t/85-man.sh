#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/85-man.sh - fdferry(1) has the options that --help has, no others, and
# its examples print what it says.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
case ${srcdir:-.} in
/*) man=$srcdir/man/fdferry.1 ;;
*) man=$(pwd)/${srcdir:-.}/man/fdferry.1 ;;
esac
make_dir
cd "$dir" || exit 99
plan 12

# Lines of one section of the page.
section() {
	sed -n "/^\\.S[sh] $1\$/,/^\\.S[sh] /p" "$man" | sed '1d;$d'
}
for verb in front worker send recv status ctl dial info selftest; do
	if ! "$fdferry" $verb --help >help 2>/dev/null; then
		skip "$verb is not in this build"
		continue
	fi
	# Options stand in the usage line or begin a line of their own.
	{
		sed -n '/^Usage/p' help | tr -c 'a-z\n-' '\n'
		sed -n 's/^  *\(--.*\)/\1/p' help | sed 's/   .*//' | tr ' ' '\n'
	} | sed -n 's/^--\([a-z-]*\).*/\1/p' | grep -v '^help$' | sort -u >want
	section $verb | sed -n 's/^\.It \(Fl -.*\)/\1/p' | sed 's/Fl -/\
-/g' | sed -n 's/^-\([a-z-]*\).*/\1/p' | sort -u >have
	test -s want && diff want have >difference
	ok $? "$verb: the page and --help have the same options" difference
done

# Every feature's name is one word, so that the page can speak of them.
section 'info' | grep -q 'kernel.name , kernel.release , kernel.version' &&
    "$fdferry" info | sed -n 's/^\(kernel[^:]*\):.*/\1/p' | sort |
    tr '\n' ' ' >have &&
    test "$(cat have)" = 'kernel.machine kernel.name kernel.release kernel.version '
ok $? 'info: what the page lists is there' have

if command -v mandoc >/dev/null 2>&1; then
	mandoc -Tlint -W warning "$man" >lint 2>/dev/null
	ok $? 'mandoc has no warning' lint
else
	skip 'no mandoc'
fi

if "$python" -c 'import socket' 2>/dev/null; then
	# From "example: shutdown" to "end": lines after END are the output.
	sed -n '/^\.\\" example: shutdown$/,/^\.\\" end$/p' "$man" |
	    sed -n '/python3/,/^\.Ed/p' | sed "/^\\.Ed/d; s/\\\\(aq/'/g" >example
	sed -n '2,/^END$/p' example | sed '$d' >program
	sed '1,/^END$/d' example >want
	"$python" program >have 2>err
	test -s want && diff want have >difference
	ok $? 'close() is safe, shutdown() is not: the example' difference err
else
	skip 'no python3'
fi
