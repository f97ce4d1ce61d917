#!/bin/sh
# SPDX-License-Identifier: 0BSD
# "make check-abi" reads Rust and Go as text: it must read them right, name what
# it cannot, and compare. Its sources are not here; t/abi/fixture has their
# shapes. Run in the build directory.

src=$(cd "${srcdir:-.}" && pwd)
python=${PYTHON3:-python3}
"$python" -c 'import sys; sys.version_info >= (3, 7) or 1 / 0' 2>/dev/null || {
	echo '1..0 # SKIP no Python 3.7 or newer'
	exit 0
}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
tmp=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
n=0
ok() {
	n=$((n + 1))
	if test "$1" = 0; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}
echo 1..41
crate=$src/t/abi/fixture/crate go=$src/t/abi/fixture/go

# says EXPECTED WHAT ARGUMENT...: the answers, with ", " between them.
says() {
	expected=$1 what=$2
	shift 2
	"$python" "$src/t/abi/sources.py" "$@" >"$tmp/out" 2>&1
	test "$(sed 's/.*: //' "$tmp/out" | paste -s -d, -)" = "$expected"
	ok $? "$what"
}
rust() {
	expected=$1 what=$2
	shift 2
	says "$expected" "Rust: $what" crate "$crate" \
	    "${target:-os=plain arch=x86_64 bits=64}" "$@"
}

# ---- Rust ----
rust 1 'comments and strings are none' BOTH
rust 65295 'bits turned, of a type of 32' MASK
rust 19 'shift before or' SHIFTED
rust -2147483637 'a cast that makes it negative' NEGATIVE
rust 20 'a sum of names' BY_NAME
rust 1 'a name of the module itself is before those it takes in' SHADOWED
rust 5 'a name of a module within' BELOW
rust 64 'by the word size' WORD
target='os=plain arch=x86 bits=32' rust 32 'and the other' WORD
rust 2 'cfg_if: the first branch that holds' CHOSEN
target='os=padded arch=x86_64 bits=64' rust 1 'and it alone' CHOSEN
target='os=none arch=x86_64 bits=64' rust 1 'not and any' ELSEWHERE
rust 'not in crate' 'a branch that is not taken is not there' ELSEWHERE
rust 'not in crate,not in crate' 'what is nowhere is said so' NOWHERE 'sizeof nothing'
rust '32,24,4' 'a layout with a pointer to a function' 'sizeof msghdr' \
    msghdr.msg_flags 'sizeof msghdr.msg_flags'
target='os=padded arch=x86_64 bits=64' rust '40,32' 'a member by cfg, of an array' \
    'sizeof msghdr' msghdr.msg_flags
target='os=plain arch=x86 bits=32' rust '16,12' '32 bits' 'sizeof msghdr' msghdr.msg_flags
rust '20,4,12' 'packed' 'sizeof packed_s' packed_s.b packed_s.c
rust 4 'a union' 'sizeof either'
target='os=padded arch=x86_64 bits=64' rust 32 'aligned by cfg_attr' 'sizeof either'
rust '16,24,16' 'functions: let, const, if, calls' 'CMSG_LEN(0)' 'CMSG_SPACE(4)' \
    'CMSG_SPACE(0)'
rust 'True,False' 'a function that is declared, and one by cfg' 'accept4()' 'flock()'

cp -R "$crate" "$tmp/crate" && chmod -R u+w "$tmp/crate"
# cannot WHAT SED MESSAGE: what is not understood is named, and ends it.
cannot() {
	sed "$2" "$crate/unix/bsd/mod.rs" >"$tmp/crate/unix/bsd/mod.rs"
	! "$python" "$src/t/abi/sources.py" crate "$tmp/crate" \
	    'os=plain arch=x86_64 bits=64' 'CMSG_LEN(0)' BELOW >"$tmp/out" 2>&1 &&
	    grep -F -e "$3" "$tmp/out" >/dev/null
	ok $? "Rust: $1"
}
cannot 'a method is not guessed' 's/sum & !BYTES/sum.next()/' "goes on with '.'"
cannot 'nor a name for two things' 's/^pub const BELOW/pub const BELOW: c_int = 6;\n&/' \
    'BELOW is in unix/bsd/mod.rs'
cannot 'nor an unknown item' 's/^pub const BELOW/pub gen BELOW/' 'an item begins with'
cannot 'nor another measure' 's/size_of::<c_int>()/align_to::<c_int>()/' 'align_to'

# ---- Go ----
golang() {
	expected=$1 what=$2
	shift 2
	says "$expected" "Go: $what" go "$go" freebsd/386/32 "$@"
}
golang '2,-1' 'numbers, of this system' MSG_PEEK SOL_NEG
golang '35,32' 'numbers of errors' EAGAIN EPIPE
golang '28,24,12,0,2,104' 'layouts' 'sizeof msghdr' msghdr.msg_flags \
    'sizeof cmsghdr' cmsghdr.cmsg_len sockaddr_un.sun_path 'sizeof sockaddr_un.sun_path'
