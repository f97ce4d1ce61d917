#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""aiohttp_worker.py SOCKET [plain|ack] - an application of aiohttp.web."""
import asyncio
import signal
import sys

import fdferry.asyncio
from aiohttp import web


async def page(request):
    return web.Response(text="aiohttp sees %s:%d\n" %
                        request.transport.get_extra_info("peername")[:2])


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    message = await socket.receive_str()
    await socket.send_str("%s from %d" % (
        message, request.transport.get_extra_info("peername")[1]))
    await socket.close()
    return socket


async def main(path, wire="plain"):
    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/ws", echo)])
    runner = web.AppRunner(app)
    await runner.setup()
    loop = asyncio.get_running_loop()
    server = await fdferry.asyncio.serve_sockets(
        path, lambda sock, info: loop.connect_accepted_socket(
            runner.server, sock), wire)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    await runner.cleanup()      # ends connections that are kept alive
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
