# SPDX-License-Identifier: 0BSD
"""What receives connections from fronts, in an event loop of asyncio.

Fronts (fdferry front) connect to our socket. On the plain wire each message
is one byte and one descriptor; on the wire ack each connection is offered
over a channel, and is ours when we have accepted it: see fdferry-wire(5).

Nothing is received while this process has no descriptor free, or serves as
many connections as it may: what waits, waits in the kernel or in the front,
which can still turn elsewhere.
"""
from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import socket
import warnings
from typing import Any, Callable, Dict, Iterable, List, Optional, Type

from . import _core
from ._links import AckLink, Link, PlainLink
from ._listen import Listener
from ._messages import describe, meta_read, peer, socket_from_fd

log = logging.getLogger("fdferry")
PAUSE = 0.1                     # seconds, when no descriptor is free
SPARE = 3                       # descriptors that stay free for the program


class Info:
    """A connection, and what the front saw of it; "" where it did not.

    client: the other end, as socket.getpeername() tells it
    wire: "plain" or "ack"
    rule: the rule that decided, or "default"     (this and the next: ack)
    peer, local: addresses as fdferry(1) writes them (on both wires)
    time: when it was accepted, in seconds since 1970; 0 if not told
    seen: "tls", "http1", "http2", "bad-proxy", "other" or "nothing"
    name, method, path: of a request or ClientHello
    all: every line that the front said, as bytes
    """
    __slots__ = ("client", "wire", "rule", "peer", "local", "time", "seen",
                 "name", "method", "path", "all")
    client: Any
    wire: str
    rule: str
    peer: str
    local: str
    time: int
    seen: str
    name: str
    method: str
    path: str
    all: Dict[str, bytes]

    def __init__(self, sock: socket.socket, wire: str, meta: bytes) -> None:
        self.wire = wire
        self.all = meta_read(meta)
        try:
            self.client = sock.getpeername()
        except OSError:         # it has gone already
            self.client = None
        if "peer" not in self.all or "local" not in self.all:
            it = describe(sock)
            self.peer = it.peer or ""
            self.local = it.local or ""
        for key in ("rule", "peer", "local", "seen", "name", "method",
                    "path"):
            if key in self.all or key not in ("peer", "local"):
                setattr(self, key, self.all.get(key, b"").decode(
                    "utf-8", "backslashreplace"))
        when = self.all.get("time", b"")
        self.time = int(when) if when.isdigit() and len(when) < 19 else 0

    def __repr__(self) -> str:
        return "<fdferry.Info %s>" % " ".join(
            "%s=%r" % (key, getattr(self, key)) for key in self.__slots__[:-1])


class TrackedSocket(socket.socket):
    """Tells when it is closed, whoever does that: it is the one thing that
    servers, transports and streams all do at the end."""
    closed: Optional[Callable[[], None]] = None

    def _tell(self) -> None:
        # Two threads may close it at once, and it counts once.
        closed = self.__dict__.pop("closed", None)
        if closed is not None:
            closed()

    def _real_close(self, *args: Any) -> None:
        try:
            super()._real_close(*args)  # type: ignore[misc]
        finally:
            self._tell()

    def detach(self) -> int:
        try:
            return super().detach()
        finally:
            self._tell()

    def __del__(self) -> None:
        if self.fileno() >= 0:  # as a socket does that nobody has closed
            warnings.warn("unclosed %r" % self, ResourceWarning, source=self)
            self.close()


def _is_over(listener: socket.socket, error: OSError) -> bool:
    """Is it dead that has failed to accept? Linux says EAGAIN of a Unix
    socket that was shut down, and that there is something to accept, for
    ever."""
    if isinstance(error, BlockingIOError):
        ends = (select.POLLHUP | select.POLLERR | select.POLLNVAL
                | getattr(select, "POLLRDHUP", 0))
        poll = select.poll()
        poll.register(listener, select.POLLIN | ends)
        return any(what & ends for _, what in poll.poll(0))
    return error.errno in (errno.EINVAL, errno.EBADF, errno.ENOTSOCK,
                           errno.EOPNOTSUPP)


Start = Callable[[socket.socket, Info], None]


