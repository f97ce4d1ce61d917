# SPDX-License-Identifier: 0BSD
"""One message: sending, receiving, what it is, who sent it."""
import array
import errno
import os
import signal
import socket
import sys
import threading
import time
import unittest

import fdferry
from common import Case, needs_backend, open_fds, same_file, until

SEQPACKET = getattr(socket, "SOCK_SEQPACKET", None)


@needs_backend
class Shapes(Case):
    """As in socket."""

    def test_as_in_socket(self):
        a, b = self.pair()
        file = self.file()
        self.assertEqual(fdferry.send_fds(a, [b"ab", bytearray(b"cd"),
                                              memoryview(b"e")],
                                          [file, a, file.fileno()]), 5)
        data, fds, flags, address = fdferry.recv_fds(b, 100, 10)
        with fds:
            self.assertEqual((data, flags, address), (b"abcde", 0, None))
            self.assertIsInstance(fds, list)
            self.assertEqual([type(fd) for fd in fds], [int] * 3)
            self.assertTrue(same_file(fds[0], file.fileno()))
            self.assertTrue(same_file(fds[1], a.fileno()))
            self.assertTrue(same_file(fds[2], file.fileno()))

    def test_close_on_exec(self):
        a, b = self.pair()
        fdferry.send_fds(a, [b"x"], [a] * 3)
        with fdferry.recv_fds(b, 1, 3)[1] as fds:
            for fd in fds:
                self.assertFalse(os.get_inheritable(fd))

    def test_numbers_and_iterables(self):
        a, b = self.pair()
        fdferry.send_fds(a.fileno(), iter([b"x"]), (x for x in [a.fileno()]))
        data, fds, _, _ = fdferry.recv_fds(b.fileno(), 9, 1)
        with fds:
            self.assertEqual((data, len(fds)), (b"x", 1))
        fdferry.send_fds(a, [b"y"], array.array("i", [0, 1]))
        with fdferry.recv_fds(b, 9, 2)[1] as fds:
            self.assertEqual(len(fds), 2)

    def test_keywords(self):
        a, b = self.pair()
        self.assertEqual(fdferry.send_fds(sock=a, buffers=[b"x"], fds=[],
                                          flags=0, address=None), 1)
        self.assertEqual(fdferry.recv_fds(sock=b, bufsize=1, maxfds=0,
                                          flags=0)[0], b"x")
        for call in (lambda: fdferry.send_fds(a, [b"x"]),
                     lambda: fdferry.send_fds(a, [b"x"], [], 0, None, 1),
                     lambda: fdferry.send_fds(a, [b"x"], [], flag=1),
                     lambda: fdferry.send_fds(a, [b"x"], [], sock=1),
                     lambda: fdferry.recv_fds(b, 1, 1, 0, None),
                     lambda: fdferry.recv_fd(),
                     lambda: fdferry.send_fds(a, [b"x"], [], "0"),
                     lambda: fdferry.send_fds(a, b"xy", []),
                     lambda: fdferry.send_fds(a, 7, []),
                     lambda: fdferry.send_fds(a, [b"x"], 7),
                     lambda: fdferry.send_fds(a, [b"x"], ["x"]),
                     lambda: fdferry.send_fds("x", [b"x"], []),
                     lambda: fdferry.recv_fds(b, "1", 1)):
            self.assertRaises(TypeError, call)
        self.assertRaises(ValueError, fdferry.recv_fds, b, -1, 1)
        self.assertRaises(ValueError, fdferry.recv_fds, b, 1, -1)

    def test_many_pieces(self):
        a, b = self.pair()
        pieces = [b"%d," % i for i in range(1000)]
        whole = b"".join(pieces)
        self.assertEqual(fdferry.send_fds(a, pieces, []), len(whole))
        self.assertEqual(fdferry.recv_fds(b, 99999, 0)[0], whole)
        self.assertRaises(OSError, fdferry.send_fds, a, [b"x"] * 1025, [])

    def test_what_is_no_descriptor(self):
        a, b = self.pair()
        closed = socket.socket()
        closed.close()
        for fd in (-1, -5, closed, 99999):
            for call in (lambda: fdferry.send_fds(a, [b"x"], [fd]),
                         lambda: fdferry.send_fds(fd, [b"x"], []),
                         lambda: fdferry.recv_fds(fd, 1, 1),
                         lambda: fdferry.send_fd(a, fd),
                         lambda: fdferry.send_fd(fd, 0),
                         lambda: fdferry.recv_fd(fd),
                         lambda: fdferry.describe(fd),
                         lambda: fdferry.Channel(fd)):
                with self.assertRaises(OSError) as caught:
                    call()
                self.assertEqual(caught.exception.errno, errno.EBADF, fd)
        self.assertRaises(OverflowError, fdferry.send_fds, a, [b"x"],
                          [2 ** 40])

    def test_nothing_beside_descriptors(self):
        a, b = self.pair()
        for buffers in ([], [b""], [b"", b""]):
            with self.assertRaises(OSError) as caught:
                fdferry.send_fds(a, buffers, [a])
            self.assertEqual(caught.exception.errno, errno.EINVAL)
        a, b = self.pair(socket.SOCK_DGRAM)
        self.assertEqual(fdferry.send_fds(a, [], [a]), 0)
        data, fds, _, _ = fdferry.recv_fds(b, 10, 1)
        with fds:
            self.assertEqual((data, len(fds)), (b"", 1))

    def test_not_a_unix_socket(self):
        with socket.socket() as sock:
            with self.assertRaises(OSError) as caught:
                fdferry.send_fds(sock, [b"x"], [0])
            self.assertEqual(caught.exception.errno, errno.EAFNOSUPPORT)

    def test_too_many(self):
        a, b = self.pair()
        for n in (fdferry.max_fds() + 1, 5000):
            with self.assertRaises(OSError) as caught:
                fdferry.send_fds(a, [b"x"], [0] * n)
            self.assertEqual(caught.exception.errno, errno.EINVAL)
        n = min(fdferry.max_fds(), 120)
        fdferry.send_fds(a, [b"x"], [0] * n)
        with fdferry.recv_fds(b, 1, n)[1] as fds:
            self.assertEqual(len(fds), n)

    def test_end(self):
        a, b = self.pair()
        a.close()
        self.assertEqual(fdferry.recv_fds(b, 10, 1), (b"", [], 0, None))
        self.assertRaises(EOFError, fdferry.recv_fd, b)
        with self.assertRaises(ConnectionResetError):
            fdferry.recv_fd(b)
        with self.assertRaises(BrokenPipeError):
            fdferry.send_fds(b, [b"x"], [])

    @unittest.skipUnless(SEQPACKET, "no SOCK_SEQPACKET")
    def test_seqpacket(self):
        try:
            a, b = self.pair(SEQPACKET)
        except OSError as error:
            self.skipTest(str(error))
        fdferry.send_fds(a, [b"one"], [a])
        fdferry.send_fds(a, [b"two"], [])
        data, fds, _, _ = fdferry.recv_fds(b, 100, 1)
        with fds:
            self.assertEqual((data, len(fds)), (b"one", 1))
        self.assertEqual(fdferry.recv_fds(b, 2, 1)[:3],
                         (b"tw", [], socket.MSG_TRUNC))
        a.close()
        self.assertRaises(fdferry.EndOfFile, fdferry.recv_fd, b)


