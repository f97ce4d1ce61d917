# SPDX-License-Identifier: 0BSD
"""What the Python tests of the command share: TAP, fronts, workers.

Every wait is bounded; what was started is ended; an alarm ends a test that
hangs all the same. What was not expected (an exception, the alarm) is told
in the TAP, with the ends of the logs of what was started.
"""
import array
import atexit
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

FDFERRY = os.environ.get("FDFERRY", "./fdferry")
DIR = tempfile.mkdtemp(prefix="fdferry.")
WAIT = 15                       # seconds, for anything that must happen
_number = 0
_bad = 0
started = []
programs = []


_saying = threading.RLock()     # again by the handler of SIGALRM


def _say(text):
    """A line, or several: whole, whatever other threads say."""
    with _saying:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _comment(text):
    _say("\n".join("# " + line.encode("ascii", "backslashreplace").decode()
                   for line in text.rstrip("\n").split("\n")))


def _tell(what):
    """`what`, then how far each program came."""
    _comment(what)
    for program in programs:
        state = program.process.poll()
        _comment("---- %s: %s" % (os.path.basename(program.log), "running"
                                  if state is None else "exit %d" % state))
        _comment(program.text()[-2000:])


def _unexpected(kind, value, trace):
    _tell("".join(traceback.format_exception(kind, value, trace)))
    _say("Bail out! %s" % traceback.format_exception_only(
        kind, value)[-1].split("\n")[0])


def _unexpected_in_thread(what):
    """Of a thread: told; what it should have done fails."""
    _comment("".join(traceback.format_exception(
        what.exc_type, what.exc_value, what.exc_traceback)))


sys.excepthook = _unexpected
threading.excepthook = _unexpected_in_thread


def _end():
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(DIR, ignore_errors=True)


atexit.register(_end)


def enough_fds():
    """Programs begin with 256 descriptors on macOS, and may have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def plan(tests, seconds=50):
    def late(signum, frame):
        _tell("".join(traceback.format_stack(frame)))
        _say("Bail out! no end after %d s" % seconds)
        _end()
        os._exit(99)
    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    enough_fds()
    _say("1..%d" % tests)


def ok(cond, name, saw=None):
    global _number, _bad
    _number += 1
    _say("%sok %d - %s" % ("" if cond else "not ", _number, name))
    if not cond:
        _bad = 1
        _comment("saw: %r" % (saw,))


def skip(name, why):
    global _number
    _number += 1
    _say("ok %d - %s # SKIP %s" % (_number, name, why))


def done():
    sys.exit(_bad)


def going(end, enough):
    """Before `end`; or a minute longer, where a machine is too slow for what
    is to be enough by then."""
    return time.monotonic() < end + (0 if enough else 60)


def until(true, seconds=WAIT):
    """Wait until true() says so; its last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.02)


def path(name):
    return os.path.join(DIR, name)


def listens(at):
    """Does somebody listen at this path, with its permissions set?"""
    probe = socket.socket(socket.AF_UNIX)
    try:
        probe.connect(at)
        return True
    except OSError:
        return False
    finally:
        probe.close()


def runs_as(uid):
    """Can this process start fdferry as this user? Its directory, or one
    above it, may be closed to others."""
    try:
        return os.geteuid() == 0 and subprocess.run(
            [FDFERRY, "--version"], stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.setuid(uid)).returncode == 0
    except OSError:
        return False


