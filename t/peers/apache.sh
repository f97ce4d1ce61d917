#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/peers/apache.sh - Apache's mod_proxy_fdpass hands a client to recv.
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_loopback || skip_all 'no loopback'
for apache in /usr/sbin/apache2 /usr/sbin/httpd /usr/local/sbin/httpd none; do
	test -x "$apache" && break
done
test "$apache" != none || skip_all 'no Apache'
for mods in /usr/lib/apache2/modules /usr/lib64/httpd/modules \
    /usr/local/libexec/apache24 none; do
	test -f "$mods"/mod_proxy_fdpass.so && break
done
test "$mods" != none || skip_all 'no mod_proxy_fdpass'
command -v curl >/dev/null 2>&1 || skip_all 'no curl'
has_python || skip_all 'no Python 3.9 or newer'
make_dir
chmod 755 "$dir"
user=$(id -un)
allow=
rights=srw-------
if test "$(id -u)" = 0; then
	user=nobody	# Apache does not serve as root
	allow="--allow-uid $(id -u nobody) --mode 666"
	rights=srw-rw-rw-
fi
group=$(id -gn "$user")

# module NAME: its line, if it is not built in.
module() {
	test ! -f "$mods/mod_$1.so" ||
	    echo "LoadModule ${2:-$1}_module $mods/mod_$1.so"
}
start() {
	port=$("$python" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	{
		module mpm_event
		module authz_core
		module unixd
		module slotmem_shm
		module proxy
		module proxy_fdpass
		cat <<-END
			ServerRoot $dir
			ServerName 127.0.0.1
			Listen 127.0.0.1:$port
			PidFile $dir/apache.pid
			ErrorLog $dir/error.log
			DefaultRuntimeDir $dir
			User $user
			Group $group
			StartServers 1
			ThreadsPerChild 2
			MaxRequestWorkers 2
			MinSpareThreads 1
			MaxSpareThreads 2
			ProxyPass "/pass" "fd://worker"
		END
	} >"$dir/conf"
	"$apache" -f "$dir/conf" -DFOREGROUND >"$dir/apache.log" 2>&1 &
	apache_pid=$!
	i=0
	while test $i -lt 60 && ! test -s "$dir/apache.pid"; do
		kill -0 "$apache_pid" 2>/dev/null || return 1
		sleep 0.05
		i=$((i + 1))
	done
	curl -s -m 3 -o "$dir/plain" "http://127.0.0.1:$port/"
}
for _ in 1 2 3; do
	start && break
	kill "$apache_pid" 2>/dev/null
	wait "$apache_pid" 2>/dev/null
done
kill -0 "$apache_pid" 2>/dev/null || skip_all \
    "Apache does not start: $(cat "$dir/apache.log" "$dir/error.log" 2>&1 | tail -n 1)"
pids="$pids $apache_pid"

plan 2
# Apache has sent the head of the answer; what comes behind is ours.
# shellcheck disable=SC2086,SC2016 # two options; sh expands it
recv_bg r "$dir/worker" $allow --exec sh -c 'echo "$LISTEN_FDNAMES" >&3'
listens "$dir/worker" "$rights"
curl -s -m 5 -i "http://127.0.0.1:$port/pass" >"$dir/answer" 2>"$dir/curl.err"
recv_end
grep -q '^HTTP/1.1 200' "$dir/answer" && grep -q '^connection$' "$dir/answer"
ok $? 'a program started by recv answers the client of Apache' \
    "$dir/answer" "$dir/r.err" "$dir/error.log"

# shellcheck disable=SC2086
recv_bg r "$dir/worker" $allow
listens "$dir/worker" "$rights"
curl -s -m 5 "http://127.0.0.1:$port/pass" >"$dir/answer" 2>"$dir/curl.err"
recv_end
test "$rc" = 0 && test ! -s "$dir/r.err" && grep -q \
    "^socket access=rw .*local=127.0.0.1:$port peer=127.0.0.1:.*sender_" "$dir/r.out"
ok $? 'recv: one message, one descriptor, nothing else' "$dir/r.out" \
    "$dir/r.err" "$dir/error.log"
