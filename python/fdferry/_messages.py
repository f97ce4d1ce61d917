# SPDX-License-Identifier: 0BSD
"""One message of data and descriptors, and what a descriptor is."""
from __future__ import annotations

import errno
import os
import socket
from typing import (IO, Any, Iterable, List, NamedTuple, Optional, Protocol,
                    Tuple, Type, Union)

from . import _core


class _HasFileno(Protocol):
    def fileno(self) -> int: ...


FileDescriptorLike = Union[int, _HasFileno]
# What socket.recvmsg() tells of a sender: a path, an abstract name, nothing.
Address = Union[str, bytes, None]

_NONBLOCK = getattr(socket, "SOCK_NONBLOCK", 0)
_DATA_TRUNCATED = 0x08          # FDFERRY_DATA_TRUNCATED


# ---------------------------------------------------------------- lists

class FdList(List[int]):
    """Received descriptors: a list of numbers, and a context manager.

    Leaving the context closes what was not taken. A taken one leaves -1 in
    its place, so that the others keep theirs. A place may hold -1 from the
    start, where a policy or the kernel withheld one.
    """
    __slots__ = ()

    def take(self, index: int = 0) -> int:
        """The descriptor at `index`, which is the caller's from now on."""
        fd = self[index]
        if fd < 0:
            raise ValueError("there is no descriptor at %d" % index)
        self[index] = -1
        return fd

    def take_all(self) -> List[int]:
        """All that are there, in order; they are the caller's."""
        fds = [fd for fd in self if fd >= 0]
        self[:] = [-1] * len(self)
        return fds

    def take_socket(self, index: int = 0) -> socket.socket:
        """As socket_from_fd(); if that fails the descriptor stays here."""
        sock = socket_from_fd(self[index])
        self[index] = -1
        return sock

    def take_file(self, index: int = 0, mode: Optional[str] = None,
                  **how: Any) -> IO[Any]:
        """As file_from_fd(), which closes it if it fails."""
        return file_from_fd(self.take(index), mode, **how)

    def close(self) -> None:
        """Close what was not taken. It never fails, nor closes twice."""
        fds = self.take_all()
        if fds:
            _core.close_fds(fds)

    def __enter__(self) -> FdList:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class OwningFdList(FdList):
    """The list of an exception or an event: nobody need look at it, so what
    was not taken is closed when the last reference to it goes."""
    __slots__ = ()

    def __del__(self) -> None:
        self.close()


# ---------------------------------------------------------------- errors

class LostError(OSError):
    """Descriptors of a message were lost. What did arrive is here.

    The message is consumed. What is not taken from `fds` is closed when the
    exception goes.
    """
    data: bytes = b""
    fds: FdList = OwningFdList()
    surplus: int = 0            # beyond maxfds; closed
    refused: int = 0            # by the policy or the kernel; closed
    flags: int = 0              # as msg_flags of socket.recvmsg()
    address: Address = None


class TruncatedError(LostError):
    """More than maxfds came, or the descriptor table is full (EMFILE)."""


class RefusedError(LostError, PermissionError):
    """The policy of this receiver, or its kernel's, refused some or all."""


