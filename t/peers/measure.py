# SPDX-License-Identifier: 0BSD
"""Runs a program that sends and receives, and looks at what it does."""
import fcntl
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

FDFERRY = os.path.abspath(os.environ.get("FDFERRY", "./fdferry"))
WAIT = 30


class Odd(Exception):
    """Something did not go as it must."""


class Lines:
    """Lines of a child's output, with a time limit."""
    def __init__(self, child):
        self.fd, self.text = child.stdout.fileno(), b""

    def next(self, seconds=WAIT):
        until = time.monotonic() + seconds
        while b"\n" not in self.text:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            more = os.read(self.fd, 4096)
            if not more:
                return None
            self.text += more
        line, _, self.text = self.text.partition(b"\n")
        return line.decode("utf-8", "replace")


class Run:
    """One run of a peer in a directory of its own; ends what it started."""
    def __init__(self, peer):
        self.peer, self.children = peer, []
        self.argv = peer.argv()
        self.env = dict(os.environ, **peer.env())
        self.env["PYTHONDONTWRITEBYTECODE"] = "1"

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="fdferry.")
        self.path = os.path.join(self.dir, "s")
        self.file = os.path.join(self.dir, "file")
        with open(self.file, "w") as f:
            f.write("hello\n")
        self.err = open(os.path.join(self.dir, "err"), "w+b")
        return self

    def __exit__(self, *_):
        for child in self.children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except OSError:
                pass
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
        self.err.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, argv, **more):
        child = subprocess.Popen(argv, env=self.env, cwd=self.dir,
                                 stderr=self.err, start_new_session=True,
                                 **more)
        self.children.append(child)
        return child

    def receiver(self):
        child = self.start(self.argv + ["recv", self.path,
                                        str(self.peer.count)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return child, Lines(child)

    def sender(self):
        return self.start(self.argv + ["send", self.path, self.file,
                                       str(self.peer.count)],
                          stdin=subprocess.DEVNULL)

    def errors(self):
        self.err.seek(0)
        text = self.err.read().decode("utf-8", "replace").strip()
        return text.splitlines()[-1][:160] if text else "no message"


def a_stream():
    """A TCP connection: what even those pass who pass streams alone."""
    listener = socket.create_server(("127.0.0.1", 0))
    one = socket.create_connection(listener.getsockname())
    two = listener.accept()[0]
    listener.close()
    return one, two


def something(run):
    """A descriptor to send, and what must not be closed before the end."""
    if run.peer.stream:
        one, two = a_stream()
        return one.fileno(), (one, two)
    f = open(run.file)
    return f.fileno(), (f,)


def flags_of(pid, fd):
    with open("/proc/%d/fdinfo/%d" % (pid, fd)) as f:
        return int(re.search(r"flags:\s*(\d+)", f.read()).group(1), 8)


def to_it(run, row):
    """`fdferry send` to it: it has the same file. Its habits go to `row`."""
    child, lines = run.receiver()
    fd, kept = something(run)
    what = "fd:%d" % fd
    send = run.start([FDFERRY, "send", "--wait", "--timeout", str(WAIT)]
                     + run.peer.options + [run.path]
                     + [what] * run.peer.count, pass_fds=[fd],
                     stdin=subprocess.DEVNULL)
    numbers = []
    while len(numbers) < run.peer.count:
        line = lines.next()
        if line is None:
            raise Odd("it stopped: %s" % run.errors())
        if line.startswith("error"):
            raise Odd("it says: %s" % line[6:])
        if line.startswith("fd "):
            numbers.append(int(line[3:]))
    ours = os.fstat(fd)
    for n in numbers:
        theirs = os.stat("/proc/%d/fd/%d" % (child.pid, n))
        if (theirs.st_dev, theirs.st_ino) != (ours.st_dev, ours.st_ino):
            raise Odd("its descriptor %d is something else" % n)
    flags = flags_of(child.pid, numbers[0])
    row["close-on-exec"] = "yes" if flags & os.O_CLOEXEC else "no"
    changed = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
    row["blocking"] = "it sets O_NONBLOCK" if changed else "as sent"
    if send.wait(WAIT) != 0:
        raise Odd("send failed: %s" % run.errors())
    for one in kept:
        one.close()


def lowest_free(pid):
    used = {int(n) for n in os.listdir("/proc/%d/fd" % pid)}
    return next(n for n in range(len(used) + 1) if n not in used)


def full_table(run):
    """What it does when it has no number left for a descriptor."""
    child, lines = run.receiver()
    sock, until = socket.socket(socket.AF_UNIX), time.monotonic() + WAIT
    while True:
        try:
            sock.connect(run.path)
            break
        except OSError:
            if time.monotonic() > until or child.poll() is not None:
                raise Odd("it does not listen")
            time.sleep(0.05)
    if lines.next() != "accepted":
        raise Odd("it did not accept: %s" % run.errors())
    time.sleep(0.3)
    # All below the limit is in use then.
    hard = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE,
                     (lowest_free(child.pid), hard))
    fd, kept = something(run)
    socket.send_fds(sock, [run.peer.data], [fd])
    for one in kept:
        one.close()
    line = lines.next(4)
    sock.close()
    if line is None:
        line = lines.next(2)
        if child.poll() is not None:
            return "it ends (status %d)" % child.returncode
        if line is None:
            return "silence"
        return "silence, then: %s" % line.partition(" ")[2]
    if line.startswith("fd "):
        return "not reached"
    return re.sub(r"\s+", " ", line[6:])[:70] or "an error without a text"


def from_it(run):
    """`fdferry recv` takes what it sends."""
    out = os.path.join(run.dir, "out")
    with open(out, "wb") as f:
        recv = run.start([FDFERRY, "recv", "--timeout", str(WAIT), "--count",
                          str(run.peer.count), run.path], stdout=f,
                         stdin=subprocess.DEVNULL)
    until = time.monotonic() + WAIT
    while not os.path.exists(run.path) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.1)
    run.sender()
    rc = recv.wait(WAIT + 5)
    got = open(out).read().splitlines()
    if rc != 0 or len(got) != run.peer.count:
        raise Odd("recv: status %d, %d lines: %s" % (rc, len(got),
                                                     run.errors()))