@needs_backend
class Flags(Case):
    """Obeyed, or refused."""

    def test_dontwait(self):
        a, b = self.pair()
        self.assertRaises(BlockingIOError, fdferry.recv_fds, b, 1, 1,
                          socket.MSG_DONTWAIT)
        self.assertRaises(BlockingIOError, fdferry.recv_fd, b,
                          socket.MSG_DONTWAIT)
        with self.assertRaises(BlockingIOError):
            while True:
                fdferry.send_fds(a, [bytes(65536)], [],
                                 socket.MSG_DONTWAIT)

    def test_known(self):
        a, b = self.pair()
        fdferry.send_fds(a, [b"x"], [a], socket.MSG_NOSIGNAL)
        with fdferry.recv_fds(b, 1, 1, getattr(
                socket, "MSG_CMSG_CLOEXEC", 0))[1] as fds:
            self.assertFalse(os.get_inheritable(fds[0]))

    def test_refused(self):
        a, b = self.pair()
        a.send(b"x")
        for call in (lambda: fdferry.send_fds(a, [b"x"], [],
                                              socket.MSG_OOB),
                     lambda: fdferry.send_fd(a, a, socket.MSG_PEEK),
                     lambda: fdferry.recv_fds(b, 1, 1, socket.MSG_PEEK),
                     lambda: fdferry.recv_fds(b, 1, 1, socket.MSG_WAITALL),
                     lambda: fdferry.recv_fd(b, socket.MSG_TRUNC)):
            with self.assertRaises(OSError) as caught:
                call()
            self.assertEqual(caught.exception.errno, errno.EINVAL)
        self.assertEqual(b.recv(9), b"x", "nothing was consumed")

    def test_address(self):
        path = os.path.join(self.dir(), "s")
        names = [path, os.fsencode(path), bytearray(os.fsencode(path))]
        for name in names:
            b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            with a, b:
                b.bind(path)
                a.bind(path + "a")
                self.assertEqual(fdferry.send_fds(a, [b"x"], [a], 0, name),
                                 1)
                data, fds, flags, address = fdferry.recv_fds(b, 9, 1)
                with fds:
                    self.assertEqual((data, len(fds), flags, address),
                                     (b"x", 1, 0, path + "a"))
            os.unlink(path)
            os.unlink(path + "a")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as a:
            self.assertRaises(FileNotFoundError, fdferry.send_fds, a,
                              [b"x"], [], 0, path)
            self.assertRaises(OSError, fdferry.send_fds, a, [b"x"], [], 0,
                              "x" * 200)
            self.assertRaises(TypeError, fdferry.send_fds, a, [b"x"], [], 0,
                              7)

    @unittest.skipUnless(sys.platform.startswith("linux"), "Linux")
    def test_abstract(self):
        name = b"\0fdferry-test-%d" % os.getpid()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as b, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as a:
            b.bind(name)
            a.bind(name + b"2")
            fdferry.send_fds(a, [b"x"], [], 0, name)
            self.assertEqual(fdferry.recv_fds(b, 9, 1)[3], name + b"2")


