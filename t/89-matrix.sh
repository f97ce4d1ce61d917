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
echo 1..27

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

# ---- every test of the suite is run in every virtual machine ----
$awk -v srcdir=. -f "$src/matrix/suite.awk" "$src/sources.am" \
    "$src/t/tests.am" "$src/t/command.am" >"$tmp/out"
sed 's/ .*//' "$tmp/out" | sort >"$tmp/listed"
cat "$src/t/tests.am" "$src/t/command.am" |
    sed -n 's/^check_PROGRAMS *+*= *//p' | tr ' ' '\n' | sort >"$tmp/all"
diff "$tmp/all" "$tmp/listed" >"$tmp/diff" && test -s "$tmp/all"
rc=$?
cat "$tmp/diff" >>"$tmp/out"
ok $rc 'the list of tests is the Makefile'\''s'

# ---- every target is whole ----
(cd "$src/matrix" || exit 1
sed -e 's/#.*//' -e '/^$/d' core | while read -r target; do
	test -f "targets/$target" || echo "core: no target $target"
done
for file in targets/*; do
	how=$(sed -n 's/.*how=\([a-z]*\).*/\1/p' "$file")
	test -f "how/$how.sh" || echo "$file: no way \"$how\""
	grep -q '^# SPDX' "$file" || echo "$file: no licence"
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
for target in one two; do
	{ printf '%s\n' 'format: 2' "target: $target" 'level: ran' \
	    'system: Unix' 'processor: vax' "date: 2026-01-01T00:00:00Z" \
	    "source: $(sh "$tree/matrix/record" --hash)" \
	    'pass: 41' 'skip: 1' 'fail: 0' 'known: 0' \
	    'fact.peek: 2 in the buffer, 2 opened' ''
	$awk 'BEGIN { for (i = 1; i <= 41; i++) print "ok " i " - x" }'
	echo 'ok 42 - y # SKIP z'
	} >"$tree/matrix/evidence/$target.txt"
done
printf 'one\ntwo\n' >"$tree/matrix/core"
renew() {
	sh "$tree/matrix/report" >"$tree/portability.md" &&
	    sh "$tree/matrix/report" --svg >"$tree/doc/matrix.svg"
}
renew && sh "$tree/matrix/report" --check >"$tmp/out" 2>&1
ok $? 'generated, and as the logs say'

sed 's/41 \/ 1/42 \/ 1/' "$tree/portability.md" >"$tmp/edited"
cp "$tree/portability.md" "$tmp/right"
cp "$tmp/edited" "$tree/portability.md"
! sh "$tree/matrix/report" --check >"$tmp/out" 2>&1 &&
    grep -q 'portability.md is stale' "$tmp/out"
ok $? 'an edited number is noticed'
cp "$tmp/right" "$tree/portability.md"

mv "$tree/matrix/evidence/two.txt" "$tmp/two.txt"
! sh "$tree/matrix/report" --check >"$tmp/out" 2>&1 &&
    grep -q 'no log matrix/evidence/two.txt' "$tmp/out" &&
    grep -q 'no evidence for two' "$tmp/out"
ok $? 'a log that is gone is noticed'
mv "$tmp/two.txt" "$tree/matrix/evidence/two.txt"

sed 's/^pass: 41/pass: 43/' "$tree/matrix/evidence/two.txt" >"$tmp/two"
mv "$tree/matrix/evidence/two.txt" "$tmp/two.txt"
cp "$tmp/two" "$tree/matrix/evidence/two.txt"
renew && ! sh "$tree/matrix/report" --check >"$tmp/out" 2>&1 &&
    grep -q 'two.txt: says 43 / 1 / 0, has 41 / 1 / 0' "$tmp/out"
ok $? 'an edited count in a log is noticed'
mv "$tmp/two.txt" "$tree/matrix/evidence/two.txt"

echo 'int y;' >"$tree/lib/y.c"
renew && grep -q '^| ran, older | Unix ' "$tree/portability.md"
ok $? 'another source: the row is older'
grep -q '>41, older' "$tree/doc/matrix.svg" &&
    grep -q 'stroke-dasharray.*/>$' "$tree/doc/matrix.svg"
ok $? 'and its cell in the picture'
rm "$tree/lib/y.c"

# ---- how it is known ----
printf '%s\n' 'format: 2' 'level: built' 'system: Foo' 'processor: vax' \
    'pass: 0' 'skip: 0' 'fail: 0' 'probe.probe.accept4: 1' \
    'read.table.full: EMSGSIZE, data lost (read: foo.c)' \
    'read.limit.message: 127, then success without delivery (seen once: 1.0)' \
    '' >"$tree/matrix/evidence/zfoo.txt"
renew
cp "$tree/portability.md" "$tmp/out"
for kind in handled caller; do
	sed -n "s/^$kind|\([^|]*\)|\([^|]*\)|\([^|]*\)|.*/| \1 | \2 | \3 |/p" \
	    "$src/matrix/defects"
done | while IFS= read -r row; do
	grep -qF "$row" "$tree/portability.md" || echo "no row: $row"
done >"$tmp/absent"
cat "$tmp/absent" >>"$tmp/out"
test ! -s "$tmp/absent"
ok $? 'every defect has its row'
grep -q 'MSG_PEEK makes.*| observed: Unix (\[such as\]' "$tmp/out" &&
    grep -q 'full descriptor table fails.*| read: Foo |$' "$tmp/out" &&
    grep -q '128 or more.*| seen once, no log: Foo |$' "$tmp/out"
ok $? 'observed, read, and seen without a log are told apart'
grep -q 'EMSGSIZE, data lost (read: foo.c) \*read\* |' "$tmp/out" &&
    grep -q '(seen once: 1.0) \*seen once, no log\* |' "$tmp/out"
ok $? 'in the table of behaviours too'
grep -q '^| accept4 | *| 1 |' "$tmp/out"
ok $? 'one probe, one row'
rm "$tree/matrix/evidence/zfoo.txt"

# Each awk that is here: the BSDs and macOS have another than Debian.
renew
for try in original-awk gawk mawk 'busybox awk'; do
	$try 'BEGIN { exit 0 }' 2>/dev/null || continue
	mkdir -p "$tmp/awk"
	printf '#!/bin/sh\nexec %s "$@"\n' "$try" >"$tmp/awk/awk"
	chmod +x "$tmp/awk/awk"
	PATH=$tmp/awk:$PATH sh "$tree/matrix/report" --check || echo "$try"
done >"$tmp/out" 2>&1
! grep -vq 'all is as the logs say' "$tmp/out"
ok $? 'every awk says the same'

sed 's/^fail: 0/fail: 1/' "$tree/matrix/evidence/one.txt" >"$tmp/one"
cp "$tmp/one" "$tree/matrix/evidence/one.txt"
renew && grep -q '>failed<' "$tree/doc/matrix.svg" &&
    grep -q '41 / 1 / 1' "$tree/portability.md"
ok $? 'a failed test shows in the picture too'

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
printf '#!/bin/sh\necho 1..1; echo "ok 1 - args $*"\n' >selftest
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
    'known: 1' 'fail: 0' 'ok 1 - args --under qemu-user'
ok $? 'collect: below an emulator the row is emulated, its faults known'
