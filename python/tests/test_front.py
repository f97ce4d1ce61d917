# SPDX-License-Identifier: 0BSD
"""Workers of Python behind the real front."""
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

from common import WAIT, Case, Front, needs_backend, needs_front, until

# The five lines of doc/python.md, and how they are run.
FIVE = """
import asyncio, sys, fdferry.asyncio
PATH, WIRE = sys.argv[1:3]
async def handle(reader, writer, info):
    request = await reader.readuntil(b"\\r\\n\\r\\n")
    body = ("%s %d %s %s\\n" % (sys.argv[3], info.client[1], info.name,
                                info.rule)).encode()
    writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + body)
async def main():
    async with await fdferry.asyncio.serve(PATH, handle, WIRE) as server:
        await server.serve_forever()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""
# A small table: handlers hold their descriptor for a moment.
SMALL = """
import asyncio, resource, sys, time, fdferry, fdferry.asyncio
PATH, WIRE, KIND = sys.argv[1:4]
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
async def handle(reader, writer, info):
    await reader.readuntil(b"\\r\\n\\r\\n")
    await asyncio.sleep(0.05)
    writer.write(b"served")
async def main():
    async with await fdferry.asyncio.serve(PATH, handle, WIRE) as server:
        await server.serve_forever()
def thread(sock, info):
    while not sock.recv(999).endswith(b"\\r\\n\\r\\n"): pass
    time.sleep(0.05)
    sock.sendall(b"served")
try:
    if KIND == "asyncio":
        asyncio.run(main())
    else:
        fdferry.serve(PATH, thread, WIRE,
                      max_connections=1000).serve_forever()
except KeyboardInterrupt:
    pass
"""
REQUEST = b"GET /p HTTP/1.1\r\nHost: x.example\r\n\r\n"


@needs_backend
@needs_front
class Behind(Case):
    def worker(self, text, wire, *args):
        path = os.path.join(self.dir(), "w.sock")
        program = self.python(text, path, wire, *args)

        def listens():
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(path) == 0
        self.assertTrue(until(listens), "the worker does not listen")
        address = path if wire == "plain" else "ack:" + path
        return program, address

    def test_five_lines(self):
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire):
                program, address = self.worker(FIVE, wire, "one")
                front = Front(self, "--worker", "one=" + address, "--rule",
                              "r: host=x.example -> one", "--default", "one")
                front.up()
                answer, port = front.ask()
                body = answer.split(b"\r\n\r\n")[1].split()
                self.assertEqual(body[:2], [b"one", b"%d" % port])
                if wire == "ack":
                    self.assertEqual(body[2:], [b"x.example", b"r"])
                program.send_signal(signal.SIGINT)
                self.assertEqual(program.wait(WAIT), 0)

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl(self):
        for wire in ("plain", "ack"):
            with self.subTest(wire=wire):
                _, address = self.worker(FIVE, wire, "one")
                front = Front(self, "--worker", "one=" + address,
                              "--default", "one")
                front.up()
                out = subprocess.run(
                    ["curl", "-s", "-S", "-m", str(WAIT), "-w",
                     "%{local_port}", "http://%s:%d/" % front.address],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                words = out.stdout.split()
                self.assertEqual((out.returncode, words[0]), (0, b"one"),
                                 out.stdout)
                self.assertEqual(words[1], words[-1], "the client's port")

    def test_stopped_and_killed(self):
        """Offers that an ack worker has not answered are served elsewhere,
        whatever it was about."""
        for how in ("stopped, then killed", "killed"):
            with self.subTest(how=how):
                bad, first = self.worker(FIVE, "ack", "bad")
                _, second = self.worker(FIVE, "ack", "good")
                front = Front(self, "--worker", "bad=" + first, "--worker",
                              "good=" + second, "--pool", "all=bad, good",
                              "--default", "all", "--ack-time", "20")
                front.up(2)
                bad.send_signal(signal.SIGSTOP)
                clients = [front.connect() for _ in range(20)]
                for client in clients:
                    client.settimeout(WAIT)
                    client.sendall(REQUEST)
                until(lambda: len(front.lines("acknowledged")) >= 1)
                time.sleep(0.3)
                self.assertLess(len(front.lines("acknowledged")), 20,
                                "some are offered to the one that is silent")
                if how == "killed":
                    # It reads what is queued and dies within it.
                    bad.send_signal(signal.SIGCONT)
                bad.kill()
                served = lost = 0
                for client in clients:
                    with client:
                        answer = b""
                        try:
                            while True:
                                piece = client.recv(999)
                                if not piece:
                                    break
                                answer += piece
                        except ConnectionError:
                            pass
                        served += b"200 OK" in answer
                        lost += b"200 OK" not in answer
                if how == "killed":
                    # What it had accepted died with it; never the others.
                    accepted = sum(line["worker"] == "bad" for line
                                   in front.lines("acknowledged"))
                    self.assertLessEqual(lost, accepted)
                else:
                    self.assertEqual((served, lost), (20, 0))

    def test_small_table(self):
        """A table of 40 descriptors, 80 clients at once: all are served."""
        for kind in ("asyncio", "threads"):
            for wire in ("plain", "ack"):
                with self.subTest(kind=kind, wire=wire):
                    _, address = self.worker(SMALL, wire, kind)
                    front = Front(self, "--worker", "one=" + address,
                                  "--default", "one", "--wait", "30")
                    front.up()
                    clients = [front.connect() for _ in range(80)]
                    for client in clients:
                        client.settimeout(WAIT)
                        client.sendall(REQUEST)
                    answers = []
                    for client in clients:
                        with client:
                            try:
                                answers.append(client.recv(99))
                            except OSError as error:
                                answers.append(error)
                    self.assertEqual(answers, [b"served"] * 80)


if __name__ == "__main__":
    unittest.main()
