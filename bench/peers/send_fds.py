# SPDX-License-Identifier: 0BSD
"""send_fds.py both|send|recv - socket.send_fds(), as ../subject.c has it."""
import os
import socket
import sys
import time

role = sys.argv[1]
out = socket.socket(fileno=3) if role != "recv" else None
inp = socket.socket(fileno=4) if role != "send" else None
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(253)] if out else []

clock = time.process_time_ns if role == "both" else time.monotonic_ns


def send(n):
    socket.send_fds(out, [b"\0"], files[:n])


def recv(n):
    fds = socket.recv_fds(inp, 1, n)[1]
    if len(fds) != n:
        sys.exit("%d of %d descriptors" % (len(fds), n))
    for fd in fds:
        os.close(fd)


for line in sys.stdin:
    n, count, window = map(int, line.split())
    begin = clock()
    for i in range(1, count + 1):
        if out:
            send(n)
        if inp:
            recv(n)
        if role == "send" and i % window == 0:
            os.read(5, 1)
        if role == "recv" and i % window == 0:
            os.write(5, b"\0")
    print(clock() - begin, flush=True)
