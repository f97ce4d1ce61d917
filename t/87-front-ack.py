# SPDX-License-Identifier: 0BSD
"""87-front-ack: acknowledged hand-offs, pools, programs, reload, status."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, done, echo,
                     listens, ok, path, plan, rest, skip, talk, until)

plan(45, 100)


def script(name, text):
    with open(path(name), "w") as program:
        program.write("#!/bin/sh\n" + text)
    os.chmod(path(name), 0o755)
    return path(name)


def worker(name, program, *args):
    started = Program(name, "worker", "--wire", "ack", path(name + ".sock"),
                      *(args + ("--exec", program)))
    until(lambda: listens(path(name + ".sock")))
    return started


def ack(*names):
    args = []
    for name in names:
        args += ["--worker", "%s=ack:%s" % (name, path(name + ".sock"))]
    return args


def status(front, *args):
    out = subprocess.run([FDFERRY, "status", path(front + ".ctl")]
                         + list(args), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=WAIT)
    if out.returncode != 0:
        return out
    return json.loads(out.stdout.decode()) if args else out.stdout.decode()


def sum_is_exact(s):
    c = dict(s["connections"])
    came = c.pop("accepted") + c.pop("adopted")
    held = sum(s["held"][key] for key in ("looking", "waiting", "offered"))
    return came == sum(c.values()) + held


about = script("about", 'read -r line\necho "$line rule=$FDFERRY_RULE '
               'seen=$FDFERRY_SEEN name=$FDFERRY_NAME path=$FDFERRY_PATH '
               'peer=$FDFERRY_PEER remote=$TCPREMOTEPORT"\n')
hold = script("hold", 'read -r line\necho "$$ $line"\nread -r line\n')

# ---- one worker that acknowledges
one = worker("one", about)
front = Front("basic", *ack("one"), "--rule", "r: host=x.example -> one",
              "--default", "one", "--control", path("basic.ctl"))
front.up("one")
got = front.talk(b"GET /p HTTP/1.1\r\nHost: X.example\r\n\r\n").decode()
ok("rule=r seen=http1 name=x.example path=/p" in got
   or "rule=r seen=http1 name=X.example path=/p" in got,
   "a program of a worker that acknowledges knows what was seen", got)
ok("peer=127.0.0.1:" in got and got.split("peer=127.0.0.1:")[1].split()[0]
   == got.split("remote=")[1].split()[0], "and who is connected", got)
lines = until(lambda: front.lines("acknowledged"))
ok(lines and lines[0]["worker"] == "one" and lines[0]["rule"] == "r",
   "the log says acknowledged", front.text()[-500:])
for i in range(20):
    front.talk(b"x\n")
until(lambda: status("basic", "--json")["connections"]["acknowledged"] == 21)
s = status("basic", "--json")
ok(s["connections"]["acknowledged"] == 21 and s["connections"]["accepted"]
   == 21 and s["workers"]["one"]["acknowledged"] == 21
   and s["rules"]["r"]["acknowledged"] == 1, "status --json counts", s)
text = status("basic")
ok("worker one: up=1" in text and "accepted=21" in text
   and "rule r: acknowledged=1" in text, "status as text", text)
ok(os.stat(path("basic.ctl")).st_mode & 0o777 == 0o600,
   "the control socket has permissions 0600")
bad = status("none")
ok(bad.returncode == 1 and bad.stderr.count(b"\n") == 1,
   "status where no front is: one line", bad)

# ---- a worker at its limit: offers wait, none is lost
two = worker("two", hold, "--max-children", "2")
front2 = Front("limit", *ack("two"), "--default", "two", "--max-outstanding",
               "3", "--control", path("limit.ctl"))
front2.up("two")
# Of connections that come together the front sees the bytes in any order, so
# the first two are answered before the next one comes.
clients, first = [], []
for i in range(8):
    client = front2.connect()
    client.sendall(b"%d\n" % i)
    clients.append(client)
    if i < 2:
        first.append(client.recv(100).split())
until(lambda: status("limit", "--json")["held"]["waiting"] == 3)
s = status("limit", "--json")
ok(s["held"]["offered"] == 3 and s["held"]["waiting"] == 3
   and s["workers"]["two"]["outstanding"] == 3,
   "--max-outstanding: the others wait in the front", s)
ok(sum_is_exact(s), "accepted is the sum of all others", s)
for client in clients[:2]:
    client.sendall(b"bye\n")
# Two at a time, whichever they are.
left = clients[2:]
while left:
    ready = select.select(left, [], [], WAIT)[0]
    if not ready:
        break
    for client in ready:
        first.append(client.recv(100).split())
        client.sendall(b"bye\n")
        left.remove(client)
ok(sorted(f[1] for f in first) == [b"%d" % i for i in range(8)],
   "each is served in its turn", first)
two.term()
ok(two.end() == 0, "SIGTERM: a worker of the wire ack ends with 0",
   two.text())
front2.term()
front2.end()

# ---- a worker that is killed: what it had not acknowledged goes on
victim = worker("victim", hold, "--max-children", "1")
heir = worker("heir", about)
front3 = Front("heir", *ack("victim", "heir"), "--rule",
               "r: bytes=v -> victim, heir", "--default", "heir",
               "--max-outstanding", "16", "--control", path("heir.ctl"))
front3.up("victim", "heir")
clients = []
for i in range(5):
    client = front3.connect()
    client.sendall(b"v%d\n" % i)
    clients.append(client)
    if i == 0:
        client.recv(100)        # so that it is the one that is served
until(lambda: status("heir", "--json")["held"]["offered"] == 4)
victim.term(signal.SIGKILL)
answers = [rest(client) for client in clients[1:]]
ok(all(a.startswith(b"v%d rule=r" % (i + 1)) for i, a in enumerate(answers)),
   "those not acknowledged get their full answer from another", answers)
got = rest(clients[0])
ok(b"rule=" not in got and until(
    lambda: status("heir", "--json")["connections"]["acknowledged"] == 5),
   "one that was had no second reader", (got, status("heir", "--json")))
ok(sum_is_exact(status("heir", "--json")), "the tally is exact")
front3.term()
front3.end()

# ---- a worker that is silent: called back, then in doubt
Worker("mute", echo(b"mute"), receive=False)
stopped = worker("stopped", about)
front4 = Front("doubt", *ack("mute", "stopped", "heir"), "--rule",
               "r: bytes=m -> mute, heir", "--rule",
               "s: bytes=s -> stopped, heir", "--default", "heir",
               "--ack-time", "1", "--control", path("doubt.ctl"))
front4.up("mute", "stopped", "heir")
ok(front4.talk(b"m\n").startswith(b"m rule=r"),
   "a worker that never spoke is offered nothing: the next one")
ok(front4.talk(b"s\n").startswith(b"s rule=s"), "one that does answer")
stopped.term(signal.SIGSTOP)
start = time.monotonic()
client = front4.connect()
client.sendall(b"s\n")
until(lambda: front4.lines("in-doubt"))
took = time.monotonic() - start
# Its copy is still in the queue of the one that is stopped.
stopped.term(signal.SIGKILL)
got = rest(client)
ok(front4.lines("in-doubt") and 1.9 < took < 10 and b"rule=" not in got,
   "one that is silent now: in doubt after two limits, given to nobody else",
   (took, got, front4.text()[-300:]))
s = status("doubt", "--json")
ok(sum_is_exact(s) and s["connections"]["in-doubt"] == 1, "and counted", s)
front4.term()
front4.end()

# ---- pools: the least busy one is taken
pool = [worker("p%d" % i, hold) for i in range(3)]
front5 = Front("pool", *ack("p0", "p1", "p2"), "--pool", "all=p0, p1,p2",
               "--default", "all", "--control", path("pool.ctl"))
front5.up("p0", "p1", "p2")


def acknowledged(n):
    """By all of the pool: only then does the front know who is free."""
    return until(lambda: status("pool", "--json")["connections"][
        "acknowledged"] == n)


clients = []
for i in range(9):
    client = front5.connect()
    client.sendall(b"x\n")
    client.recv(100)
    clients.append(client)
    acknowledged(i + 1)
s = status("pool", "--json")
ok([s["workers"]["p%d" % i]["acknowledged"] for i in range(3)] == [3, 3, 3],
   "a pool shares fairly", s)
for client in clients:
    client.close()
pool[1].term(signal.SIGKILL)
until(lambda: front5.lines("worker-gone"))
for i in range(4):
    client = front5.connect()
    client.sendall(b"x\n")
    client.recv(100)
    acknowledged(10 + i)
s = status("pool", "--json")
ok(s["workers"]["p0"]["acknowledged"] + s["workers"]["p2"]["acknowledged"]
   == 10 and s["workers"]["p1"]["up"] == 0, "without the one that is gone",
   s)
front5.term(signal.SIGKILL)

# ---- programs that the front starts itself
front6 = Front("exec", "--worker", "cgi=exec:" + about + " arg", "--worker",
               "few=exec:" + hold, "--rule", "r: bytes=h -> few",
               "--default", "cgi", "--max-children", "2", "--control",
               path("exec.ctl"))
front6.up("cgi", "few")
got = front6.talk(b"q\n").decode()
ok(got.startswith("q rule=default seen=other") and until(
    lambda: front6.lines("started")), "exec: a program of the front's own",
   got)
clients, first = [], []
for i in range(3):
    client = front6.connect()
    client.sendall(b"h%d\n" % i)
    clients.append(client)
    if i < 2:                   # as above: it has its program
        first.append(client.recv(100))
clients[2].settimeout(0.3)
try:
    third = clients[2].recv(100)
except socket.timeout:
    third = None
ok(all(first) and third is None, "--max-children: the next one waits",
   (first, third))
clients[0].sendall(b"bye\n")
clients[2].settimeout(WAIT)
ok(clients[2].recv(100).endswith(b"h2\n"), "and goes on when one has ended")
front6.term(signal.SIGKILL)
bad = subprocess.run([FDFERRY, "front", "--listen", "127.0.0.1:0",
                      "--worker", "w=exec:/no/such", "--default", "w"],
                     stderr=subprocess.PIPE, timeout=WAIT)
ok(bad.returncode == 127 and b"--worker: worker w: /no/such" in bad.stderr,
   "exec: a program that is not there is told at the start", bad)

# ---- --overflow
for overflow, name in (("default", "over1"), ("refuse", "over2")):
    lame = worker(name + ".lame", hold, "--max-children", "1")
    f = Front(name, *ack(name + ".lame", "heir"), "--rule",
              "r: bytes=o -> %s.lame" % name, "--default", "heir",
              "--max-outstanding", "1", "--overflow", overflow, "--control",
              path(name + ".ctl"))
    f.up(name + ".lame", "heir")
    served = f.connect()        # this one has its only program
    served.sendall(b"o1\n")
    served.recv(100)
    until(lambda: status(name, "--json")["connections"]["acknowledged"] == 1)
    waits = f.connect()         # and this one waits for it there
    waits.sendall(b"o2\n")
    until(lambda: status(name, "--json")["held"]["offered"] == 1)
    got = f.talk(b"o3\n")
    if overflow == "default":
        ok(got.startswith(b"o3 rule=r"), "--overflow default", got)
    else:
        ok(b"o3" not in got and until(lambda: f.lines("refused-queue")),
           "--overflow refuse", got)
    f.term(signal.SIGKILL)
    f.end()
    served.close()
    waits.close()
    lame.term()
    ok(lame.end() == 0, "a worker whose front was killed ends with 0, and "
       "the address sanitizer finds nothing lost", lame.text())

# ---- --wait counts from the decision, also for one that comes back
busy = worker("busy", hold, "--max-children", "1")
front8 = Front("back", *ack("busy", "nobody"), "--rule", "b: bytes=b -> busy",
               "--default", "nobody", "--wait", "2", "--control",
               path("back.ctl"))
front8.up("busy")
served = front8.connect()
served.sendall(b"b1\n")
served.recv(100)
back = front8.connect()
back.sendall(b"b2\n")
until(lambda: status("back", "--json")["held"]["offered"] == 1)
time.sleep(1.2)
waits = front8.connect()
waits.sendall(b"x\n")
until(lambda: status("back", "--json")["held"]["waiting"] == 1)
busy.term(signal.SIGKILL)
lines = until(lambda: front8.lines("refused")[1:] and front8.lines("refused"))
ok(lines and lines[0]["rule"] == "b"
   and lines[0]["waited_ms"] - lines[1]["waited_ms"] < 600,
   "--wait: one that a worker gave back is not held for longer", lines)
front8.term(signal.SIGKILL)

# ---- SIGHUP
plain = Worker("plain", echo(b"plain"))
other = Worker("other", echo(b"other"))


def configure(*lines):
    with open(path("conf"), "w") as conf:
        conf.write("\n".join(lines) + "\n")


base = ["listen unix:" + path("r1.in"), "worker w=" + path("plain.sock"),
        "default w"]
configure(*base)
notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notices.bind(path("notify"))
notices.settimeout(WAIT)
front7 = Front("reload", "--config", path("conf"), listen=[],
               env={"NOTIFY_SOCKET": path("notify")})
front7.up("w")
got = notices.recv(200).decode()
ok(got == "READY=1\nMAINPID=%d" % front7.pid, "sd_notify: READY, MAINPID",
   got)


def ask(name, data=b"x"):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(WAIT)
    sock.connect(path(name))
    return talk(sock, data)


ok(ask("r1.in") == b"plain x", "before the reload")
waiting = socket.socket(socket.AF_UNIX)
waiting.connect(path("r1.in"))
configure("listen unix:" + path("r2.in"), "worker w=" + path("plain.sock"),
          "worker o=" + path("other.sock"), "r: bytes=z -> o", "default w")
front7.term(signal.SIGHUP)
until(lambda: front7.lines("reloaded"))
got = (notices.recv(200), notices.recv(200))
ok(got[0].startswith(b"RELOADING=1\nMONOTONIC_USEC=") and got[1] == b"READY=1",
   "sd_notify: RELOADING with its time, READY", got)
until(lambda: len(front7.lines("worker-up")) == 2)
ok(ask("r2.in", b"z1") == b"other z1" and ask("r2.in") == b"plain x"
   and not os.path.exists(path("r1.in")),
   "SIGHUP: other addresses, rules and workers", front7.text()[-400:])
configure("listen unix:" + path("r3.in"), "worker w=" + path("plain.sock"),
          "r: hots=z -> w", "default w")
front7.term(signal.SIGHUP)
failed = until(lambda: front7.lines("reload-failed"))
ok(failed and "conf:3" in failed[0]["why"] and ask("r2.in", b"z2")
   == b"other z2" and not os.path.exists(path("r3.in")),
   "a bad configuration keeps the old one, and is told", failed)
configure("listen unix:/no/such/directory/x", "listen unix:" + path("r4.in"),
          "worker w=" + path("plain.sock"), "default w")
front7.term(signal.SIGHUP)
until(lambda: len(front7.lines("reload-failed")) == 2)
ok(ask("r2.in", b"z3") == b"other z3" and not os.path.exists(path("r4.in")),
   "so does one whose address cannot be opened",
   front7.lines("reload-failed")[-1:])
configure("listen unix:" + path("r2.in"), "worker w=" + path("plain.sock"),
          "default w", "worker x=exec:/no/such/program")
front7.term(signal.SIGHUP)
failed = until(lambda: front7.lines("reload-failed")[2:])
ok(failed and "conf:4: worker x: /no/such/program" in failed[0]["why"]
   and ask("r2.in", b"z4") == b"other z4",
   "and one with a program that is not there", failed)
front7.term()
while True:
    got = notices.recv(200)
    if got == b"STOPPING=1" or not got:
        break
ok(got == b"STOPPING=1" and front7.end() == 0, "sd_notify: STOPPING", got)

# ---- another front takes over
old = Front("old", *ack("heir"), "--rule", "r: host=late.example -> heir",
            "--default", "heir", "--control", path("old.ctl"),
            "--look-time", "60", listen=["127.0.0.1:0",
                                         "unix:" + path("old.in")])
old.up("heir")
half = []
for i in range(100):
    client = old.connect()
    client.sendall(b"GET /%d HTTP/1.1\r\n" % i)
    half.append(client)
until(lambda: status("old", "--json")["held"]["looking"] == 100)
new = Front("new", *ack("heir"), "--rule", "r: host=late.example -> heir",
            "--default", "heir", "--takeover", path("old.ctl"),
            "--look-time", "60", listen=[])
ok(until(lambda: new.lines("taken-over")) and old.end() == 0,
   "--takeover: the old front ends when the new one is ready",
   (old.text()[-300:], new.text()[-300:]))
for client in half:
    client.sendall(b"Host: late.example\r\n\r\n")
answers = [rest(client) for client in half]
ok(all(a.startswith(b"GET /%d HTTP" % i) and b"rule=r" in a
       for i, a in enumerate(answers)),
   "what it held is looked at and served by the new one", answers[:2])
ok(new.talk(b"x\n").startswith(b"x rule=default")
   and ask("old.in", b"y\n").startswith(b"y rule=default"),
   "new connections at the same addresses", new.addresses)
s = status("old", "--json")
ok(s["connections"]["adopted"] == 100 and sum_is_exact(s),
   "the control socket is the new one's", s)
new.term()
ok(new.end() == 0 and not os.path.exists(path("old.in"))
   and not os.path.exists(path("old.ctl")),
   "it removes the paths that it took over", os.listdir(path("")))

# ---- one that takes over, and then is silent
late = Front("late", *ack("heir"), "--default", "heir", "--rule",
             "r: host=x.example -> heir", "--control", path("late.ctl"),
             "--look-time", "60", "--ack-time", "0.5",
             listen=["127.0.0.1:0", "unix:" + path("late.in")])
late.up("heir")
half = late.connect()
half.sendall(b"GET /")
until(lambda: status("late", "--json")["held"]["looking"] == 1)


def silent():
    """Asks for all, as fdferry-wire(5) has it, and answers nothing."""
    def frame(kind, number, data):
        return struct.pack("<4sBBHQIIII", b"\xfdFRY", 1, kind, 0, number,
                           len(data), 0, 0 if kind == 1 else len(data),
                           0) + data
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path("late.ctl"))
    sock.sendall(frame(1, 0, struct.pack("<BBHIIII", 1, 1, 0, 65536, 64, 64,
                                         64) + bytes(12)))
    sock.sendall(frame(2, 1, b"takeover 1"))
    return sock


mute = silent()
ok(until(lambda: late.lines("handing-over-failed"))
   and late.process.poll() is None and b"rule=" not in rest(half),
   "--takeover by one that is silent: what it was offered is in doubt",
   late.text()[-400:])
ok(late.talk(b"x\n").startswith(b"x rule=default")
   and sum_is_exact(status("late", "--json")), "the old one goes on",
   late.text()[-400:])
mute.close()
half = late.connect()
half.sendall(b"GET /")
until(lambda: status("late", "--json")["held"]["looking"] == 1)
mute = silent()
until(lambda: len(late.lines("handing-over")) == 2)
late.term()
late.term()
ok(late.end() == 0 and len(late.lines("in-doubt")) == 2
   and not os.path.exists(path("late.ctl"))
   and not os.path.exists(path("late.in")),
   "one that is ended while it hands over tells all, and removes its paths",
   (late.text()[-400:], os.listdir(path(""))))
mute.close()
done()
