# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# lib.sh - what the runner and the ways to run a target share. Sourced.
# Sets cache and work beside what evidence.sh sets; every target has a
# directory of its own below work.
# shellcheck disable=SC2034,SC2154 # dir, tap, target are of one(1)

# shellcheck source=matrix/evidence.sh disable=SC1091
. "$(dirname "$0")/evidence.sh"
cache=${FDFERRY_MATRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fdferry-matrix}
work=${MATRIX_WORK:-$src/build/matrix}
mkdir -p "$cache" "$work" || exit 1

# A target ends in one of these three ways, or with evidence.
skipped() { say "skipped: $*"; exit 77; }
broken() { say "broken: $*"; exit 1; }

# locked NAME COMMAND... - one at a time, whatever runs in parallel.
locked() {
	lock=$cache/$1.lock
	shift
	(flock 9 || exit 1; "$@") 9>"$lock"
}

# ---- what is needed ----

apt_install() {
	test "$(id -u)" = 0 || return 1
	command -v apt-get >/dev/null || return 1
	DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
	    --no-install-recommends "$@" ||
	    { apt-get -q update &&
	    DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
	    --no-install-recommends "$@"; }
}

have() {
	case $1 in
	/*) test -e "$1" ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# want COMMAND PACKAGE - have it (or /FILE), or skip the target.
want() {
	have "$1" || locked apt apt_install "$2" ||
	    skipped "needs $1 (package $2), and it could not be installed"
	have "$1" ||
	    skipped "package $2 did not bring $1"
}

install_zig() {
	test -d "$cache/python/ziglang" ||
	    python3 -m pip -q install --target "$cache/python.new" ziglang ||
	    return 1
	test -d "$cache/python/ziglang" ||
	    mv "$cache/python.new" "$cache/python"
}

# zig_command - the program: from the path, from Python's packages, or our own
# copy. Not by way of Python: that takes ten times as long as a small file.
zig_command() {
	command -v zig && return
	zig=$(python3 -c 'import os, ziglang
print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))' 2>/dev/null)
	if test ! -x "$zig"; then
		locked zig install_zig >&2 || return 1
		zig=$cache/python/ziglang/zig
	fi
	test -x "$zig" && say "$zig"
}

# Sets zig to one command without blanks, or skips the target.
want_zig() {
	zig=$(zig_command) || skipped 'needs zig (Python package ziglang)'
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$zig" >"$dir/zig"
	chmod +x "$dir/zig"
	zig=$dir/zig
}

# The first link of a target builds its C library: once, and alone.
warm_zig() {
	echo 'int main(void) { return 0; }' >"$dir/warm.c"
	# shellcheck disable=SC2086 # $zig is words
	locked "zig-$1" timeout 900 $zig cc -target "$@" -o "$dir/warm" \
	    "$dir/warm.c" >"$dir/warm.log" 2>&1 && return
	! grep -qE 'unknown target triple|No available|e_machine|unsupported symbol' \
	    "$dir/warm.log" || skipped "this zig makes no programs for $1:" \
	    "$(grep -m 1 error "$dir/warm.log")"
	broken "zig cc -target $*: $(sed 1q "$dir/warm.log")"
}

# ---- packages of another suite or processor, from this machine's mirror ----

mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
	    sed -n -e 's/^URIs: *\([^ ]*debian\/*\)$/\1/p' \
	    -e 's/^deb .*\(https*:[^ ]*\/debian\/*\) .*/\1/p' | sed 1q
}

apt_root() {
	root=$cache/apt/$1-$2
	test ! -f "$root/done" || return 0
	uri=$(mirror)
	test -n "$uri" || return 1
	mkdir -p "$root/etc/apt/apt.conf.d" "$root/etc/apt/preferences.d" \
	    "$root/var/lib/apt/lists/partial" "$root/var/lib/dpkg" \
	    "$root/var/cache/apt/archives/partial" || return 1
	: >"$root/var/lib/dpkg/status"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	printf 'deb [signed-by=%s check-valid-until=no] %s %s main\n' \
	    "$keys" "$uri" "$1" >"$root/etc/apt/sources.list"
	printf 'Dir "%s";\nAPT::Architecture "%s";\nAPT::Architectures "%s";\n' \
	    "$root" "$2" "$2" >"$root/apt.conf"
	APT_CONFIG=$root/apt.conf apt-get -q update &&
	    : >"$root/done"
}

# deb_fetch SUITE ARCH PACKAGE - its path below the cache, in $deb.
deb_fetch() {
	locked "apt-$1-$2" apt_root "$1" "$2" >&2 || return 1
	debs=$cache/debs/$1-$2
	mkdir -p "$debs"
	deb=$(find "$debs" -name "$3_*.deb" | sed 1q)
	test -z "$deb" || return 0
	(cd "$debs" && APT_CONFIG=$cache/apt/$1-$2/apt.conf \
	    locked "apt-$1-$2" apt-get -q download "$3" >&2) || return 1
	deb=$(find "$debs" -name "$3_*.deb" | sed 1q)
	test -n "$deb"
}

# The package that a meta package stands for, for now.
deb_newest() {
	locked "apt-$1-$2" apt_root "$1" "$2" >&2 || return 1
	APT_CONFIG=$cache/apt/$1-$2/apt.conf apt-cache depends "$3" |
	    sed -n 's/^ *Depends: \(linux-image-[^ <]*\)$/\1/p' | sed 1q
}

# tree_copy DIR - the files of this tree: those that git knows, else all. Git
# may be missing, or refuse the tree of another user.
tree_copy() {
	if test -e "$src/.git" && git -C "$src" rev-parse >/dev/null 2>&1; then
		(cd "$src" && git ls-files -co --exclude-standard |
		    grep -v '^matrix/evidence/' |
		    while IFS= read -r f; do
			test ! -e "$f" || printf '%s\n' "$f"
		    done | tar -cf - -T -) | tar -xf - -C "$1"
	else
		sh "$src/t/source-copy" "$src" "$1"
	fi
}
