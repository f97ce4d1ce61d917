# SPDX-License-Identifier: 0BSD
# msghdr.pl send PATH FILE COUNT | recv PATH COUNT - Socket::MsgHdr.
use strict;
use warnings;
use Socket;
use Socket::MsgHdr;
$| = 1;
my ($mode, $path) = @ARGV;
my $count = $ARGV[-1];
socket(my $sock, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
if ($mode eq 'send') {
	connect($sock, pack_sockaddr_un($path)) or die "connect: $!";
	open(my $file, '<', $ARGV[2]) or die "$ARGV[2]: $!";
	for (1 .. $count) {
		my $out = Socket::MsgHdr->new(buf => "\0");
		$out->cmsghdr(SOL_SOCKET, SCM_RIGHTS, pack('i', fileno($file)));
		sendmsg($sock, $out) or die "send: $!";
	}
	exit;
}
bind($sock, pack_sockaddr_un($path)) && listen($sock, 1) or die "listen: $!";
accept(my $peer, $sock) or die "accept: $!";
print "accepted\n";
for (1 .. $count) {
	my $in = Socket::MsgHdr->new(buflen => 1, controllen => 64);
	my $n = recvmsg($peer, $in);
	my (undef, undef, $data) = defined $n ? $in->cmsghdr : ();
	print defined $data ? 'fd ' . unpack('i', $data) . "\n"
	    : 'error ' . (defined $n ? 'no descriptor' : $!) . "\n";
}
<STDIN>;
