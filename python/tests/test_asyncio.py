# SPDX-License-Identifier: 0BSD
"""Awaitable calls. UVLOOP=1 in the environment: the same under uvloop."""
import asyncio
import contextlib
import errno
import os
import socket
import unittest

import fdferry
import fdferry.asyncio
from common import WAIT, Case, needs_backend, same_file


def run(coroutine):
    """asyncio.run(), in the loop that is to be tested."""
    if os.environ.get("UVLOOP"):
        import uvloop
        loop = uvloop.new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(coroutine, 60))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@contextlib.contextmanager
def refusing(loop, most=None):
    """The kernel will watch nothing more for this loop, or refuses `most`
    times. A list of the descriptors that were refused."""
    refused = []

    def refuse(watch):
        def instead(fd, *args):
            if most is not None and len(refused) >= most:
                return watch(fd, *args)
            refused.append(fd)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return instead
    loop.add_reader = refuse(loop.add_reader)
    loop.add_writer = refuse(loop.add_writer)
    try:
        yield refused
    finally:
        del loop.add_reader, loop.add_writer


run(asyncio.sleep(0))           # what a loop opens once, for ever


@needs_backend
class Awaitable(Case):
    def test_both_ways(self):
        a, b = self.pair()      # blocking ones: the loop is not blocked

        async def main():
            receiving = asyncio.ensure_future(
                fdferry.asyncio.recv_fds(b, 9, 2))
            await asyncio.sleep(0.05)
            self.assertFalse(receiving.done())
            self.assertEqual(await fdferry.asyncio.send_fds(
                a, [b"a", b"b"], [a, 0]), 2)
            data, fds, flags, address = await receiving
            with fds:
                self.assertEqual((data, len(fds), flags, address),
                                 (b"ab", 2, 0, None))
            await fdferry.asyncio.send_fd(a, a)
            fd = await fdferry.asyncio.recv_fd(b)
            self.assertTrue(same_file(fd, a.fileno()))
            os.close(fd)
            await fdferry.asyncio.send_fd(a, a)
            with await fdferry.asyncio.recv_socket(b) as got:
                self.assertEqual(got.family, socket.AF_UNIX)
            await fdferry.asyncio.send_fd(a, self.file(b"text"))
            with await fdferry.asyncio.recv_file(b) as got:
                got.seek(0)
                self.assertEqual(got.read(), b"text")
        run(main())

    def test_more_than_fits(self):
        a, b = self.pair()
        big = os.urandom(3000000)

        async def receive():
            got = b""
            while len(got) < len(big):
                data, fds, _, _ = await fdferry.asyncio.recv_fds(b, 65536, 1)
                fds.close()
                got += data
            return got

        async def main():
            got, sent = await asyncio.gather(
                receive(), fdferry.asyncio.send_fds(a, [big], [0]))
            self.assertEqual((got, sent), (big, len(big)))
        run(main())

    def test_several_wait_for_one_socket(self):
        a, b = self.pair()

        async def main():
            waits = [asyncio.ensure_future(fdferry.asyncio.recv_fd(b))
                     for _ in range(5)]
            await asyncio.sleep(0.05)
            waits.pop().cancel()
            for _ in waits:
                await fdferry.asyncio.send_fd(a, 0)
            for fd in await asyncio.gather(*waits):
                os.close(fd)
        run(main())

    def test_the_end(self):
        a, b = self.pair()

        async def main():
            receiving = asyncio.ensure_future(fdferry.asyncio.recv_fd(b))
            await asyncio.sleep(0.05)
            a.close()
            with self.assertRaises(EOFError):
                await receiving
        run(main())

    def test_cancelled(self):
        a, b = self.pair()

        async def main():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(fdferry.asyncio.recv_fd(b), 0.1)
            await fdferry.asyncio.send_fd(a, 0)
            os.close(await fdferry.asyncio.recv_fd(b))
        run(main())

    def test_refused_by_the_loop(self):
        """It is an exception, and the next one waits all the same."""
        a, b = self.pair()
        c, d = self.pair()
        channel = fdferry.Channel(c)
        self.addCleanup(channel.close)

        async def main():
            for call in (lambda: fdferry.asyncio.recv_fd(b),
                         lambda: fdferry.asyncio.next_event(channel)):
                with refusing(asyncio.get_running_loop()) as refused:
                    with self.assertRaises(OSError) as caught:
                        await asyncio.wait_for(call(), WAIT)
                self.assertEqual((caught.exception.errno, len(refused)),
                                 (errno.ENOSPC, 1))
            receiving = asyncio.ensure_future(fdferry.asyncio.recv_fd(b))
            await asyncio.sleep(0.05)
            await fdferry.asyncio.send_fd(a, 0)
            os.close(await asyncio.wait_for(receiving, WAIT))
            d.close()
            event = await asyncio.wait_for(
                fdferry.asyncio.next_event(channel), WAIT)
            self.assertEqual(event.type, fdferry.EventType.END)
        run(main())

    def test_queue_of_datagrams(self):
        path = os.path.join(self.dir(), "s")

        async def main():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as b, \
                    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as a:
                b.bind(path)
                count = 200

                async def receive():
                    await asyncio.sleep(0.1)
                    for _ in range(count):
                        await fdferry.asyncio.recv_fds(b, 9, 0)
                receiving = asyncio.ensure_future(receive())
                for _ in range(count):
                    await fdferry.asyncio.send_fds(a, [b"x"], [], 0, path)
                await receiving
        run(main())

    def test_events(self):
        a, b = self.pair()

        async def main():
            with fdferry.Channel(a) as one, fdferry.Channel(b) as other:
                number = one.handoff(0, b"x")

                async def serve():
                    event = await fdferry.asyncio.next_event(other)
                    self.assertEqual(event.type, fdferry.EventType.OFFER)
                    other.accept(event.id)
                    return await fdferry.asyncio.next_event(other)
                taken, over = await asyncio.gather(
                    serve(), fdferry.asyncio.next_event(one))
                self.assertEqual(taken.type, fdferry.EventType.TAKEN)
                self.assertEqual((over.id, over.outcome),
                                 (number, fdferry.Outcome.ACCEPTED))
                one.close()
                event = await fdferry.asyncio.next_event(other)
                self.assertEqual(event.type, fdferry.EventType.END)
                with self.assertRaises(BrokenPipeError):
                    await fdferry.asyncio.next_event(other)
        run(main())


if __name__ == "__main__":
    unittest.main()
