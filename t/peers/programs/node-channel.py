# SPDX-License-Identifier: 0BSD
"""node-channel.py NODE PROGRAM send|recv PATH ...: NODE with its channel."""
import os
import socket
import sys

s = socket.socket(socket.AF_UNIX)
if sys.argv[3] == "send":
    s.connect(sys.argv[4])
else:
    s.bind(sys.argv[4])
    s.listen(1)
    s = s.accept()[0]
os.set_inheritable(s.fileno(), True)
os.environ["NODE_CHANNEL_FD"] = str(s.fileno())
os.execvp(sys.argv[1], sys.argv[1:])
