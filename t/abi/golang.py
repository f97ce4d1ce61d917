# SPDX-License-Identifier: 0BSD
"""golang.py - what a directory of Go's z*_OS_ARCH.go says of one target.

Both Go's own syscall and golang.org/x/sys/unix have such tables, made on
those systems from their headers. Constants, layouts, and the alignment of
control messages; Missing and Unknown as in rust.py.
"""
import os
import re

from rust import Missing
from rustparse import Unknown

SYSTEMS = {"aix", "android", "darwin", "dragonfly", "freebsd", "illumos",
           "linux", "netbsd", "openbsd", "solaris", "windows", "plan9", "zos",
           "js", "wasip1", "ios", "hurd"}
PROCESSORS = {"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64",
              "mips64le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv64",
              "s390x", "sparc64"}
NUMBER = r"-?(?:0[xX][0-9a-fA-F]+|\d+)"
CONST = re.compile(
    r"^\s*([A-Za-z_]\w*)\s*=\s*(?:(?:syscall\.)?(?:Errno|Signal)\()?(%s)\)?\s*$"
    % NUMBER)
STRUCTS = {"msghdr": "Msghdr", "cmsghdr": "Cmsghdr", "iovec": "Iovec",
           "sockaddr_un": "RawSockaddrUnix", "xucred": "Xucred",
           "ucred": "Ucred"}
SIZES = {"int8": 1, "uint8": 1, "byte": 1, "bool": 1, "int16": 2, "uint16": 2,
         "int32": 4, "uint32": 4, "int64": 8, "uint64": 8, "float32": 4,
         "float64": 8}


class Go:
    def __init__(self, directory, system, processor, bits):
        self.directory, self.word = directory, bits // 8
        self.system, self.processor = system, processor
        self.constants, self.types = {}, {}
        names = [n for n in sorted(os.listdir(directory))
                 if re.match(r"z(errors|types)_.*\.go$", n) and self.mine(n)]
        if not names:
            raise Missing("no z*_%s_%s.go" % (system, processor))
        for name in names:
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                self.read(name, file.read())

    def mine(self, name):
        words = name[:-3].split("_")[1:]
        return all((w == self.system or w not in SYSTEMS)
                   and (w == self.processor or w not in PROCESSORS)
                   for w in words)

    def read(self, name, text):
        text = re.sub(r"//.*", "", text)
        for line in text.splitlines():
            match = CONST.match(line)
            if match:
                value = int(match.group(2), 0)
                if self.constants.setdefault(match.group(1), value) != value:
                    raise Unknown("%s: %s is two numbers" % (
                        name, match.group(1)))
        for match in re.finditer(
                r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
            self.types[match.group(1)] = match.group(2)
        for match in re.finditer(r"^\s*(?:type )?(_\w+) +(\w+)$", text, re.M):
            self.types.setdefault(match.group(1), match.group(2))

    def constant(self, name):
        if name not in self.constants:
            raise Missing(name)
        return self.constants[name]

    def struct(self, name):
        name = STRUCTS.get(name, name)
        # Elsewhere a structure of the kernel has this name.
        if name not in self.types or (
                name == "Ucred" and self.system != "linux"):
            raise Missing(name)
        return name

    def size(self, name):
        name = self.struct(name)
        size = self.members(self.types[name])[0]
        said = self.constants.get("Sizeof" + name.replace("Raw", ""), size)
        if said != size:
            raise Unknown("%s is %d by its members, and said to be %d"
                          % (name, size, said))
        return size

    def field(self, struct, name):
        name = name.split("_")[-1].capitalize()
        for member, offset, size in self.members(
                self.types[self.struct(struct)])[2]:
            if member == name:
                return offset, size
        raise Missing("%s.%s" % (struct, name))

    def of(self, text):
        if text.startswith("*"):
            return self.word, self.word
        match = re.match(r"\[(\d+)\](.*)$", text)
        if match:
            size, align = self.of(match.group(2))
            return int(match.group(1)) * size, align
        if text in ("uintptr", "uint", "int", "unsafe.Pointer"):
            return self.word, self.word
        if text in SIZES:
            size = SIZES[text]
            return size, min(size, self.word)
        if text not in self.types:
            raise Unknown("the layout of %s" % text)
        body = self.types[text]
        if "\n" not in body:
            return self.of(body)
        return self.members(body)[:2]

    def members(self, body):
        at, whole, found = 0, 1, []
        for line in body.splitlines():
            words = line.split()
            if not words:
                continue
            if len(words) < 2:
                raise Unknown("a member %r" % line)
            size, align = self.of(words[1])
            at = -(-at // align) * align
            found.append((words[0], at, size))
            at, whole = at + size, max(whole, align)
        return -(-at // whole) * whole, whole, found

    # ---- control messages ----
    def call(self, name, length):
        align = self.alignment()
        header = -(-self.size("cmsghdr") // align) * align
        if name == "CMSG_LEN":
            return header + length
        return header + -(-length // align) * align

    def alignment(self):
        """What cmsgAlignOf() of x/sys sets `salign` to for this target."""
        name = "sockcmsg_unix_other.go"
        for try_name in ("sockcmsg_%s.go" % self.system, name):
            path = os.path.join(self.directory, try_name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                if "func cmsgAlignOf" in text:
                    return self.interpret(text)
        # Linux has it beside its other functions.
        raise Missing("cmsgAlignOf")

    def interpret(self, text):
        body = text[text.index("func cmsgAlignOf"):]
        body = re.sub(r"//.*", "", body[:body.index("\n}\n")])
        sizes = {"SizeofPtr": self.word, "sizeofPtr": self.word,
                 "SizeofInt": 4}
        salign, chosen, runs = None, True, []
        for line in body.splitlines()[1:]:
            line = line.strip()
            if not line or line.startswith("return"):
                continue
            if line == "switch runtime.GOOS {":
                chosen = False
            elif line.startswith("case "):
                chosen = self.system in re.findall(r'"(\w+)"', line)
            elif line.startswith("if "):
                runs.append(self.true(line[3:-1].strip(), sizes))
            elif line == "}":
                if runs:
                    runs.pop()
                else:
                    chosen = True
            else:
                match = re.match(r"salign :?= (\w+)$", line)
                if not match:
                    raise Unknown("cmsgAlignOf: %r" % line)
                if chosen and all(runs):
                    word = match.group(1)
                    salign = sizes[word] if word in sizes else int(word)
        return salign

    def true(self, text, sizes):
        """A condition of ==, && and one question of an old kernel."""
        for part in text.split(" && "):
            if part.startswith("!supportsABI("):
                return False    # DragonFly before September 2019
            match = re.match(r'(\S+) == "?(\w+)"?$', part)
            if not match:
                raise Unknown("cmsgAlignOf: if %r" % text)
            is_now = {"runtime.GOOS": self.system,
                      "runtime.GOARCH": self.processor,
                      "SizeofPtr": str(self.word),
                      "sizeofPtr": str(self.word)}
            if match.group(1) not in is_now:
                raise Unknown("cmsgAlignOf: if %r" % text)
            if is_now[match.group(1)] != match.group(2):
                return False
        return True
