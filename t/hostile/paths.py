# SPDX-License-Identifier: 0BSD
"""Attackers of socket paths, another user, and a file server that hangs.

What another may do in a directory that he can write to, before and while a
verb listens there; a worker of the wire ack that runs as root, attacked by
another user; a descriptor whose close() asks a file server.

SECONDS: how long (40).
"""
import ctypes
import os
import random
import shutil
import socket
import stat
import struct
import threading
import time

from lies import SECONDS, assault, at_rest, judge, sums
from harness import (DIR, Front, Program, done, going, listens, ok, path, plan,
                     skip, started, until)

NOBODY = 65534
ROOT = os.geteuid() == 0
plan(29, 4 * SECONDS + 180)
answer = path("answer")
with open(answer, "w") as program:
    program.write("#!/bin/sh\nread -r line\necho \"ok $line\"\n")
os.chmod(answer, 0o755)
os.chmod(DIR, 0o755)


def worker(name, at, *args):
    return Program(name, "worker", at, *(args + ("--exec", answer)))


def up(program, at):
    return until(lambda: program.process.poll() is not None or listens(at)) \
        and program.process.poll() is None


def bound(at, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.bind(at)
    return sock


# ------------------------------------------------ what is there before ----

def victim():
    """A file of ours that a link may lead to."""
    with open(path("victim"), "w") as file:
        file.write("mine")
    os.chmod(path("victim"), 0o640)


def untouched():
    st = os.stat(path("victim"))
    with open(path("victim")) as file:
        return file.read() == "mine" and stat.S_IMODE(st.st_mode) == 0o640 \
            and st.st_uid == os.geteuid()


victim()
at = path("s")
live = bound(path("live"))
live.listen(5)
datagram = bound(path("datagram"), socket.SOCK_DGRAM)
os.mkdir(path("directory"))
os.mkfifo(path("fifo"))
for name, make, word in [
        ("a link to a file", lambda: os.symlink(path("victim"), at), "link"),
        ("a link to nothing", lambda: os.symlink(path("none"), at), "link"),
        ("a link to a live socket", lambda: os.symlink(path("live"), at),
         "link"),
        ("a file", lambda: shutil.copy(path("victim"), at), "no socket"),
        ("a fifo", lambda: os.mkfifo(at), "no socket"),
        ("a live socket", lambda: os.link(path("live"), at), "listens"),
        ("a live datagram socket", lambda: os.link(path("datagram"), at),
         "listens"),
        ("a link at the lock", lambda: os.symlink(path("victim"), at
                                                  + ".lock"), ""),
        ("a fifo at the lock", lambda: os.mkfifo(at + ".lock"), "plain file")]:
    make()
    refused = worker("refused", at)
    status = refused.end(10)
    ok(status == 1 and word in refused.text() and untouched()
       and not os.path.exists(path("none")),
       "%s at the path: told, and left alone" % name,
       (status, refused.text()))
    for end in ("", ".lock"):
        if os.path.lexists(at + end):
            os.unlink(at + end)
bound(at).close()
stale = worker("stale", at)
ok(up(stale, at), "a stale socket is replaced", stale.text())
# ---- replaced while it listens: what is there at the end is another's
os.unlink(at)
os.symlink(path("victim"), at)
os.unlink(at + ".lock")
with open(at + ".lock", "w") as other:
    other.write("another's")
stale.term()
ok(stale.end() == 0 and os.path.islink(at) and untouched()
   and os.path.exists(at + ".lock"),
   "replaced while it listens: what is another's is not removed",
   os.listdir(DIR))
os.unlink(at)
os.unlink(at + ".lock")

# ------------------------------------------------ while it is made --------


def swap(name, until_set):
    """Another in this directory: always something else at the path."""
    spare = path("spare")
    while not until_set.is_set():
        try:
            kind = random.randrange(5)
            if os.path.lexists(spare):
                os.unlink(spare)
            if kind == 0:
                os.symlink(path("victim"), spare)
            elif kind == 1:
                bound(spare).close()
            elif kind == 2:
                os.link(path("live"), spare)
            elif kind == 3:
                os.symlink(path("directory"), spare)
            if kind == 4:
                os.unlink(name)
            else:
                os.rename(spare, name)
        except OSError:
            pass


over = threading.Event()
for name in path("race"), path("race.lock"):
    threading.Thread(target=swap, args=(name, over), daemon=True).start()
odd, began = [], 0
end = time.monotonic() + max(SECONDS / 4, 8)
while going(end, began > 10):
    racer = Program("racer", "recv", "--timeout", "0.2", "--mode", "0666",
                    path("race"))
    began += 1
    status = racer.end(10)
    if status != 1 or not racer.text().strip():
        odd.append((status, racer.text()))
    started.remove(racer.process)
over.set()
ok(not odd and began > 10, "replaced between check and use, %d times over: it "
   "ends, with a message" % began, odd[:3])
ok(untouched() and not os.listdir(path("directory")),
   "and what links led to is as it was", os.stat(path("victim")))
ok(stat.S_IMODE(os.stat(path("directory")).st_mode) & 0o022 == 0
   and stat.S_IMODE(os.stat(path("live")).st_mode) != 0o666,
   "and nothing of others has got permissions of ours",
   (os.stat(path("directory")), os.stat(path("live"))))

# ------------------------------------------------ another user ------------


def as_nobody(run):
    """In a process of another user; what it returns, or 0: it failed."""
    tell, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(told, b"%d" % run())
            os._exit(0)
        except BaseException as error:      # this is the end of the process
            os.write(2, repr(error).encode() + b"\n")
            os._exit(1)
    os.close(told)
    with os.fdopen(tell) as answer:
        text = answer.read()
    return int(text) if os.waitpid(child, 0)[1] == 0 else 0


def other_user(name, *args):
    """A worker of the wire ack as root, attacked by another user."""
    at = path(name + ".sock")
    victim = worker(name, at, "--wire", "ack", "--mode", "0666", *args)
    up(victim, at)
    front = Front(name + "-front", "--worker", "w=ack:" + at, "--default", "w",
                  "--control", path(name + ".ctl"))
    front.up("w")

    def ask():
        return front.talk(b"hi\n") == b"ok hi\n"
    for i in range(20):
        ask()
    before = at_rest(victim)
    judge(name, victim, ask,
          lambda: as_nobody(lambda: assault(at, SECONDS / 4)), before, 8192)
    ok(sums(path(name + ".ctl")), "%s: the books are balanced" % name)
    front.term()
    victim.term()
    ok(front.end() == 0 and victim.end() == 0, "%s: both end with 0" % name,
       victim.text()[-300:])


if ROOT:
    other_user("another user that is refused")
    other_user("another user that is allowed", "--allow-uid", str(NOBODY))
else:
    for i in range(14):
        skip("another user", "not root: there is no other to be")

# ------------------------------------------------ a file server -----------


def mount(at):
    """A file system whose server is ours; its descriptor."""
    fd = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
    if libc.mount(b"hangs", at.encode(), b"fuse.hangs", 6,
                  options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    return fd


def hang(fd):
    """Answers until a file is open; to flush, which close() waits for,
    nothing."""
    attributes = struct.pack("<QQQQQQIIIIIIIIII", 2, 1, 1, 0, 0, 0, 0, 0, 0,
                             0o100644, 1, 0, 0, 0, 4096, 0)
    above = struct.pack("<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0,
                        0o040755, 2, 0, 0, 0, 4096, 0)
    while True:
        head = os.read(fd, 1 << 17)
        code, unique, node = struct.unpack("<4xIQQ", head[:24])
        if code == 26:          # INIT
            out = struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 0, 0,
                              0, 0)
        elif code == 1:         # LOOKUP
            out = struct.pack("<QQQQII", 2, 0, 60, 60, 0, 0) + attributes
        elif code == 3:         # GETATTR
            out = struct.pack("<QII", 60, 0, 0) + (above if node == 1
                                                   else attributes)
        elif code == 14:        # OPEN
            out = struct.pack("<QII", 1, 0, 0)
        else:                   # FLUSH, RELEASE and whatever else
            continue
        os.write(fd, struct.pack("<IiQ", 16 + len(out), 0, unique) + out)


def file_server():
    mounted = path("mounted")
    os.mkdir(mounted)
    fd = mount(mounted)
    server = os.fork()
    if server == 0:
        try:
            hang(fd)
        finally:
            os._exit(0)
    os.close(fd)
    at = path("fuse.sock")
    victim = worker("fuse", at)
    up(victim, at)
    front = Front("fuse-front", "--worker", "w=" + at, "--default", "w")
    front.up("w")
    sender = os.fork()
    if sender == 0:
        try:
            from harness import send_fd
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(at)
            send_fd(sock, os.open(mounted + "/f", os.O_RDWR))
            time.sleep(60)
        finally:
            os._exit(0)
    time.sleep(1)
    waits = front.connect()
    waits.sendall(b"hi\n")
    waits.settimeout(2)
    try:
        early = waits.recv(100)
    except OSError:
        early = None
    os.kill(server, 9)          # the kernel answers for it then
    os.waitpid(server, 0)
    waits.settimeout(10)
    try:
        answer = early or waits.recv(100)
    except OSError as error:
        answer = error
    os.kill(sender, 9)
    os.waitpid(sender, 0)
    ctypes.CDLL(None).umount2(mounted.encode(), 2)
    front.term()
    victim.term()
    ok(answer == b"ok hi\n" and victim.end() == 0 and front.end() == 0,
       "a file whose server hangs: what came %s is served" % (
           "meanwhile" if early else "meanwhile, when that has ended,"),
       (answer, victim.text()))


if not ROOT or not os.path.exists("/dev/fuse"):
    skip("a file whose server hangs", "no /dev/fuse, or not root")
else:
    try:
        file_server()
    except OSError as error:
        skip("a file whose server hangs", "%s" % error)
done()
