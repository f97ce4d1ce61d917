# SPDX-License-Identifier: 0BSD
"""86-front: real connections through a front to workers.

The client gets its answer from the process that the rules say, the worker
sees every byte, the connection is as accept() leaves it, the front keeps
nothing.
"""
import fcntl
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, client_hello,
                     connect, done, echo, inodes, listens, ok, path, plan,
                     records, rest, skip, started, talk, until)

plan(31)

with open(path("answer"), "w") as program:
    program.write('#!/bin/sh\nread -r line\nprintf "exec %s %s\\n" '
                  '"$PROTO" "$line"\n')
os.chmod(path("answer"), 0o755)

OPTIONS = [(socket.SOL_SOCKET, getattr(socket, name)) for name in (
    "SO_RCVLOWAT", "SO_SNDLOWAT", "SO_KEEPALIVE", "SO_OOBINLINE",
    "SO_REUSEADDR", "SO_BROADCAST", "SO_DONTROUTE", "SO_ERROR")
    if hasattr(socket, name)]


def state(sock):
    """What a receiver could find changed."""
    options = [sock.getsockopt(*option) for option in OPTIONS]
    if sock.family != socket.AF_UNIX:
        options.append(sock.getsockopt(socket.IPPROTO_TCP,
                                       socket.TCP_NODELAY))
    for option in (socket.SO_LINGER, socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        options.append(sock.getsockopt(socket.SOL_SOCKET, option, 16))
    return fcntl.fcntl(sock, fcntl.F_GETFL), options


seen = []


def serve(sock):
    seen.append((state(sock), os.fstat(sock.fileno()).st_ino))
    echo(b"py")(sock)


worker_a = Program("a", "worker", path("a.sock"), "--exec", path("answer"))
until(lambda: listens(path("a.sock")))
worker_p = Worker("p", serve)
front = Front(
    "front", "--worker", "a=" + path("a.sock"), "--worker",
    "p=" + path("p.sock"),
    "--rule", "py: host=py.example,*.py.example -> p",
    "--rule", "paths: path=/v1 method=GET -> p",
    "--rule", "tls: tls=yes sni=*.example -> p",
    "--rule", "alpn: alpn=h2,acme-tls/1 -> p",
    "--rule", "h2: http2=yes -> p",
    "--rule", r'socks: bytes="\x05\x01" -> p',
    "--default", "a", "--look-time", "3",
    listen=["127.0.0.1:0", "[::1]:0", "unix:" + path("in.sock")]
    if socket.has_ipv6 else ["127.0.0.1:0", "127.0.0.1:0",
                             "unix:" + path("in.sock")])
front.up("a", "p")
ok(len(front.addresses) == 3, "three addresses are listened on",
   front.text())

got = front.talk(b"GET /x HTTP/1.0\r\n\r\n")
# What the program left unread makes its end a reset.
ok(got.startswith(b"exec TCP GET /x HTTP/1.0\r\n"),
   "default: an inetd-style program", got)
got = front.talk(b"GET /z HTTP/1.1\r\nHost: PY.example:80\r\n\r\n")
ok(got == b"py GET /z HTTP/1.1\r\nHost: PY.example:80\r\n\r\n",
   "Host decides, every byte is there", got)
got = front.talk(b"GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n")
ok(got.startswith(b"py GET /v1/a"), "method and path decide", got)
got = front.talk(b"GET /v10 HTTP/1.1\r\nHost: h\r\n\r\n")
ok(got.startswith(b"exec TCP GET /v10"), "/v10 is not below /v1", got)
got = front.talk(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
ok(got == b"py PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the HTTP/2 preface", got)
got = front.talk(b"\x05\x01\x00")
ok(got == b"py \x05\x01\x00", "raw first bytes", got)
got = front.talk(b"hello\n")
ok(got == b"exec TCP hello\n", "no rule: the default", got)

hello = client_hello("www.example")
other = client_hello("www.elsewhere")
if hello is None:
    for name in range(5):
        skip("TLS", "this Python has no ssl")
else:
    got = front.talk(hello)
    ok(got == b"py " + hello, "SNI decides, every byte is there", got)
    got = front.talk(records(hello, 33))
    ok(got == b"py " + records(hello, 33), "a hello in many records", got)
    sock = front.connect()
    for i in range(0, len(hello), 40):
        sock.sendall(hello[i:i + 40])
        time.sleep(0.005)
    got = rest(sock)
    ok(got == b"py " + hello, "a hello in many segments", got)
    got = front.talk(other, close=True)
    ok(got.startswith(b"exec TCP \x16\x03"), "another name: the default",
       got)

    hello = client_hello("www.elsewhere", ["http/1.1", "acme-tls/1"])
    got = front.talk(hello)
    until(lambda: len(front.delivered()) >= front.connections)
    line = front.delivered()[-1]
    ok(got == b"py " + hello and line["rule"] == "alpn"
       and line.get("alpn") == "http/1.1",
       "a protocol that is offered decides, the first is told", (got, line))

start = time.monotonic()
got = front.talk(b"GET /slow HTTP/1.0\r\nHost: other\r\n\r\n", pause=0.003)
took = time.monotonic() - start
ok(got.startswith(b"exec TCP GET /slow") and took < 2.8,
   "one byte at a time, and no wait for the time to look", (got, took))
start = time.monotonic()
slow = front.connect()
slow.sendall(b"GET /half")
mute = front.connect()
got = front.talk(b"GET /y HTTP/1.0\r\n\r\n")
ok(b"GET /y" in got and time.monotonic() - start < 2.5,
   "a silent client delays nobody", got)
until(lambda: len(front.delivered()) >= front.connections)
mute.close()
slow.sendall(b"way HTTP/1.0\r\n\r\n")
got = rest(slow)
ok(b"GET /halfway HTTP/1.0" in got,
   "after the time to look the default decides, every byte is there", got)
start = time.monotonic()
got = front.talk(b"GET /fin", close=True)
ok(got == b"exec TCP GET /fin\n" and time.monotonic() - start < 2.5,
   "an end of file behind the bytes decides at once", got)
got = front.talk(b"", close=True)
ok(got == b"exec TCP \n", "an end of file and nothing else", got)
got = front.talk(b"GET / HTTP/1.1\r\nHost: py.example\r\n\r\n", which=1)
ok(got.startswith(b"py GET /"), "over IPv6", got)
got = front.talk(b"GET / HTTP/1.1\r\nHost: py.example\r\n\r\n", which=2)
ok(got.startswith(b"py GET /"), "over a Unix socket", got)
mode = os.stat(path("in.sock")).st_mode & 0o777
ok(mode == 0o600, "its permissions are 0600", oct(mode))

# The same connection, accepted plainly, is the yardstick.
plain = socket.socket()
plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
plain.bind(("127.0.0.1", 0))
plain.listen(1)
client = socket.create_connection(plain.getsockname())
accepted, _ = plain.accept()
yardstick = state(accepted)
ipv4 = [s for s, _ in seen[:5]]
ok(len(ipv4) == 5 and all(s == yardstick for s in ipv4),
   "status flags and options are as accept() leaves them",
   (yardstick, ipv4))
ok(all(byte == b"\0" for byte in worker_p.bytes) and worker_p.bytes,
   "each message is one NUL byte", worker_p.bytes)
held = inodes(front.pid)
if held is None:
    skip("the front holds none of them", "no /proc")
else:
    until(lambda: not inodes(front.pid) & set(i for _, i in seen), 2)
    ok(not inodes(front.pid) & set(inode for _, inode in seen),
       "the front holds none of them", held)

until(lambda: len(front.delivered()) >= front.connections)
delivered = front.delivered()
keys = ["time", "event", "rule", "worker", "peer", "local", "seen",
        "looked_ms", "inode"]
ok(len(delivered) == front.connections
   and all(all(key in line for key in keys) for line in delivered),
   "one line in the log for each connection",
   (front.connections, delivered))
tls = [line for line in delivered if line["rule"] == "tls"]
ok(hello is None or (len(tls) == 3 and all(
    line["seen"] == "tls" and line["name"] == "www.example"
    and line["worker"] == "p" for line in tls)),
   "it says what was seen", tls)
nasty = b"GET /\x1b[31m\"\\\xff HTTP/1.1\r\nHost: a\r\n\r\n"
front.talk(nasty)
until(lambda: len(front.delivered()) > len(delivered))
ok(all(32 <= ord(c) < 127 or c == "\n" for c in front.text()),
   "what clients sent is escaped", front.delivered()[-1:])

# A listener of a service manager.
ready = socket.socket()
ready.bind(("127.0.0.1", 0))
ready.listen(5)


address = "127.0.0.1:%d" % ready.getsockname()[1]
script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); "
          "os.environ.update(LISTEN_FDS='1', LISTEN_FDNAMES='web', "
          "LISTEN_PID=str(os.getpid() + int(sys.argv[2]))); "
          "os.execv(sys.argv[3], sys.argv[3:])")


