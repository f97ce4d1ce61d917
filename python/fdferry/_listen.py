# SPDX-License-Identifier: 0BSD
"""A listening Unix socket at a path, as fdferry worker makes one.

What is at the path already is judged and replaced under a lock on PATH.lock,
held as long as we listen; a live socket, and what is no socket, is left
alone. Nobody can connect before listen(), so mode comes first and umask is
never touched.
"""
from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from typing import Optional, Tuple, Union

At = Union[str, bytes, "os.PathLike[str]", socket.socket]
TRIES = 20                      # of whoever is told that it is Locked,
PAUSE = 0.05                    # with so many seconds between them


class Locked(OSError):
    """Another process has the lock; who removes it is soon done."""


def _in_use(path: str, why: str) -> OSError:
    return OSError(errno.EADDRINUSE, why, path)


def _file(path: str) -> Optional[Tuple[int, int]]:
    """Which file is there."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_open_at(fd: int, path: str) -> bool:
    ours = os.fstat(fd)
    return (ours.st_dev, ours.st_ino) == _file(path)


def _take_lock(path: str) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
                 | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
    try:
        ours = os.fstat(fd)
        if not stat.S_ISREG(ours.st_mode) or ours.st_uid != os.geteuid():
            raise _in_use(path, "no plain file of this user")
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who had it may have removed the file just now.
        if _is_open_at(fd, path):
            return fd
    except BlockingIOError:
        pass
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    raise Locked(errno.EADDRINUSE, "locked: another process listens there",
                 path)


def _clear(path: str) -> None:
    """Make room at the path, under the lock."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise _in_use(path, "exists and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            pass
        except OSError:
            raise _in_use(path, "another process may listen there") from None
        else:
            raise _in_use(path, "another process listens there")
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


class Listener:
    """`sock` listens, non-blocking; unlink() and close() take path and lock
    away. Locked: try again."""

    def __init__(self, at: At, mode: int = 0o600) -> None:
        self._path: Optional[str] = None
        self._lock = -1
        self._bound: Optional[Tuple[int, int]] = None
        self._pid = os.getpid()
        self.abstract = False
        if isinstance(at, socket.socket):
            self.sock = at
            name = at.getsockname()
            self.abstract = name[:1] in (b"\0", "\0")
        else:
            self._open(os.fsdecode(at), mode)
        self.sock.setblocking(False)

    def _open(self, at: str, mode: int) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if at[:1] in ("@", "\0"):
                self.abstract = True
                self.sock.bind("\0" + at[1:])
            else:
                self._lock = _take_lock(at + ".lock")
                self._path = at
                _clear(at)
                self.sock.bind(at)
                self._bound = _file(at)
                os.chmod(at, mode)
            self.sock.listen(socket.SOMAXCONN)
        except BaseException:
            self.close()
            raise

    def _remove(self, path: str) -> None:
        # Somebody may have cleared our files away, and another server have
        # its own there.
        try:
            if self._bound is not None and self._bound == _file(path):
                os.unlink(path)
            if _is_open_at(self._lock, path + ".lock"):
                os.unlink(path + ".lock")
        except OSError:
            pass

    def unlink(self) -> None:
        path, self._path = self._path, None
        # A child of fork() leaves it all alone.
        if path is not None and self._pid == os.getpid():
            self._remove(path)
            os.close(self._lock)

    def close(self) -> None:
        # The socket last: as long as it is open, no other file can have the
        # number of ours.
        self.unlink()
        self.sock.close()
