# SPDX-License-Identifier: 0BSD
"""A channel in the words of fdferry-wire(5), for tests that play one end."""
import array
import os
import socket
import struct

HELLO, MESSAGE, OFFER, MORE, ABORT, REJECT, ACCEPT, REFUSE, CANCEL, \
    CANCELLED, BYE = range(1, 12)
HEAD = struct.Struct("<4sBBHQIIII")


def frame(kind, number=0, data=b"", fds=0, arg=None, arg_fds=None):
    if arg is None:
        arg = len(data) if kind in (MESSAGE, OFFER) else 0
    if arg_fds is None:
        arg_fds = fds if kind in (MESSAGE, OFFER) else 0
    return HEAD.pack(b"\xfdFRY", 1, kind, 0, number, len(data), fds, arg,
                     arg_fds) + data


def hello(most_bytes=1 << 20, most_fds=256, held=1024, offers=64):
    return frame(HELLO, 0, struct.pack("<BBHIIII", 1, 1, 0, most_bytes,
                                       most_fds, held, offers) + bytes(12))


class Wire:
    """One end: frames out as they are asked for, frames in as they come."""

    def __init__(self, sock, first=None):
        self.sock = sock
        self.number = 0
        self.buffer = b""
        self.fds = []
        self.raw(hello() if first is None else first)

    def raw(self, data, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                    array.array("i", fds))] if fds else []
        sent = self.sock.sendmsg([data], control)
        if sent < len(data):
            self.sock.sendall(data[sent:])

    def say(self, kind, data=b"", fds=(), number=None):
        if number is None:
            self.number += 1
            number = self.number
        self.raw(frame(kind, number, data, len(fds)), fds)
        return number

    def hear(self, seconds=15):
        """(kind, id, data, fds), or None: the end, or nothing in time."""
        self.sock.settimeout(seconds)
        while True:
            if len(self.buffer) >= HEAD.size:
                head = HEAD.unpack(self.buffer[:HEAD.size])
                size = HEAD.size + head[5]
                if len(self.buffer) >= size:
                    data = self.buffer[HEAD.size:size]
                    self.buffer = self.buffer[size:]
                    fds, self.fds = self.fds[:head[6]], self.fds[head[6]:]
                    return head[2], head[4], data, fds
            try:
                data, control, _, _ = self.sock.recvmsg(
                    65536, socket.CMSG_SPACE(4 * 300))
            except OSError:
                return None
            for level, kind, payload in control:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds = array.array("i")
                    fds.frombytes(payload[:len(payload) // 4 * 4])
                    self.fds += fds
            if not data:
                return None
            self.buffer += data

    def until(self, kind, start=b"", seconds=15):
        """The next frame of a kind whose data begin so; None: none came."""
        while True:
            got = self.hear(seconds)
            if got is None or (got[0] == kind and got[2].startswith(start)):
                return got
            for fd in got[3]:
                os.close(fd)

    def close(self):
        self.sock.close()
