/* SPDX-License-Identifier: 0BSD */
/*
 * close.c - closing many, closing what was refused, close-on-exec.
 */
#include "backend.h"

#include <string.h>
#ifdef _WIN32
# include <io.h>
#else
# include <unistd.h>
# include <fcntl.h>
#endif

/* From here on one close_range() is worth more than a close() each. */
#define RANGE_LEAST 2

#if FDFERRY_HAVE_CLOSE_RANGE
/* Kernels older than the C library lack it: ENOSYS, then one by one. */
static int
close_run(int first, int last)
{
	return close_range((unsigned int)first, (unsigned int)last, 0);
}
#else
static int
close_run(int first, int last)
{
	(void)first;
	(void)last;
	return -1;
}
#endif

void
fdferry_close(int *fds, size_t n)
{
	size_t i, end, k;
	int fd, saved = errno;

	for (i = 0; i < n; i = end) {
		end = i + 1;
		fd = fds[i];
		if (fd < 0)
			continue;
		while (end < n && fds[end] > fd
		    && (size_t)(fds[end] - fd) == end - i)
			end++;
		if (end - i < RANGE_LEAST || close_run(fd, fds[end - 1]) < 0)
			for (k = i; k < end; k++)
				(void)close(fds[k]);
		/* One listed again further on is closed already. */
		for (k = end; k < n; k++)
			if (fds[k] >= fd && fds[k] <= fds[end - 1])
				fds[k] = -1;
		for (k = i; k < end; k++)
			fds[k] = -1;
	}
	errno = saved;
}

#if FDFERRY_HAVE_SOCKETS

/*
 * A socket whose sender has set SO_LINGER may block the last close() for
 * as long as its sender liked. What we refuse must not stop us.
 */
void
fdferry__discard(int fd)
{
	struct linger off;
	int saved = errno;

	memset(&off, 0, sizeof off);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
	(void)close(fd);
	errno = saved;
}

int
fdferry__cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0)
		return -1;
	if (flags & FD_CLOEXEC)
		return 0;
	return fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0 ? -1 : 0;
}

#else

void
fdferry__discard(int fd)
{
	fdferry_close(&fd, 1);
}

int
fdferry__cloexec(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

#endif
