# SPDX-License-Identifier: 0BSD
"""87-front-limits: fronts at their limits, and when things go wrong.

Nothing that was accepted is lost before a worker's socket has taken it, and
what cannot be served is refused, told and counted.
"""
import os
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, WAIT, Worker, connect, cpu_seconds, done,
                     echo, inodes, ok, path, plan, rest, send_fd, skip, started,
                     talk, until)

plan(29, 70)
HOST = b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n"


def named(*names):
    args = []
    for name in names:
        args += ["--worker", "%s=%s" % (name, path(name + ".sock"))]
    return args


# ---- workers that are gone: the next, the default's, a bounded wait, which
# is longer than the longest pause between two attempts to connect
b, c = Worker("b", echo(b"b")), Worker("c", echo(b"c"))
front = Front("gone", *named("a", "b", "c"), "--rule",
              "r: host=r.example -> a, b", "--default", "c", "--wait", "3")
front.up("b", "c")
ok(front.talk(HOST % b"r.example").startswith(b"b "),
   "the first worker is not there: the rule's next")
b.gone()
until(lambda: front.lines("worker-gone"))
ok(front.talk(HOST % b"r.example").startswith(b"c "),
   "the rule's workers are gone: the default's")
c.gone()
until(lambda: len(front.lines("worker-gone")) == 2)
start = time.monotonic()
late = front.connect()
late.sendall(HOST % b"r.example")
until(lambda: len(inodes(front.pid) or "1234") > 3, 1)
a = Worker("a", echo(b"a"))
ok(rest(late).startswith(b"a "), "none is there: it waits for one",
   front.text()[-400:])
a.gone()
until(lambda: len(front.lines("worker-gone")) == 3)
start = time.monotonic()
got = front.talk(HOST % b"r.example")
took = time.monotonic() - start
ok(2.9 < took < 8 and b" " not in got.split(b"<")[0],
   "but not for ever: then it is closed", (took, got))
ok(until(lambda: len(front.lines("refused")) == 1)
   and front.lines("refused")[0]["rule"] == "r",
   "and the log says refused", front.lines("refused"))
front.term()
front.end()

