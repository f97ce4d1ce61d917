# SPDX-License-Identifier: 0BSD
"""fdferry: carry open file descriptors between processes.

    send_fds, recv_fds    a message of data and descriptors, as in socket
    send_fd, recv_fd      one descriptor; recv_socket, recv_file: as object
    describe, peer        what a descriptor is; who sent it
    Channel               whole messages, and acknowledged hand-offs
    serve                 connections from fdferry front, in threads;
                          fdferry.asyncio.serve for asyncio
    fdferry.compat        fdsend, python_passfd, passfd, sendmsg

Received descriptors are always close-on-exec. Flags are obeyed, or refused
with OSError EINVAL. doc/python.md of the source has the examples.
"""
from typing import TYPE_CHECKING

from ._channel import (HANDOFF_DATA, Channel, Event, EventType, Outcome,
                       Reason)
from ._core import max_fds, recv_fd, recv_fds, send_fd, send_fds, version
from ._messages import (Description, EndOfFile, FdList, LostError, Peer,
                        Policy, RefusedError, TruncatedError, describe,
                        features, file_from_fd, meta_read, meta_write, peer,
                        recv_file, recv_socket, socket_from_fd)

if TYPE_CHECKING:
    from ._threads import Server as Server, serve as serve
    from ._worker import Info as Info

__version__ = version()
__all__ = [
    "Channel", "Description", "EndOfFile", "Event", "EventType", "FdList",
    "HANDOFF_DATA", "Info", "LostError", "Outcome", "Peer", "Policy",
    "Reason", "RefusedError", "Server", "TruncatedError", "describe",
    "features", "file_from_fd", "max_fds", "meta_read", "meta_write", "peer",
    "recv_fd", "recv_fds", "recv_file", "recv_socket", "send_fd", "send_fds",
    "serve", "socket_from_fd", "version",
]


def __getattr__(name: str) -> object:
    """serve() brings asyncio along, which few who pass descriptors need."""
    if name in ("serve", "Server"):
        from . import _threads
        return getattr(_threads, name)
    if name == "Info":
        from ._worker import Info
        return Info
    raise AttributeError("module 'fdferry' has no attribute %r" % name)
