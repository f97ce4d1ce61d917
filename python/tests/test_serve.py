# SPDX-License-Identifier: 0BSD
"""serve() of both kinds, with fronts that are played here."""
import asyncio
import logging
import os
import socket
import ssl
import subprocess
import threading
import time
import unittest
from unittest import mock

import fdferry
import fdferry.asyncio
from common import WAIT, Case, needs_backend, needs_loopback, until
from fdferry import _links
from test_asyncio import run

META = (b"rule=r\npeer=192.0.2.1:5\nlocal=192.0.2.2:80\ntime=1795000000\n"
        b"seen=http1\nname=x.example\nmethod=GET\npath=/a\\x20b\nnew=1\n")


def certificate(directory):
    """A self-signed one, or None."""
    cert, key = (os.path.join(directory, name) for name in ("c", "k"))
    try:
        if subprocess.call(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                            "-nodes", "-keyout", key, "-out", cert, "-days",
                            "2", "-subj", "/CN=x.example"],
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL) != 0:
            return None
    except OSError:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def crash(fd):
    """Close our end as the kernel does: without a good-bye."""
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, fd)
    os.close(null)


class Client:
    """A connection: one end is passed on, the other asks."""

    def __init__(self, case):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            self.sock = socket.create_connection(listener.getsockname(),
                                                 WAIT)
            self.passed, _ = listener.accept()
        case.addCleanup(self.sock.close)
        case.addCleanup(self.passed.close)

    def ask(self, text):
        self.sock.sendall(text)
        return self.rest()

    def rest(self):
        answer = b""
        while True:
            piece = self.sock.recv(65536)
            if not piece:
                return answer
            answer += piece


class PlainFront:
    wire = "plain"

    def __init__(self, case, path):
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX)
        case.addCleanup(self.sock.close)
        self.sock.settimeout(WAIT)
        self.sock.connect(path)

    def hand(self, client, meta=b""):
        fdferry.send_fd(self.sock, client.passed)
        client.passed.close()

    def settle(self, n=1):
        pass

    def close(self):
        self.sock.close()


class AckFront(PlainFront):
    wire = "ack"

    def __init__(self, case, path):
        super().__init__(case, path)
        self.channel = fdferry.Channel(self.sock)
        case.addCleanup(self.close)
        self.over = {}
        self.thread = threading.Thread(target=self.turn, daemon=True)
        self.thread.start()

    def turn(self):
        try:
            for event in self.channel:
                if event.type is fdferry.EventType.HANDOFF:
                    self.over[event.id] = event._replace(
                        fds=[event.fds.close()])
        except (OSError, ValueError):   # closed by us
            pass

    def hand(self, client, meta=META):
        number = self.channel.handoff(client.passed, meta)
        client.passed.close()
        return number

    def settle(self, n=1):
        """Wait until so many hand-offs are over."""
        until(lambda: len(self.over) >= n)
        return self.over

    def close(self):
        self.channel.close()
        self.thread.join(WAIT)
        super().close()


FRONTS = {"plain": PlainFront, "ack": AckFront}


class AsyncKind:
    """asyncio.serve() in a thread of its own."""

    def __init__(self, case, path, handle, **how):
        self.ready = threading.Event()
        self.failure = None

        async def stream(reader, writer, info):
            data = await reader.readline()
            writer.write(await asyncio.get_running_loop().run_in_executor(
                None, handle, data, info))

        async def main():
            try:
                self.loop = asyncio.get_running_loop()
                self.server = await fdferry.asyncio.serve(path, stream, **how)
            except BaseException as error:
                self.failure = error
                return
            finally:
                self.ready.set()
            await self.server.wait_closed()
            await self.loop.run_in_executor(None, lambda: None)
        self.thread = threading.Thread(target=run, args=(main(),),
                                       daemon=True)
        self.thread.start()
        self.ready.wait(WAIT)
        if self.failure is not None:
            self.thread.join(WAIT)
            raise self.failure
        case.addCleanup(self.end)

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)

    def end(self):
        try:
            self.close()
        except RuntimeError:
            pass
        assert self.ended(), "the server does not end"

    def ended(self):
        """By itself?"""
        self.thread.join(WAIT)
        return not self.thread.is_alive()

    def connections(self):
        return self.server.connections


class ThreadKind:
    def __init__(self, case, path, handle, **how):
        def serve(sock, info):
            with sock.makefile("rb") as file:
                sock.sendall(handle(file.readline(), info))
        self.server = fdferry.serve(path, serve, **how)
        case.addCleanup(self.end)

    def close(self):
        self.server.close()

    def end(self):
        self.server.close()
        assert self.ended(), "the server does not end"

    def ended(self):
        return self.server.wait(WAIT)

    def connections(self):
        return self.server.connections


