#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""offload.py DIRECTORY - one asyncio server hands connections to another.

The first accepts at 127.0.0.1 (it prints the port) and looks at what each
client says, without reading it. What begins with "GET /heavy" goes to the
second, another process, over an acknowledged hand-off: until that process
has accepted it, it is the first's, which serves it itself if need be.
"""
import asyncio
import os
import socket
import subprocess
import sys

import fdferry
import fdferry.asyncio
from fdferry import EventType, Outcome

ANSWER = b"HTTP/1.0 200 OK\r\n\r\nserved by the %s server, %d\n"


async def answer(sock, who):
    loop = asyncio.get_running_loop()
    sock.setblocking(False)
    with sock:
        await loop.sock_recv(sock, 65536)
        await loop.sock_sendall(sock, ANSWER % (who, os.getpid()))


class Second:
    """The way to the second server."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.channel = fdferry.Channel(self.sock)
        self.waiting = {}
        asyncio.ensure_future(self.turn())

    async def turn(self):
        while True:
            event = await fdferry.asyncio.next_event(self.channel)
            if event.type is EventType.HANDOFF:
                self.waiting.pop(event.id).set_result(event.outcome)
            elif event.type is EventType.END:
                return

    async def take(self, sock):
        """Has it accepted? If not, the connection is still ours."""
        try:
            number = self.channel.handoff(sock, timeout=2)
        except OSError:
            return False
        outcome = asyncio.get_running_loop().create_future()
        self.waiting[number] = outcome
        return await outcome in (Outcome.ACCEPTED, Outcome.IN_DOUBT)


async def first(directory):
    path = os.path.join(directory, "second.sock")
    loop = asyncio.get_running_loop()
    child = subprocess.Popen([sys.executable, __file__, "--second", path])
    while not os.path.exists(path):
        await asyncio.sleep(0.05)
    second = Second(path)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    tasks = set()

    async def look(sock):
        # MSG_PEEK reads nothing: whoever gets the connection sees it all.
        # Bytes that stay make the socket readable, so we pause between
        # looks.
        seen = b""
        for _ in range(250):
            try:
                seen = sock.recv(10, socket.MSG_PEEK)
            except BlockingIOError:
                pass
            else:
                if len(seen) in (0, 10):
                    break
            await asyncio.sleep(0.02)
        if seen.startswith(b"GET /heavy") and await second.take(sock):
            sock.close()        # ours; the second has its own
        else:
            await answer(sock, b"first")
    try:
        while True:
            sock, _ = await loop.sock_accept(listener)
            sock.setblocking(False)
            task = asyncio.ensure_future(look(sock))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        child.terminate()
        child.wait()


async def second(path):
    async with await fdferry.asyncio.serve_sockets(
            path, lambda sock, info: answer(sock, b"second"),
            "ack") as server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(second(sys.argv[2]) if sys.argv[1] == "--second"
                    else first(sys.argv[1]))
    except KeyboardInterrupt:
        pass
