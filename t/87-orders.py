# SPDX-License-Identifier: 0BSD
"""87-orders: fdferry ctl drains, disables and enables workers of a front, and
lists what it holds; nothing is lost by any of it.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, connect, done, echo,
                     ok, path, plan, rest, runs_as, skip, until)
from wire import ACCEPT, CANCEL, CANCELLED, MESSAGE, OFFER, Wire, frame
from takeover import successor

plan(29, 120)


def ctl(name, *args, **how):
    got = subprocess.run([FDFERRY, "ctl", path(name + ".ctl")] + list(args),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=WAIT, **how)
    return got.returncode, (got.stdout + got.stderr).decode()


def state(name, worker):
    text = subprocess.run([FDFERRY, "status", "--json", path(name + ".ctl")],
                          stdout=subprocess.PIPE, timeout=WAIT).stdout
    return json.loads(text.decode())["workers"][worker]


class Acks:
    """A worker that acknowledges, played by this test."""

    def __init__(self, name):
        self.at = path(name + ".sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.at)
        self.listener.listen(5)

    def front(self, seconds=WAIT):
        self.listener.settimeout(seconds)
        try:
            self.wire = Wire(self.listener.accept()[0])
        except socket.timeout:
            self.wire = None
        return self.wire

    def offer(self, seconds=WAIT):
        return self.wire.until(OFFER, seconds=seconds)

    def accepts(self, offer, answer=b"acks"):
        self.wire.raw(frame(ACCEPT, offer[1]))
        for fd in offer[3]:
            sock = socket.socket(fileno=fd)
            sock.recv(100)
            sock.sendall(answer)
            sock.close()


a, b = Worker("a", echo(b"a")), Worker("b", echo(b"b"))
AB = ["--worker", "a=" + a.at, "--worker", "b=" + b.at, "--pool", "p=a, b"]

# ------------------------------------------------ plain workers

f = Front("plain", *AB, "--rule", "r: bytes=x -> a, b", "--rule",
          "p: bytes=p -> p", "--default", "a", "--wait", "30", "--control",
          path("plain.ctl"))
f.up("a", "b")
ok(ctl("plain", "drain", "a") == (0, "worker a: drained outstanding=0\n"),
   "drain says what is so now")
ok(f.talk(b"x") == b"b x" and f.talk(b"x") == b"b x",
   "a drained worker gets nothing: the next of the rule does")
ok([f.talk(b"p") for i in range(4)] == [b"b p"] * 4, "nor as one of a pool")
line = f.lines("ordered")
ok(len(line) == 1 and line[0]["order"] == "drain a"
   and line[0].get("uid", os.geteuid()) == os.geteuid(),
   "it is logged, with who it was", line)
ok(state("plain", "a").get("drained") == 1 and state("plain", "a")["up"] == 0
   and "drained" not in state("plain", "b"), "and in the status",
   state("plain", "a"))
held = f.connect()
held.sendall(b"default")
until(lambda: b"waiting=1" in subprocess.run(
    [FDFERRY, "status", path("plain.ctl")], stdout=subprocess.PIPE).stdout)
ok(ctl("plain", "enable", "a") == (0, "worker a: enabled outstanding=0\n")
   and rest(held) == b"a default" and f.talk(b"x") == b"a x",
   "enabled: those who waited go to it, and others")
fronts = len(a.fronts)
ok(ctl("plain", "disable", "a")[0] == 0
   and until(lambda: f.lines("worker-gone"))
   and f.talk(b"x") == b"b x" and state("plain", "a")["disabled"] == 1,
   "a disabled one has no link", f.text()[-300:])
time.sleep(2.5)
ok(len(a.fronts) == fronts, "and none is tried", (fronts, len(a.fronts)))
ctl("plain", "enable", "a")
ok(until(lambda: len(a.fronts) > fronts) and f.talk(b"x") == b"a x",
   "until it is enabled")
wrong = ctl("plain", "drain", "nobody"), ctl("plain", "drain", "p")
ok([w[0] for w in wrong] == [1, 1]
   and "nobody: this front has no such worker" in wrong[0][1]
   and len(f.lines("order-refused")) == 2, "no such worker: told", wrong)
wire = successor("plain")
wire.until(MESSAGE, b"listeners")
wrong = ctl("plain", "drain", "a")
ok(wrong[0] == 1 and "another front takes over" in wrong[1],
   "while it is taken over from it takes no orders", wrong)
wire.close()
until(lambda: f.lines("handing-over-failed"))
if runs_as(65534):
    os.chmod(path(""), 0o755)
    os.chmod(path("plain.ctl"), 0o777)
    wrong = ctl("plain", "drain", "a", preexec_fn=lambda: os.setuid(65534))
    ok(wrong[0] == 1 and "another user" in wrong[1]
       and f.talk(b"x") == b"a x", "another user may not", wrong)
else:
    skip("another user may not", "fdferry cannot be run as another user")
f.term()
f.end()

# ------------------------------------------------ those that acknowledge

acks = Acks("acks")
f = Front("ack", "--worker", "w=ack:" + acks.at, "--worker", "b=" + b.at,
          "--rule", "r: bytes=x -> w", "--default", "b", "--max-outstanding",
          "1", "--ack-time", "30", "--control", path("ack.ctl"))
acks.front()
f.up("w", "b")
first = f.connect()
first.sendall(b"x1")
offer = acks.offer()
second = f.connect()
second.sendall(b"x2")
looks = f.connect()
looks.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def listed(*args):
    return ctl("ack", "list", *args)[1]


until(lambda: listed().count("\n") == 3)
text = listed().split("\n")
ok(len(text) == 4 and text[0].startswith("state=looking age_ms=")
   and text[1].startswith("state=waiting ") and " rule=r " in text[1]
   and text[2].startswith("state=offered ") and " worker=w " in text[2]
   and " peer=127.0.0.1:%d " % first.getsockname()[1] in text[2],
   "list: what is held, a line each", text)
data = json.loads(listed("--json"))
ok([c["state"] for c in data] == ["looking", "waiting", "offered"]
   and data[2]["worker"] == "w" and data[1]["rule"] == "r"
   and "rule" not in data[0]
   and data[0]["peer"] == "127.0.0.1:%d" % looks.getsockname()[1],
   "--json: an array", data)
ok(ctl("ack", "drain", "w") == (0, "worker w: drained outstanding=1\n")
   and rest(second) == b"b x2",
   "drain: who waited for it goes to the default's", f.text()[-300:])
acks.accepts(offer)
ok(rest(first) == b"acks" and until(lambda: f.lines("acknowledged")),
   "what it was offered it keeps", f.text()[-300:])
ctl("ack", "enable", "w")
first = f.connect()
first.sendall(b"x3")
offer = acks.offer()
ok(offer and ctl("ack", "disable", "w")[0] == 0
   and acks.wire.until(CANCEL, seconds=WAIT),
   "disable: what it has not answered is called back")
ok(state("ack", "w")["outstanding"] == 1, "until then it has its link")
for fd in offer[3]:
    os.close(fd)
acks.wire.raw(frame(CANCELLED, offer[1]))
ok(rest(first) == b"b x3", "and goes to the default's", f.text()[-300:])
ok(until(lambda: f.lines("worker-gone")) and not f.lines("in-doubt")
   and acks.front(2.5) is None, "then the link is ended, and none is tried",
   f.text()[-300:])
ctl("ack", "enable", "w")
ok(acks.front() is not None and until(
    lambda: len(f.lines("worker-up")) == 3), "until it is enabled")
looks.close()
f.term()
f.end()

# ------------------------------------------------ programs

with open(path("count"), "w") as program:
    program.write("#!/bin/sh\nread x\necho got $x\n")
os.chmod(path("count"), 0o755)
f = Front("exec", "--worker", "e=exec:" + path("count"), "--worker",
          "b=" + b.at, "--rule", "r: bytes=x -> e", "--default", "b",
          "--control", path("exec.ctl"))
f.up("e", "b")
runs = f.connect()
runs.sendall(b"x")
until(lambda: f.lines("started"))
ok(ctl("exec", "disable", "e") == (0, "worker e: disabled outstanding=1\n")
   and f.talk(b"x") == b"b x", "a program of the front: no more of it")
runs.sendall(b"\n")
ok(rest(runs) == b"got x\n" and until(
    lambda: state("exec", "e")["outstanding"] == 0),
   "those that run go on, and are counted")
ctl("exec", "enable", "e")
ok(f.talk(b"x\n") == b"got x\n", "until it is enabled")
f.term()
f.end()

# ------------------------------------------------ a reload, a takeover


def configure(*workers):
    with open(path("c.conf"), "w") as config:
        config.write("listen unix:%s\ndefault b\nr: bytes=x -> a, b\n"
                     "worker b=%s\n" % (path("c.in"), b.at))
        for at in workers or ("a=" + path("none"),):
            config.write("worker %s\n" % at)


def reload(program):
    before = len(program.lines("reloaded"))
    program.term(signal.SIGHUP)
    until(lambda: len(program.lines("reloaded")) > before)


def asks(data):
    sock = connect("unix:" + path("c.in"))
    sock.sendall(data)
    return rest(sock)


configure("a=" + a.at)
f = Front("conf", "--config", path("c.conf"), "--control", path("conf.ctl"),
          listen=[])
f.up("a", "b")
ctl("conf", "drain", "a")
reload(f)
kept = asks(b"x")
configure()                     # at another address
reload(f)
configure("a=" + a.at)
reload(f)
ok(kept == b"b x" and asks(b"x") == b"b x"
   and state("conf", "a")["drained"] == 1,
   "a reload keeps it, also for one that comes back", (kept, f.text()[-300:]))
new = Program("conf-new", "front", "--log", "json", "--config", path("c.conf"),
              "--takeover", path("conf.ctl"))
ok(until(lambda: new.lines("taken-over")) and f.end() == 0
   and asks(b"x") == b"b x" and state("conf", "a")["drained"] == 1,
   "a takeover keeps it", new.text()[-300:])
c = Worker("c", echo(b"c"))
configure("a=" + c.at)
reload(new)
until(lambda: len(new.lines("worker-up")) > 2)
ok(asks(b"x") == b"c x" and "drained" not in state("conf", "a"),
   "another address is another worker", new.text()[-300:])
ok(ctl("conf", "disable", "a")[0] == 0 and asks(b"x") == b"b x"
   and ctl("conf", "enable", "a")[0] == 0 and until(
       lambda: asks(b"x") == b"c x"), "which is ordered for itself")
new.term()
new.end()

# ---- who waits is listed whatever its rule
g = Front("rules", "--worker", "n=" + path("none"), "--rule",
          "a: bytes=a -> n", "--rule", "b: bytes=b -> n", "--default", "n",
          "--control", path("rules.ctl"))
waits = [g.connect() for _ in range(4)]
for client, byte in zip(waits, (b"a", b"b", b"b", b"d")):
    client.sendall(byte)
until(lambda: b"waiting=4" in subprocess.run(
    [FDFERRY, "status", path("rules.ctl")], timeout=WAIT,
    stdout=subprocess.PIPE).stdout)
rules = sorted(re.findall("state=waiting .* rule=([a-z]+) ", ctl(
    "rules", "list")[1]))
ok(rules == ["a", "b", "b", "default"], "who waits, for each rule", rules)
done()
