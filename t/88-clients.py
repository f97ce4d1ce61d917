# SPDX-License-Identifier: 0BSD
"""88-clients: programs of others as clients, and a hello in 250 pieces, through
each thing that rules and operators can ask for: refuse, negation, any depth, no
name, log=none, pools that stay, backups, a shared port; drained meanwhile, and
counted exactly.
"""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exposition import Wrong, parse
from harness import (FDFERRY, Front, WAIT, Worker, connect, done, ok, path,
                     plan, rest, skip, until)

# What it is, the host, the workers that may answer (none: it is closed).
FEATURES = [
    ("refuse", "refused.example", []),
    ("!=", "new.not.example", ["but"]),
    ("not !=", "old.not.example", ["rest"]),
    ("**", "a.b.c.deep.example", ["deep"]),
    ("(none)", None, ["none"]),
    ("log=none", "quiet.example", ["quiet"]),
    ("stay=address", "stay.example", ["one", "two"]),
    ("backup", "backup.example", ["spare"]),
]
RULES = [
    "refused: %s=refused.example -> refuse",
    "but: %s=**.not.example %s!=old.not.example -> but",
    "deep: %s=**.deep.example -> deep",
    "none: %s=(none) -> none",
    "quiet: %s=quiet.example log=none -> quiet",
    "stay: %s=stay.example -> stays",
    "backup: %s=backup.example -> last",
]
NAMES = ["but", "deep", "none", "quiet", "one", "two", "spare", "rest"]
AB, WRK, CURL = (shutil.which(name) for name in ("ab", "wrk", "curl"))
plan(4 * len(FEATURES) + 5, 150)


def hello(name):
    """A ClientHello of some 600 bytes, with this server name or none."""
    more = struct.pack(">HH", 21, 512) + b"\0" * 512
    if name is not None:
        text = name.encode()
        more += struct.pack(">HHHBH", 0, len(text) + 5, len(text) + 3, 0,
                            len(text)) + text
    body = (b"\3\3" + b"r" * 32 + b"\0" + b"\0\2\x13\1" + b"\1\0"
            + struct.pack(">H", len(more)) + more)
    body = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(body)) + body


def serve_as(tag):
    """HTTP/1, as long as the client likes; or a name for a whole hello."""
    def serve(sock):
        sock.settimeout(WAIT)
        got = b""
        try:
            while True:
                while b"\r\n\r\n" not in got:
                    if got[:1] == b"\x16" and len(got) >= 5 and len(
                            got) == 5 + struct.unpack(">H", got[3:5])[0]:
                        sock.sendall(tag)
                        return
                    piece = sock.recv(65536)
                    if not piece:
                        return
                    got += piece
                request, got = got.split(b"\r\n\r\n", 1)
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(tag), tag))
                if b"HTTP/1.0" in request and b"eep-" not in request:
                    return
        except OSError:
            pass
        finally:
            sock.close()
    return serve


for name in NAMES:
    Worker(name, serve_as(name.encode()), backlog=100)
ARGS = sum((["--worker", "%s=%s" % (name, path(name + ".sock"))]
            for name in NAMES + ["nobody"]), []) + [
    "--pool", "stays=one, two stay=address", "--pool",
    "last=nobody backup=spare", "--default", "rest", "--reuse-port"]
for rule in RULES:
    for key in "host", "sni":
        keyed = rule.replace("%s", key)
        ARGS += ["--rule", keyed.replace(":", "-%s:" % key, 1)]
fronts = [Front("first", *ARGS, "--control", path("first.ctl"))]
fronts[0].up(*NAMES)
AT = fronts[0].addresses[0]
fronts.append(Front("second", *ARGS, "--control", path("second.ctl"),
                    listen=[AT]))
fronts[1].up(*NAMES)
URL = "http://%s/" % AT


def run(*words):
    said = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    return said.returncode, said.stdout.decode(errors="replace")


def status(front):
    return json.loads(run(FDFERRY, "status", "--json",
                          path(front + ".ctl"))[1])


# ------------------------------------------------ each client, each feature

def curl(host):
    """Who answered; None: nobody."""
    code, said = run(CURL, "-s", "-H", "Host:" + (" " + host if host else ""),
                     URL)
    return said if code == 0 else None


