# SPDX-License-Identifier: 0BSD
"""The servers of examples/ behind a real front, asked by curl."""
import os
import shutil
import signal
import subprocess
import sys
import unittest

from common import PYTHONPATH, WAIT, Case, Front, needs_backend, \
    needs_front, needs_loopback, until
from test_serve import certificate

EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "examples")


def has(module):
    try:
        __import__(module)
        return True
    except ImportError:
        return False


def needs(module):
    return unittest.skipUnless(has(module), "no " + module)


@needs_backend
@needs_front
@unittest.skipUnless(shutil.which("curl"), "no curl")
class Examples(Case):
    def begin(self, name, wire, *args, links=1):
        """The program behind a front."""
        path = os.path.join(self.dir(), "w.sock")
        env = dict(os.environ, PYTHONPATH=PYTHONPATH)
        program = self.start([sys.executable, os.path.join(EXAMPLES, name),
                              path, wire] + list(args), env=env)
        front = []
        names = ["w%d" % i for i in range(links)]
        for one in names:
            front += ["--worker", "%s=%s%s" % (
                one, "ack:" if wire == "ack" else "", path)]
        self.assertTrue(until(lambda: os.path.exists(path)))
        front = Front(self, *front, "--pool", "all=" + ",".join(names),
                      "--rule", "r: method=GET -> all", "--default", "all")
        front.up(links)
        return program, front

    def curl(self, front, *args, path="/", scheme="http"):
        """What it printed, and the port it came from."""
        out = subprocess.run(
            ["curl", "-s", "-S", "-k", "-m", str(WAIT), "-w",
             "%{local_port}"] + list(args) + ["%s://%s:%d%s" % (
                 (scheme,) + front.address + (path,))],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(out.returncode, 0, out.stderr)
        text, _, port = out.stdout.decode().rpartition("\n")
        return text, port

    def check(self, name, server, *args, links=1, extra=None, rest=""):
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire):
                program, front = self.begin(name, wire, links=links)
                for _ in range(5):
                    text, port = self.curl(front, *args)
                    self.assertTrue(text.startswith(
                        "%s sees 127.0.0.1:%s%s" % (server, port, rest)),
                        text)
                if wire == "ack":
                    self.assertTrue(until(lambda: len(front.lines(
                        "acknowledged")) == 5), front.text())
                if extra is not None:
                    extra(front)
                front.process.terminate()
                front.process.wait(WAIT)
                program.terminate()
                self.assertIn(program.wait(WAIT), (0, -signal.SIGTERM))

    def websocket(self, path):
        """A client of its own, over a connection of ours."""
        if not has("websockets"):
            return None

        def ask(front):
            from websockets.sync.client import connect
            sock = front.connect()
            with connect("ws://%s:%d%s" % (front.address + (path,)),
                         sock=sock) as client:
                port = sock.getsockname()[1]
                client.send("hello")
                self.assertEqual(client.recv(WAIT),
                                 "hello from %d" % port)
        return ask

    def test_asyncio(self):
        self.check("asyncio_worker.py", "asyncio")

    @needs("uvicorn")
    def test_uvicorn(self):
        self.check("uvicorn_worker.py", "uvicorn",
                   extra=self.websocket("/ws"))

    @needs("hypercorn")
    def test_hypercorn_http1(self):
        self.check("hypercorn_worker.py", "hypercorn",
                   rest=" over HTTP/1.1")

    @needs("hypercorn")
    def test_hypercorn_http2(self):
        help_ = subprocess.run(["curl", "--version"],
                               stdout=subprocess.PIPE).stdout
        if b"HTTP2" not in help_:
            self.skipTest("a curl without HTTP/2")
        self.check("hypercorn_worker.py", "hypercorn",
                   "--http2-prior-knowledge", rest=" over HTTP/2")
        directory = self.dir()
        if certificate(directory) is None:
            return
        for wire in ("plain", "ack"):
            _, front = self.begin(
                "hypercorn_worker.py", wire, os.path.join(directory, "c"),
                os.path.join(directory, "k"))
            text, port = self.curl(front, "--http2", scheme="https")
            self.assertEqual(text, "hypercorn sees 127.0.0.1:%s over HTTP/2"
                             % port)

    @needs("gunicorn")
    def test_gunicorn(self):
        pids = set()

        def both(front):
            """Each worker process has its link."""
            for _ in range(20):
                pids.add(self.curl(front)[0].rsplit("pid=")[1])
            self.assertEqual(len(pids), 2, pids)
            pids.clear()
        self.check("gunicorn_worker.py", "gunicorn", links=2, extra=both)

    @needs("aiohttp")
    def test_aiohttp(self):
        self.check("aiohttp_worker.py", "aiohttp",
                   extra=self.websocket("/ws"))

    def test_http_server(self):
        self.check("http_server_worker.py", "http.server")


@needs_backend
@needs_loopback
class Offload(Case):
    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_offload(self):
        env = dict(os.environ, PYTHONPATH=PYTHONPATH)
        program = self.start(
            [sys.executable, os.path.join(EXAMPLES, "offload.py"),
             self.dir()], env=env, stdout=subprocess.PIPE)
        port = program.stdout.readline().decode().strip()

        def ask(path):
            out = subprocess.run(
                ["curl", "-s", "-S", "-m", str(WAIT),
                 "http://127.0.0.1:%s%s" % (port, path)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return out.stdout.decode().split()
        light, heavy = ask("/light"), ask("/heavy/work")
        self.assertEqual(light[3], "first", light)
        self.assertEqual(heavy[3], "second", heavy)
        # Without the second, the first serves all by itself.
        os.kill(int(heavy[-1]), signal.SIGKILL)
        self.assertTrue(until(lambda: ask("/heavy/work")[3:4] == ["first"]))
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(WAIT), 0)


if __name__ == "__main__":
    unittest.main()
