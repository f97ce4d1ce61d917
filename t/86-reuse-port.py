# SPDX-License-Identifier: 0BSD
"""86-reuse-port: several fronts at one TCP port; whoever has connected to one
that ends is served.
"""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, connect, done, echo,
                     ok, path, plan, rest, skip, talk, until)

worker = Worker("w", echo(b"w"))
TO_W = ["--worker", "w=" + worker.at, "--default", "w"]
SHARED = TO_W + ["--reuse-port"]
# Who spreads connections, and not only lets several listen.
SPREADS = sys.platform.startswith(("linux", "dragonfly", "freebsd"))


def once(*args):
    got = subprocess.run([FDFERRY, "front"] + list(args),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=WAIT)
    return got.returncode, got.stderr.decode()


no = once("--check", "--listen", "127.0.0.1:0", *SHARED)
if "no SO_REUSEPORT" in no[1]:
    print("1..0 # SKIP this system has no SO_REUSEPORT")
    sys.exit(0)
plan(10)
ok(no[0] == 0, "the option is taken", no)
wrong = [once("--listen", at, "--allow-uid", "0", *SHARED)
         for at in ("unix:" + path("in"), path("in"))]
if sys.platform.startswith("linux"):
    wrong.append(once("--listen", "@fdferry-x", "--allow-uid", "0", *SHARED))
ok(all(w[0] == 2 and "--reuse-port is for TCP ports" in w[1] for w in wrong)
   and not os.path.exists(path("in")), "refused for Unix sockets", wrong)

one = Front("one", *SHARED)
at = one.addresses[0]
other = once("--listen", at, *TO_W)
ok(other[0] == 1 and "another process listens there" in other[1],
   "a front without it: in use", other)
two = Front("two", *SHARED, listen=[at])
ok(two.addresses == [at] and two.up("w") and one.up("w"),
   "a second one with it: both listen", two.text())
for i in range(100):
    talk(connect(at), b"hi")
until(lambda: len(one.delivered()) + len(two.delivered()) == 100)
counts = len(one.delivered()), len(two.delivered())
ok(sum(counts) == 100, "each connection is of one of them", counts)
if SPREADS:
    ok(min(counts) > 10, "and both have some", counts)
else:
    skip("and both have some", "one has all here")

# ---- one ends, and others have connected to it
one.term(signal.SIGSTOP)
clients = [connect(at) for i in range(60)]
for client in clients:
    client.sendall(b"hi")
one.term()
one.term(signal.SIGCONT)
got = [rest(client) for client in clients]
ok(got == [b"w hi"] * 60 and one.end() == 0,
   "one ends: its queue is served first", [g for g in got if g != b"w hi"])
ok(all(talk(connect(at), b"hi") == b"w hi" for i in range(20)),
   "and the other has all from then on")

# ---- a reload opens another, shared as well
with open(path("c.conf"), "w") as config:
    config.write("listen %s\nworker w=%s\ndefault w\n" % (at, worker.at))
three = Program("three", "front", "--log", "json", "--reuse-port", "--config",
                path("c.conf"), "--control", path("three.ctl"))
until(lambda: three.lines("listening"))
more = Front("more", *SHARED)
with open(path("c.conf"), "a") as config:
    config.write("listen %s\n" % more.addresses[0])
three.term(signal.SIGHUP)
ok(until(lambda: three.lines("reloaded"))
   and three.lines("listening")[-1]["address"] == more.addresses[0],
   "a reload shares a port, too", three.text()[-300:])
new = Program("new", "front", "--log", "json", "--reuse-port", "--config",
              path("c.conf"), "--takeover", path("three.ctl"))
ok(until(lambda: new.lines("taken-over"))
   and len(new.lines("listening")) == 2 and three.end() == 0
   and all(talk(connect(at), b"hi") == b"w hi" for i in range(10)),
   "a takeover hands the shared sockets over, and opens none",
   new.text()[-300:])
for f in (two, more, new):
    f.term()
    f.end()
done()
