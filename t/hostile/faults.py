# SPDX-License-Identifier: 0BSD
"""Every system call that the command makes fails at its Nth time.

What it calls is taken from a dry run, so that a new call is covered by
itself. strace makes each of them fail with errnos of its page, one at a time,
in front (plain, ack, exec), worker (plain, ack), both ends of a takeover,
send, recv and status. Then: no crash and no hang; it serves a later client,
or ends with a status of its own and a message; as many descriptors are open
as without the fault; no connection reaches a worker twice.

SECONDS: how long (100; 0: all). SEED: where to begin. ONLY: scenario[/call].
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import harness
from harness import (FDFERRY, WAIT, connect, done, listens, ok, path, plan,
                     receive_fd, send_fd, skip, started, until)

# libtool puts a script before it, which has calls of its own.
with open(FDFERRY, "rb") as command:
    if command.read(2) == b"#!":
        at = os.path.abspath(os.path.dirname(FDFERRY))
        FDFERRY = harness.FDFERRY = os.path.join(at, ".libs", "fdferry")
        os.environ["LD_LIBRARY_PATH"] = os.path.dirname(FDFERRY)

SECONDS = int(os.environ.get("SECONDS", "100"))
SEED = int(os.environ.get("SEED", "1"))
ONLY = os.environ.get("ONLY", "").split("/")

# Of the pages of POSIX and Linux: what may happen to a program that is right.
TABLE = ["EMFILE", "ENFILE", "ENOMEM"]
FILE = ["EACCES", "ENOENT", "ELOOP", "ENOSPC", "EROFS", "EIO"]
ERRNOS = {
    "access": ["EACCES", "ENOENT", "EIO"],
    "accept": ["EINTR", "ECONNABORTED", "EMFILE", "ENFILE", "ENOBUFS",
               "EPERM", "EAGAIN"],
    "bind": ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOSPC"],
    "chmod": ["EPERM", "EROFS", "EOPNOTSUPP", "EIO"],
    "clone": ["EAGAIN", "ENOMEM"],
    "close": ["EINTR", "EIO"],
    "close_range": ["ENOSYS", "EPERM"],
    "connect": ["ECONNREFUSED", "EAGAIN", "EACCES", "EINTR", "ENOENT",
                "EPROTOTYPE"],
    "epoll_create": TABLE,
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"],
    "eventfd": TABLE,
    "execve": ["ENOENT", "EACCES", "ENOMEM", "E2BIG"],
    "fcntl": ["EINTR", "ENOLCK", "EPERM", "EMFILE"],
    "fstat": ["EIO", "ENOMEM"],
    "getpeername": ["ENOTCONN", "ENOBUFS"],
    "getrandom": ["EINTR", "EAGAIN", "ENOSYS"],
    "getsockopt": ["ENOPROTOOPT", "ENOBUFS", "EPERM"],
    "ioctl": ["ENOTTY", "EIO"],
    "listen": ["EADDRINUSE", "EOPNOTSUPP"],
    "lseek": ["ESPIPE"],
    "madvise": ["EAGAIN", "EINVAL", "EBADF"],
    "mmap": ["ENOMEM", "EAGAIN"],
    "open": TABLE[:2] + FILE,
    "pipe": TABLE,
    "prlimit64": ["EPERM"],
    "poll": ["EINTR", "ENOMEM", "EAGAIN"],
    "read": ["EINTR", "EAGAIN", "EIO"],
    "recv": ["EINTR", "EAGAIN", "ECONNRESET", "ENOMEM", "ETIMEDOUT"],
    "send": ["EINTR", "EAGAIN", "EPIPE", "ECONNRESET", "ENOBUFS", "ENOMEM",
             "ETOOMANYREFS", "EMSGSIZE"],
    "setsockopt": ["ENOPROTOOPT", "ENOMEM", "EPERM"],
    "socket": TABLE + ["EACCES", "EAFNOSUPPORT"],
    "socketpair": TABLE,
    "stat": FILE[:3] + ["EIO"],
    "timerfd": TABLE + ["EINTR"],
    "unlink": ["EACCES", "EBUSY", "EROFS", "ENOENT"],
    "shutdown": ["ENOTCONN", "ENOBUFS"],
    "wait": ["EINTR", "ECHILD"],
    "write": ["EINTR", "EAGAIN", "EPIPE", "ENOSPC", "EIO"],
}
SAME = [("accept4", "accept"), ("fchmodat", "chmod"), ("fchmodat2", "chmod"),
        ("clone3", "clone"), ("fork", "clone"), ("vfork", "clone"),
        ("epoll_create1", "epoll_create"), ("epoll_pwait", "epoll_wait"),
        ("epoll_pwait2", "epoll_wait"), ("eventfd2", "eventfd"),
        ("newfstatat", "stat"), ("statx", "stat"), ("lstat", "stat"),
        ("openat", "open"), ("pipe2", "pipe"), ("ppoll", "poll"),
        ("readv", "read"), ("pread64", "read"), ("readlink", "stat"),
        ("recvfrom", "recv"), ("recvmsg", "recv"), ("sendto", "send"),
        ("sendmsg", "send"), ("timerfd_create", "timerfd"),
        ("timerfd_settime", "timerfd"), ("unlinkat", "unlink"),
        ("wait4", "wait"), ("waitid", "wait"), ("writev", "write")]
ERRNOS.update((new, ERRNOS[old]) for new, old in SAME)
ERRNOS["flock"] = ["EWOULDBLOCK", "ENOLCK", "EINTR"]
OTHER = ["EINVAL", "ENOMEM"]     # a call that nobody thought of
# They end the process, or cannot fail where the arguments are right.
NEVER = {"rt_sigprocmask", "rt_sigaction", "sigaltstack", "lseek", "getppid",
         "getsockname", "getpgrp", "futex", "sysinfo", "uname", "umask",
         "exit_group", "exit", "rt_sigreturn", "brk", "munmap", "getpid",
         "getuid", "geteuid", "getgid", "getegid", "gettid", "restart_syscall"}
CANNOT = re.compile(r"fcntl\(\d+, F_[GS]ET(FL|FD)\b")
# Not so many of what a program says, and waits for, again and again.
MOST = 12


# What stands, and why.
KNOWN = {
    ("worker-ack", "sendmsg", "ECONNRESET"): "its answers do not come: to the "
    "front it hangs, see --ack-time. If it ended the link, the front would give "
    "to others a connection whose program runs",
    ("worker-ack", "sendmsg", "EPIPE"): "the same",
    ("takeover-old", "sendmsg", "EPIPE"): "it cannot answer: the successor "
    "waits ten seconds, then ends and says so, which is longer than here",
}


class Traced:
    """A verb beneath strace, which fails one call, or writes down all."""

    def __init__(self, args, fault=None, calls=None, **how):
        self.trace = path("trace")
        self.log = path("traced.log")
        options = ["-e", "trace=" + fault[0], "-e", "inject=%s:error=%s:"
                   "when=%d" % fault] if fault else []
        if calls:
            options = ["-e", "trace=" + calls]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["strace", "-D", "-o", self.trace] + options + [FDFERRY]
                + args, stderr=log, **how)
        started.append(self.process)
        self.pid = self.process.pid

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def fired(self):
        with open(self.trace, errors="replace") as trace:
            return "(INJECTED)" in trace.read()

    def running(self):
        return self.process.poll() is None

    def end(self, seconds=WAIT):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        if self.running():
            self.process.kill()
            self.process.wait()
        started.remove(self.process)
        # The tracer is no child of ours: its file ends when it does.
        until(lambda: "+++" in open(self.trace, errors="replace").read(), 3)

    def descriptors(self):
        try:
            return len(os.listdir("/proc/%d/fd" % self.pid))
        except OSError:
            return None


def calls_of(trace):
    """What it calls from main() on: {name: the how manieth ones}."""
    with open(trace, errors="replace") as lines:
        calls = [line for line in lines if re.match(r"[a-z0-9_]+\(", line)]
    names = [line.split("(")[0] for line in calls]
    # The loader ends by giving back what it knows of where libraries are.
    at = names.index("set_robust_list") if "set_robust_list" in names else 0
    main = next((i for i in range(at, len(names)) if names[i] == "munmap"), at)
    where, numbers = {}, {}
    for i, name in enumerate(names):
        numbers[name] = numbers.get(name, 0) + 1
        if i >= main and name not in NEVER and not CANNOT.match(calls[i]):
            where.setdefault(name, []).append(numbers[name])
    return where


# ------------------------------------------------ what is served ---------

seen = []
number = [0]


def serve(sock):
    """A worker's: who came is noted, and answered."""
    try:
        sock.settimeout(5)
        data = sock.recv(100)
        if data:
            seen.append(data)
            sock.sendall(b"ok " + data)
    except OSError:
        pass
    finally:
        sock.close()


