#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/83-send-recv.sh - what send sends, recv receives, tells and hands on.
# shellcheck disable=SC2016 # programs in quotes expand it
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_loopback || skip_all 'no loopback'
make_dir
cd "$dir" || exit 99
sock=./s
me=$(id -u)
plan 54

# got NAME PATTERN...: recv ended well and its lines match, one each.
got() {
	name=$1
	shift
	recv_end
	i=0
	for pattern; do
		i=$((i + 1))
		sed -n "${i}p" r.out | grep -q -e "$pattern" || rc="$rc, line $i"
	done
	test "$rc" = 0 && test "$(wc -l <r.out)" -eq $i
	ok $? "$name ($rc)" r.out r.err send.err
}

echo hello >file
mkdir sub
recv_bg r "$sock"
send "$sock" ./file sub
got 'files and directories' \
    "^file access=r flags=none .*sender_uid=$me sender_" '^directory access=r'

# What the kernel may drop silently is said once, and nothing where it does not.
caveat=$("$fdferry" info | grep -c 'quirk\.in_flight_lost[^0-9]*1$')
recv_bg r "$sock"
limit 10 "$fdferry" send --wait --timeout 5 "$sock" file file 2>caveat.err
recv_end
test "$rc" = 0 && test "$(grep -c 'drops what is sent' caveat.err)" = "$caveat" &&
    test "$(wc -l <caveat.err)" -eq "$caveat"
ok $? 'what may be lost silently is said, once' caveat.err r.out r.err

recv_bg r "$sock"
send --write "$sock" file
got '--write' '^file access=rw'

echo a >tcp:x; echo b >-w; echo c >fd:0
recv_bg r "$sock" --exec sh -c 'cat <&3; cat <&4; cat <&5'
send "$sock" ./tcp:x file:fd:0 -- -w
recv_end
test "$rc" = 0 && test "$(tr -d '\n' <r.out)" = acb
ok $? './ and file: before a prefix, -- before a dash' r.out r.err send.err

# Parts of one open file: the offset is shared.
printf 'one\ntwo\n' >lines
recv_bg r "$sock" --exec sh -c 'cat <&3; cat <&4'
limit 10 "$fdferry" send --wait --timeout 5 "$sock" fd:0 fd:7 <lines 7<file
recv_end
test "$(tr '\n' ' ' <r.out)" = 'one two hello '
ok $? 'fd:N, in order' r.out r.err
run send "$sock" fd:9
said 1 'fd:9: descriptor 9 is not open' 'fd:N that is not open'
limit 10 "$fdferry" send "$sock" fd:0 <&- >out 2>err
rc=$?
said 1 'fd:0: descriptor 0 is not open' 'fd:0 that is not open'

if mkfifo fifo 2>/dev/null; then
	recv_bg r "$sock"
	send "$sock" fifo
	got 'a FIFO without a writer does not hold us up' \
	    '^fifo access=r flags=none'
else
	skip 'no mkfifo'
fi

recv_bg r "$sock" --exec sh -c '(echo leak >&9); cat <&3' 9>leaked
send "$sock" file
recv_end
test "$rc" = 0 && test "$(cat r.out)" = hello && test ! -s leaked
ok $? 'recv --exec closes what was not sent' r.out r.err leaked

# --exec
recv_bg r "$sock" --exec sh -c \
    'echo "$$ $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES $1"; cat <&3' x --json
pid=$recv_pid
send "$sock" file 'listen:127.0.0.1:0'
recv_end
test "$(tr '\n' ' ' <r.out)" = "$pid $pid 2 file:listener --json hello "
ok $? '--exec: LISTEN_PID is the program, arguments are its own' r.out r.err
recv_bg r "$sock" --exec sh -c 'exit 7'
send "$sock" file
recv_end
test "$rc" = 7
ok $? "--exec: the program's status ($rc)" r.err
recv_bg r "$sock" --exec ./no-such-program
send "$sock" file
recv_end
cp r.err err
said 127 'no-such-program: ' '--exec: no such program'
recv_bg r "$sock" --exec ./file
send "$sock" file
recv_end
cp r.err err
said 126 'file: .*cannot be run' '--exec: not a program'
run recv --timeout 0.1 "$sock" --exec touch started
said 125 'no peer connected in time' '--exec: we fail before it'
recv_bg r "$sock" --count 2 --exec touch started
send "$sock" file
recv_end
cp r.err err
said 125 'closed after 1 of 2' '--exec: too few descriptors'
test ! -e started
ok $? 'and nothing was started'
recv_bg r "$sock" --exec sh -c 'kill -PIPE $$; sleep 1'
send "$sock" file
recv_end
test "$rc" = 141
ok $? "--exec: SIGPIPE is as by default ($rc)"
(trap '' PIPE; exec "$fdferry" recv --timeout 8 "$sock" \
    --exec sh -c 'kill -PIPE $$; exit 1' 2>r.err) &
