# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# host.sh - configure, make check and the self-test on this machine.
# Keys: cc (may be empty), package (what brings it), configure (arguments),
# host_libc, user (run as this user), needs (a program that cc must make).
# shellcheck disable=SC2154,SC2086

want make make
if test -n "${cc-}"; then
	set -- $cc
	want "$1" "$package"
	echo 'int main(void) { return 0; }' >"$dir/try.c"
	$cc -o "$dir/try" "$dir/try.c" >"$dir/try.log" 2>&1 ||
	    { locked apt apt_install $package >>"$dir/try.log" 2>&1
	    $cc -o "$dir/try" "$dir/try.c" >>"$dir/try.log" 2>&1; } ||
	    skipped "$cc makes no programs here"
fi

as_user() { "$@"; }
if test -n "${user-}"; then
	test "$(id -u)" = 0 || skipped 'this is no root, who could become a user'
	want setpriv util-linux
	as_user() {
		setpriv --reuid "$user" --regid "$user" --clear-groups \
		    env HOME="$dir" "$@"
	}
fi

# A tree of its own, so that nothing is written in ours.
mkdir "$dir/src" "$dir/build"
tree_copy "$dir/src"
if test -n "${user-}"; then
	chown -R "$user:$user" "$dir/src" "$dir/build"
	# Every directory above must let the user pass.
	as_user test -x "$dir/src" || skipped "user $user cannot reach $dir"
fi
if test ! -f "$dir/src/configure"; then
	want autoreconf autoconf
	want automake automake
	want libtoolize libtool
	(cd "$dir/src" && as_user ./bootstrap) >"$dir/bootstrap.log" 2>&1 ||
	    broken "bootstrap: $(tail -n 1 "$dir/bootstrap.log")"
fi
cd "$dir/build" || exit 1
as_user ../src/configure ${cc:+"CC=$cc"} ${configure-} \
    >"$dir/configure.log" 2>&1 ||
    broken "configure: $(tail -n 1 "$dir/configure.log")"
as_user make -j2 >"$dir/make.log" 2>&1 ||
    broken "make: $(grep -m 1 error "$dir/make.log")"
as_user make -j2 check >"$dir/check.log" 2>&1
rc=$?
driver_logs .
begin make
check "$rc" 'make check'
test "$rc" = 0 || tail -n 20 "$dir/check.log" | sed 's/^/# /' >>"$tap"
end make
{
	printf '### begin 00-selftest\n'
	as_user ./selftest
	printf '### end 00-selftest %s\n' $?
} >>"$tap" 2>&1
cache_answers ../build/config.log
key what "configure${configure:+ $configure}, make check, the self-test${user:+, as user $user}"
key how natively
key kernel "$(uname -srm)"
key libc "${host_libc:-$(getconf GNU_LIBC_VERSION 2>/dev/null || echo unknown)}"
key compiler "$(${cc:-cc} --version 2>/dev/null | sed 1q)${cc:+, $cc}"
evidence "$tap"
