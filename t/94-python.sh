#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/94-python.sh - the Python package: it is built with Python's own compiler
# into a directory of its own, and its tests are run there. "make check-python"
# does more: fresh environments, several Pythons, servers from elsewhere.
srcdir=${srcdir:-.}
python=${PYTHON3:-python3}
skip() { echo "1..0 # SKIP $1"; exit 0; }
case $CC in
*personas/*) skip 'the extension is built by the compiler of Python' ;;
esac
"$python" -c 'import sys
sys.exit(sys.version_info < (3, 8) or sys.implementation.name != "cpython")' \
    >/dev/null 2>&1 || skip 'no CPython 3.8 or newer'
header=$("$python" -c 'import sysconfig
print(sysconfig.get_paths()["include"] + "/Python.h")')
test -f "$header" || skip "no $header"
"$python" -c 'import shutil, sys, sysconfig
sys.exit(shutil.which(sysconfig.get_config_var("CC").split()[0]) is None)' ||
    skip "no compiler of that name: that of Python"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
trap 'exit 1' 1 2 15
# configure's compiler and flags may be another's (a sanitizer, a foreign ABI).
unset CC CFLAGS CPPFLAGS LDFLAGS
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
if ! "$python" "$srcdir/python/backend/fdferry_build.py" --inplace "$dir" \
    >"$dir/log" 2>&1; then
	sed 's/^/# /' "$dir/log"
	echo 'Bail out! the extension does not build'
	exit 99
fi
if grep -q 'warning:' "$dir/log"; then
	sed -n '/warning:/s/^/# /p' "$dir/log"
	echo 'Bail out! the extension builds with warnings'
	exit 99
fi
FDFERRY=$(cd "$(dirname "${FDFERRY:-./fdferry}")" && pwd)/fdferry
export FDFERRY
PYTHONPATH=$dir "$python" -W error::ResourceWarning \
    "$srcdir/python/tests/tap.py" test_messages test_objects test_channel test_asyncio \
    test_serve test_sockets test_listen test_front test_compat test_cpython test_docs
