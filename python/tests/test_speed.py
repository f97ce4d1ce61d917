# SPDX-License-Identifier: 0BSD
"""send_fds() and recv_fds() against those of the standard library, one call
of each in turn. Not part of make check: it wants a machine of its own."""
import os
import socket
import statistics
import unittest
from time import perf_counter

import fdferry
from common import needs_backend

ROUNDS = 6000
MOST = {1: 1.05, 16: 0.80}      # the ratio, at so many descriptors


@needs_backend
@unittest.skipUnless(hasattr(socket, "send_fds"),
                     "this Python has no socket.send_fds()")
class Speed(unittest.TestCase):
    def ratio(self, n):
        a, b = socket.socketpair(socket.AF_UNIX)
        fds = [os.dup(0) for _ in range(n)]
        times = {fdferry: [], socket: []}
        with a, b:
            for _ in range(ROUNDS):
                for module, list_ in times.items():
                    begin = perf_counter()
                    module.send_fds(a, [b"x"], fds)
                    got = module.recv_fds(b, 1, n)[1]
                    list_.append(perf_counter() - begin)
                    for fd in got:
                        os.close(fd)
        for fd in fds:
            os.close(fd)
        ours, theirs = map(statistics.median, times.values())
        return ours / theirs

    def test_ratio(self):
        for n, most in MOST.items():
            with self.subTest(descriptors=n):
                # The best of five: another's load is not ours.
                ratios = []
                while len(ratios) < 5 and (not ratios
                                           or min(ratios) > most):
                    ratios.append(self.ratio(n))
                print("# %2d descriptors: %.2f of the standard library's "
                      "time, at most %.2f" % (n, min(ratios), most),
                      flush=True)
                self.assertLessEqual(min(ratios), most, ratios)


if __name__ == "__main__":
    unittest.main()
