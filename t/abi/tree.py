# SPDX-License-Identifier: 0BSD
"""tree.py - what this tree says of a system: facts/, lib/, t/personas.

Each is a list of (place, question, value), where the value is what a second
source must say: a number, "has", "lacks" or "any of" a list.
"""
import glob
import os
import re
import subprocess
import tempfile


class Broken(Exception):
    """The tree cannot be asked."""


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True,
                          timeout=120, **more)
    if done.returncode != 0:
        raise Broken("%s: %s" % (" ".join(command[:3]), done.stderr.strip()))
    return done.stdout


# ---- facts/ ----

def rows(top, awk="awk"):
    files = sorted(glob.glob(os.path.join(top, "facts", "*.h")))
    text = run([awk, "-f", os.path.join(top, "matrix", "rows.awk")] + files)
    return [line.split("\t") for line in text.splitlines()]


LAYOUT = {"cmsghdr": "sizeof cmsghdr", "cmsg_len": "sizeof cmsghdr.cmsg_len"}


def layout(text):
    """`cmsghdr 12, CMSG_LEN(0) 16` as questions and numbers."""
    for part in text.split(", "):
        name, number = part.rsplit(" ", 1)
        yield LAYOUT.get(name, name), int(number)


def from_facts(system, facts, ask):
    """The rows of the system's names, the first name that has any. Of several
    layouts for one word size (processors, C libraries) it is the one that
    names the processor, else the nearest to what is to be compared."""
    for name in system.facts:
        mine = [r for r in facts if r[0] == name
                and r[4] in ("0", str(system.bits))]
        if mine:
            break
    else:
        return []
    found = []
    layouts = [r for r in mine if r[1] == "layout"]
    named = [r for r in layouts if re.search(r"\b%s\b" % system.arch, r[6])]
    other = [r for r in layouts
             if not re.match(r"[a-z0-9]+(, [a-z0-9]+)*: ", r[6])]

    def nearness(row):
        return sum(ask(q) == number for q, number in layout(row[2]))
    for row in sorted(named or other, key=nearness, reverse=True)[:1]:
        for question, number in layout(row[2]):
            found.append(("facts, layout (%s)" % row[6], question, number))
    # Without the flag on any version is without the flag in the headers.
    if [r for r in mine if r[1] == "cloexec.flag"] and all(
            r[2] == "no flag" for r in mine if r[1] == "cloexec.flag"):
        found.append(("facts, cloexec.flag", "MSG_CMSG_CLOEXEC", "lacks"))
    return found


# ---- lib/ ----

NAMES = re.compile(r"\b((?:SO|SCM|MSG|SOL|SHUT|F|SOCK|AF)_[A-Z0-9_]+"
                   r"|E(?!OF\b|END\b)[A-Z0-9]{2,})\b")


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


def needed(top):
    """Names of the system's that lib/ uses and nowhere asks for, and those
    that it asks for."""
    used, asked = {}, set()
    for path in sorted(glob.glob(os.path.join(top, "lib", "*.[ch]"))):
        with open(path, encoding="utf-8") as file:
            text = without_comments(file.read())
        for line in re.sub(r"\\\n", " ", text).splitlines():
            names = NAMES.findall(line)
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif|define|undef)\b", line):
                asked.update(names)
            else:
                for name in names:
                    used.setdefault(name, os.path.basename(path))
    return {n: p for n, p in used.items() if n not in asked}, asked


HAVE = ["SOCKETS", "MSG_CMSG_CLOEXEC", "MSG_NOSIGNAL", "MSG_DONTWAIT",
        "SO_DOMAIN", "SO_PROTOCOL", "SO_PROTOTYPE", "SO_ACCEPTCONN",
        "CLOSE_RANGE", "STATX", "FLOCK", "SUN_LEN", "KQUEUE", "CLOSEFROM",
        "ACCEPT4"]
BACKENDS = ["CMSG", "ACCRIGHTS", "STREAMS", "NONE"]
# How the peer is asked, and what that takes.
PEER = {"UCRED": ["SO_PEERCRED", "sizeof ucred"],
        "SOCKPEERCRED": ["SO_PEERCRED", "sizeof sockpeercred"],
        "GETPEERUCRED": ["getpeerucred()"], "PEEREID": ["LOCAL_PEEREID"],
        "XUCRED": ["LOCAL_PEERCRED", "sizeof xucred"],
        "GETPEEREID": ["getpeereid()"], "NONE": []}
QUIRKS = ["CLOEXEC_UNPROVEN", "SEND_WAITS", "SCM_PIDFD"]


