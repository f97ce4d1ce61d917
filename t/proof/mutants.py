# SPDX-License-Identifier: 0BSD
"""mutants.py - the single changes that can be made to a C source.

Each is one edit at one place: an operator for its neighbour, a constant for
the next one, a condition turned round, a statement left out, another value
returned. Made of tokens, not of a grammar: what does not compile is none.
"""
import collections
import re

Token = collections.namedtuple("Token", "kind text at")
# what: in words, in which the list of equivalents names it.
Mutant = collections.namedtuple("Mutant", "file line at end text what")

LEX = re.compile(r"""
    (?P<blank>\s+|/\*.*?\*/|//[^\n]*)
  | (?P<directive>(?<![^\n])\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.X | re.S)

NEIGHBOURS = {
    "==": ["!="], "!=": ["=="], "<": ["<="], "<=": ["<"], ">": [">="],
    ">=": [">"], "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"],
    "/": ["*"], "%": ["/"], "&": ["|"], "|": ["&"], "<<": [">>"],
    ">>": ["<<"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
    "++": ["--"], "--": ["++"],
}
TYPES = {"int", "long", "unsigned", "char", "short", "void", "struct", "enum",
         "union", "const", "static", "size_t", "ssize_t", "socklen_t",
         "return", "if", "else", "for", "while", "do", "switch", "case",
         "default", "typedef", "extern", "uid_t", "gid_t", "pid_t", "mode_t",
         "uint32_t", "uint64_t", "volatile", "register", "sigset_t", "double"}


def tokens(text):
    found = []
    for match in LEX.finditer(text):
        kind = match.lastgroup
        if kind not in ("blank", "directive"):
            found.append(Token(kind, match.group(), match.start()))
    return found


def closing(toks, i):
    """The index of the token that closes the bracket at i."""
    pairs, depth = {"(": ")", "{": "}", "[": "]"}, 0
    shut = pairs[toks[i].text]
    for j in range(i, len(toks)):
        if toks[j].text == toks[i].text:
            depth += 1
        elif toks[j].text == shut:
            depth -= 1
            if depth == 0:
                return j
    return None


def binary(toks, i):
    before = toks[i - 1]
    return before.kind in ("name", "number") and before.text not in (
        "return", "case", "sizeof") or before.text in (")", "]")


def mutants(file, text):
    toks = tokens(text)
    starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def line(at):
        low, high = 0, len(starts)
        while high - low > 1:
            mid = (low + high) // 2
            low, high = (mid, high) if starts[mid] <= at else (low, mid)
        return low + 1

    found = []

    def add(at, end, new, what):
        found.append(Mutant(file, line(at), at, end, new, what))

    depth = inside = 0                  # of braces, of other brackets
    for i, tok in enumerate(toks):
        end = tok.at + len(tok.text)
        depth += {"{": 1, "}": -1}.get(tok.text, 0)
        inside += {"(": 1, "[": 1, ")": -1, "]": -1}.get(tok.text, 0)
        if depth == 0 or i == 0:
            continue                    # declarations
        if tok.text in NEIGHBOURS and tok.kind == "sign":
            if tok.text in ("+", "-", "&") and not binary(toks, i):
                continue
            for new in NEIGHBOURS[tok.text]:
                add(tok.at, end, new, "%s for %s" % (new, tok.text))
        elif tok.kind == "number":
            value = tok.text.rstrip("uUlL")
            suffix = tok.text[len(value):]
            number = int(value, 16 if value[:2] in ("0x", "0X")
                         else 8 if value[:1] == "0" and value != "0" else 10)
            other = str(1 - number if number in (0, 1) else number + 1)
            add(tok.at, end, other + suffix, "%s for %s" % (other, value))
        elif tok.text in ("if", "while") and toks[i + 1].text == "(":
            shut = closing(toks, i + 1)
            if shut is not None:
                inner = text[toks[i + 1].at + 1:toks[shut].at]
                signs = [t.text for t in toks[i + 2:shut]]
                if not {"==", "!="}.isdisjoint(signs) and not {
                        "&&", "||"} & set(signs):
                    continue            # the operator's neighbour is that
                add(toks[i + 1].at + 1, toks[shut].at, "!(%s)" % inner,
                    "the condition turned round")
        elif tok.text == "return":
            stop = statement_end(toks, i)
            if stop is not None and stop > i + 1:
                value = text[toks[i + 1].at:toks[stop].at].strip()
                for new in ["1"] if value == "0" else ["0"]:
                    add(toks[i + 1].at, toks[stop].at, new,
                        "%s returned" % new)
        if inside == (tok.text == "(") and begins(toks, i):
            stop = statement_end(toks, i)
            if stop is not None:
                add(tok.at, toks[stop].at, "", "left out")
    once = {(m.at, m.end, m.text): m for m in reversed(found)
            if text[m.at:m.end] != m.text}
    return sorted(once.values(), key=lambda m: (m.at, m.end, m.text))


def begins(toks, i):
    """Is this the first token of a statement that is no declaration?"""
    tok, before = toks[i], toks[i - 1]
    if tok.kind != "name" and tok.text not in ("*", "(", "++", "--"):
        return False
    if tok.text in TYPES:
        return False
    if before.text in (";", "{", "}", "else"):
        return True
    if before.text == ")":              # of if, for or while
        depth = 0
        for j in range(i - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(toks[j].text, 0)
            if depth == 0:
                return toks[j - 1].text in ("if", "for", "while", "switch")
    return before.text == ":" and tok.text in ("break", "continue")


def statement_end(toks, i):
    """The index of its semicolon."""
    depth = 0
    for j in range(i, len(toks)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(toks[j].text, 0)
        if toks[j].text in ("{", "}") and depth == 0:
            return None
        if toks[j].text == ";" and depth == 0:
            return j
    return None


def changed(text, mutant):
    return text[:mutant.at] + mutant.text + text[mutant.end:]
