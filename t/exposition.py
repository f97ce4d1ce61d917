# SPDX-License-Identifier: 0BSD
"""The text format of Prometheus, version 0.0.4, read strictly: what is not
exactly that raises Wrong. Run alone it reads standard input.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
VALUE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
                   r"(?:[eE][+-]?[0-9]+)?|[+-]?Inf|NaN")
HEAD = re.compile(r"# (HELP|TYPE) (%s)(?: (.*))?" % NAME)
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? ([^ ]+)(?: (-?[0-9]+))?" % NAME)
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
ENDS = {"histogram": ("_bucket", "_sum", "_count")}


class Wrong(Exception):
    pass


def number(text):
    if not VALUE.fullmatch(text):
        raise Wrong("no number: %r" % text)
    return float(text)


def labels(text):
    """{name: value} of what stands in braces; one comma between two."""
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match:
            raise Wrong("no label: %r" % text[at:])
        name, value = match.groups()
        if name in found:
            raise Wrong("label %s twice" % name)
        found[name] = re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n"
                             else m.group(1), value)
        at = match.end()
        if at < len(text):
            if text[at] != "," or at + 1 == len(text):
                raise Wrong("behind a label: %r" % text[at:])
            at += 1
    return found


class Family:
    def __init__(self, name):
        self.name = name
        self.help = self.type = None
        self.samples = {}       # (name, labels): value

    def add(self, name, found, value):
        key = name, tuple(sorted(found.items()))
        if key in self.samples:
            raise Wrong("%s twice" % (key,))
        if self.type == "counter" and not value >= 0:
            raise Wrong("a counter of %s" % value)
        self.samples[key] = value

    def check(self):
        if self.type == "histogram":
            self.check_histogram()

    def check_histogram(self):
        series = {}
        for (name, found), value in self.samples.items():
            rest = tuple(pair for pair in found if pair[0] != "le")
            one = series.setdefault(rest, {"le": []})
            if name.endswith("_bucket"):
                if len(found) == len(rest):
                    raise Wrong("a bucket without le: %s" % name)
                one["le"].append((number(dict(found)["le"]), value))
            else:
                if len(found) != len(rest):
                    raise Wrong("le in %s" % name)
                one[name[len(self.name):]] = value
        for rest, one in series.items():
            if [le for le, _ in one["le"]] != sorted(
                    le for le, _ in one["le"]):
                raise Wrong("buckets in no order: %s" % (rest,))
            counts = [n for _, n in one["le"]]
            if counts != sorted(counts):
                raise Wrong("buckets do not add up: %s" % (rest,))
            if not one["le"] or one["le"][-1][0] != float("inf"):
                raise Wrong("no +Inf: %s" % (rest,))
            if "_count" not in one or "_sum" not in one:
                raise Wrong("no count or sum: %s" % (rest,))
            if one["_count"] != counts[-1]:
                raise Wrong("+Inf is not the count: %s" % (rest,))


def read_head(families, current, line):
    match = HEAD.fullmatch(line)
    if not match:
        if line.startswith("# HELP") or line.startswith("# TYPE"):
            raise Wrong("no head: %r" % line)
        return current          # a comment
    what, name, text = match.groups()
    if current is None or current.name != name:
        if name in families:
            raise Wrong("%s in two places" % name)
        current = families[name] = Family(name)
    if what == "HELP":
        if current.help is not None or current.samples:
            raise Wrong("HELP of %s: twice, or late" % name)
        if not re.fullmatch(r"(?:[^\\]|\\[\\n])*", text or ""):
            raise Wrong("HELP of %s: %r" % (name, text))
        current.help = text or ""
    else:
        if current.type is not None or current.samples:
            raise Wrong("TYPE of %s: twice, or late" % name)
        if text not in TYPES:
            raise Wrong("TYPE of %s: %r" % (name, text))
        current.type = text
    return current


def belongs(family, name):
    ends = ENDS.get(family.type, ("",))
    return name in [family.name + end for end in ends]


def parse(text):
    """{name: Family}, all of it right."""
    if not text.endswith("\n"):
        raise Wrong("the last line has no end")
    families, current = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            current = read_head(families, current, line)
            continue
        if not line:
            continue
        match = SAMPLE.fullmatch(line)
        if not match:
            raise Wrong("no sample: %r" % line)
        name, found, value, _ = match.groups()
        if current is None or not belongs(current, name):
            raise Wrong("%s is not of the family before it" % name)
        current.add(name, labels(found or ""), number(value))
    for family in families.values():
        if family.help is None or family.type is None:
            raise Wrong("%s: no HELP or TYPE" % family.name)
        family.check()
    return families


if __name__ == "__main__":
    parse(sys.stdin.read())
