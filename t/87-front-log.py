# SPDX-License-Identifier: 0BSD
"""87-front-log: the log when standard error is full, slow, gone or shared."""
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Program, WAIT, Worker, connect, done, echo,
                     listens, ok, path, plan, rest, skip, until)

plan(16, 110)
worker = Worker("w", echo(b"w"), backlog=64)


def front(name, stderr, *args, **how):
    """Its log is elsewhere, so it is reached by a path."""
    if not args:
        args = ("--worker", "w=" + worker.at, "--default", "w")
    made = Program(name, "front", "--log", "json", "--listen",
                   "unix:" + path(name), "--control", path(name + ".ctl"),
                   *args, stderr=stderr, **how)
    until(lambda: listens(path(name)))
    return made


def status(name):
    out = subprocess.run([FDFERRY, "status", "--json", path(name + ".ctl")],
                         stdout=subprocess.PIPE, timeout=WAIT)
    return json.loads(out.stdout.decode())


def talk(name, n):
    """How many of `n` connections are answered."""
    good = 0
    for i in range(n):
        sock = connect("unix:" + path(name))
        sock.sendall(b"%d" % i)
        good += rest(sock) == b"w %d" % i
    return good


def read(lines):
    """Connections in these lines, and lines that are told to be lost."""
    events = [json.loads(line) for line in lines]
    return (len([e for e in events if e["event"] == "delivered"]),
            sum(e["lines"] for e in events if e["event"] == "lines-dropped"))


# ---- a device that is always full
if os.path.exists("/dev/full"):
    with open("/dev/full", "w") as full:
        made = front("full", full)
    good = talk("full", 900)
    ok(good == 900, "the disk is full: all are served", good)
    dropped = status("full")["log"]["dropped"]
    ok(200 < dropped <= 910, "status says how many lines were lost", dropped)
    made.term()
    ok(made.end() == 0, "and the front ends with 0")
else:
    for name in "full", "status", "end":
        skip(name, "no /dev/full")

# ---- a file at its limit, which is raised later
if hasattr(resource, "prlimit"):
    limits = (20000, resource.RLIM_INFINITY)
    with open(path("limit.txt"), "w") as log:
        made = front("limit", log, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, limits))
    good = talk("limit", 900)
    ok(good == 900 and made.process.poll() is None,
       "a file at its limit (SIGXFSZ): all are served",
       (good, made.process.poll()))
    with open(path("limit.txt")) as log:
        text = log.read()
    ok(len(text) == 20000 and text[-1] != "\n", "the last line is cut",
       text[-200:])
    resource.prlimit(made.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY,) * 2)
    good = talk("limit", 10)
    made.term()
    made.end()
    with open(path("limit.txt")) as log:
        text = log.read()
    got = read(text.rstrip("\n").split("\n"))
    ok(good == 10 and got[0] + got[1] >= 910 and got[1] > 100
       and text.endswith('"stopped"}\n'),
       "there is room again: that line is completed, what was lost counted",
       (got, text[-300:]))
    asked = len([1 for line in text.split("\n") if '"gone"' in line])
    ok(got[0] + got[1] <= 911 + asked, "and nothing is counted twice",
       (got, asked))
else:
    for name in "limit", "cut", "room", "twice":
        skip(name, "no prlimit()")

# ---- a pipe that nobody reads for a while
ours, theirs = os.pipe()
made = front("slow", theirs)
os.close(theirs)
good = talk("slow", 900)
ok(good == 900, "nobody reads the log: all are served", good)
lost = status("slow")["log"]["dropped"]
lines = []


def drain(pipe, piece, pause):
    data = b""
    while True:
        more = os.read(pipe, piece)
        if not more:
            break
        data += more
        time.sleep(pause)
    lines.extend(data.decode().rstrip("\n").split("\n"))


reader = threading.Thread(target=drain, args=(ours, 65536, 0), daemon=True)
reader.start()
good = talk("slow", 10)
made.term()
made.end()
reader.join(WAIT)
got = read(lines)
# The first of the ten may find the pipe full still.
ok(good == 10 and lost + 10 >= got[1] >= lost > 100
   and 910 <= got[0] + got[1] <= 911,
   "when it is read, each line is there or counted", (got, lost))

# ---- a pipe whose reader has gone
ours2, theirs = os.pipe()
made = front("gone", theirs)
os.close(theirs)
os.close(ours2)
good = talk("gone", 900)
dropped = status("gone")["log"]["dropped"]
ok(good == 900 and dropped > 200, "the reader has gone: counted too",
   (good, dropped))
made.term()
ok(made.end() == 0, "and the front ends with 0")

# ---- programs that write to the same standard error
with open(path("noisy"), "w") as program:
    program.write("#!/bin/sh\nread -r line\ni=0\n"
                  "while test $i -lt 20; do\n"
                  "echo \"P %s Q\" >&2\ni=$((i + 1))\ndone\necho ok\n"
                  % ("p" * 150))
os.chmod(path("noisy"), 0o755)
exec_args = ("--worker", "x=exec:" + path("noisy"), "--default", "x",
             "--max-children", "8")


def noise(name, n):
    socks = []
    for i in range(n):
        sock = connect("unix:" + path(name))
        sock.sendall(b"GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n"
                     % (b"y" * 200, b"h" * 60))
        socks.append(sock)
    return len([s for s in socks if rest(s).startswith(b"ok")])


def whole(all_lines):
    ours = [line for line in all_lines if line[:1] == "{"]
    others = [line for line in all_lines if line[:1] != "{"]
    bad = [line for line in others if line != "P %s Q" % ("p" * 150)]
    bad += [line for line in ours if line[-1:] != "}"]
    # The question whether it listens has started a program too.
    all_there = len(others) % 20 == 0 and len(others) >= 1200
    return all_there, bad[:3], read(ours) if not bad else None


rule = ("--rule", "r: host=h.example -> x")
ours, theirs = os.pipe()
made = front("shared", theirs, *(exec_args + rule))
os.close(theirs)
del lines[:]
# Slow enough that the pipe is full most of the time.
reader = threading.Thread(target=drain, args=(ours, 3000, 0.002), daemon=True)
reader.start()
good = noise("shared", 60)
made.term()
made.end()
reader.join(WAIT)
got = whole(lines)
ok(good == 60, "programs that write to the same pipe: all are served", good)
ok(got[0] and not got[1], "no line of either is torn", got)
started = len([1 for line in lines if '"event":"started"' in line])
ok(got[2] is not None and started + got[2][1] >= 60,
   "and each of ours is there or counted", (started, got))
with open(path("shared.txt"), "wb") as log:
    made = front("sharedf", log, *(exec_args + rule))
good = noise("sharedf", 60)
made.term()
made.end()
with open(path("shared.txt")) as log:
    got = whole(log.read().rstrip("\n").split("\n"))
ok(good == 60 and got[0] and not got[1], "the same with a file",
   (good, got))
ok(made.process.returncode == 0, "and the front ends with 0")
done()
