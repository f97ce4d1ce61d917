#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What the packages say of this tree is so: symbols, version, licences. That
# they build is for "make check-packages". Run in the build directory.

src=$(cd "${srcdir:-.}" && pwd)
debian=$src/contrib/debian spec=$src/contrib/rpm/fdferry.spec
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C
export LC_ALL
echo 1..7
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
is() { # EXPECTED GOT WHAT
	printf '# expected %s, got %s\n' "$1" "$2" >"$tmp/out"
	test -n "$1" && test "$1" = "$2"
	ok $? "$3"
}
version=$(sed -n 's/^#define FDFERRY_VERSION "\(.*\)"$/\1/p' "$src/lib/fdferry.h")

# The node of a symbol in the map, and the node's own name, which is a symbol.
awk '/^FDFERRY_/ { node = $1; print node "@" node }
    /^\tfdferry_/ { sub(";", ""); print $1 "@" node }' \
    "$src/lib/fdferry.map" | sort >"$tmp/map"
sed -n 's/^ \([^ ]*\) .*/\1/p' "$debian/libfdferry0.symbols" | sort >"$tmp/symbols"
diff "$tmp/map" "$tmp/symbols" >"$tmp/out" 2>&1
ok $? "Debian's symbols are those of lib/fdferry.map"
awk -v now="$version" '/^ / { split($2, has, "."); split(now, is, ".")
	for (i = 1; i < 3 && has[i] == is[i]; i++);
	if (has[i] + 0 > is[i] + 0) print }' "$debian/libfdferry0.symbols" >"$tmp/out"
test ! -s "$tmp/out"
ok $? 'none is of a version to come'
is "$version" "$(sed -n '1s/^fdferry (\(.*\)-[^-]*).*/\1/p' "$debian/changelog")" \
    "Debian's changelog is of this version"
is "$version" "$(sed -n 's/^Version: *//p' "$spec")" 'the spec is of this version'
sed -n 's/^Tests: //p' "$debian/tests/control" >"$tmp/tests"
while IFS= read -r name; do
	test -x "$debian/tests/$name" || echo "$name"
done <"$tmp/tests" >"$tmp/out"
test -s "$tmp/tests" && test ! -s "$tmp/out"
ok $? "Debian's tests are there"

# Everything but Debian's own formats, which have no room for it.
find "$src/contrib" "$src/m4" -type f ! -name changelog ! -path '*/source/format' \
    ! -path '*/m4/l*.m4' >"$tmp/files"
while IFS= read -r file; do
	case $file in */m4/*) want=FSFAP ;; *) want=0BSD ;; esac
	grep "SPDX-License-Identifier: $want" "$file" >/dev/null || echo "$file"
done <"$tmp/files" >"$tmp/out"
test ! -s "$tmp/out"
ok $? 'each file of contrib and m4 names its licence'
for name in 0BSD FSFAP; do
	grep "SPDX-License-Identifier: $name" "$src/LICENSE" &&
	    grep "^License: $name" "$debian/copyright" || echo "no $name" >>"$tmp/lack"
done >"$tmp/out"
test ! -e "$tmp/lack"
ok $? "the licences' texts are in LICENSE and in Debian's copyright"
