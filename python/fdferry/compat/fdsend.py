# SPDX-License-Identifier: 0BSD
"""The interface of fdsend (python-fdsend): sendfds, recvfds, socketpair.

    from fdferry.compat import fdsend

A socket and the members of `fds` are numbers or have fileno(). Errors are
socket.error, TypeError and ValueError.
"""
from __future__ import annotations

import errno
import socket as _socket
from typing import Iterable, Optional, Tuple, Union

from .. import _core
from .._messages import FileDescriptorLike, TruncatedError

__all__ = ["sendfds", "recvfds", "socketpair"]


def sendfds(fd: Optional[FileDescriptorLike],
            msg: Union[str, bytes, bytearray, memoryview],
            flags: int = 0,
            fds: Optional[Iterable[FileDescriptorLike]] = None) -> int:
    """sendfds(fd, msg, flags=0, fds=None) -> bytes sent

    `msg` is sent, with the open files of `fds`. A str goes as UTF-8. On a
    stream at least one byte is needed beside files: else socket.error EINVAL
    (Linux would drop them and report success).
    """
    fd = -1 if fd is None else fd       # EBADF, as in the original
    data = msg.encode() if isinstance(msg, str) else msg
    return _core.send_fds(fd, [data], () if fds is None else fds, flags)


def recvfds(fd: Optional[FileDescriptorLike], len: int, flags: int = 0,
            numfds: int = 32) -> Tuple[bytes, Tuple[int, ...]]:
    """recvfds(fd, len, flags=0, numfds=32) -> (message, tuple of fds)

    Up to `len` bytes and up to `numfds` files, which are close-on-exec. More
    of them are closed. socket.error EMFILE: this process can open no more,
    and files were lost (exception.data has the message).
    """
    if len < 0:
        raise ValueError("Negative len passed to recvfds")
    fd = -1 if fd is None else fd
    if len == 0 and _core.describe(fd)[6] == _socket.SOCK_STREAM:
        return b"", ()          # nothing can come with no byte
    try:
        data, fds, _, _ = _core.recv_fds(fd, len, max(numfds, 0), flags)
    except TruncatedError as error:
        if error.errno != errno.EMSGSIZE or not error.surplus:
            raise
        data, fds = error.data, error.fds
        return data, tuple(fds.take_all())
    return data, tuple(fds.take_all())


def socketpair(family: int, type: int, proto: int = 0) -> Tuple[int, int]:
    """socketpair(family, type, proto=0) -> (fd, fd)"""
    one, other = _socket.socketpair(family, type, proto)
    return one.detach(), other.detach()


