# SPDX-License-Identifier: 0BSD
"""87-front-lost: what was delivered is not lost when one of both ends.

The receiver here behaves as libuv did before 1.52: it takes a short read
together with POLLHUP for the end, and what is queued behind that is lost.
"""
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, connect, done,
                     echo, listens, ok, path, plan, rest, send_fd, skip,
                     started, talk, until)

plan(23, 120)
CHUNK = 65536


class Uv:
    """Waits for go(); then one message a turn, as libuv's loop has it."""

    def __init__(self, name):
        self.at = path(name + ".sock")
        self.tag = name.encode()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.at)
        self.listener.listen(8)
        self.may = threading.Event()
        self.served = 0
        self.ends = []
        threading.Thread(target=self._accept, daemon=True).start()

    def go(self):
        self.may.set()

    def _accept(self):
        while True:
            front, _ = self.listener.accept()
            threading.Thread(target=self._read, args=(front,),
                             daemon=True).start()

    def _read(self, front):
        poll = select.poll()
        poll.register(front, select.POLLIN)
        self.may.wait()
        while True:
            events = poll.poll()[0][1]
            data, control, _, _ = front.recvmsg(CHUNK, socket.CMSG_SPACE(4))
            for _, _, payload in control:
                fd = int.from_bytes(payload[:4], sys.byteorder)
                if stat.S_ISSOCK(os.fstat(fd).st_mode):
                    sock = socket.socket(fileno=fd)
                    if not sock.recv(CHUNK):
                        self.ends.append("client gone")
                    sock.sendall(self.tag)
                    sock.close()
                else:
                    os.close(fd)
                self.served += 1
            time.sleep(0.001)
            if not data or (events & select.POLLHUP and len(data) < CHUNK):
                break
        self.ends.append("end" if not data else "hang-up")
        front.close()


def clients(front, n, data=b"x"):
    all_of_them = []
    for i in range(n):
        client = front.connect()
        client.sendall(data)
        all_of_them.append(client)
    return all_of_them


def answers(socks):
    got = [rest(sock) for sock in socks]
    return (len([g for g in got if g == b"uv"]),
            [g for g in got if g != b"uv"][:3])


# ---- SIGTERM while a worker has much to read
uv = Uv("uv")
front = Front("term", "--worker", "uv=" + uv.at, "--default", "uv")
front.up("uv")
socks = clients(front, 64)
ok(until(lambda: len(front.delivered()) == 64), "64 are delivered",
   front.text()[-300:])
front.term()
time.sleep(0.3)
ok(front.process.poll() is None, "SIGTERM: the front waits for the reader")
uv.go()
got = answers(socks)
ok(got[0] == 64, "and each of them is served", got)
start = time.monotonic()
ok(front.end() == 0 and time.monotonic() - start < 2.5
   and uv.ends == ["end"] and not front.lines("worker-unfinished")
   and front.lines("stopped"),
   "the front ends when the worker has", (uv.ends, front.text()[-300:]))

# ---- a takeover while there is more than the kernel takes
uv = Uv("tk")
uv.tag = b"uv"
common = ["--worker", "uv=" + uv.at, "--default", "uv", "--wait", "30"]
old = Front("old", "--control", path("tk.ctl"), *common)
old.up("uv")
socks = clients(old, 300)
until(lambda: len(old.delivered()) > 0)
new = Front("new", "--takeover", path("tk.ctl"), *common, listen=[])
until(lambda: new.lines("taken-over") and old.lines("handed-over"))
time.sleep(0.2)
uv.go()
got = answers(socks)
ok(got[0] == 300, "a takeover: 300 of 300 are served", got)
ok(old.end() == 0 and not old.lines("worker-unfinished"),
   "and the old front ends with 0", old.text()[-300:])
lines = len(old.delivered()) + len(new.delivered())
ok(lines == 300 and old.delivered() and len(uv.ends) >= 1,
   "each of them is in one of both logs", lines)
new.term()
ok(new.end() == 0, "so does the new one", new.text()[-300:])

# ---- a worker that is not in the configuration any more
uv = Uv("rl")
uv.tag = b"uv"
other = Worker("other", echo(b"other"))


def config(which, at):
    with open(path("rl.conf"), "w") as conf:
        conf.write("listen 127.0.0.1:0\nworker w=%s\ndefault w\n" % at)
    return path("rl.conf")


front = Front("rl", "--config", config("uv", uv.at), listen=[])
front.up("w")
socks = clients(front, 40)
until(lambda: len(front.delivered()) == 40)
config("other", other.at)
front.term(signal.SIGHUP)
until(lambda: front.lines("reloaded"))
until(lambda: len(front.lines("worker-up")) == 2)
start = time.monotonic()
got = talk(connect(front.lines("listening")[-1]["address"]), b"hi")
took = time.monotonic() - start
ok(got == b"other hi" and took < 2, "a reload: the front serves meanwhile",
   (got, took))
uv.go()
got = answers(socks)
ok(got[0] == 40 and until(lambda: uv.ends == ["end"]),
   "and what the worker before was given is served", (got, uv.ends))