class Program:
    """A fdferry verb in the background, its standard error in a file."""

    def __init__(self, name, *args, **how):
        self.log = path(name + ".log")
        env = dict(os.environ, **how.pop("env", {}))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([FDFERRY] + list(args),
                                            stderr=how.pop("stderr", log),
                                            env=env, **how)
        started.append(self.process)
        programs.append(self)
        self.pid = self.process.pid

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def lines(self, event=None):
        """Whole JSON lines of the log, of one kind."""
        all_lines = [json.loads(line) for line
                     in self.text().split("\n")[:-1] if line]
        return [line for line in all_lines
                if event is None or line["event"] == event]

    def term(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)

    def end(self, seconds=WAIT):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class Front(Program):
    def __init__(self, name, *args, **how):
        self.connections = 0
        listen = how.pop("listen", ["127.0.0.1:0"])
        for address in listen:
            args += ("--listen", address)
        Program.__init__(self, name, "front", "--log", "json", *args, **how)
        until(lambda: self.process.poll() is not None
              or self.lines("listening"))
        self.addresses = [line["address"] for line
                          in self.lines("listening")]

    def up(self, *names):
        """Wait until these workers are connected."""
        return until(lambda: set(names) <= set(
            line["worker"] for line in self.lines("worker-up")))

    def connect(self, which=0, timeout=WAIT):
        self.connections += 1
        return connect(self.addresses[which], timeout)

    def talk(self, data, which=0, **how):
        return talk(self.connect(which), data, **how)

    def delivered(self):
        return self.lines("delivered")


def connect(address, timeout=WAIT):
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(address[5:])
        return sock
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


def talk(sock, data, pause=0, close=False):
    """Send, then all that comes until the end, which may come early."""
    try:
        if pause:
            for byte in data:
                sock.sendall(bytes([byte]))
                time.sleep(pause)
        else:
            sock.sendall(data)
        if close:
            sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    return rest(sock)


def rest(sock):
    got = b""
    try:
        while True:
            piece = sock.recv(65536)
            if not piece:
                return got
            got += piece
    except OSError as error:
        return got + b"<" + str(error).encode() + b">"
    finally:
        sock.close()


def receive_fd(sock):
    """One byte and its descriptors, by recvmsg as it is documented."""
    fds = array.array("i")
    data, control, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(4))
    for level, kind, payload in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[:len(payload) // 4 * 4])
    return data, list(fds)


def send_fd(sock, fd, byte=b"\0"):
    return sock.sendmsg([byte], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                  array.array("i", [fd]))])


class Worker:
    """A plain worker in a thread: `serve(sock)` for each connection."""

    def __init__(self, name, serve, backlog=5, receive=True):
        self.at = path(name + ".sock")
        self.serve = serve
        self.bytes = []
        self.fronts = []
        self.receive = receive
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.at)
        self.listener.listen(backlog)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                front, _ = self.listener.accept()
                self.fronts.append(front)
                if self.receive:
                    self.go(front)
        except OSError:
            pass

    def go(self, front):
        threading.Thread(target=self._receive, args=(front,),
                         daemon=True).start()

    def _receive(self, front):
        try:
            while True:
                data, fds = receive_fd(front)
                if not data:
                    return
                self.bytes.append(data)
                for fd in fds:
                    sock = socket.socket(fileno=fd)
                    threading.Thread(target=self.serve, args=(sock,),
                                     daemon=True).start()
        except OSError:
            pass

    def gone(self):
        """As if it had died."""
        for sock in [self.listener] + self.fronts:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        os.unlink(self.at)


def echo(tag):
    """Answer with a tag and the first bytes, then close."""
    def serve(sock):
        sock.settimeout(WAIT)
        try:
            sock.sendall(tag + b" " + sock.recv(65536))
            sock.close()
        except OSError:
            pass
    return serve


def client_hello(name, protocols=()):
    """A real one, from the TLS library; None where there is none."""
    try:
        import ssl
    except ImportError:
        return None
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(protocols)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def records(hello, size):
    """The same handshake in TLS records of `size` bytes."""
    body = hello[5:]
    return b"".join(
        hello[:3] + struct.pack(">H", len(body[i:i + size]))
        + body[i:i + size] for i in range(0, len(body), size))


def inodes(pid):
    """Of the sockets that a process holds; None where /proc is missing."""
    base = "/proc/%d/fd" % pid
    if not os.path.isdir(base):
        return None
    found = set()
    for name in os.listdir(base):
        try:
            found.add(os.stat(os.path.join(base, name)).st_ino)
        except OSError:
            pass
    return found


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
