# SPDX-License-Identifier: 0BSD
"""87-stay: pools that stay with clients' addresses, and backups, with workers
that die and return. Whose a client is is computed here once more."""
import ipaddress
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, WAIT, Worker, done, echo, ok, path, plan,
                     rest, until)
from wire import ACCEPT, OFFER, Wire, frame

plan(24, 120)
ALL = (1 << 64) - 1


def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & ALL
    return value


def mix(value):
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9 & ALL
    value = (value ^ value >> 27) * 0x94d049bb133111eb & ALL
    return value ^ value >> 31


def home(client, names):
    """Which of these workers has this client?"""
    address = ipaddress.ip_address(client)
    packed = address.packed
    if address.version == 4:
        packed = b"\0" * 10 + b"\xff\xff" + packed
    return max(names, key=lambda name: mix(
        fnv(packed) ^ mix(fnv(name.encode()))))


def header(client):
    kind = "TCP6" if ":" in client else "TCP4"
    return ("PROXY %s %s %s 1000 443\r\n" % (
        kind, client, "2001:db8::1" if ":" in client else "192.0.2.1")).encode()


def go(front, client):
    sock = front.connect()
    sock.sendall(header(client) + b"x")
    return sock


def who(front, client):
    return rest(go(front, client)).split(b" ")[0].decode()


def ctl(name, *args):
    return subprocess.run([FDFERRY, "ctl", path(name + ".ctl")] + list(args),
                          stdout=subprocess.PIPE, timeout=WAIT).returncode


CLIENTS = ["198.51.100.%d" % i for i in range(40)] + [
    "2001:db8::%x" % i for i in range(20)]
NAMES = ["a", "b", "c"]
workers = {name: Worker(name, echo(name.encode()))
           for name in NAMES + ["spare"]}
ARGS = sum((["--worker", "%s=%s" % (name, path(name + ".sock"))]
            for name in NAMES + ["spare"]), []) + [
    "--pool", "p=a, b, c stay=address backup=spare", "--default", "p",
    "--proxy-from", "127.0.0.1"]


def wrong(front, up):
    """Clients that are not where they belong."""
    saw = [(client, who(front, client), home(client, up))
           for client in CLIENTS]
    return [one for one in saw if one[1] != one[2]]


def down(front, name):
    seen = len(front.lines("worker-gone"))
    workers[name].gone()
    return until(lambda: len(front.lines("worker-gone")) > seen)


def back(front, name):
    seen = len(front.lines("worker-up"))
    workers[name] = Worker(name, echo(name.encode()))
    return until(lambda: len(front.lines("worker-up")) > seen)


# ------------------------------------------------ who has whom

f = Front("stay", *ARGS, "--control", path("stay.ctl"))
f.up(*NAMES, "spare")
saw = wrong(f, NAMES)
ok(not saw, "each client has the worker that its address says", saw)
saw = wrong(f, NAMES)
ok(not saw and set(home(c, NAMES) for c in CLIENTS) == set(NAMES),
   "and has it again; each worker has some", saw)
down(f, "b")
saw = wrong(f, ["a", "c"])
ok(not saw, "a worker dies: its clients move, the others stay", saw)
back(f, "b")
saw = wrong(f, NAMES)
ok(not saw, "it returns: so do they", saw)
ok(ctl("stay", "drain", "c") == 0, "a worker is drained")
saw = wrong(f, ["a", "b"])
ok(not saw, "it counts as gone", saw)
ctl("stay", "disable", "c")
until(lambda: len(f.lines("worker-gone")) == 2)
saw = wrong(f, ["a", "b"])
ok(not saw, "and disabled too", saw)
ctl("stay", "enable", "c")
until(lambda: len(f.lines("worker-up")) == 6)
saw = wrong(f, NAMES)
ok(not saw, "it is enabled: they return", saw)

# ------------------------------------------------ backups

for name in NAMES:
    down(f, name)
ok([who(f, client) for client in CLIENTS[:5]] == ["spare"] * 5,
   "all have gone: the backup takes them")
back(f, "a")
ok([who(f, client) for client in CLIENTS[:5]] == ["a"] * 5,
   "one is back: no backup")
back(f, "b")
back(f, "c")

# ------------------------------------------------ whose it is

