# SPDX-License-Identifier: 0BSD
"""Libraries of others as subjects: what each needs, and how it is started."""
import glob
import os
import shutil
import subprocess
import sys

import kit

HERE = os.path.join(kit.HERE, "peers")


class Missing(Exception):
    """Cannot be had here."""


class Peer:
    def __init__(self, name, most, argv):
        self.name, self.most, self.argv = name, most, argv


def run(argv, what, **more):
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=280,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           **more)
    except (OSError, subprocess.TimeoutExpired) as why:
        raise Missing("%s: %s" % (what, why))
    text = p.stdout.decode("utf-8", "replace").strip()
    if p.returncode != 0:
        lines = [x for x in text.splitlines() if "rror" in x] or [
            text.split("\n")[-1] or "no output"]
        raise Missing("%s: %s" % (what, lines[0][:160]))
    return text


def tool(name):
    found = shutil.which(name)
    if found is None:
        raise Missing("no %s" % name)
    return found


def of_c(name, libraries, subject):
    """A file of peers/ with our driver around it."""
    out = os.path.join(kit.BIN, "peer-" + name)
    run(os.environ.get("CC", "cc").split() + ["-O2", "-I", kit.SRC + "/lib",
        "-I", kit.HERE, "-o", out, os.path.join(kit.HERE, "subject.c"),
        os.path.join(HERE, name + ".c")] + libraries, name + ".c")
    return [os.path.abspath(out), subject]


def of_script(interpreter, script, probe, *words):
    """A script, if its interpreter runs the probe."""
    argv = [sys.executable if interpreter == "python3" else tool(interpreter)]
    run(argv + probe, "%s %s" % (interpreter, " ".join(probe)))
    return argv + [os.path.join(HERE, script)] + list(words)


def of_go():
    out = os.path.join(kit.BIN, "peer-go")
    run([tool("go"), "build", "-o", out, os.path.join(HERE, "rights.go")],
        "go build")
    return [os.path.abspath(out)]


def of_rust():
    """Its crate comes from cargo's registry, once."""
    home = os.path.abspath(os.path.join(kit.BIN, "rust"))
    shutil.copytree(os.path.join(HERE, "rust"), home, dirs_exist_ok=True)
    run([tool("cargo"), "build", "-q", "--release"]
        + ([] if kit.INSTALL else ["--offline"]), "cargo build", cwd=home,
        env=dict(os.environ, CARGO_TARGET_DIR=os.path.join(home, "target")))
    return glob.glob(os.path.join(home, "target", "release", "peer"))


def peers():
    return [
        Peer("skalibs ancil", 1,
             lambda: of_c("skalibs", ["-lskarnet"], "ancil")),
        Peer("skalibs unixmessage", 253,
             lambda: of_c("skalibs", ["-lskarnet"], "unixmessage")),
        Peer("libuv", 1, lambda: of_c("uv", ["-luv"], "uv")),
        Peer("Rust sendfd", 253, of_rust),
        Peer("Go UnixRights", 253, of_go),
        Peer("Python send_fds", 253, lambda: of_script(
            "python3", "send_fds.py", ["-c", "import socket; "
                                       "socket.send_fds"])),
        Peer("Perl IO::FDPass", 1, lambda: of_script(
            "perl", "rights.pl", ["-MIO::FDPass", "-e1"], "FDPass")),
        Peer("Perl Socket::MsgHdr", 253, lambda: of_script(
            "perl", "rights.pl", ["-MSocket::MsgHdr", "-e1"], "MsgHdr")),
        Peer("Ruby send_io", 1, lambda: of_script(
            "ruby", "send_io.rb", ["-rsocket", "-e1"])),
    ]
