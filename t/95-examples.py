# SPDX-License-Identifier: 0BSD
"""95-examples: the workers in examples/ serve behind a front.

Each is asked twice, through two fronts at once. EXAMPLES=all compiles those
in Go and Rust too; CARGO_TARGET_DIR and GOCACHE say where.
"""
import os
import shlex
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Front, WAIT, done, ok, path, plan, skip, started, until

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
HERE = os.path.join(SOURCE, "examples")
LIBS = os.environ.get("FDFERRY_LIBDIR", ".")
ALL = os.environ.get("EXAMPLES") == "all"


class Missing(Exception):
    pass


def tool(name, *check):
    if shutil.which(name) is None or check and subprocess.call(
            (name,) + check, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        raise Missing("no %s for it" % name)
    return name


def build(name, argv, **more):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=300, **more)
    if p.returncode != 0:
        raise RuntimeError(p.stdout.decode("utf-8", "replace")[-2000:])
    return name


def makefile(name):
    with open(os.path.join(LIBS, "Makefile")) as f:
        for line in f:
            if line.startswith(name + " = "):
                return [w for w in shlex.split(line.split(" = ", 1)[1])
                        if not w.startswith("-std=")]
    return []


def prefix():
    # Whatever configure put before the names of all functions.
    return ["-DFDFERRY_SYMBOL_PREFIX=" + word
            for word in makefile("fdferry_prefix")]


def in_c():
    out, static = path("c-worker"), os.path.join(LIBS, ".libs/libfdferry.a")
    cc = shlex.split(os.environ.get("CC", "cc"))
    cc = [w for w in cc if not w.startswith("-std=")]
    os.environ["LD_LIBRARY_PATH"] = os.path.join(LIBS, ".libs")
    library = [static] if os.path.exists(static) else [
        "-L" + os.path.join(LIBS, ".libs"), "-lfdferry"]
    build(out, cc + prefix() + makefile("CPPFLAGS") + makefile("CFLAGS")
          + makefile("LDFLAGS") + ["-Wall", "-Werror",
          "-I" + os.path.join(SOURCE, "lib"), "-I" + os.path.join(LIBS, "lib"),
          "-o", out,
          os.path.join(HERE, "worker.c")] + library
          + makefile("FDFERRY_LIBS"))
    return [out]


def in_go(way):
    if not ALL:
        raise Missing("EXAMPLES=all is not set")
    out = path("go-worker")
    build(out, [tool("go"), "build", "-o", out, "."],
          cwd=os.path.join(HERE, "go"))
    return [out, way]


def in_rust():
    if not ALL:
        raise Missing("EXAMPLES=all is not set")
    tool("cargo")
    shutil.copytree(os.path.join(HERE, "rust"), path("rust"))
    target = os.environ.get("CARGO_TARGET_DIR", path("target"))
    build("rust", ["cargo", "build", "-q"], cwd=path("rust"),
          env=dict(os.environ, CARGO_TARGET_DIR=target))
    return [os.path.join(target, "debug", "worker")]


def script(program, name, *check):
    return [tool(program, *check), os.path.join(HERE, name)]


def ask(front):
    s = front.connect()
    s.sendall(b"GET /page HTTP/1.1\r\nHost: localhost\r\n"
              b"Connection: close\r\n\r\n")
    answer = b""
    while True:
        try:
            more = s.recv(4096)
        except ConnectionResetError:    # behind the whole answer
            break
        if not more:
            break
        answer += more
    s.close()
    return answer


def unspaced(word):
    """A name for the file that exec: takes for one word."""
    if " " not in word:
        return word
    link = path("link%d" % len(os.listdir(path(""))))
    os.symlink(word, link)
    return link


def example(title, argv, words, address="%s"):
    try:
        argv = argv()
    except Missing as why:
        skip(title, why)
        return
    except (OSError, RuntimeError) as why:
        ok(False, "%s: it compiles" % title, str(why))
        return
    sock = path("s%d" % len(started))
    log = path(title.replace(" ", "-").replace(",", "") + ".log")
    if "%s" in address:
        worker = subprocess.Popen(argv + [sock], stdin=subprocess.DEVNULL,
                                  stdout=open(log, "wb"),
                                  stderr=subprocess.STDOUT)
        started.append(worker)
        # Not by connecting: that is a front that ends, which all must bear,
        # but not what is asked here.
        until(lambda: os.path.exists(sock))
        address %= sock
    command = " ".join(unspaced(word) for word in argv)
    fronts = [Front("front%d%d" % (len(started), i), "--worker", "w="
                    + address.replace("ARGV", command), "--rule",
                    "page: path=/page -> w", "--default", "w")
              for i in range(2)]
    answers = [ask(front) for front in fronts for _ in range(2)]
    told = "".join(front.text() for front in fronts)
    if os.path.exists(log):
        told += open(log).read()
    ok(all(a.startswith(b"HTTP/1.") and words.encode() in a for a in answers),
       "%s: two fronts, four clients" % title, (answers, told))
    for process in started[-3:]:
        process.terminate()
        process.wait(WAIT)


def sshd():
    """No line is needed: the program of inetd says its first word."""
    for program in ("/usr/sbin/sshd", "/usr/local/sbin/sshd"):
        if os.path.exists(program):
            break
    else:
        skip("sshd", "no sshd")
        return
    key = path("key")
    build(key, [tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f",
                key])
    # Where sshd never ran, it misses a directory: give it a /run of its own.
    run = path("run")
    with open(run, "w") as f:
        f.write("test -d /run/sshd || { mount -t tmpfs none /run &&"
                " mkdir -m 755 /run/sshd; }\nexec %s -i -e -f /dev/null"
                " -h %s\n" % (program, key))
    own = "unshare -m " if os.geteuid() == 0 and shutil.which("unshare") \
        else ""
    front = Front("sshd", "--default", "w", "--worker",
                  "w=exec:%ssh %s" % (own, run))
    s = front.connect()
    said = s.recv(64)
    s.close()
    if b"SSH-2.0" not in said and "privilege separation" in front.text():
        skip("sshd", "sshd never ran here")
    else:
        ok(said.startswith(b"SSH-2.0"), "sshd -i, without a line",
           (said, front.text()))
    front.term()
    front.end()


plan(11, 400 if ALL else 100)
example("C, ack", in_c, "hello from C, rule page", "ack:%s")
example("Python", lambda: [sys.executable, os.path.join(HERE, "worker.py")],
        "hello from Python")
example("Perl", lambda: script("perl", "worker.pl", "-MIO::FDPass", "-e1"),
        "hello from Perl")
example("Ruby", lambda: script("ruby", "worker.rb", "-rsocket", "-e", "1"),
        "hello from Ruby")
example("PHP", lambda: script("php", "worker.php", "-r",
                              "exit((int)!function_exists('socket_recvmsg'));"),
        "hello from PHP")
example("Node", lambda: script("node", "worker.js"), "hello from Node",
        "exec:ARGV")
example("inetd", lambda: ["/bin/sh", os.path.join(HERE, "inetd.sh")],
        "hello from sh, 127.0.0.1", "exec:ARGV")
example("Go, plain", lambda: in_go("plain"), "hello from Go, 127.0.0.1:")
example("Go, ack", lambda: in_go("ack"), "rule page", "ack:%s")
example("Rust", in_rust, "hello from Rust")
sshd()
done()
