#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/84-dial.sh - a connection over standard output, or one clear line.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_loopback || skip_all 'no loopback'
has_python || skip_all 'no Python 3.9 or newer'
make_dir
plan 12

run dial 127.0.0.1 1
said 1 'standard output is a file: it must be a Unix socket.*ProxyUseFdpass' \
    'standard output is a file'
limit 10 "$fdferry" dial 127.0.0.1 1 2>"$dir/err" | cat >"$dir/out"
grep -q 'standard output is a pipe' "$dir/err" && test ! -s "$dir/out"
ok $? 'standard output is a pipe' "$dir/err"
limit 10 "$fdferry" dial 127.0.0.1 1 >&- 2>"$dir/err"
rc=$?
: >"$dir/out"
said 1 'standard output is closed' 'standard output is closed'

# A name of our own with two addresses, in a file system view of our own.
printf '::1 fdferry.two\n127.0.0.1 fdferry.two localhost\n' >"$dir/hosts"
cat >"$dir/own-hosts" <<END
#!/bin/sh
exec unshare -m sh -c 'mount --bind $dir/hosts /etc/hosts && exec "\$@"' x "\$@"
END
chmod +x "$dir/own-hosts"
two=
case $("$dir/own-hosts" getent ahosts fdferry.two 2>/dev/null | sed -n '1s/ .*//p') in
::1) two=$dir/own-hosts ;;
esac
"$python" - "$fdferry" "$two" <<'END'
import os, socket, subprocess, sys, time
fdferry, two, n, prefix = sys.argv[1], sys.argv[2], 3, []
def ok(good, name):
    global n
    n += 1
    print("%sok %d - %s" % ("" if good else "not ", n, name), flush=True)
def skip(why):
    global n
    n += 1
    print("ok %d # SKIP %s" % (n, why), flush=True)
def dial(*args, out=None):
    a, b = socket.socketpair(); a.settimeout(8)
    start = time.time()
    p = subprocess.run([*prefix, fdferry, "dial", *args], stdin=subprocess.DEVNULL, timeout=10,
                       stdout=b if out is None else out, stderr=subprocess.PIPE)
    b.close()
    return p.returncode, p.stderr, socket.recv_fds(a, 1, 8), socket.recv_fds(a, 1, 8), time.time() - start
def carried(l, got):
    rc, err, msg, end, _ = got
    if rc != 0:
        return False
    k, _ = l.accept(); s = socket.socket(fileno=msg[1][0]); s.sendall(b"hi"); k.settimeout(5)
    return msg[0] == b"\0" and len(msg[1]) == 1 and end[0] == b"" and k.recv(2) == b"hi" and os.get_blocking(s.fileno())
def one_line(got, text):
    return got[0] == 1 and got[1].count(b"\n") == 1 and text in got[1] and not got[2][1]
l = socket.create_server(("127.0.0.1", 0)); port = str(l.getsockname()[1])
got = dial("127.0.0.1", port)
ok(carried(l, got), "one NUL byte, one connected socket, exit 0: %r" % (got,))
try:
    known = socket.gethostbyname("localhost") == "127.0.0.1"
except OSError:
    known = False
if known:
    got = dial("--timeout", "5", "localhost", port)
    ok(carried(l, got), "a name: %r" % (got,))
else:
    skip("this host does not know localhost")
# A name with two addresses; nobody listens at the first.
if two:
    prefix[:] = [two]; got = dial("--timeout", "5", "fdferry.two", port); prefix[:] = []
    ok(carried(l, got), "all addresses of a name in turn: %r" % (got,))
else:
    skip("a name with two addresses: needs Linux, root and unshare")
try:
    six = socket.create_server(("::1", 0), family=socket.AF_INET6)
except OSError:
    six = None
if six is None:
    skip("no IPv6"); skip("no IPv6")
else:
    port6 = str(six.getsockname()[1])
    got = dial("::1", port6); ok(carried(six, got), "IPv6 as ssh gives it: %r" % (got,))
    got = dial("[::1]", port6); ok(carried(six, got), "IPv6 in brackets: %r" % (got,))
t = socket.socket(); t.bind(("127.0.0.1", 0))
got = dial("127.0.0.1", str(t.getsockname()[1]))
ok(one_line(got, b"refused: nobody listens"), "refused: %r" % (got,))
got = dial("127.0.0.1", port, out=t)
ok(one_line(got, b"standard output is a network socket"), "a TCP socket as standard output: %r" % (got,))
got = dial("no-such-host.invalid", "22", "--timeout", "3")
ok(got[0] == 1 and got[1].count(b"\n") == 1 and not got[2][1], "a name that is not known: %r" % (got,))
# A listener whose backlog is full does not answer (Linux drops the SYN).
t.listen(0); full = []
for i in range(8):
    c = socket.socket(); c.setblocking(False); full.append(c)
    try:
        c.connect(t.getsockname())
    except OSError:
        pass
time.sleep(0.1)
got = dial("127.0.0.1", str(t.getsockname()[1]), "--timeout", "0.3")
if got[0] == 0 or b"refused" in got[1]:
    skip("this system answers for a full backlog")
else:
    ok(one_line(got, b"no answer in time") and got[4] < 3, "--timeout: %r" % (got,))
END
