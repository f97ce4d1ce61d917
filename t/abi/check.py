# SPDX-License-Identifier: 0BSD
"""check.py - hold what this tree says of systems against second sources.

    check.py --crate SRC | --go NAME DIRECTORY ... [--cc CC] [--least N]
             [--record FILE DATE | --recorded FILE] [--require] [SYSTEM...]

Prints one line a system: how many values of the tree were compared, and how
many of one source with another. A difference names the system, the value, who
says what. Exit status 1 if there is one that the file `known` does not
explain, one explained that is none, or a system with fewer than N values;
with --require also if the machine cannot ask a persona.
"""
import argparse
import os
import shlex
import sys

import tree
from rustparse import Unknown
from sources import (System, crate_version, questions, read_table,
                     sources_of)

HERE = os.path.dirname(os.path.abspath(__file__))
PEER_WAY = "a way to ask for the peer"


class Known:
    """Differences with a reason: system, value, who is wrong, why."""

    def __init__(self, path):
        self.lines, self.used = [], set()
        for line in read_table(path):
            part = line.split("\t")
            if len(part) != 4 or not part[3]:
                raise tree.Broken("known: %r has not four parts" % line)
            self.lines.append(part)

    def explains(self, system, question, *who):
        for i, (name, value, wrong, _) in enumerate(self.lines):
            if name in (system, system.split("-")[0]) and value == question \
                    and any(w.startswith(wrong) for w in who):
                self.used.add(i)
                return True
        return False

    def idle(self, systems):
        return [" ".join(line[:3]) for i, line in enumerate(self.lines)
                if i not in self.used and any(
                    line[0] in (s, s.split("-")[0]) for s in systems)]


class Comparison:
    """One system: what is said of it, and by whom."""

    def __init__(self, system, sources, known):
        self.system, self.sources, self.known = system, sources, known
        self.compared, self.between, self.explained = set(), 0, set()
        self.places, self.wrong, self.absent = {}, [], []
        self.reasons, self.given = set(), set()     # of personas

    def excuse(self, persona):
        """What the persona's own file gives a reason for."""
        self.reasons.update(("persona " + persona.name, question)
                            for question in persona.differs)

    def differ(self, question, one, says, other, value):
        if (one, question) in self.reasons:
            self.given.add((one, question))
            self.explained.add(question)
            return
        if self.known.explains(self.system.name, question, one, other):
            self.explained.add(question)
            return
        self.wrong.append("%s: %s is %s by %s, and %s by %s" % (
            self.system.name, question, says, one, value, other))

    def has(self, source, question):
        """True, False, or None if it is not this source's to say."""
        if question == PEER_WAY:
            return any(needs and all(self.has(source, n) for n in needs)
                       for needs in tree.PEER.values())
        if question.endswith("()"):
            return source.function(question[:-2]) \
                if source.absent == "not in crate" else None
        return source.macro(question)

    def claim(self, place, question, value):
        if isinstance(value, int):
            answers = [(s, s.ask(question)) for s in self.sources]
            if all(a is None for _, a in answers):
                self.absent.append(question)
                return
            self.count(place, question)
            for source, answer in answers:
                if answer is not None and answer != value:
                    self.differ(question, place, value, source.name, answer)
            return
        answers = [(s, self.has(s, question)) for s in self.sources]
        answers = [(s, a) for s, a in answers if a is not None]
        if not answers:
            self.absent.append(question)
            return
        self.count(place, question)
        if value == "has" and not any(a for _, a in answers):
            self.differ(question, place, "there", " and ".join(
                s.name for s, _ in answers), "not")
        for source, answer in answers:
            if value == "lacks" and answer:
                self.differ(question, place, "not there", source.name,
                            "there")

    def count(self, place, question):
        kind = place.split(",")[0].split(" ")[0].replace("lib/", "")
        if kind not in ("headers", "machine's"):
            self.compared.add(question)
        self.places[kind] = self.places.get(kind, 0) + 1

    def one_another(self, asked):
        for question in asked:
            answers = [(s.name, s.ask(question)) for s in self.sources]
            answers = [(n, a) for n, a in answers if a is not None]
            if not answers:
                self.absent.append(question)
            for name, value in answers[1:]:
                self.between += 1
                if value != answers[0][1]:
                    self.differ(question, answers[0][0], answers[0][1], name,
                                value)

    def needless(self):
        """Reasons that personas give for what does not differ."""
        self.wrong += ["%s: %s gives a reason for %s, which does not differ"
                       % (self.system.name, place, question)
                       for place, question in sorted(self.reasons - self.given)]

    def line(self):
        places = ", ".join("%s %d" % p for p in sorted(self.places.items()))
        return "%s: %d values compared (%s), %d of one source with " \
            "another, %d known, %d wrong" % (
                self.system.name, len(self.compared), places, self.between,
                len(self.explained), len(self.wrong))


