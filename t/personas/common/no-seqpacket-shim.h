/* SPDX-License-Identifier: 0BSD */
/* No SOCK_SEQPACKET for Unix sockets: NO_SEQPACKET, its errno. The persona
   wraps socket and socketpair. */
int
__wrap_socket(int family, int type, int protocol)
{
	if (family == AF_UNIX && type == SOCK_SEQPACKET) {
		errno = NO_SEQPACKET;
		return -1;
	}
	return syscall(SYS_socket, family, type, protocol);
}

int
__wrap_socketpair(int family, int type, int protocol, int pair[2])
{
	if (type == SOCK_SEQPACKET) {
		errno = NO_SEQPACKET;
		return -1;
	}
	return syscall(SYS_socketpair, family, type, protocol, pair);
}
