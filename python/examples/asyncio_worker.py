#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""asyncio_worker.py SOCKET [plain|ack] - the smallest worker."""
import asyncio
import signal
import sys

import fdferry.asyncio


async def handle(reader, writer, info):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                  "asyncio sees %s:%d rule=%s name=%s\n" % (
                      info.client[0], info.client[1], info.rule,
                      info.name)).encode())


async def main(path, wire="plain"):
    server = await fdferry.asyncio.serve(path, handle, wire)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM,
                                                  server.close)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
