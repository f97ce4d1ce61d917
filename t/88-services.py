# SPDX-License-Identifier: 0BSD
"""88-services: the commands in the files of contrib/, run as they stand there,
and the recipes of doc/operating.md: reload, restart behind a service manager's
sockets, upgrade by takeover. No client may be refused or left without its
answer meanwhile."""
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (FDFERRY, WAIT, Program, Worker, done, echo, listens, ok,
                     path, plan, programs, skip,
                     started, talk, until)

plan(27, 150)
HERE = os.path.dirname(os.path.abspath(__file__))
CONTRIB = os.path.join(HERE, "..", "contrib")
SYSTEMD = ["fdferry-front.service", "fdferry-front.socket",
           "fdferry-worker@.service"]
# Where the files are told that things are.
ETC, RUN, BIN = path("etc"), path("run"), path("bin")
for place in (ETC, RUN, BIN, os.path.join(ETC, "fdferry"),
              os.path.join(RUN, "fdferry-front"),
              os.path.join(RUN, "fdferry-worker-app")):
    os.mkdir(place)
os.symlink(os.path.abspath(FDFERRY), os.path.join(BIN, "fdferry"))


def made(name):
    """A file of contrib/ as make services writes it; its text."""
    at = os.path.join(CONTRIB, name)
    if not os.path.exists(at):
        at += ".in"
    with open(at) as file:
        return file.read().replace("@bindir@", BIN).replace(
            "@sysconfdir@", ETC)


def unit(name):
    """The settings of a unit, lists in the order in which they stand."""
    settings = {}
    for line in made("systemd/" + name).split("\n"):
        if re.match("[A-Za-z]+=", line):
            key, value = line.split("=", 1)
            settings.setdefault(key, []).append(value)
    return settings


def command(line, **values):
    """The words of a line of ExecStart; a variable alone may be several."""
    line = line.replace("%t", RUN).replace("%i", "app")
    words = []
    for word in shlex.split(line):
        if word.startswith("$"):
            words += shlex.split(values[word[1:]])
        else:
            words.append(word)
    return words


def write(name, text):
    with open(os.path.join(ETC, name), "w") as file:
        file.write(text)


# ------------------------------------------------ the files

left = [(name, found) for name in
        ["fdferry.conf", "rc.d/freebsd/fdferry_front",
         "rc.d/openbsd/fdferry_front"] + ["systemd/" + n for n in SYSTEMD]
        for found in re.findall("@[a-z]+@", made(name))]
ok(not left, "no placeholder is left in a file", left)

