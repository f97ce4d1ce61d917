#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""http_server_worker.py SOCKET [plain|ack] - http.server, in threads."""
import signal
import sys
from http.server import BaseHTTPRequestHandler

import fdferry


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30                # of a connection that is kept alive

    def do_GET(self):
        text = ("http.server sees %s:%d\n" % self.client_address[:2]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


def main(path, wire="plain"):
    with fdferry.serve(path, lambda sock, info: Handler(
            sock, info.client, None), wire) as server:
        signal.signal(signal.SIGTERM, lambda *args: server.close())
        server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