class Ends(harness.Worker):
    """One that ends when its front does: so a front need not wait."""

    def _receive(self, front):
        harness.Worker._receive(self, front)
        self.fronts.remove(front)
        front.close()


plain_worker = Ends("plain", serve)
with open(path("program"), "w") as program:
    program.write("#!/bin/sh\nread -r line\necho \"$line\" >>%s\n"
                  "echo \"ok $line\"\n" % path("seen"))
os.chmod(path("program"), 0o755)
ack_worker = harness.Program("ack", "worker", "--wire", "ack",
                             path("ack.sock"), "--exec", path("program"))
until(lambda: listens(path("ack.sock")))


def all_seen():
    lines = list(seen)
    if os.path.exists(path("seen")):
        with open(path("seen"), "rb") as file:
            lines += [line for line in file.read().split(b"\n") if line]
    return [line.strip() for line in lines]


def ask(to, seconds=2):
    """One client, who says a number of its own; whether it was answered."""
    number[0] += 1
    text = b"c%d\n" % number[0]
    try:
        sock = connect(to, seconds)
    except OSError:
        return False
    try:
        sock.sendall(text)
        got = b""
        while True:
            piece = sock.recv(100)
            if not piece:
                return got.startswith(b"ok " + text.strip())
            got += piece
    except OSError:
        return False
    finally:
        sock.close()


