# SPDX-License-Identifier: 0BSD
"""survive.py - a front that loses nothing: `make check-survive` runs it.

  1  workers are killed every 200 ms under load: each connection that none
     had acknowledged gets its full answer from another
  2  the front is replaced ten times under load: no connection is refused,
     reset or unanswered
  4  64 descriptors and 1,000 clients: no spin, no loss, it recovers; and a
     worker that takes nothing: bounded memory
(3, a soak of the channel, and 5, the model, are programs of their own.)
SOAK=long runs each for longer. TAP; each tally is printed.
"""
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
from harness import (FDFERRY, Front, Program, WAIT, Worker, cpu_seconds,
                     done, echo, going, ok, path, plan, rest, until)

LONG = os.environ.get("SOAK") == "long"
ANSWER = os.path.abspath(os.environ["ANSWER"])
BODY = b"0123456789abcdef0123456789abcdef\n"
random.seed(4)


def status(name):
    out = subprocess.run([FDFERRY, "status", "--json", path(name)],
                         stdout=subprocess.PIPE, timeout=WAIT)
    return json.loads(out.stdout.decode())


def tally(s):
    """What came, what became of it; the difference must be nothing."""
    c = dict(s["connections"])
    came = c.pop("accepted") + c.pop("adopted")
    held = sum(s["held"][k] for k in ("looking", "waiting", "offered"))
    return came, sum(c.values()) + held, c, held


class Load:
    """Clients that each ask once and want the whole answer."""

    def __init__(self, port, threads):
        self.port = port
        self.stop = False
        self.full = 0
        self.failed = []
        self.by_port = {}       # what its clients saw, in order
        self.refused = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stop:
            sock = socket.socket()
            sock.settimeout(20)
            try:
                sock.connect(("127.0.0.1", self.port))
            except OSError as error:
                with self.lock:
                    self.refused.append(str(error))
                continue
            port = sock.getsockname()[1]
            try:
                sock.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            except OSError:
                pass
            got = rest(sock)
            with self.lock:
                if got.endswith(BODY):
                    self.full += 1
                else:
                    self.failed.append(got)
                self.by_port.setdefault(port, []).append(got)

    def end(self):
        self.stop = True
        for thread in self.threads:
            thread.join(30)
        return not any(thread.is_alive() for thread in self.threads)


plan(17, 850 if not LONG else 7200)
NAMES = ["w%d" % i for i in range(4)]
workers = {}


def start_worker(name):
    workers[name] = Program(name, "worker", "--wire", "ack", "--max-children",
                            "8", path(name + ".sock"), "--exec", ANSWER)


def pool():
    args = ["--pool", "all=" + ",".join(NAMES), "--default", "all"]
    for name in NAMES:
        args += ["--worker", "%s=ack:%s" % (name, path(name + ".sock"))]
    return args


# ---- 1: workers are killed
for name in NAMES:
    start_worker(name)
front = Front("kill", *pool(), "--rule", "r: host=x -> all", "--control",
              path("kill.ctl"), "--wait", "20")
front.up(*NAMES)
load = Load(int(front.addresses[0].rsplit(":", 1)[1]), 16)
end = time.monotonic() + (300 if LONG else 30)
kills = 0
while going(end, load.full > 1000 and kills > 100):
    time.sleep(0.2)
    name = random.choice(NAMES)
    workers[name].term(signal.SIGKILL)
    workers[name].process.wait()
    start_worker(name)
    kills += 1
joined = load.end()
ok(joined, "1: every client came to an end")
until(lambda: tally(status("kill.ctl"))[3] == 0)
came, went, counts, held = tally(status("kill.ctl"))
# What the front says of each port, in order: ports are used again.
fate = {}
for line in front.lines():
    if "rule" in line:
        fate.setdefault(int(line["peer"].rsplit(":", 1)[1]), []).append(
            line["event"])
lost = []
for client, answers in load.by_port.items():
    events = fate.get(client, [])
    if len(events) != len(answers):
        lost.append((client, answers, events))
    lost += [(client, answer, event) for answer, event in zip(answers, events)
             if not answer.endswith(BODY) and event != "acknowledged"]
print("# %d kills, %d full answers, %d cut short after acknowledgement"
      % (kills, load.full, len(load.failed)))
print("# accepted %d = %s, held %d" % (came, counts, held))
ok(load.full > 1000 and kills > 100, "1: there was load, workers died",
   (load.full, kills))
ok(not lost, "1: each that no worker had acknowledged got its full answer",
   lost[:5])
