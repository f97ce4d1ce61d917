#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""raw.py PORT LINE - send one line, print what comes until the end."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as sock:
    sock.settimeout(60)
    sock.sendall(sys.argv[2].encode() + b"\n")
    while True:
        data = sock.recv(4096)
        if not data:
            break
        sys.stdout.write(data.decode("latin-1"))
        sys.stdout.flush()
