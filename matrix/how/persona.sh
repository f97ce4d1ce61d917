# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# persona.sh - the whole suite against another system's shape: t/personas.
# Keys: persona.
# shellcheck disable=SC2154

test -x "$src/t/personas/$persona/cc" ||
    skipped "no persona $persona in this tree"
mkdir "$dir/src"
tree_copy "$dir/src"
if test ! -f "$dir/src/configure"; then
	want autoreconf autoconf
	want automake automake
	want libtoolize libtool
	(cd "$dir/src" && ./bootstrap) >"$dir/bootstrap.log" 2>&1 ||
	    broken "bootstrap: $(tail -n 1 "$dir/bootstrap.log")"
fi
"$dir/src/t/personas/run" --build "$dir/build" "$persona" >"$dir/run.log" 2>&1
rc=$?
! grep -q ' skipped: ' "$dir/run.log" ||
    skipped "$(sed -n 's/.* skipped: //p' "$dir/run.log" | sed 1q)"
driver_logs "$dir/build/$persona"
begin persona
check "$rc" "t/personas/run $persona"
sed 's/^/# /' "$dir/run.log" >>"$tap"
end persona
cache_answers "$dir/build/$persona/config.log"
tests='make check without tests of the sources alone'
what="configure --disable-command, $tests, with the compiler of the persona"
if command=$(grep '^# command: ' "$src/t/personas/$persona/conf" 2>/dev/null); then
	# shellcheck disable=SC2086 # words on purpose
	set -- ${command#\# command: }
	what="configure, $tests, and $# tests of the command, with the compiler of the persona"
fi
key what "$what"
key how "t/personas/$persona over $(uname -srm)"
key kernel "persona $persona"
key libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || echo unknown)"
key compiler "$(cc --version | sed 1q)"
evidence "$tap"
