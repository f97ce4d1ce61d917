#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/83-listen.sh - the sockets we make: permissions, and what was there.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_python || skip_all 'no Python 3.9 or newer'
make_dir
sock=$dir/s
plan 23

me=$(id -u)

# mode UMASK OPTION WANT: a socket made under UMASK has these permissions.
mode() {
	name="umask $1, recv $2: $3"
	# shellcheck disable=SC2086 # none or several words
	( umask "$1" && exec "$fdferry" recv --timeout 8 $2 "$sock" ) \
	    >"$dir/out" 2>"$dir/err" &
	pid=$!
	listens "$sock" "$3 $me"
	rights "$sock" >"$dir/rights" 2>&1
	send "$sock" /dev/null
	wait $pid
	test $? = 0 && grep -q "^$3 $me " "$dir/rights"
	ok $? "$name" "$dir/rights" "$dir/err" "$dir/send.err"
}
mode 000 '' srw-------
mode 077 '--mode 660' srw-rw----
mode 022 '--mode=0666' srw-rw-rw-

if test "$me" = 0; then
	recv_bg own "$sock" --owner 12345:54321 --mode 0620
	listens "$sock" 'srw--w---- 12345'
	rights "$sock" >"$dir/rights"
	send "$sock" /dev/null
	recv_end
	test "$rc" = 0 && grep -q '^srw--w---- 12345 54321$' "$dir/rights"
	ok $? '--owner USER:GROUP' "$dir/rights" "$dir/own.err"
else
	run recv "$sock" --owner 0 --timeout 3
	said 1 'only root may give it away' '--owner without the right to'
fi
test ! -e "$sock" && test ! -e "$sock.lock"
ok $? 'nothing stays at the path'

# What is there already.
"$python" - "$sock" <<'END'
import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])
END
recv_bg stale "$sock"
send "$sock" /dev/null
recv_end
test "$rc" = 0 && grep -q '^device' "$dir/stale.out"
ok $? 'a stale socket is replaced' "$dir/stale.err" "$dir/send.err"

recv_bg first "$sock"
listens "$sock" srw-------
before=$(ls -i "$sock")
run recv "$sock" --timeout 5
said 1 'another fdferry listens there' 'a second fdferry stays away'
test "$before" = "$(ls -i "$sock")" && send "$sock" /dev/null
ok $? 'and the first goes on' "$dir/send.err"
recv_end

# Others do not know our lock; a full backlog is life, too.
"$python" - "$sock" "$fdferry" <<'END' >"$dir/live" 2>&1
import os, socket, subprocess, sys
path, fdferry = sys.argv[1:]
def attempt(name):
    before = os.lstat(path).st_ino
    p = subprocess.run([fdferry, "recv", path, "--timeout", "5"], timeout=10,
                       stdin=subprocess.DEVNULL, capture_output=True)
    print(name, p)
    assert p.returncode == 1 and b"another process listens" in p.stderr, p
    assert os.lstat(path).st_ino == before
l = socket.socket(socket.AF_UNIX); l.bind(path); l.listen(0)
attempt("idle")
full = []
while True:
    c = socket.socket(socket.AF_UNIX); c.settimeout(0.1); full.append(c)
    try:
        c.connect(path)
    except OSError:
        break
attempt("full")
os.unlink(path)
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind(path)
attempt("datagram")
END
ok $? "another program's live socket stays: idle, full, datagram" "$dir/live"
rm -f "$sock"

echo kept >"$dir/file"
run recv "$dir/file" --timeout 5
said 1 'exists and is no socket' 'a regular file stays'
test "$(cat "$dir/file")" = kept
ok $? 'with what is in it'
mkdir "$dir/sub"
run recv "$dir/sub" --timeout 5
said 1 'exists and is no socket' 'a directory stays'
"$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/target"
ln -s target "$dir/link"
run recv "$dir/link" --timeout 5
said 1 'a symbolic link' 'a link to a stale socket is not followed'
test -S "$dir/target" && test -h "$dir/link"
ok $? 'link and socket stay'
ln -s file "$dir/l.lock"
run recv "$dir/l" --timeout 5
test "$rc" = 1 && test "$(cat "$dir/file")" = kept && test -h "$dir/l.lock" &&
    test "$(wc -l <"$dir/err")" -eq 1
ok $? 'a link at PATH.lock is not followed' "$dir/err"
ln -s new "$dir/m.lock"
run recv "$dir/m" --timeout 5
test "$rc" = 1 && test ! -e "$dir/new" && test ! -e "$dir/m"
ok $? 'nor is one to nowhere' "$dir/err"
run recv "$dir/none/s" --timeout 5
said 1 'directory must exist' 'a directory that is missing'

# The ends: time, signals.
run recv "$sock" --timeout 0.2
said 1 'no peer connected in time' '--timeout'
test ! -e "$sock" && test ! -e "$sock.lock"
ok $? 'after it nothing is left'
recv_bg term "$sock"
listens "$sock" srw-------
kill "$recv_pid"
recv_end
test "$rc" = 143 && test ! -e "$sock" && test ! -e "$sock.lock"
ok $? "SIGTERM kills and leaves nothing ($rc)" "$dir/term.err"

# A killed one leaves a socket and a lock; neither stops the next.
recv_bg dead "$sock"
listens "$sock" srw-------
kill -9 "$recv_pid"
wait "$recv_pid" 2>/dev/null
recv_bg next "$sock"
sleep 0.05
send "$sock" /dev/null
recv_end
test "$rc" = 0
ok $? 'after kill -9 the next starts' "$dir/next.err" "$dir/send.err"

# [::] serves both, [::1] does not.
recv_bg six "$sock" --exec "$python" -c '
import socket
a, b = (socket.socket(fileno=n) for n in (3, 4))
print(a.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
      b.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))'
send "$sock" 'listen:[::]:0' 'listen:[::1]:0'
sent=$?
recv_end
case $sent/$(cat "$dir/send.err") in
1/*'no such address'* | 1/*not\ supported*)
	kill "$recv_pid" 2>/dev/null
	skip 'no IPv6'
	;;
*)
	test "$(cat "$dir/six.out")" = '0 1'
	ok $? '[::] serves IPv4 too, [::1] does not' "$dir/six.out" \
	    "$dir/six.err" "$dir/send.err"
	;;
esac

if test "$system" = Linux; then
	recv_bg abs "@fdferry-$$" --allow-uid "$me"
	send --allow-uid "$me" "@fdferry-$$" /dev/null
	recv_end
	test "$rc" = 0 && grep -q '^device' "$dir/abs.out"
	ok $? 'an abstract name' "$dir/abs.err" "$dir/send.err"
else
	skip 'abstract names exist on Linux only'
fi
