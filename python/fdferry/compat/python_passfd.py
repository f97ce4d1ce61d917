# SPDX-License-Identifier: 0BSD
"""The interface of python-passfd 0.2: sendfd, recvfd.

    from fdferry.compat import python_passfd as passfd
"""
from __future__ import annotations

import socket as _socket
from typing import Any, Tuple, Union

from .. import _core
from .._messages import FileDescriptorLike, LostError

__all__ = ["sendfd", "recvfd"]
_NOT_ONE = "The message received did not contain exactly one file descriptor"


def _number(thing: Any, what: str) -> int:
    if hasattr(thing, "fileno"):
        thing = thing.fileno()
    if not isinstance(thing, int):
        raise TypeError("%s was expected" % what)
    return thing


def _socket_number(sock: Any) -> int:
    if hasattr(sock, "family") and sock.family != _socket.AF_UNIX:
        raise ValueError("Only AF_UNIX sockets are allowed")
    return _number(sock, "An socket object or file descriptor")


def sendfd(sock: FileDescriptorLike, fd: FileDescriptorLike,
           message: Union[str, bytes] = "NONE") -> int:
    """Send a message, and a file descriptor with it. Returns the number of
    bytes sent. An empty message: nothing is sent, and 0 returned."""
    number = _socket_number(sock)
    fd = _number(fd, "An file object or file descriptor")
    data = message.encode() if isinstance(message, str) else bytes(message)
    if not data:
        return 0
    return _core.send_fds(number, [data], [fd])


def recvfd(sock: FileDescriptorLike, msg_buf: int = 4096) \
        -> Tuple[int, bytes]:
    """Receive a message of up to `msg_buf` bytes and its file descriptor,
    which is close-on-exec: (fd, message). RuntimeError: not exactly one
    descriptor came, or the end; what came is closed. OSError: receiving
    failed."""
    number = _socket_number(sock)
    drop = msg_buf < 1          # the original reads 4096 and forgets them
    try:
        data, fds, _, _ = _core.recv_fds(number, 4096 if drop else msg_buf,
                                         1)
    except LostError as error:
        raise RuntimeError(_NOT_ONE) from error
    with fds:
        if len(fds) != 1:
            raise RuntimeError(_NOT_ONE)
        if fds[0] < 0:
            raise RuntimeError("The received file descriptor is not valid")
        return fds.take(), b"" if drop else data
