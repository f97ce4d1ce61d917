#!/bin/sh
# SPDX-License-Identifier: 0BSD
# The matrix counts right, and portability.md cannot say more than its logs.

tmp=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
src=$(cd "${srcdir:-.}" && pwd)
awk="awk"
for try in /usr/xpg4/bin/awk /usr/bin/nawk; do
	test ! -x "$try" || { awk=$try; break; }
done
echo 1..47

# counted NAME EXPECTED LINE... - pass, skip, fail and known of a TAP.
known=''
counted() {
	name=$1 expected=$2
	shift 2
	printf '%s\n' "$@" | $awk -v known="$known" \
	    -f "$src/matrix/count.awk" >"$tmp/out"
	# shellcheck disable=SC2016 # it is awk's $2
	test "$($awk '/^tap$/ { exit }
	    /^(pass|skip|fail|known): / { printf "%s ", $2 }' "$tmp/out")" \
	    = "$expected "
	ok $? "$name"
}
counted 'passed, skipped, known' '2 1 0 1' '### begin a' 1..3 'ok 1 - x' \
    'ok 2 - s # SKIP why' 'ok 3 - y # known: z' '### end a 0'
counted 'a failed test' '1 0 1 0' '### begin a' 1..2 'ok 1 - x' \
    'not ok 2 - y' '### end a 1'
counted 'fewer results than planned' '1 0 1 0' '### begin a' 1..2 \
    'ok 1 - x' '### end a 0'
counted 'no plan, and no word' '0 0 1 0' '### begin a' '### end a 139'
counted 'a good plan and a bad exit status' '1 0 1 0' '### begin a' 1..1 \
    'ok 1 - x' '### end a 1'
counted 'a program that never ended' '2 0 1 0' '### begin a' 1..1 \
    'ok 1 - x' '### begin b' 1..1 'ok 1 - x' '### end b 0'
counted 'bailed out' '1 0 1 0' '### begin a' 1..1 'ok 1 - x' \
    'Bail out! no' '### end a 0'
counted 'a console ends its lines with CR' '1 0 0 0' \
    "$(printf '### begin a\r')" "$(printf '1..1\r')" "$(printf 'ok 1 - x\r')" \
    "$(printf '### end a 0\r')"
printf 'a: y # not ours\n' >"$tmp/known"
known=$tmp/known
counted 'a failure that is known' '2 0 0 1' '### begin a' 1..2 'ok 1 - x' \
    'not ok 2 - y' '### end a 1'
counted 'another failure is not' '1 0 1 0' '### begin a' 1..2 'ok 1 - x' \
    'not ok 2 - z' '### end a 1'
printf 'a: it does not end # it hangs\n' >"$tmp/known"
counted 'a hang that is known' '1 0 0 1' '### begin a' 1..2 'ok 1 - x' \
    '### end a 124'

# What a log keeps: a line for each program, and all that is no plain pass.
printf '%s\n' '### begin a' 1..4 'ok 1 - x' 'ok 2 - s # SKIP why' \
    'not ok 3 - y' '#   expected 1, got 2' 'ok 4 - n # new: z' '### end a 1' \
    '### begin b' 1..1 'ok 1 - x' '' '## no: program' '### end b 0' \
    '### begin c' '1..0 # SKIP no c' '### end c 77' |
    $awk -f "$src/matrix/count.awk" >"$tmp/counted"
sed '1,/^tap$/d' "$tmp/counted" >"$tmp/out"
printf '%s\n' '## a: 2 / 1 / 1' 'ok 2 - s # SKIP why' 'not ok 3 - y' \
    '#   expected 1, got 2' 'ok 4 - n # new: z' '## b: 1 / 0 / 0' \
    '# ## no: program' '## c: 0 / 1 / 1' '1..0 # SKIP no c' |
    diff - "$tmp/out" >"$tmp/diff"
rc=$?
cat "$tmp/diff" >>"$tmp/out"
ok $rc 'one line a program, and what is no plain pass'

# ---- every test of the suite is run in every virtual machine ----
$awk -v srcdir=. -f "$src/matrix/suite.awk" "$src/sources.am" \
    "$src/src/command.am" "$src/t/tests.am" "$src/t/command.am" >"$tmp/out"
