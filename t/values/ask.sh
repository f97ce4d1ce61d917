# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# ask.sh - what numbers does a compiler make of a header? Sourced by record and by
# t/90-values.sh, which set src, and dir, which can be written to.
#
# Nothing is run. The compiler puts the numbers into an object, as letters, and
# there they are read: it may be one for another system, and be asked for each
# data model that it knows.
# shellcheck disable=SC2154,SC2034,SC2016,SC2018 # theirs, for them; awk's $; letters
LC_ALL=C
export LC_ALL
awk="awk"
for try in /usr/xpg4/bin/awk /usr/bin/nawk; do
	test ! -x "$try" || { awk=$try; break; }
done
table=$src/t/values/table

cat >"$dir/begin.c" <<'END'
#include <stddef.h>
#include "fdferry.h"
#define D(x, n) (char)('a' + ((unsigned long)(x) >> n / 2 >> (n - n / 2) & 15)),
#define V(x) '\n', 'v', D(x, 60) D(x, 56) D(x, 52) D(x, 48) D(x, 44) D(x, 40) \
	D(x, 36) D(x, 32) D(x, 28) D(x, 24) D(x, 20) D(x, 16) D(x, 12) D(x, 8) \
	D(x, 4) D(x, 0) '\n',
struct p { char c; void *m; };
struct z { char c; size_t m; };
struct l { char c; long m; };
struct i { char c; int m; };
struct d { char c; double m; };
extern const char fdferry_values[];
const char fdferry_values[] = {
V(sizeof (void *)) V(sizeof (size_t)) V(sizeof (long)) V(sizeof (int))
V(sizeof (double)) V(offsetof (struct p, m)) V(offsetof (struct z, m))
V(offsetof (struct l, m)) V(offsetof (struct i, m)) V(offsetof (struct d, m))
END

# asked DIRECTORY COMPILER... - into $dir/values "NAME VALUE" of each that the
# header there has, OFFSET+SIZE of a member. Sets model, the column of the table
# or 0, and called. 1: there is no object ($dir/err), or it cannot be read.
asked() {
	include=$1
	shift
	$awk -f "$src/t/values/list.awk" "$include/fdferry.h" >"$dir/items"
	{
		cat "$dir/begin.c"
		$awk -F'\t' '{ for (i = 2; i <= NF; i++) print "V(" $i ")" }' "$dir/items"
		echo "'.' };"
	} >"$dir/x.c"
	: >"$dir/values"
	"$@" -I"$include" -c -o "$dir/x.o" "$dir/x.c" >"$dir/err" 2>&1 || return
	# In decimals if it is below 2^31.
	tr -c 'a-z' '\n' <"$dir/x.o" | $awk 'length($0) == 17 && /^v[a-p]*$/ {
		sub(/^va*/, "")
		value = 0
		hex = "0x"
		for (i = 1; i <= length($0); i++) {
			digit = index("abcdefghijklmnop", substr($0, i, 1)) - 1
			value = value * 16 + digit
			hex = hex substr("0123456789abcdef", digit + 1, 1)
		}
		if (value < 2147483648)
			print value
		else
			print hex
	}' >"$dir/numbers"
	called=$(sed 10q "$dir/numbers" | tr '\n' ' ')
	case $called in
	'8 8 8 4 8 8 8 8 4 8 ') model=1 called=LP64 ;;
	'4 4 4 4 8 4 4 4 4 4 ') model=2 called=ILP32 ;;
	'4 4 4 4 8 4 4 4 4 8 ') model=3 called='ILP32, doubles at multiples of 8' ;;
	*) model=0 ;;
	esac
	sed 1,10d "$dir/numbers" | cat - "$dir/items" | $awk -F'\t' '
	NF < 2 { number[n++] = $1; next }
	NF == 2 { print $1, number[i++] }
	NF == 3 { print $1, number[i] "+" number[i + 1]; i += 2 }' >"$dir/values"
	test -s "$dir/numbers"
}
