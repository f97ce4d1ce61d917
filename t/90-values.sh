#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/90-values.sh - every constant of lib/fdferry.h has the value, every structure
# the size, every member the place and size that t/values/table says, in each data
# model that the compiler knows. What is new has to be recorded: make record-values.
src=$(cd "${srcdir:-.}" && pwd) || exit 99
cc=${CC:-cc}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
trap 'exit 1' 1 2 15
# shellcheck source=t/values/ask.sh
. "$src/t/values/ask.sh"
echo 1..8
n=0
result() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; return; fi
	echo "not ok $n - $2"
	sed 's/^/# /' "$dir/out"
}
skip() {
	n=$((n + 1))
	echo "ok $n # SKIP $1"
}

# names DIRECTORY - what the header there has and the table not, and vice versa.
names() {
	$awk -f "$src/t/values/list.awk" "$1/fdferry.h" | cut -f 1 | sort >"$dir/has"
	sed -e '/^#/d' -e 's/ .*//' "$table" | sort >"$dir/listed"
	comm -23 "$dir/has" "$dir/listed" | sed 's/$/ is not recorded: make record-values/'
	comm -13 "$dir/has" "$dir/listed" | sed 's/$/ is recorded, and gone/'
}
# differ DIRECTORY COMPILER... - what there is not as recorded. In a data model that
# is none of the table's: which of the constants that are the same in all.
differ() {
	asked "$@" || { echo 'the compiler refuses the header'; cat "$dir/err"; return; }
	# shellcheck disable=SC2016 # awk's
	$awk -v model="$model" -v called="$called" 'NR == FNR {
		if (!/^#/ && (model || /^FDFERRY_[^ ]* [^ ]*$/))
			was[$1] = model && NF > model ? $(model + 1) : $NF
		next
	}
	$1 in was && was[$1] "" != $2 "" {
		print $1 " is " $2 ", recorded " was[$1] " (" called ")"
	}' "$table" "$dir/values"
}

names "$src/lib" >"$dir/out"
test ! -s "$dir/out"
result $? 'every name of the header is recorded, and no other'

# A compiler that cannot be asked is no failure; one that refuses the header is.
mkdir "$dir/none" "$dir/spoiled"
: >"$dir/none/fdferry.h"
: >"$dir/all"
compared=''
why='the compiler makes no object in which numbers can be read' mine=$why layouts=$why
for options in '' -m64 -m32 '-m32 -malign-double'; do
	# shellcheck disable=SC2086 # words
	set -- $cc $options
	asked "$dir/none" "$@" || continue
	case $options:$model in
	:0)	why='' mine="not compared: neither LP64 nor ILP32, but $called" layouts=$mine ;;
	:*)	why='' mine='' layouts='' ;;
	*:0)	continue ;;
	*)	layouts='' ;;
	esac
	case $compared in *"($model)"*) continue ;; esac
	compared="$compared($model)"
	test "$model" = 0 || echo "# compared: $called"
	differ "$src/lib" "$@" >>"$dir/all"
done
if test -z "$why"; then
	grep -v '^fdferry_' "$dir/all" >"$dir/out"
	test ! -s "$dir/out"
	result $? 'each constant has the recorded value'
else
	skip "$why"
fi
if test -z "$layouts"; then
	grep '^fdferry_' "$dir/all" >"$dir/out"
	test ! -s "$dir/out"
	result $? 'each structure has the recorded layout'
else
	skip "$layouts"
fi

# noticed WHY-NOT NAME EXPECTED SCRIPT - is a header that sed's script has spoiled?
noticed() {
	test -z "$1" || { skip "$1"; return; }
	sed "$4" "$src/lib/fdferry.h" >"$dir/spoiled/fdferry.h"
	# shellcheck disable=SC2086 # words
	{ names "$dir/spoiled"; differ "$dir/spoiled" $cc; } >"$dir/out"
	grep "$3" "$dir/out" >/dev/null
	result $? "it would notice $2"
}
noticed "$why" 'two flags that change places' '^FDFERRY_EOF is 2, recorded 1 ' \
    's/^#define FDFERRY_EOF	/#define X	/
s/^#define FDFERRY_EMPTY	/#define FDFERRY_EOF	/
s/^#define X	/#define FDFERRY_EMPTY	/'
noticed "$mine" 'two members that do' '^fdferry_result.surplus is .*, recorded ' \
    's/^	size_t surplus;/	size_t x;/
s/^	size_t refused;/	size_t surplus;/
s/^	size_t x;/	size_t refused;/'
noticed "$why" 'a constant before others' '^FDFERRY_KIND_FILE is 2, recorded 1 ' \
    's/^	FDFERRY_KIND_FILE,/	FDFERRY_KIND_NEW, FDFERRY_KIND_FILE,/'
noticed '' 'a member that nobody recorded' \
    '^fdferry_result.more is not recorded: make record-values$' \
    's/^	int oserr;/	int oserr, more;/'
noticed '' 'a macro that is gone' '^FDFERRY_TRUNCATED is recorded, and gone$' \
    '/^#define FDFERRY_TRUNCATED/d'
