# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# user.sh - a foreign processor by qemu-user over this machine's kernel.
# Keys: zig (target), qemu (its name after "qemu-"), flags.
# shellcheck disable=SC2154,SC2086

want "qemu-$qemu" qemu-user
want_zig
# shellcheck disable=SC2086 # flags are words
warm_zig "$triple" -static $flags
# shellcheck disable=SC2086
suite_ar="$zig ar" suite_build "$dir/t" $zig cc -target "$triple" -static \
    -O1 $flags
selftest_args='--under qemu-user' suite_run "$dir/t" 120 "qemu-$qemu" \
    $qemu_flags
key what 'the C tests and the self-test, static, without configure'
key how "qemu-user over $(uname -srm): $("qemu-$qemu" --version | sed 1q)"
key kernel "$(uname -sr) $processor"
key libc 'musl (of zig)'
key compiler "zig cc $($zig version) -target $triple"
evidence "$tap"
