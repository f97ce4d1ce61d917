# SPDX-License-Identifier: 0BSD
"""86-worker: fdferry worker runs a program for each connection."""
import array
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Program, WAIT, connect, done, listens, ok,
                     path, plan, rest, send_fd, skip, started, until)

plan(25, 100)

with open(path("env"), "w") as program:
    program.write('#!/bin/sh\necho "$PROTO $TCPREMOTEIP $TCPREMOTEPORT '
                  '$TCPLOCALIP $TCPLOCALPORT $LISTEN_FDS"\n'
                  'grep -E "^Sig(Blk|Ign)" /proc/self/status\n'
                  'ls /proc/self/fd | wc -l\n')
with open(path("hold"), "w") as program:
    program.write('#!/bin/sh\necho "$$"\nread -r line\necho "$line"\n')
for name in "env", "hold":
    os.chmod(path(name), 0o755)


def start(name, *args, **how):
    worker = Program(name, "worker", path(name + ".sock"), *args, **how)
    until(lambda: listens(path(name + ".sock"))
          or worker.process.poll() is not None)
    return worker


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)


def tcp():
    client = socket.create_connection(listener.getsockname(), WAIT)
    server, _ = listener.accept()
    return client, server


def give(front, server):
    send_fd(front, server.fileno())
    server.close()


# The worker has a descriptor of whoever started it: no program gets it.
stray = os.dup2(0, 40)
worker = start("w", "--exec", path("env"), env={
    "LISTEN_FDS": "9", "TCPREMOTEIP": "wrong"}, pass_fds=(stray,))
os.close(stray)
ok(os.stat(path("w.sock")).st_mode & 0o777 == 0o600,
   "its socket has permissions 0600", os.stat(path("w.sock")))
front = connect("unix:" + path("w.sock"))
client, server = tcp()
expected = "TCP 127.0.0.1 %d 127.0.0.1 %d \n" % (
    client.getsockname()[1], listener.getsockname()[1])
give(front, server)
got = rest(client).decode()
ok(got.startswith(expected), "the environment says who is connected", got)
if os.path.exists("/proc/self/status"):
    # A shell's background jobs ignore SIGINT: that is not ours to undo.
    ignored = int(got.split("SigIgn:")[1].split()[0], 16)
    ok("SigBlk:\t0000000000000000" in got
       and not ignored >> (signal.SIGPIPE - 1) & 1,
       "no signal is blocked, SIGPIPE not ignored in the program", got)
    # ls has 0, 1, 2 and the directory.
    ok(got.split("\n")[3].strip() == "4",
       "the program has no other descriptor", got)
else:
    skip("no signal is blocked, SIGPIPE not ignored in the program", "no /proc")
    skip("the program has no other descriptor", "no /proc")
ends, far = socket.socketpair()
send_fd(front, far.fileno())
far.close()
ends.settimeout(WAIT)
got = rest(ends).decode()
ok(got.startswith("UNIX     \n"), "PROTO of a Unix connection", got)
front.send(b"x")
client, server = tcp()
give(front, server)
ok(rest(client).decode().startswith("TCP"),
   "a byte without a descriptor is passed over")
ok(until(lambda: "skipped 1 bytes that came without a descriptor"
         in worker.text()) and "lost on its way" not in worker.text(),
   "and told, not as a loss", worker.text())
burst = connect("unix:" + path("w.sock"))
client, server = tcp()
burst.sendmsg([b"GET / HTTP/1.1\r\n" * 128],
              [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                array.array("i", [server.fileno()]))])
server.close()
ok(rest(client).decode().startswith("TCP")
   and until(lambda: "skipped 2047 bytes" in worker.text()),
   "data beside a descriptor: one line", worker.text()[-400:])
for i in range(50):
    client, server = tcp()
    send_fd(burst, server.fileno(), b"xy")
    server.close()
    rest(client)
before = len(worker.text().split("\n"))
burst.close()
ok(until(lambda: "skipped 50 more bytes" in worker.text())
   and len(worker.text().split("\n")) == before + 1,
   "again and again: one more, at the end", worker.text()[-400:])
second = connect("unix:" + path("w.sock"))
client, server = tcp()
give(second, server)
ok(rest(client).decode().startswith("TCP"), "a second front at a time")
if os.geteuid() == 0:
    script = ("import os, socket, sys; os.setuid(65534); "
              "s = socket.socket(socket.AF_UNIX); s.settimeout(9); "
              "s.connect(sys.argv[1]); sys.exit(s.recv(1) != b'')")
    os.chmod(os.path.dirname(path("w.sock")), 0o755)
    os.chmod(path("w.sock"), 0o777)
    status = subprocess.call([sys.executable, "-c", script,
                              path("w.sock")], timeout=WAIT)
    ok(status == 0 and "another user" in worker.text(),
       "a front of another user is refused", (status, worker.text()))
else:
    skip("a front of another user is refused", "not root: no other user")

fails = start("fails", "--exec", "/bin/sh", "-c",
              "read x; case $x in k) kill -9 $$;; esac; exit $x")
front = connect("unix:" + path("fails.sock"))
for how in b"3\n", b"k\n", b"0\n":
    client, server = tcp()
    give(front, server)
    client.sendall(how)
    rest(client)
ok(until(lambda: "was ended by signal 9" in fails.text())
   and "ended with status 3" in fails.text()
   and len(fails.text().split("\n")) == 3,
   "a program that fails: its status or signal is told", fails.text())
fails.term()
fails.end()

