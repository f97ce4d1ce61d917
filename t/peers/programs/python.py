# SPDX-License-Identifier: 0BSD
"""python.py MODULE send PATH FILE COUNT | MODULE recv PATH COUNT

How each module of Python passes a descriptor; runs under 2.7 too.
"""
from __future__ import print_function

import os
import socket
import struct
import sys

SCM = getattr(socket, "SCM_RIGHTS", 1)


class Sendmsg(object):
    """socket.sendmsg and recvmsg."""
    def send(self, sock, fd):
        sock.sendmsg([b"\0"], [(socket.SOL_SOCKET, SCM, struct.pack("i", fd))])

    def recv(self, sock):
        data, control, flags, _ = sock.recvmsg(1, socket.CMSG_SPACE(32))
        if not control:
            raise IOError("no descriptor, flags %#x" % flags)
        return struct.unpack("i", control[0][2][:4])[0]


class SendFds(object):
    """socket.send_fds and recv_fds, 3.9."""
    def send(self, sock, fd):
        socket.send_fds(sock, [b"\0"], [fd])

    def recv(self, sock):
        data, fds, flags, _ = socket.recv_fds(sock, 1, 8)
        if not fds:
            raise IOError("no descriptor, flags %#x" % flags)
        return fds[0]


class Reduction(object):
    """multiprocessing.reduction."""
    def send(self, sock, fd):
        from multiprocessing import reduction
        reduction.sendfds(sock, [fd])

    def recv(self, sock):
        from multiprocessing import reduction
        return reduction.recvfds(sock, 1)[0]


class Connection(object):
    """Handles over a multiprocessing.connection.Connection."""
    def send(self, sock, fd):
        from multiprocessing import connection, reduction
        self.conn = connection.Connection(os.dup(sock.fileno()))
        reduction.send_handle(self.conn, fd, None)

    def recv(self, sock):
        from multiprocessing import connection, reduction
        self.conn = getattr(self, "conn", None) or connection.Connection(
            os.dup(sock.fileno()))
        return reduction.recv_handle(self.conn)


class Passfd(object):
    """passfd of PyPI, Python 2."""
    def send(self, sock, fd):
        import passfd
        passfd.sendfd(sock.fileno(), fd, "x")

    def recv(self, sock):
        import passfd
        fd, data = passfd.recvfd(sock.fileno(), 1)
        if fd < 0:
            raise IOError("recvfd says %d" % fd)
        return fd


class PythonPassfd(object):
    """python-passfd of PyPI, Python 2."""
    def send(self, sock, fd):
        import passfd
        passfd.sendfd(sock, fd, "x")

    def recv(self, sock):
        import passfd
        return passfd.recvfd(sock, 1)[0]


class SendmsgModule(object):
    """sendmsg of PyPI, Python 2."""
    def send(self, sock, fd):
        import sendmsg
        sendmsg.sendmsg(fd=sock.fileno(), data="x", flags=0,
                        ancillary=(socket.SOL_SOCKET, sendmsg.SCM_RIGHTS,
                                   struct.pack("i", fd)))

    def recv(self, sock):
        import sendmsg
        data, flags, control = sendmsg.recvmsg(fd=sock.fileno(), flags=0,
                                               maxsize=1, cmsg_size=64)
        if not control:
            raise IOError("no descriptor, flags %#x" % flags)
        return struct.unpack("i", control[0][2][:4])[0]


class Gevent(SendFds):
    """The standard library's calls, patched by gevent."""
    def __init__(self):
        from gevent import monkey
        monkey.patch_all()
        import importlib
        globals()["socket"] = importlib.import_module("socket")


def say(text):
    print(text)
    sys.stdout.flush()


def main(name, args):
    way, count = globals()[name](), int(args[-1])
    sock = socket.socket(socket.AF_UNIX)
    if args[0] == "send":
        sock.connect(args[1])
        with open(args[2]) as f:
            for _ in range(count):
                way.send(sock, f.fileno())
        return
    sock.bind(args[1])
    sock.listen(1)
    peer = sock.accept()[0]
    if name in ("Reduction", "Connection"):
        import multiprocessing.connection
        import multiprocessing.reduction
    say("accepted")
    for _ in range(count):
        try:
            say("fd %d" % way.recv(peer))
        except Exception as why:
            say("error %s: %s" % (type(why).__name__, why))
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
