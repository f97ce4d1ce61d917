# SPDX-License-Identifier: 0BSD
# fdpass.pl send PATH FILE COUNT | recv PATH COUNT - IO::FDPass.
use strict;
use warnings;
use IO::FDPass;
use Socket;
$| = 1;
my ($mode, $path) = @ARGV;
my $count = $ARGV[-1];
socket(my $sock, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
if ($mode eq 'send') {
	connect($sock, pack_sockaddr_un($path)) or die "connect: $!";
	open(my $file, '<', $ARGV[2]) or die "$ARGV[2]: $!";
	for (1 .. $count) {
		IO::FDPass::send(fileno($sock), fileno($file)) or die "send: $!";
	}
	exit;
}
bind($sock, pack_sockaddr_un($path)) && listen($sock, 1) or die "listen: $!";
accept(my $peer, $sock) or die "accept: $!";
print "accepted\n";
for (1 .. $count) {
	my $fd = IO::FDPass::recv(fileno($peer));
	print $fd >= 0 ? "fd $fd\n" : "error $!\n";
}
<STDIN>;
