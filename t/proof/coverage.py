# SPDX-License-Identifier: 0BSD
"""coverage.py SOURCES - what make check reaches of lib/ and src/.

A line of lib/ that no test reaches must stand in uncovered, with its reason,
and what stands there must be so. Exit status 1 if it is not, or if less is
reached than the goals below say.
"""
import os
import shutil
import sys
import tempfile

from tree import Tree, counting, run

HERE = os.path.dirname(os.path.abspath(__file__))
# Where, the least per cent of lines, of branches. By file: each counts.
GOALS = [("lib/", 95, 90), ("src/front/", 90, 0), ("src/worker/", 90, 0),
         ("src/rules/", 90, 0)]


def reasons():
    """{(file, text of the line): reason}, a line of three columns each."""
    found = {}
    with open(os.path.join(HERE, "uncovered")) as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                file, text, reason = line.rstrip("\n").split("\t")
                found[file, text] = reason
    return found


def per_cent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def sums(reached, where):
    lines = [entry for file, entries in reached.items()
             if file.startswith(where) for entry in entries.values()]
    branches = [taken for entry in lines for taken in entry[1].values()]
    return (sum(1 for entry in lines if entry[0]), len(lines),
            sum(1 for taken in branches if taken), len(branches))


def shown(name, counts):
    lines, all_lines, branches, all_branches = counts
    print("%-28s %5d of %5d lines %5.1f %%  %5d of %5d branches %5.1f %%" % (
        name, lines, all_lines, per_cent(lines, all_lines), branches,
        all_branches, per_cent(branches, all_branches)))


def main(sources):
    where = tempfile.mkdtemp(prefix="fdferry.")
    try:
        return measured(Tree(sources, os.path.join(where, "tree"), counting(
            where, "-fprofile-update=atomic")))
    finally:
        shutil.rmtree(where, ignore_errors=True)


def measured(tree):
    tree.forget()
    status, said = run(["make", "-j2", "check"], tree.build, 1800)
    for line in said.split("\n"):
        if line.startswith(("# PASS", "# FAIL", "# SKIP", "FAIL:", "ERROR:")):
            print(line)
    reached = tree.reached(everything=True)
    bad = status != 0
    for file in sorted(reached):
        shown(file, sums(reached, file))
    print()
    for place, least_lines, least_branches in GOALS:
        counts = sums(reached, place)
        shown(place, counts)
        if (per_cent(*counts[:2]) < least_lines
                or per_cent(*counts[2:]) < least_branches):
            bad = True
            print("    less than the goal: %d %% of lines, %d %% of branches"
                  % (least_lines, least_branches))
    why, seen = reasons(), set()
    for file in sorted(reached):
        if not file.startswith("lib/"):
            continue
        with open(os.path.join(tree.source, file)) as source:
            text = [line.strip() for line in source]
        for number, entry in sorted(reached[file].items()):
            if entry[0]:
                continue
            key = file, text[number - 1]
            seen.add(key)
            if key not in why:
                bad = True
                print("%s:%d: no test reaches this, and no reason is in "
                      "t/proof/uncovered: %s" % (file, number, key[1]))
    for key in sorted(set(why) - seen):
        bad = True
        print("t/proof/uncovered: %s: %s: reached, or not there any more"
              % key)
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
