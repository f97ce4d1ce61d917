# SPDX-License-Identifier: 0BSD
"""fdferry.compat: signatures, results and exceptions of the originals."""
import array
import errno
import inspect
import os
import socket
import sys
import threading
import unittest

from common import Case, needs_backend, open_fds, same_file
from fdferry.compat import fdsend, passfd, python_passfd, sendmsg



def plain(call):
    """Names and defaults alone."""
    return [(p.name, p.default) for p in
            inspect.signature(call).parameters.values()]


NO = inspect.Parameter.empty


@needs_backend
class Fdsend(Case):
    def test_signatures(self):
        self.assertEqual(plain(fdsend.sendfds), [
            ("fd", NO), ("msg", NO), ("flags", 0), ("fds", None)])
        self.assertEqual(plain(fdsend.recvfds), [
            ("fd", NO), ("len", NO), ("flags", 0), ("numfds", 32)])
        self.assertEqual(plain(fdsend.socketpair), [
            ("family", NO), ("type", NO), ("proto", 0)])

    def test_both_ways(self):
        a, b = fdsend.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(os.close, a)
        self.addCleanup(os.close, b)
        self.assertIs(type(a), int)
        file = self.file()
        for message in ("text \xe9", b"text \xc3\xa9"):
            self.assertEqual(fdsend.sendfds(a, message, fds=[file, 0]), 7)
            data, fds = fdsend.recvfds(b, 1024)
            self.assertEqual((data, type(fds), len(fds)),
                             (b"text \xc3\xa9", tuple, 2))
            self.assertTrue(same_file(fds[0], file.fileno()))
            for fd in fds:
                self.assertFalse(os.get_inheritable(fd))
                os.close(fd)
        self.assertEqual(fdsend.sendfds(a, "no files"), 8)
        self.assertEqual(fdsend.recvfds(b, 1024), (b"no files", ()))
        self.assertEqual(fdsend.sendfds(a, b"x", 0, iter((0,))), 1)
        os.close(fdsend.recvfds(fd=b, len=9, flags=0, numfds=1)[1][0])

    def test_surplus(self):
        a, b = self.pair()
        before = open_fds()
        fdsend.sendfds(a, b"x", fds=[0] * 5)
        data, fds = fdsend.recvfds(b, 9, numfds=2)
        self.assertEqual((data, len(fds)), (b"x", 2))
        self.assertEqual(open_fds() - before, set(fds))
        for fd in fds:
            os.close(fd)
        fdsend.sendfds(a, b"x", fds=[0])
        self.assertEqual(fdsend.recvfds(b, 9, numfds=0), (b"x", ()))

    def test_errors(self):
        a, b = self.pair()
        self.assertRaises(ValueError, fdsend.recvfds, 0, -1)
        self.assertRaises(TypeError, fdsend.sendfds, "x", b"x")
        self.assertRaises(TypeError, fdsend.sendfds, a, 7)
        self.assertRaises(TypeError, fdsend.sendfds, a, b"x", fds=7)
        self.assertRaises(socket.error, fdsend.sendfds, 9999, b"x")
        self.assertRaises(socket.error, fdsend.sendfds, None, b"x")
        self.assertRaises(socket.error, fdsend.recvfds, None, 1)
        # The original never told that recvmsg() had failed.
        self.assertRaises(socket.error, fdsend.recvfds, 9999, 1)
        self.assertRaises(BlockingIOError, fdsend.recvfds, b, 1,
                          socket.MSG_DONTWAIT)
        # On Linux the file would be gone, and success reported.
        self.assertRaises(socket.error, fdsend.sendfds, a, b"", fds=[0])
        self.assertEqual(fdsend.recvfds(b, 0), (b"", ()))
        a.close()
        self.assertEqual(fdsend.recvfds(b, 9), (b"", ()))

    def test_full_table(self):
        a, b = self.pair()
        fdsend.sendfds(a, b"x", fds=[0] * 5)
        with self.small_table(2), self.assertRaises(socket.error) as caught:
            fdsend.recvfds(b, 9)
        self.assertEqual(caught.exception.errno, errno.EMFILE)