def stop(traced, fault):
    """SIGTERM. The handler says so by write(): one that fails is lost."""
    for wait in (7, 7):
        if traced.running():
            traced.process.terminate()
        if traced.end(wait) is not None or not fault \
                or fault[0] not in ("write", "sendto"):
            return


# 126, 127: the program to run cannot be executed, or is not there.
def ended_well(traced, statuses=(0, 1, 2, 126, 127)):
    """Why not, or None: its status, and a message if there is one to tell."""
    status = traced.process.returncode
    if status is None:
        return "it hangs"
    if status not in statuses:
        return "status %d" % status
    if status != 0 and not traced.text().strip():
        return "status %d, and no word about it" % status
    return None


def balanced(control):
    """The books of a front, or None: it did not answer."""
    got = subprocess.run([FDFERRY, "status", "--json", control],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=WAIT)
    if got.returncode != 0:
        return None
    books = json.loads(got.stdout.decode())
    counts = dict(books["connections"])
    came = counts.pop("accepted") + counts.pop("adopted")
    held = sum(books["held"][key] for key in ("looking", "waiting", "offered"))
    return came == sum(counts.values()) + held


# ------------------------------------------------ scenarios --------------
#
# Each takes a fault, or None for the dry run, and returns (traced, why): what
# was wrong, or None.

still = {}                      # descriptors without a fault, at rest


