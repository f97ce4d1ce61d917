# SPDX-License-Identifier: 0BSD
"""86-given: what a front is started with: descriptors by number or from a
service manager, programs that fail, an environment without PATH.
"""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, Front, Program, WAIT, connect, done, ok, path,
                     plan, started, talk, until)
from takeover import TO_W, worker

plan(22, 100)


def listening():
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(20)
    return sock, "127.0.0.1:%d" % sock.getsockname()[1]


def once(*args, **how):
    """A front that does not start: its status and what it says."""
    got = subprocess.run([FDFERRY, "front"] + TO_W + list(args),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=WAIT, **how)
    return got.returncode, got.stderr.decode()


def answers(address):
    try:
        return talk(connect(address), b"hi").startswith(b"w hi")
    except OSError:
        return False


# ------------------------------------------------ LISTEN_FDS of another

got = once(env=dict(os.environ, LISTEN_FDS="2", LISTEN_PID="1"),
           stdin=subprocess.DEVNULL)
ok(got[0] == 2 and "LISTEN_FDS=2 is for another process: LISTEN_PID=1"
   in got[1], "LISTEN_FDS of another process: said", got)
got = once(env=dict(os.environ, LISTEN_FDS="1"), stdin=subprocess.DEVNULL)
ok(got[0] == 2 and "LISTEN_PID=," in got[1],
   "without LISTEN_PID too", got)