front.term()
front.end()

# ---- a worker that never ends its side holds nobody up for long
stuck = Worker("stuck", echo(b"stuck"), receive=False)
front = Front("stuck", "--worker", "s=" + stuck.at, "--default", "s")
front.up("s")
sock = clients(front, 1)[0]
until(lambda: len(front.delivered()) == 1)
start = time.monotonic()
front.term()
status = front.end()
took = time.monotonic() - start
lines = front.lines("worker-unfinished")
ok(status == 0 and 2.8 < took < 10 and len(lines) == 1
   and lines[0]["worker"] == "s", "a worker that does not read: 3 seconds",
   (status, took, front.text()[-300:]))
stuck.go(stuck.fronts[0])
ok(rest(sock) == b"stuck x", "what it has to read is there all the same")
front = Front("idle", "--worker", "s=" + stuck.at, "--default", "s")
front.up("s")
start = time.monotonic()
front.term()
status = front.end()
took = time.monotonic() - start
ok(status == 0 and took < 2.5, "where nothing was sent nothing is waited for",
   (status, took))
stuck.gone()

# ---- send
with open(path("file"), "w") as f:
    f.write("x")


def send(*args):
    begin = time.monotonic()
    process = subprocess.Popen([FDFERRY, "send"] + list(args),
                               stderr=subprocess.PIPE)
    started.append(process)
    err = process.communicate(timeout=WAIT)[1]
    # What it says of a kernel that loses descriptors in flight is no fault.
    err = b"".join(line for line in err.splitlines(True)
                   if b"this system drops what is sent" not in line)
    return process.returncode, time.monotonic() - begin, err


uv = Uv("sd")
threading.Timer(0.5, uv.go).start()
got = send(uv.at, *[path("file")] * 20)
ok(got[0] == 0 and until(lambda: uv.ends) == ["end"] and uv.served == 20,
   "send: 20 of 20", (got, uv.served, uv.ends))
uv = Uv("st")
got = send(uv.at, path("file"))
ok(got[0] == 0 and 2.8 < got[1] < 10 and not got[2],
   "to one that does not end: 3 seconds, and status 0", got)
got = send("--timeout", "0.3", uv.at, path("file"))
ok(got[0] == 0 and got[1] < 2.8 and not got[2],
   "or what is left of --timeout", got)
# Its copy of a connection does not outlive the receiver's by that.
near, far = socket.socketpair()
near.sendall(b"x")
process = subprocess.Popen([FDFERRY, "send", uv.at, "fd:%d" % far.fileno()],
                           pass_fds=[far.fileno()])
started.append(process)
uv.go()
far.close()
near.settimeout(2.5)
ok(near.recv(100) == b"st" and near.recv(100) == b"",
   "what was sent ends when its receiver ends it")
process.wait(WAIT)

# ---- a worker of ours at SIGTERM
with open(path("count"), "w") as program:
    program.write("#!/bin/sh\necho ok\n")
os.chmod(path("count"), 0o755)


def worker(name, *args):
    made = Program(name, "worker", path(name + ".sock"), *args + (
        "--exec", path("count")))
    until(lambda: listens(path(name + ".sock")))
    return made


def give(front, n):
    made = []
    for i in range(n):
        near, far = socket.socketpair()
        near.settimeout(WAIT)
        send_fd(front, far.fileno())
        far.close()
        made.append(near)
    return made


def served(socks):
    return len([s for s in socks if rest(s) == b"ok\n"])


one = worker("one", "--max-children", "2")
front = connect("unix:" + path("one.sock"))
socks = give(front, 30)
one.term()
ok(front.recv(1) == b"", "SIGTERM: a worker says that it ends")
socks += give(front, 5)
front.shutdown(socket.SHUT_WR)
ok(served(socks) == 35, "what comes until its front has seen it is served",
   one.text())
front.close()
start = time.monotonic()
ok(one.end() == 0 and time.monotonic() - start < 2.5,
   "then it ends, without a wait", one.text())

two = worker("two")
front = connect("unix:" + path("two.sock"))
until(lambda: served(give(front, 1)) == 1)
start = time.monotonic()
two.term()
front.recv(1)
until(lambda: two.process.poll() is not None)
took = time.monotonic() - start
ok(two.end() == 0 and 2.8 < took < 10,
   "a front that does not end has 3 seconds", (took, two.text()))
try:
    front.settimeout(2)
    give(front, 1)
    got = "sent"
except OSError as error:
    got = type(error).__name__
ok(got == "BrokenPipeError", "and is refused from then on", got)
front.close()

# Connected and sent to before it was accepted.
three = worker("three")
three.term(signal.SIGSTOP)
front = connect("unix:" + path("three.sock"))
socks = give(front, 3)
front.shutdown(socket.SHUT_WR)
three.term()
three.term(signal.SIGCONT)
ok(served(socks) == 3 and three.end() == 0,
   "a front that was not accepted yet is received from", three.text())
front.close()
done()
