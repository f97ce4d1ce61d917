#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/94-suites.sh - how the suites judge: skips of a persona by what the machine
# has, no good evidence replaced by a run that failed, and mutants of what is
# here today.
src=$(cd "${srcdir:-.}" && pwd) || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' 0
cd "$tmp" || exit 99
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' out
	fi
}
echo 1..18

# ---- skips ----
# shellcheck source=t/personas/machine.sh
. "$src/t/personas/machine.sh"
# shellcheck disable=SC2034 # machine.sh reads both
machine=$tmp/can name=darwin
printf '#!/bin/sh\nexit 1\n' >can
mkdir with without
printf '#!/bin/sh\nexit 0\n' >with/nm
chmod +x can with/nm
for tool in cat comm grep sed; do
	ln -s "$(command -v $tool)" "with/$tool"
	ln -s "$(command -v $tool)" "without/$tool"
done
nm='t/90-symbols: no nm' link='t/61-sockets: IPv6: no IPv6 loopback here'
old='t/32-uninvited: SO_PASSPIDFD: a descriptor: not on this system'

# skips PATH RECORDED SEEN - the judgement; lists are of one line or none.
skips() {
	: >recorded
	: >seen
	test -z "$2" || echo "$2" >recorded
	test -z "$3" || echo "$3" >seen
	(PATH=$1 && judged recorded seen) >out 2>&1
}
skips "$tmp/without" '' "$nm" && grep -qx "of this machine: $nm" out
ok $? 'without nm its test may be skipped'
! skips "$tmp/with" '' "$nm" && grep -qx "skipped, though it is here: $nm" out
ok $? 'with nm it may not'
skips "$tmp/with" "$nm" "$nm" && test ! -s out
ok $? 'what is recorded is as it should be'
! skips "$tmp/without" '' 't/02-round-trip: no backend' &&
    grep -q '^not recorded: ' out
ok $? 'a skip that no machine is to blame for fails'
! skips "$tmp/without" 't/02-round-trip: no backend' '' &&
    grep -q '^recorded, and not skipped: ' out
ok $? 'so does a test that is run though it is recorded'
skips "$tmp/without" '' "$link"
ok $? 'the kernel is asked: it has no IPv6'
printf '#!/bin/sh\nexit 0\n' >can
! skips "$tmp/without" '' "$link"
ok $? 'it has'
printf '#!/bin/sh\nexit 1\n' >can
! skips "$tmp/without" '' "$old"
ok $? 'a persona skips what Linux has or not by its list alone'
name=ilp32
skips "$tmp/without" '' "$old"
ok $? 'real Linux of 32 bits may be too old for it'
# Every word that is asked of machine.c is one that it knows.
# shellcheck disable=SC2016 # it is the text that is read
sed -n 's/.*\$machine \([a-z0-9 ]*\) ;;.*/\1/p' "$src/t/personas/machine.sh" >words
# As run does: without a persona.
cc=${CC:-cc}
case $cc in *personas/*) cc=${PERSONA_CC:-cc} ;; esac
# shellcheck disable=SC2086 # a command of several words
test -s words && $cc -o can "$src/t/personas/machine.c" >out 2>&1 &&
    while read -r word; do
	# shellcheck disable=SC2086 # a word and its number
	./can $word || test $? = 1 || echo "machine.c does not know: $word"
done <words >>out && ! grep -q 'does not know' out
ok $? 'machine.c knows what it is asked'

# ---- evidence ----
mkdir tree
sh "$src/t/source-copy" "$src" "$tmp/tree" matrix && rm -rf tree/matrix/evidence &&
    mkdir tree/lib tree/m4 tree/t && echo 'int x;' >tree/lib/x.c || exit 99
file=$tmp/tree/matrix/evidence/it.txt
cat >tree/matrix/try <<'END'
. "$(dirname "$0")/lib.sh"
target=it level=ran system=Unix processor=vax dir=$work/it
mkdir -p "$dir"
echo 'what: a try' >"$dir/keys"
printf '### begin a\n1..1\n%s\n### end a 0\n' "$1" >"$dir/tap"
evidence "$dir/tap"
END
tried() {
	MATRIX_WORK=$tmp/work FDFERRY_MATRIX_CACHE=$tmp/cache sh tree/matrix/try \
	    "$1" >out 2>&1
}
! tried 'not ok 1 - x' && grep -qx 'fail: 1' "$file"
ok $? 'a first run is recorded, whatever it says'
tried 'ok 1 - y' && grep -qx 'fail: 0' "$file" &&
    grep -qx '## a: 1 / 0 / 0' "$file"
ok $? 'a good one replaces it'
! tried 'not ok 1 - x' && grep -qx 'fail: 0' "$file" &&
    grep -q '^failing a: not ok 1 - x' out && grep -q '^kept: ' out &&
    grep -qx 'fail: 1' "$(sed -n 's/^kept:.* of this run is //p' out)"
ok $? 'one that failed does not replace a good one, and is told'
MATRIX_RECORD_FAILED=yes tried 'not ok 1 - z' ||
    grep -qx 'not ok 1 - z' "$file"
ok $? 'unless that is asked for'

# The same for ./check --record.
mkdir build build/t && echo "CC = ${CC:-cc}" >build/Makefile
result() {
	echo ":test-result: $1" >build/t/02-round-trip.trs
	case $1 in
	PASS) printf '1..1\nok 1 - x\n' ;;
	*) printf '1..1\nnot ok 1 - x\n' ;;
	esac >build/t/02-round-trip.log
	shift
	sh tree/matrix/record "$@" build >out 2>&1
}
result PASS && file=$(echo tree/matrix/evidence/*-*.txt) &&
    grep -qx 'fail: 0' "$file" && result FAIL && grep -qx 'fail: 0' "$file" &&
    grep -q '^record: kept ' out && grep -rqx 'fail: 1' build/matrix/evidence
ok $? 'record: a good log is kept, the other is in the build directory'
result FAIL --force && grep -qx 'fail: 1' "$file"
ok $? 'record: unless that is asked for'

# ---- the laws ----
sh "$src/t/proof/laws" "$src" >laws && sed -n '/^| law /,/^$/p' "$src/t/README.md" | grep '^|' >table
diff laws table >out
ok $? 't/README.md has the table of laws, tests and mutants as it is'

# ---- mutants ----
# One that edits what has moved shows nothing; "make check-mutants" takes an hour.
for mutant in "$src"/t/mutants/*; do
	name=${mutant##*/}
	test "$name" != run || continue
	file=$(sed -n 's/^# file: //p' "$mutant")
	persona=$(sed -n 's/^# persona: //p' "$mutant")
	grep -v '^#' "$mutant" >script
	sed -f script "$src/$file" >changed || echo "$name: sed, or $file"
	! cmp -s changed "$src/$file" || echo "$name: nothing of $file changes"
	test -z "$persona" || test -f "$src/t/personas/$persona/cc" ||
	    echo "$name: no persona $persona"
	echo "$name" >>mutants
done >out 2>&1
test -s mutants && test ! -s out
ok $? 'each mutant changes its file'
