# SPDX-License-Identifier: 0BSD
"""86-listeners: a listener is known by what is bound, not by how it is
written: at a reload, at a takeover, from another directory. And a path that
somebody has removed is made again.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import (FDFERRY, Front, Program, WAIT, connect, done, listens, ok,
                     path, plan, rest, skip, talk, until)
from takeover import Played, TO_W, front, gone, status, successor, worker
from wire import MESSAGE

plan(36, 120)
harness.FDFERRY = os.path.abspath(harness.FDFERRY)     # from any directory
W = "worker w=%s\ndefault w\n" % worker.at


def configure(name, *listen):
    with open(path(name), "w") as f:
        f.write(W + "".join("listen %s\n" % at for at in listen))
    return path(name)


def reload(f, name, *listen, event="reloaded"):
    """Read again; how many lines say so, and how many are new listeners."""
    before = len(f.lines(event)), len(f.lines("listening"))
    if listen:
        configure(name, *listen)
    f.term(signal.SIGHUP)
    until(lambda: len(f.lines(event)) > before[0])
    return (len(f.lines(event)) - before[0],
            len(f.lines("listening")) - before[1])


def port_of(address):
    return address.rsplit(":", 1)[1]


def answers(address):
    try:
        return talk(connect(address), b"hi").startswith(b"w hi")
    except OSError:
        return False


# ------------------------------------------------ a reload

os.mkdir(path("dir"))
os.symlink("dir", path("link"))
config = configure("c.conf", "127.0.0.1:0", "unix:" + path("dir/in"))
f = Front("spelt", "--config", config, "--control", path("spelt.ctl"),
          listen=[])
until(lambda: len(f.lines("listening")) == 2)
tcp, unix = [line["address"] for line in f.lines("listening")]
inode = os.stat(path("dir/in")).st_ino
ok(reload(f, "c.conf") == (1, 0) and answers(tcp),
   "port 0 again: the port stays", f.text()[-400:])
host = socket.getaddrinfo("localhost", 1, type=socket.SOCK_STREAM)[0][4][0]
if host != "127.0.0.1":
    skip("a name for the address", "localhost is %s" % host)
else:
    ok(reload(f, "c.conf", "localhost:" + port_of(tcp), unix) == (1, 0)
       and answers(tcp), "a name for the address, the port that it is",
       f.text()[-400:])
ok(reload(f, "c.conf", tcp, tcp, path("link/../dir/in"), path("link/in"))
   == (1, 0) and os.stat(path("dir/in")).st_ino == inode and answers(unix),
   "the path in other ways, and each line twice", f.text()[-400:])
ok(reload(f, "c.conf", "127.0.0.1:0", "127.0.0.1:0", unix) == (1, 1)
   and answers(tcp), "port 0 twice: one more", f.text()[-400:])
second = f.lines("listening")[-1]["address"]
ok(reload(f, "c.conf", second, "127.0.0.1:0", unix) == (1, 0)
   and answers(tcp) and answers(second),
   "one of them by name: port 0 is the other", f.text()[-400:])
ok(reload(f, "c.conf", second, "0.0.0.0:" + port_of(second), unix,
          event="reload-failed") == (1, 0)
   and "this front listens at %s already" % second
   in f.lines("reload-failed")[0]["why"] and answers(tcp),
   "in its own way: it does not blame another process", f.text()[-400:])

# ---- who has connected already is served, whatever is closed
f.term(signal.SIGSTOP)
early = connect(tcp)
early.sendall(b"hi")
configure("c.conf", second, unix)
f.term(signal.SIGHUP)
f.term(signal.SIGCONT)
ok(rest(early) == b"w hi" and until(lambda: not answers(tcp)),
   "a listener that is closed: its queue is served first", f.text()[-400:])

# ------------------------------------------------ a path that has gone

ok(reload(f, "c.conf") == (1, 0) and not f.lines("path-made-again"),
   "nothing has gone: nothing is made", f.text()[-400:])
f.term(signal.SIGSTOP)
early = connect(unix)
early.sendall(b"hi")
os.unlink(path("dir/in"))
f.term(signal.SIGHUP)
f.term(signal.SIGCONT)
ok(until(lambda: f.lines("path-made-again")) and answers(unix)
   and f.lines("path-made-again")[0]["address"] == unix,
   "a path that was removed is made again, with a line", f.text()[-400:])
ok(rest(early) == b"w hi", "who was in its queue is served")
mode = os.stat(path("dir/in")).st_mode & 0o777
ok(mode == 0o600, "with its permissions", oct(mode))
os.unlink(path("dir/in"))
os.unlink(path("dir/in.lock"))
os.unlink(path("spelt.ctl"))
reload(f, "c.conf")
ok(answers(unix) and status("spelt").returncode == 0
   and os.path.exists(path("dir/in.lock"))
   and len(f.lines("path-made-again")) == 3,
   "with its lock; and the control socket", f.text()[-400:])
os.unlink(path("dir/in"))
with open(path("dir/in"), "w") as other:
    other.write("kept")
reload(f, "c.conf")
lost = f.lines("path-lost")
with open(path("dir/in")) as other:
    ok(len(lost) == 1 and "is no socket" in lost[0]["why"]
       and other.read() == "kept" and answers(second),
       "something else there: it stays, and is told", f.text()[-400:])
os.unlink(path("dir/in"))
reload(f, "c.conf")
ok(answers(unix), "and when it has gone the path is made")
f.term(signal.SIGSTOP)
early = connect(second)
early.sendall(b"hi")
f.term()
f.term(signal.SIGCONT)
ok(rest(early) == b"w hi" and f.end() == 0,
   "SIGTERM: the queue is served first", f.text()[-400:])
ok(os.listdir(path("dir")) == [] and gone("spelt"),
   "and no path stays behind", os.listdir(path("dir")))

f = front("options")
os.unlink(path("options.in"))
reload(f, None, event="reload-failed")
ok(answers(f.addresses[1]),
   "without a configuration file too", f.text()[-400:])
f.term()
f.end()

# ---- nobody waits while it is read again
names = ["held%d.in" % i for i in range(4)]
f = Front("waits", "--config", configure("w.conf", "127.0.0.1:0", *(
    "unix:" + path(name) for name in names)), listen=[])
until(lambda: len(f.lines("listening")) == 5)
tcp = f.lines("listening")[0]["address"]
for name in names:
    os.unlink(path(name))
    os.unlink(path(name + ".lock"))
    Program("has-" + name, "worker", path(name), "--exec", "cat")
ok(until(lambda: all(os.path.exists(path(name)) and listens(path(name))
                     for name in names)), "others take the paths of a front")
begun = time.monotonic()
f.term(signal.SIGHUP)
good = answers(tcp)
took = time.monotonic() - begun
ok(good and took < 3.5 and until(lambda: len(f.lines("path-lost")) == 4),
   "it tries to get four back: its clients do not wait for that",
   (took, f.text()[-400:]))
os.unlink(path("w.conf"))
os.mkfifo(path("w.conf"))
reload(f, None, event="reload-failed")
ok(answers(tcp) and "w.conf: no plain file" in
   f.lines("reload-failed")[0]["why"], "its file is a FIFO now: nor for that",
   f.text()[-400:])
f.term()
ok(f.end() == 0, "and it ends", f.text()[-400:])

# ------------------------------------------------ a takeover

old = front("old")
new = Program("new", "front", "--log", "json", "--takeover", path("old.ctl"),
              "--listen", "localhost:" + port_of(old.addresses[0])
              if host == "127.0.0.1" else old.addresses[0],
              "--listen", path("link/../old.in"), *TO_W)
ok(until(lambda: new.lines("taken-over")) and old.end() == 0
   and len(new.lines("listening")) == 2 and answers(old.addresses[0])
   and answers(old.addresses[1]),
   "a successor that writes it otherwise takes it over", new.text()[-400:])
newer = Program("newer", "front", "--log", "json", "--takeover",
                path("old.ctl"), "--listen", "127.0.0.1:0", *TO_W)
ok(until(lambda: newer.lines("taken-over")) and new.end() == 0
   and len(newer.lines("listening")) == 2,
   "and port 0 is the port that it has", newer.text()[-400:])
newer.term()
ok(newer.end() == 0 and gone("old"), "no path stays behind")

# ---- from another directory
os.mkdir(path("a"))
os.mkdir(path("b"))
old = Front("rel", "--control", "./ctl", "--ack-time", "0.5", *TO_W,
            listen=["unix:in.sock"], cwd=path("a"))
new = Program("rel-new", "front", "--log", "json", "--takeover", "../a/ctl",
              "--listen", "unix:in.sock", *TO_W, cwd=path("b"))
ok(until(lambda: new.lines("taken-over")) and old.end() == 0
   and answers("unix:" + path("a/in.sock"))
   and answers("unix:" + path("b/in.sock")),
   "a relative path is the one of the front that made it",
   new.text()[-400:])
os.unlink(path("a/in.sock"))
new.term(signal.SIGHUP)
ok(until(lambda: new.lines("path-made-again"))
   and answers("unix:" + path("a/in.sock")), "it is made again there")
new.term()
ok(new.end() == 0 and not os.listdir(path("a")) and not os.listdir(path("b")),
   "and removed there", (os.listdir(path("a")), os.listdir(path("b"))))

# ---- a connection whose listener is closed, after a takeover that failed
ruled = "listen unix:%s\nr: host=x.example -> w\n"
with open(path("two.conf"), "w") as f:
    f.write(W + ruled % path("l1") + "listen unix:%s\n" % path("l2"))
old = Front("two", "--config", path("two.conf"), "--control", path("two.ctl"),
            "--look-time", "60", listen=[])
until(lambda: len(old.lines("listening")) == 2)
held = connect("unix:" + path("l1"))
held.sendall(b"GET /")
until(lambda: b"looking=1" in status("two").stdout)
time.sleep(0.8)
failed = successor("two")
failed.until(MESSAGE, b"listeners")
failed.close()
until(lambda: old.lines("handing-over-failed"))
with open(path("two.conf"), "w") as f:
    f.write(W + ruled % path("l2"))
old.term(signal.SIGHUP)
until(lambda: old.lines("reloaded"))
new = Program("two-new", "front", "--log", "json", "--config",
              path("two.conf"), "--takeover", path("two.ctl"), "--look-time",
              "60")
until(lambda: new.lines("taken-over"))
listed = subprocess.run([FDFERRY, "ctl", path("two.ctl"), "list", "--json"],
                        stdout=subprocess.PIPE, timeout=WAIT).stdout
listed = json.loads(listed)
held.sendall(b" HTTP/1.1\r\nHost: x.example\r\n\r\n")
ok(len(listed) == 1 and rest(held).startswith(b"w GET")
   and path("l2") not in str(listed[0]),
   "held, its listener closed: a successor gives it no other",
   (listed, new.text()[-400:]))
ok(listed and listed[0]["age_ms"] >= 800, "and no younger", listed)
new.term()
new.end()

# ---- of 0.1.0: nobody can tell where its relative path is
HERE = os.getcwd()
os.chdir(path("a"))
import takeover                                             # noqa: E402
whole = takeover.path
takeover.path = lambda name: name if name.startswith("x.in") else whole(name)
played = Played("x")
played.text = "unix:x.in"
os.chdir(HERE)
new = played.taken_by("x-new", "--listen", "unix:" + path("b/x.in"))
played.gives(count=b"")
takeover.path = whole
played.wire.say(2, b"done")
left = until(lambda: new.lines("path-left"))
ok(left and left[0]["address"] == "unix:x.in", "where it cannot be known, "
   "that is told", new.text()[-400:])
played.wire.until(2, b"ready")
played.goes()
new.term()
ok(new.end() == 0 and sorted(os.listdir(path("a"))) == ["x.in", "x.in.lock"]
   and not os.listdir(path("b")), "and it stays", (os.listdir(path("a")),
                                                   new.text()[-400:]))

# ---- the control socket elsewhere
old = front("ctl")
new = Program("ctl-new", "front", "--log", "json", "--takeover",
              path("ctl.ctl"), "--control", path("link/other.ctl"), *TO_W)
ok(until(lambda: new.lines("taken-over")) and old.end() == 0
   and status("dir/other").returncode == 0
   and not os.path.exists(path("ctl.ctl")),
   "--control elsewhere: it moves there", new.text()[-400:])
newer = Program("ctl-newer", "front", "--log", "json", "--takeover",
                path("dir/other.ctl"), "--control", path("link/other.ctl"),
                *TO_W)
ok(until(lambda: newer.lines("taken-over")) and new.end() == 0
   and status("dir/other").returncode == 0,
   "--control at the same place, written otherwise: it stays",
   newer.text()[-400:])
taken = Program("ctl-bad", "front", "--log", "json", "--takeover",
                path("dir/other.ctl"), "--control", worker.at, *TO_W)
ok(taken.end() == 1 and "another process listens there" in taken.text()
   and status("dir/other").returncode == 0
   and not newer.lines("handing-over"),
   "--control in use: nothing moves", taken.text())
wait = Program("ctl-hung", "front", "--log", "json", "--takeover",
               path("dir/other.ctl"), "--control", path("hung.ctl"),
               "--listen", "203.0.113.1:1", *TO_W)
ok(wait.end() == 1 and not os.path.exists(path("hung.ctl")),
   "a takeover that fails: no path stays behind", wait.text())
until(lambda: newer.lines("handing-over-failed"))
newer.term()
ok(newer.end() == 0 and os.listdir(path("dir")) == [] and gone("ctl"),
   "and SIGTERM removes it", os.listdir(path("dir")))
done()
