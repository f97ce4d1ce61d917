#!/bin/sh
# SPDX-License-Identifier: 0BSD
# One truth of each kernel: the rows of facts/ are what the self-test knows,
# what the logs say, what personas play, and what lib/quirks.h is built on.
# Run in the build directory.
# shellcheck disable=SC2016 # it is awk's $

src=${srcdir:-.}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
awk="awk"
for try in /usr/xpg4/bin/awk /usr/bin/nawk; do
	test ! -x "$try" || { awk=$try; break; }
done
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
echo 1..22

rows() { $awk -f "$src/matrix/rows.awk" "$1"/*.h; }
rows "$src/facts" >"$tmp/rows" 2>"$tmp/out"
test $? = 0 && test "$(wc -l <"$tmp/rows")" -eq \
    "$(cat "$src"/facts/*.h | grep -c '^FACT(')"
ok $? 'every row can be read as text'

# wrong ROWS: what no row may be.
wrong() {
	$awk -F'\t' '
	NF != 8 || $3 == "" || $7 == "" ||
	    $4 !~ /^([0-9.]+-?[0-9.]*|-[0-9.]+)?$/ || $5 !~ /^(0|32|64)$/ ||
	    $6 !~ /^(ran|ran in part|suite|seen once|read|standard)$/
	seen[$1, $2, $3, $4, $5]++
	' "$1"
}
wrong "$tmp/rows" >"$tmp/out"
test ! -s "$tmp/out"
ok $? 'each has a value, a range, a word size, a source, and no twin'

# ---- the self-test ----
self=./selftest
test -x $self || self=./selftest.exe
cut -f1 "$tmp/rows" | sort -u | while read -r system; do
	$self --expected "$system" | sed "s/^/$system /"
done >"$tmp/knows"
$awk -F'\t' '{
	printf "%s read.%s: %s (%s: %s%s%s%s)\n", $1, $2, $3, $6, $7, \
	    ($4 != "" ? "; versions " $4 : ""), \
	    ($5 != 0 ? "; " $5 " bits" : ""), ($8 != "" ? "; " $8 : "")
}' "$tmp/rows" >"$tmp/says"
sort "$tmp/knows" >"$tmp/knows.sorted"
sort "$tmp/says" | diff "$tmp/knows.sorted" - >"$tmp/out"
ok $? 'the self-test knows them, letter by letter'

sed -n 's/^	{ "\([a-z.-]*\)", st_ask_.*/\1/p' \
    "$src/src/selftest/selftest-facts.c" | sort >"$tmp/asked"
{ echo layout; grep -v '^#' "$src/matrix/questions" | cut -f1; } | sort |
    diff "$tmp/asked" - >"$tmp/out" && test -s "$tmp/asked"
ok $? 'every question of the self-test is there in words'

# Questions, or promises that a layer breaks.
cut -f2 "$tmp/rows" | sort -u | grep -v ' ' | comm -23 - "$tmp/asked" >"$tmp/out"
grep -v '^#' "$src/facts/renamed" | while IFS='	' read -r old new why; do
	grep -qx -e "$new" "$tmp/asked" || echo "renamed: no fact $new"
	! grep -qx -e "$old" "$tmp/asked" || echo "renamed: $old is asked"
	test -n "$why" || echo "renamed: no reason for $old"
done >>"$tmp/out"
test ! -s "$tmp/out"
ok $? 'no row without a question, no old name for a new one'

# What matrix/defects says is shown by a fact is the value of a row.
defects() {
	grep -v '^#' "$src/matrix/defects" | $awk -F'|' '
	FILENAME == ARGV[1] { fact[++n] = $0; next }
	FILENAME == ARGV[2] { split($0, p, "\t"); new[p[1]] = p[2]; next }
	$5 != "-" {
		at = index($5, "=")
		name = substr($5, 1, at - 1)
		if (name in new)
			name = new[name]
		found = 0
		for (i = 1; i <= n; i++) {
			split(fact[i], p, "\t")
			if (p[2] == name && index(p[3], substr($5, at + 1)))
				found = 1
		}
		if (!found)
			print $5
	}' "$1" "$src/facts/renamed" -
}
defects "$tmp/rows" >"$tmp/out"
test ! -s "$tmp/out"
ok $? 'every value in matrix/defects is that of a row'

# ---- the logs ----
# held ROWS LOG...: what a log says and no row does, and rows without a log.
held() {
	held_rows=$1
	shift
	$awk -f "$src/matrix/ranges.awk" -f "$src/t/logs.awk" -v renamed="$src/facts/renamed" "$held_rows" "$@"
}
if test -d "$src/matrix/evidence"; then
	held "$tmp/rows" "$src"/matrix/evidence/*.txt >"$tmp/out"
	rc=$?
	sed -n 's/^\([0-9]* answers\)/# \1/p' "$tmp/out"
	ok $rc 'every answer in a log is a row, every row that names a log is in it'
else
	skip 'every answer in a log is a row' 'no evidence'
fi

# ---- personas ----
cp "$tmp/rows" "$tmp/rows.all"
# personas ROWS
personas() {
	for facts in "$src"/t/personas/*/facts; do
		grep -q '^# row: ' "$facts" || continue
		$awk -f "$src/matrix/ranges.awk" -f "$src/t/personas/rows.awk" "$1" "$facts" ||
		    echo "$facts"
	done
}
personas "$tmp/rows" >"$tmp/out"
! grep -v 'lines compared$' "$tmp/out" >/dev/null &&
    test "$(grep -c compared "$tmp/out")" -ge 10