sed 's/ .*//' "$tmp/out" | sort >"$tmp/listed"
cat "$src/src/command.am" "$src/t/tests.am" "$src/t/command.am" |
    sed -n 's/^check_PROGRAMS *+*= *//p' | tr ' ' '\n' | sort >"$tmp/all"
diff "$tmp/all" "$tmp/listed" >"$tmp/diff" && test -s "$tmp/all"
rc=$?
cat "$tmp/diff" >>"$tmp/out"
ok $rc 'the list of tests is the Makefile'\''s'

# ---- every target is whole ----
(cd "$src/matrix" || exit 1
sed -e 's/#.*//' -e '/^$/d' core | while read -r name; do
	test -f "targets/$name" || echo "core: no target $name"
done
for file in targets/*; do
	how=$(sed -n 's/.*how=\([a-z]*\).*/\1/p' "$file")
	test -f "how/$how.sh" || echo "$file: no way \"$how\""
	grep -q '^# SPDX' "$file" || echo "$file: no licence"
done
# A log of a persona is of a target, or says what the target is called now.
for file in evidence/persona-*.txt; do
	test -f "$file" || continue # a copy without logs
	target=${file#evidence/} target=${target%.txt}
	now=$(sed -n "s/^$target	\([^	]*\)	.*/\1/p" renamed)
	test -f "targets/${now:-$target}" || echo "$file: no such target"
	test -z "$now" || test ! -f "targets/$target" || echo "renamed: $target is there"
done) >"$tmp/out"
test ! -s "$tmp/out" && test "$(grep -vc '^#' "$src/matrix/core")" = 40
ok $? 'forty in the core, each with a description and a way'

# ---- portability.md, in a small copy of the tree ----
tree=$tmp/tree
mkdir -p "$tree/doc" "$tree/lib" "$tree/m4" "$tree/t"
sh "$src/t/source-copy" "$src" "$tree" matrix
chmod -R u+w "$tree"
rm -rf "$tree/matrix/evidence"
mkdir "$tree/matrix/evidence"
echo 'int x;' >"$tree/lib/x.c"
echo 'int t;' >"$tree/t/t.c"
mkdir "$tree/facts"
cp "$src/facts/renamed" "$tree/facts/"
: >"$tree/facts/none.h"

# log TARGET LEVEL SYSTEM FAILED KEY... - write a log by the one writer: 41
# tests passed, one was skipped, FAILED did not pass.
log() {
	dir=$tmp/log.d
	rm -rf "$dir"
	mkdir "$dir"
	target=$1 level=$2 system=$3 failed=$4
	shift 4
	printf '%s\n' 'libc: none' "$@" >"$dir/keys"
	$awk -v failed="$failed" 'BEGIN {
		print "### begin some\n1.." 42 + failed
		for (i = 1; i <= 41; i++) print "ok " i " - x"
		print "ok 42 - y # SKIP z"
		for (i = 1; i <= failed; i++) print "not ok " 42 + i " - f"
		print "### end some 0"
	}' >"$dir/tap"
	# evidence.sh finds the tree by the name of its caller.
	# shellcheck disable=SC2016 # it is that shell's $1
	sh -c '. "$0"; dir=$1 target=$2 level=$3 system=$4 processor=vax
	    known=""
	    compose "$dir/tap" "$src/matrix/evidence/$target.txt"' \
	    "$tree/matrix/evidence.sh" "$dir" "$target" "$level" "$system"
}
peek='fact.peek: 2 in the buffer, 2 opened'
log one ran Unix 0 "$peek"
log two ran Unix 0 "$peek"
printf 'one\ntwo\n' >"$tree/matrix/core"
renew() {
	sh "$tree/matrix/report" >"$tree/portability.md" &&
	    sh "$tree/matrix/report" --facts >"$tree/matrix/facts.md" &&
	    sh "$tree/matrix/report" --svg >"$tree/doc/matrix.svg"
}
agrees() { sh "$tree/matrix/report" --check >"$tmp/out" 2>&1; }
# noticed TEXT... - the check fails, and says each.
noticed() {
	! agrees || return 1
	for text; do
		grep -F -e "$text" "$tmp/out" >/dev/null || return 1
	done
}
renew && agrees
ok $? 'generated, and as the logs say'

