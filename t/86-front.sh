#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-front.sh - real connections through a front to workers.
fdferry=${FDFERRY:-./fdferry}
python=${PYTHON3:-python3}
if ! "$fdferry" front --help >/dev/null 2>&1; then
	echo "1..0 # SKIP built without libevent"
	exit 0
fi
if [ "$("$fdferry" info | sed -n 's/^backend: //p')" = none ]; then
	echo "1..0 # SKIP no backend"
	exit 0
fi
if ! "$python" -c 'import socket; socket.recv_fds' >/dev/null 2>&1; then
	echo "1..0 # SKIP no Python 3.9 or newer"
	exit 0
fi
dir=$(mktemp -d) || exit 99
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' 0
pids=
cat >"$dir/answer" <<'END'
#!/bin/sh
read -r line
printf 'HTTP/1.0 200 OK\r\n\r\nexec %s %s\n' "$PROTO" "$line"
END
chmod +x "$dir/answer"
"$fdferry" worker "$dir/a.sock" --exec "$dir/answer" 2>"$dir/worker.log" &
pids="$pids $!"
"$fdferry" front --listen 127.0.0.1:0 --worker a="$dir/a.sock" \
	--worker p="$dir/p.sock" --rule 'py: host=py.example -> p' \
	--rule 'tls: tls=yes sni=*.example -> p' --default a \
	--look-time 1 --wait 5 --log json 2>"$dir/front.log" &
front=$!
pids="$pids $front"
i=0
while [ $i -lt 100 ] && ! grep -q '^listening' "$dir/front.log"; do
	sleep 0.05
	i=$((i + 1))
done
port=$(sed -n 's/^listening 127.0.0.1:\([0-9]*\)$/\1/p' "$dir/front.log")
timeout 50 "$python" - "$port" "$dir" "$front" <<'END'
import fcntl, json, os, signal, socket, ssl, struct, sys, threading, time
port, dir, front = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
n = 0
def ok(cond, name):
    global n
    n += 1
    print("%sok %d - %s" % ("" if cond else "not ", n, name), flush=True)
def talk(data, wait=10, pause=0, close=False):
    s = socket.create_connection(("127.0.0.1", port), wait)
    s.settimeout(wait)
    if pause:
        for b in data:
            s.sendall(bytes([b]))
            time.sleep(pause)
    else:
        s.sendall(data)
    if close:
        s.shutdown(socket.SHUT_WR)
    got = b""
    while True:
        try:
            piece = s.recv(4096)
        except OSError as e:
            return b"error " + str(e).encode()
        if not piece:
            return got
        got += piece
def hello():
    i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    t = c.wrap_bio(i, o, server_hostname="www.example")
    try:
        t.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return o.read()
print("1..12", flush=True)
got = talk(b"GET /x HTTP/1.0\r\n\r\n")
ok(b"exec TCP GET /x" in got, "default: an inetd-style program answers %r" % got)
got = talk(b"GET /slow HTTP/1.0\r\nHost: other\r\n\r\n", pause=0.005)
ok(b"exec TCP GET /slow" in got, "one byte at a time")
start = time.time()
s = socket.create_connection(("127.0.0.1", port)); s.sendall(b"GET /half")
got = talk(b"GET /y HTTP/1.0\r\n\r\n")
ok(b"GET /y" in got and time.time() - start < 0.9, "a silent client delays nobody")
s.sendall(b"way"); time.sleep(1.3); s.sendall(b" HTTP/1.0\r\n\r\n")
ok(b"GET /halfway HTTP/1.0" in s.recv(4096), "after the time to look the default decides, every byte is there")
ok(b"exec TCP GET /fin" in talk(b"GET /fin", close=True), "end of file behind the bytes decides at once")
# A worker that starts late: the connection waits for it.
late = socket.create_connection(("127.0.0.1", port)); late.settimeout(10)
late.sendall(b"GET /z HTTP/1.1\r\nHost: PY.example:80\r\n\r\n")
flags = []
def worker():
    l = socket.socket(socket.AF_UNIX); l.bind(dir + "/p.sock"); l.listen(5)
    c, _ = l.accept()
    while True:
        data, fds, _, _ = socket.recv_fds(c, 1, 1)
        if not fds:
            return
        k = socket.socket(fileno=fds[0])
        flags.append((data, fcntl.fcntl(k, fcntl.F_GETFL) & os.O_NONBLOCK, k.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT), os.fstat(k.fileno()).st_ino))
        k.settimeout(5)
        first = k.recv(4096)
        k.sendall(b"python " + first[:6].hex().encode()); k.close()
# The first worker that is up for the rule, then the default, takes it.
ok(b"exec TCP GET /z" in late.recv(4096), "a worker that is gone: the default's")
threading.Thread(target=worker, daemon=True).start()
deadline = time.time() + 8
while time.time() < deadline:
    got = talk(b"GET /z HTTP/1.1\r\nHost: py.example\r\n\r\n")
    if got.startswith(b"python"):
        break
    time.sleep(0.1)
ok(got.startswith(b"python"), "Host decides; a worker that comes back is used: %r" % got)
got = talk(hello())
ok(got == b"python 160301", "TLS with SNI, every byte is there: %r" % got)
got = talk(hello()[:1] , close=True)
ok(b"exec TCP" in got or got == b"HTTP/1.0 200 OK\r\n\r\nexec TCP \x16\n", "a hello cut short goes to the default: %r" % got)
ok(all(f[0] == b"\0" and f[1] == 0 and f[2] == 1 for f in flags), "one NUL byte, O_NONBLOCK clear, SO_RCVLOWAT as accept() leaves it: %r" % flags)
held = []
for name in os.listdir("/proc/%d/fd" % front) if os.path.isdir("/proc/%d/fd" % front) else []:
    try:
        held.append(os.stat("/proc/%d/fd/%s" % (front, name)).st_ino)
    except OSError:
        pass
ok(not set(held) & set(f[3] for f in flags), "the front holds none of them")
log = [json.loads(l) for l in open(dir + "/front.log") if l.startswith("{")]
ok(sum(l["event"] == "delivered" for l in log) == len(log) >= 9 and any(l["worker"] == "p" and l["rule"] == "tls" for l in log), "one line a connection: %d" % len(log))
END
