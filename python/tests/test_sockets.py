# SPDX-License-Identifier: 0BSD
"""serve_sockets(), and what becomes of its sockets."""
import asyncio
import errno
import fcntl
import logging
import os
import socket
import threading
import time
import unittest
import warnings

import fdferry
import fdferry.asyncio
from common import WAIT, Case, needs_backend, needs_loopback
from fdferry._worker import TrackedSocket
from test_asyncio import refusing, run
from test_serve import FRONTS, Client, PlainFront


async def soon(true):
    """As until(), and the loop goes on."""
    end = time.monotonic() + WAIT
    while not true():
        if time.monotonic() > end:
            raise AssertionError("not in %d s" % WAIT)
        await asyncio.sleep(0.01)


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
                await soon(lambda: seen)
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
                    await soon(lambda: server.connections)
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
                        await soon(lambda: len(refused) >= 3)
                    front.hand(client)
                    await served(front, client)
                    loop.remove_reader(server._worker.sock.fileno())
                    with refusing(loop) as refused:     # the listener
                        loop.call_soon(server._worker._accept_again)
                        await soon(lambda: len(refused) >= 2)
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