def pieces(host):
    data = hello(host)
    step = len(data) // 250
    sock = connect(AT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(250):
        sock.sendall(data[i * step:(i + 1) * step if i < 249 else None])
        time.sleep(0.0005)
    said = rest(sock).decode()
    return said if said and "<" not in said else None


def ab(host):
    """How many were answered, of 100; and whether one was not."""
    said = run(AB, "-q", "-n", "100", "-c", "10", "-H", "Host: " + host, URL)[1]
    found = re.search(r"Complete requests: +(\d+)", said)
    bad = re.search(r"(Failed|Non-2xx).*: +[1-9]", said)
    return (int(found.group(1)) if found else 0), bad is not None


def wrk(host):
    said = run(WRK, "-t1", "-c10", "-d1s", "-H", "Host: " + host, URL)[1]
    found = re.search(r"(\d+) requests in", said)
    return (int(found.group(1)) if found else 0), "Socket errors" in said


for name, host, workers in FEATURES:
    for client, program in ("curl", CURL), ("pieces", True):
        title = "%s: %s" % (client, name)
        if program is None:
            skip(title, "no " + client)
            continue
        answer = curl(host) if client == "curl" else pieces(host)
        ok(answer in workers if workers else answer is None, title, answer)
    for client, program in ("ab", AB), ("wrk", WRK):
        title = "%s: %s" % (client, name)
        if program is None or host is None:
            skip(title, "no " + client if program is None
                 else client + " always names a host")
            continue
        many, bad = ab(host) if client == "ab" else wrk(host)
        ok(many >= (1 if client == "wrk" else 100) and not bad if workers
           else many == 0 or bad, title, (many, bad))

# ------------------------------------------------ what is left of it

lines = [line for front in fronts for line in front.lines()]
rules = [line.get("rule", "") for line in lines]
ok("quiet-host" not in rules and "quiet-sni" not in rules
   and all(sum(status(front)["rules"].get("quiet-" + key, {}).get(
       "delivered", 0) for front in ("first", "second")) > 0
           for key in (["host", "sni"] if CURL or AB or WRK else ["sni"])),
   "log=none: counted, without a line", set(rules))
ok(set(line["worker"] for line in lines if line["event"] == "delivered"
       and line.get("rule", "").startswith("stay-")).issubset(
           {"one", "two"})
   and len(set(line["worker"] for line in lines
               if line["event"] == "delivered"
               and line.get("rule", "").startswith("stay-"))) == 1,
   "one address: one worker, in both fronts", rules)


# ------------------------------------------------ a load meanwhile

class Load(threading.Thread):
    """Clients one after the other; or one of the programs."""

    def __init__(self, program):
        threading.Thread.__init__(self, daemon=True)
        self.program, self.bad, self.many = program, None, 0
        self.start()

    def run(self):
        if self.program == AB and AB:
            said = run(AB, "-q", "-n", "2000", "-c", "10", "-H",
                       "Host: stay.example", URL)[1]
            self.many = 2000 if re.search(r"Complete requests: +2000", said) \
                else 0
            self.bad = re.search(r"(Failed|Non-2xx).*: +[1-9]", said)
        elif self.program == WRK and WRK:
            self.many, self.bad = wrk("stay.example")
        else:
            for i in range(300):
                sock = connect(AT)
                sock.sendall(hello("stay.example"))
                self.bad = self.bad or rest(sock) not in (b"one", b"two")
                self.many += 1


# The other one of the pool has them then; ab would notice another length.
used = next(line["worker"] for line in fronts[0].delivered()
            + fronts[1].delivered() if line["rule"].startswith("stay-"))
load = Load(AB)
orders = []
while load.is_alive():
    for front in "first", "second":
        for order in "drain", "enable":
            orders.append(run(FDFERRY, "ctl", path(front + ".ctl"), order,
                              used)[0])
load.join()
moved = {line["worker"] for front in fronts for line in front.delivered()
         if line["rule"].startswith("stay-")}
ok(load.many >= 300 and not load.bad and orders and set(orders) == {0}
   and moved == {"one", "two"},
   "%s while its worker is drained and enabled: each is answered"
   % ("ab" if AB else "clients"), (load.many, load.bad, len(orders), moved))

load = Load(WRK or "pieces")
wrong = []
while load.is_alive():
    for front in "first", "second":
        text = run(FDFERRY, "status", "--prometheus", path(front + ".ctl"))[1]
        try:
            parse(text)
        except Wrong as why:
            wrong.append(why)
load.join()
ok(load.many > 0 and not load.bad and not wrong,
   "%s while the metrics are read: each time they are right"
   % ("wrk" if WRK else "clients"), (load.many, wrong[:3]))


def adds_up():
    """Lines and counts of each front, but of rules without lines."""
    for front in fronts:
        name = os.path.basename(front.log)[:-4]
        counted = {rule: n.get("delivered", 0) for rule, n
                   in status(name)["rules"].items() if "quiet" not in rule}
        logged = {}
        for line in front.delivered():
            logged[line["rule"]] = logged.get(line["rule"], 0) + 1
        if {rule: n for rule, n in counted.items() if n} != logged:
            return False
    return True


ok(until(adds_up), "log and counters say the same",
   [status(f)["rules"] for f in ("first", "second")])
for front in fronts:
    front.term()
for front in fronts:
    front.end()
done()
