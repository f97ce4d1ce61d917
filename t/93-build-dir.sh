#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/93-build-dir.sh - ./demo and ./check build where they are told to: beside
# sources that they may not write to, that are configured themselves, or whose
# name has a space. The sources are a few lines here; demo.d/need.sh is ours.
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 99
tmp=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' 0
cd "$tmp" || exit 99
n=0
ok() {
	n=$((n + 1))
	if test "$1" -eq 0; then echo "ok $n - $2"; return; fi
	echo "not ok $n - $2"
	sed 's/^/# /' "$tmp/out"
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# sources DIR: bootstrap makes configure, which refuses what Automake's refuses.
sources() {
	mkdir -p "$1/demo.d" "$1/t" && cp "$srcdir/demo.d/need.sh" "$1/demo.d" &&
	    cp "$srcdir/t/source-copy" "$1/t" || exit 99
	echo one >"$1/part"
	cat >"$1/configure.in" <<'END'
#!/bin/sh
dir=$(dirname "$0")
case $dir in *' '*) echo "unsafe srcdir value: $dir"; exit 1 ;; esac
test ! -f "$dir/config.status" || test "$dir" = . ||
    { echo 'source directory already configured'; exit 1; }
printf 'all:\n\tcat "%s/part" >made\n' "$dir" >Makefile
echo : >config.status
END
	cat >"$1/bootstrap" <<'END'
#!/bin/sh
cd "$(dirname "$0")" && cp configure.in configure && chmod +x configure
END
	chmod +x "$1/bootstrap"
}
# built SRC DIR: build_tree, as ./demo and ./check call it; where it was built.
built() {
	# shellcheck disable=SC2016 # the inner shell expands it
	$as sh -c 'src=$1 && . "$src/demo.d/need.sh" && need() { :; } &&
	    build_tree "$(need_absolute "$2")" && echo "built in: $built"' \
	    sh "$1" "$2" >out 2>&1
}
says() { grep -F -- "$1" out >/dev/null; }
as=''

echo 1..10
sources "$tmp/plain"
built "$tmp/plain" "$tmp/plain/build" && says "built in: $tmp/plain/build" &&
    test -f plain/build/made && test -f plain/configure
ok $? 'by itself in ./build'
built "$tmp/plain" elsewhere && says "built in: $tmp/elsewhere" &&
    test -f elsewhere/made && test ! -e elsewhere/source
ok $? 'in a directory that is told, by a relative name too'

sources "$tmp/a space"
built "$tmp/a space" "$tmp/a space/build" && test -f 'a space/build/made'
ok $? 'below a name with a space'
built "$tmp/a space" "$tmp/b space" && test -f 'b space/made'
ok $? 'from one name with a space to another'

(cd plain && ./configure) || exit 99
built "$tmp/plain" "$tmp/plain/build" && says "built in: $tmp/plain" &&
    test -f plain/made
ok $? 'sources that are configured themselves are built where they are'
built "$tmp/plain" "$tmp/beside" && says "built in: $tmp/beside" &&
    test -f beside/made
ok $? 'and are copied for another directory'
echo two >plain/part && rm -f plain/configure.in && echo new >plain/new &&
    built "$tmp/plain" "$tmp/beside" && test "$(cat beside/made)" = two &&
    test -f beside/source/new && test ! -e beside/source/configure.in &&
    test -f beside/source/configure
ok $? 'the copy follows the sources, what bootstrap made stays'

# root may write anywhere: that is what another user is for.
sources "$tmp/locked"
name='sources that cannot be written'
mkdir mine && chmod -R a-w locked && chmod a+rx . || exit 99
if test -w locked; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chown 65534 mine && $as test -w "$tmp/mine" 2>/dev/null || as=none
fi
if test "$as" = none; then
	skip "$name: it is said what to do" 'root may write to them'
	skip "$name: are copied for another directory" 'root may write to them'
	skip "$name: a configure there is used" 'root may write to them'
else
	built "$tmp/locked" "$tmp/locked/build"
	test $? -ne 0 && says 'to build elsewhere: --build DIR'
	ok $? "$name: it is said what to do"
	built "$tmp/locked" "$tmp/mine/one" && says "built in: $tmp/mine/one" &&
	    test -f mine/one/made && test ! -e locked/configure
	ok $? "$name: are copied for another directory"
	chmod u+w locked && cp mine/one/source/configure locked && chmod u-w locked
	built "$tmp/locked" "$tmp/mine/two" && test -f mine/two/made &&
	    test ! -e mine/two/source
	ok $? "$name: a configure there is used"
fi
