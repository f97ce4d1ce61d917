# SPDX-License-Identifier: 0BSD
"""83-in-flight: too many descriptors of a user in flight is no failure:
send and dial wait until receivers have read, or until --timeout.
"""
import os
import resource
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, WAIT, done, ok, path, plan, receive_fd, started)

if not sys.platform.startswith("linux"):
    print("1..0 # SKIP the limit of a user is Linux's")
    sys.exit(0)
# The limit is one of unprivileged users, each counted in all of its
# processes: no other test shall be the same one.
USER = 20000 + os.getpid() % 40000
os.chmod(path(""), 0o777)


def unprivileged():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(USER)


try:
    subprocess.call([FDFERRY, "--version"], preexec_fn=unprivileged,
                    stdout=subprocess.DEVNULL)
except PermissionError:
    print("1..0 # SKIP the build is in a directory of root's alone")
    sys.exit(0)
plan(8)


def run(*args, **how):
    process = subprocess.Popen([FDFERRY] + list(args),
                               preexec_fn=unprivileged,
                               stderr=subprocess.PIPE, **how)
    started.append(process)
    return process


def result(process):
    err = process.communicate(timeout=WAIT)[1].decode()
    return process.returncode, err


def receiver(name):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path(name))
    os.chmod(path(name), 0o777)
    listener.listen(5)
    listener.settimeout(WAIT)
    return listener


def take(sock, n):
    """As many descriptors, all closed."""
    for i in range(n):
        data, fds = receive_fd(sock)
        for fd in fds:
            os.close(fd)
        if not data or not fds:
            return i
    return n


slow = receiver("slow")
process = run("send", "--timeout", str(WAIT), path("slow"),
              *["fd:0"] * 150)
sock, _ = slow.accept()
sock.settimeout(WAIT)
time.sleep(0.5)
ok(process.poll() is None, "more than may be in flight: it waits")
got = take(sock, 150)
sock.close()
ok(got == 150 and result(process) == (0, ""),
   "and goes on when they are read", got)

began = time.monotonic()
stuck = run("send", "--timeout", "0.5", path("slow"), *["fd:0"] * 150)
sock, _ = slow.accept()
status, text = result(stuck)
took = time.monotonic() - began
ok(status == 1 and "too many descriptors of this user are in flight" in text
   and 0.4 < took < WAIT, "until --timeout, then it says what that is",
   (status, text, took))

# What is queued at `sock` stays in flight, so others must wait.
other = receiver("other")
waits = run("send", path("other"), "fd:0")
mine, _ = other.accept()
mine.settimeout(0.4)
try:
    first = receive_fd(mine)
except socket.timeout:
    first = None
ok(first is None and waits.poll() is None,
   "those in flight to one receiver are counted for another", first)
mine.close()
status, text = result(waits)
ok(status == 1 and "the receiver has closed the connection" in text,
   "a receiver that goes is not waited for", (status, text))

tcp = socket.socket()
tcp.bind(("127.0.0.1", 0))
tcp.listen(5)
near, far = socket.socketpair()
dial = run("dial", "127.0.0.1", str(tcp.getsockname()[1]), stdout=far)
far.close()
tcp.settimeout(WAIT)
tcp.accept()
time.sleep(0.3)
ok(dial.poll() is None, "dial waits as well")
sock.close()
near.settimeout(WAIT)
ok(take(near, 1) == 1 and result(dial) == (0, ""),
   "and passes its connection then")
status, text = result(run("send", path("none"), "fd:0"))
ok(status == 1 and "no such socket" in text, "other errors are not waited for",
   (status, text))
done()