def at_rest(name, traced, fault):
    """As many descriptors as without the fault?"""
    if fault is None:
        until(lambda: traced.descriptors() == still.get(name), 1)
        still[name] = traced.descriptors()
        return None
    # strace lets close() fail without doing it, as no kernel does.
    more = 1 if fault[0] in ("close", "close_range") else 0
    most = still[name] + more
    if not until(lambda: not traced.running()
                 or (traced.descriptors() or 0) <= most, 4):
        return "%d descriptors, not %d" % (traced.descriptors(), most)
    return None


def verdict(traced, fault, begin, why):
    """Stop it; what was wrong, None if nothing: also at the end, or with what
    the workers have seen since `begin`."""
    stop(traced, fault)
    why = why or ended_well(traced)
    late = all_seen()[begin:]
    if len(late) != len(set(late)):
        why = why or "a connection was served twice: %r" % late
    return why


def front(name, worker, fault, extra=()):
    for old in (name + ".in", name + ".ctl"):
        for end in ("", ".lock"):
            if os.path.exists(path(old + end)):
                os.unlink(path(old + end))
    listen, control = path(name + ".in"), path(name + ".ctl")
    begin = len(all_seen())
    traced = Traced(["front", "--log", "json", "--listen", "unix:" + listen,
                     "--worker", "w=" + worker, "--default", "w", "--rule",
                     "r: host=x.example -> w", "--look-time", "1", "--control",
                     control, "--ack-time", "1", "--wait", "2"] + list(extra),
                    fault)
    until(lambda: not traced.running() or (
        '"listening"' in traced.text() and listens(listen)), 6)
    to = "unix:" + listen
    for i in range(2):
        if traced.running():
            ask(to)
    why = None
    if traced.running():
        # What failed once may take it a pause to get over.
        if not until(lambda: not traced.running() or ask(to), 14):
            why = "no later client is served"
        why = why or at_rest(name, traced, fault)
        books = [traced.running() and (
            balanced(control) or balanced(control) or balanced(control))]
        if not why and traced.running() and not books[0]:
            why = "books: %r" % books[0]
    return traced, verdict(traced, fault, begin, why)


def front_plain(fault):
    return front("front-plain", path("plain.sock"), fault)


def front_ack(fault):
    return front("front-ack", "ack:" + path("ack.sock"), fault)


def front_exec(fault):
    return front("front-exec", "exec:" + path("program"), fault)


def worker(name, fault, *args):
    """One front, played, or a real one for the wire ack."""
    at = path(name + ".sock")
    for end in ("", ".lock"):
        if os.path.exists(at + end):
            os.unlink(at + end)
    begin = len(all_seen())
    traced = Traced(["worker", at, *args, "--exec", path("program")], fault)
    until(lambda: not traced.running() or listens(at), 6)
    other = None
    if args and traced.running():
        other = harness.Program(name + "-front", "front", "--log", "json",
                                "--listen", "unix:" + path(name + ".in"),
                                "--worker", "w=ack:" + at, "--default", "w",
                                "--ack-time", "1", "--wait", "2")
        until(lambda: listens(path(name + ".in")), 5)

    def give():
        if other:
            return ask("unix:" + path(name + ".in"))
        try:
            front = socket.socket(socket.AF_UNIX)
            front.settimeout(2)
            front.connect(at)
            one, two = socket.socketpair()
            number[0] += 1
            text = b"c%d\n" % number[0]
            one.settimeout(2)
            one.sendall(text)
            send_fd(front, two.fileno())
            two.close()
            got = b""
            while not got.endswith(b"\n"):
                piece = one.recv(100)
                if not piece:
                    break
                got += piece
            one.close()
            front.close()
            return got.startswith(b"ok " + text.strip())
        except OSError:
            return False
    why = None
    for i in range(2):
        if traced.running():
            give()
    if traced.running():
        if not until(lambda: not traced.running() or give(), 14):
            why = "no later connection is served"
        if other is None:
            why = why or at_rest(name, traced, fault)
    if other:
        other.term()
        other.end(6)
        if other.process.poll() is None:
            other.process.kill()
            why = why or "its front hangs"
        harness.programs.remove(other)
    return traced, verdict(traced, fault, begin, why)


