# SPDX-License-Identifier: 0BSD
"""The build backend (PEP 517, PEP 660) of fdferry for Python.

It compiles the extension with the compiler that Python was built with (CC,
CPPFLAGS, CFLAGS and LDFLAGS of the environment are obeyed) and packs wheel
and sdist. It needs nothing but the standard library.

As a program: fdferry_build.py --inplace DIR puts the whole package into DIR,
to be run from there.
"""
import base64
import gzip
import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SDIST_DIRS = ("backend", "examples", "ext", "fdferry", "tests")
SDIST_FILES = ("pyproject.toml", "README.md")
# One date for all: the same source makes the same bytes.
EPOCH = max(int(os.environ.get("SOURCE_DATE_EPOCH", "1795478400")), 315532800)


def _lib():
    """The C library: carried along, or that of the tree we are in."""
    for place in (os.path.join(HERE, "lib"),
                  os.path.join(os.path.dirname(HERE), "lib")):
        if os.path.isfile(os.path.join(place, "fdferry.h")):
            return place
    raise SystemExit("fdferry: the C sources are neither in lib nor in "
                     "../lib. A pip before 21.3 copies only this directory: "
                     "use a newer one, or an sdist.")


def _version():
    with open(os.path.join(_lib(), "fdferry.h")) as header:
        return re.search(r'#define FDFERRY_VERSION "(.*)"',
                         header.read()).group(1)


def _license():
    for place in (HERE, os.path.dirname(HERE)):
        path = os.path.join(place, "LICENSE")
        if os.path.isfile(path):
            return path
    raise SystemExit("fdferry: LICENSE is missing")


def _files(top):
    """Below HERE, as paths with slashes; sorted; nothing generated."""
    for root, dirs, names in os.walk(os.path.join(HERE, top)):
        dirs[:] = sorted(d for d in dirs if d != "__pycache__")
        for name in sorted(names):
            if not name.endswith((".pyc", ".so", ".o")):
                yield os.path.relpath(os.path.join(root, name),
                                      HERE).replace(os.sep, "/")


# ---------------------------------------------------------------- compiling

def _words(*names):
    """What Python was built with, and what the environment adds."""
    words = []
    for name in names:
        words += shlex.split(sysconfig.get_config_var(name) or "")
    return words


def _env(name):
    return shlex.split(os.environ.get(name, ""))


def _run(command):
    print(" ".join(shlex.quote(word) for word in command), flush=True)
    code = subprocess.call(command)
    if code != 0:
        raise SystemExit("fdferry: the compiler failed (exit %d). A C "
                         "compiler and Python's headers are needed." % code)


