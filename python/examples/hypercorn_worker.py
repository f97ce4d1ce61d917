#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""hypercorn_worker.py SOCKET [plain|ack [CERT KEY]] - hypercorn: HTTP/1,
HTTP/2, and with a certificate TLS."""
import asyncio
import signal
import sys

import fdferry.asyncio
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.utils import wrap_app


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    text = "hypercorn sees %s:%d over HTTP/%s\n" % (
        *scope["client"][:2], scope["http_version"])
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


async def main(path, wire="plain", cert=None, key=None):
    loop = asyncio.get_running_loop()
    config = Config()
    config.certfile, config.keyfile = cert, key
    wrapped = wrap_app(app, config.wsgi_max_body_size, None)
    state = {}
    lifespan = Lifespan(wrapped, config, loop, state)
    living = loop.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    context = WorkerContext(None)

    async def handle(reader, writer, info):
        await TCPServer(wrapped, loop, config, context, state, reader,
                        writer)
    server = await fdferry.asyncio.serve(
        path, handle, wire,
        ssl=config.create_ssl_context() if config.ssl_enabled else None)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    await context.terminated.set()
    await asyncio.wait_for(server.wait_closed(), config.graceful_timeout)
    await lifespan.wait_for_shutdown()
    await living


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
