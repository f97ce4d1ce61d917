# SPDX-License-Identifier: 0BSD
"""Descriptors as sockets and files; what they are, who sent them."""
import errno
import fcntl
import os
import socket
import tempfile
import unittest

import fdferry
from common import Case, needs_backend, open_fds


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
