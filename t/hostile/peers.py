# SPDX-License-Identifier: 0BSD
"""Peers that lie, before the command: workers, fronts, askers, senders.

Each speaks right up to a byte and then wrongly, stops there, or goes; with
descriptors where there should be none and none where there should be some. A
victim then serves others as before, holds as many descriptors, and its memory
is bounded; a front's books are balanced.

SECONDS: how long (40). SEED.
"""
import os
import random
import socket
import subprocess
import threading
import time

from lies import (ENOUGH, HOW, SECONDS, assault, at_rest, attack, every_byte,
                  judge, nexts, put, states, sums)
import harness
from harness import (FDFERRY, Front, Program, done, echo, going, listens, ok,
                     path, plan, until)
from wire import (ACCEPT, CANCELLED, MESSAGE, REFUSE, REJECT, Wire, frame,
                  hello)

# ------------------------------------------------ the victims ------------

plan(31, 4 * SECONDS + 240)
share = SECONDS / 5
answer = path("answer")
with open(answer, "w") as program:
    program.write("#!/bin/sh\nread -r line\necho \"ok $line\"\n")
os.chmod(answer, 0o755)

# ---- a worker of the wire ack, and of the plain one
for kind in "ack", "plain":
    worker = Program(kind, "worker", "--wire", kind, path(kind + ".sock"),
                     "--max-children", "200", "--exec", answer)
    until(lambda: listens(path(kind + ".sock")))
    front = Front(kind + "-front", "--worker", "w=%s%s" % (
        "ack:" if kind == "ack" else "", path(kind + ".sock")), "--default",
        "w", "--control", path(kind + ".ctl"))
    front.up("w")

    def ask():
        return front.talk(b"hi\n") == b"ok hi\n"
    for i in range(20):
        ask()
    before = at_rest(worker)
    at = path(kind + ".sock")
    judge("worker --wire " + kind, worker, ask, lambda: every_byte(at)
          + assault(at, share) if kind == "ack" else assault(at, share),
          before, 8192)
    ok(sums(path(kind + ".ctl")), "the books of its front are balanced")
    front.term()
    worker.term()
    ok(front.end() == 0 and worker.end() == 0, "both end with 0",
       (front.text()[-300:], worker.text()[-300:]))

# ---- the control socket of a front: status, ctl, takeover
harness.Worker("good", echo(b"ok"))
front = Front("victim", "--worker", "w=" + path("good.sock"), "--default", "w",
              "--control", path("victim.ctl"), "--ack-time", "0.3")
front.up("w")


def ask():
    return front.talk(b"hi\n") == b"ok hi\n"


for i in range(20):
    ask()
until(lambda: sums(path("victim.ctl")))
before = at_rest(front)
judge("the control socket", front, ask, lambda: assault(path("victim.ctl"),
                                                        share), before, 8192)
ok(until(lambda: sums(path("victim.ctl"))), "and answers; books balanced",
   front.text()[-500:])
front.term()
ok(front.end() == 0, "it ends with 0", front.text()[-300:])


# ---- workers that lie to a front: each offer is answered wrongly

def lying_worker(name):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path(name))
    listener.listen(50)

    def one(sock):
        try:
            sock.settimeout(3)
            peer = Wire(sock)
            while True:
                got = peer.hear(3)
                if got is None:
                    break
                for fd in got[3]:
                    os.close(fd)
                said = random.choice(nexts() + [(frame(kind, got[1]), 0) for
                                     kind in (ACCEPT, REFUSE, CANCELLED,
                                              REJECT)] * 3)
                how = random.random()
                if how < 0.3:
                    byte = random.randrange(len(said[0]))
                    said = (said[0][:byte] + os.urandom(1)
                            + said[0][byte + 1:], said[1])
                elif how < 0.4:
                    said = said[0], 20
                elif how < 0.5:
                    break       # dies with the offer
                elif how < 0.55:
                    time.sleep(1)
                put(sock, *said)
        except OSError:
            pass
        sock.close()

    def run():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=one, args=(sock,), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


lying_worker("lies.sock")
front = Front("lied-to", "--worker", "w=" + path("good.sock"), "--worker",
              "l=ack:" + path("lies.sock"), "--rule", "r: bytes=L -> l",
              "--default", "w", "--control", path("lied.ctl"), "--ack-time",
              "0.3", "--wait", "1")
front.up("w")
for i in range(20):
    ask()
before = at_rest(front)


def clients():
    """Of the worker that lies: all of them end, somehow."""
    count = 0
    end = time.monotonic() + share
    while going(end, count > ENOUGH):
        some = [front.connect() for i in range(30)]
        for sock in some:
            try:
                sock.sendall(b"L\n")
            except OSError:
                pass
        for sock in some:
            sock.settimeout(8)
            try:
                sock.recv(10)
            except socket.timeout:
                return -count
            except OSError:
                pass
            sock.close()
            count += 1
    return count


judge("a front with a worker that lies", front, ask, clients, before, 8192)
ok(until(lambda: sums(path("lied.ctl"))), "its books are balanced",
   subprocess.run([FDFERRY, "status", path("lied.ctl")],
                  stdout=subprocess.PIPE).stdout)
front.term()
ok(front.end() == 0, "it ends with 0", front.text()[-300:])


# ---- fronts that lie to status, ctl and send; senders that lie to recv

def liar(name, data):
    """Answers whoever connects with `data`, then ends, or is silent."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path(name))
    listener.listen(50)

    def run():
        while True:
            sock, _ = listener.accept()
            try:
                put(sock, *data)
            except OSError:
                pass
            if random.random() < 0.7:
                sock.close()
            else:
                threading.Timer(25, sock.close).start()
    threading.Thread(target=run, daemon=True).start()


def tell(n):
    whole = hello() + frame(MESSAGE, 1, b"connections: accepted=1\nworker ")
    if n % 4 == 0:
        return whole[:random.randrange(1, len(whole))], 0
    if n % 4 == 1:
        return hello() + frame(MESSAGE, 1, os.urandom(900), 3), 3
    if n % 4 == 2:
        return os.urandom(700), 2
    at = random.randrange(len(whole))
    return whole[:at] + os.urandom(1) + whole[at + 1:], 0


running, late, odd = [], [], []
for n in range(24):
    liar("liar%d" % n, tell(n))
    for verb in (["status"], ["status", "--json"], ["ctl", "--json"],
                 ["front", "--default", "refuse", "--takeover"]):
        args = verb + [path("liar%d" % n)] + (["list"] if verb[0] == "ctl"
                                              else [])
        running.append((args, subprocess.Popen(
            [FDFERRY] + args, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)))
    for args, process in running if n % 4 == 3 else []:
        try:
            text = process.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            late.append(args)
            continue
        if process.returncode not in (0, 1, 2) or (process.returncode
                                                   and not text.strip()):
            odd.append((args, process.returncode, text))
    running = running if n % 4 < 3 else []
ok(not late, "status, ctl and a successor before 24 fronts that lie or hang: "
   "all end", late)
ok(not odd, "with a status of theirs and a message", odd)
bad = []
for n in range(30):
    at = path("r%d" % n)
    receiver = Program("recv%d" % n, "recv", "--timeout", "5", at,
                       stdout=subprocess.DEVNULL)
    until(lambda: listens(at) or os.path.exists(at))
    state = random.choice(list(states().values()))
    sock = attack(at, state, random.choice(nexts()), 3, random.choice(HOW))
    sock.close()
    status = receiver.end(12)
    if status not in (0, 1):
        bad.append((status, receiver.text()[-200:]))
ok(not bad, "recv before 30 senders that lie: it ends, with 0 or 1", bad)
done()
