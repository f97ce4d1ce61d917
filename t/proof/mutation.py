# SPDX-License-Identifier: 0BSD
"""mutation.py SOURCES STATE [SAMPLE [SEED]] - does the suite notice?

SAMPLE single changes to lib/ (mutants.py), picked by SEED among those on lines
that a test reaches and the compiler compiles, are made one at a time, and the
tests that reach the line are run until one fails: first those that noticed
others in this file, then the quick ones. Programs alone are asked: what only a
script of the command would notice is not held by the library's own tests. What
the compiler makes the same program of is no change. What else survives must
stand in t/proof/equivalent with its reason. Everything is kept in STATE, so
that a run that was ended goes on where it was; what survived is tried again
when there are other tests.

Exit status 1 if a survivor is not listed, or less than GOAL per cent of the
others are noticed.
"""
import collections
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import sys
import threading

from mutants import changed, mutants
from tree import Tree, counting, run

HERE = os.path.dirname(os.path.abspath(__file__))
GOAL = 90
SLOW = 60                       # seconds: tests that take longer are left out
# What is not set holds a pattern, so that it is noticed.
FLAGS = "CFLAGS=-O1 -w -ftrivial-auto-var-init=pattern"
PLAIN = ["--disable-static", FLAGS]
SURVIVED, SAME = "", "="
# Of lib/, the laws that it has to keep, and its files: of these the first.
PARTS = [("messages", "1, 3, 6, 7, 8, 9",
          r"lib/(message|inbox|wait|errno|close|backend\.h)"),
         ("backends", "1, 2, 3, 4, 5", r"lib/backend-"),
         ("channels", "1, 3, 4, 5, 6, 8", r"lib/channel"),
         ("descriptors, peers, names", "7, 8", r"lib/")]


def digest(*paths):
    """Of the bytes of these files."""
    made = hashlib.sha256()
    for path in paths:
        if os.path.exists(path):
            with open(path, "rb") as file:
                made.update(file.read())
    return made.hexdigest()


def test_source(sources, test):
    at = os.path.join(sources, test)
    return at[:-2] + ".c" if at.endswith(".t") else at


def programs(tree):
    return [test for test in tree.tests() if test.endswith(".t")]


def reaching(sources, state):
    """{file: {line: [test]}} and the seconds of each test. Kept for each test
    until its source is another."""
    at, known = os.path.join(state, "reach.json"), {}
    if os.path.exists(at):
        with open(at) as file:
            known = json.load(file)
    where = os.path.join(state, "cover")
    tree = Tree(sources, where, counting(state))
    tree.refresh(sources)
    for test in programs(tree):
        source = digest(test_source(sources, test))
        if known.get(test, {}).get("source") == source:
            continue
        tree.forget()
        passed, took = tree.test(test)
        print("%-32s %6.1f s%s" % (test, took, "" if passed else
                                   "  fails by itself: not used"), flush=True)
        entry = {"source": source, "seconds": took, "lines": {}}
        if passed and took <= SLOW:
            for file, entries in tree.reached().items():
                if file.startswith("lib/"):
                    entry["lines"][file] = [
                        line for line in entries if entries[line][0]]
        known[test] = entry
        with open(at + ".new", "w") as file:
            json.dump(known, file)
        os.rename(at + ".new", at)
    lines, seconds = {}, {}
    for test in programs(tree):
        seconds[test] = known[test]["seconds"]
        for file, numbers in known[test]["lines"].items():
            for line in numbers:
                lines.setdefault(file, {}).setdefault(
                    str(line), []).append(test)
    return lines, seconds


class Bench:
    """A tree in which changes are made, one at a time."""

    def __init__(self, sources, where, seconds, noticed):
        """`noticed`, of all benches: how often by each (file, test)."""
        self.tree = Tree(sources, where, PLAIN)
        # A run that was ended may have left its change behind.
        self.tree.refresh(sources, "t", "lib")
        self.seconds, self.noticed = seconds, noticed
        self.library = os.path.join(self.tree.build, ".libs", "libfdferry.so")
        self.plain = {test: self.made(test) for test in programs(self.tree)}
        self.plain_library = digest(self.library)

    def made(self, test):
        return digest(os.path.join(self.tree.build, test))

    def kills(self, mutant, text, tests):
        """The test that noticed, SURVIVED, SAME if the compiler makes the same
        of it everywhere, None if it is no C."""
        at = os.path.join(self.tree.source, mutant.file)
        with open(at, "w") as file:
            file.write(changed(text, mutant))
        try:
            return self.first(sorted(tests, key=lambda test: (
                -self.noticed[mutant.file, test], self.seconds[test])))
        finally:
            with open(at, "w") as file:
                file.write(text)

    def make(self, *targets):
        return run(["make", "-s", "-o", "libfdferry.la", FLAGS, *targets],
                   self.tree.build)[0] == 0

    def first(self, tests):
        """Those that compile the source in are made again when it is their
        turn: one, one, two, four..., for most changes fall at the first."""
        if run(["make", "-s", "libfdferry.la", FLAGS], self.tree.build)[0]:
            return None
        same = digest(self.library) == self.plain_library
        verdict = SAME
        for i, test in enumerate(tests):
            if i & (i - 1) == 0:
                whole = self.make(*tests[i:max(2 * i, 1)])
            if not whole and not self.make(test):
                return "%s: it does not link" % test
            if same and self.made(test) == self.plain[test]:
                continue
            verdict = SURVIVED
            if not self.tree.test(test, 20 + 10 * self.seconds[test])[0]:
                return test
        return verdict


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
    # The same few also when there are other tests, which reach more.
    everything.sort(key=lambda m: hashlib.sha256(repr(
        (seed, m.file, m.at, m.end, m.text)).encode()).digest())
    print("%d changes can be made to lines that a test reaches; %d of them, "
          "seed %s" % (len(everything), min(sample, len(everything)), seed))
    return everything


