# SPDX-License-Identifier: 0BSD
"""Sending, receiving and serving in an event loop of asyncio (or uvloop).

A socket may be blocking or not: a call never blocks the loop where the
system has MSG_DONTWAIT (features()["probe.msg_dontwait"]); elsewhere set
O_NONBLOCK.
"""
from __future__ import annotations

import asyncio
import inspect
import socket
import ssl as ssl_module
import weakref
from typing import (Any, Awaitable, Callable, Dict, Iterable, List, Optional,
                    Tuple, Union)

from . import _core
from ._channel import Channel, Event
from ._listen import PAUSE, TRIES, At, Listener, Locked
from ._messages import (Address, FdList, FileDescriptorLike, Policy,
                        file_from_fd, socket_from_fd)
from ._worker import Info, Worker, log

__all__ = ["send_fds", "recv_fds", "send_fd", "recv_fd", "recv_socket",
           "recv_file", "next_event", "serve", "serve_sockets", "Server",
           "Info"]

_DONTWAIT = socket.MSG_DONTWAIT


# ---------------------------------------------------------------- waiting

_Key = Tuple[int, bool]
_Waiters = Dict[_Key, "List[asyncio.Future[None]]"]
_waiting: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiters]" \
    = weakref.WeakKeyDictionary()


def _fd(sock: FileDescriptorLike) -> int:
    return sock if isinstance(sock, int) else sock.fileno()


async def _ready(fd: int, writing: bool) -> None:
    """Until it is worth another try; several may wait for the same."""
    loop = asyncio.get_running_loop()
    waiters = _waiting.setdefault(loop, {})
    key = (fd, writing)
    future: "asyncio.Future[None]" = loop.create_future()

    def wake() -> None:
        for one in waiters[key]:
            if not one.done():
                one.set_result(None)

    if key not in waiters:
        # A loop may refuse: a transport has it, or the kernel has no memory.
        (loop.add_writer if writing else loop.add_reader)(fd, wake)
        waiters[key] = []
    waiters[key].append(future)
    try:
        await future
    finally:
        waiters[key].remove(future)
        if not waiters[key]:
            del waiters[key]
            (loop.remove_writer if writing else loop.remove_reader)(fd)


async def send_fds(sock: FileDescriptorLike, buffers: Iterable[Any],
                   fds: Iterable[FileDescriptorLike], flags: int = 0,
                   address: Union[str, bytes, bytearray, None] = None) -> int:
    """As fdferry.send_fds() on a blocking socket: all is sent."""
    data = b"".join(buffers)
    fds = list(fds)
    sent = 0
    pause = 0.0
    while True:
        try:
            n = _core.send_fds(sock, [memoryview(data)[sent:]], fds,
                               flags | _DONTWAIT, address)
        except BlockingIOError:
            # An unconnected datagram socket is writable while the
            # receiver's queue is full: pause from the second time on.
            if pause:
                await asyncio.sleep(pause)
            pause = min(pause * 2, 0.016) or 0.001
            await _ready(_fd(sock), True)
            continue
        fds = []                # they went with the first byte
        sent += n
        pause = 0.0
        if sent >= len(data):
            return sent


async def recv_fds(sock: FileDescriptorLike, bufsize: int, maxfds: int,
                   flags: int = 0, *, policy: Optional[Policy] = None) \
        -> Tuple[bytes, FdList, int, Address]:
    """As fdferry.recv_fds()."""
    while True:
        try:
            return _core.recv_fds(sock, bufsize, maxfds, flags | _DONTWAIT,
                                  policy=policy)
        except BlockingIOError:
            await _ready(_fd(sock), False)


async def send_fd(sock: FileDescriptorLike, fd: FileDescriptorLike) -> None:
    """As fdferry.send_fd()."""
    await send_fds(sock, [b"\0"], [fd])


async def recv_fd(sock: FileDescriptorLike, *,
                  policy: Optional[Policy] = None) -> int:
    """As fdferry.recv_fd()."""
    while True:
        try:
            return _core.recv_fd(sock, _DONTWAIT, policy=policy)
        except BlockingIOError:
            await _ready(_fd(sock), False)


async def recv_socket(sock: FileDescriptorLike, *,
                      policy: Optional[Policy] = None) -> socket.socket:
    """As fdferry.recv_socket(). O_NONBLOCK is as the sender left it: loops
    want setblocking(False)."""
    fd = await recv_fd(sock, policy=policy)
    try:
        return socket_from_fd(fd)
    except BaseException:
        _core.close_fds((fd,))
        raise


async def recv_file(sock: FileDescriptorLike, mode: Optional[str] = None, *,
                    policy: Optional[Policy] = None, **how: Any) -> Any:
    """As fdferry.recv_file()."""
    return file_from_fd(await recv_fd(sock, policy=policy), mode, **how)


