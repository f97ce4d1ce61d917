# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# kit.sh - what the programs of t/vendored share. run sets work, src (the top of
# this tree) and tree (where a program's source is); PROGRAM/how.sh sets
# package, things (of need.sh), gain, and what is lost (not), and which tests are
# known to fail (known, why); it defines build, adapt, again, tests, carriers.
#
# shellcheck disable=SC2154 # work, src, tree, package: see above

# apt's own lists, cache and sources, with source packages switched on: nothing
# of the machine's is changed and root is not needed.
private_apt() {
	mkdir -p "$work/apt/parts" "$work/apt/lists/partial" \
	    "$work/apt/cache/archives/partial" "$work/apt/log"
	# The two shapes that apt's sources have.
	for apt_file in /etc/apt/sources.list.d/*.sources; do
		test -f "$apt_file" || continue
		sed 's/^Types:.*/Types: deb-src/' "$apt_file" \
		    >"$work/apt/parts/${apt_file##*/}"
	done
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
	    sed -n 's/^deb /deb-src /p' >"$work/apt/sources.list"
	cat >"$work/apt/conf" <<-CONF
	Dir::Etc::SourceList "$work/apt/sources.list";
	Dir::Etc::SourceParts "$work/apt/parts";
	Dir::State::Lists "$work/apt/lists";
	Dir::Cache "$work/apt/cache";
	APT::Sandbox::User "";
	CONF
	APT_CONFIG=$work/apt/conf apt-get -q update
}

# The program's source as its authors released it: the archive of the
# distribution's source package, without the distribution's changes.
fetch() {
	mkdir -p "$work/get/$package" "$tree" || return 1
	(cd "$work/get/$package" &&
	    APT_CONFIG=$work/apt/conf apt-get -q source --tar-only \
		--download-only "$package") || return 1
	tar -xf "$(find "$work/get/$package" -name '*.orig.tar.*z*' \
	    ! -name '*.asc')" -C "$tree" --strip-components=1
}
version() {
	find "$work/get/$package" -name '*.orig.tar.*z*' ! -name '*.asc' |
	    sed 's,.*/[^_]*_\(.*\)\.orig\.tar.*,\1,'
}

# vendor [FLAG] - lib/ copied into the program's tree and compiled there, as a
# program that carries it would. FLAG forces a backend.
vendor() {
	rm -rf "$tree/fdferry"
	mkdir "$tree/fdferry" && cp "$src"/lib/*.[ch] "$tree/fdferry/" || return 1
	(cd "$tree/fdferry" &&
	    "${CC:-cc}" -O2 -fPIC -fvisibility=hidden ${1:+"$1"} -c ./*.c &&
	    ar rc libfdferry.a ./*.o)
}

# cut_out FILE OURS NAME... - out of a C file of theirs go the functions of these
# names; where the one named first was, a line includes ours.
cut_out() {
	cut_file=$1 cut_line=$2
	shift 2
	awk -v names="$*" -v line="#include \"$cut_line\"" \
	    -f "$src/t/vendored/cut.awk" "$cut_file" >"$cut_file.new" \
	    2>"$cut_file.went" || { cat "$cut_file.went" >&2; return 1; }
	cat "$cut_file.went" >>"$work/theirs.$package"
	mv "$cut_file.new" "$cut_file"
}

# instead FILE OURS - the whole file is replaced.
instead() {
	cat "$1" >>"$work/theirs.$package"
	cp "$2" "$1"
}

# Lines of C: what is neither blank nor comment. Standard input.
code_lines() {
	awk '
	{ sub("//.*", "") }
	{
		left = $0; text = ""
		while (left != "") {
			if (inside) {
				at = index(left, "*/")
				if (!at) break
				left = substr(left, at + 2); inside = 0
			} else if (at = index(left, "/*")) {
				text = text substr(left, 1, at - 1)
				left = substr(left, at + 2); inside = 1
			} else { text = text left; break }
		}
		if (text ~ /[^ \t]/) n++
	}
	END { print n + 0 }'
}
