#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# ci/release finds what does not agree in a release, and names it: in a clone
# of this tree's files that is one but for its logs and figures, and is spoiled in
# one place after another.
src=$(cd "${srcdir-.}" && pwd)
skip_all() { echo "1..0 # SKIP $1"; exit 0; }
test -f "$src/ci/release" || skip_all 'no source tree'
git --version >/dev/null 2>&1 || skip_all 'no git'
date -u -d 'November 24, 2026' >/dev/null 2>&1 || skip_all 'a date(1) without -d'
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' 0
trap 'exit 1' 1 2 15
LC_ALL=C HOME=$tmp GIT_CONFIG_NOSYSTEM=1
export LC_ALL HOME GIT_CONFIG_NOSYSTEM
for who in AUTHOR COMMITTER; do
	export GIT_${who}_NAME=t GIT_${who}_EMAIL=t@example.org
done

echo 1..26
n=0
# says WANTED NAME - a line of what it said.
says() {
	n=$((n + 1))
	if grep -e "$1" "$tmp/said" >/dev/null; then echo "ok $n - $2"; return; fi
	echo "not ok $n - $2"
	sed 's/^/# /' "$tmp/said"
}
check() {
	(cd "$tmp/tree" && sh ci/release --check) >"$tmp/said" 2>&1
	echo "status $?" >>"$tmp/said"
}
commit() { (cd "$tmp/tree" && git add -A && git commit -qm "$1") || exit 99; }
back() { (cd "$tmp/tree" && git reset -q --hard good && git clean -qfd) || exit 99; }
# spoil FILE SED-SCRIPT - and commit; it must change the file.
spoil() {
	sed "$2" "$tmp/tree/$1" >"$tmp/new"
	! cmp -s "$tmp/new" "$tmp/tree/$1" || { echo "Bail out! $1 stayed"; exit 99; }
	cat "$tmp/new" >"$tmp/tree/$1"
	commit "$1"
}

# One log is enough, and quick.
sh "$src/t/source-copy" "$src" "$tmp/tree" lib m4 man contrib ci matrix bench facts doc t/values
for file in NEWS.md README.md build.zig.zon configure.ac portability.md SUPPORT.md \
    fdferry.pc.in LICENSE; do
	cp "$src/$file" "$tmp/tree" || exit 99
done
cd "$tmp/tree" || exit 99
version=$(sed -n 's/^#define FDFERRY_VERSION "\(.*\)"$/\1/p' lib/fdferry.h)
for log in matrix/evidence/*.txt; do
	case $log in */host-gcc.txt) ;; *) rm -f "$log" ;; esac
done
hash=$(sh -c '. matrix/evidence.sh; source_hash' matrix/record)
mkdir -p matrix/evidence	# which copies of the matrix's have not
log=matrix/evidence/host-gcc.txt
test -f $log || printf 'date: 2026-11-27T00:00:00Z\nsource: none\n' >$log
sed "s/^source: .*/source: $hash/" $log >"$tmp/new"
cat "$tmp/new" >$log
sed "s/^## $version (.*/## $version (2038-01-01)/" NEWS.md >"$tmp/new"
cat "$tmp/new" >NEWS.md
for page in man/*.[1-9]; do
	sed 's/^\.Dd .*/.Dd January 1, 2038/' "$page" >"$tmp/new"
	cat "$tmp/new" >"$page"
done
git init -q . && git config core.autocrlf false || exit 99
commit 'a release'
git tag good

check
says '^ok .* not committed' 'nothing is changed'
says "^ok .*version $version" 'one version'
says '^ok .*interface 0:0:0' 'a first interface'
says '^ok .*manual' 'the manual'
says '^ok .*every log' 'logs of these sources'

