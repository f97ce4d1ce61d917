# SPDX-License-Identifier: 0BSD
"""87-front-rules: rules that refuse, are not logged, or cannot decide; clients
of an IPv6 socket; and very many rules, read again while connections are served.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, Worker, client_hello,
                     connect, done, echo, listens, ok, path, plan, rest, skip,
                     talk, until)

plan(38, 110)
GET = b"GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n"
web = Worker("web", echo(b"web"), backlog=64)


def status(name):
    out = subprocess.run([FDFERRY, "status", "--json", path(name + ".ctl")],
                         stdout=subprocess.PIPE, timeout=WAIT)
    return json.loads(out.stdout.decode())


def sums_up(state):
    """Is each connection in one count, and each of a rule in its own?"""
    counts = dict(state["connections"])
    came = counts.pop("accepted") + counts.pop("adopted")
    held = sum(state["held"][s] for s in ("looking", "waiting", "offered"))
    return came == sum(counts.values()) + held


def front(name, *rules, **how):
    args = ["--worker", "web=" + web.at, "--control", path(name + ".ctl")]
    for rule in rules:
        args += ["--rule", rule]
    args += how.pop("args", ["--default", "web"])
    made = Front(name, *args, **how)
    made.up("web")
    return made


def end(made):
    made.term()
    return made.end()


# ---- refuse
made = front("refuse", "old: host=**.old.example -> refuse",
             "no: host=(none) -> refuse",
             "some: path=/some -> gone, refuse",
             "both: path=/both -> web, refuse",
             args=["--worker", "gone=" + path("gone.sock"),
                   "--default", "refuse"])


def refused():
    return made.lines("refused-rule")


got = made.talk(GET % (b"", b"a.b.old.example"))
ok(b"web" not in got and until(lambda: len(refused()) == 1)
   and refused()[-1]["rule"] == "old"
   and refused()[-1]["name"] == "a.b.old.example"
   and "worker" not in refused()[-1],
   "-> refuse closes, and the log says so", (got, made.text()[-300:]))
got = made.talk(b"GET / HTTP/1.0\r\n\r\n")
ok(b"web" not in got and until(lambda: len(refused()) == 2)
   and refused()[-1]["rule"] == "no", "a request without a Host", got)
got = made.talk(GET % (b"some", b"a"))
ok(b"web" not in got and until(lambda: len(refused()) == 3)
   and refused()[-1]["rule"] == "some",
   "it takes what a worker that is gone does not", got)
got = made.talk(GET % (b"both", b"a"))
ok(got.startswith(b"web GET /both"), "but not what a worker takes", got)
start = time.monotonic()
got = made.talk(b"nonsense\r\n")
ok(b"web" not in got and until(lambda: len(refused()) == 4)
   and refused()[-1]["rule"] == "default" and time.monotonic() - start < 5,
   "default refuse: at once", (got, made.text()[-300:]))
state = status("refuse")
ok(sums_up(state) and state["connections"]["refused-rule"] == 4
   and state["connections"]["delivered"] == 1
   and [state["rules"][rule].get("refused-rule") for rule in
        ("old", "no", "some", "both", "default")] == [1, 1, 1, None, 1],
   "status counts them, in all and by rule", state)
hello = client_hello("a.b.old.example")
ok(end(made) == 0, "it ends", made.text()[-300:])

if hello is None:
    skip("the same by the name in a hello", "no ssl module")
    skip("and all but some", "no ssl module")
else:
    made = front("tls", "old: sni!=**.example -> refuse",
                 "old2: sni=**.old.example -> refuse")
    got = made.talk(hello)
    ok(b"web" not in got and until(lambda: len(refused()) == 1)
       and refused()[-1]["rule"] == "old2",
       "the same by the name in a hello", got)
    got = made.talk(client_hello("example.org"))
    ok(b"web" not in got and until(lambda: len(refused()) == 2)
       and refused()[-1]["rule"] == "old", "and all but some",
       (got, made.text()[-300:]))

made = front("from", "strangers: from!=127.0.0.0/8 -> refuse",
             "no: from=127.0.0.2 -> refuse")
sock = socket.socket()
sock.settimeout(WAIT)
try:
    sock.bind(("127.0.0.2", 0))
    host, port = made.addresses[0].rsplit(":", 1)
    sock.connect((host, int(port)))
    got = rest(sock)
    ok(got in (b"", b"<[Errno 104] Connection reset by peer>")
       and until(lambda: len(refused()) == 1), "by address, without a byte",
       got)
except OSError as error:
    skip("by address, without a byte", "127.0.0.2: %s" % error)
got = made.talk(b"x")
ok(got == b"web x", "others are served", got)

# ---- a worker that is busy: refuse is next
made = front("busy", "slow: path=/ -> slow, refuse",
             args=["--worker", "slow=exec:/bin/sleep 30", "--max-children",
                   "1", "--default", "web"])
made.up("slow")
first = made.connect()
first.sendall(GET % (b"", b"a"))
until(lambda: made.lines("started"))
got = made.talk(GET % (b"", b"a"))
ok(until(lambda: len(refused()) == 1) and b"web" not in got,
   "behind a busy worker it takes what would wait", (got, made.text()[-300:]))
first.close()

# ---- names that are taken
for option, text, why in (
        ("--worker", "refuse=/x", "a worker cannot be named refuse"),
        ("--pool", "refuse=web", "a pool cannot be named refuse"),
        ("--rule", "a: path=/ -> refuse, web", "expected it last"),
        ("--default", "refuse, web", "expected it last")):
    check = Program("check", "front", "--check", option, text)
    ok(check.end() == 2 and why in check.text(), "%s '%s' is refused"
       % (option, text), check.text())

# ---- a rule without lines in the log
made = front("quiet", "quiet: path=/quiet log=none -> web",
             "no: path=/no log=none -> refuse")
for what in b"quiet", b"quiet", b"no", b"loud":
    made.talk(GET % (what, b"a"))
until(made.delivered)
state = status("quiet")
ok([line["rule"] for line in made.delivered()] == ["default"]
   and not refused(), "log=none: no line", made.text()[-600:])
ok(sums_up(state) and state["rules"]["quiet"]["delivered"] == 2
   and state["rules"]["no"]["refused-rule"] == 1,
   "but it is counted", state)

# ---- why a rule could not decide
made = front("ended", "first: from=127.0.0.9 -> web",
             "method: method=PUT -> web", "api: host=a -> web",
             args=["--default", "web", "--look-time", "1.2", "--look-size",
                   "200"])


def ended(data, close=False):
    before = len(made.delivered())
    sock = made.connect()
    sock.sendall(data)
    if close:
        sock.shutdown(socket.SHUT_WR)
    until(lambda: len(made.delivered()) > before)
    line = made.delivered()[-1]
    sock.close()
    return line.get("undecided"), line.get("ended")


got = ended(b"GET / HTTP/1.1\r\n", close=True)
ok(got == ("api", "end"), "the client sends no more", got)
got = ended(b"GET / HTTP/1.1\r\n")
ok(got == ("api", "time"), "the time is over", got)
got = ended(b"GET / HTTP/1.1\r\nX: " + b"x" * 300)
ok(got == ("api", "size"), "there is more than is looked at", got)
got = ended(b"", close=True)
ok(got == ("method", "end"), "not a byte", got)
got = ended(GET % (b"", b"b"))
ok(got == (None, None), "it did decide: nothing to tell", got)
made = front("room", "api: host=a -> web",
             args=["--default", "web", "--max-waiting", "1"])
socks = [made.connect() for _ in range(3)]
until(made.delivered)
line = made.delivered()[0] if made.delivered() else {}
ok(line.get("undecided") == "api" and line.get("ended") == "room",
   "too many are held", made.text()[-300:])
for sock in socks:
    sock.close()

# ---- health checks of a proxy
made = front("health", "health: from=127.0.0.1 proxy=no log=none -> web",
             args=["--proxy-from", "127.0.0.1", "--default", "web",
                   "--look-time", "3"])


def health(reset):
    """Connect, and away: how long until it is counted, and as what."""
    before = status("health")["rules"].get("health", {})
    sock = made.connect()
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        # Of one that is gone before accept(), not all systems tell the address.
        until(lambda: status("health")["held"]["looking"] == 1)
    start = time.monotonic()
    sock.close()
    until(lambda: status("health")["rules"].get("health", {}) != before)
    now = status("health")["rules"].get("health", {})
    return time.monotonic() - start, sum(now.values()) - sum(before.values())


took, new = health(False)
ok(new == 1 and took < 2.5, "one that ends without a byte has its rule",
   (took, new, status("health")))
took, new = health(True)
ok(new == 1 and took < 2.5, "and one that resets", (took, new,
                                                     status("health")))
got = made.talk(b"PROXY TCP4 198.51.100.7 203.0.113.9 1 2\r\nx")
ok(until(lambda: len(made.delivered()) == 1)
   and made.delivered()[0]["rule"] == "default" and not made.lines("gone"),
   "the log has only who came by the proxy", made.text()[-600:])
ok(sums_up(status("health")), "all are counted", status("health"))

# ---- IPv4 clients of an IPv6 socket
with open(path("env"), "w") as program:
    program.write('#!/bin/sh\n'
                  'while read -r line && test ${#line} -gt 1; do :; done\n'
                  'echo "$PROTO $TCPREMOTEIP $TCPREMOTEPORT '
                  '$TCPLOCALIP $TCPLOCALPORT $FDFERRY_PEER $FDFERRY_LOCAL"\n')
os.chmod(path("env"), 0o755)


def both_families():
    probe = socket.socket(socket.AF_INET6)
    try:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind(("::", 0))
        probe.listen(1)
        socket.create_connection(("127.0.0.1", probe.getsockname()[1]),
                                 3).close()
        return True
    except OSError:
        return False
    finally:
        probe.close()


def seen_by(name, made):
    """What the program is told of a client that is 127.0.0.1."""
    port = int(made.addresses[0].rsplit(":", 1)[1])
    sock = socket.create_connection(("127.0.0.1", port), WAIT)
    client = "127.0.0.1:%d" % sock.getsockname()[1]
    sock.sendall(GET % (name, b"a"))
    got = rest(sock).decode().split()
    local = "127.0.0.1:%d" % port
    want = ["TCP"] + client.split(":") + local.split(":")
    return got[:5] == want and got[5:] in ([], [client, local]), got, client


if not socket.has_ipv6 or not both_families():
    for name in ("of the front's", "of an acknowledging worker's",
                 "of a plain worker's", "the log"):
        skip("IPv4 at [::]: " + name, "no IPv6 socket takes IPv4 here")
else:
    for kind in "plain", "ack":
        args = ["--wire", "ack"] if kind == "ack" else []
        Program(kind, "worker", path(kind + ".sock"), *args, "--exec",
                path("env"))
        until(lambda: listens(path(kind + ".sock")))
    made = front("six", "exec: path=/exec -> env", "ack: path=/ack -> ack",
                 "plain: path=/plain -> plain",
                 args=["--worker", "env=exec:" + path("env"),
                       "--worker", "ack=ack:" + path("ack.sock"),
                       "--worker", "plain=" + path("plain.sock"),
                       "--default", "web"], listen=["[::]:0"])
    made.up("env", "ack", "plain")
    good, got, client = seen_by(b"exec", made)
    ok(good and len(got) == 7, "IPv4 at [::]: of the front's", got)
    good, got, client = seen_by(b"ack", made)
    ok(good and len(got) == 7, "IPv4 at [::]: of an acknowledging worker's",
       got)
    good, got, client = seen_by(b"plain", made)
    ok(good, "IPv4 at [::]: of a plain worker's", got)
    ok(until(made.delivered) and made.delivered()[-1]["peer"] == client
       and made.delivered()[-1]["local"].startswith("127.0.0.1:")
       and "::ffff:" not in made.text(), "IPv4 at [::]: the log",
       made.text()[-600:])

# ---- very many rules, read again
MANY = 100000


def write(n, last, wrong=""):
    with open(path("many.conf"), "w") as conf:
        conf.write("listen 127.0.0.1:0\nworker web=%s\ndefault web\n"
                   % web.at)
        conf.write("".join("r%d: host=h%d.example -> web\n" % (i, i)
                           for i in range(n)))
        conf.write("%s: host=last.example -> web\n%s" % (last, wrong))
    # One that serves before it is in place must not read half of it.
    os.rename(path("many.conf"), path("front.conf"))


def rule_of(name):
    made.talk(GET % (b"", name))
    until(lambda: len(made.delivered()) >= made.connections)
    return made.delivered()[-1]["rule"]


def reads():
    return made.lines("reloaded") + made.lines("reload-failed")


write(MANY, "last")
made = Front("many", "--config", path("front.conf"), listen=[])
made.up("web")
ok(rule_of(b"last.example") == "last" and rule_of(b"h99.example") == "r99",
   "each of %d rules is found" % MANY, made.text()[-600:])
write(MANY, "new")
made.term(signal.SIGHUP)
served, slowest = 0, 0
while served < 3000 and b'"reloaded"' not in open(made.log, "rb").read():
    start = time.monotonic()
    made.talk(GET % (b"", b"h5.example"))
    slowest = max(slowest, time.monotonic() - start)
    served += 1
ok(served >= 5 and slowest < 3 and len(reads()) == 1,
   "while they are read again connections are served",
   (served, slowest, len(reads())))
print("# %d connections meanwhile, the slowest took %.3f s"
      % (served, slowest))
ok(rule_of(b"last.example") == "new", "then the new ones decide")
made.term(signal.SIGHUP)
made.talk(b"x")
write(MANY, "newer")
made.term(signal.SIGHUP)
until(lambda: len(reads()) >= 3, 40)
ok(rule_of(b"last.example") == "newer" and not made.lines("reload-failed"),
   "a signal meanwhile reads once more", made.text()[-600:])
write(MANY, "wrong", "nonsense\n")
made.term(signal.SIGHUP)
until(lambda: made.lines("reload-failed"), 40)
ok(rule_of(b"last.example") == "newer"
   and "nonsense" in made.lines("reload-failed")[0]["why"],
   "a mistake in the last line: the old ones stay", made.text()[-600:])
made.term(signal.SIGHUP)
made.term()
ok(made.end(40) == 0, "SIGTERM while they are read: it ends",
   made.text()[-600:])
done()
