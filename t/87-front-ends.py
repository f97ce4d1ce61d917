# SPDX-License-Identifier: 0BSD
"""87-front-ends: a front that ends, or reads again, while a listening socket
of it dies or is full; and a successor whose socket dies before the
connections that came by it. And connections that a front still looks at while
its workers change, or that come back from one that dies.
"""
import os
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Front, Program, WAIT, Worker, connect, done, ok, path,
                     plan, talk, until)
from takeover import Played, worker
from wire import ACCEPT, OFFER, Wire

plan(6, 120)


def stopped(f):
    """Everything that comes meanwhile is there at the same time."""
    f.term(signal.SIGSTOP)
    until(lambda: open("/proc/%d/stat" % f.pid).read().rsplit(")", 1)[1]
          .split()[0] == "T" if os.path.isdir("/proc/%d" % f.pid)
          else time.sleep(0.3) is None)


# ------------------------------------------------ a queue that is long

try:
    with open("/proc/sys/net/core/somaxconn") as f:
        most = min(4000, int(f.read()) - 1)
except OSError:
    most = 100
w = Worker("x", lambda sock: sock.close())
f = Front("long", "--worker", "w=" + w.at, "--default", "w",
          listen=["unix:" + path("long.in")])
f.up("w")
stopped(f)
for i in range(most):
    connect("unix:" + path("long.in")).close()
f.term()
f.term(signal.SIGCONT)
ok(f.end(60) == 0 and len(f.delivered() + f.lines("gone")) == most,
   "all %d that had connected are accepted before the end" % most,
   (f.process.poll(), len(f.delivered()), len(f.lines("gone"))))


# ------------------------------------------------ a socket that dies then

# Linux does not say that somebody waits at one that was shut down; BSDs do.
def given(name, *args):
    """A front with a given socket that it does not watch, being full of
    clients who wait."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path(name + ".in"))
    sock.listen(5)
    os.set_inheritable(sock.fileno(), True)
    f = Front(name, "--worker", "w=" + path("nobody"), "--max-waiting", "1",
              *args, listen=["fd:%d" % sock.fileno()],
              pass_fds=[sock.fileno()])
    held = [connect("unix:" + path(name + ".in")) for i in range(2)]
    until(lambda: f.lines("accept-paused"))
    time.sleep(0.6)                     # until it watches them
    return f, sock, held


f, sock, held = given("dies", "--default", "w")
stopped(f)
sock.shutdown(socket.SHUT_RDWR)
for client in held:
    client.close()
f.term()
f.term(signal.SIGCONT)
ok(f.end() in (0, 1) and len(f.lines("listener-dead")) < 2
   and len(f.lines("gone")) == 2 and len(f.lines("draining")) == 1,
   "a socket that dies as the front ends", (f.process.poll(), f.text()))

# ------------------------------------------------ the rules are others then

def configure(name):
    with open(path("c.conf"), "w") as out:
        out.write("listen unix:%s\nworker %s=%s\nr: bytes=hello -> %s\n"
                  "default %s\n" % (path("c.in"), name, worker.at, name, name))


configure("before")
f = Front("looks", "--config", path("c.conf"), "--look-time", "60", listen=[])
f.up("before")
client = connect("unix:" + path("c.in"))
client.sendall(b"he")
time.sleep(0.3)
configure("after")
f.term(signal.SIGHUP)
ok(until(lambda: f.lines("reloaded")) and f.up("after")
   and talk(client, b"llo") == b"w hello"
   and until(lambda: f.lines("delivered"))
   and f.lines("delivered")[0]["worker"] == "after",
   "a connection that is still looked at has the new rules", f.text())
f.term()
f.end()

# ------------------------------------------------ a worker dies then

wire_at = path("acks.sock")
acks = socket.socket(socket.AF_UNIX)
acks.bind(wire_at)
acks.listen(5)
f = Front("back", "--worker", "w=ack:" + wire_at, "--default", "w", "--wait",
          "60", "--ack-time", "60", "--max-outstanding", "1")
wire = Wire(acks.accept()[0])
offered = f.connect()
offer = wire.until(OFFER)
long_since = f.connect()
time.sleep(1)                   # until it is watched
just_now = f.connect()
just_now.sendall(b"x")
acks.close()
os.unlink(wire_at)
wire.close()
until(lambda: f.lines("worker-gone"))
time.sleep(0.1)
offered.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
offered.close()
for fd in offer[3]:
    os.close(fd)
ok(until(lambda: f.lines("gone"), 5),
   "a client that is back from a dead worker, and goes, is noticed", f.text())
f.term()
f.term()
f.end()

# ------------------------------------------------ ... of a successor

old = Played("old")
new = old.taken_by("new")
old.gives()
until(lambda: len(new.lines("listening")) == 2)
old.tcp.shutdown(socket.SHUT_RDWR)
ok(until(lambda: new.lines("listener-dead")), "a socket that was taken dies",
   new.text())
near, far = socket.socketpair()
old.wire.say(OFFER, b"conn\t0\t0\t", [far.fileno()])
far.close()
near.sendall(b"hi")
near.settimeout(WAIT)
ok(old.wire.until(ACCEPT) and near.recv(100) == b"w hi"
   and new.lines("delivered")[0]["local"] == old.address,
   "then connections that came by it are still known as its", new.text())
old.goes()
new.term()
new.end()
done()
