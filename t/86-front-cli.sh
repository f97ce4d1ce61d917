#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-front-cli.sh - front and worker: every option, rule and line of a
# configuration file wrong in turn gives one line and status 2, and starts
# nothing.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
"$fdferry" front --help >/dev/null 2>&1 || skip_all 'no front in this build'
make_dir
mkdir "$dir/in"
cd "$dir/in" || exit 99
long=/$(printf '%0200d' 0)

# A front that would start but for what is added.
front() {
	pattern=$1
	shift
	wrong "$pattern" front --listen unix:in.sock --worker w=./w.sock \
	    --default w "$@"
}
# The same from a file of these lines: its name and line are told.
file() {
	at=$1 pattern=$2
	shift 2
	printf '%s\n' 'listen unix:in.sock' 'worker w=./w.sock' 'default w' \
	    "$@" >c.conf
	wrong "c.conf:$at: .*$pattern" front --config c.conf
	rm c.conf
}

plan 150

for verb in front worker status ctl; do
	run $verb --help
	test "$rc" = 0 && grep -q "^Usage: fdferry $verb" "$dir/out" &&
	    test ! -s "$dir/err" && ! grep -v '/fdferry\.conf$' "$dir/out" |
	    grep -q '.\{80\}'
	ok $? "fdferry $verb --help" "$dir/out" "$dir/err"
done

# Options.
front '--frob: unknown option' --frob
front '-l: unknown option' -l 1
front '--listen: a value must follow' --listen
front '--max: ambiguous' --max 5
front '--check: takes no value' --check=yes
front 'more: not expected' more
front '--look-time: "x" is not a number' --look-time x
front '--look-time: 0 is out of range' --look-time 0
front '--look-time: .*out of range' --look-time 4000000
front '--look-size: "big" is not a whole number' --look-size big
front '--look-size: 1 is out of range: use 64 to 65536' --look-size 1
front '--look-size: 1000000 is out of range' --look-size 1000000
front '--wait: "" is not a number' --wait ''
front '--max-waiting: 0 is out of range' --max-waiting 0
front '--max-waiting: "-" is not' --max-waiting -
front '--max-per-source: 0 is out of range' --max-per-source 0
front '--log xml: use text, json or none' --log xml
front '--mode: 9: give permissions in octal' --mode 9
front '--owner: no-such-user-here: no such user' --owner no-such-user-here
front '--user: no-such-user-here: no such user' --user no-such-user-here
front '--user: 0:no-such-group-here: no such group' --user 0:no-such-group-here
front '--allow-uid: no-such-user-here' --allow-uid no-such-user-here
wrong 'missing.conf: cannot be opened: No such file' front --config missing.conf
if has_backend; then
	wrong 'nothing to listen on' front --worker w=./w.sock --default w
	wrong 'expected the path of a front' front --takeover 127.0.0.1:80 \
	    --worker w=./w.sock --default w
else
	skip 'no backend: that is said first'
	skip 'no backend: that is said first'
fi
wrong 'no worker' front --listen unix:in.sock
wrong 'default' front --listen unix:in.sock --worker w=./w.sock

front '--ack-time: 0 is out of range' --ack-time 0
front '--max-queue: "x" is not' --max-queue x
front '--max-outstanding: 0 is out of range' --max-outstanding 0
front '--max-children: 0 is out of range' --max-children 0
front '--overflow drop: use wait, default or refuse' --overflow drop
front '--pool: ' --pool p
front '--pool: ' --pool p=
front '--pool: p: unknown worker "x"' --pool p=x
front '--pool: p: unknown worker "x"' --pool 'p=w backup=x'
front '"stay=1": expected stay=address' --pool 'p=w stay=1'
front 'a worker has this name' --pool w=w
front 'there is no pool\|already' --pool p=w --pool p=w
front 'expected a program behind exec:' --worker x=exec:
front 'worker x: ' --worker x=ack:nowhere
front '--control 127.0.0.1:80: expected' --control 127.0.0.1:80
front '--control @name: expected' --control @name
front '--control unix:: the path is empty' --control unix: --check
front '--takeover x: expected' --takeover x --check
front '--takeover .*the path has 201 bytes' --takeover "$long"