def worker_plain(fault):
    return worker("worker-plain", fault)


def worker_ack(fault):
    return worker("worker-ack", fault, "--wire", "ack")


def takeover(name, fault, which):
    """An old front, a new one: one of both is traced. One serves after."""
    for end in (".in", ".ctl", ".in.lock", ".ctl.lock"):
        if os.path.exists(path(name + end)):
            os.unlink(path(name + end))
    begin = len(all_seen())
    to, control = "unix:" + path(name + ".in"), path(name + ".ctl")
    args = ["--worker", "w=" + path("plain.sock"), "--default", "w",
            "--ack-time", "1"]
    first = ["--listen", to, "--control", control]
    old = new = None
    if which == "old":
        old = traced = Traced(["front", "--log", "json"] + args + first, fault)
    else:
        old = harness.Program(name + "-old", "front", "--log", "json",
                              *(args + first))
    until(lambda: old.process.poll() is not None or (
        listens(control) and listens(to[5:])), 6)
    if old.process.poll() is None:
        ask(to)
        rest = ["front", "--log", "json", "--takeover", control] + args
        if which == "new":
            new = traced = Traced(rest, fault)
        else:
            new = harness.Program(name + "-new", *rest)
        until(lambda: old.process.poll() is not None
              or new.process.poll() is not None, 8)
    why = None
    both = [one for one in (old, new) if one]
    alive = [one for one in both if one.process.poll() is None]
    if fault is None and len(alive) != 1:
        why = "no takeover"
    if which == "new" and not alive:
        why = "neither is left"
    if alive and not until(lambda: ask(to) or not [
            1 for one in both if one.process.poll() is None], 10):
        why = "nobody is served"
    for one in both:
        if one is traced:
            stop(traced, fault)
        elif one.process.poll() is None:
            one.process.terminate()
    for one in both:
        if one.end(8) is None:
            why = why or "it hangs"
            one.process.kill()
        if one is not traced:
            harness.programs.remove(one)
            if one.process.returncode < 0:
                why = why or "the other one dies"
    why = why or ended_well(traced)
    late = all_seen()[begin:]
    if len(late) != len(set(late)):
        why = why or "a connection was served twice: %r" % late
    return traced, why


def takeover_old(fault):
    return takeover("takeover-old", fault, "old")


def takeover_new(fault):
    return takeover("takeover-new", fault, "new")


def send(fault):
    """To a receiver played here, which takes what comes until the end."""
    at = path("send.sock")
    if os.path.exists(at):
        os.unlink(at)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(at)
    listener.listen(5)
    listener.settimeout(0.1)
    traced = Traced(["send", "--timeout", "3", at, path("program"), "fd:0"],
                    fault, stdin=subprocess.DEVNULL)
    got = []
    end = time.monotonic() + 8
    while time.monotonic() < end and (traced.running() or not got):
        try:
            sock, _ = listener.accept()
        except OSError:
            if not traced.running():
                break
            continue
        sock.settimeout(5)
        try:
            while True:
                data, fds = receive_fd(sock)
                if not data:
                    break
                got += fds
        except OSError:
            pass
        sock.close()
    traced.end(5)
    listener.close()
    for fd in got:
        os.close(fd)
    why = ended_well(traced)
    if not why and traced.process.returncode == 0 and len(got) != 2:
        why = "it ends with 0, and %d of 2 came" % len(got)
    return traced, why


def recv(fault):
    """From a sender played here: three descriptors."""
    at = path("recv.sock")
    for end in ("", ".lock"):
        if os.path.exists(at + end):
            os.unlink(at + end)
    with open(path("recv.out"), "wb") as out:
        traced = Traced(["recv", "--timeout", "4", at], fault, stdout=out)
    until(lambda: not traced.running() or os.path.exists(at), 5)
    sock = socket.socket(socket.AF_UNIX)

    def joined():
        try:
            sock.connect(at)
            return True
        except OSError:
            return not traced.running()
    until(joined, 5)
    try:
        for i in range(3):
            send_fd(sock, 0)
    except OSError:
        pass
    sock.close()
    traced.end(8)
    why = ended_well(traced)
    with open(path("recv.out")) as out:
        lines = len(out.read().split("\n")) - 1
    if not why and traced.process.returncode == 0 and lines != 3:
        why = "it ends with 0, and told %d of 3" % lines
    return traced, why


