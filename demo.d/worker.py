#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""worker.py SOCKET CERT KEY - a worker without fdferry: stock Python 3.

It listens on SOCKET, takes connections with socket.recv_fds() (one NUL byte
and one descriptor each) and speaks TLS on them. The ClientHello that the
front looked at is still there to be read.
"""
import os
import socket
import ssl
import sys
import threading
import time


def serve(fd, context):
    inode = os.fstat(fd).st_ino
    sock = socket.socket(fileno=fd)
    sock.settimeout(40)
    with context.wrap_socket(sock, server_side=True) as tls:
        request = b""
        while b"\r\n\r\n" not in request:
            data = tls.recv(4096)
            if not data:
                return
            request += data
        first = request.split(b"\r\n", 1)[0].decode("latin-1")
        answer = 'worker=python pid=%d inode=%d from=%s:%d saw="%s"\n' % (
            os.getpid(), inode, *tls.getpeername()[:2], first)
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    b"Connection: close\r\n\r\n" + answer.encode())
        # Hold the connection until the demo has looked who has it.
        release = os.path.join(os.environ["FDFERRY_DEMO"], "release")
        deadline = time.monotonic() + 40
        while not os.path.exists(release) and time.monotonic() < deadline:
            time.sleep(0.05)
        tls.unwrap()


def from_front(front, context):
    while True:
        data, fds, _flags, _address = socket.recv_fds(front, 1, 1)
        if not data:
            return
        for fd in fds:
            threading.Thread(target=serve, args=(fd, context),
                             daemon=True).start()


def main():
    path, cert, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()
    while True:
        front, _ = listener.accept()
        threading.Thread(target=from_front, args=(front, context),
                         daemon=True).start()


main()
