# SPDX-License-Identifier: 0BSD
"""87-successor: a front takes all from another, whatever that does.

The old front is played here by a program that is silent, slow, stopped,
closes, or lies. The new one serves afterwards, or ends and leaves all as it
was.
"""
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Program, connect, cpu_seconds, done, ok, path, plan, skip,
                     talk, until)
from wire import BYE, MESSAGE, Wire, frame
from takeover import (NEEDS_BYTES, Played, TO_W, descriptors, front, gone,
                      served, status, why)

plan(33, 150)
null = open("/dev/null")

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

# A control socket that is dead: another holder has shut it down.
dead = Played("dead")
new = dead.taken_by("dead-new")
dead.gives()
dead.wire.say(MESSAGE, b"done")
dead.wire.until(MESSAGE, b"ready")
dead.wire.say(MESSAGE, b"over")
until(lambda: new.lines("taken-over"))
cpu = cpu_seconds(new.pid) if os.path.exists("/proc/self/stat") else None
dead.ctl.shutdown(socket.SHUT_RDWR)
lost = until(lambda: new.lines("control-lost"))
failed = new.lines("control-accept-failed")
ok(lost and len(failed) == 1 and failed[0]["address"].endswith("dead.ctl")
   and not os.path.exists(path("dead.ctl")),
   "accept() at the control socket fails for good: a line, then it is given "
   "up", new.text()[-400:])
if cpu is None:
    skip("that costs little", "no /proc")
else:
    ok(cpu_seconds(new.pid) - cpu < 0.5, "that costs little",
       cpu_seconds(new.pid) - cpu)
ok(talk(connect(dead.address), b"hi") == b"w hi",
   "and the front goes on to serve", new.text()[-300:])
new.term(signal.SIGHUP)
ok(until(lambda: new.lines("path-made-again"))
   and status("dead").returncode == 0,
   "SIGHUP makes it again", new.text()[-400:])
new.term()
new.end()
dead.goes()

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
