# SPDX-License-Identifier: 0BSD
"""Get peers from their registries, each once; Missing says what failed."""
import glob
import os
import platform
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
CAN = os.geteuid() == 0 and shutil.which("apt-get") is not None
CACHE = None
done = {}


class Missing(Exception):
    """Cannot be had here."""


def system():
    return "%s %s, %s" % (platform.system(), platform.release().split("-")[0],
                          platform.machine())


def start(cache):
    global CACHE
    CACHE = cache


def run(argv, what, seconds=280, **more):
    """Output of a command, or Missing with its last line."""
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=seconds, **more)
    except (OSError, subprocess.TimeoutExpired) as why:
        raise Missing("%s: %s" % (what, why))
    text = p.stdout.decode("utf-8", "replace").strip()
    if p.returncode != 0:
        lines = [x for x in text.splitlines() if x.strip()] or ["no output"]
        raise Missing("%s: %s" % (what, lines[-1][:200]))
    return text


def once(key, action):
    """The result of an action that is done once, or its failure again."""
    if key not in done:
        try:
            done[key] = action()
        except Missing as why:
            done[key] = why
    if isinstance(done[key], Missing):
        raise done[key]
    return done[key]


def tool(name, package=None):
    """The path of a program; Debian's package is installed if need be."""
    places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    found = shutil.which(name, path=places)
    if found is None and package is not None:
        apt(package)
        found = shutil.which(name, path=places)
    if found is None:
        raise Missing("no %s" % name)
    return found


def apt(*packages):
    def have(p):
        out = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", p],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return b"install ok" in out.stdout

    if shutil.which("dpkg-query") is None:
        raise Missing("no package manager that this script knows")
    packages = [p for p in packages if not have(p)]
    if not packages:
        return
    if not CAN:
        raise Missing("not installed: %s" % " ".join(packages))
    wait = ["-q", "-o", "DPkg::Lock::Timeout=200"]
    once("apt update", lambda: run(["apt-get", "update"] + wait, "apt-get"))
    once(" ".join(packages), lambda: run(
        ["apt-get", "install", "-y", "--no-install-recommends"] + wait
        + packages, "apt-get install %s" % " ".join(packages),
        env=dict(os.environ, DEBIAN_FRONTEND="noninteractive")))


def deb(package):
    """The version of a Debian package that is installed."""
    return run(["dpkg-query", "-W", "-f", "${Version}", package], package)


def python(version):
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for name in ["python" + version] + sorted(glob.glob(
            "%s/versions/%s.*/bin/python" % (root, version))):
        try:
            run([name, "-c", "import socket"], name)
            return name
        except Missing:
            continue
    raise Missing("no python%s" % version)


def pip(version, *packages):
    """Packages in a directory of their own for that Python."""
    name = python(version)
    home = os.path.join(CACHE, "pip-%s-%s" % (version, "-".join(packages)))
    if not os.path.isdir(home):
        try:
            run([name, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                 "--target", home] + list(packages),
                "pip install %s" % " ".join(packages))
        except Missing:
            shutil.rmtree(home, ignore_errors=True)
            raise
    return home


def pip_version(home, package):
    for info in glob.glob(os.path.join(home, "*-info")):
        name, _, rest = os.path.basename(info).partition("-")
        if name.replace("_", "-").lower() == package.lower():
            return rest.split(".dist-info")[0].split(".egg-info")[0].split(
                "-")[0]
    return "?"


def cc(name, packages, flags, pkgconfig=None):
    """A program of programs/ compiled."""
    def build():
        apt(*packages)
        words = list(flags)
        if pkgconfig:
            words += run(["pkg-config", "--cflags", "--libs", pkgconfig],
                         pkgconfig).split()
        out = os.path.join(CACHE, name)
        run([os.environ.get("CC", "cc").split()[0], "-o", out,
             os.path.join(PROGRAMS, name + ".c")] + words, name + ".c")
        return out
    return once("cc " + name, build)


def cargo():
    def build():
        tool("cargo")
        home = os.path.join(CACHE, "rust")
        shutil.copytree(os.path.join(PROGRAMS, "rust"), home + "-source",
                        dirs_exist_ok=True)
        run(["cargo", "build", "-q"], "cargo build", cwd=home + "-source",
            env=dict(os.environ, CARGO_TARGET_DIR=home))
        return os.path.join(home, "debug", "peer")
    return once("cargo", build)


def crate(name):
    lock = open(os.path.join(CACHE, "rust-source", "Cargo.lock")).read()
    return lock.split('name = "%s"\nversion = "' % name)[1].split('"')[0]


def go():
    def build():
        out = os.path.join(CACHE, "rights")
        run([tool("go"), "build", "-o", out,
             os.path.join(PROGRAMS, "rights.go")], "go build")
        return out
    return once("go", build)


def java():
    def build():
        apt("libjunixsocket-java", "libjunixsocket-jni")
        path = ":".join(glob.glob("/usr/share/java/junixsocket-*.jar"))
        run([tool("javac", "default-jdk-headless"), "-cp", path, "-d", CACHE,
             os.path.join(PROGRAMS, "Rights.java")], "javac")
        jni = [os.path.dirname(p) for p in glob.glob(
            "/usr/lib/*/jni/libjunixsocket*") + glob.glob(
            "/usr/lib/jni/libjunixsocket*")]
        return [tool("java"), "--add-opens", "java.base/java.io=ALL-UNNAMED",
                "-Djava.library.path=" + ":".join(jni), "-cp",
                CACHE + ":" + path, "Rights"]
    return once("java", build)


def ocaml():
    def build():
        apt("ocaml-nox", "ocaml-findlib", "libextunix-ocaml-dev")
        shutil.copy(os.path.join(PROGRAMS, "msg.ml"), CACHE)
        out = os.path.join(CACHE, "msg")
        run(["ocamlfind", "ocamlc", "-package", "unix,extunix", "-linkpkg",
             "-o", out, "msg.ml"], "ocamlfind", cwd=CACHE)
        return out
    return once("ocaml", build)