class EndOfFile(ConnectionResetError, EOFError):
    """recv_fd() and its like: the other end has finished."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(args or (errno.ECONNRESET, "end of file")))


def _loss(error: int, data: bytes, fds: List[int], surplus: int, refused: int,
          flags: int, address: Address) -> LostError:
    kind: Type[LostError] = TruncatedError
    if error == errno.EACCES:
        kind, why = RefusedError, "descriptors were refused"
    elif error == errno.EMFILE:
        why = "the descriptor table is full: descriptors were lost"
    elif surplus:
        why = "%d more descriptors than expected were closed" % surplus
    else:
        why = "descriptors were lost"
    it = kind(error, why)
    it.data = data
    it.fds = OwningFdList(fds)
    it.surplus = surplus
    it.refused = refused
    it.flags = socket.MSG_CTRUNC | (
        socket.MSG_TRUNC if flags & _DATA_TRUNCATED else 0)
    it.address = address
    return it


_core.setup(FdList, _loss, EndOfFile, socket.timeout)


# ---------------------------------------------------------------- policies

class Policy:
    """What a receiver is willing to take; an empty list means any.

    `uids`, `gids`: who may send. A sender is allowed if either lists it.
    `most`: descriptors in a message. `kinds`: names as describe() has them.
    What is refused is closed, and reported by RefusedError.
    """
    __slots__ = ("uids", "gids", "most", "kinds")

    def __init__(self, uids: Iterable[int] = (), gids: Iterable[int] = (),
                 most: int = 0, kinds: Iterable[str] = ()) -> None:
        self.uids = tuple(uids)
        self.gids = tuple(gids)
        self.most = most
        self.kinds = tuple(kinds)


# ---------------------------------------------------------------- what it is

class Description(NamedTuple):
    """What a descriptor is; None where the system cannot tell."""
    kind: str                   # "file", "socket", "pipe", ...
    readable: bool
    writable: bool
    status: Optional[int]       # fcntl(F_GETFL)
    seals: Optional[int]        # fcntl(F_GET_SEALS)
    family: Optional[int]       # of sockets, as the next ones
    type: Optional[int]
    proto: Optional[int]
    listening: Optional[bool]
    local: Optional[str]        # addresses as fdferry(1) writes them
    peer: Optional[str]

    @property
    def blocking(self) -> bool:
        return not (self.status or 0) & os.O_NONBLOCK


class Peer(NamedTuple):
    """Who connected; None where the system does not tell."""
    uid: Optional[int]
    gid: Optional[int]
    pid: Optional[int]


def describe(fd: FileDescriptorLike) -> Description:
    """Tell what a descriptor is. It asks only, and never blocks."""
    it = Description(*_core.describe(fd))
    if it.listening is not None:
        it = it._replace(listening=bool(it.listening))
    return it


def peer(sock: FileDescriptorLike) -> Peer:
    """Tell who is at the other end of a connected Unix socket."""
    return Peer(*_core.peer(sock))


def features() -> "dict[str, str]":
    """What this build and this system can: fdferry(3) lists the keys."""
    return _core.features()


# ---------------------------------------------------------------- objects

def socket_from_fd(fd: int, cls: Type[socket.socket] = socket.socket) \
        -> socket.socket:
    """The socket object of a descriptor, which it owns from then on.

    Family, type and protocol are asked of the kernel. O_NONBLOCK is shared
    by all who have the socket, so it is left as it is, whatever
    socket.setdefaulttimeout() says, and gettimeout() tells it. OSError
    ENOTSOCK, and the descriptor is still the caller's.
    """
    it = _core.describe(fd)
    kind, status = it[0], it[3]
    if kind != "socket":
        raise OSError(errno.ENOTSOCK, "a %s, not a socket" % kind)
    family, type_, proto = it[5:8]
    nonblocking = bool((status or 0) & os.O_NONBLOCK)
    sock = cls(-1 if family is None else family,
               (-1 if type_ is None else type_ | _NONBLOCK),
               -1 if proto is None else proto, fileno=fd)
    if _NONBLOCK and type_ is not None:
        # Made with a timeout of 0, it has asked nothing of the kernel.
        if not nonblocking:
            sock.settimeout(None)
    else:
        sock.setblocking(not nonblocking)
    return sock


def file_from_fd(fd: int, mode: Optional[str] = None, **how: Any) -> IO[Any]:
    """The file object of a descriptor, which it owns from then on; if it
    fails, the descriptor is closed.

    Without `mode`: binary, for what the descriptor can. `how` is as for
    open().
    """
    if mode is None:
        it = describe(fd)
        mode = "rb" if not it.writable else "r+b" if it.readable else "wb"
    if "+" in mode and "b" in mode and not _seekable(fd):
        how.setdefault("buffering", 0)
    owned: List[str] = []

    def opener(path: str, flags: int) -> int:
        """From now on it is the file's, also where open() fails."""
        owned.append(path)
        return fd

    try:
        return open("fd %d" % fd, mode, opener=opener, **how)
    except BaseException:
        if not owned:
            _core.close_fds((fd,))
        raise


def _seekable(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_CUR)
        return True
    except OSError:
        return False


def recv_socket(sock: FileDescriptorLike, flags: int = 0, *,
                policy: Optional[Policy] = None) -> socket.socket:
    """Receive one descriptor as the socket it is: see socket_from_fd()."""
    fd = _core.recv_fd(sock, flags, policy=policy)
    try:
        return socket_from_fd(fd)
    except BaseException:
        _core.close_fds((fd,))
        raise


def recv_file(sock: FileDescriptorLike, mode: Optional[str] = None,
              flags: int = 0, *, policy: Optional[Policy] = None,
              **how: Any) -> IO[Any]:
    """Receive one descriptor as a file object: see file_from_fd()."""
    return file_from_fd(_core.recv_fd(sock, flags, policy=policy), mode,
                        **how)


def meta_read(meta: bytes) -> "dict[str, bytes]":
    """What a front says beside a hand-off; of a key twice, the first."""
    lines: "dict[str, bytes]" = {}
    for key, value in _core.meta_read(meta):
        lines.setdefault(key, value)
    return lines


def meta_write(lines: "Iterable[Tuple[str, Union[str, bytes]]]") -> bytes:
    """The same the other way round, from (key, value) pairs."""
    return b"".join(_core.meta_line(
        key, value.encode() if isinstance(value, str) else value)
        for key, value in lines)
