# SPDX-License-Identifier: 0BSD
# t/cli-lib.sh - what the tests of the command share; read with ".".
# shellcheck shell=sh disable=SC2034 # variables are for those who read this
fdferry=${FDFERRY:-./fdferry}
case $fdferry in
/*) ;;
*) fdferry=$(pwd)/$fdferry ;;
esac
python=${PYTHON3:-python3}
# What the command takes this system for: under a persona it is another's.
system=$(uname)
case ${CC-} in *personas/*) system=persona ;; esac
LC_ALL=C
export LC_ALL
n=0
pids=
dir=

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# A directory that goes with us, and so does what runs in the background.
# shellcheck disable=SC2329 # trap calls it
clean() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	test -z "$dir" || rm -rf "$dir"
}
trap clean 0
trap 'exit 1' 1 2 15
make_dir() { dir=$(mktemp -d "${TMPDIR:-/tmp}/fdferry.XXXXXX") || exit 99; }

# plan N; ok STATUS NAME [FILE]...: the files are shown if it failed.
plan() { echo "1..$1"; }
ok() {
	rc_=$1 name_=$2
	shift 2
	n=$((n + 1))
	if test "$rc_" -eq 0; then
		echo "ok $n - $name_"
		return
	fi
	echo "not ok $n - $name_"
	for file_; do
		sed "s|^|#   $(basename "$file_"): |" "$file_"
	done
}
skip() {
	n=$((n + 1))
	echo "ok $n # SKIP $1"
}

# limit SECONDS COMMAND...: a bound where there is timeout(1).
if command -v timeout >/dev/null 2>&1; then
	limit() { timeout "$@"; }
else
	limit() {
		shift
		"$@"
	}
fi

# run ARGUMENT...: fdferry, with its status in $rc, output in out and err.
run() {
	limit 10 "$fdferry" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	rc=$?
}
# said STATUS PATTERN NAME: what the last run had to say, in one line.
said() {
	test "$rc" = "$1" && test "$(wc -l <"$dir/err")" -eq 1 &&
	    grep -q -e "$2" "$dir/err"
	ok $? "$3 ($rc)" "$dir/out" "$dir/err"
}

# What is wrong on the left, what the line must say on the right.
wrong() {
	pattern=$1
	shift
	run "$@"
	if test -s "$dir/out"; then rc="$rc, with output"; fi
	case $pattern in
	*'see fdferry'*) ;;
	*) grep -q '(see fdferry .*--help)$' "$dir/err" || rc="$rc, no help" ;;
	esac
	said 2 "$pattern" "$(printf %s "fdferry $*" | tr '\n' ' ' | cut -c1-60)"
}

# recv_bg NAME ARGUMENT...: fdferry recv in the background; its output in
# NAME.out and NAME.err. recv_end NAME: wait for it; its status in $rc.
recv_bg() {
	bg_=$1
	shift
	"$fdferry" recv --timeout 8 "$@" >"$dir/$bg_.out" 2>"$dir/$bg_.err" \
	    </dev/null &
	recv_pid=$!
	pids="$pids $recv_pid"
}
recv_end() {
	wait "$recv_pid" 2>/dev/null
	rc=$?
}
send() { limit 10 "$fdferry" send --wait --timeout 5 "$@" 2>"$dir/send.err"; }

# rights PATH: as "srw------- USER GROUP".
# shellcheck disable=SC2012 # stat(1) is not the same everywhere
rights() { ls -ldn "$1" | awk '{ sub(/[.+@]$/, "", $1); print $1, $3, $4 }'; }
# listens PATH RIGHTS: wait for a socket with these rights. They are the last
# thing before listen(); the pause is for that.
listens() {
	i=0
	while ! rights "$1" 2>/dev/null | grep -q "^$2" && test $i -lt 150; do
		sleep 0.02
		i=$((i + 1))
	done
	sleep 0.05
}

has_backend() {
	test "$("$fdferry" info | sed -n 's/^backend: //p')" != none
}
# Where programs can connect to this machine; without Python it is believed.
has_loopback() {
	! "$python" -c 'import socket' >/dev/null 2>&1 ||
	    "$python" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.connect(s.getsockname())' >/dev/null 2>&1
}
has_python() {
	"$python" -c 'import socket; socket.recv_fds' >/dev/null 2>&1
}
