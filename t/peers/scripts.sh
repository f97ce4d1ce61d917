#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/peers/scripts.sh - Perl's IO::FDPass, Ruby's send_io, OpenBSD's nc -F.
# shellcheck disable=SC2016,SC2094 # the programs expand it; all only read
# shellcheck source=t/cli-lib.sh
. "${srcdir:-.}/t/cli-lib.sh"
has_backend || skip_all 'no backend'
has_loopback || skip_all 'no loopback'
make_dir
cd "$dir" || exit 99
echo hello >file
plan 5

if perl -MIO::FDPass -e 1 2>/dev/null; then
	recv_bg r ./s
	limit 10 perl -MIO::FDPass -MSocket -e '
	socket(S, AF_UNIX, SOCK_STREAM, 0) or die;
	for (1 .. 100) {
		last if connect(S, pack_sockaddr_un("s"));
		select(undef, undef, undef, 0.05);
	}
	open(F, "<", "file") or die;
	IO::FDPass::send(fileno(S), fileno(F)) or die "$!" for 1, 2;' 2>err
	recv_end
	test "$rc" = 0 && test "$(grep -c '^file access=r' r.out)" = 2
	ok $? 'IO::FDPass to recv' r.out r.err err
	limit 10 perl -MIO::FDPass -MSocket -e '
	socket(L, AF_UNIX, SOCK_STREAM, 0) or die;
	bind(L, pack_sockaddr_un("l")) && listen(L, 1) or die;
	accept(S, L) or die;
	for (1, 2) {
		my $fd = IO::FDPass::recv(fileno(S));
		open(F, "<&=", $fd) or die;
		print scalar(<F>);
		seek(F, 0, 0);
	}' >out 2>err &
	pid=$!
	send ./l file file
	wait $pid
	test "$(cat out)" = 'hello
hello'
	ok $? 'send to IO::FDPass' out err send.err
else
	skip 'no Perl with IO::FDPass'
	skip 'no Perl with IO::FDPass'
fi

if ruby -rsocket -e 1 2>/dev/null; then
	recv_bg r ./s
	limit 10 ruby -rsocket -e '
	s = nil
	100.times { break if s = (UNIXSocket.new("s") rescue nil); sleep 0.05 }
	2.times { s.send_io(File.open("file")) }' 2>err
	recv_end
	test "$rc" = 0 && test "$(grep -c '^file access=r' r.out)" = 2
	ok $? "Ruby's send_io to recv" r.out r.err err
	limit 10 ruby -rsocket -e '
	s = UNIXServer.new("m").accept
	2.times { print s.recv_io.read }' >out 2>err &
	pid=$!
	send ./m file fd:3 3<file
	wait $pid
	test "$(cat out)" = 'hello
hello'
	ok $? "send to Ruby's recv_io" out err send.err
else
	skip 'no Ruby'
	skip 'no Ruby'
fi

# nc -F connects and passes the connection over standard output, as dial.
nc=$(command -v nc.openbsd || command -v nc)
if has_python && "$nc" -h 2>&1 | grep -q -e '-[a-zA-Z46]*F'; then
	"$python" - "$nc" "$fdferry" >out 2>err <<'END'
import socket, subprocess, sys, time
nc, fdferry = sys.argv[1:]
l = socket.create_server(("127.0.0.1", 0)); l.settimeout(8)
r = subprocess.Popen([fdferry, "recv", "./n", "--timeout", "8", "--exec", "sh", "-c", "echo through >&3"])
s = socket.socket(socket.AF_UNIX)
for i in range(100):
    try:
        s.connect("n"); break
    except OSError:
        time.sleep(0.05)
p = subprocess.Popen([nc, "-F", "127.0.0.1", str(l.getsockname()[1])], stdin=subprocess.DEVNULL, stdout=s)
s.close(); k, _ = l.accept(); k.settimeout(8)
got = b""
while b"\n" not in got:
    got += k.recv(99) or b"\n"
assert got == b"through\n", got
assert p.wait(8) == 0 and r.wait(8) == 0
END
	ok $? 'nc -F to recv' out err
else
	skip 'no nc with -F'
fi