golang '16,24' 'the alignment of control messages' 'CMSG_LEN(0)' 'CMSG_SPACE(4)'
golang 'not in Go,not in Go' 'what is nowhere' MSG_NOWHERE 'sizeof ucred'
cp -R "$go" "$tmp/go" && chmod -R u+w "$tmp/go"
sed 's/SizeofMsghdr  = 0x1c/SizeofMsghdr  = 0x20/' "$go/ztypes_freebsd_386.go" \
    >"$tmp/go/ztypes_freebsd_386.go"
! "$python" "$src/t/abi/sources.py" go "$tmp/go" freebsd/386/32 'sizeof msghdr' \
    >"$tmp/out" 2>&1 && grep 'Msghdr is 28 by its members, and said to be 32' "$tmp/out" >/dev/null
ok $? 'Go: a size that its members do not make'
sed 's/salign = 8/salign = pick(8)/' "$go/sockcmsg_unix_other.go" >"$tmp/go/sockcmsg_unix_other.go"
! "$python" "$src/t/abi/sources.py" go "$tmp/go" freebsd/386/32 'CMSG_LEN(0)' \
    >"$tmp/out" 2>&1 && grep 'cmsgAlignOf: .salign = pick(8)' "$tmp/out" >/dev/null
ok $? 'Go: an alignment that is not understood'

# ---- the tree, and the comparison ----
cc=${CC:-cc}
case $cc in
*personas/*) cc=${PERSONA_CC:-cc} ;;
esac
# A source of that shape has few of the names: each is missed, by its name.
cp "$crate/unix/bsd/mod.rs" "$tmp/crate/unix/bsd/mod.rs"
mkdir "$tmp/libc" && mv "$tmp/crate" "$tmp/libc/src" &&
    printf 'version = "0.0.1"\n' >"$tmp/libc/Cargo.toml"
compare() {
	"$python" "$src/t/abi/check.py" --cc "$cc" --crate "$tmp/libc/src" "$@"
}
if "$cc" -E -undef -nostdinc -x c /dev/null >/dev/null 2>&1; then
	! compare haiku-x86_64 >"$tmp/out" 2>&1
	ok $? 'a source that lacks what lib/ uses is different'
	grep 'DIFFERENT haiku-x86_64: SOL_SOCKET is there by used by lib/.*, and not by crate libc 0.0.1' \
	    "$tmp/out" >/dev/null
	ok $? 'and the name is said'
	grep 'not in crate: .*MSG_PEEK' "$tmp/out" >/dev/null
	ok $? 'what it has not is said to be not in it'
	compare --least 5000 haiku-x86_64 >"$tmp/out" 2>&1
	grep 'haiku-x86_64: fewer than 5000 values' "$tmp/out" >/dev/null
	ok $? 'too few values are an error'
	# A machine without 32-bit programs cannot ask such a persona, and then
	# cannot say that the record is stale.
	printf '#!/bin/sh\ncase " $* " in *" -m32 "*) exit 1 ;; esac\nexec %s "$@"\n' "$cc" >"$tmp/cc64" &&
	    chmod +x "$tmp/cc64" &&
	    printf 'netbsd-i386\t1\t0\t0\tcrate libc 0.0.1\n' >"$tmp/record"
	"$tmp/cc64" -E -x c /dev/null -dM 2>/dev/null | grep '__LP64__ 1' >/dev/null
	lp64=$?
	cc=$tmp/cc64 compare --recorded "$tmp/record" netbsd-i386 >"$tmp/out" 2>&1
	test "$lp64" != 0 ||
	    { grep 'persona netbsd-5: the compiler makes no programs of 32 bits' \
		"$tmp/out" >/dev/null && ! grep 'make record-abi' "$tmp/out"; }
	ok $? 'a persona of a word size that this machine lacks is not asked'
else
	for what in 'what lib/ uses' 'its name' 'not in it' 'too few' 'a word size'; do
		n=$((n + 1))
		echo "ok $n - $what # SKIP $cc does not say what it preprocesses"
	done
fi

# What portability.md says of it.
"$src/matrix/report" >"$tmp/out" 2>&1 &&
    grep '^| haiku-x86_64 | [0-9]* | 0 | [0-9]* | crate libc ' "$tmp/out" >/dev/null &&
    ! grep '^| [a-z]* | haiku' "$tmp/out" >/dev/null
ok $? 'portability.md has a row of it, as a source'
cut -f1 "$src/t/abi/systems" | grep -v '^#' >"$tmp/systems"
sed -n 's/^\([a-z0-9_-]*\)	.*/\1/p' "$src/matrix/second" >"$tmp/second"
diff "$tmp/systems" "$tmp/second" >"$tmp/out"
ok $? 'and of each system of t/abi/systems'
awk -F '\t' 'NF == 5 { n++; if ($2 < 15) print } END { if (n < 8) print n }' \
    "$src/matrix/second" >"$tmp/out"
test ! -s "$tmp/out"
ok $? 'eight systems and more, each with 15 values and more'
