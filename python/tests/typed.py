# SPDX-License-Identifier: 0BSD
"""What programs write, for type checkers; it is not run."""
import asyncio
import socket
import ssl
from typing import List, Optional, Tuple

import fdferry
import fdferry.asyncio
from fdferry.compat import fdsend, passfd, python_passfd, sendmsg


def messages(sock: socket.socket) -> None:
    with open("/dev/null") as file:
        sent: int = fdferry.send_fds(sock, [b"x", bytearray(2)],
                                     [file, sock, 1], 0, "/path")
    data, fds, flags, address = fdferry.recv_fds(sock, 10, 3)
    both: Tuple[bytes, int] = data, flags
    numbers: List[int] = fds
    with fds:
        one: int = fds.take()
        other: socket.socket = fds.take_socket(1)
    fd: int = fdferry.recv_fd(sock, policy=fdferry.Policy(uids=[0]))
    family: Optional[int] = fdferry.describe(fd).family
    uid: Optional[int] = fdferry.peer(sock).uid
    try:
        fdferry.send_fd(sock, fd)
    except fdferry.TruncatedError as error:
        kept: List[int] = error.fds.take_all()
        print(kept, address, both, numbers, one, other, family, uid, sent)


def channel(sock: socket.socket) -> None:
    with fdferry.Channel(sock, most_offers=3) as ch:
        number: int = ch.handoff(sock, b"x", timeout=1.5)
        for event in ch:
            if event.type is fdferry.EventType.HANDOFF \
                    and event.id == number:
                outcome: fdferry.Outcome = event.outcome
                print(outcome.name)


def threads(sock: socket.socket, info: fdferry.Info) -> None:
    sock.sendall(info.rule.encode())


async def streams(reader: asyncio.StreamReader,
                  writer: asyncio.StreamWriter,
                  info: fdferry.asyncio.Info) -> None:
    writer.write(await reader.readline())


async def main(context: ssl.SSLContext) -> None:
    with fdferry.serve("/path", threads, "ack") as server:
        server.wait(1.0)
    async with await fdferry.asyncio.serve("/path", streams, wire="ack",
                                           ssl=context) as other:
        await other.serve_forever()


def old(sock: socket.socket) -> None:
    n: int = fdsend.sendfds(sock, "x", fds=[1])
    data, fds = fdsend.recvfds(sock, 10)
    fd, message = python_passfd.recvfd(sock)
    m: int = passfd.sendfd(1, 2, "x")
    text, flags, control = sendmsg.recvmsg(0)
    print(n, data + message + text, fds, fd, m, flags, control)