ok $? 'each persona says what the rows say, or why not'

# What the self-test is told under each is what the log of its kernel says, or
# rows do, or its line says why not. answers ROWS LOGS PERSONA...: LOGS and
# PERSONA are directories.
answers() {
	answers_rows=$1 logs=$2
	shift 2
	for persona; do
		log=$(sed -n 's/^# log: \([^ ]*\).*/\1/p' "$persona/facts")
		log=${log:+$logs/$log.txt}
		test -f "$log" || log=/dev/null
		$awk -f "$src/matrix/ranges.awk" -f "$src/t/personas/answers.awk" \
		    -v renamed="$src/facts/renamed" "$answers_rows" "$log" \
		    "$persona/facts" "$persona/answers"
	done
}
all_answers() {
	for file in "$src"/t/personas/*/answers; do
		answers "$tmp/rows" "$src/matrix/evidence" "${file%/answers}"
	done
}
all_answers >"$tmp/out"
! grep -v 'with rows$' "$tmp/out" >/dev/null &&
    test "$(grep -c 'with rows$' "$tmp/out")" -ge 14
ok $? 'what the self-test is told under each is its log, a row, or explained'
if test -d "$src/matrix/evidence"; then
	: >"$tmp/out"
	for log in "$src"/matrix/evidence/*.txt; do
		grep -qx 'level: ran in part' "$log" || continue
		log=${log##*/}
		grep -l "^# log: ${log%.txt} " "$src"/t/personas/*/facts >/dev/null ||
		    echo "no persona plays ${log%.txt}" >>"$tmp/out"
	done
	test ! -s "$tmp/out"
	ok $? 'each log of another kernel has a persona'
else
	skip 'each log has a persona' 'no evidence'
fi

# ---- quirks.h ----
cc=${CC:-cc}
case $cc in
*personas/*) cc=${PERSONA_CC:-cc} ;;	# one that is no system itself
esac
# The host's own is not that system's.
mkdir -p "$tmp/include/sys" && : >"$tmp/include/sys/param.h"
# quirk NAME FLAG...: its value for such a system.
quirk() {
	name=$1
	shift
	printf '#include "quirks.h"\n= FDFERRY_QUIRK_%s\n' "$name" >"$tmp/q.c"
	# shellcheck disable=SC2086 # several words
	$cc -E -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -I"$src/lib" \
	    -I"$tmp/include" -DFDFERRY_BACKEND_CMSG=1 -DFDFERRY_HAVE_MSG_DONTWAIT=1 "$@" \
	    "$tmp/q.c" 2>"$tmp/cpp.err" | sed -n 's/^= *//p' | tr -d '()'
}
# What quirks.h must say if the rows of SYSTEM, VERSION are right.
must() {
	$awk -f "$src/matrix/ranges.awk" -f "$src/t/quirks.awk" -v kernel="$1" -v version="$2" "$tmp/rows"
}
# quirks SYSTEM VERSION FLAG...: names the quirks that say something else.
quirks() {
	system=$1 version=$2
	shift 2
	must "$system" "$version" | while read -r name relation value; do
		has=$(quirk "$name" "$@")
		case $has in
		'' | *[!0-9]*) echo "$system $version: $name is \"$has\"" ;;
		*)	test "$has" "$relation" "$value" ||
			    echo "$system $version: $name is $has, not $relation $value" ;;
		esac
	done
}
all_quirks() {
	quirks linux 6.1 -D__linux__=1 -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks freebsd 12.1 -D__FreeBSD__=12 -D__FreeBSD_version=1201000 \
	    -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks freebsd 14.0 -D__FreeBSD__=14 -D__FreeBSD_version=1400097 \
	    -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks netbsd 5.99.15 -D__NetBSD__=1 -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=0
	quirks netbsd 7.99.34 -D__NetBSD__=1 -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks openbsd 2.8 -D__OpenBSD__=1 -DOpenBSD=200012 \
	    -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=0
	quirks openbsd 8.0 -D__OpenBSD__=1 -DOpenBSD=202610 \
	    -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks dragonfly 6.4 -D__DragonFly__=1 \
	    -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=1
	quirks darwin 24.0 -D__APPLE__=1 -DFDFERRY_HAVE_MSG_CMSG_CLOEXEC=0
}
if test "$(quirk SCM_PIDFD -D__linux__=1)" = 4; then
	all_quirks >"$tmp/out"
	test ! -s "$tmp/out"
	ok $? 'quirks.h says what the rows say, for nine systems and ages'
	count=$(must netbsd 7.99.34 | wc -l)
	must netbsd 7.99.34 >"$tmp/out"
	test "$count" -ge 9
	ok $? 'nine quirks of NetBSD and more are held against rows'
