# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# guest.sh - a real kernel in a virtual machine, emulated by qemu, with one
# static program as init and the suite as all of its files.
# Keys: triple and flags, or compiler (a command); suite, arch, package (of
# the kernel); machine (qemu command and its arguments), machine_package,
# console, append.
# shellcheck disable=SC2154,SC2086,SC2034

# kernel_image - the kernel of package $package, as a file $image.
kernel_image() {
	real=$package
	case $package in
	*-[0-9].[0-9]* | *-[0-9][0-9].*) ;;
	*) real=$(deb_newest "$suite" "$arch" "$package") ;;
	esac
	test -n "$real" || return 1
	image=$cache/kernels/$suite-$arch-$real
	test ! -s "$image" || return 0
	mkdir -p "$cache/kernels" "$dir/deb"
	deb_fetch "$suite" "$arch" "$real" &&
	    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/deb" \
	    --wildcards '*/vmlinu*' 2>/dev/null
	found=$(find "$dir/deb" -type f -name 'vmlinu*' | sed 1q)
	if test -z "$found"; then
		# Newer Debian: the kernel itself is in another package.
		deb_fetch "$suite" "$arch" "$(echo "$real" |
		    sed 's/^linux-image-/linux-binary-/')" || return 1
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/deb" \
		    --wildcards '*/vmlinu*' 2>/dev/null
		found=$(find "$dir/deb" -type f -name 'vmlinu*' | sed 1q)
	fi
	test -n "$found" && cp "$found" "$image.new" &&
	    mv "$image.new" "$image"
}

set -- $machine
want "$1" "$machine_package"
want cpio cpio
kernel_image || skipped "no kernel package $package of $suite for $arch"

root=$dir/root suite_slow=yes
mkdir -p "$root/t" "$root/dev" "$root/tmp" "$dir/deb"
if test -n "${compiler-}"; then
	suite_build "$root/t" $compiler -static -O1 $flags
	$compiler -static -O1 $flags -o "$root/init" "$src/matrix/guest/init.c" \
	    >"$dir/init.log" 2>&1 || broken "init: $(sed 1q "$dir/init.log")"
	key libc "$libc"
	key compiler "$($compiler --version | sed 1q), $compiler"
else
	want_zig
	warm_zig "$triple" -static $flags
	suite_ar="$zig ar" suite_build "$root/t" $zig cc -target "$triple" \
	    -static -O1 $flags
	$zig cc -target "$triple" -static -O1 $flags -o "$root/init" \
	    "$src/matrix/guest/init.c" >"$dir/init.log" 2>&1 ||
	    broken "init: $(sed 1q "$dir/init.log")"
	key libc 'musl (of zig)'
	key compiler "zig cc $($zig version) -target $triple"
fi
if command -v llvm-strip >/dev/null 2>&1; then
	llvm-strip "$root/init" "$root"/t/* >/dev/null 2>&1
fi
# A few tests call sh and rm; the self-test needs nothing.
if deb_fetch "$suite" "$arch" busybox-static 2>/dev/null; then
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/deb" \
	    --wildcards '*/busybox' 2>/dev/null
	mkdir -p "$root/bin"
	find "$dir/deb" -path '*/bin/busybox' -type f \
	    -exec cp {} "$root/bin/busybox" \;
	for name in sh rm cat ls mkdir sleep true false kill; do
		ln -s busybox "$root/bin/$name"
	done
fi
(cd "$root" && find . | cpio -o -H newc -R 0:0) >"$dir/initrd" \
    2>/dev/null || broken 'cpio failed'

from=$(date +%s)
timeout -k 5 "${boot_limit:-1500}" "$@" -kernel "$image" -initrd "$dir/initrd" \
    -nographic -no-reboot -nic none -append \
    "console=$console panic=-1 quiet loglevel=1 ${append-}" \
    >"$dir/console" 2>"$dir/qemu.log" </dev/null &
machine_pid=$!
# Some machines do not stop by themselves.
while kill -0 "$machine_pid" 2>/dev/null; do
	if grep -q '^### done' "$dir/console"; then
		sleep 1
		kill "$machine_pid" 2>/dev/null
		break
	fi
	sleep 0.5
done
wait "$machine_pid" 2>/dev/null
grep -q '^### kernel' "$dir/console" || broken \
    "it did not boot: $(cat "$dir/qemu.log" "$dir/console" | tail -n 1)"
cat "$dir/console" >>"$tap"
begin boot
grep -q '^### done' "$dir/console"
check $? 'every program was run to its end'
end boot
key what 'the C tests and the self-test (root and nobody), static'
key how "$("$1" --version | sed 1q), $*; kernel package $real of $suite; $(($(date +%s) - from)) s"
evidence "$tap"
