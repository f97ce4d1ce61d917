# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# unsupported.sh - a system that passes no descriptors: the library and the
# self-test compile, link and run there, and every call answers ENOTSUP.
# Keys: compiler (a command) or triple (for zig), flags, suffix, runner (a
# command that runs the program), needs ("COMMAND PACKAGE" lines), host and
# configure (a library by configure as well, if host is set).
# shellcheck disable=SC2154,SC2086

while read -r command package; do
	test -z "$command" || want "$command" "$package"
done <<END
${needs-}
END
if test -n "${triple-}"; then
	want_zig
	warm_zig "$triple" $flags
	compiler="$zig cc -target $triple"
	compiler_name="zig cc $($zig version) -target $triple"
	suite_ar="$zig ar"
else
	compiler_name=$($compiler --version | sed 1q)
fi

if test -n "${host-}"; then
	mkdir "$dir/src" "$dir/build"
	tree_copy "$dir/src"
	if test ! -f "$dir/src/configure"; then
		(cd "$dir/src" && ./bootstrap) >"$dir/bootstrap.log" 2>&1 ||
		    broken "bootstrap: $(tail -n 1 "$dir/bootstrap.log")"
	fi
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$compiler" "$flags" >"$dir/cc"
	chmod +x "$dir/cc"
	begin configure
	(cd "$dir/build" && ../src/configure --host="$host" CC="$dir/cc" \
	    AR="$suite_ar" RANLIB="$zig ranlib" --disable-command \
	    ${configure-}) >"$dir/configure.log" 2>&1
	check $? "configure --host=$host"
	(cd "$dir/build" && make -j2) >"$dir/make.log" 2>&1
	rc=$?
	check $rc 'make: the library and the self-test'
	test $rc = 0 || grep -E 'error|undefined' "$dir/make.log" |
	    head -n 20 | sed 's/^/# /' >>"$tap"
	grep -q '#define FDFERRY_BACKEND_NONE 1' \
	    "$dir/build/lib/fdferry-config.h"
	check $? 'configure chose the back-end none'
	end configure
	cache_answers "$dir/build/config.log"
fi

suite_tests=no suite_build "$dir/t" $compiler $flags
rm -f "$dir"/t/*.pdb
mv "$dir/t/00-selftest" "$dir/t/00-selftest${suffix-}" 2>/dev/null
WINEPREFIX=$cache/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES
suite_run "$dir/t" 240 $runner
begin 'enotsup'
grep -q '^# feature backend: none' "$tap"
check $? 'it says that there is no back-end'
grep -q '^ok .*sending: ENOTSUP' "$tap"
check $? 'sending answers ENOTSUP'
end 'enotsup'
key what "library and self-test${host:+, configure}; every call answers ENOTSUP"
key how "run by $(echo "$runner" | sed "s|$src/||g")"
key kernel "none ($system)"
key libc "${libc:-$system}"
key compiler "$compiler_name"
version=$(${runner%% *} --version 2>/dev/null | sed 1q)
case $version in
"${runner%% *}"*) ;;
*) version="${runner%% *} $version" ;;
esac
key version "under $version"
evidence "$tap"
