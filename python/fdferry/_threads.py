# SPDX-License-Identifier: 0BSD
"""serve(): connections from fronts, a thread for each."""
from __future__ import annotations

import asyncio
import socket
import ssl as ssl_module
import threading
import time
from typing import Any, Callable, Iterable, Optional

from ._listen import PAUSE, TRIES, At, Listener, Locked
from ._worker import Info, Worker, log

Handler = Callable[[socket.socket, Info], Any]


class Server:
    """What serve() gives; a context manager that closes and waits."""

    def __init__(self, handle: Handler, ssl: Optional[ssl_module.SSLContext],
                 handshake: float) -> None:
        self._handle = handle
        self._ssl = ssl
        self._handshake = handshake
        self._loop = asyncio.new_event_loop()
        self._over = threading.Event()
        self._worker: Optional[Worker] = None
        self._thread = threading.Thread(
            target=self._run, name="fdferry.serve", daemon=True)

    # ---- in the loop's thread, which only receives

    def _run(self) -> None:
        try:
            asyncio.set_event_loop(self._loop)
            assert self._worker is not None
            self._loop.run_until_complete(self._worker.idle())
        finally:
            self._loop.close()
            self._over.set()

    def _start(self, sock: socket.socket, info: Info) -> None:
        threading.Thread(target=self._serve, args=(sock, info),
                         name="fdferry connection", daemon=True).start()

    # ---- in a thread of the connection

    def _serve(self, sock: socket.socket, info: Info) -> None:
        inner: socket.socket = sock
        try:
            sock.settimeout(None)
            if self._ssl is not None:
                inner = self._wrap(sock)
            self._handle(inner, info)
        except (ConnectionError, ssl_module.SSLError, socket.timeout) as error:
            log.debug("a connection ended: %r", error)
        except Exception:
            log.exception("serving %r", info)
        finally:
            inner.close()
            sock.close()

    def _wrap(self, sock: socket.socket) -> socket.socket:
        assert self._ssl is not None
        # A copy: the wrapper takes the descriptor out of its socket, and
        # ours tells the end of the connection by being closed.
        tls = self._ssl.wrap_socket(sock.dup(), server_side=True,
                                    do_handshake_on_connect=False)
        try:
            tls.settimeout(self._handshake)
            tls.do_handshake()
            tls.settimeout(None)
        except BaseException:
            tls.close()
            raise
        return tls

    # ---- whoever has it

    @property
    def connections(self) -> int:
        """How many are being served."""
        return self._worker.running if self._worker is not None else 0

    def close(self) -> None:
        """Take nothing new; what was received is served."""
        assert self._worker is not None
        try:
            self._loop.call_soon_threadsafe(self._worker.close)
        except RuntimeError:    # it is over
            pass

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Until it was closed and every connection is over."""
        return self._over.wait(timeout)

    def serve_forever(self) -> None:
        """Until closed; Ctrl-C closes it."""
        try:
            self.wait()
        finally:
            self.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        self.wait()


def _listen(at: At, mode: int) -> Listener:
    for _ in range(TRIES - 1):
        try:
            return Listener(at, mode)
        except Locked:
            time.sleep(PAUSE)
    return Listener(at, mode)


def serve(path: At, handle: Handler, wire: str = "plain", *,
          ssl: Optional[ssl_module.SSLContext] = None,
          ssl_handshake_timeout: float = 60.0, mode: int = 0o600,
          allow_uids: Iterable[int] = (), max_connections: int = 40,
          most_offers: int = 16) -> Server:
    """Serve connections that fronts pass to `path`, a thread for each.

    handle(sock, info) is called in it with a blocking socket (with `ssl`,
    an SSLSocket after its handshake), which is closed when it returns. The
    rest is as for fdferry.asyncio.serve(). Returns at once:

        with fdferry.serve("/run/web.sock", handle) as server:
            server.serve_forever()
    """
    server = Server(handle, ssl, ssl_handshake_timeout)
    try:
        server._worker = Worker(
            server._loop, wire, server._start, allow_uids=allow_uids,
            max_connections=max_connections, most_offers=most_offers)
        server._worker.listen(_listen(path, mode))
    except BaseException:
        server._loop.close()
        raise
    server._thread.start()
    return server