@needs_backend
class PythonPassfd(Case):
    def test_signatures(self):
        self.assertEqual(plain(python_passfd.sendfd), [
            ("sock", NO), ("fd", NO), ("message", "NONE")])
        self.assertEqual(plain(python_passfd.recvfd), [
            ("sock", NO), ("msg_buf", 4096)])

    def test_both_ways(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            a, b = self.pair(kind)
            file = self.file()
            self.assertEqual(python_passfd.sendfd(a, file, ""), 0)
            for message, n in (("a", 1), ("\0", 1), (b"foobar", 6)):
                self.assertEqual(python_passfd.sendfd(a, file, message), n)
                fd, data = python_passfd.recvfd(b)
                self.assertEqual(data, message if isinstance(message, bytes)
                                 else message.encode())
                self.assertTrue(same_file(fd, file.fileno()))
                self.assertFalse(os.get_inheritable(fd))
                os.close(fd)
            self.assertEqual(python_passfd.sendfd(a.fileno(), 0), 4)
            fd, data = python_passfd.recvfd(b.fileno())
            self.assertEqual(data, b"NONE")
            os.close(fd)
            python_passfd.sendfd(a, 0, "long string is long")
            fd, data = python_passfd.recvfd(b, msg_buf=11)
            os.close(fd)
            self.assertEqual(data, b"long string")
            if kind == socket.SOCK_STREAM:
                self.assertEqual(b.recv(99), b" is long")
            python_passfd.sendfd(a, 0, "dropped")
            fd, data = python_passfd.recvfd(b, 0)
            os.close(fd)
            self.assertEqual(data, b"")

    def test_errors(self):
        a, b = self.pair()
        with socket.socket() as inet:
            self.assertRaises(ValueError, python_passfd.recvfd, inet)
            self.assertRaises(ValueError, python_passfd.sendfd, inet, 0)
        self.assertRaises(TypeError, python_passfd.recvfd, "foo")
        self.assertRaises(TypeError, python_passfd.sendfd, a, "foo")
        self.assertRaises(OSError, python_passfd.sendfd, a, 9999)
        self.assertRaises(OSError, python_passfd.recvfd, 9999)
        before = open_fds()
        a.send(b"no descriptor")
        self.assertRaises(RuntimeError, python_passfd.recvfd, b)
        fdsend.sendfds(a, b"two", fds=[0, 0])
        self.assertRaises(RuntimeError, python_passfd.recvfd, b)
        self.assertEqual(open_fds(), before, "what came is closed")
        a.close()
        self.assertRaises(RuntimeError, python_passfd.recvfd, b)

    def test_threads(self):
        a, b = self.pair()
        got = []
        with self.thread(lambda: got.append(python_passfd.recvfd(b))):
            python_passfd.sendfd(a, 0, "x")
        os.close(got[0][0])


@needs_backend
class Passfd(Case):
    def test_both_ways(self):
        self.assertEqual(passfd.SCM_RIGHTS, socket.SCM_RIGHTS)
        self.assertEqual([name for name, _ in plain(passfd.sendfd)],
                         ["sock", "fd", "message"])
        a, b = self.pair()
        for message in ("hello", b"hello"):
            self.assertEqual(passfd.sendfd(a.fileno(), 0, message), 5)
            for args in ((), (10,)):
                if args:
                    passfd.sendfd(a.fileno(), 0, message)
                fd, data = passfd.recvfd(b.fileno(), *args)
                self.assertGreaterEqual(fd, 0)
                self.assertEqual(data, b"hello")
                self.assertFalse(os.get_inheritable(fd))
                os.close(fd)
        self.assertEqual(passfd.sendfd(a.fileno(), 0, ""), 0)

    def test_not_one(self):
        a, b = self.pair()
        before = open_fds()
        a.send(b"none")
        self.assertEqual(passfd.recvfd(b.fileno()), (-2, b"none"))
        fdsend.sendfds(a, b"two", fds=[0, 0])
        self.assertEqual(passfd.recvfd(b.fileno()), (-2, b"two"))
        self.assertEqual(open_fds(), before)
        a.close()
        self.assertEqual(passfd.recvfd(b.fileno()), (-2, b""))

    def test_errors(self):
        a, b = self.pair()
        self.assertRaises(TypeError, passfd.sendfd, a, 0, "x")
        self.assertRaises(TypeError, passfd.sendfd, a.fileno(),
                          self.file(), "x")
        self.assertRaises(TypeError, passfd.recvfd, b)
        self.assertRaises(OSError, passfd.recvfd, 9999)
        self.assertRaises(OSError, passfd.sendfd, a.fileno(), -1, "x")


class Sendmsg(Case):
    def test_signatures(self):
        self.assertEqual(plain(sendmsg.sendmsg), [
            ("fd", NO), ("data", NO), ("flags", 0), ("ancillary", None)])
        self.assertEqual(plain(sendmsg.recvmsg), [
            ("fd", NO), ("flags", 0), ("maxsize", 8192),
            ("cmsg_size", 4096)])

    def rights(self, *fds):
        return (socket.SOL_SOCKET, sendmsg.SCM_RIGHTS,
                array.array("i", fds).tobytes())

    def test_both_ways(self):
        a, b = self.pair()
        file = self.file()
        for text in ("hello", b"hello"):
            self.assertEqual(sendmsg.sendmsg(
                a.fileno(), text, 0, self.rights(file.fileno(), 0)), 5)
            data, flags, control = sendmsg.recvmsg(b.fileno())
            self.assertEqual((data, flags, len(control)), (b"hello", 0, 1))
            self.assertIs(type(flags), int)
            level, kind, payload = control[0]
            self.assertEqual((level, kind),
                             (socket.SOL_SOCKET, socket.SCM_RIGHTS))
            fds = array.array("i", payload)
            self.assertTrue(same_file(fds[0], file.fileno()))
            for fd in fds:
                self.assertFalse(os.get_inheritable(fd))
                os.close(fd)
        self.assertEqual(sendmsg.sendmsg(a.fileno(), b"plain"), 5)
        self.assertEqual(sendmsg.recvmsg(b.fileno(), 0, 3), (b"pla", 0, []))
        self.assertEqual(sendmsg.recvmsg(fd=b.fileno(), flags=0, maxsize=9,
                                         cmsg_size=0), (b"in", 0, []))
        self.assertIsNone(a.gettimeout())
        self.assertTrue(os.get_blocking(a.fileno()))

    def test_it_waits(self):
        a, b = self.pair()
        timer = threading.Timer(0.2, a.send, (b"late",))
        timer.start()
        self.assertEqual(sendmsg.recvmsg(b.fileno())[0], b"late")
        timer.join()
        self.assertRaises(IOError, sendmsg.recvmsg, b.fileno(),
                          socket.MSG_DONTWAIT)

    @unittest.skipUnless(sys.platform.startswith("linux"), "Linux")
    def test_other_control_messages(self):
        a, b = self.pair()
        b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        sendmsg.sendmsg(a.fileno(), b"x")
        data, flags, control = sendmsg.recvmsg(b.fileno())
        self.assertEqual((data, flags), (b"x", 0))
        self.assertEqual([(level, kind) for level, kind, _ in control],
                         [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS)])
        self.assertEqual(array.array("i", control[0][2]).tolist(),
                         [os.getpid(), os.getuid(), os.getgid()])

    def test_errors(self):
        a, b = self.pair()
        self.assertRaises(IOError, sendmsg.sendmsg, 9999, b"x")
        self.assertRaises(IOError, sendmsg.recvmsg, 9999)
        self.assertRaises(IOError, sendmsg.recvmsg, self.file().fileno())
        self.assertRaises(TypeError, sendmsg.sendmsg, a, b"x")
        self.assertRaises(TypeError, sendmsg.sendmsg, a.fileno(), b"x", 0,
                          (1,))
        # On Linux they would be gone, and success reported.
        self.assertRaises(IOError, sendmsg.sendmsg, a.fileno(), b"", 0,
                          self.rights(0))
        a.close()
        self.assertEqual(sendmsg.recvmsg(b.fileno()), (b"", 0, []))


if __name__ == "__main__":
    unittest.main()
