# SPDX-License-Identifier: 0BSD
"""load.py - a front under load: `make check-load` runs it.

  1  ab, 50,000 requests without keep-alive, 64 at a time, to two workers:
     none fails
  2  1,000 half-sent hellos: under 1 % of a core
  3  10,000 idle connections: curl is served at once, and the front stays
     under 32 MiB
TAP; each figure is printed. Linux: /proc tells time and memory.
"""
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
from harness import (Front, client_hello, connect, cpu_seconds, done, ok, path, plan, skip, started, until)

REQUESTS = int(os.environ.get("LOAD_REQUESTS", "50000"))
HELLOS = 1000
IDLE = int(os.environ.get("LOAD_IDLE", "10000"))

WORKER = r'''
import os, socket, sys, threading
import array
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(5)
answer = (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n" +
          sys.argv[2].encode() + b"\r\n")
front, _ = listener.accept()
while True:
    data, control, _, _ = front.recvmsg(1, socket.CMSG_SPACE(4))
    if not data:
        break
    fds = array.array("i")
    fds.frombytes(control[0][2][:4])
    sock = socket.socket(fileno=fds[0])
    sock.settimeout(5)
    sock.recv(4096)
    sock.sendall(answer)
    sock.close()
'''


def worker(name):
    process = subprocess.Popen([sys.executable, "-c", WORKER,
                                path(name + ".sock"), name])
    started.append(process)
    until(lambda: os.path.exists(path(name + ".sock")))


def rss_kib(pid):
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"VmRSS:\s*(\d+)", status.read()).group(1))


def ab(port):
    if not shutil.which("ab"):
        skip("ab: no failed request", "no ab")
        return
    run = subprocess.run(["ab", "-q", "-n", str(REQUESTS), "-c", "64",
                          "http://127.0.0.1:%d/a" % port],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=240)
    out = run.stdout.decode()
    print("# " + "\n# ".join(re.findall(
        r"(?:Complete|Failed|Non-2xx|Requests per).*", out)))
    ok(run.returncode == 0
       and re.search(r"Complete requests: +%d\n" % REQUESTS, out)
       and re.search(r"Failed requests: +0\n", out)
       and "Non-2xx" not in out, "ab: %d requests, none failed" % REQUESTS,
       out)


plan(7, 600)
if not os.path.exists("/proc/self/status"):
    for number in range(7):
        skip("load", "no /proc")
    done()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
worker("w1")
worker("w2")
front = Front("load", "--worker", "w1=" + path("w1.sock"), "--worker",
              "w2=" + path("w2.sock"), "--rule", "a: path=/a -> w1",
              "--rule", "tls: tls=yes sni=x.example -> w2", "--default",
              "w2", "--look-time", "120", "--max-waiting", "20000")
front.up("w1", "w2")
port = int(front.addresses[0].rsplit(":", 1)[1])
used = cpu_seconds(front.pid)
begin = time.monotonic()
ab(port)
used = cpu_seconds(front.pid) - used
print("# the front used %.2f s of %.2f s" % (used, time.monotonic() - begin))
if shutil.which("ab"):
    ok(until(lambda: len(front.delivered()) >= REQUESTS),
       "each was delivered and logged", len(front.delivered()))
else:
    skip("each was delivered and logged", "no ab")

hello = client_hello("x.example") or b"\x16\x03\x01\x02\x00" + b"\x01" * 300
half = []
for i in range(HELLOS):
    sock = connect(front.addresses[0])
    sock.sendall(hello[:len(hello) // 2])
    half.append(sock)
time.sleep(1)
before = cpu_seconds(front.pid)
time.sleep(10)
used = cpu_seconds(front.pid) - before
print("# %d half-sent hellos: %.2f %% of a core" % (HELLOS, used * 10))
ok(used < 0.1, "%d half-sent hellos: under 1 %% of a core" % HELLOS, used)

idle = []
for i in range(IDLE - HELLOS):
    idle.append(connect(front.addresses[0]))
time.sleep(1)
kib = rss_kib(front.pid)
print("# %d connections held: %d KiB resident" % (IDLE, kib))
ok(kib < 32 * 1024, "%d idle connections: under 32 MiB" % IDLE, kib)
times = []
for i in range(20):
    begin = time.monotonic()
    sock = connect(front.addresses[0])
    sock.sendall(b"GET /b HTTP/1.0\r\n\r\n")
    got = b""
    while True:
        piece = sock.recv(4096)
        if not piece:
            break
        got += piece
    times.append(time.monotonic() - begin)
    if not got.endswith(b"w2\r\n"):
        times.append(99)
print("# served meanwhile in %.1f ms, slowest %.1f ms"
      % (sorted(times)[len(times) // 2] * 1000, max(times) * 1000))
ok(max(times) < 0.5, "others are served at once meanwhile", times)
if shutil.which("curl"):
    run = subprocess.run(["curl", "-sS", "-m", "5", "--noproxy", "*",
                          "http://127.0.0.1:%d/a" % port],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ok(run.stdout.strip() == b"w1", "curl is served",
       (run.stdout, run.stderr))
else:
    skip("curl is served", "no curl")
for sock in half[:100]:
    sock.sendall(hello[len(hello) // 2:])
ok(until(lambda: sum(line["rule"] == "tls" for line in front.delivered())
         >= 100), "half-sent hellos that go on reach their worker",
   front.delivered()[-1:])
for sock in half + idle:
    sock.close()
front.term(signal.SIGKILL)
done()
