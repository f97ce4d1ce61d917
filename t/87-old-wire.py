# SPDX-License-Identifier: 0BSD
"""87-old-wire: with fronts, workers and clients of 0.1.0, as recorded.

wire-0.1.0.txt has each frame that they said to each other. Here one side is
played by what was recorded, byte for byte; the other is the command of today.
What it says must be what was said then, but for what may grow: limits, more
fields, more keys.
"""
import fcntl
import json
import os
import re
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from harness import (FDFERRY, Front, Program, WAIT, Worker, connect, done,
                     echo, listens, ok, path, plan, rest, talk, until)
from wire import (ACCEPT, BYE, HEAD, HELLO, MESSAGE, OFFER, Wire)
import harness

plan(24, 100)
harness.FDFERRY = os.path.abspath(FDFERRY)
os.chdir(path(""))              # what was recorded has ./in and ./ctl


class Recorded:
    """What one side said: (kind, id, data, whole frame)."""

    def __init__(self, section):
        self.frames = {}
        name = None
        with open(os.path.join(HERE, "wire-0.1.0.txt")) as lines:
            for line in lines:
                words = line.split()
                if line.startswith("["):
                    name = line.strip()
                elif name == "[%s]" % section and words:
                    raw = bytes.fromhex(words[1])
                    head = HEAD.unpack(raw[:HEAD.size])
                    self.frames.setdefault(words[0], []).append(
                        (head[2], head[4], raw[HEAD.size:], raw))

    def of(self, who, kind, number=None):
        """The one of this kind, and number."""
        return [f for f in self.frames[who] if f[0] == kind
                and number in (None, f[1])][0]


class Peer(Wire):
    """One side as recorded."""

    def __init__(self, sock, recorded, who):
        self.recorded, self.who = recorded, who
        sock.settimeout(WAIT)
        Wire.__init__(self, sock, recorded.of(who, HELLO)[3])

    def plays(self, kind, number=None, fds=()):
        self.raw(self.recorded.of(self.who, kind, number)[3], fds)


def client(at):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(at)
    return sock


def listener(at):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(at)
    sock.listen(20)
    sock.settimeout(WAIT)
    return sock


def says(got, frame):
    """Exactly that frame?"""
    return got is not None and got[:3] == frame[:3]


def has_fields(now, then):
    """Each line of then begins one of now: fields come only behind."""
    now, then = now.split(b"\n"), then.split(b"\n")
    return len(now) == len(then) and all(
        a.startswith(b) for a, b in zip(now, then))


def keys(text):
    return set(re.findall("[a-z_-]+(?==)", text))


worker = Worker("w", echo(b"w"))
COMMON = ["--worker", "w=./w.sock", "--default", "w", "--rule",
          "r: host=x.example -> w", "--look-time", "60"]
taking = Recorded("takeover")

# ---- a front of 0.1.0 takes over from this one
front = Front("now", "--control", "./ctl", *COMMON,
              listen=["127.0.0.1:0", "unix:./in"])
front.up("w")
held = [front.connect() for _ in range(2)]
for sock in held:
    sock.sendall(b"GET /")
until(lambda: b"looking=2" in subprocess.run(
    [harness.FDFERRY, "status", "./ctl"], stdout=subprocess.PIPE).stdout)
then = Peer(client("./ctl"), taking, "takes")
hello = then.hear()
ok(hello and hello[0] == HELLO and hello[2][:4] == taking.of(
    "old", HELLO)[2][:4], "a successor of 0.1.0 is greeted", hello)
then.plays(MESSAGE, 1)
got = then.until(MESSAGE)
told = taking.of("old", MESSAGE, 1)[2].replace(
    b"127.0.0.1:18080", b"127.0.0.1:" + got[2].split(
        b"127.0.0.1:")[1].split(b"\t")[0])
ok(got and has_fields(got[2], told) and len(got[3]) == 5 and got[1] == 1,
   "it gets the listening sockets as then", (got, told))
tcp = socket.socket(fileno=got[3][0])
offers = []
for number in (2, 3):
    offer = then.until(OFFER)
    offers.append(offer)
    then.plays(ACCEPT, number)
ok(all(o and o[1] == number and len(o[3]) == 1 and re.match(
    rb"conn\t0\t[0-9]+\t$", o[2]) for number, o in zip((2, 3), offers)),
   "and the connections", offers)
ok(says(then.until(MESSAGE), taking.of("old", MESSAGE, 4)), "and done")
then.plays(MESSAGE, 2)
ok(then.until(BYE) and front.end() == 0 and len(front.lines("moved")) == 2
   and os.path.exists("in") and os.path.exists("ctl"),
   "it says ready: this one ends, the paths stay", front.text()[-300:])
late = connect("%s:%d" % tcp.getsockname())
tcp.settimeout(WAIT)
ok(tcp.accept() and not listens("./in.lock"), "what it got listens")
late.close()
for fd in got[3][1:] + [o[3][0] for o in offers]:
    os.close(fd)
for name in ("in", "ctl", "in.lock", "ctl.lock"):
    os.unlink(name)

# ---- this one takes over from a front of 0.1.0
tcp = socket.socket()
tcp.bind(("127.0.0.1", 0))
tcp.listen(20)
at = "127.0.0.1:%d" % tcp.getsockname()[1]
unix, ctl = listener("./in"), listener("./ctl")
locks = [open(name, "w") for name in ("./in.lock", "./ctl.lock")]
for lock in locks:
    fcntl.flock(lock, fcntl.LOCK_EX)
