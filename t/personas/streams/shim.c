/* SPDX-License-Identifier: 0BSD */
/*
 * STREAMS over Unix stream sockets: a descriptor in the stream is one marker
 * byte that carries it.
 */
#include "shim.h"
#include <stdarg.h>
#include <stropts.h>

int
isastream(int fd)
{
	if (syscall(SYS_fcntl, fd, F_GETFD) < 0)
		return -1;
	return type_of(fd) == SOCK_STREAM;
}

static int
recv_fd(int fd, struct strrecvfd *to)
{
	struct passed p;
	char marker;
	struct iovec iov = { &marker, 1 };
	ssize_t n;
	int next;

	n = in_front(fd, &iov, 1, 1, 0, &next);
	if (n < 0)
		return -1;
	if (!next) {
		errno = n == 0 ? ENXIO : EBADMSG;
		return -1;
	}
	/* A full table leaves the descriptor where it is. */
	n = syscall(SYS_fcntl, fd, F_DUPFD, 0);
	if (n < 0) {
		errno = EMFILE;
		return -1;
	}
	(void)syscall(SYS_close, (int)n);
	if (host_recv(fd, NULL, NULL, &iov, 1, &p, 0) < 0 || p.n != 1)
		return -1;
	memset(to, 0, sizeof *to);
	to->fd = p.fds[0];
	to->uid = getuid();
	to->gid = getgid();
	return 0;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	static char marker;
	struct iovec iov = { &marker, 1 };
	va_list ap;
	long arg;
	int pass;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	if (request == I_RECVFD)
		return recv_fd(fd, (struct strrecvfd *)arg);
	if (request != I_SENDFD)
		return syscall(SYS_ioctl, fd, request, arg);
	pass = (int)arg;
	if (isastream(fd) != 1) {
		errno = EINVAL;
		return -1;
	}
	/* Never waits. */
	if (host_send(fd, NULL, 0, &iov, 1, &pass, 1,
	    HOST_MSG_DONTWAIT | HOST_MSG_NOSIGNAL) < 0) {
		if (errno == EPIPE)
			errno = ENXIO;
		return -1;
	}
	return 0;
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	ssize_t n;
	int next;

	if (isastream(fd) != 1 || len == 0)
		return syscall(SYS_read, fd, buf, len);
	n = in_front(fd, &iov, 1, len, 0, &next);
	if (n == 0 && next) {
		errno = EBADMSG;
		return -1;
	}
	return n <= 0 ? n : syscall(SYS_read, fd, buf, (size_t)n);
}

ssize_t
__wrap_readv(int fd, const struct iovec *iov, int count)
{
	ssize_t n, total = 0;
	int i;

	if (isastream(fd) != 1)
		return syscall(SYS_readv, fd, iov, count);
	for (i = 0; i < count; i++) {
		if (iov[i].iov_len == 0)
			continue;
		if (total > 0) {
			/* More than the first piece only if it is there. */
			char byte;
			if (recv(fd, &byte, 1, MSG_PEEK | HOST_MSG_DONTWAIT) <= 0)
				break;
		}
		n = __wrap_read(fd, iov[i].iov_base, iov[i].iov_len);
		if (n <= 0)
			return total > 0 ? total : n;
		total += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return total;
}
