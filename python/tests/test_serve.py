# SPDX-License-Identifier: 0BSD
"""serve() of both kinds, with fronts that are played here."""
import asyncio
import errno
import fcntl
import logging
import os
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
import unittest
import warnings
from unittest import mock

import fdferry
import fdferry.asyncio
from common import WAIT, Case, needs_backend, needs_loopback, until
from fdferry import _worker
from fdferry._worker import TrackedSocket
from test_asyncio import refusing, run

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


class Serving:
    kind = None

    def setUp(self):
        super().setUp()
        for name in ("fdferry", "asyncio"):
            log = logging.getLogger(name)
            log.disabled = True
            self.addCleanup(setattr, log, "disabled", False)
        self.path = os.path.join(self.dir(), "w.sock")

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
                      mock.patch.object(_worker, "KEEPS_QUEUE", False),
                      mock.patch.object(_worker, "DRAIN", drain)):
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

    def test_path(self):
        def handle(data, info):
            return data
        server = self.kind(self, self.path, handle, mode=0o640)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o640)
        with self.assertRaises(OSError):
            self.kind(self, self.path, handle)
        server.end()
        # One that nobody listens at is replaced; a file is left alone.
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path)
        self.kind(self, self.path, handle).end()
        with open(self.path, "w") as file:
            file.write("precious")
        with self.assertRaises(OSError):
            self.kind(self, self.path, handle)
        with open(self.path) as file:
            self.assertEqual(file.read(), "precious")
        self.assertRaises(ValueError, self.kind, self, self.path, handle,
                          wire="neither")
        self.assertRaises(ValueError, self.kind, self, self.path, handle,
                          max_connections=0)
        self.assertFalse(os.path.exists(self.path + ".lock"))
        os.unlink(self.path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            listener.listen(5)
            server = self.kind(self, listener, handle)
            front, client = PlainFront(self, self.path), Client(self)
            front.hand(client)
            self.assertEqual(client.ask(b"x\n"), b"x\n")
            front.close()
            server.end()

    def test_files_of_another_server(self):
        """Ours were cleared away: what is there now is left alone."""
        def handle(data, info):
            return data
        first = self.kind(self, self.path, handle)
        for name in (self.path, self.path + ".lock"):
            os.unlink(name)
        second = self.kind(self, self.path, handle)
        first.end()
        with self.assertRaises(OSError):    # the lock is there, and held
            self.kind(self, self.path, handle)
        os.unlink(self.path)
        with self.assertRaises(OSError):
            self.kind(self, self.path, handle)
        second.end()
        self.assertEqual(os.listdir(os.path.dirname(self.path)), [])

    def test_a_lock_that_is_soon_free(self):
        with open(self.path + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            timer = threading.Timer(0.3, lambda: fcntl.flock(
                lock, fcntl.LOCK_UN))
            timer.start()
            self.kind(self, self.path, lambda data, info: data).end()
            timer.join()

    @unittest.skipUnless(sys.platform.startswith("linux"),
                         "others refuse to shut it down")
    def test_a_listener_that_dies(self):
        """Another process has it too, and shuts it down."""
        logging.getLogger("fdferry").disabled = False
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            with self.subTest(how=how), \
                    socket.socket(socket.AF_UNIX) as listener, \
                    self.assertLogs("fdferry", logging.ERROR) as logs:
                path = "%s.%d" % (self.path, how)
                listener.bind(path)
                listener.listen(5)
                server = self.kind(self, listener.dup(), lambda data, info:
                                   data)
                with socket.socket(socket.AF_UNIX) as front:
                    front.settimeout(WAIT)
                    front.connect(path)
                    listener.shutdown(how)
                    self.assertEqual(front.recv(1), b"")
                self.assertTrue(server.ended())
                self.assertEqual([line.split(",")[0] for line in logs.output],
                                 ["ERROR:fdferry:the listening socket is dead"])

    @unittest.skipUnless(sys.platform.startswith("linux"),
                         "abstract names are Linux's")
    def test_abstract(self):
        """allow_uids may be an iterator."""
        def handle(data, info):
            return data
        name = "@fdferry.%s" % os.path.basename(os.path.dirname(self.path))
        self.kind(self, name, handle, allow_uids=iter([os.getuid()])).end()
        for nobody in ((), iter(())):
            self.assertRaises(ValueError, self.kind, self, name, handle,
                              allow_uids=nobody)


@needs_backend
@needs_loopback
class Async(Serving, Case):
    kind = AsyncKind


@needs_backend
@needs_loopback
class Threads(Serving, Case):
    kind = ThreadKind


@needs_backend
class Sockets(Case):
    @needs_loopback
    def test_state(self):
        """A handler of a socket gets it non-blocking, a thread blocking."""
        path = os.path.join(self.dir(), "w.sock")
        seen = []

        async def main():
            def handle(sock, info):
                seen.append((sock.gettimeout(), fcntl.fcntl(
                    sock, fcntl.F_GETFL) & os.O_NONBLOCK != 0))
                sock.close()
            async with await fdferry.asyncio.serve_sockets(path, handle):
                front, client = PlainFront(self, path), Client(self)
                front.hand(client)
                while not seen:
                    await asyncio.sleep(0.01)
                front.close()
        run(main())
        self.assertEqual(seen, [(0.0, True)])
        seen.clear()
        with fdferry.serve(path, lambda sock, info: seen.append(
                (sock.gettimeout(), sock.getblocking()))):
            front, client = PlainFront(self, path), Client(self)
            client.passed.setblocking(False)
            front.hand(client)
            client.rest()
            front.close()
        self.assertEqual(seen, [(None, True)])

    @needs_loopback
    def test_a_socket_that_nobody_closes(self):
        """It counts no longer when it goes."""
        path = os.path.join(self.dir(), "w.sock")

        async def main():
            server = await fdferry.asyncio.serve_sockets(
                path, lambda sock, info: None, max_connections=1)
            front = PlainFront(self, path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                for _ in range(3):
                    client = Client(self)
                    front.hand(client)
                    self.assertEqual(await asyncio.get_running_loop()
                                     .run_in_executor(None, client.rest),
                                     b"")
            front.close()
            server.close()
            await server.wait_closed()
        run(main())

    @needs_loopback
    def test_closed_in_another_thread(self):
        """It is counted at once, in a loop that nothing else wakes."""
        for debug in (False, True):
            with self.subTest(debug=debug):
                path = os.path.join(self.dir(), "w.sock")

                async def main():
                    loop = asyncio.get_running_loop()
                    loop.set_debug(debug)

                    def handle(sock, info):
                        threading.Timer(0.2, sock.close).start()
                    server = await fdferry.asyncio.serve_sockets(path, handle)
                    front, client = PlainFront(self, path), Client(self)
                    front.hand(client)
                    while not server.connections:
                        await asyncio.sleep(0.01)
                    front.close()
                    server.close()
                    await asyncio.wait_for(server.wait_closed(), WAIT)
                    self.assertEqual(server.connections, 0)
                begin = time.monotonic()
                run(main())
                self.assertLess(time.monotonic() - begin, WAIT)

    def test_closed_in_two_threads_at_once(self):
        """It is told once."""
        both, told = threading.Barrier(2), []

        class Slow(TrackedSocket):
            def __getattribute__(self, name):
                value = super().__getattribute__(name)
                if name == "closed":
                    both.wait(WAIT)
                return value
        sock = Slow(socket.AF_UNIX)
        sock.closed = lambda: told.append(1)
        with self.thread(sock._tell), self.thread(sock._tell):
            pass
        sock.close()
        self.assertEqual(told, [1])

    def test_a_lock_does_not_stop_the_loop(self):
        path = os.path.join(self.dir(), "w.sock")

        async def main():
            async with await fdferry.asyncio.serve(path, lambda r, w, i: None):
                # As long as a lock is tried, others run.
                ticks = []

                async def tick():
                    while True:
                        ticks.append(1)
                        await asyncio.sleep(0.01)
                task = asyncio.ensure_future(tick())
                with self.assertRaises(OSError) as caught:
                    await fdferry.asyncio.serve(path, lambda r, w, i: None)
                self.assertEqual(caught.exception.errno, errno.EADDRINUSE)
                self.assertGreater(len(ticks), 5)
                task.cancel()
        run(main())

    @needs_loopback
    def test_close_takes_what_nobody_has_accepted(self):
        """A front that has connected may have sent."""
        path = os.path.join(self.dir(), "w.sock")

        async def main():
            received = []

            def handle(sock, info):
                received.append(info)
                sock.close()
            server = await fdferry.asyncio.serve_sockets(path, handle)
            front, client = PlainFront(self, path), Client(self)
            front.hand(client)
            server.close()
            front.close()
            await asyncio.wait_for(server.wait_closed(), WAIT)
            self.assertEqual(len(received), 1)
        run(main())

    @needs_loopback
    def test_refused_by_the_loop(self):
        """The kernel watches no more for a while: nobody is forgotten."""
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire), \
                    self.assertLogs("fdferry", logging.WARNING) as logs:
                path = os.path.join(self.dir(), "w.sock")

                async def main():
                    loop = asyncio.get_running_loop()

                    async def served(front, client):
                        self.assertEqual(await loop.run_in_executor(
                            None, client.rest), b"")
                        front.settle()
                        front.close()
                    with refusing(loop):
                        with self.assertRaises(OSError):
                            await fdferry.asyncio.serve_sockets(
                                path, lambda sock, info: None, wire)
                    self.assertEqual(os.listdir(os.path.dirname(path)), [])
                    server = await fdferry.asyncio.serve_sockets(
                        path, lambda sock, info: sock.close(), wire)
                    with refusing(loop) as refused:     # a front
                        front, client = FRONTS[wire](self, path), Client(self)
                        while len(refused) < 3:
                            await asyncio.sleep(0.01)
                    front.hand(client)
                    await served(front, client)
                    loop.remove_reader(server._worker.sock.fileno())
                    with refusing(loop) as refused:     # the listener
                        loop.call_soon(server._worker._accept_again)
                        while len(refused) < 2:
                            await asyncio.sleep(0.01)
                    front, client = FRONTS[wire](self, path), Client(self)
                    front.hand(client)
                    await served(front, client)
                    server.close()
                    await asyncio.wait_for(server.wait_closed(), WAIT)
                run(main())
                # Told once for each time, not for each try.
                self.assertEqual(
                    [line.split(":")[2] for line in logs.output],
                    ["watching a socket, trying again"] * 2)

    @needs_loopback
    def test_closed_by_a_handler(self):
        """In the middle of a link's turn; the others go on."""
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire):
                path = os.path.join(self.dir(), "w.sock")
                failures = []

                async def main():
                    asyncio.get_running_loop().set_exception_handler(
                        lambda loop, what: failures.append(what))

                    def handle(sock, info):
                        sock.close()
                        server.close()
                    server = await fdferry.asyncio.serve_sockets(
                        path, handle, wire)
                    fronts = [FRONTS[wire](self, path) for _ in range(3)]
                    for front in fronts:
                        front.hand(Client(self))
                    await asyncio.wait_for(server.wait_closed(), WAIT)
                    for front in fronts:
                        front.settle()
                        front.close()
                    return [event.outcome for front in fronts
                            for event in getattr(front, "over", {}).values()]
                over = run(main())
                self.assertEqual(failures, [])
                if wire == "ack":
                    self.assertEqual(len(over), 3)
                    self.assertIn(fdferry.Outcome.ACCEPTED, over)
                    self.assertNotIn(fdferry.Outcome.IN_DOUBT, over)

    def test_serve_forever(self):
        path = os.path.join(self.dir(), "w.sock")

        async def main():
            server = await fdferry.asyncio.serve(path, lambda r, w, i: None)
            self.assertTrue(server.is_serving())
            task = asyncio.ensure_future(server.serve_forever())
            await asyncio.sleep(0.05)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertFalse(server.is_serving())
            await server.wait_closed()
        run(main())
        self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
