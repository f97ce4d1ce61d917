# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# built.sh - configured, compiled and linked, static and shared, against
# another system's real headers; nothing is run. Both ways to find out what
# the system has, configure's and detect.h's, must say the same.
# What configure answers is compared with t/cross, where that has the system.
# Keys: triple, host (for configure), family (whose facts are known), flags,
# configure (arguments), static (no: the toolchain makes no static programs
# there, and why), shared (the same), file (what file(1) must say).
# shellcheck disable=SC2154,SC2086,SC2016,SC2046

want make make
want_zig
warm_zig "$triple" $flags
printf '#!/bin/sh\nexec %s cc -target %s %s "$@"\n' "$zig" "$triple" "$flags" \
    >"$dir/cc"
chmod +x "$dir/cc"
cc=$dir/cc

# Of the tests it compiles those in C.
# shellcheck disable=SC2034 # evidence.sh reads it
ran=programs
mkdir "$dir/src" "$dir/build" "$dir/direct"
tree_copy "$dir/src"
if test ! -f "$dir/src/configure"; then
	want autoreconf autoconf
	want automake automake
	want libtoolize libtool
	(cd "$dir/src" && ./bootstrap) >"$dir/bootstrap.log" 2>&1 ||
	    broken "bootstrap: $(tail -n 1 "$dir/bootstrap.log")"
fi
# Libtool looks for OpenBSD's linker on the machine that builds.
sed 's,test -f /usr/libexec/ld.so,true,' "$dir/src/configure" \
    >"$dir/src/configure.new" && cat "$dir/src/configure.new" \
    >"$dir/src/configure"

# For mips64 and s390x it asks this machine's linker, with that processor's
# emulation, whether there are shared libraries; zig's has them.
printf '#!/bin/sh\ntest "$1" != -m || shift 2\nexec ld "$@"\n' >"$dir/ld"
chmod +x "$dir/ld"

begin configure
cd "$dir/build" || exit 1
../src/configure --host="$host" --build=x86_64-pc-linux-gnu CC="$cc" LD="$dir/ld" \
    AR="$zig ar" RANLIB="$zig ranlib" ${configure-} \
    >"$dir/configure.log" 2>&1
check $? "configure --host=$host"
make -j2 >"$dir/make.log" 2>&1
rc=$?
check $rc 'make: library, command, self-test'
test $rc = 0 || grep -E 'error|undefined' "$dir/make.log" | head -n 20 |
    sed 's/^/# /' >>"$tap"
make -j2 check TESTS= >"$dir/check.log" 2>&1
rc=$?
check $rc 'make check TESTS=: every test program compiles and links'
test $rc = 0 || grep -E 'error|undefined' "$dir/check.log" | head -n 20 |
    sed 's/^/# /' >>"$tap"
test -f .libs/libfdferry.a
check $? 'a static library'
if test -z "${shared-}"; then
	find .libs -name 'libfdferry*.so*' -o -name 'libfdferry*.dylib' \
	    -o -name 'libfdferry*.dll' | grep -q .
	check $? 'a shared library'
else
	tests=$((tests + 1))
	printf 'ok %d - a shared library # SKIP %s\n' "$tests" "$shared" \
	    >>"$tap"
fi
# Only if it is the same version: NetBSD 10 and 11 differ.
recorded=$(grep -l "^# zig: $triple\$" "$src"/t/cross/*-* | sed 1q)
if test -n "$recorded"; then
	grep '^fdferry_cv_' "$recorded" | while IFS= read -r line; do
		grep -qx "${line%%=*}='\{0,1\}${line#*=}'\{0,1\}" config.log ||
		    echo "# recorded: $line"
	done >"$dir/differs"
	test ! -s "$dir/differs"
	check $? "configure answers what t/cross/${recorded##*/} has recorded"
	cat "$dir/differs" >>"$tap"
else
	tests=$((tests + 1))
	echo "ok $tests - configure's answers # SKIP none recorded in t/cross" \
	    >>"$tap"
fi
end configure

# The same without configure.
begin direct
$cc -c -I../src/lib -o "$dir/direct/f.o" ../src/lib/features.c \
    >"$dir/direct.log" 2>&1