async def next_event(channel: Channel) -> Event:
    """The next event of a channel. BrokenPipeError: nothing can follow."""
    while True:
        event = channel.wait(0)
        if event is not None:
            return event
        read, write, seconds = channel.wants()
        if not read and not write and seconds is None:
            seconds = 0.05      # until another task has answered an offer
        waits = [asyncio.ensure_future(_ready(channel.fileno(), writing))
                 for writing, wanted in ((False, read), (True, write))
                 if wanted]
        if not waits:
            await asyncio.sleep(seconds or 0)
            continue
        try:
            over, _ = await asyncio.wait(
                waits, timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED)
            for wait in over:
                wait.result()   # it may have been refused
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


# ---------------------------------------------------------------- serving

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Info],
                   Optional[Awaitable[None]]]
SocketHandler = Callable[[socket.socket, Info], Optional[Awaitable[Any]]]


class Server:
    """What serve() gives: as asyncio's own, and an async context manager."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._tasks: "set[asyncio.Future[Any]]" = set()

    @property
    def connections(self) -> int:
        """How many are being served."""
        return self._worker.running

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._worker.loop

    def is_serving(self) -> bool:
        return not self._worker.draining

    def close(self) -> None:
        """Take nothing new. Connections that were received are served;
        offers that were not accepted go back to their front."""
        self._worker.close()

    async def wait_closed(self) -> None:
        """Until close() was called and every connection is over."""
        await self._worker.idle()

    async def serve_forever(self) -> None:
        """Until cancelled, which closes it, or closed."""
        try:
            await self._worker.idle()
        finally:
            self.close()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()
        await self.wait_closed()


def _report(loop: asyncio.AbstractEventLoop, error: BaseException) -> None:
    if isinstance(error, (ConnectionError, ssl_module.SSLError,
                          asyncio.TimeoutError)):
        log.debug("a connection ended: %r", error)
    elif not isinstance(error, asyncio.CancelledError):
        loop.call_exception_handler({
            "message": "fdferry: the handler of a connection failed",
            "exception": error})


async def _listen(at: At, mode: int) -> Listener:
    for _ in range(TRIES - 1):
        try:
            return Listener(at, mode)
        except Locked:
            await asyncio.sleep(PAUSE)
    return Listener(at, mode)


async def serve_sockets(path: At, handle: SocketHandler, wire: str = "plain",
                        *, mode: int = 0o600, allow_uids: Iterable[int] = (),
                        max_connections: Optional[int] = None,
                        most_offers: int = 16) -> Server:
    """As serve(), but `handle` gets (sock, info): a non-blocking socket,
    for instance for loop.connect_accepted_socket(). It may be a coroutine
    function. The connection is over when the socket is closed, which is left
    to whoever serves it, unless `handle` raises."""
    loop = asyncio.get_running_loop()

    async def run(sock: socket.socket, awaitable: Awaitable[Any]) -> None:
        try:
            await awaitable
        except BaseException as error:
            sock.close()
            if not isinstance(error, Exception):
                raise
            _report(loop, error)

    def start(sock: socket.socket, info: Info) -> None:
        sock.setblocking(False)
        awaitable = handle(sock, info)
        if inspect.isawaitable(awaitable):
            task = loop.create_task(run(sock, awaitable))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    worker = Worker(loop, wire, start, allow_uids=allow_uids,
                    most_offers=most_offers, max_connections=max_connections)
    server = Server(worker)
    tasks = server._tasks
    worker.listen(await _listen(path, mode))
    return server


async def serve(path: At, handle: Handler, wire: str = "plain", *,
                ssl: Optional[ssl_module.SSLContext] = None,
                ssl_handshake_timeout: Optional[float] = None,
                limit: int = 2 ** 16, mode: int = 0o600,
                allow_uids: Iterable[int] = (),
                max_connections: Optional[int] = None,
                most_offers: int = 16) -> Server:
    """Serve connections that fronts pass to `path` (fdferry front).

    handle(reader, writer, info) is called for each, as
    asyncio.start_server() does, with what is known of it: info.client is
    the client's address. The connection is closed when it returns.

    path: where to listen, with permissions `mode`; "@name" is abstract; or
    a socket that listens. Fronts of this user, root and allow_uids may
    connect. wire: "plain", or "ack" for fronts that name this worker
    ack:path. ssl: the handshake is the server's. max_connections: what is
    above waits in the front; so it does while no descriptor is free.
    """
    async def connection(sock: socket.socket, info: Info) -> None:
        loop = asyncio.get_running_loop()
        pair: "List[Tuple[asyncio.StreamReader, asyncio.StreamWriter]]" = []
        reader = asyncio.StreamReader(limit=limit, loop=loop)
        protocol = asyncio.StreamReaderProtocol(
            reader, lambda r, w: pair.append((r, w)), loop=loop)
        await loop.connect_accepted_socket(
            lambda: protocol, sock, ssl=ssl,
            ssl_handshake_timeout=ssl_handshake_timeout)
        reader, writer = pair[0]
        try:
            result = handle(reader, writer, info)
            if inspect.isawaitable(result):
                await result
        except BaseException:
            writer.transport.abort()
            raise
        finally:
            writer.close()
        try:
            await writer.wait_closed()
        except (OSError, ssl_module.SSLError):
            pass

    return await serve_sockets(path, connection, wire, mode=mode,
                               allow_uids=allow_uids,
                               max_connections=max_connections,
                               most_offers=most_offers)