def headers(directory, names):
    """Headers of a system that has these macros, and nothing else."""
    for path in ("sys/types.h", "sys/socket.h", "sys/uio.h", "sys/un.h",
                 "sys/param.h", "sys/stat.h", "stddef.h", "errno.h"):
        os.makedirs(os.path.dirname(os.path.join(directory, path)),
                    exist_ok=True)
        with open(os.path.join(directory, path), "w") as file:
            if path == "sys/socket.h":
                file.writelines("#define %s %s\n" % pair
                                for pair in sorted(names.items()))


def decisions(top, cc, system, names):
    """What detect.h and quirks.h decide with such headers: {macro: text}."""
    asked = ["FDFERRY_HAVE_" + n for n in HAVE]
    asked += ["FDFERRY_BACKEND_" + n for n in BACKENDS]
    asked += ["FDFERRY_PEERCRED_" + n for n in PEER]
    asked += ["FDFERRY_QUIRK_" + n for n in QUIRKS]
    with tempfile.TemporaryDirectory() as directory:
        headers(directory, names)
        source = os.path.join(directory, "ask.c")
        with open(source, "w") as file:
            file.write('#include "detect.h"\n#include "quirks.h"\n')
            file.writelines("#ifdef %s\n@ %s = %s\n#endif\n"
                            % (n, n.replace("_", "_/"), n) for n in asked)
        text = run(cc + ["-E", "-undef", "-nostdinc", "-I", directory, "-I",
                         os.path.join(top, "lib")]
                   + ["-D%s=%s" % pair for pair in system.macros.items()]
                   + [source])
    found = re.findall(r"^@ (\S+) = (.*?) *$", text, re.M)
    return {name.replace("_/", "_"): value.strip("()") for name, value in found}


def from_detect(said):
    """The decisions as claims about the system."""
    found = []

    def claim(macro, question, has):
        found.append(("lib/detect.h, " + macro, question, has))
    for name in HAVE[1:]:
        macro = "FDFERRY_HAVE_" + name
        question = name if name[:3] in ("MSG", "SO_") \
            else "sockaddr_un.sun_len" if name == "SUN_LEN" \
            else name.lower() + "()"
        claim(macro, question, "has" if said[macro] == "1" else "lacks")
    claim("FDFERRY_HAVE_SOCKETS", "AF_UNIX",
          "has" if said["FDFERRY_HAVE_SOCKETS"] == "1" else "lacks")
    backend = [b for b in BACKENDS if "FDFERRY_BACKEND_" + b in said]
    if len(backend) != 1:
        raise Broken("detect.h chooses %s" % (backend or "no backend"))
    claim("FDFERRY_BACKEND_" + backend[0], "msghdr.msg_control",
          "has" if backend[0] == "CMSG" else "lacks")
    peer = [p for p in PEER if "FDFERRY_PEERCRED_" + p in said]
    if len(peer) != 1:
        raise Broken("detect.h chooses %s" % (peer or "no credentials"))
    for question in PEER[peer[0]]:
        claim("FDFERRY_PEERCRED_" + peer[0], question, "has")
    if peer == ["NONE"]:
        claim("FDFERRY_PEERCRED_NONE", "a way to ask for the peer", "lacks")
    quirk = "FDFERRY_QUIRK_"
    if said[quirk + "CLOEXEC_UNPROVEN"] == "0":
        claim(quirk + "CLOEXEC_UNPROVEN 0", "MSG_CMSG_CLOEXEC", "has")
    if said[quirk + "SEND_WAITS"] == "0":
        claim(quirk + "SEND_WAITS 0", "MSG_DONTWAIT", "has")
    if said[quirk + "SCM_PIDFD"] not in ("-1", "- 1"):
        found.append(("lib/quirks.h, FDFERRY_QUIRK_SCM_PIDFD", "SCM_PIDFD",
                      int(said[quirk + "SCM_PIDFD"], 0)))
    return found


# ---- personas, and the machine's own headers ----

def program(asked):
    """A C program that answers what is asked of it."""
    lines = ['#include "detect.h"', "#include <stdio.h>", "#include <fcntl.h>",
             "#include <errno.h>", "#include <stddef.h>",
             "#include <sys/socket.h>", "#include <sys/un.h>",
             "#define SIZE(s, f) sizeof(((struct s *)0)->f)",
             "#define SAY(q, n) printf(\"%s\\t%lld\\n\", q, (long long)(n))",
             "int main(void) {"]
    for question in asked:
        bare = question.replace("sizeof ", "")
        guard = "1"
        if "(" in question:
            guard, value = "defined " + bare.split("(")[0], bare
        elif "." in bare:
            struct, member = bare.split(".")
            value = ("SIZE(%s, %s)" if bare != question else
                     "offsetof(struct %s, %s)") % (struct, member)
        elif bare != question:
            value = "sizeof(struct %s)" % bare
        else:
            guard, value = "defined " + bare, bare
        # An old struct msghdr has no such members.
        if bare.startswith("CMSG_") or ".msg_control" in bare \
                or ".msg_flags" in bare:
            guard += " && defined CMSG_DATA"
        lines += ["#if " + guard, 'SAY("%s", %s);' % (question, value),
                  "#endif"]
    return "\n".join(lines + ["return 0; }", ""])


