# SPDX-License-Identifier: 0BSD
# worker.pl SOCKET - a plain worker of `fdferry front`: Perl with IO::FDPass.
# A process for each client, and one for each front.
use strict;
use warnings;
use IO::FDPass;
use IO::Handle;
use Socket;

$SIG{CHLD} = 'IGNORE';
socket(my $listener, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($listener, pack_sockaddr_un($ARGV[0])) or die "$ARGV[0]: $!";
listen($listener, 16) or die "listen: $!";

sub serve {
	my ($client) = @_;
	while (defined(my $line = <$client>)) {
		last if $line =~ /^\r?$/;
	}
	print $client "HTTP/1.0 200 OK\r\n\r\nhello from Perl\n";
}

while (1) {
	accept(my $front, $listener) or next;
	next if fork;
	# -1 is the end, or a descriptor that was lost.
	while ((my $fd = IO::FDPass::recv(fileno $front)) >= 0) {
		open(my $client, '+<&=', $fd) or next;
		$client->autoflush(1);
		if (!fork) {
			serve($client);
			exit;
		}
	}
	exit;
}
