# SPDX-License-Identifier: 0BSD
"""87-takeover: a front gives all to another, whatever that does.

The successor is played here by a program that is silent, slow, or lies. The
old front serves afterwards, or the new one does; no connection is refused,
and no path is lost or stays behind. And the control socket is not kept from
others by those who ask nothing.
"""
import os
import resource
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Front, Program, WAIT, connect, done, ok, path, plan, rest,
                     skip, talk, until)
from wire import (ACCEPT, BYE, MESSAGE, OFFER, REFUSE, frame, hello)
from takeover import (NEEDS_BYTES, TO_W, descriptors, front, gone, served,
                      status, successor, why)

plan(38, 400)

# ---- those who ask nothing begin now, and are asked at the end
idle, alone = front("idle"), front("alone")
begun = time.monotonic()
idlers = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for sock in idlers:
    sock.connect(path("alone.ctl"))


def limited():
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))


def ends(sock):
    """Does the other end close it?"""
    sock.settimeout(WAIT)
    try:
        while sock.recv(4096):
            pass
        return True
    except socket.timeout:
        return False
    except OSError:
        return True


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

# ---- what it has no room for
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

# ------------------------------------------------ many, and none refused

MANY = 1000
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
enough = hard == resource.RLIM_INFINITY or hard >= 3 * MANY


# A thousand locks and sockets are a second's work where nothing else runs, and
# twenty times that where much does.
LONG = 60


def many(name, listen, *args):
    f = Front(name, *(TO_W + ["--control", path("many.ctl"), "--mode", "0660",
                              "--ack-time", str(LONG)] + list(args)),
              listen=listen)
    until(lambda: len(f.lines("listening")) >= len(listen), LONG)
    return f


def taken(old, new, n):
    return (until(lambda: new.lines("taken-over"), LONG)
            and old.end(LONG) == 0 and len(new.lines("listening")) == n)


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
    ok(taken(old, new, n),
       "%d listeners, TCP and Unix, are taken over" % n, new.text()[-400:])
    old = new
    new = many("many%d-newest" % n, listen, "--takeover", path("many.ctl"))
    ok(taken(old, new, n), "and again", new.text()[-400:])
    stop.set()
    knocker.join(WAIT)
    bad = [at for at in listen if talk(connect(at), b"hi") != b"w hi"]
    ok(not bad and not refused,
       "none is refused, during it or afterwards", (bad, refused[:3]))
    new.term()
    ok(new.end(LONG) == 0 and not [name for name in os.listdir(path(""))
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
for i in range(20):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path("idle.ctl"))
    clients.append(sock)
got = status("idle")
ok(got.returncode == 0 or b": busy: " in got.stderr,
   "many at the same moment: an answer, or busy", got)
for sock in clients:
    sock.close()
ok(until(lambda: status("idle").returncode == 0), "and later an answer")
ended = [ends(sock) for sock in idlers]
ok(ended == [True] * 3 and 8 < time.monotonic() - begun,
   "those who ask nothing are let go after a while",
   (ended, time.monotonic() - begun))
for f in (idle, alone):
    f.term()
    f.end()
done()

