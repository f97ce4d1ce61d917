/* SPDX-License-Identifier: 0BSD */
/* faults.c - see faults.h. */
#include "faults-not.h"

#include "../lib/detect.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
# include <sys/vfs.h>
#endif
#ifdef FDFERRY_BACKEND_STREAMS
# include <stropts.h>
#endif
#if FDFERRY_HAVE_KQUEUE && !defined __linux__
# include <sys/event.h>
#endif
#if FDFERRY_HAVE_WIPING
# include <sys/mman.h>
#endif

/* It closes descriptors, and counts them. */
#include "tap.c"

#ifndef EPROTO
# define EPROTO EIO
#endif
#ifndef ETOOMANYREFS
# define ETOOMANYREFS ENOBUFS
#endif

enum {
	CALLOC, CLOCK_GETTIME, CLOSE, CLOSE_RANGE, FCNTL, FSTAT, FSTATFS,
	GETPEERNAME, GETSOCKNAME, GETSOCKOPT, IF_INDEXTONAME, IOCTL, ISASTREAM,
	ISATTY, KEVENT, MADVISE, MALLOC, MMAP, MUNMAP, POLL, READLINK, READV,
	REALLOC, RECVMSG, SENDMSG, SETSOCKOPT, STATX, WRITEV
};

/* In the order of the names. */
const struct fault_call fault_calls[] = {
	{ "calloc", { ENOMEM } },
	{ "clock_gettime", { EINVAL, EOVERFLOW, ENOSYS } },
	{ "close", { EINTR, EIO, ENOSPC } },
	{ "close_range", { ENOSYS, EINVAL, EMFILE, ENOMEM, EPERM } },
	{ "fcntl", { EACCES, EAGAIN, EBADF, EINTR, EINVAL, EMFILE, ENOLCK,
		EOVERFLOW, EPERM } },
	{ "fstat", { EBADF, EIO, EOVERFLOW, EACCES } },
	{ "fstatfs", { EBADF, EINTR, EIO, ENOSYS, EOVERFLOW, ENOMEM } },
	{ "getpeername", { EBADF, EINVAL, ENOTCONN, ENOTSOCK, EOPNOTSUPP,
		ENOBUFS, ECONNRESET } },
	{ "getsockname", { EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, ENOBUFS } },
	{ "getsockopt", { EBADF, EINVAL, ENOPROTOOPT, ENOTSOCK, EACCES,
		ENOBUFS, ENOMEM, EPERM } },
	{ "if_indextoname", { ENXIO, EIO } },
	/* Of streamio(7): EBADMSG and ENXIO are answers, not failures. */
	{ "ioctl", { EAGAIN, EBADF, EINTR, EINVAL, ENOTTY, EIO, EMFILE } },
	{ "isastream", { EBADF } },
	{ "isatty", { EBADF, ENOTTY, EIO } },
	/* That it is no kqueue is an answer: EBADF. */
	{ "kevent", { EBADF, EACCES, EINTR, EINVAL, ENOMEM } },
	{ "madvise", { EINVAL, ENOMEM, ENOSYS } },
	{ "malloc", { ENOMEM } },
	{ "mmap", { EACCES, EAGAIN, EINVAL, EMFILE, ENODEV, ENOMEM,
		EPERM } },
	{ "munmap", { EINVAL, ENOMEM } },
	{ "poll", { EAGAIN, EINTR, EINVAL, ENOMEM } },
	{ "readlink", { EACCES, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENOENT,
		ENOTDIR, ENOMEM } },
	{ "readv", { EAGAIN, EBADF, ECONNRESET, EINTR, EINVAL, EIO, ENOBUFS,
		ENOMEM, ETIMEDOUT } },
	{ "realloc", { ENOMEM } },
	{ "recvmsg", { EAGAIN, EBADF, ECONNRESET, ECONNREFUSED, EINTR, EINVAL,
		EMSGSIZE, ENOTCONN, ENOTSOCK, EOPNOTSUPP, ETIMEDOUT, EIO,
		ENOBUFS, ENOMEM, EMFILE, EPERM, EACCES } },
	{ "sendmsg", { EAGAIN, EBADF, ECONNRESET, EDESTADDRREQ, EINTR, EINVAL,
		EMSGSIZE, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE, EAFNOSUPPORT,
		EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EACCES, EISCONN,
		ENETDOWN, ENETUNREACH, ENOBUFS, ENOMEM, ETOOMANYREFS, EPERM,
		ECONNREFUSED, E2BIG } },
	{ "setsockopt", { EBADF, EDOM, EINVAL, EISCONN, ENOPROTOOPT, ENOTSOCK,
		ENOMEM, ENOBUFS } },
	{ "statx", { EBADF, EACCES, EINVAL, ENOSYS, ENOMEM, EPERM, EIO } },
	{ "writev", { EAGAIN, EBADF, EINTR, EINVAL, EIO, ENOBUFS, ENOSPC,
		EPIPE } }
};
const size_t fault_ncalls = sizeof fault_calls / sizeof fault_calls[0];