# edited FILE SED-COMMAND - change FILE, keep it as it was in $tmp/right.
edited() {
	cp "$1" "$tmp/right"
	sed "$2" "$tmp/right" >"$1"
	! cmp -s "$tmp/right" "$1"
}
edited "$tree/portability.md" 's/41 \/ 1/42 \/ 1/' &&
    noticed 'portability.md is stale'
ok $? 'an edited number is noticed'
cp "$tmp/right" "$tree/portability.md"

edited "$tree/matrix/facts.md" 's/2 opened/1 opened/' &&
    noticed 'matrix/facts.md is stale'
ok $? 'in facts.md too'
cp "$tmp/right" "$tree/matrix/facts.md"

mv "$tree/matrix/evidence/two.txt" "$tmp/two.txt"
noticed 'no log matrix/evidence/two.txt' 'no evidence for two'
ok $? 'a log that is gone is noticed'
! sh "$tree/matrix/report" --lost >"$tmp/out" 2>&1 &&
    grep 'two.txt: rows are never deleted' "$tmp/out" >/dev/null
ok $? 'and nothing is generated without it'
mv "$tmp/two.txt" "$tree/matrix/evidence/two.txt"
sh "$tree/matrix/report" --lost >"$tmp/out" 2>&1
ok $? 'but with it'

# Whatever is edited in a log is noticed, also if all is generated anew.
two=$tree/matrix/evidence/two.txt
while IFS='|' read -r what command says; do
	edited "$two" "$command" && renew && noticed "two.txt: $says"
	ok $? "$what in a log is noticed"
	cp "$tmp/right" "$two"
done <<'END'
an edited count|s/^pass: 41/pass: 43/|says 43 / 1 / 0, has 41 / 1 / 0
an edited count of a program|s/^## some: 41/## some: 43/|says 41 / 1 / 0, has 43 / 1 / 0
both of them|s/41/43/|not as it was written
a skipped test that is gone|/# SKIP/d|some: says 1 skipped, has 0
a failure that is none|s/^fail: 0/fail: 1/|says 41 / 1 / 1, has 41 / 1 / 0
a changed fact|s/^fact.peek: 2/fact.peek: 3/|not as it was written
another level|s/^level: ran/level: emulated/|not as it was written
a known difference that is none|s/^known: 0/known: 2/|says 2 known, has 0 keys and 0 tests
another format|s/^format: 3/format: 2/|format 2, which is not read
END
renew

echo 'int u;' >"$tree/t/u.c"
renew && grep '^| ran\\\* | Unix ' "$tree/portability.md" >"$tmp/out" &&
    ! grep 'stroke-dasharray.*/>$' "$tree/doc/matrix.svg" | sed '$d' |
    grep . >>"$tmp/out"
ok $? 'other tests: a mark, and the row is not older'
rm "$tree/t/u.c"
echo 'int y;' >"$tree/lib/y.c"
renew && grep '^| ran, older | Unix ' "$tree/portability.md" >"$tmp/out" &&
    grep '^| Unix | \*\*yes\*\*, .older. | ' "$tree/portability.md" >>"$tmp/out"
ok $? 'another source: the row is older, and the answer'
test "$(grep -c 'stroke-dasharray' "$tree/doc/matrix.svg")" = 2
ok $? 'and its cell in the picture'
rm "$tree/lib/y.c"

# ---- how it is known ----
log zfoo built Foo 0 'probe.accept4: 1'
cat >"$tree/facts/foo.h" <<'END'
FACT("foo", "table.full", "EMSGSIZE, data lost", "", 0, "read", "foo.c", NULL)
FACT("foo", "message.most",
    "as many as may be in flight, then success without delivery", "1-", 0,
    "seen once", "1.0", "a reason")