@needs_backend
class Losses(Case):
    def test_surplus(self):
        a, b = self.pair()
        before = open_fds()
        fdferry.send_fds(a, [b"data"], [a, b, a, a])
        with self.assertRaises(fdferry.TruncatedError) as caught:
            fdferry.recv_fds(b, 100, 2)
        error = caught.exception
        self.assertIsInstance(error, OSError)
        self.assertEqual(error.errno, errno.EMSGSIZE)
        self.assertEqual((error.data, len(error.fds), error.surplus),
                         (b"data", 2, 2))
        self.assertTrue(error.flags & socket.MSG_CTRUNC)
        self.assertTrue(same_file(error.fds[0], a.fileno()))
        kept = error.fds.take(1)
        self.assertEqual(len(open_fds() - before), 2)
        del error, caught
        self.assertEqual(open_fds() - before, {kept},
                         "what was not taken is closed with the exception")
        os.close(kept)

    def test_none_wanted(self):
        a, b = self.pair()
        fdferry.send_fds(a, [b"data"], [a])
        with self.assertRaises(fdferry.TruncatedError) as caught:
            fdferry.recv_fds(b, 100, 0)
        self.assertEqual((caught.exception.data, caught.exception.fds),
                         (b"data", []))

    def test_full_table(self):
        a, b = self.pair()
        fdferry.send_fds(a, [b"data"], [a] * 5)
        with self.small_table(2), \
                self.assertRaises(fdferry.TruncatedError) as caught:
            fdferry.recv_fds(b, 100, 5)
        self.assertEqual(caught.exception.errno, errno.EMFILE)
        if sys.platform.startswith("linux"):
            self.assertEqual(caught.exception.data, b"data")
            self.assertEqual(len(caught.exception.fds), 2)

    def test_data_truncated(self):
        a, b = self.pair(socket.SOCK_DGRAM)
        fdferry.send_fds(a, [b"longer"], [])
        self.assertEqual(fdferry.recv_fds(b, 4, 0)[:3],
                         (b"long", [], socket.MSG_TRUNC))

    def test_byte_alone(self):
        a, b = self.pair()
        a.send(b"xy")
        with self.assertRaises(OSError) as caught:
            fdferry.recv_fd(b)
        self.assertEqual(caught.exception.errno, errno.EBADMSG)
        self.assertEqual(b.recv(9), b"y", "one byte is consumed")

    def test_one_of_two(self):
        a, b = self.pair()
        fdferry.send_fds(a, [b"x"], [a, b])
        fd = fdferry.recv_fd(b)
        self.assertTrue(same_file(fd, a.fileno()))
        os.close(fd)

    def test_policy(self):
        a, b = self.pair()
        file = self.file()
        me = os.geteuid()
        fdferry.send_fds(a, [b"data"], [file, a])
        with self.assertRaises(fdferry.RefusedError) as caught:
            fdferry.recv_fds(b, 9, 9, policy=fdferry.Policy(
                kinds=["socket"]))
        error = caught.exception
        self.assertIsInstance(error, PermissionError)
        self.assertEqual((error.data, error.refused, error.fds[0]),
                         (b"data", 1, -1))
        self.assertTrue(same_file(error.fds[1], a.fileno()))
        fdferry.send_fd(a, file)
        with self.assertRaises(fdferry.RefusedError):
            fdferry.recv_fd(b, policy=fdferry.Policy(uids=[me + 1]))
        fdferry.send_fd(a, file)
        os.close(fdferry.recv_fd(b, policy=fdferry.Policy(
            uids=[me + 1, me], most=1, kinds=["file", "shm"])))
        fdferry.send_fds(a, [b"x"], [a, a])
        with self.assertRaises(fdferry.RefusedError):
            fdferry.recv_fds(b, 9, 9, policy=fdferry.Policy(most=1))
        self.assertRaises(ValueError, fdferry.recv_fds, b, 9, 9,
                          policy=fdferry.Policy(kinds=["sock"]))
        self.assertRaises(AttributeError, fdferry.recv_fds, b, 9, 9,
                          policy=7)


