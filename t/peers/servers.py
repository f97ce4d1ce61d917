# SPDX-License-Identifier: 0BSD
"""Programs that take part in a way of their own, each a function of a row."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import install
from install import Missing, apt, deb, pip, pip_version, run, tool
from measure import FDFERRY, WAIT, a_stream

HERE = os.path.dirname(os.path.abspath(__file__))


class Place:
    """A directory and the processes that were started in it."""
    def __enter__(self):
        self.dir, self.children = tempfile.mkdtemp(prefix="fdferry."), []
        os.chmod(self.dir, 0o755)
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w") as f:
            f.write(text)
        return self.at(name)

    def start(self, *argv, **more):
        log = open(self.at("log"), "ab")
        more.setdefault("stdin", subprocess.DEVNULL)
        child = subprocess.Popen(argv, stdout=log, stderr=log, cwd=self.dir,
                                 **more)
        log.close()
        self.children.append(child)
        return child

    def log(self):
        lines = open(self.at("log"), errors="replace").read().split("\n")
        return " / ".join([x for x in lines if x][-3:])[:300]

    def socket(self, name, request=None):
        """Connected to a Unix socket, once somebody listens."""
        until = time.monotonic() + WAIT
        while True:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(WAIT)
            try:
                s.connect(self.at(name))
                return s
            except OSError:
                s.close()
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


def free_port():
    """Free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def script(name, way, *, line=None):
    """What a test of `make check` says; `line`: that one of it."""
    p = subprocess.run(["sh", os.path.join(HERE, name)], timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT,
                       env=dict(os.environ, srcdir=os.path.join(HERE, "../.."),
                                PYTHON3=sys.executable))
    lines = [x for x in p.stdout.decode().splitlines()
             if x.startswith(("ok", "not ok", "1..0", "Bail out"))]
    if line is not None:
        lines = [x for x in lines if " %d " % line in x]
    for x in lines:
        if "# SKIP" in x:
            raise Missing(x.split("# SKIP ")[1])
    bad = [x for x in lines if not x.startswith("ok")]
    return {way: "NO: %s" % bad[0] if bad or not lines else "yes"}


def openssh():
    tool("sshd", "openssh-server")
    row = script("ssh.sh", "to it")
    row["to it"] = row["to it"].replace("yes", "yes (`dial`)")
    row["version"] = run([tool("ssh"), "-V"], "ssh").split(",")[0]
    return row


def nc():
    tool("nc.openbsd", "netcat-openbsd")
    return dict(script("scripts.sh", "from it", line=5),
                version=deb("netcat-openbsd"))


def apache():
    tool("apache2", "apache2-bin")
    return dict(script("apache.sh", "from it"), version=deb("apache2-bin"))


def socket_activate():
    tool("systemd-socket-activate", "systemd")
    return dict(script("socket-activate.sh", "from it"),
                version=run(["systemd-socket-activate", "--version"],
                            "systemd").split()[1])


def listener_for(argv, page, env=None, files=()):
    """A server started by `recv --exec` with a listener at 3 serves."""
    with Place() as place, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for name, text in files:
            place.write(name, text.replace("PORT", str(port)).replace(
                "DIR", place.dir))
        place.start(FDFERRY, "recv", "--timeout", str(WAIT), place.at("s"),
                    "--exec", *argv, env=dict(os.environ, **(env or {})))
        sent = place.start(FDFERRY, "send", "--wait", "--timeout", str(WAIT),
                           place.at("s"), "fd:%d" % listener.fileno(),
                           pass_fds=[listener.fileno()])
        if sent.wait(WAIT + 5) != 0:
            return "NO: " + place.log()
        listener.close()
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/" % port,
                                        timeout=WAIT) as answer:
                body = answer.read().decode()
        except OSError as why:
            return "NO: %s: %s" % (why, place.log())
        return "yes (a listener)" if page in body else "NO: %r" % body[:80]


WSGI = """def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a page"]
"""
ASGI = """async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a page"})
"""


def of_pip(package, text, *options):
    def server():
        version = "3.11"
        home = pip(version, package)
        argv = [install.python(version), "-m", package] + list(options)
        return {"version": pip_version(home, package),
                "to it": listener_for(argv, "a page", {"PYTHONPATH": home},
                                      [("app.py", text)])}
    return server


NGINX = """error_log DIR/error.log;
pid DIR/pid;
events {}
http {
	access_log off;
	client_body_temp_path DIR/b; proxy_temp_path DIR/p;
	fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s2;
	server { listen 127.0.0.1:PORT; location / { return 200 "a page"; } }
}
daemon off;
"""


def nginx():
    path = tool("nginx", "nginx-light")
    return {"version": run([path, "-v"], "nginx").split("/")[1],
            "to it": listener_for(
                ["env", "-u", "LISTEN_FDS", "NGINX=3;", path, "-p", ".", "-e",
                 "error.log", "-c", "nginx.conf"], "a page", None,
                [("nginx.conf", NGINX)])}


