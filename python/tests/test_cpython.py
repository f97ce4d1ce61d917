# SPDX-License-Identifier: 0BSD
"""CPython's own tests of SCM_RIGHTS, over this package: its sendmsg() and
recvmsg() are replaced by our calls, and nothing else of them."""
import array
import errno
import socket
import unittest
from unittest import mock

import fdferry
from common import needs_backend

try:
    from test import test_socket
    BASE = test_socket.RecvmsgSCMRightsStreamTest
    FDS = getattr(test_socket, "SendRecvFdsTests", unittest.TestCase)
except (ImportError, AttributeError, unittest.SkipTest):
    BASE = None

RIGHTS = (socket.SOL_SOCKET, socket.SCM_RIGHTS)

if BASE is None:
    class Missing(unittest.TestCase):
        def test_all(self):
            self.skipTest("this Python comes without its own tests")
else:
    @needs_backend
    class OverFdferry(BASE):
        def sendmsgToServer(self, buffers, control=(), *rest):
            fds = array.array("i")
            for level, kind, data in control:
                self.assertEqual((level, kind), RIGHTS)
                data = bytes(data)
                if len(data) % fds.itemsize:
                    # What no list of descriptors can say.
                    raise OSError(errno.EINVAL, "half a descriptor")
                fds.frombytes(data)
            return fdferry.send_fds(self.cli_sock, buffers, fds, *rest)

        def doRecvmsg(self, sock, bufsize, room=0, flags=0):
            n = max(0, (room - socket.CMSG_LEN(0)) // self.itemsize)
            try:
                data, fds, msg_flags, address = fdferry.recv_fds(
                    sock, bufsize, n, flags)
            except fdferry.TruncatedError as error:
                data, msg_flags, address = (error.data, error.flags,
                                            error.address)
                fds = list(error.fds.take_all())
            control = [RIGHTS + (array.array("i", fds).tobytes(),)] \
                if fds else []
            result = data, control, msg_flags, address
            self.registerRecvmsgResult(result)
            return result

        itemsize = array.array("i").itemsize

    @needs_backend
    class Functions(FDS):
        """socket.send_fds() and recv_fds() (3.9 and later)."""

        def run(self, result=None):
            with mock.patch.object(socket, "send_fds", fdferry.send_fds,
                                   create=True), \
                    mock.patch.object(socket, "recv_fds", fdferry.recv_fds,
                                      create=True):
                return super().run(result)

    # What was imported is not ours to run.
    del BASE, FDS


if __name__ == "__main__":
    unittest.main()