CHANGED_LISTS = """
import fdferry, socket, threading
ours, theirs = socket.socketpair()
given = []

class Changes:
    def fileno(self):
        given.clear()
        return 0

def each():
    given[:] = [Changes(), 1, 2]
    return given

def arrived():
    with fdferry.recv_fds(theirs, 1, 9)[1] as fds:
        return len(fds)

print(fdferry.send_fds(ours, [b"x"], each()), arrived(), given)
with fdferry.Channel(ours.dup()) as channel:
    channel.send(b"x", each())
    print(given)

class Closes:
    def __index__(self):
        given.clear()
        return -1
given[:] = [Closes(), -1, -1]
fdferry._core.close_fds(given)
print(given)

# Another thread empties the list while the call waits for room.
ours, theirs = socket.socketpair()
for buffer in (bytes, bytearray):
    pieces = [buffer(b"%d" % i) * 1000000 for i in range(9)]
    thread = threading.Thread(target=fdferry.send_fds,
                              args=(ours, pieces, []))
    thread.start()
    got = theirs.recv(1, socket.MSG_PEEK)
    pieces.clear()
    got = b""
    while len(got) < 9000000:
        got += theirs.recv(1000000)
    thread.join()
    print(got == b"".join(b"%d" % i * 1000000 for i in range(9)))
"""


@needs_backend
class ChangedLists(Case):
    def test_while_they_are_walked(self):
        """By what a call runs, and by other threads. In a program of its
        own: without the mend it dies."""
        program = self.python(CHANGED_LISTS, malloc="debug", stdout=-1,
                              stderr=-1)
        out, err = program.communicate(timeout=60)
        self.assertEqual((out.split(b"\n"), err, program.returncode),
                         ([b"1 3 []", b"[]", b"[]", b"True", b"True", b""],
                          b"", 0))


