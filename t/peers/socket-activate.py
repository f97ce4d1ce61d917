# SPDX-License-Identifier: 0BSD
"""peers/socket-activate: a front whose listener systemd's tool has opened."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
from harness import (FDFERRY, WAIT, Worker, done, echo, ok, path, plan,
                     started, talk, until)

plan(3)
Worker("w", echo(b"w"))


def activate():
    """On a port that was free a moment ago; None if it no longer is."""
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    log = open(path("front.log"), "wb")
    process = subprocess.Popen(
        ["systemd-socket-activate", "-l", "127.0.0.1:%d" % port,
         "--fdname=web", FDFERRY, "front", "--log", "json", "--worker",
         "w=" + path("w.sock"), "--default", "w"], stderr=log)
    started.append(process)

    def listening():
        if process.poll() is not None:
            return "ended"
        try:
            with open("/proc/net/tcp") as table:
                return ":%04X 00000000:0000 0A" % port in table.read()
        except OSError:
            return "Listening" in open(path("front.log")).read()
    return (process, port) if until(listening) is True else None


got = None
for attempt in range(5):
    got = activate()
    if got is not None:
        break
ok(got is not None, "it listens", open(path("front.log")).read())
process, port = got
answer = talk(socket.create_connection(("127.0.0.1", port), WAIT), b"hi")
log = open(path("front.log")).read()
ok(answer == b"w hi", "the connection that started the front is off-loaded",
   (answer, log))
ok('"event":"listening"' in log and '"name":"web"' in log,
   "the front knows the socket by its name", log)
process.terminate()
process.wait(WAIT)
done()