check $? 'without configure: features.c'
cd "$dir/src" || exit 1
objects=
for file in $(library_files); do
	o=$dir/direct/${file##*/}.o
	$cc -c -Ilib -o "$o" "$file" >>"$dir/direct.log" 2>&1
	check $? "without configure: $file"
	objects="$objects $o"
done
for kind in shared static; do
	eval "why=\${$kind-}"
	if test -n "$why"; then
		tests=$((tests + 1))
		printf 'ok %d - %s # SKIP %s\n' "$tests" \
		    "without configure: a $kind program" "$why" >>"$tap"
		continue
	fi
	opt=
	test $kind = shared || opt=-static
	$cc $opt -DSELFTEST_MAIN -Ilib -Isrc -o "$dir/direct/selftest.$kind" \
	    $(selftest_files) $objects >>"$dir/direct.log" 2>&1
	rc=$?
	check $rc "without configure: a $kind program"
	test $rc = 0 || grep -E 'error|undefined' "$dir/direct.log" |
	    head -n 10 | sed 's/^/# /' >>"$tap"
done

# Two truths, which must be one: configure's answers and the headers' own.
answers() {
	$cc "$@" -E -dM -x c ../src/lib/told.h 2>/dev/null |
	    sed -n 's/^#define \(FDFERRY_\(HAVE\|BACKEND\|PEERCRED\|HOST\|WANT\|NONE\)_[A-Z0-9_]*\) \(.*\)/\1 \3/p' |
	    grep -vE '^FDFERRY_(HAVE_CONFIG|NONE_REASON)' | sort
}
cd "$dir/build" || exit 1
answers -DFDFERRY_HAVE_CONFIG -Ilib -I../src/lib >"$dir/probed"
answers -I../src/lib >"$dir/guessed"
# What only configure asks, and the code does not know by name, has no second
# answer.
while read -r name value; do
	! cat ../src/lib/detect.h ../src/lib/told.h | grep -q "$name" || printf '%s %s\n' "$name" "$value"
done <"$dir/probed" >"$dir/known" && mv "$dir/known" "$dir/probed"
diff "$dir/probed" "$dir/guessed" >"$dir/truths"
rc=$?
test -s "$dir/probed" || rc=1
check $rc "detect.h and configure agree on $(wc -l <"$dir/probed") answers"
test $rc = 0 || sed 's/^/# /' "$dir/truths" >>"$tap"
end direct

sed -n 's/^FDFERRY_\([A-Z0-9_]*\) \(.*\)/probe.\1: \2/p' "$dir/probed" |
    tr '[:upper:]' '[:lower:]' | sed -e 's/^probe.have_/probe./' \
    -e 's/^probe.backend_\([a-z]*\): 1/probe.backend: \1/' \
    -e 's/^probe.peercred_\([a-z]*\): 1/probe.peercred: \1/' >>"$dir/keys"
cache_answers "$dir/build/config.log"
# Of which version those headers are.
header_version() {
	printf '#include <sys/param.h>\n#ifdef __APPLE__\n%s\n#endif\n' \
	    '#include <AvailabilityMacros.h>' >"$dir/version.c"
	$cc -E -dM "$dir/version.c" 2>/dev/null | sed -n \
	    -e 's/^#define __FreeBSD_version \([0-9]*\)\([0-9]\)\([0-9]\)\([0-9]\{3\}\)$/\1.\3/p' \
	    -e 's/^#define __NetBSD_Version__ \([0-9]*\)\([0-9]\{2\}\)000000$/\1.\2/p' \
	    -e 's/^#define OpenBSD\([0-9]*\)_\([0-9]*\) .*/\1.\2/p' \
	    -e 's/^#define __MAC_OS_X_VERSION_MAX_ALLOWED __MAC_\([0-9]*\)_\([0-9]*\)$/\1.\2/p' |
	    sed -e 's/\.0\([0-9]\)$/.\1/' -e 1q
}
version=$(header_version)
test -z "$version" || key version "headers of $version"

# What is known of that system: read, not run.
cc -w -DSELFTEST_MAIN -I../src/lib -o "$dir/native" \
    $(selftest_files | sed 's,^,../src/,') \
    $(library_files | sed 's,^,../src/,') >/dev/null 2>&1
"$dir/native" --expected "${family:-none}" >>"$dir/keys"
key what 'configure, make, every test program linked; the same without configure'
key how "cross-compiled against the headers that zig carries, for $triple"
key kernel "not run ($system)"
key libc "${libc:-of $system}"
key compiler "zig cc $($zig version) -target $triple"
evidence "$tap"