@needs_backend
class Waiting(Case):
    def test_timeouts_of_the_socket(self):
        a, b = self.pair()
        b.setblocking(False)
        self.assertRaises(BlockingIOError, fdferry.recv_fds, b, 1, 1)
        b.settimeout(0.1)
        begin = time.monotonic()
        self.assertRaises(socket.timeout, fdferry.recv_fds, b, 1, 1)
        self.assertRaises(socket.timeout, fdferry.recv_fd, b)
        self.assertGreaterEqual(time.monotonic() - begin, 0.19)
        b.setblocking(True)
        os.set_blocking(b.fileno(), False)
        self.assertRaises(BlockingIOError, fdferry.recv_fds, b.fileno(), 1,
                          1)
        os.set_blocking(b.fileno(), True)

    def test_waits_and_lets_others_run(self):
        a, b = self.pair()
        got = []
        with self.thread(lambda: got.append(fdferry.recv_fds(b, 9, 1))):
            time.sleep(0.1)
            self.assertEqual(got, [])
            fdferry.send_fds(a, [b"late"], [a])
        with got[0][1] as fds:
            self.assertEqual((got[0][0], len(fds)), (b"late", 1))

    def test_sends_all(self):
        a, b = self.pair()
        big = os.urandom(3000000)
        got = []

        def receive():
            while sum(map(len, got)) < len(big):
                data, fds, _, _ = fdferry.recv_fds(b, 65536, 1)
                fds.close()
                got.append(data)
        with self.thread(receive):
            self.assertEqual(fdferry.send_fds(a, [big[:10], big[10:]], [a]),
                             len(big))
        self.assertEqual(b"".join(got), big)

    def test_partial(self):
        a, b = self.pair()
        a.setblocking(False)
        n = fdferry.send_fds(a, [bytes(5000000)], [a])
        self.assertTrue(0 < n < 5000000, n)
        a.settimeout(0.1)
        self.assertRaises(socket.timeout, fdferry.send_fds, a, [b"x"], [])
        data, fds, _, _ = fdferry.recv_fds(b, 9, 1)
        fds.close()
        while True:             # some room, and a send that it cannot hold
            b.setblocking(False)
            try:
                b.recv(1 << 20)
            except BlockingIOError:
                break
        n = fdferry.send_fds(a, [bytes(5000000)], [a])
        self.assertTrue(0 < n < 5000000, "what was sent in time counts")
        with self.assertRaises(fdferry.TruncatedError):
            fdferry.recv_fds(b, 1, 0)

    def test_full_queue_of_datagrams(self):
        path = os.path.join(self.dir(), "s")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as b, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as a:
            b.bind(path)
            a.setblocking(False)
            sent = 0
            try:
                while sent < 100000:
                    fdferry.send_fds(a, [b"x"], [], 0, path)
                    sent += 1
            except BlockingIOError:
                pass
            a.setblocking(True)

            def later():
                time.sleep(0.2)
                for _ in range(sent):
                    b.recv(9)
            with self.thread(later):
                self.assertEqual(fdferry.send_fds(a, [b"y"], [], 0, path), 1)
            b.settimeout(5)
            self.assertEqual(b.recv(9), b"y")

    def test_control_c(self):
        """A handler of Python's runs while the binding waits, and ends it."""
        class Ended(Exception):
            pass

        def handler(signum, frame):
            ran.append(1)
            if len(ran) == 2:
                raise Ended

        a, b = self.pair()
        channel = fdferry.Channel(a)
        self.addCleanup(channel.close)
        full, _ = self.pair()
        full.setblocking(False)
        fdferry.send_fds(full, [bytes(9000000)], [])
        full.setblocking(True)
        old = signal.signal(signal.SIGUSR1, handler)
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        for call in (lambda: fdferry.recv_fds(b, 1, 1),
                     lambda: fdferry.recv_fd(b),
                     lambda: fdferry.send_fds(full, [b"x"], []),
                     lambda: channel.wait(30)):
            ran = []

            def twice():
                for n in (1, 2):
                    time.sleep(0.1)
                    os.kill(os.getpid(), signal.SIGUSR1)
                    until(lambda: len(ran) >= n, 5)
            thread = threading.Thread(target=twice)
            thread.start()
            with self.assertRaises(Ended):
                call()
            thread.join()

    def test_keyboard_interrupt(self):
        program = self.python(
            "import fdferry, socket\n"
            "a, b = socket.socketpair()\n"
            "print('ready', flush=True)\n"
            "try: fdferry.recv_fd(b)\n"
            "except KeyboardInterrupt: print('interrupted', flush=True)\n",
            stdout=-1)
        self.assertEqual(program.stdout.readline(), b"ready\n")
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.stdout.readline(), b"interrupted\n")
        self.assertEqual(program.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
