# SPDX-License-Identifier: 0BSD
"""87-front-deaf: workers of the wire ack that read no more, and live.

After shutdown(SHUT_RD) at the worker the front's writes fail with EPIPE, and
there is no end to be read. The front ends such a link itself, once what it has
offered there is answered or in doubt, and connects again.
"""
import json
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, WAIT, Worker, done, echo, inodes, ok,
                     path, plan, rest, skip, until)
from wire import ACCEPT, OFFER, Wire

TESTS = 16


def writes_fail():
    """Does this system tell a writer that nobody will read?"""
    near, far = socket.socketpair()
    far.shutdown(socket.SHUT_RD)
    try:
        near.send(b"x")
    except OSError:
        return True
    finally:
        near.close()
        far.close()
    return False


class Link:
    """A worker of which this program plays each link."""

    def __init__(self, name):
        self.at = path(name + ".sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.at)
        self.listener.listen(5)
        self.listener.settimeout(WAIT)

    def take(self):
        """The next link of the front to it; None: it does not come."""
        try:
            return Wire(self.listener.accept()[0])
        except OSError:
            return None

    def serve(self, link, tag):
        """One offer is accepted and answered; true: it came."""
        got = link and link.until(OFFER)
        if not got:
            return False
        link.say(ACCEPT, number=got[1])
        echo(tag)(socket.socket(fileno=got[3][0]))
        return True


def status(front):
    out = subprocess.run([FDFERRY, "status", "--json", path(front + ".ctl")],
                         stdout=subprocess.PIPE, timeout=WAIT)
    return json.loads(out.stdout.decode())


def start(name, link, *args):
    front = Front(name, "--worker", "deaf=ack:" + link.at, "--worker",
                  "other=" + other.at, "--control", path(name + ".ctl"),
                  *args)
    front.up("other")
    return front


def end(front, name):
    """Books balanced, nothing left behind, an end with 0."""
    held = status(name)["held"]
    ok(not any(held.values()), name + ": nothing is held", held)
    front.term()
    ok(front.end() == 0, name + ": the front ends with 0",
       front.text()[-300:])


def deaf(wire):
    """From now on it reads nothing; what it says is heard."""
    wire.sock.shutdown(socket.SHUT_RD)
    return wire


plan(TESTS, 110)
if not writes_fail():
    for i in range(TESTS):
        skip("workers that read no more", "here writing to them is no error")
    done()
other = Worker("other", echo(b"other"))

# ---- before it was offered anything
link = Link("first")
front = start("first", link, "--default", "deaf", "--wait", "30")
first = deaf(link.take())
front.up("deaf")
time.sleep(0.2)
client = front.connect()
client.sendall(b"x")
again = link.take()
ok(again is not None, "the front leaves one that reads no more, and comes "
   "again", front.text()[-500:])
ok(link.serve(again, b"second") and rest(client) == b"second x",
   "who came meanwhile is served", front.text()[-500:])
until(lambda: not status("first")["held"]["offered"])
ok(until(lambda: len(front.lines("worker-up")) == 3)
   and len(front.lines("worker-gone")) == 1, "the log says so: it was gone, and is up", front.text()[-500:])
end(front, "first")

# ---- it has an offer, and answers it later
link = Link("late")
front = start("late", link, "--rule", "r: bytes=x -> deaf, other", "--default",
              "other", "--ack-time", "30")
wire = link.take()
front.up("deaf")
late = front.connect()
late.sendall(b"x")
offer = wire.until(OFFER)
deaf(wire)
ok(front.talk(b"x") == b"other x", "others go to the next of the rule",
   front.text()[-500:])
link.listener.settimeout(0.5)
ok(link.take() is None and not front.lines("worker-gone"),
   "the link stays for what was offered there", front.text()[-500:])
wire.say(ACCEPT, number=offer[1])
echo(b"late")(socket.socket(fileno=offer[3][0]))
link.listener.settimeout(WAIT)
ok(rest(late) == b"late x" and until(lambda: front.lines("acknowledged")),
   "and its answer counts", front.text()[-500:])
again = link.take()
ok(again is not None, "then it ends, and the front comes again",
   front.text()[-500:])
end(front, "late")

# ---- it has an offer, and never answers
link = Link("never")
front = start("never", link, "--default", "deaf", "--ack-time", "0.3")
wire = link.take()
front.up("deaf")
before = inodes(front.pid)
late = front.connect()
late.sendall(b"x")
offer = wire.until(OFFER)
deaf(wire)
ok(until(lambda: front.lines("in-doubt")), "without an answer in time it is "
   "in doubt", front.text()[-500:])
for fd in offer[3]:
    os.close(fd)
late.close()
client = front.connect()
client.sendall(b"x")
again = link.take()
ok(again and link.serve(again, b"again") and rest(client) == b"again x",
   "and the next one is served over another link", front.text()[-500:])
until(lambda: not status("never")["held"]["offered"])
ok(before is None or until(lambda: len(inodes(front.pid)) == len(before)),
   "the front has as many sockets as before", (before, inodes(front.pid)))
end(front, "never")
done()
