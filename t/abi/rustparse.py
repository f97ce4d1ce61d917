# SPDX-License-Identifier: 0BSD
"""rustparse.py - Rust's items, as far as the crate libc uses them.

Reads the source of a crate for one target without a compiler: tokens, cfg
attributes, the tree of modules, and of each module its names. What a name
means is rust.py's work. Neither guesses: what is not understood raises Unknown
with the place.
"""
import functools
import os
import re


class Unknown(Exception):
    """The source says something that is not understood here."""


TOKEN = re.compile(r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<raw>b?r\#*")
  | (?P<string>[bc]?"(?:[^"\\]|\\.)*")
  | (?P<char>b?'(?:[^'\\\n]|\\[^\n])[^'\n]{0,8}?')
  | (?P<life>'[A-Za-z_]\w*)
  | (?P<name>(?:r\#)?[A-Za-z_]\w*)
  | (?P<number>\d[\w]*(?:\.\d\w*)?)
  | (?P<mark>::|->|=>|<<=|>>=|\.\.=|\.\.\.|\.\.|<<|==|!=|<=|>=|&&|\|\||[-+*/%^&|]=|.)
""", re.X | re.S)
CLOSES = {"(": ")", "[": "]", "{": "}"}


def comment_end(text, at):
    depth = 1
    at += 2
    while depth:
        opened, closed = text.find("/*", at), text.find("*/", at)
        if closed < 0:
            raise Unknown("a comment without an end")
        if 0 <= opened < closed:
            depth, at = depth + 1, opened + 2
        else:
            depth, at = depth - 1, closed + 2
    return at


def tokens(text):
    """A list of (kind, text)."""
    found, at = [], 0
    while at < len(text):
        if text.startswith("/*", at):
            at = comment_end(text, at)
            continue
        match = TOKEN.match(text, at)
        kind = match.lastgroup
        at = match.end()
        if kind == "raw":
            end = '"' + "#" * match.group().count("#")
            at = text.index(end, at) + len(end)
            found.append(("string", text[match.start():at]))
        elif kind != "space":
            found.append((kind, match.group()))
    return found


@functools.lru_cache(maxsize=None)
def tokens_of(path):
    """Those of a file, which are the same for every system."""
    with open(path, encoding="utf-8") as source:
        return tokens(source.read())


class Cursor:
    """A place in a list of tokens."""

    def __init__(self, toks, where):
        self.toks, self.at, self.where = toks, 0, where

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.toks[at][1] if at < len(self.toks) else ""

    def kind(self):
        return self.toks[self.at][0] if self.at < len(self.toks) else ""

    def next(self):
        if self.at >= len(self.toks):
            raise Unknown("%s ends early" % self.where)
        self.at += 1
        return self.toks[self.at - 1][1]

    def take(self, text):
        """Is the next one `text`? Then it is taken."""
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def expect(self, text):
        if not self.take(text):
            raise Unknown("%s: %r where %r was expected, after %r" % (
                self.where, self.peek(), text,
                " ".join(t for _, t in self.toks[max(0, self.at - 8):self.at])))

    def group(self):
        """The tokens between the brackets that open here."""
        opener = self.next()
        if opener not in CLOSES:
            raise Unknown("%s: %r opens nothing" % (self.where, opener))
        ends, start = [CLOSES[opener]], self.at
        while ends:
            text = self.next()
            if text in CLOSES:
                ends.append(CLOSES[text])
            elif text == ends[-1]:
                ends.pop()
        return self.toks[start:self.at - 1]

    def until(self, *stops):
        """The tokens before the next of `stops` outside brackets."""
        start = self.at
        while self.at < len(self.toks) and self.peek() not in stops:
            if self.peek() in CLOSES:
                self.group()
            else:
                self.at += 1
        return self.toks[start:self.at]


def holds(toks, cfg, where):
    """Does the condition of a cfg(...) hold for a target with `cfg`?"""
    cur = Cursor(toks, where)
    answer = condition(cur, cfg)
    cur.take(",")
    if cur.kind():
        raise Unknown("%s: cfg goes on with %r" % (where, cur.peek()))
    return answer


def condition(cur, cfg):
    word = cur.next()
    if word in ("all", "any", "not") and cur.peek() == "(":
        inner, answers = Cursor(cur.group(), cur.where), []
        while inner.kind():
            answers.append(condition(inner, cfg))
            inner.take(",")
        if word == "not":
            return not answers[0]
        return all(answers) if word == "all" else any(answers)
    if cur.take("="):
        return (word, cur.next().strip('"')) in cfg
    return word in cfg


class Item:
    def __init__(self, what, name, toks, module, reprs, public):
        self.what, self.name, self.toks = what, name, toks
        self.module, self.reprs, self.public = module, reprs, public


class Module:
    def __init__(self, name, parent, directory, path):
        self.name, self.parent = name, parent
        self.directory, self.path = directory, path
        self.items, self.children = {}, {}
        self.file = parent is None         # or a block in its parent's
        self.globs, self.uses = [], {}     # each with: is it public?

    def where(self):
        return os.path.relpath(self.path, self.root().directory)

    def root(self):
        return self if self.parent is None else self.parent.root()

    def within(self, other):
        """Is this module `other`, or inside it?"""
        return self is other or (
            self.parent is not None and self.parent.within(other))


# Macros whose arguments are items.
ITEMS = {"s", "s2", "s_no_extra_traits", "s_no_extra_traits2", "s_paren", "f",
         "safe_f", "const_fn", "extern_ty", "deprecated_mach"}


class Reader:
    def __init__(self, cfg):
        self.cfg, self.elsewhere = cfg, None
        self.rules = {}         # macros of one rule without arguments

    def crate(self, directory):
        root = Module("crate", None, directory,
                      os.path.join(directory, "lib.rs"))
        self.file(root)
        return root

    def file(self, module):
        self.read(Cursor(tokens_of(module.path), module.where()), module)

    def read(self, cur, module):
        while cur.kind():
            self.item(cur, module)

    def attributes(self, cur):
        """Is what follows there? And how is it laid out?"""
        there, reprs, self.elsewhere = True, [], None
        while cur.peek() == "#":
            cur.next()
            cur.take("!")
            inner = Cursor(cur.group(), cur.where)
            word = inner.next()
            if word == "cfg_attr":
                inner = Cursor(inner.group(), cur.where)
                if not holds(inner.until(","), self.cfg, cur.where):
                    continue
                inner.next()
                word = inner.next()
            if word == "cfg":
                there = there and holds(inner.group(), self.cfg, cur.where)
            elif word == "repr":
                reprs.append("".join(t for _, t in inner.group()))
            elif word == "path":
                inner.expect("=")
                self.elsewhere = inner.next().strip('"')
        return there, ",".join(reprs)

    def item(self, cur, module):
        there, reprs = self.attributes(cur)
        if not cur.kind() or cur.take(";"):
            return
        public = cur.take("pub")
        if public and cur.peek() == "(":
            cur.group()
        while cur.peek() in ("unsafe", "safe", "async", "default") or (
                cur.peek() == "const"
                and cur.peek(1) in ("fn", "unsafe", "extern", "safe")):
            cur.next()
        word = cur.next()
        handler = getattr(self, "on_" + word, None)
        if handler is not None:
            handler(cur, module, there, reprs, public)
        elif cur.take("!"):
            self.macro(word, cur, module, there)
        else:
            raise Unknown("%s: an item begins with %r %r"
                          % (cur.where, word, cur.peek()))

    def keep(self, what, name, toks, module, there, reprs, public):
        if there:
            module.items.setdefault(name, []).append(
                Item(what, name, toks, module, reprs, public))

    def on_const(self, cur, module, there, reprs, public):
        name = cur.next()
        toks = cur.until(";")
        cur.next()
        self.keep("const", name, toks, module, there, reprs, public)

    def on_static(self, cur, module, there, reprs, public):
        cur.until(";")
        cur.next()

    def on_type(self, cur, module, there, reprs, public):
        name = cur.next()
        toks = cur.until(";")
        cur.next()
        self.keep("type", name, toks, module, there, reprs, public)

    def on_struct(self, cur, module, there, reprs, public):
        self.aggregate("struct", cur, module, there, reprs, public)

    def on_union(self, cur, module, there, reprs, public):
        self.aggregate("union", cur, module, there, reprs, public)

    def on_enum(self, cur, module, there, reprs, public):
        self.aggregate("enum", cur, module, there, reprs, public)

    def aggregate(self, what, cur, module, there, reprs, public):
        name = cur.next()
        head = cur.until("{", ";", "(")
        opener = cur.peek()
        if opener == ";":
            cur.next()
            return
        body = cur.group()
        cur.take(";")
        if opener == "(":
            what = "tuple"
        del head        # generic parameters: only Padding has them
        self.keep(what, name, body, module, there, reprs, public)

    def on_fn(self, cur, module, there, reprs, public):
        name = cur.next()
        head = cur.until("{", ";")
        body = None if cur.take(";") else cur.group()
        self.keep("fn", name, (head, body), module, there, reprs, public)

    def on_extern(self, cur, module, there, reprs, public):
        if cur.take("crate"):
            cur.until(";")
            cur.next()
            return
        if cur.kind() == "string":
            cur.next()
        if cur.peek() == "{":
            body = cur.group()
            if there:
                self.read(Cursor(body, cur.where), module)
        else:
            cur.expect("fn")
            self.on_fn(cur, module, there, reprs, public)

    def on_impl(self, cur, module, there, reprs, public):
        cur.until("{")
        cur.group()

    on_trait = on_impl

    def on_mod(self, cur, module, there, reprs, public):
        name = cur.next()
        inline = None if cur.take(";") else cur.group()
        if not there:
            return
        if name in module.children:
            raise Unknown("%s: two modules %s" % (cur.where, name))
        child = Module(name, module, os.path.join(module.directory, name),
                       module.path)
        module.children[name] = child
        if inline is not None:
            self.read(Cursor(inline, cur.where), child)
            return
        child.file = True
        if self.elsewhere is not None:
            base = os.path.dirname(module.path) if module.file \
                else module.directory
            child.path = os.path.normpath(os.path.join(base, self.elsewhere))
            child.directory = os.path.dirname(child.path)
        else:
            child.path = child.directory + ".rs"
            if not os.path.exists(child.path):
                child.path = os.path.join(child.directory, "mod.rs")
        self.file(child)

    def on_use(self, cur, module, there, reprs, public):
        toks = cur.until(";")
        cur.next()
        if there:
            self.tree(Cursor(toks, cur.where), [], module, public)

    def tree(self, cur, path, module, public):
        """One branch of what `use` names."""
        path = list(path)
        cur.take("::")
        while True:
            if cur.peek() == "{":
                inner = Cursor(cur.group(), cur.where)
                while inner.kind():
                    self.tree(inner, path, module, public)
                    inner.take(",")
                return
            if cur.take("*"):
                module.globs.append((path, public))
                return
            path.append(cur.next())
            if not cur.take("::"):
                break
        name = cur.next() if cur.take("as") else path[-1]
        if name == "self":
            path, name = path[:-1], path[-2]
        module.uses.setdefault(name, []).append((path, public))

    def macro(self, word, cur, module, there):
        name = cur.next() if word == "macro_rules" else word
        opener = cur.peek()
        body = cur.group()
        if opener != "{":
            cur.take(";")
        if not there:
            return
        if word == "cfg_if":
            self.branches(Cursor(body, cur.where), module)
        elif word == "macro_rules":
            rule = Cursor(body, cur.where)
            if not rule.group():
                rule.expect("=>")
                self.rules[name] = rule.group()
        elif word in self.rules:
            self.read(Cursor(self.rules[word], cur.where), module)
        elif word in ITEMS:
            self.read(Cursor(body, cur.where), module)

    def branches(self, cur, module):
        done = False
        while cur.kind():
            if cur.take("if"):
                cur.expect("#")
                inner = Cursor(cur.group(), cur.where)
                inner.expect("cfg")
                there = holds(inner.group(), self.cfg, cur.where)
            else:
                there = True
            body = cur.group()
            if there and not done:
                done = True
                self.read(Cursor(body, cur.where), module)
            if cur.kind():
                cur.expect("else")