def answers(top, cc, asked, env=None):
    """{question: number} by a compiler whose programs run here."""
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, "ask.c")
        with open(source, "w") as file:
            file.write(program(asked))
        made = os.path.join(directory, "ask")
        run(cc + ["-w", "-I", os.path.join(top, "lib"), "-o", made, source],
            env=env)
        text = run([made])
    return {question: int(number) for question, number in
            (line.split("\t") for line in text.splitlines())}


def makes(cc):
    """Are there programs of this compiler's, and do they run here?"""
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, "try.c")
        with open(source, "w") as file:
            file.write("#include <stdio.h>\n"
                       "int main(void) { return puts(\"\") < 0; }\n")
        try:
            run(cc + ["-o", os.path.join(directory, "try"), source])
            run([os.path.join(directory, "try")])
        except (Broken, OSError):
            return False
    return True


class Persona:
    """Which system it plays is the `# row:` of its facts; `# abi: NAME` says
    which of several, `# abi: QUESTION: why` what it plays otherwise."""

    def __init__(self, directory):
        self.name = os.path.basename(directory)
        self.cc = [os.path.join(directory, "cc")]
        self.real = self.shows_the_machine(directory)
        self.row, self.system, self.differs = None, None, {}
        with open(os.path.join(directory, "facts"), encoding="utf-8") as file:
            for line in file:
                match = re.match(r"# row: (\S+) \S+ (\d+)", line)
                if match:
                    self.row = (match.group(1), int(match.group(2)))
                match = re.match(r"# abi: ([\w-]+)$", line)
                if match:
                    self.system = match.group(1)
                match = re.match(r"# abi: (.+): (.+)$", line)
                if match:
                    self.differs[match.group(1)] = match.group(2)

    @staticmethod
    def shows_the_machine(directory):
        """No headers are laid over the machine's: they are as they are."""
        conf = os.path.join(directory, "conf")
        if not os.path.exists(conf):
            return True
        with open(conf, encoding="utf-8") as file:
            return "overlay=no\n" in file.read()

    def compiler(self, word):
        """With the word size of the system, where the machine's is another:
        the suite runs with the machine's, but headers have no word size."""
        bits = self.row[1]
        return self.cc + ([] if bits == word else ["-m%d" % bits])

    def plays(self, systems):
        """The system of the table; None for one of no row."""
        if self.row is None:
            return None
        for system in systems:
            if self.system is not None and system.name == self.system:
                return system
            if self.system is None and self.row[0] in system.facts \
                    and self.row[1] == system.bits:
                return system
        raise Broken("persona %s plays %s of %d bits, which t/abi/systems "
                     "does not have" % ((self.name,) + self.row))


def personas(top):
    return [Persona(os.path.dirname(path)) for path in sorted(
        glob.glob(os.path.join(top, "t", "personas", "*", "facts")))]


def renamed(top):
    """What t/personas/common takes from the machine's <sys/socket.h>."""
    path = os.path.join(top, "t/personas/common/include/sys/socket.h")
    with open(path, encoding="utf-8") as file:
        return set(re.findall(r"^#undef (\w+)", file.read(), re.M))


def from_persona(persona, asked, said, host, gone, used):
    """What it shows of the system, not of the machine below. A number of the
    machine's own is one that the shim need not translate: it shows that the
    name is there. What the code does not look for a persona need not have."""
    found = []
    place = "persona " + persona.name
    if persona.real:
        return [("machine's own, " + place, question, value)
                for question, value in said.items()]
    for question in asked:
        bare = question.replace("sizeof ", "")
        if bare.split(".")[0] in ("msghdr", "cmsghdr", "iovec") or \
                "(" in question:
            if question in said:
                found.append((place, question, said[question]))
        elif not bare[0].isupper():
            continue        # the machine's own structures
        elif question in gone or question not in host:
            if question not in said:
                if question in used:
                    found.append((place, question, "lacks"))
            elif said[question] == host.get(question):
                found.append((place, question, "has"))
            else:
                found.append((place, question, said[question]))
    return found
