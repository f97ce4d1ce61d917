/* SPDX-License-Identifier: 0BSD */
/* The sockets that accept() makes have the listener's O_NONBLOCK, as on the
   BSDs. The persona wraps accept. */
int
__wrap_accept(int listener, struct sockaddr *name, socklen_t *len)
{
	int fd = syscall(SYS_accept4, listener, name, len, 0), flags;

	if (fd < 0)
		return -1;
	flags = syscall(SYS_fcntl, listener, F_GETFL);
	if (flags & O_NONBLOCK)
		(void)syscall(SYS_fcntl, fd, F_SETFL,
		    syscall(SYS_fcntl, fd, F_GETFL) | O_NONBLOCK);
	return fd;
}
