# SPDX-License-Identifier: 0BSD
"""sources.py - the second sources: the crate libc, and two tables of Go's.

One question, three that may answer. A name that a source has not is None, said
as "not in crate" or "not in Go"; what cannot be understood ends the check.

    sources.py crate SRC 'os=haiku arch=x86_64 bits=64' QUESTION...
    sources.py go DIRECTORY linux/386/32 QUESTION...

answers by hand: MSG_PEEK, 'sizeof msghdr', msghdr.msg_flags, 'CMSG_SPACE(4)',
'accept4()'.
"""
import os
import re
import sys

from golang import Go
from rust import Crate, Missing, cfg_of


def read_table(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file
                if line.strip() and not line.startswith("#")]


def defined(text):
    """The macros of `A B=2` as {A: 1, B: 2}."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value or "1" for name, _, value in pairs}


class System:
    def __init__(self, line):
        part = line.split("\t")
        self.name, self.facts = part[0], part[1].split(",")
        self.bits, self.cfg = int(part[2]), part[3].split()
        self.go = None if part[4] == "-" else part[4].split("/")
        self.macros = defined(part[5])
        self.arch = self.name.split("-")[1]


class Source:
    """One source of one system; `name` is how it is called when it differs."""

    def __init__(self, name, reads, absent):
        self.name, self.reads, self.absent = name, reads, absent

    def ask(self, question):
        """The answer as a number, or None."""
        try:
            return self.answer(question)
        except Missing:
            return None

    def answer(self, question):
        match = re.match(r"(CMSG_\w+)\((\d+)\)$", question)
        if match:
            return self.reads.call(match.group(1), int(match.group(2)))
        if question.startswith("sizeof "):
            words = question[7:].split(".")
            if len(words) == 2:
                return self.reads.field(*words)[1]
            return self.reads.size(words[0])
        if "." in question:
            return self.reads.field(*question.split("."))[0]
        return self.reads.constant(question)

    def function(self, name):
        return isinstance(self.reads, Crate) and self.reads.function(name)

    def macro(self, name):
        """Would the header define this? A function of the crate's that is
        written as a macro is one."""
        return self.ask(name) is not None or self.function(name)


def questions(path):
    """The questions of the file `values`, in its order."""
    asked = []
    for line in read_table(path):
        what, *names = line.split()
        if what == "size":
            names = ["sizeof " + name for name in names]
        elif what == "field":
            names = [q for name in names for q in (name, "sizeof " + name)]
        asked += names
    return asked


def sources_of(system, crate, crate_version, tables):
    """crate: its src directory; tables: (name, directory) of Go's."""
    found = []
    if crate:
        cfg = cfg_of(system.cfg + ["bits=%d" % system.bits])
        found.append(Source("crate libc " + crate_version,
                            Crate(crate, cfg, system.bits), "not in crate"))
    for name, directory in tables:
        if system.go is None:
            continue
        try:
            reads = Go(directory, system.go[0], system.go[1], system.bits)
        except Missing:
            continue
        found.append(Source("%s, %s" % (name, "_".join(system.go)), reads,
                            "not in " + name.split()[0]))
    return found


def crate_version(source):
    """The version that the crate's Cargo.toml says."""
    path = os.path.join(os.path.dirname(source.rstrip("/")), "Cargo.toml")
    with open(path, encoding="utf-8") as file:
        return re.search(r'^version = "(.*)"', file.read(), re.M).group(1)


def main(kind, where, target, *asked):
    if kind == "crate":
        words = target.split()
        bits = int(dict(w.split("=") for w in words if "=" in w)["bits"])
        source = Source("crate", Crate(where, cfg_of(words), bits),
                        "not in crate")
    else:
        system, processor, bits = target.split("/")
        source = Source("go", Go(where, system, processor, int(bits)),
                        "not in Go")
    for question in asked:
        if question.endswith("()"):
            answer = source.function(question[:-2])
        else:
            answer = source.ask(question)
        print("%s: %s" % (question, source.absent if answer is None
                          else answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