ok(not load.refused, "1: none was refused", load.refused[:3])
ok(came == went and held == 0, "1: the tally is exact", (came, went, counts))
ok(came == load.full + len(load.failed),
   "1: the clients' tally is the front's",
   (came, load.full, len(load.failed)))
front.term()
ok(front.end() == 0, "1: the front ends")

# ---- 2: the front is replaced
old = Front("f0", *pool(), "--control", path("f.ctl"), "--wait", "20")
old.up(*NAMES)
port = int(old.addresses[0].rsplit(":", 1)[1])
load = Load(port, 16)
fronts = [old]
totals = []
for i in range(1, 11 if not LONG else 101):
    time.sleep(0.5)
    new = Front("f%d" % i, *pool(), "--takeover", path("f.ctl"), "--wait",
                "20", listen=[])
    ended = fronts[-1].end(30)
    fronts.append(new)
    totals.append(ended)
time.sleep(0.5)
joined = load.end()
events = {}
for f in fronts:
    for line in f.lines():
        if "rule" in line:
            events[line["event"]] = events.get(line["event"], 0) + 1
print("# %d restarts, %d full answers; %s" % (len(totals), load.full, events))
ok(joined and totals == [0] * len(totals), "2: each front ended for the next",
   totals)
ok(load.full > 500 and not load.refused and not load.failed,
   "2: no connection refused, reset or unanswered",
   (load.full, load.refused[:3], load.failed[:3]))
until(lambda: tally(status("f.ctl"))[3] == 0)
served = sum(events.get(e, 0) for e in ("acknowledged",))
ok(served == load.full + len(load.failed)
   and set(events) <= {"acknowledged", "moved"},
   "2: served as often as asked, over all fronts", (served, load.full, events))
fronts[-1].term()
fronts[-1].end()
for w in workers.values():
    w.term()

# ---- 4: 64 descriptors, 1,000 clients; a worker that takes nothing


def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
Worker("free", echo(b"free"))
front = Front("few", "--worker", "free=" + path("free.sock"), "--rule",
              "r: tls=yes -> free", "--default", "free", "--control",
              path("few.ctl"), "--look-time", "2", preexec_fn=few)
front.up("free")
clients = [front.connect(timeout=30) for i in range(1000)]
before = cpu_seconds(front.pid)
time.sleep(1)
used = cpu_seconds(front.pid) - before
ok(used < 0.3, "4: 64 descriptors, 1,000 silent clients: no spin", used)
for i, client in enumerate(clients):
    client.sendall(b"c%d" % i)
answers = [rest(client) for client in clients]
good = sum(a == b"free c%d" % i for i, a in enumerate(answers))
ok(good == 1000, "4: each of them is answered", good)
ok(front.talk(b"after") == b"free after", "4: it recovers")
came, went, counts, held = tally(status("few.ctl"))
print("# accepted %d = %s, held %d" % (came, counts, held))
ok(came == went == 1001, "4: the tally is exact", (came, went))
front.term()
front.end()

Worker("stuck", echo(b"stuck"), receive=False)
front = Front("stuck", "--worker", "stuck=" + path("stuck.sock"),
              "--default", "stuck", "--control", path("stuck.ctl"),
              "--max-waiting", "3000", "--wait", "3")
front.up("stuck")


def rss_kib():
    with open("/proc/%d/status" % front.pid) as text:
        return int(re.search(r"VmRSS:\s*(\d+)", text.read()).group(1))


clients = []
for i in range(4000):
    sock = socket.socket()
    sock.settimeout(30)
    sock.connect(("127.0.0.1", int(front.addresses[0].rsplit(":", 1)[1])))
    clients.append(sock)
before = cpu_seconds(front.pid)
time.sleep(1)
used = cpu_seconds(front.pid) - before
kib = rss_kib()
print("# a worker that takes nothing: %d held, %d KiB, %.2f s of a second"
      % (tally(status("stuck.ctl"))[3], kib, used))
ok(kib < 16 * 1024, "4: a worker that takes nothing: bounded memory", kib)
ok(used < 0.5, "4: and no spin", used)
until(lambda: tally(status("stuck.ctl"))[3] == 0, 30)
came, went, counts, held = tally(status("stuck.ctl"))
print("# accepted %d = %s, held %d" % (came, counts, held))
ok(came == went == 4000 and counts["refused"] + counts["delivered"] == 4000,
   "4: delivered or refused, each is counted", (came, went, counts))
for sock in clients:
    sock.close()
front.term(signal.SIGKILL)
done()