END
renew
cp "$tree/portability.md" "$tmp/out"
cat "$tree/matrix/facts.md" >>"$tmp/out"
for kind in handled caller; do
	sed -n "s/^$kind|\([^|]*\)|\([^|]*\)|\([^|]*\)|.*/| \1 | \2 | \3 |/p" \
	    "$src/matrix/defects"
done | while IFS= read -r row; do
	grep -F -e "$row" "$tree/portability.md" >/dev/null ||
	    echo "no row: $row"
done >"$tmp/absent"
cat "$tmp/absent" >>"$tmp/out"
test ! -s "$tmp/absent"
ok $? 'every defect has its row'
has_lines() {
	for line; do grep -e "$line" "$tmp/out" >/dev/null || return 1; done
}
has_lines 'MSG_PEEK makes.*| observed: Unix (\[such as\]' \
    'full descriptor table fails.*| read: Foo |$' \
    'kern.maxfiles.*| seen once, no log: Foo |$'
ok $? 'observed, read, and seen without a log are told apart'
has_lines 'EMSGSIZE, data lost (foo.c) \*read\* |' \
    '(1.0; versions 1-) \*seen once, no log\* |'
ok $? 'in the table of behaviours too'
has_lines '^| accept4 | *| 1 |'
ok $? 'one probe, one row'
has_lines '^| Unix | \*\*yes\*\* | ' '^| Foo | \*\*it builds\*\*; nobody has run it'
ok $? 'does it work on mine? Built is not run'
printf 'zfoo\tyfoo\twhy\n' >>"$tree/matrix/renamed"
renew && grep '\[zfoo\]([^)]*) (now yfoo) |$' "$tree/portability.md" >"$tmp/out"
ok $? 'the row of a target that was renamed says its new name'
rm "$tree/matrix/evidence/zfoo.txt"

log part 'ran in part' Bar 2 'version: 1.5' 'what: some' 'how: by hand' 'note: no tty'
renew && agrees
rc=$?
cat "$tree/portability.md" "$tree/matrix/facts.md" "$tree/doc/matrix.svg" \
    >>"$tmp/out"
test $rc = 0 && has_lines '^| Bar | \*\*in part\*\*.*1.5 on vax: 41 passed, 2 failed' \
    '^| ran in part | Bar | 1.5 .* 41 / 1 / 2 .*some; by hand' \
    '\[part\](.*, 2: some (2)\. Note: no tty' \
    '^| some: not ok 43 - f | \[part\]' '>in part<'
ok $? 'a part of the suite: how, and what failed'
rm "$tree/matrix/evidence/part.txt"

# Each awk that is here: the BSDs and macOS have another than Debian.
renew
for try in original-awk gawk mawk 'busybox awk'; do
	$try 'BEGIN { exit 0 }' 2>/dev/null || continue
	mkdir -p "$tmp/awk"
	printf '#!/bin/sh\nexec %s "$@"\n' "$try" >"$tmp/awk/awk"
	chmod +x "$tmp/awk/awk"
	PATH=$tmp/awk:$PATH sh "$tree/matrix/report" --check || echo "$try"
done >"$tmp/out" 2>&1
! grep -v 'all is as the logs say' "$tmp/out" >/dev/null
ok $? 'every awk says the same'

log one ran Unix 1 "$peek"
renew && grep '>failed<' "$tree/doc/matrix.svg" >"$tmp/out" &&
    grep '41 / 1 / 1' "$tree/portability.md" >>"$tmp/out" &&
    grep '^| Unix | \*\*no\*\*: 1 tests fail | ' "$tree/portability.md" >>"$tmp/out"
ok $? 'a failed test shows in the picture too, and in the answer'

# ---- record: what make check left in a build directory ----
mkdir -p "$tmp/build/t"
printf '1..2\nok 1 - x\nok 2 - in %s # SKIP y\n' "$tmp/build/t" \
    >"$tmp/build/t/01-x.log"
