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
import time
from typing import Optional, Union

_TRIES = 20                     # of 50 ms: who removes the lock is soon done


def _in_use(path: str, why: str) -> OSError:
    return OSError(errno.EADDRINUSE, why, path)


def _take_lock(path: str) -> int:
    for _ in range(_TRIES):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
                     | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
        try:
            ours, there = os.fstat(fd), os.lstat(path)
            if not stat.S_ISREG(ours.st_mode) \
                    or ours.st_uid != os.geteuid():
                raise _in_use(path, "no plain file of this user")
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who had it may have removed the file just now.
            there = os.lstat(path)
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return fd
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        time.sleep(0.05)
    raise _in_use(path, "locked: another process listens there")


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
    """`sock` listens, non-blocking; close() takes path and lock away."""

    def __init__(self, at: Union[str, bytes, "os.PathLike[str]",
                                 socket.socket], mode: int = 0o600) -> None:
        self._path: Optional[str] = None
        self._lock = -1
        self._inode: Optional[int] = None
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
                self._inode = os.lstat(at).st_ino
                os.chmod(at, mode)
            self.sock.listen(socket.SOMAXCONN)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.sock.close()
        if self._path is None or self._pid != os.getpid():
            return              # a child of fork() leaves it all alone
        path, self._path = self._path, None
        try:
            if os.lstat(path).st_ino == self._inode:
                os.unlink(path)
        except OSError:
            pass
        try:
            os.unlink(path + ".lock")
        except OSError:
            pass
        os.close(self._lock)
