# SPDX-License-Identifier: 0BSD
"""A front and its workers, started for a bench and ended with it."""
import itertools
import os
import re
import socket
import subprocess

import kit

_numbers = itertools.count()    # several threads make fronts


def serve(*words):
    """One of our servers, and the line it says when it is ready."""
    child = kit.start([os.path.join(kit.BIN, "serve")] + list(words),
                      stdout=subprocess.PIPE)
    return child, kit.line(child).strip()

PORTS = 5                       # that may be taken before a front has them


def worker(wire):
    """A worker, and where it listens."""
    path = kit.scratch("w%d.sock" % next(_numbers))
    return serve(wire, path)[0], path


def free_port():
    """One that nobody has at the moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Front:
    """`under` is what the command runs under; `log` none, text or json. The
    arguments are made for a port: it listens there."""
    def __init__(self, arguments, workers, log="none", under=(), seconds=30):
        number = next(_numbers)
        self.log = kit.scratch("front%d.log" % number)
        self.control = kit.scratch("front%d.sock" % number)
        self.command, self.env = kit.program()
        for left in reversed(range(PORTS)):
            self.port = free_port()
            with open(self.log, "wb") as err:
                self.child = kit.start(
                    list(under) + [self.command, "front", "--log", log,
                                   "--control", self.control]
                    + arguments(self.port), stderr=err, env=self.env)
            self.pid = self.child.pid
            self.comes_up(workers, seconds)
            if self.child.poll() is None:
                return
            with open(self.log, errors="replace") as text:
                why = text.read()[-300:]
            # Somebody else may have taken the port meanwhile.
            if not left or "in use" not in why:
                raise kit.Failed("no front: " + why)

    def comes_up(self, workers, seconds):
        """Or has ended."""
        try:
            kit.until(lambda: self.child.poll() is not None
                      or self.status().count('"up":1') >= workers,
                      "a front", seconds)
        except SystemExit:
            status = self.status()
            self.kill()
            raise kit.Failed("a front is not up in %d s: %s" % (seconds,
                                                                status))

    def status(self):
        if not os.path.exists(self.control):
            return ""
        return subprocess.run([self.command, "status", "--json",
                               self.control], env=self.env, timeout=kit.WAIT,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()

    def holds(self, what):
        return int(re.search(r'"%s":(\d+)' % what, self.status()).group(1))

    def kill(self):
        kit.stop(self.child, 9)

    def term(self):
        kit.stop(self.child)


def load(*words):
    """What a run of the load generator prints, as numbers."""
    out = subprocess.run([os.path.join(kit.BIN, "load")] + [str(w)
                         for w in words], stdout=subprocess.PIPE,
                         timeout=kit.WAIT * 3)
    if out.returncode != 0:
        raise kit.Failed("load %s: exit %d, %s" % (
            " ".join(map(str, words)), out.returncode, out.stdout.decode()))
    return [int(x) for x in out.stdout.split()]


def hold(port, count, source="127.0.0.1"):
    """So many silent clients, until the child's standard input ends."""
    child = kit.start([os.path.join(kit.BIN, "load"), "hold", str(port),
                       str(count), source], stdin=subprocess.PIPE,
                      stdout=subprocess.PIPE)
    kit.line(child)
    return child