def _exports(link, work):
    """Only the module's init function is seen from outside, if the linker
    can hide the rest: another libfdferry in the program does not meet ours."""
    script = os.path.join(work, "exports.map")
    with open(script, "w") as file:
        file.write("{ global: PyInit__core; local: *; };\n")
    option = ["-Wl,--version-script=" + script]
    probe = os.path.join(work, "probe.c")
    with open(probe, "w") as file:
        file.write("int PyInit__core(void); int PyInit__core(void) "
                   "{ return 0; }\n")
    done = subprocess.run(link + ["-fPIC", probe, "-o",
                                  os.path.join(work, "probe.so")] + option,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return option if done.returncode == 0 else []


def _extension(target):
    """Compile fdferry/_core into the directory `target`."""
    lib, ext = _lib(), os.path.join(HERE, "ext")
    include = sysconfig.get_paths()["include"]
    header = os.path.join(include, "Python.h")
    if not os.path.isfile(header):
        raise SystemExit("fdferry: %s is missing: install Python's headers "
                         "(python3-dev, python3-devel)" % header)
    cc = _env("CC") or _words("CC") or ["cc"]
    link = (_env("LDSHARED") or (_env("CC") + _words("LDSHARED")[1:]
            if _env("CC") else _words("LDSHARED"))
            or cc + ["-shared"])
    flags = _words("CFLAGS", "CCSHARED") + [
        "-fvisibility=hidden", "-I" + lib, "-I" + include, "-I"
        + sysconfig.get_paths()["platinclude"]] \
        + _env("CPPFLAGS") + _env("CFLAGS")
    sources = [os.path.join(place, name) for place in (lib, ext)
               for name in sorted(os.listdir(place)) if name.endswith(".c")]
    work = tempfile.mkdtemp(prefix="fdferry-build.")
    try:
        objects = []
        for source in sources:
            kind = os.path.basename(os.path.dirname(source))
            objects.append(os.path.join(work, kind + "-" + os.path.basename(
                source)[:-2] + ".o"))
            # The library is C99, and asks for what it needs of the system.
            _run(cc + flags + (["-std=c99"] if kind == "lib" else [])
                 + ["-c", source, "-o", objects[-1]])
        name = "_core" + sysconfig.get_config_var("EXT_SUFFIX")
        _run(link + objects + _exports(link, work) + _env("LDFLAGS")
             + ["-o", os.path.join(target, name)])
    finally:
        shutil.rmtree(work)
    return name


# ---------------------------------------------------------------- metadata

def _metadata():
    with open(os.path.join(HERE, "README.md")) as readme:
        text = readme.read()
    return ("Metadata-Version: 2.1\nName: fdferry\nVersion: %s\n"
            "Summary: Carry open file descriptors between processes\n"
            "License: 0BSD\nRequires-Python: >=3.8\n"
            "Description-Content-Type: text/markdown\n\n%s"
            % (_version(), text))


def _tag():
    """cp311-cp311-linux_x86_64, cp313-cp313t-... of a free-threaded one."""
    python = "cp%d%d" % sys.version_info[:2]
    abi = python
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        abi += "t"
    if sysconfig.get_config_var("Py_DEBUG"):
        abi += "d"
    platform = re.sub(r"[^A-Za-z0-9]", "_", sysconfig.get_platform())
    return "%s-%s-%s" % (python, abi, platform)


def _wheel_text():
    return ("Wheel-Version: 1.0\nGenerator: fdferry_build\n"
            "Root-Is-Purelib: false\nTag: %s\n" % _tag())


def _info():
    return "fdferry-%s.dist-info" % _version()


class _Wheel:
    def __init__(self, path):
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._record = []

    def add(self, name, data, mode=0o644):
        entry = zipfile.ZipInfo(name, _date())
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (0o100000 | mode) << 16
        self._zip.writestr(entry, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
        self._record.append("%s,sha256=%s,%d" % (
            name, digest.rstrip(b"=").decode(), len(data)))

    def end(self):
        name = _info() + "/RECORD"
        text = "\n".join(self._record + [name + ",,"]) + "\n"
        entry = zipfile.ZipInfo(name, _date())
        entry.external_attr = 0o100644 << 16
        self._zip.writestr(entry, text)
        self._zip.close()


def _date():
    import time
    return time.gmtime(EPOCH)[:6]


def _read(path):
    with open(path, "rb") as file:
        return file.read()


# ---------------------------------------------------------------- the hooks

def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_sdist = get_requires_for_build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory,
                                     config_settings=None):
    target = os.path.join(metadata_directory, _info())
    os.mkdir(target)
    for name, text in (("METADATA", _metadata()), ("WHEEL", _wheel_text())):
        with open(os.path.join(target, name), "w") as file:
            file.write(text)
    return _info()


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def _build_wheel(directory, add_package):
    name = "fdferry-%s-%s.whl" % (_version(), _tag())
    wheel = _Wheel(os.path.join(directory, name))
    add_package(wheel)
    wheel.add(_info() + "/METADATA", _metadata().encode())
    wheel.add(_info() + "/WHEEL", _wheel_text().encode())
    wheel.add(_info() + "/LICENSE", _read(_license()))
    wheel.end()
    return name


def build_wheel(wheel_directory, config_settings=None,
                metadata_directory=None):
    def add(wheel):
        for name in _files("fdferry"):
            wheel.add(name, _read(os.path.join(HERE, name)))
        work = tempfile.mkdtemp(prefix="fdferry-wheel.")
        try:
            name = _extension(work)
            wheel.add("fdferry/" + name, _read(os.path.join(work, name)),
                      0o755)
        finally:
            shutil.rmtree(work)
    return _build_wheel(wheel_directory, add)


def build_editable(wheel_directory, config_settings=None,
                   metadata_directory=None):
    _extension(os.path.join(HERE, "fdferry"))

    def add(wheel):
        wheel.add("fdferry.pth", (HERE + "\n").encode())
    return _build_wheel(wheel_directory, add)


def build_sdist(sdist_directory, config_settings=None):
    top = "fdferry-" + _version()
    lib = _lib()
    files = [(name, os.path.join(HERE, name)) for name in SDIST_FILES]
    for directory in SDIST_DIRS:
        files += [(name, os.path.join(HERE, name))
                  for name in _files(directory)]
    files += [("lib/" + name, os.path.join(lib, name))
              for name in sorted(os.listdir(lib))
              if name.endswith((".c", ".h")) and name != "fdferry-config.h"]
    files.append(("LICENSE", _license()))
    name = top + ".tar.gz"
    with open(os.path.join(sdist_directory, name), "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, EPOCH) as packed:
            with tarfile.open(fileobj=packed, mode="w",
                              format=tarfile.PAX_FORMAT) as tar:
                for inside, path in files + [("PKG-INFO", None)]:
                    data = _metadata().encode() if path is None \
                        else _read(path)
                    entry = tarfile.TarInfo(top + "/" + inside)
                    entry.size = len(data)
                    entry.mtime = EPOCH
                    entry.mode = 0o755 if path is not None \
                        and os.access(path, os.X_OK) else 0o644
                    tar.addfile(entry, io.BytesIO(data))
    return name


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--inplace":
        raise SystemExit(__doc__.strip().split("\n\n")[-1])
    package = os.path.join(sys.argv[2], "fdferry")
    for name in _files("fdferry"):
        target = os.path.join(sys.argv[2], name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(os.path.join(HERE, name), target)
    _extension(package)


if __name__ == "__main__":
    main()