else
	for what in 'says what the rows say' 'is held against rows'; do
		skip "quirks.h $what" "$cc does not say what it preprocesses"
	done
fi

# ---- it would be noticed ----
# changed FROM TO [FILE]: the rows with something else in one place.
changed() {
	sed "s/$1/$2/" "$tmp/rows.all" >"$tmp/rows"
	! cmp -s "$tmp/rows" "$tmp/rows.all"
}
if test -d "$src/matrix/evidence"; then
	changed 'kind.events	EBADF' 'kind.events	EINVAL' &&
	    ! held "$tmp/rows" "$src"/matrix/evidence/*.txt >"$tmp/out" &&
	    grep -q 'netbsd-7.99-amd64.*kind.events' "$tmp/out"
	ok $? 'another value is noticed by its log'
	changed 'room.len	none, MSG_CTRUNC, no leak	5.99-	64' \
	    'room.len	none, MSG_CTRUNC, no leak	5.99-	32' &&
	    ! held "$tmp/rows" "$src"/matrix/evidence/*.txt >"$tmp/out" &&
	    grep -q 'netbsd-7.99-amd64.*room.len' "$tmp/out"
	ok $? 'another word size too'
	changed 'room.padding	no padding	' 'room.padding	little	' &&
	    ! held "$tmp/rows" "$src"/matrix/evidence/*.txt >"$tmp/out" &&
	    grep -q 'host-m32.*room.padding' "$tmp/out"
	ok $? 'on Linux as well'
else
	for i in value size Linux; do skip "another $i" 'no evidence'; done
fi
# One fact of a persona, one of its log, and the word size that it names.
if test -d "$src/matrix/evidence"; then
	theirs=netbsd-5.99-i386
	cp "$tmp/rows.all" "$tmp/rows"
	mkdir "$tmp/logs" "$tmp/netbsd-5"
	cp "$src/matrix/evidence/$theirs.txt" "$tmp/logs/"
	cp "$src"/t/personas/netbsd-5/answers "$src"/t/personas/netbsd-5/facts "$tmp/netbsd-5/"
	sed 's/^stream.glue: .*/stream.glue: AABB+1 CCDD+1/' \
	    "$src/t/personas/netbsd-5/answers" >"$tmp/netbsd-5/answers"
	! answers "$tmp/rows" "$tmp/logs" "$tmp/netbsd-5" >"$tmp/out" &&
	    grep -q '^netbsd-5: stream.glue: .*AABB+1 CCDD+1; netbsd-5.99-i386 says AA BBCC' "$tmp/out"
	ok $? 'a persona that answers something else is noticed, by the name of the fact'
	cp "$src/t/personas/netbsd-5/answers" "$tmp/netbsd-5/answers"
	sed 's/^fact.send.two: .*/fact.send.two: EINVAL/' \
	    "$src/matrix/evidence/$theirs.txt" >"$tmp/logs/$theirs.txt"
	! answers "$tmp/rows" "$tmp/logs" "$tmp/netbsd-5" >"$tmp/out" &&
	    grep -q '^netbsd-5: send.two: .*says EINVAL' "$tmp/out"
	ok $? 'a log that says something else too'
	cp "$src/matrix/evidence/$theirs.txt" "$tmp/logs/"
	sed 's/^# log: .*/# log: netbsd-5.99-i386 64/' \
	    "$src/t/personas/netbsd-5/facts" >"$tmp/netbsd-5/facts"
	! answers "$tmp/rows" "$tmp/logs" "$tmp/netbsd-5" >"$tmp/out" &&
	    grep -q 'log netbsd-5.99-i386 is not of 64 bits' "$tmp/out"
	ok $? 'and another word size'
else
	for i in persona log size; do skip "another $i" 'no evidence'; done
fi
changed 'cloexec.flag	ignored	11-13.0' 'cloexec.flag	set	11-13.0' &&
    personas "$tmp/rows" >"$tmp/out" &&
    grep -q 'freebsd-12.*MSG_CMSG_CLOEXEC' "$tmp/out"
ok $? 'another value is noticed by its persona'
changed '127, then E2BIG' '120, then E2BIG' && all_quirks >"$tmp/out" &&
    grep -q 'openbsd 8.0: MAX_FDS is 127' "$tmp/out"
ok $? 'a number by quirks.h'
changed 'netbsd	full.stream	EMSGSIZE' 'netbsd	full.stream	EAGAIN' &&
    all_quirks >"$tmp/out" && grep -q 'netbsd .*EMSGSIZE_IS_FULL' "$tmp/out"
ok $? 'a quirk by its row'
sed 's/"EINVAL", "4.3-"/"EINVAL", "4.3"/' "$src/facts/openbsd.h" >"$tmp/openbsd.h"
mkdir "$tmp/facts" && cp "$tmp/openbsd.h" "$tmp/facts/" &&
    rows "$tmp/facts" | sort >"$tmp/out" &&
    ! grep '^openbsd' "$tmp/rows.all" | sort | cmp -s - "$tmp/out"
ok $? 'and a row in its file by the self-test'
