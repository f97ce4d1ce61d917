# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# python.sh - run the Python test beside the script that sources this, which
# has the same name; skip where it cannot run. Set first:
#   needs  verbs that the command must have
fdferry=${FDFERRY:-./fdferry}
python=${PYTHON3:-python3}
skip() { echo "1..0 # SKIP $1"; exit 0; }
test -x "$fdferry" || skip 'built without the command'
# shellcheck disable=SC2154 # the caller sets it
for verb in $needs; do
	"$fdferry" "$verb" --help >/dev/null 2>&1 ||
	    skip "this build has no fdferry $verb (no libevent)"
done
test "$("$fdferry" info | sed -n 's/^backend: //p')" != none ||
    skip 'no backend'
"$python" -c 'import socket, sys; socket.AF_UNIX; sys.version_info[1] >= 6 or 1 / 0' \
    >/dev/null 2>&1 || skip 'no Python 3.6 or newer'

# What connects needs an interface that is up.
"$python" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.connect(s.getsockname())' >/dev/null 2>&1 || skip 'no loopback'

FDFERRY=$fdferry PYTHONDONTWRITEBYTECODE=1 \
    exec "$python" "${0%.sh}.py"
