# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# kit.sh - what the ways of t/embed share. run starts each with
#   EMBED    this directory, absolute
#   DIST     what the tarball holds, unpacked: to copy, not to write to
#   TARBALL  the tarball
#   CC, CXX  compilers; CXX may be empty
# in an empty directory of its own, and counts the lines "ok" and "not ok".
# shellcheck disable=SC2154 # EMBED, DIST and so on are run's

say() { printf '%s\n' "$*"; }

# try NAME COMMAND... - the end of what it printed, if it failed.
try() {
	try_name=$1
	shift
	if "$@" >try.log 2>&1 </dev/null; then
		say "ok - $try_name"
		return
	fi
	say "not ok - $try_name"
	tail -n 40 try.log | sed 's/^/#   /'
	return 1
}
# bounded SECONDS COMMAND...
bounded() {
	bounded_s=$1
	shift
	if have timeout; then timeout -k 10 "$bounded_s" "$@"; else "$@"; fi
}
skip() { say "ok - $1 # SKIP $2"; }
have() { command -v "$1" >/dev/null 2>&1; }

# A failure that says a text: try NAME fails TEXT COMMAND...
fails() {
	fails_text=$1
	shift
	if "$@" >fails.log 2>&1; then
		echo "it did not fail: $*"
		return 1
	fi
	grep -F "$fails_text" fails.log >/dev/null && return
	cat fails.log
	return 1
}

# page WAY - the files of that way, as doc/embedding.md shows them, here: each
# stands below a comment with its name, or several.
page() {
	# A file in a directory: make that first.
	sed -n "s|^<!-- file:.* $1/\\([^ ]*\\)/[^ /]* .*|\\1|p" "$DIST/doc/embedding.md" |
	    xargs mkdir -p -- .
	awk -v way="$1" '
	/^<!-- file: / {
		on = 0
		for (i = 3; i < NF; i++)
			if (index($i, way "/") == 1) {
				name = substr($i, length(way) + 2)
				on = 1
			}
		next
	}
	on && /^```/ { if (inside) on = 0; inside = !inside
		if (inside) { printf "" >name; n++ }
		next }
	on && inside { print >name }
	END { exit !n }' "$DIST/doc/embedding.md"
}

# What doc/embedding.md tells to copy for Autotools, to third/fdferry.
third() {
	mkdir -p third/fdferry/m4 && cp "$DIST/sources.am" third/fdferry &&
	    cp -R "$DIST/lib" third/fdferry && cp "$DIST"/m4/fdferry*.m4 third/fdferry/m4
}

# exports FILE - the names that the shared object FILE gives away.
exports() {
	nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }'
}

# installation - what configure and make install made, moved to another place
# since: its prefix. Made once for all ways.
installation() {
	installed=${TARBALL%/*}/moved
	test ! -d "$installed" || { echo "$installed"; return; }
	(mkdir -p "${TARBALL%/*}/autotools" && cd "${TARBALL%/*}/autotools" &&
	    "$DIST/configure" --prefix="${TARBALL%/*}/first" --disable-command \
		CC="$CC" && make -j2 && make install &&
	    mv "${TARBALL%/*}/first" "$installed") >installation.log 2>&1 ||
	    { tail -n 20 installation.log >&2; return 1; }
	echo "$installed"
}

# same_library DIR DIR - do both hold the same shared library: names, their
# versions, what it calls itself, files?
same_library() {
	for lib; do
		{ exports "$lib/libfdferry.so" | LC_ALL=C sort &&
		    readelf -d "$lib/libfdferry.so" | sed -n 's/.*soname: //p' &&
		    readelf --dyn-syms -W "$lib/libfdferry.so" |
			sed -n 's/.* \(fdferry_[a-z_]*@@*[A-Z_0-9]*\).*/\1/p' | sort &&
		    (cd "$lib" && find . -name 'libfdferry.so*' | sort); } >"exports.$#"
		shift
	done
	test "$(grep -c . exports.1)" -gt 70 && diff exports.1 exports.2
}

# find_zig - a program zig: $ZIG, zig, or the one in Python's package ziglang.
find_zig() {
	zig=${ZIG-}
	test -n "$zig" || zig=$(command -v zig) || zig=$(python3 -c 'import os, ziglang
print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))' 2>/dev/null)
	test -n "$zig" && "$zig" version >/dev/null 2>&1 && echo "$zig"
}
