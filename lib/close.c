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

/* Let fds[i] sink to its place in a heap of `n`, the largest on top. */
static void
sift(int *fds, size_t i, size_t n)
{
	size_t child;
	int fd = fds[i];

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && fds[child + 1] > fds[child])
			child++;
		if (fds[child] <= fd)
			break;
		fds[i] = fds[child];
		i = child;
	}
	fds[i] = fd;
}

/* Heapsort: in place, without recursion, for signal handlers. qsort() may
   allocate, and a list of a million must not take minutes. */
static void
sort(int *fds, size_t n)
{
	size_t i;
	int fd;

	for (i = 1; i < n && fds[i - 1] <= fds[i]; i++)
		continue;
	if (i >= n)
		return;
	for (i = n / 2; i-- > 0;)
		sift(fds, i, n);
	for (i = n - 1; i > 0; i--) {
		fd = fds[i];
		fds[i] = fds[0];
		fds[0] = fd;
		sift(fds, 0, i);
	}
}

void
fdferry_close(int *fds, size_t n)
{
	size_t i, end, k;
	int saved = errno;

	sort(fds, n);
	for (i = 0; i < n; i = end) {
		end = i + 1;
		if (fds[i] < 0)
			continue;
		while (end < n && fds[end] - fds[end - 1] <= 1)
			end++;
		if (fds[end - 1] - fds[i] < RANGE_LEAST - 1
		    || close_run(fds[i], fds[end - 1]) < 0)
			for (k = i; k < end; k++)
				if (k == i || fds[k] != fds[k - 1])
					(void)close(fds[k]);
	}
	for (i = 0; i < n; i++)
		fds[i] = -1;
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

int
fdferry__nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -1 : 0;
}

#else

void
fdferry__discard(int fd)
{
	fdferry_close(&fd, 1);
}

int
fdferry__nonblock(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

int
fdferry__cloexec(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

#endif
