# SPDX-License-Identifier: 0BSD
"""86-worker-ack: what a worker answers when it cannot, or may not, serve."""
import os
import resource
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Program, WAIT, connect, cpu_seconds, done, listens, ok,
                     path, plan, rest, send_fd, skip, until)
from wire import ACCEPT, CANCEL, CANCELLED, HELLO, OFFER, REFUSE, Wire

plan(24)

with open(path("hold"), "w") as program:
    program.write('#!/bin/sh\necho "$$"\nread -r line\necho "$line"\n')
os.chmod(path("hold"), 0o755)


def start(name, *args):
    worker = Program(name, "worker", "--wire", "ack", *args, "--exec",
                     path(name) if os.path.exists(path(name))
                     else path("hold"))
    until(lambda: listens(path(name + ".sock"))
          or worker.process.poll() is not None)
    return worker


def front(name):
    wire = Wire(connect("unix:" + path(name + ".sock")))
    if wire.until(HELLO) is None:
        raise SystemExit("no HELLO")
    wire.number = 0
    return wire


def offer(wire):
    """(id, our end of the connection)"""
    ours, theirs = socket.socketpair()
    wire.number += 2
    wire.say(OFFER, b"", (theirs.fileno(),), wire.number)
    theirs.close()
    ours.settimeout(WAIT)
    return wire.number, ours


def answer(wire, seconds=15):
    """(kind, id) of the next frame, or None."""
    got = wire.hear(seconds)
    return None if got is None else got[:2]


# ---- one program at a time
w = start("w", path("w.sock"), "--max-children", "1", "--mode", "0660",
          "--owner", "%d:%d" % (os.getuid(), os.getgid()),
          "--allow-uid", str(os.getuid()))
ok(os.stat(path("w.sock")).st_mode & 0o777 == 0o660,
   "--mode and --owner of its socket", os.stat(path("w.sock")))
a = front("w")
first, one = offer(a)
ok(answer(a) == (ACCEPT, first), "an offer: accepted when its program runs")
ok(one.recv(100).strip().isdigit(), "which has the connection")
second, two = offer(a)
ok(answer(a, 0.5) is None, "a second has to wait")
a.say(CANCEL, number=second)
ok(answer(a) == (CANCELLED, second), "and can be taken back while it does")
ok(rest(two) == b"", "then it is closed")
third, three = offer(a)
fourth, four = offer(a)
one.sendall(b"over\n")
ok(answer(a) == (ACCEPT, third) and three.recv(100).strip().isdigit(),
   "the first ends: the next is begun, the one taken back is not")

# ---- another front, which breaks off
b = front("w")
fifth, five = offer(b)
b.close()
ok(rest(five) == b"", "a front that ends: what waits is closed", w.text())
c = Wire(connect("unix:" + path("w.sock")), b"GET / HTTP/1.0\r\n\r\n" + bytes(40))
ok(until(lambda: "does it speak the wire ack?" in w.text()),
   "a front that speaks another wire is told", w.text())
c.close()

# ---- ended while some wait
w.process.send_signal(signal.SIGTERM)
got = a.hear()
ok(got is not None and got[:2] == (REFUSE, fourth),
   "SIGTERM: what was not begun goes back", got)
ok(rest(four) == b"", "and is closed here")
ok(w.process.poll() is None, "the one that runs is seen through")
three.sendall(b"last\n")
ok(rest(three).endswith(b"last\n"), "to its end")
a.close()
ok(w.end() == 0, "then the worker ends", w.text())

# ---- a program that cannot be started, though it could when we began
with open(path("gone"), "w") as program:
    program.write("#!/bin/sh\nexit 0\n")
os.chmod(path("gone"), 0o755)
g = start("gone", path("gone.sock"))
os.unlink(path("gone"))
d = front("gone")
sixth, six = offer(d)
got = d.hear()
ok(got is not None and got[:2] == (REFUSE, sixth),
   "a program that is gone: the offer is refused", got)
ok(rest(six) == b"", "and closed here")
seventh, seven = offer(d)
ok(answer(d) == (REFUSE, seventh), "the next as well, and the worker goes on")
d.close()
g.term()
ok(g.end() == 0, "it ends as it should", g.text())

# ---- more fronts than there are descriptors
p = Program("p", "worker", path("p.sock"), "--exec", path("hold"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                  (24, 24)))
until(lambda: listens(path("p.sock")) or p.process.poll() is not None)
fronts = [connect("unix:" + path("p.sock")) for _ in range(30)]
time.sleep(0.3)
ours, theirs = socket.socketpair()
send_fd(fronts[0], theirs.fileno())
theirs.close()
ours.settimeout(WAIT)
ok(until(lambda: "a connection was lost on its way" in p.text()),
   "a full table: the connection that is lost is told", p.text())
ok(rest(ours) == b"", "it is closed, not kept")
if os.path.exists("/proc/self/stat"):
    spent = cpu_seconds(p.pid)
    time.sleep(0.5)
    ok(cpu_seconds(p.pid) - spent < 0.3,
       "fronts that cannot be accepted cost no time")
else:
    skip("fronts that cannot be accepted cost no time", "no /proc")
for front_ in fronts[:-1]:
    front_.close()
ours, theirs = socket.socketpair()
send_fd(fronts[-1], theirs.fileno())
theirs.close()
ours.settimeout(WAIT)
ok(ours.recv(100).strip().isdigit(), "when others end, the last is served",
   p.text())
p.term()
time.sleep(0.1)
ok(p.process.poll() is None, "SIGTERM: its program is waited for")
p.term()
ok(p.end() is not None, "again: it is not", p.text())
ours.close()
done()
