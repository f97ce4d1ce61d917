# SPDX-License-Identifier: 0BSD
"""87-takeover: a front takes over from another, whatever either does.

Either end is played here by a program that is silent, slow, stopped, or
lies. One front serves afterwards, none of its paths is lost, and none stays
behind when it ends.
"""
import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, connect, done,
                     echo, ok, path, plan, rest, skip, talk, until)
from wire import (ACCEPT, BYE, MESSAGE, OFFER, REFUSE, Wire, frame, hello)

plan(66, 150)
worker = Worker("w", echo(b"w"))
TO_W = ["--worker", "w=" + path("w.sock"), "--default", "w"]
NEEDS_BYTES = ["--rule", "r: host=x.example -> w", "--look-time", "60"]


def front(name, *args, **how):
    listen = how.pop("listen", ["127.0.0.1:0", "unix:" + path(name + ".in")])
    f = Front(name, *(TO_W + ["--control", path(name + ".ctl"), "--ack-time",
                              "0.5"] + list(args)), listen=listen, **how)
    f.up("w")
    return f


def status(name, seconds=WAIT):
    return subprocess.run([FDFERRY, "status", path(name + ".ctl")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=seconds)


def successor(name, first=None):
    """One that asks for all: the other end is this test."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path(name + ".ctl"))
    wire = Wire(sock, first)
    wire.say(MESSAGE, b"takeover 1")
    return wire


def served(f, which=0):
    """Within the time that a silent one has, and some."""
    try:
        return f.talk(b"hi\r\n\r\n", which).startswith(b"w hi")
    except OSError:
        return False


def why(f, event="handing-over-failed"):
    return [line.get("why") for line in f.lines(event)]


def gone(*names):
    return not any(os.path.exists(path(n + e)) for n in names
                   for e in (".in", ".ctl", ".in.lock", ".ctl.lock"))


def limited():
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))


def descriptors(pid):
    base = "/proc/%d/fd" % pid
    return len(os.listdir(base)) if os.path.isdir(base) else None


# ------------------------------------------------ fronts that are played

class Played:
    """The front that is taken over from, played by this test."""

    def __init__(self, name):
        self.name = name
        self.tcp = socket.socket()
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen(50)
        self.address = "127.0.0.1:%d" % self.tcp.getsockname()[1]
        self.unix, self.unix_lock = self.path(".in")
        self.ctl, self.ctl_lock = self.path(".ctl")
        self.text = "unix:" + path(name + ".in")

    def path(self, end):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(path(self.name + end))
        sock.listen(50)
        lock = open(path(self.name + end + ".lock"), "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return sock, lock

    def fds(self):
        return [s.fileno() for s in (self.tcp, self.unix, self.unix_lock,
                                     self.ctl, self.ctl_lock)]

    def lines(self, count=b"2\t"):
        return (b"listeners\nlistener\t\t\t\t\t%s\t\nlistener\tmade\t\tlock"
                b"\t\t%s\t\ncontrol\tlock\t%s\n"
                % (self.address.encode(), self.text.encode(), count))

    def taken_by(self, name, *args):
        """A real front that takes over, asked as far as `takeover 1'."""
        self.new = Program(name, "front", "--log", "json", "--takeover",
                           path(self.name + ".ctl"), "--ack-time", "0.5",
                           *(TO_W + list(args)))
        self.ctl.settimeout(WAIT)
        sock, _ = self.ctl.accept()
        self.wire = Wire(sock)
        got = self.wire.until(MESSAGE)
        assert got[2] == b"takeover 1", got
        return self.new

    def gives(self, **how):
        self.wire.say(MESSAGE, self.lines(**how), self.fds())

    def goes(self):
        """The process is no more: it holds nothing."""
        self.wire.close()
        for s in (self.tcp, self.unix, self.unix_lock, self.ctl,
                  self.ctl_lock):
            s.close()

    def paths(self):
        return all(os.path.exists(path(self.name + e)) for e in
                   (".in", ".ctl", ".in.lock", ".ctl.lock"))


# ---- the slow ones begin now, and are asked at the end
asleep = front("asleep")
asleep.term(signal.SIGSTOP)
begun = time.monotonic()
waits = Program("waits", "front", "--log", "json", "--takeover",
                path("asleep.ctl"), *TO_W)
hung = Played("hung")
hung_new = hung.taken_by("hung-new")
hung.gives()
mute = Played("mute")
mute_new = mute.taken_by("mute-new")
mute.gives()
mute.wire.say(MESSAGE, b"done")
ok(mute.wire.until(MESSAGE, b"ready"), "a successor says ready")
mute_new.term()
half = Played("half")
half_new = half.taken_by("half-new")
half.wire.raw(frame(MESSAGE, 1, half.lines(), 5)[:-20], half.fds())
idle = front("idle")
idlers = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for sock in idlers:
    sock.connect(path("idle.ctl"))

# ------------------------------------------------ the successor is odd

old = front("silent")
wire = successor("silent")
got = wire.until(MESSAGE, b"listeners")
ok(got and len(got[3]) == 5 and got[2].endswith(b"control\tlock\t2\t\n"),
   "all listening sockets and their locks", got)
for fd in got[3] if got else []:
    os.close(fd)
begun_silent = time.monotonic()
ok(served(old) and served(old, 1)
   and time.monotonic() - begun_silent < WAIT / 2
   and why(old) == ["the other front is silent"],
   "a silent one, nothing held: the old one goes on", old.text()[-400:])
ok(wire.until(BYE), "and tells it")
wire.close()

wire = successor("silent")
for byte in frame(MESSAGE, 2, b"ready")[:-1]:
    try:
        wire.raw(bytes([byte]))
    except OSError:
        break
    time.sleep(0.08)
ok(served(old) and len(why(old)) == 2,
   "one that sends bytes, but never a whole frame", why(old))
wire.close()
wire = successor("silent", hello(most_fds=4))
got = wire.until(MESSAGE)
ok(got and got[2].startswith(b"error too many listening sockets")
   and len(old.lines("handing-over")) == 2,
   "one that takes too few: told, and nothing moves", got)
wire.close()
wire = successor("silent", hello(most_bytes=100))
got = wire.until(MESSAGE)
ok(got and got[2].startswith(b"error too many listening sockets")
   and len(old.lines("handing-over")) == 2, "or too few bytes", got)
wire.close()
wire = successor("silent")
wire.until(MESSAGE, b"listeners")
asked_at = time.monotonic()
try:
    while not len(why(old)) > 2 and time.monotonic() - asked_at < WAIT:
        wire.say(MESSAGE, b"status")
        wire.until(MESSAGE, b"connections")
        time.sleep(0.05)
except OSError:
    pass
ok(until(lambda: why(old)[2:]) == ["the other front is silent"],
   "one that asks for the status instead", why(old))
wire.close()
wire = successor("silent")
wire.until(MESSAGE, b"listeners")
other = successor("silent")
got = other.until(MESSAGE)
ok(got and got[2] == b"error another front takes over already",
   "two at a time: one is told", got)
other.close()
wire.close()
ok(served(old) and why(old)[-1] == "the other front has ended",
   "one that closes: the old one goes on", why(old))
wire = successor("silent")
wire.until(MESSAGE, b"listeners")
wire.raw(frame(0xfe, 7))
ok(served(old) and until(lambda: len(why(old)) == 5),
   "one that breaks the protocol", why(old))
wire.close()
wire = successor("silent")
got = wire.until(MESSAGE, b"listeners")
wire.raw(frame(6, got[1], arg=5))
ok(served(old) and until(lambda: len(why(old)) == 6)
   and why(old)[-1] != "the other front is silent",
   "one whose descriptor table is full", why(old))
wire.close()

before = descriptors(old.pid)
wire = successor("silent", hello())
null = open("/dev/null")
wire.say(MESSAGE, b"status", [null.fileno()] * 3)
wire.say(OFFER, b"conn\t0\t0\t", [null.fileno()])
refused = wire.until(REFUSE)
wire.say(MESSAGE, b"x" * 5000, [null.fileno()] * 20)
wire.close()
if before is None:
    skip("descriptors beside unexpected messages are closed", "no /proc")
else:
    ok(refused and until(lambda: descriptors(old.pid) <= before),
       "descriptors beside unexpected messages are closed",
       (before, descriptors(old.pid)))
old.term()
ok(old.end() == 0 and gone("silent"), "SIGTERM removes all paths",
   os.listdir(path("")))

# ---- with connections
old = front("holds", *NEEDS_BYTES)
held = []
for i in range(5):
    held.append(old.connect())
    held[-1].sendall(b"GET /%d HTTP/1.1\r\n" % i)
until(lambda: b"looking=5" in status("holds").stdout)
wire = successor("holds")
offer = wire.until(OFFER)
ok(offer and wire.hear(0.3) is None,
   "what is held: one first, until that is answered", offer)
os.close(offer[3][0])
wire.say(MESSAGE, b"ready")
got = wire.until(MESSAGE)
ok(got and got[2].startswith(b"error"), "ready before done: an error", got)
wire.say(REFUSE, number=offer[1])
got = wire.until(MESSAGE)
ok(got and got[2] == b"done", "one that refuses is offered no more", got)
wire.say(MESSAGE, b"ready")
ok(wire.until(MESSAGE, b"over"), "ready is confirmed")
for i, client in enumerate(held):
    client.sendall(b"Host: x.example\r\n\r\n")
answers = [rest(client) for client in held]
ok(all(a.startswith(b"w GET /%d" % i) for i, a in enumerate(answers))
   and old.end() == 0 and os.path.exists(path("holds.in")),
   "what it refused the old one sees through, then ends", answers)
wire.close()

old = front("slept", *NEEDS_BYTES, listen=["127.0.0.1:0"])
held = old.connect()
held.sendall(b"GET /")
until(lambda: b"looking=1" in status("slept").stdout)
wire = successor("slept")
wire.until(MESSAGE, b"listeners")
offer = wire.until(OFFER)
old.term(signal.SIGSTOP)
wire.say(ACCEPT, number=offer[1])
time.sleep(2.5)
old.term(signal.SIGCONT)
ok(wire.until(MESSAGE, b"done"),
   "a stop of the old one is not held against the new one", old.text()[-300:])
wire.say(MESSAGE, b"ready")
ok(old.end() == 0 and len(old.lines("moved")) == 1, "and it goes on from there",
   old.text()[-300:])
os.close(offer[3][0])
held.close()
wire.close()

# ---- SIGTERM and SIGHUP meanwhile
old = front("term")
wire = successor("term")
wire.until(MESSAGE, b"done")
old.term()
ok(old.end() == 0 and gone("term") and len(why(old)) == 1,
   "SIGTERM while a silent one takes over: no path stays behind",
   (old.text()[-400:], os.listdir(path(""))))
wire.close()
old = front("yields")
wire = successor("yields")
wire.until(MESSAGE, b"done")
old.term()
time.sleep(0.2)
wire.say(MESSAGE, b"ready")
ok(wire.until(MESSAGE, b"over") and old.end() == 0
   and os.path.exists(path("yields.in")) and not why(old),
   "SIGTERM while one takes over that is ready: the paths are the new one's",
   old.text()[-400:])
wire.close()
with open(path("conf"), "w") as conf:
    conf.write("listen 127.0.0.1:0\nworker w=%s\ndefault w\n" % path("w.sock"))
old = Front("hup", "--config", path("conf"), "--control", path("hup.ctl"),
            "--ack-time", "0.5", listen=[])
wire = successor("hup")
wire.until(MESSAGE, b"done")
old.term(signal.SIGHUP)
ok(until(lambda: old.lines("reloaded")) and len(why(old)) == 1,
   "SIGHUP meanwhile: when it is settled who serves", old.text()[-400:])
old.term()
wire.close()

# ------------------------------------------------ the old one is odd

DEFECTS = [
    ("too few descriptors", lambda p: (p.lines(), p.fds()[:4])),
    ("too many", lambda p: (p.lines(), p.fds() + p.fds()[:1])),
    ("another number of listeners", lambda p: (p.lines(b"3\t"), p.fds())),
    ("no control socket", lambda p: (p.lines().split(b"control")[0],
                                     p.fds()[:3])),
    ("a line without an end", lambda p: (p.lines()[:-1], p.fds())),
    ("a file as a listening socket",
     lambda p: (p.lines(), [null.fileno()] + p.fds()[1:])),
    ("a connection as one", lambda p: (p.lines(), [p.wire.sock.fileno()]
                                       + p.fds()[1:])),
    ("a line with few fields", lambda p: (b"listeners\nlistener\tmade\t\n",
                                          p.fds()[:1])),
]
for i, (name, defect) in enumerate(DEFECTS):
    odd = Played("odd%d" % i)
    new = odd.taken_by("odd%d-new" % i)
    odd.wire.say(MESSAGE, *defect(odd))
    ok(new.end() == 1 and "speaks another language" in new.text()
       and odd.paths(), "the old one gives %s: the new one ends" % name,
       (new.text(), os.listdir(path(""))))
odd = Played("leaves")
new = odd.taken_by("leaves-new")
odd.wire.close()
ok(new.end() == 1 and "has ended" in new.text() and odd.paths(),
   "it ends: told", new.text())
odd = Played("rude")
new = odd.taken_by("rude-new")
odd.wire.say(MESSAGE, b"error no", odd.fds())
ok(new.end() == 1 and new.text().endswith(": no\n") and odd.paths(),
   "it says an error: told", new.text())

fell = Played("fell")
new = fell.taken_by("fell-new")
fell.gives()
until(lambda: new.lines("listening"))
before = descriptors(new.pid)
fell.wire.say(MESSAGE, b"what?", fell.fds())
ok(talk(connect(fell.address), b"hi") == b"w hi"
   and talk(connect(fell.text), b"hi") == b"w hi", "it serves from then on")
if before is None:
    skip("descriptors beside what it does not know are closed", "no /proc")
else:
    ok(until(lambda: descriptors(new.pid) <= before),
       "descriptors beside what it does not know are closed",
       (before, descriptors(new.pid)))
fell.goes()
ok(until(lambda: new.lines("takeover-cut-short"))
   and talk(connect(fell.text), b"hi") == b"w hi"
   and status("fell").returncode == 0,
   "the old one dies before it is done: the new one serves",
   new.text()[-400:])
new.term()
ok(new.end() == 0 and gone("fell"), "SIGTERM removes what it took over",
   os.listdir(path("")))

lives = Played("lives")
new = lives.taken_by("lives-new")
lives.gives()
until(lambda: new.lines("listening"))
lives.wire.say(BYE, number=0)
lives.wire.close()
sock, _ = lives.ctl.accept()
asked = Wire(sock)
got = asked.until(MESSAGE, b"status")
asked.say(MESSAGE, b"connections: accepted=0\n")
ok(got and new.end() == 1 and new.lines("takeover-failed") and lives.paths(),
   "the old one gives up and serves: the new one finds out, and ends",
   new.text()[-400:])

early = Played("early")
new = early.taken_by("early-new", "--listen", "unix:" + path("own.in"))
early.gives()
until(lambda: new.lines("listening")[2:])
own = os.path.exists(path("own.in"))
new.term()
ok(new.end() == 0 and early.paths() and early.wire.until(BYE) and own
   and gone("own"), "SIGTERM before it is ready: all is the old one's, but "
   "for what it opened itself", (new.text()[-400:], os.listdir(path(""))))

# What fronts of 0.1.0 have no room for.
full = Played("full")
new = full.taken_by("full-new")
lines = full.lines(b"").split(b"control")
full.wire.raw(frame(MESSAGE, 1, lines[0] + b"listener\t\t\t\t\t127.0.0.1:1\t\n" * 193
                    + b"control" + lines[1], 198),
              full.fds()[:3] + [full.tcp.fileno()] * 193 + full.fds()[3:])
ok(new.end() == 1 and "the front there is of 0.1.0" in new.text()
   and full.paths(), "as many as 0.1.0 can give: there may be more: refused",
   new.text())
old = front("paths", listen=["unix:" + path("p%d.in" % i)
                             for i in range(70)])
wire = successor("paths")
got = wire.until(MESSAGE)
ok(got and got[2].startswith(b"error too many") and served(old, 69)
   and not old.lines("handing-over"),
   "more locks than one of 0.1.0 has room for: refused", got)
wire.close()
poor = Program("poor", "front", "--takeover", path("paths.ctl"), *TO_W,
               preexec_fn=limited)
ok(poor.end() == 1 and "did not come: Too many open files" in poor.text()
   and served(old, 69) and until(lambda: why(old)),
   "one with a small descriptor table: told, and the old one goes on",
   (poor.text(), old.text()[-300:]))
old.term()
ok(old.end() == 0 and gone("paths", "p0", "p69"), "and removes them all")

# ---- a real one that is stopped
old = front("real", *NEEDS_BYTES)
held = old.connect()
held.sendall(b"GET /")
until(lambda: b"looking=1" in status("real").stdout)


def carry(source, to, stops):
    """One way, with descriptors; what is seen stops somebody first."""
    while True:
        try:
            data, control, _, _ = source.recvmsg(65536,
                                                 socket.CMSG_SPACE(1024))
            for seen, stop in stops:
                if seen in data:
                    stop()
            if not data:
                to.shutdown(socket.SHUT_WR)
                return
            to.sendmsg([data], control)
            for _, _, payload in control:
                for at in range(0, len(payload), 4):
                    os.close(int.from_bytes(payload[at:at + 4],
                                            sys.byteorder))
        except OSError:
            return


def between(at, name, stops):
    """Sits at a path, before the control socket of a front."""
    relay = socket.socket(socket.AF_UNIX)
    relay.bind(path(at))
    relay.listen(5)

    def run():
        while True:
            one, _ = relay.accept()
            other = socket.socket(socket.AF_UNIX)
            other.connect(path(name + ".ctl"))
            for args in ((one, other, []), (other, one, stops)):
                threading.Thread(target=carry, args=args,
                                 daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


programs = []
between("between.ctl", "real", [
    (b"listeners\n", lambda: programs[0].term(signal.SIGSTOP))])
new = Program("stopped", "front", "--log", "json", "--takeover",
              path("between.ctl"), *TO_W)
programs.append(new)
ok(until(lambda: why(old)) == ["the other front is silent"] and served(old)
   and served(old, 1), "a successor that is stopped: the old one goes on",
   old.text()[-300:])
new.term(signal.SIGCONT)
ok(new.end() == 1 and new.lines("takeover-failed") and served(old)
   and served(old, 1), "it wakes up, finds that, and ends", new.text())
old.term()
ok(old.end() == 0 and gone("real"), "and no path stays behind", os.listdir(path("")))
held.close()

# ------------------------------------------------ many, and none refused

MANY = 1000
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
enough = hard == resource.RLIM_INFINITY or hard >= 3 * MANY


def many(name, listen, *args):
    f = Front(name, *(TO_W + ["--control", path("many.ctl"), "--mode",
                              "0660"] + list(args)), listen=listen)
    until(lambda: len(f.lines("listening")) >= len(listen))
    return f


def free_ports(n):
    socks = [socket.socket() for _ in range(n)]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


refused = []
stop = threading.Event()


def knock(addresses):
    while not stop.is_set():
        for at in addresses:
            try:
                if talk(connect(at), b"k") != b"w k":
                    refused.append((at, "no answer"))
            except OSError as error:
                refused.append((at, error))


for n in (500, MANY):
    if not enough:
        for i in range(4):
            skip("%d listeners" % n, "a limit of %d descriptors" % hard)
        continue
    listen = ["127.0.0.1:%d" % port for port in free_ports(n // 2)] \
        + ["unix:" + path("m%d.in" % i) for i in range(n // 2)]
    old = many("many%d" % n, listen)
    stop.clear()
    knocker = threading.Thread(target=knock, daemon=True, args=(
        [listen[0], listen[n // 2 - 1], listen[n // 2], listen[-1]],))
    knocker.start()
    new = many("many%d-new" % n, listen, "--takeover", path("many.ctl"))
    ok(until(lambda: new.lines("taken-over")) and old.end() == 0
       and len(new.lines("listening")) == n,
       "%d listeners, TCP and Unix, are taken over" % n, new.text()[-400:])
    old = new
    new = many("many%d-newest" % n, listen, "--takeover", path("many.ctl"))
    ok(until(lambda: new.lines("taken-over")) and old.end() == 0
       and len(new.lines("listening")) == n, "and again",
       new.text()[-400:])
    stop.set()
    knocker.join(WAIT)
    bad = [at for at in listen if talk(connect(at), b"hi") != b"w hi"]
    ok(not bad and not refused,
       "none is refused, during it or afterwards", (bad, refused[:3]))
    new.term()
    ok(new.end() == 0 and not [name for name in os.listdir(path(""))
                               if name.startswith("m") and name[1:2].isdigit()
                               or name.startswith("many.ctl")],
       "and each path goes with it", os.listdir(path(""))[:20])

# ------------------------------------------------ the control socket

clients = [socket.socket(socket.AF_UNIX) for _ in range(16)]
for sock in clients:
    sock.connect(path("idle.ctl"))
time.sleep(1.2)
got = status("idle")
ok(got.returncode == 0, "16 who ask nothing keep nobody out", got)
taken = 0
for i in range(20):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path("idle.ctl"))
    clients.append(sock)
got = status("idle")
ok(got.returncode == 0 or b": busy: " in got.stderr,
   "many at the same moment: an answer, or busy", got)
for sock in clients:
    sock.close()
for sock in idlers:
    sock.settimeout(WAIT)
    while True:
        try:
            if not sock.recv(4096):
                break
        except socket.timeout:
            break
    taken += 1
ok(until(lambda: status("idle").returncode == 0) and taken == 3,
   "those who ask nothing are let go", taken)
idle.term()
idle.end()

# ------------------------------------------------ the slow ones

asked = waits.end(20)
ok(asked == 1 and "no answer" in waits.text()
   and 8 < time.monotonic() - begun,
   "a stopped front is not taken over from", waits.text())
asleep.term(signal.SIGCONT)
ok(served(asleep) and served(asleep, 1), "and serves when it goes on",
   asleep.text()[-400:])
asleep.term()
ok(asleep.end() == 0 and gone("asleep"), "and removes its paths")
lines = until(lambda: hung_new.lines("takeover-cut-short"))
ok(lines and lines[0]["why"] == "the other front is silent"
   and talk(connect(hung.address), b"hi") == b"w hi"
   and status("hung").returncode == 0,
   "one that hangs in the middle: the new one serves, all is its",
   hung_new.text()[-400:])
ok(half_new.end() == 1 and "no answer" in half_new.text() and half.paths(),
   "one that gives the listening sockets in part: the new one ends",
   half_new.text())
hung.wire.say(MESSAGE, b"done")
ok(hung.wire.until(MESSAGE, b"ready"), "and it goes on if that wakes up")
hung_new.term()
ok(hung_new.end() == 0 and gone("hung"), "and SIGTERM removes it all",
   os.listdir(path("")))
ok(mute_new.end() == 0 and gone("mute"),
   "one that confirms nothing: SIGTERM is heard all the same",
   mute_new.text()[-400:])
done()
