# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# evidence.sh - the one writer of evidence: hashes of the source, TAP of tests
# that the matrix makes itself, and the log. Sourced by lib.sh, record and
# report; does nothing by itself. The format is described in README.md.
# shellcheck disable=SC2034,SC2154 # dir, tap, target are the caller's

LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "$0")/.." && pwd) || exit 1

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Solaris has an awk of 1977 in its path, and a better one elsewhere.
awk="awk"
for try in /usr/xpg4/bin/awk /usr/bin/nawk; do
	test ! -x "$try" || { awk=$try; break; }
done

# ---- of which source a log is ----

digest() {
	if command -v sha256sum >/dev/null 2>&1; then sha256sum
	elif command -v sha256 >/dev/null 2>&1; then sha256
	elif command -v shasum >/dev/null 2>&1; then shasum -a 256
	else cksum | tr ' ' -
	fi | sed 's/ .*//'
}

# written_files DIRECTORY... - neither what make leaves nor what libtoolize
# copies, so that a clone, a tarball and a used tree agree.
written_files() {
	(cd "$src" && find "$@" -type f \( -name '*.[cht]' -o -name '*.m4' \
	    -o -name '*.sh' -o -name '*.py' -o -name '*.map' -o -name '*.sym' \) \
	    ! -name 'libtool.m4' ! -name 'lt*.m4' ! -name 'fdferry-config.h' |
	    sort | while IFS= read -r file; do
		case $file in
		*.t) test "$(dd if="$file" bs=2 count=1 2>/dev/null |
			tr -d '\000')" = '#!' || continue ;;
		esac
		printf '%s\n' "$file"
	done)
}

# hash_of - of the files whose names come in.
hash_of() {
	while IFS= read -r file; do
		printf '%s %s\n' "$(digest <"$src/$file")" "$file"
	done | digest
}

source_hash() { written_files lib m4 | hash_of; }	# another one: the log is older
# Another one: the log has a mark. A run of the C programs alone (suite.sh) is
# the same whatever became of scripts.
tests_hash() { written_files t | hash_of; }
programs_hash() { written_files t | grep '^t/[^/]*\.[ch]$' | hash_of; }

# ---- the system in the words of portability.md ----

# name_system - sets system, version and level. uname(1) is all that every
# system has; its own words differ from what people call it.
name_system() {
	level=ran
	system=$(uname -s)
	version=$(uname -r)
	case $system in
	Darwin) system=macOS
		version=$(sw_vers -productVersion 2>/dev/null || uname -r) ;;
	SunOS) version=$(uname -v)
		case $version in
		omnios*) system=OmniOS ;;
		illumos*) system=illumos
			! grep OpenIndiana /etc/release >/dev/null 2>&1 ||
			    system=OpenIndiana ;;
		*) system=Solaris ;;
		esac ;;
	CYGWIN*) system=Cygwin level=unsupported ;;
	MSYS*) system=MSYS2 level=unsupported ;;
	MINGW*) system=Windows level=unsupported ;;
	esac
}

# ---- what a log is made of ----

key() { printf '%s: %s\n' "$1" "$2" >>"$dir/keys"; }

# A test of the matrix itself, as TAP into the file $tap.
begin() { printf '### begin %s\n' "$1" >>"$tap"; tests=0; }
check() {
	tests=$((tests + 1))
	if test "$1" = 0; then say "ok $tests - $2"
	else say "not ok $tests - $2"; fi >>"$tap"
}
end() { printf '1..%s\n### end %s 0\n' "$tests" "$1" >>"$tap"; }

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

# ---- the log itself ----

# sum_of LOG - what its line "sum" must say: whoever edits a log by hand is
# noticed. cksum(1) counts the same on every system.
# shellcheck disable=SC2016 # it is awk's $1
sum_of() { sed '/^sum: /d' "$1" | cksum | $awk '{ print $1, $2 }'; }

# compose TAP LOG - write LOG from $dir/keys ("key: value" lines) and TAP, which
# holds "### begin NAME" and "### end NAME STATUS" around each program's output.
compose() {
	$awk -v known="${known:+$src/matrix/known/$known}" \
	    -f "$src/matrix/count.awk" "$1" >"$dir/counted" ||
	    { say 'broken: counting failed'; exit 1; }
	# No path of the machine belongs here.
	sed -e "s|$dir|WORK|g" -e "s|${cache:-$dir}|CACHE|g" \
	    -e "s|${build:-$dir}|BUILD|g" \
	    -e "s|$src|SOURCE|g" "$dir/counted" >"$dir/clean"
	{
		say 'format: 3'
		say "target: $target"
		say "level: $level"
		say "system: $system"
		say "processor: $processor"
		say "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
		say "commit: $(cd "$src" && test -e .git &&
		    git rev-parse --short HEAD 2>/dev/null || echo tarball)"
		say "source: $(source_hash)"
		say "tests: $("${ran-tests}_hash")"
		cat "$dir/keys"
		sed '/^tap$/,$d' "$dir/clean"
	} | sort -u >"$dir/sorted"
	sed -n '/^tap$/,$p' "$dir/clean" | sed 1d >"$dir/body"
	{ cat "$dir/sorted"; say; cat "$dir/body"; } >"$dir/unsigned"
	{
		{ cat "$dir/sorted"; say "sum: $(sum_of "$dir/unsigned")"; } |
		    sort
		say
		cat "$dir/body"
	} >"$2.new" && mv "$2.new" "$2" || exit 1
}

# A run that failed replaces no log of one that did not, unless that is asked
# for: it may be this machine that failed.
is_good() {
	test "${MATRIX_RECORD_FAILED-no}" != yes && test -f "$1" &&
	    grep -qx 'fail: 0' "$1"
}

# evidence TAP - write the target's log; status 0 if no test failed.
evidence() {
	out=${evidence_dir-$src/matrix/evidence}
	mkdir -p "$out" 2>/dev/null
	test -w "$out" || out=$work/evidence
	mkdir -p "$out"
	compose "$1" "$dir/evidence.txt"
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
