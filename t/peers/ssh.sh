#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/peers/ssh.sh - OpenSSH takes the connection that dial made
# (ProxyUseFdpass), against a server of our own.
# shellcheck disable=SC2016 # the other side expands it
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_loopback || skip_all 'no loopback'
for sshd in /usr/sbin/sshd /usr/local/sbin/sshd /usr/libexec/sshd none; do
	test -x "$sshd" && break
done
test "$sshd" != none || skip_all 'no sshd'
command -v ssh >/dev/null 2>&1 || skip_all 'no ssh'
command -v ssh-keygen >/dev/null 2>&1 || skip_all 'no ssh-keygen'
ssh -F none -G -o ProxyUseFdpass=yes x >/dev/null 2>&1 ||
    skip_all 'this ssh has no ProxyUseFdpass'
has_python || skip_all 'no Python 3.9 or newer'
make_dir
for key in host user; do
	ssh-keygen -q -t ed25519 -N '' -f "$dir/$key" || skip_all 'no keys'
done
cp "$dir/user.pub" "$dir/authorized"

# A port that was free a moment ago; another process may take it, so again.
free_port() {
	"$python" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
start() {
	port=$(free_port)
	cat >"$dir/sshd.conf" <<-END
		ListenAddress 127.0.0.1:$port
		HostKey $dir/host
		AuthorizedKeysFile $dir/authorized
		PidFile $dir/sshd.pid
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		LogLevel DEBUG1
	END
	$inside "$sshd" -D -e -f "$dir/sshd.conf" 2>"$dir/sshd.log" &
	sshd_pid=$!
	i=0
	while test $i -lt 60; do
		grep -q 'Server listening on' "$dir/sshd.log" && break
		kill -0 "$sshd_pid" 2>/dev/null || break
		sleep 0.05
		i=$((i + 1))
	done
	grep -q 'Server listening on' "$dir/sshd.log"
}
# Where sshd never ran, its directory for privilege separation is missing:
# give it a /run of its own, if we may.
cat >"$dir/own-run" <<'END'
#!/bin/sh
mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"
END
inside=
for _ in 1 2 3; do
	start && break
	kill "$sshd_pid" 2>/dev/null
	wait "$sshd_pid" 2>/dev/null
	if grep -q 'Missing privilege separation' "$dir/sshd.log"; then
		unshare -m true 2>/dev/null ||
		    skip_all "sshd does not start: $(cat "$dir/sshd.log")"
		inside="unshare -m sh $dir/own-run"
	fi
done
if ! kill -0 "$sshd_pid" 2>/dev/null; then
	skip_all "sshd does not start: $(tail -n 1 "$dir/sshd.log")"
fi
pids="$pids $sshd_pid"

plan 2
# login HELPER: run a command there; %h and %p are ssh's.
login() {
	limit 8 ssh -F none -i "$dir/user" -o IdentitiesOnly=yes \
	    -o UserKnownHostsFile="$dir/known" -o StrictHostKeyChecking=no \
	    -o BatchMode=yes -o ProxyUseFdpass=yes -o ProxyCommand="$1" \
	    -p "$port" "$(id -un)@127.0.0.1" 'echo there; echo "$SSH_CONNECTION"' \
	    >"$dir/out" 2>"$dir/err" </dev/null
}
login "'$fdferry' dial --timeout 5 %h %p"
# The server sees ssh's own connection: nothing stands between.
if grep -q 'not allowed because' "$dir/sshd.log"; then
	# This user may not log in at all; the protocol ran, which is our part.
	grep -q 'KEX done' "$dir/sshd.log"
	ok $? 'ssh through dial, as far as the login' "$dir/err" "$dir/sshd.log"
else
	grep -q '^there$' "$dir/out" && grep -q " 127.0.0.1 $port\$" "$dir/out"
	ok $? 'ssh through dial' "$dir/out" "$dir/err" "$dir/sshd.log"
fi
# No connection: our line is what the user reads, and ssh gives up.
login "'$fdferry' dial --timeout 5 %h 1"
test ! -s "$dir/out" && grep -q 'fdferry dial: .*refused' "$dir/err"
ok $? 'a connection that is refused' "$dir/out" "$dir/err"
