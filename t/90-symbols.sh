#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/90-symbols.sh - public names are fdferry_, private ones fdferry__; the
# shared library exports exactly the list in lib/fdferry.sym; the library
# never calls what the laws forbid.
srcdir=${srcdir:-.}
build=${FDFERRY_LIBDIR:-.}
lib=$build/.libs
nm=${NM:-nm}
if ! $nm --version >/dev/null 2>&1; then
	echo "1..0 # SKIP no nm"
	exit 0
fi
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
# Also where configure was given a prefix for all of them.
prefix=$(sed -n 's/^fdferry_prefix = //p' "$build/Makefile" 2>/dev/null)
sh "$srcdir/lib/prefix.sh" --list "$prefix" >"$dir/sym"
echo 1..11
n=0
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
skip() {
	n=$((n + 1))
	echo "ok $n # SKIP $1"
}

if [ -f "$lib/libfdferry.a" ]; then
	# Names that begin with __ are the compiler's own.
	bad=$($nm -g "$lib/libfdferry.a" | awk 'NF == 3 && $2 != "U" {print $3}' |
	    sed "s/^_${prefix}fdferry/${prefix}fdferry/" |
	    grep -v -e "^${prefix}fdferry_" -e '^__' |
	    head -5)
	[ -z "$bad" ]
	result $? "static library: every global name starts with fdferry_ $bad"
	$nm -g "$lib/libfdferry.a" | awk 'NF == 3 && $2 != "U" {print $3}' |
	    sed "s/^_${prefix}fdferry/${prefix}fdferry/" |
	    grep "^${prefix}fdferry_[^_]" | sort >"$dir/a"
	diff "$dir/a" "$dir/sym" >&2
	result $? "static library: what is not in the list is fdferry__"
else
	skip "no static library"
	skip "no static library"
fi
if [ -f "$lib/libfdferry.so" ]; then
	$nm -D --defined-only "$lib/libfdferry.so" | awk '$2 != "A" {print $3}' |
	    sed 's/@.*//' | sort >"$dir/so"
	diff "$dir/so" "$dir/sym" >&2
	result $? "shared library: exports exactly lib/fdferry.sym"
else
	skip "no ELF shared library"
fi

# What the objects NAME... call, whichever way they were built.
calls() {
	for name; do
		for file in "$build/lib/libfdferry_la-$name.o" \
		    "$build/lib/.libs/libfdferry_la-$name.o"; do
			test ! -f "$file" || $nm -u "$file"
		done
	done | awk '{print $NF}' | sed -e 's/^_*//' -e 's/@.*//' | sort -u
}
for source in "$srcdir"/lib/*.c; do
	calls "$(basename "$source" .c)"
done >"$dir/all"
calls message wait close errno backend-cmsg backend-none >"$dir/message"
grep -q fdferry "$dir/message"
result $? "the objects can be read"
! grep -E '^(shutdown|CMSG_NXTHDR|cmsg_nxthdr)$' "$dir/all" >&2
result $? "law 4, 6: neither shutdown() nor CMSG_NXTHDR in the library"
# Also the names that a fortifying compiler makes of them.
! grep -E '^(malloc|calloc|realloc|free|strdup|alloca|v?f?printf|v?sn?printf|puts|f[a-z]*open|fwrite|strerror|getenv|syslog|exit|abort|pthread_mutex_.*)(_chk)?$' \
    "$dir/message" >&2
result $? "law 8: no allocation, no stdio, no locks in the message layer"

# Whoever copies lib/ gives no options: private names are hidden all the same;
# and all are where the library is a part of something.
hidden() {	# EXPECTED OPTION...: what a shared object exports
	expected=$1
	shift
	# shellcheck disable=SC2086 # a compiler and its options
	${CC:-cc} "$@" -fPIC -shared -w -I"$srcdir/lib" -o "$dir/x.so" \
	    "$srcdir"/lib/*.c || return
	$nm -D --defined-only "$dir/x.so" | awk '$3 ~ /fdferry/ {print $3}' |
	    sort | diff "$expected" - >&2
}
: >"$dir/empty"
# Windows' objects know no visibility; a persona of it makes ELF all the same.
cat >"$dir/x.c" <<'END'
#if defined _WIN32 || defined __CYGWIN__
# error no ELF
#endif
int x(void);
int x(void) { return 0; }
END
# shellcheck disable=SC2086
if ${CC:-cc} -fPIC -shared -o "$dir/x.so" "$dir/x.c" 2>/dev/null &&
    $nm -D --defined-only "$dir/x.so" 2>/dev/null | grep -q ' x$'; then
	hidden "$srcdir/lib/fdferry.sym"
	result $? "no option is needed to keep private names private"
	hidden "$dir/empty" -DFDFERRY_STATIC
	result $? "FDFERRY_STATIC keeps them all"
else
	skip "no ELF shared objects"
	skip "no ELF shared objects"
fi

# What cannot fail, or is the compiler's: everything else that the library
# calls is made to fail by t/26-faults.c; but for those in the last line, of
# some systems alone, which it does not know.
no_call='errno_location errno_loc errno ___errno isalnum ctype_b_loc stack_chk_fail
    stack_chk_guard GLOBAL_OFFSET_TABLE_ tls_get_addr
    free bcmp mem[a-z]* str[a-z]* v?sn?printf inet_ntop ntohs if_freenameindex
    getpid geteuid getuid sig[a-z]*set sigismember sigpending sigwait pthread_sigmask
    gcov_.* llvm_.* asan_.* ubsan_.* sanitizer_.* fault_.* persona_.*
    dup getpeereid getpeerucred ucred_[a-z]* xnet_sendmsg xnet_recvmsg'
# shellcheck disable=SC2086 # words
words=$(printf '%s|' $no_call)
awk -F'"' '/^\t\{ "/ { print $2 }' "$srcdir/t/faults.c" | sort >"$dir/faults"
# Where a name has a version or a suffix of the ABI, it is the same call.
sed -e 's/_chk$//' -e 's/_time64$//' -e 's/64$//' -e 's/50$//' "$dir/all" |
    grep -v '^fdferry' | grep -vxE "${words%|}" | sort -u >"$dir/real"
bad=$(comm -23 "$dir/real" "$dir/faults" | tr '\n' ' ')
case $(uname -s) in
Linux)
	test -s "$dir/real" && test -z "$bad"
	result $? "every call that the library makes can fail in t/26-faults.c $bad"
	;;
*)	skip "the names of the C library's symbols are not known here" ;;
esac
bad=$(grep -o -e '-D[a-z_]*=fault_[a-z_]*' "$srcdir/t/tests.am" |
    sed 's/-D\(.*\)=fault_\1$/\1/' | sort | comm -3 - "$dir/faults" | tr '\n' ' ')
test -z "$bad"
result $? "each of those calls is renamed for it $bad"
# These ask nothing of the system.
bad=$(grep -vxE 'fdferry_(version|feature|feature_get|max_fds|meta_.*)' \
    "$srcdir/lib/fdferry.sym" | while read -r name; do
	grep -q "$name(" "$srcdir/t/26-faults.c" || printf '%s ' "$name"
done)
test -z "$bad"
result $? "every public function is called in t/26-faults.c $bad"
