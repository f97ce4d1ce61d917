# SPDX-License-Identifier: 0BSD
"""The programs that send and receive: how each is got and started."""
import os
import sys

from install import (PROGRAMS, apt, cargo, cc, crate, deb, go, java, ocaml,
                     pip, pip_version, python, run, tool)


class Peer:
    """argv() starts it, or raises Missing; `send PATH FILE N` follows."""
    def __init__(self, name, argv, version, options=(), data=b"\0",
                 stream=False, count=2, env=None, to=True, answers=b""):
        self.name, self.argv, self.version = name, argv, version
        self.options, self.data = list(options), data
        self.stream, self.count = stream, count
        self.env, self.to, self.answers = env or dict, to, answers


def program(name):
    return os.path.join(PROGRAMS, name)


def of_python(version, module, title, **more):
    def exact():
        return run([python(version), "-c", "import platform; "
                    "print(platform.python_version())"], "python")
    return Peer("Python %s %s" % (version, title),
                lambda: [python(version), program("python.py"), module],
                exact, **more)


def of_pip(version, package, module, title=None, **more):
    home = lambda: pip(version, package)  # noqa: E731
    return Peer(title or package,
                lambda: [python(version), program(
                    "python-async.py" if module in ("Anyio", "Twisted")
                    else "python.py"), module] if home() else None,
                lambda: "%s, Python %s" % (pip_version(home(), package),
                                           version),
                env=lambda: {"PYTHONPATH": home()}, **more)


def of_deb(title, package, argv, asked=None, **more):
    """`asked`: what prints the version, if the package does not tell it."""
    def got():
        apt(package)
        return argv()
    return Peer(title, got, lambda: run(asked, title) if asked
                else deb(package), **more)


def of_rust(name):
    return Peer("Rust, crate %s" % name, lambda: [cargo(), name],
                lambda: crate(name))


def one(option):
    """`send` options as they stand in a command line, and the same bytes."""
    text = option.encode().decode("unicode_escape").encode("latin-1")
    return dict(options=["--data", option], data=text)


def peers():
    every = []
    for v in ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13"):
        every.append(of_python(v, "Sendmsg", "socket.sendmsg") if v == "3.8"
                     else of_python(v, "SendFds", "socket.send_fds"))
        every.append(of_python(v, "Reduction", "multiprocessing.reduction",
                               options=["--byte", "1"], data=b"\1"))
    every.append(of_python("3.13", "Connection", "multiprocessing.connection",
                           options=["--byte", "1"], data=b"\1"))
    every += [of_pip("3.11", "anyio", "Anyio"),
              of_pip("3.11", "twisted", "Twisted"),
              of_pip("3.11", "gevent", "Gevent"),
              of_pip("2.7", "passfd", "Passfd", "passfd"),
              of_pip("2.7", "python-passfd", "PythonPassfd"),
              of_pip("2.7", "sendmsg", "SendmsgModule")]
    every += [
        of_deb("Perl IO::FDPass", "libio-fdpass-perl",
               lambda: ["perl", program("fdpass.pl")]),
        of_deb("Perl Socket::MsgHdr", "libsocket-msghdr-perl",
               lambda: ["perl", program("msghdr.pl")]),
        of_deb("Ruby send_io", "ruby",
               lambda: ["ruby", program("send_io.rb")],
               ["ruby", "-e", "print RUBY_VERSION"]),
        of_deb("PHP sockets", "php-cli",
               lambda: ["php", program("sockets.php")],
               ["php", "-r", "echo PHP_VERSION;"]),
        Peer("Go syscall.UnixRights", lambda: [go()],
             lambda: run(["go", "env", "GOVERSION"], "go")[2:]),
        of_rust("sendfd"), of_rust("passfd"), of_rust("rustix"),
        Peer("Node.js channel", lambda: [
            sys.executable, program("node-channel.py"),
            tool("node", "nodejs"), program("channel.js")],
            lambda: run(["node", "--version"], "node")[1:],
            stream=True, count=1, answers=b'{"cmd":"NODE_HANDLE_ACK"}\n',
            **one(r'{"cmd":"NODE_HANDLE","type":"net.Socket","msg":1}\x0a')),
        of_deb("libuv pipe", "libuv1-dev", lambda: [
            cc("uv", ["libuv1-dev"], ["-luv"])], stream=True),
        of_deb("skalibs ancil", "skalibs-dev", lambda: [
            cc("skalibs", ["skalibs-dev"], ["-lskarnet"]), "ancil"],
            options=["--byte", "61"], data=b"="),
        of_deb("skalibs unixmessage", "skalibs-dev", lambda: [
            cc("skalibs", ["skalibs-dev"], ["-lskarnet"]), "unixmessage"],
            **one(r"\x00\x00\x00\x01\x00\x01x")),
        of_deb("GLib GUnixConnection", "libglib2.0-dev", lambda: [
            cc("glib", ["libglib2.0-dev"], [], "gio-unix-2.0")]),
        of_deb("Erlang socket", "erlang-base", lambda: [
            "escript", program("rights.erl")]),
        of_deb("Java junixsocket", "libjunixsocket-java", java),
        of_deb("OCaml extunix", "libextunix-ocaml-dev", lambda: [ocaml()]),
    ]
    return every