f = Front("not-ours", *TO_W, env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
f.up("w")
ok(len(f.lines("listen-fds-not-ours")) == 1 and f.talk(b"hi") == b"w hi",
   "beside others it is a line in the log", f.text())
f.term()
f.end()

# ------------------------------------------------ by number

sock, at = listening()
got = once(stdin=sock)
ok(got[0] == 2 and "standard input is a listening socket" in got[1],
   "a listening standard input is named", got)
given = Front("zero", *TO_W, listen=["fd:0"], stdin=sock)
ok(answers(at) and given.addresses == [at], "fd:0 takes it", given.text())
given.term()
ok(given.end() == 0, "and ends with 0")
for text, fds in (("fd:1", ()), ("fd:2", ()), ("fd:-1", ()), ("fd:x", ()),
                  ("fd:", ()), ("fd:99999999999", ())):
    got = once("--listen", text, pass_fds=fds)
    if got[0] != 2 or "a number from 3 on" not in got[1]:
        break
else:
    got = None
ok(got is None, "what is no number of one", got)
client = socket.create_connection(sock.getsockname())
accepted, _ = sock.accept()
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for what in (accepted, datagram, open("/dev/null")):
    n = what.fileno()
    got = once("--listen", "fd:%d" % n, pass_fds=[n])
    if got[0] != 1 or "fd:%d: descriptor %d is not a listening" % (n, n) \
            not in got[1]:
        break
else:
    got = once("--listen", "fd:250")
    got = None if got[0] == 1 and "descriptor 250" in got[1] else got
ok(got is None, "a connection, a datagram socket, a file, nothing", got)

other, other_at = listening()
with open(path("fd.conf"), "w") as config:
    config.write("listen fd:%d\nworker w=%s\ndefault w\n"
                 % (sock.fileno(), worker.at))
f = Program("fd", "front", "--log", "json", "--config", path("fd.conf"),
            "--control", path("fd.ctl"),
            pass_fds=[sock.fileno(), other.fileno()])
until(lambda: f.lines("worker-up") and f.lines("listening"))
ok(answers(at), "a line of a configuration", f.text())
f.term(signal.SIGHUP)
ok(until(lambda: f.lines("reloaded")) and answers(at)
   and len(f.lines("listening")) == 1, "stays at a reload", f.text())
with open(path("fd.conf"), "a") as config:
    config.write("listen fd:%d\n" % other.fileno())
f.term(signal.SIGHUP)
why = until(lambda: f.lines("reload-failed"))
ok(why and "fd.conf:4: fd:%d: this front was started without it"
   % other.fileno() in why[0]["why"] and answers(at),
   "a new one is none: a number may be anything by now", f.text()[-300:])
with open(path("fd.conf"), "w") as config:
    config.write("listen %s\nworker w=%s\ndefault w\n" % (at, worker.at))
f.term(signal.SIGHUP)
ok(until(lambda: len(f.lines("reloaded")) == 2) and answers(at)
   and len(f.lines("listening")) == 1, "its address is it as well",
   f.text()[-300:])
with open(path("fd.conf"), "w") as config:
    config.write("listen fd:%d\nworker w=%s\ndefault w\n"
                 % (sock.fileno(), worker.at))
f.term(signal.SIGHUP)
until(lambda: len(f.lines("reloaded")) == 3)
new = Program("fd-new", "front", "--log", "json", "--config", path("fd.conf"),
              "--takeover", path("fd.ctl"))
ok(until(lambda: new.lines("taken-over")) and f.end() == 0 and answers(at),
   "a successor gets it from the front before", new.text()[-300:])
new.term(signal.SIGHUP)
ok(until(lambda: new.lines("reloaded")) and answers(at),
   "and knows its number", new.text()[-300:])
newer = Program("fd-newer", "front", "--log", "json", "--config",
                path("fd.conf"), "--takeover", path("fd.ctl"),
                pass_fds=[sock.fileno()])
ok(until(lambda: newer.lines("taken-over")) and new.end() == 0 and answers(at),
   "one that is given it again has it twice, and serves",
   newer.text()[-300:])
newer.term()
newer.end()
fds = sock.fileno()
got = once("--listen", "fd:%d" % fds, "--check", pass_fds=[fds])
ok(got[0] == 0, "--check takes no descriptor", got)
sock.close()
other.close()

# ------------------------------------------------ programs

with open(path("fails"), "w") as program:
    program.write("#!/bin/sh\nread x; case $x in k) kill -9 $$;; esac\n"
                  "exit $x\n")
os.chmod(path("fails"), 0o755)
f = Front("exec", "--worker", "p=exec:" + path("fails"), "--default", "p")
f.up("p")
for how in b"3\n", b"k\n", b"0\n":
    f.talk(how)
until(lambda: len(f.lines("program-failed")) == 2)
got = [(line["worker"], line.get("status"), line.get("signal"))
       for line in f.lines("program-failed")]
ok(sorted(got, key=str) == [("p", 3, None), ("p", None, 9)],
   "a program that fails: its status or signal", f.text())
os.unlink(path("fails"))
f.talk(b"0\n")
ok(until(lambda: '"status":127' in f.text()),
   "one that cannot be run any more", f.text()[-300:])
f.term()
f.end()

bare = {k: v for k, v in os.environ.items() if k != "PATH"}


def without_path(name, program):
    log = open(path(name + ".log"), "wb")
    process = subprocess.Popen(
        [FDFERRY, "front", "--listen", "unix:" + path(name + ".in"),
         "--worker", "p=exec:" + program, "--default", "p"], stderr=log,
        env=bare)
    started.append(process)
    until(lambda: os.path.exists(path(name + ".in"))
          or process.poll() is not None)
    return process



process = without_path("bare", "cat")
ok(process.poll() is None and talk(connect("unix:" + path("bare.in")), b"hi",
                                   close=True) == b"hi",
   "without PATH programs are found where execvp() looks",
   open(path("bare.log")).read())
process.terminate()
process.wait(WAIT)
with open(path("here"), "w") as program:
    program.write("#!/bin/sh\necho no\n")
os.chmod(path("here"), 0o755)
absolute = os.path.abspath(FDFERRY)
got = subprocess.run([absolute, "front", "--listen", "unix:./here.in",
                      "--worker", "p=exec:here", "--default", "p", "--check"],
                     env=bare, cwd=path(""), stderr=subprocess.PIPE,
                     timeout=WAIT)
ok(got.returncode == 127 and b"here: no such program" in got.stderr,
   "and not in this directory", got)
got = subprocess.run([absolute, "front", "--listen", "unix:./here.in",
                      "--worker", "p=exec:here", "--default", "p", "--check"],
                     env=dict(bare, PATH=""), cwd=path(""),
                     stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                     timeout=WAIT)
ok(got.returncode == 0, "which an empty PATH names", got)
got = subprocess.run([absolute, "worker", "./w2", "--exec", "no-such-here"],
                     env=bare, cwd=path(""), stderr=subprocess.PIPE,
                     timeout=WAIT)
ok(got.returncode == 127 and not os.path.exists(path("w2")),
   "the same for a worker", got)
done()