# Addresses.
front '127.0.0.1:x' --listen 127.0.0.1:x
front '127.0.0.1:70000' --listen 127.0.0.1:70000
front '127.0.0.1' --listen 127.0.0.1
front '::1:80\|brackets' --listen ::1:80
front 'the path has 201 bytes' --listen "unix:$long"
front 'abstract' --listen @name
front 'Unix sockets only' --worker t=127.0.0.1:80
front 'the path has 201 bytes' --worker "t=$long"

front '--reuse-port' --reuse-port

# Workers and defaults.
front '--worker: ' --worker t
front '--worker: ' --worker =./t.sock
front '--worker: ' --worker 't t=./t.sock'
front '--worker: .*w' --worker w=./other.sock
front '--default: ' --default w
wrong 'none' front --listen unix:in.sock --worker w=./w.sock --default none
wrong '--default: ' front --listen unix:in.sock --worker w=./w.sock --default ''

# Proxies.
front '--proxy-from: a value must follow' --proxy-from
front '--proxy-from: a network is missing' --proxy-from ''
front '--proxy-from: "localhost" is no address' --proxy-from localhost
front '--proxy-from: "192.0.2.1/24" has bits' --proxy-from ::1,192.0.2.1/24
front '--proxy-from: a network is missing' --proxy-from '::1, '
front '--proxy-from: "::2" behind a network' --proxy-from '::1 ::2'
front 'proxy=yes never matches: .*proxy-from' --rule 'r: proxy=yes -> w'
front '--rule: .*yes or no' --proxy-from ::1 --rule 'r: proxy=::1 -> w'

# Rules: --rule names itself, and what would be right.
front '--rule: ' --rule ''
front '--rule: ' --rule 'r'
front '--rule: ' --rule 'r:'
front '--rule: ' --rule 'r: -> w'
front '--rule: ' --rule 'r: host=a'
front '--rule: ' --rule 'r: host=a ->'
front '--rule: .*frob' --rule 'r: frob=a -> w'
front '--rule: .*from, to, listener' --rule 'r: hots=a -> w'
front 'nowhere' --rule 'r: host=a -> nowhere'
front '--rule: .*host' --rule 'r: host=a host=b -> w'
front '--rule: .*tls' --rule 'r: tls=maybe -> w'
front '--rule: ' --rule 'r: from=1.2.3 -> w'
front '--rule: ' --rule 'r: from=1.2.3.4/33 -> w'
front '--rule: ' --rule 'r: from=1.2.3.4/8 -> w'
front '--rule: ' --rule 'r: from=fe80::/129 -> w'
front '--rule: ' --rule 'r: to=:99999 -> w'
front '--rule: .*colon' --rule 'r: listener=a:b -> w'
front '--rule: .*255 bytes' --rule "r: alpn=x$long$long -> w"
front '--rule: .*TLS hides' --rule 'r: alpn=h2 host=a -> w'
front '--rule: ' --rule 'r: path=v1 -> w'
front '--rule: ' --rule 'r: host=a*b -> w'
front '--rule: ' --rule 'r: method=G/T -> w'
front '--rule: ' --rule 'r: bytes="\xZZ" -> w'
front '--rule: ' --rule 'r: bytes="a -> w'
front '--rule: ' --rule 'r: tls=yes host=a -> w'
front '--rule: ' --rule 'default: host=a -> w'
front 'r' --rule 'r: host=a -> w' --rule 'r: host=b -> w'

