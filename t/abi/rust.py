# SPDX-License-Identifier: 0BSD
"""rust.py - what the crate libc says of one target.

Constants, layouts of structures, and the small functions by which control
messages are laid out, evaluated. Missing is raised for a name that the crate
has not; rustparse.Unknown for what is not understood.
"""
from rustparse import Cursor, Reader, Unknown, tokens


class Missing(Exception):
    """The source has no such name."""


INTEGERS = {"i8": 1, "u8": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4,
            "i64": 8, "u64": 8, "i128": 16, "u128": 16, "f32": 4, "f64": 8,
            "bool": 1, "char": 4}
# core::ffi
C_TYPES = {"c_char": "i8", "c_schar": "i8", "c_uchar": "u8", "c_short": "i16",
           "c_ushort": "u16", "c_int": "i32", "c_uint": "u32",
           "c_long": "isize", "c_ulong": "usize", "c_longlong": "i64",
           "c_ulonglong": "u64", "c_float": "f32", "c_double": "f64",
           "c_void": "u8"}
# Tokens of types that stand for nothing but a size.
BINDING = [["||"], ["&&"], ["==", "!=", "<", ">", "<=", ">="], ["|"], ["^"],
           ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]


class Crate:
    def __init__(self, source, cfg, bits, version=""):
        self.root = Reader(cfg).crate(source)
        self.word = bits // 8
        self.cfg, self.version = cfg, version
        self.busy = set()

    # ---- names ----
    def lookup(self, module, name, kinds, seen=None, origin=None):
        """The items of this name that `module` sees."""
        seen = set() if seen is None else seen
        origin = origin or module
        if (module, name) in seen:
            return []
        seen.add((module, name))
        inside = origin.within(module)
        found = [i for i in module.items.get(name, ())
                 if i.what in kinds and (i.public or inside)]
        if found:
            return found
        for path, public in module.uses.get(name, ()):
            if public or inside:
                found += self.path(module, path, kinds, seen)
        if found:
            return found
        for path, public in module.globs:
            if not public and not inside:
                continue
            other = self.module(module, path)
            if other is not None:
                found += self.lookup(other, name, kinds, seen, origin)
        return found

    def module(self, module, path):
        """The module of this path; None for what is not this crate's."""
        for i, word in enumerate(path):
            if word == "crate":
                module = self.root
            elif word == "self":
                pass
            elif word == "super":
                module = module.parent
            else:
                child = self.child(module, word, set())
                if child is None:
                    if i == 0 and word == "core":
                        return None
                    return None
                module = child
        return module

    def child(self, module, name, seen):
        if module in seen:
            return None
        seen.add(module)
        if name in module.children:
            return module.children[name]
        for path, _ in module.uses.get(name, ()):
            if path[-1:] == [name] and len(path) > 1:
                over = self.module(module, path[:-1])
                if over is not None and name in over.children:
                    return over.children[name]
        for path, _ in module.globs:
            over = self.base(module, path, seen)
            if over is not None:
                found = self.child(over, name, seen)
                if found is not None:
                    return found
        return None

    def base(self, module, path, seen):
        """As module(), for a glob that may lead back to where it began."""
        for word in path:
            if word == "crate":
                module = self.root
            elif word == "super":
                module = module.parent
            elif word != "self":
                if word not in module.children:
                    return None
                module = module.children[word]
        return module

    def path(self, module, path, kinds, seen=None):
        if len(path) > 1:
            over = self.module(module, path[:-1])
            if over is None:
                return []
            return self.lookup(over, path[-1], kinds, seen, module)
        return self.lookup(module, path[0], kinds, seen)

    def one(self, module, path, kinds):
        found = list(dict.fromkeys(self.path(module, path, kinds)))
        if not found:
            raise Missing("::".join(path))
        if len(found) > 1:
            raise Unknown("%s is in %s" % ("::".join(path), " and ".join(
                i.module.where() for i in found)))
        return found[0]

    # ---- questions ----
    def constant(self, name):
        item = self.one(self.root, [name], ("const",))
        return self.const(item)

    def function(self, name):
        return bool(self.path(self.root, [name], ("fn",)))

    def size(self, name):
        return self.layout(self.root, [name])[0]

    def field(self, struct, name):
        """Offset and size of a member."""
        item = self.one(self.root, [struct], ("struct", "union"))
        for member, offset, size in self.members(item)[2]:
            if member == name:
                return offset, size
        raise Missing("%s.%s" % (struct, name))

    def call(self, name, *arguments):
        item = self.one(self.root, [name], ("fn",))
        return self.run(item, [(a, "u32") for a in arguments])[0]

    # ---- values ----
    def const(self, item):
        if item in self.busy:
            raise Unknown("%s is defined by itself" % item.name)
        self.busy.add(item)
        try:
            cur = Cursor(item.toks, item.module.where() + ": " + item.name)
            cur.expect(":")
            kind = cur.until("=")
            cur.expect("=")
            value = self.expression(cur, item.module, {})
            if cur.kind():
                raise Unknown("%s goes on with %r" % (cur.where, cur.peek()))
            return self.convert(value[0], self.kind(item.module, kind))
        finally:
            self.busy.discard(item)

    def kind(self, module, toks):
        """The primitive that a type is, or None."""
        names = [t for k, t in toks if k == "name"]
        if not names or any(t in "*[<(&" for _, t in toks):
            return None
        if names[-1] in INTEGERS or names[-1] in ("usize", "isize"):
            return names[-1]
        if names[-1] in C_TYPES:
            return C_TYPES[names[-1]]
        try:
            item = self.one(module, names, ("type",))
        except Missing:
            return None
        cur = Cursor(item.toks, item.name)
        cur.expect("=")
        return self.kind(item.module, cur.toks[1:])

    def convert(self, value, kind):
        if kind is None or kind in ("f32", "f64", "bool", "char"):
            return value
        bits = 8 * (self.word if kind[1:] == "size" else INTEGERS[kind])
        value &= (1 << bits) - 1
        if kind[0] == "i" and value >> (bits - 1):
            value -= 1 << bits
        return value

    def expression(self, cur, module, names, level=0):
        if level == len(BINDING):
            return self.cast(cur, module, names)
        value = self.expression(cur, module, names, level + 1)
        while cur.peek() in BINDING[level] or (
                cur.peek() == ">" and ">>" in BINDING[level]
                and cur.peek(1) == ">"):
            mark = cur.next()
            if mark == ">" and level == 6:
                cur.next()
                mark = ">>"
            other = self.expression(cur, module, names, level + 1)
            value = (self.operate(mark, value[0], other[0]),
                     value[1] or other[1])
            if value[1]:
                value = (self.convert(value[0], value[1]), value[1])
        return value

    @staticmethod
    def operate(mark, a, b):
        if mark == "/":
            return a // b
        return {"||": lambda: bool(a or b), "&&": lambda: bool(a and b),
                "==": lambda: a == b, "!=": lambda: a != b,
                "<": lambda: a < b, ">": lambda: a > b, "<=": lambda: a <= b,
                ">=": lambda: a >= b, "|": lambda: a | b,
                "^": lambda: a ^ b, "&": lambda: a & b, "<<": lambda: a << b,
                ">>": lambda: a >> b, "+": lambda: a + b, "-": lambda: a - b,
                "*": lambda: a * b, "%": lambda: a % b}[mark]()

    def cast(self, cur, module, names):
        value = self.unary(cur, module, names)
        while cur.take("as"):
            start = cur.at
            while cur.kind() == "name" and cur.peek() != "as" \
                    or cur.peek() == "::":
                cur.next()
            kind = self.kind(module, cur.toks[start:cur.at])
            if kind is None:
                raise Unknown("%s: as %r" % (cur.where, cur.peek(-1)))
            value = (self.convert(value[0], kind), kind)
        return value

    def unary(self, cur, module, names):
        if cur.take("-"):
            value = self.unary(cur, module, names)
            return -value[0], value[1]
        if cur.take("!"):
            value = self.unary(cur, module, names)
            return self.convert(~value[0], value[1]), value[1]
        return self.primary(cur, module, names)

    def primary(self, cur, module, names):
        if cur.peek() == "(":
            inner = Cursor(cur.group(), cur.where)
            return self.expression(inner, module, names)
        if cur.peek() == "{":
            return self.block(Cursor(cur.group(), cur.where), module, names)
        if cur.take("unsafe"):
            return self.primary(cur, module, names)
        if cur.take("if"):
            return self.branch(cur, module, names)
        if cur.kind() == "number":
            return self.number(cur.next())
        if cur.kind() != "name":
            raise Unknown("%s: %r in an expression" % (cur.where, cur.peek()))
        path = [cur.next()]
        while cur.take("::"):
            if cur.take("<"):
                return self.measure(path[-1], cur, module)
            path.append(cur.next())
        if cur.peek() == "(":
            return self.invoke(path, cur, module, names)
        if len(path) == 1 and path[0] in names:
            return names[path[0]]
        if path == ["true"] or path == ["false"]:
            return path == ["true"], "bool"
        item = self.one(module, path, ("const",))
        colon = Cursor(item.toks, item.name)
        colon.expect(":")
        return self.const(item), self.kind(item.module, colon.until("="))

    @staticmethod
    def number(text):
        text = text.replace("_", "")
        kind = None
        for suffix in sorted(list(INTEGERS) + ["usize", "isize"], key=len):
            if text.endswith(suffix) and not (
                    text.startswith("0x") and suffix[0] in "fb"):
                kind, text = suffix, text[:-len(suffix)]
                break
        return int(text, 0 if text[:2] in ("0x", "0o", "0b") else 10), kind

    def measure(self, what, cur, module):
        toks = cur.until(">")
        cur.expect(">")
        cur.group()
        size, align = self.of(Cursor(toks, cur.where), module)
        if what not in ("size_of", "align_of"):
            raise Unknown("%s: %s::<>" % (cur.where, what))
        return (size if what == "size_of" else align), "usize"

    def invoke(self, path, cur, module, names):
        inner, arguments = Cursor(cur.group(), cur.where), []
        while inner.kind():
            arguments.append(self.expression(inner, module, names))
            inner.take(",")
        return self.run(self.one(module, path, ("fn",)), arguments)

    def run(self, item, arguments):
        head, body = item.toks
        where = item.module.where() + ": " + item.name
        if body is None:
            raise Unknown("%s has no body" % where)
        cur, names = Cursor(head, where), {}
        inner = Cursor(cur.group(), where)
        for value in arguments:
            name = inner.next()
            inner.expect(":")
            kind = self.kind(item.module, inner.until(","))
            inner.take(",")
            names[name] = (self.convert(value[0], kind), kind)
        if inner.kind():
            raise Unknown("%s wants more arguments" % where)
        value = self.block(Cursor(body, where), item.module, names)
        if cur.take("->"):
            kind = self.kind(item.module, cur.toks[cur.at:])
            value = (self.convert(value[0], kind), kind)
        return value

    def block(self, cur, module, names):
        names = dict(names)
        while cur.take("let") or cur.take("const"):
            name = cur.next()
            kind = None
            if cur.take(":"):
                kind = self.kind(module, cur.until("="))
            cur.expect("=")
            value = self.expression(cur, module, names)
            cur.expect(";")
            names[name] = (self.convert(value[0], kind), kind or value[1])
        value = self.expression(cur, module, names)
        if cur.kind():
            raise Unknown("%s goes on with %r" % (cur.where, cur.peek()))
        return value

    def branch(self, cur, module, names):
        test = Cursor(cur.until("{"), cur.where)
        yes = cur.group()
        cur.expect("else")
        chosen = self.expression(test, module, names)[0]
        if cur.take("if"):
            start = cur.at
            if not chosen:
                return self.branch(cur, module, names)
            cur.at = start
            cur.until("{")
            cur.group()
            while cur.take("else"):
                cur.until("{")
                cur.group()
        else:
            no = cur.group()
            if not chosen:
                yes = no
        return self.block(Cursor(yes, cur.where), module, names)

    # ---- layouts ----
    def layout(self, module, path):
        """Size and alignment of a type by its name."""
        last = path[-1]
        if last in ("usize", "isize"):
            return self.word, self.word
        if last in C_TYPES:
            return self.layout(module, [C_TYPES[last]])
        if last in INTEGERS:
            size = INTEGERS[last]
            wide = size == 8 and ("target_arch", "x86") in self.cfg
            return size, 4 if wide else size
        item = self.one(module, path,
                        ("type", "struct", "union", "enum", "tuple"))
        if item.what == "type":
            cur = Cursor(item.toks, item.name)
            cur.expect("=")
            return self.of(cur, item.module)
        if item.what in ("enum", "tuple"):
            raise Unknown("the layout of %s, an %s" % (item.name, item.what))
        return self.members(item)[:2]

    def of(self, cur, module):
        """Size and alignment of the type that is written here."""
        if cur.take("*") or cur.take("&") or cur.peek() in ("fn", "extern"):
            cur.at = len(cur.toks)
            return self.word, self.word
        if cur.peek() == "[":
            inner = Cursor(cur.group(), cur.where)
            size, align = self.of(Cursor(inner.until(";"), cur.where), module)
            inner.expect(";")
            return size * self.expression(inner, module, {})[0], align
        path = [cur.next()]
        while cur.take("::"):
            path.append(cur.next())
        if cur.take("<"):
            if path[-1] == "Option":       # of a pointer to a function
                return self.word, self.word
            if path[-1] not in ("Padding", "MaybeUninit"):
                raise Unknown("%s: %s<>" % (cur.where, path[-1]))
            return self.of(Cursor(cur.toks[cur.at:-1], cur.where), module)
        return self.layout(module, path)

    def members(self, item):
        """Size, alignment, and of each member name, offset and size."""
        where = item.module.where() + ": " + item.name
        cur, reader = Cursor(item.toks, where), Reader(self.cfg)
        most, at, end, found = self.pack(item.reprs), 0, 0, []
        whole = 1
        while cur.kind():
            there, _ = reader.attributes(cur)
            if cur.take("pub") and cur.peek() == "(":
                cur.group()
            name = cur.next()
            cur.expect(":")
            toks = cur.until(",")
            cur.take(",")
            if not there:
                continue
            size, align = self.of(Cursor(toks, where), item.module)
            align = min(align, most) if most else align
            at = 0 if item.what == "union" else -(-at // align) * align
            found.append((name, at, size))
            at += size
            end, whole = max(end, at), max(whole, align)
        forced = self.forced(item.reprs)
        whole = max(whole, forced)
        return -(-end // whole) * whole, whole, found

    @staticmethod
    def pack(reprs):
        for word in reprs.split(","):
            if word.startswith("packed"):
                return int(word[7:-1]) if "(" in word else 1
        return 0

    @staticmethod
    def forced(reprs):
        for word in reprs.split(","):
            if word.startswith("align("):
                return int(word[6:-1])
        return 1


def cfg_of(words):
    """What `os=haiku arch=x86_64 bits=64 ...` means for cfg()."""
    keys = {"os": "target_os", "arch": "target_arch", "env": "target_env",
            "endian": "target_endian", "vendor": "target_vendor",
            "bits": "target_pointer_width"}
    cfg = {"unix", ("target_family", "unix"), ("feature", "std"),
           ("feature", "default")}
    given = dict(word.split("=") for word in words if "=" in word)
    for key, name in keys.items():
        cfg.add((name, given.get(key, {"endian": "little"}.get(key, ""))))
    return cfg | {word for word in words if "=" not in word}


assert tokens("a::b") == [("name", "a"), ("mark", "::"), ("name", "b")]
