# SPDX-License-Identifier: 0BSD
"""86-proxy: a front behind proxies that tell whose a connection is.

What the header says decides for those who are believed, is bytes from all
others, and is still there for the worker.
"""
import os
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Front, Program, WAIT, Worker, done, echo, ok, path, plan,
                     rest, skip, until)

plan(22)

V1 = b"PROXY TCP4 198.51.100.7 203.0.113.9 1234 443\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


def version2(body, command=0x21, form=0x11):
    return (b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, form])
            + struct.pack(">H", len(body)) + body)


V2_TCP6 = version2(
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::9")
    + struct.pack(">HH", 1234, 443) + b"\x04\0\x03pad", form=0x21)
V2_LOCAL = version2(b"", 0x20, 0)


def serve_http(sock):
    """The first line and the Host back, as a response."""
    sock.settimeout(WAIT)
    got = b""
    try:
        while b"\r\n\r\n" not in got:
            got += sock.recv(65536)
        sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + got.split(b"\r\n")[0])
        sock.close()
    except OSError:
        pass


for name in "four", "six", "own", "none", "web", "rest":
    Worker(name, echo(name.encode()))
Worker("http", serve_http)
names = ["four", "six", "own", "none", "web", "rest", "http"]
workers = []
for name in names:
    workers += ["--worker", "%s=%s" % (name, path(name + ".sock"))]
rules = [
    "curl: host=curl.example proxy=yes from=127.0.0.1 -> http",
    "web: host=web.example proxy=yes -> web",
    "four: from=198.51.100.0/24 to=:443 -> four",
    "six: from=2001:db8::/32 to=[2001:db8::9]:443 -> six",
    "own: from=127.0.0.1 proxy=yes -> own",
    "none: from=127.0.0.1 proxy=no -> none"]
options = []
for rule in rules:
    options += ["--rule", rule]
front = Front("front", "--proxy-from", "192.0.2.0/24", "--proxy-from",
              "2001:db8::/32, 127.0.0.1", "--default", "rest",
              "--look-time", "1.5", *(workers + options),
              listen=["127.0.0.1:0", "unix:" + path("in.sock")])
front.up(*names)


def last():
    """The log's line of the last connection."""
    until(lambda: len(front.delivered()) >= front.connections)
    return front.delivered()[-1]


def slowly(header):
    """One byte at a time; the request at once, for looks are counted."""
    sock = front.connect()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in header:
        sock.sendall(bytes([byte]))
        time.sleep(0.002)
    sock.sendall(GET)
    return rest(sock)


got = front.talk(V1 + GET)
line = last()
ok(got == b"four " + V1 + GET,
   "version 1: the address in it decides, the worker sees all of it", got)
ok(line.get("client") == "198.51.100.7:1234"
   and line["peer"].startswith("127.0.0.1:") and line["rule"] == "four",
   "the log tells the client and the peer", line)
ok(line["seen"] == "http1" and line["name"] == "a.example"
   and line["method"] == "GET", "and what is behind the header", line)
got = slowly(V1)
ok(got == b"four " + V1 + GET, "one byte at a time", (got, last()))
got = front.talk(V2_TCP6 + GET)
ok(got == b"six " + V2_TCP6 + GET and last().get("client")
   == "[2001:db8::7]:1234", "version 2", (got, last()))
got = slowly(V2_TCP6)
ok(got == b"six " + V2_TCP6 + GET, "one byte at a time", (got, last()))
request = GET.replace(b"a.example", b"web.example")
for header, name in (V1, "1"), (V2_TCP6, "2"):
    sock = front.connect()
    for piece in header[:14], header[14:], request[:20], request[20:]:
        sock.sendall(piece)
        time.sleep(0.01)
    got = rest(sock)
    ok(got == b"web " + header + request,
       "version %s in segments: Host is read behind it" % name, got)
got = front.talk(V2_LOCAL + b"hello")
ok(got == b"own " + V2_LOCAL + b"hello" and "client" not in last(),
   "LOCAL: the connection's own addresses", (got, last()))
