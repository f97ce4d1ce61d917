# SPDX-License-Identifier: 0BSD
"""87-words: keys of the log and of status, events and metrics are those that
fdferry(1) lists, no more and no fewer: in what runs, and in the sources.
"""
import json
import os
import re
import resource
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exposition import parse
from harness import FDFERRY, Front, WAIT, Worker, done, echo, ok, path, plan, \
    until

plan(10, 60)
ABOVE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def named(text):
    """What the page lists: `.It Ic a , b`, and `.Ic a , b` below an item."""
    return set(re.findall(r"[a-z][a-z0-9_-]*", " ".join(
        re.findall(r"^\.(?:It )?Ic (.*)$", text, re.M))))


with open(os.path.join(ABOVE, "man", "fdferry.1")) as file:
    page = file.read()
read = page.split(".Sh READ BY PROGRAMS\n")[1].split(".Sh ")[0]
lines, status = read.split(".Ss Lines of the log\n")[1].split(".Ss Status\n")
keys, events = lines.split("Events that no section")
keys = named(keys) - {"exec"}
metrics = named(page.split(".Ss status\n")[1].split(".Ss ctl\n")[0])
OUTCOMES = set(re.findall(r"^\.It Li ([a-z-]+)$", page.split(
    "What happened is one of\n")[1].split(".El\n")[0], re.M))

# ---- the sources

sources = ""
for above, _, names in os.walk(os.path.join(ABOVE, "src")):
    for name in names:
        if name.endswith(".c") and os.path.basename(above) != "worker":
            with open(os.path.join(above, name)) as file:
                sources += re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
written = set(re.findall(r'\blog_(?:text|number|address)\(\s*"([^"]+)"',
                         sources)) | {"time", "event", "cut", "lines"}
ok(written == keys, "keys of the log, in the sources and the manual",
   sorted(written ^ keys))
other = re.findall(r"\blog_(?:text|number|address)\(\s*([^\s\"].*)", sources)
# Those are functions that are given a key.
ok(not [o for o in other if not o.startswith(("const char *key", "key, "))],
   "no key is made of anything else", other)
told = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', " ".join(re.findall(
    r"\b(?:log_begin|log_path|log_link|log_phase|say|settle)\(([^;]*?)[;{]",
    sources)))) | {"lines-dropped"}
everywhere = set(re.findall(r"[a-z]+(?:-[a-z]+)*", page))
ok(len(told) > 20 and told <= everywhere, "events are in the manual",
   sorted(told - everywhere))
alone = named(events) - {"exec"}
ok(alone <= told and len(alone) > 5, "and those that it lists there are",
   sorted(alone - told))

# ---- a front that has something to say of everything

worker = Worker("w", echo(b"w"))
f = Front("f", "--worker", "w=" + worker.at, "--worker", "d=" + worker.at,
          "--worker", "none=" + path("none"), "--rule", "r: bytes=a -> w",
          "--rule", "never: bytes=b -> w", "--default", "w", "--look-time",
          "5", "--max-waiting", "9999", "--control", path("ctl"),
          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                (256, 256)))
f.up("w", "d")
until(lambda: f.lines("worker-unreachable"))
answer = f.talk(b"a")
for verb in ("drain", "w"), ("disable", "d"):
    subprocess.run([FDFERRY, "ctl", path("ctl")] + list(verb), timeout=WAIT,
                   check=True, stdout=subprocess.DEVNULL)


def asked(form):
    return subprocess.run([FDFERRY, "status", form, path("ctl")], timeout=WAIT,
                          check=True, stdout=subprocess.PIPE).stdout.decode()


shown = json.loads(asked("--json"))
seen = set(shown)
for name, object in shown.items():
    if name in ("rules", "workers"):
        seen |= {key for each in object.values() for key in each}
    else:
        seen |= set(object)
listed = named(status)
ok(answer == b"w a" and seen - OUTCOMES == listed,
   "keys of status are those of the manual",
   (answer, sorted((seen - OUTCOMES) ^ listed)))
ok(OUTCOMES == set(shown["connections"]) - {"accepted", "adopted"},
   "each outcome is counted", shown)
types = {name[len("fdferry_"):] for name in parse(asked("--prometheus"))}
ok(types == metrics, "metrics are those of the manual",
   sorted(types ^ metrics))
client = f.connect()
until(lambda: json.loads(asked("--json"))["held"]["looking"] == 1)
time.sleep(0.1)
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                  struct.pack("ii", 1, 0))    # a reset
client.close()
line = until(lambda: f.lines("gone"))[0]
ok("rule" not in line and line["looked_ms"] >= 90
   and 'rule="",worker="",outcome="gone"' in asked("--prometheus"),
   "what nothing decided has no rule, in the log as in the metrics", line)
bad = [(line, key) for line in f.lines() for key in line if key not in keys]
ok(not bad, "keys of the lines, too", bad)
kinds = {type(value) for line in f.lines() for key, value in line.items()
         if key in ("held", "pid", "uid", "inode") or key.endswith("_ms")}
ok(kinds == {int}, "numbers are numbers", kinds)
done()
