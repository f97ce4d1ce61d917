# SPDX-License-Identifier: 0BSD
"""tree.py - copies of the sources to measure or to change, and their tests.

A tree is a copy of the sources with a build beside it. Its tests are asked of
make and run one by one, each bounded, so that it is known what each of them
reaches (gcov) and whether it passes.
"""
import filecmp
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 180                     # seconds a test may take by itself


def run(words, where, limit=900, env=None):
    """The status and what was said; 124 after `limit` seconds. What the
    program started ends with it."""
    process = subprocess.Popen(words, cwd=where, env=env, text=True,
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, errors="replace",
                               start_new_session=True)
    try:
        said = process.communicate(timeout=limit)[0]
        status = process.returncode
    except subprocess.TimeoutExpired:
        said, status = "", 124
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    return status, said


def must(words, where, limit=900):
    status, said = run(words, where, limit)
    if status != 0:
        sys.exit("%s: exit %d in %s\n%s" % (" ".join(words), status, where,
                                           said[-3000:]))
    return said


def counting(where, more=""):
    """The words for configure of a tree that counts what is reached."""
    os.makedirs(where, exist_ok=True)
    at = os.path.join(where, "exit.o")
    must(["cc", "-c", "-o", at, os.path.join(HERE, "exit.c")], where)
    return ["--disable-shared", "CFLAGS=-O0 -g --coverage %s" % more,
            "LDFLAGS=--coverage -Wl,--wrap=_exit", "LIBS=%s" % at]


class Tree:
    def __init__(self, sources, where, configure):
        """Copy, configure and build, unless that has been done."""
        self.source = os.path.join(where, "source")
        self.build = os.path.join(where, "build")
        if not os.path.exists(os.path.join(where, "built")):
            shutil.rmtree(where, ignore_errors=True)
            os.makedirs(self.build)
            os.makedirs(self.source)
            must(["sh", "t/source-copy", ".", self.source], sources)
            must([os.path.join(self.source, "configure")] + configure,
                 self.build)
            must(["make", "-s", "-j2"], self.build)
            must(["make", "-s", "-j2", "check", "TESTS="], self.build)
            open(os.path.join(where, "built"), "w").close()
        self.env = dict(os.environ, srcdir=self.source, PYTHON3=sys.executable,
                        FDFERRY=os.path.join(self.build, "fdferry"),
                        FDFERRY_LIBDIR=self.build, CC="cc", NM="nm",
                        PYTHONDONTWRITEBYTECODE="1", CXX_CONSUMER="none")

    def refresh(self, sources, *places):
        """The tests, or all `places`, as they are in `sources` now, and what
        is made of them."""
        stale = False
        found = (entry for place in places or ["t"]
                 for entry in os.walk(os.path.join(sources, place)))
        for where, _, names in found:
            for name in names:
                at = os.path.join(where, name)
                copy = os.path.join(self.source, os.path.relpath(at, sources))
                if name.endswith((".pyc", ".o")) or not os.path.isfile(at) or (
                        os.path.exists(copy)
                        and filecmp.cmp(at, copy, shallow=False)):
                    continue
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copy(at, copy)
                stale = True
        if stale:
            must(["make", "-s", "-j2"], self.build)
            must(["make", "-s", "-j2", "check", "TESTS="], self.build)

    def tests(self):
        """Of make check: programs by their names, scripts by theirs."""
        with open(os.path.join(self.build, "Makefile")) as makefile:
            text = makefile.read().replace("\\\n", " ")
        values = dict(re.findall(r"(?m)^([A-Za-z_0-9]+) = (.*)$", text))

        def value(name):
            words = []
            for word in values.get(name, "").split():
                inner = re.match(r"\$\((\w+)\)$", word)
                words += value(inner.group(1)) if inner else [word]
            return [w.replace("$(EXEEXT)", "") for w in words]
        return value("TESTS")

    def test(self, name, limit=LIMIT):
        """Does it pass? The seconds it took are beside it."""
        words = ["./" + name] if name.endswith(".t") else \
            ["sh", os.path.join(self.source, name)]
        begun = time.monotonic()
        status, said = run(words, self.build, limit, self.env)
        lines = said.split("\n")
        planned = [line for line in lines if re.match(r"1\.\.\d+", line)]
        good = sum(1 for line in lines if line.startswith("ok "))
        passed = (status == 0 and len(planned) == 1
                  and (planned[0].startswith("1..0")
                       or int(planned[0][3:].split()[0]) == good)
                  and not any(line.startswith(("not ok", "Bail out!"))
                              for line in lines))
        return passed, time.monotonic() - begun

    # -------------------------------------------- what a test reaches

    def forget(self):
        for where, _, names in os.walk(self.build):
            for name in names:
                if name.endswith(".gcda"):
                    os.unlink(os.path.join(where, name))

    def reached(self, everything=False):
        """{file: {line: [count, {branch: taken}]}} of lib/ and src/ since
        forget(); with `everything`, also of what was compiled and not run."""
        found = {}
        kind = ".gcno" if everything else ".gcda"
        data = [os.path.join(where, name)
                for where, _, names in os.walk(self.build)
                for name in names if name.endswith(kind)]
        for at in data:
            done = subprocess.run(
                ["gcov", "--json-format", "--stdout", "--branch-counts",
                 "--branch-probabilities", at],
                cwd=self.build, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            text = done.stdout
            if text[:2] == b"\x1f\x8b":
                text = gzip.decompress(text)
            for report in text.splitlines():
                if report.strip():
                    self.take(json.loads(report), found)
        return found

    def take(self, report, found):
        for file in report["files"]:
            at = os.path.realpath(os.path.join(
                report["current_working_directory"], file["file"]))
            name = os.path.relpath(at, os.path.realpath(self.source))
            if not name.startswith(("lib/", "src/")):
                continue
            lines = found.setdefault(name, {})
            for line in file["lines"]:
                entry = lines.setdefault(line["line_number"], [0, {}])
                entry[0] += line["count"]
                for i, branch in enumerate(line["branches"]):
                    entry[1][i] = entry[1].get(i, 0) + branch["count"]