HAPROXY = """global
	stats socket DIR/stats mode 600 level admin expose-fd listeners
defaults
	mode http
	timeout client 10s
	timeout server 10s
	timeout connect 10s
frontend web
	bind %s
	http-request return status 200 content-type text/plain string "a page"
"""


def haproxy_fd():
    path = tool("haproxy", "haproxy")
    return {"version": deb("haproxy"), "to it": listener_for(
        [path, "-db", "-f", "haproxy.cfg"], "a page", None,
        [("haproxy.cfg", HAPROXY % "fd@3")])}


def library():
    """A program that receives with libfdferry."""
    libs = os.environ.get("FDFERRY_LIBDIR", ".")
    return install.cc("take", [], ["-I", os.path.join(HERE, "../../lib"),
                                   os.path.join(libs, ".libs/libfdferry.a")])


def packet(s):
    def exactly(n):
        text = b""
        while len(text) < n:
            more = s.recv(n - len(text))
            if not more:
                raise OSError("ssh closed")
            text += more
        return text
    body = exactly(struct.unpack(">I", exactly(4))[0])
    return struct.unpack(">I", body[:4])[0], body[4:]


def openssh_mux():
    """A client of a ControlMaster gives its standard files to it: us."""
    ssh, take = tool("ssh", "openssh-client"), library()
    row = {"version": run([ssh, "-V"], "ssh").split(",")[0],
           "it writes": "`\\x00` + 1"}
    with Place() as place, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place.at("c"))
        listener.listen(1)
        listener.settimeout(WAIT)
        place.start(ssh, "-F", "none", "-o", "ControlMaster=no", "-S",
                    place.at("c"), "nobody@peer.example", "true")
        master = listener.accept()[0]
        master.settimeout(WAIT)
        packet(master)                                  # HELLO
        master.sendall(struct.pack(">III", 8, 1, 4))
        kind, body = packet(master)                     # ALIVE_CHECK
        master.sendall(struct.pack(">II", 12, 0x80000005) + body[:4]
                       + struct.pack(">I", os.getpid()))
        kind, body = packet(master)                     # NEW_SESSION
        p = subprocess.run([take, "-", "", "3"], stdin=master,
                           stdout=subprocess.PIPE, timeout=WAIT)
        master.close()
        said = p.stdout.decode()
        good = p.returncode == 0 and said.count(
            "message 1 bytes 1 descriptors") == 3
        row["from it"] = "yes (library)" if good else "NO: %r" % said
        return row


def haproxy_getsocks():
    path = tool("haproxy", "haproxy")
    take = library()
    with Place() as place:
        ports = [free_port(), free_port()]
        place.write("haproxy.cfg", HAPROXY.replace("DIR", place.dir)
                    % ("127.0.0.1:%d\n\tbind 127.0.0.1:%d" % tuple(ports)))
        place.start(path, "-db", "-f", place.at("haproxy.cfg"))
        place.socket("stats").close()
        out = run([take, place.at("stats"), "_getsocks", "3"], "take", WAIT)
        good = out.count("socket 127.0.0.1:") == 2 and "socket unix:" in out
        return {"version": deb("haproxy"), "it writes":
                "4 bytes (a count), then names + 3",
                "from it": "yes (library)" if good else "NO: %s" % out[:200]}


def qmp(s, command):
    s.sendall(json.dumps(command).encode() + b"\n")
    text = b""
    while True:
        more = s.recv(4096)
        if not more:
            raise OSError("QEMU closed")
        text += more
        for line in text.splitlines():
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if "return" in answer or "error" in answer:
                return answer


def qemu():
    try:
        path = tool("qemu-system-x86_64")
    except Missing:
        path = tool("qemu-system-i386")
    with Place() as place:
        place.start(path, "-machine", "none", "-nodefaults", "-display",
                    "none", "-qmp", "unix:%s,server=on,wait=off"
                    % place.at("a"), "-qmp", "unix:%s,server=on,wait=off"
                    % place.at("b"))
        # The set lives while some monitor is connected.
        watch = place.socket("b")
        qmp(watch, {"execute": "qmp_capabilities"})
        place.write("file", "hello\n")
        data = (r'{"execute":"qmp_capabilities"}{"execute":"add-fd",'
                r'"arguments":{"fdset-id":7}}\x0a')
        p = subprocess.run([FDFERRY, "send", "--wait", "--timeout", str(WAIT),
                            "--data", data, place.at("a"), place.at("file")],
                           stdin=subprocess.DEVNULL)
        answer, until = {}, time.monotonic() + 5
        while time.monotonic() < until and not answer.get("return"):
            answer = qmp(watch, {"execute": "query-fdsets"})
            time.sleep(0.1)
        sets = answer.get("return") or []
        good = p.returncode == 0 and [x["fdset-id"] for x in sets] == [7]
        return {"version": run([path, "--version"], "qemu").split()[3],
                "to it": "yes (`--data`)" if good else "NO: %r" % answer}


