#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/88-front-calls.sh - a front makes few calls on a connection. Of them only
# recv with MSG_PEEK comes near its data. shutdown() is called on no connection,
# only on what the front has connected itself: the link to its worker.
srcdir=${srcdir:-.}
fdferry=${FDFERRY:-./fdferry}
python=${PYTHON3:-python3}
skip() { echo "1..0 # SKIP $1"; exit 0; }
"$fdferry" front --help >/dev/null 2>&1 || skip 'this build has no front'
test "$("$fdferry" info | sed -n 's/^backend: //p')" != none ||
    skip 'no backend'
strace -o /dev/null true 2>/dev/null || skip 'no usable strace'
"$python" -c 'import socket' 2>/dev/null || skip 'no Python 3'
"$python" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.connect(s.getsockname())' 2>/dev/null || skip 'no loopback'
dir=$(mktemp -d) || exit 99
pids=
# shellcheck disable=SC2317,SC2329 # called by trap
end() {
	# shellcheck disable=SC2086 # a list
	test -z "$pids" || kill $pids 2>/dev/null
	wait
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
waitfor() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		test $tries -lt 200 || { echo "Bail out! no $*"; exit 99; }
		sleep 0.05
	done
}
echo 1..7
"$fdferry" worker "$dir/w.sock" --exec cat 2>"$dir/worker.log" &
pids=$!
waitfor test -S "$dir/w.sock"
# -D: the tracer is the grandchild, $! is the front.
strace -D -f -o "$dir/trace" "$fdferry" front --listen 127.0.0.1:0 \
    --worker w="$dir/w.sock" --rule 'h: host=x.example -> w' \
    --rule 't: tls=yes -> w' --default w 2>"$dir/front.log" &
front=$!
pids="$pids $front"
waitfor grep 'worker-up' "$dir/front.log"
port=$(sed -n 's/.* listening address=127.0.0.1://p' "$dir/front.log")
timeout 20 "$python" - "$port" >"$dir/got" <<'END'
import socket, sys, time
for pieces in ([b"plain"], [b"GET / HTTP/1.1\r\n", b"Host: x.example\r\n",
               b"\r\n"], [b"\x16\x03", b"\x01\x00\x02\x01\x00"], [b""]):
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    sock.settimeout(10)
    for piece in pieces:
        sock.sendall(piece)
        time.sleep(0.05)
    sock.shutdown(socket.SHUT_WR)
    got = b""
    while True:
        piece = sock.recv(4096)
        if not piece:
            break
        got += piece
    print(got == b"".join(pieces))
END
test "$(cat "$dir/got")" = "True
True
True
True"
result=$?
test $result = 0 || sed 's/^/# /' "$dir/got" "$dir/front.log"
test $result = 0 || printf 'not '
echo 'ok 1 - four connections, each answered in full by its worker'
kill "$front"
waitfor grep -E '^[0-9]+ +\+\+\+ ' "$dir/trace"
awk -f "$srcdir/demo.d/trace.awk" "$dir/trace" >"$dir/calls"
result=$?
test $result = 0 || { printf 'not '; }
echo 'ok 2 - no call but recv with MSG_PEEK comes near their data'
sed 's/^/#/' "$dir/calls"
grep -q '4 passed in SCM_RIGHTS' "$dir/calls" &&
    grep -q '4 accepted' "$dir/calls" && grep -q '4 closed' "$dir/calls" ||
    printf 'not '
echo 'ok 3 - all four were accepted, passed and closed'
# Numbers come again: what each stands for is followed through the trace.
cat >"$dir/shutdown.awk" <<'AWK'
/ = -1 / { next }
{ sub(/^[0-9]+ +/, "") }
match($0, /\([0-9]+/) { fd = substr($0, RSTART + 1, RLENGTH - 1) }
/^accept4?\(/ { fd = $NF; link[fd] = 0; next }
/^connect\([0-9]+, \{sa_family=AF_UNIX/ { link[fd] = index($0, worker) > 0 }
/^close\(/ { link[fd] = 0 }
/^shutdown\(/ {
	if (link[fd] && /SHUT_WR\)/) good++
	else { bad++; print "# " $0 }
}
END { exit good != 1 || bad > 0 }
AWK
awk -v worker="$dir/w.sock" -f "$dir/shutdown.awk" "$dir/trace" ||
    printf 'not '
echo 'ok 4 - shutdown() is called once, for writing, on the link to the worker'
# That test can fail.
printf '%s\n' '1 connect(5, {sa_family=AF_UNIX, sun_path="W"}, 9) = 0' \
    '1 close(5) = 0' '1 accept4(3, NULL, NULL, 0) = 5' \
    '1 shutdown(5, SHUT_WR) = 0' >"$dir/false"
! awk -v worker=W -f "$dir/shutdown.awk" "$dir/false" >/dev/null ||
    printf 'not '
echo 'ok 5 - on a connection with the number of the link it would be seen'
# Where addresses decide, a connection is accepted, passed on and closed; there
# may be a call to wait for it, and one that finds no other.
strace -D -f -o "$dir/trace2" "$fdferry" front --listen 127.0.0.1:0 \
    --worker w="$dir/w.sock" --rule 'r: from=127.0.0.0/8 -> w' --default w \
    2>"$dir/front2.log" &
front=$!
pids="$pids $front"
waitfor grep 'listening' "$dir/front2.log"
port=$(sed -n 's/.* listening address=127.0.0.1://p' "$dir/front2.log")
cat >"$dir/ask.py" <<'END'
import socket, sys
for i in range(int(sys.argv[2])):
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    sock.settimeout(10)
    sock.sendall(b"x")
    if sock.recv(10) != b"x":
        sys.exit(1)
    sock.close()
END
timeout 20 "$python" "$dir/ask.py" "$port" 50
result=$?
kill "$front"
waitfor grep -E '^[0-9]+ +\+\+\+ ' "$dir/trace2"
# From the first connection to the end.
awk '/ accept4?\(/ && !/ = -1 / { begun = 1 }
	/SIGTERM/ { begun = 0 }
	!begun { next }
	{ sub(/^[0-9]+ +/, ""); sub(/\(.*/, ""); n[$0]++ }
	END { for (name in n) print name, n[name] }' "$dir/trace2" >"$dir/names"
awk '$1 !~ /^(accept4?|sendmsg|close|epoll_p?wait2?)$/ &&
	$1 !~ /^(write|poll|ppoll|newfstatat|fstat|fstat64|statx)$/ &&
	$1 !~ /^(mmap|munmap|madvise|brk)$/ { bad = 1 }	# memory, sanitizers
	END { exit bad || !NR }' "$dir/names" || result=1
test $result = 0 || printf 'not '
echo 'ok 6 - where addresses decide, no call asks who it is or what came'
sed 's/^/# /' "$dir/names"
awk '$1 ~ /^(accept4?|sendmsg|close|epoll_p?wait2?)$/ { n += $2 }
	END { exit !(n >= 150 && n <= 260) }' "$dir/names" || printf 'not '
echo 'ok 7 - five calls a connection, beside those for its line'
