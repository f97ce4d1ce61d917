#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""gunicorn_worker.py SOCKET [plain|ack] - a worker class of gunicorn.

The same from its command line:

    FDFERRY_WIRE=ack gunicorn -w 2 -k gunicorn_worker.Worker \
        -b unix:/tmp/web.sock gunicorn_worker:app

Each worker process has one link of a front, and no more: name as many
workers in the front as there are processes, all at this socket, in a pool.
Then the front's balance is that of the processes, and on the wire ack a
process that is busy takes nothing that another could serve at once:

    fdferry front ... --worker g0=ack:/tmp/web.sock \
        --worker g1=ack:/tmp/web.sock --pool web=g0,g1 --default web
"""
import os
import select
import socket
import sys

import fdferry
from fdferry import EventType
from gunicorn.workers.sync import SyncWorker

ROUND = 1.0                     # seconds between two signs of life


class Worker(SyncWorker):
    """Serves what a front sends, one connection at a time."""

    def run(self):
        listener = self.sockets[0]
        listener.setblocking(False)
        receive = (self.accepted if os.environ.get("FDFERRY_WIRE") == "ack"
                   else self.sent)
        while self.alive and self.is_parent_alive():
            self.notify()
            if not select.select([listener], [], [], ROUND)[0]:
                continue
            try:
                link, _ = listener.accept()
            except OSError:     # another process was faster
                continue
            with link:
                if fdferry.peer(link).uid in (0, os.geteuid()):
                    receive(link, listener)

    def serve(self, client, listener):
        client.setblocking(True)
        try:
            address = client.getpeername()
        except OSError:         # it has gone already
            client.close()
            return
        self.handle(listener, client, address)

    def sent(self, link, listener):
        """Plain: one byte and one connection a message."""
        link.settimeout(ROUND)
        while self.alive and self.is_parent_alive():
            self.notify()
            try:
                self.serve(fdferry.recv_socket(link), listener)
            except socket.timeout:
                pass
            except EOFError:
                return

    def accepted(self, link, listener):
        """Ack: what we do not accept can be served elsewhere."""
        with fdferry.Channel(link, most_offers=1) as channel:
            while self.alive and self.is_parent_alive():
                self.notify()
                event = channel.wait(ROUND)
                if event is None:
                    continue
                if event.type is EventType.OFFER:
                    channel.accept(event.id)
                elif event.type is EventType.TAKEN:
                    self.serve(event.fds.take_socket(), listener)
                elif event.type is EventType.END:
                    return


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("gunicorn sees %s:%s pid=%d\n" % (
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"],
        os.getpid())).encode()]


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    os.environ["FDFERRY_WIRE"] = (sys.argv[2:] or ["plain"])[0]
    os.execv(sys.executable, [
        sys.executable, "-m", "gunicorn", "-w", "2", "-k",
        "gunicorn_worker.Worker", "--pythonpath", here, "-b",
        "unix:" + sys.argv[1], "--umask", "0o077", "--log-level", "error",
        "gunicorn_worker:app"])