class Check:
    def __init__(self, options):
        self.top, self.options = os.path.dirname(os.path.dirname(HERE)), options
        self.cc = shlex.split(options.cc)
        self.systems = [System(line) for line in
                        read_table(os.path.join(HERE, "systems"))]
        self.needed, looked = tree.needed(self.top)
        self.used = looked | set(self.needed)
        self.asked = list(dict.fromkeys(
            questions(os.path.join(HERE, "values")) + sorted(self.used)))
        self.facts = tree.rows(self.top)
        self.known = Known(os.path.join(HERE, "known"))
        self.personas, self.sizes = {}, {}
        # What was not asked, and systems that have personas of those.
        self.skipped, self.lacking = [], set()

    def makes(self, bits):
        """Does the compiler at hand make programs of this word size?"""
        if bits not in self.sizes:
            self.sizes[bits] = tree.makes(self.cc + ["-m%d" % bits])
        return self.sizes[bits]

    def hear_personas(self, chosen):
        try:
            host = tree.answers(self.top, self.cc, self.asked)
        except (tree.Broken, OSError) as problem:
            self.skipped.append("personas: %s" % problem)
            return
        word = 8 * host["sizeof iovec.iov_base"]
        self.sizes[word] = True
        gone = tree.renamed(self.top)
        for persona in tree.personas(self.top):
            system = persona.plays(self.systems)
            if system is None:
                self.skipped.append("persona %s: plays no system of a table"
                                    % persona.name)
            elif not chosen or system.name in chosen:
                self.hear(persona, system, host, gone, word)

    def hear(self, persona, system, host, gone, word):
        if not self.makes(system.bits):
            self.skipped.append("persona %s: the compiler makes no programs "
                                "of %d bits" % (persona.name, system.bits))
            self.lacking.add(system.name)
            return
        env = dict(os.environ, PERSONA_CC=self.options.cc)
        try:
            said = tree.answers(self.top, persona.compiler(word), self.asked,
                                env)
        except (tree.Broken, OSError) as problem:
            self.skipped.append("persona %s: %s" % (persona.name, problem))
            return
        self.personas.setdefault(system.name, []).append((persona, (
            self.asked, said, host, gone, self.used)))

    def machine(self, system):
        """The headers of the machine at hand, where it is this system."""
        made = {"linux-x86_64": [], "linux-i386": ["-m32"]}
        if system.name not in made:
            return []
        cc = self.cc + made[system.name]
        try:
            target = tree.run(self.cc + ["-dumpmachine"]).strip()
            if not target.startswith("x86_64-") or "linux-gnu" not in target:
                raise tree.Broken("the compiler makes " + target)
            said = tree.answers(self.top, cc, self.asked)
        except (tree.Broken, OSError) as problem:
            self.skipped.append("headers of %s: %s" % (system.name, problem))
            return []
        return [("headers of this machine", q, v) for q, v in said.items()]

    def claims(self, system, sources):
        def ask(question):
            answers = [s.ask(question) for s in sources]
            return next((a for a in answers if a is not None), None)
        found = tree.from_facts(system, self.facts, ask)
        names = {}
        for source in sources:
            for question in self.asked + ["CMSG_DATA"]:
                if question.isidentifier() and question not in names:
                    value = source.ask(question)
                    if value is not None:
                        names[question] = value
                    elif source.function(question):
                        names[question + "(x)"] = "(x)"
        for macro in ("CMSG_LEN", "CMSG_SPACE", "CMSG_DATA"):
            names.setdefault(macro + "(x)", "(x)")
        if not any(s.ask("msghdr.msg_control") for s in sources):
            names.pop("CMSG_DATA(x)")
        found += tree.from_detect(
            tree.decisions(self.top, self.cc, system, names))
        found += [("used by lib/" + place, name, "has")
                  for name, place in self.needed.items()]
        for persona, heard in self.personas.get(system.name, ()):
            found += tree.from_persona(persona, *heard)
        return found + self.machine(system)

    def all_sources(self):
        return self.options.crate and len(self.options.go) == 2

    def run(self, chosen):
        options = self.options
        version = crate_version(options.crate) if options.crate else ""
        self.hear_personas(chosen)
        done, bad = [], 0
        for system in self.systems:
            if chosen and system.name not in chosen:
                continue
            sources = sources_of(system, options.crate, version, options.go)
            if not sources:
                self.skipped.append("%s: no source" % system.name)
                continue
            one = Comparison(system, sources, self.known)
            one.one_another(self.asked)
            for persona, _ in self.personas.get(system.name, ()):
                one.excuse(persona)
            for claim in self.claims(system, sources):
                one.claim(*claim)
            # With fewer sources than the reasons were given with, some of
            # what is known is not seen.
            if self.all_sources():
                one.needless()
            print(one.line())
            self.details(one)
            bad += len(one.wrong)
            if len(one.compared) < options.least:
                bad += 1
                print("%s: fewer than %d values" % (system.name,
                                                    options.least))
            done.append(one)
        idle = self.known.idle([o.system.name for o in done]) \
            if self.all_sources() else []
        for line in idle:
            bad += 1
            print("known, and not so: %s" % line)
        if options.recorded:
            bad += self.stale(options.recorded, done)
        if options.require:
            bad += len(self.lacking)
        for line in self.skipped:
            print("skipped: %s" % line)
        return done, bad

    def stale(self, path, done):
        """How many rows of the record say something else, of the sources and
        personas that were asked now; other versions have more or less."""
        said = {line.split("\t")[0]: line for line in read_table(path)
                if "\t" in line}
        bad = 0
        for one in done:
            row = said.pop(one.system.name, "")
            now = row_of(one)
            if row == now or one.system.name in self.lacking or (
                    row and row.split("\t")[4] != now.split("\t")[4]):
                continue
            bad += 1
            print("%s: matrix/second says \"%s\"; run make record-abi"
                  % (one.system.name, row.replace("\t", " ")))
        for name in said:
            bad += 1
            print("%s: in matrix/second alone; run make record-abi" % name)
        return bad

    def details(self, one):
        for line in one.wrong:
            print("    DIFFERENT %s" % line)
        absent = list(dict.fromkeys(one.absent))
        if absent:
            print("    %s: %s" % (", ".join(
                dict.fromkeys(s.absent for s in one.sources)),
                " ".join(absent)))


