# SPDX-License-Identifier: 0BSD
"""The interface of sendmsg 1.0.1 as PyPI has it: sendmsg, recvmsg,
SCM_RIGHTS.

    from fdferry.compat import sendmsg

These are the system calls, with any control message, so they go through the
socket module and not through our library. Errors are IOError.
"""
from __future__ import annotations

import contextlib
import errno
import os
import socket as _socket
from socket import SCM_RIGHTS
from typing import Iterator, List, Optional, Tuple, Union

from .. import _core

__all__ = ["sendmsg", "recvmsg", "SCM_RIGHTS"]
_CLOEXEC = getattr(_socket, "MSG_CMSG_CLOEXEC", 0)
_NONBLOCK = getattr(_socket, "SOCK_NONBLOCK", 0)
_RIGHTS = (_socket.SOL_SOCKET, SCM_RIGHTS)
Control = Tuple[int, int, bytes]


@contextlib.contextmanager
def _borrow(fd: int) -> Iterator[_socket.socket]:
    """A socket object over a descriptor that stays the caller's. It has a
    timeout of 0, so that a call is one system call: whether that waits,
    O_NONBLOCK decides."""
    if not isinstance(fd, int):
        raise TypeError("an integer is required (got type %s)"
                        % type(fd).__name__)
    it = _core.describe(fd)
    if it[0] != "socket":
        raise IOError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    sock = _socket.socket(it[5], it[6] | _NONBLOCK, it[7] or 0, fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()


def sendmsg(fd: int, data: Union[str, bytes], flags: int = 0,
            ancillary: Optional[Tuple[int, int, Union[str, bytes]]] = None) \
        -> int:
    """sendmsg(fd, data, flags=0, ancillary=(level, type, data)) -> bytes

    Descriptors without data on a stream are IOError EINVAL: Linux would drop
    them and report success.
    """
    data = data.encode() if isinstance(data, str) else data
    control: List[Control] = []
    if ancillary is not None:
        if not isinstance(ancillary, tuple) or len(ancillary) != 3:
            raise TypeError("ancillary is a tuple of level, type and data")
        level, kind, payload = ancillary
        control.append((level, kind, payload.encode("latin-1") if isinstance(
            payload, str) else payload))
    with _borrow(fd) as sock:
        if not data and control and control[0][:2] == _RIGHTS \
                and sock.type == _socket.SOCK_STREAM:
            raise IOError(errno.EINVAL, os.strerror(errno.EINVAL))
        return sock.sendmsg([data], control, flags)


def recvmsg(fd: int, flags: int = 0, maxsize: int = 8192,
            cmsg_size: int = 4 * 1024) -> Tuple[bytes, int, List[Control]]:
    """recvmsg(fd, flags=0, maxsize=8192, cmsg_size=4096)
    -> (data, msg_flags, [(level, type, data), ...])

    Received descriptors are close-on-exec.
    """
    with _borrow(fd) as sock:
        data, control, msg_flags, _ = sock.recvmsg(
            maxsize, _socket.CMSG_SPACE(cmsg_size), flags | _CLOEXEC)
    if not _CLOEXEC:
        _close_on_exec(control)
    # The kernel's echo of the flag that the caller did not set.
    return data, int(msg_flags) & ~int(_CLOEXEC & ~flags), control


def _close_on_exec(control: List[Control]) -> None:
    for level, kind, payload in control:
        if (level, kind) == _RIGHTS:
            for number in memoryview(payload[:len(payload) // 4 * 4]
                                     ).cast("i"):
                os.set_inheritable(number, False)
