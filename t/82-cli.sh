#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/82-cli.sh - help, version, info; every wrong argument gives one line and
# status 2 and starts nothing.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
make_dir
mkdir "$dir/in"
cd "$dir/in" || exit 99
long=./$(printf '%0200d' 0)
LF='
'

plan 98

for verb in '' send recv dial info; do
	run $verb --help
	test "$rc" = 0 && grep -q '^Usage: fdferry' "$dir/out" &&
	    test ! -s "$dir/err" && ! grep -q '.\{80\}' "$dir/out"
	ok $? "fdferry $verb --help" "$dir/out" "$dir/err"
	if test -c /dev/full && test -w /dev/full; then
		limit 10 "$fdferry" $verb --help >/dev/full 2>"$dir/err"
		rc=$?
		said 1 'standard output: ' "fdferry $verb --help, disk full"
	else
		skip 'no /dev/full'
	fi
done
run --version
test "$rc" = 0 && grep -q '^fdferry [0-9.]*$' "$dir/out" &&
    grep -q 'Licence 0BSD' "$dir/out" && test ! -s "$dir/err"
ok $? '--version tells version and licence' "$dir/out" "$dir/err"

# Before the verb.
wrong 'a verb is needed'
wrong 'fdferry: frob: no such verb' frob
wrong 'fdferry: -: no such verb' -
wrong 'fdferry: --frob: unknown option' --frob
wrong 'fdferry: -h: unknown option' -h
wrong 'fdferry: --version: takes no value' --version=1
wrong 'a verb is needed' --
wrong 'no such verb' "a${LF}b"
run --help=x
said 2 'takes no value\|unknown option' '--help=x'

# info
wrong 'fdferry info: --frob: unknown option' info --frob
wrong 'fdferry info: --json: takes no value' info --json=yes
wrong 'info takes no argument' info x
wrong 'info takes no argument' info -- --json

# Options in general.
wrong '--: unknown\|SOCKET is missing' send --
wrong '-x: unknown option' send -x
wrong '--co: ambiguous: --count or --connect' recv --co
wrong '--count: a value must follow' recv ./s --count
wrong '--exec: a command must follow' recv ./s --exec
wrong '--exec: a command must follow' recv ./s --exec ''
wrong '--exec: give the command as the next' recv ./s --exec=touch
wrong '--=: unknown option\|--: unknown option' recv --=
wrong '--a\\x0ab: unknown option' recv "--a${LF}b"

# SOCKET
wrong 'SOCKET is missing' send
wrong 'SOCKET is missing' recv
wrong 'SOCKET is missing' recv --json
wrong 'one SOCKET only' recv ./s ./t
wrong 'nothing to send' send ./s
wrong 'give a path, as ./s' send s x
wrong 'give a path' recv 127.0.0.1:80
wrong 'give a path' recv ''
wrong 'empty' recv unix:
wrong 'NUL' recv 'unix:a\x00b'
wrong '202 bytes.*may have [0-9]* here' recv "$long"
wrong '202 bytes.*may have [0-9]* here' send "$long" x
wrong '202 bytes.*may have [0-9]* here' recv "unix:$long"
case $system in
Linux)
	wrong 'anybody may use an abstract name' recv @fdferry-test
	wrong 'anybody may use an abstract name' send @fdferry-test x
	wrong 'the name has 0 bytes' recv @ --allow-uid 0
	;;
*)
	wrong 'exist on Linux only: use a path' recv @fdferry-test
	wrong 'exist on Linux only: use a path' send @fdferry-test x
	wrong 'exist on Linux only: use a path' recv @ --allow-uid 0
	;;
esac

# Values
for bad in 0 -1 x '' 5x ' 5' +5 65537 99999999999999999999; do
	wrong '--count: .*\(whole number\|out of range\)' \
	    recv ./s "--count=$bad"
done
for bad in 0 -1 x '' . 5. 1e3 0.0001 3000000 2147483649 \
    99999999999999999999; do
	wrong '--timeout: .*\(number of seconds\|out of range\)' \
	    recv ./s --timeout "$bad"
done
wrong '--timeout: .*out of range' send ./s x --timeout 0
wrong '--timeout: .*out of range' dial h 1 --timeout=0
wrong '--mode: .*octal' recv ./s --mode 888
wrong '--mode: .*octal' recv ./s --mode 1777
wrong '--mode: .*octal' recv ./s --mode rw
wrong '--mode: .*octal' send ./s x --listen --mode ''
wrong '--owner: .*no such user' recv ./s --owner no-such-user-here
wrong '--owner: .*no such user' recv ./s --owner ''
wrong '--owner: .*no such group' recv ./s --owner 0:no-such-group-here
wrong '--allow-uid: .*no such user' recv ./s --allow-uid no-such-user-here
wrong '--allow-uid: .*no such user' recv ./s --allow-uid -1
wrong '--allow-uid: .*no such user' recv ./s --allow-uid 4294967295
wrong '--kind: "frob" is no kind' recv ./s --kind file,frob
wrong '--kind: "" is no kind' recv ./s --kind ''

# What does not go together.
wrong '--mode and --owner' recv ./s --connect --mode 600
wrong '--mode and --owner need --listen' send ./s x --owner 0
wrong '--wait needs --connect' recv ./s --wait
wrong '--wait and --listen exclude' send ./s x --wait --listen
wrong '--json and --exec exclude' recv ./s --json --exec touch started

# dial
wrong 'HOST and PORT are needed' dial
wrong 'HOST and PORT are needed' dial h
wrong 'only HOST and PORT' dial h 1 2
wrong 'PORT: .*out of range' dial h 0
wrong 'PORT: .*out of range' dial h 65536
wrong 'PORT: .*whole number' dial h ssh
wrong 'HOST is empty' dial '' 1

set -- *
test "$#" = 1 && test "$1" = '*'
ok $? "nothing was started or made: $*"

# info
"$fdferry" info >"$dir/out" 2>"$dir/err"
grep -q "^version: " "$dir/out" && grep -q "^backend: " "$dir/out" &&
    grep -q "^kernel.name: $(uname -s)\$" "$dir/out" &&
    ! grep -v '^[a-z][a-z0-9._]*: ' "$dir/out"
ok $? 'info: one "name: value" a line' "$dir/out" "$dir/err"
if "$python" -c 'import json' 2>/dev/null; then
	"$fdferry" info --json | "$python" -c '
import json, sys
lines = dict(l.rstrip("\n").split(": ", 1) for l in open(sys.argv[1]))
pairs = json.load(sys.stdin, object_pairs_hook=list)
assert len(pairs) == len(lines), "a name stands twice"
assert dict(pairs) == lines, (pairs, lines)' "$dir/out" 2>"$dir/err"
	ok $? 'info --json is the same as JSON' "$dir/err"
else
	skip 'no python3'
fi
