#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# size.sh [--record] - the text of the library by layer: machine code and
# constants of each file of lib/, compiled by itself with -Os and without
# configure, as a project does that carries a copy. Fails if a layer has grown
# by more than ROOM percent over what bench/size.txt says of this compiler, and
# if the message layer is above its limit (GCC on x86_64; Clang's -Os is its
# -O2, nearly). Another compiler's figures are told beside the nearest recorded
# ones, and judge nothing.
#
#   --record  write this compiler's line to bench/size.txt
#
# CC is the compiler (cc). Needs size(1) of GNU binutils or LLVM.

here=$(cd "$(dirname "$0")" && pwd) || exit 1
src=$(cd "$here/.." && pwd)
record=$here/size.txt
room=2		# percent
limit=7168	# bytes, of the message layer, by GCC on x86_64
CC=${CC:-cc}

case ${1-} in
'' | --record) ;;
*) sed -n '4,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

# A file belongs to the first layer that names it. What no layer names is an
# error: a new file has to be thought of.
layer() {
	case $1 in
	backend-* | message* | inbox.c | structures.c | errno.c | close.c | wait.c)
		echo message ;;
	describe.c | peer.c | address.c) echo describe ;;
	channel*.c | names.c | metadata.c) echo channel ;;
	features.c) echo told ;;
	*) echo "size.sh: lib/$1 is of no layer" >&2; return 1 ;;
	esac
}

# Without configure and its flags: the same on every machine.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15
for file in "$src"/lib/*.c; do
	name=${file##*/}
	into=$(layer "$name") || exit 1
	# CC may be several words.
	# shellcheck disable=SC2086
	$CC -Os -fvisibility=hidden -I"$src/lib" -c -o "$work/one.o" "$file" || {
		echo "size.sh: $CC cannot compile lib/$name" >&2
		exit 1
	}
	size -A "$work/one.o" 2>/dev/null | awk -v layer="$into" '
	    $1 ~ /^\.(text|rodata)/ { bytes += $2; seen = 1 }
	    $1 ~ /^\.text/ { code = 1 }
	    END { if (!code) exit 1; print layer, bytes + 0 }' >>"$work/all" || {
		echo "size: skipped, size -A of this machine says nothing of $name"
		exit 0
	}
done

compiler=$($CC --version 2>/dev/null | awk '
    NR == 1 { for (i = NF; i > 0; i--) if ($i ~ /^[0-9]+\.[0-9]/) break
	name = /clang/ ? "clang" : "gcc"
	print name "-" (i > 0 ? $i : "unknown") }')
machine=$($CC -dumpmachine 2>/dev/null | sed 's/-.*//')
# With -m32 it is another machine.
pointer=$(echo __SIZEOF_POINTER__ | $CC -E -P - 2>/dev/null | tr -d '[:space:]')
mine="$compiler $machine/$pointer"
# "message 1 describe 2 channel 3 told 4 all 10", in this order.
now=$(awk '{ of[$1] += $2; all += $2 }
    END { printf "message %d describe %d channel %d told %d all %d\n",
	of["message"], of["describe"], of["channel"], of["told"], all }' \
    "$work/all")

if test "${1-}" = --record; then
	{
		sed -n '/^#/p' "$record" 2>/dev/null
		{
			sed '/^#/d' "$record" 2>/dev/null |
			    awk -v mine="$mine" '$1 " " $2 != mine'
			echo "$mine $now"
		} | LC_ALL=C sort
	} >"$work/new" && cat "$work/new" >"$record" || exit 1
	echo "size: recorded $mine: $now"
	exit 0
fi

known=$(awk -v mine="$mine" '$1 " " $2 == mine' "$record")
judged=yes
if test -z "$known"; then
	judged=no
	known=$(awk -v name="${compiler%%-*}" -v machine="$machine/$pointer" '
	    /^#/ { next }
	    { fits = 2 * ($2 == machine) + (index($1, name "-") == 1)
	      if (best == "" || fits > most) { best = $0; most = fits } }
	    END { print best }' "$record")
fi
echo "$now" | awk -v mine="$mine" -v known="$known" -v judged="$judged" \
    -v room="$room" -v limit="$limit" '
    {
	n = split(known, was, " ")
	printf "bytes of text, -Os: %s", mine
	if (judged == "no" && n > 0)
		printf "; not recorded, beside it %s %s", was[1], was[2]
	print ""
	for (i = 1; i < NF; i += 2) {
		old = n > 0 ? was[i + 3] : 0
		verdict = ""
		if (judged == "yes" && $(i + 1) > old * (1 + room / 100)) {
			verdict = "  FAILED: has grown"
			bad = 1
		}
		if ($i == "message" && mine ~ /^gcc-.* x86_64\/8$/ &&
		    judged == "yes" && $(i + 1) > limit) {
			verdict = verdict "  FAILED: above " limit
			bad = 1
		}
		printf "%-9s %6d  recorded %6d%s\n", $i, $(i + 1), old, verdict
	}
	if (judged == "yes" && !bad)
		print "size: no larger than recorded, to within " room " %"
	else if (judged == "no")
		print "size: nothing is judged; size.sh --record for this one"
	exit bad
    }'
