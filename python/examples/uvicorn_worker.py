#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""uvicorn_worker.py SOCKET [plain|ack] - uvicorn, any ASGI application.

The address in scope["client"] is the client's. What the front saw of a
connection (ack) is in scope["state"]["fdferry"].
"""
import asyncio
import sys

import fdferry.asyncio
import uvicorn


class Server(uvicorn.Server):
    """uvicorn's own, but its connections come from fronts."""

    def __init__(self, config, path, wire):
        super().__init__(config)
        self.path = path
        self.wire = wire

    async def startup(self, sockets=None):
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(3)
        loop = asyncio.get_running_loop()

        def handle(sock, info):
            return loop.connect_accepted_socket(
                lambda: self.config.http_protocol_class(
                    config=self.config, server_state=self.server_state,
                    app_state=dict(self.lifespan.state, fdferry=info)),
                sock, ssl=self.config.ssl)
        # It is closed, and waited for, by uvicorn's shutdown().
        self.servers = [await fdferry.asyncio.serve_sockets(
            self.path, handle, self.wire)]
        self.started = True


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send",
                    "text": "%s from %d" % (message.get("text"),
                                            scope["client"][1])})
        await send({"type": "websocket.close"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", b"text/plain")]})
        text = "uvicorn sees %s:%d rule=%s\n" % (
            *scope["client"], scope["state"]["fdferry"].rule)
        await send({"type": "http.response.body", "body": text.encode()})


if __name__ == "__main__":
    Server(uvicorn.Config(app, lifespan="off", log_level="warning"),
           sys.argv[1], (sys.argv[2:] or ["plain"])[0]).run()