echo more >>lib/quirks.h
check
says '^ *.*lib/quirks.h' 'what is not committed is named'
says 'host-gcc: of .* other sources' 'so is a log of other sources'
says '^status 1$' 'it is no release'
back
spoil contrib/debian/changelog '1s/(.*-1)/(9.9.9-1)/'
check
says 'contrib/debian/changelog has "9.9.9", expected' 'a changelog of another version'
back
spoil NEWS.md 's/(2038-01-01)/(not released)/'
check
says 'NEWS.md begins with .* expected "'"$version"' (YYYY-MM-DD)"' 'news without a day'
back
spoil man/fdferry.3 's/^\.Dd .*/.Dd January 1, 2001/'
check
says 'man/fdferry.3: .Dd is 2001-01-01' 'a page that was changed later'
back

spoil contrib/debian/changelog 's/> .*, \([0-9]\)/>  Xyz, \1/'
check
says 'contrib/debian/changelog: day of the week has "Xyz"' 'a day of another week'
back
spoil fdferry.pc.in 's/^Version: .*/Version: 7.8.9/'
check
says 'from lib/fdferry.h: fdferry.pc.in:.*7\.8\.9' 'a version by hand'
back
spoil NEWS.md '/^## /,$ { /^## /!d; }'
check
says 'nothing is said of' 'news of nothing'
back
spoil contrib/debian/libfdferry0.symbols '/fdferry_close@/d'
check
says 'only in lib/fdferry.map: fdferry_close@FDFERRY_0' 'a symbol that a package lacks'
back
git tag "v$version-rc1" HEAD~0
check
says '^ok .*releases before, newest none' 'a candidate is no release before'
git tag -d "v$version-rc1" >/dev/null

# After another release.
git tag v0.0.1
spoil lib/fdferry.map 's/^	fdferry_close;/	fdferry_close;\
	fdferry_closer;/'
spoil lib/fdferry.sym 's/^fdferry_close$/fdferry_close\
fdferry_closer/'
check
says 'fdferry_closer is new in FDFERRY_0, which v0.0.1 has' 'a version that was released stays'
says 'has "0:0:0", expected "1:0:1"' 'one symbol more is a number more'
says 'no page has fdferry_closer' 'and a page'
back
spoil lib/fdferry.map '/^	fdferry_close;/d'
check
says 'has "0:0:0", expected "1:0:0"' 'one symbol less is another interface'
back
spoil lib/quirks.h '1a\
/* more */'
check
says 'has "0:0:0", expected "0:1:0"' 'changed sources are a revision'
back

# Numbers that programs were compiled with: t/90-values.sh holds the header to
# the table, and the table may not leave the release.
git tag "v$version"
next=${version%.*}.$((${version##*.} + 1))
spoil lib/fdferry.h "s/^#define FDFERRY_VERSION .*/#define FDFERRY_VERSION \"$next\"/"
spoil t/values/table 's/^FDFERRY_EOF .*/FDFERRY_EOF 64/'
check
says "changed or gone since v$version: FDFERRY_EOF 1\$" 'a value that was released stays'
says 'has "0:0:0", expected "1:0:0"' 'or it is another interface'
back
spoil t/values/table 's/^fdferry_result .*/fdferry_result 72 40\
fdferry_result.more 56+4 36+4/'
sh t/values/record --since "v$version" >"$tmp/said" 2>&1
echo "status $?, $(wc -l <"$tmp/said" | tr -d ' ') lines" >>"$tmp/said"
says '^status 0, 0 lines$' 'a structure may grow'
back
if ! sh t/values/record >"$tmp/said" 2>&1; then
	for n in 25 26; do echo "ok $n # SKIP the compiler knows not all data models"; done
	exit 0
fi
spoil lib/fdferry.h '/^#define FDFERRY_EOF	/s/0x01u/0x40u/'
sh t/values/record >"$tmp/said" 2>&1
git diff --quiet good -- t/values || cp t/values/table "$tmp/said"
says '^record: not written' 'recording does not change it'
spoil lib/fdferry.h 's/^#define FDFERRY_VERSION .*/#define FDFERRY_VERSION "99.0.0"/'
sh t/values/record >"$tmp/said" 2>&1
cat t/values/table >>"$tmp/said"
says '^FDFERRY_EOF 64$' 'but in a new series'