def fdholder():
    apt("s6")
    daemon = tool("s6-fdholder-daemon")
    with Place() as place:
        place.write("rules/uid/default/allow", "")
        for name in ("LIST", "STORE_REGEX", "RETRIEVE_REGEX"):
            place.write("rules/uid/default/env/S6_FDHOLDER_" + name, ".*\n")
        place.write("file", "hello\n")
        place.start(daemon, "-i", place.at("rules"), place.at("holder"))
        place.socket("holder").close()
        row = {"version": deb("s6")}
        take = place.start(FDFERRY, "recv", "--timeout", str(WAIT),
                           place.at("s"), "--exec", "sh", "-c",
                           "exec s6-fdholder-store %s kept <&3"
                           % place.at("holder"))
        send = [FDFERRY, "send", "--wait", "--timeout", str(WAIT),
                place.at("s")]
        subprocess.run(send + [place.at("file")], stdin=subprocess.DEVNULL)
        row["to it"] = ("yes (`recv --exec s6-fdholder-store`)"
                        if take.wait(WAIT) == 0 else "NO: " + place.log())
        p = subprocess.Popen([FDFERRY, "recv", "--timeout", "10",
                              place.at("s")], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE)
        subprocess.run(["s6-fdholder-retrieve", place.at("holder"), "kept"]
                       + send + ["fd:0"], stdin=subprocess.DEVNULL)
        out = p.communicate(timeout=WAIT)[0].decode()
        row["from it"] = ("yes (`s6-fdholder-retrieve fdferry send`)"
                          if out.startswith("file ") else "NO: %r" % out)
        return row


MAIN_CF = """compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
command_directory = /usr/sbin
daemon_directory = SBIN
mail_owner = postfix
setgid_group = postdrop
inet_protocols = ipv4
myhostname = peer.example
maillog_file_prefixes = DIR
maillog_file = DIR/mail.log
smtpd_peername_lookup = no
"""
MASTER_CF = """smtpd pass - - n - - smtpd
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def postfix():
    """A client goes to smtpd's service `pass`, as postscreen sends it."""
    if os.geteuid() != 0:
        raise Missing("Postfix needs root")
    apt("postfix")
    sbin = next((d for d in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix")
                 if os.path.exists(d + "/master")), None)
    if sbin is None:
        raise Missing("no Postfix master")
    with Place() as place:
        place.write("etc/main.cf", MAIN_CF.replace("DIR", place.dir).replace(
            "SBIN", sbin))
        place.write("etc/master.cf", MASTER_CF)
        for name in ("data", "queue/private"):
            os.makedirs(place.at(name))
            shutil.chown(place.at(name), "postfix")
        for name in ("pid", "public", "maildrop", "active", "incoming"):
            os.makedirs(place.at("queue/" + name))
        shutil.chown(place.at("queue/public"), "postfix", "postdrop")
        place.start(sbin + "/master", "-c", place.at("etc"), "-d")
        place.socket("queue/private/smtpd").close()
        client, ours = a_stream()
        address, port = ours.getpeername()
        here, at = ours.getsockname()
        data = "\\x00" + "".join("%s\\x00%s\\x00" % pair for pair in (
            ("client_address", address), ("client_port", port),
            ("server_address", here), ("server_port", at))) + "\\x00"
        p = subprocess.run([FDFERRY, "send", "--timeout", str(WAIT), "--data",
                            data, place.at("queue/private/smtpd"),
                            "fd:%d" % ours.fileno()], stdin=subprocess.DEVNULL,
                           pass_fds=[ours.fileno()])
        ours.close()
        client.settimeout(WAIT)
        said = client.recv(200)
        client.close()
        good = p.returncode == 0 and said.startswith(b"220 peer.example")
        return {"version": deb("postfix"), "to it": "yes (`--data`)" if good
                else "NO: %r %s" % (said, place.log())}


def not_here(why):
    def skip():
        raise Missing(why)
    return skip


def all():
    return [
        ("OpenSSH ProxyUseFdpass", openssh),
        ("OpenSSH ControlMaster", openssh_mux),
        ("OpenBSD nc -F", nc),
        ("Apache mod_proxy_fdpass", apache),
        ("systemd-socket-activate", socket_activate),
        ("gunicorn", of_pip("gunicorn", WSGI, "app:app")),
        ("uvicorn", of_pip("uvicorn", ASGI, "--fd", "3", "app:app")),
        ("hypercorn", of_pip("hypercorn", ASGI, "--bind", "fd://3",
                             "app:app")),
        ("nginx", nginx),
        ("HAProxy fd@", haproxy_fd),
        ("HAProxy _getsocks", haproxy_getsocks),
        ("QEMU add-fd", qemu),
        ("s6-fdholder", fdholder),
        ("Postfix smtpd, service pass", postfix),
        ("systemd FDSTORE", not_here("needs a service manager as process 1; "
                                     "t/83-send-recv.sh sends its datagram")),
        ("libuv 1.52 or newer", not_here("the registry has one version of "
                                         "libuv")),
    ]
