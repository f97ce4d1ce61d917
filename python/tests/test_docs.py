# SPDX-License-Identifier: 0BSD
"""Every program of the documentation runs; a worker behind a real front."""
import os
import re
import signal
import subprocess
import sys
import unittest

from common import PYTHONPATH, WAIT, Case, Front, needs_backend, \
    needs_front, needs_loopback, until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PAGES = ["doc/python.md", "python/README.md", "README.md"] + [
    "doc/moving/%s.md" % name for name in ("fdsend", "python-passfd",
                                           "passfd", "sendmsg")]
PROGRAM = re.compile(r"^(<!-- test: worker -->\n)?```python\n(.*?)^```$",
                     re.M | re.S)


def programs(page):
    """(is it a worker, text) of each."""
    with open(os.path.join(TOP, page)) as file:
        return [(bool(worker), text)
                for worker, text in PROGRAM.findall(file.read())]


@needs_backend
@unittest.skipUnless(os.path.exists(os.path.join(TOP, PAGES[0])),
                     "the documentation is not here")
class Documentation(Case):
    @needs_loopback
    def test_programs(self):
        env = dict(os.environ, PYTHONPATH=PYTHONPATH)
        for page in PAGES:
            texts = [text for worker, text in programs(page) if not worker]
            self.assertTrue(texts, page)
            for i, text in enumerate(texts):
                with self.subTest(page=page, program=i):
                    out = subprocess.run(
                        [sys.executable, "-W", "error::DeprecationWarning",
                         "-c", text], env=env, cwd=self.dir(), timeout=WAIT,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
                    self.assertEqual(out.returncode, 0,
                                     out.stdout.decode())

    @needs_front
    def test_workers(self):
        texts = [text for worker, text in programs(PAGES[0]) if worker]
        self.assertEqual(len(texts), 2)
        for text in texts:
            for wire in ("plain", "ack"):
                with self.subTest(wire=wire, text=text):
                    path = os.path.join(self.dir(), "w.sock")
                    program = self.python(text, path, wire,
                                          stderr=subprocess.DEVNULL)
                    self.assertTrue(until(lambda: os.path.exists(path)))
                    front = Front(self, "--worker", "web=%s%s" % (
                        "ack:" if wire == "ack" else "", path), "--default",
                        "web")
                    front.up()
                    answer, port = front.ask()
                    self.assertIn(b"hello ('127.0.0.1', %d)" % port, answer)
                    program.send_signal(signal.SIGINT)
                    self.assertIsNotNone(program.wait(WAIT))

    def test_links(self):
        for page in PAGES[:1] + PAGES[2:]:
            with open(os.path.join(TOP, page)) as file:
                for link in re.findall(r"\]\(([^)#:]+)", file.read()):
                    self.assertTrue(os.path.exists(os.path.join(
                        TOP, os.path.dirname(page), link)), link)


if __name__ == "__main__":
    unittest.main()
