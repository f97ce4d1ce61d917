# SPDX-License-Identifier: 0BSD
"""What the tests of takeovers share: real fronts, and both ends played."""
import fcntl
import os
import socket
import subprocess

from harness import FDFERRY, Front, Program, WAIT, Worker, echo, path
from wire import MESSAGE, Wire

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
