# SPDX-License-Identifier: 0BSD
"""Where serve() of both kinds listens, and what becomes of the files."""
import fcntl
import logging
import os
import socket
import stat
import sys
import threading
import unittest

from common import WAIT, Case, needs_backend, needs_loopback
from test_serve import AsyncKind, Base, Client, PlainFront, ThreadKind


class Listening(Base):
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
class Async(Listening, Case):
    kind = AsyncKind


@needs_backend
@needs_loopback
class Threads(Listening, Case):
    kind = ThreadKind


if __name__ == "__main__":
    unittest.main()