def room():
    """Messages of the plain wire in a socket that nobody reads, by sendmsg()."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    n = 0
    try:
        while n < 800:
            n += send_fd(ours, sys.stdin.fileno())
    except OSError:
        pass
    ours.close()
    theirs.close()
    return n


# ---- a worker that does not receive: bounded memory, nothing misrouted
most = room()
stuck = Worker("stuck", echo(b"stuck"), receive=False)
free = Worker("free", echo(b"free"))
front = Front("full", *named("stuck", "free"), "--rule",
              'r: bytes="s" -> stuck', "--default", "free")
front.up("stuck", "free")
clients = []
for i in range(900):
    client = front.connect()
    client.sendall(b"s%d" % i)
    clients.append(client)
until(lambda: len(front.delivered()) > most / 2)
start = cpu_seconds(front.pid) if os.path.exists("/proc/self/stat") else None
time.sleep(0.5)
taken = len(front.delivered())
ok(most / 2 < taken < 900, "its socket takes what there is room for, the rest "
   "wait", (taken, most))
ok(all(line["worker"] == "stuck" for line in front.delivered()),
   "a worker that is only busy keeps its connections")
if start is None:
    skip("waiting for it costs little", "no /proc")
else:
    used = cpu_seconds(front.pid) - start
    ok(used < 0.2, "waiting for it costs little", used)
ok(front.talk(b"x") == b"free x", "others are served meanwhile")
stuck.go(stuck.fronts[0])
answers = [rest(client) for client in clients]
ok(answers == [b"stuck s%d" % i for i in range(900)],
   "when it goes on, each of them gets its answer",
   [a for a in answers if not a.startswith(b"stuck")][:3])
front.term()
front.end()
stuck.gone()

# ---- a worker that sends, though the wire has nothing for it to say
loud = Worker("loud", echo(b"loud"))
front = Front("loud", *named("loud"), "--default", "loud")
front.up("loud")
until(lambda: loud.fronts)
if inodes(front.pid) is None:
    skip("what a worker sends is closed", "no /proc")
else:
    held = len(os.listdir("/proc/%d/fd" % front.pid))
    for i in range(5):
        send_fd(loud.fronts[0], sys.stdin.fileno(), b"x")
    ok(front.talk(b"x") == b"loud x"
       and len(os.listdir("/proc/%d/fd" % front.pid)) == held,
       "what a worker sends is closed", held)
front.term()
front.end()
loud.gone()

# ---- limits of number
front = Front("most", *named("free"), "--rule", "r: host=x.example -> free",
              "--default", "free", "--max-waiting", "4", "--look-time", "60")
front.up("free")
clients = []
for i in range(6):
    client = front.connect()
    client.sendall(b"GET /%d" % i)
    clients.append(client)
ok(clients[0].recv(100) == b"free GET /0" and clients[1].recv(100)
   == b"free GET /1", "above --max-waiting the oldest is decided at once")
clients[5].settimeout(0.3)
try:
    got = clients[5].recv(100)
except socket.timeout:
    got = None
ok(got is None, "the others are still looked at", got)
front.term()
clients[5].settimeout(WAIT)
clients[5].sendall(b" HTTP/1.1\r\nHost: x.example\r\n\r\n")
ok(rest(clients[5]).startswith(b"free GET /5 HTTP"),
   "SIGTERM: those held are still looked at and passed")
time.sleep(0.2)
ok(front.process.poll() is None, "it waits for them")
front.term()
ok(front.end() == 0 and len(front.lines("refused-end")) == 3,
   "a second SIGTERM refuses what is left, and says so",
   front.lines("refused-end"))

front = Front("source", *named("free"), "--rule", "r: tls=yes -> free",
              "--default", "free", "--max-per-source", "2")
front.up("free")
clients = [front.connect() for i in range(3)]
ok(rest(clients[2]) in (b"", b"<[Errno 104] Connection reset by peer>")
   and until(lambda: front.lines("refused-source")),
   "above --max-per-source: refused", front.text()[-300:])
clients[0].sendall(b"one")
ok(rest(clients[0]) == b"free one" and front.talk(b"two") == b"free two",
   "and taken again when one has been passed on")
clients[1].close()
front.term()
front.end()


def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


front = Front("few", *named("free"), "--rule", "r: tls=yes -> free",
              "--default", "free", "--control", path("few.ctl"),
              preexec_fn=few)
front.up("free")
clients = [front.connect() for i in range(100)]
for client in clients:
    client.sendall(b"few")
ok(all(rest(client) == b"free few" for client in clients),
   "40 descriptors, 100 clients at once: each is answered",
   front.text()[-300:])
start = cpu_seconds(front.pid) if os.path.exists("/proc/self/stat") else None
clients = [front.connect() for i in range(60)]
time.sleep(0.5)
if start is None:
    skip("at the limit it does not spin", "no /proc")
else:
    used = cpu_seconds(front.pid) - start
    ok(used < 0.3, "at the limit it does not spin", used)
# ... nor when there is none left for those at the control socket.
controls = []
for i in range(14):
    control = socket.socket(socket.AF_UNIX)
    control.settimeout(WAIT)
    control.connect(path("few.ctl"))
    controls.append(control)
time.sleep(0.3)
if start is None:
    skip("nor with its control socket", "no /proc")
else:
    start = cpu_seconds(front.pid)
    time.sleep(0.5)
    used = cpu_seconds(front.pid) - start
    ok(used < 0.1, "nor with its control socket", used)
for client in clients:
    client.sendall(b"end")
ok(all(rest(client) == b"free end" for client in clients),
   "and recovers", front.text()[-300:])
front.term()
front.end()

# ---- a log that nobody reads
reader, writer = os.pipe()
process = subprocess.Popen(
    [FDFERRY, "front", "--listen", "unix:" + path("unread.in")]
    + named("free") + ["--default", "free"], stderr=writer)
started.append(process)
until(lambda: os.path.exists(path("unread.in")))
answers = 0
for i in range(1200):
    answers += talk(connect("unix:" + path("unread.in")), b"q") == b"free q"
ok(answers == 1200, "a log that nobody reads delays nothing", answers)
os.close(writer)
text = b""
while b"lines-dropped" not in text:
    piece = os.read(reader, 65536)
    if not piece:
        break
    text += piece
    if len(text) > 40000:
        talk(connect("unix:" + path("unread.in")), b"q")
ok(b"lines-dropped lines=" in text, "what it could not keep is counted",
   text[-200:])
process.terminate()
process.wait(WAIT)

# ---- privileges
if os.geteuid() == 0 and os.path.exists("/proc/self/status"):
    os.chmod(os.path.dirname(path("x")), 0o755)
    os.chmod(path("free.sock"), 0o666)
    front = Front("user", *named("free"), "--default", "free", "--user",
                  "65534:65534")
    front.up("free")
    with open("/proc/%d/status" % front.pid) as text:
        ids = [line.split()[1:] for line in text
               if line.startswith(("Uid:", "Gid:", "Groups:"))]
    ok(ids == [["65534"] * 4, ["65534"] * 4, ["65534"]]
       and front.talk(b"u") == b"free u",
       "--user: runs as another user, without other groups", ids)
    front.term()
    front.end()


    def no_programs():
        """Of a user who is not root; Linux says EAGAIN then."""
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

    front = Front("fork", *named("free"), "--worker", "cat=exec:cat",
                  "--rule", "r: bytes=r -> cat", "--default", "free",
                  "--user", "65534:65534", preexec_fn=no_programs)
    front.up("free", "cat")
    held = front.connect()
    held.sendall(b"r")
    took = []
    for i in range(5):
        start = time.monotonic()
        front.talk(b"u")
        took.append(time.monotonic() - start)
    until(lambda: len(front.delivered()) >= 5)
    ok(sorted(took)[2] < 0.5 and len(front.delivered()) == 5
       and not front.lines("started"),
       "a program that cannot be started now delays nobody else",
       (took, front.text()[-300:]))
    front.term(signal.SIGKILL)
else:
    skip("--user", "only root can change its user")
    skip("a program that cannot be started now delays nobody else",
         "not root")

# ---- without edge triggers: pauses instead, and no spin
front = Front("poll", *named("free"), "--rule", "r: host=x.example -> free",
              "--default", "free", env={"EVENT_NOEPOLL": "1",
                                        "EVENT_NOKQUEUE": "1"})
front.up("free")
client = front.connect()
start = cpu_seconds(front.pid) if os.path.exists("/proc/self/stat") else 0
client.sendall(b"GET /slowly HTTP/1.1\r\nHost: ")
time.sleep(0.6)
used = (cpu_seconds(front.pid) if start else 0) - start
client.sendall(b"x.example\r\n\r\n")
got = rest(client)
until(front.delivered)
ok(got.startswith(b"free GET /slowly") and used < 0.2
   and front.delivered()[0]["rule"] == "r",
   "a loop without edge triggers looks again after pauses", (got, used))
front.term()
front.end()

# ---- no limit where none is said: workers of a pool, pieces of a request
with open(path("count"), "w") as program:
    program.write("#!/bin/sh\necho ok\n")
os.chmod(path("count"), 0o755)
args = []
for i in range(300):
    args += ["--worker", "w%d=exec:%s" % (i, path("count"))]
front = Front("pool", "--pool",
              "all=" + ", ".join("w%d" % i for i in range(300)),
              "--default", "all", *args)
front.up("w299")
for i in range(300):
    if rest(front.connect()) != b"ok\n":
        break
until(lambda: len(front.lines("started")) == 300)
names = set(line["worker"] for line in front.lines("started"))
ok(len(names) == 300, "300 workers of a pool: each has its turn", len(names))
front.term()
front.end()
last = Worker("last", echo(b"last"))
front = Front("looks", *named("free", "last"), "--rule",
              "r: host=a.example -> last", "--default", "free",
              "--look-time", "60")
front.up("free", "last")
request = (b"GET / HTTP/1.1\r\nX: " + b"y" * 200
           + b"\r\nHost: a.example\r\n\r\n")
client = front.connect()
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
ok(talk(client, request, pause=0.005).startswith(b"last "),
   "a request in %d pieces" % len(request), front.text()[-300:])
front.term()
front.end()
done()
