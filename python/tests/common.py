# SPDX-License-Identifier: 0BSD
"""What the tests share. Every wait is bounded, what was started is ended."""
import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fdferry

WAIT = 15                       # seconds, for anything that must happen
FDFERRY = os.environ.get("FDFERRY", "")
BACKEND = fdferry.features()["backend"]
PYTHONPATH = os.path.dirname(os.path.dirname(os.path.abspath(
    fdferry.__file__)))
needs_backend = unittest.skipIf(BACKEND == "none", "no backend")

# Programs begin with 256 descriptors on macOS, and may have more.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_most = 1024 if _hard == resource.RLIM_INFINITY else min(1024, _hard)
if _soft != resource.RLIM_INFINITY and _soft < _most:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _hard))


def open_fds():
    """The open descriptors of this process, by number."""
    found = set()
    for fd in range(256):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found.add(fd)
    return found


def has_fdferry(verb):
    """Is there a command with this verb, that can pass descriptors?"""
    if not FDFERRY or not os.access(FDFERRY, os.X_OK):
        return False
    info = subprocess.run([FDFERRY, "info"], stdout=subprocess.PIPE).stdout
    return b"backend: none" not in info and subprocess.call(
        [FDFERRY, verb, "--help"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL) == 0


def has_loopback():
    """May a client come from this machine? Some builders have no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", 0))
            sock.connect(sock.getsockname())
        except OSError:
            return False
    return True


needs_loopback = unittest.skipUnless(has_loopback(), "no loopback")
needs_front = unittest.skipUnless(
    has_loopback() and has_fdferry("front"),
    "no loopback, or no fdferry front that can pass descriptors")


def until(true, seconds=WAIT):
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.02)


def same_file(one, other):
    a, b = os.fstat(one), os.fstat(other)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


class Case(unittest.TestCase):
    """Counts descriptors around each test, and ends one that hangs."""

    def setUp(self):
        def late(signum, frame):
            raise TimeoutError("the test hangs")
        self._before = open_fds()
        old = signal.signal(signal.SIGALRM, late)
        signal.alarm(90)
        # Cleanups run in reverse order: this is the last one.
        self.addCleanup(self._check, old)

    def _check(self, old):
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
        until(lambda: open_fds() == self._before, 3)
        self.assertEqual(open_fds(), self._before, "descriptors leaked")

    def pair(self, kind=socket.SOCK_STREAM):
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        self.addCleanup(a.close)
        self.addCleanup(b.close)
        return a, b

    def file(self, text=b"text"):
        file = tempfile.TemporaryFile()
        file.write(text)
        file.flush()
        self.addCleanup(file.close)
        return file

    def dir(self):
        path = tempfile.mkdtemp(prefix="fdferry.")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    @contextlib.contextmanager
    def small_table(self, free):
        """So many descriptors are free, and no more."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        fill = []
        while len(open_fds()) <= max(open_fds()):
            fill.append(os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (max(open_fds()) + 1 + free, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for fd in fill:
                os.close(fd)

    @contextlib.contextmanager
    def thread(self, target, *args):
        def run():
            try:
                target(*args)
            except BaseException as error:
                failures.append(error)
        failures = []
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield thread
        thread.join(WAIT)
        self.assertFalse(thread.is_alive(), "the thread hangs")
        if failures:
            raise failures[0]

    def start(self, command, **how):
        process = subprocess.Popen(command, **how)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        self.addCleanup(end)
        return process

    def python(self, text, *args, malloc="", **how):
        """A program of Python's that has fdferry."""
        env = dict(os.environ, PYTHONPATH=PYTHONPATH,
                   PYTHONDONTWRITEBYTECODE="1")
        if malloc:
            env["PYTHONMALLOC"] = malloc
        return self.start([sys.executable, "-c", text] + list(args), env=env,
                          **how)


class Front:
    """fdferry front, its log in a file."""

    def __init__(self, case, *args):
        self.log = os.path.join(case.dir(), "front.log")
        with open(self.log, "wb") as log:
            self.process = case.start(
                [FDFERRY, "front", "--log", "json", "--listen",
                 "127.0.0.1:0"] + list(args), stderr=log)
        until(lambda: self.lines("listening")
              or self.process.poll() is not None)
        if not self.lines("listening"):
            raise AssertionError(self.text())
        host, port = self.lines("listening")[0]["address"].rsplit(":", 1)
        self.address = (host, int(port))

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def lines(self, event):
        import json
        return [line for line in map(json.loads,
                                     self.text().split("\n")[:-1])
                if line["event"] == event]

    def up(self, n=1):
        if not until(lambda: len(self.lines("worker-up")) >= n):
            raise AssertionError(self.text())

    def connect(self):
        return socket.create_connection(self.address, WAIT)

    def ask(self, data=b"GET /p HTTP/1.1\r\nHost: x.example\r\n\r\n"):
        """The whole answer, and the port we came from."""
        with self.connect() as sock:
            port = sock.getsockname()[1]
            sock.sendall(data)
            answer = b""
            while True:
                piece = sock.recv(65536)
                if not piece:
                    return answer, port
                answer += piece