static struct fault_plan now = { -1, 0, 0, 0 };
static long count;
static unsigned char calls[FAULT_LOG];
static int twice, parted, fcntls, persists = -1;

void
fault_plan(const struct fault_plan *plan)
{
	now = *plan;
	count = 0;
	twice = parted = fcntls = 0;
	persists = -1;
}

long
fault_count(void)
{
	return count;
}

size_t
fault_log(long i)
{
	return calls[i];
}

int
fault_closed_twice(void)
{
	return twice;
}

int
fault_parted(void)
{
	return parted;
}

int
fault_fcntl_failed(void)
{
	return fcntls;
}

/* Shall this call fail? Then errno says why. */
static int
fails(int call)
{
	long n = count++;

	if (n < FAULT_LOG)
		calls[n] = (unsigned char)call;
	if (n == now.at && now.on)
		persists = call;
	if (n != now.at && persists != call)
		return 0;
	fcntls |= call == FCNTL;
	errno = now.error;
	return 1;
}

/* A failing close() has closed: so it is on most systems, and the library
   must not depend on it. */
int
fault_close(int fd)
{
	int failing = fails(CLOSE), error = errno;

	if (close(fd) < 0 && errno == EBADF)
		twice++;
	errno = error;
	return failing ? -1 : 0;
}

#if FDFERRY_HAVE_CLOSE_RANGE
int
fault_close_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;

	if (fails(CLOSE_RANGE))
		return -1;
	for (fd = first; fd <= last; fd++)
		twice += fcntl((int)fd, F_GETFD) < 0;
	return close_range(first, last, flags);
}
#endif

void *
fault_calloc(size_t n, size_t size)
{
	return fails(CALLOC) ? NULL : calloc(n, size);
}

void *
fault_malloc(size_t size)
{
	return fails(MALLOC) ? NULL : malloc(size);
}

void *
fault_realloc(void *old, size_t size)
{
	return fails(REALLOC) ? NULL : realloc(old, size);
}

int
fault_clock_gettime(clockid_t clock, struct timespec *when)
{
	return fails(CLOCK_GETTIME) ? -1 : clock_gettime(clock, when);
}

/* An int is what the library gives, or nothing. */
int
fault_fcntl(int fd, int command, ...)
{
	va_list ap;
	int arg = 0;

	if (fails(FCNTL))
		return -1;
	if (command != F_GETFD && command != F_GETFL
#ifdef F_GET_SEALS
	    && command != F_GET_SEALS
#endif
	) {
		va_start(ap, command);
		arg = va_arg(ap, int);
		va_end(ap);
	}
	return fcntl(fd, command, arg);
}

/* On Intel macOS makes the symbol from the name, and so of this one. */
#ifdef __DARWIN_INODE64
int fault_fstat(int fd, struct stat *st) __DARWIN_INODE64(fault_fstat);
#endif

int
fault_fstat(int fd, struct stat *st)
{
	return fails(FSTAT) ? -1 : fstat(fd, st);
}

#ifdef __linux__
int
fault_fstatfs(int fd, struct statfs *fs)
{
	return fails(FSTATFS) ? -1 : fstatfs(fd, fs);
}
#endif

#if FDFERRY_HAVE_STATX
int
fault_statx(int fd, const char *path, int flags, unsigned int mask,
    struct statx *x)
{
	return fails(STATX) ? -1 : statx(fd, path, flags, mask, x);
}
#endif

int
fault_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return fails(GETPEERNAME) ? -1 : getpeername(fd, addr, len);
}

int
fault_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return fails(GETSOCKNAME) ? -1 : getsockname(fd, addr, len);
}

int
fault_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return fails(GETSOCKOPT) ? -1 : getsockopt(fd, level, name, value, len);
}