# Two at once; the third waits in the kernel until one has ended.
held = start("h", "--max-children", "2", "--exec", path("hold"))
front = connect("unix:" + path("h.sock"))
clients = []
for i in range(4):
    client, server = tcp()
    give(front, server)
    clients.append(client)
first = [client.recv(100) for client in clients[:2]]
clients[2].settimeout(0.4)
try:
    third = clients[2].recv(100)
except socket.timeout:
    third = None
ok(all(first) and third is None, "at --max-children the next one waits",
   (first, third))
clients[0].sendall(b"bye\n")
clients[2].settimeout(WAIT)
ok(rest(clients[0]) == b"bye\n" and clients[2].recv(100),
   "and goes on when a program has ended")
# One is still queued in the kernel: SIGTERM must not lose it.
held.term()
time.sleep(0.2)
for client in clients[1:3]:
    client.sendall(b"bye\n")
    rest(client)
got = clients[3].recv(100)
clients[3].sendall(b"last\n")
ok(got and rest(clients[3]) == b"last\n",
   "SIGTERM: what is queued still gets its program", got)
ok(held.end() == 0 and not os.path.exists(path("h.sock")),
   "then it ends with 0, its socket is removed", held.text())

# Children that a shell left to us before it became the worker.
script = ('sleep 0.2 & sleep 0.2 & exec "$0" worker "$1" --max-children 1 '
          '--exec "$2"')
foreign = subprocess.Popen(["/bin/sh", "-c", script, FDFERRY,
                            path("f.sock"), path("hold")])
started.append(foreign)
until(lambda: listens(path("f.sock")))
time.sleep(0.6)
front = connect("unix:" + path("f.sock"))
clients = []
for i in range(2):
    client, server = tcp()
    give(front, server)
    clients.append(client)
first = clients[0].recv(100)
clients[1].settimeout(0.4)
try:
    second = clients[1].recv(100)
except socket.timeout:
    second = None
ok(first and second is None, "children of others are not counted",
   (first, second))
foreign.terminate()
time.sleep(0.3)
early = foreign.poll()
clients[1].settimeout(WAIT)
for client in clients:
    client.sendall(b"bye\n")
rest(clients[1])
ok(early is None and until(lambda: foreign.poll() is not None)
   and foreign.returncode == 0, "at the end only its own are waited for",
   (early, foreign.poll()))


def status(*args):
    return subprocess.run([FDFERRY, "worker", path("x.sock"), "--exec"]
                          + list(args), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=WAIT)


got = status("/no/such/program")
ok(got.returncode == 127 and b"/no/such/program" in got.stderr
   and not os.path.exists(path("x.sock")),
   "a program that is not there: 127, before anything starts", got)
open(path("data"), "w").close()
got = status(path("data"))
directory = status(path(""))
ok(got.returncode == 126 and path("data").encode() in got.stderr
   and directory.returncode == 126, "one that cannot be executed: 126",
   (got, directory))
worker.term(signal.SIGTERM)
worker.end()

# ---- ended as soon as it listens
odd = []
for i in range(40):
    at = path("early%d.sock" % i)
    early = Program("early%d" % i, "worker", at, "--exec", path("env"))
    end = time.monotonic() + WAIT
    while not listens(at) and time.monotonic() < end:
        pass
    early.term()
    code = early.end()
    if code != 0 or os.path.exists(at):
        odd.append((i, code, early.text()))
ok(not odd, "SIGTERM at any time after it listens: it ends with 0, and removes "
   "its socket", odd)

# ---- a front that writes without end, and no descriptors
busy = start("busy", "--exec", "cat")
writer = subprocess.Popen(
    [sys.executable, "-c", "import socket, sys\n"
     "s = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
     "while True:\n s.sendall(b'x' * 65536)", path("busy.sock")],
    stderr=subprocess.DEVNULL)
started.append(writer)
time.sleep(0.5)
front = connect("unix:" + path("busy.sock"))
client, server = tcp()
give(front, server)
client.sendall(b"hi")
client.shutdown(socket.SHUT_WR)
got = rest(client)
ok(got == b"hi" and writer.poll() is None,
   "one that writes without end: others are served", got)
busy.term()
until(lambda: not os.path.exists(path("busy.sock")))
busy.term()
ok(busy.end() is not None, "and it can be ended", busy.text())
writer.kill()
front.close()

# ---- a terminal that goes
for name, before, ends in (
        ("hup", signal.SIG_DFL, "it ends as at SIGTERM, and waits as then"),
        ("nohup", signal.SIG_IGN, "ignored before it began, it stays ignored")):
    at = path(name + ".sock")
    ignored = before == signal.SIG_IGN
    gone = start(name, "--exec", path("hold"), preexec_fn=lambda:
                 signal.signal(signal.SIGHUP, before))
    front = connect("unix:" + at)
    client, server = tcp()
    give(front, server)
    pid = int(client.makefile().readline())
    gone.term(signal.SIGHUP)
    stays = not until(lambda: not os.path.exists(at), 0.3 if ignored else WAIT)
    gone.term(signal.SIGHUP)
    if ignored:
        os.kill(pid, signal.SIGHUP)
        time.sleep(0.1)
    client.sendall(b"more\n")
    got = rest(client)
    front.close()
    if ignored:
        gone.term()
    code = gone.end()
    ok(got == b"more\n" and stays == ignored and code == 0
       and not os.path.exists(at) and not os.path.exists(at + ".lock"),
       "SIGHUP: " + ends, (got, stays, code, gone.text()))
done()