write("fdferry.conf", made("fdferry.conf"))
check = subprocess.run([FDFERRY, "front", "--check", "--config",
                        os.path.join(ETC, "fdferry.conf")],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
ok(check.returncode == 0, "the configuration to begin with is right",
   check.stdout)

units = path("units")
os.mkdir(units)
for name in SYSTEMD:
    with open(os.path.join(units, name), "w") as file:
        file.write(made("systemd/" + name))
os.symlink(os.path.join(units, "fdferry-worker@.service"),
           os.path.join(units, "fdferry-worker@app.service"))
verify = shutil.which("systemd-analyze")
if verify is None:
    skip("systemd-analyze finds nothing wrong", "no systemd-analyze")
else:
    said = subprocess.run(
        [verify, "--man=no", "verify"] + [os.path.join(units, name) for name
         in SYSTEMD[:2] + ["fdferry-worker@app.service"]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        env=dict(os.environ, XDG_RUNTIME_DIR=RUN)).stdout.decode()
    ours = [line for line in said.split("\n") if "fdferry" in line]
    ok(not ours, "systemd-analyze finds nothing wrong", said)

STUB = path("rc.subr")
with open(STUB, "w") as file:
    file.write("load_rc_config() { :; }\n"
               "run_rc_command() { \"$start_precmd\" || exit; "
               "printf '%s\\n' \"$command $command_args\"; }\n"
               "rc_cmd() { rc_configtest || exit; "
               "printf '%s\\n' \"$daemon $daemon_flags\"; }\n")


def script(name):
    """What an rc script starts, after its check of the configuration."""
    at = path(os.path.basename(os.path.dirname(name)))
    with open(at, "w") as file:
        file.write(re.sub(r"(?m)^\. /etc/.*$", ". " + STUB, made(name)))
    run = subprocess.run(["sh", at, "start"], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    lines = run.stdout.decode().split("\n")[:-1]
    return run.returncode, lines


for system in "freebsd", "openbsd":
    status, lines = script("rc.d/%s/fdferry_front" % system)
    ok(status == 0 and len(lines) == 2 and lines[0].startswith("ok: "),
       "%s: the configuration is checked first" % system, lines)
    words = shlex.split(lines[-1])
    words = words[words.index("front") + 1:]
    user = words.index("--user")
    del words[user:user + 2]            # one that this system may not have
    said = subprocess.run([FDFERRY, "front", "--check"] + words,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ok(said.returncode == 0, "%s: the options are the front's" % system,
       (words, said.stdout))
write("fdferry.conf", "nonsense\n")
status, lines = script("rc.d/openbsd/fdferry_front")
ok(status != 0 and "nonsense" in lines[0], "a wrong configuration stops it",
   lines)


# ------------------------------------------------ as a service manager

with open(os.path.join(HERE, "..", "doc", "operating.md")) as file:
    RECIPES = [line[4:].rstrip("\n") for line in file
               if line.startswith("    ")]


def recipe(words):
    """Does this command stand in doc/operating.md?"""
    text = " ".join(words).replace(BIN + "/", "").replace(
        RUN, "/run").replace(ETC, "/etc")
    return text in RECIPES


class Manager:
    """Starts a program with listening sockets, and hears what it tells."""

    def __init__(self):
        self.at = os.path.join(RUN, "notify")
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(self.at)
        self.ear.settimeout(WAIT)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]

    def start(self, name, words, sockets=True):
        """exec keeps the process, whose number LISTEN_PID must be."""
        env = {"NOTIFY_SOCKET": self.at}
        if not sockets:
            return Program(name, *words[1:], env=env)
        env.update(LISTEN_FDS="1", LISTEN_FDNAMES="web")
        return Started(name, words, env, self.listener.fileno())

    def told(self, what):
        """The next message that has this line; None if none comes."""
        try:
            while True:
                lines = self.ear.recv(4096).decode().split("\n")
                if what in [line.split("=")[0] for line in lines]:
                    return dict(line.split("=", 1) for line in lines)
        except socket.timeout:
            return None


class Started(Program):
    """A program that finds a listening socket as its descriptor 3."""

    def __init__(self, name, words, env, fd):
        shell = ('exec 3<&%d; LISTEN_PID=$$; export LISTEN_PID; exec "$@"'
                 % fd)
        self.log = path(name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", shell, "sh"] + words, stderr=log,
                env=dict(os.environ, **env), pass_fds=(fd,))
        self.pid = self.process.pid
        started.append(self.process)
        programs.append(self)


class Clients:
    """Connect all the time; how many were answered, and what went wrong."""

    def __init__(self, port):
        self.port, self.going = port, True
        self.answered, self.wrong = 0, []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            try:
                sock = socket.create_connection(("127.0.0.1", self.port), WAIT)
            except OSError as error:
                self.wrong.append(repr(error))
                continue
            answer = talk(sock, b"hello\n")
            if answer.endswith(b"hello\n"):
                self.answered += 1
            else:
                self.wrong.append(answer)

    def some(self, count=20):
        """Wait until so many more were answered."""
        goal = self.answered + count
        return until(lambda: self.answered >= goal or self.wrong)

    def end(self):
        self.going = False
        self.thread.join(WAIT)
        return not self.wrong and not self.thread.is_alive()


front_unit = unit("fdferry-front.service")
worker_unit = unit("fdferry-worker@.service")
answer = path("answer")
with open(answer, "w") as file:
    file.write('#!/bin/sh\nread -r line\nprintf "%s\\n" "$line"\n')
os.chmod(answer, 0o755)
options = dict(v.split("=", 1) for v in
               [v.strip('"') for v in worker_unit["Environment"]])
worker = Program("worker", *command(worker_unit["ExecStart"][0],
                                    COMMAND=answer, **options)[1:])
ok(until(lambda: listens(os.path.join(RUN, "fdferry-worker-app/socket"))),
   "the worker of the unit listens", worker.text())
WORKER = "worker app=ack:%s/fdferry-worker-app/socket\n" % RUN
write("fdferry.conf", WORKER + "default app\n")

manager = Manager()
pre = subprocess.run(command(front_unit["ExecStartPre"][0]),
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
ok(pre.returncode == 0, "what runs before the front passes", pre.stdout)
start = command(front_unit["ExecStart"][0])
front = manager.start("front", start)
ready = manager.told("READY")
ok(ready and ready.get("MAINPID") == str(front.pid),
   "the front of the unit says that it is ready", (ready, front.text()))
clients = Clients(manager.port)
clients.some()

# ---- reload: check, then SIGHUP
Worker("other", echo(b"other"))
write("fdferry.conf", WORKER + "worker other=%s\ndefault app\n"
      "in: listener=web -> other\n" % path("other.sock"))
for line in front_unit["ExecReload"][:-1]:
    subprocess.run(command(line), check=True, stdout=subprocess.DEVNULL)
ok(front_unit["ExecReload"][-1].split()[1:] == ["-HUP", "$MAINPID"],
   "a reload is SIGHUP", front_unit["ExecReload"])
ok(recipe(command(front_unit["ExecReload"][0]))
   and 'kill -HUP "$MAINPID"' in RECIPES,
   "doc/operating.md says the same", RECIPES)
front.term(1)
ok(manager.told("RELOADING") and manager.told("READY"),
   "it says that it reads again, and when it has", front.text())
ok(talk(socket.create_connection(("127.0.0.1", manager.port), WAIT),
        b"hello\n").startswith(b"other "), "the new rules are in force",
   front.text())
write("fdferry.conf", "nonsense\n")
bad = subprocess.run(command(front_unit["ExecReload"][0]),
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ok(bad.returncode != 0, "a reload of a wrong file ends before the signal")
write("fdferry.conf", WORKER + "default app\n")

# ---- restart: the sockets stay with the manager
clients.some()
front.term()
ok(front.end() == 0 and manager.told("STOPPING"), "the front ends",
   front.text())
front = manager.start("again", start)
ok(manager.told("READY") and clients.some(),
   "after a restart clients are answered", (front.text(), clients.wrong))

# ---- a worker goes out of use, and is back
for word in "drain", "enable":
    words = [os.path.join(BIN, "fdferry"), "ctl",
             os.path.join(RUN, "fdferry-front/control"), word, "app"]
    said = subprocess.run(words, stdout=subprocess.PIPE, timeout=WAIT)
    ok(recipe(words) and said.returncode == 0
       and said.stdout.startswith(b"worker app: " + word.encode()),
       "%s, as doc/operating.md says" % word, (words, said.stdout))
ok(clients.some() is True, "clients waited meanwhile", clients.wrong)

# ---- upgrade: the new one takes over from the old
old = front
takes = start + ["--takeover", os.path.join(RUN, "fdferry-front/control")]
ok(recipe(takes), "an upgrade is as doc/operating.md says", (takes, RECIPES))
new = manager.start("new", takes, sockets=False)
ready = manager.told("MAINPID")
ok(ready and ready.get("MAINPID") == str(new.pid),
   "the one that took over says that it is the main process", (ready,
                                                                new.text()))
ok(old.end() == 0, "the old one ends", old.text())
ok(clients.some() is True, "the new one answers", (new.text(), clients.wrong))
ok(clients.end(), "all the time no client was refused or left alone",
   clients.wrong[:5])
new.term()
ok(new.end() == 0, "it ends as it should", new.text())
done()