def show(data):
    if len(data) > 100:         # chance: what lay behind the data
        return show(data[:1]) + "...%d bytes" % len(data)
    return "".join(chr(c) if 0x20 < c < 0x7f else "\\x%02x" % c for c in data)


def writes(run):
    """Its messages as the kernel delivers them."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(run.path)
    listener.listen(1)
    listener.settimeout(WAIT)
    run.sender()
    sock = listener.accept()[0]
    listener.close()
    sock.settimeout(4)
    seen, total, bare = [], 0, 0
    while total < run.peer.count and bare < 1 << 16:
        try:
            data, fds, _, _ = socket.recv_fds(sock, 4096, 32)
        except OSError:
            break
        if not data:
            break
        for fd in fds:
            os.close(fd)
        total += len(fds)
        bare += 0 if fds else len(data)
        if fds:
            seen.append("`%s` + %d" % (show(data), len(fds)))
    if run.peer.answers:
        sock.sendall(run.peer.answers)
    sock.close()
    text = ", ".join(seen[:1] if len(set(seen)) == 1 else seen)
    if bare:
        text += ", and %s without a descriptor" % (
            "%d bytes" % bare if bare < 1 << 16 else "more than 64 KiB")
    return text or "nothing"


def peer(p):
    """A row of the table."""
    with Run(p) as run:
        row = {"version": str(p.version())}
    form = " (`%s`)" % " ".join(p.options) if p.options else ""
    for way, action in (("to it", lambda r: to_it(r, row)),
                        ("from it", from_it)):
        with Run(p) as run:
            try:
                action(run)
                row[way] = "yes" + (form if way == "to it" else "")
            except (Odd, OSError, subprocess.TimeoutExpired) as why:
                row[way] = "NO: %s" % why
    for column, action in (("it writes", writes), ("full table", full_table)):
        with Run(p) as run:
            try:
                row[column] = action(run)
            except (Odd, OSError) as why:
                row[column] = "not seen: %s" % why
    return row