status_front = []


def status(fault):
    if not status_front:
        status_front.append(harness.Program(
            "for-status", "front", "--listen", "127.0.0.1:0", "--worker",
            "w=" + path("plain.sock"), "--default", "w", "--control",
            path("for-status.ctl")))
        until(lambda: listens(path("for-status.ctl")))
    with open(path("status.out"), "wb") as out:
        traced = Traced(["status", path("for-status.ctl")], fault, stdout=out)
    traced.end(14)
    why = ended_well(traced)
    with open(path("status.out")) as out:
        text = out.read()
    if not why and traced.process.returncode == 0 \
            and "connections:" not in text:
        why = "it ends with 0, and told nothing"
    return traced, why


SCENARIOS = [front_plain, front_ack, front_exec, worker_plain, worker_ack,
             takeover_old, takeover_new, send, recv, status]


def name_of(scenario):
    return scenario.__name__.replace("_", "-")


# ------------------------------------------------ all of them ------------

def usable():
    try:
        got = subprocess.run(
            ["strace", "-D", "-o", path("try"), "-e",
             "inject=getcwd:error=EACCES", "/bin/sh", "-c", "exit 3"],
            stderr=subprocess.PIPE, timeout=WAIT)
        return got.returncode == 3
    except (OSError, subprocess.TimeoutExpired):
        return False


if not usable():
    print("1..0 # SKIP no strace that can make calls fail here")
    sys.exit(0)

scenarios = [s for s in SCENARIOS if ONLY[0] in ("", name_of(s))]
plan(2 * len(scenarios), 36000 if SECONDS == 0 else SECONDS + 200)
faults = []
names = set()
for scenario in scenarios:
    for again in range(2):      # the second knows what is open at rest
        traced, why = scenario(None)
        traced.kill()
        if why:
            break
    calls = calls_of(traced.trace)
    ok(why is None and len(calls) > 5, "%s: %d calls of %d names when nothing "
       "fails" % (name_of(scenario), sum(map(len, calls.values())),
                           len(calls)),
       (why, traced.text()[-300:]))
    for name, numbers in calls.items():
        names.add(name)
        if ONLY[1:] and ONLY[1] != name:
            continue
        for error in ERRNOS.get(name, OTHER):
            for n in numbers[:MOST]:
                faults.append((scenario, (name, error, n)))
print("# %d faults of %d calls: %s" % (len(faults), len(names),
                                       " ".join(sorted(names))))
random.Random(SEED).shuffle(faults)
ran, fired, wrong = {}, {}, {}
end = time.monotonic() + SECONDS
for scenario, fault in faults:
    if SECONDS and time.monotonic() > end:
        break
    traced, why = scenario(fault)
    traced.kill()
    ran[scenario] = ran.get(scenario, 0) + 1
    fired[scenario] = fired.get(scenario, 0) + traced.fired()
    known = KNOWN.get((name_of(scenario),) + fault[:2])
    if why and traced.fired() and not known:
        wrong.setdefault(scenario, []).append((fault, why))
        print("# %s, %s fails with %s the %d. time: %s" % (
            (name_of(scenario),) + fault + (why,)))
        for line in traced.text().split("\n")[-6:]:
            print("#   " + line[:300])
        sys.stdout.flush()
for scenario in scenarios:
    ok(scenario not in wrong and fired.get(scenario),
       "%s: %d of %d faults, %d reached" % (
        name_of(scenario), ran.get(scenario, 0),
        sum(f[0] is scenario for f in faults), fired.get(scenario, 0)),
       wrong.get(scenario))
done()