echo ':test-result: PASS' >"$tmp/build/t/01-x.trs"
echo 'CC = cc' >"$tmp/build/Makefile"
rm "$tree"/matrix/evidence/*
sh "$tree/matrix/record" "$tmp/build" >"$tmp/out" 2>&1
$awk -f "$tree/matrix/verify.awk" "$tree"/matrix/evidence/*.txt >>"$tmp/out" &&
    cat "$tree"/matrix/evidence/*.txt >>"$tmp/out" &&
    has_lines '^record: wrote' '^format: 3$' '^pass: 1$' '^skip: 1$' \
    '^## 01-x: 1 / 1 / 0$' '^ok 2 - in BUILD/t # SKIP y$' &&
    ! grep check-portability "$tmp/out"
ok $? 'record writes the same format'
sh "$tree/matrix/record" "$tmp/build" >"$tmp/out" 2>&1 &&
    has_lines 'is up to date$' && echo 'int z;' >"$tree/t/z.c" &&
    sh "$tree/matrix/record" "$tmp/build" >"$tmp/out" 2>&1 &&
    has_lines '^record: wrote'
ok $? 'and leaves a log of the same source, tests and totals alone'

# ---- console: what has no shell ----
printf '%s: %s\n' target bar-1 level 'ran in part' system Bar processor vax \
    what some how 'by hand' kernel 'Bar 1' pass 99 >"$tmp/keys"
printf '%s\r\n' 'boot' '### begin a' 1..2 'ok 1 - x' 'not ok 2 - y' \
    '### end a 1' '### begin b' 1..3 'ok 1 - x' >"$tmp/console"
sh "$tree/matrix/console" "$tmp/keys" "$tmp/console" "$tmp/sent" >"$tmp/out" 2>&1 &&
    $awk -f "$tree/matrix/verify.awk" "$tmp/sent/bar-1.txt" >>"$tmp/out" &&
    cat "$tmp/sent/bar-1.txt" >>"$tmp/out" &&
    has_lines '^level: ran in part$' '^pass: 2$' '^fail: 2$' \
    '^failing.002: b: it did not end$' '^## a: 1 / 0 / 1$' '^not ok 2 - y$' &&
    ! grep -e check-portability -e '^pass: 99' "$tmp/out"
ok $? 'console: a part of the suite, and what did not end'
sed 's/^level: .*/level: built/' "$tmp/keys" >"$tmp/keys2"
! sh "$tree/matrix/console" "$tmp/keys2" "$tmp/console" "$tmp/sent" \
    >"$tmp/out" 2>&1
ok $? 'console: what ran was not built'

# ---- collect: a system in the words of the table ----
mkdir "$tmp/bin"
cat >"$tmp/bin/uname" <<'END'
#!/bin/sh
case $1 in -s) echo Darwin ;; -r) echo 99.0 ;; -m) echo arm64 ;; *) echo i386 ;; esac
END
cat >"$tree/configure" <<'END'
#!/bin/sh
echo "host_cpu='arm64'" >config.log
mkdir t
printf '1..2\nok 1 - x\nnot ok 2 - %s\n' \
    'an ordinary descriptor is inherited' >t/40-exec.log
echo ':test-result: FAIL' >t/40-exec.trs
printf 'all:\ncheck:\n\t@false\n' >Makefile
printf '#!/bin/sh\necho 1..1; echo "ok 1 - x # new: args $*"\n' >selftest
chmod +x selftest
END
chmod +x "$tmp/bin/uname" "$tree/configure"
collected() {
	rm -rf "$tmp/collected"
	(cd "$tmp" && unset MAKEFLAGS MFLAGS && PATH=$tmp/bin:$PATH \
	    sh "$tree/matrix/collect" --build "$tmp/collected" \
	    --out "$tmp/sent.txt" "$@") >"$tmp/out" 2>&1
	rc=$?
	cat "$tmp/sent.txt" >>"$tmp/out"
	return $rc
}
has() {
	for line; do grep -qxF "$line" "$tmp/sent.txt" || return 1; done
}
! collected && has 'system: macOS' 'processor: aarch64' 'level: ran' 'fail: 2'
ok $? 'collect: what failed, on a system by its name'
collected --under qemu-user && has 'level: emulated' 'how: under qemu-user, by matrix/collect' \
    'known: 1' 'fail: 0' 'ok 1 - x # new: args --under qemu-user'
ok $? 'collect: below an emulator the row is emulated, its faults known'
