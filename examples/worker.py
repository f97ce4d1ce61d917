# SPDX-License-Identifier: 0BSD
"""worker.py SOCKET - a plain worker of `fdferry front`: Python's own library.

With the package in python/ there is more: see python/examples.
"""
import http.server
import socket
import sys
import threading


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b"hello from Python\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


def serve(client):
    with client:
        Page(client, client.getpeername(), None)


def take(front):
    """One byte and one descriptor a message, until the front ends."""
    while True:
        byte, fds, _, _ = socket.recv_fds(front, 1, 1)
        if not byte:
            return
        for fd in fds:
            client = socket.socket(fileno=fd)
            threading.Thread(target=serve, args=[client], daemon=True).start()


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(16)
while True:
    threading.Thread(target=take, args=[listener.accept()[0]],
                     daemon=True).start()
