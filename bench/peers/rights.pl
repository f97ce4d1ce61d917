# SPDX-License-Identifier: 0BSD
# rights.pl FDPass|MsgHdr both|send|recv - IO::FDPass and Socket::MsgHdr, as
# ../subject.c has it.
use strict;
use warnings;
use POSIX ();
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);
$| = 1;
my ($module, $role) = @ARGV;
eval($module eq 'FDPass' ? 'use IO::FDPass; 1' : 'use Socket::MsgHdr; 1')
    or die $@;
my $clock = $role eq 'both' ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
my ($out, $in, @files);
if ($role ne 'recv') {
	open($out, '+<&=', 3) or die "3: $!";
	@files = map { POSIX::open('/dev/null', POSIX::O_RDONLY()) } 1 .. 253;
}
if ($role ne 'send') {
	open($in, '+<&=', 4) or die "4: $!";
}

sub send_msghdr {
	my $m = Socket::MsgHdr->new(buf => "\0");
	$m->cmsghdr(SOL_SOCKET, SCM_RIGHTS, pack('i*', @files[0 .. $_[0] - 1]));
	Socket::MsgHdr::sendmsg($out, $m) or die "send: $!";
}

sub recv_msghdr {
	my $m = Socket::MsgHdr->new(buflen => 1, controllen => 1040);
	Socket::MsgHdr::recvmsg($in, $m) or die "recv: $!";
	my (undef, undef, $data) = $m->cmsghdr;
	my @fds = unpack('i*', $data);
	@fds == $_[0] or die scalar(@fds) . ' descriptors';
	POSIX::close($_) for @fds;
}

sub send_fdpass {
	IO::FDPass::send(3, $files[0]) or die "send: $!";
}

sub recv_fdpass {
	my $fd = IO::FDPass::recv(4);
	$fd >= 0 or die "recv: $!";
	POSIX::close($fd);
}

my ($send, $recv) = $module eq 'FDPass' ? (\&send_fdpass, \&recv_fdpass)
    : (\&send_msghdr, \&recv_msghdr);
while (my $line = <STDIN>) {
	my ($n, $count, $window) = split ' ', $line;
	my $begin = clock_gettime($clock);
	for my $i (1 .. $count) {
		$send->($n) if $out;
		$recv->($n) if $in;
		next if $role eq 'both' || $i % $window;
		if ($role eq 'send') {
			POSIX::read(5, my $answer, 1) or die "answer: $!";
		} else {
			POSIX::write(5, "\0", 1) or die "answer: $!";
		}
	}
	printf "%.0f\n", (clock_gettime($clock) - $begin) * 1e9;
}
