# SPDX-License-Identifier: 0BSD
"""Channels: whole messages, and hand-offs that the receiver acknowledges."""
from __future__ import annotations

import enum
import socket
from typing import (Any, Dict, Iterable, Iterator, NamedTuple, Optional, Tuple,
                    Union)

from . import _core
from ._messages import FdList, FileDescriptorLike, OwningFdList, Policy

WANT_READ = 0x1
WANT_WRITE = 0x2
HANDOFF_DATA = 16352            # most bytes beside a hand-off


class EventType(enum.IntEnum):
    """See fdferry.h, FDFERRY_EVENT_*."""
    NONE = 0
    MESSAGE = 1
    OFFER = 2
    TAKEN = 3
    WITHDRAWN = 4
    SENT = 5
    FAILED = 6
    REJECTED = 7
    HANDOFF = 8
    DROPPED = 9
    END = 10


class Outcome(enum.IntEnum):
    """What became of a hand-off of ours."""
    NONE = 0
    ACCEPTED = 1
    REFUSED_BACK = 2
    GONE = 3
    IN_DOUBT = 4


class Reason(enum.IntEnum):
    """Why something was refused. An application's own begin at OWN."""
    NONE = 0
    BYTES = 1
    FDS = 2
    BUSY = 3
    MEMORY = 4
    TABLE = 5
    POLICY = 6
    LOST = 7
    OWN = 256


class Event(NamedTuple):
    """`fds` are the caller's to take; the rest is closed with the event."""
    type: EventType
    id: int
    data: bytes
    fds: FdList
    outcome: Outcome
    error: int
    reason: int
    dropped: int                # DROPPED: how many

    @property
    def reason_name(self) -> str:
        return _core.reason_name(self.reason)


def _event(raw: Tuple[Any, ...]) -> Event:
    type_, outcome, error, reason, number, count, data, fds = raw
    return Event(EventType(type_), number, data, OwningFdList(fds),
                 Outcome(outcome), error, reason, count)


def _limit(value: Optional[int]) -> int:
    """None is the library's default; 0 is none at all."""
    if value is None:
        return 0
    if value < 0:
        raise ValueError("a limit cannot be negative")
    if value == 0:
        return _core.NONE
    return value


class Channel:
    """A channel over a connected Unix domain socket: fdferry-channel(3).

    Any thread may use it. With `give` the socket is the channel's, which
    closes it; else the channel keeps a reference to the object, and whoever
    made it closes it. Nothing else may read from it or write to it.
    Limits: None is the default, 0 is none at all.
    """

    def __init__(self, sock: Union[int, socket.socket], *, give: bool = False,
                 most_bytes: Optional[int] = None,
                 most_fds: Optional[int] = None,
                 most_held: Optional[int] = None,
                 most_offers: Optional[int] = None,
                 queue_bytes: Optional[int] = None,
                 doubt: Optional[float] = None,
                 inflight: Optional[float] = None,
                 policy: Optional[Policy] = None) -> None:
        self._channel = _core.Channel(
            sock, give, _limit(most_bytes), _limit(most_fds), most_held or 0,
            _limit(most_offers), queue_bytes or 0,
            int((doubt or 0) * 1000), int((inflight or 0) * 1000), policy)
        self._sock = sock
        if give and not isinstance(sock, int):
            sock.detach()

    def fileno(self) -> int:
        return self._channel.fileno()

    def close(self) -> None:
        """Say good-bye and close all that the channel holds."""
        self._channel.free()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ---- turning, for an event loop

    def wants(self) -> Tuple[bool, bool, Optional[float]]:
        """Wait for (reading, writing), and call work() after so many
        seconds anyway; None: no limit. Ask again after every other call."""
        wants, ms = self._channel.wants()
        return (bool(wants & WANT_READ), bool(wants & WANT_WRITE),
                None if ms < 0 else ms / 1000)

    def work(self) -> None:
        """Do what can be done without blocking."""
        self._channel.work()

    def next(self) -> Optional[Event]:
        """The next event that is there, or None."""
        raw = self._channel.next()
        return None if raw is None else _event(raw)

    def wait(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None if the time is over. BrokenPipeError: END
        was fetched and nothing can follow."""
        raw = self._channel.wait(timeout)
        return None if raw is None else _event(raw)

    def __iter__(self) -> Iterator[Event]:
        """Events, waiting for each; the last is END."""
        while True:
            event = self.wait()
            if event is None:
                continue
            yield event
            if event.type is EventType.END:
                return

    # ---- what is sent and answered; the id tells which, in events

    def send(self, data: Any = b"", fds: Iterable[FileDescriptorLike] = (), *,
             give: bool = False) -> int:
        """Queue a message. The channel sends copies of its own: the caller
        may close its descriptors at once. With `give` (numbers only) the
        descriptors themselves are the channel's."""
        if give:
            fds = _numbers(fds)
        return self._channel.send(data, fds, give)

    def handoff(self, fd: FileDescriptorLike, data: Any = b"", *,
                timeout: Optional[float] = None, give: bool = False) -> int:
        """Queue a hand-off; one event HANDOFF tells what became of it.

        The channel has a copy of its own, or with `give` (a number only)
        the descriptor itself. A copy that the caller keeps must not be used
        until the event.
        """
        if give:
            fd = _numbers((fd,))[0]
        return self._channel.handoff(data, fd, timeout, give)

    def cancel(self, number: int = 0) -> None:
        """Take a message or a hand-off of ours back, or all."""
        self._channel.cancel(number)

    def look(self, number: int) -> int:
        """The descriptor of an offer, to describe it; it stays the
        channel's."""
        return self._channel.look(number)

    def accept(self, number: int) -> None:
        """Accept an offer: its descriptor comes with the event TAKEN."""
        self._channel.accept(number)

    def refuse(self, number: int, reason: int = Reason.NONE) -> None:
        """Refuse an offer: it is the sender's again."""
        self._channel.refuse(number, int(reason))

    def stats(self) -> Dict[str, int]:
        return self._channel.count()


def _numbers(fds: Iterable[FileDescriptorLike]) -> "list[int]":
    """An object that closes its descriptor cannot give it away."""
    numbers = []
    for fd in fds:
        if not isinstance(fd, int):
            raise TypeError("give=True takes descriptors, not objects: "
                            "detach() a socket first")
        numbers.append(fd)
    return numbers