class Base:
    kind = None

    def setUp(self):
        super().setUp()
        for name in ("fdferry", "asyncio"):
            log = logging.getLogger(name)
            log.disabled = True
            self.addCleanup(setattr, log, "disabled", False)
        self.path = os.path.join(self.dir(), "w.sock")


class Serving(Base):
    def each(self, handle, **how):
        """A server and a front, for both wires."""
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire):
                path = "%s.%s" % (self.path, wire)
                server = self.kind(self, path, handle, wire=wire, **how)
                front = FRONTS[wire](self, path)
                yield wire, server, front
                front.close()
                server.end()

    def test_serves(self):
        seen = []

        def handle(data, info):
            seen.append(info)
            return b"got " + data
        for wire, server, front in self.each(handle):
            client = Client(self)
            front.hand(client)
            self.assertEqual(client.ask(b"hello\n"), b"got hello\n")
            front.settle()
            info = seen.pop()
            self.assertEqual((info.wire, info.client),
                             (wire, client.sock.getsockname()))
            if wire == "ack":
                self.assertEqual(
                    (info.rule, info.peer, info.local, info.time, info.seen,
                     info.name, info.method, info.path, info.all["new"]),
                    ("r", "192.0.2.1:5", "192.0.2.2:80", 1795000000, "http1",
                     "x.example", "GET", "/a b", b"1"))
            else:
                self.assertEqual((info.peer, info.rule, info.time),
                                 ("%s:%d" % info.client, "", 0))

    def test_many_over_several_fronts(self):
        for wire, server, front in self.each(lambda data, info: data):
            fronts = [front, FRONTS[wire](self, front.path)]
            clients = [Client(self) for _ in range(20)]
            for i, client in enumerate(clients):
                fronts[i % 2].hand(client)
            for i, client in enumerate(clients):
                client.sock.sendall(b"%d\n" % i)
            for one in fronts:
                one.settle(10)
            self.assertEqual([client.rest() for client in clients],
                             [b"%d\n" % i for i in range(20)])
            fronts[1].close()

    def test_most_connections(self):
        running, peak, lock = [0], [0], threading.Lock()

        def handle(data, info):
            with lock:
                running[0] += 1
                peak[0] = max(peak[0], running[0])
            time.sleep(0.05)
            with lock:
                running[0] -= 1
            return data
        for wire, server, front in self.each(handle, max_connections=3):
            clients = [Client(self) for _ in range(12)]
            for client in clients:
                front.hand(client)
                client.sock.sendall(b"x\n")
            front.settle(12)
            self.assertEqual([client.rest() for client in clients],
                             [b"x\n"] * 12)
            self.assertLessEqual(peak[0], 3)

    def test_tls(self):
        context = certificate(self.dir())
        if context is None:
            self.skipTest("no openssl")
        inner = ssl.create_default_context()
        inner.check_hostname = False
        inner.verify_mode = ssl.CERT_NONE
        for wire, server, front in self.each(lambda data, info: b"tls "
                                             + data, ssl=context):
            bad = Client(self)
            front.hand(bad)
            self.assertNotIn(b"tls", self.ask_badly(bad))
            client = Client(self)
            front.hand(client)
            front.settle(2)
            with inner.wrap_socket(client.sock) as client.sock:
                client.sock.sendall(b"hello\n")
                self.assertEqual(client.rest(), b"tls hello\n")

    def ask_badly(self, client):
        try:
            return client.ask(b"GET / HTTP/1.0\r\n\r\n")
        except ConnectionError:
            return b""

    def test_a_handler_that_fails(self):
        def handle(data, info):
            raise RuntimeError("on purpose")
        for wire, server, front in self.each(handle):
            client = Client(self)
            front.hand(client)
            self.assertEqual(self.ask_badly(client), b"")
            front.settle()
            until(lambda: server.connections() == 0)
            self.assertEqual(server.connections(), 0)

    def test_close_takes_what_is_queued(self):
        gate = threading.Event()

        def handle(data, info):
            gate.wait(WAIT)
            return b"done\n"
        for wire, server, front in self.each(handle, max_connections=1):
            gate.clear()
            first, second = Client(self), Client(self)
            front.hand(first)
            first.sock.sendall(b"x\n")
            if wire == "ack":
                front.settle(1)
            until(lambda: server.connections() == 1)
            number = front.hand(second)
            second.sock.sendall(b"x\n")
            time.sleep(0.1)
            server.close()
            if wire == "ack":
                over = front.settle(2)[number]
                self.assertEqual(
                    (over.outcome, over.reason),
                    (fdferry.Outcome.REFUSED_BACK, fdferry.Reason.BUSY))
            gate.set()
            self.assertEqual(first.rest(), b"done\n")
            if wire == "plain":
                self.assertEqual(second.rest(), b"done\n")
            self.assertFalse(os.path.exists(front.path))
            self.assertFalse(os.path.exists(front.path + ".lock"))

    def elsewhere(self, drain):
        """A system where shutdown(SHUT_RD) throws away what is queued."""
        def throw_away(sock, how):
            while how == socket.SHUT_RD:
                try:
                    os.close(fdferry.recv_fd(sock, socket.MSG_DONTWAIT))
                except (OSError, EOFError):
                    break
            super(socket.socket, sock).shutdown(how)
        for patch in (mock.patch.object(socket.socket, "shutdown",
                                        throw_away),
                      mock.patch.object(_links, "KEEPS_QUEUE", False),
                      mock.patch.object(_links, "DRAIN", drain)):
            patch.start()
            self.addCleanup(patch.stop)

    def test_close_elsewhere(self):
        """What is queued is taken until the front has ended."""
        self.elsewhere(WAIT * 2)
        gate = threading.Event()

        def handle(data, info):
            gate.wait(WAIT)
            return b"done\n"
        begin = time.monotonic()
        server = self.kind(self, self.path, handle, max_connections=1)
        front = PlainFront(self, self.path)
        clients = [Client(self) for _ in range(3)]
        for client in clients:
            client.sock.sendall(b"x\n")
        front.hand(clients[0])
        until(lambda: server.connections() == 1)
        front.hand(clients[1])
        server.close()
        self.assertEqual(front.sock.recv(1), b"")
        front.hand(clients[2])      # it had not looked
        front.close()
        gate.set()
        self.assertEqual([client.rest() for client in clients],
                         [b"done\n"] * 3)
        server.end()
        self.assertLess(time.monotonic() - begin, WAIT)

    def test_close_elsewhere_of_a_front_that_stays(self):
        """What is queued when its time is over is taken."""
        self.elsewhere(0.2)
        gate = threading.Event()

        def handle(data, info):
            gate.wait(WAIT)
            return b"done\n"
        server = self.kind(self, self.path, handle, max_connections=1)
        front = PlainFront(self, self.path)
        idle = PlainFront(self, self.path)
        clients = [Client(self) for _ in range(2)]
        for client in clients:
            client.sock.sendall(b"x\n")
            front.hand(client)
        until(lambda: server.connections() == 1)
        server.close()
        time.sleep(0.5)
        gate.set()
        self.assertEqual([client.rest() for client in clients],
                         [b"done\n"] * 2)
        self.assertTrue(server.ended())
        idle.close()
        front.close()

    def test_a_front_that_dies(self):
        """What it had sent or offered is served all the same."""
        gate = threading.Event()

        def handle(data, info):
            gate.wait(WAIT)
            return b"done\n"
        for wire, server, front in self.each(handle, max_connections=1):
            gate.clear()
            clients = [Client(self) for _ in range(3)]
            for client in clients:
                front.hand(client)
                client.sock.sendall(b"x\n")
            if wire == "ack":
                front.settle(1)
            time.sleep(0.2)
            if wire == "ack":
                crash(front.channel.fileno())
            front.close()
            gate.set()
            self.assertEqual([client.rest() for client in clients],
                             [b"done\n"] * 3)

    def test_nonsense(self):
        for wire, server, front in self.each(lambda data, info: data):
            for junk in (b"\xff" * 100, b"x"):
                with socket.socket(socket.AF_UNIX) as bad:
                    bad.settimeout(WAIT)
                    bad.connect(front.path)
                    bad.sendall(junk)
            with socket.socket(socket.AF_UNIX) as bad:
                bad.connect(front.path)
                fdferry.send_fd(bad, 0)     # no socket
            client = Client(self)
            front.hand(client)
            self.assertEqual(client.ask(b"still\n"), b"still\n")
            front.settle()

    def test_data_beside_a_descriptor(self):
        """One mistake of the front: a line, not one for each byte."""
        logging.getLogger("fdferry").disabled = False
        server = self.kind(self, self.path, lambda data, info: data)
        client = Client(self)
        with self.assertLogs("fdferry", logging.WARNING) as logs:
            with socket.socket(socket.AF_UNIX) as front:
                front.connect(self.path)
                fdferry.send_fds(front, [b"GET / HTTP/1.0\r\n\r\n" * 50],
                                 [client.passed.fileno()])
                client.passed.close()
                self.assertEqual(client.ask(b"x\n"), b"x\n")
                self.assertTrue(until(lambda: logs.output))
                front.sendall(b"more")
            until(lambda: len(logs.output) > 1)
        self.assertEqual(
            [line.split("front: ")[1] for line in logs.output],
            ["skipped 899 bytes that came without a descriptor",
             "skipped 4 more bytes that came without a descriptor"])
        server.end()


@needs_backend
@needs_loopback
class Async(Serving, Case):
    kind = AsyncKind


@needs_backend
@needs_loopback
class Threads(Serving, Case):
    kind = ThreadKind


if __name__ == "__main__":
    unittest.main()
