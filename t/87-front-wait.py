# SPDX-License-Identifier: 0BSD
"""87-front-wait: connections that wait for a worker.

They are served in their order when it has room, whoever else waits for
another; those that go meanwhile are noticed; and the log says why they wait.
"""
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, cpu_seconds, done,
                     echo, listens, ok, path, plan, rest, runs_as, skip,
                     started, until)

plan(40, 100)


def ack(name, *args):
    """A worker that acknowledges, and echoes."""
    made = Program(name, "worker", "--wire", "ack", *args, path(name + ".sock"),
                   "--exec", "cat")
    until(lambda: listens(path(name + ".sock")))
    return made


def status(name):
    out = subprocess.run([FDFERRY, "status", "--json", path(name + ".ctl")],
                         stdout=subprocess.PIPE, timeout=WAIT)
    return json.loads(out.stdout.decode())


def client(front, data, which=0):
    sock = front.connect(which)
    sock.sendall(data)
    return sock


def got(sock, data):
    """Is it served? It is let go then."""
    try:
        return sock.recv(100) == data
    except OSError:
        return False
    finally:
        sock.close()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def borrowed(pid):
    """The listening socket of another process, by pidfd_getfd(); or None."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    process = call(434, pid, 0)         # pidfd_open
    if process < 0:
        return None
    for number in os.listdir("/proc/%d/fd" % pid):
        fd = call(438, process, int(number), 0)
        if fd < 0:
            continue
        try:
            sock = socket.socket(fileno=fd)
        except OSError:
            os.close(fd)
            continue
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            os.close(process)
            return sock
        sock.close()
    os.close(process)
    return None


def held(front_name):
    return status(front_name)["held"]


# ---- one worker hangs, and those who wait for it hold up nobody else
hung, good = ack("hung"), ack("good")
front = Front("hang", "--worker", "h=ack:" + path("hung.sock"), "--worker",
              "g=ack:" + path("good.sock"), "--rule", "h: bytes=h -> h",
              "--rule", "i: bytes=i -> h", "--default", "g", "--wait", "60",
              "--ack-time", "60", "--max-outstanding", "4", "--control",
              path("hang.ctl"))
front.up("h", "g")
hung.term(signal.SIGSTOP)
waiting = [client(front, b"%s%d" % (b"hi"[i % 2:i % 2 + 1], i))
           for i in range(60)]
ok(until(lambda: held("hang")["waiting"] == 56), "a worker that hangs: all wait "
   "but those that it was offered", held("hang"))
others = [got(client(front, b"g%d" % i), b"g%d" % i) for i in range(20)]
ok(others == [True] * 20, "others are served meanwhile", others)
# Behind them on the list of its rule: it goes first.
reset(waiting[55])
del waiting[55]
ok(until(lambda: len(front.lines("gone")) == 1)
   and held("hang")["waiting"] == 55, "one that is reset is noticed",
   front.lines("gone"))
hung.term(signal.SIGCONT)
served = [got(sock, b"%s%d" % (b"hi"[i % 2:i % 2 + 1], i))
          for i, sock in ((i + (i > 54), s) for i, s in enumerate(waiting))]
ok(served == [True] * 59, "when it goes on, all of them are served", served)
until(lambda: len([line for line in front.lines("acknowledged")
                   if line["worker"] == "h"]) == 59)
lines = [line for line in front.lines("acknowledged")
         if line["worker"] == "h"]
ports = {}
for line in lines:
    ports.setdefault(line["rule"], []).append(line["peer"])
ok(sorted(ports) == ["h", "i"] and len(ports["h"]) == 30
   and len(ports["i"]) == 29, "of both rules", {k: len(v) for k, v
                                                in ports.items()})
turns = [line["rule"] for line in lines[8:48]]
ok(15 <= turns.count("h") <= 25, "which took turns", turns)
front.term()
ok(front.end() == 0, "and the front ends with 0")

# ---- it dies while some wait for it: the default is asked at once
last = Worker("last", echo(b"last"))
front = Front("dies", "--worker", "h=ack:" + path("hung.sock"), "--worker",
              "l=" + last.at, "--rule", "h: bytes=h -> h", "--default", "l",
              "--wait", "60", "--ack-time", "60", "--max-outstanding", "1",
              "--control", path("dies.ctl"))
front.up("h", "l")
hung.term(signal.SIGSTOP)
waiting = [client(front, b"h%d" % i) for i in range(20)]
until(lambda: held("dies")["waiting"] == 19)
hung.term(signal.SIGKILL)
hung.end()
served = [got(sock, b"last h%d" % i) for i, sock in enumerate(waiting)]
ok(served == [True] * 20, "a worker dies: the default takes those who waited",
   (served, front.text()[-300:]))
front.term()
front.end()

# ---- those that go while they wait
front = Front("go", "--worker", "n=" + path("n.sock"), "--default", "n",
              "--wait", "60", "--control", path("go.ctl"))
stay = client(front, b"stay")
half = client(front, b"half")
half.shutdown(socket.SHUT_WR)
silent, broken = front.connect(), client(front, b"broken")
until(lambda: held("go")["waiting"] == 4)
silent.close()
reset(broken)
ok(until(lambda: len(front.lines("gone")) == 2) is True
   and held("go")["waiting"] == 2,
   "who ends without a byte, or is reset, is gone", front.lines("gone"))
time.sleep(0.5)
later = client(front, b"later")
time.sleep(0.3)
late = client(front, b"late")
late.shutdown(socket.SHUT_WR)
n = Worker("n", echo(b"n"))
ok(got(stay, b"n stay") and got(half, b"n half") and got(later, b"n later")
   and got(late, b"n late"), "who has said all waits for the answer",
   front.text()[-300:])
until(lambda: len(front.delivered()) == 4)
order = [line["peer"] for line in front.delivered()]
ok(len(order) == 4 and len(front.lines("gone")) == 2, "no other is gone",
   front.lines("gone"))
n.gone()
front.term()
front.end()

# ---- the same where the loop has no edge triggers: when its turn comes
front = Front("turn", "--worker", "n=" + path("n.sock"), "--default", "n",
              "--wait", "60", "--control", path("turn.ctl"),
              env={"EVENT_NOEPOLL": "1", "EVENT_NOKQUEUE": "1"})
stay, broken = client(front, b"stay"), client(front, b"broken")
silent = front.connect()
until(lambda: held("turn")["waiting"] == 3)
reset(broken)
silent.close()
time.sleep(0.4)
ok(not front.lines("gone"), "without edge triggers nobody looks",
   front.lines("gone"))
n = Worker("n", echo(b"n"))
ok(got(stay, b"n stay") and until(lambda: len(front.lines("gone")) == 2),
   "before their turn comes", front.text()[-300:])
front.term()
front.end()
n.gone()

# ---- a worker gets another address while some wait for it
with open(path("conf"), "w") as conf:
    conf.write("listen 127.0.0.1:0\nworker w=%s\nr: bytes=r -> w\n"
               "default w\n" % path("first.sock"))
front = Front("conf", "--config", path("conf"), "--wait", "60", "--control",
              path("conf.ctl"), listen=[])
waiting = [client(front, b"r%d" % i) for i in range(5)]
until(lambda: held("conf")["waiting"] == 5)
second = Worker("second", echo(b"second"))
with open(path("conf"), "w") as conf:
    conf.write("listen 127.0.0.1:0\nworker w=%s\ndefault w\n" % second.at)
front.term(signal.SIGHUP)
served = [got(sock, b"second r%d" % i) for i, sock in enumerate(waiting)]
ok(served == [True] * 5, "a worker has another address: those who wait go there",
   (served, front.text()[-400:]))
until(lambda: len(front.delivered()) == 5)
ok(set(line["rule"] for line in front.delivered()) == {"r"},
   "by the rule that decided them", front.delivered())
front.term()
front.end()

# ---- a pool: who is down is not asked, and those up take turns
workers = [Worker("p%d" % i, echo(b"p")) for i in range(3)]
args = []
for i in range(3):
    args += ["--worker", "p%d=%s" % (i, workers[i].at)]
front = Front("pool", *args, "--pool", "all=p0, p1, p2", "--default", "all",
              "--control", path("pool.ctl"))
front.up("p0", "p1", "p2")
for i in range(9):
    got(client(front, b"x"), b"p x")
until(lambda: len(front.delivered()) == 9)
names = [line["worker"] for line in front.delivered()]
ok(all(len(set(names[i:i + 3])) == 3 for i in (0, 3, 6)),
   "workers of a pool take turns", names)
workers[1].gone()
until(lambda: front.lines("worker-gone"))
for i in range(8):
    got(client(front, b"x"), b"p x")
until(lambda: len(front.delivered()) == 17)
names = [line["worker"] for line in front.delivered()[9:]]
ok(names.count("p0") == names.count("p2") == 4, "without the one that is gone",
   names)

# ---- why a worker is not reached
line = until(lambda: front.lines("worker-unreachable"))
ok(line and line[0]["worker"] == "p1" and line[0]["address"] == workers[1].at
   and line[0]["why"] == os.strerror(2) and len(line) == 1,
   "the log says why a worker is not reached, once", line)
ok(status("pool")["workers"]["p1"]["error"] == os.strerror(2)
   and "error" not in status("pool")["workers"]["p0"], "and so does status",
   status("pool")["workers"])
dead = socket.socket(socket.AF_UNIX)
dead.bind(workers[1].at)
line = until(lambda: front.lines("worker-unreachable")[1:])
ok(line and line[0]["why"] != os.strerror(2), "again when it is for another "
   "reason", line)
front.term()
front.end()
front = Front("why", "--worker", "w=" + path("nobody.sock"), "--default", "w",
              "--wait", "0.2")
rest(client(front, b"x"))
line = until(lambda: front.lines("refused"))
ok(line and line[0]["why"] == "w: " + os.strerror(2),
   "and who was refused because of it", line)

# ---- addresses decide: no byte is looked at
front2 = Front("none", "--worker", "l=" + last.at, "--rule",
               "r: from=127.0.0.1 -> l", "--default", "l")
front2.up("l")
ok(got(client(front2, b"GET / HTTP/1.0\r\n\r\n"),
       b"last GET / HTTP/1.0\r\n\r\n")
   and until(front2.delivered)[0]["seen"] == "nothing"
   and front2.delivered()[0]["rule"] == "r"
   and front2.delivered()[0]["local"] == front2.addresses[0],
   "where no rule asks for bytes none are looked at", front2.delivered())
for made in front, front2:
    made.term()
    made.end()


# ---- limits
def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))


front = Front("few", "--worker", "n=" + path("n.sock"), "--default", "n",
              "--wait", "60", "--control", path("few.ctl"), preexec_fn=few)
line = front.lines("limit-lowered")
ok(line and line[0]["asked"] == 20000 and line[0]["max_waiting"] < 30,
   "a limit that was lowered is told", line)
waiting = [client(front, b"%d" % i) for i in range(20)]
ok(until(lambda: front.lines("accept-paused")), "so is a pause")
time.sleep(0.5)
limits = status("few")["limits"]
ok(limits["paused"] == 1 and limits["pauses"] > 0
   and limits["max_waiting_asked"] == 20000, "status has both", limits)
ok(len(front.lines("accept-paused")) <= 3, "with few lines",
   front.lines("accept-paused"))
n = Worker("n", echo(b"n"), backlog=64)
served = [got(sock, b"n %d" % i) for i, sock in enumerate(waiting)]
ok(served == [True] * 20, "and all are served in the end", served)
front.term()
front.end()

# ---- a listening socket that somebody else has shut down
if not sys.platform.startswith("linux"):
    for number in range(4):
        skip("a dead listener", "Linux says so; others may go on")
else:
    given = socket.socket()
    given.bind(("127.0.0.1", 0))
    given.listen(5)
    script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); "
              "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); "
              "os.execv(sys.argv[2], sys.argv[2:])")

    def inherited(name, *more):
        with open(path(name + ".log"), "w") as log:
            made = subprocess.Popen(
                [sys.executable, "-c", script, str(given.fileno()), FDFERRY,
                 "front", "--log", "json", "--worker", "l=" + last.at,
                 "--default", "l"] + list(more), pass_fds=[given.fileno()],
                stderr=log)
        started.append(made)
        return made

    process = inherited("dead", "--listen", "unix:" + path("alive"))
    alone = inherited("alone")
    until(lambda: listens(path("alive")))
    until(lambda: "listening" in open(path("alone.log")).read())

    def log_of(event):
        with open(path("dead.log")) as text:
            return [line for line in map(json.loads, text)
                    if line["event"] == event]

    given.shutdown(socket.SHUT_RDWR)
    ok(until(lambda: len(log_of("listener-dead")) == 1),
       "a listening socket that is shut down is given up",
       log_of("listener-dead"))
    alive = socket.socket(socket.AF_UNIX)
    alive.settimeout(WAIT)
    alive.connect(path("alive"))
    alive.sendall(b"x")
    ok(got(alive, b"last x") and process.poll() is None,
       "the others go on")
    process.terminate()
    ok(process.wait(WAIT) == 0, "and the front ends with 0")
    ok(alone.wait(WAIT) == 1, "one that has no other ends with 1",
       open(path("alone.log")).read())

# ---- the same of Unix sockets, of which Linux says EAGAIN for ever
if not sys.platform.startswith("linux"):
    for number in range(6):
        skip("a dead Unix listener", "Linux says so; others may go on")
else:
    def dead(name, *args):
        """Another process, this one, has the listening socket, too."""
        given = socket.socket(socket.AF_UNIX)
        given.bind(path(name + ".given"))
        given.listen(5)
        made = Program(name, *args, "--listen", "fd:%d" % given.fileno(),
                       "--log", "json", pass_fds=[given.fileno()])
        until(lambda: made.lines("listening"))
        return given, made

    given, front = dead("unix", "front", "--worker", "l=" + last.at,
                        "--default", "l", "--listen", "unix:"
                        + path("living"))
    until(lambda: listens(path("living")))
    queued = socket.socket(socket.AF_UNIX)
    queued.settimeout(WAIT)
    queued.connect(path("unix.given"))
    given.shutdown(socket.SHUT_RDWR)
    line = until(lambda: front.lines("listener-dead"))
    ok(line and line[0]["why"] == os.strerror(22), "a Unix socket that is "
       "shut down is given up", line)
    queued.sendall(b"x")
    ok(got(queued, b"last x"), "who had connected is served")
    if not os.path.exists("/proc/self/stat"):
        skip("and the front does not spin", "no /proc")
    else:
        before = cpu_seconds(front.pid)
        time.sleep(1)
        ok(cpu_seconds(front.pid) - before < 0.5
           and front.process.poll() is None, "and the front does not spin",
           cpu_seconds(front.pid) - before)
    front.term()
    front.end()
    given, front = dead("half", "front", "--worker", "l=" + last.at,
                        "--default", "l")
    given.shutdown(socket.SHUT_RD)
    ok(until(lambda: front.lines("listener-dead")), "so is one of which "
       "receiving alone was shut down", front.text()[-300:])
    ok(front.end() == 1, "and the front ends with its last")
    # A worker makes its socket itself; a debugger's view of it is needed.
    worker = Program("shut", "worker", path("shut.sock"), "--exec", "cat")
    until(lambda: listens(path("shut.sock")))
    fd = borrowed(worker.pid)
    if fd is None:
        skip("a worker's listening socket", "no pidfd_getfd() here")
    else:
        fd.shutdown(socket.SHUT_RDWR)
        ok(worker.end() == 1 and "is dead" in worker.text(),
           "a worker whose socket is shut down says so and ends",
           worker.text())

# ---- fewer descriptors for connections after a reload
def many():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def configure(workers):
    with open(path("fit.conf"), "w") as conf:
        conf.write("listen 127.0.0.1:0\ndefault n\nx: bytes=XX -> n\n")
        conf.write("".join("worker %s=%s\n" % (name, path("n.sock"))
                           for name in workers))
    return path("fit.conf")


configure(["n"])
front = Front("fit", "--config", path("fit.conf"), "--control",
              path("fit.ctl"), listen=[], preexec_fn=many)
front.up("n")
most = status("fit")["limits"]["max_waiting"]
configure(["n"] + ["n%d" % i for i in range(29)])
front.term(signal.SIGHUP)
until(lambda: front.lines("reloaded"))
limits = status("fit")["limits"]
ok(limits["max_waiting"] == most - 29 and limits["max_waiting_asked"] == 20000
   and len(front.lines("limit-lowered")) == 2,
   "29 more workers: 29 connections fewer may be held", (most, limits))
configure(["n"])
front.term(signal.SIGHUP)
until(lambda: len(front.lines("reloaded")) == 2)
ok(status("fit")["limits"]["max_waiting"] == most, "and as many as before "
   "without them", status("fit")["limits"])
front.term()
front.end()

# ---- a path that may not be used by this user
os.chmod(path(""), 0o755)
os.mkdir(path("closed"), 0)
if os.geteuid() == 0 and not runs_as(65534):
    skip("and where permissions deny it, that",
         "fdferry cannot be run as another user")
else:
    become = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None
    front = Front("denied", "--worker", "w=" + path("closed/w.sock"),
                  "--default", "w", preexec_fn=become)
    line = until(lambda: front.lines("worker-unreachable"))
    ok(line and line[0]["why"] == os.strerror(13) + ": refused by the "
       "permissions of the path", "and where permissions deny it, that",
       line or front.text())
    front.term()
    front.end()
os.chmod(path("closed"), 0o700)
done()
