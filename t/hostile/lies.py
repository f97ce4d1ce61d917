# SPDX-License-Identifier: 0BSD
"""What the hostile tests share: peers that lie, and what a victim is asked."""
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import harness
from harness import FDFERRY, WAIT, going, ok, skip, until
from wire import (ABORT, ACCEPT, BYE, CANCEL, CANCELLED, MESSAGE, MORE, OFFER,
                  REFUSE, REJECT, frame, hello)

SECONDS = int(os.environ.get("SECONDS", "40"))
random.seed(int(os.environ.get("SEED", "1")))
ENOUGH = 50                     # peers that lie, for a test to mean something
LINUX = os.path.isdir("/proc/self/fd")
null = os.open("/dev/null", os.O_RDONLY)


def memory(pid):
    """Resident, in KiB."""
    with open("/proc/%d/statm" % pid) as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def sums(control):
    """Balanced? None: no answer."""
    got = subprocess.run([FDFERRY, "status", "--json", control],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=WAIT)
    if got.returncode:
        return None
    books = json.loads(got.stdout.decode())
    counts = dict(books["connections"])
    came = counts.pop("accepted") + counts.pop("adopted")
    return came == sum(counts.values()) + sum(
        books["held"][key] for key in ("looking", "waiting", "offered"))


# ------------------------------------------------ conversations ----------

def offer(number, data=b"peer=1\n"):
    return frame(OFFER, number, data, 1), 1


def states():
    """What was said before, as bytes and descriptors: where a peer may be."""
    first = (hello(), 0)
    head = frame(MESSAGE, 1, b"ab", 2, 9, 4), 2
    return {
        "nothing": [],
        "hello": [first],
        "offered": [first, offer(1)],
        "offered twice": [first, offer(1), offer(2)],
        "called back": [first, offer(1), (frame(CANCEL, 1), 0)],
        "in a message": [first, head],
        "aborted": [first, head, (frame(ABORT, 1), 0)],
        "after bye": [first, (frame(BYE), 0)],
    }


def nexts():
    """What may be said then."""
    return [(hello(), 0), offer(7), (frame(MESSAGE, 7, b"status", 0), 0),
            (frame(MESSAGE, 7, b"x" * 20, 2, 50, 5), 2),
            (frame(MORE, 1, b"cd", 2), 2), (frame(ABORT, 1), 0)] + [
                (frame(kind, 1), 0) for kind in (
                    REJECT, ACCEPT, REFUSE, CANCEL, CANCELLED, BYE)]


def put(sock, data, fds):
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                harness.array.array("i", [null] * fds))] if fds else []
    sent = sock.sendmsg([data], control)
    if sent < len(data):
        sock.sendall(data[sent:])


def attack(at, state, said, byte, how):
    """Up to `byte` of what is said next right, then wrong. The socket; it is
    closed if nobody took the connection: the queue may be full."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(2)
    data, fds = said
    try:
        sock.connect(at)
    except OSError:
        sock.close()
        return sock
    try:
        for before in state:
            put(sock, *before)
        if how == "changed":
            put(sock, data[:byte] + bytes([data[byte] ^ (1 << random.randrange(
                8))]) + data[byte + 1:], fds)
        elif how == "cut":
            put(sock, data[:max(byte, 1)], fds)
        elif how == "pieces":
            # Descriptors anywhere, before and behind each byte.
            for i in range(len(data)):
                put(sock, data[i:i + 1], random.choice((0, 0, 1, 3, 40)))
        elif how == "no descriptors":
            put(sock, data, 0)
        elif how == "more descriptors":
            put(sock, data, min(fds + 1 + random.randrange(60), 250))
        elif how == "noise":
            put(sock, data[:byte] + os.urandom(3000), random.choice((0, 9)))
        if random.random() < 0.5:
            sock.shutdown(random.choice((socket.SHUT_RD, socket.SHUT_WR)))
        if random.random() < 0.3:
            sock.settimeout(0.05)
            sock.recv(4096)
    except OSError:
        pass
    return sock


HOW = ["changed", "changed", "cut", "pieces", "no descriptors",
       "more descriptors", "noise"]


def assault(at, seconds):
    """As many as there is time for; some stay open. How many there were."""
    count, kept = 0, []
    end = time.monotonic() + seconds
    while going(end, count > ENOUGH):
        for state in states().values():
            for said in nexts():
                sock = attack(at, state, said,
                              random.randrange(len(said[0])),
                              random.choice(HOW))
                if sock.fileno() >= 0:
                    kept.append(sock)
                    count += 1
                if len(kept) > 20:
                    kept.pop(random.randrange(len(kept))).close()
            if not going(end, count > ENOUGH):
                break
    for sock in kept:
        sock.close()
    return count


def every_byte(at):
    """Each byte of each frame in each state, changed, once."""
    count = 0
    for state in states().values():
        for said in nexts():
            for byte in range(len(said[0])):
                sock = attack(at, state, said, byte, "changed")
                count += sock.fileno() >= 0
                sock.close()
    return count


def served_meanwhile(ask, run):
    """An honest client, again and again while run() goes on."""
    answers, over = [], []

    def go():
        while not over:
            answers.append(ask())
            time.sleep(0.1)
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    count = run()
    over.append(1)
    thread.join(WAIT * 2)
    return count, answers


def judge(name, victim, ask, run, before, most_growth):
    """Five tests of one victim."""
    count, answers = served_meanwhile(ask, run)
    ok(victim.process.poll() is None and count > ENOUGH,
       "%s: %d peers that lie, and it lives" % (name, count),
       (victim.process.poll(), victim.text()[-600:]))
    ok(answers and all(answers), "%s: %d others were served meanwhile" % (
        name, len(answers)), answers)
    ok(until(ask), "%s: and afterwards" % name, victim.text()[-300:])
    if not LINUX:
        skip("%s: descriptors" % name, "no /proc")
        skip("%s: memory" % name, "no /proc")
        return
    ok(until(lambda: descriptors(victim.pid) <= before[0]),
       "%s: %d descriptors, as before" % (name, before[0]),
       descriptors(victim.pid))
    ok(memory(victim.pid) - before[1] < most_growth,
       "%s: %d KiB of memory, %d before" % (name, memory(victim.pid),
                                             before[1]), None)


def at_rest(victim):
    if not LINUX:
        return (0, 0)
    time.sleep(0.5)
    return descriptors(victim.pid), memory(victim.pid)
