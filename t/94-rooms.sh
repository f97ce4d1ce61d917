#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# Rooms of src/ use each other in one direction only, as the table in
# src/README.md says, and no files of lib/ or src/ need each other in a circle.
src=${srcdir-.}
test -f "$src/src/README.md" || { echo '1..0 # SKIP no source tree'; exit 0; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
trap 'exit 1' 1 2 15

echo 1..8
n=0 bad=0
ok() {	# STATUS NAME FILE: what is wrong is in FILE
	n=$((n + 1))
	test "$1" = 0 && test ! -s "$3" && { echo "ok $n - $2"; return; }
	echo "not ok $n - $2"
	sed 's/^/# /' "$3"
	bad=1
}

# ROOM USED, one pair a line: the table, and each room may use itself.
awk -F'|' '/^\| [a-z]+ \|/ && $2 !~ /room/ {
	room = $2; gsub(/ /, "", room)
	print room, room
	n = split($3, used, " ")
	for (i = 1; i <= n; i++) print room, used[i]
}' "$src/src/README.md" >"$tmp/may"
test "$(grep -c . "$tmp/may")" -ge 20
: >"$tmp/none"
ok $? 'the table of rooms can be read' "$tmp/none"

# ROOM USED FILE of each header that is included. Files at the top of src/ are
# the room cli, or main.
(cd "$src/src" && find . -name '*.[ch]' | sed 's,^\./,,' | sort) >"$tmp/files"
: >"$tmp/lost"
# shellcheck disable=SC2046 # names are words
(cd "$src/src" && awk -v lost="$tmp/lost" '
function room(file) {
	return file == "main.c" ? "main" \
	    : file ~ /\// ? substr(file, 1, index(file, "/") - 1) : "cli"
}
NR == FNR { there[$0]; next }
/^#[ \t]*include "/ {
	split($0, part, "\"")
	name = part[2]
	if (name ~ /^(\.\.\/)+(lib|facts)\// || name == "fdferry.h")
		next
	beside = FILENAME
	sub(/[^\/]*$/, name, beside)
	if (beside in there)
		name = beside
	else if (!(name in there)) {
		print FILENAME ": " name ": no such header in src/" >lost
		next
	}
	print room(FILENAME), room(name), FILENAME
}' "$tmp/files" $(cat "$tmp/files")) >"$tmp/used"
ok 0 'each header that is included is there' "$tmp/lost"
awk 'NR == FNR { may[$1 " " $2] = 1; next }
	!(($1 " " $2) in may) { print $3 ": " $1 " may not use " $2 }' \
    "$tmp/may" "$tmp/used" >"$tmp/wrong"
test -s "$tmp/used"
ok $? 'rooms use only what the table lets them use' "$tmp/wrong"
awk '$1 != $2' "$tmp/may" | tsort >"$tmp/order" 2>"$tmp/circle"
ok 0 'there is no circle in the table' "$tmp/circle"

# What one does not use need not be allowed: the table is not wishful.
awk 'NR == FNR { used[$1 " " $2] = 1; next }
	$1 != $2 && !(($1 " " $2) in used) && !($1 == "main" || $2 == "cli" \
	    || $2 == "net") { print $1 " does not use " $2 }' \
    "$tmp/used" "$tmp/may" >"$tmp/idle"
ok 0 'and the table allows no more than is used' "$tmp/idle"

# Every file is in the list, and the list has no other.
sed -n 's|^[ \t]*\(%D%/\)*\(src/[a-z0-9/-]*\.[ch]\).*|\2|p' "$src/src/command.am" \
    "$src/sources.am" | sort -u >"$tmp/listed"
{ sed 's,^,src/,' "$tmp/files"; } | grep -v '^src/main\.c$' | sort >"$tmp/there"
diff "$tmp/there" "$tmp/listed" >"$tmp/diff"
ok 0 'command.am and sources.am list each file of src/' "$tmp/diff"

# circle NAME FILE...: who needs whose symbols; tsort names the files of a
# circle.
circle() {
	what=$1
	shift
	${NM-nm} -A -P "$@" 2>/dev/null | sed 's/: */ /' | awk '$3 ~ /^[TDBRC]$/ { home[$2] = $1 }
		$3 == "U" { user[++n] = $1; used[n] = $2 }
		END { for (i = 1; i <= n; i++)
			if (used[i] in home && home[used[i]] != user[i])
				print user[i], home[used[i]] }' |
	    sort -u >"$tmp/needs"
	if test -s "$tmp/needs"; then
		tsort "$tmp/needs" >"$tmp/order" 2>"$tmp/circle"
		ok 0 "no circle in $what" "$tmp/circle"
	else
		n=$((n + 1))
		echo "ok $n - no circle in $what # SKIP no objects with symbols here"
	fi
}
set -- lib/libfdferry_la-*.o
test -f "$1" || set -- lib/.libs/libfdferry_la-*.o
circle lib/ "$@"
circle src/ src/fdferry-*.o src/*/fdferry-*.o
exit $bad