# A configuration file, line by line.
file 4 '"frob x": expected listen, worker, pool, default, proxy-from or NAME: ' 'frob x'
file 4 'a network is missing' 'proxy-from'
file 5 '"x" is no address' 'proxy-from unix' 'proxy-from ::1, x'
file 4 '' 'listen'
file 4 '' 'worker x'
file 4 '' 'default w'
file 4 '' 'r: host=a'
file 4 '127.0.0.1:70000: the port is a number' 'listen 127.0.0.1:70000'
file 4 'no-port: an address is' 'listen no-port'
file 4 'abstract name' 'listen @name'
file 4 'worker x: ::1:80: put' 'worker x=ack:::1:80'
file 4 'Unix sockets only' 'worker x=127.0.0.1:80'
file 4 'expected a program behind exec:' 'worker x=exec:'
file 5 '' 'r: host=a -> w' 's: hots=a -> w'
file 4 'nowhere' 'r: host=a -> nowhere'
file 4 '' 'r: host=a -> w junk here'
printf 'listen unix:in.sock\nworker w=./w.sock\ndefault w\n\0\n' >nul.conf
wrong 'nul.conf:4: ' front --config nul.conf
long() { # comments of $1 bytes, with LF and with CR LF, behind good lines
	printf 'listen unix:in.sock\nworker w=./w.sock\ndefault w\n'
	printf '#%*s\n#%*s\r\n' $(($1 - 1)) '' $(($1 - 1)) ''
}
long 8192 >long.conf
run front --config long.conf --check
ok $rc 'lines of 8192 bytes are read' "$dir/err"
long 8193 >long.conf
wrong 'long.conf:4: the line is too long: expected at most 8192 bytes' \
    front --config long.conf --check
mkdir directory
wrong 'directory' front --config directory
printf 'listen unix:in.sock\nworker w=./w.sock\ndefault w\n' >good.conf
wrong '--config good.conf excludes' front --config good.conf --listen unix:x
wrong '--config good.conf excludes' front --config good.conf --default w
wrong '--config good.conf excludes .*--proxy-from' front --config good.conf \
    --proxy-from unix
run front --config good.conf --check
test "$rc" = 0 && grep -q '^ok: 0 rules, 1 workers$' "$dir/out"
ok $? 'a good one: --check says ok' "$dir/out" "$dir/err"
printf 'listen unix:in.sock\nworker w=/\nworker\n' >bad.conf
wrong 'bad.conf:3: ' front --config bad.conf --check

# worker and status
wrong '--wire x: use plain or ack' worker ./s --wire x --exec cat
wrong 'SOCKET is missing' status
wrong 'b: one SOCKET' status ./a b
wrong 'Unix socket' status 127.0.0.1:80
wrong '--json and --prometheus exclude' status --json --prometheus ./a
wrong 'SOCKET is missing' ctl
wrong 'what is to be done? use drain WORKER' ctl ./a
wrong 'halt: no such order: use drain' ctl ./a halt w
wrong 'drain: which WORKER' ctl ./a drain
wrong 'x: one WORKER only' ctl ./a drain w x
wrong 'w: not expected behind list' ctl ./a list w
wrong '--json is for list' ctl ./a drain w --json
wrong 'no worker has so long a name' ctl ./a drain "$long$long"
wrong 'Unix socket' ctl 127.0.0.1:80 list
wrong 'SOCKET is missing' worker
wrong '--exec CMD is missing' worker ./s
wrong '--exec: a command must follow' worker ./s --exec
wrong 'b: only one SOCKET' worker ./s b --exec cat
wrong 'Unix sockets only\|path' worker 127.0.0.1:80 --exec cat
wrong 'abstract' worker @name --exec cat
wrong 'the path has 201 bytes' worker "$long" --exec cat
wrong '--max-children: 0 is out of range' worker ./s --max-children 0 --exec cat
wrong '--mode: ' worker ./s --mode x --exec cat

# Nothing was made or started, beside what we made here.
left=$(find . -type s -o -name '*.lock')
test -z "$left"
ok $? "nothing was started or made: $left"
