# SPDX-License-Identifier: 0BSD
"""Channels, in one thread, in several, and after fork()."""
import errno
import os
import socket
import threading
import time
import unittest

import fdferry
from common import WAIT, Case, needs_backend, open_fds, same_file
from fdferry import EventType, Outcome, Reason


@needs_backend
class Channels(Case):
    def channels(self, kind=socket.SOCK_STREAM, **options):
        a, b = self.pair(kind)
        one, other = fdferry.Channel(a), fdferry.Channel(b, **options)
        self.addCleanup(one.close)
        self.addCleanup(other.close)
        return one, other

    def event(self, of, other):
        """The next of one, while both work."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            other.work()
            event = of.wait(0.01)
            if event is not None:
                return event
        self.fail("no event")

    def test_messages(self):
        one, other = self.channels()
        file = self.file()
        number = one.send(b"data", [file, 0])
        file.close()            # the channel sends copies of its own
        event = self.event(other, one)
        self.assertEqual((event.type, event.id, event.data, len(event.fds)),
                         (EventType.MESSAGE, number, b"data", 2))
        with event.fds as fds:
            self.assertEqual(fdferry.describe(fds[0]).kind, "file")
        event = self.event(one, other)
        self.assertEqual((event.type, event.id), (EventType.SENT, number))

    def test_more_than_a_kernel_message(self):
        one, other = self.channels(most_fds=600)
        big = os.urandom(300000)
        one.send(big, [0] * 500)
        event = self.event(other, one)
        self.assertEqual((event.data, len(event.fds)), (big, 500))

    def test_many_descriptors(self):
        one, other = self.channels(most_fds=1500)
        self.event_of_hello(one, other)
        self.assertRaises(OSError, one.send, b"", [0] * 1600)

    def event_of_hello(self, one, other):
        for _ in range(5):
            one.work()
            other.work()

    def test_dropped_events_close(self):
        one, other = self.channels()
        before = open_fds()
        one.send(b"", [0, 0])
        event = self.event(other, one)
        self.assertEqual(len(open_fds() - before - {other.fileno()}), 2 + 2)
        kept = event.fds.take()
        del event
        os.fstat(kept)
        os.close(kept)

    def test_handoff(self):
        one, other = self.channels()
        file = self.file()
        number = one.handoff(file, b"rule=r\n", timeout=WAIT)
        offer = self.event(other, one)
        self.assertEqual((offer.type, offer.data, offer.fds),
                         (EventType.OFFER, b"rule=r\n", []))
        self.assertTrue(same_file(other.look(offer.id), file.fileno()))
        other.accept(offer.id)
        taken = self.event(other, one)
        self.assertEqual((taken.type, taken.id), (EventType.TAKEN, offer.id))
        self.assertTrue(same_file(taken.fds[0], file.fileno()))
        over = self.event(one, other)
        self.assertEqual((over.type, over.id, over.outcome, over.fds),
                         (EventType.HANDOFF, number, Outcome.ACCEPTED, []))
        self.assertEqual(one.stats()["accepted"], 1)

    def test_refused(self):
        one, other = self.channels()
        for reason, name in ((Reason.BUSY, "busy"), (Reason.OWN + 3, "own")):
            one.handoff(0)
            other.refuse(self.event(other, one).id, reason)
            over = self.event(one, other)
            self.assertEqual((over.outcome, over.reason, over.reason_name,
                              len(over.fds)),
                             (Outcome.REFUSED_BACK, reason, name, 1))
        self.assertRaises(OSError, other.refuse, 999)
        self.assertRaises(OSError, other.accept, 999)
        self.assertRaises(OSError, other.look, 999)

    def test_taken_back(self):
        one, other = self.channels()
        number = one.handoff(0)
        offer = self.event(other, one)
        one.cancel(number)
        self.assertEqual(self.event(other, one).type, EventType.WITHDRAWN)
        over = self.event(one, other)
        self.assertEqual((over.outcome, over.error),
                         (Outcome.REFUSED_BACK, errno.ECANCELED))
        self.assertRaises(OSError, other.accept, offer.id)
        self.assertRaises(FileNotFoundError, one.cancel, number)

    def test_timeout(self):
        one, other = self.channels()
        one.handoff(0, timeout=0.1)
        self.assertEqual(self.event(other, one).type, EventType.OFFER)
        over = self.event(one, other)
        self.assertEqual((over.outcome, over.error),
                         (Outcome.REFUSED_BACK, errno.ETIMEDOUT))

    def test_given(self):
        one, other = self.channels()
        r, w = os.pipe()
        one.handoff(w, give=True)
        other.accept(self.event(other, one).id)
        self.event(other, one)
        self.event(one, other)
        self.assertEqual(os.read(r, 9), b"", "every copy is closed")
        os.close(r)
        self.assertRaises(TypeError, one.send, b"", [self.file()],
                          give=True)
        self.assertRaises(OSError, one.send, b"", [-1])
        self.assertRaises(OSError, one.handoff, 9999)
        self.assertRaises(ValueError, one.handoff, 0, timeout=-1)

    def test_end(self):
        one, other = self.channels()
        self.event_of_hello(one, other)
        one.close()
        one.close()
        self.assertEqual([event.type for event in other], [EventType.END])
        self.assertRaises(BrokenPipeError, other.wait)
        self.assertRaises(BrokenPipeError, other.send, b"x")
        for call in (one.work, one.next, one.wait, one.fileno, one.wants,
                     one.stats):
            self.assertRaises(ValueError, call)

    def test_socket_is_given(self):
        a, b = self.pair()
        with fdferry.Channel(a, give=True) as channel:
            self.assertEqual(a.fileno(), -1)
            self.assertGreaterEqual(channel.fileno(), 0)
        self.assertEqual(b.recv(9), b"")

    def test_limits(self):
        one, other = self.channels(most_bytes=10, most_fds=0)
        self.event_of_hello(one, other)
        self.assertRaises(OSError, one.send, b"x" * 11)
        self.assertRaises(OSError, one.send, b"", [0])
        self.assertEqual(one.stats()["peer_bytes"], 10)
        self.assertRaises(ValueError, fdferry.Channel, 0, most_bytes=-1)

    def test_policy(self):
        one, other = self.channels(
            policy=fdferry.Policy(kinds=["socket"]))
        one.send(b"x", [self.file()])
        event = self.event(other, one)
        self.assertIn(event.type, (EventType.DROPPED, EventType.MESSAGE))
        self.assertEqual([fd for fd in event.fds if fd >= 0], [])

    def test_threads(self):
        """One waits, others send: the waiting one writes what was queued."""
        one, other = self.channels()
        got, each, big = [], 50, bytes(20000)

        def receive():
            while len(got) < 4 * each:
                event = other.wait(WAIT)
                if event is None:
                    return
                if event.type is EventType.MESSAGE:
                    got.append(event.data[:7])

        def count():
            sent = 0
            while sent < 4 * each:
                event = one.wait(WAIT)
                if event is None:
                    return
                sent += event.type is EventType.SENT

        def send(who):
            for i in range(each):
                while True:
                    try:
                        one.send(b"%d %5d" % (who, i) + big, [0])
                        break
                    except BlockingIOError:
                        time.sleep(0.01)
        threads = [threading.Thread(target=target, args=args, daemon=True)
                   for target, args in [(receive, ()), (count, ())]
                   + [(send, (i,)) for i in range(4)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        for who in range(4):
            mine = [data for data in got if data.startswith(b"%d " % who)]
            self.assertEqual(mine, [b"%d %5d" % (who, i)
                                    for i in range(each)])

    def test_more_offers_than_it_holds(self):
        one, other = self.channels(most_held=2, most_fds=1, most_offers=5)
        for _ in range(4):
            one.handoff(0)
        offers = [self.event(other, one).id for _ in range(2)]
        event = self.event(other, one)
        self.assertEqual((event.type, event.reason, event.dropped),
                         (EventType.DROPPED, Reason.BUSY, 2))
        for _ in range(2):
            self.assertEqual(self.event(one, other).reason, Reason.BUSY)
        # It holds all it may, which is not an end.
        self.assertIsNone(other.wait(0.1))
        other.refuse(offers[0])
        self.assertEqual(self.event(one, other).reason, Reason.NONE)
        one.send(b"on")
        self.assertEqual(self.event(other, one).data, b"on")

    def test_closed_while_waiting(self):
        one, other = self.channels()
        caught = []

        def wait():
            try:
                while True:
                    one.wait(WAIT)
            except ValueError:
                caught.append(1)
        with self.thread(wait):
            time.sleep(0.2)
            one.close()
        self.assertEqual(caught, [1])

    def test_fork(self):
        one, other = self.channels()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                one.work()
            except ChildProcessError:
                one.close()
                code = 0
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        one.send(b"still here")
        self.assertEqual(self.event(other, one).data, b"still here")

    def test_datagrams(self):
        one, other = self.channels(socket.SOCK_DGRAM)
        one.send(b"data", [0])
        self.assertEqual(self.event(other, one).data, b"data")


class Names(unittest.TestCase):
    def test_as_the_library(self):
        from fdferry import _core
        for kind in EventType:
            self.assertEqual(_core.event_name(kind), kind.name.lower())
        for outcome in Outcome:
            self.assertEqual(_core.outcome_name(outcome),
                             outcome.name.lower().replace("_", "-"))
        for reason in Reason:
            self.assertEqual(_core.reason_name(reason), reason.name.lower())
        self.assertEqual(_core.event_name(len(EventType)), "unknown")
        self.assertEqual(_core.outcome_name(len(Outcome)), "unknown")


if __name__ == "__main__":
    unittest.main()
