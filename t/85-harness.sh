#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/85-harness.sh - what a Python test of the command did not expect is in its
# TAP: the exception, the end of each program's log, and that it failed.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
"$python" -c 'import socket, sys; socket.AF_UNIX; sys.version_info[1] >= 6 or 1 / 0' \
    >/dev/null 2>&1 || skip_all 'no Python 3.6 or newer'
make_dir
tests=$(cd "${srcdir:-.}/t" && pwd)

# broken LINE...: a test that begins well, has started a program, and goes on
# like this.
broken() {
	{
		printf '%s\n' 'import sys' "sys.path.insert(0, '$tests')" \
		    'from harness import *' 'plan(2, 1)' 'ok(1, "fine")' \
		    'p = Program("prog", "frob")' 'p.end()' "$@"
	} >"$dir/test.py"
	FDFERRY=$fdferry PYTHONDONTWRITEBYTECODE=1 limit 20 "$python" \
	    "$dir/test.py" >"$dir/out" 2>"$dir/err"
	rc=$?
}
# told PATTERN NAME: a comment; and that the test has failed.
told() {
	test "$rc" != 0 && grep -q "^# .*$1" "$dir/out" &&
	    grep -q '^# .*frob: no such verb' "$dir/out" &&
	    grep -q '^Bail out! ' "$dir/out" &&
	    ! grep -v -e '^#' -e '^1\.\.' -e '^ok 1 ' -e '^Bail out! ' \
	        "$dir/out" && test ! -s "$dir/err"
	ok $? "$2" "$dir/out" "$dir/err"
}

plan 3
broken 'raise OSError("line one\nline \xfc two")'
told 'line .xfc two' 'an exception'
broken 'time.sleep(9)'
told 'time.sleep(9)' 'a test that hangs'
broken 'def serve(sock):' '    raise OSError("in a thread")' \
    'threading.Thread(target=serve, args=(None,)).start()' \
    'raise AssertionError("and then")'
case $("$python" -c 'import sys; print(sys.version_info[1])') in
[67]) skip 'threads: Python 3.8 or newer tells' ;;
*) told 'OSError: in a thread' 'an exception in a thread' ;;
esac