class Worker:
    """`start(sock, info)` begins to serve a connection; `sock` is blocking
    or not as it came, and what it is for is over when it is closed. All of
    it runs in the loop's thread. listen() begins."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wire: str,
                 start: Start, *, allow_uids: Iterable[int],
                 max_connections: Optional[int], most_offers: int) -> None:
        if wire not in ("plain", "ack"):
            raise ValueError("a wire is plain or ack, not %r" % (wire,))
        if max_connections is not None and max_connections < 1:
            raise ValueError("max_connections is at least 1")
        if not 1 <= most_offers <= 48:
            raise ValueError("most_offers is 1 to 48")
        self.loop = loop
        self.wire = wire
        self.start = start
        self.most_offers = most_offers
        self.running = 0
        self.draining = False
        self._others = frozenset(allow_uids)
        self._allowed = self._others | {0, os.geteuid()}
        self._most = max_connections
        self._links: "List[Link]" = []
        self._timer: Optional[asyncio.TimerHandle] = None
        self._blind = False
        self._idle: "List[asyncio.Future[None]]" = []

    def listen(self, listener: Listener) -> None:
        """It is ours, also if this fails."""
        self._listener = listener
        self.sock = listener.sock
        try:
            if listener.abstract and not self._others:
                raise ValueError("an abstract name has no permissions: say "
                                 "allow_uids")
            self.loop.add_reader(self.sock.fileno(), self._accept)
        except BaseException:
            listener.close()
            raise

    # ---- fronts

    def _accept_all(self) -> Optional[OSError]:
        """Why there are no more; None: it is closed, by whom we started."""
        while self.sock.fileno() >= 0:
            try:
                front, _ = self.sock.accept()
            except ConnectionAbortedError:  # that one: the next
                continue
            except OSError as error:
                return error
            self._welcome(front)
        return None

    def _accept(self) -> None:
        error = self._accept_all()
        if error is None:
            return
        if _is_over(self.sock, error):
            log.error("the listening socket is dead, another process has "
                      "shut it down: no front can connect")
            self.close()
        elif not isinstance(error, (BlockingIOError, ConnectionAbortedError)):
            # No descriptor free: do not spin on one who waits.
            log.warning("accept: %s", error)
            self.loop.remove_reader(self.sock.fileno())
            self.loop.call_later(PAUSE, self._accept_again)

    def _accept_again(self) -> None:
        if not self.draining and not self.watch(
                self.loop.add_reader, self.sock.fileno(), self._accept):
            self.loop.call_later(PAUSE, self._accept_again)

    def _welcome(self, front: socket.socket) -> None:
        try:
            uid = peer(front).uid
        except OSError:
            uid = None
        if uid not in self._allowed:
            log.warning("refused a front of another user (%s)", uid)
            front.close()
            return
        kind: Type[Link] = AckLink if self.wire == "ack" else PlainLink
        try:
            link = kind(self, front)
        except OSError as error:
            log.warning("front: %s", error)
            front.close()
            return
        self._links.append(link)
        link.resume()

    def gone(self, link: Link) -> None:
        if link in self._links:
            self._links.remove(link)
        self._check_idle()

    # ---- room

    def has_room(self, link: Link) -> bool:
        """May one more connection be received? If not, `link` is asked
        again when that can have changed."""
        serving = self.running + sum(one.promised for one in self._links)
        if self._most is None or serving < self._most:
            # What arrives at a full table is lost (plain), or sent back
            # (ack). With nothing to wait for, one free place must do.
            need = 1 if serving == 0 else 1 + SPARE + sum(
                one.may_come for one in self._links)
            if _core.room(link.sock, min(need, 64)):
                return True
        # Descriptors may become free without our being told.
        self.resume_later()
        return False

    def resume_later(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(PAUSE, self._time)

    def _time(self) -> None:
        self._timer = None
        self.resume()

    def resume(self) -> None:
        for link in list(self._links):
            link.resume()

    def watch(self, add: Callable[..., Any], fd: int,
              call: Callable[[], None]) -> bool:
        """False: the kernel watches no more descriptors now (memory, limits),
        so try again."""
        try:
            add(fd, call)
        except OSError as error:
            if not self._blind:
                log.warning("watching a socket, trying again: %s", error)
            self._blind = True
            return False
        self._blind = False
        return True

    # ---- connections

    def begin(self, fd: int, meta: bytes) -> None:
        """The descriptor is ours: serve it."""
        try:
            sock = socket_from_fd(fd, TrackedSocket)
        except OSError as error:
            log.warning("a front sent no socket: %s", error)
            _core.close_fds((fd,))
            return
        self.running += 1
        # Closed in any thread; counted in ours, and later, for whoever
        # closes it may be deep in something.
        sock.closed = self._closed_somewhere  # type: ignore[attr-defined]
        try:
            self.start(sock, Info(sock, self.wire, meta))
        except Exception:
            log.exception("serving a connection")
            sock.close()

    def _closed_somewhere(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self._ended)
        except RuntimeError:    # the loop itself has been closed
            pass

    def _ended(self) -> None:
        self.running -= 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.resume()
        self._check_idle()

    # ---- the end

    def close(self) -> None:
        """Receive nothing new; what is queued at plain links is taken, open
        offers go back. Connections go on."""
        if self.draining:
            return
        self.draining = True
        self._listener.unlink()
        # Fronts that have connected already may have sent already.
        self._accept_all()
        if self.sock.fileno() >= 0:
            self.loop.remove_reader(self.sock.fileno())
        self._listener.close()
        for link in list(self._links):
            link.drain()
        self._check_idle()

    def _check_idle(self) -> None:
        if not self.draining or self._links or self.running:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for future in self._idle:
            if not future.done():
                future.set_result(None)
        self._idle = []

    async def idle(self) -> None:
        """Until close() was called and every connection is over."""
        if self.draining and not self._links and not self.running:
            return
        future = self.loop.create_future()
        self._idle.append(future)
        await future