def inherited(wrong, *more):
    command = [sys.executable, "-c", script, str(ready.fileno()), str(wrong),
               FDFERRY, "front", "--log", "json", "--worker",
               "p=" + path("p.sock"), "--default", "p", "--rule",
               "web: listener=other,web -> p"] + list(more)
    log = open(path("inherited%d.log" % wrong), "wb")
    return subprocess.Popen(command, stderr=log,
                            pass_fds=[ready.fileno()])


process = inherited(0)
try:
    got = talk(connect(address), b"hi")
    until(lambda: "delivered" in open(path("inherited0.log")).read())
    log = open(path("inherited0.log")).read()
    ok(got == b"py hi" and '"name":"web"' in log
       and '"rule":"web"' in log and '"listener":"web"' in log,
       "a listening socket of a service manager, by its name", (got, log))
finally:
    process.terminate()
    process.wait(WAIT)
more = ("import os, sys; [os.dup2(int(sys.argv[1]), fd) "
        "for fd in range(3, 73)]; "
        "os.environ.update(LISTEN_FDS='70', LISTEN_PID=str(os.getpid()), "
        "LISTEN_FDNAMES=':'.join('n%d' % i for i in range(70))); "
        "os.execv(sys.argv[2], sys.argv[2:])")
with open(path("many.log"), "wb") as log:
    process = subprocess.Popen(
        [sys.executable, "-c", more, str(ready.fileno()), FDFERRY, "front",
         "--log", "json", "--worker", "p=" + path("p.sock"), "--default",
         "p"], stderr=log, pass_fds=[ready.fileno()])
started.append(process)
until(lambda: '"name":"n69"' in open(path("many.log")).read())
log = open(path("many.log")).read()
ok(all('"name":"n%d"' % i in log for i in range(70)),
   "and 70 of them, each by its name", log[-300:])
process.terminate()
process.wait(WAIT)
process = inherited(1)
status = process.wait(WAIT)
log = open(path("inherited1.log")).read()
ok(status == 2 and "nothing to listen on" in log,
   "LISTEN_PID of another process: not ours", (status, log))

front.term()
ok(front.end() == 0 and not os.path.exists(path("in.sock")),
   "SIGTERM: ends with 0, its Unix socket is removed", front.text()[-300:])
worker_a.term()
worker_a.end()
done()
