# SPDX-License-Identifier: 0BSD
"""The interface of passfd 1.0.2 as PyPI has it: sendfd, recvfd, SCM_RIGHTS.

    from fdferry.compat import passfd

Sockets and files are numbers. Errors are OSError.
"""
from __future__ import annotations

from socket import SCM_RIGHTS
from typing import Tuple, Union

from .. import _core
from .._messages import LostError

__all__ = ["sendfd", "recvfd", "SCM_RIGHTS"]


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("an integer is required (got type %s)"
                        % type(value).__name__)
    return value


def sendfd(sock: int, fd: int, message: Union[str, bytes]) -> int:
    """rv = sendfd(sock, fd, message): the bytes sent. An empty message:
    nothing is sent, and 0 returned."""
    sock, fd = _int(sock), _int(fd)
    data = message.encode() if isinstance(message, str) else bytes(message)
    if not data:
        return 0
    return _core.send_fds(sock, [data], [fd])


def recvfd(sock: int, buffersize: int = 4096) -> Tuple[int, bytes]:
    """(fd, message) = recvfd(sock, buffersize = 4096). The number is -2, and
    there is no exception, if the message had not exactly one descriptor
    (which are closed then), and at the end; -3 if it was withheld."""
    sock, buffersize = _int(sock), _int(buffersize)
    drop = buffersize < 1       # the original reads 4096 and forgets them
    try:
        data, fds, _, _ = _core.recv_fds(sock, 4096 if drop else buffersize,
                                         1)
    except LostError as error:
        return -2, b"" if drop else error.data
    with fds:
        data = b"" if drop else data
        if len(fds) != 1:
            return -2, data
        return (fds.take() if fds[0] >= 0 else -3), data
