# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# lib.sh - what the runner and the ways to run a target share. Sourced.
# Sets src, cache, work; every target has a directory of its own below work.
# shellcheck disable=SC2034,SC2154 # dir, tap, target are of one(1)

LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cache=${FDFERRY_MATRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fdferry-matrix}
work=${MATRIX_WORK:-$src/build/matrix}
mkdir -p "$cache" "$work" || exit 1

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

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

# want COMMAND PACKAGE - have it, or skip the target.
want() {
	command -v "$1" >/dev/null 2>&1 || locked apt apt_install "$2" ||
	    skipped "needs $1 (package $2), and it could not be installed"
	command -v "$1" >/dev/null 2>&1 ||
	    skipped "package $2 did not bring $1"
}

install_zig() {
	test -d "$cache/python/ziglang" ||
	    python3 -m pip -q install --target "$cache/python.new" ziglang ||
	    return 1
	test -d "$cache/python/ziglang" ||
	    mv "$cache/python.new" "$cache/python"
}

# zig ARGUMENTS - from the path, from Python's packages, or our own copy.
zig_command() {
	if command -v zig >/dev/null 2>&1; then echo zig
	elif python3 -m ziglang version >/dev/null 2>&1; then
		echo 'python3 -m ziglang'
	else
		locked zig install_zig >&2 || return 1
		echo "env PYTHONPATH=$cache/python python3 -m ziglang"
	fi
}

# Sets zig to one command without blanks, or skips the target.
want_zig() {
	zig=$(zig_command) || skipped 'needs zig (Python package ziglang)'
	printf '#!/bin/sh\nexec %s "$@"\n' "$zig" >"$dir/zig"
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

# ---- evidence ----

# Solaris has an awk of 1977 in its path, and a better one elsewhere.
awk="awk"
for try in /usr/xpg4/bin/awk /usr/bin/nawk; do
	test ! -x "$try" || { awk=$try; break; }
done

source_hash() { "$src/matrix/record" --hash; }

# evidence TAP - write the target's file. The keys are in $dir/keys, one
# "key: value" a line; TAP holds "### begin NAME" and "### end NAME STATUS"
# around each program's output.
evidence() {
	$awk -v known="${known:+$src/matrix/known/$known}" \
	    -f "$src/matrix/count.awk" "$1" >"$dir/counted" ||
	    broken 'counting failed'
	out=${evidence_dir-$src/matrix/evidence}
	mkdir -p "$out" 2>/dev/null
	test -w "$out" || out=$work/evidence
	mkdir -p "$out"
	{
		{
			say 'format: 2'
			say "target: $target"
			say "level: $level"
			say "system: $system"
			say "processor: $processor"
			say "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
			say "commit: $(cd "$src" && test -e .git &&
			    git rev-parse --short HEAD 2>/dev/null ||
			    echo tarball)"
			say "source: $(source_hash)"
			cat "$dir/keys"
			sed -n '/^tap$/q;p' "$dir/counted"
		} | sort -u
		say
		# No path of the machine belongs here.
		sed -n '/^tap$/,$p' "$dir/counted" | sed -e 1d \
		    -e "s|$dir|WORK|g" -e "s|$cache|CACHE|g" -e "s|$src|SOURCE|g"
	} >"$dir/evidence.txt" || exit 1
	fail=$(sed -n 's/^fail: //p' "$dir/evidence.txt")
	say "pass $(sed -n 's/^pass: //p' "$dir/evidence.txt")" \
	    "skip $(sed -n 's/^skip: //p' "$dir/evidence.txt")" \
	    "known $(sed -n 's/^known: //p' "$dir/evidence.txt")" \
	    "fail $fail"
	sed -n 's/^failing[^:]*: /failing /p' "$dir/evidence.txt"
	if test "$fail" != 0 && is_good "$out/$target.txt"; then
		say "kept: $out/$target.txt is good; of this run is $dir/evidence.txt"
		return 1
	fi
	cp "$dir/evidence.txt" "$out/$target.txt.new" &&
	    mv "$out/$target.txt.new" "$out/$target.txt" || exit 1
	test "$fail" = 0
}

# A run that failed replaces no log of one that did not, unless that is asked
# for: it may be this machine that failed.
is_good() {
	test "${MATRIX_RECORD_FAILED-no}" != yes && test -f "$1" &&
	    grep -qx 'fail: 0' "$1"
}

key() { printf '%s: %s\n' "$1" "$2" >>"$dir/keys"; }

# A test of the matrix itself, as TAP into the file $tap.
begin() { printf '### begin %s\n' "$1" >>"$tap"; tests=0; }
check() {
	tests=$((tests + 1))
	if test "$1" = 0; then say "ok $tests - $2"
	else say "not ok $tests - $2"; fi >>"$tap"
}
end() { printf '1..%s\n### end %s 0\n' "$tests" "$1" >>"$tap"; }

# tree_copy DIR - the files of this tree: those that git knows, else all.
tree_copy() {
	if test -e "$src/.git"; then
		(cd "$src" && git ls-files -co --exclude-standard |
		    grep -v '^matrix/evidence/' |
		    while IFS= read -r f; do
			test ! -e "$f" || printf '%s\n' "$f"
		    done | tar -cf - -T -) | tar -xf - -C "$1"
	else
		sh "$src/t/source-copy" "$src" "$1"
	fi
}

# What configure found, beside what the library says of itself.
cache_answers() {
	sed -n "s/^fdferry_cv_\([a-z0-9_]*\)=\(.*\)/configure.\1: \2/p" "$1" |
	    tr -d "'" | sort -u >>"$dir/keys"
}

# driver_logs DIR - what automake's driver left in DIR/t, as TAP.
driver_logs() {
	for log in "$1"/t/*.log "$1"/t/*/*.log; do
		test -f "${log%.log}.trs" || continue
		name=${log#"$1"/t/}
		status=0
		grep -qE '^:test-result: *(FAIL|XPASS|ERROR)' \
		    "${log%.log}.trs" && status=1
		{
			printf '### begin %s\n' "${name%.log}"
			grep -vE '^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): ' "$log"
			printf '\n### end %s %s\n' "${name%.log}" "$status"
		} >>"$tap"
	done
}
