# SPDX-License-Identifier: 0BSD
"""What the benches share: options, children, statistics, tables, goals."""
import argparse
import atexit
import json
import os
import platform
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(HERE)
BIN = os.path.join("bench", "bin")
INSTALL = os.environ.get("BENCH_INSTALL") != "no"
WAIT = 60                       # seconds, for anything that must happen
children = []
_dir = None
_lock = threading.Lock()


class Failed(Exception):
    """A step of a bench failed."""


def options(about, seconds, more=()):
    """The arguments; the program ends itself after so many seconds."""
    parser = argparse.ArgumentParser(description=about, allow_abbrev=False)
    parser.add_argument("--json", metavar="FILE",
                        help="write all figures there, too")
    for name, how in more:
        parser.add_argument(name, **how)
    chosen = parser.parse_args()
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(
        "bench: no end after %d s" % seconds))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(seconds)
    return chosen


def scratch(name=""):
    """A path in a directory of this run's own."""
    global _dir
    with _lock:
        if _dir is None:
            _dir = tempfile.mkdtemp(prefix="fdferry.")
    return os.path.join(_dir, name)


def _end():
    for child in children:
        if child.poll() is None:
            child.send_signal(child.last)
    for child in children:
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if _dir is not None:
        shutil.rmtree(_dir, ignore_errors=True)


atexit.register(_end)


def start(argv, last=signal.SIGKILL, **more):
    """A child that is ended with this program, by the signal `last`."""
    child = subprocess.Popen(argv, **more)
    child.last = last
    children.append(child)
    return child


def stop(child, sig=signal.SIGTERM, seconds=WAIT):
    if child.poll() is None:
        child.send_signal(sig)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        sys.exit("bench: %s did not end" % child.args[0])
    if child in children:
        children.remove(child)


def line(child, seconds=WAIT):
    """The next line that a child prints."""
    if not select.select([child.stdout], [], [], seconds)[0]:
        sys.exit("bench: no answer from %s" % " ".join(child.args))
    text = child.stdout.readline()
    if not text:
        sys.exit("bench: %s has ended" % " ".join(child.args))
    return text.decode()


def until(true, what, seconds=WAIT):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit("bench: waited %d s for %s" % (seconds, what))
        time.sleep(0.01)


def program():
    """The command itself, not libtool's script, and its environment."""
    env = dict(os.environ)
    real = os.path.join(".libs", "fdferry")
    if not os.path.exists(real):
        return "./fdferry", env
    env["LD_LIBRARY_PATH"] = os.path.abspath(".libs")
    return real, env


def quartiles(values):
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def first_line(argv):
    try:
        out = subprocess.run(argv, stdout=subprocess.PIPE, timeout=WAIT,
                             stderr=subprocess.DEVNULL).stdout.decode()
        return out.split("\n")[0].strip()
    except OSError:
        return ""


def compiler():
    """What decides how many instructions a source becomes."""
    return "%s, %s, %s" % (
        first_line(os.environ.get("CC", "cc").split() + ["--version"]),
        platform.machine(), os.environ.get("CFLAGS", ""))


def machine():
    try:
        with open("/proc/cpuinfo") as info:
            model = re.search(r"model name\s*: (.*)", info.read())
    except OSError:
        model = None
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()),
            "system": "%s %s" % (platform.system(),
                                 platform.release().split("-")[0]),
            "processor": "%d x %s" % (os.cpu_count() or 1, model.group(1)
                                      if model else platform.machine()),
            "compiler": compiler()}


def head(title):
    """The title of a table, and where it was measured."""
    m = machine()
    print("%s\n%s, %s, %s\n%s\n" % (title, m["date"], m["system"],
                                    m["processor"], m["compiler"]))


def table(rows, right=1):
    """Columns as wide as they need; from column `right` on to the right."""
    widths = [max(len(r[i]) for r in rows if i < len(r))
              for i in range(max(map(len, rows)))]
    for r in rows:
        print("  ".join(c.rjust(widths[i]) if i >= right
                        else c.ljust(widths[i])
                        for i, c in enumerate(r)).rstrip())
    print()
    sys.stdout.flush()


class Goals:
    """Each goal beside its figure. Those missed are counted."""
    def __init__(self):
        self.rows, self.missed = [], 0

    def add(self, what, figure, goal, least=False, form="%.2f"):
        """The figure may be at most the goal, or at least."""
        if figure is None:
            self.rows.append([what, "-", "not measured here"])
            return
        met = figure >= goal if least else figure <= goal
        self.missed += not met
        self.rows.append([what, form % figure, "%s " % (
            ">=" if least else "<=") + form % goal,
            "met" if met else "MISSED"])

    def show(self):
        if self.rows:
            table([["goal", "figure", "is", ""]] + self.rows)
        print("goals: %d met, %d missed" % (
            sum(r[-1] == "met" for r in self.rows), self.missed))

    def data(self):
        return [dict(zip(("goal", "figure", "is", "judged"), r))
                for r in self.rows]


def write_json(path, data):
    if path:
        with open(path, "w") as out:
            json.dump(data, out, indent=1, sort_keys=True)
            out.write("\n")
