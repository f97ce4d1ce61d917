# SPDX-License-Identifier: 0BSD
"""87-again: what fails for a moment is tried again.

A worker that was busy is asked again soon, however often it was busy before;
one that never takes a connection, less and less often. And what the kernel
would not watch for a moment is watched after it.
"""
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Front, Program, WAIT, done, listens, ok, path, plan, skip,
                     started, until)
from wire import ACCEPT, OFFER, REFUSE, Wire, frame

plan(8, 100)
BUSY = 3


def front(name, wire, *args):
    return Front(name, "--worker", "w=%s%s" % (wire, path(name + ".w")),
                 "--default", "w", *args)


def listener(name):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path(name + ".w"))
    sock.listen(5)
    sock.settimeout(WAIT)
    return sock


# ------------------------------------------------ how soon

at = listener("busy")
f = front("busy", "ack:")
wire = Wire(at.accept()[0])


def offered():
    got = wire.until(OFFER)
    for fd in got[3]:
        os.close(fd)
    return got[1]


pauses = []
for turn in range(8):
    for i in range(4):
        sock = f.connect()
        wire.say(ACCEPT, number=offered())
        sock.close()
    sock = f.connect()
    wire.raw(frame(REFUSE, offered(), arg=BUSY))
    begun = time.monotonic()
    wire.say(ACCEPT, number=offered())
    pauses.append(time.monotonic() - begun)
    sock.close()
ok(min(pauses[-3:]) < 1, "a worker that was busy eight times, and took others "
   "between: it is asked as soon as the first time", pauses)
wire.close()
f.term()
f.end()

for kind, text in ("flap", ""), ("flap-ack", "ack:"):
    count = [0]
    at = listener(kind)

    def closes(at=at, count=count):
        try:
            while True:
                at.accept()[0].close()
                count[0] += 1
        except OSError:
            pass
    threading.Thread(target=closes, daemon=True).start()
    f = front(kind, text)
    time.sleep(3)
    ok(2 < count[0] < 30, "one that closes at once, %s: it is tried less and "
       "less often" % ("acknowledging" if text else "plain"), count)
    f.term()
    f.end()

# ------------------------------------------------ the kernel watches no more


def without_watches(program, calls):
    """Its next epoll_ctl() fail, so many. False: that cannot be done here."""
    if shutil.which("strace") is None or not os.path.exists("/proc/self/stat"):
        return False
    with open(path("strace"), "wb") as log:
        strace = subprocess.Popen(
            ["strace", "-qq", "-o", path("calls"), "-p", str(program.pid), "-e",
             "inject=epoll_ctl:error=ENOSPC:when=1..%d" % calls, "-e",
             "trace=epoll_ctl,recvmsg"], stderr=log)
    started.append(strace)

    def traced():
        with open("/proc/%d/status" % program.pid) as status:
            return "\nTracerPid:\t%d\n" % strace.pid in status.read()
    until(lambda: traced() or strace.poll() is not None)
    time.sleep(0.2)         # it is seized, and then stopped
    return strace.poll() is None


def failed():
    with open(path("calls")) as calls:
        return sum("ENOSPC" in line for line in calls)


def start(name, *args):
    made = Program(name + "-worker", "worker", path(name + ".w"), *args,
                   "--exec", "cat")
    until(lambda: listens(path(name + ".w")))
    time.sleep(0.1)         # it is done with who asked that
    return made


def lasts(sock):
    try:
        sock.sendall(b"more")
        return sock.recv(10) == b"more"
    except OSError:
        return False


for kind in "plain", "ack":
    worker = start(kind, "--wire", kind)
    name = "a front that a worker could not watch at first, " + kind
    if not without_watches(worker, 3):
        skip(name, "no strace that may trace another process")
        continue
    f = front(kind, "ack:" if kind == "ack" else "", "--ack-time", "1")
    f.up("w")
    got = f.talk(b"hi", close=True)
    ok(got == b"hi" and failed() == 3, name, (got, failed(), worker.text(),
                                              f.text()[-300:]))
    worker.term()

worker = start("starts", "--wire", "ack")
f = front("starts", "ack:")
f.up("w")
first = f.connect()
ok(lasts(first), "a program runs", f.text()[-300:])
if not without_watches(worker, 1):
    for name in "it is served", "and others run on":
        skip("a program whose start cannot be watched: " + name,
             "no strace that may trace another process")
else:
    got = f.talk(b"hi", close=True)
    ok(got == b"hi" and failed() == 1, "a program whose start cannot be "
       "watched: it is served", (got, failed(), worker.text()))
    ok(lasts(first) and worker.process.poll() is None, "and others run on",
       worker.text())
first.close()
done()