def row_of(one):
    return "\t".join([one.system.name, str(len(one.compared)),
                      str(one.between), str(len(one.explained)),
                      "; ".join(s.name for s in one.sources)])


def record(path, date, done):
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "# SPDX-License-Identifier: 0BSD\n"
            "# Generated by \"make record-abi\"; do not edit. What of this tree"
            " was held against\n# a second source: system, values compared,"
            " values of one source with another,\n# differences with a reason"
            " (t/abi/known), the sources. No row is a run.\n"
            "date: %s\n" % date)
        for one in done:
            file.write(row_of(one) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crate")
    parser.add_argument("--go", nargs=2, action="append", default=[])
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--least", type=int, default=15)
    parser.add_argument("--record", nargs=2)
    parser.add_argument("--recorded")
    parser.add_argument("--require", action="store_true")
    parser.add_argument("system", nargs="*")
    options = parser.parse_args()
    try:
        done, bad = Check(options).run(options.system)
    except (tree.Broken, Unknown) as problem:
        print("check-abi: %s" % problem)
        return 1
    if options.record and not bad:
        record(options.record[0], options.record[1], done)
    print("check-abi: %d systems, %d values, %d of one source with another, "
          "%d wrong" % (len(done), sum(len(o.compared) for o in done),
                        sum(o.between for o in done), bad))
    return 1 if bad or not done else 0


if __name__ == "__main__":
    sys.exit(main())