recv_pid=$!
send "$sock" file
recv_end
test "$rc" = 141
ok $? "also if we inherited it ignored ($rc)" r.err

# Failures of send: nothing at all is sent.
recv_bg r "$sock"
sleep 0.1
run send "$sock" file no-such-file
said 1 'no-such-file: No such file' 'a file that is missing'
test ! -s r.out
ok $? 'then the other is not sent either' r.out
send "$sock" file
recv_end
run send ./none file
said 1 'no such socket: is who listens there (fdferry front, recv or worker) running' 'no socket'
run send ./file sub
said 1 'not a socket' 'a file instead of the socket'
run send ./none 'listen:/x'
said 2 'takes HOST:PORT' 'listen: with a path'
run send ./none 'tcp:127.0.0.1'
said 2 'an address is HOST:PORT' 'tcp: without a port'
run send ./none 'tcp:127.0.0.1:x'
said 2 'whole number' 'tcp: with a bad port'
run send ./none --wait --timeout 0.2 file
said 1 'no such socket' '--wait ends with --timeout'

# Reversed.
limit 10 "$fdferry" send --listen --timeout 5 "$sock" file 2>send.err &
pid=$!
run recv --connect --wait --timeout 5 "$sock" --count 1
wait $pid && test "$rc" = 0 && grep -q '^file' out
ok $? 'send --listen, recv --connect' out err send.err
run recv --connect "$sock"
said 1 'no such socket' 'recv --connect: no socket'

# Policy.
recv_bg r "$sock" --kind file,socket
send "$sock" sub file 'listen:127.0.0.1:0'
recv_end
test "$rc" = 1 && test "$(sed 's/ .*//' r.out | tr '\n' ' ')" = 'file socket '
ok $? '--kind closes the others and says so' r.out r.err
recv_bg r "$sock"
"$python" -c 'import socket
s = socket.socket(socket.AF_UNIX)
import time
for i in range(100):
    try:
        s.connect("s"); break
    except OSError: time.sleep(0.05)
s.sendall(b"GET / HTTP/1.0\r\n")' 2>/dev/null
recv_end
if test "$rc" = 1 && grep -q 'no peer' r.err; then
	skip 'no python3'
else
	test "$rc" = 1 && grep -q 'skipped 16 bytes' r.err && test ! -s r.out
	ok $? 'bytes alone are no descriptors' r.err
fi

# Another user.
other=65534
if test "$me" = 0 && command -v setpriv >/dev/null 2>&1 &&
    command -v perl >/dev/null 2>&1; then
	chmod 755 .
	cat >knock.pl <<'END'
use Socket;
my $s;
for (1 .. 100) {
	socket($s, AF_UNIX, SOCK_STREAM, 0) or die;
	last if connect($s, pack_sockaddr_un("s"));
	select(undef, undef, undef, 0.05);
}
print defined(sysread($s, my $b, 1)) ? "closed\n" : "error\n" if $ARGV[0];
END
	knock() {
		limit 10 setpriv --reuid $other --regid $other --clear-groups \
		    perl knock.pl "$@"
	}
	recv_bg r "$sock" --mode 666
	knock wait >knocked
	send "$sock" file
	recv_end
	test "$rc" = 0 && test "$(wc -l <r.out)" -eq 1 &&
	    grep -q "refused a peer of user $other" r.err
	ok $? 'another user is refused, the right one still taken' r.err knocked
	recv_bg r "$sock" --mode 666 --allow-uid $other
	knock >/dev/null
	recv_end
	test "$rc" = 1 && grep -q 'closed without sending' r.err
	ok $? '--allow-uid takes it' r.err
else
	skip 'another user: needs root, setpriv and perl'
	skip 'another user: needs root, setpriv and perl'
fi

if has_python; then
	limit 90 "$python" - "$fdferry" "$dir" <<'END'
import array, json, os, socket, subprocess, sys, threading, time
fdferry, n = sys.argv[1], 32
os.chdir(sys.argv[2])
def ok(good, name):
    global n
    n += 1
    print("%sok %d - %s" % ("" if good else "not ", n, name), flush=True)
