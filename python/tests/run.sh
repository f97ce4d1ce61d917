#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# run.sh - what "make check-python" runs; TAP. For each Python: a fresh
# environment, the package installed into it without a network, its tests. Then
# the sdist; then the servers of examples/, which come from their registry.
#
#   PYTHONS   interpreters; those of python3.8 to python3.14 that are found
#             (also those that pyenv has), if it is not set
#   FDFERRY   the command, for what stands behind a front
#
# A test of python/tests is also run alone: python -m unittest test_messages.

here=$(cd "$(dirname "$0")" && pwd) || exit 1
package=$(dirname "$here")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15
PYTHONDONTWRITEBYTECODE=1
PIP_DISABLE_PIP_VERSION_CHECK=1
export PYTHONDONTWRITEBYTECODE PIP_DISABLE_PIP_VERSION_CHECK
unset PYTHONPATH CC CFLAGS CPPFLAGS LDFLAGS
n=0 bad=0
ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() {
	n=$((n + 1)) bad=$((bad + 1))
	echo "not ok $n - $1"
	test ! -f "$work/log" || tail -n 40 "$work/log" | sed 's/^/# /'
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# The interpreters that can build: version, then path.
found() {
	for minor in 8 9 10 11 12 13 14; do
		for python in "python3.$minor" \
		    "$(pyenv root 2>/dev/null)/versions/3.$minor".*/bin/python; do
			if "$python" -c 'import sysconfig
open(sysconfig.get_paths()["include"] + "/Python.h").close()' 2>/dev/null; then
				"$python" -c 'import sys; print(sys.executable)'
				break
			fi
		done
	done
}
pythons=${PYTHONS:-$(found)}
test -n "$pythons" || { echo '1..0 # SKIP no CPython with its headers'; exit 0; }

# tests ENV MODULE... - run them; their lines are counted on.
tests() {
	env=$1
	shift
	"$env/bin/python" -W error::ResourceWarning "$here/tap.py" "$@" \
	    >"$work/out" 2>"$work/log"
	rc=$?
	while IFS= read -r line; do
		case $line in
		'ok '*) n=$((n + 1)); echo "ok $n ${line#ok [0-9]* }" ;;
		'not ok '*)
			n=$((n + 1)) bad=$((bad + 1))
			echo "not ok $n ${line#not ok [0-9]* }" ;;
		1..*) ;;
		*) echo "$line" ;;
		esac
	done <"$work/out"
	if test "$rc" != 0 && ! grep -q '^not ok' "$work/out"; then
		not_ok "$* ended with status $rc"
	fi
}

for python in $pythons; do
	name=$("$python" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])')
	echo "# ---- $name: $python"
	env=$work/env
	rm -rf "$env"
	if "$python" -m venv "$env" >"$work/log" 2>&1 &&
	    "$env/bin/python" -m pip install --no-index "$package" \
	    >"$work/log" 2>&1; then
		ok "$name: the package installs into a fresh environment, offline"
	else
		not_ok "$name: the package installs into a fresh environment, offline"
		continue
	fi
	tests "$env" test_messages test_objects test_channel test_asyncio test_serve \
	    test_sockets test_listen test_front test_compat test_cpython test_docs test_speed
	last=$python last_env=$env
done
test -n "$last" || { echo "1..$n"; exit 1; }

# An sdist is complete: it installs where nothing of this tree is.
mkdir "$work/sdist" "$work/unpacked"
if (cd "$work/sdist" && "$last" -c '
import sys; sys.path.insert(0, sys.argv[1])
import fdferry_build; fdferry_build.build_sdist(".")' "$package/backend") \
    >"$work/log" 2>&1 &&
    "$last" -m venv "$work/env2" >"$work/log" 2>&1 &&
    "$work/env2/bin/python" -m pip install --no-index "$work"/sdist/*.tar.gz \
    >"$work/log" 2>&1 && "$work/env2/bin/python" -c 'import fdferry.asyncio' \
    >"$work/log" 2>&1; then
	ok 'an sdist installs into a fresh environment, offline'
else
	not_ok 'an sdist installs into a fresh environment, offline'
fi
(cd "$work/sdist" && mkdir again && "$last" -c '
import sys; sys.path.insert(0, sys.argv[1])
import fdferry_build; fdferry_build.build_sdist("again")' "$package/backend" &&
    cmp ./*.tar.gz again/*.tar.gz) >"$work/log" 2>&1
if test $? = 0; then ok 'an sdist has the same bytes each time'
else not_ok 'an sdist has the same bytes each time'; fi

# Types, where the checkers can be had.
check_types() {
	case $1 in
	mypy) "$last_env/bin/mypy" --strict --cache-dir "$work/mypy" \
	    -p fdferry && "$last_env/bin/mypy" --strict \
	    --cache-dir "$work/mypy" "$here/typed.py" ;;
	pyright) "$last_env/bin/pyright" --pythonpath "$last_env/bin/python" \
	    -p "$package" ;;
	esac
}
for checker in mypy pyright; do
	if ! "$last_env/bin/python" -m pip install -q "$checker" \
	    >"$work/log" 2>&1; then
		skip "$checker" 'it cannot be installed'
	elif (cd "$work" && check_types "$checker") >"$work/log" 2>&1; then
		ok "$checker finds nothing"
	elif grep -q 'npm \|nodeenv\|nodejs' "$work/log"; then
		skip "$checker" 'it cannot fetch what it needs'
	else
		not_ok "$checker finds nothing"
	fi
done

# The servers, under a real front, with curl.
if ! { "$last" -m venv "$work/servers" && "$work/servers/bin/python" -m pip \
    install -q --no-index "$package"; } >"$work/log" 2>&1; then
	not_ok 'an environment for servers'
fi
for server in uvicorn websockets hypercorn gunicorn aiohttp uvloop; do
	"$work/servers/bin/python" -m pip install -q "$server" \
	    >"$work/log" 2>&1 || echo "# $server cannot be installed"
done
tests "$work/servers" test_examples
if "$work/servers/bin/python" -c 'import uvloop' 2>/dev/null; then
	UVLOOP=1
	export UVLOOP
	tests "$work/servers" test_asyncio test_serve test_sockets test_listen
else
	skip uvloop 'it cannot be installed'
fi
echo "1..$n"
test "$bad" = 0
