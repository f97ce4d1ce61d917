# SPDX-License-Identifier: 0BSD
"""The fronts that are connected to a worker, on both wires."""
from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from . import _core
from ._channel import Channel, Event, EventType, Reason
from ._messages import EndOfFile, LostError

if TYPE_CHECKING:
    from ._worker import Worker

log = logging.getLogger("fdferry")
MOST = 64                       # received in one round of the loop
DRAIN = 3.0                     # seconds for fronts to end, once we have
# On BSDs and macOS shutdown(SHUT_RD) throws away what is queued, with the
# descriptors.
KEEPS_QUEUE = sys.platform in ("linux", "android")


class Link:
    """One connected front."""
    promised = 0                # accepted and not here yet
    may_come = 0                # descriptors that can arrive unasked

    def __init__(self, worker: Worker, sock: socket.socket) -> None:
        self.worker = worker
        self.sock = sock

    def resume(self) -> None:
        raise NotImplementedError

    def drain(self) -> None:
        raise NotImplementedError


class PlainLink(Link):
    """Each message is one byte and one descriptor."""

    def __init__(self, worker: Worker, sock: socket.socket) -> None:
        super().__init__(worker, sock)
        self._watching = False
        self._closed = False
        self._last = False      # an empty queue is the end
        self._timer: Optional[asyncio.TimerHandle] = None
        self._skipped = 0       # bytes without a descriptor, and nobody told
        self._skips = False     # told once: the rest at the end

    def _tell_skipped(self, end: bool) -> None:
        # Data beside a descriptor is one mistake of the front, and not one
        # for each byte.
        if self._skipped and (end or not self._skips):
            log.warning("front: skipped %d%s bytes that came without a "
                        "descriptor", self._skipped,
                        " more" if self._skips else "")
            self._skipped = 0
            self._skips = True

    def _watch(self, on: bool) -> None:
        loop, fd = self.worker.loop, self.sock.fileno()
        if self._watching and not on:
            loop.remove_reader(fd)
            self._watching = False
        elif on and not self._watching:
            self._watching = self.worker.watch(loop.add_reader, fd,
                                               self._read)
            if not self._watching:
                self.worker.resume_later()

    def resume(self) -> None:
        if not self._closed:
            self._watch(True)
            if self._last:      # nothing need come that would wake us
                self.worker.loop.call_soon(self._read)

    def _read(self) -> None:
        for _ in range(MOST):
            if self._closed:
                return
            if not self.worker.has_room(self):
                self._watch(False)
                return
            try:
                fd = _core.recv_fd(self.sock, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._tell_skipped(False)
                if self._last:
                    self._close()
                return
            except LostError as error:
                log.error("a connection was lost on its way: %s", error)
            except EndOfFile:
                self._close()
                return
            except OSError as error:
                if error.errno == errno.EBADMSG:    # a byte, no descriptor
                    self._skipped += 1
                    continue
                log.warning("front: %s", error)
                self._close()
                return
            else:
                self._tell_skipped(False)
                self.worker.begin(fd, b"")
        if self._last:          # nothing need come that would wake us
            self.worker.loop.call_soon(self._read)

    def drain(self) -> None:
        # The socket is ours alone, so shutdown() is right: the front sends
        # elsewhere from now on, and what it had sent is still there. Where
        # its sending cannot be refused it is told that we end, and has a
        # while to see that.
        try:
            self.sock.shutdown(socket.SHUT_RD if KEEPS_QUEUE
                               else socket.SHUT_WR)
        except OSError:
            pass
        if KEEPS_QUEUE:
            self._drained()
        else:
            self._timer = self.worker.loop.call_later(DRAIN, self._drained)

    def _drained(self) -> None:
        self._last = True
        self.resume()

    def _close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._tell_skipped(True)
        self._watch(False)
        self.sock.close()
        self.worker.gone(self)


class AckLink(Link):
    """Connections are offered; they are ours when the kernel has our
    answer."""

    def __init__(self, worker: Worker, sock: socket.socket) -> None:
        super().__init__(worker, sock)
        self._channel: Channel = Channel(
            sock, most_bytes=65536, most_offers=worker.most_offers)
        self._offers: "OrderedDict[int, bytes]" = OrderedDict()
        self._accepted: Dict[int, bytes] = {}
        self._reading = self._writing = self._over = False
        self._turning = False
        self._timer: Optional[asyncio.TimerHandle] = None

    @property
    def may_come(self) -> int:  # type: ignore[override]
        return 0 if self._over \
            else self.worker.most_offers - len(self._offers)

    @property
    def promised(self) -> int:  # type: ignore[override]
        return len(self._accepted)

    # ---- the channel in the loop

    def _turn(self) -> None:
        # Whom we tell of a connection may close the server, which turns all
        # links: the turn that is under way sees to this one.
        if self._closed or self._turning:
            return
        self._turning = True
        try:
            self._channel.work()
            self._events()
            self._answer()
        except OSError as error:
            log.warning("front: %s", error)
            self._over = True
            self._offers.clear()
            self._accepted.clear()
        finally:
            self._turning = False
        self._watch()

    def _events(self) -> None:
        while True:
            event = self._channel.next()
            if event is None:
                return
            self._event(event)

    def _event(self, event: Event) -> None:
        if event.type is EventType.OFFER:
            self._offers[event.id] = event.data
        elif event.type is EventType.WITHDRAWN:
            self._offers.pop(event.id, None)
            self._accepted.pop(event.id, None)
        elif event.type is EventType.TAKEN:
            meta = self._accepted.pop(event.id, b"")
            if event.fds and event.fds[0] >= 0:
                self.worker.begin(event.fds.take(), meta)
        elif event.type is EventType.END:
            # What was not answered is ours all the same, unless it was
            # withdrawn: the front has given it up.
            self._over = True
            if event.error not in (0, errno.ECONNRESET):
                log.warning("front: %s (does it speak the wire ack?)",
                            os.strerror(event.error))

    def _answer(self) -> None:
        """Accept the oldest as far as there is room."""
        while self._offers:
            if self.worker.draining and not self._over:
                number, _ = self._offers.popitem(last=False)
                self._try(self._channel.refuse, number, Reason.BUSY)
                continue
            if not self.worker.has_room(self):
                return
            number, meta = self._offers.popitem(last=False)
            self._accepted[number] = meta
            if not self._try(self._channel.accept, number):
                del self._accepted[number]
            self._events()

    def _try(self, call: Callable[..., None], *args: Any) -> bool:
        try:
            call(*args)
            return True
        except OSError:         # taken back meanwhile
            return False

    @property
    def _closed(self) -> bool:
        return self.sock.fileno() < 0

    def _watch(self) -> None:
        read, write, seconds = self._channel.wants()
        done = self._over or (self.worker.draining and not write)
        if done and not self._offers and not self._accepted:
            self._close()
            return
        if not self._look(read, write):
            # What was watched may be so no more.
            self._look(False, False)
            self.worker.resume_later()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None \
            else self.worker.loop.call_later(seconds, self._turn)

    def _look(self, read: bool, write: bool) -> bool:
        loop, fd = self.worker.loop, self.sock.fileno()
        if self._reading and not read:
            loop.remove_reader(fd)
        if self._writing and not write:
            loop.remove_writer(fd)
        self._reading = read and (self._reading or self.worker.watch(
            loop.add_reader, fd, self._turn))
        self._writing = write and (self._writing or self.worker.watch(
            loop.add_writer, fd, self._turn))
        return (self._reading, self._writing) == (read, write)

    def resume(self) -> None:
        self._turn()

    def drain(self) -> None:
        self._turn()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._look(False, False)
        self._channel.close()
        self.sock.close()
        self.worker.gone(self)
