# SPDX-License-Identifier: 0BSD
"""mutation.py SOURCES STATE [SAMPLE [SEED]] - does the suite notice?

SAMPLE single changes to lib/ (mutants.py), picked by SEED among those on lines
that a test reaches and the compiler compiles, are made one at a time, and the
tests that reach the line are run until one fails: the quick ones first. What
survives must stand in t/proof/equivalent with its reason. Everything is kept
in STATE, so that a run that was ended goes on where it was.

Exit status 1 if a survivor is not listed, or less than GOAL per cent of the
others are noticed.
"""
import concurrent.futures
import hashlib
import json
import os
import random
import shutil
import sys
import threading

from mutants import changed, mutants
from tree import Tree, run

HERE = os.path.dirname(os.path.abspath(__file__))
GOAL = 90
SLOW = 60                       # seconds: tests that take longer are left out
COVER = ["--disable-shared", "CFLAGS=-O0 -g --coverage", "LDFLAGS=--coverage"]
# What is not set holds a pattern, so that it is noticed.
FLAGS = "CFLAGS=-O1 -w -ftrivial-auto-var-init=pattern"
PLAIN = ["--disable-static", FLAGS]


def reaching(sources, state):
    """{file: {line: [test]}} and the seconds of each test."""
    at = os.path.join(state, "reach.json")
    if os.path.exists(at):
        with open(at) as file:
            return json.load(file)
    tree = Tree(sources, os.path.join(state, "cover"), COVER)
    lines, seconds = {}, {}
    for test in tree.tests():
        tree.forget()
        passed, took = tree.test(test)
        print("%-32s %6.1f s%s" % (test, took, "" if passed else
                                   "  fails by itself: not used"), flush=True)
        if not passed or took > SLOW:
            continue
        seconds[test] = took
        for file, entries in tree.reached().items():
            for line, entry in entries.items():
                if file.startswith("lib/") and entry[0]:
                    lines.setdefault(file, {}).setdefault(
                        str(line), []).append(test)
    with open(at + ".new", "w") as file:
        json.dump([lines, seconds], file)
    os.rename(at + ".new", at)
    return lines, seconds


class Bench:
    """A tree in which changes are made, one at a time."""

    def __init__(self, sources, where, seconds):
        self.tree = Tree(sources, where, PLAIN)
        self.seconds = seconds

    def kills(self, mutant, text, tests):
        """The test that noticed, "" if none did, None if it is no C."""
        at = os.path.join(self.tree.source, mutant.file)
        with open(at, "w") as file:
            file.write(changed(text, mutant))
        try:
            return self.first(tests)
        finally:
            with open(at, "w") as file:
                file.write(text)

    def first(self, tests):
        build = self.tree.build
        if run(["make", "-s", "libfdferry.la", FLAGS], build)[0]:
            return None
        programs = [test for test in tests if test.endswith(".t")]
        # Those that compile the source in are made again, no others.
        status, said = run(["make", "-s", "-k", "-o", "libfdferry.la",
                            FLAGS] + programs, build)
        if status:
            return "it does not link in a test"
        for test in sorted(tests, key=lambda name: self.seconds[name]):
            if not self.tree.test(test, 20 + 10 * self.seconds[test])[0]:
                return test
        return ""


def equivalents():
    """{(file, text of the line, change): reason}."""
    found = {}
    with open(os.path.join(HERE, "equivalent")) as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                file, text, what, reason = line.rstrip("\n").split("\t")
                found[file, text, what] = reason
    return found


def picked(texts, lines, sample, seed):
    everything = [m for file in sorted(texts) for m in
                  mutants(file, texts[file])
                  if str(m.line) in lines.get(file, {})]
    random.Random(seed).shuffle(everything)
    print("%d changes can be made to lines that a test reaches; %d of them, "
          "seed %s" % (len(everything), min(sample, len(everything)), seed))
    return everything


def main(sources, state, sample=200, seed="1"):
    os.makedirs(state, exist_ok=True)
    texts = {}
    for name in sorted(os.listdir(os.path.join(sources, "lib"))):
        if name.endswith((".c", ".h")):
            with open(os.path.join(sources, "lib", name)) as file:
                texts["lib/" + name] = file.read()
    version = hashlib.sha256(json.dumps(texts).encode()).hexdigest()
    mark = os.path.join(state, "sources")
    if not os.path.exists(mark) or open(mark).read() != version:
        for name in os.listdir(state):
            shutil.rmtree(os.path.join(state, name), ignore_errors=True)
        for name in ("reach.json", "results"):
            if os.path.exists(os.path.join(state, name)):
                os.unlink(os.path.join(state, name))
        with open(mark, "w") as file:
            file.write(version)
    lines, seconds = reaching(sources, state)
    results_at = os.path.join(state, "results")
    known = {}
    if os.path.exists(results_at):
        with open(results_at) as file:
            for line in file:
                key, verdict = json.loads(line)
                known[tuple(key)] = verdict
    chosen = picked(texts, lines, sample, seed)
    benches = [Bench(sources, os.path.join(state, "bench%d" % i), seconds)
               for i in range(os.cpu_count() or 1)]
    lock, results = threading.Lock(), open(results_at, "a")

    def judge(bench, mutant):
        key = (mutant.file, mutant.at, mutant.end, mutant.text)
        if key not in known:
            verdict = bench.kills(mutant, texts[mutant.file],
                                  lines[mutant.file][str(mutant.line)])
            with lock:
                known[key] = verdict
                results.write(json.dumps([key, verdict]) + "\n")
                results.flush()
        return known[key]

    done, queue = [], iter(chosen)

    def work(bench):
        while True:
            with lock:
                if sum(1 for _, v in done if v is not None) >= sample:
                    return
                mutant = next(queue, None)
            if mutant is None:
                return
            verdict = judge(bench, mutant)
            with lock:
                if sum(1 for _, v in done if v is not None) < sample:
                    done.append((mutant, verdict))
                    if verdict is not None:
                        shown(mutant, verdict, texts)

    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        for job in [pool.submit(work, bench) for bench in benches]:
            job.result()
    return summary([d for d in done if d[1] is not None], texts)


def source_line(mutant, texts):
    return texts[mutant.file].split("\n")[mutant.line - 1].strip()


def shown(mutant, verdict, texts):
    print("%-8s %s:%d: %s: %s%s" % (
        "killed" if verdict else "SURVIVES", mutant.file, mutant.line,
        mutant.what, source_line(mutant, texts),
        " [%s]" % verdict if verdict else ""), flush=True)


def summary(done, texts):
    why, bad, same = equivalents(), 0, 0
    for mutant, verdict in done:
        if verdict:
            continue
        key = mutant.file, source_line(mutant, texts), mutant.what
        if key in why:
            same += 1
        else:
            bad += 1
            print("not noticed, and not in t/proof/equivalent:")
            print("%s\t%s\t%s" % key)
    noticed = sum(1 for _, verdict in done if verdict)
    rest = len(done) - same
    share = 100.0 * noticed / rest if rest else 100.0
    print("%d changes: %d noticed, %d equivalent (listed), %d not noticed: "
          "%.1f %% of those that change anything" % (
              len(done), noticed, same, bad, share))
    return bad > 0 or share < GOAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2],
                  *[int(arg) for arg in sys.argv[3:4]], *sys.argv[4:5]))
