#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# prefix.sh [--map PREFIX | --list PREFIX] - print fdferry-prefix.h, with which
# -DFDFERRY_SYMBOL_PREFIX=PREFIX gives every function of the library, public and
# private, a name that begins with PREFIX; or the version map or the export
# list for that. It reads the list of symbols and the sources beside it.

lib=$(cd "$(dirname "$0")" && pwd) || exit 1
case $#:${1-} in
0:) ;;
2:--map) exec sed "s/^	fdferry_/	$2fdferry_/" "$lib/fdferry.map" ;;
2:--list) exec sed "s/^fdferry_/$2fdferry_/" "$lib/fdferry.sym" ;;
*) echo 'usage: prefix.sh [--map PREFIX | --list PREFIX]' >&2; exit 2 ;;
esac

cat <<'END'
/* SPDX-License-Identifier: 0BSD */
/* Printed by lib/prefix.sh: the same for every FDFERRY_SYMBOL_PREFIX. */
#ifndef FDFERRY_PREFIX_H
#define FDFERRY_PREFIX_H 1
#define FDFERRY__PASTE(a, b) a##b
#define FDFERRY__NAMED(a, b) FDFERRY__PASTE(a, b)
END
# Whatever begins as a private function does: of a structure it is a name too,
# and the same everywhere.
{
	cat "$lib/fdferry.sym"
	cat "$lib"/*.[ch] | tr -c 'A-Za-z0-9_' '\n' |
	    sed -n 's/^\(fdferry__[a-z0-9_]*\)$/\1/p'
} | LC_ALL=C sort -u |
    sed 's/.*/#define & FDFERRY__NAMED(FDFERRY_SYMBOL_PREFIX, &)/'
echo '#endif /* FDFERRY_PREFIX_H */'