int
fault_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len)
{
	return fails(SETSOCKOPT) ? -1
				 : setsockopt(fd, level, name, value, len);
}

char *
fault_if_indextoname(unsigned int i, char *name)
{
	return fails(IF_INDEXTONAME) ? NULL : if_indextoname(i, name);
}

int
fault_isatty(int fd)
{
	return fails(ISATTY) ? 0 : isatty(fd);
}

#if FDFERRY_HAVE_KQUEUE && !defined __linux__
# ifdef __NetBSD__
#  define CHANGES size_t
# else
#  define CHANGES int
# endif
int
fault_kevent(int kq, const struct kevent *change, CHANGES nchanges,
    struct kevent *event, CHANGES nevents, const struct timespec *timeout)
{
	return fails(KEVENT) ? -1 : kevent(kq, change, nchanges, event,
	    nevents, timeout);
}
#endif

#if FDFERRY_HAVE_WIPING
# ifdef MADV_WIPEONFORK
int
fault_madvise(void *at, size_t len, int advice)
{
	return fails(MADVISE) ? -1 : madvise(at, len, advice);
}
# endif

void *
fault_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return fails(MMAP) ? MAP_FAILED
			   : mmap(at, len, prot, flags, fd, offset);
}

int
fault_munmap(void *at, size_t len)
{
	int failing = fails(MUNMAP), error = errno;

	(void)munmap(at, len);
	errno = error;
	return failing ? -1 : 0;
}
#endif

int
fault_poll(struct pollfd *p, nfds_t n, int ms)
{
	return fails(POLL) ? -1 : poll(p, n, ms);
}

ssize_t
fault_readlink(const char *path, char *text, size_t room)
{
	return fails(READLINK) ? -1 : readlink(path, text, room);
}

#if defined FDFERRY_BACKEND_CMSG || defined FDFERRY_BACKEND_ACCRIGHTS
/* No more than now.most bytes, if the socket is a stream. */
static struct msghdr
shortened(int sock, const struct msghdr *msg, struct iovec *piece)
{
	struct msghdr m = *msg;
	socklen_t len = sizeof (int);
	int type = 0;

	if (now.most == 0 || m.msg_iovlen == 0
	    || getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len) < 0
	    || type != SOCK_STREAM)
		return m;
	*piece = m.msg_iov[0];
	if (piece->iov_len > now.most)
		piece->iov_len = now.most;
	m.msg_iov = piece;
	m.msg_iovlen = 1;
	return m;
}

/* What a kernel says only if the other end has gone: so it has. */
static void
part(int sock)
{
	int error = errno;

	if (error == EPIPE || error == ECONNRESET || error == ENOTCONN
	    || error == ENOENT || error == ECONNREFUSED)
		parted |= shutdown(sock, SHUT_RDWR) == 0;
	errno = error;
}

ssize_t
fault_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	struct iovec piece;
	struct msghdr m;

	if (fails(SENDMSG)) {
		part(sock);
		return -1;
	}
	m = shortened(sock, msg, &piece);
	return sendmsg(sock, &m, flags);
}

ssize_t
fault_recvmsg(int sock, struct msghdr *msg, int flags)
{
	struct iovec piece, *iov = msg->msg_iov;
	struct msghdr m;
	ssize_t n;

	if (fails(RECVMSG))
		return -1;
	m = shortened(sock, msg, &piece);
	n = recvmsg(sock, &m, flags);
	m.msg_iov = iov;
	m.msg_iovlen = msg->msg_iovlen;
	*msg = m;
	return n;
}
#endif

#ifdef FDFERRY_BACKEND_STREAMS
/* All that the library asks of it has one argument: an int, or where to
   put what was received. */
int
fault_ioctl(int fd, int request, ...)
{
	va_list ap;
	int n;

	if (fails(IOCTL))
		return -1;
	va_start(ap, request);
	if (request == I_SENDFD)
		n = ioctl(fd, request, va_arg(ap, int));
	else
		n = ioctl(fd, request, va_arg(ap, void *));
	va_end(ap);
	return n;
}

int
fault_isastream(int fd)
{
	return fails(ISASTREAM) ? -1 : isastream(fd);
}

ssize_t
fault_readv(int fd, const struct iovec *iov, int n)
{
	return fails(READV) ? -1 : readv(fd, iov, n);
}

ssize_t
fault_writev(int fd, const struct iovec *iov, int n)
{
	return fails(WRITEV) ? -1 : writev(fd, iov, n);
}
#endif