def begin_anew(state, texts):
    """Nothing is kept that was found of another lib/."""
    version = hashlib.sha256(json.dumps(texts).encode()).hexdigest()
    mark = os.path.join(state, "sources")
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == version:
                return
    for name in os.listdir(state):
        at = os.path.join(state, name)
        if os.path.isdir(at):
            shutil.rmtree(at)
        else:
            os.unlink(at)
    with open(mark, "w") as file:
        file.write(version)


def judged(at, proof):
    """{change: verdict} so far. What survived other tests is tried again."""
    known = {}
    if os.path.exists(at):
        with open(at) as file:
            for line in file:
                key, verdict, tests = json.loads(line)
                if verdict != SURVIVED or tests == proof:
                    known[tuple(key)] = verdict
    return known


def main(sources, state, sample=200, seed="1"):
    os.makedirs(state, exist_ok=True)
    texts = {}
    for name in sorted(os.listdir(os.path.join(sources, "lib"))):
        if name.endswith((".c", ".h")):
            with open(os.path.join(sources, "lib", name)) as file:
                texts["lib/" + name] = file.read()
    begin_anew(state, texts)
    lines, seconds = reaching(sources, state)
    proof = hashlib.sha256(json.dumps(sorted(
        [test, digest(test_source(sources, test))] for test in seconds)
        ).encode()).hexdigest()
    results_at = os.path.join(state, "results")
    known = judged(results_at, proof)
    chosen = picked(texts, lines, sample, seed)
    noticed = collections.Counter(
        (file, verdict) for (file, *_), verdict in known.items() if verdict)
    benches = [Bench(sources, os.path.join(state, "bench%d" % i), seconds,
                     noticed) for i in range(os.cpu_count() or 1)]
    lock, results = threading.Lock(), open(results_at, "a")

    def judge(bench, mutant):
        key = (mutant.file, mutant.at, mutant.end, mutant.text)
        if key not in known:
            verdict = bench.kills(mutant, texts[mutant.file],
                                  lines[mutant.file][str(mutant.line)])
            with lock:
                known[key] = verdict
                noticed[mutant.file, verdict] += 1
                results.write(json.dumps([key, verdict, proof]) + "\n")
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
    """The line; and the one before it, if the file has it more than once."""
    lines = [line.strip() for line in texts[mutant.file].split("\n")]
    line = lines[mutant.line - 1]
    if lines.count(line) > 1:
        line = lines[mutant.line - 2] + " " + line
    return line


def shown(mutant, verdict, texts):
    word = {SURVIVED: "SURVIVES", SAME: "the same"}.get(verdict, "killed")
    print("%-8s %s:%d: %s: %s%s" % (
        word, mutant.file, mutant.line, mutant.what,
        source_line(mutant, texts),
        " [%s]" % verdict if word == "killed" else ""), flush=True)


def summary(done, texts):
    why, bad, same = equivalents(), 0, 0
    compiled = sum(1 for _, verdict in done if verdict == SAME)
    sums = {part: [0, 0, 0] for part, _, _ in PARTS}
    for mutant, verdict in done:
        part = next(name for name, _, files in PARTS
                    if re.match(files, mutant.file))
        key = mutant.file, source_line(mutant, texts), mutant.what
        if verdict == SURVIVED and key in why:
            same += 1
        elif verdict == SURVIVED:
            bad += 1
            print("not noticed, and not in t/proof/equivalent:")
            print("%s\t%s\t%s" % key)
        sums[part][0] += 1
        sums[part][1] += verdict not in (SURVIVED, SAME)
        sums[part][2] += verdict == SAME or (verdict == SURVIVED
                                             and key in why)
    print("| part of lib/ | its laws | changes | noticed | equivalent |\n"
          "| --- | --- | --- | --- | --- |")
    for part, laws, _ in PARTS:
        print("| %s | %s | %d | %d | %d |" % (part, laws, *sums[part]))
    noticed = len(done) - compiled - same - bad
    rest = noticed + bad
    share = 100.0 * noticed / rest if rest else 100.0
    print("%d changes: %d noticed, %d equivalent (%d of them to the compiler, "
          "%d listed), %d not noticed: %.1f %% of those that change anything"
          % (len(done), noticed, compiled + same, compiled, same, bad, share))
    return bad > 0 or share < GOAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2],
                  *[int(arg) for arg in sys.argv[3:4]], *sys.argv[4:5]))
