#!/bin/sh
# SPDX-License-Identifier: 0BSD
# fdferry selftest: it passes here, and it can fail. Run in the build
# directory.

self=./selftest
test -x $self || self=./selftest.exe
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# Facts are judged where the kernel below is the system's own: a persona is
# another system's shape over this one, and the back-end "none" has no facts.
judged=yes what=''
case $CC in
*personas/*) judged=no what=--promises ;;
esac
test -n "$($self --facts 2>/dev/null)" || judged=no
if test $judged = yes; then echo 1..9; else echo 1..7; fi

# shellcheck disable=SC2086 # empty or one word
$self $what >"$tmp/out" 2>&1
rc=$?
cp "$tmp/out" "$tmp/tap"
ok $rc 'every promise holds, every fact is known'

plan=$(sed -n 's/^1\.\.//p' "$tmp/tap")
test "$(grep -cE '^(not )?ok ' "$tmp/tap")" = "$plan"
ok $? 'as many tests as planned'

$self --facts >"$tmp/before" 2>&1
$self --facts >"$tmp/after" 2>&1
diff "$tmp/before" "$tmp/after" >"$tmp/out"
ok $? '--facts: the same answers again'

if test $judged = yes; then
	grep '# new' "$tmp/tap" >"$tmp/out"
	test "$(uname -s)" != Linux || test ! -s "$tmp/out"
	ok $? 'each fact of Linux was recorded before'

	# With room for 40 the limit of a message cannot be seen.
	# shellcheck disable=SC3045 # every shell that we met has it
	(ulimit -n 40; $self) >"$tmp/out" 2>&1
	test $? = 1 && grep -q '^not ok .* fact message.most' "$tmp/out" &&
	    grep -q 'Please report' "$tmp/out"
	ok $? 'a fact that is not known fails, and says how to report it'
fi

$self --expected darwin >"$tmp/out" &&
    grep -q '^read\.message\.most: 254, then EINVAL (read: ' "$tmp/out" &&
    ! $self --expected nonesuch >"$tmp/out" 2>&1 &&
    grep 'nonesuch: nothing is known.* darwin' "$tmp/out" >/dev/null
ok $? '--expected tells what is known, and whence'

$self --under nonesuch >"$tmp/out" 2>&1
test $? = 2
ok $? 'a layer that is not known: usage'

name='output that cannot be written is a failure'
if test -c /dev/full; then
	! $self --expected darwin >/dev/full 2>"$tmp/out"
	ok $? "$name"
else
	skip "$name" 'no /dev/full'
fi

name='as a user without rights'
if test "$(id -u)" != 0; then
	skip "$name" 'every test here was run as one'
elif ! setpriv --reuid 65534 --regid 65534 --clear-groups true \
    >/dev/null 2>&1; then
	skip "$name" 'no setpriv that changes the user'
elif test "$(dd if=$self bs=2 count=1 2>/dev/null | tr -d '\000')" = '#!'; then
	skip "$name" 'the program is a wrapper of libtool'
else
	cp $self "$tmp/selftest" 2>/dev/null && chmod 755 "$tmp"
	# shellcheck disable=SC2086
	(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$tmp/selftest" $what) >"$tmp/out" 2>&1
	ok $? "$name"
fi