def recv(*args):
    return subprocess.Popen([fdferry, "recv", "./p", "--timeout", "8", *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
def dial():
    s = socket.socket(socket.AF_UNIX); s.settimeout(8)
    for i in range(100):
        try:
            s.connect("p"); return s
        except OSError:
            time.sleep(0.05)
    raise SystemExit("Bail out! recv does not listen")
# Python's send_fds to recv.
l = socket.create_server(("127.0.0.1", 0)); here = l.getsockname()
c = socket.create_connection(here); a, _ = l.accept(); a.setblocking(False)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
p = recv("--json"); s = dial()
for byte, fd in ((b"\0", a), (b"\0", l), (b"X", u)):
    socket.send_fds(s, [byte], [fd.fileno()])
# Only the link in /proc tells it from a file.
shm = "shm" if os.path.exists("/proc/self/fd") else "file"
# A persona does not ask for seals.
if hasattr(os, "memfd_create") and "personas/" not in os.environ.get("CC", ""):
    m = os.memfd_create("m", os.MFD_ALLOW_SEALING)
    import fcntl
    fcntl.fcntl(m, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW)
    socket.send_fds(s, [b"\0"], [m])
s.close(); out, err = p.communicate(timeout=10)
d = [json.loads(x) for x in out.splitlines()]
peer = "%s:%d" % c.getsockname(); local = "%s:%d" % here
x = d[0]
ok(p.returncode == 0 and x["kind"] == "socket" and x["access"] == "rw" and x["type"] == "stream"
   and x["local"] == local and x["peer"] == peer and x["flags"] == ["nonblock"]
   and x.get("family", "inet") == "inet" and x.get("protocol", "tcp") == "tcp"
   and x.get("listening") in (None, False), "send_fds: a connection as JSON: %r %r" % (x, err))
ok(d[1]["local"] == local and "peer" not in d[1] and d[1].get("listening") in (None, True)
   and d[2]["type"] == "dgram" and (len(d) < 4 or d[3]["kind"] == shm and d[3]["seals"] == ["grow", "write"])
   and all(x.get("sender_uid", os.geteuid()) == os.geteuid() and x.get("sender_pid", os.getpid()) == os.getpid() for x in d),
   "a listener, a byte that is not NUL, seals, the sender: %r" % d[1:])
# --count ends while the sender stays.
p = recv("--count", "2"); s = dial()
for i in range(2):
    socket.send_fds(s, [b"\0"], [l.fileno()])
out, err = p.communicate(timeout=10); s.close()
ok(p.returncode == 0 and out.count(b"\n") == 2, "--count ends though the sender stays: %r" % err)
# Several descriptors in a message.
p = recv(); s = dial(); socket.send_fds(s, [b"\0"], [l.fileno(), a.fileno()]); socket.send_fds(s, [b"xy"], [u.fileno()] * 20); s.close()
out, err = p.communicate(timeout=10)
ok(p.returncode == 0 and out.count(b"\n") == 22 and out.count(b"type=dgram") == 20 and b"skipped 1 bytes" in err, "several in one message: %r" % err)
p = recv("--count", "3"); s = dial(); socket.send_fds(s, [b"\0"], [l.fileno(), a.fileno()]); socket.send_fds(s, [b"\0"], [l.fileno(), a.fileno()])
out, err = p.communicate(timeout=10); s.close()
ok(p.returncode == 1 and out.count(b"\n") == 3 and b"closed 1 descriptors of a message: more than --count" in err, "more in a message than --count: %r" % err)
p = recv("--kind", "file,pipe"); s = dial()
with open("file") as f: socket.send_fds(s, [b"\0"], [l.fileno(), f.fileno(), a.fileno()])
s.close(); out, err = p.communicate(timeout=10)
ok(p.returncode == 1 and out.startswith(b"file ") and out.count(b"\n") == 1 and err.count(b"refused a descriptor") == 2, "--kind within a message: %r %r" % (out, err))
# The sender goes silent.
p = subprocess.Popen([fdferry, "recv", "./p", "--timeout", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
s = dial(); socket.send_fds(s, [b"\0"], [l.fileno()]); out, err = p.communicate(timeout=10); s.close()
ok(p.returncode == 1 and out.count(b"\n") == 1 and b"no more in time" in err, "--timeout holds while receiving: %r" % err)
# send to Python's recv_fds: tcp: connects; one NUL byte, one descriptor each.
w = socket.socket(socket.AF_UNIX); w.bind("w"); w.listen(5); w.settimeout(8)
p = subprocess.Popen([fdferry, "send", "./w", "tcp:" + local, "file"], stdin=subprocess.DEVNULL)
s, _ = w.accept(); s.settimeout(8); p.wait(10)
k, _ = l.accept()
one = socket.recv_fds(s, 1, 8); two = socket.recv_fds(s, 1, 8); end = socket.recv_fds(s, 1, 8)
t = socket.socket(fileno=one[1][0]); t.sendall(b"through"); k.settimeout(5)
ok(one[0] == two[0] == b"\0" and len(one[1]) == len(two[1]) == 1 and end[0] == b"" and not end[1]
   and k.recv(10) == b"through" and os.read(two[1][0], 9) == b"hello\n" and p.returncode == 0
   and os.get_blocking(t.fileno()), "send: one NUL byte and one descriptor each")
# send in other forms.
def told(*args):
    p = subprocess.Popen([fdferry, "send", "./w", "--timeout", "8", *args], stdin=subprocess.DEVNULL)
    s, _ = w.accept(); s.settimeout(8); got = []
    while True:
        data, fds, _, _ = socket.recv_fds(s, 1 << 18, 300)
        if not data: break
        got.append((data, [os.read(fd, 9) for fd in fds]))
        for fd in fds: os.close(fd)
    s.close()
    return got, p.wait(10)
x = told("file", "--byte", "255")
ok(x == ([(b"\xff", [b"hello\n"])], 0), "--byte: %r" % (x,))
x = told("--together", "--byte=3", "file", "file", "file")
ok(x == ([(b"\3", [b"hello\n"] * 3)], 0), "--together: one message: %r" % (x,))
x = told("file", "--data", "a\\x00b\\x0a\\xzz")
ok(b"".join(d for d, f in x[0]) == b"a\0b\n\\xzz" and x[0][0][1] == [b"hello\n"] and x[1] == 0, "--data, with escapes: %r" % (x,))
x = told("file", "--data", "0123456789" * 12000)
ok(b"".join(d for d, f in x[0]) == b"0123456789" * 12000 and [f for d, f in x[0] if f] == [[b"hello\n"]] and x[1] == 0, "--data, more than a socket holds: %r" % [(len(d), f) for d, f in x[0]])
g = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); g.bind("g"); g.settimeout(8)
p = subprocess.run([fdferry, "send", "./g", "--datagram", "--data", "FDSTORE=1", "--together", "file", "file"], stdin=subprocess.DEVNULL)
d, f, flags, _ = socket.recv_fds(g, 99, 9)
ok(p.returncode == 0 and d == b"FDSTORE=1" and [os.read(fd, 9) for fd in f] == [b"hello\n"] * 2, "--datagram: %r %r" % (d, f))
p = subprocess.run([fdferry, "send", "./g", "--datagram", "file", "file"], stdin=subprocess.DEVNULL)
x = [socket.recv_fds(g, 99, 9)[:2] for i in range(2)]
ok(p.returncode == 0 and all(d == b"\0" and len(f) == 1 for d, f in x), "--datagram: a datagram each: %r" % x)
def refused(words, *args):
    p = subprocess.run([fdferry, "send", *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    ok(p.returncode != 0 and words in p.stderr and p.stderr.count(b"\n") == 1, "send %s: %r" % (" ".join(args)[:60], p.stderr))
refused(b"is needed", "./g", "file")
refused(b"not with --datagram", "./w", "--datagram", "file")
refused(b"exclude each other", "./w", "--byte", "1", "--data", "x", "file")
refused(b"use 0 to 255", "./w", "--byte", "256", "file")
refused(b"at least one byte", "./w", "--data", "", "file")
refused(b"a message holds", "./w", "--together", *["file"] * 600)
# A path that needs escapes: valid JSON, and the text is an address again.
odd = b'./q"\\x41 \xc3\xa9'; w = socket.socket(socket.AF_UNIX); w.bind(odd); w.listen(5); w.settimeout(8)
p = recv("--json"); s = dial(); socket.send_fds(s, [b"\0"], [w.fileno()]); s.close()
out, err = p.communicate(timeout=10); text = json.loads(out)["local"]
ok(text == 'unix:./q"\\x5cx41\\x20\\xc3\\xa9', "JSON escapes: %r" % out)
r = [subprocess.run([fdferry, "send", to, "file"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) for to in (text, odd)]
ok(r[0].returncode == r[1].returncode == 0, "an address as printed and a path as it is reach the same socket: %r" % r)
END
else
	for what in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do
		skip "python $what: no Python 3.9 or newer"
	done
fi
