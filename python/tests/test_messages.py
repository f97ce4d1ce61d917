# SPDX-License-Identifier: 0BSD
"""One message: sending, receiving, what it is, who sent it."""
import array
import errno
import fcntl
import os
import signal
import socket
import sys
import tempfile
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


@needs_backend
class Objects(Case):
    def carry(self, thing):
        a, b = self.pair()
        fdferry.send_fd(a, thing)
        return b

    def test_sockets(self):
        kinds = [(socket.AF_INET, socket.SOCK_STREAM),
                 (socket.AF_INET, socket.SOCK_DGRAM),
                 (socket.AF_UNIX, socket.SOCK_STREAM),
                 (socket.AF_UNIX, socket.SOCK_DGRAM)]
        if socket.has_ipv6:
            kinds += [(socket.AF_INET6, socket.SOCK_STREAM),
                      (socket.AF_INET6, socket.SOCK_DGRAM)]
        for family, kind in kinds:
            try:
                sock = socket.socket(family, kind)
            except OSError:
                continue
            with sock:
                with fdferry.recv_socket(self.carry(sock)) as got:
                    self.assertIs(type(got), socket.socket)
                    self.assertEqual((got.family, got.type),
                                     (family, kind))
                    self.assertFalse(got.get_inheritable())
                    if family != socket.AF_UNIX:
                        self.assertEqual(got.proto, {
                            socket.SOCK_STREAM: socket.IPPROTO_TCP,
                            socket.SOCK_DGRAM: socket.IPPROTO_UDP}[kind])

    def test_blocking_is_shared(self):
        for default in (None, 3.0, 0.0):
            for blocking in (True, False):
                socket.setdefaulttimeout(None)
                with socket.socket() as sock:
                    sock.setblocking(blocking)
                    flags = fcntl.fcntl(sock, fcntl.F_GETFL)
                    wire = self.carry(sock)
                    socket.setdefaulttimeout(default)
                    try:
                        got = fdferry.recv_socket(wire)
                    finally:
                        socket.setdefaulttimeout(None)
                    with got:
                        self.assertEqual(got.gettimeout(),
                                         None if blocking else 0.0)
                        self.assertEqual(fcntl.fcntl(sock, fcntl.F_GETFL),
                                         flags)
                    self.assertEqual(fdferry.describe(sock).blocking,
                                     blocking)

    def test_no_socket(self):
        with self.assertRaises(OSError) as caught:
            fdferry.recv_socket(self.carry(self.file()))
        self.assertEqual(caught.exception.errno, errno.ENOTSOCK)

    def test_files(self):
        file = self.file(b"line\nnext\n")
        file.seek(0)
        with fdferry.recv_file(self.carry(file)) as got:
            self.assertEqual(got.readline(), b"line\n")
        file.seek(0)
        with fdferry.recv_file(self.carry(file), "r", encoding="ascii") \
                as got:
            self.assertEqual(got.read(), "line\nnext\n")
        r, w = os.pipe()
        with fdferry.recv_file(self.carry(w)) as got:
            self.assertTrue(got.writable() and not got.readable())
            got.write(b"through")
        os.close(w)
        with fdferry.recv_file(self.carry(r)) as got:
            self.assertEqual(got.read(), b"through")
        os.close(r)
        a, b = self.pair()
        with fdferry.recv_file(self.carry(a)) as got:
            got.write(b"both ways")
            self.assertEqual(b.recv(99), b"both ways")
        with tempfile.TemporaryDirectory() as path:
            fd = os.open(path, os.O_RDONLY)
            wire = self.carry(fd)
            os.close(fd)
            self.assertRaises(IsADirectoryError, fdferry.recv_file, wire)
        self.assertRaises(ValueError, fdferry.recv_file, self.carry(0), "q")
        self.assertRaises(ValueError, fdferry.recv_file, self.carry(0), "r",
                          buffering=0)

    def test_lists(self):
        a, b = self.pair()
        before = open_fds()
        fdferry.send_fds(a, [b"x"], [a, self.file(b"hello"), 0, 1])
        with fdferry.recv_fds(b, 1, 4)[1] as fds:
            sock = fds.take_socket()
            file = fds.take_file(1)
            file.seek(0)
            self.assertEqual(file.read(), b"hello")
            self.assertEqual(fds[:2], [-1, -1])
            self.assertRaises(ValueError, fds.take)
            self.assertRaises(IndexError, fds.take, 4)
            kept = fds.take(3)
            self.assertRaises(OSError, fds.take_socket, 2)
            self.assertGreaterEqual(fds[2], 0, "still to be closed")
        sock.close()
        file.close()
        os.close(kept)
        self.assertEqual(fds, [-1] * 4)
        fds.close()
        fdferry.send_fds(a, [b"x"], [a, a])
        fds = fdferry.recv_fds(b, 1, 2)[1]
        mine = fds.take_all()
        del fds
        for fd in mine:
            os.close(fd)
        fdferry.send_fds(a, [b"x"], [a])
        fd = fdferry.recv_fds(b, 1, 1)[1][0]
        os.fstat(fd)            # a list that is dropped closes nothing
        os.close(fd)
        before.add(max(open_fds() - before, default=0))

    def test_describe(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            sock.listen(1)
            it = fdferry.describe(sock)
            self.assertEqual((it.kind, it.family, it.type, it.listening),
                             ("socket", socket.AF_INET, socket.SOCK_STREAM,
                              True))
            self.assertEqual(it.local, "127.0.0.1:%d"
                             % sock.getsockname()[1])
        it = fdferry.describe(self.file())
        self.assertEqual((it.kind, it.family, it.listening),
                         ("file", None, None))
        r, w = os.pipe()
        self.assertEqual(fdferry.describe(r)[:3], ("pipe", True, False))
        self.assertEqual(fdferry.describe(w)[:3], ("pipe", False, True))
        os.close(r)
        os.close(w)

    def test_peer(self):
        a, b = self.pair()
        who = fdferry.peer(a)
        if who.uid is not None:
            self.assertEqual((who.uid, who.gid),
                             (os.geteuid(), os.getegid()))
        with socket.socket() as sock:
            self.assertRaises(OSError, fdferry.peer, sock)


class Build(unittest.TestCase):
    def test_features(self):
        features = fdferry.features()
        self.assertIn(features["backend"], ("cmsg", "accrights", "streams",
                                            "none"))
        self.assertTrue(all(isinstance(key, str) and isinstance(value, str)
                            for key, value in features.items()))
        self.assertEqual(fdferry.__version__, fdferry.version())

    def test_names(self):
        for name in fdferry.__all__:
            self.assertTrue(hasattr(fdferry, name), name)
        self.assertRaises(AttributeError, getattr, fdferry, "nothing")

    def test_metadata(self):
        lines = [("rule", "r"), ("path", b"/a\n\\\xff"), ("time", "7")]
        meta = fdferry.meta_write(lines)
        self.assertEqual(meta, b"rule=r\npath=/a\\x0a\\x5c\\xff\ntime=7\n")
        self.assertEqual(fdferry.meta_read(meta + b"junk\nrule=other\n"),
                         {"rule": b"r", "path": b"/a\n\\\xff", "time": b"7"})
        self.assertRaises(OSError, fdferry.meta_write, [("Bad key", "")])
        self.assertRaises(OSError, fdferry.meta_write, [("a", "x" * 20000)])


if __name__ == "__main__":
    unittest.main()