sock = f.connect()
sock.sendall(header(CLIENTS[0])[:9])
time.sleep(0.5)
until(lambda: len(f.delivered()) == f.connections - 1)
early = len(f.delivered())
sock.sendall(header(CLIENTS[0])[9:] + b"x")
ok(rest(sock).startswith(home(CLIENTS[0], NAMES).encode() + b" ")
   and early == f.connections - 1
   and until(lambda: len(f.delivered()) == early + 1),
   "the whole header is waited for, though no rule asks")
ok(f.talk(b"x").split(b" ")[0].decode() == home("127.0.0.1", NAMES),
   "without a header it is the peer's")
f.term()
f.end()
f = Front("again", *ARGS, listen=["127.0.0.1:0", "unix:" + path("in")])
f.up(*NAMES, "spare")
saw = wrong(f, NAMES)
ok(not saw, "another front says the same", saw)
names = [f.talk(b"x", which=1).split(b" ")[0] for i in range(6)]
ok(sorted(names) == [b"a", b"a", b"b", b"b", b"c", b"c"],
   "clients without an address: the least busy", names)
f.term()
f.end()

# ------------------------------------------------ busy

class Acks:
    """A worker that acknowledges when it is told to."""

    def __init__(self, name):
        self.name = name
        self.at = path(name + "-ack.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(WAIT)
        self.listener.bind(self.at)
        self.listener.listen(5)

    def front(self):
        self.wire = Wire(self.listener.accept()[0])

    def offer(self, seconds=WAIT):
        return self.wire.until(OFFER, seconds=seconds)

    def accepts(self, offer):
        self.wire.raw(frame(ACCEPT, offer[1]))
        for fd in offer[3]:
            sock = socket.socket(fileno=fd)
            sock.recv(100)
            sock.sendall(self.name.encode() + b" acked")
            sock.close()


def front_of(name, *args):
    both = {n: Acks(name + n) for n in "ab"}
    made = Front(name, "--worker", "a=ack:" + both["a"].at, "--worker",
                 "b=ack:" + both["b"].at, "--pool",
                 "p=a, b stay=address", "--default", "p", "--proxy-from",
                 "127.0.0.1", "--max-outstanding", "1", "--ack-time", "60",
                 "--wait", "60", "--control", path(name + ".ctl"), *args)
    for one in both.values():
        one.front()
    made.up("a", "b")
    return made, both["a"], both["b"]


of_a = [c for c in CLIENTS if home(c, ["a", "b"]) == "a"]
of_b = [c for c in CLIENTS if home(c, ["a", "b"]) == "b"]


def held(name):
    return subprocess.run([FDFERRY, "status", path(name + ".ctl")],
                          stdout=subprocess.PIPE).stdout


f, a, b = front_of("busy")
first, second, third = [go(f, of_a[i]) for i in range(3)]
offer = a.offer()
ok(until(lambda: b"waiting=2" in held("busy")) and a.offer(0.3) is None
   and b.offer(0.3) is None,
   "a busy worker keeps its clients, though another is free", held("busy"))
sock = go(f, of_b[0])
b.accepts(b.offer())
ok(rest(sock) == b"busyb acked", "those of another do not wait behind them")
a.accepts(offer)
ok(rest(first) == b"busya acked", "it answers")
a.accepts(a.offer())
ok(rest(second) == b"busya acked", "and has the next one, in their order")
offer = a.offer()
fourth, fifth = go(f, of_a[3]), go(f, of_a[4])
until(lambda: b"waiting=2" in held("busy"))
ctl("busy", "drain", "a")
b.accepts(b.offer())
ok(rest(fourth) == b"busyb acked", "it is drained: who waits for it moves")
b.accepts(b.offer())
ok(rest(fifth) == b"busyb acked", "all of them")
busy_b, waits = go(f, of_b[1]), go(f, of_a[5])
kept = b.offer()
until(lambda: b"waiting=1" in held("busy"))
a.accepts(offer)
rest(third)
ctl("busy", "enable", "a")
a.accepts(a.offer())
ok(rest(waits) == b"busya acked", "it is back: its own that wait return")
b.accepts(kept)
rest(busy_b)
f.term()
ok(f.end() == 0 and len(f.lines("acknowledged")) == 8, "none is lost",
   f.lines("acknowledged"))

f, a, b = front_of("refuse", "--overflow", "refuse")
first, second = go(f, of_a[0]), None
offer = a.offer()
second = go(f, of_a[1])
rest(second)
ok(until(lambda: f.lines("refused-queue")), "--overflow refuse: it is refused")
a.accepts(offer)
ok(rest(first) == b"refusea acked", "the first is served")
f.term()
f.end()
done()
