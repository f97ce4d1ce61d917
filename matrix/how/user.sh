# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# user.sh - a foreign processor by qemu-user over this machine's kernel.
# Keys: triple (for zig) and flags, or cross (Debian's name of a compiler that
# is unpacked below the cache and not installed: its packages and the host's
# 32-bit compiler exclude each other); qemu (its name after "qemu-").
# shellcheck disable=SC2154,SC2086,SC2034

# cross_compiler - Debian's gcc for $cross, as the command
# $compiler.
cross_compiler() {
	place=$cache/cross/$cross
	test ! -x "$compiler" || return 0
	rm -rf "$place"
	mkdir -p "$place" || return 1
	for package in gcc-12-$cross cpp-12-$cross binutils-$cross \
	    libc6-dev-$1-cross libc6-$1-cross libgcc-12-dev-$1-cross \
	    linux-libc-dev-$1-cross; do
		deb_fetch bookworm amd64 "$package" &&
		    dpkg-deb -x "$deb" "$place" || return 1
	done
	cat >"$compiler.new" <<END
#!/bin/sh
r=$place/usr
PATH=\$r/bin:\$PATH
LD_LIBRARY_PATH=\$r/lib/x86_64-linux-gnu
export PATH LD_LIBRARY_PATH
exec $cross-gcc-12 -isystem "\$r/$cross/include" -B"\$r/$cross/lib" \
    -L"\$r/$cross/lib" "\$@"
END
	chmod +x "$compiler.new" && mv "$compiler.new" "$compiler"
}

suite_slow=yes
want "qemu-$qemu" qemu-user
if test -n "${cross-}"; then
	test "$(uname -m)" = x86_64 || skipped 'its compiler is for x86_64'
	compiler=$cache/cross/$cross/cc
	locked "cross-$cross" cross_compiler "${cross%%-*}" >"$dir/cross.log" \
	    2>&1
	test -x "$compiler" ||
	    skipped "no compiler for $cross: $(tail -n 1 "$dir/cross.log")"
	suite_build "$dir/t" "$compiler" -static -O1 $flags
	key libc 'glibc 2.36'
	key compiler "$("$compiler" --version | sed 1q), unpacked, not installed"
else
	want_zig
	warm_zig "$triple" -static $flags
	suite_ar="$zig ar" suite_build "$dir/t" $zig cc -target "$triple" \
	    -static -O1 $flags
	key libc 'musl (of zig)'
	key compiler "zig cc $($zig version) -target $triple"
fi
selftest_args='--under qemu-user' suite_run "$dir/t" 120 "qemu-$qemu" \
    $qemu_flags
key what 'the C tests and the self-test, static, without configure'
key how "qemu-user over $(uname -srm): $("qemu-$qemu" --version | sed 1q)"
key kernel "$(uname -sr) $processor"
evidence "$tap"