held = [socket.create_connection(tcp.getsockname()) for _ in range(2)]
accepted = [tcp.accept()[0] for _ in held]
new = Program("new", "front", "--log", "json", "--takeover", "./ctl",
              "--listen", "127.0.0.1:18080", "--listen", "unix:./in",
              *COMMON)
then = Peer(ctl.accept()[0], taking, "old")
hello = then.hear()
ok(hello and hello[0] == HELLO and hello[2][:4] == taking.of(
    "takes", HELLO)[2][:4], "a front of 0.1.0 is greeted", hello)
ok(says(then.hear(), taking.of("takes", MESSAGE, 1)), "and asked for all")
then.plays(MESSAGE, 1, [s.fileno() for s in (tcp, unix, locks[0], ctl,
                                             locks[1])])
then.plays(OFFER, 2, [accepted[0].fileno()])
then.plays(OFFER, 3, [accepted[1].fileno()])
got = [then.hear(), then.hear()]
ok(says(got[0], taking.of("takes", ACCEPT, 2))
   and says(got[1], taking.of("takes", ACCEPT, 3)),
   "each connection is accepted, as then", got)
then.plays(MESSAGE, 4)
got = then.hear()
ok(says(got, taking.of("takes", MESSAGE, 2)), "done is answered by ready",
   got)
then.plays(BYE)
then.close()
for sock in [tcp, unix, ctl] + locks + accepted:
    sock.close()
ok(until(lambda: new.lines("taken-over")), "taken over", new.text()[-300:])
for sock in held:
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x.example\r\n\r\n")
ok(all(rest(sock).startswith(b"w GET /") for sock in held)
   and talk(connect(at), b"hi\r\n\r\n") == b"w hi\r\n\r\n"
   and talk(connect("unix:./in"), b"hi\r\n\r\n") == b"w hi\r\n\r\n",
   "and all are served", new.text()[-300:])

# ---- clients of 0.1.0 ask this one, and this one's ask a front of 0.1.0
for section, args in (("status", []), ("status-json", ["--json"])):
    asking = Recorded(section)
    then = Peer(client("./ctl"), asking, "asks")
    then.plays(MESSAGE)
    got, told = then.until(MESSAGE), asking.of("old", MESSAGE)[2].decode()
    then.plays(BYE)
    then.close()
    if args:
        a, b = json.loads(got[2].decode()), json.loads(told)
        good = set(b) <= set(a) and all(set(b[k]) <= set(a[k]) for k in (
            "connections", "held"))
    else:
        good = keys(told.split("rule ")[0]) <= keys(got[2].decode())
    ok(good, "%s, asked by 0.1.0" % section, (got, told))
    played = listener("./%s" % section)
    with open("out", "w") as out:
        asks = Program("asks-" + section, "status", "./" + section, *args,
                       stdout=out)
    then = Peer(played.accept()[0], asking, "old")
    then.hear()
    got = then.hear()
    then.plays(MESSAGE)
    status = asks.end()
    ok(says(got, asking.of("asks", MESSAGE)) and status == 0
       and open("out").read() == told, "%s, asked of 0.1.0" % section,
       (got, status, asks.text()))
new.term()
ok(new.end() == 0 and not os.path.exists("in") and not os.path.exists("ctl")
   and not os.path.exists("ctl.lock"), "what was taken over goes with it",
   os.listdir("."))

# ---- the link of a front and a worker that acknowledges
link = Recorded("ack-link")
served = Program("served", "worker", "--wire", "ack", "./served", "--exec",
                 "/bin/sh", "-c", 'read -r line; echo "$line $FDFERRY_RULE '
                 '$FDFERRY_NAME $FDFERRY_PEER"')
until(lambda: listens("./served"))
then = Peer(client("./served"), link, "old")
hello = then.hear()
ok(hello and hello[2][:4] == link.of("works", HELLO)[2][:4],
   "a front of 0.1.0 is greeted by a worker", hello)
ours, theirs = socket.socketpair()
then.plays(OFFER, 1, [theirs.fileno()])
theirs.close()
got = then.hear()
ok(says(got, link.of("works", ACCEPT)), "which accepts as then", got)
ours.settimeout(WAIT)
ours.sendall(b"hi\n")
got = rest(ours)
ok(got == b"hi r x.example 127.0.0.1:41198\n", "and runs its program", got)
then.plays(BYE)
then.close()
served.term()
ok(served.end() == 0, "and ends with 0", served.text())

played = listener("./played")
front = Front("ack", "--worker", "w=ack:./played", "--default", "w",
              "--rule", "r: host=x.example -> w")
then = Peer(played.accept()[0], link, "works")
front.up("w")
sock = front.connect()
sock.sendall(b"GET / HTTP/1.1\r\nHost: x.example\r\n\r\n")
hello, got = then.hear(), then.until(OFFER)
told = link.of("old", OFFER)
ok(hello and got and got[1] == 1 and len(got[3]) == 1
   and keys(told[2].decode()) <= keys(got[2].decode()),
   "a worker of 0.1.0 is offered a connection, and told as much", (got, told))
then.plays(ACCEPT)
theirs = socket.socket(fileno=got[3][0])
theirs.sendall(b"served")
theirs.close()
ok(until(lambda: front.lines("acknowledged")) and rest(sock).startswith(
    b"served"), "which it has then", front.text()[-300:])
then.close()
front.term()
ok(front.end() == 0, "and the front ends", front.text()[-300:])
done()