got = front.talk(b"PROXY UNKNOWN whatever\r\nhello")
ok(got == b"own PROXY UNKNOWN whatever\r\nhello", "UNKNOWN: the same", got)
got = front.talk(GET)
ok(got == b"none " + GET and last()["rule"] == "none",
   "no header: known by its first byte", (got, last()))
got = front.talk(V1.replace(b" 443", b"") + request)
ok(got.startswith(b"none PROXY") and last()["seen"] == "bad-proxy"
   and "client" not in last(),
   "a malformed one is none, and nothing behind it is looked for",
   (got, last()))
sock = front.connect()
start = time.monotonic()
sock.sendall(V1[:20])
until(lambda: len(front.delivered()) >= front.connections, 5)
took = time.monotonic() - start
sock.sendall(b"end")
got = rest(sock)
ok(got.startswith(b"rest PROXY") and took > 1,
   "half a header: neither a header nor none, so the default",
   (got, took))

# A Unix socket's clients are not believed here.
got = front.talk(V1 + GET, which=1)
line = last()
ok(got == b"rest " + V1 + GET and line["rule"] == "default"
   and "client" not in line, "from elsewhere the header is just bytes",
   (got, line))
got = front.talk(V1 + request, which=1)
ok(got == b"rest " + V1 + request, "and hides what is behind it", got)

curl = shutil.which("curl")
text = "" if curl is None else subprocess.run(
    [curl, "--help", "all"], stdout=subprocess.PIPE).stdout.decode()
if "--haproxy-protocol" not in text:
    skip("curl sends a header", "no curl that can")
else:
    front.connections += 1
    port = front.addresses[0].rsplit(":", 1)[1]
    got = subprocess.run(
        [curl, "-sS", "--noproxy", "*", "--max-time", str(WAIT),
         "--haproxy-protocol", "-H", "Host: curl.example",
         "http://127.0.0.1:%s/" % port], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT).stdout
    line = last()
    ok(got.startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ")
       and line["rule"] == "curl" and line.get("client") == line["peer"],
       "curl sends a header", (got, line))
front.term()
ok(front.end() == 0, "it ends", front.text()[-300:])


def silent(front, which, data=b""):
    """How long it takes until a client that waits has a worker, and its
    rule."""
    sock = front.connect(which)
    start = time.monotonic()
    sock.sendall(data)
    until(lambda: len(front.delivered()) >= front.connections, 5)
    took = time.monotonic() - start
    sock.close()
    return took, front.delivered()[-1]["rule"]


# Rules about addresses only, from a file: who waits for a header?
with open(path("front.conf"), "w") as conf:
    conf.write("listen 127.0.0.1:0\nlisten unix:%s\nworker four=%s\n"
               "worker own=%s\ndefault own\nproxy-from 127.0.0.0/8\n"
               "four: from=198.51.100.0/24 -> four\n"
               % (path("in2.sock"), path("four.sock"), path("own.sock")))
front = Front("file", "--config", path("front.conf"), "--look-time", "3",
              listen=[])
front.up("four", "own")
took, rule = silent(front, 0, V1)
ok(took < 2 and rule == "four",
   "a client behind a proxy that waits for a greeting", (took, rule))
took, rule = silent(front, 1)
ok(took < 2 and rule == "default", "others wait for nothing", (took, rule))
took, rule = silent(front, 0, b"x")
ok(took < 2 and rule == "default", "no header: no waiting", (took, rule))
front.term()
front.end()
front = Front("plain", "--worker", "own=" + path("own.sock"), "--default",
              "own", "--rule", "a: from=127.0.0.1 proxy=no -> own",
              "--look-time", "3")
front.up("own")
took, rule = silent(front, 0)
ok(took < 2 and rule == "a", "without proxy-from nobody waits", (took, rule))
front.term()
front.end()
check = Program("check", "front", "--config", path("front.conf"), "--check",
                stdout=subprocess.DEVNULL)
ok(check.end() == 0, "--check takes the file", check.text())
done()
